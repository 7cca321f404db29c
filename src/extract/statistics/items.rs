//! Items of a list: a number and the place that stands right behind it, and names that only such a list makes places of.
//!
//! In: a sentence. Out: for a number, the place that closes its item ("39 Khulna, 26 Rajshahi", "1,944 (Geneva)"); and, before
//! places are told apart, the divisions of the country that a list of its parts names without their noun ("Ashanti 2,859;
//! Western 1,143"). What holds: one such item alone says nothing; a name is a division only beside others of its country.

use super::attach::core_start;
use super::mention::Mention;
use super::otherwise::in_english_order;
use super::reading::Reading;
use super::roles::usable;
use super::scope::Sentence;
use super::spots::Spot;
use crate::extract::places::{Place, PlaceForm, Places};
use crate::language::pack::{Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::PlaceKind;

/// Words of a name that no table has by itself, at most.
const LONGEST: usize = 3;

/// How many towns say in which division a list is.
const TOWNS: usize = 32;

/// The place that closes the item which a number opens.
pub(super) fn closed_by<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    if !in_english_order(reading) {
        return None;
    }
    let mention = bracketed(sentence, n).or_else(|| juxtaposed(sentence, n))?;
    let alike =
        |other: usize| other != n && (bracketed(sentence, other).is_some() || right_behind(sentence, other).is_some());
    let near = n.saturating_sub(2)..(n + 3).min(reading.numbers.len());
    near.into_iter().any(alike).then_some(mention)
}

/// "1,944 (Geneva)": a place alone in the bracket behind a number.
fn bracketed<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let open = reading.numbers.get(n)?.after;
    let mention = sentence.mentions.iter().find(|mention| mention.spot.first == open + 1)?;
    (reading.is(open, "(") && reading.is(mention.spot.after, ")")).then_some(mention)
}

/// "39 Khulna,": a place right behind a number that opens an item, and nothing behind it in the item.
fn juxtaposed<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let mention = right_behind(sentence, n)?;
    let number = reading.numbers.get(n)?;
    let begins = core_start(reading, n);
    (mention.spot.first == number.after && (begins == 0 || parts(reading, begins - 1))).then_some(mention)
}

/// The place right behind a number, or behind the preposition there, that closes its item.
fn right_behind<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let number = reading.numbers.get(n)?;
    let at = number.after + usize::from(reading.one_of(number.after, &[Word::In, Word::From]));
    let mention = sentence.mentions.iter().find(|mention| mention.spot.first == at)?;
    let spot = &mention.spot;
    let ends = spot.after >= reading.tokens.len() || parts(reading, spot.after) || reading.is(spot.after, ".");
    let name = spot.form == PlaceForm::Name && !spot.possessive && !mention.adverb;
    (ends && name && !number.percent && usable(reading, spot, None)).then_some(mention)
}

/// The division of a country that all towns named in a sentence lie in, where there are several.
pub(super) fn division_of<'p>(sentence: &Sentence<'_, '_, 'p>, country: &Place) -> Option<&'p Place> {
    let spots = &sentence.reading.spots;
    let towns = spots.iter().filter(|spot| spot.place.kind == PlaceKind::City && spot.written.is_none());
    let divisions: Vec<&str> = towns.filter_map(|town| town.place.subdivision.as_deref()).take(TOWNS).collect();
    let first = *divisions.first().filter(|_| divisions.len() > 1)?;
    let division = sentence.places.by_id(first).filter(|division| division.iso2 == country.iso2);
    division.filter(|_| divisions.iter().all(|other| *other == first))
}

/// What stands between two items.
fn parts(reading: &Reading<'_, '_>, at: usize) -> bool {
    [",", ";", "/", "|", ":"].iter().any(|mark| reading.is(at, mark)) || reading.word(at, Word::And)
}

impl<'p> Reading<'_, 'p> {
    /// "Ashanti 2,859; Western 1,143": a name beside a number, where others of the sentence are parts of one country, is its
    /// division that is called so with a noun behind.
    pub(super) fn listed(&mut self, places: &'p Places) {
        let part = |spot: &&Spot<'p>| matches!(spot.place.kind, PlaceKind::Subdivision | PlaceKind::City);
        let mut parts = self.spots.iter().filter(part).map(|spot| spot.place.iso2.as_deref());
        let Some(country) = parts.next().flatten() else { return };
        if self.numbers.is_empty() || !in_english_order(self) || parts.any(|other| other != Some(country)) {
            return;
        }
        let found: Vec<Spot<'p>> = (0..self.numbers.len())
            .filter_map(|n| self.name_before(n).or_else(|| self.name_behind(n)))
            .filter_map(|(first, after)| {
                let name = self.tokens.get(first..after)?.iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
                let (start, end) = (self.tokens.get(first)?.start, self.tokens.get(after - 1)?.end);
                let place = division(places, &name, country)?;
                let form = PlaceForm::Name;
                Some(Spot { first, after, start, end, place, form, possessive: false, written: None })
            })
            .collect();
        if !found.is_empty() {
            self.spots.extend(found);
            self.spots.sort_by_key(|spot| spot.first);
            self.spots.dedup_by_key(|spot| spot.first);
        }
    }

    /// "Western 1,143", "Western had 1,143", "Western (1,143)", "Western – 1,143".
    fn name_before(&self, n: usize) -> Option<(usize, usize)> {
        let mut after = core_start(self, n);
        let link = |at: usize| {
            ["(", "-", "–", "—", ":", "="].iter().any(|mark| self.is(at, mark))
                || self.one_of(at, &[Word::Have, Word::With])
        };
        if link(after.checked_sub(1)?) {
            after -= 1;
        }
        let first = (after.saturating_sub(LONGEST)..after).rev().take_while(|at| self.unknown(*at)).last()?;
        let opens = first == 0 || parts(self, first - 1) || self.one_of(first - 1, &[Word::The, Word::In]);
        opens.then_some((first, after))
    }

    /// "1,143 in Western,".
    fn name_behind(&self, n: usize) -> Option<(usize, usize)> {
        let number = self.numbers.get(n)?;
        let step = |at: usize, words: &[Word]| at + usize::from(self.one_of(at, words));
        let first = step(step(number.after, &[Word::In, Word::From]), &[Word::The]);
        let after = (first..first + LONGEST).take_while(|at| self.unknown(*at)).last()? + 1;
        (after >= self.tokens.len() || parts(self, after) || self.is(after, ".")).then_some((first, after))
    }

    /// A word with a capital that nothing has been made of.
    fn unknown(&self, at: usize) -> bool {
        let hyphen = |at: usize| self.tokens.get(at).is_some_and(|token| token.is("-") && !token.spaced);
        let word =
            |token: &Token<'_>| token.kind == TokenKind::Word && (token.capitalised() || hyphen(at.wrapping_sub(1)));
        (hyphen(at) || self.tokens.get(at).is_some_and(word))
            && self.metric_at(at).is_none()
            && !self.has_at(at, Sense::Covid)
            && !self.spots.iter().any(|spot| spot.first <= at && at < spot.after)
            && !self.dates.iter().any(|date| date.first <= at && at < date.after)
            && !self.numbers.iter().any(|number| number.first <= at && at < number.after)
    }
}

/// The division of a country that a name means if one of these nouns is put behind it.
fn division<'p>(places: &'p Places, name: &str, country: &str) -> Option<&'p Place> {
    const NOUNS: [&str; 7] = ["Province", "Region", "State", "Governorate", "County", "District", "Department"];
    places
        .division(name, country)
        .or_else(|| NOUNS.iter().find_map(|noun| places.division(&format!("{name} {noun}"), country)))
}
