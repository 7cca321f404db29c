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
use crate::extract::entities::is_common_word;
use crate::extract::places::{Place, PlaceForm, Places, towns};
use crate::language::pack::{Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::{PlaceKind, Span};

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
    /// "Ashanti 2,859; Western 1,143", "Rusizi had nine": a name beside a number is a division or town of the country that the
    /// sentence's other places or the story are of, where that has one of this name. In a list of its places a name that no
    /// table has is a place of it, too.
    pub(super) fn listed(&mut self, places: &'p Places) {
        if self.numbers.is_empty() || !in_english_order(self) {
            return;
        }
        let part = |place: &&Place| matches!(place.kind, PlaceKind::Subdivision | PlaceKind::City);
        let parts: Vec<&Place> = self.spots.iter().map(|spot| spot.place).filter(part).collect();
        let named = parts.len();
        let first = parts.first();
        if parts
            .iter()
            .any(|place| place.iso2.is_none() || place.iso2.as_deref() != first.and_then(|first| first.iso2.as_deref()))
        {
            return;
        }
        let Some(country) = first.and_then(|first| first.iso2.as_deref()).or(self.country) else { return };
        let shared = first.and_then(|first| first.subdivision.as_deref());
        let shared = shared.filter(|shared| parts.iter().all(|place| place.subdivision.as_deref() == Some(shared)));
        let of_story = self.division.filter(|division| division.iso2.as_deref() == Some(country));
        // What a name lies in of which nothing else is known.
        let alone = of_story.filter(|_| named == 0);
        let around = shared.and_then(|code| places.by_id(code)).or(alone).or_else(|| places.country(country));
        let mut found: Vec<Spot<'p>> = Vec::new();
        let mut strangers: Vec<Spot<'p>> = Vec::new();
        for n in 0..self.numbers.len() {
            let Some((first, after)) = self.name_before(n).or_else(|| self.name_behind(n)) else { continue };
            let words = self.tokens.get(first..after).unwrap_or_default();
            let name = words.iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
            let (Some(start), Some(end)) = (words.first().map(|word| word.start), words.last().map(|word| word.end))
            else {
                continue;
            };
            let spot = |place, is_known: bool| {
                let written = (!is_known).then(|| Span::new(self.span.field, start, end));
                Spot { first, after, start, end, place, form: PlaceForm::Name, possessive: false, written }
            };
            if let Some((place, is_known)) = within(places, &name, (country, of_story), named > 0) {
                found.push(spot(place, is_known));
            } else if !words.iter().any(|word| is_common_word(word.text)) {
                strangers.extend(around.map(|around| spot(around, false)));
            }
        }
        if named + found.len() > 1 {
            found.extend(strangers);
        }
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

/// The division or town of a country that has this name, first of the division that the story is of, and whether it is that
/// itself and not what it lies in. Where nothing else says that a list is of places, an ordinary word is none.
fn within<'p>(
    places: &'p Places,
    name: &str,
    (country, of_story): (&str, Option<&Place>),
    is_list: bool,
) -> Option<(&'p Place, bool)> {
    const NOUNS: [&str; 7] = ["Province", "Region", "State", "Governorate", "County", "District", "Department"];
    let with_noun = |noun: &&str| places.division(&format!("{name} {noun}"), country);
    let division = || places.division(name, country).or_else(|| NOUNS.iter().find_map(with_noun));
    let here = |place: &&Place| place.iso2.as_deref() == Some(country);
    let nearer = |place: &&Place| here(place) && of_story.is_some_and(|story| place.subdivision == story.subdivision);
    let known = if is_list { division() } else { None };
    let sense = || places.senses(name).find(nearer).or_else(|| places.senses(name).find(here));
    if let Some(place) = known.or_else(sense) {
        return (is_list || !is_common_word(name)).then_some((place, true));
    }
    let town = towns(name).find(|town| town.country == country)?;
    let around = places.by_id(town.division).or_else(|| places.country(country))?;
    (!is_common_word(name)).then_some((around, false))
}
