//! The tree of keys that a configuration may hold, read from the JSON Schema of its types, so that it cannot fall
//! behind them.

use schemars::JsonSchema;
use serde_json::Value;
use std::sync::OnceLock;

/// What may stand under a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    /// A table with known keys.
    Table,
    /// A table with free keys.
    Map,
    /// A list of tables.
    Tables,
    /// A value.
    Leaf,
}

/// The keys of one type of file.
pub(super) struct Keys(Value);

/// The keys of `dateline.toml`.
pub(super) fn written() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(Keys::of::<super::Written>)
}

/// The keys of a file of feeds.
pub(super) fn feed_list() -> &'static Keys {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    KEYS.get_or_init(Keys::of::<super::FeedList>)
}

/// Why there can be no such key in `dateline.toml`, and what may have been meant.
pub fn problem_of_key(dotted: &str) -> Option<String> {
    let path: Vec<String> = dotted.split('.').map(str::to_owned).collect();
    let known = (0..=path.len()).rev().find(|n| written().node(path.get(..*n).unwrap_or_default()).is_some())?;
    let key = path.get(known)?;
    Some(written().meant(path.get(..known)?, key))
}

impl Keys {
    fn of<T: JsonSchema>() -> Self {
        Self(schemars::schema_for!(T).to_value())
    }

    /// Follows `$ref` and takes the part of a union that is not null.
    fn resolve<'a>(&'a self, mut schema: &'a Value) -> &'a Value {
        // The schema is finite and our own; the bound is against a cycle by mistake.
        for _ in 0..8 {
            if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
                let pointer = target.trim_start_matches('#');
                schema = self.0.pointer(pointer).unwrap_or(&Value::Null);
            } else if let Some(part) = schema
                .get("anyOf")
                .and_then(Value::as_array)
                .and_then(|parts| parts.iter().find(|part| part.get("type").and_then(Value::as_str) != Some("null")))
            {
                schema = part;
            } else {
                break;
            }
        }
        schema
    }

    fn at(&self, path: &[String]) -> Option<&Value> {
        let mut schema = &self.0;
        for key in path {
            schema = self.resolve(schema);
            if let Some(items) = schema.get("items") {
                schema = self.resolve(items);
            }
            schema = match schema.get("properties").and_then(|properties| properties.get(key)) {
                Some(child) => child,
                None => schema.get("additionalProperties").filter(|value| value.is_object())?,
            };
        }
        Some(self.resolve(schema))
    }

    /// What may stand at a path; none when the path is not known.
    pub(super) fn node(&self, path: &[String]) -> Option<Node> {
        let schema = self.at(path)?;
        Some(if schema.get("properties").is_some() {
            Node::Table
        } else if schema.get("additionalProperties").is_some_and(Value::is_object) {
            Node::Map
        } else if schema.get("items").is_some_and(|items| self.resolve(items).get("properties").is_some()) {
            Node::Tables
        } else {
            Node::Leaf
        })
    }

    /// The keys that may stand under a path.
    pub(super) fn children(&self, path: &[String]) -> Vec<String> {
        let Some(mut schema) = self.at(path) else { return Vec::new() };
        if let Some(items) = schema.get("items") {
            schema = self.resolve(items);
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        properties.map(|properties| properties.keys().cloned().collect()).unwrap_or_default()
    }

    /// Every path that holds a value, a map or a list of tables, in the order of declaration.
    pub(super) fn leaves(&self) -> Vec<Vec<String>> {
        let mut leaves = Vec::new();
        let mut open = vec![Vec::new()];
        while let Some(path) = open.pop() {
            match self.node(&path) {
                Some(Node::Table) => open.extend(self.children(&path).into_iter().rev().map(|key| {
                    let mut child = path.clone();
                    child.push(key);
                    child
                })),
                Some(_) => leaves.push(path),
                None => {}
            }
        }
        leaves
    }

    /// What an operator who wrote an unknown key may have meant.
    pub(super) fn meant(&self, path: &[String], key: &str) -> String {
        let siblings = self.children(path);
        let closest = siblings.iter().map(|sibling| (edit_distance(sibling, key), sibling)).min();
        if let Some((_, sibling)) = closest.filter(|(distance, _)| *distance <= key.chars().count().div_ceil(3)) {
            return format!("unknown key; did you mean `{sibling}`?");
        }
        let elsewhere = self.leaves().into_iter().find(|leaf| leaf.last().is_some_and(|last| last == key));
        if let Some((_, table)) = elsewhere.as_ref().and_then(|leaf| leaf.split_last()) {
            let table =
                if table.is_empty() { "the top of the file".to_owned() } else { format!("[{}]", table.join(".")) };
            return format!("unknown key here; `{key}` belongs to {table}");
        }
        format!("unknown key; known here: {}", siblings.join(", "))
    }
}

/// Levenshtein distance, ignoring case.
fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.to_lowercase().chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.to_lowercase().chars().take(64).enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, key: &str, meant: &str) {
        let path: Vec<String> = path.split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        assert_eq!(written().meant(&path, key), meant);
    }

    #[test]
    fn unknown_keys_are_answered_with_what_was_meant() {
        check("fetch", "default_intervall", "unknown key; did you mean `default_interval`?");
        check("", "Publish", "unknown key; did you mean `publish`?");
        check("publish", "bootstrap_servers", "unknown key here; `bootstrap_servers` belongs to [publish.kafka]");
        check("status", "colour", "unknown key; known here: listen, hosts");
        check("feed", "langauge", "unknown key; did you mean `language`?");
    }

    #[test]
    fn the_tree_knows_tables_maps_and_lists() {
        let node = |path: &[&str]| written().node(&path.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>());
        assert_eq!(node(&["publish"]), Some(Node::Table));
        assert_eq!(node(&["publish", "kafka", "librdkafka"]), Some(Node::Map));
        assert_eq!(node(&["publish", "kafka", "librdkafka", "linger.ms"]), Some(Node::Leaf));
        assert_eq!(node(&["feed"]), Some(Node::Tables));
        assert_eq!(node(&["feeds"]), Some(Node::Leaf));
        assert_eq!(node(&["fetch", "nothing"]), None);
    }
}
