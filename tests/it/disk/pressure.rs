//! Back-pressure: what cannot be published fills the intake up to its bound, the feeds are held, and come back by
//! themselves. A feed that ran on meanwhile has a gap, and it is said.

use super::{Watched, Wire, count};
use crate::{
    delivery::stops_cleanly,
    harness::{Entry, Reply, Site, rss, wait_for},
};
use serde_json::Value;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// Entries of a feed that runs on: so many stand in its document at a time.
const WINDOW: usize = 8;
/// The smallest that may be configured.
const BOUND: u64 = 1 << 20;

/// The document of a feed that runs on, whose newest entry has this number.
fn running(newest: usize) -> String {
    let texts: Vec<(String, String)> = (newest.saturating_sub(WINDOW)..newest)
        .map(|n| {
            // Text that does not pack, so that a few documents fill the intake.
            let noise: String =
                (0..600).map(|m| blake3::hash(format!("{n} {m}").as_bytes()).to_hex().to_string() + " ").collect();
            (format!("runs-{n}"), noise)
        })
        .collect();
    let entries: Vec<Entry<'_>> = texts
        .iter()
        .map(|(guid, text)| Entry {
            guid,
            title: guid,
            link: format!("https://wire.example/{guid}"),
            description: text,
            published: "Tue, 06 Oct 2020 12:05:00 GMT",
        })
        .collect();
    rss("Runs on", &entries)
}

#[test]
fn a_full_intake_holds_the_feeds_within_its_bound_and_lets_them_go_by_itself() {
    let site = Site::new();
    *site.settings.lock().unwrap() =
        format!("[status]\nlisten = \"127.0.0.1:0\"\n[intake]\nmax_bytes = \"{}KiB\"\n", BOUND >> 10);
    let mut wire = Wire::new(&site);
    wire.grow(&site, 5);
    site.feed("runs", "language = \"en\"\nbackfill = \"all\"");
    site.server.serve("/runs.xml", Reply::rss(running(WINDOW)));
    // The way out is blocked once for some seconds, after a few commits.
    let stall = count("DATELINE_FAULTS_STALL_MS", 10_000);
    let mut command = site.command("run");
    let watched = Watched::spawn(&site, command.env("FAILPOINTS", format!("C7=3*off->1*sleep({stall})->off")));
    let status = || -> Value {
        let answer = watched.get("/api/v1/status");
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    };

    // The feed runs on by itself, two entries every quarter of a second.
    let begun = Instant::now();
    let newest = || WINDOW + 2 * (begun.elapsed().as_millis() as usize / 250);
    let runs_on = || site.server.serve("/runs.xml", Reply::rss(running(newest())));
    let mut most = 0;
    let held = wait_for(PATIENCE, "the feeds to be held", || {
        runs_on();
        let now = status();
        most = most.max(now["intake"]["bytes"].as_u64().unwrap());
        now["intake"]["held"].as_str().map(str::to_owned)
    });
    assert!(held.contains("wait for publication"), "{held}");
    let verbose = watched.get("/readyz?verbose");
    assert!(verbose.contains("[-] intake holds"), "{verbose}");
    wait_for(PATIENCE, "the feeds to be let go", || {
        runs_on();
        let now = status();
        most = most.max(now["intake"]["bytes"].as_u64().unwrap());
        now["intake"]["held"].is_null().then_some(())
    });
    // Its bound, and what was on its way when it was reached: a document each.
    assert!(most < BOUND + (400 << 10), "the intake grew to {most} bytes");
    let gaps = || site.topic("events.v1").into_iter().filter(|event| event["kind"] == "gap").collect::<Vec<_>>();
    wait_for(PATIENCE, "the gap to be said", || {
        runs_on();
        (!gaps().is_empty()).then_some(())
    });
    assert!(gaps().iter().all(|gap| gap["feed"] == "runs"), "{:?}", gaps());
    let end = newest();
    site.server.serve("/runs.xml", Reply::rss(running(end)));
    let last = format!("runs-{}", end - 1);
    wire.change(&site, 0);
    let articles = wait_for(PATIENCE, "what stands in the feeds to be published", || {
        let articles = site.topic("articles.v1");
        let (ours, others): (Vec<Value>, Vec<Value>) =
            articles.into_iter().partition(|article| article["guid"].as_str().unwrap().starts_with("guid-"));
        let complete = wire.is_complete(&ours) && others.iter().any(|article| article["guid"] == last.as_str());
        complete.then_some((ours, others))
    });
    wire.check(&articles.0);
    let mut names: Vec<&str> = articles.1.iter().map(|article| article["guid"].as_str().unwrap()).collect();
    let published = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), published, "an item that never changed was published twice");
    eprintln!(
        "held at {most} of {BOUND} bytes; {published} items of the feed that ran on, each once; the gap was said"
    );
    assert!(watched.get("/readyz").starts_with("HTTP/1.1 200"));
    stops_cleanly(watched.daemon);
}
