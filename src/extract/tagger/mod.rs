//! Learnt taggers: which words of a text name what.
//!
//! In: the tokens of a story and its language. Out: a label for each. What holds: a label that goes on follows one of its
//! own type. A tagger only says where names stand and of what type they are; what they stand for is decided in
//! `entities`. The models are part of the program; `tools/tagger` makes them.

pub mod encoder;
pub mod fast;
pub(in crate::extract) mod gazetteer;

use super::{ENGLISH, Tagger as Choice};
use crate::extract::entities::token::Token;
use encoder::{Encoder, Sentence};
use fast::Fast;
use gazetteer::Gazetteers;

/// The languages of the text that the models were made of.
const TAUGHT: [&str; 5] = [ENGLISH, "de", "es", "fr", "ru"];

/// Whether the taggers read a language.
pub(in crate::extract) fn reads(language: &str) -> bool {
    TAUGHT.contains(&language)
}

/// How many labels there are: outside, and beginning and inside of nine types.
pub(crate) const LABELS: usize = 19;

/// Outside of every name.
const OUTSIDE: u8 = 0;

/// A name that a tagger found, in tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) struct Name {
    pub(in crate::extract) start: usize,
    /// Exclusive.
    pub(in crate::extract) end: usize,
    /// Number of its type: person, organisation, place, facility, group, event, product, disease, work.
    pub(in crate::extract) kind: usize,
}

/// What a tagger says of a text: the label of each token, and, from one that says it, how likely it is by itself, 0 to 1.
#[derive(Debug, Default)]
pub(in crate::extract) struct Labels {
    pub(in crate::extract) labels: Vec<u8>,
    pub(in crate::extract) likely: Vec<f32>,
}

/// The names that a row of labels tells.
pub(in crate::extract) fn names(labels: &[u8]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::new();
    for (at, label) in labels.iter().enumerate().filter(|(_, label)| **label != OUTSIDE) {
        let kind = usize::from((label - 1) / 2);
        let goes_on = label.is_multiple_of(2);
        match names.last_mut().filter(|name| goes_on && name.end == at && name.kind == kind) {
            Some(name) => name.end = at + 1,
            None => names.push(Name { start: at, end: at + 1, kind }),
        }
    }
    names
}

/// A tagger with its model.
pub(in crate::extract) struct Tagger {
    gazetteers: Gazetteers,
    model: Model,
}

enum Model {
    Fast(Box<Fast>),
    Accurate(Box<Encoder>),
}

impl Tagger {
    /// Loads the model of the one that was chosen.
    pub(in crate::extract) fn new(choice: Choice) -> Self {
        let model = match choice {
            Choice::Fast => Model::Fast(Box::default()),
            Choice::Accurate => Model::Accurate(Box::new(Encoder::new())),
        };
        Self { gazetteers: Gazetteers::default(), model }
    }

    /// Its name on records.
    pub(in crate::extract) fn name(&self) -> &'static str {
        match self.model {
            Model::Fast(_) => "fast/3",
            Model::Accurate(_) => "accurate/2",
        }
    }

    /// What it says of each text of a story, which are read as one, so that what the body says in full is known in the
    /// headline. The fast tagger does not say how likely a label is.
    pub(in crate::extract) fn read(&self, language: &str, texts: &[&[Token<'_>]]) -> Vec<Labels> {
        let gazetteer = self.gazetteers.of(language);
        let (labels, likely) = match &self.model {
            Model::Fast(tagger) => (tagger.labels(gazetteer, texts), Vec::new()),
            Model::Accurate(encoder) => {
                let bits: Vec<Vec<u64>> = texts.iter().map(|tokens| gazetteer.bits(tokens)).collect();
                let mut sentences = Vec::new();
                for (text, bits) in texts.iter().zip(&bits) {
                    let mut rest = bits.as_slice();
                    for tokens in text.chunk_by(|one, next| one.sentence == next.sentence) {
                        let (bits, behind) = rest.split_at_checked(tokens.len()).unwrap_or((rest, &[]));
                        rest = behind;
                        sentences.push(Sentence { tokens, bits });
                    }
                }
                let (mut labels, mut likely) = (Vec::new(), Vec::new());
                for (of_sentence, shares) in encoder.read(&sentences) {
                    labels.extend(of_sentence);
                    likely.extend(shares);
                }
                (labels, likely)
            }
        };
        parted(labels, likely, texts)
    }
}

/// What is said of all tokens, text by text.
fn parted(labels: Vec<u8>, likely: Vec<f32>, texts: &[&[Token<'_>]]) -> Vec<Labels> {
    let (mut labels, mut likely) = (labels.into_iter(), likely.into_iter());
    let of = |tokens: &&[Token<'_>]| Labels {
        labels: labels.by_ref().take(tokens.len()).collect(),
        likely: likely.by_ref().take(tokens.len()).collect(),
    };
    texts.iter().map(of).collect()
}
