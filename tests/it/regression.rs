//! The `[[tests]]` of an operator: what holds is said to hold, what does not is named with what was found, and a daemon
//! goes without them.

use crate::harness::{Entry, Reply, Site, dateline, finished, rss};
use serde_json::Value;
use std::process::Output;

const STORY: &str = "TALLINN, October 6. Estonia has reported 17 deaths from COVID-19 in total, the health board said on Tuesday. \
                     The borders to the south stay open, its minister added.";

fn test(site: &Site, arguments: &[&str]) -> Output {
    finished(site.command("test").args(arguments))
}

fn feed() -> String {
    let entry = |guid, title, description| Entry {
        guid,
        title,
        link: format!("https://wire.example/{guid}"),
        description,
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    };
    let weather = "RIGA, October 6. Rain is expected in the west of the country on Wednesday, forecasters say.";
    rss("Invented Wire", &[entry("one", "Estonia counts 17 deaths", STORY), entry("two", "Rain in the west", weather)])
}

#[test]
fn tests_beside_the_feeds_say_what_does_not_hold() {
    let site = Site::new();
    std::fs::create_dir(site.path("cases")).unwrap();
    std::fs::write(site.path("cases/feed.xml"), feed()).unwrap();
    site.feed("wire", "agency = \"Invented Wire\"\nlanguage = \"en\"\nbackfill = \"all\"");
    // In the file of feeds, as it would stand beside its feed, and in the main file.
    site.feed_at("other", "https://wire.example/rss", "\n[[tests]]\nname = \"the feed\"\nfeed = \"wire\"\nfrom = \"feed\"\nfile = \"cases/feed.xml\"\n\
        absent = [\"items[1].covid.observations[0]\", \"items[2]\"]\n[tests.count]\nitems = 2\n\"items[0].covid.observations\" = 1\n\
        [tests.expect]\n\"items[0].headline\" = \"Estonia counts 17 deaths\"\n\"items[0].revision\" = 1\n\
        \"items[0].covid.observations[metric=deaths,location=Estonia].value\" = 17\n");
    site.settings(&format!(
        "[[tests]]\nname = \"the page\"\ninput = '<html lang=\"en\"><head><title>Deaths</title></head><body><article><h1>Deaths</h1><p>{STORY}</p></article></body></html>'\n\
         published = \"2020-10-06\"\nuntil = \"extract\"\nexpect = {{ language = \"en\", \"covid.observations[0].value\" = 18 }}\n\
         matches = {{ body = \"Estonia has reported \\\\d+ deaths\" }}\nabsent = [\"revision\"]\n\
         [[tests]]\nname = \"no feed\"\nfrom = \"feed\"\ninput = \"just words\"\ncount = {{ items = 0 }}\n"
    ));
    let output = test(&site, &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        said.contains("ok      the feed") && said.contains("FAILED  the page") && said.contains("FAILED  no feed"),
        "{said}"
    );
    assert!(said.contains("covid.observations[0].value: expected 18, found 17\n"), "{said}");
    assert!(said.contains("expected a record, found parse refuses it: not_a_feed"), "{said}");
    assert!(said.ends_with("1 ok, 2 failed\n") && said.matches("expected").count() == 2, "{said}");

    let output = test(&site, &["the feed"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
    let output = test(&site, &["--format", "json", "page"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((output.status.code(), &report["failed"]), (Some(1), &1.into()));
    assert_eq!(report["tests"][0]["failures"][0]["path"], "covid.observations[0].value");
    assert_eq!(test(&site, &["no such name"]).status.code(), Some(66));

    // A file that is gone fails those who ask for it, and not the daemon.
    std::fs::remove_file(site.path("cases/feed.xml")).unwrap();
    for verb in ["validate", "test"] {
        let refused = finished(&mut site.command(verb));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(78), "{said}");
        assert!(said.contains("feeds.toml:") && said.contains("test the feed: file: cannot read the file"), "{said}");
    }
    site.server.serve("/wire.xml", Reply::rss(feed()));
    let listed = finished(site.command("run").args(["--once", "--set", "fetch.connect_timeout=1s"]));
    assert!(!site.topic("articles.v1").is_empty(), "{}", String::from_utf8_lossy(&listed.stderr));
    let schema = finished(dateline().args(["schema", "config"]));
    assert!(String::from_utf8_lossy(&schema.stdout).contains("\"tests\""));
}
