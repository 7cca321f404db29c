//! `dateline feeds discover`: the feeds of a site, read and ranked, with blocks to paste.
//!
//! One request after the other, with a pause, and no more than so many: first the address itself, then what its page
//! names and links, and the usual places only when that gave nothing, and only where robots.txt allows.

use super::{
    ask,
    check::minute,
    complain,
    probe::{self, Found, Text},
};
use crate::{
    cli::{FeedsDiscover, FeedsFormat},
    commands::{
        exit, put, put_text,
        show::{Style, Tone},
        table::{self, Cell},
    },
    config::{self, opml},
    fetch::{
        self, Client, Robots, Wants,
        discover::{Candidate, Reason},
    },
    model::{Feed, Issue},
};
use serde::Serialize;
use std::time::Duration;
use url::Url;

/// Requests in all, those for robots.txt aside.
const MOST_REQUESTS: usize = 24;
/// Between two requests, for the operator's own addresses none.
const PAUSE: Duration = Duration::from_millis(300);

/// A feed that was found.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    /// Why it was looked for.
    reason: &'static str,
    #[serde(flatten)]
    pub(super) found: Found,
    #[serde(skip)]
    rank: Reason,
}

pub(super) fn run(given: &FeedsDiscover) -> u8 {
    let url = match address(&given.url) {
        Ok(url) => url,
        Err(code) => return code,
    };
    let options = fetch::Options { user_agent_contact: given.contact.clone(), ..fetch::Options::default() };
    let searched = ask(&options, async |client| search(&client, &url, &given.allow).await);
    let (rows, tried) = match searched {
        Ok(Ok(found)) => found,
        Ok(Err(issue)) => {
            complain(&format!("error: {}: {}", issue.code, issue.detail));
            return exit::UNAVAILABLE;
        }
        Err(code) => return code,
    };
    match given.format {
        FeedsFormat::Json => put(format_args!("{}", serde_json::to_string_pretty(&rows).unwrap_or_default())),
        FeedsFormat::Table if rows.is_empty() => put(format_args!("no feed was found; {tried} addresses were asked")),
        FeedsFormat::Table => show(&rows, &given.allow),
    }
    if rows.is_empty() { exit::FAILED } else { exit::DONE }
}

/// An address as people write it; says what is wrong.
pub(super) fn address(given: &str) -> Result<String, u8> {
    let url = if given.contains("://") { given.to_owned() } else { format!("https://{given}") };
    match Url::parse(&url) {
        Ok(_) => Ok(url),
        Err(error) => {
            complain(&format!("error: {given}: no address: {error}"));
            Err(exit::USAGE)
        }
    }
}

/// A search under way.
struct Search<'s> {
    client: &'s Client,
    /// Stands for the site before the guard.
    site: Feed,
    pause: Duration,
    tried: Vec<String>,
    rows: Vec<Row>,
}

pub(super) async fn search(client: &Client, url: &str, allow: &[String]) -> Result<(Vec<Row>, usize), Issue> {
    let mut site = Feed::new("site", url);
    site.allow = allow.to_vec();
    let pause = if allow.is_empty() { PAUSE } else { Duration::ZERO };
    let mut search = Search { client, site, pause, tried: Vec::new(), rows: Vec::new() };
    let page = probe::get(client, &search.site, url, Wants::Page).await?.fetched;
    search.tried.push(url.to_owned());
    if let Ok(found) = probe::read(&search.site, page.clone()).await {
        search.take(Reason::Given, found);
        return Ok(search.done());
    }
    search.follow(fetch::discover::candidates(&page)).await;
    if search.rows.is_empty() {
        let robots = Robots::default();
        let mut allowed = Vec::new();
        for guess in fetch::discover::guesses(&page.url) {
            let Ok(address) = Url::parse(&guess.url) else { continue };
            if robots.permit(client, &search.site, &address).await.is_ok() {
                allowed.push(guess);
            }
        }
        search.follow(allowed).await;
    }
    Ok(search.done())
}

impl Search<'_> {
    async fn follow(&mut self, candidates: Vec<Candidate>) {
        for candidate in candidates {
            if self.tried.len() >= MOST_REQUESTS || self.tried.contains(&candidate.url) {
                continue;
            }
            tokio::time::sleep(self.pause).await;
            self.tried.push(candidate.url.clone());
            let Ok(document) = probe::get(self.client, &self.site, &candidate.url, Wants::Feed).await else { continue };
            if let Ok(mut found) = probe::read(&self.site, document.fetched).await {
                found.title = found.title.or(candidate.title);
                self.take(candidate.reason, found);
            }
        }
    }

    /// A feed, unless it is one that was found already, by another address or in the same words.
    fn take(&mut self, rank: Reason, found: Found) {
        let same = |row: &Row| {
            row.found.address == found.address
                || row.found.format == found.format && row.found.links == found.links && !found.links.is_empty()
        };
        if !self.rows.iter().any(same) {
            self.rows.push(Row { reason: rank.as_str(), found, rank });
        }
    }

    /// The best first: with items, of the site and not of its comments, for the better reason, with more in it.
    fn done(mut self) -> (Vec<Row>, usize) {
        self.rows.sort_by_key(|row| {
            let found = &row.found;
            let words = format!("{} {}", found.address, found.title.as_deref().unwrap_or_default()).to_lowercase();
            let comments = words.contains("comment");
            (found.items == 0, comments, row.rank, found.text != Text::Full, std::cmp::Reverse(found.items))
        });
        (self.rows, self.tried.len())
    }
}

fn show(rows: &[Row], allow: &[String]) {
    let plain = |text: &str| (Tone::Plain, text.chars().take(60).collect::<String>());
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|Row { reason, found, .. }| {
            vec![
                (Tone::Strong, found.url.clone()),
                plain(found.format.as_deref().unwrap_or("-")),
                plain(&found.items.to_string()),
                plain(&found.newest.as_deref().map_or("-".to_owned(), minute)),
                plain(found.language.as_deref().unwrap_or("-")),
                plain(found.text.as_str()),
                plain(if found.hub.is_some() { "yes" } else { "-" }),
                plain(reason),
                plain(found.title.as_deref().unwrap_or("-")),
            ]
        })
        .collect();
    let heads = ["FEED", "FORMAT", "ITEMS", "NEWEST", "LANG", "TEXT", "HUB", "FOUND", "TITLE"];
    table::print(Style::of_stdout(), &heads, &cells);
    put_text("\n");
    let mut taken: Vec<String> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let block = block(&row.found, allow, &mut taken);
        // The best is ready to be pasted; the others wait for somebody to choose them.
        let text: String =
            if n == 0 { block } else { block.lines().fold("\n".to_owned(), |all, line| all + "# " + line + "\n") };
        put_text(&text);
    }
}

fn block(found: &Found, allow: &[String], taken: &mut Vec<String>) -> String {
    let mut id = config::id_of_url(&found.address);
    while taken.contains(&id) {
        id.push_str("-2");
    }
    taken.push(id.clone());
    let beside = found.format.iter().map(|format| ("format".to_owned(), format.clone())).collect();
    opml::blocks(&[opml::Entry { feed: feed(found, &id, &found.address, allow), beside }])
}

/// A feed that answered, as the operator would configure it.
pub(super) fn feed(found: &Found, id: &str, url: &str, allow: &[String]) -> Feed {
    let mut feed = Feed::new(id, url);
    feed.title = found.title.as_deref().map(|title| title.chars().filter(|c| !c.is_control()).take(200).collect());
    feed.language = found.language.clone().filter(|code| config::is_language(code));
    feed.full_text = found.text != Text::Full;
    feed.allow = allow.to_vec();
    feed
}
