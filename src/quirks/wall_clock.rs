//! Which zone a publisher's clock shows that never says it, learnt from when its entries come.
//!
//! In: the times that new entries state, and the polls between which they came. Out: the offset in which such times
//! are read, once enough entries agree on it. What always holds: a time that was read once is read so for ever, because an
//! offset counts only for times from its decision on; and no time is read as one that had not come when it was seen.

use jiff::{SignedDuration, Timestamp, civil, tz::Offset};
use serde::{Deserialize, Serialize};

/// Minutes east of UTC of the zones that many people live in. One and two hours west are not among them: an hour that
/// a cache keeps what UTC is written on looks the same.
const OFFSETS: [i32; 34] = [
    -600, -540, -480, -420, -360, -300, -240, -210, -180, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420,
    480, 525, 540, 570, 600, 630, 660, 720, 765, 780, 825, 840,
];

/// The offsets of where most who write a language live: `zones_of_languages.tsv`.
const LANGUAGES: &str = include_str!("zones_of_languages.tsv");

/// Entries that are remembered.
const SIGHTS: usize = 8;
/// So many must be known before anything is concluded, and all but one in five must agree.
const ENOUGH: usize = 5;
/// So many in a row that speak against what was concluded end it.
const AGAINST: usize = 3;
/// Decisions that are remembered: two a year where clocks are changed.
const DECISIONS: usize = 16;
/// Polls further apart say little of when an entry came.
const APART: SignedDuration = SignedDuration::from_mins(90);
/// The clock of a publisher may be a little fast.
const FAST: SignedDuration = SignedDuration::from_mins(5);
/// Entries come into a feed some time after the time that they state.
const LATE: SignedDuration = SignedDuration::from_mins(30);
/// By so much must an offset fit better that is none of whole hours: more than the quarter of an hour to the next whole one,
/// less than half an hour.
const RARITY: SignedDuration = SignedDuration::from_mins(20);
/// By so much may an offset fit worse that the language of the feed is written in.
const USUAL: SignedDuration = SignedDuration::from_mins(45);

/// What is known of the clock on one publisher's wall.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WallClock {
    /// The last entries, newest last.
    #[serde(default)]
    sights: Vec<Sight>,
    /// What was concluded, newest last.
    #[serde(default)]
    decisions: Vec<Decision>,
}

/// An entry: the time on the wall, written as if it were UTC, and the polls before and at which it was first seen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Sight {
    wall: Timestamp,
    after: Timestamp,
    at: Timestamp,
}

/// From when on which offset holds; none says that nothing is known any more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Decision {
    since: Timestamp,
    minutes: Option<i32>,
}

impl WallClock {
    /// Whether nothing was ever learnt.
    pub fn is_blank(&self) -> bool {
        *self == Self::default()
    }

    /// The newest entry that one poll brought, and the one before did not, states this time.
    pub fn saw(&mut self, wall: Timestamp, after: Timestamp, at: Timestamp) {
        let sight = Sight { wall, after, at };
        let apart = at.duration_since(after);
        let is_near = OFFSETS.iter().any(|minutes| sight.admits(*minutes));
        // Midnight is what programs write that know the day only.
        let is_midnight = Offset::UTC.to_datetime(wall).time() == civil::Time::midnight();
        let is_known = self.sights.iter().any(|known| known.wall == wall);
        if is_near && !is_midnight && !is_known && !apart.is_negative() && apart <= APART {
            self.sights.push(sight);
            self.sights.drain(..self.sights.len().saturating_sub(SIGHTS));
        }
    }

    /// Concludes from what was seen up to now what holds from now on. The language of the feed decides between offsets that
    /// fit as well.
    pub fn conclude(&mut self, now: Timestamp, language: Option<&str>) {
        let current = self.decisions.last().and_then(|decision| decision.minutes);
        let newest = self.sights.get(self.sights.len().saturating_sub(AGAINST)..).unwrap_or_default();
        let speaks_against = |minutes| newest.len() == AGAINST && newest.iter().all(|sight| !sight.admits(minutes));
        if current.is_some_and(speaks_against) {
            // The clocks were changed, or the publisher's program: what was seen before counts no longer.
            self.sights.drain(..self.sights.len() - AGAINST);
            self.decide(now, None);
        }
        // What still fits stays, also where something else would by now fit a little better.
        if let Some(minutes) = self.agreed(language).filter(|_| !current.is_some_and(|current| self.agree(current))) {
            self.decide(now, Some(minutes));
        }
    }

    fn decide(&mut self, since: Timestamp, minutes: Option<i32>) {
        self.decisions.push(Decision { since, minutes });
        self.decisions.drain(..self.decisions.len().saturating_sub(DECISIONS));
    }

    /// The one offset that the entries agree on.
    fn agreed(&self, language: Option<&str>) -> Option<i32> {
        if self.sights.len() < ENOUGH {
            return None;
        }
        let usual = language.map(usual).unwrap_or_default();
        // The offset with which the entry that came soonest came soonest, where other things are equal.
        let delay = |minutes: i32| {
            let soonest = self.sights.iter().map(|sight| sight.at.duration_since(sight.moment(minutes))).min()?;
            let rarity = if minutes % 60 == 0 { SignedDuration::ZERO } else { RARITY };
            let bonus = if usual.contains(&minutes) { USUAL } else { SignedDuration::ZERO };
            Some(soonest + rarity - bonus)
        };
        OFFSETS.into_iter().filter(|minutes| self.agree(*minutes)).min_by_key(|minutes| delay(*minutes))
    }

    /// Whether the entries agree on an offset: with it none had yet to come, and nearly all came when they would.
    fn agree(&self, minutes: i32) -> bool {
        let admitting = self.sights.iter().filter(|sight| sight.admits(minutes)).count();
        self.sights.iter().all(|sight| sight.has_come(minutes)) && admitting * 5 >= self.sights.len() * 4
    }

    /// The offset in which a time is read, which is written as if it were UTC.
    pub fn offset(&self, wall: Timestamp) -> Option<Offset> {
        for decision in self.decisions.iter().rev() {
            let minutes = decision.minutes.unwrap_or(0);
            if wall.checked_sub(SignedDuration::from_mins(minutes.into())).ok()? >= decision.since {
                return decision.minutes.and_then(|minutes| Offset::from_seconds(minutes * 60).ok());
            }
        }
        None
    }
}

impl Sight {
    /// When the entry was published, if the clock shows this offset.
    fn moment(&self, minutes: i32) -> Timestamp {
        self.wall.checked_sub(SignedDuration::from_mins(minutes.into())).unwrap_or(Timestamp::MAX)
    }

    fn has_come(&self, minutes: i32) -> bool {
        self.moment(minutes).duration_since(self.at) <= FAST
    }

    /// Whether the entry fits an offset: published before it was seen, and hardly before the poll that did not show it.
    fn admits(&self, minutes: i32) -> bool {
        self.has_come(minutes) && self.after.duration_since(self.moment(minutes)) <= LATE
    }
}

/// The offsets that a language is written in, by itself or with its region.
fn usual(language: &str) -> Vec<i32> {
    let of = |wanted: &str| {
        let line = LANGUAGES.lines().filter_map(|line| line.split_once('\t')).find(|(known, _)| *known == wanted)?;
        Some(line.1.split(' ').filter_map(|minutes| minutes.parse().ok()).collect())
    };
    of(language).or_else(|| of(language.split('-').next()?)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// A feed whose clock shows `minutes`, polled every `every` minutes from `from` on; entries are `late` by some minutes.
    fn watch(clock: &mut WallClock, from: &str, minutes: i64, every: i64, late: &[i64]) {
        watch_in(None, clock, from, minutes, every, late);
    }

    fn watch_in(language: Option<&str>, clock: &mut WallClock, from: &str, minutes: i64, every: i64, late: &[i64]) {
        let mut at = time(from);
        for (index, late) in late.iter().enumerate() {
            let after = at;
            at += SignedDuration::from_mins(every);
            let published = at - SignedDuration::from_mins(*late) - SignedDuration::from_secs(index as i64 * 7 + 1);
            clock.saw(published + SignedDuration::from_mins(minutes), after, at);
            clock.conclude(at, language);
        }
    }

    #[track_caller]
    fn check(clock: &WallClock, wall: &str, expected: Option<&str>) {
        assert_eq!(clock.offset(time(wall)).map(|offset| offset.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_clock_is_learnt_from_when_entries_come() {
        for (minutes, shown) in [(180, "+03"), (-300, "-05"), (330, "+05:30"), (0, "+00"), (840, "+14")] {
            let mut clock = WallClock::default();
            watch(&mut clock, "2026-03-04T08:00:01Z", minutes, 20, &[3, 15, 21, 8]);
            check(&clock, "2026-03-05T12:00:00Z", None);
            watch(&mut clock, "2026-03-04T12:00:01Z", minutes, 20, &[3, 15, 21, 8]);
            check(&clock, "2026-03-05T12:00:00Z", Some(shown));
            let kept: WallClock = serde_json::from_str(&serde_json::to_string(&clock).unwrap()).unwrap();
            assert_eq!(kept, clock);
        }
    }

    #[test]
    fn what_was_read_before_a_decision_stays() {
        let mut clock = WallClock::default();
        watch(&mut clock, "2026-03-04T08:00:01Z", 180, 20, &[3, 4, 5, 6, 7, 8]);
        // Decided at 09:40, when the wall showed 12:40.
        check(&clock, "2026-03-04T12:30:00Z", None);
        check(&clock, "2026-03-04T12:50:00Z", Some("+03"));
    }

    #[test]
    fn clocks_that_are_changed_are_learnt_anew() {
        let mut clock = WallClock::default();
        watch(&mut clock, "2026-03-04T08:00:01Z", 60, 20, &[3; 6]);
        watch(&mut clock, "2026-04-04T08:00:01Z", 120, 20, &[3; 3]);
        check(&clock, "2026-04-04T12:00:00Z", None);
        watch(&mut clock, "2026-04-04T10:00:01Z", 120, 20, &[3; 3]);
        check(&clock, "2026-04-04T14:00:00Z", Some("+02"));
        check(&clock, "2026-03-20T14:00:00Z", Some("+01"));
    }

    #[test]
    fn nothing_is_concluded_from_what_says_nothing() {
        let mut clock = WallClock::default();
        // An hour late, as caches make it; after nights without polls; at midnight.
        watch(&mut clock, "2026-03-04T08:00:01Z", 0, 20, &[95; 8]);
        watch(&mut clock, "2026-03-04T08:00:01Z", 0, 600, &[3; 8]);
        for day in 0..8 {
            let midnight = time("2026-03-05T00:00:00Z") + SignedDuration::from_hours(24 * day);
            clock.saw(midnight, midnight - SignedDuration::from_mins(9), midnight + SignedDuration::from_mins(9));
        }
        clock.conclude(time("2026-03-05T00:05:00Z"), None);
        check(&clock, "2026-03-06T12:00:00Z", None);
    }

    #[test]
    fn languages_decide_where_entries_do_not() {
        assert_eq!(usual("ru-RU"), [180]);
        assert_eq!(usual("en-US"), [-300, -240, -360, -420, -480]);
        assert_eq!(usual("en"), Vec::<i32>::new());
        let seen = |language| {
            let mut clock = WallClock::default();
            watch_in(language, &mut clock, "2026-03-04T08:00:01Z", 345, 20, &[3, 15, 8, 12, 5]);
            clock.offset(time("2026-03-05T12:00:00Z")).map(|offset| offset.to_string())
        };
        assert_eq!(seen(None).as_deref(), Some("+06"));
        assert_eq!(seen(Some("ne")).as_deref(), Some("+05:45"));
    }
}
