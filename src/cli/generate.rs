//! The command line of `dateline generate`.

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `dateline generate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline generate feed https://wire.example/rss.xml
  dateline generate feed --append feeds.toml wire.example

Exit codes are those of the part.")]
pub struct Generate {
    /// What to make.
    #[command(subcommand)]
    pub verb: GenerateVerb,
}

/// The verbs of `dateline generate`.
#[derive(Debug, Subcommand)]
pub enum GenerateVerb {
    /// Ask a feed, or a page that names one, and write its block.
    Feed(GenerateFeed),
}

/// `dateline generate feed`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline generate feed https://wire.example/rss.xml
  dateline generate feed wire.example         the best feed that the site names
  dateline generate feed --append feeds.toml --id wire-en https://wire.example/rss.xml

The feed is asked as `dateline feeds check` asks it. The block has the address it has moved to for good, its title and
language, and an interval where its items or its publisher say one; what else was seen stands below as comments. With
--append it is added to the end of a file, which is otherwise left as it is.
Exit codes: 0 done; 1 no feed was found, or it is in the file already; 2 usage; 69 it cannot be asked; 74 the file
cannot be written; 78 the file is no list of feeds.")]
pub struct GenerateFeed {
    /// The name of the feed; made of its address otherwise.
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Add the block to this file, and make the file if there is none.
    #[arg(long, value_name = "FILE")]
    pub append: Option<PathBuf>,
    /// Open an otherwise refused address, now and in the block.
    #[arg(long, value_name = "HOST:PORT")]
    pub allow: Vec<String>,
    /// Whom a publisher can write to, as fetch.user_agent_contact.
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// The address of a feed, or of a page that names feeds.
    #[arg(value_name = "URL")]
    pub url: String,
}
