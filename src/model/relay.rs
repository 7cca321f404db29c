//! What the roles hand to each other over a broker: one thing of a frame a record. Internal, and free to change with its
//! version; readers of the public topics never meet it.

use crate::model::{Content, DeadLetter, Enriched, Feed, Observed, Origin, public_address};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Version of both forms.
pub const RELAY_VERSION: u8 = 1;

/// `wire.raw.v1`: one thing of a frame, as its fetcher observed it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RawRecord {
    /// Version of this form: 1.
    pub v: u8,
    /// The feed's definition that was in force, its title and its backfill resolved, see [`Feed::to_travel`].
    pub feed: Feed,
    /// Its place in the fetcher's intake.
    pub origin: Origin,
    /// When the frame was observed.
    pub at: Timestamp,
    /// What it is.
    pub content: Content,
}

impl RawRecord {
    /// One thing of a frame, without what only its fetcher may know.
    pub fn new(feed: &Feed, origin: Origin, at: Timestamp, mut content: Content) -> Self {
        if let Content::Unreadable(letter) = &mut content {
            letter.url = letter.url.as_deref().and_then(public_address);
        }
        Self { v: RELAY_VERSION, feed: feed.to_travel(), origin, at, content }
    }
}

/// `wire.enriched.v1`: the same, read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EnrichedRecord {
    /// Version of this form: 1.
    pub v: u8,
    /// As in the raw record.
    pub feed: Feed,
    /// As in the raw record.
    pub origin: Origin,
    /// As in the raw record.
    pub at: Timestamp,
    /// What it is.
    pub content: EnrichedContent,
}

/// One thing of a frame, ready to be decided about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EnrichedContent {
    /// A revision, as far as deciding needs it, and what it says, or why it could not be read.
    Item {
        /// Without its page and its content, see [`EnrichedContent::item`].
        observed: Box<Observed>,
        /// What it says.
        enriched: Result<Box<Enriched>, Box<DeadLetter>>,
    },
    /// Anything else, as it was.
    Other(Content),
}

impl EnrichedContent {
    /// A revision without what has been read out of it: its page, its content and, unless the feed's filters ask for
    /// it, its summary.
    pub fn item(feed: &Feed, mut observed: Box<Observed>, enriched: Result<Box<Enriched>, Box<DeadLetter>>) -> Self {
        observed.page = None;
        observed.item.content = None;
        if feed.include.is_empty() && feed.exclude.is_empty() {
            observed.item.summary = None;
        }
        Self::Item { observed, enriched }
    }
}
