//! Where a sink stands: the partition that it remembers by, and the topics that it writes to.

use super::{KafkaOptions, settings};
use crate::broker::{
    BrokerError, Membership,
    partition_reader::PartitionReader,
    producer::SentOffset,
    topics::{Topics, Wanted},
};
use crate::{model::Topic, store::Store};
use std::{sync::Arc, time::Duration};

/// Where a sink stands: what it remembers by, and what it needs beside that.
#[derive(Clone)]
pub struct Post {
    /// The whole name of its state topic.
    pub state: String,
    /// The partition of it that is its own.
    pub partition: i32,
    /// What its positions are counted in: an intake, or a partition of a topic.
    pub log: String,
    /// The topics that it writes to, the state topic among them.
    pub wanted: Vec<Wanted>,
    /// Whether records show that something was published from this post before. Blocks.
    pub has_published: HasPublished,
    /// The partition of a group's topic that the post goes with; none for a process that does all the work.
    pub seat: Option<Seat>,
}

/// A partition that a group has given to one of its members.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The member.
    pub membership: Membership,
    /// The partition of its topic.
    pub partition: i32,
    /// Whether positions are offsets in that partition, which the group is to hear of.
    pub tells_offsets: bool,
}

impl Seat {
    /// A producer is opened only while the partition is ours: it would fence that of the next owner.
    pub(super) fn check(&self) -> Result<(), BrokerError> {
        if self.membership.owns(self.partition) {
            return Ok(());
        }
        let (topic, partition) = (self.membership.topic(), self.partition);
        Err(BrokerError::Doubt(format!("{topic}/{partition} is no longer ours")))
    }

    /// After a fencing: the other producer of this id may be the next owner's, of which a member that stood still has not
    /// heard yet. It hears of it within a heartbeat.
    pub(super) async fn wait_for_the_group(&self, fenced: Option<Duration>) {
        let heartbeat = self.membership.group().session_timeout / 3;
        let left = fenced.and_then(|since| (2 * heartbeat).checked_sub(since));
        tokio::time::sleep(left.unwrap_or(Duration::ZERO)).await;
    }

    /// What the group is to hear with a batch that ends at this position.
    pub(super) fn offsets(&self, position: u64) -> Vec<SentOffset> {
        let (topic, partition) = (self.membership.topic().to_owned(), self.partition);
        let next = i64::try_from(position).unwrap_or(i64::MAX);
        if self.tells_offsets { vec![SentOffset { topic, partition, next }] } else { Vec::new() }
    }
}

/// Tells whether something was published before.
pub type HasPublished = Arc<dyn Fn(&Topics) -> Result<bool, BrokerError> + Send + Sync>;

impl Post {
    /// The post of a process that does all the work.
    pub(super) fn whole(options: &KafkaOptions, prefix: &str, store: &Store) -> Self {
        let (articles, settings) = (Topic::Articles.name(prefix), settings(options));
        Post {
            state: Topic::State.name(prefix),
            partition: 0,
            log: store.intake_id().to_owned(),
            wanted: wanted(|topic| topic.name(prefix), options.partitions),
            has_published: Arc::new(move |topics| {
                let partitions = topics.found.get(&articles).map_or(0, |topic| topic.partitions);
                PartitionReader::new(&settings)?.has_records(&articles, partitions)
            }),
            seat: None,
        }
    }
}

/// The topics, by their names, as they should be. At the start one that we may not have is a mistake to be told; later the
/// others go on without it.
pub fn wanted(name_of: impl Fn(Topic) -> String, partitions: i32) -> Vec<Wanted> {
    let wanted = |topic: Topic| Wanted {
        name: name_of(topic),
        partitions: if topic == Topic::State { 1 } else { partitions },
        compacted: topic.compacted(),
        strict: topic == Topic::State,
        vital: true,
    };
    Topic::PUBLIC.into_iter().chain([Topic::State]).map(wanted).collect()
}
