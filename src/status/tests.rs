use super::*;
use crate::model::{
    ArticleSummary, Change, FeedId, FeedSnapshot, FeedState, FigureSummary, Issue, ItemId, Kind, Metric, Number,
    Qualifier, Relation, Stage, Status, Unit,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const HOSTILE: &str = "\"><script>alert('1')</script>&<img src=x onerror=alert(1)>\u{202e}";

fn figure() -> FigureSummary {
    FigureSummary {
        place: Some(HOSTILE.to_owned()),
        metric: Metric::Deaths,
        kind: Kind::Cumulative,
        period: None,
        value: Some(Number(1_240.0)),
        value_max: None,
        unit: Unit::Count,
        per: None,
        qualifier: Qualifier::MoreThan,
        as_of: Some(HOSTILE.to_owned()),
        status: Status::Reported,
    }
}

fn snapshot() -> Snapshot {
    let started = "2021-03-05T10:00:00Z".parse().unwrap();
    let mut snapshot = Snapshot::new(started);
    snapshot.feeds.push(FeedSnapshot {
        id: FeedId("norwire".to_owned()),
        url: HOSTILE.to_owned(),
        title: Some(HOSTILE.to_owned()),
        state: FeedState::BackingOff,
        next_poll: Some(started),
        last_success: None,
        interval_seconds: 300.0,
        errors: 3,
        last_error: Some(Issue::new(Stage::Fetch, HOSTILE, HOSTILE)),
        items: 20,
        observed: 12,
        held: false,
        held_why: None,
        push: Some(crate::model::PushSnapshot {
            standing: "live".to_owned(),
            hub: HOSTILE.to_owned(),
            until: None,
            why: Some(HOSTILE.to_owned()),
        }),
    });
    for url in ["https://wire.example/a?b=1&c=\"2\"", "javascript:alert(1)"] {
        snapshot.latest.push_front(ArticleSummary {
            id: ItemId(HOSTILE.to_owned()),
            revision: 2,
            feed: FeedId(HOSTILE.to_owned()),
            headline: Some(HOSTILE.to_owned()),
            url: Some(url.to_owned()),
            observed: Some(started),
            agency: Some(HOSTILE.to_owned()),
            change: Change::Correction,
            relation: Relation::Update,
            of: Some(ItemId(HOSTILE.to_owned())),
            origin_agency: Some(HOSTILE.to_owned()),
            observations: 9,
            figures: vec![figure(), figure(), figure(), figure(), figure(), figure(), figure()],
        });
    }
    snapshot.publisher.to = HOSTILE.to_owned();
    snapshot.publisher.last_error = Some(HOSTILE.to_owned());
    snapshot
}

/// One request to a server with this snapshot; head and body of the answer.
async fn ask(snapshot: Snapshot, request: &str) -> (String, String) {
    let (sender, receiver) = watch::channel(snapshot);
    let cancel = CancellationToken::new();
    let options = Options { listen: "127.0.0.1:0".to_owned(), hosts: Vec::new() };
    let metrics = crate::metrics::install().unwrap();
    let (address, task) = serve(&options, receiver, metrics, Vec::new(), cancel.clone()).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    cancel.cancel();
    task.await.unwrap();
    drop(sender);
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[track_caller]
fn check(snapshot: Snapshot, request: &str, status: &str, in_body: &[&str]) -> (String, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (head, body) = runtime.block_on(ask(snapshot, request));
    assert!(head.starts_with(&format!("HTTP/1.1 {status}")), "{head}");
    for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"] {
        assert!(head.contains(header), "{head}");
    }
    for part in in_body {
        assert!(body.contains(part), "{part} in {body}");
    }
    (head, body)
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
}

#[test]
fn nothing_from_a_feed_becomes_markup() {
    let (_, body) =
        check(snapshot(), &get("/"), "200", &["&lt;script&gt;", "norwire", "backing off", "3 times in a row"]);
    assert_eq!(body.matches("<script").count(), 1, "only our own script");
    assert!(!body.contains("<img") && !body.contains("javascript:") && !body.contains('\u{202e}'));
    for tag in
        ["section", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "p", "a", "main", "ul", "li", "b"]
    {
        let opened = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
        assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "{tag}");
    }
    for part in ["revision 2 · correction", "<b>&gt; 1\u{2009}240</b> deaths, cumulative", "and 3 more"] {
        assert!(body.contains(part), "{part} in {body}");
    }
    assert!(body.contains("href=\"https://wire.example/a?b=1&amp;c=&quot;2&quot;\""));
}

#[test]
fn machines_are_served_too() {
    check(snapshot(), &get("/livez"), "200", &["ok"]);
    check(snapshot(), &get("/readyz"), "503", &["not ready"]);
    check(snapshot(), &get("/readyz?verbose"), "503", &["[-] publisher", "[+] intake accepting", "[-] feeds 0 of 1"]);
    let ready = Snapshot { ready: true, ..snapshot() };
    check(ready, &get("/readyz"), "200", &["ready"]);
    check(snapshot(), &get("/metrics"), "200", &["dateline_build_info"]);
    check(snapshot(), &get("/version"), "200", &[env!("CARGO_PKG_VERSION")]);
    let (head, body) = check(snapshot(), &get("/api/v1/status"), "200", &[]);
    assert!(head.contains("content-type: application/json"));
    let shown: Snapshot = serde_json::from_str(&body).unwrap();
    assert_eq!(shown, snapshot());
    check(snapshot(), &get("/api/v1/feeds"), "200", &["norwire"]);
    check(snapshot(), &get("/page.js"), "200", &["use strict"]);
    check(snapshot(), &get("/nothing"), "404", &[]);
}

#[test]
fn foreign_hosts_and_changes_are_refused() {
    check(snapshot(), &get("/").replace("127.0.0.1", "rebound.example"), "421", &["[status] hosts"]);
    check(snapshot(), &get("/livez").replace("Host: 127.0.0.1\r\n", ""), "4", &[]);
    check(snapshot(), &get("/").replace("GET", "POST"), "405", &[]);
}
