//! The verb that tells a number, and what its tense says: "has registered 300" is a total, "registered 300" is new.
//!
//! In: a sentence that has been read and a number. Out: its [`Verb`], and the kind that follows from it. What holds: the
//! nearest verb before the number tells it, else the first behind it that no comma cuts off.

use super::attach::core_start;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::model::Kind;

/// The verb that tells a number.
pub(super) struct Verb {
    pub(super) first: usize,
    /// Perfect, or a state: "has registered", "has".
    pub(super) perfect: bool,
    /// A verb of report stands in it, also behind "has": "had been recorded".
    pub(super) told: bool,
    pub(super) rule: &'static str,
}

/// Rule 4: the tense of the verb that tells it.
pub(super) fn tense(reading: &Reading<'_, '_>, n: usize) -> Option<(Kind, &'static str)> {
    let verb = own_verb(reading, n)?;
    Some((if verb.perfect { Kind::Cumulative } else { Kind::New }, verb.rule))
}

/// The verb of a number: the nearest before it, else the first behind it that no comma cuts off.
pub(super) fn own_verb(reading: &Reading<'_, '_>, n: usize) -> Option<Verb> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let is = |mark: &Mark, sense: Sense| mark.cue == Cue::Sense(sense);
    let made = |perfect: bool, first: usize| {
        let told = (first..(first + 5).min(clause.end))
            .any(|at| reading.has_at(at, Sense::Report) && !reading.word(at, Word::Have));
        Some(Verb { first, perfect, told, rule: if perfect { "perfect" } else { "simple_past" } })
    };
    // A count that goes on behind an aside ("has 2,633 cases, after 322 were added, and 107 deaths") has the verb before it.
    let left = reading.left(n);
    let joined = core_start(reading, n);
    let aside = left.clone().find(|_| {
        n > 0
            && reading.word(joined.wrapping_sub(1), Word::And)
            && reading.is(joined.wrapping_sub(2), ",")
            && reading.numbers.get(n - 1).is_some_and(|before| {
                let opener = core_start(reading, n - 1).saturating_sub(1);
                reading.one_of(opener, &[Word::After, Word::When]) && before.first > opener
            })
    });
    let stretch = match aside {
        Some(_) => clause.start..reading.numbers.get(n - 1).map_or(number.first, |before| before.first - 1),
        None => verb_stretch(reading, n).start.max(clause.start)..number.first,
    };
    let perfect_left =
        reading.marks_in(stretch.clone()).rev().find(|mark| is(mark, Sense::Perfect)).map(|mark| mark.first);
    let report_left = reading.marks_in(stretch).rev().find(|mark| is(mark, Sense::Report)).map(|mark| mark.first);
    let right = reading.right(n);
    let end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
    let verb_right = reading
        .marks_in(right.start..end)
        .find(|mark| is(mark, Sense::Perfect) || is(mark, Sense::Report))
        .map(|mark| (mark.first, reading.has_at(mark.first, Sense::Perfect)));
    // "985 people tested positive", "605 infections were found": what is said of the number itself, with nothing but its
    // noun between, is nearer than a verb before an earlier number.
    let since = reading.left(n).start;
    let before = perfect_left.max(report_left).is_some_and(|first| first >= since);
    // "4.9 million have been reported to be infected and 323,245 have died".
    if let Some((first, true)) = verb_right.filter(|(first, _)| *first == number.after) {
        return made(true, first);
    }
    if let (Some((first, perfect)), false, None) = (verb_right, before, aside) {
        // "93,646 discharged, and 1,485 deaths recorded" lean on an auxiliary before them.
        let leans = !perfect
            && perfect_left.is_some()
            && reading.marks.iter().any(|mark| mark.after == first && matches!(mark.cue, Cue::Noun(_)))
            && !reading.word(first, Word::Was);
        return made(perfect || leans, first);
    }
    // The verb nearest before the number. "has registered" holds a report verb within the perfect.
    match (perfect_left, report_left) {
        // "has killed N and infected N": both verbs have the one auxiliary.
        (Some(perfect), Some(report)) if report > perfect + 3 && !reading.word(report.wrapping_sub(1), Word::And) => {
            made(false, report)
        }
        // "has 15,560 active cases and reported 38 deaths": a "has" with a number of its own is no auxiliary.
        (Some(perfect), Some(report))
            if report > perfect
                // "has 1,255 infected and nine dead": a noun there.
                && reading.metric_at(report).is_none()
                && (0..n).any(|other| core_start(reading, other) == perfect + 1) =>
        {
            made(false, report)
        }
        (Some(perfect), _) => made(true, perfect),
        (None, Some(report)) => match verb_right {
            Some((first, true)) => made(true, first),
            _ => made(false, report),
        },
        (None, None) => verb_right.and_then(|(first, perfect)| made(perfect, first)),
    }
}

/// Where the verb that tells a number can stand: its clause, or from a "with" that opens a new count on.
pub(super) fn verb_stretch(reading: &Reading<'_, '_>, n: usize) -> std::ops::Range<usize> {
    let Some(number) = reading.numbers.get(n) else { return 0..0 };
    let clause = reading.clause(number.first);
    let opens = reading
        .left(n)
        .rev()
        .find(|at| n > 0 && reading.one_of(*at, &[Word::With, Word::As, Word::PlaceRelative, Word::When]));
    match opens {
        Some(at) => at..reading.right(n).end,
        None => clause,
    }
}

/// Where the verb that tells the number can stand at the latest: one of report before it is not outdone by what follows a
/// comma, "registró 790 contagios, la peor cifra que ha habido".
pub(super) fn told_until(reading: &Reading<'_, '_>, n: usize) -> usize {
    let Some(number) = reading.numbers.get(n) else { return 0 };
    let told = reading.has(reading.left(n), Sense::Report);
    let right = reading.right(n);
    right.clone().find(|at| told && reading.is(*at, ",")).unwrap_or(reading.clause(number.first).end)
}

/// Whether the number stands in a list behind a label with a colon, with no verb before it.
pub(super) fn labelled(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    // "45,244 confirmed" in a line of its own.
    let ends = reading.tokens.len() <= number.after + 2 || reading.is(number.after + 1, "(");
    // "Two died." is a sentence.
    let said = reading.has_at(number.after, Sense::Report) && reading.is(reading.tokens.len() - 1, ".");
    let alone = number.first <= 1 && ends && !said && reading.dates.is_empty();
    if alone && !reading.pack.order.verbs_lead && !reading.pack.topic_first() {
        return true;
    }
    let colon = (clause.start..number.first).take(12).find(|at| {
        // "* SINGAPORE – 3,252 cases, 611 recovered".
        let dash = reading.is(*at, "-") && reading.tokens.get(*at).is_some_and(|token| token.spaced);
        let place = reading.spots.iter().any(|spot| spot.after == *at && spot.first <= clause.start + 1);
        reading.is(*at, ":") || dash && place
    });
    // "It was the worst day: 433 people died".
    let people = reading.has_at(number.after, Sense::People) && !reading.has_at(number.after, Sense::Perfect);
    let sentence = people && reading.has_at(number.after + 1, Sense::Report) && !reading.pack.order.verbs_lead;
    colon.filter(|_| !sentence).is_some_and(|colon| {
        let verb = reading.pack.order.verbs_lead && reading.has(colon..number.first, Sense::Report);
        !verb && !reading.marks_in(colon..number.first).any(|mark| matches!(mark.cue, Cue::Sense(Sense::Perfect)))
    })
}
