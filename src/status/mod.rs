//! HTTP for people and machines that watch. Read-only; it shows a [`Snapshot`] and never reaches into a stage.
//!
//! | address | what |
//! | --- | --- |
//! | `/`, `/feeds`, `/records`, `/record`, `/covid`, `/names`, `/stories` | the views of the status page |
//! | `/livez` | 200 while the process answers |
//! | `/readyz` | 200 when nothing stands in the way of publishing, else 503; `?verbose` says what does |
//! | `/metrics` | Prometheus |
//! | `/version` | program and version |
//! | `/api/v1/status`, `/api/v1/feeds` | the snapshot, or its feeds, as JSON |
//! | `/api/v1/traffic`, `freshness`, `records`, `record`, `covid`, `names`, `stories` | what the views show, as JSON |
//! | `/api/v1/events` | server-sent events: `changed`, at most once a second |
//! | `/api/v1/tap` | server-sent events: what leaves the rooms, filtered |
//! | `/schemas/*.json`, `/asyncapi.json` | the form of what is published, as the caller gives it |
//!
//! Everything shown comes from feeds and is hostile: every value is escaped where it is written, nothing on the page may
//! run but our own script, and requests under a foreign host name are refused, so that no web page can read this one by
//! rebinding its name to our address.

mod chart;
mod figure;
mod guard;
mod html;
mod live;
mod pages;
mod schemas;
mod views;

pub(crate) use html::{length, seconds};
pub use schemas::Document;

use crate::connection::Limited;
use crate::history::History;
use crate::metrics;
use crate::model::Snapshot;
use crate::tap::Tap;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// `[status]`: the status page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `HOST:PORT`, port 0 for a free one which is then printed, or `off`.
    pub listen: String,
    /// Names besides addresses and `localhost` under which the page may be asked for, for those who reach it by name.
    pub hosts: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8640".to_owned(), hosts: Vec::new() }
    }
}

impl Options {
    /// Whether there is a page at all.
    pub fn is_off(&self) -> bool {
        self.listen == "off"
    }
}

/// Why the page cannot be served.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen} for the status page: {source}")]
pub struct StatusError {
    listen: String,
    source: std::io::Error,
}

/// The life of a connection.
const LIFE: Duration = Duration::from_secs(30);
/// How long answers that are under way may take after the end was called.
const FAREWELL: Duration = Duration::from_secs(2);
/// How often the metrics' recorder tidies up.
const UPKEEP: Duration = Duration::from_secs(5);

/// What is served.
#[derive(Clone)]
pub struct Watched {
    /// The daemon at one moment.
    pub snapshot: watch::Receiver<Snapshot>,
    /// Its counters.
    pub metrics: PrometheusHandle,
    /// Where it keeps its state: the room there is measured.
    pub data_dir: PathBuf,
    /// What was before; none where the file could not be had.
    pub history: Option<History>,
    /// What passes through the rooms.
    pub tap: Tap,
    /// Ends every answer that would go on.
    pub cancel: CancellationToken,
}

/// Serves until cancelled; returns the address it listens on. The caller asks [`Options::is_off`] first.
pub async fn serve(
    options: &Options,
    watched: Watched,
    documents: Vec<Document>,
) -> Result<(SocketAddr, JoinHandle<()>), StatusError> {
    let failed = |source| StatusError { listen: options.listen.clone(), source };
    let listener = TcpListener::bind(&options.listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (upkeep, cancel) = (watched.metrics.clone(), watched.cancel.clone());
    let app = router(&options.hosts, watched, documents);
    let task = tokio::spawn(async move {
        let ended = cancel.clone();
        let server = axum::serve(Limited::new(listener, LIFE), app)
            .with_graceful_shutdown(cancel.clone().cancelled_owned())
            .into_future();
        let tidy = async {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        };
        let farewell = async {
            ended.cancelled().await;
            tokio::time::sleep(FAREWELL).await;
        };
        tokio::select! {
            result = server => {
                if let Err(error) = result {
                    tracing::error!(%error, "the status page has ended");
                }
            }
            () = tidy => {}
            () = farewell => {}
        }
    });
    Ok((address, task))
}

fn router(hosts: &[String], watched: Watched, documents: Vec<Document>) -> Router {
    let hosts = Arc::new(guard::Hosts::new(hosts));
    Router::new()
        .merge(pages::routes())
        .merge(live::routes())
        .route("/style.css", get(|| async { asset("text/css; charset=utf-8", include_str!("page.css")) }))
        .route("/page.js", get(|| async { asset("text/javascript; charset=utf-8", include_str!("page.js")) }))
        .route("/icon.svg", get(|| async { asset("image/svg+xml", include_str!("icon.svg")) }))
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readiness))
        .route("/metrics", get(exposition))
        .route("/version", get(version))
        .route("/api/v1/status", get(|State(watched): State<Watched>| async move { Json(watched.now()) }))
        .route("/api/v1/feeds", get(|State(watched): State<Watched>| async move { Json(watched.now().feeds) }))
        .merge(schemas::routes(documents))
        .fallback(|| async { (StatusCode::NOT_FOUND, "not found\n") })
        .layer(axum::middleware::from_fn_with_state(hosts, guard::check))
        .layer(tower_http::limit::RequestBodyLimitLayer::new(1024))
        .with_state(watched)
}

impl Watched {
    fn now(&self) -> Snapshot {
        self.snapshot.borrow().clone()
    }
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type)], text).into_response()
}

async fn exposition(State(watched): State<Watched>) -> Response {
    let Watched { metrics: handle, data_dir, .. } = watched;
    let told = tokio::task::spawn_blocking(move || {
        metrics::measure(&data_dir);
        handle.render()
    });
    match told.await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn version() -> Response {
    Json(serde_json::json!({ "program": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") })).into_response()
}

async fn readiness(State(watched): State<Watched>, RawQuery(query): RawQuery) -> Response {
    let snapshot = watched.now();
    // A daemon that may poll nothing is not ready, whatever it can publish; one that holds back a few feeds is.
    let ready = snapshot.ready && !snapshot.intake.full;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if ready { "ready" } else { "not ready" };
    if !query.is_some_and(|query| query.split('&').any(|part| part.split('=').next() == Some("verbose"))) {
        return (status, format!("{word}\n")).into_response();
    }
    let mark = |well: bool| if well { "+" } else { "-" };
    let publisher = &snapshot.publisher;
    let why = publisher.last_error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    let n_held = snapshot.feeds.iter().filter(|feed| feed.held).count();
    let intake = match &snapshot.intake.held {
        Some(why) => format!("holds {n_held} of {} feeds: {why}", snapshot.feeds.len()),
        None if snapshot.intake.full => "full: polling is held".to_owned(),
        None => "accepting".to_owned(),
    };
    let configuration = match &snapshot.configuration.refused {
        Some(problems) => {
            format!("refused, the one of {} runs on: {}", snapshot.configuration.read, problems.replace('\n', "; "))
        }
        None => format!("as read at {}", snapshot.configuration.read),
    };
    let lines = format!(
        "[{}] publisher {} {}{why}\n[{}] intake {}\n[{}] feeds {} of {} without errors\n[{}] configuration {configuration}\n{word}\n",
        mark(publisher.connected),
        publisher.to,
        if publisher.connected { "reachable" } else { "away" },
        mark(!snapshot.intake.full && snapshot.intake.held.is_none()),
        intake,
        mark(snapshot.feeds.iter().all(|feed| feed.errors == 0)),
        snapshot.feeds.iter().filter(|feed| feed.errors == 0).count(),
        snapshot.feeds.len(),
        mark(snapshot.configuration.refused.is_none()),
    );
    (status, lines).into_response()
}

#[cfg(test)]
mod tests;
