//! What could not be handled or published, as records of the dead-letter topic.
//!
//! The value is the bytes themselves (or their head), whatever they are; the reason stands in headers, under the names
//! that Kafka Connect gives them, so that existing tools read them.

use super::route::{self, Happening, Label, Stamp};
use crate::model::{DeadLetter, Hash, ItemId, Record, Stage, Topic, public_address};

/// How much of a record that is too large is kept: enough to see what it was.
#[cfg(feature = "kafka")]
const HEAD_BYTES: usize = 16 << 10;

/// The longest text from outside in a header.
const HEADER_CHARACTERS: usize = 1_000;

/// Bytes that could not be handled.
pub fn dead_letter(stamp: &Stamp<'_>, letter: &DeadLetter) -> Record {
    let hash = Hash::of_bytes(&letter.bytes);
    let mut record = bytes_record(stamp, letter, &letter.key, &hash);
    record.headers.extend(reason("", letter.stage, &letter.code, &letter.detail, letter.total_bytes));
    record.headers.push(("feed".to_owned(), letter.feed.0.clone()));
    if let Some(url) = letter.url.as_deref().and_then(public_address) {
        record.headers.push(("url".to_owned(), head_of(&url)));
    }
    record
}

/// An item on which a stage failed: the dead letter names its item and the content it had.
pub fn item_dead_letter(stamp: &Stamp<'_>, item: &ItemId, letter: &DeadLetter) -> Record {
    let mut record = dead_letter(stamp, letter);
    for (name, value) in &mut record.headers {
        match name.as_str() {
            "item" | "ce_subject" => value.clone_from(&item.0),
            "hash" => value.clone_from(&stamp.hash.0),
            _ => {}
        }
    }
    record
}

/// A record that is larger than its topic takes, as its head and, in the header `origin`, the reference to its intake
/// frame.
#[cfg(feature = "kafka")]
pub(super) fn too_large(record: Record, topic: &str, bytes: usize, limit: usize) -> Record {
    let detail = format!("a record of {bytes} bytes is larger than the {limit} bytes that topic {topic} takes");
    if let Some(letter) = super::relay::too_large(&record, &detail) {
        return letter;
    }
    let mut letter = refused(record, topic, "record_too_large", &detail);
    if let Some(value) = &mut letter.value {
        value.truncate(HEAD_BYTES);
    }
    letter
}

/// A record that its topic does not take. It keeps the headers that name item, revision and content: a reader who
/// proves that nothing is lost finds it here.
#[cfg(feature = "kafka")]
pub(super) fn refused(mut record: Record, topic: &str, code: &str, detail: &str) -> Record {
    let total = record.value.as_ref().map_or(0, Vec::len);
    record.headers.retain(|(name, _)| name != "ce_dataschema");
    for (name, value) in &mut record.headers {
        match name.as_str() {
            "ce_type" => *value = Happening::DeadLetter.name(),
            "content-type" => "application/octet-stream".clone_into(value),
            _ => {}
        }
    }
    let feed = record.header("ce_source").and_then(|source| source.strip_prefix("/feeds/")).unwrap_or_default();
    let feed = ("feed".to_owned(), feed.to_owned());
    record.headers.extend(reason(topic, Stage::Publish, code, detail, total as u64));
    record.headers.push(feed);
    record.topic = Topic::DeadLetters;
    record
}

fn bytes_record(stamp: &Stamp<'_>, letter: &DeadLetter, item: &str, hash: &Hash) -> Record {
    let label = Label {
        topic: Topic::DeadLetters,
        key: &letter.key,
        happening: Happening::DeadLetter,
        id: format!("{}/dead-letter/{}", letter.key, stamp.origin),
        feed: &letter.feed,
        subject: item,
        item,
        revision: 0,
        hash,
        schema: None,
    };
    route::record(stamp, &label, Some(letter.bytes.clone()), "application/octet-stream")
}

/// The headers of Kafka Connect's dead-letter queue; -1 where there is no source record. Then ours.
fn reason(topic: &str, stage: Stage, code: &str, detail: &str, total_bytes: u64) -> Vec<(String, String)> {
    let connect = [
        ("topic", topic.to_owned()),
        ("partition", "-1".to_owned()),
        ("offset", "-1".to_owned()),
        ("connector.name", "dateline".to_owned()),
        ("task.id", "0".to_owned()),
        ("stage", stage.as_str().to_owned()),
        ("class.name", format!("dateline.{}", stage.as_str())),
        ("exception.class.name", code.to_owned()),
        ("exception.message", head_of(detail)),
    ];
    let mut headers: Vec<(String, String)> =
        connect.into_iter().map(|(name, value)| (format!("__connect.errors.{name}"), value)).collect();
    headers.push(("error-code".to_owned(), code.to_owned()));
    headers.push(("attempts".to_owned(), "1".to_owned()));
    headers.push(("total-bytes".to_owned(), total_bytes.to_string()));
    headers
}

/// A header is for a person: what comes from outside is cut to what one reads.
fn head_of(text: &str) -> String {
    text.chars().take(HEADER_CHARACTERS).collect()
}
