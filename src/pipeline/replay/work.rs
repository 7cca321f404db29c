//! The second pass: one unit after the other, judged against the replay's own memory, gathered into batches.
//!
//! What comes in has been wanted by the plan. What goes out are the records of a batch with what it changes in the
//! state, and a mark among these changes by which it is known again after a doubtful commit.

use super::{
    history::Fate,
    memory::Memory,
    plan::{Plan, before},
};
use crate::{
    model::{
        Admission, Content, DeadLetter, Enriched, Feed, FeedId, Generation, Hash, Issue, ItemId, ItemState, Notice,
        Observed, Origin, Outcome, Place, Position, Record, SeriesState, Stage, StandingClaim, StateChange, Verdict,
        state_key,
    },
    pipeline::{
        RunError,
        admission::admission,
        decide::{Rules, size},
        enrich::{self, Prepared, Unit},
        line::MAX_UNITS,
    },
    publish::{Batch, encode},
    state::State,
    store::{Store, StoreError},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// Where a replay goes.
enum Way {
    /// In place, as this generation.
    Generation(Generation),
    /// To topics of this prefix; how far each feed has come there.
    Copy(String, HashMap<FeedId, Place>),
}

pub(super) struct Work {
    rules: Arc<Rules>,
    state: State,
    memory: Memory,
    fates: Arc<HashMap<(u64, usize), Fate>>,
    way: Way,
    open: Open,
}

/// The open batch.
#[derive(Default)]
struct Open {
    records: Vec<Record>,
    bytes: usize,
    units: usize,
    killed: Vec<ItemId>,
    /// The last place of each feed.
    done: BTreeMap<FeedId, Place>,
}

/// A batch, ready to be committed.
pub(super) struct Closed {
    pub(super) batch: Batch,
    /// The change of the state by which the batch is known to be committed.
    pub(super) mark: StateChange,
    /// Items whose texts are to be erased once it is.
    pub(super) killed: Vec<ItemId>,
}

impl Work {
    /// Restores the memory as it was when the window began. May block.
    pub(super) fn begin(
        store: Store,
        rules: Arc<Rules>,
        fates: Arc<HashMap<(u64, usize), Fate>>,
        copy: Option<String>,
        plan: Plan,
    ) -> Result<Self, StoreError> {
        let state = State::new(store);
        let way = match copy {
            Some(prefix) => Way::Copy(prefix, HashMap::new()),
            None => {
                let number = state.generation()?.map_or(0, |generation| generation.number) + 1;
                Way::Generation(Generation { v: 1, number, batches: 0, finished: false })
            }
        };
        let memory = Memory::restore(&rules.dedup, &state, plan.items, &plan.changed, plan.start)?;
        Ok(Self { rules, state, memory, fates, way, open: Open::default() })
    }

    /// The generation that it begins, if it does.
    pub(super) fn generation(&self) -> Option<u32> {
        match &self.way {
            Way::Generation(generation) => Some(generation.number),
            Way::Copy(..) => None,
        }
    }

    fn open_bytes(&self) -> usize {
        self.open.bytes + self.state.changes_bytes()
    }

    /// Whether the open batch is to be committed before the next unit.
    pub(super) fn is_full(&self, max_batch: usize) -> bool {
        self.open_bytes() >= max_batch || self.open.units >= MAX_UNITS
    }

    /// Decides about one unit. May block.
    pub(super) fn take(&mut self, unit: Unit) -> Result<(), RunError> {
        let Unit { feed, origin, at, content, .. } = unit;
        let place = Place::from(&origin);
        let records = match content {
            Prepared::Item(observed, enriched) => self.item(&feed, &origin, at, &observed, enriched)?,
            Prepared::Other(content) => self.other(&origin, at, &content),
            // The intake's own frames are whole.
            Prepared::Poison(_) => Vec::new(),
        };
        self.open.units += 1;
        if self.is_there_already(&feed.id, place)? {
            return Ok(());
        }
        self.open.bytes += records.iter().map(size).sum::<usize>();
        self.open.records.extend(records);
        self.open.done.insert(feed.id.clone(), place);
        Ok(())
    }

    /// Whether the topics of another prefix have it from an earlier run: then it is judged for the memory only.
    fn is_there_already(&mut self, feed: &FeedId, place: Place) -> Result<bool, StoreError> {
        let Way::Copy(prefix, reached) = &mut self.way else { return Ok(false) };
        if !reached.contains_key(feed) {
            let position = self.state.copied(prefix, feed)?.filter(|position| position.intake == self.rules.log);
            let place = position.map_or(Place { seq: 0, index: 0 }, |Position { seq, index, .. }| Place { seq, index });
            reached.insert(feed.clone(), place);
        }
        Ok(reached.get(feed).is_some_and(|reached| place <= *reached))
    }

    fn item(
        &mut self,
        feed: &Feed,
        origin: &Origin,
        at: Timestamp,
        observed: &Observed,
        enriched: Result<Box<Enriched>, Box<DeadLetter>>,
    ) -> Result<Vec<Record>, RunError> {
        let place = Place::from(origin);
        let Some(fate) = self.fates.get(&(place.seq, place.index)).copied() else { return Ok(Vec::new()) };
        let id = &observed.item.id;
        let judged = match enriched {
            Ok(enriched) => self.judge(feed, at, observed, enriched, fate)?,
            Err(letter) => Err(letter),
        };
        let rules = Arc::clone(&self.rules);
        let stamp = rules.stamp(self.generation().unwrap_or(0), origin, &observed.hash, at);
        let (enriched, verdict) = match judged {
            Ok(Some(judged)) => judged,
            Ok(None) => return Ok(Vec::new()),
            Err(letter) => {
                tracing::error!(item = %id, stage = letter.stage.as_str(), detail = letter.detail, "item goes to the dead letters");
                if let Fate::Again { revision, .. } = fate {
                    let committed = self.state.item(id)?;
                    self.memory.lost(id, committed.and_then(|committed| before(committed, revision, at)));
                }
                return Ok(vec![encode::item_dead_letter(&stamp, id, &letter)]);
            }
        };
        if verdict.state.killed {
            self.open.killed.push(id.clone());
        }
        self.remember(id, place, fate, &verdict)?;
        let mut withdrawn = Vec::new();
        for target in &verdict.withdraws {
            // What is committed of it is true in every generation: it is killed, and nothing of it stands.
            let Some((hash, item, killed)) = self.memory.withdraw(&self.state, at, &enriched, target)? else {
                continue;
            };
            let stamp = rules.stamp(self.generation().unwrap_or(0), origin, &hash, at);
            withdrawn.extend(encode::article(&stamp, item, &killed));
        }
        let mut records = encode::article(&stamp, *enriched, &verdict);
        records.extend(withdrawn);
        Ok(records)
    }

    /// The verdict, or none for what has no number; a dead letter where judging breaks.
    #[allow(clippy::type_complexity, reason = "its outcomes, named once")]
    fn judge(
        &mut self,
        feed: &Feed,
        at: Timestamp,
        observed: &Observed,
        mut enriched: Box<Enriched>,
        fate: Fate,
    ) -> Result<Result<Option<(Box<Enriched>, Verdict)>, Box<DeadLetter>>, StoreError> {
        let id = &observed.item.id;
        let admission = match fate {
            Fate::Again { kill, .. } => {
                if kill {
                    // The words that said so may be among those that were erased.
                    enriched.article.wire.notice = Some(Notice::Kill);
                }
                if self.memory.lacks_text(id) {
                    let what = "the revision before this one is not among those that are replayed";
                    enriched.article.issues.push(Issue::new(Stage::Dedup, "previous_not_retained", what));
                }
                let withdraws = if kill { self.memory.withdraws(id) } else { Vec::new() };
                Admission::Again { settled: self.memory.settled(id), withdraws }
            }
            Fate::Fresh => admission(feed, observed, at),
            Fate::Remembered(_) | Fate::Left(_) => return Ok(Ok(None)),
        };
        // A verdict is remembered last, so one that breaks off leaves no trace.
        let judging = AssertUnwindSafe(|| self.memory.judge(&self.state, at, observed, &mut enriched, admission));
        Ok(match catch_unwind(judging) {
            Ok(verdict) => Ok(Some((enriched, verdict?))),
            Err(panic) => Err(enrich::letter(observed, Stage::Dedup, &enrich::words(panic.as_ref()))),
        })
    }

    /// Keeps a verdict: in the replay's memory, and in the committed state where it is about the item's last revision.
    fn remember(&mut self, id: &ItemId, place: Place, fate: Fate, verdict: &Verdict) -> Result<(), RunError> {
        let mut state = verdict.state.clone();
        let mut is_last = true;
        let standing = self.state.item(id)?.map_or_else(Vec::new, |committed| committed.claims);
        if let Fate::Again { revision, .. } = fate {
            fits(id, place, revision, verdict)?;
            let committed = self.state.item(id)?.filter(|committed| committed.revision == revision);
            is_last = committed.is_some();
            if let Some(committed) = committed {
                state = as_observed(committed, state);
            }
        } else {
            state.note_suppressed(&verdict.outcome, place);
        }
        if is_last && self.generation().is_some() {
            self.retell(id, &standing, &state.claims)?;
            self.state.apply(StateChange::set(state_key::item(id), &state));
            if let Some(text) = &verdict.text {
                self.state.apply(StateChange::set(state_key::text(id), text));
            }
        }
        self.memory.keep(id, verdict, state);
        Ok(())
    }

    /// Puts into the committed series what this generation says in them of an item, in place of what it said before.
    fn retell(&mut self, id: &ItemId, before: &[StandingClaim], now: &[StandingClaim]) -> Result<(), StoreError> {
        let keys: BTreeSet<String> =
            before.iter().chain(now).filter_map(|claim| SeriesState::key(&claim.observation)).collect();
        for key in keys {
            let committed = self.state.series(&key)?;
            let mut series = committed.clone().unwrap_or_default();
            series.claims.retain(|claim| claim.item() != id.0);
            let told = self.memory.series(&key).into_iter().flat_map(|told| &told.claims);
            told.filter(|claim| claim.item() == id.0).cloned().for_each(|claim| series.join(claim));
            series.change_from(committed.as_ref(), key).into_iter().for_each(|change| self.state.apply(change));
        }
        Ok(())
    }

    fn other(&mut self, origin: &Origin, at: Timestamp, content: &Content) -> Vec<Record> {
        let no_revision = Hash(String::new());
        let rules = Arc::clone(&self.rules);
        let stamp = rules.stamp(self.generation().unwrap_or(0), origin, &no_revision, at);
        match content {
            Content::Item(_) | Content::Touch(_) => Vec::new(),
            Content::Status(status) => vec![encode::status(&stamp, status)],
            Content::Event(event) => vec![encode::event(&stamp, event)],
            Content::Unreadable(letter) => vec![encode::dead_letter(&stamp, letter)],
        }
    }

    /// Puts stories into the open batch, up to this size; true when more are left.
    pub(super) fn tell_stories(&mut self, max_batch: usize) -> bool {
        if self.generation().is_none() {
            return false;
        }
        while let Some(story) = self.memory.next_story() {
            self.state.apply(StateChange::set(state_key::story(&story.id), story));
            if self.open_bytes() >= max_batch {
                return true;
            }
        }
        false
    }

    /// The open batch, ready to be committed; none when there is nothing in it. A new one is open.
    pub(super) fn close(&mut self, position: u64, finished: bool) -> Option<Closed> {
        let Open { records, killed, done, .. } = std::mem::take(&mut self.open);
        let changed = !records.is_empty() || self.state.changes_bytes() > 0;
        let mut marks = Vec::new();
        match &mut self.way {
            Way::Generation(generation) => {
                // A generation without records is none.
                let ends = finished && generation.batches > 0;
                if !changed && !ends {
                    return None;
                }
                generation.batches += 1;
                generation.finished = finished;
                marks.push(StateChange::set(state_key::GENERATION.to_owned(), generation));
            }
            Way::Copy(prefix, _) => {
                let intake = &self.rules.log;
                marks.extend(done.into_iter().map(|(feed, Place { seq, index })| {
                    let position = Position { intake: intake.clone(), seq, index };
                    StateChange::set(state_key::copied(prefix, &feed), &position)
                }));
            }
        }
        let mark = marks.last()?.clone();
        marks.into_iter().for_each(|mark| self.state.apply(mark));
        let position = Position { intake: self.rules.log.clone(), seq: position, index: 0 };
        let batch = Batch { records, state: self.state.close(), position };
        let killed = if self.generation().is_some() { killed } else { Vec::new() };
        Some(Closed { batch, mark, killed })
    }

    /// The batch that was closed last is in the image.
    pub(super) fn committed(&mut self) {
        self.state.committed();
    }
}

/// The item's entry as this generation left it. What it says of the contents observed stays as it is committed.
fn as_observed(committed: ItemState, replayed: ItemState) -> ItemState {
    let signature = if committed.killed { committed.signature } else { replayed.signature.clone() };
    let ItemState { v, feed, revision, hash, earlier, suppressed, failed, first_seen, touched, .. } = committed;
    let (withdraws, withdrawn) = (committed.withdraws, committed.withdrawn);
    ItemState {
        v,
        feed,
        revision,
        hash,
        earlier,
        suppressed,
        failed,
        first_seen,
        touched,
        signature,
        withdraws,
        withdrawn,
        ..replayed
    }
}

/// A number that does not fit would be one revision under two numbers: better none at all.
fn fits(id: &ItemId, place: Place, expected: u32, verdict: &Verdict) -> Result<(), RunError> {
    match verdict.outcome {
        Outcome::Publish { revision, .. } if revision == expected => Ok(()),
        ref outcome => Err(RunError {
            exit: 70,
            message: format!(
                "item {id} at frame {} of the intake should come again as revision {expected} and came out as \
                 {outcome:?}: nothing of this batch is published; please report it",
                place.seq
            ),
        }),
    }
}
