//! Which entries stand under a key: a multimap from hashes to slots, about four and a half bytes a pair.
//!
//! The keys' upper bits choose one of many small tables, each of which grows by itself, so that no growth needs much
//! memory or time at once. A table is an array of lines of 64 bytes, the unit in which memory is read; a pair lies in the
//! line that its key comes to, or where that is full in one of the next few. A cell keeps only what the line does not say
//! of the key (Cleary 1984), and as many bits of the slot as there are slots. Keys with many holders (a phrase that ends
//! every story of an agency) keep them in a set beside the tables: their cells would fill line after line.

use super::crowd::Crowd;
use std::collections::{BTreeSet, HashMap};

/// The number of an entry; the two highest numbers are not used.
pub(super) type Slot = u32;

/// More holders than this are kept in a set of their own.
const CROWD: usize = 12;
/// A set with fewer is given up.
const NO_CROWD: usize = 6;
/// In place of a slot: the holders of this key are in a set.
const LISTED: Slot = u32::MAX;
/// A pair lies less than so many lines after its home.
const REACH: usize = 1 << REACH_BITS;
const REACH_BITS: u32 = 4;
/// Lines of a block.
const BLOCK: usize = 64;
/// Bits of a line.
const LINE_BITS: usize = 512;

#[derive(Debug)]
pub(super) struct Postings {
    tables: Vec<Table>,
    /// Bits of a key that a table does not know, because they choose it.
    upper_bits: u32,
    key_bits: u32,
    crowds: HashMap<u32, Crowd>,
    /// Pairs for which there was no room within reach, which only somebody brings about who looks for such keys.
    spilt: BTreeSet<(u32, Slot)>,
}

/// As many bits of a multiplication as a key has bits left spread it over a table, and no two keys the same way.
const SPREAD: u32 = 0x9e37_79b1;
/// Undoes it.
const GATHER: u32 = 0x0e8b_2f51;

#[derive(Debug, Default)]
struct Table {
    shape: Shape,
    used: usize,
    /// The lines, so many together that no block is ever of use to nobody: those of a table that grows go to the next.
    blocks: Vec<Box<[Line]>>,
}

/// How a table lays out its pairs.
#[derive(Debug, Clone, Copy, Default)]
struct Shape {
    lines: usize,
    /// Bits of a key within this table.
    key_bits: u32,
    /// Bits of a slot: a slot is raised by one, none is an empty cell, the highest stands for `LISTED`.
    slot_bits: u32,
    /// Bits of a key that its line does not tell.
    tag_bits: u32,
    /// Cells of a line.
    width: u32,
    in_line: usize,
}

#[derive(Debug, Clone, Copy, Default)]
#[repr(align(64))]
struct Line([u64; LINE_BITS / 64]);

impl Postings {
    /// An empty index of keys, of which so many lower bits are looked at, over two to the power of `upper_bits` tables.
    pub(super) fn new(key_bits: u32, upper_bits: u32) -> Self {
        let shape = Shape { key_bits: key_bits - upper_bits, ..Shape::default() };
        let table = || Table { shape, ..Table::default() };
        let tables = std::iter::repeat_with(table).take(1 << upper_bits).collect();
        Self { tables, upper_bits, key_bits, crowds: HashMap::new(), spilt: BTreeSet::new() }
    }

    /// Adds a slot under a key, where it is not yet.
    pub(super) fn add(&mut self, key: u32, slot: Slot) {
        let key = self.cut(key);
        let (mut holders, mut is_listed) = (0, false);
        self.each_cell(key, |holder| {
            holders += 1;
            is_listed |= holder == LISTED;
        });
        if is_listed {
            self.crowds.entry(key).or_default().insert(slot);
        } else if holders >= CROWD {
            let mut crowd = Crowd::default();
            let mut single = Vec::with_capacity(holders);
            self.each_cell(key, |holder| single.push(holder));
            for holder in single {
                self.take_out(key, holder);
                crowd.insert(holder);
            }
            crowd.insert(slot);
            self.put_in(key, LISTED);
            self.crowds.insert(key, crowd);
        } else {
            self.put_in(key, slot);
        }
    }

    /// Takes a slot from under a key.
    pub(super) fn remove(&mut self, key: u32, slot: Slot) {
        let key = self.cut(key);
        let Some(crowd) = self.crowds.get_mut(&key) else {
            self.take_out(key, slot);
            return;
        };
        crowd.remove(slot);
        if crowd.len() < NO_CROWD {
            let crowd = self.crowds.remove(&key).unwrap_or_default();
            self.take_out(key, LISTED);
            crowd.iter().for_each(|holder| self.put_in(key, holder));
        }
    }

    /// How many slots stand under a key.
    pub(super) fn count(&self, key: u32) -> usize {
        let key = self.cut(key);
        let (mut holders, mut is_listed) = (0, false);
        self.each_cell(key, |holder| {
            holders += 1;
            is_listed |= holder == LISTED;
        });
        if is_listed { self.crowds.get(&key).map_or(0, Crowd::len) } else { holders }
    }

    /// The slots under a key in no order, in place of what `found` held; none if there are more than `most`.
    pub(super) fn holders(&self, key: u32, most: usize, found: &mut Vec<Slot>) {
        found.clear();
        let key = self.cut(key);
        let mut is_listed = false;
        self.each_cell(key, |holder| {
            is_listed |= holder == LISTED;
            found.push(holder);
        });
        if is_listed {
            found.clear();
            found.extend(self.crowds.get(&key).filter(|crowd| crowd.len() <= most).into_iter().flat_map(Crowd::iter));
        } else if found.len() > most {
            found.clear();
        }
    }

    /// Has the processor fetch what these keys will be looked up in, all at once and not one after the other.
    pub(super) fn approach(&self, keys: impl IntoIterator<Item = u32>) {
        let first = |key: u32| {
            let (table, key) = self.table(key)?;
            table.line(table.shape.home(key).0).and_then(|line| line.0.first())
        };
        std::hint::black_box(keys.into_iter().filter_map(first).fold(0, |sum, word| sum ^ word));
    }

    /// As much of a key as is looked at.
    fn cut(&self, key: u32) -> u32 {
        (u64::from(key) & ones(self.key_bits)) as u32
    }

    fn table(&self, key: u32) -> Option<(&Table, u32)> {
        let (number, key) = self.place(key);
        self.tables.get(number).map(|table| (table, key))
    }

    /// The table of a key, and what is left of the key in it.
    fn place(&self, key: u32) -> (usize, u32) {
        let lower_bits = self.key_bits - self.upper_bits;
        (self.cut(key) as usize >> lower_bits, (u64::from(key.wrapping_mul(SPREAD)) & ones(lower_bits)) as u32)
    }

    fn each_cell(&self, key: u32, mut visit: impl FnMut(Slot)) {
        if let Some((table, key)) = self.table(key) {
            table.each(key, &mut visit);
        }
        if !self.spilt.is_empty() {
            self.spilt.range((key, 0)..=(key, LISTED)).for_each(|(_, slot)| visit(*slot));
        }
    }

    fn put_in(&mut self, key: u32, slot: Slot) {
        let (number, rest) = self.place(key);
        let Some(table) = self.tables.get_mut(number) else { return };
        let spilt = table.put(rest, slot);
        self.spill(number, spilt);
    }

    fn take_out(&mut self, key: u32, slot: Slot) {
        if !self.spilt.is_empty() && self.spilt.remove(&(key, slot)) {
            return;
        }
        let (number, rest) = self.place(key);
        let Some(table) = self.tables.get_mut(number) else { return };
        let spilt = table.take(rest, slot);
        self.spill(number, spilt);
    }

    fn spill(&mut self, number: usize, spilt: Vec<(u32, Slot)>) {
        // Back from what is left of a key to the key.
        let lower_bits = self.key_bits - self.upper_bits;
        let whole = |rest: u32| (number as u64) << lower_bits | u64::from(rest.wrapping_mul(GATHER)) & ones(lower_bits);
        self.spilt.extend(spilt.into_iter().map(|(rest, slot)| (whole(rest) as u32, slot)));
    }
}

impl Shape {
    fn new(lines: usize, key_bits: u32, slot_bits: u32) -> Self {
        let tag_bits = key_bits - lines.max(1).ilog2().min(key_bits);
        let width = REACH_BITS + tag_bits + slot_bits;
        Self { lines, key_bits, slot_bits, tag_bits, width, in_line: LINE_BITS / width.max(1) as usize }
    }

    fn cells(self) -> usize {
        self.lines * self.in_line
    }

    /// The line where the search for a key begins, later for greater keys, and what the line does not tell of it.
    fn home(self, key: u32) -> (usize, u64) {
        let at = u64::from(key) * self.lines as u64;
        // Keys of one line are as far apart here as there are lines, so this many bits less still tell them apart.
        let tag = (at & ones(self.key_bits)) >> (self.key_bits - self.tag_bits);
        ((at >> self.key_bits) as usize, tag)
    }

    /// The key of a cell in a line.
    fn key(self, at: usize, cell: u64) -> u32 {
        let (mark, after) = (cell >> self.slot_bits, self.after(cell));
        let home = if at >= after { at - after } else { at + self.lines - after };
        let tag = mark & ones(self.tag_bits);
        let at = ((home as u64) << self.key_bits) | tag << (self.key_bits - self.tag_bits);
        at.div_ceil((self.lines as u64).max(1)) as u32
    }

    /// How many lines after the home of its key a cell lies.
    fn after(self, cell: u64) -> usize {
        (cell >> (self.slot_bits + self.tag_bits)) as usize
    }

    /// What a cell holds beside the slot, so many lines after the home of its key.
    fn mark(self, after: usize, tag: u64) -> u64 {
        (after as u64) << self.tag_bits | tag
    }

    fn reach(self) -> usize {
        self.lines.min(REACH)
    }

    fn next(self, at: usize) -> usize {
        if at + 1 < self.lines { at + 1 } else { 0 }
    }

    fn slot(self, cell: u64) -> Slot {
        match cell & ones(self.slot_bits) {
            highest if highest == ones(self.slot_bits) => LISTED,
            raised => raised.wrapping_sub(1) as Slot,
        }
    }

    fn raised(self, slot: Slot) -> u64 {
        if slot == LISTED { ones(self.slot_bits) } else { u64::from(slot) + 1 }
    }

    /// The filled cells of a line.
    fn filled(self, line: &Line) -> impl Iterator<Item = u64> {
        (0..self.in_line).map(move |number| line.get(number, self.width)).take_while(|cell| *cell != 0)
    }
}

impl Table {
    fn line(&self, at: usize) -> Option<&Line> {
        self.blocks.get(at / BLOCK)?.get(at % BLOCK)
    }

    fn line_mut(&mut self, at: usize) -> Option<&mut Line> {
        self.blocks.get_mut(at / BLOCK)?.get_mut(at % BLOCK)
    }

    fn each(&self, key: u32, visit: &mut impl FnMut(Slot)) {
        if self.used == 0 {
            return;
        }
        let shape = self.shape;
        let (mut at, tag) = shape.home(key);
        for after in 0..shape.reach() {
            let mark = shape.mark(after, tag);
            let Some(line) = self.line(at) else { return };
            for number in 0..shape.in_line {
                let cell = line.get(number, shape.width);
                if cell == 0 {
                    return;
                }
                if cell >> shape.slot_bits == mark {
                    visit(shape.slot(cell));
                }
            }
            at = shape.next(at);
        }
    }

    /// Returns the pairs that there was no room for, which is nearly always none.
    fn put(&mut self, key: u32, slot: Slot) -> Vec<(u32, Slot)> {
        let needed = if slot == LISTED { 1 } else { (slot + 2).ilog2() + 1 };
        let (lines, slot_bits) = (self.shape.lines, self.shape.slot_bits.max(needed));
        let is_full = (self.used + 1) * 10 > self.shape.cells() * 9;
        let mut to_place = Vec::new();
        if slot_bits > self.shape.slot_bits || is_full {
            // Fewer bits for slots would soon be too few, and the table made anew for it.
            to_place = self.renew(if is_full { lines + lines / 8 + 1 } else { lines }, slot_bits.max(8));
        }
        if to_place.is_empty() && self.place(key, slot) {
            return to_place;
        }
        to_place.push((key, slot));
        let mut spilt = Vec::new();
        while let Some((key, slot)) = to_place.pop() {
            // Where pairs lie too close by chance, a longer table parts them; where somebody sees to it, none does.
            let is_by_chance = (self.used + to_place.len()) * 3 > self.shape.cells() * 2;
            if self.place(key, slot) {
                continue;
            }
            if is_by_chance {
                to_place.extend(self.renew(self.shape.lines + self.shape.lines / 8 + 1, self.shape.slot_bits));
                to_place.push((key, slot));
            } else {
                spilt.push((key, slot));
            }
        }
        spilt
    }

    /// Whether there was room for it.
    fn place(&mut self, key: u32, slot: Slot) -> bool {
        let shape = self.shape;
        let (mut at, tag) = shape.home(key);
        for after in 0..shape.reach() {
            let cell = shape.mark(after, tag) << shape.slot_bits | shape.raised(slot);
            if self.line(at).is_none() {
                self.make_block(at / BLOCK);
            }
            let Some(line) = self.line_mut(at) else { return false };
            let free = line.filled(shape.in_line, shape.width);
            if free < shape.in_line {
                line.set(free, shape.width, cell);
                self.used += 1;
                return true;
            }
            at = shape.next(at);
        }
        false
    }

    fn make_block(&mut self, number: usize) {
        let lines = self.shape.lines.saturating_sub(number * BLOCK).min(BLOCK);
        if let Some(block) = self.blocks.get_mut(number) {
            *block = vec![Line::default(); lines].into_boxed_slice();
        }
    }

    fn take(&mut self, key: u32, slot: Slot) -> Vec<(u32, Slot)> {
        let shape = self.shape;
        let (mut at, tag) = shape.home(key);
        for after in 0..shape.reach() {
            let sought = shape.mark(after, tag) << shape.slot_bits | shape.raised(slot);
            let Some(line) = self.line(at) else { break };
            let number = shape.filled(line).position(|cell| cell == sought);
            if let Some(number) = number {
                self.used -= 1;
                self.close_gap(at, number);
                break;
            }
            at = shape.next(at);
        }
        if shape.lines > REACH && self.used * 8 < shape.cells() * 3 {
            return self.renew(self.used * 4 / 3 / shape.in_line.max(1) + 1, shape.slot_bits);
        }
        Vec::new()
    }

    /// Empties a cell. No line is left with an empty cell while a pair lies after it that it was too full for.
    fn close_gap(&mut self, at: usize, number: usize) {
        let Shape { width, in_line, .. } = self.shape;
        let (mut at, mut number) = (at, number);
        loop {
            let was_full = self.line(at).is_some_and(|line| line.get(in_line - 1, width) != 0);
            if !was_full {
                break;
            }
            let Some((later, of_later, cell)) = self.displaced(at) else { break };
            if let Some(line) = self.line_mut(at) {
                line.set(number, width, cell);
            }
            (at, number) = (later, of_later);
        }
        if let Some(line) = self.line_mut(at) {
            let last = line.filled(in_line, width).saturating_sub(1);
            let moved = line.get(last, width);
            line.set(number, width, moved);
            line.set(last, width, 0);
        }
    }

    /// A pair that lies after a line and may lie in it: where it is, and its cell once it lies there.
    fn displaced(&self, at: usize) -> Option<(usize, usize, u64)> {
        let shape = self.shape;
        let mut later = at;
        for back in 1..shape.reach() {
            later = shape.next(later);
            let line = self.line(later)?;
            for number in 0..shape.in_line {
                let cell = line.get(number, shape.width);
                if cell == 0 {
                    return None;
                }
                if shape.after(cell) >= back {
                    return Some((later, number, cell - ((back as u64) << (shape.slot_bits + shape.tag_bits))));
                }
            }
        }
        None
    }

    /// Lays the table out anew over so many lines at least; returns the pairs that then lie too close. Blocks are handed
    /// over one by one, so that this takes hardly more memory than the table.
    fn renew(&mut self, lines: usize, slot_bits: u32) -> Vec<(u32, Slot)> {
        let old = std::mem::take(self);
        let mut shape = Shape::new(lines.max(1), old.shape.key_bits, slot_bits);
        while (old.used + 1) * 10 > shape.cells() * 9 {
            shape = Shape::new(shape.lines + shape.lines / 8 + 1, shape.key_bits, slot_bits);
        }
        self.shape = shape;
        self.blocks.resize_with(shape.lines.div_ceil(BLOCK), Box::default);
        let mut spilt = Vec::new();
        for (block, first) in old.blocks.into_iter().zip((0..).step_by(BLOCK)) {
            for (line, at) in block.iter().zip(first..) {
                for cell in old.shape.filled(line) {
                    let (key, slot) = (old.shape.key(at, cell), old.shape.slot(cell));
                    if !self.place(key, slot) {
                        spilt.push((key, slot));
                    }
                }
            }
        }
        spilt
    }
}

impl Line {
    fn get(&self, number: usize, width: u32) -> u64 {
        let bit = number * width as usize;
        let (word, shift) = (bit / 64, bit % 64);
        // No cell reaches over the last word: what is taken from the first one in its place is cut off again.
        let at = |word: usize| self.0[word % (LINE_BITS / 64)];
        // Shifted twice, because by nothing it would be by all of it.
        (at(word) >> shift | at(word + 1) << 1 << (63 - shift)) & ones(width)
    }

    /// How many of its cells are filled, which are its first.
    fn filled(&self, cells: usize, width: u32) -> usize {
        let (mut filled, mut empty) = (0, cells);
        while filled < empty {
            let middle = filled.midpoint(empty);
            if self.get(middle, width) == 0 {
                empty = middle;
            } else {
                filled = middle + 1;
            }
        }
        filled
    }

    fn set(&mut self, number: usize, width: u32, cell: u64) {
        let bit = number * width as usize;
        let (word, shift) = (bit / 64, bit % 64);
        if let Some(word) = self.0.get_mut(word) {
            *word = *word & !(ones(width) << shift) | cell << shift;
        }
        if shift + width as usize > 64
            && let Some(word) = self.0.get_mut(word + 1)
        {
            *word = *word & !(ones(width) >> (64 - shift)) | cell >> (64 - shift);
        }
    }
}

/// So many ones, of at most 63.
fn ones(bits: u32) -> u64 {
    (1 << bits) - 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn held(postings: &Postings, key: u32) -> Vec<Slot> {
        let mut found = vec![77];
        postings.holders(key, usize::MAX, &mut found);
        found.sort_unstable();
        assert_eq!(postings.count(key), found.len());
        found
    }

    proptest! {
        #[test]
        fn it_holds_what_a_set_of_pairs_holds(
            steps in prop::collection::vec((0u32..4, 0u32..12, 0u32..60), 0..1500), close in any::<bool>(),
        ) {
            let mut postings = Postings::new(28, 6);
            let mut pairs = BTreeSet::new();
            for (step, key, slot) in steps {
                // Keys that are spread like hashes, or that all want one place.
                let key = if close { key } else { key.wrapping_mul(0x0234_5678) >> 4 };
                let slot = if slot > 50 { slot << 14 } else { slot };
                if step > 0 && pairs.insert((key, slot)) {
                    postings.add(key, slot);
                } else if step == 0 && pairs.remove(&(key, slot)) {
                    postings.remove(key, slot);
                }
                let expected: Vec<Slot> = pairs.range((key, 0)..=(key, LISTED)).map(|pair| pair.1).collect();
                prop_assert_eq!(held(&postings, key), expected);
            }
        }

        #[test]
        fn it_grows_and_shrinks_without_a_loss(n in 1u32..6_000, upper_bits in 4u32..9) {
            let mut postings = Postings::new(32, upper_bits);
            let key = |n: u32| (n / 3).wrapping_mul(0x85eb_ca6b);
            (0..n).for_each(|n| postings.add(key(n), n));
            (0..n).for_each(|n| assert!(held(&postings, key(n)).contains(&n)));
            (0..n).filter(|n| n % 8 > 0).for_each(|n| postings.remove(key(n), n));
            for n in 0..n {
                prop_assert_eq!(held(&postings, key(n)).contains(&n), n % 8 == 0);
            }
            (0..n).step_by(8).for_each(|n| postings.remove(key(n), n));
            prop_assert!(postings.tables.iter().all(|table| table.used == 0));
        }
    }

    #[test]
    fn a_phrase_that_every_text_ends_with_costs_its_neighbours_nothing() {
        let mut postings = Postings::new(32, 8);
        for slot in 0..50_000 {
            postings.add(7, slot);
            postings.add(slot.wrapping_mul(0x85eb_ca6b) | 1 << 20, slot);
        }
        assert_eq!(postings.count(7), 50_000);
        let used: usize = postings.tables.iter().map(|table| table.used).sum();
        assert!(used < 50_100);
        postings.remove(7, 3);
        assert!(!held(&postings, 7).contains(&3));
        let mut found = Vec::new();
        postings.holders(7, 96, &mut found);
        assert!(found.is_empty(), "too many to be of use");
        (0..50_000).for_each(|slot| postings.remove(7, slot));
        assert!(postings.crowds.is_empty() && postings.count(7) == 0);
    }

    #[test]
    fn keys_made_to_collide_are_kept_all_the_same() {
        let mut postings = Postings::new(28, 12);
        // Undoes the spreading, so that all fall on the first lines of one table.
        assert_eq!(SPREAD.wrapping_mul(GATHER), 1);
        let key = |n: u32| n.wrapping_mul(GATHER) & 0xffff;
        (0..40_000).for_each(|n| postings.add(key(n % 2_000), n));
        (0..2_000).for_each(|n| assert_eq!(held(&postings, key(n)).len(), 20));
        (0..40_000).for_each(|n| postings.remove(key(n % 2_000), n));
        assert!(postings.spilt.is_empty() && postings.crowds.is_empty());
    }

    #[test]
    fn a_pair_takes_less_than_five_bytes() {
        let mut postings = Postings::new(28, 8);
        let hash = |n: u32| (u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 36) as u32 / 16;
        (0..400_000).for_each(|n| postings.add(hash(n), n / 20));
        let bytes: usize = postings.tables.iter().map(|table| table.shape.lines * 64).sum();
        assert!(bytes < 400_000 * 5, "{bytes}");
    }
}
