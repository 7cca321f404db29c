//! What a sentence leaves for the next one: the metric that it speaks of, and the period.
//!
//! In: a sentence, and what was decided of its numbers. Out: what a number of the next sentence may lean on. What holds: what only
//! stood in traps leaves nothing.

use super::decide::Decided;
use super::kinds::kind_of;
use super::reading::Reading;
use super::{date_marks, lean, table, traps};
use crate::language::pack::Sense;
use crate::model::{Metric, Period};

/// What a sentence without figures speaks of: nothing new, something that is no metric, or a metric.
pub(super) fn subject_metric(reading: &Reading<'_, '_>) -> Option<Option<Metric>> {
    let metric = reading.marks.iter().find_map(|mark| mark.cue.metric());
    // Of what only stood in traps, the next sentence counts nothing either; a share tells of what was counted before.
    let share = |n: usize| {
        reading.numbers.get(n).is_some_and(|number| number.percent || number.words && number.value <= 1.0)
            || traps::before_metric(reading, n) == Some(traps::SHARE)
    };
    // A number of which nothing is said tells nothing else either.
    let bare = |n: usize| traps::before_metric(reading, n).is_none() && lean::says_no_noun(reading, n);
    let counted = (0..reading.numbers.len()).any(|n| !share(n) && !bare(n));
    if table::elsewhere(reading) && (metric.is_some() || reading.tokens.len() <= 12) || counted {
        return metric.or((reading.tokens.len() <= 12).then_some(Metric::Cases)).map(|_| None);
    }
    metric.filter(|metric| kind_of(*metric).whole).map(Some)
}

/// The period that a sentence speaks of: that of its last increment, else a day that it names or counts by.
pub(super) fn period_of(reading: &Reading<'_, '_>, decided: &[Option<Decided<'_>>]) -> Option<Period> {
    let told = decided.iter().flatten().rev().find_map(|done| done.kinded.period);
    told.or_else(|| {
        let daily = reading.has(0..reading.tokens.len(), Sense::PerDay);
        let day = reading
            .dates
            .iter()
            .any(|mark| matches!(mark.when, date_marks::When::Day(_)) && matches!(mark.role, date_marks::Role::On));
        (daily || day).then_some(Period::Day)
    })
}
