//! People who lie in hospitals: "hospitals are treating 40 patients", "1,934 Covid patients in Dutch hospitals".
//!
//! In: a sentence that has been read, a number, and what it counts by its own words. Out: its attachment to those who lie there.
//! What holds: nobody lies in a hospital that the words do not name.

use super::attach::{Attachment, Why, core_start};
use super::leading::active;
use super::otherwise::in_english_order;
use super::reading::Reading;
use crate::language::pack::{Sense, Word};
use crate::model::Metric;

/// "hospitals are treating 40 patients", "in hospitals 40 people are being treated", "intensive care units are treating 40":
/// people who lie there.
pub(super) fn patients_of(reading: &Reading<'_, '_>, n: usize, own: Option<Attachment>) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let named = || (number.after..number.after + 3).any(|at| reading.word(at, Word::Patient));
    // "ordinary wards held 33,684".
    let bare = || {
        let ends = reading.tokens.get(number.after).is_none_or(|next| matches!(next.text, "." | "," | ";"));
        ends && reading.word(core_start(reading, n).wrapping_sub(1), Word::HospitalVerb)
    };
    let people = match own {
        Some(own) => {
            let noun = own.mark.is_some_and(|mark| patients(reading, mark));
            own.metric == Metric::Cases && noun || own.metric == Metric::ActiveCases && (named() || bare())
        }
        None => named() || bare(),
    };
    let clause = reading.clause(number.first);
    let in_hospital = |range| in_hospital(reading, range);
    let treated = own.is_some_and(|own| own.metric == Metric::ActiveCases && own.why == Why::Predicate);
    // "In the hospitals were 870 Covid patients".
    let start = core_start(reading, n);
    let fronted = in_english_order(reading)
        && reading.one_of(start.wrapping_sub(1), &[Word::Copula, Word::Was])
        && reading.word(clause.start, Word::In);
    let lying =
        in_hospital(reading.right(n)) || (treated && n == 0 || fronted) && in_hospital(clause.start..number.first);
    let intensive =
        |at: usize| reading.metric_at(at).is_some_and(|mark| mark.cue.metric() == Some(Metric::IcuPatients));
    // "The hospital, which is looking after 374 patients": a comma may close an aside of what opens the clause.
    let holds = |at: usize| {
        let opens = at < clause.start + 4;
        (at + 1..number.first).rev().take(if opens { 5 } else { 8 }).any(|at| reading.word(at, Word::HospitalVerb))
            && (opens || !(at + 1..number.first).any(|at| reading.is(at, ",")))
            && !reading.word(at.wrapping_sub(1), Word::In)
    };
    let holding = reading.left(n).find(|at| (reading.word(*at, Word::Hospital) || intensive(*at)) && holds(*at));
    let verb = active(reading, n).is_some_and(|verb| verb.metric != Metric::ActiveCases);
    let metric = if holding.is_some_and(intensive) { Metric::IcuPatients } else { Metric::Hospitalisations };
    (people && !verb && (lying || holding.is_some())).then_some(Attachment {
        metric,
        why: Why::Predicate,
        mark: own.and_then(|own| own.mark),
        per: None,
    })
}

/// Whether a noun of cases is one of people, of whom more may be said: "coronavirus patients", "people with Covid-19".
pub(super) fn patients(reading: &Reading<'_, '_>, (first, after): (usize, usize)) -> bool {
    (first..after).any(|at| reading.word(at, Word::Patient) && !reading.word(at, Word::Positive))
        || reading.word(after - 1, Word::Patient)
}

/// Whether the tokens of a range say "in hospital", "in the country's hospitals".
fn in_hospital(reading: &Reading<'_, '_>, range: std::ops::Range<usize>) -> bool {
    range.clone().any(|at| {
        reading.word(at, Word::In)
            && (at + 1..(at + 6).min(range.end)).find(|at| reading.word(*at, Word::Hospital)).is_some_and(|hospital| {
                (at + 1..hospital).all(|at| !reading.has_at(at, Sense::Stop) && !reading.is(at, ","))
                    && !reading.has_at(hospital + 1, Sense::TrapAfter)
            })
    })
}

/// "the number of Covid patients in Dutch hospitals rose to 1,934": a noun for people who lie there.
pub(super) fn lying(reading: &Reading<'_, '_>, n: usize, attachment: Attachment) -> Attachment {
    let patients = |(_, after): &(usize, usize)| {
        reading.word(after - 1, Word::Patient) && in_hospital(reading, *after..core_start(reading, n))
    };
    match attachment.mark.filter(patients) {
        Some(_) if attachment.metric == Metric::Cases => Attachment { metric: Metric::Hospitalisations, ..attachment },
        _ => attachment,
    }
}
