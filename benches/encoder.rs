//! What the accurate tagger costs: `cargo bench --bench encoder [MODEL]`.
//!
//! Prints the time that the processor spends on a story of 400 words, one thread, and the word pieces a second; without
//! a model it says so and does nothing. It is no divan bench, because what counts on a shared machine is the time of
//! the thread, not of the clock.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use dateline::extract::tagger::encoder;

/// The model of the program.
const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/extract/tagger/encoder/model.safetensors");

const PARAGRAPH: &str = "RIGA, November 18. Latvia registered 404 new coronavirus cases over the past 24 hours, bringing the total to 11,304, the country's Center for Disease Prevention and Control said on Wednesday. Prime Minister Krisjanis Karins told Reuters that the government would extend the state of emergency.\n\n";

/// How often the story is read for one figure.
const ROUNDS: u32 = 20;

fn main() {
    let path = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let path = path.unwrap_or_else(|| MODEL.to_owned());
    let Ok(model) = std::fs::read(&path) else {
        println!("no model at {path}");
        return;
    };
    let label = match encoder::trial(&model) {
        Ok(label) => label,
        Err(error) => {
            println!("{path}: {error}");
            return;
        }
    };
    let story = PARAGRAPH.repeat(400 / PARAGRAPH.split_whitespace().count());
    let words = story.split_whitespace().count();
    let pieces = label(&story);
    for _ in 0..3 {
        let before = processor_seconds();
        for _ in 0..ROUNDS {
            label(&story);
        }
        let seconds = (processor_seconds() - before) / f64::from(ROUNDS);
        let (rate, milliseconds) = (pieces as f64 / seconds, seconds * 1000.0);
        println!("{words} words in {pieces} pieces: {milliseconds:.1} ms, {rate:.0} pieces a second");
    }
}

/// What this thread has had of a processor.
fn processor_seconds() -> f64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let nanoseconds = statistics.split(' ').next().and_then(|number| number.parse::<f64>().ok());
    nanoseconds.unwrap_or_default() / 1e9
}
