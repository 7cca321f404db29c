//! Crashes on the embedded default: nothing lost, nothing doubled, nothing out of order.
//!
//! The points C1 to C9 are where the process dies, C10 where it stops for a while, C14 a disk that is full; C11 to C13
//! are faults between the daemon and a broker, see `crash_kafka`.

use crate::{
    harness::Site,
    oracle::{Campaign, Fault, TopicFiles, campaign::signal, random::kills},
};
use std::time::Duration;

/// Where the process can die with the embedded default under load; C9 lies on the way out.
const POINTS: [&str; 8] = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"];

/// The first time it comes there, and the second.
const HITS: [&str; 2] = ["return", "1*off->return"];

fn campaign(site: &Site) -> Campaign<'_> {
    Campaign::new(site, TopicFiles::new(&site.path("data")))
}

#[test]
fn a_crash_at_each_named_point() {
    let site = Site::new();
    // Frames that are done are deleted soon, so that C9 falls before and after that.
    site.settings("[intake]\nretain = \"1s\"\n");
    let mut campaign = campaign(&site);
    for hit in HITS {
        for point in POINTS {
            campaign.dies_at(point, hit);
        }
        // It is reached when the daemon has been told to stop.
        campaign.start_armed(&format!("C9={hit}"));
        campaign.work(Duration::from_millis(1_500));
        signal("TERM", campaign.daemon().child.id());
        campaign.dies_at("C9", hit);
    }
    for hit in ["1*return", "1*off->1*return"] {
        campaign.stops_at("C10", hit, Duration::from_millis(500));
        campaign.fault(&Fault::KillOncePublished);
    }
    disk_full(&mut campaign);
    campaign.settle();
}

/// C14: what does not fit is not observed, and is fetched again when there is room.
fn disk_full(campaign: &mut Campaign<'_>) {
    let held = |campaign: &Campaign<'_>| campaign.site.log().matches("the feed is held; nothing is lost").count();
    let before = held(campaign);
    campaign.start_armed("C14=5*return");
    campaign.work_until(Duration::from_secs(30), "the daemon to come to C14 five times", |campaign| {
        (held(campaign) >= before + 5).then_some(())
    });
    campaign.note("C14");
    campaign.fault(&Fault::KillOncePublished);
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

/// Ten times in a row it dies while it starts; the first start that is let finish goes on.
#[test]
fn kill_9_while_it_starts() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    for _ in 0..kills(3).div_ceil(10) {
        campaign.start();
        campaign.fault(&Fault::KillOncePublished);
        for _ in 0..10 {
            campaign.live(0, 400, &Fault::Kill);
        }
    }
    campaign.settle();
}

#[test]
fn kill_9_at_random_under_load() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    campaign.kills(kills(30), &POINTS);
    campaign.settle();
}
