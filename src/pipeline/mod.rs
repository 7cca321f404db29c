//! The wiring in one process: read this file second.
//!
//! ```text
//!  fetch::feed ─┐                ┌─ pages ─┐
//!  fetch::feed ─┼─► feeds ─► intake ◄──────┘ ─► enrich ─► decide ─► sink.commit
//!  fetch::feed ─┘  (parse)   (disk)    (clean, extract)   (dedup)   (one commit)
//! ```
//!
//! Three things run side by side. The **front** polls, reads documents and lays what is new on the doorstep; only what
//! is durable is receipted. The **pages** fetch what items wait for. The **line** takes from the doorstep in order and
//! publishes. They share nothing but the intake: when the way out is blocked the intake fills, and when it is full the
//! feeds are held. Every channel is bounded.
//!
//! Told to stop, the front and the pages end at once, for what was not durable was never observed; the line commits
//! its open batch; the rest lies on the doorstep for the next start. With `once` the front ends by itself, then the
//! pages when nothing waits, then the line when the doorstep is empty.

mod admission;
mod board;
mod decide;
mod enrich;
mod feeds;
mod hold;
mod line;
mod pages;
mod replay;
mod tally;

pub use replay::{
    FeedShare, LeftOut, OnProgress, ReplayOptions, ReplayProgress, ReplayReport, Why, replay, replay_with,
};

use crate::{
    config::Config,
    fetch,
    intake::{self, Intake},
    model::{Feed, FeedId, Record, Snapshot},
    publish::{PublishError, Sink, Target, journal::Journal},
    store::{Damage, Store, StoreError},
};
use board::Board;
use decide::Rules;
use enrich::Reading;
use feeds::Front;
use hold::Hold;
use futures::FutureExt;
use line::Line;
use pages::{PAGES_IN_FLIGHT, Pages};
use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Deliveries that may wait to be read.
const DELIVERIES: usize = 8;

/// How long polling waits for the first recovery of the sink. Afterwards the intake takes what comes.
const RECOVERY_PATIENCE: Duration = Duration::from_secs(10);

/// Who is told of each record once it is committed.
pub type OnRecord = Arc<dyn Fn(&Record) + Send + Sync>;

/// What a run is told.
pub struct RunOptions {
    /// Everything configured.
    pub config: Config,
    /// Poll every feed once, publish all of it, and end.
    pub once: bool,
    /// Ends the run in order.
    pub cancel: CancellationToken,
    /// Told of each record once it is committed.
    pub on_record: Option<OnRecord>,
    /// Where the picture of the daemon goes; `Snapshot::new` to begin with.
    pub snapshot: watch::Sender<Snapshot>,
}

/// How a run went.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunReport {
    /// With `once`: the feeds that failed, and why.
    pub failed: Vec<(FeedId, String)>,
    /// Records committed.
    pub records: u64,
    /// Batches committed.
    pub commits: u64,
}

/// Why a run ended that should not have.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct RunError {
    /// The process's exit code.
    pub exit: u8,
    /// What was attempted, and on what.
    pub message: String,
}

impl RunError {
    fn lost(what: &str, failure: &tokio::task::JoinError) -> Self {
        Self { exit: 70, message: format!("{what}: {failure}") }
    }
}

impl From<StoreError> for RunError {
    fn from(error: StoreError) -> Self {
        Self { exit: error.exit_code(), message: error.to_string() }
    }
}

impl From<PublishError> for RunError {
    fn from(error: PublishError) -> Self {
        let exit = if let PublishError::Fatal { exit, .. } = &error { *exit } else { 69 };
        Self { exit, message: error.to_string() }
    }
}

/// Runs the daemon, whole, in this process.
pub async fn run(options: RunOptions) -> Result<RunReport, RunError> {
    let store = open_store(&options.config).await?;
    let sink = open_sink(&options.config, &store)?;
    run_with(options, store, sink).await
}

/// The same with a store and a sink that are open already.
pub async fn run_with(options: RunOptions, store: Store, sink: Box<dyn Sink>) -> Result<RunReport, RunError> {
    let RunOptions { config, once, cancel, on_record, snapshot } = options;
    let picture = snapshot.subscribe();
    let to = match config.publish.to {
        Target::Journal => "journal",
        Target::Kafka => "kafka",
    };
    let board = Board::new(snapshot, &config.feeds, to, config.intake.max_bytes);
    let policy = intake::Policy {
        options: config.intake.clone(),
        horizon: config.dedup.horizon,
        page_recheck: config.fetch.page_recheck.clone(),
    };
    let intake = Intake::new(store.clone(), policy);
    let hold = Hold::new();
    let roster = Roster::new(&config.feeds);
    let tables = enrich::tables(config.extract.clone());
    let compiling = Arc::clone(&tables);
    // Beside the recovery of the sink, which takes as long: the first revision that needs them waits.
    let compiling = tokio::task::spawn_blocking(move || {
        LazyLock::force(&compiling);
    });

    // The front ends first, then the pages, then the line. `finishing` and `ending` tell the next that no more comes.
    let (finishing, pages_finishing) = watch::channel(false);
    let (ending, line_ending) = watch::channel(false);
    let (recovered, mut is_recovered) = watch::channel(false);
    let (damage, damaged) = watch::channel(None);
    let line = Line {
        sink,
        store: store.clone(),
        reading: Reading {
            intake: intake.clone(),
            tables,
            feeds: roster.clone(),
            ending: line_ending,
            parallel: 2 * std::thread::available_parallelism().map_or(2, usize::from),
        },
        rules: Arc::new(Rules {
            intake: store.intake_id().to_owned(),
            feeds: roster.clone(),
            dedup: config.dedup.clone(),
            backfill: config.fetch.backfill,
            publish_body: config.publish.publish_body,
            program: crate::PROGRAM.to_owned(),
        }),
        board: board.clone(),
        on_record,
        // Half of what is promised is left for the commit itself; gathering longer makes batches no better.
        gather: (config.publish.max_latency / 2).min(Duration::from_millis(250)),
        max_batch: usize::try_from(config.publish.max_batch).unwrap_or(usize::MAX),
        recovered,
        cancel: cancel.clone(),
        damage: damaged,
        image_dropped: None,
    };
    let acquire = async {
        let recovery = is_recovered.wait_for(|recovered| *recovered);
        tokio::select! {
            _ = recovery => {}
            () = tokio::time::sleep(RECOVERY_PATIENCE) => {}
            () = cancel.cancelled() => {}
        }
        let acquiring = acquire(&config, once, &cancel, &intake, &roster, &board, &hold, &damage, &finishing, pages_finishing);
        let acquired = tokio::select! {
            acquired = acquiring => acquired,
            // A document that is still being read was never observed.
            () = line::told_long_ago(&cancel) => Ok(Vec::new()),
        };
        ending.send_replace(true);
        acquired
    };
    let compiled = async { compiling.await.map_err(|failure| RunError::lost("compiling the tables", &failure)) };
    let watching = hold.watch(&store, &intake, &board, &picture);
    let failed = tokio::select! {
        // One that fails ends the others: what is durable stays so, and the process says why.
        done = futures::future::try_join3(acquire, line.run(), compiled) => done?.0,
        () = watching => Vec::new(),
    };
    let now = picture.borrow().clone();
    Ok(RunReport { failed, records: now.publisher.records, commits: now.publisher.commits })
}

/// Polls feeds and fetches pages; ends when told to stop, or with `once` when everything was had. Returns the feeds that
/// failed.
#[expect(clippy::too_many_arguments, reason = "the wiring of one place, written once")]
async fn acquire(
    config: &Config,
    once: bool,
    cancel: &CancellationToken,
    intake: &Intake,
    roster: &Roster,
    board: &Board,
    hold: &Hold,
    damage: &watch::Sender<Option<Damage>>,
    finishing: &watch::Sender<bool>,
    pages_finishing: watch::Receiver<bool>,
) -> Result<Vec<(FeedId, String)>, RunError> {
    let client = fetch::Client::new(&config.fetch, env!("CARGO_PKG_VERSION"))
        .map_err(|error| RunError { exit: 70, message: format!("the HTTP client cannot be set up: {error:#}") })?;
    let client = Arc::new(client);
    let fetch_options = Arc::new(config.fetch.clone());
    let (out, deliveries) = mpsc::channel(DELIVERIES);
    let watcher = board.clone();
    let context = fetch::Context {
        client: Arc::clone(&client),
        options: Arc::clone(&fetch_options),
        out,
        watch: Arc::new(move |progress| watcher.progress(&progress)),
        held: hold.subscribe(),
        once,
        cancel: cancel.clone(),
    };
    let front = Front::new(intake.clone(), roster.clone(), board.clone(), hold.clone(), damage.clone());
    let mut tasks = tokio::task::JoinSet::new();
    for feed in config.feeds.iter().filter(|feed| feed.enabled) {
        let memory = front.memory(feed).await?;
        let (context, feed) = (context.clone(), Arc::new(feed.clone()));
        tasks.spawn(async move { (feed.id.clone(), fetch::feed(context, feed, memory).await) });
    }
    // The front reads until the last task has let go of its sender.
    drop(context);
    let polling = async {
        let mut failed = Vec::new();
        while let Some(done) = tasks.join_next().await {
            let (feed, outcome) = done.map_err(|failure| RunError::lost("a feed's task", &failure))?;
            match outcome {
                fetch::Outcome::Failed(issue) | fetch::Outcome::Gone(issue) if once => {
                    failed.push((feed, format!("{}: {}", issue.code, issue.detail)));
                }
                _ => {}
            }
        }
        Ok(failed)
    };

    let (wanted, to_fetch) = mpsc::channel(PAGES_IN_FLIGHT);
    let (page_out, arrived) = mpsc::channel(PAGES_IN_FLIGHT);
    let page_context =
        fetch::PageContext { client, options: fetch_options, out: page_out, once, cancel: cancel.clone() };
    let pages = Pages {
        intake: intake.clone(),
        feeds: roster.clone(),
        wanted,
        arrived,
        finishing: once.then_some(pages_finishing),
        cancel: cancel.clone(),
    };
    let front_and_polling = async {
        let (failed, ()) = futures::future::try_join(polling, front.run(deliveries)).await?;
        finishing.send_replace(true);
        if !once {
            // Every feed may be gone, or none be configured: the daemon stays all the same until it is told to stop.
            cancel.cancelled().await;
        }
        Ok(failed)
    };
    let worker = fetch::pages(page_context, to_fetch).map(Ok);
    let (failed, (), ()) = futures::future::try_join3(front_and_polling, pages.run(), worker).await?;
    Ok(failed)
}

async fn open_store(config: &Config) -> Result<Store, RunError> {
    let data_dir = config.data_dir.clone();
    let opened = tokio::task::spawn_blocking(move || Store::open(&data_dir)).await;
    Ok(opened.map_err(|failure| RunError::lost("opening the store", &failure))??)
}

fn open_sink(config: &Config, store: &Store) -> Result<Box<dyn Sink>, RunError> {
    let publish = &config.publish;
    match publish.to {
        Target::Journal => Ok(Box::new(Journal::new(store.clone(), publish.journal.clone(), &publish.topic_prefix))),
        #[cfg(feature = "kafka")]
        Target::Kafka => {
            let sink = crate::publish::kafka::KafkaSink::open(&publish.kafka, &publish.topic_prefix, store.clone())?;
            Ok(Box::new(sink))
        }
        #[cfg(not(feature = "kafka"))]
        Target::Kafka => Err(RunError {
            exit: 78,
            message: "publish.to = \"kafka\": this dateline was built without the `kafka` feature".to_owned(),
        }),
    }
}

/// The configured feeds by name, with the titles that they give themselves.
#[derive(Clone)]
struct Roster(Arc<RwLock<HashMap<FeedId, Arc<Feed>>>>);

impl Roster {
    fn new(feeds: &[Feed]) -> Self {
        let feeds = feeds.iter().map(|feed| (feed.id.clone(), Arc::new(feed.clone()))).collect();
        Self(Arc::new(RwLock::new(feeds)))
    }

    /// The feed, if it is configured.
    fn known(&self, id: &FeedId) -> Option<Arc<Feed>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// The feed; what it left on the doorstep before it was taken out of the configuration is published all the same.
    fn get(&self, id: &FeedId) -> Arc<Feed> {
        self.known(id).unwrap_or_else(|| Arc::new(Feed::new(&id.0, "")))
    }

    /// The feed says what it is called; the operator's word counts for more.
    fn title(&self, id: &FeedId, title: &str) {
        let mut feeds = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(feed) = feeds.get_mut(id)
            && feed.title.is_none()
        {
            Arc::make_mut(feed).title = Some(title.to_owned());
        }
    }
}

#[cfg(test)]
mod tests;
