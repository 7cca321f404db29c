//! One unit after the other: verdict, records, changes of the state. The one place with memory, owned by the line.
//!
//! Everything here is a function of the frames and the committed state: time is the frame's own, so that a batch that
//! is made again after a doubtful commit is the same batch.

use super::{
    admission::admission,
    carry::Part,
    enrich::{self, Prepared, Unit},
    line::MAX_UNITS,
    steps::Going,
    tally::Tally,
};
use crate::{
    dedup::{self, Index, Question},
    extract, faults,
    model::{
        Admission, ArticleSummary, Change, Content, DeadLetter, Enriched, Feed, FeedId, FeedPosition, FigureSummary,
        Hash, ItemHead, ItemId, LATEST_FIGURES, Observed, Origin, Outcome, Place, Position, Previous, Record,
        SeriesState, Shown, Stage, StateChange, StoredText, StoryState, SuppressReason, Topic, Verdict, state_key,
    },
    publish::{Batch, Format, encode, ninjs},
    state::State,
    store::{Store, StoreError},
    tap::Tap,
};
use jiff::{SignedDuration, Timestamp};
use std::{collections::BTreeSet, sync::Arc};

impl dedup::Known for State {
    type Error = StoreError;

    fn story(&self, id: &str) -> Result<Option<StoryState>, StoreError> {
        State::story(self, id)
    }

    fn previous(&self, id: &ItemId) -> Result<Option<Previous>, StoreError> {
        State::previous(self, id)
    }

    fn text(&self, id: &ItemId) -> Result<Option<StoredText>, StoreError> {
        State::text(self, id)
    }

    fn series(&self, key: &str) -> Result<Option<SeriesState>, StoreError> {
        State::series(self, key)
    }
}

/// What holds for all decisions of a run.
pub(super) struct Rules {
    /// What becomes of the units.
    pub(super) part: Part,
    /// What positions are counted in: the intake, or a partition of a topic.
    pub(super) log: String,
    pub(super) dedup: dedup::Options,
    pub(super) publish_body: bool,
    pub(super) format: Format,
    /// The share of traces that are marked as sampled.
    pub(super) sampled: f64,
    pub(super) program: String,
    /// Where verdicts are offered to those who watch.
    pub(super) tap: Tap,
    /// Whether somebody wants what is published as a whole.
    pub(super) keep_shown: bool,
}

impl Rules {
    pub(super) fn stamp<'a>(
        &'a self,
        generation: u32,
        origin: &'a Origin,
        hash: &'a Hash,
        observed: Timestamp,
    ) -> encode::Stamp<'a> {
        let Self { publish_body, format, sampled, program, .. } = self;
        let (publish_body, format, sampled) = (*publish_body, *format, *sampled);
        encode::Stamp { origin, generation, hash, observed, publish_body, format, sampled, program }
    }
}

/// Frames are in order but for minutes; what comes so long before the hour that was looked at last is of a clock that was
/// ahead until then.
const SET_BACK: SignedDuration = SignedDuration::from_hours(24);

/// The content of what is no revision.
pub(super) static NO_REVISION: Hash = Hash(String::new());

/// The memory behind the decisions, and the open batch.
pub(super) struct Decider {
    pub(super) rules: Arc<Rules>,
    pub(super) store: Store,
    pub(super) state: State,
    /// Of all records: replays that operators asked for.
    pub(super) generation: u32,
    index: Index,
    /// Units that broke the index: they go to the dead letters.
    broken: BTreeSet<Origin>,
    /// Units in a batch at most.
    pub(super) max_units: usize,
    /// Whether what has passed the horizon is forgotten: not while the clock is in doubt that told the frames their time.
    pub(super) forgets: bool,
    /// The hour as of which the horizon was looked at last; none when that is not known, then it is looked at again.
    pub(super) looked: Option<Timestamp>,
    pub(super) open: Open,
}

/// The open batch.
#[derive(Default)]
pub(super) struct Open {
    /// The last frame done before it.
    pub(super) position: u64,
    /// Where what was taken last was observed.
    pub(super) last: Option<Origin>,
    /// Feeds that a shard says something of.
    pub(super) feeds: BTreeSet<FeedId>,
    pub(super) records: Vec<Record>,
    record_bytes: usize,
    /// Size of the frames that it finishes.
    pub(super) frame_bytes: u64,
    pub(super) units: usize,
    /// What is published of it, for those who watch.
    pub(super) shown: Vec<Shown>,
    /// Items whose bodies are to be erased once it is committed.
    pub(super) killed: Vec<ItemId>,
    /// The hour as of which the horizon was looked at last.
    pub(super) looked: Option<Timestamp>,
    pub(super) tally: Tally,
}

impl Decider {
    /// Reads the memory from the committed state. May block.
    pub(super) fn restore(
        rules: Arc<Rules>,
        store: Store,
        position: u64,
        broken: BTreeSet<Origin>,
    ) -> Result<Self, StoreError> {
        let state = State::new(store.clone());
        let mut index = Index::new(&rules.dedup);
        if rules.part == Part::Judge {
            state.restore(|id, head| index.restore_item(id, head))?;
        }
        let generation = Self::generation(&state)?;
        let open = Open { position, ..Open::default() };
        let (max_units, forgets, looked) = (MAX_UNITS, false, None);
        Ok(Self { rules, store, state, generation, index, broken, max_units, forgets, looked, open })
    }

    /// Takes in what was committed while the memory was read: the keys that were set since. May block.
    pub(super) fn catch_up(&mut self, position: u64, set: &[String]) -> Result<(), StoreError> {
        for id in set.iter().filter_map(|key| state_key::item_of(key)) {
            if let Some(item) = self.state.item(&id)? {
                self.index.restore_item(&id, ItemHead::from(&item));
            }
        }
        if set.iter().any(|key| key == state_key::GENERATION) {
            self.generation = Self::generation(&self.state)?;
        }
        self.open.position = position;
        Ok(())
    }

    /// The number of the generation that was begun last.
    fn generation(state: &State) -> Result<u32, StoreError> {
        let generation = state.generation()?;
        if let Some(unfinished) = generation.as_ref().filter(|generation| !generation.finished) {
            let number = unfinished.number;
            tracing::warn!(generation = number, "the replay that began this generation was broken off: run it again");
        }
        Ok(generation.map_or(0, |generation| generation.number))
    }

    /// Whether the open batch has grown to so many bytes, or to as many units as a batch may have.
    pub(super) fn is_full(&self, max_batch: usize) -> bool {
        self.open.record_bytes + self.state.changes_bytes() >= max_batch || self.open.units >= self.max_units
    }

    /// Decides about one unit. May block. After a panic the memory is not to be used again.
    pub(super) fn take(&mut self, unit: Unit) -> Result<(), StoreError> {
        self.open.last = Some(unit.origin.clone());
        let (position, ends) = (unit.position, unit.ends);
        match &self.rules.part {
            Part::Enrich => self.enriched(unit),
            Part::Judge | Part::Fetch { .. } => {
                self.look_at_horizon(&unit)?;
                self.once(unit)?;
            }
        }
        self.open.units += 1;
        if let Some(bytes) = ends {
            self.open.position = position;
            self.open.frame_bytes += bytes as u64;
        }
        Ok(())
    }

    /// A replay from any earlier point changes nothing: what is not above the feed's last origin of its intake has been
    /// decided.
    fn once(&mut self, unit: Unit) -> Result<(), StoreError> {
        let Unit { feed, origin, at, position, content, .. } = unit;
        let done = self.state.feed_origin(&feed.id)?;
        if done.as_ref().is_some_and(|done| done.covers(&origin)) {
            return Ok(());
        }
        match (&self.rules.part, content) {
            (_, Prepared::Poison(letter)) => {
                // Nobody knows whose it is, so no feed's origin is moved by it.
                let stamp = self.rules.stamp(self.generation, &origin, &NO_REVISION, at);
                self.push(vec![encode::dead_letter(&stamp, &letter)]);
                return Ok(());
            }
            (Part::Fetch { .. }, Prepared::Other(content)) => {
                self.fetched(&feed, &origin, (at, position), content)?;
                self.open.feeds.insert(feed.id.clone());
            }
            (_, Prepared::Item(observed, enriched)) => self.item(&feed, &origin, at, observed, enriched)?,
            (_, Prepared::Other(content)) => self.other(&origin, at, content)?,
        }
        self.state.apply(StateChange::set(state_key::feed(&feed.id), &FeedPosition::after(done, &origin)));
        Ok(())
    }

    fn item(
        &mut self,
        feed: &Feed,
        origin: &Origin,
        at: Timestamp,
        observed: Box<Observed>,
        enriched: Result<Box<Enriched>, Box<DeadLetter>>,
    ) -> Result<(), StoreError> {
        let enriched = match enriched {
            Ok(_) if self.broken.contains(origin) => {
                Err(enrich::letter(&observed, Stage::Dedup, "comparing it with what is remembered failed"))
            }
            other => other,
        };
        let rules = Arc::clone(&self.rules);
        let stamp = rules.stamp(self.generation, origin, &observed.hash, at);
        let id = &observed.item.id;
        let mut enriched = match enriched {
            Ok(enriched) => enriched,
            Err(letter) => {
                let record = encode::item_dead_letter(&stamp, id, &letter);
                tracing::error!(item = %id, stage = letter.stage.as_str(), detail = letter.detail, "item goes to the dead letters");
                self.open.tally.dead_letter(letter.stage, true);
                self.failed(id, origin.into())?;
                self.push(vec![record]);
                return Ok(());
            }
        };
        let judging = Going::begin();
        let previous = self.state.previous(id)?;
        // What nobody was told of, or what is taken back already, is not taken back.
        let stands = previous.as_ref().is_some_and(|previous| previous.state.revision > 0 && !previous.state.killed);
        let admission = match observed.item.deleted && !stands {
            true => Admission::Remember(SuppressReason::Withdrawn),
            false => admission(feed, &observed, at),
        };
        if let Some(previous) = previous.as_ref().filter(|_| observed.item.deleted) {
            dedup::name_deleted(&mut enriched.article, previous);
        }
        if admission == Admission::Publish {
            let standing = self.index.standing(at, previous.as_ref(), &enriched.article);
            extract::stand(&mut enriched, standing);
        }
        let question = Question { enriched: &enriched, hash: &observed.hash, previous, admission };
        faults::point("dedup");
        let verdict = self.index.judge(at, question, &self.state)?;
        judging.over(Stage::Dedup).of_item(Stage::Dedup, &origin.to_string(), &observed.item.feed, id);
        self.open.tally.decided(&enriched, &verdict);
        if verdict.state.killed {
            self.open.killed.push(id.clone());
        }
        rules.tap.offer(Stage::Dedup, &observed.item.feed, Some(id), || told(&verdict));
        let shown = shown(&enriched, &verdict, at);
        let mut verdict = verdict;
        verdict.state.note_suppressed(&verdict.outcome, origin.into());
        self.remember(id, &verdict);
        let withdrawn = self.withdraw(origin, at, &enriched, &verdict)?;
        let records = encode::article(&stamp, *enriched, &verdict);
        self.show(shown, Some(observed), &records);
        self.push(records);
        self.push(withdrawn);
        Ok(())
    }

    /// Kills what a notice withdraws, each as a revision of its own, at the notice's place.
    fn withdraw(
        &mut self,
        origin: &Origin,
        at: Timestamp,
        notice: &Enriched,
        verdict: &Verdict,
    ) -> Result<Vec<Record>, StoreError> {
        let rules = Arc::clone(&self.rules);
        let mut records = Vec::new();
        for item in verdict.withdraws.iter().map(|target| &target.item) {
            let Some(previous) = self.state.previous(item)? else { continue };
            let hash = previous.state.hash.clone();
            let (enriched, verdict) = self.index.withdraw(at, notice, item, previous, &self.state)?;
            self.open.killed.push(item.clone());
            self.remember(item, &verdict);
            let shown = shown(&enriched, &verdict, at);
            let killing = encode::article(&rules.stamp(self.generation, origin, &hash, at), enriched, &verdict);
            self.show(shown, None, &killing);
            records.extend(killing);
        }
        Ok(records)
    }

    /// A revision that could not be read takes no number; a replay must know that it did not.
    fn failed(&mut self, id: &ItemId, place: Place) -> Result<(), StoreError> {
        if let Some(mut item) = self.state.item(id)? {
            item.note_failed(place);
            self.state.apply(StateChange::set(state_key::item(id), &item));
        }
        Ok(())
    }

    fn remember(&mut self, id: &ItemId, verdict: &Verdict) {
        self.state.apply(StateChange::set(state_key::item(id), &verdict.state));
        if let Some(text) = &verdict.text {
            self.state.apply(StateChange::set(state_key::text(id), text));
        }
        for story in verdict.story.iter().chain(&verdict.other_story) {
            self.state.apply(StateChange::set(state_key::story(&story.id), story));
        }
        for (key, series) in &verdict.series {
            self.state.apply(series.change(key.clone()));
        }
    }

    fn other(&mut self, origin: &Origin, at: Timestamp, content: Content) -> Result<(), StoreError> {
        let rules = Arc::clone(&self.rules);
        let stamp = rules.stamp(self.generation, origin, &NO_REVISION, at);
        let record = match content {
            Content::Item(_) => return Ok(()),
            Content::Touch(id) => {
                if let Some(mut item) = self.state.item(&id)? {
                    item.touched = at;
                    self.index.restore_item(&id, ItemHead::from(&item));
                    self.state.apply(StateChange::set(state_key::item(&id), &item));
                }
                return Ok(());
            }
            Content::Status(status) => encode::status(&stamp, &status),
            Content::Event(event) => encode::event(&stamp, &event),
            Content::Unreadable(letter) => {
                self.open.tally.dead_letter(letter.stage, false);
                encode::dead_letter(&stamp, &letter)
            }
        };
        self.push(vec![record]);
        Ok(())
    }

    /// Forgets what has passed the horizon, before the first unit of each hour; the tombstones stand at that unit's place.
    fn look_at_horizon(&mut self, unit: &Unit) -> Result<(), StoreError> {
        let hour = whole_hour(unit.at);
        let is_due = |looked: Timestamp| hour > looked || looked.duration_since(hour) > SET_BACK;
        if !self.forgets || !self.looked.is_none_or(is_due) {
            return Ok(());
        }
        self.looked = Some(hour);
        if let Part::Fetch { .. } = self.rules.part {
            let horizon = SignedDuration::try_from(self.rules.dedup.horizon).unwrap_or(SignedDuration::MAX);
            return self.forget_seen(hour.checked_sub(horizon).unwrap_or(Timestamp::MIN));
        }
        let changes = self.index.evict(hour, self.state.stories()?, self.state.series_ends()?);
        let rules = Arc::clone(&self.rules);
        let stamp = rules.stamp(self.generation, &unit.origin, &NO_REVISION, hour);
        let stories = changes.iter().filter(|change| change.value.is_none());
        let stories = stories.filter_map(|change| change.key.strip_prefix("story/"));
        let tombstones: Vec<Record> = stories.map(|story| encode::story_forgotten(&stamp, story)).collect();
        self.push(tombstones);
        changes.into_iter().for_each(|change| self.state.apply(change));
        Ok(())
    }

    /// The open batch, ready to be committed; a new one is open.
    pub(super) fn close(&mut self) -> Result<(Batch, Open), StoreError> {
        self.tell_facts()?;
        let mut open = std::mem::take(&mut self.open);
        self.open.position = open.position;
        open.looked = self.looked;
        let position = Position { intake: self.rules.log.clone(), seq: open.position, index: 0 };
        if self.rules.part != Part::Enrich {
            // Also when no frame is finished yet: a state without a position is taken for one that was lost.
            self.state.apply(StateChange::set(state_key::position(&self.rules.log), &position));
        }
        let records = std::mem::take(&mut open.records);
        Ok((Batch { records, state: self.state.close(), position }, open))
    }

    /// The batch that was closed last is in the image.
    pub(super) fn committed(&mut self) {
        self.state.committed();
    }

    /// What had broken the index before, for the next one.
    pub(super) fn into_broken(self) -> BTreeSet<Origin> {
        self.broken
    }

    fn show(&mut self, shown: Option<Shown>, item: Option<Box<Observed>>, records: &[Record]) {
        let Some(mut shown) = shown else { return };
        if self.rules.keep_shown {
            shown.backfilled = item.as_ref().is_some_and(|item| item.first_sight.is_some());
            shown.item = item;
            shown.records = match self.rules.format {
                Format::Ninjs => records.iter().map(flat).collect(),
                Format::Flat => records.to_vec(),
            };
        }
        self.open.shown.push(shown);
    }

    pub(super) fn push(&mut self, records: Vec<Record>) {
        self.open.record_bytes += records.iter().map(size).sum::<usize>();
        self.open.records.extend(records);
    }
}

/// The begun hour, which the horizon is looked at as of: were it the time itself, each unit would have its own horizon.
fn whole_hour(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(3600) * 3600).unwrap_or(at)
}

/// A record with its article in our own form.
fn flat(record: &Record) -> Record {
    let mut record = record.clone();
    if record.topic == Topic::Articles {
        record.value = record.value.map(|value| ninjs::flat(&value).into_owned());
    }
    record
}

/// A verdict, for those who watch.
fn told(verdict: &Verdict) -> serde_json::Value {
    let duplicate = serde_json::json!(verdict.duplicate);
    match &verdict.outcome {
        Outcome::Publish { revision, change, supersedes, changes } => serde_json::json!({
            "outcome": "publish", "revision": revision, "change": change, "supersedes": supersedes, "changes": changes,
            "duplicate": duplicate,
        }),
        Outcome::Suppress(reason) => {
            serde_json::json!({ "outcome": "suppress", "reason": reason, "duplicate": duplicate })
        }
    }
}

/// A revision that is published, for those who watch; what was observed and its records come later.
fn shown(enriched: &Enriched, verdict: &Verdict, at: Timestamp) -> Option<Shown> {
    let Outcome::Publish { revision, change, .. } = verdict.outcome else { return None };
    let names = enriched.entities.iter().map(|entity| (entity.kind, entity.name.clone()));
    Some(Shown {
        summary: summary(enriched, verdict, (revision, change), at),
        published: enriched.article.published.map(|time| time.utc()),
        backfilled: false,
        story: verdict.duplicate.story.clone(),
        entities: names.collect::<BTreeSet<_>>().into_iter().collect(),
        item: None,
        records: Vec::new(),
    })
}

pub(super) fn size(record: &Record) -> usize {
    let headers: usize = record.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    headers + record.key.len() + record.value.as_ref().map_or(0, Vec::len)
}

fn summary(enriched: &Enriched, verdict: &Verdict, (revision, change): (u32, Change), at: Timestamp) -> ArticleSummary {
    let article = &enriched.article;
    ArticleSummary {
        id: article.id.clone(),
        revision,
        feed: article.feed.clone(),
        headline: article.headline.clone(),
        url: article.url.clone(),
        observed: Some(at),
        agency: article.wire.agency.clone(),
        change,
        relation: verdict.duplicate.relation,
        of: verdict.duplicate.of.clone(),
        origin_agency: verdict.duplicate.origin_agency.clone(),
        observations: enriched.covid.observations.len(),
        figures: enriched.covid.observations.iter().take(LATEST_FIGURES).map(FigureSummary::from).collect(),
    }
}
