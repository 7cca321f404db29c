//! `dateline run`: the daemon.

use super::{exit, page, put_text, refuse, reload::Reloader};
use crate::{
    cli,
    config::{self, Config, Environment, Flags},
    logging,
    model::Snapshot,
    pipeline::{self, Reload, RunOptions, RunReport, Watching},
    publish::roles::Role,
    shutdown, traces,
};
use jiff::Timestamp;
use sd_notify::NotifyState;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Threads that parse, clean and extract meet whatever publishers nest; nesting is bounded, and this holds the bound.
const STACK: usize = 8 << 20;

/// How long threads that are still busy are waited for at the end.
const LAST_WAIT: Duration = Duration::from_secs(1);

/// How long the service manager waits for the publisher; polling has begun by then.
const READY_PATIENCE: Duration = Duration::from_secs(30);

/// Some feed failed with `--once`; the same may go well later.
const TRY_LATER: u8 = 75;

pub(super) fn run(given: &cli::Run) -> u8 {
    let mut flags = Flags::from(&given.configuration);
    flags.feedless = given.role.is_some();
    flags.set.extend(given.instance.iter().map(|name| format!("roles.instance={name}")));
    let environment = Environment::of_process();
    let role = given.role.map(Role::from);
    let (loaded, files) = config::read(&flags, &environment);
    // Where each key of ten thousand feeds was written is let go: nobody asks a daemon for it.
    let config = match loaded.map(|loaded| loaded.config) {
        Ok(config) => config,
        Err(problems) => return refuse(&problems),
    };
    if let Err(error) = logging::init(&config.log) {
        complain(&format!("the log cannot be set up: {error}"));
        return exit::CONFIGURATION;
    }
    if let Err(error) = traces::install(&config.traces) {
        complain(&error.to_string());
        return exit::CONFIGURATION;
    }
    // One thread waits for everybody; what takes a processor has threads of its own. With more of them each poll would
    // wake three.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().thread_stack_size(STACK).build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("threads cannot be started: {error}"));
            return exit::BUG;
        }
    };
    let code = runtime.block_on(async {
        if given.once {
            return daemon(config, role, None).await;
        }
        match Reloader::new(flags, environment, files) {
            Ok(reloading) => daemon(config, role, Some(reloading)).await,
            Err(error) => {
                complain(&format!("signals cannot be handled: {error}"));
                exit::BUG
            }
        }
    });
    runtime.shutdown_timeout(LAST_WAIT);
    traces::finish();
    code
}

impl From<cli::Role> for Role {
    fn from(role: cli::Role) -> Self {
        match role {
            cli::Role::Fetch => Role::Fetch,
            cli::Role::Enrich => Role::Enrich,
            cli::Role::Dedup => Role::Dedup,
        }
    }
}

/// With nothing to reload it runs once.
async fn daemon(config: Config, role: Option<Role>, reloading: Option<(Reloader, mpsc::Receiver<Reload>)>) -> u8 {
    let once = reloading.is_none();
    let stop = CancellationToken::new();
    if let Err(error) = shutdown::on_signals(stop.clone()) {
        complain(&format!("signals cannot be handled: {error}"));
        return exit::BUG;
    }
    let (snapshot, picture) = watch::channel(Snapshot::new(Timestamp::now()));
    let ended = CancellationToken::new();
    let mut serving = None;
    let mut watching = Watching::default();
    // A run that ends by itself has nobody to watch it, and may be one of several beside the daemon.
    if !once && !config.status.is_off() {
        match page::serve(&config, picture.clone(), &mut watching, ended.clone()).await {
            Ok((address, task)) => {
                // What a script asks for when it configured port 0.
                put_text(&format!("{address}\n"));
                serving = Some(task);
            }
            Err(error) => {
                complain(&error.to_string());
                return exit::UNAVAILABLE;
            }
        }
    }
    let started = CancellationToken::new();
    let notifying = tokio::spawn(notify_manager(picture, stop.clone(), started.clone()));
    let options = RunOptions { config, once, cancel: stop, watching, snapshot };
    let result = match reloading {
        None => pipeline::run(options).await,
        Some((reloader, reloads)) => {
            let reloading = tokio::spawn(reloader.run(started));
            let result = match role {
                None => pipeline::run_reloading(options, reloads).await,
                Some(role) => pipeline::run_role(options, role, Some(reloads)).await,
            };
            reloading.abort();
            result
        }
    };
    notifying.abort();
    tell_manager(&[NotifyState::Stopping]);
    ended.cancel();
    if let Some(serving) = serving {
        serving.await.ok();
    }
    match result {
        Ok(report) => conclude(&report),
        Err(error) => {
            tracing::error!(%error, exit = error.exit, "the daemon cannot go on");
            complain(&error.message);
            error.exit
        }
    }
}

fn conclude(report: &RunReport) -> u8 {
    tracing::info!(records = report.records, commits = report.commits, "stopped; all that was begun is committed");
    for (feed, why) in &report.failed {
        complain(&format!("feed {feed} failed: {why}"));
    }
    if report.failed.is_empty() { exit::DONE } else { TRY_LATER }
}

/// Tells the service manager when the daemon is ready, when it ends, and that it lives.
async fn notify_manager(mut picture: watch::Receiver<Snapshot>, stop: CancellationToken, started: CancellationToken) {
    let beat = sd_notify::watchdog_enabled().map(|limit| limit / 2);
    let ready = async {
        // A broker that is away is no reason to be restarted: what is observed waits in the intake.
        let ready = async { picture.wait_for(|now| now.ready).await.is_ok() };
        if tokio::time::timeout(READY_PATIENCE, ready).await.unwrap_or(true) {
            tell_manager(&[NotifyState::Ready]);
            started.cancel();
        }
        std::future::pending::<()>().await;
    };
    let beating = async {
        let Some(beat) = beat else { return std::future::pending().await };
        loop {
            tell_manager(&[NotifyState::Watchdog]);
            tokio::time::sleep(beat).await;
        }
    };
    let stopping = async {
        stop.cancelled().await;
        tell_manager(&[NotifyState::Stopping]);
        std::future::pending::<()>().await;
    };
    let _: ((), (), ()) = tokio::join!(ready, beating, stopping);
}

fn tell_manager(state: &[NotifyState<'_>]) {
    // Without a service manager there is nobody to tell.
    sd_notify::notify(state).ok();
}

#[expect(clippy::print_stderr, reason = "the last words are for whoever started it, whatever the log is set to")]
fn complain(message: &str) {
    eprintln!("dateline: {message}");
}
