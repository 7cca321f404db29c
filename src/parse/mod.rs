//! Bytes to items and problems: one bad entry never costs the others.

use crate::model::{Feed, FeedHead, Fetched, Issue, Item};

/// What a feed document holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// What it says of itself.
    pub head: FeedHead,
    /// Its entries in document order.
    pub items: Vec<Item>,
    /// What went wrong; the items are the good part.
    pub issues: Vec<Issue>,
}

/// Nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .0.code, .0.detail)]
pub struct ParseError(pub Issue);

/// Reads a feed document of any format.
pub fn feed(_feed: &Feed, _fetched: &Fetched) -> Result<Parsed, ParseError> {
    unimplemented!()
}
