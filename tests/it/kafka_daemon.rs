//! The whole program against a real broker: the same stories and the same kills as on the embedded default.

use crate::{
    delivery::stops_cleanly,
    flow::{Story, invented, seed, way_of},
    harness::{Site, wait_for},
    kafka_broker::{self, Broker},
};
use std::time::Duration;

/// A site that publishes to topics of its own; returns their prefix.
fn site(broker: &Broker) -> (Site, String) {
    let site = Site::new();
    let prefix = format!("d{}", uuid::Uuid::new_v4().simple());
    site.settings(&format!(
        "[publish]\nto = \"kafka\"\ntopic_prefix = \"{prefix}\"\n[publish.kafka]\nbootstrap_servers = \"{}\"\n\
         transactional_id = \"{prefix}-1\"\n",
        broker.address()
    ));
    (site, prefix)
}

fn tell(story: &Story) {
    let Some(broker) = kafka_broker::shared() else { return };
    let (site, prefix) = site(broker);
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

#[test]
fn a_broker_that_is_away_is_waited_for_while_the_intake_fills() {
    let Some(broker) = Broker::install() else { return };
    let (site, prefix) = site(&broker);
    let story = invented();
    site.feed("first", "language = \"en\"\nfull_text = true");
    story.serve(&site, "first");
    let daemon = site.spawn();
    // The feed and its page are fetched though nothing can be published.
    wait_for(Duration::from_secs(60), "the page to be fetched", || {
        (!site.server.requests("/first/story.html").is_empty()).then_some(())
    });
    stops_cleanly(daemon);

    let daemon = site.spawn();
    broker.start();
    let articles = format!("{prefix}.articles.v1");
    wait_for(Duration::from_secs(60), "the story to be published", || {
        (!broker.read(&articles).is_empty()).then_some(())
    });
    stops_cleanly(daemon);
    assert_eq!(broker.read(&articles).len(), 1);
}
