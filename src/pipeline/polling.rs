//! The running feeds: one task each, and the word by which each hears of changes.
//!
//! Comes in: the feeds as they are configured. Goes out: which of them failed, with `once`. Always holds: a feed has one
//! task at most, and what a task was told last is what is configured; a feed that did not change is not told anything,
//! so it keeps its schedule and is not polled for it.

use super::{RunError, feeds::Front};
use crate::{
    fetch::{self, Assignment, Means, Order, Outcome},
    model::{Feed, FeedId},
};
use futures::FutureExt as _;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};
use tokio::{
    sync::watch,
    task::{JoinError, JoinSet},
};

pub(super) struct Polling {
    front: Front,
    /// Every task has a clone; the front reads until the last of them, and this one, are gone.
    context: fetch::Context,
    running: HashMap<FeedId, Running>,
    /// Feeds of which a hub tells: they are polled less often meanwhile.
    told: BTreeSet<FeedId>,
    tasks: JoinSet<(FeedId, Outcome)>,
    failed: Vec<(FeedId, String)>,
}

struct Running {
    /// As it is configured; its task has the same.
    feed: Arc<Feed>,
    orders: watch::Sender<Order>,
    /// False once its server said that it is gone.
    at_work: bool,
    /// Told to leave.
    leaving: bool,
}

/// How many feeds a change concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Changes {
    pub(super) added: usize,
    pub(super) removed: usize,
    pub(super) changed: usize,
}

impl Polling {
    pub(super) fn new(front: Front, context: fetch::Context) -> Self {
        Self {
            front,
            context,
            running: HashMap::new(),
            told: BTreeSet::new(),
            tasks: JoinSet::new(),
            failed: Vec::new(),
        }
    }

    /// Begins to poll a feed, with what is known of it.
    pub(super) async fn begin(&mut self, feed: &Feed) -> Result<(), RunError> {
        let memory = self.front.memory(feed).await?;
        let orders = watch::Sender::new(Order::GoOn);
        let (context, heard) = (self.context.clone(), orders.subscribe());
        let (id, feed) = (feed.id.clone(), self.front.feeds.shared(feed));
        // An async block around it would hold it twice, ten thousand times.
        let task = fetch::follow(context, self.as_polled(&feed), memory, heard);
        self.tasks.spawn(task.map(|outcome| (id, outcome)));
        let running = Running { feed: Arc::clone(&feed), orders, at_work: true, leaving: false };
        self.running.insert(feed.id.clone(), running);
        Ok(())
    }

    /// Hubs tell of these feeds from now on, and of no others.
    pub(super) fn told<'a>(&mut self, feeds: impl Iterator<Item = &'a FeedId>) {
        let before = std::mem::replace(&mut self.told, feeds.cloned().collect());
        for id in before.symmetric_difference(&self.told) {
            self.tell(id);
        }
    }

    /// The feed as its task is to take it: one of which a hub tells is polled less often.
    fn as_polled(&self, feed: &Arc<Feed>) -> Arc<Feed> {
        let mut feed = Arc::clone(feed);
        if self.told.contains(&feed.id) {
            let options = &self.context.options;
            let usual = feed.interval.unwrap_or(options.default_interval);
            Arc::make_mut(&mut feed).interval = Some(usual.max(options.websub.poll_interval));
        }
        feed
    }

    /// Makes these the feeds that are polled, with these means.
    pub(super) async fn follow(&mut self, feeds: &[Feed], means: &Means) -> Result<Changes, RunError> {
        let other_means = self.context.options != means.options;
        (self.context.client, self.context.options) = (Arc::clone(&means.client), Arc::clone(&means.options));
        let mut changes = Changes::default();
        let mut told = Vec::new();
        let configured: HashSet<&FeedId> = feeds.iter().filter(|feed| feed.enabled).map(|feed| &feed.id).collect();
        self.running.retain(|id, running| {
            if configured.contains(id) {
                return true;
            }
            changes.removed += usize::from(!running.leaving);
            running.leaving = true;
            running.orders.send_replace(Order::Leave);
            running.at_work
        });
        for feed in feeds.iter().filter(|feed| feed.enabled) {
            let Some(running) = self.running.get_mut(&feed.id) else {
                changes.added += 1;
                self.begin(feed).await?;
                continue;
            };
            let (returns, moved) = (running.leaving, running.feed.url != feed.url);
            if *running.feed == *feed && !other_means && !returns {
                continue;
            }
            changes.added += usize::from(returns);
            changes.changed += usize::from(!returns && *running.feed != *feed);
            running.leaving = false;
            running.feed = self.front.feeds.shared(feed);
            if running.at_work {
                told.push(feed.id.clone());
            } else if moved {
                self.begin(feed).await?;
            }
        }
        for id in told {
            self.tell(&id);
        }
        Ok(changes)
    }

    /// Tells the task of a feed how it is configured now.
    fn tell(&self, id: &FeedId) {
        let Some(running) = self.running.get(id).filter(|running| running.at_work && !running.leaving) else { return };
        let means = Means { client: Arc::clone(&self.context.client), options: Arc::clone(&self.context.options) };
        let assignment = Assignment { feed: self.as_polled(&running.feed), means };
        running.orders.send_replace(Order::Change(assignment));
    }

    /// The next task that ends; none when there are no more.
    pub(super) async fn next_ended(&mut self) -> Option<Result<(FeedId, Outcome), JoinError>> {
        self.tasks.join_next().await
    }

    /// A task has ended.
    pub(super) async fn ended(&mut self, ended: Result<(FeedId, Outcome), JoinError>) -> Result<(), RunError> {
        let (id, outcome) = ended.map_err(|failure| RunError::lost("a feed's task", &failure))?;
        let Some(running) = self.running.get_mut(&id) else { return Ok(()) };
        running.at_work = false;
        match outcome {
            Outcome::Failed(issue) | Outcome::Gone(issue) if self.context.once => {
                self.failed.push((id, format!("{}: {}", issue.code, issue.detail)));
            }
            _ if running.leaving => drop(self.running.remove(&id)),
            // It was configured again after it had heard that it should leave.
            Outcome::Left => {
                let feed = Arc::clone(&running.feed);
                self.begin(&feed).await?;
            }
            _ => {}
        }
        Ok(())
    }

    pub(super) fn is_idle(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The feeds that failed.
    pub(super) fn into_failed(self) -> Vec<(FeedId, String)> {
        self.failed
    }
}
