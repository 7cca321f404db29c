//! The picture of the daemon for those who watch, and its counters.
//!
//! Rooms return what happened, and the pipeline counts it here. Every change goes out through a `watch` channel; who
//! looks never holds anybody up.

use crate::{
    fetch::{FeedProgress, PollOutcome, redact},
    intake::Backlog,
    model::{
        ArticleSummary, ConfigurationSnapshot, Feed, FeedId, FeedSnapshot, FeedState, LATEST_ARTICLES, Snapshot, Stage,
        StageCount,
    },
    tap::Tap,
};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};
use tokio::sync::watch;

/// A handle on the picture; clones share it.
#[derive(Clone)]
pub(super) struct Board {
    out: Arc<watch::Sender<Snapshot>>,
    /// Where each feed's row is: a poll must not look through ten thousand of them.
    rows: Arc<RwLock<HashMap<FeedId, usize>>>,
    /// Where what leaves the front is offered to those who watch.
    pub(super) tap: Tap,
}

impl Board {
    pub(super) fn new(out: watch::Sender<Snapshot>, feeds: &[Feed], to: &str, max_bytes: u64, tap: Tap) -> Self {
        out.send_modify(|now| {
            now.feeds = feeds.iter().filter(|feed| feed.enabled).map(not_polled_yet).collect();
            now.feeds.shrink_to_fit();
            now.publisher.to = to.to_owned();
            now.intake.max_bytes = max_bytes;
        });
        let board = Self { out: Arc::new(out), rows: Arc::default(), tap };
        board.index();
        board
    }

    /// Notes where the rows are, whenever they were laid out anew.
    fn index(&self) {
        let now = self.out.borrow();
        let rows = now.feeds.iter().enumerate().map(|(row, feed)| (feed.id.clone(), row)).collect();
        *self.rows.write().unwrap_or_else(PoisonError::into_inner) = rows;
    }

    /// A configuration holds from now on; feeds that were there keep their rows.
    pub(super) fn configured(&self, feeds: &[Feed], waiting: &[String]) {
        self.change(|now| {
            let mut known = std::mem::take(&mut now.feeds);
            let row = |feed: &Feed| {
                let place = known.iter().position(|row| row.id == feed.id && row.url == redact(&feed.url));
                place.map_or_else(|| not_polled_yet(feed), |place| known.swap_remove(place))
            };
            now.feeds = feeds.iter().filter(|feed| feed.enabled).map(row).collect();
            now.configuration = ConfigurationSnapshot {
                read: now.at,
                reloads: now.configuration.reloads + 1,
                waiting: waiting.to_vec(),
                refused: None,
                refused_at: None,
            };
        });
        self.index();
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Snapshot)) {
        self.out.send_modify(|now| {
            now.at = Timestamp::now();
            change(now);
        });
    }

    pub(super) fn count(&self, stage: Stage, count: impl FnOnce(&mut StageCount)) {
        self.change(|now| {
            if let Some(row) = now.stages.iter_mut().find(|row| row.stage == stage) {
                count(row);
            }
        });
    }

    pub(super) fn feed(&self, id: &FeedId, change: impl FnOnce(&mut FeedSnapshot)) {
        let row = self.rows.read().unwrap_or_else(PoisonError::into_inner).get(id).copied();
        self.change(|now| {
            // Rows may be laid out anew just now; then this change is too late for them.
            let feed = row.and_then(|row| now.feeds.get_mut(row)).filter(|feed| feed.id == *id);
            if let Some(feed) = feed {
                change(feed);
            }
        });
    }

    /// A feed's task tells how it stands.
    pub(super) fn progress(&self, progress: &FeedProgress) {
        let polled = !matches!(progress.outcome, PollOutcome::Waiting);
        if polled {
            self.tap.offer(Stage::Fetch, &progress.feed.id, None, || polled_as_json(progress));
        }
        let failed = matches!(progress.outcome, PollOutcome::Failed);
        self.feed(&progress.feed.id, |feed| {
            feed.state = progress.state;
            feed.next_poll = progress.next_poll;
            feed.last_success = progress.last_success.or(feed.last_success);
            feed.errors = progress.consecutive_errors;
            feed.last_error.clone_from(&progress.last_error);
            feed.held = progress.outcome == PollOutcome::Held || progress.held.is_some();
            if progress.held.is_some() || !feed.held {
                feed.held_why.clone_from(&progress.held);
            }
        });
        if polled {
            self.count(Stage::Fetch, |fetch| {
                fetch.received += 1;
                match progress.outcome {
                    PollOutcome::NotModified => fetch.discarded += 1,
                    _ if failed => fetch.errors += 1,
                    _ => fetch.sent += 1,
                }
            });
        }
    }

    pub(super) fn backlog(&self, backlog: &Backlog) {
        self.change(|now| {
            now.intake.frames = backlog.frames;
            now.intake.bytes = backlog.bytes;
            now.intake.oldest = backlog.oldest;
            now.intake.waiting_pages = backlog.waiting;
            now.publisher.lag = backlog.frames;
        });
    }

    /// Why feeds are held, all of them or some; none when there is room.
    pub(super) fn held(&self, why: Option<String>, all: bool) {
        self.change(|now| {
            now.intake.held = why;
            now.intake.full = all;
        });
    }

    pub(super) fn published(&self, latest: impl Iterator<Item = ArticleSummary>) {
        self.change(|now| {
            for article in latest {
                now.latest.push_front(article);
            }
            now.latest.truncate(LATEST_ARTICLES);
        });
    }

    pub(super) fn publisher(&self, trouble: Option<String>) {
        self.change(|now| {
            now.publisher.connected = trouble.is_none();
            now.ready = trouble.is_none();
            now.publisher.last_error = trouble;
        });
    }
}

/// A poll, for those who watch.
fn polled_as_json(progress: &FeedProgress) -> serde_json::Value {
    serde_json::json!({
        "outcome": format!("{:?}", progress.outcome).to_lowercase(), "url": redact(&progress.feed.url), "state": progress.state,
        "next_poll": progress.next_poll, "errors": progress.consecutive_errors, "last_error": progress.last_error,
    })
}

fn not_polled_yet(feed: &Feed) -> FeedSnapshot {
    FeedSnapshot {
        id: feed.id.clone(),
        url: redact(&feed.url),
        title: feed.title.clone(),
        state: FeedState::Waiting,
        next_poll: None,
        last_success: None,
        interval_seconds: feed.interval.unwrap_or_default().as_secs_f64(),
        errors: 0,
        last_error: None,
        items: 0,
        observed: 0,
        held: false,
        held_why: None,
        push: None,
    }
}
