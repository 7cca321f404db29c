//! What is remembered of the past: the values of the state topic and of its local image.
//!
//! Every value is JSON with a version; fields are only ever added, with a default.

use crate::model::{
    ClaimEvidence, FeedId, Hash, ItemId, Observation, Observed, Origin, Outcome, Packed, Relation, Signature,
    SuppressReason, Withdrawal,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A key of the state, as the state topic and the cache write it.
pub mod state_key {
    use crate::model::{FeedId, ItemId};

    /// Last frame done of an intake.
    pub fn position(intake: &str) -> String {
        format!("pos/{intake}")
    }

    /// Entry of an item: an [`super::ItemState`].
    pub fn item(id: &ItemId) -> String {
        format!("item/{id}")
    }

    /// The item whose entry this is the key of.
    pub fn item_of(key: &str) -> Option<ItemId> {
        key.strip_prefix("item/").map(|id| ItemId(id.to_owned()))
    }

    /// Text of an item's last published revision: a [`super::StoredText`].
    pub fn text(id: &ItemId) -> String {
        format!("text/{id}")
    }

    /// Entry of a story: a [`super::StoryState`].
    pub fn story(id: &str) -> String {
        format!("story/{id}")
    }

    /// Entries of series begin with this; [`crate::model::SeriesState::key`] makes the whole.
    pub const SERIES: &str = "series/";

    /// Last origin done of a feed.
    pub fn feed(id: &FeedId) -> String {
        format!("feed/{id}")
    }

    /// How often operators had the past published again: a [`super::Generation`].
    pub const GENERATION: &str = "generation";

    /// What the fetcher of an item last published of it: a [`super::SeenState`].
    pub fn seen(id: &ItemId) -> String {
        format!("{SEEN}{id}")
    }

    /// Entries of what fetchers published begin with this.
    pub const SEEN: &str = "seen/";

    /// What is known of a feed beside its items, as the intake keeps it.
    pub fn facts(id: &FeedId) -> String {
        format!("{FACTS}{id}")
    }

    /// Facts of feeds begin with this.
    pub const FACTS: &str = "facts/";

    /// Where a deployment has been moved to, in words: whoever finds this is not to work here.
    pub const MOVED: &str = "moved";

    /// Who has a shard of feeds: an [`super::Owner`].
    pub const OWNER: &str = "owner";

    /// Stands while the state is being made anew from the topics: it is not whole.
    pub const REBUILDING: &str = "rebuilding";

    /// Up to which frame the state was made anew: of what was judged there and not published the reasons are lost. A
    /// [`super::Position`].
    pub fn rebuilt(intake: &str) -> String {
        format!("rebuilt/{intake}")
    }

    /// How far the move from the journal to a broker has come: a [`super::Migration`].
    pub const MIGRATION: &str = "migration";

    /// How far a feed has been published again under another prefix: a [`super::Position`].
    pub fn copied(prefix: &str, feed: &FeedId) -> String {
        format!("copied/{prefix}/{feed}")
    }
}

/// The form of a value and the newest that is known here, when a newer program wrote it. Every value whose form ever
/// changes begins with `{"v":N`, so that it need not be read to be told.
pub fn newer_form(key: &str, value: &[u8]) -> Option<(u8, u8)> {
    let known = if key.starts_with("item/") { ItemState::VERSION } else { 1 };
    let digits = value.strip_prefix(b"{\"v\":")?;
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let found = std::str::from_utf8(digits.get(..length)?).ok()?.parse().unwrap_or(u8::MAX);
    (found > known).then_some((found, known))
}

/// One change of the state: a new value, or a tombstone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateChange {
    /// See [`state_key`].
    pub key: String,
    /// JSON, or none to forget the key.
    pub value: Option<Vec<u8>>,
}

impl StateChange {
    /// Sets a key.
    pub fn set(key: String, value: &impl Serialize) -> Self {
        let value = serde_json::to_vec(value).expect("state values have string keys and finite numbers");
        Self { key, value: Some(value) }
    }

    /// Forgets a key.
    pub fn forget(key: String) -> Self {
        Self { key, value: None }
    }
}

/// The last frame of an intake that was done: value of `pos/<intake>`, and in `feed/<feed>` with the index in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The intake that counts.
    pub intake: String,
    /// The last frame done.
    pub seq: u64,
    /// The last place in the frame that was done; for feeds only.
    #[serde(default)]
    pub index: usize,
}

impl Position {
    /// Whether what was observed there is done.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.intake == origin.intake && (self.seq, self.index) >= (origin.seq, origin.index)
    }
}

/// How many earlier intakes of a feed are remembered.
const EARLIER_INTAKES: usize = 8;

/// What of a feed was done: value of `feed/<feed>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedPosition {
    /// The last place.
    #[serde(flatten)]
    pub last: Position,
    /// Where its earlier intakes were left when others took it over, the latest first: what stands in a topic between
    /// the roles may be read again from a time before that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Position>,
}

impl FeedPosition {
    /// After this origin.
    pub fn after(earlier: Option<Self>, origin: &Origin) -> Self {
        let last = Position::from(origin);
        let mut before = earlier.map_or_else(Vec::new, |Self { last, mut before }| {
            before.insert(0, last);
            before
        });
        before.retain(|position| position.intake != last.intake);
        before.truncate(EARLIER_INTAKES);
        Self { last, before }
    }

    /// Whether what was observed there is done.
    pub fn covers(&self, origin: &Origin) -> bool {
        self.last.covers(origin) || self.before.iter().any(|position| position.covers(origin))
    }
}

impl From<&Origin> for Position {
    fn from(Origin { intake, seq, index }: &Origin) -> Self {
        Self { intake: intake.clone(), seq: *seq, index: *index }
    }
}

/// Which generation of records is the newest, and how far the replay came that began it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generation {
    /// Version of this form: 1.
    pub v: u8,
    /// Its number: header `generation` of every record from then on.
    pub number: u32,
    /// Batches of the replay that are committed. After a doubtful commit this says whether it was one.
    pub batches: u64,
    /// Whether the replay came to its end.
    pub finished: bool,
}

/// How far the move of a directory from the journal to a broker has come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Migration {
    /// Version of this form: 1.
    pub v: u8,
    /// The directory's intake.
    pub intake: String,
    /// The last frame that the journal had done when it was moved.
    pub at: u64,
    /// How many lines it had written. One that went on after a move broke off has more.
    pub lines: u64,
    /// The number of the next record of each topic.
    pub topics: std::collections::BTreeMap<String, u64>,
    /// The last key of the state that is over there.
    pub key: String,
    /// Whether all of it is.
    pub finished: bool,
}

/// A place in the intake log: the frame, and the place in the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// The frame.
    pub seq: u64,
    /// The place in the frame.
    pub index: usize,
}

impl From<&Origin> for Place {
    fn from(origin: &Origin) -> Self {
        Self { seq: origin.seq, index: origin.index }
    }
}

/// What the fetcher of an item last published of it: whoever takes its feed over knows by this what is new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenState {
    /// Version of this form: 1.
    pub v: u8,
    /// Its feed.
    pub feed: FeedId,
    /// The intake that published it.
    pub intake: String,
    /// In which tenure of its shard it was observed.
    #[serde(default)]
    pub tenure: u64,
    /// Content of the feed's entry.
    pub item_hash: Hash,
    /// Content of the revision, its page included.
    pub hash: Hash,
    /// Contents it had before, newest last, at most 32.
    pub earlier: Vec<Hash>,
    /// When it was last published or touched.
    pub touched: Timestamp,
    /// When the page of this entry was first had, of a feed that wants pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_at: Option<Timestamp>,
}

impl SeenState {
    /// Contents that are remembered.
    const EARLIER: usize = 32;

    /// The entry once this revision is published, observed at `at` by the shard's owner.
    pub fn after(before: Option<Self>, observed: &Observed, at: Timestamp, owner: Owner) -> Self {
        let (item_hash, hash) = (observed.item.content_hash(), observed.hash.clone());
        // A page that is looked at again keeps the time of the first look, from which the others are counted.
        let same_entry = before.as_ref().filter(|before| before.item_hash == item_hash);
        let had_page = observed.page.is_some() || observed.page_missing.is_some();
        let page_at = had_page.then(|| same_entry.and_then(|before| before.page_at).unwrap_or(at));
        let mut earlier = Vec::new();
        if let Some(before) = before {
            earlier = before.earlier;
            earlier.extend([before.item_hash, before.hash]);
        }
        let mut kept: Vec<Hash> = Vec::new();
        for content in earlier.into_iter().rev() {
            if kept.len() < Self::EARLIER && content != hash && content != item_hash && !kept.contains(&content) {
                kept.push(content);
            }
        }
        kept.reverse();
        let feed = observed.item.feed.clone();
        let Owner { intake, tenure } = owner;
        Self { v: 1, feed, intake, tenure, item_hash, hash, earlier: kept, touched: at, page_at }
    }
}

/// Who has a shard of feeds, or had it. Tenures of a shard are counted from 1; each has one owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The intake.
    pub intake: String,
    /// Which tenure it is.
    pub tenure: u64,
}

/// A revision that was not published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// Its content.
    pub hash: Hash,
    /// Why.
    pub reason: SuppressReason,
    /// Where in the intake it was observed, so that a replay knows it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
}

/// A claim that stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandingClaim {
    /// The revision that asserted it.
    pub revision: u32,
    /// What it says.
    pub observation: Observation,
    /// Its words.
    pub evidence: ClaimEvidence,
}

/// Entry of one item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemState {
    /// Version of this form. Version 1 spelt signatures out; it is read, and written anew as this one.
    #[serde(serialize_with = "this_version")]
    pub v: u8,
    /// Its feed.
    pub feed: FeedId,
    /// Published revisions so far; 0 when all were suppressed.
    pub revision: u32,
    /// Content of the last revision judged.
    pub hash: Hash,
    /// Contents it had before, newest last, at most 16.
    #[serde(default)]
    pub earlier: Vec<Hash>,
    /// Revisions that were not published, newest last, at most 16.
    #[serde(default)]
    pub suppressed: Vec<Suppressed>,
    /// Where in the intake those of its revisions were observed that went to the dead letters, newest last, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Place>,
    /// How it relates to the item it goes back to.
    pub relation: Relation,
    /// That item.
    pub of: Option<ItemId>,
    /// Its story.
    pub story: Option<String>,
    /// Agency that wrote it.
    pub agency: Option<String>,
    /// When it was first observed.
    pub first_seen: Timestamp,
    /// When it was last seen in its feed, within half a horizon.
    pub touched: Timestamp,
    /// Its text's signature; absent when it is not to be compared with. Of a killed item that of the text before: by it
    /// alone a second notice finds what the first has withdrawn.
    pub signature: Option<Signature>,
    /// The claims that stand.
    #[serde(default)]
    pub claims: Vec<StandingClaim>,
    /// Killed by its publisher.
    #[serde(default)]
    pub killed: bool,
    /// What it withdrew, of a notice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdraws: Vec<Withdrawal>,
    /// Its revisions that no content of its own told, but a notice; newest last, at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub withdrawn: Vec<Withdrawal>,
}

/// Places that an item's entry remembers of its revisions that took no number.
const PLACES: usize = 16;

impl ItemState {
    /// The version that is written.
    pub const VERSION: u8 = 2;

    /// The notice that this revision is told by.
    pub fn told_by(&self, revision: u32) -> Option<&ItemId> {
        self.withdrawn.iter().find(|told| told.revision == revision).map(|told| &told.item)
    }

    /// Notes where a revision was observed that was judged last and is only remembered.
    pub fn note_suppressed(&mut self, outcome: &Outcome, place: Place) {
        let noted = match outcome {
            Outcome::Publish { .. } | Outcome::Suppress(SuppressReason::Unchanged) => None,
            Outcome::Suppress(_) => self.suppressed.last_mut(),
        };
        if let Some(suppressed) = noted {
            suppressed.at = Some(place);
        }
        // One that once went to the dead letters has been read now.
        self.failed.retain(|failed| *failed != place);
    }

    /// Notes where a revision was observed that went to the dead letters.
    pub fn note_failed(&mut self, place: Place) {
        self.failed.push(place);
        let surplus = self.failed.len().saturating_sub(PLACES);
        self.failed.drain(..surplus);
    }
}

fn this_version<S: serde::Serializer>(_read: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u8(ItemState::VERSION)
}

/// Of an item's entry what is remembered across items: a start reads this of every entry, and the rest of an entry only
/// when its item is met.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ItemHead {
    /// Its feed.
    pub feed: FeedId,
    /// The item it goes back to.
    pub of: Option<ItemId>,
    /// Its story.
    pub story: Option<String>,
    /// Agency that wrote it.
    pub agency: Option<String>,
    /// When it was first observed.
    pub first_seen: Timestamp,
    /// When it was last seen in its feed, within half a horizon.
    pub touched: Timestamp,
    /// Its text's signature; absent when it is not to be compared with.
    pub signature: Option<Packed>,
    /// Killed: nothing is compared with its text but a notice.
    #[serde(default)]
    pub killed: bool,
}

impl From<&ItemState> for ItemHead {
    fn from(state: &ItemState) -> Self {
        Self {
            feed: state.feed.clone(),
            of: state.of.clone(),
            story: state.story.clone(),
            agency: state.agency.clone(),
            first_seen: state.first_seen,
            touched: state.touched,
            signature: state.signature.as_ref().map(Packed::from),
            killed: state.killed,
        }
    }
}

/// The published text of an item, kept so that a later revision can say what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredText {
    /// Version of this form: 1.
    pub v: u8,
    /// Headline.
    pub headline: Option<String>,
    /// Summary.
    pub summary: Option<String>,
    /// Body.
    pub body: String,
    /// The other published fields whose changes are named, by their names in the record.
    #[serde(default)]
    pub fields: std::collections::BTreeMap<String, String>,
}

/// What is known of an item before a revision of it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Previous {
    /// Its entry.
    pub state: ItemState,
    /// Its last published text.
    pub text: Option<StoredText>,
}

/// One story: what tells of one event, and what goes back to that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryState {
    /// Version of this form: 1.
    pub v: u8,
    /// Id of its first item.
    pub id: String,
    /// The items, in the order seen.
    pub members: Vec<ItemId>,
    /// The agencies, in the order seen.
    pub agencies: Vec<String>,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// Headline of the fullest copy.
    pub headline: Option<String>,
    /// Length of the fullest copy's body in bytes.
    pub longest: usize,
    /// The story that it turned out to be a part of: what joins this one joins that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<String>,
    /// Stories that turned out to be parts of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<String>,
    /// The story that its first item was taken out of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split_from: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_of_a_feed_is_known_by_each_intake_that_had_it() {
        let at = |intake: &str, seq| Origin { intake: intake.to_owned(), seq, index: 0 };
        let after = |origins: &[Origin]| origins.iter().fold(None, |done, at| Some(FeedPosition::after(done, at)));
        let done = after(&[at("x", 3), at("y", 1), at("y", 2), at("x", 5)]).unwrap();
        assert!([at("x", 5), at("x", 1), at("y", 2)].iter().all(|origin| done.covers(origin)));
        assert!([at("x", 6), at("y", 3), at("z", 1)].iter().all(|origin| !done.covers(origin)));
        let one: FeedPosition = serde_json::from_str(r#"{"intake":"x","seq":3,"index":0}"#).unwrap();
        assert_eq!(serde_json::to_value(&one).unwrap(), serde_json::to_value(&one.last).unwrap(), "as it always was");
        let many: Vec<Origin> = (0..99).map(|number| at(&number.to_string(), 1)).collect();
        assert_eq!(after(&many).unwrap().before.len(), EARLIER_INTAKES);
    }
}
