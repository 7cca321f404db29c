//! The durable log of what was observed.
//!
//! Comes in: what polls and page fetches brought. Goes out: frames, in order. What holds: validators are stored in the
//! transaction of the items they vouch for, and an item that waits for its page is stored there too, so nothing that a
//! server will not send again can be lost. A frame's [`Observed`](crate::model::Observed) is always complete: the item
//! and its page, or the reason why there is none. What an item's content was decides here whether it is observed
//! again; what becomes of it is decided behind the doorstep.

mod adopt;
pub mod check;
mod dates;
mod erase;
mod feeds;
mod frames;
mod observe;
mod pages;
mod pushed;
pub mod redrive;
mod seen;
pub mod set_aside;

pub use adopt::{Adopted, Tenures, vouched};
pub use feeds::FeedFacts;
pub use observe::{Appended, Poll};
pub use pages::{PageArrived, PageDue};
pub use seen::item_hash;

use crate::{
    faults,
    model::{FeedId, ItemId, units},
    store::{Store, StoreError},
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// `[intake]`: the doorstep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Polling stops when this much waits for publication.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_bytes: u64,
    /// How long frames are kept after they were published, for replays.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub retain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_bytes: 4 << 30, retain: Duration::from_secs(3 * 86_400) }
    }
}

/// What the intake must know of the other rooms' options.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its own.
    pub options: Options,
    /// How long an item is remembered; one that still stands in its feed is touched at half of it.
    pub horizon: Duration,
    /// When a page is looked at again, counted from its first fetch.
    pub page_recheck: Vec<Duration>,
}

/// Why something was not recorded.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IntakeError {
    /// Too much waits for publication: hold the feed and try again later.
    #[error("the intake is full: {0} wait for publication")]
    Full(String),
    /// The store failed. A full disk is to be treated like a full intake.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntakeError {
    /// Whether the feed is to be held, and the rest goes on.
    pub fn holds(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Store(StoreError::Full(_)))
    }
}

/// What waits for publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Frames.
    pub frames: u64,
    /// Their size.
    pub bytes: u64,
    /// When the oldest was observed.
    pub oldest: Option<Timestamp>,
    /// Items that wait for their page.
    pub waiting: u64,
}

/// Frames that the log still has from `seq` on, oldest first, together no larger than `max_bytes` but for the first.
pub fn retained(db: &rusqlite::Connection, seq: u64, max_bytes: usize) -> rusqlite::Result<Vec<crate::model::Frame>> {
    let first: Option<u64> = db.query_row("SELECT min(seq) FROM frame WHERE seq >= ?1", [seq], |row| row.get(0))?;
    first.map_or_else(|| Ok(Vec::new()), |first| frames::read_from(db, first, max_bytes))
}

/// The number of the newest frame ever; 0 for none.
pub fn last(db: &rusqlite::Connection) -> rusqlite::Result<u64> {
    frames::last(db)
}

/// A handle on the log; clones share it.
#[derive(Clone)]
pub struct Intake {
    store: Store,
    policy: Arc<Policy>,
    /// Bytes in frames above the position.
    unpublished: Arc<AtomicU64>,
    /// Counts appends, so that whoever reads can wait for the next.
    appends: Arc<watch::Sender<u64>>,
    /// Counts documents of which something waits for its page.
    waits: Arc<watch::Sender<u64>>,
    quiet: feeds::Quiet,
}

impl Intake {
    /// The log of this store. [`Intake::count_backlog`] must be called once before the first append.
    pub fn new(store: Store, policy: Policy) -> Self {
        let [appends, waits] = [(); 2].map(|()| Arc::new(watch::Sender::new(0)));
        let quiet = feeds::Quiet::default();
        Self { store, policy: Arc::new(policy), unpublished: Arc::default(), appends, waits, quiet }
    }

    /// Its UUID.
    pub fn id(&self) -> &str {
        self.store.intake_id()
    }

    /// Counts what lies above `position`, from which [`Intake::unpublished_bytes`] goes on.
    /// A log that is not whole above the position is an error: what is missing would otherwise be missed much later.
    pub async fn count_backlog(&self, position: u64) -> Result<Backlog, StoreError> {
        let backlog = self
            .store
            .read(move |db| {
                frames::check_numbers(db, position)?;
                frames::backlog(db, position)
            })
            .await?;
        self.unpublished.store(backlog.bytes, Ordering::Relaxed);
        Ok(backlog)
    }

    /// What lies above `position`.
    pub async fn backlog(&self, position: u64) -> Result<Backlog, StoreError> {
        self.store.read(move |db| frames::backlog(db, position)).await
    }

    /// What waits, in bytes.
    pub fn unpublished_bytes(&self) -> u64 {
        self.unpublished.load(Ordering::Relaxed)
    }

    /// What may wait, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.policy.options.max_bytes
    }

    /// How much each feed has above `position`, the largest first.
    pub async fn backlog_by_feed(&self, position: u64) -> Result<Vec<(FeedId, u64)>, StoreError> {
        self.store.read(move |db| frames::backlog_by_feed(db, position)).await
    }

    /// Whether polling must hold.
    pub fn is_full(&self) -> bool {
        self.unpublished_bytes() >= self.policy.options.max_bytes
    }

    /// Frames from `seq` on, oldest first, until together they are `max_bytes` large, unpacked. A hole is an error.
    pub async fn read_from(&self, seq: u64, max_bytes: usize) -> Result<Vec<crate::model::Frame>, StoreError> {
        self.store.read(move |db| frames::read_from(db, seq, max_bytes)).await
    }

    /// The first and the last frame, of those at or below `position`, that were observed from `since` on and before
    /// `until`; all that are retained where nothing is said.
    pub async fn window(
        &self,
        since: Option<Timestamp>,
        until: Option<Timestamp>,
        position: u64,
    ) -> Result<Option<(u64, u64)>, StoreError> {
        let since = since.map_or(i64::MIN, Timestamp::as_microsecond);
        let until = until.map_or(i64::MAX, Timestamp::as_microsecond);
        self.store.read(move |db| frames::window(db, since, until, position)).await
    }

    /// The number of the newest frame ever; 0 for none.
    pub async fn last(&self) -> Result<u64, StoreError> {
        self.store.read(frames::last).await
    }

    /// Notes items that the next batch kills: once it is committed, [`Intake::trim`] erases their bodies.
    pub async fn note_killed(&self, items: Vec<ItemId>) -> Result<(), StoreError> {
        self.store.write(move |tx| erase::note(tx, &items)).await
    }

    /// Erases what killed items said, and forgets frames at or below `position` that are older than `intake.retain`, and items not seen for the horizon.
    /// Without a time that can be believed nothing is forgotten.
    pub async fn trim(&self, position: u64, now: Option<Timestamp>) -> Result<(), StoreError> {
        let bounds = now.map(|now| (before(now, self.policy.options.retain), before(now, self.policy.horizon)));
        self.store
            .write(move |tx| {
                if let Some((retain, _)) = bounds {
                    frames::trim(tx, position, retain)?;
                }
                erase::erase(tx, &erase::withdrawn(tx)?, position)?;
                if let Some((_, horizon)) = bounds {
                    seen::forget(tx, horizon)?;
                }
                faults::point("C9");
                Ok(())
            })
            .await?;
        faults::point("C9");
        Ok(())
    }

    fn room(&self) -> Result<(), IntakeError> {
        if !self.is_full() {
            return Ok(());
        }
        Err(IntakeError::Full(units::bytes::format(self.unpublished_bytes())))
    }

    /// Changes whenever frames have been appended.
    pub fn appends(&self) -> watch::Receiver<u64> {
        self.appends.subscribe()
    }

    /// Changes whenever items have begun to wait for their pages.
    pub fn waits(&self) -> watch::Receiver<u64> {
        self.waits.subscribe()
    }

    fn told(&self, appended: &Appended, size: u64) {
        if appended.waiting > 0 {
            self.waits.send_modify(|count| *count += 1);
        }
        self.added(size);
    }

    /// So many bytes of frames have been published.
    pub fn published(&self, bytes: u64) {
        let subtract = |waiting: u64| Some(waiting.saturating_sub(bytes));
        self.unpublished.fetch_update(Ordering::Relaxed, Ordering::Relaxed, subtract).ok();
    }

    fn added(&self, bytes: u64) {
        if bytes > 0 {
            self.unpublished.fetch_add(bytes, Ordering::Relaxed);
            self.appends.send_modify(|count| *count += 1);
        }
    }
}

/// An instant so long ago, in microseconds.
fn before(now: Timestamp, ago: Duration) -> i64 {
    now.as_microsecond().saturating_sub(micros(ago))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn instant(micros: i64) -> Timestamp {
    Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
