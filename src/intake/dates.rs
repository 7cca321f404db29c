//! Dates that name no zone: what a poll shows of the clock on their publisher's wall, and how they are read by it.

use super::{feeds::Known, seen};
use crate::{
    model::{Item, StatedTime},
    quirks::wall_clock::WallClock,
};
use jiff::{Timestamp, tz::Offset};
use rusqlite::{Result, Transaction};

/// Learns from the newest of the entries that no poll has shown before: it came between the last poll and this one.
pub(super) fn learn(
    tx: &Transaction<'_>,
    known: &mut Known,
    items: &[Item],
    at: Timestamp,
    language: Option<&str>,
) -> Result<()> {
    let Some(after) = known.useful_at.filter(|_| known.document_poll > 0) else { return Ok(()) };
    let mut newest = None;
    for item in items.iter().filter(|item| item.without_zone.published) {
        let wall = item.published.and_then(wall);
        if wall > newest && seen::load(tx, &item.id)?.is_none() && seen::from_state(tx, item, 0, at)?.is_none() {
            newest = wall;
        }
    }
    if let Some(wall) = newest {
        known.clock.saw(wall, after, at);
        known.clock.conclude(at, language);
    }
    Ok(())
}

/// Reads the dates of an item by the clock, as far as that is known, and says so.
pub(super) fn read(clock: &WallClock, item: &mut Item) {
    let dates = [
        ("published: ", &mut item.published, &mut item.without_zone.published),
        ("updated: ", &mut item.updated, &mut item.without_zone.updated),
    ];
    for (name, time, is_without_zone) in dates {
        let Some((moment, offset)) = time.filter(|_| *is_without_zone).and_then(|time| by_clock(clock, time)) else {
            continue;
        };
        (*time, *is_without_zone) = (Some(StatedTime::Instant(moment, offset)), false);
        for issue in item.issues.iter_mut().filter(|issue| issue.code == "date_without_zone") {
            if let Some((written, _)) =
                issue.detail.rsplit_once(" is read as ").filter(|_| issue.detail.starts_with(name))
            {
                issue.detail = format!("{written} is read as {offset}: the feed's clock, by when its entries came");
            }
        }
    }
}

fn by_clock(clock: &WallClock, time: StatedTime) -> Option<(Timestamp, Offset)> {
    let wall = wall(time)?;
    let offset = clock.offset(wall)?;
    Some((offset.to_timestamp(Offset::UTC.to_datetime(wall)).ok()?, offset))
}

/// What a time says on the wall, as if it were UTC.
fn wall(time: StatedTime) -> Option<Timestamp> {
    match time {
        StatedTime::Instant(moment, offset) => Offset::UTC.to_timestamp(offset.to_datetime(moment)).ok(),
        StatedTime::Date(_) => None,
    }
}
