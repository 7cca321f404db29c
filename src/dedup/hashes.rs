//! Sets and tables of hashes, in which one is found at once: each lies where a product of it says, or soon after it.
//!
//! Words are chosen by whoever writes a feed. The factor is chosen anew by each process, so that nobody can write words
//! that all want one place; what is found does not depend on it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use xxhash_rust::xxh3::xxh3_64_with_seed;

static FACTOR: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0) | 1);

/// The hash of a name that somebody else may choose, another one in each process.
pub(super) fn of_name(name: &str) -> u64 {
    xxh3_64_with_seed(name.as_bytes(), *FACTOR)
}

/// Which of some places a hash wants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Places {
    factor: u64,
    bits: u32,
}

impl Places {
    /// For so many hashes; three times as many places at least.
    pub(super) fn new(hashes: usize) -> Self {
        Self { factor: *FACTOR, bits: (hashes * 3).next_power_of_two().ilog2().max(1) }
    }

    pub(super) fn len(self) -> usize {
        1 << self.bits
    }

    #[inline]
    pub(super) fn wanted(self, hash: u64) -> usize {
        (hash.wrapping_mul(self.factor) >> (u64::BITS - self.bits)) as usize
    }

    #[inline]
    pub(super) fn next(self, place: usize) -> usize {
        (place + 1) & (self.len() - 1)
    }
}

/// A set; the hash of nought is in none.
#[derive(Debug)]
pub(super) struct Hashes {
    places: Places,
    hashes: Vec<u64>,
}

impl Hashes {
    /// The set of these, so many at most.
    pub(super) fn of(most: usize, hashes: impl Iterator<Item = u64>) -> Self {
        let places = Places::new(most);
        let mut set = Self { places, hashes: vec![0; places.len()] };
        for hash in hashes.take(most) {
            let place = set.place(hash);
            if let Some(place) = set.hashes.get_mut(place) {
                *place = hash;
            }
        }
        set
    }

    #[inline]
    pub(super) fn contains(&self, hash: u64) -> bool {
        hash != 0 && self.hashes.get(self.place(hash)) == Some(&hash)
    }

    /// Where a hash lies, or would.
    #[inline]
    fn place(&self, hash: u64) -> usize {
        let mut place = self.places.wanted(hash);
        while self.hashes.get(place).is_some_and(|taken| *taken != 0 && *taken != hash) {
            place = self.places.next(place);
        }
        place
    }
}

/// Bits of which each hash of a table has one.
const MET: usize = 1 << 15;

/// A table of hashes with marks. Most that it is asked for are not in it: these take a look at one bit, and all the bits
/// together stay near the processor.
#[derive(Debug)]
pub(super) struct Marked {
    met: [u64; MET / 64],
    places: Places,
    hashes: Vec<(u64, u8)>,
}

impl Marked {
    /// The table of these; equal ones have the marks of all.
    pub(super) fn of(hashes: &[(u64, u8)]) -> Self {
        let places = Places::new(hashes.len());
        let mut table = Self { met: [0; MET / 64], places, hashes: vec![(0, 0); places.len()] };
        for (hash, marks) in hashes {
            let (word, bit) = met(*hash);
            table.met[word] |= bit;
            let place = table.place(*hash);
            if let Some(known) = table.hashes.get_mut(place) {
                *known = (*hash, known.1 | marks);
            }
        }
        table
    }

    /// The marks of a hash; none of one that is not there.
    #[inline]
    pub(super) fn marks(&self, hash: u64) -> u8 {
        let (word, bit) = met(hash);
        let known = if self.met[word] & bit == 0 { None } else { self.hashes.get(self.place(hash)) };
        known.filter(|known| known.0 == hash).map_or(0, |known| known.1)
    }

    /// Where a hash lies, or would.
    fn place(&self, hash: u64) -> usize {
        let mut place = self.places.wanted(hash);
        while self.hashes.get(place).is_some_and(|taken| taken.1 != 0 && taken.0 != hash) {
            place = self.places.next(place);
        }
        place
    }
}

/// In which word the bit of a hash is, and the bit.
fn met(hash: u64) -> (usize, u64) {
    let bit = hash as usize % MET;
    (bit / 64, 1 << (bit % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_knows_the_marks_of_what_it_holds() {
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let table = Marked::of(&(1..=200).map(|n| (hash(n), 1)).chain([(hash(9), 2)]).collect::<Vec<_>>());
        assert!((1..=200).all(|n| table.marks(hash(n)) == if n == 9 { 3 } else { 1 }));
        assert!((201..2_000).chain([0]).all(|n| table.marks(hash(n)) == 0) && Marked::of(&[]).marks(0) == 0);
    }

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let set = Hashes::of(200, (1..=200).map(|n| n << 32));
        assert!((1..=200).all(|n| set.contains(n << 32)));
        assert!(!set.contains(0) && !set.contains(7) && !Hashes::of(0, std::iter::empty()).contains(7));
    }
}
