//! From the journal to a real broker: records as they were, nothing doubled by kills, and the daemon goes on.

use crate::{
    harness::{Site, finished},
    kafka_broker::{self, Broker},
    replay::{Read, correct, corrected, succeeds, told, way_of_a_replay},
};
use dateline::{
    model::{Record, Topic},
    publish::archive::{Archive, Damage},
};
use std::{collections::BTreeMap, os::unix::process::ExitStatusExt as _, process::Command};

/// The settings of the broker for a site that publishes to the journal.
fn to_broker(command: &mut Command, broker: &Broker, prefix: &str) {
    for set in [
        format!("publish.kafka.bootstrap_servers={}", broker.address()),
        format!("publish.kafka.transactional_id={prefix}-1"),
        "publish.max_batch=2KiB".to_owned(),
    ] {
        command.args(["--set", &set]);
    }
}

fn on_kafka(site: &Site, broker: &Broker, prefix: &str) {
    let mut command = site.command("run");
    to_broker(&mut command, broker, prefix);
    succeeds(&finished(command.args(["--once", "--set", "publish.to=kafka"])));
}

/// The records of the topic files, oldest first.
fn in_files(site: &Site, prefix: &str, topic: Topic) -> Vec<Record> {
    let mut archive = Archive::open(&site.path("data/topics"), prefix, topic, 0).unwrap();
    let mut records = Vec::new();
    while let Some((number, record)) = archive.next_record().unwrap() {
        assert_eq!(number, records.len() as u64);
        records.push(record);
    }
    assert_eq!(archive.damage, Damage::default());
    records
}

type Plain = (String, BTreeMap<String, String>, Option<Vec<u8>>);

/// Key, headers and value, in order within each key.
fn plain(records: impl Iterator<Item = Plain>) -> BTreeMap<String, Vec<Plain>> {
    let mut by_key: BTreeMap<String, Vec<Plain>> = BTreeMap::new();
    records.for_each(|record| by_key.entry(record.0.clone()).or_default().push(record));
    by_key
}

fn compare(site: &Site, broker: &Broker, prefix: &str) -> usize {
    let mut count = 0;
    for topic in Topic::PUBLIC {
        let files = in_files(site, prefix, topic).into_iter();
        let files = plain(files.map(|record| (record.key, record.headers.into_iter().collect(), record.value)));
        let read = broker.read(&topic.name(prefix)).into_iter();
        let read = plain(read.map(|record| (record.key, record.headers, record.bytes)));
        assert_eq!(read.keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>(), "{topic:?}");
        for (key, records) in &files {
            assert_eq!(read[key], *records, "{topic:?} {key}");
            count += records.len();
        }
    }
    count
}

/// A site with some history in several files.
fn journal() -> (Site, String) {
    let site = Site::new();
    let prefix = format!("m{}", uuid::Uuid::new_v4().simple());
    site.settings(&format!("[publish]\ntopic_prefix = \"{prefix}\"\n[publish.journal]\nmax_file = \"4KiB\"\n"));
    told(&site);
    (site, prefix)
}

#[test]
fn a_journal_moves_to_a_broker_and_nothing_is_doubled_or_taken_for_new() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = journal();
    for transactions in [0, 1, 2] {
        let mut moving = site.command("migrate");
        to_broker(&mut moving, broker, &prefix);
        let killed = finished(moving.env("FAILPOINTS", format!("migrate={transactions}*off->return")));
        assert_eq!(killed.status.signal(), Some(6), "{}", String::from_utf8_lossy(&killed.stderr));
    }
    // Half moved it belongs to neither.
    let mut run = site.command("run");
    to_broker(&mut run, broker, &prefix);
    let refused = finished(run.args(["--once", "--set", "publish.to=kafka"]));
    assert_eq!(refused.status.code(), Some(78), "{}", String::from_utf8_lossy(&refused.stderr));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("dateline migrate"));
    let mut moving = site.command("migrate");
    to_broker(&mut moving, broker, &prefix);
    let killed = finished(moving.env("FAILPOINTS", "migrate-marked=return"));
    assert_eq!(killed.status.signal(), Some(6), "{}", String::from_utf8_lossy(&killed.stderr));
    let mut moving = site.command("migrate");
    to_broker(&mut moving, broker, &prefix);
    assert!(succeeds(&finished(&mut moving)).contains("the broker's already"));
    assert!(compare(&site, broker, &prefix) > 8);
    assert!(!site.path("data/migration").exists());

    // The same feeds: nothing new. The journal is refused with words.
    on_kafka(&site, broker, &prefix);
    compare(&site, broker, &prefix);
    let refused = site.once();
    assert_eq!(refused.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("published to Kafka"));

    // A correction goes on where the journal stopped, with headers like those that were moved.
    let before = broker.read(&format!("{prefix}.articles.v1"));
    site.settings(&format!(
        "[publish.kafka]\nbootstrap_servers = \"{}\"\ntransactional_id = \"{prefix}-1\"\n",
        broker.address()
    ));
    let settings = site.settings.lock().unwrap().replace("[publish]\n", "[publish]\nto = \"kafka\"\n");
    *site.settings.lock().unwrap() = settings;
    corrected(&site, 23);
    let articles = broker.read(&format!("{prefix}.articles.v1"));
    assert_eq!(articles.len(), before.len() + 1);
    let names = |read: &kafka_broker::Read| read.headers.keys().cloned().collect::<Vec<String>>();
    let corrected = articles.iter().find(|read| read.json()["revision"] == 3).unwrap();
    assert!(articles.iter().all(|read| names(read) == names(corrected)));
    let claims = broker.read(&format!("{prefix}.covid-stats.v1"));
    let claim = claims.iter().map(kafka_broker::Read::json).find(|claim| claim["revision"] == 3).unwrap();
    assert_eq!((&claim["value"], &claim["supersedes"]), (&23.into(), &2.into()));
}

#[test]
fn the_state_alone_is_enough_to_go_on_and_missing_files_are_told() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = journal();
    let mut moving = site.command("migrate");
    to_broker(&mut moving, broker, &prefix);
    let killed = finished(moving.arg("--state-only").env("FAILPOINTS", "migrate=1*off->return"));
    assert_eq!(killed.status.signal(), Some(6), "{}", String::from_utf8_lossy(&killed.stderr));
    // The journal goes on meanwhile: what is over there already is moved once more.
    corrected(&site, 21);
    let mut moving = site.command("migrate");
    to_broker(&mut moving, broker, &prefix);
    succeeds(&finished(moving.arg("--state-only")));
    on_kafka(&site, broker, &prefix);
    let articles = || broker.read(&format!("{prefix}.articles.v1"));
    assert!(articles().is_empty(), "nothing is taken for new");
    correct(&site, 25);
    on_kafka(&site, broker, &prefix);
    assert_eq!(articles().iter().map(|read| read.headers["rev"].as_str()).collect::<Vec<_>>(), ["4"]);

    let (site, prefix) = journal();
    let files = std::fs::read_dir(site.path("data/topics")).unwrap().map(|entry| entry.unwrap().path());
    let aside = files.filter(|path| path.to_str().unwrap().contains("articles.v1.2")).min().unwrap();
    std::fs::remove_file(aside).unwrap();
    let mut moving = site.command("migrate");
    to_broker(&mut moving, broker, &prefix);
    let told = finished(&mut moving);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("are in no file"));
    on_kafka(&site, broker, &prefix);
}

#[test]
fn what_kafka_published_comes_again_in_a_generation_of_its_own() {
    let Some(broker) = kafka_broker::shared() else { return };
    let site = Site::new();
    let prefix = format!("r{}", uuid::Uuid::new_v4().simple());
    site.settings(&format!(
        "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{}\"\n\
         transactional_id = \"{prefix}-1\"\n",
        broker.address()
    ));
    let read = |prefix: &str, suffix: &str| {
        let read = |record: &kafka_broker::Read| Read {
            id: record.headers["ce_id"].clone(),
            generation: record.headers["generation"].parse().unwrap(),
            value: record.json(),
        };
        broker.read(&format!("{prefix}.{suffix}")).iter().map(read).collect()
    };
    way_of_a_replay(&site, &prefix, &read);
}
