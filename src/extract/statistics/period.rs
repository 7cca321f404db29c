//! The period that a count covers, and whether it is a mean.
//!
//! In: a sentence and a number. Out: the [`Period`] that its own words give, or none.

use super::attach::Attachment;
use super::date;
use super::date_marks::{DateMark, Role, When};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::{Kind, Observation, Period, Statistic, Unit};

/// Whether a date is a stretch of time that ends there: "the past 24 hours".
pub(super) fn lasts(reading: &Reading<'_, '_>, mark: &DateMark) -> bool {
    reading.marks.iter().any(|cue| {
        cue.first <= mark.first
            && mark.first < cue.after.max(cue.first + 1)
            && matches!(
                cue.cue,
                Cue::Sense(
                    Sense::PastDay
                        | Sense::PastWeek
                        | Sense::PastFortnight
                        | Sense::PastMonth
                        | Sense::LastWeek
                        | Sense::LastMonth
                        | Sense::Overnight
                        | Sense::Yesterday
                )
            )
    })
}

/// Whether the date of a number is a stretch of time.
pub(super) fn lasting(reading: &Reading<'_, '_>, n: usize) -> bool {
    date::choose(reading, n).is_some_and(|mark| lasts(reading, mark))
}

/// The period that the words beside the number give.
pub(super) fn period(reading: &Reading<'_, '_>, n: usize) -> Option<Period> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let of = |sense: Sense| match sense {
        Sense::PerDay | Sense::PastDay | Sense::Overnight | Sense::Yesterday | Sense::DayEarlier => Some(Period::Day),
        Sense::PerWeek | Sense::PastWeek | Sense::LastWeek => Some(Period::Week),
        Sense::PerFortnight | Sense::PastFortnight => Some(Period::Fortnight),
        Sense::PerMonth | Sense::PastMonth | Sense::LastMonth => Some(Period::Month),
        Sense::PerYear => Some(Period::Year),
        _ => None,
    };
    let rate = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find_map(|mark| match mark.cue {
            Cue::Sense(
                sense @ (Sense::PerDay | Sense::PerWeek | Sense::PerMonth | Sense::PerYear | Sense::PerFortnight),
            ) if !reading.word(mark.first, Word::Alone) => of(sense),
            _ => None,
        })
    };
    let any = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find_map(|mark| match mark.cue {
            Cue::Sense(sense) if !reading.word(mark.first, Word::Alone) => of(sense),
            _ => None,
        })
    };
    let right = reading.right(n);
    let left = reading.left(n);
    rate(right.clone())
        .or_else(|| any(right))
        .or_else(|| any(left))
        .or_else(|| {
            let mark = date::choose(reading, n)?;
            if matches!(mark.role, Role::AsOf | Role::By | Role::Since) {
                return None;
            }
            let named =
                reading.marks.iter().filter(|cue| cue.first <= mark.first && mark.first < cue.after).find_map(|cue| {
                    match cue.cue {
                        Cue::Sense(sense) => of(sense),
                        _ => None,
                    }
                });
            let now = reading.marks.iter().any(|cue| {
                cue.first == mark.first
                    && cue.cue == Cue::Sense(Sense::Today)
                    && !reading.one_of(cue.first, &[Word::Today, Word::This])
            });
            match mark.when {
                _ if named.is_some() => named,
                When::Day(_) if stretch(reading, mark).is_some() => stretch(reading, mark),
                When::Day(_) | When::Before(_) if !now => Some(Period::Day),
                When::Month(..) if reading.one_of(mark.first.wrapping_sub(1), &[Word::In, Word::Of]) => {
                    Some(Period::Month)
                }
                _ => None,
            }
        })
        .or_else(|| any(clause))
}

/// "From November 6 to 12", "between 7 and 20 June": a week or two, if a date ends a range of so many days.
fn stretch(reading: &Reading<'_, '_>, mark: &DateMark) -> Option<Period> {
    let day = |at: usize| reading.tokens.get(at)?.text.parse::<i64>().ok().filter(|day| (1..=31).contains(day));
    let within: Vec<i64> = (mark.first..mark.after).filter_map(day).collect();
    let days = match (within.as_slice(), mark.when) {
        // Into another month, of 31 days at most.
        ([from, to], _) => to - from + 1 + if to < from { 31 } else { 0 },
        (_, When::Day(to)) => {
            let from = reading.dates.iter().find(|other| other.after + 1 == mark.first)?;
            match from.when {
                When::Day(from) if reading.word(mark.first - 1, Word::RangeTo) => {
                    i64::from(to.since(from).ok()?.get_days()) + 1
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    match days {
        6..=8 => Some(Period::Week),
        13..=15 => Some(Period::Fortnight),
        _ => None,
    }
}

/// "The seven-day incidence": the period that a rate's own name gives.
pub(super) fn label_period(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<Period> {
    let number = reading.numbers.get(n)?;
    let (first, after) = attachment.mark.unwrap_or((number.first, number.after));
    let near = first.min(number.first).saturating_sub(5)..after.max(number.after);
    let clause = reading.clause(number.first);
    let find = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find_map(|mark| match mark.cue {
            Cue::Sense(Sense::PerWeek | Sense::PastWeek | Sense::LastWeek) => Some(Period::Week),
            Cue::Sense(Sense::PerFortnight | Sense::PastFortnight) => Some(Period::Fortnight),
            Cue::Sense(Sense::PerDay | Sense::PastDay) => Some(Period::Day),
            _ => None,
        })
    };
    find(near).or_else(|| find(clause))
}

/// Gives new figures without a period that of the one before them, or of the next: the parts of a day's count are of that day, as
/// the deaths are that are told with it. An incidence goes on from an incidence, for which a day beside it is not what it
/// covers, and a mean of several days counts a day.
pub(super) fn carry(found: &mut [Observation]) {
    let is_rate = |one: &Observation| one.unit == Unit::PerPopulation;
    for rate in [false, true] {
        let told = |one: &Observation| one.field.is_body() && one.kind == Kind::New && is_rate(one) == rate;
        let open = |one: &Observation| {
            one.period.is_none() || rate && one.period == Some(Period::Day) && one.statistic.is_none()
        };
        // What it is compared with, and a month that is told in passing, is not what the text goes on with.
        let leads = |one: &Observation| {
            !open(one)
                && matches!(one.period, Some(Period::Day | Period::Week | Period::Fortnight))
                && !one.rule.ends_with(".compared")
        };
        let mut last = found.iter().filter(|one| told(one) && leads(one)).find_map(|one| one.period);
        for one in found.iter_mut().filter(|one| told(one)) {
            if open(one) {
                one.period = last.or(one.period);
            } else if leads(one) {
                last = one.period;
            }
            if one.statistic.is_some() && !rate && matches!(one.period, Some(Period::Week | Period::Fortnight)) {
                one.period = Some(Period::Day);
            }
        }
    }
}

/// Whether a mean is told.
pub(super) fn average(reading: &Reading<'_, '_>, n: usize) -> Option<Statistic> {
    let near = reading.left(n).start..reading.right(n).end;
    reading.has(near, Sense::Average).then_some(Statistic::Average)
}
