//! The public wire form: what a consumer downstream reads. Only `publish::encode` makes these.
//!
//! All offsets in these types are Unicode code points, end exclusive. A field that is not known is null, never a guess.

use crate::model::{
    AsOfHow, Author, BodyFrom, Change, Completeness, Contradiction, Covid, Duplicate, Enclosure, Entity, FeedId, Field,
    FieldChange, Issue, ItemId, Kind, LanguageFrom, Metric, Number, Period, PlaceHow, PlaceKind, Qualifier, Quote,
    Section, Series, SourceType, StatedTime, Statistic, Status, Subset, Unit, Value, Wire, Withdrawal,
};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The topics, without the configured prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// One revision of one item, enriched. Key: item id.
    Articles,
    /// One claim, asserted or retracted. Key: item id.
    CovidStats,
    /// One story. Key: story id; compacted.
    Stories,
    /// What the daemon knows of a feed. Key: feed id; compacted.
    FeedStatus,
    /// Gaps, moves and the like. Key: feed id.
    Events,
    /// Bytes that could not be handled. Key: the original key.
    DeadLetters,
    /// Internal state; compacted.
    State,
    /// Between roles: the definitions of the feeds. Key: feed id; compacted.
    Feeds,
    /// Between roles: what fetchers observed. Key: feed id.
    Raw,
    /// Between roles: what fetchers know of their feeds; compacted.
    FetchState,
    /// Between roles: what was read out of it. Key: the feed's domain.
    Enriched,
    /// Between roles: what decisions rest on; compacted.
    DedupState,
    /// Between roles: what each worker tells of itself. Key: role and instance; compacted.
    Workers,
}

impl Topic {
    /// Every topic that readers read.
    pub const PUBLIC: [Topic; 6] =
        [Topic::Articles, Topic::CovidStats, Topic::Stories, Topic::FeedStatus, Topic::Events, Topic::DeadLetters];

    /// The topics between the roles, which only this program reads.
    pub const INTERNAL: [Topic; 6] =
        [Topic::Feeds, Topic::Raw, Topic::FetchState, Topic::Enriched, Topic::DedupState, Topic::Workers];

    /// Whether readers read it.
    pub fn is_public(self) -> bool {
        Self::PUBLIC.contains(&self)
    }

    /// The name without prefix: `articles.v1`.
    pub fn suffix(self) -> &'static str {
        match self {
            Topic::Articles => "articles.v1",
            Topic::CovidStats => "covid-stats.v1",
            Topic::Stories => "stories.v1",
            Topic::FeedStatus => "feed-status.v1",
            Topic::Events => "events.v1",
            Topic::DeadLetters => "dead-letters.v1",
            Topic::State => "state.v1",
            Topic::Feeds => "feeds.v1",
            Topic::Raw => "raw.v1",
            Topic::FetchState => "fetch-state.v1",
            Topic::Enriched => "enriched.v1",
            Topic::DedupState => "dedup-state.v1",
            Topic::Workers => "workers.v1",
        }
    }

    /// The whole name: `wire.articles.v1`.
    pub fn name(self, prefix: &str) -> String {
        format!("{prefix}.{}", self.suffix())
    }

    /// Whether the topic keeps the last record of each key only.
    pub fn compacted(self) -> bool {
        matches!(
            self,
            Topic::Stories
                | Topic::FeedStatus
                | Topic::State
                | Topic::Feeds
                | Topic::FetchState
                | Topic::DedupState
                | Topic::Workers
        )
    }
}

/// One record, ready for a sink.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Where it goes.
    pub topic: Topic,
    /// Its key.
    pub key: String,
    /// Its headers, in order; values are text in UTF-8.
    pub headers: Vec<(String, String)>,
    /// JSON (for dead letters the original bytes); none for a tombstone.
    pub value: Option<Vec<u8>>,
}

impl Record {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// The feed, as an article names it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedRef {
    /// The operator's name for it.
    pub id: FeedId,
    /// Its title.
    pub title: Option<String>,
    /// Its address, without user info, query values and fragment.
    pub url: Option<String>,
}

/// Which program, model and language pack made a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProducedBy {
    /// `dateline/0.1.0`.
    pub program: String,
    /// The entity tagger: `rules/1`.
    pub model: Option<String>,
    /// The language pack: `en/1`; null when the language has none.
    pub language_pack: Option<String>,
}

/// `wire.articles.v1`: one revision of one item, enriched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArticleRecord {
    /// `article/1`.
    pub schema: String,
    /// Stable item id.
    pub id: ItemId,
    /// 1, 2, 3 …
    pub revision: u32,
    /// What kind of revision.
    pub change: Change,
    /// The previous revision.
    pub supersedes: Option<u32>,
    /// Which fields changed since the previous revision.
    pub changes: Vec<FieldChange>,
    /// The feed.
    pub feed: FeedRef,
    /// Link as published.
    pub url: Option<String>,
    /// guid as published.
    pub guid: Option<String>,
    /// Link without tracking parameters and redirects.
    pub canonical_url: Option<String>,
    /// The publisher's claim of first publication.
    pub published: Option<StatedTime>,
    /// The publisher's claim of last change.
    pub updated: Option<StatedTime>,
    /// The instant of `published`, for sorting.
    #[schemars(with = "Option<String>")]
    pub published_utc: Option<Timestamp>,
    /// The date as written, when it could not be read or leaves something open.
    pub published_raw: Option<String>,
    /// When this daemon first held this revision.
    #[schemars(with = "Option<String>")]
    pub observed: Option<Timestamp>,
    /// BCP 47.
    pub language: Option<String>,
    /// Where the language is known from.
    pub language_from: Option<LanguageFrom>,
    /// Plain text.
    pub headline: Option<String>,
    /// Plain text.
    pub summary: Option<String>,
    /// Paragraphs joined by a blank line; null when the operator does not publish bodies.
    pub body: Option<String>,
    /// Where the body comes from.
    pub body_from: Option<BodyFrom>,
    /// How much of the story there is.
    pub completeness: Completeness,
    /// Wire structure.
    pub wire: Wire,
    /// What each part of the body is for.
    pub sections: Vec<Section>,
    /// Who said what.
    pub quotes: Vec<Quote>,
    /// Who and what is named.
    pub entities: Vec<Entity>,
    /// Dates, money, percentages, quantities.
    pub values: Vec<Value>,
    /// COVID-19 statistics.
    pub covid: Covid,
    /// Copy or original.
    pub duplicate: Duplicate,
    /// Of a notice: the items that it withdraws, each with the revision that says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdraws: Vec<Withdrawal>,
    /// Of a kill that another item told: that notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub withdrawn_by: Option<ItemId>,
    /// Addresses of pictures.
    pub images: Vec<String>,
    /// Attached media.
    pub enclosures: Vec<Enclosure>,
    /// Categories as published.
    pub categories: Vec<String>,
    /// Authors as published.
    pub authors: Vec<Author>,
    /// Rights as published.
    pub rights: Option<String>,
    /// Always true: text from outside.
    pub untrusted: bool,
    /// Problems met on the way.
    pub issues: Vec<Issue>,
    /// Who made this record.
    pub produced_by: ProducedBy,
}

/// Whether a claim holds or no longer holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// It holds from this revision on.
    Assert,
    /// It no longer holds.
    Retract,
}

/// `wire.covid-stats.v1`: one claim, self-contained and flat, for table engines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimRecord {
    /// `claim/1`.
    pub schema: String,
    /// Asserted or retracted.
    pub op: Op,
    /// `<item>/<observation id>`.
    pub id: String,
    /// Revision whose claim this replaces.
    pub supersedes: Option<u32>,
    /// Where it stands.
    pub item: ItemId,
    /// The revision that says so.
    pub revision: u32,
    /// The feed.
    pub feed: FeedId,
    /// The agency.
    pub agency: Option<String>,
    /// Link as published.
    pub url: Option<String>,
    /// Headline of the story.
    pub headline: Option<String>,
    /// The publisher's claim of first publication.
    pub published: Option<StatedTime>,
    /// When this daemon first held this revision.
    #[schemars(with = "Option<String>")]
    pub observed: Option<Timestamp>,
    /// `COVID-19`, or another one that was asked for.
    pub disease: String,
    /// The disease in the Human Disease Ontology: `DOID:0080600`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disease_id: Option<String>,
    /// `location.name`.
    pub place: Option<String>,
    /// `location.kind`.
    pub place_kind: PlaceKind,
    /// `location.iso2`.
    pub iso2: Option<String>,
    /// `location.iso3`.
    pub iso3: Option<String>,
    /// `location.subdivision`.
    pub subdivision: Option<String>,
    /// `location.how`.
    pub place_how: PlaceHow,
    /// What is counted.
    pub metric: Metric,
    /// The value.
    pub value: Option<Number>,
    /// Upper end of a range.
    pub value_max: Option<Number>,
    /// Unit.
    pub unit: Unit,
    /// Population base.
    pub per: Option<u64>,
    /// Bound.
    pub qualifier: Qualifier,
    /// Cumulative, new or current.
    pub kind: Kind,
    /// Period of a new figure.
    pub period: Option<Period>,
    /// `average` for means.
    pub statistic: Option<Statistic>,
    /// Part of the population.
    pub subset: Vec<Subset>,
    /// `as_of.date`.
    pub as_of: Option<String>,
    /// `as_of.how`.
    pub as_of_how: AsOfHow,
    /// Rank.
    pub rank: Option<u32>,
    /// Among what.
    pub rank_scope: Option<String>,
    /// `source.name`.
    pub source: Option<String>,
    /// `source.type`.
    pub source_type: Option<SourceType>,
    /// Reported, estimated and so on.
    pub status: Status,
    /// The sentence itself.
    pub sentence: String,
    /// Which text of the article the offsets point into; absent when it is the body.
    #[serde(rename = "in", default, skip_serializing_if = "Field::is_body")]
    pub field: Field,
    /// Where the sentence begins.
    pub sentence_start: usize,
    /// Where it ends, exclusive.
    pub sentence_end: usize,
    /// The number expression itself.
    pub value_text: Option<String>,
    /// In a standing background paragraph.
    pub in_background: bool,
    /// 0 to 1.
    pub confidence: f64,
    /// The rule that produced it.
    pub rule: String,
    /// What speaks against it.
    pub plausibility: Vec<Contradiction>,
    /// How it stands to what was known.
    pub series: Option<Series>,
}

impl ClaimRecord {
    /// The observation's id: the claim's is `<item>/<observation id>`.
    pub fn observation(&self) -> &str {
        self.id.strip_prefix(&self.item.0).map_or(self.id.as_str(), |rest| rest.trim_start_matches('/'))
    }
}

/// `wire.stories.v1`: one story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StoryRecord {
    /// `story/1`.
    pub schema: String,
    /// The story: id of its first item.
    pub id: String,
    /// The item it goes back to.
    pub origin: ItemId,
    /// Its items in the order seen.
    pub members: Vec<ItemId>,
    /// Its agencies in the order seen.
    pub agencies: Vec<String>,
    /// When it was first seen.
    #[schemars(with = "String")]
    pub first_seen: Timestamp,
    /// Headline of the fullest copy.
    pub headline: Option<String>,
    /// The story that it turned out to be a part of; nothing joins it any more.
    pub merged_into: Option<String>,
    /// Stories that turned out to be parts of it.
    pub merged: Vec<String>,
    /// The story that its first item was taken out of, when a revision told of something else.
    pub split_from: Option<String>,
}

/// The state of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FeedState {
    /// Not polled yet.
    Waiting,
    /// The last poll went well.
    Active,
    /// The last polls failed; polled less often.
    BackingOff,
    /// The server said 410: polling has ended.
    Gone,
    /// It broke the parser repeatedly; polled rarely.
    Quarantined,
    /// It has failed for so long that it is polled as rarely as may be.
    GivenUp,
}

/// `wire.feed-status.v1`: what the daemon knows of a feed; written when it changes, not at every poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeedStatusRecord {
    /// `feed-status/1`.
    pub schema: String,
    /// The feed.
    pub id: FeedId,
    /// Its title.
    pub title: Option<String>,
    /// Its address, without user info, query values and fragment.
    pub url: String,
    /// Its state.
    pub state: FeedState,
    /// Seconds between polls at present.
    pub interval_seconds: f64,
    /// Failures in a row.
    pub consecutive_errors: u32,
    /// The last error, while it lasts.
    pub last_error: Option<Issue>,
    /// Where it has moved for good, by the agreement of several polls; this address is asked from then on.
    pub moved_to: Option<String>,
    /// When this became so.
    #[schemars(with = "String")]
    pub at: Timestamp,
}

/// What happened to a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Items may have scrolled past between two polls.
    Gap,
    /// A permanent redirect.
    Moved,
    /// 410.
    Gone,
    /// Nothing new for much longer than usual.
    Silent,
    /// A 304 or an unchanged ETag over changed content.
    ValidatorsLie,
    /// Far more new items than usual.
    Flood,
    /// Well again after failures.
    Recovered,
}

/// `wire.events.v1`: something happened to a feed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventRecord {
    /// `event/1`.
    pub schema: String,
    /// The feed.
    pub feed: FeedId,
    /// What happened.
    pub kind: EventKind,
    /// For a person.
    pub detail: String,
    /// When.
    #[schemars(with = "String")]
    pub at: Timestamp,
}
