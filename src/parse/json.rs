//! JSON Feed 1.0 and 1.1, and plain lists of entries in JSON.
//!
//! In: text that begins like JSON. Out: [`Parsed`], items not yet named. Numbers are taken for text where text is meant,
//! addresses are made absolute, a document that was cut off is read up to its last whole entry.

use super::{
    MAX_ITEMS, ParseError, Parsed, Source,
    construct::escape_where_needed,
    entry::cut_to_measure,
    language,
    link::Base,
    markup_links,
    media::{add_enclosure, add_image},
    people, plain,
    times::{self, LOOKED_AT, Manner, Which, date_of},
};
use crate::model::{Author, FeedHead, FeedId, Issue, Item, ItemId, Rhythm, Stage};
use serde_json::{Map, Value};

const PUBLISHED: [&str; 7] =
    ["date_published", "published", "published_at", "publishedAt", "pubDate", "date", "created_at"];
const UPDATED: [&str; 5] = ["date_modified", "updated", "modified", "updated_at", "updatedAt"];

/// Reads a document.
pub(super) fn read(source: &Source<'_>, text: &str) -> Result<Parsed, ParseError> {
    let Source { feed, base, .. } = *source;
    let mut parsed = Parsed::default();
    let value = match serde_json::Deserializer::from_str(text).into_iter::<Value>().next() {
        Some(Ok(value)) => value,
        Some(Err(error)) => {
            let mended = mended(text);
            let read = |text: &str| serde_json::Deserializer::from_str(text).into_iter::<Value>().next()?.ok();
            let whole = read(&mended);
            let Some(value) = whole.clone().or_else(|| read(&up_to_last_entry(&mended)?)) else {
                return Err(ParseError(Issue::new(
                    Stage::Parse,
                    "not_a_feed",
                    format!("the document is broken JSON: {error}"),
                )));
            };
            let (code, done) = match whole {
                Some(_) => ("markup_repaired", "read with what was wrong left out"),
                None => ("truncated", "read up to the last whole entry"),
            };
            parsed.issues.push(Issue::new(Stage::Parse, code, format!("{done}: {error}")));
            value
        }
        None => return Err(ParseError(Issue::new(Stage::Parse, "empty", "the document is empty"))),
    };
    let entries = match &value {
        Value::Array(entries) => entries.as_slice(),
        Value::Object(object) => match ["items", "entries", "articles", "results", "data"]
            .iter()
            .find_map(|name| object.get(*name)?.as_array())
        {
            Some(entries) => entries.as_slice(),
            None if text_of(object, &["version"]).is_some_and(|version| version.contains("jsonfeed")) => &[],
            None => {
                return Err(ParseError(Issue::new(
                    Stage::Parse,
                    "not_a_feed",
                    "the document is JSON without a list of entries",
                )));
            }
        },
        _ => {
            return Err(ParseError(Issue::new(
                Stage::Parse,
                "not_a_feed",
                "the document is JSON without a list of entries",
            )));
        }
    };
    if let Value::Object(object) = &value {
        parsed.head = head(object, base);
    }
    parsed.head.language = parsed.head.language.or_else(|| source.language.clone());
    let shared = value.as_object().map(|object| authors(object, base)).unwrap_or_default();
    let changed = value.as_object().and_then(|object| text_of(object, &UPDATED));
    let objects = || entries.iter().take(LOOKED_AT).filter_map(Value::as_object);
    let dates = objects().flat_map(|object| [text_of(object, &PUBLISHED), text_of(object, &UPDATED)]).flatten();
    let dates: Vec<String> = dates.chain(changed.clone()).collect();
    let manner = times::manner_of(&dates, source.at, parsed.head.language.as_deref());
    parsed.head.updated = changed.and_then(|written| date_of(&written, manner));
    let mut unreadable = 0_usize;
    for entry in entries.iter().take(MAX_ITEMS) {
        match entry.as_object().map(|object| item(feed, base, manner, object)) {
            Some(mut item)
                if item.title.is_some() || item.content.is_some() || item.summary.is_some() || item.link.is_some() =>
            {
                if item.authors.is_empty() {
                    item.authors.clone_from(&shared);
                }
                item.language = item.language.take().or_else(|| parsed.head.language.clone());
                parsed.items.push(item);
            }
            _ => unreadable += 1,
        }
    }
    if unreadable > 0 {
        parsed.issues.push(Issue::new(
            Stage::Parse,
            "entry_unreadable",
            format!("{unreadable} × entry without any field of an entry"),
        ));
    }
    if entries.len() > MAX_ITEMS {
        parsed.issues.push(Issue::new(
            Stage::Parse,
            "entries_cut",
            format!("{} entries, the first {MAX_ITEMS} are read", entries.len()),
        ));
    }
    Ok(parsed)
}

fn head(object: &Map<String, Value>, base: &Base) -> FeedHead {
    FeedHead {
        title: text_of(object, &["title", "name"]).and_then(|title| plain::squeeze(&title)),
        link: text_of(object, &["home_page_url", "link", "url"]).and_then(|url| base.absolute(&url)),
        description: text_of(object, &["description", "subtitle"]),
        language: text_of(object, &["language", "lang"]).and_then(|language| language::tag(&language)),
        updated: None,
        id: text_of(object, &["feed_url", "id"]),
        ttl_minutes: None,
        rhythm: Rhythm::default(),
    }
}

fn item(feed: &FeedId, base: &Base, manner: Manner, object: &Map<String, Value>) -> Item {
    let mut item = Item::new(ItemId(String::new()), feed.clone());
    let address = |names: &[&str]| text_of(object, names).and_then(|url| base.absolute(&url));
    item.guid = text_of(object, &["id", "guid", "uuid"]);
    item.link = address(&["url", "link", "permalink"]).or_else(|| address(&["external_url"]));
    item.title = text_of(object, &["title", "headline"]).and_then(|title| plain::line(&escape_where_needed(&title)));
    item.summary = text_of(object, &["summary", "description", "excerpt", "abstract", "lead"]);
    let absolute = |markup: String| markup_links::absolute(base.outermost(), markup);
    item.content = text_of(object, &["content_html"])
        .map(absolute)
        .or_else(|| text_of(object, &["content_text"]).map(|text| escape_where_needed(&text)))
        .or_else(|| text_of(object, &["content", "body", "text", "full_text"]));
    for (names, which) in [(PUBLISHED.as_slice(), Which::Published), (&UPDATED, Which::Updated)] {
        if let Some(written) = text_of(object, names) {
            times::note(&written, date_of(&written, manner), manner, which, &mut item);
        }
    }
    item.authors = authors(object, base);
    for tag in ["tags", "categories", "keywords"].iter().filter_map(|name| object.get(*name)).flat_map(list) {
        let name = scalar(tag)
            .or_else(|| text_of(tag.as_object()?, &["name", "label", "term"]))
            .and_then(|name| plain::squeeze(&name));
        if let Some(name) = name.filter(|name| !item.categories.contains(name)) {
            item.categories.push(name);
        }
    }
    for attachment in object
        .get("attachments")
        .or_else(|| object.get("enclosures"))
        .map(list)
        .unwrap_or_default()
        .iter()
        .filter_map(Value::as_object)
    {
        if let Some(url) = text_of(attachment, &["url"]).and_then(|url| base.absolute(&url)) {
            let length = text_of(attachment, &["size_in_bytes", "length"]);
            add_enclosure(&mut item, url, text_of(attachment, &["mime_type", "type"]), length.as_deref());
        }
    }
    for url in ["image", "banner_image", "urlToImage"].iter().filter_map(|name| text_of(object, &[name])) {
        if let Some(url) = base.absolute(&url) {
            add_image(&mut item, url);
        }
    }
    item.source = object
        .get("source")
        .and_then(|source| scalar(source).or_else(|| text_of(source.as_object()?, &["name", "title"])));
    item.language = text_of(object, &["language", "lang"]).and_then(|language| language::tag(&language));
    item.rights = text_of(object, &["rights", "copyright"]);
    cut_to_measure(&mut item);
    item
}

/// `authors`, or the `author` of version 1.0; objects or bare names.
fn authors(object: &Map<String, Value>, base: &Base) -> Vec<Author> {
    let stated = ["authors", "author", "creator"]
        .iter()
        .filter_map(|name| object.get(*name))
        .map(list)
        .find(|list| !list.is_empty())
        .unwrap_or_default();
    let person = |value: &Value| match value {
        Value::Object(person) => Author {
            name: text_of(person, &["name"]).and_then(|name| plain::squeeze(&name)),
            email: text_of(person, &["email"]),
            uri: text_of(person, &["url", "uri"]),
        },
        other => scalar(other).map(|text| people::in_text(&text)).unwrap_or_default(),
    };
    let absolute = |author: Author| Author { uri: author.uri.and_then(|uri| base.absolute(&uri)), ..author };
    stated.iter().map(person).map(absolute).filter(|author| *author != Author::default()).collect()
}

/// A list, or one thing where a list is meant.
fn list(value: &Value) -> &[Value] {
    match value {
        Value::Array(values) => values,
        Value::Null => &[],
        other => std::slice::from_ref(other),
    }
}

/// The first of the fields that holds text or a number.
fn text_of(object: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| scalar(object.get(*name)?))
}

fn scalar(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        // As a script would write it: 1.0 is 1.
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(number) => number.to_string(),
            None => number.to_string(),
        },
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A document that was cut off, up to the last whole element of its outer list, with its brackets closed.
fn up_to_last_entry(text: &str) -> Option<String> {
    let mut open: Vec<u8> = Vec::new();
    let mut in_string = false;
    let mut escaped = false;
    let mut last = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            b'}' | b']' => {
                if open.pop() != Some(byte) {
                    break;
                }
                if byte == b'}' && matches!(open.as_slice(), [b']'] | [b'}', b']']) {
                    last = Some((at, open.clone()));
                }
                if open.is_empty() {
                    break;
                }
            }
            _ => {}
        }
    }
    let (at, open) = last?;
    let mut whole = text.get(..=at)?.to_owned();
    whole.extend(open.iter().rev().map(|bracket| char::from(*bracket)));
    Some(whole)
}

/// The slips that people and templates make in JSON, undone: control characters and unknown escapes in strings, commas
/// before a closing bracket.
fn mended(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut in_string = false;
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => match characters.next() {
                Some(escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => out.extend(['\\', escaped]),
                Some(other) => out.push(other),
                None => {}
            },
            c if in_string && c.is_control() => out.push_str(if c == '\n' { "\\n" } else { " " }),
            ',' if !in_string => {
                while characters.next_if(|c| c.is_whitespace()).is_some() {}
                if !matches!(characters.peek(), Some('}' | ']')) {
                    out.push(',');
                }
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, titles: &[&str], codes: &[&str]) -> Vec<Item> {
        let base = Base::new("http://a.example/feed.json", None);
        let source =
            Source { feed: &"f".into(), base: &base, complete: true, at: jiff::Timestamp::UNIX_EPOCH, language: None };
        let parsed = read(&source, text).unwrap();
        let found: Vec<_> = parsed.items.iter().filter_map(|item| item.title.as_deref()).collect();
        assert_eq!(found, titles);
        assert_eq!(parsed.issues.iter().map(|issue| issue.code.as_str()).collect::<Vec<_>>(), codes);
        parsed.items
    }

    #[test]
    fn json_feeds_and_plain_lists_are_read() {
        let feed = r#"{"version":"https://jsonfeed.org/version/1.1","title":"Desk","items":[{"id":7,"url":"/a","title":"One","content_text":"2 < 3","date_published":"2020-09-29T18:05:00+03:00","authors":[{"name":"Ana"}],"attachments":[{"url":"a.mp3","mime_type":"audio/mpeg","size_in_bytes":12}]}]}"#;
        let items = check(feed, &["One"], &[]);
        let item = &items[0];
        assert_eq!((item.guid.as_deref(), item.link.as_deref()), (Some("7"), Some("http://a.example/a")));
        assert_eq!(item.enclosures[0].url, "http://a.example/a.mp3");
        assert_eq!(item.published.unwrap().to_string(), "2020-09-29T18:05:00+03:00");
        check(r#"[{"headline":"Two","link":"http://a.example/2"}, 5]"#, &["Two"], &["entry_unreadable"]);
    }

    #[test]
    fn a_cut_document_keeps_its_whole_entries() {
        check(
            r#"{"version":"https://jsonfeed.org/version/1","items":[{"id":"1","title":"One"},{"id":"2","title":"Tw"#,
            &["One"],
            &["truncated"],
        );
    }
}
