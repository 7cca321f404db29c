//! Reads a partition of a state topic from an offset to its end, committed records only.
//!
//! "The end" is the last record that was written when the reading began, committed or not: every transaction below it
//! must be decided before what was read may be taken for the whole truth. Blocks; meant for a thread of its own.

use super::{
    BrokerError, Client, Settings, error_code,
    settings::{Isolation, TRANSACTION_TIMEOUT},
};
use rdkafka::{
    Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode as Code},
};
use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// How long reading may stand still before the broker counts as away.
const STALL: Duration = Duration::from_secs(30);

/// Another deployment's transaction may hold up the end for as long as its timeout.
const DECISION: Duration = Duration::from_secs(TRANSACTION_TIMEOUT.as_secs() * 2);

/// What is handed on at once, in bytes of keys and values.
const CHUNK_BYTES: usize = 4 << 20;

/// One record of the topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Where it stands.
    pub offset: i64,
    /// Its key.
    pub key: String,
    /// Its value; none for a tombstone.
    pub value: Option<Vec<u8>>,
}

/// A reader of the topic.
pub struct StateTopic {
    name: String,
    partition: i32,
    committed: BaseConsumer<Client>,
    uncommitted: BaseConsumer<Client>,
}

/// Where a partition begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    /// The first offset that is still there.
    pub low: i64,
    /// One behind the last record written, committed or not.
    pub high: i64,
}

impl StateTopic {
    /// Sets up the reader; nothing is asked of the broker yet.
    pub fn new(settings: &Settings, name: &str, partition: i32) -> Result<Self, BrokerError> {
        let committed = consumer(settings, Isolation::Committed)?;
        let uncommitted = consumer(settings, Isolation::Uncommitted)?;
        Ok(Self { name: name.to_owned(), partition, committed, uncommitted })
    }

    /// The ends of the partition now.
    pub fn ends(&self) -> Result<Ends, BrokerError> {
        let (low, high) = watermarks(&self.uncommitted, &self.name, self.partition)?;
        Ok(Ends { low, high })
    }

    /// Reads from `from` to `high`, and hands on what it reads in order, with the offset behind each chunk. `visit`
    /// returns false to stop.
    pub fn read(&self, from: i64, high: i64, visit: impl FnMut(Vec<Entry>, i64) -> bool) -> Result<(), BrokerError> {
        if from >= high {
            return Ok(());
        }
        self.wait_until_decided(high)?;
        let read = self.read_decided(from, high, visit);
        // Else the client would go on fetching what nobody takes.
        let _ = self.committed.unassign();
        read
    }

    fn read_decided(
        &self,
        from: i64,
        high: i64,
        mut visit: impl FnMut(Vec<Entry>, i64) -> bool,
    ) -> Result<(), BrokerError> {
        let mut start = TopicPartitionList::new();
        start
            .add_partition_offset(&self.name, self.partition, Offset::Offset(from))
            .and_then(|()| self.committed.assign(&start))
            .map_err(|error| BrokerError::Unavailable(format!("cannot read topic {}: {error}", self.name)))?;
        let mut chunk = Vec::new();
        let mut bytes = 0;
        let mut progress = Instant::now();
        loop {
            match self.committed.poll(Duration::from_millis(200)) {
                Some(Ok(message)) => {
                    progress = Instant::now();
                    let value = message.payload().map(<[u8]>::to_vec);
                    bytes += message.key_len() + message.payload_len();
                    // A key that is no text is not ours.
                    if let Some(Ok(key)) = message.key_view::<str>() {
                        chunk.push(Entry { offset: message.offset(), key: key.to_owned(), value });
                    }
                    if bytes >= CHUNK_BYTES {
                        bytes = 0;
                        if !visit(std::mem::take(&mut chunk), message.offset() + 1) {
                            return Ok(());
                        }
                    }
                }
                // The end of what is decided was at or above `high` before the first fetch, so the first end of
                // partition that is reached lies there too.
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    visit(chunk, high);
                    return Ok(());
                }
                Some(Err(error)) => {
                    let attempt = format!("cannot read topic {}", self.name);
                    match BrokerError::sort(&attempt, &error, BrokerError::Unavailable) {
                        // The client goes on by itself once the broker answers again.
                        BrokerError::Unavailable(_) if progress.elapsed() < STALL => {}
                        error => return Err(error),
                    }
                }
                None => {}
            }
            if progress.elapsed() >= STALL {
                let silent = format!("topic {} gave nothing for {} s", self.name, STALL.as_secs());
                return Err(BrokerError::Unavailable(silent));
            }
        }
    }

    /// Waits until every transaction below `high` is committed or aborted. Ours are, since the producer was opened;
    /// those of deployments that share the topic end within their timeout.
    fn wait_until_decided(&self, high: i64) -> Result<(), BrokerError> {
        let deadline = Instant::now() + DECISION;
        loop {
            // To a read_committed client the broker names the first open transaction as the end.
            let (_, decided) = watermarks(&self.committed, &self.name, self.partition)?;
            if decided >= high {
                return Ok(());
            }
            if Instant::now() >= deadline {
                return Err(BrokerError::Unavailable(format!(
                    "a transaction on topic {} stays open at offset {decided}",
                    self.name
                )));
            }
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn consumer(settings: &Settings, isolation: Isolation) -> Result<BaseConsumer<Client>, BrokerError> {
    let config = settings.consumer(isolation);
    config
        .create_with_context(Client::default())
        .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))
}

/// A topic that was just created, or whose leader has just changed, is asked for again.
fn watermarks(consumer: &BaseConsumer<Client>, topic: &str, partition: i32) -> Result<(i64, i64), BrokerError> {
    let deadline = Instant::now() + 2 * ANSWER;
    loop {
        match consumer.fetch_watermarks(topic, partition, ANSWER) {
            Ok(ends) => return Ok(ends),
            Err(error) if is_passing(&error) && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(100));
            }
            Err(error) => {
                let attempt = format!("cannot ask for the end of topic {topic}");
                return Err(consumer.client().context().unreachable(&attempt, &error));
            }
        }
    }
}

pub(super) fn is_passing(error: &KafkaError) -> bool {
    matches!(
        error_code(error),
        Some(
            Code::NotLeaderForPartition
                | Code::LeaderNotAvailable
                | Code::UnknownTopicOrPartition
                | Code::UnknownPartition
                | Code::UnknownTopic
        )
    )
}
