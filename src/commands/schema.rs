//! `dateline schema`: the JSON Schemas of the records and of the configuration, made from the types themselves, and the
//! AsyncAPI document that puts them together with the topics.
#![expect(clippy::print_stderr, reason = "a command's complaints")]

use super::exit;
use crate::{
    cli::Schema,
    config::{self, Flags},
    publish::{Options, asyncapi, schema},
    status::Document,
};
use serde_json::{Map, Value};

/// The documents that need a configuration.
const ASYNCAPI: &str = "asyncapi";
const SUBJECTS: &str = "subjects";

/// Schemas that describe what is written by hand, not what is published.
fn of_configuration() -> [(&'static str, Value); 2] {
    [
        ("config", schemars::schema_for!(config::Written).to_value()),
        ("feeds", schemars::schema_for!(config::FeedList).to_value()),
    ]
}

/// What the daemon serves: every schema under its own name, and the AsyncAPI document.
pub(super) fn documents(publish: &Options) -> Vec<Document> {
    let records = schema::all().into_iter().map(|schema| (schema.name.replace('/', "-"), schema.schema));
    let hand_written = of_configuration().into_iter().map(|(name, schema)| (name.to_owned(), schema));
    let schemas = records.chain(hand_written).map(|(name, schema)| Document {
        address: format!("/schemas/{name}.json"),
        media_type: "application/schema+json",
        text: format!("{schema:#}"),
    });
    let asyncapi = Document {
        address: "/asyncapi.json".to_owned(),
        media_type: asyncapi::MEDIA_TYPE,
        text: format!("{:#}", asyncapi::document(publish)),
    };
    schemas.chain([asyncapi]).collect()
}

/// What depends on a configuration.
fn of_deployment(name: &str, given: &Schema) -> u8 {
    let mut flags = Flags { config: given.config.clone(), set: given.set.clone(), ..Flags::default() };
    // Feeds are none of its affair, and there may be no file at all.
    flags.feed_urls.push("https://feeds.example/unused".to_owned());
    let publish = match super::load(&flags) {
        Ok(loaded) => loaded.config.publish,
        Err(problems) => return super::refuse(&problems),
    };
    let made = if name == ASYNCAPI { Ok(asyncapi::document(&publish)) } else { subjects(&publish) };
    match made {
        Ok(document) => {
            super::put(format_args!("{document:#}"));
            exit::DONE
        }
        Err(why) => {
            eprintln!("error: {why}");
            exit::CONFIGURATION
        }
    }
}

#[cfg(feature = "kafka")]
fn subjects(publish: &Options) -> Result<Value, String> {
    crate::publish::wire::requests(publish)
}

#[cfg(not(feature = "kafka"))]
fn subjects(_: &Options) -> Result<Value, String> {
    Err("this dateline was built without the `kafka` feature".to_owned())
}

/// Runs the verb.
pub(super) fn run(given: &Schema) -> u8 {
    if given.list {
        for schema in schema::all() {
            super::put(format_args!("{:<16} records of {}", schema.name, schema.topic.name("wire")));
        }
        super::put(format_args!("{:<16} dateline.toml", "config"));
        super::put(format_args!("{:<16} files of feeds", "feeds"));
        super::put(format_args!("{ASYNCAPI:<16} an AsyncAPI 3 document of the topics"));
        super::put(format_args!("{SUBJECTS:<16} what a schema registry is to know"));
        return exit::DONE;
    }
    let Some(name) = &given.name else {
        let mut all = Map::new();
        all.extend(schema::all().into_iter().map(|schema| (schema.name.to_owned(), schema.schema)));
        all.extend(of_configuration().map(|(name, schema)| (name.to_owned(), schema)));
        super::put(format_args!("{:#}", Value::Object(all)));
        return exit::DONE;
    };
    if [ASYNCAPI, SUBJECTS].contains(&name.as_str()) {
        return of_deployment(name, given);
    }
    let found = schema::find(name).map(|schema| schema.schema);
    match found.or_else(|| of_configuration().into_iter().find(|(own, _)| own == name).map(|(_, schema)| schema)) {
        Some(schema) => {
            super::put(format_args!("{schema:#}"));
            exit::DONE
        }
        None => {
            eprintln!("error: no schema is called {name:?}; `dateline schema --list` names them");
            exit::USAGE
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{fetch, publish::schema};
    use regex::Regex;
    use std::{collections::BTreeSet, fs, path::Path};

    const CONTRACT: &str = include_str!("../../docs/RECORD.md");

    /// The program's own text, without its tests.
    fn sources(directory: &Path, out: &mut Vec<String>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                out.push(text.split("#[cfg(test)]").next().unwrap_or_default().to_owned());
            }
        }
    }

    #[test]
    fn the_contract_lists_every_code_and_every_field() {
        let mut texts = Vec::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut texts);
        let pattern = r#"(?:Issue::new\(\s*[\w:.]+,\s*|Kind::Not\(\s*|\bcode: |\breason: |\boriginal\(\w+, |\b(?:link|certain)\([\w:]+, )"(\w+)""#;
        let pattern = Regex::new(pattern).unwrap();
        let mut words: BTreeSet<String> = fetch::CODES.iter().map(|(code, _)| (*code).to_owned()).collect();
        for text in &texts {
            words.extend(pattern.captures_iter(text).map(|found| found[1].to_owned()));
        }
        assert!(words.len() > 40, "{words:?}");
        for schema in schema::all() {
            let fields = schema.schema["properties"].as_object().unwrap().keys().cloned();
            words.extend(fields);
        }
        let missing: Vec<&String> = words
            .iter()
            .filter(|word| !CONTRACT.contains(&format!("`{word}`")) && !CONTRACT.contains(&format!("`{word} {{")))
            .collect();
        assert!(missing.is_empty(), "docs/RECORD.md does not name {missing:?}");
    }
}
