//! Which entries stand under a key: a multimap from 32-bit keys to slots, eight bytes a pair.
//!
//! Open addressing with linear probing in one array that is seven eighths full at most, because nearly every shingle
//! stands in one text only and a hundred thousand texts have five million of them. Keys with many holders (a phrase
//! that ends every story of an agency) keep them in a list beside the array: a long run of equal keys would have to be
//! walked by all its neighbours.

use std::collections::HashMap;

/// The number of an entry; the two highest numbers are not used.
pub(super) type Slot = u32;

/// More holders than this are kept in a list.
const CROWD: usize = 16;

/// In place of a slot: the holders of this key are listed.
const LISTED: Slot = u32::MAX;

/// A key and a slot; zero is an empty cell, so slots are kept raised by one.
type Cell = u64;

#[derive(Debug, Default)]
pub(super) struct Postings {
    cells: Vec<Cell>,
    used: usize,
    crowded: HashMap<u32, Vec<Slot>>,
}

impl Postings {
    /// Makes room for so many pairs more, without room to grow: most of what a daemon remembers it knows at its start.
    pub(super) fn reserve(&mut self, pairs: usize) {
        let wanted = (self.used + pairs) * 8 / 7 + 2;
        if wanted > self.cells.len() {
            self.resize(wanted);
        }
    }

    /// Adds a slot under a key.
    pub(super) fn add(&mut self, key: u32, slot: Slot) {
        if let Some(listed) = self.crowded.get_mut(&key) {
            listed.push(slot);
            return;
        }
        let holders: Vec<Slot> = self.in_cells(key).collect();
        if holders.len() >= CROWD {
            for holder in &holders {
                self.take_out(key, *holder);
            }
            self.put_in(key, LISTED);
            self.crowded.insert(key, holders.into_iter().chain([slot]).collect());
            return;
        }
        self.put_in(key, slot);
    }

    /// Takes a slot from under a key.
    pub(super) fn remove(&mut self, key: u32, slot: Slot) {
        let Some(listed) = self.crowded.get_mut(&key) else {
            self.take_out(key, slot);
            return;
        };
        if let Some(at) = listed.iter().position(|holder| *holder == slot) {
            listed.swap_remove(at);
        }
        if listed.is_empty() {
            self.crowded.remove(&key);
            self.take_out(key, LISTED);
        }
    }

    /// The slots under a key, in no order.
    pub(super) fn holders(&self, key: u32) -> impl Iterator<Item = Slot> {
        let listed = self.in_cells(key).any(|slot| slot == LISTED).then(|| self.crowded.get(&key)).flatten();
        let single = listed.is_none().then(|| self.in_cells(key));
        listed.into_iter().flatten().copied().chain(single.into_iter().flatten())
    }

    fn in_cells(&self, key: u32) -> impl Iterator<Item = Slot> {
        let home = self.home(key);
        let (before, after) = self.cells.split_at(home.min(self.cells.len()));
        let run = after.iter().chain(before).take_while(|cell| **cell != 0);
        run.filter(move |cell| (**cell >> 32) as u32 == key).map(|cell| slot_of(*cell))
    }

    fn put_in(&mut self, key: u32, slot: Slot) {
        if (self.used + 1) * 8 > self.cells.len() * 7 {
            self.resize(self.cells.len() * 5 / 4 + 64);
        }
        let mut at = self.home(key);
        while self.cells.get(at).is_some_and(|cell| *cell != 0) {
            at = self.after(at);
        }
        // The mark of a list is not raised: it would come to zero, under the key zero an empty cell.
        let raised = if slot == LISTED { LISTED } else { slot + 1 };
        self.set(at, u64::from(key) << 32 | u64::from(raised));
        self.used += 1;
    }

    fn take_out(&mut self, key: u32, slot: Slot) {
        let length = self.cells.len();
        let mut at = self.home(key);
        loop {
            match self.cells.get(at) {
                None | Some(0) => return,
                Some(cell) if (*cell >> 32) as u32 == key && slot_of(*cell) == slot => break,
                Some(_) => at = self.after(at),
            }
        }
        // What follows in the run moves up where it may, so that no search ends at the hole.
        let mut hole = at;
        let mut next = self.after(hole);
        while let Some(cell) = self.cells.get(next).copied().filter(|cell| *cell != 0) {
            let from_home = (next + length - self.home((cell >> 32) as u32)) % length;
            let from_hole = (next + length - hole) % length;
            if from_home >= from_hole {
                self.set(hole, cell);
                hole = next;
            }
            next = self.after(next);
        }
        self.set(hole, 0);
        self.used -= 1;
    }

    fn set(&mut self, at: usize, cell: Cell) {
        if let Some(place) = self.cells.get_mut(at) {
            *place = cell;
        }
    }

    fn after(&self, at: usize) -> usize {
        if at + 1 < self.cells.len() { at + 1 } else { 0 }
    }

    /// Where the search for a key begins. Keys are hashes already, but the smallest of their kind: a multiplication
    /// spreads them over the array. Whoever could make them collide would have to find texts whose shingles are all
    /// among the smallest.
    fn home(&self, key: u32) -> usize {
        let spread = u64::from(key.wrapping_mul(0x9e37_79b9));
        ((spread * self.cells.len() as u64) >> 32) as usize
    }

    fn resize(&mut self, length: usize) {
        let cells = std::mem::replace(&mut self.cells, vec![0; length]);
        self.used = 0;
        for cell in cells.into_iter().filter(|cell| *cell != 0) {
            self.put_in((cell >> 32) as u32, slot_of(cell));
        }
    }
}

fn slot_of(cell: Cell) -> Slot {
    match cell as u32 {
        LISTED => LISTED,
        raised => raised.wrapping_sub(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_holds_what_a_set_of_pairs_holds(steps in prop::collection::vec((any::<bool>(), 0u32..12, 0u32..60), 0..800)) {
            let mut postings = Postings::default();
            let mut pairs = BTreeSet::new();
            for (add, key, slot) in steps {
                let key = key.wrapping_mul(0x1234_5678);
                if add && pairs.insert((key, slot)) {
                    postings.add(key, slot);
                } else if !add && pairs.remove(&(key, slot)) {
                    postings.remove(key, slot);
                }
                let mut held: Vec<Slot> = postings.holders(key).collect();
                held.sort_unstable();
                let expected: Vec<Slot> = pairs.iter().filter(|pair| pair.0 == key).map(|pair| pair.1).collect();
                prop_assert_eq!(held, expected);
            }
            for key in 0..12u32 {
                let key = key.wrapping_mul(0x1234_5678);
                prop_assert_eq!(postings.holders(key).count(), pairs.iter().filter(|pair| pair.0 == key).count());
            }
        }
    }

    #[test]
    fn a_phrase_that_every_text_ends_with_costs_its_neighbours_nothing() {
        let mut postings = Postings::default();
        for slot in 0..50_000 {
            postings.add(7, slot);
            postings.add(slot.wrapping_mul(0x85eb_ca6b) | 1 << 20, slot);
        }
        assert_eq!(postings.holders(7).count(), 50_000);
        assert!(postings.used < 50_100);
        postings.remove(7, 3);
        assert!(postings.holders(7).all(|slot| slot != 3));
    }
}
