//! A broker that wants a login gets it, and one that does not take it is not taken for one that is away.

use crate::{
    crash_kafka::deployment,
    harness::{Entry, Reply, dateline, finished, rss, wait_for},
    kafka_broker::Broker,
};
use std::{fs, time::Duration};

/// The way through the proxy is the one with a login.
const LOGIN: &str = "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PROXIED:SASL_PLAINTEXT
sasl.enabled.mechanisms=PLAIN
";

/// The line that says which password the broker takes.
fn taken(password: &str) -> String {
    let module = "org.apache.kafka.common.security.plain.PlainLoginModule";
    format!("listener.name.proxied.plain.sasl.jaas.config={module} required user_desk=\"{password}\";\n")
}

#[test]
fn a_broker_that_wants_a_login_gets_it_from_a_file() {
    let Some(broker) = Broker::install_with(1, &format!("{LOGIN}{}", taken("open-sesame"))) else { return };
    broker.start();
    let (site, prefix) = deployment(&broker.proxy().address());
    let password = site.path("password");
    site.settings(&format!(
        "[publish.kafka.librdkafka]\n\"security.protocol\" = \"SASL_PLAINTEXT\"\n\"sasl.mechanisms\" = \"PLAIN\"\n\
         \"sasl.username\" = \"desk\"\n\"sasl.password_file\" = {password:?}\n"
    ));
    site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    let entry = |guid: &'static str, title: &'static str, description: &'static str| Entry {
        guid,
        title,
        link: site.server.url(&format!("/{guid}")),
        description,
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    };
    let harbour = "The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";
    let harbour = || entry("harbour", "Harbour closed", harbour);
    site.server.serve("/wire.xml", Reply::rss(rss("wire", &[harbour()])));

    // At the start, a password that is not taken ends the program; so it does every verb.
    fs::write(&password, "shut-sesame\n").unwrap();
    let refused = |output: std::process::Output| {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(77), "{said}");
        assert!(said.contains("cannot reach the Kafka broker: ") && said.contains("uthentication failed"), "{said}");
        assert!(!said.contains("sesame"), "{said}");
    };
    refused(site.once());
    refused(finished(dateline().args(["topics", "list", "--config"]).arg(site.path("dateline.toml"))));

    // Of one that works no more, it is said why, and gathering goes on.
    fs::write(&password, "open-sesame\n").unwrap();
    let records = || broker.read(&format!("{prefix}.articles.v1")).len();
    let daemon = site.spawn_armed("transaction-timeout=return(4000)");
    wait_for(Duration::from_secs(30), "the first record", || (records() == 1).then_some(()));
    let changed = |password: &str| {
        broker.node(1).kill();
        broker.node(1).settings(&taken(password));
        broker.start();
    };
    changed("changed-sesame");
    let strike = "Dockers of the port ended their strike on Wednesday after nine days without pay.";
    let strike = entry("strike", "Strike ends", strike);
    site.server.serve("/wire.xml", Reply::rss(rss("wire", &[harbour(), strike])));
    wait_for(Duration::from_secs(60), "the reason", || {
        let log = fs::read_to_string(site.path("dateline.log")).unwrap();
        log.lines().any(|line| line.contains("WARN") && line.contains("uthentication failed")).then_some(())
    });
    changed("open-sesame");
    wait_for(Duration::from_secs(60), "the second record", || (records() == 2).then_some(()));
    assert_eq!(daemon.terminate().0, Some(0));
}
