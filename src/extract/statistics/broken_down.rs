//! What a list of places counts that has no word for it.
//!
//! In: a sentence or line, and what was found before it. Out: the metric of the figures that the list breaks down, and their kind.
//! What holds: figures that add up to one of the whole are its parts, wherever that was told; where nothing adds up, a list breaks
//! down what was counted last, of which no part is more than the whole.

use super::decide::Decided;
use super::kind::Kinded;
use super::newness::is_count;
use super::reading::Reading;
use super::{Finder, table};
use crate::language::numbers::numerals;
use crate::language::tokens::TokenKind;
use crate::model::{Kind, Metric, Observation};

/// Parts that are added up, at least and at most.
const PARTS: usize = 4;
const MOST: usize = 128;

/// Bytes and tokens of a line that is an item of a list, at most; what is longer costs no look, or a paragraph would cost one for
/// each of its sentences.
const LINE: usize = 80;
const ITEM: usize = 10;

impl<'p> Finder<'_, 'p> {
    /// What a list of places breaks down without a word for it: what was counted last, and after a
    /// stock or what is too small for it the first cases.
    pub(super) fn broken_down_by_rows(&self, reading: &Reading<'_, '_>) -> Option<(Metric, Kinded)> {
        let part = reading.numbers.iter().map(|number| number.value).fold(0.0, f64::max);
        // "13 patients have died. By town: Pristina 88": no part is more than its whole.
        let holds = |lead: &Decided<'p>| {
            let same = |one: &&Observation| (one.metric, one.kind) == (lead.attachment.metric, lead.kinded.kind);
            self.recent().rev().find(same).and_then(|whole| whole.value).is_none_or(|whole| whole.0 >= part)
        };
        let counts = |lead: &&Decided<'p>| lead.kinded.kind != Kind::Current && holds(lead);
        let first = |one: &&Observation| one.metric == Metric::Cases && one.field == self.field;
        let cases = || self.recent().find(first).map(counted_as);
        self.lead.as_ref().filter(counts).map(|lead| (lead.attachment.metric, lead.kinded)).or_else(cases)
    }

    /// "District-wise: Malappuram 4,108, Ernakulam 3,791, …", "Lagos-211" and more such lines: what the figures of a list without
    /// a word for it add up to.
    pub(super) fn adds_up(&self, reading: &Reading<'_, '_>) -> Option<Metric> {
        if !reading.span.field.is_body() || reading.marks.iter().any(|mark| mark.cue.metric().is_some()) {
            return None;
        }
        let sum = match reading.numbers.len() {
            0 | 1 => self.sum_of_lines(reading)?,
            PARTS.. => reading
                .numbers
                .iter()
                .filter(|number| !table::in_heading(reading, number.first))
                .map(|number| number.value)
                .sum(),
            _ => return None,
        };
        // What is a whole only by what stands around it may be of another metric.
        let fits = |one: &&Observation| {
            let plain = is_count(one) && one.subset.is_empty() && one.spans.metric.is_some();
            plain && one.value.is_some_and(|value| value.0 == sum)
        };
        let mut wholes = self.recent().filter(fits).map(|whole| whole.metric);
        let first = wholes.next()?;
        wholes.all(|other| other == first).then_some(first)
    }

    /// The sum of the figures of a block of lines with a name and a number each, of which a line is the first or stands above.
    fn sum_of_lines(&self, reading: &Reading<'_, '_>) -> Option<f64> {
        let body = &self.article.body;
        let from = if reading.numbers.is_empty() { reading.span.end } else { reading.span.start };
        let before = body.get(..from)?;
        // Only of the first line of a block.
        if !reading.numbers.is_empty() && before.lines().next_back().is_some_and(|line| self.item(line).is_some()) {
            return None;
        }
        let lines = body.get(from..)?.lines().skip_while(|line| line.trim().is_empty());
        let parts: Vec<f64> = lines.map_while(|line| self.item(line)).take(MOST).collect();
        (parts.len() >= PARTS).then(|| parts.iter().sum())
    }

    /// The number of a line that is a name and a number.
    fn item(&self, line: &str) -> Option<f64> {
        if line.len() > LINE {
            return None;
        }
        let tokens = self.pack.tokenize(line, 0, &[]);
        let named = tokens.iter().any(|token| token.kind == TokenKind::Word);
        let numbers = if named && tokens.len() <= ITEM { numerals(self.pack, &tokens) } else { Vec::new() };
        match numbers.as_slice() {
            [number] if !number.percent => Some(number.value),
            _ => None,
        }
    }
}

/// What parts of a figure are.
fn counted_as(whole: &Observation) -> (Metric, Kinded) {
    let Observation { metric, kind, period, statistic, .. } = whole;
    (*metric, Kinded { kind: *kind, period: *period, statistic: *statistic, rule: "breakdown" })
}
