//! `dateline migrate`: moves a data directory from the journal to a broker. The work is done in `publish::migrate`.

use super::{exit, load, refuse};
use crate::{
    cli,
    config::{Config, Flags},
    logging,
};

pub(super) fn run(given: &cli::Migrate) -> u8 {
    let config = match load(&Flags::from(&given.configuration)) {
        Ok(loaded) => loaded.config,
        Err(problems) => return refuse(&problems),
    };
    if let Err(error) = logging::init(&config.log) {
        complain(&format!("the log cannot be set up: {error}"));
        return exit::CONFIGURATION;
    }
    if given.to != cli::Destination::OneProcess && !config.data_dir.join("dateline.sqlite").exists() {
        complain(&format!("{} holds no state: there is nothing to move", config.data_dir.display()));
        return exit::NO_INPUT;
    }
    moving::run(given, config)
}

#[cfg(not(feature = "kafka"))]
mod moving {
    use super::{Config, cli, complain, exit};

    pub(super) fn run(_: &cli::Migrate, _: Config) -> u8 {
        complain("this dateline was built without the `kafka` feature");
        exit::CONFIGURATION
    }
}

#[cfg(feature = "kafka")]
mod moving {
    use super::{Config, cli, complain, exit};
    use crate::{
        commands::{progress::Progress, put},
        publish::{
            PublishError,
            kafka::problems,
            migrate::{MigrateOptions, MigrateReport, OnProgress, TopicMoved, migrate},
        },
        shutdown,
        store::{Store, StoreError},
    };
    use std::sync::Arc;
    use tokio_util::sync::CancellationToken;

    pub(super) fn run(given: &cli::Migrate, config: Config) -> u8 {
        if let Some((key, problem)) = problems(&config.publish.kafka).into_iter().next() {
            complain(&format!("publish.kafka.{key}: {problem}"));
            return exit::CONFIGURATION;
        }
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                complain(&format!("threads cannot be started: {error}"));
                return exit::BUG;
            }
        };
        runtime.block_on(async {
            match given.to {
                cli::Destination::Kafka => go(given, config).await,
                cli::Destination::Roles => shared_out(crate::pipeline::to_roles(config).await, "many workers"),
                cli::Destination::OneProcess => shared_out(crate::pipeline::to_one(config).await, "one process"),
            }
        })
    }

    async fn go(given: &cli::Migrate, config: Config) -> u8 {
        let stop = CancellationToken::new();
        if let Err(error) = shutdown::on_signals(stop.clone()) {
            complain(&format!("signals cannot be handled: {error}"));
            return exit::BUG;
        }
        let data_dir = config.data_dir.clone();
        let store = match tokio::task::spawn_blocking(move || Store::open(&data_dir)).await {
            Ok(Ok(store)) => store,
            Ok(Err(error)) => return fail(&error.to_string(), error.exit_code()),
            Err(failure) => return fail(&failure.to_string(), StoreError::Io(String::new()).exit_code()),
        };
        let line = Progress::of("moved").beside(&config.log);
        let options = MigrateOptions {
            publish: config.publish,
            since: given.since,
            state_only: given.state_only,
            is_cancelled: Arc::new(move || stop.is_cancelled()),
            on_progress: Some(progress(line.clone())),
        };
        let moved = migrate(&store, &options).await;
        line.end();
        match moved {
            Ok(report) => tell(given, &report),
            Err(PublishError::Fatal { exit, message }) => fail(&message, exit),
            Err(error) => fail(&error.to_string(), exit::UNAVAILABLE),
        }
    }

    fn tell(given: &cli::Migrate, report: &MigrateReport) -> u8 {
        if report.already {
            put(format_args!("the directory is the broker's already; frame {} was the last one done", report.position));
            return exit::DONE;
        }
        for (topic, TopicMoved { records, older, damage }) in &report.topics {
            let older = if *older > 0 { format!(", {older} older ones left behind") } else { String::new() };
            put(format_args!("{topic}: {records} records{older}"));
            for (from, to) in &damage.missing {
                complain(&format!("{topic}: records {from} to {} are in no file; rotated files may be gone", to - 1));
            }
            if damage.foreign_lines > 0 {
                complain(&format!("{topic}: {} lines are none of ours and stay behind", damage.foreign_lines));
            }
        }
        if given.state_only {
            put(format_args!("no records: the state only"));
        }
        put(format_args!("state: {} keys", report.keys));
        if report.interrupted {
            complain("told to stop before the end: run it again, it goes on where it was");
            return exit::TRY_LATER;
        }
        put(format_args!(
            "the directory is the broker's from now on, and the journal is refused: set publish.to = \"kafka\"; \
             frame {} was the last one done",
            report.position
        ));
        let whole = report.topics.values().all(|topic| topic.damage.missing.is_empty());
        if whole { exit::DONE } else { exit::FAILED }
    }

    /// From one process to many workers, or back.
    fn shared_out(moved: Result<crate::pipeline::Moved, crate::pipeline::RunError>, to: &str) -> u8 {
        match moved {
            Ok(crate::pipeline::Moved { items, feeds, keys }) => {
                put(format_args!("{keys} keys of {items} items and {feeds} feeds are over there: start {to} now"));
                exit::DONE
            }
            Err(error) => fail(&error.message, error.exit),
        }
    }

    fn progress(line: Progress) -> OnProgress {
        Arc::new(move |what: &str, count: u64| line.at(count, what.to_owned()))
    }

    fn fail(message: &str, code: u8) -> u8 {
        complain(message);
        code
    }
}

#[expect(clippy::print_stderr, reason = "for the person at the terminal, whatever the log is set to")]
fn complain(message: &str) {
    eprintln!("dateline: {message}");
}
