//! The table `subscription`: what of each subscription survives a restart.

use super::{signature::Secret, subscription::Subscription};
use crate::store::{Store, StoreError, error::corrupt};
use rusqlite::{Row, params};

/// All of them.
pub(super) async fn load(store: &Store) -> Result<Vec<Subscription>, StoreError> {
    store
        .read(|db| {
            let mut select = db.prepare("SELECT path, secret, facts FROM subscription ORDER BY feed, path")?;
            let rows = select.query_map([], read)?;
            rows.collect()
        })
        .await
}

fn read(row: &Row<'_>) -> rusqlite::Result<Subscription> {
    let (path, facts): (String, String) = (row.get(0)?, row.get(2)?);
    let mut subscription: Subscription =
        serde_json::from_str(&facts).map_err(|error| corrupt(format!("a subscription to a hub: {error}")))?;
    subscription.path = path;
    subscription.secret = Secret::kept(row.get(1)?);
    Ok(subscription)
}

/// Writes one.
pub(super) async fn save(store: &Store, subscription: &Subscription) -> Result<(), StoreError> {
    let (path, feed) = (subscription.path.clone(), subscription.feed.0.clone());
    let secret = subscription.secret.clone();
    let facts = serde_json::to_string(subscription).map_err(|error| StoreError::Io(error.to_string()))?;
    store
        .write(move |tx| {
            tx.prepare_cached(
                "INSERT INTO subscription (path, feed, secret, facts) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (path) DO UPDATE SET secret = excluded.secret, facts = excluded.facts",
            )?
            .execute(params![path, feed, secret.expose(), facts])
            .map(drop)
        })
        .await
}

/// Forgets one.
pub(super) async fn forget(store: &Store, path: &str) -> Result<(), StoreError> {
    let path = path.to_owned();
    store.write(move |tx| tx.execute("DELETE FROM subscription WHERE path = ?1", [path]).map(drop)).await
}
