//! What can go wrong with the file, by what the caller does about it.

use rusqlite::{ErrorCode, ffi};
use std::{
    fmt, io,
    path::{Path, PathBuf},
};

/// A failure of the store.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// Another process works in this directory.
    #[error("another dateline works in {}: stop it first, or give this one a data_dir of its own", data_dir.display())]
    Busy {
        /// The directory.
        data_dir: PathBuf,
    },
    /// A worker keeps it for one of its partitions.
    #[error(
        "{} is what a worker keeps for {line}: only `dateline run --role` works with it", data_dir.display()
    )]
    OfALine {
        /// The directory.
        data_dir: PathBuf,
        /// Which of its lines, such as `fetch-3`.
        line: String,
    },
    /// A newer program made the file; this one must not touch it.
    #[error(
        "{} has schema version {found}, this program knows {known}: run the newer dateline that made it", file.display()
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version that is known here.
        known: u32,
    },
    /// The directory or the file cannot be made.
    #[error("cannot create {}: {reason}", path.display())]
    Create {
        /// What was to be made.
        path: PathBuf,
        /// The system's words.
        reason: String,
        /// Whether it is a matter of permission.
        denied: bool,
    },
    /// The disk is full: nothing was recorded, and the same can be tried again later.
    #[error("the disk is full: {0}")]
    Full(String),
    /// Reading or writing failed; after a failed commit nothing can be trusted, and the process must end.
    #[error("the store cannot be read or written: {0}")]
    Io(String),
    /// What the file holds is not what was written.
    #[error("{0}")]
    Corrupt(Damage),
    /// A newer program wrote this part of it.
    #[error(
        "{what} has form {found}, this program knows up to {known}: run the newer dateline that wrote it; nothing is damaged"
    )]
    NewerPart {
        /// Which part.
        what: String,
        /// Its form.
        found: u8,
        /// The newest form that is known here.
        known: u8,
    },
}

/// What is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// The file as a whole.
    File(String),
    /// A frame of the intake log: the only copy of what was observed.
    Frame {
        /// Which.
        seq: u64,
        /// In which way.
        what: String,
    },
    /// A row of the committed state. Its truth may be elsewhere: with Kafka it is the state topic.
    StateRow {
        /// Its key.
        key: String,
        /// In which way.
        what: String,
    },
    /// An entry that waits for its page, or whose page is watched.
    Entry {
        /// Its item.
        item: String,
        /// In which way.
        what: String,
    },
    /// Any other row.
    Row(String),
}

impl Damage {
    /// What is damaged.
    pub fn subject(&self) -> String {
        match self {
            Self::File(_) | Self::Row(_) => "the store".to_owned(),
            Self::Frame { seq, .. } => format!("frame {seq} of the intake log"),
            Self::StateRow { key, .. } => format!("state row {key}"),
            Self::Entry { item, .. } => format!("the waiting entry {item}"),
        }
    }

    /// In which way.
    pub fn what(&self) -> &str {
        match self {
            Self::File(what) | Self::Row(what) => what,
            Self::Frame { what, .. } | Self::StateRow { what, .. } | Self::Entry { what, .. } => what,
        }
    }

    /// What a person can do about it.
    pub fn way_out(&self) -> String {
        match self {
            Self::File(_) => "restore a backup (and take away dateline.sqlite-wal and -shm), or move the data_dir aside and start with an empty one".to_owned(),
            Self::Frame { seq, .. } => format!(
                "with the daemon stopped, `dateline doctor --set-aside {seq}` keeps its bytes, notes it in the dead letters \
                 and has its feed fetched whole; until then everything observed after it waits"
            ),
            Self::StateRow { .. } => {
                "it is never used; with the daemon stopped, `dateline rebuild-state` makes the state anew from what was \
                 published, or restore a backup"
                    .to_owned()
            }
            Self::Entry { item, .. } => format!(
                "with the daemon stopped, `dateline doctor --set-aside {item}` notes it in the dead letters and has its feed \
                 fetched whole"
            ),
            Self::Row(_) => "restore a backup, or move the data_dir aside and start with an empty one".to_owned(),
        }
    }
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is damaged: {}. The way out: {}", self.subject(), self.what(), self.way_out())
    }
}

impl StoreError {
    /// The process's exit code when nobody can do anything about it (sysexits).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Busy { .. } | Self::Full(_) => 75,
            Self::OfALine { .. } | Self::Newer { .. } | Self::NewerPart { .. } => 78,
            Self::Create { denied: true, .. } => 77,
            Self::Create { .. } => 73,
            Self::Io(_) | Self::Corrupt(_) => 74,
        }
    }

    pub(super) fn cannot_create(path: &Path, error: &io::Error) -> Self {
        let denied = error.kind() == io::ErrorKind::PermissionDenied;
        Self::Create { path: path.to_owned(), reason: error.to_string(), denied }
    }

    /// The same error while the file is being opened, when it has other meanings.
    pub(super) fn opening(file: &Path, error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                Self::Create { path: file.to_owned(), reason: error.to_string(), denied: true }
            }
            Some(ErrorCode::NotADatabase) => Self::foreign(file),
            _ => error.into(),
        }
    }

    /// The file is somebody else's.
    pub(super) fn foreign(file: &Path) -> Self {
        Self::Corrupt(Damage::File(format!("{} is no SQLite file of ours; move it aside", file.display())))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::FromSqlConversionFailure(_, _, reason) = &error
            && let Some(Found(found)) = reason.downcast_ref()
        {
            return found.clone();
        }
        let unreadable = matches!(
            error,
            rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::Utf8Error(..)
        );
        if unreadable {
            return Self::Corrupt(Damage::Row(error.to_string()));
        }
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error.to_string()),
            // The shared-memory file beside the write-ahead log cannot grow: that, too, is a full disk.
            _ if extended == Some(ffi::SQLITE_IOERR_SHMSIZE) => Self::Full(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Corrupt(Damage::File(error.to_string()))
            }
            _ => Self::Io(error.to_string()),
        }
    }
}

/// What a job found, on its way through the errors of SQL.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Found(StoreError);

fn found(error: StoreError) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(Found(error)))
}

/// What a job returns when it meets a damaged row.
pub fn corrupt(what: impl Into<String>) -> rusqlite::Error {
    found(StoreError::Corrupt(Damage::Row(what.into())))
}

/// The same for a frame, which has a way out of its own.
pub fn corrupt_frame(seq: u64, what: impl Into<String>) -> rusqlite::Error {
    found(StoreError::Corrupt(Damage::Frame { seq, what: what.into() }))
}

/// The same for a row of the committed state.
pub fn corrupt_state(key: &str, what: impl Into<String>) -> rusqlite::Error {
    found(StoreError::Corrupt(Damage::StateRow { key: key.to_owned(), what: what.into() }))
}

/// The same for an entry that waits for its page.
pub fn corrupt_entry(item: &str, what: impl Into<String>) -> rusqlite::Error {
    found(StoreError::Corrupt(Damage::Entry { item: item.to_owned(), what: what.into() }))
}

/// What a job returns when it meets what only a newer program can read.
pub fn newer(what: impl Into<String>, found_form: u8, known: u8) -> rusqlite::Error {
    found(StoreError::NewerPart { what: what.into(), found: found_form, known })
}
