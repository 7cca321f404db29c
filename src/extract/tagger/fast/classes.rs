//! Classes of words by meaning: cities by cities, surnames by surnames, verbs of saying by verbs of saying.
//!
//! In: a list, one class a line, classes of one family together and families parted by an empty line. Out: class and
//! family of a word by the hash of its folded text. The list was made by clustering the word table of all-MiniLM-L6-v2.

use crate::extract::entities::hash;

/// The list, compiled: open addressing, a slot holds 20 bits of the hash and 12 of the class, 0 when empty.
#[derive(Debug)]
pub(in crate::extract) struct Classes {
    slots: Vec<u32>,
    families: Vec<u8>,
}

impl Classes {
    pub(in crate::extract) fn new(list: &str) -> Self {
        let words = list.split_ascii_whitespace().count();
        let mut classes = Self { slots: vec![0; (words * 2 + 2).next_power_of_two()], families: vec![0] };
        let mut family = 1u8;
        for line in list.lines() {
            if line.is_empty() {
                family = family.saturating_add(1);
                continue;
            }
            let number = u32::try_from(classes.families.len()).unwrap_or(0) & 0xFFF;
            classes.families.push(family);
            for word in line.split_ascii_whitespace() {
                classes.insert(hash::folded(word), number);
            }
        }
        classes
    }

    fn insert(&mut self, hash: u64, class: u32) {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 24) as usize & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if *slot == 0 {
                *slot = tag(hash) | class;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// Class and family of a word; 0 where there is none.
    pub(in crate::extract) fn of(&self, hash: u64) -> (u64, u64) {
        let mask = self.slots.len() - 1;
        let mut at = (hash >> 24) as usize & mask;
        while let Some(slot) = self.slots.get(at).filter(|slot| **slot != 0) {
            if slot & !0xFFF == tag(hash) {
                let class = slot & 0xFFF;
                return (u64::from(class), u64::from(self.families.get(class as usize).copied().unwrap_or(0)));
            }
            at = (at + 1) & mask;
        }
        (0, 0)
    }
}

fn tag(hash: u64) -> u32 {
    (hash as u32) & !0xFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_has_the_class_of_its_line_and_the_family_of_its_block() {
        let classes = Classes::new("paris rome\nsmith jones\n\nsaid told\n\n");
        let of = |word: &str| classes.of(hash::folded(word));
        assert_eq!(
            (of("Rome"), of("PARIS"), of("Jones"), of("told"), of("Okello")),
            ((1, 1), (1, 1), (2, 1), (3, 2), (0, 0))
        );
    }
}
