//! Feeds and servers as they really are: the table "feed server" of the faults, each row with its figure.
//!
//! What one request comes to is asked of the fetching client itself, in this process and to the millisecond; what a feed
//! comes to, of the daemon. The rows about names and addresses that need a resolver of their own stand beside the guard,
//! in `src/fetch/tests/canary.rs`. The short numbers are for the test command; `DATELINE_FAULTS_FEEDS` says how many feeds
//! the crowd has, `DATELINE_FAULTS_DRIPS` how many servers drip.

mod answers;
mod bodies;
mod crowd;
mod daemon;
mod server;
mod tls;

use dateline::{
    fetch::{Client, FetchError, Options, Request, Response, Wants},
    model::{Feed, Validators},
};
use server::FeedServer;
use std::time::Duration;

/// Limits short enough for a test.
fn limits() -> Options {
    Options {
        connect_timeout: Duration::from_millis(500),
        header_timeout: Duration::from_millis(500),
        idle_timeout: Duration::from_millis(500),
        total_timeout: Duration::from_secs(4),
        ..Options::default()
    }
}

/// A feed at the n-th host of a server, which is under `allow`.
fn feed(server: &FeedServer, n: usize, path: &str) -> Feed {
    let mut feed = Feed::new(&format!("feed-{n}"), &server.url(n, path));
    feed.allow = vec![format!("{}:{}", server::host(n), server.port)];
    feed
}

async fn get(client: &Client, feed: &Feed, validators: &Validators) -> Result<Response, FetchError> {
    client.get(Request { feed, url: &feed.url, validators, wants: Wants::Feed }).await
}

/// What a response comes to, in a word: `not_modified`, the body's text, the text and ` (cut: code)`, or an error's code.
fn outcome(result: Result<Response, FetchError>) -> String {
    match result {
        Ok(Response::NotModified { .. }) => "not_modified".to_owned(),
        Ok(Response::Document(document)) => {
            let text = String::from_utf8_lossy(&document.fetched.body).into_owned();
            match document.cut {
                Some(cut) => format!("{text} (cut: {})", cut.code),
                None => text,
            }
        }
        Err(error) => error.issue().code.clone(),
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Resident memory of this process, in MiB.
fn resident() -> u64 {
    resident_of("self")
}

/// Resident memory of a process, in MiB.
fn resident_of(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) >> 10
}
