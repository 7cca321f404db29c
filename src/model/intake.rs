//! What the doorstep holds: everything observed, before anything is decided about it.

use crate::model::{EventRecord, FeedId, FeedStatusRecord, Hash, Issue, Item, ItemId, Stage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// The page behind an item, as it was served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The address that answered.
    pub url: String,
    /// Its bytes, after content decoding.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
    /// `Content-Type` as sent.
    pub content_type: Option<String>,
    /// Hash of the article text found on it and on those that go on with it: a change of it is a revision.
    pub hash: Hash,
    /// The pages that go on with its story, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Page>,
}

/// One revision of one item, complete: it and, where the feed wants pages, its page or the reason why there is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observed {
    /// The feed's entry.
    pub item: Item,
    /// The page behind it, if the feed wants pages and it could be had.
    pub page: Option<Page>,
    /// Why the page is missing, when it was wanted and could not be had.
    pub page_missing: Option<Issue>,
    /// Hash over item content and page text: names the content of this revision.
    pub hash: Hash,
    /// Seen in the first document that this daemon got of the feed: the feed's backfill policy applies, and this is
    /// the newest published instant of that document, from which it counts.
    pub first_sight: Option<Timestamp>,
}

impl Observed {
    /// Takes away what it says, for its publisher withdrew it; false when that was done before. Names, headline and
    /// hash stay.
    pub fn withdraw(&mut self) -> bool {
        if self.is_withdrawn() {
            return false;
        }
        let why = Issue::new(Stage::Intake, "withdrawn", "its publisher withdrew it, and its text was erased");
        self.page_missing = Some(why);
        self.page = None;
        self.item.content = None;
        self.item.summary = None;
        true
    }

    /// Whether what it said was taken away.
    pub fn is_withdrawn(&self) -> bool {
        self.page_missing.as_ref().is_some_and(|issue| issue.stage == Stage::Intake && issue.code == "withdrawn")
    }

    /// The hash of an item with or without its page.
    pub fn hash(item: &Item, page: Option<&Page>) -> Hash {
        let content = item.content_hash();
        match page {
            Some(page) => Hash::of_fields("v1:observed", [content.0.as_str(), page.hash.0.as_str()]),
            None => content,
        }
    }
}

/// One thing on the doorstep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    /// A revision of an item.
    Item(Box<Observed>),
    /// An item that still stands in its feed unchanged, so that it does not expire.
    Touch(ItemId),
    /// The feed's state changed.
    Status(Box<FeedStatusRecord>),
    /// Something happened that readers should know.
    Event(Box<EventRecord>),
    /// Bytes that could not be handled.
    Unreadable(DeadLetter),
}

/// Bytes that could not be handled, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// The key of what was being handled: an item id or a feed id.
    pub key: String,
    /// The feed concerned.
    pub feed: FeedId,
    /// Where it came from.
    pub url: Option<String>,
    /// The room that gave up.
    pub stage: Stage,
    /// The reason, from the closed list of issue codes.
    pub code: String,
    /// The reason, for a person.
    pub detail: String,
    /// The bytes, or their head.
    #[serde(with = "base64_bytes")]
    pub bytes: Vec<u8>,
    /// How many bytes there were in all.
    pub total_bytes: u64,
}

/// One durable row of the intake log: what one useful fetch brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Position in the log, from 1, rising by one.
    pub seq: u64,
    /// The feed.
    pub feed: FeedId,
    /// Which poll of the feed brought it, from 1.
    pub poll: u64,
    /// When it was observed.
    pub at: Timestamp,
    /// What it brought, in document order.
    pub contents: Vec<Content>,
    /// Its size in the log.
    pub bytes: usize,
}

/// Where a record comes from: which intake, which frame, which place in the frame. Header `origin`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Origin {
    /// The intake's UUID, made with its file.
    pub intake: String,
    /// The frame.
    pub seq: u64,
    /// The place in the frame.
    pub index: usize,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.intake, self.seq, self.index)
    }
}

/// The text names no place in an intake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no origin: INTAKE/FRAME/INDEX is expected")]
pub struct NotAnOrigin;

impl FromStr for Origin {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let (rest, index) = text.rsplit_once('/').ok_or(NotAnOrigin)?;
        let (intake, seq) = rest.rsplit_once('/').filter(|(intake, _)| !intake.is_empty()).ok_or(NotAnOrigin)?;
        let (Ok(seq), Ok(index)) = (seq.parse(), index.parse()) else { return Err(NotAnOrigin) };
        Ok(Self { intake: intake.to_owned(), seq, index })
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.to_string()
    }
}

impl TryFrom<String> for Origin {
    type Error = NotAnOrigin;

    fn try_from(text: String) -> Result<Self, NotAnOrigin> {
        text.parse()
    }
}

/// Bytes inside JSON, as lossless Latin-1 would be wasteful: standard base64.
mod base64_bytes {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
