//! Captions, "read also", signatures, credits: paragraphs around a story that are not part of it.
//!
//! A paragraph comes in, a yes or no goes out. Such paragraphs are marked, not removed: nothing a reader could want is
//! thrown away. The phrases are the table `boilerplate.tsv` beside this file; only the shapes that no phrase can say
//! (a bracketed credit, a lone photograph credit) are code.

use crate::markup::bytes;
use regex::{Captures, Regex};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::LazyLock;

/// A short paragraph, in characters: the longest credit line met in the wild with its names.
const SHORT: usize = 240;

/// The phrases of the table, by where they must stand.
#[derive(Default)]
struct Phrases {
    /// At the start of the paragraph, by their first byte.
    start: FxHashMap<u8, Vec<&'static str>>,
    /// The whole paragraph.
    whole: FxHashSet<&'static str>,
    /// At the end of a short one.
    end: Vec<&'static str>,
    /// Anywhere in a short one.
    short: Vec<&'static str>,
}

static PHRASES: LazyLock<Phrases> = LazyLock::new(|| {
    let mut phrases = Phrases::default();
    let rows = include_str!("boilerplate.tsv").lines().filter(|line| !line.starts_with('#'));
    for (place, phrase) in rows.filter_map(|line| line.split_once('\t')) {
        let phrase = phrase.trim();
        match place {
            "whole" => drop(phrases.whole.insert(phrase)),
            "end" => phrases.end.push(phrase),
            "short" => phrases.short.push(phrase),
            _ => phrases.start.entry(phrase.bytes().next().unwrap_or_default()).or_default().push(phrase),
        }
    }
    phrases
});

/// What a paragraph begins with that [`CREDIT`] matches, where it begins with a word. The letters `k` and `s` are left out,
/// for which the pattern has more than two forms.
const CREDIT_WORDS: [&str; 10] =
    ["additional", "further", "report", "writ", "edit", "compiled", "tran", "copyright", "http", "www"];

/// Whether [`CREDIT`] may match: most paragraphs begin like none of its forms.
fn may_be_credit(text: &str) -> bool {
    let opens = |word: &&str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word));
    text.starts_with(['(', '[', '/', '-', '#', '©']) || CREDIT_WORDS.iter().any(opens) || text.contains('@')
}

/// `(Reporting by Jane Doe; Editing by John Roe)`, `(END)`, `/TASS/`, `-0-`, `(AFP)`.
static CREDIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^\s*(?:
            [(\[]?\s*(?:additional\s+|further\s+)?(?:reporting|writing|editing|compiled|translated|translation|report|written|edited)\s+(?:and\s+(?:writing|editing|reporting)\s+)?(?:by|in)\s(?P<credit>[^\n]{3,})
          | [(\[/]\s*(?:end|ends|[A-Z]{2,6}|reuters|xinhua|yonhap|interfax|bernama|more)\s*[)\]/]\.?
          | -+\s*(?:0|30|ends?)\s*-+
          | \#{2,}
          | (?:\(?[\w.\-]+@[\w.\-]+\.\w{2,}\)?\s*)+
          | \(?\s*(?:©|\(c\)|copyright)\s(?P<owner>[^\n]{2,})
          | (?:https?://|www\.)\S+
        )\s*$",
    )
    .ok()
});

/// Characters of the longest names in a credit, and of the longest owner of the rights.
const LONGEST_CREDIT: usize = 400;
const LONGEST_OWNER: usize = 150;

/// Whether [`CREDIT`] matches. How long it may be is counted here: a pattern that counts is a copy of itself for each
/// character.
fn is_credit(text: &str) -> bool {
    let Some(found) = CREDIT.as_ref().and_then(|credit| credit.captures(text)) else { return false };
    is_within(&found, "credit", LONGEST_CREDIT) && is_within(&found, "owner", LONGEST_OWNER)
}

/// Whether a part of what was found, if it has it, is no longer than so many characters.
pub(super) fn is_within(found: &Captures<'_>, part: &str, most: usize) -> bool {
    found.name(part).is_none_or(|part| part.as_str().chars().count() <= most)
}

/// Whether a paragraph is no part of the story.
pub(crate) fn is_boilerplate(paragraph: &str) -> bool {
    let trimmed = paragraph.trim();
    // The phrases stand in short paragraphs or at the start of long ones; looking at the first kilobyte bounds the work.
    let mut head = bytes::head(trimmed, SHORT + 1).to_lowercase();
    if head.contains('’') {
        head = head.replace('’', "'");
    }
    let is_short = head.chars().count() <= SHORT;
    let plain = head.trim_end_matches(['.', ':', '!', ' ']);
    let starts = head.bytes().next().and_then(|first| PHRASES.start.get(&first));
    let by_phrase = starts.is_some_and(|phrases| phrases.iter().any(|phrase| starts_with_phrase(&head, phrase)))
        || PHRASES.whole.contains(plain)
        || is_short && PHRASES.end.iter().any(|phrase| plain.ends_with(phrase))
        || is_short && PHRASES.short.iter().any(|phrase| head.contains(phrase));
    by_phrase || may_be_credit(trimmed) && is_credit(trimmed)
}

/// Whether `text` starts with the phrase as whole words.
fn starts_with_phrase(text: &str, phrase: &str) -> bool {
    text.strip_prefix(phrase).is_some_and(|rest| {
        phrase.ends_with(|c: char| !c.is_alphanumeric()) || !rest.starts_with(|c: char| c.is_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(paragraph: &str, expected: bool) {
        assert_eq!(is_boilerplate(paragraph), expected, "{paragraph}");
    }

    #[test]
    fn tells_furniture_from_story() {
        check("Read also: Ministers meet again in spring", true);
        check("(Reporting by Jane Doe in Oslo; Editing by John Roe)", true);
        check("© 2021 Agence Exemple. All rights reserved.", true);
        check("Follow us on Telegram", true);
        check("Photo: Jane Doe/Agence Exemple", true);
        check("jane.doe@agency.example", true);
        check("Ministers will read also the second report, the spokesman said.", false);
        check("The photo showed the bridge before it fell, officials said on Monday.", false);
        check("", false);
    }
}
