//! A memory that is lost or half made again is not worked with: what it does not know would be published a second time.

use super::PublishError;
use crate::{model::state_key, store::image};
use rusqlite::{Connection, Result};

/// What is wrong with the memory, if anything: whether it was being made again, and whether it knows nothing though
/// something was published.
pub(super) fn trouble(db: &Connection, has_records: bool) -> Result<Option<Trouble>> {
    if let Some(to) = image::get(db, state_key::MOVED)? {
        return Ok(Some(Trouble::Moved(serde_json::from_slice(&to).unwrap_or_default())));
    }
    if image::get(db, state_key::REBUILDING)?.is_some() {
        return Ok(Some(Trouble::Unfinished));
    }
    Ok((has_records && image::count(db, "pos/")? == 0).then_some(Trouble::Lost))
}

/// The way out for a process that does all the work.
pub(super) const REBUILD: &str = "run `dateline rebuild-state`";

/// What is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The deployment has been moved, in words where to.
    Moved(String),
    /// `rebuild-state` has not come to its end.
    Unfinished,
    /// Records are there, and nothing is remembered of them.
    Lost,
}

impl Trouble {
    /// The refusal; `state` and `records` are where they lie, `way_out` is what a person can do first of all.
    pub(super) fn refusal(self, state: &str, records: &str, way_out: &str) -> PublishError {
        let message = match self {
            Self::Moved(to) => format!(
                "{state} was moved to {to}, and what it remembers is old: `dateline migrate` moves it back (--to)"
            ),
            Self::Unfinished => format!(
                "{state} was being made anew and is not whole: run what did it again (`dateline rebuild-state`, or \
                 `dateline migrate --to`)"
            ),
            Self::Lost => format!(
                "{records} hold what was published, but {state} remembers nothing of it, and all of it would be \
                 published a second time: {way_out}, or give new records another place"
            ),
        };
        PublishError::Fatal { exit: 78, message }
    }
}
