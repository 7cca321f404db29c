//! Crashes on the embedded default: nothing lost, nothing doubled, nothing out of order.
//!
//! The points C1 to C9 are where the process dies, C10 where it stops for a while, C14 a disk that is full; C11 to C13
//! are faults between the daemon and a broker, see `crash_kafka`.

use crate::{
    harness::Site,
    oracle::{
        Campaign, Fault, TopicFiles,
        campaign::signal,
        random::{faults, kills},
    },
};
use std::time::{Duration, Instant};

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
    campaign.start_armed("C10=1*return->5*off->1*return");
    for _ in 0..2 {
        campaign.stops_at("C10", |campaign| campaign.work(Duration::from_millis(500)));
        campaign.work_until_more();
    }
    campaign.fault(&Fault::Kill);
    disk_full(&mut campaign);
    campaign.settle();
}

/// C14: what does not fit is not observed, and is fetched again when there is room.
fn disk_full(campaign: &mut Campaign<'_>) {
    let held = |campaign: &Campaign<'_>| campaign.site.log().matches("the feed is held; nothing is lost").count();
    let before = held(campaign);
    campaign.start_armed("C14=6*return");
    campaign.work_until(Duration::from_secs(30), "the daemon to come to C14", |campaign| {
        (held(campaign) > before).then_some(())
    });
    campaign.note("C14");
    campaign.fault(&Fault::KillOncePublished);
}

/// `kill -9`, SIGTERM, SIGSTOP, and both ends of a life in any order.
#[test]
fn faults_of_every_kind_under_load() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    for _ in 0..faults(9) {
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
    for _ in 0..faults(1) {
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
    campaign.kills(kills(), &POINTS);
    campaign.settle();
}

/// SIGTERM at random: exit 0 within ten seconds each time, with nothing left for the next start to settle.
#[test]
fn sigterm_at_random_under_load() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    for _ in 0..faults(6) {
        campaign.live(200, 1_500, &Fault::Terminate);
    }
    let log = site.log();
    assert!(!log.contains("the next start settles"), "{}", campaign.tail());
    campaign.settle();
}

/// A stage that panics costs one record, which goes to the dead letters; the others go on, in the same life.
#[test]
fn a_panic_in_a_stage_costs_one_record() {
    let site = Site::new();
    let mut campaign = campaign(&site);
    campaign.panics_are_faults = true;
    for stage in ["parse", "clean", "extract", "dedup"] {
        for hit in ["1*panic", "2*off->1*panic"] {
            let before = campaign.attached.letters_of(stage);
            // What the point breaks may be published already, of a frame that a batch ended within: it is read again, and
            // owes nothing. Then the point is armed anew.
            for attempt in 1.. {
                campaign.start_armed(&format!("{stage}={hit}"));
                let begun = Instant::now();
                while campaign.attached.letters_of(stage) == before && begun.elapsed() < Duration::from_secs(20) {
                    campaign.work(Duration::from_millis(50));
                }
                if campaign.attached.letters_of(stage) > before {
                    break;
                }
                assert!(attempt < 6, "no dead letter of {stage}={hit} (seed {})\n{}", campaign.seed, campaign.tail());
                campaign.fault(&Fault::Kill);
            }
            campaign.note(&format!("panic in {stage}"));
            campaign.work_until_more();
            assert_eq!(campaign.attached.letters_of(stage), before + 1, "one panic in {stage} costs one record");
            assert!(campaign.ended().is_none(), "it goes on\n{}", campaign.tail());
            campaign.fault(&Fault::Kill);
        }
    }
    let figures = campaign.settle();
    assert!(figures.letters >= 8);
}
