//! `dateline demo`: the first minute, with no broker, no network and no configuration.
//!
//! Invented publishers are served on a loopback port and change as time passes; the daemon itself, as it is, polls
//! them and publishes to the embedded default; what it commits is shown as it comes.
#![expect(clippy::print_stderr, reason = "a command's complaints")]

mod script;
mod server;
mod teller;

use super::{exit, page, show::Style};
use crate::{
    cli::Demo,
    config::Config,
    model::{Backfill, Feed, Record, Snapshot},
    pipeline::{self, RunOptions, RunReport, Watching},
    publish, shutdown,
};
use anyhow::Context as _;
use jiff::{Timestamp, tz::Offset};
use script::Script;
use server::Publishers;
use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};
use teller::Teller;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Parsers may nest deeper than the default stack of a thread allows.
const STACK: usize = 8 << 20;
/// The length with `--fast`: the daemon needs a moment for each batch, and stories must not overtake each other.
const FAST: Duration = Duration::from_secs(8);
/// When the last change has been polled, read and committed, in lengths of the play.
const END: f64 = 1.08;
/// How often what was committed is shown.
const BEAT: Duration = Duration::from_millis(40);
/// Records that may wait to be shown.
const WAITING: usize = 4096;
/// After the last change, what is still on its way.
const LAST_WAIT: Duration = Duration::from_secs(10);

/// Runs the verb.
pub(super) fn run(given: &Demo) -> u8 {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    let played = match runtime {
        Ok(runtime) => {
            let played = runtime.block_on(play(given));
            runtime.shutdown_timeout(Duration::from_secs(1));
            played
        }
        Err(error) => Err(error.into()),
    };
    match played {
        Ok(code) => code,
        Err(error) => {
            eprintln!("dateline: the demo cannot go on: {error:#}");
            exit::IO
        }
    }
}

async fn play(given: &Demo) -> anyhow::Result<u8> {
    let length = if given.fast { FAST } else { Duration::from_secs(u64::from(given.seconds)) };
    let directory = directory(given.data_dir.as_deref())?;
    let broker = given.kafka.as_deref().map(at_broker);
    if let Some(publish) = &broker
        && let Err(Refused(code, problem)) = tokio::task::block_in_place(|| make_topics(publish))
    {
        eprintln!("dateline: {problem}");
        return Ok(code);
    }
    let publishers =
        Publishers::start(Script::bundled(Offset::UTC.to_datetime(Timestamp::now()).date())?, length).await?;
    let mut config = config(&publishers, &directory, length);
    if let Some(publish) = broker {
        config.publish = publish::Options { max_latency: config.publish.max_latency, ..publish };
    }
    if let Some(listen) = &given.listen {
        config.status.listen.clone_from(listen);
    }
    let mut teller = Teller::new(Style::of_stdout());
    super::put_text(&teller.introduction(publishers.feeds(), length, &config.publish));

    let cancel = CancellationToken::new();
    shutdown::on_signals(cancel.clone())?;
    let (committed, to_show) = mpsc::sync_channel::<Record>(WAITING);
    let (snapshot, picture) = watch::channel(Snapshot::new(Timestamp::now()));
    // The queue holds more than the script can make; should it be full, the daemon waits, as for any slow reader.
    let mut watching = Watching {
        on_record: Some(Arc::new(move |record: &Record| drop(committed.send(record.clone())))),
        ..Watching::default()
    };
    if !config.status.is_off() {
        match page::serve(&config, picture, &mut watching, cancel.clone()).await {
            Ok((address, _)) => super::put_text(&format!("  {address}\n\n")),
            Err(error) => {
                eprintln!("dateline: {error}");
                return Ok(exit::UNAVAILABLE);
            }
        }
    }
    let options = RunOptions { config: config.clone(), once: false, cancel: cancel.clone(), watching, snapshot };
    let mut daemon = Box::pin(pipeline::run(options));

    let mut told = 0.0;
    let mut ended = None;
    while (publishers.moment() < END || given.stay) && !cancel.is_cancelled() {
        tokio::select! {
            () = tokio::time::sleep(BEAT) => {}
            () = cancel.cancelled() => {}
            result = &mut daemon => {
                ended = Some(result);
                break;
            }
        }
        let now = publishers.moment();
        for note in publishers.notes(told, now) {
            super::put_text(&teller.note(note, length.mul_f64(now)));
        }
        if given.stay && (told..now).contains(&END) {
            super::put_text(&teller.note("That was all. The page stays; Ctrl-C ends it.", length.mul_f64(now)));
        }
        told = now;
        to_show.try_iter().for_each(|record| super::put_text(&teller.record(&record)));
    }
    cancel.cancel();
    let result = match ended {
        Some(result) => result,
        None => tokio::time::timeout(LAST_WAIT, daemon).await.context("the daemon does not stop")?,
    };
    to_show.try_iter().for_each(|record| super::put_text(&teller.record(&record)));
    match result {
        Ok(RunReport { commits, .. }) => {
            super::put_text(&teller.conclusion(&directory, &config.publish, publishers.counts(), commits));
            Ok(exit::DONE)
        }
        Err(error) => {
            eprintln!("dateline: {}", error.message);
            Ok(error.exit)
        }
    }
}

/// The exit code and the reason.
struct Refused(u8, String);

/// A prefix and a transactional id that nobody has, at this broker.
fn at_broker(servers: &str) -> publish::Options {
    let id = uuid::Uuid::new_v4().simple().to_string();
    let name = format!("demo-{}", id.get(..8).unwrap_or_default());
    let kafka = publish::KafkaOptions {
        bootstrap_servers: servers.to_owned(),
        transactional_id: name.clone(),
        ..publish::KafkaOptions::default()
    };
    publish::Options { to: publish::Target::Kafka, topic_prefix: name, kafka, ..publish::Options::default() }
}

/// Before the play begins: a broker that is away or slow must not cost it its first scenes.
#[cfg(feature = "kafka")]
fn make_topics(publish: &publish::Options) -> Result<(), Refused> {
    use crate::{
        broker::{
            BrokerError,
            topics::{Creation, ensure},
        },
        publish::kafka::{settings, wanted},
    };
    let creation = Creation { allowed: true, replication_factor: publish.kafka.replication_factor };
    let wanted = wanted(|topic| topic.name(&publish.topic_prefix), publish.kafka.partitions);
    let made = ensure(&settings(&publish.kafka), &wanted, creation);
    made.map(drop).map_err(|error| {
        let code = match error {
            BrokerError::Denied(_) | BrokerError::NotLetIn(_) => exit::DENIED,
            BrokerError::Refused(_) => exit::CONFIGURATION,
            _ => exit::UNAVAILABLE,
        };
        Refused(code, error.to_string())
    })
}

#[cfg(not(feature = "kafka"))]
fn make_topics(_: &publish::Options) -> Result<(), Refused> {
    Err(Refused(exit::CONFIGURATION, "this dateline was built without the `kafka` feature".to_owned()))
}

/// Where the state goes: as given, else a new directory of its own.
fn directory(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    let directory = match given {
        Some(given) => std::env::current_dir()?.join(given),
        None => {
            let id = uuid::Uuid::new_v4().simple().to_string();
            std::env::temp_dir().join(format!("dateline-demo-{}", id.get(..8).unwrap_or_default()))
        }
    };
    std::fs::create_dir_all(&directory).with_context(|| format!("cannot create {}", directory.display()))?;
    Ok(directory)
}

/// What an operator would have written, but for intervals that suit a short play.
fn config(publishers: &Publishers, directory: &Path, length: Duration) -> Config {
    let mut config = Config::new(directory.to_owned());
    let interval = (length / 25).max(Duration::from_millis(200));
    config.fetch.min_interval = interval;
    config.fetch.default_interval = interval;
    config.fetch.max_interval = interval * 4;
    config.fetch.backfill = Backfill::All;
    config.publish.max_latency = Duration::from_millis(200);
    config.status.listen = "off".to_owned();
    for source in publishers.feeds() {
        let mut feed = Feed::new(&source.id, &publishers.url(source));
        feed.title = Some(source.title.clone());
        feed.agency = Some(source.agency.clone());
        feed.language = Some(source.language.clone());
        feed.country = Some(source.country.clone());
        feed.interval = Some(interval);
        feed.full_text = source.pages;
        feed.allow = vec![publishers.authority()];
        config.feeds.push(feed);
    }
    config
}
