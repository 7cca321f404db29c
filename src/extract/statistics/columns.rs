//! Tables: which metric a column counts.
//!
//! In: a line that has been read. Out: the metrics of a header, whether a line is a row, and the attachment of a figure by
//! its position in the row. A row without a header gets no metric.

use super::attach::{Attachment, Why};
use super::reading::Reading;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// "Country / cases / deaths:", the metrics of a table's columns.
pub(super) fn columns(reading: &Reading<'_, '_>) -> Vec<Metric> {
    let first = reading.numbers.first().map_or(0, |number| number.first);
    let Some(colon) = (0..first).rev().find(|at| reading.is(*at, ":")) else { return Vec::new() };
    let separated =
        (0..colon).any(|at| matches!(reading.tokens.get(at).map(|token| token.text), Some("/" | "|" | ",")));
    let verbs = reading.has(0..colon, Sense::Perfect);
    let metrics: Vec<Metric> = reading.marks_in(0..colon).filter_map(|mark| mark.cue.metric()).collect();
    let mut distinct: Vec<Metric> = Vec::new();
    metrics.into_iter().for_each(|metric| {
        if !distinct.contains(&metric) {
            distinct.push(metric);
        }
    });
    if separated && !verbs && distinct.len() >= 2 { distinct } else { Vec::new() }
}

/// The metrics of a header that stands in a line of its own above its rows: "Country / cases / deaths".
pub(super) fn header(reading: &Reading<'_, '_>) -> Vec<Metric> {
    let told = [Sense::Perfect, Sense::Report, Sense::RiseVerb]
        .iter()
        .any(|sense| reading.has(0..reading.tokens.len(), *sense));
    let separated = reading.tokens.iter().any(|token| matches!(token.text, "/" | "|" | "," | ":"))
        || (0..reading.tokens.len()).any(|at| reading.word(at, Word::Brackets));
    if told || !separated || !reading.numbers.is_empty() || reading.tokens.len() > 24 {
        return Vec::new();
    }
    let mut metrics: Vec<Metric> = Vec::new();
    for metric in reading.marks.iter().filter_map(|mark| mark.cue.metric()) {
        if !metrics.contains(&metric) {
            metrics.push(metric);
        }
    }
    // "【省份　新增确诊】": one column, where brackets say that the line is a header.
    let last = reading.tokens.len().saturating_sub(1);
    let closed = reading.is(0, "(") && reading.is(last, ")");
    if metrics.len() >= 2 || closed { metrics } else { Vec::new() }
}

/// Whether the line is a row of a table: a place, then figures, and no word that says what they count.
pub(super) fn is_row(reading: &Reading<'_, '_>) -> bool {
    let (Some(spot), Some(number)) = (reading.spots.first(), reading.numbers.first()) else { return false };
    let words = reading.tokens.iter().filter(|token| token.kind == TokenKind::Word).count();
    spot.first <= 1
        && spot.after <= number.first
        && number.first <= spot.after + 2
        && words <= spot.after + 2
        && !reading.marks.iter().any(|mark| mark.cue.metric().is_some())
}

pub(super) fn column(reading: &Reading<'_, '_>, n: usize, columns: &[Metric]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    // Position among the numbers of the row; a row begins at a place or a semicolon.
    let row = reading
        .spots
        .iter()
        .rev()
        .find(|spot| spot.after <= number.first && clause.start <= spot.first)
        .map_or(clause.start, |spot| spot.after);
    let position = reading.numbers.iter().take(n).filter(|earlier| earlier.first >= row).count();
    columns.get(position).map(|metric| Attachment { metric: *metric, why: Why::Column, mark: None, per: None })
}
