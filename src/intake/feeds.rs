//! The table `feed`: what of each feed survives a restart.

use super::{Intake, frames, micros, seen};
use crate::{
    model::{
        Content, DeadLetter, EventRecord, Feed, FeedId, FeedNotes, FeedState, FeedStatusRecord, Hash, Issue, Rhythm,
        Validators,
    },
    quirks::wall_clock::WallClock,
    store::{StoreError, error::corrupt},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The number of a feed's last poll is written at least this often.
const LONGEST_QUIET: Duration = Duration::from_secs(3600);

/// What of a feed survives a restart.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FeedFacts {
    /// In force.
    pub validators: Validators,
    /// Number of its last poll that was recorded; 0 for none.
    pub poll: u64,
    /// The rest.
    pub known: Known,
}

/// The JSON part; fields are only ever added.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Known {
    /// The address that all of this holds for.
    pub url: String,
    /// The title it gives itself.
    pub title: Option<String>,
    /// The last state that was reported.
    pub state: Option<FeedState>,
    /// Failures in a row, as last reported.
    pub consecutive_errors: u32,
    /// The last error, as last reported.
    pub last_error: Option<Issue>,
    /// Where it was last reported to have moved.
    pub moved_to: Option<String>,
    /// Number of the poll that brought the last document.
    pub document_poll: u64,
    /// Number of the last poll that showed anything: a document or a 304.
    pub useful_poll: u64,
    /// Documents in a row that shared an item with the one before.
    pub overlaps: u32,
    /// Entries of the last document: short hashes of their names.
    pub entries: Vec<String>,
    /// The last bytes that were no feed, so that they are reported once.
    pub unreadable: Option<Hash>,
    /// The body of the last document.
    #[serde(default)]
    pub body: Option<Hash>,
    /// What the last document says of when to ask.
    #[serde(default, skip_serializing_if = "Rhythm::is_silent")]
    pub rhythm: Rhythm,
    /// When a poll was last recorded that showed anything.
    #[serde(default)]
    pub useful_at: Option<Timestamp>,
    /// What is known of the clock that its dates are read from, where they name no zone.
    #[serde(default, skip_serializing_if = "WallClock::is_blank")]
    pub clock: WallClock,
    /// What its poller has learnt of it.
    #[serde(default)]
    pub notes: FeedNotes,
}

impl Intake {
    /// What is known of a feed. When the operator has changed its address, only its poll number is.
    pub async fn feed(&self, feed: &Feed) -> std::result::Result<FeedFacts, StoreError> {
        let (id, url) = (feed.id.clone(), feed.url.clone());
        self.store
            .read(move |db| {
                let facts = load(db, &id)?;
                Ok(if facts.known.url == url { facts } else { FeedFacts { poll: facts.poll, ..FeedFacts::default() } })
            })
            .await
    }

    /// Records that a feed's state changed, with what happened to it.
    pub async fn report(
        &self,
        feed: &Feed,
        poll: u64,
        status: FeedStatusRecord,
        events: Vec<EventRecord>,
        notes: FeedNotes,
    ) -> std::result::Result<(), StoreError> {
        let (id, url) = (feed.id.clone(), feed.url.clone());
        let size = self
            .store
            .write(move |tx| {
                let mut facts = load_for(tx, &id, &url)?;
                facts.poll = facts.poll.max(poll);
                facts.known.state = Some(status.state);
                facts.known.consecutive_errors = status.consecutive_errors;
                facts.known.last_error.clone_from(&status.last_error);
                facts.known.moved_to.clone_from(&status.moved_to);
                facts.known.notes = notes;
                save(tx, &id, &facts)?;
                let at = status.at;
                let mut contents = vec![Content::Status(Box::new(status))];
                contents.extend(events.into_iter().map(|event| Content::Event(Box::new(event))));
                frames::append(tx, &id, poll, at, &contents)
            })
            .await?;
        self.added(size);
        Ok(())
    }

    /// Remembers what was learnt of a feed; nobody is told.
    pub async fn remember(&self, feed: &Feed, poll: u64, notes: FeedNotes) -> std::result::Result<(), StoreError> {
        let (id, url) = (feed.id.clone(), feed.url.clone());
        self.store
            .write(move |tx| {
                let mut facts = load_for(tx, &id, &url)?;
                facts.poll = facts.poll.max(poll);
                facts.known.notes = notes;
                save(tx, &id, &facts)
            })
            .await
    }

    /// Records bytes that were no feed, unless the same bytes were the last that were not; validators stay.
    pub async fn unreadable(
        &self,
        feed: &Feed,
        poll: u64,
        at: Timestamp,
        letter: DeadLetter,
    ) -> std::result::Result<(), super::IntakeError> {
        self.room()?;
        let (id, url) = (feed.id.clone(), feed.url.clone());
        let size = self
            .store
            .write(move |tx| {
                let mut facts = load_for(tx, &id, &url)?;
                let hash = Hash::of_bytes(&letter.bytes);
                facts.poll = facts.poll.max(poll);
                let known = facts.known.unreadable.replace(hash.clone()) == Some(hash);
                save(tx, &id, &facts)?;
                if known { Ok(0) } else { frames::append(tx, &id, poll, at, &[Content::Unreadable(letter)]) }
            })
            .await?;
        self.added(size);
        Ok(())
    }

    /// Records a poll that showed the same as the one before (304). Where nothing of the feed is being counted and nothing
    /// must be touched yet, there is nothing to record: nearly all polls of nearly all feeds.
    pub async fn not_modified(
        &self,
        feed: &Feed,
        poll: u64,
        at: Timestamp,
    ) -> std::result::Result<usize, super::IntakeError> {
        self.room()?;
        if self.quiet.is(&feed.id, at) {
            return Ok(0);
        }
        let (id, feed, policy) = (feed.id.clone(), feed.clone(), self.policy.clone());
        let (revisions, size, until) = self
            .store
            .write(move |tx| {
                let mut facts = load_for(tx, &feed.id, &feed.url)?;
                let found = seen::shown_again(tx, &feed, &facts.known, poll, at, &policy)?;
                let until = seen::quiet_until(tx, &feed.id, &facts.known, &policy)?;
                facts.poll = facts.poll.max(poll);
                facts.known.useful_poll = poll;
                facts.known.useful_at = Some(at);
                save(tx, &feed.id, &facts)?;
                let size = frames::append(tx, &feed.id, poll, at, &found)?;
                let revisions = found.iter().filter(|content| matches!(content, Content::Item(_))).count();
                Ok((revisions, size, until))
            })
            .await?;
        self.quiet.set(id, until.min(at.as_microsecond().saturating_add(micros(LONGEST_QUIET))));
        self.added(size);
        Ok(revisions)
    }
}

/// Until when a poll that shows the same changes nothing of a feed, in microseconds; kept in memory, for it can be found
/// out again.
#[derive(Clone, Default)]
pub(super) struct Quiet(Arc<Mutex<HashMap<FeedId, i64>>>);

impl Quiet {
    fn is(&self, feed: &FeedId, now: Timestamp) -> bool {
        self.known().get(feed).is_some_and(|until| now.as_microsecond() < *until)
    }

    fn set(&self, feed: FeedId, until: i64) {
        self.known().insert(feed, until);
    }

    /// The feed has shown something else.
    pub(super) fn end(&self, feed: &FeedId) {
        self.known().remove(feed);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<FeedId, i64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn load_for(db: &Connection, id: &FeedId, url: &str) -> Result<FeedFacts> {
    let mut facts = load(db, id)?;
    if facts.known.url != url {
        // Another address is another publisher's word: nothing that the old one said of itself holds.
        facts = FeedFacts { poll: facts.poll, ..FeedFacts::default() };
        facts.known.url = url.to_owned();
    }
    Ok(facts)
}

pub(super) fn load(db: &Connection, id: &FeedId) -> Result<FeedFacts> {
    let mut select = db.prepare_cached("SELECT etag, last_modified, poll, facts FROM feed WHERE id = ?1")?;
    let row = select
        .query_row([&id.0], |row| {
            let validators = Validators { etag: row.get(0)?, last_modified: row.get(1)? };
            Ok((validators, row.get::<_, u64>(2)?, row.get::<_, String>(3)?))
        })
        .optional()?;
    let Some((validators, poll, known)) = row else { return Ok(FeedFacts::default()) };
    let known =
        serde_json::from_str(&known).map_err(|error| corrupt(format!("what is known of feed {id}: {error}")))?;
    Ok(FeedFacts { validators, poll, known })
}

pub(super) fn save(tx: &Transaction<'_>, id: &FeedId, facts: &FeedFacts) -> Result<()> {
    let known = serde_json::to_string(&facts.known).map_err(|error| corrupt(error.to_string()))?;
    tx.prepare_cached(
        "INSERT INTO feed (id, etag, last_modified, poll, facts) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (id) DO UPDATE SET etag = excluded.etag, last_modified = excluded.last_modified,
           poll = excluded.poll, facts = excluded.facts",
    )?
    .execute(params![id.0, facts.validators.etag, facts.validators.last_modified, facts.poll, known])
    .map(drop)
}
