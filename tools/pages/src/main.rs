//! Our reader of pages and others, side by side: paths of pages come in on standard input, one a line; a line of JSON goes out for
//! each reader and page, with the text, what is said about it and the processor's time it took. Arguments name the readers.

use cpu_time::ThreadTime;
use serde_json::{Value, json};
use std::io::BufRead;
use std::panic::{AssertUnwindSafe, catch_unwind};

type Reader = fn(&str) -> Value;

const READERS: [(&str, Reader); 3] =
    [("dateline", ours), ("rs-trafilatura", rs_trafilatura), ("dom_smoothie", dom_smoothie)];

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        let page = String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).into_owned();
        for (name, read) in READERS.into_iter().filter(|(name, _)| is_wanted(name)) {
            let start = ThreadTime::now();
            let found = catch_unwind(AssertUnwindSafe(|| read(&page))).unwrap_or_else(|_| json!({"panicked": true}));
            println!(
                "{}",
                json!({"reader": name, "page": path, "ms": start.elapsed().as_secs_f64() * 1e3, "found": found})
            );
        }
    }
}

fn ours(page: &str) -> Value {
    let feed = dateline::model::Feed::new("f", "https://wire.example/");
    let found = dateline::clean::page(&feed, None, Some("text/html; charset=utf-8"), page.as_bytes());
    let names: Vec<String> = found.authors.into_iter().filter_map(|author| author.name).collect();
    json!({"body": found.body, "headline": found.headline, "authors": names,
        "published": found.published.map(|time| time.to_string())})
}

fn rs_trafilatura(page: &str) -> Value {
    rs_trafilatura::extract(page).map_or(Value::Null, |found| {
        json!({"body": found.content_text, "headline": found.metadata.title, "authors": found.metadata.author,
            "published": found.metadata.date.map(|date| date.to_rfc3339())})
    })
}

fn dom_smoothie(page: &str) -> Value {
    let reader = dom_smoothie::Readability::new(page, Some("https://wire.example/story"), None);
    reader.and_then(|mut reader| reader.parse()).map_or(Value::Null, |found| {
        json!({"body": found.text_content.to_string(), "headline": found.title, "authors": found.byline,
            "published": found.published_time})
    })
}
