//! The command line of `dateline top`.

use super::Reach;
use crate::model::units;
use clap::Args;
use std::time::Duration;

/// `dateline top`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline top                                the daemon of the configuration here; q ends it, s sorts the feeds anew
  dateline top --interval 2s --url http://127.0.0.1:8640
  dateline top --once                         one picture as text, for a mail or a file

Without a terminal it shows one picture as well.
Exits 0; 69 when no daemon answers at the beginning; 78 when status.listen is off.")]
pub struct Top {
    /// Which daemon.
    #[command(flatten)]
    pub reach: Reach,
    /// How often to look.
    #[arg(long, value_name = "DURATION", default_value = "500ms", value_parser = interval)]
    pub interval: Duration,
    /// One picture, made of two looks that lie the interval apart.
    #[arg(long)]
    pub once: bool,
}

/// Between looks: the daemon makes a whole picture for each of them.
fn interval(text: &str) -> Result<Duration, String> {
    let interval = units::duration::parse(text).map_err(|error| error.to_string())?;
    let bounds = Duration::from_millis(100)..=Duration::from_secs(60);
    if bounds.contains(&interval) { Ok(interval) } else { Err("write 100ms to 60s".to_owned()) }
}
