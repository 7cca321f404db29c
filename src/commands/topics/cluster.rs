//! The topics of a broker.

use super::{Config, Failure, Row, TopicsCreate, exit, put};
use crate::{
    broker::{
        BrokerError, Settings,
        partition_reader::PartitionReader,
        topics::{Creation, Found, Wanted, ensure, look},
    },
    model::Topic,
    pipeline,
    publish::kafka::{settings, wanted},
    topics::ReadError,
};
use std::collections::BTreeMap;

/// So far from the end of a partition its newest record is looked for: transactions leave marks behind it.
const NEWEST_WITHIN: i64 = 10;

pub(super) fn list(config: &Config) -> Result<Vec<Row>, Failure> {
    let settings = settings(&config.publish.kafka);
    let prefix = &config.publish.topic_prefix;
    let topics: Vec<Topic> = Topic::PUBLIC.into_iter().chain([Topic::State]).chain(Topic::INTERNAL).collect();
    let names: Vec<String> = topics.iter().map(|topic| topic.name(prefix)).collect();
    let described = look(&settings, &names).map_err(ReadError::from)?;
    if described.is_empty() {
        let what = format!("the cluster at {} has no topics of {prefix}", settings.bootstrap_servers);
        return Err(ReadError::Nothing(what).into());
    }
    let reader = PartitionReader::new(&settings).map_err(ReadError::from)?;
    let mut rows = Vec::new();
    for topic in topics {
        let mut row = Row::of(topic, prefix);
        let Some(found) = described.get(&row.name) else {
            // Roles are there or they are not, and so is the process that does all their work.
            if topic.is_public() {
                "missing".clone_into(&mut row.cleanup);
                rows.push(row);
            }
            continue;
        };
        let setting = |name: &str| found.settings.get(name).cloned();
        row.cleanup = setting("cleanup.policy").unwrap_or_else(|| "?".to_owned());
        let kept = setting("retention.ms").and_then(|ms| ms.parse::<u64>().ok()).map(|ms| ms / 1000);
        row.retention_seconds = kept.filter(|_| row.cleanup.contains("delete"));
        row.partitions = Some(found.partitions);
        row.replicas = Some(found.replicas);
        row.min_insync_replicas = setting("min.insync.replicas").and_then(|number| number.parse().ok());
        let mut last = Vec::new();
        for partition in (0_i32..).take(found.partitions) {
            let ends = reader.decided(&row.name, partition).map_err(ReadError::from)?;
            row.records += u64::try_from(ends.high - ends.low).unwrap_or(0);
            row.ends.push(ends.high);
            last.push((ends.low.max(ends.high - NEWEST_WITHIN), ends.high));
        }
        let mut newest = None;
        let read = reader.read(&row.name, &last, &mut |message| {
            let time = message.headers.into_iter().find(|(name, _)| name == "ce_time").map(|(_, time)| time);
            newest = newest.take().max(time);
        });
        read.map_err(ReadError::from)?;
        row.newest = newest;
        rows.push(row);
    }
    Ok(rows)
}

pub(super) fn create(config: &Config, given: &TopicsCreate) -> Result<u8, Failure> {
    let kafka = &config.publish.kafka;
    let settings = settings(kafka);
    let wanted = match given.roles {
        true => pipeline::topics_of_roles(config),
        false => wanted(|topic| topic.name(&config.publish.topic_prefix), kafka.partitions),
    };
    let made = if given.dry_run {
        let names: Vec<String> = wanted.iter().map(|topic| topic.name.clone()).collect();
        let there = look(&settings, &names).map_err(ReadError::from)?;
        let there: Vec<Wanted> = wanted.iter().filter(|topic| there.contains_key(&topic.name)).cloned().collect();
        checked(&settings, &there, Creation { allowed: false, replication_factor: kafka.replication_factor })?
    } else {
        checked(&settings, &wanted, Creation { allowed: true, replication_factor: kafka.replication_factor })?
    };
    let mut differs = false;
    for topic in &wanted {
        let policy = if topic.compacted { "compact" } else { "delete" };
        let as_wanted = format!("{} partitions, cleanup.policy={policy}", topic.partitions);
        match made.get(&topic.name) {
            None => put(format_args!("{}: is missing and would be created: {as_wanted}", topic.name)),
            Some(Found { created: true, .. }) => put(format_args!("{}: created: {as_wanted}", topic.name)),
            Some(found) if found.differences.is_empty() => put(format_args!("{}: is there", topic.name)),
            Some(found) => {
                differs = true;
                found.differences.iter().for_each(|difference| put(format_args!("{difference}")));
            }
        }
    }
    Ok(if differs { exit::FAILED } else { exit::DONE })
}

fn checked(settings: &Settings, wanted: &[Wanted], creation: Creation) -> Result<BTreeMap<String, Found>, Failure> {
    if wanted.is_empty() {
        return Ok(BTreeMap::new());
    }
    match ensure(settings, wanted, creation) {
        Ok(topics) => Ok(topics.found),
        Err(BrokerError::Refused(message)) => Err(Failure::Configuration(message)),
        Err(error) => Err(ReadError::from(error).into()),
    }
}
