//! The command line of `dateline schema`.

use clap::Args;
use std::path::PathBuf;

/// `dateline schema`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline schema                             all of them, as one object by name
  dateline schema article                     one schema (draft 2020-12)
  dateline schema --list                      the names
  dateline schema asyncapi --config FILE      topics, keys, headers and records as an AsyncAPI 3 document
  dateline schema subjects --config FILE      what to register by hand, by subject, as a schema registry is told it

The AsyncAPI document names the topics and brokers of the configuration, and none of its secrets.
Exits 0, 2 for a name that no schema has, 78 when the configuration is wrong.")]
pub struct Schema {
    /// Which one: article, article-ninjs, claim, story, feed-status, event, config, feeds, asyncapi, subjects.
    #[arg(value_name = "NAME", conflicts_with = "list")]
    pub name: Option<String>,
    /// Only the names.
    #[arg(long)]
    pub list: bool,
    /// The configuration that asyncapi and subjects are about; else the one that the daemon would find, or none.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set one key of it, such as publish.topic_prefix=desk. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}
