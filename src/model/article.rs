//! Clean text, once and for all. No markup ever again.

use crate::model::{Author, Enclosure, FeedId, Issue, ItemId, Span, StatedTime};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where the language is known from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LanguageFrom {
    /// The operator said so.
    Feed,
    /// The feed's or page's markup says so.
    Markup,
    /// The text was looked at.
    Detected,
}

/// Where the body comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyFrom {
    /// The feed's entry (or the caller's text).
    Feed,
    /// The article's page.
    Page,
    /// The page's JSON-LD `articleBody`.
    JsonLd,
}

/// How much of the story there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Completeness {
    /// The whole story.
    Full,
    /// A lead or a part.
    Partial,
    /// No text beyond the headline.
    HeadlineOnly,
}

/// A dateline: `MOSCOW, September 29. /TASS/.`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// The dateline as it stands in the body.
    pub text: String,
    /// Where it stands.
    #[serde(flatten)]
    pub span: Span,
    /// The (first) place, in ordinary case.
    pub place: Option<String>,
    /// Its country, ISO 3166-1 alpha-2, where the place is known.
    pub country: Option<String>,
    /// Its date; a missing year comes from `published`.
    #[schemars(with = "Option<String>")]
    pub date: Option<jiff::civil::Date>,
}

/// What an editor tells other editors, read from notes and headline marks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// "UPDATE 1-", "(Adds …)", a new lead or writethru.
    Update,
    /// "CORRECTED", "REFILE".
    Correction,
    /// "KILL", "WITHDRAWN": the story must not be used.
    Kill,
}

/// What a credited agency did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreditRole {
    /// It is the sole source.
    Wrote,
    /// It is one of several, or named as help: "with AFP", "AP contributed to this report".
    Contributed,
}

/// An agency, or whoever published first, in the credits of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
    /// Canonical short name, or the name as written.
    pub agency: String,
    /// What it did.
    pub role: CreditRole,
}

/// The wire structure of a story.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Wire {
    /// Canonical short name of the agency that wrote it: `TASS`, `AP`, `Reuters`.
    pub agency: Option<String>,
    /// The dateline.
    pub dateline: Option<Dateline>,
    /// The byline as written, without "By".
    pub byline: Option<String>,
    /// The slug.
    pub slug: Option<String>,
    /// Urgency 1 (flash) to 9, as stated.
    pub urgency: Option<u8>,
    /// Editor's note as written.
    pub editors_note: Option<String>,
    /// Take number, as in "1st Ld-Writethru" or "take 2".
    pub take: Option<u32>,
    /// Not to be used before.
    #[schemars(with = "Option<String>")]
    pub embargo_until: Option<Timestamp>,
    /// What the notes and headline marks say of this revision; published as the record's `change`.
    #[serde(skip)]
    pub notice: Option<Notice>,
    /// The headline or slug of the story that a kill withdraws, as the kill names it. Not published.
    #[serde(skip)]
    pub withdraws: Option<String>,
    /// Who is credited with the text, in the order of the text. Not published; `agency` says who wrote it.
    #[serde(skip)]
    pub credits: Vec<Credit>,
}

/// What a stretch of paragraphs is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    /// The first paragraph of the story.
    Lead,
    /// The story.
    Body,
    /// Standing background: paragraphs carried from story to story.
    Background,
    /// Captions, "read also", signatures, credits.
    Boilerplate,
}

/// A stretch of paragraphs under one heading or of one kind. Sections cover the body in order without overlap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    /// What it is for.
    pub kind: SectionKind,
    /// The subhead above it, if any; the subhead's own text is the section's first paragraph.
    pub heading: Option<String>,
    /// Where it stands in the body.
    #[serde(flatten)]
    pub span: Span,
    /// The id of its template, when it is a standing paragraph that was learnt.
    pub template: Option<String>,
    /// Where that was learnt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
}

/// Where a standing paragraph was learnt, among what is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Standing {
    /// Earlier stories of the source that it stands in.
    pub stories: usize,
    /// The day, by UTC, when the first of them was observed; none when there are too many to be looked at.
    #[schemars(with = "Option<String>")]
    pub since: Option<jiff::civil::Date>,
}

/// An item after cleaning: plain text, language, resolved links and dates, wire structure.
///
/// `body` is paragraphs joined by one blank line (`"\n\n"`), NFC, without control characters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Article {
    /// The item it is a revision of.
    pub id: ItemId,
    /// The feed it came from.
    pub feed: FeedId,
    /// The feed's title and address, for the record.
    pub feed_title: Option<String>,
    /// The feed's address, without secrets.
    pub feed_url: Option<String>,
    /// Where its publisher is at home, ISO 3166-1 alpha-2, as the operator says. Not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher_country: Option<String>,
    /// Link as published.
    pub url: Option<String>,
    /// guid as published.
    pub guid: Option<String>,
    /// Link without tracking parameters and redirects, or the page's canonical link.
    pub canonical_url: Option<String>,
    /// The publisher's claim of first publication.
    pub published: Option<StatedTime>,
    /// The publisher's claim of last change.
    pub updated: Option<StatedTime>,
    /// The date as written, when it could not be read or leaves something open.
    pub published_raw: Option<String>,
    /// When this daemon first held this revision.
    pub observed: Option<Timestamp>,
    /// BCP 47.
    pub language: Option<String>,
    /// Where the language is known from.
    pub language_from: Option<LanguageFrom>,
    /// Plain text.
    pub headline: Option<String>,
    /// Plain text.
    pub summary: Option<String>,
    /// Plain text: paragraphs joined by a blank line; empty when there is none.
    pub body: String,
    /// Where the body comes from.
    pub body_from: Option<BodyFrom>,
    /// How much of the story there is.
    pub completeness: Completeness,
    /// Wire structure.
    #[serde(with = "whole_wire")]
    pub wire: Wire,
    /// What each part of the body is for.
    pub sections: Vec<Section>,
    /// Addresses of pictures.
    pub images: Vec<String>,
    /// Attached media.
    pub enclosures: Vec<Enclosure>,
    /// Categories as published.
    pub categories: Vec<String>,
    /// Who is named as author.
    pub authors: Vec<Author>,
    /// Rights as published.
    pub rights: Option<String>,
    /// Name of the site, where a page gives it.
    pub site: Option<String>,
    /// Problems met on the way.
    pub issues: Vec<Issue>,
}

/// The wire structure with what records leave out.
mod whole_wire {
    use super::{Credit, Notice, Wire};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::borrow::Cow;

    #[derive(Serialize, Deserialize)]
    struct Whole<'a> {
        #[serde(flatten)]
        published: Cow<'a, Wire>,
        notice: Option<Notice>,
        withdraws: Cow<'a, Option<String>>,
        credits: Cow<'a, [Credit]>,
    }

    pub(super) fn serialize<S: Serializer>(wire: &Wire, serializer: S) -> Result<S::Ok, S::Error> {
        let (withdraws, credits) = (Cow::Borrowed(&wire.withdraws), Cow::Borrowed(wire.credits.as_slice()));
        Whole { published: Cow::Borrowed(wire), notice: wire.notice, withdraws, credits }.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Wire, D::Error> {
        let Whole { published, notice, withdraws, credits } = Whole::deserialize(deserializer)?;
        let (withdraws, credits) = (withdraws.into_owned(), credits.into_owned());
        Ok(Wire { notice, withdraws, credits, ..published.into_owned() })
    }
}

impl Article {
    /// An article with nothing but its name.
    pub fn new(id: ItemId, feed: FeedId) -> Self {
        Self {
            id,
            feed,
            feed_title: None,
            feed_url: None,
            publisher_country: None,
            url: None,
            guid: None,
            canonical_url: None,
            published: None,
            updated: None,
            published_raw: None,
            observed: None,
            language: None,
            language_from: None,
            headline: None,
            summary: None,
            body: String::new(),
            body_from: None,
            completeness: Completeness::HeadlineOnly,
            wire: Wire::default(),
            sections: Vec::new(),
            images: Vec::new(),
            enclosures: Vec::new(),
            categories: Vec::new(),
            authors: Vec::new(),
            rights: None,
            site: None,
            issues: Vec::new(),
        }
    }

    /// The spans of the paragraphs of the body, in order.
    pub fn paragraphs(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        let (mut start, mut line) = (0, 0);
        while let Some(rest) = self.body.get(line..) {
            let end = rest.find('\n').map(|end| line + end);
            if let Some(end) = end
                && self.body.as_bytes().get(end + 1) != Some(&b'\n')
            {
                line = end + 1;
                continue;
            }
            let span = Span::body(start, end.unwrap_or(self.body.len()));
            if span.of(&self.body).is_some_and(|paragraph| !paragraph.trim().is_empty()) {
                spans.push(span);
            }
            start = span.end + 2;
            line = start;
        }
        spans
    }

    /// The local date of publication, or of the last change where only that is said: Atom requires no more.
    pub fn published_on(&self) -> Option<jiff::civil::Date> {
        self.published.or(self.updated).map(|time| time.local_date())
    }

    /// The date that undated statements mean: the dateline's, else that of publication.
    pub fn date(&self) -> Option<jiff::civil::Date> {
        let dateline = self.wire.dateline.as_ref().and_then(|dateline| dateline.date);
        dateline.or_else(|| self.published_on())
    }

    /// Takes up standing paragraphs that were learnt, in text order: each is a section of its own, cut out of the one
    /// that it stood in.
    pub fn stand(&mut self, standing: Vec<Section>) {
        let mut standing = standing.into_iter().peekable();
        let paragraphs = self.paragraphs();
        let mut sections: Vec<Section> = Vec::with_capacity(self.sections.len() + 2 * standing.len());
        for section in std::mem::take(&mut self.sections) {
            if !standing.peek().is_some_and(|next| section.span.contains(&next.span)) {
                sections.push(section);
                continue;
            }
            let first = paragraphs.partition_point(|paragraph| paragraph.start < section.span.start);
            let inside = paragraphs.iter().skip(first).take_while(|paragraph| paragraph.end <= section.span.end);
            let mut open = false;
            for paragraph in inside {
                let next = standing.next_if(|next| next.span == *paragraph);
                match (next, sections.last_mut()) {
                    (Some(next), _) => {
                        open = false;
                        sections.push(Section { heading: section.heading.clone(), ..next });
                    }
                    (None, Some(last)) if open => last.span.end = paragraph.end,
                    (None, _) => {
                        open = true;
                        sections.push(Section { span: *paragraph, ..section.clone() });
                    }
                }
            }
        }
        self.sections = sections;
    }

    /// Whether this place of the body is no part of the story's own news.
    pub fn is_background(&self, span: &Span) -> bool {
        matches!(self.section_kind(span), Some(SectionKind::Background | SectionKind::Boilerplate))
    }

    /// The kind of section that holds this place of the body.
    pub fn section_kind(&self, span: &Span) -> Option<SectionKind> {
        self.sections.iter().find(|section| section.span.contains(span)).map(|section| section.kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str) {
        let mut article = Article::new(ItemId("f:1".to_owned()), FeedId("f".to_owned()));
        article.body = body.to_owned();
        let spans = article.paragraphs();
        let found: Vec<&str> = spans.iter().filter_map(|span| span.of(body)).collect();
        let expected: Vec<&str> = body.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).collect();
        assert_eq!(found, expected, "{body:?}");
    }

    #[test]
    fn a_blank_line_ends_a_paragraph_and_no_other_line_does() {
        check("");
        check("One.");
        check("One.\n\nTwo\nlines.\n\nThree.");
        check("\n\n\nOne.\n\n\nTwo.\n\n \n\nThree.\n");
        check("One.\n\n");
        check("\n");
        check("é\n\n\n\n中");
    }
}
