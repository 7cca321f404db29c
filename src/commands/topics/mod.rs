//! `dateline topics`: what the topics hold and how they are kept, in files or at a broker; and those that are missing at
//! the broker, created.

#[cfg(feature = "kafka")]
mod cluster;

use super::{
    audit::Failure,
    exit, put,
    reading::{self, with_config},
    show::{Style, Tone},
    table,
};
use crate::{
    cli::{Topics, TopicsCreate, TopicsFormat, TopicsVerb},
    config::Config,
    model::{Topic, units},
    publish::Target,
};
use serde::Serialize;
use std::time::Duration;

/// What is said of one topic.
#[derive(Debug, Default, Serialize)]
struct Row {
    name: String,
    /// The schema of its values.
    kind: &'static str,
    key: &'static str,
    /// `compact`, or `delete`: files are deleted by their age.
    cleanup: String,
    /// How long it keeps what it deletes.
    #[serde(skip_serializing_if = "Option::is_none")]
    retention_seconds: Option<u64>,
    /// From the first to the last; what compaction and transactions took out of a broker's log counts as well.
    records: u64,
    /// When the newest was observed.
    newest: Option<String>,
    /// The number of the next record, of each partition.
    ends: Vec<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    partitions: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replicas: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    min_insync_replicas: Option<usize>,
}

impl Row {
    fn of(topic: Topic, prefix: &str) -> Self {
        let (kind, key) = match topic {
            Topic::Articles => ("article/1", "item id"),
            Topic::CovidStats => ("claim/1", "item id"),
            Topic::Stories => ("story/1", "story id"),
            Topic::FeedStatus => ("feed-status/1", "feed id"),
            Topic::Events => ("event/1", "feed id"),
            Topic::DeadLetters => ("bytes", "original key"),
            Topic::Feeds => ("feed", "feed id"),
            Topic::Raw => ("raw", "feed id"),
            Topic::Enriched => ("enriched", "domain"),
            Topic::Workers => ("worker", "role and instance"),
            Topic::State | Topic::FetchState | Topic::DedupState => ("state", "internal"),
        };
        Self { name: topic.name(prefix), kind, key, cleanup: "delete".to_owned(), ..Self::default() }
    }
}

/// Runs the verb.
pub(super) fn run(given: &Topics) -> u8 {
    match &given.verb {
        TopicsVerb::List(given) => with_config(&given.configuration, |config| list(config, given.format)),
        TopicsVerb::Create(given) => with_config(&given.configuration, |config| create(config, given)),
    }
}

fn list(config: &Config, format: TopicsFormat) -> Result<u8, Failure> {
    let in_files = config.publish.to == Target::Journal;
    let rows = if in_files { of_files(config)? } else { of_cluster(config)? };
    if format == TopicsFormat::Json {
        put(format_args!("{:#}", serde_json::json!(rows)));
        return Ok(exit::DONE);
    }
    let heads = if in_files {
        ["topic", "holds", "key", "cleanup", "kept", "records", "newest", "files", "size", "end"].as_slice()
    } else {
        &["topic", "holds", "key", "cleanup", "kept", "records", "newest", "partitions", "replicas", "min.insync"]
    };
    let cells: Vec<Vec<table::Cell>> = rows.iter().map(cells).collect();
    table::print(Style::of_stdout(), heads, &cells);
    Ok(exit::DONE)
}

fn cells(row: &Row) -> Vec<table::Cell> {
    let number = |number: Option<usize>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    let kept = row.retention_seconds.map(|seconds| units::duration::format(Duration::from_secs(seconds)));
    let newest = row.newest.as_deref().and_then(|time| time.split(['.', 'Z']).next()).unwrap_or("-").to_owned();
    let mut cells = vec![
        (Tone::Name, row.name.clone()),
        (Tone::Plain, row.kind.to_owned()),
        (Tone::Plain, row.key.to_owned()),
        (Tone::Plain, row.cleanup.clone()),
        (Tone::Plain, kept.unwrap_or_else(|| "-".to_owned())),
        (Tone::Plain, row.records.to_string()),
        (Tone::Plain, newest),
    ];
    let rest = match row.files {
        Some(files) => {
            let end = row.ends.first().map_or_else(|| "-".to_owned(), i64::to_string);
            let bytes = row.bytes.unwrap_or(0);
            // Of large files nobody reads the last digits.
            let unit = if bytes < 64 << 20 { 1 << 10 } else { 1 << 20 };
            [files.to_string(), units::bytes::format(bytes.next_multiple_of(unit)), end]
        }
        None => [number(row.partitions), number(row.replicas), number(row.min_insync_replicas)],
    };
    cells.extend(rest.map(|text| (Tone::Plain, text)));
    cells
}

fn of_files(config: &Config) -> Result<Vec<Row>, Failure> {
    let files = reading::files(config)?;
    let mut rows = Vec::new();
    for topic in Topic::PUBLIC {
        let mut row = Row::of(topic, &config.publish.topic_prefix);
        row.retention_seconds = Some(config.publish.journal.retain.as_secs());
        row.files = Some(0);
        if let Some(extent) = files.extent(topic)? {
            let end = extent.last.as_ref().map_or(0, |(number, _)| number + 1);
            row.records = end.saturating_sub(u64::try_from(extent.begin).unwrap_or(0));
            row.newest = extent.last.and_then(|(_, record)| record.header("ce_time").map(str::to_owned));
            row.ends = vec![i64::try_from(end).unwrap_or(i64::MAX)];
            (row.files, row.bytes) = (Some(extent.files), Some(extent.bytes));
        }
        rows.push(row);
    }
    Ok(rows)
}

#[cfg(feature = "kafka")]
fn of_cluster(config: &Config) -> Result<Vec<Row>, Failure> {
    cluster::list(config)
}

#[cfg(feature = "kafka")]
fn create(config: &Config, given: &TopicsCreate) -> Result<u8, Failure> {
    if config.publish.to == Target::Journal {
        if given.roles {
            let what = "roles need a broker between them: set publish.to = \"kafka\"";
            return Err(Failure::Configuration(what.to_owned()));
        }
        put(format_args!("publish.to is \"journal\": the daemon makes the topic files by itself"));
        return Ok(exit::DONE);
    }
    cluster::create(config, given)
}

#[cfg(not(feature = "kafka"))]
fn of_cluster(_: &Config) -> Result<Vec<Row>, Failure> {
    Err(Failure::Configuration("this dateline was built without the `kafka` feature".to_owned()))
}

#[cfg(not(feature = "kafka"))]
fn create(config: &Config, _: &TopicsCreate) -> Result<u8, Failure> {
    of_cluster(config).map(|_| exit::DONE)
}
