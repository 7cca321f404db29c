//! The first of two passes: what of the window is published again, and what was known before it.
//!
//! In come the frames from the window's first to the last one that was decided, for numbers are counted back from
//! there, and the committed entries. Out goes a [`Plan`]: the fate of every place, and for each item the entry from
//! which its first replayed revision is judged. Nothing is enriched here, so this is also all that a dry run does.

use super::history::{Fate, Seen, Why, fates};
use crate::{
    intake::Intake,
    model::{Content, FeedId, Hash, ItemId, ItemState, Place, Previous, Relation, Withdrawal},
    state::State,
    store::{Store, StoreError},
};
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, HashSet};

/// How much of the log is read at once.
const READ_BYTES: usize = 4 << 20;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// Observed from then on.
    pub(super) since: Option<Timestamp>,
    /// Observed before.
    pub(super) until: Option<Timestamp>,
    /// Only these; none for all.
    pub(super) feeds: HashSet<FeedId>,
    /// The intake's id.
    pub(super) intake: String,
    /// Items not seen since then may have been forgotten.
    pub(super) horizon: Timestamp,
    /// Whether what was never decided about may be decided now.
    pub(super) decides: bool,
}

/// What a replay does with one feed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FeedShare {
    /// Revisions that are published again.
    pub revisions: u64,
    /// Contents that had gone to the dead letters and are read anew.
    pub unread: u64,
    /// Contents that were only remembered, and are so still.
    pub remembered: u64,
    /// Contents that are left out, by the reason.
    pub left: BTreeMap<Why, u64>,
    /// Records that are no revisions: states of the feed, events, dead letters.
    pub others: u64,
}

/// A content that is left out though somebody may miss it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The item.
    pub item: ItemId,
    /// Where it was observed.
    pub place: Place,
    /// Why.
    pub why: Why,
}

/// What is known of an item before its first content of the window.
#[derive(Debug, Default)]
pub(super) struct Basis {
    /// As its first content is judged against.
    pub(super) before: Option<Previous>,
    /// Contents that are still to come.
    pub(super) remaining: usize,
    /// The item that it goes back to, where that one's text of the time is not known in the replay.
    pub(super) settled: Option<(Relation, ItemId)>,
    /// Its whole history lies in the window, from its first revision to its last.
    pub(super) whole: bool,
    /// What its kill withdraws again.
    pub(super) withdraws: Vec<Withdrawal>,
}

/// What is to be done.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// First and last frame; none where there is nothing.
    pub(super) window: Option<(u64, u64)>,
    /// When the first was observed.
    pub(super) start: Timestamp,
    pub(super) fates: HashMap<(u64, usize), Fate>,
    pub(super) items: HashMap<ItemId, Basis>,
    /// When the text of an item last changed, of those that the window shows, whatever their feed.
    pub(super) changed: HashMap<ItemId, Timestamp>,
    /// Up to this frame the entries were made anew from the topics.
    rebuilt: u64,
    /// Places of what is no item.
    pub(super) others: HashSet<(u64, usize)>,
    pub(super) feeds: BTreeMap<FeedId, FeedShare>,
    pub(super) left_out: Vec<LeftOut>,
}

impl Plan {
    /// Makes the plan over what was decided up to `position`.
    pub(super) async fn make(intake: &Intake, store: &Store, wish: Wish, position: u64) -> Result<Self, StoreError> {
        let Some((first, last)) = intake.window(wish.since, wish.until, position).await? else {
            return Ok(Self::default());
        };
        let mut scan = Scan::default();
        let mut seq = first;
        while seq <= position {
            let frames = intake.read_from(seq, READ_BYTES).await?;
            if frames.is_empty() {
                break;
            }
            for frame in frames.into_iter().take_while(|frame| frame.seq <= position) {
                seq = frame.seq + 1;
                scan.start.get_or_insert(frame.at);
                let is_chosen = wish.feeds.is_empty() || wish.feeds.contains(&frame.feed);
                for (index, content) in frame.contents.into_iter().enumerate() {
                    if let Content::Item(observed) = &content {
                        scan.changed.insert(observed.item.id.clone(), frame.at);
                    }
                    if is_chosen {
                        scan.see(&frame.feed, Place { seq: frame.seq, index }, frame.at, content, last);
                    }
                }
            }
        }
        let state = State::new(store.clone());
        let planned = tokio::task::spawn_blocking(move || scan.plan(&state, &wish, (first, last))).await;
        planned.map_err(|failure| StoreError::Io(format!("planning a replay: {failure}")))?
    }

    /// Whether nothing would be published.
    pub(super) fn is_empty(&self) -> bool {
        self.fates.is_empty() && self.others.is_empty()
    }
}

/// What the frames hold.
#[derive(Default)]
struct Scan {
    start: Option<Timestamp>,
    changed: HashMap<ItemId, Timestamp>,
    items: HashMap<ItemId, (FeedId, Vec<Seen>)>,
    /// What is no item; whether it is a state of its feed.
    others: Vec<(FeedId, Place, bool)>,
    /// The last state of each feed, for its topic keeps the last only.
    statuses: HashMap<FeedId, Place>,
}

impl Scan {
    fn see(&mut self, feed: &FeedId, place: Place, at: Timestamp, content: Content, last: u64) {
        match content {
            Content::Item(observed) => {
                let seen = Seen { place, at, hash: observed.hash.clone(), withdrawn: observed.is_withdrawn() };
                let known = self.items.entry(observed.item.id).or_insert_with(|| (feed.clone(), Vec::new()));
                known.1.push(seen);
            }
            Content::Touch(_) => {}
            Content::Status(_) | Content::Event(_) | Content::Unreadable(_) => {
                let is_status = matches!(content, Content::Status(_));
                if is_status {
                    self.statuses.insert(feed.clone(), place);
                }
                if place.seq <= last {
                    self.others.push((feed.clone(), place, is_status));
                }
            }
        }
    }

    fn plan(self, state: &State, wish: &Wish, window: (u64, u64)) -> Result<Plan, StoreError> {
        let mut plan = Plan {
            window: Some(window),
            start: self.start.unwrap_or_default(),
            changed: self.changed,
            ..Plan::default()
        };
        for (feed, place, is_status) in self.others {
            // An older state of a feed must not come to lie over a newer one.
            let superseded = is_status && self.statuses.get(&feed).is_some_and(|newest| newest.seq > window.1);
            if !superseded {
                plan.others.insert((place.seq, place.index));
                plan.feeds.entry(feed).or_default().others += 1;
            }
        }
        plan.rebuilt = state.rebuilt(&wish.intake)?.map_or(0, |position| position.seq);
        for (id, (feed, seen)) in self.items {
            let previous = state.previous(&id)?;
            let mut targets = Vec::new();
            for target in previous.iter().flat_map(|previous| &previous.state.withdraws) {
                targets.extend(state.item(&target.item)?.map(|item| (target.clone(), item)));
            }
            plan.item(id, &feed, previous, (&seen, targets), wish);
        }
        let whole: HashSet<ItemId> =
            plan.items.iter().filter(|(_, item)| item.whole).map(|(id, _)| id.clone()).collect();
        for item in plan.items.values_mut() {
            // Where the original comes again from its beginning, the link is found again, or a better one. A notice finds
            // nothing in a replay.
            item.settled = item.settled.take().filter(|(_, of)| !whole.contains(of) || !item.withdraws.is_empty());
        }
        plan.left_out.sort_by_key(|left| left.place);
        Ok(plan)
    }
}

impl Plan {
    fn item(
        &mut self,
        id: ItemId,
        feed: &FeedId,
        committed: Option<Previous>,
        (seen, targets): (&[Seen], Vec<(Withdrawal, ItemState)>),
        wish: &Wish,
    ) {
        let (_, last) = self.window.unwrap_or_default();
        let entry = committed.as_ref().map(|previous| &previous.state);
        let forgotten = seen.iter().any(|content| content.at < wish.horizon);
        let mut fates = fates(entry, seen, forgotten, self.rebuilt);
        if !wish.decides {
            let never = |fate: &&mut Fate| **fate == Fate::Fresh;
            fates.iter_mut().filter(never).for_each(|fate| *fate = Fate::Left(Why::Failed));
        }
        let share = self.feeds.entry(feed.clone()).or_default();
        let mut first_number = None;
        let mut remaining = 0;
        let mut reaches_last = false;
        let mut killed_as = None;
        for (content, fate) in seen.iter().zip(&fates).filter(|(content, _)| content.place.seq <= last) {
            match *fate {
                Fate::Again { revision, kill } => {
                    share.revisions += 1;
                    killed_as = killed_as.or(kill.then_some(revision));
                    remaining += 1;
                    first_number.get_or_insert((revision, content.at));
                    reaches_last |= entry.is_some_and(|entry| entry.revision == revision);
                }
                Fate::Fresh => {
                    share.unread += 1;
                    remaining += 1;
                }
                Fate::Remembered(_) => share.remembered += 1,
                Fate::Left(why) => {
                    *share.left.entry(why).or_default() += 1;
                    if why != Why::Withdrawn {
                        self.left_out.push(LeftOut { item: id.clone(), place: content.place, why });
                    }
                }
            }
            // What failed before is read again all the same: its dead letter is one of the records.
            if matches!(fate, Fate::Again { .. } | Fate::Fresh | Fate::Left(Why::Failed)) {
                self.fates.insert((content.place.seq, content.place.index), *fate);
            }
        }
        if remaining == 0 {
            return;
        }
        let settled = entry.and_then(|entry| Some((entry.relation, entry.of.clone()?)));
        let before = match (committed, first_number) {
            (Some(committed), Some((revision, at))) => before(committed.state, revision - 1, at),
            (committed, _) => committed,
        };
        let whole = before.is_none() && reaches_last;
        let comes_again = |(target, item): &(Withdrawal, ItemState)| {
            let is_last = item.withdrawn.last().is_some_and(|told| told.item == id && told.revision == target.revision);
            // A notice that was sent again comes again at its later place: what has come back to life since stays alive.
            let in_order = killed_as == Some(1) || killed_as.is_some() && item.revision == target.revision;
            is_last && in_order && (wish.feeds.is_empty() || wish.feeds.contains(&item.feed))
        };
        let withdraws = targets.into_iter().filter(comes_again).map(|(target, _)| target).collect();
        self.items.insert(id, Basis { before, remaining, settled, whole, withdraws });
    }
}

/// The item as it was when it had this many published revisions, as far as that is known. Its text is not, so that
/// what changed cannot be said, and nothing is compared with it; its claims are left out, so that the first revision of the new generation asserts
/// all of them. How it relates to others is taken from today: a copy keeps its original.
pub(super) fn before(committed: ItemState, revision: u32, at: Timestamp) -> Option<Previous> {
    if revision == 0 && committed.first_seen >= at {
        return None;
    }
    let published = revision > 0;
    let state = ItemState {
        revision,
        hash: Hash(String::new()),
        earlier: Vec::new(),
        suppressed: Vec::new(),
        failed: Vec::new(),
        relation: if published { committed.relation } else { Relation::Original },
        of: committed.of.filter(|_| published),
        story: committed.story.filter(|_| published),
        signature: None,
        claims: Vec::new(),
        killed: false,
        withdrawn: committed.withdrawn.iter().filter(|told| told.revision <= revision).cloned().collect(),
        ..committed
    };
    Some(Previous { state, text: None })
}
