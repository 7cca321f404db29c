//! Verdicts: new, update, copy, suppressed. The one room with memory; pure all the same.

use crate::model::{Admission, Enriched, Hash, ItemId, ItemState, Previous, StateChange, StoryState, Verdict, units};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[dedup]`: how long and how closely texts are compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// How long an item is remembered after it was last seen.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub horizon: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { horizon: Duration::from_secs(30 * 86_400) }
    }
}

/// What is asked about one revision.
pub struct Question<'a> {
    /// The revision.
    pub enriched: &'a Enriched,
    /// Its content.
    pub hash: &'a Hash,
    /// What is known of the item.
    pub previous: Option<Previous>,
    /// Whether policy lets it through.
    pub admission: Admission,
}

/// What is remembered across items: signatures of texts, and stories.
pub struct Index {}

impl Index {
    /// An empty memory.
    pub fn new(_options: &Options) -> Self {
        Self {}
    }

    /// Remembers an item as the committed state has it.
    pub fn restore_item(&mut self, _id: &ItemId, _state: &ItemState) {
        unimplemented!()
    }

    /// Remembers a story as the committed state has it.
    pub fn restore_story(&mut self, _story: StoryState) {
        unimplemented!()
    }

    /// Decides about one revision and remembers it.
    pub fn judge(&mut self, _now: Timestamp, _question: Question<'_>) -> Verdict {
        unimplemented!()
    }

    /// Forgets what was last seen before the horizon; returns the tombstones.
    pub fn evict(&mut self, _now: Timestamp) -> Vec<StateChange> {
        unimplemented!()
    }
}
