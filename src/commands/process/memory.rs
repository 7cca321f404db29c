//! The memory of one run: the daemon's index, and what its store would have kept of each item.

use super::stages::Done;
use crate::{
    dedup::{Index, Options, Question},
    model::{Admission, ItemId, Previous, StateChange, StoryState, Verdict, state_key},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::HashMap, convert::Infallible};

/// How often the index is asked what it may forget, in the documents' own time.
const EVICTION: SignedDuration = SignedDuration::from_hours(1);

pub(super) struct Memory {
    index: Index,
    /// By state key, so that what the index forgets is forgotten here.
    items: HashMap<String, Previous>,
    stories: HashMap<String, StoryState>,
    now: Timestamp,
    evicted: Timestamp,
}

impl Memory {
    pub(super) fn new(options: &Options, now: Timestamp) -> Self {
        let (items, stories) = (HashMap::new(), HashMap::new());
        Self { index: Index::new(options), items, stories, now, evicted: Timestamp::MIN }
    }

    /// Judges a document. Documents that do not say when they were observed are observed when the one before was.
    pub(super) fn judge(&mut self, done: &Done) -> Verdict {
        if let Some(observed) = done.observed {
            self.now = observed;
        }
        if self.now.duration_since(self.evicted) > EVICTION || self.evicted == Timestamp::MIN {
            let stories: Vec<String> = self.stories.keys().cloned().collect();
            for StateChange { key, .. } in self.index.evict(self.now, stories) {
                self.items.remove(&key);
                self.stories.remove(key.trim_start_matches("story/"));
            }
            self.evicted = self.now;
        }
        let id: &ItemId = &done.enriched.article.id;
        let key = state_key::item(id);
        let question = Question {
            enriched: &done.enriched,
            hash: &done.hash,
            previous: self.items.get(&key).cloned(),
            admission: Admission::Publish,
        };
        let story = |id: &str| Ok::<_, Infallible>(self.stories.get(id).cloned());
        let Ok(verdict) = self.index.judge(self.now, question, &story);
        self.stories.extend(verdict.story.clone().map(|story| (story.id.clone(), story)));
        let text = verdict.text.clone().or_else(|| self.items.remove(&key).and_then(|previous| previous.text));
        self.items.insert(key, Previous { state: verdict.state.clone(), text });
        verdict
    }
}
