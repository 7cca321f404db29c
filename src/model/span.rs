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

/// Turns byte offsets of one text into code-point offsets, each in constant time after one pass over the text.
///
/// The records count code points, the program counts bytes: without this every span would cost a walk from the start
/// of the text, which is quadratic in a hostile article.
#[derive(Debug, Clone)]
pub struct CodePoints<'t> {
    text: &'t [u8],
    /// Characters that begin before byte `i * STRIDE`; none for ASCII, where the two counts are one.
    marks: Option<Vec<usize>>,
}

/// Bytes between two marks: a table of an eighth of a byte per byte of text, and at most this many bytes to walk.
const STRIDE: usize = 64;

impl<'t> CodePoints<'t> {
    /// Counts the characters of a text.
    pub fn new(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self { text: text.as_bytes(), marks: None };
        }
        let mut marks = Vec::with_capacity(text.len() / STRIDE + 1);
        let mut count = 0;
        for chunk in text.as_bytes().chunks(STRIDE) {
            marks.push(count);
            count += characters(chunk);
        }
        marks.push(count);
        Self { text: text.as_bytes(), marks: Some(marks) }
    }

    /// The number of characters that begin before this byte; a byte behind the end counts as the end.
    pub fn of(&self, byte: usize) -> usize {
        let byte = byte.min(self.text.len());
        let Some(marks) = &self.marks else { return byte };
        let mark = byte / STRIDE;
        let walked = self.text.get(mark * STRIDE..byte).map_or(0, characters);
        marks.get(mark).copied().unwrap_or(0) + walked
    }

    /// The span in code points.
    pub fn span(&self, span: Span) -> Span {
        Span { start: self.of(span.start), end: self.of(span.end), field: span.field }
    }
}

/// Every byte of UTF-8 but a continuation byte (`10xxxxxx`) begins a character.
fn characters(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| (**byte & 0xC0) != 0x80).count()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str) {
        let code_points = CodePoints::new(text);
        for (count, (byte, _)) in text.char_indices().enumerate() {
            assert_eq!(code_points.of(byte), count, "byte {byte} of {text:?}");
        }
        assert_eq!(code_points.of(text.len()), text.chars().count());
        assert_eq!(code_points.of(usize::MAX), text.chars().count());
    }

    #[test]
    fn every_byte_offset_becomes_its_code_point_offset() {
        check("");
        check("plain");
        check("«Ёлки», сказал он – 23 660 случаев 🦠.");
        check(&"é".repeat(STRIDE));
        check(&"a€".repeat(3 * STRIDE));
        check(&format!("{}é{}", "a".repeat(STRIDE - 1), "b".repeat(STRIDE)));
    }
}
