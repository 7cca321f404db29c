//! The command line of `dateline test`.

use super::{Configuration, ReportFormat};
use clap::Args;

/// `dateline test`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline test                               every [[tests]] block of the configuration
  dateline test deaths Estonia                those whose name holds one of these words
  dateline test --format json

A test is a piece of feed or page and what is to be read in it; config/dateline.toml explains its
keys. Only stages run: no network, no state.
Exits 0 when all hold, 1 when one does not, 66 when there is none to run, 78 when the configuration
is wrong.")]
pub struct Test {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// How to write.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
    /// Only the tests whose name holds one of these.
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}
