//! The form of what is published, for whoever reads it: JSON Schemas and the AsyncAPI document, made once and served.

use axum::{Router, http::header, routing::get};
use std::sync::Arc;

/// A document that stays the same while the daemon runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Where it is served: `/asyncapi.json`.
    pub address: String,
    /// What it is.
    pub media_type: &'static str,
    /// The document itself.
    pub text: String,
}

/// A route for each document.
pub(super) fn routes<S: Clone + Send + Sync + 'static>(documents: Vec<Document>) -> Router<S> {
    let mut router = Router::new();
    for Document { address, media_type, text } in documents {
        let text: Arc<str> = text.into();
        // Shared by all who ask, and copied for each of them only while it is sent.
        let answer = move || async move { ([(header::CONTENT_TYPE, media_type)], text.to_string()) };
        router = router.route(&address, get(answer));
    }
    router
}
