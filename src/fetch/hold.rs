//! Whether feeds may be polled at present: what the doorstep says when it has no more room.
//!
//! Comes in: through a `watch` channel, from whoever keeps what feeds bring. Goes out: for one feed, why it must wait. A
//! feed that waits asks its server nothing; when the hold ends each feed comes back at a moment of its own.

use crate::model::FeedId;
use std::collections::HashSet;

/// Which feeds are held, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    /// Every one of them.
    pub all: bool,
    /// Otherwise these.
    pub feeds: HashSet<FeedId>,
    /// For a person: what there is no room in.
    pub why: String,
}

impl Held {
    /// Why this feed must wait; none when it may be polled.
    pub fn why(&self, feed: &FeedId) -> Option<&str> {
        (self.all || self.feeds.contains(feed)).then_some(self.why.as_str())
    }
}
