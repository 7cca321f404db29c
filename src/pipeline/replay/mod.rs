//! Replay: what the intake log still holds is published once more, as the present program reads it.
//!
//! The daemon is stopped. Frames from the window's first to its last, of those that were decided, go through the same
//! enriching, comparing and encoding as in the daemon, and through the same sink and its transactions. What was observed later is the
//! daemon's affair: neither its position nor any feed's last origin moves, so nothing that follows is skipped or taken
//! twice.
//!
//! **Ids.** A record's ids are functions of item, revision and observation, and its times are the frame's, so what has
//! not changed comes out with the bytes that it had. What must be found again is the revision number, for the frames
//! may begin in the middle of an item's history: [`history`] counts back from the item's entry. What was only
//! remembered stays so for the reason it had; what was published is published, also where the present program would
//! call it a matter of typography; what had gone to the dead letters keeps no number, unless it was the last and can be
//! read now. Contents whose number cannot be told are left out and named.
//!
//! **A generation stands by itself.** Its readers need nothing of an earlier one. So the first revision of an item in
//! it asserts all of its claims, with `supersedes` null, and the first revision that touches a story tells the whole
//! story. Where the revision before lies outside the window, `supersedes` of the article still names it, `changes` is
//! empty, `change` follows the publisher's word alone, and the issue `previous_not_retained` says so. Of a withdrawn
//! item only the withdrawal comes again.
//!
//! **State.** In place, the generation's number and how many of its batches are committed are written in the
//! transactions of its records, and so is the entry of each item whose last revision has come again: later
//! corrections take back the claims that readers of this generation hold. Stories are written with the last batch, for
//! until then they are half told. After kill -9 the next start of anything settles the open batch as always; entries
//! are then of either generation, each true for its item, and the replay is run again under the next number.
//!
//! **Another prefix.** Records go to other topics under generation 0, and of the state only how far each feed has come is written. So
//! a copy that was broken off is continued, and one that is complete is left as it is.

mod history;
mod memory;
mod plan;
mod work;

pub use history::Why;
pub use plan::{FeedShare, LeftOut};

use super::{
    Roster, RunError,
    carry::Part,
    decide::Rules,
    enrich::{self, Reading, Source},
    intake_of, open_sink, open_store,
};
use crate::{
    config::Config,
    faults,
    intake::Intake,
    model::{FeedId, Place, StateChange},
    publish::{Batch, PublishError, Sink, Target, journal::Journal},
    store::{Store, StoreError, image},
    tap::Tap,
};
use futures::StreamExt as _;
use jiff::{SignedDuration, Timestamp};
use plan::{Plan, Wish};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use work::Work;

/// How long a broker that is away is waited for; somebody sits before the terminal.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two attempts.
const RETRY: Duration = Duration::from_millis(500);

/// Units that are decided about in one go.
const CHUNK: usize = 64;

/// Told how far it has come.
pub type OnProgress = Arc<dyn Fn(ReplayProgress) + Send + Sync>;

/// How far a replay has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReplayProgress {
    /// Frames done.
    pub frames: u64,
    /// Frames of the window.
    pub of: u64,
    /// Records committed.
    pub records: u64,
}

/// What a replay is told.
pub struct ReplayOptions {
    /// Everything configured.
    pub config: Config,
    /// Only what was observed from then on.
    pub since: Option<Timestamp>,
    /// Only what was observed before.
    pub until: Option<Timestamp>,
    /// Only these feeds; none for all.
    pub feeds: Vec<FeedId>,
    /// To topics of this prefix, and not as a new generation.
    pub to_prefix: Option<String>,
    /// Say what would be published, and publish nothing.
    pub dry_run: bool,
    /// Ends it after the open batch.
    pub cancel: CancellationToken,
    /// Told how far it has come.
    pub on_progress: Option<OnProgress>,
}

/// How a replay went, or would go.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReplayReport {
    /// The generation that it began; none to another prefix, or when there was nothing.
    pub generation: Option<u32>,
    /// First and last frame of the window.
    pub window: Option<(u64, u64)>,
    /// What it did with each feed.
    pub feeds: BTreeMap<FeedId, FeedShare>,
    /// Contents that are left out though somebody may miss them.
    pub left_out: Vec<LeftOut>,
    /// Records committed.
    pub records: u64,
    /// Batches committed.
    pub commits: u64,
    /// Whether it came to its end.
    pub finished: bool,
}

/// Publishes the past again.
pub async fn replay(options: ReplayOptions) -> Result<ReplayReport, RunError> {
    let store = open_store(&options.config).await?;
    if options.dry_run {
        let intake = intake_of(&options.config, &store);
        let id = store.intake_id().to_owned();
        let position = store.read(move |db| image::position(db, &id)).await?;
        let plan = plan(&options, &intake, &store, position).await?;
        return Ok(report(&plan));
    }
    let sink = sink_for(&options, &store)?;
    replay_with(options, store, sink).await
}

/// The same with a store and a sink that are open already.
pub async fn replay_with(
    options: ReplayOptions,
    store: Store,
    mut sink: Box<dyn Sink>,
) -> Result<ReplayReport, RunError> {
    let result = run(&options, &store, sink.as_mut()).await;
    sink.close().await;
    result
}

async fn run(options: &ReplayOptions, store: &Store, sink: &mut dyn Sink) -> Result<ReplayReport, RunError> {
    let config = &options.config;
    let position = recover(sink, &options.cancel).await?;
    let intake = intake_of(config, store);
    let mut plan = plan(options, &intake, store, position).await?;
    let mut report = report(&plan);
    let Some(window) = plan.window.filter(|_| !plan.is_empty()) else {
        report.finished = true;
        return Ok(report);
    };
    let roster = Roster::new(&config.feeds, config.fetch.backfill);
    for feed in &config.feeds {
        // Titles are what feeds say of themselves; the daemon learnt them from their documents.
        if let Some(title) = intake.feed(feed).await?.known.title {
            roster.title(&feed.id, &title);
        }
    }
    let rules = Arc::new(Rules {
        part: Part::Judge,
        log: store.intake_id().to_owned(),
        dedup: config.dedup.clone(),
        publish_body: config.publish.publish_body,
        format: config.publish.format,
        sampled: config.traces.sampled,
        program: crate::PROGRAM.to_owned(),
        tap: Tap::default(),
        keep_shown: false,
    });
    // No more will come than is there.
    let (_ending, ended) = watch::channel(true);
    let reading = Reading {
        source: Source::Intake(intake.clone(), roster.clone()),
        tables: Some(enrich::tables(config.extract.clone())),
        ending: ended,
        tap: Tap::default(),
        parallel: 2 * std::thread::available_parallelism().map_or(2, usize::from),
        refused: true,
    };
    let fates = Arc::new(std::mem::take(&mut plan.fates));
    let others = Arc::new(std::mem::take(&mut plan.others));
    let mut work = {
        let (store, rules, fates, copy) = (store.clone(), rules, Arc::clone(&fates), options.to_prefix.clone());
        let begin = move || Work::begin(store, rules, fates, copy, plan);
        let begun = tokio::task::spawn_blocking(begin).await;
        Box::new(begun.map_err(|failure| RunError::lost("restoring the memory", &failure))??)
    };
    report.generation = work.generation();

    let wanted = move |place: Place| {
        let key = (place.seq, place.index);
        fates.contains_key(&key) || others.contains(&key)
    };
    let doorstep = (intake.clone(), roster);
    let mut units = Box::pin(enrich::units_within(doorstep, reading, window, wanted).ready_chunks(CHUNK));
    let max_batch = usize::try_from(config.publish.max_batch).unwrap_or(usize::MAX);
    let mut interrupted = false;
    while let Some(chunk) = units.next().await {
        let mut chunk = chunk.into_iter().collect::<Result<VecDeque<_>, StoreError>>()?;
        let seq = chunk.back().map_or(window.0, |unit| unit.position);
        while !chunk.is_empty() {
            let deciding = tokio::task::spawn_blocking(move || {
                let mut result = Ok(());
                while result.is_ok()
                    && !work.is_full(max_batch)
                    && let Some(unit) = chunk.pop_front()
                {
                    result = work.take(unit);
                }
                (work, chunk, result)
            });
            let (back, rest, result) = deciding.await.map_err(|failure| RunError::lost("deciding", &failure))?;
            (work, chunk) = (back, rest);
            result?;
            if work.is_full(max_batch) {
                commit(&mut work, false, store, &intake, sink, position, options, &mut report).await?;
            }
        }
        tell(options, window, seq, &report);
        interrupted = options.cancel.is_cancelled();
        if interrupted {
            break;
        }
    }
    drop(units);
    commit(&mut work, false, store, &intake, sink, position, options, &mut report).await?;
    if !interrupted {
        while work.tell_stories(max_batch) {
            commit(&mut work, false, store, &intake, sink, position, options, &mut report).await?;
        }
        commit(&mut work, true, store, &intake, sink, position, options, &mut report).await?;
        tell(options, window, window.1, &report);
    }
    report.finished = !interrupted;
    report.generation = report.generation.filter(|_| report.commits > 0);
    Ok(report)
}

fn tell(options: &ReplayOptions, (first, last): (u64, u64), seq: u64, report: &ReplayReport) {
    if let Some(on_progress) = &options.on_progress {
        on_progress(ReplayProgress { frames: seq + 1 - first, of: last + 1 - first, records: report.records });
    }
}

/// Commits the open batch. After a doubt the committed state says whether it was one, and it is committed again if not.
#[expect(clippy::too_many_arguments, reason = "the wiring of one place")]
async fn commit(
    work: &mut Work,
    finished: bool,
    store: &Store,
    intake: &Intake,
    sink: &mut dyn Sink,
    position: u64,
    options: &ReplayOptions,
    report: &mut ReplayReport,
) -> Result<(), RunError> {
    let Some(closed) = work.close(position, finished) else { return Ok(()) };
    if !closed.killed.is_empty() {
        intake.note_killed(closed.killed).await?;
    }
    let begun = Instant::now();
    loop {
        match sink.commit(Batch::clone(&closed.batch)).await {
            Ok(()) => break,
            Err(PublishError::Fatal { exit, message }) => return Err(RunError { exit, message }),
            Err(error) => {
                tracing::warn!(%error, "the batch is in doubt; what was committed is read back");
                recover(sink, &options.cancel).await?;
                if is_committed(store, closed.mark.clone()).await? {
                    break;
                }
                if begun.elapsed() > 2 * PATIENCE {
                    return Err(error.into());
                }
            }
        }
    }
    faults::point("replay");
    work.committed();
    report.records += closed.batch.records.len() as u64;
    report.commits += 1;
    Ok(())
}

async fn is_committed(store: &Store, mark: StateChange) -> Result<bool, RunError> {
    Ok(store.read(move |db| Ok(image::get(db, &mark.key)? == mark.value)).await?)
}

/// Recovers the sink; returns the last frame that was decided.
async fn recover(sink: &mut dyn Sink, cancel: &CancellationToken) -> Result<u64, RunError> {
    let begun = Instant::now();
    loop {
        match sink.recover().await {
            Ok(position) => return Ok(position),
            Err(PublishError::Fatal { exit, message }) => return Err(RunError { exit, message }),
            Err(error) if begun.elapsed() > PATIENCE || cancel.is_cancelled() => return Err(error.into()),
            Err(error) => tracing::warn!(%error, "the sink is away; trying again"),
        }
        tokio::time::sleep(RETRY).await;
    }
}

async fn plan(options: &ReplayOptions, intake: &Intake, store: &Store, position: u64) -> Result<Plan, RunError> {
    let horizon = SignedDuration::try_from(options.config.dedup.horizon).unwrap_or(SignedDuration::MAX);
    let wish = Wish {
        since: options.since,
        until: options.until,
        feeds: options.feeds.iter().cloned().collect(),
        intake: store.intake_id().to_owned(),
        horizon: Timestamp::now().checked_sub(horizon).unwrap_or(Timestamp::MIN),
        decides: options.to_prefix.is_none(),
    };
    Ok(Plan::make(intake, store, wish, position).await?)
}

fn report(plan: &Plan) -> ReplayReport {
    let (feeds, left_out) = (plan.feeds.clone(), plan.left_out.clone());
    ReplayReport { window: plan.window, feeds, left_out, ..ReplayReport::default() }
}

fn sink_for(options: &ReplayOptions, store: &Store) -> Result<Box<dyn Sink>, RunError> {
    let config = &options.config;
    let Some(prefix) = &options.to_prefix else { return open_sink(config, store) };
    let publish = &config.publish;
    match publish.to {
        Target::Journal => Ok(Box::new(Journal::new(store.clone(), publish.journal.clone(), prefix))),
        #[cfg(feature = "kafka")]
        Target::Kafka => {
            use crate::publish::kafka::KafkaSink;
            let sink =
                KafkaSink::open(&publish.kafka, &publish.topic_prefix, store.clone())?.with_format(publish.format);
            Ok(Box::new(sink.with_outputs(prefix)))
        }
        #[cfg(not(feature = "kafka"))]
        Target::Kafka => open_sink(config, store),
    }
}

#[cfg(test)]
mod tests;
