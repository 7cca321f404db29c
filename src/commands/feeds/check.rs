//! `dateline feeds check`: every feed is asked, side by side and politely, and shown in a table.
//!
//! The daemon's client asks, with its guard, limits and turns; the daemon's parser reads. Each feed is asked once, and
//! once more conditionally where its server gave validators. Nothing is changed.

use super::{
    ask, complain,
    probe::{self, Found, Honoured, Text},
};
use crate::{
    cli::FeedsFormat,
    commands::{
        exit, put,
        show::{Style, Tone},
        table::{self, Cell},
    },
    config::Config,
    model::{Feed, Issue},
};
use futures::{StreamExt as _, stream};
use serde::Serialize;

/// Feeds under way at a time; the client's limits per host hold besides.
const AT_A_TIME: usize = 16;
/// The newest item of a feed in use is no older.
const STALE: jiff::SignedDuration = jiff::SignedDuration::from_hours(90 * 24);

/// How a feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// It answers with items.
    Ok,
    /// It answers, and something should be looked at.
    Odd,
    /// It does not answer, or with no feed.
    Fail,
}

/// A feed and what came of asking it.
#[derive(Debug, Serialize)]
struct Row<'f> {
    id: &'f str,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Found>,
    /// What should be looked at.
    remarks: Vec<String>,
}

pub(super) fn run(config: &Config, ids: &[String], format: FeedsFormat) -> u8 {
    let unknown: Vec<&str> =
        ids.iter().filter(|id| config.feed(&id.as_str().into()).is_none()).map(String::as_str).collect();
    if !unknown.is_empty() {
        complain(&format!("error: the configuration has no feed called {}", unknown.join(", ")));
        return exit::USAGE;
    }
    let chosen = config.feeds.iter().filter(|feed| feed.enabled || !ids.is_empty());
    let chosen: Vec<&Feed> = chosen.filter(|feed| ids.is_empty() || ids.contains(&feed.id.0)).collect();
    let rows = ask(&config.fetch, async |client| {
        let client = &client;
        let asked = chosen.iter().map(|feed| async move { row(feed, probe::ask(client, feed).await) });
        stream::iter(asked).buffered(AT_A_TIME).collect::<Vec<Row<'_>>>().await
    });
    let rows = match rows {
        Ok(rows) => rows,
        Err(code) => return code,
    };
    match format {
        FeedsFormat::Json => put(format_args!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default())),
        FeedsFormat::Table => show(&rows),
    }
    if rows.iter().any(|row| row.state == State::Fail) { exit::FAILED } else { exit::DONE }
}

fn row<'f>(feed: &'f Feed, asked: Result<Found, Issue>) -> Row<'f> {
    let found = match asked {
        Ok(found) if found.items > 0 => found,
        Ok(found) => {
            let remarks = vec!["no_entries: the feed answered, but holds no items".to_owned()];
            return Row { id: &feed.id.0, state: State::Fail, found: Some(found), remarks };
        }
        Err(issue) => {
            let remarks = vec![format!("{}: {}", issue.code, issue.detail)];
            return Row { id: &feed.id.0, state: State::Fail, found: None, remarks };
        }
    };
    let remarks = remarks(feed, &found);
    let state = if remarks.is_empty() { State::Ok } else { State::Odd };
    Row { id: &feed.id.0, state, found: Some(found), remarks }
}

fn remarks(feed: &Feed, found: &Found) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Some(to) = &found.moved_to {
        remarks.push(format!("moved for good to {to}"));
    } else if found.address != feed.url {
        remarks.push(format!("answered from {}", found.url));
    }
    if found.text != Text::Full && !feed.full_text {
        remarks.push("no whole stories: consider full_text = true".to_owned());
    }
    if found.validators == Honoured::Failed {
        remarks.push("the second request failed".to_owned());
    }
    let newest = found.newest.as_deref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    match newest {
        None => remarks.push("no item has a date that can be read".to_owned()),
        Some(newest) if jiff::Timestamp::now().duration_since(newest) > STALE => {
            remarks.push("nothing new for three months".to_owned());
        }
        Some(_) => {}
    }
    remarks.extend(found.problems.iter().cloned());
    remarks
}

const HEADS: [&str; 10] =
    ["STATE", "FEED", "FORMAT", "ITEMS", "NEWEST", "LANG", "TEXT", "HUB", "VALIDATORS", "REMARKS"];

fn show(rows: &[Row<'_>]) {
    let style = Style::of_stdout();
    let cells: Vec<Vec<Cell>> = rows.iter().map(cells).collect();
    table::print(style, &HEADS, &cells);
    let failed = rows.iter().filter(|row| row.state == State::Fail).count();
    put(format_args!("{} of {} feeds answered with items", rows.len() - failed, rows.len()));
}

fn cells(row: &Row<'_>) -> Vec<Cell> {
    let (tone, word) = match row.state {
        State::Ok => (Tone::Good, "ok"),
        State::Odd => (Tone::Warn, "odd"),
        State::Fail => (Tone::Bad, "FAIL"),
    };
    let plain = |text: String| (Tone::Plain, text);
    let mut cells = vec![(tone, word.to_owned()), (Tone::Strong, row.id.to_owned())];
    match &row.found {
        Some(found) => {
            let word = |text: Option<&String>| text.map_or("-".to_owned(), |text| text.chars().take(40).collect());
            cells.extend([
                plain(word(found.format.as_ref())),
                plain(found.items.to_string()),
                plain(found.newest.as_deref().map_or("-".to_owned(), minute)),
                plain(word(found.language.as_ref())),
                plain(found.text.as_str().to_owned()),
                plain(if found.hub.is_some() { "yes" } else { "-" }.to_owned()),
                plain(found.validators.as_str().to_owned()),
            ]);
        }
        None => cells.extend((0..HEADS.len() - 3).map(|_| plain("-".to_owned()))),
    }
    cells.push(plain(row.remarks.join("; ")));
    cells
}

/// A time to the minute, as it was stated: `2020-09-29 18:05+03:00`.
pub(super) fn minute(time: &str) -> String {
    let (day, rest) = time.split_once('T').unwrap_or((time, ""));
    let clock: String = rest.chars().take(5).collect();
    let zone = rest.find(['+', '-', 'Z']).and_then(|at| rest.get(at..)).unwrap_or_default();
    format!("{day} {clock}{zone}").trim_end().to_owned()
}
