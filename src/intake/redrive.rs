//! What an operator takes back out of the dead letters is laid on the doorstep once more, as a frame of its own.
//!
//! Comes in: a letter and what was read out of it. Goes out: that it lies there now, or why it does not. What holds: a
//! letter counts once, for that it was taken is written in the transaction that takes it; and nothing old comes after
//! what is newer: a content whose item has shown another one since stays where it is.

use super::{
    feeds, frames, observe, pushed,
    seen::{self, Look},
};
use crate::{
    faults,
    model::{Content, Feed, Hash, Item, ItemId, ItemState, Observed, state_key},
    store::{
        error::{corrupt_frame, corrupt_state},
        image,
    },
};
use jiff::Timestamp;
use rusqlite::{Connection, Result, Transaction};
use std::collections::HashSet;

/// A letter, as far as the log must know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Names it among all letters, wherever it lies.
    pub id: String,
    /// When its content was observed.
    pub observed: Timestamp,
    /// Now.
    pub at: Timestamp,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redriven {
    /// It lies on the doorstep.
    Taken {
        /// Items in the frame.
        items: usize,
        /// Items that wait for their page.
        waiting: usize,
    },
    /// It was taken before.
    Before,
    /// Its content has had its verdict since.
    Judged,
    /// Its item has shown something else since.
    Superseded,
    /// Its publisher has withdrawn the item.
    Withdrawn,
    /// Everything in the document has been seen since.
    Seen,
}

/// Takes an item that a stage gave up on.
pub fn item(tx: &Transaction<'_>, letter: &Letter, observed: &Observed) -> Result<Redriven> {
    let item = &observed.item;
    if was_taken(tx, letter)? {
        return Ok(Redriven::Before);
    }
    let state = state(tx, &item.id)?;
    if state.as_ref().is_some_and(|state| state.killed) || observed.is_withdrawn() {
        return Ok(Redriven::Withdrawn);
    }
    if state.as_ref().is_some_and(|state| state.hash == observed.hash) {
        return Ok(Redriven::Judged);
    }
    match seen::load(tx, &item.id)? {
        Some(seen) if seen.hash.as_ref() != Some(&observed.hash) => return Ok(Redriven::Superseded),
        Some(_) => {}
        // The log has forgotten the item, or never knew it; what was judged later than the letter is newer.
        None if state.is_some_and(|state| state.touched >= letter.observed) => return Ok(Redriven::Superseded),
        None => {
            let mut seen = pushed::new(item, letter.at);
            seen.released(&observed.hash);
            seen::save(tx, &seen, None)?;
        }
    }
    let poll = feeds::load(tx, &item.feed)?.poll;
    frames::append(tx, &item.feed, poll, letter.at, &[Content::Item(Box::new(observed.clone()))])?;
    note(tx, letter)?;
    Ok(Redriven::Taken { items: 1, waiting: 0 })
}

/// Takes what is now read in a document that was no feed: entries that no document has shown since.
pub fn document(tx: &Transaction<'_>, letter: &Letter, feed: &Feed, items: &[Item]) -> Result<Redriven> {
    if was_taken(tx, letter)? {
        return Ok(Redriven::Before);
    }
    let facts = feeds::load_for(tx, &feed.id, &feed.url)?;
    let is_first = facts.known.document_poll == 0;
    let first_sight = is_first.then(|| observe::first_sight(items, letter.observed));
    let (mut contents, mut waiting, mut met) = (Vec::new(), 0, HashSet::new());
    for item in items.iter().filter(|item| met.insert(&item.id)) {
        let known = match seen::load(tx, &item.id)? {
            Some(seen) => Some(seen),
            None => seen::from_state(tx, item, 0, letter.at)?,
        };
        let mut seen = match known {
            Some(seen) if seen.last_seen >= letter.observed.as_microsecond() => continue,
            Some(mut seen) => match seen.look_at_push(&item.content_hash()) {
                Look::Changed => seen,
                Look::Same | Look::Stale => continue,
            },
            None => pushed::new(item, letter.at),
        };
        seen.whole = seen::whole(item);
        seen.last_seen = letter.at.as_microsecond();
        seen.touched = letter.at.as_microsecond();
        let content = observe::take(tx, feed, &mut seen, item, facts.poll, letter.at, first_sight)?;
        waiting += usize::from(content.is_none() && feed.full_text);
        contents.extend(content);
        seen::save(tx, &seen, None)?;
    }
    if contents.is_empty() && waiting == 0 {
        return Ok(Redriven::Seen);
    }
    frames::append(tx, &feed.id, facts.poll, letter.at, &contents)?;
    note(tx, letter)?;
    Ok(Redriven::Taken { items: contents.len(), waiting })
}

/// The item that a place of the log holds, while it is retained.
pub fn retained(db: &Connection, seq: u64, index: usize) -> Result<Option<Observed>> {
    let frames = super::retained(db, seq, 1)?;
    let Some(frame) = frames.into_iter().next().filter(|frame| frame.seq == seq) else { return Ok(None) };
    match frame.contents.into_iter().nth(index) {
        Some(Content::Item(observed)) => Ok(Some(*observed)),
        Some(_) => Ok(None),
        None => Err(corrupt_frame(seq, format!("it has no place {index}"))),
    }
}

fn state(db: &Connection, item: &ItemId) -> Result<Option<ItemState>> {
    let key = state_key::item(item);
    let value = image::get(db, &key)?;
    value
        .map(|value| serde_json::from_slice(&value).map_err(|error| corrupt_state(&key, error.to_string())))
        .transpose()
}

fn key(letter: &Letter) -> String {
    format!("redriven/{}", Hash::of_bytes(letter.id.as_bytes()).short(32))
}

fn was_taken(db: &Connection, letter: &Letter) -> Result<bool> {
    Ok(image::meta(db, &key(letter))?.is_some())
}

fn note(tx: &Transaction<'_>, letter: &Letter) -> Result<()> {
    image::set_meta(tx, &key(letter), &letter.at.to_string())?;
    faults::point("redrive");
    Ok(())
}
