//! The command line of `dateline init`.

use clap::Args;
use std::path::PathBuf;

/// `dateline init`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline init                               dateline.toml and feeds.toml here
  dateline init --feed https://wire.example/rss.xml --contact mailto:ops@example.org /etc/dateline
  dateline init --kafka broker:9092 wire/dateline.toml

Nothing is asked of any server, and a file that is there stays as it is without --force.
Exit codes: 0 done; 2 an address makes no sense; 74 a file is there already or cannot be written.")]
pub struct Init {
    /// Publish to this broker.
    #[arg(long, value_name = "HOST:PORT")]
    pub kafka: Option<String>,
    /// Begin with this feed. May be repeated; one feed as an example otherwise.
    #[arg(long, value_name = "URL")]
    pub feed: Vec<String>,
    /// Open an otherwise refused address for these feeds.
    #[arg(long, value_name = "HOST:PORT", requires = "feed")]
    pub allow: Vec<String>,
    /// Whom a publisher can write to, as fetch.user_agent_contact.
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// Write over files that are there.
    #[arg(long)]
    pub force: bool,
    /// A directory, or the name of the main file, which ends in .toml; the list of feeds is beside it.
    #[arg(value_name = "DIR|FILE", default_value = ".")]
    pub place: PathBuf,
}
