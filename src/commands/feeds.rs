//! `dateline feeds list` and `dateline feeds check`: what is configured, and whether it answers.
//!
//! `check` fetches each feed once under the daemon's guard and limits, reads it with the daemon's parser, and says what
//! came. It changes nothing and asks no conditional questions.
#![expect(clippy::print_stderr, reason = "a command's complaints")]

use super::{
    exit,
    get::Getter,
    show::{Style, Tone},
};
use crate::{
    cli::{Configuration, Feeds, FeedsVerb},
    config::{Config, Flags},
    fetch,
    model::{Feed, Issue, units},
    parse,
};

/// Runs the verb.
pub(super) fn run(given: &Feeds) -> u8 {
    match &given.verb {
        FeedsVerb::List(given) => with_config(&given.configuration, list),
        FeedsVerb::Check(given) => with_config(&given.configuration, |config| check(config, &given.ids)),
    }
}

fn with_config(configuration: &Configuration, run: impl FnOnce(&Config) -> u8) -> u8 {
    match super::load(&Flags::from(configuration)) {
        Ok(loaded) => run(&loaded.config),
        Err(problems) => super::refuse(&problems),
    }
}

fn list(config: &Config) -> u8 {
    let longest = config.feeds.iter().map(|feed| feed.id.0.chars().count()).max().unwrap_or(0);
    for feed in &config.feeds {
        let interval = units::duration::format(feed.interval.unwrap_or(config.fetch.default_interval));
        let word = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        let mut marks = String::new();
        if feed.full_text {
            marks.push_str("  pages");
        }
        if !feed.enabled {
            marks.push_str("  off");
        }
        super::put(format_args!(
            "{:<longest$}  {:<5} {:<3} {:>5}  {:<24} {}{marks}",
            feed.id.0,
            word(&feed.language),
            word(&feed.country),
            interval,
            word(&feed.agency),
            fetch::redact(&feed.url)
        ));
    }
    exit::DONE
}

fn check(config: &Config, ids: &[String]) -> u8 {
    let unknown: Vec<&String> = ids.iter().filter(|id| config.feed(&id.as_str().into()).is_none()).collect();
    if !unknown.is_empty() {
        eprintln!(
            "error: the configuration has no feed called {}",
            unknown.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ")
        );
        return exit::USAGE;
    }
    let getter = match Getter::new(&config.fetch) {
        Ok(getter) => getter,
        Err(error) => {
            eprintln!("error: {error:#}");
            return exit::UNAVAILABLE;
        }
    };
    let style = Style::of_stdout();
    let chosen = config.feeds.iter().filter(|feed| feed.enabled || !ids.is_empty());
    let chosen: Vec<&Feed> = chosen.filter(|feed| ids.is_empty() || ids.contains(&feed.id.0)).collect();
    let mut failed = 0;
    for feed in &chosen {
        let (tone, mark, said) = match ask(&getter, feed) {
            Ok(said) => (Tone::Good, "ok  ", said),
            Err(issue) => {
                failed += 1;
                (Tone::Bad, "FAIL", format!("{}: {}", issue.code, issue.detail))
            }
        };
        super::put(format_args!("{} {}  {said}", style.paint(tone, mark), style.paint(Tone::Strong, &feed.id.0)));
    }
    super::put(format_args!("{} of {} feeds answered with items", chosen.len() - failed, chosen.len()));
    if failed == 0 { exit::DONE } else { exit::FAILED }
}

/// Fetches and reads one feed; says what came, or why nothing did.
fn ask(getter: &Getter, feed: &Feed) -> Result<String, Issue> {
    let fetched = getter.get(feed, &feed.url, fetch::Wants::Feed)?;
    let parsed = parse::feed(feed, &fetched).map_err(|parse::ParseError(issue)| issue)?;
    if parsed.items.is_empty() {
        return Err(Issue::new(crate::model::Stage::Parse, "no_entries", "the feed answered, but holds no items"));
    }
    let mut said = format!("{} items", parsed.items.len());
    let newest = parsed.items.iter().filter_map(|item| item.published).max_by_key(|time| time.utc());
    if let Some(newest) = newest {
        said.push_str(&format!(", newest {newest}"));
    }
    let bare = parsed.items.iter().filter(|item| item.content.is_none()).count();
    if bare == parsed.items.len() && !feed.full_text {
        said.push_str(", leads only: consider full_text = true");
    }
    if fetched.url != feed.url {
        said.push_str(&format!(", answered from {}", fetch::redact(&fetched.url)));
    }
    match parsed.issues.len() {
        0 => {}
        1 => said.push_str(", 1 problem repaired"),
        n => said.push_str(&format!(", {n} problems repaired")),
    }
    Ok(said)
}
