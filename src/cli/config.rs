//! The command line of `dateline config`.

use super::Configuration;
use clap::{Args, Subcommand, ValueEnum};

/// `dateline config`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline config show --origin               what holds, and where each value came from
  dateline config reference                   every key, explained

Exit codes: 0 done; 1 the key has no value; 2 no such key; 78 configuration.")]
pub struct Config {
    /// What about it.
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// The verbs of `dateline config`.
#[derive(Debug, Subcommand)]
pub enum ConfigVerb {
    /// Print the configuration that holds, of all files, variables and flags together.
    Show(ConfigShow),
    /// Print the reference: every key, explained, at its default.
    Reference(ConfigReference),
}

/// How `config show` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ConfigFormat {
    /// A file that could be used, but for secrets.
    Toml,
    /// One JSON document, the feeds by their ids.
    Json,
}

/// `dateline config show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline config show                        all of it, defaults and feeds included
  dateline config show publish.kafka          one section, one key, or feed.ID
  dateline config show --origin fetch         with the file and line, variable or flag that said it
  dateline config show --format json status.listen
  dateline config show --config dateline.toml --set publish.to=journal

Secrets are replaced by ***; one that is named by a file or a variable stays named by it. The feeds of all files stand
below as blocks. What is printed is taken by `dateline validate`.
Exit codes: 0 done; 1 the key has no value; 2 no such key; 78 the configuration is refused.")]
pub struct ConfigShow {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Say of every key where its value came from.
    #[arg(long)]
    pub origin: bool,
    /// How to write.
    #[arg(long, value_enum, default_value = "toml")]
    pub format: ConfigFormat,
    /// Only this key, or what is under it.
    #[arg(value_name = "KEY")]
    pub key: Option<String>,
}

/// `dateline config reference`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline config reference > dateline.toml
  dateline config reference --feeds           the keys of a feed, and a catalogue of feeds

Exit codes: 0 done.")]
pub struct ConfigReference {
    /// Of files of feeds.
    #[arg(long)]
    pub feeds: bool,
}
