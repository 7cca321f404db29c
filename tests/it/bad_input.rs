//! Bad input: each kind gives a stated problem on the record, the feed's status or the log, and costs nobody else.

use crate::harness::{Entry, Reply, Site, lines, page, rss, shared};
use serde_json::Value;
use std::{fs, path::PathBuf};

fn entry<'a>(title: &'a str, text: &'a str) -> Entry<'a> {
    Entry {
        guid: title,
        title,
        link: "https://wire.example/story".into(),
        description: text,
        published: "Tue, 06 Oct 2020 12:05:00 GMT",
    }
}

const TEXT: &str = "The harbour of the northern town was closed on Tuesday after a storm tore two fishing boats from their moorings, the port authority said.";

#[test]
fn broken_feeds_say_why_and_cost_nobody_else() {
    let site = Site::new();
    site.settings("[fetch]\nmax_body = \"16MiB\"\n");
    let feeds: Vec<(&str, Reply)> = vec![
        ("html", Reply::html(page("Not a feed", &[TEXT]))),
        ("empty", Reply::rss("")),
        ("huge", Reply::rss(vec![b' '; 100 << 20])),
        ("noise", Reply::rss((0u32..20_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect::<Vec<u8>>())),
        ("missing", Reply::status(404)),
        ("failing", Reply::status(500)),
    ];
    for (id, reply) in &feeds {
        site.feed(id, "");
        site.server.serve(&format!("/{id}.xml"), reply.clone());
    }
    site.feed("good", "language = \"en\"");
    site.server.serve("/good.xml", Reply::rss(rss("Good", &[entry("Storm closes harbour", TEXT)])));
    // A port where nobody listens.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = site.command("run");
    command.args(["--once", "--feed-url", &format!("http://{silent}/feed.xml"), "--allow", &silent.to_string()]);
    let output = crate::harness::finished(&mut command);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(75), "{said}");
    let status = site.topic("feed-status.v1");
    for (id, _) in &feeds {
        assert!(said.contains(id), "{id} is not named: {said}");
        let last = status
            .iter()
            .rfind(|record| record["id"] == *id)
            .unwrap_or_else(|| panic!("no status of {id}: {status:#?}"));
        let code = last["last_error"]["code"].as_str().unwrap_or_default();
        assert!(!code.is_empty() && !last["last_error"]["detail"].as_str().unwrap().is_empty(), "{last:#}");
    }
    let articles = site.topic("articles.v1");
    assert_eq!(articles.len(), 1, "{articles:#?}");
    assert_eq!(articles[0]["headline"], "Storm closes harbour");
}

#[test]
fn nesting_that_overflows_a_parsers_stack_costs_only_itself() {
    let site = Site::new();
    let nested = format!("{}{}", "<media:group>".repeat(20_000), "</media:group>".repeat(20_000));
    let document = rss("Deep", &[entry("Before", TEXT), entry("Deep", TEXT), entry("After", TEXT)])
        .replace("<rss version=\"2.0\">", "<rss version=\"2.0\" xmlns:media=\"http://search.yahoo.com/mrss/\">")
        .replace("<title>Deep</title><link>", &format!("<title>Deep</title>{nested}<link>"));
    assert!(document.contains(&nested));
    site.feed("deep", "backfill = \"all\"");
    site.server.serve("/deep.xml", Reply::rss(document));
    let output = site.once();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let headlines: Vec<Value> = site.topic("articles.v1").iter().map(|article| article["headline"].clone()).collect();
    for headline in ["Before", "Deep", "After"] {
        assert!(headlines.contains(&Value::from(headline)), "{headlines:?}");
    }
}

#[test]
fn what_an_item_lacks_is_stated_not_made_up() {
    let site = Site::new();
    let document = "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>Lacking</title>\
        <item><guid>no-date</guid><title>Undated</title><link>https://wire.example/1</link><description>A ferry ran aground in the strait at dawn and was towed free by noon.</description><pubDate>the day after tomorrow</pubDate></item>\
        <item><title>No guid</title><link>https://wire.example/2</link><description>A museum in the old town opened its doors again after nine years of works.</description></item>\
        <item><guid>empty</guid><title>Nothing but a headline</title><link>https://wire.example/3</link></item>\
        </channel></rss>";
    site.feed("lacking", "language = \"en\"");
    site.server.serve("/lacking.xml", Reply::rss(document));
    site.feed("finnish", "language = \"fi\"");
    let finnish = "Satama suljettiin tiistaina myrskyn vuoksi, kertoi kaupungin satamaviranomainen iltapäivällä antamassaan tiedotteessa.";
    site.server.serve("/finnish.xml", Reply::rss(rss("Suomeksi", &[entry("Satama suljettu", finnish)])));
    site.feed("pageless", "language = \"en\"\nfull_text = true");
    let link = site.server.url("/no-such-page.html");
    site.server.serve("/pageless.xml", Reply::rss(rss("Pageless", &[Entry { link, ..entry("Page is gone", TEXT) }])));
    let output = site.once();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let articles = site.topic("articles.v1");
    let find = |headline: &str| {
        articles
            .iter()
            .find(|article| article["headline"] == headline)
            .unwrap_or_else(|| panic!("no {headline}: {articles:#?}"))
    };
    let codes = |article: &Value| {
        article["issues"]
            .as_array()
            .unwrap()
            .iter()
            .map(|issue| issue["code"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let undated = find("Undated");
    assert!(undated["published"].is_null() && undated["published_raw"] == "the day after tomorrow", "{undated:#}");
    assert!(codes(undated).contains(&"date_unreadable".to_owned()), "{undated:#}");
    assert!(find("No guid")["guid"].is_null());
    assert_eq!(find("Nothing but a headline")["completeness"], "headline_only");
    assert!(codes(find("Satama suljettu")).contains(&"language_unsupported".to_owned()));
    let pageless = find("Page is gone");
    assert_eq!(pageless["completeness"], "partial");
    assert!(!codes(pageless).is_empty(), "{pageless:#}");
}

fn files(directory: PathBuf, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(path, found);
        } else {
            found.push(path);
        }
    }
}

/// Runs `process` over many files at once; a crash or a hang of one would end the run.
fn process(inputs: &[PathBuf], from: &str, until: &str) -> Vec<Value> {
    let mut command = crate::harness::dateline();
    command.args(["process", "--from", from, "--until", until]).args(inputs);
    let output = crate::harness::finished(&mut command);
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{:?} {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    lines(&output.stdout)
}

#[test]
fn real_feeds_are_read_or_say_why_not() {
    let Some(directory) = shared("data/gofeed-testdata") else { return };
    let mut inputs = Vec::new();
    files(directory, &mut inputs);
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "xml"));
    inputs.sort();
    assert!(inputs.len() > 300);
    let results = process(&inputs, "feed", "parse");
    assert_eq!(results.len(), inputs.len(), "one line for each input");
    for (path, result) in inputs.iter().zip(&results) {
        let stated = result["error"]["code"].is_string()
            || result["problems"].as_array().is_some_and(|problems| !problems.is_empty());
        let empty = result["items"].as_array().is_none_or(Vec::is_empty)
            && result["feed"].as_object().is_none_or(|feed| feed.values().all(Value::is_null));
        assert!(!empty || stated, "{} came out empty without a problem", path.display());
    }
}

#[test]
fn real_pages_are_read_or_say_why_not() {
    let Some(directory) = shared("data/readability-news-pages") else { return };
    let mut inputs = Vec::new();
    files(directory, &mut inputs);
    inputs.retain(|path| path.ends_with("source.html"));
    inputs.sort();
    assert!(inputs.len() > 30);
    let results = process(&inputs, "page", "dedup");
    assert_eq!(results.len(), inputs.len());
    for (path, result) in inputs.iter().zip(&results) {
        let stated =
            result["error"]["code"].is_string() || result["issues"].as_array().is_some_and(|issues| !issues.is_empty());
        assert!(
            result["body"].as_str().is_some_and(|body| !body.is_empty()) || stated,
            "{} came out empty without a problem",
            path.display()
        );
    }
}
