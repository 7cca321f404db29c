//! What a feed says about when to ask for it again.
//!
//! In: the element that describes the feed. Out: [`Rhythm`], without `ttl`, which stands by itself in the head. What
//! cannot be read is left out; a list that names everything is kept, for it is the poller's to ignore.

use super::{
    construct::characters,
    namespaces::Space::{Rss, Syndication},
    tree::{Node, Tree},
};
use crate::{model::Rhythm, quirks::date};

/// Words of `sy:updatePeriod` and their seconds.
const PERIODS: [(&str, u64); 5] =
    [("hourly", 3_600), ("daily", 86_400), ("weekly", 604_800), ("monthly", 2_592_000), ("yearly", 31_536_000)];

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// More than this many entries of a list are not looked at: there are 24 hours.
const MOST_ENTRIES: usize = 48;

pub(super) fn read(tree: &Tree, node: Node) -> Rhythm {
    let text = |space, name| tree.child(node, space, name).and_then(|found| characters(tree, found));
    let period = text(Syndication, "updateperiod").map(|word| word.to_ascii_lowercase());
    let frequency = text(Syndication, "updatefrequency").and_then(|number| number.parse::<u64>().ok());
    // The module's defaults: daily, once.
    let seconds = match period {
        Some(word) => PERIODS.iter().find(|(known, _)| *known == word).map(|(_, seconds)| *seconds),
        None => frequency.map(|_| 86_400),
    };
    Rhythm {
        ttl_minutes: None,
        update_seconds: seconds.map(|seconds| seconds / frequency.unwrap_or(1).max(1)).filter(|seconds| *seconds > 0),
        update_base: text(Syndication, "updatebase").and_then(|text| Some(date::read(&text)?.time.utc())),
        skip_hours: list(tree, node, "skiphours", |text| {
            let hour = text.parse::<u8>().ok().filter(|hour| *hour <= 24)?;
            // RSS 0.91 counts from 1 to 24.
            Some(hour % 24)
        }),
        skip_days: list(tree, node, "skipdays", |text| {
            let start = text.get(..3)?.to_ascii_lowercase();
            DAYS.iter().position(|day| *day == start).and_then(|day| u8::try_from(day).ok())
        }),
    }
}

fn list(tree: &Tree, node: Node, name: &str, read: impl Fn(&str) -> Option<u8>) -> Vec<u8> {
    let Some(found) = tree.child(node, Rss, name) else { return Vec::new() };
    let entries = tree.children(found).take(MOST_ENTRIES);
    let mut entries: Vec<u8> = entries.filter_map(|(entry, _)| read(&characters(tree, entry)?)).collect();
    entries.sort_unstable();
    entries.dedup();
    entries
}
