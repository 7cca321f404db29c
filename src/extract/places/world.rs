//! Towns that are looked up only where something else says that a place is named: every town above 15,000 inhabitants
//! that the tables for running text leave out.
//!
//! In: a name. Out: the towns that bear it, the largest first. What holds: running text is never searched for them, so
//! ordinary words and names of persons among them do no harm.

use super::table::fold_phrase;
use std::sync::LazyLock;

/// Lines of the table, sorted by the folded name: the name, and its towns.
static LINES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    let lines = include_str!("world.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once('\t').unwrap_or_default()).collect()
});

/// A town, by what the table knows of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Town {
    /// ISO 3166-1 alpha-2.
    pub(crate) country: &'static str,
    /// GeoNames identifier.
    pub(crate) geonames: &'static str,
    /// Inhabitants; 15,000 where only that much is known.
    pub(crate) population: u64,
}

/// The towns of a name.
pub(crate) fn towns(name: &str) -> impl Iterator<Item = Town> + use<> {
    let folded = fold_phrase(name);
    let at = LINES.partition_point(|(name, _)| *name < folded.as_str());
    let line = LINES.get(at).filter(|(name, _)| *name == folded);
    line.map_or("", |(_, towns)| towns).split(';').filter_map(|town| {
        let mut parts = town.split(':');
        let (country, geonames) = (parts.next()?, parts.next()?);
        Some(Town { country, geonames, population: parts.next()?.parse().ok()? })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_found_by_its_name() {
        assert!(LINES.is_sorted_by_key(|(name, _)| *name));
        let found: Vec<Town> = towns("Éragny").collect();
        assert!(found.iter().any(|town| town.country == "FR" && town.population >= 15_000), "{found:?}");
        assert_eq!(towns("Nowhere at all").count(), 0);
    }
}
