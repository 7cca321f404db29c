//! How far long work has come, in one line on the terminal that is written over and goes when the work is done.
//!
//! Nothing is written where standard error is no terminal, or where `NO_COLOR`, `CI` or a dumb terminal ask for plain
//! output. Clones write the same line.

use crate::logging;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use std::{env, io::IsTerminal as _};

/// The line.
#[derive(Clone)]
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Counts what the word names: records, frames, cases.
    pub(super) fn of(unit: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, target()).with_finish(ProgressFinish::AndClear);
        bar.set_prefix(unit.to_owned());
        bar.set_style(style("{spinner} {human_pos} {prefix} ({per_sec}) {msg}"));
        Self(bar)
    }

    /// Unless the log is told to be quiet, for those who have one.
    pub(super) fn beside(self, log: &logging::Options) -> Self {
        if matches!(log.level.as_str(), "off" | "error") {
            self.0.set_draw_target(ProgressDrawTarget::hidden());
        }
        self
    }

    /// How many there are in all; from then on it tells the time that is left.
    pub(super) fn set_total(&self, total: u64) {
        if self.0.length() != Some(total) {
            self.0.set_length(total);
            self.0.set_style(style("{wide_bar} {human_pos} of {human_len} {prefix}, {eta} left {msg}"));
        }
    }

    /// One more is done.
    pub(super) fn step(&self) {
        self.0.inc(1);
    }

    /// So many are done, and what else there is to say.
    pub(super) fn at(&self, done: u64, words: String) {
        self.0.set_message(words);
        self.0.set_position(done);
    }

    /// Takes the line away; otherwise it goes with the last clone.
    pub(super) fn end(&self) {
        self.0.finish_and_clear();
    }
}

fn style(template: &str) -> ProgressStyle {
    // The templates are ours and are all tried by the tests.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn target() -> ProgressDrawTarget {
    let says = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let plain = says("NO_COLOR") || says("CI") || env::var_os("TERM").is_none_or(|term| term == "dumb");
    if plain || !std::io::stderr().is_terminal() { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() }
}
