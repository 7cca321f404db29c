//! The move from the journal to a broker: the records of the topic files, then the state, then the directory's mark.
//!
//! Comes in: a data directory that the embedded journal has published from. Goes out: its records in the topics, as they
//! were, key, headers and value; its state in the state topic, so that nothing that still stands in a feed is taken for
//! new; and the fact that the directory's image is now the broker's. What holds: how far it has come is written into the
//! state topic in the same transaction as what was moved, so that a move that breaks off anywhere goes on where it was
//! and doubles nothing. Until the last transaction the position is not over there and the directory is the journal's;
//! from the mark on it is the broker's alone.
//!
//! While it lasts the sink follows the state topic in a directory of its own, `migration/` beside the file: the state
//! that is moved must not be taken for the image of what is there.

use super::{
    Batch, KAFKA_IMAGE, KafkaOptions, Options, PublishError, Sink,
    archive::{Archive, Damage},
    journal::Journal,
    kafka::KafkaSink,
};
use crate::{
    faults,
    model::{Migration, Position, Record, StateChange, Topic, state_key},
    store::{Store, StoreError, image},
};
use jiff::Timestamp;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long a broker that is away is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// The pause between two attempts.
const RETRY: Duration = Duration::from_millis(500);

/// Records in a transaction at most.
const RECORDS: usize = 2_000;

/// Told of each topic (or the state) and how many records or keys of it are over there by now.
pub type OnProgress = Arc<dyn Fn(&str, u64) + Send + Sync>;

/// What a move is told.
pub struct MigrateOptions {
    /// `[publish]`, with the broker's settings.
    pub publish: Options,
    /// Only records whose content was observed from then on.
    pub since: Option<Timestamp>,
    /// No records at all.
    pub state_only: bool,
    /// Whether to end after the open transaction.
    pub is_cancelled: Arc<dyn Fn() -> bool + Send + Sync>,
    /// Told how far it has come.
    pub on_progress: Option<OnProgress>,
}

/// How a move went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MigrateReport {
    /// What of each topic this run moved.
    pub topics: BTreeMap<String, TopicMoved>,
    /// Keys of the state that this run moved.
    pub keys: u64,
    /// The last frame done, as the broker has it now.
    pub position: u64,
    /// An earlier run had begun it.
    pub resumed: bool,
    /// The directory was the broker's already.
    pub already: bool,
    /// It was told to end before it was done.
    pub interrupted: bool,
}

/// What of one topic was moved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TopicMoved {
    /// Records.
    pub records: u64,
    /// Records left behind, older than what was asked for.
    pub older: u64,
    /// What could not be moved.
    pub damage: Damage,
}

/// Moves a directory over, or goes on with a move that broke off.
pub async fn migrate(store: &Store, options: &MigrateOptions) -> Result<MigrateReport, PublishError> {
    let beside = store.data_dir().join("migration");
    let mut report = MigrateReport::default();
    if store.read(|db| image::meta(db, KAFKA_IMAGE)).await.map_err(of_store)?.is_some() {
        report.already = true;
        report.position = arrive(store, options).await?;
        return discard(&beside).map(|()| report);
    }
    let Options { journal, topic_prefix, kafka, format, .. } = &options.publish;
    let ends = Journal::settled(store.clone(), journal.clone(), topic_prefix).await?;
    let over_there = open(&beside).await?;
    let mut mover = Mover {
        // A state topic that knows less than the topics beside it is here as it should be.
        sink: KafkaSink::open(kafka, topic_prefix, over_there.clone())?.with_format(*format).rebuilding(),
        over_there,
        store: store.clone(),
        options,
        ends,
        position: position(store).await?,
        report,
        begun: false,
    };
    mover.recover().await?;
    let moved = mover.run().await;
    mover.sink.close().await;
    let Mover { mut report, over_there, .. } = mover;
    moved?;
    if report.interrupted {
        return Ok(report);
    }
    mark(store, &over_there).await?;
    faults::point("migrate-marked");
    drop(over_there);
    let before = position(store).await?;
    report.position = arrive(store, options).await?;
    if report.position != before {
        let position = report.position;
        return Err(PublishError::Fatal {
            exit: 70,
            message: format!("the broker has position {position} and the journal had {before}; please report it"),
        });
    }
    discard(&beside).map(|()| report)
}

struct Mover<'a> {
    sink: KafkaSink,
    /// Follows the state topic.
    over_there: Store,
    store: Store,
    options: &'a MigrateOptions,
    ends: BTreeMap<String, u64>,
    /// The last frame that the journal has done.
    position: u64,
    report: MigrateReport,
    begun: bool,
}

impl Mover<'_> {
    /// Moves what is left; after a doubt from where the broker says that it is.
    async fn run(&mut self) -> Result<(), PublishError> {
        loop {
            let progress = self.progress().await?;
            match self.go_on(progress).await {
                Err(error @ (PublishError::Doubt(_) | PublishError::Unavailable(_))) => {
                    tracing::warn!(%error, "a transaction is in doubt; what was committed is read back");
                    self.recover().await?;
                }
                ended => return ended,
            }
        }
    }

    async fn progress(&mut self) -> Result<Migration, PublishError> {
        let intake = self.store.intake_id().to_owned();
        let (found, occupied) = self
            .over_there
            .read(|db| Ok((image::get(db, state_key::MIGRATION)?, image::count(db, "pos/")? > 0)))
            .await
            .map_err(of_store)?;
        let KafkaOptions { transactional_id, .. } = &self.options.publish.kafka;
        let Some(found) = found else {
            if occupied {
                return Err(refused(format!(
                    "transactional_id \"{transactional_id}\" has published to this cluster before: give the move an id of its own"
                )));
            }
            self.begun = true;
            return Ok(Migration { v: 1, intake, at: self.position, lines: self.lines(), ..Migration::default() });
        };
        let mut found: Migration = serde_json::from_slice(&found)
            .map_err(|error| refused(format!("the state of the migration cannot be read: {error}")))?;
        if found.intake != intake {
            return Err(refused(format!(
                "transactional_id \"{transactional_id}\" belongs to another data directory, which was moved before: \
                 give this one an id of its own"
            )));
        }
        self.report.resumed |= !self.begun;
        if (found.at, found.lines) != (self.position, self.lines()) {
            // The journal went on meanwhile: what it published is moved as well, and the state once more.
            found = Migration { at: self.position, lines: self.lines(), key: String::new(), finished: false, ..found };
        }
        Ok(found)
    }

    async fn go_on(&mut self, mut progress: Migration) -> Result<(), PublishError> {
        if !self.options.state_only && progress.key.is_empty() && !progress.finished {
            for topic in Topic::PUBLIC {
                self.topic(topic, &mut progress).await?;
                if self.report.interrupted {
                    return Ok(());
                }
            }
        }
        if !progress.finished {
            self.state(&mut progress).await?;
        }
        Ok(())
    }

    async fn topic(&mut self, topic: Topic, progress: &mut Migration) -> Result<(), PublishError> {
        let name = topic.name(&self.options.publish.topic_prefix);
        let from = progress.topics.get(&name).copied().unwrap_or(0);
        let directory = self.store.data_dir().join("topics");
        let prefix = self.options.publish.topic_prefix.clone();
        let mut archive =
            Archive::open(&directory, &prefix, topic, from).map_err(|error| unreadable(&directory, &error))?;
        let max_batch = usize::try_from(self.options.publish.max_batch).unwrap_or(usize::MAX);
        loop {
            let (mut records, mut bytes, mut last, mut older) = (Vec::new(), 0, None, 0);
            while records.len() < RECORDS && bytes < max_batch {
                let next = archive.next_record().map_err(|error| unreadable(&directory, &error))?;
                let Some((number, record)) = next else { break };
                last = Some(number);
                if self.is_wanted(&record) {
                    bytes += record.value.as_ref().map_or(0, Vec::len);
                    records.push(record);
                } else {
                    older += 1;
                }
            }
            let Some(last) = last else { break };
            let count = records.len() as u64;
            progress.topics.insert(name.clone(), last + 1);
            self.commit(records, Vec::new(), progress).await?;
            let moved = self.report.topics.entry(name.clone()).or_default();
            moved.records += count;
            moved.older += older;
            self.tell(&name, last + 1);
            if (self.options.is_cancelled)() {
                self.report.interrupted = true;
                return Ok(());
            }
        }
        archive.expect(self.ends.get(&name).copied().unwrap_or(0));
        self.report.topics.entry(name).or_default().damage = archive.damage;
        Ok(())
    }

    fn is_wanted(&self, record: &Record) -> bool {
        let Some(since) = self.options.since else { return true };
        let observed = record.header("ce_time").and_then(|time| time.parse::<Timestamp>().ok());
        observed.is_none_or(|observed| observed >= since)
    }

    async fn state(&mut self, progress: &mut Migration) -> Result<(), PublishError> {
        let max_batch = usize::try_from(self.options.publish.max_batch).unwrap_or(usize::MAX);
        loop {
            let from = progress.key.clone();
            let rows = self.store.read(move |db| image::rows_after(db, &from, max_batch)).await.map_err(of_store)?;
            let Some((last, _)) = rows.last() else { break };
            progress.key.clone_from(last);
            // The position comes last: who has it has all the rest.
            let own = self.own_position();
            let changes: Vec<StateChange> = rows
                .into_iter()
                .filter(|(key, _)| *key != own)
                .map(|(key, value)| StateChange { key, value: Some(value) })
                .collect();
            let count = changes.len() as u64;
            self.commit(Vec::new(), changes, progress).await?;
            self.report.keys += count;
            self.tell("state", self.report.keys);
            if (self.options.is_cancelled)() {
                self.report.interrupted = true;
                return Ok(());
            }
        }
        progress.finished = true;
        let own = self.own_position();
        let position = Position { intake: self.store.intake_id().to_owned(), seq: self.position, index: 0 };
        self.commit(Vec::new(), vec![StateChange::set(own, &position)], progress).await
    }

    /// How many lines there are in all topics.
    fn lines(&self) -> u64 {
        self.ends.values().sum()
    }

    fn own_position(&self) -> String {
        state_key::position(self.store.intake_id())
    }

    async fn commit(
        &mut self,
        records: Vec<Record>,
        mut state: Vec<StateChange>,
        progress: &Migration,
    ) -> Result<(), PublishError> {
        let own = self.own_position();
        if !state.iter().any(|change| change.key == own) {
            // The sink would write one.
            state.push(StateChange::forget(own));
        }
        state.push(StateChange::set(state_key::MIGRATION.to_owned(), progress));
        let position = Position { intake: self.store.intake_id().to_owned(), seq: 0, index: 0 };
        self.sink.commit(Batch { records, state, position }).await?;
        faults::point("migrate");
        Ok(())
    }

    async fn recover(&mut self) -> Result<(), PublishError> {
        patiently(&mut self.sink).await.map(drop)
    }

    fn tell(&self, what: &str, count: u64) {
        if let Some(on_progress) = &self.options.on_progress {
            on_progress(what, count);
        }
    }
}

async fn patiently(sink: &mut KafkaSink) -> Result<u64, PublishError> {
    let begun = Instant::now();
    loop {
        match sink.recover().await {
            Err(error @ (PublishError::Doubt(_) | PublishError::Unavailable(_))) if begun.elapsed() < PATIENCE => {
                tracing::warn!(%error, "the broker is away; trying again");
                tokio::time::sleep(RETRY).await;
            }
            ended => return ended,
        }
    }
}

/// From now on the directory is the broker's. Without an anchor the image is not built upon: it is emptied and read from
/// the beginning of the state topic, for what was too large for the topic is not in it as the journal had it.
async fn mark(store: &Store, over_there: &Store) -> Result<(), PublishError> {
    let found = over_there.read(|db| image::meta(db, KAFKA_IMAGE)).await.map_err(of_store)?;
    let described = found.as_deref().map(serde_json::from_str::<serde_json::Value>);
    let Some(Ok(mut image)) = described else {
        return Err(refused("the image of the state topic is not described".to_owned()));
    };
    if let Some(image) = image.as_object_mut() {
        image.insert("offset".to_owned(), 0.into());
        image.insert("anchor".to_owned(), serde_json::Value::Null);
    }
    let image = image.to_string();
    store.write(move |tx| image::set_meta(tx, KAFKA_IMAGE, &image)).await.map_err(of_store)
}

/// Reads the state back as the daemon will.
async fn arrive(store: &Store, options: &MigrateOptions) -> Result<u64, PublishError> {
    let Options { kafka, topic_prefix, format, .. } = &options.publish;
    let mut sink = KafkaSink::open(kafka, topic_prefix, store.clone())?.with_format(*format);
    let position = patiently(&mut sink).await;
    sink.close().await;
    position
}

async fn position(store: &Store) -> Result<u64, PublishError> {
    let intake = store.intake_id().to_owned();
    store.read(move |db| image::position(db, &intake)).await.map_err(of_store)
}

async fn open(directory: &Path) -> Result<Store, PublishError> {
    let directory: PathBuf = directory.to_owned();
    let opened = tokio::task::spawn_blocking(move || Store::open(&directory)).await;
    opened.map_err(|failure| refused(failure.to_string()))?.map_err(of_store)
}

fn discard(beside: &Path) -> Result<(), PublishError> {
    match std::fs::remove_dir_all(beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unreadable(beside, &error)),
        _ => Ok(()),
    }
}

fn of_store(error: StoreError) -> PublishError {
    match error {
        // Room can be made; what is moved is moved.
        StoreError::Full(_) => PublishError::Unavailable(error.to_string()),
        error => PublishError::Fatal { exit: error.exit_code(), message: error.to_string() },
    }
}

fn refused(message: String) -> PublishError {
    PublishError::Fatal { exit: 78, message }
}

fn unreadable(path: &Path, error: &std::io::Error) -> PublishError {
    PublishError::Fatal { exit: 74, message: format!("{}: {error}", path.display()) }
}
