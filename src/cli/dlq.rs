//! The command line of `dateline dlq`.

use super::{Configuration, moment};
use clap::{Args, Subcommand, ValueEnum};
use jiff::Timestamp;

/// `dateline dlq`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline dlq list                           what could not be handled, and why
  dateline dlq list --feed who-news --since 2d --format ndjson
  dateline dlq show 7                         headers and bytes of one letter
  dateline dlq show 0@12 --raw > feed.xml     only the bytes; at a broker: partition@offset
  dateline dlq redrive 7 9                    hand two to the pipeline again (daemon stopped)
  dateline dlq redrive --all --code panic

Exit codes: 0 done; 1 a letter was left out; 66 there is none of that name; 69 the broker is away;
75 the daemon runs; 78 configuration.")]
pub struct Dlq {
    /// What about them.
    #[command(subcommand)]
    pub verb: DlqVerb,
}

/// The verbs of `dateline dlq`.
#[derive(Debug, Subcommand)]
pub enum DlqVerb {
    /// List the dead letters.
    List(DlqList),
    /// Show one letter: its headers and its bytes.
    Show(DlqShow),
    /// Lay letters on the doorstep again, so that they get a verdict.
    Redrive(DlqRedrive),
}

/// How `dlq list` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum DlqFormat {
    /// A table.
    #[default]
    Table,
    /// One JSON object a line.
    Ndjson,
}

/// Which letters.
#[derive(Debug, Args)]
pub struct DlqFilter {
    /// Only of this feed. May be repeated.
    #[arg(long, value_name = "ID")]
    pub feed: Vec<String>,
    /// Only with this error code. May be repeated.
    #[arg(long, value_name = "CODE")]
    pub code: Vec<String>,
    /// Only what was observed from then on: RFC 3339, an ISO date (UTC), or how long ago, such as 36h or 3d.
    #[arg(long, value_name = "TIME|DURATION", value_parser = moment)]
    pub since: Option<Timestamp>,
}

/// `dateline dlq list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline dlq list
  dateline dlq list --feed who-news --since 2d --limit 20 --format ndjson

Exit codes: 0 done; 66 there is no dead letter topic; 69 the broker is away; 78 configuration.")]
pub struct DlqList {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Which letters.
    #[command(flatten)]
    pub filter: DlqFilter,
    /// Only so many, the last ones.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// How to write.
    #[arg(long, value_enum, default_value_t)]
    pub format: DlqFormat,
}

/// `dateline dlq show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline dlq show 7
  dateline dlq show 0@12 --raw > feed.xml

Exit codes: 0 done; 66 there is none of that name; 69 the broker is away; 78 configuration.")]
pub struct DlqShow {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Write the bytes and nothing else.
    #[arg(long)]
    pub raw: bool,
    /// The letter, as `dlq list` names it: 7 in topic files, 0@12 (partition, offset) at a broker.
    #[arg(value_name = "POSITION")]
    pub position: String,
}

/// `dateline dlq redrive`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline dlq redrive 7 9
  dateline dlq redrive --all --code panic

The daemon must be stopped. A letter becomes a frame of the intake log, and the next
`dateline run` publishes what is in it or says again why not. A letter counts once: it may be named
again, and is passed over. A content whose item has shown a newer one since is left out, for nothing
old comes after what is new; so are letters that hold only a head.
Exit codes: 0 done; 1 a letter was left out; 66 there is none of that name; 69 the broker is away; 75 the daemon runs;
78 configuration.")]
pub struct DlqRedrive {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Every letter that the filters let through.
    #[arg(long, conflicts_with = "positions", required_unless_present = "positions")]
    pub all: bool,
    /// Which letters.
    #[command(flatten)]
    pub filter: DlqFilter,
    /// The letters, as `dlq list` names them.
    #[arg(value_name = "POSITION")]
    pub positions: Vec<String>,
}
