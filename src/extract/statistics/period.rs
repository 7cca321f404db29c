//! The period that a count covers, and whether it is a mean.
//!
//! In: a sentence and a number. Out: the [`Period`] that its own words give, or none.

use super::attach::Attachment;
use super::date;
use super::date_marks::{DateMark, Role, When};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::{Period, Statistic};

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
                When::Day(_) | When::Before(_) if !now => Some(Period::Day),
                When::Month(..) if reading.one_of(mark.first.wrapping_sub(1), &[Word::In, Word::Of]) => {
                    Some(Period::Month)
                }
                _ => None,
            }
        })
        .or_else(|| any(clause))
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

/// Whether a mean is told.
pub(super) fn average(reading: &Reading<'_, '_>, n: usize) -> Option<Statistic> {
    let near = reading.left(n).start..reading.right(n).end;
    reading.has(near, Sense::Average).then_some(Statistic::Average)
}
