//! The topics, read back: every record that readers can see, with the place where it lies.
//!
//! Comes in: a broker's address or a directory of topic files. Goes out: records in their order, up to an end that is
//! fixed when the reading begins, so that a daemon at work beside it does not move the goal. What holds: only committed
//! records are seen, and nothing is changed. What a record means is not known here.

mod files;
#[cfg(feature = "kafka")]
mod kafka;

pub use files::{Extent, Files, Pending, UNKNOWN};
#[cfg(feature = "kafka")]
pub use kafka::Cluster;

use crate::model::{Record, Topic};
use std::fmt;

/// Where a record lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a broker's topic.
    Partition {
        /// Its whole name.
        topic: String,
        /// The partition.
        partition: i32,
        /// The offset in it.
        offset: i64,
    },
    /// In a topic file.
    Line {
        /// The file's name.
        file: String,
        /// The line, from 1; 0 for a line that is committed and not yet in its file.
        line: u64,
        /// The record's number in its topic.
        number: u64,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Partition { topic, partition, offset } => write!(f, "{topic}/{partition}@{offset}"),
            Self::Line { file, line: 0, number } => write!(f, "{file} (record {number}, still in the journal)"),
            Self::Line { file, line, .. } => write!(f, "{file}:{line}"),
        }
    }
}

/// A record and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Where it lies.
    pub place: Place,
    /// What it says. Of a record in a file only the headers that its line carries are known.
    pub record: Record,
}

/// One log of a topic: a partition, or the files together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `wire.articles.v1/3`, or `wire.articles.v1` for files.
    pub name: String,
    /// The topic.
    pub topic: Topic,
    /// The first number that is still there; above 0 the beginning has been cut off by retention.
    pub begin: i64,
    /// One behind the last number at the time when the reading began; files end where they end.
    pub end: Option<i64>,
}

/// Why topics cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// There is nothing of that name.
    #[error("{0}")]
    Nothing(String),
    /// The broker does not answer.
    #[error("{0}")]
    Unavailable(String),
    /// Reading is not permitted.
    #[error("{0}")]
    Denied(String),
    /// What is there cannot be read.
    #[error("{0}")]
    Failed(String),
}

/// Topics that can be read, wherever they lie.
pub trait Topics: Send + Sync {
    /// The logs of a topic, with the ends that were fixed; none where the topic is not there.
    fn logs(&self, topic: Topic) -> Vec<Log>;

    /// Visits every record of a topic up to the fixed ends. The records of one key come in their order.
    fn read(&self, topic: Topic, visit: &mut dyn FnMut(Placed)) -> Result<(), ReadError>;
}
