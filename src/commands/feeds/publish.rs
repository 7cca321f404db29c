//! `dateline feeds publish`: the feeds, for the workers that fetch.

use super::complain;
use crate::{commands::exit, config::Config};

#[cfg(not(feature = "kafka"))]
pub(super) fn run(_config: &Config, _dry_run: bool) -> u8 {
    complain("error: this dateline was built without the `kafka` feature");
    exit::CONFIGURATION
}

#[cfg(feature = "kafka")]
pub(super) fn run(config: &Config, dry_run: bool) -> u8 {
    use crate::{broker::BrokerError, publish::Target};
    if config.publish.to != Target::Kafka {
        complain("error: the topic of feeds is a broker's: set publish.to = \"kafka\"");
        return exit::CONFIGURATION;
    }
    match told::run(config, dry_run) {
        Ok(told) => {
            crate::commands::put(format_args!("{told}"));
            exit::DONE
        }
        Err(error) => {
            complain(&format!("error: {error}"));
            match error {
                BrokerError::Denied(_) | BrokerError::NotLetIn(_) => exit::DENIED,
                BrokerError::Refused(_) => exit::CONFIGURATION,
                _ => exit::UNAVAILABLE,
            }
        }
    }
}

#[cfg(feature = "kafka")]
mod told {
    use crate::{
        broker::{
            BrokerError, Message, Producer, Settings,
            partition_reader::PartitionReader,
            producer::Messages,
            topics::{Creation, Wanted, ensure},
        },
        config::Config,
        model::{Feed, Topic},
        publish::{kafka, roles::shard_of},
    };
    use std::{collections::BTreeMap, fmt};

    /// What a run changed, or would.
    #[derive(Default)]
    pub(super) struct Told {
        added: usize,
        changed: usize,
        removed: usize,
        same: usize,
        shards: usize,
    }

    impl fmt::Display for Told {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let Self { added, changed, removed, same, shards } = self;
            write!(f, "{added} added, {changed} changed, {removed} taken out, {same} as they were; {shards} shards")
        }
    }

    /// Makes the topic say what is configured.
    pub(super) fn run(config: &Config, dry_run: bool) -> Result<Told, BrokerError> {
        let kafka = &config.publish.kafka;
        let settings =
            Settings { transactional_id: format!("{}-feeds", kafka.transactional_id), ..kafka::settings(kafka) };
        let name = Topic::Feeds.name(&config.publish.topic_prefix);
        let wanted = Wanted {
            name: name.clone(),
            partitions: config.roles.fetch_partitions,
            compacted: true,
            strict: true,
            vital: true,
        };
        let creation = Creation { allowed: kafka.create_topics, replication_factor: kafka.replication_factor };
        let topics = ensure(&settings, &[wanted], creation)?;
        let shards = topics.found.get(&name).map_or(1, |topic| topic.partitions);
        let there = there(&settings, &name, shards)?;
        let (told, outputs) = changes(&name, shards, &config.feeds, there);
        if dry_run || outputs.is_empty() {
            return Ok(told);
        }
        let began = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = began.map_err(|error| BrokerError::Stuck(format!("cannot begin: {error}")))?;
        runtime.block_on(async {
            let producer = Producer::start(&settings)
                .map_err(|error| BrokerError::Stuck(format!("cannot start the producer's thread: {error}")))?;
            let limit = topics.found.get(&name).map_or(1 << 20, |topic| topic.max_message_bytes);
            producer.open(settings.producer(limit, limit)).await?;
            producer.commit(Messages { outputs, ..Messages::default() }).await?;
            producer.close().await
        })?;
        Ok(told)
    }

    /// What the topic holds, by feed and partition.
    fn there(settings: &Settings, name: &str, shards: usize) -> Result<BTreeMap<(String, i32), Vec<u8>>, BrokerError> {
        let reader = PartitionReader::new(settings)?;
        let ends = (0_i32..).take(shards).map(|partition| reader.ends(name, partition));
        let ends = ends.map(|ends| ends.map(|ends| (ends.low, ends.high))).collect::<Result<Vec<_>, _>>()?;
        let mut there = BTreeMap::new();
        reader.read(name, &ends, &mut |message| {
            let key = (message.key, message.partition);
            match message.value {
                Some(value) => drop(there.insert(key, value)),
                None => drop(there.remove(&key)),
            }
        })?;
        Ok(there)
    }

    fn changes(
        topic: &str,
        shards: usize,
        feeds: &[Feed],
        mut there: BTreeMap<(String, i32), Vec<u8>>,
    ) -> (Told, Vec<Message>) {
        let mut told = Told { shards, ..Told::default() };
        let mut messages = Vec::new();
        let message = |key: &str, partition: i32, value: Option<Vec<u8>>| Message {
            topic: topic.to_owned(),
            partition: Some(partition),
            key: key.to_owned(),
            headers: Vec::new(),
            value,
        };
        for feed in feeds {
            let value = serde_json::to_vec(feed).expect("a feed has string keys");
            let shard = shard_of(feed, i32::try_from(shards).unwrap_or(i32::MAX));
            match there.remove(&(feed.id.0.clone(), shard)) {
                Some(before) if before == value => {
                    told.same += 1;
                    continue;
                }
                Some(_) => told.changed += 1,
                None => told.added += 1,
            }
            messages.push(message(&feed.id.0, shard, Some(value)));
        }
        // Before the others: a feed that moves to another host's shard is let go of first.
        let gone: Vec<Message> = there.into_keys().map(|(key, partition)| message(&key, partition, None)).collect();
        told.removed = gone.len();
        (told, gone.into_iter().chain(messages).collect())
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn the_topic_becomes_what_is_configured_and_a_feed_that_moves_leaves_its_old_shard() {
            let feeds =
                [("a", "https://one.example/"), ("b", "https://two.example/")].map(|(id, url)| Feed::new(id, url));
            let (told, first) = changes("t", 7, &feeds, BTreeMap::new());
            assert_eq!((told.added, first.len()), (2, 2));
            let place = |message: &Message| (message.key.clone(), message.partition.unwrap());
            let there: BTreeMap<_, _> =
                first.iter().map(|message| (place(message), message.value.clone().unwrap())).collect();
            let (told, none) = changes("t", 7, &feeds, there.clone());
            assert_eq!((told.same, none.len()), (2, 0));

            let moved = (0..).map(|n| Feed::new("a", &format!("https://host-{n}.example/")));
            let elsewhere = |feed: &Feed| shard_of(feed, 7) != place(&first[0]).1;
            let moved = moved.take(100).find(elsewhere).unwrap();
            let (told, messages) = changes("t", 7, &[moved], there);
            assert_eq!((told.added, told.removed), (1, 2), "b is gone, and a from where it was");
            assert!(messages[..2].iter().all(|message| message.value.is_none()) && messages[2].value.is_some());
        }
    }
}
