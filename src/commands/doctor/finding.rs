//! One thing that was looked at: how it is, and the way out where it is not well.

use crate::{
    commands::show::{Style, Tone},
    store::StoreError,
};
use serde::Serialize;

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Sound,
    /// Worth knowing; nothing needs to be done.
    Note,
    /// Somebody must do something.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    pub(super) level: Level,
    /// What was looked at.
    pub(super) subject: String,
    /// How it is.
    pub(super) words: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) way_out: Option<String>,
}

impl Finding {
    pub(super) fn sound(subject: &str, words: impl Into<String>) -> Self {
        Self { level: Level::Sound, subject: subject.to_owned(), words: words.into(), way_out: None }
    }

    pub(super) fn note(subject: &str, words: impl Into<String>) -> Self {
        Self { level: Level::Note, subject: subject.to_owned(), words: words.into(), way_out: None }
    }

    pub(super) fn problem(subject: &str, words: impl Into<String>, way_out: impl Into<String>) -> Self {
        let way_out = Some(way_out.into()).filter(|way_out: &String| !way_out.is_empty());
        Self { level: Level::Problem, subject: subject.to_owned(), words: words.into(), way_out }
    }

    /// What the store says of itself.
    pub(super) fn of_store(subject: &str, error: &StoreError) -> Self {
        match error {
            StoreError::Corrupt(damage) => Self::problem(&damage.subject(), damage.what(), damage.way_out()),
            StoreError::NewerPart { what, found, known } => Self::problem(
                what,
                format!("it has form {found}, this program knows up to {known}"),
                "nothing is damaged: run the newer dateline that wrote it",
            ),
            StoreError::Newer { found, known, .. } => Self::problem(
                subject,
                format!("it has schema version {found}, this program knows {known}"),
                "nothing is damaged: run the newer dateline that made it",
            ),
            other => Self::problem(subject, other.to_string(), ""),
        }
    }

    /// For the terminal.
    pub(super) fn lines(&self, style: Style) -> String {
        let (tone, mark) = match self.level {
            Level::Sound => (Tone::Good, "ok  "),
            Level::Note => (Tone::Warn, "note"),
            Level::Problem => (Tone::Bad, "FAIL"),
        };
        let mut words = self.words.lines();
        let first = words.next().unwrap_or_default();
        let mut lines = format!("{} {}  {first}\n", style.paint(tone, mark), style.paint(Tone::Strong, &self.subject));
        for more in words {
            lines.push_str(&format!("     {more}\n"));
        }
        if let Some(way_out) = &self.way_out {
            lines.push_str(&format!("     {} {way_out}\n", style.paint(Tone::Name, "->")));
        }
        lines
    }
}
