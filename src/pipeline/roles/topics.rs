//! What the topics and groups of a role are called, and that they are there.

use super::{FIRST_RETRY, Picture, longer, of_broker};
use crate::{
    broker::{
        BrokerError,
        topics::{self, Creation, Topics, Wanted},
    },
    config::Config,
    model::Topic,
    pipeline::RunError,
    publish::{KafkaOptions, kafka, roles::Role},
};
use tokio_util::sync::CancellationToken;

/// The names that follow from the configuration.
#[derive(Debug, Clone)]
pub(super) struct Names {
    role: Role,
    prefix: String,
    app: String,
}

impl Names {
    pub(super) fn new(config: &Config, role: Role) -> Self {
        let (prefix, app) = (config.publish.topic_prefix.clone(), config.publish.kafka.transactional_id.clone());
        Self { role, prefix, app }
    }

    /// The consumer group.
    pub(super) fn group(&self) -> String {
        self.role.group(&self.app)
    }

    /// The id of the producer that a partition is worked on with.
    pub(super) fn transactional_id(&self, partition: i32) -> String {
        self.role.transactional_id(&self.app, partition)
    }

    /// The options of that producer.
    pub(super) fn kafka(&self, options: &KafkaOptions, partition: i32) -> KafkaOptions {
        KafkaOptions { transactional_id: self.transactional_id(partition), ..options.clone() }
    }

    /// The topic whose partitions the group shares out.
    pub(super) fn input(&self) -> String {
        self.role.input().name(&self.prefix)
    }

    /// The topic that a line remembers by; none for who keeps nothing.
    pub(super) fn state(&self) -> Option<String> {
        self.role.state().map(|topic| topic.name(&self.prefix))
    }
}

/// The topics of all roles, readers' ones among them, as they should be.
pub(in crate::pipeline) fn of_all(config: &Config) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Role::ALL.iter().flat_map(|role| wanted(config, *role)).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    all.dedup();
    all
}

/// The topics that a role reads and writes.
pub(super) fn wanted(config: &Config, role: Role) -> Vec<Wanted> {
    let (prefix, roles) = (&config.publish.topic_prefix, &config.roles);
    let wanted = |topic: Topic, partitions: i32| Wanted {
        name: topic.name(prefix),
        partitions,
        compacted: topic.compacted(),
        strict: matches!(topic, Topic::Feeds | Topic::FetchState | Topic::DedupState),
        vital: true,
    };
    let letters = wanted(Topic::DeadLetters, config.publish.kafka.partitions);
    let workers = Wanted { vital: false, ..wanted(Topic::Workers, 1) };
    let mut topics = match role {
        Role::Fetch => vec![
            wanted(Topic::Feeds, roles.fetch_partitions),
            wanted(Topic::FetchState, roles.fetch_partitions),
            wanted(Topic::Raw, roles.enrich_partitions),
            letters,
        ],
        Role::Enrich => {
            vec![wanted(Topic::Raw, roles.enrich_partitions), wanted(Topic::Enriched, roles.dedup_partitions), letters]
        }
        Role::Dedup => {
            let own = [Topic::Enriched, Topic::DedupState].map(|topic| wanted(topic, roles.dedup_partitions));
            let outputs = Topic::PUBLIC.map(|topic| wanted(topic, config.publish.kafka.partitions));
            outputs.into_iter().chain(own).collect()
        }
    };
    topics.push(workers);
    topics
}

/// Makes sure of them, with patience while no broker answers; none when told to stop.
pub(super) async fn ensure(
    config: &Config,
    names: &Names,
    picture: &Picture,
    cancel: &CancellationToken,
) -> Result<Option<Topics>, RunError> {
    let mut pause = FIRST_RETRY;
    loop {
        let (settings, wanted) = (kafka::settings(&config.publish.kafka), wanted(config, names.role));
        let options = &config.publish.kafka;
        let creation = Creation { allowed: options.create_topics, replication_factor: options.replication_factor };
        let found = tokio::task::spawn_blocking(move || topics::ensure(&settings, &wanted, creation)).await;
        let found = found.map_err(|failure| RunError::lost("looking for the topics", &failure))?;
        match found {
            Ok(topics) => {
                check(names, &topics)?;
                return Ok(Some(topics));
            }
            Err(error @ BrokerError::Unavailable(_)) => {
                tracing::warn!(%error, retry_in = ?pause, "the broker is away");
                picture.trouble(Some(error.to_string()));
            }
            Err(error) => return Err(of_broker(&error)),
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = longer(pause),
            () = cancel.cancelled() => return Ok(None),
        }
    }
}

/// A line remembers in the partition of the number that it reads: there must be as many of both.
fn check(names: &Names, topics: &Topics) -> Result<(), RunError> {
    for difference in topics.found.values().flat_map(|topic| &topic.differences) {
        tracing::warn!("{difference}");
    }
    let Some(state) = names.state() else { return Ok(()) };
    let partitions = |name: &str| topics.found.get(name).map_or(0, |topic| topic.partitions);
    let input = names.input();
    let (inputs, states) = (partitions(&input), partitions(&state));
    if inputs == states {
        return Ok(());
    }
    let message = format!(
        "topic {input} has {inputs} partitions and {state} has {states}: each remembers for the other, so there must be \
         as many of both"
    );
    Err(RunError { exit: 78, message })
}
