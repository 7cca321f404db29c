//! Verbs that stand before the number that they tell of: "killed 30 people", "murieron en Roma 40 personas".
//!
//! In: a sentence that has been read and a number. Out: its attachment to the verb, or none. What holds: the verb stands right
//! before the number or, where verbs may lead, in its stretch with no comma between.

use super::attach::{Attachment, Why, closer, core_start};
use super::lean::says_no_noun;
use super::otherwise::in_english_order;
use super::reading::Reading;
use crate::extract::places::PlaceForm;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// "killed 30 people", "tested over 5 lakh", "vaccinated 3 million".
pub(super) fn active(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let start = core_start(reading, n);
    let mark = reading.marks.iter().find(|mark| mark.after == start && matches!(mark.cue, Cue::Active(_)))?;
    let number = reading.numbers.get(n)?;
    let what = number.after;
    let patients = (what..what + 4).any(|at| reading.word(at, Word::Patient));
    (counts_people(reading, what) || patients).then_some(Attachment::new(mark.cue.metric()?, Why::Active).by(mark))
}

/// "Murieron en Roma 40 personas", "están hospitalizadas 1.893": a verb before the number, where verbs may lead.
pub(super) fn led(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let people = (number.after..number.after + 2)
        .any(|at| reading.has_at(at, Sense::People) || reading.spots.iter().any(|spot| spot.first == at));
    let bare = reading.tokens.get(number.after).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.has_at(number.after, Sense::Stop);
    leading(reading, n).filter(|led| people || bare && led.mark.is_some_and(|(_, after)| after + 6 > number.first))
}

/// "the death of 140 citizens", "the recovery of 640 patients": what befell the people that it counts, as a noun before them.
pub(super) fn befallen(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n).filter(|number| in_english_order(reading) && !number.percent)?;
    let of = core_start(reading, n).checked_sub(1).filter(|of| reading.word(*of, Word::Of))?;
    let event = |metric| matches!(metric, Metric::Deaths | Metric::Recoveries | Metric::Hospitalisations);
    let mark = reading.ending_at(of).find(|mark| matches!(mark.cue, Cue::Noun(metric) if event(metric)))?;
    let people = |at: usize| {
        reading.has_at(at, Sense::People)
            || reading.spots.iter().any(|spot| spot.first == at && spot.form == PlaceForm::People)
    };
    // "the 140 deaths of 500 people" has counted them already.
    let counted = reading.numbers.iter().any(|other| other.after == mark.first);
    (!counted && (people(number.after) || people(number.after + 1)))
        .then_some(Attachment::new(mark.cue.metric()?, Why::Active).by(mark))
}

/// "In hospital are 6,123 people", "on the wards 971": where people lie opens what is said of them, in English too.
pub(super) fn fronted(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n).filter(|number| in_english_order(reading) && !number.percent)?;
    let start = core_start(reading, n);
    let left = reading.left(n);
    let mark = reading.marks_in(left.start..start).rfind(|mark| {
        matches!(mark.cue, Cue::Predicate(metric) if closer(metric) > 1)
            && (left.start..left.start + 3).contains(&mark.first)
    })?;
    let verb = |at: usize| reading.one_of(at, &[Word::Copula, Word::There, Word::Have]);
    let people = reading.has_at(number.after, Sense::People);
    let own = reading.marks_in(reading.right(n)).all(|mark| mark.cue.metric().is_none());
    ((mark.after..start).all(verb) && (people || says_no_noun(reading, n)) && own)
        .then_some(Attachment::new(mark.cue.metric()?, Why::Active).by(mark))
}

/// The verb before a number in its own stretch.
pub(super) fn leading(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n).filter(|number| reading.pack.order.verbs_lead && !number.percent)?;
    let mark = reading
        .marks_in(reading.left(n))
        .rev()
        .find(|mark| matches!(mark.cue, Cue::Active(_) | Cue::Predicate(_) | Cue::Noun(_) | Cue::Label(_)))?;
    let verb = matches!(mark.cue, Cue::Active(_) | Cue::Predicate(_))
        || reading.marks.iter().any(|other| {
            (other.first, other.after) == (mark.first, mark.after)
                && matches!(other.cue, Cue::Active(_) | Cue::Predicate(_))
        });
    let joined = !(mark.after..number.first).any(|at| reading.is(at, ",") || reading.is(at, ":"));
    (verb && joined).then_some(Attachment::new(mark.cue.metric()?, Why::Active).by(mark))
}

/// Whether people stand right behind a number, or nothing that it could count.
fn counts_people(reading: &Reading<'_, '_>, at: usize) -> bool {
    let people = |at: usize| {
        reading.has_at(at, Sense::People)
            || reading.spots.iter().any(|spot| spot.first == at && spot.form == PlaceForm::People)
    };
    // "lost 231 more".
    let at = at + usize::from(reading.word(at, Word::More) && !reading.than(at + 1));
    people(at)
        || people(at + 1)
        || reading.has_at(at, Sense::Stop)
        || reading.word(at, Word::And)
        || reading.tokens.get(at).is_none_or(|token| token.kind == TokenKind::Mark)
}
