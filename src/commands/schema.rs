//! `dateline schema`: the JSON Schemas of the records and of the configuration, made from the types themselves.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command's output")]

use super::exit;
use crate::{cli::Schema, config, publish::schema};
use serde_json::{Map, Value};

/// Schemas that describe what is written by hand, not what is published.
fn of_configuration() -> [(&'static str, Value); 2] {
    [
        ("config", schemars::schema_for!(config::Written).to_value()),
        ("feeds", schemars::schema_for!(config::FeedList).to_value()),
    ]
}

/// Runs the verb.
pub(super) fn run(given: &Schema) -> u8 {
    if given.list {
        for schema in schema::all() {
            println!("{:<16} records of {}", schema.name, schema.topic.name("wire"));
        }
        println!("{:<16} dateline.toml", "config");
        println!("{:<16} files of feeds", "feeds");
        return exit::DONE;
    }
    let Some(name) = &given.name else {
        let mut all = Map::new();
        all.extend(schema::all().into_iter().map(|schema| (schema.name.to_owned(), schema.schema)));
        all.extend(of_configuration().map(|(name, schema)| (name.to_owned(), schema)));
        println!("{:#}", Value::Object(all));
        return exit::DONE;
    };
    let found = schema::find(name).map(|schema| schema.schema);
    match found.or_else(|| of_configuration().into_iter().find(|(own, _)| own == name).map(|(_, schema)| schema)) {
        Some(schema) => {
            println!("{schema:#}");
            exit::DONE
        }
        None => {
            eprintln!("error: no schema is called {name:?}; `dateline schema --list` names them");
            exit::USAGE
        }
    }
}
