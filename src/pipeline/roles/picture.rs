//! One picture of a worker, put together of those of its lines.

use crate::model::{LATEST_ARTICLES, Snapshot, StageCount, WorkerSnapshot};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// What only grows.
#[derive(Clone, Default)]
struct Counts {
    stages: Vec<StageCount>,
    commits: u64,
    records: u64,
}

impl Counts {
    fn add(&mut self, line: &Snapshot) {
        self.commits += line.publisher.commits;
        self.records += line.publisher.records;
        for count in &line.stages {
            match self.stages.iter_mut().find(|row| row.stage == count.stage) {
                Some(row) => {
                    row.received += count.received;
                    row.sent += count.sent;
                    row.discarded += count.discarded;
                    row.errors += count.errors;
                }
                None => self.stages.push(count.clone()),
            }
        }
    }
}

/// A handle on the picture; clones share it.
#[derive(Clone)]
pub(super) struct Picture(Arc<Inner>);

struct Inner {
    out: watch::Sender<Snapshot>,
    /// By partition.
    lines: Mutex<BTreeMap<i32, watch::Receiver<Snapshot>>>,
    /// What lines that have ended had counted.
    ended: Mutex<Counts>,
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

    /// The workers of the deployment.
    pub(super) fn workers(&self, workers: Vec<WorkerSnapshot>) {
        self.0.out.send_modify(|now| now.workers = workers);
    }

    /// How far each line has come.
    pub(super) fn positions(&self) -> Vec<(i32, u64)> {
        self.lines().iter().map(|(partition, line)| (*partition, line.borrow().publisher.position)).collect()
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
        self.0.ended.lock().unwrap_or_else(PoisonError::into_inner).add(&line.borrow());
    }

    /// Puts it together anew; returns how many lines there are.
    pub(super) fn renew(&self) -> usize {
        let parts: Vec<Snapshot> = self.lines().values().map(|line| line.borrow().clone()).collect();
        let mut counts = self.0.ended.lock().unwrap_or_else(PoisonError::into_inner).clone();
        parts.iter().for_each(|part| counts.add(part));
        let lines = parts.len();
        self.0.out.send_modify(|now| together(now, parts, counts));
        lines
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, BTreeMap<i32, watch::Receiver<Snapshot>>> {
        self.0.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn together(now: &mut Snapshot, parts: Vec<Snapshot>, counts: Counts) {
    now.at = Timestamp::now();
    if !counts.stages.is_empty() {
        now.stages = counts.stages;
    }
    let publisher = &mut now.publisher;
    publisher.connected = parts.iter().all(|part| part.publisher.connected);
    publisher.last_error = parts.iter().find_map(|part| part.publisher.last_error.clone());
    // A worker that has nothing to do is as ready as one that has.
    now.ready = parts.iter().all(|part| part.ready || part.publisher.last_error.is_none());
    publisher.lag = parts.iter().map(|part| part.publisher.lag).sum();
    (publisher.commits, publisher.records) = (counts.commits, counts.records);
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
