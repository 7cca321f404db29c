//! What holds, key by key, and where each value came from.
//!
//! Out go settings as they could be written in one file, without secrets: a secret that a file or a variable holds is
//! named by it, one that was written out is replaced. All feeds stand in it, whatever files they came from.

use super::{
    Loaded, Place, Written,
    document::PlacedFeed,
    keys::{self, Node},
    secret,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path};

/// Where a configuration came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Origins {
    /// As the layers together say, before files that they name are read.
    written: Written,
    /// Where keys were written; the others are at their defaults.
    places: BTreeMap<String, Place>,
    /// The same for every feed, in order, and where its block begins.
    feeds: Vec<(Place, BTreeMap<String, Place>)>,
}

impl Origins {
    pub(super) fn new(written: Written, places: BTreeMap<String, Place>, feeds: Vec<PlacedFeed>) -> Self {
        Self { written, places, feeds: feeds.into_iter().map(|placed| (placed.block, placed.keys)).collect() }
    }
}

/// One key.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// `publish`, `to`; those of a feed under `feed` and its id.
    pub path: Vec<String>,
    /// What holds, without secrets.
    pub value: Value,
    /// Where it was said.
    pub place: Place,
}

impl Setting {
    /// The key as it is written on a command line.
    pub fn key(&self) -> String {
        self.path.join(".")
    }
}

impl Loaded {
    /// Every key that has a value, those of a table before the tables in it, the feeds last.
    pub fn settings(&self) -> Vec<Setting> {
        let Origins { written, places, feeds } = &self.origins;
        let base = self.file.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
        let mut written = written.clone();
        written.data_dir = Some(self.config.data_dir.clone());
        written.extract.gazetteer.files.iter_mut().for_each(|file| *file = base.join(&*file));
        // What they hold is shown instead.
        written.feeds.clear();
        written.feed.clear();
        let mut values = serde_json::to_value(&written).unwrap_or_default();
        // Where they are written otherwise, all of them are hidden.
        values["publish"]["kafka"]["librdkafka"] = json!(written.publish.kafka.librdkafka);
        let mut settings = Vec::new();
        flatten(&[], values, places, &mut settings);
        for (feed, (block, keys)) in self.config.feeds.iter().zip(feeds) {
            let Ok(Value::Object(values)) = serde_json::to_value(feed) else { continue };
            for (key, value) in values {
                let named = matches!(key.as_str(), "id" | "url").then(|| block.clone());
                let place = keys.get(&key).cloned().or(named).unwrap_or(Place::Default);
                let value = without_secrets(&key, value);
                settings.push(Setting { path: vec!["feed".to_owned(), feed.id.0.clone(), key], value, place });
            }
        }
        settings
    }
}

fn flatten(path: &[String], value: Value, places: &BTreeMap<String, Place>, settings: &mut Vec<Setting>) {
    let Value::Object(values) = value else { return };
    let children = values.into_iter().map(|(key, value)| ([path, &[key]].concat(), value));
    let is_table = |path: &[String]| matches!(keys::written().node(path), Some(Node::Table | Node::Map));
    let (tables, leaves): (Vec<_>, Vec<_>) = children.partition(|(path, _)| is_table(path));
    for (path, value) in leaves {
        let key = path.last().map_or("", String::as_str);
        if !value.is_null() && key != "feed" {
            let place = places.get(&path.join(".")).cloned().unwrap_or(Place::Default);
            settings.push(Setting { value: without_secrets(key, value), path, place });
        }
    }
    for (path, value) in tables {
        flatten(&path, value, places, settings);
    }
}

fn without_secrets(key: &str, value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(secret::masked(key, &text)),
        other => other,
    }
}
