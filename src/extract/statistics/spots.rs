//! The places of a sentence: which of its namesakes a name means, and names that no table knows.
//!
//! In: the names that the gazetteer finds, and the country and division that the story speaks of. Out: [`Spot`]s in text
//! order. What holds: a name that no table knows is a part of what the sentence or the story speaks of, and keeps the words
//! that it is written with.

use super::reading::Reading;
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places};
use crate::language::pack::{Sense, Word};
use crate::language::tokens::Token;
use crate::model::{PlaceKind, Span};

/// Whose counties are named after towns elsewhere.
const UNITED_STATES: &str = "US";

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

impl<'p> Reading<'_, 'p> {
    /// "Gyeonggi Province", "Guayas province": the noun belongs to the name. "Northampton County": a name that no table
    /// knows in the country of the story is a part of what the sentence or the story speaks of.
    pub(super) fn divisions(&mut self, places: &'p Places) {
        for at in 1..self.tokens.len() {
            if !self.one_of(at, &[Word::DivisionNoun, Word::NameNoun]) {
                continue;
            }
            let capital = |at: usize| self.tokens.get(at).is_some_and(Token::capitalised);
            let named = self.spots.iter().position(|spot| spot.after == at && spot.form == PlaceForm::Name);
            let country = self.country;
            let division = self.division.and_then(|division| division.subdivision.as_deref());
            let at_home = |spot: &Spot<'p>| country.is_none() || spot.place.iso2.as_deref() == country;
            // "Washington County" in a story of Arkansas is not named after where it lies; elsewhere a district is its town's.
            let elsewhere = |spot: &Spot<'p>| {
                spot.place.iso2.as_deref() == Some(UNITED_STATES)
                    && spot.place.kind == PlaceKind::City
                    && division.is_some()
                    && spot.place.subdivision.as_deref() != division
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
            while first > 0 && part(first - 1) && !self.word(first - 1, Word::The) && first + 3 > at {
                first -= 1;
            }
            let taken = |spot: &Spot<'p>| spot.first < at && spot.after > first;
            if self.spots.iter().any(|spot| taken(spot) && named.is_none())
                || (first..at).any(|at| self.metric_at(at).is_some() || self.has_at(at, Sense::Institution))
                || self.word(first, Word::The)
            {
                continue;
            }
            let inside = self.spots.iter().find(|spot| {
                spot.place.kind == PlaceKind::Subdivision && (country.is_none() || at_home(spot)) && !taken(spot)
            });
            let Some(place) = inside
                .map(|spot| spot.place)
                .or(self.division.filter(|division| country.is_none() || division.iso2.as_deref() == country))
                .or_else(|| places.country(country?))
            else {
                continue;
            };
            let (Some(start), Some(end)) =
                (self.tokens.get(first).map(|token| token.start), self.tokens.get(at).map(|token| token.end))
            else {
                continue;
            };
            let possessive = self.is(at + 1, "'") && self.word(at + 2, Word::Genitive);
            let written = Some(Span::new(self.span.field, start, end));
            let spot = Spot { first, after: at + 1, start, end, place, form: PlaceForm::Name, possessive, written };
            self.spots.retain(|spot| !(spot.first < at && spot.after > first));
            self.spots.push(spot);
            self.spots.sort_by_key(|spot| spot.first);
        }
    }
}

/// What a name means in a story of this country and division: "Georgia" in one of the United States is the state, unless
/// the sentence names another country too, and "Washington" in one of that state is it.
pub(super) fn meaning<'p>(
    all: &[PlaceMatch<'p>],
    found: &PlaceMatch<'p>,
    country: Option<&str>,
    division: Option<&Place>,
) -> &'p Place {
    let lower = |place: &&&'p Place| place.kind == PlaceKind::Subdivision;
    if let Some(state) = all.iter().find_map(|city| behind(city, found)) {
        return state;
    }
    let first = found.place_in(country.or_else(|| neighbour(all, found)));
    if first.kind == PlaceKind::Country && country.is_some() && first.iso2.as_deref() != country {
        let abroad = all.iter().any(|other| {
            let place = other.place();
            place.kind == PlaceKind::Country && place.iso2.as_deref() != country && place.id != first.id
        });
        let here = found.candidates.iter().filter(lower).find(|place| place.iso2.as_deref() == country);
        return here.filter(|_| !abroad).copied().unwrap_or(first);
    }
    let home = found.candidates.iter().filter(lower).find(|place| division.is_some_and(|home| home.id == place.id));
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
