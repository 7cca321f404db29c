//! The table `frame`: append, read from a position, trim.
//!
//! Contents are one version byte and then, in version 1, a JSON list of [`Content`] under zstd. The hash of each row
//! is checked when it is read: a frame is the only copy of what was observed.

use super::{Backlog, instant};
use crate::{
    model::{Content, FeedId, Frame, Item},
    store::error::{corrupt, corrupt_entry, corrupt_frame, newer},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Row, Transaction, params};

const VERSION: u8 = 1;

/// Pages compress well at any level; the log is read once.
const ZSTD_LEVEL: i32 = 1;

/// The largest frame that is believed when it is unpacked: far above any that is written.
const MAX_UNPACKED: usize = 1 << 30;

/// A poll with more than this becomes several frames, so that no batch grows without bound.
const ITEMS_PER_FRAME: usize = 200;

/// Appends what one poll brought; returns the size of the new frames.
pub(super) fn append(
    tx: &Transaction<'_>,
    feed: &FeedId,
    poll: u64,
    at: Timestamp,
    contents: &[Content],
) -> Result<u64> {
    let mut insert =
        tx.prepare_cached("INSERT INTO frame (feed, poll, at, contents, hash) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    let mut size = 0;
    for part in contents.chunks(ITEMS_PER_FRAME) {
        let packed = pack(&part)?;
        let at = at.as_microsecond();
        insert.execute(params![feed.0, poll, at, packed, row_hash(&feed.0, poll, at, &packed)])?;
        size += packed.len() as u64;
    }
    Ok(size)
}

/// The first and the last of the frames that were appended after `before`; none where there were none.
pub(super) fn since(db: &Connection, before: u64) -> Result<Option<(u64, u64)>> {
    let last = last(db)?;
    Ok((last > before).then_some((before + 1, last)))
}

/// Packs anything that frames and waiting items hold.
pub(super) fn pack(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let fail = |error: &dyn std::fmt::Display| corrupt(format!("cannot pack what was observed: {error}"));
    let json = serde_json::to_vec(value).map_err(|error| fail(&error))?;
    let mut packed = vec![VERSION];
    // With a checksum: entries that wait for their page carry no hash beside them.
    let compress = || -> std::io::Result<Vec<u8>> {
        let mut compressor = zstd::bulk::Compressor::new(ZSTD_LEVEL)?;
        compressor.include_checksum(true)?;
        compressor.compress(&json)
    };
    packed.extend(compress().map_err(|error| fail(&error))?);
    Ok(packed)
}

/// Unpacks an entry that frames do not hold yet.
pub(super) fn unpack_entry(packed: &[u8], item: &str) -> Result<Item> {
    Ok(unpack(packed, &format!("the waiting entry {item}"), |what| corrupt_entry(item, what))?.0)
}

/// Unpacks what a frame holds.
pub(super) fn unpack_frame(packed: &[u8], seq: u64) -> Result<Vec<Content>> {
    Ok(unpack_and_measure(packed, seq)?.0)
}

/// The same, with its size unpacked: a page of one repeated word packs a thousand to one.
fn unpack_and_measure(packed: &[u8], seq: u64) -> Result<(Vec<Content>, usize)> {
    unpack(packed, &format!("frame {seq} of the intake log"), |what| corrupt_frame(seq, what))
}

fn unpack<T: serde::de::DeserializeOwned>(
    packed: &[u8],
    name: &str,
    corrupt: impl Fn(String) -> rusqlite::Error,
) -> Result<(T, usize)> {
    let damaged = |error: &dyn std::fmt::Display| corrupt(error.to_string());
    let rest = match packed.split_first() {
        Some((&VERSION, rest)) => rest,
        // Programs only ever raise it, so a greater one is theirs and not a flipped bit: the caller has seen the hash.
        Some((&found, _)) if found > VERSION => return Err(newer(name, found, VERSION)),
        _ => return Err(damaged(&"it does not begin with a version")),
    };
    // It says how large it is: then no window is kept beside it.
    let size = zstd::zstd_safe::get_frame_content_size(rest).ok().flatten().and_then(|size| usize::try_from(size).ok());
    let json = match size.filter(|size| *size <= MAX_UNPACKED) {
        Some(size) => zstd::bulk::decompress(rest, size),
        None => zstd::stream::decode_all(std::io::Read::take(rest, MAX_UNPACKED as u64)),
    };
    let json = json.map_err(|error| damaged(&error))?;
    Ok((serde_json::from_slice(&json).map_err(|error| damaged(&error))?, json.len()))
}

pub(super) fn read_from(db: &Connection, seq: u64, max_bytes: usize) -> Result<Vec<Frame>> {
    let mut select =
        db.prepare_cached("SELECT seq, feed, poll, at, contents, hash FROM frame WHERE seq >= ?1 ORDER BY seq")?;
    let mut rows = select.query([seq])?;
    let mut frames: Vec<Frame> = Vec::new();
    let mut size = 0;
    while let Some(row) = rows.next()? {
        let found: u64 = row.get(0)?;
        let expected = seq + frames.len() as u64;
        if found != expected {
            return Err(corrupt_frame(expected, format!("it is missing; the next one is {found}")));
        }
        if !hash_fits(row).map_err(|error| corrupt_frame(found, error.to_string()))? {
            return Err(corrupt_frame(found, "its hash does not fit"));
        }
        let feed: String = row.get(1)?;
        let (poll, at): (u64, i64) = (row.get(2)?, row.get(3)?);
        let packed = row.get_ref(4)?.as_blob()?;
        let (contents, unpacked) = unpack_and_measure(packed, found)?;
        size += unpacked;
        frames.push(Frame { seq: found, feed: FeedId(feed), poll, at: instant(at), contents, bytes: packed.len() });
        if size >= max_bytes {
            break;
        }
    }
    Ok(frames)
}

/// Whether a row of all columns is as it was written, and can be read.
pub(super) fn sound(row: &Row<'_>, seq: u64) -> Result<()> {
    let read = hash_fits(row).map_err(|error| corrupt_frame(seq, error.to_string()))?;
    if !read {
        return Err(corrupt_frame(seq, "its hash does not fit"));
    }
    unpack_frame(row.get_ref(4)?.as_blob()?, seq).map(drop)
}

fn hash_fits(row: &Row<'_>) -> Result<bool> {
    let feed: String = row.get(1)?;
    let (poll, at): (u64, i64) = (row.get(2)?, row.get(3)?);
    let packed = row.get_ref(4)?.as_blob()?;
    Ok(row_hash(&feed, poll, at, packed) == row.get_ref(5)?.as_blob()?)
}

/// The same for one frame; one above `position` that was given and is not there is missing.
pub(super) fn check_one(db: &Connection, seq: u64, position: u64) -> Result<()> {
    let mut select = db.prepare_cached("SELECT seq, feed, poll, at, contents, hash FROM frame WHERE seq = ?1")?;
    let mut rows = select.query([seq])?;
    match rows.next()? {
        Some(row) => sound(row, seq),
        None if seq > position && seq <= last(db)? => Err(corrupt_frame(seq, "it is missing")),
        None => Ok(()),
    }
}

/// Puts contents in the place of a frame that is damaged or missing.
pub(super) fn put_in_place(
    tx: &Transaction<'_>,
    seq: u64,
    feed: &FeedId,
    at: Timestamp,
    contents: &[Content],
) -> Result<()> {
    let packed = pack(&contents)?;
    let at = at.as_microsecond();
    tx.execute(
        "INSERT OR REPLACE INTO frame (seq, feed, poll, at, contents, hash) VALUES (?1, ?2, 0, ?3, ?4, ?5)",
        params![seq, feed.0, at, packed, row_hash(&feed.0, 0, at, &packed)],
    )
    .map(drop)
}

/// The first frame that was observed at `since` or later and the last that was observed before `until`, of those at or
/// below `position`; none when there is none in between. A clock that was set back makes the window wider, never holed.
pub(super) fn window(db: &Connection, since: i64, until: i64, position: u64) -> Result<Option<(u64, u64)>> {
    let ends: (Option<u64>, Option<u64>) = db.query_row(
        "SELECT (SELECT min(seq) FROM frame WHERE at >= ?1 AND seq <= ?3),
                (SELECT max(seq) FROM frame WHERE at < ?2 AND seq <= ?3)",
        params![since, until, position],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(ends.0.zip(ends.1).filter(|(first, last)| first <= last))
}

/// Changes contents of a feed's frames at or below `position`; `change` tells whether it did. One frame is in memory at
/// a time.
pub(super) fn rewrite(
    tx: &Transaction<'_>,
    feed: &FeedId,
    position: u64,
    mut change: impl FnMut(&mut Content) -> bool,
) -> Result<()> {
    let seqs: Vec<u64> = tx
        .prepare_cached("SELECT seq FROM frame WHERE feed = ?1 AND seq <= ?2")?
        .query_map(params![feed.0, position], |row| row.get(0))?
        .collect::<Result<_>>()?;
    for seq in seqs {
        let (poll, at, packed): (u64, i64, Vec<u8>) = tx
            .prepare_cached("SELECT poll, at, contents FROM frame WHERE seq = ?1")?
            .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let mut contents = unpack_frame(&packed, seq)?;
        let mut changed = false;
        for content in &mut contents {
            changed |= change(content);
        }
        if changed {
            let packed = pack(&contents)?;
            let hash = row_hash(&feed.0, poll, at, &packed);
            tx.prepare_cached("UPDATE frame SET contents = ?2, hash = ?3 WHERE seq = ?1")?
                .execute(params![seq, packed, hash])?;
        }
    }
    Ok(())
}

pub(super) fn last(db: &Connection) -> Result<u64> {
    // The table of counters knows the last number given even when every frame has been trimmed.
    let last = db.query_row("SELECT seq FROM sqlite_sequence WHERE name = 'frame'", [], |row| row.get(0)).optional()?;
    Ok(last.unwrap_or(0))
}

/// Whether every number above `position` up to the last one given has its frame.
pub(super) fn check_numbers(db: &Connection, position: u64) -> Result<()> {
    let last = last(db)?;
    if last < position {
        return Err(corrupt(format!(
            "the intake log ends at frame {last}, but frame {position} was published from it: an older copy of the \
             directory has been put back. Move it aside and start with an empty one: nothing is published twice, for the \
             broker knows what was"
        )));
    }
    let (count, highest): (u64, Option<u64>) =
        db.query_row("SELECT count(*), max(seq) FROM frame WHERE seq > ?1", [position], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    if count == last - position {
        return Ok(());
    }
    match missing(db, position)?.first() {
        Some(seq) => Err(corrupt_frame(*seq, format!("it is missing; the last one is {}", highest.unwrap_or(last)))),
        None => Ok(()),
    }
}

/// The numbers above `position` that were given and have no frame, at most a hundred of them.
pub(super) fn missing(db: &Connection, position: u64) -> Result<Vec<u64>> {
    let last = last(db)?;
    let mut select = db.prepare_cached("SELECT seq FROM frame WHERE seq > ?1 ORDER BY seq")?;
    let mut found = select.query_map([position], |row| row.get::<_, u64>(0))?;
    let mut missing = Vec::new();
    let mut next = position + 1;
    while next <= last && missing.len() < 100 {
        let seq = found.next().transpose()?.unwrap_or(last + 1);
        missing.extend((next..seq.min(last + 1)).take(100));
        next = seq + 1;
    }
    Ok(missing)
}

pub(super) fn backlog(db: &Connection, position: u64) -> Result<Backlog> {
    let (frames, bytes, oldest) = db.query_row(
        "SELECT count(*), coalesce(sum(length(contents)), 0), min(at) FROM frame WHERE seq > ?1",
        [position],
        |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, Option<i64>>(2)?)),
    )?;
    let waiting = db.query_row("SELECT count(*) FROM waiting", [], |row| row.get(0))?;
    Ok(Backlog { frames, bytes, oldest: oldest.map(instant), waiting })
}

pub(super) fn backlog_by_feed(db: &Connection, position: u64) -> Result<Vec<(FeedId, u64)>> {
    db.prepare_cached(
        "SELECT feed, sum(length(contents)) AS bytes FROM frame WHERE seq > ?1 GROUP BY feed ORDER BY bytes DESC, feed",
    )?
    .query_map([position], |row| Ok((FeedId(row.get(0)?), row.get(1)?)))?
    .collect()
}

pub(super) fn trim(tx: &Transaction<'_>, position: u64, older_than: i64) -> Result<()> {
    let gone = tx.execute("DELETE FROM frame WHERE seq <= ?1 AND at < ?2", params![position, older_than])?;
    if gone > 0 {
        tx.execute_batch("PRAGMA incremental_vacuum(1000)")?;
    }
    Ok(())
}

pub(super) fn row_hash(feed: &str, poll: u64, at: i64, contents: &[u8]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(feed.len() as u64).to_le_bytes());
    hasher.update(feed.as_bytes());
    hasher.update(&poll.to_le_bytes());
    hasher.update(&at.to_le_bytes());
    hasher.update(contents);
    *hasher.finalize().as_bytes()
}
