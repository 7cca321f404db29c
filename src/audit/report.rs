//! What an audit found: counts by feed and generation, and every offence with its place.

use crate::model::SuppressReason;
use serde::Serialize;
use std::collections::BTreeMap;

/// Offences that are named one by one; more are counted.
const NAMED: usize = 10_000;

/// Which promise is broken (docs of guarantees).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub enum Promise {
    /// No loss.
    G1,
    /// No duplicate.
    G2,
    /// Order without gaps.
    G3,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It should be there and is not.
    Missing,
    /// It is there twice.
    Doubled,
    /// It comes after what should follow it.
    OutOfOrder,
    /// Two places that should agree do not: header and value, topic and state, topic and intake.
    Contradiction,
    /// It rests on something that is not there.
    Unfounded,
    /// It lacks what proves it, such as a header.
    Unproved,
}

/// One offence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offence {
    /// The promise that is broken.
    pub promise: Promise,
    /// In which way.
    pub what: What,
    /// The topic's name without prefix, `state` or `intake`.
    pub topic: String,
    /// Where: `topic/partition@offset` or `file:line`; none for what is not there.
    pub place: Option<String>,
    /// The feed.
    pub feed: String,
    /// The item, where there is one.
    pub item: Option<String>,
    /// The revision, where there is one.
    pub rev: Option<u32>,
    /// The generation.
    pub generation: u32,
    /// For a person.
    pub detail: String,
}

/// Counts of one feed in one generation.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Items.
    pub items: u64,
    /// Revisions.
    pub revisions: u64,
    /// Claims asserted and retracted.
    pub claims: u64,
    /// What should be there and is not.
    pub missing: u64,
    /// What is there twice.
    pub doubled: u64,
    /// What comes too late.
    pub out_of_order: u64,
    /// Any other offence.
    pub other: u64,
    /// The same record again, byte for byte, where that is allowed.
    pub repeats: u64,
    /// Revisions that were judged and not published, by reason, as far as the state remembers them.
    pub suppressed: BTreeMap<String, u64>,
    /// Dead letters.
    pub dead_letters: u64,
    /// Observed and not yet published.
    pub waiting: u64,
}

/// One feed in one generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FeedCounts {
    /// The feed.
    pub feed: String,
    /// The generation; 0 but for replays.
    pub generation: u32,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Counts by feed and generation.
    pub feeds: Vec<FeedCounts>,
    /// Every offence, up to ten thousand.
    pub offences: Vec<Offence>,
    /// Their number.
    pub offence_count: u64,
    /// What could not be proved, or is worth knowing; no offences.
    pub notes: Vec<String>,
    /// Whether the state was compared, and with it G1.
    pub state_compared: bool,
    /// Whether the intake log was compared.
    pub intake_compared: bool,
}

impl Report {
    /// Whether G1 to G3 hold, as far as they were compared.
    pub fn holds(&self) -> bool {
        self.offence_count == 0
    }

    /// The sum over all feeds and generations.
    pub fn total(&self) -> Counts {
        let mut total = Counts::default();
        for FeedCounts { counts, .. } in &self.feeds {
            total.items += counts.items;
            total.revisions += counts.revisions;
            total.claims += counts.claims;
            total.missing += counts.missing;
            total.doubled += counts.doubled;
            total.out_of_order += counts.out_of_order;
            total.other += counts.other;
            total.repeats += counts.repeats;
            total.dead_letters += counts.dead_letters;
            total.waiting += counts.waiting;
            for (reason, count) in &counts.suppressed {
                *total.suppressed.entry(reason.clone()).or_default() += count;
            }
        }
        total
    }
}

/// The findings as they come.
#[derive(Debug, Default)]
pub(super) struct Findings {
    counts: BTreeMap<(String, u32), Counts>,
    offences: Vec<Offence>,
    offence_count: u64,
    notes: BTreeMap<String, u64>,
}

impl Findings {
    /// The counts of a feed in a generation.
    pub(super) fn of(&mut self, feed: &str, generation: u32) -> &mut Counts {
        // Asked for once a record: the key is made only for a feed that is met first.
        let key = (feed.to_owned(), generation);
        self.counts.entry(key).or_default()
    }

    pub(super) fn offence(&mut self, offence: Offence) {
        let counts = self.of(&offence.feed, offence.generation);
        match offence.what {
            What::Missing => counts.missing += 1,
            What::Doubled => counts.doubled += 1,
            What::OutOfOrder => counts.out_of_order += 1,
            What::Contradiction | What::Unfounded | What::Unproved => counts.other += 1,
        }
        self.offence_count += 1;
        if self.offences.len() < NAMED {
            self.offences.push(offence);
        }
    }

    pub(super) fn offence_count(&self) -> u64 {
        self.offence_count
    }

    /// Counts something worth knowing; `{n}` in the words becomes the number.
    pub(super) fn note(&mut self, words: impl Into<String>) {
        *self.notes.entry(words.into()).or_default() += 1;
    }

    pub(super) fn report(self, state_compared: bool, intake_compared: bool) -> Report {
        let feeds = self.counts.into_iter().map(|((feed, generation), counts)| FeedCounts { feed, generation, counts });
        let notes = self.notes.into_iter().map(|(words, n)| words.replace("{n}", &n.to_string()));
        Report {
            feeds: feeds.collect(),
            offences: self.offences,
            offence_count: self.offence_count,
            notes: notes.collect(),
            state_compared,
            intake_compared,
        }
    }
}

/// The word that the state and the records use for a reason.
pub(super) fn word(reason: SuppressReason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => word,
        _ => format!("{reason:?}").to_lowercase(),
    }
}
