//! The steps of the way, timed: each is counted, and told to a collector where one is configured.
//!
//! The trace of a frame begins with the poll, push or page that brought it; every other step of it comes below that one,
//! and what is sent below the commit. A record's `traceparent` names the step that sent it. The names follow from the
//! place in the intake (`model::Trace`), so front and line need not know of each other.

use crate::{
    fetch::redact,
    intake::PageArrived,
    metrics,
    model::{Feed, FeedId, Fetched, ItemId, Record, Stage, Topic, Trace},
    traces::{self, Fact, Kind},
};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// The first step of every trace, whatever brought its frame.
const FIRST: &str = "first";

/// A step that is going on.
pub(super) struct Going {
    began: Timestamp,
    since: Instant,
}

/// A step that is over.
#[derive(Debug, Clone, Copy)]
pub(super) struct Over {
    began: Timestamp,
    took: Duration,
}

impl Going {
    pub(super) fn begin() -> Self {
        Self { began: Timestamp::now(), since: Instant::now() }
    }

    /// It is over, and counted for its room.
    pub(super) fn over(self, stage: Stage) -> Over {
        let took = self.since.elapsed();
        metrics::took(stage, took);
        Over { began: self.began, took }
    }
}

impl Over {
    fn between(began: Timestamp, ended: Timestamp) -> Self {
        // A clock that was set back meanwhile makes it short.
        Self { began, took: Duration::try_from(ended.duration_since(began)).unwrap_or_default() }
    }

    /// Tells of it as a step of an item.
    pub(super) fn of_item(self, stage: Stage, origin: &str, feed: &FeedId, item: &ItemId) {
        let trace = Trace::of_origin(origin);
        let facts = vec![text("dateline.feed.id", &feed.0), text("dateline.item.id", &item.0)];
        let id = trace.span([stage.as_str(), origin]);
        self.tell(&trace, id, stage.as_str().to_owned(), Kind::Internal, Some(trace.span([FIRST])), facts);
    }

    fn tell(
        self,
        trace: &Trace,
        id: String,
        name: String,
        kind: Kind,
        parent: Option<String>,
        facts: Vec<(&'static str, Fact)>,
    ) {
        traces::tell(traces::Step { trace, id, parent, name, kind, began: self.began, took: self.took, facts });
    }
}

/// What came from outside, before its frames are known.
pub(super) struct Brought {
    name: String,
    kind: Kind,
    over: Over,
    facts: Vec<(&'static str, Fact)>,
    /// How long it took to read it, and how many new items were in it.
    parsed: Option<(Over, usize)>,
}

impl Brought {
    /// A document that was asked for.
    pub(super) fn poll(feed: &Feed, began: Timestamp, fetched: &Fetched) -> Self {
        Self::new("poll", Kind::Client, feed, began, fetched)
    }

    /// A document that a hub pushed.
    pub(super) fn push(feed: &Feed, began: Timestamp, fetched: &Fetched) -> Self {
        Self::new("push", Kind::Server, feed, began, fetched)
    }

    fn new(word: &str, kind: Kind, feed: &Feed, began: Timestamp, fetched: &Fetched) -> Self {
        let facts = vec![
            text("dateline.feed.id", &feed.id.0),
            text("url.full", &redact(&fetched.url)),
            text("http.request.method", if kind == Kind::Client { "GET" } else { "POST" }),
            ("http.response.status_code", Fact::Number(i64::from(fetched.status))),
            number("http.response.body.size", fetched.body.len()),
        ];
        Self { name: format!("{word} {}", feed.id), kind, over: Over::between(began, fetched.at), facts, parsed: None }
    }

    /// The page behind an item, or the news that it cannot be had.
    pub(super) fn page(feed: &Feed, item: &ItemId, began: Timestamp, arrived: &PageArrived) -> Self {
        let mut facts = vec![
            text("dateline.feed.id", &feed.id.0),
            text("dateline.item.id", &item.0),
            text("http.request.method", "GET"),
        ];
        match arrived {
            PageArrived::Page(page, _) => facts.push(text("url.full", &redact(&page.url))),
            PageArrived::Missing(issue) => facts.push(text("error.type", &issue.code)),
            PageArrived::NotModified => {}
        }
        let over = Over::between(began, Timestamp::now());
        Self { name: format!("page {}", feed.id), kind: Kind::Client, over, facts, parsed: None }
    }

    /// It has been read since it came.
    pub(super) fn parsed(self, parsing: Over, new_items: usize) -> Self {
        Self { parsed: Some((parsing, new_items)), ..self }
    }

    /// Tells how these frames, from the first to the last, came to be.
    pub(super) fn tell(self, intake: &str, (first, last): (u64, u64)) {
        for seq in first..=last {
            let trace = Trace::of(&format!("{intake}/{seq}"));
            let root = trace.span([FIRST]);
            if let Some((parsing, new_items)) = self.parsed {
                let parse = Stage::Parse.as_str();
                let facts = vec![number("dateline.items.new", new_items)];
                let id = trace.span([parse]);
                parsing.tell(&trace, id, parse.to_owned(), Kind::Internal, Some(root.clone()), facts);
            }
            self.over.tell(&trace, root, self.name.clone(), self.kind, None, self.facts.clone());
        }
    }
}

/// The records of a batch, as their steps are told once it is committed. Empty where nobody is told.
pub(super) struct Sends(BTreeMap<String, Vec<Send>>);

struct Send {
    origin: String,
    id: String,
    topic: Topic,
    key: String,
}

impl Sends {
    /// By frame: `<intake>/<frame>`.
    pub(super) fn of(records: &[Record]) -> Self {
        let mut frames: BTreeMap<String, Vec<Send>> = BTreeMap::new();
        for record in records {
            let (Some(origin), Some(id)) = (record.header("origin"), record.header("ce_id")) else { continue };
            let Some((frame, _)) = origin.rsplit_once('/') else { continue };
            if traces::is_told(&Trace::of(frame)) {
                let (origin, id, key) = (origin.to_owned(), id.to_owned(), record.key.clone());
                frames.entry(frame.to_owned()).or_default().push(Send { origin, id, topic: record.topic, key });
            }
        }
        Self(frames)
    }

    /// The commit is over: it is a step of every frame that has a part in it.
    pub(super) fn tell(&self, commit: Over, system: &str, prefix: &str) {
        for (frame, sends) in &self.0 {
            let trace = Trace::of(frame);
            let Some(first) = sends.first() else { continue };
            // A frame may be committed in parts.
            let id = trace.span(["commit", &first.origin, &first.id]);
            let facts = vec![number("dateline.records", sends.len())];
            let root = Some(trace.span([FIRST]));
            commit.tell(&trace, id.clone(), "commit".to_owned(), Kind::Internal, root, facts);
            for send in sends {
                let topic = send.topic.name(prefix);
                let facts = vec![
                    text("messaging.system", system),
                    text("messaging.operation.name", "send"),
                    text("messaging.operation.type", "send"),
                    text("messaging.destination.name", &topic),
                    text("messaging.message.id", &send.id),
                    text("messaging.kafka.message.key", &send.key),
                ];
                let own = trace.span_of_record(&send.origin, &send.id);
                commit.tell(&trace, own, format!("send {topic}"), Kind::Producer, Some(id.clone()), facts);
            }
        }
    }
}

fn text(name: &'static str, text: &str) -> (&'static str, Fact) {
    (name, Fact::Text(text.to_owned()))
}

fn number(name: &'static str, number: usize) -> (&'static str, Fact) {
    (name, Fact::Number(i64::try_from(number).unwrap_or(i64::MAX)))
}
