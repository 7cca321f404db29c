//! One guarded POST of a form, for hubs: what is sent is ours, and of the answer only its status counts.

use super::{Client, bound_headers, classify, next_hop};
use crate::{
    fetch::{
        answer,
        guard::{self, Opening},
        problem::{FetchError, GONE, HTTP_STATUS, TIMEOUT, issue},
        redact::redact_url,
        way::Way,
    },
    model::Feed,
};
use jiff::Timestamp;
use reqwest::header;
use std::time::Duration;
use tokio::time::{timeout, timeout_at};
use url::{Url, form_urlencoded};

/// So much of what a server says about its refusal is kept, in characters …
const WORDS: usize = 200;
/// … and waited for so long.
const WORDS_WITHIN: Duration = Duration::from_secs(2);

impl Client {
    /// Posts a form; well when the status is 2xx. A redirect is followed with the form, each hop guarded again: the
    /// Recommendation has hubs move subscribers by 307 and 308, and older hubs say 301 and 302 for the same.
    pub(in crate::fetch) async fn post_form(
        &self,
        feed: &Feed,
        address: &str,
        form: &[(&str, &str)],
    ) -> Result<(), FetchError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut url = guard::read_address(address)?;
        let mut seen = vec![url.clone()];
        loop {
            let opening = guard::admit(&url, feed)?;
            let own = opening != Opening::Public;
            // A hub is not the feed's origin: our certificate for the feed is not shown to it.
            let way = Way::new(opening, feed, &self.options, false);
            let mut turn = self.turns.wait(&url, own).await;
            let request = self
                .ways
                .client(&way)?
                .post(url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ACCEPT, "text/plain, */*;q=0.1")
                .body(body.clone());
            let response = turn
                .work(timeout_at(self.answer_limit(), request.send()))
                .await
                .map_err(|_| FetchError::retry(TIMEOUT, format!("no answer from {}", redact_url(&url))))?
                .map_err(|error| classify(&error, &url))?;
            bound_headers(&response)?;
            let status = response.status().as_u16();
            if !matches!(status, 301 | 302 | 307 | 308) {
                return judge(response, status, &url).await;
            }
            url = next_hop(&url, &response, &seen, self.options.max_redirects)?;
            seen.push(url.clone());
            drop(turn);
        }
    }
}

async fn judge(response: reqwest::Response, status: u16, url: &Url) -> Result<(), FetchError> {
    if (200..300).contains(&status) {
        return Ok(());
    }
    let after = answer::retry_after(response.headers(), Timestamp::now());
    let said = words(response).await;
    let detail = format!("{}: status {status}{said}", redact_url(url));
    Err(match status {
        410 => FetchError::Gone(issue(GONE, detail)),
        408 | 425 | 429 | 500..=599 => FetchError::Retry { after, issue: issue(HTTP_STATUS, detail) },
        _ => FetchError::GiveUp(issue(HTTP_STATUS, detail)),
    })
}

/// What a server says about its refusal, made harmless.
async fn words(mut response: reqwest::Response) -> String {
    let Ok(Ok(Some(chunk))) = timeout(WORDS_WITHIN, response.chunk()).await else { return String::new() };
    let head = chunk.get(..chunk.len().min(4 * WORDS)).unwrap_or_default();
    let text: String =
        String::from_utf8_lossy(head).chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS).collect();
    match text.trim() {
        "" => String::new(),
        said => format!(": {said}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fetch::Options;

    #[tokio::test]
    async fn hubs_pass_the_guard_as_feeds_do() {
        let client = Client::new(&Options::default(), "0.0.0").unwrap();
        let feed = Feed::new("a", "https://wire.example/rss");
        for (hub, code) in [
            ("http://127.0.0.1/hub", "address_refused"),
            ("http://[::ffff:10.0.0.1]/hub", "address_refused"),
            ("http://169.254.169.254/latest", "address_refused"),
            ("https://hub.example:8080/", "port_refused"),
            ("https://someone:word@hub.example/", "bad_address"),
            ("file:///etc/passwd", "bad_address"),
        ] {
            let refused = client.post_form(&feed, hub, &[("hub.mode", "subscribe")]).await.unwrap_err();
            assert_eq!(refused.issue().code, code, "{hub}");
        }
    }
}
