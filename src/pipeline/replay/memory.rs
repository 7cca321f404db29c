//! The memory of a replay: what was known at each moment of the window, without a trace in the daemon's own.
//!
//! Comes in: the committed entries and the plan. What holds: an item whose history begins in the window is unknown
//! until its first revision comes; one whose history begins before it is known as it was then; every other item is
//! known from the moment it was first seen, its text from its last change on, for no other is kept. So what is found
//! in a window that holds the whole past is found again, and nothing is compared with a text that came later. A copy
//! whose original does not come again from its beginning keeps it all the same: that is settled by its entry.

use super::plan::{Basis, before};
use crate::{
    dedup::{Index, Known, Options, Question},
    extract,
    model::{
        Admission, Enriched, Hash, ItemHead, ItemId, ItemState, Observed, Outcome, Previous, Relation, SeriesClaim,
        SeriesState, StoredText, StoryState, Verdict, Withdrawal,
    },
    state::State,
    store::StoreError,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

pub(super) struct Memory {
    index: Index,
    items: HashMap<ItemId, Basis>,
    /// Items that are not replayed and were first seen, or last changed, after the window began, in that order.
    to_come: VecDeque<(Timestamp, ItemId, ItemHead)>,
    /// Stories as this generation has told them.
    told: BTreeMap<String, StoryState>,
    /// Of these, those that the committed state does not have yet.
    untold: BTreeSet<String>,
    /// Series as this generation has told them.
    series: BTreeMap<String, SeriesState>,
    /// When the window began.
    start: Timestamp,
}

/// What is known beyond single items at a moment of the window.
struct Then<'a> {
    items: &'a HashMap<ItemId, Basis>,
    told: &'a BTreeMap<String, StoryState>,
    series: &'a BTreeMap<String, SeriesState>,
    state: &'a State,
    start: Timestamp,
    now: Timestamp,
}

impl Known for Then<'_> {
    type Error = StoreError;

    /// A story as this generation knows it. One of which every member comes again is told again from its beginning.
    fn story(&self, id: &str) -> Result<Option<StoryState>, StoreError> {
        if let Some(story) = self.told.get(id) {
            return Ok(Some(story.clone()));
        }
        let comes_again = |member: &ItemId| self.items.get(member).is_some_and(|item| item.whole);
        Ok(self.state.story(id)?.filter(|story| !story.members.iter().all(comes_again)))
    }

    /// Nothing: what a notice withdrew before is told to it, and one that is read for the first time withdraws nothing in a
    /// replay.
    fn previous(&self, _: &ItemId) -> Result<Option<Previous>, StoreError> {
        Ok(None)
    }

    /// The text of an item as this generation has told it so far; of one that is told no more, or not told again, the
    /// last.
    fn text(&self, id: &ItemId) -> Result<Option<StoredText>, StoreError> {
        match self.items.get(id).and_then(|item| item.before.as_ref()) {
            Some(before) => Ok(before.text.clone()),
            None => self.state.text(id),
        }
    }

    /// A series as this generation knows it: what was claimed before the window, what comes again in it, and of the other
    /// items what they had claimed by now.
    fn series(&self, key: &str) -> Result<Option<SeriesState>, StoreError> {
        let told = self.series.get(key);
        let mut known = told.cloned().unwrap_or_default();
        let comes_again = |claim: &SeriesClaim| self.items.contains_key(&ItemId(claim.item().to_owned()));
        for claim in self.state.series(key)?.unwrap_or_default().claims {
            let before = claim.observed < self.start && told.is_none();
            let meanwhile = claim.observed >= self.start && claim.observed <= self.now && !comes_again(&claim);
            if before || meanwhile {
                known.join(claim);
            }
        }
        Ok(Some(known).filter(|known| !known.claims.is_empty()))
    }
}

impl Memory {
    /// The memory as it was when the window began, at `start`. May block.
    pub(super) fn restore(
        options: &Options,
        state: &State,
        items: HashMap<ItemId, Basis>,
        changed: &HashMap<ItemId, Timestamp>,
        start: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut index = Index::new(options);
        let mut to_come = Vec::new();
        let remember = |id: &ItemId, head: ItemHead| {
            match items.get(id) {
                Some(Basis { before: Some(before), .. }) => {
                    return index.restore_item(id, ItemHead::from(&before.state));
                }
                Some(Basis { before: None, .. }) => return,
                None => {}
            }
            let settled = changed.get(id).copied().unwrap_or(head.first_seen);
            if settled <= start {
                return index.restore_item(id, head);
            }
            if settled > head.first_seen {
                // Until its last change its text was another, which is not known here: nothing is compared with it.
                let unread = ItemHead { signature: None, ..head.clone() };
                to_come.push((head.first_seen, id.clone(), unread));
            }
            to_come.push((settled, id.clone(), head));
        };
        state.restore(remember)?;
        to_come.sort_by(|(at, id, _), (other_at, other, _)| (at, id).cmp(&(other_at, other)));
        Ok(Self {
            index,
            items,
            to_come: to_come.into(),
            told: BTreeMap::new(),
            untold: BTreeSet::new(),
            series: BTreeMap::new(),
            start,
        })
    }

    /// Time goes on: what was first seen by now is known.
    fn advance(&mut self, now: Timestamp) {
        while let Some((_, id, entry)) = self.to_come.pop_front_if(|(first_seen, _, _)| *first_seen <= now) {
            self.index.restore_item(&id, entry);
        }
    }

    /// Whether the text before this revision is not known though there was one.
    pub(super) fn lacks_text(&self, id: &ItemId) -> bool {
        let before = self.items.get(id).and_then(|item| item.before.as_ref());
        before.is_some_and(|before| before.state.revision > 0 && before.text.is_none())
    }

    /// What is settled about an item before it is judged.
    pub(super) fn settled(&self, id: &ItemId) -> Option<(Relation, ItemId)> {
        self.items.get(id).and_then(|item| item.settled.clone())
    }

    /// What the kill of an item withdraws again.
    pub(super) fn withdraws(&self, id: &ItemId) -> Vec<Withdrawal> {
        self.items.get(id).map_or_else(Vec::new, |item| item.withdraws.clone())
    }

    /// What an item is killed as by a notice, with its content. In this generation nothing stands that would have to be
    /// taken back. May block.
    pub(super) fn withdraw(
        &mut self,
        state: &State,
        now: Timestamp,
        notice: &Enriched,
        target: &Withdrawal,
    ) -> Result<Option<(Hash, Enriched, Verdict)>, StoreError> {
        let Some(committed) = state.item(&target.item)? else { return Ok(None) };
        let hash = committed.hash.clone();
        let Some(previous) = before(committed, target.revision.saturating_sub(1), now) else { return Ok(None) };
        let Self { index, items, told, series, start, .. } = self;
        let known = Then { items, told, series, state, start: *start, now };
        let (enriched, mut verdict) = index.withdraw(now, notice, &target.item, previous, &known)?;
        self.tell_story(state, now, &mut verdict)?;
        Ok(Some((hash, enriched, verdict)))
    }

    /// The first revision of a story in a generation tells it, also where it changes nothing: the topics of another prefix
    /// know nothing of it, and readers of this generation only did not see it before.
    fn tell_story(&mut self, state: &State, now: Timestamp, verdict: &mut Verdict) -> Result<(), StoreError> {
        let Self { items, told, series, start, .. } = self;
        let known = Then { items, told, series, state, start: *start, now };
        if let (Outcome::Publish { .. }, None, Some(id)) = (&verdict.outcome, &verdict.story, &verdict.state.story)
            && !told.contains_key(id)
        {
            verdict.story = known.story(id)?;
        }
        for story in verdict.story.iter().chain(&verdict.other_story) {
            self.told.insert(story.id.clone(), story.clone());
            self.untold.insert(story.id.clone());
        }
        Ok(())
    }

    /// Judges a revision. May block.
    pub(super) fn judge(
        &mut self,
        state: &State,
        now: Timestamp,
        observed: &Observed,
        enriched: &mut Enriched,
        admission: Admission,
    ) -> Result<Verdict, StoreError> {
        self.advance(now);
        let Self { index, items, told, series, start, .. } = self;
        let known = Then { items, told, series, state, start: *start, now };
        let previous = items.get(&observed.item.id).and_then(|item| item.before.clone());
        let standing = index.standing(now, previous.as_ref(), &enriched.article);
        extract::stand(enriched, standing);
        let mut verdict = index.judge(now, Question { enriched, hash: &observed.hash, previous, admission }, &known)?;
        self.tell_story(state, now, &mut verdict)?;
        self.series.extend(verdict.series.iter().cloned());
        Ok(verdict)
    }

    /// A series as this generation has told it so far.
    pub(super) fn series(&self, key: &str) -> Option<&SeriesState> {
        self.series.get(key)
    }

    /// The next story that is to be written into the state.
    pub(super) fn next_story(&mut self) -> Option<&StoryState> {
        let id = self.untold.pop_first()?;
        self.told.get(&id)
    }

    /// A revision could not be read this time: its number stays empty in this generation.
    pub(super) fn lost(&mut self, id: &ItemId, before: Option<Previous>) {
        let Some(item) = self.items.get_mut(id) else { return };
        item.remaining = item.remaining.saturating_sub(1);
        item.before = before.filter(|_| item.remaining > 0);
    }

    /// Remembers what a verdict made of an item, while more of its contents are to come.
    pub(super) fn keep(&mut self, id: &ItemId, verdict: &Verdict, state: ItemState) {
        let Some(item) = self.items.get_mut(id) else { return };
        item.remaining = item.remaining.saturating_sub(1);
        let text = verdict.text.clone().or_else(|| item.before.take().and_then(|before| before.text));
        // Texts are large: one that is not compared with any more goes.
        item.before = (item.remaining > 0).then_some(Previous { state, text });
    }
}
