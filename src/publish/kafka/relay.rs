//! The sink of a line that reads a partition and keeps nothing: records and the group's next offset in one transaction.
//!
//! Comes in: batches, whose position is the offset to go on from in the partition that the line reads. Goes out: Ok only
//! when the broker has said so; everything else is a doubt, which `recover` settles by asking for the group's offset,
//! never by guessing. The producer's id belongs to the partition, so that its next owner fences this one; the sink for
//! its part takes no new epoch when the partition is no longer ours.

use super::{EXIT_CONFIG, EXIT_DENIED, EXIT_IO, blocking, doubts::Doubts, fatal, problems, seat::Seat, settings};
use crate::broker::{BrokerError, Message, NotTaken, Producer, Settings, producer::Messages};
use crate::faults;
use crate::model::Record;
use crate::publish::{Batch, Delivery, KafkaOptions, PublishError, Sink};
use futures::future::BoxFuture;
use std::time::{Duration, Instant};

/// How a record is written: its topic, its partition, measured and encoded.
pub type MessageOf = Box<dyn Fn(Record) -> Message + Send + Sync>;

/// The sink.
pub struct RelaySink {
    settings: Settings,
    seat: Seat,
    /// What the topics take that are written to: the least and the most.
    limits: (usize, usize),
    message_of: MessageOf,
    producer: Producer,
    /// The offset to go on from, as it was last committed or read.
    position: u64,
    /// Whether the producer is open, or given up after a commit.
    ready: bool,
    /// Whether the producer was given up after a commit (R2).
    given_up: bool,
    doubts: Doubts,
}

impl RelaySink {
    /// Checks the options and starts the producer's thread; the broker is asked by `recover`. The line reads the
    /// partition of the seat, and writes to topics that take so many bytes, the least and the most of them.
    pub fn open(
        options: &KafkaOptions,
        seat: Seat,
        limits: (usize, usize),
        message_of: MessageOf,
    ) -> Result<Self, PublishError> {
        if let Some((key, problem)) = problems(options).into_iter().next() {
            return Err(fatal(EXIT_CONFIG, format!("publish.kafka.{key}: {problem}")));
        }
        if options.delivery != Delivery::ExactlyOnce {
            let problem = "publish.kafka.delivery: roles need transactions: write \"exactly-once\"";
            return Err(fatal(EXIT_CONFIG, problem.to_owned()));
        }
        let settings = settings(options);
        let producer = Producer::start(&settings)
            .map_err(|error| fatal(EXIT_IO, format!("cannot start the producer's thread: {error}")))?;
        Ok(Self {
            doubts: Doubts::new(&settings.transactional_id),
            settings,
            seat,
            limits,
            message_of,
            producer,
            position: 0,
            ready: false,
            given_up: false,
        })
    }

    async fn recover_now(&mut self) -> Result<u64, PublishError> {
        self.ready = false;
        self.doubts.pause().await;
        self.seat.wait_for_the_group().await;
        self.open_producer().await?;
        // Only now: every earlier transaction of this id is decided, whoever had it.
        self.position = self.committed().await?;
        self.ready = true;
        tracing::debug!(self.position, partition = self.seat.partition(), "kafka: the group's offset is known");
        Ok(self.position)
    }

    async fn open_producer(&mut self) -> Result<(), PublishError> {
        self.seat.check().map_err(|error| self.fail(error, Duration::ZERO))?;
        let opened = self.producer.open(self.settings.producer(self.limits.0, self.limits.1)).await;
        opened.map_err(|error| self.fail(error, Duration::ZERO))?;
        self.doubts.let_in();
        self.given_up = false;
        Ok(())
    }

    async fn committed(&mut self) -> Result<u64, PublishError> {
        let (membership, partition) = (self.seat.membership().clone(), self.seat.partition());
        let offset =
            blocking(move || membership.committed(partition)).await.map_err(|error| self.doubts.sort(error))?;
        Ok(offset.and_then(|offset| u64::try_from(offset).ok()).unwrap_or(0))
    }

    async fn commit_now(&mut self, batch: Batch) -> Result<(), PublishError> {
        if !self.ready {
            return Err(PublishError::Doubt("the sink has not been recovered".to_owned()));
        }
        debug_assert!(batch.state.is_empty(), "this sink keeps no state");
        // A caller that gives up waiting here must recover before it commits again.
        self.ready = false;
        if self.given_up {
            self.open_producer().await?;
            self.check_that_nothing_came_between().await?;
        }
        let next = batch.position.seq;
        let messages = Messages {
            outputs: batch.records.into_iter().map(&self.message_of).collect(),
            offsets: self.seat.offsets(next),
            member: Some(self.seat.membership().clone()),
            ..Messages::default()
        };
        let began = Instant::now();
        let committed = self.producer.commit(messages).await.map_err(|error| self.fail(error, began.elapsed()))?;
        faults::point("C7");
        self.doubts.none();
        self.given_up = committed.given_up;
        self.position = next;
        self.ready = true;
        Ok(())
    }

    /// After the producer was replaced without a recovery: whoever had the id in between would have gone on.
    async fn check_that_nothing_came_between(&mut self) -> Result<(), PublishError> {
        if self.committed().await? == self.position {
            return Ok(());
        }
        let message = "another producer with this transactional id has committed since".to_owned();
        Err(self.fail(BrokerError::Fenced(message), Duration::ZERO))
    }

    fn fail(&mut self, error: BrokerError, took: Duration) -> PublishError {
        self.doubts.one_more();
        self.seat.failed(&error, took);
        match error {
            // Without its output a line has no work, and a batch that is made again would be refused again.
            BrokerError::NotTaken { why, message, .. } => fatal(
                if why == NotTaken::NotAllowed { EXIT_DENIED } else { EXIT_CONFIG },
                format!(
                    "{message}: put the topic right (permissions Write and Describe, max.message.bytes) and start again"
                ),
            ),
            error => self.doubts.sort(error),
        }
    }
}

impl Sink for RelaySink {
    fn recover(&mut self) -> BoxFuture<'_, Result<u64, PublishError>> {
        Box::pin(self.recover_now())
    }

    fn commit(&mut self, batch: Batch) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(self.commit_now(batch))
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async move {
            self.ready = false;
            // With the broker away the client takes its time; the process need not wait for it.
            let _ = tokio::time::timeout(Duration::from_secs(3), self.producer.close()).await;
        })
    }
}
