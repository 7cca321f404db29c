//! The loop of one feed.

use super::{
    Assignment, Client, Context, Delivery, Document, FeedChange, FeedMemory, FeedProgress, FetchError, Means, Order,
    Outcome, PollEvent, PollOutcome, Receipt, Request, Response, Wants,
    problem::{self, HELD},
    redact,
    schedule::{Ended, Schedule},
};
use crate::model::{EventKind, Feed, FeedState, Issue, Validators};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{oneshot, watch},
    time::{Instant, sleep, sleep_until},
};

/// The whole document is asked for after this long at the latest, since some servers say "not modified" for ever …
const WHOLE_AFTER: Duration = Duration::from_secs(6 * 3600);
/// … or after so many 304s in a row, whichever comes first.
const WHOLE_AFTER_POLLS: u32 = 500;
/// So many documents in a row that break the parser put a feed into quarantine.
const BROKEN_BEFORE_QUARANTINE: u32 = 3;
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
pub async fn follow(context: Context, feed: Arc<Feed>, memory: FeedMemory, orders: watch::Receiver<Order>) -> Outcome {
    let cancel = context.cancel.clone();
    let mut task = Task::new(context, feed, memory, orders);
    tokio::select! {
        biased;
        () = cancel.cancelled() => Outcome::Cancelled,
        outcome = task.run() => outcome,
    }
}

/// How a rest between polls ended.
#[derive(PartialEq)]
enum Rest {
    Over,
    Left,
}

/// How one poll went.
struct Poll {
    outcome: PollOutcome,
    /// Why it failed.
    issue: Option<Issue>,
    /// What `Retry-After` says, or `ttl` and `max-age`.
    wish: Option<Duration>,
    /// Where every redirect on the way led for good, without secrets.
    moved_to: Option<String>,
    /// In which way the server's validators were found to be wrong.
    lie: Option<String>,
    /// 410.
    gone: bool,
    /// It may be better soon.
    transient: bool,
    bytes: u64,
}

struct Task {
    context: Context,
    feed: Arc<Feed>,
    orders: watch::Receiver<Order>,
    schedule: Schedule,
    /// How the last poll ended and when, for a schedule that changes before the next.
    last: Option<(Ended, Instant)>,
    memory: FeedMemory,
    /// As it stands; `memory` holds it as it was last reported.
    state: FeedState,
    errors: u32,
    last_error: Option<Issue>,
    last_success: Option<Timestamp>,
    broken: u32,
    /// 304s since the last whole document, and when that was.
    unmodified: u32,
    whole_at: Instant,
    /// The server has changed its document under unchanged validators: they are worth nothing.
    liar: bool,
    /// A change that has found no room on the doorstep yet.
    unreported: Option<FeedChange>,
    /// Why it is not polled at present.
    held: Option<String>,
}

impl Task {
    fn new(context: Context, feed: Arc<Feed>, memory: FeedMemory, orders: watch::Receiver<Order>) -> Self {
        Self {
            schedule: Schedule::new(&context.options, &feed),
            orders,
            last: None,
            state: memory.state.unwrap_or(FeedState::Waiting),
            errors: memory.consecutive_errors,
            last_error: memory.last_error.clone(),
            last_success: None,
            broken: 0,
            unmodified: 0,
            whole_at: Instant::now(),
            liar: false,
            unreported: None,
            held: None,
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
        let first = if self.context.once { Duration::ZERO } else { self.schedule.first() };
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
            let started = Instant::now();
            let poll = self.poll_patiently().await;
            let next = self.settle(&poll).await;
            self.tell(poll.outcome, next, poll.bytes, started.elapsed());
            if let Some(outcome) = self.ended(&poll) {
                return outcome;
            }
            pause = next.unwrap_or(self.schedule.interval());
        }
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
        let same_schedule = schedule == self.schedule;
        let moved = feed.url != self.feed.url;
        (self.schedule, self.feed, self.context.client, self.context.options) = (schedule, feed, client, options);
        // Many feeds may be told at once: those that are due under the new schedule spread out as after a start.
        let soon = Instant::now() + self.schedule.first();
        if moved {
            // Another address is another publisher's word: nothing that the old one said of itself holds.
            self.memory = FeedMemory { poll: self.memory.poll, ..FeedMemory::default() };
            (self.state, self.errors, self.last_error, self.last_success) = (FeedState::Waiting, 0, None, None);
            (self.broken, self.unmodified, self.liar, self.unreported, self.last) = (0, 0, false, None, None);
            return soon;
        }
        match self.last {
            _ if same_schedule => due,
            Some((ended, at)) => soon.max(at + self.schedule.next(self.memory.poll, ended)),
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
                let pause = self.schedule.after_hold(self.memory.poll);
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
        let mut poll = self.poll().await;
        if self.context.once {
            for pause in ONCE_PAUSES {
                let wait = pause.max(poll.wish.unwrap_or_default());
                if !poll.transient || wait > ONCE_PATIENCE {
                    break;
                }
                sleep(wait).await;
                poll = self.poll().await;
            }
        }
        poll
    }

    async fn poll(&mut self) -> Poll {
        self.memory.poll += 1;
        let none = Validators::default();
        let whole = self.liar || self.unmodified >= WHOLE_AFTER_POLLS || self.whole_at.elapsed() >= WHOLE_AFTER;
        let validators = if whole { &none } else { &self.memory.validators };
        let request = Request { feed: &self.feed, url: &self.feed.url, validators, wants: Wants::Feed };
        let client: Arc<Client> = Arc::clone(&self.context.client);
        match client.get(request).await {
            Ok(Response::Document(document)) => self.hand_on(*document).await,
            Ok(Response::NotModified { max_age }) => {
                self.unmodified += 1;
                let receipt = self.deliver(PollEvent::NotModified).await;
                Poll::of(receipt, PollOutcome::NotModified, max_age)
            }
            Err(error) => Poll::failed(error),
        }
    }

    async fn hand_on(&mut self, document: Document) -> Poll {
        let Document { fetched, cut, moved_to, max_age, wire_bytes } = document;
        let validators = fetched.validators();
        let receipt = self.deliver(PollEvent::Fetched(Box::new(fetched))).await;
        let mut lie = None;
        if let Receipt::Accepted { new_items, .. } = receipt {
            // Not known of a server that was found out already, nor of one that gives no validators.
            let same = validators == self.memory.validators && validators != Validators::default();
            if same && new_items > 0 && !self.liar {
                self.liar = true;
                lie = Some(format!("{new_items} items changed under the same validators; they are no longer used"));
            }
            self.memory.validators = validators;
            self.unmodified = 0;
            self.whole_at = Instant::now();
        }
        let mut poll = Poll::of(receipt, PollOutcome::Fetched, max_age);
        poll.lie = lie;
        poll.moved_to = moved_to.as_deref().map(redact);
        poll.bytes = wire_bytes;
        poll.issue = poll.issue.or(cut);
        poll
    }

    /// Hands something on and waits until it is durable.
    async fn deliver(&self, event: PollEvent) -> Receipt {
        let (reply, answer) = oneshot::channel();
        let delivery = Delivery { feed: Arc::clone(&self.feed), poll: self.memory.poll, event, reply };
        if self.context.out.send(delivery).await.is_err() {
            return Receipt::Held;
        }
        answer.await.unwrap_or(Receipt::Held)
    }

    /// Draws the conclusions from a poll: state, what to report, when to poll next.
    async fn settle(&mut self, poll: &Poll) -> Option<Duration> {
        let before = self.state;
        let mut events = Vec::new();
        let ended = match poll.outcome {
            PollOutcome::Fetched | PollOutcome::NotModified => {
                if matches!(before, FeedState::BackingOff | FeedState::Quarantined) {
                    events.push((EventKind::Recovered, format!("well again after {} failures", self.errors)));
                }
                (self.state, self.errors, self.broken) = (FeedState::Active, 0, 0);
                // A document that was cut was accepted as far as it came, but the operator should see it.
                self.last_error.clone_from(&poll.issue);
                self.last_success = Some(Timestamp::now());
                Ended::Well { wish: poll.wish }
            }
            // Our own lack of room is no failure of the feed.
            PollOutcome::Held | PollOutcome::Waiting => Ended::Well { wish: None },
            PollOutcome::Failed | PollOutcome::Unreadable | PollOutcome::Broken => {
                self.errors = self.errors.saturating_add(1);
                self.last_error.clone_from(&poll.issue);
                self.broken = if poll.outcome == PollOutcome::Broken { self.broken + 1 } else { 0 };
                self.state = match before {
                    _ if poll.gone => FeedState::Gone,
                    _ if self.broken >= BROKEN_BEFORE_QUARANTINE => FeedState::Quarantined,
                    FeedState::Quarantined => FeedState::Quarantined,
                    _ => FeedState::BackingOff,
                };
                if poll.gone {
                    events.push((EventKind::Gone, poll.detail()));
                }
                match self.state {
                    FeedState::Quarantined => Ended::Quarantined,
                    _ => Ended::Badly { errors: self.errors, retry_after: poll.wish },
                }
            }
        };
        let moved = poll.outcome == PollOutcome::Fetched && poll.moved_to != self.memory.moved_to;
        if moved {
            events.extend(poll.moved_to.iter().map(|to| (EventKind::Moved, format!("moved for good to {to}"))));
            self.memory.moved_to.clone_from(&poll.moved_to);
        }
        events.extend(poll.lie.iter().map(|lie| (EventKind::ValidatorsLie, lie.clone())));
        let code = |issue: &Option<Issue>| issue.as_ref().map(|issue| issue.code.clone());
        let news = self.memory.state != Some(self.state) || code(&self.last_error) != code(&self.memory.last_error);
        if moved || news || !events.is_empty() || self.unreported.is_some() {
            self.report(ended, events).await;
        }
        self.last = Some((ended, Instant::now()));
        let last = poll.gone || self.context.once;
        (!last).then(|| self.schedule.next(self.memory.poll, ended))
    }

    /// Reports the state as it is now, with events that have not been reported yet; keeps them if there is no room.
    async fn report(&mut self, ended: Ended, events: Vec<(EventKind, String)>) {
        if self.state == FeedState::Waiting {
            return;
        }
        let mut all = self.unreported.take().map(|change| change.events).unwrap_or_default();
        all.extend(events);
        let change = FeedChange {
            state: self.state,
            interval: self.schedule.between(ended),
            consecutive_errors: self.errors,
            last_error: self.last_error.clone(),
            moved_to: self.memory.moved_to.clone(),
            events: all,
            at: Timestamp::now(),
        };
        match self.deliver(PollEvent::State(Box::new(change.clone()))).await {
            Receipt::Accepted { .. } => {
                self.memory.state = Some(self.state);
                self.memory.last_error.clone_from(&self.last_error);
            }
            _ => self.unreported = Some(change),
        }
    }

    /// Tells the metrics, the log and whoever watches.
    fn tell(&self, outcome: PollOutcome, pause: Option<Duration>, bytes: u64, took: Duration) {
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
        super::measure::poll(&progress);
        (self.context.watch)(progress);
    }
}

impl Poll {
    fn of(receipt: Receipt, well: PollOutcome, max_age: Option<Duration>) -> Self {
        let poll = |outcome, issue| Self {
            outcome,
            issue,
            wish: None,
            moved_to: None,
            lie: None,
            gone: false,
            transient: false,
            bytes: 0,
        };
        match receipt {
            Receipt::Accepted { ttl_minutes, .. } => {
                let ttl = ttl_minutes.map(|minutes| Duration::from_secs(u64::from(minutes) * 60));
                Self { wish: ttl.max(max_age), ..poll(well, None) }
            }
            Receipt::Unreadable(issue) => poll(PollOutcome::Unreadable, Some(issue)),
            Receipt::Broken(issue) => poll(PollOutcome::Broken, Some(issue)),
            // Room may come soon.
            Receipt::Held => Self { transient: true, ..poll(PollOutcome::Held, None) },
        }
    }

    fn failed(error: FetchError) -> Self {
        let gone = matches!(error, FetchError::Gone(_));
        let transient = matches!(error, FetchError::Retry { .. });
        let wish = if let FetchError::Retry { after, .. } = &error { *after } else { None };
        Self {
            outcome: PollOutcome::Failed,
            issue: Some(error.into_issue()),
            wish,
            moved_to: None,
            lie: None,
            gone,
            transient,
            bytes: 0,
        }
    }

    fn detail(&self) -> String {
        self.issue.as_ref().map(|issue| issue.detail.clone()).unwrap_or_default()
    }
}
