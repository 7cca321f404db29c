//! The split set-up under faults: workers killed, added, taken away, frozen beyond their sessions, and brokers with them.
//! Nothing lost, nothing doubled, nothing out of order at `read_committed`.
//!
//! The short numbers are for the test command; `DATELINE_FAULTS_KILLS`, `DATELINE_FAULTS_REBALANCES` and
//! `DATELINE_FAULTS_ZOMBIES` say how many faults of each kind the long runs have.

use crate::{
    kafka_broker::{self, Broker},
    oracle::{
        Split,
        split::{PARTITIONS, ROLES, SESSION},
    },
};
use jiff::Timestamp;
use std::{collections::BTreeMap, time::Duration};

fn number(variable: &str) -> Option<u32> {
    std::env::var(variable).ok()?.parse().ok()
}

/// A2 and S1, S2, S6: workers die at random under load, and are back at once, or soon, or when others have their work.
fn kills(broker: &Broker, count: u32) {
    let mut split = Split::with(broker, "classic", 2);
    let mut killed = 0;
    while killed < count {
        let time = split.random.between(Duration::from_millis(50), Duration::from_millis(2_000));
        split.work(time);
        let role = *split.random.choose(&ROLES);
        let Some(at) = split.any(role, true) else { continue };
        split.kill(at);
        killed += 1;
        let rest = match split.random.below(8) {
            0..=4 => Duration::ZERO,
            5 | 6 => split.random.between(Duration::from_millis(200), Duration::from_secs(4)),
            // Long enough that its partitions go to the other one.
            _ => 2 * SESSION,
        };
        split.start_after(at, rest);
        if killed % 3 == 0 {
            // Something comes out even so. A record at which a worker dies twice would go to the dead letters.
            split.work_until_more();
        }
    }
    split.settle("");
}

#[test]
fn workers_are_killed_at_random() {
    let Some(broker) = kafka_broker::shared() else { return };
    kills(broker, 8);
}

#[test]
fn workers_are_killed_at_random_before_three_brokers() {
    let Some(count) = number("DATELINE_FAULTS_KILLS") else { return };
    let Some(cluster) = kafka_broker::cluster() else { return };
    kills(&cluster, count);
}

/// B10: the number of workers of each role goes 2, 3, 1, 2, and so on; what they have goes to others and back.
fn rebalances(broker: &Broker, protocol: &str, count: u32) {
    let mut split = Split::with(broker, protocol, 2);
    let mut changes: BTreeMap<&str, Vec<(Timestamp, Timestamp)>> = BTreeMap::new();
    for change in 0..count as usize {
        let (role, wanted) = (ROLES[change % 3], [3, 1, 2][change / 3 % 3]);
        let begin = Timestamp::now();
        while split.running(role) > wanted {
            let at = split.any(role, true).unwrap();
            if split.random.once_in(2) {
                split.kill(at);
            } else {
                split.stop(at);
            }
        }
        for number in 1..=3 {
            if split.running(role) < wanted {
                split.start(role, number);
            }
        }
        split.note(&format!("change of {role}"));
        split.work_until_owned(role);
        split.work_until_more();
        let time = split.random.between(Duration::from_millis(100), Duration::from_millis(1_500));
        split.work(time);
        changes.entry(role).or_default().push((begin, Timestamp::now()));
    }
    let pauses = ["fetch", "dedup"].map(|role| {
        let pauses = split.pauses(role, changes.get(role).map_or(&[], Vec::as_slice));
        let at = |share: usize| pauses.get(pauses.len().saturating_sub(1) * share / 100).copied().unwrap_or(0);
        let (p50, p99, most, of) = (at(50), at(99), at(100), pauses.len());
        format!("{role} partitions that stay pause p50 {p50} p99 {p99} max {most} ms of {of}")
    });
    split.settle(&format!("{protocol}; {}", pauses.join("; ")));
}

#[test]
fn workers_come_and_go() {
    let Some(broker) = kafka_broker::shared() else { return };
    rebalances(broker, "classic", number("DATELINE_FAULTS_REBALANCES").unwrap_or(6));
}

#[test]
fn workers_come_and_go_as_the_broker_decides() {
    let Some(broker) = kafka_broker::shared() else { return };
    rebalances(broker, "consumer", number("DATELINE_FAULTS_REBALANCES").unwrap_or(6));
}

/// A4, B11, S3 and S4: a worker stands still until others have its work, and goes on.
#[test]
fn a_worker_that_was_thought_to_be_dead_changes_nothing_any_more() {
    let Some(broker) = kafka_broker::shared() else { return };
    let mut split = Split::with(broker, "classic", 2);
    split.may_end = true;
    let mut turns = 0;
    for zombie in 0..number("DATELINE_FAULTS_ZOMBIES").unwrap_or(3) as usize {
        let role = ROLES[zombie % 3];
        split.work_until_owned(role);
        split.work_until_more();
        let at = split.any(role, true).unwrap();
        split.note(&format!("zombie {role}"));
        split.signal(at, "STOP");
        split.work_until_others_own(at);
        let rest = split.random.between(Duration::from_millis(10), Duration::from_secs(3));
        split.work(rest);
        let before = split.polled_by_two();
        split.signal(at, "CONT");
        let time = split.random.between(Duration::from_secs(1), Duration::from_secs(4));
        split.work(time);
        turns += split.polled_by_two() - before;
        if split.random.once_in(4) {
            split.kill(at);
            split.start_again(at);
        }
    }
    assert_eq!(split.polled_by_two(), turns, "a feed was polled by two, and none of them had stood still");
    split.settle("");
}

/// B3, B4, B5, B12, S2, S5, S8 and S9: who leads a state's partition, coordinates a group or a transaction is killed or
/// frozen, and sometimes a worker with it. Left to the long run.
#[test]
fn brokers_are_taken_away_from_workers() {
    let Some(count) = number("DATELINE_FAULTS_BROKERS") else { return };
    let Some(cluster) = kafka_broker::cluster() else { return };
    let mut split = Split::with(&cluster, "classic", 2);
    split.may_end = true;
    for turn in 0..count {
        let partition = split.random.below(PARTITIONS as u64) as i32;
        let (what, id) = match turn % 5 {
            0 => ("leader of dedup-state", cluster.leader(&format!("{}.dedup-state.v1", split.prefix), partition)),
            1 => ("leader of fetch-state", cluster.leader(&format!("{}.fetch-state.v1", split.prefix), partition)),
            2 => ("leader of raw", cluster.leader(&format!("{}.raw.v1", split.prefix), partition)),
            3 => ("coordinator of groups", cluster.leader("__consumer_offsets", 0)),
            _ => {
                let role = *split.random.choose(&ROLES);
                let id = format!("{}-1-{role}-{partition}", split.prefix);
                ("coordinator of transactions", cluster.coordinator(&id))
            }
        };
        let node = cluster.node(id.expect("somebody does"));
        let is_frozen = split.random.once_in(2);
        split.note(&format!("{what} {}", if is_frozen { "frozen" } else { "killed" }));
        if is_frozen {
            node.freeze();
        } else {
            node.kill();
        }
        let role = *split.random.choose(&ROLES);
        let killed = if split.random.once_in(3) { split.any(role, true) } else { None };
        if let Some(at) = killed {
            split.kill(at);
            split.start_again(at);
        }
        // The two that are left elect, and go on.
        split.work_until_more();
        split.work(Duration::from_secs(2));
        node.start();
        split.work(Duration::from_secs(1));
        cluster.start();
        cluster.wait_until_in_sync();
        split.work_until_more();
    }
    split.settle("");
}
