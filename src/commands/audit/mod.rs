//! `dateline audit`: reads topics, state and intake, and says whether G1 to G3 hold.
//!
//! The state is fixed first and the topics after it, so that whatever the state tells of is below the topics' ends, also
//! while a daemon goes on publishing. Everything is read once, in the order in which `crate::audit` wants it.

mod show;
mod source;

use super::{exit, progress::Progress};
use crate::{
    audit::{Auditor, Options, Report},
    cli::{self, ReportFormat},
    intake,
    model::{Topic, state_key},
    store::{StoreError, image},
    topics::{Log, ReadError, Topics},
};
use jiff::{SignedDuration, Timestamp};
use source::{Local, Source};

/// Dead letters come first, for they stand for what other topics do not have; claims rest on articles.
const ORDER: [Topic; 6] =
    [Topic::DeadLetters, Topic::Articles, Topic::CovidStats, Topic::Stories, Topic::FeedStatus, Topic::Events];

/// How much of the intake log is in memory at once.
const FRAMES_BYTES: usize = 4 << 20;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("{0}")]
    Configuration(String),
    #[error("{0}")]
    Read(#[from] ReadError),
    #[error("{0}")]
    Store(#[from] StoreError),
}

impl Failure {
    pub(super) fn exit(&self) -> u8 {
        match self {
            Self::Configuration(_) => exit::CONFIGURATION,
            Self::Read(ReadError::Nothing(_)) => exit::NO_INPUT,
            Self::Read(ReadError::Unavailable(_)) => exit::UNAVAILABLE,
            Self::Read(ReadError::Denied(_)) => exit::DENIED,
            Self::Read(ReadError::Failed(_)) => exit::BAD_INPUT,
            Self::Store(error) => error.exit_code(),
        }
    }
}

pub(super) fn run(given: &cli::Audit) -> u8 {
    let audited = Source::open(given).and_then(|source| {
        let report = audit(&source, given.at_least_once)?;
        Ok((source, report))
    });
    match audited {
        Ok((source, report)) => {
            match given.format {
                ReportFormat::Text => super::put_text(&show::text(&source, &report)),
                ReportFormat::Json => super::put_text(&show::json(&source, &report)),
            }
            if report.holds() { exit::DONE } else { exit::FAILED }
        }
        Err(failure) => {
            complain(&failure.to_string());
            failure.exit()
        }
    }
}

fn audit(source: &Source, at_least_once: bool) -> Result<Report, Failure> {
    let horizon = SignedDuration::try_from(source.horizon).unwrap_or(SignedDuration::MAX);
    let mut auditor = Auditor::new(Options {
        at_least_once: at_least_once || source.at_least_once,
        horizon,
        now: Timestamp::now(),
        state: source.has_state(),
        intake: source.local.is_some() && source.has_state(),
    });
    let topics: &dyn Topics = source.topics.as_ref();
    for topic in ORDER {
        topics.logs(topic).iter().for_each(|log| auditor.log(log));
    }
    let line = Progress::of("records");
    let known = |log: &Log| Some(u64::try_from(log.end? - log.begin).unwrap_or(0));
    // Files do not say where they end.
    let total: Option<Vec<u64>> = ORDER.iter().flat_map(|topic| topics.logs(*topic)).map(|log| known(&log)).collect();
    total.iter().for_each(|logs| line.set_total(logs.iter().sum()));
    for topic in ORDER {
        topics.read(topic, &mut |placed| {
            line.step();
            auditor.record(&placed);
        })?;
    }
    drop(line);
    for (topic, end) in source.committed() {
        auditor.committed(topic, end);
    }
    source.read_state(&mut |key, value| auditor.state(key, value))?;
    if let Some(local) = source.local.as_ref().filter(|_| source.has_state()) {
        frames(local, &mut auditor)?;
    }
    Ok(auditor.conclude())
}

/// Every frame that the intake log still has.
fn frames(local: &Local, auditor: &mut Auditor) -> Result<(), Failure> {
    let mut next = 0;
    loop {
        let frames = intake::retained(&local.db, next, FRAMES_BYTES).map_err(StoreError::from)?;
        let Some(last) = frames.last() else { return Ok(()) };
        next = last.seq + 1;
        frames.iter().for_each(|frame| auditor.frame(&local.intake, frame));
    }
}

/// Every entry of the state that lies in the data directory.
fn image_of(local: &Local, visit: &mut dyn FnMut(&str, Option<&[u8]>)) -> Result<(), Failure> {
    for prefix in ["item/", "pos/", "feed/", "rebuilt/", state_key::REBUILDING] {
        let scanned = image::scan(&local.db, prefix, |key, value| {
            visit(key, Some(value));
            Ok(())
        });
        scanned.map_err(StoreError::from)?;
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "what went wrong is for the person at the terminal, beside the report")]
pub(super) fn complain(message: &str) {
    eprintln!("dateline: {message}");
}
