//! The memory of one run: the daemon's index, and what its store would have kept of each item.

use super::stages::Done;
use crate::{
    dedup::{Index, Known, Options, Question},
    extract,
    model::{Admission, Previous, SeriesState, StateChange, StoryState, Verdict, state_key},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::HashMap, convert::Infallible};

/// How often the index is asked what it may forget, in the documents' own time.
const EVICTION: SignedDuration = SignedDuration::from_hours(1);

/// Between two documents of which nothing is known but their order.
const STEP: SignedDuration = SignedDuration::from_micros(1);

pub(super) struct Memory {
    index: Index,
    /// By state key, so that what the index forgets is forgotten here.
    items: HashMap<String, Previous>,
    told: Told,
    now: Timestamp,
    evicted: Timestamp,
}

/// What is known beyond single items.
#[derive(Default)]
struct Told {
    stories: HashMap<String, StoryState>,
    series: HashMap<String, SeriesState>,
}

impl Known for Told {
    type Error = Infallible;

    fn story(&self, id: &str) -> Result<Option<StoryState>, Infallible> {
        Ok(self.stories.get(id).cloned())
    }

    fn series(&self, key: &str) -> Result<Option<SeriesState>, Infallible> {
        Ok(self.series.get(key).cloned())
    }
}

impl Memory {
    pub(super) fn new(options: &Options, now: Timestamp) -> Self {
        Self { index: Index::new(options), items: HashMap::new(), told: Told::default(), now, evicted: Timestamp::MIN }
    }

    /// Judges a document. Documents that do not say when they were observed are observed just after the one before.
    pub(super) fn judge(&mut self, done: &mut Done) -> Verdict {
        self.now = done.observed.unwrap_or_else(|| self.now.saturating_add(STEP).unwrap_or(self.now));
        if self.now.duration_since(self.evicted) > EVICTION || self.evicted == Timestamp::MIN {
            let stories: Vec<String> = self.told.stories.keys().cloned().collect();
            let end = |series: &SeriesState| series.claims.last().map_or(Timestamp::MIN, |claim| claim.observed);
            let series: Vec<_> = self.told.series.iter().map(|(key, series)| (key.clone(), end(series))).collect();
            for StateChange { key, .. } in self.index.evict(self.now, stories, series) {
                self.items.remove(&key);
                self.told.stories.remove(key.trim_start_matches("story/"));
                self.told.series.remove(&key);
            }
            self.evicted = self.now;
        }
        let key = state_key::item(&done.enriched.article.id);
        let previous = self.items.get(&key).cloned();
        let standing = self.index.standing(self.now, previous.as_ref(), &done.enriched.article);
        extract::stand(&mut done.enriched, standing);
        let question = Question { enriched: &done.enriched, hash: &done.hash, previous, admission: Admission::Publish };
        let Ok(verdict) = self.index.judge(self.now, question, &self.told);
        self.told.series.extend(verdict.series.iter().cloned());
        self.told.stories.extend(verdict.story.clone().map(|story| (story.id.clone(), story)));
        let text = verdict.text.clone().or_else(|| self.items.remove(&key).and_then(|previous| previous.text));
        self.items.insert(key, Previous { state: verdict.state.clone(), text });
        verdict
    }
}
