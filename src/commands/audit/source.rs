//! What is audited: topics at a broker or in files, and what can be had of state and intake.

#[cfg(feature = "kafka")]
use super::super::registered;
use super::Failure;
#[cfg(feature = "kafka")]
use crate::{
    broker::{BrokerError, partition_reader::PartitionReader},
    model::state_key,
    publish::kafka,
    topics::Cluster,
};
use crate::{
    cli,
    config::Flags,
    model::Topic,
    publish::{self, Delivery, KafkaOptions, Target, unwritten::Unwritten, unwritten::unwritten},
    store::{self, StoreError, inspect},
    topics::{Files, Topics},
};
use rusqlite::Connection;
use std::{collections::BTreeMap, path::PathBuf, time::Duration};

/// Everything that is read.
pub(in crate::commands) struct Source {
    pub(super) topics: Box<dyn Topics>,
    pub(super) prefix: String,
    /// For a person: where the topics are.
    pub(super) whence: String,
    /// The data directory, where one is given.
    pub(super) local: Option<Local>,
    pub(super) horizon: Duration,
    pub(super) at_least_once: bool,
    state: StateAt,
    next: BTreeMap<String, u64>,
}

/// The file of a data directory.
pub(in crate::commands) struct Local {
    pub(super) db: Connection,
    pub(super) intake: String,
}

enum StateAt {
    Nowhere,
    /// In the data directory, where the journal keeps it.
    Local,
    #[cfg(feature = "kafka")]
    Broker {
        reader: Box<PartitionReader>,
        topic: String,
        /// Begin and end of each partition.
        ends: Vec<(i64, i64)>,
    },
}

/// What the flags and the configuration come to.
struct Asked {
    kafka: Option<KafkaOptions>,
    prefix: String,
    data_dir: Option<PathBuf>,
    topics: Option<PathBuf>,
    horizon: Duration,
    at_least_once: bool,
}

impl Source {
    /// Opens it, and fixes the ends: of the state first, of what it tells of after it.
    pub(in crate::commands) fn open(given: &cli::Audit) -> Result<Self, Failure> {
        let asked = asked(given)?;
        if asked.kafka.is_some() {
            return open_broker(asked);
        }
        let local = asked.data_dir.as_deref().map(open_local).transpose()?.flatten();
        let mut unwritten = Unwritten::default();
        if let Some(local) = &local {
            unwritten = self::unwritten(&local.db).map_err(StoreError::from)?;
        }
        let directory = asked.topics.or_else(|| Some(asked.data_dir?.join("topics")));
        let directory = directory.unwrap_or_else(|| PathBuf::from("topics"));
        let files = Files::open(&directory, &asked.prefix, unwritten.lines)?;
        // An image of a cluster's state has no part in what files hold.
        let is_image = match &local {
            Some(local) => store::image::meta(&local.db, publish::KAFKA_IMAGE).map_err(StoreError::from)?.is_some(),
            None => true,
        };
        Ok(Self {
            topics: Box::new(files),
            prefix: asked.prefix,
            whence: format!("the files in {}", directory.display()),
            local,
            horizon: asked.horizon,
            at_least_once: asked.at_least_once,
            state: if is_image { StateAt::Nowhere } else { StateAt::Local },
            next: unwritten.next,
        })
    }

    /// Whether there is a state to compare with.
    pub(super) fn has_state(&self) -> bool {
        !matches!(self.state, StateAt::Nowhere)
    }

    /// Where each topic of files ends, as far as the data directory says.
    pub(super) fn committed(&self) -> Vec<(Topic, u64)> {
        let end = |topic: Topic| Some((topic, *self.next.get(&topic.name(&self.prefix))?));
        Topic::PUBLIC.into_iter().filter_map(end).collect()
    }

    /// Visits the entries of the state; of several for one key the last counts.
    pub(super) fn read_state(&self, visit: &mut dyn FnMut(&str, Option<&[u8]>)) -> Result<(), Failure> {
        match (&self.state, &self.local) {
            (StateAt::Nowhere, _) => Ok(()),
            (StateAt::Local, Some(local)) => super::image_of(local, visit),
            (StateAt::Local, None) => Ok(()),
            #[cfg(feature = "kafka")]
            (StateAt::Broker { reader, topic, ends }, _) => {
                let read = reader.read(topic, ends, &mut |message| {
                    // Deployments may share the topic: each key begins with its deployment's name.
                    if let Some((_, key)) = message.key.split_once('/') {
                        visit(key, message.value.as_deref());
                    }
                });
                Ok(read.map_err(crate::topics::ReadError::from)?)
            }
        }
    }
}

fn open_local(data_dir: &std::path::Path) -> Result<Option<Local>, Failure> {
    if !inspect::file(data_dir).exists() {
        return Ok(None);
    }
    let inspect::Inspection { connection: db, schema, .. } = inspect::open(data_dir)?;
    if schema == 0 {
        // A daemon is making it at this moment.
        return Ok(None);
    }
    let intake = inspect::intake_id(&db)?;
    Ok(Some(Local { db, intake }))
}

/// A state of so many records holds a position: every transaction writes one.
#[cfg(feature = "kafka")]
const BEGUN: i64 = 64;

#[cfg(feature = "kafka")]
fn open_broker(asked: Asked) -> Result<Source, Failure> {
    use crate::topics::ReadError;
    let options = asked.kafka.unwrap_or_default();
    let settings = kafka::settings(&options);
    if let Some((key, problem)) = kafka::problems(&options).into_iter().next() {
        return Err(Failure::Configuration(format!("publish.kafka.{key}: {problem}")));
    }
    let reader = PartitionReader::new(&settings).map_err(ReadError::from)?;
    let mut state = match state_topic(&reader, &asked.prefix).map_err(ReadError::from)? {
        Some((topic, partitions)) => {
            // Within an open transaction the state may be ahead of the outputs; of what is decided all outputs are
            // written, and lie below ends that are asked for from now on.
            let ends = decided(&reader, &topic, partitions).map_err(ReadError::from)?;
            StateAt::Broker { reader: Box::new(reader), topic, ends }
        }
        None => StateAt::Nowhere,
    };
    let mut cluster = Cluster::open(&settings, &asked.prefix)?;
    // The first transactions of a deployment may have come between the two ends, and the outputs would seem to rest on
    // nothing: where the state has hardly begun, both are fixed again until it stands still.
    if let StateAt::Broker { reader, topic, ends } = &mut state {
        while ends.iter().any(|(begin, end)| end - begin < BEGUN) {
            for partition in (0..).take(ends.len()) {
                let written = reader.ends(topic, partition).map_err(ReadError::from)?.high;
                reader.settle(topic, partition, written).map_err(ReadError::from)?;
            }
            let now = decided(reader, topic, ends.len()).map_err(ReadError::from)?;
            if now == *ends {
                break;
            }
            *ends = now;
            cluster = Cluster::open(&settings, &asked.prefix)?;
        }
    }
    // Last, so that the log holds all that the state has judged.
    let local = asked.data_dir.as_deref().map(open_local).transpose()?.flatten();
    Ok(Source {
        topics: registered::open(cluster, &options.schema_registry)?,
        whence: format!("Kafka at {}, read_committed", options.bootstrap_servers),
        prefix: asked.prefix,
        local,
        horizon: asked.horizon,
        at_least_once: asked.at_least_once,
        state,
        next: BTreeMap::new(),
    })
}

/// The topic that remembers, and its partitions: of one process, or of workers where the work was moved to them.
#[cfg(feature = "kafka")]
fn state_topic(reader: &PartitionReader, prefix: &str) -> Result<Option<(String, usize)>, BrokerError> {
    let there = reader.partitions()?;
    let [one, many] = [Topic::State, Topic::DedupState].map(|topic| {
        let name = topic.name(prefix);
        there.get(&name).map(|partitions| (name, *partitions))
    });
    let (Some((one, partitions)), Some(many)) = (&one, &many) else { return Ok(many.or(one)) };
    let mut is_moved = false;
    let ends = decided(reader, one, *partitions)?;
    reader.read(one, &ends, &mut |message| {
        if message.key.ends_with(&format!("/{}", state_key::MOVED)) {
            is_moved = message.value.is_some();
        }
    })?;
    Ok(Some(if is_moved { many.clone() } else { (one.clone(), *partitions) }))
}

#[cfg(feature = "kafka")]
fn decided(reader: &PartitionReader, topic: &str, partitions: usize) -> Result<Vec<(i64, i64)>, BrokerError> {
    let ends = |partition| reader.decided(topic, partition).map(|ends| (ends.low, ends.high));
    (0..).take(partitions).map(ends).collect()
}

#[cfg(not(feature = "kafka"))]
fn open_broker(_: Asked) -> Result<Source, Failure> {
    Err(Failure::Configuration("this dateline was built without the `kafka` feature".to_owned()))
}

/// The configuration is read when one is named, and when nothing says what to read.
fn asked(given: &cli::Audit) -> Result<Asked, Failure> {
    let says_all = given.topics.is_some() || given.data_dir.is_some() || given.bootstrap_servers.is_some();
    let reads = given.config.is_some() || !given.set.is_empty() || !says_all;
    let mut asked = Asked {
        kafka: None,
        prefix: publish::Options::default().topic_prefix,
        data_dir: given.data_dir.clone(),
        topics: given.topics.clone(),
        horizon: crate::dedup::Options::default().horizon,
        at_least_once: false,
    };
    if reads {
        let mut flags = Flags {
            config: given.config.clone(),
            data_dir: given.data_dir.clone(),
            set: given.set.clone(),
            ..Flags::default()
        };
        if let Some(servers) = &given.bootstrap_servers {
            flags.set.push("publish.to=kafka".to_owned());
            flags.set.push(format!("publish.kafka.bootstrap_servers={servers}"));
        }
        if says_all {
            // A stranger's file may hold nothing but the settings of the client; feeds are none of its affair.
            flags.feed_urls.push("https://feeds.example/unused".to_owned());
        }
        let loaded = super::super::load(&flags).map_err(|problems| Failure::Configuration(problems.to_string()))?;
        let config = loaded.config;
        asked.prefix.clone_from(&config.publish.topic_prefix);
        asked.horizon = config.dedup.horizon;
        if config.publish.to == Target::Kafka {
            asked.at_least_once = config.publish.kafka.delivery == Delivery::AtLeastOnce;
            asked.kafka = Some(config.publish.kafka);
        }
        // Named, or the deployment's own.
        if given.bootstrap_servers.is_none() || given.config.is_some() {
            asked.data_dir = Some(config.data_dir);
        }
    } else if let Some(servers) = &given.bootstrap_servers {
        asked.kafka = Some(KafkaOptions { bootstrap_servers: servers.clone(), ..KafkaOptions::default() });
    }
    if let Some(prefix) = &given.topic_prefix {
        asked.prefix.clone_from(prefix);
    }
    Ok(asked)
}
