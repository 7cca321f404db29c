//! Back-pressure: from what waits for publication, and from a disk without room, to the feeds.
//!
//! Comes in: the size of the backlog, once a second, and the news that the disk took nothing. Goes out: which feeds are
//! held. Nearing its bound the intake holds the feeds with the most backlog first, at its bound all of them; they are
//! let go when enough has been published, each at a moment of its own. A full disk is tried until it takes something
//! again. What is never done: drop what was observed.

use super::board::Board;
use crate::{
    fetch::{Held, Newcomers},
    intake::Intake,
    metrics,
    model::{FeedId, Snapshot, units},
    store::Store,
};
use jiff::Timestamp;
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::sync::watch;

/// How often the picture of the doorstep is renewed.
const INTERVAL: Duration = Duration::from_secs(1);

/// A disk has room again when it takes this much: a frame of a large document and the pages it touches.
const ROOM: usize = 1 << 20;

/// In percent of the bound: from here on the greediest feeds are held …
const NEARLY_FULL: u64 = 80;
/// … and below this they are let go.
const ROOM_AGAIN: u64 = 60;
/// Once all feeds are held, they are let go below this.
const LET_GO: u64 = 75;

/// The share of the backlog whose feeds are held first.
const GREEDY_SHARE: u64 = 50;

/// Feeds that were never seen are asked while less than this share of the bound waits, within these limits: the past of a
/// list of new feeds is published in the order of the doorstep, and others' news behind it.
const NEWCOMERS_SHARE: u64 = 2048;
const NEWCOMERS_BYTES: (u64, u64) = (256 << 10, 2 << 20);

/// The turns of feeds that were never seen. Where what is observed is only handed on, nothing waits for long.
pub(super) fn newcomers(intake: &Intake, judges: bool) -> Newcomers {
    let (least, most) = NEWCOMERS_BYTES;
    let bound = if judges { (intake.max_bytes() / NEWCOMERS_SHARE).clamp(least, most) } else { intake.max_bytes() };
    let intake = intake.clone();
    Newcomers::new(bound, move || intake.unpublished_bytes())
}

/// A handle on the hold; clones share it.
#[derive(Clone)]
pub(super) struct Hold {
    held: watch::Sender<Held>,
    disk_is_full: Arc<AtomicBool>,
}

/// How much of the intake is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Room,
    NearlyFull,
    Full,
}

impl Hold {
    pub(super) fn new() -> Self {
        Self { held: watch::Sender::new(Held::default()), disk_is_full: Arc::default() }
    }

    /// For the feeds.
    pub(super) fn subscribe(&self) -> watch::Receiver<Held> {
        self.held.subscribe()
    }

    /// The disk took nothing: no feed need be asked until it does.
    pub(super) fn disk_is_full(&self, why: &str) {
        self.disk_is_full.store(true, Ordering::Relaxed);
        self.change(Held { all: true, feeds: HashSet::new(), why: why.to_owned() });
    }

    /// Watches the backlog and the disk, for ever.
    pub(super) async fn watch(
        &self,
        store: &Store,
        intake: &Intake,
        board: &Board,
        alone: bool,
        picture: &watch::Receiver<Snapshot>,
    ) {
        let mut tick = tokio::time::interval(INTERVAL);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut level = Level::Room;
        let (mut frames, mut pages) = (intake.appends(), intake.waits());
        // Where the line stood when nothing waited: there is nothing to look for until something has come.
        let mut empty_at: Option<u64> = None;
        loop {
            tick.tick().await;
            let position = picture.borrow().publisher.position;
            let has_come = [&mut frames, &mut pages].map(|told| {
                let changed = told.has_changed().unwrap_or(true);
                told.mark_unchanged();
                changed
            });
            if (empty_at != Some(position) || has_come.contains(&true))
                && let Ok(backlog) = intake.backlog(position).await
            {
                empty_at = (backlog.frames == 0 && backlog.waiting == 0).then_some(position);
                board.backlog(&backlog);
                if alone {
                    // A worker adds up its shards.
                    metrics::intake(&picture.borrow().intake, Timestamp::now());
                }
            }
            if self.disk_is_full.load(Ordering::Relaxed) {
                if !store.has_room(ROOM).await {
                    board.held(Some(self.held.borrow().why.clone()), true);
                    continue;
                }
                tracing::info!("the disk has room again; the feeds are let go");
                self.disk_is_full.store(false, Ordering::Relaxed);
            }
            level = next_level(level, intake.unpublished_bytes(), intake.max_bytes());
            let held = match level {
                Level::Room => Held::default(),
                // Who stands in the list stays there until there is room again, so that nobody is let go and held in turn.
                Level::NearlyFull if !self.held.borrow().feeds.is_empty() => self.held.borrow().clone(),
                Level::NearlyFull => match intake.backlog_by_feed(position).await {
                    Ok(shares) => nearly_full(&shares, intake),
                    Err(_) => continue,
                },
                Level::Full => {
                    Held { all: true, feeds: HashSet::new(), why: format!("the intake is full: {}", waits(intake)) }
                }
            };
            board.held((level > Level::Room).then(|| held.why.clone()), held.all);
            self.change(held);
        }
    }

    fn change(&self, held: Held) {
        self.held.send_if_modified(|now| {
            let changed = (now.all, &now.feeds) != (held.all, &held.feeds);
            if changed {
                tracing::info!(
                    all = held.all,
                    feeds = held.feeds.len(),
                    why = held.why,
                    "which feeds are held has changed"
                );
            }
            *now = held;
            changed
        });
    }
}

fn nearly_full(shares: &[(FeedId, u64)], intake: &Intake) -> Held {
    let feeds = greediest(shares);
    let why = format!("the intake is nearly full: {}; feeds with the most backlog are held", waits(intake));
    Held { all: false, feeds, why }
}

fn waits(intake: &Intake) -> String {
    format!("{} wait for publication", units::bytes::format(intake.unpublished_bytes()))
}

/// Each level is left only well below where it is entered.
fn next_level(level: Level, bytes: u64, max: u64) -> Level {
    let percent = bytes.saturating_mul(100) / max.max(1);
    match level {
        _ if percent >= 100 => Level::Full,
        Level::Full if percent >= LET_GO => Level::Full,
        Level::Room if percent < NEARLY_FULL => Level::Room,
        _ if percent < ROOM_AGAIN => Level::Room,
        _ => Level::NearlyFull,
    }
}

/// The fewest feeds that together hold half of the backlog; `shares` begins with the largest.
fn greediest(shares: &[(FeedId, u64)]) -> HashSet<FeedId> {
    let all: u64 = shares.iter().map(|(_, bytes)| bytes).sum();
    let mut taken = 0;
    let mut feeds = HashSet::new();
    for (feed, bytes) in shares {
        if taken * 100 >= all * GREEDY_SHARE {
            break;
        }
        taken += bytes;
        feeds.insert(feed.clone());
    }
    feeds
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intake_fills_in_steps_and_is_left_well_below_them() {
        let mut level = Level::Room;
        let mut seen = Vec::new();
        for bytes in [10, 79, 80, 99, 100, 80, 75, 74, 61, 80, 59, 79] {
            level = next_level(level, bytes, 100);
            seen.push(level);
        }
        use Level::{Full, NearlyFull, Room};
        let expected =
            [Room, Room, NearlyFull, NearlyFull, Full, Full, Full, NearlyFull, NearlyFull, NearlyFull, Room, Room];
        assert_eq!(seen, expected);
    }

    #[test]
    fn the_greediest_are_held_first() {
        let shares = |bytes: &[u64]| -> Vec<(FeedId, u64)> {
            bytes.iter().enumerate().map(|(n, bytes)| (FeedId(format!("feed-{n}")), *bytes)).collect()
        };
        assert_eq!(greediest(&shares(&[60, 30, 10])).len(), 1);
        assert_eq!(greediest(&shares(&[30, 30, 20, 20])).len(), 2);
        assert_eq!(greediest(&shares(&[])).len(), 0);
    }
}
