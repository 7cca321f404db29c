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
mod carry;
#[cfg(feature = "kafka")]
mod caution;
mod clearing;
mod decide;
mod enrich;
mod feeds;
mod hold;
mod line;
mod pages;
mod polling;
mod push;
mod redrive;
#[cfg(feature = "kafka")]
mod relayed;
mod reload;
mod replay;
#[cfg(feature = "kafka")]
mod roles;
mod roster;
mod steps;
mod tally;

pub use redrive::{Redrive, redrive};
pub use replay::{
    FeedShare, LeftOut, OnProgress, ReplayOptions, ReplayProgress, ReplayReport, Why, replay, replay_with,
};

use crate::{
    config::Config,
    fetch,
    intake::{self, Intake},
    model::{FeedId, Record, Shown, Snapshot},
    publish::{PublishError, Sink, Target, journal::Journal, roles::Role},
    store::{Damage, Store, StoreError},
    tap::Tap,
};
use board::Board;
use carry::Part;
use decide::Rules;
use enrich::{Reading, Source};
use feeds::Front;
use futures::{FutureExt, TryFutureExt};
use hold::Hold;
use line::Line;
use pages::{PAGES_IN_FLIGHT, Pages};
use polling::Polling;
use push::Hubs;
pub use reload::Reload;
use reload::Reloading;
#[cfg(feature = "kafka")]
pub use roles::{Moved, drain, to_one, to_roles};
use roster::Roster;
use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::sync::{mpsc, watch};
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

/// Deliveries that may wait to be read.
const DELIVERIES: usize = 8;

/// How long polling waits for the first recovery of the sink. Afterwards the intake takes what comes.
const RECOVERY_PATIENCE: Duration = Duration::from_secs(10);

/// Who is told of each record once it is committed.
pub type OnRecord = Arc<dyn Fn(&Record) + Send + Sync>;

/// Who is told of the published revisions of each batch once it is committed.
pub type OnShown = Arc<dyn Fn(Vec<Shown>) + Send + Sync>;

/// Those who watch a run.
#[derive(Clone, Default)]
pub struct Watching {
    /// Told of each record once it is committed.
    pub on_record: Option<OnRecord>,
    /// Told of each published revision once it is committed.
    pub on_shown: Option<OnShown>,
    /// Where rooms offer what leaves them.
    pub tap: Tap,
}

/// What a run is told.
pub struct RunOptions {
    /// Everything configured.
    pub config: Config,
    /// Poll every feed once, publish all of it, and end.
    pub once: bool,
    /// Ends the run in order.
    pub cancel: CancellationToken,
    /// Who watches.
    pub watching: Watching,
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

/// The same for a daemon whose configuration may change while it runs.
pub async fn run_reloading(options: RunOptions, reloads: mpsc::Receiver<Reload>) -> Result<RunReport, RunError> {
    let store = open_store(&options.config).await?;
    let sink = open_sink(&options.config, &store)?;
    run_all(options, Some(reloads), store, sink, Part::Judge, None).await
}

/// Runs one role of many, over Kafka.
pub async fn run_role(
    options: RunOptions,
    role: Role,
    reloads: Option<mpsc::Receiver<Reload>>,
) -> Result<RunReport, RunError> {
    let to = options.config.publish.to;
    if to != Target::Kafka {
        let message = "a role needs a broker between it and the others: set publish.to = \"kafka\"".to_owned();
        return Err(RunError { exit: 78, message });
    }
    #[cfg(feature = "kafka")]
    return roles::run(options, role, reloads).await;
    #[cfg(not(feature = "kafka"))]
    {
        drop((options, role, reloads));
        Err(RunError {
            exit: 78,
            message: "a role needs a dateline that was built with the `kafka` feature".to_owned(),
        })
    }
}

/// Every topic that the roles need, those that readers read among them, as it should be.
#[cfg(feature = "kafka")]
pub fn topics_of_roles(config: &Config) -> Vec<crate::broker::topics::Wanted> {
    roles::topics::of_all(config)
}

/// The same with a store and a sink that are open already.
pub async fn run_with(options: RunOptions, store: Store, sink: Box<dyn Sink>) -> Result<RunReport, RunError> {
    run_all(options, None, store, sink, Part::Judge, None).await
}

/// The line may be told to stop later than the rest: then it ends before that once the doorstep is empty.
async fn run_all(
    options: RunOptions,
    reloads: Option<mpsc::Receiver<Reload>>,
    store: Store,
    sink: Box<dyn Sink>,
    part: Part,
    line_cancel: Option<CancellationToken>,
) -> Result<RunReport, RunError> {
    let RunOptions { config, once, cancel, watching, snapshot } = options;
    let picture = snapshot.subscribe();
    let to = match config.publish.to {
        Target::Journal => "journal",
        Target::Kafka => "kafka",
    };
    let board = Board::new(snapshot, &config.feeds, to, config.intake.max_bytes, watching.tap.clone());
    let intake = intake_of(&config, &store);
    let hold = Hold::new();
    let roster = Roster::new(&config.feeds, config.fetch.backfill);
    for feed in &config.feeds {
        // Before the line begins: a batch that is made again says of its feed what it said the first time.
        if let Some(title) = intake.feed(feed).await?.known.title {
            roster.title(&feed.id, &title);
        }
    }
    let (judges, polls) = (part == Part::Judge, !matches!(part, Part::Fetch { polls: false, .. }));
    let tables = judges.then(|| enrich::tables(config.extract.clone()));
    let compiling = tables.clone();
    // Beside the recovery of the sink, which takes as long: the first revision that needs them waits.
    let compiling = tokio::task::spawn_blocking(move || {
        compiling.as_deref().map(LazyLock::force);
    });

    // The front ends first, then the pages, then the line. `finishing` and `ending` tell the next that no more comes.
    let (finishing, pages_finishing) = watch::channel(false);
    let (ending, line_ending) = watch::channel(false);
    let (recovered, mut is_recovered) = watch::channel(false);
    let (damage, damaged) = watch::channel(None);
    let line = Line {
        store: store.clone(),
        reading: Reading {
            source: Source::Intake(intake.clone(), roster.clone()),
            tables,
            ending: line_ending,
            tap: watching.tap.clone(),
            parallel: 2 * std::thread::available_parallelism().map_or(2, usize::from),
            refused: false,
        },
        rules: Arc::new(Rules {
            part,
            log: store.intake_id().to_owned(),
            dedup: config.dedup.clone(),
            publish_body: config.publish.publish_body,
            format: config.publish.format,
            sampled: config.traces.sampled,
            program: crate::PROGRAM.to_owned(),
            tap: watching.tap.clone(),
            keep_shown: watching.on_shown.is_some(),
        }),
        board: board.clone(),
        topics: (to, config.publish.topic_prefix.clone()),
        watching,
        gather: gathering(&config),
        max_batch: usize::try_from(config.publish.max_batch).unwrap_or(usize::MAX),
        recovered,
        cancel: line_cancel.unwrap_or_else(|| cancel.clone()),
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
        let acquiring = acquire(
            config,
            (judges, polls),
            once,
            reloads,
            &cancel,
            &store,
            &intake,
            &roster,
            &board,
            &hold,
            &damage,
            &finishing,
            pages_finishing,
        );
        let acquired = tokio::select! {
            acquired = acquiring => acquired,
            // A document that is still being read was never observed.
            () = line::told_long_ago(&cancel) => Ok(Vec::new()),
        };
        ending.send_replace(true);
        acquired
    };
    let compiled = async { compiling.await.map_err(|failure| RunError::lost("compiling the tables", &failure)) };
    let watching = hold.watch(&store, &intake, &board, judges, &picture);
    let failed = tokio::select! {
        // One that fails ends the others: what is durable stays so, and the process says why.
        done = futures::future::try_join3(acquire, line.run(sink), compiled) => done?.0,
        () = watching => Vec::new(),
    };
    let now = picture.borrow().clone();
    Ok(RunReport { failed, records: now.publisher.records, commits: now.publisher.commits })
}

/// How far apart batches are: half of what is promised is left for the commit itself, and longer makes none better.
fn gathering(config: &Config) -> Duration {
    (config.publish.max_latency / 2).min(Duration::from_millis(250))
}

/// Polls feeds and fetches pages; ends when told to stop, or with `once` when everything was had. Returns the feeds that
/// failed.
#[expect(clippy::too_many_arguments, reason = "the wiring of one place, written once")]
async fn acquire(
    config: Config,
    (judges, polls): (bool, bool),
    once: bool,
    reloads: Option<mpsc::Receiver<Reload>>,
    cancel: &CancellationToken,
    store: &Store,
    intake: &Intake,
    roster: &Roster,
    board: &Board,
    hold: &Hold,
    damage: &watch::Sender<Option<Damage>>,
    finishing: &watch::Sender<bool>,
    pages_finishing: watch::Receiver<bool>,
) -> Result<Vec<(FeedId, String)>, RunError> {
    let means = reload::means(&config.fetch).map_err(|message| RunError { exit: 70, message })?;
    let (out, deliveries) = mpsc::channel(DELIVERIES);
    let watcher = board.clone();
    let context = fetch::Context {
        client: Arc::clone(&means.client),
        options: Arc::clone(&means.options),
        out,
        watch: Arc::new(move |progress| watcher.progress(&progress)),
        held: hold.subscribe(),
        newcomers: hold::newcomers(intake, judges),
        once,
        cancel: cancel.clone(),
    };
    let mut front = Front::new(intake.clone(), roster.clone(), board.clone(), hold.clone(), damage.clone());
    let (means, page_means) = watch::channel(means);
    // A run that ends by itself is gone before a hub could call it.
    // Nor do hubs know which worker has a feed.
    let hubs =
        if once || !judges { None } else { Hubs::open(&config, store, means.subscribe(), context.out.clone()).await? };
    let (hubs, service) = hubs.unzip();
    front.websub = hubs.as_ref().map(|hubs| hubs.websub.clone());
    let mut polling = Polling::new(front.clone(), context);
    let mut reloading = Reloading { running: config, roster: roster.clone(), board: board.clone(), means, hubs };
    if polls {
        reloading.begin(&mut polling).await?;
    }

    let (wanted, to_fetch) = mpsc::channel(PAGES_IN_FLIGHT);
    let (page_out, arrived) = mpsc::channel(PAGES_IN_FLIGHT);
    let page_context = fetch::PageContext { means: page_means, out: page_out, once, cancel: cancel.clone() };
    let pages = Pages {
        intake: intake.clone(),
        feeds: roster.clone(),
        wanted,
        arrived,
        finishing: once.then_some(pages_finishing),
        cancel: cancel.clone(),
    };
    let front_and_polling = async {
        // The front reads until the last task has let go of its sender.
        let polling = reloading.run(polling, reloads, cancel).map_ok(Polling::into_failed);
        let told = async {
            if let Some(service) = service {
                // Its end lets go of the last sender; what a hub is not told to be durable it pushes again.
                tokio::select! {
                    () = service.run() => {}
                    () = cancel.cancelled() => {}
                }
            }
            Ok(())
        };
        // A task of its own: what it is woken for concerns nobody else.
        let reading = AbortOnDropHandle::new(tokio::spawn(front.run(deliveries)));
        let reading = async { reading.await.map_err(|failure| RunError::lost("the front", &failure))? };
        let (failed, (), ()) = futures::future::try_join3(polling, reading, told).await?;
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

/// The doorstep of a directory, as it is configured.
fn intake_of(config: &Config, store: &Store) -> Intake {
    let policy = intake::Policy {
        options: config.intake.clone(),
        horizon: config.dedup.horizon,
        page_recheck: config.fetch.page_recheck.clone(),
    };
    Intake::new(store.clone(), policy)
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
            Ok(Box::new(sink.with_format(publish.format)))
        }
        #[cfg(not(feature = "kafka"))]
        Target::Kafka => Err(RunError {
            exit: 78,
            message: "publish.to = \"kafka\": this dateline was built without the `kafka` feature".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests;
