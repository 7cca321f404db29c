//! Figures of ships, homes and prisons that are the place themselves.
//!
//! In: a sentence and a number. Out: a [`Located`] by the ship's name, or by the words for what an unnamed one is. What holds: what
//! a count leaves out or takes in besides is not where all of it was counted.

use super::lean::base_of_part;
use super::located::Located;
use super::mention::Mention;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::Token;
use crate::model::PlaceHow;

/// "sailors of the USS Marlow", "Aboard the cruise ship Sea Pearl, four": a ship by its name, behind the number or where
/// its clause opens.
pub(super) fn named_vessel<'p>(reading: &Reading<'_, 'p>, n: usize) -> Option<Located<'p>> {
    let number = reading.numbers.get(n)?;
    let start = super::attach::core_start(reading, n);
    let clause = reading.clause(number.first);
    let mut right = reading.right(n);
    // "36 of the 158 crew of the MS Northwind".
    if base_of_part(reading, n + 1) {
        right.end = reading.right(n + 1).end;
    }
    let leads = |(first, end): &(usize, usize)| {
        let link = (*end..start).all(|at| reading.is(at, ",") || reading.word(at, Word::PlaceRelative));
        *end <= start && (link || *first < clause.start + 5)
    };
    let (first, end) = right
        .clone()
        .find_map(|at| vessel(reading, at))
        .or_else(|| (clause.start..start).filter_map(|at| vessel(reading, at)).find(leads))?;
    // "11,851 when those of the Diamond Princess are put in": they are a part of it only.
    let taken_in = |at: usize| reading.one_of(at, &[Word::Including, Word::When]);
    let apart = reading.has(number.after..first.max(number.after), Sense::Exclusion)
        || (number.after..first).any(taken_in)
        || reading.spots.iter().any(|spot| right.contains(&spot.first) && spot.after <= first);
    let written = reading.bytes(first, end);
    (!apart).then_some(Located { place: None, facility: true, how: PlaceHow::Explicit, span: written, written })
}

/// A ship's name that begins at a token or behind the word for what it is.
fn vessel(reading: &Reading<'_, '_>, at: usize) -> Option<(usize, usize)> {
    let capital = |at: usize| reading.tokens.get(at).is_some_and(Token::capitalised);
    let prefix = reading.word(at, Word::ShipPrefix)
        && reading.tokens.get(at).is_some_and(|token| !token.text.contains(char::is_lowercase));
    let kind =
        reading.beginning_at(at).filter(|mark| mark.cue == Cue::Sense(Sense::Vessel)).map(|mark| mark.after).max();
    // "the Diamond Princess", where "Crown Princess Mary" is none.
    let princess = capital(at) && reading.word(at + 1, Word::ShipName) && capital(at + 1) && !capital(at + 2);
    let name = kind.or(prefix.then_some(at + 1)).or(princess.then_some(at))?;
    // "Charles de Gaulle".
    let part = |at: &usize| capital(*at) || capital(at + 1) && capital(at - 1);
    let end = (name..name + 4).take_while(part).last()? + 1;
    let place = reading.spots.iter().any(|spot| spot.first == name && !spot.possessive && spot.after == end);
    (capital(name) && !place).then_some((if prefix { at } else { name }, end))
}

/// An unnamed ship, home or prison that is the place itself: no country is said.
pub(super) fn facility<'p>(reading: &Reading<'_, 'p>, n: usize, behind: &[&Mention<'p>]) -> Option<Located<'p>> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let mark = match reading.first(number.after..clause.end, Sense::Vessel) {
        // "一艘邮轮上149名船员": before the number, where the topic stands.
        None if reading.pack.topic_first() => reading.first(clause.start..number.first, Sense::Vessel)?,
        // "From the ship, 705 infections": it opens the clause.
        None => {
            let mark = reading.first(clause.start..number.first.min(clause.start + 5), Sense::Vessel)?;
            let opens = reading.word(mark.first.wrapping_sub(1), Word::The) && reading.is(mark.after, ",");
            let named = reading.spots.iter().any(|spot| clause.contains(&spot.first) && spot.after <= number.first);
            return (opens && !named && behind.is_empty()).then(|| at_facility(reading, mark));
        }
        mark => mark?,
    };
    // "2,817 deaths, excluding those on a cruise ship".
    if reading.has(number.after..mark.first, Sense::Exclusion) {
        return None;
    }
    let unnamed = (1..=2).any(|back| reading.word(mark.first.wrapping_sub(back), Word::Indefinite));
    let near = reading
        .spots
        .iter()
        .any(|spot| spot.first > mark.after && reading.has(mark.after..spot.first, Sense::NearOnly));
    (unnamed && (near || behind.is_empty())).then(|| at_facility(reading, mark))
}

fn at_facility<'p>(reading: &Reading<'_, 'p>, mark: &Mark) -> Located<'p> {
    Located {
        place: None,
        facility: true,
        how: PlaceHow::Explicit,
        span: reading.bytes(mark.first, mark.after),
        written: None,
    }
}
