//! The door through which the trainer in `tools/tagger/fast` uses the very code of the tagger. No part of the program.

use super::Fast;
use super::features::{Sentence, Tables};
use super::table::Table;
use crate::extract::entities::token::{self, Token};

pub use super::features::Kind;

/// How many labels there are.
pub const LABELS: usize = crate::extract::tagger::LABELS;

/// A word of training text: its text, whether white space stands before it, whether it opens.
pub type Word<'t> = (&'t str, bool, bool);

/// Reads sentences for their features.
#[derive(Debug)]
pub struct Reader {
    tables: Tables,
    sentence: Sentence,
}

fn tokens<'t>(sentences: &[Vec<Word<'t>>]) -> Vec<Token<'t>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    for (sentence, words) in sentences.iter().enumerate() {
        for (text, spaced, opens) in words {
            at += usize::from(*spaced);
            let end = at + text.len();
            let (case, opens, spaced) = (token::case(text), *opens, *spaced);
            tokens.push(Token { start: at, end, text, case, opens, sentence, spaced });
            at = end;
        }
    }
    tokens
}

impl Reader {
    /// With these classes of words.
    pub fn new(classes: &str) -> Self {
        Self { tables: Tables::new(classes), sentence: Sentence::default() }
    }

    /// Takes in a sentence and tells which of its words are looked at.
    pub fn read(&mut self, words: &[Word<'_>]) -> &[bool] {
        let tokens = tokens(&[words.to_vec()]);
        self.sentence.read(&self.tables, &tokens);
        self.sentence.scored()
    }

    /// The features of a word of the sentence that was read last.
    pub fn features(&self, at: usize, give: &mut dyn FnMut(Kind, u64)) {
        self.sentence.features(at, give);
    }
}

/// The bytes of a model.
pub fn pack(
    features: &[(u64, [f32; LABELS])],
    transitions: &[[f32; LABELS]; LABELS],
    classes: &str,
) -> std::io::Result<Vec<u8>> {
    Table::pack(features, transitions, classes)
}

/// A trained tagger.
#[derive(Debug)]
pub struct Tagger(Fast);

impl Tagger {
    /// Of a model's bytes.
    pub fn new(model: &[u8]) -> Option<Self> {
        Fast::of(model).map(Self)
    }

    /// The labels of a document, sentence after sentence.
    pub fn labels(&self, sentences: &[Vec<Word<'_>>]) -> Vec<u8> {
        self.0.labels(&tokens(sentences))
    }

    /// The labels of a text, and how many nanoseconds they took without the cutting into tokens.
    pub fn timed(&self, text: &str) -> (Vec<u8>, u128) {
        let tokens = token::tokens(text, crate::model::Field::Body);
        let start = std::time::Instant::now();
        let labels = self.0.labels(&tokens);
        (labels, start.elapsed().as_nanos())
    }

    /// The bits of the gazetteer.
    pub fn known(sentences: &[Vec<Word<'_>>]) -> Vec<u64> {
        crate::extract::tagger::gazetteer::Gazetteer::new().bits(&tokens(sentences))
    }
}
