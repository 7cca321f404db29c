//! What is remembered across items, for how long, and how what resembles a text is found in it.
//!
//! Holds one entry per item of the horizon, an inverted index over the smallest shingle hashes of the texts that others
//! are compared with, and the stories. Everything in it is a function of the committed entries alone, never of the order
//! in which they came: memory that is rebuilt after a restart decides exactly as before.

use crate::model::{FeedId, ItemId, ItemState, Relation, Signature, StateChange, StoryState, state_key};
use jiff::{SignedDuration, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// Shingles indexed per text. A copy cut to a fifth meets its original in about `INDEXED / 5` = 9 of them; the chance
/// that it meets it in none is one in ten thousand.
const INDEXED: usize = 48;
/// A shingle in more texts than this is a turn of phrase and finds nothing.
const COMMON: usize = 96;
/// An address under which more items stand than this is no article's address.
const SHARED_ADDRESS: usize = 8;
/// Texts that are compared in full.
const CANDIDATES: usize = 24;

/// One remembered item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) id: ItemId,
    pub(super) feed: FeedId,
    pub(super) agency: Option<String>,
    pub(super) relation: Relation,
    pub(super) of: Option<ItemId>,
    pub(super) story: Option<String>,
    pub(super) first_seen: Timestamp,
    pub(super) touched: Timestamp,
    /// None when it is not to be compared with.
    pub(super) signature: Option<Signature>,
}

impl Entry {
    pub(super) fn of_state(id: &ItemId, state: &ItemState) -> Self {
        Self {
            id: id.clone(),
            feed: state.feed.clone(),
            agency: state.agency.clone(),
            relation: state.relation,
            of: state.of.clone(),
            story: state.story.clone(),
            first_seen: state.first_seen,
            touched: state.touched,
            signature: state.signature.clone(),
        }
    }
}

type Slot = u32;
type Slots = HashMap<u64, Holders, BuildHasherDefault<Spread>>;

/// The entries under one key. Nearly every shingle stands in one text only, which takes no list.
#[derive(Debug)]
enum Holders {
    One(Slot),
    #[allow(clippy::box_collection, reason = "half the size in the map, where nearly all are `One`")]
    More(Box<Vec<Slot>>),
}

impl Holders {
    fn as_slice(&self) -> &[Slot] {
        match self {
            Self::One(slot) => std::slice::from_ref(slot),
            Self::More(slots) => slots,
        }
    }

    fn add(&mut self, slot: Slot) {
        match self {
            Self::One(first) => *self = Self::More(Box::new(vec![*first, slot])),
            Self::More(slots) => slots.push(slot),
        }
    }

    /// Whether none is left.
    fn remove(&mut self, slot: Slot) -> bool {
        match self {
            Self::One(only) => *only == slot,
            Self::More(slots) => {
                slots.retain(|other| *other != slot);
                slots.is_empty()
            }
        }
    }
}

/// The keys are hashes already; a multiplication spreads them over the table. Whoever could make keys collide would
/// have to find texts whose shingles are all among the smallest.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxhash_rust::xxh3::xxh3_64_with_seed(bytes, self.0);
    }

    fn write_u64(&mut self, key: u64) {
        self.0 = (self.0 ^ key).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(26);
    }

    fn write_u32(&mut self, key: u32) {
        self.write_u64(u64::from(key));
    }
}

/// The memory.
#[derive(Debug, Default)]
pub(super) struct Window {
    entries: Vec<Option<Entry>>,
    free: Vec<Slot>,
    slots: HashMap<ItemId, Slot>,
    by_shingle: Slots,
    by_text: Slots,
    by_link: Slots,
    by_age: BTreeSet<(Timestamp, Slot)>,
    stories: HashMap<String, StoryState>,
    /// Items of the horizon by story: a story is forgotten with the last of them.
    alive: HashMap<String, usize>,
}

impl Window {
    pub(super) fn entry(&self, id: &ItemId) -> Option<&Entry> {
        self.slots.get(id).and_then(|slot| self.at(*slot))
    }

    pub(super) fn story(&self, id: &str) -> Option<&StoryState> {
        self.stories.get(id)
    }

    /// Remembers a story in place of what was known of it.
    pub(super) fn put_story(&mut self, story: StoryState) {
        self.stories.insert(story.id.clone(), story);
    }

    /// Remembers an item in place of what was known of it.
    pub(super) fn put(&mut self, entry: Entry) {
        self.remove(&entry.id);
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(None);
            Slot::try_from(self.entries.len() - 1).expect("fewer than 2^32 items fit into memory")
        });
        for (map, key) in self.keys(&entry) {
            self.map(map).entry(key).and_modify(|holders| holders.add(slot)).or_insert(Holders::One(slot));
        }
        self.by_age.insert((entry.touched, slot));
        if let Some(story) = &entry.story {
            *self.alive.entry(story.clone()).or_default() += 1;
        }
        self.slots.insert(entry.id.clone(), slot);
        if let Some(place) = self.entries.get_mut(slot as usize) {
            *place = Some(entry);
        }
    }

    fn remove(&mut self, id: &ItemId) -> Option<Entry> {
        let slot = self.slots.remove(id)?;
        let entry = self.entries.get_mut(slot as usize)?.take()?;
        for (map, key) in self.keys(&entry) {
            let map = self.map(map);
            if map.get_mut(&key).is_some_and(|holders| holders.remove(slot)) {
                map.remove(&key);
            }
        }
        self.by_age.remove(&(entry.touched, slot));
        if let Some(story) = &entry.story
            && let Some(alive) = self.alive.get_mut(story)
        {
            *alive = alive.saturating_sub(1);
            if *alive == 0 {
                self.alive.remove(story);
            }
        }
        self.free.push(slot);
        Some(entry)
    }

    /// Forgets what was last seen before `oldest`, and the stories that go with it.
    pub(super) fn evict(&mut self, now: Timestamp, horizon: SignedDuration) -> Vec<StateChange> {
        let oldest = now.checked_sub(horizon).unwrap_or(Timestamp::MIN);
        let mut forgotten = Vec::new();
        while let Some((touched, slot)) = self.by_age.first().copied()
            && touched < oldest
        {
            self.by_age.pop_first();
            let Some(id) = self.at(slot).map(|entry| entry.id.clone()) else { continue };
            self.remove(&id);
            forgotten.push(StateChange::forget(state_key::item(&id)));
            forgotten.push(StateChange::forget(state_key::text(&id)));
        }
        // A story goes with the last of its items, also when that item went over to another story.
        if self.alive.len() != self.stories.len() {
            let mut orphans: Vec<String> =
                self.stories.keys().filter(|story| !self.alive.contains_key(*story)).cloned().collect();
            orphans.sort_unstable();
            for story in orphans {
                self.stories.remove(&story);
                forgotten.push(StateChange::forget(state_key::story(&story)));
            }
        }
        forgotten
    }

    /// The remembered texts that may be told by this one, the likeliest first; never the item's own.
    pub(super) fn candidates(&self, own: &ItemId, signature: &Signature) -> Vec<&Entry> {
        let own = self.slots.get(own).copied();
        // Any text that shares its exact form or its address is looked at, whatever its shingles.
        const CERTAIN: usize = 1_000_000;
        let mut hits: HashMap<Slot, usize, BuildHasherDefault<Spread>> = HashMap::default();
        let mut count = |holders: Option<&Holders>, most: usize, weight: usize| {
            let slots = holders.map_or(&[][..], Holders::as_slice);
            if slots.len() <= most {
                slots.iter().for_each(|slot| *hits.entry(*slot).or_default() += weight);
            }
        };
        count(self.by_text.get(&signature.exact), usize::MAX, CERTAIN);
        count(signature.link.and_then(|link| self.by_link.get(&link)), SHARED_ADDRESS, CERTAIN);
        for shingle in &signature.bottom {
            count(self.by_shingle.get(shingle), COMMON, 1);
        }
        let mut found: Vec<(usize, &Entry)> = hits
            .into_iter()
            .filter(|(slot, hits)| *hits > 1 && Some(*slot) != own)
            .filter_map(|(slot, hits)| self.at(slot).map(|entry| (hits, entry)))
            .collect();
        found.sort_unstable_by_key(|(hits, entry)| (Reverse(*hits), entry.first_seen, &entry.id));
        found.truncate(CANDIDATES);
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    fn at(&self, slot: Slot) -> Option<&Entry> {
        self.entries.get(slot as usize).and_then(Option::as_ref)
    }

    /// Under which keys an entry is found.
    fn keys(&self, entry: &Entry) -> Vec<(Map, u64)> {
        let Some(signature) = &entry.signature else { return Vec::new() };
        let shingles = signature.bottom.iter().take(INDEXED).map(|shingle| (Map::Shingle, *shingle));
        let link = signature.link.map(|link| (Map::Link, link));
        shingles.chain([(Map::Text, signature.exact)]).chain(link).collect()
    }

    fn map(&mut self, map: Map) -> &mut Slots {
        match map {
            Map::Shingle => &mut self.by_shingle,
            Map::Text => &mut self.by_text,
            Map::Link => &mut self.by_link,
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Map {
    Shingle,
    Text,
    Link,
}
