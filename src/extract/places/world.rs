//! Towns that are looked up only where something else says that a place is named: every town above 15,000 inhabitants
//! that the tables for running text leave out.
//!
//! In: a name. Out: the towns that bear it, the largest first. What holds: running text is never searched for them, so
//! ordinary words and names of persons among them do no harm.

use super::table::fold_phrase;
use crate::language::lines::Lines;
use crate::model::Coordinates;
use std::sync::LazyLock;

static LINES: LazyLock<Lines> = LazyLock::new(|| Lines::of(include_str!("world.tsv")));

/// A town, by what the table knows of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Town {
    /// ISO 3166-1 alpha-2.
    pub(crate) country: &'static str,
    /// GeoNames identifier.
    pub(crate) geonames: &'static str,
    /// Inhabitants; 15,000 where only that much is known.
    pub(crate) population: u64,
    /// Where it lies, where that is known.
    pub(crate) coordinates: Option<Coordinates>,
    /// ISO 3166-2 code of the division that it lies in; empty where that is not known.
    pub(crate) division: &'static str,
}

/// The towns of a name.
pub(crate) fn towns(name: &str) -> impl Iterator<Item = Town> + use<> {
    let folded = fold_phrase(name);
    LINES.get(&folded).unwrap_or_default().split(';').filter_map(|town| {
        let mut parts = town.split(':');
        let (country, geonames) = (parts.next()?, parts.next()?);
        let population = parts.next()?.parse().ok()?;
        let mut degrees = || parts.next()?.parse().ok();
        let coordinates = degrees().zip(degrees()).map(|(lat, lon)| Coordinates { lat, lon });
        Some(Town { country, geonames, population, coordinates, division: parts.next().unwrap_or_default() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_by_its_name() {
        let lines = include_str!("world.tsv").lines().filter(|line| !line.starts_with('#'));
        assert_eq!(LINES.count(), lines.count());
        let found: Vec<Town> = towns("Éragny").collect();
        assert!(found.iter().any(|town| town.country == "FR" && town.population >= 15_000), "{found:?}");
        assert_eq!(towns("Nowhere at all").count(), 0);
    }

    #[test]
    fn a_city_lies_somewhere_and_a_country_nowhere() {
        let places = crate::extract::places::Places::new();
        let point = |name| places.resolve(name, None).unwrap().coordinates();
        assert_eq!(point("Shanghai"), Some(Coordinates { lat: 31.22222, lon: 121.45806 }));
        assert_eq!(point("Norway"), None);
        assert!(towns("Éragny").any(|town| town.coordinates.is_some()));
    }
}
