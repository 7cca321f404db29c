//! What passes between the task of a feed and whoever keeps what it brings.
//!
//! A [`Delivery`] goes out for every poll and every change of a feed's state; its [`Receipt`] comes back once what was
//! delivered is durable, or says why it is not. Only a receipt puts new validators in force.

use crate::model::{
    EventKind, EventRecord, Feed, FeedNotes, FeedState, FeedStatusRecord, Fetched, Hash, Issue, ItemId, Page, Rhythm,
    Validators,
};
use jiff::Timestamp;
use std::{fmt, sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// What of a feed survives a restart. The pipeline loads it from the intake; [`FeedMemory::default`] is a feed never
/// seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FeedMemory {
    /// In force: they came in the last frame of this feed that is durable.
    pub validators: Validators,
    /// Number of the last poll; the next one is `poll + 1`.
    pub poll: u64,
    /// The last state that was reported, if any. A feed that is [`FeedState::Gone`] is not polled again, so hand in
    /// nothing here when the operator has changed the feed's address.
    pub state: Option<FeedState>,
    /// Failures in a row, as last reported.
    pub consecutive_errors: u32,
    /// The last error, as last reported.
    pub last_error: Option<Issue>,
    /// The address that it was last reported to have moved to, without secrets.
    pub moved_to: Option<String>,
    /// The body of its last document.
    pub body: Option<Hash>,
    /// What that document says of when to ask.
    pub rhythm: Rhythm,
    /// What was learnt of it, as last remembered.
    pub notes: FeedNotes,
}

/// Something about a feed that must reach the doorstep.
#[derive(Debug)]
pub struct Delivery {
    /// The feed.
    pub feed: Arc<Feed>,
    /// The poll that brought it, from 1.
    pub poll: u64,
    /// When that poll began; of a push, when it came.
    pub began: Timestamp,
    /// What it brought.
    pub event: PollEvent,
    /// Where to say what became of it. Dropping it counts as [`Receipt::Held`].
    pub reply: oneshot::Sender<Receipt>,
}

/// What a poll brought.
#[derive(Debug)]
pub enum PollEvent {
    /// A document. Its validators are [`Fetched::validators`]: write them in the frame of its items. A document that
    /// was cut has none, which also ends those of the frame before.
    Fetched(Box<Fetched>),
    /// The server says that nothing changed: the poll counts as one that showed the same.
    NotModified,
    /// A hub pushed a document, whole or a part of it: its items count as those of a poll do, and it is never a sign
    /// that others are gone. It belongs to no poll; [`Delivery::poll`] is 0.
    Pushed(Box<Fetched>),
    /// The feed's state is now this: write a `Content::Status`, and a `Content::Event` for each event. Sent only when
    /// something changed.
    State(Box<FeedChange>),
    /// Nothing that anybody must be told, but to be known after a restart.
    Remember(Box<FeedNotes>),
}

/// A change of what is known of a feed, without the title, which only the pipeline knows.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedChange {
    /// Its state from now on.
    pub state: FeedState,
    /// Time between polls at present.
    pub interval: Duration,
    /// Failures in a row.
    pub consecutive_errors: u32,
    /// The last error, while it lasts.
    pub last_error: Option<Issue>,
    /// Where it has moved for good, without secrets.
    pub moved_to: Option<String>,
    /// What happened, with words for a person.
    pub events: Vec<(EventKind, String)>,
    /// What was learnt of it, to be known after a restart and told to nobody.
    pub notes: FeedNotes,
    /// When.
    pub at: Timestamp,
}

impl FeedChange {
    /// The record for `feed-status.v1`.
    pub fn status_record(&self, feed: &Feed, title: Option<String>) -> FeedStatusRecord {
        FeedStatusRecord {
            schema: "feed-status/1".to_owned(),
            id: feed.id.clone(),
            title,
            url: super::redact(&feed.url),
            state: self.state,
            interval_seconds: self.interval.as_secs_f64(),
            consecutive_errors: self.consecutive_errors,
            last_error: self.last_error.clone(),
            moved_to: self.moved_to.clone(),
            at: self.at,
        }
    }

    /// The records for `events.v1`.
    pub fn event_records(&self, feed: &Feed) -> Vec<EventRecord> {
        let record = |(kind, detail): &(EventKind, String)| EventRecord {
            schema: "event/1".to_owned(),
            feed: feed.id.clone(),
            kind: *kind,
            detail: detail.clone(),
            at: self.at,
        };
        self.events.iter().map(record).collect()
    }
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub enum Receipt {
    /// It is durable: only now are its validators in force.
    Accepted {
        /// Items that were new or changed.
        new_items: usize,
        /// Items in the document.
        total_items: usize,
        /// What the document says of when to ask for it again; none where there was no document.
        rhythm: Option<Rhythm>,
    },
    /// It is no feed. Validators stay as they were, and the feed backs off.
    Unreadable(Issue),
    /// There is no room on the doorstep (intake or disk full). Nothing was recorded, validators stay as they were, and
    /// the same is asked for again at the next poll.
    Held,
    /// It broke the parser (panic or time budget). After three in a row the feed is quarantined.
    Broken(Issue),
}

/// How a feed stands, for the status page; told after every poll and never stored.
#[derive(Debug, Clone, PartialEq)]
pub struct FeedProgress {
    /// The feed.
    pub feed: Arc<Feed>,
    /// Its state.
    pub state: FeedState,
    /// Number of the last poll.
    pub poll: u64,
    /// How the last poll ended.
    pub outcome: PollOutcome,
    /// When the last poll ended.
    pub last_poll: Option<Timestamp>,
    /// When a poll last went well.
    pub last_success: Option<Timestamp>,
    /// When the next poll is due; none when there will be none.
    pub next_poll: Option<Timestamp>,
    /// Why it is held; none while it is polled.
    pub held: Option<String>,
    /// Failures in a row.
    pub consecutive_errors: u32,
    /// The last error, while it lasts.
    pub last_error: Option<Issue>,
    /// Body bytes of the last poll, as they came over the wire.
    pub bytes: u64,
    /// How long the last poll took, waiting for a turn excluded.
    pub took: Duration,
}

/// How a poll ended; the label `outcome` of the metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PollOutcome {
    /// Not polled yet.
    Waiting,
    /// A document, accepted.
    Fetched,
    /// 304.
    NotModified,
    /// No document could be had.
    Failed,
    /// What came was no feed.
    Unreadable,
    /// There was no room on the doorstep.
    Held,
    /// What came broke the parser.
    Broken,
}

impl PollOutcome {
    /// The word used in metrics and on the status page.
    pub fn as_str(self) -> &'static str {
        match self {
            PollOutcome::Waiting => "waiting",
            PollOutcome::Fetched => "fetched",
            PollOutcome::NotModified => "not_modified",
            PollOutcome::Failed => "failed",
            PollOutcome::Unreadable => "unreadable",
            PollOutcome::Held => "held",
            PollOutcome::Broken => "broken",
        }
    }
}

impl fmt::Display for PollOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who wants to know how feeds stand. Called from the feeds' tasks, so it must not block.
pub type Watcher = Arc<dyn Fn(FeedProgress) + Send + Sync>;

/// How the task of a feed ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// With `once`: the feed was polled and what it brought is durable, or had not changed.
    Done,
    /// With `once`: it was polled and failed; this is why.
    Failed(Issue),
    /// The server said 410, now or before: there is nothing to poll any more.
    Gone(Issue),
    /// It was told to stop.
    Cancelled,
    /// It was told that the feed is no longer configured.
    Left,
}

/// What the task of a feed is told while it runs; the last word counts.
#[derive(Clone)]
pub enum Order {
    /// Go on as begun.
    GoOn,
    /// The feed is configured otherwise from now on.
    Change(Assignment),
    /// It is no longer configured.
    Leave,
}

/// A feed as it is configured now.
#[derive(Clone)]
pub struct Assignment {
    /// The feed.
    pub feed: Arc<Feed>,
    /// What it is fetched with.
    pub means: Means,
}

/// What requests are made with.
#[derive(Clone)]
pub struct Means {
    /// The one client.
    pub client: Arc<super::Client>,
    /// `[fetch]`.
    pub options: Arc<super::Options>,
}

/// An item that waits for its page.
#[derive(Debug, Clone, PartialEq)]
pub struct PageWanted {
    /// Its feed, whose `allow` holds for the page too.
    pub feed: Arc<Feed>,
    /// The item.
    pub item: ItemId,
    /// The page's address.
    pub url: String,
    /// From the page's last response that is durable; empty to have it whole.
    pub validators: Validators,
}

/// What came of a wanted page.
#[derive(Debug)]
pub struct PageDelivery {
    /// Its feed.
    pub feed: Arc<Feed>,
    /// The item.
    pub item: ItemId,
    /// When its fetch began, the first attempt of all.
    pub began: Timestamp,
    /// The page and its validators; `None` when the server says that it did not change; or why it cannot be had, after
    /// all attempts.
    pub result: Result<Option<(Page, Validators)>, Issue>,
    /// To be answered when what was delivered is durable; the worker takes no more than so many pages ahead of it.
    pub reply: oneshot::Sender<()>,
}
