//! The status page of a running daemon, as a reader sees it and as a hostile feed would have it.

use super::{
    Browser, TAB,
    checks::{
        NARROW, check_contrast, check_markup, check_no_console_errors, check_no_outside_requests,
        check_nothing_foreign, check_view, check_width, found,
    },
};
use crate::{
    flow,
    harness::{Entry, Reply, Server, Site, address_of_page, escape, rss, wait_for},
};
use serde_json::{Value, json};
use std::time::Duration;

const DATE: &str = "Tue, 06 Oct 2020 12:05:00 +0300";

/// A place whose daemon has a status page.
pub fn site() -> Site {
    let site = Site::new();
    "[status]\nlisten = \"127.0.0.1:0\"\n".clone_into(&mut site.settings.lock().unwrap());
    site
}

pub fn address(site: &Site, path: &str) -> String {
    format!("http://{}{path}", address_of_page(&site.path("said")))
}

/// Waits until the daemon has published so many articles, nothing else waits, and the page shows them, which reads them
/// from a file of its own.
#[track_caller]
pub fn published(site: &Site, n_articles: usize) {
    wait_for(Duration::from_secs(60), &format!("{n_articles} articles"), || {
        let answer = site.ask("/api/v1/status");
        let status: Value = serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()?;
        let at_rest = status["intake"]["frames"] == 0;
        let shown = site.ask("/records").matches("</td></tr>").count();
        (status["latest"].as_array()?.len() == n_articles && at_rest && shown == n_articles).then_some(())
    });
}

#[track_caller]
pub fn shows(browser: &Browser, texts: &[&str]) {
    let shown = browser.text();
    texts.iter().for_each(|text| assert!(shown.contains(text), "{text} is not on the page:\n{shown}"));
}

#[test]
fn the_page_is_readable_by_everybody() {
    let (site, browser) = (site(), Browser::start());
    let story = flow::invented();
    for (feed, title) in [("tass-en", "TASS"), ("ended", "A feed that has ended")] {
        let (url, allow) = (site.server.url(&format!("/{feed}.xml")), site.server.authority());
        let more = "language = \"en\"\nfull_text = true\ninterval = \"1h\"";
        site.feed_at(feed, &url, &format!("title = \"{title}\"\nallow = [\"{allow}\"]\n{more}"));
        story.serve(&site, feed);
    }
    site.server.serve("/ended.xml", Reply::status(410));
    let _daemon = site.spawn();
    published(&site, 1);
    check_view(&browser, &address(&site, "/"));
    shows(&browser, &["tass-en", &story.headline, "Finland"]);
    check_view(&browser, &address(&site, "/feeds"));
    shows(&browser, &["tass-en", "A feed that has ended", "410"]);
    for (name, dark) in [("feeds", false), ("feeds-dark", true)] {
        browser.dark(dark);
        browser.screenshot(name);
    }
    browser.resize(NARROW.0, NARROW.1);
    browser.screenshot("feeds-narrow");
}

#[test]
fn a_story_appears_without_loading_the_page_again() {
    let (site, browser) = (site(), Browser::start());
    let entry =
        |guid, title| Entry { guid, title, link: site.server.url("/story"), description: title, published: DATE };
    let first = [entry("1", "The bridge at Rovaniemi is closed")];
    let both = [entry("1", "The bridge at Rovaniemi is closed"), entry("2", "A ferry replaces the bridge")];
    site.feed("wire", "");
    site.server.serve("/wire.xml", Reply::rss(rss("Wire", &first)));
    let _daemon = site.spawn();
    published(&site, 1);
    browser.open(&address(&site, "/"));
    browser.script("window.kept = true", &[]);
    site.server.serve("/wire.xml", Reply::rss(rss("Wire", &both)));
    browser.wait_for("document.body.innerText.includes('A ferry replaces')", "the second story on the page");
    assert_eq!(browser.script("return window.kept", &[]), true, "the page was loaded again");
    check_no_outside_requests(&browser);
    check_no_console_errors(&browser);
}

#[test]
fn everything_is_there_without_scripts() {
    let (site, browser) = (site(), Browser::start());
    site.feed("tass-en", "language = \"en\"\nfull_text = true");
    let story = flow::invented();
    story.serve(&site, "tass-en");
    let _daemon = site.spawn();
    published(&site, 1);
    browser.scripts(false);
    for view in ["/", "/feeds", "/records", "/covid?country=FI", "/names"] {
        browser.open(&address(&site, view));
        shows(&browser, &[if view == "/feeds" { "tass-en" } else { "Finland" }]);
        check_markup(&browser);
        check_contrast(&browser);
        check_width(&browser);
    }
    let asked = browser.requests();
    assert!(!asked.iter().any(|url| url.ends_with(".js")), "scripts are off: {asked:?}");
}

/// Says on the page that it has run.
const HIT: &str = "document.documentElement.dataset.hit=1";

/// What feeds have as text and would have as more.
fn hostile() -> Vec<String> {
    let mut texts: Vec<String> = [
        "\"><img src=x onerror=\"HIT\">",
        "<script>HIT</script>",
        "'><svg onload='HIT'><math><mtext><style><img src=x onerror=HIT>",
        "</style></title></textarea></noscript><iframe srcdoc=\"<script>parent.HIT</script>\"></iframe>",
        "<a href=\"javascript:HIT\">press</a><form action=https://outside.example><button>send",
        "<base href=https://outside.example/><link rel=stylesheet href=https://outside.example/x.css>",
        "<meta http-equiv=refresh content=\"0;url=https://outside.example\">",
        "{{constructor.constructor('HIT')()}} ${HIT} <%= HIT %>",
        "\u{202e}turned\u{2066} \u{0}nought\u{0} &#0; &lt;script&gt;HIT&lt;/script&gt;",
    ]
    .map(|text| text.replace("HIT", HIT))
    .to_vec();
    texts.push("endless".repeat(400));
    texts
}

#[test]
fn hostile_text_is_only_text() {
    let (site, browser) = (site(), Browser::start());
    let links = [
        format!("javascript:{HIT}"),
        format!("https://outside.example/\"onfocus=\"{HIT}\"autofocus=\""),
        format!("data:text/html,<script>{HIT}</script>"),
    ];
    let texts = hostile();
    let serve = |n: usize| {
        // In a title markup is taken for markup or for text, as it is written once or twice.
        let titles = [texts[n].clone(), escape(&texts[n])];
        let entries = titles.iter().zip(links.iter().cycle().skip(n)).map(|(title, link)| Entry {
            guid: title,
            title,
            link: link.clone(),
            description: title,
            published: DATE,
        });
        let document = rss(&texts[n], &entries.collect::<Vec<_>>());
        site.server.serve(&format!("/hostile-{n}.xml"), Reply::rss(document));
    };
    for (n, text) in texts.iter().enumerate() {
        site.feed(&format!("hostile-{n}"), &format!("title = {}", toml::Value::from(text.as_str())));
        if n > 0 {
            serve(n);
        }
    }
    let mut moved = Reply::status(301);
    moved.headers = vec![("Location".to_owned(), format!("javascript:{HIT}//<script>"))];
    site.server.serve("/moved.xml", moved);
    site.feed("moved", "");
    let _daemon = site.spawn();
    let unhurt = || {
        check_nothing_foreign(&browser);
        assert_eq!(browser.script("return document.documentElement.dataset.hit || null", &[]), Value::Null);
    };

    published(&site, 2 * texts.len() - 2);
    browser.open(&address(&site, "/records"));
    unhurt();
    serve(0);
    let there = format!("document.body.innerText.includes({})", json!(texts[0]));
    browser.wait_for(&there, "hostile text in a page that was open");
    unhurt();
    check_no_outside_requests(&browser);
    check_no_console_errors(&browser);

    let plain: Vec<&str> = texts.iter().filter(|text| !text.contains('\0')).map(String::as_str).collect();
    for view in ["/", "/feeds", "/records", "/names", "/stories"] {
        check_view(&browser, &address(&site, view));
        unhurt();
        // What was in titles is there, as text.
        if view == "/feeds" || view == "/records" {
            shows(&browser, &plain);
            shows(&browser, &["turned", "nought"]);
        }
        if view == "/feeds" {
            shows(&browser, &["javascript:"]);
        }
    }
    browser.open(&address(&site, "/records"));
    browser.click("#page tbody th a");
    browser.wait_for("location.pathname === '/record'", "the record");
    let record = browser.script("return location.pathname + location.search", &[]);
    check_view(&browser, &address(&site, record.as_str().unwrap()));
    unhurt();
}

#[test]
fn the_policy_stops_what_would_get_through() {
    let (site, browser) = (site(), Browser::start());
    site.feed("absent", "");
    let _daemon = site.spawn();
    let answer = site.ask("/").to_lowercase();
    assert!(answer.contains("\r\ncontent-security-policy: default-src 'none';"), "{answer}");
    browser.open(&address(&site, "/"));
    browser.script(
        "window.stopped = new Set();
        document.addEventListener('securitypolicyviolation', event => stopped.add(event.effectiveDirective));
        const script = document.body.appendChild(document.createElement('script'));
        script.textContent = arguments[0];
        document.body.insertAdjacentHTML('beforeend', `<button onclick='${arguments[0]}'>press</button>
            <style>body { color: red }</style><img src='https://outside.example/x.png'>
            <iframe srcdoc='<script>parent.${arguments[0]}</script>'></iframe>`);
        fetch('https://outside.example/').catch(() => {});",
        &[json!(HIT)],
    );
    browser.click("button:last-of-type");
    let kinds = "script-src-elem script-src-attr style-src-elem img-src connect-src";
    browser.wait_for(
        &format!("'{kinds}'.split(' ').every(kind => stopped.has(kind))"),
        &format!("the policy to stop {kinds}"),
    );
    assert_eq!(browser.script("return document.documentElement.dataset.hit || null", &[]), Value::Null);
    // Which the checks would have told.
    assert!(browser.console().len() >= 5);
    assert!(found(&browser, "foreign").len() >= 4);
}

#[test]
fn each_check_finds_what_it_is_for() {
    let (server, browser) = (Server::start(), Browser::start());
    let page = "<!doctype html><html><head><title>Bad</title><meta name=viewport content='width=device-width'>
        <style>body { background: white } p { color: #999 } p + p { color: black; opacity: .4 } b::before { content: 'faint'; color: #aaa }
        :focus { outline: none } div { width: 1500px }</style></head>
        <body><h1>One</h1><h3>Three</h3><p id=twice>faint</p><p id=twice>faded</p><b></b><div>wide</div>
        <table><tr><th>Head</th></tr></table><img src='http://outside.example/x.png' onload='1'>
        <button aria-labelledby=nobody>press</button><a href='javascript:1'></a><input></body></html>";
    server.serve("/", Reply::html(page));
    browser.open(&server.url("/"));
    for (check, told) in [
        ("markup", "no language"),
        ("markup", "0 elements main"),
        ("markup", "skips a level"),
        ("markup", "has an id that another has"),
        ("markup", "neither caption nor label"),
        ("markup", "has no scope"),
        ("markup", "has no alt"),
        ("markup", "“nobody”, which is not there"),
        ("markup", "<a> “” has no name"),
        ("markup", "has no label"),
        ("contrast", "“faint”: rgb(153, 153, 153) has a contrast of 2.85"),
        ("contrast", "“faded”: rgb(0, 0, 0) has a contrast of 2.85"),
        ("contrast", "<b> “”::before"),
        ("width", "<div> “wide”"),
        ("foreign", "has onload=1"),
        ("foreign", "loads http://outside.example/x.png"),
        ("foreign", "leads to javascript:1"),
        ("foreign", "there is <style>"),
    ] {
        let found = found(&browser, check);
        assert!(found.iter().any(|one| one.contains(told)), "{told} is not among {found:#?}");
    }
    browser.keys(TAB);
    assert_eq!(found(&browser, "focus").last().map(String::as_str), Some("unseen"));
    assert!(browser.requests().iter().any(|url| url == "http://outside.example/x.png"));
    assert!(browser.console().iter().any(|line| line.contains("ERR_NAME_NOT_RESOLVED")));
}
