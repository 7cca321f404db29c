//! Crashes on the embedded default: nothing lost, nothing doubled, nothing out of order.

use crate::{
    harness::Site,
    oracle::{Campaign, Fault, TopicFiles, random::kills},
};
use std::time::Duration;

fn campaign(site: &Site) -> Campaign<'_> {
    Campaign::new(site, TopicFiles::new(&site.path("data")))
}

/// `kill -9`, SIGTERM, SIGSTOP, and both ends of a life in any order.
#[test]
fn faults_of_every_kind_under_load() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    for _ in 0..kills(9) {
        let pause = campaign.random.between(Duration::from_millis(50), Duration::from_millis(1_500));
        let fault = campaign.random.choose(&[Fault::Kill, Fault::Terminate, Fault::Pause(pause)]).clone();
        campaign.live(50, 1_500, &fault);
    }
    campaign.settle();
}

#[test]
fn kill_9_at_random_under_load() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    campaign.kills(kills(30));
    campaign.settle();
}
