//! What an input is, found out by looking at it.

use crate::cli::From;

/// How much is looked at.
const HEAD: usize = 16 * 1024;

/// What a document is; none when it cannot be told. The media type, where a server gave one, is asked only when the
/// bytes do not tell, for servers call everything `text/html` or `text/plain`.
pub(super) fn sniff(bytes: &[u8], media_type: Option<&str>) -> Option<From> {
    let head = readable(bytes.get(..HEAD).unwrap_or(bytes));
    let text = head.trim_start_matches('\u{feff}').trim_start();
    match text.chars().next() {
        Some('<') => markup(text).or_else(|| by_media_type(media_type)),
        Some('{' | '[') => json(text, bytes.len() > HEAD),
        _ => by_media_type(media_type),
    }
}

/// UTF-16 is told by its mark, or by the NUL beside the first ASCII character; NULs are dropped, which is enough to
/// find ASCII words.
fn readable(bytes: &[u8]) -> String {
    let wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let without_mark = if wide { bytes.get(2..).unwrap_or_default() } else { bytes };
    let plain: Vec<u8> = without_mark.iter().copied().filter(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&plain).into_owned()
}

/// The first element that is known decides; comments, prologs and doctypes are passed over.
fn markup(text: &str) -> Option<From> {
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = rest.get(at + 1..)?;
        if let Some(comment) = rest.strip_prefix("!--") {
            rest = comment.find("-->").and_then(|end| comment.get(end + 3..)).unwrap_or_default();
            continue;
        }
        let name: String = rest
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '!' | '?' | '_' | '-'))
            .take(40)
            .collect::<String>()
            .to_ascii_lowercase();
        let local = name.rsplit(':').next().unwrap_or_default();
        match local {
            "rss" | "feed" | "rdf" | "channel" => return Some(From::Feed),
            "html" | "head" | "body" | "div" | "p" | "article" | "main" | "section" | "meta" | "title" | "h1" => {
                return Some(From::Page);
            }
            _ if name.starts_with("!doctype") => {
                let kind = rest.get(8..).unwrap_or_default().trim_start().get(..4).unwrap_or_default();
                if kind.eq_ignore_ascii_case("html") {
                    return Some(From::Page);
                }
            }
            _ => {}
        }
    }
    None
}

fn json(text: &str, cut: bool) -> Option<From> {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first: Option<serde_json::Value> = lines.next().and_then(|line| serde_json::from_str(line).ok());
    if let Some(first) = &first {
        let another = lines.next().is_some_and(|line| line.trim_start().starts_with('{'));
        if first.is_object() && another {
            return Some(From::Ndjson);
        }
    }
    let has = |key: &str| match &first {
        Some(value) => value.get(key).is_some(),
        None => text.contains(&format!("\"{key}\"")),
    };
    if text.contains("jsonfeed.org") || has("items") || text.starts_with('[') {
        Some(From::Feed)
    } else if has("schema") || has("body") {
        Some(From::Json)
    } else if has("text") || has("html") || has("headline") || (cut && first.is_none() && has("id")) {
        // One document on one line, or a line so long that its end is not in sight.
        Some(From::Ndjson)
    } else {
        None
    }
}

fn by_media_type(media_type: Option<&str>) -> Option<From> {
    let essence = media_type?.split(';').next()?.trim().to_ascii_lowercase();
    match essence.as_str() {
        "text/html" | "application/xhtml+xml" => Some(From::Page),
        "application/rss+xml" | "application/atom+xml" | "application/rdf+xml" | "application/feed+json" => {
            Some(From::Feed)
        }
        "application/x-ndjson" | "application/jsonl" => Some(From::Ndjson),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<From>) {
        assert_eq!(sniff(text.as_bytes(), None), expected, "{text}");
    }

    #[test]
    fn each_kind_of_input_is_told_by_its_beginning() {
        check("\u{feff}<?xml version=\"1.0\"?>\n<!-- <html> --><rss version=\"2.0\">", Some(From::Feed));
        check("<atom:feed xmlns:atom=\"http://www.w3.org/2005/Atom\">", Some(From::Feed));
        check("<rdf:RDF>", Some(From::Feed));
        check("<!DOCTYPE html><html>", Some(From::Page));
        check("<?xml version=\"1.0\"?><!DOCTYPE html PUBLIC \"x\"><html>", Some(From::Page));
        check("{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[]}", Some(From::Feed));
        check("{\"id\":\"1\",\"text\":\"a\"}\n{\"id\":\"2\",\"text\":\"b\"}\n", Some(From::Ndjson));
        check("{\"id\":\"1\",\"headline\":\"a\"}", Some(From::Ndjson));
        check("{\n  \"schema\": \"article/1\",\n  \"id\": \"1\"\n}", Some(From::Json));
        check("just words", None);
        check("", None);
    }

    #[test]
    fn wide_characters_and_media_types_help() {
        let wide: Vec<u8> = "\u{feff}<rss>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff(&wide, None), Some(From::Feed));
        assert_eq!(sniff(b"words", Some("text/html; charset=utf-8")), Some(From::Page));
    }
}
