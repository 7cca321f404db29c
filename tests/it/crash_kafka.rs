//! Crashes between the daemon and a broker: nothing lost, nothing doubled, nothing out of order at `read_committed`.

use crate::{
    harness::{STRANGER, Site},
    kafka_broker::{self, Broker},
    oracle::{
        Campaign, Fault, KafkaTopics, TOPICS,
        random::{faults, kills},
    },
};
use std::time::Duration;

/// Where the process can die under load; of these C4 to C8 are other places than on the embedded default.
const POINTS: [&str; 8] = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"];

/// The first time it comes there, and the second.
const HITS: [&str; 2] = ["return", "1*off->return"];

/// A transaction's timeout that a test can wait for.
const SHORT: &str = "transaction-timeout=return(2000)";

/// A site that publishes to topics of its own; returns their prefix.
pub fn deployment(bootstrap: &str) -> (Site, String) {
    let site = Site::new();
    let prefix = format!("d{}", uuid::Uuid::new_v4().simple());
    site.settings(&format!(
        "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{bootstrap}\"\n\
         transactional_id = \"{prefix}-1\"\n"
    ));
    (site, prefix)
}

fn on_one_broker(test: impl FnOnce(Campaign<'_>)) {
    let Some(broker) = kafka_broker::shared() else { return };
    with(broker, test);
}

fn with(broker: &Broker, test: impl FnOnce(Campaign<'_>)) {
    let (site, prefix) = deployment(&broker.address());
    test(Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix)));
}

#[test]
fn a_crash_at_each_named_point_before_a_broker() {
    on_one_broker(|mut campaign| {
        for hit in HITS {
            for point in &POINTS[3..] {
                campaign.dies_at(point, hit);
            }
        }
        campaign.settle();
    });
}

/// C10: the coordinator aborts what a stopped process had begun; when it goes on it is fenced, and begins anew.
#[test]
fn a_process_that_sleeps_through_its_transaction_is_fenced_and_goes_on() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = deployment(&broker.address());
    let with_page = site.settings.lock().unwrap().replace("listen = \"off\"", "listen = \"127.0.0.1:0\"");
    *site.settings.lock().unwrap() = with_page;
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix));
    campaign.start_armed(&format!("C10=1*return->5*off->1*return;{SHORT}"));
    for times in 1..=2 {
        campaign.stops_at("C10", |campaign| {
            campaign.work_until(Duration::from_secs(40), "the coordinator to abort", |_| {
                TOPICS.iter().all(|topic| broker.is_decided(&format!("{prefix}.{topic}"))).then_some(())
            });
        });
        // The log says such things once a minute. Once it has stopped again it has gone on, and answers no more.
        campaign.work_until(Duration::from_secs(40), "it to be fenced", |campaign| {
            (campaign.is_stopped() || doubts(&campaign.site.ask("/metrics")) >= times).then_some(())
        });
        assert!(site.log().contains("had outlived its timeout"), "not for its age\n{}", campaign.tail());
    }
    campaign.work_until_more();
    // Twice within a minute, and yet nobody else has this id.
    assert!(!site.log().contains("the producer is replaced once"), "{}", campaign.tail());
    campaign.fault(&Fault::Kill);
    campaign.settle();
}

/// How often it was not known whether a commit was one.
fn doubts(metrics: &str) -> u64 {
    let counter = r#"dateline_stage_errors_total{stage="publish",error_type="doubt"} "#;
    metrics.lines().find_map(|line| line.strip_prefix(counter)?.parse().ok()).unwrap_or(0)
}

#[test]
fn sigstop_around_the_transaction_timeout() {
    on_one_broker(|mut campaign| {
        for _ in 0..faults(2) {
            campaign.start_armed(SHORT);
            campaign.work_until_more();
            let pause = campaign.random.between(Duration::from_millis(500), Duration::from_millis(4_500));
            campaign.fault(&Fault::Pause(pause));
            campaign.work_until_more();
            let end = campaign.random.choose(&[Fault::Kill, Fault::Terminate]).clone();
            campaign.fault(&end);
        }
        campaign.settle();
    });
}

/// C12: what the broker has is not published again by a directory that knows of nothing.
#[test]
fn a_lost_directory_doubles_nothing() {
    on_one_broker(|mut campaign| {
        for directory in ["second", "third"] {
            campaign.start();
            campaign.work(Duration::from_secs(4));
            campaign.catch_up();
            campaign.note("directory lost");
            campaign.fault(&Fault::Kill);
            campaign.site.move_to(directory);
            campaign.play.hold(false);
        }
        campaign.start();
        campaign.fault(&Fault::KillOncePublished);
        campaign.settle();
    });
}

/// C11: two deployments under one id cannot both go on, and the one that ends says why. What the first observed is all
/// published, by whichever.
#[test]
fn of_two_deployments_with_one_id_one_ends_and_says_why() {
    on_one_broker(|mut campaign| {
        campaign.attached.two_writers = true;
        campaign.start();
        campaign.work_until_more();
        campaign.site.move_to(STRANGER);
        let mut second = campaign.site.spawn();
        campaign.site.move_to("data");
        campaign.note("second instance");
        let (of_first, status) = campaign.work_until(Duration::from_secs(60), "one of the two to end", |campaign| {
            let first = campaign.ended().map(|status| (true, status));
            first.or_else(|| second.child.try_wait().unwrap().map(|status| (false, status)))
        });
        assert_eq!(status.code(), Some(78), "{}", campaign.tail());
        assert!(campaign.site.log().contains("another deployment uses"), "{}", campaign.tail());
        if of_first {
            second.kill();
        }
        campaign.settle();
    });
}

/// The same, and the older one dies at the moment at which it is fenced.
#[test]
fn an_instance_that_dies_when_it_is_fenced_comes_back_whole() {
    on_one_broker(|mut campaign| {
        campaign.attached.two_writers = true;
        campaign.start_armed("C11=return");
        campaign.work_until_more();
        campaign.site.move_to(STRANGER);
        let second = campaign.site.spawn();
        campaign.site.move_to("data");
        campaign.dies_of("C11=return");
        second.kill();
        campaign.settle();
    });
}

#[test]
fn sigterm_at_random_under_load_before_a_broker() {
    on_one_broker(|mut campaign| {
        for _ in 0..faults(3) {
            campaign.live(300, 3_000, &Fault::Terminate);
        }
        let log = campaign.site.log();
        assert!(!log.contains("the next start settles"), "{}", campaign.tail());
        campaign.settle();
    });
}

#[test]
fn kill_9_at_random_under_load_before_three_brokers() {
    let Some(cluster) = kafka_broker::cluster() else { return };
    with(&cluster, |mut campaign| {
        campaign.kills(kills(), &POINTS);
        campaign.settle();
    });
}

/// One of the brokers is killed or frozen while the daemon works, and the daemon is killed, or not.
#[test]
fn kill_9_of_brokers_and_daemon() {
    let Some(cluster) = kafka_broker::cluster() else { return };
    with(&cluster, |mut campaign| {
        for _ in 0..faults(2) {
            campaign.start();
            let node = cluster.node(1 + campaign.random.below(cluster.size() as u64) as usize);
            campaign.work_until_more();
            if campaign.random.once_in(2) {
                node.kill();
                campaign.note("broker killed");
            } else {
                node.freeze();
                campaign.note("broker frozen");
            }
            let time = campaign.random.between(Duration::from_secs(1), Duration::from_secs(8));
            campaign.work(time);
            if campaign.random.once_in(2) {
                campaign.fault(&Fault::Kill);
                campaign.start();
            }
            let more = campaign.random.between(Duration::from_millis(100), Duration::from_secs(4));
            campaign.work(more);
            cluster.start();
            cluster.wait_until_in_sync();
        }
        campaign.settle();
    });
}
