//! Problems met on the way. Bad input is reported, not hidden.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The room in which something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Getting bytes over HTTP or from disk.
    Fetch,
    /// Bytes to items.
    Parse,
    /// The durable log of what was observed.
    Intake,
    /// Items to articles.
    Clean,
    /// Articles to enriched articles.
    Extract,
    /// Verdicts.
    Dedup,
    /// Records to topics.
    Publish,
}

impl Stage {
    /// All of them, in the order of the way.
    pub const ALL: [Stage; 7] =
        [Stage::Fetch, Stage::Parse, Stage::Intake, Stage::Clean, Stage::Extract, Stage::Dedup, Stage::Publish];

    /// The word used in records, metrics and headers.
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Fetch => "fetch",
            Stage::Parse => "parse",
            Stage::Intake => "intake",
            Stage::Clean => "clean",
            Stage::Extract => "extract",
            Stage::Dedup => "dedup",
            Stage::Publish => "publish",
        }
    }
}

/// One problem with one input. Codes are a closed list, documented in `docs/RECORD.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issue {
    /// Where it was noticed.
    pub stage: Stage,
    /// What kind of problem; `snake_case`, from the documented list.
    pub code: String,
    /// What exactly, for a person.
    pub detail: String,
}

impl Issue {
    /// An issue of a stage.
    pub fn new(stage: Stage, code: &str, detail: impl Into<String>) -> Self {
        Self { stage, code: code.to_owned(), detail: detail.into() }
    }
}
