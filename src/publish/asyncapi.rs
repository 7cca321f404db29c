//! An AsyncAPI 3 document of the topics, for code generators, catalogues and people who are about to read them.
//!
//! In come the options, out goes one JSON document: a channel for each topic with its Kafka binding, a message for each
//! kind of happening with the schemas of its headers and its value and an example, and the brokers. The schemas come
//! from the types that are written, the headers of the examples from the function that writes headers. No secret goes
//! in, for of what is passed through to librdkafka only the kind of security is read. It is a function of the options:
//! the broker is not asked, so partitions are those of topics that dateline creates.

use super::{
    Encoding, Format, KafkaOptions, Options, SchemaIdIn, Target, ninjs,
    route::{self, Facts, Happening},
    schema,
};
use crate::model::{Hash, Topic};
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// The media type of such a document.
pub const MEDIA_TYPE: &str = "application/vnd.aai.asyncapi+json;version=3.0.0";

/// The version of the Kafka binding that is written.
const BINDING: &str = "0.5.0";

/// Where the schemas of the document stand in it.
const SCHEMAS: &str = "/components/schemas";

/// The document.
pub fn document(options: &Options) -> Value {
    // Draft 7, in which AsyncAPI writes schemas by default, so that every tool follows the references.
    let settings =
        SchemaSettings::draft07().for_serialize().with(|settings| settings.definitions_path = SCHEMAS.into());
    let mut generator = settings.into_generator();
    let messages: Map<String, Value> = Happening::ALL
        .into_iter()
        .map(|happening| (happening.word().to_owned(), message(happening, options, &mut generator)))
        .collect();
    let mut schemas = generator.take_definitions(true);
    schemas.insert("Headers".to_owned(), headers_schema(&HEADERS, &["ce_dataschema"]));
    // A record that its topic refused has no feed and no address of its own.
    schemas.insert("DeadLetterHeaders".to_owned(), headers_schema(&REASONS, &["feed", "url"]));
    let topics = Topic::PUBLIC.into_iter().chain([Topic::State]);
    let mut document = json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "dateline",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Stories of news feeds, each revision once, with what their texts say. Order is promised per \
                            key. Readers of Kafka need isolation.level=read_committed. With publish.to = \"journal\" the \
                            same records are lines of topics/<address>.ndjson, with their headers in the member _meta.",
            "license": { "name": env!("CARGO_PKG_LICENSE") },
        },
        "defaultContentType": "application/json",
        "channels": topics.clone().map(|topic| (topic.suffix(), channel(topic, options))).collect::<Value>(),
        "operations": topics.map(|topic| (format!("send.{}", topic.suffix()), operation(topic))).collect::<Value>(),
        "components": { "schemas": schemas, "messages": messages },
    });
    if options.to == Target::Kafka {
        let security = security(&options.kafka);
        document["servers"] = servers(&options.kafka, security.is_some());
        if let Some(scheme) = security {
            document["components"]["securitySchemes"] = json!({ "broker": { "type": scheme } });
        }
    }
    document
}

fn reference(to: &str) -> Value {
    json!({ "$ref": format!("#{to}") })
}

fn channel(topic: Topic, options: &Options) -> Value {
    let KafkaOptions { partitions, replication_factor, .. } = options.kafka;
    let mut binding = json!({
        "topic": topic.name(&options.topic_prefix),
        "partitions": if topic == Topic::State { 1 } else { partitions },
        "topicConfiguration": { "cleanup.policy": [if topic.compacted() { "compact" } else { "delete" }] },
        "bindingVersion": BINDING,
    });
    // -1 leaves it to the broker.
    if replication_factor > 0 {
        binding["replicas"] = json!(replication_factor);
    }
    let told = Happening::ALL.into_iter().filter(|happening| happening.topic() == topic).map(Happening::word);
    json!({
        "address": topic.name(&options.topic_prefix),
        "description": about(topic),
        "messages": told
            .map(|word| (word, reference(&format!("/components/messages/{word}"))))
            .collect::<Value>(),
        "bindings": { "kafka": binding },
    })
}

fn about(topic: Topic) -> &'static str {
    match topic {
        Topic::Articles => "One revision of one item, enriched; also of copies.",
        Topic::CovidStats => "One claim: an observation asserted or retracted.",
        Topic::Stories => "One story: members, origin, agencies; a tombstone at the horizon.",
        Topic::FeedStatus => "What the daemon knows of a feed; written when it changes.",
        Topic::Events => "Something happened to a feed.",
        Topic::DeadLetters => "Bytes that could not be handled, the reason in headers.",
        _ => "The daemon's memory; not for readers, and free to change.",
    }
}

fn operation(topic: Topic) -> Value {
    // A slash in a reference is written ~1; the names of channels have none.
    json!({ "action": "send", "channel": reference(&format!("/channels/{}", topic.suffix())), "summary": about(topic) })
}

fn message(happening: Happening, options: &Options, generator: &mut SchemaGenerator) -> Value {
    let topic = happening.topic();
    let is_tombstone = happening == Happening::StoryForgotten;
    let (payload, named) = match topic {
        _ if is_tombstone => (json!({ "type": "null" }), None),
        Topic::DeadLetters | Topic::State => (json!({ "description": "The bytes as they came, or their head." }), None),
        _ => schema::within(generator, topic, options.format),
    };
    let is_letter = topic == Topic::DeadLetters;
    let mut told = json!({ "ce_type": { "const": happening.name() } });
    if let Some(name) = named {
        told["ce_dataschema"] = json!({ "const": route::schema_address(name) });
    }
    let mut headers = vec![reference(&format!("{SCHEMAS}/Headers")), json!({ "properties": told })];
    headers.extend(is_letter.then(|| reference(&format!("{SCHEMAS}/DeadLetterHeaders"))));
    let mut message = json!({
        "name": happening.word(),
        "contentType": if is_letter { "application/octet-stream" } else { "application/json" },
        "headers": { "type": "object", "allOf": headers },
        "payload": payload,
        "correlationId": { "location": "$message.header#/traceparent" },
        "bindings": { "kafka": { "key": { "type": "string", "description": key(topic) }, "bindingVersion": BINDING } },
    });
    if options.to == Target::Kafka && named.is_some() {
        registered(&mut message, topic, options);
    }
    if let Some(example) = example(happening, options.format, named) {
        message["examples"] = json!([example]);
    }
    message
}

/// What a registry knows of the value, and how it is written.
fn registered(message: &mut Value, topic: Topic, options: &Options) {
    let registry = &options.kafka.schema_registry;
    if registry.url.is_empty() {
        return;
    }
    let is_header = registry.schema_id == SchemaIdIn::Header;
    let binding = &mut message["bindings"]["kafka"];
    binding["schemaIdLocation"] = json!(if is_header { "header" } else { "payload" });
    binding["schemaIdPayloadEncoding"] = json!("confluent");
    binding["schemaLookupStrategy"] = json!("TopicNameStrategy");
    if options.kafka.encoding == Encoding::Avro
        && let Some(schema) = avro(topic, options.format)
    {
        message["contentType"] = json!("avro/binary");
        message["payload"] =
            json!({ "schemaFormat": "application/vnd.apache.avro+json;version=1.9.0", "schema": schema });
    }
}

#[cfg(feature = "kafka")]
fn avro(topic: Topic, format: Format) -> Option<Value> {
    super::avro::schema(&schema::alone(topic, format)?).ok()
}

#[cfg(not(feature = "kafka"))]
fn avro(_: Topic, _: Format) -> Option<Value> {
    None
}

fn key(topic: Topic) -> &'static str {
    match topic {
        Topic::Articles | Topic::CovidStats => "The item's id.",
        Topic::Stories => "The story's id.",
        Topic::FeedStatus | Topic::Events => "The feed's id.",
        Topic::DeadLetters => "The original key.",
        _ => "Internal.",
    }
}

/// When the examples were observed, and what names their content.
const OBSERVED: &str = "2021-03-03T09:01:30Z";
const CONTENT: &str = "d6a77eb60d3deeae460a118de4c299b8b44727b41589334880310867dac353c7";

/// One record of each kind that has a value of its own, as it is written.
fn example(happening: Happening, format: Format, schema: Option<&str>) -> Option<Value> {
    let (text, id) = match happening {
        Happening::ArticlePublished => (include_str!("examples/article-1.json"), "norwire:22fcea8ac7b0d30a/1"),
        Happening::CovidObservation => {
            (include_str!("examples/claim-1.json"), "norwire:22fcea8ac7b0d30a/1/no-deaths-new-day")
        }
        Happening::StoryChanged => (include_str!("examples/story-1.json"), "norwire:22fcea8ac7b0d30a/1/story"),
        Happening::FeedStatus => (include_str!("examples/feed-status-1.json"), "norwire/feed-status/1/5f0c/2/0"),
        Happening::FeedEvent => (include_str!("examples/event-1.json"), "norwire/event/1/5f0c/2/1"),
        _ => return None,
    };
    let mut payload: Value = serde_json::from_str(text).ok()?;
    let of_feed = matches!(happening, Happening::FeedStatus | Happening::FeedEvent);
    let item = if of_feed { "norwire" } else { "norwire:22fcea8ac7b0d30a" };
    let claim = payload["id"].as_str().map(str::to_owned);
    if happening.topic() == Topic::Articles && format == Format::Ninjs {
        let record = serde_json::from_value(payload).ok()?;
        payload = ninjs::article(&record, &Hash(CONTENT.to_owned()), OBSERVED.parse().ok()?);
    }
    let headers = route::headers(&Facts {
        id,
        feed: "norwire",
        happening: &happening.name(),
        subject: claim.as_deref().filter(|_| happening == Happening::CovidObservation).unwrap_or(item),
        observed: OBSERVED,
        schema,
        key: item,
        revision: u32::from(!of_feed),
        content_type: "application/json",
        item,
        hash: CONTENT,
        origin: if of_feed { "5f0c/2/0" } else { "5f0c/1/0" },
        generation: 0,
        is_sampled: true,
    });
    let headers: Value = headers.into_iter().collect();
    Some(json!({ "headers": headers, "payload": payload }))
}

/// What each header of [`route::headers`] says.
const HEADERS: [(&str, &str); 18] = [
    ("ce_specversion", "CloudEvents 1.0, binary mode."),
    ("ce_id", "Unique within the feed and the generation: <item>/<rev>, of a claim <item>/<rev>/<observation id>."),
    ("ce_source", "/feeds/<feed>."),
    ("ce_type", "What happened."),
    ("ce_subject", "What it is about: an item, a claim, a story or a feed."),
    ("ce_time", "When it was observed."),
    ("ce_recordedtime", "The same."),
    ("ce_dataschema", "The $id of the value's JSON Schema; absent of bytes and tombstones."),
    ("ce_partitionkey", "The key."),
    ("ce_sequence", "The revision, in ten digits."),
    ("ce_traceparent", "As traceparent."),
    ("content-type", "Of the value."),
    ("traceparent", "W3C Trace Context."),
    ("item", "The item, or the feed where there is none."),
    ("rev", "The revision, 0 for what is none."),
    ("hash", "Names the content that was observed."),
    ("origin", "<intake>/<frame>/<index>: where it came from."),
    ("generation", "How many replays an operator has asked for."),
];

/// What the headers of a dead letter say besides.
const REASONS: [(&str, &str); 14] = [
    ("__connect.errors.topic", "The topic that did not take the record; empty where there was none."),
    ("__connect.errors.partition", "-1."),
    ("__connect.errors.offset", "-1."),
    ("__connect.errors.connector.name", "dateline."),
    ("__connect.errors.task.id", "0."),
    ("__connect.errors.stage", "The stage that failed."),
    ("__connect.errors.class.name", "The same, as dateline.<stage>."),
    ("__connect.errors.exception.class.name", "The issue code."),
    ("__connect.errors.exception.message", "What is wrong, for a person."),
    ("error-code", "The issue code."),
    ("attempts", "How often it was tried."),
    ("total-bytes", "How long the whole is, of which the value may be the head."),
    ("feed", "The feed."),
    ("url", "Its address, without secrets."),
];

/// Headers are text; all but the optional ones are there.
fn headers_schema(headers: &[(&str, &str)], optional: &[&str]) -> Value {
    let text = |(name, says): &(&str, &str)| ((*name).to_owned(), json!({ "type": "string", "description": says }));
    let required: Vec<&str> = headers.iter().map(|(name, _)| *name).filter(|name| !optional.contains(name)).collect();
    json!({ "type": "object", "required": required, "properties": headers.iter().map(text).collect::<Value>() })
}

/// A setting of librdkafka that is no secret, in upper case.
fn setting(options: &KafkaOptions, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| options.librdkafka.get(*name)).map(|value| value.to_ascii_uppercase())
}

fn protocol(options: &KafkaOptions) -> String {
    setting(options, &["security.protocol"]).unwrap_or_else(|| "PLAINTEXT".to_owned())
}

fn servers(options: &KafkaOptions, secured: bool) -> Value {
    let protocol = if protocol(options).contains("SSL") { "kafka-secure" } else { "kafka" };
    let hosts = options.bootstrap_servers.split(',').map(str::trim).filter(|host| !host.is_empty());
    let server = |(n, host): (usize, &str)| {
        let mut server = json!({ "host": host, "protocol": protocol });
        let registry = &options.schema_registry.url;
        if !registry.is_empty() {
            let binding = json!({ "schemaRegistryUrl": registry, "schemaRegistryVendor": "confluent" });
            server["bindings"] = json!({ "kafka": binding });
        }
        if secured {
            server["security"] = json!([reference("/components/securitySchemes/broker")]);
        }
        (format!("broker-{}", n + 1), server)
    };
    hosts.enumerate().map(server).collect()
}

/// How clients say who they are, as AsyncAPI calls it; none where they need not, or where it has no word for it.
fn security(options: &KafkaOptions) -> Option<&'static str> {
    let protocol = protocol(options);
    if protocol.starts_with("SASL") {
        // Kerberos is what librdkafka does unless it is told otherwise.
        return match setting(options, &["sasl.mechanisms", "sasl.mechanism"]).as_deref() {
            None | Some("GSSAPI") => Some("gssapi"),
            Some("PLAIN") => Some("plain"),
            Some("SCRAM-SHA-256") => Some("scramSha256"),
            Some("SCRAM-SHA-512") => Some("scramSha512"),
            Some(_) => None,
        };
    }
    let has_certificate =
        options.librdkafka.keys().any(|key| key.starts_with("ssl.certificate") || key.starts_with("ssl.keystore"));
    (protocol == "SSL" && has_certificate).then_some("X509")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::*, publish::encode};

    #[test]
    fn the_headers_that_are_described_are_those_that_are_written() {
        let written = example(Happening::ArticlePublished, Format::Flat, Some("article/1")).unwrap();
        let written: Vec<&String> = written["headers"].as_object().unwrap().keys().collect();
        assert_eq!(written, HEADERS.map(|(name, _)| name));
        let origin = Origin { intake: "i".to_owned(), seq: 7, index: 2 };
        let hash = Hash::of_bytes(b"");
        let observed = jiff::Timestamp::UNIX_EPOCH;
        let (publish_body, format) = (true, Format::Flat);
        let stamp = encode::Stamp {
            origin: &origin,
            generation: 0,
            hash: &hash,
            observed,
            publish_body,
            format,
            sampled: 1.0,
            program: "dateline/0",
        };
        let letter = DeadLetter {
            key: "a".to_owned(),
            feed: FeedId::from("a"),
            url: Some("https://wire.example/rss".to_owned()),
            stage: Stage::Parse,
            code: "bad".to_owned(),
            detail: String::new(),
            bytes: Vec::new(),
            total_bytes: 0,
        };
        let letter = encode::dead_letter(&stamp, &letter);
        let described = HEADERS.iter().chain(&REASONS).map(|(name, _)| *name).filter(|name| *name != "ce_dataschema");
        assert_eq!(
            letter.headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(),
            described.collect::<Vec<_>>()
        );
    }
}
