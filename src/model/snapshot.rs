//! What the daemon looks like from outside at one moment: the status page's only source.
//!
//! The pipeline makes one whenever something changed and sends it through a `watch` channel; the page never reaches
//! into a stage. Addresses in it carry no secrets.

use crate::model::{
    Change, ClaimRecord, EntityType, FeedId, FeedState, Issue, ItemId, Kind, Metric, Number, Observation, Observed,
    Period, Qualifier, Record, Relation, Stage, Status, Unit,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many of the latest articles a snapshot holds.
pub const LATEST_ARTICLES: usize = 50;

/// How many figures of an article a snapshot holds; its record has them all.
pub const LATEST_FIGURES: usize = 12;

/// The daemon at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When the process began.
    pub started: Timestamp,
    /// When this picture was taken.
    pub at: Timestamp,
    /// Every configured feed, in the order of the configuration.
    pub feeds: Vec<FeedSnapshot>,
    /// What each room took in and gave out since the start, in the order of the rooms.
    pub stages: Vec<StageCount>,
    /// The latest published revisions, newest first.
    pub latest: VecDeque<ArticleSummary>,
    /// What lies on the doorstep.
    pub intake: IntakeSnapshot,
    /// The way out.
    pub publisher: PublisherSnapshot,
    /// What was last configured.
    #[serde(default)]
    pub configuration: ConfigurationSnapshot,
    /// Whether start-up is over and nothing stands in the way of publishing.
    pub ready: bool,
    /// Where the work is split: every worker of the deployment, as they tell of themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workers: Vec<WorkerSnapshot>,
}

/// One worker of many at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerSnapshot {
    /// `fetch`, `enrich` or `dedup`.
    pub role: String,
    /// Its name among those of its role.
    pub instance: String,
    /// Of the program.
    pub version: String,
    /// When the process began.
    pub started: Timestamp,
    /// When it told this.
    pub at: Timestamp,
    /// The partitions that are its own.
    pub partitions: Vec<i32>,
    /// Feeds that it polls.
    pub feeds: usize,
    /// Of these, how many fail.
    pub failing: usize,
    /// What waits for it: frames on its doorsteps, or records in its partitions.
    pub lag: u64,
    /// Batches committed since it began.
    pub commits: u64,
    /// Records committed since it began.
    pub records: u64,
    /// When a batch was last committed.
    pub last_commit: Option<Timestamp>,
    /// What stands in its way.
    pub trouble: Option<String>,
}

impl Snapshot {
    /// The picture before anything has happened.
    pub fn new(started: Timestamp) -> Self {
        Self {
            started,
            at: started,
            feeds: Vec::new(),
            stages: Stage::ALL.map(StageCount::new).to_vec(),
            latest: VecDeque::new(),
            intake: IntakeSnapshot::default(),
            publisher: PublisherSnapshot::default(),
            configuration: ConfigurationSnapshot { read: started, ..ConfigurationSnapshot::default() },
            ready: false,
            workers: Vec::new(),
        }
    }
}

/// The configuration at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ConfigurationSnapshot {
    /// When the one that holds was read.
    pub read: Timestamp,
    /// How often it has been read anew since the start and held.
    pub reloads: u64,
    /// Keys that are written otherwise and wait for a restart.
    pub waiting: Vec<String>,
    /// What is wrong with the one that is written now, where it was refused: the one before runs on.
    pub refused: Option<String>,
    /// Since when.
    pub refused_at: Option<Timestamp>,
}

/// One feed at one moment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeedSnapshot {
    /// The operator's name for it.
    pub id: FeedId,
    /// Its address, without user info, query values and fragment.
    pub url: String,
    /// Its title, the operator's or its own.
    pub title: Option<String>,
    /// Its state.
    pub state: FeedState,
    /// When it is polled next; none when polling is held or has ended.
    pub next_poll: Option<Timestamp>,
    /// When a poll last went well, 304 included.
    pub last_success: Option<Timestamp>,
    /// Seconds between polls at present.
    pub interval_seconds: f64,
    /// Failures in a row.
    pub errors: u32,
    /// The last error, while it lasts.
    pub last_error: Option<Issue>,
    /// Entries in its last document.
    pub items: u64,
    /// Revisions observed since the start.
    pub observed: u64,
    /// Whether it is held because the doorstep takes nothing.
    pub held: bool,
    /// Why, where it is not simply full: the disk.
    #[serde(default)]
    pub held_why: Option<String>,
    /// The hub that tells of it, where one does or should.
    #[serde(default)]
    pub push: Option<PushSnapshot>,
}

impl FeedSnapshot {
    /// How it stands, in a word; being held comes before its state.
    pub fn standing(&self) -> &'static str {
        match self.state {
            _ if self.held => "held",
            FeedState::Waiting => "waiting",
            FeedState::Active => "active",
            FeedState::BackingOff => "backing off",
            FeedState::Gone => "gone",
            FeedState::Quarantined => "quarantined",
            FeedState::GivenUp => "given up",
        }
    }
}

/// The subscription of a feed to its hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushSnapshot {
    /// `asking`, `live` or `resting`.
    pub standing: String,
    /// The hub's address, without secrets.
    pub hub: String,
    /// When the lease ends, or the rest.
    pub until: Option<Timestamp>,
    /// What was wrong last.
    pub why: Option<String>,
}

/// The traffic of one room since the start of the process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageCount {
    /// The room.
    pub stage: Stage,
    /// What came in: responses, documents, items, revisions, records.
    pub received: u64,
    /// What went on.
    pub sent: u64,
    /// What ended here on purpose: unchanged items, suppressed revisions.
    pub discarded: u64,
    /// What failed here.
    pub errors: u64,
}

impl StageCount {
    /// A room without traffic.
    pub fn new(stage: Stage) -> Self {
        Self { stage, received: 0, sent: 0, discarded: 0, errors: 0 }
    }

    /// What has come since; counters that begin anew count from nothing.
    pub fn since(&self, before: &Self) -> Self {
        let grown = |now: u64, before: u64| now.checked_sub(before).unwrap_or(now);
        Self {
            stage: self.stage,
            received: grown(self.received, before.received),
            sent: grown(self.sent, before.sent),
            discarded: grown(self.discarded, before.discarded),
            errors: grown(self.errors, before.errors),
        }
    }
}

/// One published revision with what became of it, for those who watch; told once it is committed.
#[derive(Debug, Clone)]
pub struct Shown {
    /// In a line.
    pub summary: ArticleSummary,
    /// The publisher's claim of first publication.
    pub published: Option<Timestamp>,
    /// Whether it stood in the first document that was had of its feed.
    pub backfilled: bool,
    /// Its story.
    pub story: Option<String>,
    /// Who and what it names, each once.
    pub entities: Vec<(EntityType, String)>,
    /// What was observed, where that is asked for; another item's notice that kills this one is none.
    pub item: Option<Box<Observed>>,
    /// What was published of it, where that is asked for.
    pub records: Vec<Record>,
}

/// One published revision, in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ArticleSummary {
    /// The item.
    pub id: ItemId,
    /// Its revision.
    pub revision: u32,
    /// Its feed.
    pub feed: FeedId,
    /// Its headline.
    pub headline: Option<String>,
    /// Link as published.
    pub url: Option<String>,
    /// When it was observed.
    pub observed: Option<Timestamp>,
    /// The agency that wrote it.
    #[serde(default)]
    pub agency: Option<String>,
    /// New, or what kind of revision.
    pub change: Change,
    /// Copy or original.
    pub relation: Relation,
    /// What it is a copy or an update of.
    #[serde(default)]
    pub of: Option<ItemId>,
    /// The agency that told it first, where this is a copy.
    #[serde(default)]
    pub origin_agency: Option<String>,
    /// COVID-19 observations in it.
    pub observations: usize,
    /// The first of them, at most [`LATEST_FIGURES`].
    #[serde(default)]
    pub figures: Vec<FigureSummary>,
}

/// One COVID-19 observation, in a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FigureSummary {
    /// The place's name.
    pub place: Option<String>,
    /// What is counted.
    pub metric: Metric,
    /// Since the beginning, within a period, or now.
    pub kind: Kind,
    /// The period of a `new` figure.
    pub period: Option<Period>,
    /// The value, or its lower bound.
    pub value: Option<Number>,
    /// The upper bound.
    pub value_max: Option<Number>,
    /// What the number is a number of.
    pub unit: Unit,
    /// So many inhabitants.
    pub per: Option<u64>,
    /// Whether the number is the value or bounds it.
    pub qualifier: Qualifier,
    /// The day it holds for.
    pub as_of: Option<String>,
    /// Whether the text reports it as a fact.
    pub status: Status,
}

impl From<&Observation> for FigureSummary {
    fn from(observation: &Observation) -> Self {
        Self {
            place: observation.location.name.clone(),
            metric: observation.metric,
            kind: observation.kind,
            period: observation.period,
            value: observation.value,
            value_max: observation.value_max,
            unit: observation.unit,
            per: observation.per,
            qualifier: observation.qualifier,
            as_of: observation.as_of.date.clone(),
            status: observation.status,
        }
    }
}

impl From<&ClaimRecord> for FigureSummary {
    fn from(claim: &ClaimRecord) -> Self {
        Self {
            place: claim.place.clone(),
            metric: claim.metric,
            kind: claim.kind,
            period: claim.period,
            value: claim.value,
            value_max: claim.value_max,
            unit: claim.unit,
            per: claim.per,
            qualifier: claim.qualifier,
            as_of: claim.as_of.clone(),
            status: claim.status,
        }
    }
}

/// What lies on the doorstep.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct IntakeSnapshot {
    /// Frames that wait for publication.
    pub frames: u64,
    /// Their size.
    pub bytes: u64,
    /// The size at which polling stops.
    pub max_bytes: u64,
    /// When the oldest of them was observed.
    pub oldest: Option<Timestamp>,
    /// Items that wait for their page.
    pub waiting_pages: u64,
    /// Whether polling is held.
    pub full: bool,
    /// Why feeds are held, all of them or some.
    #[serde(default)]
    pub held: Option<String>,
}

/// The way out.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct PublisherSnapshot {
    /// `journal` or `kafka`.
    pub to: String,
    /// Whether the last commit or recovery went well.
    pub connected: bool,
    /// Why not.
    pub last_error: Option<String>,
    /// The last frame done.
    pub position: u64,
    /// Frames observed and not yet published.
    pub lag: u64,
    /// Batches committed since the start.
    pub commits: u64,
    /// Records committed since the start.
    pub records: u64,
    /// When a batch was last committed.
    pub last_commit: Option<Timestamp>,
}
