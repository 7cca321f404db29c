//! One picture of a worker, put together of those of its lines.

use crate::model::{LATEST_ARTICLES, Snapshot, StageCount};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// A handle on the picture; clones share it.
#[derive(Clone)]
pub(super) struct Picture(Arc<Inner>);

struct Inner {
    out: watch::Sender<Snapshot>,
    /// By partition.
    lines: Mutex<BTreeMap<i32, watch::Receiver<Snapshot>>>,
    /// What lines that have ended had counted.
    ended: Mutex<Vec<StageCount>>,
}

impl Picture {
    pub(super) fn new(out: watch::Sender<Snapshot>) -> Self {
        out.send_modify(|now| "kafka".clone_into(&mut now.publisher.to));
        Self(Arc::new(Inner { out, lines: Mutex::default(), ended: Mutex::default() }))
    }

    pub(super) fn now(&self) -> Snapshot {
        self.0.out.borrow().clone()
    }

    /// The worker has no lines yet, and this is why.
    pub(super) fn trouble(&self, why: Option<String>) {
        self.0.out.send_modify(|now| {
            now.at = Timestamp::now();
            now.publisher.connected = why.is_none();
            now.publisher.last_error = why;
        });
    }

    /// A line has begun; its picture is a part of this one.
    pub(super) fn line(&self, partition: i32) -> watch::Sender<Snapshot> {
        let (sender, receiver) = watch::channel(Snapshot::new(self.0.out.borrow().started));
        self.lines().insert(partition, receiver);
        sender
    }

    /// A line has ended; what it counted stays counted.
    pub(super) fn ended(&self, partition: i32) {
        let Some(line) = self.lines().remove(&partition) else { return };
        let mut ended = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner);
        add(&mut ended, &line.borrow().stages);
    }

    /// Puts it together anew.
    pub(super) fn renew(&self) {
        let parts: Vec<Snapshot> = self.lines().values().map(|line| line.borrow().clone()).collect();
        let mut stages = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.iter().for_each(|part| add(&mut stages, &part.stages));
        self.0.out.send_modify(|now| together(now, parts, stages));
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, BTreeMap<i32, watch::Receiver<Snapshot>>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(sum: &mut Vec<StageCount>, more: &[StageCount]) {
    for count in more {
        match sum.iter_mut().find(|row| row.stage == count.stage) {
            Some(row) => {
                row.received += count.received;
                row.sent += count.sent;
                row.discarded += count.discarded;
                row.errors += count.errors;
            }
            None => sum.push(count.clone()),
        }
    }
}

fn together(now: &mut Snapshot, parts: Vec<Snapshot>, stages: Vec<StageCount>) {
    now.at = Timestamp::now();
    if !stages.is_empty() {
        now.stages = stages;
    }
    let publisher = &mut now.publisher;
    publisher.connected = parts.iter().all(|part| part.publisher.connected);
    publisher.last_error = parts.iter().find_map(|part| part.publisher.last_error.clone());
    // A worker that has nothing to do is as ready as one that has.
    now.ready = parts.iter().all(|part| part.ready || part.publisher.last_error.is_none());
    publisher.lag = parts.iter().map(|part| part.publisher.lag).sum();
    let committed = parts.iter().map(|part| (part.publisher.commits, part.publisher.records));
    (publisher.commits, publisher.records) =
        committed.fold((0, 0), |(commits, records), (more, of)| (commits + more, records + of));
    publisher.last_commit = parts.iter().filter_map(|part| part.publisher.last_commit).max();
    let intake = &mut now.intake;
    intake.frames = parts.iter().map(|part| part.intake.frames).sum();
    intake.bytes = parts.iter().map(|part| part.intake.bytes).sum();
    intake.max_bytes = parts.iter().map(|part| part.intake.max_bytes).sum();
    intake.oldest = parts.iter().filter_map(|part| part.intake.oldest).min();
    intake.waiting_pages = parts.iter().map(|part| part.intake.waiting_pages).sum();
    intake.full = parts.iter().any(|part| part.intake.full);
    intake.held = parts.iter().find_map(|part| part.intake.held.clone());
    let mut latest: Vec<_> = parts.iter().flat_map(|part| part.latest.iter().cloned()).collect();
    latest.sort_by_key(|article| std::cmp::Reverse(article.observed));
    latest.truncate(LATEST_ARTICLES);
    now.latest = latest.into();
    now.feeds = parts.into_iter().flat_map(|part| part.feeds).collect();
}
