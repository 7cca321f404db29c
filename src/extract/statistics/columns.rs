//! Tables flattened to text: what each column counts.
//!
//! In: lines that have been read, in order. Out: a [`Table`], which a header builds and running text ends, and for the
//! figures of a row what their columns say of them. A row stands in one line, or has a line for each cell. What holds: a
//! figure of a row gets the metric, kind and period of its column, and nothing where the column counts something else
//! (beds, doses delivered, a change) or the row has more figures than the header has columns.

use super::attach::{Attachment, Why};
use super::header::{Column, PERIODS, cells, header, in_heading, kinded, period_or_kind, separated, separator, told};
use super::kind::Kinded;
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use super::scope::Located;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{Kind, Metric, Period};
use std::ops::Range;

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
    /// The period that a caption tells for the whole table.
    caption: Option<Option<Period>>,
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
        let (columns, brackets) = Self::column_of((metric, kinded));
        Self { columns, brackets, outer, ..Self::default() }
    }

    fn column_of((metric, kinded): (Metric, Kinded)) -> (Vec<Option<Column>>, Vec<Option<Column>>) {
        (vec![Some(Column { metric, per: None, kinded })], vec![None])
    }

    /// Takes in a line. What it answers are the rows that the line holds. `lead` is what the text has counted last.
    pub(super) fn line(
        &mut self,
        reading: &Reading<'_, 'p>,
        outer: Option<Located<'p>>,
        lead: Option<(Metric, Kinded)>,
    ) -> Vec<Row> {
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
            let (mut columns, mut brackets) = header(reading, 0..colon);
            // "District-wise: Kollam 2,115, …" breaks down what was counted before.
            if columns.is_empty() && (0..colon).any(|at| reading.word(at, Word::RowName)) && colon <= 6 {
                (columns, brackets) = lead.map(Self::column_of).unwrap_or_default();
            }
            let behind = colon + 1..all.end;
            let plain = !reading.marks_in(behind.clone()).any(|mark| mark.cue.metric().is_some());
            if columns.len() == 1 && columns.iter().flatten().count() == 1 && plain {
                let table = Self { columns, brackets, outer, ..Self::default() };
                let rows = table.rows(reading, behind);
                let one = |row: &Row| {
                    (1..=2).contains(&row.figures.len()) && row.figures.iter().all(|figure| figure.told.is_some())
                };
                if rows.len() > 1 && rows.iter().all(one) {
                    return rows;
                }
            }
        }
        if first.is_none() {
            self.heading_line(reading, heading, outer, lead);
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

    /// Whether a line is a row with fewer numbers than columns, in which white space may part numbers.
    pub(super) fn wants_parts(&self, reading: &Reading<'_, '_>) -> bool {
        let all = 0..reading.tokens.len();
        let name = label(reading, all.clone());
        self.columns.len() > 1
            && is_row(reading)
            && values(reading, name.end..all.end).len() < self.columns.len()
            && reading.numbers.iter().any(|number| {
                (number.first + 1..number.after)
                    .any(|at| reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Number))
            })
    }

    /// A line without figures: a header, one cell of it, the name of a row, or running text.
    fn heading_line(
        &mut self,
        reading: &Reading<'_, 'p>,
        heading: bool,
        outer: Option<Located<'p>>,
        lead: Option<(Metric, Kinded)>,
    ) {
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
        let (mut columns, mut brackets) = if words <= length && (cells && !told || titled || !told && words <= 8) {
            header(reading, all.clone())
        } else {
            (Vec::new(), Vec::new())
        };
        let by_rows =
            titled && words <= 6 && columns.is_empty() && all.clone().any(|at| reading.word(at, Word::RowName));
        if let Some(lead) = lead.filter(|_| by_rows) {
            (columns, brackets) = Self::column_of(lead);
        }
        // "Figures for the past 24 hours:", above a header that does not say so.
        if columns.iter().flatten().count() == 0 && (titled || words <= 14 && !told) {
            let period = PERIODS
                .iter()
                .find(|(sense, period)| period.is_some() && *sense != Sense::Today && reading.has(all.clone(), *sense));
            self.caption = period.map(|(_, period)| *period).or(self.caption.filter(|_| words <= 6));
        }
        let caption = self.caption;
        columns.iter_mut().flatten().for_each(|column| column.under(caption));
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
            self.figure(reading, &value, at, false, &mut row);
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
                self.figure(reading, value, at, plain < values.len(), &mut row);
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

    fn figure(&self, reading: &Reading<'_, '_>, value: &Value, at: usize, brackets: bool, row: &mut Row) {
        let Some(n) = value.number else { return };
        let Some(number) = reading.numbers.get(n) else { return };
        let plain = self.columns.get(at).copied().flatten();
        let bracketed = self.brackets.get(at).copied().flatten();
        let column = if value.bracket {
            let plus = reading.is(number.first.wrapping_sub(1), "+");
            bracketed.or(plain.filter(|_| plus).map(increment))
        } else if bracketed.is_some() && !brackets {
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
        && reading.tokens.last().is_none_or(|token| !matches!(token.text, "!" | "?"))
        && !told(reading, name.clone())
        && !reading
            .marks
            .iter()
            .any(|mark| mark.cue.metric().is_some() && (name.end < all.end || !name.contains(&mark.first)))
}

/// The column that a number with a plus sign behind one of it belongs to.
fn increment(column: Column) -> Column {
    let kinded = match kind_of(column.metric).fixed {
        Some(_) => column.kinded,
        None => Kinded { kind: Kind::New, period: None, statistic: None, rule: "plus" },
    };
    Column { kinded, ..column }
}
