//! A13: the configuration is read anew under load. Feeds that stay lose and repeat nothing, a bad file changes nothing,
//! and every way of replacing a file is seen.

use crate::{
    disk::{Watched, count},
    harness::{Entry, Reply, Site, dateline, rss, wait_for},
    oracle::{Campaign, TopicFiles, campaign::signal, script::MOODY},
};
use std::{
    fs,
    os::unix::fs::symlink,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(30);

/// What becomes of a configuration that is read anew.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Holds,
    Refused,
}
use Outcome::{Holds, Refused};

#[test]
fn a_hundred_reloads_under_load_lose_and_double_nothing() {
    let site = Site::new();
    "[status]\nlisten = \"127.0.0.1:0\"\n".clone_into(&mut site.settings.lock().unwrap());
    let mut campaign = Campaign::new(&site, TopicFiles::new(&site.path("data")));
    campaign.start();
    let (feeds, main) = (site.path("feeds.toml"), site.path("dateline.toml"));
    let (all, settings) = (fs::read_to_string(&feeds).unwrap(), fs::read_to_string(&main).unwrap());
    assert!(settings.contains("[fetch]\n"), "the load says how it is fetched");
    let guest = format!(
        "[[feed]]\nid = \"guest\"\nurl = \"{}\"\nallow = [\"{}\"]\ninterval = \"50ms\"\n",
        site.server.url("/guest.xml"),
        site.server.authority()
    );
    site.server.serve("/guest.xml", Reply::rss(rss("Guest", &[])));
    let without_moody: String =
        all.split_inclusive("[[feed]]\n").filter(|block| !block.contains(&format!("id = \"{MOODY}\""))).collect();
    campaign.work_until(PATIENCE, "the load to begin", |campaign| (campaign.attached.items() > 0).then_some(()));

    let mut pauses = Vec::new();
    for number in 0..count("DATELINE_FAULTS_RELOADS", 100) {
        let (text, expected) = match number % 6 {
            0 => (format!("{all}{guest}"), Holds),
            1 => (without_moody.clone(), Holds),
            2 => (all.replace("200ms", "60ms"), Holds),
            3 => ("[[feed]\nid = ".to_owned(), Refused),
            4 => (format!("{guest}{}", all.replace("language = \"en\"", "agency = \"Norwire\"")), Holds),
            _ => (all.clone(), Holds),
        };
        // Every second time what all feeds are polled with changes as well.
        fs::write(&main, settings.replace("[fetch]\n", &format!("[fetch]\njitter = 0.{}\n", number % 2))).unwrap();
        fs::write(&feeds, text).unwrap();
        pauses.push(reload(&site, &mut campaign, expected));
        let between = campaign.random.between(Duration::from_millis(10), Duration::from_millis(150));
        campaign.work(between);
    }
    fs::write(&feeds, &all).unwrap();
    reload(&site, &mut campaign, Holds);
    assert!(!site.server.requests("/guest.xml").is_empty(), "the feed that came and went was polled");
    pauses.sort_unstable();
    eprintln!("{} reloads, p50 {:?}, most {:?}", pauses.len(), pauses[pauses.len() / 2], pauses[pauses.len() - 1]);
    campaign.note("reloads");
    campaign.settle();
}

/// SIGHUP; returns how long it took until the status page said what became of it.
fn reload(site: &Site, campaign: &mut Campaign<'_>, expected: Outcome) -> Duration {
    let told = || {
        let answer = site.ask("/api/v1/status");
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        let status: serde_json::Value = serde_json::from_str(body).unwrap();
        let configuration = &status["configuration"];
        match expected {
            Holds => configuration["reloads"].clone(),
            Refused => configuration["refused_at"].clone(),
        }
    };
    let before = told();
    let asked = Instant::now();
    signal("HUP", campaign.daemon().child.id());
    campaign.work_until(PATIENCE, &format!("a reload that is {expected:?}"), |_| (told() != before).then_some(()));
    asked.elapsed()
}

/// A directory as Kubernetes mounts a configuration map: names lead to `..data`, which leads to one of its versions.
struct Mount<'a> {
    site: &'a Site,
    versions: u32,
}

impl Mount<'_> {
    fn swap(&mut self, feeds: &str) {
        self.versions += 1;
        let at = |name: &str| self.site.path("mount").join(name);
        let version = format!("..{}", self.versions);
        fs::create_dir_all(at(&version)).unwrap();
        fs::write(at(&version).join("feeds.toml"), feeds).unwrap();
        symlink(&version, at("..data_tmp")).unwrap();
        fs::rename(at("..data_tmp"), at("..data")).unwrap();
        if self.versions == 1 {
            symlink("..data/feeds.toml", at("feeds.toml")).unwrap();
        }
    }
}

#[test]
fn a_swapped_link_takes_effect_and_a_bad_one_is_refused_whole() {
    let site = Site::new();
    for id in ["steady", "slow", "second", "moved"] {
        let entry = Entry {
            guid: id,
            title: &format!("The council of {id} decides"),
            link: site.server.url(&format!("/story/{id}")),
            description: id,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        };
        site.server.serve(&format!("/{id}.xml"), Reply::rss(rss(id, &[entry])));
    }
    let feed = |id: &str, path: &str, interval: &str| {
        let (url, authority) = (site.server.url(path), site.server.authority());
        format!("[[feed]]\nid = \"{id}\"\nurl = \"{url}\"\nallow = [\"{authority}\"]\ninterval = \"{interval}\"\n")
    };
    let (steady, slow) = (feed("steady", "/steady.xml", "100ms"), feed("slow", "/slow.xml", "1h"));
    let mut mount = Mount { site: &site, versions: 0 };
    mount.swap(&format!("{steady}{slow}"));
    let main = |more: &str| {
        let data = site.path("data");
        let text = format!(
            "data_dir = {data:?}\nfeeds = [\"mount/feeds.toml\"]\n[status]\nlisten = \"127.0.0.1:0\"\n[fetch]\nbackfill = \"all\"\n{more}"
        );
        fs::write(site.path("dateline.toml"), text).unwrap();
    };
    main("");
    let mut command = dateline();
    let watched = Watched::spawn(&site, command.args(["run", "--config"]).arg(site.path("dateline.toml")));
    let published = |guid: &str| site.topic("articles.v1").iter().any(|article| article["guid"] == guid);
    let polls = |path: &str| site.server.requests(path).len();
    wait_for(PATIENCE, "the first feeds", || (published("steady") && published("slow")).then_some(()));

    mount.swap(&format!("{steady}{slow}{}", feed("second", "/second.xml", "1h")));
    wait_for(PATIENCE, "the feed that was added", || published("second").then_some(()));

    mount.swap(&format!("{steady}{slow}{}", feed("second", "/moved.xml", "100ms")));
    wait_for(PATIENCE, "the new address and interval", || (polls("/moved.xml") > 2).then_some(()));
    let first = site.server.requests("/moved.xml").remove(0);
    assert!(first.header("if-none-match").is_none(), "validators are those of the old address");
    wait_for(PATIENCE, "what stands there", || published("moved").then_some(()));

    mount.swap("[[feed]]\nid = \"second\"\nurl = \"ftp://wire.example/\"\n");
    wait_for(PATIENCE, "the refusal to be shown", || {
        watched.get("/readyz?verbose").contains("[-] configuration refused").then_some(())
    });
    let answer = watched.get("/readyz?verbose");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("only http and https"), "{answer}");
    let before = (polls("/steady.xml"), polls("/moved.xml"));
    wait_for(PATIENCE, "the old configuration to run on", || {
        (polls("/steady.xml") > before.0 + 2 && polls("/moved.xml") > before.1 + 2).then_some(())
    });

    main("[publish]\ntopic_prefix = \"other\"\n");
    mount.swap(&slow);
    wait_for(PATIENCE, "what waits for a restart to be named", || {
        watched.get("/api/v1/status").contains("\"waiting\":[\"publish.topic_prefix\"]").then_some(())
    });
    assert!(watched.get("/readyz?verbose").contains("[+] configuration as read"));
    // The tasks of the feeds that were taken out have ended before the reload was over, or end with their poll.
    let last = || (polls("/steady.xml"), polls("/moved.xml"));
    let mut count = last();
    wait_for(PATIENCE, "polling to end", || {
        let now = last();
        std::thread::sleep(Duration::from_millis(300));
        let same = now == last() && now == count;
        count = now;
        same.then_some(())
    });
    let metrics = watched.get("/metrics");
    assert!(metrics.contains("dateline_config_reloads_total{outcome=\"refused\"} 1"), "{metrics}");
    assert_eq!(polls("/slow.xml"), 1, "a feed that stays is not polled for it");
    assert_eq!(site.topic("articles.v1").len(), 4);
    assert!(!site.path("data/topics/other.articles.v1.ndjson").exists());
}
