//! When a feed says that it is worth asking, and what the daemon has learnt of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a document says about when to ask for it again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Rhythm {
    /// Minutes that readers should wait between polls (RSS `ttl`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_minutes: Option<u32>,
    /// Seconds between its updates (`sy:updatePeriod` by `sy:updateFrequency`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_seconds: Option<u64>,
    /// The instant from which these count (`sy:updateBase`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_base: Option<Timestamp>,
    /// Hours of the day in UTC, 0 to 23, in which it need not be asked (RSS `skipHours`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_hours: Vec<u8>,
    /// Days of the week in UTC, 0 for Monday to 6, on which it need not be asked (RSS `skipDays`).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_days: Vec<u8>,
}

impl Rhythm {
    /// Whether it says nothing.
    pub fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// How long from now on the document wishes not to be asked: the longer of `ttl` and the time to the next update.
    pub fn wish(&self, now: Timestamp) -> Option<Duration> {
        let ttl = self.ttl_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
        ttl.max(self.until_update(now))
    }

    fn until_update(&self, now: Timestamp) -> Option<Duration> {
        let period = self.update_seconds.filter(|seconds| *seconds > 0)?;
        let Some(base) = self.update_base else { return Some(Duration::from_secs(period)) };
        let since = now.as_second().saturating_sub(base.as_second());
        let into = since.rem_euclid(i64::try_from(period).ok()?);
        Some(Duration::from_secs(period.saturating_sub(into.unsigned_abs()).max(1)))
    }

    /// How long after `at` the first moment comes that is in none of its skipped hours and days; none when there is no
    /// such moment within a week.
    pub fn awake_after(&self, at: Timestamp) -> Option<Duration> {
        let skipped = |hours: i64| {
            let hour = hours.rem_euclid(24);
            // 1 January 1970 was a Thursday.
            let day = (hours.div_euclid(24) + 3).rem_euclid(7);
            self.skip_hours.iter().any(|skip| i64::from(*skip) == hour)
                || self.skip_days.iter().any(|skip| i64::from(*skip) == day)
        };
        let now = at.as_second().div_euclid(3600);
        let awake = (now..now + 7 * 24).find(|hour| !skipped(*hour))?;
        let begins = (awake * 3600).max(at.as_second());
        Some(Duration::from_secs(begins.saturating_sub(at.as_second()).unsigned_abs()))
    }
}

/// What the daemon has learnt of a feed and goes on knowing after a restart; never published.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedNotes {
    /// Its document was found changed under validators that said it was not: they are worth nothing.
    pub validators_lie: bool,
    /// Audits in a row that found a change which a "not modified" had denied.
    pub doubts: u32,
    /// Where its redirects lead for good, and how many polls in a row have agreed on it.
    pub moving: Option<Moving>,
    /// The address that is asked instead of the configured one, for its redirects agreed.
    pub follows: Option<String>,
    /// The weight of its failures in a row.
    pub burden: u32,
    /// When the first of them was.
    pub failing_since: Option<Timestamp>,
}

/// A move that is not believed yet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Moving {
    /// The new address.
    pub to: String,
    /// Polls in a row that led there and found a feed.
    pub polls: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn updates_count_from_their_base() {
        let mut rhythm = Rhythm { update_seconds: Some(86_400), ..Rhythm::default() };
        assert_eq!(rhythm.wish(at("2020-09-29T12:00:00Z")), Some(Duration::from_secs(86_400)));
        rhythm.update_base = Some(at("2000-01-01T06:00:00Z"));
        assert_eq!(rhythm.wish(at("2020-09-29T05:59:00Z")), Some(Duration::from_secs(60)));
        assert_eq!(rhythm.wish(at("2020-09-29T06:00:00Z")), Some(Duration::from_secs(86_400)));
        rhythm.update_base = Some(at("2030-01-01T06:00:00Z"));
        assert_eq!(rhythm.wish(at("2020-09-29T05:00:00Z")), Some(Duration::from_secs(3600)));
        rhythm.ttl_minutes = Some(120);
        assert_eq!(rhythm.wish(at("2020-09-29T05:00:00Z")), Some(Duration::from_secs(7200)));
        assert_eq!(Rhythm { update_seconds: Some(0), ..Rhythm::default() }.wish(at("2020-09-29T05:00:00Z")), None);
    }

    #[test]
    fn skipped_hours_and_days_are_slept_through() {
        // 29 September 2020 was a Tuesday.
        let rhythm = Rhythm { skip_hours: vec![22, 23, 0, 1], skip_days: vec![2], ..Rhythm::default() };
        let check = |text: &str, minutes: u64| {
            assert_eq!(rhythm.awake_after(at(text)), Some(Duration::from_secs(60 * minutes)), "{text}");
        };
        check("2020-09-29T12:00:00Z", 0);
        check("2020-09-29T21:59:00Z", 0);
        // All of Wednesday, and the first two hours of Thursday.
        check("2020-09-29T22:30:00Z", 90 + 24 * 60 + 120);
        check("2020-10-01T01:59:00Z", 1);
        let never = Rhythm { skip_hours: (0..24).collect(), ..Rhythm::default() };
        assert_eq!(never.awake_after(at("2020-09-29T12:00:00Z")), None);
        assert_eq!(Rhythm::default().awake_after(at("2020-09-29T12:34:56Z")), Some(Duration::ZERO));
    }
}
