//! What hubs call: verification, denials and pushes. Nothing else is served.
//!
//! The last part of the address names the subscription; whatever stands before it is the operator's proxy's business.
//! Nothing is said about addresses that are not known, and nothing that a request brings is shown to anybody but the
//! one who sent it. A push is read only after its address was found, within limits of size, number and time.

use super::{
    Options, SetupError,
    keeper::{Call, Target},
    signature,
    subscription::Mode,
};
use crate::{
    connection::Limited,
    fetch::{Delivery, PollEvent, Receipt},
    metrics,
    model::Fetched,
};
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use std::{collections::HashMap, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc, oneshot},
    time::timeout,
};
use url::form_urlencoded;

/// Life of a connection.
const LIFE: Duration = Duration::from_secs(60);
/// A body has so long to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(20);
/// It has so long to become durable; a hub that is told "not now" comes again.
const DURABLE_WITHIN: Duration = Duration::from_secs(20);
/// Bodies that are held at a time.
const BODIES: usize = 4;
/// A longer challenge is not repeated.
const LONGEST_CHALLENGE: usize = 1 << 10;
/// So much of a reason is kept, in characters.
const LONGEST_REASON: usize = 200;
/// When a hub is to come again, in seconds.
const COME_AGAIN: &str = "60";

/// The open port.
pub(super) struct Listener {
    listener: TcpListener,
    address: SocketAddr,
    door: Door,
    /// Kept so that it ends with this: connections outlive it, and must not keep anybody waiting for deliveries.
    out: mpsc::Sender<Delivery>,
}

#[derive(Clone)]
struct Door {
    calls: mpsc::Sender<Call>,
    out: mpsc::WeakSender<Delivery>,
    bodies: Arc<Semaphore>,
    max_body: usize,
}

impl Listener {
    pub(super) async fn bind(
        options: &Options,
        calls: mpsc::Sender<Call>,
        out: mpsc::Sender<Delivery>,
    ) -> Result<Self, SetupError> {
        let failed = |source| SetupError::Listen { listen: options.listen.clone(), source };
        let listener = TcpListener::bind(&options.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let max_body = usize::try_from(options.max_body).unwrap_or(usize::MAX);
        let door = Door { calls, out: out.downgrade(), bodies: Arc::new(Semaphore::new(BODIES)), max_body };
        Ok(Self { listener, address, door, out })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until dropped.
    pub(super) async fn run(self) {
        let app = Router::new().fallback(answer).with_state(self.door);
        if let Err(error) = axum::serve(Limited::new(self.listener, LIFE), app).await {
            tracing::error!(%error, "hubs are listened to no more");
        }
        drop(self.out);
    }
}

async fn answer(State(door): State<Door>, request: Request) -> Response {
    let path = request.uri().path().rsplit('/').next().unwrap_or_default().to_owned();
    let mut response = if !signature::is_path(&path) {
        StatusCode::NOT_FOUND.into_response()
    } else if request.method() == Method::GET {
        let query = request.uri().query().unwrap_or_default().to_owned();
        door.verify(path, &query).await
    } else if request.method() == Method::POST {
        let (parts, body) = request.into_parts();
        let (status, outcome) = door.push(path, &parts.headers, body).await;
        metrics::pushed(outcome);
        match status {
            StatusCode::SERVICE_UNAVAILABLE => (status, [(header::RETRY_AFTER, COME_AGAIN)]).into_response(),
            status => status.into_response(),
        }
    } else {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}

impl Door {
    /// A hub asks whether we want what somebody asked of it, or tells that it will not do it.
    async fn verify(&self, path: String, query: &str) -> Response {
        let mut given: HashMap<String, String> = HashMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            given.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        let mut take = |name: &str| given.remove(name);
        let (Some(mode), Some(topic)) = (take("hub.mode"), take("hub.topic")) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let mode = match mode.as_str() {
            "subscribe" => Mode::Subscribe,
            "unsubscribe" => Mode::Unsubscribe,
            "denied" => {
                let reason = take("hub.reason").unwrap_or_else(|| "no reason given".to_owned());
                let reason = reason.chars().filter(|c| !c.is_control()).take(LONGEST_REASON).collect();
                self.calls.send(Call::Denied { path, topic, reason }).await.ok();
                return StatusCode::OK.into_response();
            }
            _ => return StatusCode::NOT_FOUND.into_response(),
        };
        let challenge = take("hub.challenge").filter(|text| !text.is_empty() && text.len() <= LONGEST_CHALLENGE);
        let Some(challenge) = challenge else { return StatusCode::NOT_FOUND.into_response() };
        let lease = take("hub.lease_seconds").and_then(|seconds| seconds.trim().parse().ok());
        let (reply, wanted) = oneshot::channel();
        self.calls.send(Call::Verify { path, mode, topic, lease, reply }).await.ok();
        if !wanted.await.unwrap_or(false) {
            return StatusCode::NOT_FOUND.into_response();
        }
        ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], challenge).into_response()
    }

    /// A hub pushes a document. The status is for the hub, the word for the metrics.
    async fn push(&self, path: String, headers: &HeaderMap, body: Body) -> (StatusCode, &'static str) {
        let (reply, found) = oneshot::channel();
        self.calls.send(Call::Find { path: path.clone(), reply }).await.ok();
        let Ok(Some(target)) = found.await else {
            // The hub need not come again.
            return (StatusCode::GONE, "unknown");
        };
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        if text("content-encoding").is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity")) {
            return (StatusCode::UNSUPPORTED_MEDIA_TYPE, "coded");
        }
        let length = text("content-length").and_then(|length| length.parse::<usize>().ok());
        if length.is_some_and(|length| length > self.max_body) {
            return (StatusCode::PAYLOAD_TOO_LARGE, "too_large");
        }
        let Ok(_place) = self.bodies.acquire().await else { return (StatusCode::SERVICE_UNAVAILABLE, "held") };
        let body = match timeout(BODY_WITHIN, axum::body::to_bytes(body, self.max_body)).await {
            Ok(Ok(body)) => body,
            Ok(Err(_)) => return (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            Err(_) => return (StatusCode::REQUEST_TIMEOUT, "too_slow"),
        };
        let signature = text("x-hub-signature").unwrap_or_default();
        if !target.secret.signed(signature, &body) {
            // The Recommendation has it acknowledged all the same, so that nobody can try signatures out.
            tracing::debug!(feed.id = %target.feed.id, "a push without a sound signature was ignored");
            return (StatusCode::ACCEPTED, "forged");
        }
        let kept = text("content-type").map(|stated| ("content-type".to_owned(), stated.to_owned()));
        let fetched = Fetched {
            feed: target.feed.id.clone(),
            url: target.base.clone(),
            status: 200,
            headers: kept.into_iter().collect(),
            body,
            complete: true,
            at: Timestamp::now(),
        };
        self.deliver(path, &target, fetched).await
    }

    /// Hands it on, and acknowledges it once it is durable.
    async fn deliver(&self, path: String, target: &Target, fetched: Fetched) -> (StatusCode, &'static str) {
        let (reply, receipt) = oneshot::channel();
        let (began, event) = (fetched.at, PollEvent::Pushed(Box::new(fetched)));
        let delivery = Delivery { feed: Arc::clone(&target.feed), poll: 0, began, event, reply };
        let delivered = async {
            self.out.upgrade()?.send(delivery).await.ok()?;
            receipt.await.ok()
        };
        match timeout(DURABLE_WITHIN, delivered).await {
            // A notice without content proves nothing.
            Ok(Some(Receipt::Accepted { total_items: 0, .. })) => (StatusCode::OK, "empty"),
            Ok(Some(Receipt::Accepted { .. })) => {
                self.calls.send(Call::Pushed { path }).await.ok();
                (StatusCode::OK, "accepted")
            }
            Ok(Some(Receipt::Unreadable(issue) | Receipt::Broken(issue))) => {
                // It would be no better if it came again; the next poll brings what there is.
                tracing::warn!(feed.id = %target.feed.id, code = %issue.code, "what the hub pushed is no feed: {}", issue.detail);
                (StatusCode::ACCEPTED, "unreadable")
            }
            Ok(Some(Receipt::Held) | None) | Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "held"),
        }
    }
}
