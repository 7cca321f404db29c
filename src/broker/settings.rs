//! Which settings the clients get, and which of the operator's are refused.
//!
//! The guarantees rest on some settings; a pass-through key that contradicts one of them is refused by its name, never
//! overruled silently. Values are never part of a message, for they may be secrets.

use super::group::{GroupSettings, LONGEST_SILENCE, Protocol};
use crate::faults;
use rdkafka::{ClientConfig, consumer::BaseConsumer, error::KafkaError, producer::BaseProducer, types::RDKafkaConfRes};
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
const OURS: [(&str, &str); 42] = [
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
    ("fetch.wait.max.ms", "the time that recovery takes rests on it"),
    ("group.id", "groups are named after publish.kafka.transactional_id"),
    ("group.instance.id", "set roles.instance"),
    ("group.protocol", "set roles.group_protocol"),
    ("group.protocol.type", "roles rest on it"),
    ("group.remote.assignor", "roles rest on it"),
    ("partition.assignment.strategy", "roles rest on it"),
    ("session.timeout.ms", "set roles.session_timeout"),
    ("heartbeat.interval.ms", "it is a third of roles.session_timeout"),
    ("max.poll.interval.ms", "roles rest on it"),
    ("allow.auto.create.topics", "set publish.kafka.create_topics"),
    ("log_level", "set the program's log filter"),
    ("debug", "set the program's log filter"),
    ("test.mock.num.brokers", "records would go to brokers that are none"),
    ("test.mock.broker.rtt", "records would go to brokers that are none"),
];

/// Two names of one setting, of those that are the operator's. With both, the client would take either by chance.
const ALIASES: [(&str, &str); 4] = [
    ("queue.buffering.max.ms", "linger.ms"),
    ("compression.codec", "compression.type"),
    ("sasl.mechanism", "sasl.mechanisms"),
    ("fetch.message.max.bytes", "max.partition.fetch.bytes"),
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
            problems.extend(key_problem(key, value).map(|problem| (pass_through(key), problem)));
        }
        for (alias, name) in ALIASES {
            if self.librdkafka.contains_key(alias) && self.librdkafka.contains_key(name) {
                problems.push((pass_through(alias), format!("says the same as {name}: leave one of the two out")));
            }
        }
        if problems.is_empty() && !self.librdkafka.is_empty() {
            problems.extend(self.contradiction());
        }
        problems
    }

    /// What the client says against the settings together, those that are ours included. It is made without an address
    /// and so reaches for nothing.
    fn contradiction(&self) -> Option<(String, String)> {
        let setting = |name: &str| self.librdkafka.get(name).map_or(String::new(), |value| value.to_ascii_uppercase());
        let mechanism = [setting("sasl.mechanisms"), setting("sasl.mechanism")].concat();
        if setting("security.protocol").contains("SASL") && mechanism != "PLAIN" && !mechanism.starts_with("SCRAM") {
            let missing = mechanism.is_empty() && !cfg!(feature = "kafka-gssapi");
            let problem =
                "needs sasl.mechanisms, such as \"SCRAM-SHA-512\": the default, Kerberos, is not in this build";
            // A client of Kerberos runs a command as soon as it is made, and one of OAuth asks for a token.
            return missing.then(|| (pass_through("security.protocol"), problem.to_owned()));
        }
        let unconnected = |mut config: ClientConfig| {
            config.remove("bootstrap.servers");
            config
        };
        let producer = unconnected(self.producer(1_000_000, 1_000_000));
        let consumer = unconnected(self.consumer(Isolation::Committed));
        let made = producer.create::<BaseProducer>().map(drop);
        let made = made.and_then(|()| consumer.create::<BaseConsumer>().map(drop));
        let Err(KafkaError::ClientCreation(reason)) = made else { return None };
        let is_secret = |key: &str| ["password", "secret", "pem"].iter().any(|part| key.contains(part));
        let secrets = self.librdkafka.iter().filter(|(key, value)| is_secret(key) && !value.is_empty());
        let reason = secrets.fold(reason, |reason, (_, value)| reason.replace(value, "***"));
        let named = self.librdkafka.keys().find(|key| reason.contains(key.as_str()));
        let key = named.map_or("librdkafka".to_owned(), |key| pass_through(key));
        Some((key, format!("the Kafka client refuses its settings: {}", reason.trim_end_matches(['\n', '.']))))
    }

    /// Whether the operator has set it, by either of its names.
    fn is_set(&self, key: &str) -> bool {
        let has = |name: &str| self.librdkafka.contains_key(name);
        has(key) || ALIASES.iter().any(|(alias, name)| *name == key && has(alias))
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
        // The level costs a fifth less time than the client's own, 3, and records take as much room. It means something
        // else to another codec.
        let level = if self.is_set("compression.type") { "-1" } else { "1" };
        for (key, value) in [("compression.type", "zstd"), ("compression.level", level), ("linger.ms", "20")] {
            if !self.is_set(key) {
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

    /// For a member of a consumer group, which is told what is its own and reads nothing.
    pub fn member(&self, group: &GroupSettings) -> ClientConfig {
        let silence = faults::time(&format!("silence/{}", group.group), LONGEST_SILENCE).max(group.session_timeout);
        let mut config = self.common();
        config
            .set("group.id", &group.group)
            .set("group.instance.id", &group.instance)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("auto.offset.reset", "earliest")
            // So that offsets are asked for as they are once no open transaction holds them.
            .set("isolation.level", Isolation::Committed.as_str())
            .set("max.poll.interval.ms", silence.as_millis().to_string());
        match group.protocol {
            Protocol::Classic => config
                .set("group.protocol", "classic")
                .set("partition.assignment.strategy", "cooperative-sticky")
                .set("session.timeout.ms", group.session_timeout.as_millis().to_string())
                .set("heartbeat.interval.ms", (group.session_timeout / 3).as_millis().to_string()),
            // All else is the broker's to decide, and the client refuses to be told.
            Protocol::Consumer => config.set("group.protocol", "consumer"),
        };
        config
    }

    /// For following one partition for as long as it lasts.
    pub fn tail(&self) -> ClientConfig {
        let mut config = self.consumer(Isolation::Committed);
        config
            // What is not there any more is told, not passed over.
            .set("auto.offset.reset", "error")
            // The broker answers at once when there is something. Idle partitions ask ten times a second.
            .set("fetch.wait.max.ms", "100");
        // Little is fetched ahead, so the client must not wait for its default, a second, before it fetches again.
        for (key, value) in [("queued.max.messages.kbytes", "4096"), ("fetch.queue.backoff.ms", "10")] {
            if !self.is_set(key) {
                config.set(key, value);
            }
        }
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
    let Err(KafkaError::ClientConfig(result, reason, ..)) = config.create_native_config() else { return None };
    if result == RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN {
        return Some("librdkafka knows no such key".to_owned());
    }
    // The client's own message shows the value; what is allowed stands behind it.
    let allowed = reason.split_once("allowed range ").map(|(_, range)| format!(": write a number in {}", range.trim()));
    Some(format!("librdkafka does not take this value{}", allowed.unwrap_or_default()))
}

/// The key as it is written in the configuration, below `publish.kafka`.
fn pass_through(key: &str) -> String {
    format!("librdkafka.\"{key}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, value: &str, expected: &str) {
        check_all(&[(key, value)], expected);
    }

    /// What is said of the first key, with the others beside it.
    #[track_caller]
    fn check_all(given: &[(&str, &str)], expected: &str) {
        let settings = Settings {
            bootstrap_servers: "127.0.0.1:9".to_owned(),
            transactional_id: "t".to_owned(),
            transactions: true,
            epoch_per_transaction: false,
            librdkafka: given.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
        };
        let (key, value) = given[0];
        let problems = settings.problems();
        match &problems[..] {
            [(name, problem)] => {
                assert!(!expected.is_empty() && problem.contains(expected), "{name}: {problem}");
                assert!(
                    name.contains(key) && !problem.contains(value),
                    "the key is named, the value is not: {problem}"
                );
            }
            [] => assert_eq!(expected, "", "{key} is taken"),
            more => panic!("{more:?}"),
        }
    }

    #[test]
    fn keys_that_contradict_ours_are_refused_by_name() {
        check("acks", "1", "contradicts");
        check("enable.idempotence", "false", "contradicts");
        check("transactional.id", "mine", "publish.kafka.transactional_id");
        check("fetch.wait.max.ms", "500", "contradicts");
        check("session.timeout.ms", "6000", "set roles.session_timeout");
        check("test.mock.num.brokers", "3", "brokers that are none");
        check("no.such.key", "what", "knows no such key");
        check("linger.ms", "soon", "does not take this value");
        check("linger.ms", "1000000", "does not take this value: write a number in 0..900000");
        check("compression.type", "zip", "does not take this value");
        check("linger.ms", "5", "");
        check("compression.type", "lz4", "");
    }

    #[test]
    fn what_is_right_alone_and_wrong_together_is_refused_before_anything_is_reached() {
        check("linger.ms", "30000", "the Kafka client refuses its settings: ");
        let sizes = [("fetch.max.bytes", "2000000000"), ("receive.message.max.bytes", "1000000")];
        check_all(&sizes, "the Kafka client refuses its settings: ");
        check_all(&[("queue.buffering.max.ms", "5"), ("linger.ms", "6")], "the same as linger.ms");
        check_all(&[("compression.codec", "lz4"), ("compression.type", "zstd")], "the same as compression.type");
    }

    #[test]
    fn a_setting_by_its_other_name_is_not_overruled_by_our_default() {
        let librdkafka = BTreeMap::from([("queue.buffering.max.ms".to_owned(), "5".to_owned())]);
        let settings = Settings {
            bootstrap_servers: "127.0.0.1:9".to_owned(),
            transactional_id: "t".to_owned(),
            transactions: true,
            epoch_per_transaction: false,
            librdkafka,
        };
        let producer = settings.producer(1_000_000, 1_000_000);
        assert_eq!((producer.get("linger.ms"), producer.get("queue.buffering.max.ms")), (None, Some("5")));
        assert_eq!(producer.get("compression.type"), Some("zstd"));
    }

    #[test]
    fn tls_in_a_build_without_it_names_the_feature() {
        let expected = if cfg!(feature = "kafka-tls") { "" } else { "--features kafka-tls" };
        check_all(&[("security.protocol", "SASL_SSL"), ("sasl.mechanisms", "PLAIN")], expected);
        check("sasl.mechanism", "SCRAM-SHA-512", expected);
        check("security.protocol", "SASL_PLAINTEXT", "needs sasl.mechanisms");
        let plain = [("sasl.username", "desk"), ("sasl.mechanisms", "PLAIN"), ("security.protocol", "SASL_PLAINTEXT")];
        check_all(&plain, "sasl.username and sasl.password must be set");
    }
}
