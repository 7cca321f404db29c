//! What can go wrong with the file, by what the caller does about it.

use rusqlite::{ErrorCode, ffi};
use std::{
    io,
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
    #[error("the store is damaged: {0}. Move the data_dir aside and start with an empty one, or restore a backup")]
    Corrupt(String),
}

impl StoreError {
    /// The process's exit code when nobody can do anything about it (sysexits).
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Busy { .. } | Self::Full(_) => 75,
            Self::Newer { .. } => 78,
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
            Some(ErrorCode::NotADatabase) => {
                Self::Corrupt(format!("{} is no SQLite file of ours; move it aside", file.display()))
            }
            _ => error.into(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if let rusqlite::Error::FromSqlConversionFailure(_, _, reason) = &error
            && reason.is::<CorruptRow>()
        {
            return Self::Corrupt(reason.to_string());
        }
        let extended = error.sqlite_error().map(|error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full(error.to_string()),
            // The shared-memory file beside the write-ahead log cannot grow: that, too, is a full disk.
            _ if extended == Some(ffi::SQLITE_IOERR_SHMSIZE) => Self::Full(error.to_string()),
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Io(error.to_string()),
        }
    }
}

/// A row whose hash does not fit, or whose value cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct CorruptRow(String);

/// What a job returns when it meets a damaged row: becomes [`StoreError::Corrupt`].
pub fn corrupt(what: impl Into<String>) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Blob, Box::new(CorruptRow(what.into())))
}
