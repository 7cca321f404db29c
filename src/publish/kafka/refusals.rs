//! What topics have refused of late, and what becomes of records that would be refused again.
//!
//! A record that its topic does not take would come back for ever, and hold up all others behind it. So what was
//! refused is remembered, and the batch that is made again leads such records to the dead letters. It is only
//! remembered for a while, and by this process: whoever puts the topic right need not tell us.

use crate::broker::NotTaken;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// After this a topic that refused us is tried again, at the price of one aborted batch.
const REMEMBERED: Duration = Duration::from_secs(300);

/// A topic that takes less than this takes nothing of ours.
const LEAST: usize = 4096;

/// What is remembered, by topic.
#[derive(Default)]
pub(super) struct Refusals {
    topics: BTreeMap<String, Refusal>,
    limits: BTreeMap<String, Learnt>,
}

/// A topic that refuses whatever we write to it.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// The dead letter's code.
    pub(super) code: &'static str,
    /// What the broker said.
    pub(super) message: String,
    since: Instant,
}

/// A limit that was found out by being refused.
struct Learnt {
    /// What the topic was said to take.
    told: usize,
    /// What we believe that it takes.
    taken: usize,
}

impl Refusals {
    /// Remembers that a topic refuses what we write.
    pub(super) fn note(&mut self, topic: &str, why: NotTaken, message: &str) {
        let code = match why {
            NotTaken::TooLarge => "record_too_large",
            NotTaken::NotAllowed => "topic_not_allowed",
            NotTaken::Forbidden => "record_not_allowed",
        };
        let refusal = Refusal { code, message: message.to_owned(), since: Instant::now() };
        self.topics.insert(topic.to_owned(), refusal);
    }

    /// Remembers that a topic refused a batch for its size, though it was said to take `told`. What it was said to take
    /// may be out of date, so the first refusal only leads to its being asked again; after that each one halves what
    /// is sent. False when nothing is left to halve.
    pub(super) fn note_size(&mut self, topic: &str, told: usize) -> bool {
        match self.limits.get_mut(topic) {
            Some(learnt) if learnt.told == told => learnt.taken /= 2,
            _ => {
                self.limits.insert(topic.to_owned(), Learnt { told, taken: told });
            }
        }
        self.limits.get(topic).is_none_or(|learnt| learnt.taken >= LEAST)
    }

    /// What a topic takes that is said to take `told`.
    pub(super) fn limit(&self, topic: &str, told: usize) -> usize {
        self.limits.get(topic).filter(|learnt| learnt.told == told).map_or(told, |learnt| learnt.taken)
    }

    /// Why a topic is not written to just now.
    pub(super) fn of(&self, topic: &str) -> Option<&Refusal> {
        self.topics.get(topic).filter(|refusal| refusal.since.elapsed() < REMEMBERED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_nobody_tells_is_found_by_halves() {
        let mut refusals = Refusals::default();
        assert_eq!(refusals.limit("t", 100_000), 100_000);
        assert!(refusals.note_size("t", 100_000));
        assert_eq!(refusals.limit("t", 100_000), 100_000, "what it takes is asked again first");
        assert_eq!(refusals.limit("t", 20_000), 20_000, "and now it is told");
        assert!(refusals.note_size("t", 100_000));
        assert_eq!(refusals.limit("t", 100_000), 50_000);
        let rounds = (0..10).take_while(|_| refusals.note_size("t", 100_000)).count();
        assert_eq!(rounds, 3, "it has an end");
        assert_eq!(refusals.limit("another", 100_000), 100_000);
    }
}
