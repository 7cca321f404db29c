//! The memory of one run: the daemon's index, and what its store would have kept of each item, which lies on a shelf.

use super::{shelf::Shelf, stages::Done};
use crate::{
    dedup::{Index, Known, Options, Question},
    extract,
    model::{
        Admission, ItemId, ItemState, Previous, SeriesState, StoredText, StoryState, Verdict, Withdrawal, state_key,
    },
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeSet, HashMap},
    io,
};

/// How often the index is asked what it may forget, in the documents' own time.
const EVICTION: SignedDuration = SignedDuration::from_hours(1);

/// Between two documents of which nothing is known but their order.
const STEP: SignedDuration = SignedDuration::from_micros(1);

pub(in crate::commands) struct Memory {
    index: Index,
    told: Told,
    /// When each series was last told of.
    series: HashMap<String, Timestamp>,
    /// Stories that an item was forgotten of or went away from: nobody may be left in them.
    left: BTreeSet<String>,
    now: Timestamp,
    evicted: Timestamp,
}

/// By the keys of the state: items with their texts, stories and series.
struct Told(Shelf);

impl Known for Told {
    type Error = io::Error;

    fn story(&self, id: &str) -> io::Result<Option<StoryState>> {
        self.0.get(&state_key::story(id))
    }

    fn previous(&self, id: &ItemId) -> io::Result<Option<Previous>> {
        self.item(&state_key::item(id))
    }

    fn series(&self, key: &str) -> io::Result<Option<SeriesState>> {
        self.0.get(key)
    }
}

impl Told {
    fn item(&self, key: &str) -> io::Result<Option<Previous>> {
        let kept: Option<(ItemState, Option<StoredText>)> = self.0.get(key)?;
        Ok(kept.map(|(state, text)| Previous { state, text }))
    }
}

impl Memory {
    pub(in crate::commands) fn new(options: &Options, now: Timestamp) -> Self {
        Self {
            index: Index::new(options),
            told: Told(Shelf::new()),
            series: HashMap::new(),
            left: BTreeSet::new(),
            now,
            evicted: Timestamp::MIN,
        }
    }

    /// Judges a document. Documents that do not say when they were observed are observed just after the one before. Fails
    /// where what was put away cannot be read again.
    pub(in crate::commands) fn judge(&mut self, done: &mut Done) -> io::Result<Verdict> {
        self.now = done.observed.unwrap_or_else(|| self.now.saturating_add(STEP).unwrap_or(self.now));
        if self.now.duration_since(self.evicted) > EVICTION || self.evicted == Timestamp::MIN {
            self.evict()?;
        }
        let id = done.enriched.article.id.clone();
        let previous = self.told.previous(&id)?;
        let standing = self.index.standing(self.now, previous.as_ref(), &done.enriched.article);
        extract::stand(&mut done.enriched, standing);
        let admission = Admission::Publish;
        let question = Question { enriched: &done.enriched, hash: &done.hash, previous: previous.clone(), admission };
        let verdict = self.index.judge(self.now, question, &self.told)?;
        self.remember(&id, previous, &verdict)?;
        for Withdrawal { item, .. } in &verdict.withdraws {
            let Some(previous) = self.told.previous(item)? else { continue };
            let (_, killed) = self.index.withdraw(self.now, &done.enriched, item, previous.clone(), &self.told)?;
            self.remember(item, Some(previous), &killed)?;
        }
        Ok(verdict)
    }

    fn remember(&mut self, id: &ItemId, previous: Option<Previous>, verdict: &Verdict) -> io::Result<()> {
        for (key, series) in &verdict.series {
            match series.claims.last() {
                Some(last) => {
                    self.series.insert(key.clone(), last.observed);
                    self.told.0.put(key, series)?;
                }
                None => self.forget(key),
            }
        }
        for story in verdict.story.iter().chain(&verdict.other_story) {
            self.told.0.put(&state_key::story(&story.id), story)?;
        }
        let (told_in, text) = previous.map_or((None, None), |previous| (previous.state.story, previous.text));
        self.told.0.put(&state_key::item(id), &(&verdict.state, verdict.text.as_ref().or(text.as_ref())))?;
        self.left.extend(told_in.filter(|story| verdict.state.story.as_ref() != Some(story)));
        Ok(())
    }

    fn evict(&mut self) -> io::Result<()> {
        let series: Vec<_> = self.series.iter().map(|(key, last)| (key.clone(), *last)).collect();
        for change in self.index.evict(self.now, [], series) {
            let item = state_key::item_of(&change.key).map(|_| self.told.item(&change.key)).transpose()?.flatten();
            self.left.extend(item.and_then(|item| item.state.story));
            self.forget(&change.key);
        }
        let left = std::mem::take(&mut self.left);
        if !left.is_empty() {
            for change in self.index.evict(self.now, left, []) {
                self.forget(&change.key);
            }
        }
        self.evicted = self.now;
        Ok(())
    }

    fn forget(&mut self, key: &str) {
        self.series.remove(key);
        self.told.0.remove(key);
    }
}
