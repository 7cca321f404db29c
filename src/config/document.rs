//! One TOML document to its values, each checked alone, so that every mistake is found and none hides another.
//!
//! In comes text; out come the leaves that are of the right type, with their places. What is unknown, malformed or of
//! the wrong type becomes a problem. Whether values agree with each other is not decided here.

use super::{
    Case, Place, Problems, Written,
    case::PlacedCase,
    keys::{self, Keys, Node},
    secret::is_secret,
};
use crate::model::Feed;
use serde::{Deserialize as _, de::DeserializeOwned};
use std::{collections::BTreeMap, ops::Range, path::Path};
use toml::{
    Spanned, Table, Value,
    de::{DeTable, DeValue, ValueDeserializer},
};

/// One value and where it was written.
#[derive(Debug, Clone)]
pub(super) struct Leaf {
    pub(super) path: Vec<String>,
    pub(super) value: Value,
    pub(super) place: Place,
}

/// One feed and where its keys were written.
#[derive(Debug, Clone)]
pub(super) struct PlacedFeed {
    pub(super) feed: Feed,
    /// Where its block begins.
    pub(super) block: Place,
    /// Where its keys are.
    pub(super) keys: BTreeMap<String, Place>,
}

impl PlacedFeed {
    /// Where a key was written, else where its block begins.
    pub(super) fn place(&self, key: &str) -> Place {
        self.keys.get(key).unwrap_or(&self.block).clone()
    }
}

/// What a document holds.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) leaves: Vec<Leaf>,
    pub(super) feeds: Vec<PlacedFeed>,
    pub(super) tests: Vec<PlacedCase>,
}

/// A kind of blocks.
struct Kind {
    /// Their key.
    path: &'static str,
    /// What one is called.
    word: &'static str,
    /// The keys that each must have, with a value that is sound; the first one names it.
    required: &'static [(&'static str, &'static str)],
}

const FEED: Kind = Kind { path: "feed", word: "feed", required: &[("id", "a"), ("url", "b")] };
const TEST: Kind = Kind { path: "tests", word: "test", required: &[("name", "a")] };

/// Reads a document.
pub(super) fn read(path: &Path, text: &str, keys: &Keys, problems: &mut Problems) -> Document {
    let (table, errors) = DeTable::parse_recoverable(text);
    let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut reader =
        Reader { path, text, lines, keys, problems, sound: errors.is_empty(), document: Document::default() };
    for error in errors {
        let place = reader.place(error.span().unwrap_or_default());
        reader.problems.push(place, "", format!("not TOML: {}", error.message().replace('\n', ", ")));
    }
    reader.table(table.get_ref(), &[]);
    reader.document
}

/// The feeds of a file, of whatever else is in it.
pub fn feeds(path: &Path, text: &str) -> Result<Vec<Feed>, Problems> {
    let mut problems = Problems::default();
    let document = read(path, text, keys::written(), &mut problems);
    match problems.0.is_empty() {
        true => Ok(document.feeds.into_iter().map(|placed| placed.feed).collect()),
        false => Err(problems),
    }
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    /// Where its lines begin, so that the places of ten thousand feeds are found in one pass.
    lines: Vec<usize>,
    keys: &'a Keys,
    problems: &'a mut Problems,
    /// Without syntax errors; otherwise what seems to be missing may only be illegible.
    sound: bool,
    document: Document,
}

impl Reader<'_> {
    fn place(&self, span: Range<usize>) -> Place {
        let line = self.lines.partition_point(|start| *start <= span.start).max(1);
        let start = self.lines.get(line - 1).copied().unwrap_or(0);
        let column = self.text.get(start..span.start).unwrap_or_default().chars().count() + 1;
        let width = self.text.get(span).unwrap_or_default().chars().count().max(1);
        Place::File { path: self.path.to_owned(), line, column, width }
    }

    /// Tables nest as deep as the known keys do, so the recursion is bounded by our own types.
    fn table(&mut self, table: &DeTable<'_>, path: &[String]) {
        for (key, value) in table.iter() {
            let mut child = path.to_vec();
            child.push(key.get_ref().to_string());
            let dotted = child.join(".");
            match (self.keys.node(&child), value.get_ref()) {
                (None, _) => {
                    let place = self.place(key.span());
                    self.problems.push(place, dotted, self.keys.meant(path, key.get_ref()));
                }
                (Some(Node::Table | Node::Map), DeValue::Table(inner)) => self.table(inner, &child),
                (Some(Node::Table | Node::Map), _) => {
                    let place = self.place(value.span());
                    self.problems.push(place, &dotted, format!("expected a table: write [{dotted}] above its keys"));
                }
                (Some(Node::Tables), DeValue::Array(blocks)) => {
                    for block in blocks.iter() {
                        if child == [TEST.path] {
                            let test = self.block::<Case>(block, &TEST);
                            let placed = test.map(|(case, block, keys)| PlacedCase { case, block, keys });
                            self.document.tests.extend(placed);
                        } else {
                            let feed = self.block::<Feed>(block, &FEED);
                            let placed = feed.map(|(feed, block, keys)| PlacedFeed { feed, block, keys });
                            self.document.feeds.extend(placed);
                        }
                    }
                }
                (Some(Node::Tables), _) => {
                    let place = self.place(value.span());
                    self.problems.push(place, &dotted, format!("expected blocks: write [[{dotted}]] above each"));
                }
                (Some(Node::Leaf), _) => self.leaf(child, value),
            }
        }
    }

    fn leaf(&mut self, path: Vec<String>, value: &Spanned<DeValue<'_>>) {
        let place = self.place(value.span());
        let checked = owned(value).and_then(|value| check_alone(&path, &value).map(|()| value));
        match checked {
            Ok(value) => self.document.leaves.push(Leaf { path, value, place }),
            Err(message) => self.problems.push(place, path.join("."), message),
        }
    }

    /// A block, where it begins and where its keys are; of a table in it also where the keys of that are.
    fn block<T: DeserializeOwned>(
        &mut self,
        block: &Spanned<DeValue<'_>>,
        kind: &Kind,
    ) -> Option<(T, Place, BTreeMap<String, Place>)> {
        let Kind { path, word, required } = kind;
        let at = self.place(block.span());
        let DeValue::Table(table) = block.get_ref() else {
            self.problems.push(at, *path, format!("expected blocks: write [[{path}]] above each"));
            return None;
        };
        let naming = required.first().map_or("", |(key, _)| key);
        let id = table.get(naming).and_then(|id| id.get_ref().as_str()).map(str::to_owned);
        let name = |key: &str| id.as_ref().map_or(format!("{path}.{key}"), |id| format!("{word} {id}: {key}"));
        let path = vec![(*path).to_owned()];
        let known = self.keys.children(&path);
        let mut good = Table::new();
        let mut keys = BTreeMap::new();
        for (key, value) in table.iter() {
            if !known.iter().any(|known| *known == *key.get_ref()) {
                let place = self.place(key.span());
                self.problems.push(place, name(key.get_ref()), self.keys.meant(&path, key.get_ref()));
                continue;
            }
            let place = self.place(value.span());
            keys.insert(key.get_ref().to_string(), place.clone());
            if let DeValue::Table(inner) = value.get_ref() {
                let inner = inner.iter().map(|(under, _)| (format!("{}.{}", key.get_ref(), under.get_ref()), under));
                keys.extend(inner.map(|(name, under)| (name, self.place(under.span()))));
            }
            match owned(value).and_then(|value| check_block_key::<T>(kind, key.get_ref(), &value).map(|()| value)) {
                Ok(value) => drop(good.insert(key.get_ref().to_string(), value)),
                Err(message) => self.problems.push(place, name(key.get_ref()), message),
            }
        }
        for (required, _) in required.iter().filter(|(required, _)| self.sound && !table.contains_key(*required)) {
            self.problems.push(at.clone(), name(required), format!("missing: a {word} needs its `{required}`"));
        }
        T::deserialize(Value::Table(good)).ok().map(|read| (read, at, keys))
    }
}

fn owned(value: &Spanned<DeValue<'_>>) -> Result<Value, String> {
    Value::deserialize(ValueDeserializer::from(value.clone())).map_err(|error| error.message().to_owned())
}

/// Reads a configuration that holds nothing but this value, so that its error is about nothing else.
pub(super) fn check_alone(path: &[String], value: &Value) -> Result<(), String> {
    let secret = path.last().is_some_and(|key| is_secret(key));
    for value in one_by_one(value) {
        let nested = path
            .iter()
            .rev()
            .fold(value.clone(), |inner, key| Value::Table([(key.clone(), inner)].into_iter().collect()));
        if let Err(error) = Written::deserialize(nested) {
            return Err(if secret {
                "expected a string".to_owned()
            } else {
                explain(error.message(), default_of(path))
            });
        }
    }
    Ok(())
}

fn check_block_key<T: DeserializeOwned>(kind: &Kind, key: &str, value: &Value) -> Result<(), String> {
    for value in one_by_one(value) {
        let mut block: Table = kind.required.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect();
        block.insert(key.to_owned(), value);
        T::deserialize(Value::Table(block)).map_err(|error| explain(error.message(), None))?;
    }
    Ok(())
}

/// A list is checked element by element: the first bad one would hide the others only from its own message.
fn one_by_one(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(elements) if !elements.is_empty() => {
            elements.iter().map(|element| Value::Array(vec![element.clone()])).collect()
        }
        other => vec![other.clone()],
    }
}

fn explain(message: &str, default: Option<String>) -> String {
    let message = message.lines().next().unwrap_or(message).replace("unknown variant", "unknown word");
    match default {
        Some(default) => format!("{message} (the default is {default})"),
        None => message,
    }
}

/// The default at a path, as it would be written.
pub(super) fn default_of(path: &[String]) -> Option<String> {
    // JSON, because TOML has no null and would refuse to write absent options.
    let defaults = serde_json::to_value(Written::default()).ok()?;
    let found = defaults.pointer(&format!("/{}", path.join("/")))?;
    (!found.is_null() && found.as_str() != Some("")).then(|| found.to_string())
}
