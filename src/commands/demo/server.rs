//! The demo's publishers: a server on a loopback port that plays the script.
//!
//! It behaves as good servers do: entity tags, 304 for those who ask conditionally, 404 for what is not there.

use super::script::{Clock, Document, Script, Source};
use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The publishers at work.
pub(super) struct Publishers {
    script: Script,
    /// `http://127.0.0.1:PORT`.
    base: String,
    address: SocketAddr,
    clock: Clock,
    began: Instant,
    /// Requests, and how many of them were answered 304.
    requests: AtomicU64,
    unchanged: AtomicU64,
}

impl Publishers {
    /// Serves the script from a free port, until the runtime ends.
    pub(super) async fn start(script: Script, length: Duration) -> anyhow::Result<Arc<Self>> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let publishers = Arc::new(Self {
            script,
            base: format!("http://{address}"),
            address,
            clock: Clock { began: Timestamp::now(), length },
            began: Instant::now(),
            requests: AtomicU64::new(0),
            unchanged: AtomicU64::new(0),
        });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&publishers));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(publishers)
    }

    /// The feeds.
    pub(super) fn feeds(&self) -> &[Source] {
        &self.script.feeds
    }

    /// Where a feed is served.
    pub(super) fn url(&self, feed: &Source) -> String {
        format!("{}/{}.xml", self.base, feed.id)
    }

    /// `127.0.0.1:PORT`.
    pub(super) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// How much of the demo is over, 0 to 1 and beyond.
    pub(super) fn moment(&self) -> f64 {
        self.began.elapsed().as_secs_f64() / self.clock.length.as_secs_f64()
    }

    /// What the narrator has to say of what appeared after one moment and up to another.
    pub(super) fn notes(&self, after: f64, until: f64) -> impl Iterator<Item = &str> {
        let new = self.script.versions.iter().filter(move |version| version.at > after && version.at <= until);
        new.filter_map(|version| version.note.as_deref())
    }

    /// Requests so far, and how many were answered 304.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.requests.load(Ordering::Relaxed), self.unchanged.load(Ordering::Relaxed))
    }

    fn document(&self, path: &str) -> Option<Document> {
        let moment = self.moment();
        if path == "/robots.txt" {
            return Some(Document { media_type: "text/plain", body: "User-agent: *\nAllow: /\n".to_owned() });
        }
        let (id, guid) = match path.trim_start_matches('/').split_once('/') {
            Some((id, guid)) => (id, Some(guid)),
            None => (path.trim_start_matches('/').strip_suffix(".xml")?, None),
        };
        let feed = self.feeds().iter().find(|feed| feed.id == id)?;
        match guid {
            Some(guid) => self.script.page(feed, guid, moment),
            None => Some(self.script.document(feed, &self.base, &self.clock, moment)),
        }
    }
}

async fn answer(State(publishers): State<Arc<Publishers>>, headers: HeaderMap, request: Request) -> Response {
    publishers.requests.fetch_add(1, Ordering::Relaxed);
    let Some(document) = publishers.document(request.uri().path()) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", crate::model::Hash::of_bytes(document.body.as_bytes()).short(16));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|asked| asked.as_bytes() == tag.as_bytes()) {
        publishers.unchanged.fetch_add(1, Ordering::Relaxed);
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    ([(header::CONTENT_TYPE, document.media_type.to_owned()), (header::ETAG, tag)], document.body).into_response()
}
