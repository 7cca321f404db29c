//! The command line of `dateline intake`.

use super::Configuration;
use clap::{Args, Subcommand};

/// `dateline intake`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline intake drain --data-dir /var/lib/dateline/fetch-7   a fetcher that will not come back

Exit codes: 0 done; 66 there is no shard of feeds in the directory; 69 the broker is away; 75 a worker has the directory;
78 configuration.")]
pub struct Intake {
    /// What about it.
    #[command(subcommand)]
    pub verb: IntakeVerb,
}

/// The verbs of `dateline intake`.
#[derive(Debug, Subcommand)]
pub enum IntakeVerb {
    /// Hand on what the directory of a fetcher that is gone for good still holds.
    Drain(IntakeDrain),
}

/// `dateline intake drain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline intake drain --data-dir /var/lib/dateline/fetch-7
  dateline intake drain --config workers.toml --data-dir /mnt/rescued

What a fetcher (`dateline run --role fetch`) had observed and not handed on when its feeds went to another stays in its
directory. This publishes it to raw.v1, of each shard in turn; items that wait for their pages get them first. A version
that another worker has overtaken since is logged and left out, so nothing is told twice and nothing goes back. The
workers may run: the one that has the shard waits for some seconds, reads what was published, and goes on. Afterwards the
directory may be deleted.
Exit codes: 0 done; 66 there is no shard of feeds in the directory; 69 the broker is away; 75 a worker has the directory;
78 configuration.")]
pub struct IntakeDrain {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
}
