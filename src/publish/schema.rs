//! JSON Schemas (draft 2020-12) of the records, made from the types themselves.

use super::{encode, route};
use crate::model::{ArticleRecord, ClaimRecord, EventRecord, FeedStatusRecord, StoryRecord, Topic};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

/// The schema of one kind of record.
#[derive(Debug, Clone)]
pub struct RecordSchema {
    /// As the record's member `schema` writes it: `article/1`.
    pub name: &'static str,
    /// The topic whose records it describes.
    pub topic: Topic,
    /// The schema itself.
    pub schema: Value,
}

/// Every schema, in the order of the topics.
pub fn all() -> Vec<RecordSchema> {
    vec![
        of::<ArticleRecord>(encode::ARTICLE_SCHEMA, Topic::Articles),
        of::<ClaimRecord>(encode::CLAIM_SCHEMA, Topic::CovidStats),
        of::<StoryRecord>(encode::STORY_SCHEMA, Topic::Stories),
        of::<FeedStatusRecord>(encode::FEED_STATUS_SCHEMA, Topic::FeedStatus),
        of::<EventRecord>(encode::EVENT_SCHEMA, Topic::Events),
    ]
}

/// The schema of that name, with or without its version: `article/1` or `article`.
pub fn find(name: &str) -> Option<RecordSchema> {
    let matches = |schema: &RecordSchema| {
        schema.name == name || schema.name.split_once('/').is_some_and(|(kind, _)| kind == name)
    };
    all().into_iter().find(matches)
}

fn of<T: JsonSchema>(name: &'static str, topic: Topic) -> RecordSchema {
    let schema = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let mut schema = schema.to_value();
    if let Some(object) = schema.as_object_mut() {
        // In front, where a reader looks for them.
        object.shift_insert(0, "$id".to_owned(), json!(route::schema_address(name)));
        object.insert("title".to_owned(), json!(name));
        if let Some(constant) = object.get_mut("properties").and_then(|properties| properties.get_mut("schema")) {
            *constant = json!({ "const": name, "description": "Name and version of this form." });
        }
    }
    RecordSchema { name, topic, schema }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_is_one_and_is_found_by_its_short_name() {
        for RecordSchema { name, schema, .. } in all() {
            assert!(jsonschema::meta::is_valid(&schema), "{name}");
            let (kind, _) = name.split_once('/').unwrap();
            assert_eq!(find(kind).unwrap().schema["$id"], schema["$id"]);
        }
        assert!(find("nothing").is_none());
    }
}
