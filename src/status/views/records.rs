//! What was published, the newest first.

use super::{Frame, change, relation};
use crate::model::ArticleSummary;
use crate::status::figure;
use crate::status::html::{self, Address, Column, Html, ago};
use jiff::Timestamp;

/// Figures of one article in a list; its record has them all.
const SHOWN_FIGURES: usize = 6;

/// Rows of a page.
pub(in crate::status) const ROWS: usize = 50;

/// The page: those before a number where one is given, of one feed where one is named.
pub(in crate::status) fn render(
    frame: &Frame<'_>,
    latest: &[(i64, ArticleSummary)],
    before: Option<i64>,
    feed: Option<&str>,
) -> String {
    frame.page("/records", "Records", |html| {
        html.section(
            "latest",
            match feed {
                Some(feed) => format!("Published from {feed}"),
                None => "Published".to_owned(),
            }
            .as_str(),
        );
        html.raw("<p class=\"choice\">");
        if feed.is_some() {
            html.link(&Address::new("/records", &[]), "of all feeds", false).raw(" ");
        }
        // The script shows the button, and stops the clock with it.
        html.raw("<button type=\"button\" id=\"pause\" aria-pressed=\"false\" hidden>Pause</button></p>\n");
        table(html, "latest", latest, frame.now);
        let oldest = latest.last().filter(|_| latest.len() == ROWS).map(|(number, _)| number.to_string());
        html.raw("<p class=\"choice\">");
        let of_feed = |more: &[(&str, &str)]| {
            let feed = feed.map(|feed| ("feed", feed));
            Address::new("/records", &feed.into_iter().chain(more.iter().copied()).collect::<Vec<_>>())
        };
        if before.is_some() {
            html.link(&of_feed(&[]), "newest", false).raw(" ");
        }
        if let Some(oldest) = oldest {
            html.link(&of_feed(&[("before", &oldest)]), "older", false);
        }
        html.raw("</p>\n").end();
    })
}

pub(super) fn table(html: &mut Html, id: &'static str, latest: &[(i64, ArticleSummary)], now: Timestamp) {
    if latest.is_empty() {
        html.nothing("Nothing has been published that is remembered.");
        return;
    }
    html.table(id, &["Headline", "Source", "Relation", "COVID-19 figures", "Observed"].map(Column::words));
    for (_, article) in latest {
        html.row();
        headline(html, article);
        html.raw("</th>").cell("Source");
        let feed = Address::new("/records", &[("feed", &article.feed.0)]);
        match &article.agency {
            Some(agency) => html
                .text(agency)
                .raw("<span class=\"quiet under\">in ")
                .link(&feed, &article.feed.0, false)
                .raw("</span>"),
            None => html.link(&feed, &article.feed.0, false),
        };
        html.raw("</td>").cell("Relation");
        let (class, word) = relation(article.relation);
        html.badge(class, word);
        if let Some(of) = &article.of {
            html.raw("<span class=\"quiet under\">of ").link(
                &Address::new("/record", &[("item", &of.0)]),
                &of.0,
                false,
            );
            if let Some(agency) = &article.origin_agency {
                html.text(&format!(" ({agency})"));
            }
            html.raw("</span>");
        }
        html.raw("</td>").cell("COVID-19 figures");
        figures(html, article);
        html.raw("</td>").cell("Observed").text(&article.observed.map_or("–".to_owned(), |at| ago(at, now)));
        html.raw("</td></tr>\n");
    }
    html.table_end();
}

fn headline(html: &mut Html, article: &ArticleSummary) {
    let headline = article.headline.as_deref().unwrap_or("(no headline)");
    html.link(&html::record(&article.id.0, article.revision), headline, false);
    if let Some(change) = change(article.change) {
        html.quiet(&format!("revision {} · {change}", article.revision));
    }
}

/// The first figures; a copy's are told by its original, so only their number is said.
fn figures(html: &mut Html, article: &ArticleSummary) {
    if article.relation.is_copy() {
        if article.observations > 0 {
            html.quiet(&format!("{}, told by the original", article.observations));
        }
        return;
    }
    if article.figures.is_empty() {
        return;
    }
    html.raw("<ul class=\"figures\">");
    for shown in article.figures.iter().take(SHOWN_FIGURES) {
        html.raw("<li><b>").text(&figure::value(shown)).raw("</b> ").text(&figure::what(shown));
        html.raw(" · <span class=\"day\">").text(shown.as_of.as_deref().unwrap_or("no date")).raw("</span></li>");
    }
    let more = article.observations.saturating_sub(SHOWN_FIGURES);
    if more > 0 {
        html.raw("<li class=\"quiet\">and ").text(&more.to_string()).raw(" more</li>");
    }
    html.raw("</ul>");
}
