//! What each paragraph is for: lead, body, standing background, boilerplate; and which subhead it stands under.
//!
//! The sections cover the paragraphs in order without overlap; neighbours of one kind are one section, and a subhead
//! always opens one. Background is told by the subhead above it or by what the paragraph says: agencies carry
//! paragraphs of history and of world totals from story to story. Paragraphs that were learnt to be standing, by
//! seeing them again, are another matter and not decided here.

use crate::clean::boilerplate;
use crate::language::names::Names;
use crate::markup::bytes::head;
use crate::model::{Section, SectionKind, Span};
use jiff::civil::Date;
use regex::Regex;
use std::sync::LazyLock;

/// What is known of the story's outline before it is divided.
pub(super) struct Outline<'a> {
    /// The paragraph in which the story starts.
    pub(super) story: usize,
    /// The paragraph that opens with the dateline.
    pub(super) dateline: Option<usize>,
    /// Paragraphs that are marks of editors.
    pub(super) furniture: &'a [usize],
    /// The story's date.
    pub(super) date: Option<Date>,
}

struct Patterns {
    background_heading: Regex,
    history: Regex,
    /// How the epidemic began: in one of these forms, or in words near each other.
    pandemic: Regex,
    pandemic_near: [Near; 2],
    /// Each text that these match has one of these, in any case.
    pandemic_words: Names,
    totals: [Near; 2],
    /// The same for `totals`.
    totals_words: Names,
    year: Regex,
    list_item: Regex,
}

impl Patterns {
    /// Whether a text tells how the epidemic began.
    fn tells_of_the_beginning(&self, text: &str) -> bool {
        self.pandemic.is_match(text) || self.pandemic_near.iter().any(|near| near.is_match(text))
    }

    /// How long its parts may be is counted here: a pattern that counts is a copy of itself for each character.
    fn is_background_heading(&self, text: &str) -> bool {
        let Some(found) = self.background_heading.captures(text) else { return false };
        boilerplate::is_within(&found, "about", 80) && boilerplate::is_within(&found, "asked", 40)
    }
}

/// Two expressions in one line, of which the second begins no more than so many characters behind the first. A pattern that
/// counts them is a copy of itself for each.
struct Near {
    first: Regex,
    most: usize,
    second: Regex,
}

impl Near {
    /// Of expressions in any case, which are of whole words.
    fn new(first: &str, most: usize, second: &str) -> Option<Self> {
        let words = |expression: &str| Regex::new(&format!(r"(?i)\b(?:{expression})\b")).ok();
        Some(Self { first: words(first)?, most, second: words(second)? })
    }

    fn is_match(&self, text: &str) -> bool {
        self.first.find_iter(text).any(|first| {
            let line = text.get(first.end()..).and_then(|rest| rest.split('\n').next()).unwrap_or_default();
            self.second.find(line).is_some_and(|second| second.start() <= head(line, self.most).len())
        })
    }
}

/// A large number.
const MANY: &str = r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?\s+(?:million|mln)";

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        background_heading: Regex::new(r"(?ix)^\W*(?:
              (?:the\s+)?background(?:\s+(?:information|note|notes|to\b.*|of\b.*|on\b.*))? | context | in\s+context | history | timeline | chronology | the\s+history\s.*
            | about\s+(?P<about>..+) | notes?\s+(?:to|for)\s+(?:the\s+)?(?:editors?|journalists) | key\s+(?:facts|background) | quick\s+facts | factbox | facts\s+about\s.*
            | what\s+(?:we|do\s+we)\s+know.* | what\s+you\s+need\s+to\s+know.* | what\s+(?:is|are)\s+(?:the\s+)?(?P<asked>[\w\-\s]{2,}?)\?? | what\s+(?:has\s+)?happened\s+(?:so\s+far|before|earlier).* | how\s+(?:it|we)\s+(?:began|got\s+here|started)
            | the\s+story\s+so\s+far | previously | earlier\s+(?:developments|reports) | for\s+(?:the\s+)?reference | for\s+background
            | (?:global\s+|the\s+|world(?:wide)?\s+)?(?:novel\s+)?(?:coronavirus|covid[-\s]?19|pandemic|epidemic|ebola|mpox|monkeypox|cholera|measles|zika|outbreak)\s+(?:global\s+)?(?:crisis|pandemic|situation|outbreak|epidemic|spread|background|in\s+the\s+world|worldwide|around\s+the\s+world|statistics|figures|toll|cases\s+worldwide)
            | (?:global|world(?:wide)?)\s+(?:\w+\s+){0,2}(?:crisis|pandemic|situation|outbreak|epidemic|spread|statistics|figures|toll|cases)
            )\W*$").ok()?,
        // "In late December 2019, …", "Back in 2014, …", "On March 11, 2020, …".
        history: Regex::new(r"(?ix)^(?:back\s+)?(?:in|on|since|at\s+the\s+end\s+of)\s+(?:(?:early|late|mid|the\s+(?:end|beginning|summer|spring|autumn|fall|winter)\s+of)[\s-]+)?(?:\d{1,2}\s+)?(?:(?:january|february|march|april|may|june|july|august|september|october|november|december|jan\.|feb\.|aug\.|sept\.|oct\.|nov\.|dec\.)\s+)?(?:\d{1,2},?\s+)?(?:of\s+)?((?:19|20)\d{2})\b").ok()?,
        pandemic: Regex::new(r"(?i)\bpandemic\s+on\s+(?:march\s+11|11\s+march)\b|\binformed\s+the\s+world\s+health\s+organi[sz]ation\b|\bpreviously\s+unknown\s+pneumonia\b").ok()?,
        pandemic_near: [
            Near::new(r"declared|characteri[sz]ed|labelled", 80, r"(?:a|global)\s+(?:global\s+)?pandemic")?,
            Near::new(r"first\s+(?:reported|detected|identified|emerged|recorded|appeared)", 80, r"wuhan|china")?,
        ],
        pandemic_words: names(&["pandemic", "wuhan", "china", "informed", "pneumonia"]),
        // "over 33,519,160 people have been infected worldwide and more than 1,005,530 deaths".
        totals: [
            Near::new(MANY, 120, r"worldwide|globally|around\s+the\s+(?:world|globe)|across\s+the\s+(?:world|globe)|all\s+over\s+the\s+world")?,
            Near::new(r"worldwide|globally|around\s+the\s+world|across\s+the\s+globe", 120, MANY)?,
        ],
        totals_words: names(&["world", "glob"]),
        year: Regex::new(r"\b(?:19|20)\d{2}\b").ok()?,
        list_item: Regex::new(r"^\s*(?:[-–—•*·▪●]|\d{1,3}[.)]\s|[a-z][.)]\s|[\x22“«‘])").ok()?,
    })
});

/// Words that are looked for before a pattern is tried that is dear at every place of a text.
fn names(words: &[&str]) -> Names {
    words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>().into()
}

/// Words and characters of the longest subhead.
const SUBHEAD_WORDS: usize = 14;
const SUBHEAD_CHARACTERS: usize = 110;

/// Divides the paragraphs into sections.
pub(super) fn divide(paragraphs: &[Span], texts: &[&str], outline: &Outline<'_>) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut heading: Option<(String, SectionKind)> = None;
    let lead_end = outline.dateline.unwrap_or(outline.story).max(outline.story);
    for (index, (span, text)) in paragraphs.iter().zip(texts).enumerate() {
        let subhead = index > lead_end && is_subhead(texts, index);
        let passes = index < outline.story || outline.furniture.contains(&index) || boilerplate::is_boilerplate(text);
        let kind = if passes {
            SectionKind::Boilerplate
        } else if index <= lead_end {
            SectionKind::Lead
        } else if subhead {
            let background = PATTERNS.as_ref().is_some_and(|patterns| patterns.is_background_heading(text));
            let kind = if background { SectionKind::Background } else { SectionKind::Body };
            heading = Some(((*text).trim().to_owned(), kind));
            kind
        } else if heading.as_ref().is_some_and(|(_, kind)| *kind == SectionKind::Background)
            || is_background(index, texts, outline)
        {
            SectionKind::Background
        } else {
            SectionKind::Body
        };
        let under =
            if kind == SectionKind::Boilerplate { None } else { heading.as_ref().map(|(text, _)| text.clone()) };
        match sections.last_mut() {
            Some(last)
                if last.kind == kind && !(subhead && kind != SectionKind::Boilerplate) && last.heading == under =>
            {
                last.span.end = span.end
            }
            _ => sections.push(Section { kind, heading: under, span: *span, template: None, standing: None }),
        }
    }
    sections
}

/// A short line without a full stop between paragraphs that have one, which is no list item and no speech.
fn is_subhead(texts: &[&str], index: usize) -> bool {
    let Some(text) = texts.get(index).map(|text| text.trim()) else { return false };
    let Some(patterns) = PATTERNS.as_ref() else { return false };
    if head(text, SUBHEAD_CHARACTERS).len() < text.len() {
        return false;
    }
    let words = text.split_whitespace().count();
    let short = words <= SUBHEAD_WORDS;
    let open = !text.ends_with(['.', ',', ';', '!', '"', '”', '’', ')', '…', ':']);
    let starts = text.chars().next().is_some_and(|c| c.is_uppercase() || c.is_numeric());
    let next_is_paragraph = || {
        texts.get(index + 1).is_some_and(|next| {
            let next = next.trim();
            next.split_whitespace().nth(words.max(6)).is_some()
                && next.ends_with(['.', '!', '?', '"', '”', '’', ')', ':', '…'])
        })
    };
    short
        && open
        && starts
        && next_is_paragraph()
        && !patterns.list_item.is_match(text)
        && !boilerplate::is_boilerplate(text)
}

/// Whether a paragraph tells what the reader of earlier stories knows already.
fn is_background(index: usize, texts: &[&str], outline: &Outline<'_>) -> bool {
    let Some(patterns) = PATTERNS.as_ref() else { return false };
    let text = texts.get(index).copied().unwrap_or_default();
    // Early paragraphs carry the news even where they look back.
    if index <= outline.story + 1 {
        return false;
    }
    let years_back = |year: &str| {
        let year: i16 = year.parse().ok()?;
        Some(outline.date?.year() - year)
    };
    let opening = head(text, 100);
    let opens_in = || patterns.history.captures(opening).and_then(|found| years_back(found.get(1)?.as_str()));
    // The years that the pattern takes are of these centuries.
    let starts_with_history =
        || (opening.contains("19") || opening.contains("20")) && opens_in().is_some_and(|years| years >= 1);
    let sample = head(text, 2_000);
    // A paragraph of the present that only opens with a past year comes back to today or to this year.
    let this_year = || {
        outline
            .date
            .is_some_and(|date| patterns.year.find_iter(sample).any(|year| year.as_str() == date.year().to_string()))
    };
    let latter_half = index * 2 >= texts.len();
    (latter_half && starts_with_history() && !this_year())
        || (patterns.pandemic_words.within(sample) && patterns.tells_of_the_beginning(sample))
        || (latter_half
            && patterns.totals_words.within(sample)
            && patterns.totals.iter().any(|near| near.is_match(sample)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_expressions_are_near_each_other_within_a_line() {
        let near = Near::new("declared", 10, "pandemic").unwrap();
        for (text, expected) in [
            ("Declared a pandemic", true),
            ("declared 12345678 pandemic", true),
            ("declared 123456789 pandemic", false),
            ("declared été été pandemic", true),
            ("declared it long ago, declared a pandemic", true),
            ("declared\na pandemic", false),
            ("a pandemic was declared", false),
            ("undeclared pandemics, a pandemic", false),
        ] {
            assert_eq!(near.is_match(text), expected, "{text}");
        }
    }
}
