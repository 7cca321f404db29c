//! What holds for every view of the status page, whatever it shows. A new view is held to all of it by one call of
//! [`check_view`].

use super::{Browser, TAB, USUAL};
use serde_json::json;
use std::collections::BTreeSet;

/// A small phone.
pub const NARROW: (u32, u32) = (360, 740);

/// Opens a view and checks it wide and narrow, light and dark.
#[track_caller]
pub fn check_view(browser: &Browser, url: &str) {
    browser.open(url);
    check_markup(browser);
    check_nothing_foreign(browser);
    check_contrast(browser);
    check_width(browser);
    check_focus(browser);
    check_no_outside_requests(browser);
    check_no_console_errors(browser);
}

/// One of `checks.js`.
#[track_caller]
pub fn found(browser: &Browser, check: &str) -> Vec<String> {
    let found = browser.script(include_str!("checks.js"), &[json!(check)]);
    found.as_array().unwrap().iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

#[track_caller]
fn none(browser: &Browser, what: &str, wrong: &[String]) {
    let at = browser.script("return location.href", &[]);
    assert!(wrong.is_empty(), "{what} at {at}:\n{}", wrong.join("\n"));
}

/// Landmarks, labels, heads of tables, levels of headings, ids.
#[track_caller]
pub fn check_markup(browser: &Browser) {
    none(browser, "markup", &found(browser, "markup"));
}

/// No element or attribute is there that text from a feed could have made.
#[track_caller]
pub fn check_nothing_foreign(browser: &Browser) {
    none(browser, "foreign", &found(browser, "foreign"));
}

/// Text is readable in both colour schemes, and they differ.
#[track_caller]
pub fn check_contrast(browser: &Browser) {
    let grounds = [true, false].map(|dark| {
        browser.dark(dark);
        none(browser, if dark { "contrast, dark" } else { "contrast, light" }, &found(browser, "contrast"));
        browser.script("return getComputedStyle(document.body).backgroundColor", &[])
    });
    assert_ne!(grounds[0], grounds[1], "dark mode changes nothing");
}

/// Nothing scrolls sideways on a small phone, nor on a laptop.
#[track_caller]
pub fn check_width(browser: &Browser) {
    for (width, height) in [NARROW, USUAL] {
        browser.resize(width, height);
        none(browser, "width", &found(browser, "width"));
    }
}

/// Tab reaches everything that one can do, and shows where it is. For a page that was just opened.
#[track_caller]
pub fn check_focus(browser: &Browser) {
    let mut missing: BTreeSet<String> = found(browser, "interactive").into_iter().collect();
    let mut wrong = Vec::new();
    // Once around, and past the window's own stop.
    for _ in 0..missing.len() + 2 {
        browser.keys(TAB);
        if let [place, seen] = found(browser, "focus").as_slice() {
            if seen == "unseen" {
                wrong.push(format!("{place} does not show that it has the focus"));
            }
            missing.remove(place);
        }
    }
    wrong.extend(missing.iter().map(|place| format!("Tab does not reach {place}")));
    none(browser, "focus", &wrong);
}

/// Everything that was asked for since the page was opened came from where the page came from.
#[track_caller]
pub fn check_no_outside_requests(browser: &Browser) {
    let origin = browser.script("return location.origin + '/'", &[]);
    let mut asked = browser.requests();
    assert!(!asked.is_empty(), "not even the page itself was asked for");
    asked.retain(|url| !url.starts_with(origin.as_str().unwrap()));
    none(browser, "requests", &asked);
}

/// Neither errors nor warnings since the page was opened: no script failed, nothing was missing, no policy was broken.
#[track_caller]
pub fn check_no_console_errors(browser: &Browser) {
    none(browser, "console", &browser.console());
}
