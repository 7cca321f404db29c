//! A partition that a group has given to one of its members, as a sink that works on it sees it.
//!
//! Always holds: a producer is opened only while the partition is ours, and not while that is in doubt, for it would
//! fence the producer of the next owner.

use crate::broker::{BrokerError, Membership, producer::SentOffset};
use std::time::{Duration, Instant};

/// The partition.
#[derive(Debug, Clone)]
pub struct Seat {
    membership: Membership,
    partition: i32,
    /// Whether positions are offsets in that partition, which the group is to hear of.
    tells_offsets: bool,
    /// Since when the partition may have another owner.
    doubtful: Option<Instant>,
}

impl Seat {
    /// The partition of the topic that the membership shares out. With `tells_offsets`, positions are offsets in it.
    pub fn new(membership: Membership, partition: i32, tells_offsets: bool) -> Self {
        Self { membership, partition, tells_offsets, doubtful: None }
    }

    pub(super) fn membership(&self) -> &Membership {
        &self.membership
    }

    pub(super) fn partition(&self) -> i32 {
        self.partition
    }

    /// Whether a producer may be opened.
    pub(super) fn check(&self) -> Result<(), BrokerError> {
        if self.membership.owns(self.partition) {
            return Ok(());
        }
        let (topic, partition) = (self.membership.topic(), self.partition);
        Err(BrokerError::Doubt(format!("{topic}/{partition} is no longer ours")))
    }

    /// A commit has failed that took so long. Another producer may be that of the partition's next owner, and whoever
    /// stood still for longer than a session has been given up.
    pub(super) fn failed(&mut self, error: &BrokerError, took: Duration) {
        if matches!(error, BrokerError::Fenced(_)) || took >= self.membership.group().session_timeout {
            self.doubtful = Some(Instant::now());
        }
    }

    /// A member that stood still hears within a heartbeat what it has lost.
    pub(super) async fn wait_for_the_group(&mut self) {
        if let Some(since) = self.doubtful.take() {
            let heartbeat = self.membership.group().session_timeout / 3;
            tokio::time::sleep((2 * heartbeat).saturating_sub(since.elapsed())).await;
        }
    }

    /// What the group is to hear with a batch that ends at this position.
    pub(super) fn offsets(&self, position: u64) -> Vec<SentOffset> {
        let (topic, partition) = (self.membership.topic().to_owned(), self.partition);
        let next = i64::try_from(position).unwrap_or(i64::MAX);
        if self.tells_offsets { vec![SentOffset { topic, partition, next }] } else { Vec::new() }
    }
}
