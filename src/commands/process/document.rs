//! A caller's JSON to a document: one line of NDJSON, or one article record without the derived fields.

use crate::{
    clean::Document,
    model::{Author, Enclosure, Issue, Stage, StatedTime},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

/// What a caller may say. Other members are passed over: corpora carry labels beside the text.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Given {
    id: Value,
    headline: Option<String>,
    summary: Option<String>,
    text: Option<String>,
    body: Option<String>,
    html: Option<String>,
    language: Option<String>,
    published: Option<String>,
    updated: Option<String>,
    observed: Option<String>,
    feed: Value,
    url: Option<String>,
    guid: Option<String>,
    canonical_url: Option<String>,
    agency: Option<String>,
    wire: Value,
    images: Vec<String>,
    enclosures: Vec<Enclosure>,
    categories: Vec<String>,
    authors: Vec<Author>,
    rights: Option<String>,
}

/// A document and what its record says beside the text.
#[derive(Debug)]
pub(super) struct Stated {
    /// The caller's id as it stood.
    pub(super) id: Value,
    /// The feed it says it belongs to.
    pub(super) feed: Option<String>,
    /// For `clean`.
    pub(super) document: Document,
    /// Fields of the record that are taken over as they are.
    pub(super) record: Record,
    /// What could not be read.
    pub(super) issues: Vec<Issue>,
    /// The date as written, when it could not be read.
    pub(super) published_raw: Option<String>,
}

/// The fields that only a record has.
#[derive(Debug, Default)]
pub(super) struct Record {
    pub(super) summary: Option<String>,
    pub(super) updated: Option<StatedTime>,
    pub(super) guid: Option<String>,
    pub(super) canonical_url: Option<String>,
    pub(super) images: Vec<String>,
    pub(super) enclosures: Vec<Enclosure>,
    pub(super) categories: Vec<String>,
    pub(super) authors: Vec<Author>,
    pub(super) rights: Option<String>,
}

/// Reads one JSON object; `name` is its id where it has none. The error comes with the id, where that could be read.
pub(super) fn read(bytes: &[u8], name: &str) -> Result<Stated, Box<(Value, Issue)>> {
    let own_name = || Value::String(name.to_owned());
    let bad = |id: Value, detail: String| Box::new((id, Issue::new(Stage::Parse, "bad_json", detail)));
    let text = std::str::from_utf8(bytes).map_err(|error| bad(own_name(), format!("not UTF-8: {error}")))?;
    let text = text.trim_start_matches('\u{feff}');
    let value: Value = serde_json::from_str(text).map_err(|error| bad(own_name(), error.to_string()))?;
    if !value.is_object() {
        return Err(bad(own_name(), "expected an object".to_owned()));
    }
    let id = match value.get("id") {
        Some(id @ (Value::String(_) | Value::Number(_))) => id.clone(),
        None | Some(Value::Null) => own_name(),
        Some(_) => return Err(bad(own_name(), "id: expected a string".to_owned())),
    };
    let given = Given::deserialize(value).map_err(|error| bad(id.clone(), error.to_string()))?;
    let text = given.text.or(given.body);
    if text.is_none() && given.html.is_none() && given.headline.is_none() {
        let detail = "has neither text nor html nor headline";
        return Err(Box::new((id, Issue::new(Stage::Parse, "no_text", detail))));
    }
    let mut issues = Vec::new();
    let mut published_raw = None;
    let published = given.published.and_then(|text| {
        time(&text, "published", &mut issues).or_else(|| {
            published_raw = Some(text);
            None
        })
    });
    let updated = given.updated.and_then(|text| time(&text, "updated", &mut issues));
    let observed: Option<Timestamp> =
        given.observed.and_then(|text| time(&text, "observed", &mut issues)).map(|time| time.utc());
    let feed = match &given.feed {
        Value::String(id) => Some(id.clone()),
        Value::Object(feed) => feed.get("id").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    };
    // A record names the agency under `wire`; there it is a hint as well, for `wire` is derived anew.
    let agency = given.agency.or_else(|| given.wire.get("agency").and_then(Value::as_str).map(str::to_owned));
    let document = Document {
        id: id.as_str().map_or_else(|| id.to_string(), str::to_owned),
        headline: given.headline,
        text,
        html: given.html,
        language: given.language,
        published,
        url: given.url,
        observed,
        agency,
    };
    let record = Record {
        summary: given.summary,
        updated,
        guid: given.guid,
        canonical_url: given.canonical_url,
        images: given.images,
        enclosures: given.enclosures,
        categories: given.categories,
        authors: given.authors,
        rights: given.rights,
    };
    Ok(Stated { id, feed, document, record, issues, published_raw })
}

/// A time that cannot be read is no time, and a stated problem.
fn time(text: &str, field: &str, issues: &mut Vec<Issue>) -> Option<StatedTime> {
    match text.parse() {
        Ok(time) => Some(time),
        Err(error) => {
            issues.push(Issue::new(Stage::Parse, "date_unreadable", format!("{field}: {error}")));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_id_and_an_date_unreadable_is_a_problem_not_a_guess() {
        let stated = read(br#"{"id":7,"text":"A","published":"last week","gold":[1]}"#, "in:1").unwrap();
        assert_eq!((stated.id, stated.document.id.as_str()), (Value::from(7), "7"));
        assert_eq!(stated.document.published, None);
        assert_eq!(stated.published_raw.as_deref(), Some("last week"));
        assert_eq!(stated.issues[0].code, "date_unreadable");
    }

    #[track_caller]
    fn check(line: &[u8], id: &str, code: &str) {
        let (found, issue) = *read(line, "in:1").unwrap_err();
        assert_eq!((found, issue.code.as_str()), (Value::from(id), code));
    }

    #[test]
    fn a_bad_line_says_what_is_wrong_under_its_own_name_where_it_has_one() {
        check(b"{\"id\":", "in:1", "bad_json");
        check(b"[1]", "in:1", "bad_json");
        check(b"\xff", "in:1", "bad_json");
        check(br#"{"id":"a","text":5}"#, "a", "bad_json");
        check(br#"{"id":"a"}"#, "a", "no_text");
    }
}
