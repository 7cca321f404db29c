//! `dateline completions`: what completes the command line in a shell, made from its definition.

use super::{exit, put_text};
use crate::cli::{Cli, Completions};
use clap::CommandFactory as _;

/// Runs the verb.
pub(super) fn run(given: &Completions) -> u8 {
    let mut script = Vec::new();
    clap_complete::generate(given.shell, &mut Cli::command(), "dateline", &mut script);
    put_text(&String::from_utf8_lossy(&script));
    exit::DONE
}
