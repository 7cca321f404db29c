//! `dateline rebuild-state`: makes the memory anew from what was published, when the state topic or the journal's state
//! has been lost.
//!
//! The records are read in their order, and what each changes in memory is committed through the sink as the daemon's own
//! changes are, in batches of bounded size. A key that stands in the state from the first batch to the last says that it is
//! not whole, so that no daemon works with half of it.

mod memory;

#[cfg(feature = "kafka")]
use super::registered;
use super::{
    audit::{Failure, complain},
    exit, load,
    progress::Progress,
    refuse,
};
use crate::{
    cli,
    config::{Config, Flags},
    intake,
    model::{Position, StateChange, Topic, state_key},
    publish::{self, Batch, PublishError, Sink, Target, journal::Journal, unwritten::unwritten},
    state::State,
    store::{Store, StoreError, image},
    topics::{Files, Placed, Topics},
};
use memory::Memory;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Articles first, then the revisions that no topic took; claims belong to items, stories to their members.
const ORDER: [Topic; 6] =
    [Topic::Articles, Topic::DeadLetters, Topic::CovidStats, Topic::Stories, Topic::FeedStatus, Topic::Events];

/// What the state holds, by the first part of its keys.
const KINDS: [&str; 9] =
    ["item/", "text/", "story/", state_key::SERIES, "feed/", "pos/", "rebuilt/", "copied/", "generation"];

/// Changes that are committed at once.
const BATCH_BYTES: usize = 4 << 20;
const BATCH_RECORDS: usize = 2_000;

/// Records that are read ahead.
const AHEAD: usize = 256;

/// What was made.
struct Made {
    items: u64,
    stories: u64,
    claims: u64,
    unreadable: u64,
    batches: u64,
    position: u64,
}

pub(super) fn run(given: &cli::RebuildState) -> u8 {
    let loaded = match load(&Flags::from(&given.configuration)) {
        Ok(loaded) => loaded,
        Err(problems) => return refuse(&problems),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("threads cannot be started: {error}"));
            return exit::BUG;
        }
    };
    match runtime.block_on(rebuild(&loaded.config, given.force)) {
        Ok(made) => {
            let Made { items, stories, claims, unreadable, batches, position } = made;
            super::put(format_args!(
                "{items} items, {stories} stories and {claims} standing claims in {batches} batches; \
                 the daemon goes on behind frame {position}"
            ));
            if unreadable > 0 {
                complain(&format!("{unreadable} records could not be read and are not in the memory"));
            }
            exit::DONE
        }
        Err(Refusal::Intact(what)) => {
            complain(&format!("{what} is intact: nothing was changed. --force makes it anew all the same"));
            exit::FAILED
        }
        Err(Refusal::Audit(failure)) => {
            complain(&failure.to_string());
            failure.exit()
        }
        Err(Refusal::Publish(error)) => {
            complain(&error.to_string());
            if let PublishError::Fatal { exit, .. } = error { exit } else { exit::UNAVAILABLE }
        }
    }
}

/// Why nothing was made, or not all.
#[derive(Debug)]
enum Refusal {
    Intact(String),
    Audit(Failure),
    Publish(PublishError),
}

impl<E: Into<Failure>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self::Audit(error.into())
    }
}

async fn rebuild(config: &Config, force: bool) -> Result<Made, Refusal> {
    let store = Store::open(&config.data_dir)?;
    let mut sink = open_sink(config, &store)?;
    let mut topics = None;
    if config.publish.to == Target::Journal {
        if store.read(|db| image::meta(db, publish::KAFKA_IMAGE)).await?.is_some() {
            let what = format!("{} holds what was published to Kafka, and no journal", config.data_dir.display());
            return Err(Failure::Configuration(what).into());
        }
        topics = Some(open_topics(config, &store).await?);
        let intact = store.read(is_intact).await;
        if matches!(intact, Ok(true)) && !force {
            return Err(Refusal::Intact(format!("the state in {}", config.data_dir.display())));
        }
        // In one transaction with the mark: a daemon finds the old state, or one that is known not to be whole.
        let begin = |tx: &rusqlite::Transaction<'_>| {
            image::clear(tx)?;
            image::apply(tx, &[StateChange::set(state_key::REBUILDING.to_owned(), &true)])
        };
        store.write(begin).await?;
    }
    sink.recover().await.map_err(Refusal::Publish)?;
    let old = store.read(keys).await?;
    let whole = store.read(is_intact).await.unwrap_or(false);
    if config.publish.to == Target::Kafka && whole && !force {
        return Err(Refusal::Intact(format!("topic {}", Topic::State.name(&config.publish.topic_prefix))));
    }
    let topics = match topics {
        Some(topics) => topics,
        None => open_topics(config, &store).await?,
    };
    let line = Progress::of("records").beside(&config.log);
    let state = State::new(store.clone());
    let mut rebuilding = Rebuilding { sink, state, store: store.clone(), batches: 0, line };
    rebuilding.begin(old).await?;
    let mut memory = Memory::new(jiff::Timestamp::now(), config.dedup.horizon);
    for topic in ORDER {
        rebuilding.take(&topics, topic, &mut memory).await?;
    }
    let position = rebuilding.end(&memory).await?;
    rebuilding.line.end();
    rebuilding.sink.close().await;
    let claims = memory.claims;
    let Memory { items, stories, unreadable, .. } = memory;
    Ok(Made { items, stories, claims, unreadable, batches: rebuilding.batches, position })
}

fn open_sink(config: &Config, store: &Store) -> Result<Box<dyn Sink>, Refusal> {
    let publish = &config.publish;
    match publish.to {
        Target::Journal => {
            let journal = Journal::new(store.clone(), publish.journal.clone(), &publish.topic_prefix);
            Ok(Box::new(journal.rebuilding()))
        }
        #[cfg(feature = "kafka")]
        Target::Kafka => {
            let sink = crate::publish::kafka::KafkaSink::open(&publish.kafka, &publish.topic_prefix, store.clone());
            Ok(Box::new(sink.map_err(Refusal::Publish)?.with_format(publish.format).rebuilding()))
        }
        #[cfg(not(feature = "kafka"))]
        Target::Kafka => Err(Failure::Configuration("built without the `kafka` feature".to_owned()).into()),
    }
}

async fn open_topics(config: &Config, store: &Store) -> Result<Arc<dyn Topics>, Refusal> {
    let prefix = config.publish.topic_prefix.clone();
    match config.publish.to {
        Target::Journal => {
            let lines = store.read(unwritten).await?.lines;
            let files = Files::open(&config.data_dir.join("topics"), &prefix, lines).map_err(Failure::from)?;
            Ok(Arc::new(files))
        }
        #[cfg(feature = "kafka")]
        Target::Kafka => {
            let options = config.publish.kafka.clone();
            let open = move || {
                let cluster = crate::topics::Cluster::open(&crate::publish::kafka::settings(&options), &prefix)?;
                registered::open(cluster, &options.schema_registry)
            };
            Ok(tokio::task::spawn_blocking(open).await.map_err(lost)??.into())
        }
        #[cfg(not(feature = "kafka"))]
        Target::Kafka => Err(Failure::Configuration("built without the `kafka` feature".to_owned()).into()),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given where a failure is turned into another")]
fn lost(failure: tokio::task::JoinError) -> Failure {
    Failure::Store(StoreError::Io(format!("a reading thread was lost: {failure}")))
}

/// Whether there is a state, every row of it as it was written, and none of it half made.
fn is_intact(db: &rusqlite::Connection) -> rusqlite::Result<bool> {
    if image::get(db, state_key::REBUILDING)?.is_some() {
        return Ok(false);
    }
    for kind in KINDS {
        image::scan(db, kind, |_, _| Ok(()))?;
    }
    // Whatever is judged leaves its feed's last place; a position alone may have been carried over from a lost topic.
    Ok(image::count(db, "feed/")? > 0)
}

fn keys(db: &rusqlite::Connection) -> rusqlite::Result<Vec<String>> {
    let mut keys = Vec::new();
    for kind in KINDS {
        keys.extend(image::keys(db, kind)?);
    }
    Ok(keys)
}

/// The open batch of changes, and where it goes.
struct Rebuilding {
    sink: Box<dyn Sink>,
    state: State,
    store: Store,
    batches: u64,
    line: Progress,
}

impl Rebuilding {
    /// Puts the mark, and forgets what there was.
    async fn begin(&mut self, old: Vec<String>) -> Result<(), Refusal> {
        self.state.apply(StateChange::set(state_key::REBUILDING.to_owned(), &true));
        for (count, key) in (1..).zip(old) {
            self.state.apply(StateChange::forget(key));
            if count % BATCH_RECORDS == 0 {
                self.commit(0).await?;
            }
        }
        self.commit(0).await
    }

    async fn take(&mut self, topics: &Arc<dyn Topics>, topic: Topic, memory: &mut Memory) -> Result<(), Refusal> {
        let (out, mut inbox) = mpsc::channel::<Placed>(AHEAD);
        let topics = Arc::clone(topics);
        let reading = tokio::task::spawn_blocking(move || {
            // Whoever takes the records has failed when they are no longer wanted.
            topics.read(topic, &mut |placed| drop(out.blocking_send(placed)))
        });
        let mut records = 0;
        while let Some(placed) = inbox.recv().await {
            self.line.step();
            memory.take(&placed, &mut self.state)?;
            records += 1;
            if records >= BATCH_RECORDS || self.state.changes_bytes() >= BATCH_BYTES {
                records = 0;
                self.commit(0).await?;
            }
        }
        reading.await.map_err(lost)?.map_err(Failure::from)?;
        self.commit(0).await
    }

    /// Origins, positions and the generation; with them the mark goes.
    async fn end(&mut self, memory: &Memory) -> Result<u64, Refusal> {
        let first = self.store.read(|db| intake::retained(db, 0, 1)).await?.first().map(|frame| frame.seq);
        let last = self.store.read(intake::last).await?;
        let own = self.store.intake_id().to_owned();
        // What was trimmed was done, and a hole between the position and the log would be an error.
        let floor = first.map_or(last, |first| first.saturating_sub(1));
        let changes = memory.conclude(&own, floor);
        changes.into_iter().for_each(|change| self.state.apply(change));
        self.state.apply(StateChange::forget(state_key::REBUILDING.to_owned()));
        let position = memory.position(&own, floor);
        self.commit(position).await?;
        Ok(position)
    }

    async fn commit(&mut self, position: u64) -> Result<(), Refusal> {
        let state = self.state.close();
        if state.is_empty() {
            return Ok(());
        }
        let position = Position { intake: self.store.intake_id().to_owned(), seq: position, index: 0 };
        let batch = Batch { records: Vec::new(), state, position };
        // Any doubt ends it: the mark stands, and the whole is made again.
        self.sink.commit(batch).await.map_err(Refusal::Publish)?;
        self.state.committed();
        self.batches += 1;
        Ok(())
    }
}
