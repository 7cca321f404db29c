//! The places of a sentence: which of its namesakes a name means, and names that no table knows.
//!
//! In: the names that the gazetteer finds, and the country and division that the story speaks of. Out: [`Spot`]s in text
//! order. What holds: a name that no table knows is a part of what the sentence or the story speaks of, and keeps the words
//! that it is written with.

use super::reading::Reading;
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places, is_of_common_words, lies_in, namesakes};
use crate::language::pack::{Sense, Word};
use crate::language::tokens::Token;
use crate::model::{PlaceKind, Span};
use std::ops::Range;

/// Words of a division's name before its noun, at most.
const LONGEST: usize = 3;

/// Whose counties are named after towns elsewhere.
const UNITED_STATES: &str = "US";

/// What a story speaks of.
#[derive(Clone, Copy)]
pub(super) struct Spoken<'p> {
    pub(super) country: Option<&'p str>,
    /// The division named last, else that of the story.
    pub(super) division: Option<&'p Place>,
    pub(super) home: Option<&'p Place>,
}

/// A place named in the sentence.
#[derive(Clone)]
pub(super) struct Spot<'p> {
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) place: &'p Place,
    pub(super) form: PlaceForm,
    pub(super) possessive: bool,
    /// The name as written, when no table knows it and the place is the one that it lies in.
    pub(super) written: Option<Span>,
}

impl<'p> Spot<'p> {
    /// A name that no table for running text knows, by the place that it lies in.
    pub(super) fn written(first: usize, after: usize, written: Span, place: &'p Place) -> Self {
        let (start, end, written) = (written.start, written.end, Some(written));
        Self { first, after, start, end, place, form: PlaceForm::Name, possessive: false, written }
    }

    /// Whether tokens lie wholly within the name.
    pub(super) fn covers(&self, first: usize, after: usize) -> bool {
        self.first <= first && after <= self.after
    }
}

impl<'p> Reading<'_, 'p> {
    /// "Gyeonggi Province", "Guayas province": the noun belongs to the name. "Northampton County": a name that no table
    /// knows in the country of the story is a part of what the sentence or the story speaks of.
    pub(super) fn divisions(&mut self, places: &'p Places) {
        for at in 1..self.tokens.len() {
            if !self.one_of(at, &[Word::DivisionNoun, Word::NameNoun]) {
                continue;
            }
            // "the province of Buenos Aires" is not the city.
            let noun = self.tokens.get(at).map_or("", |token| token.text);
            if self.word(at + 1, Word::Of)
                && let Some(spot) = self.spots.iter_mut().find(|spot| spot.first == at + 2)
                && spot.place.kind == PlaceKind::City
                && let Some(country) = spot.place.iso2.as_deref()
                && let Some(larger) = places.division(&format!("{} {noun}", spot.place.name), country)
            {
                spot.place = larger;
                continue;
            }
            let country = self.country;
            let capital = |at: usize| self.tokens.get(at).is_some_and(Token::capitalised);
            let named = self.spots.iter().position(|spot| spot.after == at && spot.form == PlaceForm::Name);
            // "Abai region", "Somali region": of the country of the story, or of another place here, by its full name.
            let beside = || self.spots.iter().find_map(|spot| spot.place.iso2.as_deref());
            let full = |first: usize| {
                let (name, written) = self.name_at(first..at + 1)?;
                let part = |country: Option<&str>| places.division(&name, country?);
                let part = part(country).or_else(|| part(beside()))?;
                Some(Spot { written: None, ..Spot::written(first, at + 1, written, part) })
            };
            let begins = (at.saturating_sub(LONGEST)..at).rev().take_while(|at| capital(*at));
            if let Some(spot) = begins.filter(|_| named.is_none()).filter_map(full).last() {
                self.spots.retain(|other| !(other.first < at && other.after > spot.first));
                self.spots.push(spot);
                self.spots.sort_by_key(|spot| spot.first);
                continue;
            }
            let at_home = |spot: &Spot<'p>| country.is_none() || spot.place.iso2.as_deref() == country;
            // "Washington County" of the United States is not named after where it lies; elsewhere a district is its town's.
            let elsewhere = |spot: &Spot<'p>| {
                spot.place.iso2.as_deref() == Some(UNITED_STATES)
                    && spot.place.kind == PlaceKind::City
                    && self.name_at(spot.first..at + 1).is_some_and(|(name, _)| !namesakes(&name).is_empty())
            };
            let known = named.and_then(|n| self.spots.get(n));
            if let Some(n) = named
                && (known.is_some_and(|spot| at_home(spot) && !elsewhere(spot)) || !capital(at))
            {
                // "Moscow region" is not Moscow.
                let larger = known.zip(self.tokens.get(at)).and_then(|(spot, noun)| {
                    places.division(&format!("{} {}", spot.place.name, noun.text), spot.place.iso2.as_deref()?)
                });
                if let Some(spot) = self.spots.get_mut(n) {
                    spot.after = at + 1;
                    spot.place = larger.unwrap_or(spot.place);
                }
                continue;
            }
            if !capital(at) || !capital(at - 1) || self.tokens.get(at).is_none_or(|token| !token.spaced) {
                continue;
            }
            let mut first = at - 1;
            let part = |at: usize| {
                capital(at) && self.tokens.get(at + 1).is_some_and(|next| next.spaced)
                    || self.is(at, "-") && capital(at.wrapping_sub(1))
            };
            let small = [Word::The, Word::In, Word::From, Word::At];
            while first > 0 && part(first - 1) && !self.one_of(first - 1, &small) && first + 3 > at {
                first -= 1;
            }
            let begins = first;
            let taken = |spot: &Spot<'p>| spot.first < at && spot.after > begins;
            if self.spots.iter().any(|spot| taken(spot) && named.is_none())
                || (first..at).any(|at| self.metric_at(at).is_some() || self.has_at(at, Sense::Institution))
                || self.word(first, Word::The)
                || self.word(at, Word::NameNoun) && self.word(at + 1, Word::Of)
            {
                continue;
            }
            let inside = self.spots.iter().find(|spot| {
                spot.place.kind == PlaceKind::Subdivision && (country.is_none() || at_home(spot)) && !taken(spot)
            });
            let home = self.division.filter(|division| country.is_none() || division.iso2.as_deref() == country);
            let near = inside.map(|spot| spot.place).or(home);
            // "In Linn County": what opens a sentence may have a capital, too.
            let known = (first..at).find_map(|from| {
                let bare = || self.name_at(from..at).filter(|_| country != Some(UNITED_STATES));
                let part = |words: (String, Span)| self.part(places, &words.0, near);
                let place = self.name_at(from..at + 1).and_then(part).or_else(|| bare().and_then(part))?;
                Some((from, place))
            });
            first = known.map_or(first, |(from, _)| from);
            let Some((name, written)) = self.name_at(first..at + 1) else { continue };
            // A county that several other states have lies in none that is spoken of here.
            let several = || country == Some(UNITED_STATES) && namesakes(&name).len() > 1;
            let Some(place) =
                known.map(|(_, place)| place).or(near.filter(|_| !several())).or_else(|| places.country(country?))
            else {
                continue;
            };
            let possessive = self.is(at + 1, "'") && self.word(at + 2, Word::Genitive);
            let spot = Spot { possessive, ..Spot::written(first, at + 1, written, place) };
            self.spots.retain(|spot| !(spot.first < at && spot.after > first));
            self.spots.push(spot);
            self.spots.sort_by_key(|spot| spot.first);
        }
    }

    /// The words of a range as one name, and where they stand.
    pub(super) fn name_at(&self, range: Range<usize>) -> Option<(String, Span)> {
        let words = self.tokens.get(range)?;
        let (first, last) = (words.first()?, words.last()?);
        let name = words.iter().map(|token| token.text).collect::<Vec<_>>().join(" ");
        Some((name, Span::new(self.span.field, first.start, last.end)))
    }

    /// The division in which a place of this name lies in the country that the story speaks of: first of all `near`, then that
    /// which the text spoke of last, then that of the story. Where it speaks of no country, the only division that has it.
    pub(super) fn part(&self, places: &'p Places, name: &str, near: Option<&Place>) -> Option<&'p Place> {
        let near = [near, self.division, self.home].into_iter().flatten();
        let near: Vec<&str> = near.filter_map(|division| division.subdivision.as_deref()).collect();
        let code = match self.country {
            Some(country) => lies_in(name, country, &near)?,
            None => match namesakes(name).as_slice() {
                [code] => code,
                _ => return None,
            },
        };
        places.by_id(code)
    }
}

/// Inhabitants of a parish, at most.
const PARISH: u64 = 250_000;

/// Names that are more often something else: a variant of the virus, a saint of hospitals, a day.
const OFTEN_OTHERS: [&str; 4] = ["Delta", "St. Vincent", "St Vincent", "Mon"];

/// What stands behind a name that is a part of a longer one: "Victoria Hospital", "Jordan Valley", "Indian Health Service".
const PARTS: [&str; 16] = [
    " Hospital",
    " Hospitals",
    " College",
    " University",
    " Clinic",
    " Medical",
    " Rehabilitation",
    " Hotel",
    " School",
    " Church",
    " Street",
    " Road",
    " Hill",
    " Valley",
    " Health Service",
    " reservation",
];

/// Whether a name means no place here: one that is more often something else or a part of a longer name, where nothing else
/// is of its country; "Southern District" or "SA" of another country than the story's.
pub(super) fn is_other(all: &[PlaceMatch<'_>], found: &PlaceMatch<'_>, text: &str, country: Option<&str>) -> bool {
    let name = text.get(found.start..found.end).unwrap_or_default();
    let behind = text.get(found.end..).unwrap_or_default();
    let often = OFTEN_OTHERS.contains(&name);
    let initials = name.len() == 2 && found.place().kind == PlaceKind::Subdivision;
    let namesake = country.is_some() && (initials || is_of_common_words(name));
    let part = country.is_some() && PARTS.iter().any(|part| behind.starts_with(part));
    let saint = country.is_some() && is_saint(found.place(), name);
    let here = || found.candidates.iter().any(|place| place.iso2.as_deref() == country) || beside(all, found).is_some();
    if !(often || namesake || part || saint) || country.is_some() && here() {
        return false;
    }
    let of_its_country = |other: &PlaceMatch<'_>| other.place().iso2 == found.place().iso2;
    let alone = || !all.iter().any(|other| other.start != found.start && of_its_country(other));
    namesake || (often || part || saint) && alone()
}

/// Whether a name is that of a parish of islands and of a hundred hospitals: "St Luke's".
fn is_saint(place: &Place, name: &str) -> bool {
    let saint = ["St ", "St. ", "Saint "].iter().any(|saint| name.starts_with(saint));
    saint && place.kind == PlaceKind::Subdivision && place.population < PARISH
}

/// The country beside it in the sentence of which a name can be a part: "Saudi Arabia: Riyadh 148, Eastern Province 75".
fn beside<'p>(all: &[PlaceMatch<'p>], found: &PlaceMatch<'p>) -> Option<&'p str> {
    let before = all.iter().rev().filter(|other| other.start < found.start);
    let near = before.chain(all.iter().filter(|other| other.start > found.start));
    let mut countries = near.filter_map(|other| other.place().iso2.as_deref());
    countries.find(|country| found.candidates.iter().any(|place| place.iso2.as_deref() == Some(*country)))
}

/// What a name means in a story of this country and these divisions: "Georgia" in one of the United States is the state, unless
/// the sentence names another country too, and "Washington" in one of that state is it.
pub(super) fn meaning<'p>(
    all: &[PlaceMatch<'p>],
    found: &PlaceMatch<'p>,
    text: &str,
    country: Option<&str>,
    homes: [Option<&Place>; 2],
) -> &'p Place {
    let lower = |place: &&&'p Place| place.kind == PlaceKind::Subdivision;
    if let Some(state) = all.iter().find_map(|city| behind(city, found)) {
        return state;
    }
    let is_common = text.get(found.start..found.end).is_some_and(is_of_common_words);
    let country = Some(found).filter(|_| is_common).and_then(|found| beside(all, found)).or(country);
    let first = found.place_in(country.or_else(|| neighbour(all, found)));
    // "In New Zealand, three in Hamilton": a country that the sentence names comes before the largest of its namesakes.
    if first.kind != PlaceKind::Country && country.is_some() && first.iso2.as_deref() != country {
        let named = |place: &&&'p Place| {
            let of_it =
                |other: &PlaceMatch<'_>| other.place().kind == PlaceKind::Country && other.place().iso2 == place.iso2;
            place.iso2.is_some() && all.iter().any(of_it)
        };
        if let Some(place) = found.candidates.iter().find(named) {
            return place;
        }
    }
    if first.kind == PlaceKind::Country && country.is_some() && first.iso2.as_deref() != country {
        let abroad = all.iter().any(|other| {
            let place = other.place();
            place.kind == PlaceKind::Country && place.iso2.as_deref() != country && place.id != first.id
        });
        let here = found.candidates.iter().filter(lower).find(|place| place.iso2.as_deref() == country);
        return here.filter(|_| !abroad).copied().unwrap_or(first);
    }
    let mut homes = homes.into_iter().flatten();
    let home = homes.find_map(|home| found.candidates.iter().filter(lower).find(|place| home.id == place.id));
    home.copied().unwrap_or(first)
}

/// "Mount Vernon, Washington": right behind a city and a comma, a name of the division that it can lie in.
fn behind<'p>(city: &PlaceMatch<'p>, found: &PlaceMatch<'p>) -> Option<&'p Place> {
    let apart = found.start == city.end + ", ".len() && found.candidates.len() > 1;
    let country = city.place().iso2.as_deref().filter(|_| apart && city.place().kind == PlaceKind::City)?;
    let within = |place: &&&'p Place| place.kind == PlaceKind::Subdivision && place.iso2.as_deref() == Some(country);
    found.candidates.iter().find(within).copied()
}

/// The country that another name of the sentence can only mean, if this ambiguous one can lie in it: "Sindh, Punjab".
fn neighbour<'p>(all: &[PlaceMatch<'p>], found: &PlaceMatch<'p>) -> Option<&'p str> {
    if found.candidates.len() < 2 || found.place().kind == PlaceKind::Country {
        return None;
    }
    let only = |other: &PlaceMatch<'p>| {
        let country = other.place().iso2.as_deref()?;
        other.candidates.iter().all(|place| place.iso2.as_deref() == Some(country)).then_some(country)
    };
    let can = |country: &&str| found.candidates.iter().any(|place| place.iso2.as_deref() == Some(*country));
    all.iter().filter_map(only).find(can)
}
