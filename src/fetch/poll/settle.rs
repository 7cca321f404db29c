//! The conclusions from a poll: the feed's state, whether it has moved, what to report and remember, when to poll next.

use super::{
    super::{FeedChange, FeedProgress, PollEvent, PollOutcome, Receipt, failure::Kind, redact, schedule::Ended},
    Poll, Task,
};
use crate::model::{EventKind, FeedNotes, FeedState, Issue, Moving};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// So many documents in a row that break the parser put a feed into quarantine.
const BROKEN_BEFORE_QUARANTINE: u32 = 3;
/// So many polls in a row must have led to the same address, each to a feed, before a move is believed.
const POLLS_TO_MOVE: u32 = 3;

impl Task {
    /// Draws the conclusions from a poll, which took so long; returns how long to wait for the next, if there is to be one.
    pub(super) async fn settle(&mut self, poll: &mut Poll, took: Duration) -> Option<Duration> {
        let now = Timestamp::now();
        let mut events = Vec::new();
        self.leave_a_dead_end(poll);
        let ended = match poll.outcome {
            PollOutcome::Fetched | PollOutcome::NotModified => self.went_well(poll, took, now, &mut events),
            // Our own lack of room is no failure of the feed.
            PollOutcome::Held | PollOutcome::Waiting => Ended::Well { wanted: None },
            PollOutcome::Failed | PollOutcome::Unreadable | PollOutcome::Broken => {
                self.went_badly(poll, took, now, &mut events)
            }
        };
        let moved = self.move_on(poll, &mut events);
        events.extend(poll.lie.iter().map(|lie| (EventKind::ValidatorsLie, lie.clone())));
        let code = |issue: &Option<Issue>| issue.as_ref().map(|issue| issue.code.clone());
        let news = self.memory.state != Some(self.state) || code(&self.last_error) != code(&self.memory.last_error);
        if moved || news || !events.is_empty() || self.unreported.is_some() {
            self.report(ended, events).await;
        } else if self.notes != self.memory.notes {
            let remembered = self.deliver(PollEvent::Remember(Box::new(self.notes.clone()))).await;
            if matches!(remembered, Receipt::Accepted { .. }) {
                self.memory.notes = self.notes.clone();
            }
        }
        self.last = Some((ended, Instant::now()));
        let last = poll.gone || self.context.once;
        (!last).then(|| self.course.pause(self.memory.poll, ended, now))
    }

    fn went_well(
        &mut self,
        poll: &Poll,
        took: Duration,
        now: Timestamp,
        events: &mut Vec<(EventKind, String)>,
    ) -> Ended {
        // Whoever takes a feed over knows of its failures, and not whether its state was told.
        if self.errors > 0 {
            events.push((EventKind::Recovered, format!("well again after {} failures", self.errors)));
        }
        (self.state, self.errors, self.broken) = (FeedState::Active, 0, 0);
        // A document that was cut was accepted as far as it came, but the operator should see it.
        self.last_error.clone_from(&poll.issue);
        self.last_success = Some(now);
        if let Some(rhythm) = &poll.rhythm {
            self.course.pace.rhythm.clone_from(rhythm);
        }
        self.course.well(&mut self.notes, poll.brought, poll.fresh, took, now)
    }

    fn went_badly(
        &mut self,
        poll: &Poll,
        took: Duration,
        now: Timestamp,
        events: &mut Vec<(EventKind, String)>,
    ) -> Ended {
        self.errors = self.errors.saturating_add(1);
        let ended = self.course.badly(&mut self.notes, poll.kind, poll.retry_after, took, now);
        self.last_error.clone_from(&poll.issue);
        self.broken = if poll.outcome == PollOutcome::Broken { self.broken + 1 } else { 0 };
        self.state = match self.state {
            _ if poll.gone => FeedState::Gone,
            _ if self.broken >= BROKEN_BEFORE_QUARANTINE => FeedState::Quarantined,
            FeedState::Quarantined => FeedState::Quarantined,
            _ if ended == Ended::GivenUp => FeedState::GivenUp,
            _ => FeedState::BackingOff,
        };
        if poll.gone {
            events.push((EventKind::Gone, poll.detail()));
        }
        if self.state == FeedState::Quarantined { Ended::Quarantined } else { ended }
    }

    /// A followed address that turns out to be none is forgotten: the configured one is asked again before anything is
    /// concluded.
    fn leave_a_dead_end(&mut self, poll: &mut Poll) {
        let dead = poll.gone || poll.outcome == PollOutcome::Failed && poll.kind == Kind::Hard;
        if dead && self.notes.follows.take().is_some() {
            poll.gone = false;
            tracing::warn!(feed.id = %self.feed.id, "the address that the feed has moved to failed; its configured one is asked again");
        }
    }

    /// Believes a move once several polls have agreed on it; says whether what is reported of it has changed.
    fn move_on(&mut self, poll: &Poll, events: &mut Vec<(EventKind, String)>) -> bool {
        if !poll.went_well() {
            return false;
        }
        let shown = |to: &Option<String>| to.as_deref().map(redact);
        let Some(to) = &poll.moved_to else {
            self.notes.moving = None;
            // Asked and answered at its own address: what was said before holds no longer.
            let stays = shown(&self.notes.follows);
            let changed = self.memory.moved_to != stays;
            self.memory.moved_to = stays;
            return changed;
        };
        let known = self.memory.moved_to.as_deref() == Some(redact(to).as_str());
        if known && self.notes.follows.as_deref() != Some(to.as_str()) && !self.may_follow(to) {
            return false;
        }
        let agreed = self.notes.moving.as_ref().filter(|moving| moving.to == *to).map_or(0, |moving| moving.polls);
        let found_a_feed = match poll.brought {
            Some((_, items)) => items > 0,
            // "Not modified" there vouches for what an earlier poll found there.
            None => agreed > 0,
        };
        if !found_a_feed {
            self.notes.moving = None;
            return false;
        }
        if agreed + 1 < POLLS_TO_MOVE {
            self.notes.moving = Some(Moving { to: to.clone(), polls: agreed + 1 });
            return false;
        }
        self.notes.moving = None;
        let how = if self.may_follow(to) {
            self.notes.follows = Some(to.clone());
            "which is asked from now on"
        } else {
            "which is not asked by itself, since the credentials are not for it"
        };
        self.memory.moved_to = Some(redact(to));
        events.push((EventKind::Moved, format!("moved for good to {}, {how}", redact(to))));
        true
    }

    /// Credentials are for the origin that they were configured with.
    fn may_follow(&self, to: &str) -> bool {
        let origin = |address: &str| Url::parse(address).ok().map(|url| url.origin());
        let bound = self.feed.auth.is_some() || self.feed.client_certificate_file.is_some();
        !bound || origin(to) == origin(&self.feed.url)
    }

    /// Reports the state as it is now, with events that have not been reported yet; keeps them if there is no room.
    async fn report(&mut self, ended: Ended, events: Vec<(EventKind, String)>) {
        if self.state == FeedState::Waiting {
            return;
        }
        let mut all = self.unreported.take().unwrap_or_default();
        all.extend(events);
        let notes: FeedNotes = self.notes.clone();
        let change = FeedChange {
            state: self.state,
            interval: self.course.schedule.between(ended),
            consecutive_errors: self.errors,
            last_error: self.last_error.clone(),
            moved_to: self.memory.moved_to.clone(),
            events: all,
            notes,
            at: Timestamp::now(),
        };
        match self.deliver(PollEvent::State(Box::new(change.clone()))).await {
            Receipt::Accepted { .. } => {
                self.memory.state = Some(self.state);
                self.memory.last_error.clone_from(&self.last_error);
                self.memory.notes = change.notes;
            }
            _ => self.unreported = Some(change.events),
        }
    }

    /// Tells the metrics, the log and whoever watches.
    pub(super) fn tell(&mut self, outcome: PollOutcome, pause: Option<Duration>, bytes: u64, took: Duration) {
        let now = Timestamp::now();
        let next_poll = pause.and_then(|pause| now.checked_add(pause).ok());
        let progress = FeedProgress {
            feed: Arc::clone(&self.feed),
            state: self.state,
            poll: self.memory.poll,
            outcome,
            last_poll: (outcome != PollOutcome::Waiting).then_some(now),
            last_success: self.last_success,
            next_poll,
            held: self.held.clone(),
            consecutive_errors: self.errors,
            last_error: self.last_error.clone(),
            bytes,
            took,
        };
        self.meter.poll(&progress);
        (self.context.watch)(progress);
    }
}
