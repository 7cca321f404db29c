//! The front of the house: what the feeds' tasks deliver is read and laid on the doorstep, and only then receipted.

use super::{
    RunError,
    board::Board,
    enrich,
    hold::Hold,
    roster::Roster,
    steps::{Brought, Going},
};
use crate::{
    faults,
    fetch::{
        Delivery, FeedChange, FeedMemory, PollEvent, Receipt,
        websub::{self, WebSub},
    },
    intake::{Appended, Intake, IntakeError, Poll},
    metrics,
    model::{DeadLetter, Feed, FeedNotes, Fetched, Hash, Issue, Item, Stage},
    parse::{self, ParseError, Parsed},
    store::{Damage, StoreError},
};
use futures::FutureExt as _;
use jiff::Timestamp;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

/// Nesting is bounded before the feed parser sees it; this leaves it room all the same.
const PARSER_STACK: usize = 8 << 20;

/// A document that takes longer is given up.
const PARSER_TIME: Duration = Duration::from_secs(30);

/// Documents that are read at a time: parsing takes several times their size in memory.
const PARSERS: usize = 4;

/// Bytes of documents that are being read or laid on the doorstep: a document takes some nine times its size meanwhile,
/// so one that is larger has this to itself.
const PARSING_BYTES: usize = 4 << 20;

/// Deliveries that are handled at a time; the feeds of the others wait, and a crowd that starts at once takes no more.
const AT_A_TIME: usize = 512;

/// How much of a document that is no feed goes to the dead letters.
const LETTER_BYTES: usize = 64 << 10;

/// What it takes to handle deliveries.
#[derive(Clone)]
pub(super) struct Front {
    pub(super) intake: Intake,
    pub(super) feeds: Roster,
    pub(super) board: Board,
    hold: Hold,
    damage: watch::Sender<Option<Damage>>,
    parsers: Arc<Semaphore>,
    parsing_bytes: Arc<Semaphore>,
    /// Hears what polls bring, where hubs are asked to push.
    pub(super) websub: Option<WebSub>,
}

impl Front {
    pub(super) fn new(
        intake: Intake,
        feeds: Roster,
        board: Board,
        hold: Hold,
        damage: watch::Sender<Option<Damage>>,
    ) -> Self {
        Self {
            intake,
            feeds,
            board,
            hold,
            damage,
            parsers: Arc::new(Semaphore::new(PARSERS)),
            parsing_bytes: Arc::new(Semaphore::new(PARSING_BYTES)),
            websub: None,
        }
    }

    /// What the intake knows of a feed, as its task wants it.
    pub(super) async fn memory(&self, feed: &Feed) -> Result<FeedMemory, RunError> {
        let facts = self.intake.feed(feed).await?;
        if let Some(title) = &facts.known.title {
            self.feeds.title(&feed.id, title);
            self.board.feed(&feed.id, |row| {
                row.title.get_or_insert_with(|| title.clone());
            });
        }
        Ok(FeedMemory {
            validators: facts.validators,
            poll: facts.poll,
            state: facts.known.state,
            consecutive_errors: facts.known.consecutive_errors,
            last_error: facts.known.last_error,
            moved_to: facts.known.moved_to,
            body: facts.known.body,
            rhythm: facts.known.rhythm,
            notes: facts.known.notes,
        })
    }

    /// Handles deliveries until there are no more senders; each feed has one on its way at most.
    pub(super) async fn run(self, mut deliveries: mpsc::Receiver<Delivery>) -> Result<(), RunError> {
        let mut work = tokio::task::JoinSet::new();
        let mut queued = usize::MAX;
        loop {
            tokio::select! {
                delivery = deliveries.recv(), if work.len() < AT_A_TIME => {
                    let Some(delivery) = delivery else { break };
                    if deliveries.len() != queued {
                        queued = deliveries.len();
                        metrics::queued(Stage::Parse, queued as u64);
                    }
                    let front = self.clone();
                    let mut handling = Box::pin(async move { front.handle(delivery).await });
                    // Most polls bring nothing, and there is nothing to wait for.
                    match handling.as_mut().now_or_never() {
                        Some(done) => done?,
                        None => drop(work.spawn(handling)),
                    }
                }
                Some(done) = work.join_next() => done.map_err(|failure| RunError::lost("a feed's delivery", &failure))??,
            }
        }
        while let Some(done) = work.join_next().await {
            done.map_err(|failure| RunError::lost("a feed's delivery", &failure))??;
        }
        Ok(())
    }

    async fn handle(&self, delivery: Delivery) -> Result<(), RunError> {
        let Delivery { feed, poll, began, event, reply } = delivery;
        let result = match event {
            PollEvent::Fetched(fetched) => self.document(&feed, poll, began, *fetched).await,
            PollEvent::NotModified => self.not_modified(&feed, poll).await,
            PollEvent::Pushed(fetched) => self.pushed(&feed, began, *fetched).await,
            PollEvent::State(change) => self.report(&feed, poll, *change).await,
            PollEvent::Remember(notes) => self.remember(&feed, poll, *notes).await,
        };
        let receipt = match result {
            Ok(receipt) => receipt,
            Err(error) if error.holds() => {
                tracing::warn!(feed = %feed.id, %error, "the feed is held; nothing is lost");
                self.board.feed(&feed.id, |row| row.held_why = Some(error.to_string()));
                if matches!(error, IntakeError::Store(_)) {
                    self.hold.disk_is_full(&error.to_string());
                }
                Receipt::Held
            }
            // A row of the image: whoever publishes knows whether it can be had from elsewhere. The feed comes again.
            Err(IntakeError::Store(StoreError::Corrupt(damage @ Damage::StateRow { .. }))) => {
                self.damage.send_replace(Some(damage));
                Receipt::Held
            }
            Err(IntakeError::Store(error)) => return Err(error.into()),
            Err(error) => return Err(RunError { exit: 74, message: error.to_string() }),
        };
        // The task may have been told to stop meanwhile; what is durable stays so.
        reply.send(receipt).ok();
        Ok(())
    }

    async fn document(
        &self,
        feed: &Arc<Feed>,
        poll: u64,
        began: Timestamp,
        fetched: Fetched,
    ) -> Result<Receipt, IntakeError> {
        if self.intake.is_full() {
            return Ok(Receipt::Held);
        }
        let (validators, at, url) = (fetched.validators(), fetched.at, fetched.url.clone());
        let (body, brought) = (fetched.body.clone(), Brought::poll(feed, began, &fetched));
        let offer = self.websub.as_ref().and_then(|_| websub::offer(&fetched));
        let share = Arc::new(self.parsing_share(body.len()).await);
        self.board.count(Stage::Parse, |parse| parse.received += 1);
        let parsing = Going::begin();
        let parsed = match self.parse(Arc::clone(feed), fetched, Arc::clone(&share)).await {
            Ok(Ok(parsed)) => parsed,
            Ok(Err(ParseError(issue))) => {
                self.board.count(Stage::Parse, |parse| parse.errors += 1);
                let letter = letter(feed, url, &issue, &body);
                self.intake.unreadable(feed, poll, at, letter).await?;
                return Ok(Receipt::Unreadable(issue));
            }
            Err(issue) => {
                self.board.count(Stage::Parse, |parse| parse.errors += 1);
                tracing::error!(feed = %feed.id, detail = issue.detail, "a document broke the parser");
                let letter = letter(feed, url, &issue, &body);
                self.intake.unreadable(feed, poll, at, letter).await?;
                return Ok(Receipt::Broken(issue));
            }
        };
        let parsing = parsing.over(Stage::Parse);
        let Parsed { mut head, mut items, deleted, issues } = parsed;
        head.rhythm.ttl_minutes = head.ttl_minutes;
        for issue in &issues {
            tracing::info!(feed = %feed.id, code = issue.code, detail = issue.detail, "the document has a problem");
        }
        if let Some(title) = &head.title {
            self.feeds.title(&feed.id, title);
        }
        let (total_items, rhythm, title) = (items.len(), Some(head.rhythm.clone()), head.title.clone());
        items.extend(deleted);
        let body = Hash::of_bytes(&body);
        let document = Poll { feed: feed.as_ref().clone(), poll, at, validators, body, head, items };
        document.items.iter().for_each(|item| self.offer(feed, item));
        let appended = self.intake.append(document).await?;
        drop(share);
        if let Some(frames) = appended.frames {
            brought.parsed(parsing, appended.new_items).tell(self.intake.id(), frames);
        }
        self.count(total_items, &appended);
        self.board.feed(&feed.id, |row| {
            row.items = total_items as u64;
            row.observed += appended.new_items as u64;
            row.title = row.title.take().or(title);
        });
        if let Some(websub) = &self.websub {
            websub.polled(feed, url, offer, appended.new_items).await;
        }
        tracing::debug!(feed = %feed.id, items = total_items, new = appended.new_items, "a document is on the doorstep");
        Ok(Receipt::Accepted { new_items: appended.new_items, total_items, rhythm })
    }

    /// A hub pushed a document, signed with our secret. What cannot be read is no verdict on the feed, which is asked
    /// itself before long.
    async fn pushed(&self, feed: &Arc<Feed>, began: Timestamp, fetched: Fetched) -> Result<Receipt, IntakeError> {
        if self.intake.is_full() {
            return Ok(Receipt::Held);
        }
        let (at, brought) = (fetched.at, Brought::push(feed, began, &fetched));
        let share = Arc::new(self.parsing_share(fetched.body.len()).await);
        self.board.count(Stage::Parse, |parse| parse.received += 1);
        let parsing = Going::begin();
        let mut parsed = match self.parse(Arc::clone(feed), fetched, Arc::clone(&share)).await {
            Ok(Ok(parsed)) => parsed,
            Ok(Err(ParseError(issue))) | Err(issue) => {
                self.board.count(Stage::Parse, |parse| parse.errors += 1);
                return Ok(Receipt::Unreadable(issue));
            }
        };
        let (parsing, total_items) = (parsing.over(Stage::Parse), parsed.items.len());
        parsed.items.append(&mut parsed.deleted);
        parsed.items.iter().for_each(|item| self.offer(feed, item));
        let Some(appended) = self.intake.append_pushed(feed.as_ref().clone(), at, parsed.items).await? else {
            return Ok(Receipt::Held);
        };
        drop(share);
        if let Some(frames) = appended.frames {
            brought.parsed(parsing, appended.new_items).tell(self.intake.id(), frames);
        }
        self.count(total_items, &appended);
        self.board.feed(&feed.id, |row| row.observed += appended.new_items as u64);
        tracing::debug!(feed = %feed.id, items = total_items, new = appended.new_items, "a push is on the doorstep");
        Ok(Receipt::Accepted { new_items: appended.new_items, total_items, rhythm: None })
    }

    /// Counts what became of a document's items.
    fn count(&self, total_items: usize, appended: &Appended) {
        self.board.count(Stage::Parse, |parse| parse.sent += total_items as u64);
        metrics::received(Stage::Parse, 1);
        metrics::sent(Stage::Parse, total_items as u64);
        metrics::received(Stage::Intake, total_items as u64);
        metrics::sent(Stage::Intake, appended.new_items as u64);
        metrics::discarded(Stage::Intake, "unchanged", appended.unchanged as u64);
        self.board.count(Stage::Intake, |intake| {
            intake.received += total_items as u64;
            intake.sent += appended.new_items as u64;
            intake.discarded += (total_items - appended.new_items.min(total_items)) as u64;
        });
    }

    /// Waits for a share of the bytes that may be in parsing. It is held until what was read is durable.
    async fn parsing_share(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        let bytes = u32::try_from(bytes.clamp(1, PARSING_BYTES)).unwrap_or(u32::MAX);
        Arc::clone(&self.parsing_bytes).acquire_many_owned(bytes).await.ok()
    }

    async fn parse(
        &self,
        feed: Arc<Feed>,
        fetched: Fetched,
        share: Arc<Option<OwnedSemaphorePermit>>,
    ) -> Result<Result<Parsed, ParseError>, Issue> {
        let _turn = self.parsers.acquire().await;
        parse_apart(feed, fetched, share).await
    }

    /// What a document holds, for those who watch.
    fn offer(&self, feed: &Feed, item: &Item) {
        let value = || serde_json::to_value(item).unwrap_or_default();
        self.board.tap.offer(Stage::Parse, &feed.id, Some(&item.id), value);
    }

    async fn not_modified(&self, feed: &Feed, poll: u64) -> Result<Receipt, IntakeError> {
        let new_items = self.intake.not_modified(feed, poll, jiff::Timestamp::now()).await?;
        Ok(Receipt::Accepted { new_items, total_items: 0, rhythm: None })
    }

    async fn remember(&self, feed: &Feed, poll: u64, notes: FeedNotes) -> Result<Receipt, IntakeError> {
        self.intake.remember(feed, poll, notes).await?;
        Ok(Receipt::Accepted { new_items: 0, total_items: 0, rhythm: None })
    }

    async fn report(&self, feed: &Feed, poll: u64, change: FeedChange) -> Result<Receipt, IntakeError> {
        let title = feed.title.clone().or_else(|| self.feeds.get(&feed.id).title.clone());
        self.board.feed(&feed.id, |row| row.interval_seconds = change.interval.as_secs_f64());
        let (status, events) = (change.status_record(feed, title), change.event_records(feed));
        self.intake.report(feed, poll, status, events, change.notes).await?;
        Ok(Receipt::Accepted { new_items: 0, total_items: 0, rhythm: None })
    }
}

/// Reads a document on a thread with a stack of its own; the issue says how it broke the parser. `held` is let go when
/// the thread has done, also of a document that was given up: its thread goes on for a while.
pub(super) async fn parse_apart(
    feed: Arc<Feed>,
    fetched: Fetched,
    held: impl Send + 'static,
) -> Result<Result<Parsed, ParseError>, Issue> {
    let broken = |code: &str, detail: String| Issue::new(Stage::Parse, code, detail);
    let (answer, result) = oneshot::channel();
    let work = move || {
        let parsed = catch_unwind(AssertUnwindSafe(|| {
            faults::point("parse");
            parse::feed(&feed, &fetched)
        }));
        drop(held);
        answer.send(parsed.map_err(|panic| enrich::words(panic.as_ref()))).ok();
    };
    std::thread::Builder::new()
        .name("parse".to_owned())
        .stack_size(PARSER_STACK)
        .spawn(work)
        .map_err(|error| broken("parser_failed", format!("no thread to parse on: {error}")))?;
    match tokio::time::timeout(PARSER_TIME, result).await {
        Ok(Ok(Ok(parsed))) => Ok(parsed),
        Ok(Ok(Err(words))) => Err(broken("parser_failed", words)),
        Ok(Err(_)) => Err(broken("parser_failed", "the parser's thread ended without an answer".to_owned())),
        Err(_) => Err(broken("parser_timeout", format!("not read within {} s", PARSER_TIME.as_secs()))),
    }
}

fn letter(feed: &Feed, url: String, issue: &Issue, body: &[u8]) -> DeadLetter {
    DeadLetter {
        key: feed.id.0.clone(),
        feed: feed.id.clone(),
        url: Some(url),
        stage: issue.stage,
        code: issue.code.clone(),
        detail: issue.detail.clone(),
        bytes: body.iter().take(LETTER_BYTES).copied().collect(),
        total_bytes: body.len() as u64,
    }
}
