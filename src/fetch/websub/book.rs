//! The table `subscription`: what of each subscription survives a restart.

use super::{signature::Secret, subscription::Subscription};
use crate::store::{Store, StoreError};
use rusqlite::{Row, params};

/// All of them. A row that cannot be read is as good as none: the hub is asked anew, and stops calling the old address.
pub(super) async fn load(store: &Store) -> Result<Vec<Subscription>, StoreError> {
    store
        .read(|db| {
            let mut select = db.prepare("SELECT path, secret, facts FROM subscription ORDER BY feed, path")?;
            let rows = select.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(rows.into_iter().flatten().collect())
        })
        .await
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<Subscription>> {
    let (path, secret, facts): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    let subscription = serde_json::from_str::<Subscription>(&facts).ok();
    Ok(subscription.map(|subscription| Subscription { path, secret: Secret::kept(secret), ..subscription }))
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
