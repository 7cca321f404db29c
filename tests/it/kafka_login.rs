//! A broker that wants a login gets it.

use crate::{
    crash_kafka::deployment,
    harness::{Entry, Reply, rss},
    kafka_broker::Broker,
    replay::succeeds,
};
use std::fs;

/// The way through the proxy is the one with a login.
const LOGIN: &str = "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
listener.name.proxied.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_desk=\"open-sesame\";
";

#[test]
fn a_broker_that_wants_a_login_gets_it_from_a_file() {
    let Some(broker) = Broker::install_with(1, LOGIN) else { return };
    broker.start();
    let (site, prefix) = deployment(&broker.proxy().address());
    let password = site.path("password");
    site.settings(&format!(
        "[publish.kafka.librdkafka]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanisms\" = \"PLAIN\"\n\
         \"sasl.username\" = \"desk\"\n\"sasl.password_file\" = {password:?}\n"
    ));
    site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    let harbour = Entry {
        guid: "harbour",
        title: "Harbour closed",
        link: site.server.url("/harbour"),
        description: "The harbour was closed by ice on Tuesday, and twelve ships wait outside it.",
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    };
    site.server.serve("/wire.xml", Reply::rss(rss("wire", &[harbour])));

    fs::write(&password, "open-sesame\n").unwrap();
    succeeds(&site.once());
    assert_eq!(broker.read(&format!("{prefix}.articles.v1")).len(), 1);
}
