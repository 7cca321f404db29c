//! Candidates for mentions: what may name something in a text, and how sure that is.
//!
//! The tagger proposes most of them (`tagged`), the story the rest (`context`); `choose` picks among them.

use super::token::{Case, Token};
use crate::extract::places::Place;
use crate::language::Pack;
use crate::model::{EntityType, MentionForm, Span};

/// What a candidate is known to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'k> {
    /// A row of the tagger's own tables.
    Known(usize),
    /// A place of the gazetteer, likeliest first.
    Place(&'k Place),
    /// A nationality.
    Demonym(&'k Place),
    /// Nothing but its shape and surroundings.
    Shape,
}

/// The types of names, in the order of the taggers' labels.
pub(super) const TYPES: [EntityType; 9] = [
    EntityType::Person,
    EntityType::Organisation,
    EntityType::Place,
    EntityType::Facility,
    EntityType::Group,
    EntityType::Event,
    EntityType::Product,
    EntityType::Disease,
    EntityType::Work,
];

/// The sureness of what the story itself tells: its dateline, or "the South" of Korea.
pub(super) const CERTAIN: u32 = 9;

/// Something that may be a mention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'k> {
    /// First token.
    pub(super) first: usize,
    /// End, exclusive.
    pub(super) end: usize,
    pub(super) kind: EntityType,
    pub(super) form: MentionForm,
    pub(super) meaning: Meaning<'k>,
    /// 1 (a guess) to 9 (certain).
    pub(super) sureness: u32,
    /// The token after the office that stands before a person, where the office begins.
    pub(super) role_from: Option<usize>,
}

impl Candidate<'_> {
    /// Longer names win over the shorter ones inside them; among equals the surer wins.
    pub(super) fn score(&self) -> u32 {
        let length = u32::try_from(self.end - self.first).unwrap_or(1);
        length * 16 - 10 + self.sureness
    }
}

/// One text on its way through the tagger.
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token<'t>>,
    /// A headline in Title Case or in capitals, by sentence: capitals say nothing there.
    pub(super) shouted: Vec<bool>,
}

impl<'t> Text<'t> {
    /// Cuts a text into tokens and looks at its use of capitals.
    pub(super) fn new(pack: &Pack, text: &'t str, sentences: &[Span]) -> Self {
        let tokens = super::token::tokens_in(pack, text, sentences);
        let sentences = tokens.last().map_or(0, |token| token.sentence + 1);
        let mut counts = vec![(0usize, 0usize, 0usize); sentences];
        for token in tokens.iter().filter(|token| token.is_word() && token.case != Case::Number) {
            let Some((words, capitals, upper)) = counts.get_mut(token.sentence) else { continue };
            // Short words stay small in Title Case.
            if token.text.chars().nth(3).is_some() {
                *words += 1;
                *capitals += usize::from(token.is_capital());
                *upper += usize::from(token.case == Case::Upper);
            }
        }
        let shouted = counts
            .iter()
            .map(|(words, capitals, upper)| {
                (*words >= 4 && capitals * 10 >= words * 8) || (*words >= 2 && upper * 10 >= words * 9)
            })
            .collect();
        Self { text, tokens, shouted }
    }

    pub(super) fn is_shouted(&self, at: usize) -> bool {
        self.tokens.get(at).and_then(|token| self.shouted.get(token.sentence)).copied().unwrap_or(false)
    }
}
