//! Tables and lists flattened to text, as rows and columns.
//!
//! In: lines that have been read, in order. Out: a [`Table`], which headings build and running text ends, and for the figures
//! of a line what the heads that govern each say of it: the caption, the header of its column, the label or name of its row.
//! A row stands in one line, or has a line for each cell. What holds: a figure that heads govern has their metric, kind,
//! period, day and subset, and is left alone where they name something else (beds, doses delivered, a change) or where a row
//! has more figures than the header has columns.

mod head;
mod header;
mod labels;
mod row;

use super::kind::Kinded;
use super::kinds::{is_percent, kind_of};
use super::located::Located;
use super::reading::Reading;
use crate::extract::places::Place;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{AsOf, Field, Metric, Period};
use head::Head;
pub(super) use head::{elsewhere, in_heading, told};
use header::{Header, announced, cells, header, separated};
pub(super) use row::{Figure, Owner, Row, of_number};
use row::{Value, is_row, is_rule, name, owner, values};
use std::ops::Range;

/// What the text has said when a line of a table comes.
pub(super) struct Around<'p> {
    /// The place that a heading names.
    pub(super) label: Option<&'p Place>,
    /// The country that the text speaks of.
    pub(super) country: Option<&'p Place>,
    /// The place of the last figure.
    pub(super) last: Option<Located<'p>>,
    /// What was counted last.
    pub(super) lead: Option<(Metric, Kinded)>,
    /// What the figures of the line, or of the lines below it, add up to.
    pub(super) sum: Option<Metric>,
}

impl Around<'_> {
    /// What rows count that have no word for it: what they add up to, whose kind is told later, else what was counted last.
    fn broken_down(&self, sum: bool, lead: bool) -> Option<Head> {
        let sum = self.sum.filter(|_| sum).map(|metric| Head { metric: Some((metric, None)), ..Head::default() });
        let lead = || self.lead.filter(|_| lead).map(|(metric, kinded)| Head::counted(metric, kinded));
        sum.or_else(lead)
    }
}

/// The table that is being read.
#[derive(Clone, Default)]
pub(super) struct Table<'p> {
    /// The columns with figures; none for those that count something else.
    columns: Vec<Option<Head>>,
    /// What a number in brackets counts behind that of the column.
    brackets: Vec<Option<Head>>,
    /// What numbers in brackets count, as a sentence before the header says.
    aside: Option<Head>,
    /// What the headings say of all figures below them.
    caption: Head,
    /// The header names the column of names.
    named: bool,
    /// Rows have been read.
    begun: bool,
    /// The line before was a cell of the header.
    heading: bool,
    /// The header says what rows are of.
    by_rows: bool,
    /// Whose row it is, where its name has a line of its own.
    owner: Option<Owner>,
    /// Figures of the row that have been read.
    position: usize,
    /// What the label before counts, which a line of places breaks down.
    broken_down: Option<Head>,
    /// Whose parts its rows are.
    pub(super) place: Option<&'p Place>,
    /// The place that the text spoke of before the table.
    pub(super) outer: Option<Located<'p>>,
}

impl<'p> Table<'p> {
    /// A list whose items count what a sentence before it has counted.
    pub(super) fn of(metric: Metric, kinded: Kinded, outer: Option<Located<'p>>) -> Self {
        Self { outer, ..Self::with(vec![Some(Head::counted(metric, kinded))], vec![None], Head::default()) }
    }

    fn with(columns: Vec<Option<Head>>, brackets: Vec<Option<Head>>, caption: Head) -> Self {
        Self { columns, brackets, caption, ..Self::default() }
    }

    fn headed(header: Header, around: &Around<'p>) -> Self {
        let Header { columns, brackets, caption, named } = header;
        Self { named, ..Self::with(columns, brackets, caption) }.placed(around)
    }

    /// Lets numbers in brackets behind those of a metric count what a sentence has said.
    fn bracket(&mut self, aside: Option<&Head>) {
        for (column, bracket) in self.columns.iter().zip(&mut self.brackets) {
            let same = column.as_ref().zip(aside).is_some_and(|(column, aside)| column.metric == aside.metric);
            *bracket = bracket.take().or(aside.filter(|_| same).cloned());
        }
    }

    fn placed(self, around: &Around<'p>) -> Self {
        Self { place: around.label.or(around.country), outer: around.last, ..self }
    }

    /// The table that another field begins with: "Active cases by county" in a headline may head the first rows of the body.
    pub(super) fn into_body(self, field: Field) -> Self {
        if field.is_body() && self.by_rows { self } else { Self::default() }
    }

    /// Takes in a line. What it answers are the rows that the line holds.
    pub(super) fn line(&mut self, reading: &Reading<'_, 'p>, around: &Around<'p>) -> Vec<Row> {
        let heading = std::mem::take(&mut self.heading);
        let all = 0..reading.tokens.len();
        let figure = |first: usize| !in_heading(reading, first);
        let Some(first) = reading.numbers.iter().map(|number| number.first).find(|first| figure(*first)) else {
            self.heading_line(reading, heading, around);
            return Vec::new();
        };
        if let Some(rows) = self.headed_line(reading, first, around) {
            return rows;
        }
        if self.announced(reading, around) {
            return Vec::new();
        }
        if is_rule(reading) {
            return Vec::new();
        }
        if let Some(row) = self.labelled_row(reading) {
            return vec![row];
        }
        if is_row(reading) {
            let alone = name(reading, all.clone()).is_empty();
            if let Some(head) =
                around.broken_down(self.columns.is_empty() && !alone && reading.numbers.len() == 1, false)
            {
                *self = Self::with(vec![Some(head)], vec![None], Head::default()).placed(around);
            }
            if self.columns.is_empty() {
                return self.breakdown(reading, around);
            }
            // A cell in a line of its own, below the name of its row.
            if alone && reading.numbers.iter().all(|number| counts_rows(reading, number)) {
                return Vec::new();
            }
            if alone && (self.owner.is_some() || heading && self.columns.len() == 1) {
                self.begun = true;
                return vec![self.cell(reading)];
            }
            self.owner = None;
            self.begun |= !alone;
            let end = row::aside(reading, 0);
            let mut rows = if alone { Vec::new() } else { self.rows(reading, 0..end) };
            if let [row] = rows.as_mut_slice() {
                row.figures.extend(asides(reading, end));
            }
            return rows;
        }
        // "The new cases are distributed as: Khartoum State 19, River Nile 4": what the sentence itself says counts.
        let tells = |rows: &[Row]| rows.iter().flat_map(|row| &row.figures).any(|figure| figure.told.is_some());
        let counts = || reading.marks.iter().any(|mark| mark.cue.metric().is_some());
        if let Some((rows, last)) = labels::labelled(reading, &self.caption, self.broken_down.as_ref())
            .filter(|(rows, _)| !reading.pack.topic_first() && (tells(rows) || !counts()))
        {
            self.columns.clear();
            // A stock is not what "new today" adds to.
            let counts = |head: &Head| head.metric.is_some_and(|(metric, _)| kind_of(metric).fixed.is_none());
            let last = last.filter(counts).map(|head| Head { subset: Vec::new(), ..head });
            self.broken_down = last.or(self.broken_down.take());
            return rows;
        }
        if reading.tokens.len() > 6 && !is_item(reading) {
            *self = Self::default();
        }
        Vec::new()
    }

    /// The day and the period that the headings tell of a figure in an item of a list.
    pub(super) fn caption(&self, reading: &Reading<'_, '_>) -> (Option<&AsOf>, Option<Period>) {
        let governed = is_item(reading);
        (self.caption.day.as_ref().filter(|_| governed), self.caption.period.filter(|_| governed))
    }

    /// Whether the headings make figures new that an item of a list tells without a word for their kind.
    pub(super) fn new_items(&self, reading: &Reading<'_, '_>) -> bool {
        self.caption.said == Some(head::Said::New) && is_item(reading)
    }

    /// "Country / cases / deaths: Oman 121,129 / 1,365; …", "New cases by district: Kollam 2,115, Thrissur 3,868": the header
    /// stands in the line of its rows.
    fn headed_line(&self, reading: &Reading<'_, 'p>, first: usize, around: &Around<'p>) -> Option<Vec<Row>> {
        let end = reading.tokens.len();
        for colon in (0..first).filter(|at| reading.is(*at, ":")) {
            let mut head = header(reading, 0..colon, &self.caption);
            head.caption = head.caption.under(&Head { metric: None, ..self.caption.clone() });
            let mut before = reading.spots.iter().enumerate().filter(|(_, spot)| spot.after <= colon);
            let within = before.next().map(|(n, _)| n).filter(|_| before.next().is_none());
            let inside = |rows: Vec<Row>| rows.into_iter().map(|row| Row { within, ..row }).collect::<Vec<_>>();
            let named =
                (colon + 1..first).any(|at| reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word));
            if named && separated(reading, 0..colon) && head.counts() && head.columns.len() > 1 {
                return Some(inside(Self::headed(head, around).rows(reading, colon + 1..end)));
            }
            if colon >= 20 || told(reading, 0..colon) {
                continue;
            }
            // "District-wise: Kollam 2,115, …" breaks down what was counted before.
            let by_rows = head.columns.is_empty() && colon <= 6 && (0..colon).any(|at| reading.word(at, Word::RowName));
            if let Some(broken_down) = around.broken_down(head.columns.is_empty() && colon <= 6, by_rows) {
                head.columns = vec![Some(broken_down)];
                head.brackets = vec![None];
            }
            let behind = colon + 1..end;
            let plain = !reading.marks_in(behind.clone()).any(|mark| mark.cue.metric().is_some());
            if !(head.columns.len() == 1 && head.counts() && plain) {
                continue;
            }
            let rows = Self::headed(head, around).rows(reading, behind);
            let one = |row: &Row| {
                (1..=2).contains(&row.figures.len()) && row.figures.iter().all(|figure| figure.told.is_some())
            };
            if rows.len() > 1 && rows.iter().all(one) {
                return Some(inside(rows));
            }
        }
        None
    }

    /// Takes in a header that stands in running text, where the line has one.
    fn announced(&mut self, reading: &Reading<'_, 'p>, around: &Around<'p>) -> bool {
        let header = announced(reading, &self.caption);
        let is_header = header.is_some();
        if let Some(header) = header {
            *self = Self { heading: true, ..Self::headed(header, around) };
        }
        is_header
    }

    /// Whether a line is a row with fewer numbers than columns, in which white space may part numbers.
    pub(super) fn wants_parts(&self, reading: &Reading<'_, '_>) -> bool {
        let all = 0..reading.tokens.len();
        let name = name(reading, all.clone());
        self.columns.len() > 1
            && is_row(reading)
            && values(reading, name.end..all.end).len() < self.columns.len()
            && reading.numbers.iter().any(|number| {
                (number.first + 1..number.after)
                    .any(|at| reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Number))
            })
    }

    /// A line without figures: a title, a header, one cell of it, the name of a row, or running text.
    fn heading_line(&mut self, reading: &Reading<'_, 'p>, heading: bool, around: &Around<'p>) {
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
        let can = words <= length && (cells && !told || titled || !told && words <= 10);
        let mut head = if can { header(reading, all.clone(), &self.caption) } else { Header::default() };
        let by_rows =
            titled && words <= 6 && head.columns.is_empty() && all.clone().any(|at| reading.word(at, Word::RowName));
        if let Some(broken_down) = around.broken_down(can && head.columns.is_empty(), by_rows) {
            head.columns = vec![Some(broken_down)];
            head.brackets = vec![None];
        }
        // "Rates per 100,000 people, the week before in brackets": no header says what stands in two columns of one name.
        if brackets_before(reading) {
            return;
        }
        if let ([Some(column)], [None]) = (head.columns.as_slice(), head.brackets.as_slice())
            && says_brackets(reading)
        {
            self.aside = Some(column.clone());
            return;
        }
        let aside = self.aside.take();
        let bracket = reading.words_of(all.clone(), Word::Columns).next().is_none();
        if (bracket || !(head.counts() || head.counts_by_rows())) && self.announced(reading, around) {
            return;
        }
        let nested = cells && heading && !self.columns.is_empty() && !head.counts();
        if head.counts() {
            let one = !cells || head.columns.len() == 1;
            if one && heading && !self.begun && self.named && !head.named {
                // Its columns have a line each.
                self.columns.extend(head.columns);
                self.brackets.extend(head.brackets);
            } else {
                let day = self.caption.day.clone();
                let kept = if head.named && cells { self.caption.clone() } else { Head { day, ..Head::default() } };
                head.caption = head.caption.under(&kept);
                let rows = |by: usize| (by + 1..by + 5).any(|at| reading.word(at, Word::RowName));
                let by_rows = reading.words_of(all, Word::By).any(rows);
                *self = Self { by_rows, ..Self::headed(head, around) };
                self.bracket(aside.as_ref());
            }
            self.heading = true;
        } else if head.counts_by_rows() {
            // "Town | New | Total", below "Davao logged 48 infections".
            let kinds = |column: &Head| column.said.is_some() && column.day.is_none();
            if let Some((metric, _)) = around.lead.filter(|_| head.columns.iter().flatten().all(kinds)) {
                head.fill(metric);
            }
            head.caption = head.caption.under(&self.caption);
            *self = Self::headed(head, around);
        } else if !cells && heading && !self.begun && self.named && Head::read(reading, all.clone()).only_modifies() {
            // "New cases", then "Total" in a line of its own.
            let last = self.columns.iter().rev().flatten().next().and_then(|last| last.metric);
            self.columns.push(last.map(|last| Head { metric: Some(last), ..Head::read(reading, all) }));
            self.brackets.push(None);
            self.heading = true;
        } else if let Some(columns) = nested.then(|| self.nested(reading, all.clone())) {
            // "| | Total | New | Total | New |" below "| | Cases | | Deaths | |".
            if !columns.is_empty() {
                self.brackets = vec![None; columns.len()];
                self.columns = columns;
            }
            self.heading = true;
        } else if self.named_line(reading, heading, words, told) {
        } else if titled || words <= 16 && !told {
            // "Figures for the past 24 hours:", "Norway, week 46 (15–21 November)", above what does not say so.
            let said = Head::of_title(reading, all);
            self.caption = said.under(&Head { metric: None, ..self.caption.clone() });
            self.columns.clear();
            self.broken_down = None;
        } else if words > 6 {
            *self = Self::default();
        }
    }

    /// Takes in a line that is the head of the column of names, or the name of a row.
    fn named_line(&mut self, reading: &Reading<'_, '_>, heading: bool, words: usize, told: bool) -> bool {
        let all = 0..reading.tokens.len();
        if words > 5 || told || reading.tokens.iter().any(|token| token.is(".")) {
            return false;
        }
        let rows = words <= 3 && all.clone().any(|at| head::names_rows(reading, at));
        if rows {
            *self = Self { heading: true, named: true, caption: self.caption.clone(), ..Self::default() };
        } else if self.begun || !self.columns.is_empty() {
            self.owner = Some(match owner(reading, name(reading, all)) {
                Owner::Place(_) => Owner::Place(None),
                other => other,
            });
            self.position = 0;
            self.heading = heading && words == 0;
        } else {
            return false;
        }
        true
    }

    /// Columns that a second line of the header divides.
    fn nested(&self, reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Option<Head>> {
        let parts = cells(reading, range).0.into_iter().map(|cell| Head::read(reading, cell));
        let told: Vec<Head> = parts.filter(Head::only_modifies).collect();
        let groups = self.columns.len();
        if groups == 0 || told.is_empty() || !told.len().is_multiple_of(groups) {
            return Vec::new();
        }
        let each = told.len() / groups;
        let column = |(n, head): (usize, &Head)| Some(head.under(self.columns.get(n / each)?.as_ref()?));
        told.iter().enumerate().map(column).collect()
    }

    /// "In hospital | 1,743 | 1,641" below "Indicator | Thursday | Wednesday".
    fn labelled_row(&self, reading: &Reading<'_, '_>) -> Option<Row> {
        let columns = self.columns.iter().flatten();
        if columns.clone().count() == 0 || columns.clone().any(|column| column.metric.is_some()) {
            return None;
        }
        let all = 0..reading.tokens.len();
        let name = name(reading, all.clone());
        let label = Head::read(reading, name.clone());
        label.metric?;
        let mut row = Row::of(None);
        for (at, value) in values(reading, name.end..all.end).into_iter().enumerate() {
            let Some((n, number)) = value.number.and_then(|n| Some((n, reading.numbers.get(n)?))) else { continue };
            let head = self.columns.get(at).and_then(Option::as_ref).map(|column| label.under(column));
            let told = head.and_then(|head| head.told(number.percent));
            row.figures.push(Figure { n, told: told.filter(|told| fits(number, told.attachment.metric)) });
        }
        Some(row)
    }

    /// "Toronto: 1,469; Peel: 851" below "New cases: 4,812".
    fn breakdown(&self, reading: &Reading<'_, 'p>, around: &Around<'p>) -> Vec<Row> {
        let Some(head) = self.broken_down.clone().filter(|_| !reading.spots.is_empty()) else { return Vec::new() };
        let table = Self::with(vec![Some(head)], vec![None], Head::default()).placed(around);
        let rows = table.rows(reading, 0..reading.tokens.len());
        let one = |row: &Row| row.figures.len() == 1 && matches!(row.owner, Some(Owner::Place(_) | Owner::Part(_)));
        if rows.iter().all(one) { rows } else { Vec::new() }
    }

    /// One cell of a row whose cells have a line each.
    fn cell(&mut self, reading: &Reading<'_, '_>) -> Row {
        let mut row = Row::of(self.owner);
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
            |at: usize| [";", ",", "|"].iter().any(|mark| reading.is(at - 1, mark)) || reading.word(at - 1, Word::And);
        let opens = |at: usize| {
            reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
                && !reading.numbers.iter().any(|number| number.first == at)
                && !reading.word(at, Word::NoValue)
        };
        let mut starts = vec![range.start];
        for at in range.clone().skip(1) {
            let place = reading.spots.iter().any(|spot| spot.first == at);
            let filled = |from: usize| reading.numbers.iter().any(|number| number.first >= from && number.after <= at);
            let from = starts.last().copied().unwrap_or(range.start);
            // Numbers before the first name count the rows.
            let filled = |from: usize| filled(from) && !name(reading, from..at).is_empty();
            if (place || parted(at) && opens(at)) && filled(from) {
                starts.push(at);
            }
        }
        starts.push(range.end);
        starts.windows(2).filter_map(|pair| Some(self.row(reading, *pair.first()?..*pair.last()?))).collect()
    }

    fn row(&self, reading: &Reading<'_, '_>, range: Range<usize>) -> Row {
        let name = name(reading, range.clone());
        let mut row = Row::of(Some(owner(reading, name.clone())));
        let mut values = values(reading, name.end..range.end);
        let count = |values: &[Value]| values.iter().filter(|value| !value.bracket).count();
        // A remark behind the last column is none.
        if count(&values) > self.columns.len() && values.last().is_some_and(|value| value.number.is_none()) {
            values.pop();
        }
        let mut plain = count(&values);
        // "San Marino 1,914 (65)": two columns, of which the header does not say that one stands in brackets.
        if plain < self.columns.len() && values.len() == self.columns.len() && self.brackets.iter().all(Option::is_none)
        {
            values.iter_mut().for_each(|value| value.bracket = false);
            plain = values.len();
        }
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
        // Numbers before the name count the rows, unless nothing stands behind it: "36,882 - Franklin".
        let before = |number: &Numeral| range.contains(&number.first) && number.first < name.end;
        let leading = reading.numbers.iter().enumerate().filter(|(_, number)| before(number));
        let alone = values.is_empty() && self.columns.len() == 1 && leading.clone().count() == 1;
        for (n, number) in leading {
            if alone && !counts_rows(reading, number) && row.owner != Some(Owner::Unknown) {
                self.figure(reading, &Value { number: Some(n), bracket: false }, 0, false, &mut row);
            } else {
                row.figures.push(Figure { n, told: None });
            }
        }
        row
    }

    fn figure(&self, reading: &Reading<'_, '_>, value: &Value, at: usize, brackets: bool, row: &mut Row) {
        let Some(n) = value.number else { return };
        let Some(number) = reading.numbers.get(n) else { return };
        let plain = self.columns.get(at).cloned().flatten();
        let bracketed = self.brackets.get(at).cloned().flatten();
        let column = if value.bracket {
            let plus = reading.is(number.first.wrapping_sub(1), "+");
            bracketed.or(plain.filter(|_| plus).map(|plain| plain.increment()))
        } else if bracketed.is_some() && !brackets {
            // "Cases (past 24 hours)": the brackets of the header say what the number itself counts.
            bracketed
        } else {
            plain
        };
        let head = column.map(|column| column.under(&Head { metric: None, ..self.caption.clone() }));
        let told = head.and_then(|head| head.told(number.percent));
        row.figures.push(Figure { n, told: told.filter(|told| fits(number, told.attachment.metric)) });
    }
}

/// "New cases are in parentheses", "figures in brackets are new cases": whether a line says of what it counts, and of nothing
/// else, that it stands in brackets.
fn says_brackets(reading: &Reading<'_, '_>) -> bool {
    let Some(at) = (0..reading.tokens.len()).find(|at| reading.word(*at, Word::Brackets)) else { return false };
    let mut named = reading.marks.iter().filter(|mark| mark.cue.metric().is_some());
    let near = |mark: &Mark| {
        let between = if mark.after <= at { mark.after..at } else { at + 1..mark.first };
        between.len() < 4 && !between.into_iter().any(|at| reading.is(at, ","))
    };
    named.next().is_some_and(near) && named.next().is_none()
}

/// "Rate per 100,000, week 2 (week 1 in brackets)": whether what stands in brackets is the same of a time before.
fn brackets_before(reading: &Reading<'_, '_>) -> bool {
    let Some(at) = (0..reading.tokens.len()).find(|at| reading.word(*at, Word::Brackets)) else { return false };
    let near = at.saturating_sub(6)..at;
    let dated = reading.dates.iter().any(|date| near.contains(&date.first));
    let before = [Sense::WeekEarlier, Sense::DayEarlier, Sense::LastWeek, Sense::Yesterday];
    let timed = near.clone().any(|at| reading.word(at, Word::PeriodUnit));
    let silent = !reading.marks_in(near.clone()).any(|mark| mark.cue.metric().is_some());
    silent && (dated || timed || before.iter().any(|sense| reading.has(near.clone(), *sense)))
}

/// "1.", "2)": a number that only counts the rows.
fn counts_rows(reading: &Reading<'_, '_>, number: &Numeral) -> bool {
    [".", ")"].iter().any(|mark| reading.is(number.after, mark))
}

/// The figures of the aside of a row that have labels of their own: "California: 3,852 (ICU 1,001)".
fn asides(reading: &Reading<'_, '_>, from: usize) -> Vec<Figure> {
    let mut start = from + 1;
    let mut found = Vec::new();
    for (n, number) in reading.numbers.iter().enumerate().filter(|(_, number)| number.first > from) {
        let label = start..number.first;
        start = number.after;
        let told = Head::read(reading, label).told(number.percent);
        if let Some(told) = told.filter(|told| fits(number, told.attachment.metric)) {
            found.push(Figure { n, told: Some(told) });
        }
    }
    found
}

/// Whether a number can be a value of a metric.
fn fits(number: &Numeral, metric: Metric) -> bool {
    let kind = kind_of(metric);
    number.value >= 0.0
        && number.value <= kind.most
        && !(kind.whole && number.value.fract() != 0.0)
        && (!number.percent || is_percent(metric))
}

/// Whether a line is an item of a list: a bullet opens it, or a label.
fn is_item(reading: &Reading<'_, '_>) -> bool {
    let bullet =
        reading.tokens.first().is_some_and(|token| matches!(token.text, "•" | "-" | "–" | "—" | "*" | "·" | "▪"));
    let first = reading.numbers.first().map_or(0, |number| number.first);
    let label = (1..first.min(8)).find(|at| reading.is(*at, ":"));
    let bare = reading.numbers.first().is_some_and(|number| number.first == 0) && reading.tokens.len() <= 14;
    bullet || bare || label.is_some_and(|colon| !told(reading, 0..colon))
}
