//! The one SQLite file, `<data_dir>/dateline.sqlite`: schema, lock, the writer thread and the readers.
//!
//! Jobs come in as closures over a transaction or a connection; results go out when what they wrote is durable. One
//! thread writes; jobs that wait together share one commit, each in a savepoint of its own, so that one failed job
//! costs the others nothing. What the tables mean is known to the rooms that use them; this room knows only that
//! nothing after a failed commit may be trusted.

pub mod error;
pub mod image;
pub mod inspect;
mod writer;

pub use error::{Damage, StoreError};

use rusqlite::{Connection, OpenFlags, Transaction};
use std::{
    fs::{DirBuilder, File, OpenOptions, TryLockError},
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};
use writer::Writer;

/// The schema, one step per version. Steps are only ever added.
const MIGRATIONS: [&str; 3] =
    [include_str!("schema_1.sql"), include_str!("schema_2.sql"), include_str!("schema_3.sql")];

/// Which line of a worker the file belongs to: its verdicts are other workers', so that no verb of one process may touch it.
const LINE: &str = "line";

/// Connections for reading that are kept open.
const IDLE_READERS: usize = 4;

/// A handle on the file; clones share it. The lock on the directory is held until the last clone is gone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    data_dir: PathBuf,
    file: PathBuf,
    intake_id: String,
    readers: Mutex<Vec<Connection>>,
    // The order matters: the writer ends (and the file is closed) before the lock is let go.
    writer: Writer,
    _lock: File,
}

impl Store {
    /// Opens the file, or makes it; refuses when another process has it, a newer program made it, or it is a worker's.
    pub fn open(data_dir: &Path) -> Result<Store, StoreError> {
        let store = Self::open_any(data_dir)?;
        let data_dir = data_dir.to_owned();
        match store.read_here(|db| image::meta(db, LINE))? {
            None => Ok(store),
            Some(line) => Err(StoreError::OfALine { data_dir, line }),
        }
    }

    /// Opens the file that a worker keeps for one of its partitions, or makes it. Blocks.
    pub fn open_line(data_dir: &Path, line: &str) -> Result<Store, StoreError> {
        let store = Self::open_any(data_dir)?;
        let line = line.to_owned();
        futures::executor::block_on(store.write(move |tx| image::set_meta(tx, LINE, &line)))?;
        Ok(store)
    }

    /// Opens the file whosever it is.
    pub fn open_any(data_dir: &Path) -> Result<Store, StoreError> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data_dir)
            .map_err(|error| StoreError::cannot_create(data_dir, &error))?;
        let lock = lock(data_dir)?;
        let file = data_dir.join("dateline.sqlite");
        let mut connection = connect(&file, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)
            .map_err(|error| StoreError::opening(&file, error))?;
        let intake_id = prepare(&mut connection, &file).map_err(|error| match error {
            Preparing::Foreign => StoreError::foreign(&file),
            Preparing::Newer(found) => StoreError::Newer { file: file.clone(), found, known: MIGRATIONS.len() as u32 },
            Preparing::Failed(error) => StoreError::opening(&file, error),
        })?;
        let inner = Inner {
            data_dir: data_dir.to_owned(),
            file,
            intake_id,
            readers: Mutex::new(Vec::new()),
            writer: Writer::start(connection),
            _lock: lock,
        };
        Ok(Store { inner: Arc::new(inner) })
    }

    /// Runs a job on the writer thread; returns when what it wrote is durable. A job that fails leaves no trace.
    pub async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.inner.writer.run(job).await
    }

    /// Runs a job on a connection that only reads, on a thread where it may block.
    pub async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = self.clone();
        match tokio::task::spawn_blocking(move || store.read_here(job)).await {
            Ok(result) => result,
            Err(failure) => Err(StoreError::Io(format!("a reader of the store gave up: {failure}"))),
        }
    }

    /// The same on the caller's own thread, for callers that may block already.
    pub fn read_here<T>(&self, job: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        let idle = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.inner.file, OpenFlags::SQLITE_OPEN_READ_ONLY)?,
        };
        let result = job(&connection);
        let mut readers = self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        Ok(result?)
    }

    /// Whether the disk takes so many bytes more: tried rather than calculated, for quotas and reserves are not seen.
    pub async fn has_room(&self, bytes: usize) -> bool {
        let probe = self.inner.data_dir.join("room.probe");
        let trying = tokio::task::spawn_blocking(move || {
            let written = std::fs::write(&probe, vec![0; bytes]);
            // Half a probe takes room as well.
            std::fs::remove_file(&probe).ok();
            written.is_ok()
        });
        trying.await.unwrap_or(false)
    }

    /// UUID of the intake log, made with the file.
    pub fn intake_id(&self) -> &str {
        &self.inner.intake_id
    }

    /// The directory it lies in.
    pub fn data_dir(&self) -> &Path {
        &self.inner.data_dir
    }
}

/// One process per directory: the lock goes with the process, however it ends.
fn lock(data_dir: &Path) -> Result<File, StoreError> {
    let path = data_dir.join("dateline.lock");
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|error| StoreError::cannot_create(&path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Busy { data_dir: data_dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(StoreError::cannot_create(&path, &error)),
    }
}

fn connect(file: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(file, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(std::time::Duration::from_secs(10))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

enum Preparing {
    Newer(u32),
    Foreign,
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Preparing {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(error)
    }
}

/// Sets what holds for the file, brings its schema up to date, and returns its intake's id.
fn prepare(connection: &mut Connection, file: &Path) -> Result<String, Preparing> {
    // Before anything is set: a file that is not ours, or not ours yet, is left as it is.
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found as usize > MIGRATIONS.len() {
        return Err(Preparing::Newer(found));
    }
    if is_foreign(connection, found)? {
        return Err(Preparing::Foreign);
    }
    // Only an empty file takes this; afterwards trimmed frames can be given back to the file system.
    connection.pragma_update(None, "auto_vacuum", "INCREMENTAL")?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if !mode.eq_ignore_ascii_case("wal") {
        let what =
            format!("{} cannot be written ahead (journal mode {mode}): is it on a network drive?", file.display());
        return Err(Preparing::Failed(error::corrupt(what)));
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "journal_size_limit", 64 << 20)?;
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    for step in MIGRATIONS.iter().skip(found as usize) {
        change.execute_batch(step)?;
    }
    change.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    if image::meta(&change, "intake_id")?.is_none() {
        image::set_meta(&change, "intake_id", &uuid::Uuid::new_v4().to_string())?;
    }
    let intake_id = image::meta(&change, "intake_id")?.unwrap_or_default();
    change.commit()?;
    Ok(intake_id)
}

/// A SQLite file, but somebody else's: tables where there should be none, or none of ours.
fn is_foreign(connection: &Connection, version: u32) -> rusqlite::Result<bool> {
    let (all, ours): (u32, u32) = connection.query_row(
        "SELECT count(*), count(*) FILTER (WHERE name IN ('meta', 'state', 'frame', 'feed')) FROM sqlite_schema
         WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    Ok(if version == 0 { all > 0 } else { ours < 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_worker_keeps_is_opened_by_workers_only() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            drop(Store::open_line(dir.path(), "fetch-3").unwrap());
            let refusal = Store::open(dir.path()).err().unwrap();
            assert_eq!(refusal.exit_code(), 78);
            assert!(
                refusal.to_string().ends_with("for fetch-3: only `dateline run --role` works with it"),
                "{refusal}"
            );
        }
        drop(Store::open_any(dir.path()).unwrap());
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_reopening_under_the_same_intake() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let id = store.intake_id().to_owned();
        store.write(|tx| image::set_meta(tx, "greeting", "hello")).await.unwrap();
        assert!(matches!(Store::open(dir.path()), Err(StoreError::Busy { .. })));
        drop(store);
        let store = Store::open(dir.path()).unwrap();
        assert_eq!(store.intake_id(), id);
        assert_eq!(store.read(|db| image::meta(db, "greeting")).await.unwrap().as_deref(), Some("hello"));
    }

    #[tokio::test]
    async fn a_failed_or_panicking_job_leaves_no_trace_and_costs_the_others_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let good = (0..20).map(|n| store.write(move |tx| image::set_meta(tx, &format!("good-{n}"), "1")));
        let bad = store.write(|tx| {
            image::set_meta(tx, "bad", "1")?;
            tx.execute("INSERT INTO nowhere VALUES (1)", [])
        });
        let worse = store.write(|tx| -> rusqlite::Result<()> {
            image::set_meta(tx, "worse", "1")?;
            panic!("invented");
        });
        let (good, bad, worse) = tokio::join!(futures::future::join_all(good), bad, worse);
        assert!(good.into_iter().all(|result| result.is_ok()) && bad.is_err() && worse.is_err());
        let count = |db: &Connection| db.query_row("SELECT count(*) FROM meta", [], |row| row.get::<_, u32>(0));
        assert_eq!(store.read(count).await.unwrap(), 21, "the good ones and the intake's id");
    }

    #[test]
    fn a_newer_file_and_a_foreign_file_are_refused_with_words() {
        let dir = tempfile::tempdir().unwrap();
        drop(Store::open(dir.path()).unwrap());
        let file = dir.path().join("dateline.sqlite");
        Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let refusal = Store::open(dir.path()).err().unwrap();
        assert!(matches!(refusal, StoreError::Newer { found: 99, .. }), "{refusal}");

        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("dateline.sqlite"),
            "not a database, but long enough to be looked at".repeat(50),
        )
        .unwrap();
        let refusal = Store::open(dir.path()).err().unwrap();
        assert!(matches!(refusal, StoreError::Corrupt(_)), "{refusal}");
        assert!(refusal.to_string().contains("move it aside"));
    }
}
