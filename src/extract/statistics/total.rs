//! What states that a number is a total: "a total of 300", "bringing the toll to 12", "cases reached 40,000".
//!
//! In: a sentence that has been read, a number and its attachment. Out: the name of the rule that makes it a total, or none.
//! What holds: a word of a total that opens a clause is said of all its numbers, any other of the number beside it.

use super::attach::{Attachment, Why, core_start, of_total, passes};
use super::date_marks::{DateMark, When};
use super::otherwise;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::model::Metric;

/// How many counts a report tells in a row before their totals.
const ROW: usize = 4;

/// Rule 2: a stated total.
pub(super) fn stated_total(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<&'static str> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    if number.words && reading.one_of(number.first, &[Word::First, Word::Not]) {
        return Some("first_case");
    }
    if first_of_all(reading, n) {
        return Some("first_cases");
    }
    if passes(reading, n) {
        return Some("passes");
    }
    // "1,502 tests on Sunday and 71,206 since 2020".
    let year = |mark: &DateMark| mark.first == number.after + 1 && matches!(mark.when, When::Year | When::Month(..));
    if reading.word(number.after, Word::Since) && reading.dates.iter().any(year) {
        return Some("total");
    }
    let left = reading.left(n);
    // "for totals of 1,054,120 and 24,108", "bringing the totals to 679 cases and 11 deaths": one row.
    // A comma before the "and" goes back to the main clause: "taking the total to 1,005, and 156 deaths".
    let comma = reading.is(core_start(reading, n).wrapping_sub(2), ",");
    if !matches!(attachment.why, Why::Predicate | Why::Elliptic)
        && !comma
        && in_row(reading, n)
        && totals(reading, n - 1)
    {
        return Some("row");
    }
    // "taking the count past 44.7 lakh".
    if let Some(bringing) = reading.first(left.clone(), Sense::Bringing) {
        let of = bringing.after..core_start(reading, n);
        let label = reading
            .marks_in(of)
            .any(|mark| matches!(mark.cue, Cue::Label(_) | Cue::Noun(_) | Cue::Sense(Sense::TotalLabel)));
        if label && reading.ending_at(number.first).any(|mark| mark.cue == Cue::Sense(Sense::MoreThan)) {
            return Some("bringing_to");
        }
    }
    if brought(reading, n) {
        return Some("brought");
    }
    // "leaving the state's count at 456", "active cases stand at 5,358 and the death toll at 416".
    let left_at = attachment.why == Why::Label && reading.word(core_start(reading, n).wrapping_sub(1), Word::At);
    if (matches!(attachment.why, Why::Governed | Why::Continued) || left_at) && reaching(reading, n) {
        let second = reading.word(core_start(reading, n).wrapping_sub(1), Word::To)
            && reading.has(clause.start..number.first, Sense::Bringing);
        if second || reading.has(left, Sense::Bringing) {
            return Some("bringing_to");
        }
        // "infections were 12": a plain report; "the toll is 12", "cases rose to 12": a total.
        let numbered = attachment.mark.is_some_and(|(first, _)| {
            (first.saturating_sub(4)..first).any(|at| reading.word(at, Word::Count) && reading.word(at + 1, Word::Of))
        });
        let label = attachment.mark.is_some_and(|(first, after)| {
            reading.marks.iter().any(|mark| {
                mark.first == first
                    && mark.after == after
                    && matches!(mark.cue, Cue::Label(_) | Cue::Sense(Sense::TotalLabel))
            })
        });
        let strong = reading
            .ending_at(core_start(reading, n))
            .any(|mark| mark.cue == Cue::Sense(Sense::Reaches) && !reading.word(mark.first, Word::With));
        if label || numbered || strong {
            return Some("reaches");
        }
    }
    // What follows a comma, "raising the total to", is said of the next number, and so is "(total 1,496)".
    let right = reading.right(n);
    let opens = |at: usize| !reading.pack.topic_first() && reading.is(at, "(") && right.end < clause.end;
    let closes = |at: usize| reading.is(at, ",") || opens(at) || reading.has_at(at, Sense::Bringing);
    let end = right.clone().find(|at| closes(*at)).unwrap_or(right.end);
    let near = reading.left(n).start..end;
    let total = reading.marks_in(near).any(|mark| {
        let most = reading.pack.order.verbs_lead && reading.word(mark.first.wrapping_sub(1), Word::Superlative);
        // "88 deaths, the most since May, and 6,410 infections": said of the number before.
        let aside = reading.left(n).start > clause.start
            && reading.word(mark.first, Word::Since)
            && (mark.after..number.first).any(|at| reading.is(at, ","));
        // "in all of Belgium".
        let of_place = reading.word(mark.after, Word::Of);
        mark.cue == Cue::Sense(Sense::Total)
            && !reading.word(mark.first, Word::Already)
            && !(most || aside || of_place || of_total(reading, mark.first))
    });
    // "A total of 211 deaths were recorded, taking the toll to 11,373": what a total follows is no total.
    if total && otherwise::in_english_order(reading) && reading.has(right.clone(), Sense::Bringing) {
        return None;
    }
    if total && only_of_total(reading, n) {
        return Some("total_of");
    }
    if total
        || opened_by_total(reading, n)
        || stated_total_words(reading, clause)
            && reading.numbers.iter().filter(|other| reading.clause(number.first).contains(&other.first)).count() == 1
    {
        return Some("total");
    }
    None
}

/// "A total of 35 cases were added": the words say no more than that it is a sum, of a day or of all time.
fn only_of_total(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(of) = reading.numbers.get(n).and_then(|number| number.first.checked_sub(1)) else { return false };
    let clause = reading.clause(of);
    let total = of.wrapping_sub(1);
    let article = reading.word(of.wrapping_sub(2), Word::Indefinite);
    let brought = reading.one_of(of.wrapping_sub(3), &[Word::To, Word::For]);
    let others = reading.marks_in(clause).any(|mark| mark.cue == Cue::Sense(Sense::Total) && mark.first != total);
    otherwise::in_english_order(reading)
        && reading.word(of, Word::Of)
        && reading.word(total, Word::Total)
        && article
        && !brought
        && !others
}

pub(super) fn stated_total_words(reading: &Reading<'_, '_>, range: std::ops::Range<usize>) -> bool {
    reading.marks_in(range).any(|mark| {
        // "Больше всего" is a superlative.
        let most = reading.pack.order.verbs_lead && reading.word(mark.first.wrapping_sub(1), Word::Superlative);
        mark.cue == Cue::Sense(Sense::Total)
            && !reading.one_of(mark.first, &[Word::Already, Word::Overall])
            && !(most || of_total(reading, mark.first))
    })
}

/// "os dois primeiros casos": no case was before them.
pub(super) fn first_of_all(reading: &Reading<'_, '_>, n: usize) -> bool {
    reading.numbers.get(n).is_some_and(|number| {
        let beside = |at: usize| reading.word(at, Word::First) && !number.percent;
        let noun = |at: usize| {
            reading.metric_at(at).is_some_and(|mark| matches!(mark.cue, Cue::Noun(Metric::Cases | Metric::Deaths)))
        };
        beside(number.after) && noun(number.after + 1) || beside(number.first.wrapping_sub(1)) && noun(number.after)
    })
}

/// "А всего - 14 730": a word of a total that leads to this number and no other.
pub(super) fn own_total(reading: &Reading<'_, '_>, n: usize) -> bool {
    reading.pack.order.verbs_lead && stated_total_words(reading, reading.left(n))
}

/// Whether the number is what a subject reaches: "stands at 320", "rose to 9,076", "a total of".
pub(super) fn reaching(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let link = start.wrapping_sub(1);
    reading.has_ending(start, Sense::Reaches) || reading.is(link, ",") || reading.one_of(link, &[Word::And, Word::To])
}

/// "In all, 833,307 infections have been found, 13,119 patients died": a total word that opens a clause, and is no number's
/// own ("a total of 300"), is said of all its numbers.
fn opened_by_total(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    let Some(first) =
        (0..=n).find(|other| reading.numbers.get(*other).is_some_and(|other| clause.contains(&other.first)))
    else {
        return false;
    };
    let start = core_start(reading, first);
    reading.marks_in(clause.start..clause.end.min(clause.start + 4)).any(|mark| {
        mark.cue == Cue::Sense(Sense::Total)
            && mark.after < start
            && !reading.word(mark.after, Word::Of)
            && !reading.one_of(mark.first, &[Word::Already, Word::Overall, Word::Total])
    })
}

/// "The virus took 148 lives on Friday" brings nothing to a total, though its verb may.
pub(super) fn takes(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let behind = |first: usize| reading.numbers.get(n).is_some_and(|number| first >= number.after);
    reading.has_ending(core_start(reading, n), Sense::Bringing)
        && attachment.mark.is_some_and(|(first, _)| behind(first))
        && otherwise::in_english_order(reading)
}

/// "con lo que el acumulado asciende a 180.295 casos y 8.936 muertes": totals that a report brings along, each with a noun
/// of its own.
pub(super) fn brought(reading: &Reading<'_, '_>, n: usize) -> bool {
    let brings = |n: usize| {
        let left = reading.left(n);
        reading
            .marks_in(left.clone())
            .rfind(|mark| mark.cue == Cue::Sense(Sense::Bringing))
            .is_some_and(|mark| reading.has(mark.first..left.end, Sense::TotalLabel))
    };
    let left = core_start(reading, n).saturating_sub(reading.left(n).start);
    let joined = n > 0 && left == 1 && reading.word(reading.left(n).start, Word::And);
    // "The virus took 148 lives" brings nothing to a total.
    let order = reading.pack.order;
    let alone = |mark: &Mark| mark.after == mark.first + 1 && !order.verbs_lead && !order.adjectives_follow;
    let right_before = |n: usize| {
        let mut ending = reading.ending_at(core_start(reading, n));
        ending.any(|mark| mark.cue == Cue::Sense(Sense::Bringing) && !alone(mark))
    };
    brings(n) || right_before(n) || joined && (brings(n - 1) || right_before(n - 1))
}

/// "145 deaths a day on average, bringing the total to 12,520": a total that is no average.
pub(super) fn brings_total(reading: &Reading<'_, '_>, n: usize) -> bool {
    let left = reading.left(n);
    let brings = reading.first(left.clone(), Sense::Bringing).map(|mark| mark.after);
    brings.is_some_and(|from| {
        [Sense::TotalLabel, Sense::Total].iter().any(|total| reading.has(from..left.end, *total))
            && !reading.has(from..left.end, Sense::Average)
    })
}

/// Whether a number continues a row with the one before it: nothing but what that counts, and a comma or "and", between.
pub(super) fn in_row(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(before) = n.checked_sub(1).and_then(|before| reading.numbers.get(before)) else { return false };
    let start = core_start(reading, n);
    let link = start.wrapping_sub(1);
    let linked = reading.is(link, ",") || reading.word(link, Word::And);
    let verb = [Sense::Perfect, Sense::Report, Sense::RiseVerb, Sense::Bringing];
    linked
        && before.after < start
        && start - before.after <= 8
        && !verb.iter().any(|verb| reading.has(before.after..start, *verb))
}

/// "83 patients have died, raising the toll to 2,533": what a larger total right behind takes in is an increment, whatever
/// its tense says.
pub(super) fn taken_in(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    // The last of a row stands before the totals of all.
    let last = (n..n + ROW).find(|last| !in_row(reading, last + 1)).unwrap_or(n);
    let Some(next) = reading.numbers.get(last + 1).filter(|next| !next.percent && next.value > number.value) else {
        return false;
    };
    let left = reading.left(last + 1);
    let leads = |mark: &Mark| {
        let label = matches!(mark.cue, Cue::Label(_) | Cue::Sense(Sense::TotalLabel | Sense::Total));
        label && mark.after <= next.first
    };
    let bringing = reading.first(left.clone(), Sense::Bringing);
    bringing.is_some_and(|bringing| reading.marks_in(bringing.after..left.end).any(leads))
}

/// Whether number `n` is one of several totals: a word for totals or a verb that brings them governs its row.
fn totals(reading: &Reading<'_, '_>, n: usize) -> bool {
    let left = reading.left(n);
    let plural = left.clone().any(|at| reading.word(at, Word::Totals));
    plural || reading.has(left, Sense::Bringing) || n > 0 && in_row(reading, n) && totals(reading, n - 1)
}
