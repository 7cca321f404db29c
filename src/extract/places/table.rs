//! Reading the tables, and the one way in which names are folded for comparison.

use super::{Place, Places, Text};
use crate::extract::entities::hash::{self, Numbered};
use crate::extract::entities::knowledge::words as words_of;
use crate::extract::gazetteer::Row;
use crate::model::{EntityType, PlaceKind};
use rustc_hash::{FxBuildHasher, FxHashMap};
use std::collections::HashMap;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

const COUNTRIES: &str = include_str!("countries.tsv");
const SUBDIVISIONS: &str = include_str!("subdivisions.tsv");
pub(super) const CITIES: &str = include_str!("cities.tsv");
const TOWNS: &str = include_str!("towns.tsv");
const AREAS: &str = include_str!("areas.tsv");
const REGIONS: &str = include_str!("regions.tsv");
const GUARDED: &str = include_str!("guarded.tsv");
const FIRST_NAMES: &str = include_str!("../entities/tables/first-names.txt");

/// One meaning of a name.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sense {
    /// Index of the place.
    pub(super) place: u32,
    pub(super) form: super::PlaceForm,
    /// Bit n is set when word n of the name is written with a capital.
    pub(super) capitals: u32,
    /// An abbreviation such as `US`, which holds only in capitals.
    pub(super) all_caps: bool,
}

/// Why a name needs a second look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// It is also an ordinary word.
    Word,
    /// It is also the name of persons.
    Person,
}

/// Lower case, without diacritics.
pub(super) fn fold(word: &str, out: &mut String) {
    if word.is_ascii() {
        let start = out.len();
        out.push_str(word);
        out.get_mut(start..).into_iter().for_each(str::make_ascii_lowercase);
        return;
    }
    for c in word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ł' => out.push('l'),
            'ø' => out.push('o'),
            'ı' => out.push('i'),
            'đ' | 'ð' => out.push('d'),
            'ə' => out.push('a'),
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            c => out.push(c),
        }
    }
}

/// The words of a name, folded, with one space between; a comma is a word of its own.
pub(super) fn fold_phrase(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (word, comma) in words(name) {
        if comma {
            out.push_str(" ,");
        }
        if !out.is_empty() {
            out.push(' ');
        }
        fold(word, &mut out);
    }
    out
}

/// The alphanumeric words of a name, each with whether a comma stands before it.
fn words(name: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut comma = false;
    name.split_inclusive(|c: char| !c.is_alphanumeric()).filter_map(move |piece| {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let before = comma;
        if !word.is_empty() {
            comma = false;
        }
        comma |= piece.ends_with(',');
        (!word.is_empty()).then_some((word, before))
    })
}

/// The index of a place, of which there are fewer than four thousand million.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

struct Builder {
    places: Places,
}

impl Builder {
    fn place(&mut self, place: Place) -> u32 {
        self.places.all.push(place);
        number(self.places.all.len() - 1)
    }

    fn name(&mut self, name: &str, place: u32, form: super::PlaceForm) {
        let key = fold_phrase(name);
        if key.is_empty() {
            return;
        }
        let count = u8::try_from(words(name).count()).unwrap_or(u8::MAX);
        let first = key.split(' ').next().unwrap_or_default();
        let most = self.places.first_words.entry(first.into()).or_default();
        *most = (*most).max(count);
        let senses = self.places.names.entry(key.into()).or_default();
        // The first name a table gives wins: countries stand before divisions, and bigger cities before smaller ones.
        if senses.iter().all(|sense| sense.place != place) {
            senses.push(sense(name, place, form));
        }
    }

    /// A name of a town or an island, and how else it is written: "St. Lucia", "Nukualofa".
    fn local(&mut self, name: &str, place: u32) {
        self.name(name, place, super::PlaceForm::Name);
        if let Some(rest) = name.strip_prefix("Saint ") {
            self.name(&format!("St {rest}"), place, super::PlaceForm::Name);
        }
        if name.contains(['\'', '’', 'ʻ']) {
            self.name(&name.replace(['\'', '’', 'ʻ'], ""), place, super::PlaceForm::Name);
        }
    }

    fn names(&mut self, list: &str, place: u32, form: super::PlaceForm) {
        list.split(';').map(str::trim).filter(|name| !name.is_empty()).for_each(|name| self.name(name, place, form));
    }
}

/// One meaning of a name, with how it is written.
pub(super) fn sense(name: &str, place: u32, form: super::PlaceForm) -> Sense {
    let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
    let capitals = words(name).enumerate().filter(|(_, (word, _))| capital(word)).map(|(n, _)| 1u32 << n.min(31));
    let letters = || name.chars().filter(|c| c.is_alphabetic());
    let all_caps = letters().all(char::is_uppercase) && letters().count() <= 5;
    Sense { place, form, capitals: capitals.fold(0, |all, bit| all | bit), all_caps }
}

pub(super) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| line.split('\t').collect())
}

/// Compiles all tables, and the places among `added`.
pub(super) fn load(added: &[Row]) -> Places {
    use super::PlaceForm::{Demonym, Name, People};
    let places = Places {
        all: Vec::with_capacity(18_500),
        names: FxHashMap::with_capacity_and_hasher(28_000, FxBuildHasher),
        first_words: FxHashMap::with_capacity_and_hasher(18_000, FxBuildHasher),
        guarded: FxHashMap::default(),
        first_names: words_of(FIRST_NAMES).map(hash::folded).collect(),
        ids: Numbered::default(),
        tables: super::foreign::tables(),
    };
    let mut builder = Builder { places };
    let cell = |row: &[&'static str], n: usize| row.get(n).copied().unwrap_or_default();
    let some = |text: &'static str| (!text.is_empty()).then_some(Text::Borrowed(text));
    let added_text = |text: &str| (!text.is_empty()).then(|| Text::Owned(text.to_owned()));
    for row in rows(REGIONS) {
        let world = cell(&row, 2) == "world";
        let kind = if world { PlaceKind::World } else { PlaceKind::Region };
        let place = builder.place(Place {
            id: format!("region:{}", cell(&row, 0)),
            name: cell(&row, 1).into(),
            kind,
            iso2: None,
            iso3: None,
            subdivision: None,
            population: 0,
            lat: None,
            lon: None,
            geonames: None,
            capital: false,
        });
        // "World" is a part of too many names ("World Bank"); the words that mean the world are cues of a language.
        if !world {
            builder.name(cell(&row, 1), place, Name);
            builder.names(cell(&row, 3), place, Name);
            builder.names(cell(&row, 4), place, Demonym);
            builder.names(cell(&row, 5), place, People);
        }
    }
    let mut alpha3 = HashMap::new();
    let divisions: HashMap<(&str, String), &str> = rows(SUBDIVISIONS)
        .map(|row| ((cell(&row, 0).split('-').next().unwrap_or_default(), fold_phrase(cell(&row, 1))), cell(&row, 0)))
        .collect();
    for row in rows(COUNTRIES) {
        alpha3.insert(cell(&row, 0), cell(&row, 1));
        let place = builder.place(Place {
            id: cell(&row, 0).to_owned(),
            name: cell(&row, 2).into(),
            kind: PlaceKind::Country,
            iso2: some(cell(&row, 0)),
            iso3: some(cell(&row, 1)),
            subdivision: None,
            population: cell(&row, 6).parse().unwrap_or(0),
            lat: cell(&row, 7).parse().ok(),
            lon: cell(&row, 8).parse().ok(),
            geonames: cell(&row, 9).parse().ok(),
            capital: false,
        });
        builder.local(cell(&row, 2), place);
        builder.names(cell(&row, 3), place, Name);
        builder.names(cell(&row, 4), place, Demonym);
        builder.names(cell(&row, 5), place, People);
    }
    // Cities whose name is also their division's come first, so the divisions are named after the cities are known.
    let mut divisions_after_cities = Vec::new();
    for row in rows(SUBDIVISIONS) {
        let code = cell(&row, 0);
        let iso2 = code.split('-').next().unwrap_or_default();
        let place = builder.place(Place {
            id: code.to_owned(),
            name: cell(&row, 1).into(),
            kind: PlaceKind::Subdivision,
            iso2: some(iso2),
            iso3: alpha3.get(iso2).and_then(|iso3| some(iso3)),
            subdivision: some(code),
            population: 0,
            lat: None,
            lon: None,
            geonames: cell(&row, 5).parse().ok(),
            capital: false,
        });
        if cell(&row, 6) == "city" {
            divisions_after_cities.push((place, row));
            continue;
        }
        builder.local(cell(&row, 1), place);
        builder.names(cell(&row, 2), place, Name);
        builder.names(cell(&row, 3), place, Demonym);
        builder.names(cell(&row, 4), place, People);
    }
    for row in rows(CITIES) {
        let iso2 = cell(&row, 2);
        let place = builder.place(Place {
            id: format!("geonames:{}", cell(&row, 0)),
            name: cell(&row, 1).into(),
            kind: PlaceKind::City,
            iso2: some(iso2),
            iso3: alpha3.get(iso2).and_then(|iso3| some(iso3)),
            // A city that is a division of its own, or gave it its name, lies in it.
            subdivision: some(cell(&row, 3))
                .or_else(|| divisions.get(&(iso2, fold_phrase(cell(&row, 1)))).map(|code| Text::Borrowed(code))),
            population: cell(&row, 4).parse().unwrap_or(0),
            lat: cell(&row, 5).parse().ok(),
            lon: cell(&row, 6).parse().ok(),
            geonames: cell(&row, 0).parse().ok(),
            capital: cell(&row, 7) == "capital",
        });
        builder.local(cell(&row, 1), place);
        builder.names(cell(&row, 8), place, Name);
    }
    for row in rows(TOWNS) {
        let iso2 = cell(&row, 2);
        let place = builder.place(Place {
            id: format!("geonames:{}", cell(&row, 0)),
            name: cell(&row, 1).into(),
            kind: PlaceKind::City,
            iso2: some(iso2),
            iso3: alpha3.get(iso2).and_then(|iso3| some(iso3)),
            subdivision: some(cell(&row, 3)),
            population: cell(&row, 4).parse().unwrap_or(0),
            lat: cell(&row, 6).parse().ok(),
            lon: cell(&row, 7).parse().ok(),
            geonames: cell(&row, 0).parse().ok(),
            capital: false,
        });
        builder.name(cell(&row, 1), place, Name);
        builder.names(cell(&row, 5), place, Name);
    }
    // Areas that no standard lists, divisions below the first level, and towns that are known for more than their size.
    for row in rows(AREAS) {
        let (name, iso2, geonames) = (cell(&row, 0), cell(&row, 1), cell(&row, 4));
        let id = if geonames.is_empty() {
            let within = Some(cell(&row, 5)).filter(|code| !code.is_empty()).unwrap_or(iso2);
            let within =
                if cell(&row, 3) == "division" { format!("{}:", within.to_lowercase()) } else { String::new() };
            format!("area:{within}{}", fold_phrase(name).replace(' ', "-"))
        } else {
            format!("geonames:{geonames}")
        };
        let place = builder.place(Place {
            id,
            name: name.into(),
            kind: match cell(&row, 3) {
                "town" => PlaceKind::City,
                "division" => PlaceKind::Subdivision,
                _ => PlaceKind::Region,
            },
            iso2: some(iso2),
            iso3: alpha3.get(iso2).and_then(|iso3| some(iso3)),
            subdivision: some(cell(&row, 5)),
            population: 0,
            lat: None,
            lon: None,
            geonames: geonames.parse().ok(),
            capital: false,
        });
        builder.local(name, place);
        builder.names(cell(&row, 2), place, Name);
    }
    for (place, row) in divisions_after_cities {
        builder.name(cell(&row, 1), place, Name);
        builder.names(cell(&row, 2), place, Name);
    }
    for row in added.iter().filter(|row| row.kind == EntityType::Place) {
        let place = builder.place(Place {
            id: if row.geonames.is_empty() {
                format!("added:{}:{}", row.country.to_lowercase(), fold_phrase(&row.name).replace(' ', "-"))
            } else {
                format!("geonames:{}", row.geonames)
            },
            name: row.name.clone().into(),
            kind: PlaceKind::City,
            iso2: added_text(&row.country),
            iso3: alpha3.get(row.country.as_str()).and_then(|iso3| some(iso3)),
            subdivision: added_text(&row.subdivision),
            population: row.population,
            lat: row.lat,
            lon: row.lon,
            geonames: row.geonames.parse().ok(),
            capital: false,
        });
        builder.local(&row.name, place);
        row.others.iter().for_each(|name| builder.name(name, place, Name));
    }
    let mut places = builder.places;
    people_divisions(&mut places);
    order_senses(&mut places);
    places.ids = places.all.iter().enumerate().map(|(n, place)| (hash::exact(&place.id), number(n))).collect();
    for row in rows(GUARDED) {
        let guard = if cell(&row, 1) == "word" { Guard::Word } else { Guard::Person };
        places.guarded.insert(cell(&row, 0).into(), guard);
    }
    places
}

/// A division has at least the inhabitants of its cities, by which it is told from its namesakes: Maryland of the United
/// States from that of Liberia.
fn people_divisions(places: &mut Places) {
    let mut people: FxHashMap<Text, u64> = FxHashMap::default();
    for city in places.all.iter().filter(|place| place.kind == PlaceKind::City) {
        if let Some(division) = &city.subdivision {
            *people.entry(division.clone()).or_default() += city.population;
        }
    }
    for division in places.all.iter_mut().filter(|place| place.kind == PlaceKind::Subdivision) {
        division.population = people.get(division.id.as_str()).copied().unwrap_or(0);
    }
}

/// Puts the likeliest meaning of each name first.
fn order_senses(places: &mut Places) {
    let mut names = std::mem::take(&mut places.names);
    for senses in names.values_mut() {
        senses.sort_by_key(|sense| rank(places, sense));
        // Most names have one.
        senses.shrink_to_fit();
    }
    places.names = names;
}

/// The likelier a meaning, the lower: a country, then a capital that is no mere town or a city of hundreds of thousands, then a division, then other cities
/// by size. "Mexico" is the country, "London" the capital, "Victoria" the state.
pub(super) fn rank(places: &Places, sense: &Sense) -> (u8, u64) {
    let Some(place) = places.place(sense) else { return (9, 0) };
    let class = match place.kind {
        PlaceKind::Country => 0,
        PlaceKind::Region | PlaceKind::World => 1,
        PlaceKind::City if place.capital && place.population >= 50_000 || place.population >= 300_000 => 2,
        PlaceKind::Subdivision => 3,
        _ => 4,
    };
    (class, u64::MAX - place.population)
}
