//! The past is published again from the intake: each revision once in each generation, with the ids that it had, also
//! when the replay is killed; afterwards the daemon goes on with the next number.

use crate::harness::{Entry, Reply, Site, finished, rss};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    os::unix::process::ExitStatusExt as _,
    process::Output,
};

/// A record as a reader of either sink has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    pub id: String,
    pub generation: u64,
    pub value: Value,
}

/// Everything that readers read of a topic under a prefix, by its suffix.
pub type Reader<'a> = dyn Fn(&str, &str) -> Vec<Read> + 'a;

const TOPICS: [&str; 4] = ["articles.v1", "covid-stats.v1", "stories.v1", "feed-status.v1"];

/// By `ce_id`, of one generation; each once.
#[track_caller]
fn generation(read: &Reader<'_>, prefix: &str, number: u64) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    for topic in TOPICS {
        for record in read(prefix, topic).into_iter().filter(|record| record.generation == number) {
            let doubled = found.insert(format!("{topic} {}", record.id), record.value);
            assert!(doubled.is_none(), "{} comes twice in generation {number}", record.id);
        }
    }
    found
}

fn tell(site: &Site, feed: &str, stories: &[(&str, &str)]) {
    let entries: Vec<Entry<'_>> = stories
        .iter()
        .map(|(guid, text)| Entry {
            guid,
            title: "Norway and the virus",
            link: site.server.url(&format!("/{feed}/{guid}")),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    site.server.serve(&format!("/{feed}.xml"), Reply::rss(rss("Invented Wire", &entries)));
}

pub fn figures(deaths: u32) -> String {
    format!(
        "OSLO, October 6. Norway has reported {deaths} deaths from COVID-19 in total, the health ministry of the country \
         said on Tuesday evening. The borders to the east stay closed for another month, its minister added."
    )
}

const HARBOUR: &str = "TROMSO, October 6. The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";

/// Two feeds with an original that is corrected once, its copy, and a story beside them.
pub fn told(site: &Site) {
    for feed in ["first", "second"] {
        site.feed(feed, "language = \"en\"\nbackfill = \"all\"");
    }
    tell(site, "first", &[("norway", &figures(17))]);
    tell(site, "second", &[("harbour", HARBOUR)]);
    succeeds(&site.once());
    tell(site, "second", &[("copy", &figures(17)), ("harbour", HARBOUR)]);
    succeeds(&site.once());
    corrected(site, 19);
}

/// The original is corrected.
pub fn corrected(site: &Site, deaths: u32) {
    correct(site, deaths);
    succeeds(&site.once());
}

/// The same, without anybody who looks.
pub fn correct(site: &Site, deaths: u32) {
    tell(site, "first", &[("norway", &figures(deaths))]);
}

#[track_caller]
pub fn succeeds(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{:?}\n{said}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    said
}

fn replay(site: &Site, options: &[&str]) -> String {
    succeeds(&finished(site.command("replay").args(options)))
}

/// The whole way of a replay, over either sink. `prefix` is what the site publishes to.
pub fn way_of_a_replay(site: &Site, prefix: &str, read: &Reader<'_>) {
    told(site);
    let first = generation(read, prefix, 0);
    assert_eq!(first.keys().filter(|id| id.starts_with("articles")).count(), 4, "{:?}", first.keys());
    assert!(first.keys().filter(|id| id.starts_with("covid")).count() >= 2, "{:?}", first.keys());

    let said = replay(site, &["--dry-run"]);
    assert!(said.contains("first: 2 revisions") && said.contains("nothing is published"), "{said}");
    assert!(generation(read, prefix, 1).is_empty());

    let said = replay(site, &[]);
    assert!(said.contains("generation 1"), "{said}");
    assert_eq!(generation(read, prefix, 1), first, "the same ids with the same values");
    succeeds(&site.once());
    assert_eq!(generation(read, prefix, 1), first, "unchanged feeds say nothing");

    // A correction goes on with the number, takes back the newest claim, and is of the generation that readers hold.
    corrected(site, 21);
    let mut with_correction = generation(read, prefix, 1);
    with_correction.retain(|id, _| !first.contains_key(id));
    let article = with_correction.iter().find(|(id, _)| id.starts_with("articles")).unwrap().1;
    assert_eq!((&article["revision"], &article["supersedes"]), (&3.into(), &2.into()));
    let claim = with_correction.iter().find(|(id, _)| id.starts_with("covid")).unwrap().1;
    assert_eq!((&claim["op"], &claim["value"], &claim["supersedes"]), (&"assert".into(), &21.into(), &2.into()));

    // Killed after its first transaction, it is run again: another generation, and that one is whole.
    let mut small = site.command("replay");
    small.args(["--set", "publish.max_batch=1KiB"]).env("FAILPOINTS", "replay=1*off->return");
    let killed = finished(&mut small);
    assert_eq!(killed.status.signal(), Some(6), "{}", String::from_utf8_lossy(&killed.stderr));
    let torn = generation(read, prefix, 2);
    assert!(!torn.is_empty() && torn.len() < first.len() + 2, "{:?}", torn.keys());
    succeeds(&site.once());
    assert_eq!(generation(read, prefix, 2), torn, "the daemon finds nothing to do");
    replay(site, &["--set", "publish.max_batch=1KiB"]);
    let mut all = first.clone();
    all.extend(with_correction.clone());
    assert_eq!(generation(read, prefix, 3), all);

    // One feed alone: its revisions, and nothing of the other's but the story that they share.
    let said = replay(site, &["--feed", "second"]);
    assert!(said.contains("second: 2 revisions"), "{said}");
    let second: BTreeSet<String> = generation(read, prefix, 4).into_keys().collect();
    let of_feed: BTreeSet<String> = all.keys().filter(|id| id.contains(" second")).cloned().collect();
    assert!(second.is_superset(&of_feed), "{second:?} {of_feed:?}");
    let others = |id: &&String| !id.contains(" second");
    assert_eq!(second.iter().find(others), None);

    // To another prefix, once.
    let copy = format!("{prefix}.copy");
    assert!(replay(site, &["--to-prefix", &copy]).contains(&copy));
    assert_eq!(generation(read, &copy, 0), all);
    replay(site, &["--to-prefix", &copy]);
    assert_eq!(generation(read, &copy, 0), all, "what is there is left as it is");
    assert!(generation(read, prefix, 5).is_empty());
    corrected(site, 25);
    let next = generation(read, prefix, 4);
    assert!(
        next.iter().any(|(id, article)| id.starts_with("articles") && article["revision"] == 4),
        "{:?}",
        next.keys()
    );
}

#[test]
fn what_the_journal_published_comes_again_in_a_generation_of_its_own() {
    let site = Site::new();
    let read = |prefix: &str, suffix: &str| {
        let records = site.topic_of(prefix, suffix).into_iter();
        let read = |mut value: Value| {
            let meta = value.as_object_mut().unwrap().remove("_meta").unwrap();
            Read {
                id: meta["ce_id"].as_str().unwrap().to_owned(),
                generation: meta["generation"].as_u64().unwrap(),
                value,
            }
        };
        records.map(read).collect()
    };
    way_of_a_replay(&site, "wire", &read);
}

#[test]
fn a_replay_beside_the_daemon_or_of_nothing_is_refused() {
    let site = Site::new();
    site.feed("first", "");
    let nothing = finished(&mut site.command("replay"));
    assert_eq!(nothing.status.code(), Some(66));
    tell(&site, "first", &[("harbour", HARBOUR)]);
    succeeds(&site.once());
    let unknown = finished(site.command("replay").args(["--dry-run", "--feed", "third"]));
    assert_eq!(unknown.status.code(), Some(66));
    let same = finished(site.command("replay").args(["--to-prefix", "wire"]));
    assert_eq!(same.status.code(), Some(2));
    // Not asked of the replay itself, which would hold the directory while the daemon starts.
    let daemon = site.spawn();
    crate::harness::wait_for(std::time::Duration::from_secs(60), "the daemon to poll", || {
        (site.server.requests("/first.xml").len() > 1).then_some(())
    });
    let beside = finished(site.command("replay").arg("--dry-run"));
    assert_eq!(beside.status.code(), Some(75), "{}", String::from_utf8_lossy(&beside.stderr));
    daemon.kill();
}
