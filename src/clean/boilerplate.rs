//! Captions, "read also", signatures, credits: paragraphs around a story that are not part of it.
//!
//! A paragraph comes in, a yes or no goes out. Such paragraphs are marked, not removed: nothing a reader could want is
//! thrown away. The phrases are the table `boilerplate.tsv` beside this file; only the shapes that no phrase can say
//! (a bracketed credit, a lone photograph credit) are code.

use regex::Regex;
use std::sync::LazyLock;

/// Where a phrase of the table must stand.
enum Place {
    /// At the start of the paragraph.
    Start,
    /// The whole paragraph.
    Whole,
    /// At its end.
    End,
    /// Anywhere in a short paragraph.
    Short,
}

/// A short paragraph, in characters: the longest credit line met in the wild with its names.
const SHORT: usize = 240;

static PHRASES: LazyLock<Vec<(Place, &'static str)>> = LazyLock::new(|| {
    include_str!("boilerplate.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(place, phrase)| {
            let place = match place {
                "whole" => Place::Whole,
                "end" => Place::End,
                "short" => Place::Short,
                _ => Place::Start,
            };
            (place, phrase.trim())
        })
        .collect()
});

/// `(Reporting by Jane Doe; Editing by John Roe)`, `(END)`, `/TASS/`, `-0-`, `(AFP)`.
static CREDIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)^\s*(?:
            [(\[]?\s*(?:additional\s+|further\s+)?(?:reporting|writing|editing|compiled|translated|translation|report|written|edited)\s+(?:and\s+(?:writing|editing|reporting)\s+)?(?:by|in)\s[^\n]{3,400}
          | [(\[/]\s*(?:end|ends|[A-Z]{2,6}|reuters|xinhua|yonhap|interfax|bernama|more)\s*[)\]/]\.?
          | -+\s*(?:0|30|ends?)\s*-+
          | \#{2,}
          | (?:\(?[\w.\-]+@[\w.\-]+\.\w{2,}\)?\s*)+
          | \(?\s*(?:©|\(c\)|copyright)\s[^\n]{2,300}
          | (?:https?://|www\.)\S+
        )\s*$",
    )
    .ok()
});

/// Whether a paragraph is no part of the story.
pub(crate) fn is_boilerplate(paragraph: &str) -> bool {
    let trimmed = paragraph.trim();
    // The phrases stand in short paragraphs or at the start of long ones; looking at the first kilobyte bounds the work.
    let head: String = trimmed.chars().take(SHORT + 1).collect::<String>().to_lowercase().replace('’', "'");
    let is_short = head.chars().count() <= SHORT;
    let plain = head.trim_end_matches(['.', ':', '!', ' ']);
    let by_phrase = PHRASES.iter().any(|(place, phrase)| match place {
        Place::Start => starts_with_phrase(&head, phrase),
        Place::Whole => plain == *phrase,
        Place::End => is_short && plain.ends_with(phrase),
        Place::Short => is_short && head.contains(phrase),
    });
    by_phrase || CREDIT.as_ref().is_some_and(|credit| credit.is_match(trimmed))
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
