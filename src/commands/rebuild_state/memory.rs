//! What each record says about the memory of the daemon that wrote it.

use crate::{
    dedup::{self, Published},
    model::{
        ArticleRecord, ClaimRecord, FeedId, Generation, Hash, ItemId, ItemState, Observation, Op, Origin, Position,
        Record, SeriesClaim, SeriesState, StateChange, StoryRecord, StoryState, Topic, state_key,
    },
    publish::{decode, ninjs},
    state::State,
    store::StoreError,
    topics::Placed,
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// What is gathered beside the entries of items and stories.
pub(super) struct Memory {
    now: Timestamp,
    horizon: SignedDuration,
    /// The last origin of each feed, with its time: of several intakes the latest counts.
    feeds: BTreeMap<FeedId, (Timestamp, Position)>,
    /// The last frame of each intake that something was published of.
    intakes: BTreeMap<String, u64>,
    generation: u32,
    pub(super) items: u64,
    pub(super) stories: u64,
    pub(super) claims: u64,
    pub(super) unreadable: u64,
}

impl Memory {
    pub(super) fn new(now: Timestamp, horizon: Duration) -> Self {
        Self {
            now,
            horizon: SignedDuration::try_from(horizon).unwrap_or(SignedDuration::MAX),
            feeds: BTreeMap::new(),
            intakes: BTreeMap::new(),
            generation: 0,
            items: 0,
            stories: 0,
            claims: 0,
            unreadable: 0,
        }
    }

    /// Takes up one record.
    pub(super) fn take(&mut self, placed: &Placed, state: &mut State) -> Result<(), StoreError> {
        let record = &placed.record;
        self.origin(record);
        let known = match record.topic {
            Topic::Articles => self.article(record, state)?,
            Topic::DeadLetters => self.letter(record, state)?,
            Topic::CovidStats => self.claim(record, state)?,
            Topic::Stories => self.story(record, state)?,
            _ => true,
        };
        if !known {
            self.unreadable += 1;
            tracing::warn!(place = %placed.place, "a record cannot be read");
        }
        Ok(())
    }

    /// Everything below the origin of a committed record is done: batches are committed in the order of the log.
    fn origin(&mut self, record: &Record) {
        let Some(origin) = record.header("origin").and_then(|origin| origin.parse::<Origin>().ok()) else { return };
        let at = record.header("ce_time").and_then(|time| time.parse().ok()).unwrap_or(Timestamp::MIN);
        let number = record.header("generation").and_then(|number| number.parse().ok()).unwrap_or(0);
        self.generation = self.generation.max(number);
        let last = self.intakes.entry(origin.intake.clone()).or_default();
        *last = (*last).max(origin.seq);
        let feed = match record.topic {
            Topic::FeedStatus | Topic::Events => record.key.as_str(),
            Topic::DeadLetters => record.header("feed").unwrap_or_else(|| feed_of(record)),
            _ => feed_of(record),
        };
        let place = Position { intake: origin.intake, seq: origin.seq, index: origin.index };
        let above = |(time, known): &(Timestamp, Position)| {
            if known.intake == place.intake { (place.seq, place.index) > (known.seq, known.index) } else { at > *time }
        };
        let feed = FeedId(feed.to_owned());
        if self.feeds.get(&feed).is_none_or(above) {
            self.feeds.insert(feed, (at, place));
        }
    }

    fn article(&mut self, record: &Record, state: &mut State) -> Result<bool, StoreError> {
        let Some(value) = read::<ArticleRecord>(record) else { return Ok(false) };
        let Some(hash) = record.header("hash").map(|hash| Hash(hash.to_owned())) else { return Ok(false) };
        let (id, revision, change) = (value.id.clone(), value.revision, value.change);
        let duplicate = value.duplicate.clone();
        let (withdraws, withdrawn_by) = (value.withdraws.clone(), value.withdrawn_by.clone());
        let article = decode::article(value);
        let observed = article.observed.unwrap_or(self.now);
        let mut before = state.item(&id)?;
        // One that was forgotten at the horizon and came back began anew.
        let is_anew = |before: &ItemState| revision == 1 && observed.duration_since(before.first_seen) >= self.horizon;
        if before.as_ref().is_some_and(is_anew) {
            before = None;
        } else if before.is_none() {
            self.items += 1;
        }
        if let Some(known) = before.as_mut().filter(|known| known.revision > revision) {
            // A replay, whose later revisions are known already.
            dedup::rebuild_earlier(known, &hash);
            state.apply(StateChange::set(state_key::item(&id), &*known));
            return Ok(true);
        }
        let published = Published {
            article: &article,
            duplicate: &duplicate,
            change,
            revision,
            hash: &hash,
            observed,
            withdraws: &withdraws,
            withdrawn_by: withdrawn_by.as_ref(),
        };
        let (mut entry, text) = dedup::rebuild(before.as_ref(), &published);
        // No record tells how long it stood in its feed: forgotten too soon it would begin again at revision 1.
        entry.touched = self.now;
        state.apply(StateChange::set(state_key::item(&id), &entry));
        state.apply(StateChange::set(state_key::text(&id), &text));
        Ok(true)
    }

    /// A revision that no topic took counts all the same.
    fn letter(&mut self, record: &Record, state: &mut State) -> Result<bool, StoreError> {
        let header = |name: &str| record.header(name);
        let (Some(item), Some(hash), Some(id)) = (header("item"), header("hash"), header("ce_id")) else {
            return Ok(false);
        };
        let revision: u32 = header("rev").and_then(|rev| rev.parse().ok()).unwrap_or(0);
        if revision == 0 || id != format!("{item}/{revision}") {
            return Ok(true);
        }
        let (id, hash) = (ItemId(item.to_owned()), Hash(hash.to_owned()));
        let observed = header("ce_time").and_then(|time| time.parse().ok()).unwrap_or(self.now);
        let before = state.item(&id)?;
        if let Some(mut known) = before.clone().filter(|known| known.revision >= revision) {
            dedup::rebuild_earlier(&mut known, &hash);
            state.apply(StateChange::set(state_key::item(&id), &known));
            return Ok(true);
        }
        if before.is_none() {
            self.items += 1;
        }
        // What it said is not known any more, so nothing is compared with it.
        let article = crate::model::Article::new(id.clone(), FeedId(feed_of(record).to_owned()));
        let duplicate = crate::model::Duplicate {
            relation: before.as_ref().map_or(crate::model::Relation::Original, |before| before.relation),
            of: before.as_ref().and_then(|before| before.of.clone()),
            similarity: None,
            shared: None,
            added_paragraphs: Vec::new(),
            reason: "not_compared".to_owned(),
            story: before.as_ref().and_then(|before| before.story.clone()).or_else(|| Some(item.to_owned())),
            origin_agency: None,
        };
        let change = crate::model::Change::Update;
        let published = Published {
            article: &article,
            duplicate: &duplicate,
            change,
            revision,
            hash: &hash,
            observed,
            withdraws: &[],
            withdrawn_by: None,
        };
        let (mut entry, _) = dedup::rebuild(before.as_ref(), &published);
        entry.touched = self.now;
        state.apply(StateChange::set(state_key::item(&id), &entry));
        state.apply(StateChange::forget(state_key::text(&id)));
        Ok(true)
    }

    fn claim(&mut self, record: &Record, state: &mut State) -> Result<bool, StoreError> {
        let Some(value) = read::<ClaimRecord>(record) else { return Ok(false) };
        let Some(mut item) = state.item(&value.item)? else { return Ok(true) };
        if value.observed.is_some_and(|observed| observed < item.first_seen) {
            // Of a life of the item that was forgotten.
            return Ok(true);
        }
        let claim = decode::standing(&value);
        let at = item.claims.iter().position(|known| known.observation.id == claim.observation.id);
        let before = at.and_then(|at| item.claims.get(at)).cloned();
        if before.as_ref().is_none_or(|known| known.revision <= claim.revision) {
            let before = before.map(|known| known.observation);
            self.series(&value, before.as_ref(), &claim.observation, state)?;
        }
        match (value.op, at.and_then(|at| item.claims.get_mut(at))) {
            // Of a replay the newest revision is known already.
            (_, Some(known)) if known.revision > claim.revision => return Ok(true),
            (Op::Assert, Some(known)) => *known = claim,
            (Op::Assert, None) => {
                item.claims.push(claim);
                self.claims += 1;
            }
            (Op::Retract, Some(_)) => {
                item.claims.retain(|known| known.observation.id != claim.observation.id);
                self.claims -= 1;
            }
            (Op::Retract, None) => return Ok(true),
        }
        state.apply(StateChange::set(state_key::item(&value.item), &item));
        Ok(true)
    }

    /// The series that a claim joins, and the one that it leaves: as `dedup` keeps them, by the time of the record.
    fn series(
        &self,
        record: &ClaimRecord,
        before: Option<&Observation>,
        claim: &Observation,
        state: &mut State,
    ) -> Result<(), StoreError> {
        let observed = record.observed.unwrap_or(self.now);
        let joins = (record.op == Op::Assert).then(|| {
            let told = (record.agency.as_deref(), &record.feed, observed);
            SeriesClaim::of(record.id.clone(), claim, told)
        });
        let mut joins = joins.flatten();
        let (old, new) = (before.and_then(SeriesState::key), SeriesState::key(claim));
        let keys: BTreeSet<String> = old.iter().chain(&new).cloned().collect();
        for key in keys {
            let known = state.series(&key)?;
            let mut series = known.clone().unwrap_or_default();
            series.forget_before(observed.checked_sub(self.horizon).unwrap_or(Timestamp::MIN));
            series.leave(&record.id);
            if let Some(claim) = joins.take_if(|_| new.as_ref() == Some(&key)) {
                series.join(claim);
            }
            series.change_from(known.as_ref(), key).into_iter().for_each(|change| state.apply(change));
        }
        Ok(())
    }

    fn story(&mut self, record: &Record, state: &mut State) -> Result<bool, StoreError> {
        if record.value.is_none() {
            state.apply(StateChange::forget(state_key::story(&record.key)));
            return Ok(true);
        }
        let Some(value) = read::<StoryRecord>(record) else { return Ok(false) };
        let mut longest = 0;
        for member in &value.members {
            let body = state.previous(member)?.and_then(|known| known.text).map_or(0, |text| text.body.len());
            longest = longest.max(body);
        }
        if state.story(&value.id)?.is_none() {
            self.stories += 1;
        }
        let StoryRecord { id, members, agencies, first_seen, headline, merged_into, merged, split_from, .. } = value;
        let story =
            StoryState { v: 1, id, members, agencies, first_seen, headline, longest, merged_into, merged, split_from };
        state.apply(StateChange::set(state_key::story(&story.id), &story));
        Ok(true)
    }

    /// The frame behind which the daemon goes on. Of the last frame that anything was published of, the rest may be
    /// undone; it is judged again, and what was published of it is known by its feed's origin.
    pub(super) fn position(&self, intake: &str, floor: u64) -> u64 {
        self.intakes.get(intake).map_or(0, |last| last.saturating_sub(1)).max(floor)
    }

    /// Positions, origins and the generation. `floor` is what the log of the own intake begins behind.
    pub(super) fn conclude(&self, own: &str, floor: u64) -> Vec<StateChange> {
        let mut changes = Vec::new();
        let mut intakes = self.intakes.clone();
        intakes.entry(own.to_owned()).or_default();
        for (intake, last) in intakes {
            let seq = if intake == own { self.position(own, floor) } else { last };
            let done = Position { intake: intake.clone(), seq, index: 0 };
            changes.push(StateChange::set(state_key::position(&intake), &done));
            let lost = Position { seq: last.max(seq), ..done };
            changes.push(StateChange::set(state_key::rebuilt(&intake), &lost));
        }
        let origins = self.feeds.iter();
        changes.extend(origins.map(|(feed, (_, place))| StateChange::set(state_key::feed(feed), place)));
        if self.generation > 0 {
            let generation = Generation { v: 1, number: self.generation, batches: 0, finished: true };
            changes.push(StateChange::set(state_key::GENERATION.to_owned(), &generation));
        }
        changes
    }
}

/// An id is the feed's and a hash.
fn feed_of(record: &Record) -> &str {
    let item = record.header("item").unwrap_or(&record.key);
    item.rsplit_once(':').map_or(item, |(feed, _)| feed)
}

fn read<T: serde::de::DeserializeOwned>(record: &Record) -> Option<T> {
    serde_json::from_slice(&ninjs::flat(record.value.as_deref()?)).ok()
}
