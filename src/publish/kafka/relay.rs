//! The sink of a line that reads a partition and keeps nothing: records and the group's next offset in one transaction.
//!
//! Comes in: batches, whose position is the offset to go on from in the partition that the line reads. Goes out: Ok only
//! when the broker has said so; everything else is a doubt, which `recover` settles by asking for the group's offset,
//! never by guessing. The producer's id belongs to the partition, so that its next owner fences this one; the sink for
//! its part takes no new epoch when the partition is no longer ours.

use super::{EXIT_CONFIG, EXIT_DENIED, EXIT_IO, blocking, doubts::Doubts, fatal, problems, settings};
use crate::broker::{
    BrokerError, Membership, Message, NotTaken, Producer, Settings,
    producer::{Messages, SentOffset},
};
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
    membership: Membership,
    partition: i32,
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
    /// Since when the partition may have another owner.
    ours_is_doubtful: Option<Instant>,
}

impl RelaySink {
    /// Checks the options and starts the producer's thread; the broker is asked by `recover`. The line reads this
    /// partition of the topic that the membership shares out, and writes to topics that take so many bytes, the least
    /// and the most of them.
    pub fn open(
        options: &KafkaOptions,
        transactional_id: &str,
        membership: Membership,
        partition: i32,
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
        let settings = Settings { transactional_id: transactional_id.to_owned(), ..settings(options) };
        let producer = Producer::start(&settings)
            .map_err(|error| fatal(EXIT_IO, format!("cannot start the producer's thread: {error}")))?;
        Ok(Self {
            doubts: Doubts::new(transactional_id),
            settings,
            membership,
            partition,
            limits,
            message_of,
            producer,
            position: 0,
            ready: false,
            given_up: false,
            ours_is_doubtful: None,
        })
    }

    async fn recover_now(&mut self) -> Result<u64, PublishError> {
        self.ready = false;
        self.doubts.pause().await;
        self.wait_for_the_group().await;
        self.open_producer().await?;
        // Only now: every earlier transaction of this id is decided, whoever had it.
        self.position = self.committed().await?;
        self.ready = true;
        tracing::debug!(self.position, partition = self.partition, "kafka: the group's offset is known");
        Ok(self.position)
    }

    /// A member that stood still may not have heard yet that its partition has another owner. It hears of it within a
    /// heartbeat, and must not fence the other one before.
    async fn wait_for_the_group(&mut self) {
        if let Some(since) = self.ours_is_doubtful.take() {
            let heartbeat = self.membership.group().session_timeout / 3;
            tokio::time::sleep((2 * heartbeat).saturating_sub(since.elapsed())).await;
        }
    }

    async fn open_producer(&mut self) -> Result<(), PublishError> {
        if !self.membership.owns(self.partition) {
            let (topic, partition) = (self.membership.topic(), self.partition);
            return Err(self.fail(BrokerError::Doubt(format!("{topic}/{partition} is no longer ours"))));
        }
        let opened = self.producer.open(self.settings.producer(self.limits.0, self.limits.1)).await;
        opened.map_err(|error| self.fail(error))?;
        self.doubts.let_in();
        self.given_up = false;
        Ok(())
    }

    async fn committed(&mut self) -> Result<u64, PublishError> {
        let (membership, partition) = (self.membership.clone(), self.partition);
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
        let offset = SentOffset {
            topic: self.membership.topic().to_owned(),
            partition: self.partition,
            next: i64::try_from(next).unwrap_or(i64::MAX),
        };
        let messages = Messages {
            outputs: batch.records.into_iter().map(&self.message_of).collect(),
            offsets: vec![offset],
            member: Some(self.membership.clone()),
            ..Messages::default()
        };
        let began = Instant::now();
        let committed = match self.producer.commit(messages).await {
            Ok(committed) => committed,
            Err(error) => {
                if began.elapsed() >= self.membership.group().session_timeout {
                    self.ours_is_doubtful = Some(Instant::now());
                }
                return Err(self.fail(error));
            }
        };
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
        Err(self.fail(BrokerError::Fenced(message)))
    }

    fn fail(&mut self, error: BrokerError) -> PublishError {
        self.doubts.one_more();
        match error {
            // Without its output a line has no work, and a batch that is made again would be refused again.
            BrokerError::NotTaken { why, message, .. } => fatal(
                if why == NotTaken::NotAllowed { EXIT_DENIED } else { EXIT_CONFIG },
                format!(
                    "{message}: put the topic right (permissions Write and Describe, max.message.bytes) and start again"
                ),
            ),
            error => {
                if matches!(error, BrokerError::Fenced(_)) {
                    self.ours_is_doubtful = Some(Instant::now());
                }
                self.doubts.sort(error)
            }
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
