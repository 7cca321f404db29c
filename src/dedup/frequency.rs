//! In how many remembered texts a term stands, and what it weighs for that.

/// Counters; terms whose hashes end alike share one, so that a rare term may weigh less than it should.
const COUNTERS: usize = 1 << 21;
/// Texts that are taken to be remembered from the beginning and to have none of the terms: the first stories of a new
/// memory would otherwise find all their own words common.
const PRIOR: usize = 500;

/// Counts of the terms of all remembered texts.
#[derive(Debug)]
pub(super) struct Frequencies(Vec<u32>);

impl Default for Frequencies {
    fn default() -> Self {
        Self(vec![0; COUNTERS])
    }
}

impl Frequencies {
    pub(super) fn add(&mut self, term: u32) {
        if let Some(count) = self.0.get_mut(counter(term)) {
            *count += 1;
        }
    }

    pub(super) fn remove(&mut self, term: u32) {
        if let Some(count) = self.0.get_mut(counter(term)) {
            *count = count.saturating_sub(1);
        }
    }

    /// How rare a word is among so many texts: 1 when none has it, 0 when all have it.
    pub(super) fn rarity(&self, word: u32, texts: usize) -> f64 {
        const PRIOR: usize = 100;
        let count = self.0.get(counter(word)).copied().unwrap_or(0);
        let commonness = f64::from(count + 1).ln() / ((texts + PRIOR) as f64).ln();
        (1.0 - commonness).max(0.0).powi(3)
    }

    /// Inverse document frequency of a term among so many texts (Spärck Jones 1972).
    pub(super) fn weight(&self, term: u32, texts: usize) -> f64 {
        let count = self.0.get(counter(term)).copied().unwrap_or(0);
        ((texts + PRIOR) as f64 / f64::from(count + 1)).ln().max(0.0)
    }
}

/// The lowest bit of a term says only whether it is a name. Kept terms have small hashes, so the lower bits tell them
/// apart.
fn counter(term: u32) -> usize {
    (term >> 1) as usize % COUNTERS
}
