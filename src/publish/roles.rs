//! `[roles]`: how the work is shared out where one process is not enough.

use crate::model::{Feed, Hash, Topic, units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What a process does of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Polls shards of feeds, and hands on what it observes.
    Fetch,
    /// Reads what was observed: clean text, entities, statistics.
    Enrich,
    /// Judges what was read, and publishes what readers read.
    Dedup,
}

impl Role {
    /// All of them, in the order that a story meets them.
    pub const ALL: [Role; 3] = [Role::Fetch, Role::Enrich, Role::Dedup];

    /// In a word, as in the names of groups and directories.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Fetch => "fetch",
            Role::Enrich => "enrich",
            Role::Dedup => "dedup",
        }
    }

    /// The consumer group of its workers; `app` is what the deployment is called (`publish.kafka.transactional_id`).
    pub fn group(self, app: &str) -> String {
        format!("{app}-{}", self.as_str())
    }

    /// The id of the producer that a partition is worked on with.
    pub fn transactional_id(self, app: &str, partition: i32) -> String {
        format!("{app}-{}-{partition}", self.as_str())
    }

    /// What its work on a partition is called where it is kept.
    pub fn line(self, partition: i32) -> String {
        format!("{}-{partition}", self.as_str())
    }

    /// The topic whose partitions the group shares out.
    pub fn input(self) -> Topic {
        match self {
            Role::Fetch => Topic::Feeds,
            Role::Enrich => Topic::Raw,
            Role::Dedup => Topic::Enriched,
        }
    }

    /// The topic that it remembers by; none for who keeps nothing.
    pub fn state(self) -> Option<Topic> {
        match self {
            Role::Fetch => Some(Topic::FetchState),
            Role::Enrich => None,
            Role::Dedup => Some(Topic::DedupState),
        }
    }
}

/// How the members of a group agree on who has what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupProtocol {
    /// One of the members decides; any broker can do it.
    Classic,
    /// The broker decides (KIP-848), from version 4 on.
    Consumer,
}

/// `[roles]`: how the work is shared out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// What this worker is called; each has a name of its own. Empty for the name of the host.
    pub instance: String,
    /// Shards of feeds: partitions of `feeds.v1` and of `fetch-state.v1`.
    pub fetch_partitions: i32,
    /// Partitions of `raw.v1`.
    pub enrich_partitions: i32,
    /// Partitions of `enriched.v1` and of `dedup-state.v1`; a domain lies in one of them.
    pub dedup_partitions: i32,
    /// A worker that was not heard of for so long loses what it had to others.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub session_timeout: Duration,
    /// `classic` or `consumer`.
    pub group_protocol: GroupProtocol,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            instance: String::new(),
            fetch_partitions: 12,
            enrich_partitions: 12,
            dedup_partitions: 12,
            session_timeout: Duration::from_secs(10),
            group_protocol: GroupProtocol::Classic,
        }
    }
}

/// The shard that a feed belongs to, of so many: that of its host, for who polls a host must know all that is asked of
/// it.
pub fn shard_of(feed: &Feed, shards: i32) -> i32 {
    partition_of(&feed.host(), shards)
}

/// The partition of a host or of a domain, of so many: the first 60 bits of BLAKE3 of its name as a number, modulo the
/// partitions.
pub fn partition_of(name: &str, partitions: i32) -> i32 {
    let hash = Hash::of_bytes(name.as_bytes());
    let number = u64::from_str_radix(hash.short(15), 16).unwrap_or(0);
    i32::try_from(number % u64::from(partitions.max(1).unsigned_abs())).unwrap_or(0)
}

impl Options {
    /// What this worker is called.
    pub fn instance(&self) -> String {
        if self.instance.is_empty() {
            return rustix::system::uname().nodename().to_string_lossy().into_owned();
        }
        self.instance.clone()
    }
}
