//! What is written: one transaction for all that waits.

use super::freshness::{Step, bucket};
use crate::model::{
    Change, ClaimRecord, EntityType, FeedId, Op, Shown, Snapshot, Stage, StageCount, Status, StoryRecord, Topic, word,
};
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};
use std::{
    collections::HashMap,
    io::Write as _,
    time::{Duration, Instant},
};

/// Traffic is kept by the minute for so many minutes: a week.
const MINUTES: i64 = 7 * 24 * 60;
/// Items by feed and freshness, in hours: a week.
const HOURS: i64 = 7 * 24;
/// Revisions with all their stages, the newest: those with claims, to which the figures lead, and the others.
const WITH_CLAIMS: i64 = 10_000;
const WITHOUT: i64 = 5_000;
/// Claims, in days and in number.
const CLAIM_DAYS: i64 = 400;
const CLAIMS: i64 = 50_000;
/// Names, in days: four weeks; of a day that is over only those that two originals or more name.
const ENTITY_DAYS: i64 = 28;
/// Stories, in seconds: two weeks.
const STORY_SECONDS: i64 = 14 * 86_400;
/// Revisions a second whose stages are kept, on average; those with claims always are.
const WHOLE_PER_SECOND: f64 = 20.0;
const LEVEL: i32 = 1;

/// Names of these kinds say what the news is about.
pub const TOLD: [EntityType; 6] = [
    EntityType::Person,
    EntityType::Organisation,
    EntityType::Place,
    EntityType::Event,
    EntityType::Disease,
    EntityType::Product,
];

/// Who writes, and what was seen last of counters that only grow.
pub(super) struct Keeper {
    connection: Connection,
    stages: HashMap<Stage, StageCount>,
    feeds: HashMap<FeedId, u64>,
    /// How many revisions may be kept whole just now.
    allowance: f64,
    filled: Instant,
}

impl Keeper {
    pub(super) fn new(connection: Connection) -> Self {
        Self {
            connection,
            stages: HashMap::new(),
            feeds: HashMap::new(),
            allowance: WHOLE_PER_SECOND,
            filled: Instant::now(),
        }
    }

    pub(super) fn write(&mut self, batch: &[Shown], picture: Option<&Snapshot>, clear: bool) -> rusqlite::Result<()> {
        let now = Timestamp::now();
        self.allowance =
            (self.allowance + self.filled.elapsed().as_secs_f64() * WHOLE_PER_SECOND).min(10.0 * WHOLE_PER_SECOND);
        self.filled = Instant::now();
        let Self { connection, stages, feeds, allowance, .. } = self;
        let transaction = connection.transaction()?;
        for shown in batch {
            let claims = shown.records.iter().any(|record| record.topic == Topic::CovidStats);
            let whole = claims || *allowance >= 1.0;
            if whole {
                *allowance -= 1.0;
            }
            article(&transaction, shown, now, whole, claims)?;
        }
        if let Some(picture) = picture {
            traffic(&transaction, picture, now, stages)?;
            observed(&transaction, picture, now, feeds)?;
        }
        if clear {
            clear_away(&transaction, now)?;
        }
        transaction.commit()
    }
}

fn article(tx: &Transaction<'_>, shown: &Shown, now: Timestamp, whole: bool, claims: bool) -> rusqlite::Result<()> {
    let summary = &shown.summary;
    if summary.change == Change::Kill {
        forget(tx, &summary.id.0, summary.revision)?;
    }
    let whole = whole.then(|| packed(shown)).flatten();
    tx.prepare_cached(
        "INSERT OR REPLACE INTO article (item, revision, summary, whole, claims) VALUES (?, ?, ?, ?, ?)",
    )?
    .execute(params![
        summary.id.0,
        summary.revision,
        serde_json::to_string(summary).unwrap_or_default(),
        whole,
        claims
    ])?;
    fresh(tx, shown, now)?;
    if summary.change == Change::New && !summary.relation.is_copy() {
        named(tx, shown, now)?;
    }
    if let Some(story) = &shown.story {
        tx.prepare_cached(
            "INSERT OR IGNORE INTO joined (story, item, feed, agency, headline, seen) VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute(params![
            story,
            summary.id.0,
            summary.feed.0,
            summary.agency,
            summary.headline,
            now.as_second()
        ])?;
    }
    for record in &shown.records {
        let Some(value) = &record.value else { continue };
        match record.topic {
            Topic::CovidStats => claim(tx, value, now)?,
            Topic::Stories => story(tx, value)?,
            _ => {}
        }
    }
    Ok(())
}

/// What a killed item said.
fn forget(tx: &Transaction<'_>, item: &str, revision: u32) -> rusqlite::Result<()> {
    tx.execute("DELETE FROM article WHERE item = ? AND revision < ?", params![item, revision])?;
    tx.execute("DELETE FROM claim WHERE id >= ?1 || '/' AND id < ?1 || '0'", [item])?;
    tx.execute("UPDATE joined SET headline = NULL WHERE item = ?", [item])?;
    Ok(())
}

/// The observed item and its records as one JSON document, for the page that shows what every stage made of it. What is
/// JSON already is put in as it is.
fn packed(shown: &Shown) -> Option<Vec<u8>> {
    let mut whole = br#"{"item":"#.to_vec();
    serde_json::to_writer(&mut whole, &shown.item).ok()?;
    whole.extend_from_slice(br#","records":["#);
    for (index, record) in shown.records.iter().enumerate() {
        if index > 0 {
            whole.push(b',');
        }
        write!(whole, r#"{{"topic":"{}","key":"#, record.topic.suffix()).ok()?;
        serde_json::to_writer(&mut whole, &record.key).ok()?;
        whole.extend_from_slice(br#","headers":"#);
        serde_json::to_writer(&mut whole, &record.headers).ok()?;
        whole.extend_from_slice(br#","value":"#);
        whole.extend_from_slice(record.value.as_deref().unwrap_or(b"null"));
        whole.push(b'}');
    }
    whole.extend_from_slice(b"]}");
    zstd::bulk::compress(&whole, LEVEL).ok()
}

fn claim(tx: &Transaction<'_>, value: &[u8], now: Timestamp) -> rusqlite::Result<()> {
    let Ok(claim) = serde_json::from_slice::<ClaimRecord>(value) else { return Ok(()) };
    tx.prepare_cached("UPDATE claim SET ended = ? WHERE id = ? AND ended IS NULL AND revision < ?")?
        .execute(params![claim.revision, claim.id, claim.revision])?;
    if claim.op == Op::Retract {
        return Ok(());
    }
    let stated = claim.published.as_ref().map(|time| time.utc()).or(claim.observed).unwrap_or(now);
    let day = match &claim.as_of {
        Some(day) if day.len() == 10 => day.clone(),
        _ => date(stated),
    };
    tx.prepare_cached(
        "INSERT OR REPLACE INTO claim (id, revision, day, iso2, metric, series, reported, seen, point)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )?
    .execute(params![
        claim.id,
        claim.revision,
        day,
        claim.iso2.as_deref().unwrap_or(""),
        word(&claim.metric),
        super::read::series(&claim),
        claim.status == Status::Reported,
        now.as_second(),
        String::from_utf8_lossy(value),
    ])?;
    Ok(())
}

/// What two stories that became one, or one that parted, change.
fn story(tx: &Transaction<'_>, value: &[u8]) -> rusqlite::Result<()> {
    let Ok(story) = serde_json::from_slice::<StoryRecord>(value) else { return Ok(()) };
    if let Some(into) = &story.merged_into {
        tx.execute("UPDATE OR REPLACE joined SET story = ? WHERE story = ?", [into, &story.id])?;
    }
    Ok(())
}

fn fresh(tx: &Transaction<'_>, shown: &Shown, now: Timestamp) -> rusqlite::Result<()> {
    if shown.summary.change != Change::New || shown.backfilled {
        return Ok(());
    }
    let (published, observed) = (shown.published, shown.summary.observed);
    let steps = [
        (Step::PublishedObserved, published.zip(observed)),
        (Step::ObservedCommitted, observed.map(|observed| (observed, now))),
        (Step::PublishedCommitted, published.map(|published| (published, now))),
    ];
    for (step, times) in steps {
        let Some((from, to)) = times else { continue };
        let took = Duration::try_from(to.duration_since(from)).unwrap_or_default();
        tx.prepare_cached(
            "INSERT INTO freshness (hour, step, bucket, items) VALUES (?, ?, ?, 1)
             ON CONFLICT DO UPDATE SET items = items + 1",
        )?
        .execute(params![hour(now), step.as_str(), bucket(took)])?;
    }
    Ok(())
}

fn named(tx: &Transaction<'_>, shown: &Shown, now: Timestamp) -> rusqlite::Result<()> {
    let day = date(now);
    for (kind, name) in shown.entities.iter().filter(|(kind, _)| TOLD.contains(kind)) {
        tx.prepare_cached(
            "INSERT INTO entity_day (day, kind, name, articles) VALUES (?, ?, ?, 1)
             ON CONFLICT DO UPDATE SET articles = articles + 1",
        )?
        .execute(params![day, word(kind), name])?;
    }
    Ok(())
}

fn traffic(
    tx: &Transaction<'_>,
    picture: &Snapshot,
    now: Timestamp,
    last: &mut HashMap<Stage, StageCount>,
) -> rusqlite::Result<()> {
    for row in &picture.stages {
        let before = last.insert(row.stage, row.clone()).unwrap_or(StageCount::new(row.stage));
        let grown = row.since(&before);
        if grown == StageCount::new(row.stage) {
            continue;
        }
        tx.prepare_cached(
            "INSERT INTO traffic (minute, stage, received, sent, discarded, errors) VALUES (?, ?, ?, ?, ?, ?)
             ON CONFLICT DO UPDATE SET received = received + excluded.received, sent = sent + excluded.sent,
             discarded = discarded + excluded.discarded, errors = errors + excluded.errors",
        )?
        .execute(params![
            now.as_second() / 60,
            row.stage.as_str(),
            grown.received,
            grown.sent,
            grown.discarded,
            grown.errors
        ])?;
    }
    Ok(())
}

fn observed(
    tx: &Transaction<'_>,
    picture: &Snapshot,
    now: Timestamp,
    last: &mut HashMap<FeedId, u64>,
) -> rusqlite::Result<()> {
    for feed in &picture.feeds {
        let before = last.get(&feed.id).copied().unwrap_or(0);
        if feed.observed == before {
            continue;
        }
        last.insert(feed.id.clone(), feed.observed);
        // A feed that was configured anew counts from nothing.
        let grown = feed.observed.checked_sub(before).unwrap_or(feed.observed);
        tx.prepare_cached(
            "INSERT INTO feed_hour (hour, feed, observed) VALUES (?, ?, ?)
             ON CONFLICT DO UPDATE SET observed = observed + excluded.observed",
        )?
        .execute(params![hour(now), feed.id.0, grown])?;
    }
    Ok(())
}

fn clear_away(tx: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let days_ago = |days: i64| date(now - Duration::from_secs(days.unsigned_abs() * 86_400));
    tx.execute("DELETE FROM traffic WHERE minute < ?", [now.as_second() / 60 - MINUTES])?;
    tx.execute("DELETE FROM feed_hour WHERE hour < ?", [hour(now) - HOURS])?;
    tx.execute("DELETE FROM freshness WHERE hour < ?", [hour(now) - HOURS])?;
    for (claims, kept) in [(true, WITH_CLAIMS), (false, WITHOUT)] {
        let oldest = "SELECT number FROM article WHERE claims = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2";
        tx.execute(&format!("DELETE FROM article WHERE claims = ?1 AND number <= ({oldest})"), params![claims, kept])?;
    }
    tx.execute("DELETE FROM claim WHERE seen < ?", [now.as_second() - CLAIM_DAYS * 86_400])?;
    tx.execute(
        "DELETE FROM claim WHERE seen < (SELECT seen FROM claim ORDER BY seen DESC LIMIT 1 OFFSET ?)",
        [CLAIMS],
    )?;
    tx.execute(
        "DELETE FROM entity_day WHERE day < ? OR (day < ? AND articles < 2)",
        [days_ago(ENTITY_DAYS), days_ago(1)],
    )?;
    tx.execute("DELETE FROM joined WHERE seen < ?", [now.as_second() - STORY_SECONDS])?;
    Ok(())
}

fn hour(at: Timestamp) -> i64 {
    at.as_second() / 3600
}

/// The day in UTC.
pub(super) fn date(at: Timestamp) -> String {
    jiff::tz::Offset::UTC.to_datetime(at).date().to_string()
}
