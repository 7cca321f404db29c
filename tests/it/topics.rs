//! What `dateline topics` says of the topics is what stands in them, in files and at a broker, and what is missing there
//! is created.

use crate::{
    harness::{Site, dateline, finished},
    replay::{self, succeeds},
};
use serde_json::Value;
use std::process::Output;

fn topics(site: &Site, arguments: &[&str]) -> Output {
    finished(dateline().arg("topics").args(arguments).arg("--config").arg(site.path("dateline.toml")))
}

fn listed(site: &Site) -> Vec<Value> {
    serde_json::from_str(&succeeds(&topics(site, &["list", "--format", "json"]))).unwrap()
}

fn row<'r>(rows: &'r [Value], suffix: &str) -> &'r Value {
    rows.iter().find(|row| row["name"].as_str().unwrap().ends_with(suffix)).unwrap()
}

#[test]
fn topic_files_are_listed_with_what_they_hold() {
    let site = Site::new();
    site.settings("[publish.journal]\nmax_file = \"4KiB\"\n");
    replay::told(&site);
    let articles = site.topic("articles.v1");
    let rows = listed(&site);
    assert_eq!(rows.len(), 6);
    let listed = row(&rows, "articles.v1");
    assert_eq!((&listed["records"], &listed["ends"][0]), (&articles.len().into(), &articles.len().into()));
    assert_eq!(listed["newest"], articles.last().unwrap()["_meta"]["ce_time"]);
    assert!(listed["files"].as_u64().unwrap() > 1 && listed["bytes"].as_u64().unwrap() > 4096, "{listed}");
    assert_eq!((&row(&rows, "dead-letters.v1")["records"], &listed["kind"]), (&0.into(), &"article/1".into()));
    let table = succeeds(&topics(&site, &["list"]));
    assert!(table.contains("wire.articles.v1") && table.contains("item id") && table.contains("30d"), "{table}");
    assert!(succeeds(&topics(&site, &["create"])).contains("by itself"));

    let empty = Site::new();
    empty.feed("first", "");
    drop(empty.command("topics"));
    assert_eq!(topics(&empty, &["list"]).status.code(), Some(66));
}

#[cfg(feature = "kafka")]
#[test]
fn topics_of_a_broker_are_created_and_listed() {
    use rdkafka::{
        ClientConfig,
        admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
        client::DefaultClientContext,
    };
    let Some(broker) = crate::kafka_broker::shared() else { return };
    let (site, prefix) = crate::crash_kafka::deployment(&broker.address());
    site.feed_at("third", "https://wire.example/rss", "enabled = false");
    drop(site.command("topics"));
    assert_eq!(topics(&site, &["list"]).status.code(), Some(66));
    let said = succeeds(&topics(&site, &["create", "--dry-run"]));
    assert_eq!(said.matches("is missing and would be created").count(), 7, "{said}");
    assert_eq!(broker.partitions(&format!("{prefix}.articles.v1")), 0, "nothing was created");

    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker.address()).create().unwrap();
    let events = format!("{prefix}.events.v1");
    let other = NewTopic::new(&events, 2, TopicReplication::Fixed(1)).set("cleanup.policy", "compact");
    let creating = admin.create_topics([&other], &AdminOptions::new());
    futures::executor::block_on(creating).unwrap()[0].as_ref().unwrap();
    for verb in [["create", "--dry-run"].as_slice(), &["create"], &["create"]] {
        let output = topics(&site, verb);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains("events.v1 has 2 partitions") && said.contains("cleanup.policy=compact"), "{said}");
    }
    let said = topics(&site, &["create"]);
    assert_eq!(String::from_utf8_lossy(&said.stdout).matches(": is there").count(), 6);
    let rows = listed(&site);
    for (suffix, cleanup, partitions) in [
        ("articles.v1", "delete", 6),
        ("stories.v1", "compact", 6),
        ("state.v1", "compact", 1),
        ("events.v1", "compact", 2),
    ] {
        let row = row(&rows, suffix);
        assert_eq!((&row["cleanup"], &row["partitions"]), (&cleanup.into(), &partitions.into()), "{row}");
        assert_eq!((&row["replicas"], &row["min_insync_replicas"], &row["records"]), (&1.into(), &1.into(), &0.into()));
        assert!(row["newest"].is_null());
    }

    replay::told(&site);
    let read = broker.read(&format!("{prefix}.articles.v1"));
    let rows = listed(&site);
    let articles = row(&rows, "articles.v1");
    assert_eq!(articles["newest"].as_str(), read.iter().map(|read| read.headers["ce_time"].as_str()).max());
    assert!(articles["records"].as_u64().unwrap() >= read.len() as u64, "{articles}");

    // Before workers run; what readers read is there already.
    let said = topics(&site, &["create", "--roles"]);
    assert_eq!(String::from_utf8_lossy(&said.stdout).matches(": created").count(), 6);
    let rows = listed(&site);
    assert_eq!(rows.len(), 13);
    for (suffix, cleanup, partitions) in [
        (".feeds.v1", "compact", 12),
        (".raw.v1", "delete", 12),
        (".dedup-state.v1", "compact", 12),
        (".workers.v1", "compact", 1),
    ] {
        let row = row(&rows, suffix);
        assert_eq!((&row["cleanup"], &row["partitions"]), (&cleanup.into(), &partitions.into()), "{row}");
    }
}
