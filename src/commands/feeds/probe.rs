//! One feed, asked and read as the daemon would, and what there is to say of it.

use crate::{
    fetch::{self, Client, Request, Response, Wants, websub},
    model::{Feed, Fetched, Issue, Item, Stage, Validators},
    parse::{self, Parsed},
};
use jiff::Timestamp;
use serde::Serialize;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What there is to say of a feed that answered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Found {
    /// The address that answered, without secrets.
    pub(super) url: String,
    /// `RSS 2.0`, `Atom 1.0` and so on.
    pub(super) format: Option<String>,
    pub(super) title: Option<String>,
    pub(super) items: usize,
    /// The newest date of an item that is not in the future.
    pub(super) newest: Option<String>,
    pub(super) language: Option<String>,
    pub(super) text: Text,
    /// The first hub that it names, without secrets.
    pub(super) hub: Option<String>,
    pub(super) validators: Honoured,
    /// Where it has moved for good, without secrets.
    pub(super) moved_to: Option<String>,
    /// What was wrong and could be read all the same.
    pub(super) problems: Vec<String>,
    /// The address that answered, for use.
    #[serde(skip)]
    pub(super) address: String,
    /// Where it has moved for good, for use.
    #[serde(skip)]
    pub(super) moved: Option<String>,
    /// How often it publishes: half of the times between two items are shorter, half are longer.
    #[serde(skip)]
    pub(super) every: Option<Duration>,
    /// How long the document wishes not to be asked again (`ttl`, `sy:updatePeriod`), and how long its server says that
    /// it stays good.
    #[serde(skip)]
    pub(super) wishes: [Option<Duration>; 2],
    /// By what its items are told from another feed's.
    #[serde(skip)]
    pub(super) links: Vec<String>,
}

/// What its items carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Text {
    /// Whole stories.
    Full,
    /// A few lines of each: the page has the rest.
    Leads,
    /// Headlines only.
    None,
}

/// What became of the second, conditional request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Honoured {
    /// 304.
    Kept,
    /// The whole document again.
    Ignored,
    /// The server gave none.
    None,
    /// The second request failed.
    Failed,
    /// It was not made.
    NotAsked,
}

impl Text {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Text::Full => "full",
            Text::Leads => "leads",
            Text::None => "none",
        }
    }
}

impl Honoured {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Honoured::Kept => "kept",
            Honoured::Ignored => "ignored",
            Honoured::None => "none",
            Honoured::Failed => "failed",
            Honoured::NotAsked => "-",
        }
    }
}

/// A body with this many characters of text is a story, not its lead.
const STORY: usize = 1_000;

/// Fetches one document.
pub(super) async fn get(client: &Client, feed: &Feed, url: &str, wants: Wants) -> Result<fetch::Document, Issue> {
    let nothing = Validators::default();
    match client.get(Request { feed, url, validators: &nothing, wants }).await {
        Ok(Response::Document(document)) => Ok(*document),
        Ok(Response::NotModified { .. }) => {
            Err(Issue::new(Stage::Fetch, "unasked_response", "304 without a condition"))
        }
        Err(error) => Err(error.into_issue()),
    }
}

/// Asks a feed, and asks again conditionally.
pub(super) async fn ask(client: &Client, feed: &Feed) -> Result<Found, Issue> {
    let document = get(client, feed, &feed.url, Wants::Feed).await?;
    let cut = document.cut.clone();
    let (moved, fresh) = (document.moved_to, document.fresh);
    let validators = document.fetched.validators();
    let mut found = read(feed, document.fetched).await?;
    found.moved_to = moved.as_deref().map(fetch::redact);
    found.moved = moved;
    found.wishes[1] = fresh.filter(|fresh| !fresh.is_zero());
    found.problems.extend(cut.map(|cut| format!("{}: {}", cut.code, cut.detail)));
    found.validators = honoured(client, feed, &validators).await;
    Ok(found)
}

async fn honoured(client: &Client, feed: &Feed, validators: &Validators) -> Honoured {
    if *validators == Validators::default() {
        return Honoured::None;
    }
    match client.get(Request { feed, url: &feed.url, validators, wants: Wants::Feed }).await {
        Ok(Response::NotModified { .. }) => Honoured::Kept,
        Ok(Response::Document(_)) => Honoured::Ignored,
        Err(_) => Honoured::Failed,
    }
}

/// Reads a document; an issue when it is no feed.
pub(super) async fn read(feed: &Feed, fetched: Fetched) -> Result<Found, Issue> {
    let feed = Arc::new(feed.clone());
    // Reading is work for a processor, and what breaks there must not end the others.
    let work = tokio::task::spawn_blocking(move || {
        parse::feed(&feed, &fetched).map(|parsed| found(&fetched, parsed)).map_err(|parse::ParseError(issue)| issue)
    });
    let broken =
        |failure| Issue::new(Stage::Parse, "parser_failed", format!("the document broke the parser: {failure}"));
    work.await.map_err(broken)?
}

fn found(fetched: &Fetched, parsed: Parsed) -> Found {
    let Parsed { head, items, issues, .. } = parsed;
    let now = fetched.at;
    let ttl = head.ttl_minutes.map(|minutes| u64::from(minutes) * 60);
    let newest = items.iter().filter_map(|item| item.published.or(item.updated)).filter(|time| time.utc() <= now);
    Found {
        url: fetch::redact(&fetched.url),
        format: parse::format(fetched),
        title: head.title,
        items: items.len(),
        newest: newest.max_by_key(|time| time.utc()).map(|time| time.to_string()),
        language: head.language.or_else(|| items.iter().find_map(|item| item.language.clone())),
        text: text(&items),
        hub: websub::offer(fetched).and_then(|offer| offer.hubs.first().map(|hub| fetch::redact(hub))),
        validators: Honoured::NotAsked,
        moved_to: None,
        problems: problems(&issues, &items),
        address: fetched.url.clone(),
        moved: None,
        every: every(items.iter().filter_map(|item| item.published).map(|time| time.utc()).collect()),
        wishes: [ttl.max(head.rhythm.update_seconds).map(Duration::from_secs), None],
        links: items.iter().filter_map(|item| item.link.clone()).collect(),
    }
}

/// The time between two of these in the middle; none of so few that it would say nothing.
fn every(mut times: Vec<Timestamp>) -> Option<Duration> {
    times.sort_unstable();
    times.dedup();
    let mut gaps: Vec<Duration> =
        times.windows(2).filter_map(|pair| Duration::try_from(pair[1].duration_since(pair[0])).ok()).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().filter(|_| gaps.len() >= 2)
}

/// Whole stories in at least half of the items that say anything.
fn text(items: &[Item]) -> Text {
    let letters = |markup: &Option<String>| {
        let mut inside = false;
        let mut count = 0;
        for c in markup.as_deref().unwrap_or_default().chars() {
            match c {
                '<' => inside = true,
                '>' => inside = false,
                _ => count += usize::from(!inside),
            }
        }
        count
    };
    let lengths: Vec<usize> = items
        .iter()
        .map(|item| letters(&item.content).max(letters(&item.summary)))
        .filter(|length| *length > 0)
        .collect();
    let stories = lengths.iter().filter(|length| **length >= STORY).count();
    match lengths.len() {
        0 => Text::None,
        n if 2 * stories >= n => Text::Full,
        _ => Text::Leads,
    }
}

/// Each kind of problem once, with how often it was met.
fn problems(issues: &[Issue], items: &[Item]) -> Vec<String> {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for issue in issues.iter().chain(items.iter().flat_map(|item| &item.issues)) {
        *kinds.entry(&issue.code).or_default() += 1;
    }
    kinds.iter().map(|(code, n)| if *n == 1 { (*code).to_owned() } else { format!("{code} ({n})") }).collect()
}
