//! The configured feeds by name, with the titles that they give themselves: what the rooms ask when they meet a feed's
//! name.
//!
//! Always holds: a feed that was taken out of the configuration while the daemon runs is still known, as one that is not
//! enabled, so that what it left on the doorstep is judged by the rules that it was observed under.

use crate::model::{Backfill, Feed, FeedId};
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};
use xxhash_rust::xxh3::xxh3_64;

/// A handle on the list; clones share it.
#[derive(Clone)]
pub(super) struct Roster(Arc<RwLock<List>>);

struct List {
    feeds: HashMap<FeedId, Entry>,
    backfill: Backfill,
}

/// A feed, held once however many ask for it.
struct Entry {
    /// As it is configured.
    feed: Arc<Feed>,
    /// What it calls itself, with the hash of the address where it did.
    title: Option<(u64, Box<str>)>,
}

impl Entry {
    fn title(&self) -> Option<&str> {
        let (address, title) = self.title.as_ref()?;
        (*address == xxh3_64(self.feed.url.as_bytes())).then_some(title)
    }
}

impl Roster {
    pub(super) fn new(feeds: &[Feed], backfill: Backfill) -> Self {
        let roster = Self(Arc::new(RwLock::new(List { feeds: HashMap::new(), backfill })));
        roster.replace(feeds, backfill);
        roster
    }

    /// Takes over a configuration.
    pub(super) fn replace(&self, feeds: &[Feed], backfill: Backfill) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let list = &mut *list;
        let before = std::mem::replace(&mut list.backfill, backfill);
        let configured: HashSet<&FeedId> = feeds.iter().map(|feed| &feed.id).collect();
        for entry in list.feeds.iter_mut().filter(|(id, _)| !configured.contains(id)).map(|(_, entry)| entry) {
            let feed = Arc::make_mut(&mut entry.feed);
            feed.enabled = false;
            feed.backfill.get_or_insert(before);
        }
        for feed in feeds {
            let new = || Entry { feed: Arc::new(feed.clone()), title: None };
            let entry = list.feeds.entry(feed.id.clone()).or_insert_with(new);
            if *entry.feed != *feed {
                entry.feed = Arc::new(feed.clone());
            }
        }
    }

    /// The feed as it is or was configured.
    pub(super) fn known(&self, id: &FeedId) -> Option<Arc<Feed>> {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        list.feeds.get(id).map(|entry| Arc::clone(&entry.feed))
    }

    /// A configured feed as the list holds it: ten thousand are not held twice.
    pub(super) fn shared(&self, feed: &Feed) -> Arc<Feed> {
        self.known(&feed.id).filter(|known| **known == *feed).unwrap_or_else(|| Arc::new(feed.clone()))
    }

    /// The feed, with what it is called and how much of its past is published; what it left on the doorstep before it was taken
    /// out of the configuration is published all the same.
    pub(super) fn get(&self, id: &FeedId) -> Arc<Feed> {
        let list = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = list.feeds.get(id) else {
            return Arc::new(Feed { backfill: Some(list.backfill), ..Feed::new(&id.0, "") });
        };
        let mut feed = Arc::clone(&entry.feed);
        if feed.backfill.is_none() {
            Arc::make_mut(&mut feed).backfill = Some(list.backfill);
        }
        if let Some(title) = entry.title().filter(|_| feed.title.is_none()) {
            Arc::make_mut(&mut feed).title = Some(title.to_owned());
        }
        feed
    }

    /// The feed says what it is called; the operator's word counts for more.
    pub(super) fn title(&self, id: &FeedId, title: &str) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = list.feeds.get_mut(id).filter(|entry| entry.title() != Some(title)) {
            entry.title = Some((xxh3_64(entry.feed.url.as_bytes()), title.into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_keeps_what_feeds_call_themselves_and_the_rules_of_those_that_left() {
        let (mut first, second) = (Feed::new("a", "https://one.example/"), Feed::new("b", "https://two.example/"));
        first.exclude = vec!["storm".to_owned()];
        let roster = Roster::new(&[first.clone(), second.clone()], Backfill::Day);
        roster.title(&first.id, "One");
        roster.title(&second.id, "Two");

        let mut moved = second.clone();
        moved.url = "https://elsewhere.example/".to_owned();
        roster.replace(&[moved], Backfill::None);
        let left = roster.get(&first.id);
        assert!(!left.enabled && left.exclude == first.exclude && left.title.as_deref() == Some("One"));
        assert_eq!(roster.get(&second.id).title, None, "another address is another publisher's word");
        assert_eq!(roster.get(&second.id).backfill, Some(Backfill::None));

        roster.replace(&[first.clone(), second.clone()], Backfill::Day);
        assert!(roster.get(&first.id).enabled);
        assert_eq!(roster.get(&second.id).title.as_deref(), Some("Two"));
    }
}
