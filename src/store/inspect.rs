//! A look at a data directory that changes nothing in it, also beside a running daemon.
//!
//! Comes in: a directory. Goes out: a connection that only reads, and what can be said of the file from outside: who
//! holds the lock, which schema it has, whether SQLite finds its pages in order. The lock is not taken: a daemon that
//! starts at that moment must not be turned away.

use super::{MIGRATIONS, StoreError, connect, image, is_foreign};
use rusqlite::{Connection, OpenFlags};
use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

/// The file, open for reading.
pub struct Inspection {
    /// To ask it.
    pub connection: Connection,
    /// The version of its schema; 0 while it holds nothing.
    pub schema: u32,
    /// The version that this program writes.
    pub known_schema: u32,
}

/// The one file of a directory.
pub fn file(data_dir: &Path) -> PathBuf {
    data_dir.join("dateline.sqlite")
}

/// Opens the file for reading, at one moment: what is written later is not seen. Refuses what is not ours or newer.
pub fn open(data_dir: &Path) -> Result<Inspection, StoreError> {
    let file = file(data_dir);
    let look = |error| StoreError::opening(&file, error);
    let connection = match connect_at_one_moment(&file) {
        Ok(connection) => connection,
        // A directory that may not be written to has no place for the shared memory of the write-ahead log. Without
        // such a log nobody is writing, and the file can be taken as it lies.
        Err(_) if !data_dir.join("dateline.sqlite-wal").exists() => connect_unchanging(&file).map_err(look)?,
        Err(error) => return Err(look(error)),
    };
    let schema: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(look)?;
    let known_schema = MIGRATIONS.len() as u32;
    if schema > known_schema {
        return Err(StoreError::Newer { file, found: schema, known: known_schema });
    }
    if is_foreign(&connection, schema).map_err(look)? {
        return Err(StoreError::foreign(&file));
    }
    Ok(Inspection { connection, schema, known_schema })
}

fn connect_at_one_moment(file: &Path) -> rusqlite::Result<Connection> {
    let connection = connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // The first reading within a transaction fixes what is seen.
    connection.execute_batch("BEGIN")?;
    connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get::<_, u64>(0))?;
    Ok(connection)
}

fn connect_unchanging(file: &Path) -> rusqlite::Result<Connection> {
    let address = url::Url::from_file_path(std::path::absolute(file).unwrap_or_else(|_| file.to_owned()))
        .map(|address| format!("{address}?immutable=1"))
        .unwrap_or_default();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    connect(Path::new(&address), flags)
}

/// The UUID of the intake log in this file.
pub fn intake_id(connection: &Connection) -> Result<String, StoreError> {
    Ok(image::meta(connection, "intake_id")?.unwrap_or_default())
}

/// What SQLite says about its own pages and indexes, problem by problem; nothing when all is well.
pub fn integrity(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut select = connection.prepare("PRAGMA integrity_check(20)")?;
    let lines = select.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(lines.into_iter().filter(|line| line != "ok").collect())
}

/// The process that works in a directory, where the system tells.
pub fn lock_holder(data_dir: &Path) -> Option<u32> {
    let lock = fs::metadata(data_dir.join("dateline.lock")).ok()?;
    // "1: FLOCK  ADVISORY  WRITE 4711 08:01:1234567 0 EOF"
    let locks = fs::read_to_string("/proc/locks").ok()?;
    locks.lines().find_map(|line| {
        let mut words = line.split_whitespace().skip(1);
        let is_ours = words.next() == Some("FLOCK");
        let process = words.nth(2)?.parse().ok()?;
        let inode = words.next()?.rsplit(':').next()?.parse::<u64>().ok()?;
        (is_ours && inode == lock.ino()).then_some(process)
    })
}
