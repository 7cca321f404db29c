//! Avro: schemas made from the JSON Schemas of the records, and JSON values to bytes and back by them.
//!
//! A JSON Schema of ours has few constructs, and each has one form in Avro: objects are records named after their types,
//! maps are maps, arrays are arrays, words of closed lists, dates and times are strings (so that a new word is no break),
//! integers are long, other numbers double, and what may be null or absent is a union with null, which is its default.
//! The way back leaves out what is null: to a reader of records absent and null are one.

use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

/// Names of records stand in here.
const NAMESPACE: &str = "org.dateline";

/// The Avro schema of what this JSON Schema describes; its definitions are under `definitions`.
pub(super) fn schema(of: &Value) -> Result<Value, String> {
    let nothing = Map::new();
    let definitions = of.get("definitions").and_then(Value::as_object).unwrap_or(&nothing);
    let mut schema = Converter { definitions, told: BTreeSet::new() }.convert(of, "the value")?;
    if let Some(object) = schema.as_object_mut() {
        object.insert("namespace".to_owned(), json!(NAMESPACE));
    }
    Ok(schema)
}

struct Converter<'a> {
    definitions: &'a Map<String, Value>,
    /// Records that were written in full; from then on their name stands for them.
    told: BTreeSet<String>,
}

impl Converter<'_> {
    fn convert(&mut self, schema: &Value, name: &str) -> Result<Value, String> {
        if let Some(to) = schema.get("$ref").and_then(Value::as_str) {
            let name = to.rsplit('/').next().unwrap_or(to);
            let definition = self.definitions.get(name).ok_or_else(|| format!("{to} leads nowhere"))?;
            return self.convert(definition, name);
        }
        if schema.get("properties").is_some() {
            return self.record(schema, name);
        }
        for combined in ["allOf", "anyOf"] {
            let Some(parts) = schema.get(combined).and_then(Value::as_array) else { continue };
            let is_null = |part: &&Value| part["type"] == "null";
            let part =
                parts.iter().find(|part| !is_null(part)).ok_or_else(|| format!("{name}: {combined} of nothing"))?;
            let converted = self.convert(part, name)?;
            return Ok(if parts.iter().any(|part| is_null(&part)) { optional(converted) } else { converted });
        }
        // Words with a description each.
        if schema.get("oneOf").is_some() {
            return Ok(json!("string"));
        }
        let kinds: Vec<&str> = match schema.get("type") {
            Some(Value::String(kind)) => vec![kind],
            Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let kind = kinds.iter().find(|kind| **kind != "null").ok_or_else(|| format!("{name} has no type"))?;
        let converted = match *kind {
            "string" => json!("string"),
            "boolean" => json!("boolean"),
            "integer" => json!("long"),
            "number" => json!("double"),
            "array" => json!({ "type": "array", "items": self.convert(&schema["items"], name)? }),
            "object" => json!({ "type": "map", "values": self.convert(&schema["additionalProperties"], name)? }),
            other => return Err(format!("{name} is of type {other}")),
        };
        Ok(if kinds.contains(&"null") { optional(converted) } else { converted })
    }

    fn record(&mut self, schema: &Value, name: &str) -> Result<Value, String> {
        if !self.told.insert(name.to_owned()) {
            return Ok(json!(name));
        }
        let nothing = Vec::new();
        let required = schema.get("required").and_then(Value::as_array).unwrap_or(&nothing);
        let mut fields = Vec::new();
        for (field, of) in schema["properties"].as_object().into_iter().flatten() {
            let mut kind = self.convert(of, field)?;
            if !required.iter().any(|required| required == field) && !is_optional(&kind) {
                kind = optional(kind);
            }
            let mut told = json!({ "name": field });
            if let Some(doc) = of.get("description") {
                told["doc"] = doc.clone();
            }
            if is_optional(&kind) {
                told["default"] = Value::Null;
            }
            told["type"] = kind;
            fields.push(told);
        }
        Ok(json!({ "type": "record", "name": name, "fields": fields }))
    }
}

fn optional(kind: Value) -> Value {
    if is_optional(&kind) { kind } else { json!(["null", kind]) }
}

fn is_optional(kind: &Value) -> bool {
    kind.is_array()
}

/// A type, as values are written by it.
#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Boolean,
    Long,
    Double,
    Text,
    Array(Box<Kind>),
    Map(Box<Kind>),
    /// A union of null and this.
    Optional(Box<Kind>),
    Record(String),
}

/// An Avro schema, ready for values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schema {
    root: Kind,
    records: HashMap<String, Vec<(String, Kind)>>,
}

impl Schema {
    /// Reads a schema that [`schema`] has made, in this version of the program or in another.
    pub(super) fn read(schema: &Value) -> Result<Self, String> {
        let mut records = HashMap::new();
        let root = kind(schema, &mut records)?;
        Ok(Self { root, records })
    }

    /// A value in Avro's binary form.
    pub(super) fn encode(&self, value: &Value) -> Result<Vec<u8>, String> {
        let mut out = Vec::new();
        self.put(&self.root, value, "", &mut out)?;
        Ok(out)
    }

    /// The value of these bytes, without what is null.
    pub(super) fn decode(&self, mut bytes: &[u8]) -> Result<Value, String> {
        let value = self.take(&self.root, &mut bytes)?;
        if bytes.is_empty() { Ok(value) } else { Err(format!("{} bytes too many", bytes.len())) }
    }

    fn put(&self, kind: &Kind, value: &Value, place: &str, out: &mut Vec<u8>) -> Result<(), String> {
        let wrong = || format!("{place} is not as its schema says");
        match kind {
            Kind::Boolean => out.push(u8::from(value.as_bool().ok_or_else(wrong)?)),
            Kind::Long => put_long(value.as_i64().ok_or_else(wrong)?, out),
            Kind::Double => out.extend(value.as_f64().ok_or_else(wrong)?.to_le_bytes()),
            Kind::Text => put_text(value.as_str().ok_or_else(wrong)?, out),
            Kind::Array(of) => {
                let values = value.as_array().ok_or_else(wrong)?;
                put_block(values.len(), out);
                values.iter().try_for_each(|value| self.put(of, value, place, out))?;
                if !values.is_empty() {
                    put_long(0, out);
                }
            }
            Kind::Map(of) => {
                let members = value.as_object().ok_or_else(wrong)?;
                put_block(members.len(), out);
                for (name, value) in members {
                    put_text(name, out);
                    self.put(of, value, name, out)?;
                }
                if !members.is_empty() {
                    put_long(0, out);
                }
            }
            // A length that a publisher states may be beyond all numbers that Avro has; then it is not known.
            Kind::Optional(of)
                if value.is_null() || (**of == Kind::Long && value.as_i64().is_none() && value.is_u64()) =>
            {
                put_long(0, out);
            }
            Kind::Optional(of) => {
                put_long(1, out);
                self.put(of, value, place, out)?;
            }
            Kind::Record(name) => {
                let members = value.as_object().ok_or_else(wrong)?;
                for (field, kind) in self.records.get(name).into_iter().flatten() {
                    self.put(kind, members.get(field).unwrap_or(&Value::Null), field, out)?;
                }
            }
        }
        Ok(())
    }

    fn take(&self, kind: &Kind, bytes: &mut &[u8]) -> Result<Value, String> {
        Ok(match kind {
            Kind::Boolean => json!(take(bytes, 1)? == [1]),
            Kind::Long => json!(take_long(bytes)?),
            Kind::Double => {
                let eight = take(bytes, 8)?.try_into().map_err(|_| cut())?;
                json!(f64::from_le_bytes(eight))
            }
            Kind::Text => json!(take_text(bytes)?),
            Kind::Array(of) => {
                let mut values = Vec::new();
                each_of_blocks(bytes, |bytes| {
                    values.push(self.take(of, bytes)?);
                    Ok(())
                })?;
                Value::Array(values)
            }
            Kind::Map(of) => {
                let mut members = Map::new();
                each_of_blocks(bytes, |bytes| {
                    let name = take_text(bytes)?;
                    members.insert(name, self.take(of, bytes)?);
                    Ok(())
                })?;
                Value::Object(members)
            }
            Kind::Optional(of) => match take_long(bytes)? {
                0 => Value::Null,
                _ => self.take(of, bytes)?,
            },
            Kind::Record(name) => {
                let mut members = Map::new();
                for (field, kind) in self.records.get(name).into_iter().flatten() {
                    let value = self.take(kind, bytes)?;
                    if !value.is_null() {
                        members.insert(field.clone(), value);
                    }
                }
                Value::Object(members)
            }
        })
    }
}

fn kind(schema: &Value, records: &mut HashMap<String, Vec<(String, Kind)>>) -> Result<Kind, String> {
    let wrong = || format!("cannot read {schema} as an Avro schema of ours");
    match schema {
        Value::String(name) => Ok(match name.as_str() {
            "boolean" => Kind::Boolean,
            "long" => Kind::Long,
            "double" => Kind::Double,
            "string" => Kind::Text,
            record => Kind::Record(record.trim_start_matches(NAMESPACE).trim_start_matches('.').to_owned()),
        }),
        Value::Array(union) => match union.as_slice() {
            [null, of] if null == "null" => Ok(Kind::Optional(Box::new(kind(of, records)?))),
            _ => Err(wrong()),
        },
        Value::Object(object) => match object.get("type").and_then(Value::as_str).ok_or_else(wrong)? {
            "array" => Ok(Kind::Array(Box::new(kind(&schema["items"], records)?))),
            "map" => Ok(Kind::Map(Box::new(kind(&schema["values"], records)?))),
            "record" => {
                let name = schema["name"].as_str().ok_or_else(wrong)?.to_owned();
                let mut fields = Vec::new();
                for field in schema["fields"].as_array().ok_or_else(wrong)? {
                    let name = field["name"].as_str().ok_or_else(wrong)?.to_owned();
                    fields.push((name, kind(&field["type"], records)?));
                }
                records.insert(name.clone(), fields);
                Ok(Kind::Record(name))
            }
            simple => kind(&json!(simple), records),
        },
        _ => Err(wrong()),
    }
}

/// Zigzag, then seven bits a byte, the lowest first.
fn put_long(number: i64, out: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    while rest > 0x7f {
        out.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// How many follow; none is the end itself.
fn put_block(count: usize, out: &mut Vec<u8>) {
    put_long(count as i64, out);
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    put_block(text.len(), out);
    out.extend(text.as_bytes());
}

fn cut() -> String {
    "the bytes end too early".to_owned()
}

fn take<'b>(bytes: &mut &'b [u8], count: usize) -> Result<&'b [u8], String> {
    let (taken, rest) = bytes.split_at_checked(count).ok_or_else(cut)?;
    *bytes = rest;
    Ok(taken)
}

fn take_long(bytes: &mut &[u8]) -> Result<i64, String> {
    let mut number: u64 = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed());
        }
    }
    Err("a number is too long".to_owned())
}

fn take_text(bytes: &mut &[u8]) -> Result<String, String> {
    let length = usize::try_from(take_long(bytes)?).map_err(|_| cut())?;
    let text = std::str::from_utf8(take(bytes, length)?).map_err(|error| error.to_string())?;
    Ok(text.to_owned())
}

fn each_of_blocks(bytes: &mut &[u8], mut each: impl FnMut(&mut &[u8]) -> Result<(), String>) -> Result<(), String> {
    loop {
        let mut count = take_long(bytes)?;
        if count == 0 {
            return Ok(());
        }
        // A negative count has the block's length in bytes behind it, for readers that skip it.
        if count < 0 {
            take_long(bytes)?;
            count = -count;
        }
        for _ in 0..count {
            each(bytes)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    #[expect(clippy::needless_pass_by_value, reason = "what is checked is written where it is checked")]
    fn check(schema: Value, value: Value, bytes: &[u8]) {
        let schema = Schema::read(&schema).unwrap();
        assert_eq!(schema.encode(&value).unwrap(), bytes);
        assert_eq!(schema.decode(bytes).unwrap(), value);
        for end in 0..bytes.len() {
            assert!(schema.decode(&bytes[..end]).is_err(), "cut at {end}");
        }
    }

    /// The examples of the specification: https://avro.apache.org/docs/1.12.0/specification/
    #[test]
    fn values_are_written_as_the_specification_has_them() {
        for (number, bytes) in [(0, &[0][..]), (-1, &[1]), (1, &[2]), (-64, &[0x7f]), (64, &[0x80, 1])] {
            check(json!("long"), json!(number), bytes);
        }
        for number in [i64::MIN, i64::MAX] {
            let schema = Schema::read(&json!("long")).unwrap();
            assert_eq!(schema.decode(&schema.encode(&json!(number)).unwrap()).unwrap(), json!(number));
        }
        check(json!("string"), json!("foo"), &[6, 0x66, 0x6f, 0x6f]);
        check(json!({ "type": "array", "items": "long" }), json!([3, 27]), &[4, 6, 0x36, 0]);
        check(json!(["null", "string"]), json!("a"), &[2, 2, 0x61]);
        check(json!(["null", "string"]), Value::Null, &[0]);
        let record = json!({ "type": "record", "name": "test", "fields": [
            { "name": "a", "type": "long" }, { "name": "b", "type": "string" },
        ] });
        check(record, json!({ "a": 27, "b": "foo" }), &[0x36, 6, 0x66, 0x6f, 0x6f]);
        check(json!("double"), json!(0.5), &[0, 0, 0, 0, 0, 0, 0xe0, 0x3f]);
        check(json!({ "type": "map", "values": "boolean" }), json!({ "a": true }), &[2, 2, 0x61, 1, 0]);
        // A block whose length stands before it, as other writers have them.
        let longs = Schema::read(&json!({ "type": "array", "items": "long" })).unwrap();
        assert_eq!(longs.decode(&[3, 4, 6, 0x36, 0]).unwrap(), json!([3, 27]));
        assert!(longs.decode(&[4, 6, 0x36, 0, 0]).is_err());
    }

    #[test]
    fn every_record_has_an_avro_schema_by_which_its_example_comes_back() {
        use crate::{
            model::{ArticleRecord, ClaimRecord, EventRecord, FeedStatusRecord, StoryRecord, Topic},
            publish::{Format, schema as json_schema},
        };
        fn back<T: serde::Serialize + serde::de::DeserializeOwned>(topic: Topic, text: &str) {
            let schema = schema(&json_schema::alone(topic, Format::Flat).unwrap()).unwrap();
            let schema = Schema::read(&schema).unwrap();
            let value: Value = serde_json::from_str(text).unwrap();
            let found = schema.decode(&schema.encode(&value).unwrap()).unwrap();
            let record: T = serde_json::from_value(found).unwrap();
            assert_eq!(serde_json::to_value(&record).unwrap(), value);
        }
        back::<ArticleRecord>(Topic::Articles, include_str!("examples/article-1.json"));
        back::<ClaimRecord>(Topic::CovidStats, include_str!("examples/claim-1.json"));
        back::<StoryRecord>(Topic::Stories, include_str!("examples/story-1.json"));
        back::<FeedStatusRecord>(Topic::FeedStatus, include_str!("examples/feed-status-1.json"));
        back::<EventRecord>(Topic::Events, include_str!("examples/event-1.json"));
    }

    #[test]
    fn what_does_not_fit_is_said_and_a_length_beyond_all_numbers_is_not_known() {
        let schema = Schema::read(&json!({ "type": "record", "name": "a", "fields": [
            { "name": "n", "type": ["null", "long"] }, { "name": "t", "type": "string" },
        ] }))
        .unwrap();
        assert_eq!(schema.encode(&json!({ "n": u64::MAX, "t": "" })).unwrap(), [0, 0]);
        assert_eq!(schema.encode(&json!({ "n": 1 })).unwrap_err(), "t is not as its schema says");
        assert_eq!(schema.encode(&json!({ "n": "1", "t": "" })).unwrap_err(), "n is not as its schema says");
    }
}
