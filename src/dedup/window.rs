//! What is remembered across items, for how long, and how what resembles a text is found in it.
//!
//! Holds one entry per item of the horizon, and an inverted index over the smallest shingle hashes of the texts that
//! others are compared with; what else is known of an item or a story stays in the state until it is met. Everything in
//! it is a function of the committed entries alone, never of the order in which they came: memory that is rebuilt after
//! a restart decides exactly as before. There are a hundred thousand entries and more, so they are kept small: names are
//! shared, signatures stay packed, and the index takes eight bytes a shingle.

use super::postings::{Pair, Postings, Slot};
use crate::model::{ItemHead, ItemId, Packed, Signature, StateChange, state_key};
use jiff::{SignedDuration, Timestamp};
use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

/// Shingles indexed per text. A copy cut to a fifth meets its original in about `INDEXED / 5` = 9 of them; the chance
/// that it meets it in none is one in ten thousand.
const INDEXED: usize = 20;
/// A shingle in more texts than this is a turn of phrase and finds nothing.
const COMMON: usize = 96;
/// An address under which more items stand than this is no article's address.
const SHARED_ADDRESS: usize = 8;
/// Texts that are compared in full.
const CANDIDATES: usize = 24;

/// One remembered item.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) id: Box<str>,
    pub(super) feed: Arc<str>,
    pub(super) agency: Option<Arc<str>>,
    pub(super) of: Option<Box<str>>,
    story: Story,
    pub(super) first_seen: Timestamp,
    pub(super) touched: Timestamp,
    /// None when it is not to be compared with.
    signature: Option<Packed>,
    killed: bool,
}

/// The story of an entry. It is named after its first item, which nearly always is the entry itself or its original.
#[derive(Debug)]
enum Story {
    None,
    Own,
    OfOriginal,
    Other(Box<str>),
}

impl Entry {
    pub(super) fn story(&self) -> Option<&str> {
        match &self.story {
            Story::None => None,
            Story::Own => Some(&self.id),
            Story::OfOriginal => self.of.as_deref(),
            Story::Other(story) => Some(story),
        }
    }

    /// What its text is compared by.
    pub(super) fn signature(&self) -> Option<Signature> {
        self.signature_of_all().filter(|_| !self.killed)
    }

    /// The same, also of what was killed: for notices alone.
    pub(super) fn signature_of_all(&self) -> Option<Signature> {
        self.signature.as_ref().and_then(Packed::signature)
    }

    fn is_of_text(&self, exact: u64) -> bool {
        self.signature.as_ref().is_some_and(|signature| signature.body().exact() == Some(exact))
    }

    fn is_at(&self, link: u64) -> bool {
        self.signature.as_ref().is_some_and(|signature| signature.body().link() == Some(link))
    }
}

/// Counts by slot; a multiplication spreads the numbers over the table.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u32(&mut self, key: u32) {
        self.0 = (self.0 ^ u64::from(key)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }
}

/// The memory.
#[derive(Debug, Default)]
pub(super) struct Window {
    entries: Vec<Option<Entry>>,
    free: Vec<Slot>,
    by_id: Postings,
    by_shingle: Postings,
    by_term: Postings,
    by_text: Postings,
    by_link: Postings,
    /// What is to be added to `by_shingle`, while entries come in great number.
    filling: Option<Vec<Pair>>,
    /// Names of feeds and agencies, each kept once.
    names: HashSet<Arc<str>>,
}

impl Window {
    /// From here on entries come in great number, each once; they are found only after [`Window::filled`].
    pub(super) fn fill(&mut self, items: usize) {
        self.entries.reserve_exact(items);
        // Nearly a third are copies and not searched for.
        self.filling = Some(Vec::with_capacity(items * INDEXED * 3 / 4));
    }

    /// All have come.
    pub(super) fn filled(&mut self) {
        self.by_shingle.add_all(self.filling.take().unwrap_or_default());
    }

    pub(super) fn entry(&self, id: &str) -> Option<&Entry> {
        self.slot(id).and_then(|slot| self.at(slot))
    }

    /// Remembers an item in place of what was known of it.
    pub(super) fn put(&mut self, id: &ItemId, head: ItemHead) {
        self.remove(&id.0);
        let ItemHead { feed, of, story, agency, first_seen, touched, signature, killed } = head;
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            Slot::try_from(self.entries.len() - 1).expect("fewer than 2^32 items fit into memory")
        });
        let story = match story {
            None => Story::None,
            Some(story) if story == id.0 => Story::Own,
            Some(story) if of.as_ref().is_some_and(|of| story == of.0) => Story::OfOriginal,
            Some(story) => Story::Other(story.into()),
        };
        let entry = Entry {
            id: id.0.as_str().into(),
            feed: self.name(&feed.0),
            agency: agency.map(|agency| self.name(&agency)),
            of: of.map(|of| of.0.into()),
            story,
            first_seen,
            touched,
            signature,
            killed,
        };
        match (entry.signature(), &mut self.filling) {
            (None, _) => {}
            (Some(signature), Some(filling)) => {
                filling.extend(indexed(&signature).map(|shingle| Pair::new(shingle, slot)));
                self.index_hashes(&signature, slot, Postings::add);
            }
            (Some(signature), None) => {
                self.index_shingles(&signature, slot, Postings::add);
                self.index_hashes(&signature, slot, Postings::add);
            }
        }
        self.by_id.add(key_of_id(&id.0), slot);
        if let Some(place) = self.entries.get_mut(slot as usize) {
            *place = Some(entry);
        }
    }

    fn remove(&mut self, id: &str) {
        let Some(slot) = self.slot(id) else { return };
        let Some(entry) = self.entries.get_mut(slot as usize).and_then(Option::take) else { return };
        if let Some(signature) = entry.signature() {
            self.index_shingles(&signature, slot, Postings::remove);
            self.index_hashes(&signature, slot, Postings::remove);
        }
        self.by_id.remove(key_of_id(id), slot);
        self.free.push(slot);
    }

    /// Adds or removes the shingles that an entry is found under.
    fn index_shingles(&mut self, signature: &Signature, slot: Slot, change: fn(&mut Postings, u32, Slot)) {
        for shingle in indexed(signature) {
            change(&mut self.by_shingle, shingle, slot);
        }
    }

    /// Adds or removes the text and the address that it is found under.
    fn index_hashes(&mut self, signature: &Signature, slot: Slot, change: fn(&mut Postings, u32, Slot)) {
        for term in &signature.terms {
            change(&mut self.by_term, *term >> 1, slot);
        }
        change(&mut self.by_text, upper(signature.exact), slot);
        if let Some(link) = signature.link {
            change(&mut self.by_link, upper(link), slot);
        }
    }

    /// Forgets what was last seen before the horizon, and of the known stories those that no remembered item is in.
    pub(super) fn evict(
        &mut self,
        now: Timestamp,
        horizon: SignedDuration,
        stories: impl IntoIterator<Item = String>,
    ) -> Vec<StateChange> {
        let oldest = now.checked_sub(horizon).unwrap_or(Timestamp::MIN);
        let entries = self.entries.iter().flatten().filter(|entry| entry.touched < oldest);
        let mut expired: Vec<(Timestamp, Box<str>)> = entries.map(|entry| (entry.touched, entry.id.clone())).collect();
        expired.sort_unstable();
        let mut forgotten = Vec::new();
        for (_, id) in expired {
            self.remove(&id);
            let id = ItemId(id.into());
            forgotten.push(StateChange::forget(state_key::item(&id)));
            forgotten.push(StateChange::forget(state_key::text(&id)));
        }
        // A story goes with the last of its items, also when that item went over to another story.
        let alive: HashSet<&str> = self.entries.iter().flatten().filter_map(Entry::story).collect();
        let mut orphans: Vec<String> = stories.into_iter().filter(|story| !alive.contains(story.as_str())).collect();
        orphans.sort_unstable();
        forgotten.extend(orphans.iter().map(|story| StateChange::forget(state_key::story(story))));
        forgotten
    }

    /// The remembered texts that may be told by this one, the likeliest first; never the item's own.
    pub(super) fn candidates(&self, own: &ItemId, signature: &Signature, probe: &[u32]) -> Vec<&Entry> {
        let own = self.slot(&own.0);
        // Any text that shares its exact form or its address is looked at, whatever its shingles.
        const CERTAIN: usize = 1_000_000;
        let mut hits: HashMap<Slot, usize, BuildHasherDefault<Spread>> = HashMap::default();
        let mut count = |slots: &[Slot], most: usize, weight: usize| {
            if slots.len() <= most {
                slots.iter().for_each(|slot| *hits.entry(*slot).or_default() += weight);
            }
        };
        let mut holders: Vec<Slot> = Vec::new();
        let is = |slot: &Slot, test: &dyn Fn(&Entry) -> bool| self.at(*slot).is_some_and(test);
        let of_text = self.by_text.holders(upper(signature.exact));
        holders.extend(of_text.filter(|slot| is(slot, &|entry| entry.is_of_text(signature.exact))));
        count(&holders, usize::MAX, CERTAIN);
        if let Some(link) = signature.link {
            holders.clear();
            holders.extend(self.by_link.holders(upper(link)).filter(|slot| is(slot, &|entry| entry.is_at(link))));
            count(&holders, SHARED_ADDRESS, CERTAIN);
        }
        for shingle in probe {
            holders.clear();
            holders.extend(self.by_shingle.holders(*shingle).take(COMMON + 1));
            count(&holders, COMMON, 1);
        }
        let mut found: Vec<(usize, &Entry)> = hits
            .into_iter()
            .filter(|(slot, _)| Some(*slot) != own)
            .filter_map(|(slot, hits)| self.at(slot).map(|entry| (hits, entry)))
            .collect();
        found.sort_unstable_by_key(|(hits, entry)| (Reverse(*hits), entry.first_seen, &entry.id));
        found.truncate(CANDIDATES);
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    /// What a term weighs: the rarer it is, the more.
    pub(super) fn weight(&self, term: u32) -> f64 {
        /// Texts that are taken to be remembered from the beginning, none of which has the term: the first stories of a
        /// new memory would otherwise find all their own words common.
        const PRIOR: usize = 500;
        let count = self.by_term.holders(term >> 1).count();
        ((self.entries.len() - self.free.len() + PRIOR) as f64 / (count + 1) as f64).ln()
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().flatten()
    }

    fn slot(&self, id: &str) -> Option<Slot> {
        self.by_id.holders(key_of_id(id)).find(|slot| self.at(*slot).is_some_and(|entry| *entry.id == *id))
    }

    fn at(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot as usize).and_then(Option::as_ref)
    }

    fn name(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let kept: Arc<str> = name.into();
        self.names.insert(Arc::clone(&kept));
        kept
    }
}

/// The shingles that a text is found under.
fn indexed(signature: &Signature) -> impl Iterator<Item = u32> {
    signature.bottom.iter().take(INDEXED).copied()
}

fn key_of_id(id: &str) -> u32 {
    upper(xxhash_rust::xxh3::xxh3_64(id.as_bytes()))
}

/// Half of a hash finds the entry; the entry holds the whole.
fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}
