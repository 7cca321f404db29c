//! WebSub (W3C Recommendation), the subscriber's side: feeds that name a hub are pushed to us as well as polled.
//!
//! ```text
//!  a poll's response ─ offer ─► keeper ── POST subscribe ──► hub
//!                                 ▲                           │
//!                                 └─ listener ◄── GET verify ─┤
//!                   deliveries ◄──── listener ◄── POST push ──┘
//! ```
//!
//! **In** come what polls brought ([`WebSub::polled`]) and which feeds are configured ([`WebSub::follow`]); **out** go
//! deliveries of what hubs pushed, by the same channel as those of polls, and how each subscription stands
//! ([`Standings`]). Nothing is asked of any hub unless the operator has given a public address (`callback`).
//!
//! What holds: a hub is answered only for what was asked of it, under an address that nobody guesses; a push counts only
//! when it is signed with the subscription's secret, and it is acknowledged only when it is durable; a hub is believed
//! only as long as polls do not find what it kept silent. Polling never ends; it is what everything else is measured by.

mod book;
mod keeper;
mod kept;
mod listener;
mod offer;
mod signature;
mod subscription;

pub use offer::{Offer, offer};
pub use subscription::Standing;

use super::{Delivery, Means};
use crate::{
    model::{Feed, FeedId, units},
    store::{Store, StoreError},
};
use jiff::Timestamp;
use keeper::{Call, Keeper};
use listener::Listener;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};

/// `[fetch.websub]`: being told by hubs instead of asking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The public address under which hubs reach `listen`. Without it nothing is subscribed to.
    pub callback: Option<String>,
    /// `HOST:PORT` that hubs' requests arrive at, port 0 for a free one which is then logged.
    pub listen: String,
    /// How long a subscription is asked to last; the hub decides.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub lease: Duration,
    /// While a hub tells of a feed, the feed is polled no more often than this.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub poll_interval: Duration,
    /// Largest document that a hub may push.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_body: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            callback: None,
            listen: "127.0.0.1:8641".to_owned(),
            lease: Duration::from_secs(10 * 24 * 3600),
            poll_interval: Duration::from_secs(3600),
            max_body: 4 << 20,
        }
    }
}

/// How the subscription of each feed stands that has one.
pub type Standings = BTreeMap<FeedId, Push>;

/// How a subscription stands, for those who watch.
#[derive(Debug, Clone, PartialEq)]
pub struct Push {
    /// How it stands.
    pub standing: Standing,
    /// The hub, without secrets.
    pub hub: String,
    /// When the lease or the rest ends.
    pub until: Option<Timestamp>,
    /// What was wrong last, while it is.
    pub why: Option<String>,
}

/// What it takes to be told by hubs.
pub struct Setup {
    /// Its options, with a callback.
    pub options: Options,
    /// Where subscriptions are kept.
    pub store: Store,
    /// What hubs are asked with.
    pub means: watch::Receiver<Means>,
    /// Where pushes go: the channel of the polls.
    pub out: mpsc::Sender<Delivery>,
}

/// Why it cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address cannot be had.
    #[error("cannot listen on {listen} for hubs: {source}")]
    Listen {
        /// The address.
        listen: String,
        /// Why.
        source: std::io::Error,
    },
    /// The subscriptions cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A handle; clones share it.
#[derive(Clone)]
pub struct WebSub {
    calls: mpsc::Sender<Call>,
}

/// The two tasks behind the handle.
pub struct Service {
    keeper: Keeper,
    listener: Listener,
}

/// Calls that may wait for the keeper.
const CALLS: usize = 64;

/// Begins to listen, and takes up the subscriptions of the last run. Feeds must be named with [`WebSub::follow`] before
/// anything is asked of a hub.
pub async fn open(setup: Setup) -> Result<(WebSub, watch::Receiver<Standings>, Service), SetupError> {
    let Setup { options, store, means, out } = setup;
    let (calls, called) = mpsc::channel(CALLS);
    let listener = Listener::bind(&options, calls.clone(), out).await?;
    let (standings, watched) = watch::channel(Standings::new());
    let keeper = Keeper::load(options, store, means, called, standings).await?;
    Ok((WebSub { calls }, watched, Service { keeper, listener }))
}

impl Service {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until this future is dropped.
    pub async fn run(self) {
        futures::future::join(self.keeper.run(), self.listener.run()).await;
    }
}

impl WebSub {
    /// These feeds are configured and enabled, and no others: subscriptions to others are ended.
    pub async fn follow(&self, feeds: Vec<Arc<Feed>>) {
        self.calls.send(Call::Follow(feeds)).await.ok();
    }

    /// A poll brought a document, and this is what it offered and how much of it had not been pushed before.
    pub async fn polled(&self, feed: &Arc<Feed>, base: String, offer: Option<Offer>, new_items: usize) {
        self.calls.send(Call::Polled { feed: Arc::clone(feed), base, offer, new_items }).await.ok();
    }
}
