//! Sentences packed into the windows that the encoder reads at once.
//!
//! In: sentences of words. Out: pieces in windows, and where each word begins. What holds: a window is `[CLS]`, then
//! sentences, each closed by `[SEP]`, [`WINDOW`] pieces at most; a sentence that does not fit opens the next window; one
//! longer than a window is cut between words. The trainer packs in the same way (tools/tagger/windows.py).

use super::{Sentence, wordpiece::Vocabulary};
use crate::extract::entities::{
    knowledge::fold,
    token::{Case, Token},
};

/// Pieces of a window.
pub(super) const WINDOW: usize = 128;

/// Ways a word may be written.
pub(super) const CASES: usize = 8;

/// A piece and what is known about its word.
#[derive(Clone, Copy)]
pub(super) struct Slot {
    pub(super) piece: u32,
    /// Number of the case of the word, below [`CASES`].
    pub(super) case: u8,
    pub(super) opens: bool,
    /// What the gazetteer knows.
    pub(super) bits: u64,
}

/// Windows, one after the other.
#[derive(Default)]
pub(super) struct Windows {
    pub(super) slots: Vec<Slot>,
    /// Where each window begins.
    pub(super) starts: Vec<usize>,
    /// The slot of the first piece of each word.
    pub(super) words: Vec<usize>,
}

/// Packs the sentences in their order.
pub(super) fn pack(sentences: &[Sentence<'_>], vocabulary: &Vocabulary) -> Windows {
    let mut windows = Windows::default();
    let special = |piece| Slot { piece, case: number(Case::Mark), opens: false, bits: 0 };
    let (open, close) = (special(vocabulary.opens), special(vocabulary.closes));
    let mut slots: Vec<Slot> = Vec::new();
    // Where in `slots` each word begins.
    let mut words: Vec<usize> = Vec::new();
    let mut pieces: Vec<u32> = Vec::new();
    for sentence in sentences {
        slots.clear();
        words.clear();
        let bits = sentence.bits.iter().copied().chain(std::iter::repeat(0));
        for (token, bits) in sentence.tokens.iter().zip(bits) {
            pieces.clear();
            vocabulary.cut(&fold(token.text), &mut pieces);
            words.push(slots.len());
            let case = case(token);
            slots.extend(pieces.iter().map(|piece| Slot { piece: *piece, case, opens: token.opens, bits }));
        }
        if windows.starts.is_empty() || slots.len() + 1 > windows.room() {
            windows.open(open);
        }
        for (number, word) in words.iter().enumerate() {
            let end = words.get(number + 1).copied().unwrap_or(slots.len());
            let run = slots.get(*word..end).unwrap_or_default();
            if run.len() + 1 > windows.room() {
                windows.slots.push(close);
                windows.open(open);
            }
            windows.words.push(windows.slots.len());
            windows.slots.extend_from_slice(run);
        }
        windows.slots.push(close);
    }
    windows
}

impl Windows {
    fn open(&mut self, slot: Slot) {
        self.starts.push(self.slots.len());
        self.slots.push(slot);
    }

    /// How many pieces the last window still takes.
    fn room(&self) -> usize {
        let start = self.starts.last().copied().unwrap_or_default();
        WINDOW.saturating_sub(self.slots.len() - start)
    }
}

/// Number of the case of a word; digits with letters are one more than the engine knows.
fn case(token: &Token<'_>) -> u8 {
    let with_letters = token.case == Case::Number && token.text.chars().any(char::is_alphabetic);
    if with_letters { 7 } else { number(token.case) }
}

fn number(case: Case) -> u8 {
    match case {
        Case::Lower => 0,
        Case::Capital => 1,
        Case::Upper => 2,
        Case::Mixed => 3,
        Case::Letter => 4,
        Case::Number => 5,
        Case::Mark => 6,
    }
}
