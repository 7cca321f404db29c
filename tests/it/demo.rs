//! The demo, with its page, and before a broker: its records are there under the prefix that it says, and hold what is
//! promised of all.

use crate::harness::{Daemon, address_of_page, ask, dateline, finished, wait_for};
#[cfg(feature = "kafka")]
use crate::{audit::audit, kafka_broker};
use std::{fs, time::Duration};

#[test]
fn the_demo_shows_its_page_until_it_is_told_to_stop() {
    let directory = tempfile::tempdir().unwrap();
    let said = directory.path().join("said");
    let mut command = dateline();
    command.args(["demo", "--fast", "--stay", "--listen", "127.0.0.1:0", "--data-dir"]).arg(directory.path());
    let daemon = Daemon { child: command.stdout(fs::File::create(&said).unwrap()).spawn().unwrap() };
    let taken = address_of_page(&said);
    wait_for(Duration::from_secs(60), "the end of the play", || {
        fs::read_to_string(&said).unwrap().contains("The page stays").then_some(())
    });
    let figures = |country: &str| ask(&said, &format!("/api/v1/covid?country={country}&metric=cases"));
    wait_for(Duration::from_secs(30), "the corrected figure", || {
        figures("PT").contains("\"value\":1420").then_some(())
    });
    assert!(ask(&said, "/").starts_with("HTTP/1.1 200"));

    let second = finished(dateline().args(["demo", "--fast", "--listen", &taken]));
    assert_eq!(second.status.code(), Some(69), "{}", String::from_utf8_lossy(&second.stderr));
    let (code, _) = daemon.terminate();
    assert_eq!(code, Some(0));
    assert!(fs::read_to_string(&said).unwrap().contains("claims retracted: 3"), "it says what happened");
}

#[cfg(feature = "kafka")]
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
