//! Which topic, which key and which headers a record gets.
//!
//! What comes in is the value and where it comes from, what goes out is a [`Record`]. Everything here is a function of
//! the intake frame: a batch that is made again after a doubtful commit has the same keys, ids and times, so that a
//! reader of an at-least-once topic can tell a repeat by `ce_source` and `ce_id`.

use super::Format;
use crate::model::{FeedId, Hash, Origin, Record, Topic, Trace};
use jiff::Timestamp;
use serde::Serialize;

/// First part of every `ce_type`, in reverse-DNS form.
const TYPE_PREFIX: &str = "org.dateline";

/// Where the JSON Schemas have their names; the same strings are the `$id` of what `dateline schema` prints.
const SCHEMA_BASE: &str = "https://dateline.example/schemas";

/// Where a record comes from, and under which policy it is written.
#[derive(Debug, Clone)]
pub struct Stamp<'a> {
    /// The place in the intake log.
    pub origin: &'a Origin,
    /// 0, or the number of replays that operators asked for.
    pub generation: u32,
    /// The content of the revision; for what is no revision (status, event, dead letter) it is not read.
    pub hash: &'a Hash,
    /// When the frame was observed.
    pub observed: Timestamp,
    /// Whether records carry the body text.
    pub publish_body: bool,
    /// How articles are written.
    pub format: Format,
    /// The share of traces that are marked as sampled.
    pub sampled: f64,
    /// `dateline/0.1.0`.
    pub program: &'a str,
}

/// The kinds of happening that records tell of; the CloudEvents `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happening {
    ArticlePublished,
    ArticleUpdated,
    ArticleWithdrawn,
    CovidObservation,
    StoryChanged,
    StoryForgotten,
    FeedStatus,
    FeedEvent,
    DeadLetter,
}

impl Happening {
    /// Every kind.
    pub(super) const ALL: [Happening; 9] = [
        Happening::ArticlePublished,
        Happening::ArticleUpdated,
        Happening::ArticleWithdrawn,
        Happening::CovidObservation,
        Happening::StoryChanged,
        Happening::StoryForgotten,
        Happening::FeedStatus,
        Happening::FeedEvent,
        Happening::DeadLetter,
    ];

    /// The `ce_type`: `org.dateline.article.published.v1`.
    pub(super) fn name(self) -> String {
        format!("{TYPE_PREFIX}.{}.v1", self.word())
    }

    /// What tells it apart: `article.published`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Happening::ArticlePublished => "article.published",
            Happening::ArticleUpdated => "article.updated",
            Happening::ArticleWithdrawn => "article.withdrawn",
            Happening::CovidObservation => "covid.observation",
            Happening::StoryChanged => "story.changed",
            Happening::StoryForgotten => "story.forgotten",
            Happening::FeedStatus => "feed.status",
            Happening::FeedEvent => "feed.event",
            Happening::DeadLetter => "dead-letter",
        }
    }

    /// Where it is told of.
    pub(super) fn topic(self) -> Topic {
        match self {
            Happening::ArticlePublished | Happening::ArticleUpdated | Happening::ArticleWithdrawn => Topic::Articles,
            Happening::CovidObservation => Topic::CovidStats,
            Happening::StoryChanged | Happening::StoryForgotten => Topic::Stories,
            Happening::FeedStatus => Topic::FeedStatus,
            Happening::FeedEvent => Topic::Events,
            Happening::DeadLetter => Topic::DeadLetters,
        }
    }
}

/// What the headers name beside the stamp.
pub(super) struct Label<'a> {
    pub(super) topic: Topic,
    pub(super) key: &'a str,
    pub(super) happening: Happening,
    /// `ce_id`, unique within the feed.
    pub(super) id: String,
    pub(super) feed: &'a FeedId,
    /// What it is about: an item, a story or a feed.
    pub(super) subject: &'a str,
    /// Header `item`: the item, or the feed where there is none.
    pub(super) item: &'a str,
    /// Header `rev`; 0 for what is no revision.
    pub(super) revision: u32,
    pub(super) hash: &'a Hash,
    /// Name of the value's schema, as `article/1`; none for bytes and tombstones.
    pub(super) schema: Option<&'a str>,
}

/// The address that names a schema: `https://dateline.example/schemas/article-1.json` for `article/1`.
pub(super) fn schema_address(schema: &str) -> String {
    format!("{SCHEMA_BASE}/{}.json", schema.replace('/', "-"))
}

/// A record with a JSON value.
pub(super) fn json(stamp: &Stamp<'_>, label: &Label<'_>, value: &impl Serialize) -> Record {
    json_of_about(0, stamp, label, value)
}

/// A record with a JSON value of about so many bytes.
pub(super) fn json_of_about(bytes: usize, stamp: &Stamp<'_>, label: &Label<'_>, value: &impl Serialize) -> Record {
    let mut json = Vec::with_capacity(bytes.max(1 << 10));
    serde_json::to_writer(&mut json, value).expect("record values have string keys and finite numbers");
    record(stamp, label, Some(json), "application/json")
}

/// A record with this value, or a tombstone.
pub(super) fn record(stamp: &Stamp<'_>, label: &Label<'_>, value: Option<Vec<u8>>, content_type: &str) -> Record {
    let origin = stamp.origin.to_string();
    let trace = Trace::of_origin(&origin);
    let facts = Facts {
        id: &label.id,
        feed: &label.feed.0,
        happening: &label.happening.name(),
        subject: label.subject,
        observed: &stamp.observed.to_string(),
        schema: label.schema,
        key: label.key,
        revision: label.revision,
        content_type,
        item: label.item,
        hash: &label.hash.0,
        is_sampled: trace.is_sampled(stamp.sampled),
        origin: &origin,
        generation: stamp.generation,
    };
    Record { topic: label.topic, key: label.key.to_owned(), headers: headers_in(&trace, &facts), value }
}

/// What the headers of a record say, each thing once. A line of a topic file holds no more, and they can all be had
/// from it.
pub(super) struct Facts<'a> {
    pub(super) id: &'a str,
    pub(super) feed: &'a str,
    pub(super) happening: &'a str,
    pub(super) subject: &'a str,
    pub(super) observed: &'a str,
    pub(super) schema: Option<&'a str>,
    pub(super) key: &'a str,
    pub(super) revision: u32,
    pub(super) content_type: &'a str,
    pub(super) item: &'a str,
    pub(super) hash: &'a str,
    pub(super) origin: &'a str,
    pub(super) generation: u32,
    pub(super) is_sampled: bool,
}

/// Headers of a record at most.
const HEADERS: usize = 18;

/// The headers, in the order in which every record has them.
pub(super) fn headers(facts: &Facts<'_>) -> Vec<(String, String)> {
    headers_in(&Trace::of_origin(facts.origin), facts)
}

fn headers_in(trace: &Trace, facts: &Facts<'_>) -> Vec<(String, String)> {
    let trace = trace.parent(&trace.span_of_record(facts.origin, facts.id), facts.is_sampled);
    let mut headers = Vec::with_capacity(HEADERS);
    headers.extend([
        pair("ce_specversion", "1.0"),
        pair("ce_id", facts.id),
        owned("ce_source", format!("/feeds/{}", facts.feed)),
        pair("ce_type", facts.happening),
        pair("ce_subject", facts.subject),
        pair("ce_time", facts.observed),
        // The frame's time too: a clock read here would give a repeat of the record other bytes.
        pair("ce_recordedtime", facts.observed),
    ]);
    if let Some(schema) = facts.schema {
        headers.push(owned("ce_dataschema", schema_address(schema)));
    }
    headers.extend([
        pair("ce_partitionkey", facts.key),
        // The CloudEvents sequence extension wants text that sorts as it counts.
        owned("ce_sequence", format!("{:010}", facts.revision)),
        pair("ce_traceparent", &trace),
        pair("content-type", facts.content_type),
        pair("traceparent", &trace),
        pair("item", facts.item),
        owned("rev", facts.revision.to_string()),
        pair("hash", facts.hash),
        pair("origin", facts.origin),
        owned("generation", facts.generation.to_string()),
    ]);
    headers
}

fn pair(name: &str, value: &str) -> (String, String) {
    owned(name, value.to_owned())
}

fn owned(name: &str, value: String) -> (String, String) {
    (name.to_owned(), value)
}
