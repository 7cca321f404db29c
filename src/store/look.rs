//! Looks into the file of a data directory without the lock and without changing it, beside a daemon or without one.

use super::{MIGRATIONS, StoreError, image};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// Opens the file for reading, at one moment: what is written later is not seen through this connection. None where there
/// is no file.
pub fn look(data_dir: &Path) -> Result<Option<Connection>, StoreError> {
    let file = data_dir.join("dateline.sqlite");
    if !file.exists() {
        return Ok(None);
    }
    let opening = |error| StoreError::opening(&file, error);
    let connection = match connect(&file) {
        Ok(connection) => connection,
        // A directory that may not be written to has no place for the shared memory of the write-ahead log. Without
        // such a log nobody is writing, and the file can be taken as it lies.
        Err(_) if !data_dir.join("dateline.sqlite-wal").exists() => connect_unchanging(&file).map_err(opening)?,
        Err(error) => return Err(opening(error)),
    };
    let found: u32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).map_err(opening)?;
    if found == 0 {
        // It is being made at this moment.
        return Ok(None);
    }
    if found as usize > MIGRATIONS.len() {
        return Err(StoreError::Newer { file, found, known: MIGRATIONS.len() as u32 });
    }
    Ok(Some(connection))
}

/// The UUID of the intake log in this file.
pub fn intake_id(connection: &Connection) -> Result<String, StoreError> {
    Ok(image::meta(connection, "intake_id")?.unwrap_or_default())
}

fn connect(file: &Path) -> rusqlite::Result<Connection> {
    let connection = super::connect(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
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
    super::connect(Path::new(&address), flags)
}
