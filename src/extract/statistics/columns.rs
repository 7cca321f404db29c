//! Tables flattened to text: what each column counts.
//!
//! In: lines that have been read, in order. Out: a [`Table`], which a header builds and running text ends, and for the
//! figures of a row what their columns say of them. A row stands in one line, or has a line for each cell. What holds: a
//! figure of a row gets the metric, kind and period of its column, and nothing where the column counts something else
//! (beds, doses delivered, a change) or the row has more figures than the header has columns.

use super::attach::{Attachment, Why};
use super::kind::Kinded;
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use super::scope::Located;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{Kind, Metric, Period};
use std::ops::Range;

/// What a column counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    metric: Metric,
    per: Option<u64>,
    kinded: Kinded,
}

/// Whose figures a row tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Owner {
    /// A place that it names.
    Place,
    /// All rows together.
    Whole,
    /// Something that is no place we know.
    Unknown,
}

/// The table that is being read.
#[derive(Clone, Default)]
pub(super) struct Table<'p> {
    /// The columns with figures; none for those that count something else.
    columns: Vec<Option<Column>>,
    /// What a number in brackets counts behind that of the column.
    brackets: Vec<Option<Column>>,
    /// The header names the column of names.
    named: bool,
    /// Rows have been read.
    begun: bool,
    /// The line before was a cell of the header.
    heading: bool,
    /// Whose row it is, where its name has a line of its own.
    owner: Option<Owner>,
    /// Figures of the row that have been read.
    position: usize,
    /// The place that the text spoke of before the table.
    pub(super) outer: Option<Located<'p>>,
}

/// A row: whose it is, and what its numbers are.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) owner: Option<Owner>,
    /// The place that it names, by its number among those of the line.
    pub(super) spot: Option<usize>,
    pub(super) figures: Vec<Figure>,
}

/// What a column says of a number of its row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Figure {
    pub(super) n: usize,
    /// None where the column counts something else.
    pub(super) told: Option<(Attachment, Kinded)>,
}

/// The row that holds a number, and what its column says.
pub(super) fn of_number(rows: &[Row], n: usize) -> Option<(&Row, Option<(Attachment, Kinded)>)> {
    rows.iter().find_map(|row| {
        let figure = row.figures.iter().find(|figure| figure.n == n)?;
        Some((row, figure.told))
    })
}

impl<'p> Table<'p> {
    /// A list whose items count what a sentence before it has counted.
    pub(super) fn of(metric: Metric, kinded: Kinded, outer: Option<Located<'p>>) -> Self {
        Self {
            columns: vec![Some(Column { metric, per: None, kinded })],
            brackets: vec![None],
            outer,
            ..Self::default()
        }
    }

    /// Takes in a line. What it answers are the rows that the line holds.
    pub(super) fn line(&mut self, reading: &Reading<'_, 'p>, outer: Option<Located<'p>>) -> Vec<Row> {
        let heading = std::mem::take(&mut self.heading);
        let all = 0..reading.tokens.len();
        // "Country / cases / deaths: Oman 121,129 / 1,365; …": the header stands in the line of its rows.
        let first = reading.numbers.iter().find(|number| !in_heading(reading, number.first)).map(|number| number.first);
        let colon = first.and_then(|first| (0..first).rev().find(|at| reading.is(*at, ":")));
        if let Some(colon) = colon.filter(|colon| separated(reading, 0..*colon)) {
            let (columns, brackets) = header(reading, 0..colon);
            if columns.iter().flatten().count() > 0 && columns.len() > 1 {
                let table = Self { columns, brackets, outer, ..Self::default() };
                return table.rows(reading, colon + 1..all.end);
            }
        }
        // "New cases by district: Kollam 2,115, Thrissur 3,868".
        if let Some(colon) = colon.filter(|colon| *colon < 16 && !told(reading, 0..*colon)) {
            let (columns, brackets) = header(reading, 0..colon);
            let behind = colon + 1..all.end;
            let plain = !reading.marks_in(behind.clone()).any(|mark| mark.cue.metric().is_some());
            if columns.len() == 1 && columns.iter().flatten().count() == 1 && plain {
                let table = Self { columns, brackets, outer, ..Self::default() };
                let rows = table.rows(reading, behind);
                let one = |row: &Row| row.figures.len() == 1 && row.figures.iter().all(|figure| figure.told.is_some());
                if rows.len() > 1 && rows.iter().all(one) {
                    return rows;
                }
            }
        }
        if first.is_none() {
            self.heading_line(reading, heading, outer);
            return Vec::new();
        }
        if is_rule(reading) || self.columns.is_empty() {
            return Vec::new();
        }
        if !is_row(reading) {
            if reading.tokens.len() > 6 {
                *self = Self::default();
            }
            return Vec::new();
        }
        // A cell in a line of its own, below the name of its row.
        let alone = label(reading, all.clone()).is_empty();
        if alone && (self.owner.is_some() || heading && self.columns.len() == 1) {
            self.begun = true;
            return vec![self.cell(reading)];
        }
        self.owner = None;
        self.begun |= !alone;
        if alone { Vec::new() } else { self.rows(reading, all) }
    }

    /// A line without figures: a header, one cell of it, the name of a row, or running text.
    fn heading_line(&mut self, reading: &Reading<'_, 'p>, heading: bool, outer: Option<Located<'p>>) {
        let all = 0..reading.tokens.len();
        if is_rule(reading) {
            self.heading = heading;
            return;
        }
        let words = reading.tokens.iter().filter(|token| token.kind == TokenKind::Word).count();
        let titled = reading.is(all.end.wrapping_sub(1), ":");
        let cells = separated(reading, all.clone());
        let told = told(reading, all.clone());
        let length = if cells { 40 } else { 14 };
        let (mut columns, brackets) = if words <= length && (cells && !told || titled || !told && words <= 8) {
            header(reading, all.clone())
        } else {
            (Vec::new(), Vec::new())
        };
        if columns.iter().flatten().count() > 0 {
            if !cells && heading && !self.begun {
                // Its columns have a line each.
                self.columns.extend(columns);
                self.brackets.extend(brackets);
            } else {
                *self = Self { columns, brackets, outer, ..Self::default() };
            }
            self.heading = true;
        } else if !cells && heading && !self.begun && self.named && period_or_kind(reading, all.clone()) {
            // "New cases", then "Total" in a line of its own.
            let last = self.columns.iter().rev().copied().flatten().next();
            let column = last.map(|last| Column { kinded: kinded(reading, all, last.metric), ..last });
            self.columns.push(column);
            self.brackets.push(None);
            self.heading = true;
        } else if cells && heading && !self.columns.is_empty() {
            // "| | Total | New | Total | New |" below "| | Cases | | Deaths | |".
            columns = self.nested(reading, all);
            if !columns.is_empty() {
                self.brackets = vec![None; columns.len()];
                self.columns = columns;
            }
            self.heading = true;
        } else if words <= 5 && !reading.tokens.iter().any(|token| token.is(".")) && !told {
            let whole = (0..all.end).any(|at| reading.word(at, Word::WholeRow));
            let named = !reading.spots.is_empty();
            let rows = (0..all.end).any(|at| reading.word(at, Word::RowName));
            if rows || !self.begun && self.columns.is_empty() {
                // The head of the column of names.
                self.heading = rows;
                if rows {
                    *self = Self { heading: true, named: true, ..Self::default() };
                }
            } else {
                self.owner = Some(if whole {
                    Owner::Whole
                } else if named {
                    Owner::Place
                } else {
                    Owner::Unknown
                });
                self.position = 0;
                self.heading = heading && words == 0;
            }
        } else if words > 6 {
            *self = Self::default();
        }
    }

    /// Columns that a second line of the header divides.
    fn nested(&self, reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Option<Column>> {
        let told: Vec<Range<usize>> =
            cells(reading, range).into_iter().filter(|cell| period_or_kind(reading, cell.clone())).collect();
        let groups = self.columns.len();
        if groups == 0 || told.is_empty() || !told.len().is_multiple_of(groups) {
            return Vec::new();
        }
        let each = told.len() / groups;
        let column = |(n, cell): (usize, &Range<usize>)| {
            let group = self.columns.get(n / each).copied().flatten()?;
            Some(Column { kinded: kinded(reading, cell.clone(), group.metric), ..group })
        };
        told.iter().enumerate().map(column).collect()
    }

    /// One cell of a row whose cells have a line each.
    fn cell(&mut self, reading: &Reading<'_, '_>) -> Row {
        let mut row = Row { owner: self.owner, spot: None, figures: Vec::new() };
        for value in values(reading, 0..reading.tokens.len()) {
            let at = if value.bracket { self.position.saturating_sub(1) } else { self.position };
            self.figure(reading, &value, at, &mut row);
            self.position += usize::from(!value.bracket);
        }
        row
    }

    /// The rows that stand in a range.
    fn rows(&self, reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Row> {
        let parted =
            |at: usize| [";", ","].iter().any(|mark| reading.is(at - 1, mark)) || reading.word(at - 1, Word::And);
        let mut starts = vec![range.start];
        for at in range.clone().skip(1) {
            let place = reading.spots.iter().any(|spot| spot.first == at);
            let filled = |from: usize| reading.numbers.iter().any(|number| number.first >= from && number.after <= at);
            let from = starts.last().copied().unwrap_or(range.start);
            if (place || parted(at) && label_at(reading, at)) && filled(from) {
                starts.push(at);
            }
        }
        starts.push(range.end);
        starts.windows(2).filter_map(|pair| Some(self.row(reading, *pair.first()?..*pair.last()?))).collect()
    }

    fn row(&self, reading: &Reading<'_, '_>, range: Range<usize>) -> Row {
        let name = label(reading, range.clone());
        let whole = name.clone().any(|at| reading.word(at, Word::WholeRow));
        let spot = reading.spots.iter().position(|spot| name.contains(&spot.first));
        let owner = if spot.is_some() {
            Owner::Place
        } else if whole {
            Owner::Whole
        } else {
            Owner::Unknown
        };
        let mut row = Row { owner: Some(owner), spot, figures: Vec::new() };
        let values = values(reading, name.end..range.end);
        let plain = values.iter().filter(|value| !value.bracket).count();
        let mut position = 0;
        for value in &values {
            let at = if value.bracket { position.max(1) - 1 } else { position };
            if plain <= self.columns.len() {
                self.figure(reading, value, at, &mut row);
            } else if let Some(n) = value.number {
                row.figures.push(Figure { n, told: None });
            }
            position += usize::from(!value.bracket);
        }
        // Numbers before the name count the rows.
        for (n, number) in reading.numbers.iter().enumerate() {
            if range.contains(&number.first) && number.first < name.end {
                row.figures.push(Figure { n, told: None });
            }
        }
        row
    }

    fn figure(&self, reading: &Reading<'_, '_>, value: &Value, at: usize, row: &mut Row) {
        let Some(n) = value.number else { return };
        let Some(number) = reading.numbers.get(n) else { return };
        let plain = self.columns.get(at).copied().flatten();
        let bracketed = self.brackets.get(at).copied().flatten();
        let column = if value.bracket {
            let plus = reading.is(number.first.wrapping_sub(1), "+");
            bracketed.or(plain.filter(|_| plus).map(increment))
        } else if bracketed.is_some() && !brackets_in(reading) {
            // "Cases (past 24 hours)": the brackets of the header say what the number itself counts.
            bracketed
        } else {
            plain
        };
        let fits = |column: &Column| {
            let kind = kind_of(column.metric);
            number.value >= 0.0
                && number.value <= kind.most
                && !(kind.whole && number.value.fract() != 0.0)
                && (!number.percent || is_percent(column.metric))
        };
        let column = column.filter(fits);
        let attachment =
            |column: Column| Attachment { metric: column.metric, why: Why::Column, mark: None, per: column.per };
        row.figures.push(Figure { n, told: column.map(|column| (attachment(column), column.kinded)) });
    }
}

/// A value of a row: a number, or a sign that there is none.
struct Value {
    number: Option<usize>,
    bracket: bool,
}

fn values(reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Value> {
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
    values
}

/// The words before the first value of a row.
fn label(reading: &Reading<'_, '_>, range: Range<usize>) -> Range<usize> {
    let word = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
            && !reading.numbers.iter().any(|number| number.first <= at && at < number.after)
            && !reading.word(at, Word::NoValue)
    };
    let Some(first) = range.clone().find(|at| word(*at)) else { return range.start..range.start };
    let end = (first..range.end)
        .find(|at| reading.numbers.iter().any(|number| number.first == *at) || separator(reading, *at).is_some())
        .unwrap_or(range.end);
    first..end
}

fn label_at(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
        && !reading.numbers.iter().any(|number| number.first == at)
}

/// A line that only draws: "|---|---|".
fn is_rule(reading: &Reading<'_, '_>) -> bool {
    reading.tokens.iter().all(|token| token.kind == TokenKind::Mark)
}

/// Whether the line is a row: a name or none, then figures, and no word that says what they count.
pub(super) fn is_row(reading: &Reading<'_, '_>) -> bool {
    let all = 0..reading.tokens.len();
    let name = label(reading, all.clone());
    let named = name.clone().filter(|at| reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Word));
    let several = reading.spots.len() > 1;
    let words = |at: &usize| {
        reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Word)
            && !reading.word(*at, Word::NoValue)
            && !reading.word(*at, Word::And)
            && !reading.numbers.iter().any(|number| number.first <= *at && *at < number.after)
            && !reading.spots.iter().any(|spot| spot.first <= *at && *at < spot.after)
    };
    let others = (name.end..all.end).filter(words).count();
    named.count() <= 6
        && others <= usize::from(several)
        && !reading.tokens.last().is_some_and(|token| matches!(token.text, "!" | "?"))
        && !reading.marks.iter().any(|mark| mark.cue.metric().is_some() && !name.contains(&mark.first))
        && !told(reading, name.clone())
        && !(name.end < all.end && reading.marks_in(name).any(|mark| mark.cue.metric().is_some()))
}

fn brackets_in(reading: &Reading<'_, '_>) -> bool {
    reading.tokens.iter().any(|token| token.is("("))
}

/// Whether words tell something, as a header never does; a metric's own words ("died", "tested") tell nothing there.
fn told(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    reading.marks_in(range).any(|mark| {
        let verb = matches!(mark.cue, Cue::Sense(Sense::Perfect | Sense::Report | Sense::RiseVerb | Sense::Forecast));
        let named = reading
            .marks
            .iter()
            .any(|other| other.cue.metric().is_some() && other.first <= mark.first && mark.after <= other.after);
        verb && !named && !reading.one_of(mark.first, &[Word::UpDown, Word::Daily, Word::Participle])
    })
}

/// A number that is no figure in a header: "past 24 hours", "per 100,000", "7-day".
fn in_heading(reading: &Reading<'_, '_>, first: usize) -> bool {
    let Some(n) = reading.numbers.iter().position(|number| number.first == first) else { return false };
    let number = reading.numbers.get(n).map_or(first..first + 1, |number| number.first..number.after);
    let named = reading.marks.iter().any(|mark| {
        let sense = matches!(
            mark.cue,
            Cue::Sense(
                Sense::PastDay
                    | Sense::PastWeek
                    | Sense::PastFortnight
                    | Sense::PastMonth
                    | Sense::PerDay
                    | Sense::PerWeek
                    | Sense::PerFortnight
                    | Sense::PerMonth
            )
        );
        sense && mark.first <= number.start && number.end <= mark.after
    });
    named || reading.word(first.wrapping_sub(1), Word::Per)
}

/// How strongly a token parts cells; a stronger mark makes the weaker ones part of the cell.
fn separator(reading: &Reading<'_, '_>, at: usize) -> Option<u8> {
    let token = reading.tokens.get(at)?;
    match token.text {
        "|" => Some(3),
        ";" => Some(2),
        "/" | ":" | "," | "=" => Some(1),
        "-" | "–" | "—" if token.spaced => Some(1),
        _ => None,
    }
}

fn separated(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    let inner = range.start + 1..range.end;
    let brackets = range.clone().any(|at| reading.word(at, Word::Brackets) || reading.is(at, "("));
    brackets
        || range.end > 0 && (range.start..range.end - 1).any(|at| separator(reading, at).is_some())
        || inner.into_iter().any(|at| reading.tokens.get(at).is_some_and(|token| token.apart))
}

/// The cells of a range.
fn cells(reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Range<usize>> {
    let apart = |at: usize| at > range.start && reading.tokens.get(at).is_some_and(|token| token.apart);
    let mut strength = range.clone().filter_map(|at| separator(reading, at)).max().unwrap_or(0);
    if range.clone().any(apart) {
        strength = strength.max(3);
    }
    let mut out = Vec::new();
    let (mut start, mut depth) = (range.start, 0_usize);
    for at in range.clone() {
        depth += usize::from(reading.is(at, "("));
        depth = depth.saturating_sub(usize::from(reading.is(at, ")")));
        // "Cases, deaths and recoveries by district".
        let and = strength < 3 && reading.word(at, Word::And);
        let parts = depth == 0
            && (and
                || separator(reading, at)
                    .is_some_and(|found| found == strength || strength < 3 && reading.is(at, ":")));
        if parts || strength == 3 && apart(at) {
            out.push(start..at);
            start = if parts { at + 1 } else { at };
        }
    }
    out.push(start..range.end);
    out.retain(|cell| !cell.is_empty());
    out
}

/// The columns with figures of a header, and what brackets in them count.
fn header(reading: &Reading<'_, '_>, range: Range<usize>) -> (Vec<Option<Column>>, Vec<Option<Column>>) {
    let (mut columns, mut brackets): (Vec<Option<Column>>, Vec<Option<Column>>) = (Vec::new(), Vec::new());
    let nothing = (Vec::new(), Vec::new());
    // Ages, targets and other diseases make figures of the whole table what they are.
    let off = [Sense::OtherDisease, Sense::History, Sense::Trial, Sense::Threshold, Sense::Legal];
    if off.iter().any(|sense| reading.has(range.clone(), *sense)) || range.clone().any(|at| reading.word(at, Word::Age))
    {
        return nothing;
    }
    for cell in cells(reading, range.clone()) {
        let open = cell.clone().find(|at| reading.is(*at, "("));
        let close = cell.clone().rev().find(|at| reading.is(*at, ")")).unwrap_or(cell.end);
        let main = cell.start..open.unwrap_or(cell.end);
        let inner = open.map_or(0..0, |open| open + 1..close.max(open + 1));
        let rows = main.clone().any(|at| reading.word(at, Word::RowName));
        let metric =
            metric_of(reading, main.clone(), cell.clone()).or_else(|| metric_of(reading, cell.clone(), cell.clone()));
        let last = columns.iter().rev().copied().flatten().next().map(|column: Column| column.metric);
        let metric = match metric {
            Some(found) => Some(found),
            None if period_or_kind(reading, cell.clone()) => last.map(|metric| (metric, None)),
            None => None,
        };
        match metric {
            // "Cases by district, deaths in brackets".
            Some((metric, per)) if cell.clone().any(|at| reading.word(at, Word::Brackets)) && !columns.is_empty() => {
                if let Some(last) = brackets.last_mut() {
                    *last = Some(Column { metric, per, kinded: kinded(reading, cell, metric) });
                }
            }
            _ if other_column(reading, cell.clone()) && !(rows && metric.is_some()) => {
                if !rows {
                    columns.push(None);
                    brackets.push(None);
                }
            }
            Some((metric, per)) => {
                let column =
                    |range: Range<usize>, metric| Column { metric, per, kinded: kinded(reading, range, metric) };
                let subs = cells(reading, inner.clone());
                let told = |range: &Range<usize>| {
                    period_or_kind(reading, range.clone()) || metric_of(reading, range.clone(), range.clone()).is_some()
                };
                if subs.len() > 1 && subs.iter().all(told) {
                    // "Cases (total / new)".
                    for sub in subs {
                        let named = metric_of(reading, sub.clone(), sub.clone()).map_or(metric, |(metric, _)| metric);
                        columns.push(Some(column(sub, named)));
                        brackets.push(None);
                    }
                } else {
                    let aside = subs.first().filter(|sub| !sub.is_empty() && told(sub)).cloned();
                    columns.push(Some(column(main, metric)));
                    brackets.push(aside.map(|sub| {
                        let named = metric_of(reading, sub.clone(), sub.clone()).map_or(metric, |(metric, _)| metric);
                        column(sub, named)
                    }));
                }
            }
            None if rows || columns.is_empty() => {}
            None => {
                columns.push(None);
                brackets.push(None);
            }
        }
    }
    (columns, brackets)
}

/// The metric that the words of a cell name, with the population that it is told per.
fn metric_of(reading: &Reading<'_, '_>, words: Range<usize>, cell: Range<usize>) -> Option<(Metric, Option<u64>)> {
    let named: Vec<Metric> = reading.marks_in(words).filter_map(|mark| mark.cue.metric()).collect();
    let metric = if named.contains(&Metric::Deaths) { Metric::Deaths } else { *named.last()? };
    let percent = cell.clone().any(|at| reading.pack.percent(&reading.tokens, at).is_some());
    let base =
        cell.clone().filter(|at| reading.word(*at, Word::Per)).find_map(|at| super::rates::base(reading, at + 1));
    let metric = match (metric, base) {
        (Metric::Cases | Metric::CaseIncidence, Some(_)) => Metric::CaseIncidence,
        (Metric::Deaths | Metric::DeathRate, Some(_)) => Metric::DeathRate,
        (Metric::ActiveCases | Metric::ActiveIncidence, Some(_)) => Metric::ActiveIncidence,
        (_, Some(_)) => return None,
        (Metric::PeopleVaccinated, None) if percent => Metric::PeopleVaccinatedShare,
        (Metric::PeopleFullyVaccinated, None) if percent => Metric::PeopleFullyVaccinatedShare,
        (metric, None) if percent && !is_percent(metric) => return None,
        (metric, None) => metric,
    };
    let per = base.map(|(base, _)| base).or((metric == Metric::CaseIncidence).then_some(100_000));
    Some((metric, per))
}

/// Whether a column counts something else: beds, doses delivered, a change, a share.
fn other_column(reading: &Reading<'_, '_>, cell: Range<usize>) -> bool {
    let covered = |at: usize| {
        in_heading(reading, at.wrapping_sub(1))
            || reading.marks.iter().any(|mark| {
                mark.first <= at
                    && at < mark.after
                    && mark.after > mark.first + 1
                    && !matches!(mark.cue, Cue::Sense(Sense::TrapAfter))
            })
    };
    let unit = reading.marks_in(cell.clone()).any(|mark| {
        mark.cue == Cue::Sense(Sense::TrapAfter) && !covered(mark.first) && !reading.word(mark.first, Word::RowName)
    });
    let senses = [Sense::Supply, Sense::Capacity, Sense::Population];
    let given = reading.has(cell.clone(), Sense::Given);
    unit || !given && senses.iter().any(|sense| reading.has(cell.clone(), *sense))
        || cell.clone().any(|at| reading.word(at, Word::OtherColumn))
}

const PERIODS: &[(Sense, Option<Period>)] = &[
    (Sense::PastDay, Some(Period::Day)),
    (Sense::PerDay, Some(Period::Day)),
    (Sense::Yesterday, Some(Period::Day)),
    (Sense::Overnight, Some(Period::Day)),
    (Sense::PastWeek, Some(Period::Week)),
    (Sense::PerWeek, Some(Period::Week)),
    (Sense::LastWeek, Some(Period::Week)),
    (Sense::PastFortnight, Some(Period::Fortnight)),
    (Sense::PerFortnight, Some(Period::Fortnight)),
    (Sense::PastMonth, Some(Period::Month)),
    (Sense::PerMonth, Some(Period::Month)),
    (Sense::LastMonth, Some(Period::Month)),
    (Sense::Today, Some(Period::Day)),
    (Sense::New, None),
];

fn period_or_kind(reading: &Reading<'_, '_>, cell: Range<usize>) -> bool {
    reading.has(cell.clone(), Sense::Total)
        || PERIODS.iter().any(|(sense, _)| reading.has(cell.clone(), *sense))
        || cell.clone().any(|at| reading.is(at, "+"))
}

/// Kind and period that the words of a cell give to its column.
fn kinded(reading: &Reading<'_, '_>, cell: Range<usize>, metric: Metric) -> Kinded {
    let total = reading.has(cell.clone(), Sense::Total);
    let found =
        PERIODS.iter().find(|(sense, _)| reading.has(cell.clone(), *sense) && !(total && *sense == Sense::Today));
    let new = found.is_some() || cell.clone().any(|at| reading.is(at, "+"));
    let period = PERIODS
        .iter()
        .filter(|(sense, _)| reading.has(cell.clone(), *sense) && !(total && *sense == Sense::Today))
        .find_map(|(_, period)| *period);
    let admission = cell.clone().any(|at| reading.word(at, Word::Admission));
    let kind = match (kind_of(metric).fixed, metric) {
        (Some(fixed), _) => fixed,
        (None, Metric::Hospitalisations | Metric::Quarantined | Metric::CloseContacts)
            if !new && !admission && !total =>
        {
            Kind::Current
        }
        (None, _) if new || admission => Kind::New,
        (None, _) => Kind::Cumulative,
    };
    Kinded { kind, period: if kind == Kind::New { period } else { None }, statistic: None, rule: "column" }
}

fn increment(column: Column) -> Column {
    let kinded = match kind_of(column.metric).fixed {
        Some(_) => column.kinded,
        None => Kinded { kind: Kind::New, period: None, statistic: None, rule: "plus" },
    };
    Column { kinded, ..column }
}
