//! What lies in the dead letters is listed and shown, and comes out of the topics after all once it was handed back: each
//! thing once, also over kills, and nothing old after what is newer.

use crate::{
    audit::audit,
    harness::{Entry, Reply, Site, dateline, finished, lines, rss},
    replay::{figures, succeeds},
};
use serde_json::Value;
use std::{
    os::unix::process::ExitStatusExt as _,
    process::{Command, Output},
};

const HARBOUR: &str = "TROMSO, October 6. The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";

fn tell(site: &Site, stories: &[(&str, &str)]) {
    let entries: Vec<Entry<'_>> = stories
        .iter()
        .map(|(guid, text)| Entry {
            guid,
            title: "From the north",
            link: site.server.url(&format!("/{guid}")),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    site.server.serve("/wire.xml", Reply::rss(rss("Invented Wire", &entries)));
}

/// Polls once with a room that gives up once.
fn broken(site: &Site, stage: &str) {
    finished(site.command("run").arg("--once").env("FAILPOINTS", format!("{stage}=1*panic")));
}

fn dlq(site: &Site, arguments: &[&str]) -> Command {
    let mut command = dateline();
    command.arg("dlq").args(arguments).arg("--config").arg(site.path("dateline.toml"));
    command
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The letters as they are listed.
fn letters(site: &Site, filter: &[&str]) -> Vec<Value> {
    let arguments: Vec<&str> = ["list", "--format", "ndjson"].iter().chain(filter).copied().collect();
    lines(succeeds(&finished(&mut dlq(site, &arguments))).as_bytes())
}

fn position(letter: &Value) -> &str {
    letter["position"].as_str().unwrap()
}

/// Re-drives; what is said and the exit code.
fn redrive(site: &Site, arguments: &[&str]) -> (String, Option<i32>) {
    let arguments: Vec<&str> = ["redrive"].iter().chain(arguments).copied().collect();
    let output = finished(&mut dlq(site, &arguments));
    (said(&output), output.status.code())
}

/// The whole way over either sink; `articles` reads what readers read.
pub fn way_of_dead_letters(site: &Site, articles: &dyn Fn() -> Vec<Value>) {
    let revisions = || -> Vec<String> {
        let mut found: Vec<String> = articles()
            .iter()
            .map(|article| format!("{} {}", article["guid"].as_str().unwrap(), article["revision"]))
            .collect();
        found.sort();
        found
    };
    site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    tell(site, &[("harbour", HARBOUR)]);
    broken(site, "parse");
    // The document is gone before anybody could read it.
    tell(site, &[("norway", &figures(17))]);
    broken(site, "extract");
    assert!(articles().is_empty());

    let listed = letters(site, &[]);
    assert_eq!(listed.len(), 2, "{listed:?}");
    let document = letters(site, &["--code", "parser_failed", "--feed", "wire"]).remove(0);
    let item = letters(site, &["--code", "panic", "--limit", "1", "--since", "1h"]).remove(0);
    assert_eq!((&document["stage"], &document["feed"]), (&"parse".into(), &"wire".into()));
    assert!(item["stage"] == "extract" && item["key"].as_str().unwrap().starts_with("wire:"), "{item}");
    assert!(letters(site, &["--feed", "other"]).is_empty());
    let table = succeeds(&finished(&mut dlq(site, &["list"])));
    assert!(table.contains("parser_failed") && table.contains("wire"), "{table}");
    let raw = finished(&mut dlq(site, &["show", "--raw", position(&document)]));
    assert!(raw.stdout.starts_with(b"<?xml") && said(&raw).contains("twelve ships"));
    let shown = succeeds(&finished(&mut dlq(site, &["show", position(&item)])));
    for part in ["__connect.errors.stage: extract", "__connect.errors.partition: -1", "attempts: 1", "\"norway\""] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }

    // Killed before it is durable, then after: it lies on the doorstep once.
    for points in ["redrive=return", "redrive=1*off->return"] {
        let killed = finished(dlq(site, &["redrive", position(&item)]).env("FAILPOINTS", points));
        assert_eq!(killed.status.signal(), Some(6), "{}", said(&killed));
    }
    let (words, code) = redrive(site, &["--all"]);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("1 on the doorstep, 0 left out") && words.contains("was re-driven before"), "{words}");
    let once = ["harbour 1", "norway 1"];
    succeeds(&site.once());
    assert_eq!(revisions(), once);
    let (words, code) = redrive(site, &["--all"]);
    assert!(code == Some(0) && words.contains("0 on the doorstep, 0 left out"), "{words}");
    succeeds(&site.once());
    assert_eq!(revisions(), once, "nothing comes twice");

    // What is longer than a letter is taken whole from the intake log.
    let long = format!("{}\n{}", figures(19), "The ice is thick and the wind is cold. ".repeat(2_000));
    tell(site, &[("norway", &long)]);
    broken(site, "extract");
    let cut = letters(site, &["--code", "panic"]).into_iter().find(|letter| letter["bytes"] != letter["total_bytes"]);
    let (words, code) = redrive(site, &[position(&cut.unwrap())]);
    assert_eq!(code, Some(0), "{words}");
    succeeds(&site.once());
    assert_eq!(revisions(), ["harbour 1", "norway 1", "norway 2"]);
    let whole = articles().into_iter().find(|article| article["revision"] == 2).unwrap();
    assert!(whole["body"].as_str().unwrap().len() > 70_000);

    // Nothing old comes after what is newer.
    tell(site, &[("norway", &figures(21))]);
    broken(site, "clean");
    tell(site, &[("norway", &figures(23))]);
    succeeds(&site.once());
    let before = revisions();
    assert!(before.contains(&"norway 3".to_owned()), "{before:?}");
    let stale = letters(site, &[]).into_iter().find(|letter| letter["stage"] == "clean").unwrap();
    let (words, code) = redrive(site, &[position(&stale)]);
    assert!(code == Some(1) && words.contains("something newer"), "{words}");
    succeeds(&site.once());
    assert_eq!(revisions(), before);
    let (words, code) = redrive(site, &["no-such-letter"]);
    assert_eq!(code, Some(66), "{words}");

    let (code, document) = audit(&["--config", site.path("dateline.toml").to_str().unwrap()]);
    assert_eq!((code, &document["holds"]), (0, &Value::Bool(true)), "{document:#}");
}

#[test]
fn dead_letters_of_the_journal_are_handed_back_once() {
    let site = Site::new();
    way_of_dead_letters(&site, &|| site.topic("articles.v1"));
    // A replay tells the same revisions, each under its number, whether it was re-driven or not.
    finished(&mut site.command("replay"));
    let of = |generation: u64| {
        let mut found: Vec<(String, Value)> = (site.topic("articles.v1").into_iter())
            .filter(|article| article["_meta"]["generation"] == generation)
            .map(|article| (article["_meta"]["ce_id"].to_string(), article["body"].clone()))
            .collect();
        found.sort_by(|one, other| one.0.cmp(&other.0));
        found
    };
    assert_eq!((of(0).len(), of(1)), (4, of(0)));
    assert!(redrive(&site, &["--all", "--code", "panic"]).0.contains("0 on the doorstep"));
    assert_eq!(audit(&["--config", site.path("dateline.toml").to_str().unwrap()]).0, 0);
    // Not beside the daemon, which would not look there again.
    let daemon = site.spawn();
    let polls = site.server.requests("/wire.xml").len();
    crate::harness::wait_for(std::time::Duration::from_secs(60), "the daemon to poll", || {
        (site.server.requests("/wire.xml").len() > polls).then_some(())
    });
    assert_eq!(redrive(&site, &["--all"]).1, Some(75));
    assert!(letters(&site, &[]).len() > 2, "they are listed beside it");
    daemon.kill();
}

#[cfg(feature = "kafka")]
#[test]
fn dead_letters_of_a_broker_are_handed_back_once() {
    let Some(broker) = crate::kafka_broker::shared() else { return };
    let (site, prefix) = crate::crash_kafka::deployment(&broker.address());
    way_of_dead_letters(&site, &|| broker.values_in_order(&format!("{prefix}.articles.v1")));
}
