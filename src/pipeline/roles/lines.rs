//! The lines of a worker: one for each partition that is its own.

use super::{Worker, shard};
use crate::{
    broker::{BrokerError, Message, Settings, partition_reader::PartitionReader, topics::Topics},
    config::Config,
    metrics,
    model::{Record, Snapshot, Topic},
    pipeline::{
        Reload, RunError,
        board::Board,
        carry::Part,
        caution::Caution,
        decide::Rules,
        enrich::Reading,
        enrich::Source,
        gathering,
        line::Line,
        relayed::{Kind, Relayed},
    },
    publish::{
        Sink,
        kafka::{KafkaSink, Post, Seat, fitted, relay::RelaySink},
        roles::{Role, partition_of},
    },
    store::{Store, StoreError},
};
use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

/// How often the pictures of the lines become one.
const RENEWAL: Duration = Duration::from_secs(1);

/// A file that is still held by a line of this partition that has ended is asked for again, so often and with this pause.
const STORE_TRIES: u32 = 40;
const STORE_PAUSE: Duration = Duration::from_millis(250);

/// A partition of what the group shares out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Partition(pub(super) i32);

pub(super) struct Lines {
    worker: Arc<Worker>,
    running: HashMap<Partition, Running>,
    tasks: JoinSet<(Partition, CancellationToken, Result<(), RunError>)>,
    /// What holds; lines that poll follow it.
    config: watch::Sender<Config>,
    renewal: tokio::time::Interval,
}

struct Running {
    cancel: CancellationToken,
    /// Somebody else may have the partition already: nothing is worth finishing.
    lost: CancellationToken,
    /// Told when the line has let go of everything.
    ended: CancellationToken,
}

impl Lines {
    pub(super) fn new(worker: Arc<Worker>) -> Self {
        let config = watch::Sender::new(worker.config.clone());
        let mut renewal = tokio::time::interval(RENEWAL);
        renewal.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        Self { worker, running: HashMap::new(), tasks: JoinSet::new(), config, renewal }
    }

    /// Begins a line. One of the partition that is still ending is waited for.
    pub(super) fn begin(&mut self, partition: Partition) {
        let [cancel, lost, ended] = [(); 3].map(|()| CancellationToken::new());
        let running = Running { cancel: cancel.clone(), lost: lost.clone(), ended: ended.clone() };
        let before = self.running.insert(partition, running);
        let (worker, config) = (Arc::clone(&self.worker), self.config.subscribe());
        self.tasks.spawn(async move {
            // Told also when the line breaks off.
            let _told = ended.drop_guard();
            if let Some(before) = before {
                before.cancel.cancel();
                before.ended.cancelled().await;
            }
            let picture = worker.picture.line(partition.0);
            let result = match worker.role {
                Role::Fetch => shard::run(&worker, partition, config, picture, (cancel.clone(), lost)).await,
                Role::Enrich | Role::Dedup => run(&worker, partition, picture, cancel.clone()).await,
            };
            worker.picture.ended(partition.0);
            (partition, cancel, result)
        });
    }

    /// Ends the lines of these partitions; what is returned ends when they have.
    pub(super) fn let_go(
        &mut self,
        partitions: impl Iterator<Item = Partition>,
        lost: bool,
    ) -> impl Future<Output = ()> + 'static {
        let let_go: Vec<CancellationToken> = partitions
            .filter_map(|partition| {
                let running = self.running.get(&partition)?;
                if lost {
                    running.lost.cancel();
                }
                running.cancel.cancel();
                Some(running.ended.clone())
            })
            .collect();
        async move {
            futures::future::join_all(let_go.iter().map(CancellationToken::cancelled)).await;
        }
    }

    /// Why the worker cannot go on, when one of its lines cannot. Meanwhile the picture is renewed.
    pub(super) async fn failed(&mut self) -> RunError {
        loop {
            tokio::select! {
                Some(ended) = self.tasks.join_next() => {
                    let (partition, cancel, result) = match ended {
                        Ok(ended) => ended,
                        Err(failure) => return RunError::lost("a partition's line", &failure),
                    };
                    match result {
                        Err(error) => return error,
                        Ok(()) if !cancel.is_cancelled() => {
                            let message = format!("the line of partition {} ended by itself", partition.0);
                            return RunError { exit: 70, message };
                        }
                        Ok(()) => {}
                    }
                }
                _ = self.renewal.tick() => self.renew(),
            }
        }
    }

    /// A configuration was read while the worker runs.
    pub(super) async fn reload(&mut self, reload: Reload) {
        match reload.read {
            Ok(read) => {
                let (settled, waiting) = crate::config::settle(&self.config.borrow(), read);
                if !waiting.is_empty() {
                    tracing::warn!(keys = waiting.join(", "), "these settings keep their old values until a restart");
                }
                self.config.send_replace(settled);
            }
            Err(problems) => {
                tracing::error!(%problems, "the configuration was read anew and is refused; the one before runs on");
                metrics::reloaded("refused");
            }
        }
        // Whoever asked may have gone away.
        reload.done.send(()).ok();
    }

    /// Ends all lines that are left.
    pub(super) async fn end(&mut self) {
        let all: Vec<Partition> = self.running.keys().copied().collect();
        self.let_go(all.into_iter(), false).await;
        self.renew();
    }

    fn renew(&self) {
        let Worker { role, names, topics, picture, .. } = &*self.worker;
        let owned = picture.renew();
        let shared = topics.found.get(&names.input()).map_or(0, |topic| topic.partitions);
        metrics::partitions(role.as_str(), shared, owned);
        if *role == Role::Fetch {
            let now = picture.now();
            metrics::intake(&now.intake, now.at);
        }
    }
}

impl Worker {
    /// Opens the file that a line keeps: its cache, and of a shard what it observed.
    pub(super) async fn open_store(&self, partition: Partition) -> Result<Store, RunError> {
        let line = self.role.line(partition.0);
        let data_dir = self.config.data_dir.join(&line);
        let mut tries = STORE_TRIES;
        loop {
            let (asked, line) = (data_dir.clone(), line.clone());
            let opened = tokio::task::spawn_blocking(move || Store::open_line(&asked, &line)).await;
            match opened.map_err(|failure| RunError::lost("opening the store", &failure))? {
                // A thread of the line before may still be reading.
                Err(StoreError::Busy { .. }) if tries > 0 => tries -= 1,
                opened => return Ok(opened?),
            }
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }

    pub(super) fn seat(&self, partition: Partition, tells_offsets: bool) -> Seat {
        Seat::new(self.membership.clone(), partition.0, tells_offsets)
    }

    pub(super) fn rules(&self, part: Part, log: String) -> Arc<Rules> {
        let config = &self.config;
        Arc::new(Rules {
            part,
            log,
            dedup: config.dedup.clone(),
            publish_body: config.publish.publish_body,
            format: config.publish.format,
            sampled: config.traces.sampled,
            program: crate::PROGRAM.to_owned(),
            tap: self.watching.tap.clone(),
            keep_shown: self.watching.on_shown.is_some(),
        })
    }

    /// The sink of a line that reads a topic.
    fn sink(&self, partition: Partition, store: &Store) -> Result<Box<dyn Sink>, RunError> {
        let (options, prefix) =
            (self.names.kafka(&self.config.publish.kafka, partition.0), &self.config.publish.topic_prefix);
        let input = self.names.input();
        let Some(state) = self.names.state() else {
            let (limits, message_of) = (self.limits(), self.message_of());
            let sink = RelaySink::open(&options, self.seat(partition, true), limits, message_of)?;
            return Ok(Box::new(sink));
        };
        let sink = KafkaSink::open(&options, prefix, store.clone())?.with_format(self.config.publish.format);
        let (membership, number, settings) = (self.membership.clone(), partition.0, self.settings.clone());
        let outputs = Topic::Articles.name(prefix);
        let remembered = state.clone();
        let has_published = move |topics: &Topics| {
            // Offsets without a state beside them: it has been lost.
            if membership.committed(number)?.is_some_and(|offset| offset > 0) {
                return Ok(true);
            }
            // Records, and a state that no worker has ever written to: one process has published them. In this order, for
            // each writes to its state when it begins.
            let reader = PartitionReader::new(&settings)?;
            let has_records = |name: &str| {
                let partitions = topics.found.get(name).map_or(0, |topic| topic.partitions);
                reader.has_records(name, partitions)
            };
            Ok(has_records(&outputs)? && !has_records(&remembered)?)
        };
        let post = Post {
            state,
            partition: number,
            log: log_of(&input, partition),
            wanted: super::topics::wanted(&self.config, self.role),
            has_published: Arc::new(has_published),
            seat: Some(self.seat(partition, true)),
        };
        Ok(Box::new(sink.at(post)))
    }

    /// What the topics take that are written to: the least and the most.
    fn limits(&self) -> (usize, usize) {
        let limits = self.topics.found.values().map(|topic| topic.max_message_bytes);
        (limits.clone().min().unwrap_or(1 << 20), limits.max().unwrap_or(1 << 20))
    }

    fn message_of(&self) -> Box<dyn Fn(Record) -> Message + Send + Sync> {
        let prefix = self.config.publish.topic_prefix.clone();
        let enriched = Topic::Enriched.name(&prefix);
        let domains = self.topics.found.get(&enriched).map_or(1, |topic| topic.partitions);
        let domains = i32::try_from(domains).unwrap_or(i32::MAX);
        let limits: HashMap<String, usize> =
            self.topics.found.iter().map(|(name, topic)| (name.clone(), topic.max_message_bytes)).collect();
        Box::new(move |record| {
            let limit_of = |topic: &str| limits.get(topic).copied().unwrap_or(1 << 20);
            let mut message = fitted(record, |topic| topic.name(&prefix), limit_of);
            // A domain lies where its memory does.
            message.partition = (message.topic == enriched).then(|| partition_of(&message.key, domains));
            message
        })
    }
}

/// What the positions of a partition are counted in.
pub(super) fn log_of(topic: &str, partition: Partition) -> String {
    format!("{topic}/{}", partition.0)
}

/// Works on a partition of a topic until told to stop.
async fn run(
    worker: &Worker,
    partition: Partition,
    picture: watch::Sender<Snapshot>,
    cancel: CancellationToken,
) -> Result<(), RunError> {
    let store = worker.open_store(partition).await?;
    let sink = worker.sink(partition, &store)?;
    let topic = worker.names.input();
    let caution = Arc::new(Mutex::new(Caution::begin(store.clone()).await?));
    let config = &worker.config;
    let (part, kind) = match worker.role {
        Role::Enrich => (Part::Enrich, Kind::Raw),
        Role::Fetch | Role::Dedup => (Part::Judge, Kind::Enriched),
    };
    let board = Board::new(picture, &[], "kafka", 0, worker.watching.tap.clone());
    let (_ending, ending) = watch::channel(false);
    let (_damage, damage) = watch::channel(None);
    let (recovered, _) = watch::channel(false);
    let (settings, number) = (worker.settings.clone(), partition.0);
    let line = Line {
        store,
        reading: Reading {
            source: Source::Topic(Relayed { settings, kind, topic: topic.clone(), partition: number, caution }),
            tables: worker.tables.clone(),
            ending,
            tap: worker.watching.tap.clone(),
            parallel: 2 * std::thread::available_parallelism().map_or(2, usize::from),
            refused: false,
        },
        rules: worker.rules(part, log_of(&topic, partition)),
        board,
        topics: ("kafka", config.publish.topic_prefix.clone()),
        watching: worker.watching.clone(),
        gather: gathering(config),
        max_batch: usize::try_from(config.publish.max_batch).unwrap_or(usize::MAX),
        recovered,
        cancel,
        damage,
        image_dropped: None,
    };
    line.run(sink).await
}

/// How far a topic's partition reaches now, committed or not.
pub(super) fn end_of(settings: &Settings, topic: &str, partition: Partition) -> Result<i64, BrokerError> {
    Ok(PartitionReader::new(settings)?.ends(topic, partition.0)?.high)
}
