//! The durable log of what was observed.

use crate::model::units;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// `[intake]`: the doorstep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Polling stops when this much waits for publication.
    #[serde(with = "units::bytes")]
    #[schemars(with = "String")]
    pub max_bytes: u64,
    /// How long frames are kept after they were published, for replays.
    #[serde(with = "units::duration")]
    #[schemars(with = "String")]
    pub retain: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_bytes: 4 << 30, retain: Duration::from_secs(3 * 86_400) }
    }
}
