//! Rows of a table: whose each is, and its values in order.
//!
//! In: a range of a line with figures. Out: its name and its [`Value`]s. What holds: a value is a number or a sign that there
//! is none, so that positions stay those of the columns.

use super::super::reading::Reading;
use super::super::spots::Spot;
use super::head::{Head, Told, told};
use super::header::separator;
use crate::extract::places::PlaceForm;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{PlaceKind, Span};
use std::ops::Range;

/// Whose figures a row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract::statistics) enum Owner {
    /// A place that it names, by its number among those of the line; none where the name has a line of its own.
    Place(Option<usize>),
    /// A part, written there, of what the table speaks of, which no table of ours knows.
    Part(Span),
    /// All rows together.
    Whole,
    /// "Global".
    World,
    /// Something that is no place.
    Unknown,
}

/// A row: whose it is, and what its numbers are.
#[derive(Debug)]
pub(in crate::extract::statistics) struct Row {
    /// None where the text around it tells.
    pub(in crate::extract::statistics) owner: Option<Owner>,
    pub(in crate::extract::statistics) figures: Vec<Figure>,
    /// The place that its line speaks of before it, by its number among those of the line.
    pub(in crate::extract::statistics) within: Option<usize>,
}

impl Row {
    pub(super) fn of(owner: Option<Owner>) -> Self {
        Self { owner, figures: Vec::new(), within: None }
    }
}

/// What the heads of a number say of it.
#[derive(Debug, Clone)]
pub(in crate::extract::statistics) struct Figure {
    pub(in crate::extract::statistics) n: usize,
    /// None where they count something else.
    pub(in crate::extract::statistics) told: Option<Told>,
}

/// The row that holds a number, and what its heads say.
pub(in crate::extract::statistics) fn of_number(rows: &[Row], n: usize) -> Option<(&Row, Option<&Told>)> {
    rows.iter().find_map(|row| {
        let figure = row.figures.iter().find(|figure| figure.n == n)?;
        Some((row, figure.told.as_ref()))
    })
}

/// A value of a row: a number, or a sign that there is none.
pub(super) struct Value {
    pub(super) number: Option<usize>,
    pub(super) bracket: bool,
}

pub(super) fn values(reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Value> {
    let mut values = Vec::new();
    let mut at = range.start;
    while at < range.end {
        let number = reading.numbers.iter().position(|number| number.first == at);
        let before = at.wrapping_sub(1);
        if let Some(n) = number {
            let back = if reading.is(before, "+") || reading.is(before, "-") { before.wrapping_sub(1) } else { before };
            values.push(Value { number: Some(n), bracket: reading.is(back, "(") });
            at = reading.numbers.get(n).map_or(at + 1, |number| number.after);
            continue;
        }
        if let Some(cell) = text_cell(reading, at).filter(|cell| cell.start == at && cell.end <= range.end) {
            values.push(Value { number: None, bracket: false });
            at = cell.end;
            continue;
        }
        let edge = |at: usize| {
            at < range.start
                || at >= range.end
                || separator(reading, at).is_some()
                || reading.tokens.get(at).is_some_and(|token| token.apart)
        };
        let sign = reading.is(at, "-") || reading.one_of(at, &[Word::NoValue]);
        if sign && (edge(before) || reading.tokens.get(at).is_some_and(|token| token.apart)) && edge(at + 1) {
            values.push(Value { number: None, bracket: false });
        }
        at += 1;
    }
    // "Italy (9,134), Spain (4,858)": brackets that stand behind no number hold none aside.
    if values.iter().all(|value| value.bracket) {
        values.iter_mut().for_each(|value| value.bracket = false);
    }
    values
}

/// Words of a cell that has no number, at most.
const TEXT: usize = 4;

/// "474 / 43 / Local transmission / 0": the cell of words that a token lies in, between strong marks behind the first value.
fn text_cell(reading: &Reading<'_, '_>, at: usize) -> Option<Range<usize>> {
    let parts = |at: usize| separator(reading, at).is_some_and(|strength| strength > 1);
    let end = reading.tokens.len();
    let start = (at.saturating_sub(TEXT)..at).rev().find(|at| parts(*at))? + 1;
    let close = (at..end.min(start + TEXT + 1)).find(|at| parts(*at)).or((end <= start + TEXT).then_some(end))?;
    let word = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word) && !reading.word(at, Word::NoValue)
    };
    let number = |at: usize| reading.numbers.iter().any(|number| number.first <= at && at < number.after);
    let text = start < close && (start..close).all(|at| word(at) && !number(at));
    let filled = reading.numbers.iter().filter(|number| number.after < start).count() > 1;
    (text && filled).then_some(start..close)
}

/// The words before the first value of a row.
pub(super) fn name(reading: &Reading<'_, '_>, range: Range<usize>) -> Range<usize> {
    let word = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
            && !reading.numbers.iter().any(|number| number.first <= at && at < number.after)
            && !reading.word(at, Word::NoValue)
    };
    let Some(mut first) = range.clone().find(|at| word(*at)) else { return range.start..range.start };
    // "36 in Davao City", "701 are in Dublin".
    if reading.numbers.iter().any(|number| number.after == first) {
        let at = first + usize::from(reading.word(first, Word::Copula));
        let place = |spot: &Spot<'_>| spot.first == at + 1 && spot.form == PlaceForm::Name;
        if reading.word(at, Word::In) && reading.spots.iter().any(place) {
            first = at + 1;
        }
    }
    let end = (first..range.end)
        .find(|at| reading.numbers.iter().any(|number| number.first == *at) || separator(reading, *at).is_some())
        .unwrap_or(range.end);
    first..end
}

/// Whose row it is by its name.
pub(super) fn owner(reading: &Reading<'_, '_>, name: Range<usize>) -> Owner {
    if let Some(n) = reading.spots.iter().position(|spot| name.contains(&spot.first)) {
        // "Nelson Mandela Bay" is not the Bay of another country: a name of more words than the one that is known.
        let covered = |at: usize| {
            reading.spots.iter().any(|spot| spot.first <= at && at < spot.after)
                || reading.one_of(at, &[Word::DivisionNoun, Word::NameNoun, Word::RowName, Word::The])
                || !reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word && token.capitalised())
        };
        let end = name.clone().find(|at| reading.is(*at, "(")).unwrap_or(name.end);
        let country = reading.spots.get(n).is_some_and(|spot| spot.place.kind == PlaceKind::Country);
        let longer = !country
            && !(name.start..end).all(covered)
            && reading.spots.iter().filter(|spot| name.contains(&spot.first)).count() == 1;
        return match written(reading, name).filter(|_| longer) {
            Some(span) => Owner::Part(span),
            None => Owner::Place(Some(n)),
        };
    }
    if reading.has(name.clone(), Sense::World) {
        return Owner::World;
    }
    if name.clone().any(|at| reading.word(at, Word::WholeRow)) {
        return Owner::Whole;
    }
    match written(reading, name) {
        Some(span) => Owner::Part(span),
        None => Owner::Unknown,
    }
}

/// Where a name that no table knows is written: every word of it, save those that link, has a capital.
fn written(reading: &Reading<'_, '_>, name: Range<usize>) -> Option<Span> {
    let end = name.clone().find(|at| reading.is(*at, "(")).unwrap_or(name.end);
    let words = name.start..(name.start..end).rev().find(|at| !is_mark(reading, *at)).map_or(name.start, |at| at + 1);
    let word = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| token.capitalised() || reading.pack.topic_first())
            || is_mark(reading, at) && !reading.is(at, ".")
            || at > words.start && at + 1 < words.end && (reading.has_at(at, Sense::Stop) || short(reading, at))
    };
    let other = [Word::OtherColumn, Word::RowName, Word::Age, Word::AgeBearer];
    let known = words.clone().any(|at| {
        reading.one_of(at, &other[..1])
            || reading.metric_at(at).is_some()
            || reading.marks.iter().any(|mark| {
                mark.first == at
                    && matches!(mark.cue, Cue::Subset(_) | Cue::Sense(Sense::Covid | Sense::World | Sense::Today))
            })
    });
    let head = Head::read(reading, words.clone());
    let only = words.clone().all(|at| reading.one_of(at, &other)) || head.metric.is_some() || head.only_modifies();
    let named = !words.is_empty() && words.len() <= 5 && !known && !only && words.clone().all(word);
    reading.bytes(words.start, words.end).filter(|_| named)
}

fn short(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_some_and(|token| token.text.chars().count() <= 3)
}

fn is_mark(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Mark)
}

/// A line that only draws: "|---|---|".
pub(super) fn is_rule(reading: &Reading<'_, '_>) -> bool {
    reading.tokens.iter().all(|token| token.kind == TokenKind::Mark)
}

/// Where the aside of a row begins that has a metric of its own: "Lazio: 3,105 (of whom 522 in intensive care)".
pub(super) fn aside(reading: &Reading<'_, '_>, from: usize) -> usize {
    let end = reading.tokens.len();
    let open = (from..end).find(|at| reading.is(*at, "(")).filter(|open| {
        let filled = reading.numbers.iter().any(|number| number.first < *open && number.first >= from);
        filled && reading.marks_in(*open..end).any(|mark| mark.cue.metric().is_some())
    });
    open.unwrap_or(end)
}

/// Whether the line is a row: a name or none, then figures, and no word that says what they count.
pub(super) fn is_row(reading: &Reading<'_, '_>) -> bool {
    let all = 0..reading.tokens.len();
    let name = name(reading, all.clone());
    let named = name.clone().filter(|at| !is_mark(reading, *at));
    let several = reading.spots.len() > 1;
    let words = |at: &usize| {
        reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Word)
            && !reading.word(*at, Word::NoValue)
            && !reading.word(*at, Word::And)
            && !reading.numbers.iter().any(|number| number.first <= *at && *at < number.after)
            && !reading.spots.iter().any(|spot| spot.first <= *at && *at < spot.after)
            && text_cell(reading, *at).is_none()
    };
    let end = aside(reading, name.end);
    let others = (name.end..end).filter(words).count();
    named.count() <= 6
        && others <= usize::from(several)
        && reading.tokens.last().is_none_or(|token| !matches!(token.text, "!" | "?"))
        && !told(reading, name.clone())
        && !reading
            .marks
            .iter()
            .any(|mark| mark.cue.metric().is_some() && mark.first < end && text_cell(reading, mark.first).is_none())
        && (name.is_empty() || owner(reading, name) != Owner::Unknown)
}
