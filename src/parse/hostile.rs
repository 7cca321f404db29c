//! Documents that were cut, damaged or made to hurt: what stood whole is kept, what is lost is said, and nothing takes long.

use super::*;
use std::time::{Duration, Instant};

const RSS: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- made by hand -->\n<rss version=\"2.0\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><channel><title>Desk</title><link>http://wire.example/</link>\
    <item><title>One &amp; only</title><link>http://wire.example/1</link><guid>1</guid><description>&lt;p&gt;A &amp;amp; B&lt;/p&gt;</description></item>\
    <item><title><![CDATA[Two]]></title><guid isPermaLink=\"false\">2</guid><description><![CDATA[<p>Text</p>]]></description><dc:creator>Ana</dc:creator></item>\
    <item><title>Три</title><guid>3</guid><enclosure url='http://wire.example/a.mp3' type='audio/mpeg' length='3'/><pubDate>Tue, 29 Sep 2020 18:05:00 GMT</pubDate></item>\
    <item><title>Four</title><guid>4</guid><description>A<br/>B</description></item></channel></rss>";
const ATOM: &str = "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\"><title>Desk</title><id>d</id>\
    <entry><title type=\"html\">One &amp;amp; only</title><id>1</id><link href=\"http://wire.example/1\"/><content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><p>A</p></div></content></entry>\
    <entry><title>Two</title><id>2</id><author><name>Ana</name></author><updated>2020-09-29T18:05:00Z</updated></entry>\
    <entry><title>Three</title><id>3</id><summary><![CDATA[A & B]]></summary></entry></feed>";
const JSON: &str = "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Desk\",\"items\":[\
    {\"id\":\"1\",\"title\":\"One\",\"authors\":[{\"name\":\"Ana\"}]},{\"id\":\"2\",\"title\":\"Two \\\" \\u00e9\"},{\"id\":\"3\",\"title\":\"Three\",\"tags\":[\"a\"]}]}";
/// Documents and what ends an entry in them.
const DOCUMENTS: [(&str, &str); 3] = [(RSS, "</item>"), (ATOM, "</entry>"), (JSON, "}")];

fn read(body: &[u8], complete: bool) -> Parsed {
    let fetched = Fetched {
        feed: "f".into(),
        url: "http://wire.example/feed".to_owned(),
        status: 200,
        headers: Vec::new(),
        body: bytes::Bytes::copy_from_slice(body),
        complete,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    match feed(&Feed::new("f", "http://wire.example/feed"), &fetched) {
        Ok(parsed) => parsed,
        Err(ParseError(issue)) => Parsed { issues: vec![issue], ..Parsed::default() },
    }
}

/// Where the entries of a document end.
fn ends(document: &str, end: &str, whole: &[Item]) -> Vec<usize> {
    let places = document.match_indices(end).map(|(at, _)| at + end.len());
    // In JSON other objects end in the same way; an entry's end is the first after its title.
    if end == "}" {
        let starts: Vec<usize> = document.match_indices("{\"id\"").map(|(at, _)| at).collect();
        let stops = starts.iter().skip(1).map(|next| next - 1).chain([document.len() - 2]);
        return stops.take(whole.len()).collect();
    }
    places.collect()
}

#[test]
fn entries_that_stand_whole_before_a_cut_are_all_kept() {
    for (document, end) in DOCUMENTS {
        let whole = read(document.as_bytes(), true).items;
        let ends = ends(document, end, &whole);
        assert_eq!(ends.len(), whole.len());
        for cut in 0..document.len() {
            for complete in [true, false] {
                let parsed = read(&document.as_bytes()[..cut], complete);
                let expected = ends.iter().filter(|end| **end <= cut).count();
                let kept: Vec<&Item> = parsed.items.iter().take(expected).collect();
                let meant: Vec<&Item> = whole.iter().take(expected).collect();
                assert_eq!(kept, meant, "cut at {cut} of {document}");
                assert!(expected == whole.len() || !parsed.issues.is_empty(), "a cut at {cut} is said");
                // One whose end tag has begun is whole too.
                let further = parsed.items.get(expected);
                let waits = complete || further.is_none_or(|item| Some(item) == whole.get(expected));
                assert!(waits, "an open entry waits for the next poll, cut at {cut}: {further:?}");
            }
        }
    }
}

#[test]
fn one_bad_byte_costs_one_entry_at_most_and_is_said() {
    let mut worst = 0;
    for (document, _) in &DOCUMENTS[..2] {
        let whole = read(document.as_bytes(), true).items.len();
        // The root itself is what makes a document a feed.
        let first = document.find("<title>").unwrap();
        // A prime step visits each kind of place; all places and bytes hold too, and take a minute.
        for at in (first..document.len() - 20).step_by(7) {
            for byte in *b"<>&\"/]\0\xFF" {
                let mut body = document.as_bytes().to_vec();
                body[at] = byte;
                let parsed = read(&body, true);
                let lost = whole.saturating_sub(parsed.items.len());
                worst = worst.max(lost);
                assert!(lost <= 1, "{lost} lost by {byte:?} at {at}: {}", String::from_utf8_lossy(&body));
                assert!(lost == 0 || !parsed.issues.is_empty(), "{byte:?} at {at}: {}", String::from_utf8_lossy(&body));
            }
        }
    }
    assert!(worst <= 1);
}

/// Reads a document that is meant to hurt, and how many entries of it were kept.
#[track_caller]
fn check(name: &str, document: String, entries: usize) {
    let begun = Instant::now();
    let parsed = read(&document.into_bytes(), true);
    assert_eq!(parsed.items.len(), entries, "{name}: {:?}", parsed.issues.first());
    // Generous, because a test runs unoptimized and beside others; anything that is not linear takes minutes.
    assert!(begun.elapsed() < Duration::from_secs(60), "{name} took {:?}", begun.elapsed());
}

#[test]
fn bombs_do_not_go_off() {
    let item = "<item><title>One</title></item>";
    let rss = |inner: &str| format!("<rss><channel>{inner}{item}</channel></rss>");
    check("nesting", rss(&"<a>".repeat(100_000)), 1);
    check("nested entries", rss(&"<item>".repeat(50_000)), 50_001.min(MAX_ITEMS) - 49_999);
    check("attributes", rss(&format!("<a {}/>", "b='c' ".repeat(100_000))), 1);
    check(
        "distinct attributes",
        rss(&format!("<a {}/>", (0..100_000).map(|n| format!("b{n}='' ")).collect::<String>())),
        1,
    );
    check("namespaces", rss(&(0..50_000).map(|n| format!("<a xmlns:b{n}='u{n}'/>")).collect::<String>()), 1);
    check("instructions", rss(&"<?a b?>".repeat(100_000)), 1);
    check("comments", rss(&"<!-- a -->".repeat(100_000)), 1);
    check("open comments", rss(&"<!-- a ".repeat(100_000)), 1);
    check("open sections", rss(&"<![CDATA[".repeat(100_000)), 1);
    check("open quotes", rss(&"<a b=\"".repeat(100_000)), 1);
    check("ends", rss(&"</a>".repeat(100_000)), 1);
    check("brackets", rss(&"<".repeat(100_000)), 1);
    check("ampersands", rss(&"&".repeat(300_000)), 1);
    let laughs: String =
        (0..20).map(|n| format!("<!ENTITY a{} \"{}\">", n + 1, format!("&a{n};").repeat(10))).collect();
    check(
        "laughs",
        format!("<!DOCTYPE r [<!ENTITY a0 \"ha\">{laughs}]><rss><item><title>&a20;</title></item></rss>"),
        1,
    );
    let blown = format!(
        "<!DOCTYPE r [<!ENTITY a \"{}\">]><rss><item><title>{}</title></item></rss>",
        "h".repeat(200),
        "&a;".repeat(100_000)
    );
    check("quadratic", blown, 1);
    check("JSON", format!("{{\"version\":\"https://jsonfeed.org/version/1\",\"items\":{}", "[".repeat(100_000)), 0);
}

#[test]
fn many_entries_are_all_read() {
    let items: String = (0..5_000).map(|n| format!("<item><guid>{n}</guid><title>No. {n}</title></item>")).collect();
    check("5,000 entries", format!("<rss><channel>{items}</channel></rss>"), 5_000);
}

/// A mutation loop for machines without a fuzzer; `fuzz/` has the targets for those with one.
#[test]
fn mutated_documents_neither_crash_nor_hang() {
    let mut state = 1_u64;
    let mut random = move |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below.max(1)
    };
    for round in 0..1_500 {
        let (document, _) = DOCUMENTS[round % DOCUMENTS.len()];
        let mut body = document.as_bytes().to_vec();
        for _ in 0..1 + random(8) {
            let (from, length) = (random(body.len()), random(60));
            let piece: Vec<u8> = body.iter().skip(from).take(length).copied().collect();
            let at = random(body.len());
            match random(4) {
                0 => body[at] = random(256) as u8,
                1 => drop(body.drain(at..(at + length).min(body.len()))),
                _ => drop(body.splice(at..at, piece)),
            }
        }
        let _ = read(&body, random(2) == 0);
    }
}
