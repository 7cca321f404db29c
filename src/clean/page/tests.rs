//! What reading pages promises: the invented pages of `tests/pages` are read as they are meant, and no page, however it
//! is broken, makes the reading fail or take long.

use crate::model::{Article, Feed};
use serde_json::Value;
use std::collections::HashMap;
use std::time::{Duration, Instant};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pages");

/// Far above what any page needs (a second at most, unoptimised), for the machine may be busy with other things; what
/// grows with the square takes minutes.
const LONGEST: Duration = Duration::from_secs(60);

struct Case {
    name: String,
    expected: Value,
    bytes: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let list = std::fs::read_to_string(format!("{FOLDER}/expected.jsonl")).unwrap();
    let case = |line: &str| {
        let expected: Value = serde_json::from_str(line).unwrap();
        let name = expected["page"].as_str().unwrap().to_owned();
        let bytes = std::fs::read(format!("{FOLDER}/{name}.html")).unwrap();
        Case { name, expected, bytes }
    };
    list.lines().map(case).collect()
}

fn read(case: &Case, bytes: &[u8]) -> Article {
    crate::clean::page(&Feed::new("f", "http://wire.example/"), case.expected["url"].as_str(), None, bytes)
}

/// Runs of four words, counted; of writings without spaces, of four characters.
fn shingles(text: &str) -> HashMap<String, usize> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if word.chars().any(|c| ('\u{3040}'..='\u{D7FF}').contains(&c)) {
            words.extend(word.chars().map(String::from));
        } else {
            words.push(word.to_owned());
        }
    }
    let mut counts = HashMap::new();
    for window in words.windows(4.min(words.len().max(1))) {
        *counts.entry(window.join(" ")).or_insert(0) += 1;
    }
    counts
}

/// Precision and recall of a body.
fn score(found: &str, expected: &str) -> (f64, f64) {
    let (found, expected) = (shingles(found), shingles(expected));
    let sum = |counts: &HashMap<String, usize>| counts.values().sum::<usize>() as f64;
    let shared: usize = found.iter().map(|(shingle, count)| count.min(expected.get(shingle).unwrap_or(&0))).sum();
    let share = |of: f64| if of == 0.0 { 1.0 } else { shared as f64 / of };
    (share(sum(&found)), share(sum(&expected)))
}

#[test]
fn invented_pages_are_read_as_they_are_meant() {
    let cases = cases();
    assert!(cases.len() >= 40);
    let (mut precision, mut recall, mut missed) = (0.0, 0.0, Vec::new());
    for case in &cases {
        let article = read(case, &case.bytes);
        let texts = |field: &str| {
            let list = case.expected[field].as_array().unwrap();
            list.iter().map(|text| text.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (found, all) = score(&article.body, &texts("body").join("\n\n"));
        (precision, recall) = (precision + found, recall + all);
        if found.min(all) < 0.98 {
            missed.push(format!("{}: body {found:.3} {all:.3}", case.name));
        }
        let headline = case.expected["headline"].as_str().unwrap();
        if !headline.is_empty() && article.headline.as_deref() != Some(headline) {
            missed.push(format!("{}: headline {:?}", case.name, article.headline));
        }
        let published = case.expected["published"].as_str().unwrap();
        let read = article.published.map(|time| time.to_string()).unwrap_or_default();
        if !read.starts_with(published) || published.is_empty() != read.is_empty() {
            missed.push(format!("{}: published {read}", case.name));
        }
        let authors: Vec<String> = article.authors.into_iter().filter_map(|author| author.name).collect();
        if authors != texts("authors") {
            missed.push(format!("{}: authors {authors:?}", case.name));
        }
    }
    let count = cases.len() as f64;
    println!("{count} pages: precision {:.4}, recall {:.4}; missed: {missed:#?}", precision / count, recall / count);
    assert!(precision / count >= 0.98 && recall / count >= 0.98 && missed.len() <= 3, "{missed:#?}");
}

const FIRST: &str =
    "The harbour town of Port Amber opened its second bridge on Tuesday, after eleven years of planning.";
const SECOND: &str =
    "It shortens the way to the port by half an hour, and the lorries no longer pass the school, officials said.";
const THIRD: &str =
    "The bridge cost 41.5 million crowns, some three million more than planned, and carries a railway track.";
const FOURTH: &str =
    "Plans for it were first drawn in 1987, when the port handled a fifth of the cargo that it handles now.";

/// The paragraphs of a page with this body.
#[track_caller]
fn check(body: &str, expected: &[&str]) {
    let page = format!("<title>Second bridge opened</title><h1>Second bridge opened</h1>{body}");
    let article = crate::clean::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
    assert_eq!(article.body.split("\n\n").collect::<Vec<_>>(), expected);
}

#[test]
fn surroundings_within_a_story_end_with_their_element() {
    let links: String = (0..6).map(|n| format!("<li><p><a href=/{n}>A story about matter {n}</a></p></li>")).collect();
    check(
        &format!(
            "<div class=story><p>{FIRST}<p>{SECOND}<div class=related><h2>Related articles</h2><ul>{links}</ul></div>\
             <p>{THIRD}<p>{FOURTH}</div>"
        ),
        &[FIRST, SECOND, THIRD, FOURTH],
    );
}

#[test]
fn comments_within_elements_of_comments_are_counted_once() {
    let comment =
        format!("<div class=comment><div class=comment-list><div class=comment-text><p>{THIRD}</div></div></div>");
    check(
        &format!(
            "<div class=entry><p>{FIRST}<p>{SECOND}<div style='display:none'><p>{FOURTH}</div></div>\
             <div class=comments>{}</div>",
            comment.repeat(9)
        ),
        &[FIRST, SECOND],
    );
}

#[test]
fn boxes_under_linked_headings_are_other_stories() {
    let teaser =
        |text: &str| format!("<div class=box><a href=/x><h2>A story about another matter</h2></a><p>{text}</div>");
    check(&format!("<div><p>{FIRST}<p>{SECOND}</div>{}{}", teaser(THIRD), teaser(FOURTH)), &[FIRST, SECOND]);
}

#[test]
fn credits_bylines_and_signs_within_a_story_are_told_from_it() {
    let credited = format!("© Provided by Example Wire {FIRST} {SECOND}");
    check(
        &format!(
            "<div><p>{credited}<div>By Jane Doe and John Roe</div><p><i class=icon>S</i></p>\
             <p>To view this content, JavaScript must be enabled.<p>{THIRD}</div>"
        ),
        &[&credited, THIRD],
    );
}

#[test]
fn a_byline_beside_a_counter_of_comments_names_authors_and_a_caption_none() {
    let page = format!(
        "<h1>Second bridge opened</h1><div class=byline_comments><span class=byline><a href=/a>Ada Lima</a></span> 12</div>\
         <p class=caption>The bridge. <span class=byline>John Roe</span></p><div>3 March 2020, last update 02:21</div>\
         <p>{FIRST}<p>{SECOND}<p>{THIRD}"
    );
    let article = crate::clean::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
    let authors: Vec<_> = article.authors.into_iter().filter_map(|author| author.name).collect();
    assert_eq!(authors, ["Ada Lima"]);
    assert_eq!(article.published.map(|time| time.to_string()).as_deref(), Some("2020-03-03"));
}

/// Pages cut, doubled and shuffled, byte by byte and tag by tag; the generator is a plain congruence, so that every run
/// is the same.
#[test]
fn broken_pages_neither_fail_nor_take_long() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below.max(1)
    };
    let spice: [&[u8]; 12] = [
        b"<",
        b">",
        b"\"",
        b"</div>",
        b"<table><td>",
        b"<p hidden>",
        b"&#x110000;",
        b"\xff\xfe",
        b"<a href=x>",
        b"<!--",
        b"]]>",
        b"\xf0\x9f",
    ];
    let mut longest = Duration::ZERO;
    for case in cases() {
        for _ in 0..12 {
            let mut bytes = case.bytes.clone();
            for _ in 0..=random(24) {
                let at = random(bytes.len());
                match random(5) {
                    0 => bytes.truncate(at.max(1)),
                    1 => drop(bytes.drain(at..(at + random(400)).min(bytes.len()))),
                    2 => drop(bytes.splice(at..at, spice[random(spice.len())].iter().copied())),
                    3 => {
                        let piece = bytes[at..(at + random(600)).min(bytes.len())].to_vec();
                        let to = random(bytes.len());
                        drop(bytes.splice(to..to, piece));
                    }
                    _ => bytes[at] = u8::try_from(random(256)).unwrap(),
                }
                if bytes.is_empty() {
                    bytes.push(b'x');
                }
            }
            let start = Instant::now();
            let article = read(&case, &bytes);
            longest = longest.max(start.elapsed());
            assert!(!article.body.is_empty() || !article.issues.is_empty(), "{}", case.name);
        }
    }
    assert!(longest < LONGEST, "{longest:?}");
}

/// What is made to make readers recurse, or to take time that grows with the square.
#[test]
fn hostile_pages_take_the_time_of_their_size() {
    let pages = [
        "<div>".repeat(200_000),
        "<b><i>".repeat(100_000),
        "<a href=x>".repeat(100_000),
        "<table><tr><td>".repeat(60_000),
        format!("<p>{}", "&amp;".repeat(300_000)),
        "<p class='share related' id='a-b-c'>x, y.".repeat(40_000),
        "<li>by Ada Lima 3 May 2020".repeat(20_000),
        format!("<script type='application/ld+json'>{}</script>", "[".repeat(300_000)),
        format!("<script type='application/ld+json'>{}</script>", "{\"@graph\":[".repeat(100)),
        format!("<h1>{}</h1>", "By x and y, ".repeat(50_000)),
        format!("<time datetime='{}'>", "1".repeat(1_000_000)),
        format!("<p>{}</p>", "by ".repeat(300_000)),
        "</p></div>".repeat(200_000),
        "<div style=display:none>x</div>".repeat(40_000),
        format!("{}{}", "<div class=article-body>".repeat(140), "<p>One, two and three of the matters.".repeat(30_000)),
        format!("<table><tr>{}</table>", "<td>12".repeat(50_000)),
        "word, ".repeat(350_000),
        format!("<meta property=og:title content='{}'>{}", "a b, ".repeat(200_000), "<h2>a b c d</h2>".repeat(60)),
    ];
    for page in pages {
        let start = Instant::now();
        let _ = crate::clean::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
        let taken = start.elapsed();
        assert!(taken < LONGEST, "{taken:?} for {}", page.chars().take(40).collect::<String>());
    }
}
