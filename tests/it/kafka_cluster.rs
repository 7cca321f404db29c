//! The daemon under load before brokers that are taken away: one that is alone, and one of three.
//!
//! The short numbers are for the test command; `DATELINE_FAULTS_BROKERS` says how often a broker is taken away, and
//! `DATELINE_FAULTS_OUTAGE` for how many seconds the only one is.

use crate::kafka::{Deployment, batch, recovered};
use crate::{
    crash_kafka::deployment,
    kafka_broker::{self, Broker},
    oracle::{Campaign, Fault, KafkaTopics},
};
use dateline::model::Topic;
use dateline::publish::{PublishError, Sink as _};
use std::time::{Duration, Instant};

fn number(variable: &str, short: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(short)
}

/// B1 and B2: it takes in while there is no broker, and publishes when there is one; twice.
#[test]
fn a_broker_that_is_away_costs_nothing_but_time() {
    let Some(broker) = Broker::install() else { return };
    let (site, prefix) = deployment(&broker.address());
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix));
    campaign.start();
    std::thread::sleep(Duration::from_secs(2));
    campaign.note("no broker at the start");
    broker.start();
    campaign.work_until_more();
    let outage = Duration::from_secs(number("DATELINE_FAULTS_OUTAGE", 5).into());
    for node_is_killed in [true, false] {
        campaign.work(Duration::from_secs(1));
        let node = broker.node(1);
        if node_is_killed {
            campaign.note("broker killed");
            node.kill();
        } else {
            campaign.note("broker frozen");
            node.freeze();
        }
        // It is stopped and started while nothing answers, too.
        campaign.work(outage / 2);
        campaign.fault(&Fault::Terminate);
        campaign.start();
        campaign.work(outage / 2);
        broker.start();
        let back = Instant::now();
        campaign.work_until_more();
        eprintln!("something was published {:?} after the broker had come back", back.elapsed());
    }
    campaign.settle();
}

/// B14: a broker whose disk is full takes nothing and may end; with room again it goes on, and so do we. Left to the long
/// run.
#[test]
fn a_broker_whose_disk_is_full_costs_nothing_but_time() {
    if std::env::var_os("DATELINE_FAULTS_BROKERS").is_none() {
        return;
    }
    let settings = "log.segment.bytes=1048576\nlog.index.size.max.bytes=65536\noffsets.topic.num.partitions=1\n\
                    transaction.state.log.num.partitions=1\n";
    let Some(broker) = Broker::install_with(1, settings) else { return };
    let Some(disk) = broker.node(1).on_small_disk(96) else {
        eprintln!("no file system can be mounted here: a broker's full disk was not tested");
        return;
    };
    broker.start();
    let (site, prefix) = deployment(&broker.address());
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix));
    for _ in 0..2 {
        campaign.start();
        campaign.work_until_more();
        campaign.note("broker's disk full");
        disk.fill();
        campaign.work(Duration::from_secs(10));
        assert!(campaign.ended().is_none(), "it waits for the broker\n{}", campaign.tail());
        disk.free();
        broker.node(1).kill();
        broker.start();
        campaign.work_until_more();
        campaign.fault(&Fault::Kill);
    }
    campaign.settle();
}

/// What the broker that is taken away was to us.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Role {
    LeadsState,
    LeadsArticles,
    Coordinates,
}

/// B3 and B4: leaders and coordinators of three brokers are killed and frozen, under load.
#[test]
fn one_broker_of_three_is_taken_away_again_and_again() {
    let Some(cluster) = kafka_broker::cluster() else { return };
    let (site, prefix) = deployment(&cluster.address());
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&cluster.address(), &prefix));
    campaign.start();
    campaign.work_until_more();
    let mut slowest = Duration::ZERO;
    for number in 0..number("DATELINE_FAULTS_BROKERS", 2) {
        let is_frozen = number % 2 == 1;
        let role = match number {
            0 => Role::LeadsState,
            1 => Role::Coordinates,
            _ => *campaign.random.choose(&[Role::LeadsState, Role::LeadsArticles, Role::Coordinates]),
        };
        let id = match role {
            Role::LeadsState => cluster.leader(&Topic::State.name(&prefix), 0),
            Role::LeadsArticles => cluster.leader(&Topic::Articles.name(&prefix), 0),
            Role::Coordinates => cluster.coordinator(&format!("{prefix}-1")),
        };
        let node = cluster.node(id.expect("somebody does"));
        campaign.note(&format!("{role:?} {}", if is_frozen { "frozen" } else { "killed" }));
        let gone = Instant::now();
        if is_frozen {
            node.freeze();
        } else {
            node.kill();
        }
        // The two that are left elect, and go on.
        campaign.work_until_more();
        campaign.work(Duration::from_secs(2));
        slowest = slowest.max(gone.elapsed() - Duration::from_secs(2));
        node.start();
        campaign.work(Duration::from_secs(1));
        cluster.start();
        cluster.wait_until_in_sync();
    }
    eprintln!("longest time without a record after a broker was taken away: {slowest:?}");
    campaign.settle();
}

/// B17: a broker forgets a transactional id that is not used, and with it the producer. Left to the long run.
#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_has_forgotten_an_idle_deployment_takes_it_again() {
    if std::env::var_os("DATELINE_FAULTS_BROKERS").is_none() {
        return;
    }
    let settings = "transactional.id.expiration.ms=4000\n\
                    transaction.remove.expired.transaction.cleanup.interval.ms=1000\n\
                    producer.id.expiration.ms=4000\nproducer.id.expiration.check.interval.ms=1000\n";
    let Some(broker) = Broker::install_with(1, settings) else { return };
    broker.start();
    let deployment = Deployment::new(&broker);
    let store = deployment.store();
    let mut sink = deployment.sink(&store);
    recovered(&mut sink).await;
    let mut forgotten = 0;
    for seq in 1..=3 {
        if let Err(error) = sink.commit(batch(&store, seq)).await {
            assert!(matches!(error, PublishError::Doubt(_)), "{error}");
            forgotten += 1;
            if recovered(&mut sink).await < seq {
                sink.commit(batch(&store, seq)).await.unwrap();
            }
        }
        std::thread::sleep(Duration::from_secs(10));
    }
    assert!(forgotten > 0, "the broker did not forget");
    assert_eq!(deployment.keys(Topic::Articles), ["feed:1", "feed:2", "feed:3"]);
}
