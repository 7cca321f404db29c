//! Traces: what a collector is told of a poll, and that it fits what the records say.

use crate::harness::{Entry, Reply, Site, rss};
use dateline::{
    model::{Record, Topic},
    publish::lines,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};

/// What a collector took: the bodies of requests to `/v1/traces`.
type Bodies = Arc<Mutex<Vec<Vec<u8>>>>;

/// A collector of OTLP over HTTP; returns its address.
fn collector(bodies: &Bodies) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let bodies = Arc::clone(bodies);
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let bodies = Arc::clone(&bodies);
            thread::spawn(move || {
                let mut got = Vec::new();
                let mut part = [0; 8192];
                while let Ok(n @ 1..) = connection.read(&mut part) {
                    got.extend_from_slice(&part[..n]);
                    let Some(end) = got.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
                    let head = String::from_utf8_lossy(&got[..end]).to_lowercase();
                    let length = head.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
                    let whole = end + 4 + length.parse::<usize>().unwrap();
                    if got.len() < whole {
                        continue;
                    }
                    assert!(head.starts_with("post /v1/traces ") && head.contains("application/x-protobuf"), "{head}");
                    bodies.lock().unwrap().push(got[end + 4..whole].to_vec());
                    got.drain(..whole);
                    connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
                }
            });
        }
    });
    address
}

/// The fields of a Protocol Buffers message: their numbers, and their bytes where they are not numbers themselves.
fn fields(mut message: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }
    let mut found = Vec::new();
    while !message.is_empty() {
        let key = varint(&mut message);
        let (number, length) = match key & 7 {
            0 => (varint(&mut message), 0),
            1 => (0, 8),
            2 => (0, usize::try_from(varint(&mut message)).unwrap()),
            5 => (0, 4),
            other => panic!("no wire type {other}"),
        };
        let (bytes, rest) = message.split_at(length);
        found.push((key >> 3, number, bytes));
        message = rest;
    }
    found
}

fn under(message: &[u8], field: u64) -> impl Iterator<Item = &[u8]> {
    fields(message).into_iter().filter(move |(number, ..)| *number == field).map(|(_, _, bytes)| bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[derive(Debug)]
struct Told {
    trace: String,
    id: String,
    parent: String,
    name: String,
    kind: u64,
    facts: BTreeMap<String, String>,
}

/// The spans of `ExportTraceServiceRequest`s.
fn spans(bodies: &Bodies) -> Vec<Told> {
    let bodies = bodies.lock().unwrap();
    let scopes = bodies.iter().flat_map(|body| under(body, 1)).flat_map(|resource| under(resource, 2));
    let read = |span: &[u8]| {
        let bytes = |field| under(span, field).next().unwrap_or_default();
        let facts = under(span, 9).map(|fact| {
            let value = under(fact, 2).next().unwrap();
            let value = match fields(value)[0] {
                (1, _, text) => String::from_utf8(text.to_vec()).unwrap(),
                (_, number, _) => number.to_string(),
            };
            (String::from_utf8(under(fact, 1).next().unwrap().to_vec()).unwrap(), value)
        });
        Told {
            trace: hex(bytes(1)),
            id: hex(bytes(2)),
            parent: hex(bytes(4)),
            name: String::from_utf8(bytes(5).to_vec()).unwrap(),
            kind: fields(span).iter().find(|(number, ..)| *number == 6).unwrap().1,
            facts: facts.collect(),
        }
    };
    scopes.flat_map(|scope| under(scope, 2)).map(read).collect()
}

/// A site with one feed of two stories, whose address has a token in it.
fn site(collector: &str) -> Site {
    let site = Site::new();
    let entry = |guid, description| Entry {
        guid,
        title: guid,
        link: format!("https://wire.example/{guid}"),
        description,
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    };
    let finland = entry("finland", "HELSINKI, October 6. /TASS/. The COVID-19 death toll in Finland stands at 345.");
    let ferry = entry("ferry", "Ferry service between two islands resumes after the storm of last week.");
    site.server.serve("/wire.xml?token=s3cret", Reply::rss(rss("Wire", &[finland, ferry])));
    let url = site.server.url("/wire.xml?token=s3cret");
    site.feed_at("wire", &url, &format!("language = \"en\"\nallow = [{:?}]", site.server.authority()));
    site.settings(&format!("[traces]\notlp = {collector:?}\n"));
    site
}

/// Records of a topic file, whole.
fn records(site: &Site, topic: Topic) -> Vec<Record> {
    let file = std::fs::read_to_string(site.path(&format!("data/topics/{}.ndjson", topic.name("wire")))).unwrap();
    file.lines().map(|line| lines::record(topic, line.as_bytes()).unwrap().1).collect()
}

#[test]
fn a_poll_of_two_items_is_one_tree_and_records_name_their_spans() {
    let bodies = Bodies::default();
    let site = site(&collector(&bodies));
    let output = site.once();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (spans, all) = (spans(&bodies), format!("{:?}", spans(&bodies)));
    assert!(!all.contains("s3cret"), "{all}");
    let articles = records(&site, Topic::Articles);
    assert_eq!(articles.len(), 2);
    let trace = articles[0].header("traceparent").unwrap().split('-').nth(1).unwrap().to_owned();
    let tree: Vec<&Told> = spans.iter().filter(|span| span.trace == trace).collect();

    let mut names: BTreeMap<&str, usize> = BTreeMap::new();
    tree.iter().for_each(|span| *names.entry(&span.name).or_default() += 1);
    for (name, count) in [("poll wire", 1), ("parse", 1), ("clean", 2), ("extract", 2), ("dedup", 2), ("commit", 1)] {
        assert_eq!(names.get(name), Some(&count), "{name} of {names:?}");
    }
    assert_eq!((names["send wire.articles.v1"], names["send wire.covid-stats.v1"]), (2, 1), "{names:?}");

    let ids: BTreeSet<&str> = tree.iter().map(|span| span.id.as_str()).collect();
    assert_eq!(ids.len(), tree.len(), "no two spans have one id: {tree:#?}");
    let (roots, others): (Vec<&Told>, Vec<&Told>) = tree.iter().partition(|span| span.parent.is_empty());
    assert_eq!(roots.len(), 1);
    assert!(others.iter().all(|span| ids.contains(span.parent.as_str())), "{tree:#?}");
    const CLIENT: u64 = 3;
    const PRODUCER: u64 = 4;
    assert_eq!((roots[0].name.as_str(), roots[0].kind), ("poll wire", CLIENT));
    assert_eq!(roots[0].facts["url.full"], site.server.url("/wire.xml?token=..."));
    assert_eq!(roots[0].facts["http.response.status_code"], "200");
    for record in articles.iter().chain(&records(&site, Topic::CovidStats)) {
        let parts: Vec<&str> = record.header("traceparent").unwrap().split('-').collect();
        let sent = tree.iter().find(|span| span.id == parts[2]).unwrap();
        assert_eq!((parts[0], parts[1], parts[3], sent.kind), ("00", trace.as_str(), "01", PRODUCER));
        assert_eq!(sent.facts["messaging.destination.name"], record.topic.name("wire"));
        assert_eq!(sent.facts["messaging.message.id"], record.header("ce_id").unwrap());
    }
}

#[test]
fn a_collector_that_never_answers_stops_nothing() {
    // Connections are taken by the system, and nobody reads them.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let site = site(&format!("http://{}", silent.local_addr().unwrap()));
    let output = site.once();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(records(&site, Topic::Articles).len(), 2);
}

#[test]
fn what_is_not_sampled_is_not_told_and_says_so() {
    let bodies = Bodies::default();
    let site = site(&collector(&bodies));
    site.settings("sampled = 0.0\n");
    assert!(site.once().status.success());
    assert_eq!(spans(&bodies).len(), 0);
    assert!(
        records(&site, Topic::Articles).iter().all(|record| record.header("traceparent").unwrap().ends_with("-00"))
    );
}
