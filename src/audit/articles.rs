//! Articles: every revision of an item once, in order, without gaps; and the dead letters that stand for some of them.

use super::{Auditor, Offence, Promise, Proof, What, key, key::Gaps};
use crate::{
    model::Topic,
    publish::ninjs,
    topics::{Place, Placed},
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap, HashSet};

/// What is kept of the articles.
#[derive(Default)]
pub(super) struct Articles {
    /// By generation.
    items: BTreeMap<u32, HashMap<Box<str>, Item>>,
    intakes: Vec<String>,
    /// Contents that are published, by item.
    contents: HashSet<u64>,
    /// The same with their revisions.
    revisions: HashSet<u64>,
    /// What came of an item at a place in the intake: the content that is published.
    origins: HashMap<u64, u64>,
    /// Places in the intake whose item went to the dead letters.
    dead: HashSet<u64>,
    /// Places of events and of bytes that could not be handled.
    told: HashSet<u64>,
    /// Revisions that no topic took, and that stand in the dead letters.
    lettered: HashSet<u64>,
    /// Items of which some claim stands there.
    lettered_claims: HashSet<Box<str>>,
}

/// One item in one generation.
pub(super) struct Item {
    first: u32,
    last: u32,
    life: u8,
    intake: u16,
    index: u32,
    seq: u64,
    time: i64,
    /// When its present life began.
    began: i64,
    gap: Option<Box<Gap>>,
}

#[derive(Default)]
struct Gap {
    gaps: Gaps,
    seen_at: String,
}

/// What the value of an article says of itself.
#[derive(Deserialize)]
struct Value {
    id: String,
    revision: u32,
    supersedes: Option<u32>,
}

impl Articles {
    pub(super) fn item(&self, generation: u32, item: &str) -> Option<&Item> {
        self.items.get(&generation)?.get(item)
    }

    /// Whether this revision is there, as a record or as a dead letter.
    pub(super) fn has(&self, generation: u32, item: &str, rev: u32) -> bool {
        self.item(generation, item).is_some_and(|found| found.has(rev)) || self.is_lettered(generation, item, rev)
    }

    /// Whether this content of an item is published, in whatever generation.
    pub(super) fn has_content(&self, item: &str, content: u64) -> bool {
        self.contents.contains(&key::of_item(item, content))
    }

    pub(super) fn has_revision(&self, item: &str, rev: u32, content: u64) -> bool {
        self.revisions.contains(&key::of_revision(item, rev, content))
    }

    /// The content that was published of an item at a place in the intake. A notice is told there with what it withdraws.
    pub(super) fn of_origin(&self, item: &str, origin: u64) -> Option<u64> {
        self.origins.get(&key::of_item(item, origin)).copied()
    }

    pub(super) fn is_dead(&self, origin: u64) -> bool {
        self.dead.contains(&origin)
    }

    /// Whether an event or a dead letter came of this place.
    pub(super) fn is_told(&self, origin: u64) -> bool {
        self.told.contains(&origin) || self.dead.contains(&origin)
    }

    pub(super) fn tell(&mut self, origin: u64) {
        self.told.insert(origin);
    }

    pub(super) fn has_lettered_claims(&self, item: &str) -> bool {
        self.lettered_claims.contains(item)
    }

    /// The newest revision of an item over all generations, with the item's last place in the intake and its time.
    pub(super) fn newest(&self, item: &str) -> Option<(u32, (&str, u64), i64)> {
        let found = self.items.values().filter_map(|items| items.get(item));
        let found = found.max_by_key(|found| (found.life, found.last))?;
        Some((found.last, (self.intake(found.intake), found.seq), found.time))
    }

    /// The generations that were seen.
    pub(super) fn generations(&self) -> impl Iterator<Item = u32> + '_ {
        self.items.keys().copied()
    }

    /// Every item of any generation.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.items.values().flat_map(HashMap::keys).map(AsRef::as_ref).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn intake(&self, number: u16) -> &str {
        self.intakes.get(usize::from(number)).map_or("", String::as_str)
    }

    fn number_of(&mut self, intake: &str) -> u16 {
        let at = self.intakes.iter().position(|known| known == intake).unwrap_or_else(|| {
            self.intakes.push(intake.to_owned());
            self.intakes.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    fn is_lettered(&self, generation: u32, item: &str, rev: u32) -> bool {
        self.lettered.contains(&lettered(generation, item, rev))
    }
}

impl Item {
    fn has(&self, rev: u32) -> bool {
        let missed = || self.gap.as_ref().is_some_and(|gap| gap.gaps.contains(u64::from(rev)));
        (self.first..=self.last).contains(&rev) && !missed()
    }

    pub(super) fn first(&self) -> u32 {
        self.first
    }

    pub(super) fn life_at(&self, time: i64) -> u8 {
        if time < self.began { self.life.saturating_sub(1) } else { self.life }
    }

    fn missed(&mut self, from: u32, to: u32, place: &Place) {
        if from <= to {
            let gap = self.gap.get_or_insert_default();
            gap.gaps.add(u64::from(from), u64::from(to));
            gap.seen_at = place.to_string();
        }
    }
}

fn lettered(generation: u32, item: &str, rev: u32) -> u64 {
    key::key(&[b"lettered", &generation.to_le_bytes(), item.as_bytes(), &rev.to_le_bytes()])
}

impl Auditor {
    /// Which life of its item a record belongs to: one that was forgotten at the horizon and comes back begins anew.
    pub(super) fn life(&self, topic: Topic, proof: &Proof<'_>) -> u8 {
        let Some(item) = self.articles.item(proof.generation, proof.item) else { return 0 };
        let forgotten = proof.time.saturating_sub(item.time) >= self.options.horizon.as_secs();
        if topic == Topic::Articles && proof.rev == 1 && forgotten {
            item.life.saturating_add(1)
        } else if topic == Topic::Articles {
            item.life
        } else {
            item.life_at(proof.time)
        }
    }

    pub(super) fn article(&mut self, placed: &Placed, proof: &Proof<'_>, feed: &str) {
        let counts = self.findings.of(feed, proof.generation);
        counts.revisions += 1;
        self.published(proof);
        let life = self.life(Topic::Articles, proof);
        let intake = self.articles.number_of(&proof.origin.intake);
        let index = u32::try_from(proof.origin.index).unwrap_or(u32::MAX);
        let is_new = self.articles.item(proof.generation, proof.item).is_none();
        let items = self.articles.items.entry(proof.generation).or_default();
        let Some(item) = items.get_mut(proof.item).filter(|item| item.life == life) else {
            let mut item = Item {
                first: proof.rev,
                last: proof.rev,
                life,
                intake,
                index,
                seq: proof.origin.seq,
                time: proof.time,
                began: proof.time,
                gap: None,
            };
            // A replay begins where it was told to begin.
            let begins_late = proof.generation > 0 || self.cut.contains(&Topic::Articles);
            if !begins_late {
                item.missed(1, proof.rev.saturating_sub(1), &placed.place);
            }
            items.insert(proof.item.into(), item);
            if is_new {
                self.findings.of(feed, proof.generation).items += 1;
            } else {
                self.findings.note("{n} items came back after the horizon and begin anew at revision 1");
            }
            if proof.rev > 1 && begins_late {
                self.findings.note("{n} items begin at a later revision than 1, for the log does: no loss");
            }
            self.agrees(placed, proof, feed);
            return;
        };
        if proof.rev <= item.last {
            let last = item.last;
            let missed = item.gap.as_mut().is_some_and(|gap| gap.gaps.fill(u64::from(proof.rev)));
            let before_first = proof.rev < item.first;
            item.first = item.first.min(proof.rev);
            if missed || before_first {
                let detail = format!("revision {} comes after revision {last}", proof.rev);
                self.offend(Promise::G3, What::OutOfOrder, placed, Some(proof), feed, detail);
            } else {
                let detail = format!("revision {} a second time, as {}", proof.rev, proof.id);
                self.offend(Promise::G2, What::Doubled, placed, Some(proof), feed, detail);
            }
            self.agrees(placed, proof, feed);
            return;
        }
        item.missed(item.last + 1, proof.rev - 1, &placed.place);
        let earlier = (item.seq, item.index);
        let rises = item.intake != intake || earlier < (proof.origin.seq, index);
        (item.last, item.intake, item.index, item.seq) = (proof.rev, intake, index, proof.origin.seq);
        item.time = item.time.max(proof.time);
        if !rises {
            let detail = format!("its origin {}/{index} is not above that of the revision before", proof.origin.seq);
            self.offend(Promise::G3, What::OutOfOrder, placed, Some(proof), feed, detail);
        }
        self.agrees(placed, proof, feed);
    }

    /// The value says what the headers say, and follows the revision before it.
    fn agrees(&mut self, placed: &Placed, proof: &Proof<'_>, feed: &str) {
        let bytes = placed.record.value.as_deref().unwrap_or_default();
        let value: Value = match serde_json::from_slice(&ninjs::flat(bytes)) {
            Ok(value) => value,
            Err(error) => {
                let detail = format!("the value cannot be read: {error}");
                self.offend(Promise::G2, What::Unproved, placed, Some(proof), feed, detail);
                return;
            }
        };
        let expected = Some(proof.rev - 1).filter(|rev| *rev > 0);
        let detail = if (value.id.as_str(), value.revision) != (proof.item, proof.rev) {
            format!("the headers name {}/{}, the value {}/{}", proof.item, proof.rev, value.id, value.revision)
        } else if placed.record.key != proof.item {
            format!("the key is {}, the item {}", placed.record.key, proof.item)
        } else if value.supersedes != expected {
            format!("supersedes {:?}, but follows {:?}", value.supersedes, expected)
        } else {
            return;
        };
        self.offend(Promise::G3, What::Contradiction, placed, Some(proof), feed, detail);
    }

    fn published(&mut self, proof: &Proof<'_>) {
        if self.options.state || self.options.intake {
            self.articles.contents.insert(key::of_item(proof.item, proof.content));
            self.articles.revisions.insert(key::of_revision(proof.item, proof.rev, proof.content));
        }
        if self.options.intake {
            self.articles.origins.entry(key::of_item(proof.item, proof.origin.key())).or_insert(proof.content);
        }
    }

    /// A dead letter stands for bytes, for an item that could not be read, or for a record that its topic refused.
    pub(super) fn dead_letter(&mut self, placed: &Placed, proof: &Proof<'_>, feed: &str) {
        self.findings.of(feed, proof.generation).dead_letters += 1;
        if proof.rev == 0 {
            self.articles.dead.insert(proof.origin.key());
        } else if proof.id == format!("{}/{}", proof.item, proof.rev) {
            self.articles.lettered.insert(lettered(proof.generation, proof.item, proof.rev));
            self.published(proof);
        } else if placed.record.header("item").is_some() {
            self.articles.lettered_claims.insert(proof.item.into());
        }
    }

    pub(super) fn missing_revisions(&mut self) {
        for (generation, items) in &self.articles.items {
            for (name, item) in items {
                let Some(gap) = &item.gap else { continue };
                for (from, to) in gap.gaps.ranges() {
                    // A hostile or damaged number must not make a list without end.
                    for rev in (from..=to).take(100) {
                        let rev = u32::try_from(rev).unwrap_or(u32::MAX);
                        if self.articles.is_lettered(*generation, name, rev) {
                            continue;
                        }
                        self.findings.offence(Offence {
                            promise: Promise::G3,
                            what: What::Missing,
                            topic: Topic::Articles.suffix().to_owned(),
                            place: None,
                            feed: key::feed_of(name).to_owned(),
                            item: Some(name.to_string()),
                            rev: Some(rev),
                            generation: *generation,
                            detail: format!("a later revision stands at {}", gap.seen_at),
                        });
                    }
                }
            }
        }
    }
}
