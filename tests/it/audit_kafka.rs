//! The same against a real broker: a stranger's audit, a record produced twice, a state topic that is deleted.

use crate::{
    audit::{audit, clean_beside_a_daemon, goes_on, is_clean, memory, offences, run, told},
    harness::{Site, dateline, finished},
    kafka_broker::{self, Broker, Read},
};
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions},
    client::DefaultClientContext,
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer as _},
};
use std::time::Duration;

fn site(broker: &Broker) -> (Site, String) {
    let site = Site::new();
    let prefix = format!("a{}", uuid::Uuid::new_v4().simple());
    site.settings(&format!(
        "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{}\"\n\
         transactional_id = \"{prefix}-1\"\npartitions = 3\n",
        broker.address()
    ));
    (site, prefix)
}

/// Somebody writes a record into a topic that is there already.
fn produce(broker: &Broker, topic: &str, read: &Read) {
    let producer: BaseProducer = ClientConfig::new()
        .set("bootstrap.servers", broker.address())
        .set("partitioner", "murmur2_random")
        .create()
        .unwrap();
    let headers = read
        .headers
        .iter()
        .fold(OwnedHeaders::new(), |headers, (key, value)| headers.insert(Header { key, value: Some(value.as_str()) }));
    let record = BaseRecord::to(topic).key(&read.key).payload(read.bytes.as_deref().unwrap()).headers(headers);
    producer.send(record).map_err(|(error, _)| error).unwrap();
    producer.flush(Duration::from_secs(20)).unwrap();
}

#[test]
fn a_run_on_kafka_is_clean_and_a_record_produced_twice_is_named() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = site(broker);
    told(&site);
    let config = site.path("dateline.toml");
    is_clean(&audit(&["--config", config.to_str().unwrap()]));
    // A stranger has neither configuration nor data directory.
    let stranger = ["--bootstrap-servers", &broker.address(), "--topic-prefix", &prefix];
    let (code, document) = audit(&stranger);
    assert_eq!((code, &document["state_compared"], &document["intake_compared"]), (0, &true.into(), &false.into()));

    let articles = format!("{prefix}.articles.v1");
    let all = broker.read(&articles);
    let twice = all.iter().find(|read| read.headers["rev"] == "2").unwrap();
    produce(broker, &articles, twice);
    let (code, document) = audit(&stranger);
    let found = offences(&document);
    assert_eq!((code, found.len()), (1, 1), "{document:#}");
    assert!(found[0].starts_with(&format!("doubled {} 2 {articles}/", twice.headers["item"])), "{found:?}");
    let lenient: Vec<&str> = stranger.into_iter().chain(["--at-least-once"]).collect();
    let (code, document) = audit(&lenient);
    assert_eq!((code, &document["total"]["repeats"]), (0, &1.into()), "{document:#}");

    let nothing =
        finished(dateline().args(["audit", "--bootstrap-servers", &broker.address(), "--topic-prefix", "none"]));
    assert_eq!(nothing.status.code(), Some(66));
    let away = finished(dateline().args(["audit", "--bootstrap-servers", "127.0.0.1:9"]));
    assert_eq!(away.status.code(), Some(69), "{}", String::from_utf8_lossy(&away.stderr));
}

#[test]
fn an_audit_beside_a_daemon_on_kafka_is_clean() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, _) = site(broker);
    clean_beside_a_daemon(&site, &["--config", site.path("dateline.toml").to_str().unwrap()]);
}

#[test]
fn a_deleted_state_topic_is_made_anew() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = site(broker);
    told(&site);
    let before = memory(&site.path("data"));
    let intact = finished(&mut site.command("rebuild-state"));
    assert_eq!(intact.status.code(), Some(1), "{}", String::from_utf8_lossy(&intact.stderr));

    let state = format!("{prefix}.state.v1");
    let admin: AdminClient<DefaultClientContext> =
        ClientConfig::new().set("bootstrap.servers", broker.address()).create().unwrap();
    let deleted = futures::executor::block_on(admin.delete_topics(&[&state], &AdminOptions::new())).unwrap();
    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
    let refused = site.once();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(78), "{said}");
    assert!(said.contains("rebuild-state"), "{said}");

    let rebuilt = finished(&mut site.command("rebuild-state"));
    assert!(rebuilt.status.success(), "{}", String::from_utf8_lossy(&rebuilt.stderr));
    assert_eq!(memory(&site.path("data")), before);
    // The memory is in the topic: another machine goes on from it.
    let elsewhere = site.path("data-elsewhere");
    std::fs::rename(site.path("data"), &elsewhere).unwrap();
    run(&site);
    std::fs::remove_dir_all(site.path("data")).unwrap();
    std::fs::rename(&elsewhere, site.path("data")).unwrap();
    goes_on(&site, &|suffix| broker.values_in_order(&format!("{prefix}.{suffix}")));
    let (code, document) = audit(&["--config", site.path("dateline.toml").to_str().unwrap()]);
    assert_eq!((code, &document["total"]["revisions"]), (0, &8.into()), "{document:#}");
}
