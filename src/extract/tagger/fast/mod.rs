//! The fast tagger: a linear chain over hashed features.
//!
//! In: the tokens of a story. Out: a label for each. The steps: the words as numbers (`features`, `classes`, the
//! gazetteer), sums of weights (`table`), the best row of labels of each stretch (`viterbi`). The model is made by
//! `tools/tagger/fast`.

mod classes;
mod features;
mod table;
#[cfg(test)]
mod tests;
#[doc(hidden)]
pub mod training;
mod viterbi;

use crate::extract::entities::token::Token;
use features::{Sentence, Tables};
use table::{Scores, Table, WIDTH};
use viterbi::{Lattice, Steps};

/// Outside of every name.
const OUTSIDE: u8 = 0;

/// The model, compressed with zstd.
const MODEL: &[u8] = include_bytes!("model.bin");

/// The tagger, compiled once.
#[derive(Debug)]
pub struct Fast {
    tables: Tables,
    table: Table,
    steps: Steps,
}

impl Default for Fast {
    fn default() -> Self {
        Self::new()
    }
}

impl Fast {
    /// With the model that the program carries.
    pub fn new() -> Self {
        Self::of(MODEL).expect("the model is part of the program and its test reads it")
    }

    /// Of a model's bytes; nothing when they are broken.
    pub(in crate::extract) fn of(bytes: &[u8]) -> Option<Self> {
        let table = Table::read(&zstd::decode_all(bytes).ok()?)?;
        Some(Self { tables: Tables::new(&table.classes), steps: Steps::new(&table.transitions), table })
    }

    /// A label for each token of a text.
    pub(in crate::extract) fn labels(&self, tokens: &[Token<'_>]) -> Vec<u8> {
        let mut labels = vec![OUTSIDE; tokens.len()];
        let mut sentence = Sentence::default();
        let mut lattice = Lattice::default();
        let mut scores: Vec<Scores> = Vec::new();
        let mut rest = labels.as_mut_slice();
        for tokens in tokens.chunk_by(|left, right| left.sentence == right.sentence) {
            let Some((mut labels, behind)) = rest.split_at_mut_checked(tokens.len()) else { break };
            rest = behind;
            sentence.read(&self.tables, tokens);
            let mut at = 0;
            for stretch in sentence.scored().chunk_by(|left, right| left == right) {
                let Some((here, behind)) = labels.split_at_mut_checked(stretch.len()) else { break };
                labels = behind;
                if stretch.first() == Some(&true) {
                    scores.clear();
                    for at in at..at + stretch.len() {
                        let mut sums = [0; WIDTH];
                        sentence.features(at, |_, hash| self.table.add(hash, &mut sums));
                        scores.push(sums);
                    }
                    lattice.best(&self.steps, &scores, here);
                }
                at += stretch.len();
            }
        }
        labels
    }
}

/// Whether `label` may follow `before`: what goes on follows its own type.
fn may_follow(before: u8, label: u8) -> bool {
    label == OUTSIDE || label % 2 == 1 || before == label || before + 1 == label
}
