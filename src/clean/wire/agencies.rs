//! Which agency wrote a story: marks and credit lines, against the table `agencies.tsv`.
//!
//! A name as it is written comes in, its canonical short name goes out. Only names of the table are ever returned for
//! marks in the text; an operator's hint that the table lacks is taken as it is, since the operator knows.

use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

static BY_NAME: LazyLock<HashMap<String, &'static str>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
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
    let trimmed = name.trim().trim_start_matches("The ").trim_start_matches("the ");
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

struct Credits {
    source: Regex,
    copyright: Regex,
    mark: Regex,
    reuters: Regex,
    contributed: Regex,
}

static CREDITS: LazyLock<Option<Credits>> = LazyLock::new(|| {
    Some(Credits {
        // "Source: Xinhua", "(Source: AFP)", "Agencies/Reuters" is left alone.
        source: Regex::new(r"(?i)^\W*source\s*:\s*([^\n()]{2,60})").ok()?,
        // "© AFP", "Copyright 2020 The Associated Press. All rights reserved."
        copyright: Regex::new(
            r"(?i)(?:©|\(c\)|\bcopyright)\W*(?:\d{4}(?:\s*[-–]\s*\d{4})?)?\W*(?:by\s+)?((?:[\p{L}.\-/]+ ?){1,4})",
        )
        .ok()?,
        // A story that ends "(Yonhap)", "/TASS/", "— AFP", "(END)" after "Bernama".
        mark: Regex::new(r"(?:\(([^()\n]{2,40})\)|/([^/\n]{2,40})/|[-–—]{1,2}\s?([\p{L} ]{2,30}))[.\s]*$").ok()?,
        reuters: Regex::new(r"(?i)\breporting by\b[^\n]{2,300}\bediting by\b").ok()?,
        // "The Associated Press contributed to this report" names a helper, not the author.
        contributed: Regex::new(r"(?i)contributed to this").ok()?,
    })
});

/// The agency in the credit lines at the foot (or head) of a story.
pub(super) fn credited(paragraphs: &[&str]) -> Option<&'static str> {
    let credits = CREDITS.as_ref()?;
    let foot = paragraphs.len().saturating_sub(4);
    let edge = |index: usize| index < 2 || index >= foot;
    let lines: Vec<&str> =
        paragraphs.iter().enumerate().filter(|(index, _)| edge(*index)).map(|(_, text)| *text).collect();
    for text in lines.iter().rev() {
        if credits.contributed.is_match(text) {
            continue;
        }
        let named_source = credits.source.captures(text).and_then(|found| in_mark(found.get(1)?.as_str()));
        let owner = || credits.copyright.captures(text).and_then(|found| in_hint(found.get(1)?.as_str().trim()));
        if let Some(agency) = named_source.or_else(owner) {
            return Some(agency);
        }
    }
    let last = paragraphs.iter().rev().take(3).find_map(|text| {
        let found = credits.mark.captures(text)?;
        let name = found.get(1).or(found.get(2)).or(found.get(3))?;
        named(name.as_str())
    });
    last.or_else(|| lines.iter().any(|text| credits.reuters.is_match(text)).then_some("Reuters"))
}
