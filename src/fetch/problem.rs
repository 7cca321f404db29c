//! What can go wrong on the way to a document, by what the caller does about it.

use crate::model::{Issue, Stage};
use std::time::Duration;

/// The issue codes of this room: a closed list, with what each says.
pub const CODES: [(&str, &str); 27] = [
    (BAD_ADDRESS, "the address cannot be read, is neither http nor https, or carries user info"),
    (ADDRESS_REFUSED, "the host is, or resolves to, an address that is not public and not under `allow`"),
    (PORT_REFUSED, "the port is neither 80 nor 443, nor the feed's own, nor under `allow`"),
    (REDIRECT_REFUSED, "a redirect without a usable target, to plain http, in a loop, or one too many"),
    (DNS_FAILED, "the host's name cannot be resolved"),
    (CONNECT_FAILED, "no connection could be made"),
    (TLS_FAILED, "the TLS handshake failed or the certificate does not hold"),
    (TIMEOUT, "the server kept silent for longer than a limit"),
    (TOO_SLOW, "the body came more slowly than 1 KiB a second"),
    (TOO_LARGE, "headers or body exceed their limit"),
    (COMPRESSION_BOMB, "the body unpacks to more than 200 times its size"),
    (CODING_REFUSED, "the body's content coding is unknown, or there is more than one"),
    (CODING_BROKEN, "the body's content coding cannot be undone"),
    (CONNECTION_BROKEN, "the connection ended, or what came was not HTTP"),
    (BODY_CUT, "the body ended before the server said it would"),
    (HTTP_STATUS, "the server answered with a status that carries no document"),
    (GONE, "the server says that the feed has ended (410)"),
    (UNASKED, "the server answered what was not asked: 304 without a condition, a part, nothing"),
    (BOT_CHECK, "the answer is a check for robots, not a document"),
    (CONSENT_PAGE, "the answer asks for consent, and is not a document"),
    (LOGIN_PAGE, "the answer asks for a login, and is not a document"),
    (CREDENTIALS_MISSING, "a secret or certificate that the feed's configuration names cannot be read"),
    (EMPTY_PAGE, "the page has no content"),
    (NOT_A_PAGE, "the page is not HTML"),
    (BROKEN_PAGE, "the page broke the reader of pages: our bug"),
    (ROBOTS_REFUSED, "robots.txt does not allow the page to be fetched, or cannot be had"),
    (HELD, "there is no room on the doorstep"),
];

pub(super) const BAD_ADDRESS: &str = "bad_address";
pub(super) const ADDRESS_REFUSED: &str = "address_refused";
pub(super) const PORT_REFUSED: &str = "port_refused";
pub(super) const REDIRECT_REFUSED: &str = "redirect_refused";
pub(super) const DNS_FAILED: &str = "dns_failed";
pub(super) const CONNECT_FAILED: &str = "connect_failed";
pub(super) const TLS_FAILED: &str = "tls_failed";
pub(super) const TIMEOUT: &str = "timeout";
pub(super) const TOO_SLOW: &str = "too_slow";
pub(super) const TOO_LARGE: &str = "too_large";
pub(super) const COMPRESSION_BOMB: &str = "compression_bomb";
pub(super) const CODING_REFUSED: &str = "coding_refused";
pub(super) const CODING_BROKEN: &str = "coding_broken";
pub(super) const CONNECTION_BROKEN: &str = "connection_broken";
pub(super) const BODY_CUT: &str = "body_cut";
pub(super) const HTTP_STATUS: &str = "http_status";
pub(super) const GONE: &str = "gone";
pub(super) const UNASKED: &str = "unasked_response";
pub(super) const BOT_CHECK: &str = "bot_check";
pub(super) const CONSENT_PAGE: &str = "consent_page";
pub(super) const LOGIN_PAGE: &str = "login_page";
pub(super) const CREDENTIALS_MISSING: &str = "credentials_missing";
pub(super) const EMPTY_PAGE: &str = "empty_page";
pub(super) const NOT_A_PAGE: &str = "not_a_page";
pub(super) const BROKEN_PAGE: &str = "broken_page";
pub(super) const ROBOTS_REFUSED: &str = "robots_refused";
pub(super) const HELD: &str = "held";

/// Why there is no document, by what the caller does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It may be better soon: the network, 408, 425, 429, 5xx.
    #[error("{}: {}", issue.code, issue.detail)]
    Retry {
        /// What the server's `Retry-After` says; not yet bounded.
        after: Option<Duration>,
        /// Why.
        issue: Issue,
    },
    /// It will hardly be better soon: another status, a body over a limit.
    #[error("{}: {}", .0.code, .0.detail)]
    GiveUp(Issue),
    /// We must not go there: the operator has to act, or the publisher.
    #[error("{}: {}", .0.code, .0.detail)]
    Refused(Issue),
    /// 410: stop for good.
    #[error("{}: {}", .0.code, .0.detail)]
    Gone(Issue),
}

impl FetchError {
    /// Why.
    pub fn issue(&self) -> &Issue {
        match self {
            FetchError::Retry { issue, .. }
            | FetchError::GiveUp(issue)
            | FetchError::Refused(issue)
            | FetchError::Gone(issue) => issue,
        }
    }

    /// Why, for keeping.
    pub fn into_issue(self) -> Issue {
        match self {
            FetchError::Retry { issue, .. }
            | FetchError::GiveUp(issue)
            | FetchError::Refused(issue)
            | FetchError::Gone(issue) => issue,
        }
    }

    /// Something that may be better soon.
    pub(super) fn retry(code: &str, detail: impl Into<String>) -> Self {
        FetchError::Retry { after: None, issue: issue(code, detail) }
    }

    /// Something that will hardly be better soon.
    pub(super) fn give_up(code: &str, detail: impl Into<String>) -> Self {
        FetchError::GiveUp(issue(code, detail))
    }

    /// Somewhere we must not go.
    pub(super) fn refused(code: &str, detail: impl Into<String>) -> Self {
        FetchError::Refused(issue(code, detail))
    }
}

/// An issue of this room.
pub(super) fn issue(code: &str, detail: impl Into<String>) -> Issue {
    Issue::new(Stage::Fetch, code, detail)
}
