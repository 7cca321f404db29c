//! What a worker tells of itself, and hears of the others: all of it is in one small compacted topic.
//!
//! Nothing depends on it: who works on what is the groups' affair. A worker that has not been heard of for a while is
//! shown as such until its record is compacted away or told anew.

use super::{Partition, Worker, lines};
use crate::{
    broker::{
        BrokerError, Message, Producer, Settings,
        producer::Messages,
        tail::{Tail, Tailed},
    },
    model::{Snapshot, Topic, WorkerSnapshot},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;

/// How often a worker tells of itself.
const TELLING: Duration = Duration::from_secs(5);

/// A worker that ended without a word is forgotten after so long.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// The most that a record here is long.
const LIMIT: usize = 1 << 20;

/// Tells and hears until told to stop; then the worker takes its own record back.
pub(super) async fn run(worker: Arc<Worker>, stop: CancellationToken) {
    let told = async {
        let Ok(producer) = Producer::start(&settings(&worker)) else { return };
        let mut open = false;
        loop {
            // Who is not heard of is only missing from the others' pages.
            let told = tell(&worker, &producer, open, true).await;
            open = told.is_ok();
            if let Err(error) = told {
                tracing::debug!(%error, "the others hear nothing of this worker for now");
            }
            if stop.run_until_cancelled(tokio::time::sleep(TELLING)).await.is_none() {
                tokio::time::timeout(TELLING, tell(&worker, &producer, open, false)).await.ok();
                return;
            }
        }
    };
    let heard = async {
        while stop.run_until_cancelled(hear(&worker)).await.is_some() {
            tokio::time::sleep(TELLING).await;
        }
    };
    futures::future::join(told, heard).await;
}

fn settings(worker: &Worker) -> Settings {
    let name = format!("{}-{}-{}", worker.settings.transactional_id, worker.role.as_str(), worker.instance);
    Settings { transactional_id: name, transactions: false, ..worker.settings.clone() }
}

async fn tell(worker: &Worker, producer: &Producer, open: bool, alive: bool) -> Result<(), BrokerError> {
    if !open {
        producer.open(settings(worker).producer(LIMIT, LIMIT)).await?;
    }
    let value = match alive {
        true => serde_json::to_vec(&told(worker).await).ok(),
        false => None,
    };
    let message = Message {
        topic: topic(worker),
        partition: Some(0),
        key: format!("{}/{}", worker.role.as_str(), worker.instance),
        headers: Vec::new(),
        value,
    };
    producer.commit(Messages { outputs: vec![message], ..Messages::default() }).await.map(drop)
}

fn topic(worker: &Worker) -> String {
    Topic::Workers.name(&worker.config.publish.topic_prefix)
}

/// How this worker stands.
async fn told(worker: &Worker) -> WorkerSnapshot {
    let now = worker.picture.now();
    let positions = worker.picture.positions();
    let failing = now.feeds.iter().filter(|feed| feed.errors > 0).count();
    WorkerSnapshot {
        role: worker.role.as_str().to_owned(),
        instance: worker.instance.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        started: now.started,
        at: Timestamp::now(),
        partitions: positions.iter().map(|(partition, _)| *partition).collect(),
        feeds: now.feeds.len(),
        failing,
        lag: lag(worker, &now, positions).await,
        commits: now.publisher.commits,
        records: now.publisher.records,
        last_commit: now.publisher.last_commit,
        trouble: now.publisher.last_error,
    }
}

/// What waits for this worker: frames on its doorsteps, or records in its partitions.
async fn lag(worker: &Worker, now: &Snapshot, positions: Vec<(i32, u64)>) -> u64 {
    if worker.role == crate::publish::roles::Role::Fetch {
        return now.intake.frames;
    }
    let (settings, topic) = (worker.settings.clone(), worker.names.input());
    let asked = tokio::task::spawn_blocking(move || {
        let behind = positions.into_iter().map(|(partition, position)| {
            let end = lines::end_of(&settings, &topic, Partition(partition)).unwrap_or(0);
            // Behind the last record there is the mark of its transaction.
            u64::try_from(end - 1).unwrap_or(0).saturating_sub(position)
        });
        behind.sum()
    });
    asked.await.unwrap_or(0)
}

/// Takes what the others tell, until there is no more to be had.
async fn hear(worker: &Worker) {
    let Ok((_tail, mut chunks)) = Tail::follow(&worker.settings, &topic(worker), 0, None) else { return };
    let mut workers: BTreeMap<String, WorkerSnapshot> = BTreeMap::new();
    while let Some(Ok(Tailed { messages, .. })) = chunks.recv().await {
        for message in messages {
            match message.value.as_deref().map(serde_json::from_slice) {
                Some(Ok(told)) => drop(workers.insert(message.key, told)),
                Some(Err(error)) => tracing::debug!(%error, key = message.key, "a worker's record cannot be read"),
                None => drop(workers.remove(&message.key)),
            }
        }
        let now = Timestamp::now();
        workers.retain(|_, told| now.duration_since(told.at) < FORGOTTEN);
        worker.picture.workers(workers.values().cloned().collect());
    }
}
