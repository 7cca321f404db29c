//! JSON Schemas (draft 2020-12) of the records, made from the types themselves.

use super::{Format, encode, ninjs, route};
use crate::model::{ArticleRecord, ClaimRecord, EventRecord, FeedStatusRecord, StoryRecord, Topic};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

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
        of_ninjs(),
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

/// The schema of a topic's values as a part of a larger document, whose generator gathers the definitions; and its name.
/// Dead letters and what is internal have none.
pub(super) fn within(generator: &mut SchemaGenerator, topic: Topic, format: Format) -> (Value, Option<&'static str>) {
    let (name, schema) = match topic {
        Topic::Articles => (encode::ARTICLE_SCHEMA, generator.subschema_for::<ArticleRecord>()),
        Topic::CovidStats => (encode::CLAIM_SCHEMA, generator.subschema_for::<ClaimRecord>()),
        Topic::Stories => (encode::STORY_SCHEMA, generator.subschema_for::<StoryRecord>()),
        Topic::FeedStatus => (encode::FEED_STATUS_SCHEMA, generator.subschema_for::<FeedStatusRecord>()),
        Topic::Events => (encode::EVENT_SCHEMA, generator.subschema_for::<EventRecord>()),
        _ => return (json!({}), None),
    };
    let named = |schema: Value, name| json!({ "allOf": [schema, { "properties": { "schema": { "const": name } } }] });
    let flat = named(schema.to_value(), name);
    if topic != Topic::Articles || format == Format::Flat {
        return (flat, Some(name));
    }
    if let Some(Value::Object(record)) = generator.definitions_mut().get_mut("ArticleRecord") {
        without_carried(record);
    }
    let standard = json!({ "type": "object", "required": ["uri"], "externalDocs": { "url": ninjs::STANDARD } });
    (around(&standard, &flat), Some(encode::ARTICLE_NINJS_SCHEMA))
}

/// The schema of a topic's values by itself, in draft 7, which every registry reads.
#[cfg(feature = "kafka")]
pub(super) fn alone(topic: Topic, format: Format) -> Option<Value> {
    let mut generator = SchemaSettings::draft07().for_serialize().into_generator();
    let (mut schema, name) = within(&mut generator, topic, format);
    let object = schema.as_object_mut()?;
    object.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    object.insert("title".to_owned(), json!(name?));
    object.insert("definitions".to_owned(), Value::Object(generator.take_definitions(true)));
    Some(schema)
}

/// The form of `publish::ninjs` around the two forms that it holds.
fn around(standard: &Value, ext: &Value) -> Value {
    json!({
        "type": "object",
        "required": ["schema", "ninjs", "ext"],
        "properties": {
            "schema": { "const": encode::ARTICLE_NINJS_SCHEMA, "description": "Name and version of this form." },
            "ninjs": standard,
            "ext": ext,
        },
    })
}

/// What is left of the flat record beside ninjs.
fn without_carried(record: &mut Map<String, Value>) {
    let is_carried = |name: &str| ninjs::CARRIED.iter().any(|(carried, _)| *carried == name);
    if let Some(properties) = record.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, _| !is_carried(name));
    }
    if let Some(required) = record.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !name.as_str().is_some_and(is_carried));
    }
}

fn of_ninjs() -> RecordSchema {
    let name = encode::ARTICLE_NINJS_SCHEMA;
    let RecordSchema { topic, schema: mut flat, .. } = of::<ArticleRecord>(encode::ARTICLE_SCHEMA, Topic::Articles);
    let mut schema = Map::new();
    if let Some(flat) = flat.as_object_mut() {
        without_carried(flat);
        // What stands once in a document; the definitions go where references look for them.
        for member in ["$id", "title", "$schema", "$defs"] {
            schema.insert(member.to_owned(), flat.shift_remove(member).unwrap_or_default());
        }
    }
    schema.insert("$id".to_owned(), json!(route::schema_address(name)));
    schema.insert("title".to_owned(), json!(name));
    if let Value::Object(around) = around(&json!({ "$ref": ninjs::STANDARD }), &flat) {
        schema.extend(around);
    }
    RecordSchema { name, topic, schema: Value::Object(schema) }
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
