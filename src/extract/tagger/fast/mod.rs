//! The fast tagger: a linear chain over hashed features.
//!
//! In: the tokens of a story. Out: a label for each. The steps: the words as numbers (`features`, `classes`, the
//! gazetteer), sums of weights (`table`), the best row of labels of each stretch (`viterbi`), and once more with what the
//! story says elsewhere (`document`). The model is made by
//! `tools/tagger/fast`.

mod classes;
mod document;
mod features;
mod table;
#[cfg(test)]
mod tests;
#[doc(hidden)]
pub mod training;
mod viterbi;

use super::OUTSIDE;
use super::gazetteer::Gazetteer;
use crate::extract::ENGLISH;
use crate::extract::entities::token::{self, Token};
use crate::model::Field;
use classes::Classes;
use document::{Memory, Spot};
use features::Sentence;
use table::{Rows, Scores, Table, WIDTH};
use viterbi::{Lattice, Steps};

/// The model, compressed with zstd.
const MODEL: &[u8] = include_bytes!("model.bin");

/// Bytes of the largest model, unpacked.
const LARGEST: usize = 16 << 20;

/// The tagger, compiled once.
#[derive(Debug)]
pub struct Fast {
    classes: Classes,
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
        let table = Table::read(&zstd::bulk::decompress(bytes, LARGEST).ok()?)?;
        Some(Self { classes: Classes::new(&table.classes), steps: Steps::new(&table.transitions), table })
    }

    /// A label for each token of a story, text after text.
    pub(in crate::extract) fn labels(&self, gazetteer: &Gazetteer, texts: &[&[Token<'_>]]) -> Vec<u8> {
        let mut story = self.look(gazetteer, texts);
        let mut memory = Memory::default();
        memory.read(&story.spots, &story.labels);
        self.look_again(&memory, &mut story);
        let mut labels = vec![OUTSIDE; texts.iter().map(|tokens| tokens.len()).sum()];
        for (at, label) in story.tokens.iter().zip(&story.labels) {
            if let Some(place) = labels.get_mut(*at) {
                *place = *label;
            }
        }
        labels
    }

    /// The first look: each sentence by itself.
    fn look(&self, gazetteer: &Gazetteer, texts: &[&[Token<'_>]]) -> Story {
        let mut story = Story::default();
        let mut sentence = Sentence::default();
        let mut lattice = Lattice::default();
        let mut rows = Rows::new();
        let mut start = 0;
        let sentences = texts.iter().flat_map(|tokens| tokens.chunk_by(|left, right| left.sentence == right.sentence));
        for tokens in sentences {
            sentence.read(gazetteer, &self.classes, tokens);
            let mut at = 0;
            for stretch in sentence.scored().chunk_by(|left, right| left == right) {
                let words = at..at + stretch.len();
                at = words.end;
                if stretch.first() != Some(&true) {
                    continue;
                }
                let first = story.spots.len();
                for at in words.clone() {
                    let mut sums = [0; WIDTH];
                    rows.clear();
                    sentence.features(at, |_, hash| self.table.find(hash, &mut rows));
                    self.table.sum(&rows, &mut sums);
                    story.scores.push(sums);
                    story.spots.push(sentence.spot(at, at > words.start));
                    story.tokens.push(start + at);
                }
                story.labels.resize(story.spots.len(), OUTSIDE);
                let (scores, labels) = (story.scores.get(first..), story.labels.get_mut(first..));
                lattice.best(&self.steps, scores.unwrap_or_default(), labels.unwrap_or_default());
            }
            start += tokens.len();
        }
        story
    }

    /// The second look, with what the first one found elsewhere in the story.
    fn look_again(&self, memory: &Memory, story: &mut Story) {
        let mut lattice = Lattice::default();
        let before = story.labels.clone();
        let mut rows = Rows::new();
        let mut start = 0;
        let mut labels = story.labels.as_mut_slice();
        let mut scores = story.scores.as_mut_slice();
        while !labels.is_empty() {
            let joined = story.spots.iter().skip(start + 1).take_while(|spot| spot.joined).count();
            let (Some((here, labels_behind)), Some((sums, scores_behind))) =
                (labels.split_at_mut_checked(joined + 1), scores.split_at_mut_checked(joined + 1))
            else {
                break;
            };
            let mut changed = false;
            for (n, sums) in sums.iter_mut().enumerate() {
                rows.clear();
                memory.features(&story.spots, &before, start + n, |hash| {
                    changed = true;
                    self.table.find(hash, &mut rows);
                });
                self.table.sum(&rows, sums);
            }
            if changed {
                lattice.best(&self.steps, sums, here);
            }
            (labels, scores) = (labels_behind, scores_behind);
            start += joined + 1;
        }
    }
}

/// The words of a text that are looked at, in order.
#[derive(Debug, Default)]
struct Story {
    /// Their tokens.
    tokens: Vec<usize>,
    spots: Vec<Spot>,
    scores: Vec<Scores>,
    labels: Vec<u8>,
}

/// How far `trial` goes.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The text is cut into tokens.
    Cut,
    /// Each token is told what the tables have there.
    Looked,
    /// Each token is labelled.
    Labelled,
}

/// For `cargo bench --bench taggers`: a function that reads an English text so far, and counts its tokens.
#[doc(hidden)]
pub fn trial() -> impl Fn(&str, Until) -> usize {
    let (tagger, gazetteer) = (Fast::new(), Gazetteer::new(ENGLISH));
    move |text: &str, until: Until| {
        let tokens = token::tokens(text, Field::Body);
        match until {
            Until::Cut => {}
            Until::Looked => drop(std::hint::black_box(gazetteer.bits(&tokens))),
            Until::Labelled => drop(std::hint::black_box(tagger.labels(&gazetteer, &[&tokens]))),
        }
        tokens.len()
    }
}

/// Whether `label` may follow `before`: what goes on follows its own type.
fn may_follow(before: u8, label: u8) -> bool {
    label == OUTSIDE || label % 2 == 1 || before == label || before + 1 == label
}
