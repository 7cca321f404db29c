//! The configuration as it is written in files: the keys, their types and their defaults.
//!
//! [`Written`] is what `dateline.toml` may hold, [`FeedList`] what the files may hold that it names under `feeds`.

use super::Case;
use crate::{dedup, extract, fetch, intake, logging, model::Feed, publish, status, traces};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `dateline.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    /// Holds the SQLite file and, under `topics/`, the NDJSON files. Default: `$STATE_DIRECTORY`, else
    /// `dateline` in the XDG state directory.
    pub data_dir: Option<PathBuf>,
    /// Files of feeds or globs, relative to this file.
    pub feeds: Vec<String>,
    /// Feeds written in this file itself.
    pub feed: Vec<Feed>,
    /// How feeds and pages are acquired.
    pub fetch: fetch::Options,
    /// The doorstep.
    pub intake: intake::Options,
    /// What is read out of a story.
    pub extract: extract::Options,
    /// How long and how closely texts are compared.
    pub dedup: dedup::Options,
    /// Where records go and how soon.
    pub publish: publish::Options,
    /// How the work is shared out over several processes.
    pub roles: publish::roles::Options,
    /// The status page.
    pub status: status::Options,
    /// The log.
    pub log: logging::Options,
    /// What is told of how long each step took.
    pub traces: traces::Options,
    /// What is to be read in pieces of feeds and pages.
    pub tests: Vec<Case>,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            data_dir: None,
            feeds: vec!["feeds.toml".to_owned()],
            feed: Vec::new(),
            fetch: fetch::Options::default(),
            intake: intake::Options::default(),
            extract: extract::Options::default(),
            dedup: dedup::Options::default(),
            publish: publish::Options::default(),
            roles: publish::roles::Options::default(),
            status: status::Options::default(),
            log: logging::Options::default(),
            traces: traces::Options::default(),
            tests: Vec::new(),
        }
    }
}

/// A file of feeds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeedList {
    /// One block per feed.
    pub feed: Vec<Feed>,
    /// What is to be read in pieces of these feeds.
    pub tests: Vec<Case>,
}
