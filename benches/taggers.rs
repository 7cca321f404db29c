//! What the taggers cost: `cargo bench --bench taggers -- [CORPUS [FEEDS [MODEL]]]`.
//!
//! CORPUS and FEEDS are those of `cargo bench --bench stages`: the bodies of their stories are read one after the other.
//! Printed is, for the fast tagger, how many tokens a second it labels, alone and with the cutting of the text into
//! tokens, and how many are looked up in its tables, beside an automaton of as many names; for the accurate one the time of a story of 400 words and its word pieces a second. The best of several rounds
//! counts. It is no divan bench, because what counts on a shared machine is the time of the thread, not of the clock.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(dead_code, reason = "it needs few of the rooms")]

mod rooms;

use aho_corasick::{AhoCorasick, MatchKind};
use dateline::{
    clean,
    extract::tagger::{
        encoder,
        fast::{self, Until},
    },
};
use rooms::{documents, parsed, processor_seconds};
use std::{collections::BTreeSet, hint::black_box};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The model of the program.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/extract/tagger/encoder/model.safetensors");

/// Words of a story for the accurate tagger.
const WORDS: usize = 400;

/// Rounds, of which the best counts.
const ROUNDS: usize = 7;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let feeds = arguments.get(1).and_then(|count| count.parse().ok()).unwrap_or(20);
    let documents = documents(arguments.first().map(String::as_str), feeds);
    let bodies: Vec<String> = parsed(&documents).iter().map(|(feed, story)| clean::item(feed, story).body).collect();
    fast(&bodies);
    accurate(&bodies, arguments.get(2).map_or(MODEL, String::as_str));
}

fn fast(bodies: &[String]) {
    let read = fast::trial();
    let tokens: usize = bodies.iter().map(|body| read(body, Until::Labelled)).sum();
    let seconds = |until: Until| {
        best(|| {
            bodies.iter().for_each(|body| {
                black_box(read(body, until));
            });
        })
    };
    let [cut, looked, labelled] = [Until::Cut, Until::Looked, Until::Labelled].map(seconds);
    let rate = |seconds: f64| tokens as f64 / seconds / 1e6;
    println!(
        "fast: {} stories, {tokens} tokens, {:.2} million labelled a second, {:.2} with the cutting, {:.0} µs a story",
        bodies.len(),
        rate(labelled - cut),
        rate(labelled),
        labelled * 1e6 / bodies.len() as f64
    );
    let (names, automaton) = automaton();
    let found = best(|| {
        black_box(bodies.iter().map(|body| automaton.find_iter(body).count()).sum::<usize>());
    });
    println!(
        "tables: {:.1} million tokens looked up a second; an automaton of {names} names reads {:.1}",
        rate(looked - cut),
        rate(found)
    );
}

/// Names in an automaton, as they are written and nothing else: cities, persons and bodies of our own tables.
fn automaton() -> (usize, AhoCorasick) {
    let tables = [
        include_str!("../src/extract/places/cities.tsv"),
        include_str!("../src/extract/places/towns.tsv"),
        include_str!("../src/extract/entities/tables/persons.tsv"),
        include_str!("../src/extract/entities/tables/organisations.tsv"),
    ];
    let cells =
        tables.into_iter().flat_map(str::lines).flat_map(|line| line.split('\t')).flat_map(|cell| cell.split(';'));
    let names: BTreeSet<&str> =
        cells.map(str::trim).filter(|name| name.len() > 3 && name.starts_with(char::is_uppercase)).collect();
    let built = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(&names);
    (names.len(), built.expect("names"))
}

fn accurate(bodies: &[String], model: &str) {
    let bytes = match std::fs::read(model) {
        Ok(bytes) => bytes,
        Err(error) => return println!("accurate: {model}: {error}"),
    };
    let label = match encoder::trial(&bytes) {
        Ok(label) => label,
        Err(error) => return println!("accurate: {model}: {error}"),
    };
    let words: Vec<&str> = bodies.iter().flat_map(|body| body.split_inclusive(' ')).take(WORDS).collect();
    let story = words.concat();
    let pieces = label(&story);
    let seconds = best(|| {
        black_box(label(&story));
    });
    println!(
        "accurate: {} words in {pieces} pieces: {:.1} ms, {:.0} pieces a second",
        words.len(),
        seconds * 1000.0,
        pieces as f64 / seconds
    );
}

/// Seconds of the processor for the best of several rounds.
fn best(round: impl Fn()) -> f64 {
    let rounds = (0..ROUNDS).map(|_| {
        let before = processor_seconds();
        round();
        processor_seconds() - before
    });
    rounds.fold(f64::INFINITY, f64::min)
}
