//! The judge: whether the words around a number speak of a figure of the disease at all.
//!
//! In: the headline, the paragraph, the sentence and the number of an English story about COVID-19. Out: a score, the log
//! odds that a person would call it a figure. The grammar proposes and the judge may refuse: a linear model over hashed
//! words, learnt by `tools/judge` from every number of the labelled text, those that the rules leave out too. It knows
//! nothing of the rules, so that it doubts them where they have never been tried.
//!
//! What holds: it only refuses, never adds or changes an observation; a story of another language or disease is not judged;
//! the score depends on at most 60 words to either side of the number and on the headline, so that no length of a
//! text turns it.

use super::text::pieces;
use crate::extract::sentence::sentences_in;
use crate::language::pack;
use crate::model::{Article, Field, Span};

/// The weights: the threshold and the step of a weight as little-endian floats, then one signed byte for each bucket.
static MODEL: &[u8] = include_bytes!("judge.bin");

/// Bytes before the weights.
const HEAD: usize = 8;

/// So many bits choose the bucket of a feature.
pub const BITS: u32 = 15;

/// Words of the paragraph that count, to either side.
const AROUND: usize = 60;

/// Words of the sentence that count, to either side; those within [`NEAR`] count as near, and of the nearest
/// [`PLACED`] it counts where they stand.
const SENTENCE: usize = 30;
const NEAR: usize = 8;
const PLACED: usize = 5;

/// Where a word stands, as seen from the number.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
enum At {
    Headline,
    Paragraph,
    Sentence,
    Left,
    Right,
    Behind,
    Before = Self::Behind as u32 + PLACED as u32,
    PairBehind = Self::Before as u32 + PLACED as u32,
    PairBefore,
    Pair,
    Number,
    Word,
    Opening,
}

/// Stems that stand for the disease, whatever stands behind them.
const NAMES: [&str; 3] = ["covid", "corona", "sars"];

/// Endings that say nothing of the meaning.
const ENDINGS: [&str; 8] = ["ings", "ing", "ies", "ied", "ed", "es", "s", "ly"];

/// Whether the figures of this disease in this language are judged.
pub(super) fn judges(language: &str, disease: &str) -> bool {
    language == "en" && disease == "COVID-19"
}

/// Why a number is left out that the judge refuses; its score stands behind.
pub const REFUSED: &str = "the words around it speak of no figure";

/// Below this score a number is no figure.
pub fn threshold() -> f32 {
    float(0)
}

fn float(at: usize) -> f32 {
    MODEL.get(at..at + 4).and_then(|bytes| bytes.try_into().ok()).map_or(0.0, f32::from_le_bytes)
}

/// The bytes of a model with this threshold and these weights.
pub fn model(threshold: f32, weights: &[f32]) -> Vec<u8> {
    let most = weights.iter().fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
    let step = most / 127.0;
    let head = [threshold, step].into_iter().flat_map(f32::to_le_bytes);
    #[expect(clippy::cast_possible_truncation, reason = "at most 127 steps")]
    head.chain(weights.iter().map(|weight| ((weight / step).round() as i8).to_le_bytes()[0])).collect()
}

/// A word of a text.
#[derive(Debug, Clone, Copy)]
struct Stem {
    start: usize,
    end: usize,
    /// Hash of what it means here.
    hash: u32,
}

/// A text in words: runs of letters, runs of digits with their marks, other marks one by one.
#[derive(Debug, Default)]
pub(super) struct Words(Vec<Stem>);

impl Words {
    /// The words of a text that begins at `base` of its field.
    pub(super) fn new(text: &str, base: usize) -> Self {
        let mut words = Vec::with_capacity(text.len() / 5);
        let (mut at, mut opens) = (0, true);
        while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
            let rest = text.get(at..).unwrap_or_default();
            let len = if first.is_alphabetic() {
                rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())
            } else if first.is_ascii_digit() {
                let run = rest.find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.').unwrap_or(rest.len());
                rest.get(..run).unwrap_or_default().trim_end_matches([',', '.']).len()
            } else {
                first.len_utf8()
            };
            if !first.is_whitespace() {
                let word = rest.get(..len).unwrap_or_default();
                words.push(Stem { start: base + at, end: base + at + len, hash: hash(word, opens) });
                opens = matches!(first, '.' | '!' | '?' | '"' | '“');
            }
            at += len;
        }
        Self(words)
    }
}

/// Numbers are one word, and so are names; other words are their stems. A capital says nothing where a sentence `opens`.
fn hash(word: &str, opens: bool) -> u32 {
    let first = word.chars().next().unwrap_or_default();
    if first.is_ascii_digit() {
        return fnv("0");
    }
    // Nearly every word is short and of plain letters, and is not worth a place of its own.
    let mut short = [0; 24];
    if let Some(room) = short.get_mut(..word.len()).filter(|_| word.is_ascii()) {
        room.copy_from_slice(word.as_bytes());
        room.make_ascii_lowercase();
        return stem(room, first.is_uppercase() && !opens);
    }
    stem(word.to_lowercase().as_bytes(), first.is_uppercase() && !opens)
}

/// The hash of a word in lower case.
fn stem(lower: &[u8], is_name: bool) -> u32 {
    if let Some(name) = NAMES.iter().find(|name| lower.starts_with(name.as_bytes())) {
        return fnv(name);
    }
    if is_name && lower.len() > 1 {
        return fnv("X");
    }
    // Every ending ends with one of these.
    let ends = lower.last().is_some_and(|last| b"sgdy".contains(last));
    let endings = ENDINGS.iter().filter(|_| ends);
    let mut stems = endings.filter_map(|ending| lower.strip_suffix(ending.as_bytes()).filter(|stem| stem.len() >= 3));
    fnv_of(stems.next().unwrap_or(lower))
}

fn fnv(text: &str) -> u32 {
    fnv_of(text.as_bytes())
}

fn fnv_of(text: &[u8]) -> u32 {
    text.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

fn bucket(at: u32, word: u32) -> u32 {
    let mixed = (word ^ at.wrapping_mul(0x9e37_79b9)).wrapping_mul(0x85eb_ca6b);
    (mixed ^ mixed >> 15).wrapping_mul(0xc2b2_ae35) >> (32 - BITS)
}

/// Finds the features of a number: what is said of it, each once. `paragraph` has the words around it, `sentence` and `number` are
/// spans of the same field, `written` is the number as it stands there.
fn features(
    headline: &Words,
    paragraph: &Words,
    sentence: Span,
    number: Span,
    written: &str,
    mut found: impl FnMut(u32),
) {
    let words = &paragraph.0;
    let first = words.partition_point(|word| word.end <= number.start);
    let after = words.partition_point(|word| word.start < number.end);
    let (before, behind) = (words.get(..first).unwrap_or_default(), words.get(after..).unwrap_or_default());
    let mut seen = [0_u64; 1 << (BITS - 6)];
    let mut say = |at: u32, word: u32| {
        let bucket = bucket(at, word);
        if let Some(bits) = seen.get_mut((bucket >> 6) as usize)
            && *bits >> (bucket & 63) & 1 == 0
        {
            *bits |= 1 << (bucket & 63);
            found(bucket);
        }
    };
    headline.0.iter().for_each(|word| say(At::Headline as u32, word.hash));
    let around = before.iter().rev().take(AROUND).chain(behind.iter().take(AROUND));
    around.for_each(|word| say(At::Paragraph as u32, word.hash));
    let left: Vec<u32> = before
        .iter()
        .rev()
        .take_while(|word| word.start >= sentence.start)
        .take(SENTENCE)
        .map(|word| word.hash)
        .collect();
    let right: Vec<u32> =
        behind.iter().take_while(|word| word.end <= sentence.end).take(SENTENCE).map(|word| word.hash).collect();
    for (side, near, placed, pair) in
        [(&left, At::Left, At::Before, At::PairBefore), (&right, At::Right, At::Behind, At::PairBehind)]
    {
        side.iter().for_each(|word| say(At::Sentence as u32, *word));
        side.iter().take(NEAR).for_each(|word| say(near as u32, *word));
        (placed as u32..).zip(side.iter().take(PLACED)).for_each(|(at, word)| say(at, *word));
        if let [one, two, ..] = side.as_slice() {
            say(pair as u32, one.rotate_left(7) ^ two);
        }
    }
    if let (Some(left), Some(right)) = (left.first(), right.first()) {
        say(At::Pair as u32, left.rotate_left(7) ^ right);
    }
    let digits = written.bytes().filter(u8::is_ascii_digit).count();
    let marks = ["%", "per", ".", ","].map(|mark| u32::from(written.contains(mark)));
    say(At::Number as u32, marks.into_iter().fold(digits.min(7).try_into().unwrap_or(7), |all, mark| all << 1 | mark));
    if digits == 0 {
        say(At::Word as u32, fnv(&written.to_lowercase()));
    }
    if words.first().is_some_and(|word| word.start == 0) {
        say(At::Opening as u32, 0);
    }
}

/// The score of a number; see [`features`].
pub(super) fn score(headline: &Words, paragraph: &Words, sentence: Span, number: Span, written: &str) -> f32 {
    let weights = MODEL.get(HEAD..).unwrap_or_default();
    let weight = |bucket: u32| weights.get(bucket as usize).map_or(0, |byte| i32::from(i8::from_le_bytes([*byte])));
    let mut sum = 0;
    features(headline, paragraph, sentence, number, written, |bucket| sum += weight(bucket));
    #[expect(clippy::cast_precision_loss, reason = "sums of small steps")]
    let sum = sum as f32;
    sum * float(4)
}

/// The features of a number of a body, for the trainer: buckets below `1 << BITS`, in order.
pub fn features_of(article: &Article, number: Span) -> Vec<u32> {
    let paragraph = article.paragraphs().into_iter().find(|paragraph| number.start < paragraph.end).unwrap_or(number);
    let text = paragraph.of(&article.body).unwrap_or_default();
    let abbreviations = pack("en").map_or(&[][..], |pack| &pack.abbreviations);
    let mut sentences = sentences_in(text, Field::Body, abbreviations).into_iter().flat_map(|span| pieces(text, span));
    let inside = number.start - paragraph.start;
    let sentence = sentences.find(|sentence| inside < sentence.end).unwrap_or(Span::body(0, text.len()));
    let sentence = Span::body(paragraph.start + sentence.start, paragraph.start + sentence.end);
    let headline = Words::new(article.headline.as_deref().unwrap_or_default(), 0);
    let words = Words::new(text, paragraph.start);
    let mut found = Vec::new();
    let written = number.of(&article.body).unwrap_or_default();
    features(&headline, &words, sentence, number, written, |bucket| found.push(bucket));
    found.sort_unstable();
    found
}
