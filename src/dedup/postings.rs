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

/// A spread key and a slot; zero is an empty cell, so slots are kept raised by one.
type Cell = u64;

/// A key and a slot that are yet to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair(Cell);

impl Pair {
    pub(super) fn new(key: u32, slot: Slot) -> Self {
        Self(cell(spread(key), slot))
    }
}

#[derive(Debug, Default)]
pub(super) struct Postings {
    cells: Vec<Cell>,
    used: usize,
    crowded: HashMap<u32, Vec<Slot>>,
}

impl Postings {
    /// Adds many pairs at once, for which memory is passed over once instead of being hit at random: what a daemon
    /// remembers at its start are millions.
    pub(super) fn add_all(&mut self, mut pairs: Vec<Pair>) {
        pairs.sort_unstable();
        let wanted = (self.used + pairs.len()) * 8 / 7 + 2;
        if wanted > self.cells.len() {
            self.resize(wanted);
        }
        for Pair(cell) in pairs {
            self.add_spread(spread_of(cell), slot_of(cell));
        }
    }

    /// Adds a slot under a key.
    pub(super) fn add(&mut self, key: u32, slot: Slot) {
        self.add_spread(spread(key), slot);
    }

    fn add_spread(&mut self, key: u32, slot: Slot) {
        let (mut holders, mut is_listed) = (0, false);
        for holder in self.in_cells(key) {
            holders += 1;
            is_listed |= holder == LISTED;
        }
        if is_listed {
            self.crowded.entry(key).or_default().push(slot);
            return;
        }
        if holders >= CROWD {
            let mut listed: Vec<Slot> = self.in_cells(key).collect();
            for holder in &listed {
                self.take_out(key, *holder);
            }
            listed.push(slot);
            self.put_in(key, LISTED);
            self.crowded.insert(key, listed);
            return;
        }
        self.put_in(key, slot);
    }

    /// Takes a slot from under a key.
    pub(super) fn remove(&mut self, key: u32, slot: Slot) {
        let key = spread(key);
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
        let key = spread(key);
        let listed = self.in_cells(key).any(|slot| slot == LISTED).then(|| self.crowded.get(&key)).flatten();
        let single = listed.is_none().then(|| self.in_cells(key));
        listed.into_iter().flatten().copied().chain(single.into_iter().flatten())
    }

    fn in_cells(&self, key: u32) -> impl Iterator<Item = Slot> {
        let home = self.home(key);
        let (before, after) = self.cells.split_at(home.min(self.cells.len()));
        let run = after.iter().chain(before).take_while(|cell| **cell != 0);
        run.filter(move |cell| spread_of(**cell) == key).map(|cell| slot_of(*cell))
    }

    fn put_in(&mut self, key: u32, slot: Slot) {
        if (self.used + 1) * 8 > self.cells.len() * 7 {
            self.resize(self.cells.len() * 5 / 4 + 64);
        }
        let mut at = self.home(key);
        while self.cells.get(at).is_some_and(|cell| *cell != 0) {
            at = self.after(at);
        }
        self.set(at, cell(key, slot));
        self.used += 1;
    }

    fn take_out(&mut self, key: u32, slot: Slot) {
        let length = self.cells.len();
        let mut at = self.home(key);
        loop {
            match self.cells.get(at) {
                None | Some(0) => return,
                Some(cell) if spread_of(*cell) == key && slot_of(*cell) == slot => break,
                Some(_) => at = self.after(at),
            }
        }
        // What follows in the run moves up where it may, so that no search ends at the hole.
        let mut hole = at;
        let mut next = self.after(hole);
        while let Some(cell) = self.cells.get(next).copied().filter(|cell| *cell != 0) {
            let from_home = (next + length - self.home(spread_of(cell))) % length;
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

    /// Where the search for a spread key begins; later for greater keys.
    fn home(&self, key: u32) -> usize {
        ((u64::from(key) * self.cells.len() as u64) >> 32) as usize
    }

    fn resize(&mut self, length: usize) {
        let cells = std::mem::replace(&mut self.cells, vec![0; length]);
        self.used = 0;
        for cell in cells.into_iter().filter(|cell| *cell != 0) {
            self.put_in(spread_of(cell), slot_of(cell));
        }
    }
}

/// Keys are hashes already, but the smallest of their kind: a multiplication, which no two keys leave equal, spreads them
/// over the array. Whoever could make them collide would have to find texts whose shingles are all among the smallest.
fn spread(key: u32) -> u32 {
    key.wrapping_mul(0x9e37_79b9)
}

fn cell(spread: u32, slot: Slot) -> Cell {
    // The mark of a list is not raised: it would come to zero, under the key zero an empty cell.
    let raised = if slot == LISTED { LISTED } else { slot + 1 };
    u64::from(spread) << 32 | u64::from(raised)
}

fn spread_of(cell: Cell) -> u32 {
    (cell >> 32) as u32
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
    fn many_at_once_are_as_many_one_by_one() {
        let pairs = || (0..5_000u32).map(|n| (n.wrapping_mul(0x85eb_ca6b) % 700, n));
        let (mut at_once, mut one_by_one) = (Postings::default(), Postings::default());
        at_once.add(3, 9_999);
        at_once.add_all(pairs().map(|(key, slot)| Pair::new(key, slot)).collect());
        one_by_one.add(3, 9_999);
        pairs().for_each(|(key, slot)| one_by_one.add(key, slot));
        for key in 0..700 {
            let sorted = |postings: &Postings| postings.holders(key).collect::<BTreeSet<Slot>>();
            assert_eq!(sorted(&at_once), sorted(&one_by_one));
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
