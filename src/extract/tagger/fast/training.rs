//! The door through which the trainer in `tools/tagger/fast` uses the very code of the tagger. No part of the program.

use super::Fast;
use super::classes::Classes;
use super::document::Memory;
use super::features::Sentence;
use super::table::{SCALE, Table};
use crate::extract::ENGLISH;
use crate::extract::entities::hash;
use crate::extract::entities::token::{self, Token};
use crate::extract::tagger::gazetteer::Gazetteers;

pub use super::features::Kind;

/// How many labels there are.
pub const LABELS: usize = crate::extract::tagger::LABELS;

/// A word of training text: its text, whether white space stands before it, whether it opens.
pub type Word<'t> = (&'t str, bool, bool);

/// Reads sentences for their features.
#[derive(Debug)]
pub struct Reader {
    gazetteers: Gazetteers,
    classes: Classes,
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
            let folded = hash::folded(text);
            tokens.push(Token { start: at, end, text, folded, case, opens, sentence, spaced });
            at = end;
        }
    }
    tokens
}

impl Reader {
    /// With these classes of words.
    pub fn new(classes: &str) -> Self {
        Self { gazetteers: Gazetteers::default(), classes: Classes::new(classes), sentence: Sentence::default() }
    }

    /// Takes in a sentence of a language and tells which of its words are looked at.
    pub fn read(&mut self, language: &str, words: &[Word<'_>]) -> &[bool] {
        let tokens = tokens(&[words.to_vec()]);
        self.sentence.read(self.gazetteers.of(language), &self.classes, &tokens);
        self.sentence.scored()
    }

    /// The features of a word of the sentence that was read last.
    pub fn features(&self, at: usize, give: &mut dyn FnMut(Kind, u64)) {
        self.sentence.features(at, give);
    }
}

/// The bytes of a model with at most so many features.
pub fn pack(
    features: &[(u64, [f32; LABELS])],
    transitions: &[[f32; LABELS]; LABELS],
    classes: &str,
    most: usize,
) -> std::io::Result<Vec<u8>> {
    Table::pack(features, transitions, classes, most)
}

/// A word of a document after the first look.
#[derive(Debug)]
pub struct Second {
    /// Its token in the document.
    pub token: usize,
    /// It goes on with the stretch of the word before.
    pub joined: bool,
    /// The scores of the first look.
    pub scores: [f32; LABELS],
    /// The features of the second one.
    pub features: Vec<u64>,
}

/// Tokens of a text.
#[derive(Debug)]
pub struct Cut<'t>(Vec<Token<'t>>);

/// A trained tagger.
#[derive(Debug)]
pub struct Tagger(Fast, Gazetteers);

impl Tagger {
    /// Of a model's bytes.
    pub fn new(model: &[u8]) -> Option<Self> {
        Some(Self(Fast::of(model)?, Gazetteers::default()))
    }

    /// The labels of a document in a language, sentence after sentence.
    pub fn labels(&self, language: &str, sentences: &[Vec<Word<'_>>]) -> Vec<u8> {
        self.0.labels(self.1.of(language), &[&tokens(sentences)])
    }

    /// The first look at a document, and the features of the second one.
    pub fn second(&self, language: &str, sentences: &[Vec<Word<'_>>]) -> Vec<Second> {
        let story = self.0.look(self.1.of(language), &[&tokens(sentences)]);
        let mut memory = Memory::default();
        memory.read(&story.spots, &story.labels);
        let words = story.tokens.iter().zip(&story.scores).zip(&story.spots).enumerate();
        words
            .map(|(at, ((token, scores), spot))| {
                let mut features = Vec::new();
                memory.features(&story.spots, &story.labels, at, |hash| features.push(hash));
                let scores =
                    std::array::from_fn(|label| scores.get(label).map_or(0.0, |score| f32::from(*score) / SCALE));
                Second { token: *token, joined: spot.joined, scores, features }
            })
            .collect()
    }

    /// The tokens of a text, for [`Self::count`].
    pub fn cut<'t>(&self, text: &'t str) -> Cut<'t> {
        Cut(token::tokens(text, crate::model::Field::Body))
    }

    /// Labels the tokens; returns how many there are.
    pub fn count(&self, tokens: &Cut<'_>) -> usize {
        self.0.labels(self.1.of(ENGLISH), &[&tokens.0]).len()
    }

    /// The bits of the gazetteer.
    pub fn known(sentences: &[Vec<Word<'_>>]) -> Vec<u64> {
        Gazetteers::default().of(ENGLISH).bits(&tokens(sentences))
    }
}
