//! The proof of G1 to G3 over the topics, for anybody who does not take our word for it.
//!
//! Comes in: records in the order in which they lie, then what the state remembers, then what the intake log observed.
//! Goes out: a [`Report`] with every offence and its place. It keeps per item and per record a few dozen bytes, never a
//! value, so that a million items fit into some hundred megabytes. It reads nothing, has no clock, and trusts no order
//! but the one it is promised: that of one key.
//!
//! The order of the calls matters: dead letters first (a revision that no topic takes stands there), then articles, then
//! claims and the rest, then the state, then the intake.

mod articles;
mod claims;
mod intake;
mod key;
mod memory;
mod report;
#[cfg(test)]
mod tests;

pub use report::{Counts, FeedCounts, Offence, Promise, Report, What};

use self::{articles::Articles, claims::Claims, intake::Observed, key::Gaps, memory::Memory, report::Findings};
use crate::{
    model::{Frame, Topic},
    topics::{self, Log, Place, Placed},
};
use jiff::{SignedDuration, Timestamp};
use std::collections::{HashMap, HashSet};

/// How strictly, and what is at hand.
#[derive(Debug, Clone)]
pub struct Options {
    /// The same record again, byte for byte, is allowed and counted.
    pub at_least_once: bool,
    /// How long an item is remembered after it was last seen: one that comes back later begins anew at revision 1.
    pub horizon: SignedDuration,
    /// The time of the audit.
    pub now: Timestamp,
    /// Whether the state will be shown, and with it G1 can be proved.
    pub state: bool,
    /// Whether the intake log will be shown.
    pub intake: bool,
}

/// The audit under way.
pub struct Auditor {
    options: Options,
    findings: Findings,
    /// Topics of which retention has cut off the beginning.
    cut: HashSet<Topic>,
    numbers: HashMap<Topic, Numbers>,
    /// Every record that was seen: by generation, topic and `ce_id`, with its value's fingerprint.
    ids: HashMap<u64, u64>,
    articles: Articles,
    claims: Claims,
    memory: Memory,
    observed: Observed,
}

/// The numbers of a topic's lines, which are without gaps in files.
#[derive(Default)]
struct Numbers {
    last: Option<u64>,
    gaps: Gaps,
    seen_at: String,
}

/// What the headers of a record say.
#[derive(Debug)]
struct Proof<'a> {
    item: &'a str,
    rev: u32,
    content: u64,
    origin: key::Place,
    generation: u32,
    id: &'a str,
    /// Seconds since 1970; when the frame was observed.
    time: i64,
}

impl Auditor {
    /// Nothing seen yet.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            findings: Findings::default(),
            cut: HashSet::new(),
            numbers: HashMap::new(),
            ids: HashMap::new(),
            articles: Articles::default(),
            claims: Claims::default(),
            memory: Memory::default(),
            observed: Observed::default(),
        }
    }

    /// Says where a log begins, before its records come.
    pub fn log(&mut self, log: &Log) {
        if log.begin > 0 {
            self.cut.insert(log.topic);
            self.findings.note(format!("{} begins at {}: what was before it has been removed", log.name, log.begin));
        }
    }

    /// Looks at one record.
    pub fn record(&mut self, placed: &Placed) {
        let record = &placed.record;
        let proof = match proof(placed) {
            Ok(proof) => proof,
            Err(lacks) => {
                let feed = key::feed_of(&record.key).to_owned();
                let detail = format!("lacks the header {lacks}");
                self.offend(Promise::G2, What::Unproved, placed, None, &feed, detail);
                return;
            }
        };
        let feed = match record.topic {
            Topic::FeedStatus | Topic::Events => proof.item,
            Topic::DeadLetters => record.header("feed").unwrap_or_else(|| key::feed_of(proof.item)),
            _ => key::feed_of(proof.item),
        };
        let feed = feed.to_owned();
        if !self.is_first(placed, &proof, &feed) {
            self.number(placed, true);
            return;
        }
        let offences = self.findings.offence_count();
        match record.topic {
            Topic::Articles => self.article(placed, &proof, &feed),
            Topic::CovidStats => self.claim(placed, &proof, &feed),
            Topic::DeadLetters => self.dead_letter(placed, &proof, &feed),
            Topic::Events if self.options.intake => self.articles.tell(proof.origin.key()),
            _ => {}
        }
        let is_said = self.findings.offence_count() > offences;
        self.number(placed, is_said);
    }

    /// Says up to which number, exclusive, the lines of a topic are known to be committed.
    pub fn committed(&mut self, topic: Topic, end: u64) {
        // Files that are all gone have been removed by age; those that are there end where they should.
        if let Some(numbers) = self.numbers.get_mut(&topic)
            && let Some(last) = numbers.last
            && last + 1 < end
        {
            numbers.gaps.add(last + 1, end - 1);
            "the number of the last committed one".clone_into(&mut numbers.seen_at);
        }
    }

    /// Takes up an entry of the state; a later one takes the place of an earlier. `key` is without the deployment's name.
    pub fn state(&mut self, key: &str, value: Option<&[u8]>) {
        if let Err(problem) = self.memory.entry(key, value) {
            self.findings.note(format!("an entry of the state cannot be read: {problem}"));
        }
    }

    /// Looks at a frame of the intake log; frames come in order.
    pub fn frame(&mut self, intake: &str, frame: &Frame) {
        self.observe(intake, frame);
    }

    /// The end: what should have come and has not.
    pub fn conclude(mut self) -> Report {
        self.missing_revisions();
        self.missing_numbers();
        if self.options.state {
            self.compare_state();
        }
        if self.options.intake {
            self.compare_last_observed();
        }
        self.findings.report(self.options.state, self.options.intake)
    }

    /// Whether this record has not been seen before. One that has is counted, and looked at no further.
    fn is_first(&mut self, placed: &Placed, proof: &Proof<'_>, feed: &str) -> bool {
        let record = &placed.record;
        let life = self.life(record.topic, proof);
        let id = key::key(&[
            record.topic.suffix().as_bytes(),
            &proof.generation.to_le_bytes(),
            &life.to_le_bytes(),
            feed.as_bytes(),
            proof.id.as_bytes(),
        ]);
        let fingerprint = key::key(&[record.value.as_deref().unwrap_or(b"\0")]);
        let Some(before) = self.ids.insert(id, fingerprint) else { return true };
        let same = before == fingerprint;
        if same && self.options.at_least_once {
            self.findings.of(feed, proof.generation).repeats += 1;
            return false;
        }
        let how = if same { "the same bytes" } else { "other bytes" };
        let detail = format!("{} a second time, with {how}", proof.id);
        self.offend(Promise::G2, What::Doubled, placed, Some(proof), feed, detail);
        false
    }

    /// The lines of files are numbered without gaps. What an item's own order shows already is not said twice.
    fn number(&mut self, placed: &Placed, is_said: bool) {
        let Place::Line { number, .. } = placed.place else { return };
        if number == topics::UNKNOWN {
            return;
        }
        let topic = placed.record.topic;
        let numbers = self.numbers.entry(topic).or_default();
        let expected = numbers.last.map_or(number, |last| last + 1);
        if number >= expected {
            if number > expected {
                numbers.gaps.add(expected, number - 1);
                numbers.seen_at = placed.place.to_string();
            }
            numbers.last = Some(number);
            return;
        }
        let was_missed = numbers.gaps.fill(number);
        if is_said {
            return;
        }
        let (what, promise, words) = if was_missed {
            (What::OutOfOrder, Promise::G3, "comes too late")
        } else {
            (What::Doubled, Promise::G2, "is there a second time")
        };
        let feed = key::feed_of(&placed.record.key).to_owned();
        let proof = proof(placed).ok();
        let detail = format!("record {number} of {} {words}", topic.suffix());
        self.offend(promise, what, placed, proof.as_ref(), &feed, detail);
    }

    fn missing_numbers(&mut self) {
        for (topic, numbers) in std::mem::take(&mut self.numbers) {
            for (from, to) in numbers.gaps.ranges() {
                let range = if from == to { format!("record {from}") } else { format!("records {from} to {to}") };
                self.findings.offence(Offence {
                    promise: Promise::G1,
                    what: What::Missing,
                    topic: topic.suffix().to_owned(),
                    place: None,
                    feed: String::new(),
                    item: None,
                    rev: None,
                    generation: 0,
                    detail: format!("{range} of {}: seen from {}", topic.suffix(), numbers.seen_at),
                });
            }
        }
    }

    fn offend(
        &mut self,
        promise: Promise,
        what: What,
        placed: &Placed,
        proof: Option<&Proof<'_>>,
        feed: &str,
        detail: String,
    ) {
        self.findings.offence(Offence {
            promise,
            what,
            topic: placed.record.topic.suffix().to_owned(),
            place: Some(placed.place.to_string()),
            feed: feed.to_owned(),
            item: proof.map(|proof| proof.item.to_owned()),
            rev: proof.map(|proof| proof.rev).filter(|rev| *rev > 0),
            generation: proof.map_or(0, |proof| proof.generation),
            detail,
        });
    }
}

/// What the headers say, or which is not there or cannot be read.
fn proof(placed: &Placed) -> Result<Proof<'_>, &'static str> {
    let record = &placed.record;
    let text = |name: &'static str| record.header(name).ok_or(name);
    let hash = text("hash")?;
    let time = record.header("ce_time").and_then(|time| time.parse::<Timestamp>().ok());
    Ok(Proof {
        item: text("item")?,
        rev: text("rev")?.parse().map_err(|_| "rev")?,
        content: key::content(hash),
        origin: key::Place::read(text("origin")?).ok_or("origin")?,
        generation: text("generation")?.parse().map_err(|_| "generation")?,
        id: text("ce_id")?,
        time: time.map_or(0, Timestamp::as_second),
    })
}
