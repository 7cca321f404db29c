//! Identical feeds share one fetch.
//!
//! Feeds with the same address, openings, credentials, proxy and certificates ask for the same thing. The first of them
//! that polls asks the server; the others take its answer while it is younger than most of their own interval, if it
//! answers what they would have asked: a document always does, a "not modified" for the same validators. So in every
//! interval one of them asks, and it does not matter which. Nobody takes its own answer twice.
//!
//! Only feeds that have a twin are remembered here, and of their documents no more than [`MOST_BYTES`] in all.

use super::{Document, FetchError, Response};
use crate::model::{Feed, Hash, Validators};
use bytes::Bytes;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// Documents kept for twins, in all: outside of the budget of bodies, which they would otherwise block.
const MOST_BYTES: usize = 8 << 20;

/// What the feeds of one client share.
#[derive(Default)]
pub(super) struct Folds {
    shared: Mutex<HashMap<String, Arc<Shared>>>,
    bytes: Arc<AtomicUsize>,
    joined: AtomicUsize,
}

/// What twins share. The async lock is held while one of them asks: the others wait for the answer.
struct Shared {
    members: AtomicUsize,
    last: tokio::sync::Mutex<Option<Answer>>,
}

struct Answer {
    at: Instant,
    /// Who asked.
    by: usize,
    /// The address that was asked, and what made it conditional.
    url: String,
    asked: Validators,
    result: Result<Kept, FetchError>,
}

enum Kept {
    NotModified { fresh: Option<Duration>, moved_to: Option<String> },
    Document { document: Box<Document>, _held: Held },
}

/// The share of a kept document in [`MOST_BYTES`].
struct Held {
    bytes: usize,
    all: Arc<AtomicUsize>,
}

impl Drop for Held {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// A feed's place among its twins; it is left when this is dropped.
pub(super) struct Member {
    number: usize,
    shared: Arc<Shared>,
    bytes: Arc<AtomicUsize>,
}

impl Drop for Member {
    fn drop(&mut self) {
        self.shared.members.fetch_sub(1, Ordering::SeqCst);
        // Whoever is left asks by itself. One that is just asking puts its own answer there.
        if let Ok(mut last) = self.shared.last.try_lock() {
            *last = None;
        }
    }
}

impl Folds {
    /// Joins those that ask for the same.
    pub(super) fn join(&self, feed: &Feed) -> Member {
        let mut all = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len().is_power_of_two() {
            all.retain(|_, shared| shared.members.load(Ordering::SeqCst) > 0);
        }
        let fresh = || Arc::new(Shared { members: AtomicUsize::new(0), last: tokio::sync::Mutex::new(None) });
        let shared = Arc::clone(all.entry(key(feed)).or_insert_with(fresh));
        shared.members.fetch_add(1, Ordering::SeqCst);
        Member { number: self.joined.fetch_add(1, Ordering::Relaxed), shared, bytes: Arc::clone(&self.bytes) }
    }
}

/// What makes two feeds ask for the same thing in the same way. References to secrets are part of it, not the secrets.
fn key(feed: &Feed) -> String {
    let mut allow = feed.allow.clone();
    allow.sort_unstable();
    let way = (&feed.url, allow, &feed.auth, &feed.proxy, &feed.ca_file, &feed.client_certificate_file);
    Hash::of_bytes(format!("{way:?} {:?}", feed.client_key_file).as_bytes()).0
}

impl Member {
    /// The answer to a question, by asking or from a twin that asked no longer ago than `young`.
    pub(super) async fn get(
        &self,
        url: &str,
        validators: &Validators,
        young: Duration,
        ask: impl Future<Output = Result<Response, FetchError>>,
    ) -> Result<Response, FetchError> {
        if self.shared.members.load(Ordering::SeqCst) < 2 {
            return ask.await;
        }
        let mut last = self.shared.last.lock().await;
        let usable = |answer: &&Answer| answer.by != self.number && answer.at.elapsed() < young && answer.url == url;
        if let Some(answer) = last.as_ref().filter(usable)
            && let Some(taken) = answer.take(validators)
        {
            return taken;
        }
        // What nobody may take any more makes room before the next one comes.
        *last = None;
        let result = ask.await;
        *last = self.keep(url, validators, &result);
        result
    }

    fn keep(&self, url: &str, asked: &Validators, result: &Result<Response, FetchError>) -> Option<Answer> {
        let result = match result {
            Ok(Response::NotModified { fresh, moved_to }) => {
                Ok(Kept::NotModified { fresh: *fresh, moved_to: moved_to.clone() })
            }
            Ok(Response::Document(document)) => {
                let bytes = document.fetched.body.len();
                let held = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
                let held = (Held { bytes, all: Arc::clone(&self.bytes) }, held <= MOST_BYTES);
                let (held, true) = held else { return None };
                let mut document = document.clone();
                document.fetched.body = Bytes::copy_from_slice(&document.fetched.body);
                Ok(Kept::Document { document, _held: held })
            }
            Err(error) => Err(error.clone()),
        };
        Some(Answer { at: Instant::now(), by: self.number, url: url.to_owned(), asked: asked.clone(), result })
    }
}

impl Answer {
    /// The answer to the same question with these validators; none when it has to be asked.
    fn take(&self, validators: &Validators) -> Option<Result<Response, FetchError>> {
        match &self.result {
            Ok(Kept::NotModified { .. }) if self.asked != *validators => None,
            Ok(Kept::NotModified { fresh, moved_to }) => {
                Some(Ok(Response::NotModified { fresh: *fresh, moved_to: moved_to.clone() }))
            }
            // One that has this very document already has nothing to read.
            Ok(Kept::Document { document, .. }) => Some(Ok(Response::Document(document.clone()))),
            Err(error) => Some(Err(error.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_modified() -> Result<Response, FetchError> {
        Ok(Response::NotModified { fresh: None, moved_to: None })
    }

    #[tokio::test]
    async fn only_what_was_asked_alike_is_shared() {
        let folds = Folds::default();
        let feed = |id: &str| Feed::new(id, "https://wire.example/rss");
        let (one, asked) = (folds.join(&feed("one")), AtomicUsize::new(0));
        let ask = || async {
            asked.fetch_add(1, Ordering::SeqCst);
            not_modified()
        };
        let etag = |tag: &str| Validators { etag: Some(tag.to_owned()), last_modified: None };
        let young = Duration::from_secs(60);
        // Alone it asks by itself.
        for _ in 0..2 {
            one.get("u", &etag("1"), young, ask()).await.unwrap();
        }
        assert_eq!(asked.load(Ordering::SeqCst), 2);
        let two = folds.join(&feed("two"));
        let mut other = feed("other");
        other.allow.push("10.1.2.3:80".to_owned());
        let other = folds.join(&other);
        one.get("u", &etag("1"), young, ask()).await.unwrap();
        two.get("u", &etag("1"), young, ask()).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 3, "the twin took the answer");
        one.get("u", &etag("1"), young, ask()).await.unwrap();
        assert_eq!(asked.swap(3, Ordering::SeqCst), 4, "nobody takes its own");
        two.get("u", &etag("2"), young, ask()).await.unwrap();
        one.get("u", &etag("2"), Duration::ZERO, ask()).await.unwrap();
        other.get("u", &etag("2"), young, ask()).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 6, "other validators, too old, another way");
        drop(two);
        one.get("u", &etag("2"), young, ask()).await.unwrap();
        assert_eq!(asked.load(Ordering::SeqCst), 7, "alone again");
    }
}
