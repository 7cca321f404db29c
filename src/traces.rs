//! Traces: the steps that a poll and what it brought went through, told to a collector where one is configured.
//!
//! In come steps that are over, with the names that [`Trace`] gives them, so that the span of a record is the one that
//! its header names. They wait in a queue with an end for a thread that sends them in batches. A collector that is away
//! costs the spans and nothing else: nobody waits for it, and a full queue drops what comes. Texts of feeds are in no
//! span, and addresses only as they may be shown.

use crate::model::Trace;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::OnceLock;
use std::time::Duration;

/// `[traces]`: what is told of how long each step took.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The share of traces that are marked as sampled, from 0 to 1.
    pub sampled: f64,
    /// The address of a collector that takes OTLP over HTTP; empty for none.
    pub otlp: String,
}

impl Default for Options {
    fn default() -> Self {
        Self { sampled: 1.0, otlp: String::new() }
    }
}

impl Options {
    /// Why the collector cannot be told, for validation before the start.
    pub fn problem(&self) -> Option<&'static str> {
        if self.otlp.is_empty() {
            return None;
        }
        if !cfg!(feature = "otlp") {
            return Some("this dateline was built without the `otlp` feature: leave it empty, or build with it");
        }
        let is_address = url::Url::parse(&self.otlp).is_ok_and(|url| {
            let bare = url.username().is_empty() && url.password().is_none();
            matches!(url.scheme(), "http" | "https") && bare && url.query().is_none() && url.fragment().is_none()
        });
        (!is_address).then_some(
            "write an address such as \"http://127.0.0.1:4318\"; what the collector wants in headers, a token, goes to \
             the variable OTEL_EXPORTER_OTLP_HEADERS",
        )
    }
}

/// Which end of an exchange a step was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It went on in this process.
    Internal,
    /// It asked a server.
    Client,
    /// It was asked.
    Server,
    /// It handed records on.
    Producer,
}

/// What is said of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A word or name.
    Text(String),
    /// A number.
    Number(i64),
}

/// A step that is over: a span.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// The trace that it belongs to.
    pub trace: &'a Trace,
    /// Its own id.
    pub id: String,
    /// The id of the step that led to it; none for the first.
    pub parent: Option<String>,
    /// What it is called.
    pub name: String,
    /// Which end it was.
    pub kind: Kind,
    /// When it began.
    pub began: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// What is said of it, by the names that OpenTelemetry has for it.
    pub facts: Vec<(&'static str, Fact)>,
}

/// The collector could not be made ready for.
#[derive(Debug, thiserror::Error)]
#[error("cannot tell the collector of traces: {0}")]
pub struct TracesError(String);

/// Whoever tells the collector.
struct Teller {
    sampled: f64,
    #[cfg(feature = "otlp")]
    collector: otlp::Collector,
}

static TELLER: OnceLock<Teller> = OnceLock::new();

/// Begins to tell the collector that is configured, for the whole process; later calls change nothing.
pub fn install(options: &Options) -> Result<(), TracesError> {
    if options.otlp.is_empty() {
        return Ok(());
    }
    #[cfg(not(feature = "otlp"))]
    return Err(TracesError(options.problem().unwrap_or_default().to_owned()));
    #[cfg(feature = "otlp")]
    {
        let collector = otlp::Collector::open(&options.otlp).map_err(TracesError)?;
        TELLER.get_or_init(|| Teller { sampled: options.sampled, collector });
        Ok(())
    }
}

/// Whether a collector is told of this trace.
pub fn is_told(trace: &Trace) -> bool {
    TELLER.get().is_some_and(|teller| trace.is_sampled(teller.sampled))
}

/// Tells of a step, if its trace is told of. Never waits.
pub fn tell(step: Step<'_>) {
    #[cfg(feature = "otlp")]
    if let Some(teller) = TELLER.get().filter(|teller| step.trace.is_sampled(teller.sampled)) {
        teller.collector.tell(step);
    }
    #[cfg(not(feature = "otlp"))]
    drop(step);
}

/// Sends what waits, and ends. May block, for a second at most.
pub fn finish() {
    #[cfg(feature = "otlp")]
    if let Some(teller) = TELLER.get() {
        teller.collector.finish();
    }
}

#[cfg(feature = "otlp")]
mod otlp {
    use super::{Fact, Kind, Step};
    use opentelemetry::{
        InstrumentationScope, KeyValue, SpanId, TraceFlags, TraceId, Value,
        trace::{SpanContext, SpanKind, Status, TraceState},
    };
    use opentelemetry_otlp::{SpanExporter, WithExportConfig};
    use opentelemetry_sdk::{
        Resource,
        trace::{BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor},
    };
    use std::time::{Duration, SystemTime};

    /// Spans that may wait, of about one kilobyte each: a backfill of some hundred stories.
    const WAITING: usize = 8_192;
    /// How long a collector may take for one batch.
    const PATIENCE: Duration = Duration::from_secs(5);
    /// How long the last batch may take, of the ten seconds in which a process is to end.
    const LAST_PATIENCE: Duration = Duration::from_secs(1);

    #[derive(Debug)]
    pub(super) struct Collector {
        queue: BatchSpanProcessor,
        scope: InstrumentationScope,
    }

    impl Collector {
        pub(super) fn open(address: &str) -> Result<Self, String> {
            let exporter = SpanExporter::builder()
                .with_http()
                .with_endpoint(format!("{}/v1/traces", address.trim_end_matches('/')))
                .with_timeout(PATIENCE)
                .build()
                .map_err(|error| error.to_string())?;
            let config = BatchConfigBuilder::default().with_max_queue_size(WAITING).build();
            let mut queue = BatchSpanProcessor::builder(exporter).with_batch_config(config).build();
            let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
            queue.set_resource(&Resource::builder().with_service_name("dateline").with_attribute(version).build());
            let scope = InstrumentationScope::builder("dateline").with_version(env!("CARGO_PKG_VERSION")).build();
            Ok(Self { queue, scope })
        }

        pub(super) fn tell(&self, step: Step<'_>) {
            let id = |hex: &str| SpanId::from_hex(hex).unwrap_or(SpanId::INVALID);
            let since = step.began.as_microsecond().max(0).unsigned_abs();
            let began = SystemTime::UNIX_EPOCH + Duration::from_micros(since);
            let trace = TraceId::from_hex(step.trace.id()).unwrap_or(TraceId::INVALID);
            let attributes = step.facts.into_iter().map(|(name, fact)| KeyValue::new(name, Value::from(fact)));
            self.queue.on_end(SpanData {
                span_context: SpanContext::new(trace, id(&step.id), TraceFlags::SAMPLED, false, TraceState::NONE),
                parent_span_id: step.parent.as_deref().map_or(SpanId::INVALID, id),
                parent_span_is_remote: false,
                span_kind: match step.kind {
                    Kind::Internal => SpanKind::Internal,
                    Kind::Client => SpanKind::Client,
                    Kind::Server => SpanKind::Server,
                    Kind::Producer => SpanKind::Producer,
                },
                name: step.name.into(),
                start_time: began,
                end_time: began + step.took,
                attributes: attributes.collect(),
                dropped_attributes_count: 0,
                events: SpanEvents::default(),
                links: SpanLinks::default(),
                status: Status::Unset,
                instrumentation_scope: self.scope.clone(),
            });
        }

        pub(super) fn finish(&self) {
            if let Err(error) = self.queue.shutdown_with_timeout(LAST_PATIENCE) {
                tracing::debug!(%error, "the last spans were not told");
            }
        }
    }

    impl From<Fact> for Value {
        fn from(fact: Fact) -> Self {
            match fact {
                Fact::Text(text) => text.into(),
                Fact::Number(number) => number.into(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_collector_is_an_address_and_no_place_for_secrets() {
        let problem = |otlp: &str| Options { otlp: otlp.to_owned(), ..Options::default() }.problem();
        assert_eq!(problem(""), None);
        assert_eq!(problem("http://127.0.0.1:4318").is_none(), cfg!(feature = "otlp"));
        for wrong in
            ["collector:4318", "grpc://collector", "http://desk:s3cret@collector", "http://collector/?key=s3cret"]
        {
            assert!(problem(wrong).is_some_and(|said| !said.contains("s3cret")), "{wrong}");
        }
    }
}
