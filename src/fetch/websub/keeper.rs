//! The one task that owns all subscriptions: it asks hubs, hears what they answer, and forgets what is over.
//!
//! Everybody else speaks to it by [`Call`]s. What it decides it writes down; a row may lag behind by a moment, and then
//! the hub is asked once more after a restart, which changes nothing for it.

use super::{
    Offer, Options, Push, Standing, Standings, book,
    kept::{Kept, rest_end},
    signature::{self, Secret},
    subscription::{Mode, SILENT_POLLS, Subscription},
};
use crate::{
    fetch::{FetchError, Means, redact},
    metrics,
    model::{Feed, FeedId},
    store::{Store, StoreError},
};
use jiff::Timestamp;
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::{Instant, sleep_until},
};

/// A hub has so long to verify what it accepted …
const VERIFIED_WITHIN: Duration = Duration::from_secs(600);
/// … and one under `allow` so long.
const VERIFIED_WITHIN_OWN: Duration = Duration::from_secs(3);
/// Hubs are asked so many at a time; the client's limits per host hold besides.
const ASKED_AT_A_TIME: usize = 16;
/// While as many are under way, the next is looked at after this.
const TURN: Duration = Duration::from_millis(250);
/// A feed that names another hub or topic is followed no more often than this.
const CHANGE_LEAST: Duration = Duration::from_secs(600);
/// A hub is told so often that it is over; then its lease runs out by itself.
const FAREWELLS: u32 = 3;
/// How subscriptions stand is shown no more often: there may be thousands.
const SHOWN_EVERY: Duration = Duration::from_millis(200);
/// No lease is believed to be longer.
const LONGEST_LEASE: u64 = 365 * 24 * 3600;

/// What the keeper is told or asked.
pub(super) enum Call {
    /// These feeds are configured.
    Follow(Vec<Arc<Feed>>),
    /// A poll brought a document.
    Polled { feed: Arc<Feed>, base: String, offer: Option<Offer>, new_items: usize },
    /// A hub asks whether we want this; whether to answer with its challenge.
    Verify { path: String, mode: Mode, topic: String, lease: Option<u64>, reply: oneshot::Sender<bool> },
    /// A hub denies it.
    Denied { path: String, topic: String, reason: String },
    /// Something is pushed to this address; none where nothing is wanted.
    Find { path: String, reply: oneshot::Sender<Option<Target>> },
    /// It was accepted.
    Pushed { path: String },
}

/// Whom a push is for.
pub(super) struct Target {
    pub(super) feed: Arc<Feed>,
    pub(super) base: String,
    pub(super) secret: Secret,
}

/// What came of a request to a hub.
struct Asked {
    path: String,
    mode: Mode,
    result: Result<(), FetchError>,
}

pub(super) struct Keeper {
    options: Options,
    callback: String,
    store: Store,
    means: watch::Receiver<Means>,
    calls: mpsc::Receiver<Call>,
    standings: watch::Sender<Standings>,
    /// As configured; none before they were named.
    feeds: Option<HashMap<FeedId, Arc<Feed>>>,
    kept: HashMap<String, Kept>,
    asking: JoinSet<Asked>,
    /// When it is shown next how they stand; none while that is as shown.
    show_at: Option<Instant>,
    shown_at: Instant,
}

impl Keeper {
    /// Takes up the subscriptions of the last run.
    pub(super) async fn load(
        options: Options,
        store: Store,
        means: watch::Receiver<Means>,
        calls: mpsc::Receiver<Call>,
        standings: watch::Sender<Standings>,
    ) -> Result<Self, StoreError> {
        let callback = options.callback.clone().unwrap_or_default();
        let mut kept = HashMap::new();
        let (now, at) = (Instant::now(), Timestamp::now());
        for subscription in book::load(&store).await? {
            if subscription.callback != callback {
                // Hubs would call an address that is ours no more.
                book::forget(&store, &subscription.path).await?;
                continue;
            }
            let one = Kept::of_last_run(subscription, now, at);
            kept.insert(one.subscription.path.clone(), one);
        }
        let asking = JoinSet::new();
        let (feeds, show_at, shown_at) = (None, None, now);
        let mut keeper =
            Self { options, callback, store, means, calls, standings, feeds, kept, asking, show_at, shown_at };
        keeper.show();
        Ok(keeper)
    }

    /// Keeps them until nobody can call any more.
    pub(super) async fn run(mut self) {
        loop {
            let due = self.feeds.as_ref().and_then(|_| self.kept.values().filter_map(Kept::next).min());
            let due = due.into_iter().chain(self.show_at).min();
            let rest = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                Some(asked) = self.asking.join_next() => {
                    if let Ok(asked) = asked {
                        self.answered(asked).await;
                    }
                }
                call = self.calls.recv() => match call {
                    Some(call) => self.take(call).await,
                    None => return,
                },
                () = rest => self.act().await,
            }
            if self.show_at.is_some_and(|at| at <= Instant::now()) {
                self.show();
            }
        }
    }

    /// Something stands otherwise.
    fn changed(&mut self) {
        self.show_at.get_or_insert(self.shown_at + SHOWN_EVERY);
    }

    async fn take(&mut self, call: Call) {
        match call {
            Call::Follow(feeds) => self.follow(feeds).await,
            Call::Polled { feed, base, offer, new_items } => self.polled(&feed, base, offer, new_items).await,
            Call::Verify { path, mode, topic, lease, reply } => self.verify(&path, mode, &topic, lease, reply).await,
            Call::Denied { path, topic, reason } => {
                let Some(one) = self.kept.get(&path) else { return };
                if one.subscription.expects(Mode::Subscribe, &topic) {
                    self.rest(&path, format!("the hub denied it: {reason}"), false).await;
                }
            }
            Call::Find { path, reply } => {
                let wanted = |one: &&Kept| matches!(one.subscription.standing, Standing::Asking | Standing::Live);
                let target = self.kept.get(&path).filter(wanted).filter(|one| one.feed.enabled).map(|one| Target {
                    feed: Arc::clone(&one.feed),
                    base: one.subscription.base.clone(),
                    secret: one.subscription.secret.clone(),
                });
                reply.send(target).ok();
            }
            Call::Pushed { path } => {
                let Some(one) = self.kept.get_mut(&path) else { return };
                (one.pushed, one.silent) = (true, 0);
                if one.subscription.rests > 0 {
                    one.subscription.rests = 0;
                    self.save(&path).await;
                }
            }
        }
    }

    /// The feeds are these: what belongs to others is ended.
    async fn follow(&mut self, feeds: Vec<Arc<Feed>>) {
        let feeds: HashMap<FeedId, Arc<Feed>> = feeds.into_iter().map(|feed| (feed.id.clone(), feed)).collect();
        let mut over = Vec::new();
        for (path, one) in &mut self.kept {
            let feed = feeds.get(&one.subscription.feed);
            match feed.filter(|feed| feed.websub && feed.enabled && feed.url == one.subscription.feed_url) {
                Some(feed) => one.feed = Arc::clone(feed),
                None if one.subscription.standing != Standing::Leaving => over.push(path.clone()),
                None => {}
            }
        }
        self.feeds = Some(feeds);
        for path in over {
            self.leave(&path).await;
        }
    }

    /// A poll brought a document: what it offers is taken up, and what it brought that was not pushed is held against
    /// the hub.
    async fn polled(&mut self, feed: &Arc<Feed>, base: String, offer: Option<Offer>, new_items: usize) {
        let configured = self.feeds.as_ref().and_then(|feeds| feeds.get(&feed.id));
        let Some(feed) = configured.filter(|known| known.url == feed.url && known.websub).cloned() else { return };
        let current = self
            .kept
            .iter()
            .find(|(_, one)| one.subscription.feed == feed.id && one.subscription.standing != Standing::Leaving);
        let Some(path) = current.map(|(path, _)| path.clone()) else {
            if let Some(offer) = offer {
                self.begin(feed, base, offer, 0).await;
            }
            return;
        };
        let Some(one) = self.kept.get_mut(&path) else { return };
        if new_items > 0 && one.subscription.standing == Standing::Live {
            one.silent = if one.pushed { 0 } else { one.silent + 1 };
            one.pushed = false;
            if one.silent >= SILENT_POLLS {
                let why = format!("polls found news {SILENT_POLLS} times in a row that the hub had not sent");
                self.rest(&path, why, true).await;
                return;
            }
        }
        one.offered = offer.is_some();
        let mut changed = one.subscription.base != base;
        one.subscription.base = base;
        if let Some(offer) = offer {
            if one.subscription.standing != Standing::Resting && !one.subscription.is_of(&offer) {
                if one.made.elapsed() >= CHANGE_LEAST || one.own() {
                    let base = one.subscription.base.clone();
                    self.leave(&path).await;
                    self.begin(feed, base, offer, 0).await;
                }
                return;
            }
            changed |= one.subscription.hubs != offer.hubs;
            one.subscription.hubs = offer.hubs;
        } else if one.subscription.standing == Standing::Asking && one.asked.is_none() {
            self.forget(&path).await;
            return;
        }
        if changed {
            self.save(&path).await;
        }
    }

    /// A new subscription. `rests` is how often it had to rest before, under another address.
    async fn begin(&mut self, feed: Arc<Feed>, base: String, offer: Offer, rests: u32) {
        let (Some(path), Some(secret)) = (signature::path(), Secret::new()) else {
            tracing::error!(feed.id = %feed.id, "no random bytes can be had: no hub is asked");
            return;
        };
        let subscription = Subscription {
            feed: feed.id.clone(),
            feed_url: feed.url.clone(),
            path: path.clone(),
            secret,
            callback: self.callback.clone(),
            base,
            topic: offer.topic,
            hub: offer.hubs.first().cloned().unwrap_or_default(),
            hubs: offer.hubs,
            standing: Standing::Asking,
            verified: None,
            lease_seconds: 0,
            rests_until: None,
            failures: 0,
            refusals: 0,
            rests,
            why: None,
        };
        self.kept.insert(path.clone(), Kept::new(subscription, feed, Instant::now()));
        self.save(&path).await;
    }

    async fn verify(&mut self, path: &str, mode: Mode, topic: &str, lease: Option<u64>, reply: oneshot::Sender<bool>) {
        let wanted = self.kept.get_mut(path).filter(|one| one.subscription.expects(mode, topic));
        reply.send(wanted.is_some()).ok();
        let Some(one) = wanted else { return };
        if mode == Mode::Unsubscribe {
            if one.subscription.standing == Standing::Leaving {
                self.forget(path).await;
            } else {
                one.asked = None;
                one.due = rest_end(&one.subscription);
            }
            return;
        }
        let own = one.own();
        let subscription = &mut one.subscription;
        // Hubs of the older protocol state no lease, or 0 for one without end.
        let lease = lease.filter(|seconds| *seconds > 0).unwrap_or(self.options.lease.as_secs());
        subscription.lease_seconds = lease.clamp(1, LONGEST_LEASE);
        subscription.verified = Some(Timestamp::now());
        (subscription.failures, subscription.refusals) = (0, 0);
        (subscription.why, subscription.rests_until) = (None, None);
        if subscription.standing != Standing::Live {
            subscription.standing = Standing::Live;
            // What came between the last poll and now is not the hub's to tell.
            (one.pushed, one.silent) = (true, 0);
            tracing::info!(feed.id = %one.feed.id, hub = redact(&subscription.hub), lease, "the hub pushes this feed from now on");
        }
        one.lease_end = Some(Instant::now() + Duration::from_secs(subscription.lease_seconds));
        one.due = Instant::now() + subscription.renewal(own);
        one.asked = None;
        self.save(path).await;
    }

    /// Looks at what is due.
    async fn act(&mut self) {
        let now = Instant::now();
        let due: Vec<String> = self
            .kept
            .iter()
            .filter(|(_, one)| one.next().is_some_and(|next| next <= now))
            .map(|(path, _)| path.clone())
            .collect();
        for path in due {
            self.look(&path, now).await;
        }
    }

    async fn look(&mut self, path: &str, now: Instant) {
        let Some(one) = self.kept.get_mut(path) else { return };
        if one.subscription.standing == Standing::Live && one.lease_end.is_some_and(|end| end <= now) {
            one.subscription.standing = Standing::Asking;
            one.lease_end = None;
            tracing::warn!(feed.id = %one.feed.id, hub = redact(&one.subscription.hub), "the lease has run out; the feed is polled as before");
            self.save(path).await;
            return;
        }
        if one.in_flight || one.due > now {
            return;
        }
        match one.subscription.standing {
            Standing::Asking | Standing::Live if one.asked.is_some() => {
                self.failed(path, Mode::Subscribe, false, None, "the hub did not verify it in time".to_owned()).await;
            }
            Standing::Asking if !one.offered => self.forget(path).await,
            Standing::Live if !one.offered => self.leave(path).await,
            Standing::Asking | Standing::Live => self.ask(path, Mode::Subscribe),
            Standing::Resting if now >= rest_end(&one.subscription) => self.wake(path).await,
            Standing::Resting if one.asked.is_some() => {
                one.asked = None;
                one.due = rest_end(&one.subscription);
            }
            Standing::Resting => self.ask(path, Mode::Unsubscribe),
            Standing::Leaving if one.subscription.failures >= FAREWELLS => self.forget(path).await,
            Standing::Leaving => {
                if one.asked.take().is_some() {
                    one.subscription.failures += 1;
                }
                self.ask(path, Mode::Unsubscribe);
            }
        }
    }

    /// The rest is over: everything begins anew, under another address and secret, so that what the hub may still hold
    /// of the old one is worth nothing.
    async fn wake(&mut self, path: &str) {
        let Some(one) = self.kept.remove(path) else { return };
        book::forget(&self.store, path).await.ok();
        if !one.offered || !one.feed.enabled {
            return;
        }
        let Subscription { base, topic, hubs, rests, .. } = one.subscription;
        self.begin(one.feed, base, Offer { topic, hubs }, rests).await;
    }

    fn ask(&mut self, path: &str, mode: Mode) {
        let Some(one) = self.kept.get_mut(path) else { return };
        if self.asking.len() >= ASKED_AT_A_TIME {
            one.due = Instant::now() + TURN;
            return;
        }
        (one.asked, one.in_flight) = (Some(mode), true);
        let client = Arc::clone(&self.means.borrow().client);
        let (feed, subscription) = (Arc::clone(&one.feed), one.subscription.clone());
        let lease = self.options.lease.as_secs().to_string();
        let path = path.to_owned();
        self.asking.spawn(async move {
            let callback = subscription.callback();
            let mut form =
                vec![("hub.mode", mode.as_str()), ("hub.topic", &subscription.topic), ("hub.callback", &callback)];
            if mode == Mode::Subscribe {
                form.extend([("hub.lease_seconds", lease.as_str()), ("hub.secret", subscription.secret.expose())]);
            }
            let result = client.post_form(&feed, &subscription.hub, &form).await;
            Asked { path, mode, result }
        });
    }

    async fn answered(&mut self, asked: Asked) {
        let Asked { path, mode, result } = asked;
        let Some(one) = self.kept.get_mut(&path) else { return };
        one.in_flight = false;
        match result {
            // It may have been verified before the answer to the request came.
            Ok(()) if one.asked == Some(mode) => {
                one.due = Instant::now() + if one.own() { VERIFIED_WITHIN_OWN } else { VERIFIED_WITHIN };
            }
            Ok(()) => {}
            Err(error) => {
                let refused = !matches!(error, FetchError::Retry { .. });
                let after = if let FetchError::Retry { after, .. } = &error { *after } else { None };
                self.failed(&path, mode, refused, after, error.to_string()).await;
            }
        }
    }

    async fn failed(&mut self, path: &str, mode: Mode, refused: bool, after: Option<Duration>, why: String) {
        let Some(one) = self.kept.get_mut(path) else { return };
        let own = one.own();
        one.asked = None;
        let subscription = &mut one.subscription;
        subscription.failures = subscription.failures.saturating_add(1);
        if subscription.failures.is_power_of_two() {
            tracing::warn!(feed.id = %one.feed.id, hub = redact(&subscription.hub), failures = subscription.failures, "a hub cannot be asked to {}: {why}", mode.as_str());
        }
        subscription.why = Some(why);
        // Where there are several hubs, one's refusal is not all of theirs.
        subscription.refusals = if refused { subscription.refusals.saturating_add(1) } else { 0 };
        let refused = refused && subscription.refusals as usize >= subscription.hubs.len();
        let pause = subscription.pause(refused, after, own);
        one.due = match subscription.standing {
            Standing::Resting => rest_end(subscription),
            _ => Instant::now() + pause,
        };
        if subscription.standing == Standing::Asking {
            subscription.turn_to_next_hub();
        }
        self.save(path).await;
    }

    /// It is asked for no more for a while; `farewell` tells the hub.
    async fn rest(&mut self, path: &str, why: String, farewell: bool) {
        let Some(one) = self.kept.get_mut(path) else { return };
        tracing::warn!(feed.id = %one.feed.id, hub = redact(&one.subscription.hub), "the feed is polled as before: {why}");
        let subscription = &mut one.subscription;
        subscription.standing = Standing::Resting;
        subscription.rests = subscription.rests.saturating_add(1);
        subscription.rests_until = Timestamp::now().checked_add(subscription.rest()).ok();
        subscription.why = Some(why);
        (one.asked, one.lease_end) = (None, None);
        one.due = if farewell { Instant::now() } else { rest_end(subscription) };
        self.save(path).await;
    }

    /// It is over, and the hub is told so if it ever agreed.
    async fn leave(&mut self, path: &str) {
        let Some(one) = self.kept.get_mut(path) else { return };
        if one.subscription.verified.is_none() {
            self.forget(path).await;
            return;
        }
        one.subscription.standing = Standing::Leaving;
        one.subscription.failures = 0;
        (one.asked, one.lease_end, one.due) = (None, None, Instant::now());
        self.save(path).await;
    }

    async fn forget(&mut self, path: &str) {
        self.kept.remove(path);
        self.changed();
        if let Err(error) = book::forget(&self.store, path).await {
            tracing::warn!(%error, "a subscription that is over cannot be forgotten");
        }
    }

    /// What cannot be written now is asked for again after a restart; nothing depends on it.
    async fn save(&mut self, path: &str) {
        self.changed();
        let Some(one) = self.kept.get(path) else { return };
        if let Err(error) = book::save(&self.store, &one.subscription).await {
            tracing::warn!(feed.id = %one.feed.id, %error, "how a subscription stands cannot be written down");
        }
    }

    /// Tells whoever watches.
    fn show(&mut self) {
        (self.show_at, self.shown_at) = (None, Instant::now());
        let mut standings = Standings::new();
        let mut counts =
            [Standing::Asking, Standing::Live, Standing::Resting, Standing::Leaving].map(|kind| (kind, 0u64));
        for one in self.kept.values() {
            let subscription = &one.subscription;
            if let Some((_, count)) = counts.iter_mut().find(|(kind, _)| *kind == subscription.standing) {
                *count += 1;
            }
            if subscription.standing == Standing::Leaving {
                continue;
            }
            let lease = Duration::from_secs(subscription.lease_seconds);
            let push = Push {
                standing: subscription.standing,
                hub: redact(&subscription.hub),
                until: match subscription.standing {
                    Standing::Live => subscription.verified.and_then(|verified| verified.checked_add(lease).ok()),
                    _ => subscription.rests_until,
                },
                why: subscription.why.clone(),
            };
            standings.insert(subscription.feed.clone(), push);
        }
        let changed = self.standings.send_if_modified(|shown| {
            let changed = *shown != standings;
            *shown = standings;
            changed
        });
        if changed {
            counts.iter().for_each(|(kind, count)| metrics::subscriptions(kind.as_str(), *count));
        }
    }
}
