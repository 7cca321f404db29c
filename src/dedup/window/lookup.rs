//! What of the memory resembles a text: by shingles, exact form and address, by paragraphs, by telling words and by story.

use super::{Spread, Window, key_of_id, upper};
use crate::dedup::{
    entry::{self, Entry},
    postings::{Postings, Slot},
};
use crate::model::{Body, ItemId, Signature};
use std::{
    cmp::{Ordering, Reverse},
    collections::HashMap,
    hash::BuildHasherDefault,
};

/// A shingle in more texts than this is a turn of phrase and finds nothing.
const COMMON: usize = 96;
/// The texts with a paragraph are not looked at when there are more, nor those that are one word for word: these tell a set
/// phrase day after day, for copies of a text are not found under it.
const TOO_MANY: usize = 512;
/// A telling word of more originals finds none of them.
const COMMON_KEY: usize = 64;
/// A story of more originals takes in nothing more.
const TOO_LARGE: usize = 512;
/// An address under which more items stand than this is no article's address.
const SHARED_ADDRESS: usize = 8;
/// Texts that are compared in full.
pub(super) const CANDIDATES: usize = 24;
/// Of so many texts that share a shingle each is looked at; of more, those that share two.
const FEW: usize = 96;
/// Texts that a text usually shares a shingle or a telling word with, at most.
const USUAL: usize = 200;
/// What it weighs to have a shingle in common that stands in no other text; one that stands in more weighs that less.
const WHOLE: u64 = 1 << 16;
/// Any text that shares its exact form or its address is looked at, whatever its shingles; of those, the ones of about
/// the same day before others.
const CERTAIN: u64 = 1 << 40;

/// A remembered text that may be told by another, how many of the other's shingles it was met under, and how many
/// sampled shingles both have, once these were compared.
#[derive(Clone, Copy)]
pub(in crate::dedup) struct Candidate<'w> {
    pub(in crate::dedup) entry: Entry<'w>,
    pub(in crate::dedup) met: u32,
    pub(in crate::dedup) evidence: Option<usize>,
}

/// How often a text was hit, and what the hits weigh.
type Hits = HashMap<Slot, (u32, u64), BuildHasherDefault<Spread>>;

impl Window {
    /// The remembered texts that may be told by this one, the likeliest first; never the item's own. `probe` are the
    /// smallest shingles of the text, ascending, more than its signature keeps.
    pub(in crate::dedup) fn candidates(
        &self,
        own: &ItemId,
        signature: &Signature,
        probe: &[u32],
    ) -> Vec<Candidate<'_>> {
        self.by_shingle.approach(probe.iter().copied());
        let own = self.slot(&own.0);
        let mut hits = Hits::with_capacity_and_hasher(USUAL, BuildHasherDefault::default());
        let mut holders: Vec<Slot> = Vec::new();
        self.count_certain(signature, &mut hits);
        for shingle in probe {
            self.by_shingle.holders(*shingle, COMMON, &mut holders);
            let weight = WHOLE / holders.len().max(1) as u64;
            for slot in &holders {
                let (number, sum) = hits.entry(*slot).or_default();
                *number += 1;
                *sum += weight;
            }
        }
        // A shingle meets strangers by chance: where many meet one, those that meet two are likelier.
        let least = if hits.len() > FEW { 2 } else { 1 };
        let several = hits.iter().filter(|(slot, (number, _))| *number >= least && Some(**slot) != own);
        let weights = several.map(|(slot, (_, weight))| (*weight, *slot)).collect();
        let heaviest = self.heaviest(weights, CANDIDATES, First::Oldest).into_iter();
        heaviest
            .map(|(slot, entry)| Candidate {
                entry,
                met: hits.get(&slot).map_or(0, |(number, _)| *number),
                evidence: None,
            })
            .collect()
    }

    /// Counts what has the exact text, the address or the publisher's name for it.
    fn count_certain(&self, signature: &Signature, hits: &mut Hits) {
        let mut count = |index: &Postings, hash: u64, most: usize, of: fn(Body<'_>) -> Option<u64>| {
            let mut holders = Vec::new();
            index.holders(upper(hash), most, &mut holders);
            for slot in holders {
                let Some(body) = self.at(slot).and_then(|entry| entry.body) else { continue };
                if of(body) == Some(hash) {
                    let (number, sum) = hits.entry(slot).or_default();
                    *number += 2;
                    *sum += if is_near(signature, body) { 2 * CERTAIN } else { CERTAIN };
                }
            }
        };
        count(&self.by_text, signature.exact, TOO_MANY, |body| body.exact());
        if let Some(link) = signature.link {
            count(&self.by_link, link, SHARED_ADDRESS, |body| body.link());
        }
        if let Some(guid) = signature.guid {
            count(&self.by_guid, guid, SHARED_ADDRESS, |body| body.guid());
        }
    }

    /// How many entries have a paragraph, and these, unless they are more than can be looked at.
    pub(in crate::dedup) fn paragraph_holders(&self, paragraph: u32) -> (usize, Vec<Entry<'_>>) {
        let mut holders = Vec::new();
        self.by_paragraph.holders(paragraph, TOO_MANY, &mut holders);
        let number = self.by_paragraph.count(paragraph);
        (number, holders.into_iter().filter_map(|slot| self.at(slot)).collect())
    }

    /// Originals that share telling words, each given with its weight, with a text; the heaviest first, at most so many.
    pub(in crate::dedup) fn kin(&self, keys: impl Iterator<Item = (u32, f64)> + Clone, most: usize) -> Vec<Entry<'_>> {
        let mut hits: HashMap<Slot, f64, BuildHasherDefault<Spread>> =
            HashMap::with_capacity_and_hasher(USUAL, BuildHasherDefault::default());
        let mut holders = Vec::new();
        self.by_key.approach(keys.clone().map(|(key, _)| key >> 1));
        for (key, weight) in keys {
            self.by_key.holders(key >> 1, COMMON_KEY, &mut holders);
            holders.iter().for_each(|slot| *hits.entry(*slot).or_default() += weight);
        }
        // Of numbers that are not negative the bits are in the order of the numbers.
        let found = hits.into_iter().map(|(slot, weight)| (weight.to_bits(), slot)).collect();
        self.heaviest(found, most, First::Newest).into_iter().map(|(_, entry)| entry).collect()
    }

    /// The heaviest of some entries, with their slots, at most so many. Very many may weigh the same, so no more of each
    /// is read than it takes to leave it out.
    fn heaviest(&self, mut found: Vec<(u64, Slot)>, most: usize, first: First) -> Vec<(Slot, Entry<'_>)> {
        keep_least(&mut found, most, |(weight, _)| Reverse(*weight));
        self.records.approach(found.iter().map(|(_, slot)| *slot));
        if found.len() > most {
            let time = |slot: Slot| self.records.get(slot).and_then(entry::first_seen).unwrap_or_default();
            let timed = found.into_iter().map(|(weight, slot)| (Reverse(weight), first.rank(time(slot)), slot));
            let mut timed: Vec<(Reverse<u64>, i64, Slot)> = timed.collect();
            keep_least(&mut timed, most, |(weight, rank, _)| (*weight, *rank));
            found = timed.into_iter().map(|(Reverse(weight), _, slot)| (weight, slot)).collect();
        }
        let mut entries: Vec<(u64, Slot, Entry<'_>)> = Vec::with_capacity(found.len());
        entries.extend(found.into_iter().filter_map(|(weight, slot)| Some((weight, slot, self.at(slot)?))));
        let by_weight = |one: &(u64, Slot, Entry<'_>), other: &(u64, Slot, Entry<'_>)| {
            other.0.cmp(&one.0).then_with(|| first.order(&one.2, &other.2))
        };
        firsts(&entries, most, by_weight).into_iter().map(|(_, slot, entry)| (slot, entry)).collect()
    }

    /// The entries of a feed or an agency, the newest first.
    pub(in crate::dedup) fn of_source(&self, feed: &str, agency: Option<&str>, most: usize) -> Vec<Entry<'_>> {
        let [of_feed, of_agency] = self.sources(feed, agency);
        let mut slots = Vec::new();
        of_feed.into_iter().for_each(|source| self.by_source.holders(source, usize::MAX, &mut slots));
        let mut others = Vec::new();
        of_agency.into_iter().for_each(|source| self.by_source.holders(source, usize::MAX, &mut others));
        slots.extend(others);
        slots.sort_unstable();
        slots.dedup();
        let entries = self.heaviest(slots.into_iter().map(|slot| (0, slot)).collect(), most, First::Newest);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    /// The originals of a story, the newest first.
    pub(in crate::dedup) fn members(&self, story: &str, most: usize) -> Vec<Entry<'_>> {
        let mut holders = Vec::new();
        self.by_story.holders(key_of_id(story), TOO_LARGE, &mut holders);
        let entries = holders.into_iter().filter_map(|slot| self.at(slot));
        let members: Vec<Entry<'_>> = entries.filter(|entry| entry.is_in(story)).collect();
        firsts(&members, most, |one, other| First::Newest.order(one, other))
    }
}

/// Which of entries that weigh the same comes first.
#[derive(Clone, Copy)]
enum First {
    Oldest,
    Newest,
}

impl First {
    /// The less, the earlier it comes, of when an entry was first seen.
    fn rank(self, first_seen: i64) -> i64 {
        match self {
            Self::Oldest => first_seen,
            Self::Newest => !first_seen,
        }
    }

    fn order(self, one: &Entry<'_>, other: &Entry<'_>) -> Ordering {
        match self {
            Self::Oldest => one.first_seen.cmp(&other.first_seen).then_with(|| one.cmp_id(other)),
            Self::Newest => other.order().cmp(&one.order()),
        }
    }
}

/// Leaves the first so many of a list in an order, and those that come out like the last of them.
fn keep_least<T, K: Ord>(list: &mut Vec<T>, most: usize, key: impl Fn(&T) -> K) {
    if let Some(last) = most.checked_sub(1).filter(|last| *last < list.len()) {
        let (_, last, _) = list.select_nth_unstable_by_key(last, &key);
        let last = key(last);
        list.retain(|one| key(one) <= last);
    }
}

/// The first of some entries in an order. Entries are large, so what is sorted are places.
fn firsts<T: Copy>(entries: &[T], most: usize, order: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let mut sorted: Vec<&T> = entries.iter().collect();
    sorted.sort_by(|one, other| order(one, other));
    sorted.into_iter().take(most).copied().collect()
}

/// Whether a text was told within a day of another, as far as both say when.
fn is_near(signature: &Signature, body: Body<'_>) -> bool {
    match (signature.day, body.day()) {
        (Some(one), Some(other)) => one.since(other).is_ok_and(|span| span.get_days().abs() <= 1),
        _ => true,
    }
}
