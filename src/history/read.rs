//! What is asked: each function is one question, for [`History::ask`](super::History::ask).

use super::freshness::{Percentiles, Step, percentiles};
use super::write::date;
use crate::model::{ArticleSummary, ClaimRecord, word};
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension as _, Params, Row, params};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many rows a list has at most.
const LISTED: usize = 200;
/// Points of one series at most, the newest.
const POINTS: usize = 1_000;
/// How large a record's stages may be, unpacked.
const WHOLE_BYTES: usize = 64 << 20;

/// All rows of an answer.
fn rows<T>(
    db: &Connection,
    sql: &str,
    params: impl Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    db.prepare_cached(sql)?.query_map(params, read)?.collect()
}

/// What one room did in one minute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrafficMinute {
    /// Unix time / 60.
    pub minute: i64,
    /// The room's word.
    pub stage: String,
    /// What came in.
    pub received: u64,
    /// What went on.
    pub sent: u64,
    /// What ended there on purpose.
    pub discarded: u64,
    /// What failed there.
    pub errors: u64,
}

/// The traffic since a minute, oldest first.
pub fn traffic(db: &Connection, since: i64) -> rusqlite::Result<Vec<TrafficMinute>> {
    let sql = "SELECT minute, stage, received, sent, discarded, errors FROM traffic WHERE minute >= ? ORDER BY minute";
    rows(db, sql, [since], |row| {
        Ok(TrafficMinute {
            minute: row.get(0)?,
            stage: row.get(1)?,
            received: row.get(2)?,
            sent: row.get(3)?,
            discarded: row.get(4)?,
            errors: row.get(5)?,
        })
    })
}

/// How long items took that were committed since; a step that is known of none is left out.
pub fn freshness(db: &Connection, since: Timestamp) -> rusqlite::Result<Vec<Percentiles>> {
    let sql = "SELECT bucket, sum(items) FROM freshness WHERE hour >= ? AND step = ? GROUP BY bucket ORDER BY bucket";
    let mut all = Vec::new();
    for step in Step::ALL {
        let told = params![since.as_second() / 3600, step.as_str()];
        let histogram: Vec<(i64, u64)> = rows(db, sql, told, |row| Ok((row.get(0)?, row.get(1)?)))?;
        all.extend(percentiles(step, &histogram));
    }
    Ok(all)
}

/// Revisions observed by feed, one number for each of the last `hours` hours, oldest first. Feeds without any are left out.
pub fn sparklines(db: &Connection, now: Timestamp, hours: usize) -> rusqlite::Result<BTreeMap<String, Vec<u64>>> {
    let first = now.as_second() / 3600 + 1 - hours as i64;
    let mut statement = db.prepare_cached("SELECT feed, hour, observed FROM feed_hour WHERE hour >= ?")?;
    let mut rows = statement.query([first])?;
    let mut all: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let (hour, observed): (i64, u64) = (row.get(1)?, row.get(2)?);
        let line = all.entry(row.get(0)?).or_insert_with(|| vec![0; hours]);
        if let Some(place) = usize::try_from(hour - first).ok().and_then(|place| line.get_mut(place)) {
            *place += observed;
        }
    }
    Ok(all)
}

/// The newest published revisions, newest first: those before a number, each with its own.
pub fn latest(
    db: &Connection,
    before: Option<i64>,
    feed: Option<&str>,
    n: usize,
) -> rusqlite::Result<Vec<(i64, ArticleSummary)>> {
    let sql = "SELECT number, summary FROM article WHERE number < ?1 AND (?2 IS NULL OR summary ->> '$.feed' = ?2)
               ORDER BY number DESC LIMIT ?3";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let rows: Vec<(i64, String)> = rows(db, sql, params![before.unwrap_or(i64::MAX), feed, n], read)?;
    Ok(rows.into_iter().filter_map(|(number, text)| Some((number, serde_json::from_str(&text).ok()?))).collect())
}

/// One published revision with its stages.
#[derive(Debug, Clone, Serialize)]
pub struct Whole {
    /// In a line.
    pub summary: ArticleSummary,
    /// `item` as it was observed and its `records`; none where it was not kept.
    pub stages: Option<Value>,
    /// The revisions of the item that are remembered, oldest first.
    pub revisions: Vec<u32>,
}

/// A revision of an item; without a number the newest.
pub fn whole(db: &Connection, item: &str, revision: Option<u32>) -> rusqlite::Result<Option<Whole>> {
    let sql = "SELECT revision FROM article WHERE item = ? ORDER BY revision";
    let revisions: Vec<u32> = rows(db, sql, [item], |row| row.get(0))?;
    let Some(revision) = revision.or(revisions.last().copied()) else { return Ok(None) };
    let sql = "SELECT summary, whole FROM article WHERE item = ? AND revision = ?";
    let found = db.query_row(sql, params![item, revision], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, Option<Vec<u8>>>(1)?))
    });
    let Some((summary, packed)) = found.optional()? else { return Ok(None) };
    let Ok(summary) = serde_json::from_str(&summary) else { return Ok(None) };
    let unpacked = packed.and_then(|packed| zstd::bulk::decompress(&packed, WHOLE_BYTES).ok());
    let stages = unpacked.and_then(|json| serde_json::from_slice(&json).ok());
    Ok(Some(Whole { summary, stages, revisions }))
}

/// A country of which something is claimed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Country {
    /// ISO 3166-1 alpha-2; empty for claims without a country.
    pub iso2: String,
    /// Its name, where a claim is about the whole of it.
    pub name: Option<String>,
    /// Standing claims.
    pub claims: u64,
}

/// Countries with claims that stand, those with most first.
pub fn countries(db: &Connection) -> rusqlite::Result<Vec<Country>> {
    let sql = "SELECT iso2, max(CASE WHEN point ->> '$.place_kind' = 'country' THEN point ->> '$.place' END), count(*) AS claims
               FROM claim WHERE ended IS NULL AND reported GROUP BY iso2 ORDER BY claims DESC, iso2";
    rows(db, sql, [], |row| Ok(Country { iso2: row.get(0)?, name: row.get(1)?, claims: row.get(2)? }))
}

/// What is counted, by the words of the records.
pub fn metrics(db: &Connection) -> rusqlite::Result<Vec<String>> {
    rows(db, "SELECT DISTINCT metric FROM claim ORDER BY metric", [], |row| row.get(0))
}

/// A series of a country, and how many points it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeriesCount {
    /// What is counted.
    pub metric: String,
    /// Of whom, where, how: see [`series`].
    pub series: String,
    /// Standing claims.
    pub points: u64,
    /// Days that they hold for.
    pub days: u64,
}

/// The series of a country, those with most days first.
pub fn all_series(db: &Connection, iso2: &str) -> rusqlite::Result<Vec<SeriesCount>> {
    let sql = "SELECT metric, series, count(*) AS points, count(DISTINCT day) AS days FROM claim
               WHERE iso2 = ? AND ended IS NULL AND reported
               GROUP BY metric, series ORDER BY days DESC, points DESC, metric, series LIMIT ?";
    rows(db, sql, params![iso2, LISTED], |row| {
        Ok(SeriesCount { metric: row.get(0)?, series: row.get(1)?, points: row.get(2)?, days: row.get(3)? })
    })
}

/// A claim and the day it is drawn at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClaimPoint {
    /// ISO date.
    pub day: String,
    /// The revision that corrected or retracted it; none while it stands.
    pub ended: Option<u32>,
    /// The claim as it was published.
    pub claim: ClaimRecord,
}

/// The claims of one series by day, also those that no longer stand.
pub fn points(db: &Connection, iso2: &str, metric: &str, series: &str) -> rusqlite::Result<Vec<ClaimPoint>> {
    let sql =
        "SELECT day, ended, point FROM (SELECT * FROM claim WHERE iso2 = ? AND metric = ? AND series = ? AND reported
               ORDER BY day DESC, seen DESC LIMIT ?) ORDER BY day, seen";
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let rows: Vec<(String, Option<u32>, String)> = rows(db, sql, params![iso2, metric, series, POINTS], read)?;
    let point = |(day, ended, text): (String, Option<u32>, String)| {
        Some(ClaimPoint { day, ended, claim: serde_json::from_str(&text).ok()? })
    };
    Ok(rows.into_iter().filter_map(point).collect())
}

/// The standing claims of an item, in the order of its text.
pub fn claims_of(db: &Connection, item: &str) -> rusqlite::Result<Vec<ClaimRecord>> {
    let sql = "SELECT point FROM claim WHERE id >= ?1 || '/' AND id < ?1 || '0' AND ended IS NULL";
    let told: Vec<String> = rows(db, sql, [item], |row| row.get(0))?;
    let mut claims: Vec<ClaimRecord> = told.iter().filter_map(|text| serde_json::from_str(text).ok()).collect();
    claims.sort_by_key(|claim| claim.sentence_start);
    Ok(claims)
}

/// A country-by-day map.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Heat {
    /// The days, oldest first.
    pub days: Vec<String>,
    /// Where something is claimed; countries with most claims first.
    pub rows: Vec<(String, Vec<u64>)>,
}

/// Standing claims by country and day for the last `days` days, of one metric or of all.
pub fn heat(db: &Connection, now: Timestamp, days: usize, metric: Option<&str>) -> rusqlite::Result<Heat> {
    let days: Vec<String> =
        (0..days).rev().map(|ago| date(now - SignedDuration::from_hours(24 * ago as i64))).collect();
    let sql = "SELECT iso2, day, count(*) FROM claim WHERE day >= ?1 AND ended IS NULL AND reported AND iso2 <> ''
               AND (?2 IS NULL OR metric = ?2) GROUP BY iso2, day";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![days.first(), metric])?;
    let mut by_country: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let day: String = row.get(1)?;
        let Ok(place) = days.binary_search(&day) else { continue };
        if let Some(cell) = by_country.entry(row.get(0)?).or_insert_with(|| vec![0; days.len()]).get_mut(place) {
            *cell = row.get(2)?;
        }
    }
    let mut rows: Vec<(String, Vec<u64>)> = by_country.into_iter().collect();
    rows.sort_by_key(|(_, claims)| std::cmp::Reverse(claims.iter().sum::<u64>()));
    Ok(Heat { days, rows })
}

/// A name in the news.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Named {
    /// Person, organisation, place …
    pub kind: String,
    /// Its canonical name.
    pub name: String,
    /// Originals of today (UTC) that name it.
    pub today: u64,
    /// Originals a day on average of the seven days before.
    pub a_day: f64,
}

/// Who and what is named most today, and how that was in the week before.
pub fn named(db: &Connection, now: Timestamp, kind: Option<&str>) -> rusqlite::Result<Vec<Named>> {
    let sql = "SELECT kind, name, sum(CASE WHEN day = ?1 THEN articles ELSE 0 END) AS today,
                 sum(CASE WHEN day < ?1 THEN articles ELSE 0 END) / 7.0 AS a_day
               FROM entity_day WHERE day >= ?2 AND (?3 IS NULL OR kind = ?3)
               GROUP BY kind, name ORDER BY today DESC, a_day DESC, name LIMIT ?4";
    let week = date(now - SignedDuration::from_hours(24 * 7));
    rows(db, sql, params![date(now), week, kind, LISTED / 4], |row| {
        Ok(Named { kind: row.get(0)?, name: row.get(1)?, today: row.get(2)?, a_day: row.get(3)? })
    })
}

/// How quickly a story was picked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pickup {
    /// The story.
    pub story: String,
    /// Headline of its first item.
    pub headline: Option<String>,
    /// Its first item.
    pub item: String,
    /// Who told it first.
    pub agency: Option<String>,
    /// When, in Unix seconds.
    pub first: i64,
    /// When it was joined last.
    pub last: i64,
    /// Its items.
    pub items: u64,
    /// Their feeds.
    pub feeds: u64,
    /// Items that joined it within an hour of the first.
    pub within_an_hour: u64,
}

/// Stories since then with more than one item: those that were picked up most within an hour first.
pub fn pickups(db: &Connection, since: Timestamp) -> rusqlite::Result<Vec<Pickup>> {
    let sql = "WITH begun AS (SELECT story, min(seen) AS first FROM joined GROUP BY story HAVING count(*) > 1 AND first >= ?1),
                 of AS (SELECT begun.first, joined.*, row_number() OVER (PARTITION BY joined.story ORDER BY seen, item) AS place
                        FROM begun JOIN joined ON joined.story = begun.story)
               SELECT story, max(CASE WHEN place = 1 THEN headline END), max(CASE WHEN place = 1 THEN item END),
                 max(CASE WHEN place = 1 THEN agency END), first, max(seen), count(*) AS items, count(DISTINCT feed),
                 sum(place > 1 AND seen <= first + 3600) AS hour
               FROM of GROUP BY story ORDER BY hour DESC, items DESC, first DESC LIMIT ?2";
    rows(db, sql, params![since.as_second(), LISTED / 4], |row| {
        Ok(Pickup {
            story: row.get(0)?,
            headline: row.get(1)?,
            item: row.get(2)?,
            agency: row.get(3)?,
            first: row.get(4)?,
            last: row.get(5)?,
            items: row.get(6)?,
            feeds: row.get(7)?,
            within_an_hour: row.get(8)?,
        })
    })
}

/// The name of a claim's series within its country and metric: what must be the same for two claims to be compared.
/// Place, kind, period, statistic, subset, unit and base, those that are there, parted by ` · `.
pub fn series(claim: &ClaimRecord) -> String {
    let mut parts = vec![claim.place.clone().unwrap_or_else(|| "place unknown".to_owned()), word(&claim.kind)];
    parts.extend(claim.period.iter().map(word));
    parts.extend(claim.statistic.iter().map(word));
    parts.extend(claim.subset.iter().map(word));
    let unit = word(&claim.unit);
    if unit != "count" {
        parts.push(unit);
    }
    parts.extend(claim.per.map(|per| format!("per {per}")));
    parts.join(" · ")
}
