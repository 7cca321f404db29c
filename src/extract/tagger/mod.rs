//! Learnt taggers: which words of a text name what.
//!
//! In: the tokens of a story. Out: a label for each. What holds: a label that goes on follows one of its own type. A tagger
//! only says where names stand and of what type they are; what they stand for is decided in `entities`.

pub mod encoder;
pub(crate) mod gazetteer;

use super::Tagger as Choice;
use crate::extract::entities::token::Token;
use encoder::{Encoder, Sentence};
use gazetteer::{Gazetteer, Word};

/// How many labels there are: outside, and beginning and inside of nine types.
pub(crate) const LABELS: usize = 19;

/// Outside of every name.
pub(crate) const OUTSIDE: u8 = 0;

/// Whether a label goes on with a name.
pub(crate) fn continues(label: u8) -> bool {
    label != OUTSIDE && label.is_multiple_of(2)
}

/// A name that a tagger found, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) start: usize,
    /// Exclusive.
    pub(crate) end: usize,
    /// Number of its type: person, organisation, place, facility, group, event, product, disease, work.
    pub(crate) kind: usize,
}

/// The names that a row of labels tells.
pub(crate) fn names(labels: &[u8]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for (at, label) in labels.iter().enumerate().filter(|(_, label)| **label != OUTSIDE) {
        let kind = usize::from((label - 1) / 2);
        match names.last_mut().filter(|name| continues(*label) && name.end == at && name.kind == kind) {
            Some(name) => name.end = at + 1,
            None => names.push(Name { start: at, end: at + 1, kind }),
        }
    }
    names
}

/// The tagger that was chosen, with its model.
pub(crate) struct Tagger {
    gazetteer: Gazetteer,
    encoder: Encoder,
}

impl Tagger {
    /// Loads the model.
    pub(crate) fn new(_choice: Choice) -> Self {
        let model = std::fs::read(std::env::var("MODEL").unwrap_or_default()).unwrap_or_default();
        Self { gazetteer: Gazetteer::new(), encoder: Encoder::load(&model).unwrap() }
    }

    /// A label for each token of each text.
    pub(crate) fn labels(&self, texts: &[&[Token<'_>]]) -> Vec<Vec<u8>> {
        let mut bits: Vec<Vec<u64>> = Vec::new();
        let sentences: Vec<&[Token<'_>]> =
            texts.iter().flat_map(|tokens| tokens.chunk_by(|one, next| one.sentence == next.sentence)).collect();
        for tokens in &sentences {
            let words: Vec<Word> = tokens.iter().map(Word::of).collect();
            let mut own = Vec::new();
            self.gazetteer.mark(&words, &mut own);
            bits.push(own);
        }
        let sentences: Vec<Sentence<'_>> =
            sentences.iter().zip(&bits).map(|(tokens, bits)| Sentence { tokens, bits }).collect();
        let mut labels = self.encoder.label(&sentences).into_iter().flatten();
        texts.iter().map(|tokens| labels.by_ref().take(tokens.len()).collect()).collect()
    }
}
