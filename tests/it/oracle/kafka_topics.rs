//! Readers of the topics on a broker, at `read_committed`.

use super::{Entry, TOPICS, Topics, origin, reason};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Reads the topics of one deployment.
pub struct KafkaTopics {
    bootstrap: String,
    prefix: String,
    attached: Option<BaseConsumer>,
}

impl KafkaTopics {
    pub fn new(bootstrap: &str, prefix: &str) -> Self {
        Self { bootstrap: bootstrap.to_owned(), prefix: prefix.to_owned(), attached: None }
    }

    /// A reader of what is written from now on.
    pub fn from_now(bootstrap: &str, prefix: &str) -> Self {
        let mut topics = Self::new(bootstrap, prefix);
        topics.attached = topics.attach(false).map(|(consumer, _)| consumer);
        topics
    }

    /// A consumer of every partition, from its beginning or its present end, and how many they are; none before the topics
    /// are there.
    fn attach(&self, from_beginning: bool) -> Option<(BaseConsumer, usize)> {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", "oracle")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("reconnect.backoff.max.ms", "1000")
            .set("isolation.level", "read_committed");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut assignment = TopicPartitionList::new();
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(10)).ok()?;
        for topic in TOPICS {
            let name = format!("{}.{topic}", self.prefix);
            let found = metadata.topics().iter().find(|found| found.name() == name)?;
            for partition in found.partitions() {
                let end = || consumer.fetch_watermarks(&name, partition.id(), Duration::from_secs(10)).unwrap().1;
                let from = if from_beginning { Offset::Beginning } else { Offset::Offset(end()) };
                assignment.add_partition_offset(&name, partition.id(), from).unwrap();
            }
        }
        consumer.assign(&assignment).unwrap();
        Some((consumer, assignment.count()))
    }

    fn entry(&self, message: &BorrowedMessage<'_>) -> Entry {
        let suffix = message.topic().strip_prefix(&self.prefix).unwrap().trim_start_matches('.');
        let topic = *TOPICS.iter().find(|topic| **topic == suffix).unwrap();
        let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap_or_default().to_vec()).unwrap();
        let headers: BTreeMap<String, String> =
            message.headers().unwrap().iter().map(|header| (header.key.to_owned(), text(header.value))).collect();
        let letter = topic == "dead-letters.v1";
        let payload = message.payload().unwrap_or(b"null");
        Entry {
            topic,
            key: text(message.key()),
            rev: headers["rev"].parse().unwrap(),
            origin: origin(&headers["origin"]),
            generation: headers["generation"].parse().unwrap(),
            ce_id: headers["ce_id"].clone(),
            ce_time: headers["ce_time"].parse().unwrap(),
            reason: reason(|name| headers.get(name).cloned()),
            bytes: if letter { payload.to_vec() } else { Vec::new() },
            value: if letter { serde_json::Value::Null } else { serde_json::from_slice(payload).unwrap() },
        }
    }
}

impl Topics for KafkaTopics {
    fn more(&mut self) -> Vec<Entry> {
        if self.attached.is_none() {
            self.attached = self.attach(true).map(|(consumer, _)| consumer);
        }
        let Some(consumer) = &self.attached else { return Vec::new() };
        let mut entries = Vec::new();
        loop {
            match consumer.poll(Duration::ZERO) {
                Some(Ok(message)) => entries.push(self.entry(&message)),
                // A broker that is away is one of the faults; the reader stays attached.
                Some(Err(_)) => {}
                None => return entries,
            }
        }
    }

    fn all(&self) -> Vec<Entry> {
        let (consumer, partitions) = self.attach(true).expect("the topics are there");
        let mut entries = Vec::new();
        let mut ended = 0;
        let deadline = Instant::now() + Duration::from_secs(120);
        while ended < partitions {
            assert!(Instant::now() < deadline, "the topics of {} have no end", self.prefix);
            match consumer.poll(Duration::from_millis(200)) {
                Some(Ok(message)) => entries.push(self.entry(&message)),
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(_)) | None => {}
            }
        }
        entries
    }
}
