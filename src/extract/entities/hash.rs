//! Words as numbers: equal for all spellings of a word that fold to the same, so that tables are asked by number.
//!
//! In: the text of a word. Out: 64 bits. What holds: `folded(word) == exact(&fold(word))`. Different words have different
//! numbers but for an accident of one in many millions of millions.

use super::knowledge::fold;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// The hash of a word's text, the same for all spellings that fold to the same.
#[inline]
pub(in crate::extract) fn folded(text: &str) -> u64 {
    if text.is_ascii() { bytes(text.as_bytes(), lower_ascii) } else { folded_slowly(text) }
}

/// The hash of a word's text as it stands.
#[inline]
pub(in crate::extract) fn exact(text: &str) -> u64 {
    bytes(text.as_bytes(), |word| word)
}

#[cold]
fn folded_slowly(text: &str) -> u64 {
    let folded = fold(text);
    bytes(folded.as_bytes(), |word| word)
}

/// Eight bytes at a time.
#[inline]
fn bytes(text: &[u8], map: impl Fn(u64) -> u64) -> u64 {
    let (chunks, rest) = text.as_chunks::<8>();
    let mut hash = text.len() as u64;
    for chunk in chunks {
        hash = mix(hash ^ map(u64::from_le_bytes(*chunk)));
    }
    if !rest.is_empty() {
        hash = mix(hash ^ map(few(rest)));
    }
    hash
}

/// Up to seven bytes as a number, the first one lowest.
#[inline]
fn few(bytes: &[u8]) -> u64 {
    // Two halves that may share bytes in the middle.
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (head, tail) = (u32::from_le_bytes(*head), u32::from_le_bytes(*tail));
        return u64::from(head) | u64::from(tail) << (8 * (bytes.len() - 4));
    }
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<2>(), bytes.last_chunk::<2>()) {
        let (head, tail) = (u16::from_le_bytes(*head), u16::from_le_bytes(*tail));
        return u64::from(head) | u64::from(tail) << (8 * (bytes.len() - 2));
    }
    bytes.first().map_or(0, |byte| u64::from(*byte))
}

/// Lower case of eight ASCII characters at once.
#[inline]
fn lower_ascii(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    // The high bit of a byte says: at least 'A', and not beyond 'Z'.
    let from_a = word + ONES * (0x80 - b'A' as u64);
    let beyond_z = word + ONES * (0x7F - b'Z' as u64);
    word | (from_a & !beyond_z & (ONES << 7)) >> 2
}

/// Spreads the bits of a word over all of it.
#[inline]
pub(in crate::extract) fn mix(word: u64) -> u64 {
    let product = u128::from(word ^ 0x9E37_79B9_7F4A_7C15) * 0xD6E8_FEB8_6659_FD93;
    (product >> 64) as u64 ^ product as u64
}

/// The number of a row of words: `state` is that of the words before, 0 at first.
#[inline]
pub(in crate::extract) fn step(state: u64, hash: u64) -> u64 {
    mix(state.rotate_left(5) ^ hash).max(1)
}

/// A table of our own by numbers that are hashes already; what a text makes is never put into one.
pub(in crate::extract) type Numbered<T> = HashMap<u64, T, BuildHasherDefault<AsItIs>>;

/// A set of our own of such numbers.
pub(in crate::extract) type Numbers = HashSet<u64, BuildHasherDefault<AsItIs>>;

/// Whether a table may have a number, asked before the table is: a bit for each number of it, and for some others.
#[derive(Debug)]
pub(in crate::extract) struct Filter(Box<[u64; 1024]>);

impl Filter {
    pub(in crate::extract) fn add(&mut self, number: u64) {
        let (cell, bit) = Self::place(number);
        self.0[cell] |= bit;
    }

    #[inline]
    pub(in crate::extract) fn may_have(&self, number: u64) -> bool {
        let (cell, bit) = Self::place(number);
        self.0[cell] & bit != 0
    }

    #[inline]
    fn place(number: u64) -> (usize, u64) {
        ((number >> 6 & 1023) as usize, 1 << (number & 63))
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self(Box::new([0; 1024]))
    }
}

/// Takes a number for its own hash.
#[derive(Debug, Default)]
pub(in crate::extract) struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| mix(hash ^ u64::from(*byte)));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_bytes_are_read_as_one_by_one() {
        let bytes = *b"\x01\x82\x03\x84\x05\x86\x07";
        for length in 1..=7 {
            let one_by_one = bytes[..length].iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            assert_eq!(few(&bytes[..length]), one_by_one);
        }
    }

    #[test]
    fn folding_eight_letters_at_once_is_folding_each() {
        for text in ["", "A", "Zulu", "AZ[@`az{", "Constantinople", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "U.S."] {
            assert_eq!(folded(text), exact(&text.to_ascii_lowercase()), "{text}");
        }
        assert_eq!(folded("Élysée"), exact("elysee"));
    }
}
