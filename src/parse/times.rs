//! The dates of an entry: which element says what, and in which zone those are meant that name none.
//!
//! In: elements of the tree. Out: times in the item, with an issue for each that is not plainly what was written. A date
//! without a zone is read in the zone that the feed shows elsewhere: the one that its other dates name, or the nearest one
//! in which its newest date does not lie in the future. "9/10/2020" is read as its other dates and its language have it. `updated` never stands in for `published`, nor "now" for anything.

use super::{
    construct::characters,
    entry::first,
    namespaces::Space::{self, Atom, Dc, DcTerms, News, Other, Prism, Rss},
    tree::{Node, Tree},
};
use crate::model::{Issue, Item, Stage, StatedTime};
use crate::quirks::date::{self, Habit};
use jiff::{SignedDuration, Timestamp, tz::Offset};

const PUBLISHED: [(Space, &str); 14] = [
    (Rss, "pubdate"),
    (Atom, "published"),
    (Atom, "issued"),
    (Rss, "published"),
    (DcTerms, "issued"),
    (DcTerms, "available"),
    (Dc, "date"),
    (Prism, "publicationdate"),
    (News, "publication_date"),
    (Rss, "date"),
    (DcTerms, "created"),
    (Atom, "created"),
    (DcTerms, "date"),
    (Other, "date"),
];
const UPDATED: [(Space, &str); 9] = [
    (Atom, "updated"),
    (Atom, "modified"),
    (DcTerms, "modified"),
    (Prism, "modificationdate"),
    (Rss, "lastmod"),
    (Rss, "updated"),
    (Rss, "lastbuilddate"),
    (Rss, "modified"),
    // It does not say of what it is the date, and stands for whatever is not stated otherwise.
    (Dc, "date"),
];
/// When a feed was last changed.
const FEED_UPDATED: [(Space, &str); 9] = [
    (Atom, "updated"),
    (Atom, "modified"),
    (Rss, "lastbuilddate"),
    (Rss, "pubdate"),
    (DcTerms, "modified"),
    (Dc, "date"),
    (DcTerms, "issued"),
    (DcTerms, "created"),
    (Rss, "updated"),
];

/// The zone in which dates without one are read, and how it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Zone {
    pub(super) offset: Offset,
    pub(super) why: &'static str,
    /// It is only the least that it could be.
    pub(super) is_bound: bool,
}

/// How the dates of a feed are meant that do not say it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Manner {
    pub(super) zone: Option<Zone>,
    pub(super) habit: Habit,
}

/// Entries whose dates are looked at to learn the manner of a feed.
pub(super) const LOOKED_AT: usize = 200;

/// What the dates of a document, and its language, say about those that leave something open. `at` is when it was fetched.
pub(super) fn manner(tree: &Tree, head: Node, entries: &[Node], at: Timestamp, language: Option<&str>) -> Manner {
    let dates: Vec<String> = entries
        .iter()
        .take(LOOKED_AT)
        .chain(std::iter::once(&head))
        .flat_map(|node| {
            tree.children(*node).filter(|(_, child)| {
                PUBLISHED.iter().chain(&FEED_UPDATED).any(|(space, name)| child.space == *space && child.name == *name)
            })
        })
        .filter_map(|(found, _)| characters(tree, found))
        .collect();
    manner_of(&dates, at, language)
}

/// The same of dates that were found already.
pub(super) fn manner_of(dates: &[String], at: Timestamp, language: Option<&str>) -> Manner {
    let mut shown = dates.iter().filter_map(|date| date::shows_day_first(date));
    let first = shown.next();
    let mut habit = language.map(Habit::of_language).unwrap_or_default();
    if let Some(day_first) = first {
        // Two habits, of two programs, leave it open.
        habit.day_first = shown.all(|other| other == day_first).then_some(day_first);
    }
    Manner { zone: zone(dates, at, habit), habit }
}

fn zone(dates: &[String], at: Timestamp, habit: Habit) -> Option<Zone> {
    let mut stated: Vec<Offset> = Vec::new();
    let mut newest: Option<Timestamp> = None;
    for date in dates {
        let Some(read) = date::read_as(date, habit) else { continue };
        match read.time {
            StatedTime::Instant(time, _) if read.zone_assumed && !read.zone_of_language => {
                newest = newest.max(Some(time))
            }
            // UTC is what programs write that know no zone, so it speaks for none.
            StatedTime::Instant(_, offset) if !offset.is_zero() => stated.push(offset),
            _ => {}
        }
    }
    let newest = newest?;
    if let Some((first, others)) = stated.split_first() {
        // Two zones, of a country that changes its clocks or of two desks, leave it open.
        return others.iter().all(|offset| offset == first).then_some(Zone {
            offset: *first,
            why: "the zone of the other dates of the feed",
            is_bound: false,
        });
    }
    // A clock of the publisher that is a little fast is no zone.
    const SLACK: SignedDuration = SignedDuration::from_mins(5);
    let ahead = newest.duration_since(at).checked_sub(SLACK)?;
    let hours = ahead.as_secs().checked_add(3599)? / 3600;
    (ahead.is_positive() && hours <= 14).then_some(Zone {
        offset: Offset::from_hours(i8::try_from(hours).ok()?).ok()?,
        why: "the newest would lie in the future otherwise",
        is_bound: true,
    })
}

/// What a date element says, and the time that was made of it.
struct Dated {
    written: String,
    time: Option<StatedTime>,
}

/// The first date of the table that can be read, else the first that is written. `own` is what the element's tag says.
fn pick(tree: &Tree, fields: &[Node], table: &[(Space, &str)], own: Option<&str>, manner: Manner) -> Option<Dated> {
    let dated = |written: String| Dated { time: date_of(&written, manner), written };
    first(tree, fields, table, |found| Some(dated(characters(tree, found)?)).filter(|dated| dated.time.is_some()))
        .or_else(|| Some(dated(own?.to_owned())).filter(|dated| dated.time.is_some()))
        .or_else(|| first(tree, fields, table, |found| Some(dated(characters(tree, found)?))))
        .or_else(|| Some(dated(own?.to_owned())))
}

/// Reads the dates of an entry.
pub(super) fn read_entry(tree: &Tree, node: Node, fields: &[Node], manner: Manner, item: &mut Item) {
    if let Some(Dated { written, time }) = pick(tree, fields, &PUBLISHED, None, manner) {
        note(&written, time, manner, Which::Published, item);
    }
    // CDF writes it into the entry's own tag.
    if let Some(Dated { written, time }) = pick(tree, fields, &UPDATED, tree.attribute(node, "lastmod"), manner) {
        note(&written, time, manner, Which::Updated, item);
    }
}

/// Which of the two times of an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Which {
    Published,
    Updated,
}

/// When a feed says it was last changed, or what was wrong with what it says.
pub(super) fn of_feed(tree: &Tree, head: Node, manner: Manner) -> (Option<StatedTime>, Option<Issue>) {
    let fields: Vec<Node> = tree.children(head).map(|(found, _)| found).collect();
    let Some(dated) = pick(tree, &fields, &FEED_UPDATED, tree.attribute(head, "lastmod"), manner) else {
        return (None, None);
    };
    let unreadable =
        || Issue::new(Stage::Parse, "date_unreadable", format!("updated, of the feed: {:?}", excerpt(&dated.written)));
    (dated.time, dated.time.is_none().then(unreadable))
}

/// The time that is written.
pub(super) fn date_of(written: &str, manner: Manner) -> Option<StatedTime> {
    let read = date::read_as(written, manner.habit).or_else(|| date::read_begin(written))?;
    let (StatedTime::Instant(time, _), Some(zone), true) =
        (read.time, manner.zone, read.zone_assumed && !read.zone_of_language)
    else {
        return Some(read.time);
    };
    // What was read as UTC is the time of day on the publisher's wall.
    let wall = Offset::UTC.to_datetime(time);
    Some(StatedTime::Instant(zone.offset.to_timestamp(wall).ok()?, zone.offset))
}

/// Puts a time into its place and says what was wrong with it; one that cannot be read is kept as written.
pub(super) fn note(written: &str, time: Option<StatedTime>, manner: Manner, which: Which, item: &mut Item) {
    let shown = excerpt(written);
    let name = if which == Which::Published { "published" } else { "updated" };
    match which {
        Which::Published => item.published = time,
        Which::Updated => item.updated = time,
    }
    let mut issue = |code: &str, detail: String| item.issues.push(Issue::new(Stage::Parse, code, detail));
    // What may be read otherwise another day is kept as written, and so is what could not be read.
    let mut is_open = time.is_none();
    let read = date::read_as(written, manner.habit);
    match (time, read) {
        (None, _) => issue("date_unreadable", format!("{name}: {shown:?}")),
        (Some(_), None) => issue("date_imprecise", format!("{name}: {shown:?} names no day; its first is taken")),
        (Some(_), Some(_)) if date::read(written).is_none() => {
            let why = "the feed's other dates, or its language, have this order";
            issue("date_ambiguous", format!("{name}: {shown:?}: {why}"));
            is_open = true;
        }
        _ => {}
    }
    if let (Some(StatedTime::Instant(_, offset)), Some(read)) = (time, read.filter(|read| read.zone_assumed)) {
        let detail = match manner.zone {
            _ if read.zone_of_language => format!("{name}: {shown:?} is read as {offset}, for its language"),
            Some(zone) => format!("{name}: {shown:?} is read as {offset}: {}", zone.why),
            None => format!("{name}: {shown:?} is read as UTC"),
        };
        issue("date_without_zone", detail);
        is_open = true;
        let is_unknown = !read.zone_of_language && manner.zone.is_none_or(|zone| zone.is_bound);
        match which {
            Which::Published => item.without_zone.published = is_unknown,
            Which::Updated => item.without_zone.updated = is_unknown,
        }
    }
    if is_open && which == Which::Published {
        item.published_raw = Some(shown);
    }
}

fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
