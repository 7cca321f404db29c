//! Pure: when to poll next.
//!
//! Three voices are heard: the operator's (`interval`, the bounds of [`Options`]), the feed's own ([`super::pace`]) and
//! the failures in a row ([`super::failure`]), with what `Retry-After` says. Chance comes from the feed's name and the
//! poll's number, so that it can be tested, and so that feeds do not move in step.

use super::{Options, failure::Kind, guard, pace::Bounds};
use crate::model::{Feed, FeedId};
use jiff::SignedDuration;
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Feeds that were held come back spread over no more than this …
const RETURN_SPREAD: Duration = Duration::from_secs(30);
/// … or over this part of what is between their polls at present, if that is longer: of a million feeds most are asked
/// once an hour, and all at once they would stand in line for many minutes.
const RETURN_PART: u32 = 10;
/// First polls are spread over no more than this.
const START_SPREAD: Duration = Duration::from_secs(10);
/// … and over no more than this for the operator's own addresses.
const START_SPREAD_OWN: Duration = Duration::from_millis(500);
/// So that chance after a hold is another chance than that of the schedule.
const HOLD_SALT: u64 = 1 << 40;
/// What is learnt of a feed's pace begins within this part of the ordinary interval: two polls later feeds that began
/// together are as good as strangers, while a jitter of a tenth alone takes half a day for that.
const BEGIN_SCATTER: f64 = 0.25;
const BEGIN_SALT: u64 = 1 << 41;
/// A feed in quarantine is tried again after so many intervals …
const QUARANTINE_INTERVALS: u32 = 32;
/// … or after this, if that is longer.
const QUARANTINE_LEAST: Duration = Duration::from_secs(10);
/// Feeds under `allow` may be polled this often, where the operator says so.
const OWN_LEAST: Duration = Duration::from_millis(50);

/// The plan of one feed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    feed: FeedId,
    interval: Duration,
    least: Duration,
    most: Duration,
    jitter: f64,
    start_spread: Duration,
    /// The operator named an interval for this very feed: nothing that the feed does or says changes it.
    decided: bool,
    /// No interval that the daemon chooses is shorter.
    floor: Duration,
    /// No request takes longer.
    patience: Duration,
}

/// How the last poll ended, as far as it matters for the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ended {
    /// Well; with the interval that the feed wants, where the operator has named none.
    Well {
        /// The interval.
        wanted: Option<Duration>,
    },
    /// Badly.
    Badly {
        /// How.
        kind: Kind,
        /// The weight of the failures in a row.
        burden: u32,
        /// For how long already.
        failing: SignedDuration,
        /// What `Retry-After` says.
        retry_after: Option<Duration>,
        /// The interval that the feed wants while all is well: it is asked no sooner because it fails.
        wanted: Option<Duration>,
    },
    /// In quarantine.
    Quarantined,
    /// Given up: as rarely as allowed.
    GivenUp,
}

impl Schedule {
    pub(super) fn new(options: &Options, feed: &Feed) -> Self {
        let own = guard::is_own(feed);
        let least = if own { OWN_LEAST } else { options.min_interval };
        let most = options.max_interval.max(least);
        let interval = feed.interval.unwrap_or(options.default_interval).clamp(least, most);
        Self {
            feed: feed.id.clone(),
            interval,
            least,
            most,
            jitter: if options.jitter.is_finite() { options.jitter.clamp(0.0, 0.5) } else { 0.0 },
            start_spread: interval.min(if own { START_SPREAD_OWN } else { START_SPREAD }),
            decided: feed.interval.is_some(),
            floor: feed.min_interval.unwrap_or(options.min_interval).clamp(least, most),
            patience: options.total_timeout,
        }
    }

    /// The interval when all is well.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// The bounds within which the daemon chooses the interval; none where the operator has chosen.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        let start = self.interval.max(self.floor);
        let scattered = start.mul_f64(1.0 + BEGIN_SCATTER * (2.0 * self.chance(BEGIN_SALT) - 1.0));
        let begin = scattered.clamp(self.floor, self.most);
        (!self.decided).then_some(Bounds { start, begin, least: self.floor, most: self.most })
    }

    /// The longest time that a request takes.
    pub(super) fn patience(&self) -> Duration {
        self.patience
    }

    /// The longest time between polls.
    pub(super) fn most(&self) -> Duration {
        self.most
    }

    /// Time until the first poll after start.
    pub(super) fn first(&self) -> Duration {
        self.start_spread.mul_f64(self.chance(0))
    }

    /// Time until the next poll after a hold that ended before poll number `poll`: all feeds are let go at once, and must
    /// not all ask at once.
    pub(super) fn after_hold(&self, poll: u64, last: Option<Ended>) -> Duration {
        let between = last.map_or(self.interval, |ended| self.between(ended));
        let spread = self.interval.min(RETURN_SPREAD).max(between / RETURN_PART);
        spread.mul_f64(self.chance(poll.wrapping_add(HOLD_SALT)))
    }

    /// Time between polls at present, without chance.
    pub(super) fn between(&self, ended: Ended) -> Duration {
        let wanted = match ended {
            Ended::Well { wanted } => wanted.filter(|_| !self.decided).unwrap_or(self.interval),
            // The server knows best when it will be back, within our bounds.
            Ended::Badly { retry_after: Some(after), wanted, .. } => {
                self.interval.max(after).max(wanted.unwrap_or_default())
            }
            Ended::Badly { kind, burden, failing, retry_after: None, wanted } => {
                kind.pause(self.interval, burden, failing).max(wanted.unwrap_or_default())
            }
            Ended::Quarantined => (self.interval * QUARANTINE_INTERVALS).max(QUARANTINE_LEAST),
            Ended::GivenUp => self.most,
        };
        wanted.clamp(self.least, self.most)
    }

    /// Time until the next poll, after poll number `poll`.
    pub(super) fn next(&self, poll: u64, ended: Ended) -> Duration {
        let between = self.between(ended);
        let asked_to_wait = matches!(ended, Ended::Badly { retry_after: Some(_), .. });
        // Between -1 and 1; but never sooner than a server asked for.
        let chance = if asked_to_wait { self.chance(poll) } else { 2.0 * self.chance(poll) - 1.0 };
        between.mul_f64(1.0 + self.jitter * chance).clamp(self.least, self.most)
    }

    /// From 0 to 1, different for each feed and poll.
    fn chance(&self, poll: u64) -> f64 {
        (xxh3_64_with_seed(self.feed.0.as_bytes(), poll) >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::{super::pace::Pace, *};

    fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn schedule(interval: Option<Duration>, own: bool) -> Schedule {
        let mut feed = Feed::new("test", "http://10.1.2.3:8080/rss");
        feed.interval = interval;
        if own {
            feed.allow = vec!["10.1.2.3:8080".to_owned()];
        }
        Schedule::new(&Options::default(), &feed)
    }

    #[track_caller]
    fn check(schedule: &Schedule, ended: Ended, between: Duration) {
        assert_eq!(schedule.between(ended), between);
        for poll in 1..200 {
            let next = schedule.next(poll, ended);
            let low = if matches!(ended, Ended::Badly { retry_after: Some(_), .. }) { 1.0 } else { 0.9 };
            assert!(next >= between.mul_f64(low).clamp(schedule.least, schedule.most), "{next:?}");
            assert!(next <= between.mul_f64(1.1).clamp(schedule.least, schedule.most), "{next:?}");
        }
    }

    #[test]
    fn intervals_keep_to_their_bounds() {
        check(&schedule(None, false), Ended::Well { wanted: None }, seconds(300));
        check(&schedule(Some(seconds(1)), false), Ended::Well { wanted: None }, seconds(60));
        check(&schedule(Some(seconds(1 << 40)), false), Ended::Well { wanted: None }, seconds(86_400));
        let own = schedule(Some(Duration::from_millis(200)), true);
        check(&own, Ended::Well { wanted: None }, Duration::from_millis(200));
    }

    #[test]
    fn a_feed_moves_only_what_the_operator_left_open() {
        check(&schedule(None, false), Ended::Well { wanted: Some(seconds(900)) }, seconds(900));
        check(&schedule(None, false), Ended::Well { wanted: Some(seconds(5)) }, seconds(60));
        check(&schedule(None, false), Ended::Well { wanted: Some(seconds(u64::MAX)) }, seconds(86_400));
        check(&schedule(Some(seconds(120)), false), Ended::Well { wanted: Some(seconds(900)) }, seconds(120));
        assert_eq!(schedule(Some(seconds(120)), false).bounds(), None);
        let bounds = |feed: &Feed| Schedule::new(&Options::default(), feed).bounds().unwrap();
        let mut feed = Feed::new("test", "https://wire.example/rss");
        assert_eq!((bounds(&feed).start, bounds(&feed).least), (seconds(300), seconds(60)));
        feed.min_interval = Some(seconds(600));
        assert_eq!((bounds(&feed).start, bounds(&feed).least), (seconds(600), seconds(600)));
        // The daemon does not choose to ask the operator's own servers twenty times a second.
        assert_eq!(schedule(None, true).bounds().unwrap().least, seconds(60));
    }

    fn badly(kind: Kind, burden: u32, retry_after: Option<Duration>) -> Ended {
        Ended::Badly { kind, burden, failing: SignedDuration::ZERO, retry_after, wanted: None }
    }

    #[test]
    fn failures_lengthen_the_interval_within_the_bounds() {
        check(&schedule(None, false), badly(Kind::Soft, 2, None), seconds(300));
        check(&schedule(None, false), badly(Kind::Soft, 4, None), seconds(600));
        check(&schedule(None, false), badly(Kind::Soft, u32::MAX, None), seconds(9600));
        check(&schedule(None, false), badly(Kind::Temporary, u32::MAX, None), seconds(1200));
        check(&schedule(Some(seconds(40_000)), false), badly(Kind::Hard, 99, None), seconds(86_400));
        check(&schedule(None, false), Ended::GivenUp, seconds(86_400));
    }

    #[test]
    fn retry_after_is_obeyed_within_our_bounds() {
        let badly = |after| badly(Kind::Temporary, 5, Some(after));
        check(&schedule(None, false), badly(seconds(1000)), seconds(1000));
        check(&schedule(None, false), badly(Duration::ZERO), seconds(300));
        check(&schedule(None, false), badly(seconds(u64::MAX)), seconds(86_400));
    }

    #[test]
    fn feeds_that_were_held_come_back_one_by_one() {
        let back = |id: u32, last| {
            let feed = Feed::new(&format!("feed-{id}"), "https://wire.example/");
            Schedule::new(&Options::default(), &feed).after_hold(7, last)
        };
        let hourly = Some(Ended::Well { wanted: Some(seconds(3600)) });
        for (last, spread) in [(None, RETURN_SPREAD), (hourly, seconds(360))] {
            let early = (0..1000).filter(|id| back(*id, last) < spread / 2).count();
            assert!((400..600).contains(&early), "{early} of 1000 in the first half");
            assert!((0..1000).all(|id| back(id, last) <= spread));
        }
    }

    #[test]
    fn feeds_that_began_together_do_not_climb_in_step() {
        // Ten thousand feeds that bring nothing, and their polls in each minute of the first hours.
        let mut minutes = [0u32; 180];
        for id in 0..10_000 {
            let feed = Feed::new(&format!("feed-{id}"), "https://wire.example/");
            let schedule = Schedule::new(&Options::default(), &feed);
            let (bounds, mut pace) = (schedule.bounds().unwrap(), Pace::default());
            let (mut at, mut poll) = (schedule.first(), 0);
            while let Some(minute) = minutes.get_mut((at.as_secs() / 60) as usize) {
                *minute += 1;
                pace.learn(None, bounds);
                let wanted = Some(pace.wanted(None, bounds, jiff::Timestamp::UNIX_EPOCH));
                poll += 1;
                at += schedule.next(poll, Ended::Well { wanted });
            }
        }
        for hour in minutes.chunks(60).skip(1) {
            let (most, sum) = (hour.iter().max().unwrap(), hour.iter().sum::<u32>());
            assert!(most * 60 < sum * 3 / 2, "{most} polls in a minute of an hour with {sum}: {hour:?}");
        }
    }

    #[test]
    fn first_polls_are_spread() {
        let first = |id: u32| {
            let feed = Feed::new(&format!("feed-{id}"), "https://wire.example/");
            Schedule::new(&Options::default(), &feed).first()
        };
        let early = (0..1000).filter(|id| first(*id) < START_SPREAD / 2).count();
        assert!((400..600).contains(&early), "{early} of 1000 in the first half");
        assert!((0..1000).all(|id| first(id) <= START_SPREAD));
    }
}
