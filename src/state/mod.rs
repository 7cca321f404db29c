//! What is remembered of the past: the image of the committed state, and over it the changes of two batches, of the one
//! that is being committed and of the open one.
//!
//! Decisions read here and write here. What they write lies in memory until its batch is committed: then the sink has
//! brought the image up to it and it is dropped. After a doubtful commit all of it is dropped, and the image alone says
//! what is so. Calls may block; this room belongs to the one task that decides.

mod restore;

use crate::{
    model::{
        FeedId, FeedPosition, Generation, ItemId, ItemState, Position, Previous, SeenState, SeriesEnd, SeriesState,
        StateChange, StoredText, StoryState, state_key,
    },
    store::{Store, StoreError, error::corrupt_state, image},
};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};

/// The committed state, and over it what is not in it yet.
pub struct State {
    store: Store,
    /// What the batch changes that is being committed, and where it is in the image already.
    committing: Changes,
    /// What the open batch changes.
    open: Changes,
    /// How large that is, keys and values.
    open_bytes: usize,
}

/// The last change of each key.
type Changes = BTreeMap<String, Option<Vec<u8>>>;

impl State {
    /// The state as committed, with nothing over it.
    pub fn new(store: Store) -> Self {
        Self { store, committing: Changes::new(), open: Changes::new(), open_bytes: 0 }
    }

    /// What is known of an item.
    pub fn item(&self, id: &ItemId) -> Result<Option<ItemState>, StoreError> {
        self.get(&state_key::item(id))
    }

    /// What is known of an item, with its last published text.
    pub fn previous(&self, id: &ItemId) -> Result<Option<Previous>, StoreError> {
        let Some(state) = self.item(id)? else { return Ok(None) };
        Ok(Some(Previous { state, text: self.text(id)? }))
    }

    /// The last published text of an item.
    pub fn text(&self, id: &ItemId) -> Result<Option<StoredText>, StoreError> {
        self.get(&state_key::text(id))
    }

    /// What the fetcher of an item last published of it.
    pub fn seen(&self, id: &ItemId) -> Result<Option<SeenState>, StoreError> {
        self.get(&state_key::seen(id))
    }

    /// The keys of what fetchers published and touched last before this time.
    pub fn seen_before(&self, time: Timestamp) -> Result<Vec<String>, StoreError> {
        let mut keys = Vec::new();
        self.store.read_here(|db| {
            image::scan(db, state_key::SEEN, |key, value| {
                if read::<SeenState>(key, value)?.touched < time {
                    keys.push(key.to_owned());
                }
                Ok(())
            })
        })?;
        // What an open batch says of an item is newer than any horizon.
        keys.retain(|key| self.changed(key).is_none());
        Ok(keys)
    }

    /// The last origins done of a feed.
    pub fn feed_origin(&self, feed: &FeedId) -> Result<Option<FeedPosition>, StoreError> {
        self.get(&state_key::feed(feed))
    }

    /// The newest generation of records; none before the first replay.
    pub fn generation(&self) -> Result<Option<Generation>, StoreError> {
        self.get(state_key::GENERATION)
    }

    /// Up to which frame the state was made anew from the topics.
    pub fn rebuilt(&self, intake: &str) -> Result<Option<Position>, StoreError> {
        self.get(&state_key::rebuilt(intake))
    }

    /// How far a feed has been published again under another prefix.
    pub fn copied(&self, prefix: &str, feed: &FeedId) -> Result<Option<Position>, StoreError> {
        self.get(&state_key::copied(prefix, feed))
    }

    /// Changes the open batch.
    pub fn apply(&mut self, change: StateChange) {
        let size = |value: &Option<Vec<u8>>| value.as_ref().map_or(0, Vec::len);
        self.open_bytes += change.key.len() + size(&change.value);
        let key = change.key.len();
        if let Some(before) = self.open.insert(change.key, change.value) {
            self.open_bytes -= key + size(&before);
        }
    }

    /// How large the changes of the open batch are.
    pub fn changes_bytes(&self) -> usize {
        self.open_bytes
    }

    /// What the open batch changes, to be committed; the next is open, and sees them.
    pub fn close(&mut self) -> Vec<StateChange> {
        let mut changes = std::mem::take(&mut self.open);
        self.open_bytes = 0;
        let closed =
            changes.iter().map(|(key, value)| StateChange { key: key.clone(), value: value.clone() }).collect();
        self.committing.append(&mut changes);
        closed
    }

    /// What was closed is in the image.
    pub fn committed(&mut self) {
        self.committing.clear();
    }

    /// What the batches over the image make of a key.
    fn changed(&self, key: &str) -> Option<&Option<Vec<u8>>> {
        self.open.get(key).or_else(|| self.committing.get(key))
    }

    /// What they make of the keys that begin like this; of a key that both change, what the open one does stands last.
    fn changes<'s>(&'s self, prefix: &'static str) -> impl Iterator<Item = (&'s String, &'s Option<Vec<u8>>)> {
        let of = move |changes: &'s Changes| {
            changes.range(prefix.to_owned()..).take_while(move |(key, _)| key.starts_with(prefix))
        };
        of(&self.committing).chain(of(&self.open))
    }

    /// What is known of a story.
    pub fn story(&self, id: &str) -> Result<Option<StoryState>, StoreError> {
        self.get(&state_key::story(id))
    }

    /// Every story that is known of, in order. There may be as many as items, so each is held once only.
    pub fn stories(&self) -> Result<BTreeSet<String>, StoreError> {
        const STORIES: &str = "story/";
        let mut keys = self.store.read_here(|db| image::keys(db, STORIES))?;
        keys.iter_mut().for_each(|key| drop(key.drain(..STORIES.len())));
        let mut stories: BTreeSet<String> = keys.into_iter().collect();
        for (key, value) in self.changes(STORIES) {
            let story = key.get(STORIES.len()..).unwrap_or_default();
            match value {
                Some(_) => drop(stories.insert(story.to_owned())),
                None => drop(stories.remove(story)),
            }
        }
        Ok(stories)
    }

    /// What was said last of one thing.
    pub fn series(&self, key: &str) -> Result<Option<SeriesState>, StoreError> {
        self.get(key)
    }

    /// Every series, with the time of its last claim.
    pub fn series_ends(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let mut ends = BTreeMap::new();
        self.store.read_here(|db| {
            image::scan(db, state_key::SERIES, |key, value| {
                ends.insert(key.to_owned(), read::<SeriesEnd>(key, value)?.last());
                Ok(())
            })
        })?;
        for (key, value) in self.changes(state_key::SERIES) {
            match value {
                Some(value) => drop(ends.insert(key.clone(), read::<SeriesEnd>(key, value)?.last())),
                None => drop(ends.remove(key)),
            }
        }
        Ok(ends)
    }

    fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        match self.changed(key) {
            Some(None) => Ok(None),
            Some(Some(value)) => Ok(Some(read(key, value)?)),
            None => self.store.read_here(|db| image::get(db, key)?.map(|value| read(key, &value)).transpose()),
        }
    }
}

fn read<T: DeserializeOwned>(key: &str, value: &[u8]) -> rusqlite::Result<T> {
    serde_json::from_slice(value).map_err(|error| corrupt_state(key, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Origin;

    #[tokio::test]
    async fn what_is_not_in_the_image_yet_lies_over_it_the_open_batch_on_top() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let story = |headline: &str| StoryState {
            v: 1,
            id: "a:1".to_owned(),
            members: Vec::new(),
            agencies: Vec::new(),
            first_seen: "2020-10-01T00:00:00Z".parse().unwrap(),
            headline: Some(headline.to_owned()),
            longest: 0,
            merged_into: None,
            merged: Vec::new(),
            split_from: None,
        };
        let committed = StateChange::set(state_key::story("a:1"), &story("committed"));
        store.write(move |tx| image::apply(tx, &[committed])).await.unwrap();
        let mut state = State::new(store);
        let feed = FeedId("a".to_owned());
        let origin = Position { intake: "i".to_owned(), seq: 3, index: 1 };
        state.apply(StateChange::set(state_key::feed(&feed), &origin));
        assert_eq!(state.feed_origin(&feed).unwrap().map(|done| done.last), Some(origin.clone()));
        state.apply(StateChange::forget(state_key::feed(&feed)));
        assert_eq!((state.feed_origin(&feed).unwrap(), state.close().len()), (None, 1));
        state.committed();
        assert_eq!(state.story("a:1").unwrap().unwrap().headline.as_deref(), Some("committed"));
        state.apply(StateChange::set(state_key::story("a:2"), &story("closed")));
        state.apply(StateChange::set(state_key::story("a:3"), &story("closed")));
        state.apply(StateChange::forget(state_key::story("a:1")));
        assert_eq!((state.close().len(), state.changes_bytes()), (3, 0));
        // What is being committed is seen by the next batch, which may change it again.
        state.apply(StateChange::set(state_key::story("a:2"), &story("open")));
        state.apply(StateChange::forget(state_key::story("a:3")));
        assert_eq!(state.story("a:2").unwrap().unwrap().headline.as_deref(), Some("open"));
        assert!(state.story("a:1").unwrap().is_none() && state.story("a:3").unwrap().is_none());
        assert_eq!(state.stories().unwrap().into_iter().collect::<Vec<_>>(), ["a:2"]);
        // Here the image was not brought up to it: what stays is the open batch.
        state.committed();
        assert_eq!(state.stories().unwrap().into_iter().collect::<Vec<_>>(), ["a:1", "a:2"]);
        let changed: Vec<String> = state.close().into_iter().map(|change| change.key).collect();
        assert_eq!(changed, [state_key::story("a:2"), state_key::story("a:3")]);
    }

    #[test]
    fn what_an_intake_had_done_stays_done_when_another_has_taken_its_feed() {
        let at = |intake: &str, seq| Origin { intake: intake.to_owned(), seq, index: 0 };
        let mut done = None;
        for origin in [at("one", 4), at("two", 1), at("one", 5), at("two", 2)] {
            assert!(!done.as_ref().is_some_and(|done: &FeedPosition| done.covers(&origin)), "{origin}");
            done = Some(FeedPosition::after(done, &origin));
        }
        let done = done.unwrap();
        for origin in [at("one", 1), at("one", 5), at("two", 2)] {
            assert!(done.covers(&origin), "{origin} was read again from an earlier point");
        }
        assert!(!done.covers(&at("one", 6)) && !done.covers(&at("two", 3)));
    }
}
