//! A subscription while the process runs: what is written down of it, and what is only true for now.

use super::subscription::{Mode, Standing, Subscription};
use crate::{
    fetch::guard::{self, Opening},
    model::Feed,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// After a start what is due is spread over no more than this.
const START_SPREAD: Duration = Duration::from_secs(30);

/// A subscription with what is true only while this process runs.
pub(super) struct Kept {
    pub(super) subscription: Subscription,
    pub(super) feed: Arc<Feed>,
    /// When it is looked at next; while something was asked, until when the answer is awaited.
    pub(super) due: Instant,
    pub(super) lease_end: Option<Instant>,
    /// What the hub was asked and has not verified yet.
    pub(super) asked: Option<Mode>,
    pub(super) in_flight: bool,
    /// The last document named its hub.
    pub(super) offered: bool,
    pub(super) made: Instant,
    /// The hub pushed something since a poll last found anything.
    pub(super) pushed: bool,
    /// Polls in a row that found what had not been pushed.
    pub(super) silent: u32,
}

impl Kept {
    pub(super) fn new(subscription: Subscription, feed: Arc<Feed>, due: Instant) -> Self {
        Self {
            subscription,
            feed,
            due,
            lease_end: None,
            asked: None,
            in_flight: false,
            offered: true,
            made: Instant::now(),
            pushed: true,
            silent: 0,
        }
    }

    /// As it was written down; it waits for its feed to be named.
    pub(super) fn of_last_run(mut subscription: Subscription, now: Instant, at: Timestamp) -> Self {
        let left = subscription.lease_left(at);
        if subscription.standing == Standing::Live && left.is_zero() {
            subscription.standing = Standing::Asking;
        }
        let mut feed = Feed::new(&subscription.feed.0, &subscription.feed_url);
        feed.enabled = false;
        let mut one = Kept::new(subscription, Arc::new(feed), now);
        match one.subscription.standing {
            Standing::Live => {
                one.lease_end = Some(now + left);
                let passed = Duration::from_secs(one.subscription.lease_seconds).saturating_sub(left);
                one.due = now + one.subscription.renewal(false).saturating_sub(passed).min(left);
            }
            Standing::Resting => one.due = rest_end(&one.subscription),
            Standing::Asking | Standing::Leaving => {
                one.due = now + START_SPREAD.mul_f64(one.subscription.chance(0));
            }
        }
        one
    }

    /// When it is looked at next.
    pub(super) fn next(&self) -> Option<Instant> {
        let due = (!self.in_flight).then_some(self.due);
        let ends = self.lease_end.filter(|_| self.subscription.standing == Standing::Live);
        [due, ends].into_iter().flatten().min()
    }

    /// Whether its hub stands under `allow`.
    pub(super) fn own(&self) -> bool {
        let Ok(hub) = Url::parse(&self.subscription.hub) else { return false };
        matches!(guard::admit(&hub, &self.feed), Ok(Opening::Host | Opening::Addresses { .. }))
    }
}

/// When the rest of a subscription is over; never later than a rest is long, whatever the clock did.
pub(super) fn rest_end(subscription: &Subscription) -> Instant {
    let now = Timestamp::now();
    let left = subscription.rests_until.map(|until| Duration::try_from(until.duration_since(now)).unwrap_or_default());
    Instant::now() + left.unwrap_or_default().min(subscription.rest())
}
