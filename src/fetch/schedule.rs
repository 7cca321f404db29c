//! Pure: when to poll next.
//!
//! Three voices are heard: the operator's (`interval`, the bounds of [`Options`]), the publisher's (`ttl`, `max-age`,
//! `Retry-After`) and the number of failures in a row. Chance comes from the feed's name and the poll's number, so that
//! it can be tested, and so that feeds do not move in step.

use super::{Options, guard};
use crate::model::{Feed, FeedId};
use std::time::Duration;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Feeds that were held come back spread over no more than this.
const RETURN_SPREAD: Duration = Duration::from_secs(30);
/// First polls are spread over no more than this.
const START_SPREAD: Duration = Duration::from_secs(10);
/// … and over no more than this for the operator's own addresses.
const START_SPREAD_OWN: Duration = Duration::from_millis(500);
/// A publisher's `ttl` or `max-age` is followed so far; many feeds state a day and change by the minute.
const LONGEST_WISH: Duration = Duration::from_secs(3600);
/// So that chance after a hold is another chance than that of the schedule.
const HOLD_SALT: u64 = 1 << 40;
/// However often a feed has failed, it is tried again after so many intervals …
const BACK_OFF_INTERVALS: u32 = 32;
/// … or after this, if that is longer.
const BACK_OFF_LEAST_CAP: Duration = Duration::from_secs(10);
/// Feeds under `allow` may be polled this often.
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
    /// The operator named an interval for this very feed, so the publisher's wishes do not lengthen it.
    decided: bool,
}

/// How the last poll ended, as far as it matters for the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Ended {
    /// Well; with what the publisher wishes, the longer of `ttl` and `max-age`.
    Well { wish: Option<Duration> },
    /// Badly, so many times in a row; with what `Retry-After` says.
    Badly { errors: u32, retry_after: Option<Duration> },
    /// In quarantine: as rarely as allowed.
    Quarantined,
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
        }
    }

    /// The interval when all is well.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// Time until the first poll after start.
    pub(super) fn first(&self) -> Duration {
        self.start_spread.mul_f64(self.chance(0))
    }

    /// Time until the next poll after a hold that ended before poll number `poll`: all feeds are let go at once, and must
    /// not all ask at once.
    pub(super) fn after_hold(&self, poll: u64) -> Duration {
        self.interval.min(RETURN_SPREAD).mul_f64(self.chance(poll.wrapping_add(HOLD_SALT)))
    }

    /// Time between polls at present, without chance.
    pub(super) fn between(&self, ended: Ended) -> Duration {
        let wanted = match ended {
            Ended::Well { wish: Some(wish) } if !self.decided => self.interval.max(wish.min(LONGEST_WISH)),
            Ended::Well { .. } => self.interval,
            // The server knows best when it will be back, within our bounds.
            Ended::Badly { retry_after: Some(after), .. } => self.interval.max(after),
            Ended::Badly { errors, retry_after: None } => {
                let cap = (self.interval * BACK_OFF_INTERVALS).max(BACK_OFF_LEAST_CAP);
                let doublings = errors.saturating_sub(1).min(16);
                (self.interval * 2u32.pow(doublings)).min(cap)
            }
            Ended::Quarantined => (self.interval * BACK_OFF_INTERVALS).max(BACK_OFF_LEAST_CAP),
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
    use super::*;

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
        check(&schedule(None, false), Ended::Well { wish: None }, seconds(300));
        check(&schedule(Some(seconds(1)), false), Ended::Well { wish: None }, seconds(60));
        check(&schedule(Some(seconds(1 << 40)), false), Ended::Well { wish: None }, seconds(86_400));
        let own = schedule(Some(Duration::from_millis(200)), true);
        check(&own, Ended::Well { wish: None }, Duration::from_millis(200));
    }

    #[test]
    fn a_publishers_wish_lengthens_only_what_the_operator_left_open() {
        check(&schedule(None, false), Ended::Well { wish: Some(seconds(900)) }, seconds(900));
        check(&schedule(None, false), Ended::Well { wish: Some(seconds(5)) }, seconds(300));
        check(&schedule(None, false), Ended::Well { wish: Some(seconds(u64::MAX)) }, seconds(3600));
        check(&schedule(Some(seconds(120)), false), Ended::Well { wish: Some(seconds(900)) }, seconds(120));
    }

    #[test]
    fn failures_double_the_interval_up_to_a_cap() {
        let badly = |errors| Ended::Badly { errors, retry_after: None };
        check(&schedule(None, false), badly(1), seconds(300));
        check(&schedule(None, false), badly(2), seconds(600));
        check(&schedule(None, false), badly(4), seconds(2400));
        check(&schedule(None, false), badly(u32::MAX), seconds(9600));
        let own = schedule(Some(Duration::from_millis(200)), true);
        check(&own, badly(2), Duration::from_millis(400));
        check(&own, badly(1000), seconds(10));
        check(&schedule(Some(seconds(40_000)), false), badly(9), seconds(86_400));
    }

    #[test]
    fn retry_after_is_obeyed_within_our_bounds() {
        let badly = |after| Ended::Badly { errors: 5, retry_after: Some(after) };
        check(&schedule(None, false), badly(seconds(1000)), seconds(1000));
        check(&schedule(None, false), badly(Duration::ZERO), seconds(300));
        check(&schedule(None, false), badly(seconds(u64::MAX)), seconds(86_400));
    }

    #[test]
    fn feeds_that_were_held_come_back_one_by_one() {
        let back = |id: u32| {
            let feed = Feed::new(&format!("feed-{id}"), "https://wire.example/");
            Schedule::new(&Options::default(), &feed).after_hold(7)
        };
        let early = (0..1000).filter(|id| back(*id) < RETURN_SPREAD / 2).count();
        assert!((400..600).contains(&early), "{early} of 1000 in the first half");
        assert!((0..1000).all(|id| back(id) <= RETURN_SPREAD));
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
