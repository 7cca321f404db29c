//! What a line reads of a topic that another role writes.
//!
//! Records come in order from behind the line's position: the offset to go on from. What cannot be read becomes a dead
//! letter in its place, so nothing waits for it. What retention has taken before it was read is lost, and is said loudly.

use super::{
    caution::{Caution, TRIES},
    enrich::{Prepared, Unit},
};
use crate::{
    broker::{
        BrokerError, Settings,
        partition_reader::ReadMessage,
        tail::{Tail, Tailed},
    },
    metrics,
    model::{EnrichedContent, EnrichedRecord, Feed, FeedId, Origin, RawRecord, Stage},
    publish::relay::{self, Unreadable},
    store::StoreError,
};
use futures::stream::{self, Stream};
use jiff::Timestamp;
use std::{collections::VecDeque, sync::Arc};
use tokio::sync::{Mutex, mpsc, watch};

/// Which records they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As they were observed.
    Raw,
    /// With what was read of them.
    Enriched,
}

/// A partition, and how it is read.
#[derive(Clone)]
pub(super) struct Relayed {
    pub(super) settings: Settings,
    pub(super) kind: Kind,
    /// The whole name of the topic.
    pub(super) topic: String,
    pub(super) partition: i32,
    pub(super) caution: Arc<Mutex<Caution>>,
}

/// One record, not read yet.
pub(super) struct Found {
    message: ReadMessage,
    relayed: Arc<Relayed>,
    /// It has ended the process before, alone: it is not tried again.
    spent: bool,
}

/// The records from this position on. Where the line has to be careful it ends with the last of those that were marked.
pub(super) fn records(
    relayed: Relayed,
    position: u64,
    ending: watch::Receiver<bool>,
) -> impl Stream<Item = Result<Found, StoreError>> + Send {
    struct Cursor {
        relayed: Arc<Relayed>,
        position: u64,
        careful: bool,
        ending: watch::Receiver<bool>,
        tail: Option<(Tail, mpsc::Receiver<Result<Tailed, BrokerError>>)>,
        ready: VecDeque<ReadMessage>,
        failed: bool,
    }
    impl Cursor {
        async fn next(&mut self) -> Result<Option<Found>, StoreError> {
            while self.ready.is_empty() {
                let Some(tailed) = self.read().await? else { return Ok(None) };
                // One offset behind the last record may have been the mark of its transaction.
                if let Some(lost) = tailed.lost.filter(|lost| lost.low > lost.from + 1 || lost.from > lost.high) {
                    tracing::error!("{lost}");
                    metrics::failed(Stage::Intake, "lost");
                }
                self.ready.extend(tailed.messages);
            }
            let mut caution = self.relayed.caution.lock().await;
            let Some(message) = self.ready.pop_front() else { return Ok(None) };
            let before = u64::try_from(message.offset).unwrap_or(0);
            if self.careful && !caution.is_careful(before) {
                caution.passed();
                return Ok(None);
            }
            caution.reach(before + 1).await?;
            let spent = self.careful && caution.attempt(before + 1).await? >= TRIES;
            Ok(Some(Found { message, relayed: Arc::clone(&self.relayed), spent }))
        }

        async fn read(&mut self) -> Result<Option<Tailed>, StoreError> {
            let Relayed { settings, topic, partition, .. } = &*self.relayed;
            let (_, chunks) = match &mut self.tail {
                Some(tail) => tail,
                None => {
                    let from = (self.position > 0).then(|| i64::try_from(self.position).unwrap_or(i64::MAX));
                    self.careful = self.relayed.caution.lock().await.is_careful(self.position);
                    self.tail
                        .insert(Tail::follow(settings, topic, *partition, from).map_err(|error| of_broker(&error))?)
                }
            };
            tokio::select! {
                chunk = chunks.recv() => chunk.transpose().map_err(|error| of_broker(&error)),
                _ = self.ending.wait_for(|ending| *ending) => Ok(None),
            }
        }
    }
    let relayed = Arc::new(relayed);
    let ready = VecDeque::new();
    let cursor = Cursor { relayed, position, careful: false, ending, tail: None, ready, failed: false };
    stream::unfold(cursor, |mut cursor| async move {
        if cursor.failed {
            return None;
        }
        let found = cursor.next().await.transpose()?;
        cursor.failed = found.is_err();
        Some((found, cursor))
    })
}

fn of_broker(error: &BrokerError) -> StoreError {
    StoreError::Io(error.to_string())
}

impl From<Found> for Unit {
    /// Reads it. Whatever it is, it is a unit in its place.
    fn from(found: Found) -> Self {
        let ReadMessage { partition, offset, key, value, headers } = &found.message;
        let (offset, key) = (u64::try_from(*offset).unwrap_or(0), (!key.is_empty()).then_some(key.as_bytes()));
        let bytes = value.as_ref().map_or(0, Vec::len);
        let read = match found.relayed.kind {
            _ if found.spent => Err(Unreadable {
                code: "ends_process",
                detail: format!("the process ended each of {TRIES} times that this record was tried alone"),
            }),
            Kind::Raw => relay::read_raw(key, value.as_deref())
                .map(|RawRecord { feed, origin, at, content, .. }| (feed, origin, at, Prepared::Other(content))),
            Kind::Enriched => relay::read_enriched(key, value.as_deref()).map(|record| {
                let EnrichedRecord { feed, origin, at, content, .. } = record;
                let content = match content {
                    EnrichedContent::Item { observed, enriched } => Prepared::Item(observed, enriched),
                    EnrichedContent::Other(content) => Prepared::Other(content),
                };
                (feed, origin, at, content)
            }),
        };
        let (feed, origin, at, content) = read.unwrap_or_else(|unreadable| {
            let stage = if found.relayed.kind == Kind::Raw { Stage::Clean } else { Stage::Dedup };
            let feed = headers.iter().find(|(name, _)| name == "feed").map_or("", |(_, feed)| feed);
            let letter = unreadable.letter(stage, feed, key, value.as_deref());
            tracing::error!(topic = found.relayed.topic, partition, offset, %unreadable, "a record goes to the dead letters");
            // It has no origin that could be believed: its own place is the next best.
            let intake = format!("{}/{partition}", found.relayed.topic);
            let feed = Feed { id: FeedId(letter.feed.0.clone()), ..Feed::new("", "") };
            (feed, Origin { intake, seq: offset, index: 0 }, Timestamp::UNIX_EPOCH, Prepared::Poison(Box::new(letter)))
        });
        Unit { feed: Arc::new(feed), origin, at, position: offset + 1, ends: Some(bytes), content }
    }
}
