//! A shard of feeds: everything up to the doorstep, with a line that hands on what lies there.
//!
//! The definitions of its feeds come by a topic, and are followed while the shard is polled. Before the first poll the
//! shard's state is read and taken over, so that validators and contents are those that whoever had it before left.

use super::{FIRST_RETRY, Worker, lines, lines::Partition, longer, may_pass, of_broker, topics::Names};
use crate::{
    broker::{
        Settings,
        tail::{Tail, Tailed},
    },
    config::Config,
    intake::{self, Tenures},
    model::{Feed, FeedId, Owner, Position, Snapshot, StateChange, state_key},
    pipeline::{Reload, RunError, RunOptions, carry::Part, intake_of, run_all},
    publish::{
        Batch, PublishError, Sink,
        kafka::{KafkaSink, Post, Seat},
        roles::Role,
    },
    store::{Store, StoreError, image},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Definitions that come together are taken together.
const TOGETHER: Duration = Duration::from_millis(200);

/// How long what was observed may take to be handed on, once the shard is taken away.
const HANDING_ON: Duration = Duration::from_secs(4);

/// The least that a shard may have on its doorstep.
const LEAST_BYTES: u64 = 16 << 20;

/// Works on a shard until told to stop.
pub(super) async fn run(
    worker: &Worker,
    partition: Partition,
    mut config: watch::Receiver<Config>,
    picture: watch::Sender<Snapshot>,
    (cancel, lost): (CancellationToken, CancellationToken),
) -> Result<(), RunError> {
    let Some(mut definitions) =
        stopped_or(&cancel, Definitions::read(&worker.settings, &worker.names.input(), partition)).await.transpose()?
    else {
        return Ok(());
    };
    let store = worker.open_store(partition).await?;
    let seat = Some(worker.seat(partition, false));
    let mut sink = sink(&worker.config, &worker.names, (partition, seat), &store)?;
    let running = definitions.put_into(&config.borrow_and_update(), worker);
    let taken = stopped_or(&cancel, take_over(partition, &running, &store, sink.as_mut())).await.transpose()?;
    let Some(tenures) = taken else {
        sink.close().await;
        return Ok(());
    };
    let (orders, reloads) = mpsc::channel(1);
    let options = RunOptions {
        config: running,
        once: false,
        cancel: cancel.clone(),
        watching: worker.watching.clone(),
        snapshot: picture,
    };
    let following = async {
        loop {
            let changed = tokio::select! {
                changed = definitions.changed() => changed,
                changed = config.changed() => Ok(changed.is_ok()),
                () = cancel.cancelled() => return Ok(()),
            };
            if changed? {
                let read = Ok(definitions.put_into(&config.borrow_and_update(), worker));
                let (done, told) = oneshot::channel();
                // It is gone when the shard is told to stop.
                if orders.send(Reload { read, done }).await.is_err() {
                    return Ok(());
                }
                told.await.ok();
            }
        }
    };
    let (part, line) = (Part::Fetch { tenures, polls: true }, cancel_later(cancel.clone(), lost));
    let doorstep = store.clone();
    let polling = async { run_all(options, Some(reloads), store, sink, part, Some(line)).await.map(drop) };
    tokio::select! {
        result = polling => result,
        Err(error) = following => Err(error),
    }?;
    Ok(tell_what_is_left(partition, &doorstep).await?)
}

/// What could not be handed on stays here until the shard is had again.
async fn tell_what_is_left(partition: Partition, store: &Store) -> Result<(), StoreError> {
    let id = store.intake_id().to_owned();
    let (last, position) = store.read(move |db| Ok((intake::last(db)?, image::position(db, &id)?))).await?;
    let (shard, frames) = (partition.0, last.saturating_sub(position));
    if frames > 0 {
        tracing::warn!(shard, frames, "what was observed and not handed on stays here until the shard is had again");
    }
    Ok(())
}

/// What lies on the doorstep is handed on before the shard is let go of: whoever gets it next does not have it. Where
/// somebody has it already there is no time for that.
fn cancel_later(cancel: CancellationToken, lost: CancellationToken) -> CancellationToken {
    let line = CancellationToken::new();
    let told = line.clone();
    tokio::spawn(async move {
        cancel.cancelled().await;
        let _ = tokio::time::timeout(HANDING_ON, lost.cancelled()).await;
        told.cancel();
    });
    line
}

/// None when told to stop before it is done.
async fn stopped_or<T>(cancel: &CancellationToken, work: impl Future<Output = T>) -> Option<T> {
    cancel.run_until_cancelled(work).await
}

/// The sink of a shard, for a worker by the seat that it has in the group.
pub(super) fn sink(
    config: &Config,
    names: &Names,
    (partition, seat): (Partition, Option<Seat>),
    store: &Store,
) -> Result<Box<dyn Sink>, PublishError> {
    let options = names.kafka(&config.publish.kafka, partition.0);
    let sink = KafkaSink::open(&options, &config.publish.topic_prefix, store.clone())?;
    let post = Post {
        state: names.state().unwrap_or_default(),
        partition: partition.0,
        log: store.intake_id().to_owned(),
        wanted: super::topics::wanted(config, Role::Fetch),
        // What is fetched again is known again further on, by its content.
        has_published: Arc::new(|_| Ok(false)),
        seat,
    };
    Ok(Box::new(sink.at(post)))
}

/// Reads the state of the shard, and takes over what somebody else has left of it; returns when it was had here.
async fn take_over(
    partition: Partition,
    config: &Config,
    store: &Store,
    sink: &mut dyn Sink,
) -> Result<Tenures, RunError> {
    let mut pause = FIRST_RETRY;
    loop {
        match try_to_take_over(partition, config, store, sink).await? {
            Ok(tenures) => return Ok(tenures),
            Err(error) if may_pass(&error) => {
                tracing::warn!(%error, retry_in = ?pause, "the shard cannot be taken over yet")
            }
            Err(error) => return Err(error.into()),
        }
        tokio::time::sleep(pause).await;
        pause = longer(pause);
    }
}

/// The same once.
pub(super) async fn try_to_take_over(
    partition: Partition,
    config: &Config,
    store: &Store,
    sink: &mut dyn Sink,
) -> Result<Result<Tenures, PublishError>, StoreError> {
    let position = match sink.recover().await {
        Ok(position) => position,
        Err(error) => return Ok(Err(error)),
    };
    let id = store.intake_id().to_owned();
    let (owner, tenures) = store.read(|db| Ok((image::get(db, state_key::OWNER)?, Tenures::load(db)?))).await?;
    let owner: Option<Owner> = owner.and_then(|owner| serde_json::from_slice(&owner).ok());
    let before = owner.as_ref().map_or(0, |owner| owner.tenure);
    let own = Owner { intake: id.clone(), tenure: before.max(tenures.last()) };
    if owner.as_ref() == Some(&own) {
        return Ok(Ok(tenures));
    }
    let own = Owner { tenure: before + 1, ..own };
    let adopted = intake_of(config, store).adopt(&config.feeds, own.tenure).await?;
    let intake::Adopted { tenures, feeds, overtaken } = adopted;
    tracing::info!(shard = partition.0, feeds, overtaken, tenure = own.tenure, "the shard is taken over");
    let state = vec![StateChange::set(state_key::OWNER.to_owned(), &own)];
    let batch = Batch { records: Vec::new(), state, position: Position { intake: id, seq: position, index: 0 } };
    Ok(sink.commit(batch).await.map(|()| tenures))
}

/// The definitions of a shard's feeds, as the topic has them.
pub(super) struct Definitions {
    pub(super) feeds: BTreeMap<FeedId, Feed>,
    _tail: Tail,
    chunks: mpsc::Receiver<Result<Tailed, crate::broker::BrokerError>>,
}

impl Definitions {
    /// Reads what is there.
    pub(super) async fn read(settings: &Settings, topic: &str, partition: Partition) -> Result<Self, RunError> {
        let end = loop {
            let (asked, settings) = (topic.to_owned(), settings.clone());
            let end = tokio::task::spawn_blocking(move || lines::end_of(&settings, &asked, partition)).await;
            match end.map_err(|failure| RunError::lost("reading the feeds", &failure))? {
                Ok(end) => break end,
                Err(error @ crate::broker::BrokerError::Unavailable(_)) => {
                    tracing::warn!(%error, "the feeds of the shard cannot be read yet");
                    tokio::time::sleep(FIRST_RETRY).await;
                }
                Err(error) => return Err(of_broker(&error)),
            }
        };
        let (tail, chunks) = Tail::follow(settings, topic, partition.0, None).map_err(|error| of_broker(&error))?;
        let mut definitions = Self { feeds: BTreeMap::new(), _tail: tail, chunks };
        let mut next = 0;
        while next < end {
            next = definitions.take().await?;
        }
        Ok(definitions)
    }

    /// Takes what comes next; returns the offset behind it.
    async fn take(&mut self) -> Result<i64, RunError> {
        let ended = || RunError { exit: 70, message: "the reader of the feeds has ended".to_owned() };
        let Tailed { messages, next, .. } =
            self.chunks.recv().await.ok_or_else(ended)?.map_err(|error| of_broker(&error))?;
        for message in messages {
            let id = FeedId(message.key.clone());
            match message.value.as_deref().map(serde_json::from_slice::<Feed>) {
                None => drop(self.feeds.remove(&id)),
                Some(Ok(feed)) if feed.id == id => drop(self.feeds.insert(id, feed)),
                Some(Ok(_)) => tracing::error!(feed = %id, "its definition bears another name and is left alone"),
                Some(Err(error)) => {
                    tracing::error!(feed = %id, %error, "its definition cannot be read; the one before holds")
                }
            }
        }
        Ok(next)
    }

    /// Waits until they have changed.
    async fn changed(&mut self) -> Result<bool, RunError> {
        let before = self.feeds.clone();
        self.take().await?;
        while let Ok(more) = tokio::time::timeout(TOGETHER, self.take()).await {
            more?;
        }
        Ok(self.feeds != before)
    }

    /// The configuration of the shard.
    fn put_into(&self, config: &Config, worker: &Worker) -> Config {
        let mut config = config.clone();
        config.feeds = self.feeds.values().cloned().collect();
        // What a process may keep is shared out to the shards: it may have all of them.
        let shards = u64::try_from(worker.config.roles.fetch_partitions).unwrap_or(1).max(1);
        config.intake.max_bytes = (config.intake.max_bytes / shards).max(LEAST_BYTES);
        config
    }
}
