//! Nothing lost, nothing twice: the program is stopped, started and killed while its feeds change.

use crate::harness::{Daemon, Entry, Reply, Site, rss, wait_for};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime},
};

/// A feed whose items change; version `v` of an item is replaced only when it was seen on the topic, since what a
/// publisher takes back between two polls cannot be observed.
struct Ledger {
    versions: Vec<u32>,
}

impl Ledger {
    fn serve(&self, site: &Site) {
        let texts: Vec<(String, String, String)> = self
            .versions
            .iter()
            .enumerate()
            .map(|(item, version)| {
                (format!("guid-{item}"), format!("Story {item} take {version}"), text(item, *version))
            })
            .collect();
        let entries: Vec<Entry<'_>> = texts
            .iter()
            .map(|(guid, title, text)| Entry {
                guid,
                title,
                link: site.server.url(&format!("/story/{guid}")),
                description: text,
                published: "Tue, 06 Oct 2020 12:05:00 GMT",
            })
            .collect();
        site.server.serve("/load.xml", Reply::rss(rss("Load", &entries)));
    }

    /// The takes of each item that are on the topic, in topic order.
    fn published(articles: &[Value]) -> BTreeMap<String, Vec<(u64, u32)>> {
        let mut published: BTreeMap<String, Vec<(u64, u32)>> = BTreeMap::new();
        for article in articles {
            let take = article["headline"].as_str().unwrap().rsplit(' ').next().unwrap().parse().unwrap();
            let revision = article["revision"].as_u64().unwrap();
            published.entry(article["guid"].as_str().unwrap().to_owned()).or_default().push((revision, take));
        }
        published
    }

    fn is_complete(&self, articles: &[Value]) -> bool {
        let published = Self::published(articles);
        self.versions.iter().enumerate().all(|(item, version)| {
            published.get(&format!("guid-{item}")).is_some_and(|takes| takes.iter().any(|(_, take)| take == version))
        })
    }

    /// Every take once, revisions without gaps, in order.
    fn check(&self, articles: &[Value]) {
        let published = Self::published(articles);
        assert_eq!(published.len(), self.versions.len(), "items lost or invented");
        for (item, version) in self.versions.iter().enumerate() {
            let expected: Vec<(u64, u32)> = (1..=*version).map(|take| (u64::from(take), take)).collect();
            assert_eq!(published[&format!("guid-{item}")], expected, "item {item}");
        }
    }
}

/// Words that differ from story to story and from take to take.
fn text(item: usize, version: u32) -> String {
    let words =
        ["harbour", "bridge", "school", "museum", "library", "station", "theatre", "market", "garden", "stadium"];
    let mut random = Random(item as u64 * 7919 + u64::from(version) * 104_729 + 1);
    let chosen: Vec<&str> = (0..25).map(|_| words[random.below(words.len() as u64) as usize]).collect();
    format!("The town council of district {item} met for take {version} about the {}.", chosen.join(" and the "))
}

/// A generator whose seed the test prints (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }
}

/// Kills the daemon at random moments under load, and compares the topic with the ledger at the end.
pub fn survives_kills(site: &Site, kills: u32, read: &dyn Fn(&str) -> Vec<Value>) {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as u64;
    let seed = now ^ COUNT.fetch_add(1, Ordering::Relaxed);
    eprintln!("seed {seed}");
    let mut random = Random(seed | 1);
    site.feed("load", "language = \"en\"\nbackfill = \"all\"");
    let mut ledger = Ledger { versions: Vec::new() };
    for _ in 0..kills {
        let published = Ledger::published(&read("articles.v1"));
        for (item, version) in ledger.versions.iter_mut().enumerate() {
            let seen = published
                .get(&format!("guid-{item}"))
                .is_some_and(|takes| takes.iter().any(|(_, take)| take == version));
            if seen && random.below(3) == 0 {
                *version += 1;
            }
        }
        for _ in 0..5 + random.below(20) {
            ledger.versions.push(1);
        }
        ledger.serve(site);
        let daemon = site.spawn();
        thread::sleep(Duration::from_millis(50 + random.below(1500)));
        daemon.kill();
    }
    let daemon = site.spawn();
    wait_for(Duration::from_secs(60), "every take to be published", || {
        ledger.is_complete(&read("articles.v1")).then_some(())
    });
    stops_cleanly(daemon);
    ledger.check(&read("articles.v1"));
}

/// SIGTERM: exit 0 within 10 s.
pub fn stops_cleanly(daemon: Daemon) {
    let (code, took) = daemon.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(10), "took {took:?}");
}

#[test]
fn kill_9_under_load_loses_and_doubles_nothing() {
    let site = Site::new();
    survives_kills(&site, 8, &|suffix| site.topic(suffix));
    let log = site.log();
    assert!(!log.contains("panicked"), "{log}");
}

#[test]
fn a_second_daemon_on_one_directory_is_refused() {
    let site = Site::new();
    site.feed("load", "");
    Ledger { versions: vec![1] }.serve(&site);
    let daemon = site.spawn();
    wait_for(Duration::from_secs(20), "the first record", || (!site.topic("articles.v1").is_empty()).then_some(()));
    let second = site.once();
    assert!(!second.status.success());
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(said.contains("another") || said.contains("in use"), "{said}");
    stops_cleanly(daemon);
}

#[test]
fn validators_are_sent_and_a_304_says_nothing() {
    let site = Site::new();
    site.feed("load", "backfill = \"all\"");
    let ledger = Ledger { versions: vec![1, 1, 1] };
    ledger.serve(&site);
    assert!(site.once().status.success());
    assert!(site.once().status.success());
    let requests = site.server.requests("/load.xml");
    assert_eq!(requests.len(), 2);
    assert!(requests[0].header("if-none-match").is_none());
    assert!(requests[1].header("if-none-match").is_some());
    assert!(requests[1].header("user-agent").unwrap().starts_with("dateline/"));
    ledger.check(&site.topic("articles.v1"));
}
