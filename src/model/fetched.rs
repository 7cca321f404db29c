//! One response as it arrived.

use crate::model::FeedId;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a server sent, decoded from its content coding and otherwise untouched.
#[derive(Debug, Clone)]
pub struct Fetched {
    /// The feed it was asked for.
    pub feed: FeedId,
    /// The address that answered, after redirects: the base for relative links.
    pub url: String,
    /// HTTP status; 200 for files.
    pub status: u16,
    /// Response headers, names in lower case, in the order they came.
    pub headers: Vec<(String, String)>,
    /// The body, after content decoding.
    pub body: Bytes,
    /// Whether the body ended as the server announced; a cut download is read as far as it goes and its validators
    /// are not kept.
    pub complete: bool,
    /// When the last byte arrived.
    pub at: Timestamp,
}

impl Fetched {
    /// The first header of that (lower-case) name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What the server gave to ask conditionally next time; nothing for a download that was cut.
    pub fn validators(&self) -> Validators {
        if !self.complete {
            return Validators::default();
        }
        Validators {
            etag: self.header("etag").map(str::to_owned),
            last_modified: self.header("last-modified").map(str::to_owned),
        }
    }
}

/// What makes the next request conditional (RFC 9110 §13.1).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag` as sent, quotes and weakness mark included.
    pub etag: Option<String>,
    /// `Last-Modified` as sent.
    pub last_modified: Option<String>,
}
