//! Server-sent events: that something has changed, and what passes through the rooms.
//!
//! A stream ends when the daemon ends. So many are open at once; one more is told to come later.

use super::Watched;
use crate::tap::{Filter, Told};
use axum::{
    Router,
    extract::{RawQuery, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures::stream::{self, Stream, StreamExt as _};
use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tokio::sync::Semaphore;

/// Streams at once: well below the connections that are served, so that the page always finds a place.
const STREAMS: usize = 24;

/// Whoever watches the page need not hear of every item.
const BETWEEN_CHANGES: Duration = Duration::from_secs(1);

/// Within the life of a connection that takes nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(STREAMS)));

pub(super) fn routes() -> Router<Watched> {
    Router::new().route("/api/v1/events", get(events)).route("/api/v1/tap", get(tap))
}

/// An answer that goes on until the daemon ends.
fn stream(watched: &Watched, events: impl Stream<Item = Event> + Send + 'static) -> Response {
    let Ok(place) = Arc::clone(&PLACES).try_acquire_owned() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many streams are open; try later\n").into_response();
    };
    let cancel = watched.cancel.clone();
    let events = events.take_until(cancel.cancelled_owned()).map(move |event| {
        // Held for as long as the stream is.
        let _ = &place;
        Ok::<_, Infallible>(event)
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response()
}

async fn events(State(watched): State<Watched>) -> Response {
    let changes = stream::unfold(watched.snapshot.clone(), |mut snapshot| async move {
        snapshot.changed().await.ok()?;
        let at = snapshot.borrow_and_update().at;
        tokio::time::sleep(BETWEEN_CHANGES).await;
        Some((Event::default().event("changed").data(at.to_string()), snapshot))
    });
    stream(&watched, changes)
}

async fn tap(State(watched): State<Watched>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let filter = match Filter::read(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))) {
        Ok(filter) => filter,
        Err(error) => return (StatusCode::BAD_REQUEST, format!("{error}\n")).into_response(),
    };
    let passing = stream::unfold(watched.tap.watch(filter), |mut watcher| async move {
        let event = match watcher.next().await? {
            Told::Passed(tapped) => Event::default().event("passed").json_data(&*tapped).unwrap_or_default(),
            Told::Missed(n) => Event::default().event("missed").data(n.to_string()),
        };
        Some((event, watcher))
    });
    stream(&watched, passing)
}
