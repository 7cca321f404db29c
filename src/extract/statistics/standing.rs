//! Where a figure stands in its text: its line, and the figures of its sentence.
//!
//! In: a body; the sentences of figures in text order. Out: where a line begins, how many end between two places, and which
//! figures share a sentence. What holds: of a sentence's figures no more than so many to either side are looked at.

use crate::model::Span;
use std::ops::Range;

/// Where the lines of a body end.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn new(body: &str) -> Self {
        Self(body.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect())
    }

    /// Where the line of a place begins.
    pub(super) fn begins(&self, at: usize) -> usize {
        let before = self.before(at).checked_sub(1).and_then(|line| self.0.get(line));
        before.map_or(0, |line| line + 1)
    }

    /// How many lines end before a place.
    pub(super) fn before(&self, at: usize) -> usize {
        self.0.partition_point(|line| *line < at)
    }
}

/// The figures that stand in the sentence of the figure `at`, `around` to either side at most.
pub(super) fn in_sentence(at: usize, around: usize, sentence: impl Fn(usize) -> Option<Span>) -> Range<usize> {
    let this = sentence(at);
    let of_it = |n: &usize| sentence(*n) == this;
    let first = (at.saturating_sub(around)..at).rev().take_while(of_it).last().unwrap_or(at);
    let last = (at..at + around).take_while(of_it).last().unwrap_or(at);
    first..last + 1
}
