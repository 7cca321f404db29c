//! Configuration: composes the options of each room, nothing more.
//!
//! In comes what the operator wrote: a file, the feed lists it names, the environment, flags. Out goes one [`Config`]
//! that holds together, or the list of *all* problems, each with its place. What an option means is said where it is
//! used, in the `Options` of its room; this room only puts them side by side.

use crate::{
    dedup, extract, fetch, intake,
    model::{Feed, FeedId},
    publish, status,
};
use std::path::PathBuf;

/// Everything the daemon is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Holds the SQLite file and, under `topics/`, the NDJSON files.
    pub data_dir: PathBuf,
    /// The feeds, in the order written; ids are unique.
    pub feeds: Vec<Feed>,
    /// `[fetch]`.
    pub fetch: fetch::Options,
    /// `[intake]`.
    pub intake: intake::Options,
    /// `[extract]`.
    pub extract: extract::Options,
    /// `[dedup]`.
    pub dedup: dedup::Options,
    /// `[publish]`.
    pub publish: publish::Options,
    /// `[status]`.
    pub status: status::Options,
}

impl Config {
    /// The defaults, with this data directory and no feeds.
    pub fn new(data_dir: PathBuf) -> Self {
        Self {
            data_dir,
            feeds: Vec::new(),
            fetch: fetch::Options::default(),
            intake: intake::Options::default(),
            extract: extract::Options::default(),
            dedup: dedup::Options::default(),
            publish: publish::Options::default(),
            status: status::Options::default(),
        }
    }

    /// The feed of that name.
    pub fn feed(&self, id: &FeedId) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.id == *id)
    }
}
