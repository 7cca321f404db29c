//! The demo before a broker: its records are there under the prefix that it says, and hold what is promised of all.

use crate::{
    audit::audit,
    harness::{dateline, finished},
    kafka_broker,
};

#[test]
fn the_demo_publishes_to_a_broker_under_a_prefix_of_its_own() {
    let Some(broker) = kafka_broker::shared() else { return };
    let directory = tempfile::tempdir().unwrap();
    let mut command = dateline();
    command.args(["demo", "--fast", "--kafka", &broker.address(), "--data-dir"]).arg(directory.path());
    let output = finished(&mut command);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let prefix = said.split("topics demo-").nth(1).and_then(|rest| rest.split('.').next()).unwrap();
    let prefix = format!("demo-{prefix}");
    assert!(said.contains(&format!("kcat -C -b {} -t {prefix}.covid-stats.v1", broker.address())), "{said}");
    for topic in ["articles.v1", "covid-stats.v1", "stories.v1"] {
        assert!(!broker.read(&format!("{prefix}.{topic}")).is_empty(), "{topic}");
    }
    let (code, document) = audit(&["--bootstrap-servers", &broker.address(), "--topic-prefix", &prefix]);
    assert_eq!(code, 0, "{document:#}");

    let away = finished(dateline().args(["demo", "--fast", "--kafka", "127.0.0.1:9"]));
    assert_eq!(away.status.code(), Some(69), "{}", String::from_utf8_lossy(&away.stderr));
}
