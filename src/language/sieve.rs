//! Tables of words that most words of a text are not in.
//!
//! In: words in lower case, each with what is known of it. Out: the same by word. What holds: a word that is not in the
//! table mostly costs no hash, for its first and last letter and its length say so.

use rustc_hash::FxHashMap;

/// A table by word.
#[derive(Debug, Clone)]
pub(crate) struct Sieved<V> {
    words: FxHashMap<Box<str>, V>,
    ends: Ends,
}

impl<V> Sieved<V> {
    pub(crate) fn get(&self, word: &str) -> Option<&V> {
        if self.ends.may_have(word.as_bytes()) { self.words.get(word) } else { None }
    }

    pub(crate) fn contains(&self, word: &str) -> bool {
        self.get(word).is_some()
    }

    /// False where the table has none that a word is, whatever its case.
    pub(crate) fn may_have(&self, word: &[u8]) -> bool {
        self.ends.may_have(word)
    }
}

impl<V> Default for Sieved<V> {
    fn default() -> Self {
        Self { words: FxHashMap::default(), ends: Ends::default() }
    }
}

impl<S: Into<Box<str>>, V> FromIterator<(S, V)> for Sieved<V> {
    fn from_iter<I: IntoIterator<Item = (S, V)>>(words: I) -> Self {
        let mut table = Self::default();
        for (word, value) in words {
            let word = word.into();
            table.ends.add(word.as_bytes());
            table.words.insert(word, value);
        }
        table
    }
}

/// A table of nothing but words.
impl<'w> FromIterator<&'w str> for Sieved<()> {
    fn from_iter<I: IntoIterator<Item = &'w str>>(words: I) -> Self {
        words.into_iter().map(|word| (word, ())).collect()
    }
}

/// How words begin and end and how long they are, a bit each.
#[derive(Debug, Clone)]
struct Ends([u64; 128]);

impl Default for Ends {
    fn default() -> Self {
        Self([0; 128])
    }
}

impl Ends {
    fn add(&mut self, word: &[u8]) {
        if let Some((cell, bit)) = Self::place(word) {
            self.0[cell] |= bit;
        }
    }

    #[inline]
    fn may_have(&self, word: &[u8]) -> bool {
        Self::place(word).is_some_and(|(cell, bit)| self.0[cell] & bit != 0)
    }

    /// Letters of either case have one place.
    #[inline]
    fn place(word: &[u8]) -> Option<(usize, u64)> {
        let (first, last) = (word.first()? & 0x1F, word.last()? & 0x1F);
        let number = usize::from(first) << 8 | usize::from(last) << 3 | word.len() & 7;
        Some((number / 64, 1 << (number % 64)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_and_most_others_are_not_asked_for() {
        let table: Sieved<u8> = [("said", 1), ("told", 2), ("à", 3)].into_iter().collect();
        assert_eq!(
            ["said", "told", "à", "sad", ""].map(|word| table.get(word).copied()),
            [Some(1), Some(2), Some(3), None, None]
        );
        assert!(table.may_have(b"Said") && table.may_have(b"TOLD") && !table.may_have(b"minister"));
    }
}
