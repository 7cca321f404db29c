//! Reads all partitions of a topic from their beginnings to ends that were asked for before, committed records only.
//!
//! As for the state topic, "the end" is the last record that was written when it was asked for, committed or not: every
//! transaction below it is waited for. Blocks; meant for a thread of its own.

use super::{
    BrokerError, Client, Settings,
    settings::{Isolation, TRANSACTION_TIMEOUT},
    state_topic::{Ends, is_passing},
};
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::KafkaError,
    message::Headers as _,
};
use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// How long reading may stand still before the broker counts as away.
const STALL: Duration = Duration::from_secs(30);

/// A transaction that was open when the ends were asked for is decided after its timeout at the latest.
const DECISION: Duration = Duration::from_secs(TRANSACTION_TIMEOUT.as_secs() * 2);

/// One record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMessage {
    /// The partition.
    pub partition: i32,
    /// The offset in it.
    pub offset: i64,
    /// The key; empty where it is no text.
    pub key: String,
    /// Headers in order; those that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The value; none for a tombstone.
    pub value: Option<Vec<u8>>,
}

/// A reader of whole topics.
pub struct PartitionReader {
    settings: Settings,
    uncommitted: BaseConsumer<Client>,
    /// For asking only; each reading has a client of its own.
    committed: BaseConsumer<Client>,
}

impl PartitionReader {
    /// Sets up the reader; nothing is asked of the broker yet.
    pub fn new(settings: &Settings) -> Result<Self, BrokerError> {
        let uncommitted = consumer(settings, Isolation::Uncommitted)?;
        let committed = consumer(settings, Isolation::Committed)?;
        Ok(Self { settings: settings.clone(), uncommitted, committed })
    }

    /// The partition count of every topic of the cluster.
    pub fn partitions(&self) -> Result<BTreeMap<String, usize>, BrokerError> {
        let metadata = self.uncommitted.fetch_metadata(None, ANSWER).map_err(|error| {
            self.uncommitted.client().context().unreachable("cannot reach the Kafka broker", &error)
        })?;
        let usable = metadata.topics().iter().filter(|topic| topic.error().is_none());
        Ok(usable.map(|topic| (topic.name().to_owned(), topic.partitions().len())).collect())
    }

    /// The ends of a partition now, whether what lies below is committed or not.
    pub fn ends(&self, topic: &str, partition: i32) -> Result<Ends, BrokerError> {
        watermarks(&self.uncommitted, topic, partition)
    }

    /// Whether anything was ever written to the first so many partitions of a topic.
    pub fn has_records(&self, topic: &str, partitions: usize) -> Result<bool, BrokerError> {
        for partition in (0_i32..).take(partitions) {
            if self.ends(topic, partition)?.high > 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The ends of what is decided in a partition now: no open transaction lies below.
    pub fn decided(&self, topic: &str, partition: i32) -> Result<Ends, BrokerError> {
        watermarks(&self.committed, topic, partition)
    }

    /// Waits until every transaction below `end` is committed or aborted.
    pub fn settle(&self, topic: &str, partition: i32, end: i64) -> Result<(), BrokerError> {
        wait_until_decided(&self.committed, topic, partition, end)
    }

    /// How far a group has come in a partition, as it last committed; none where it never has.
    pub fn committed(&self, group: &str, topic: &str, partition: i32) -> Result<Option<i64>, BrokerError> {
        let attempt = format!("cannot ask for the offset of group {group} in {topic}/{partition}");
        let mut config = self.settings.consumer(Isolation::Committed);
        config.set("group.id", group);
        let consumer: BaseConsumer<Client> = config
            .create_with_context(Client::default())
            .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))?;
        let mut asked = TopicPartitionList::new();
        asked.add_partition(topic, partition);
        let offsets = consumer.committed_offsets(asked, ANSWER);
        let offsets = offsets.map_err(|error| consumer.client().context().unreachable(&attempt, &error))?;
        Ok(offsets.find_partition(topic, partition).and_then(|found| match found.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }))
    }

    /// Visits every committed record of a topic from its beginnings up to these ends, one `(begin, end)` for each
    /// partition. The records of a partition come in order.
    pub fn read(
        &self,
        topic: &str,
        ends: &[(i64, i64)],
        visit: &mut dyn FnMut(ReadMessage),
    ) -> Result<(), BrokerError> {
        let committed = consumer(&self.settings, Isolation::Committed)?;
        let mut start = TopicPartitionList::new();
        let mut open = BTreeMap::new();
        for (partition, (begin, end)) in (0_i32..).zip(ends) {
            if begin >= end {
                continue;
            }
            wait_until_decided(&committed, topic, partition, *end)?;
            open.insert(partition, *end);
            start
                .add_partition_offset(topic, partition, Offset::Offset(*begin))
                .map_err(|error| away(topic, &error))?;
        }
        if open.is_empty() {
            return Ok(());
        }
        committed.assign(&start).map_err(|error| away(topic, &error))?;
        let mut progress = Instant::now();
        while !open.is_empty() {
            match committed.poll(Duration::from_millis(200)) {
                Some(Ok(message)) => {
                    progress = Instant::now();
                    let (partition, offset) = (message.partition(), message.offset());
                    let Some(end) = open.get(&partition) else { continue };
                    if offset >= *end {
                        open.remove(&partition);
                        continue;
                    }
                    visit(read_message(&message));
                }
                // Everything below the end was decided before the first fetch, so the first end of a partition that is
                // reached lies there or beyond.
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    open.remove(&partition);
                }
                Some(Err(error)) => match BrokerError::sort(&attempt(topic), &error, BrokerError::Unavailable) {
                    BrokerError::Unavailable(_) if progress.elapsed() < STALL => {}
                    error => return Err(error),
                },
                None => {}
            }
            if progress.elapsed() >= STALL {
                let silent = format!("topic {topic} gave nothing for {} s", STALL.as_secs());
                return Err(BrokerError::Unavailable(silent));
            }
        }
        Ok(())
    }
}

pub(super) fn read_message(message: &rdkafka::message::BorrowedMessage<'_>) -> ReadMessage {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).ok();
    let headers = message.headers().map_or_else(Vec::new, |headers| {
        let pair = |header: rdkafka::message::Header<'_, &[u8]>| {
            Some((header.key.to_owned(), text(header.value.unwrap_or_default())?))
        };
        headers.iter().filter_map(pair).collect()
    });
    ReadMessage {
        partition: message.partition(),
        offset: message.offset(),
        key: message.key().and_then(text).unwrap_or_default(),
        headers,
        value: message.payload().map(<[u8]>::to_vec),
    }
}

fn consumer(settings: &Settings, isolation: Isolation) -> Result<BaseConsumer<Client>, BrokerError> {
    let mut config = settings.consumer(isolation);
    if config.get("queued.max.messages.kbytes").is_none() {
        // Of every partition as much is fetched ahead: the client's own default is for one that has memory to spare.
        config.set("queued.max.messages.kbytes", "4096");
    }
    config
        .create_with_context(Client::default())
        .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))
}

fn watermarks(consumer: &BaseConsumer<Client>, topic: &str, partition: i32) -> Result<Ends, BrokerError> {
    let deadline = Instant::now() + STALL;
    loop {
        match consumer.fetch_watermarks(topic, partition, ANSWER) {
            Ok((low, high)) => return Ok(Ends { low, high }),
            Err(error) if is_passing(&error) && Instant::now() < deadline => thread::sleep(Duration::from_millis(100)),
            Err(error) => {
                let attempt = format!("cannot ask for the end of {topic}/{partition}");
                return Err(consumer.client().context().unreachable(&attempt, &error));
            }
        }
    }
}

fn wait_until_decided(
    committed: &BaseConsumer<Client>,
    topic: &str,
    partition: i32,
    end: i64,
) -> Result<(), BrokerError> {
    let deadline = Instant::now() + DECISION;
    loop {
        // To a read_committed client the broker names the first open transaction as the end.
        let decided = watermarks(committed, topic, partition)?.high;
        if decided >= end {
            return Ok(());
        }
        if Instant::now() >= deadline {
            let stuck = format!("a transaction on {topic}/{partition} stays open at offset {decided}");
            return Err(BrokerError::Unavailable(stuck));
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn attempt(topic: &str) -> String {
    format!("cannot read topic {topic}")
}

fn away(topic: &str, error: &KafkaError) -> BrokerError {
    BrokerError::Unavailable(format!("{}: {error}", attempt(topic)))
}
