//! What a page says about its story in JSON-LD.
//!
//! In: the texts of a page's scripts. Out: [`Linked`], the object that describes the story, with what it refers to by
//! `@id`. Objects are looked for at the top, in lists and in graphs, never in lists of other stories.

use super::clean;
use crate::markup::entities;
use serde_json::Value;
use std::collections::HashMap;

/// Scripts with more JSON are not read.
const MAX_JSON: usize = 2 * 1024 * 1024;
/// Objects that are looked at.
const MAX_OBJECTS: usize = 2_000;

/// The story's object.
#[derive(Debug, Default)]
pub(super) struct Linked {
    story: Option<Value>,
    /// The page's object where there is none of a story.
    page: Option<Value>,
    /// Objects by their `@id`.
    known: HashMap<String, Value>,
}

impl Linked {
    /// Reads scripts.
    pub(super) fn read(scripts: &[&str]) -> Self {
        let mut linked = Self::default();
        let mut waiting: Vec<Value> = scripts.iter().rev().filter_map(|script| parse(script)).collect();
        for _ in 0..MAX_OBJECTS {
            let Some(value) = waiting.pop() else { break };
            match value {
                Value::Array(values) => waiting.extend(values.into_iter().rev()),
                Value::Object(mut object) => {
                    for name in ["mainEntityOfPage", "mainEntity", "@graph"] {
                        if object.get(name).is_some_and(|inner| inner.is_array() || inner.is_object()) {
                            waiting.extend(object.remove(name));
                        }
                    }
                    linked.take(Value::Object(object));
                }
                _ => {}
            }
        }
        linked
    }

    fn take(&mut self, object: Value) {
        let kinds = match object.get("@type") {
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Some(Value::String(kind)) => kind.clone(),
            _ => String::new(),
        };
        if let Some(id) = object.get("@id").and_then(Value::as_str) {
            self.known.entry(id.to_owned()).or_insert_with(|| object.clone());
        }
        let is_story = ["Article", "Posting", "Report"].iter().any(|kind| kinds.contains(kind));
        let is_page =
            ["WebPage", "Recipe", "Review", "Event", "VideoObject", "Product", "Course", "Podcast", "CreativeWork"]
                .iter()
                .any(|kind| kinds.contains(kind));
        // Of several stories the one that gives its text or its author is the page's own.
        let says_more = |known: &Value| {
            let told = |value: &Value| {
                ["articleBody", "author", "datePublished"].iter().filter(|name| value.get(**name).is_some()).count()
            };
            told(&object) > told(known)
        };
        if is_story && self.story.as_ref().is_none_or(says_more) {
            self.story = Some(object);
        } else if is_page && self.page.is_none() {
            self.page = Some(object);
        }
    }

    /// A field of the story as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        text_of(self.story.as_ref()?.get(name)?)
    }

    /// A field of the story, else of the page.
    pub(super) fn text_of_any(&self, name: &str) -> Option<String> {
        self.text(name).or_else(|| text_of(self.page.as_ref()?.get(name)?))
    }

    /// A field of the page's object.
    pub(super) fn text_of_page(&self, name: &str) -> Option<String> {
        text_of(self.page.as_ref()?.get(name)?)
    }

    /// The publisher's name.
    pub(super) fn publisher(&self) -> Option<String> {
        let publisher = self.story.as_ref().or(self.page.as_ref())?.get("publisher")?;
        self.names(publisher).into_iter().next()
    }

    /// The authors' names.
    pub(super) fn authors(&self) -> Vec<String> {
        ["author", "creator", "byline"]
            .iter()
            .filter_map(|name| self.story.as_ref().or(self.page.as_ref())?.get(*name))
            .map(|authors| self.names(authors))
            .find(|names| !names.is_empty())
            .unwrap_or_default()
    }

    /// Whether the story says that it may not be read without paying.
    pub(super) fn is_for_subscribers(&self) -> bool {
        match self.story.as_ref().and_then(|story| story.get("isAccessibleForFree")) {
            Some(Value::Bool(free)) => !free,
            Some(Value::String(free)) => free.eq_ignore_ascii_case("false"),
            _ => false,
        }
    }

    fn names(&self, value: &Value) -> Vec<String> {
        let list = value.as_array().map_or_else(|| std::slice::from_ref(value), Vec::as_slice);
        let name = |value: &Value| match value {
            Value::String(name) => Some(name.clone()),
            Value::Object(object) => {
                let own = object.get("name").and_then(text_of);
                let referred = || text_of(self.known.get(object.get("@id")?.as_str()?)?.get("name")?);
                own.or_else(referred)
            }
            _ => None,
        };
        list.iter().filter_map(name).filter_map(|name| clean(&entities::decode(&name))).collect()
    }
}

fn parse(script: &str) -> Option<Value> {
    if script.len() > MAX_JSON {
        return None;
    }
    let json = script
        .trim()
        .trim_start_matches("<![CDATA[")
        .trim_start_matches("//<![CDATA[")
        .trim_start_matches("/*<![CDATA[*/")
        .trim_start_matches("<!--")
        .trim_end_matches(';')
        .trim_end_matches("-->")
        .trim_end_matches("/*]]>*/")
        .trim_end_matches("//]]>")
        .trim_end_matches("]]>")
        .trim();
    // Raw line breaks inside strings are the commonest fault, commas before a closing bracket the second.
    serde_json::from_str(json).ok().or_else(|| {
        let plain = json.replace(|c: char| c.is_control(), " ");
        serde_json::from_str(&plain).or_else(|_| serde_json::from_str(&without_trailing_commas(&plain))).ok()
    })
}

fn without_trailing_commas(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if !in_string && matches!(c, '}' | ']') {
            let kept = out.trim_end().trim_end_matches(',').len();
            if out.trim_end().ends_with(',') {
                out.truncate(kept);
            }
        }
        if c == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = c == '\\' && !escaped;
        out.push(c);
    }
    out
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(values) => values.iter().find_map(|value| value.as_str().map(str::to_owned)),
        Value::Object(object) => object.get("@value").and_then(Value::as_str).map(str::to_owned),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphs_refer_to_authors_by_id() {
        let linked = Linked::read(&[
            r##"{"@graph":[{"@type":"WebPage","name":"p"},{"@type":"Article","headline":"h","author":{"@id":"#a"},},
            {"@type":"Person","@id":"#a","name":"Ada Lima"}]}"##,
        ]);
        assert_eq!((linked.text("headline").as_deref(), linked.authors()), (Some("h"), vec!["Ada Lima".to_owned()]));
    }

    #[test]
    fn broken_scripts_give_nothing() {
        for script in ["", "{", "[[[", "null", "{\"@type\":{}}", "{\"@graph\":7}"] {
            assert!(Linked::read(&[script]).text("headline").is_none());
        }
    }
}
