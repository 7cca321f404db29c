//! What a misbehaving server comes to in the daemon: nothing lost, nothing doubled, no hammering, and a name for it.

use super::{
    FeedServer,
    server::{Act, Asked, conditional, document, host, plain, response},
};
use crate::harness::{Site, wait_for};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

/// A machine that builds beside the tests takes its time to begin.
const PATIENCE: Duration = Duration::from_secs(60);

/// A site whose one feed is at the n-th host of a server.
fn add(site: &Site, server: &FeedServer, n: usize, id: &str, path: &str, more: &str) {
    let allow = format!("allow = [\"{}:{}\"]\nbackfill = \"all\"\nlanguage = \"en\"", host(n), server.port);
    let interval = if more.contains("interval") { "" } else { "\ninterval = \"100ms\"" };
    site.feed_at(id, &server.url(n, path), &format!("{allow}{interval}\n{more}"));
}

fn events(site: &Site, feed: &str, kind: &str) -> Vec<Value> {
    let is = |event: &Value| event["feed"] == feed && event["kind"] == kind;
    site.topic("events.v1").into_iter().filter(is).collect()
}

fn last_status(site: &Site, feed: &str) -> Value {
    site.topic("feed-status.v1").into_iter().rfind(|record| record["id"] == feed).unwrap_or_default()
}

/// Published revisions of each guid of a feed.
fn revisions(site: &Site, feed: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for article in site
        .topic("articles.v1")
        .iter()
        .filter(|article| article["id"].as_str().unwrap().starts_with(&format!("{feed}:")))
    {
        *found.entry(article["guid"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    found
}

#[test]
fn c1_retry_after_is_obeyed_and_an_absurd_one_bounded() {
    let server = FeedServer::start(|asked: &Asked| {
        let date = jiff::Timestamp::now().checked_add(jiff::SignedDuration::from_secs(3)).unwrap();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date).unwrap();
        let after = match asked.path.as_str() {
            "/seconds" => "2".to_owned(),
            "/date" => date,
            "/absurd" => "9".repeat(40),
            _ => "soon".to_owned(),
        };
        plain("429 Slow down", &format!("Retry-After: {after}\r\n"), b"")
    });
    let site = Site::new();
    for (n, id) in ["seconds", "date", "absurd", "words"].into_iter().enumerate() {
        add(&site, &server, n, id, &format!("/{id}"), "");
    }
    let daemon = site.spawn();
    wait_for(PATIENCE, "two polls of each that says when", || {
        (server.asked("/seconds").len() > 1 && server.asked("/date").len() > 1).then_some(())
    });
    let between = |path: &str| {
        let asked = server.asked(path);
        asked[1].at - asked[0].at
    };
    eprintln!(
        "C1: Retry-After 2 waited {:?}, a date in 3 s {:?}; an absurd one asked {} times, words {} times",
        between("/seconds"),
        between("/date"),
        server.asked("/absurd").len(),
        server.asked("/words").len()
    );
    assert!(between("/seconds") >= Duration::from_secs(2) && between("/date") >= Duration::from_secs(2));
    assert_eq!(server.asked("/absurd").len(), 1);
    assert!(server.asked("/words").len() > 2);
    daemon.kill();
}

#[test]
fn c4_a_cut_feed_is_taken_as_far_as_it_came_and_asked_for_again() {
    let whole = document(&["one", "two", "three"]);
    let server = FeedServer::start(move |asked: &Asked| {
        let cut = whole.find("three").unwrap();
        match asked.number {
            1 => {
                let head = format!("HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: {}\r\n\r\n", whole.len());
                vec![Act::Send(head.into_bytes()), Act::Send(whole.as_bytes()[..cut].to_vec()), Act::Close]
            }
            _ => conditional(asked, "\"1\"", &whole),
        }
    });
    let site = Site::new();
    add(&site, &server, 0, "cut", "/cut", "");
    let daemon = site.spawn();
    wait_for(PATIENCE, "all three items", || (revisions(&site, "cut").len() == 3).then_some(()));
    wait_for(PATIENCE, "a conditional request", || (server.asked("/cut").len() > 3).then_some(()));
    let asked = server.asked("/cut");
    let lost = 3 - revisions(&site, "cut").len();
    let doubled: usize = revisions(&site, "cut").values().map(|n| n - 1).sum();
    eprintln!("C4: lost {lost}, doubled {doubled}; the request after the cut one was unconditional");
    assert_eq!((lost, doubled), (0, 0));
    assert!(asked[1].header("if-none-match").is_none() && asked[2].header("if-none-match").is_some());
    daemon.kill();
}

#[test]
fn c8_servers_that_lie_about_changes_cost_nothing() {
    let documents: Vec<String> =
        vec![document(&["one"]), document(&["two", "one"]), document(&["three", "two", "one"])];
    let now = Arc::new(AtomicUsize::new(0));
    let shown = Arc::clone(&now);
    let all = documents.clone();
    let server = FeedServer::start(move |asked: &Asked| {
        let now = shown.load(Ordering::SeqCst);
        let body = &all[now];
        let conditional_request = asked.header("if-none-match").or(asked.header("if-modified-since")).is_some();
        let unmodified = || vec![Act::Send(b"HTTP/1.1 304 Not Modified\r\n\r\n".to_vec())];
        match asked.path.as_str() {
            "/forever" if conditional_request => unmodified(),
            "/forever" => plain("200 OK", "ETag: \"x\"\r\n", body),
            "/same-tag" => plain("200 OK", "ETag: \"x\"\r\n", body),
            "/flapping" => plain("200 OK", &format!("ETag: \"{}\"\r\n", asked.number), body),
            "/weak" => conditional(asked, &format!("W/\"{now}\""), body),
            "/mixed" => plain("200 OK", &format!("ETag: {}\"{now}\"\r\n", ["", "W/"][asked.number % 2]), body),
            "/future" if conditional_request => unmodified(),
            "/future" => plain("200 OK", "Last-Modified: Fri, 01 Jan 2100 00:00:00 GMT\r\n", body),
            "/unasked" if asked.number.is_multiple_of(2) => unmodified(),
            "/unasked" => plain("200 OK", "", body),
            _ => conditional(asked, &format!("\"{now}\""), body),
        }
    });
    let site = Site::new();
    site.settings("[fetch]\naudit_polls = 4\n");
    let feeds = ["forever", "same-tag", "flapping", "weak", "mixed", "future", "unasked", "honest"];
    for (n, id) in feeds.into_iter().enumerate() {
        add(&site, &server, n, id, &format!("/{id}"), "");
    }
    let daemon = site.spawn();
    for (step, wanted) in documents.iter().enumerate() {
        now.store(step, Ordering::SeqCst);
        let items = wanted.matches("<item>").count();
        for id in feeds {
            wait_for(PATIENCE, &format!("{items} items of {id}"), || {
                (revisions(&site, id).len() == items).then_some(())
            });
        }
    }
    let doubled: usize = feeds.iter().flat_map(|id| revisions(&site, id).into_values().map(|n| n - 1)).sum();
    let liars: Vec<_> = feeds.iter().filter(|id| !events(&site, id, "validators_lie").is_empty()).collect();
    eprintln!("C8: {} servers, lost 0, doubled {doubled}; found out: {liars:?}", feeds.len());
    assert_eq!(doubled, 0);
    assert_eq!(liars, [&"forever", &"same-tag"]);
    // Once found out, always asked whole; an honest one is asked conditionally.
    let last = server.asked("/forever").pop().unwrap();
    assert!(last.header("if-none-match").is_none());
    assert!(server.asked("/honest").iter().rev().take(3).any(|asked| asked.header("if-none-match").is_some()));
    assert!(
        server
            .asked("/weak")
            .iter()
            .any(|asked| asked.header("if-none-match").is_some_and(|tag| tag.starts_with("W/")))
    );
    daemon.kill();
    // And still after a restart.
    let before = server.asked("/forever").len();
    let daemon = site.spawn();
    wait_for(PATIENCE, "polls after the restart", || (server.asked("/forever").len() > before + 1).then_some(()));
    assert!(server.asked("/forever")[before..].iter().all(|asked| asked.header("if-none-match").is_none()));
    daemon.kill();
}

#[test]
fn c10_two_cache_nodes_that_disagree_are_no_news() {
    // Each node has its own version and its own tag, and requests meet them in turn.
    let server = FeedServer::start(|asked: &Asked| {
        let versions = [document(&["one", "two"]), document(&["one", "two"]).replace("Tuesday", "Monday")];
        let node = asked.number % 2;
        plain("200 OK", &format!("ETag: \"node-{node}\"\r\n"), &versions[node])
    });
    let site = Site::new();
    add(&site, &server, 0, "flapping", "/flapping", "");
    let daemon = site.spawn();
    wait_for(PATIENCE, "many polls", || (server.asked("/flapping").len() > 30).then_some(()));
    wait_for(PATIENCE, "both items", || (revisions(&site, "flapping").len() == 2).then_some(()));
    let revisions = revisions(&site, "flapping");
    let polls = server.asked("/flapping").len();
    daemon.kill();
    let too_many: usize = revisions.values().map(|n| n.saturating_sub(2)).sum();
    eprintln!("C10: {polls} polls of two nodes in turn, revisions {revisions:?}, doubled {too_many}");
    assert!(revisions.len() == 2 && too_many == 0, "{revisions:?}");
}

#[test]
fn c17_what_is_no_feed_is_named_and_keeps_the_validators() {
    let kinds: [(&str, &str, &str, &str); 9] = [
        ("page", "text/html", "<!DOCTYPE html><html><body><h1>Noon</h1></body></html>", "html_page"),
        ("json", "application/json", "{\"error\": 1}", "not_a_feed"),
        ("image", "image/png", "\u{89}PNG\r\n", "not_a_feed"),
        ("empty", "application/rss+xml", "", "empty"),
        ("login", "text/html", "<html><form><input type=\"password\" name=p></form></html>", "login_page"),
        ("consent", "text/html", "<html><body id=\"didomi-host\">We value your privacy</body></html>", "consent_page"),
        ("check", "text/html", "<html><title>Just a moment...</title></html>", "bot_check"),
        (
            "challenge",
            "text/html",
            "<html><script src=\"https://challenges.cloudflare.com/x.js\"></script></html>",
            "bot_check",
        ),
        ("captcha", "application/json", "{\"url\":\"https://geo.captcha-delivery.com/c\"}", "bot_check"),
    ];
    let server = FeedServer::start(move |asked: &Asked| {
        let (_, content_type, body, code) = kinds.iter().find(|(id, ..)| asked.path == format!("/{id}")).unwrap();
        if asked.number != 2 {
            return conditional(asked, "\"good\"", document(&["one"]));
        }
        // Some answer so with 200, some with 403 or 503.
        let status = match *code {
            "bot_check" if asked.host == host(6) => "503 Wait",
            "bot_check" if asked.host == host(7) => "403 Forbidden",
            _ => "200 OK",
        };
        plain(status, &format!("Content-Type: {content_type}\r\nETag: \"bad\"\r\n"), body)
    });
    let site = Site::new();
    for (n, (id, ..)) in kinds.iter().enumerate() {
        add(&site, &server, n, id, &format!("/{id}"), "");
    }
    let daemon = site.spawn();
    for (id, _, _, code) in kinds {
        let path = format!("/{id}");
        wait_for(PATIENCE, &format!("{id} to come back"), || (server.asked(&path).len() > 3).then_some(()));
        wait_for(PATIENCE, &format!("{id} to be named {code}"), || {
            let statuses = site.topic("feed-status.v1");
            let named = statuses.iter().any(|record| record["id"] == id && record["last_error"]["code"] == code);
            named.then_some(())
        });
        let asked = server.asked(&path);
        assert_eq!(asked[2].header("if-none-match"), Some("\"good\""), "{id}");
        wait_for(PATIENCE, "its item", || (revisions(&site, id).len() == 1).then_some(()));
    }
    eprintln!("C17: {} kinds named, validators kept {}/{}", kinds.len(), kinds.len(), kinds.len());
    daemon.kill();
}

#[test]
fn c18_a_window_that_was_overrun_is_said() {
    const WINDOW: usize = 20;
    let newest = Arc::new(AtomicUsize::new(WINDOW));
    let shown = Arc::clone(&newest);
    let server = FeedServer::start(move |_: &Asked| {
        let newest = shown.load(Ordering::SeqCst);
        let names: Vec<String> = (newest - WINDOW..newest).rev().map(|n| format!("item-{n:05}")).collect();
        plain("200 OK", "", document(&names.iter().map(String::as_str).collect::<Vec<_>>()))
    });
    let site = Site::new();
    add(&site, &server, 0, "busy", "/busy", "");
    let daemon = site.spawn();
    let mut planted = 0;
    for step in 0..12 {
        let before = server.asked("/busy").len();
        wait_for(PATIENCE, "two polls", || (server.asked("/busy").len() > before + 2).then_some(()));
        // Every third time the feed runs on by 500 items at once, else by a few.
        let overrun = step % 3 == 2;
        newest.fetch_add(if overrun { 500 } else { 5 }, Ordering::SeqCst);
        planted += usize::from(overrun);
    }
    wait_for(PATIENCE, "the gaps to be told", || (events(&site, "busy", "gap").len() >= planted).then_some(()));
    let found = events(&site, "busy", "gap").len();
    eprintln!("C18: gaps found {found}/{planted} planted");
    assert_eq!(found, planted);
    daemon.kill();
}

#[test]
fn a_move_is_followed_after_agreement_and_identical_feeds_are_one_fetch() {
    let server = FeedServer::start(|asked: &Asked| match asked.path.as_str() {
        "/old" => plain("301 Moved", "Location: /new\r\n", b""),
        "/to-a-page" => plain("308 Moved", "Location: /page\r\n", b""),
        "/page" => plain("200 OK", "Content-Type: text/html\r\n", b"<html><body>The new home</body></html>"),
        "/undecided" => plain("301 Moved", &format!("Location: /new-{}\r\n", asked.number % 2), b""),
        "/for-now" => plain("302 Found", "Location: /new\r\n", b""),
        "/ended" => plain("410 Gone", "", b""),
        path => conditional(asked, &format!("\"{}\"", path.len()), document(&["one"])),
    });
    let site = Site::new();
    let feeds = ["old", "to-a-page", "undecided", "for-now", "ended"];
    for (n, id) in feeds.into_iter().enumerate() {
        add(&site, &server, n, id, &format!("/{id}"), "");
    }
    // Three names for one thing.
    for id in ["twin-a", "twin-b", "twin-c"] {
        add(&site, &server, 9, id, "/twin", "interval = \"400ms\"");
    }
    let daemon = site.spawn();
    wait_for(PATIENCE, "the move", || (!events(&site, "old", "moved").is_empty()).then_some(()));
    wait_for(PATIENCE, "polls", || (server.asked("/for-now").len() > 12).then_some(()));
    let count = |path: &str| server.asked(path).len();
    eprintln!(
        "moves: the old address was asked {} times, an undecided one {}; 410 asked {}; three twins made {} requests in {} polls of one",
        count("/old"),
        count("/undecided"),
        count("/ended"),
        count("/twin"),
        count("/for-now") / 4
    );
    assert_eq!(count("/old"), 3);
    assert_eq!(count("/ended"), 1);
    assert!(count("/undecided") > 4 && events(&site, "undecided", "moved").is_empty());
    assert!(events(&site, "to-a-page", "moved").is_empty() && events(&site, "for-now", "moved").is_empty());
    wait_for(PATIENCE, "the end to be told", || (!events(&site, "ended", "gone").is_empty()).then_some(()));
    assert!(last_status(&site, "old")["moved_to"].as_str().unwrap().ends_with("/new"));
    for id in ["twin-a", "twin-b", "twin-c"] {
        wait_for(PATIENCE, &format!("the item of {id}"), || (revisions(&site, id).len() == 1).then_some(()));
    }
    daemon.kill();
    let (asked, begun) = (count("/twin"), std::time::Instant::now());
    let old = count("/old");
    let daemon = site.spawn();
    wait_for(PATIENCE, "the twins again", || (count("/twin") > asked + 5).then_some(()));
    let polls = begun.elapsed().as_millis() / 400 + 2;
    let made = (count("/twin") - asked) as u128;
    assert!(made <= polls + 2, "{made} requests in {polls} intervals");
    assert_eq!(count("/old"), old, "the new address is known after a restart");
    daemon.kill();
}

#[test]
fn credentials_go_to_their_origin_and_nowhere_else() {
    let elsewhere = FeedServer::start(|asked: &Asked| conditional(asked, "\"1\"", document(&["one"])));
    let target = elsewhere.url(50, "/elsewhere");
    let server = FeedServer::start(move |asked: &Asked| {
        let known = match asked.path.as_str() {
            "/basic" => asked.header("authorization") == Some("Basic ZGVzazpodW50ZXIy"),
            "/bearer" => asked.header("authorization") == Some("Bearer t0ken"),
            "/cookie" => asked.header("cookie") == Some("session=abc"),
            "/header" => asked.header("x-api-key") == Some("k-1"),
            _ => true,
        };
        match asked.path.as_str() {
            _ if !known => plain("401 Unauthorized", "", b""),
            "/leaves" => plain("301 Moved", &format!("Location: {target}\r\n"), b""),
            _ => vec![Act::Send(response("200 OK", "", document(&["one"]).as_bytes()))],
        }
    });
    let site = Site::new();
    std::fs::write(site.path("token"), "t0ken\n").unwrap();
    std::fs::write(site.path("key"), "k-1").unwrap();
    let file = |name: &str| site.path(name).display().to_string();
    let also = format!("\nallow = [\"{}:{}\", \"{}:{}\"]", host(4), server.port, host(50), elsewhere.port);
    for (n, (id, auth)) in [
        ("basic", "{ username = \"desk\", password_env = \"WIRE_PASSWORD\" }".to_owned()),
        ("bearer", format!("{{ bearer_file = {:?} }}", file("token"))),
        ("cookie", "{ cookie_env = \"WIRE_COOKIE\" }".to_owned()),
        ("header", format!("{{ header = \"X-Api-Key\", header_file = {:?} }}", file("key"))),
        ("leaves", format!("{{ bearer_file = {:?} }}", file("token"))),
    ]
    .into_iter()
    .enumerate()
    {
        if id == "leaves" {
            site.feed_at(id, &server.url(n, "/leaves"), &format!("backfill = \"all\"{also}\nauth = {auth}"));
        } else {
            add(&site, &server, n, id, &format!("/{id}"), &format!("auth = {auth}"));
        }
    }
    let mut command = site.command("run");
    command.arg("--once").env("WIRE_PASSWORD", "hunter2").env("WIRE_COOKIE", "session=abc");
    let output = crate::harness::finished(&mut command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    assert_eq!(site.topic("articles.v1").len(), 5);
    let strangers = elsewhere.asked("/elsewhere");
    assert!(strangers.len() == 1 && strangers[0].header("authorization").is_none(), "{strangers:?}");
    let secrets = ["hunter2", "t0ken", "session=abc", "k-1\"", "ZGVzazpodW50ZXIy"];
    let topics =
        ["articles.v1", "feed-status.v1", "events.v1"].map(|topic| format!("{:?}", site.topic(topic))).concat();
    let leaked = secrets.iter().filter(|secret| said.contains(**secret) || topics.contains(**secret)).count();
    eprintln!("credentials: 4 kinds known by their server, sent to a stranger 0, leaked {leaked}/{}", secrets.len());
    assert_eq!(leaked, 0, "{said}");
    // A secret that is not there is refused at start, by its name.
    let refused =
        crate::harness::finished(site.command("validate").env_remove("WIRE_PASSWORD").env("WIRE_COOKIE", "x"));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned() + &String::from_utf8_lossy(&refused.stdout);
    assert!(refused.status.code() == Some(78) && said.contains("WIRE_PASSWORD is not set"), "{said}");
}

#[test]
fn a_proxy_is_asked_for_everything_but_what_is_shut() {
    // The proxy answers for a name that exists nowhere, so nobody but it can have resolved it.
    let proxy = FeedServer::start(|asked: &Asked| {
        if asked.header("proxy-authorization") != Some("Basic ZGVzazpodW50ZXIy") {
            return plain("407 Proxy Authentication Required", "", b"");
        }
        conditional(asked, "\"1\"", document(&["one"]))
    });
    let site = Site::new();
    std::fs::write(site.path("password"), "hunter2").unwrap();
    let (address, password) = (format!("http://127.0.0.1:{}", proxy.port), site.path("password"));
    site.settings(&format!(
        "[fetch]\nproxy = \"{address}\"\nproxy_username = \"desk\"\nproxy_password_file = {password:?}\n"
    ));
    site.feed_at("far", "http://wire.invalid/rss", "backfill = \"all\"\nlanguage = \"en\"");
    site.feed_at("shut", "http://169.254.169.254/latest", "");
    let output = crate::harness::finished(site.command("run").arg("--once").env("http_proxy", "http://127.0.0.1:1"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(75), "{said}");
    assert_eq!(site.topic("articles.v1").len(), 1, "{said}");
    assert_eq!(last_status(&site, "shut")["last_error"]["code"], "address_refused");
    assert!(said.contains("through a proxy") && !said.contains("hunter2"), "{said}");
    let asked = proxy.seen.requests.lock().unwrap().clone();
    eprintln!("proxy: {} requests for http://wire.invalid, for a refused address 0", asked.len());
    assert!(asked.iter().all(|asked| asked.path == "http://wire.invalid/rss"), "{asked:?}");
}
