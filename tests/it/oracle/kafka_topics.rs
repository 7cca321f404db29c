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

/// The attached reader is replaced when it has brought nothing for so long. A librdkafka consumer whose broker was away
/// can stay in `validate-epoch-wait` until the next refresh of its metadata, five minutes later (its issue 4492).
const SILENCE: Duration = Duration::from_secs(10);

/// Reads the topics of one deployment.
pub struct KafkaTopics {
    bootstrap: String,
    prefix: String,
    attached: Option<Attached>,
}

/// A reader, what it reads next of each partition, and when it last brought something or was made.
struct Attached {
    consumer: BaseConsumer,
    next: TopicPartitionList,
    heard: Instant,
}

impl KafkaTopics {
    pub fn new(bootstrap: &str, prefix: &str) -> Self {
        Self { bootstrap: bootstrap.to_owned(), prefix: prefix.to_owned(), attached: None }
    }

    /// A reader of what is written from now on.
    pub fn from_now(bootstrap: &str, prefix: &str) -> Self {
        let mut topics = Self::new(bootstrap, prefix);
        topics.attached = topics.attach(false);
        topics
    }

    /// A reader of every partition, from its beginning or its present end; none before the topics are there.
    fn attach(&self, from_beginning: bool) -> Option<Attached> {
        let consumer = self.consumer();
        let mut next = TopicPartitionList::new();
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(10)).ok()?;
        for topic in TOPICS {
            let name = format!("{}.{topic}", self.prefix);
            let found = metadata.topics().iter().find(|found| found.name() == name)?;
            for partition in found.partitions() {
                let end = || consumer.fetch_watermarks(&name, partition.id(), Duration::from_secs(10)).unwrap().1;
                let from = if from_beginning { Offset::Beginning } else { Offset::Offset(end()) };
                next.add_partition_offset(&name, partition.id(), from).unwrap();
            }
        }
        Some(Attached::new(consumer, next))
    }

    fn consumer(&self) -> BaseConsumer {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", &self.bootstrap)
            .set("group.id", "oracle")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("reconnect.backoff.max.ms", "1000")
            .set("isolation.level", "read_committed");
        config.create().unwrap()
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

impl Attached {
    fn new(consumer: BaseConsumer, next: TopicPartitionList) -> Self {
        consumer.assign(&next).unwrap();
        Self { consumer, next, heard: Instant::now() }
    }
}

impl Topics for KafkaTopics {
    fn more(&mut self) -> Vec<Entry> {
        self.attached = match self.attached.take() {
            None => self.attach(true),
            Some(silent) if silent.heard.elapsed() > SILENCE => Some(Attached::new(self.consumer(), silent.next)),
            attached => attached,
        };
        let Some(mut attached) = self.attached.take() else { return Vec::new() };
        let mut entries = Vec::new();
        while let Some(polled) = attached.consumer.poll(Duration::ZERO) {
            // A broker that is away is one of the faults; the reader stays attached.
            let Ok(message) = polled else { continue };
            let (topic, partition, next) = (message.topic(), message.partition(), message.offset() + 1);
            attached.next.set_partition_offset(topic, partition, Offset::Offset(next)).unwrap();
            attached.heard = Instant::now();
            entries.push(self.entry(&message));
        }
        self.attached = Some(attached);
        entries
    }

    fn all(&self) -> Vec<Entry> {
        let Attached { consumer, next, .. } = self.attach(true).expect("the topics are there");
        let mut entries = Vec::new();
        let mut ended = 0;
        let deadline = Instant::now() + Duration::from_secs(120);
        while ended < next.count() {
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
