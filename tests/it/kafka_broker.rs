//! A real Apache Kafka: one broker, or three that are one cluster.
//!
//! The jars are where `DATELINE_TEST_KAFKA` says; `tests/run` puts them there. Most tests share one broker, each under
//! topic names of its own; it is started by the first. Tests that take brokers away from a cluster have three to
//! themselves, one test after the other (`cluster`).

use crate::{
    kafka_node::{self, Node, Ports},
    kafka_proxy::Proxy,
};
use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::{BorrowedMessage, Headers as _},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    sync::{Mutex, MutexGuard, Once, OnceLock, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// A broker, or a cluster of them, in a directory of its own.
pub(crate) struct Broker {
    nodes: Vec<Node>,
    proxy: Proxy,
    _directory: tempfile::TempDir,
}

/// A record as a reader gets it.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) key: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Option<Vec<u8>>,
    pub(crate) offset: i64,
}

impl Read {
    /// The value as JSON; null for a tombstone.
    pub(crate) fn json(&self) -> Value {
        self.bytes.as_deref().map_or(Value::Null, |bytes| serde_json::from_slice(bytes).unwrap())
    }
}

/// The broker that the tests share, or none where no Kafka is installed, which is said once.
pub(crate) fn shared() -> Option<&'static Broker> {
    static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
    let started = || {
        let broker = Broker::install()?;
        broker.start();
        Some(broker)
    };
    SHARED.get_or_init(started).as_ref()
}

/// Three brokers for one test alone: all of them run when it begins, and the next test starts again what this one
/// takes away. Replication factor 3, `min.insync.replicas` 2, nothing unclean.
pub(crate) fn cluster() -> Option<Cluster> {
    static SHARED: OnceLock<Option<Broker>> = OnceLock::new();
    static TURN: Mutex<()> = Mutex::new(());
    // A test that failed has left the cluster as it was; that is put right below.
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let broker = SHARED.get_or_init(|| Broker::install_with(3, "")).as_ref()?;
    broker.start();
    broker.wait_until_in_sync();
    Some(Cluster { broker, _turn: turn })
}

/// The three brokers, and the turn at them.
pub(crate) struct Cluster {
    broker: &'static Broker,
    _turn: MutexGuard<'static, ()>,
}

impl std::ops::Deref for Cluster {
    type Target = Broker;

    fn deref(&self) -> &Broker {
        self.broker
    }
}

impl Broker {
    /// A broker that is not started yet, or none where no Kafka is installed.
    pub(crate) fn install() -> Option<Self> {
        Self::install_with(1, "")
    }

    /// So many brokers, not started yet, with settings beside ours; a setting that is given twice is the last one.
    pub(crate) fn install_with(nodes: usize, settings: &str) -> Option<Self> {
        static SAID: Once = Once::new();
        let Some(libraries) = kafka_node::libraries() else {
            // Not through the macro, whose output a passing test keeps to itself.
            SAID.call_once(|| {
                let _ = std::io::stderr().write_all(b"tests against a Kafka broker left out: run tests/run for them\n");
            });
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let ports = kafka_node::free_ports(nodes);
        let proxy = Proxy::start(&ports.iter().map(|ports| ports.behind_proxy).collect::<Vec<u16>>());
        let voters: Vec<String> =
            (1..).zip(&ports).map(|(id, ports)| format!("{id}@127.0.0.1:{}", ports.controller)).collect();
        // An id that begins with a hyphen, as one in 64 does, would be taken for an option.
        let encode =
            |id: uuid::Uuid| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id.as_bytes());
        let cluster = std::iter::repeat_with(|| encode(uuid::Uuid::new_v4())).find(|id| !id.starts_with('-')).unwrap();
        let install = |(id, ports): (usize, &Ports)| {
            let all = properties(*ports, proxy.port(id - 1), &voters.join(","), nodes);
            let directory = directory.path().join(format!("broker-{id}"));
            Node::install(id, *ports, directory, libraries.clone(), &cluster, &format!("{all}{settings}"))
        };
        let nodes = (1..).zip(&ports).map(install).collect();
        Some(Self { nodes, proxy, _directory: directory })
    }

    /// Where clients find it: every broker of it.
    pub(crate) fn address(&self) -> String {
        self.nodes.iter().map(Node::address).collect::<Vec<String>>().join(",")
    }

    /// The way to it through the proxy; clients that take it never leave it.
    pub(crate) fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// One broker, counted from 1.
    pub(crate) fn node(&self, id: usize) -> &Node {
        &self.nodes[id - 1]
    }

    /// How many brokers there are.
    pub(crate) fn size(&self) -> usize {
        self.nodes.len()
    }

    /// Starts what is not running and waits until all of it answers.
    pub(crate) fn start(&self) {
        self.nodes.iter().for_each(Node::start);
        self.nodes.iter().for_each(Node::wait_for_port);
        let deadline = Instant::now() + Duration::from_secs(180);
        while !self.answers() {
            let logs: Vec<String> = self.nodes.iter().map(Node::log).collect();
            assert!(Instant::now() < deadline, "the broker does not start:\n{}", logs.join("\n"));
            self.nodes.iter().for_each(Node::start);
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// The broker that leads a partition, or none while there is no leader.
    pub(crate) fn leader(&self, topic: &str, partition: i32) -> Option<usize> {
        let consumer: BaseConsumer = self.client("read_committed").create().unwrap();
        // Not by its name: the client would ask for a topic that is not there to be made.
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(10)).ok()?;
        let topic = metadata.topics().iter().find(|found| found.name() == topic)?;
        let partition = topic.partitions().iter().find(|found| found.id() == partition)?;
        usize::try_from(partition.leader()).ok()
    }

    /// The broker that coordinates the transactions of an id, or none while there is no leader.
    pub(crate) fn coordinator(&self, transactional_id: &str) -> Option<usize> {
        // As Kafka does: Java's hash of the id, over the partitions of the topic of transactions.
        let hash = transactional_id
            .encode_utf16()
            .fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)));
        let partitions = i32::try_from(self.partitions(TRANSACTIONS)).unwrap();
        let partition = hash.checked_abs().unwrap_or(0).checked_rem(partitions)?;
        self.leader(TRANSACTIONS, partition)
    }

    /// Waits until every partition has all its copies: then any one broker may go.
    pub(crate) fn wait_until_in_sync(&self) {
        let deadline = Instant::now() + Duration::from_secs(120);
        while !self.in_sync() {
            assert!(Instant::now() < deadline, "the copies do not catch up");
            thread::sleep(Duration::from_millis(200));
        }
    }

    fn in_sync(&self) -> bool {
        let consumer: BaseConsumer = self.client("read_committed").create().unwrap();
        let Ok(metadata) = consumer.fetch_metadata(None, Duration::from_secs(10)) else { return false };
        metadata.brokers().len() == self.nodes.len()
            && metadata
                .topics()
                .iter()
                .flat_map(|topic| topic.partitions())
                .all(|partition| partition.leader() >= 0 && partition.isr().len() == partition.replicas().len())
    }

    fn answers(&self) -> bool {
        // A listener is not yet a broker: it must know that it belongs to the cluster.
        let consumer: BaseConsumer = self.client("read_committed").create().unwrap();
        consumer
            .fetch_metadata(None, Duration::from_secs(5))
            .is_ok_and(|metadata| metadata.brokers().len() == self.nodes.len())
    }

    /// A client's settings.
    pub(crate) fn client(&self, isolation: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.address())
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("reconnect.backoff.max.ms", "1000")
            .set("isolation.level", isolation);
        config
    }

    /// Everything that a `read_committed` reader sees of a topic now; nothing for a topic that is not there.
    pub(crate) fn read(&self, topic: &str) -> Vec<Read> {
        self.reader(topic).read()
    }

    /// The values in the order in which their origins were observed, over all partitions.
    pub(crate) fn values_in_order(&self, topic: &str) -> Vec<Value> {
        let mut read = self.read(topic);
        read.sort_by_key(|record| {
            let mut numbers = record.headers["origin"].rsplit('/').map_while(|part| part.parse::<u64>().ok());
            let index = numbers.next();
            (numbers.next(), index)
        });
        read.iter().map(Read::json).collect()
    }

    /// Everything that a `read_uncommitted` reader sees.
    pub(crate) fn read_uncommitted(&self, topic: &str) -> Vec<Read> {
        Reader::new(&self.client("read_uncommitted"), topic).read()
    }

    /// A `read_committed` reader that stays attached.
    pub(crate) fn reader(&self, topic: &str) -> Reader {
        Reader::new(&self.client("read_committed"), topic)
    }

    /// Whether every transaction that wrote to a topic has ended: `read_committed` readers see up to the end.
    pub(crate) fn is_decided(&self, topic: &str) -> bool {
        let ends = |isolation| {
            let client: BaseConsumer = self.client(isolation).create().unwrap();
            let end = |partition| client.fetch_watermarks(topic, partition as i32, Duration::from_secs(10)).ok();
            (0..partitions(&client, topic)).map(end).collect::<Option<Vec<_>>>()
        };
        ends("read_committed").is_some_and(|stable| Some(stable) == ends("read_uncommitted"))
    }

    /// How many partitions a topic has; 0 when there is none of that name.
    pub(crate) fn partitions(&self, topic: &str) -> usize {
        partitions(&self.client("read_committed").create().unwrap(), topic)
    }
}

fn partitions(consumer: &BaseConsumer, topic: &str) -> usize {
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        match consumer.fetch_metadata(None, Duration::from_secs(10)) {
            Ok(metadata) => {
                let found = metadata.topics().iter().find(|found| found.name() == topic);
                return found.map_or(0, |found| found.partitions().len());
            }
            Err(error) => assert!(Instant::now() < deadline, "cannot ask for {topic}: {error}"),
        }
    }
}

/// Reads a topic from its beginning, each time from where it was up to what is there then.
pub(crate) struct Reader {
    topic: String,
    consumer: BaseConsumer,
    /// The offset that each partition is read from next.
    next: BTreeMap<i32, Offset>,
}

impl Reader {
    fn new(config: &ClientConfig, topic: &str) -> Self {
        Self { topic: topic.to_owned(), consumer: config.create().unwrap(), next: BTreeMap::new() }
    }

    /// What is there and was not read before; nothing while there is no such topic.
    pub(crate) fn read(&mut self) -> Vec<Read> {
        for partition in 0..partitions(&self.consumer, &self.topic) {
            self.next.entry(i32::try_from(partition).unwrap()).or_insert(Offset::Beginning);
        }
        // The end of a partition is told once an assignment; silence is none, for an answer may be on its way.
        let mut assignment = TopicPartitionList::new();
        for (partition, offset) in &self.next {
            assignment.add_partition_offset(&self.topic, *partition, *offset).unwrap();
        }
        self.consumer.assign(&assignment).unwrap();
        let mut read = Vec::new();
        let mut ended = BTreeSet::new();
        let deadline = Instant::now() + Duration::from_secs(90);
        while ended.len() < self.next.len() {
            assert!(Instant::now() < deadline, "topic {} has no end", self.topic);
            match self.consumer.poll(Duration::from_millis(100)) {
                Some(Ok(message)) => {
                    self.next.insert(message.partition(), Offset::Offset(message.offset() + 1));
                    read.push(record(&message));
                }
                Some(Err(KafkaError::PartitionEOF(partition))) => {
                    ended.insert(partition);
                }
                // A broker that went away comes back, or another leads in its place; the deadline has the last word.
                Some(Err(_)) | None => {}
            }
        }
        read
    }
}

fn record(message: &BorrowedMessage<'_>) -> Read {
    let text = |value: Option<&[u8]>| String::from_utf8(value.unwrap_or_default().to_vec()).unwrap();
    Read {
        key: message.key_view::<str>().unwrap().unwrap().to_owned(),
        headers: message.headers().map_or_else(BTreeMap::new, |headers| {
            headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
        }),
        bytes: message.payload().map(<[u8]>::to_vec),
        offset: message.offset(),
    }
}

/// The topic in which Kafka keeps what became of transactions.
const TRANSACTIONS: &str = "__transaction_state";

fn properties(ports: Ports, proxy: u16, voters: &str, nodes: usize) -> String {
    let Ports { clients, controller, behind_proxy } = ports;
    let least = nodes.min(2);
    format!(
        "process.roles=broker,controller
controller.quorum.voters={voters}
listeners=PLAINTEXT://127.0.0.1:{clients},PROXIED://127.0.0.1:{behind_proxy},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{clients},PROXIED://127.0.0.1:{proxy}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
default.replication.factor={nodes}
min.insync.replicas={least}
unclean.leader.election.enable=false
offsets.topic.replication.factor={nodes}
offsets.topic.num.partitions=1
transaction.state.log.replication.factor={nodes}
transaction.state.log.num.partitions={nodes}
transaction.state.log.min.isr={least}
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
share.coordinator.state.topic.replication.factor={nodes}
share.coordinator.state.topic.min.isr={least}
group.initial.rebalance.delay.ms=0
group.consumer.min.session.timeout.ms=6000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=500
group.consumer.heartbeat.interval.ms=500
controller.quorum.election.timeout.ms=1000
controller.quorum.fetch.timeout.ms=2000
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=6000
group.consumer.min.session.timeout.ms=6000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=1000
group.consumer.heartbeat.interval.ms=1500
"
    )
}
