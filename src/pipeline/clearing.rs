//! When what is no longer needed is cleared away, and by which clock.

use crate::{
    clock::WallClock,
    faults,
    store::{Store, StoreError, image},
};
use jiff::{SignedDuration, Timestamp};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How often published frames and forgotten items are cleared away.
const CLEARING_INTERVAL: Duration = Duration::from_secs(60);

/// A pause between two runs that is believed without question; a clock set wrong is seldom wrong by so little.
const BELIEVED_PAUSE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// When to clear away, and as of when the horizon was looked at.
pub(super) struct Clearing {
    cleared: Instant,
    /// Also asked while a batch is being committed.
    pub(super) clock: Arc<Mutex<WallClock>>,
    /// The last hour as of which what is committed was looked at.
    pub(super) looked: Option<Timestamp>,
}

impl Clearing {
    /// When it was, by the wall clock.
    const LAST_EVICTION: &str = "last_eviction";
    const LOOKED: &str = "horizon_looked_at";

    pub(super) async fn begin(store: &Store) -> Result<Self, StoreError> {
        let wall = Timestamp::now();
        let time = |name: &'static str| async move {
            let text = store.read(move |db| image::meta(db, name)).await?;
            Ok::<_, StoreError>(text.and_then(|text| text.parse::<Timestamp>().ok()))
        };
        let since = time(Self::LAST_EVICTION).await?.map(|last| wall.duration_since(last));
        // After a longer pause, or none that can be told, the clock must first be seen again.
        let believed = since.is_some_and(|since| since <= BELIEVED_PAUSE && since >= SignedDuration::ZERO);
        if !believed {
            Self::remember(store, Self::LAST_EVICTION, wall).await?;
        }
        let clock = WallClock::watch();
        let clock = if since.is_some() && !believed { clock.doubted() } else { clock };
        let clock = Arc::new(Mutex::new(clock));
        Ok(Self { cleared: Instant::now(), clock, looked: time(Self::LOOKED).await? })
    }

    /// Takes up what a batch that is committed brought. Should the process end before this, it is looked at once more.
    pub(super) async fn looked(&mut self, looked: Option<Timestamp>, store: &Store) -> Result<(), StoreError> {
        let Some(hour) = looked.filter(|_| looked != self.looked) else { return Ok(()) };
        self.looked = looked;
        Self::remember(store, Self::LOOKED, hour).await?;
        Self::remember(store, Self::LAST_EVICTION, Timestamp::now()).await
    }

    async fn remember(store: &Store, name: &'static str, time: Timestamp) -> Result<(), StoreError> {
        match store.write(move |tx| image::set_meta(tx, name, &time.to_string())).await {
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
}

/// The time, if it may be believed.
pub(super) fn believed(clock: &Mutex<WallClock>) -> Option<Timestamp> {
    clock.lock().unwrap_or_else(PoisonError::into_inner).believed()
}
