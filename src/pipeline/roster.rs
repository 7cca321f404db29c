//! The configured feeds by name, with the titles that they give themselves: what the rooms ask when they meet a feed's
//! name.
//!
//! Always holds: a feed that was taken out of the configuration while the daemon runs is still known, as one that is not
//! enabled, so that what it left on the doorstep is judged by the rules that it was observed under.

use crate::model::{Backfill, Feed, FeedId};
use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// A handle on the list; clones share it.
#[derive(Clone)]
pub(super) struct Roster(Arc<RwLock<List>>);

struct List {
    feeds: HashMap<FeedId, Arc<Feed>>,
    /// What feeds call themselves, by their name and address.
    titles: HashMap<(FeedId, String), String>,
    backfill: Backfill,
}

impl Roster {
    pub(super) fn new(feeds: &[Feed], backfill: Backfill) -> Self {
        let roster = Self(Arc::new(RwLock::new(List { feeds: HashMap::new(), titles: HashMap::new(), backfill })));
        roster.replace(feeds, backfill);
        roster
    }

    /// Takes over a configuration.
    pub(super) fn replace(&self, feeds: &[Feed], backfill: Backfill) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let list = &mut *list;
        list.backfill = backfill;
        for feed in list.feeds.values_mut().filter(|feed| feed.enabled) {
            Arc::make_mut(feed).enabled = false;
        }
        for feed in feeds {
            let mut feed = feed.clone();
            if feed.title.is_none() {
                feed.title = list.titles.get(&(feed.id.clone(), feed.url.clone())).cloned();
            }
            feed.backfill.get_or_insert(backfill);
            list.feeds.insert(feed.id.clone(), Arc::new(feed));
        }
    }

    /// The feed, if it is or was configured.
    pub(super) fn known(&self, id: &FeedId) -> Option<Arc<Feed>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).feeds.get(id).cloned()
    }

    /// The feed, with how much of its past is published; what it left on the doorstep before it was taken out of the configuration is published all the same.
    pub(super) fn get(&self, id: &FeedId) -> Arc<Feed> {
        self.known(id).unwrap_or_else(|| {
            let backfill = self.0.read().unwrap_or_else(PoisonError::into_inner).backfill;
            Arc::new(Feed { backfill: Some(backfill), ..Feed::new(&id.0, "") })
        })
    }

    /// The feed says what it is called; the operator's word counts for more.
    pub(super) fn title(&self, id: &FeedId, title: &str) {
        let mut list = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let list = &mut *list;
        let Some(feed) = list.feeds.get_mut(id) else { return };
        let known = list.titles.insert((id.clone(), feed.url.clone()), title.to_owned());
        // A title that the operator gave differs from what the feed last said, or came before it said anything.
        if feed.title.is_none() || (known.is_some() && feed.title == known) {
            Arc::make_mut(feed).title = Some(title.to_owned());
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
