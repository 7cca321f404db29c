//! The views, one file each: from the picture of the daemon and its history to HTML. None of them waits for anything.

pub(super) mod covid;
pub(super) mod feeds;
pub(super) mod names;
pub(super) mod overview;
pub(super) mod record;
pub(super) mod records;
pub(super) mod stories;

use super::html::{Address, Html, length, seconds};
use crate::model::{Change, Relation, Snapshot};
use jiff::Timestamp;

/// The views that the head of each page leads to.
const VIEWS: [(&str, &str); 6] = [
    ("/", "Overview"),
    ("/feeds", "Feeds"),
    ("/records", "Records"),
    ("/covid", "COVID-19 figures"),
    ("/names", "Names"),
    ("/stories", "Stories"),
];

/// What every page says: whether all is well, and if not, why.
pub(super) struct Frame<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) now: Timestamp,
    /// Revisions that the history has no room for.
    pub(super) missed: u64,
}

impl Frame<'_> {
    /// A whole page: `view` is the address of its view, `title` what the browser calls it.
    pub(super) fn page(&self, view: &str, title: &str, body: impl FnOnce(&mut Html)) -> String {
        let mut html = Html::default();
        html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<title>")
            .text(title)
            .raw(" · dateline</title>\n");
        html.raw("<link rel=\"icon\" href=\"/icon.svg\" type=\"image/svg+xml\">\n");
        html.raw("<link rel=\"stylesheet\" href=\"/style.css\">\n");
        html.raw("<noscript><meta http-equiv=\"refresh\" content=\"15\"></noscript>\n");
        html.raw("<script src=\"/page.js\" defer></script>\n</head>\n<body>\n");
        html.raw("<a class=\"skip\" href=\"#page\">To the page</a>\n<header>\n<p class=\"name\">dateline</p>\n");
        html.raw("<nav aria-label=\"Views\">");
        for (address, name) in VIEWS {
            html.link(&Address::new(address, &[]), name, address == view).raw(" ");
        }
        html.raw("</nav>\n</header>\n<main id=\"page\" tabindex=\"-1\">\n");
        html.raw("<div class=\"head\"><h1>").text(title).raw("</h1>\n");
        self.standing(&mut html);
        body(&mut html);
        html.raw("</main>\n<footer>\n<nav aria-label=\"For machines\">");
        for (address, name) in [
            ("/api/v1/status", "JSON"),
            ("/metrics", "metrics"),
            ("/readyz?verbose", "readiness"),
            ("/version", "version"),
        ] {
            html.link(&Address::new(address, &[]), name, false).raw(" ");
        }
        html.raw("</nav>\n</footer>\n</body>\n</html>\n");
        html.0
    }

    fn standing(&self, html: &mut Html) {
        let Snapshot { intake, configuration, publisher, .. } = self.snapshot;
        let (class, word) = if self.snapshot.ready { ("good", "ready") } else { ("bad", "not ready") };
        html.badge(class, word);
        html.raw("<p class=\"quiet\">up ").text(&length(seconds(self.snapshot.started, self.now)));
        html.raw(" · as of ").time(self.snapshot.at).raw("</p></div>\n");
        let mut notice = |what: &'static str, why: &str| {
            html.raw("<p class=\"notice\" role=\"alert\">").raw(what).text(why).raw("</p>\n");
        };
        if let Some(why) = &intake.held {
            notice("Polling is held, and nothing is lost: ", why);
        } else if intake.full {
            notice("The intake is full: polling is held until the publisher catches up.", "");
        }
        if let Some(problems) = &configuration.refused {
            notice("The configuration that is written now is refused, the one before runs on: ", problems);
        }
        if !configuration.waiting.is_empty() {
            notice("Changed, and waiting for a restart: ", &configuration.waiting.join(", "));
        }
        if let Some(error) = &publisher.last_error {
            notice("The publisher reports: ", error);
        }
        if self.missed > 0 {
            notice(
                "The disk was too slow for this page's history; revisions that it lacks: ",
                &self.missed.to_string(),
            );
        }
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

/// What a revision is; none of a new item.
fn change(change: Change) -> Option<&'static str> {
    match change {
        Change::New => None,
        Change::Update => Some("update"),
        Change::Correction => Some("correction"),
        Change::Kill => Some("withdrawn"),
        Change::EmbargoLift => Some("embargo lifted"),
    }
}
