//! What feed-rs does with the documents of `docs/upstream/feed-rs`: wrong behaviour that we know of, asserted as it is.
//!
//! When one of these fails after an update of feed-rs, it has been mended there: take the document and its line in the
//! README beside it away. Our own reader gets every one of them right.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// What comes out, as one line.
fn outcome(document: &'static [u8]) -> String {
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).base_uri(Some("http://wire.example/")).build();
    let Ok(read) = catch_unwind(AssertUnwindSafe(|| parser.parse(document))) else { return "panic".to_owned() };
    let Ok(read) = read else { return "error".to_owned() };
    let entry = read.entries.first();
    let title = entry.and_then(|entry| entry.title.as_ref()).map_or("-", |title| title.content.as_str());
    let ids = read.entries.iter().map(|entry| entry.id.as_str()).collect::<std::collections::HashSet<_>>().len();
    let link = entry.and_then(|entry| entry.links.first()).map_or("-", |link| link.href.as_str());
    format!(
        "feed={} entries={} ids={ids} title={title:?} link={link} published={} updated={} authors={} source={}",
        read.title.map_or("-".to_owned(), |title| title.content),
        read.entries.len(),
        entry.is_some_and(|entry| entry.published.is_some()),
        entry.is_some_and(|entry| entry.updated.is_some()),
        entry.map_or(0, |entry| entry.authors.len()),
        entry.is_some_and(|entry| entry.source.is_some()),
    )
}

macro_rules! check {
    ($name:literal, $expected:literal) => {
        let found = outcome(include_bytes!(concat!("../../docs/upstream/feed-rs/", $name)));
        assert!(found.contains($expected), "{}: {found}", $name);
    };
}

#[test]
fn faults_of_feed_rs_are_as_we_reported_them() {
    check!("raw-ampersand.xml", "error");
    check!("unclosed-tag.xml", "error");
    check!("bad-byte.xml", "error");
    check!("cut-off.xml", "error");
    check!("no-version.xml", "error");
    check!("namespaced-root.xml", "feed=- entries=0");
    check!("atom-0.3.xml", "feed=- entries=0");
    check!("utf-16be.xml", "panic");
    check!("mail-beside-a-letter.xml", "panic");
    check!("zone-name.xml", "published=false");
    check!("no-zone.xml", "published=false");
    check!("updated-copies-pubdate.xml", "updated=true");
    check!("undeclared-prefix.xml", "authors=0");
    check!("dcterms.xml", "published=false");
    check!("rss-source.xml", "source=false");
    check!("same-title.xml", "entries=2 ids=1");
    check!("reference-in-title.xml", "One&nbsp;two");
    check!("numeric-id.json", "error");
    check!("relative-url.json", "link=/7");
}
