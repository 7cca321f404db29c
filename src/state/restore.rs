//! What is remembered across items, read from the committed state at a start: every item's head, in no order.
//!
//! A start has to read an entry for every item of the horizon, and this is most of its work, so the keys are shared out
//! among a few readers, each with a connection of its own; whoever takes the entries works beside them. What an entry
//! says beyond its head is not read until its item is met.

use super::{State, read};
use crate::{
    model::{ItemHead, ItemId, state_key},
    store::{StoreError, image},
};
use std::sync::mpsc;

const ITEMS: &str = "item/";

/// Readers at most; more find the file's pages no sooner.
const READERS: usize = 4;

/// Fewer items than this are read by one reader.
const WORTH_SHARING: usize = 2_000;

/// Entries that are handed over at once.
const HANDFUL: usize = 256;

/// Handfuls that may wait to be taken.
const WAITING: usize = 16;

type Handful = Result<Vec<(ItemId, ItemHead)>, StoreError>;

impl State {
    /// Visits every item of the committed state.
    pub fn restore(&self, mut item: impl FnMut(&ItemId, ItemHead)) -> Result<(), StoreError> {
        let keys = self.store.read_here(|db| image::count(db, ITEMS))?;
        let readers = if keys < WORTH_SHARING { 1 } else { READERS };
        let bounds = self.store.read_here(|db| image::bounds(db, ITEMS, keys, readers))?;
        std::thread::scope(|scope| {
            let (out, handfuls) = mpsc::sync_channel::<Handful>(WAITING);
            for range in bounds.windows(2) {
                let (out, state) = (out.clone(), &self);
                let [from, to] = range else { continue };
                scope.spawn(move || state.read_heads(from, to, &out));
            }
            drop(out);
            for handful in handfuls {
                handful?.into_iter().for_each(|(id, head)| item(&id, head));
            }
            Ok(())
        })
    }

    /// Reads the heads of a range of keys; the last word is the failure, if there was one.
    fn read_heads(&self, from: &str, to: &str, out: &mpsc::SyncSender<Handful>) {
        let mut handful = Vec::with_capacity(HANDFUL);
        let result = self.store.read_here(|db| {
            image::scan_range(db, from, to, |key, value| {
                if let Some(id) = state_key::item_of(key) {
                    handful.push((id, read(key, value)?));
                }
                if handful.len() == HANDFUL {
                    // Whoever takes them has met a failure and is gone: the rest is read for nobody, and soon done.
                    out.send(Ok(std::mem::replace(&mut handful, Vec::with_capacity(HANDFUL)))).ok();
                }
                Ok(())
            })
        });
        out.send(result.map(|()| handful)).ok();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{ItemState, StateChange, state_key},
        store::Store,
    };

    #[tokio::test]
    async fn several_readers_bring_every_item_once() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let entry: ItemState = serde_json::from_str(
            r#"{"v":1,"feed":"a","revision":1,"hash":"h","relation":"original","of":null,"story":null,"agency":null,
                "first_seen":"2020-10-01T00:00:00Z","touched":"2020-10-01T00:00:00Z","signature":null}"#,
        )
        .unwrap();
        let id = |n: usize| ItemId(format!("a:{:x}", n * 7919 % 65_521));
        let items = WORTH_SHARING + HANDFUL + 1;
        let mut changes: Vec<StateChange> =
            (0..items).map(|n| StateChange::set(state_key::item(&id(n)), &entry)).collect();
        changes.push(StateChange::set("item0".to_owned(), &"not an item"));
        store.write(move |tx| image::apply(tx, &changes)).await.unwrap();
        let mut found = Vec::new();
        State::new(store).restore(|id, _| found.push(id.clone())).unwrap();
        found.sort_unstable();
        let mut all: Vec<ItemId> = (0..items).map(id).collect();
        all.sort_unstable();
        assert_eq!(found, all);
    }
}
