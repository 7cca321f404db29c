//! What a day or a verb says of the count beside it, apart from the tense of the verb that tells it.
//!
//! In: a sentence that has been read and a number. Out: whether it is told as what a day or a stretch of days had, or as what
//! was added to a total. What holds: a "had" is the day's only where nothing makes it a perfect.

use super::attach::{Attachment, Why, core_start, of_them};
use super::date_marks::{DateMark, Role, When};
use super::otherwise::in_english_order;
use super::period::lasts;
use super::reading::Reading;
use super::tense::Verb;
use super::total::reaching;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::AsOfHow;

/// "had 964 infections on Wednesday", "on Monday had 10,554 infections": what a place had on a day is the day's, as "has"
/// and "has had" are not.
pub(super) fn had_on_day(reading: &Reading<'_, '_>, n: usize, verb: &Verb, mark: &DateMark) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let counts = (0..=n).any(|n| core_start(reading, n) == verb.first + 1);
    let beside = mark.first < verb.first || (number.after..mark.first).all(|at| !reading.is(at, ","));
    // "said on Sunday it had 202".
    let said = (mark.first.saturating_sub(3)..mark.first).any(|at| reading.has_at(at, Sense::Statement));
    had(reading, verb.first) && counts && beside && matches!(mark.when, When::Day(_)) && !said
}

/// Whether a word is the past of "have", which reports as well as it states, and no part of "has had".
pub(super) fn had(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.word(at, Word::Have)
        && reading.has_at(at, Sense::Report)
        && reading.has_at(at, Sense::Perfect)
        && !reading.word(at.wrapping_sub(1), Word::Have)
}

/// "307 were found": a verb of report in the passive right behind a number.
pub(super) fn is_found(reading: &Reading<'_, '_>, n: usize) -> bool {
    let after = reading.numbers.get(n).map_or(0, |number| number.after);
    in_english_order(reading) && reading.word(after, Word::Was) && reading.has_at(after + 1, Sense::Report)
}

/// "Deaths in the week rose to 1,224": the noun itself is of a stretch of time, with no verb between.
pub(super) fn rises_in(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some((_, after)) = attachment.mark.filter(|_| in_english_order(reading)) else { return false };
    let told = after..core_start(reading, n).max(after);
    let placed = |at: usize| reading.spots.iter().any(|spot| (spot.first..spot.after).contains(&at));
    let links = |at: usize| placed(at) || reading.word(at, Word::The) || reading.has_at(at, Sense::Locative);
    let of_it = |mark: &DateMark| told.contains(&mark.first) && lasts(reading, mark) && (after..mark.first).all(links);
    attachment.why == Why::Governed && reaching(reading, n) && reading.dates.iter().any(of_it)
}

/// "since Friday morning": a day of the week without a date is one of the last seven.
pub(super) fn since_weekday(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let right = reading.right(n);
    let since = |mark: &DateMark| {
        mark.role == Role::Since
            && mark.how == AsOfHow::Weekday
            && right.contains(&mark.first)
            && reading.word(mark.first.wrapping_sub(1), Word::Since)
            && (number.after..mark.first).all(|at| !reading.is(at, ","))
    };
    in_english_order(reading) && !of_them(reading, number.after) && reading.dates.iter().any(since)
}

/// "had its deadliest day of the pandemic on Tuesday, with 1,641 dead", "on its worst day yet it recorded 1,641 deaths",
/// "202 deaths made it the second-deadliest day": the day with the most has the number, with no other between.
pub(super) fn of_record_day(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let end_of = |n: usize| reading.numbers.get(n).map_or(0, |number| number.after);
    let from = n.checked_sub(1).map_or(0, end_of).max(start.saturating_sub(FAR));
    let to = reading.numbers.get(n + 1).map_or(reading.tokens.len(), |next| next.first).min(end_of(n) + FAR / 2);
    let most =
        |at: usize| reading.word(at, Word::Superlative) && (at + 1..at + 3).any(|at| reading.word(at, Word::Day));
    let apart = |range: std::ops::Range<usize>| range.into_iter().any(|at| reading.is(at, ";"));
    let before = |at: usize| {
        !apart(at..start) && (reading.word(start.wrapping_sub(1), Word::With) || reading.has(at..start, Sense::Report))
    };
    let behind = |at: usize| !apart(end_of(n)..at) && (at.saturating_sub(4)..at).any(|at| reading.word(at, Word::It));
    in_english_order(reading)
        && ((from..start).any(|at| most(at) && before(at)) || (end_of(n)..to).any(|at| most(at) && behind(at)))
}

/// How far behind a day the number of its may stand, in tokens; before it half as far.
const FAR: usize = 16;

/// ", all told 287", ", in all 287": a comma and what says that all before are added up, right before the number.
pub(super) fn sums_up(reading: &Reading<'_, '_>, n: usize) -> bool {
    in_english_order(reading)
        && reading.ending_at(core_start(reading, n)).any(|mark| {
            mark.cue == Cue::Sense(Sense::Total)
                && mark.after > mark.first + 1
                && reading.is(mark.first.wrapping_sub(1), ",")
                && !reading.word(mark.after - 1, Word::Of)
        })
}

/// "103,571 total", "926 in the past day and 307,948 altogether".
pub(super) fn is_summed_up(reading: &Reading<'_, '_>, n: usize) -> bool {
    let after = reading.numbers.get(n).map_or(0, |number| number.after);
    let closes = |at: usize| reading.tokens.get(at).is_none_or(|token| matches!(token.text, "," | "." | ";" | ")"));
    let total = reading.beginning_at(after).filter(|mark| mark.cue == Cue::Sense(Sense::Total));
    let sums = in_english_order(reading) && total.max_by_key(|mark| mark.after).is_some_and(|mark| closes(mark.after));
    sums || reading.word(after, Word::Total) && closes(after + 1)
}

/// "115,000 cases in 24 hours": a stretch of time ends what the number counts, with nothing between but its noun and places.
pub(super) fn ends_with_stretch(reading: &Reading<'_, '_>, n: usize) -> bool {
    let right = reading.right(n);
    let stretch = reading.dates.iter().find(|mark| right.contains(&mark.first) && lasts(reading, mark));
    let verb = |at: usize| reading.has_at(at, Sense::Perfect) || reading.has_at(at, Sense::Statement);
    let open = |range: std::ops::Range<usize>| range.into_iter().all(|at| !reading.is(at, ",") && !verb(at));
    // "1.57 million cases and nearly 15,100 deaths this week": of both, unless one is told as new.
    let joined = || {
        let and = reading.word(core_start(reading, n + 1).wrapping_sub(1), Word::And);
        let behind = reading.right(n + 1);
        let new = [right.clone(), behind].into_iter().any(|behind| reading.has(behind, Sense::New));
        and && !new
            && open(right.clone())
            && reading.metric_at(right.start).is_some()
            && ends_with_stretch(reading, n + 1)
    };
    in_english_order(reading) && stretch.map_or_else(joined, |mark| open(right.start..mark.first))
}

/// Whether a number was added to a total that its sentence has told before it: "after 13,285 were added".
pub(super) fn added(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let passive = |at: usize| reading.word(at, Word::Was) && reading.has_at(at + 1, Sense::Report);
    n > 0
        && reading.word(core_start(reading, n).wrapping_sub(1), Word::After)
        && (number.after..number.after + 3).any(passive)
}

/// "Проведено 58 млн тестов, за сутки - 478 тыс.": an item of a row with a period of its own.
pub(super) fn dated_item(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(link) = core_start(reading, n).checked_sub(1) else { return false };
    let period = |mark: &crate::language::pack::Mark| {
        matches!(mark.cue, Cue::Sense(Sense::PastDay | Sense::PastWeek | Sense::PastMonth | Sense::LastWeek))
    };
    reading.pack.order.verbs_lead && reading.is(link, "-") && reading.ending_at(link).any(period)
}

/// Whether number `n` tells among how many tests or people the one before it was found.
pub(super) fn found_among(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let of = [start, start.wrapping_sub(1)].into_iter().any(|at| reading.word(at.wrapping_sub(1), Word::OutOf));
    let near = reading.left(n);
    n > 0 && of && near.len() < 12 && !near.clone().any(|at| reading.is(at, ","))
}
