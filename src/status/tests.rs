use super::*;
use crate::history;
use crate::model::{
    ArticleSummary, Change, FeedId, FeedSnapshot, FeedState, FigureSummary, Issue, ItemId, Kind, Metric, Number,
    Qualifier, Record, Relation, Shown, Stage, Status, Topic, Unit,
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
            id: ItemId(format!("{HOSTILE}{url}")),
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

/// A revision with hostile text wherever text can be.
fn hostile(mut summary: ArticleSummary) -> Shown {
    if summary.url.as_ref().is_some_and(|url| url.starts_with("https")) {
        (summary.change, summary.relation) = (Change::New, Relation::Original);
    }
    let article = serde_json::json!({
        "headline": HOSTILE, "summary": HOSTILE, "body": HOSTILE.repeat(3), "wire": { "byline": HOSTILE, HOSTILE: HOSTILE },
        "entities": [{ "type": HOSTILE, "name": HOSTILE, "mentions": [{ "start": 2, "end": 9 }] }],
        "quotes": [{ "start": 0, "end": 30, "speaker": HOSTILE }],
        "covid": { "observations": [{ "id": HOSTILE, "sentence": { "start": 1, "end": 60 }, "spans": { "value": [4, 6] } }] },
        "duplicate": { "relation": "update", "of": HOSTILE, "reason": HOSTILE }, "changes": [{ "field": HOSTILE, "from": HOSTILE, "to": HOSTILE }],
        "issues": [{ "code": HOSTILE, "detail": HOSTILE }],
    });
    let claim = history::tests::claim(&serde_json::json!({
        "id": format!("{}/{HOSTILE}", summary.id), "item": summary.id, "revision": 2, "feed": HOSTILE, "agency": HOSTILE,
        "url": HOSTILE, "headline": HOSTILE, "place": HOSTILE, "source": HOSTILE, "sentence": HOSTILE,
        "value_text": HOSTILE, "in_background": true, "rule": HOSTILE,
    }));
    let record = |topic, value: serde_json::Value| Record {
        topic,
        key: HOSTILE.to_owned(),
        headers: vec![(HOSTILE.to_owned(), HOSTILE.to_owned())],
        value: Some(value.to_string().into_bytes()),
    };
    Shown {
        published: None,
        backfilled: false,
        story: Some(HOSTILE.to_owned()),
        entities: vec![(crate::model::EntityType::Person, HOSTILE.to_owned())],
        item: None,
        records: vec![record(Topic::Articles, article), record(Topic::CovidStats, claim)],
        summary,
    }
}

/// One request to a server with this snapshot; head and body of the answer.
async fn ask(snapshot: Snapshot, request: &str) -> (String, String) {
    let directory = tempfile::tempdir().unwrap();
    let articles: Vec<ArticleSummary> = snapshot.latest.iter().cloned().collect();
    let (sender, receiver) = watch::channel(snapshot);
    let history = History::open(directory.path(), receiver.clone()).unwrap();
    history.note(articles.into_iter().map(hostile).collect());
    while history.ask(|db| history::latest(db, None, None, 2)).await.unwrap().len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let cancel = CancellationToken::new();
    let options = Options { listen: "127.0.0.1:0".to_owned(), hosts: Vec::new() };
    let metrics = crate::metrics::install().unwrap();
    let (data_dir, history, tap) = (directory.path().to_owned(), Some(history), Tap::default());
    let watched = Watched { snapshot: receiver, metrics, data_dir, history, tap, cancel: cancel.clone() };
    let (address, task) = serve(&options, watched, Vec::new()).await.unwrap();
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
    let item: String =
        url::form_urlencoded::byte_serialize(format!("{HOSTILE}javascript:alert(1)").as_bytes()).collect();
    let of_item = format!("/record?item={item}");
    for (path, parts) in [
        ("/", &["&lt;script&gt;", "revision 2", "and 3 more", "<b>&gt; 1\u{2009}240</b> deaths, cumulative"][..]),
        ("/feeds", &["&lt;script&gt;", "norwire", "backing off", "3 times in a row", "and pushed by &quot;"]),
        ("/records", &["&lt;script&gt;", "revision 2"]),
        ("/records?feed=%3Cscript%3E", &["Published from &lt;script&gt;"]),
        (
            of_item.as_str(),
            &["m-figure m-name m-quote m-sentence", "<del>&quot;&gt;&lt;script&gt;", "<h2 id=\"published\">"],
        ),
        ("/record?item=%3Cscript%3E", &["&lt;script&gt; is not among the records"]),
        (
            "/covid?country=NO",
            &["<q>&quot;&gt;&lt;script&gt;", "<circle class=\"stands\"", "standing background", "1 series"],
        ),
        ("/covid?country=%3Cscript%3E&of=%3Cscript%3E", &["&lt;script&gt;"]),
        ("/names", &["&lt;script&gt;", ">new<"]),
        ("/stories", &["&lt;script&gt;", "First told as"]),
    ] {
        let status = if path.starts_with("/record?item=%3C") { "404" } else { "200" };
        let (_, body) = check(snapshot(), &get(path), status, parts);
        assert_eq!(body.matches("<script").count(), 1, "only our own script: {path}");
        assert!(!body.contains("<img") && !body.contains("href=\"javascript:") && !body.contains('\u{202e}'), "{path}");
        for tag in
            ["section", "div", "table", "thead", "tbody", "tr", "th", "td", "span", "p", "a", "main", "ul", "li", "b"]
        {
            let opened = body.matches(&format!("<{tag}>")).count() + body.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, body.matches(&format!("</{tag}>")).count(), "{tag} in {path}: {body}");
        }
    }
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
    for (path, part) in [
        ("/api/v1/traffic", "["),
        ("/api/v1/freshness", "["),
        ("/api/v1/records", "\"revision\":2"),
        ("/api/v1/covid?country=NO", "\"claims\":2"),
        ("/api/v1/names", "\"kind\":\"person\""),
        ("/api/v1/stories", "\"items\":2"),
    ] {
        let (_, body) = check(snapshot(), &get(path), "200", &[part]);
        serde_json::from_str::<serde_json::Value>(&body).unwrap();
    }
    check(snapshot(), &get("/api/v1/record?item=x"), "404", &["not remembered"]);
    check(snapshot(), &get("/record"), "400", &["item"]);
    check(snapshot(), &get("/records?before=x"), "400", &["before"]);
    check(snapshot(), &get("/api/v1/tap?stage=cook"), "400", &["stage: expected one of fetch, parse"]);
    check(snapshot(), &get("/page.js"), "200", &["use strict"]);
    check(snapshot(), &get("/nothing"), "404", &[]);
}

#[test]
fn foreign_hosts_and_changes_are_refused() {
    check(snapshot(), &get("/").replace("127.0.0.1", "rebound.example"), "421", &["[status] hosts"]);
    check(snapshot(), &get("/livez").replace("Host: 127.0.0.1\r\n", ""), "4", &[]);
    check(snapshot(), &get("/").replace("GET", "POST"), "405", &[]);
}
