//! How the program treats its feeds and its directory over a restart. Crashes are in `crash`.

use crate::harness::{Daemon, Entry, Reply, Site, rss, wait_for};
use std::time::Duration;

fn serve_three_items(site: &Site) {
    let entries = ["harbour", "bridge", "museum"].map(|place| Entry {
        guid: place,
        title: "The town council decides",
        link: site.server.url(&format!("/story/{place}")),
        description: place,
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    });
    site.server.serve("/load.xml", Reply::rss(rss("Load", &entries)));
}

/// SIGTERM: exit 0 within 10 s.
pub fn stops_cleanly(daemon: Daemon) {
    let (code, took) = daemon.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(10), "took {took:?}");
}

#[test]
fn a_second_daemon_on_one_directory_is_refused() {
    let site = Site::new();
    site.feed("load", "");
    serve_three_items(&site);
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
    serve_three_items(&site);
    assert!(site.once().status.success());
    assert!(site.once().status.success());
    let requests = site.server.requests("/load.xml");
    assert_eq!(requests.len(), 2);
    assert!(requests[0].header("if-none-match").is_none());
    assert!(requests[1].header("if-none-match").is_some());
    assert!(requests[1].header("user-agent").unwrap().starts_with("dateline/"));
    assert_eq!(site.topic("articles.v1").len(), 3);
}
