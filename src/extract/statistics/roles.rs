//! What part a named place plays in its sentence: whether it says where, governs, or is only mentioned.
//!
//! In: a sentence and one of its places. Out: yes or no. The refusals of the specification stand here: objects of
//! comparisons, phrases of origin, exceptions, places of statement, nationalities, names of agencies.

use super::rank::Rank;
use super::reading::Reading;
use super::spots::Spot;
use crate::extract::places::PlaceForm;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::PlaceKind;

/// A place behind a number in a phrase of place.
pub(super) fn located(reading: &Reading<'_, '_>, spot: &Spot<'_>, rank: Option<&Rank>) -> bool {
    if !usable(reading, spot, rank) || spot.form == PlaceForm::Demonym && !people_follow_not(reading, spot) {
        return false;
    }
    let mut at = spot.first;
    // "in the western Indian state of Goa", "across northern Italy".
    for _ in 0..5 {
        let before = |word: Word| reading.word(at.wrapping_sub(1), word);
        let from = before(Word::From) && !before(Word::Of);
        // "213 from Goa", "213 came from Goa": in a list of parts "from" says where.
        if before(Word::From)
            && (domestic(reading, spot)
                || reading.country.is_none() && reading.numbers.iter().any(|number| number.after + 1 == at))
        {
            return true;
        }
        if reading.has_ending(at, Sense::Locative) && !from && !before(Word::For) || before(Word::Among) {
            return !before(Word::Of) || of_place(reading, at - 1);
        }
        // "Two deaths were reported by Delhi and one by Gujarat".
        if before(Word::By)
            && spot.form == PlaceForm::Name
            && (reading.has_ending(at - 1, Sense::Report)
                || reading.numbers.iter().any(|number| number.after + 1 == at && number.words))
        {
            return true;
        }
        // "three on the Copperbelt".
        if before(Word::On) && domestic(reading, spot) {
            return true;
        }
        // "in the surrounding Gyeonggi Province", "in the hard-hit town of Lodi": what describes a place.
        let plain = reading
            .tokens
            .get(at.wrapping_sub(1))
            .is_some_and(|token| (token.kind == TokenKind::Word || token.is("-")) && !token.capitalised());
        let describes = plain
            && !reading.has_at(at - 1, Sense::Stop)
            && !reading.has_at(at - 1, Sense::Report)
            && reading.marks_in(at - 1..at).all(|mark| mark.cue.metric().is_none())
            && at < spot.first + 1
            && (at < spot.first || reading.word(at.wrapping_sub(2), Word::The));
        let steps = before(Word::PlaceStep)
            || describes
            || reading.is(at.wrapping_sub(1), ",")
            || reading.spots.iter().any(|other| other.after == at && other.first < spot.first);
        if !steps || at == 0 {
            return false;
        }
        at -= 1;
    }
    false
}

/// A part of the country that is spoken of. Of those who came from there it says where they are counted.
fn domestic(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    matches!(spot.place.kind, PlaceKind::City | PlaceKind::Subdivision)
        && reading.country.is_some()
        && spot.place.iso2.as_deref() == reading.country
}

/// "residents of Malta", "the state of Goa": a place; "north of Malta" is none.
fn of_place(reading: &Reading<'_, '_>, of: usize) -> bool {
    !reading.word(of.wrapping_sub(1), Word::NoPlaceOf)
}

/// "Italian authorities", "Italian soil": a demonym that says where.
fn people_follow_not(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    of_institution(reading, spot)
}

/// Whether an adjective is one of an institution or the like: "Italian authorities", "autoridades italianas".
fn of_institution(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    let behind = reading.pack.order.adjectives_follow && reading.has_ending(spot.first, Sense::Institution);
    behind || reading.has_at(spot.after, Sense::Institution)
}

/// Whether the place may own a number at all.
pub(super) fn usable(reading: &Reading<'_, '_>, spot: &Spot<'_>, rank: Option<&Rank>) -> bool {
    // "after Peru with 6,400": what is behind the "with" is its own.
    let told = |at: usize| reading.numbers.iter().any(|number| number.first == at);
    let owns = reading.word(spot.after, Word::With) && told(spot.after + 1) || spot.possessive && told(spot.after + 2);
    // "the third-highest toll in Europe", "second only to the United States".
    if !owns
        && rank.is_some_and(|rank| {
            spot.first >= rank.at.end
                && spot.first < rank.at.end + 8
                && (matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World)
                    || comparison(reading, rank.at.start, spot.first))
        })
    {
        return false;
    }
    // "the most in Southeast Asia", "Europe's highest toll": among what a place stands out, not where.
    let superlative = |at: usize| reading.word(at, Word::Superlative) || reading.word(at, Word::LaterOrdinal);
    let article = usize::from(reading.word(spot.first.wrapping_sub(1), Word::The));
    let stands_out = reading.word(spot.first.wrapping_sub(1 + article), Word::AmongWhat)
        && (spot.first.saturating_sub(6)..spot.first).any(|at| {
            superlative(at)
                // "excess deaths were highest in Eastern Cape, at 31,420".
                && !(reading.one_of(at.wrapping_sub(1), &[Word::Was, Word::Copula]) && spot.place.iso2.is_some())
                && reading
                    .marks_in(at..spot.first)
                    .all(|mark| !matches!(mark.cue, Cue::Sense(Sense::Perfect | Sense::Report)))
                && !reading.numbers.iter().any(|number| number.first > at && number.first < spot.first)
        });
    let among = (spot.first.saturating_sub(4)..spot.first).any(|at| reading.word(at, Word::Country))
        && matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World)
        && (spot.first.saturating_sub(8)..spot.first).any(|at| reading.word(at, Word::Singled) || superlative(at));
    // "the first African nation to record": again.
    let before = spot.first.wrapping_sub(1);
    let one_of_them = spot.form == PlaceForm::Demonym
        && (reading.word(before, Word::Singled) || superlative(before))
        && reading.one_of(spot.after, &[Word::NationNoun, Word::Country]);
    // "the European championship", where "the European health agency" and "new African infections" say where.
    let told = [Sense::New, Sense::Modifier, Sense::Covid, Sense::Institution, Sense::Total]
        .iter()
        .any(|sense| reading.has_at(spot.after, *sense));
    let event = spot.form == PlaceForm::Demonym
        && spot.place.kind == PlaceKind::Region
        && reading.tokens.get(spot.after).is_some_and(|next| next.kind == TokenKind::Word)
        && !(told
            || reading.metric_at(spot.after).is_some()
            || reading.one_of(spot.after, &[Word::NationNoun, Word::DivisionNoun, Word::Country]));
    // "The highest number of deaths per inhabitant in Africa, 1,394".
    let wide = matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World);
    let in_it = wide && reading.word(spot.first.wrapping_sub(1 + article), Word::In);
    if among || one_of_them || event || in_it && stands_among(reading, spot.first) {
        return false;
    }
    if stands_out && !spot_subject(reading, spot)
        || spot.possessive && (spot.after..spot.after + 3).any(superlative) && spot.place.kind != PlaceKind::Country
    {
        return false;
    }
    let first = list_start(reading, spot);
    let before = first.saturating_sub(7)..first;
    let phrase = |sense: Sense| {
        reading.marks_in(before.clone()).any(|mark| {
            mark.cue == Cue::Sense(sense)
                && !reading.numbers.iter().any(|number| number.first >= mark.after && number.first < first)
                && !(mark.after..first).any(|at| {
                    [",", ";", ")"].iter().any(|end| reading.is(at, end))
                        || [Word::In, Word::Was, Word::Have].iter().any(|end| reading.word(at, *end))
                        || reading.has_at(at, Sense::Report)
                })
        })
    };
    if phrase(Sense::Exclusion) || phrase(Sense::Origin) && !domestic(reading, spot) {
        return false;
    }
    let word_before = |back: usize, word: Word| reading.word(spot.first.wrapping_sub(back), word);
    // "300 kilometers southeast of Seoul", where "the south of Italy" lies in it.
    if word_before(1, Word::Of) && word_before(2, Word::Compass) && !word_before(3, Word::The) {
        return false;
    }
    if phrase(Sense::NearOnly) && !word_before(1, Word::In) {
        return false;
    }
    // "Bev Hartigan, from Leeds, said": where somebody comes from.
    let home = word_before(1, Word::From) && reading.is(spot.first.wrapping_sub(2), ",") && reading.is(spot.after, ",");
    let named = |token: &crate::language::tokens::Token<'_>| token.kind == TokenKind::Word && token.capitalised();
    if home && reading.tokens.get(spot.first.wrapping_sub(3)).is_some_and(named) {
        return false;
    }
    // "overtaking Italy", "more than Italy", "behind Italy": the object of a comparison without a number of its own.
    let object = |back: usize| {
        [Word::Overtaking, Word::Behind, Word::Likened].iter().any(|word| word_before(back, *word))
            || reading.than(spot.first.wrapping_sub(back))
    };
    let compared = object(1)
        || word_before(1, Word::The) && (object(2) || word_before(2, Word::To))
        || word_before(1, Word::To) && !word_before(1, Word::The) && word_before(2, Word::Only)
        || word_before(1 + article, Word::Only) && object(2 + article)
        // "the second country after the United States to have recorded 50,000".
        || word_before(1 + article, Word::After) && word_before(2 + article, Word::Country)
        || word_before(1, Word::In)
            && (2..6).any(|back| reading.than(spot.first.wrapping_sub(back)))
            && !reading.numbers.iter().any(|number| (spot.first.saturating_sub(5)..spot.first).contains(&number.first));
    // "surpassed only by those of Italy".
    let those = word_before(1 + article, Word::Of)
        && [Word::Those, Word::That].iter().any(|word| word_before(2 + article, *word));
    let than = [Word::By, Word::Behind, Word::To];
    let compared = compared || those && than.iter().any(|word| word_before(3 + article, *word));
    let listed_behind = word_before(1, Word::And)
        && (spot.first.saturating_sub(8)..spot.first).any(|at| reading.word(at, Word::Behind) || reading.than(at));
    // "than X, which had 481": the place has a number of its own after all.
    let relative = |at: usize| reading.is(at, ",") && reading.word(at + 1, Word::PlaceRelative);
    // "behind only Brazil in South America, where the toll was 77".
    let around = reading.spots.iter().find(|around| around.first == spot.after + 1);
    let own = owns || relative(spot.after) || around.is_some_and(|around| relative(around.after));
    if (compared || listed_behind) && !own {
        return false;
    }
    // "any other state but New Jersey".
    let verb = [Sense::Perfect, Sense::Report, Sense::RiseVerb].iter().any(|sense| reading.has_at(spot.after, *sense));
    if word_before(1, Word::NewClause) && !reading.is(spot.first.wrapping_sub(2), ",") && !verb {
        return false;
    }
    // "是挪威的近10倍": what something is a multiple of.
    let genitive = reading.word(spot.after, Word::Genitive);
    if reading.pack.topic_first() && genitive && (spot.after..spot.after + 6).any(|at| reading.word(at, Word::Multiple))
    {
        return false;
    }
    // Names of agencies, and of things that bear a place's name.
    let agency = spot.form == PlaceForm::Name && reading.word(spot.after, Word::Namesake);
    // "the Indian variant", "the Chinese vaccine", "the Spanish flu".
    let product = reading.word(spot.after, Word::Product)
        || reading.pack.order.adjectives_follow && word_before(1, Word::Product);
    // "Der US-Staat": a part of the country, whose name may follow.
    let part = reading.is(spot.after, "-")
        && reading.tokens.get(spot.after).is_some_and(|dash| !dash.spaced)
        && reading.word(spot.after + 1, Word::Country);
    let thing = spot.form == PlaceForm::Demonym && product || part;
    !agency && !thing
}

/// Where a list of places begins in which this one stands, and ends with an "and": "travelers from India, the Philippines and
/// Indonesia"; the place itself, where it stands in none.
fn list_start(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> usize {
    let links = |from: usize, to: usize| {
        from < to && (from..to).all(|at| reading.is(at, ",") || reading.one_of(at, &[Word::And, Word::The]))
    };
    let Some(n) = reading.spots.iter().position(|other| other.first == spot.first) else { return spot.first };
    let (mut first, mut last) = (n, n);
    let linked = |n: usize| {
        let (one, next) = (reading.spots.get(n)?, reading.spots.get(n + 1)?);
        links(one.after, next.first).then_some(())
    };
    while first > 0 && linked(first - 1).is_some() {
        first -= 1;
    }
    while linked(last).is_some() {
        last += 1;
    }
    let start = |n: usize| reading.spots.get(n).map_or(spot.first, |spot| spot.first);
    let end = start(last);
    let ends = reading.word(end.wrapping_sub(1), Word::And)
        || reading.word(end.wrapping_sub(1), Word::The) && reading.word(end.wrapping_sub(2), Word::And);
    if ends { start(first) } else { spot.first }
}

/// "the highest toll in Germany was in Bavaria": nothing to subtract.
fn spot_subject(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    let most_of =
        reading.word(spot.first.wrapping_sub(2), Word::Most) && reading.word(spot.first.wrapping_sub(1), Word::Of);
    spot.first <= 1 || most_of
}

fn comparison(reading: &Reading<'_, '_>, from: usize, to: usize) -> bool {
    (from..to).any(|at| [Word::Only, Word::Behind, Word::After].iter().any(|word| reading.word(at, *word)))
}

/// A demonym that says who the people are and not where: "three Indian seamen".
pub(super) fn nationality(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    let people = |at: usize| {
        let people = reading.has_at(at, Sense::People) || reading.word(at, Word::Person);
        people && !reading.has_at(at, Sense::Perfect) && !reading.word(at, Word::Staff)
    };
    // "Tres marineros indios": where adjectives follow, the people stand before it.
    let near = if reading.pack.order.adjectives_follow {
        spot.first.saturating_sub(1)..spot.first
    } else {
        spot.after..spot.after + 2
    };
    // "165 were Indians".
    let copular = spot.form == PlaceForm::People && reading.word(spot.first.wrapping_sub(1), Word::Was);
    copular || spot.form == PlaceForm::Demonym && !of_institution(reading, spot) && near.clone().any(people)
}

/// Whether the place can be the subject or possessor of a clause.
pub(super) fn governs(reading: &Reading<'_, '_>, spot: &Spot<'_>, rank: Option<&Rank>) -> bool {
    // "El gigante sudamericano" is a country, and says no more than that.
    let part_of = spot.form == PlaceForm::Demonym
        && spot.place.kind == PlaceKind::Region
        && reading.pack.order.adjectives_follow
        && !of_institution(reading, spot);
    usable(reading, spot, rank) && !part_of && !nationality(reading, spot) && !near_capital_statement(reading, spot)
}

/// "the ministry said in Baghdad", "officials told reporters in Rome".
pub(super) fn near_capital_statement(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    // "a team in London estimates that", "researchers in London have estimated".
    let verb = spot.after + usize::from(reading.has_at(spot.after, Sense::Perfect));
    let reckons = reading.has_at(verb, Sense::Estimated) && reading.word(verb + 1, Word::That);
    let speaks = (spot.first.saturating_sub(4)..spot.first).any(|at| reading.word(at, Word::Speaking));
    reading.word(spot.first.wrapping_sub(1), Word::In) && (reckons || speaks)
}

/// A place behind the number in a phrase that makes it no subject.
pub(super) fn foreign_prep(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    let near = spot.first.saturating_sub(4)..spot.first;
    reading.word(spot.first.wrapping_sub(1), Word::Oblique)
        || reading.has(near.clone(), Sense::NearOnly)
        || near.clone().any(|at| reading.word(at, Word::Against) || reading.word(at, Word::Overtaking))
        || reading.has(spot.first.saturating_sub(5)..spot.first, Sense::Statement)
}

/// "World Health Organization", "World Cup", "Global Times": the word is part of a name.
pub(super) fn in_name(reading: &Reading<'_, '_>, first: usize, after: usize) -> bool {
    let capital = |at: usize| reading.tokens.get(at).is_some_and(|token| token.capitalised());
    let last = after - 1;
    let thing = reading.word(after, Word::WorldThing);
    let head = thing || reading.word(after, Word::WorldName);
    let largest =
        (after..after + 3).any(|at| reading.word(at, Word::Superlative) || reading.word(at, Word::LaterOrdinal));
    (capital(last) && capital(after) && first > 0)
        || head && capital(last)
        || thing
        || largest && reading.word(last, Word::Genitive)
}

/// "The highest number of deaths in relation to the population in the world", "once first in the world": among what something
/// stands out, not where it was counted.
pub(super) fn stands_among(reading: &Reading<'_, '_>, first: usize) -> bool {
    let ends = |at: &usize| {
        [",", ";", ":"].iter().any(|mark| reading.is(*at, mark))
            || reading.one_of(*at, &[Word::Copula, Word::Was])
            || reading.numbers.iter().any(|number| number.first == *at)
    };
    let from = (first.saturating_sub(AMONG)..first).rfind(ends).map_or(first.saturating_sub(AMONG), |at| at + 1);
    let ordinal = |at: usize| reading.ordinal(at).is_some();
    let outstanding = (from..first).any(|at| reading.word(at, Word::RankFirst));
    let phrase = (from..first).rev().find(|at| !reading.one_of(*at, &[Word::In, Word::The]));
    !reading.pack.topic_first() && (outstanding || phrase.is_some_and(ordinal))
}

/// Tokens before "in the world" within which something stands out there.
const AMONG: usize = 18;
