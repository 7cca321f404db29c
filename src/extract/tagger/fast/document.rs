//! What a story says about a name elsewhere: the second look of the fast tagger.
//!
//! In: the words of a story that were looked at, with the labels of the first look. Out: features of each word from the
//! labels that the same word got at other places: "Wekesa" alone is a person where "Daniel Wekesa" was one. What holds: a
//! word's own first label is never among those that speak for it; where a word stands only once nothing is added.

use super::OUTSIDE;
use super::features::{finish, pair};

/// A word that was looked at.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct Spot {
    pub(super) folded: u64,
    /// The last word of its run of capitals.
    pub(super) last: u64,
    pub(super) case: u64,
    /// How many words its run has, and whether it is the last of them.
    pub(super) run: u64,
    pub(super) ends: bool,
    /// It is written like a name, so that its labels count.
    pub(super) name: bool,
    /// The word before it was looked at, too.
    pub(super) joined: bool,
}

/// Classes of labels that are counted: outside, person, organisation, place, facility, group, others.
const CLASSES: usize = 7;
/// Counted apart: ended a person's name of several words.
const SURNAME: usize = 7;

type Counts = [u8; CLASSES + 1];

/// Counts of labels by word, and what they say.
#[derive(Debug, Default)]
pub(in crate::extract) struct Memory {
    /// Open addressing, a power of two long; 0 is an empty key.
    slots: Vec<(u64, Counts)>,
    /// What other places say of each word.
    opinions: Vec<u64>,
}

fn class(label: u8) -> usize {
    usize::from(label).div_ceil(2).min(CLASSES - 1)
}

impl Memory {
    /// Counts the labels of a story's first look. [`Self::features`] is then asked about these spots and labels.
    pub(super) fn read(&mut self, spots: &[Spot], labels: &[u8]) {
        self.slots.clear();
        self.slots.resize((spots.len() * 2 + 2).next_power_of_two(), (0, Counts::default()));
        let next = labels.iter().skip(1).copied().chain([OUTSIDE]);
        for ((spot, label), next) in spots.iter().zip(labels).zip(next).filter(|((spot, _), _)| spot.name) {
            let Some((_, counts)) = self.slot(spot.folded).and_then(|at| self.slots.get_mut(at)) else { continue };
            let surname = *label == 2 && next != 2;
            for at in [Some(class(*label)), surname.then_some(SURNAME)].into_iter().flatten() {
                if let Some(count) = counts.get_mut(at) {
                    *count = count.saturating_add(1);
                }
            }
        }
        let opinions = spots.iter().zip(labels).map(|(spot, label)| self.opinion(spot, *label)).collect();
        self.opinions = opinions;
    }

    /// The slot of a word, made its own where it had none.
    fn slot(&mut self, key: u64) -> Option<usize> {
        let key = key.max(1);
        let mask = self.slots.len() - 1;
        let mut at = (key >> 24) as usize & mask;
        loop {
            let slot = self.slots.get_mut(at)?;
            if slot.0 == 0 {
                slot.0 = key;
            }
            if slot.0 == key {
                return Some(at);
            }
            at = (at + 1) & mask;
        }
    }

    fn counts(&self, key: u64) -> Counts {
        let key = key.max(1);
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = (key >> 24) as usize & mask;
        while let Some(slot) = self.slots.get(at).filter(|slot| slot.0 != 0) {
            if slot.0 == key {
                return slot.1;
            }
            at = (at + 1) & mask;
        }
        Counts::default()
    }

    /// What other places say of a word, in a number; 0 when there are none.
    fn opinion(&self, spot: &Spot, label: u8) -> u64 {
        if !spot.name {
            return 0;
        }
        let mut counts = self.counts(spot.folded);
        if let Some(own) = counts.get_mut(class(label)) {
            *own = own.saturating_sub(1);
        }
        let surname = counts.get(SURNAME).is_some_and(|count| *count > 0);
        let counts = counts.iter().take(CLASSES);
        let total: u32 = counts.clone().map(|count| u32::from(*count)).sum();
        let Some((at, most)) = counts.enumerate().max_by_key(|(_, count)| **count).filter(|_| total > 0) else {
            return 0;
        };
        let sure = u64::from(u32::from(*most) == total) + u64::from(u32::from(*most) * 3 >= total * 2);
        let many = match most {
            0 | 1 => 0,
            2 | 3 => 1,
            _ => 2,
        };
        1 + at as u64 + 8 * sure + 32 * many + 128 * u64::from(surname)
    }

    /// Gives the hashes of the features of the word at `at`.
    pub(super) fn features(&self, spots: &[Spot], labels: &[u8], at: usize, mut give: impl FnMut(u64)) {
        let (Some(spot), Some(label)) = (spots.get(at), labels.get(at)) else { return };
        let said = |at: usize| self.opinions.get(at).copied().unwrap_or(0);
        let own = said(at);
        let neighbour = |at: usize| labels.get(at).map(|label| (said(at), u64::from(*label)));
        let before = at.checked_sub(1).filter(|_| spot.joined).and_then(neighbour).unwrap_or((0, 99));
        let after = spots.get(at + 1).filter(|next| next.joined).and_then(|_| neighbour(at + 1)).unwrap_or((0, 99));
        let label = u64::from(*label);
        if own != 0 {
            give(finish(101, own));
            give(finish(102, pair(own, spot.case)));
            give(finish(103, pair(own, label)));
            give(finish(104, pair(own, spot.run.min(3) * 2 + u64::from(spot.ends))));
            give(finish(105, pair(pair(own, label), before.1)));
            give(finish(106, pair(pair(own, label), after.1)));
        }
        if before.0 != 0 {
            give(finish(107, pair(pair(before.0, own), label)));
        }
        if after.0 != 0 {
            give(finish(108, pair(pair(after.0, own), label)));
        }
        if !spot.ends && spot.name {
            let last = self.counts(spot.last);
            if last.get(SURNAME).is_some_and(|count| *count > 1) {
                give(finish(109, pair(label, own)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(folded: u64) -> Spot {
        Spot { folded, last: folded, case: 1, run: 1, ends: true, name: true, joined: false }
    }

    #[test]
    fn only_other_places_speak_for_a_word() {
        let spots = [spot(7), spot(8), spot(7), spot(8), spot(9)];
        let labels = [1, 2, 0, 3, 5];
        let mut memory = Memory::default();
        memory.read(&spots, &labels);
        let opinion = |at: usize| memory.opinion(&spots[at], labels[at]);
        // Sure (8 * 2), once: outside, then person; the surname of a person of two words; alone.
        assert_eq!([opinion(0), opinion(2), opinion(3), opinion(4)], [17, 18, 18 + 128, 0]);
    }
}
