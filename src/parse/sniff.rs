//! What a document really is, whatever its `Content-Type` says.
//!
//! In: decoded text. Out: where the feed in it begins, or the code that says what it is instead.

use crate::markup::tokens::name_at;

/// What kind of document it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    /// RSS, Atom or a sitemap whose root element begins at this byte.
    Xml(usize),
    /// The same, escaped as a whole, from this byte on.
    Escaped(usize),
    /// JSON.
    Json(&'a str),
    /// No feed: the code and what it is.
    Not(&'static str, String),
}

/// Tells what a text is.
pub(super) fn kind(text: &str) -> Kind<'_> {
    let trimmed = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == '\0');
    if trimmed.is_empty() {
        return Kind::Not("empty", "the document is empty".to_owned());
    }
    if let Some(json) = json(trimmed) {
        return Kind::Json(json);
    }
    let mut saw_page = false;
    let mut first = None;
    let mut entry = None;
    let mut at = 0;
    let mut comments_end = true;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('<')) {
        at += found;
        let rest = text.get(at + 1..).unwrap_or_default();
        // What a comment talks about is not there.
        if let Some(comment) = rest.strip_prefix("!--").filter(|_| comments_end) {
            if let Some(end) = comment.find("-->") {
                at += end + "<!---->".len();
                continue;
            }
            comments_end = false;
        }
        let name = name_at(rest);
        let local = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
        saw_page |= local == "html" || rest.get(..12).is_some_and(|head| head.eq_ignore_ascii_case("!doctype htm"));
        match local.as_str() {
            "rss" | "rdf" | "feed" | "urlset" => return Kind::Xml(at),
            // A channel or a list of entries without a frame is read, unless a page holds it.
            "channel" | "item" | "entry" if !saw_page && entry.is_none() => entry = Some(at),
            "" => {}
            _ => first = first.or(Some(name)),
        }
        at += 1;
    }
    let escaped = || ["&lt;rss", "&lt;feed", "&lt;rdf:RDF"].iter().filter_map(|root| text.find(root)).min();
    if !saw_page && let (None, Some(at)) = (entry, escaped()) {
        return Kind::Escaped(at);
    }
    match (entry, first) {
        (Some(at), _) => Kind::Xml(at),
        (None, _) if saw_page => Kind::Not("html_page", "the document is a web page".to_owned()),
        (None, Some(name)) if ["head", "body", "title", "script", "div", "p", "meta", "h1"].contains(&name) => {
            Kind::Not("html_page", "the document is part of a web page".to_owned())
        }
        (None, Some(name)) => {
            Kind::Not("not_a_feed", format!("the first element is <{}>", name.chars().take(40).collect::<String>()))
        }
        (None, None) if text.contains(['\0', '\u{FFFD}']) => {
            Kind::Not("not_a_feed", "the document is binary".to_owned())
        }
        (None, None) => Kind::Not("not_a_feed", "the document is plain text".to_owned()),
    }
}

/// The JSON in a text that begins with it, bare or behind what keeps scripts from reading it: `)]}'`, a callback's name.
fn json(text: &str) -> Option<&str> {
    const GUARDS: [&str; 3] = [")]}'", "while(1);", "for(;;);"];
    let text = GUARDS.iter().find_map(|guard| text.strip_prefix(guard)).unwrap_or(text);
    let text = text.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let call = text.trim_start_matches(is_name);
    let text = if call.len() < text.len() { call.strip_prefix('(')?.trim_start() } else { text };
    text.starts_with(['{', '[']).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match kind(text) {
            Kind::Xml(at) => format!("xml {at}"),
            Kind::Escaped(at) => format!("escaped {at}"),
            Kind::Json(json) => format!("json {json}"),
            Kind::Not(code, _) => code.to_owned(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn feeds_are_found_and_others_named() {
        check("<?xml version='1.0'?><rss/>", "xml 21");
        check("Warning: x in y<br>\n<atom:feed xmlns:atom='a'/>", "xml 20");
        check("<!-- an <rss> feed --><feed/>", "xml 22");
        check("<string>&lt;rss&gt;&lt;/rss&gt;</string>", "escaped 8");
        check("\u{FEFF} {\"version\":1}", "json {\"version\":1}");
        check(")]}',\n{}", "json {}");
        check("news.take({});", "json {});");
        check("<!DOCTYPE html><html><body><item/></body></html>", "html_page");
        check(" \n", "empty");
        check("<opml><body/></opml>", "not_a_feed");
        check("GIF89a\u{0}\u{FFFD}", "not_a_feed");
        check("hello", "not_a_feed");
    }
}
