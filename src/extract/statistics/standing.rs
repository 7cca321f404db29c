//! Where a figure stands in its text: its line, the figures of its sentence, those before it.
//!
//! In: a body; figures in text order. Out: where a line begins, how many end before a place, which figures share a sentence,
//! and all of that for one figure. What holds: of figures no more than so many to either side are looked at.

use crate::model::Span;
use std::ops::Range;

/// Where the lines of a body end.
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn new(body: &str) -> Self {
        Self(body.match_indices('\n').map(|(at, _)| at).collect())
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

/// How many figures to either side are looked at.
pub(super) const AROUND: usize = 24;

/// A figure of a body.
pub(super) trait Figure {
    fn start(&self) -> usize;
    fn sentence(&self) -> Span;
}

/// A figure, with what stands around it.
pub(super) struct Scene<'a, F> {
    told: &'a [F],
    pub(super) at: usize,
    pub(super) this: &'a F,
    /// Where its line begins.
    pub(super) line: usize,
    /// The figures of its sentence, by their numbers.
    pub(super) sentence: Range<usize>,
}

impl<'a, F: Figure> Scene<'a, F> {
    pub(super) fn new(told: &'a [F], at: usize, this: &'a F, lines: &Lines) -> Self {
        let sentence = in_sentence(at, AROUND, |n| told.get(n).map(Figure::sentence));
        Self { told, at, this, line: lines.begins(this.start()), sentence }
    }

    /// The figures before it.
    pub(super) fn before(&self) -> std::slice::Iter<'a, F> {
        self.told.get(self.at.saturating_sub(AROUND)..self.at).unwrap_or_default().iter()
    }

    /// How many figures of its sentence stand before it.
    pub(super) fn before_in_sentence(&self) -> usize {
        self.at - self.sentence.start
    }
}
