//! Sets a damaged frame, or a damaged entry, aside, so that what was observed after it can be published.
//!
//! What was in it cannot be read any more, and that is not kept silent: in its place stands a dead letter with the
//! bytes and a `gap` event of its feed. And it is made good where it can be: the feed forgets its validators and what
//! it showed last, so the next poll fetches the whole document, and what was published already is known by the state.

use super::frames;
use crate::{
    model::{Content, DeadLetter, EventKind, EventRecord, FeedId, Issue, Stage},
    store::{Damage, StoreError, error::corrupt, image},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};

/// How much of the bytes goes into the dead letter; all of them are kept in a file.
const LETTER_BYTES: usize = 64 << 10;

/// What stands in the place of a feed that cannot be told any more.
const UNKNOWN: &str = "unknown";

/// What is to be set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aside {
    /// A frame, damaged or missing.
    Frame(u64),
    /// An entry that waits for its page, or whose page is watched, by its item.
    Entry(String),
}

/// What was found in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// Its feed; none when that cannot be told.
    pub feed: Option<FeedId>,
    /// Its bytes; empty when it is missing.
    pub bytes: Vec<u8>,
    /// In which way it is damaged.
    pub what: String,
}

/// What is left of it, if it is damaged; none when it is sound or was never there.
pub fn look(db: &Connection, aside: &Aside, position: u64) -> std::result::Result<Option<Remains>, StoreError> {
    let damage = match aside {
        Aside::Frame(seq) => frames::check_one(db, *seq, position).err(),
        Aside::Entry(item) => entry_of(db, item)?.and_then(|(_, bytes)| frames::unpack_entry(&bytes, item).err()),
    };
    let Some(damage) = damage else { return Ok(None) };
    let what = match StoreError::from(damage) {
        StoreError::Corrupt(damage @ (Damage::Frame { .. } | Damage::Entry { .. })) => damage.what().to_owned(),
        other => return Err(other),
    };
    let left = match aside {
        Aside::Frame(seq) => db
            .query_row("SELECT feed, contents FROM frame WHERE seq = ?1", [seq], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?,
        Aside::Entry(item) => entry_of(db, item)?,
    };
    let (feed, bytes): (Option<String>, Vec<u8>) = left.map_or((None, Vec::new()), |(feed, bytes)| (Some(feed), bytes));
    let known = |feed: &String| {
        db.query_row("SELECT EXISTS (SELECT 1 FROM feed WHERE id = ?1)", [feed], |row| row.get(0)).unwrap_or(false)
    };
    Ok(Some(Remains { feed: feed.filter(known).map(FeedId), bytes, what }))
}

/// Puts the notes of it in its place. `kept` names the file that holds its bytes.
pub fn put(
    tx: &Transaction<'_>,
    aside: &Aside,
    position: u64,
    remains: &Remains,
    kept: &str,
    at: Timestamp,
) -> Result<()> {
    let feeds = match &remains.feed {
        Some(feed) => vec![feed.clone()],
        None => all_feeds(tx)?,
    };
    let feed = remains.feed.clone().unwrap_or_else(|| UNKNOWN.into());
    let name = match aside {
        Aside::Frame(seq) => format!("frame {seq}"),
        Aside::Entry(item) => format!("the waiting entry {item}"),
    };
    let reason =
        format!("{name} of the intake log was damaged ({}) and set aside; its bytes are in {kept}", remains.what);
    let issue = Issue::new(Stage::Intake, "set_aside", reason);
    let letter = DeadLetter {
        key: feed.0.clone(),
        feed: feed.clone(),
        url: None,
        stage: issue.stage,
        code: issue.code,
        detail: issue.detail.clone(),
        bytes: remains.bytes.iter().take(LETTER_BYTES).copied().collect(),
        total_bytes: remains.bytes.len() as u64,
    };
    let mut contents = vec![Content::Unreadable(letter)];
    contents.extend(feeds.iter().map(|feed| {
        Content::Event(Box::new(EventRecord {
            schema: "event/1".to_owned(),
            feed: feed.clone(),
            kind: EventKind::Gap,
            detail: issue.detail.clone(),
            at,
        }))
    }));
    match aside {
        // Published long ago; its place is needed for nothing.
        Aside::Frame(seq) if *seq <= position => {
            tx.execute("DELETE FROM frame WHERE seq = ?1", [seq])?;
            return Ok(());
        }
        Aside::Frame(seq) => frames::put_in_place(tx, *seq, &feed, at, &contents)?,
        Aside::Entry(item) => {
            tx.execute("DELETE FROM waiting WHERE item = ?1", [item])?;
            tx.execute("DELETE FROM page_watch WHERE item = ?1", [item])?;
            frames::append(tx, &feed, 0, at, &contents)?;
        }
    }
    for feed in feeds {
        fetch_whole(tx, &feed)?;
    }
    Ok(())
}

/// The next poll asks unconditionally, and what it brings is looked at as if for the first time.
fn fetch_whole(tx: &Transaction<'_>, feed: &FeedId) -> Result<()> {
    tx.execute("UPDATE feed SET etag = NULL, last_modified = NULL WHERE id = ?1", [&feed.0])?;
    // What waits for its page is known by this row; it is not in any frame yet, so nothing of it was lost.
    tx.execute("DELETE FROM seen WHERE feed = ?1 AND item NOT IN (SELECT item FROM waiting)", [&feed.0]).map(drop)
}

fn all_feeds(db: &Connection) -> Result<Vec<FeedId>> {
    db.prepare("SELECT id FROM feed ORDER BY id")?.query_map([], |row| Ok(FeedId(row.get(0)?)))?.collect()
}

fn entry_of(db: &Connection, item: &str) -> Result<Option<(String, Vec<u8>)>> {
    for table in ["waiting", "page_watch"] {
        let found = db
            .query_row(&format!("SELECT feed, entry FROM {table} WHERE item = ?1"), params![item], |row| {
                Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))
            })
            .optional()?;
        if let Some((feed, bytes)) = found
            && frames::unpack_entry(&bytes, item).is_err()
        {
            return Ok(Some((feed, bytes)));
        }
    }
    Ok(None)
}

/// The last frame done of the intake that a file holds.
pub fn position(db: &Connection) -> Result<u64> {
    let Some(intake) = image::meta(db, "intake_id")? else { return Err(corrupt("the intake has no id")) };
    image::position(db, &intake)
}
