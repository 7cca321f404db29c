//! The article behind an item, where the feed carries only a lead.
//!
//! Items that want their page come in; pages, or the reason why there is none, go out. robots.txt binds us here: nobody
//! has configured these addresses by hand.

use super::{
    Client, FetchError, Means, PageDelivery, PageWanted, Request, Response, Wants, guard,
    problem::{BODY_CUT, BROKEN_PAGE, EMPTY_PAGE, NOT_A_PAGE},
    robots::Robots,
};
use crate::{
    clean::{self, Begun},
    model::{Feed, Hash, Issue, Page, Validators},
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinSet,
    time::sleep,
};
use tokio_util::sync::CancellationToken;

/// Pages under way at a time; nearly all of them wait for a turn at their host.
const UNDER_WAY: usize = 256;
/// Pause before the second attempt; each later one is four times as long.
const PAUSE: Duration = Duration::from_secs(5);
/// The same for the operator's own addresses and with `once`.
const SHORT_PAUSE: Duration = Duration::from_secs(1);
/// No pause is longer, whatever `Retry-After` says: the item waits.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// The same with `once`.
const LONGEST_PAUSE_ONCE: Duration = Duration::from_secs(5);

/// What came of a request for a page.
#[derive(Debug)]
pub enum PageResponse {
    /// It has not changed.
    NotModified,
    /// The page and what makes the next request conditional.
    Got(Box<(Page, Validators)>),
}

/// Fetches one page, once, and up to `parts` that its story goes on with.
pub async fn page(
    client: &Client,
    feed: &Feed,
    url: &str,
    validators: &Validators,
    robots: &Robots,
    parts: u32,
) -> Result<PageResponse, FetchError> {
    let Some((mut page, mut validators, mut next)) = part(client, feed, url, validators, robots, None).await? else {
        return Ok(PageResponse::NotModified);
    };
    if next.is_some() && parts > 1 {
        // That the first page is as it was says nothing of the others.
        validators = Validators::default();
    }
    let mut read = 1;
    while let Some(address) = next.filter(|_| read < parts) {
        let begun = Some((page.url.clone(), read + 1));
        match part(client, feed, &address, &Validators::default(), robots, begun).await {
            Ok(Some((further, _, after))) => {
                page.further.push(further);
                next = after;
            }
            // Half a story would look like a correction that struck out the rest; what may be had later is waited for.
            Err(error @ FetchError::Retry { .. }) => return Err(error),
            // What will not be had leaves it open, which cleaning says.
            Ok(None) | Err(_) => break,
        }
        read += 1;
    }
    if !page.further.is_empty() {
        let hashes = std::iter::once(&page).chain(&page.further).map(|part| part.hash.0.as_str());
        page.hash = Hash::of_fields("v1:pages", hashes);
    }
    Ok(PageResponse::Got(Box::new((page, validators))))
}

/// One page, what makes the next request for it conditional, and the page that goes on with its story; `begun`
/// says where that began and which of its pages this is. None where it has not changed.
async fn part(
    client: &Client,
    feed: &Feed,
    url: &str,
    validators: &Validators,
    robots: &Robots,
    begun: Option<(String, u32)>,
) -> Result<Option<(Page, Validators, Option<String>)>, FetchError> {
    robots.permit(client, feed, &guard::read_address(url)?).await?;
    let document = match client.get(Request { feed, url, validators, wants: Wants::Page }).await? {
        Response::NotModified { .. } => return Ok(None),
        Response::Document(document) => document,
    };
    if let Some(cut) = document.cut {
        // Half a page would look like a correction that struck out the rest.
        return Err(FetchError::retry(BODY_CUT, format!("the page is not whole ({}: {})", cut.code, cut.detail)));
    }
    let validators = document.fetched.validators();
    let content_type = document.fetched.header("content-type").map(str::to_owned);
    let body = document.fetched.body;
    if body.trim_ascii().is_empty() {
        return Err(FetchError::retry(EMPTY_PAGE, "the page is empty"));
    }
    if !is_page(content_type.as_deref(), &body) {
        let shown = content_type.as_deref().unwrap_or("no content type");
        return Err(FetchError::give_up(NOT_A_PAGE, format!("not HTML: {shown}")));
    }
    let url = document.fetched.url;
    // Reading the page is work for a processor, and whatever breaks there must not end this task.
    let read = tokio::task::spawn_blocking(move || {
        let begun = begun.as_ref().map(|(first, number)| Begun { first, number: *number as usize });
        let clean::PagePart { hash, next } = clean::page_part(begun, &url, content_type.as_deref(), &body);
        (Page { url, bytes: body.to_vec(), content_type, hash, further: Vec::new() }, next)
    });
    match read.await {
        Ok((page, next)) => Ok(Some((page, validators, next))),
        Err(_) => Err(FetchError::give_up(BROKEN_PAGE, "the page broke the reader")),
    }
}

/// Whether this may be HTML. A stated type is believed when it is one of a text; without one, the first byte decides.
fn is_page(content_type: Option<&str>, body: &[u8]) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let marked_up = || {
        let start = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
        // UTF-16 has its mark or a zero beside the bracket.
        start.starts_with(b"<")
            || start.starts_with(b"\xff\xfe")
            || start.starts_with(b"\xfe\xff")
            || start.starts_with(b"\0<")
    };
    match essence.as_str() {
        "text/html" | "application/xhtml+xml" => true,
        "" | "text/plain" | "text/xml" | "application/xml" | "application/octet-stream" => marked_up(),
        _ => false,
    }
}

/// What the page worker needs; see [`super::Context`].
#[derive(Clone)]
pub struct PageContext {
    /// What pages are fetched with; a change holds from the next page on.
    pub means: watch::Receiver<Means>,
    /// Where pages go. Bounded.
    pub out: mpsc::Sender<PageDelivery>,
    /// Shorter pauses between attempts.
    pub once: bool,
    /// Ends the worker at once.
    pub cancel: CancellationToken,
}

/// Fetches the wanted pages, many at a time, each with its attempts. Ends when there will be no more and all have been
/// delivered, or when told to.
pub async fn pages(context: PageContext, mut wanted: mpsc::Receiver<PageWanted>) {
    let robots = Arc::new(Robots::default());
    let mut under_way = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            // What is under way is dropped with the set: it was never observed.
            () = context.cancel.cancelled() => return,
            Some(_) = under_way.join_next() => {}
            next = wanted.recv(), if under_way.len() < UNDER_WAY => {
                let Some(next) = next else { break };
                under_way.spawn(one(context.clone(), Arc::clone(&robots), next));
            }
        }
    }
    tokio::select! {
        () = context.cancel.cancelled() => {}
        () = async { while under_way.join_next().await.is_some() {} } => {}
    }
}

/// One page with all its attempts, until it is delivered.
async fn one(context: PageContext, robots: Arc<Robots>, wanted: PageWanted) {
    let PageWanted { feed, item, url, validators } = wanted;
    let began = Timestamp::now();
    let result = attempts(&context, &feed, &url, &validators, &robots).await;
    let outcome = match &result {
        Ok(Some(_)) => "page",
        Ok(None) => "page_not_modified",
        Err(_) => "page_failed",
    };
    metrics::counter!("dateline_fetch_requests_total", "feed" => feed.id.0.clone(), "outcome" => outcome).increment(1);
    let (reply, answer) = oneshot::channel();
    if context.out.send(PageDelivery { feed, item, began, result, reply }).await.is_ok() {
        // A dropped reply is an answer too: the pipeline is ending.
        let _ = answer.await;
    }
}

async fn attempts(
    context: &PageContext,
    feed: &Feed,
    url: &str,
    validators: &Validators,
    robots: &Robots,
) -> Result<Option<(Page, Validators)>, Issue> {
    let patient = !context.once && !guard::is_own(feed);
    let longest = if context.once { LONGEST_PAUSE_ONCE } else { LONGEST_PAUSE };
    let mut pause = if patient { PAUSE } else { SHORT_PAUSE };
    let Means { client, options } = context.means.borrow().clone();
    let mut attempt = 1;
    loop {
        match page(&client, feed, url, validators, robots, options.page_parts).await {
            Ok(PageResponse::NotModified) => return Ok(None),
            Ok(PageResponse::Got(got)) => return Ok(Some(*got)),
            Err(FetchError::Retry { after, .. }) if attempt < options.page_attempts => {
                sleep(pause.max(after.unwrap_or_default()).min(longest)).await;
            }
            Err(error) => return Err(error.into_issue()),
        }
        attempt += 1;
        pause *= 4;
    }
}
