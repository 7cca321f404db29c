//! Item to article: plain text, language, resolved links and dates, wire structure.

mod boilerplate;
pub mod wire;

use crate::model::{Article, Feed, Hash, Observed, StatedTime};

/// Turns one observed revision into an article.
pub fn item(_feed: &Feed, _observed: &Observed) -> Article {
    unimplemented!()
}

/// Turns a web page into an article (`process --from page`).
pub fn page(_feed: &Feed, _url: Option<&str>, _content_type: Option<&str>, _bytes: &[u8]) -> Article {
    unimplemented!()
}

/// Hash of the article text on a page: a change of it is a revision. Surroundings (navigation, related links,
/// counters) do not count.
pub fn page_hash(_url: &str, _content_type: Option<&str>, _bytes: &[u8]) -> Hash {
    unimplemented!()
}

/// A document as `process --from ndjson` (and, without the text fields, `--from json`) gives it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The caller's id.
    pub id: String,
    /// Headline, plain text.
    pub headline: Option<String>,
    /// Clean text, taken as it is but for NFC and control characters; paragraphs parted by blank lines.
    pub text: Option<String>,
    /// Markup, where there is no text.
    pub html: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Publication.
    pub published: Option<StatedTime>,
    /// The document's address.
    pub url: Option<String>,
    /// When it was observed.
    pub observed: Option<jiff::Timestamp>,
    /// Agency, as a hint.
    pub agency: Option<String>,
}

/// Turns a caller's document into an article.
pub fn document(_feed: &Feed, _document: Document) -> Article {
    unimplemented!()
}
