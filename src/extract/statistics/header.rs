//! Headers of tables: what their cells say of the columns below.
//!
//! In: a range of a line without figures. Out: its [`Column`]s. What holds: a cell that names no metric, or something that
//! is counted beside one (beds, doses delivered, a change, a share), gives a column whose figures are left alone.

use super::kind::Kinded;
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::{Kind, Metric, Period};
use std::ops::Range;

/// What a column counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) metric: Metric,
    pub(super) per: Option<u64>,
    pub(super) kinded: Kinded,
}

/// The rule of a column without a word for its kind.
const BARE: &str = "bare_column";

impl Column {
    /// A caption tells the kind of a column that says nothing of its own.
    pub(super) fn under(&mut self, caption: Option<Option<Period>>) {
        if let Some(period) = caption.filter(|_| self.kinded.rule == BARE && kind_of(self.metric).fixed.is_none()) {
            self.kinded = Kinded { kind: Kind::New, period, statistic: None, rule: "caption" };
        }
    }
}

/// Whether words tell something, as a header never does; a metric's own words ("died", "tested") tell nothing there.
pub(super) fn told(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
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
pub(super) fn in_heading(reading: &Reading<'_, '_>, first: usize) -> bool {
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
pub(super) fn separator(reading: &Reading<'_, '_>, at: usize) -> Option<u8> {
    let token = reading.tokens.get(at)?;
    match token.text {
        "|" => Some(3),
        ";" => Some(2),
        "/" | ":" | "," | "=" => Some(1),
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

/// The cells of a range.
pub(super) fn cells(reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Range<usize>> {
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

/// "PROVINCE CASES DEATHS": cells that nothing parts end with the metric that each names.
fn bare_cells(reading: &Reading<'_, '_>, range: Range<usize>) -> Vec<Range<usize>> {
    let whole = vec![range.clone()];
    let named = |at: usize| {
        reading.metric_at(at).filter(|mark| matches!(mark.cue, Cue::Noun(_) | Cue::Label(_)) || mark.after == at + 1)
    };
    let mut out = Vec::new();
    let (mut start, mut at) = (range.start, range.start);
    while at < range.end {
        if let Some(mark) = named(at) {
            out.push(start..mark.after);
            (start, at) = (mark.after, mark.after);
            continue;
        }
        let says = [Sense::New, Sense::Total, Sense::Modifier].iter().any(|sense| reading.has_at(at, *sense));
        let period = reading.marks.iter().any(|mark| {
            mark.first <= at && at < mark.after && PERIODS.iter().any(|(sense, _)| mark.cue == Cue::Sense(*sense))
        });
        if !(says || period || reading.one_of(at, &[Word::RowName, Word::OtherColumn])) {
            return whole;
        }
        at += 1;
    }
    if out.len() < 2 || start < range.end { whole } else { out }
}

/// Whether a line without figures speaks of something that is no metric though a metric's words stand in it: beds, doses
/// delivered, another disease, a target.
pub(super) fn elsewhere(reading: &Reading<'_, '_>) -> bool {
    let all = 0..reading.tokens.len();
    let senses = [Sense::OtherDisease, Sense::OtherCause, Sense::History, Sense::Trial, Sense::Threshold, Sense::Legal];
    senses.iter().any(|sense| reading.has(all.clone(), *sense)) || other_column(reading, all)
}

/// The columns with figures of a header, and what brackets in them count.
pub(super) fn header(reading: &Reading<'_, '_>, range: Range<usize>) -> (Vec<Option<Column>>, Vec<Option<Column>>) {
    let (mut columns, mut brackets): (Vec<Option<Column>>, Vec<Option<Column>>) = (Vec::new(), Vec::new());
    let nothing = (Vec::new(), Vec::new());
    // Ages, targets and other diseases make figures of the whole table what they are.
    let off = [Sense::OtherDisease, Sense::OtherCause, Sense::History, Sense::Trial, Sense::Threshold, Sense::Legal];
    if off.iter().any(|sense| reading.has(range.clone(), *sense)) || range.clone().any(|at| reading.word(at, Word::Age))
    {
        return nothing;
    }
    let mut parts = cells(reading, range.clone());
    if parts.len() == 1 {
        parts = bare_cells(reading, range.clone());
    }
    for cell in parts {
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
            _ if other_column(reading, cell.clone()) => {
                if !rows || metric.is_some() {
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

pub(super) const PERIODS: &[(Sense, Option<Period>)] = &[
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

pub(super) fn period_or_kind(reading: &Reading<'_, '_>, cell: Range<usize>) -> bool {
    reading.has(cell.clone(), Sense::Total)
        || PERIODS.iter().any(|(sense, _)| reading.has(cell.clone(), *sense))
        || cell.clone().any(|at| reading.is(at, "+"))
}

/// Kind and period that the words of a cell give to its column.
pub(super) fn kinded(reading: &Reading<'_, '_>, cell: Range<usize>, metric: Metric) -> Kinded {
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
    let rule = if new || admission || total { "column" } else { BARE };
    Kinded { kind, period: if kind == Kind::New { period } else { None }, statistic: None, rule }
}
