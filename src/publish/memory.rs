//! A sink in memory, for tests: keeps what was committed, and fails when it is told to.

use super::{Batch, PublishError, Sink};
use crate::{
    model::Record,
    store::{Store, image},
};
use futures::future::BoxFuture;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// How a commit is to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// Nothing is committed, and the caller does not know.
    DoubtBefore,
    /// It is committed, and the caller does not know.
    DoubtAfter,
    /// Away for a while.
    Unavailable,
}

/// What the tests look at.
#[derive(Debug, Default)]
pub struct Published {
    /// Every committed record, in order.
    pub records: Vec<Record>,
    /// Failures for the commits to come, in order.
    pub failures: VecDeque<Failure>,
}

/// The sink; the state image is the store's.
pub struct Memory {
    store: Store,
    published: Arc<Mutex<Published>>,
}

impl Memory {
    /// A sink over this store, and a window into it.
    pub fn new(store: Store) -> (Self, Arc<Mutex<Published>>) {
        let published = Arc::default();
        (Self { store, published: Arc::clone(&published) }, published)
    }
}

impl Sink for Memory {
    fn recover(&mut self) -> BoxFuture<'_, Result<u64, PublishError>> {
        Box::pin(async {
            let intake = self.store.intake_id().to_owned();
            let position = self.store.read(move |db| image::position(db, &intake)).await;
            position.map_err(|error| PublishError::Fatal { exit: error.exit_code(), message: error.to_string() })
        })
    }

    fn commit(&mut self, batch: Batch) -> BoxFuture<'_, Result<(), PublishError>> {
        Box::pin(async move {
            let failure = self.published.lock().unwrap_or_else(PoisonError::into_inner).failures.pop_front();
            match failure {
                Some(Failure::Unavailable) => return Err(PublishError::Unavailable("away".to_owned())),
                Some(Failure::DoubtBefore) => return Err(PublishError::Doubt("not committed".to_owned())),
                Some(Failure::DoubtAfter) | None => {}
            }
            let Batch { records, state, .. } = batch;
            let applied = self.store.write(move |tx| image::apply(tx, &state)).await;
            applied.map_err(|error| PublishError::Fatal { exit: error.exit_code(), message: error.to_string() })?;
            self.published.lock().unwrap_or_else(PoisonError::into_inner).records.extend(records);
            match failure {
                None => Ok(()),
                Some(_) => Err(PublishError::Doubt("committed".to_owned())),
            }
        })
    }

    fn close(&mut self) -> BoxFuture<'_, ()> {
        Box::pin(async {})
    }
}
