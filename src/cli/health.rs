//! The command line of `dateline health`.

use super::Reach;
use crate::model::units;
use clap::Args;
use std::time::Duration;

/// `dateline health`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline health                             the daemon of the configuration here
  dateline health --config /etc/dateline/dateline.toml --timeout 2s
  dateline health --url http://127.0.0.1:8640

It asks /readyz?verbose at status.listen and prints what that says; nothing else of the configuration is needed or
checked, for the daemon may run on an earlier one. For a port that was chosen at the start (0), give --url.
Exit codes: 0 ready; 1 not ready; 2 usage; 69 nobody answers; 78 status.listen is off or has port 0.")]
pub struct Health {
    /// Where it answers.
    #[command(flatten)]
    pub reach: Reach,
    /// How long to wait for it.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = units::duration::parse)]
    pub timeout: Duration,
}
