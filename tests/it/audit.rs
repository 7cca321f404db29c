//! `audit` says clean after real runs and names what somebody tampered with; `rebuild-state` makes a lost memory anew.

use crate::harness::{Entry, Reply, Site, dateline, finished, rss, wait_for};
use dateline::store::{Store, image};
use serde_json::Value;
use std::{fs, path::Path, process::Output, time::Duration};

/// Places whose tallies the invented feed tells: a dispatch each, unlike the others in its words.
const TALES: [(&str, &str, &str); 4] = [
    (
        "HELSINKI",
        "Finland",
        "Ferry crews on the southern coast were asked to stay ashore until the harbour doctors had seen them.",
    ),
    (
        "OSLO",
        "Norway",
        "Mountain huts along the old pilgrim road will keep half of their beds empty this autumn, the council decided.",
    ),
    (
        "VIENNA",
        "Austria",
        "Concert halls may open again when every second row is left free and tickets carry the visitor's name.",
    ),
    (
        "LISBON",
        "Portugal",
        "Tram drivers received new masks, and the oldest line up the hill runs every ten minutes instead of five.",
    ),
];

/// The feed as it stands: the death toll that each tale has now.
pub fn serve(site: &Site, tolls: &[u32]) {
    let texts: Vec<(String, String, String)> = TALES
        .iter()
        .zip(tolls)
        .map(|((city, country, tale), toll)| {
            let text = format!(
                "{city}, October 6. /TASS/. {tale} The COVID-19 death toll in {country} stands at {toll}, the health ministry said."
            );
            (format!("tale-{country}"), format!("{country} counts {toll} deaths"), text)
        })
        .collect();
    let entries: Vec<Entry<'_>> = texts
        .iter()
        .map(|(guid, title, text)| Entry {
            guid,
            title,
            link: site.server.url(&format!("/{guid}")),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    site.server.serve("/tales.xml", Reply::rss(rss("Tales", &entries)));
}

/// Three runs: four items, of which one has three revisions and another two.
pub fn told(site: &Site) {
    site.feed("tales", "language = \"en\"\nbackfill = \"all\"");
    for tolls in [[345, 275, 803, 1983], [346, 275, 803, 1983], [347, 275, 804, 1983]] {
        serve(site, &tolls);
        run(site);
    }
}

pub fn run(site: &Site) {
    let output = site.once();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs `audit --format json` with these arguments; its exit code and document.
#[track_caller]
pub fn audit(arguments: &[&str]) -> (i32, Value) {
    let output = finished(dateline().arg("audit").args(["--format", "json"]).args(arguments));
    let code = output.status.code().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let document =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}, exit {code}: {said}"));
    (code, document)
}

/// A stranger's audit of a deployment at a broker, whoever did the work: topics and state agree.
#[cfg(feature = "kafka")]
#[track_caller]
pub fn agrees(bootstrap_servers: &str, prefix: &str) {
    let (code, document) = audit(&["--bootstrap-servers", bootstrap_servers, "--topic-prefix", prefix]);
    assert_eq!((code, &document["state_compared"]), (0, &true.into()), "{document:#}");
}

/// `what item rev place`, of each offence.
pub fn offences(document: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    document["offences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|offence| {
            let [what, item, rev, place] = ["what", "item", "rev", "place"].map(|key| text(&offence[key]));
            format!("{what} {item} {rev} {place}")
        })
        .collect()
}

#[track_caller]
pub fn is_clean((code, document): &(i32, Value)) {
    assert_eq!((*code, &document["holds"]), (0, &Value::Bool(true)), "{document:#}");
    assert_eq!((&document["state_compared"], &document["intake_compared"]), (&true.into(), &true.into()));
    assert_eq!((&document["total"]["items"], &document["total"]["revisions"]), (&4.into(), &7.into()), "{document:#}");
    assert_eq!(document["total"]["claims"], 7, "{document:#}");
}

/// The store of a directory that no process has any more. Another test's child may hold the lock for as long as it takes
/// it to become its program.
fn opened(directory: &Path) -> Store {
    wait_for(Duration::from_secs(20), "the lock", || Store::open(directory).ok())
}

/// The entries of items in the state, without what no record tells.
pub fn memory(directory: &Path) -> Vec<(String, Value)> {
    let store = opened(directory);
    let scan = |db: &_| {
        let mut entries = Vec::new();
        for prefix in ["item/", "text/", "story/", "series/"] {
            image::scan(db, prefix, |key, value| {
                let mut value: Value = serde_json::from_slice(value).unwrap();
                let entry = value.as_object_mut().unwrap();
                entry.remove("touched");
                if let Some(claims) = entry.get_mut("claims") {
                    for claim in claims.as_array_mut().unwrap() {
                        let Some(observation) = claim.get_mut("observation").and_then(Value::as_object_mut) else {
                            // A series names its claims and does not hold them.
                            continue;
                        };
                        for name in ["sentence", "spans", "also_at"] {
                            observation.remove(name);
                        }
                    }
                }
                entries.push((key.to_owned(), value));
                Ok(())
            })?;
        }
        Ok(entries)
    };
    store.read_here(scan).unwrap()
}

/// A correction after the rebuilding goes on with the numbers and replaces the right claim, and nothing comes twice.
pub fn goes_on(site: &Site, read: &dyn Fn(&str) -> Vec<Value>) {
    run(site);
    assert_eq!((read("articles.v1").len(), read("covid-stats.v1").len()), (7, 7), "an unchanged feed says nothing");
    serve(site, &[348, 275, 804, 1983]);
    run(site);
    let articles = read("articles.v1");
    let corrected = articles.iter().find(|article| article["headline"] == "Finland counts 348 deaths").unwrap();
    assert_eq!((articles.len(), &corrected["revision"], &corrected["supersedes"]), (8, &4.into(), &3.into()));
    let changes = corrected["changes"].as_array().unwrap();
    assert!(
        changes.iter().any(|change| change["field"] == "headline" && change["from"] == "Finland counts 347 deaths")
    );
    let claims = read("covid-stats.v1");
    let claim = claims.iter().find(|claim| claim["value"] == 348).unwrap();
    assert_eq!((claims.len(), &claim["op"], &claim["supersedes"]), (8, &"assert".into(), &3.into()));
}

/// Feeds change while a daemon runs and is killed, and every audit beside it finds all in order.
pub fn clean_beside_a_daemon(site: &Site, arguments: &[&str]) {
    site.feed("tales", "language = \"en\"\nbackfill = \"all\"");
    let mut toll = 1000;
    for round in 1..=3 {
        let daemon = site.spawn();
        // Until the daemon has published twice what it had, with an audit after each change of the feed.
        wait_for(Duration::from_secs(60), "revisions to be published", || {
            toll += 1;
            serve(site, &[toll, toll + 100, toll + 200, toll + 300]);
            let output = finished(dateline().arg("audit").args(["--format", "json"]).args(arguments));
            if output.status.code() == Some(66) {
                return None;
            }
            let document: Value = serde_json::from_slice(&output.stdout)
                .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
            assert_eq!(document["holds"], true, "{document:#}");
            (document["total"]["revisions"].as_u64().unwrap() >= round * 24).then_some(())
        });
        daemon.kill();
    }
}

fn rebuild(site: &Site, more: &[&str]) -> Output {
    finished(site.command("rebuild-state").args(more))
}

#[test]
fn a_run_on_the_journal_is_clean_and_each_tampering_is_named() {
    let site = Site::new();
    told(&site);
    let data = site.path("data");
    is_clean(&audit(&["--data-dir", data.to_str().unwrap()]));
    is_clean(&audit(&["--config", site.path("dateline.toml").to_str().unwrap()]));

    // The files alone, as a stranger has them.
    let copy = site.path("copy");
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(data.join("topics")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
    }
    let file = copy.join("wire.articles.v1.ndjson");
    let lines: Vec<String> = fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    let check = |lines: &[&String], expected: &[&str]| {
        fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        let (code, document) = audit(&["--topics", copy.to_str().unwrap()]);
        assert_eq!(offences(&document), expected, "{document:#}");
        assert_eq!(code, i32::from(!expected.is_empty()));
    };
    let of = |line: &str| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    let all: Vec<&String> = lines.iter().collect();
    assert_eq!(all.len(), 7);
    check(&all, &[]);
    // The first item has the lines 1, 5 and 6; the one of line 3 has line 7 as well.
    let (first, third) = (of(all[0]), of(all[2]));
    assert_eq!((of(all[4]), of(all[5]), of(all[6])), (first.clone(), first.clone(), third.clone()));
    let removed: Vec<&String> = [0, 1, 2, 3, 5, 6].map(|at| all[at]).to_vec();
    let claim = format!("unfounded {first} 2 wire.covid-stats.v1.ndjson:5");
    check(&removed, &[&claim, &format!("missing {first} 2 null"), "missing null null null"]);
    let doubled: Vec<&String> = [0, 1, 2, 3, 4, 5, 6, 4].map(|at| all[at]).to_vec();
    check(&doubled, &[&format!("doubled {first} 2 wire.articles.v1.ndjson:8")]);
    let swapped: Vec<&String> = [0, 1, 2, 3, 5, 4, 6].map(|at| all[at]).to_vec();
    check(&swapped, &[&format!("out_of_order {first} 2 wire.articles.v1.ndjson:6")]);

    let nothing = finished(dateline().args(["audit", "--topics", site.path("none").to_str().unwrap()]));
    assert_eq!(nothing.status.code(), Some(66));
}

#[test]
fn an_audit_beside_a_daemon_at_work_is_clean() {
    let site = Site::new();
    clean_beside_a_daemon(&site, &["--data-dir", site.path("data").to_str().unwrap()]);
}

#[test]
fn a_damaged_memory_of_the_journal_is_made_anew() {
    let site = Site::new();
    told(&site);
    let before = memory(&site.path("data"));
    assert!(before.iter().any(|(key, _)| key == "series/COVID-19|FI|deaths|cumulative||"), "{before:?}");
    assert_eq!(rebuild(&site, &[]).status.code(), Some(1), "an intact memory is left alone");
    assert_eq!(memory(&site.path("data")), before);

    // All rows are gone: the daemon does not begin at the beginning.
    let store = opened(&site.path("data"));
    tokio::runtime::Runtime::new().unwrap().block_on(store.write(image::clear)).unwrap();
    drop(store);
    let refused = site.once();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(78), "{said}");
    assert!(said.contains("rebuild-state"), "{said}");
    let (code, document) = audit(&["--data-dir", site.path("data").to_str().unwrap()]);
    assert_eq!((code, offences(&document)), (1, vec!["unproved null null null".to_owned()]), "{document:#}");

    let rebuilt = rebuild(&site, &[]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    assert_eq!(memory(&site.path("data")), before);
    goes_on(&site, &|suffix| site.topic(suffix));
    let (code, document) = audit(&["--data-dir", site.path("data").to_str().unwrap()]);
    assert_eq!((code, &document["total"]["revisions"]), (0, &8.into()), "{document:#}");
}

#[test]
fn topic_files_without_their_sqlite_file_are_gone_on_with() {
    let site = Site::new();
    told(&site);
    for name in ["dateline.sqlite", "dateline.sqlite-wal", "dateline.sqlite-shm"] {
        let _ = fs::remove_file(site.path("data").join(name));
    }
    assert_eq!(site.once().status.code(), Some(78));
    let rebuilt = rebuild(&site, &[]);
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    goes_on(&site, &|suffix| site.topic(suffix));
    let (code, document) = audit(&["--data-dir", site.path("data").to_str().unwrap()]);
    assert_eq!((code, &document["total"]["revisions"]), (0, &8.into()), "{document:#}");
}
