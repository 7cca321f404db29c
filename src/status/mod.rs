//! HTTP for people and machines that watch: page, JSON, liveness, readiness, metrics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[status]`: the status page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `HOST:PORT`, port 0 for a free one which is then printed, or `off`.
    pub listen: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8640".to_owned() }
    }
}
