//! Article to enriched: runs the extractors in a fixed order.

pub(crate) mod entities;
pub(crate) mod places;
pub(crate) mod sentence;
pub(crate) mod statistics;

use crate::model::{Article, Enriched};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which entity tagger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tagger {
    /// Gazetteer and rules.
    Fast,
    /// The trained model; not built yet, refused by `validate`.
    Accurate,
}

/// `[extract]`: what is read out of a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The entity tagger.
    pub entities: Tagger,
    /// Observations below this confidence are not published, 0 to 1.
    pub min_confidence: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { entities: Tagger::Fast, min_confidence: 0.3 }
    }
}

/// Everything that is compiled once: language packs, gazetteers, patterns.
pub struct Tables {}

impl Tables {
    /// Compiles the tables.
    pub fn new(_options: &Options) -> Self {
        Self {}
    }
}

/// Reads an article.
pub fn article(_tables: &Tables, _article: Article) -> Enriched {
    unimplemented!()
}
