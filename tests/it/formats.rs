//! What readers are told of the form of records, and the other form in which articles come: AsyncAPI and ninjs.

use crate::{
    audit::{audit, memory, told as tales},
    harness::{Reply, Site, dateline, escape, finished},
    replay::succeeds,
};
use dateline::{model::ArticleRecord, publish::ninjs};
use jsonschema::{Registry, ValidationOptions};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

fn fixture(name: &str) -> Value {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name)).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[track_caller]
fn validates(schema: &Value, options: ValidationOptions<'_>, value: &Value) {
    let validator = options.should_validate_formats(true).offline().build(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{value:#}");
}

/// What `dateline schema` prints under a name, with these settings.
fn printed(name: &str, settings: &[&str]) -> Value {
    let nowhere = tempfile::tempdir().unwrap();
    let mut command = dateline();
    command.current_dir(nowhere.path()).env("HOME", nowhere.path()).args(["schema", name]);
    command.args(settings.iter().flat_map(|setting| ["--set", setting]));
    let output = finished(&mut command);
    succeeds(&output);
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every reference in a document.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("$ref", Value::String(to)) => drop(found.insert(to.clone())),
            _ => references(value, found),
        }),
        Value::Array(values) => values.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

const SECRET: &str = "open sesame";

const SETTINGS: [&[&str]; 3] = [
    &[],
    &[
        "publish.to=kafka",
        "publish.format=ninjs",
        "publish.topic_prefix=desk",
        "publish.kafka.bootstrap_servers=one.example:9092, two.example:9092",
        "publish.kafka.replication_factor=3",
        "publish.kafka.librdkafka.security.protocol=SASL_PLAINTEXT",
        "publish.kafka.librdkafka.sasl.mechanism=PLAIN",
        "publish.kafka.librdkafka.sasl.username=reader",
        "publish.kafka.librdkafka.sasl.password=open sesame",
    ],
    &[
        "publish.to=kafka",
        "publish.kafka.bootstrap_servers=one.example:9092",
        "publish.kafka.encoding=avro",
        "publish.kafka.schema_registry.url=http://registry.example:8081",
    ],
];

#[test]
fn the_asyncapi_document_is_one_and_its_examples_are_as_it_says() {
    let official = fixture("asyncapi/asyncapi-3.0.0.json");
    // Without the client of Kafka there are no brokers to name.
    for settings in &SETTINGS[..if cfg!(feature = "kafka") { 3 } else { 1 }] {
        let document = printed("asyncapi", settings);
        validates(&official, jsonschema::options(), &document);
        assert!(!document.to_string().contains(SECRET));
        let mut to = BTreeSet::new();
        references(&document, &mut to);
        assert!(to.len() > 50, "{to:?}");
        for reference in to {
            let place = reference.strip_prefix('#').unwrap_or_else(|| panic!("{reference} leads elsewhere"));
            assert!(document.pointer(place).is_some(), "{reference} leads nowhere");
        }
        let mut n_examples = 0;
        for (name, message) in document["components"]["messages"].as_object().unwrap() {
            for part in ["headers", "payload"] {
                let mut schema =
                    json!({ "$schema": "http://json-schema.org/draft-07/schema#", "allOf": [message[part]] });
                schema["components"] = document["components"].clone();
                if part == "payload" && message["contentType"] == "avro/binary" {
                    assert_eq!(message["payload"]["schema"]["type"], "record");
                    n_examples += usize::from(!message["examples"].is_null());
                    continue;
                }
                for example in message["examples"].as_array().into_iter().flatten() {
                    n_examples += 1;
                    validates(&schema, jsonschema::options(), &example[part]);
                }
                let mut wrong = message["examples"][0].clone();
                wrong[part]["ce_type"] = json!("nothing");
                wrong[part]["schema"] = json!("nothing/1");
                let validator = jsonschema::validator_for(&schema).unwrap();
                assert!(message["examples"].is_null() || !validator.is_valid(&wrong[part]), "{part} of {name}");
            }
        }
        assert_eq!(n_examples, 10, "five kinds of records have a value of their own");
    }
}

#[test]
fn the_asyncapi_document_names_topics_and_brokers() {
    let document = printed("asyncapi", &[]);
    assert_eq!(document["servers"], Value::Null, "a journal has none");
    let channels = document["channels"].as_object().unwrap();
    assert_eq!(channels.len(), 7);
    let stories = &channels["stories.v1"];
    assert_eq!(stories["address"], "wire.stories.v1");
    assert_eq!(stories["bindings"]["kafka"]["topicConfiguration"]["cleanup.policy"], json!(["compact"]));
    let told: Vec<&String> = stories["messages"].as_object().unwrap().keys().collect();
    assert_eq!(told, ["story.changed", "story.forgotten"]);
    if cfg!(feature = "kafka") {
        let document = printed("asyncapi", SETTINGS[1]);
        assert_eq!(document["servers"]["broker-2"]["host"], "two.example:9092");
        assert_eq!(document["components"]["securitySchemes"]["broker"]["type"], "plain");
        assert_eq!(document["channels"]["articles.v1"]["address"], "desk.articles.v1");
        assert_eq!(document["channels"]["articles.v1"]["bindings"]["kafka"]["replicas"], 3);
    }
}

#[test]
fn the_daemon_serves_the_forms_of_its_records() {
    let site = Site::new();
    site.settings.lock().unwrap().clear();
    site.settings("[publish]\ntopic_prefix = \"desk\"\n[status]\nlisten = \"127.0.0.1:0\"\n");
    site.feed("wire", "");
    site.server.serve("/wire.xml", Reply::rss(feed("")));
    let daemon = site.spawn();
    let served = |path: &str| -> Value {
        let answer = site.ask(path);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        assert!(head.contains("json"), "{head}");
        serde_json::from_str(body).unwrap()
    };
    assert_eq!(served("/asyncapi.json"), printed("asyncapi", &["publish.topic_prefix=desk"]));
    for name in ["article/1", "article-ninjs/1", "claim/1", "story/1", "feed-status/1", "event/1", "config", "feeds"] {
        assert_eq!(served(&format!("/schemas/{}.json", name.replace('/', "-"))), printed(name, &[]));
    }
    assert!(site.ask("/schemas/other.json").starts_with("HTTP/1.1 404"));
    assert_eq!(daemon.terminate().0, Some(0));
}

fn feed(items: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Wire \"&amp;\" others</title>\
         <link>https://wire.example/</link><description>x</description>\
         <copyright>© 2020 The Wire. All rights reserved.</copyright>{items}</channel></rss>"
    )
}

/// Stories of the labelled corpora, in their languages.
fn corpus() -> String {
    let mut items = String::new();
    for language in ["en", "de", "es", "fr", "pt", "ru", "zh"] {
        let path = format!("tests/corpus/{language}/statistics.jsonl");
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
        for line in text.lines().take(if language == "en" { 20 } else { 4 }) {
            let story: Value = serde_json::from_str(line).unwrap();
            let part = |name: &str| escape(story[name].as_str().unwrap_or_default());
            let body = part("text").replace("\n\n", "&lt;/p&gt;&lt;p&gt;");
            write!(
                items,
                "<item><guid>{language}-{}</guid><title>{}</title><category>Politics</category>\
                 <pubDate>Tue, 06 Oct 2020 12:05:00 +0300</pubDate><description>&lt;p&gt;{body}</description></item>",
                part("id"),
                part("headline")
            )
            .unwrap();
        }
    }
    items
}

/// Entries with next to nothing, with too much, and with what no schema of addresses takes.
const STRANGE: &str = "\
    <item><guid>bare</guid></item>\
    <item><title>Only a headline</title></item>\
    <item><guid>odd &quot;\\ \u{202e}guid</guid><title>\"_meta\":{\"key\" </title><link>https://wire.example/a b|c?d[]={e}^`#f#g</link>\
      <description>{\"schema\":\"article-ninjs/1\",\"ninjs\":1}</description><pubDate>2020-10-06</pubDate>\
      <category> SPORT </category><category>Analysis</category><author>a@b.example (Ann)</author>\
      <enclosure url=\"https://wire.example/a%zz {b}.mp3\" type=\"audio/mpeg\" length=\"18446744073709551615\"/>\
      <enclosure url=\"http://[::1]/c.mp3\" type=\"\" length=\"-1\"/>\
      <enclosure url=\"https://wire.example/картинка.jpg\" type=\"image/jpeg\" length=\"1\"/></item>\
    <item><guid>old</guid><title>Long ago</title><pubDate>Mon, 01 Jan 0001 00:00:00 GMT</pubDate>\
      <description>Not for publication before 01.01.2031, 10:00 GMT.</description></item>";

/// One story three times: told, corrected, withdrawn.
fn told(nth: usize) -> String {
    let (title, text) = [
        (
            "Norway counts 17 deaths",
            "OSLO, October 6. /NTB/. Seventeen people have died of COVID-19 in Norway, the health ministry said on Tuesday. Half of them lived in care homes of the northern districts, where visits are forbidden.",
        ),
        (
            "CORRECTED-Norway counts 19 deaths",
            "OSLO, October 6. /NTB/. Nineteen people have died of COVID-19 in Norway, the health ministry said on Tuesday. Half of them lived in care homes of the northern districts, where visits are forbidden.",
        ),
        ("WITHDRAWN: Norway counts 19 deaths", "EDITORS: Please kill this story. The figures are wrong."),
    ][nth];
    format!(
        "<item><guid>told</guid><title>{title}</title><pubDate>Tue, 06 Oct 2020 12:05:00 GMT</pubDate><description>{text}</description></item>"
    )
}

#[test]
fn articles_in_ninjs_are_as_the_iptc_says_and_everything_still_reads_them() {
    let site = Site::new();
    site.settings("[publish]\nformat = \"ninjs\"\n");
    site.feed("wire", "backfill = \"all\"");
    let (corpus, mut n_articles) = (corpus(), Vec::new());
    for nth in 0..3 {
        site.server.serve("/wire.xml", Reply::rss(feed(&format!("{corpus}{STRANGE}{}", told(nth)))));
        succeeds(&site.once());
        n_articles.push(site.topic("articles.v1").len());
    }
    let articles = site.topic("articles.v1");
    assert!(articles.len() > 45, "{n_articles:?}");

    let (standard, geo) = (fixture("ninjs/ninjs-schema_3.1.json"), fixture("ninjs/geojson.json"));
    let registry = Registry::new().add(ninjs::STANDARD, &standard).unwrap();
    let registry = registry.add(geo["$id"].as_str().unwrap(), &geo).unwrap().prepare().unwrap();
    let schema = printed("article-ninjs", &[]);
    let flat = jsonschema::validator_for(&printed("article", &[])).unwrap();
    for article in &articles {
        validates(&schema, jsonschema::options().with_registry(&registry), article);
        let mut bare = article.clone();
        bare.as_object_mut().unwrap().remove("_meta");
        let back: Value = serde_json::from_slice(&ninjs::flat(bare.to_string().as_bytes())).unwrap();
        assert!(flat.is_valid(&back), "{back:#}");
        let record: ArticleRecord = serde_json::from_value(back.clone()).unwrap();
        assert_eq!(serde_json::to_value(&record).unwrap(), back);
    }

    let of = |guid: &str| -> Vec<&Value> {
        articles.iter().filter(|article| article["ext"]["guid"] == guid).map(|article| &article["ninjs"]).collect()
    };
    let [first, second, third] = of("told")[..] else { panic!("{n_articles:?}") };
    let said = |ninjs: &Value| ["version", "pubStatus"].map(|name| ninjs[name].as_str().unwrap().to_owned());
    assert_eq!([first, second, third].map(said), [["1", "usable"], ["2", "usable"], ["3", "canceled"]]);
    assert_eq!((&third["uri"], &third["firstCreated"]), (&first["uri"], &first["firstCreated"]));
    assert_ne!(third["versionCreated"], first["versionCreated"]);
    assert_eq!(first["contentCreated"], "2020-10-06T12:05:00Z");
    let odd = articles.iter().find(|article| article["ninjs"]["genres"].is_array()).unwrap();
    let odd = &odd["ninjs"];
    assert_eq!(odd["contentCreated"], Value::Null, "a date is no time");
    assert_eq!(odd["subjects"][0]["uri"], "http://cv.iptc.org/newscodes/mediatopic/15000000");
    assert_eq!(odd["genres"][0]["uri"], "http://cv.iptc.org/newscodes/genre/Analysis");

    let data = site.path("data");
    let (code, report) = audit(&["--data-dir", data.to_str().unwrap()]);
    assert_eq!((code, &report["total"]["revisions"]), (0, &articles.len().into()), "{report:#}");
    succeeds(&finished(&mut site.command("replay")));
    let again: Vec<Value> = site.topic("articles.v1").split_off(articles.len());
    assert!(!again.is_empty());
    for article in &again {
        validates(&schema, jsonschema::options().with_registry(&registry), article);
    }
    // Back to the flat form: both lie in one topic, and each says which it is.
    let settings = site.settings.lock().unwrap().replace("\"ninjs\"", "\"flat\"");
    *site.settings.lock().unwrap() = settings;
    let more = "<item><guid>late</guid><title>Ice closes the harbour of Tromso</title></item>";
    site.server.serve("/wire.xml", Reply::rss(feed(&format!("{corpus}{STRANGE}{}{more}", told(2)))));
    succeeds(&site.once());
    assert_eq!(site.topic("articles.v1").last().unwrap()["schema"], "article/1");
    assert_eq!(audit(&["--data-dir", data.to_str().unwrap()]).0, 0);
}

#[test]
fn a_memory_is_made_anew_from_articles_in_ninjs() {
    let site = Site::new();
    site.settings("[publish]\nformat = \"ninjs\"\n");
    tales(&site);
    let before = memory(&site.path("data"));
    succeeds(&finished(site.command("rebuild-state").arg("--force")));
    assert_eq!(memory(&site.path("data")), before);
    assert_eq!(site.topic("articles.v1").last().unwrap()["schema"], "article-ninjs/1");
}
