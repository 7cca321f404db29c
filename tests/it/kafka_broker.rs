//! A real Apache Kafka (KRaft, broker and controller in one JVM) on free loopback ports.
//!
//! The jars are where `DATELINE_TEST_KAFKA` says; `tests/run` puts them there. Most tests share one broker, each under
//! topic names of its own; it is started by the first and ends with the test process, however that ends: a shell of
//! the broker's own process group holds the read end of a pipe, and kills the JVM when the pipe closes.

use rdkafka::{
    ClientConfig, Message as _, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer as _},
    error::KafkaError,
    message::Headers as _,
};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Once, OnceLock},
    thread,
    time::{Duration, Instant},
};

/// A broker in a directory of its own. It may be stopped and started again on the same port with the same data.
pub(crate) struct Broker {
    directory: tempfile::TempDir,
    libraries: PathBuf,
    port: u16,
    guard: Option<Child>,
}

/// A record as a reader gets it.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    pub(crate) key: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) bytes: Option<Vec<u8>>,
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
        let mut broker = Broker::install()?;
        broker.start();
        Some(broker)
    };
    SHARED.get_or_init(started).as_ref()
}

impl Broker {
    /// A broker that is not started yet, or none where no Kafka is installed.
    pub(crate) fn install() -> Option<Self> {
        static SAID: Once = Once::new();
        let Some(libraries) = std::env::var_os("DATELINE_TEST_KAFKA").map(PathBuf::from) else {
            // Not through the macro, whose output a passing test keeps to itself.
            SAID.call_once(|| {
                let _ = std::io::stderr().write_all(b"tests against a Kafka broker left out: run tests/run for them\n");
            });
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let (port, controller) = free_ports();
        fs::write(directory.path().join("server.properties"), properties(directory.path(), port, controller)).unwrap();
        fs::write(directory.path().join("log4j2.properties"), LOGGING).unwrap();
        let broker = Self { directory, libraries, port, guard: None };
        // An id that begins with a hyphen, as one in 64 does, would be taken for an option.
        let encode =
            |id: uuid::Uuid| base64::Engine::encode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id.as_bytes());
        let id = std::iter::repeat_with(|| encode(uuid::Uuid::new_v4())).find(|id| !id.starts_with('-')).unwrap();
        let output = broker
            .java()
            .args(["kafka.tools.StorageTool", "format", "--standalone", "-t", &id, "-c"])
            .arg(broker.directory.path().join("server.properties"))
            .output()
            .expect("java starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Some(broker)
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts it and waits until it answers.
    pub(crate) fn start(&mut self) {
        let java = self.java();
        let arguments = java.get_args().map(|argument| argument.to_os_string());
        let log =
            fs::OpenOptions::new().create(true).append(true).open(self.directory.path().join("server.log")).unwrap();
        // The JVM runs beside a `cat` that ends with the pipe's write end, which this process holds.
        let script = "\"$@\" < /dev/null & broker=$!; cat > /dev/null; kill -9 $broker; wait $broker";
        let guard = Command::new("sh")
            .args(["-c", script, "kafka"])
            .arg(java.get_program())
            .args(arguments)
            .arg("kafka.Kafka")
            .arg(self.directory.path().join("server.properties"))
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0)
            .spawn()
            .unwrap();
        self.guard = Some(guard);
        let deadline = Instant::now() + Duration::from_secs(120);
        while !self.answers() {
            assert!(Instant::now() < deadline, "the broker does not start:\n{}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Kills it as `kill -9` does; its data stay.
    pub(crate) fn stop(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            drop(guard.stdin.take());
            guard.wait().unwrap();
        }
    }

    fn answers(&self) -> bool {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            return false;
        }
        // A listener is not yet a broker: it must know that it leads the cluster.
        let consumer: BaseConsumer = self.client("read_committed").create().unwrap();
        consumer.fetch_metadata(None, Duration::from_secs(5)).is_ok_and(|metadata| !metadata.brokers().is_empty())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("server.log")).unwrap_or_default()
    }

    fn java(&self) -> Command {
        let mut java = Command::new("java");
        java.args(["-Xms128m", "-Xmx320m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true"])
            .arg(format!("-Dlog4j2.configurationFile={}", self.directory.path().join("log4j2.properties").display()))
            .arg("-cp")
            .arg(self.libraries.join("*"));
        java
    }

    fn client(&self, isolation: &str) -> ClientConfig {
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", self.address())
            .set("group.id", "reader")
            .set("enable.auto.commit", "false")
            .set("enable.partition.eof", "true")
            .set("auto.offset.reset", "earliest")
            .set("isolation.level", isolation);
        config
    }

    /// Everything that a `read_committed` reader sees of a topic now; nothing for a topic that is not there.
    pub(crate) fn read(&self, topic: &str) -> Vec<Read> {
        self.read_at(topic, "read_committed")
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
        self.read_at(topic, "read_uncommitted")
    }

    fn read_at(&self, topic: &str, isolation: &str) -> Vec<Read> {
        let consumer: BaseConsumer = self.client(isolation).create().unwrap();
        let partitions = self.partitions(topic);
        let mut assignment = TopicPartitionList::new();
        for partition in 0..partitions {
            assignment.add_partition_offset(topic, partition as i32, Offset::Beginning).unwrap();
        }
        consumer.assign(&assignment).unwrap();
        let mut read = Vec::new();
        let mut ended = 0;
        let deadline = Instant::now() + Duration::from_secs(60);
        while ended < partitions {
            assert!(Instant::now() < deadline, "topic {topic} has no end");
            match consumer.poll(Duration::from_millis(200)) {
                Some(Ok(message)) => read.push(Read {
                    key: message.key_view::<str>().unwrap().unwrap().to_owned(),
                    headers: message.headers().map_or_else(BTreeMap::new, |headers| {
                        let text =
                            |value: Option<&[u8]>| String::from_utf8(value.unwrap_or_default().to_vec()).unwrap();
                        headers.iter().map(|header| (header.key.to_owned(), text(header.value))).collect()
                    }),
                    bytes: message.payload().map(<[u8]>::to_vec),
                }),
                Some(Err(KafkaError::PartitionEOF(_))) => ended += 1,
                Some(Err(error)) => panic!("cannot read {topic}: {error}"),
                None => {}
            }
        }
        read
    }

    /// How many partitions a topic has; 0 when there is none of that name.
    pub(crate) fn partitions(&self, topic: &str) -> usize {
        let consumer: BaseConsumer = self.client("read_committed").create().unwrap();
        let metadata = consumer.fetch_metadata(None, Duration::from_secs(10)).unwrap();
        metadata.topics().iter().find(|found| found.name() == topic).map_or(0, |found| found.partitions().len())
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Two ports that were free a moment ago.
fn free_ports() -> (u16, u16) {
    let listeners = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    let [broker, controller] = listeners.map(|listener| listener.local_addr().unwrap().port());
    (broker, controller)
}

fn properties(directory: &Path, port: u16, controller: u16) -> String {
    format!(
        "process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={}
auto.create.topics.enable=false
num.network.threads=2
num.io.threads=2
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.min.isr=1
transaction.abort.timed.out.transaction.cleanup.interval.ms=500
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
",
        directory.join("data").display()
    )
}

const LOGGING: &str = "rootLogger.level=warn
rootLogger.appenderRef.c.ref=C
appender.c.type=Console
appender.c.name=C
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d %p %c{1} %m%n
";
