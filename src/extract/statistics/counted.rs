//! What a figure counts by its head noun: things, parts of things, the size of something.
//!
//! In: a sentence that has been read and a number. Out: whether it counts something that no metric does. What holds: what is
//! said of a part is said of what the whole counts; a word that only describes the head counts nothing.

use super::attach;
use super::attach::{Attachment, Why};
use super::governed::counts_another;
use super::otherwise::is_plague;
use super::reading::Reading;
use super::traps::{aged, before_metric, says_nothing};
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::language::{Cue, numbers::Numeral};
use crate::model::Metric;

/// A unit of something else right behind, with at most one adjective between: "14 days", "three other countries".
pub(super) fn unit_behind(reading: &Reading<'_, '_>, after: usize) -> bool {
    let at = |at: usize| {
        let long = reading
            .marks
            .iter()
            .filter(|mark| mark.first == at && mark.cue.metric().is_some())
            .map(|mark| mark.after)
            .max();
        let trap = reading
            .marks
            .iter()
            .filter(|mark| mark.first == at && mark.cue == Cue::Sense(Sense::TrapAfter))
            .map(|mark| mark.after)
            .max();
        // "50 intensive care beds": the metric only says which.
        let which = long.is_some_and(|long| {
            let tight = reading.tokens.get(long).is_some_and(|token| token.kind == TokenKind::Word);
            tight
                && reading.has_at(long, Sense::TrapAfter)
                && !reading.has_at(long, Sense::Stop)
                && !reading.one_of(long, &[Word::And, Word::Or])
        });
        // "24 hospital admissions" counts admissions, "24 hospitals" hospitals.
        which || trap.is_some_and(|trap| long.is_none_or(|long| trap > long) && !fell_ill(reading, trap))
    };
    if at(after) {
        return true;
    }
    // "16 new Games-related infections": part of a word for something else.
    let compound = |at: usize| reading.is(at + 1, "-") && reading.tokens.get(at + 1).is_some_and(|dash| !dash.spaced);
    let skip = |token: usize| {
        reading.metric_at(token).is_none()
            // "3,087 two weeks ago" counts no weeks.
            && !reading.numbers.iter().any(|number| number.first == token)
            && !reading.word(token, Word::UnitStop)
            && !reading.has_at(token, Sense::Stop)
            && !reading.has_at(token, Sense::People)
            // "67,000 last week" tells when.
            && !reading.marks.iter().any(|mark| {
                let time = [Sense::LastWeek, Sense::LastMonth, Sense::WeekEarlier, Sense::DayEarlier, Sense::PastDay, Sense::PastWeek,
                    Sense::PastFortnight, Sense::PastMonth, Sense::Today, Sense::Yesterday];
                mark.first == token && time.iter().any(|sense| mark.cue == Cue::Sense(*sense))
            })
            && reading.tokens.get(token).is_some_and(|token| token.kind == TokenKind::Word || token.is("-"))
    };
    // Where a counting word stands behind the number, what it counts stands right behind that.
    !reading.pack.topic_first()
        && skip(after)
        && (at(after + 1) && !compound(after + 1) || skip(after + 1) && at(after + 2) && !compound(after + 2))
}

/// "48 tourists tested positive", "three taxi drivers have died": what people are is said of them before what befell them.
fn fell_ill(reading: &Reading<'_, '_>, after: usize) -> bool {
    let verb = |at: &usize| reading.one_of(*at, &[Word::Was, Word::Copula, Word::Have]);
    let said = (after..).find(|at| !verb(at)).unwrap_or(after);
    let predicate = |mark: &Mark| mark.after > said && matches!(mark.cue, Cue::Predicate(_));
    reading.has_ending(after, Sense::People) && (after..=said).any(|at| reading.beginning_at(at).any(predicate))
}

/// "a three-dose course", "a 40-case cluster": the number is part of a word for something else.
pub(super) fn compound(reading: &Reading<'_, '_>, after: usize) -> bool {
    let tight = |at: usize| reading.tokens.get(at).is_some_and(|token| !token.spaced);
    let noun = reading.metric_at(after + 1).filter(|_| reading.is(after, "-") && tight(after) && tight(after + 1));
    // "the 800,000-case mark" is what the count passes.
    noun.is_some_and(|noun| !reading.word(noun.after, Word::Milestone))
}

/// "31 of the archipelago's 34 provinces", "11 of 18 wards", "9,000 of the kits": a part of things.
pub(super) fn part_of_things(reading: &Reading<'_, '_>, n: usize) -> bool {
    let part = |number: &&Numeral| reading.word(number.after, Word::Of) && !number.percent;
    let Some(number) = reading.numbers.get(n).filter(part) else { return false };
    if reading.pack.topic_first() {
        return false;
    }
    let open = |at: usize| !reading.has_at(at, Sense::Stop) && !reading.is(at, ",") && reading.metric_at(at).is_none();
    let whole = reading.numbers.get(n + 1).filter(|next| {
        let between = number.after + 1..next.first;
        between.len() <= 5 && between.clone().all(open)
    });
    if let Some(whole) = whole {
        return unit_behind(reading, whole.after);
    }
    // "of the country's cases" are cases, "of the city's care homes" homes: a possessor is not what is counted.
    let thing = number.after + 2;
    let possessor = (thing..thing + 4).find(|at| reading.is(*at, "'"));
    let thing = possessor.map_or(thing, |mark| mark + 1 + usize::from(reading.word(mark + 1, Word::Genitive)));
    reading.one_of(number.after + 1, &[Word::The, Word::Those, Word::Its]) && unit_behind(reading, thing)
}

/// "52 arrests, 47 of them under the curfew", "930 beds, 250 of them for intensive care": a part of what the number before
/// counts is things as that is. People may have been things before, as those on a flight are.
pub(super) fn part_of_trap(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let animal = n > 0
        && reading
            .numbers
            .get(n - 1)
            .is_some_and(|whole| (whole.after..whole.after + 3).any(|at| reading.word(at, Word::Animal)));
    let told = attachment.why == Why::Predicate
        && !animal
        && matches!(attachment.metric, Metric::Cases | Metric::Deaths | Metric::Recoveries | Metric::Quarantined);
    let Some(number) = reading.numbers.get(n).filter(|_| n > 0) else { return false };
    let first = number.first;
    let opens = |at: usize| attach::of_them(reading, at) || reading.one_of(at, &[Word::Including, Word::Among]);
    let part = attach::of_them(reading, number.after) || (first.saturating_sub(5)..first).any(opens);
    if reading.pack.topic_first() || told || !part {
        return false;
    }
    let near = reading.numbers.get(n - 1).is_some_and(|before| before.after + 5 >= first);
    let things = |before: usize| before_metric(reading, before) == Some("unit");
    near && things(n - 1) || (0..n).all(things)
}

/// "patients occupied 5,976 hospital beds and were using 467 ventilators": things that count those who lie in them.
pub(super) fn occupied(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let verb = attach::core_start(reading, n).checked_sub(1).filter(|verb| reading.word(*verb, Word::Occupies))?;
    let clause = reading.clause(number.first);
    let patients = (clause.start..verb).any(|at| reading.word(at, Word::Patient));
    let thing = (number.after..number.after + 4).find(|at| reading.one_of(*at, &[Word::Bed, Word::Ventilator]))?;
    let intensive = (number.after..thing)
        .any(|at| reading.metric_at(at).is_some_and(|mark| mark.cue.metric() == Some(Metric::IcuPatients)));
    let metric = match (reading.word(thing, Word::Ventilator), intensive) {
        (true, _) => Metric::VentilatedPatients,
        (false, true) => Metric::IcuPatients,
        (false, false) => Metric::Hospitalisations,
    };
    patients.then_some(Attachment::new(metric, Why::Active).at(verb, verb + 1))
}

/// "patients are on ventilators, of which there are 3,700", "the beds, of which there are 27,000": how many there are of
/// something that is no metric's noun.
pub(super) fn stock_of_things(reading: &Reading<'_, '_>, n: usize) -> bool {
    let there = attach::core_start(reading, n).wrapping_sub(2);
    let of = there.wrapping_sub(2);
    let told = reading.word(there, Word::There) && attach::of_them(reading, of) && reading.is(of.wrapping_sub(1), ",");
    told && !reading.ending_at(of - 1).any(|mark| matches!(mark.cue, Cue::Noun(_)))
}

/// "the number of patients hospitalized over the past day rose by 1,302": those that came.
pub(super) fn came(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some((number, (_, after))) = reading.numbers.get(n).zip(attachment.mark) else { return false };
    attachment.metric == Metric::Hospitalisations && reading.has(after..number.first, Sense::PastDay)
}

/// "a batch of 521 samples": tests that were taken, and not bought.
pub(super) fn specimens(reading: &Reading<'_, '_>, attachment: &Attachment) -> bool {
    attachment.mark.is_some_and(|(first, after)| (first..after).any(|at| reading.word(at, Word::Specimen)))
}

/// Those who live somewhere: "a town of 12,000", "home to 25 million people", "half of the country's 9.3 million people".
pub(super) fn is_population(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let start = attach::core_start(reading, n);
    let people = reading.has_at(number.after, Sense::PopulationBase);
    let lives = |at: usize| reading.has_ending(at, Sense::Population);
    let of = reading.word(start.wrapping_sub(1), Word::Of) || people;
    let owned = [start, number.first].iter().any(|at| reading.one_of(at.wrapping_sub(1), &[Word::Genitive, Word::Its]));
    // What is said of them right behind is said of all: "the country's 5,000 people infected".
    let said = reading.metric_at(number.after + 1).is_some();
    // "600 inhabitants are quarantined".
    let told = reading.marks_in(reading.right(n)).any(|mark| matches!(mark.cue, Cue::Predicate(_)));
    // "a country of 18,681 dead".
    let other = (number.after..number.after + 3).any(|at| reading.metric_at(at).is_some());
    let part = (number.first.saturating_sub(9)..number.first).any(|at| reading.word(at, Word::Of));
    of && !other && (lives(start) || lives(number.first))
        || owned && people && !said && part
        || reading.pack.topic_first() && populates(reading, n)
        || reading.has_at(number.after, Sense::Population) && !said && !told
}

/// "两国人口合计逾17亿": the inhabitants, of whom nothing else is said.
fn populates(reading: &Reading<'_, '_>, n: usize) -> bool {
    let phrase = reading.phrase(n);
    let Some(named) = reading.first(phrase.clone(), Sense::Population) else { return false };
    let bounds = |mark: &crate::language::pack::Mark| {
        [Sense::MoreThan, Sense::Nearly, Sense::About, Sense::Reaches, Sense::Exact, Sense::Total]
            .iter()
            .any(|sense| mark.cue == Cue::Sense(*sense))
    };
    let between = |at: usize| reading.marks.iter().any(|mark| mark.first <= at && at < mark.after && bounds(mark));
    (named.after..phrase.end).all(between)
}

/// Whether an "of" follows a noun that no rule knows, which then is what the number counts: "1,800 bodies of Covid victims".
pub(super) fn headed(reading: &Reading<'_, '_>, of: usize, number: &Numeral) -> bool {
    let order = reading.pack.order;
    let noun = of.wrapping_sub(1);
    let plain = reading.tokens.get(noun).is_some_and(|token| token.kind == TokenKind::Word && !token.capitalised())
        && !reading.marks.iter().any(|mark| mark.first <= noun && noun < mark.after)
        && !reading.one_of(noun, &[Word::Another, Word::AgeBearer]);
    reading.word(of, Word::Of) && noun >= number.after && plain && !order.adjectives_follow && !order.verbs_lead
}

/// "14 cases of mucormycosis", "31 cases of abuse", "27 tests of parachutes": a word that no rule knows says of what, and it is not this disease.
pub(super) fn cases_of_another(reading: &Reading<'_, '_>, attachment: &Attachment) -> bool {
    let order = reading.pack.order;
    let Some((_, after)) = attachment.mark.filter(|(_, after)| reading.word(*after, Word::Of)) else { return false };
    let plain = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word && !token.capitalised())
            && !reading.marks.iter().any(|mark| mark.first <= at && at < mark.after)
            && !reading.spots.iter().any(|spot| spot.first <= at && at < spot.after)
    };
    let plague = (after + 1..after + 6).any(|at| is_plague(reading, at));
    !order.adjectives_follow && !order.verbs_lead && plain(after + 1) && !plague
}

/// "63 wrongful death suits", "four case workers", "30 of the carrier's jets": a noun in the singular before another word
/// only says which, unless it is the one thing that is counted.
pub(super) fn describes(reading: &Reading<'_, '_>, mark: &Mark, number: &Numeral) -> bool {
    let named = reading
        .tokens
        .get(mark.after)
        .is_some_and(|next| next.kind == TokenKind::Word && next.spaced && !next.capitalised() && next.text.len() > 3);
    let known = reading.marks.iter().any(|other| other.first == mark.after)
        || reading.dates.iter().any(|date| date.first == mark.after)
        || reading
            .one_of(mark.after, &[Word::And, Word::Or, Word::Of, Word::Everywhere, Word::AgeBearer, Word::Milestone]);
    // Where verbs stand last compounds are one word, and what follows a noun may be the verb.
    let closed = reading.pack.order.verbs_last;
    matches!(mark.cue, Cue::Noun(_))
        && reading.word(mark.after - 1, Word::Singular)
        && number.value != 1.0
        && (named && !known && !closed && !reading.pack.order.adjectives_follow || reading.is(mark.after, "'"))
}

/// "600 relatives of people who died", "40 contacts of patients who recovered": what is said behind the "who" is said of
/// the people whose they are.
pub(super) fn said_of_others(reading: &Reading<'_, '_>, relative: usize, number: &Numeral) -> bool {
    let of = relative.wrapping_sub(2);
    reading.one_of(relative.wrapping_sub(1), &[Word::Patient, Word::Those])
        && reading.word(of, Word::Of)
        && of > number.after
}

/// "Of the 42 postal codes, eight are in Brampton": a part of what its sentence opens with counts that, whatever it is.
pub(super) fn part_of_opening(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> bool {
    let (Some(number), Some(whole)) = (reading.numbers.get(n), n.checked_sub(1).and_then(|n| reading.numbers.get(n)))
    else {
        return false;
    };
    let clause = reading.clause(number.first);
    reading.word(clause.start, Word::Of)
        && !reading.pack.topic_first()
        && clause.contains(&whole.first)
        && whole.first <= clause.start + 3
        && found.get(n - 1).is_some_and(Option::is_none)
        && !whole.percent
        && reading.tokens.get(whole.after).is_some_and(|token| token.kind == TokenKind::Word)
        && reading.metric_at(whole.after).is_none()
        && !reading.has_at(whole.after, Sense::Stop)
}

/// "Bats from 13 caves were tested": a number with a noun that no rule knows behind a preposition is no subject of what is
/// said next.
pub(super) fn no_subject(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let order = reading.pack.order;
    let link = attach::core_start(reading, n).wrapping_sub(1);
    let preposition = [Word::From, Word::In, Word::At, Word::Of, Word::By, Word::On, Word::Per];
    !order.verbs_lead
        && !order.adjectives_follow
        && !order.verbs_last
        && reading.one_of(link, &preposition)
        && link > reading.clause(number.first).start
        && counts_another(reading, number.after)
}

/// "a waiting list of 380", "a dinner party of 49", "the island of 106,000": the size of a noun that is no metric's and no
/// word for a count.
pub(super) fn size_of(reading: &Reading<'_, '_>, n: usize) -> bool {
    let order = reading.pack.order;
    if order.adjectives_follow || order.verbs_lead || reading.pack.topic_first() {
        return false;
    }
    let Some(of) = attach::core_start(reading, n).checked_sub(1).filter(|of| reading.word(*of, Word::Of)) else {
        return false;
    };
    let Some(noun) = of.checked_sub(1) else { return false };
    let plain = reading.tokens.get(noun).is_some_and(|token| token.kind == TokenKind::Word && !token.capitalised());
    let known = reading.marks.iter().any(|mark| mark.first <= noun && noun < mark.after);
    // "a third of the 4,697" is a share.
    let share = reading.ordinal(noun).is_some()
        || reading.numbers.iter().any(|number| number.first <= noun && noun < number.after);
    plain
        && !known
        && !share
        && !reading.one_of(noun, &[Word::Record, Word::Count, Word::Total, Word::Figure, Word::Thing])
}

/// "It affects everyone, not least one": a one without a noun of its own is a pronoun. It counts where a place is told as
/// an item of a list, "Zambia has 28 and Zimbabwe one".
pub(super) fn pronoun(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n).filter(|number| number.words && number.value == 1.0) else {
        return false;
    };
    // "a new case": the number is the article of its noun.
    if !reading.word(number.first, Word::One) || number.after != number.first + 1 {
        return false;
    }
    let placed = reading.spots.iter().any(|spot| spot.after <= number.first && spot.after + 2 >= number.first)
        && !reading.word(number.first.wrapping_sub(1), Word::In);
    let located = reading.has_at(number.after, Sense::Locative)
        && !reading.word(number.after, Word::Of)
        && reading.spots.iter().any(|spot| spot.first > number.after && spot.first <= number.after + 3);
    let labelled = reading.is(number.first.wrapping_sub(1), ":");
    let person = reading.has_at(number.after, Sense::People) && !reading.word(number.after, Word::Of);
    !(placed || located || labelled || person || reading.has_ending(number.first, Sense::New))
}

/// "said Lena, 24, near the Hofburg", "a nurse, 31": an age told behind a name, or (true) behind a person.
pub(super) fn age_behind_name(reading: &Reading<'_, '_>, n: usize) -> Option<bool> {
    let number = reading.numbers.get(n)?;
    let name = number.first.checked_sub(2).filter(|_| reading.is(number.first - 1, ","))?;
    let closed = reading.tokens.get(number.after).is_none_or(|next| matches!(next.text, "," | "." | ")" | "”" | "\""));
    let listed = reading.numbers.iter().enumerate().any(|(other, near)| {
        other != n && (near.after <= number.first && near.after + 5 > number.first || near.first == number.after + 1)
    });
    if !closed || listed || number.words || number.grouped || !(5.0..=110.0).contains(&number.value) {
        return None;
    }
    let token = reading.tokens.get(name).filter(|token| token.kind == TokenKind::Word)?;
    let known = reading.spots.iter().any(|spot| spot.first <= name && name < spot.after)
        || reading.marks.iter().any(|mark| mark.first <= name && name < mark.after && mark.cue.metric().is_some());
    let shouted = token.text.chars().all(char::is_uppercase);
    let person = !token.capitalised()
        && (name.saturating_sub(2)..name).any(|at| reading.word(at, Word::Article))
        && !reading.has_at(name, Sense::TotalLabel);
    (!known && (token.capitalised() && !shouted && name > 0 || person)).then_some(person)
}

/// Ages that a list may go on with.
const MOST_AGES: usize = 8;

/// "aged 48, 62 and 76": each of them.
pub(super) fn age_in_list(reading: &Reading<'_, '_>, n: usize) -> bool {
    let whole = |number: &&Numeral| !number.grouped && !number.percent && number.value < 120.0;
    let number = |n: usize| reading.numbers.get(n).filter(whole);
    let goes_on = |n: usize| {
        let (Some(before), Some(number)) = (reading.numbers.get(n - 1), number(n)) else { return false };
        let link = before.after;
        link + 1 == number.first
            && (reading.is(link, ",") || reading.one_of(link, &[Word::And, Word::To, Word::Or]))
            && says_nothing(reading, number.after)
    };
    let first = |n: usize| {
        number(n).is_some_and(|number| reading.has_ending(number.first, Sense::TrapBefore)) || aged(reading, n)
    };
    (1..=n).rev().take(MOST_AGES).take_while(|n| goes_on(*n)).any(|n| first(n - 1))
}
