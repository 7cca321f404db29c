//! A broker's topics, read back as a `read_committed` reader sees them.
//!
//! Blocks; meant for a thread that may wait.

use super::{Log, Place, Placed, ReadError, Topics};
use crate::{
    broker::{BrokerError, Settings, partition_reader::PartitionReader},
    model::{Record, Topic},
};
use std::collections::BTreeMap;

/// The order in which the ends are fixed.
const OPENED: [Topic; 6] =
    [Topic::CovidStats, Topic::Stories, Topic::FeedStatus, Topic::Events, Topic::Articles, Topic::DeadLetters];

/// The topics of a prefix on a cluster.
pub struct Cluster {
    prefix: String,
    reader: PartitionReader,
    logs: BTreeMap<Topic, Vec<Log>>,
}

impl Cluster {
    /// Fixes the ends, so that what a record rests on is within what is read, also while transactions are under way: a
    /// claim rests on its article, and an article's predecessor may stand in the dead letters. Of the rest only what is
    /// decided counts; what that rests on is written by then. Of articles everything written counts and is waited for,
    /// as the marks of a transaction come to its partitions one after the other; then the same of the dead letters.
    pub fn open(settings: &Settings, prefix: &str) -> Result<Self, ReadError> {
        let reader = PartitionReader::new(settings)?;
        let known = reader.partitions()?;
        let mut logs = BTreeMap::new();
        for topic in OPENED {
            let name = topic.name(prefix);
            let count = known.get(&name).copied().unwrap_or(0);
            let mut of_topic = Vec::new();
            for partition in 0..i32::try_from(count).unwrap_or(0) {
                let is_rested_on = matches!(topic, Topic::Articles | Topic::DeadLetters);
                let ends = if is_rested_on { reader.ends(&name, partition) } else { reader.decided(&name, partition) }?;
                let name = format!("{name}/{partition}");
                of_topic.push(Log { name, topic, begin: ends.low, end: Some(ends.high) });
            }
            if topic == Topic::Articles {
                for (partition, log) in (0..).zip(&of_topic) {
                    reader.settle(&name, partition, log.end.unwrap_or(0))?;
                }
            }
            if !of_topic.is_empty() {
                logs.insert(topic, of_topic);
            }
        }
        if logs.is_empty() {
            let what = format!("the cluster at {} has no topics of {prefix}", settings.bootstrap_servers);
            return Err(ReadError::Nothing(what));
        }
        Ok(Self { prefix: prefix.to_owned(), reader, logs })
    }
}

impl Topics for Cluster {
    fn logs(&self, topic: Topic) -> Vec<Log> {
        self.logs.get(&topic).cloned().unwrap_or_default()
    }

    fn read(&self, topic: Topic, visit: &mut dyn FnMut(Placed)) -> Result<(), ReadError> {
        let Some(logs) = self.logs.get(&topic) else { return Ok(()) };
        let name = topic.name(&self.prefix);
        let ends: Vec<(i64, i64)> = logs.iter().map(|log| (log.begin, log.end.unwrap_or(log.begin))).collect();
        self.reader.read(&name, &ends, &mut |message| {
            let place = Place::Partition { topic: name.clone(), partition: message.partition, offset: message.offset };
            let record = Record { topic, key: message.key, headers: message.headers, value: message.value };
            visit(Placed { place, record });
        })?;
        Ok(())
    }
}

impl From<BrokerError> for ReadError {
    fn from(error: BrokerError) -> Self {
        match error {
            BrokerError::Denied(message) | BrokerError::NotLetIn(message) => Self::Denied(message),
            BrokerError::Refused(message) => Self::Failed(message),
            error => Self::Unavailable(error.to_string()),
        }
    }
}
