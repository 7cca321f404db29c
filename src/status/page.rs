//! The status page: a [`Snapshot`] as HTML. Every value is escaped by [`Html::text`]; there is no other way in.

use super::figure;
use crate::model::{ArticleSummary, Change, FeedSnapshot, FeedState, PushSnapshot, Relation, Snapshot};
use jiff::Timestamp;
use std::fmt::Write;

/// Figures of one article on the page; its record has them all.
const SHOWN_FIGURES: usize = 6;

/// The whole page as of `now`.
pub(super) fn render(snapshot: &Snapshot, now: Timestamp) -> String {
    let mut html = Html::default();
    html.raw(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
        "<meta name=\"color-scheme\" content=\"light dark\">\n<title>dateline</title>\n",
        "<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n<link rel=\"stylesheet\" href=\"/style.css\">\n",
        "<noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript>\n",
        "<script src=\"/page.js\" defer></script>\n</head>\n<body>\n<main id=\"page\">\n",
    ));
    header(&mut html, snapshot, now);
    summary(&mut html, snapshot, now);
    feeds(&mut html, snapshot, now);
    latest(&mut html, snapshot, now);
    stages(&mut html, snapshot);
    html.raw("</main>\n<footer>\n<nav aria-label=\"For machines\">");
    for (address, name) in
        [("/api/v1/status", "JSON"), ("/metrics", "metrics"), ("/readyz?verbose", "readiness"), ("/version", "version")]
    {
        html.raw("<a href=\"").text(address).raw("\">").text(name).raw("</a> ");
    }
    html.raw("</nav>\n</footer>\n</body>\n</html>\n");
    html.0
}

fn header(html: &mut Html, snapshot: &Snapshot, now: Timestamp) {
    let (class, word) = if snapshot.ready { ("good", "ready") } else { ("bad", "not ready") };
    html.raw("<header>\n<h1>dateline</h1>\n");
    html.badge(class, word);
    html.raw("<p class=\"quiet\">up ").text(&length(seconds(snapshot.started, now)));
    html.raw(" · as of ").time(snapshot.at).raw("</p>\n</header>\n");
    if let Some(why) = &snapshot.intake.held {
        html.raw("<p class=\"notice\" role=\"alert\">Polling is held, and nothing is lost: ");
        html.text(why);
        html.raw(".</p>\n");
    } else if snapshot.intake.full {
        html.raw("<p class=\"notice\" role=\"alert\">The intake is full: polling is held until the publisher catches up.</p>\n");
    }
    if let Some(problems) = &snapshot.configuration.refused {
        html.raw("<p class=\"notice\" role=\"alert\">The configuration that is written now is refused, the one before runs on: ");
        html.text(problems).raw("</p>\n");
    }
    if !snapshot.configuration.waiting.is_empty() {
        html.raw("<p class=\"notice\">Changed, and waiting for a restart: ");
        html.text(&snapshot.configuration.waiting.join(", ")).raw("</p>\n");
    }
    if let Some(error) = &snapshot.publisher.last_error {
        html.raw("<p class=\"notice\" role=\"alert\">The publisher reports: ").text(error).raw("</p>\n");
    }
}

fn summary(html: &mut Html, snapshot: &Snapshot, now: Timestamp) {
    let (intake, publisher) = (&snapshot.intake, &snapshot.publisher);
    let well = snapshot.feeds.iter().filter(|feed| feed.errors == 0).count();
    let oldest = match intake.oldest {
        Some(oldest) => format!("oldest observed {}", ago(oldest, now)),
        None => "nothing waits".to_owned(),
    };
    let pages = match intake.waiting_pages {
        0 => String::new(),
        pages => format!(" · {pages} waiting for pages"),
    };
    let committed = match publisher.last_commit {
        Some(commit) => format!("last commit {} · {} in all", ago(commit, now), grouped(publisher.commits)),
        None => "nothing committed yet".to_owned(),
    };
    html.raw("<section class=\"cards\" aria-label=\"Summary\">\n");
    let lag = format!("{} waiting", grouped(publisher.lag));
    for (title, figure, note) in [
        ("Feeds", format!("{well} of {}", snapshot.feeds.len()), "without errors".to_owned()),
        ("Records published", grouped(publisher.records), committed),
        ("Intake", lag, format!("{oldest}{pages} · {} of {}", size(intake.bytes), size(intake.max_bytes))),
        (
            "Publisher",
            if publisher.to.is_empty() { "–".to_owned() } else { publisher.to.clone() },
            format!(
                "{} · position {}",
                if publisher.connected { "connected" } else { "away" },
                grouped(publisher.position)
            ),
        ),
    ] {
        html.raw("<div class=\"card\"><h2>").text(title).raw("</h2><p class=\"figure\">").text(&figure);
        html.raw("</p><p class=\"quiet\">").text(&note).raw("</p></div>\n");
    }
    html.raw("</section>\n");
}

fn feeds(html: &mut Html, snapshot: &Snapshot, now: Timestamp) {
    html.raw("<section>\n<h2 id=\"feeds\">Feeds</h2>\n");
    if snapshot.feeds.is_empty() {
        html.raw("<p class=\"quiet\">No feed is configured.</p>\n</section>\n");
        return;
    }
    html.table(
        "feeds",
        &["Feed", "State", "Last success", "Next poll", "Interval", "Items", "Observed since start", "Why"],
    );
    for feed in &snapshot.feeds {
        html.raw("<tr><th scope=\"row\">").text(&feed.id.0);
        if let Some(title) = &feed.title {
            html.raw("<span class=\"quiet\">").text(title).raw("</span>");
        }
        html.raw("</th>").cell("State");
        let (class, word) = state(feed);
        html.badge(class, word);
        html.raw("</td>").cell("Last success").text(&feed.last_success.map_or("never".to_owned(), |at| ago(at, now)));
        html.raw("</td>").cell("Next poll").text(&feed.next_poll.map_or("–".to_owned(), |at| ahead(at, now)));
        html.raw("</td>").cell("Interval").text(&interval(feed.interval_seconds));
        if let Some(push) = &feed.push {
            html.raw("<span class=\"quiet\">").text(&pushed(push)).raw("</span>");
        }
        html.raw("</td>").number("Items").text(&grouped(feed.items));
        html.raw("</td>").number("Observed since start").text(&grouped(feed.observed));
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
    html.raw("</tbody>\n</table>\n</div>\n</section>\n");
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

fn latest(html: &mut Html, snapshot: &Snapshot, now: Timestamp) {
    html.raw("<section>\n<h2 id=\"latest\">Latest records</h2>\n");
    if snapshot.latest.is_empty() {
        html.raw("<p class=\"quiet\">Nothing has been published since the start.</p>\n</section>\n");
        return;
    }
    html.table("latest", &["Headline", "Source", "Relation", "COVID figures", "Observed"]);
    for article in &snapshot.latest {
        html.raw("<tr><th scope=\"row\">");
        headline(html, article);
        html.raw("</th>").cell("Source");
        match &article.agency {
            Some(agency) => {
                html.text(agency).raw("<span class=\"quiet under\">in ").text(&article.feed.0).raw("</span>")
            }
            None => html.text(&article.feed.0),
        };
        html.raw("</td>").cell("Relation");
        let (class, word) = relation(article.relation);
        html.badge(class, word);
        if let Some(of) = &article.of {
            html.raw("<span class=\"quiet under\">of ").text(&of.0);
            if let Some(agency) = &article.origin_agency {
                html.text(&format!(" ({agency})"));
            }
            html.raw("</span>");
        }
        html.raw("</td>").cell("COVID figures");
        figures(html, article);
        html.raw("</td>").cell("Observed").text(&article.observed.map_or("–".to_owned(), |at| ago(at, now)));
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

fn headline(html: &mut Html, article: &ArticleSummary) {
    let headline = article.headline.as_deref().unwrap_or("(no headline)");
    match article.url.as_deref().filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
        Some(url) => html.raw("<a rel=\"noreferrer noopener\" href=\"").text(url).raw("\">").text(headline).raw("</a>"),
        None => html.text(headline),
    };
    let change = match article.change {
        Change::New => return,
        Change::Update => "update",
        Change::Correction => "correction",
        Change::Kill => "withdrawn",
        Change::EmbargoLift => "embargo lifted",
    };
    html.raw("<span class=\"quiet\">").text(&format!("revision {} · {change}", article.revision)).raw("</span>");
}

/// The first figures; a copy's are told by its original, so only their number is said.
fn figures(html: &mut Html, article: &ArticleSummary) {
    let more = if article.relation.is_copy() {
        if article.observations > 0 {
            html.raw("<span class=\"quiet\">").text(&format!("{}, told by the original", article.observations));
            html.raw("</span>");
        }
        return;
    } else {
        article.observations.saturating_sub(SHOWN_FIGURES)
    };
    if article.figures.is_empty() {
        return;
    }
    html.raw("<ul class=\"figures\">");
    for shown in article.figures.iter().take(SHOWN_FIGURES) {
        html.raw("<li><b>").text(&figure::value(shown)).raw("</b> ").text(&figure::what(shown));
        html.raw(" · <span class=\"day\">").text(shown.as_of.as_deref().unwrap_or("no date")).raw("</span></li>");
    }
    if more > 0 {
        html.raw("<li class=\"quiet\">and ").text(&more.to_string()).raw(" more</li>");
    }
    html.raw("</ul>");
}

fn stages(html: &mut Html, snapshot: &Snapshot) {
    html.raw("<section>\n<h2 id=\"rooms\">Rooms, since the start</h2>\n");
    html.table("rooms", &["Room", "Came in", "Went on", "Discarded", "Failed"]);
    for count in &snapshot.stages {
        html.raw("<tr><th scope=\"row\">").text(count.stage.as_str()).raw("</th>");
        for (name, number) in [
            ("Came in", count.received),
            ("Went on", count.sent),
            ("Discarded", count.discarded),
            ("Failed", count.errors),
        ] {
            html.number(name).text(&grouped(number)).raw("</td>");
        }
        html.raw("</tr>\n");
    }
    html.raw("</tbody>\n</table>\n</div>\n</section>\n");
}

fn state(feed: &FeedSnapshot) -> (&'static str, &'static str) {
    match feed.state {
        _ if feed.held => ("warn", "held"),
        FeedState::Waiting => ("plain", "waiting"),
        FeedState::Active => ("good", "active"),
        FeedState::BackingOff => ("warn", "backing off"),
        FeedState::Gone => ("bad", "gone"),
        FeedState::Quarantined => ("bad", "quarantined"),
        FeedState::GivenUp => ("bad", "given up"),
    }
}

fn relation(relation: Relation) -> (&'static str, &'static str) {
    match relation {
        Relation::Original => ("good", "original"),
        Relation::Exact => ("plain", "exact copy"),
        Relation::Near => ("plain", "near copy"),
        Relation::Abridged => ("plain", "cut copy"),
        Relation::Update => ("warn", "update"),
    }
}

/// Columns that hold figures alone; their heads stand over them on the right.
const NUMBERS: [&str; 6] = ["Items", "Observed since start", "Came in", "Went on", "Discarded", "Failed"];

/// HTML under construction.
#[derive(Default)]
struct Html(String);

impl Html {
    /// Markup of ours; never a value.
    fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A value, safe between tags and in quoted attributes.
    fn text(&mut self, value: &str) -> &mut Self {
        for c in value.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Marks that turn the direction of writing could make the rest of a row lie.
                '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {}
                c if c.is_control() => self.0.push(' '),
                c => self.0.push(c),
            }
        }
        self
    }

    fn time(&mut self, at: Timestamp) -> &mut Self {
        let at = at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let shown = at.replace('T', " ").replace('Z', " UTC");
        self.raw("<time datetime=\"").text(&at).raw("\">").text(&shown).raw("</time>")
    }

    fn badge(&mut self, class: &'static str, word: &str) {
        self.raw("<span class=\"badge ").raw(class).raw("\">").text(word).raw("</span>");
    }

    /// The head of a table; the caller writes rows and closes body, table and frame.
    fn table(&mut self, labelled_by: &'static str, columns: &[&'static str]) {
        self.raw("<div class=\"frame\" role=\"region\" tabindex=\"0\" aria-labelledby=\"").raw(labelled_by);
        self.raw("\">\n<table aria-labelledby=\"").raw(labelled_by).raw("\">\n<thead><tr>");
        for column in columns {
            let class = if NUMBERS.contains(column) { " class=\"number\"" } else { "" };
            self.raw("<th scope=\"col\"").raw(class).raw(">").raw(column).raw("</th>");
        }
        self.raw("</tr></thead>\n<tbody>\n");
    }

    /// Opens a cell; its column's name is shown beside it on small screens.
    fn cell(&mut self, column: &'static str) -> &mut Self {
        self.raw("<td data-label=\"").raw(column).raw("\">")
    }

    fn number(&mut self, column: &'static str) -> &mut Self {
        self.raw("<td class=\"number\" data-label=\"").raw(column).raw("\">")
    }
}

fn seconds(from: Timestamp, to: Timestamp) -> i64 {
    to.as_second().saturating_sub(from.as_second())
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match seconds(at, now) {
        ..=0 => "now".to_owned(),
        seconds => format!("{} ago", length(seconds)),
    }
}

fn ahead(at: Timestamp, now: Timestamp) -> String {
    match seconds(now, at) {
        ..=0 => "now".to_owned(),
        seconds => format!("in {}", length(seconds)),
    }
}

fn length(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

fn interval(seconds: f64) -> String {
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { length(seconds as i64) }
}

/// `1 234 567` with thin spaces.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push('\u{2009}');
        }
        out.push(digit);
    }
    out
}

fn size(bytes: u64) -> String {
    let mut out = String::new();
    let units = [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let written = match units.into_iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => write!(out, "{:.1} {name}", bytes as f64 / unit as f64),
        None => write!(out, "{bytes} B"),
    };
    written.map(|()| out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_for_people() {
        assert_eq!(grouped(1_234_567), "1\u{2009}234\u{2009}567");
        assert_eq!((grouped(0).as_str(), grouped(999).as_str()), ("0", "999"));
        assert_eq!((size(0).as_str(), size(1536).as_str(), size(4 << 30).as_str()), ("0 B", "1.5 KiB", "4.0 GiB"));
        assert_eq!((length(59).as_str(), length(3_599).as_str(), interval(0.2).as_str()), ("59 s", "59 min", "200 ms"));
    }
}
