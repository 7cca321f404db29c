//! The one thread that owns the producer.
//!
//! The client's calls block, some of them for longer than they are told to, so they are made on a thread of their own
//! and awaited with a watchdog. Any error but a clean Ok destroys the producer (guarantees.md, R1): what became of the
//! batch is learnt by opening a new one under the same id and reading the state topic.

use super::{
    BrokerError, Client, Membership, Settings,
    settings::{PROMPT_COMMIT, TRANSACTION_TIMEOUT, transaction_timeout},
};
use crate::faults;
use rdkafka::{
    ClientConfig, ClientContext, Message as _, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::{DeliveryResult, Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _, ProducerContext},
};
use std::{
    sync::{Mutex, PoisonError, mpsc},
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;

/// The thread is silent for longer only when a call hangs (R4).
const WATCHDOG: Duration = Duration::from_secs(TRANSACTION_TIMEOUT.as_secs() + 30);

/// How often an idle producer looks at its events.
const IDLE: Duration = Duration::from_millis(500);

/// One message, ready for the client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The topic's whole name.
    pub topic: String,
    /// The partition, or none for the one that the key names.
    pub partition: Option<i32>,
    /// The key.
    pub key: String,
    /// Headers in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The value; none for a tombstone.
    pub value: Option<Vec<u8>>,
}

/// What is committed at once.
#[derive(Debug, Clone, Default)]
pub struct Messages {
    /// What readers read.
    pub outputs: Vec<Message>,
    /// What recovery reads; written after the outputs.
    pub state: Vec<Message>,
    /// How far a group has come by it: they are committed with the rest, or not at all. Needs transactions.
    pub offsets: Vec<SentOffset>,
    /// In whose name the offsets are sent.
    pub member: Option<Membership>,
}

/// How far a group has come in a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentOffset {
    /// The topic's whole name.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// The offset to go on from: one behind the last message done.
    pub next: i64,
}

/// How a commit went that is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The end of the state topic behind the last message of the batch.
    pub end: i64,
    /// Whether the producer was given up after it (R2): the next batch needs a new one, and with it a new epoch.
    pub given_up: bool,
}

/// A handle on the thread. The thread ends when the handle is dropped.
pub struct Producer {
    jobs: mpsc::Sender<Job>,
}

enum Job {
    Open(Box<ClientConfig>, oneshot::Sender<Result<(), BrokerError>>),
    Commit(Messages, oneshot::Sender<Result<Committed, BrokerError>>),
    Try(Box<Message>, oneshot::Sender<Result<(), BrokerError>>),
    Close(oneshot::Sender<Result<(), BrokerError>>),
}

impl Producer {
    /// Starts the thread; no client is made yet.
    pub fn start(settings: &Settings) -> std::io::Result<Self> {
        let (jobs, inbox) = mpsc::channel();
        let mut owner = Owner { settings: settings.clone(), producer: None };
        thread::Builder::new().name("kafka-producer".to_owned()).spawn(move || owner.serve(&inbox))?;
        Ok(Self { jobs })
    }

    /// Makes a new producer in the place of any older one. With transactions it returns when every earlier one of its
    /// id is decided and its markers are written.
    pub async fn open(&self, config: ClientConfig) -> Result<(), BrokerError> {
        self.ask("open the producer", |reply| Job::Open(Box::new(config), reply)).await
    }

    /// Commits.
    pub async fn commit(&self, messages: Messages) -> Result<Committed, BrokerError> {
        self.ask("commit a batch", |reply| Job::Commit(messages, reply)).await
    }

    /// Writes a message in a transaction that is never committed, to learn whether its topic takes it. The producer is
    /// given up, and the next one aborts the transaction.
    pub async fn try_out(&self, message: Message) -> Result<(), BrokerError> {
        self.ask("try out a topic", |reply| Job::Try(Box::new(message), reply)).await
    }

    /// Destroys the client without committing anything.
    pub async fn close(&self) -> Result<(), BrokerError> {
        self.ask("close the producer", Job::Close).await
    }

    async fn ask<T>(
        &self,
        attempt: &str,
        job: impl FnOnce(oneshot::Sender<Result<T, BrokerError>>) -> Job,
    ) -> Result<T, BrokerError> {
        let (reply, answer) = oneshot::channel();
        let gone = || BrokerError::Stuck(format!("cannot {attempt}: the producer's thread has ended"));
        self.jobs.send(job(reply)).map_err(|_| gone())?;
        let patience = faults::time("watchdog", WATCHDOG);
        match tokio::time::timeout(patience, answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) => Err(gone()),
            Err(_) => Err(BrokerError::Stuck(format!(
                "cannot {attempt}: the Kafka client has not answered for {} s",
                patience.as_secs()
            ))),
        }
    }
}

struct Owner {
    settings: Settings,
    producer: Option<BaseProducer<Reports>>,
}

impl Owner {
    fn serve(&mut self, inbox: &mpsc::Receiver<Job>) {
        loop {
            // Nobody waits for an answer that cannot be delivered: the asker has gone, or the process ends.
            match inbox.recv_timeout(IDLE) {
                Ok(Job::Open(config, reply)) => {
                    let _ = reply.send(self.open(&config));
                }
                Ok(Job::Commit(messages, reply)) => {
                    let began = Instant::now();
                    let result =
                        self.commit(&messages).map_err(|error| of_age(self.with_cause(error), began.elapsed()));
                    if result.is_err() {
                        self.producer = None;
                    }
                    let _ = reply.send(result);
                }
                Ok(Job::Try(message, reply)) => {
                    let result = self.try_out(&message).map_err(|error| self.with_cause(error));
                    self.producer = None;
                    let _ = reply.send(result);
                }
                Ok(Job::Close(reply)) => {
                    self.producer = None;
                    let _ = reply.send(Ok(()));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    if let Some(producer) = &self.producer {
                        producer.poll(Duration::ZERO);
                    }
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// A producer that is fenced, or whose transaction has failed, purges its queue, and that is what its messages
    /// report: the reason is the client's own.
    fn with_cause(&self, error: BrokerError) -> BrokerError {
        let (BrokerError::Doubt(message), Some(producer)) = (&error, &self.producer) else { return error };
        if let Some((code, reason)) = producer.client().fatal_error() {
            return BrokerError::sort(&format!("{message} ({reason})"), &KafkaError::Global(code), BrokerError::Doubt);
        }
        // The producer is given up whatever it answers; a transaction that has failed answers with its failure.
        match producer.begin_transaction() {
            Err(failure @ KafkaError::Transaction(_)) if self.settings.transactions => {
                match BrokerError::of_writing(message, None, &failure) {
                    BrokerError::Doubt(_) => error,
                    sorted => sorted,
                }
            }
            _ => error,
        }
    }

    fn open(&mut self, config: &ClientConfig) -> Result<(), BrokerError> {
        self.producer = None;
        let producer: BaseProducer<Reports> = config
            .create_with_context(Reports::default())
            .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka producer: {error}")))?;
        if self.settings.transactions {
            init_transactions(&producer)?;
        }
        self.producer = Some(producer);
        Ok(())
    }

    fn commit(&mut self, messages: &Messages) -> Result<Committed, BrokerError> {
        let Some(producer) = &self.producer else {
            return Err(BrokerError::Doubt("no producer is open".to_owned()));
        };
        producer.context().begin();
        let deadline = Instant::now() + TRANSACTION_TIMEOUT;
        if !self.settings.transactions {
            if !messages.offsets.is_empty() {
                return Err(BrokerError::Refused("offsets are sent in transactions only".to_owned()));
            }
            // State that came before its outputs would hide their loss from the next start.
            deliver(producer, &messages.outputs, OUTPUT, deadline)?;
            if !messages.state.is_empty() {
                faults::point("C4");
            }
            deliver(producer, &messages.state, STATE, deadline)?;
            return Ok(Committed { end: producer.context().state_end(), given_up: false });
        }
        let took = self.transaction(producer, messages, deadline)?;
        let end = producer.context().state_end();
        let given_up = (took >= PROMPT_COMMIT && !self.is_armed("R2-off")) || self.settings.epoch_per_transaction;
        if given_up {
            // The commit may have been sent twice, and the second could end a later transaction of this epoch (R2).
            tracing::debug!(took_ms = took.as_millis() as u64, "the producer is replaced after its commit");
            self.producer = None;
        }
        Ok(Committed { end, given_up })
    }

    /// One transaction; returns how long its end took.
    fn transaction(
        &self,
        producer: &BaseProducer<Reports>,
        messages: &Messages,
        deadline: Instant,
    ) -> Result<Duration, BrokerError> {
        producer
            .begin_transaction()
            .map_err(|error| BrokerError::sort("cannot begin a transaction", &error, BrokerError::Doubt))?;
        send(producer, &messages.outputs, OUTPUT, deadline)?;
        if !messages.outputs.is_empty() {
            self.is_armed("C4");
            faults::point("C4");
        }
        deliver(producer, &messages.state, STATE, deadline)?;
        send_offsets(producer, messages, deadline)?;
        if !messages.outputs.is_empty() {
            faults::stop("C10");
        }
        faults::point("C5");
        faults::soon("C6");
        let began = Instant::now();
        producer
            .commit_transaction(remaining(deadline))
            .map_err(|error| BrokerError::of_writing("cannot commit a transaction", None, &error))?;
        Ok(began.elapsed())
    }

    fn try_out(&self, message: &Message) -> Result<(), BrokerError> {
        let Some(producer) = &self.producer else {
            return Err(BrokerError::Doubt("no producer is open".to_owned()));
        };
        producer.context().begin();
        producer
            .begin_transaction()
            .map_err(|error| BrokerError::sort("cannot begin a transaction", &error, BrokerError::Doubt))?;
        deliver(producer, std::slice::from_ref(message), OUTPUT, Instant::now() + TRANSACTION_TIMEOUT)
    }

    /// Whether a test has armed this point for this deployment: tests of one process do not meet in one name.
    fn is_armed(&self, point: &str) -> bool {
        cfg!(feature = "faults") && faults::fails(&format!("{point}/{}", self.settings.transactional_id))
    }
}

/// The coordinator ends what is older than its timeout by fencing it: that is nobody else's doing.
fn of_age(error: BrokerError, age: Duration) -> BrokerError {
    match error {
        BrokerError::Fenced(message) if age >= transaction_timeout() => {
            faults::point("C11");
            BrokerError::Doubt(format!("{message} (the transaction had outlived its timeout)"))
        }
        error => error,
    }
}

fn init_transactions(producer: &BaseProducer<Reports>) -> Result<(), BrokerError> {
    let deadline = Instant::now() + TRANSACTION_TIMEOUT;
    loop {
        let result = producer.init_transactions(remaining(deadline).min(Duration::from_secs(5)));
        producer.poll(Duration::ZERO);
        let Err(error) = result else { return Ok(()) };
        let retriable = matches!(&error, KafkaError::Transaction(error) if error.is_retriable() && !error.is_fatal());
        if !retriable || Instant::now() >= deadline {
            return Err(match &error {
                KafkaError::Transaction(inner) if inner.code() == Code::UnsupportedFeature => BrokerError::Refused(
                    "the broker has no transactions: set publish.kafka.delivery = \"at-least-once\"".to_owned(),
                ),
                _ => producer.context().client.unreachable("cannot open the transactional producer", &error),
            });
        }
    }
}

/// Sends and waits until every message since the batch began is acknowledged.
fn deliver(
    producer: &BaseProducer<Reports>,
    messages: &[Message],
    kind: usize,
    deadline: Instant,
) -> Result<(), BrokerError> {
    send(producer, messages, kind, deadline)?;
    producer
        .flush(remaining(deadline))
        .map_err(|error| BrokerError::sort("cannot deliver a batch", &error, BrokerError::Doubt))?;
    producer.context().verdict()
}

fn send(
    producer: &BaseProducer<Reports>,
    messages: &[Message],
    kind: usize,
    deadline: Instant,
) -> Result<(), BrokerError> {
    for message in messages {
        let mut record = record(message, kind);
        while let Err((error, unsent)) = producer.send(record) {
            let full = matches!(&error, KafkaError::MessageProduction(Code::QueueFull));
            if !full || Instant::now() >= deadline {
                let attempt = format!("cannot produce to topic {}", message.topic);
                return Err(BrokerError::of_writing(&attempt, Some(&message.topic), &error));
            }
            producer.poll(Duration::from_millis(20));
            record = unsent;
        }
        producer.context().sent();
    }
    producer.poll(Duration::ZERO);
    Ok(())
}

/// Makes the group's offsets a part of the transaction. The call may take longer than it is told to (librdkafka #5456).
fn send_offsets(producer: &BaseProducer<Reports>, messages: &Messages, deadline: Instant) -> Result<(), BrokerError> {
    if messages.offsets.is_empty() {
        return Ok(());
    }
    let attempt = "cannot send the offsets of a batch";
    let Some(member) = messages.member.as_ref().and_then(Membership::metadata) else {
        return Err(BrokerError::Doubt(format!("{attempt}: there is no member of the group any more")));
    };
    let mut offsets = TopicPartitionList::new();
    messages
        .offsets
        .iter()
        .try_for_each(|sent| offsets.add_partition_offset(&sent.topic, sent.partition, Offset::Offset(sent.next)))
        .and_then(|()| producer.send_offsets_to_transaction(&offsets, &member, remaining(deadline)))
        .map_err(|error| BrokerError::sort(attempt, &error, BrokerError::Doubt))
}

fn record(message: &Message, kind: usize) -> BaseRecord<'_, str, [u8], usize> {
    let mut record = BaseRecord::with_opaque_to(&message.topic, kind).key(message.key.as_str());
    if let Some(value) = &message.value {
        record = record.payload(value.as_slice());
    }
    if let Some(partition) = message.partition {
        record = record.partition(partition);
    }
    if message.headers.is_empty() {
        return record;
    }
    let headers = OwnedHeaders::new_with_capacity(message.headers.len());
    let headers = message
        .headers
        .iter()
        .fold(headers, |headers, (key, value)| headers.insert(Header { key, value: Some(value.as_slice()) }));
    record.headers(headers)
}

fn remaining(deadline: Instant) -> Duration {
    // A call with no time left would not even look at what has already arrived.
    deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(100))
}

const OUTPUT: usize = 0;
const STATE: usize = 1;

/// Counts the delivery reports of a batch. All calls come from the owner's thread, within `poll` and `flush`.
#[derive(Default)]
struct Reports {
    client: Client,
    batch: Mutex<Count>,
}

#[derive(Default)]
struct Count {
    sent: usize,
    delivered: usize,
    state_end: i64,
    failure: Option<(KafkaError, String)>,
}

impl Reports {
    fn count<T>(&self, change: impl FnOnce(&mut Count) -> T) -> T {
        change(&mut self.batch.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn begin(&self) {
        self.count(|count| *count = Count::default());
    }

    fn sent(&self) {
        self.count(|count| count.sent += 1);
    }

    fn state_end(&self) -> i64 {
        self.count(|count| count.state_end)
    }

    fn verdict(&self) -> Result<(), BrokerError> {
        self.count(|count| match &count.failure {
            Some((error, topic)) => {
                Err(BrokerError::of_writing(&format!("cannot deliver to topic {topic}"), Some(topic), error))
            }
            None if count.delivered == count.sent => Ok(()),
            None => Err(BrokerError::Doubt(format!("{} of {} messages delivered", count.delivered, count.sent))),
        })
    }
}

impl ClientContext for Reports {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.client.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.client.error(error, reason);
    }
}

impl ProducerContext for Reports {
    type DeliveryOpaque = usize;

    fn delivery(&self, result: &DeliveryResult<'_>, kind: usize) {
        self.count(|count| match result {
            Ok(message) => {
                count.delivered += 1;
                if kind == STATE {
                    count.state_end = count.state_end.max(message.offset() + 1);
                }
            }
            Err((error, message)) => {
                count.failure.get_or_insert_with(|| (error.clone(), message.topic().to_owned()));
            }
        });
    }
}
