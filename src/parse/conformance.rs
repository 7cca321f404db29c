//! Small documents that each assert a few fields, in tables beside this file: what a reader of feeds has to know.
//!
//! A case of `conformance/*.txt` is a document (lines up to the first that begins with `=`), and what must come out of it:
//! `= title: Port opens` of the first entry, `= 1.title: …` of the second, `= feed.title: …`, `= n: 2` entries,
//! `= problem: code` one of the problems; `null` is nothing. `@rss`, `@item`, `@rdf`, `@feed`, `@entry`, `@atom03` and
//! `@json` stand for the frame around what follows them. A line that begins with `>` is a header of the response, `> url:`
//! the address of the document. `#` begins a remark.

use super::*;
use crate::markup::charset::Charset;
use serde_json::{Value, json};

struct Case {
    line: usize,
    document: String,
    headers: Vec<(String, String)>,
    expected: Vec<(String, String)>,
}

fn cases(text: &str) -> Vec<Case> {
    let empty = |line| Case { line, document: String::new(), headers: Vec::new(), expected: Vec::new() };
    let mut cases = Vec::new();
    let mut case = empty(1);
    for (index, line) in text.lines().enumerate() {
        if let Some(expected) = line.strip_prefix("= ") {
            let (path, value) = expected.split_once(':').unwrap_or((expected, ""));
            case.expected.push((path.to_owned(), value.trim().to_owned()));
            continue;
        }
        if !case.expected.is_empty() {
            cases.push(std::mem::replace(&mut case, empty(index + 1)));
        }
        if let Some(header) = line.strip_prefix("> ") {
            let (name, value) = header.split_once(':').unwrap();
            case.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        } else if !line.starts_with('#') && (!line.is_empty() || !case.document.is_empty()) {
            case.document.push_str(line);
            case.document.push('\n');
        }
    }
    if !case.expected.is_empty() {
        cases.push(case);
    }
    cases
}

fn framed(document: &str) -> String {
    let (frame, inner) = document.split_once([' ', '\n']).unwrap_or((document, ""));
    let rss = |inner: &str| format!("<rss version=\"2.0\"><channel>{inner}</channel></rss>");
    let feed = |inner: &str| format!("<feed xmlns=\"http://www.w3.org/2005/Atom\">{inner}</feed>");
    match frame {
        "@rss" => rss(inner),
        "@item" => rss(&format!("<item>{inner}</item>")),
        "@feed" => feed(inner),
        "@entry" => feed(&format!("<entry>{inner}</entry>")),
        "@atom03" => {
            format!("<feed version=\"0.3\" xmlns=\"http://purl.org/atom/ns#\"><entry>{inner}</entry></feed>")
        }
        "@rdf" => format!(
            "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://purl.org/rss/1.0/\">{inner}</rdf:RDF>"
        ),
        "@json" => format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{inner}]}}"),
        _ => document.to_owned(),
    }
}

/// What is wrong with the outcome of a case.
fn faults(case: &Case) -> Vec<String> {
    let url = case.headers.iter().find(|(name, _)| name == "url").map_or("", |(_, url)| url.as_str());
    let fetched = Fetched {
        feed: "f".into(),
        url: url.to_owned(),
        status: 200,
        headers: case.headers.clone(),
        body: framed(&case.document).into_bytes().into(),
        complete: true,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    let parsed = match feed(&Feed::new("f", url), &fetched) {
        Ok(parsed) => parsed,
        Err(ParseError(issue)) => Parsed { issues: vec![issue], ..Parsed::default() },
    };
    let items = serde_json::to_value(&parsed.items).unwrap();
    let head = serde_json::to_value(&parsed.head).unwrap();
    let mut faults = Vec::new();
    for (path, expected) in &case.expected {
        if path == "problem" {
            if parsed.issues.iter().all(|issue| issue.code != *expected) {
                faults.push(format!("no problem {expected} among {:?}", parsed.issues));
            }
            continue;
        }
        let mut steps: Vec<&str> = path.split('.').collect();
        let mut at = match steps[0] {
            "n" => &json!(parsed.items.len()),
            "feed" => &head,
            first if first.parse::<usize>().is_ok() => &items[first.parse::<usize>().unwrap()],
            _ => {
                steps.insert(0, "0");
                &items[0]
            }
        };
        for step in &steps[1..] {
            at = match step.parse::<usize>() {
                Ok(index) => &at[index],
                Err(_) => &at[step],
            };
        }
        let found = match at {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if found != *expected {
            faults.push(format!("{path}: {found:?} instead of {expected:?}"));
        }
    }
    faults
}

#[track_caller]
fn check(name: &str, text: &str) {
    let cases = cases(text);
    let mut wrong = Vec::new();
    for case in &cases {
        for fault in faults(case) {
            wrong.push(format!("{name}, case before line {}: {fault}\n    {}", case.line, case.document.trim()));
        }
    }
    assert!(wrong.is_empty(), "{} faults in {} cases\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

macro_rules! tables {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(stringify!($name), include_str!(concat!("conformance/", stringify!($name), ".txt")));
        }
    )* };
}

tables!(rss atom rdf_and_others text links languages dates people broken json);

/// A document that says how it is encoded, and is.
fn encoded(label: &str, title: &[u8]) -> Vec<u8> {
    let mainframe = Charset::labelled(label).filter(|charset| !charset.is_ascii_like());
    let frame = |text: String| -> Vec<u8> {
        let Some(mainframe) = mainframe else { return text.into_bytes() };
        let byte = |c: char| (0..=255).find(|byte| mainframe.decode(&[*byte]).0.starts_with(c)).unwrap();
        text.chars().map(byte).collect()
    };
    let mut document = frame(format!("<?xml version=\"1.0\" encoding=\"{label}\"?><rss><channel><title>"));
    document.extend_from_slice(title);
    document.extend(frame("</title></channel></rss>".to_owned()));
    document
}

/// Labels, bytes and text as Python's codecs have them.
#[test]
fn encodings_by_every_label() {
    let mut wrong = Vec::new();
    let mut labels_count = 0;
    for line in include_str!("conformance/encodings.tsv").lines() {
        let mut parts = line.split('\t');
        let (labels, hex, text) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let bytes: Vec<u8> = hex
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect();
        for label in labels.split(' ') {
            labels_count += 1;
            let by_declaration = (encoded(label, &bytes), Vec::new());
            let header = ("content-type".to_owned(), format!("application/xml; charset=\"{label}\""));
            let by_server = (replaced(&encoded(label, &bytes), b"encoding", b"standing"), vec![header]);
            for (body, headers) in [by_declaration, by_server] {
                let by = if headers.is_empty() { "declared" } else { "stated" };
                let fetched = Fetched {
                    feed: "f".into(),
                    url: String::new(),
                    status: 200,
                    headers,
                    body: body.into(),
                    complete: true,
                    at: jiff::Timestamp::UNIX_EPOCH,
                };
                let title = feed(&Feed::new("f", ""), &fetched).ok().and_then(|parsed| parsed.head.title);
                if title.as_deref() != Some(text) {
                    wrong.push(format!("{label} {by}: {title:?} instead of {text:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), labels_count * 2, wrong.join("\n"));
}

fn replaced(body: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let at = body.windows(old.len()).position(|window| window == old);
    let mut body = body.to_vec();
    if let Some(at) = at {
        body[at..at + old.len()].copy_from_slice(new);
    }
    body
}
