//! Which settings the clients get, and which of the operator's are refused.
//!
//! The guarantees rest on some settings; a pass-through key that contradicts one of them is refused by its name, never
//! overruled silently. Values are never part of a message, for they may be secrets.

use crate::faults;
use rdkafka::ClientConfig;
use std::{collections::BTreeMap, time::Duration};

/// A transaction that is open for longer is aborted by its coordinator.
pub const TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// The same as the broker is told; tests shorten it.
pub fn transaction_timeout() -> Duration {
    faults::time("transaction-timeout", TRANSACTION_TIMEOUT)
}

/// How long one message may take until its delivery has failed; below the transaction's timeout.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Earliest moment at which librdkafka repeats a request, less its jitter of a fifth (guarantees.md, R2).
const RETRY_BACKOFF: Duration = Duration::from_millis(250);

/// A commit that took longer may have been sent twice: the second could end a later transaction of the same epoch.
pub const PROMPT_COMMIT: Duration = Duration::from_millis(150);

// A limit that breaks this would let a repeated request end a later transaction (R2).
const _: () = assert!(PROMPT_COMMIT.as_millis() * 10 < RETRY_BACKOFF.as_millis() * 8);
const _: () = assert!(MESSAGE_TIMEOUT.as_millis() < TRANSACTION_TIMEOUT.as_millis());

/// How the broker is reached and this deployment named.
#[derive(Clone, PartialEq, Eq)]
pub struct Settings {
    /// `HOST:PORT`, several parted by commas.
    pub bootstrap_servers: String,
    /// Names this deployment to the broker.
    pub transactional_id: String,
    /// Whether batches are transactions.
    pub transactions: bool,
    /// Whether each transaction has an epoch of its own, however prompt the one before was.
    pub epoch_per_transaction: bool,
    /// Passed through to librdkafka.
    pub librdkafka: BTreeMap<String, String>,
}

/// Keys that are ours alone, with the reason or the way to say the same. Their aliases are among them.
const OURS: [(&str, &str); 33] = [
    ("bootstrap.servers", "set publish.kafka.bootstrap_servers"),
    ("metadata.broker.list", "set publish.kafka.bootstrap_servers"),
    ("transactional.id", "set publish.kafka.transactional_id"),
    ("enable.idempotence", "delivery rests on it"),
    ("acks", "delivery rests on acks=all"),
    ("request.required.acks", "delivery rests on acks=all"),
    ("max.in.flight", "order rests on it"),
    ("max.in.flight.requests.per.connection", "order rests on it"),
    ("retries", "delivery rests on it"),
    ("message.send.max.retries", "delivery rests on it"),
    ("retry.backoff.ms", "the bound on prompt commits rests on it"),
    ("retry.backoff.max.ms", "the bound on prompt commits rests on it"),
    ("transaction.timeout.ms", "the limits of recovery rest on it"),
    ("message.timeout.ms", "it must stay below the transaction's timeout"),
    ("delivery.timeout.ms", "it must stay below the transaction's timeout"),
    ("partitioner", "keys must go where other clients look for them"),
    ("message.max.bytes", "it follows from the topics' max.message.bytes"),
    ("batch.size", "it follows from the topics' max.message.bytes"),
    ("queuing.strategy", "order rests on it"),
    ("enable.gapless.guarantee", "delivery rests on it"),
    ("enable.partition.eof", "recovery rests on it"),
    ("enable.auto.commit", "positions are in the state topic"),
    ("auto.commit.interval.ms", "positions are in the state topic"),
    ("enable.auto.offset.store", "positions are in the state topic"),
    ("auto.commit.enable", "positions are in the state topic"),
    ("auto.offset.reset", "recovery rests on it"),
    ("isolation.level", "recovery rests on it"),
    ("group.id", "no consumer group is used"),
    ("group.instance.id", "no consumer group is used"),
    ("group.protocol", "no consumer group is used"),
    ("allow.auto.create.topics", "set publish.kafka.create_topics"),
    ("log_level", "set the program's log filter"),
    ("debug", "set the program's log filter"),
];

/// Protocols and mechanisms that this build may lack, with the feature that brings them.
fn missing_feature(key: &str, value: &str) -> Option<&'static str> {
    let value = value.to_ascii_uppercase();
    let tls = key.starts_with("ssl.")
        || (key == "security.protocol" && value.contains("SSL"))
        || (is_mechanism(key) && (value.starts_with("SCRAM") || value == "OAUTHBEARER"));
    let gssapi = key.starts_with("sasl.kerberos.") || (is_mechanism(key) && value == "GSSAPI");
    match () {
        () if tls && !cfg!(feature = "kafka-tls") => Some("kafka-tls"),
        () if gssapi && !cfg!(feature = "kafka-gssapi") => Some("kafka-gssapi"),
        () => None,
    }
}

fn is_mechanism(key: &str) -> bool {
    matches!(key, "sasl.mechanism" | "sasl.mechanisms")
}

impl Settings {
    /// Everything that is wrong, each with the key (below `publish.kafka`) and what would be right.
    pub fn problems(&self) -> Vec<(String, String)> {
        let mut problems = Vec::new();
        if self.bootstrap_servers.trim().is_empty() {
            problems.push((
                "bootstrap_servers".to_owned(),
                "write the broker's address, such as \"broker:9092\"".to_owned(),
            ));
        }
        if self.transactional_id.is_empty() || self.transactional_id.contains('/') {
            let right = "write a name that is not empty and has no \"/\": it is the first part of the state's keys";
            problems.push(("transactional_id".to_owned(), right.to_owned()));
        }
        for (key, value) in &self.librdkafka {
            if let Some(problem) = key_problem(key, value) {
                problems.push((format!("librdkafka.\"{key}\""), problem));
            }
        }
        problems
    }

    /// For the producer, given what the topics take: a batch must fit the topic that takes least, a request the one
    /// that takes most.
    pub fn producer(&self, smallest_limit: usize, largest_limit: usize) -> ClientConfig {
        let mut config = self.common();
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("message.timeout.ms", MESSAGE_TIMEOUT.min(transaction_timeout()).as_millis().to_string())
            .set("partitioner", "murmur2_random")
            .set("batch.size", smallest_limit.saturating_sub(1024).clamp(1024, 1_000_000).to_string())
            .set("message.max.bytes", (largest_limit + (64 << 10)).clamp(1_000_000, 1_000_000_000).to_string());
        if self.transactions {
            config
                .set("transactional.id", &self.transactional_id)
                .set("transaction.timeout.ms", transaction_timeout().as_millis().to_string());
        }
        for (key, value) in [("compression.type", "zstd"), ("linger.ms", "20")] {
            if !self.librdkafka.contains_key(key) {
                config.set(key, value);
            }
        }
        config
    }

    /// For a reader of the state topic, or of its uncommitted end.
    pub fn consumer(&self, isolation: Isolation) -> ClientConfig {
        let mut config = self.common();
        config
            // The client cannot be given a partition without it; the group is never joined.
            .set("group.id", format!("{}-state", self.transactional_id))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            // The end of the partition is told by a fetch that finds nothing more: the broker shall not wait for it.
            .set("fetch.wait.max.ms", "10")
            .set("isolation.level", isolation.as_str());
        config
    }

    /// For creating and describing topics.
    pub fn admin(&self) -> ClientConfig {
        self.common()
    }

    fn common(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap_servers)
            .set("client.id", &self.transactional_id)
            .set("retry.backoff.ms", RETRY_BACKOFF.as_millis().to_string())
            .set("log_level", "4")
            // A broker that comes back is found within seconds, not after the client's patience has grown.
            .set("reconnect.backoff.max.ms", "2000");
        for (key, value) in &self.librdkafka {
            config.set(key, value);
        }
        config
    }
}

/// Which records a consumer sees, and which end of a partition it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Isolation {
    /// Up to the first open transaction.
    Committed,
    /// Up to the last record written.
    Uncommitted,
}

impl Isolation {
    fn as_str(self) -> &'static str {
        match self {
            Isolation::Committed => "read_committed",
            Isolation::Uncommitted => "read_uncommitted",
        }
    }
}

fn key_problem(key: &str, value: &str) -> Option<String> {
    if let Some((_, reason)) = OURS.iter().find(|(ours, _)| *ours == key) {
        return Some(format!("this key contradicts ours and is refused: {reason}"));
    }
    if let Some(feature) = missing_feature(key, value) {
        return Some(format!("this build has no TLS or SASL of that kind: build it with --features {feature}"));
    }
    let mut config = ClientConfig::new();
    config.set(key, value);
    // The client's own message would show the value.
    config.create_native_config().err().map(|_| "librdkafka knows no such key, or does not take this value".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, value: &str, expected: &str) {
        let settings = Settings {
            bootstrap_servers: "127.0.0.1:9".to_owned(),
            transactional_id: "t".to_owned(),
            transactions: true,
            epoch_per_transaction: false,
            librdkafka: BTreeMap::from([(key.to_owned(), value.to_owned())]),
        };
        let problems = settings.problems();
        match problems.first() {
            Some((name, problem)) => {
                assert!(!expected.is_empty() && problem.contains(expected), "{name}: {problem}");
                assert!(name.contains(key) && !problem.contains(value), "the key is named, the value is not");
            }
            None => assert_eq!(expected, "", "{key} is taken"),
        }
    }

    #[test]
    fn keys_that_contradict_ours_are_refused_by_name() {
        check("acks", "1", "contradicts");
        check("enable.idempotence", "false", "contradicts");
        check("transactional.id", "mine", "publish.kafka.transactional_id");
        check("no.such.key", "what", "no such key");
        check("linger.ms", "soon", "does not take");
        check("linger.ms", "5", "");
        check("compression.type", "lz4", "");
    }

    #[test]
    fn tls_in_a_build_without_it_names_the_feature() {
        let expected = if cfg!(feature = "kafka-tls") { "" } else { "--features kafka-tls" };
        check("security.protocol", "SASL_SSL", expected);
        check("sasl.mechanism", "SCRAM-SHA-512", expected);
        check("security.protocol", "SASL_PLAINTEXT", "");
    }
}
