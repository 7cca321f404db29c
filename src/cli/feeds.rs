//! The command line of `dateline feeds`.

use super::Configuration;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

/// `dateline feeds`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds list --config config/dateline.toml
  dateline feeds check                        ask every feed and say how it is; changes nothing
  dateline feeds check --format json who-news un-news
  dateline feeds discover wire.example        the feeds of a site, and blocks to paste
  dateline feeds import subscriptions.opml --output feeds.d/imported.toml
  dateline feeds export --output feeds.opml
  dateline feeds publish                      tell them to the workers of --role fetch

Exit codes: 0 done; 1 a feed is not well, or none was found; 2 no such feed; 69 the network is not there; 78 the
configuration is refused.")]
pub struct Feeds {
    /// What about them.
    #[command(subcommand)]
    pub verb: FeedsVerb,
}

/// The verbs of `dateline feeds`.
#[derive(Debug, Subcommand)]
pub enum FeedsVerb {
    /// Print the configured feeds.
    List(FeedsList),
    /// Ask each feed, twice and politely, and say how it is.
    Check(FeedsCheck),
    /// Find the feeds of a site.
    Discover(FeedsDiscover),
    /// Make blocks of feeds of an OPML list.
    Import(FeedsImport),
    /// Write the configured feeds as an OPML list.
    Export(FeedsExport),
    /// Tell the configured feeds to the workers that fetch, where the work is split.
    Publish(FeedsPublish),
}

/// How `feeds check` and `discover` write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FeedsFormat {
    /// A table.
    #[default]
    Table,
    /// One JSON array.
    Json,
}

/// `dateline feeds list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds list
  dateline feeds list --config config/dateline.toml

Exit codes: 0 done; 78 configuration.")]
pub struct FeedsList {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
}

/// `dateline feeds publish`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds publish --config /etc/dateline/dateline.toml
  dateline feeds publish --dry-run            say what would change

What the topic feeds.v1 holds becomes what is configured, in one transaction; workers follow it while they run. A feed that
is not configured any more is taken out. Each feed lies in the shard of its host.
Exit codes: 0 done; 69 the broker is not there; 77 permission; 78 configuration.")]
pub struct FeedsPublish {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Change nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `dateline feeds check`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds check
  dateline feeds check --format json who-news un-news

Each feed is asked once, and once more conditionally where its server gave validators: `kept` means that it
said 304. Feeds are asked side by side, those of one host no more than fetch.per_host at a time.
Exit codes: 0 every feed answered with items; 1 one did not; 2 no such feed; 78 configuration.")]
pub struct FeedsCheck {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// How to write.
    #[arg(long, value_enum, default_value_t)]
    pub format: FeedsFormat,
    /// Only these feeds, also when they are off.
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,
}

/// `dateline feeds discover`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds discover https://wire.example/
  dateline feeds discover wire.example/world --format json

What headers and page name is asked first, then what is linked, then the usual places, where robots.txt allows. Every
candidate is read by the daemon's parser. No more than 24 requests are made, one after the other.
Exit codes: 0 done; 1 no feed was found; 2 no address; 69 the site cannot be asked.")]
pub struct FeedsDiscover {
    /// How to write.
    #[arg(long, value_enum, default_value_t)]
    pub format: FeedsFormat,
    /// Open an otherwise refused address.
    #[arg(long, value_name = "HOST:PORT")]
    pub allow: Vec<String>,
    /// Whom a publisher can write to, as fetch.user_agent_contact.
    #[arg(long, value_name = "ADDRESS")]
    pub contact: Option<String>,
    /// The site's address.
    #[arg(value_name = "URL")]
    pub url: String,
}

/// `dateline feeds import`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds import subscriptions.opml --output feeds.d/imported.toml
  dateline feeds import --config dateline.toml - < subscriptions.opml

Folders and categories become tags. What is repaired, left out or met twice is said on standard error; what a
block has no key for stands beside it as a comment. With --config, feeds that are configured already are left out.
Exit codes: 0 done; 65 no OPML; 66 no such list; 74 the file is there already or cannot be written; 78 configuration.")]
pub struct FeedsImport {
    /// Feeds of this configuration are known already.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write the blocks to this file, which must not exist; standard output otherwise.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The list, or - for standard input.
    #[arg(value_name = "FILE.opml")]
    pub list: PathBuf,
}

/// `dateline feeds export`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline feeds export --output feeds.opml

OPML 2.0. Credentials are never exported: values in addresses that look like secrets are left out, and said on
standard error.
Exit codes: 0 done; 74 the file cannot be written; 78 configuration.")]
pub struct FeedsExport {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Write to this file; standard output otherwise.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}
