//! The log: to stderr, as text on a terminal and as JSON otherwise, with repeats from one place held down.
//!
//! "One place" is a line of the program together with the feed it speaks of: a feed that fails every second is told once
//! in ten seconds with the number of lines left out, and does not hide the failures of another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fmt;
use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{Format, Json, JsonFields, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Text on a terminal, JSON otherwise.
    #[default]
    Auto,
    /// Lines for people.
    Text,
    /// One JSON object per line.
    Json,
}

/// `[log]`: how much is said, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// `error`, `warn`, `info`, `debug` or `trace`, or directives such as `info,dateline::fetch=debug`.
    pub level: String,
    /// `auto`, `text` or `json`.
    pub format: LogFormat,
}

impl Default for Options {
    fn default() -> Self {
        Self { level: "info".to_owned(), format: LogFormat::Auto }
    }
}

/// The log could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is not one.
    #[error("cannot read {0:?} as a log level: write error, warn, info, debug or trace")]
    Level(String),
    /// Somebody set one up before.
    #[error("the log is already set up")]
    Twice,
}

/// Reads a level, for validation before the start.
pub fn level(level: &str) -> Result<EnvFilter, LogError> {
    // A lone word is read by tracing as the name of a target, so a misspelt level would silence everything.
    let is_level = |word: &str| word.parse::<tracing::metadata::LevelFilter>().is_ok();
    let misspelt = level.trim().is_empty()
        || level.split(',').any(|directive| !directive.contains(['=', '[']) && !is_level(directive.trim()));
    if misspelt {
        return Err(LogError::Level(level.to_owned()));
    }
    EnvFilter::try_new(level).map_err(|_| LogError::Level(level.to_owned()))
}

/// Sets up the log of the process.
pub fn init(options: &Options) -> Result<(), LogError> {
    // What the client's bindings say when they drop a consumer that has failed tells nobody anything.
    let nothing = "rdkafka::consumer=off".parse().expect("a target and a level");
    let filter = level(&options.level)?.add_directive(nothing);
    let as_text = match options.format {
        LogFormat::Auto => std::io::stderr().is_terminal(),
        LogFormat::Text => true,
        LogFormat::Json => false,
    };
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let set_up = if as_text {
        let format = Text(Format::default().with_target(false).compact());
        builder.event_format(Sparing::new(format)).finish_as_default()
    } else {
        let format = Format::default().json().flatten_event(true);
        builder.fmt_fields(JsonFields::new()).event_format(Sparing::new(format)).finish_as_default()
    };
    set_up.map_err(|()| LogError::Twice)
}

/// Makes a builder's subscriber the process's own.
trait FinishAsDefault {
    fn finish_as_default(self) -> Result<(), ()>;
}

impl<N, E, F, W> FinishAsDefault for tracing_subscriber::fmt::SubscriberBuilder<N, E, F, W>
where
    tracing_subscriber::fmt::SubscriberBuilder<N, E, F, W>: tracing_subscriber::util::SubscriberInitExt,
{
    fn finish_as_default(self) -> Result<(), ()> {
        tracing_subscriber::util::SubscriberInitExt::try_init(self).map_err(drop)
    }
}

/// At most one line per place in this time.
const QUIET: Duration = Duration::from_secs(10);
/// Places remembered; beyond that the oldest knowledge is dropped, which costs repeated lines and no memory.
const PLACES: usize = 4_096;

type Place = (tracing::callsite::Identifier, String);

/// What is known of a place: when its last line was written, and how many were left out since.
struct Written {
    at: Instant,
    left_out: u64,
}

/// A format that leaves out repeats.
struct Sparing<F> {
    format: F,
    places: Mutex<HashMap<Place, Written>>,
}

impl<F> Sparing<F> {
    fn new(format: F) -> Self {
        Self { format, places: Mutex::new(HashMap::new()) }
    }

    /// Whether this line is written, and how many like it were left out before.
    fn admit(&self, place: Place, now: Instant) -> Option<u64> {
        let mut places = self.places.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(written) = places.get_mut(&place) {
            if now.saturating_duration_since(written.at) < QUIET {
                written.left_out += 1;
                return None;
            }
            let left_out = written.left_out;
            *written = Written { at: now, left_out: 0 };
            return Some(left_out);
        }
        if places.len() >= PLACES {
            places.clear();
        }
        places.insert(place, Written { at: now, left_out: 0 });
        Some(0)
    }
}

/// A format that can say how many lines were left out.
trait SayLeftOut {
    fn say_left_out(&self, writer: &mut Writer<'_>, event: &Event<'_>, count: u64) -> fmt::Result;
}

/// Text for people; named so that the two formats can say the same in their own way.
struct Text(Format<tracing_subscriber::fmt::format::Compact>);

impl SayLeftOut for Text {
    fn say_left_out(&self, writer: &mut Writer<'_>, _event: &Event<'_>, count: u64) -> fmt::Result {
        writeln!(writer, "({count} lines like the next were left out)")
    }
}

impl SayLeftOut for Format<Json> {
    fn say_left_out(&self, writer: &mut Writer<'_>, event: &Event<'_>, count: u64) -> fmt::Result {
        let line = serde_json::json!({
            "timestamp": jiff::Timestamp::now().to_string(),
            "level": event.metadata().level().as_str(),
            "message": "lines like the next were left out",
            "left_out": count,
            "target": event.metadata().target(),
        });
        writeln!(writer, "{line}")
    }
}

impl<S, N> FormatEvent<S, N> for Text
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        self.0.format_event(context, writer, event)
    }
}

impl<S, N, F> FormatEvent<S, N> for Sparing<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N> + SayLeftOut,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        // Whoever asked for debugging wants every line.
        if *event.metadata().level() <= Level::INFO {
            let mut feed = FeedField::default();
            event.record(&mut feed);
            match self.admit((event.metadata().callsite(), feed.0), Instant::now()) {
                None => return Ok(()),
                Some(0) => {}
                Some(left_out) => self.format.say_left_out(&mut writer, event, left_out)?,
            }
        }
        self.format.format_event(context, writer, event)
    }
}

/// The feed that a line speaks of.
#[derive(Default)]
struct FeedField(String);

impl Visit for FeedField {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if matches!(field.name(), "feed" | "feed.id") {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::sync::Arc;

    #[derive(Clone, Default)]
    struct Sheet(Arc<Mutex<Vec<u8>>>);

    impl Write for Sheet {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn repeats_of_one_feed_are_held_down() {
        let sheet = Sheet::default();
        let paper = sheet.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || paper.clone())
            .fmt_fields(JsonFields::new())
            .event_format(Sparing::new(Format::default().json().flatten_event(true)))
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            for feed in ["a", "a", "b", "a"] {
                tracing::warn!(feed = %feed, "cannot fetch");
            }
        });
        let written = String::from_utf8(sheet.0.lock().unwrap().clone()).unwrap();
        assert_eq!(written.lines().count(), 2, "{written}");
        assert!(written.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    }

    #[test]
    fn after_the_quiet_time_the_left_out_are_counted() {
        struct Here;
        impl tracing::Callsite for Here {
            fn set_interest(&self, _: tracing::subscriber::Interest) {}
            fn metadata(&self) -> &tracing::Metadata<'_> {
                unreachable!("only its address is used")
            }
        }
        static HERE: Here = Here;
        let place = || (tracing::callsite::Identifier(&HERE), String::new());
        let sparing = Sparing::new(());
        let now = Instant::now();
        assert_eq!(sparing.admit(place(), now), Some(0));
        assert_eq!(sparing.admit(place(), now + QUIET / 2), None);
        assert_eq!(sparing.admit(place(), now + QUIET), Some(1));
    }

    #[test]
    fn misspelt_levels_are_refused() {
        assert!(level("info").is_ok() && level("warn,dateline::fetch=debug").is_ok());
        assert!(level("inof").is_err() && level("").is_err());
    }
}
