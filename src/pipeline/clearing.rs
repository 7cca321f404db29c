//! When what is no longer needed is cleared away, and by which clock.

use crate::{
    clock::WallClock,
    faults,
    store::{Store, StoreError, image},
};
use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

/// How often published frames and forgotten items are cleared away.
const CLEARING_INTERVAL: Duration = Duration::from_secs(60);

/// How often the horizon is looked at.
const EVICTION_INTERVAL: Duration = Duration::from_secs(3600);

/// Runs that end by themselves look at the horizon no more often than this.
const BETWEEN_RUNS: SignedDuration = SignedDuration::from_hours(1);

/// A pause between two runs that is believed without question; a clock set wrong is seldom wrong by so little.
const BELIEVED_PAUSE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// When to clear away, and when to look at the horizon.
pub(super) struct Clearing {
    cleared: Instant,
    evicted: Instant,
    pub(super) clock: WallClock,
    /// Runs that end by themselves are too short for the interval: they evict by the time of the run before.
    at_once: bool,
}

impl Clearing {
    const LAST_EVICTION: &str = "last_eviction";

    pub(super) async fn begin(store: &Store) -> Result<Self, StoreError> {
        let wall = Timestamp::now();
        let last = store.read(|db| image::meta(db, Self::LAST_EVICTION)).await?;
        let since = last.and_then(|text| text.parse().ok()).map(|last: Timestamp| wall.duration_since(last));
        let at_once = since.is_some_and(|since| since >= BETWEEN_RUNS && since <= BELIEVED_PAUSE);
        // After a longer pause, or none that can be told, the clock must first be seen again.
        let believed = since.is_some_and(|since| since <= BELIEVED_PAUSE && since >= SignedDuration::ZERO);
        if !believed {
            Self::remember(store).await?;
        }
        let clock = WallClock::watch();
        let clock = if since.is_some() && !believed { clock.doubted() } else { clock };
        Ok(Self { cleared: Instant::now(), evicted: Instant::now(), clock, at_once })
    }

    pub(super) async fn remember(store: &Store) -> Result<(), StoreError> {
        let now = Timestamp::now().to_string();
        match store.write(move |tx| image::set_meta(tx, Self::LAST_EVICTION, &now)).await {
            Ok(()) | Err(StoreError::Full(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) fn is_due(&mut self) -> bool {
        let due = self.cleared.elapsed() >= faults::time("clearing", CLEARING_INTERVAL);
        if due {
            self.cleared = Instant::now();
        }
        due
    }

    pub(super) fn eviction_is_due(&mut self) -> bool {
        let steady = self.evicted.elapsed();
        if !std::mem::take(&mut self.at_once) && steady < EVICTION_INTERVAL {
            return false;
        }
        self.evicted = Instant::now();
        self.clock.believed().is_some()
    }
}
