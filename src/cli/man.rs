//! The command line of `dateline man`.

use clap::Args;
use std::path::PathBuf;

/// `dateline man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline man | man -l -                     the page of the program
  dateline man feeds check | man -l -         the page of a verb
  dateline man --dir /usr/local/share/man/man1

Exit codes: 0 done; 2 no such verb; 74 a page cannot be written.")]
pub struct Man {
    /// Write all pages to this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "verb")]
    pub dir: Option<PathBuf>,
    /// The verb whose page is printed; that of the program without it.
    #[arg(value_name = "VERB")]
    pub verb: Vec<String>,
}
