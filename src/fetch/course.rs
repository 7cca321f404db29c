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

/// A feed that brought nothing after it had stood in line stays away for so many times as long. Of a host with more feeds
/// than may be asked in time, those that bring something are then asked some five times as often as those that do not;
/// without that all would be asked equally rarely, and the busy ones would lose most of what they have.
const STAY_AWAY: u32 = 4;

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
    /// `fresh` is how long the response says that it stays good, `took` how long the poll took.
    pub fn well(
        &mut self,
        notes: &mut FeedNotes,
        brought: Option<(usize, usize)>,
        fresh: Option<Duration>,
        took: Duration,
        now: Timestamp,
    ) -> Ended {
        (notes.burden, notes.failing_since) = (0, None);
        let quiet = brought.is_none_or(|(new, _)| new == 0);
        let away = if quiet { self.stay_away(took) } else { Duration::ZERO };
        let wanted = self.schedule.bounds().map(|bounds| {
            self.pace.learn(brought, bounds);
            self.pace.wanted(fresh, bounds, now).max(away)
        });
        Ended::Well { wanted }
    }

    /// After a poll that failed, with what `Retry-After` said.
    pub fn badly(
        &self,
        notes: &mut FeedNotes,
        kind: Kind,
        retry_after: Option<Duration>,
        took: Duration,
        now: Timestamp,
    ) -> Ended {
        notes.burden = notes.burden.saturating_add(kind.weight());
        let failing = failure::failing(Some(*notes.failing_since.get_or_insert(now)), now);
        if kind.gives_up(notes.burden, failing) {
            return Ended::GivenUp;
        }
        let away = self.stay_away(took);
        let wanted = self.schedule.bounds().map(|bounds| self.pace.wanted(None, bounds, now).max(away));
        Ended::Badly { kind, burden: notes.burden, failing, retry_after, wanted }
    }

    /// What a poll takes beyond a request's limit it has stood in line.
    fn stay_away(&self, took: Duration) -> Duration {
        took.saturating_sub(self.schedule.patience()) * STAY_AWAY
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

    /// A feed that brings nothing, and what was concluded from its last poll.
    struct Quiet {
        course: Course,
        notes: FeedNotes,
        now: Timestamp,
    }

    impl Quiet {
        fn new() -> Self {
            let feed = Feed::new("quiet", "https://wire.example/rss");
            let course = Course::new(&Options::default(), &feed, Rhythm::default());
            let mut quiet = Self { course, notes: FeedNotes::default(), now: "2020-09-29T12:00:00Z".parse().unwrap() };
            for _ in 0..40 {
                quiet.well(0, 0);
            }
            quiet
        }

        /// Seconds between polls after one with so many new items, which took so many seconds.
        fn well(&mut self, new: usize, took: u64) -> u64 {
            let took = Duration::from_secs(took);
            let ended = self.course.well(&mut self.notes, Some((new, 20)), None, took, self.now);
            self.course.schedule.between(ended).as_secs()
        }

        fn badly(&mut self, kind: Kind, retry_after: Option<Duration>) -> u64 {
            let ended = self.course.badly(&mut self.notes, kind, retry_after, Duration::ZERO, self.now);
            self.course.schedule.between(ended).as_secs()
        }
    }

    #[test]
    fn a_feed_that_fails_is_not_asked_sooner_than_while_it_was_well() {
        let mut quiet = Quiet::new();
        assert_eq!(quiet.well(0, 1), 3600);
        for retry_after in [None, Some(Duration::from_secs(120)), None, None] {
            assert_eq!(quiet.badly(Kind::Temporary, retry_after), 3600, "nor much later, for a network that is away");
        }
        let hard = (0..9).map(|_| quiet.badly(Kind::Hard, None)).last();
        assert_eq!(hard, Some(64 * 300));
    }

    #[test]
    fn what_brings_nothing_lets_others_pass_where_there_is_a_line() {
        let mut quiet = Quiet::new();
        assert_eq!(quiet.well(0, 60), 3600, "a slow answer is no line");
        assert_eq!(quiet.well(0, 7260), 4 * 7200);
        assert_eq!(quiet.well(0, 1_000_000), 86_400, "within the operator's bounds");
        assert!(quiet.well(1, 7260) < 3600, "what brings something comes back as soon as ever");
        assert!(quiet.well(0, 1) < 3600, "and nothing of it stays when the line has gone");
    }
}
