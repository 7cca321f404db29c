//! The table `state`, image of the committed state, and the table `meta`, facts about the file itself.
//!
//! Comes in: state changes that a sink has committed. Goes out: values by key or by prefix. Every row carries the hash
//! of its key and value, checked whenever it is read. What a value means is not known here.

use super::{
    StoreError,
    error::{corrupt_state, newer},
};
use crate::model::{Position, StateChange, newer_form, state_key};
use rusqlite::{Connection, OptionalExtension, Result, Transaction, params};
use std::cell::RefCell;

/// Changes beyond these are too many to be worth noting.
const NOTED: usize = 10_000;

thread_local! {
    /// Keys that have been set since somebody asked for it; none where nobody has, or they cannot be told. Every store
    /// has a thread of its own that writes, so these are of one store.
    static SET: RefCell<Option<Vec<String>>> = const { RefCell::new(None) };
}

/// From now on the keys that are set are noted, for whoever reads the image while it may still change. To be called as a
/// write, as is [`noted`].
pub fn note() {
    SET.replace(Some(Vec::new()));
}

/// The keys that were set since [`note`]; none if anything was taken away.
pub fn noted() -> Option<Vec<String>> {
    SET.take()
}

fn note_changes(changes: &[StateChange]) {
    SET.with_borrow_mut(|set| {
        let told = |keys: &Vec<String>| {
            keys.len() + changes.len() <= NOTED && changes.iter().all(|change| change.value.is_some())
        };
        *set = set.take().filter(told).map(|mut keys| {
            keys.extend(changes.iter().map(|change| change.key.clone()));
            keys
        });
    });
}

/// Writes committed changes into the image.
pub fn apply(tx: &Transaction<'_>, changes: &[StateChange]) -> Result<()> {
    note_changes(changes);
    let mut put = tx.prepare_cached(
        "INSERT INTO state (key, value, hash) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET value = excluded.value, hash = excluded.hash",
    )?;
    let mut forget = tx.prepare_cached("DELETE FROM state WHERE key = ?1")?;
    for change in changes {
        match &change.value {
            Some(value) => put.execute(params![change.key, value, row_hash(&change.key, value)])?,
            None => forget.execute([&change.key])?,
        };
    }
    Ok(())
}

/// The value of a key.
pub fn get(connection: &Connection, key: &str) -> Result<Option<Vec<u8>>> {
    let mut select = connection.prepare_cached("SELECT value, hash FROM state WHERE key = ?1")?;
    let row: Option<(Vec<u8>, Vec<u8>)> = select.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let Some((value, hash)) = row else { return Ok(None) };
    check_row(key, &value, &hash)?;
    Ok(Some(value))
}

/// Visits every key that begins with `prefix`, in order, and stops at the first error.
pub fn scan(connection: &Connection, prefix: &str, visit: impl FnMut(&str, &[u8]) -> Result<()>) -> Result<()> {
    scan_range(connection, prefix, &end_of(prefix), visit)
}

/// Visits every key from `from` up to, not including, `to`, in order, and stops at the first error.
pub fn scan_range(
    connection: &Connection,
    from: &str,
    to: &str,
    mut visit: impl FnMut(&str, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut select =
        connection.prepare_cached("SELECT key, value, hash FROM state WHERE key >= ?1 AND key < ?2 ORDER BY key")?;
    let mut rows = select.query([from, to])?;
    while let Some(row) = rows.next()? {
        let key = row.get_ref(0)?.as_str()?;
        let value = row.get_ref(1)?.as_blob()?;
        check_row(key, value, row.get_ref(2)?.as_blob()?)?;
        visit(key, value)?;
    }
    Ok(())
}

/// Keys that begin with the prefix are those from it up to, not including, this: the prefix with its last byte raised.
/// Prefixes end in ASCII.
fn end_of(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    let last = end.pop().unwrap_or('\0');
    end.push(char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX));
    end
}

/// Every key that begins with `prefix`, in order, without what stands under it.
pub fn keys(connection: &Connection, prefix: &str) -> Result<Vec<String>> {
    let mut select = connection.prepare_cached("SELECT key FROM state WHERE key >= ?1 AND key < ?2 ORDER BY key")?;
    select.query_map([prefix, &end_of(prefix)], |row| row.get(0))?.collect()
}

/// The rows behind `key`, in order, up to this size but for the first.
pub fn rows_after(connection: &Connection, key: &str, max_bytes: usize) -> Result<Vec<(String, Vec<u8>)>> {
    let mut select = connection.prepare_cached("SELECT key, value, hash FROM state WHERE key > ?1 ORDER BY key")?;
    let mut rows = select.query([key])?;
    let mut found = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        let (key, value): (String, Vec<u8>) = (row.get(0)?, row.get(1)?);
        check_row(&key, &value, row.get_ref(2)?.as_blob()?)?;
        bytes += key.len() + value.len();
        if bytes > max_bytes && !found.is_empty() {
            break;
        }
        found.push((key, value));
    }
    Ok(found)
}

/// How many keys begin with `prefix`.
pub fn count(connection: &Connection, prefix: &str) -> Result<usize> {
    let mut select = connection.prepare_cached("SELECT count(*) FROM state WHERE key >= ?1 AND key < ?2")?;
    select.query_row([prefix, &end_of(prefix)], |row| row.get(0))
}

/// Divides the keys that begin with `prefix`, of which there are `count`, into so many ranges of equal length: each runs
/// from one of these keys up to, not including, the next.
pub fn bounds(connection: &Connection, prefix: &str, count: usize, ranges: usize) -> Result<Vec<String>> {
    let mut select = connection
        .prepare_cached("SELECT key FROM state WHERE key >= ?1 AND key < ?2 ORDER BY key LIMIT 1 OFFSET ?3")?;
    let end = end_of(prefix);
    let mut bounds = vec![prefix.to_owned()];
    for range in 1..ranges {
        let bound = select.query_row(params![prefix, end, count * range / ranges], |row| row.get(0)).optional()?;
        bounds.extend(bound);
    }
    bounds.push(end);
    Ok(bounds)
}

/// The last frame done of an intake; 0 for none.
pub fn position(connection: &Connection, intake: &str) -> Result<u64> {
    let key = state_key::position(intake);
    let Some(value) = get(connection, &key)? else { return Ok(0) };
    let position: Position = serde_json::from_slice(&value).map_err(|error| corrupt_state(&key, error.to_string()))?;
    Ok(position.seq)
}

/// Looks at every row; returns how many there are, and each that is damaged.
pub fn check(connection: &Connection, mut look: impl FnMut(&str, &[u8]) -> Result<()>) -> (u64, Vec<StoreError>) {
    let mut damaged = Vec::new();
    let mut count = 0;
    let visited = (|| {
        let mut select = connection.prepare("SELECT key, value, hash FROM state ORDER BY key")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            count += 1;
            let (key, value, hash): (String, Vec<u8>, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
            if let Err(error) = check_row(&key, &value, &hash).and_then(|()| look(&key, &value)) {
                damaged.push(error.into());
            }
        }
        Ok::<_, rusqlite::Error>(())
    })();
    damaged.extend(visited.err().map(StoreError::from));
    (count, damaged)
}

/// Empties the image, before it is read anew from the truth.
pub fn clear(tx: &Transaction<'_>) -> Result<()> {
    SET.take();
    tx.execute("DELETE FROM state", []).map(drop)
}

/// A fact about the file.
pub fn meta(connection: &Connection, key: &str) -> Result<Option<String>> {
    connection.prepare_cached("SELECT value FROM meta WHERE key = ?1")?.query_row([key], |row| row.get(0)).optional()
}

/// Sets a fact about the file.
pub fn set_meta(tx: &Transaction<'_>, key: &str, value: &str) -> Result<()> {
    tx.prepare_cached(
        "INSERT INTO meta (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    )?
    .execute([key, value])
    .map(drop)
}

/// Forgets a fact about the file.
pub fn unset_meta(tx: &Transaction<'_>, key: &str) -> Result<()> {
    tx.execute("DELETE FROM meta WHERE key = ?1", [key]).map(drop)
}

fn row_hash(key: &str, value: &[u8]) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&(key.len() as u64).to_le_bytes());
    hasher.update(key.as_bytes());
    hasher.update(value);
    hasher.finalize().as_bytes().to_vec()
}

fn check_row(key: &str, value: &[u8], hash: &[u8]) -> Result<()> {
    if row_hash(key, value) != hash {
        return Err(corrupt_state(key, "its hash does not fit"));
    }
    match newer_form(key, value) {
        Some((found, known)) => Err(newer(format!("state row {key}"), found, known)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[tokio::test]
    async fn the_image_is_what_the_changes_say_and_notices_damage() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let done = Position { intake: "i".to_owned(), seq: 7, index: 0 };
        let changes = vec![
            StateChange::set("item/a:1".to_owned(), &1),
            StateChange::set("item/a:2".to_owned(), &2),
            StateChange::set("item0".to_owned(), &"not under the prefix"),
            StateChange::set(state_key::position("i"), &done),
            StateChange::forget("item/a:1".to_owned()),
        ];
        store.write(move |tx| apply(tx, &changes)).await.unwrap();
        let keys = |db: &Connection| {
            let mut keys = Vec::new();
            scan(db, "item/", |key, _| {
                keys.push(key.to_owned());
                Ok(())
            })?;
            Ok(keys)
        };
        assert_eq!(store.read(keys).await.unwrap(), ["item/a:2"]);
        assert_eq!(store.read(|db| super::keys(db, "item/")).await.unwrap(), ["item/a:2"]);
        assert_eq!(store.read(|db| count(db, "item")).await.unwrap(), 2);
        assert_eq!(store.read(|db| bounds(db, "item", 2, 2)).await.unwrap(), ["item", "item0", "iten"]);
        assert_eq!(store.read(|db| position(db, "i")).await.unwrap(), 7);
        assert_eq!(store.read(|db| position(db, "other")).await.unwrap(), 0);

        store.write(|tx| tx.execute("UPDATE state SET value = x'33' WHERE key = 'item/a:2'", [])).await.unwrap();
        assert!(matches!(store.read(keys).await, Err(StoreError::Corrupt(_))));
        store.write(clear).await.unwrap();
        assert_eq!(store.read(|db| position(db, "i")).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn what_is_set_while_somebody_reads_is_noted_for_this_store() {
        let dirs = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [store, other] = dirs.each_ref().map(|dir| Store::open(dir.path()).unwrap());
        let set = |key: &str| vec![StateChange::set(key.to_owned(), &1)];
        let write = async |store: &Store, changes: Vec<StateChange>| {
            store.write(move |tx| apply(tx, &changes)).await.unwrap();
        };
        let noted = async |store: &Store| store.write(|_| Ok(noted())).await.unwrap();
        assert_eq!(noted(&store).await, None, "nobody has asked");
        let begin = async |store: &Store| {
            let note = |_: &Transaction<'_>| {
                note();
                Ok(())
            };
            store.write(note).await.unwrap();
        };
        begin(&store).await;
        write(&store, set("item/a:1")).await;
        write(&other, set("item/b:1")).await;
        write(&store, set("feed/a")).await;
        assert_eq!(noted(&store).await, Some(vec!["item/a:1".to_owned(), "feed/a".to_owned()]));
        begin(&store).await;
        write(&store, set("item/a:2")).await;
        write(&store, vec![StateChange::forget("item/a:1".to_owned())]).await;
        write(&store, set("item/a:3")).await;
        assert_eq!(noted(&store).await, None, "something was taken away");
    }
}
