//! `dateline intake drain`: what the directory of a fetcher that is gone for good still holds is handed on. The work is
//! done in `pipeline::roles`.

use super::{exit, load, refuse};
use crate::{
    cli::{Intake, IntakeVerb},
    config::{Config, Flags},
    logging,
};

pub(super) fn run(given: &Intake) -> u8 {
    let IntakeVerb::Drain(given) = &given.verb;
    let mut flags = Flags::from(&given.configuration);
    // Which feeds there are is told by their topic.
    flags.feedless = true;
    let config = match load(&flags) {
        Ok(loaded) => loaded.config,
        Err(problems) => return refuse(&problems),
    };
    if let Err(error) = logging::init(&config.log) {
        return fail(&format!("the log cannot be set up: {error}"), exit::CONFIGURATION);
    }
    drain(config)
}

#[cfg(not(feature = "kafka"))]
fn drain(_: Config) -> u8 {
    fail("this dateline was built without the `kafka` feature", exit::CONFIGURATION)
}

#[cfg(feature = "kafka")]
fn drain(config: Config) -> u8 {
    use crate::{publish::Target, shutdown};
    use tokio_util::sync::CancellationToken;

    if config.publish.to != Target::Kafka {
        return fail("workers are at a broker: set publish.to = \"kafka\"", exit::CONFIGURATION);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&format!("threads cannot be started: {error}"), exit::BUG),
    };
    let cancel = CancellationToken::new();
    let drained = runtime.block_on(async {
        if let Err(error) = shutdown::on_signals(cancel.clone()) {
            return Err((format!("signals cannot be handled: {error}"), exit::BUG));
        }
        crate::pipeline::drain(config, cancel.clone()).await.map_err(|error| (error.message, error.exit))
    });
    match drained {
        Ok(shards) => {
            for (shard, records) in shards {
                super::put(format_args!("shard {shard}: {records} records handed on"));
            }
            if cancel.is_cancelled() {
                fail("told to stop before the end: run it again", exit::TRY_LATER)
            } else {
                exit::DONE
            }
        }
        Err((message, code)) => fail(&message, code),
    }
}

#[expect(clippy::print_stderr, reason = "for the person at the terminal, whatever the log is set to")]
fn fail(message: &str, code: u8) -> u8 {
    eprintln!("dateline: {message}");
    code
}
