//! Back-pressure: what cannot be published fills the intake up to its bound, the feeds are held, and come back by
//! themselves. A feed that ran on meanwhile has a gap, and it is said.

use super::{Watched, Wire, under_shim};
use crate::{
    delivery::stops_cleanly,
    harness::{Entry, Reply, Site, rss, wait_for},
};
use serde_json::Value;
use std::{cell::Cell, time::Duration};

const PATIENCE: Duration = Duration::from_secs(60);

/// Entries of a feed that runs on: so many stand in its document at a time.
const WINDOW: usize = 16;
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

/// The records of the feed with a ledger, and those of the one that runs on.
fn ours(site: &Site) -> (Vec<Value>, Vec<Value>) {
    let articles = site.topic("articles.v1");
    articles.into_iter().partition(|article| article["guid"].as_str().unwrap().starts_with("guid-"))
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
    let block = site.path("block");
    let mut command = site.command("run");
    under_shim(&site, &mut command).env("DATELINE_SHIM_BLOCK", &block);
    let watched = Watched::spawn(&site, &mut command);
    wait_for(PATIENCE, "the first records", || wire.is_complete(&ours(&site).0).then_some(()));
    // The way out is blocked.
    std::fs::write(&block, "").unwrap();
    let status = || -> Value {
        let answer = watched.get("/api/v1/status");
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    };

    // The feed runs on by four entries from poll to poll, and by more than its document holds while it is held.
    let missed = Cell::new(0);
    let newest = || WINDOW + missed.get() + 4 * site.server.requests("/runs.xml").len();
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
    missed.set(2 * WINDOW);
    std::fs::remove_file(&block).unwrap();
    wait_for(PATIENCE, "the feeds to be let go", || {
        runs_on();
        let now = status();
        most = most.max(now["intake"]["bytes"].as_u64().unwrap());
        now["intake"]["held"].is_null().then_some(())
    });
    // Its bound, and what was on its way when it was reached: a document each.
    assert!(most < BOUND + (800 << 10), "the intake grew to {most} bytes");
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
        let (ours, others) = ours(&site);
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
