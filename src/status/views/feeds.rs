//! The feeds: how each stands, and why.

use super::Frame;
use crate::model::{FeedSnapshot, FeedState, PushSnapshot};
use crate::status::chart;
use crate::status::html::{Address, Column, Html, Order, Sort, ago, ahead, interval};
use jiff::Timestamp;
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Hours that the bars of a feed show.
pub(in crate::status) const HOURS: usize = 48;

/// Rows of a page.
const ROWS: usize = 500;

/// What the rows may be sorted by, with the word in the address and whether it begins with the largest.
const SORTS: [(&str, &str, bool); 8] = [
    ("Feed", "feed", false),
    ("State", "state", true),
    ("Last success", "success", false),
    ("Next poll", "next", false),
    ("Interval", "interval", false),
    ("Errors", "errors", true),
    ("Items", "items", true),
    ("Observed", "observed", true),
];

/// How the page is asked for.
#[derive(Debug, Clone, Default)]
pub(in crate::status) struct Wish {
    /// A word of [`SORTS`]; without one the order of the configuration.
    pub(in crate::status) sort: Option<String>,
    /// Whether in the other direction.
    pub(in crate::status) reverse: bool,
    /// Only feeds with trouble.
    pub(in crate::status) trouble: bool,
    /// Which page of rows, from 0.
    pub(in crate::status) page: usize,
}

impl Wish {
    fn address(&self) -> Address {
        let page = self.page.to_string();
        let mut query = Vec::new();
        query.extend(self.sort.as_deref().map(|sort| ("sort", sort)));
        query.extend(self.reverse.then_some(("reverse", "1")));
        query.extend(self.trouble.then_some(("trouble", "1")));
        query.extend((self.page > 0).then_some(("page", page.as_str())));
        Address::new("/feeds", &query)
    }
}

/// The page; `observed` has the revisions of each feed by hour.
pub(in crate::status) fn render(frame: &Frame<'_>, observed: &BTreeMap<String, Vec<u64>>, wish: &Wish) -> String {
    let mut feeds: Vec<&FeedSnapshot> =
        frame.snapshot.feeds.iter().filter(|feed| !wish.trouble || feed.errors > 0 || feed.held).collect();
    sort(&mut feeds, wish);
    frame.page("/feeds", "Feeds", |html| {
        html.section("feeds", &format!("{} feeds", feeds.len())).raw("<p class=\"choice\">");
        for (trouble, name) in [(false, "all"), (true, "with trouble")] {
            let other = Wish { trouble, page: 0, ..wish.clone() };
            html.link(&other.address(), name, trouble == wish.trouble).raw(" ");
        }
        html.raw("</p>\n");
        if feeds.is_empty() {
            let why = if wish.trouble { "None has any trouble." } else { "No feed is configured." };
            html.nothing(why).end();
            return;
        }
        let mut columns: Vec<Column> = SORTS.iter().map(|(title, word, _)| column(title, word, wish)).collect();
        columns.push(Column::words("Last 48 hours"));
        columns.push(Column::words("Why"));
        html.table("feeds", &columns);
        for feed in feeds.iter().skip(wish.page * ROWS).take(ROWS) {
            row(html, feed, observed.get(&feed.id.0).map_or(&[][..], Vec::as_slice), frame.now);
        }
        html.table_end().raw("<p class=\"choice\">");
        for page in 0..feeds.len().div_ceil(ROWS).max(1) {
            if feeds.len() > ROWS {
                html.link(&Wish { page, ..wish.clone() }.address(), &(page + 1).to_string(), page == wish.page)
                    .raw(" ");
            }
        }
        html.raw("</p>\n").end();
    })
}

fn column(title: &'static str, word: &str, wish: &Wish) -> Column {
    let falling = SORTS.iter().any(|(_, sort, falling)| *sort == word && *falling);
    let sorted = wish.sort.as_deref() == Some(word);
    let reverse = sorted && !wish.reverse;
    let address = Wish { sort: Some(word.to_owned()), reverse, page: 0, ..wish.clone() }.address();
    let order = sorted.then_some(if falling == wish.reverse { Order::Rising } else { Order::Falling });
    let column =
        if matches!(word, "errors" | "items" | "observed") { Column::figures(title) } else { Column::words(title) };
    column.sorted(Sort { address, order })
}

fn sort(feeds: &mut [&FeedSnapshot], wish: &Wish) {
    let Some(sort) = wish.sort.as_deref() else { return };
    let by = |one: &FeedSnapshot, other: &FeedSnapshot| match sort {
        "feed" => one.id.cmp(&other.id),
        "state" => gravity(other).cmp(&gravity(one)),
        "success" => one.last_success.cmp(&other.last_success),
        // One that is not to be polled comes last.
        "next" => (one.next_poll.is_none(), one.next_poll).cmp(&(other.next_poll.is_none(), other.next_poll)),
        "interval" => one.interval_seconds.total_cmp(&other.interval_seconds),
        "errors" => other.errors.cmp(&one.errors),
        "items" => other.items.cmp(&one.items),
        "observed" => other.observed.cmp(&one.observed),
        _ => Ordering::Equal,
    };
    feeds.sort_by(|one, other| if wish.reverse { by(other, one) } else { by(one, other) });
}

fn row(html: &mut Html, feed: &FeedSnapshot, observed: &[u64], now: Timestamp) {
    html.row().link(&Address::new("/records", &[("feed", &feed.id.0)]), &feed.id.0, false);
    if let Some(title) = &feed.title {
        html.quiet(title);
    }
    html.raw("</th>").cell("State");
    html.badge(state(feed).0, feed.standing());
    html.raw("</td>").cell("Last success").text(&feed.last_success.map_or("never".to_owned(), |at| ago(at, now)));
    html.raw("</td>").cell("Next poll").text(&feed.next_poll.map_or("–".to_owned(), |at| ahead(at, now)));
    html.raw("</td>").cell("Interval").text(&interval(feed.interval_seconds));
    if let Some(push) = &feed.push {
        html.quiet(&pushed(push));
    }
    html.raw("</td>")
        .number("Errors", u64::from(feed.errors))
        .number("Items", feed.items)
        .number("Observed", feed.observed);
    html.cell("Last 48 hours");
    let n: u64 = observed.iter().sum();
    if n > 0 {
        chart::bars(html, observed, &format!("{n} revisions observed in the last {HOURS} hours, by hour"));
    }
    html.raw("</td>").cell("Why");
    match &feed.last_error {
        Some(error) => {
            html.raw("<code>").text(&error.code).raw("</code> ").text(&error.detail);
            if feed.errors > 1 {
                html.text(&format!(" ({} times in a row)", feed.errors));
            }
        }
        None if feed.held => drop(html.text(feed.held_why.as_deref().unwrap_or("the intake is full"))),
        None => {}
    }
    html.raw("</td></tr>\n");
}

/// What a hub does for a feed.
fn pushed(push: &PushSnapshot) -> String {
    let PushSnapshot { standing, hub, why, .. } = push;
    let why = why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
    match standing.as_str() {
        "live" => format!("and pushed by {hub}"),
        "asking" => format!("hub {hub} is asked{why}"),
        _ => format!("hub {hub} is not asked now{why}"),
    }
}

fn gravity(feed: &FeedSnapshot) -> u8 {
    state(feed).1
}

/// How a state looks, and how grave it is.
fn state(feed: &FeedSnapshot) -> (&'static str, u8) {
    match feed.state {
        _ if feed.held => ("warn", 3),
        FeedState::Waiting => ("plain", 1),
        FeedState::Active => ("good", 0),
        FeedState::BackingOff => ("warn", 2),
        FeedState::Gone => ("bad", 4),
        FeedState::Quarantined => ("bad", 5),
        FeedState::GivenUp => ("bad", 6),
    }
}
