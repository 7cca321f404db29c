//! Evidence: where in an article's text something stands.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which text of the article a [`Span`] points into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The body; the default, which records leave out.
    #[default]
    Body,
    /// The headline.
    Headline,
    /// The summary.
    Summary,
}

impl Field {
    /// Whether this is the default, so that serde can leave it out.
    pub fn is_body(&self) -> bool {
        matches!(self, Field::Body)
    }
}

/// A range of a text of the article, end exclusive.
///
/// Inside the program the unit is **bytes**, always on character boundaries, made only from positions that came from
/// the text itself. `publish::encode` alone turns them into the code-point offsets of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema)]
pub struct Span {
    /// Where it begins.
    pub start: usize,
    /// Where it ends, exclusive.
    pub end: usize,
    /// Which text it points into; absent in records when it is the body.
    #[serde(rename = "in", default, skip_serializing_if = "Field::is_body")]
    pub field: Field,
}

impl Span {
    /// A span of the body.
    pub fn body(start: usize, end: usize) -> Self {
        Self::new(Field::Body, start, end)
    }

    /// A span of the given text.
    pub fn new(field: Field, start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start, end, field }
    }

    /// The text it points at, if it lies within `text` on character boundaries.
    pub fn of<'t>(&self, text: &'t str) -> Option<&'t str> {
        text.get(self.start..self.end)
    }

    /// Whether `other` lies wholly within this span of the same text.
    pub fn contains(&self, other: &Span) -> bool {
        self.field == other.field && self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share at least one byte of the same text.
    pub fn overlaps(&self, other: &Span) -> bool {
        self.field == other.field && self.start < other.end && other.start < self.end
    }
}

/// Serialises an optional span as the pair `[start, end]`, as in `covid.observations[].spans`.
pub mod pair {
    use super::{Field, Span};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// `[start, end]` or null.
    pub fn serialize<S: Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
        span.map(|span| [span.start, span.end]).serialize(serializer)
    }

    /// The field is not in the pair; the reader knows it from the observation.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Span>, D::Error> {
        let pair = Option::<[usize; 2]>::deserialize(deserializer)?;
        Ok(pair.map(|[start, end]| Span { start, end, field: Field::Body }))
    }
}
