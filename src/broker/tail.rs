//! Follows one partition of a topic from an offset on, committed records only, for as long as somebody reads.
//!
//! Comes in: where to begin. Goes out: chunks in order, of what is there when it is there, each with the offset behind
//! it. Bounded: while nobody takes the chunk that is ready, the client fetches no more than its own few MiB ahead. A
//! broker that is away is waited for in silence, for whoever writes to it will say so.

use super::{
    BrokerError, Client, Settings, error_code,
    partition_reader::{ReadMessage, read_message},
};
use rdkafka::{
    Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, RDKafkaErrorCode as Code},
    message::BorrowedMessage,
};
use std::{fmt, thread, time::Duration};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};

/// What is handed on at once, in bytes of keys and values.
const CHUNK_BYTES: usize = 1 << 20;

/// How often the thread looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);

/// A reader that follows a partition; its thread ends when it is dropped.
pub struct Tail {
    _ends_the_thread: DropGuard,
}

/// What has come.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tailed {
    /// In order; none where only marks of transactions have come, or where something is lost.
    pub messages: Vec<ReadMessage>,
    /// One behind the last, control records included.
    pub next: i64,
    /// What was to be read and is not there. Such a chunk comes before any other, has no messages, and reading goes on
    /// from `next`, the earliest that there is; whoever must not go on drops the reader.
    pub lost: Option<Lost>,
}

/// Offsets that were to be read and are not there: retention has cut them off, or the topic was made anew.
///
/// The marks of transactions are offsets too. Where everything was read and then everything deleted, as happens to a
/// partition that is idle for long, just the mark behind the last record is missing: `low` is `from + 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The topic.
    pub topic: String,
    /// The partition.
    pub partition: i32,
    /// Where reading was to go on.
    pub from: i64,
    /// The earliest that is there.
    pub low: i64,
    /// One behind the last that is there.
    pub high: i64,
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, partition, from, low, high } = self;
        match from < low {
            true => write!(
                f,
                "{topic}/{partition} was to be read from offset {from} and begins at {low}: retention has deleted {} \
                 offsets that were not read",
                low - from
            ),
            false => write!(
                f,
                "{topic}/{partition} was to be read from offset {from} and ends at {high}: the topic was made anew, or \
                 the broker lost committed data"
            ),
        }
    }
}

impl Tail {
    /// Follows a partition from an offset on, or from the earliest that is there. Returns at once. An error is the last
    /// that comes.
    pub fn follow(
        settings: &Settings,
        topic: &str,
        partition: i32,
        from: Option<i64>,
    ) -> Result<(Self, mpsc::Receiver<Result<Tailed, BrokerError>>), BrokerError> {
        let consumer = settings
            .tail()
            .create_with_context(Client::default())
            .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))?;
        // One chunk is ready while the next is read.
        let (chunks, read) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let follower = Follower { consumer, topic: topic.to_owned(), partition, from, chunks, stop: stop.clone() };
        thread::Builder::new()
            .name("kafka-tail".to_owned())
            .spawn(move || follower.run())
            .map_err(|error| BrokerError::Stuck(format!("cannot start the thread of a reader: {error}")))?;
        Ok((Self { _ends_the_thread: stop.drop_guard() }, read))
    }
}

struct Follower {
    consumer: BaseConsumer<Client>,
    topic: String,
    partition: i32,
    /// Where to go on.
    from: Option<i64>,
    chunks: mpsc::Sender<Result<Tailed, BrokerError>>,
    stop: CancellationToken,
}

/// Why reading has come to an end.
enum End {
    /// Nobody reads any more.
    Unwanted,
    /// What comes next is not there.
    OutOfRange,
    Failure(BrokerError),
}

impl Follower {
    fn run(mut self) {
        loop {
            let Err(end) = self.begin().and_then(|()| self.read());
            match end {
                End::OutOfRange => {}
                End::Unwanted => return,
                End::Failure(error) => {
                    let _ = self.send(Err(error));
                    return;
                }
            }
        }
    }

    fn attempt(&self) -> String {
        format!("cannot read {}/{}", self.topic, self.partition)
    }

    /// Finds out whether what comes next is there, and says what is not.
    fn begin(&mut self) -> Result<(), End> {
        let (low, high) = self.watermarks()?;
        let from = match self.from {
            Some(from) if from < low || from > high => {
                let lost = Lost { topic: self.topic.clone(), partition: self.partition, from, low, high };
                self.send(Ok(Tailed { messages: Vec::new(), next: low, lost: Some(lost) }))?;
                low
            }
            Some(from) => from,
            None => low,
        };
        self.from = Some(from);
        let mut start = TopicPartitionList::new();
        start
            .add_partition_offset(&self.topic, self.partition, Offset::Offset(from))
            .and_then(|()| self.consumer.assign(&start))
            .map_err(|error| End::Failure(BrokerError::sort(&self.attempt(), &error, BrokerError::Unavailable)))
    }

    fn watermarks(&self) -> Result<(i64, i64), End> {
        loop {
            self.wanted()?;
            match self.consumer.fetch_watermarks(&self.topic, self.partition, ANSWER) {
                Ok(ends) => return Ok(ends),
                Err(error) => match self.consumer.client().context().unreachable(&self.attempt(), &error) {
                    BrokerError::Unavailable(message) | BrokerError::NotLetIn(message) => tracing::debug!("{message}"),
                    error => return Err(End::Failure(error)),
                },
            }
            // The client says what ails it only to who polls.
            let _ = self.consumer.poll(LOOK);
        }
    }

    /// Hands on what comes. Never Ok: it goes on until there is a reason to end.
    fn read(&mut self) -> Result<std::convert::Infallible, End> {
        let mut chunk = Tailed { next: self.from.unwrap_or(0), ..Tailed::default() };
        let mut bytes = 0;
        loop {
            self.wanted()?;
            // What has come is handed on as soon as there is no more at once.
            let patience = if chunk.messages.is_empty() { LOOK } else { Duration::ZERO };
            let before = self.from.unwrap_or(0);
            let polled = self.consumer.poll(patience).map(|polled| polled.map(|message| sized(&message)));
            let complete = match polled {
                Some(Ok((message, size))) => {
                    chunk.next = message.offset + 1;
                    chunk.messages.push(message);
                    bytes += size;
                    bytes >= CHUNK_BYTES
                }
                Some(Err(KafkaError::PartitionEOF(_))) => {
                    // Behind the last record there are at least the marks of its transaction.
                    chunk.next = self.position().unwrap_or(0).max(chunk.next);
                    chunk.next > before
                }
                Some(Err(error)) => {
                    self.heard(&error)?;
                    false
                }
                None => !chunk.messages.is_empty(),
            };
            if complete {
                let next = Tailed { next: chunk.next, ..Tailed::default() };
                self.from = Some(next.next);
                bytes = 0;
                self.send(Ok(std::mem::replace(&mut chunk, next)))?;
            }
        }
    }

    /// Where the client is, marks included.
    fn position(&self) -> Option<i64> {
        let position = self.consumer.position().ok()?;
        match position.find_partition(&self.topic, self.partition)?.offset() {
            Offset::Offset(offset) => Some(offset),
            _ => None,
        }
    }

    /// Errors that the client does not mend by itself.
    fn heard(&self, error: &KafkaError) -> Result<(), End> {
        match error_code(error) {
            Some(Code::AutoOffsetReset) => return Err(End::OutOfRange),
            // A password that is changed while we run; whoever writes says so.
            Some(Code::Authentication | Code::SaslAuthenticationFailed) => return Ok(()),
            _ => {}
        }
        match BrokerError::sort(&self.attempt(), error, BrokerError::Unavailable) {
            BrokerError::Unavailable(message) => tracing::debug!("{message}"),
            error => return Err(End::Failure(error)),
        }
        Ok(())
    }

    fn wanted(&self) -> Result<(), End> {
        if self.stop.is_cancelled() || self.chunks.is_closed() { Err(End::Unwanted) } else { Ok(()) }
    }

    /// Waits until there is room for it.
    fn send(&self, chunk: Result<Tailed, BrokerError>) -> Result<(), End> {
        let sent = futures::executor::block_on(self.stop.run_until_cancelled(self.chunks.send(chunk)));
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { Err(End::Unwanted) }
    }
}

fn sized(message: &BorrowedMessage<'_>) -> (ReadMessage, usize) {
    (read_message(message), message.key_len() + message.payload_len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_said_in_words() {
        let check = |from, expected: &str| {
            let lost = Lost { topic: "wire.raw.v1".to_owned(), partition: 3, from, low: 50, high: 60 };
            let said = lost.to_string();
            assert!(said.contains("wire.raw.v1/3") && said.contains(expected), "{said}");
        };
        check(17, "deleted 33 offsets");
        check(61, "ends at 60");
    }
}
