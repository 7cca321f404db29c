//! The command line of `dateline topics`.

use super::Configuration;
use clap::{Args, Subcommand, ValueEnum};

/// `dateline topics`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline topics list                        the topic files, or the topics of the broker
  dateline topics list --format json
  dateline topics create --dry-run            what is missing at the broker, and what differs
  dateline topics create                      before the daemon runs with create_topics = false
  dateline topics create --roles              the same before workers run (dateline run --role)

What a record of each topic holds is printed by `dateline schema`.

Exit codes: 0 done; 1 a topic that is there differs; 66 there is none; 69 the broker is away; 77 it does not permit it;
78 configuration.")]
pub struct Topics {
    /// What about them.
    #[command(subcommand)]
    pub verb: TopicsVerb,
}

/// The verbs of `dateline topics`.
#[derive(Debug, Subcommand)]
pub enum TopicsVerb {
    /// Print the topics with what they hold.
    List(TopicsList),
    /// Create at the broker what is missing, and say what differs.
    Create(TopicsCreate),
}

/// How `topics list` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum TopicsFormat {
    /// A table.
    #[default]
    Table,
    /// One JSON array.
    Json,
}

/// `dateline topics list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline topics list
  dateline topics list --format json

At a broker the topics between roles are listed as well, where they are there.
Exit codes: 0 done; 66 there is none; 69 the broker is away; 78 configuration.")]
pub struct TopicsList {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// How to write.
    #[arg(long, value_enum, default_value_t)]
    pub format: TopicsFormat,
}

/// `dateline topics create`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline topics create
  dateline topics create --dry-run
  dateline topics create --roles              all that workers need (dateline run --role)

Topics are made with publish.kafka.partitions and replication_factor, and the cleanup policy that
each needs; those between roles with the partitions of [roles]. One that is there is left as it is.
Exit codes: 0 done; 1 a topic that is there differs; 69 the broker is away; 77 it does not permit it;
78 the configuration is wrong, or the state topic cannot be used.")]
pub struct TopicsCreate {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Say what would be created, and create nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// The topics of roles: those between them, and what readers read.
    #[arg(long)]
    pub roles: bool,
}
