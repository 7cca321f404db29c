//! The command line of `dateline tap`.

use super::{Format, Reach};
use clap::Args;

/// `dateline tap`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline tap                                the records of the daemon of the configuration here, as they come out
  dateline tap --stage parse --feed who-news   what is read from one feed
  dateline tap --country KR --country JP --format ndjson | jq .value
  dateline tap --stage extract --entity lavrov --limit 1 --format ndjson
  dateline tap --url http://127.0.0.1:8640

What is named with one option is an alternative, and all options must hold. A daemon that restarts is waited for. What
came too fast to be shown is counted on standard error; the daemon is never held up.
Exits 0 when it is told to stop, at the limit, or when its reader has seen enough; 2 on a filter that makes no sense;
69 when no daemon answers at the beginning; 75 when too many look already; 78 when status.listen is off.")]
pub struct Tap {
    /// Which daemon.
    #[command(flatten)]
    pub reach: Reach,
    /// What left this room: fetch, parse, intake, clean, extract, dedup or publish; publish when none is given. May be
    /// repeated.
    #[arg(long, value_name = "ROOM")]
    pub stage: Vec<String>,
    /// Only of this feed. May be repeated.
    #[arg(long, value_name = "ID")]
    pub feed: Vec<String>,
    /// Only where a figure or a name is of this country, two letters; known of extract and publish. May be repeated.
    #[arg(long, value_name = "CC")]
    pub country: Vec<String>,
    /// Only where a name has this in it; known of extract and publish. May be repeated.
    #[arg(long, value_name = "TEXT")]
    pub entity: Vec<String>,
    /// End after so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<std::num::NonZeroU64>,
    /// How to write.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
}
