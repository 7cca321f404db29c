//! The memory of one run: the daemon's index, and what its store would have kept of each item.

use super::stages::Done;
use crate::{
    dedup::{Index, Known, Options, Question},
    model::{Admission, ItemId, Previous, SeriesState, StateChange, StoryState, Verdict, Withdrawal, state_key},
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::HashMap, convert::Infallible};

/// How often the index is asked what it may forget, in the documents' own time.
const EVICTION: SignedDuration = SignedDuration::from_hours(1);

/// Between two documents of which nothing is known but their order.
const STEP: SignedDuration = SignedDuration::from_micros(1);

pub(super) struct Memory {
    index: Index,
    told: Told,
    now: Timestamp,
    evicted: Timestamp,
}

/// What is known.
#[derive(Default)]
struct Told {
    /// By state key, so that what the index forgets is forgotten here.
    items: HashMap<String, Previous>,
    stories: HashMap<String, StoryState>,
    series: HashMap<String, SeriesState>,
}

impl Known for Told {
    type Error = Infallible;

    fn story(&self, id: &str) -> Result<Option<StoryState>, Infallible> {
        Ok(self.stories.get(id).cloned())
    }

    fn previous(&self, id: &ItemId) -> Result<Option<Previous>, Infallible> {
        Ok(self.items.get(&state_key::item(id)).cloned())
    }

    fn series(&self, key: &str) -> Result<Option<SeriesState>, Infallible> {
        Ok(self.series.get(key).cloned())
    }
}

impl Told {
    fn remember(&mut self, id: &ItemId, verdict: &Verdict) {
        self.series.extend(verdict.series.iter().cloned());
        self.stories.extend(verdict.story.clone().map(|story| (story.id.clone(), story)));
        let key = state_key::item(id);
        let text = verdict.text.clone().or_else(|| self.items.remove(&key).and_then(|previous| previous.text));
        self.items.insert(key, Previous { state: verdict.state.clone(), text });
    }
}

impl Memory {
    pub(super) fn new(options: &Options, now: Timestamp) -> Self {
        Self { index: Index::new(options), told: Told::default(), now, evicted: Timestamp::MIN }
    }

    /// Judges a document. Documents that do not say when they were observed are observed just after the one before.
    pub(super) fn judge(&mut self, done: &Done) -> Verdict {
        self.now = done.observed.unwrap_or_else(|| self.now.saturating_add(STEP).unwrap_or(self.now));
        if self.now.duration_since(self.evicted) > EVICTION || self.evicted == Timestamp::MIN {
            let stories: Vec<String> = self.told.stories.keys().cloned().collect();
            let end = |series: &SeriesState| series.claims.last().map_or(Timestamp::MIN, |claim| claim.observed);
            let series: Vec<_> = self.told.series.iter().map(|(key, series)| (key.clone(), end(series))).collect();
            for StateChange { key, .. } in self.index.evict(self.now, stories, series) {
                self.told.items.remove(&key);
                self.told.stories.remove(key.trim_start_matches("story/"));
                self.told.series.remove(&key);
            }
            self.evicted = self.now;
        }
        let id: &ItemId = &done.enriched.article.id;
        let Ok(previous) = self.told.previous(id);
        let question = Question { enriched: &done.enriched, hash: &done.hash, previous, admission: Admission::Publish };
        let Ok(verdict) = self.index.judge(self.now, question, &self.told);
        self.told.remember(id, &verdict);
        for Withdrawal { item, .. } in &verdict.withdraws {
            let Ok(previous) = self.told.previous(item);
            let Some(previous) = previous else { continue };
            let Ok((_, killed)) = self.index.withdraw(self.now, &done.enriched, item, previous, &self.told);
            self.told.remember(item, &killed);
        }
        verdict
    }
}
