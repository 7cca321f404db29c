//! The turns of feeds that were never seen: what they bring is their past, and news of others goes before it.
//!
//! Comes in: how many bytes wait for publication. Goes out: one turn after the other, as long as little waits. A list of
//! a thousand new feeds brings tens of thousands of items, which are published in the order in which they are observed; so
//! they are asked for no faster than they are published, and a known feed's news waits behind a few seconds of them. While
//! nothing is published at all, as when the broker is away, there is nothing to wait for: what is observed is kept.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// What a first document is expected to bring, in bytes, before any was seen.
const USUAL: u64 = 64 << 10;

/// How much each that is seen changes what is expected of the next.
const LEARNT: u64 = 8;

/// How often who is next looks again.
const LOOK: Duration = Duration::from_millis(50);

/// A poll that takes longer is not counted any more: servers that drip would keep all others waiting. What it brings in
/// the end is seen among what waits.
const SOON: Duration = Duration::from_millis(250);

/// What waits and does not become less for so long is not being published.
const STANDSTILL: Duration = Duration::from_secs(10);

/// Hands out the turns; clones share them.
#[derive(Clone)]
pub struct Newcomers {
    waiting: Arc<dyn Fn() -> u64 + Send + Sync>,
    bound: u64,
    door: Arc<tokio::sync::Mutex<Door>>,
    polls: Arc<Mutex<Polls>>,
}

struct Polls {
    /// Who has a turn, by number, and since when.
    under_way: BTreeMap<u64, Instant>,
    /// What one brings, in bytes.
    usual: u64,
}

/// What was seen by whoever looked last.
struct Door {
    next: u64,
    waiting: u64,
    looked: Instant,
    shrank: Instant,
}

/// A turn; it is over when this is dropped.
pub(super) struct FirstTurn {
    number: u64,
    polls: Arc<Mutex<Polls>>,
}

impl FirstTurn {
    /// What the poll has brought, in bytes.
    pub(super) fn brought(self, bytes: u64) {
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        if bytes > 0 {
            polls.usual = (polls.usual * (LEARNT - 1) + bytes) / LEARNT;
        }
    }
}

impl Drop for FirstTurn {
    fn drop(&mut self) {
        self.polls.lock().unwrap_or_else(PoisonError::into_inner).under_way.remove(&self.number);
    }
}

impl Newcomers {
    /// Turns while no more than `bound` bytes wait, of which `waiting` tells.
    pub fn new(bound: u64, waiting: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        let now = Instant::now();
        let door = Door { next: 0, waiting: 0, looked: now, shrank: now };
        Self {
            waiting: Arc::new(waiting),
            bound,
            door: Arc::new(tokio::sync::Mutex::new(door)),
            polls: Arc::new(Mutex::new(Polls { under_way: BTreeMap::new(), usual: USUAL })),
        }
    }

    /// Waits for a turn; first come, first served.
    pub(super) async fn turn(&self) -> FirstTurn {
        let mut door = self.door.lock().await;
        while !door.opens((self.waiting)(), self.expected(), self.bound) {
            sleep(LOOK).await;
        }
        door.next += 1;
        let (number, polls) = (door.next, Arc::clone(&self.polls));
        polls.lock().unwrap_or_else(PoisonError::into_inner).under_way.insert(number, Instant::now());
        FirstTurn { number, polls }
    }

    /// Bytes that those who have a turn may bring before long.
    fn expected(&self) -> u64 {
        let polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        polls.under_way.values().filter(|since| since.elapsed() < SOON).count() as u64 * polls.usual
    }
}

impl Door {
    fn opens(&mut self, waiting: u64, expected: u64, bound: u64) -> bool {
        let now = Instant::now();
        // Where nobody has looked for a while, what was seen then says nothing.
        if waiting < self.waiting || now.duration_since(self.looked) > STANDSTILL / 2 {
            self.shrank = now;
        }
        (self.waiting, self.looked) = (waiting, now);
        waiting + expected < bound || (waiting > 0 && now.duration_since(self.shrank) >= STANDSTILL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn newcomers(waiting: &Arc<AtomicU64>) -> Newcomers {
        let waiting = Arc::clone(waiting);
        Newcomers::new(10 * USUAL, move || waiting.load(Ordering::Relaxed))
    }

    async fn has_turn(newcomers: &Newcomers, within: Duration) -> Option<FirstTurn> {
        tokio::time::timeout(within, newcomers.turn()).await.ok()
    }

    async fn all_turns(newcomers: &Newcomers) -> Vec<FirstTurn> {
        let mut turns = Vec::new();
        while let Some(turn) = has_turn(newcomers, LOOK * 3).await {
            turns.push(turn);
        }
        turns
    }

    #[tokio::test(start_paused = true)]
    async fn turns_end_where_much_waits_and_go_on_when_less_does() {
        let waiting = Arc::new(AtomicU64::new(6 * USUAL));
        let newcomers = newcomers(&waiting);
        let turns = all_turns(&newcomers).await;
        assert_eq!(turns.len(), 4, "so many may bring what there is room for");
        // What they bring is waiting now.
        waiting.store(10 * USUAL, Ordering::Relaxed);
        turns.into_iter().for_each(|turn| turn.brought(USUAL));
        assert!(has_turn(&newcomers, LOOK * 3).await.is_none());
        waiting.store(9 * USUAL, Ordering::Relaxed);
        assert!(has_turn(&newcomers, LOOK * 3).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn what_they_bring_is_learnt() {
        let newcomers = newcomers(&Arc::default());
        let turns = all_turns(&newcomers).await;
        assert_eq!(turns.len(), 10);
        turns.into_iter().for_each(|turn| turn.brought(USUAL / 10));
        assert!(all_turns(&newcomers).await.len() > 20);
    }

    #[tokio::test(start_paused = true)]
    async fn slow_ones_keep_nobody_waiting_for_long() {
        let newcomers = newcomers(&Arc::default());
        let _turns = all_turns(&newcomers).await;
        assert!(has_turn(&newcomers, SOON + LOOK).await.is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn while_nothing_is_published_nobody_waits_for_it() {
        let waiting = Arc::new(AtomicU64::new(20 * USUAL));
        let newcomers = newcomers(&waiting);
        assert!(has_turn(&newcomers, STANDSTILL * 2).await.is_some());
        waiting.store(30 * USUAL, Ordering::Relaxed);
        assert!(has_turn(&newcomers, LOOK).await.is_some(), "nor does anybody else");
        waiting.store(29 * USUAL, Ordering::Relaxed);
        assert!(has_turn(&newcomers, LOOK * 3).await.is_none(), "it goes on");
    }
}
