//! The whole program against a real broker: the same stories and the same kills as on the embedded default.

#[cfg(feature = "faults")]
use crate::oracle::{Campaign, Fault, KafkaTopics, TOPICS};
use crate::{
    crash_kafka::deployment,
    flow::{Story, invented, seed, way_of},
    kafka_broker,
};
#[cfg(feature = "faults")]
use std::{collections::BTreeMap, time::Duration};

fn tell(story: &Story) {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = deployment(&broker.address());
    way_of(story, &site, &|suffix| broker.values_in_order(&format!("{prefix}.{suffix}")));
}

#[test]
fn an_invented_story_comes_out_of_kafka_once_then_corrected() {
    tell(&invented());
}

#[test]
fn the_seed_comes_out_of_kafka_once_then_corrected() {
    let Some(story) = seed() else {
        eprintln!("the seed story is not beside the repository; the invented one stands for it");
        return;
    };
    tell(&story);
}

/// Without transactions a crash between the records and the state repeats the batch: with the same ids, the same
/// headers and the same bytes, so that a reader can drop what it has seen.
#[cfg(feature = "faults")]
#[test]
fn what_is_repeated_at_least_once_is_the_same_to_the_byte() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = deployment(&broker.address());
    site.settings("delivery = \"at-least-once\"\n");
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix));
    for hit in ["1*off->return", "2*off->return", "1*off->return"] {
        campaign.dies_at("C4", hit);
    }
    campaign.play.calm();
    campaign.start();
    campaign.catch_up();
    campaign.fault(&Fault::Terminate);
    let (mut records, mut different) = (0, 0);
    for topic in TOPICS {
        let mut seen = BTreeMap::new();
        for read in broker.read(&format!("{prefix}.{topic}")) {
            records += 1;
            let id = (read.headers["ce_source"].clone(), read.headers["ce_id"].clone());
            let bytes = read.bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            let what = (read.key, read.headers, bytes);
            let first = seen.entry(id).or_insert_with(|| what.clone());
            assert!(
                *first == what,
                "seed {}: {}",
                campaign.seed,
                difference(&format!("{first:?}"), &format!("{what:?}"))
            );
        }
        different += seen.len();
    }
    eprintln!("{records} records, {} of them repeats", records - different);
    assert!(records > different, "seed {}: nothing was repeated, so nothing was tested", campaign.seed);
}

/// B9: the coordinator ends what is older than its timeout by fencing it. Twice within a minute is then nobody's fault,
/// and no reason to end.
#[cfg(feature = "faults")]
#[test]
fn transactions_that_outlive_their_timeout_are_not_taken_for_a_second_deployment() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = deployment(&broker.address());
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix));
    campaign.start_armed("C5=1*off->6*sleep(2500);transaction-timeout=return(1000)");
    campaign.work_until(Duration::from_secs(90), "two transactions to outlive their timeout", |campaign| {
        (campaign.site.log().matches("outlived its timeout").count() >= 2).then_some(())
    });
    campaign.note("two transactions outlived their timeout");
    campaign.work_until_more();
    campaign.settle();
}

/// R4: a call that does not come back ends the program, and whoever starts it again finds everything settled.
#[cfg(feature = "faults")]
#[test]
fn a_client_that_does_not_answer_ends_the_program() {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = deployment(&broker.address());
    let mut campaign = Campaign::new(&site, KafkaTopics::new(&broker.address(), &prefix));
    campaign.start_armed("C5=2*off->sleep(60000);watchdog=return(5000)");
    let ended = campaign.work_until(Duration::from_secs(60), "the daemon to end", Campaign::ended);
    campaign.note("client hangs");
    assert_eq!(ended.code(), Some(74), "{}", campaign.tail());
    assert!(campaign.site.log().contains("has not answered for 5 s"), "{}", campaign.tail());
    campaign.settle();
}

/// Where two texts part, with some of what follows.
#[cfg(feature = "faults")]
fn difference(one: &str, other: &str) -> String {
    let same = one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count();
    let rest = |text: &str| text.chars().skip(same.saturating_sub(120)).take(400).collect::<String>();
    format!("\n{}\nand\n{}", rest(one), rest(other))
}
