//! In how many remembered texts a term stands, and what it weighs for that.

use super::window::Spread;
use std::{cell::Cell, collections::HashMap, hash::BuildHasherDefault};

/// Counters; terms whose hashes end alike share one, so that a rare term may weigh less than it should.
const COUNTERS: usize = 1 << 21;
/// Texts that are taken to be remembered from the beginning and to have none of the terms: the first stories of a new
/// memory would otherwise find all their own words common.
const PRIOR: usize = 500;

/// Counts of the terms of all remembered texts. Nearly all terms stand in few, so a count is a byte: the less memory they
/// take, the more of it is near.
#[derive(Debug)]
pub(super) struct Frequencies {
    counts: Vec<u8>,
    /// The counts of the counters that say [`MANY`].
    great: HashMap<u32, u32, BuildHasherDefault<Spread>>,
}

/// A count that a byte does not hold.
const MANY: u8 = u8::MAX;

impl Default for Frequencies {
    fn default() -> Self {
        Self { counts: vec![0; COUNTERS], great: HashMap::default() }
    }
}

impl Frequencies {
    pub(super) fn add(&mut self, term: u32) {
        let Some(count) = self.counts.get_mut(counter(term)) else { return };
        if *count < MANY - 1 {
            *count += 1;
        } else {
            *count = MANY;
            *self.great.entry(counter(term) as u32).or_insert(u32::from(MANY) - 1) += 1;
        }
    }

    pub(super) fn remove(&mut self, term: u32) {
        let Some(count) = self.counts.get_mut(counter(term)) else { return };
        if *count < MANY {
            *count = count.saturating_sub(1);
        } else if let Some(great) = self.great.get_mut(&(counter(term) as u32)) {
            *great -= 1;
            if *great < u32::from(MANY) {
                self.great.remove(&(counter(term) as u32));
                *count = MANY - 1;
            }
        }
    }

    /// How rare a word is among so many texts: 1 when none has it, 0 when all have it.
    pub(super) fn rarity(&self, word: u32, texts: usize) -> f64 {
        const PRIOR: usize = 100;
        let commonness = f64::from(self.count(word) + 1).ln() / ((texts + PRIOR) as f64).ln();
        (1.0 - commonness).max(0.0).powi(3)
    }

    /// What terms weigh among so many texts.
    pub(super) fn weights(&self, texts: usize) -> Weights<'_> {
        Weights { frequencies: self, texts, known: [const { Cell::new(f64::NAN) }; KNOWN] }
    }

    fn count(&self, term: u32) -> u32 {
        match self.counts.get(counter(term)).copied().unwrap_or(0) {
            MANY => self.great.get(&(counter(term) as u32)).copied().unwrap_or(0),
            count => u32::from(count),
        }
    }
}

/// Counts of which the weight is reckoned once.
const KNOWN: usize = 64;

/// What terms weigh.
pub(super) struct Weights<'f> {
    frequencies: &'f Frequencies,
    texts: usize,
    /// By count.
    known: [Cell<f64>; KNOWN],
}

impl Weights<'_> {
    /// Inverse document frequency of a term (Spärck Jones 1972).
    pub(super) fn of(&self, term: u32) -> f64 {
        let count = self.frequencies.count(term);
        let reckoned = || ((self.texts + PRIOR) as f64 / f64::from(count + 1)).ln().max(0.0);
        let Some(known) = self.known.get(count as usize) else { return reckoned() };
        if known.get().is_nan() {
            known.set(reckoned());
        }
        known.get()
    }
}

/// The lowest bit of a term says only whether it is a name. Kept terms have small hashes, so the lower bits tell them
/// apart.
fn counter(term: u32) -> usize {
    (term >> 1) as usize % COUNTERS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_weighs_the_same_before_and_after_it_was_common() {
        let mut frequencies = Frequencies::default();
        let weight = |frequencies: &Frequencies| frequencies.weights(1_000).of(6);
        let weights: Vec<f64> = (0..600)
            .map(|_| {
                frequencies.add(7);
                weight(&frequencies)
            })
            .collect();
        assert!(weights.windows(2).all(|two| two.first() > two.last()));
        for before in weights.iter().rev() {
            assert_eq!(weight(&frequencies), *before);
            frequencies.remove(6);
        }
        assert!(frequencies.great.is_empty() && weight(&frequencies) > 7.0);
    }
}
