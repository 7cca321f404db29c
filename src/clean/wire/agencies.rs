//! What agencies are called: names and marks, against the table `agencies.tsv`.
//!
//! A name as it is written comes in, its canonical short name goes out. Only names of the table are ever returned for
//! marks in the text; an operator's hint that the table lacks is taken as it is, since the operator knows.

use rustc_hash::FxHashMap;
use std::sync::LazyLock;

static BY_NAME: LazyLock<FxHashMap<String, &'static str>> = LazyLock::new(|| {
    let mut by_name = FxHashMap::default();
    for line in include_str!("agencies.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let Some(canonical) = columns.next().map(str::trim).filter(|name| !name.is_empty()) else { continue };
        let aliases = columns.nth(1).unwrap_or_default();
        for name in std::iter::once(canonical).chain(aliases.split('|')) {
            let key = key(name);
            if !key.is_empty() {
                // The first row wins: an abbreviation that two agencies share belongs to the better known.
                by_name.entry(key).or_insert(canonical);
            }
        }
    }
    by_name
});

/// Case, dots and spaces do not tell agencies apart: `A.P.`, `ap`, `Ria-Novosti`.
fn key(name: &str) -> String {
    let name = name.trim();
    let trimmed = ["The ", "the ", "THE "].iter().find_map(|the| name.strip_prefix(the)).unwrap_or(name);
    trimmed.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The agency that is called exactly this.
pub(super) fn named(name: &str) -> Option<&'static str> {
    BY_NAME.get(&key(name)).copied()
}

/// The first agency in a mark such as `Reuters`, `AFP/Reuters`, `Jane Doe, AFP` or `TASS correspondent Ivan Ivanov`.
pub(super) fn in_mark(mark: &str) -> Option<&'static str> {
    let mark: String = mark.chars().take(80).collect();
    named(&mark)
        .or_else(|| mark.split(['/', ',', ';', '|', '-', '–']).find_map(named))
        .or_else(|| mark.split_whitespace().next().and_then(named))
        .or_else(|| mark.split_whitespace().last().and_then(named))
}

/// An operator's or caller's hint, by its canonical name where the table has it.
pub(super) fn normalise(hint: &str) -> Option<String> {
    let hint = hint.trim();
    if hint.is_empty() {
        return None;
    }
    Some(in_hint(hint).map_or_else(|| hint.to_owned(), str::to_owned))
}

/// A hint names one agency, perhaps with a desk: `TASS English`, `AP World`.
fn in_hint(hint: &str) -> Option<&'static str> {
    let words: Vec<&str> = hint.split_whitespace().collect();
    (1..=words.len()).rev().find_map(|n| words.get(..n).and_then(|words| named(&words.join(" "))))
}
