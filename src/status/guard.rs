//! What every request must be and every answer carries.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;
use std::sync::Arc;

/// Nothing runs or loads but our own files; no page may frame this one; no form goes anywhere.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The names under which the page may be asked for.
pub(super) struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    pub(super) fn new(names: &[String]) -> Self {
        Self { names: names.iter().map(|name| name.to_ascii_lowercase()).collect() }
    }

    /// Addresses and `localhost` are safe: a web page elsewhere can make a *name* of its own point here, never these.
    fn admits(&self, host: &str) -> bool {
        let host = host.trim().to_ascii_lowercase();
        let name = match host.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or(""),
            None => host.rsplit_once(':').map_or(host.as_str(), |(name, _port)| name),
        };
        name == "localhost" || name.parse::<IpAddr>().is_ok() || self.names.iter().any(|known| known == name)
    }
}

/// Refuses foreign hosts and dresses the answer.
pub(super) async fn check(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let mut named = headers.get_all(header::HOST).iter();
    let host = named.next().and_then(|host| host.to_str().ok());
    let authority = request.uri().authority().map(|authority| authority.as_str());
    let admitted = host.is_some_and(|host| hosts.admits(host))
        && named.next().is_none()
        && authority.is_none_or(|authority| hosts.admits(authority));
    let mut response = if admitted {
        next.run(request).await
    } else {
        (StatusCode::MISDIRECTED_REQUEST, "this host name is not served here; see [status] hosts\n").into_response()
    };
    let answer = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        answer.insert(name, HeaderValue::from_static(value));
    }
    answer.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: &str, admitted: bool) {
        assert_eq!(Hosts::new(&["Wire.internal".to_owned()]).admits(host), admitted, "{host}");
    }

    #[test]
    fn only_names_that_nobody_else_can_point_here() {
        check("127.0.0.1:8640", true);
        check("[::1]:8640", true);
        check("LOCALHOST", true);
        check("wire.internal:8640", true);
        check("rebound.example:8640", false);
        check("127.0.0.1.rebound.example", false);
        check("", false);
        check("[", false);
    }
}
