//! The gazetteer: countries, first-level divisions, cities and world regions, with their names, demonyms and codes.
//!
//! In: text. Out: [`PlaceMatch`]es, leftmost and longest first, that do not overlap, each with every place the name can
//! mean, the likeliest first. What holds: a match begins and ends at word boundaries, and names keep their case (`Nice`
//! is a city, `nice` is not), save in lines that are set in capitals. It does not decide between candidates by the
//! story's context: callers do, with [`Places::resolve`] or by their own rules.
//!
//! The tables are written by the programs in `tools/places` (`areas.tsv` by hand); `NOTICE` names their sources.

mod abbreviated;
mod find;
mod foreign;
mod parts;
mod table;
mod world;

pub(crate) use find::{PlaceForm, PlaceMatch, is_of_common_words};
pub(in crate::extract) use foreign::names_of;
pub(in crate::extract) use parts::{lies_in, namesakes};
pub(crate) use world::{Town, towns};

use super::entities::hash::{self, Numbered, Numbers};
use super::gazetteer::Row;
use crate::model::{Coordinates, PlaceKind};
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Of our own tables, or of an operator's.
type Text = Cow<'static, str>;

/// A place that has a name of its own.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// `KR`, `IN-KL`, `region:europe`, `geonames:1835848` for a city, `area:donbas`.
    pub(crate) id: String,
    /// Canonical English short name.
    pub(crate) name: Text,
    /// What sort of place.
    pub(crate) kind: PlaceKind,
    /// ISO 3166-1 alpha-2 of its country; none for regions that lie in several.
    pub(crate) iso2: Option<Text>,
    /// ISO 3166-1 alpha-3.
    pub(crate) iso3: Option<Text>,
    /// ISO 3166-2 of the first-level division that it is or lies in, where known.
    pub(crate) subdivision: Option<Text>,
    /// Inhabitants, 0 where unknown; of cities as of 2012, of divisions those of their cities; good for choosing between
    /// namesakes only.
    pub(crate) population: u64,
    /// Degrees north; of a country, its capital's.
    pub(crate) lat: Option<f64>,
    /// Degrees east.
    pub(crate) lon: Option<f64>,
    /// GeoNames identifier.
    pub(crate) geonames: Option<u64>,
    /// The seat of a country's government.
    pub(crate) capital: bool,
}

impl Place {
    /// Where a city lies; a country or region is more than a point.
    pub(crate) fn coordinates(&self) -> Option<Coordinates> {
        let city = Some(self).filter(|place| place.kind == PlaceKind::City)?;
        city.lat.zip(city.lon).map(|(lat, lon)| Coordinates { lat, lon })
    }
}

/// Letters behind the country in the code of a division (ISO 3166-2), at most.
const CODE: usize = 3;

/// All places, compiled for lookup.
pub(crate) struct Places {
    all: Vec<Place>,
    /// Index of a place by the number of its id.
    ids: Numbered<u32>,
    /// Folded name ("south korea") to what it can mean, likeliest first.
    names: FxHashMap<Box<str>, Vec<table::Sense>>,
    /// First word of a name to the most words that a name beginning with it has.
    first_words: FxHashMap<Box<str>, u8>,
    guarded: FxHashMap<Box<str>, table::Guard>,
    /// First names of persons, by the number of their word.
    first_names: Numbers,
    /// Names in other languages, each compiled when it is first asked for.
    tables: Vec<foreign::Table>,
}

impl Places {
    /// Compiles our own tables.
    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    /// Compiles the tables, with the places that an operator adds.
    pub(crate) fn with(added: &[Row]) -> Self {
        table::load(added)
    }

    fn place(&self, sense: &table::Sense) -> Option<&Place> {
        self.all.get(sense.place as usize)
    }

    /// Everything that `name` can mean as a name, likeliest first.
    pub(crate) fn senses(&self, name: &str) -> impl Iterator<Item = &Place> {
        let senses = self.names.get(table::fold_phrase(name).as_str()).into_iter().flatten();
        senses.filter(|sense| sense.form == PlaceForm::Name).filter_map(|sense| self.place(sense))
    }

    /// The place whose people or adjective `name` is: "Dutch", "Scots".
    pub(crate) fn people(&self, name: &str) -> Option<&Place> {
        let senses = self.names.get(table::fold_phrase(name).as_str())?;
        let sense = senses.iter().find(|sense| sense.form != PlaceForm::Name)?;
        self.place(sense)
    }

    /// What `name` means as the name of a place, and as that of a people or its adjective, likeliest first.
    pub(crate) fn place_and_people(&self, name: &str) -> (Option<&Place>, Option<&Place>) {
        let senses = self.names.get(table::fold_phrase(name).as_str()).map_or(&[][..], Vec::as_slice);
        let place = senses.iter().filter(|sense| sense.form == PlaceForm::Name);
        let people = senses.iter().find(|sense| sense.form != PlaceForm::Name);
        let of = |sense: &table::Sense| self.place(sense);
        (place.filter_map(of).next(), people.and_then(of))
    }

    /// The place that `name` means; `country` (alpha-2) decides between namesakes. Demonyms are names too.
    pub(crate) fn resolve(&self, name: &str, country: Option<&str>) -> Option<&Place> {
        let senses = self.names.get(table::fold_phrase(name).as_str())?;
        let places = || senses.iter().filter_map(|sense| self.place(sense));
        country
            .and_then(|country| places().find(|place| place.iso2.as_deref() == Some(country)))
            .or_else(|| places().next())
    }

    /// The division of a country whose full name this is: "Moscow Region".
    pub(crate) fn division(&self, name: &str, country: &str) -> Option<&Place> {
        let here = |place: &&Place| place.kind == PlaceKind::Subdivision && place.iso2.as_deref() == Some(country);
        self.senses(name).find(here)
    }

    /// The one part of a country that a table of that country can mean by `name`, which may lack the noun of the part's own
    /// name: "North West" is North West Province.
    pub(crate) fn part_of(&self, name: &str, country: &str) -> Option<&Place> {
        let here = |place: &&Place| place.iso2.as_deref() == Some(country);
        if let Some(place) = self.resolve(name, Some(country)).filter(here) {
            return Some(place);
        }
        // "SP": the letters of its code.
        let code = (name.len() <= CODE && name.bytes().all(|byte| byte.is_ascii_uppercase())).then_some(name);
        if let Some(place) = code.and_then(|code| self.by_id(&format!("{country}-{code}"))) {
            return Some(place);
        }
        // "Western" is Western Province, and not Western Highlands Province.
        let longer = |long: &str, short: &str| {
            let noun = long.strip_prefix(short).and_then(|rest| rest.strip_prefix(' '));
            noun.is_some_and(|noun| !noun.contains(' '))
        };
        let mut fitting = self.all.iter().filter(here).filter(|place| {
            place.kind == PlaceKind::Subdivision && (longer(&place.name, name) || longer(name, &place.name))
        });
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// The country with this ISO 3166-1 alpha-2 code.
    pub(crate) fn country(&self, iso2: &str) -> Option<&Place> {
        self.by_id(iso2)
    }

    /// The country with this ISO 3166-1 alpha-3 code.
    pub(crate) fn by_iso3(&self, iso3: &str) -> Option<&Place> {
        self.all.iter().find(|place| place.kind == PlaceKind::Country && place.iso3.as_deref() == Some(iso3))
    }

    /// The seat of a country's government.
    pub(crate) fn capital(&self, iso2: &str) -> Option<&Place> {
        self.all.iter().find(|place| place.capital && place.iso2.as_deref() == Some(iso2))
    }

    /// The place with this [`Place::id`].
    pub(crate) fn by_id(&self, id: &str) -> Option<&Place> {
        self.all.get(self.index(id)? as usize)
    }

    fn index(&self, id: &str) -> Option<u32> {
        let index = *self.ids.get(&hash::exact(id))?;
        self.all.get(index as usize).filter(|place| place.id == id).map(|_| index)
    }

    /// The place of this number in GeoNames.
    pub(crate) fn by_geonames(&self, number: &str) -> Option<&Place> {
        self.by_id(&format!("geonames:{number}"))
    }

    /// The place called "the world".
    pub(crate) fn world(&self) -> Option<&Place> {
        self.by_id("region:world")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let places = Places::new();
        let found: Vec<_> = places
            .find(text)
            .iter()
            .map(|found| (text.get(found.start..found.end).unwrap().to_owned(), found.place().id.clone()))
            .collect();
        let found: Vec<_> = found.iter().map(|(text, id)| (text.as_str(), id.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn finds_the_longest_name_and_knows_its_country() {
        check("South Korea and South Sudan", &[("South Korea", "KR"), ("South Sudan", "SS")]);
        check("The U.S. and the UK, but not us", &[("U.S.", "US"), ("UK", "GB")]);
        check("in Tamil Nadu's capital", &[("Tamil Nadu", "IN-TN")]);
        check("CHISINAU, May 3. The Scots", &[("CHISINAU", "geonames:618426"), ("Scots", "GB-SCT")]);
        check("reached Côte d’Ivoire", &[("Côte d’Ivoire", "CI")]);
    }

    #[test]
    fn ordinary_words_and_names_of_persons_are_no_places() {
        check("Reading the list, nice people split it.", &[]);
        check("12 in Nice and 40 in Split", &[("Nice", "geonames:2990440"), ("Split", "geonames:3190261")]);
        check("Michael Jordan flew; Jordan reported 3", &[("Jordan", "JO")]);
        check("It costs US$45 or HK$350, HK says", &[("HK", "HK")]);
        check("the Florida Department of Health", &[("Florida", "US-FL")]);
    }

    #[test]
    fn a_country_decides_between_namesakes() {
        let places = Places::new();
        assert_eq!(places.resolve("Georgia", None).map(|place| place.id.as_str()), Some("GE"));
        assert_eq!(places.resolve("Georgia", Some("US")).map(|place| place.id.as_str()), Some("US-GA"));
        assert_eq!(places.resolve("seoul", None).and_then(|place| place.iso2.as_deref()), Some("KR"));
    }
}
