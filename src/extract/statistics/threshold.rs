//! Traps of a whole clause or sentence: thresholds and targets, conditions, trials, earlier pandemics, age groups.
//!
//! In: a sentence that has been read and a number. Out: whether it is measured, or only a bound that something hangs on. What
//! holds: what would have been is no trap here; its status says so.

use super::attach::{Attachment, core_start};
use super::kinds::kind_of;
use super::reading::Reading;
use super::traps::Trap;
use crate::language::pack::{Sense, Word};

/// Traps of the whole clause or sentence: thresholds, trials, capacities.
pub(super) fn of_clause(reading: &Reading<'_, '_>, n: usize) -> Option<Trap> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let everything = 0..reading.tokens.len();
    let told = if reading.pack.topic_first() { clause.clone() } else { everything.clone() };
    if reading.has(told, Sense::History) {
        return Some("earlier pandemic");
    }
    if reading.has(everything, Sense::Trial) {
        return Some("trial");
    }
    let unreal = clause.clone().any(|at| reading.word(at, Word::Would) && reading.word(at + 1, Word::Have));
    // "若新增超过50例": a condition that a bound states is a rule.
    let bounded = bounded(reading, number.first);
    let ruled = reading.pack.topic_first() && bounded && reading.has(clause.start..number.first, Sense::Hypothetical);
    if ruled && !unreal {
        return Some("threshold or target");
    }
    let opening = head(reading);
    // "companies with 100 or more workers must", "schools with 5 or more cases have to close".
    if reading.has_at(number.after, Sense::OrMore) && reading.has(clause.clone(), Sense::Threshold) {
        return Some("threshold or target");
    }
    if (reading.has(clause.start..number.first, Sense::Threshold) || reading.has(opening, Sense::Threshold)) && !unreal
    {
        return Some("threshold or target");
    }
    // "countries with an incidence above 200 must isolate": what is ordered where a bound is passed.
    let ordered = || (number.after..clause.end).any(|at| reading.word(at, Word::Must));
    if bounded && !reading.pack.topic_first() && ordered() {
        return Some("threshold or target");
    }
    // "people from areas with fewer than 25 infections per 100,000 may come", "eleven vaccines must be given".
    let which = reading.word(core_start(reading, n).wrapping_sub(1), Word::With);
    let small = |at: usize| reading.tokens.get(at).is_some_and(|token| !token.capitalised());
    let allowed =
        || (number.after..clause.end).any(|at| small(at) && reading.one_of(at, &[Word::Ability, Word::Permits]));
    let due = reading.right(n).take(4).any(|at| reading.word(at, Word::Must));
    if !reading.pack.topic_first() && (bounded && which && allowed() || due) {
        return Some("threshold or target");
    }
    // "Tier 2: more than 100 new cases per 100,000".
    if bounded && head(reading).end <= 3 && reading.has_at(0, Sense::TrapBefore) {
        return Some("threshold or target");
    }
    // "goes to level 4 above 300 cases per 100,000".
    let rung = n.checked_sub(1).and_then(|before| reading.numbers.get(before));
    let rung =
        rung.filter(|rung| rung.after == core_start(reading, n) && reading.has_ending(rung.first, Sense::TrapBefore));
    if bounded && rung.is_some() {
        return Some("threshold or target");
    }
    if head(reading).any(|at| reading.word(at, Word::Age)) {
        return Some("age groups");
    }
    // "if daily cases stay above 100", "once 60 percent are vaccinated": no comma has closed the condition yet.
    let condition =
        clause.clone().take_while(|at| *at < number.first).filter(|at| reading.word(*at, Word::Condition)).last();
    let open = condition.is_some_and(|at| !(at..number.first).any(|at| reading.is(at, ",")));
    if open && !unreal {
        return Some("condition");
    }
    None
}

/// What a colon makes the subject of all clauses behind it: "Doses allotted: Kerala 300,000; Goa 20,000".
pub(super) fn head(reading: &Reading<'_, '_>) -> std::ops::Range<usize> {
    let first = reading.numbers.first().map_or(0, |number| number.first);
    0..(0..first).rev().find(|at| reading.is(*at, ":")).unwrap_or(0)
}

/// Whether the words right before a number make it a bound: "under 8 percent".
fn bounded(reading: &Reading<'_, '_>, first: usize) -> bool {
    let bounds = [Sense::MoreThan, Sense::AtLeast, Sense::LessThan, Sense::AtMost];
    bounds.iter().any(|sense| reading.has_ending(first, *sense))
}

/// "may open when they log a positivity of under 8 percent": a rate with a bound, where something may be done.
pub(super) fn bounds_rate(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some(number) = reading.numbers.get(n).filter(|_| !reading.pack.topic_first()) else { return false };
    let rate = number.percent || attachment.per.is_some() && !kind_of(attachment.metric).whole;
    let permits = |at: usize| {
        let small = reading.tokens.get(at).is_some_and(|token| !token.capitalised());
        small && reading.one_of(at, &[Word::Permits, Word::Must])
    };
    rate && bounded(reading, number.first) && (0..reading.tokens.len()).any(permits)
}
