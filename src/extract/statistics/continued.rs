//! Numbers of which their clause does not say what they count: "The sum since January is 387", "Alberta? 121", "it has had 1,931".
//!
//! In: a sentence in the order of English, a number, what the numbers before it count and what the sentences before did. Out:
//! its attachment to what is being counted. What holds: this is the last that is asked, nothing stands behind such a number
//! that it could count, and the trees that weigh it ([`super::weighed`]) hear that it is a guess.

use super::again::is_another_share;
use super::attach::{Attachment, Previous, Why, core_start};
use super::governed::{counts_another, told_last};
use super::kinds::kind_of;
use super::lean::{base_of_part, said_otherwise, says_no_noun};
use super::otherwise::{in_english_order, is_plague};
use super::reading::Reading;
use super::{counted, threshold, traps};
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::Metric;

/// What is being counted where a number stands: what its clause names before it, what its sentence counted last, cases where
/// the sentences before counted those.
pub(super) fn continued(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n).filter(|number| number.value.fract() == 0.0 && !number.percent)?;
    let bare = says_no_noun(reading, n) && !said_otherwise(reading, n) && !is_another_share(reading, n);
    if !in_english_order(reading) || !bare || another_label(reading, n) || number.words && !opens(reading, n) {
        return None;
    }
    let apart = counted::pronoun(reading, n) || counted::part_of_opening(reading, n, found);
    let taken = traps::before_metric(reading, n).is_some() || threshold::of_clause(reading, n).is_some();
    if apart || base_of_part(reading, n) || counted::size_of(reading, n) || taken {
        return None;
    }
    let clause = reading.clause(number.first);
    let mut nouns = reading.marks_in(clause.start..number.first).rev();
    let named = nouns.find(|mark| matches!(mark.cue, Cue::Noun(_) | Cue::Label(_))).and_then(|mark| mark.cue.metric());
    let counted = found.iter().rev().flatten().find(|before| before.why != Why::Retold).map(|before| before.metric);
    let Some(metric) = named.or(counted) else {
        // What has no name is cases, unless the sentences before count something else.
        let placed = reading.spots.iter().any(|spot| clause.contains(&spot.first));
        let told = if placed { previous.lead } else { told_last(previous, number.value) };
        return told.is_none_or(|told| told == Metric::Cases).then_some(Attachment::new(Metric::Cases, Why::Retold));
    };
    // "444 active cases, and since March it has had 1,931": nobody has had a stock.
    let had = named.is_none() && reading.has_ending(core_start(reading, n), Sense::Perfect);
    let metric = if had && metric == Metric::ActiveCases { Metric::Cases } else { metric };
    kind_of(metric).whole.then_some(Attachment::new(metric, Why::Continued))
}

/// Whether a number is the first of its clause or stands right behind a name.
fn opens(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let named = |token: &Token<'_>| token.kind == TokenKind::Word && token.capitalised();
    reading.numbers.get(n).is_some_and(|number| reading.clause(number.first).start == start)
        || start.checked_sub(1).and_then(|before| reading.tokens.get(before)).is_some_and(named)
}

/// "Health workers trained online: 11,300": a label that is neither a place nor a time.
pub(super) fn another_label(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(colon) = core_start(reading, n).checked_sub(1).filter(|colon| reading.is(*colon, ":")) else {
        return false;
    };
    let clause = reading.clause(colon);
    let told = |at: usize| {
        reading.spots.iter().any(|spot| spot.first == at)
            || reading.dates.iter().any(|date| date.first == at)
            || reading.has_at(at, Sense::Today)
            || reading.has_at(at, Sense::New)
            || reading.metric_at(at).is_some()
    };
    !(clause.start..colon).any(told)
}

/// Whether the clause before a number has plain words that no rule knows, so that something else may be its subject:
/// "Unemployment rose by 302,265".
pub(super) fn has_unknown_subject(reading: &Reading<'_, '_>, n: usize) -> bool {
    let left = reading.left(n);
    let opening = |at: usize| at == 0 && reading.tokens.first().is_some_and(|token| token.text.len() > 3);
    let known = |at: usize| {
        reading.marks.iter().any(|mark| mark.first <= at && at < mark.after)
            || reading.spots.iter().any(|spot| spot.first <= at && at < spot.after)
            || is_plague(reading, at)
            || reading.one_of(at, &[Word::Total, Word::Count, Word::Figure])
    };
    left.into_iter().any(|at| (counts_another(reading, at) || opening(at)) && !known(at))
}

/// How little the rules say of what a number counts: 1 where its sentence counted that before and nothing links the two, 2
/// where nothing says it, and the same for what leans on such a number.
pub(super) fn guessed(reading: &Reading<'_, '_>, n: usize, attachments: &[Option<Attachment>]) -> u8 {
    match attachments.get(n).and_then(Option::as_ref).map(|attachment| attachment.why) {
        Some(Why::Retold) => 2,
        Some(Why::Continued) => 1 + u8::from(has_unknown_subject(reading, n)),
        Some(Why::Coordinated(earlier)) if earlier < n => guessed(reading, earlier, attachments),
        _ => 0,
    }
}
