//! A real schema registry beside a real broker: values in Avro and in JSON with the ids of their schemas, the way
//! back, and the refusals.
//!
//! The registry (Apicurio, by its side that speaks Confluent's protocol) is where `DATELINE_TEST_REGISTRY` says;
//! `tests/run` puts it there.

use crate::{
    audit::{audit, memory, told},
    crash_kafka::deployment,
    harness::{Reply, Site, finished, rss, wait_for},
    kafka_broker::{self, Broker},
    ports,
    replay::succeeds,
};
use dateline::{
    model::{Record, Topic},
    publish::{RegistryOptions, wire::ValueReader},
};
use serde_json::{Value, json};
use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::OnceLock,
    time::Duration,
};

struct Registry {
    /// Where Confluent's protocol is spoken.
    url: String,
    /// It ends when this does, however the tests end.
    _guard: Child,
}

/// The registry that the tests share, or none where none is installed.
fn shared() -> Option<&'static Registry> {
    static SHARED: OnceLock<Option<Registry>> = OnceLock::new();
    SHARED.get_or_init(start).as_ref()
}

fn start() -> Option<Registry> {
    let Some(directory) = std::env::var_os("DATELINE_TEST_REGISTRY").map(PathBuf::from) else {
        // Past the harness, which keeps what a test prints to itself.
        let _ = std::io::stderr().write_all(b"tests against a schema registry left out: run tests/run for them\n");
        return None;
    };
    let mut files = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
    let jar = files.find(|path| path.to_str().unwrap().ends_with("-runner.jar")).unwrap();
    let port = ports::free(1)[0];
    let script = "\"$@\" < /dev/null > /dev/null 2>&1 & it=$!; cat > /dev/null; kill -9 $it";
    let guard = Command::new("sh")
        .args(["-c", script, "sh", "java", "-Xmx512m", "-Dquarkus.http.host=127.0.0.1"])
        .arg(format!("-Dquarkus.http.port={port}"))
        .arg("-jar")
        .arg(jar)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let registry = Registry { url: format!("http://127.0.0.1:{port}/apis/ccompat/v7"), _guard: guard };
    wait_for(Duration::from_secs(180), "the registry", || registry.try_ask("GET", "/subjects", None));
    Some(registry)
}

impl Registry {
    fn try_ask(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        let request = reqwest::Client::new()
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
            .header("content-type", "application/vnd.schemaregistry.v1+json")
            .body(body.map(Value::to_string).unwrap_or_default());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let answer = request.send().await.ok()?;
            let status = answer.status().as_u16();
            Some((status, serde_json::from_slice(&answer.bytes().await.ok()?).unwrap_or_default()))
        })
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let (status, answer) = self.try_ask(method, path, body).unwrap();
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// The schema of an id as five bytes hold it.
    fn schema(&self, id: &[u8]) -> Value {
        assert_eq!((id[0], id.len()), (0, 5));
        let id = u32::from_be_bytes(id[1..].try_into().unwrap());
        let answer = self.ask("GET", &format!("/schemas/ids/{id}"), None);
        serde_json::from_str(answer["schema"].as_str().unwrap()).unwrap()
    }
}

/// A site whose topics and subjects are its own.
fn site(broker: &Broker, registry: &Registry, kafka: &str, more: &str) -> (Site, String) {
    let (site, prefix) = deployment(&broker.address());
    site.settings(&format!("{kafka}[publish.kafka.schema_registry]\nurl = \"{}\"\n{more}", registry.url));
    (site, prefix)
}

const TOPICS: [Topic; 4] = [Topic::Articles, Topic::CovidStats, Topic::Stories, Topic::FeedStatus];

/// Without what two runs differ in, nulls, and the ways to write a number.
fn comparable(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for of_the_run in ["_meta", "observed", "first_seen", "at", "url", "canonical_url"] {
                members.remove(of_the_run);
            }
            members.retain(|_, value| !value.is_null());
            members.values_mut().for_each(comparable);
            members.sort_keys();
        }
        Value::Array(values) => values.iter_mut().for_each(comparable),
        Value::Number(number) => *value = json!(number.as_f64()),
        _ => {}
    }
}

#[test]
fn values_in_avro_come_back_as_they_were_told() {
    let (Some(broker), Some(registry)) = (kafka_broker::shared(), shared()) else { return };
    let (site, prefix) = site(broker, registry, "encoding = \"avro\"\n", "");
    told(&site);
    let options = RegistryOptions { url: registry.url.clone(), ..RegistryOptions::default() };
    let reader = ValueReader::open(&options).unwrap().unwrap();
    // The same, told into files.
    let plain = Site::new();
    told(&plain);
    for topic in TOPICS {
        let mut values: Vec<Value> = Vec::new();
        for read in broker.read(&topic.name(&prefix)) {
            let bytes = read.bytes.unwrap();
            let schema = registry.schema(&bytes[..5]);
            assert_eq!((&schema["type"], &schema["namespace"]), (&json!("record"), &json!("org.dateline")));
            assert_eq!(read.headers["content-type"], "avro/binary");
            let mut record = Record { topic, key: read.key, headers: Vec::new(), value: Some(bytes) };
            reader.read(&mut record).unwrap();
            values.push(serde_json::from_slice(record.value.as_deref().unwrap()).unwrap());
        }
        let mut expected = plain.topic(topic.suffix());
        for value in values.iter_mut().chain(&mut expected) {
            comparable(value);
        }
        let by_text = |value: &Value| value.to_string();
        values.sort_by_key(by_text);
        expected.sort_by_key(by_text);
        assert_eq!(values, expected);
    }

    let config = site.path("dateline.toml");
    let (code, report) = audit(&["--config", config.to_str().unwrap()]);
    assert_eq!((code, &report["total"]["revisions"]), (0, &plain.topic("articles.v1").len().into()), "{report:#}");
    let before = memory(&site.path("data"));
    succeeds(&finished(site.command("rebuild-state").arg("--force")));
    assert_eq!(memory(&site.path("data")), before);
}

#[test]
fn json_stays_json_with_the_id_of_its_schema_in_a_header_or_before_it() {
    let (Some(broker), Some(registry)) = (kafka_broker::shared(), shared()) else { return };
    for id_in in ["header", "prefix"] {
        let (site, prefix) = site(broker, registry, "", &format!("schema_id = \"{id_in}\"\n"));
        told(&site);
        for topic in TOPICS {
            for record in broker.read(&topic.name(&prefix)) {
                let bytes = record.bytes.unwrap();
                let (id, value) = match record.headers.get("__value_schema_id") {
                    Some(id) => (id.as_bytes(), bytes.as_slice()),
                    None => bytes.split_at(5),
                };
                assert_eq!(record.headers.contains_key("__value_schema_id"), id_in == "header");
                let value: Value = serde_json::from_slice(value).unwrap();
                let validator = jsonschema::validator_for(&registry.schema(id)).unwrap();
                assert!(validator.is_valid(&value), "{topic:?}: {value:#}");
            }
        }
        let (code, report) = audit(&["--config", site.path("dateline.toml").to_str().unwrap()]);
        assert_eq!(code, 0, "{report:#}");
    }
}

#[test]
fn a_schema_that_does_not_fit_or_is_not_there_ends_the_daemon_before_it_publishes() {
    let (Some(broker), Some(registry)) = (kafka_broker::shared(), shared()) else { return };
    let refused = |site: &Site, said: &str| {
        site.feed("wire", "");
        site.server.serve("/wire.xml", Reply::rss(rss("Wire", &[])));
        let output = site.once();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    };
    let (missing, prefix) = site(broker, registry, "encoding = \"avro\"\n", "auto_register = false\n");
    refused(&missing, &format!("{prefix}.articles.v1-value"));
    // Registered by hand, it goes.
    let printed = succeeds(&finished(missing.command("schema").arg("subjects")));
    let subjects: Value = serde_json::from_str(&printed).unwrap();
    for (subject, body) in subjects.as_object().unwrap() {
        registry.ask("POST", &format!("/subjects/{subject}/versions"), Some(body));
    }
    succeeds(&missing.once());

    let (other, prefix) = site(broker, registry, "encoding = \"avro\"\n", "");
    let subject = format!("{prefix}.articles.v1-value");
    let schema = json!({
        "type": "record", "name": "article", "namespace": "org.dateline",
        "fields": [{ "name": "mine", "type": "string" }, { "name": "id", "type": "long" }],
    });
    registry.ask("POST", &format!("/subjects/{subject}/versions"), Some(&json!({ "schema": schema.to_string() })));
    registry.ask("PUT", &format!("/config/{subject}"), Some(&json!({ "compatibility": "BACKWARD" })));
    refused(&other, "does not fit");
    assert_eq!(
        registry.ask("GET", &format!("/subjects/{subject}/versions"), None),
        json!([1]),
        "nothing was registered"
    );
    assert!(broker.read(&format!("{prefix}.articles.v1")).is_empty());
}
