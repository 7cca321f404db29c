//! What the status page remembers: `<data_dir>/history.sqlite`.
//!
//! Comes in: what was committed, and how the daemon stands every few seconds. Goes out: the figures that the page draws.
//! What holds: nobody waits for it. It has a thread and a file of its own that is never synced to disk on purpose; what
//! cannot be taken in time is left out and counted, and a file that is damaged begins anew. The topics are the truth.

mod freshness;
mod read;
mod write;

pub use freshness::{Percentiles, Step};
pub use read::*;
pub use write::TOLD;

use crate::model::{Shown, Snapshot};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};
use tokio::sync::watch;
use write::Keeper;

/// The form of the file; another one is begun anew.
const VERSION: u32 = 1;

/// Batches that may wait to be written: each may be as large as `publish.max_batch`.
const WAITING: usize = 8;

/// How often the counters of the daemon are looked at.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);

/// How often what is too old is dropped.
const CLEARING_INTERVAL: Duration = Duration::from_secs(600);

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", file.display())]
pub struct HistoryError {
    file: PathBuf,
    source: rusqlite::Error,
}

/// A handle on the history; clones share it. The last one that goes ends the thread.
#[derive(Clone)]
pub struct History {
    inner: Arc<Inner>,
}

struct Inner {
    out: Option<SyncSender<Vec<Shown>>>,
    missed: AtomicU64,
    reader: Mutex<Connection>,
    writer: Option<JoinHandle<()>>,
}

impl History {
    /// Opens the file in a directory, or makes both; a file that is of another form or damaged is begun anew.
    pub fn open(data_dir: &Path, picture: watch::Receiver<Snapshot>) -> Result<Self, HistoryError> {
        let file = data_dir.join("history.sqlite");
        let failed = |source| HistoryError { file: file.clone(), source };
        // As the store makes it; what is wrong with it the store says better.
        DirBuilder::new().recursive(true).mode(0o700).create(data_dir).ok();
        let connection = match prepare(&file) {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!(%error, file = %file.display(), "the history of the status page begins anew");
                for suffix in ["", "-wal", "-shm"] {
                    std::fs::remove_file(data_dir.join(format!("history.sqlite{suffix}"))).ok();
                }
                prepare(&file).map_err(failed)?
            }
        };
        let reader = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
        reader.busy_timeout(Duration::from_secs(1)).map_err(failed)?;
        let (out, taken) = sync_channel(WAITING);
        let keeper = Keeper::new(connection);
        let writer =
            std::thread::Builder::new().name("history".to_owned()).spawn(move || keep(keeper, &taken, &picture));
        let inner =
            Inner { out: Some(out), missed: AtomicU64::new(0), reader: Mutex::new(reader), writer: writer.ok() };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Takes what was committed. Never waits: when the disk is too slow it is left out.
    pub fn note(&self, shown: Vec<Shown>) {
        let Some(out) = &self.inner.out else { return };
        if let Err(TrySendError::Full(shown) | TrySendError::Disconnected(shown)) = out.try_send(shown) {
            self.inner.missed.fetch_add(shown.len() as u64, Ordering::Relaxed);
        }
    }

    /// Revisions that were left out since the start.
    pub fn missed(&self) -> u64 {
        self.inner.missed.load(Ordering::Relaxed)
    }

    /// Asks something on a thread where that may block.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Option<T> {
        let inner = Arc::clone(&self.inner);
        let asked =
            tokio::task::spawn_blocking(move || question(&inner.reader.lock().unwrap_or_else(PoisonError::into_inner)));
        match asked.await {
            Ok(Ok(answer)) => Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the history cannot be read");
                None
            }
            Err(_) => None,
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The thread ends when nobody can send any more, with all that was sent written.
        self.out = None;
        if let Some(writer) = self.writer.take() {
            writer.join().ok();
        }
    }
}

fn prepare(file: &Path) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "OFF")?;
    let transaction = connection.transaction()?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match version {
        0 => {
            transaction.execute_batch(include_str!("schema.sql"))?;
            transaction.pragma_update(None, "user_version", VERSION)?;
        }
        VERSION => {}
        _ => return Err(rusqlite::Error::InvalidQuery),
    }
    transaction.commit()?;
    connection.query_row("PRAGMA quick_check(1)", [], |row| row.get::<_, String>(0)).and_then(
        |verdict| match verdict.as_str() {
            "ok" => Ok(()),
            _ => Err(rusqlite::Error::InvalidQuery),
        },
    )?;
    Ok(connection)
}

/// The thread: writes what comes, looks at the counters, and clears away.
fn keep(mut keeper: Keeper, taken: &Receiver<Vec<Shown>>, picture: &watch::Receiver<Snapshot>) {
    let mut looked = Instant::now();
    let mut cleared: Option<Instant> = None;
    let mut failing = false;
    loop {
        let mut batch = match taken.recv_timeout(LOOK_INTERVAL.saturating_sub(looked.elapsed())) {
            Ok(batch) => batch,
            Err(RecvTimeoutError::Timeout) => Vec::new(),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        batch.extend(taken.try_iter().flatten());
        let look = looked.elapsed() >= LOOK_INTERVAL;
        let clear = cleared.is_none_or(|cleared| cleared.elapsed() >= CLEARING_INTERVAL);
        let written = keeper.write(&batch, look.then(|| picture.borrow().clone()).as_ref(), clear);
        if look {
            looked = Instant::now();
        }
        if clear {
            cleared = Some(Instant::now());
        }
        match written {
            Ok(()) => failing = false,
            // A full disk fails for as long as it is full: said once.
            Err(error) if !failing => {
                tracing::warn!(%error, "the history of the status page cannot be written");
                failing = true;
            }
            Err(_) => {}
        }
    }
    keeper.write(&[], Some(&picture.borrow().clone()), false).ok();
}

#[cfg(test)]
pub(crate) mod tests;
