//! Numbers and words about polls: metrics of this room and one log line where a feed's fortune turns.

use super::{FeedProgress, PollOutcome};
use metrics::{Counter, Gauge, Histogram, counter, gauge, histogram};

/// The series that a feed's polls count in, each looked up when it is first needed and kept: most polls bring nothing and
/// cost little beside that.
#[derive(Default)]
pub(super) struct Meter {
    next_poll: Option<Gauge>,
    requests: Vec<(PollOutcome, Counter)>,
    of_all: Option<(Histogram, Counter)>,
    errors: Option<Gauge>,
    last_success: Option<Gauge>,
}

impl Meter {
    /// After each poll.
    pub(super) fn poll(&mut self, progress: &FeedProgress) {
        let feed = || progress.feed.id.0.clone();
        if let Some(next) = progress.next_poll {
            let gauge = || gauge!("dateline_feed_next_poll_timestamp_seconds", "feed" => feed());
            self.next_poll.get_or_insert_with(gauge).set(next.as_millisecond() as f64 / 1000.0);
        }
        let outcome = progress.outcome;
        if outcome == PollOutcome::Waiting {
            return;
        }
        let counted = self.requests.iter().position(|(counted, _)| *counted == outcome).unwrap_or_else(|| {
            let labels = [("feed", feed()), ("outcome", outcome.as_str().to_owned())];
            self.requests.push((outcome, counter!("dateline_fetch_requests_total", &labels)));
            self.requests.len() - 1
        });
        if let Some((_, requests)) = self.requests.get(counted) {
            requests.increment(1);
        }
        let of_all =
            || (histogram!("dateline_fetch_duration_seconds"), counter!("dateline_fetch_response_bytes_total"));
        let (duration, bytes) = self.of_all.get_or_insert_with(of_all);
        duration.record(progress.took.as_secs_f64());
        bytes.increment(progress.bytes);
        let errors = || gauge!("dateline_feed_consecutive_errors", "feed" => feed());
        self.errors.get_or_insert_with(errors).set(f64::from(progress.consecutive_errors));
        if let Some(success) = progress.last_success {
            let gauge = || gauge!("dateline_feed_last_success_timestamp_seconds", "feed" => feed());
            self.last_success.get_or_insert_with(gauge).set(success.as_millisecond() as f64 / 1000.0);
        }
        say(progress);
    }
}

/// Each failure is told at the first and then at every power of two, for a feed may fail for weeks.
fn say(progress: &FeedProgress) {
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
