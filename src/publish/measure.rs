//! A record is measured before it is produced (guarantees.md, R7): a failure for size would come back for ever.
//!
//! In come records and state changes, out go the same or what fits in their place. It depends on nothing but the
//! record and the topics' limits, so a batch that is made again is cut in the same places.

use super::dead_letter;
use crate::model::{ItemState, Record, StateChange, Topic};

/// Framing of a batch of one record, generously: 61 bytes of batch header and the varints of the record.
const FRAMING: usize = 256;

/// Framing of one header.
const HEADER_FRAMING: usize = 10;

/// An upper bound of the bytes that a record needs on the wire, before compression.
pub(super) fn size(record: &Record) -> usize {
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len() + HEADER_FRAMING).sum();
    FRAMING + record.key.len() + headers + record.value.as_ref().map_or(0, Vec::len)
}

/// The record where its topic takes it, and else the dead letter that stands for it.
pub(super) fn fit(record: Record, topic: &str, limit_of: impl Fn(Topic) -> usize) -> Record {
    let limit = limit_of(record.topic);
    let bytes = size(&record);
    if bytes <= limit {
        return record;
    }
    let mut letter = match record.topic {
        // A dead letter keeps its own reason; only its head is kept of its bytes.
        Topic::DeadLetters => record,
        _ => dead_letter::too_large(record, topic, bytes, limit),
    };
    let limit = limit_of(Topic::DeadLetters);
    let over = size(&letter).saturating_sub(limit);
    if let Some(value) = &mut letter.value {
        value.truncate(value.len().saturating_sub(over));
    }
    letter
}

/// The state change where the state topic takes it, else what of it can be done without: the text is only needed to
/// say what changed, and of an item's entry its claims and its signature are the bulk. An error names what is left.
pub(super) fn fit_state(change: StateChange, prefix: usize, limit: usize) -> Result<StateChange, String> {
    let bytes = |change: &StateChange| FRAMING + prefix + change.key.len() + change.value.as_ref().map_or(0, Vec::len);
    if bytes(&change) <= limit {
        return Ok(change);
    }
    let too_large = format!("the state of {} needs {} bytes, its topic takes {limit}", change.key, bytes(&change));
    tracing::warn!("{too_large}: it is kept in part");
    let smaller = if change.key.starts_with("text/") {
        StateChange::forget(change.key)
    } else {
        let Some(state) = change.value.as_deref().and_then(|value| serde_json::from_slice::<ItemState>(value).ok())
        else {
            return Err(too_large);
        };
        StateChange::set(change.key, &ItemState { claims: Vec::new(), signature: None, ..state })
    };
    if bytes(&smaller) <= limit { Ok(smaller) } else { Err(too_large) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(topic: Topic, bytes: usize) -> Record {
        let headers = [("item", "a:1"), ("rev", "2"), ("ce_type", "x"), ("content-type", "application/json")];
        Record {
            topic,
            key: "a:1".to_owned(),
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            value: Some(vec![b'x'; bytes]),
        }
    }

    #[track_caller]
    fn check(topic: Topic, bytes: usize, limit: usize, letters: usize, expected: Topic) -> Record {
        let limit_of = |topic| if topic == Topic::DeadLetters { letters } else { limit };
        let fitted = fit(record(topic, bytes), "t", limit_of);
        assert_eq!(fitted.topic, expected);
        assert!(size(&fitted) <= limit_of(fitted.topic), "{} bytes", size(&fitted));
        fitted
    }

    #[test]
    fn what_is_too_large_goes_to_the_dead_letters_as_its_head() {
        check(Topic::Articles, 1_000, 10_000, 10_000, Topic::Articles);
        let letter = check(Topic::Articles, 100_000, 10_000, 1 << 20, Topic::DeadLetters);
        assert_eq!(
            (letter.header("item"), letter.header("rev")),
            (Some("a:1"), Some("2")),
            "it still names its revision"
        );
        assert_eq!(letter.header("total-bytes"), Some("100000"));
        assert_eq!(letter.header("error-code"), Some("record_too_large"));
        check(Topic::Articles, 100_000, 10_000, 4_000, Topic::DeadLetters);
        check(Topic::DeadLetters, 100_000, 10_000, 4_000, Topic::DeadLetters);
    }

    #[test]
    fn a_text_that_the_state_topic_does_not_take_is_forgotten() {
        let change = StateChange { key: "text/a:1".to_owned(), value: Some(vec![b'x'; 5_000]) };
        assert_eq!(fit_state(change, 0, 1_000).unwrap(), StateChange::forget("text/a:1".to_owned()));
        let change = StateChange { key: "pos/i".to_owned(), value: Some(vec![b'x'; 5_000]) };
        assert!(fit_state(change, 0, 1_000).unwrap_err().contains("pos/i"));
    }
}
