//! A document that a hub pushed: what of it is new goes the way of a poll's items.
//!
//! It may be a part of the feed, so nothing follows from what is not in it: no gap, no end of an entry that stood in the
//! last document. It belongs to no poll, so the counting of polls (stale content, 304) is left alone, and validators
//! stay as they are.

use super::{
    Appended, Intake, IntakeError, Policy, dates, feeds, frames, observe, pages,
    seen::{self, Look, Seen},
};
use crate::{
    faults,
    model::{Content, Feed, Item},
};
use jiff::Timestamp;
use rusqlite::{Result, Transaction};
use std::collections::HashSet;

impl Intake {
    /// Records what a hub pushed of a feed, in one transaction; none when no poll has brought a document of it yet, for
    /// then nobody knows what is old.
    pub async fn append_pushed(
        &self,
        feed: Feed,
        at: Timestamp,
        mut items: Vec<Item>,
    ) -> std::result::Result<Option<Appended>, IntakeError> {
        self.room()?;
        let policy = self.policy.clone();
        let recording = self.store.write(move |tx| {
            let recorded = record(tx, &feed, at, &mut items, &policy)?;
            faults::point("C1");
            faults::soon("C2");
            Ok(recorded)
        });
        let Some((appended, size)) = recording.await? else { return Ok(None) };
        faults::point("C3");
        self.told(&appended, size);
        Ok(Some(appended))
    }
}

fn record(
    tx: &Transaction<'_>,
    feed: &Feed,
    at: Timestamp,
    items: &mut [Item],
    policy: &Policy,
) -> Result<Option<(Appended, u64)>> {
    let mut facts = feeds::load_for(tx, &feed.id, &feed.url)?;
    if facts.known.document_poll == 0 {
        return Ok(None);
    }
    items.iter_mut().for_each(|item| dates::read(&facts.known.clock, item));
    let (mut appended, mut contents, mut met) = (Appended::default(), Vec::new(), HashSet::new());
    for item in items.iter() {
        if !met.insert(&item.id) {
            continue;
        }
        let known = seen::load(tx, &item.id)?;
        let (kept, known) =
            (known.is_some(), known.map_or_else(|| seen::from_state(tx, item, 0, at), |seen| Ok(Some(seen)))?);
        if item.deleted {
            if known.is_none() {
                appended.unchanged += 1;
                continue;
            }
            pages::drop_deleted(tx, &item.id)?;
        }
        let (mut seen, look) = match known {
            Some(mut seen) => {
                let look = seen.look_at_push(&item.content_hash());
                (seen, look)
            }
            None => (new(item, at), Look::Changed),
        };
        seen.last_seen = at.as_microsecond();
        if look != Look::Changed {
            appended.unchanged += 1;
            contents.extend(seen.wants_touch(at, policy).then(|| Content::Touch(item.id.clone())));
            if kept {
                seen::touch(tx, &seen)?
            } else {
                seen::save(tx, &seen, None)?
            };
            continue;
        }
        seen.whole = seen::whole(item);
        let content = observe::take(tx, feed, &mut seen, item, facts.poll, at, None)?;
        let waits = content.is_none() && feed.full_text && !item.deleted;
        if content.is_some() || waits {
            seen.touched = at.as_microsecond();
            appended.new_items += 1;
            appended.waiting += usize::from(waits);
        } else {
            appended.unchanged += 1;
        }
        contents.extend(content);
        seen::save(tx, &seen, None)?;
    }
    observe::note_pushed(&mut facts.known, items);
    feeds::save(tx, &feed.id, &facts)?;
    let before = frames::last(tx)?;
    let size = frames::append(tx, &feed.id, facts.poll, at, &contents)?;
    appended.frames = frames::since(tx, before)?;
    Ok(Some((appended, size)))
}

/// An item that no poll has shown yet: it stood in no document.
pub(super) fn new(item: &Item, at: Timestamp) -> Seen {
    Seen {
        item: item.id.clone(),
        feed: item.feed.0.clone(),
        item_hash: item.content_hash(),
        hash: None,
        whole: seen::whole(item),
        earlier: Vec::new(),
        candidate: None,
        last_poll: 0,
        last_seen: at.as_microsecond(),
        touched: at.as_microsecond(),
    }
}
