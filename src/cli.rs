//! The command line: what the user types, as types. No behaviour; that is in `commands`, one file per verb.

mod completions;
mod config;
mod dlq;
mod feeds;
mod gazetteer;
mod generate;
mod health;
mod init;
mod intake;
mod man;
mod reach;
mod schema;
mod tap;
mod test;
mod top;
mod topics;

pub use completions::Completions;
pub use config::{Config, ConfigFormat, ConfigReference, ConfigShow, ConfigVerb};
pub use dlq::{Dlq, DlqFilter, DlqFormat, DlqList, DlqRedrive, DlqShow, DlqVerb};
pub use feeds::{
    Feeds, FeedsCheck, FeedsDiscover, FeedsExport, FeedsFormat, FeedsImport, FeedsList, FeedsPublish, FeedsVerb,
};
pub use gazetteer::{Gazetteer, GazetteerBuild, GazetteerVerb};
pub use generate::{Generate, GenerateFeed, GenerateVerb};
pub use health::Health;
pub use init::Init;
pub use intake::{Intake, IntakeDrain, IntakeVerb};
pub use man::Man;
pub use reach::Reach;
pub use schema::Schema;
pub use tap::Tap;
pub use test::Test;
pub use top::Top;
pub use topics::{Topics, TopicsCreate, TopicsFormat, TopicsList, TopicsVerb};

use crate::{config::Flags, extract::Tagger, model::units};
use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use std::path::PathBuf;

/// Wire-service feeds in, enriched and deduplicated records out, each revision once.
#[derive(Debug, Parser)]
#[command(
    name = "dateline",
    version,
    about,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Examples:
  dateline demo                               see it work, in half a minute, without network
  dateline init                               a configuration to begin with
  dateline validate --config dateline.toml    every problem of a configuration, with its line
  dateline run --config dateline.toml         the daemon
  dateline run --once --feed-url https://wire.example/rss.xml --data-dir /tmp/try
  dateline process --until extract story.html what each stage makes of one page

Exit codes: 0 done; 1 a check failed; 2 usage; 65 bad input; 66 no such input; 69 unavailable;
70 bug; 73 no state; 74 I/O; 75 try later; 77 permission; 78 configuration."
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// One file under `commands` each.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Poll the feeds and publish what they say, until told to stop.
    Run(Run),
    /// Read the configuration and print every problem at once.
    Validate(Validate),
    /// Run one stage after the other over files and show what comes out.
    Process(Process),
    /// Show the whole line at work on invented feeds, without network or configuration.
    Demo(Demo),
    /// Write a configuration to begin with.
    Init(Init),
    /// Make a part of a configuration of what is there.
    Generate(Generate),
    /// Show the configuration that holds and where it came from, or the reference of every key.
    Config(Config),
    /// List, check, find, import and export feeds.
    Feeds(Feeds),
    /// Ask the daemon that runs whether it is ready.
    Health(Health),
    /// Say what is wrong with a data directory or a configuration, and the way out.
    Doctor(Doctor),
    /// Show a story with its numbers marked: what each became, and why the others were left out.
    Explain(Explain),
    /// Score labelled text: precision, recall and F1 of figures, names and values, with the number of cases.
    Eval(Eval),
    /// Make tables of names of your own, of GeoNames dumps and of lists.
    Gazetteer(Gazetteer),
    /// Follow what leaves the rooms of the running daemon.
    Tap(Tap),
    /// Show the running daemon's rates, lag and feeds, over and over.
    Top(Top),
    /// Print the JSON Schemas of the records and of the configuration.
    Schema(Schema),
    /// Read the topics and prove that nothing is lost, doubled or out of order.
    Audit(Audit),
    /// Make the memory anew from the topics, when the state has been lost.
    RebuildState(RebuildState),
    /// Publish again what the intake still holds, as this program reads it.
    Replay(Replay),
    /// Move from the journal to a Kafka broker: records, state and all.
    Migrate(Migrate),
    /// Print what completes this command line in a shell.
    Completions(Completions),
    /// Print or write the manual pages.
    Man(Man),
    /// List and show dead letters, and hand them to the pipeline again.
    Dlq(Dlq),
    /// Run the tests of the configuration: what is read in pieces of feeds and pages, against what should be.
    Test(Test),
    /// Hand on what a fetcher that is gone for good still holds.
    Intake(Intake),
    /// List the topics, and create those that are missing at the broker.
    Topics(Topics),
}

/// Where the configuration comes from.
#[derive(Debug, Clone, Default, Args)]
pub struct Configuration {
    /// The configuration file. Without it: $DATELINE_CONFIG, ./dateline.toml, $XDG_CONFIG_HOME/dateline/dateline.toml,
    /// /etc/dateline/dateline.toml.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Where the state and the NDJSON files are kept.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Set one key, such as fetch.default_interval=2m. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Add a feed without a file. May be repeated.
    #[arg(long, value_name = "URL")]
    pub feed_url: Vec<String>,
    /// Open an otherwise refused address, for the feeds of --feed-url (for all, where there are none).
    #[arg(long, value_name = "HOST:PORT")]
    pub allow: Vec<String>,
}

impl std::convert::From<&Configuration> for Flags {
    fn from(given: &Configuration) -> Self {
        Self {
            config: given.config.clone(),
            data_dir: given.data_dir.clone(),
            set: given.set.clone(),
            feed_urls: given.feed_url.clone(),
            allow: given.allow.clone(),
            feedless: false,
        }
    }
}

/// `dateline run`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline run --config /etc/dateline/dateline.toml
  dateline run --once                         poll every feed once, commit, exit 0 (75 if a feed failed)
  dateline run --set publish.to=kafka --set publish.kafka.bootstrap_servers=broker:9092
  dateline run --role enrich --instance e1    one of many workers (docs/SCALING.md)
  DATELINE__STATUS__LISTEN=off dateline run

SIGTERM and SIGINT end it within 10 seconds; a second one at once.
Exit codes: 0 stopped as told, or done with --once; 69 the broker, or an address to listen at, is not there; 73 no
state; 74 I/O; 75 try later; 77 permission; 78 configuration.")]
pub struct Run {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Poll every feed once, whatever its interval, wait for pages, commit, and exit.
    #[arg(long, conflicts_with = "role")]
    pub once: bool,
    /// Do a part of the work only, as one of many workers over Kafka.
    #[arg(long, value_enum)]
    pub role: Option<Role>,
    /// What this worker is called, instead of `roles.instance`.
    #[arg(long, value_name = "NAME", requires = "role")]
    pub instance: Option<String>,
}

/// A part of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Poll shards of the feeds that `dateline feeds publish` told.
    Fetch,
    /// Read what was observed: clean text, entities, statistics.
    Enrich,
    /// Judge what was read, and publish it.
    Dedup,
}

/// How problems of a configuration are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProblemFormat {
    /// One line each; the default where nobody watches.
    Lines,
    /// The line of the file below each, with carets under the place; the default on a terminal.
    Pretty,
}

/// `dateline validate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline validate
  dateline validate --config dateline.toml
  dateline validate --format lines            for editors and scripts

Each problem is one line: file:line:column: key: what is wrong and what would be right. On a terminal the line of the
file stands below, with carets under the place; secrets are not shown.
Exits 0 when there is none, 78 otherwise.")]
pub struct Validate {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// How to write problems.
    #[arg(long, value_enum)]
    pub format: Option<ProblemFormat>,
}

/// What an input of `process` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum From {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A web page.
    Page,
    /// One article record without the derived fields.
    Json,
    /// One document a line.
    Ndjson,
}

/// The last stage that `process` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Until {
    /// Bytes to items.
    Parse,
    /// Items to clean articles with their wire structure.
    Clean,
    /// Entities, values, quotes, COVID-19 statistics.
    Extract,
    /// Copies and revisions, judged in input order.
    Dedup,
}

/// How `process` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Laid out for reading; the default on a terminal.
    Pretty,
    /// One JSON document a line; the default otherwise.
    Ndjson,
}

/// `dateline process`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline process feed.xml --until parse     the feed and its items
  dateline process --url https://wire.example/1 page.html
  dateline process --from ndjson --until dedup --jobs 8 < documents.ndjson
  dateline process --until extract --format pretty https://wire.example/story
  curl -s https://wire.example/rss | dateline process -

A bad input or line gives {\"id\",\"error\":{\"stage\",\"code\",\"detail\"}} in its place, and the run goes on.
Exits 0; 1 if any line failed; 65 if nothing could be read; 66 if there was no such input.")]
pub struct Process {
    /// Take the feed's settings from this configuration (with --feed).
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the input is; found out by looking when not told.
    #[arg(long, value_enum)]
    pub from: Option<From>,
    /// The last stage to run.
    #[arg(long, value_enum, default_value = "dedup")]
    pub until: Until,
    /// The feed that the input belongs to.
    #[arg(long, value_name = "ID")]
    pub feed: Option<String>,
    /// The address the input came from: the base for relative links.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A response header as the server would have sent it: Content-Type, Content-Location, Content-Language.
    #[arg(long = "header", value_name = "'NAME: VALUE'")]
    pub headers: Vec<String>,
    /// The language of the text, where it is known.
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// When it was published, where the input does not say: RFC 3339, or an ISO date.
    #[arg(long, value_name = "TIME")]
    pub published: Option<String>,
    /// Threads to work on. Default: one for each core.
    #[arg(long, value_name = "N")]
    pub jobs: Option<std::num::NonZeroUsize>,
    /// Open an otherwise refused address for inputs that are URLs.
    #[arg(long, value_name = "HOST:PORT")]
    pub allow: Vec<String>,
    /// How to write.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Files, URLs or - for standard input, taken in order.
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<String>,
}

/// `dateline demo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline demo                               about half a minute
  dateline demo --fast                        the same story in a few seconds
  dateline demo --stay                        with the status page, until Ctrl-C
  dateline demo --data-dir /tmp/demo          keep the state and the NDJSON files there
  dateline demo --kafka localhost:9092        the records go to topics of their own at a broker

Exit codes: 0 done; 69 no such broker, or the page's address is taken; 74 a file cannot be written.")]
pub struct Demo {
    /// Where to keep the state and the NDJSON files; a new temporary directory otherwise.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Publish to this broker, under a prefix and a transactional id that nobody has.
    #[arg(long, value_name = "HOST:PORT")]
    pub kafka: Option<String>,
    /// Serve the status page there, such as 127.0.0.1:8640; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT", default_value_if("stay", "true", "127.0.0.1:8640"))]
    pub listen: Option<String>,
    /// Go on after the last scene, with the status page, until told to stop.
    #[arg(long)]
    pub stay: bool,
    /// As quickly as the stages allow.
    #[arg(long, conflicts_with = "seconds")]
    pub fast: bool,
    /// About how long it takes.
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(4..=600))]
    pub seconds: u32,
}

/// `dateline explain`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline explain --published 2020-11-18 story.html
  dateline explain --from ndjson --format ndjson stories.ndjson
  curl -s https://wire.example/story | dateline explain --url https://wire.example/story

Exit codes: 0 done; 1 some input failed; 65 nothing could be read; 66 there was no such input.")]
pub struct Explain {
    /// What the input is; found out by looking when not told.
    #[arg(long, value_enum)]
    pub from: Option<From>,
    /// The address the input came from.
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The language of the text, where it is known.
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// When it was published, where the input does not say: RFC 3339, or an ISO date.
    #[arg(long, value_name = "TIME")]
    pub published: Option<String>,
    /// How to write.
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Files, URLs or - for standard input, taken in order.
    #[arg(value_name = "INPUT")]
    pub inputs: Vec<String>,
}

/// `dateline eval`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline eval tests/corpus/en/statistics.jsonl
  dateline eval --part development --failures tests/corpus/ru/statistics.jsonl
  dateline eval --format json tests/corpus/*/statistics.jsonl
  dateline eval --part held --entities accurate tests/corpus/entities/*.txt

Exit codes: 0 done; 65 a file is not labelled as it should be; 66 there is no such file.")]
pub struct Eval {
    /// Labelled text: figures one case a line, or names and values marked inline or in columns.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// Only the cases of this part.
    #[arg(long, value_name = "NAME")]
    pub part: Option<String>,
    /// The tagger that finds names.
    #[arg(long, value_enum, default_value = "fast")]
    pub entities: Tagger,
    /// Show each case that is not read as labelled, with what is wrong.
    #[arg(long)]
    pub failures: bool,
    /// How to write.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
}

/// How `doctor` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Report {
    /// Laid out for reading.
    Pretty,
    /// One JSON document.
    Json,
}

/// `dateline doctor`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline doctor                             the directory and the configuration that `run` would take
  dateline doctor --data-dir /var/lib/dateline
  dateline doctor --data-dir DIR --set-aside 4711
                                              keep the bytes of a damaged frame in a file, note it in the dead
                                              letters, have its feed fetched whole, and go on (daemon stopped)

It only reads, also beside a running daemon, unless told to set something aside.
Exits 0 when all is sound, 1 when there are problems.")]
pub struct Doctor {
    /// The configuration to look at; found as `run` finds it when neither this nor --data-dir is given.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The directory to look at; the configuration's when it is not given.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Set a damaged frame (its number) or a damaged waiting entry (its item) aside. May be repeated.
    #[arg(long, value_name = "FRAME")]
    pub set_aside: Vec<String>,
    /// How to write.
    #[arg(long, value_enum, default_value = "pretty")]
    pub format: Report,
}

/// How `audit` writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// A table and sentences.
    Text,
    /// One JSON document.
    Json,
}

/// `dateline audit`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline audit                              what the configuration here publishes, state and intake included
  dateline audit --data-dir /var/lib/dateline   the NDJSON files of a data directory, beside the daemon or without it
  dateline audit --topics /srv/copy/topics    NDJSON files alone: order and duplicates, not completeness
  dateline audit --bootstrap-servers broker:9092 --topic-prefix wire --format json
  dateline audit --bootstrap-servers broker:9092 --set publish.kafka.librdkafka.security.protocol=SASL_SSL

It only reads, up to the end that the topics have when it begins, and takes no lock.
Exits 0 when every promise that could be checked holds, 1 when one is broken, 66 when there is nothing to read,
69 when the broker is away.")]
pub struct Audit {
    /// Take broker, prefix, data directory and librdkafka settings from this configuration.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Set one key of the configuration, such as publish.kafka.librdkafka.sasl.password. May be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Read the topics of this broker.
    #[arg(long, value_name = "HOST:PORT", conflicts_with = "topics")]
    pub bootstrap_servers: Option<String>,
    /// First part of every topic name; wire where nothing says otherwise.
    #[arg(long, value_name = "PREFIX")]
    pub topic_prefix: Option<String>,
    /// Read the NDJSON files of this directory, and nothing else.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "data_dir"])]
    pub topics: Option<PathBuf>,
    /// Compare with the state and the intake log of this data directory.
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Allow the same record again, byte for byte, as brokers without transactions have it.
    #[arg(long)]
    pub at_least_once: bool,
    /// How to write.
    #[arg(long, value_enum, default_value = "text")]
    pub format: ReportFormat,
}

/// `dateline rebuild-state`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline rebuild-state --config dateline.toml   the state topic was deleted, or the journal's state is damaged
  dateline audit --config dateline.toml           afterwards: does everything agree?

Stop the daemon first. Every published revision is remembered again; what was judged and not published is judged again
when it is next observed. A state that is intact is left alone, with exit 1; --force makes it anew all the same.
Exit codes: 0 done; 1 the state is intact; 69 the broker is away; 75 the daemon runs; 78 configuration.")]
pub struct RebuildState {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Also over a state that is intact.
    #[arg(long)]
    pub force: bool,
}

/// `dateline replay`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline replay --dry-run                   what would be published again, by feed
  dateline replay                             all that the intake holds, as a new generation
  dateline replay --since 36h --feed who-news
  dateline replay --since 2026-11-01T06:00:00Z --until 2026-11-02
  dateline replay --to-prefix wire2           to topics of another prefix, under generation 0

The daemon must be stopped. Frames are kept for intake.retain after they were published. Every record carries the
number of its generation in the header `generation`; ids stay as they were. A replay that was broken off is run again,
as the next generation; one to another prefix goes on where it was.
Exits 0; 1 if contents were left out because their revision number is not known any more; 66 if there is no such feed or
no data directory; 69 if the broker is away; 75 if it was told to stop, or if the daemon runs.")]
pub struct Replay {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Only what was observed from then on: RFC 3339, an ISO date (UTC), or how long ago, such as 36h or 3d.
    #[arg(long, value_name = "TIME|DURATION", value_parser = moment)]
    pub since: Option<Timestamp>,
    /// Only what was observed before: the same.
    #[arg(long, value_name = "TIME|DURATION", value_parser = moment)]
    pub until: Option<Timestamp>,
    /// Only this feed. May be repeated.
    #[arg(long, value_name = "ID")]
    pub feed: Vec<String>,
    /// Publish to topics of this prefix, and leave the state as it is.
    #[arg(long, value_name = "PREFIX")]
    pub to_prefix: Option<String>,
    /// Say what would be published, and publish nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// `dateline migrate`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  dateline migrate --config /etc/dateline/dateline.toml
  dateline migrate --set publish.kafka.bootstrap_servers=broker:9092
  dateline migrate --since 7d                 no records older than a week
  dateline migrate --state-only               no records; what stands in the feeds is not published anew
  dateline migrate --to roles                 the memory of one process at a broker becomes that of many workers
  dateline migrate --to one-process           and back

The daemon must be stopped. The settings of publish.kafka are needed, whatever publish.to says. Afterwards the data
directory belongs to the broker: set publish.to = \"kafka\"; the journal is refused. The topic files stay where they
are. A move that was broken off, by kill -9 too, goes on where it was, with nothing doubled.
Exits 0; 1 if files of the journal were missing; 66 if there is no data directory; 69 if the broker is away; 75 if it
was told to stop, or if the daemon runs; 78 if the settings or the broker's state do not fit.")]
pub struct Migrate {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub configuration: Configuration,
    /// Only records whose content was observed from then on: a time, a date (UTC), or how long ago.
    #[arg(long, value_name = "TIME|DURATION", value_parser = moment, conflicts_with = "state_only")]
    pub since: Option<Timestamp>,
    /// Move the state only.
    #[arg(long, conflicts_with = "to")]
    pub state_only: bool,
    /// Where to: from the journal to a broker, or, at a broker, from one process to many workers or back.
    #[arg(long, value_enum, default_value_t)]
    pub to: Destination,
}

/// Where a deployment is moved to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Destination {
    /// From the embedded journal to a broker, one process as before.
    #[default]
    Kafka,
    /// From one process to many workers.
    Roles,
    /// From many workers to one process.
    OneProcess,
}

/// A point in time, or how long ago.
fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    if let Ok(day) = text.parse::<Date>() {
        return TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).map_err(|error| error.to_string());
    }
    let ago = units::duration::parse(text)
        .map_err(|_| "write a time (2026-11-01T06:00:00Z), a date, or how long ago (90m, 36h, 3d)".to_owned())?;
    let ago = SignedDuration::try_from(ago).map_err(|error| error.to_string())?;
    Timestamp::now().checked_sub(ago).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
