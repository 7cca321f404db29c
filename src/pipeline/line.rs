//! The line: from the doorstep to the exit.
//!
//! Units are taken in order, decided about, gathered into a batch by size and time, and committed. While one batch is
//! being committed the next is decided about, on top of it, and what comes behind is read. Only an `Ok` is a commit:
//! after anything else both batches are dropped, the sink recovers, the memory is read anew from the committed state, and
//! work goes on from the position that is found there. Doubt is settled by reading, never by guessing.

use super::{
    RunError, Watching,
    board::Board,
    clearing::{self, Clearing},
    decide::{Decider, Open, Rules},
    enrich::{self, Reading, Ready},
    steps::{Going, Sends},
    tally,
};
use crate::{
    metrics,
    model::{Origin, Record, Stage, Topic},
    publish::{Batch, PublishError, Sink},
    store::{Damage, Store, StoreError, image},
};
use futures::future::BoxFuture;
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

/// A sink that is away is tried again after this, and then ever more rarely.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(10);

/// How long a commit and the closing of the sink may take once the daemon has been told to stop.
const CLOSING_TIME: Duration = Duration::from_secs(4);

/// A batch waits this long for what comes with its first unit, such as the other stories of a document.
const TOGETHER: Duration = Duration::from_millis(10);

/// An image that is damaged again within this time says that the disk is, too.
const DAMAGED_TWICE: Duration = Duration::from_secs(60);

/// Units that are enriched while others are decided about or committed, for each that is worked on at a time.
const AHEAD: usize = 32;

/// Units in a batch at most: its state changes count too.
pub(super) const MAX_UNITS: usize = 5000;

pub(super) struct Line {
    pub(super) store: Store,
    pub(super) reading: Reading,
    pub(super) rules: Arc<Rules>,
    pub(super) board: Board,
    /// What it publishes to, and the first part of the topics' names.
    pub(super) topics: (&'static str, String),
    pub(super) watching: Watching,
    /// How long after the one before it a batch is closed at the soonest, unless it is full: what comes alone is not kept
    /// waiting for more, and what comes without end is published together.
    pub(super) gather: Duration,
    pub(super) max_batch: usize,
    /// Becomes true when the sink has been recovered for the first time: then the image says what is committed.
    pub(super) recovered: watch::Sender<bool>,
    pub(super) cancel: CancellationToken,
    /// Where the front says that it met a damaged row of the image.
    pub(super) damage: watch::Receiver<Option<Damage>>,
    /// When the image was last dropped.
    pub(super) image_dropped: Option<Instant>,
}

/// A memory that is being read.
type Restoring = tokio::task::JoinHandle<Result<Decider, StoreError>>;

/// How a stretch of work ended.
enum Ended {
    /// Everything is done, or the daemon is told to stop.
    Finished,
    /// The sink must be recovered.
    Doubt,
    /// There is no reason to be careful any more.
    Passed,
    /// A unit broke the memory; here are those that ever did.
    Broken(BTreeSet<Origin>),
    /// A row of the image is not as it was written.
    Damaged(Damage),
}

impl Line {
    /// Works until the doorstep is empty and nothing more will come, or until told to stop.
    pub(super) async fn run(mut self, mut sink: Box<dyn Sink>) -> Result<(), RunError> {
        let result = self.work_and_recover(sink.as_mut()).await;
        if tokio::time::timeout(CLOSING_TIME, sink.close()).await.is_err() {
            tracing::warn!("the sink did not close in time; the next start settles what is open");
        }
        if result.is_ok() {
            self.reading.source.end().await?;
        }
        result
    }

    async fn work_and_recover(&mut self, sink: &mut dyn Sink) -> Result<(), RunError> {
        let mut broken = BTreeSet::new();
        let mut clearing = Clearing::begin(&self.store).await?;
        let mut damage = self.damage.clone();
        let mut early = Some(self.read_early().await?);
        loop {
            let Some(position) = self.recover(sink).await? else { return Ok(()) };
            // What is committed is known: polling may begin while the memory is read.
            if let Some((intake, _)) = self.reading.source.doorstep() {
                intake.count_backlog(position).await?;
            }
            self.recovered.send_replace(true);
            let early = match early.take() {
                Some(early) => self.caught_up(early, position).await?,
                None => None,
            };
            let restored = match early {
                Some(decider) => Ok(decider),
                None => self
                    .restore(position, broken.clone())
                    .await
                    .map_err(|failure| RunError::lost("restoring the memory", &failure))?,
            };
            let decider = match restored {
                Err(StoreError::Corrupt(damage @ Damage::StateRow { .. })) => {
                    self.drop_image(sink, damage).await?;
                    continue;
                }
                restored => restored?,
            };
            self.board.change(|now| now.publisher.position = position);
            let exit = Exit { sink: &mut *sink, clearing: &mut clearing };
            match self.work(position, decider, Mutex::new(exit), &mut damage).await? {
                Ended::Finished => return self.clear_away(&mut clearing).await,
                Ended::Doubt | Ended::Passed => {}
                Ended::Broken(all) => broken = all,
                Ended::Damaged(damage) => self.drop_image(sink, damage).await?,
            }
        }
    }

    fn restore(&self, position: u64, broken: BTreeSet<Origin>) -> Restoring {
        let (rules, store) = (Arc::clone(&self.rules), self.store.clone());
        tokio::task::spawn_blocking(move || Decider::restore(rules, store, position, broken))
    }

    /// Begins to read the memory while the sink recovers, which waits for its broker most of that time.
    async fn read_early(&self) -> Result<Restoring, StoreError> {
        self.store
            .write(|_| {
                image::note();
                Ok(())
            })
            .await?;
        Ok(self.restore(0, BTreeSet::new()))
    }

    /// What was read early, with what the recovery added; none where that cannot be told, or could not be read.
    async fn caught_up(&self, early: Restoring, position: u64) -> Result<Option<Decider>, RunError> {
        let lost = |failure| RunError::lost("restoring the memory", &failure);
        let read = early.await.map_err(lost)?;
        let set = self.store.write(|_| Ok(image::noted())).await?;
        let (Ok(mut decider), Some(set)) = (read, set) else { return Ok(None) };
        let caught_up = tokio::task::spawn_blocking(move || decider.catch_up(position, &set).map(|()| decider));
        Ok(caught_up.await.map_err(lost)?.ok())
    }

    /// A damaged image is never used: it is read anew where the truth is elsewhere, and ends the process where it is not.
    async fn drop_image(&mut self, sink: &mut dyn Sink, damage: Damage) -> Result<(), RunError> {
        let again = self.image_dropped.replace(Instant::now()).is_some_and(|last| last.elapsed() < DAMAGED_TWICE);
        let dropped = if again { Ok(false) } else { sink.drop_image().await };
        match dropped {
            Ok(true) => {
                tracing::error!(%damage, "the local image is dropped and read anew");
                Ok(())
            }
            Err(PublishError::Fatal { exit, message }) => Err(RunError { exit, message }),
            Err(error) => {
                tracing::warn!(%error, %damage, "the damaged image could not be dropped yet");
                self.image_dropped = None;
                Ok(())
            }
            Ok(false) => Err(StoreError::Corrupt(damage).into()),
        }
    }

    /// Recovers the sink, with patience while it is away; none when told to stop.
    async fn recover(&self, sink: &mut dyn Sink) -> Result<Option<u64>, RunError> {
        let mut pause = FIRST_RETRY;
        loop {
            let recovered = tokio::select! {
                biased;
                recovered = sink.recover() => recovered,
                () = self.cancel.cancelled() => return Ok(None),
            };
            match recovered {
                Ok(position) => {
                    self.board.publisher(None);
                    return Ok(Some(position));
                }
                Err(PublishError::Fatal { exit, message }) => return Err(RunError { exit, message }),
                Err(error @ (PublishError::Doubt(_) | PublishError::Unavailable(_))) => {
                    tracing::warn!(%error, retry_in = ?pause, "the sink is away; what is observed waits in the intake");
                    self.board.publisher(Some(error.to_string()));
                }
            }
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = self.cancel.cancelled() => return Ok(None),
            }
            pause = (pause * 2).min(LAST_RETRY);
        }
    }

    /// Works until the sink must be recovered or nothing is left to do; no commit is under way afterwards.
    async fn work(
        &self,
        position: u64,
        decider: Decider,
        exit: Mutex<Exit<'_>>,
        damage: &mut watch::Receiver<Option<Damage>>,
    ) -> Result<Ended, RunError> {
        let mut commit = Commit { under_way: None, fate: Fate::Committed };
        let ended = self.batches(position, decider, &exit, &mut commit, damage).await;
        commit.over().await?;
        Ok(commit.fate.ended().unwrap_or(ended?))
    }

    /// Makes one batch after the other.
    async fn batches<'w>(
        &'w self,
        position: u64,
        decider: Decider,
        exit: &'w Mutex<Exit<'_>>,
        commit: &mut Commit<'w>,
        damage: &mut watch::Receiver<Option<Damage>>,
    ) -> Result<Ended, RunError> {
        let careful = self.reading.source.is_careful(position).await;
        let mut reading = self.reading.clone();
        let mut decider = Box::new(decider);
        let clock = {
            let clearing = &exit.lock().await.clearing;
            decider.looked = clearing.looked;
            Arc::clone(&clearing.clock)
        };
        if careful {
            (reading.parallel, decider.max_units) = (1, 1);
        }
        // One that may be to blame is alone.
        let ahead = if careful { 0 } else { AHEAD * reading.parallel };
        let mut units = Ready::of(enrich::units(reading, position), ahead);
        let mut not_before = tokio::time::Instant::now();
        loop {
            let any = tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Ok(Ended::Finished),
                Ok(()) = damage.changed() => {
                    let damage = damage.borrow_and_update().clone();
                    let Some(damage) = damage else { continue };
                    return Ok(Ended::Damaged(damage));
                }
                over = commit.over(), if commit.is_under_way() => {
                    over?;
                    if let Some(ended) = commit.fate.ended() {
                        return Ok(ended);
                    }
                    decider.committed();
                    continue;
                }
                any = units.wait() => any,
            };
            if !any {
                return Ok(if careful { Ended::Passed } else { Ended::Finished });
            }
            decider.forgets = clearing::believed(&clock).is_some();
            decider = match self.gather(&mut units, decider, commit, not_before).await? {
                Gathered::Batch(decider) => decider,
                Gathered::Ended(ended) => return Ok(ended),
            };
            not_before = tokio::time::Instant::now() + self.gather;
            decider.committed();
            let (batch, open) = decider.close()?;
            if let Some((intake, _)) = self.reading.source.doorstep().filter(|_| !open.killed.is_empty()) {
                // Noted before the commit: a process that ends right after it still knows what to erase.
                intake.note_killed(open.killed.clone()).await?;
            }
            commit.under_way = Some(Box::pin(self.commit(exit, batch, open)));
            if careful {
                commit.over().await?;
            }
        }
    }

    /// Commits a batch, and tells those who wait for it.
    async fn commit(&self, exit: &Mutex<Exit<'_>>, batch: Batch, open: Open) -> Result<Fate, RunError> {
        let Exit { sink, clearing } = &mut *exit.lock().await;
        let kept = self.watching.on_record.is_some().then(|| batch.records.clone());
        let topics = tally::by_topic(&batch.records);
        let (sends, going) = (Sends::of(&batch.records), Going::begin());
        let committed = tokio::select! {
            biased;
            result = sink.commit(batch) => result,
            () = told_long_ago(&self.cancel) => {
                tracing::warn!("the open batch could not be committed in time; the next start settles it");
                return Ok(Fate::GivenUp);
            }
        };
        match committed {
            Ok(()) => {
                let (system, prefix) = &self.topics;
                sends.tell(going.over(Stage::Publish), system, prefix);
                clearing.looked(open.looked, &self.store).await?;
                self.committed(open, &topics, kept, clearing).await?;
                Ok(Fate::Committed)
            }
            Err(PublishError::Fatal { exit, message }) => Err(RunError { exit, message }),
            Err(error) => {
                tracing::warn!(%error, "the batch is in doubt; what was committed is read back");
                metrics::failed(Stage::Publish, "doubt");
                topics.iter().for_each(|(topic, count)| metrics::published(topic.suffix(), "failed", *count));
                self.board.publisher(Some(error.to_string()));
                self.board.count(Stage::Publish, |publish| publish.errors += 1);
                Ok(Fate::Doubt)
            }
        }
    }

    /// Fills the open batch by size, until `not_before` and until the one before it is committed, beginning with what is
    /// ready.
    async fn gather(
        &self,
        units: &mut Ready<'_>,
        mut decider: Box<Decider>,
        commit: &mut Commit<'_>,
        not_before: tokio::time::Instant,
    ) -> Result<Gathered, RunError> {
        let deadline = not_before.max(tokio::time::Instant::now() + TOGETHER.min(self.gather));
        loop {
            decider = match self.decide(units, decider, commit).await? {
                Gathered::Batch(decider) => decider,
                ended @ Gathered::Ended(_) => return Ok(ended),
            };
            if decider.is_full(self.max_batch) {
                break;
            }
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => break,
                over = commit.over(), if commit.is_under_way() => over?,
                () = tokio::time::sleep_until(deadline), if !commit.is_under_way() => break,
                any = units.wait() => if !any { break },
            }
        }
        units.beside(commit.over()).await?;
        Ok(commit.fate.ended().map_or(Gathered::Batch(decider), Gathered::Ended))
    }

    /// Decides about what is ready, until the open batch is full.
    async fn decide(
        &self,
        units: &mut Ready<'_>,
        mut decider: Box<Decider>,
        commit: &mut Commit<'_>,
    ) -> Result<Gathered, RunError> {
        let max_batch = self.max_batch;
        let mut ready = std::mem::take(&mut units.ready);
        let decide = move || {
            let result = catch_unwind(AssertUnwindSafe(|| {
                while let Some(unit) = ready.pop_front() {
                    let unit = unit?;
                    decider.take(unit)?;
                    if decider.is_full(max_batch) {
                        break;
                    }
                }
                Ok(())
            }));
            (decider, ready, result)
        };
        let decided = commit.beside(units.beside(tokio::task::spawn_blocking(decide))).await?;
        let (decider, mut left, result) = decided.map_err(|failure| RunError::lost("deciding", &failure))?;
        left.append(&mut units.ready);
        units.ready = left;
        let ended = match result {
            Ok(Ok(())) => commit.fate.ended(),
            Ok(Err(StoreError::Corrupt(damage @ Damage::StateRow { .. }))) => Some(Ended::Damaged(damage)),
            Ok(Err(error)) => return Err(error.into()),
            Err(panic) => {
                let words = enrich::words(panic.as_ref());
                let last = decider.open.last.clone();
                let origin = last.as_ref().map(ToString::to_string);
                tracing::error!(origin, words, "deciding broke; the memory is read anew");
                let mut all = decider.into_broken();
                if !last.is_some_and(|last| all.insert(last)) {
                    let message = format!("deciding breaks again and again: {words}");
                    return Err(RunError { exit: 70, message });
                }
                return Ok(Gathered::Ended(Ended::Broken(all)));
            }
        };
        Ok(ended.map_or(Gathered::Batch(decider), Gathered::Ended))
    }

    /// A batch is published: tell everybody, and clear away now and then.
    async fn committed(
        &self,
        open: Open,
        topics: &BTreeMap<Topic, u64>,
        kept: Option<Vec<Record>>,
        clearing: &mut Clearing,
    ) -> Result<(), RunError> {
        if let (Some(tell), Some(records)) = (&self.watching.on_record, kept) {
            records.iter().for_each(|record| tell(record));
        }
        if let Some((intake, _)) = self.reading.source.doorstep() {
            intake.published(open.frame_bytes);
        }
        let counts = &open.tally;
        counts.count(topics);
        let records: u64 = topics.values().sum();
        for stage in [Stage::Clean, Stage::Extract] {
            self.board.count(stage, |row| {
                row.received += counts.items;
                row.sent += counts.items - counts.failed.min(counts.items);
                row.errors += counts.failed.min(counts.items);
            });
        }
        self.board.count(Stage::Dedup, |dedup| {
            dedup.received += counts.published + counts.suppressed;
            dedup.sent += counts.published;
            dedup.discarded += counts.suppressed;
        });
        self.board.count(Stage::Publish, |publish| {
            publish.received += records;
            publish.sent += records;
        });
        self.board.change(|now| {
            now.publisher.commits += 1;
            now.publisher.records += records;
            now.publisher.position = open.position;
            now.publisher.last_commit = Some(Timestamp::now());
            now.publisher.connected = true;
            now.ready = true;
        });
        self.board.published(open.shown.iter().map(|shown| shown.summary.clone()));
        for shown in &open.shown {
            for record in &shown.records {
                let feed = &shown.summary.feed;
                self.watching.tap.offer(Stage::Publish, feed, Some(&shown.summary.id), || as_json(record));
            }
        }
        if let Some(tell) = &self.watching.on_shown {
            tell(open.shown);
        }
        if clearing.is_due() || !open.killed.is_empty() {
            self.clear_away(clearing).await?;
        }
        Ok(())
    }

    /// While the clock is not believed only what killed items said is cleared away.
    async fn clear_away(&self, clearing: &mut Clearing) -> Result<(), RunError> {
        let Some((intake, _)) = self.reading.source.doorstep() else { return Ok(()) };
        let id = intake.id().to_owned();
        let position = self.store.read(move |db| image::position(db, &id)).await?;
        match intake.trim(position, clearing::believed(&clearing.clock)).await {
            // A full disk is no reason to stop: what could not be cleared away now is cleared away later.
            Ok(()) | Err(StoreError::Full(_)) => Ok(()),
            // Seen by whoever decides from that row.
            Err(StoreError::Corrupt(Damage::StateRow { .. })) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A record, for those who watch: topic, key, headers and value.
fn as_json(record: &Record) -> serde_json::Value {
    let value = record.value.as_deref().map(|value| {
        serde_json::from_slice::<serde_json::Value>(value)
            .unwrap_or_else(|_| String::from_utf8_lossy(value).into_owned().into())
    });
    let headers: serde_json::Map<String, serde_json::Value> =
        record.headers.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    serde_json::json!({ "topic": record.topic.suffix(), "key": record.key, "headers": headers, "value": value })
}

/// What became of the open batch.
enum Gathered {
    Batch(Box<Decider>),
    Ended(Ended),
}

/// The way out, which one batch takes at a time.
struct Exit<'l> {
    sink: &'l mut dyn Sink,
    clearing: &'l mut Clearing,
}

/// The commit that is under way, and what became of the last one.
struct Commit<'w> {
    under_way: Option<BoxFuture<'w, Result<Fate, RunError>>>,
    fate: Fate,
}

/// What became of a commit.
#[derive(Clone, Copy)]
enum Fate {
    Committed,
    /// Nobody knows: the sink must be recovered.
    Doubt,
    /// The daemon was told to stop long ago.
    GivenUp,
}

impl Fate {
    /// How the work ends by it.
    fn ended(self) -> Option<Ended> {
        match self {
            Self::Committed => None,
            Self::Doubt => Some(Ended::Doubt),
            Self::GivenUp => Some(Ended::Finished),
        }
    }
}

impl Commit<'_> {
    fn is_under_way(&self) -> bool {
        self.under_way.is_some()
    }

    /// Waits until no commit is under way.
    async fn over(&mut self) -> Result<(), RunError> {
        if let Some(committing) = &mut self.under_way {
            let fate = committing.await;
            self.under_way = None;
            self.fate = fate?;
        }
        Ok(())
    }

    /// Waits for `work`; the commit goes on meanwhile.
    async fn beside<T>(&mut self, work: impl Future<Output = T>) -> Result<T, RunError> {
        let mut work = pin!(work);
        tokio::select! {
            biased;
            done = &mut work => return Ok(done),
            over = self.over() => over?,
        }
        Ok(work.await)
    }
}

/// Ends some time after the daemon was told to stop.
pub(super) async fn told_long_ago(cancel: &CancellationToken) {
    cancel.cancelled().await;
    tokio::time::sleep(CLOSING_TIME).await;
}
