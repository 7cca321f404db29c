//! `dateline feeds`: what is configured, how it is, and where more is to be had.

mod check;
mod discover;
mod generate;
mod list;
mod probe;
mod publish;

use super::exit;
use crate::{
    cli::{Configuration, Feeds, FeedsVerb},
    config::{Config, Flags},
    fetch,
    model::{Feed, units},
};
use std::{io::Write as _, path::Path};

pub(super) use generate::run as generate;

/// Runs the verb.
pub(super) fn run(given: &Feeds) -> u8 {
    match &given.verb {
        FeedsVerb::List(given) => with_config(&given.configuration, print),
        FeedsVerb::Check(given) => {
            with_config(&given.configuration, |config| check::run(config, &given.ids, given.format))
        }
        FeedsVerb::Discover(given) => discover::run(given),
        FeedsVerb::Import(given) => list::import(given),
        FeedsVerb::Export(given) => with_config(&given.configuration, |config| list::export(config, given)),
        FeedsVerb::Publish(given) => with_config(&given.configuration, |config| publish::run(config, given.dry_run)),
    }
}

fn with_config(configuration: &Configuration, run: impl FnOnce(&Config) -> u8) -> u8 {
    match super::load(&Flags::from(configuration)) {
        Ok(loaded) => run(&loaded.config),
        Err(problems) => super::refuse(&problems),
    }
}

fn print(config: &Config) -> u8 {
    let longest = config.feeds.iter().map(|feed| feed.id.0.chars().count()).max().unwrap_or(0);
    for feed in &config.feeds {
        let interval = units::duration::format(feed.interval.unwrap_or(config.fetch.default_interval));
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        super::put(format_args!(
            "{:<longest$}  {:<5} {:<3} {:>5}  {:<24} {}{}",
            feed.id.0,
            word(&feed.language),
            word(&feed.country),
            interval,
            word(&feed.agency),
            fetch::redact(&feed.url),
            marks(feed)
        ));
    }
    exit::DONE
}

fn marks(feed: &Feed) -> String {
    let marks = [(feed.full_text, "  pages"), (!feed.enabled, "  off")];
    marks.iter().filter(|(holds, _)| *holds).map(|(_, mark)| *mark).collect()
}

/// Runs to its end what asks servers.
fn ask<T>(options: &fetch::Options, work: impl AsyncFnOnce(fetch::Client) -> T) -> Result<T, u8> {
    let version = env!("CARGO_PKG_VERSION");
    let begun = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(anyhow::Error::from);
    let done =
        begun.and_then(|runtime| runtime.block_on(async { Ok(work(fetch::Client::new(options, version)?).await) }));
    done.map_err(|error| {
        complain(&format!("error: {error:#}"));
        exit::UNAVAILABLE
    })
}

/// Writes what a command made to a file, or prints it.
pub(super) fn deliver(text: &str, output: Option<&Path>, anew: bool) -> u8 {
    let Some(path) = output else {
        super::put_text(text);
        return exit::DONE;
    };
    let file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).create_new(anew).open(path);
    match file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all())) {
        Ok(()) => exit::DONE,
        Err(error) => {
            complain(&format!("error: cannot write {}: {error}", path.display()));
            exit::IO
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command's remarks")]
pub(super) fn complain(words: &str) {
    // They hold words from outside, which a terminal must not take for orders.
    let harmless: String = words.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    eprintln!("{harmless}");
}
