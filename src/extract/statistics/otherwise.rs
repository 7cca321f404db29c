//! What words of the disease say when they are said of something else: students admitted, soldiers discharged, lives lost to a
//! quake, deaths that were prevented, reviews that are positive.
//!
//! In: a sentence that has been read, a number and its attachment. Out: whether the words that attach it mean something else
//! there. What holds: only words of the sentence itself are asked, and what names the disease or an infection keeps its figure.

use super::attach::{Attachment, Why};
use super::governed::counts_another;
use super::reading::Reading;
use super::traps::says_nothing;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;
use std::ops::Range;

/// Whether a word names the disease or what kills as it does: "the virus", "the outbreak".
pub(super) fn is_plague(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.word(at, Word::Plague) || reading.has_at(at, Sense::Covid)
}

/// Whether a stretch names the disease or an infection.
fn names_infection(reading: &Reading<'_, '_>, stretch: Range<usize>) -> bool {
    reading.has(stretch.clone(), Sense::Covid) || stretch.into_iter().any(|at| reading.word(at, Word::Infectious))
}

/// Whether words stand in the order of English, where a noun follows what describes it and a verb its subject.
pub(super) fn in_english_order(reading: &Reading<'_, '_>) -> bool {
    let order = reading.pack.order;
    !(order.adjectives_follow || order.verbs_lead || order.verbs_last || reading.pack.topic_first())
}

/// Whether the words that attach number `n` are said of something else.
pub(super) fn said_otherwise(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    prevented(reading, n, attachment.metric)
        || welcomed(reading, n, attachment)
        || hurt(reading, n, attachment)
        || cut_off(reading, attachment)
        || buried(reading, n, attachment)
}

/// "has saved 400 lives", "kept 11,000 from dying", "400 deaths were prevented": what did not happen.
fn prevented(reading: &Reading<'_, '_>, n: usize, metric: Metric) -> bool {
    let counts = [Metric::Deaths, Metric::Cases, Metric::Hospitalisations, Metric::IcuPatients];
    if !counts.contains(&metric) || !in_english_order(reading) {
        return false;
    }
    let Some(number) = reading.numbers.get(n) else { return false };
    let prevents = |at: usize| reading.word(at, Word::Prevents);
    let phrase = reading.phrase(n);
    let before = phrase.start.max(number.first.saturating_sub(5))..number.first;
    // "390 hospital admissions were avoided".
    let right = reading.right(n);
    let copula = right.clone().find(|at| reading.one_of(*at, &[Word::Copula, Word::Auxiliary]));
    let after = copula.map_or(0..0, |copula| copula + 1..right.end.min(copula + 4));
    let from = right.clone().any(|at| reading.word(at, Word::From));
    let kept = before.clone().any(|at| reading.word(at, Word::Keeps)) && from;
    kept || before.chain(after).any(prevents)
}

/// "admitted 2,765 refugees", "admitted 4,100 students": who is let in and not ill.
fn welcomed(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let let_in = attachment.metric == Metric::Hospitalisations && attachment.why == Why::Active;
    let all = 0..reading.tokens.len();
    let ill = |at: usize| {
        reading.one_of(at, &[Word::Hospital, Word::Infectious, Word::Ward])
            || reading.word(at, Word::Patient) && !reading.has_at(at, Sense::PopulationBase)
            || reading.has_at(at, Sense::Covid)
    };
    let bare = says_nothing(reading, number.after) || reading.word(number.after, Word::Patient);
    let_in && in_english_order(reading) && !bare && !all.clone().any(ill)
}

/// "38 were taken to hospital, seven of them badly hurt, in a crush": who lies in hospital after something else.
fn hurt(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let lies = [
        Metric::Hospitalisations,
        Metric::IcuPatients,
        Metric::SevereCases,
        Metric::VentilatedPatients,
        Metric::Quarantined,
    ];
    let Some(number) = reading.numbers.get(n).filter(|_| lies.contains(&attachment.metric)) else { return false };
    let clause = reading.clause(number.first);
    let ill = |at: usize| {
        reading.one_of(at, &[Word::Infectious, Word::Plague])
            && !reading.one_of(at, &[Word::Relative, Word::It, Word::Those])
            && !reading.has_at(at, Sense::People)
            || reading.has_at(at, Sense::Covid)
    };
    let caused =
        clause.clone().any(|at| reading.word(at, Word::Wounded)) || reading.has(clause.clone(), Sense::OtherCause);
    caused && !clause.clone().any(ill)
}

/// "villages isolated by landslips": cut off, and not kept apart.
fn cut_off(reading: &Reading<'_, '_>, attachment: &Attachment) -> bool {
    let by = |(_, after): (usize, usize)| reading.word(after, Word::By) && counts_another(reading, after + 1);
    attachment.metric == Metric::Quarantined && attachment.why == Why::Predicate && attachment.mark.is_some_and(by)
}

/// "The crematorium takes 60 dead a day": who buries asks nobody what they died of.
fn buried(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some(number) = reading.numbers.get(n).filter(|_| attachment.metric == Metric::Deaths) else { return false };
    let clause = reading.clause(number.first);
    !names_infection(reading, clause.clone())
        && (clause.start..number.first).any(|at| reading.word(at, Word::Undertaker))
}

/// "207 positive reviews", "182,500 on active duty": an adjective before another noun says of that what it says.
pub(super) fn describes_another(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    let adjective = mark.after == mark.first + 1
        && matches!(mark.cue, Cue::Predicate(_))
        && reading.word(mark.first, Word::Describing);
    adjective && in_english_order(reading) && counts_another(reading, mark.after) && !reading.is(mark.after - 1, ",")
}

/// "2,600 mails have infected 14,000 computers": who does it and not who suffers it, where a number of those follows.
pub(super) fn does_it(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    let verb = reading
        .marks
        .iter()
        .any(|other| (other.first, other.after) == (mark.first, mark.after) && matches!(other.cue, Cue::Active(_)));
    let passive = reading.one_of(mark.first.wrapping_sub(1), &[Word::Copula, Word::PastAuxiliary]);
    let object = reading.numbers.iter().any(|number| number.first == mark.after && !number.percent);
    verb && in_english_order(reading) && object && reading.word(mark.first.wrapping_sub(1), Word::Have) && !passive
}

/// "police have killed 15", "died when the flight overshot the runway", "killed 82 and injured 110": deaths by something
/// else, whether or not the sentence names the disease.
pub(super) fn killed_otherwise(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    // "the number of soldiers killed is 1,302; 407 were wounded".
    let all = 0..reading.tokens.len();
    let wounded = |mut range: Range<usize>| range.any(|at| reading.word(at, Word::Wounded));
    if wounded(clause.clone()) || wounded(all.clone()) && !names_infection(reading, all.clone()) {
        return true;
    }
    // "Fraudsters have found 2,057 victims".
    let victims = attachment.mark.is_some_and(|(_, after)| reading.word(after - 1, Word::Victims));
    if victims && reading.has(all.clone(), Sense::Legal) {
        return true;
    }
    let killer = |at: usize| reading.word(at, Word::Killer) || reading.has_at(at, Sense::OtherCause);
    let Some((first, after)) = attachment.mark else { return false };
    // "has recovered 2.4 million of the 3 million jobs lost to the pandemic".
    if reading.word(first, Word::Lost) && all.clone().any(|at| reading.word(at, Word::Livelihood)) {
        return true;
    }
    if attachment.why == Why::Active {
        // "Police said the virus has killed 30": what is said has a subject of its own.
        let subject = (clause.start..first).rev().take_while(|at| !reading.has_at(*at, Sense::Statement));
        let subject: Vec<usize> = subject.collect();
        // "Air pollution killed 40": whatever else is the subject of killing.
        let noun = |at: usize| reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word);
        let kills = (first..after).any(|at| reading.word(at, Word::Kills));
        let another =
            kills && subject.iter().copied().any(noun) && !subject.iter().copied().any(|at| is_plague(reading, at));
        let lost = reading.word(first, Word::Lost) && lost_otherwise(reading, n);
        return subject.iter().copied().any(killer) || another || lost;
    }
    let leads = |at: usize| {
        reading.one_of(at, &[Word::In, Word::When, Word::After, Word::As, Word::By]) && !reading.word(at, Word::To)
    };
    let cause = |at: usize| (at + 1..(at + 9).min(clause.end)).take_while(|at| !reading.is(*at, ",")).any(killer);
    // "Nine people died on Saturday when an oxygen cylinder exploded": nobody dies of the disease when something happens.
    let end = reading.tokens.len().min(after + 6);
    let when = (after..end).take_while(|at| !reading.is(*at, ",")).find(|at| reading.word(*at, Word::When));
    let ill = |at: usize| {
        reading.one_of(at, &[Word::Plague, Word::Infectious, Word::Patient]) || reading.has_at(at, Sense::Covid)
    };
    let happened = when.is_some_and(|when| !(when + 1..(when + 10).min(reading.tokens.len())).any(ill));
    attachment.why == Why::Predicate
        && (happened || (after..(after + 3).min(clause.end)).any(|at| leads(at) && cause(at)))
}

/// "17 million pupils went home": whether a recovery is one only by a verb that anybody may do, in a sentence that speaks of
/// no patients.
pub(super) fn went_home(reading: &Reading<'_, '_>, attachment: &Attachment) -> bool {
    let Some((first, after)) =
        attachment.mark.filter(|_| attachment.metric == Metric::Recoveries && attachment.why == Why::Predicate)
    else {
        return false;
    };
    let homely = (first..after).any(|at| reading.word(at, Word::SentHome));
    let ill = |at: usize| {
        reading.one_of(at, &[Word::Patient, Word::Hospital, Word::Infectious])
            && !reading.has_at(at, Sense::PopulationBase)
            || reading.has_at(at, Sense::Covid)
    };
    let recovered = |mark: &Mark| mark.cue == Cue::Noun(Metric::Recoveries);
    homely && !(0..reading.tokens.len()).any(ill) && !reading.marks.iter().any(recovered)
}

/// "Her hospital lost 40 nurses to better paid jobs", "restaurants lost 48,000": lost to something else than the disease.
fn lost_otherwise(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let right = reading.right(n);
    let end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
    match (number.after..end).find(|at| reading.word(*at, Word::To)) {
        Some(to) => !(to..to + 6).any(|at| is_plague(reading, at)),
        // Lives and people are lost, and what has no name is something else.
        None => {
            let placed = reading.spots.iter().any(|spot| reading.left(n).contains(&spot.first));
            says_nothing(reading, number.after) && !placed && in_english_order(reading)
        }
    }
}
