//! The table `seen`: the last content observed of each item, and the rule of what counts as new.
//!
//! Content that an item had before and shows again (stale caches do that) counts only after [`POLLS_TO_RETURN`] polls
//! in a row; a 304 counts as a poll that shows the same. All of it lies in the file, so it survives a restart.

use super::{Policy, adopt, before, feeds::Known, frames, micros};
use crate::{
    model::{Content, Feed, FeedId, Hash, Item, ItemId, ItemState, Observed, state_key},
    store::{
        error::{corrupt, corrupt_state},
        image,
    },
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, Transaction, params};

/// Polls in a row after which an earlier content is believed to be back.
pub(super) const POLLS_TO_RETURN: u32 = 3;

/// Earlier contents that are remembered of an item.
const EARLIER: usize = 32;

/// What was last observed of an item.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub item: ItemId,
    pub feed: String,
    pub item_hash: Hash,
    pub hash: Option<Hash>,
    pub whole: Hash,
    pub earlier: Vec<Hash>,
    pub candidate: Option<Candidate>,
    pub last_poll: u64,
    pub last_seen: i64,
    pub touched: i64,
}

/// An earlier content that is shown again, and how often in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    pub content: Hash,
    pub polls: u32,
    pub last_poll: u64,
}

/// What one more look at an item means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// It shows what it last showed.
    Same,
    /// It shows something it showed before; not believed yet.
    Stale,
    /// It shows something new, or something old often enough.
    Changed,
}

impl Seen {
    /// Looks at the content that a poll shows. `useful_poll` is the poll before it that showed anything.
    pub(super) fn look(&mut self, content: &Hash, poll: u64, useful_poll: u64) -> Look {
        if *content == self.item_hash {
            self.candidate = None;
            return Look::Same;
        }
        if !self.earlier.contains(content) {
            self.turn_to(content);
            return Look::Changed;
        }
        let polls = match &self.candidate {
            Some(candidate) if candidate.content == *content && candidate.last_poll == useful_poll => {
                candidate.polls + 1
            }
            _ => 1,
        };
        if polls < POLLS_TO_RETURN {
            self.candidate = Some(Candidate { content: content.clone(), polls, last_poll: poll });
            return Look::Stale;
        }
        self.turn_to(content);
        Look::Changed
    }

    /// Looks at the content that a hub pushed. A push that shows something earlier is late or repeated, and no poll: it
    /// counts for nothing.
    pub(super) fn look_at_push(&mut self, content: &Hash) -> Look {
        if *content == self.item_hash {
            return Look::Same;
        }
        if self.earlier.contains(content) {
            return Look::Stale;
        }
        self.turn_to(content);
        Look::Changed
    }

    /// The entry now has this content; what it had is remembered.
    fn turn_to(&mut self, content: &Hash) {
        let before = std::mem::replace(&mut self.item_hash, content.clone());
        self.remember(before);
        self.earlier.retain(|hash| hash != content);
        self.candidate = None;
    }

    /// A revision with this hash went into a frame.
    pub(super) fn released(&mut self, hash: &Hash) {
        if let Some(before) = self.hash.replace(hash.clone())
            && before != *hash
        {
            self.remember(before);
        }
        let current = &self.item_hash;
        self.earlier.retain(|earlier| earlier != hash && earlier != current);
    }

    fn remember(&mut self, hash: Hash) {
        self.earlier.retain(|earlier| *earlier != hash);
        self.earlier.push(hash);
        let too_many = self.earlier.len().saturating_sub(EARLIER);
        self.earlier.drain(..too_many);
    }

    /// Whether a frame must say that it still stands in its feed, so that it does not expire.
    pub(super) fn wants_touch(&mut self, now: Timestamp, policy: &Policy) -> bool {
        if self.touched > before(now, policy.horizon / 2) {
            return false;
        }
        self.touched = now.as_microsecond();
        true
    }
}

const COLUMNS: &str = "item, feed, item_hash, hash, whole, earlier, candidate, candidate_polls, candidate_poll, \
                       last_poll, last_seen, touched";

pub(super) fn load(db: &Connection, item: &ItemId) -> Result<Option<Seen>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM seen WHERE item = ?1"))?.query_row([&item.0], from_row).optional()
}

fn from_row(row: &Row<'_>) -> Result<Seen> {
    let item = ItemId(row.get(0)?);
    let earlier = serde_json::from_str(row.get_ref(5)?.as_str()?)
        .map_err(|error| corrupt(format!("what was seen of {item}: {error}")))?;
    let candidate = row.get::<_, Option<String>>(6)?.map(|content| -> Result<Candidate> {
        Ok(Candidate { content: Hash(content), polls: row.get(7)?, last_poll: row.get(8)? })
    });
    Ok(Seen {
        item,
        feed: row.get(1)?,
        item_hash: Hash(row.get(2)?),
        hash: row.get::<_, Option<String>>(3)?.map(Hash),
        whole: Hash(row.get(4)?),
        earlier,
        candidate: candidate.transpose()?,
        last_poll: row.get(9)?,
        last_seen: row.get(10)?,
        touched: row.get(11)?,
    })
}

/// Looks at every row.
pub(super) fn check(db: &Connection, mut note: impl FnMut(Result<Seen>)) -> Result<()> {
    let mut select = db.prepare(&format!("SELECT {COLUMNS} FROM seen"))?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        note(from_row(row));
    }
    Ok(())
}

/// Writes a row. `entry` is kept while an earlier content is being counted, for a 304 does not bring it.
pub(super) fn save(tx: &Transaction<'_>, seen: &Seen, entry: Option<&Item>) -> Result<()> {
    let earlier = serde_json::to_string(&seen.earlier).map_err(|error| corrupt(error.to_string()))?;
    let candidate = seen.candidate.as_ref();
    let entry = candidate.and(entry).map(frames::pack).transpose()?;
    tx.prepare_cached(
        "INSERT INTO seen (item, feed, item_hash, hash, whole, earlier, candidate, candidate_polls, candidate_poll,
           candidate_entry, last_poll, last_seen, touched)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
         ON CONFLICT (item) DO UPDATE SET item_hash = excluded.item_hash, hash = excluded.hash, whole = excluded.whole,
           earlier = excluded.earlier, candidate = excluded.candidate, candidate_polls = excluded.candidate_polls,
           candidate_poll = excluded.candidate_poll, candidate_entry = excluded.candidate_entry,
           last_poll = excluded.last_poll, last_seen = excluded.last_seen, touched = excluded.touched",
    )?
    .execute(params![
        seen.item.0,
        seen.feed,
        seen.item_hash.0,
        seen.hash.as_ref().map(|hash| &hash.0),
        seen.whole.0,
        earlier,
        candidate.map(|candidate| &candidate.content.0),
        candidate.map_or(0, |candidate| candidate.polls),
        candidate.map_or(0, |candidate| candidate.last_poll),
        entry,
        seen.last_poll,
        seen.last_seen,
        seen.touched,
    ])
    .map(drop)
}

/// Writes when it was seen and touched, and nothing else.
pub(super) fn touch(tx: &Transaction<'_>, seen: &Seen) -> Result<()> {
    tx.prepare_cached("UPDATE seen SET last_seen = ?2, touched = ?3 WHERE item = ?1")?
        .execute(params![seen.item.0, seen.last_seen, seen.touched])
        .map(drop)
}

/// What the committed state knows of an item that this intake has not seen: after the directory was lost, the feeds are
/// fetched whole again, and what is already published must not come twice.
pub(super) fn from_state(db: &Connection, item: &Item, poll: u64, now: Timestamp) -> Result<Option<Seen>> {
    let key = state_key::item(&item.id);
    let (item_hash, hash, earlier, touched) = match image::get(db, &key)? {
        Some(value) => {
            let state: ItemState =
                serde_json::from_slice(&value).map_err(|error| corrupt_state(&key, error.to_string()))?;
            (state.hash.clone(), state.hash, state.earlier, state.touched)
        }
        // A shard's state says what was published of it, and not what became of that.
        None => match adopt::seen_by(db, &item.id)? {
            Some(state) => (state.item_hash, state.hash, state.earlier, state.touched),
            None => return Ok(None),
        },
    };
    Ok(Some(Seen {
        item: item.id.clone(),
        feed: item.feed.0.clone(),
        item_hash,
        hash: Some(hash),
        whole: whole(item),
        earlier,
        candidate: None,
        last_poll: poll,
        last_seen: now.as_microsecond(),
        touched: touched.as_microsecond(),
    }))
}

/// Content of an item's entry in its feed, as it was last observed.
pub fn item_hash(db: &Connection, item: &ItemId) -> Result<Option<Hash>> {
    Ok(load(db, item)?.map(|seen| seen.item_hash))
}

/// Hash over everything that an entry says, content or not: a change of it is a reason to look at its page again.
pub(super) fn whole(item: &Item) -> Hash {
    let json = serde_json::to_vec(item).unwrap_or_default();
    Hash::of_bytes(&json)
}

/// A 304: what is counted is counted on, what still stands is touched. Returns what becomes of it.
pub(super) fn shown_again(
    tx: &Transaction<'_>,
    feed: &Feed,
    known: &Known,
    poll: u64,
    now: Timestamp,
    policy: &Policy,
) -> Result<Vec<Content>> {
    let mut contents = Vec::new();
    let counted: Vec<(Seen, Vec<u8>)> = tx
        .prepare_cached(&format!(
            "SELECT {COLUMNS}, candidate_entry FROM seen
             WHERE feed = ?1 AND last_poll = ?2 AND candidate IS NOT NULL AND candidate_entry IS NOT NULL"
        ))?
        .query_map(params![feed.id.0, known.document_poll], |row| Ok((from_row(row)?, row.get(12)?)))?
        .collect::<Result<_>>()?;
    for (mut seen, packed) in counted {
        let item = frames::unpack_entry(&packed, &seen.item.0)?;
        let content = item.content_hash();
        if seen.look(&content, poll, known.useful_poll) == Look::Changed {
            contents.extend(super::observe::take(tx, feed, &mut seen, &item, poll, now, None)?);
        }
        save(tx, &seen, Some(&item))?;
    }
    let stale = before(now, policy.horizon / 2);
    let standing: Vec<String> = tx
        .prepare_cached("SELECT item FROM seen WHERE feed = ?1 AND last_poll = ?2 AND touched <= ?3")?
        .query_map(params![feed.id.0, known.document_poll, stale], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for item in standing {
        tx.prepare_cached("UPDATE seen SET touched = ?2, last_seen = ?2 WHERE item = ?1")?
            .execute(params![item, now.as_microsecond()])?;
        contents.push(Content::Touch(ItemId(item)));
    }
    Ok(contents)
}

/// Until when [`shown_again`] finds nothing to do as long as every poll shows the same, in microseconds.
pub(super) fn quiet_until(db: &Connection, feed: &FeedId, known: &Known, policy: &Policy) -> Result<i64> {
    let (counted, touched): (u64, Option<i64>) = db
        .prepare_cached("SELECT count(candidate), min(touched) FROM seen WHERE feed = ?1 AND last_poll = ?2")?
        .query_row(params![feed.0, known.document_poll], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let due = touched.map_or(i64::MAX, |touched| touched.saturating_add(micros(policy.horizon / 2)));
    Ok(if counted > 0 { i64::MIN } else { due })
}

/// Forgets items that were last seen before the horizon and stand in their feed's last document no more.
pub(super) fn forget(tx: &Transaction<'_>, horizon: i64) -> Result<()> {
    tx.execute(
        "DELETE FROM seen WHERE last_seen < ?1 AND NOT EXISTS (
           SELECT 1 FROM feed WHERE feed.id = seen.feed
             AND json_extract(feed.facts, '$.document_poll') = seen.last_poll)",
        [horizon],
    )
    .map(drop)
}

/// The revision, complete, unless its content is what went into the last frame.
pub(super) fn release(seen: &mut Seen, observed: Observed) -> Option<Content> {
    if seen.hash.as_ref() == Some(&observed.hash) {
        return None;
    }
    seen.released(&observed.hash);
    Some(Content::Item(Box::new(observed)))
}
