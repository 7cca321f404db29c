//! Verbs and phrases that stand before the number they tell of, and figures told again without their noun.
//!
//! In: a sentence and one of its numbers. Out: its attachment. What holds: only languages whose verbs may lead are read so.

use super::attach::{Attachment, Why, closer, core_start};
use super::reading::Reading;
use crate::extract::places::PlaceForm;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// "В больницах Петербурга находятся 6 204 человека": where people are, told before their number where verbs lead.
pub(super) fn stock(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    let told = counts_people(reading, number.after) && reading.pack.order.verbs_lead;
    let mark = reading
        .marks_in(reading.left(n).start..start)
        .filter(|mark| mark.cue.metric().is_some_and(|metric| closer(metric) > 0))
        .max_by_key(|mark| (mark.cue.metric().map(closer), mark.after))?;
    let count = |sign: &str| (mark.after..start).filter(|at| reading.is(*at, sign)).count();
    // An aside stands between two commas: "в реанимациях, по его словам, лежат 2 300".
    let whole = matches!(count(","), 0 | 2) && count(":") + count(";") == 0;
    (told && whole).then_some(Attachment {
        metric: mark.cue.metric()?,
        why: Why::Active,
        mark: Some((mark.first, mark.after)),
        per: None,
    })
}

/// Whether people stand right behind a number, or nothing that it could count.
pub(super) fn counts_people(reading: &Reading<'_, '_>, at: usize) -> bool {
    let people = |at: usize| {
        reading.has_at(at, Sense::People)
            || reading.spots.iter().any(|spot| spot.first == at && spot.form == PlaceForm::People)
    };
    people(at)
        || people(at + 1)
        || reading.has_at(at, Sense::Stop)
        || reading.tokens.get(at).is_none_or(|token| token.kind == TokenKind::Mark)
}

/// "Murieron en Roma 40 personas", "están hospitalizadas 1.893": a verb before the number, where verbs may lead.
pub(super) fn led(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    if !reading.pack.order.verbs_lead || number.percent {
        return None;
    }
    let people = (number.after..number.after + 2).any(|at| reading.has_at(at, Sense::People));
    let bare = reading.tokens.get(number.after).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.has_at(number.after, Sense::Stop);
    let left = reading.left(n);
    let mark = reading
        .marks_in(left.clone())
        .rev()
        .find(|mark| matches!(mark.cue, Cue::Active(_) | Cue::Predicate(_) | Cue::Noun(_) | Cue::Label(_)))?;
    let verb = matches!(mark.cue, Cue::Active(_) | Cue::Predicate(_))
        || reading.marks.iter().any(|other| {
            (other.first, other.after) == (mark.first, mark.after) && matches!(other.cue, Cue::Active(_) | Cue::Predicate(_))
        });
    // "Умерли за сутки: 7".
    let end = if reading.is(number.first.wrapping_sub(1), ":") { number.first - 1 } else { number.first };
    let joined = !(mark.after..end).any(|at| reading.is(at, ",") || reading.is(at, ":"));
    (verb && joined && (people || bare && mark.after + 6 > number.first)).then_some(Attachment {
        metric: mark.cue.metric()?,
        why: Why::Active,
        mark: Some((mark.first, mark.after)),
        per: None,
    })
}

/// "Днем ранее - 1 178.", "Всего 2 011.", "Болгария за то же время выявила 3 953.": what the sentence before counted, for
/// another day or place. Nothing but dates, places, words of totals and verbs of report may stand there.
pub(super) fn again(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let metric = previous.filter(|_| reading.pack.order.verbs_lead && found.iter().all(Option::is_none))?;
    let closed = reading.tokens.get(number.after).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.word(number.after, Word::Per);
    let known = |at: usize| {
        let mark = |mark: &crate::language::pack::Mark| {
            mark.first <= at
                && at < mark.after
                && matches!(
                    mark.cue,
                    Cue::Sense(
                        Sense::Total | Sense::Report | Sense::Pointer | Sense::Nation | Sense::Modifier | Sense::Locative
                            | Sense::DivisionAnaphor | Sense::CityAnaphor | Sense::Reaches | Sense::Exact | Sense::Part
                    )
                )
        };
        reading.marks.iter().any(mark)
            || reading.dates.iter().any(|date| date.first <= at && at < date.after)
            || reading.spots.iter().any(|spot| spot.first <= at && at < spot.after)
            || reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Mark)
            || reading.word(at, Word::PlaceStep)
    };
    let start = core_start(reading, n);
    let uncounted = reading.marks.iter().all(|mark| mark.cue.metric().is_none());
    let bare = number.first > 0 && (0..start).all(known) && uncounted;
    // "Более половины приходится на Махараштру (57 074)", "В Венгрии, которая лидировала прежде, - 3 077 на миллион".
    let bracket = reading.is(number.first.wrapping_sub(1), "(")
        && reading.spots.iter().any(|spot| spot.after + 1 == number.first)
        || reading.is(start.wrapping_sub(1), "-") && reading.spots.iter().any(|spot| spot.after < start);
    (closed && (bare || bracket && uncounted)).then_some(Attachment { metric, why: Why::Again, mark: None, per: None })
}
