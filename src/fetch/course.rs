//! Pure: what a poll comes to for the next one. The plan of a feed and what its polls have taught us, side by side.
//!
//! The loop of a feed runs on this, and so does the simulation of a million feeds (`benches/million_feeds`), which has no
//! network and a clock of its own.

use super::{
    Options,
    failure::{self, Kind},
    pace::Pace,
    schedule::{Ended, Schedule},
};
use crate::model::{Feed, FeedNotes, Rhythm};
use jiff::Timestamp;
use std::time::Duration;

/// The course of one feed.
pub struct Course {
    pub(super) schedule: Schedule,
    pub(super) pace: Pace,
}

impl Course {
    /// Begins with what the last document said before a restart.
    pub fn new(options: &Options, feed: &Feed, rhythm: Rhythm) -> Self {
        Self { schedule: Schedule::new(options, feed), pace: Pace::new(rhythm) }
    }

    /// Time until the first poll after start.
    pub fn first(&self) -> Duration {
        self.schedule.first()
    }

    /// After a poll that went well. `brought` are new items and all of the document, none where nothing was modified;
    /// `fresh` is how long the response says that it stays good.
    pub fn well(
        &mut self,
        notes: &mut FeedNotes,
        brought: Option<(usize, usize)>,
        fresh: Option<Duration>,
        now: Timestamp,
    ) -> Ended {
        (notes.burden, notes.failing_since) = (0, None);
        let wanted = self.schedule.bounds().map(|bounds| {
            self.pace.learn(brought, bounds);
            self.pace.wanted(fresh, bounds, now)
        });
        Ended::Well { wanted }
    }

    /// After a poll that failed, with what `Retry-After` said.
    pub fn badly(&self, notes: &mut FeedNotes, kind: Kind, retry_after: Option<Duration>, now: Timestamp) -> Ended {
        notes.burden = notes.burden.saturating_add(kind.weight());
        let failing = failure::failing(Some(*notes.failing_since.get_or_insert(now)), now);
        if kind.gives_up(notes.burden, failing) {
            return Ended::GivenUp;
        }
        let wanted = self.schedule.bounds().map(|bounds| self.pace.wanted(None, bounds, now));
        Ended::Badly { kind, burden: notes.burden, failing, retry_after, wanted }
    }

    /// The pause before the next poll, after poll number `poll`; slept on where the feed skips hours or days.
    pub fn pause(&self, poll: u64, ended: Ended, now: Timestamp) -> Duration {
        let pause = self.schedule.next(poll, ended);
        match ended {
            Ended::Well { wanted: Some(_) } => self.pace.sleep_in(pause, self.schedule.most(), now),
            _ => pause,
        }
    }

    /// Time until the next poll after a hold that ended before poll number `poll`; `last` is how the one before ended.
    pub fn after_hold(&self, poll: u64, last: Option<Ended>) -> Duration {
        self.schedule.after_hold(poll, last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_fails_is_not_asked_sooner_than_while_it_was_well() {
        let now: Timestamp = "2020-09-29T12:00:00Z".parse().unwrap();
        let (options, mut notes) = (Options::default(), FeedNotes::default());
        let feed = Feed::new("quiet", "https://wire.example/rss");
        let mut course = Course::new(&options, &feed, Rhythm::default());
        let mut ended = course.well(&mut notes, Some((20, 20)), None, now);
        for _ in 0..40 {
            ended = course.well(&mut notes, None, None, now);
        }
        let well = course.schedule.between(ended);
        assert_eq!(well, Duration::from_secs(3600));
        for retry_after in [None, Some(Duration::from_secs(120)), None, None] {
            ended = course.badly(&mut notes, Kind::Temporary, retry_after, now);
            assert_eq!(
                course.schedule.between(ended),
                well,
                "a network that is away puts an hourly feed off no further"
            );
        }
        for _ in 0..9 {
            ended = course.badly(&mut notes, Kind::Hard, None, now);
        }
        assert_eq!(course.schedule.between(ended), Duration::from_secs(64 * 300));
    }
}
