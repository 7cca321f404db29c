//! Pure: what a status code and its headers mean.

use super::problem::{FetchError, GONE, HTTP_STATUS, UNASKED, issue};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use std::time::Duration;

/// What the next step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// Read the body.
    Document,
    /// Nothing changed.
    NotModified,
    /// Go to `Location`.
    Redirect {
        /// For good (301, 308), or for now.
        permanent: bool,
    },
}

/// The verdict on every status there is, and every number that is none.
pub(super) fn judge(status: u16, conditional: bool, after: Option<Duration>) -> Result<Answer, FetchError> {
    let failed = |code: &str, words: &str| Err(FetchError::GiveUp(issue(code, format!("status {status}{words}"))));
    let retry =
        |words: &str| Err(FetchError::Retry { after, issue: issue(HTTP_STATUS, format!("status {status}{words}")) });
    match status {
        // 203 is a 200 that a proxy has changed.
        200 | 203 => Ok(Answer::Document),
        // 202: the server is still making it.
        202 => retry(": not ready yet"),
        304 if conditional => Ok(Answer::NotModified),
        304 => Err(FetchError::Retry { after, issue: issue(UNASKED, "status 304 without having asked for it") }),
        204 | 205 => failed(UNASKED, ": no content"),
        206 => failed(UNASKED, ": a part, without having asked for one"),
        301 | 308 => Ok(Answer::Redirect { permanent: true }),
        302 | 303 | 307 => Ok(Answer::Redirect { permanent: false }),
        410 => Err(FetchError::Gone(issue(GONE, "status 410: the server says that this has ended"))),
        408 | 425 => retry(""),
        429 => retry(": too many requests"),
        503 => retry(": not available"),
        500..=599 => retry(""),
        401 | 403 | 407 | 451 => failed(HTTP_STATUS, ": access denied"),
        404 => failed(HTTP_STATUS, ": not found"),
        _ => failed(HTTP_STATUS, ""),
    }
}

/// How long `Retry-After` says to wait, from seconds or a date; a date gone by is no wait. Not bounded here.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get("retry-after")?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than a number holds still mean "very long".
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let at = http_date(text)?;
    Some(Duration::try_from(at.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// How long the response says that it stays good: `Cache-Control: max-age` less the `Age` it already has, else `Expires`
/// as counted from the server's own `Date`.
pub(super) fn freshness(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let mut seconds = None;
    for value in headers.get_all("cache-control") {
        for directive in value.to_str().ok()?.split(',') {
            let directive = directive.trim().to_ascii_lowercase();
            if matches!(directive.as_str(), "no-cache" | "no-store") {
                return None;
            }
            if let Some(number) = directive.strip_prefix("max-age=") {
                seconds = number.trim_matches('"').parse::<u64>().ok();
            }
        }
    }
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(seconds) = seconds {
        let age = text("age").and_then(|age| age.parse::<u64>().ok()).unwrap_or(0);
        return Some(Duration::from_secs(seconds.saturating_sub(age)));
    }
    // "0" and other words that are no date mean "already expired" (RFC 9111 §5.3).
    let expires = http_date(text("expires")?)?;
    let date = text("date").and_then(http_date).unwrap_or(now);
    Some(Duration::try_from(expires.duration_since(date)).unwrap_or(Duration::ZERO))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::{HeaderName, HeaderValue};

    #[test]
    fn every_status_has_a_verdict() {
        for status in 100..=999 {
            let answer = judge(status, true, None);
            match status {
                200 | 203 => assert_eq!(answer, Ok(Answer::Document)),
                304 => assert_eq!(answer, Ok(Answer::NotModified)),
                301 | 308 => assert_eq!(answer, Ok(Answer::Redirect { permanent: true })),
                302 | 303 | 307 => assert_eq!(answer, Ok(Answer::Redirect { permanent: false })),
                410 => assert!(matches!(answer, Err(FetchError::Gone(_)))),
                202 | 408 | 425 | 429 | 500..=599 => {
                    assert!(matches!(answer, Err(FetchError::Retry { .. })), "{status}")
                }
                _ => assert!(matches!(answer, Err(FetchError::GiveUp(_))), "{status}"),
            }
        }
        assert!(matches!(judge(304, false, None), Err(FetchError::Retry { .. })), "304 without having asked");
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        #[track_caller]
        fn check(text: &str, seconds: Option<u64>) {
            let now = "2020-09-29T12:00:00Z".parse().unwrap();
            assert_eq!(
                retry_after(&headers(&[("retry-after", text)]), now),
                seconds.map(Duration::from_secs),
                "{text}"
            );
        }
        check("120", Some(120));
        check("0", Some(0));
        check("99999999999999999999999999", Some(u64::MAX));
        check("Tue, 29 Sep 2020 12:05:00 GMT", Some(300));
        check("Tue, 29 Sep 2020 11:05:00 GMT", Some(0));
        check("-5", None);
        check("soon", None);
        check("", None);
    }

    #[test]
    fn freshness_counts_from_now() {
        #[track_caller]
        fn check(pairs: &[(&'static str, &str)], seconds: Option<u64>) {
            let now = "2020-09-29T12:00:00Z".parse().unwrap();
            assert_eq!(freshness(&headers(pairs), now), seconds.map(Duration::from_secs));
        }
        check(&[("cache-control", "public, max-age=300")], Some(300));
        check(&[("cache-control", "max-age=300"), ("age", "120")], Some(180));
        check(&[("cache-control", "no-cache, max-age=300")], None);
        check(&[("cache-control", "max-age=forever")], None);
        check(&[("expires", "Tue, 29 Sep 2020 12:10:00 GMT")], Some(600));
        check(&[("expires", "Tue, 29 Sep 2020 12:10:00 GMT"), ("date", "Tue, 29 Sep 2020 12:09:00 GMT")], Some(60));
        check(&[("expires", "Tue, 29 Sep 2020 12:10:00 GMT"), ("cache-control", "max-age=5")], Some(5));
        check(&[("expires", "Tue, 29 Sep 2020 11:10:00 GMT")], Some(0));
        check(&[("expires", "0")], None);
        check(&[], None);
    }
}
