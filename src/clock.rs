//! Whether the wall clock may be believed when it says that something is old.
//!
//! Comes in: the time, now and then. Goes out: yes, or no for an hour after the wall clock has moved by more than an
//! hour against the steady one, for then it was set. Nothing else is ever decided by it: what is due is counted by the
//! steady clock, and what is shown may be wrong for as long as the clock is.

use jiff::{SignedDuration, Timestamp};
use std::time::{Duration, Instant};

/// A wall clock that has moved this much against the steady one has been set.
const STEP: SignedDuration = SignedDuration::from_hours(1);

/// It must have kept time for so long before it is believed again.
const PROBATION: Duration = Duration::from_secs(3600);

/// The wall clock, watched.
#[derive(Debug, Clone)]
pub struct WallClock {
    steady: Instant,
    wall: Timestamp,
    doubted_until: Option<Instant>,
}

impl WallClock {
    /// Believed until it is seen to be set.
    pub fn watch() -> Self {
        Self { steady: Instant::now(), wall: Timestamp::now(), doubted_until: None }
    }

    /// Not believed before it has kept time for a while.
    #[must_use]
    pub fn doubted(mut self) -> Self {
        self.doubted_until = Some(self.steady + PROBATION);
        self
    }

    /// The time, if it may be believed.
    pub fn believed(&mut self) -> Option<Timestamp> {
        let wall = Timestamp::now();
        self.look(Instant::now(), wall).then_some(wall)
    }

    fn look(&mut self, steady: Instant, wall: Timestamp) -> bool {
        let by_steady = SignedDuration::try_from(steady - self.steady).unwrap_or(SignedDuration::ZERO);
        let step = wall.duration_since(self.wall) - by_steady;
        (self.steady, self.wall) = (steady, wall);
        if step.abs() > STEP {
            tracing::warn!(%step, "the clock was set; nothing is forgotten until it has kept time for an hour");
            self.doubted_until = Some(steady + PROBATION);
        }
        self.doubted_until.is_none_or(|until| steady >= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_was_set_is_believed_again_after_an_hour() {
        let begun = Instant::now();
        let origin: Timestamp = "2020-10-01T08:00:00Z".parse().unwrap();
        let mut clock = WallClock { steady: begun, wall: origin, doubted_until: None };
        let mut look = |minutes: u64, wall_minutes: i64| {
            let wall = origin + SignedDuration::from_mins(wall_minutes);
            clock.look(begun + Duration::from_secs(minutes * 60), wall)
        };
        let year = 365 * 24 * 60;
        assert!(look(1, 1) && look(10, 40), "half an hour may be made up for");
        assert!(!look(11, 41 + 10 * year) && !look(60, 90 + 10 * year), "set ahead");
        assert!(look(72, 102 + 10 * year), "it has kept its time for an hour");
        assert!(!look(73, 103), "set back");
        assert!(!look(100, 130 - 24 * 60) && !look(140, 170 - 24 * 60), "set again: another hour");
        assert!(look(161, 191 - 24 * 60));
    }
}
