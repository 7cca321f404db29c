//! Proves that the files under `config/` say what the code does.

use super::{
    Environment, Flags, Problems, Written,
    document::{self, PlacedFeed},
    keys, load,
};
use crate::model::Feed;
use serde::Deserialize as _;
use std::{collections::BTreeSet, path::Path};

const REFERENCE: &str = include_str!("../../config/dateline.toml");
const CATALOGUE: &str = include_str!("../../config/feeds.toml");

/// Turns `# key = value` into `key = value`, and leaves sentences alone.
fn with_commented_keys(text: &str) -> String {
    let is_key = |line: &str| {
        line.split_once(" = ").is_some_and(|(key, _)| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || "._\"".contains(c))
        })
    };
    let shown = text.lines().map(|line| line.strip_prefix("# ").filter(|rest| is_key(rest)).unwrap_or(line));
    shown.collect::<Vec<_>>().join("\n")
}

fn leaves(text: &str) -> BTreeSet<String> {
    let mut problems = Problems::default();
    let document = document::read(Path::new("dateline.toml"), text, keys::written(), &mut problems);
    assert_eq!(problems, Problems::default());
    document.leaves.into_iter().map(|leaf| leaf.path.join(".")).collect()
}

#[test]
fn the_reference_equals_the_defaults_and_lists_every_key() {
    let read = Written::deserialize(toml::Value::Table(toml::from_str(REFERENCE).unwrap())).unwrap();
    assert_eq!(read, Written::default());
    let listed = leaves(&with_commented_keys(REFERENCE));
    for leaf in keys::written().leaves() {
        let key = leaf.join(".");
        // Feeds are explained in the catalogue, tests by an example; a table of free keys is shown by examples.
        let found = key == "feed"
            || key == "tests"
            || listed.contains(&key)
            || listed.iter().any(|other| other.starts_with(&format!("{key}.")));
        assert!(found, "config/dateline.toml does not list {key}");
    }
    let stated = leaves(REFERENCE);
    let free: Vec<&String> = listed.difference(&stated).filter(|key| !key.contains("librdkafka")).collect();
    let without_default = [
        "data_dir",
        "fetch.ca_file",
        "fetch.proxy",
        "fetch.proxy_password_env",
        "fetch.proxy_password_file",
        "fetch.proxy_username",
        "fetch.user_agent_contact",
        "fetch.websub.callback",
        "publish.kafka.schema_registry.password_env",
        "publish.kafka.schema_registry.password_file",
        "publish.kafka.schema_registry.username",
    ];
    assert_eq!(free, without_default, "only keys without a default are comments");
}

#[test]
fn the_example_of_a_test_is_sound_and_explains_every_key() {
    let (_, example) = REFERENCE.split_once("# [[tests]]\n").unwrap();
    let keys: Vec<&str> = example.lines().filter_map(|line| line.strip_prefix("#   ")).collect();
    let block = toml::from_str::<super::Case>(&keys.join("\n")).unwrap();
    assert!(!block.expect.is_empty() && !block.absent.is_empty());
    let shown: BTreeSet<&str> = keys.iter().filter_map(|line| line.split(" = ").next()).collect();
    let known = keys::written().children(&["tests".to_owned()]);
    assert_eq!(shown, known.iter().map(String::as_str).collect());
}

#[test]
fn the_catalogue_is_sound_and_explains_every_key_of_a_feed() {
    let mut problems = Problems::default();
    let document = document::read(Path::new("feeds.toml"), CATALOGUE, keys::feed_list(), &mut problems);
    assert_eq!(problems, Problems::default());
    let complete = |feed: &Feed| {
        feed.agency.is_some() && feed.language.is_some() && feed.country.is_some() && feed.interval.is_some()
    };
    let incomplete: Vec<&Feed> =
        document.feeds.iter().map(|placed: &PlacedFeed| &placed.feed).filter(|feed| !complete(feed)).collect();
    assert!(document.feeds.len() >= 15 && incomplete.is_empty(), "{incomplete:?}");
    for key in keys::feed_list().children(&["feed".to_owned()]) {
        assert!(CATALOGUE.contains(&format!("\n# {key} = ")), "config/feeds.toml does not explain {key}");
    }
}

#[test]
fn the_files_are_accepted_as_they_stand() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
    let environment = Environment { variables: [("HOME".into(), "/home/someone".into())].into(), directory };
    for file in ["dateline.toml", "minimal.toml"] {
        let flags = Flags { config: Some(file.into()), ..Flags::default() };
        let loaded = load(&flags, &environment).unwrap_or_else(|problems| panic!("{problems}"));
        assert!(!loaded.config.feeds.is_empty());
    }
}
