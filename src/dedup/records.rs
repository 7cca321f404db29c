//! Byte strings under small numbers, a million of them, of some hundred bytes each, and hardly a byte besides.
//!
//! They lie one behind the other in pages, so that none is rounded up to what an allocator hands out. What is replaced
//! or cleared leaves a gap; a page that is gaps to a quarter hands what it still holds on to the newest page, and is free.
//! What is remembered is forgotten in about the order in which it came, so most pages empty by themselves.

use super::postings::Slot;

/// Bytes of a page; a longer string has one of its own.
const PAGE: usize = 1 << 19;
/// Slots that are given room at once.
const CHUNK: usize = 1 << 12;

#[derive(Debug, Default)]
pub(super) struct Records {
    places: Vec<Vec<Place>>,
    pages: Vec<Page>,
    free: Vec<u32>,
    newest: u32,
}

/// A page and the place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place(u32, u32);

const NOWHERE: Place = Place(u32::MAX, 0);

/// Strings, each after its slot and length.
#[derive(Debug, Default)]
struct Page {
    bytes: Vec<u8>,
    live: usize,
}

const HEAD: usize = 8;

impl Records {
    pub(super) fn get(&self, slot: Slot) -> Option<&[u8]> {
        let Place(page, at) = self.place(slot)?;
        self.pages.get(page as usize)?.string(at as usize)
    }

    pub(super) fn get_mut(&mut self, slot: Slot) -> Option<&mut [u8]> {
        let Place(page, at) = self.place(slot)?;
        let page = self.pages.get_mut(page as usize)?;
        let length = page.string(at as usize)?.len();
        page.bytes.get_mut(at as usize + HEAD..)?.get_mut(..length)
    }

    /// Puts a string in place of what was there.
    pub(super) fn put(&mut self, slot: Slot, string: &[u8]) {
        self.clear(slot);
        self.append(slot, string);
    }

    pub(super) fn clear(&mut self, slot: Slot) {
        let Some(Place(number, at)) = self.place(slot) else { return };
        self.settle(slot, NOWHERE);
        let Some(page) = self.pages.get_mut(number as usize) else { return };
        page.live -= HEAD + page.string(at as usize).map_or(0, <[u8]>::len);
        let is_sparse = page.live * 4 < page.bytes.len() * 3;
        if is_sparse && (number != self.newest || page.live == 0) {
            let page = std::mem::take(page);
            let mut at = 0;
            while let (Some(slot), Some(string)) = (page.slot(at), page.string(at)) {
                if self.place(slot) == Some(Place(number, at as u32)) {
                    self.append(slot, string);
                }
                at += HEAD + string.len();
            }
            if number != self.newest {
                self.free.push(number);
            }
        }
    }

    /// Has the processor fetch where these strings begin, all at once and not one after the other.
    pub(super) fn approach(&self, slots: impl Iterator<Item = Slot>) {
        let places: Vec<Place> = slots.filter_map(|slot| self.place(slot)).collect();
        let first = |Place(page, at): &Place| self.pages.get(*page as usize)?.bytes.get(*at as usize);
        std::hint::black_box(places.iter().filter_map(first).fold(0, |sum, byte| sum ^ byte));
    }

    fn append(&mut self, slot: Slot, string: &[u8]) {
        let fits = |page: &Page| page.bytes.len() + HEAD + string.len() <= page.bytes.capacity().max(PAGE);
        if !self.pages.get(self.newest as usize).is_some_and(fits) {
            self.newest = self.free.pop().unwrap_or_else(|| {
                self.pages.push(Page::default());
                (self.pages.len() - 1) as u32
            });
        }
        let Some(page) = self.pages.get_mut(self.newest as usize) else { return };
        if page.bytes.capacity() == 0 {
            page.bytes.reserve_exact(PAGE.max(HEAD + string.len()));
        }
        let at = page.bytes.len() as u32;
        page.bytes.extend(slot.to_le_bytes());
        page.bytes.extend((string.len() as u32).to_le_bytes());
        page.bytes.extend(string);
        page.live += HEAD + string.len();
        self.settle(slot, Place(self.newest, at));
    }

    fn place(&self, slot: Slot) -> Option<Place> {
        let place = self.places.get(slot as usize / CHUNK)?.get(slot as usize % CHUNK)?;
        (*place != NOWHERE).then_some(*place)
    }

    fn settle(&mut self, slot: Slot, place: Place) {
        let chunk = slot as usize / CHUNK;
        while self.places.len() <= chunk {
            self.places.push(vec![NOWHERE; CHUNK]);
        }
        if let Some(settled) = self.places.get_mut(chunk).and_then(|chunk| chunk.get_mut(slot as usize % CHUNK)) {
            *settled = place;
        }
    }
}

impl Page {
    fn number(&self, at: usize) -> Option<u32> {
        self.bytes.get(at..)?.first_chunk().map(|number| u32::from_le_bytes(*number))
    }

    fn slot(&self, at: usize) -> Option<Slot> {
        self.number(at)
    }

    fn string(&self, at: usize) -> Option<&[u8]> {
        let length = self.number(at + 4)? as usize;
        self.bytes.get(at + HEAD..)?.get(..length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn what_was_put_last_is_there(steps in prop::collection::vec((0u32..40, 0usize..9_000, 0u8..5), 1..400)) {
            let (mut records, mut expected) = (Records::default(), BTreeMap::new());
            for (slot, length, what) in steps {
                let slot = slot * 700;
                if what == 0 {
                    records.clear(slot);
                    expected.remove(&slot);
                } else {
                    let string = vec![what; if length == 77 { PAGE + 9 } else { length }];
                    records.put(slot, &string);
                    expected.insert(slot, string);
                }
                for slot in (0..40).map(|slot| slot * 700) {
                    prop_assert_eq!(records.get(slot), expected.get(&slot).map(Vec::as_slice));
                }
                let kept: usize = records.pages.iter().map(|page| page.bytes.len()).sum();
                let live: usize = expected.values().map(|string| HEAD + string.len()).sum();
                prop_assert!(kept <= live * 4 / 3 + 3 * PAGE, "{kept} bytes for {live}");
            }
        }
    }
}
