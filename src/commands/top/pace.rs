//! How fast things go: counters of the daemon, compared with what they were.
//!
//! Only counters are remembered, and of a minute only a few looks, so that ten thousand feeds may be watched.

use crate::model::{FeedId, Snapshot, Stage, StageCount};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, VecDeque};

/// What averages are taken over, where it has been watched for so long.
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

/// Between the looks that are remembered; the last one is remembered too.
const APART: SignedDuration = SignedDuration::from_secs(5);

/// The counters at one moment.
#[derive(Debug)]
struct Counts {
    at: Timestamp,
    rooms: Vec<StageCount>,
    observed: HashMap<FeedId, u64>,
}

impl Counts {
    fn of(snapshot: &Snapshot, at: Timestamp) -> Self {
        let observed = snapshot.feeds.iter().map(|feed| (feed.id.clone(), feed.observed)).collect();
        Self { at, rooms: snapshot.stages.clone(), observed }
    }

    fn sent(&self, stage: Stage) -> u64 {
        self.rooms.iter().find(|room| room.stage == stage).map_or(0, |room| room.sent)
    }
}

/// How fast things go; what cannot be said yet is none.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Rates {
    /// What leaves each room: a second since the last look, and a minute on the average.
    pub(super) rooms: HashMap<Stage, (Option<f64>, Option<f64>)>,
    /// What is observed of each feed a minute, on the average; feeds that rest are left out.
    pub(super) feeds: HashMap<FeedId, f64>,
}

/// What was seen before.
#[derive(Debug, Default)]
pub(super) struct Past {
    started: Option<Timestamp>,
    looks: VecDeque<Counts>,
}

impl Past {
    /// Compares a picture with those before it, and remembers it.
    pub(super) fn look(&mut self, snapshot: &Snapshot, at: Timestamp) -> Rates {
        if self.started != Some(snapshot.started) {
            *self = Self { started: Some(snapshot.started), looks: VecDeque::new() };
            // A daemon that has begun within the minute is known from its beginning.
            if at.duration_since(snapshot.started) < MINUTE {
                self.looks.push_back(Counts::of(&Snapshot::new(snapshot.started), snapshot.started));
            }
        }
        while self.looks.get(1).is_some_and(|second| at.duration_since(second.at) >= MINUTE) {
            self.looks.pop_front();
        }
        let now = Counts::of(snapshot, at);
        let rates = match (self.looks.front(), self.looks.back()) {
            (Some(first), Some(last)) => compare(first, last, &now),
            _ => Rates::default(),
        };
        if let [.., before, last] = self.looks.make_contiguous()
            && last.at.duration_since(before.at) < APART
        {
            self.looks.pop_back();
        }
        self.looks.push_back(now);
        rates
    }
}

fn compare(first: &Counts, last: &Counts, now: &Counts) -> Rates {
    let rooms = Stage::ALL.map(|stage| {
        let per_second = |before: &Counts| rate(now.at, before.at, now.sent(stage), before.sent(stage));
        (stage, (per_second(last), per_second(first).map(|rate| rate * 60.0)))
    });
    let feeds = now.observed.iter().filter_map(|(id, observed)| {
        let before = first.observed.get(id).copied().unwrap_or(0);
        let rate = rate(now.at, first.at, *observed, before).filter(|rate| *rate > 0.0)?;
        Some((id.clone(), rate * 60.0))
    });
    Rates { rooms: rooms.into(), feeds: feeds.collect() }
}

/// A second; none where no time has passed, or the clock was set.
fn rate(now: Timestamp, before: Timestamp, count: u64, count_before: u64) -> Option<f64> {
    let seconds = now.duration_since(before).as_secs_f64();
    // A counter that began anew counts from nothing.
    let grown = count.checked_sub(count_before).unwrap_or(count);
    (seconds > 0.0).then(|| grown as f64 / seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_600_000_000 + seconds).unwrap()
    }

    /// A daemon that began then, whose last room has given out so much.
    fn sent(started: i64, sent: u64) -> Snapshot {
        let mut snapshot = Snapshot::new(at(started));
        snapshot.stages.last_mut().unwrap().sent = sent;
        snapshot
    }

    #[track_caller]
    fn check(past: &mut Past, snapshot: &Snapshot, seconds: i64, expected: (Option<f64>, Option<f64>)) {
        let rates = past.look(snapshot, at(seconds));
        assert_eq!(rates.rooms.get(&Stage::Publish).copied().unwrap_or_default(), expected);
    }

    #[test]
    fn a_second_is_since_the_last_look_and_a_minute_on_the_average() {
        let mut past = Past::default();
        check(&mut past, &sent(-1000, 500), 0, (None, None));
        check(&mut past, &sent(-1000, 500), 0, (None, None));
        check(&mut past, &sent(-1000, 510), 5, (Some(2.0), Some(120.0)));
        for second in 6..=64 {
            past.look(&sent(-1000, 510), at(second));
        }
        // What came in the first five seconds is more than a minute ago.
        check(&mut past, &sent(-1000, 570), 65, (Some(60.0), Some(60.0)));
        assert!(past.looks.len() < 15, "{}", past.looks.len());
    }

    #[test]
    fn a_young_daemon_is_known_from_its_beginning_and_a_new_one_is_no_fall() {
        let mut past = Past::default();
        check(&mut past, &sent(-10, 20), 0, (Some(2.0), Some(120.0)));
        check(&mut past, &sent(5, 3), 6, (Some(3.0), Some(180.0)));
    }
}
