//! What a number counts: a unit of measure, or the noun behind it in the singular.
//!
//! In: the tokens behind a number. Out: the unit, and where a unit of measure ends.

use crate::language::Pack;
use crate::language::tokens::{Token, TokenKind};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Units of measure, singular, by any of their forms.
static UNITS: LazyLock<FxHashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("units.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .flat_map(|(unit, forms)| forms.split(';').map(move |form| (form, unit)))
        .collect()
});

/// Words that end the search for what is counted.
pub(super) const NO_NOUN: [&str; 69] = [
    "of",
    "and",
    "or",
    "to",
    "in",
    "on",
    "at",
    "by",
    "for",
    "from",
    "with",
    "the",
    "a",
    "an",
    "as",
    "is",
    "was",
    "were",
    "are",
    "be",
    "been",
    "have",
    "has",
    "had",
    "that",
    "which",
    "who",
    "when",
    "while",
    "than",
    "but",
    "so",
    "if",
    "since",
    "after",
    "before",
    "during",
    "per",
    "into",
    "over",
    "under",
    "out",
    "up",
    "down",
    "more",
    "less",
    "other",
    "this",
    "last",
    "next",
    "ago",
    "earlier",
    "later",
    "according",
    "percent",
    "because",
    "against",
    "among",
    "compared",
    "respectively",
    "until",
    "versus",
    "where",
    "within",
    "would",
    "said",
    "s",
    "it",
    "he",
];

/// A unit of measure: its name and where it ends.
pub(super) fn measure(tokens: &[Token<'_>], n: usize) -> Option<(&'static str, usize)> {
    let first = tokens.get(n)?;
    if let Some(second) = tokens.get(n + 1)
        && let Some(unit) = UNITS.get(format!("{} {}", first.lower, second.lower).as_str())
    {
        return Some((unit, second.end));
    }
    if let Some(unit) = UNITS.get(first.text) {
        return Some((unit, first.end));
    }
    UNITS.get(first.lower.as_ref()).filter(|_| first.text.chars().count() > 2).map(|unit| (*unit, first.end))
}

/// The noun that is counted, in the singular: "propaganda leaflets" gives "leaflet".
pub(super) fn counted(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<String> {
    let words: Vec<&str> = tokens
        .iter()
        .skip(n)
        .take(4)
        .take_while(|token| {
            token.kind == TokenKind::Word
                && token.spaced
                && !token.capitalised()
                && !NO_NOUN.contains(&token.lower.as_ref())
                && pack.number_word(&token.lower).is_none()
        })
        .map(|token| token.lower.as_ref())
        .collect();
    let plural = words.iter().find(|word| is_plural(word));
    plural.map(|word| singular(word))
}

fn is_plural(word: &str) -> bool {
    matches!(word, "people" | "children" | "men" | "women" | "police" | "troops" | "personnel")
        || word.len() > 3
            && word.ends_with('s')
            && !word.ends_with("ss")
            && !word.ends_with("us")
            && !word.ends_with("is")
}

fn singular(word: &str) -> String {
    match word {
        "people" => return "person".to_owned(),
        "children" => return "child".to_owned(),
        "men" => return "man".to_owned(),
        "women" => return "woman".to_owned(),
        "troops" | "police" | "personnel" | "news" | "series" => return word.to_owned(),
        _ => {}
    }
    for (ending, replacement) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("zes", "z"),
        ("ses", "se"),
        ("s", ""),
    ] {
        if let Some(stem) = word.strip_suffix(ending) {
            return format!("{stem}{replacement}");
        }
    }
    word.to_owned()
}
