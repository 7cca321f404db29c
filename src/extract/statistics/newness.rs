//! Whether a count is new or a total, as the words around it say.
//!
//! In: what the rules found in an English story about COVID-19. Out: the same, where what stands around a count contradicts its
//! kind with the kind that they say. The rules know the phrases that somebody thought of; two models learnt by `tools/judge` from
//! the labelled counts know how counts are told at large ("Binh Duong had 900"). A linear one over hashed words hears how new
//! a count sounds: where words stand, and how large the number is. Boosted trees ([`super::trees`]) look at that and at the
//! figures beside it ([`beside`]), how new those sound and how large they are, and decide.
//!
//! What holds: no figure is added or lost; only new and cumulative counts change places; what is seen of a story is the
//! sentence and the figures next to the count, so that no length of a text turns it.

use super::beside::{self, AROUND, NOTHING, Told};
use super::hashed::{Features, Model, Words, both, fnv, name};
use super::kinds::kind_of;
use super::trees::Trees;
use crate::model::{Article, AsOfHow, Kind, Metric, Observation, Period, Span};
use std::collections::HashMap;
use std::sync::LazyLock;

static MODEL: Model = Model(include_bytes!("newness.bin"));
static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::new(include_bytes!("newness_trees.bin")));

/// Words of the sentence that count, to either side; those within [`NEAR`] count as near, of the nearest [`PLACED`] it counts
/// where they stand, and of the nearest [`PAIRED`] which stand side by side.
const SENTENCE: usize = 25;
const NEAR: usize = 10;
const PLACED: usize = 5;
const PAIRED: usize = 7;

/// Log odds from which the trees are believed against the rules, and against a verb that says how high a count stands.
const CONTRADICTS: f32 = 0.5;
const CONTRADICTS_LEVEL: f32 = 1.5;

/// Bytes behind a count told for a stretch of time within which another count is of the same.
const NEXT: usize = 50;

/// Rules that go by a word of the number itself ("another 36", "in total", "as of"), or by its column: nothing around it
/// contradicts them.
const OUTRIGHT: [&str; 16] = [
    "new",
    "column",
    "total",
    "as_of",
    "passes",
    "bringing_to",
    "rise_by",
    "brought",
    "compared",
    "new_part",
    "rate",
    "first_case",
    "added",
    "of_day",
    "stretch",
    "plus",
];

pub(super) fn is_outright(one: &Observation) -> bool {
    one.rule.split('.').next_back().is_some_and(|rule| OUTRIGHT.contains(&rule))
}

/// What is said of a count.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
enum Said {
    Sentence,
    Left,
    Right,
    Before,
    Behind = Self::Before as u32 + PLACED as u32,
    PairBefore = Self::Behind as u32 + PLACED as u32,
    PairBehind,
    PairLeft,
    PairRight,
    Pair,
    Metric,
    Digits,
    MetricDigits,
    Alike,
    Largest,
    Smallest,
    First,
    SizeBefore,
    SizeBehind,
    KindBefore,
    KindSizeBefore,
    KindSizeBehind,
    KindSentence,
    Neighbour,
    NeighbourMetric,
    Nearest,
    OnlyNew,
    OnlyTotal,
}

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Weekdays are one word, and so are months and names; any other word is itself, for its ending tells its tense.
fn meaning(lower: &[u8], is_name: bool) -> u32 {
    let one_of = |words: &[&str]| words.iter().any(|word| word.as_bytes() == lower);
    if lower.ends_with(b"day") && one_of(&WEEKDAYS) {
        return fnv(b"DAY");
    }
    if is_name && one_of(&MONTHS) {
        return fnv(b"MONTH");
    }
    name(lower, is_name).unwrap_or_else(|| fnv(lower))
}

/// The figures of a body, as the rules left them, for the trainer.
#[derive(Debug, Default)]
pub struct Story {
    /// In the order of the text.
    pub told: Vec<Told>,
    /// What is said of each whose kind is open: buckets below `1 << BITS`.
    pub features: Vec<Vec<u32>>,
    /// When the story was written.
    pub when: f32,
}

/// Whether an observation counts what may be told as new or as a total.
pub(super) fn is_count(one: &Observation) -> bool {
    let other = matches!(one.metric, Metric::Quarantined | Metric::CloseContacts | Metric::ExcessDeaths);
    let row = kind_of(one.metric);
    matches!(one.kind, Kind::New | Kind::Cumulative)
        && row.whole
        && row.fixed.is_none()
        && !other
        && one.statistic.is_none()
}

/// The figures of a body, for the trainer.
pub(super) fn story(found: &[Observation], heard: &HashMap<Span, f32>, article: &Article) -> Story {
    let mut story = Story { told: Told::all(found, heard), features: Vec::new(), when: beside::when(article.date()) };
    story.features.resize(story.told.len(), Vec::new());
    each(found, &article.body, |at, told, span, sentence| {
        let Some(features) = story.features.get_mut(at) else { return };
        say(told, at, span, sentence, |bucket| features.push(bucket));
        features.sort_unstable();
    });
    story
}

/// Corrects the kinds that words and figures beside them contradict, and those that were had of them: `follows` has numbers
/// with the number whose kind they have, in the order of the text; `heard` how new each sounds to the network.
pub(super) fn correct(
    found: &mut [Observation],
    follows: &[(Span, Span)],
    heard: &HashMap<Span, f32>,
    article: &Article,
) {
    let told = Told::all(found, heard);
    if !told.iter().any(|one| one.open) {
        return;
    }
    let mut odds: Vec<f32> = told.iter().map(|one| one.outright().unwrap_or(NOTHING)).collect();
    each(found, &article.body, |at, told, span, sentence| {
        let mut steps = 0;
        say(told, at, span, sentence, |bucket| steps += MODEL.weight(bucket));
        if let Some(odds) = odds.get_mut(at) {
            *odds = MODEL.odds(steps);
        }
    });
    // "1.15 lakh cases in 24 hrs, 12 dead": what stands right behind a stretch of time is of it.
    let stretches = found.iter().filter(|one| one.field.is_body() && one.rule.ends_with(".stretch"));
    let ends: Vec<usize> = stretches.filter_map(|one| Some(one.spans.value?.end)).collect();
    let of_stretch = |span: &Span| {
        let last = ends.partition_point(|end| *end < span.start).checked_sub(1).and_then(|last| ends.get(last));
        last.is_some_and(|end| span.start - end <= NEXT)
    };
    let when = beside::when(article.date());
    // Whether what stands around a count contradicts its kind, where that is clear.
    let mut contradicted: HashMap<Span, bool> = HashMap::new();
    for (at, one) in told.iter().enumerate().filter(|(_, one)| one.open && !(one.new && of_stretch(&one.span))) {
        let odds = TREES.odds(&beside::seen(&told, &odds, at, when));
        if odds.abs() >= if one.level { CONTRADICTS_LEVEL } else { CONTRADICTS } {
            contradicted.insert(one.span, (odds > 0.0) != one.new);
        }
    }
    for (part, whole) in follows {
        if contradicted.get(whole) == Some(&true) {
            contradicted.entry(*part).or_insert(true);
        }
    }
    let wrong = |one: &Observation| one.spans.value.is_some_and(|span| contradicted.get(&span) == Some(&true));
    for one in found.iter_mut().filter(|one| wrong(one) && is_count(one)) {
        let dated = matches!(one.as_of.how, AsOfHow::Explicit | AsOfHow::Weekday | AsOfHow::Relative);
        let day = dated && one.as_of.date.as_ref().is_some_and(|date| date.len() == "2020-11-18".len());
        (one.kind, one.period) = match one.kind {
            Kind::New => (Kind::Cumulative, None),
            _ => (Kind::New, day.then_some(Period::Day)),
        };
        one.rule = format!("{}.learnt", kind_of(one.metric).name);
    }
}

/// The figures of a body that have a value.
pub(super) fn valued(found: &[Observation]) -> impl Iterator<Item = &Observation> {
    found.iter().filter(|one| one.field.is_body() && one.value.is_some() && one.spans.value.is_some())
}

pub(super) fn is_open(one: &Observation) -> bool {
    is_count(one) && !is_outright(one)
}

/// Shows each count of a body whose kind is open among the figures of the body, with the words of its sentence.
fn each(found: &[Observation], body: &str, mut see: impl FnMut(usize, &[&Observation], Span, &Words)) {
    let told: Vec<&Observation> = valued(found).collect();
    let mut sentence = (Span::body(0, 0), Words::default());
    for (at, one) in told.iter().enumerate().filter(|(_, one)| is_open(one)) {
        let span = one.sentence.span;
        if sentence.0 != span {
            sentence = (span, Words::new(span.of(body).unwrap_or_default(), span.start, meaning));
        }
        see(at, &told, one.spans.value.unwrap_or_default(), &sentence.1);
    }
}

/// Half decades between two values, within five.
#[expect(clippy::cast_possible_truncation, reason = "small numbers")]
fn apart(one: f64, other: f64) -> i32 {
    (2.0 * (one / other).log10()).round().clamp(-5.0, 5.0) as i32
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small numbers")]
fn steps(value: f64, most: f64) -> u32 {
    value.clamp(0.0, most) as u32
}

fn value(one: &Observation) -> f64 {
    one.value.map_or(0.5, |value| value.0.max(0.5))
}

/// Two facts as one.
fn joint(kind: Kind, size: i32) -> u32 {
    both(kind as u32, size.unsigned_abs() << 1 | u32::from(size < 0))
}

/// Tells what is said of the count `told[at]`.
fn say(told: &[&Observation], at: usize, span: Span, sentence: &Words, found: impl FnMut(u32)) {
    let Some(this) = told.get(at) else { return };
    let mut features = Features::new(found);
    let (before, behind) = sentence.beside(span.start, span.end);
    let left: Vec<u32> = before.iter().rev().take(SENTENCE).map(|word| word.hash).collect();
    let right: Vec<u32> = behind.iter().take(SENTENCE).map(|word| word.hash).collect();
    for (side, first) in [(&left, Said::Before), (&right, Said::Behind)] {
        (first as u32..).zip(side.iter().take(PLACED)).for_each(|(at, word)| features.say(at, *word));
    }
    let mut say = |said: Said, what: u32| features.say(said as u32, what);
    for word in left.iter().chain(&right) {
        say(Said::Sentence, *word);
    }
    left.iter().take(NEAR).for_each(|word| say(Said::Left, *word));
    right.iter().take(NEAR).for_each(|word| say(Said::Right, *word));
    if let [one, two, ..] = left.as_slice() {
        say(Said::PairBefore, both(*two, *one));
    }
    if let [one, two, ..] = right.as_slice() {
        say(Said::PairBehind, both(*one, *two));
    }
    if let (Some(left), Some(right)) = (left.first(), right.first()) {
        say(Said::Pair, both(*left, *right));
    }
    for (one, two) in left.iter().zip(left.iter().skip(1)).take(PAIRED - 1) {
        say(Said::PairLeft, both(*two, *one));
    }
    for (one, two) in right.iter().zip(right.iter().skip(1)).take(PAIRED - 1) {
        say(Said::PairRight, both(*one, *two));
    }
    let metric = this.metric as u32;
    let size = value(this);
    let digits = steps(size.log10() + 1.31, 7.0);
    say(Said::Metric, metric);
    say(Said::Digits, digits);
    say(Said::MetricDigits, both(metric, digits));
    let from = at.saturating_sub(AROUND);
    let near = told.get(from..told.len().min(at + AROUND + 1)).unwrap_or_default();
    let alike =
        || near.iter().enumerate().map(|(n, one)| (from + n, *one)).filter(|(_, one)| one.metric == this.metric);
    let largest = alike().map(|(_, one)| value(one)).fold(size, f64::max);
    let smallest = alike().map(|(_, one)| value(one)).fold(size, f64::min);
    let count = alike().count();
    say(Said::Alike, u32::try_from(count.min(4)).unwrap_or(4));
    if count > 1 {
        say(Said::Largest, steps(2.0 * (largest / size).log10(), 5.0));
        say(Said::Smallest, steps(2.0 * (size / smallest).log10(), 5.0));
    }
    match alike().take_while(|(n, _)| *n < at).last() {
        Some((_, one)) => {
            let size = apart(size, value(one));
            say(Said::SizeBefore, size.unsigned_abs() << 1 | u32::from(size < 0));
            say(Said::KindBefore, one.kind as u32);
            say(Said::KindSizeBefore, joint(one.kind, size));
            say(Said::KindSentence, joint(one.kind, i32::from(one.sentence.span == this.sentence.span)));
        }
        None => say(Said::First, 0),
    }
    if let Some((_, one)) = alike().find(|(n, _)| *n > at) {
        let size = apart(size, value(one));
        say(Said::SizeBehind, size.unsigned_abs() << 1 | u32::from(size < 0));
        say(Said::KindSizeBehind, joint(one.kind, size));
    }
    if let Some(one) = at.checked_sub(1).and_then(|before| told.get(before)) {
        say(Said::Neighbour, joint(one.kind, i32::from(one.sentence.span == this.sentence.span)));
        say(Said::NeighbourMetric, both(one.metric as u32, one.kind as u32));
    }
    let nearest = |kind: Kind| {
        let others = alike().filter(|(n, one)| *n != at && one.kind == kind);
        others.map(|(_, one)| (size / value(one)).ln().abs()).min_by(f64::total_cmp)
    };
    match (nearest(Kind::New), nearest(Kind::Cumulative)) {
        (Some(new), Some(total)) => say(Said::Nearest, u32::from(new < total)),
        (Some(new), None) => say(Said::OnlyNew, steps(new, 4.0)),
        (None, Some(total)) => say(Said::OnlyTotal, steps(total, 4.0)),
        (None, None) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weekday_is_a_weekday_and_a_verb_keeps_its_tense() {
        assert_eq!(meaning(b"monday", true), meaning(b"friday", true));
        assert_ne!(meaning(b"may", false), meaning(b"may", true));
        assert_ne!(meaning(b"reported", false), meaning(b"reports", false));
    }

    #[test]
    fn sizes_are_told_in_half_decades() {
        assert_eq!([apart(100.0, 1.0), apart(1.0, 100.0), apart(1e9, 1.0)], [4, -4, 5]);
        assert_eq!([steps(7.9, 5.0), steps(-1.0, 5.0), steps(2.9, 5.0)], [5, 0, 2]);
    }
}
