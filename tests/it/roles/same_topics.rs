//! One script of feeds through one process, and through workers on three brokers: the same records.

use super::{Deployment, Item, PATIENCE, show};
use crate::{
    audit::agrees,
    harness::{Reply, Server, page, wait_for},
    kafka_broker::{self, Read},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

const HALLS: &str = "PORT ELLING, October 6. /TASS/. Norway has reported 1,204 new coronavirus cases and 31 deaths from COVID-19 \
     over the past day, the health ministry of the country said on Tuesday. Half of the new patients work in the fish \
     halls of the northern harbours, where the crews sleep in dormitories of twenty beds, it added. The halls will be \
     closed for two weeks and their workers tested every other day.";
const HALLS_HEADLINE: &str = "Norway reports 1,204 coronavirus cases in fish halls";
const FERRY: &str = "TROMSO, October 6. /TASS/. The ferry to the outer islands sails again after the storm, the port of \
     Tromso said on Tuesday. Twelve ships wait for a pilot, and the fish market stays closed until Thursday.";
const BRIDGE: &str = "HELSINKI, October 6. /TASS/. Finland will close the old bridge over the Kemi river for repairs \
     that cost $12 million, the ministry of transport said on Tuesday. Buses will go by the new one.";
const RUSSIAN: &str = "МОСКВА, 6 октября. /ТАСС/. Мост через реку Обь закрыт на ремонт, сообщили во вторник в \
     министерстве транспорта. Автобусы пойдут в обход, а паром перевезёт грузовики.";
const PAGE: [&str; 3] = [
    "RIGA, October 6. /TASS/. Latvia has opened a new library by the river, the mayor of Riga said on Tuesday. The \
     building has room for two million books and a garden on its roof.",
    "The death toll from COVID-19 in Latvia stands at 41, the health ministry said. The country has 2,019 confirmed cases.",
    "Readers may come from Wednesday on, and the old building by the market becomes a school of music.",
];

/// What the publishers serve, to whoever asks.
struct Wire {
    near: Server,
    /// Pages are looked at again so often.
    settings: String,
}

impl Wire {
    fn new() -> Self {
        let looks = (1..=40).fold(String::new(), |mut looks, second| {
            let _ = write!(looks, "\"{second}s\",");
            looks
        });
        Self { near: Server::start(), settings: format!("[fetch]\npage_recheck = [{looks}]\n") }
    }

    /// Feeds of two hosts and two domains.
    fn listed(&self, deployment: &Deployment<'_>) {
        let far = |feed: &str| self.near.url(&format!("/{feed}.xml")).replace("127.0.0.1", "localhost");
        let near = |feed: &str| self.near.url(&format!("/{feed}.xml"));
        let allow = format!(
            "allow = [\"{}\", \"{}\"]\ninterval = \"200ms\"\nbackfill = \"all\"",
            self.near.authority(),
            self.near.authority().replace("127.0.0.1", "localhost")
        );
        let feeds = [
            ("wire", near("wire"), "language = \"en\""),
            ("daily", far("daily"), "language = \"en\""),
            ("pages", near("pages"), "language = \"en\"\nfull_text = true"),
            ("moskva", far("moskva"), "language = \"ru\""),
            ("broken", far("broken"), "language = \"en\""),
        ];
        for (feed, url, more) in feeds {
            deployment.site.feed_at(feed, &url, &format!("{more}\n{allow}"));
        }
        deployment.site.settings(&self.settings);
    }

    fn show(&self, feed: &str, items: &[Item<'_>]) {
        show(&self.near, feed, items);
    }

    fn page(&self, paragraphs: &[&str]) {
        self.near.serve("/pages/library", Reply::html(page("Riga opens a library", paragraphs)));
    }
}

/// Plays the script, each step when the one before is out everywhere.
fn play(wire: &Wire, deployments: &[&Deployment<'_>]) {
    let told = |headline: &str, revision: u64| {
        deployments.iter().for_each(|deployment| drop(deployment.told(headline, revision)));
    };
    let comes = |suffix: &str, what: &str, is: &dyn Fn(&Value) -> bool| {
        deployments.iter().for_each(|deployment| drop(deployment.comes(suffix, what, is)));
    };
    // A feed that is broken, and then is well.
    let in_state = |state: &'static str| move |value: &Value| value["id"] == "broken" && value["state"] == state;
    comes("feed-status.v1", "the broken feed to be found broken", &in_state("backing_off"));
    for deployment in deployments {
        wait_for(PATIENCE, "a dead letter", || (!deployment.read("dead-letters.v1").is_empty()).then_some(()));
    }
    wire.show("broken", &[("bridge", "Old bridge closes", BRIDGE)]);
    told("Old bridge closes", 1);
    comes("feed-status.v1", "the broken feed to be well", &in_state("active"));

    // Two at a time in one feed; a figure each.
    let first = [("halls", HALLS_HEADLINE, HALLS), ("ferry", "Ferry sails again", FERRY)];
    wire.show("wire", &first);
    told(HALLS_HEADLINE, 1);
    told("Ferry sails again", 1);

    // A copy in a second feed, of another host and the same domain; another language beside it.
    wire.show("daily", &[("copy", "Sick in the fish halls", HALLS)]);
    told("Sick in the fish halls", 1);
    wire.show("moskva", &[("most", "Мост закрыт", RUSSIAN)]);
    told("Мост закрыт", 1);

    // A correction of a figure, and an update of a headline.
    let corrected = HALLS.replace("31 deaths", "32 deaths");
    let updated = [("halls", HALLS_HEADLINE, corrected.as_str()), ("ferry", "Ferry sails again today", FERRY)];
    wire.show("wire", &updated);
    told(HALLS_HEADLINE, 2);
    told("Ferry sails again today", 2);

    // The story on its page, and the page corrected.
    wire.page(&PAGE);
    wire.show("pages", &[("library", "Riga opens a library", "Latvia has opened a new library.")]);
    told("Riga opens a library", 1);
    wire.page(&[PAGE[0], &PAGE[1].replace("stands at 41", "stands at 42"), PAGE[2]]);
    told("Riga opens a library", 2);

    // A story is withdrawn.
    let notice = format!("EDITORS: Please kill this story. The figures are those of last year.</p><p>{corrected}");
    let title = format!("WITHDRAWN: {HALLS_HEADLINE}");
    wire.show("wire", &[updated[0], updated[1], ("notice", &title, &notice)]);
    told(&title, 1);
    told(&title, 3);
}

/// Headers and value.
type Normal = (BTreeMap<String, String>, Value);

/// A record without what may differ: where and when it was observed, and by whom.
fn normal(read: &Read) -> Normal {
    let mut headers = read.headers.clone();
    for differs in ["ce_time", "ce_recordedtime", "traceparent", "ce_traceparent"] {
        headers.remove(differs);
    }
    let origin = headers.remove("origin").unwrap();
    headers.values_mut().for_each(|value| *value = value.replace(&origin, "-"));
    if headers["rev"] == "0" {
        // Of a value that has times in it.
        headers.remove("hash");
    }
    // A dead letter is what was found.
    let bytes = read.bytes.clone().unwrap_or_default();
    let found = || json!(String::from_utf8_lossy(&bytes));
    let mut value = serde_json::from_slice(&bytes).unwrap_or_else(|_| found());
    blank(&mut value);
    (headers, value)
}

fn blank(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match name.as_str() {
                    "observed" | "recorded" | "first_seen" | "at" | "interval_seconds" | "consecutive_errors" => {
                        *value = json!("-");
                    }
                    // How many failures there were.
                    "detail" => {
                        *value = json!(value.as_str().map(|text| text.replace(|c: char| c.is_ascii_digit(), "")))
                    }
                    _ => blank(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(blank),
        _ => {}
    }
}

/// The intake of an origin.
fn intake_of(origin: &str) -> String {
    origin.rsplit('/').nth(2).unwrap().to_owned()
}

/// The records of each key, in order. How often a feed was found as it was before is a matter of time.
fn by_key(deployment: &Deployment<'_>, suffix: &str) -> BTreeMap<String, Vec<Normal>> {
    let mut keys: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for read in deployment.read(suffix) {
        keys.entry(read.key.clone()).or_default().push(normal(&read));
    }
    keys.values_mut().for_each(Vec::dedup);
    keys
}

#[test]
fn workers_on_three_brokers_write_what_one_process_writes() {
    let Some(cluster) = kafka_broker::cluster() else { return };
    let wire = Wire::new();
    ["wire", "daily", "pages", "moskva"].iter().for_each(|feed| wire.show(feed, &[]));
    wire.near.serve("/broken.xml", Reply::html("<html><body>Please log in</body></html>"));
    let partitions = "fetch_partitions = 2\nenrich_partitions = 3\ndedup_partitions = 2";
    let [whole, split] = [(); 2].map(|()| Deployment::new(&cluster, partitions));
    [&whole, &split].iter().for_each(|deployment| wire.listed(deployment));

    let process = whole.site.spawn();
    split.publish();
    let workers = [("fetch", 2), ("enrich", 3), ("dedup", 2)].map(|(role, count)| {
        (1..=count).map(|number| split.worker(role, &format!("{role}-{number}"))).collect::<Vec<_>>()
    });
    [("fetch", 2), ("enrich", 3), ("dedup", 2)].iter().for_each(|(role, count)| split.has_settled(role, *count));
    play(&wire, &[&whole, &split]);
    assert_eq!(process.terminate().0, Some(0));
    for worker in workers.into_iter().flatten() {
        assert_eq!(worker.terminate().0, Some(0));
    }
    [&whole, &split].iter().for_each(|deployment| agrees(&cluster.address(), &deployment.prefix));
    let fetchers: BTreeSet<String> =
        split.read("raw.v1").iter().map(|read| intake_of(&read.headers["origin"])).collect();
    // More where one was slow and its feeds went to the other for a while.
    assert!(fetchers.len() >= 2, "both had feeds");
    for suffix in ["articles.v1", "covid-stats.v1", "stories.v1", "feed-status.v1", "events.v1", "dead-letters.v1"] {
        for deployment in [&whole, &split] {
            // Committed is what the coordinator has written down; readers see it a little later.
            let topic = format!("{}.{suffix}", deployment.prefix);
            wait_for(PATIENCE, "the last transactions", || cluster.is_decided(&topic).then_some(()));
        }
        let (expected, found) = (by_key(&whole, suffix), by_key(&split, suffix));
        assert!(!expected.is_empty(), "nothing came to {suffix}");
        assert_eq!(expected.keys().collect::<Vec<_>>(), found.keys().collect::<Vec<_>>(), "{suffix}");
        for (key, expected) in &expected {
            let found = &found[key];
            for (expected, found) in expected.iter().zip(found) {
                assert_eq!(expected.0, found.0, "{suffix} {key}");
                assert!(expected.1 == found.1, "{suffix} {key}: {:#}\nand\n{:#}", expected.1, found.1);
            }
            assert_eq!(expected.len(), found.len(), "{suffix} {key}: {expected:#?}\nand\n{found:#?}");
        }
    }
}
