//! One dead letter, as a person asks for it: where it lies, whose it is, and why.

use crate::{
    cli::DlqFilter,
    model::Record,
    topics::{Place, Placed},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A letter and its place.
pub(super) struct Letter {
    /// As it is asked for: `7`, or `0@12`.
    pub(super) position: String,
    pub(super) record: Record,
}

impl Letter {
    /// None for what is no letter: tombstones, and lines that are none of ours.
    pub(super) fn of(placed: Placed) -> Option<Self> {
        let Placed { place, record } = placed;
        record.value.as_ref()?;
        record.header("error-code")?;
        let position = match place {
            Place::Partition { partition, offset, .. } => format!("{partition}@{offset}"),
            Place::Line { number, .. } => number.to_string(),
        };
        Some(Self { position, record })
    }

    pub(super) fn header(&self, name: &str) -> &str {
        self.record.header(name).unwrap_or_default()
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.record.value.as_deref().unwrap_or_default()
    }

    /// When its content was observed.
    fn at(&self) -> Option<Timestamp> {
        self.header("ce_time").parse().ok()
    }

    /// Whether the filter lets it through.
    pub(super) fn is_wanted(&self, filter: &DlqFilter) -> bool {
        let among = |wanted: &[String], name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
        among(&filter.feed, self.header("feed"))
            && among(&filter.code, self.header("error-code"))
            && filter.since.is_none_or(|since| self.at().is_some_and(|at| at >= since))
    }

    /// What a list says of it.
    pub(super) fn summary(&self) -> Summary {
        let header = |name: &str| self.header(name).to_owned();
        Summary {
            position: self.position.clone(),
            at: header("ce_time"),
            feed: header("feed"),
            key: self.record.key.clone(),
            stage: header("__connect.errors.stage"),
            code: header("error-code"),
            detail: header("__connect.errors.exception.message"),
            bytes: self.bytes().len(),
            total: self.header("total-bytes").parse().unwrap_or(self.bytes().len()),
        }
    }
}

/// What a list says of a letter.
pub(super) struct Summary {
    pub(super) position: String,
    pub(super) at: String,
    pub(super) feed: String,
    pub(super) key: String,
    pub(super) stage: String,
    pub(super) code: String,
    pub(super) detail: String,
    pub(super) bytes: usize,
    pub(super) total: usize,
}

impl Summary {
    pub(super) fn json(&self) -> Value {
        let Self { position, at, feed, key, stage, code, detail, bytes, total } = self;
        json!({
            "position": position, "at": at, "feed": feed, "key": key, "stage": stage, "code": code, "detail": detail,
            "bytes": bytes, "total_bytes": total,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;

    fn letter(feed: &str, code: &str) -> Letter {
        let headers = [("ce_time", "2020-10-01T08:00:00Z"), ("feed", feed), ("error-code", code)];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let record = Record { topic: Topic::DeadLetters, key: feed.to_owned(), headers, value: Some(b"<rss".to_vec()) };
        let place = Place::Partition { topic: "wire.dead-letters.v1".to_owned(), partition: 2, offset: 9 };
        Letter::of(Placed { place, record }).unwrap()
    }

    #[test]
    fn filters_let_through_what_they_name() {
        let letter = letter("a", "panic");
        let check = |feed: &[&str], code: &[&str], since: Option<&str>, expected: bool| {
            let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            let since = since.map(|time| time.parse().unwrap());
            assert_eq!(letter.is_wanted(&DlqFilter { feed: list(feed), code: list(code), since }), expected);
        };
        check(&[], &[], None, true);
        check(&["b", "a"], &["panic"], Some("2020-10-01T08:00:00Z"), true);
        check(&["b"], &[], None, false);
        check(&[], &["not_a_feed"], None, false);
        check(&[], &[], Some("2020-10-01T08:00:01Z"), false);
        assert_eq!(letter.summary().json()["position"], "2@9");
    }
}
