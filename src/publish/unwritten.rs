//! What the journal has committed, for those who read the topic files from outside: lines that may not be in their file
//! yet, and where each topic ends.

use rusqlite::{Connection, Result};
use std::collections::BTreeMap;

/// Committed lines by topic and number, and the number of the next record of each topic.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unwritten {
    /// Lines that are still in the journal; most of them are in their file as well.
    pub lines: BTreeMap<String, BTreeMap<u64, Vec<u8>>>,
    /// Where each topic ends.
    pub next: BTreeMap<String, u64>,
}

/// Reads them.
pub fn unwritten(db: &Connection) -> Result<Unwritten> {
    let mut found = Unwritten::default();
    let mut select = db.prepare("SELECT topic, offset, line FROM journal ORDER BY topic, offset")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        found.lines.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
    }
    let mut select = db.prepare("SELECT name, next FROM topic")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        found.next.insert(row.get(0)?, row.get(1)?);
    }
    Ok(found)
}
