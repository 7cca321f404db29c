//! Bytes to items and problems: one bad entry never costs the others.
//!
//! ```text
//! bytes ─ encoding ─► text ─ sniff ─► xml: repair (safety pass) ─► our reader + feed-rs ─► identity ─► items
//!                                 └─► json ────────────────────────────────────────────────┘
//! ```
//!
//! Every field is where it belongs whatever the format; text is still markup, addresses are absolute. What cannot be
//! read is missing and reported, never guessed. Time is linear in the size of the document and nothing recurses on its
//! nesting, so an ordinary thread's stack is enough.

mod construct;
mod entry;
mod format;
mod identity;
mod json;
mod language;
mod link;
mod markup_links;
mod media;
mod namespaces;
mod people;
mod plain;
mod repair;
mod rhythm;
mod sniff;
mod times;
mod tree;
mod xml;

pub use format::format;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod upstream;

use crate::markup::{encoding, entities};
use crate::model::{Feed, FeedHead, FeedId, Fetched, Issue, Item, Stage, StatedTime};
use sniff::Kind;
use std::collections::{HashMap, HashSet};

/// Entries read from one document.
const MAX_ITEMS: usize = 100_000;
/// Bytes of title, summary and content together that one item may have.
const MAX_TEXT: usize = 1024 * 1024;

/// What a feed document holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// What it says of itself.
    pub head: FeedHead,
    /// Its entries in document order.
    pub items: Vec<Item>,
    /// What it says was deleted, by entries that are named and otherwise empty.
    pub deleted: Vec<Item>,
    /// What went wrong; the items are the good part.
    pub issues: Vec<Issue>,
}

/// Nothing could be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .0.code, .0.detail)]
pub struct ParseError(pub Issue);

/// What the readers of all formats are told about a document besides its text.
struct Source<'a> {
    feed: &'a FeedId,
    base: &'a link::Base,
    /// The download was not cut.
    complete: bool,
    /// When it was fetched.
    at: jiff::Timestamp,
    /// The language that the server stated.
    language: Option<String>,
}

/// Reads a feed document of any format.
pub fn feed(feed: &Feed, fetched: &Fetched) -> Result<Parsed, ParseError> {
    let decoded = encoding::decode(Stage::Parse, &fetched.body, fetched.header("content-type"), &fetched.url);
    let base = link::Base::new(&fetched.url, fetched.header("content-location"));
    let source = Source {
        feed: &feed.id,
        base: &base,
        complete: fetched.complete,
        at: fetched.at,
        language: fetched.header("content-language").and_then(language::tag),
    };
    let mut issues = decoded.issues;
    let mut parsed = match sniff::kind(&decoded.text) {
        Kind::Xml(root) => xml::read(&source, &decoded.text, root),
        Kind::Json(text) => json::read(&source, text)?,
        Kind::Escaped(root) => {
            issues.push(Issue::new(Stage::Parse, "markup_repaired", "the whole document was escaped"));
            let text = entities::decode(decoded.text.get(root..).unwrap_or_default());
            xml::read(&source, &text, 0)
        }
        Kind::Not(code, detail) => return Err(ParseError(Issue::new(Stage::Parse, code, detail))),
    };
    issues.append(&mut parsed.issues);
    if !fetched.complete && issues.iter().all(|issue| issue.code != "truncated") {
        issues.push(Issue::new(Stage::Parse, "truncated", "the download was cut"));
    }
    if let (refused @ 1.., sample) = base.refused() {
        issues.push(Issue::new(
            Stage::Parse,
            "address_refused",
            format!("{refused} × address that is none, or would do more than point somewhere: {sample:?}"),
        ));
    }
    parsed.items.iter_mut().for_each(|item| flag_future(item, fetched.at));
    parsed.items = identity::name(&feed.id, std::mem::take(&mut parsed.items), &mut issues);
    parsed.deleted = deletions(&feed.id, std::mem::take(&mut parsed.deleted), &mut parsed.items);
    sum_up(&parsed.items, &mut issues);
    if parsed.items.is_empty() {
        issues.push(Issue::new(Stage::Parse, "no_entries", "the feed holds no entries"));
    }
    parsed.issues = issues;
    Ok(parsed)
}

/// Names what was deleted. An entry that stands in the document all the same stands, unless it is older than the deletion.
fn deletions(feed: &FeedId, mut deleted: Vec<Item>, items: &mut Vec<Item>) -> Vec<Item> {
    let newest = |item: &Item| [item.updated, item.published].into_iter().flatten().map(|time| time.utc()).max();
    for item in &mut deleted {
        item.id = identity::of_guid(feed, item.guid.as_deref().unwrap_or_default());
    }
    let mut known = HashMap::new();
    deleted.retain(|item| known.insert(item.id.clone(), newest(item)).is_none());
    let mut standing = HashSet::new();
    items.retain(|item| {
        let Some(when) = known.get(&item.id) else { return true };
        let is_older = matches!((newest(item), when), (Some(told), Some(when)) if told < *when);
        if !is_older {
            standing.insert(item.id.clone());
        }
        !is_older
    });
    deleted.retain(|item| !standing.contains(&item.id));
    deleted
}

/// A date that has its zone and lies some hours ahead has the wrong one, or announces something; it stays as it is.
fn flag_future(item: &mut Item, now: jiff::Timestamp) {
    const FAST: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);
    const WIDEST: jiff::SignedDuration = jiff::SignedDuration::from_hours(14);
    let Some(time @ StatedTime::Instant(moment, _)) = item.published.filter(|_| !item.without_zone.published) else {
        return;
    };
    let ahead = moment.duration_since(now);
    if ahead > FAST && ahead <= WIDEST {
        // By how much is not said: it would be another item at every poll.
        let detail = format!("published: {time} lies ahead; the clock or its zone may be wrong");
        item.issues.push(Issue::new(Stage::Parse, "date_in_future", detail));
    }
}

/// What went wrong in entries is a problem of the document too, once for each kind.
fn sum_up(items: &[Item], issues: &mut Vec<Issue>) {
    const LOSSES: [&str; 8] = [
        "date_unreadable",
        "date_ambiguous",
        "date_imprecise",
        "date_in_future",
        "date_without_zone",
        "markup_repaired",
        "text_cut",
        "truncated",
    ];
    for code in LOSSES {
        let mut found = items.iter().flat_map(|item| &item.issues).filter(|issue| issue.code == code);
        let Some(first) = found.next() else { continue };
        let count = 1 + found.count();
        let known = issues.iter().any(|issue| issue.code == code);
        if !known {
            issues.push(Issue::new(Stage::Parse, code, format!("{count} × in the entries; first: {}", first.detail)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn fetched(body: &[u8], complete: bool) -> Fetched {
        Fetched {
            feed: "f".into(),
            url: "http://wire.example/feed.xml".to_owned(),
            status: 200,
            headers: Vec::new(),
            body: bytes::Bytes::copy_from_slice(body),
            complete,
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn parse(body: &[u8]) -> Result<Parsed, ParseError> {
        feed(&Feed::new("f", "http://wire.example/feed.xml"), &fetched(body, true))
    }

    #[track_caller]
    fn check(body: &str, titles: &[&str]) -> Parsed {
        let parsed = parse(body.as_bytes()).unwrap();
        let found: Vec<_> = parsed.items.iter().map(|item| item.title.as_deref().unwrap_or("")).collect();
        assert_eq!(found, titles, "{:?}", parsed.issues);
        parsed
    }

    #[test]
    fn one_item_of_each_format() {
        let rss = check(
            "<rss version='2.0'><channel><title>Desk</title><ttl>5</ttl><language>en-us</language><item><title>Port &amp;amp; &lt;b&gt;rail&lt;/b&gt;</title>\
             <link>/a?utm_source=x</link><guid isPermaLink='false'>7</guid><pubDate>Tue, 29 Sep 2020 18:05:00 MSK</pubDate><dc:creator>Ana Lima</dc:creator>\
             <description>A &amp;lt; B &lt;p&gt;x&lt;/p&gt;</description><source url='http://b.example'>Other Wire</source></item></channel></rss>",
            &["Port & rail"],
        );
        let item = &rss.items[0];
        assert_eq!(item.link.as_deref(), Some("http://wire.example/a?utm_source=x"));
        assert_eq!(item.published.unwrap().to_string(), "2020-09-29T18:05:00+03:00");
        assert_eq!(
            (item.updated, item.language.as_deref(), item.source.as_deref()),
            (None, Some("en-US"), Some("Other Wire"))
        );
        assert_eq!(item.summary.as_deref(), Some("A &lt; B <p>x</p>"));
        assert_eq!((rss.head.ttl_minutes, item.authors[0].name.as_deref()), (Some(5), Some("Ana Lima")));
        let atom = check(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='http://b.example/x/' xml:lang='de'><entry><title type='html'>A &amp;amp; B</title>\
             <link rel='self' href='s'/><link href='a'/><id>urn:1</id><updated>2020-09-29T18:05:00Z</updated>\
             <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One &lt; two</p></div></content></entry></feed>",
            &["A & B"],
        );
        let item = &atom.items[0];
        assert_eq!(
            (item.link.as_deref(), item.content.as_deref()),
            (Some("http://b.example/x/a"), Some("<p>One &lt; two</p>"))
        );
        assert_eq!((item.published, item.language.as_deref()), (None, Some("de")));
        check(
            "<rdf:RDF xmlns='http://purl.org/rss/1.0/'><channel rdf:about='c'><title>c</title></channel><item rdf:about='http://a.example/1'><title>One</title></item></rdf:RDF>",
            &["One"],
        );
    }

    #[test]
    fn what_a_feed_says_about_when_to_ask_is_read() {
        let parsed = check(
            "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel><title>Desk</title><ttl>30</ttl>\
             <sy:updatePeriod> hourly </sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency><sy:updateBase>2000-01-01T12:00+00:00</sy:updateBase>\
             <skipHours><hour>0</hour><hour>24</hour><hour>7</hour><hour>99</hour></skipHours>\
             <skipDays><day>Saturday</day><day>sun</day><day>Nosuchday</day></skipDays><item><title>One</title></item></channel></rss>",
            &["One"],
        );
        let rhythm = &parsed.head.rhythm;
        assert_eq!((rhythm.update_seconds, parsed.head.ttl_minutes), (Some(900), Some(30)));
        assert_eq!(rhythm.update_base, "2000-01-01T12:00:00Z".parse().ok());
        assert_eq!((rhythm.skip_hours.as_slice(), rhythm.skip_days.as_slice()), ([0, 7].as_slice(), [5, 6].as_slice()));
    }

    #[test]
    fn broken_feeds_lose_no_whole_entry() {
        check(
            "junk <rss><channel><item><title>R & D</title></item><item><title>Two &nbsp; 3<link>http://a.example/2</link></item></channel></rss> junk",
            &["R & D", "Two 3"],
        );
        check(
            "<rss><channel><item><title><![CDATA[One]]</title></item><item><title><![CDATA[Two]]></title></item></channel></rss>",
            &["One", "Two"],
        );
        check("<item><title>One</title></item>\n<item><title>Two</title></item>", &["One", "Two"]);
        let cut = b"<rss><channel><item><title>One</title></item><item><title>Two</title><descrip";
        assert_eq!(parse(cut).unwrap().items.len(), 2);
        let kept = feed(&Feed::new("f", "http://wire.example/"), &fetched(cut, false)).unwrap();
        assert_eq!(kept.items.len(), 1);
        assert!(kept.issues.iter().any(|issue| issue.code == "entry_dropped"));
    }

    #[test]
    fn nesting_that_kills_feed_rs_does_not_kill_us() {
        for (name, depth) in [("media:group", 1_000), ("media:content", 100_000)] {
            let bomb = format!(
                "<rss xmlns:media='http://search.yahoo.com/mrss/'><channel><item><title>One</title>{}{}</item><item><title>Two</title></item></channel></rss>",
                format!("<{name}>").repeat(depth),
                format!("</{name}>").repeat(depth)
            );
            let parsed = check(&bomb, &["One", "Two"]);
            assert!(parsed.issues.iter().any(|issue| issue.code == "markup_cut"));
        }
    }

    #[test]
    fn what_is_no_feed_is_named() {
        for (body, code) in [
            ("", "empty"),
            ("<html><body>Log in</body></html>", "html_page"),
            ("{\"error\":1}", "not_a_feed"),
            ("%PDF-1.4", "not_a_feed"),
        ] {
            assert_eq!(parse(body.as_bytes()).unwrap_err().0.code, code);
        }
    }

    #[test]
    fn no_bytes_are_too_strange() {
        let seeds: [&[u8]; 6] = [
            b"<rss><item><title a=\"<b>",
            b"<![CDATA[]]>",
            b"\xFF\xFE<\0r\0",
            b"<!DOCTYPE r [<!ENTITY a '&a;'>",
            b"&#x;&;<",
            b"{\"items\":[{\"id\":",
        ];
        let mut state = 7_u64;
        for _ in 0..2_000 {
            let mut body = b"<rss>".to_vec();
            for _ in 0..6 {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let seed = seeds[(state >> 33) as usize % seeds.len()];
                body.extend_from_slice(&seed[..(state >> 40) as usize % (seed.len() + 1)]);
                body.push((state >> 50) as u8);
            }
            let _ = parse(&body);
        }
    }

    /// Real feeds, where the machine has them: none may come out empty without a stated problem.
    #[test]
    fn real_feeds_go_through() {
        let mut waiting = vec![Path::new("../shared/data/gofeed-testdata").to_path_buf()];
        let mut silent = Vec::new();
        while let Some(folder) = waiting.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    waiting.push(path);
                } else if let Ok(parsed) = parse(&std::fs::read(&path).unwrap())
                    && parsed.items.is_empty()
                    && parsed.issues.is_empty()
                {
                    silent.push(path);
                }
            }
        }
        assert!(silent.is_empty(), "{silent:?}");
    }
}
