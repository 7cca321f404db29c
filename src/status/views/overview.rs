//! Whether all goes well: traffic, freshness, what was published last.

use super::{Frame, records};
use crate::history::{Percentiles, Step, TrafficMinute};
use crate::model::{ArticleSummary, Snapshot, Stage};
use crate::status::chart;
use crate::status::html::{Address, Column, Html, ago, grouped, interval, size};

/// How far back the plots may go: what the address says, for people, and minutes.
pub(in crate::status) const SPANS: [(&str, &str, i64); 4] =
    [("1h", "an hour", 60), ("6h", "6 hours", 360), ("24h", "a day", 1440), ("7d", "a week", 7 * 1440)];

/// Points of a plot.
const POINTS: usize = 60;

/// What the history says.
#[derive(Debug, Default)]
pub(in crate::status) struct Told {
    pub(in crate::status) traffic: Vec<TrafficMinute>,
    pub(in crate::status) freshness: Vec<Percentiles>,
    pub(in crate::status) latest: Vec<(i64, ArticleSummary)>,
}

/// The page; `span` is one of [`SPANS`].
pub(in crate::status) fn render(frame: &Frame<'_>, told: &Told, span: usize) -> String {
    frame.page("/", "Overview", |html| {
        cards(html, frame);
        workers(html, frame);
        plots(html, frame, &told.traffic, span);
        freshness(html, &told.freshness);
        html.section("latest", "Latest records");
        records::table(html, "latest", &told.latest, frame.now);
        html.end();
        rooms(html, frame.snapshot);
    })
}

fn cards(html: &mut Html, frame: &Frame<'_>) {
    let Frame { snapshot, now, .. } = frame;
    let (intake, publisher) = (&snapshot.intake, &snapshot.publisher);
    let well = snapshot.feeds.iter().filter(|feed| feed.errors == 0).count();
    let oldest = match intake.oldest {
        Some(oldest) => format!("oldest observed {}", ago(oldest, *now)),
        None => "nothing waits".to_owned(),
    };
    let pages = match intake.waiting_pages {
        0 => String::new(),
        pages => format!(" · {pages} waiting for pages"),
    };
    let committed = match publisher.last_commit {
        Some(commit) => format!("last commit {} · {} in all", ago(commit, *now), grouped(publisher.commits)),
        None => "nothing committed yet".to_owned(),
    };
    let lag = format!("{} waiting", grouped(publisher.lag));
    let connected = if publisher.connected { "connected" } else { "away" };
    let to = if publisher.to.is_empty() { "–" } else { &publisher.to };
    html.raw("<section class=\"cards\" aria-label=\"Summary\">\n");
    for (title, figure, note) in [
        ("Feeds", format!("{well} of {}", snapshot.feeds.len()), "without errors".to_owned()),
        ("Records published", grouped(publisher.records), committed),
        ("Intake", lag, format!("{oldest}{pages} · {} of {}", size(intake.bytes), size(intake.max_bytes))),
        ("Publisher", to.to_owned(), format!("{connected} · position {}", grouped(publisher.position))),
    ] {
        html.raw("<div class=\"card\"><h2>").text(title).raw("</h2><p class=\"figure\">").text(&figure);
        html.raw("</p><p class=\"quiet\">").text(&note).raw("</p></div>\n");
    }
    html.end();
}

/// Where the work is split: who does what of it.
fn workers(html: &mut Html, frame: &Frame<'_>) {
    let workers = &frame.snapshot.workers;
    if workers.is_empty() {
        return;
    }
    html.section("workers", "Workers");
    html.table(
        "workers",
        &[
            Column::words("Worker"),
            Column::words("Heard of"),
            Column::words("Partitions"),
            Column::figures("Feeds"),
            Column::figures("Failing"),
            Column::figures("Waiting"),
            Column::figures("Records"),
            Column::words("Trouble"),
        ],
    );
    for worker in workers {
        let partitions = worker.partitions.iter().map(i32::to_string).collect::<Vec<_>>().join(", ");
        html.row().text(&worker.role).raw(" ").text(&worker.instance).raw("</th>");
        html.cell("Heard of")
            .text(&ago(worker.at, frame.now))
            .raw("</td>")
            .cell("Partitions")
            .text(&partitions)
            .raw("</td>");
        html.number("Feeds", worker.feeds as u64).number("Failing", worker.failing as u64);
        html.number("Waiting", worker.lag).number("Records", worker.records);
        html.cell("Trouble").text(worker.trouble.as_deref().unwrap_or("none")).raw("</td></tr>\n");
    }
    html.table_end().end();
}

fn plots(html: &mut Html, frame: &Frame<'_>, traffic: &[TrafficMinute], span: usize) {
    let (_, said, minutes) = SPANS[span.min(SPANS.len() - 1)];
    html.section("traffic", "Items per minute").raw("<p class=\"choice\">Over ");
    for (index, (word, name, _)) in SPANS.into_iter().enumerate() {
        html.link(&Address::new("/", &[("span", word)]), name, index == span).raw(" ");
    }
    html.raw("</p>\n<div class=\"plots\">\n");
    let now = frame.now.as_second() / 60;
    let per_point = (minutes / POINTS as i64).max(1);
    let mut rows = Vec::new();
    for stage in Stage::ALL {
        // The minute that has begun would always look like a fall.
        let mut points = [0.0; POINTS];
        let (mut sent, mut errors) = (0, 0);
        for minute in traffic.iter().filter(|minute| minute.stage == stage.as_str()) {
            let place = (minute.minute - (now - minutes)) / per_point;
            if let Some(point) = usize::try_from(place).ok().and_then(|place| points.get_mut(place)) {
                *point += minute.sent as f64 / per_point as f64;
                (sent, errors) = (sent + minute.sent, errors + minute.errors);
            }
        }
        let most = points.iter().copied().fold(0.0, f64::max);
        html.raw("<figure><figcaption>").text(stage.as_str()).raw(" ");
        html.quiet(&format!("{} in {said}, at most {most:.1} a minute", grouped(sent))).raw("</figcaption>");
        chart::area(html, &points, &format!("Items that left {} per minute over {said}", stage.as_str()));
        html.raw("</figure>\n");
        rows.push((stage, sent, sent as f64 / minutes as f64, most, errors));
    }
    html.raw("</div>\n<details><summary>The same in numbers</summary>\n");
    html.table(
        "traffic",
        &[
            Column::words("Room"),
            Column::figures("Went on"),
            Column::figures("A minute"),
            Column::figures("At most"),
            Column::figures("Failed"),
        ],
    );
    for (stage, sent, mean, most, errors) in rows {
        html.row().text(stage.as_str()).raw("</th>").number("Went on", sent);
        for (name, rate) in [("A minute", mean), ("At most", most)] {
            html.raw("<td class=\"number\" data-label=\"")
                .raw(name)
                .raw("\">")
                .text(&format!("{rate:.1}"))
                .raw("</td>");
        }
        html.number("Failed", errors).raw("</tr>\n");
    }
    html.table_end().raw("</details>\n").end();
}

fn freshness(html: &mut Html, freshness: &[Percentiles]) {
    html.section("freshness", "Freshness of new items, in the last 24 hours");
    if freshness.is_empty() {
        html.nothing("Nothing new was committed.").end();
        return;
    }
    html.table(
        "freshness",
        &[
            Column::words("Way"),
            Column::figures("Half within"),
            Column::figures("90 % within"),
            Column::figures("99 % within"),
            Column::figures("Items"),
        ],
    );
    for row in freshness {
        html.row().raw(match row.step {
            Step::PublishedObserved => "published → observed",
            Step::ObservedCommitted => "observed → committed",
            Step::PublishedCommitted => "published → committed",
        });
        html.raw("</th>");
        for (name, seconds) in [("Half within", row.p50), ("90 % within", row.p90), ("99 % within", row.p99)] {
            html.raw("<td class=\"number\" data-label=\"").raw(name).raw("\">").text(&interval(seconds)).raw("</td>");
        }
        html.number("Items", row.items).raw("</tr>\n");
    }
    html.table_end();
    html.nothing("What a feed held when it was first read does not count.").end();
}

fn rooms(html: &mut Html, snapshot: &Snapshot) {
    html.section("rooms", "Rooms, since the start");
    html.table(
        "rooms",
        &[
            Column::words("Room"),
            Column::figures("Came in"),
            Column::figures("Went on"),
            Column::figures("Discarded"),
            Column::figures("Failed"),
        ],
    );
    for count in &snapshot.stages {
        html.row().text(count.stage.as_str()).raw("</th>");
        html.number("Came in", count.received).number("Went on", count.sent);
        html.number("Discarded", count.discarded).number("Failed", count.errors).raw("</tr>\n");
    }
    html.table_end().end();
}
