//! What the roles hand on comes back as it was, and what is no such record is told.

use super::*;
use crate::{
    clean, extract,
    model::{Enriched, Hash, Item, Observed, Page, StatedTime},
};
use regex::Regex;
use serde_json::Value;
use std::path::{Path, PathBuf};

const AT: &str = "2021-03-04T05:06:07.008Z";

fn origin() -> Origin {
    "0190a6a0-0000-7000-8000-000000000001/7/2".parse().unwrap()
}

fn observed(feed: &Feed, name: &str) -> Box<Observed> {
    let item = Item::new(ItemId::new(&feed.id, name), feed.id.clone());
    Box::new(Observed {
        item,
        page: None,
        page_missing: None,
        hash: Hash::of_bytes(name.as_bytes()),
        first_sight: None,
    })
}

/// Hands an observation on as the fetcher and the enricher do, and holds that nothing of it is lost on the way.
fn check(tables: &extract::Tables, feed: &Feed, observed: Box<Observed>) -> Box<Enriched> {
    let raw = RawRecord::new(feed, origin(), AT.parse().unwrap(), Content::Item(observed));
    let sent = super::raw(&raw, 0.0);
    let read = read_raw(Some(sent.key.as_bytes()), sent.value.as_deref()).unwrap();
    assert_eq!(read, raw);
    let RawRecord { feed: travelled, origin, at, content: Content::Item(observed), .. } = read else { unreachable!() };
    let article = clean::item(&travelled, &observed);
    assert_eq!(article, clean::item(feed, &observed), "a fetcher's feed and the one that travelled read alike");
    let found = Box::new(extract::article(tables, article));
    let content = EnrichedContent::item(&travelled, observed, Ok(found.clone()));
    let enriched = EnrichedRecord { v: RELAY_VERSION, feed: travelled, origin, at, content };
    let sent = super::enriched(&enriched, 0.0);
    let read = read_enriched(Some(sent.key.as_bytes()), sent.value.as_deref()).unwrap();
    assert_eq!(read, enriched);
    found
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found
}

/// The invented stories of the repository: language, headline, text and date.
fn stories() -> Vec<[Option<String>; 4]> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut stories = Vec::new();
    for file in files(&corpus, "jsonl") {
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let story: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| story[key].as_str().map(str::to_owned);
            stories.push([
                text("language"),
                text("headline"),
                text("text"),
                text("published").or_else(|| text("date")),
            ]);
        }
    }
    let mark = Regex::new(r"\[([^\]|]+)\|[^\]]*\]").unwrap();
    for file in files(&corpus, "txt") {
        let text = std::fs::read_to_string(file).unwrap();
        for story in text.split("=== ").skip(1) {
            let (head, story) = story.split_once('\n').unwrap();
            let story = mark.replace_all(story, "$1");
            let (headline, body) = story.split_once('\n').unwrap_or((&story, ""));
            let date = head.split(" | ").nth(2).map(str::to_owned);
            stories.push([None, Some(headline.trim_start_matches("# ").to_owned()), Some(body.to_owned()), date]);
        }
    }
    stories
}

#[test]
fn every_article_comes_back_as_it_was() {
    let tables = extract::Tables::new(&extract::Options::default());
    let stories = stories();
    assert!(stories.len() > 5_000, "{}", stories.len());
    let (mut figures, mut in_headlines, mut credits) = (0, 0, 0);
    // Every fifth, of every file: to read them all takes half a minute in a debug build.
    for (n, [language, headline, text, date]) in stories.into_iter().enumerate().step_by(5) {
        let mut feed = Feed::new("corpus", "https://wire.example/rss?key=1");
        feed.language = language;
        let mut observed = observed(&feed, &n.to_string());
        observed.item.title = headline;
        let paragraphs = text.unwrap_or_default().replace('&', "&amp;").replace('<', "&lt;").replace("\n\n", "</p><p>");
        observed.item.content = Some(format!("<p>{paragraphs}</p>"));
        observed.item.published = date.and_then(|date| date.parse::<StatedTime>().ok());
        let found = check(&tables, &feed, observed);
        figures += found.covid.observations.len();
        in_headlines += found.covid.observations.iter().filter(|figure| !figure.field.is_body()).count();
        credits += found.article.wire.credits.len();
    }
    let pages = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pages"), "html");
    for path in &pages {
        let name = path.file_stem().unwrap().to_string_lossy();
        let mut feed = Feed::new("pages", "https://news.example/rss");
        feed.full_text = true;
        let mut observed = observed(&feed, &name);
        observed.page = Some(Page {
            url: format!("https://news.example/{name}"),
            bytes: std::fs::read(path).unwrap(),
            content_type: None,
            hash: observed.hash.clone(),
            further: Vec::new(),
        });
        check(&tables, &feed, observed);
    }
    assert!(figures > 0 && in_headlines > 0 && credits > 0 && pages.len() > 30);
}

/// A record with every key of its value in place, and what is wrong with it after a change.
#[track_caller]
fn check_poison(change: impl Fn(&mut Option<Vec<u8>>, &mut Option<Vec<u8>>), expected: &str) {
    let feed = Feed::new("a", "https://wire.example/");
    let raw = RawRecord::new(&feed, origin(), AT.parse().unwrap(), Content::Item(observed(&feed, "1")));
    let record = super::raw(&raw, 0.0);
    let (mut key, mut value) = (Some(record.key.into_bytes()), record.value);
    change(&mut key, &mut value);
    let found = read_raw(key.as_deref(), value.as_deref()).map_err(|unreadable| {
        let letter = unreadable.letter(Stage::Extract, "a", key.as_deref(), value.as_deref());
        assert!(letter.bytes.len() <= LETTER_BYTES && letter.detail.chars().count() <= LONGEST_DETAIL);
        assert!(letter.key.chars().count() <= LONGEST_DETAIL);
        assert_eq!(letter.total_bytes, value.as_ref().map_or(0, Vec::len) as u64);
        unreadable.code
    });
    assert_eq!(found.err().unwrap_or("none"), expected);
}

/// Writes something else in the place of words of a value.
fn instead(value: &mut Option<Vec<u8>>, words: &str, other: &str) {
    let text = String::from_utf8(value.take().unwrap()).unwrap();
    assert!(text.contains(words), "{words} is not in {text}");
    *value = Some(text.replacen(words, other, 1).into_bytes());
}

#[test]
fn a_poison_record_is_told_with_its_reason() {
    check_poison(|_, _| {}, "none");
    check_poison(|_, value| *value = None, "no_value");
    check_poison(|_, value| *value = Some(Vec::new()), "no_json");
    check_poison(|_, value| value.as_mut().unwrap().truncate(40), "no_json");
    check_poison(|_, value| *value = Some(vec![0xFF; 10 << 20]), "no_json");
    check_poison(|_, value| *value = Some(b"[".repeat(10 << 20)), "wrong_schema");
    check_poison(|_, value| *value = Some(b"[]".to_vec()), "wrong_schema");
    check_poison(|_, value| *value = Some(b"{}".to_vec()), "wrong_schema");
    check_poison(|_, value| *value = Some(b"{\"v\":1}".to_vec()), "wrong_schema");
    check_poison(|_, value| instead(value, "{\"v\":1", "{\"v\":2"), "unknown_version");
    check_poison(|_, value| instead(value, "\"item\"", &format!("\"{}\"", "x".repeat(1 << 20))), "wrong_schema");
    check_poison(|_, value| instead(value, "/7/2\"", "/seven/2\""), "wrong_schema");
    check_poison(|key, _| *key = None, "wrong_key");
    check_poison(|key, _| *key = Some(vec![0xFF; 10 << 20]), "wrong_key");
}

#[test]
fn keys_and_headers_say_what_a_value_is_of() {
    let mut feed = Feed::new("a", "https://wire.example/rss?key=1");
    feed.language = Some("pt-BR".to_owned());
    let item = observed(&feed, "1").item.id;
    let at = AT.parse().unwrap();
    let letter = DeadLetter {
        key: "a".to_owned(),
        feed: feed.id.clone(),
        url: Some(feed.url.clone()),
        stage: Stage::Parse,
        code: "no_feed".to_owned(),
        detail: String::new(),
        bytes: vec![0, 0xFF],
        total_bytes: 2,
    };
    for (content, named) in [
        (Content::Item(observed(&feed, "1")), Some(item.0.as_str())),
        (Content::Touch(item.clone()), Some(item.0.as_str())),
        (Content::Unreadable(letter), None),
    ] {
        let raw = RawRecord::new(&feed, origin(), at, content.clone());
        let record = super::raw(&raw, 1.0);
        assert!(!String::from_utf8_lossy(record.value.as_deref().unwrap()).contains("key=1"));
        assert_eq!((record.topic, record.key.as_str(), record.header("item")), (Topic::Raw, "a", named));
        assert_eq!((record.header("feed"), record.header("v")), (Some("a"), Some("1")));
        assert_eq!(record.header("origin").unwrap().parse(), Ok(origin()));
        assert!(record.header("traceparent").unwrap().ends_with("-01"));
        assert_eq!(read_raw(Some(b"a"), record.value.as_deref()), Ok(raw.clone()));

        let content = EnrichedContent::Other(raw.content);
        let enriched = EnrichedRecord { v: RELAY_VERSION, feed: raw.feed, origin: origin(), at, content };
        let record = super::enriched(&enriched, 0.0);
        assert_eq!((record.topic, record.key.as_str(), record.header("item")), (Topic::Enriched, "pt", named));
        assert_eq!(read_enriched(Some(b"pt"), record.value.as_deref()), Ok(enriched));
    }
}

#[test]
fn a_number_comes_back_to_its_last_bit() {
    let feed = Feed::new("a", "https://wire.example/");
    let observed = observed(&feed, "1");
    let article = clean::item(&feed, &observed);
    for number in [0.1 + 0.2, 1.1 * 1e6, 1.0 / 3.0, 2e-9 / 7.0, f64::MAX, 9.1e15 + 1.0] {
        let mut found = Enriched::bare(article.clone());
        found.covid.score = number;
        let content = EnrichedContent::item(&feed, observed.clone(), Ok(Box::new(found)));
        let enriched =
            EnrichedRecord { v: RELAY_VERSION, feed: feed.clone(), origin: origin(), at: AT.parse().unwrap(), content };
        let record = super::enriched(&enriched, 0.0);
        assert_eq!(read_enriched(Some(b"und"), record.value.as_deref()), Ok(enriched), "{number}");
    }
}
