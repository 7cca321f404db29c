//! The topics: they are created where they are missing and allowed, and taken as they are where they exist.

use super::{BrokerError, Client, Settings, is_denial, settings::Isolation};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    consumer::{BaseConsumer, Consumer},
    error::RDKafkaErrorCode as Code,
    metadata::Metadata,
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How long a broker may take to answer before it counts as away.
const ANSWER: Duration = Duration::from_secs(5);

/// As many of the client's own reports are looked at after a failure; there are two of each attempt to connect.
const TOLD: usize = 64;

/// How long new topics may take to be known everywhere.
const SPREAD: Duration = Duration::from_secs(15);

/// What a topic takes where its broker does not say: Kafka's own default.
const DEFAULT_LIMIT: usize = 1_048_588;

/// The largest record that topics made here take. Kafka's default of 1 MiB is less than one long article with
/// everything that is found in it.
const CREATED_LIMIT: usize = 8 << 20;

/// A topic as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Its whole name.
    pub name: String,
    /// Its partitions, if it is created.
    pub partitions: i32,
    /// Whether it keeps the last record of each key only.
    pub compacted: bool,
    /// Whether it must be as wanted: the state is lost in a topic that is not compacted.
    pub strict: bool,
    /// Whether nothing goes without it. One that is not, and that we may not create, is left out of what is found.
    pub vital: bool,
}

/// A topic as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its partitions.
    pub partitions: usize,
    /// The largest batch of records that it takes.
    pub max_message_bytes: usize,
    /// How long tombstones are kept.
    pub delete_retention: Duration,
    /// Whether this call created it.
    pub created: bool,
    /// What differs from what was wanted, for a person.
    pub differences: Vec<String>,
}

/// The cluster and its topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    /// The cluster's own id; empty where it tells none.
    pub cluster: String,
    /// By name.
    pub found: BTreeMap<String, Found>,
}

/// Whether missing topics are created, and with how many copies (-1: as the broker does by itself).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Creation {
    /// Whether at all.
    pub allowed: bool,
    /// Copies of each partition.
    pub replication_factor: i32,
}

/// Makes sure of the topics. Blocks for seconds where no broker answers.
pub fn ensure(settings: &Settings, wanted: &[Wanted], creation: Creation) -> Result<Topics, BrokerError> {
    let config = settings.consumer(Isolation::Committed);
    let consumer: BaseConsumer<Client> = config
        .create_with_context(Client::default())
        .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))?;
    let existing = partitions(&consumer)?;
    let missing: Vec<&Wanted> = wanted.iter().filter(|topic| !existing.contains_key(&topic.name)).collect();
    let config = settings.admin();
    let admin: AdminClient<Client> = config
        .create_with_context(Client::default())
        .map_err(|error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}")))?;
    let mut denied = Vec::new();
    if !missing.is_empty() {
        if !creation.allowed {
            let names: Vec<&str> = missing.iter().map(|topic| topic.name.as_str()).collect();
            return Err(BrokerError::Refused(format!(
                "the topics {} are missing: create them (`dateline topics create`), or set publish.kafka.create_topics = true",
                names.join(", ")
            )));
        }
        denied = create(&admin, &missing, creation)?;
    }
    let wanted: Vec<&Wanted> = wanted.iter().filter(|topic| !denied.contains(&topic.name)).collect();
    let partitions = wait_until_known(&consumer, &wanted)?;
    let cluster = consumer.client().fetch_cluster_id(ANSWER).unwrap_or_default();
    let found = describe(&admin, &wanted, &partitions, &missing)?;
    // Their threads take a fifth of a second to end, for which nobody has to wait.
    let _ = std::thread::Builder::new().spawn(move || drop((admin, consumer)));
    Ok(Topics { cluster, found })
}

/// A topic as its cluster describes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Described {
    /// Its partitions.
    pub partitions: usize,
    /// Copies of each, the fewest that one has.
    pub replicas: usize,
    /// Its settings by their names; none where we may not read them.
    pub settings: BTreeMap<String, String>,
}

/// Describes those of these topics that are there. Changes nothing.
pub fn look(settings: &Settings, names: &[String]) -> Result<BTreeMap<String, Described>, BrokerError> {
    let refused = |error| BrokerError::Refused(format!("cannot set up a Kafka client: {error}"));
    let consumer: BaseConsumer<Client> =
        settings.consumer(Isolation::Committed).create_with_context(Client::default()).map_err(refused)?;
    let metadata = metadata(&consumer)?;
    let mut found = BTreeMap::new();
    for topic in metadata.topics().iter().filter(|topic| names.iter().any(|name| name == topic.name())) {
        let replicas = topic.partitions().iter().map(|partition| partition.replicas().len()).min().unwrap_or(0);
        let described = Described { partitions: topic.partitions().len(), replicas, settings: BTreeMap::new() };
        found.insert(topic.name().to_owned(), described);
    }
    if found.is_empty() {
        return Ok(found);
    }
    let admin: AdminClient<Client> = settings.admin().create_with_context(Client::default()).map_err(refused)?;
    let specifiers: Vec<ResourceSpecifier<'_>> = found.keys().map(|name| ResourceSpecifier::Topic(name)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER));
    let resources = futures::executor::block_on(admin.describe_configs(&specifiers, &options))
        .map_err(|error| BrokerError::sort("cannot read the topics' settings", &error, BrokerError::Unavailable))?;
    for (described, resource) in found.values_mut().zip(resources) {
        let entries = resource.map(|resource| resource.entries).unwrap_or_default();
        described.settings = entries.into_iter().filter_map(|entry| Some((entry.name, entry.value?))).collect();
    }
    Ok(found)
}

/// What the cluster says of all its topics. A failure carries the client's own reason, such as a password that the broker
/// does not take: the client tells it only to who polls.
fn metadata(consumer: &BaseConsumer<Client>) -> Result<Metadata, BrokerError> {
    consumer.fetch_metadata(None, ANSWER).map_err(|error| {
        (0..TOLD).take_while(|_| consumer.poll(Duration::from_millis(1)).is_some()).for_each(drop);
        consumer.client().context().unreachable("cannot reach the Kafka broker", &error)
    })
}

/// The partition count of every topic; 0 while a partition has no leader yet.
fn partitions(consumer: &BaseConsumer<Client>) -> Result<BTreeMap<String, usize>, BrokerError> {
    let metadata = metadata(consumer)?;
    let usable = metadata.topics().iter().filter(|topic| topic.error().is_none());
    let count = |topic: &rdkafka::metadata::MetadataTopic| {
        let led = topic.partitions().iter().all(|partition| partition.leader() >= 0);
        if led { topic.partitions().len() } else { 0 }
    };
    Ok(usable.map(|topic| (topic.name().to_owned(), count(topic))).collect())
}

/// Returns the names of those that we may not create and that are not vital.
fn create(admin: &AdminClient<Client>, missing: &[&Wanted], creation: Creation) -> Result<Vec<String>, BrokerError> {
    let limit = CREATED_LIMIT.to_string();
    let topics: Vec<NewTopic<'_>> = missing
        .iter()
        .map(|topic| {
            let policy = if topic.compacted { "compact" } else { "delete" };
            let new =
                NewTopic::new(&topic.name, topic.partitions, TopicReplication::Fixed(creation.replication_factor))
                    .set("cleanup.policy", policy)
                    .set("max.message.bytes", &limit);
            // Only closed segments are compacted, and recovery reads what is not: small ones keep it short.
            if topic.strict { new.set("segment.bytes", "67108864") } else { new }
        })
        .collect();
    let options = AdminOptions::new().request_timeout(Some(SPREAD)).operation_timeout(Some(SPREAD));
    let results = futures::executor::block_on(admin.create_topics(&topics, &options))
        .map_err(|error| BrokerError::sort("cannot create the topics", &error, BrokerError::Unavailable))?;
    let mut denied = Vec::new();
    for (name, code) in results.into_iter().filter_map(Result::err) {
        let vital = missing.iter().any(|topic| topic.name == name && topic.vital);
        let message = format!("cannot create the topic {name}: {code}");
        match code {
            // Somebody else was faster.
            Code::TopicAlreadyExists => {}
            code if is_denial(code) && !vital => denied.push(name),
            code if is_denial(code) => return Err(BrokerError::Denied(message)),
            Code::RequestTimedOut | Code::OperationTimedOut | Code::NotController => {
                return Err(BrokerError::Unavailable(message));
            }
            _ => return Err(BrokerError::Refused(message)),
        }
    }
    Ok(denied)
}

fn wait_until_known(
    consumer: &BaseConsumer<Client>,
    wanted: &[&Wanted],
) -> Result<BTreeMap<String, usize>, BrokerError> {
    let deadline = Instant::now() + SPREAD;
    loop {
        let known = partitions(consumer)?;
        let Some(absent) = wanted.iter().find(|topic| known.get(&topic.name).is_none_or(|count| *count == 0)) else {
            return Ok(known);
        };
        if Instant::now() > deadline {
            return Err(BrokerError::Unavailable(format!("the broker does not yet know the topic {}", absent.name)));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn describe(
    admin: &AdminClient<Client>,
    wanted: &[&Wanted],
    partitions: &BTreeMap<String, usize>,
    created: &[&Wanted],
) -> Result<BTreeMap<String, Found>, BrokerError> {
    let specifiers: Vec<ResourceSpecifier<'_>> =
        wanted.iter().map(|topic| ResourceSpecifier::Topic(&topic.name)).collect();
    let options = AdminOptions::new().request_timeout(Some(ANSWER));
    let described = futures::executor::block_on(admin.describe_configs(&specifiers, &options))
        .map_err(|error| BrokerError::sort("cannot read the topics' settings", &error, BrokerError::Unavailable))?;
    let mut found = BTreeMap::new();
    for (topic, described) in wanted.iter().zip(described) {
        let mut this = Found {
            partitions: partitions.get(&topic.name).copied().unwrap_or(1),
            max_message_bytes: DEFAULT_LIMIT,
            delete_retention: Duration::from_secs(86_400),
            created: created.iter().any(|new| new.name == topic.name),
            differences: Vec::new(),
        };
        if this.partitions != topic.partitions as usize {
            this.differences.push(format!(
                "topic {} has {} partitions and not {}: it is used as it is",
                topic.name, this.partitions, topic.partitions
            ));
        }
        match described {
            Ok(resource) => read_settings(&resource, topic, &mut this)?,
            // Reading settings is a permission of its own: without it the defaults are the safe assumption.
            Err(code) => this.differences.push(format!(
                "cannot read the settings of topic {} ({code}): records above {DEFAULT_LIMIT} bytes go to the dead letters",
                topic.name
            )),
        }
        found.insert(topic.name.clone(), this);
    }
    Ok(found)
}

fn read_settings(
    resource: &rdkafka::admin::ConfigResource,
    topic: &Wanted,
    found: &mut Found,
) -> Result<(), BrokerError> {
    let value = |name: &str| resource.get(name).and_then(|entry| entry.value.as_deref());
    if let Some(bytes) = value("max.message.bytes").and_then(|bytes| bytes.parse().ok()) {
        found.max_message_bytes = bytes;
    }
    if let Some(ms) = value("delete.retention.ms").and_then(|ms| ms.parse().ok()) {
        found.delete_retention = Duration::from_millis(ms);
    }
    let policy = value("cleanup.policy").unwrap_or_default();
    let wanted = if topic.compacted { "compact" } else { "delete" };
    if policy.is_empty() || policy == wanted {
        return Ok(());
    }
    let message = format!("topic {} has cleanup.policy={policy} and not {wanted}", topic.name);
    if topic.strict {
        return Err(BrokerError::Refused(format!("{message}: what is remembered would be deleted")));
    }
    found.differences.push(format!("{message}: it is used as it is"));
    Ok(())
}
