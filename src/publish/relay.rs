//! The records between the roles, there and back.
//!
//! In come what a fetcher observed and what was read out of it, out go records, and the other way round. A record that
//! cannot be read is told with the reason, so that it goes to the dead letters and nothing waits for it.

#[cfg(feature = "kafka")]
use super::{Format, dead_letter, encode::Stamp};
#[cfg(feature = "kafka")]
use crate::model::Hash;
use crate::model::{
    Content, DeadLetter, EnrichedContent, EnrichedRecord, Feed, FeedId, ItemId, Origin, RELAY_VERSION, RawRecord,
    Record, Stage, Topic, Trace,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::error::Category;

/// How much of a record that cannot be read goes to the dead letters.
const LETTER_BYTES: usize = 64 << 10;

/// The longest reason in characters: it may repeat what stands in the record.
const LONGEST_DETAIL: usize = 300;

/// Why a record cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unreadable {
    /// From the closed list in `docs/RECORD.md`.
    pub code: &'static str,
    /// For a person.
    pub detail: String,
}

impl Unreadable {
    fn new(code: &'static str, detail: impl std::fmt::Display) -> Self {
        Self { code, detail: detail.to_string().chars().take(LONGEST_DETAIL).collect() }
    }

    /// The dead letter of the record, with the head of its bytes, from the room that should have read it; `feed` is what
    /// its header of that name says.
    pub fn letter(&self, stage: Stage, feed: &str, key: Option<&[u8]>, value: Option<&[u8]>) -> DeadLetter {
        let key = String::from_utf8_lossy(key.unwrap_or_default());
        let value = value.unwrap_or_default();
        DeadLetter {
            key: key.chars().take(LONGEST_DETAIL).collect(),
            feed: FeedId(feed.chars().take(LONGEST_DETAIL).collect()),
            url: None,
            stage,
            code: self.code.to_owned(),
            detail: self.detail.clone(),
            bytes: value.get(..LETTER_BYTES).unwrap_or(value).to_vec(),
            total_bytes: value.len() as u64,
        }
    }
}

/// What a fetcher observed, as a record; `sampled` is the share of traces that are marked as sampled.
pub fn raw(record: &RawRecord, sampled: f64) -> Record {
    let RawRecord { feed, origin, content, .. } = record;
    self::record(Topic::Raw, &feed.id.0, feed, origin, item_of(content), sampled, record)
}

/// The same, read.
pub fn enriched(record: &EnrichedRecord, sampled: f64) -> Record {
    let EnrichedRecord { feed, origin, content, .. } = record;
    let item = match content {
        EnrichedContent::Item { observed, .. } => Some(&observed.item.id),
        EnrichedContent::Other(content) => item_of(content),
    };
    self::record(Topic::Enriched, feed.domain(), feed, origin, item, sampled, record)
}

/// What a fetcher observed, from a record's key and value.
pub fn read_raw(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<RawRecord, Unreadable> {
    let record: RawRecord = read(value)?;
    fits(key, &record.feed.id.0)?;
    Ok(record)
}

/// The same, read, from a record's key and value.
pub fn read_enriched(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<EnrichedRecord, Unreadable> {
    let record: EnrichedRecord = read(value)?;
    fits(key, record.feed.domain())?;
    Ok(record)
}

/// The dead letter of one that its topic does not take; none of what is not handed on between roles.
#[cfg(feature = "kafka")]
pub(super) fn too_large(record: &Record, detail: &str) -> Option<Record> {
    let (key, value) = (Some(record.key.as_bytes()), record.value.as_deref());
    let (feed, origin, at, content) = match record.topic {
        Topic::Raw => read_raw(key, value).map(|raw| (raw.feed, raw.origin, raw.at, raw.content)).ok()?,
        Topic::Enriched => {
            let EnrichedRecord { feed, origin, at, content, .. } = read_enriched(key, value).ok()?;
            let content = match content {
                EnrichedContent::Item { observed, .. } => Content::Item(observed),
                EnrichedContent::Other(content) => content,
            };
            (feed, origin, at, content)
        }
        _ => return None,
    };
    let unreadable = Unreadable::new("record_too_large", detail);
    let mut letter = unreadable.letter(Stage::Publish, &feed.id.0, key, value);
    let hash = if let Content::Item(observed) = &content { observed.hash.clone() } else { Hash(String::new()) };
    let stamp = Stamp {
        origin: &origin,
        generation: 0,
        hash: &hash,
        observed: at,
        publish_body: false,
        format: Format::Flat,
        sampled: 0.0,
        program: crate::PROGRAM,
    };
    Some(match item_of(&content) {
        Some(item) => {
            letter.key.clone_from(&item.0);
            dead_letter::item_dead_letter(&stamp, item, &letter)
        }
        None => dead_letter::dead_letter(&stamp, &letter),
    })
}

fn item_of(content: &Content) -> Option<&ItemId> {
    match content {
        Content::Item(observed) => Some(&observed.item.id),
        Content::Touch(id) => Some(id),
        Content::Status(_) | Content::Event(_) | Content::Unreadable(_) => None,
    }
}

fn record(
    topic: Topic,
    key: &str,
    feed: &Feed,
    origin: &Origin,
    item: Option<&ItemId>,
    sampled: f64,
    value: &impl Serialize,
) -> Record {
    let origin = origin.to_string();
    let trace = Trace::of_origin(&origin);
    let parent = trace.parent(&trace.span_of_record(&origin, topic.suffix()), trace.is_sampled(sampled));
    let mut headers = vec![("v", RELAY_VERSION.to_string()), ("feed", feed.id.0.clone())];
    headers.extend(item.map(|item| ("item", item.0.clone())));
    headers.extend([("origin", origin), ("traceparent", parent)]);
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let value = serde_json::to_vec(value).expect("relayed values have string keys");
    Record { topic, key: key.to_owned(), headers, value: Some(value) }
}

fn read<T: DeserializeOwned>(value: Option<&[u8]>) -> Result<T, Unreadable> {
    #[derive(Deserialize)]
    struct Versioned {
        v: u64,
    }
    let value = value.ok_or_else(|| Unreadable::new("no_value", "the record has no value"))?;
    let broken = |error: serde_json::Error| match error.classify() {
        Category::Data => Unreadable::new("wrong_schema", format_args!("its value has another form: {error}")),
        Category::Syntax | Category::Eof | Category::Io => {
            Unreadable::new("no_json", format_args!("its value is no JSON: {error}"))
        }
    };
    let Versioned { v } = serde_json::from_slice(value).map_err(broken)?;
    if v != u64::from(RELAY_VERSION) {
        let detail = format_args!("its value has version {v}, and {RELAY_VERSION} is read here");
        return Err(Unreadable::new("unknown_version", detail));
    }
    serde_json::from_slice(value).map_err(broken)
}

fn fits(key: Option<&[u8]>, expected: &str) -> Result<(), Unreadable> {
    match key {
        Some(key) if key == expected.as_bytes() => Ok(()),
        Some(key) => {
            let key = String::from_utf8_lossy(key);
            Err(Unreadable::new(
                "wrong_key",
                format_args!("its key is {key:?}, and {expected:?} is what its value says"),
            ))
        }
        None => {
            Err(Unreadable::new("wrong_key", format_args!("it has no key, and {expected:?} is what its value says")))
        }
    }
}

#[cfg(test)]
mod tests;
