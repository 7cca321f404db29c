//! Pure: how heavily a failure weighs, how far a failing feed is put off, and when it is given up.
//!
//! A network that is away for an hour must not cost a feed the rest of the day, and an address that is not there any more
//! need not be asked every five minutes. So each failure has a weight by its kind, the weights of failures in a row add
//! up to the feed's *burden*, and the kind of the last one bounds how long the feed is put off.

use super::problem::{
    ADDRESS_REFUSED, BAD_ADDRESS, CREDENTIALS_MISSING, FetchError, HTTP_STATUS, PORT_REFUSED, REDIRECT_REFUSED,
};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

/// The kind of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The network or a server in trouble: timeouts, connections, 408, 425, 429, 5xx.
    Temporary,
    /// It answers, but not with a feed: a page, a bot check, a body over a limit.
    Soft,
    /// It will not answer before somebody acts: not found, no access, an address that is refused.
    Hard,
}

/// What a kind of failure comes to.
struct Rule {
    kind: Kind,
    /// What it adds to the burden.
    weight: u32,
    /// At most so many intervals between polls …
    intervals: u32,
    /// … and after a day of failures so many.
    intervals_later: u32,
    /// Given up after so many days of failures …
    days: i64,
}

/// A feed whose burden is less is not given up, however long it took: it was hardly asked.
const LEAST_BURDEN: u32 = 40;

const RULES: [Rule; 3] = [
    Rule { kind: Kind::Temporary, weight: 1, intervals: 4, intervals_later: 32, days: 30 },
    Rule { kind: Kind::Soft, weight: 2, intervals: 32, intervals_later: 128, days: 14 },
    Rule { kind: Kind::Hard, weight: 4, intervals: 64, intervals_later: 512, days: 7 },
];

/// However short its interval, a feed is put off by this at least once its failures have had time to grow.
const LEAST_CAP: Duration = Duration::from_secs(10);
/// This much burden doubles the pause.
const BURDEN_PER_DOUBLING: u32 = 2;

impl Kind {
    fn rule(self) -> &'static Rule {
        RULES.iter().find(|rule| rule.kind == self).unwrap_or(&RULES[0])
    }

    /// What it adds to a feed's burden.
    pub(super) fn weight(self) -> u32 {
        self.rule().weight
    }

    /// The kind of an error on the way to a document.
    pub(super) fn of(error: &FetchError) -> Self {
        match error {
            FetchError::Retry { .. } => Kind::Temporary,
            FetchError::Gone(_) => Kind::Hard,
            FetchError::Refused(issue) | FetchError::GiveUp(issue) => match issue.code.as_str() {
                BAD_ADDRESS | ADDRESS_REFUSED | PORT_REFUSED | REDIRECT_REFUSED | CREDENTIALS_MISSING | HTTP_STATUS => {
                    Kind::Hard
                }
                _ => Kind::Soft,
            },
        }
    }

    /// The pause after a failure of this kind, bounded by nothing but the kind: the operator's bounds come after.
    pub(super) fn pause(self, interval: Duration, burden: u32, failing: SignedDuration) -> Duration {
        let rule = self.rule();
        let intervals = if failing.as_hours() < 24 { rule.intervals } else { rule.intervals_later };
        let cap = (interval * intervals).max(LEAST_CAP);
        // The first failure alone does not lengthen anything.
        let doublings = (burden.saturating_sub(rule.weight) / BURDEN_PER_DOUBLING).min(16);
        (interval * 2u32.pow(doublings)).min(cap)
    }

    /// Whether a feed that fails in this way is to be given up.
    pub(super) fn gives_up(self, burden: u32, failing: SignedDuration) -> bool {
        burden >= LEAST_BURDEN && failing.as_hours() >= self.rule().days * 24
    }
}

/// How long a feed has been failing; a clock that was set back says no time at all.
pub(super) fn failing(since: Option<Timestamp>, now: Timestamp) -> SignedDuration {
    since.map_or(SignedDuration::ZERO, |since| now.duration_since(since)).max(SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::problem::{BOT_CHECK, TIMEOUT};

    const MINUTES: Duration = Duration::from_secs(300);
    const HOUR: SignedDuration = SignedDuration::from_hours(1);

    #[test]
    fn weights_differ_by_kind() {
        assert_eq!(Kind::of(&FetchError::retry(TIMEOUT, "")), Kind::Temporary);
        assert_eq!(Kind::of(&FetchError::give_up(BOT_CHECK, "")), Kind::Soft);
        assert_eq!(Kind::of(&FetchError::give_up(HTTP_STATUS, "404")), Kind::Hard);
        assert_eq!(Kind::of(&FetchError::refused(ADDRESS_REFUSED, "")), Kind::Hard);
    }

    #[test]
    fn a_network_that_is_away_puts_off_little_and_a_missing_page_much() {
        #[track_caller]
        fn check(kind: Kind, failures: u32, intervals: u32) {
            assert_eq!(kind.pause(MINUTES, failures * kind.weight(), HOUR), MINUTES * intervals, "{kind:?} {failures}");
        }
        check(Kind::Temporary, 1, 1);
        check(Kind::Temporary, 3, 2);
        check(Kind::Temporary, 99, 4);
        check(Kind::Soft, 1, 1);
        check(Kind::Soft, 4, 8);
        check(Kind::Soft, 99, 32);
        check(Kind::Hard, 1, 1);
        check(Kind::Hard, 2, 4);
        check(Kind::Hard, 99, 64);
        let short = Duration::from_millis(200);
        assert_eq!(Kind::Temporary.pause(short, 1, HOUR), short);
        assert_eq!(Kind::Temporary.pause(short, u32::MAX, HOUR), LEAST_CAP);
    }

    #[test]
    fn feeds_are_given_up_late() {
        let days = |days: i64| SignedDuration::from_hours(24 * days);
        for rule in &RULES {
            assert!(!rule.kind.gives_up(u32::MAX, days(rule.days) - HOUR), "{:?}", rule.kind);
            assert!(rule.kind.gives_up(LEAST_BURDEN, days(rule.days)), "{:?}", rule.kind);
            assert!(!rule.kind.gives_up(LEAST_BURDEN - 1, days(99)), "{:?}", rule.kind);
        }
        let now: Timestamp = "2020-09-29T12:00:00Z".parse().unwrap();
        assert_eq!(failing(now.checked_add(HOUR).ok(), now), SignedDuration::ZERO);
        assert_eq!(failing(now.checked_sub(HOUR).ok(), now), HOUR);
    }
}
