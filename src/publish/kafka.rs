//! Kafka topics as the sink: records, state changes and position in one transaction (guarantees.md §2).
//!
//! Comes in: batches. Goes out: Ok only when the broker has said so; everything else is a doubt, which `recover`
//! settles by reading the state topic, never by guessing. The broker is the truth; the local image is a cache that
//! follows it, and is thrown away whenever it could be ahead of the truth or too far behind.

use super::{Batch, Delivery, KAFKA_IMAGE, KafkaOptions, PublishError, Sink, measure};
use crate::broker::{
    BrokerError, Message, Producer, Settings,
    producer::Messages,
    state_topic::{Ends, Entry, StateTopic},
    topics::{self, Creation, Topics, Wanted},
};
use crate::faults;
use crate::model::{Record, StateChange, Topic, state_key};
use crate::store::{Damage, Store, StoreError, image};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// A second fencing within this time means that two deployments share one transactional id (R3).
const FENCED_TWICE: Duration = Duration::from_secs(60);

/// Exit codes of sysexits.
const EXIT_IO: u8 = 74;
const EXIT_DENIED: u8 = 77;
const EXIT_CONFIG: u8 = 78;

/// What the local image of the state topic reflects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct ImageOf {
    cluster: String,
    topic: String,
    transactional_id: String,
    /// One behind the last record of the topic that is in the image.
    offset: i64,
    /// When it was last known to be up to date, in seconds since 1970: tombstones go after a while.
    at: u64,
}

/// The sink.
pub struct KafkaSink {
    settings: Settings,
    prefix: String,
    /// Of the topics that readers read, where they are not beside the state.
    outputs: Option<String>,
    partitions: i32,
    creation: Creation,
    store: Store,
    producer: Producer,
    /// Known from the first recovery on.
    topics: Option<Arc<Topics>>,
    image: Option<ImageOf>,
    /// Whether the producer is open and the image up to date.
    ready: bool,
    last_fencing: Option<Instant>,
}

/// Everything that is wrong with the options, each with its key below `publish.kafka` and what would be right.
pub fn problems(options: &KafkaOptions) -> Vec<(String, String)> {
    let mut problems = settings(options).problems();
    if options.partitions < 1 {
        problems.push(("partitions".to_owned(), "write at least 1".to_owned()));
    }
    if options.replication_factor == 0 || options.replication_factor < -1 {
        problems.push(("replication_factor".to_owned(), "write at least 1, or -1 for the broker's default".to_owned()));
    }
    problems
}

fn settings(options: &KafkaOptions) -> Settings {
    Settings {
        bootstrap_servers: options.bootstrap_servers.clone(),
        transactional_id: options.transactional_id.clone(),
        transactions: options.delivery == Delivery::ExactlyOnce,
        librdkafka: options.librdkafka.clone(),
    }
}

impl KafkaSink {
    /// Checks the options and starts the producer's thread; the broker is asked by `recover`.
    pub fn open(options: &KafkaOptions, topic_prefix: &str, store: Store) -> Result<Self, PublishError> {
        if let Some((key, problem)) = problems(options).into_iter().next() {
            return Err(fatal(EXIT_CONFIG, format!("publish.kafka.{key}: {problem}")));
        }
        let settings = settings(options);
        let producer = Producer::start(&settings)
            .map_err(|error| fatal(EXIT_IO, format!("cannot start the producer's thread: {error}")))?;
        Ok(Self {
            settings,
            prefix: topic_prefix.to_owned(),
            outputs: None,
            partitions: options.partitions,
            creation: Creation { allowed: options.create_topics, replication_factor: options.replication_factor },
            store,
            producer,
            topics: None,
            image: None,
            ready: false,
            last_fencing: None,
        })
    }

    /// What readers read goes to topics of another prefix; the state stays where it is.
    pub fn with_outputs(mut self, prefix: &str) -> Self {
        self.outputs = Some(prefix.to_owned());
        self
    }

    fn name_of(&self, topic: Topic) -> String {
        let outputs = self.outputs.as_ref().filter(|_| topic != Topic::State);
        topic.name(outputs.unwrap_or(&self.prefix))
    }

    async fn recover_now(&mut self) -> Result<u64, PublishError> {
        self.ready = false;
        let topics = self.ensure_topics().await?;
        let limits = topics.found.values().map(|topic| topic.max_message_bytes);
        let smallest = limits.clone().min().unwrap_or(1 << 20);
        let largest = limits.max().unwrap_or(1 << 20);
        let config = self.settings.producer(smallest, largest);
        let opened = self.producer.open(config).await;
        opened.map_err(|error| self.sort(error))?;
        // Only now: every earlier transaction of this id is decided, so the end that is asked for is beyond them all.
        self.bring_image_up_to_date(&topics).await?;
        let intake = self.store.intake_id().to_owned();
        let position = match self.store.read(move |db| image::position(db, &intake)).await {
            // The image is only a copy.
            Err(StoreError::Corrupt(damage @ Damage::StateRow { .. })) => {
                tracing::error!(%damage, "the local image is dropped and read anew from the state topic");
                self.drop_image_now().await?;
                return Err(PublishError::Doubt("the local image was damaged and is read anew".to_owned()));
            }
            position => position.map_err(of_store)?,
        };
        self.ready = true;
        tracing::debug!(position, "kafka: the state image is up to date");
        Ok(position)
    }

    async fn ensure_topics(&mut self) -> Result<Arc<Topics>, PublishError> {
        let settings = self.settings.clone();
        let wanted = self.wanted();
        let creation = self.creation;
        let topics = blocking(move || topics::ensure(&settings, &wanted, creation)).await;
        let topics = Arc::new(topics.map_err(|error| self.sort(error))?);
        if self.topics.is_none() {
            for (name, topic) in &topics.found {
                topic.differences.iter().for_each(|difference| tracing::warn!("{difference}"));
                if topic.created {
                    tracing::info!(topic = %name, partitions = topic.partitions, "topic created");
                }
            }
        }
        self.topics = Some(Arc::clone(&topics));
        Ok(topics)
    }

    fn wanted(&self) -> Vec<Wanted> {
        let wanted = |topic: Topic| Wanted {
            name: self.name_of(topic),
            partitions: if topic == Topic::State { 1 } else { self.partitions },
            compacted: topic.compacted(),
            strict: topic == Topic::State,
        };
        Topic::PUBLIC.into_iter().chain([Topic::State]).map(wanted).collect()
    }

    async fn bring_image_up_to_date(&mut self, topics: &Topics) -> Result<(), PublishError> {
        let name = Topic::State.name(&self.prefix);
        let settings = self.settings.clone();
        let (reader, ends) = blocking(move || {
            let reader = StateTopic::new(&settings, &name)?;
            let ends = reader.ends()?;
            Ok((reader, ends))
        })
        .await
        .map_err(|error| self.sort(error))?;
        let fresh = ImageOf {
            cluster: topics.cluster.clone(),
            topic: Topic::State.name(&self.prefix),
            transactional_id: self.settings.transactional_id.clone(),
            offset: ends.low,
            at: now(),
        };
        let retention = topics.found.get(&fresh.topic).map_or(Duration::ZERO, |topic| topic.delete_retention);
        let start = self.start_of_reading(&fresh, ends, retention).await?;

        let (chunks, mut inbox) = tokio::sync::mpsc::channel::<(Vec<Entry>, i64)>(1);
        let reading = tokio::spawn(blocking(move || {
            reader.read(start, ends.high, |entries, end| chunks.blocking_send((entries, end)).is_ok())
        }));
        let key_prefix = self.key_prefix();
        let mut image = ImageOf { offset: start, ..fresh };
        while let Some((entries, end)) = inbox.recv().await {
            let changes: Vec<StateChange> = entries
                .into_iter()
                .filter_map(|(key, value)| Some(StateChange { key: key.strip_prefix(&key_prefix)?.to_owned(), value }))
                .collect();
            image.offset = end;
            self.write_image(changes, image.clone()).await?;
        }
        let read = reading.await.unwrap_or_else(|failure| Err(BrokerError::Stuck(failure.to_string())));
        read.map_err(|error| self.sort(error))?;
        // Says when the image was last known to be current, also when there was nothing to read.
        image.offset = ends.high.max(start);
        self.write_image(Vec::new(), image.clone()).await?;
        self.image = Some(image);
        Ok(())
    }

    /// From which offset the state topic is read; the image is emptied first where it cannot be built upon.
    async fn start_of_reading(&self, fresh: &ImageOf, ends: Ends, retention: Duration) -> Result<i64, PublishError> {
        let (known, occupied) = self
            .store
            .read(|db| {
                let known = image::meta(db, KAFKA_IMAGE)?;
                let occupied = db.query_row("SELECT EXISTS (SELECT 1 FROM state)", [], |row| row.get::<_, bool>(0))?;
                Ok((known, occupied))
            })
            .await
            .map_err(of_store)?;
        if known.is_none() && occupied {
            return Err(fatal(
                EXIT_CONFIG,
                format!(
                    "{} holds what the embedded journal published: move it over with `dateline migrate`, \
                     or give publish.to = \"kafka\" a data_dir of its own",
                    self.store.data_dir().display()
                ),
            ));
        }
        let known: Option<ImageOf> = known.and_then(|text| serde_json::from_str(&text).ok());
        let why = match &known {
            None => None,
            Some(image) => why_dropped(image, fresh, ends, retention),
        };
        match (known, why) {
            (Some(image), None) => return Ok(image.offset.max(ends.low)),
            (_, Some(Dropped::Loss(reason))) => {
                tracing::error!("{reason}: the local image is dropped and read anew from what the broker still has");
            }
            (_, Some(Dropped::Age)) => tracing::info!("the local image is old: it is read anew"),
            (None, None) => {}
        }
        let empty = ImageOf { offset: ends.low, ..fresh.clone() };
        self.store
            .write(move |tx| {
                image::clear(tx)?;
                image::set_meta(tx, KAFKA_IMAGE, &describe(&empty))
            })
            .await
            .map_err(of_store)?;
        Ok(ends.low)
    }

    async fn commit_now(&mut self, batch: Batch) -> Result<(), PublishError> {
        let (Some(topics), Some(image), true) = (self.topics.clone(), self.image.clone(), self.ready) else {
            return Err(PublishError::Doubt("the sink has not been recovered".to_owned()));
        };
        let state = self.state_of(&batch, &topics)?;
        let messages = Messages {
            outputs: batch.records.into_iter().map(|record| self.message(record, &topics)).collect(),
            state: state.iter().map(|change| self.state_message(change)).collect(),
        };
        // A caller that gives up waiting here must recover before it commits again.
        self.ready = false;
        let end = self.producer.commit(messages).await.map_err(|error| self.sort(error))?;
        faults::point("C7");
        let image = ImageOf { offset: end.max(image.offset), at: now(), ..image };
        self.write_image(state, image.clone()).await?;
        self.image = Some(image);
        self.ready = true;
        Ok(())
    }

    /// The state changes of a batch, with its position among them: so no transaction is ever empty (R6).
    fn state_of(&self, batch: &Batch, topics: &Topics) -> Result<Vec<StateChange>, PublishError> {
        let limit = limit(topics, &Topic::State.name(&self.prefix));
        let prefix = self.settings.transactional_id.len() + 1;
        let mut changes = Vec::with_capacity(batch.state.len() + 1);
        for change in &batch.state {
            let fitted = measure::fit_state(change.clone(), prefix, limit).map_err(|error| {
                fatal(EXIT_CONFIG, format!("{error}: raise max.message.bytes of {}", Topic::State.name(&self.prefix)))
            })?;
            changes.push(fitted);
        }
        let key = state_key::position(&batch.position.intake);
        if !changes.iter().any(|change| change.key == key) {
            changes.push(StateChange::set(key, &batch.position));
        }
        Ok(changes)
    }

    fn message(&self, record: Record, topics: &Topics) -> Message {
        let name = self.name_of(record.topic);
        let record = measure::fit(record, &name, |topic| limit(topics, &self.name_of(topic)));
        Message {
            topic: self.name_of(record.topic),
            partition: None,
            key: record.key,
            headers: record.headers,
            value: record.value,
        }
    }

    fn state_message(&self, change: &StateChange) -> Message {
        Message {
            topic: Topic::State.name(&self.prefix),
            partition: Some(0),
            key: format!("{}{}", self.key_prefix(), change.key),
            headers: Vec::new(),
            value: change.value.clone(),
        }
    }

    /// Deployments may share a state topic: each key begins with its deployment's name.
    fn key_prefix(&self) -> String {
        format!("{}/", self.settings.transactional_id)
    }

    async fn write_image(&self, changes: Vec<StateChange>, image: ImageOf) -> Result<(), PublishError> {
        self.store
            .write(move |tx| {
                image::apply(tx, &changes)?;
                faults::point("C8");
                image::set_meta(tx, KAFKA_IMAGE, &describe(&image))
            })
            .await
            .map_err(of_store)
    }

    /// Forgets the image and whose it was: the next recovery reads all of it from the state topic.
    async fn drop_image_now(&mut self) -> Result<bool, PublishError> {
        self.ready = false;
        self.image = None;
        self.store
            .write(|tx| {
                image::clear(tx)?;
                image::unset_meta(tx, KAFKA_IMAGE)
            })
            .await
            .map_err(of_store)?;
        Ok(true)
    }

    fn sort(&mut self, error: BrokerError) -> PublishError {
        match error {
            BrokerError::Doubt(message) => PublishError::Doubt(message),
            BrokerError::Unavailable(message) => PublishError::Unavailable(message),
            BrokerError::Denied(message) => fatal(EXIT_DENIED, message),
            BrokerError::Refused(message) => fatal(EXIT_CONFIG, message),
            BrokerError::Stuck(message) => fatal(EXIT_IO, message),
            BrokerError::Fenced(message) => {
                faults::point("C11");
                let earlier = self.last_fencing.replace(Instant::now());
                if earlier.is_some_and(|earlier| earlier.elapsed() < FENCED_TWICE) {
                    return fatal(
                        EXIT_CONFIG,
                        format!(
                            "{message}: fenced twice within a minute, so another deployment uses transactional_id \"{}\": \
                             give each deployment an id of its own",
                            self.settings.transactional_id
                        ),
                    );
                }
                tracing::warn!("{message}: the producer is replaced once");
                PublishError::Doubt(message)
            }
        }
    }
}

impl Sink for KafkaSink {
    fn recover(&mut self) -> BoxFuture<'_, Result<u64, PublishError>> {
        Box::pin(self.recover_now())
    }

    fn commit(&mut self, batch: Batch) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(self.commit_now(batch))
    }

    fn drop_image(&mut self) -> BoxFuture<'_, Result<bool, PublishError>> {
        Box::pin(self.drop_image_now())
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.ready = false;
            // With the broker away the client takes its time; the process need not wait for it.
            let _ = tokio::time::timeout(Duration::from_secs(3), self.producer.close()).await;
        })
    }
}

/// Why an image is not built upon.
#[derive(Debug, PartialEq, Eq)]
enum Dropped {
    /// It knows of what the broker does not have (C13), or of another broker's.
    Loss(String),
    /// Tombstones that it has not seen may have gone.
    Age,
}

fn why_dropped(image: &ImageOf, fresh: &ImageOf, ends: Ends, retention: Duration) -> Option<Dropped> {
    let ImageOf { cluster, topic, transactional_id, offset, at } = image;
    if (cluster, topic, transactional_id) != (&fresh.cluster, &fresh.topic, &fresh.transactional_id) {
        let reason =
            format!("the image is of {topic} of {transactional_id} on cluster {cluster:?}, which is not this one");
        return Some(Dropped::Loss(reason));
    }
    if *offset > ends.high {
        let reason =
            format!("the broker lost committed data: topic {topic} ends at {}, the image at {offset}", ends.high);
        return Some(Dropped::Loss(reason));
    }
    let age = Duration::from_secs(fresh.at.saturating_sub(*at));
    (age > retention / 2).then_some(Dropped::Age)
}

fn limit(topics: &Topics, name: &str) -> usize {
    topics.found.get(name).map_or(1 << 20, |topic| topic.max_message_bytes)
}

fn describe(image: &ImageOf) -> String {
    serde_json::to_string(image).expect("an image's description has string keys and integers")
}

fn fatal(exit: u8, message: String) -> PublishError {
    PublishError::Fatal { exit, message }
}

fn of_store(error: StoreError) -> PublishError {
    match error {
        // What was committed stays committed; the image catches up at the next recovery.
        StoreError::Full(_) => PublishError::Unavailable(error.to_string()),
        error => fatal(error.exit_code(), error.to_string()),
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Runs calls that block on a thread of their own. Not on the runtime's: it would wait for them when the process ends,
/// and some of them wait for a broker.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BrokerError> + Send + 'static,
) -> Result<T, BrokerError> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    let thread = std::thread::Builder::new().name("kafka-recovery".to_owned()).spawn(move || {
        // Nobody waits any more when the daemon has been told to stop.
        let _ = reply.send(work());
    });
    thread.map_err(|error| BrokerError::Stuck(format!("cannot start a thread: {error}")))?;
    answer.await.unwrap_or_else(|_| Err(BrokerError::Stuck("a call into the Kafka client broke off".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_built_upon_only_while_it_can_be_true() {
        let image = ImageOf {
            cluster: "c".to_owned(),
            topic: "wire.state.v1".to_owned(),
            transactional_id: "t".to_owned(),
            offset: 10,
            at: 1_000,
        };
        let check = |image: &ImageOf, high: i64, now: u64| {
            let fresh = ImageOf { cluster: "c".to_owned(), at: now, ..image.clone() };
            why_dropped(image, &fresh, Ends { low: 0, high }, Duration::from_secs(100))
        };
        assert_eq!(check(&image, 10, 1_010), None);
        assert_eq!(check(&image, 99, 900), None, "a clock that was set back is no age");
        assert_eq!(check(&image, 10, 1_051), Some(Dropped::Age));
        assert!(
            matches!(check(&image, 9, 1_010), Some(Dropped::Loss(reason)) if reason.contains("lost committed data"))
        );
        let elsewhere = ImageOf { cluster: "d".to_owned(), ..image };
        assert!(matches!(check(&elsewhere, 10, 1_010), Some(Dropped::Loss(_))));
    }
}
