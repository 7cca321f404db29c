//! Passages that stand in two texts word for word: whether one text took them over from the other, or both have them
//! from elsewhere.
//!
//! Comes in: the texts of an article and of an earlier one. Goes out: [`Passages`]. Who takes a passage over into a story
//! of his own takes it from the first half of another newsroom's, where the news is. What both quote, close with or list
//! shows neither to be made from the other: speeches, statements, notes of the house and tables are told by many.

use super::{
    swaps,
    whole::Whole,
    words::{Kind, Word},
};
use crate::markup::bytes;
use std::{cell::LazyCell, ops::Range};

/// Words in a row that two texts do not share by chance.
const RUN: usize = 5;
/// Words of passages that were taken over, at least: in all, in one of them, and from the first half of the other text.
const TAKEN: usize = 36;
const TAKEN_IN_ONE: usize = 16;
const TAKEN_FROM_HEAD: usize = 12;
/// Words between two passages that may have been put in the place of others, and such places of an edited passage; texts
/// with more of them are of one form.
const PLACE: usize = 8;
const FILLED_IN: usize = 2;
/// A passage of so many figures in a hundred words is a table.
const TABLE: usize = 40;
/// Words of what both have from elsewhere, from which on the rest of the texts decides.
const ELSEWHERE: usize = 24;
/// Share of a text from which on it is the text itself.
pub(super) const ITSELF: f64 = 0.75;
/// Of so many telling words of the rest one stands in the rest of the other where both tell one thing.
const OF_ONE_THING: usize = 4;
/// Words between the end of a passage and that of its text which make no difference.
const NEAR_END: usize = 2;

/// What two texts have word for word in common.
#[derive(Debug, Clone, Default)]
pub(super) struct Passages {
    /// Words in passages of the later text's that stand in the earlier; no figures, and nothing quoted.
    pub(super) taken: usize,
    longest: usize,
    from_head: usize,
    /// Places between two passages in which both texts have a few words of their own.
    filled_in: usize,
    /// Words of the earlier text.
    of: usize,
    /// Where in either text stands what both have from elsewhere.
    elsewhere: Vec<(Range<usize>, Range<usize>)>,
}

impl Passages {
    /// Holds a text against an earlier one.
    pub(super) fn between(earlier: &Whole<'_>, later: &Whole<'_>) -> Self {
        let (one, other) = (earlier.words(), later.words());
        // Two characters are a word, and every character begins a pair.
        let per_word = if other.iter().filter(|word| word.is_pair()).count() * 2 > other.len() { 2 } else { 1 };
        // Most texts that are held against one another share no passage.
        let quoted = LazyCell::new(|| [earlier, later].map(quoted));
        let mut passages = Self { of: one.len() / per_word, ..Self::default() };
        let (mut before, mut other_before) = (0, 0);
        for (at, other_at) in runs(one, other) {
            if at.len() < RUN * per_word {
                continue;
            }
            let words = || at.clone().zip(one.get(at.clone()).unwrap_or_default()).zip(other_at.clone());
            let is_told = |((place, word), other_place): &((usize, &Word), usize)| {
                let [quoted, other_quoted] = &*quoted;
                !word.is_figure() && !is_in(quoted, *place) && !is_in(other_quoted, *other_place)
            };
            let told = words().filter(is_told).count();
            let figures = words().filter(|((_, word), _)| word.is_figure()).count();
            let closes = at.end + NEAR_END >= one.len() && other_at.end + NEAR_END >= other.len();
            if closes || figures * 100 >= TABLE * at.len() || told * 2 < at.len() - figures {
                passages.elsewhere.push((at, other_at));
                continue;
            }
            let is_filled = |words: usize| words > 0 && words <= PLACE * per_word;
            let is_filled_in = is_filled(at.start - before) && is_filled(other_at.start - other_before);
            passages.filled_in += usize::from(is_filled_in);
            (before, other_before) = (at.end, other_at.end);
            let in_head = words().filter(is_told).filter(|((place, _), _)| place * 2 < one.len()).count();
            passages.taken += told / per_word;
            passages.longest = passages.longest.max(told / per_word);
            passages.from_head += in_head / per_word;
        }
        passages
    }

    /// Whether they were taken over from the earlier text.
    pub(super) fn are_taken_over(&self) -> bool {
        self.filled_in <= FILLED_IN
            && self.taken >= TAKEN
            && self.longest >= TAKEN_IN_ONE
            && self.from_head >= TAKEN_FROM_HEAD
    }

    /// Whether the texts have nothing in common but what both have from elsewhere.
    pub(super) fn are_from_elsewhere(&self, earlier: &Whole<'_>, later: &Whole<'_>) -> bool {
        let elsewhere: usize = self.elsewhere.iter().map(|(at, _)| at.len()).sum();
        let shorter = earlier.words().len().min(later.words().len());
        if elsewhere < ELSEWHERE || elsewhere as f64 > ITSELF * shorter as f64 || self.taken > 0 {
            return false;
        }
        let (places, other_places): (Vec<_>, Vec<_>) = self.elsewhere.iter().cloned().unzip();
        let (one, other) = (telling_without(earlier, &places), telling_without(later, &other_places));
        let shared = other.iter().filter(|stem| one.binary_search(stem).is_ok()).count();
        shared * OF_ONE_THING < one.len().min(other.len())
    }

    /// Whether they are most of the earlier text.
    pub(super) fn are_most(&self) -> bool {
        self.taken * 2 >= self.of
    }
}

/// Longest rows of words that stand in both texts, in the order of both.
fn runs(one: &[Word], other: &[Word]) -> Vec<(Range<usize>, Range<usize>)> {
    let is_same = |at: usize, other_at: usize| {
        one.get(at).zip(other.get(other_at)).is_some_and(|(one, other)| one.hash == other.hash)
    };
    let mut runs: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    let (mut from, mut other_from) = (0, 0);
    for (at, other_at) in swaps::common(one, other) {
        if at < from || other_at < other_from {
            continue;
        }
        let (mut start, mut other_start) = (at, other_at);
        while start > from && other_start > other_from && is_same(start - 1, other_start - 1) {
            (start, other_start) = (start - 1, other_start - 1);
        }
        (from, other_from) = (at + 1, other_at + 1);
        while is_same(from, other_from) {
            (from, other_from) = (from + 1, other_from + 1);
        }
        runs.push((start..from, other_start..other_from));
    }
    runs
}

/// Beginnings of the words of a text that say something, without those of some places; ascending, each once.
fn telling_without(text: &Whole<'_>, places: &[Range<usize>]) -> Vec<u64> {
    let rest = text.words().iter().enumerate().filter(|(place, _)| !is_in(places, *place));
    let telling = rest.filter(|(_, word)| matches!(word.kind, Kind::Name | Kind::Plain));
    let mut stems: Vec<u64> = telling.map(|(_, word)| word.stem).collect();
    stems.sort_unstable();
    stems.dedup();
    stems
}

fn is_in(ranges: &[Range<usize>], place: usize) -> bool {
    let after = ranges.partition_point(|range| range.end <= place);
    ranges.get(after).is_some_and(|range| range.start <= place)
}

/// Places of the words within quotation marks; a paragraph ends what it has not closed.
fn quoted(text: &Whole<'_>) -> Vec<Range<usize>> {
    let words = text.words();
    let place = |byte: usize| words.partition_point(|word| (word.run as usize) < byte);
    let mut quoted = Vec::new();
    let mut opened = None;
    // What the marks begin with.
    let may_be = |byte| matches!(byte, b'"' | b'\n' | 0xC2 | 0xE2 | 0xE3);
    for byte in bytes::places(text.body().as_bytes(), may_be) {
        let mark = text.body().get(byte..).and_then(|rest| rest.chars().next());
        let Some(mark) = mark.filter(|mark| matches!(mark, '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '\n'))
        else {
            continue;
        };
        opened = match opened {
            None if mark == '\n' => None,
            None => Some(byte),
            Some(start) => {
                quoted.push(place(start)..place(byte));
                None
            }
        };
    }
    quoted
}
