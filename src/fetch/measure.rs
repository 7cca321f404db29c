//! Numbers and words about polls: metrics of this room and one log line where a feed's fortune turns.

use super::{FeedProgress, PollOutcome};

/// After each poll.
pub(super) fn poll(progress: &FeedProgress) {
    let feed = progress.feed.id.0.clone();
    if let Some(next) = progress.next_poll {
        metrics::gauge!("dateline_feed_next_poll_timestamp_seconds", "feed" => feed.clone())
            .set(next.as_millisecond() as f64 / 1000.0);
    }
    if progress.outcome == PollOutcome::Waiting {
        return;
    }
    metrics::counter!("dateline_fetch_requests_total", "feed" => feed.clone(), "outcome" => progress.outcome.as_str())
        .increment(1);
    metrics::histogram!("dateline_fetch_duration_seconds").record(progress.took.as_secs_f64());
    metrics::counter!("dateline_fetch_response_bytes_total").increment(progress.bytes);
    metrics::gauge!("dateline_feed_consecutive_errors", "feed" => feed.clone())
        .set(f64::from(progress.consecutive_errors));
    if let Some(success) = progress.last_success {
        metrics::gauge!("dateline_feed_last_success_timestamp_seconds", "feed" => feed)
            .set(success.as_millisecond() as f64 / 1000.0);
    }
    // Each failure is told at the first and then at every power of two, for a feed may fail for weeks.
    if let Some(error) = &progress.last_error
        && (progress.consecutive_errors <= 1 || progress.consecutive_errors.is_power_of_two())
    {
        tracing::warn!(
            feed.id = %progress.feed.id,
            code = %error.code,
            errors = progress.consecutive_errors,
            "poll of {} {}: {}",
            progress.feed.id,
            progress.outcome,
            error.detail
        );
    }
}
