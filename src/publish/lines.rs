//! The way back: from a line of a topic file to the record that it was written from, byte for byte.
//!
//! In comes a line, out goes its number and its record. Most headers are not in the line, for they follow from those
//! that are; where they do not, the line holds all of them, so what comes out is what went in. Lines of older programs
//! give what can be derived.

use super::{
    encode::{ARTICLE_NINJS_SCHEMA, ARTICLE_SCHEMA, CLAIM_SCHEMA, EVENT_SCHEMA, FEED_STATUS_SCHEMA, STORY_SCHEMA},
    ninjs,
    route::{self, Facts},
};
use crate::model::{Record, Topic};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};

/// How the last member of a line begins. Within a text its second quotation mark would be escaped, so the last of these
/// in a line is the member.
const META: &[u8] = b"\"_meta\":{";

type Headers = Vec<(String, String)>;

/// Reads a line without its line end; the error says what is wrong with it.
pub fn record(topic: Topic, line: &[u8]) -> Result<(u64, Record), String> {
    let at = line.windows(META.len()).rposition(|window| window == META).ok_or("it has no member _meta")?;
    let (head, tail) = line.split_at(at);
    let tail = tail.strip_prefix(b"\"_meta\":").and_then(|tail| tail.strip_suffix(b"}")).ok_or("it does not end")?;
    let meta: Map<String, Value> = serde_json::from_slice(tail).map_err(|error| format!("its _meta: {error}"))?;
    let offset = meta.get("offset").and_then(Value::as_u64).ok_or("its _meta has no offset")?;
    let key = meta.get("key").and_then(Value::as_str).ok_or("its _meta has no key")?.to_owned();
    let mut value = head.strip_suffix(b",").unwrap_or(head).to_vec();
    value.push(b'}');
    let is_tombstone = value == b"{\"deleted\":true}";
    let written = meta.get("headers").map(pairs).transpose()?;
    if topic == Topic::DeadLetters && !is_tombstone {
        let (headers, bytes) = dead_letter(&value)?;
        return Ok((offset, Record { topic, key, headers, value: Some(bytes) }));
    }
    let headers = written
        .or_else(|| derived(topic, &meta, (!is_tombstone).then_some(&value)))
        .ok_or("its _meta lacks what the headers follow from")?;
    Ok((offset, Record { topic, key, headers, value: (!is_tombstone).then_some(value) }))
}

/// A dead letter holds its headers beside its bytes, which may be anything.
fn dead_letter(value: &[u8]) -> Result<(Headers, Vec<u8>), String> {
    let value: Value = serde_json::from_slice(value).map_err(|error| error.to_string())?;
    let bytes = value.get("bytes_base64").and_then(Value::as_str).ok_or("it has no bytes")?;
    let bytes = STANDARD.decode(bytes).map_err(|error| format!("its bytes: {error}"))?;
    let headers = value.get("headers").and_then(Value::as_object).ok_or("it has no headers")?;
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    Ok((headers.iter().filter_map(text).collect(), bytes))
}

fn pairs(headers: &Value) -> Result<Headers, String> {
    serde_json::from_value(headers.clone()).map_err(|error| format!("its headers: {error}"))
}

/// All headers of a record, as they follow from what its `_meta` holds; none where that does not suffice.
pub(super) fn derived(topic: Topic, meta: &Map<String, Value>, value: Option<&[u8]>) -> Option<Headers> {
    let text = |name: &str| meta.get(name).and_then(Value::as_str);
    let number = |name: &str| meta.get(name).and_then(Value::as_u64).and_then(|number| u32::try_from(number).ok());
    let (key, item, id) = (text("key")?, text("item")?, text("ce_id")?);
    let revision = number("rev")?;
    let schema = match topic {
        Topic::Articles if value.is_some_and(ninjs::is_ninjs) => ARTICLE_NINJS_SCHEMA,
        Topic::Articles => ARTICLE_SCHEMA,
        Topic::CovidStats => CLAIM_SCHEMA,
        Topic::Stories => STORY_SCHEMA,
        Topic::FeedStatus => FEED_STATUS_SCHEMA,
        Topic::Events => EVENT_SCHEMA,
        _ => return None,
    };
    // An item's id begins with its feed's.
    let feed = match topic {
        Topic::FeedStatus | Topic::Events => key,
        _ => item.rsplit_once(':').map_or(item, |(feed, _)| feed),
    };
    // A claim is about `<item>/<observation id>`, and its `ce_id` has the revision in between.
    let claim = id.strip_prefix(&format!("{item}/{revision}/")).map(|observation| format!("{item}/{observation}"));
    let subject = match topic {
        Topic::CovidStats => claim.as_deref()?,
        _ => key,
    };
    Some(route::headers(&Facts {
        id,
        feed,
        happening: text("ce_type")?,
        subject,
        observed: text("ce_time")?,
        schema: value.is_some().then_some(schema),
        key,
        revision,
        content_type: "application/json",
        item,
        hash: text("hash")?,
        origin: text("origin")?,
        generation: number("generation")?,
        is_sampled: meta.get("sampled").and_then(Value::as_bool).unwrap_or(true),
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{Format, encode, ndjson};
    use super::*;
    use crate::model::{DeadLetter, EventKind, EventRecord, FeedId, Hash, Origin, Stage};

    /// The record is in its line, and the line no longer than it need be.
    #[track_caller]
    fn check(record: &Record, headers_written: bool) {
        let line = ndjson::line(record.clone(), 41);
        let (offset, found) = super::record(record.topic, line.strip_suffix(b"\n").unwrap()).unwrap();
        assert_eq!((offset, &found), (41, record));
        let text = String::from_utf8(line).unwrap();
        assert_eq!(text.contains("\"ce_specversion\""), headers_written, "{text}");
    }

    #[test]
    fn every_record_is_in_its_line() {
        let origin = Origin { intake: "i".to_owned(), seq: 7, index: 2 };
        let hash = Hash::of_bytes(b"content");
        let observed = "2020-10-01T08:00:00.5Z".parse().unwrap();
        let stamp = encode::Stamp {
            origin: &origin,
            generation: 3,
            hash: &hash,
            observed,
            publish_body: true,
            format: Format::Flat,
            sampled: 1.0,
            program: "dateline/0",
        };
        let event = EventRecord {
            schema: "event/1".to_owned(),
            feed: FeedId::from("a"),
            kind: EventKind::Gap,
            detail: "a text with \"_meta\":{ in it, }".to_owned(),
            at: observed,
        };
        check(&encode::event(&stamp, &event), false);
        check(&encode::event(&encode::Stamp { sampled: 0.0, ..stamp.clone() }, &event), false);
        check(&encode::story_forgotten(&stamp, "a:1"), false);
        for (schema, name) in [(ARTICLE_SCHEMA, "article-1"), (ARTICLE_NINJS_SCHEMA, "article-ninjs-1")] {
            let mut article = encode::event(&stamp, &event);
            article.topic = Topic::Articles;
            article.key = "a:1".to_owned();
            article.value = Some(format!("{{\"schema\":\"{schema}\"}}").into_bytes());
            for (header, value) in &mut article.headers {
                match header.as_str() {
                    "item" | "ce_subject" | "ce_partitionkey" => "a:1".clone_into(value),
                    "ce_dataschema" => *value = format!("https://dateline.example/schemas/{name}.json"),
                    _ => {}
                }
            }
            check(&article, false);
        }
        let letter = DeadLetter {
            key: "a".to_owned(),
            feed: FeedId::from("a"),
            url: Some("https://wire.example/rss".to_owned()),
            stage: Stage::Parse,
            code: "bad".to_owned(),
            detail: "of no kind".to_owned(),
            bytes: vec![0, 159, 146, 150, b'\n'],
            total_bytes: 5,
        };
        check(&encode::dead_letter(&stamp, &letter), true);
        let mut odd = encode::event(&stamp, &event);
        odd.headers.push(("mine".to_owned(), "1".to_owned()));
        check(&odd, true);
        odd.value = Some(b"{}".to_vec());
        odd.headers.clear();
        odd.headers.push(("ce_specversion".to_owned(), "2".to_owned()));
        check(&odd, true);
    }

    #[test]
    fn what_is_no_line_of_ours_is_said() {
        for line in [
            "",
            "{}",
            "{\"a\":1,\"_meta\":{\"key\":\"k\"}}",
            "{\"_meta\":{\"offset\":1,\"key\":\"k\"}}",
            "{\"_meta\":{\"off",
        ] {
            assert!(record(Topic::Articles, line.as_bytes()).is_err(), "{line}");
        }
    }
}
