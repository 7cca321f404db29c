//! The tables `waiting` and `page_watch`: items that wait for their page, and pages that are looked at again.
//!
//! A page that arrives completes every revision of its item that waits, in the order of their polls: none of them is
//! skipped, for each was observed. Afterwards the page is watched: publishers correct pages without touching the feed.

use super::{
    Intake, IntakeError, Policy, adopt, frames, instant, micros,
    seen::{self, POLLS_TO_RETURN, Seen},
};
use crate::{
    faults,
    model::{FeedId, Issue, Item, ItemId, Observed, Page, Validators},
};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};
use std::{collections::HashSet, time::Duration};

/// When a page that shows an earlier content is looked at again, to see whether it means it.
const STALE_RETRY: Duration = Duration::from_secs(300);

/// A page that should be fetched now.
#[derive(Debug, Clone, PartialEq)]
pub struct PageDue {
    /// Its feed.
    pub feed: FeedId,
    /// The item.
    pub item: ItemId,
    /// Its address, as the entry links it.
    pub url: String,
    /// To ask conditionally; empty for an item that waits, which needs the page whole.
    pub validators: Validators,
    /// Whether an item waits for it; otherwise it is looked at again.
    pub waits: bool,
}

/// What came of it.
#[derive(Debug, Clone)]
pub enum PageArrived {
    /// The page.
    Page(Box<Page>, Validators),
    /// It is as it was.
    NotModified,
    /// It cannot be had, after all attempts.
    Missing(Issue),
}

impl Intake {
    /// Pages to fetch now, those that items wait for first; none of those `in_flight`. With `all_but`, watched pages
    /// that are not due yet are among them, except these.
    pub async fn pages_due(
        &self,
        now: Timestamp,
        in_flight: HashSet<ItemId>,
        all_but: Option<HashSet<ItemId>>,
        limit: usize,
    ) -> std::result::Result<Vec<PageDue>, crate::store::StoreError> {
        let longest = self.policy.page_recheck.iter().copied().max().unwrap_or_default() + Duration::from_secs(3600);
        self.store.read(move |db| due(db, now, in_flight, all_but.as_ref(), limit, micros(longest))).await
    }

    /// Records what came of a page; returns how many revisions that made, and the first and the last of their frames.
    pub async fn page_arrived(
        &self,
        feed: FeedId,
        item: ItemId,
        arrived: PageArrived,
        at: Timestamp,
    ) -> std::result::Result<(usize, Option<(u64, u64)>), IntakeError> {
        self.room()?;
        let policy = self.policy.clone();
        let recording = self.store.write(move |tx| {
            let before = frames::last(tx)?;
            let (revisions, size) = settle(tx, &feed, &item, &arrived, at, &policy)?;
            let settled = (revisions, size, frames::since(tx, before)?);
            faults::point("C1");
            faults::soon("C2");
            Ok(settled)
        });
        let (revisions, size, frames) = recording.await?;
        faults::point("C3");
        self.added(size);
        Ok((revisions, frames))
    }
}

/// Has an entry wait for its page, behind those of the same item that wait already: a push belongs to no poll of its own.
pub(super) fn wait(
    tx: &Transaction<'_>,
    item: &Item,
    poll: u64,
    at: Timestamp,
    first_sight: Option<Timestamp>,
) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO waiting (item, poll, feed, at, first_sight, entry)
         VALUES (?1, max(?2, coalesce((SELECT max(poll) + 1 FROM waiting WHERE item = ?1), 0)), ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        item.id.0,
        poll,
        item.feed.0,
        at.as_microsecond(),
        first_sight.map(|time| time.as_microsecond()),
        frames::pack(item)?,
    ])
    .map(drop)
}

/// The entry is looked at no more, and what of it waits for its page is not told: its publisher took it back.
pub(super) fn drop_deleted(tx: &Transaction<'_>, item: &ItemId) -> Result<()> {
    tx.execute("DELETE FROM waiting WHERE item = ?1", [&item.0])?;
    forget(tx, item)
}

fn forget(tx: &Transaction<'_>, item: &ItemId) -> Result<()> {
    tx.execute("DELETE FROM page_watch WHERE item = ?1", [&item.0]).map(drop)
}

/// Something in the entry changed that is not content: its page is due now.
pub(super) fn look_again(tx: &Transaction<'_>, item: &Item, at: Timestamp) -> Result<()> {
    if item.link.is_none() {
        return Ok(());
    }
    tx.prepare_cached(
        "INSERT INTO page_watch (item, feed, entry, first_fetch, step, due) VALUES (?1, ?2, ?3, ?4, 0, ?4)
         ON CONFLICT (item) DO UPDATE SET entry = excluded.entry, due = min(due, excluded.due)",
    )?
    .execute(params![item.id.0, item.feed.0, frames::pack(item)?, at.as_microsecond()])
    .map(drop)
}

fn due(
    db: &Connection,
    now: Timestamp,
    in_flight: HashSet<ItemId>,
    all_but: Option<&HashSet<ItemId>>,
    limit: usize,
    longest: i64,
) -> Result<Vec<PageDue>> {
    let mut found: Vec<PageDue> = Vec::new();
    let mut met = in_flight;
    let mut waiting = db.prepare_cached("SELECT item, feed, entry FROM waiting ORDER BY at, poll")?;
    let mut watched = db.prepare_cached(
        "SELECT item, feed, entry, etag, last_modified FROM page_watch WHERE due <= ?1 OR due > ?2 ORDER BY due",
    )?;
    let latest = if all_but.is_some() { i64::MAX } else { now.as_microsecond() };
    // Due later than any page ever is: the clock stood far ahead when that was written. Better now than in ten years.
    let impossible = now.as_microsecond().saturating_add(longest);
    for (statement, waits) in [(&mut waiting, true), (&mut watched, false)] {
        let mut rows = if waits { statement.query([])? } else { statement.query([latest, impossible])? };
        while let Some(row) = rows.next()? {
            if found.len() >= limit {
                return Ok(found);
            }
            let item = ItemId(row.get(0)?);
            let looked_at = !waits && all_but.is_some_and(|looked| looked.contains(&item));
            if looked_at || !met.insert(item.clone()) {
                continue;
            }
            let entry = frames::unpack_entry(row.get_ref(2)?.as_blob()?, &item.0)?;
            let validators = if waits {
                Validators::default()
            } else {
                Validators { etag: row.get(3)?, last_modified: row.get(4)? }
            };
            let url = entry.link.unwrap_or_default();
            found.push(PageDue { feed: FeedId(row.get(1)?), item, url, validators, waits });
        }
    }
    Ok(found)
}

struct Waiting {
    poll: u64,
    first_sight: Option<Timestamp>,
    item: Item,
}

struct Watch {
    first_sight: Option<Timestamp>,
    item: Item,
    first_fetch: i64,
    step: usize,
    stale_looks: u32,
}

fn settle(
    tx: &Transaction<'_>,
    feed: &FeedId,
    id: &ItemId,
    arrived: &PageArrived,
    at: Timestamp,
    policy: &Policy,
) -> Result<(usize, u64)> {
    let waiting = load_waiting(tx, id)?;
    let Some(mut seen) = seen::load(tx, id)? else {
        // Forgotten meanwhile: nothing waits, and nobody watches it any more.
        forget(tx, id)?;
        return Ok((0, 0));
    };
    if waiting.is_empty() {
        return looked_again(tx, feed, &mut seen, arrived, at, policy);
    }
    let (page, missing, validators) = match arrived {
        PageArrived::Page(page, validators) => (Some(page.as_ref().clone()), None, validators.clone()),
        PageArrived::Missing(issue) => (None, Some(issue.clone()), Validators::default()),
        // Asked for before the item began to wait: it is asked for again, whole.
        PageArrived::NotModified => return Ok((0, 0)),
    };
    let mut size = 0;
    let mut revisions = 0;
    for Waiting { poll, first_sight, item } in &waiting {
        let hash = Observed::hash(item, page.as_ref());
        let (page, page_missing) = (page.clone(), missing.clone());
        let observed = Observed { item: item.clone(), page, page_missing, hash, first_sight: *first_sight };
        if let Some(content) = seen::release(&mut seen, observed) {
            revisions += 1;
            size += frames::append(tx, feed, *poll, at, &[content])?;
        }
    }
    seen::save(tx, &seen, None)?;
    tx.execute("DELETE FROM waiting WHERE item = ?1", [&id.0])?;
    if let Some(Waiting { first_sight, item, .. }) = waiting.last() {
        let watch = Watch {
            first_sight: *first_sight,
            item: item.clone(),
            first_fetch: at.as_microsecond(),
            step: 0,
            stale_looks: 0,
        };
        save_watch(tx, &watch, Some(&validators), at, policy)?;
    }
    Ok((revisions, size))
}

/// A page was fetched that no item waits for.
fn looked_again(
    tx: &Transaction<'_>,
    feed: &FeedId,
    seen: &mut Seen,
    arrived: &PageArrived,
    at: Timestamp,
    policy: &Policy,
) -> Result<(usize, u64)> {
    let Some(mut watch) = load_watch(tx, &seen.item)? else { return Ok((0, 0)) };
    watch.step += 1;
    let PageArrived::Page(page, validators) = arrived else {
        save_watch(tx, &watch, None, at, policy)?;
        return Ok((0, 0));
    };
    let hash = Observed::hash(&watch.item, Some(page));
    if seen.hash.as_ref() != Some(&hash) && seen.earlier.contains(&hash) {
        watch.stale_looks += 1;
        if watch.stale_looks < POLLS_TO_RETURN {
            watch.step -= 1;
            // Without its validators, for a 304 would say nothing about which of the two contents it means.
            save_watch(tx, &watch, Some(&Validators::default()), at, policy)?;
            let due = at.as_microsecond().saturating_add(micros(STALE_RETRY));
            tx.execute("UPDATE page_watch SET due = ?2 WHERE item = ?1", params![seen.item.0, due])?;
            return Ok((0, 0));
        }
    }
    watch.stale_looks = 0;
    save_watch(tx, &watch, Some(validators), at, policy)?;
    let observed = Observed {
        item: watch.item.clone(),
        page: Some(page.as_ref().clone()),
        page_missing: None,
        hash,
        first_sight: watch.first_sight,
    };
    let Some(content) = seen::release(seen, observed) else { return Ok((0, 0)) };
    seen::save(tx, seen, None)?;
    let poll: Option<u64> =
        tx.query_row("SELECT poll FROM feed WHERE id = ?1", [&feed.0], |row| row.get(0)).optional()?;
    Ok((1, frames::append(tx, feed, poll.unwrap_or(0), at, &[content])?))
}

fn load_waiting(db: &Connection, item: &ItemId) -> Result<Vec<Waiting>> {
    db.prepare_cached("SELECT poll, first_sight, entry FROM waiting WHERE item = ?1 ORDER BY poll")?
        .query_map([&item.0], |row| {
            Ok(Waiting {
                poll: row.get(0)?,
                first_sight: row.get::<_, Option<i64>>(1)?.map(instant),
                item: frames::unpack_entry(row.get_ref(2)?.as_blob()?, &item.0)?,
            })
        })?
        .collect()
}

fn load_watch(db: &Connection, item: &ItemId) -> Result<Option<Watch>> {
    db.prepare_cached("SELECT first_sight, entry, first_fetch, step, stale_looks FROM page_watch WHERE item = ?1")?
        .query_row([&item.0], |row| {
            Ok(Watch {
                first_sight: row.get::<_, Option<i64>>(0)?.map(instant),
                item: frames::unpack_entry(row.get_ref(1)?.as_blob()?, &item.0)?,
                first_fetch: row.get(2)?,
                step: row.get(3)?,
                stale_looks: row.get(4)?,
            })
        })
        .optional()
}

/// Goes on watching the page of an entry that another intake published, where looks at it are left.
pub(super) fn watch_on(tx: &Transaction<'_>, item: &Item, at: Timestamp, policy: &Policy) -> Result<()> {
    let Some(first_fetch) = adopt::seen_by(tx, &item.id)?.and_then(|state| state.page_at) else { return Ok(()) };
    let first_fetch = first_fetch.as_microsecond();
    let watch = Watch { first_sight: None, item: item.clone(), first_fetch, step: 0, stale_looks: 0 };
    save_watch(tx, &watch, None, at, policy)
}

/// Writes a watched page with its next look, or ends the watch when the last look is over. Without `validators` those
/// it has stay in force.
fn save_watch(
    tx: &Transaction<'_>,
    watch: &Watch,
    validators: Option<&Validators>,
    at: Timestamp,
    policy: &Policy,
) -> Result<()> {
    // Looks that fell into a time when nobody was running are not made up for one by one.
    let looks = policy.page_recheck.iter().enumerate().skip(watch.step);
    let mut due = looks.map(|(step, after)| (step, watch.first_fetch.saturating_add(micros(*after))));
    let Some((step, due)) = due.find(|(_, due)| *due > at.as_microsecond()) else {
        return forget(tx, &watch.item.id);
    };
    tx.prepare_cached(
        "INSERT INTO page_watch (item, feed, first_sight, entry, first_fetch, step, due, stale_looks)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (item) DO UPDATE SET first_sight = excluded.first_sight, entry = excluded.entry,
           first_fetch = excluded.first_fetch, step = excluded.step, due = excluded.due,
           stale_looks = excluded.stale_looks",
    )?
    .execute(params![
        watch.item.id.0,
        watch.item.feed.0,
        watch.first_sight.map(|time| time.as_microsecond()),
        frames::pack(&watch.item)?,
        watch.first_fetch,
        step,
        due,
        watch.stale_looks,
    ])?;
    if let Some(Validators { etag, last_modified }) = validators {
        tx.prepare_cached("UPDATE page_watch SET etag = ?2, last_modified = ?3 WHERE item = ?1")?.execute(params![
            watch.item.id.0,
            etag,
            last_modified
        ])?;
    }
    Ok(())
}
