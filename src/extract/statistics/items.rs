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
use crate::extract::places::{Place, PlaceForm, Places, lies_in, namesakes};
use crate::language::pack::{Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::PlaceKind;

/// Words of a name that no table has by itself, at most.
const LONGEST: usize = 3;

/// Capitalised words of a facility's name before its noun, and plain ones, at most.
const FACILITY: usize = 5;
const PLAIN: usize = 2;

/// How many towns say in which division a list is.
const TOWNS: usize = 32;

/// The place that closes the item which a number opens.
pub(super) fn closed_by<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    if !in_english_order(reading) {
        return None;
    }
    let mention = bracketed(sentence, n).or_else(|| juxtaposed(sentence, n)).or_else(|| given(sentence, n))?;
    let closed = |other: usize| {
        bracketed(sentence, other)
            .or_else(|| right_behind(sentence, other))
            .or_else(|| given(sentence, other))
            .is_some()
    };
    let alike = |other: usize| other != n && closed(other);
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
    let name = spot.form == PlaceForm::Name && !spot.possessive && !mention.adverb;
    (closes(reading, spot.after) && name && !number.percent && usable(reading, spot, None)).then_some(mention)
}

/// "488 to Canelones, 166 to Salto", "75 for Taipei", "three on the Copperbelt": what a part of a whole goes to.
fn given<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let number = reading.numbers.get(n)?;
    if !reading.one_of(number.after, &[Word::To, Word::For, Word::On, Word::At]) {
        return None;
    }
    let at = number.after + 1 + usize::from(reading.word(number.after + 1, Word::The));
    let mention = sentence.mentions.iter().find(|mention| mention.spot.first == at)?;
    let spot = &mention.spot;
    let name = spot.form == PlaceForm::Name && !spot.possessive;
    (closes(reading, spot.after) && name && !number.percent).then_some(mention)
}

/// Words of what stands between a name and its figure, at most.
const ASIDE: usize = 6;

/// "Tay Ninh, a border province, 167": a name that opens an item, what is said of it, and its figure.
pub(super) fn apposed<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let last = core_start(reading, n).checked_sub(1).filter(|at| reading.is(*at, ","))?;
    let opens = (last.saturating_sub(ASIDE)..last).rev().find(|at| reading.is(*at, ","))?;
    let aside = opens + 1..last;
    let mention = sentence.mentions.iter().find(|mention| mention.spot.after == opens)?;
    let spot = &mention.spot;
    let begins = spot.first == 0 || parts(reading, spot.first - 1) || reading.word(spot.first - 1, Word::From);
    let inside =
        |other: &Mention<'_>| aside.contains(&other.spot.first) && !reading.word(other.spot.first - 1, Word::In);
    let figures = reading.numbers.iter().any(|number| aside.contains(&number.first));
    let plain = spot.form == PlaceForm::Name && !spot.possessive && usable(reading, spot, None);
    let item = in_english_order(reading) && begins && plain && !aside.is_empty() && !figures;
    (item && !sentence.mentions.iter().any(inside) && closes(reading, reading.numbers.get(n)?.after)).then_some(mention)
}

/// "Kiambu (in lockdown like Machakos) had 137": a place in brackets that another stands before.
pub(super) fn in_aside(sentence: &Sentence<'_, '_, '_>, spot: &Spot<'_>, range: &std::ops::Range<usize>) -> bool {
    let reading = sentence.reading;
    let open = (range.start..spot.first).rev().find(|at| reading.is(*at, "(") || reading.is(*at, ")"));
    let Some(open) = open.filter(|at| reading.is(*at, "(")) else { return false };
    let close = (spot.after..range.end).find(|at| reading.is(*at, ")"));
    close.is_some() && sentence.mentions.iter().any(|mention| mention.spot.after == open)
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

/// Whether an item ends before a token.
fn closes(reading: &Reading<'_, '_>, at: usize) -> bool {
    at >= reading.tokens.len() || parts(reading, at) || reading.is(at, ".")
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
        let of = |country: Option<&str>| parts.iter().filter(|place| place.iso2.as_deref() == country).count();
        let country = self.country.filter(|country| of(Some(country)) > 0);
        let Some(country) = country.or(first.and_then(|first| first.iso2.as_deref())).or(self.country) else { return };
        // "Beirut 104, Tripoli 62, Saida 33": a namesake abroad, which is not meant, hides no list.
        if of(Some(country)) * 2 < named || self.country != Some(country) && of(Some(country)) < named {
            return;
        }
        let shared = first.and_then(|first| first.subdivision.as_deref());
        let shared = shared.filter(|shared| parts.iter().all(|place| place.subdivision.as_deref() == Some(shared)));
        let of_story = self.division.filter(|division| division.iso2.as_deref() == Some(country));
        // What a name lies in of which nothing else is known.
        let alone = of_story.filter(|_| named == 0);
        let around = shared.and_then(|code| places.by_id(code)).or(alone).or_else(|| places.country(country));
        let names: Vec<(usize, usize)> =
            (0..self.numbers.len()).filter_map(|n| self.name_before(n).or_else(|| self.name_behind(n))).collect();
        let near = shared.and_then(|code| places.by_id(code)).or(of_story);
        let near = near.or_else(|| places.by_id(self.division_of_names(&names, country)?));
        let spots = |is_list: bool| {
            let mut found: Vec<Spot<'p>> = Vec::new();
            let mut strangers: Vec<Spot<'p>> = Vec::new();
            for (first, after) in names.iter().copied() {
                let Some((name, written)) = self.name_at(first..after) else { continue };
                let spot = |place, is_known: bool| {
                    let spot = Spot::written(first, after, written, place);
                    Spot { written: spot.written.filter(|_| !is_known), ..spot }
                };
                // "North West: 1 690": a line that a name opens is an item of a list.
                let opens = first == 0 && [":", "-", "–", "—"].iter().any(|mark| self.is(after, mark));
                if let Some((place, is_known)) = within(places, &name, country, near, is_list || opens) {
                    found.push(spot(place, is_known));
                } else if !name.split(' ').any(is_common_word) {
                    strangers.extend(around.map(|around| spot(around, false)));
                }
            }
            (found, strangers)
        };
        let (mut found, mut strangers) = spots(named > 0);
        // "Lake, 7,012; Kane, 5,530; DuPage, 6,640": beside two names of places an ordinary word is one.
        if named == 0 && found.len() > 1 {
            (found, strangers) = spots(true);
        }
        if named + found.len() > 1 {
            found.extend(strangers);
        }
        self.add(found);
    }

    /// "Lake, 7,012; Will, 5,016; Kane, 5,530": the one division of a country that has places of all these names, or of all but
    /// one.
    fn division_of_names(&self, names: &[(usize, usize)], country: &str) -> Option<&'static str> {
        let mut found: Vec<&'static str> = Vec::new();
        for (first, after) in names.iter().copied().take(TOWNS) {
            let (name, _) = self.name_at(first..after)?;
            let of_country = |code: &&str| code.starts_with(country);
            let mut codes: Vec<_> = namesakes(&name).into_iter().chain(namesakes(&format!("{name} County"))).collect();
            codes.retain(of_country);
            codes.sort_unstable();
            codes.dedup();
            found.extend(codes);
        }
        found.sort_unstable();
        let mut most: Vec<(usize, &'static str)> =
            found.chunk_by(|one, other| one == other).filter_map(|all| Some((all.len(), *all.first()?))).collect();
        most.sort_unstable_by_key(|(count, _)| std::cmp::Reverse(*count));
        let (count, code) = *most.first()?;
        let alone = most.get(1).is_none_or(|(next, _)| *next < count);
        (count > 2 && count + 1 >= names.len() && alone).then_some(code)
    }

    /// "Columbus Junction", "East Peoria": a name that a longer one hides, of which the country of the story has a place.
    pub(super) fn widen(&mut self, places: &'p Places) {
        if !in_english_order(self) {
            return;
        }
        let joined = |at: usize| self.unknown(at) && self.tokens.get(at).is_some_and(|token| token.spaced);
        let wider = |spot: &Spot<'p>| {
            let before = spot
                .first
                .checked_sub(1)
                .filter(|at| self.unknown(*at))
                .filter(|_| self.tokens.get(spot.first).is_some_and(|token| token.spaced));
            let after = (spot.after..spot.after + LONGEST).take_while(|at| joined(*at)).last().map(|at| at + 1);
            let ranges = [before.map(|first| first..spot.after), after.map(|after| spot.first..after)];
            ranges.into_iter().flatten().find_map(|range| {
                let (name, written) = self.name_at(range.clone())?;
                Some((range, self.part(places, &name, None)?, written))
            })
        };
        let plain = |spot: &Spot<'p>| spot.form == PlaceForm::Name && spot.written.is_none() && !spot.possessive;
        let wider: Vec<_> = self.spots.iter().map(|spot| wider(spot).filter(|_| plain(spot))).collect();
        for (spot, wider) in self.spots.iter_mut().zip(wider) {
            if let Some((range, place, written)) = wider {
                (spot.first, spot.after, spot.start, spot.end) = (range.start, range.end, written.start, written.end);
                (spot.place, spot.written) = (place, Some(written));
            }
        }
    }

    /// "in Tama", "At Ritsona": a name behind a preposition of place, where the country of the story has a place of that name.
    pub(super) fn local(&mut self, places: &'p Places) {
        if !in_english_order(self) || self.country.is_none() {
            return;
        }
        let found = (1..self.tokens.len()).filter_map(|first| self.located_at(places, first)).collect();
        self.add(found);
    }

    fn located_at(&self, places: &'p Places, first: usize) -> Option<Spot<'p>> {
        // "In the Ardèche".
        let before = first - 1 - usize::from(first > 1 && self.word(first - 1, Word::The));
        if !self.one_of(before, &[Word::In, Word::At]) {
            return None;
        }
        let spoken = self.spots.iter().rev().map(|spot| (spot.after, spot.place)).find(|(after, place)| {
            *after < first && place.kind == PlaceKind::Subdivision && place.iso2.as_deref() == self.country
        });
        let near = spoken.map(|(_, place)| place).or(self.division);
        let last = (first..first + LONGEST).take_while(|at| self.unknown(*at)).last()?;
        let (after, place) = self.town(places, first, last + 1, near)?;
        let (_, written) = self.name_at(first..after)?;
        Some(Spot::written(first, after, written, place))
    }

    /// "Letterkenny University Hospital": a name that opens with that of a town of the country of the story.
    pub(super) fn facilities(&mut self, places: &'p Places) {
        if !in_english_order(self) || self.country.is_none() {
            return;
        }
        let facility = |noun: usize| {
            // "the Minuwangoda apparel factory".
            let end = (noun.saturating_sub(PLAIN)..=noun).rev().find(|end| *end > 0 && self.unknown(*end - 1))?;
            let first = (end.saturating_sub(FACILITY)..end).rev().take_while(|at| self.unknown(*at)).last()?;
            let (_, written) = self.name_at(first..noun + 1)?;
            let (_, place) = self.town(places, first, end.min(first + LONGEST), self.division)?;
            Some(Spot::written(first, noun + 1, written, place))
        };
        let noun = |at: usize| self.word(at, Word::FacilityNoun);
        let nouns = (1..self.tokens.len()).filter(|at| noun(*at) && !noun(*at + 1));
        let found = nouns.filter_map(facility).collect();
        self.add(found);
    }

    /// The longest name that begins at a token, ends before another and is that of a place in the country of the story, with its
    /// end; where a division is spoken of, there or where the story is at home.
    fn town(
        &self,
        places: &'p Places,
        first: usize,
        end: usize,
        near: Option<&'p Place>,
    ) -> Option<(usize, &'p Place)> {
        (first + 1..=end).rev().find_map(|after| {
            let (name, _) = self.name_at(first..after)?;
            let place = self.part(places, &name, near)?;
            // Small towns have many namesakes.
            let spoken_of = |one: &Place| one.subdivision == place.subdivision;
            let there = near.is_none() || near.into_iter().chain(self.home).any(spoken_of);
            (there && !is_common_word(&name)).then_some((after, place))
        })
    }

    /// Adds places to those of the sentence.
    fn add(&mut self, found: Vec<Spot<'p>>) {
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
        // "Kane, 5,530; DuPage, 6,640".
        let apart = |at: usize| self.is(at, ",") && self.item_ends(n);
        let mark = after.checked_sub(1)?;
        if link(mark) || apart(mark) {
            after -= 1;
        }
        let first = (after.saturating_sub(LONGEST)..after).rev().take_while(|at| self.unknown(*at)).last()?;
        let opens = first == 0
            || parts(self, first - 1)
            || self.one_of(first - 1, &[Word::The, Word::In, Word::Was, Word::Copula]);
        opens.then_some((first, after))
    }

    /// A semicolon, or the sentence, ends behind the number or the words that say what it counts.
    fn item_ends(&self, n: usize) -> bool {
        let Some(number) = self.numbers.get(n) else { return false };
        let end = (number.after..self.tokens.len()).find(|at| [";", ".", ","].iter().any(|mark| self.is(*at, mark)));
        let listed = (0..number.first).any(|at| self.is(at, ";")) || end.is_some_and(|end| self.is(end, ";"));
        listed && end.is_none_or(|end| !self.is(end, ",") && end < number.after + 4)
    }

    /// "1,143 in Western,".
    fn name_behind(&self, n: usize) -> Option<(usize, usize)> {
        let number = self.numbers.get(n)?;
        let step = |at: usize, words: &[Word]| at + usize::from(self.one_of(at, words));
        let first = step(step(number.after, &[Word::In, Word::From]), &[Word::The]);
        let after = (first..first + LONGEST).take_while(|at| self.unknown(*at)).last()? + 1;
        closes(self, after).then_some((first, after))
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
pub(super) fn within<'p>(
    places: &'p Places,
    name: &str,
    country: &str,
    near: Option<&Place>,
    is_list: bool,
) -> Option<(&'p Place, bool)> {
    const NOUNS: [&str; 7] = ["Province", "Region", "State", "Governorate", "County", "District", "Department"];
    if !is_list && is_common_word(name) {
        return None;
    }
    let with_noun = |noun: &&str| places.division(&format!("{name} {noun}"), country);
    // "The South" is South Lebanon.
    let of_country = || places.division(&format!("{name} {}", places.country(country)?.name), country);
    let division = || places.division(name, country).or_else(|| NOUNS.iter().find_map(with_noun)).or_else(of_country);
    let here = |place: &&Place| place.iso2.as_deref() == Some(country);
    let nearer = |place: &&Place| here(place) && near.is_some_and(|near| place.subdivision == near.subdivision);
    let known = if is_list { division() } else { None };
    if let Some(place) = known.or_else(|| places.senses(name).find(nearer)) {
        return Some((place, true));
    }
    let near = near.and_then(|near| near.subdivision.as_deref());
    let in_near = |name: &str| lies_in(name, country, near.as_slice()).filter(|code| near == Some(*code));
    let part = |code: &str| places.by_id(code).map(|around| (around, false));
    if let Some(code) = in_near(name).or_else(|| in_near(&format!("{name} County"))) {
        return part(code);
    }
    let sense = places.senses(name).find(here).map(|place| (place, true));
    sense.or_else(|| part(lies_in(name, country, &[]).filter(|_| !is_common_word(name))?))
}
