//! Pages: what items wait for, and what is looked at again, goes to the page worker; what comes back is laid on the
//! doorstep.

use super::{RunError, roster::Roster, steps::Brought};
use crate::{
    fetch::{PageDelivery, PageWanted},
    intake::{Intake, IntakeError, PageArrived, PageDue},
    model::{Issue, ItemId, Stage},
};
use jiff::Timestamp;
use std::{collections::HashSet, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::Instant,
};
use tokio_util::sync::CancellationToken;

/// Pages asked for at a time; the channels to and from the worker hold as many, so that neither side can block.
pub(super) const PAGES_IN_FLIGHT: usize = 64;

/// How often the intake is asked what is due, while something was …
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// … and while nothing was. An item that begins to wait for its page says so by itself; pages are looked at again after
/// minutes.
const IDLE_INTERVAL: Duration = Duration::from_secs(5);

/// How often a full doorstep is tried again.
const HELD_PAUSE: Duration = Duration::from_millis(500);

pub(super) struct Pages {
    pub(super) intake: Intake,
    pub(super) feeds: Roster,
    pub(super) wanted: mpsc::Sender<PageWanted>,
    pub(super) arrived: mpsc::Receiver<PageDelivery>,
    /// With `--once`: becomes true when every feed has been polled. Then every watched page is looked at, whenever it
    /// is due, and when nothing waits any more the work is done. None without `--once`.
    pub(super) finishing: Option<watch::Receiver<bool>>,
    pub(super) cancel: CancellationToken,
}

/// When it is time to look, or at once when an item begins to wait.
async fn woken(look: Instant, waits: &mut watch::Receiver<u64>) {
    tokio::select! {
        () = tokio::time::sleep_until(look) => {}
        Ok(()) = waits.changed() => {}
    }
}

impl Pages {
    pub(super) async fn run(mut self) -> Result<(), RunError> {
        let mut in_flight: HashSet<ItemId> = HashSet::new();
        let mut looked_at: HashSet<ItemId> = HashSet::new();
        let mut waits = self.intake.waits();
        let mut look = Instant::now();
        loop {
            tokio::select! {
                biased;
                () = self.cancel.cancelled() => return Ok(()),
                Some(delivery) = self.arrived.recv() => {
                    in_flight.remove(&delivery.item);
                    self.keep(delivery).await?;
                }
                () = woken(look, &mut waits) => {
                    let finishing = self.finishing.as_ref().is_some_and(|finishing| *finishing.borrow());
                    let room = PAGES_IN_FLIGHT - in_flight.len();
                    let all_but = finishing.then(|| looked_at.clone());
                    let due = self.intake.pages_due(Timestamp::now(), in_flight.clone(), all_but, room).await?;
                    if finishing && due.is_empty() && in_flight.is_empty() {
                        return Ok(());
                    }
                    let idle = due.is_empty() && in_flight.is_empty() && self.finishing.is_none();
                    look = Instant::now() + if idle { IDLE_INTERVAL } else { LOOK_INTERVAL };
                    for page in due {
                        if self.finishing.is_some() {
                            looked_at.insert(page.item.clone());
                        }
                        self.ask(page, &mut in_flight).await?;
                    }
                }
            }
        }
    }

    async fn ask(&self, page: PageDue, in_flight: &mut HashSet<ItemId>) -> Result<(), RunError> {
        let PageDue { feed, item, url, validators, waits } = page;
        let configured = self.feeds.known(&feed).filter(|feed| feed.full_text && feed.enabled);
        let Some(feed) = configured else {
            // The operator has taken the feed out: nobody fetches its pages, and nothing waits for ever.
            let why = Issue::new(Stage::Fetch, "page_not_wanted", "the feed is no longer configured to have pages");
            return self.settle(&feed, &item, PageArrived::Missing(why)).await.map(drop);
        };
        let wanted = PageWanted { feed, item: item.clone(), url, validators };
        if self.wanted.try_send(wanted).is_ok() {
            in_flight.insert(item);
        } else if waits && self.wanted.is_closed() && !self.cancel.is_cancelled() {
            // Told to stop, the worker may be the first to end.
            return Err(RunError { exit: 70, message: "the page worker has ended".to_owned() });
        }
        Ok(())
    }

    async fn keep(&self, delivery: PageDelivery) -> Result<(), RunError> {
        let PageDelivery { feed, item, began, result, reply } = delivery;
        let arrived = match result {
            Ok(Some((page, validators))) => PageArrived::Page(Box::new(page), validators),
            Ok(None) => PageArrived::NotModified,
            Err(issue) => {
                tracing::info!(item = %item, code = issue.code, detail = issue.detail, "a page cannot be had");
                PageArrived::Missing(issue)
            }
        };
        let brought = Brought::page(&feed, &item, began, &arrived);
        if let Some(frames) = self.settle(&feed.id, &item, arrived).await? {
            brought.tell(self.intake.id(), frames);
        }
        let reply: oneshot::Sender<()> = reply;
        reply.send(()).ok();
        Ok(())
    }

    /// Records what came of a page; waits while the doorstep is full. Returns the first and the last frame of it.
    async fn settle(
        &self,
        feed: &crate::model::FeedId,
        item: &ItemId,
        arrived: PageArrived,
    ) -> Result<Option<(u64, u64)>, RunError> {
        loop {
            let recorded = self.intake.page_arrived(feed.clone(), item.clone(), arrived.clone(), Timestamp::now());
            match recorded.await {
                Ok((_, frames)) => return Ok(frames),
                Err(error) if error.holds() => {
                    tokio::select! {
                        () = self.cancel.cancelled() => return Ok(None),
                        () = tokio::time::sleep(HELD_PAUSE) => {}
                    }
                }
                Err(IntakeError::Store(error)) => return Err(error.into()),
                Err(error) => return Err(RunError { exit: 74, message: error.to_string() }),
            }
        }
    }
}
