//! What format a feed is in, in words: for people, since nothing depends on it.

use super::sniff::{self, Kind};
use crate::{
    markup::{
        encoding,
        tokens::{Tag, Token, Tokens},
    },
    model::{Fetched, Stage},
};

/// The format's name and version as far as it states one; none for what is no feed.
pub fn format(fetched: &Fetched) -> Option<String> {
    let decoded = encoding::decode(Stage::Parse, &fetched.body, fetched.header("content-type"), &fetched.url);
    match sniff::kind(&decoded.text) {
        Kind::Xml(at) => match Tokens::new(&decoded.text, at).next() {
            Some(Token::Open(root)) => Some(of_root(&root)),
            _ => Some("XML".to_owned()),
        },
        Kind::Json(text) => Some(of_json(text)),
        Kind::Escaped(_) => Some("XML, escaped as a whole".to_owned()),
        Kind::Not(..) => None,
    }
}

fn of_root(root: &Tag<'_>) -> String {
    let attribute =
        |name: &str| root.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value);
    let declares = |space: &str| {
        root.attributes
            .iter()
            .any(|(key, value)| key.to_ascii_lowercase().starts_with("xmlns") && value.contains(space))
    };
    let versioned = |name: &str| match attribute("version").and_then(version) {
        Some(version) => format!("{name} {version}"),
        None => name.to_owned(),
    };
    match root.name.rsplit(':').next().unwrap_or_default().to_ascii_lowercase().as_str() {
        "rss" => versioned("RSS"),
        "rdf" if declares("netscape.com/rdf/simple/0.9") => "RSS 0.90".to_owned(),
        "rdf" => "RSS 1.0".to_owned(),
        "feed" if declares("purl.org/atom/ns") => "Atom 0.3".to_owned(),
        "feed" => "Atom 1.0".to_owned(),
        "urlset" => "sitemap".to_owned(),
        "channel" if attribute("href").is_some() => "CDF".to_owned(),
        _ => "RSS, in part".to_owned(),
    }
}

fn of_json(text: &str) -> String {
    // The version is the first member as a rule, and an address that ends in the number.
    let stated = text.split_once("jsonfeed.org/version/").map(|(_, rest)| rest.split('"').next().unwrap_or_default());
    match stated.and_then(version) {
        Some(version) => format!("JSON Feed {version}"),
        None => "JSON".to_owned(),
    }
}

/// A version as versions are written.
fn version(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text.len() <= 8 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<&str>) {
        let fetched = Fetched {
            feed: "a".into(),
            url: "https://wire.example/".to_owned(),
            status: 200,
            headers: Vec::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            complete: true,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        assert_eq!(format(&fetched).as_deref(), expected);
    }

    #[test]
    fn formats_are_named() {
        check("<?xml version='1.0'?><rss version='2.0'/>", Some("RSS 2.0"));
        check("<rss version='<script>'/>", Some("RSS"));
        check("<rdf:RDF xmlns='http://purl.org/rss/1.0/'/>", Some("RSS 1.0"));
        check("<rdf:RDF xmlns='http://my.netscape.com/rdf/simple/0.9/'/>", Some("RSS 0.90"));
        check("<feed xmlns='http://www.w3.org/2005/Atom'/>", Some("Atom 1.0"));
        check("<feed version='0.3' xmlns='http://purl.org/atom/ns#'/>", Some("Atom 0.3"));
        check("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}", Some("JSON Feed 1.1"));
        check("[{\"title\":\"x\"}]", Some("JSON"));
        check("<html/>", None);
    }
}
