//! Places of datelines: which country a name belongs to.
//!
//! Names and countries only, read from the tables of the place gazetteer. A city that several countries have belongs to
//! the one where most people live in it, as datelines without a country mean; a state or country after the comma
//! overrides that.

use crate::language::lines;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// What a dateline calls states and provinces for short, and places that are in no country.
const REGIONS: &str = include_str!("regions.tsv");

struct Places {
    /// Lower-case name to country; none for a place that is in no country, such as United Nations.
    cities: FxHashMap<Box<str>, Option<&'static str>>,
    regions: FxHashMap<Box<str>, Option<&'static str>>,
}

static PLACES: LazyLock<Places> = LazyLock::new(|| {
    let mut places = Places { cities: FxHashMap::default(), regions: FxHashMap::default() };
    for line in rows(include_str!("../../extract/places/cities.tsv")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, name, country, _, _, _, _, _, other @ ..] = columns.as_slice() else { continue };
        // The table is sorted by population, so the first of a name is the largest.
        for name in names(name, other.first()) {
            places.cities.entry(name).or_insert(Some(*country));
        }
    }
    for line in rows(include_str!("../../extract/places/towns.tsv")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, name, country, _, _, other @ ..] = columns.as_slice() else { continue };
        for name in names(name, other.first()) {
            places.cities.entry(name).or_insert(Some(*country));
        }
    }
    for line in rows(include_str!("../../extract/places/areas.tsv")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, country, other @ ..] = columns.as_slice() else { continue };
        for name in names(name, other.first()) {
            places.cities.entry(name).or_insert(Some(*country).filter(|country| !country.is_empty()));
        }
    }
    // Names that the tagger knows besides: waters and mountains.
    for line in rows(include_str!("../../extract/entities/tables/places.tsv")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [name, country, other @ ..] = columns.as_slice() else { continue };
        for name in names(name, other.first()) {
            places.cities.entry(name).or_insert(Some(*country).filter(|country| !country.is_empty()));
        }
    }
    for line in rows(include_str!("../../extract/places/countries.tsv")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [code, _, name, other, ..] = columns.as_slice() else { continue };
        for name in names(name, Some(other)) {
            places.regions.insert(name, Some(*code));
        }
    }
    for line in rows(include_str!("../../extract/places/subdivisions.tsv")) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [code, name, other, ..] = columns.as_slice() else { continue };
        let (country, names) = (code.get(..2), names(name, Some(other)));
        // "Wien" is Vienna: a city that is a division by itself has its other names as well.
        let city = names.iter().any(|name| places.cities.get(name).is_some_and(|of| *of == country));
        for name in names {
            if city {
                places.cities.entry(name.clone()).or_insert(country);
            }
            places.regions.entry(name).or_insert(country);
        }
    }
    for line in rows(REGIONS) {
        let Some((name, country)) = line.split_once('\t') else { continue };
        let country = Some(country).filter(|country| !country.is_empty());
        for name in names(name, None) {
            let table = if country.is_some() { &mut places.regions } else { &mut places.cities };
            table.insert(name, country);
        }
    }
    places
});

fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#') && !line.is_empty())
}

fn names(name: &str, other: Option<&&str>) -> Vec<Box<str>> {
    let other = other.copied().unwrap_or_default();
    std::iter::once(name).chain(other.split(';')).filter(|name| !name.is_empty()).map(|name| key(name).into()).collect()
}

/// Case and marks of transliteration do not tell places apart: `Kaesŏng`, `KAESONG`; `São Paulo`, `SAO PAULO`.
fn key(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    let plain = name.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c) && *c != '’' && *c != '\'');
    plain.flat_map(char::to_lowercase).collect()
}

/// The country of a place, if the place is known: `Some(None)` for one that is in no country.
pub(super) fn lookup(place: &str, region: Option<&str>) -> Option<Option<&'static str>> {
    let region = region.map(key);
    let by_region = region.as_deref().and_then(|key| PLACES.regions.get(key).or_else(|| PLACES.cities.get(key)));
    let key = key(place);
    by_region.or_else(|| PLACES.cities.get(key.as_str())).or_else(|| PLACES.regions.get(key.as_str())).copied()
}

/// The country of a town that is known by the table for names that are surely places.
pub(super) fn town(place: &str) -> Option<Option<&'static str>> {
    lines::sorted(include_str!("../../extract/places/world.tsv"), &key(place)).map(|towns| towns.get(..2))
}

/// Whether a city or town is called so.
pub(super) fn is_city(name: &str) -> bool {
    PLACES.cities.contains_key(key(name).as_str())
}

/// Whether this is a country, a state or its abbreviation in datelines.
pub(super) fn is_region(name: &str) -> bool {
    PLACES.regions.contains_key(key(name).as_str())
}
