//! Each room beside what a user would build from well-kept libraries: `cargo bench --bench peers -- [CORPUS [FEEDS]]`.
//!
//! CORPUS is what `stages` takes. Room and peer read the same input in turn on one thread, and the best of several rounds
//! of each is printed: microseconds of a processor a story, megabytes of input a second, and the room's time as a multiple of the peer's. A peer does the
//! least that its name says: no repair, no structure of the wire, no figures bound to places, no memory of revisions.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod rooms;

use aho_corasick::{AhoCorasick, MatchKind};
use dateline::{
    clean, extract, language,
    model::{Article, Enriched},
    parse,
};
use quick_xml::{Reader, events::Event};
use regex::Regex;
use rooms::{documents, judged, parsed, processor_seconds, records};
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    hint::black_box,
};
use xxhash_rust::xxh3::xxh3_64_with_seed;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Rounds of each, of which the best counts.
const ROUNDS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let feeds = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(20);
    let documents = documents(arguments.first().map(String::as_str), feeds);
    let stories = parsed(&documents);
    let count = stories.len();
    println!("{} feeds, {count} stories", documents.len());
    println!("{:54} {:>8} {:>8} {:>8} {:>8} {:>7}", "µs a story, MB/s", "dateline", "", "peer", "", "ratio");

    let size = (count, documents.iter().map(|(_, fetched)| fetched.body.len()).sum());
    let ours = || documents.iter().filter_map(|(feed, fetched)| parse::feed(feed, fetched).ok()).count();
    beside("parse: feed-rs", size, ours, || {
        documents.iter().filter_map(|(_, fetched)| feed_rs::parser::parse(&fetched.body[..]).ok()).count()
    });
    beside("parse: quick-xml, events alone", size, ours, || {
        documents.iter().map(|(_, fetched)| events(&fetched.body)).sum()
    });

    let cleaned: Vec<Article> = stories.iter().map(|(feed, observed)| clean::item(feed, observed)).collect();
    let html: Vec<&str> = stories.iter().filter_map(|(_, observed)| observed.item.content.as_deref()).collect();
    let size = (count, html.iter().map(|html| html.len()).sum());
    let ours = || html.iter().map(|html| clean::paragraphs(html).len()).sum();
    beside("HTML to paragraphs: tl, text of the tags", size, ours, || html.iter().map(|html| text(html)).sum());
    let ours = || stories.iter().map(|(feed, observed)| clean::item(feed, observed).body.len()).sum();
    beside("clean: tl, text of the tags", size, ours, || html.iter().map(|html| text(html)).sum());

    let english = language::pack("en").expect("the pack of English");
    let names = AhoCorasick::builder().ascii_case_insensitive(true).build(DISEASE).expect("names");
    let (named, unnamed): (Vec<&Article>, Vec<&Article>) =
        cleaned.iter().partition(|article| names.is_match(&article.body));
    let size = size_of(&unnamed);
    let ours = || unnamed.iter().filter(|article| english.disease.names.within(&article.body)).count();
    beside("its disease's names, in stories without: aho-corasick", size, ours, || {
        unnamed.iter().filter(|article| names.is_match(&article.body)).count()
    });

    let tables = extract::Tables::new(&extract::Options::default());
    let enriched: Vec<Enriched> = cleaned.iter().map(|article| extract::article(&tables, article.clone())).collect();
    let names: BTreeSet<&str> = enriched
        .iter()
        .flat_map(|enriched| enriched.entities.iter().flat_map(|entity| &entity.mentions))
        .map(|mention| mention.text.as_str())
        .filter(|name| name.len() > 2)
        .collect();
    let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names).expect("names");
    let patterns = COUNTS.map(|pattern| Regex::new(pattern).expect("a pattern"));
    let size = size_of(&cleaned.iter().collect::<Vec<_>>());
    beside(
        &format!("extract: aho-corasick of {} names, {} patterns", names.len(), patterns.len()),
        size,
        || cleaned.iter().map(|article| extract::article(&tables, article.clone()).entities.len()).sum(),
        || {
            let found = |article: &Article| {
                let counts: usize = patterns.iter().map(|pattern| pattern.captures_iter(&article.body).count()).sum();
                automaton.find_iter(&article.body).count() + counts
            };
            cleaned.iter().map(found).sum()
        },
    );
    for (what, stories) in [("of the disease", &named), ("without it", &unnamed)] {
        beside(
            &format!("figures, stories {what}: the patterns"),
            size_of(stories),
            || stories.iter().map(|article| extract::figures(&tables, article).observations.len()).sum(),
            || {
                let counts =
                    |pattern: &Regex| stories.iter().map(|one| pattern.captures_iter(&one.body).count()).sum::<usize>();
                patterns.iter().map(counts).sum()
            },
        );
    }
    beside(
        "dedup: MinHash, 128 of 5-grams",
        size,
        || judged(&stories, &enriched).len(),
        || minhash(cleaned.iter().map(|article| article.body.as_str())),
    );

    let verdicts = judged(&stories, &enriched);
    let written = || enriched.iter().cloned().zip(&verdicts).zip(&stories);
    let values: Vec<serde_json::Value> = written()
        .flat_map(|((enriched, verdict), (_, observed))| records(enriched, verdict, observed))
        .filter_map(|record| serde_json::from_slice(record.value.as_deref()?).ok())
        .collect();
    beside(
        "encode: serde_json of its records",
        (count, values.iter().filter_map(|value| serde_json::to_vec(value).ok()).map(|json| json.len()).sum()),
        || written().map(|((enriched, verdict), (_, observed))| records(enriched, verdict, observed).len()).sum(),
        || values.iter().filter_map(|value| serde_json::to_vec(value).ok()).map(|json| json.len()).sum(),
    );
}

/// How many stories these are, and the bytes of their bodies.
fn size_of(stories: &[&Article]) -> (usize, usize) {
    (stories.len(), stories.iter().map(|story| story.body.len()).sum())
}

/// Prints what a story takes of a processor here and there; so many stories have so many bytes.
fn beside(what: &str, (count, bytes): (usize, usize), ours: impl Fn() -> usize, peer: impl Fn() -> usize) {
    let (mut best, mut other) = (f64::MAX, f64::MAX);
    let timed = |work: &dyn Fn() -> usize, best: &mut f64| {
        let before = processor_seconds();
        black_box(work());
        *best = best.min(processor_seconds() - before);
    };
    for _ in 0..ROUNDS {
        timed(&ours, &mut best);
        timed(&peer, &mut other);
    }
    let each = |seconds: f64| seconds / count as f64 * 1e6;
    let rate = |seconds: f64| bytes as f64 / seconds / 1e6;
    let ratio = best / other;
    println!("{what:54} {:8.1} {:8.0} {:8.1} {:8.0} {ratio:7.2}", each(best), rate(best), each(other), rate(other));
}

/// How many events a document has.
fn events(xml: &[u8]) -> usize {
    let mut reader = Reader::from_reader(xml);
    let mut count = 0;
    while let Ok(event) = reader.read_event() {
        if matches!(event, Event::Eof) {
            break;
        }
        count += 1;
    }
    count
}

/// Bytes of the text of a document.
fn text(html: &str) -> usize {
    let Ok(document) = tl::parse(html, tl::ParserOptions::default()) else { return 0 };
    document
        .children()
        .iter()
        .filter_map(|child| child.get(document.parser()))
        .map(|node| node.inner_text(document.parser()).len())
        .sum()
}

/// Names of the disease, as a program without a pack looks for them.
const DISEASE: [&str; 4] = ["coronavirus", "covid", "sars-cov", "2019-ncov"];

/// Counts as a program without a grammar finds them.
const COUNTS: [&str; 7] = [
    r"(?i)\b([\d,]+) (?:new |more )?(?:coronavirus |COVID-19 )?(?:cases|infections)\b",
    r"(?i)\b([\d,]+) (?:new |more )?(?:deaths|fatalities)\b",
    r"(?i)\bdeath toll (?:rose|climbed|stands|stood) (?:to|at) ([\d,]+)",
    r"(?i)\btotal (?:number )?(?:of )?(?:cases|infections)? ?(?:to|at|of) ([\d,]+)",
    r"(?i)\b([\d,]+) (?:people|patients) (?:have )?(?:recovered|died)\b",
    r"(?i)\b([\d,]+) (?:tests|people were tested)\b",
    r"(?i)\b([\d,]+) (?:people|patients) (?:are|were) (?:in hospital|hospitali[sz]ed)\b",
];

const HASHES: usize = 128;
const BANDS: usize = 32;

/// How many texts are near another before them: signatures in bands, and no text held against the other.
fn minhash<'t>(texts: impl Iterator<Item = &'t str>) -> usize {
    let mut bands: Vec<HashMap<u64, usize>> = vec![HashMap::new(); BANDS];
    let mut signatures: Vec<[u64; HASHES]> = Vec::new();
    let mut near = 0;
    for text in texts {
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let shingles: HashSet<u64> =
            words.windows(5).map(|words| xxh3_64_with_seed(words.join(" ").as_bytes(), 0)).collect();
        let mut signature = [u64::MAX; HASHES];
        for shingle in &shingles {
            for (n, least) in (1..).zip(&mut signature) {
                // Permutations of the form a x + b, as they are usual.
                let (a, b) = (0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(2 * n + 1), n.wrapping_mul(0xbf58_476d_1ce4_e5b9));
                *least = (*least).min(shingle.wrapping_mul(a).wrapping_add(b));
            }
        }
        let mut candidates = BTreeSet::new();
        for (band, rows) in bands.iter_mut().zip(signature.chunks(HASHES / BANDS)) {
            let key = rows.iter().fold(0, |key: u64, row| key.rotate_left(17) ^ row);
            candidates.extend(band.insert(key, signatures.len()));
        }
        let like = |other: &usize| {
            let same = signature.iter().zip(&signatures[*other]).filter(|(one, other)| one == other).count();
            2 * same >= HASHES
        };
        near += usize::from(candidates.iter().any(like));
        signatures.push(signature);
    }
    near
}
