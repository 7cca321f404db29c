//! What each room takes of a processor for a story: `cargo bench --bench stages -- [CORPUS [FEEDS [ROOM…]]]`.
//!
//! CORPUS is a folder with a folder `feeds` of feed files, such as the yardstick's generator makes, of which the first
//! FEEDS (20 if not said) are taken; without one, or with `-`, the stories are those of our own corpus. Each room reads
//! what the room before made of them, and the best of several rounds is printed: microseconds a story, and megabytes of
//! its input a second. A sum over what came out tells whether a change has changed more than the time. It is no divan
//! bench, because what counts on a shared machine is the time of the thread, not of the clock.
//!
//! With `COUNTED` in the environment each room has one round, in a function of its own that `benches/counts` has
//! instructions counted in.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

mod rooms;

use dateline::{
    clean, extract,
    model::{Article, Enriched, Item},
};
use rooms::{documents, judged, parsed, processor_seconds, records};
use std::hint::black_box;

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Rounds of each room, of which the best counts.
const ROUNDS: usize = 5;

/// The variable with which instructions are counted in place of time.
const COUNTED: &str = "COUNTED";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let feeds = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(20);
    let rooms = arguments.get(2..).unwrap_or_default();
    let wanted = |room: &str| rooms.is_empty() || rooms.iter().any(|name| name == room);
    let documents = documents(arguments.first().map(String::as_str), feeds);
    let bytes: usize = documents.iter().map(|(_, fetched)| fetched.body.len()).sum();
    let stories = parsed(&documents);
    let count = stories.len();
    if std::env::var_os(COUNTED).is_none() {
        println!("{} feeds, {count} stories, {bytes} bytes", documents.len());
    }
    if wanted("parse") {
        measured("parse", count, bytes, || (), |()| parsed(&documents));
    }
    let bytes = stories.iter().map(|(_, observed)| size(&observed.item)).sum();
    let cleaned: Vec<Article> = stories.iter().map(|(feed, observed)| clean::item(feed, observed)).collect();
    if wanted("clean") {
        measured(
            "clean",
            count,
            bytes,
            || (),
            |()| stories.iter().map(|(feed, observed)| clean::item(feed, observed)).collect::<Vec<Article>>(),
        );
    }
    let tables = extract::Tables::new(&extract::Options::default());
    let bytes = cleaned.iter().map(|article| article.body.len()).sum();
    let enriched: Vec<Enriched> = cleaned.iter().map(|article| extract::article(&tables, article.clone())).collect();
    if wanted("extract") {
        measured(
            "extract",
            count,
            bytes,
            || cleaned.clone(),
            |articles| {
                articles.into_iter().map(|article| extract::article(&tables, article)).collect::<Vec<Enriched>>()
            },
        );
    }
    if wanted("figures") {
        measured(
            "figures",
            count,
            bytes,
            || (),
            |()| cleaned.iter().map(|article| extract::figures(&tables, article)).collect::<Vec<_>>(),
        );
    }
    if wanted("dedup") {
        measured("dedup", count, bytes, || (), |()| judged(&stories, &enriched));
    }
    let verdicts = judged(&stories, &enriched);
    if wanted("encode") {
        measured(
            "encode",
            count,
            bytes,
            || enriched.clone(),
            |enriched| {
                let each = enriched.into_iter().zip(&verdicts).zip(&stories);
                each.map(|((enriched, verdict), (_, observed))| records(enriched, verdict, observed))
                    .collect::<Vec<_>>()
            },
        );
    }
}

/// Prints the best of some rounds. What a round is given is made outside its time, and what it made is summed outside it.
fn measured<G, T: std::fmt::Debug>(
    room: &str,
    count: usize,
    bytes: usize,
    give: impl Fn() -> G,
    round: impl Fn(G) -> T,
) {
    if std::env::var_os(COUNTED).is_some() {
        // What is met first is compiled or opened once, and not of interest.
        drop(black_box(round(give())));
        let given = give();
        drop(black_box(counted(|| round(given))));
        println!("{count}");
        return;
    }
    let mut best = f64::MAX;
    for _ in 0..ROUNDS {
        let given = give();
        let before = processor_seconds();
        let made = black_box(round(given));
        best = best.min(processor_seconds() - before);
        drop(made);
    }
    let sum = blake3::hash(format!("{:?}", round(give())).as_bytes()).to_hex();
    let (each, rate) = (best / count as f64 * 1e6, bytes as f64 / best / 1e6);
    println!("{room:8} {each:8.1} µs a story  {rate:7.1} MB/s  {}", sum.get(..12).unwrap_or_default());
}

/// A round of its own in which instructions are counted.
#[inline(never)]
fn counted<T>(round: impl FnOnce() -> T) -> T {
    let made = round();
    // Something is left to do here, lest the end of the round be taken for the end of this function.
    black_box(&made);
    made
}

fn size(item: &Item) -> usize {
    let content = item.content.as_ref().map_or(0, |content| content.len());
    content + item.summary.as_ref().map_or(0, |summary| summary.len())
}
