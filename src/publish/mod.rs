//! The only exit: records, state changes and position, committed together.

pub mod archive;
pub mod asyncapi;
#[cfg(feature = "kafka")]
mod avro;
mod claim;
mod dead_letter;
pub mod decode;
pub mod encode;
pub mod inspect;
pub mod journal;
#[cfg(feature = "kafka")]
pub mod kafka;
pub mod lines;
mod lost;
#[cfg(feature = "kafka")]
mod measure;
pub mod memory;
#[cfg(feature = "kafka")]
pub mod migrate;
mod ndjson;
pub mod ninjs;
#[cfg(feature = "kafka")]
mod registry;
pub mod relay;
pub mod roles;
mod route;
pub mod schema;
pub mod unwritten;
#[cfg(feature = "kafka")]
pub mod wire;

use crate::model::{Position, Record, StateChange, units};
use futures::future::BoxFuture;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// The fact about the file that tells whose image it holds when that is a cluster's and not the journal's.
pub const KAFKA_IMAGE: &str = "kafka_image";

/// Where records go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The embedded default: the SQLite file and NDJSON topic files.
    Journal,
    /// Kafka topics.
    Kafka,
}

/// How articles are written; all other records have one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Our own flat record, `article/1`.
    Flat,
    /// IPTC ninjs 3.1 with the rest beside it, `article-ninjs/1`.
    Ninjs,
}

/// `[publish]`: where records go and how soon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `journal` or `kafka`.
    pub to: Target,
    /// First part of every topic name.
    pub topic_prefix: String,
    /// Longest time from observation to commit.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub max_latency: Duration,
    /// Largest batch.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_batch: u64,
    /// Whether records carry the body text.
    pub publish_body: bool,
    /// How articles are written: `flat` or `ninjs`.
    pub format: Format,
    /// `[publish.journal]`.
    pub journal: JournalOptions,
    /// `[publish.kafka]`.
    pub kafka: KafkaOptions,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            to: Target::Journal,
            topic_prefix: "wire".to_owned(),
            max_latency: Duration::from_secs(1),
            max_batch: 4 << 20,
            publish_body: true,
            format: Format::Flat,
            journal: JournalOptions::default(),
            kafka: KafkaOptions::default(),
        }
    }
}

/// `[publish.journal]`: the NDJSON topic files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalOptions {
    /// A topic file is rotated at this size, and daily.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_file: u64,
    /// Rotated files are deleted at this age.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub retain: Duration,
    /// The oldest rotated files are deleted when all files together exceed this.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_total: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { max_file: 256 << 20, retain: Duration::from_secs(30 * 86_400), max_total: 16 << 30 }
    }
}

/// What a reader may see after a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Each record once, for `read_committed` readers.
    ExactlyOnce,
    /// For brokers without transactions: repeats carry the same `ce_id`.
    AtLeastOnce,
}

/// How long the producer keeps its epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Epoch {
    /// While every commit is so prompt that it cannot have been sent twice.
    WhilePrompt,
    /// For one transaction: nothing that belongs to one can ever reach the next.
    PerTransaction,
}

/// How values are written to Kafka.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// As they are.
    Json,
    /// By schemas made from the types of the records; needs a registry.
    Avro,
}

/// Where a value's reader finds the id of its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SchemaIdIn {
    /// In five bytes before the value.
    Prefix,
    /// In the header `__value_schema_id`: JSON stays JSON.
    Header,
}

/// `[publish.kafka.schema_registry]`: where readers find the schemas of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RegistryOptions {
    /// Its address; empty for none.
    pub url: String,
    /// Who we are to it.
    pub username: Option<String>,
    /// The variable that holds the password.
    pub password_env: Option<String>,
    /// The file that holds the password.
    pub password_file: Option<String>,
    /// Whether schemas that it does not know are registered, if they fit.
    pub auto_register: bool,
    /// Where the id stands: `prefix` or `header`.
    pub schema_id: SchemaIdIn,
}

impl Default for RegistryOptions {
    fn default() -> Self {
        Self {
            url: String::new(),
            username: None,
            password_env: None,
            password_file: None,
            auto_register: true,
            schema_id: SchemaIdIn::Prefix,
        }
    }
}

impl RegistryOptions {
    /// The password, if there is to be one; the error says where it is not.
    pub fn password(&self) -> Result<Option<String>, String> {
        match (&self.password_env, &self.password_file) {
            (Some(name), _) => {
                std::env::var(name).map(Some).map_err(|_| format!("the variable {name} holds no password"))
            }
            (None, Some(file)) => match std::fs::read_to_string(file) {
                Ok(secret) => Ok(Some(secret.trim_end_matches(['\r', '\n']).to_owned())),
                Err(error) => Err(format!("cannot read the file {file}: {error}")),
            },
            (None, None) => Ok(None),
        }
    }
}

/// `[publish.kafka]`: the broker.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct KafkaOptions {
    /// `HOST:PORT`, several parted by commas.
    pub bootstrap_servers: String,
    /// Guarantee towards readers.
    pub delivery: Delivery,
    /// How long the producer keeps its epoch; of no effect at least once.
    pub epoch: Epoch,
    /// Names this deployment to the broker: one daemon per id.
    pub transactional_id: String,
    /// Whether missing topics are created.
    pub create_topics: bool,
    /// Partitions of topics that are created; the state topic always has one.
    pub partitions: i32,
    /// Copies of each partition of topics that are created.
    pub replication_factor: i32,
    /// How values are written: `json` or `avro`.
    pub encoding: Encoding,
    /// `[publish.kafka.schema_registry]`.
    pub schema_registry: RegistryOptions,
    /// Passed through to librdkafka; a key that contradicts ours is refused.
    #[serde(serialize_with = "without_values")]
    #[schemars(with = "BTreeMap<String, String>")]
    pub librdkafka: BTreeMap<String, String>,
}

impl Default for KafkaOptions {
    fn default() -> Self {
        Self {
            bootstrap_servers: String::new(),
            delivery: Delivery::ExactlyOnce,
            epoch: Epoch::WhilePrompt,
            transactional_id: "dateline-1".to_owned(),
            create_topics: true,
            partitions: 6,
            replication_factor: -1,
            encoding: Encoding::Json,
            schema_registry: RegistryOptions::default(),
            librdkafka: BTreeMap::new(),
        }
    }
}

/// What stands in the place of a value that may be a secret.
const HIDDEN: &str = "(hidden)";

/// Passwords and keys are among the settings, so their values are never written anywhere.
fn without_values<S: serde::Serializer>(settings: &BTreeMap<String, String>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_map(settings.keys().map(|key| (key, HIDDEN)))
}

impl std::fmt::Debug for KafkaOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let settings: BTreeMap<&String, &str> = self.librdkafka.keys().map(|key| (key, HIDDEN)).collect();
        f.debug_struct("KafkaOptions")
            .field("bootstrap_servers", &self.bootstrap_servers)
            .field("delivery", &self.delivery)
            .field("epoch", &self.epoch)
            .field("transactional_id", &self.transactional_id)
            .field("create_topics", &self.create_topics)
            .field("partitions", &self.partitions)
            .field("replication_factor", &self.replication_factor)
            .field("encoding", &self.encoding)
            .field("schema_registry", &self.schema_registry)
            .field("librdkafka", &settings)
            .finish()
    }
}

/// What is committed at once: all of it or none of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// In the order of observation.
    pub records: Vec<Record>,
    /// What the decisions behind the records changed in memory; `pos/…` and `feed/…` are among them.
    pub state: Vec<StateChange>,
    /// The last frame done.
    pub position: Position,
}

/// What the caller does about a failed commit.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// It is not known whether the batch was committed, or it was aborted: call `recover` and go on from the position
    /// that it returns.
    #[error("{0}")]
    Doubt(String),
    /// The broker is away: wait, then call `recover`.
    #[error("{0}")]
    Unavailable(String),
    /// Nothing more can be done in this process; the exit code says why (74 I/O, 78 configuration, 77 permission).
    #[error("{message}")]
    Fatal {
        /// The process's exit code.
        exit: u8,
        /// What was attempted and on what.
        message: String,
    },
}

/// One of three real implementations of one promise: the embedded journal, the broker, and memory for tests.
pub trait Sink: Send + Sync {
    /// Settles whatever an earlier process or a doubtful commit left, brings the local state image up to what is
    /// published, and returns the last frame done of this intake (0 for none).
    fn recover(&mut self) -> BoxFuture<'_, Result<u64, PublishError>>;

    /// Commits a batch. On success the local state image holds its state changes.
    fn commit(&mut self, batch: Batch) -> BoxFuture<'_, Result<(), PublishError>>;

    /// The local state image was found damaged: throws it away if the truth is elsewhere, so that `recover` reads it
    /// anew, and says whether it was. An image that is itself the truth is left as it is.
    fn drop_image(&mut self) -> BoxFuture<'_, Result<bool, PublishError>> {
        Box::pin(async { Ok(false) })
    }

    /// Ends cleanly; nothing is committed.
    fn close(&mut self) -> BoxFuture<'_, ()>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_passed_through_is_never_shown() {
        let mut options = KafkaOptions::default();
        options.librdkafka.insert("sasl.password".to_owned(), "open sesame".to_owned());
        for shown in [format!("{options:?}"), serde_json::to_string(&options).unwrap()] {
            assert!(shown.contains("sasl.password") && !shown.contains("sesame"), "{shown}");
        }
    }
}
