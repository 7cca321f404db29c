//! What a role remembers is gone, or does not fit: nothing is published twice, and nobody goes on as if it were well.

use super::{Deployment, PATIENCE, show};
use crate::{
    harness::{dateline, finished, wait_for},
    kafka_broker::{self, Broker},
};
use futures::executor::block_on;
use rdkafka::{
    ClientConfig,
    admin::{AdminClient, AdminOptions, NewTopic, TopicReplication},
    client::DefaultClientContext,
};

const HARBOUR: &str =
    "TROMSO, October 6. /TASS/. The harbour was closed by ice on Tuesday, and twelve ships wait outside it.";
const MARKET: &str = "BODO, October 6. /TASS/. The fish market of Bodo has a new roof, which cost 4 million crowns.";
const ITEMS: [(&str, &str, &str); 2] = [("harbour", "Harbour closed", HARBOUR), ("market", "New roof", MARKET)];

fn admin(broker: &Broker) -> AdminClient<DefaultClientContext> {
    ClientConfig::new().set("bootstrap.servers", broker.address()).create().unwrap()
}

/// A story has been told, by one worker of each role; dedup's state is as it left it when it ended.
fn told(broker: &Broker) -> (Deployment<'_>, [crate::harness::Daemon; 2]) {
    let deployment = Deployment::new(broker, "fetch_partitions = 1\nenrich_partitions = 1\ndedup_partitions = 2");
    deployment.site.feed("wire", "language = \"en\"\nbackfill = \"all\"");
    show(&deployment.site.server, "wire", &ITEMS[..1]);
    deployment.publish();
    let before = ["fetch", "enrich"].map(|role| deployment.worker(role, "one"));
    let dedup = deployment.worker("dedup", "one");
    deployment.told("Harbour closed", 1);
    assert_eq!(dedup.terminate().0, Some(0));
    (deployment, before)
}

/// Deletes a group with its offsets, when the last member's session is over.
fn forget(deployment: &Deployment<'_>, role: &str) {
    let group = format!("{}-1-{role}", deployment.prefix);
    wait_for(PATIENCE, "the group to be empty, and gone", || {
        let deleted = block_on(admin(deployment.broker).delete_groups(&[&group], &AdminOptions::new())).unwrap();
        deleted[0].is_ok().then_some(())
    });
}

/// S10, B15.
#[test]
fn a_state_that_is_lost_is_not_taken_for_a_beginning() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (deployment, before) = told(broker);
    let state = format!("{}.dedup-state.v1", deployment.prefix);
    let deleted = block_on(admin(broker).delete_topics(&[&state], &AdminOptions::new())).unwrap();
    assert!(deleted.iter().all(Result::is_ok), "{deleted:?}");
    wait_for(PATIENCE, "the topic to be gone", || (broker.partitions(&state) == 0).then_some(()));
    // With its image, and on a machine that never was here.
    for directory in ["dedup-one", "dedup-elsewhere"] {
        let dedup = deployment.worker_at("dedup", "one", directory, "");
        let (code, _) = deployment.ends(dedup, "dedup", "one");
        let log = std::fs::read_to_string(deployment.site.path(&format!("{directory}.log"))).unwrap();
        assert_eq!(code, Some(78), "{log}");
        assert!(log.contains("dedup-state.v1") && log.contains("published a second time"), "{log}");
    }
    // What readers read is enough to make it again: first for one process, and of that for workers.
    before.into_iter().for_each(|worker| assert_eq!(worker.terminate().0, Some(0)));
    for arguments in [&["rebuild-state"][..], &["migrate", "--to", "roles"]] {
        let mut command = dateline();
        command.args(arguments).arg("--config").arg(deployment.site.path("dateline.toml"));
        let output = finished(command.arg("--data-dir").arg(deployment.site.path("made-anew")));
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    let _workers = ["fetch", "enrich", "dedup"].map(|role| deployment.worker(role, "one"));
    let corrected = HARBOUR.replace("twelve", "thirteen");
    show(&deployment.site.server, "wire", &[(ITEMS[0].0, ITEMS[0].1, &corrected), ITEMS[1]]);
    deployment.told("Harbour closed", 2);
    deployment.told("New roof", 1);
    assert_eq!(deployment.revisions(), [("Harbour closed".into(), vec![1, 2]), ("New roof".into(), vec![1])].into());
}

/// The position is in the state too.
#[test]
fn offsets_that_are_lost_cost_nothing() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (deployment, _before) = told(broker);
    forget(&deployment, "dedup");
    let dedup = deployment.worker("dedup", "one");
    show(&deployment.site.server, "wire", &ITEMS);
    deployment.told("New roof", 1);
    let once = ITEMS.map(|(_, headline, _)| (headline.to_owned(), vec![1]));
    assert_eq!(deployment.revisions(), once.into());
    assert_eq!(dedup.terminate().0, Some(0));
}

/// R5: what is read again from its beginning has been decided, whoever fetched it.
#[test]
fn offsets_of_enrichers_that_are_lost_after_a_feed_was_taken_over_cost_nothing() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (deployment, [fetch, enrich]) = told(broker);
    let _dedup = deployment.worker("dedup", "one");
    fetch.kill();
    let corrected = HARBOUR.replace("twelve", "thirteen");
    let items = [(ITEMS[0].0, ITEMS[0].1, corrected.as_str()), ITEMS[1]];
    show(&deployment.site.server, "wire", &items[..1]);
    let _fetch = deployment.worker("fetch", "two");
    deployment.told("Harbour closed", 2);
    assert_eq!(enrich.terminate().0, Some(0));
    forget(&deployment, "enrich");
    let _enrich = deployment.worker("enrich", "one");
    show(&deployment.site.server, "wire", &items);
    deployment.told("New roof", 1);
    assert_eq!(deployment.revisions(), [("Harbour closed".into(), vec![1, 2]), ("New roof".into(), vec![1])].into());
}

#[test]
fn partitions_that_do_not_fit_are_refused() {
    let Some(broker) = kafka_broker::shared() else { return };
    let deployment = Deployment::new(broker, "dedup_partitions = 2");
    drop(deployment.site.command("run"));
    let enriched = format!("{}.enriched.v1", deployment.prefix);
    let topic = NewTopic::new(&enriched, 3, TopicReplication::Fixed(1));
    block_on(admin(broker).create_topics([&topic], &AdminOptions::new())).unwrap()[0].as_ref().unwrap();
    let (code, log) = deployment.ends(deployment.worker("dedup", "one"), "dedup", "one");
    assert_eq!(code, Some(78), "{log}");
    assert!(log.contains("enriched.v1 has 3 partitions") && log.contains("dedup-state.v1 has 2"), "{log}");
}
