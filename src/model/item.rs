//! One feed entry, whatever the format, still dirty.

use crate::model::{FeedId, Hash, Issue, Rhythm, StatedTime, squeeze};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

/// The stable name of an item: `<feed>:<16 hex digits>` of BLAKE3 over its guid, else its link, else its content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct ItemId(pub String);

impl ItemId {
    /// The id of the item that `identity` (guid, canonical link or content hash) names within a feed.
    pub fn new(feed: &FeedId, identity: &str) -> Self {
        Self(format!("{feed}:{}", Hash::of_fields("v1:id", [identity]).short(16)))
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Somebody who wrote or sent an item.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Author {
    /// The name as written.
    pub name: Option<String>,
    /// The mail address.
    pub email: Option<String>,
    /// A page about the author.
    pub uri: Option<String>,
}

/// An attached medium.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Enclosure {
    /// Absolute address.
    pub url: String,
    /// MIME type as stated.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Bytes as stated.
    pub length: Option<u64>,
}

/// Which dates of an item name no zone, where nothing in its feed tells one either: they are read as UTC until the feed's
/// clock is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WithoutZone {
    /// Its publication.
    pub published: bool,
    /// Its last change.
    pub updated: bool,
}

impl WithoutZone {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// One entry of a feed with its fields in place; text is markup as published, after repair.
///
/// This is what the intake log keeps, so fields are only ever added, with a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Its stable name within the feed.
    pub id: ItemId,
    /// The feed it stands in.
    pub feed: FeedId,
    /// guid or id as published.
    pub guid: Option<String>,
    /// Link as published, made absolute.
    pub link: Option<String>,
    /// Headline; plain text.
    pub title: Option<String>,
    /// Summary or description; markup.
    pub summary: Option<String>,
    /// Full content where the feed carries it; markup.
    pub content: Option<String>,
    /// Who is named as author.
    #[serde(default)]
    pub authors: Vec<Author>,
    /// The publisher's claim of first publication.
    pub published: Option<StatedTime>,
    /// The publisher's claim of last change.
    pub updated: Option<StatedTime>,
    /// The date as written, when it could not be read or leaves something open.
    pub published_raw: Option<String>,
    /// Dates whose zone nothing tells.
    #[serde(default, skip_serializing_if = "WithoutZone::is_none")]
    pub without_zone: WithoutZone,
    /// Categories as written.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Attached media that are not pictures.
    #[serde(default)]
    pub enclosures: Vec<Enclosure>,
    /// Addresses of pictures.
    #[serde(default)]
    pub images: Vec<String>,
    /// The feed or agency that the item says it comes from.
    pub source: Option<String>,
    /// Language of the entry or of its feed, as the markup states it.
    pub language: Option<String>,
    /// Address of its comments.
    pub comments: Option<String>,
    /// Rights as stated.
    pub rights: Option<String>,
    /// The feed says that it was deleted (RFC 6721), and this is all that it says of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// What went wrong while reading it.
    #[serde(default)]
    pub issues: Vec<Issue>,
}

impl Item {
    /// An item with nothing but its name.
    pub fn new(id: ItemId, feed: FeedId) -> Self {
        Self {
            id,
            feed,
            guid: None,
            link: None,
            title: None,
            summary: None,
            content: None,
            authors: Vec::new(),
            published: None,
            updated: None,
            published_raw: None,
            without_zone: WithoutZone::default(),
            categories: Vec::new(),
            enclosures: Vec::new(),
            images: Vec::new(),
            source: None,
            language: None,
            comments: None,
            rights: None,
            deleted: false,
            issues: Vec::new(),
        }
    }

    /// Hash of the canonical form of its content: a change of it is a revision. White space counts for nothing, and
    /// neither do times of change, comment addresses and problems.
    pub fn content_hash(&self) -> Hash {
        let texts =
            [&self.title, &self.summary, &self.content].map(|text| squeeze(text.as_deref().unwrap_or_default()));
        // As written, where the zone was inferred: that may come out differently tomorrow, and is no revision.
        let published = match &self.published_raw {
            Some(raw) => raw.clone(),
            None => self.published.map(|time| time.to_string()).unwrap_or_default(),
        };
        let stated = [self.link.as_deref(), Some(published.as_str()), self.source.as_deref()];
        let fields = texts.iter().map(Cow::as_ref).chain(stated.map(Option::unwrap_or_default));
        let authors = self.authors.iter().filter_map(|author| author.name.as_deref());
        let enclosures = self.enclosures.iter().map(|enclosure| enclosure.url.as_str());
        Hash::of_fields(
            if self.deleted { "v1:deleted" } else { "v1:item" },
            fields.chain(authors).chain(self.categories.iter().map(String::as_str)).chain(enclosures),
        )
    }
}

/// What a feed document says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct FeedHead {
    /// Its title.
    pub title: Option<String>,
    /// Its website.
    pub link: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its language.
    pub language: Option<String>,
    /// When it says it was last changed.
    pub updated: Option<StatedTime>,
    /// Its own id.
    pub id: Option<String>,
    /// Minutes that readers should wait between polls (RSS `ttl`).
    pub ttl_minutes: Option<u32>,
    /// What else it says about when to ask for it again.
    #[serde(default, skip_serializing_if = "Rhythm::is_silent")]
    pub rhythm: Rhythm,
}
