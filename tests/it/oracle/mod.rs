//! The oracle: a feed server that keeps a ledger of what it served, and an auditor that compares topics with it.
//!
//! A [`Campaign`] runs the daemon under load while a test does things to it, and ends with the question that all of
//! them share: is everything that was observed on the topics, once, in order? It is asked of a reader that was attached
//! all along and of one that begins after the end.
//!
//! What counts as **observed**: a request that carries the entity tag of a document says that the document was durable,
//! for validators are stored in the transaction of their items. What was served but never named by such a request may
//! have been lost with its process before it was durable: it may be on the topics, and need not.

pub mod auditor;
pub mod campaign;
#[cfg(feature = "kafka")]
pub mod kafka_topics;
pub mod ledger;
pub mod random;
pub mod script;
#[cfg(feature = "kafka")]
pub mod split;
pub mod topic_files;

pub use campaign::{Campaign, Fault};
#[cfg(feature = "kafka")]
pub use kafka_topics::KafkaTopics;
pub use random::Random;
#[cfg(feature = "kafka")]
pub use split::Split;
pub use topic_files::TopicFiles;

use serde_json::Value;

/// Every topic that readers read, without its prefix.
pub const TOPICS: [&str; 6] =
    ["articles.v1", "covid-stats.v1", "stories.v1", "feed-status.v1", "events.v1", "dead-letters.v1"];

/// A record as any reader gets it.
#[derive(Debug, Clone)]
pub struct Entry {
    pub topic: &'static str,
    pub key: String,
    pub rev: u64,
    /// Intake, frame, index.
    pub origin: (String, u64, u64),
    pub generation: u64,
    pub ce_id: String,
    pub ce_time: jiff::Timestamp,
    /// Null for a tombstone and for a dead letter.
    pub value: Value,
    /// Of a dead letter.
    pub bytes: Vec<u8>,
    /// Stage and code of a dead letter, such as `clean panic`.
    pub reason: String,
}

/// Reads `<intake>/<frame>/<index>`.
fn origin(text: &str) -> (String, u64, u64) {
    let mut parts = text.rsplitn(3, '/');
    let index = parts.next().unwrap().parse().unwrap();
    let frame = parts.next().unwrap().parse().unwrap();
    (parts.next().unwrap().to_owned(), frame, index)
}

/// Why a record became a dead letter, by its headers.
fn reason(header: impl Fn(&str) -> Option<String>) -> String {
    ["__connect.errors.stage", "error-code"].map(|name| header(name).unwrap_or_default()).join(" ")
}

/// Where the records are read, as a reader outside would.
pub trait Topics {
    /// What was published since the last call, in the order of each key; by a reader that stays attached.
    fn more(&mut self) -> Vec<Entry>;

    /// Everything from the beginning, by a reader that was not there before.
    fn all(&self) -> Vec<Entry>;
}
