//! `dateline replay`: publishes again what the intake still holds. The work is done in `pipeline::replay`; here it is
//! asked for, watched and told.

use super::{exit, load, progress::Progress, put, refuse};
use crate::{
    cli,
    config::{Config, Flags},
    logging,
    model::FeedId,
    pipeline::{self, FeedShare, OnProgress, ReplayOptions, ReplayProgress, ReplayReport},
    shutdown,
};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Threads that clean and extract need as much as the daemon's.
const STACK: usize = 8 << 20;

/// Contents that are left out and named one by one.
const NAMED: usize = 20;

pub(super) fn run(given: &cli::Replay) -> u8 {
    let config = match load(&Flags::from(&given.configuration)) {
        Ok(loaded) => loaded.config,
        Err(problems) => return refuse(&problems),
    };
    if let Err(error) = logging::init(&config.log) {
        complain(&format!("the log cannot be set up: {error}"));
        return exit::CONFIGURATION;
    }
    if let Err((code, problem)) = check(given, &config) {
        complain(&problem);
        return code;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    match runtime {
        Ok(runtime) => runtime.block_on(replay(given, config)),
        Err(error) => {
            complain(&format!("threads cannot be started: {error}"));
            exit::BUG
        }
    }
}

fn check(given: &cli::Replay, config: &Config) -> Result<(), (u8, String)> {
    if !config.data_dir.join("dateline.sqlite").exists() {
        let problem = format!("{} holds no state: nothing was ever observed there", config.data_dir.display());
        return Err((exit::NO_INPUT, problem));
    }
    let Some(prefix) = &given.to_prefix else { return Ok(()) };
    if *prefix == config.publish.topic_prefix {
        let problem = format!("--to-prefix {prefix}: that is the prefix that is published to; leave the option out");
        return Err((exit::USAGE, problem));
    }
    let sound = prefix.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    if !sound || prefix.is_empty() || prefix.len() > 200 || prefix.starts_with('.') || prefix.ends_with('.') {
        return Err((exit::USAGE, format!("--to-prefix {prefix:?}: lower-case letters, digits, - and . only")));
    }
    Ok(())
}

async fn replay(given: &cli::Replay, config: Config) -> u8 {
    let stop = CancellationToken::new();
    if let Err(error) = shutdown::on_signals(stop.clone()) {
        complain(&format!("signals cannot be handled: {error}"));
        return exit::BUG;
    }
    let feeds: Vec<FeedId> = given.feed.iter().map(|id| FeedId(id.clone())).collect();
    let known: Vec<FeedId> = config.feeds.iter().map(|feed| feed.id.clone()).collect();
    let line = Progress::of("frames").beside(&config.log);
    let options = ReplayOptions {
        config,
        since: given.since,
        until: given.until,
        feeds: feeds.clone(),
        to_prefix: given.to_prefix.clone(),
        dry_run: given.dry_run,
        cancel: stop,
        on_progress: Some(progress(line.clone())),
    };
    let result = pipeline::replay(options).await;
    line.end();
    let report = match result {
        Ok(report) => report,
        Err(error) => {
            complain(&error.message);
            return error.exit;
        }
    };
    // A feed that was taken out of the configuration may still have frames.
    if let Some(unknown) = feeds.iter().find(|feed| !known.contains(feed) && !report.feeds.contains_key(feed)) {
        complain(&format!("--feed {unknown}: no such feed, neither in the configuration nor in the intake"));
        return exit::NO_INPUT;
    }
    tell(given, &report)
}

fn tell(given: &cli::Replay, report: &ReplayReport) -> u8 {
    for (feed, share) in &report.feeds {
        put(format_args!("{feed}: {}", words(share)));
    }
    for left in report.left_out.iter().take(NAMED) {
        complain(&format!("item {} (frame {}) {}: it is left out", left.item, left.place.seq, left.why.words()));
    }
    if let Some(more) = report.left_out.len().checked_sub(NAMED).filter(|more| *more > 0) {
        complain(&format!("{more} more are left out"));
    }
    let window = report.window.map_or_else(
        || "no frames of that time are in the intake".to_owned(),
        |(first, last)| format!("frames {first} to {last}"),
    );
    if given.dry_run {
        put(format_args!("{window}; nothing is published"));
    } else {
        let to = match (&given.to_prefix, report.generation) {
            (Some(prefix), _) => format!("topics {prefix}.*"),
            (None, Some(generation)) => format!("generation {generation}"),
            (None, None) => "no new generation".to_owned(),
        };
        put(format_args!("{window}; {} records in {} batches: {to}", report.records, report.commits));
        if !report.finished {
            let next = if given.to_prefix.is_some() { "it goes on where it was" } else { "as the next generation" };
            complain(&format!("told to stop before the end: run it again, {next}"));
            return exit::TRY_LATER;
        }
    }
    if report.left_out.is_empty() { exit::DONE } else { exit::FAILED }
}

fn words(share: &FeedShare) -> String {
    let left: u64 = share.left.values().sum();
    let FeedShare { revisions, unread, remembered, others, .. } = share;
    let mut words = format!("{revisions} revisions");
    for (number, what) in [
        (*unread, "unread before"),
        (*remembered, "remembered only"),
        (left, "left out"),
        (*others, "states, events and dead letters"),
    ] {
        if number > 0 {
            words.push_str(&format!(", {number} {what}"));
        }
    }
    words
}

fn progress(line: Progress) -> OnProgress {
    Arc::new(move |now: ReplayProgress| {
        line.set_total(now.of);
        line.at(now.frames, format!("({} records)", now.records));
    })
}

#[expect(clippy::print_stderr, reason = "for the person at the terminal, whatever the log is set to")]
fn complain(message: &str) {
    eprintln!("dateline: {message}");
}
