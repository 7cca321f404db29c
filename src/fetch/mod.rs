//! One task per feed: wait, get, hand on.
//!
//! **In** go the feed, what is remembered of it ([`FeedMemory`]) and the one [`Client`]; **out** come [`Delivery`]s, each
//! with a way to answer. The task waits until what it delivered is durable (its [`Receipt`]) before it takes the
//! response's validators for its own: they never outlive the items they vouch for.
//!
//! * [`feed`] is the loop of a feed. Run one for every enabled feed, all with clones of one [`Context`]. [`follow`] is
//!   the same for a feed whose configuration may change meanwhile.
//! * [`pages`] fetches the pages of the items that the pipeline names, and answers with [`PageDelivery`]s.
//! * [`websub`] has hubs push to us what feeds that name one bring.
//! * [`Client::get`] is one guarded GET, for commands that want no loop.
//!
//! What holds: no address is connected to that the guard refuses; nothing is held over the limits of [`Options`];
//! a feed is never polled more often than its interval allows, whatever its server says; no wall clock decides when.
//! What it does not do: read what it fetched. It knows no formats, no items and no intake.

mod answer;
mod body;
mod course;
pub(crate) mod credentials;
mod delivery;
pub mod discover;
mod failure;
mod fold;
mod guard;
mod hold;
mod http;
mod link;
mod measure;
mod newcomers;
mod pace;
mod page;
mod politeness;
mod poll;
mod problem;
mod redact;
mod robots;
mod schedule;
#[cfg(test)]
mod tests;
mod wall;
pub(crate) mod way;
pub mod websub;

pub use delivery::{
    Assignment, Delivery, FeedChange, FeedMemory, FeedProgress, Means, Order, Outcome, PageDelivery, PageWanted,
    PollEvent, PollOutcome, Receipt, Watcher,
};
pub use hold::Held;
pub use http::{Client, Document, Request, Response, Wants};
pub use newcomers::Newcomers;
pub use page::{PageContext, PageResponse, page, pages};
pub use poll::{feed, follow};
pub use problem::{CODES, FetchError};
pub use redact::redact;
pub use robots::Robots;

/// What decides when to ask, for `benches/million_feeds`; no interface for anybody else.
#[doc(hidden)]
pub mod rehearsal {
    pub use super::{
        course::Course,
        failure::Kind,
        politeness::{Turn, Turns},
        schedule::Ended,
    };
}

use crate::model::{Backfill, units};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// What all tasks of this room share; cheap to clone.
#[derive(Clone)]
pub struct Context {
    /// The one client.
    pub client: Arc<Client>,
    /// `[fetch]`.
    pub options: Arc<Options>,
    /// Where polls and changes of feeds go. Bounded: a full channel slows polling down.
    pub out: mpsc::Sender<Delivery>,
    /// Who wants to know how feeds stand.
    pub watch: Watcher,
    /// Which feeds are held, for want of room; not heeded with `once`.
    pub held: watch::Receiver<Held>,
    /// In what order feeds that were never seen are polled; not heeded with `once`.
    pub newcomers: Newcomers,
    /// Poll each feed one time and end.
    pub once: bool,
    /// Ends every task at once.
    pub cancel: CancellationToken,
}

/// `[fetch]`: how feeds and pages are acquired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Whom a publisher can write to; part of the User-Agent. A `mailto:` or `https:` address.
    pub user_agent_contact: Option<String>,
    /// Time between polls of a feed that names none.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub default_interval: Duration,
    /// No feed is polled more often, except addresses under `allow`.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub min_interval: Duration,
    /// No feed is polled less often, however long it has failed.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub max_interval: Duration,
    /// Share of the interval by which polls are moved at random, 0 to 0.5.
    pub jitter: f64,
    /// How much of a feed's past is published when the feed is first seen.
    pub backfill: Backfill,
    /// Limit for connecting to a server.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub connect_timeout: Duration,
    /// Limit for the TLS handshake and for response headers, each.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub header_timeout: Duration,
    /// Longest silence within a body.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub idle_timeout: Duration,
    /// Limit for one request in all.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub total_timeout: Duration,
    /// Largest body, on the wire and decoded, each.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_body: u64,
    /// Redirects that are followed.
    pub max_redirects: u32,
    /// A "not modified" is doubted, and the whole document asked for, after so many of them in a row …
    pub audit_polls: u32,
    /// … or after this long, whichever comes first.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub audit_after: Duration,
    /// Requests at a time to one host.
    pub per_host: u32,
    /// Requests at a time to all hosts of one registered domain.
    pub per_domain: u32,
    /// Time between the beginnings of two requests to one host; none at addresses under `allow`.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub host_spacing: Duration,
    /// The same for all hosts of one registered domain.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub domain_spacing: Duration,
    /// Requests at a time in all.
    pub concurrency: u32,
    /// When an article's page is looked at again for corrections, counted from its first fetch.
    #[serde(with = "units::duration::list")]
    #[schemars(with = "Vec<String>")]
    pub page_recheck: Vec<Duration>,
    /// Attempts to get a page before its item is released without it.
    pub page_attempts: u32,
    /// Pages of one story that are fetched where it goes on over several; 1 fetches the first only.
    pub page_parts: u32,
    /// Being told by hubs instead of asking.
    pub websub: websub::Options,
    /// An http or https proxy for everything that is fetched. Keeping it from private addresses is its own part.
    pub proxy: Option<String>,
    /// The user name by which the proxy knows us.
    pub proxy_username: Option<String>,
    /// The environment variable that holds the password for the proxy.
    pub proxy_password_env: Option<String>,
    /// The file that holds the password for the proxy.
    pub proxy_password_file: Option<String>,
    /// A file of PEM certificates that are trusted besides those of the machine.
    pub ca_file: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            user_agent_contact: None,
            default_interval: Duration::from_secs(300),
            min_interval: Duration::from_secs(60),
            max_interval: Duration::from_secs(24 * 3600),
            jitter: 0.1,
            backfill: Backfill::Day,
            connect_timeout: Duration::from_secs(5),
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(60),
            max_body: 16 << 20,
            max_redirects: 5,
            audit_polls: 100,
            audit_after: Duration::from_secs(6 * 3600),
            per_host: 2,
            per_domain: 4,
            host_spacing: Duration::from_millis(500),
            domain_spacing: Duration::from_millis(200),
            concurrency: 64,
            page_recheck: [15 * 60, 3600, 6 * 3600, 24 * 3600].map(Duration::from_secs).to_vec(),
            page_attempts: 3,
            page_parts: 5,
            websub: websub::Options::default(),
            proxy: None,
            proxy_username: None,
            proxy_password_env: None,
            proxy_password_file: None,
            ca_file: None,
        }
    }
}
