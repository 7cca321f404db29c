//! Kafka topics as the sink: records, state changes and position in one transaction (guarantees.md §2).
//!
//! Comes in: batches. Goes out: Ok only when the broker has said so; everything else is a doubt, which `recover`
//! settles by reading the state topic, never by guessing. The broker is the truth; the local image is a cache that
//! follows it, and is thrown away whenever it could be ahead of the truth or too far behind.

mod doubts;
mod follow;
mod post;
mod refusals;
pub mod relay;
mod seat;

pub use self::{
    post::{HasPublished, Post, wanted},
    seat::Seat,
};

use self::{
    doubts::Doubts,
    follow::{Anchor, ImageOf},
    refusals::Refusals,
};
use super::{
    Batch, Delivery, Epoch, Format, KAFKA_IMAGE, KafkaOptions, PublishError, Sink, dead_letter, lost, measure,
    registry::Registry, wire::Wire,
};
use crate::broker::{
    BrokerError, Message, NotTaken, Producer, Settings,
    producer::Messages,
    state_topic::StateTopic,
    topics::{self, Creation, Topics, Wanted},
};
use crate::faults;
use crate::model::{Record, StateChange, Topic, state_key};
use crate::store::{Damage, Store, StoreError, image};
use futures::future::BoxFuture;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

/// Exit codes of sysexits.
const EXIT_IO: u8 = 74;
const EXIT_DENIED: u8 = 77;
const EXIT_CONFIG: u8 = 78;

/// The sink.
pub struct KafkaSink {
    settings: Settings,
    prefix: String,
    /// Of the topics that readers read, where they are not beside the state.
    outputs: Option<String>,
    post: Post,
    creation: Creation,
    store: Store,
    producer: Producer,
    /// Known from the first recovery on.
    topics: Option<Arc<Topics>>,
    image: Option<ImageOf>,
    reader: Option<Arc<StateTopic>>,
    /// Whether the producer is open, or given up after a commit, and the image up to date.
    ready: bool,
    /// Whether the producer was given up after a commit (R2).
    given_up: bool,
    refusals: Refusals,
    doubts: Doubts,
    /// Whether a lost state topic is being made anew.
    rebuilding: bool,
    options: KafkaOptions,
    format: Format,
    registry: Option<Registry>,
    /// Settled with the registry at the first recovery.
    wire: Option<Wire>,
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

/// How the broker is reached, for those who only read.
pub fn settings(options: &KafkaOptions) -> Settings {
    Settings {
        bootstrap_servers: options.bootstrap_servers.clone(),
        transactional_id: options.transactional_id.clone(),
        transactions: options.delivery == Delivery::ExactlyOnce,
        epoch_per_transaction: options.epoch == Epoch::PerTransaction,
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
            doubts: Doubts::new(&settings.transactional_id),
            settings,
            prefix: topic_prefix.to_owned(),
            outputs: None,
            post: Post::whole(options, topic_prefix, &store),
            creation: Creation { allowed: options.create_topics, replication_factor: options.replication_factor },
            store,
            producer,
            topics: None,
            image: None,
            reader: None,
            ready: false,
            given_up: false,
            refusals: Refusals::default(),
            rebuilding: false,
            options: options.clone(),
            format: Format::Flat,
            registry: Registry::open(&options.schema_registry)?,
            wire: None,
        })
    }

    /// Articles come in this form, so this is what the registry is told.
    #[must_use]
    pub fn with_format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// The same at a post of its own, under the transactional id of its options.
    #[must_use]
    pub fn at(mut self, post: Post) -> Self {
        self.post = post;
        self
    }

    /// The same for `rebuild-state`, which makes a lost state topic anew.
    #[must_use]
    pub fn rebuilding(mut self) -> Self {
        self.rebuilding = true;
        self
    }

    /// A state topic that was never written to, or knows nothing of us any more (`gone`), beside articles, has been lost:
    /// revisions would be published again under numbers that were given already.
    pub(super) async fn refuse_a_lost_memory(&mut self, topics: &Topics, gone: bool) -> Result<(), PublishError> {
        let mut has_records = false;
        if gone {
            let (has_published, topics) = (Arc::clone(&self.post.has_published), topics.clone());
            let asked = blocking(move || has_published(&topics)).await;
            has_records = asked.map_err(|error| self.sort(error))?;
        }
        let trouble = self.store.read(move |db| lost::trouble(db, has_records)).await.map_err(of_store)?;
        match trouble.filter(|_| !self.rebuilding) {
            None => Ok(()),
            Some(trouble) => {
                let records = format!("the topics {}.*", self.prefix);
                let way_out = match self.post.seat {
                    None => lost::REBUILD,
                    Some(_) => "`dateline rebuild-state` makes it anew for one process to go on with, not for workers",
                };
                Err(trouble.refusal(&format!("topic {}", self.post.state), &records, way_out))
            }
        }
    }

    /// What readers read goes to topics of another prefix; the state stays where it is.
    pub fn with_outputs(mut self, prefix: &str) -> Self {
        let state = self.post.state.clone();
        for topic in self.post.wanted.iter_mut().filter(|topic| topic.name != state) {
            if let Some(suffix) = topic.name.strip_prefix(&self.prefix) {
                topic.name = format!("{prefix}{suffix}");
            }
        }
        self.outputs = Some(prefix.to_owned());
        self
    }

    fn name_of(&self, topic: Topic) -> String {
        topic.name(self.outputs.as_ref().unwrap_or(&self.prefix))
    }

    async fn recover_now(&mut self) -> Result<u64, PublishError> {
        self.ready = false;
        self.doubts.pause().await;
        if let Some(seat) = &mut self.post.seat {
            seat.wait_for_the_group().await;
        }
        let topics = self.ensure_topics().await?;
        if let (Some(registry), None) = (&self.registry, &self.wire) {
            let settled = Wire::settle(registry, &self.options, self.format, |topic| self.name_of(topic)).await?;
            self.wire = Some(settled);
        }
        self.open_producer(&topics).await?;
        // Only now: every earlier transaction of this id is decided, so the end that is asked for is beyond them all.
        self.bring_image_up_to_date(&topics).await?;
        let intake = self.post.log.clone();
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

    async fn open_producer(&mut self, topics: &Topics) -> Result<(), PublishError> {
        if let Some(seat) = &self.post.seat {
            seat.check().map_err(|error| self.doubts.sort(error))?;
        }
        let limits = topics.found.keys().map(|name| self.limit(topics, name));
        let smallest = limits.clone().min().unwrap_or(1 << 20);
        let largest = limits.max().unwrap_or(1 << 20);
        let opened = self.producer.open(self.settings.producer(smallest, largest)).await;
        opened.map_err(|error| self.sort(error))?;
        self.given_up = false;
        Ok(())
    }

    async fn ensure_topics(&mut self) -> Result<Arc<Topics>, PublishError> {
        let settings = self.settings.clone();
        let wanted = self.wanted();
        let names: Vec<String> = wanted.iter().map(|topic| topic.name.clone()).collect();
        let creation = self.creation;
        let topics = blocking(move || topics::ensure(&settings, &wanted, creation)).await;
        let topics = Arc::new(topics.map_err(|error| self.sort(error))?);
        for (name, topic) in &topics.found {
            match (&self.topics, topic.created) {
                (None, created) => {
                    topic.differences.iter().for_each(|difference| tracing::warn!("{difference}"));
                    if created {
                        tracing::info!(topic = %name, partitions = topic.partitions, "topic created");
                    }
                }
                (Some(_), true) => tracing::error!(
                    topic = %name,
                    "topic {name} had gone and was created again: what it held is published again with `dateline replay \
                     --since`"
                ),
                (Some(_), false) => {}
            }
        }
        for name in names.iter().filter(|name| !topics.found.contains_key(*name)) {
            self.remember_refusal(name, NotTaken::NotAllowed, &format!("topic {name} is not there for us any more"))?;
        }
        self.doubts.let_in();
        self.topics = Some(Arc::clone(&topics));
        Ok(topics)
    }

    fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = self.post.wanted.clone();
        if self.topics.is_some() {
            let vital = self.vital();
            wanted.iter_mut().for_each(|topic| topic.vital = vital.contains(&topic.name));
        }
        wanted
    }

    async fn commit_now(&mut self, batch: Batch) -> Result<(), PublishError> {
        let (Some(topics), true) = (self.topics.clone(), self.ready) else {
            return Err(PublishError::Doubt("the sink has not been recovered".to_owned()));
        };
        // A caller that gives up waiting here must recover before it commits again.
        self.ready = false;
        if self.given_up {
            self.open_producer(&topics).await?;
            self.check_that_nothing_came_between().await?;
        }
        let Some(image) = self.image.clone() else {
            return Err(PublishError::Doubt("the sink has not been recovered".to_owned()));
        };
        let state = self.state_of(&batch, &topics)?;
        let messages = Messages {
            outputs: batch.records.into_iter().map(|record| self.message(record, &topics)).collect(),
            state: state.iter().map(|change| self.state_message(change)).collect(),
            offsets: self.post.seat.as_ref().map_or_else(Vec::new, |seat| seat.offsets(batch.position.seq)),
            member: self.post.seat.as_ref().map(|seat| seat.membership().clone()),
        };
        self.commit_messages(messages, state, image).await?;
        self.ready = true;
        Ok(())
    }

    /// Commits, and brings the image after it.
    async fn commit_messages(
        &mut self,
        messages: Messages,
        changes: Vec<StateChange>,
        image: ImageOf,
    ) -> Result<(), PublishError> {
        let topics: BTreeSet<String> = messages.outputs.iter().map(|message| message.topic.clone()).collect();
        let last = messages.state.last().cloned();
        let began = Instant::now();
        let committed = match self.producer.commit(messages).await {
            Ok(committed) => committed,
            Err(error) => {
                self.doubts.one_more();
                if let Some(seat) = &mut self.post.seat {
                    seat.failed(&error, began.elapsed());
                }
                return Err(match error {
                    BrokerError::NotTaken { topic, why, message } => self.not_taken(topics, topic, why, message).await,
                    error => self.sort(error),
                });
            }
        };
        faults::point("C7");
        self.doubts.none();
        self.given_up = committed.given_up;
        let end = committed.end;
        let anchor = last.map(|last| Anchor::new(end - 1, &last.key, last.value.as_deref()));
        let image = ImageOf { offset: end.max(image.offset), at: now(), anchor, ..image };
        self.write_image(changes, image.clone()).await?;
        self.image = Some(image);
        Ok(())
    }

    /// A topic did not take what was written to it. Which one it was is found out where the client does not say; the
    /// batch that is made again leads what it would get to the dead letters.
    async fn not_taken(
        &mut self,
        topics: BTreeSet<String>,
        topic: Option<String>,
        why: NotTaken,
        message: String,
    ) -> PublishError {
        let refused = match topic {
            Some(topic) => self.remember_refusal(&topic, why, &message),
            None => self.find_refusals(topics).await,
        };
        refused.err().unwrap_or(PublishError::Doubt(message))
    }

    /// Tries each topic by itself: the error of a transaction does not name the topic that failed it.
    async fn find_refusals(&mut self, topics: BTreeSet<String>) -> Result<(), PublishError> {
        let Some(known) = self.topics.clone() else { return Ok(()) };
        for topic in topics.into_iter().chain([self.post.state.clone()]) {
            self.open_producer(&known).await?;
            let value = Some(b"{}".to_vec());
            let key = format!("{}trial", self.key_prefix());
            let trial = Message { topic: topic.clone(), partition: Some(0), key, headers: Vec::new(), value };
            match self.producer.try_out(trial).await {
                Ok(()) => {}
                Err(BrokerError::NotTaken { why, message, .. }) => self.remember_refusal(&topic, why, &message)?,
                Err(error) => return Err(self.sort(error)),
            }
        }
        Ok(())
    }

    /// From now on what goes to this topic goes to the dead letters. An error where that cannot be.
    fn remember_refusal(&mut self, topic: &str, why: NotTaken, message: &str) -> Result<(), PublishError> {
        if why == NotTaken::TooLarge {
            let told = self.topics.as_ref().map_or(1 << 20, |topics| told_limit(topics, topic));
            tracing::warn!("{message}: what topic {topic} takes is looked at again");
            if self.refusals.note_size(topic, told) {
                return Ok(());
            }
        }
        if self.vital().iter().any(|vital| vital == topic) {
            return Err(fatal(
                EXIT_DENIED,
                format!(
                    "{message}: nothing can be published without topic {topic}; let this deployment write to it \
                     (permissions Write and Describe) and start it again"
                ),
            ));
        }
        if self.refusals.of(topic).is_none() {
            tracing::error!("{message}: what goes to topic {topic} goes to the dead letters for some minutes");
        }
        self.refusals.note(topic, why, message);
        Ok(())
    }

    /// The state changes of a batch, with its position as the last of them: so no transaction is ever empty (R6), and
    /// none ends like another.
    fn state_of(&self, batch: &Batch, topics: &Topics) -> Result<Vec<StateChange>, PublishError> {
        let limit = self.limit(topics, &self.post.state);
        let prefix = self.settings.transactional_id.len() + 1;
        let position = state_key::position(&batch.position.intake);
        let mut changes = Vec::with_capacity(batch.state.len() + 1);
        for change in batch.state.iter().filter(|change| change.key != position) {
            let fitted = measure::fit_state(change.clone(), prefix, limit).map_err(|error| {
                fatal(EXIT_CONFIG, format!("{error}: raise max.message.bytes of {}", self.post.state))
            })?;
            changes.push(fitted);
        }
        changes.push(StateChange::set(position, &batch.position));
        Ok(changes)
    }

    fn message(&self, record: Record, topics: &Topics) -> Message {
        let mut name = self.name_of(record.topic);
        let mut record = record;
        if let (Some(refusal), true) = (self.refusals.of(&name), record.topic != Topic::DeadLetters) {
            record = dead_letter::refused(record, &name, refusal.code, &refusal.message);
            name = self.name_of(record.topic);
        }
        let mut schema_id = None;
        match self.wire.as_ref().map(|wire| wire.put(&mut record)) {
            None => {}
            Some(Ok(header)) => schema_id = header,
            Some(Err(why)) => {
                record = dead_letter::refused(record, &name, "not_encodable", &why);
                name = self.name_of(record.topic);
            }
        }
        let mut message = fitted(record, |topic| self.name_of(topic), |topic| self.limit(topics, topic));
        message.headers.extend(schema_id.filter(|_| message.topic == name));
        message
    }

    /// The topics without which nothing goes.
    fn vital(&self) -> [String; 2] {
        [self.post.state.clone(), self.name_of(Topic::DeadLetters)]
    }

    fn state_message(&self, change: &StateChange) -> Message {
        Message {
            topic: self.post.state.clone(),
            partition: Some(self.post.partition),
            key: format!("{}{}", self.key_prefix(), change.key),
            headers: Vec::new(),
            value: change.value.clone(),
        }
    }

    /// Deployments may share a state topic: each key begins with its deployment's name.
    fn key_prefix(&self) -> String {
        format!("{}/", self.settings.transactional_id)
    }

    /// What a topic takes, as far as is known.
    fn limit(&self, topics: &Topics, name: &str) -> usize {
        self.refusals.limit(name, told_limit(topics, name))
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
        self.doubts.sort(error)
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

/// The message of a record, or of the dead letter that stands for one that its topic does not take.
pub fn fitted(record: Record, name_of: impl Fn(Topic) -> String, limit_of: impl Fn(&str) -> usize) -> Message {
    let name = name_of(record.topic);
    let record = measure::fit(record, &name, |topic| limit_of(&name_of(topic)));
    let headers = record.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    Message {
        topic: name_of(record.topic),
        partition: None,
        key: record.key,
        headers: headers.collect(),
        value: record.value,
    }
}

/// What a topic is said to take.
fn told_limit(topics: &Topics, name: &str) -> usize {
    topics.found.get(name).map_or(1 << 20, |topic| topic.max_message_bytes)
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
