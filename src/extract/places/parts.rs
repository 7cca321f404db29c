//! Divisions below the first level, towns, villages and islands that are looked up only where something else says that a
//! place is named: a noun ("Linn County"), a list of places, a preposition in a story of their country.
//!
//! In: a name. Out: in which first-level divisions a place of that name lies. What holds: running text is never searched for
//! them, so ordinary words and names of persons among them do no harm.
//!
//! `parts.tsv` is written by `tools/places/parts.py` from the lists in `tools/places/parts`.

use super::table::fold_phrase;
use super::world::towns;
use crate::language::lines::sorted;

const PARTS: &str = include_str!("parts.tsv");

/// The ISO 3166-2 codes of the divisions in which places of this name lie: those of the towns of `world.tsv`, then those of the
/// parts.
fn codes(name: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let parts = sorted(PARTS, &fold_phrase(name)).unwrap_or_default().split(';');
    let known = |code: &&str| !code.is_empty();
    (towns(name).map(|town| town.division).filter(known).collect(), parts.filter(known).collect())
}

/// The code of the division of a country in which a place of this name lies: the first of those that the text speaks of which
/// has one, else the only one that has. Of towns above 15,000 inhabitants the largest counts.
pub(crate) fn lies_in(name: &str, country: &str, near: &[&str]) -> Option<&'static str> {
    let here = |code: &&&str| code.strip_prefix(country).is_some_and(|rest| rest.starts_with('-'));
    let (towns, parts) = codes(name);
    let all: Vec<&'static str> = towns.iter().chain(&parts).filter(here).copied().collect();
    let largest = || towns.iter().find(here).copied();
    let only = || all.first().filter(|first| all.iter().all(|code| code == *first)).copied();
    near.iter().find_map(|near| all.iter().find(|code| *code == near)).copied().or_else(largest).or_else(only)
}

/// The divisions, of whatever countries, in which places of this name lie.
pub(crate) fn namesakes(name: &str) -> Vec<&'static str> {
    let (mut all, parts) = codes(name);
    all.extend(parts);
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_and_every_code_is_a_division() {
        let places = crate::extract::places::Places::new();
        let lines: Vec<(&str, &str)> =
            PARTS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect();
        assert!(lines.is_sorted_by(|one, next| one.0 < next.0));
        for (name, codes) in lines {
            assert_eq!(fold_phrase(name), name);
            assert!(codes.split(';').all(|code| places.by_id(code).is_some()), "{name} {codes}");
        }
    }

    #[test]
    fn a_namesake_lies_in_the_division_that_is_spoken_of() {
        assert_eq!(lies_in("Linn County", "US", &["US-OR"]), Some("US-OR"));
        assert_eq!(lies_in("Lincoln County", "US", &["US-IA", "US-NC"]), Some("US-NC"));
        assert_eq!(lies_in("Lincoln County", "US", &[]), None);
        assert_eq!(lies_in("McHenry County", "CA", &[]), None);
        assert!(namesakes("Huron County").contains(&"US-MI"));
        assert_eq!(lies_in("Nowhere at all", "US", &[]), None);
    }
}
