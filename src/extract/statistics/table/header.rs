//! Lines that head a table: how they are cut into cells, and the columns that the cells make.
//!
//! In: a range of a line without figures. Out: its [`Header`]. What holds: a cell that names no metric gives a column whose
//! figures are left alone, unless it says more of the metric before it or of the one that the caption names; the columns before
//! the one of names count the rows.

use super::super::reading::Reading;
use super::head::{Head, Said, metric_of, names_rows, off, off_as_a_whole};
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::{Metric, Period};
use std::ops::Range;

/// What a line says as a header.
#[derive(Default)]
pub(super) struct Header {
    /// The columns with figures; none for those that count something else.
    pub(super) columns: Vec<Option<Head>>,
    /// What a number in brackets counts behind that of the column.
    pub(super) brackets: Vec<Option<Head>>,
    /// What it says of all its figures.
    pub(super) caption: Head,
    /// It names the column of names.
    pub(super) named: bool,
}

impl Header {
    /// Whether any column counts a metric.
    pub(super) fn counts(&self) -> bool {
        self.columns.iter().flatten().any(|column| column.metric.is_some())
    }

    /// "Indicator | Thursday | Wednesday": whether the rows say what the columns count.
    pub(super) fn counts_by_rows(&self) -> bool {
        !self.counts() && self.named && self.columns.iter().flatten().count() > 0
    }

    /// Whether a column counts what stands beside new cases: "LGU | New | Active".
    fn counts_beside_cases(&self) -> bool {
        let beside = [Metric::ActiveCases, Metric::Deaths, Metric::Recoveries];
        let counts = |column: &Head| column.metric.is_some_and(|(one, _)| beside.contains(&one));
        self.columns.iter().flatten().any(counts)
    }

    /// Gives a metric to the columns that only say how they count.
    pub(super) fn fill(&mut self, metric: Metric) {
        let open = |column: &&mut Head| column.metric.is_none() && column.said.is_some();
        self.columns.iter_mut().flatten().filter(open).for_each(|column| column.metric = Some((metric, None)));
    }

    fn push(&mut self, column: Option<Head>, brackets: Option<Head>) {
        self.columns.push(column);
        self.brackets.push(brackets);
    }
}

/// How strongly a token parts cells; a stronger mark makes the weaker ones part of the cell.
pub(super) fn separator(reading: &Reading<'_, '_>, at: usize) -> Option<u8> {
    let token = reading.tokens.get(at)?;
    match token.text {
        "|" | "•" => Some(4),
        ";" => Some(3),
        "/" if token.spaced => Some(2),
        "/" | ":" | "→" | "," | "=" => Some(1),
        "-" | "–" | "—" if token.spaced => Some(1),
        _ => None,
    }
}

pub(super) fn separated(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    let inner = range.start + 1..range.end;
    let brackets = range.clone().any(|at| reading.word(at, Word::Brackets) || reading.is(at, "("));
    brackets
        || range.end > 0 && (range.start..range.end - 1).any(|at| separator(reading, at).is_some())
        || inner.into_iter().any(|at| reading.tokens.get(at).is_some_and(|token| token.apart))
}

/// The cells of a range, and whether strong marks part them.
pub(super) fn cells(reading: &Reading<'_, '_>, range: Range<usize>) -> (Vec<Range<usize>>, bool) {
    let apart = |at: usize| at > range.start && reading.tokens.get(at).is_some_and(|token| token.apart);
    let within = |depth: &mut usize, at: usize| {
        *depth += usize::from(reading.is(at, "("));
        *depth = depth.saturating_sub(usize::from(reading.is(at, ")")));
        Some((at, *depth == 0))
    };
    let outside = range.clone().scan(0, within).filter(|(_, outside)| *outside).map(|(at, _)| at);
    let mut strength = outside.filter_map(|at| separator(reading, at)).max().unwrap_or(0);
    if range.clone().any(apart) {
        strength = strength.max(4);
    }
    let mut out = Vec::new();
    let mut start = range.start;
    for (at, outside) in range.clone().scan(0, within) {
        // "Cases, deaths and recoveries by district".
        let and = strength < 2 && reading.word(at, Word::And);
        let parts = outside
            && (and
                || separator(reading, at).is_some_and(|found| {
                    found == strength || strength < 4 && (reading.is(at, ":") || reading.is(at, "→"))
                }));
        if parts || strength == 4 && apart(at) && outside {
            out.push(start..at);
            start = if parts { at + 1 } else { at };
        }
    }
    out.push(start..range.end);
    out.retain(|cell| !cell.is_empty());
    (out, strength > 1)
}

/// "PROVINCE CASES DEATHS": cells that nothing parts end with the metric that each names, and what it is told per.
fn bare_cells(reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Range<usize>> {
    let whole = vec![range.clone()];
    let named = |at: usize| {
        reading.metric_at(at).filter(|mark| {
            let rate = mark.cue.metric().is_some_and(|metric| !super::super::kinds::kind_of(metric).whole);
            matches!(mark.cue, Cue::Noun(_) | Cue::Label(_)) || mark.after == at + 1 || rate
        })
    };
    let mut out = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        if let Some(mark) = named(at) {
            let mut after = mark.after;
            // "deaths per million": the phrase may end with the "per".
            let base = after + usize::from(!reading.word(after - 1, Word::Per));
            if reading.word(base - 1, Word::Per) && super::super::rates::base(reading, base).is_some() {
                let number = reading.numbers.iter().find(|number| number.first == base);
                after = number.map_or(base + 1, |number| number.after);
            }
            // "CASES (NEW) DEATHS (NEW)".
            let close = (after..range.end).find(|at| reading.is(*at, ")")).filter(|_| reading.is(after, "("));
            after = close.filter(|close| reading.has(after + 1..*close, Sense::New)).map_or(after, |close| close + 1);
            out.push(start..after);
            (start, at) = (after, after);
            continue;
        }
        let opens = |at: usize| reading.one_of(at, &[Word::RowName, Word::OtherColumn]);
        // The names of rows and what counts them are cells of their own.
        if opens(at) && out.iter().all(|cell: &Range<usize>| cell.len() == 1 && opens(cell.start)) && start == at {
            out.push(at..at + 1);
            (start, at) = (at + 1, at + 1);
            continue;
        }
        let says = [Sense::New, Sense::Total, Sense::Modifier].iter().any(|sense| reading.has_at(at, *sense));
        let period = Head::read(reading, at..at + 1).only_modifies();
        if !(says || period || opens(at)) {
            return whole;
        }
        at += 1;
    }
    let metrics = out.iter().filter(|cell| (cell.start..cell.end).any(|at| named(at).is_some())).count();
    if metrics < 1 || out.len() < 2 || start < range.end { whole } else { out }
}

/// What the words of a range say as a header, below `caption`.
pub(super) fn header(reading: &Reading<'_, '_>, range: Range<usize>, caption: &Head) -> Header {
    let mut out = Header::default();
    // Ages, targets and other diseases make figures of the whole table what they are.
    let (mut parts, mut strong) = cells(reading, inner(reading, range.clone()).unwrap_or(range.clone()));
    let all_off = if strong { off_as_a_whole(reading, range.clone()) } else { off(reading, range.clone()) };
    if all_off || range.clone().any(|at| reading.word(at, Word::Age)) {
        return out;
    }
    if parts.len() == 1 {
        parts = bare_cells(reading, range.clone());
        strong = parts.len() > 1;
    }
    let names = |cell: &Range<usize>| {
        (1..=4).contains(&cell.len())
            && names_rows(reading, cell.end - 1)
            && !reading.spots.iter().any(|spot| cell.contains(&spot.first))
            && metric_of(reading, cell.clone()).is_none()
    };
    // "COVID-19, new cases reported in week 13, region / cases / …".
    if let Some(first) = parts.first().cloned().filter(|_| strong)
        && let Some(comma) = first.clone().rev().find(|at| reading.is(*at, ","))
        && names(&(comma + 1..first.end))
    {
        parts.splice(0..1, [first.start..comma, comma + 1..first.end]);
    }
    let blank = |cell: &Range<usize>| {
        let head = Head::read(reading, cell.clone());
        let named =
            reading.spots.iter().any(|spot| cell.contains(&spot.first)) || reading.has(cell.clone(), Sense::Covid);
        head.metric.is_none() && !head.only_modifies() && !named
    };
    // "In order: new cases / deaths / in hospital": words before a colon that say nothing of the columns.
    if let Some(first) = parts.first().cloned().filter(|first| strong && parts.len() > 2 && blank(first))
        && reading.is(first.end, ":")
        && !names(&first)
    {
        parts.remove(0);
    }
    // "Indicator | Thursday | Wednesday": where strong marks part cells, the first may name the rows in any words.
    let opening = parts.iter().position(names);
    let unknown = opening.is_none() && strong && parts.len() > 2 && parts.first().is_some_and(blank);
    let opening = opening.or(unknown.then_some(0));
    // "Week 1  Week 2", above rows that say what they count.
    let times = strong && parts.len() > 1 && parts.iter().all(|cell| Head::read(reading, cell.clone()).only_modifies());
    out.named = opening.is_some() || times;
    // A line of commas is a title unless it begins with the name of the rows.
    let title = !(strong || opening == Some(0));
    if let Some(first) = opening.filter(|_| !title) {
        // "new cases reported in week 13, region / cases / cases per 100,000".
        for cell in parts.drain(..first) {
            out.caption = Head::read(reading, cell).under(&out.caption);
        }
        out.caption.metric = None;
        out.caption.other = false;
        if unknown {
            parts.remove(0);
        }
    }
    let caption = out.caption.under(caption);
    for cell in parts {
        column(reading, cell, (title, strong), &caption, &mut out);
    }
    if out.counts_beside_cases() {
        out.fill(Metric::Cases);
    }
    if !title && !out.named {
        out.caption.day = out.caption.day.take().or(out.columns.iter().flatten().find_map(|column| column.day.clone()));
    }
    if title {
        out.caption = match out.columns.as_slice() {
            [Some(only)] => out.caption.under(only),
            // "New cases and deaths in the past 24 hours".
            several => several.iter().flatten().fold(out.caption.clone(), |caption, column| Head {
                metric: None,
                ..caption.under(&Head { metric: None, ..column.clone() })
            }),
        };
    }
    out
}

/// "… reads as follows (department, positive, lethality, deaths):", "of the columns cases, incidence and deaths": a header
/// in running text.
pub(super) fn announced(reading: &Reading<'_, '_>, caption: &Head) -> Option<Header> {
    let end = (0..reading.tokens.len()).rev().find(|at| !reading.is(*at, ":") && !reading.is(*at, "."))? + 1;
    let open = (0..end).rev().find(|at| reading.is(*at, "(")).filter(|_| reading.is(end - 1, ")"));
    let columns = || (0..end).rev().find(|at| reading.word(*at, Word::Columns));
    let (range, named) = match open {
        Some(open) => (open + 1..end - 1, false),
        None => (columns()? + 1..end, true),
    };
    let (mut parts, _) = cells(reading, range);
    let names = parts.first().is_some_and(|cell| cell.len() <= 4 && names_rows(reading, cell.end - 1));
    if !(named || names) || parts.len() < 3 {
        return None;
    }
    parts.drain(..usize::from(names));
    let mut out = Header { named: true, ..Header::default() };
    parts.into_iter().for_each(|cell| column(reading, cell, (false, true), caption, &mut out));
    let counted = out.columns.iter().flatten().filter(|column| column.metric.is_some()).count();
    (counted > 1).then_some(out)
}

/// "Vaccine tracker (state; doses delivered; doses administered)": a header in brackets.
fn inner(reading: &Reading<'_, '_>, range: Range<usize>) -> Option<Range<usize>> {
    let open = range.clone().find(|at| reading.is(*at, "("))?;
    let close = range.clone().rev().find(|at| reading.is(*at, ")")).filter(|close| *close > open)?;
    let last = !(close + 1..range.end).any(|at| !reading.is(at, ":"));
    let (parts, strong) = cells(reading, open + 1..close);
    let named = parts.first()?.clone().any(|at| names_rows(reading, at));
    (last && strong && parts.len() > 2 && named).then_some(open + 1..close)
}

/// What a rate is a rate of.
fn counted_of(rate: Metric) -> Option<Metric> {
    match rate {
        Metric::CaseIncidence => Some(Metric::Cases),
        Metric::DeathRate => Some(Metric::Deaths),
        Metric::ActiveIncidence => Some(Metric::ActiveCases),
        _ => None,
    }
}

/// Adds the column of a cell.
fn column(
    reading: &Reading<'_, '_>,
    cell: Range<usize>,
    (title, strong): (bool, bool),
    caption: &Head,
    out: &mut Header,
) {
    let open = cell.clone().find(|at| reading.is(*at, "("));
    let close = cell.clone().rev().find(|at| reading.is(*at, ")")).unwrap_or(cell.end);
    let main = cell.start..open.unwrap_or(cell.end);
    let inner = open.map_or(0..0, |open| open + 1..close.max(open + 1));
    let rows = main.clone().any(|at| names_rows(reading, at));
    let alone = Head::read(reading, main.clone());
    let mut head = alone.clone();
    // "Days since last reported case" counts days.
    let since = reading.has_at(main.start, Sense::TrapAfter) && reading.word(main.start + 1, Word::Since);
    head.other |= since || off(reading, main.clone());
    // "fully vaccinated (pct)".
    let share = inner.clone().any(|at| reading.pack.percent(&reading.tokens, at).is_some());
    if head.metric.is_none() || share {
        let whole = if open.is_some() { Head::read(reading, cell.clone()) } else { alone.clone() };
        head = if whole.metric.is_some() || rows { whole } else { Head { other: head.other, ..whole } };
    }
    // "Cases by district, deaths in brackets".
    let bracketed = cell.clone().any(|at| reading.word(at, Word::Brackets));
    if bracketed && !out.columns.is_empty() {
        out.caption = Head { metric: None, other: false, ..Head::read(reading, main) }.under(&out.caption);
        if let Some(last) = out.brackets.last_mut() {
            *last = Some(head).filter(|head| head.metric.is_some() && !head.other);
        }
        return;
    }
    let subs = if inner.is_empty() { Vec::new() } else { cells(reading, inner).0 };
    let subs: Vec<Head> = subs.into_iter().map(|sub| Head::read(reading, sub)).collect();
    let all_told = subs.iter().all(|sub| sub.metric.is_some() || sub.only_modifies());
    let Some((metric, _)) = head.metric else {
        let last = out.columns.iter().rev().flatten().next().and_then(|last| last.metric);
        if title {
            // "Coronavirus deaths, total, April 22".
            if !head.other {
                out.caption = Head { metric: None, ..head }.under(&out.caption);
            }
            return;
        }
        let metric = last.or(caption.metric).filter(|_| head.only_modifies() && (!rows || head.day.is_some()));
        if metric.is_none() && head.only_modifies() && out.named && !rows && strong {
            let day = head.day.is_some().then_some(Period::Day);
            out.push(Some(Head { period: head.period.or(day), ..head }), None);
        } else if let Some(metric) = metric {
            out.push(Some(Head { metric: Some(metric), ..head }), None);
        } else if !(rows || out.columns.is_empty() && !out.named) {
            out.push(None, None);
        }
        return;
    };
    if head.other {
        out.push(None, None);
    } else if subs.len() > 1 && all_told {
        // "Cases (total / new)", "new in 7 days (cases; deaths)".
        let outer = if alone.metric.is_none() { &alone } else { &head };
        let mut last = None;
        for sub in subs {
            // "(cases per day / total since the start of the pandemic)".
            let mut sub = sub.under(outer);
            sub.metric = sub.metric.or(last);
            last = sub.metric;
            out.push(Some(sub), None);
        }
    } else {
        let aside = subs.into_iter().next().filter(|_| all_told).map(|sub| {
            let named = sub.metric.is_some_and(|(named, _)| named != metric);
            // "deaths per million (total)": the count that the rate is of.
            let of_rate = counted_of(metric).filter(|_| sub.said == Some(Said::Total));
            match of_rate {
                Some(counted) if !named => Head { metric: Some((counted, None)), ..sub },
                _ if named => Head { metric: sub.metric, ..sub },
                _ => sub.under(&head),
            }
        });
        // A title says what it counts once: "COVID-19 cases, confirmed".
        let known = |column: &Head| column.metric.is_some_and(|(known, _)| known == metric);
        let again = title && head.said.is_none() && out.columns.iter().flatten().any(known);
        if !again {
            out.push(Some(head), aside);
        }
    }
}
