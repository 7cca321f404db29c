//! One conditional GET: guarded at every hop, limited in size and time.
//!
//! A [`Request`] goes in; a document, "not modified" or a [`FetchError`] comes out. Redirects are followed here, not by
//! the HTTP library, so that each hop passes the guard. There is no cookie jar, no proxy from the environment, and no
//! automatic decoding. Nothing that a server sent is ever sent back but its validators, and those only to the origin
//! that gave them; credentials go only to the origin that the feed was configured with.

mod post;

use super::{
    Options,
    answer::{self, Answer},
    body::{self, Budget, Limits},
    credentials,
    fold::{Folds, Member},
    guard::{self, Lookup, Opening, Unresolved},
    politeness::Turns,
    problem::{CONNECT_FAILED, CONNECTION_BROKEN, FetchError, REDIRECT_REFUSED, TIMEOUT, TLS_FAILED, TOO_LARGE, issue},
    redact::redact_url,
    wall::{self, Came},
    way::{self, Way, Ways},
};
use crate::model::{Feed, Fetched, Issue, Validators};
use anyhow::Context as _;
use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderValue};
use std::{error::Error as _, io, time::Duration};
use tokio::time::{Instant, timeout_at};
use url::Url;

/// Largest section of headers.
pub(super) const MAX_HEADERS: usize = 64 << 10;
/// A validator longer than this is not kept: it would be sent with every request.
const MAX_VALIDATOR: usize = 1 << 10;
/// A `Last-Modified` this close to the response's `Date` is not kept: with its grain of a second, the document may change
/// again under the same one (RFC 9110 §8.8.2.2), and "not modified" would hide that for good.
const SETTLED: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);
/// robots.txt is read no further (RFC 9309 §2.5 asks for 500 KiB at least).
const MAX_ROBOTS: u64 = 500 << 10;
/// A `Last-Modified` further ahead than this is not sent back: the server would say "not modified" until then.
const CLOCK_SLACK: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// What kind of document is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wants {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// An article's page.
    Page,
    /// robots.txt.
    Robots,
}

impl Wants {
    fn accept(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Wants::Feed => {
                "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, \
                 application/json;q=0.8, text/xml;q=0.8, */*;q=0.1"
            }
            Wants::Page => "text/html, application/xhtml+xml, */*;q=0.1",
            Wants::Robots => "text/plain, */*;q=0.1",
        })
    }
}

/// What to get.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// For which feed: its `allow` holds, and the port of its own address.
    pub feed: &'a Feed,
    /// The address.
    pub url: &'a str,
    /// Makes the request conditional; empty for the whole document.
    pub validators: &'a Validators,
    /// The kind of document.
    pub wants: Wants,
}

/// What came.
#[derive(Debug)]
pub enum Response {
    /// 304, as asked.
    NotModified {
        /// From `Cache-Control` or `Expires`: how long it stays so.
        fresh: Option<Duration>,
        /// As of a document.
        moved_to: Option<String>,
    },
    /// A document.
    Document(Box<Document>),
}

/// A document with what matters of its way here.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document.
    pub fetched: Fetched,
    /// Why it is not whole; none when it is.
    pub cut: Option<Issue>,
    /// Where it has moved, when every redirect on the way was for good. Not redacted: for use, not for show.
    pub moved_to: Option<String>,
    /// From `Cache-Control` or `Expires`: how long it stays good.
    pub fresh: Option<Duration>,
    /// Bytes of the body on the wire.
    pub wire_bytes: u64,
}

/// The one client of the program, built once.
pub struct Client {
    options: Options,
    user_agent: String,
    ways: Ways,
    turns: Turns,
    folds: Folds,
    budget: Budget,
}

impl Client {
    /// Builds it. The error is one of the environment (no certificates, no TLS) or of the contact's characters.
    pub fn new(options: &Options, version: &str) -> anyhow::Result<Self> {
        Self::with_lookup(options, version, guard::system_lookup())
    }

    /// The same with another source of addresses.
    pub(super) fn with_lookup(options: &Options, version: &str, lookup: Lookup) -> anyhow::Result<Self> {
        let user_agent = match options.user_agent_contact.as_deref().map(str::trim) {
            Some(contact) if !contact.is_empty() => format!("dateline/{version} (+{contact})"),
            _ => format!("dateline/{version}"),
        };
        way::announce(options);
        let client = Self {
            options: options.clone(),
            ways: Ways::new(options, &user_agent, lookup),
            user_agent,
            turns: Turns::new(options),
            folds: Folds::default(),
            budget: Budget::new(options),
        };
        // Built now, so that what is wrong with the environment shows at start.
        client.ways.client(&Way::public()).context("cannot set up the HTTP client")?;
        Ok(client)
    }

    /// What we call ourselves.
    pub fn user_agent(&self) -> &str {
        &self.user_agent
    }

    /// A feed joins those that ask for the same.
    pub(super) fn join(&self, feed: &Feed) -> Member {
        self.folds.join(feed)
    }

    /// Gets one document. Waits for its turn first; only then the limits on time begin to run.
    pub async fn get(&self, request: Request<'_>) -> Result<Response, FetchError> {
        let first = guard::read_address(request.url)?;
        let start = first.origin();
        let home = match request.url == request.feed.url {
            true => Some(start.clone()),
            false => Url::parse(&request.feed.url).ok().map(|url| url.origin()),
        };
        let mut url = first.clone();
        let mut seen = vec![first.clone()];
        let mut permanent = true;
        let mut spent = Duration::ZERO;
        loop {
            let opening = guard::admit(&url, request.feed)?;
            let own = opening != Opening::Public;
            let origin = url.origin();
            let at_home = home.as_ref() == Some(&origin);
            let way = Way::new(opening, request.feed, &self.options, at_home);
            let mut headers = match &request.feed.auth {
                Some(auth) if at_home && request.wants != Wants::Robots => credentials::headers(auth)?,
                _ => HeaderMap::new(),
            };
            // What one origin gave is not told to another.
            let conditions = if origin == start { conditions(request.validators) } else { HeaderMap::new() };
            let conditional = !conditions.is_empty();
            headers.extend(conditions);
            let mut turn = self.turns.wait(&url, own).await;
            let started = Instant::now();
            let deadline = started + self.options.total_timeout.saturating_sub(spent);
            // On the heap, so that those that wait for their turn, thousands after a start, are small.
            let sending = Box::pin(self.send(&way, &url, request.wants, headers, deadline));
            let response = turn.work(sending).await?;
            let now = Timestamp::now();
            let fresh = answer::freshness(response.headers(), now);
            let after = answer::retry_after(response.headers(), now);
            let moved_to =
                |permanent: bool, seen: &[Url], url: &Url| (permanent && seen.len() > 1).then(|| url.to_string());
            match answer::judge(response.status().as_u16(), conditional, after) {
                Ok(Answer::NotModified) => {
                    let moved_to = moved_to(permanent, &seen, &url);
                    return Ok(Response::NotModified { fresh, moved_to });
                }
                Ok(Answer::Document) => {
                    let moved_to = moved_to(permanent, &seen, &url);
                    let read = Box::pin(self.document(request, &url, response, deadline));
                    let (fetched, cut, wire_bytes) = turn.work(read).await?;
                    return Ok(Response::Document(Box::new(Document { fetched, cut, moved_to, fresh, wire_bytes })));
                }
                Ok(Answer::Redirect { permanent: for_good }) => {
                    permanent &= for_good;
                    url = next_hop(&url, &response, &seen, self.options.max_redirects)?;
                    seen.push(url.clone());
                    spent += started.elapsed();
                    drop(turn);
                }
                Err(error) => return Err(Box::pin(self.named(error, request, &url, response, deadline)).await),
            }
        }
    }

    /// An error with the name of the wall that was met, if it was one.
    async fn named(
        &self,
        error: FetchError,
        request: Request<'_>,
        url: &Url,
        response: reqwest::Response,
        deadline: Instant,
    ) -> FetchError {
        let status = response.status().as_u16();
        if request.wants == Wants::Robots || !matches!(status, 202 | 401 | 403 | 405 | 406 | 429 | 503) {
            return error;
        }
        let limits = Limits { max_bytes: wall::HEAD as u64, truncate: true, ..self.limits(request.wants) };
        let headers = kept_headers(response.headers());
        let body =
            body::read(response, limits, &self.budget, deadline).await.map(|body| body.bytes).unwrap_or_default();
        let found = wall::find(Came { url, status, headers: &headers, body: &body }, request.wants);
        match (found, error) {
            (Some(issue), FetchError::Retry { after: Some(after), .. }) => {
                FetchError::Retry { after: Some(after), issue }
            }
            (Some(issue), _) => FetchError::GiveUp(issue),
            (None, error) => error,
        }
    }

    /// Sends one request and waits for the headers of its response.
    async fn send(
        &self,
        way: &Way,
        url: &Url,
        wants: Wants,
        headers: HeaderMap,
        deadline: Instant,
    ) -> Result<reqwest::Response, FetchError> {
        let request = self
            .ways
            .client(way)?
            .get(url.clone())
            .header(header::ACCEPT, wants.accept())
            .header(header::ACCEPT_ENCODING, body::ACCEPT_ENCODING)
            .headers(headers);
        let response = timeout_at(self.answer_limit().min(deadline), request.send())
            .await
            .map_err(|_| FetchError::retry(TIMEOUT, format!("no answer from {}", host(url))))?
            .map_err(|error| classify(&error, url))?;
        bound_headers(&response)?;
        Ok(response)
    }

    /// Until when a request that begins now may wait for an answer. The library does not tell when the connection stands,
    /// so both limits run as one; its own limit on connecting is the shorter.
    fn answer_limit(&self) -> Instant {
        Instant::now() + self.options.connect_timeout + self.options.header_timeout
    }

    async fn document(
        &self,
        request: Request<'_>,
        url: &Url,
        response: reqwest::Response,
        deadline: Instant,
    ) -> Result<(Fetched, Option<Issue>, u64), FetchError> {
        let limits = self.limits(request.wants);
        let status = response.status().as_u16();
        let headers = kept_headers(response.headers());
        let body = body::read(response, limits, &self.budget, deadline).await?;
        if let Some(issue) = wall::find(Came { url, status, headers: &headers, body: &body.bytes }, request.wants) {
            return Err(FetchError::GiveUp(issue));
        }
        let fetched = Fetched {
            feed: request.feed.id.clone(),
            url: url.to_string(),
            status,
            headers,
            complete: body.cut.is_none(),
            body: body.bytes,
            at: Timestamp::now(),
        };
        Ok((fetched, body.cut, body.wire))
    }

    fn limits(&self, wants: Wants) -> Limits {
        let robots = wants == Wants::Robots;
        Limits {
            max_bytes: if robots { MAX_ROBOTS } else { self.options.max_body },
            truncate: robots,
            idle: self.options.idle_timeout,
            rate_from: body::RATE_FROM,
        }
    }
}

/// The address that a redirect leads to, if we may follow. Whether we may go there is the guard's to say.
fn next_hop(url: &Url, response: &reqwest::Response, seen: &[Url], max: u32) -> Result<Url, FetchError> {
    let refuse = |why: String| FetchError::refused(REDIRECT_REFUSED, why);
    if seen.len() > max as usize {
        return Err(refuse(format!("more than {max} redirects")));
    }
    let location = response.headers().get(header::LOCATION).ok_or_else(|| {
        FetchError::give_up(REDIRECT_REFUSED, format!("status {} without a target", response.status().as_u16()))
    })?;
    let location = std::str::from_utf8(location.as_bytes()).map_err(|_| refuse("the target is not text".to_owned()))?;
    let mut next = url.join(location).map_err(|error| refuse(format!("the target cannot be read: {error}")))?;
    next.set_fragment(None);
    if url.scheme() == "https" && next.scheme() == "http" {
        return Err(refuse(format!("from https to {}", redact_url(&next))));
    }
    if seen.contains(&next) {
        return Err(refuse(format!("a loop at {}", redact_url(&next))));
    }
    Ok(next)
}

/// Refuses a response whose headers are larger than those of any sane server.
fn bound_headers(response: &reqwest::Response) -> Result<(), FetchError> {
    let size: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if size > MAX_HEADERS {
        return Err(FetchError::give_up(TOO_LARGE, format!("{size} bytes of headers")));
    }
    Ok(())
}

/// The headers that make a request conditional.
fn conditions(validators: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(etag) = validators.etag.as_deref().and_then(sendable) {
        headers.insert(header::IF_NONE_MATCH, etag);
    }
    if let Some(text) = validators.last_modified.as_deref()
        && let Some(date) = answer::http_date(text)
        && date <= Timestamp::now() + CLOCK_SLACK
        && let Some(value) = sendable(text)
    {
        headers.insert(header::IF_MODIFIED_SINCE, value);
    }
    headers
}

/// A validator as a header of ours: printable ASCII of a sane length, or not at all.
fn sendable(validator: &str) -> Option<HeaderValue> {
    let printable = validator.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if printable && !validator.is_empty() && validator.len() <= MAX_VALIDATOR {
        HeaderValue::from_str(validator).ok()
    } else {
        None
    }
}

/// The headers that are kept: readable, without cookies, validators only where they could be sent back.
fn kept_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    let date = headers.get(header::DATE).and_then(|date| answer::http_date(date.to_str().ok()?));
    let date = date.unwrap_or_else(Timestamp::now);
    let settled = |value: &str| answer::http_date(value).is_some_and(|modified| modified + SETTLED <= date);
    for (name, value) in headers {
        let name = name.as_str();
        if matches!(name, "set-cookie" | "set-cookie2") {
            continue;
        }
        let text: String = String::from_utf8_lossy(value.as_bytes()).chars().filter(|c| !c.is_control()).collect();
        // A validator goes back byte for byte or not at all.
        let usable = text.as_bytes() == value.as_bytes() && sendable(&text).is_some();
        if matches!(name, "etag" | "last-modified") && !usable || name == "last-modified" && !settled(&text) {
            continue;
        }
        kept.push((name.to_owned(), text));
    }
    kept
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or("the host")
}

/// What an error of the library means to the caller. Its text is made anew, since the library's repeats the address
/// with its secrets.
fn classify(error: &reqwest::Error, url: &Url) -> FetchError {
    let mut causes = Vec::new();
    // The TLS library's errors come as invalid data, while connecting; its own types are not ours to name.
    let mut tls = false;
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(unresolved) = inner.downcast_ref::<Unresolved>() {
            return unresolved.clone().into_error();
        }
        tls |= error.is_connect() && inner.downcast_ref::<io::Error>().is_some_and(is_invalid_data);
        causes.push(inner.to_string());
        cause = inner.source();
    }
    let words = causes.last().cloned().unwrap_or_default();
    if error.is_timeout() {
        FetchError::retry(TIMEOUT, format!("no connection to {} in time", host(url)))
    } else if tls {
        FetchError::retry(TLS_FAILED, format!("{}: {words}", host(url)))
    } else if error.is_connect() {
        FetchError::retry(CONNECT_FAILED, format!("{}: {words}", host(url)))
    } else {
        FetchError::Retry { after: None, issue: issue(CONNECTION_BROKEN, format!("{}: {words}", host(url))) }
    }
}

/// Whether this error, or one that it wraps, says that what came made no sense.
fn is_invalid_data(error: &io::Error) -> bool {
    let inner = || error.get_ref()?.downcast_ref::<io::Error>();
    error.kind() == io::ErrorKind::InvalidData || inner().is_some_and(is_invalid_data)
}
