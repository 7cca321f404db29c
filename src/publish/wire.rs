//! Values as a schema registry's clients expect them: the id of their schema with them, in JSON or in Avro, and the way
//! back.
//!
//! In come records with JSON values, out go the bytes that are sent, and for readers of the topics the other way round.
//! Without a registry nothing here has a part. The schemas come from the types of the records.

use super::{
    Encoding, Format, KafkaOptions, Options, PublishError, RegistryOptions, SchemaIdIn,
    avro::{self, Schema},
    registry::{self, Registry},
    schema,
};
use crate::model::{Record, Topic};
use serde_json::Value;
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, PoisonError},
};

/// What stands before the id, in a header as before a value.
const MAGIC: u8 = 0;

/// The header of Confluent's clients.
const HEADER: &str = "__value_schema_id";

/// What the values of a topic are written by.
#[derive(Debug)]
struct Registered {
    id: [u8; 5],
    /// None for JSON.
    avro: Option<Schema>,
}

/// How values are written.
#[derive(Debug)]
pub(super) struct Wire {
    topics: HashMap<Topic, Registered>,
    id_in: SchemaIdIn,
}

/// What a registry is to know: of each topic its subject, the kind of its schema and the schema.
fn subjects(
    encoding: Encoding,
    format: Format,
    name: impl Fn(Topic) -> String,
) -> Result<Vec<(Topic, String, &'static str, Value)>, String> {
    let mut subjects = Vec::new();
    for topic in Topic::PUBLIC {
        let Some(json) = schema::alone(topic, format) else { continue };
        let (kind, schema) = match encoding {
            Encoding::Json => ("JSON", json),
            Encoding::Avro => ("AVRO", avro::schema(&json)?),
        };
        subjects.push((topic, format!("{}-value", name(topic)), kind, schema));
    }
    Ok(subjects)
}

/// The same as the registry is told it, for whoever registers by hand: the body of each request, by subject.
pub fn requests(options: &Options) -> Result<Value, String> {
    let name = |topic: Topic| topic.name(&options.topic_prefix);
    let subjects = subjects(options.kafka.encoding, options.format, name)?;
    Ok(subjects.into_iter().map(|(_, subject, kind, schema)| (subject, registry::request(kind, &schema))).collect())
}

impl Wire {
    /// Has the registry know the schema of every topic that has one.
    pub(super) async fn settle(
        registry: &Registry,
        options: &KafkaOptions,
        format: Format,
        name: impl Fn(Topic) -> String,
    ) -> Result<Self, PublishError> {
        let broken = |why: String| PublishError::Fatal { exit: 70, message: format!("a schema of ours: {why}") };
        let mut topics = HashMap::new();
        for (topic, subject, kind, schema) in subjects(options.encoding, format, name).map_err(broken)? {
            let avro = (kind == "AVRO").then(|| Schema::read(&schema)).transpose().map_err(broken)?;
            let id = registry.settle(&subject, kind, &schema).await?;
            let [.., a, b, c, d] = id.to_be_bytes();
            topics.insert(topic, Registered { id: [MAGIC, a, b, c, d], avro });
        }
        Ok(Self { topics, id_in: options.schema_registry.schema_id })
    }

    /// Gives a record the bytes that are sent. The header is beside the record's own, whose values are text.
    pub(super) fn put(&self, record: &mut Record) -> Result<Option<(String, Vec<u8>)>, String> {
        let (Some(registered), Some(value)) = (self.topics.get(&record.topic), record.value.as_mut()) else {
            return Ok(None);
        };
        if let Some(avro) = &registered.avro {
            let json: Value = serde_json::from_slice(value).map_err(|error| error.to_string())?;
            *value = avro.encode(&json)?;
            for (_, kind) in record.headers.iter_mut().filter(|(name, _)| name == "content-type") {
                "avro/binary".clone_into(kind);
            }
        }
        Ok(match self.id_in {
            SchemaIdIn::Header => Some((HEADER.to_owned(), registered.id.to_vec())),
            SchemaIdIn::Prefix => {
                value.splice(0..0, registered.id);
                None
            }
        })
    }
}

/// Values read back, whatever they are written by. It blocks while it asks the registry.
pub struct ValueReader {
    registry: Registry,
    /// By id; none for JSON.
    schemas: Mutex<HashMap<[u8; 4], Option<Schema>>>,
}

impl ValueReader {
    /// A reader, where the options name a registry.
    pub fn open(options: &RegistryOptions) -> Result<Option<Self>, PublishError> {
        Ok(Registry::open(options)?.map(|registry| Self { registry, schemas: Mutex::default() }))
    }

    /// The record with its value in JSON. JSON never begins with a zero byte, so what has no id before it is left alone.
    pub fn read(&self, record: &mut Record) -> Result<(), String> {
        let Some([MAGIC, a, b, c, d, rest @ ..]) = record.value.as_deref() else { return Ok(()) };
        if record.topic == Topic::DeadLetters || !record.topic.is_public() {
            return Ok(());
        }
        let id = [*a, *b, *c, *d];
        let mut schemas = self.schemas.lock().unwrap_or_else(PoisonError::into_inner);
        let schema = match schemas.entry(id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => place.insert(self.schema(id)?),
        };
        let value = match schema {
            Some(avro) => avro.decode(rest)?.to_string().into_bytes(),
            None => rest.to_vec(),
        };
        record.value = Some(value);
        Ok(())
    }

    /// Once for each schema, and on a thread that reads: a runtime of its own is the way to wait there.
    fn schema(&self, id: [u8; 4]) -> Result<Option<Schema>, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let asked = runtime.block_on(self.registry.schema(u32::from_be_bytes(id).into()));
        let (schema, is_avro) = asked.map_err(|error| error.to_string())?;
        is_avro.then(|| Schema::read(&schema)).transpose()
    }
}
