//! A look at everything the log holds, row by row, for `dateline doctor`: what is damaged is listed, not stumbled over.

use super::{feeds, frames, seen};
use crate::{
    model::FeedId,
    store::{StoreError, error::corrupt_frame},
};
use rusqlite::{Connection, Result};

/// What was looked at, and what of it is not as it was written.
#[derive(Debug, Default)]
pub struct Checked {
    /// Rows.
    pub rows: u64,
    /// Those that are damaged, or of a newer program.
    pub found: Vec<StoreError>,
}

impl Checked {
    fn of(look: impl FnOnce(&mut Self) -> Result<()>) -> Self {
        let mut checked = Self::default();
        if let Err(error) = look(&mut checked) {
            checked.found.push(error.into());
        }
        checked
    }

    fn note<T>(&mut self, row: Result<T>) {
        self.rows += 1;
        if let Err(error) = row {
            self.found.push(error.into());
        }
    }
}

/// Every frame that is still there, and the holes above `position`.
pub fn frames(db: &Connection, position: u64) -> Checked {
    Checked::of(|checked| {
        let mut select = db.prepare("SELECT seq, feed, poll, at, contents, hash FROM frame ORDER BY seq")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            checked.note(frames::sound(row, seq));
        }
        for seq in frames::missing(db, position)? {
            checked.found.push(corrupt_frame(seq, "it is missing").into());
        }
        let last = frames::last(db)?;
        if last < position {
            frames::check_numbers(db, position)?;
        }
        Ok(())
    })
}

/// Every entry that waits for its page, or whose page is watched.
pub fn entries(db: &Connection) -> Checked {
    Checked::of(|checked| {
        for table in ["waiting", "page_watch"] {
            let mut select = db.prepare(&format!("SELECT item, entry FROM {table}"))?;
            let mut rows = select.query([])?;
            while let Some(row) = rows.next()? {
                let item: String = row.get(0)?;
                checked.note(
                    row.get_ref(1)?
                        .as_blob()
                        .map_err(Into::into)
                        .and_then(|packed| frames::unpack_entry(packed, &item)),
                );
            }
        }
        Ok(())
    })
}

/// What is known of each feed, and of each item that was seen.
pub fn doorstep(db: &Connection) -> Checked {
    Checked::of(|checked| {
        let ids: Vec<String> =
            db.prepare("SELECT id FROM feed")?.query_map([], |row| row.get(0))?.collect::<Result<_>>()?;
        for id in ids {
            checked.note(feeds::load(db, &FeedId(id)));
        }
        seen::check(db, |row| checked.note(row))
    })
}
