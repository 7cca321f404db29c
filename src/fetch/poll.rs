//! The loop of one feed.

mod ask;
mod settle;

use super::{
    Assignment, Context, FeedMemory, Means, Order, Outcome, PollOutcome,
    course::Course,
    fold::Member,
    measure::Meter,
    newcomers::FirstTurn,
    pace::Pace,
    problem::{self, HELD},
    schedule::{Ended, Schedule},
};
use crate::model::{EventKind, Feed, FeedNotes, FeedState, Issue};
use ask::Poll;
use futures::FutureExt as _;
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until},
};

/// With `once`, what may be better soon is tried again after these pauses.
const ONCE_PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// With `once`, a `Retry-After` is waited for if it is no longer than this.
const ONCE_PATIENCE: Duration = Duration::from_secs(5);

/// Polls a feed until it is gone or the token says stop; with `once`, one time.
///
/// Cancelling ends it at once, also amid a request: what had not been delivered was never observed.
pub async fn feed(context: Context, feed: Arc<Feed>, memory: FeedMemory) -> Outcome {
    follow(context, feed, memory, watch::Sender::new(Order::GoOn).subscribe()).await
}

/// The same for a feed whose configuration may change meanwhile. Orders are heard between polls, so that nothing is on
/// its way to the doorstep when one is followed; what the task knows of the feed it goes on knowing.
pub fn follow(
    context: Context,
    feed: Arc<Feed>,
    memory: FeedMemory,
    orders: watch::Receiver<Order>,
) -> impl Future<Output = Outcome> {
    let cancel = context.cancel.clone();
    // Made outside, so that what is awaited does not hold beside it what it was made of.
    let mut task = Task::new(context, feed, memory, orders);
    async move {
        tokio::select! {
            biased;
            () = cancel.cancelled() => Outcome::Cancelled,
            outcome = task.run() => outcome,
        }
    }
}

/// How a rest between polls ended.
#[derive(PartialEq)]
enum Rest {
    Over,
    Left,
}

struct Task {
    context: Context,
    feed: Arc<Feed>,
    orders: watch::Receiver<Order>,
    course: Course,
    /// How the last poll ended and when, for a schedule that changes before the next.
    last: Option<(Ended, Instant)>,
    memory: FeedMemory,
    /// When the last poll began.
    began: Timestamp,
    /// As it stands; `memory` holds it as it was last reported.
    state: FeedState,
    errors: u32,
    last_error: Option<Issue>,
    last_success: Option<Timestamp>,
    broken: u32,
    /// What was learnt of it; `memory` holds it as it was last remembered.
    notes: FeedNotes,
    /// Its place among the feeds that ask for the same.
    member: Member,
    /// 304s since the last whole document, and when that was.
    unmodified: u32,
    whole_at: Instant,
    /// The events of a change that has found no room on the doorstep yet.
    unreported: Option<Vec<(EventKind, String)>>,
    /// Why it is not polled at present.
    held: Option<String>,
    meter: Meter,
}

impl Task {
    fn new(context: Context, feed: Arc<Feed>, memory: FeedMemory, orders: watch::Receiver<Order>) -> Self {
        Self {
            course: Course::new(&context.options, &feed, memory.rhythm.clone()),
            orders,
            last: None,
            began: Timestamp::now(),
            state: memory.state.unwrap_or(FeedState::Waiting),
            errors: memory.consecutive_errors,
            last_error: memory.last_error.clone(),
            last_success: None,
            broken: 0,
            notes: memory.notes.clone(),
            member: context.client.join(&feed),
            unmodified: 0,
            whole_at: Instant::now(),
            unreported: None,
            held: None,
            meter: Meter::default(),
            context,
            feed,
            memory,
        }
    }

    async fn run(&mut self) -> Outcome {
        if self.state == FeedState::Gone {
            self.tell(PollOutcome::Failed, None, 0, Duration::ZERO);
            return Outcome::Gone(problem::issue(problem::GONE, "the server said 410 at an earlier poll"));
        }
        let first = if self.context.once { Duration::ZERO } else { self.course.first() };
        self.tell(PollOutcome::Waiting, Some(first), 0, Duration::ZERO);
        let mut pause = first;
        loop {
            if self.rest(pause).await == Rest::Left {
                return Outcome::Left;
            }
            self.wait_while_held().await;
            if self.orders.has_changed().unwrap_or(false) {
                pause = Duration::ZERO;
                continue;
            }
            let turn = self.wait_among_newcomers().await;
            if self.orders.has_changed().unwrap_or(false) {
                pause = Duration::ZERO;
                continue;
            }
            // On the heap, and only meanwhile: of ten thousand feeds nearly all are at rest.
            match Box::pin(self.take_turn(turn)).await {
                Ok(next) => pause = next,
                Err(outcome) => return outcome,
            }
        }
    }

    /// Polls and takes in what that brought: the time until the next poll, or the outcome of the task.
    async fn take_turn(&mut self, turn: Option<FirstTurn>) -> Result<Duration, Outcome> {
        let started = Instant::now();
        self.began = Timestamp::now();
        let mut poll = self.poll_patiently().await;
        let next = self.settle(&mut poll, started.elapsed()).await;
        if let Some(turn) = turn {
            turn.brought(poll.bytes);
        }
        self.tell(poll.outcome, next, poll.bytes, started.elapsed());
        self.ended(&poll).map_or(Ok(next.unwrap_or(self.course.schedule.interval())), Err)
    }

    /// Rests until the next poll is due, and hears orders.
    async fn rest(&mut self, pause: Duration) -> Rest {
        let mut due = Instant::now() + pause;
        loop {
            let order = tokio::select! {
                biased;
                changed = self.orders.changed() => match changed {
                    Ok(()) => self.orders.borrow_and_update().clone(),
                    // Nobody gives orders any more.
                    Err(_) => {
                        sleep_until(due).await;
                        return Rest::Over;
                    }
                },
                () = sleep_until(due) => return Rest::Over,
            };
            match order {
                Order::GoOn => {}
                Order::Leave => return Rest::Left,
                Order::Change(assignment) => {
                    due = self.adopt(assignment, due);
                    let pause = due.saturating_duration_since(Instant::now());
                    self.tell(PollOutcome::Waiting, Some(pause), 0, Duration::ZERO);
                }
            }
        }
    }

    /// Takes over a changed configuration; returns when the next poll is due under it.
    fn adopt(&mut self, assignment: Assignment, due: Instant) -> Instant {
        let Assignment { feed, means: Means { client, options } } = assignment;
        let schedule = Schedule::new(&options, &feed);
        let same_schedule = schedule == self.course.schedule;
        let moved = feed.url != self.feed.url;
        (self.course.schedule, self.feed, self.context.client, self.context.options) =
            (schedule, feed, client, options);
        self.member = self.context.client.join(&self.feed);
        // Many feeds may be told at once: those that are due under the new schedule spread out as after a start.
        let soon = Instant::now() + self.course.first();
        if moved {
            // Another address is another publisher's word: nothing that the old one said of itself holds.
            self.memory = FeedMemory { poll: self.memory.poll, ..FeedMemory::default() };
            (self.state, self.errors, self.last_error, self.last_success) = (FeedState::Waiting, 0, None, None);
            (self.broken, self.unmodified, self.unreported, self.last) = (0, 0, None, None);
            (self.notes, self.course.pace) = (FeedNotes::default(), Pace::default());
            return soon;
        }
        match self.last {
            _ if same_schedule => due,
            Some((ended, at)) => soon.max(at + self.course.schedule.next(self.memory.poll, ended)),
            None => soon,
        }
    }

    /// Waits until there is room for what this feed may bring; returns at a moment of its own.
    async fn wait_while_held(&mut self) {
        if self.context.once {
            return;
        }
        let mut held = self.context.held.clone();
        let mut was_held = false;
        loop {
            let why = held.borrow_and_update().why(&self.feed.id).map(str::to_owned);
            let Some(why) = why else {
                if !was_held {
                    return;
                }
                let pause = self.course.after_hold(self.memory.poll, self.last.map(|(ended, _)| ended));
                self.tell(PollOutcome::Waiting, Some(pause), 0, Duration::ZERO);
                sleep(pause).await;
                was_held = false;
                continue;
            };
            was_held = true;
            self.held = Some(why);
            self.tell(PollOutcome::Waiting, None, 0, Duration::ZERO);
            self.held = None;
            if held.changed().await.is_err() {
                return;
            }
        }
    }

    /// Of a feed that was never seen: waits until what it may bring keeps nobody's news waiting for long.
    async fn wait_among_newcomers(&mut self) -> Option<FirstTurn> {
        if self.context.once || self.memory.body.is_some() {
            return None;
        }
        let newcomers = self.context.newcomers.clone();
        let mut turn = Box::pin(newcomers.turn());
        if let Some(turn) = (&mut turn).now_or_never() {
            return Some(turn);
        }
        self.held = Some("feeds that were never seen wait for one another".to_owned());
        self.tell(PollOutcome::Waiting, None, 0, Duration::ZERO);
        self.held = None;
        Some(turn.await)
    }

    /// The outcome of the task, if this poll was its last.
    fn ended(&self, poll: &Poll) -> Option<Outcome> {
        let issue = || poll.issue.clone().unwrap_or_else(|| problem::issue(HELD, "no room on the doorstep"));
        if poll.gone {
            return Some(Outcome::Gone(issue()));
        }
        self.context.once.then(|| match poll.outcome {
            PollOutcome::Fetched | PollOutcome::NotModified => Outcome::Done,
            _ => Outcome::Failed(issue()),
        })
    }

    /// One poll; with `once`, a few, since there will be no next one.
    async fn poll_patiently(&mut self) -> Poll {
        let interval =
            self.last.map_or(self.course.schedule.interval(), |(ended, _)| self.course.schedule.between(ended));
        // A twin's answer is as good as one of our own while it is young.
        let mut poll = self.poll(interval * 3 / 4).await;
        if self.context.once {
            for pause in ONCE_PAUSES {
                let wait = pause.max(poll.retry_after.unwrap_or_default());
                if !poll.transient || wait > ONCE_PATIENCE {
                    break;
                }
                sleep(wait).await;
                poll = self.poll(Duration::ZERO).await;
            }
        }
        poll
    }
}
