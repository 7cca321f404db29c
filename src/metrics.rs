//! Every metric, declared once: name, kind, labels, help. The edges count through the functions here.
//!
//! Label values are configured feed ids and closed lists, never anything from a feed, so the number of series is
//! bounded. `docs/OPERATING.md` has the same table; a test compares the two.

mod process;

pub use process::measure;

use crate::model::{IntakeSnapshot, Stage};
use jiff::Timestamp;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;
use std::time::Duration;

/// What a metric does over time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    /// Its whole name; the unit is in it.
    pub name: &'static str,
    /// What it does over time.
    pub kind: MetricKind,
    /// Its labels.
    pub labels: &'static [&'static str],
    /// What it measures.
    pub help: &'static str,
}

const fn counter(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Declared {
    Declared { name, kind: MetricKind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Declared {
    Declared { name, kind: MetricKind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Declared {
    Declared { name, kind: MetricKind::Histogram, labels, help }
}

/// All of them.
pub const METRICS: &[Declared] = &[
    counter("dateline_fetch_requests_total", &["feed", "outcome"], "Polls by their outcome."),
    histogram("dateline_fetch_duration_seconds", &[], "Time that one poll took, redirects included."),
    counter("dateline_fetch_response_bytes_total", &[], "Bytes of response bodies, before decoding."),
    gauge("dateline_feed_last_success_timestamp_seconds", &["feed"], "When a poll of the feed last went well."),
    gauge("dateline_feed_next_poll_timestamp_seconds", &["feed"], "When the feed is polled next."),
    gauge("dateline_feed_consecutive_errors", &["feed"], "Failed polls of the feed in a row."),
    counter("dateline_stage_received_items_total", &["stage"], "What came into a room."),
    counter("dateline_stage_sent_items_total", &["stage"], "What a room passed on."),
    counter("dateline_stage_discarded_items_total", &["stage", "reason"], "What ended in a room on purpose."),
    counter("dateline_stage_errors_total", &["stage", "error_type"], "What failed in a room."),
    histogram("dateline_stage_duration_seconds", &["stage"], "Time that a room took for one item or batch."),
    gauge("dateline_queue_items", &["stage"], "What waits before a room."),
    counter(
        "dateline_dedup_decisions_total",
        &["kind"],
        "Verdicts: the relation of published ones, `suppressed` for others.",
    ),
    counter("dateline_entities_total", &["type"], "Entities found in published articles."),
    counter(
        "dateline_covid_observations_total",
        &["country", "metric"],
        "COVID-19 observations in published originals.",
    ),
    counter(
        "dateline_publish_records_total",
        &["topic", "outcome"],
        "Records by topic and whether they were committed.",
    ),
    histogram(
        "dateline_publish_lag_seconds",
        &[],
        "From the publisher's time of publication to the commit of the record.",
    ),
    counter("dateline_websub_pushes_total", &["outcome"], "What hubs pushed, by what became of it."),
    gauge("dateline_websub_subscriptions", &["standing"], "Subscriptions to hubs: asking, live, resting, leaving."),
    gauge("dateline_intake_frames", &[], "Frames observed and not yet published."),
    gauge("dateline_intake_oldest_age_seconds", &[], "Age of the oldest of them."),
    counter("dateline_dlq_records_total", &["reason"], "Dead letters."),
    counter("dateline_config_reloads_total", &["outcome"], "Reloads of the configuration."),
    gauge("dateline_partitions", &["role"], "Partitions that the workers of the role share out."),
    gauge("dateline_partitions_owned", &["role"], "Those of them that this worker works on."),
    gauge("dateline_build_info", &["version", "revision"], "Always 1; the labels say which build runs."),
    gauge("dateline_data_dir_free_bytes", &[], "Room left on the file system of `data_dir`."),
    gauge("dateline_data_dir_size_bytes", &[], "All of that file system."),
    gauge("dateline_memory_limit_bytes", &[], "What the control group allows the process; missing without a limit."),
    gauge("process_resident_memory_bytes", &[], "Memory that the process has."),
    counter("process_cpu_seconds_total", &[], "Time of processors that it has had, in whole seconds."),
    gauge("process_open_fds", &[], "Files and connections that it has open."),
    gauge("process_max_fds", &[], "How many it may have open."),
    gauge("process_start_time_seconds", &[], "When it was started."),
];

/// Seconds: a pure stage takes microseconds, a slow page a minute.
const DURATIONS: [f64; 14] = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0];
/// Seconds: a wire story is minutes old when its feed shows it, a backfilled one days.
const LAGS: [f64; 10] = [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0, 21_600.0, 86_400.0, 604_800.0];

/// The recorder could not be set up.
#[derive(Debug, thiserror::Error)]
#[error("cannot set up metrics: {0}")]
pub struct MetricsError(String);

/// Sets up recording for the whole process; later calls return the same handle. Whoever holds it calls `run_upkeep`
/// now and then; the status server does.
pub fn install() -> Result<PrometheusHandle, MetricsError> {
    static INSTALLED: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = INSTALLED.get() {
        return Ok(handle.clone());
    }
    let failed = |error: &dyn std::fmt::Display| MetricsError(error.to_string());
    let recorder = PrometheusBuilder::new()
        .set_buckets(&DURATIONS)
        .and_then(|builder| {
            builder.set_buckets_for_metric(Matcher::Full("dateline_publish_lag_seconds".to_owned()), &LAGS)
        })
        .map_err(|error| failed(&error))?
        .build_recorder();
    let handle = recorder.handle();
    // A second thread that comes at the same time loses the race and takes the winner's handle.
    let handle = INSTALLED.get_or_init(|| handle).clone();
    if ::metrics::set_global_recorder(recorder).is_ok() {
        describe();
    }
    Ok(handle)
}

fn describe() {
    for metric in METRICS {
        match metric.kind {
            MetricKind::Counter => ::metrics::describe_counter!(metric.name, metric.help),
            MetricKind::Gauge => ::metrics::describe_gauge!(metric.name, metric.help),
            MetricKind::Histogram => ::metrics::describe_histogram!(metric.name, metric.help),
        }
    }
    let revision = option_env!("DATELINE_REVISION").unwrap_or("unknown");
    ::metrics::gauge!("dateline_build_info", "version" => env!("CARGO_PKG_VERSION"), "revision" => revision).set(1.0);
    ::metrics::gauge!("process_start_time_seconds").set(process::started());
}

/// `count` things came into a room.
pub fn received(stage: Stage, count: u64) {
    ::metrics::counter!("dateline_stage_received_items_total", "stage" => stage.as_str()).increment(count);
}

/// A room passed on `count` things.
pub fn sent(stage: Stage, count: u64) {
    ::metrics::counter!("dateline_stage_sent_items_total", "stage" => stage.as_str()).increment(count);
}

/// `count` things ended in a room on purpose; the reason is from a closed list.
pub fn discarded(stage: Stage, reason: &'static str, count: u64) {
    ::metrics::counter!("dateline_stage_discarded_items_total", "stage" => stage.as_str(), "reason" => reason)
        .increment(count);
}

/// Something failed in a room; the type is from a closed list.
pub fn failed(stage: Stage, error_type: &'static str) {
    ::metrics::counter!("dateline_stage_errors_total", "stage" => stage.as_str(), "error_type" => error_type)
        .increment(1);
}

/// A room took this long for one item or batch.
pub fn took(stage: Stage, duration: Duration) {
    ::metrics::histogram!("dateline_stage_duration_seconds", "stage" => stage.as_str()).record(duration.as_secs_f64());
}

/// So much waits before a room.
pub fn queued(stage: Stage, items: u64) {
    ::metrics::gauge!("dateline_queue_items", "stage" => stage.as_str()).set(items as f64);
}

/// A verdict: the relation's word, or `suppressed`.
pub fn decided(kind: &'static str) {
    ::metrics::counter!("dateline_dedup_decisions_total", "kind" => kind).increment(1);
}

/// `count` entities of a type were found.
pub fn entities(kind: &'static str, count: u64) {
    ::metrics::counter!("dateline_entities_total", "type" => kind).increment(count);
}

/// An observation for a country (ISO 3166-1 alpha-2, `none` where there is none).
pub fn covid_observation(country: &str, metric: &'static str) {
    // The code comes from our own tables; anything else would let a text make series.
    let known = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    let country = if known { country.to_owned() } else { "none".to_owned() };
    ::metrics::counter!("dateline_covid_observations_total", "country" => country, "metric" => metric).increment(1);
}

/// `count` records of a topic were `committed` or `failed`.
pub fn published(topic: &'static str, outcome: &'static str, count: u64) {
    ::metrics::counter!("dateline_publish_records_total", "topic" => topic, "outcome" => outcome).increment(count);
}

/// From the publisher's time of publication to our commit.
pub fn publish_lag(lag: Duration) {
    ::metrics::histogram!("dateline_publish_lag_seconds").record(lag.as_secs_f64());
}

/// What lies on the doorstep of the whole process.
pub fn intake(now: &IntakeSnapshot, at: Timestamp) {
    let age = now.oldest.and_then(|oldest| Duration::try_from(at.duration_since(oldest)).ok()).unwrap_or_default();
    ::metrics::gauge!("dateline_intake_frames").set(now.frames as f64);
    ::metrics::gauge!("dateline_intake_oldest_age_seconds").set(age.as_secs_f64());
    queued(Stage::Intake, now.waiting_pages);
    queued(Stage::Clean, now.frames);
}

/// A hub pushed something; the outcome is from a closed list.
pub fn pushed(outcome: &'static str) {
    ::metrics::counter!("dateline_websub_pushes_total", "outcome" => outcome).increment(1);
}

/// So many subscriptions stand like this.
pub fn subscriptions(standing: &'static str, count: u64) {
    ::metrics::gauge!("dateline_websub_subscriptions", "standing" => standing).set(count as f64);
}

/// A dead letter; the reason is from a closed list.
pub fn dead_letter(reason: &'static str) {
    ::metrics::counter!("dateline_dlq_records_total", "reason" => reason).increment(1);
}

/// The configuration was read again: `applied` or `refused`.
pub fn reloaded(outcome: &'static str) {
    ::metrics::counter!("dateline_config_reloads_total", "outcome" => outcome).increment(1);
}

/// A worker has so many of the partitions that its role shares out.
pub fn partitions(role: &'static str, shared: usize, owned: usize) {
    ::metrics::gauge!("dateline_partitions", "role" => role).set(shared as f64);
    ::metrics::gauge!("dateline_partitions_owned", "role" => role).set(owned as f64);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_name_that_is_counted_is_declared() {
        let declared: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(declared.len(), METRICS.len());
        let name = regex::Regex::new(r#"(?:counter|gauge|histogram)!\(\s*"((?:dateline|process)_[a-z_]+)""#).unwrap();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let code = std::fs::read_to_string(&path).unwrap();
                    for found in name.captures_iter(&code) {
                        assert!(declared.contains(&found[1]), "{} counts {}", path.display(), &found[1]);
                    }
                }
            }
        }
    }

    #[test]
    fn the_manual_has_the_same_table() {
        let manual = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATING.md");
        let manual = std::fs::read_to_string(manual).unwrap();
        let row =
            regex::Regex::new(r"(?m)^\| `((?:dateline|process)_[a-z_]+)(?:\{([a-z_,]*)\})?` \| (\w+) \| (.*) \|$")
                .unwrap();
        let documented: Vec<(String, String, String, String)> = row
            .captures_iter(&manual)
            .map(|row| {
                let labels = row.get(2).map_or("", |labels| labels.as_str());
                (row[1].to_owned(), labels.to_owned(), row[3].to_owned(), row[4].to_owned())
            })
            .collect();
        let declared: Vec<(String, String, String, String)> = METRICS
            .iter()
            .map(|metric| {
                let kind = format!("{:?}", metric.kind).to_lowercase();
                (metric.name.to_owned(), metric.labels.join(","), kind, metric.help.to_owned())
            })
            .collect();
        assert_eq!(documented, declared);
    }

    #[test]
    fn what_is_counted_is_rendered_with_its_help() {
        let handle = install().unwrap();
        decided("original");
        covid_observation("<script>", "deaths");
        took(Stage::Dedup, Duration::from_micros(300));
        let text = handle.render();
        for line in [
            "# HELP dateline_dedup_decisions_total Verdicts",
            "dateline_dedup_decisions_total{kind=\"original\"}",
            "dateline_covid_observations_total{country=\"none\",metric=\"deaths\"}",
            "dateline_stage_duration_seconds_bucket{stage=\"dedup\",le=\"0.0005\"}",
            "dateline_build_info{version=",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }
}
