//! Every view of the status page, with figures that were corrected and contradicted, stories that were picked up, and a
//! restart in between.

use super::{
    Browser, TAB,
    checks::{check_no_console_errors, check_view},
    page::{address, published, shows, site},
};
use crate::harness::{Entry, Reply, Site, rss};
use jiff::{SignedDuration, Timestamp, tz::Offset};

/// Days ago, as a feed and as a story write it.
fn day(ago: i64) -> (String, String, String) {
    let at = Offset::UTC.to_datetime(Timestamp::now() - SignedDuration::from_hours(24 * ago));
    let [rfc_2822, long, iso] = ["%a, %d %b %Y 00:00:01 GMT", "%B %-d", "%Y-%m-%d"];
    (at.strftime(rfc_2822).to_string(), at.strftime(long).to_string(), at.strftime(iso).to_string())
}

/// A story with figures for a day.
fn story(agency: &str, ago: i64, new: u32, deaths: u32) -> (String, String, String) {
    let (published, long, _) = day(ago);
    let text = format!(
        "OSLO, {long} ({agency}) - Norway reported {new} new coronavirus cases on {long}, the health institute said.\n\n\
         The death toll rose to {deaths}, it said.\n\n\"We must be careful,\" Health Minister Kari Lund told reporters in Oslo.",
    );
    (format!("Norway reports {new} new coronavirus cases"), text, published)
}

fn serve(site: &Site, feed: &str, stories: &[(String, String, String)]) {
    let entries: Vec<Entry> = stories
        .iter()
        .map(|(title, text, published)| Entry {
            guid: published,
            title,
            link: site.server.url(&format!("/{feed}/{}", title.replace(' ', "-"))),
            description: text,
            published,
        })
        .collect();
    site.server.serve(&format!("/{feed}.xml"), Reply::rss(rss(feed, &entries)));
}

/// Two agencies, three days, one of which they tell differently.
fn told(site: &Site) {
    for feed in ["ntb", "yle"] {
        site.feed(feed, "language = \"en\"\nbackfill = \"all\"");
    }
    serve(site, "ntb", &[story("NTB", 0, 410, 640), story("NTB", 1, 380, 633), story("NTB", 2, 512, 629)]);
    serve(site, "yle", &[story("Yle", 1, 380, 635)]);
}

#[test]
fn every_view_is_readable_by_everybody() {
    let (site, browser) = (site(), Browser::start());
    told(&site);
    let daemon = site.spawn();
    published(&site, 4);
    let view = |path: &str, texts: &[&str]| {
        check_view(&browser, &address(&site, path));
        shows(&browser, texts);
    };
    let figures = "/covid?country=NO&metric=deaths";
    view("/", &["Overview", "publish", "Norway reports 410", "Freshness"]);
    view("/feeds", &["ntb", "yle", "active"]);
    view("/feeds?sort=observed", &["ntb"]);
    view("/records", &["Norway reports 512", "629 deaths"]);
    view("/records?feed=yle", &["Published from yle", "635 deaths"]);
    view("/covid", &["Norway"]);
    view(figures, &["The death toll rose to 640, it said.", "NTB", "Yle", "stands"]);
    view("/names", &["Kari Lund", "Oslo", "new"]);
    view("/stories", &[]);
    for (name, path) in [("overview", "/"), ("figures", figures)] {
        browser.resize(1280, 900);
        browser.open(&address(&site, path));
        browser.screenshot(name);
    }
    drop(daemon);
}

#[test]
fn a_figure_leads_to_its_sentence_and_corrections_and_contradictions_are_seen() {
    let (site, browser) = (site(), Browser::start());
    told(&site);
    let daemon = site.spawn();
    published(&site, 4);
    serve(&site, "ntb", &[story("NTB", 0, 410, 640), story("NTB", 1, 380, 633), story("NTB", 2, 512, 628)]);
    published(&site, 5);

    browser.open(&address(&site, "/covid?country=NO&metric=deaths"));
    browser.wait_for("document.querySelectorAll('circle.ended').length === 1", "the corrected figure");
    assert_eq!(browser.script("return document.querySelectorAll('circle.stands').length", &[]), 4);
    let range = browser.script("return document.querySelector('path.range title').textContent", &[]);
    let range = range.as_str().unwrap();
    assert!(range.starts_with(&day(1).2) && range.contains("633 (NTB)") && range.contains("635 (Yle)"), "{range}");
    shows(&browser, &["ended by revision 2", "corrects revision 1", "The death toll rose to 628, it said."]);

    // With the keyboard alone: to a figure, and to its sentence.
    browser.script("document.querySelector('a:has(> circle.stands)').focus()", &[]);
    browser.keys("\u{e007}");
    browser.wait_for("location.pathname === '/record' && document.querySelector(':target')", "the sentence");
    let sentence = browser.script("return document.querySelector(':target').textContent", &[]);
    assert!(sentence.as_str().unwrap().starts_with("The death toll rose to"), "{sentence}");
    for (class, text) in [("m-figure", "62"), ("m-name", "Kari Lund"), ("m-quote", "We must be careful")] {
        let marked = format!(
            "[...document.querySelectorAll('#page .text .{class}')].some(m => m.textContent.includes('{text}'))"
        );
        browser.wait_for(&marked, class);
    }
    shows(&browser, &["Observed", "Understood", "Judged", "Published", "articles.v1", "first_seen"]);
    let record = browser.script("return location.pathname + location.search", &[]);
    check_view(&browser, &address(&site, record.as_str().unwrap()));
    browser.screenshot("record");

    // What was, is still there after a restart, though the daemon publishes nothing of it again.
    drop(daemon);
    let _daemon = site.spawn();
    browser.open(&address(&site, "/covid?country=NO&metric=deaths"));
    browser.wait_for("document.querySelectorAll('circle.ended').length === 1", "the figure of before the restart");
    browser.open(&address(&site, "/records"));
    shows(&browser, &["Norway reports 512", "correction"]);
    check_no_console_errors(&browser);
}

#[test]
fn a_list_stands_still_while_it_is_paused_and_keeps_the_focus_while_it_moves() {
    let (site, browser) = (site(), Browser::start());
    told(&site);
    let _daemon = site.spawn();
    published(&site, 4);
    browser.open(&address(&site, "/records"));
    // The link to its feed in the row of one story, which others will come before.
    browser.script(
        "const row = [...document.querySelectorAll('#page tr')].find(row => row.innerText.includes('Norway reports 512')); \
         row.querySelector('td a').focus()",
        &[],
    );
    serve(&site, "yle", &[story("Yle", 1, 380, 635), story("Yle", 3, 77, 620)]);
    browser.wait_for("document.body.innerText.includes('Norway reports 77')", "the story in the open list");
    let row = browser.script("return document.activeElement.closest('td')?.closest('tr').innerText", &[]);
    assert!(row.as_str().is_some_and(|row| row.contains("Norway reports 512")), "the focus went to {row}");

    browser.click("#pause");
    assert_eq!(browser.script("return document.getElementById('pause').ariaPressed", &[]), "true");
    serve(&site, "yle", &[story("Yle", 1, 380, 635), story("Yle", 4, 78, 610)]);
    published(&site, 6);
    std::thread::sleep(std::time::Duration::from_secs(3));
    assert!(!browser.text().contains("Norway reports 78"), "it is paused");
    browser.click("#pause");
    browser.wait_for("document.body.innerText.includes('Norway reports 78')", "the story after the pause");
    browser.keys(TAB);
    check_no_console_errors(&browser);
}
