//! Erases the bodies of killed items from frames that have been published.
//!
//! Comes in: the items that a batch kills, noted before it is committed, so that no crash forgets them. What holds: a
//! note is done when the committed state says that the item is killed; only frames at or below the position are
//! rewritten, so what is still to be decided is never touched. Names, headline and hash of a revision stay.

use super::frames;
use crate::{
    model::{Content, FeedId, ItemId, ItemState, state_key},
    store::{error::corrupt_state, image},
};
use rusqlite::{Connection, Result, Transaction};
use std::collections::{BTreeMap, BTreeSet};

/// Notes are facts about the file under this prefix.
const NOTE: &str = "erase/";

/// Items whose bodies are to go, with their feeds.
pub(super) type Withdrawn = BTreeMap<FeedId, BTreeSet<ItemId>>;

pub(super) fn note(tx: &Transaction<'_>, items: &[ItemId]) -> Result<()> {
    items.iter().try_for_each(|item| image::set_meta(tx, &format!("{NOTE}{item}"), "1"))
}

/// The noted items that the committed state calls killed.
pub(super) fn withdrawn(db: &Connection) -> Result<Withdrawn> {
    let noted: Vec<String> = db
        .prepare_cached("SELECT substr(key, ?1) FROM meta WHERE key >= 'erase/' AND key < 'erase0'")?
        .query_map([NOTE.len() + 1], |row| row.get(0))?
        .collect::<Result<_>>()?;
    let mut withdrawn = Withdrawn::new();
    for item in noted.into_iter().map(ItemId) {
        let key = state_key::item(&item);
        let Some(value) = image::get(db, &key)? else { continue };
        let state: ItemState =
            serde_json::from_slice(&value).map_err(|error| corrupt_state(&key, error.to_string()))?;
        if state.killed {
            withdrawn.entry(state.feed).or_default().insert(item);
        }
    }
    Ok(withdrawn)
}

/// Rewrites the frames at or below `position` that hold them, and strikes the notes.
pub(super) fn erase(tx: &Transaction<'_>, withdrawn: &Withdrawn, position: u64) -> Result<()> {
    for (feed, items) in withdrawn {
        frames::rewrite(tx, feed, position, |content| match content {
            Content::Item(observed) if items.contains(&observed.item.id) => observed.withdraw(),
            _ => false,
        })?;
        let mut strike = tx.prepare_cached("DELETE FROM meta WHERE key = ?1")?;
        for item in items {
            strike.execute([format!("{NOTE}{item}")])?;
        }
    }
    Ok(())
}
