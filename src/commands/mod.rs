//! One file per verb. A verb prints, and its last word is the exit code.

mod audit;
mod completions;
mod config;
mod demo;
mod dlq;
mod doctor;
mod eval;
mod feeds;
mod gazetteer;
mod get;
mod health;
mod init;
mod intake;
mod man;
mod migrate;
mod page;
mod problems;
mod process;
mod progress;
mod reach;
mod reading;
mod rebuild_state;
#[cfg(feature = "kafka")]
mod registered;
mod reload;
mod replay;
mod run;
mod schema;
mod show;
mod table;
mod tap;
mod test;
mod top;
mod topics;
mod validate;

use crate::{
    cli::{Cli, Verb},
    config::{Environment, Flags, Loaded, Problems},
};
use std::{
    io::{self, Write as _},
    process::ExitCode,
};

/// Exit codes, each with one meaning (`sysexits.h` where it has a word for it).
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// A check failed.
    pub const FAILED: u8 = 1;
    /// The command line makes no sense.
    pub const USAGE: u8 = 2;
    /// The input could not be read as what it should be.
    pub const BAD_INPUT: u8 = 65;
    /// There is no such input.
    pub const NO_INPUT: u8 = 66;
    /// The broker or the network is not there.
    pub const UNAVAILABLE: u8 = 69;
    /// A bug of ours.
    pub const BUG: u8 = 70;
    /// The state cannot be created.
    pub const NO_STATE: u8 = 73;
    /// Not permitted.
    pub const DENIED: u8 = 77;
    /// Input or output failed.
    pub const IO: u8 = 74;
    /// Not done, or not all of it; the same may go well later.
    pub const TRY_LATER: u8 = 75;
    /// Configuration.
    pub const CONFIGURATION: u8 = 78;
}

/// Does what the command line asks.
pub fn dispatch(cli: Cli) -> ExitCode {
    let code = match cli.verb {
        Verb::Validate(given) => validate::run(&given),
        Verb::Process(given) => process::run(given),
        Verb::Gazetteer(given) => gazetteer::run(&given),
        Verb::Generate(given) => feeds::generate(&given),
        Verb::Health(given) => health::run(&given),
        Verb::Init(given) => init::run(&given),
        Verb::Intake(given) => intake::run(&given),
        Verb::Config(given) => config::run(&given),
        Verb::Feeds(given) => feeds::run(&given),
        Verb::Demo(given) => demo::run(&given),
        Verb::Doctor(given) => doctor::run(&given),
        Verb::Explain(given) => process::explain(given),
        Verb::Eval(given) => eval::run(&given),
        Verb::Schema(given) => schema::run(&given),
        Verb::Tap(given) => tap::run(&given),
        Verb::Top(given) => top::run(&given),
        Verb::Run(given) => run::run(&given),
        Verb::Audit(given) => audit::run(&given),
        Verb::RebuildState(given) => rebuild_state::run(&given),
        Verb::Replay(given) => replay::run(&given),
        Verb::Migrate(given) => migrate::run(&given),
        Verb::Completions(given) => completions::run(&given),
        Verb::Man(given) => man::run(&given),
        Verb::Dlq(given) => dlq::run(&given),
        Verb::Test(given) => test::run(&given),
        Verb::Topics(given) => topics::run(&given),
    };
    ExitCode::from(code)
}

/// Prints a line. A reader who has seen enough and closed the pipe is no failure.
fn put(line: std::fmt::Arguments<'_>) {
    put_text(&format!("{line}\n"));
}

/// Prints text that brings its own line ends, at once.
fn put_text(text: &str) {
    let mut out = io::stdout().lock();
    // What cannot be shown any more is not missed by anybody.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Loads the configuration that the flags and the environment of this process name.
fn load(flags: &Flags) -> Result<Loaded, Problems> {
    crate::config::load(flags, &Environment::of_process())
}

/// Says all that is wrong with the configuration.
fn refuse(problems: &Problems) -> u8 {
    problems::print(problems, None);
    exit::CONFIGURATION
}
