//! What is remembered across items, and for how long; what of it resembles a text is found in `lookup`.
//!
//! Holds one entry per item of the horizon, and inverted indexes over the smallest shingle hashes of the texts that
//! others are compared with, their terms, paragraphs and addresses; what else is known of an item or a story stays in the
//! state until it is met. Everything that it answers is a function of the committed entries alone, never of the order in
//! which they came: memory that is rebuilt after a restart decides exactly as before. There may be a million entries, so
//! they are kept small: as bytes, one behind the other ([`super::records`]), and read when they are met.

mod lookup;

pub(super) use self::lookup::Candidate;

use super::{
    entry::{self, Entry, LASTING, Names, TOUCHED},
    frequency::{Frequencies, Weights},
    hashes,
    postings::{Postings, Slot},
    records::Records,
};
use crate::model::{Body, ItemHead, ItemId, Packed, Signature, StateChange, state_key};
use jiff::{SignedDuration, Timestamp};
use std::hash::Hasher;
use xxhash_rust::xxh3::xxh3_64;

/// Shingles indexed per text. A copy cut to a fifth of its original has about `INDEXED / 5` = 4 of them.
const INDEXED: usize = 20;
/// Bits of the number of a source.
const SOURCE_BITS: u32 = 32;
/// Telling words indexed per text.
const INDEXED_KEYS: usize = 4;

/// Slots and counters by number; a multiplication spreads the numbers over the table.
#[derive(Debug, Default)]
pub(super) struct Spread(u64);

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

/// What is done with an entry in all indexes.
#[derive(Clone, Copy)]
struct Change {
    of: fn(&mut Postings, u32, Slot),
    of_term: fn(&mut Frequencies, u32),
    by: isize,
}

impl Change {
    const IN: Self = Self { of: Postings::add, of_term: Frequencies::add, by: 1 };
    const OUT: Self = Self { of: Postings::remove, of_term: Frequencies::remove, by: -1 };
}

/// The memory.
#[derive(Debug)]
pub(super) struct Window {
    records: Records,
    /// Slots below this number are or were in use.
    slots: Slot,
    free: Vec<Slot>,
    names: Names,
    by_id: Postings,
    /// By feed and by agency.
    by_source: Postings,
    by_shingle: Postings,
    terms: Frequencies,
    /// Of originals only: what finds kin.
    by_key: Postings,
    by_story: Postings,
    keys: Frequencies,
    originals: usize,
    by_paragraph: Postings,
    by_text: Postings,
    by_link: Postings,
    by_guid: Postings,
    /// No entry was last seen before this.
    earliest: i64,
    /// An entry as it is written.
    written: Vec<u8>,
}

impl Default for Window {
    fn default() -> Self {
        // What is found under half a hash is held against the whole, so a part of the half will do.
        let of_hashes = || Postings::new(26, 8);
        Self {
            records: Records::default(),
            slots: 0,
            free: Vec::new(),
            names: Names::default(),
            by_id: of_hashes(),
            by_source: Postings::new(SOURCE_BITS, 0),
            // The smallest shingles of most texts are among the smallest twentieth of all.
            by_shingle: Postings::new(Signature::HASH_BITS, 12),
            terms: Frequencies::default(),
            by_key: Postings::new(23, 6),
            by_story: of_hashes(),
            keys: Frequencies::default(),
            originals: 0,
            by_paragraph: Postings::new(32, 8),
            by_text: of_hashes(),
            by_link: of_hashes(),
            by_guid: of_hashes(),
            earliest: i64::MAX,
            written: Vec::new(),
        }
    }
}

impl Window {
    /// How many items are remembered.
    pub(super) fn len(&self) -> usize {
        self.slots as usize - self.free.len()
    }

    pub(super) fn entry(&self, id: &str) -> Option<Entry<'_>> {
        self.slot(id).and_then(|slot| self.at(slot))
    }

    /// Remembers an item in place of what was known of it.
    #[allow(clippy::needless_pass_by_value, reason = "what is remembered is handed over")]
    pub(super) fn put(&mut self, id: &ItemId, head: ItemHead) {
        let signature = head.signature.as_ref().and_then(Packed::signature);
        self.put_signed(id, &head, signature.as_ref());
    }

    /// The same of an item whose signature need not be unpacked.
    pub(super) fn put_signed(&mut self, id: &ItemId, head: &ItemHead, signature: Option<&Signature>) {
        let signature = signature.filter(|_| !head.killed);
        let known = self.slot(&id.0);
        self.earliest = self.earliest.min(entry::nanoseconds(head.touched));
        let mut written = std::mem::take(&mut self.written);
        entry::write(&mut written, &mut self.names, id, head);
        match known {
            // Most come again as they were and are only touched.
            Some(slot) if self.records.get(slot).and_then(|bytes| bytes.get(LASTING..)) == written.get(LASTING..) => {
                if let (Some(bytes), Some(now)) = (self.records.get_mut(slot), written.get(..TOUCHED.end)) {
                    bytes.iter_mut().zip(now).for_each(|(byte, now)| *byte = *now);
                }
            }
            Some(slot) => {
                let before = self.at(slot).and_then(|entry| entry.body);
                let reads_otherwise = before.map(|body| body.0) != entry::body(head);
                let kin_before = self.at(slot).and_then(kin);
                let sources_before = self.sources_of(slot);
                if reads_otherwise {
                    self.index(before.and_then(Body::signature).as_ref(), slot, Change::OUT);
                }
                self.records.put(slot, &written);
                if reads_otherwise {
                    self.index(signature, slot, Change::IN);
                }
                let sources_now = self.sources_of(slot);
                if sources_before != sources_now {
                    sources_before.into_iter().flatten().for_each(|source| self.by_source.remove(source, slot));
                    sources_now.into_iter().flatten().for_each(|source| self.by_source.add(source, slot));
                }
                let kin_now = self.at(slot).and_then(kin);
                if kin_before != kin_now {
                    self.index_kin(kin_before, slot, Change::OUT);
                    self.index_kin(kin_now, slot, Change::IN);
                }
            }
            None => {
                let slot = self.free.pop().unwrap_or_else(|| {
                    self.slots += 1;
                    self.slots - 1
                });
                self.records.put(slot, &written);
                self.by_id.add(upper(hashes::of_name(&id.0)), slot);
                self.sources_of(slot).into_iter().flatten().for_each(|source| self.by_source.add(source, slot));
                self.index(signature, slot, Change::IN);
                self.index_kin(self.at(slot).and_then(kin), slot, Change::IN);
            }
        }
        self.written = written;
    }

    fn remove(&mut self, id: &str) {
        let Some(slot) = self.slot(id) else { return };
        let signature = self.at(slot).and_then(|entry| entry.signature());
        self.index_kin(self.at(slot).and_then(kin), slot, Change::OUT);
        self.index(signature.as_ref(), slot, Change::OUT);
        self.sources_of(slot).into_iter().flatten().for_each(|source| self.by_source.remove(source, slot));
        self.by_id.remove(upper(hashes::of_name(id)), slot);
        self.records.clear(slot);
        self.free.push(slot);
    }

    /// Adds or removes what an original is found under by its kin.
    fn index_kin(&mut self, kin: Option<Kin>, slot: Slot, change: Change) {
        let Some(Kin { story, keys }) = kin else { return };
        self.by_key.approach(keys.iter().take(INDEXED_KEYS).map(|key| *key >> 1));
        (change.of)(&mut self.by_story, story, slot);
        for key in keys.iter().take(INDEXED_KEYS) {
            (change.of)(&mut self.by_key, *key >> 1, slot);
        }
        keys.iter().for_each(|key| (change.of_term)(&mut self.keys, *key));
        self.originals = self.originals.saturating_add_signed(change.by);
    }

    /// Adds or removes all that an entry is found under.
    fn index(&mut self, signature: Option<&Signature>, slot: Slot, Change { of: change, of_term, .. }: Change) {
        let Some(signature) = signature else { return };
        self.by_shingle.approach(signature.bottom.iter().take(INDEXED).copied());
        self.by_paragraph.approach(signature.paragraphs.iter().copied());
        self.by_text.approach([upper(signature.exact)]);
        self.by_link.approach(signature.link.map(upper));
        self.by_guid.approach(signature.guid.map(upper));
        for shingle in distinct(&signature.bottom, INDEXED) {
            change(&mut self.by_shingle, shingle, slot);
        }
        for term in &signature.terms {
            of_term(&mut self.terms, *term);
        }
        for paragraph in distinct(&signature.paragraphs, usize::MAX) {
            change(&mut self.by_paragraph, paragraph, slot);
        }
        change(&mut self.by_text, upper(signature.exact), slot);
        if let Some(link) = signature.link {
            change(&mut self.by_link, upper(link), slot);
        }
        if let Some(guid) = signature.guid {
            change(&mut self.by_guid, upper(guid), slot);
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
        let mut expired: Vec<(Timestamp, ItemId)> = Vec::new();
        if self.earliest < entry::nanoseconds(oldest) {
            let mut earliest = i64::MAX;
            for entry in self.entries() {
                if entry.touched < oldest {
                    expired.push((entry.touched, entry.id()));
                } else {
                    earliest = earliest.min(entry::nanoseconds(entry.touched));
                }
            }
            self.earliest = earliest;
        }
        expired.sort_unstable();
        let mut forgotten = Vec::new();
        for (_, id) in expired {
            self.remove(&id.0);
            forgotten.push(StateChange::forget(state_key::item(&id)));
            forgotten.push(StateChange::forget(state_key::text(&id)));
        }
        let mut stories = stories.into_iter().peekable();
        if stories.peek().is_none() {
            return forgotten;
        }
        // A story goes with the last of its items, also when that item went over to another story. Of the stories that
        // are not named after an item in them hashes will do: should two be equal, one story is kept for longer.
        let others = self.entries().filter(|entry| !entry.begins_story());
        let mut alive: Vec<u64> = others.filter_map(|entry| Some(xxh3_64(entry.story()?.as_bytes()))).collect();
        alive.sort_unstable();
        alive.dedup();
        let begun = |story: &str| self.entry(story).is_some_and(|entry| entry.begins_story());
        let is_alive = |story: &str| begun(story) || alive.binary_search(&xxh3_64(story.as_bytes())).is_ok();
        let mut orphans: Vec<String> = stories.filter(|story| !is_alive(story)).collect();
        orphans.sort_unstable();
        forgotten.extend(orphans.iter().map(|story| StateChange::forget(state_key::story(story))));
        forgotten
    }

    /// How rare a telling word is among the originals: 1 when none has it, 0 when all have it.
    pub(super) fn rarity(&self, key: u32) -> f64 {
        self.keys.rarity(key, self.originals)
    }

    /// What terms weigh: the fewer texts have one, the more.
    pub(super) fn weights(&self) -> Weights<'_> {
        self.terms.weights(self.len())
    }

    fn slot(&self, id: &str) -> Option<Slot> {
        let mut holders = Vec::new();
        self.by_id.holders(upper(hashes::of_name(id)), usize::MAX, &mut holders);
        holders.into_iter().find(|slot| self.at(*slot).is_some_and(|entry| entry.is(id)))
    }

    fn at(&self, slot: Slot) -> Option<Entry<'_>> {
        Entry::read(self.records.get(slot)?, &self.names)
    }

    /// What an entry is found under by its feed and its agency.
    fn sources_of(&self, slot: Slot) -> [Option<u32>; 2] {
        let Some(entry) = self.at(slot) else { return [None; 2] };
        self.sources(entry.feed, entry.agency)
    }

    fn sources(&self, feed: &str, agency: Option<&str>) -> [Option<u32>; 2] {
        let number = |name: &str, of_agency: u32| self.names.known(name).map(|number| number << 1 | of_agency);
        [number(feed, 0), agency.and_then(|agency| number(agency, 1))]
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.slots).filter_map(|slot| self.at(slot))
    }
}

/// What an original is found under by its kin.
#[derive(PartialEq)]
struct Kin {
    story: u32,
    keys: Vec<u32>,
}

/// None for copies and new versions, which belong where their original belongs.
fn kin(entry: Entry<'_>) -> Option<Kin> {
    let body = entry.body.filter(|_| entry.is_original())?;
    Some(Kin { story: key_of_id(&entry.story()?), keys: body.keys() })
}

/// The first of some ascending hashes, each once: a signature of an earlier form may have had longer ones.
fn distinct(hashes: &[u32], most: usize) -> impl Iterator<Item = u32> {
    let mut before = None;
    hashes.iter().take(most).copied().filter(move |hash| before.replace(*hash) != Some(*hash))
}

fn key_of_id(id: &str) -> u32 {
    upper(xxh3_64(id.as_bytes()))
}

/// Half of a hash finds the entry; the entry holds the whole.
fn upper(hash: u64) -> u32 {
    (hash >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::lookup::CANDIDATES;
    use super::*;
    use crate::model::FeedId;
    use proptest::prelude::*;

    /// An item whose text has some of fifty words, in twos for shingles.
    fn item(number: u32, words: &[u32], day: i64) -> (ItemId, ItemHead, Signature) {
        let hash = |word: u32| Signature::cut(xxh3_64(&word.to_le_bytes()));
        let mut bottom: Vec<u32> =
            words.windows(2).filter_map(|two| Some(hash(two.first()? * 64 + two.last()?))).collect();
        let mut terms: Vec<u32> = words.iter().map(|word| hash(*word)).collect();
        for list in [&mut bottom, &mut terms] {
            list.sort_unstable();
            list.dedup();
        }
        let signature = Signature {
            exact: u64::from(words.iter().sum::<u32>() % 5) << 32,
            shingles: bottom.len() as u32,
            bottom,
            terms,
            paragraphs: words.first().copied().into_iter().collect(),
            link: number.is_multiple_of(3).then_some(u64::from(number % 4) << 40),
            guid: number.is_multiple_of(5).then_some(7 << 50),
            ..Signature::default()
        };
        let feed = FeedId(format!("feed-{}", number % 4));
        let id = ItemId::new(&feed, &number.to_string());
        let of = number.is_multiple_of(7).then(|| ItemId("feed-1:0000000000000001".to_owned()));
        let touched = Timestamp::from_second(1_600_000_000 + day * 86_400).unwrap();
        let head = ItemHead {
            feed,
            story: Some(of.as_ref().unwrap_or(&id).0.clone()),
            of,
            agency: (number % 5 < 2).then(|| format!("Agency {}", day % 3)),
            // Many at one time, so that the id has to decide.
            first_seen: Timestamp::from_second(1_500_000_000 + i64::from(number % 3)).unwrap(),
            touched,
            signature: (!number.is_multiple_of(7)).then(|| Packed::from(&signature)),
            killed: number.is_multiple_of(11),
        };
        (id, head, signature)
    }

    /// All that the memory answers about some texts.
    fn answers(window: &Window, asked: &[(ItemId, ItemHead, Signature)]) -> Vec<String> {
        let mut answers = vec![window.len().to_string()];
        for (id, head, signature) in asked {
            let names = |entries: Vec<Entry<'_>>| {
                entries.iter().map(|entry| format!("{entry:?}")).collect::<Vec<_>>().join(" ")
            };
            answers.push(format!("{:?}", window.entry(&id.0)));
            let candidates = window.candidates(id, signature, &signature.bottom);
            answers.push(names(candidates.into_iter().map(|candidate| candidate.entry).collect()));
            for term in &signature.terms {
                answers.push(window.weights().of(*term).to_string());
            }
            answers.push(names(window.of_source("feed-1", head.agency.as_deref(), 7)));
            for paragraph in &signature.paragraphs {
                let mut holders = window.paragraph_holders(*paragraph).1;
                holders.sort_by_key(|entry| entry.id());
                answers.push(names(holders));
            }
        }
        answers
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn what_it_answers_is_a_function_of_its_entries_alone(
            texts in prop::collection::vec((0u32..90, prop::collection::vec(0u32..50, 0..40), 0i64..40), 1..160),
            horizon in 5i64..60,
        ) {
            let mut grown = Window::default();
            let mut last = std::collections::BTreeMap::new();
            for (number, words, day) in &texts {
                let item = item(*number, words, *day);
                grown.put(&item.0, item.1.clone());
                last.insert(*number, item);
            }
            let now = Timestamp::from_second(1_600_000_000 + 40 * 86_400).unwrap();
            let horizon = SignedDuration::from_hours(horizon * 24);
            let oldest = now.checked_sub(horizon).unwrap();
            let forgotten = grown.evict(now, horizon, last.values().map(|item| item.0.0.clone()));
            let expired: Vec<&ItemId> = last.values().filter(|item| item.1.touched < oldest).map(|item| &item.0).collect();
            for id in &expired {
                prop_assert!(forgotten.contains(&StateChange::forget(state_key::item(id))));
                prop_assert!(grown.entry(&id.0).is_none());
            }
            let asked: Vec<_> = last.values().cloned().collect();
            last.retain(|_, item| item.1.touched >= oldest);
            let mut restored = Window::default();
            for (id, head, _) in last.values().rev() {
                restored.put(id, head.clone());
            }
            prop_assert_eq!(answers(&grown, &asked), answers(&restored, &asked));
            let mut of_source = restored.of_source("feed-2", Some("Agency 1"), usize::MAX);
            of_source.sort_by_key(|entry| entry.id());
            let is_of_source = |head: &ItemHead| head.feed.0 == "feed-2" || head.agency.as_deref() == Some("Agency 1");
            let mut expected: Vec<&ItemId> = last.values().filter(|item| is_of_source(&item.1)).map(|item| &item.0).collect();
            expected.sort_unstable();
            prop_assert!(of_source.iter().map(Entry::id).eq(expected.into_iter().cloned()));
            for (id, head, signature) in last.values() {
                let entry = restored.entry(&id.0).unwrap();
                prop_assert_eq!(&entry.story(), &head.story);
                prop_assert_eq!(entry.body_of_all().is_some(), head.signature.is_some());
                prop_assert_eq!(entry.signature().is_some(), head.signature.is_some() && !head.killed);
                prop_assert!(restored.candidates(id, signature, &signature.bottom).iter().all(|found| found.entry.id() != *id));
            }
            // A story goes with the last that is in it.
            let stories: Vec<&str> = last.values().filter_map(|item| item.1.story.as_deref()).collect();
            for (id, ..) in &asked {
                let orphan = forgotten.contains(&StateChange::forget(state_key::story(&id.0)));
                prop_assert_eq!(orphan, !stories.contains(&id.0.as_str()));
            }
        }
    }

    #[test]
    fn ids_made_to_collide_are_not_looked_through_one_by_one() {
        // Of these the plain hashes have 26 bits in common.
        let made = [0, 0x1ad_8a39, 0x255_554e, 0x5e6_ba5f, 0x735_3f2b, 0x8f4_0acc, 0xcd5_72f5, 0x107b_502c];
        let ids = made.map(|number: u64| ItemId(format!("f:{number:016x}")));
        let bits = |hash: u64| upper(hash) & ((1 << 26) - 1);
        assert!(ids.iter().all(|id| bits(xxh3_64(id.0.as_bytes())) == bits(xxh3_64(ids[0].0.as_bytes()))));
        let mut window = Window::default();
        let (_, head, _) = item(1, &[], 0);
        ids.iter().for_each(|id| window.put(id, head.clone()));
        let together = |id: &ItemId| window.by_id.count(upper(hashes::of_name(&id.0)));
        assert!(ids.iter().all(|id| window.entry(&id.0).is_some() && together(id) < ids.len() / 2));
    }

    #[test]
    fn what_many_have_finds_none_of_them_until_they_are_fewer() {
        let mut window = Window::default();
        let word = [3, 9, 12, 40];
        let items: Vec<_> =
            (0..200).filter(|n| n % 7 > 0 && n % 11 > 0).map(|n| item(n, &word, i64::from(n))).collect();
        items.iter().for_each(|(id, head, _)| window.put(id, head.clone()));
        let (stranger, _, signature) = item(300, &word, 0);
        let term = *signature.terms.first().unwrap();
        assert!(window.weights().of(term) < 2.0);
        assert_eq!(window.paragraph_holders(3).0, items.len());
        // All have the exact text, and the first seen come first.
        let found = window.candidates(&stranger, &Signature { link: None, guid: None, ..signature }, &[]);
        assert_eq!(found.len(), CANDIDATES);
        assert!(found.iter().all(|found| found.entry.first_seen.as_second() == 1_500_000_000));
        window.evict(
            Timestamp::from_second(1_600_000_000 + 100 * 86_400).unwrap(),
            SignedDuration::from_hours(24),
            std::iter::empty(),
        );
        let left = items.iter().filter(|item| item.1.touched.as_second() >= 1_600_000_000 + 99 * 86_400).count();
        assert_eq!((window.paragraph_holders(3).0, window.paragraph_holders(3).1.len()), (left, left));
    }

    #[test]
    fn a_touch_changes_nothing_but_the_time() {
        let mut window = Window::default();
        let (id, mut head, _) = item(1, &[1, 2, 3], 0);
        window.put(&id, head.clone());
        head.touched = "2024-01-01T00:00:00Z".parse().unwrap();
        window.put(&id, head.clone());
        let entry = window.entry(&id.0).unwrap();
        assert_eq!((entry.touched, entry.first_seen, window.len()), (head.touched, head.first_seen, 1));
        assert_eq!(window.evict(head.touched, SignedDuration::from_hours(1), std::iter::empty()), []);
    }
}
