//! What a number counts, as a small network hears it in the words.
//!
//! In: the sentences of an English story about COVID-19, token by token: the pieces of each word, the metric that a phrase
//! names there, whether it is part of a place, a date or a number. Out: for a number, how likely it is to count each
//! metric, or nothing, and how likely that is new. It is told no rule, so that [`super::weighed`] and [`super::newness`] hear
//! a second opinion.
//!
//! A token is a row of [`WIDTH`] numbers, the mean of its pieces' and what else is known of it; a convolution adds what its
//! neighbours in the sentence say. A number attends in [`HEADS`] ways to the [`REACH`] tokens before it, of the sentences
//! before too, and to as many behind it in its own; a layer weighs that, the nearest tokens and how it is written.
//! `tools/judge/network.py` makes `network.safetensors`, from the pieces and embeddings of the accurate tagger's model.
//!
//! What holds: each sum is made in the same order on every processor; what is heard of a number is within [`REACH`] tokens, so
//! that no length of a text turns it.

use super::beside::{NOTHING, yes};
use super::kinds::KINDS;
use super::reading::Reading;
use crate::extract::tagger::encoder::{self, Vocabulary, Weights};
use crate::language::tokens::TokenKind;
use crate::model::{Metric, Span};
use multiversion::multiversion;
use std::collections::HashMap;
use std::sync::LazyLock;

static NETWORK: LazyLock<Network> =
    LazyLock::new(|| Network::load(include_bytes!("network.safetensors")).expect("the network is part of the program"));

/// Numbers of a token.
pub const WIDTH: usize = 32;
/// Ways to attend.
pub const HEADS: usize = 6;
/// Tokens to either side that a number attends to.
pub const REACH: usize = 32;
/// A number and what it attends to.
const PLACES: usize = 2 * REACH + 1;
/// Tokens to either side that a number hears each by itself.
const NEAR: usize = 2;
/// Tokens of the headline that count.
const HEADLINE: usize = 16;
/// Numbers between attending and the answer.
const HIDDEN: usize = 64;
/// Nothing, then the metrics in their order, and some room; then whether it is new, a total or current.
const ANSWERS: usize = 35;
const NEW: usize = 32;

/// Metrics of a smaller share (its logarithm) are not weighed where nothing else names them.
const LIKELY: f32 = -2.0;

/// What an item of a list says against a metric, at most.
const LEAST: f32 = -6.0;

/// What can stand at a token: nothing, a phrase of a metric, or a number.
const CUES: usize = 64;
const NUMBER: u8 = 63;

/// What else is known of a token, and of a number.
const FLAGS: usize = 7;
const SEEN: usize = 8;

/// Rows of weights, one for each input, with all outputs.
struct Layer<const N: usize> {
    rows: Vec<[f32; N]>,
    bias: [f32; N],
}

impl<const N: usize> Layer<N> {
    fn load(file: &Weights<'_>, name: &str, inputs: usize) -> Result<Self, String> {
        let rows = file.floats(&format!("{name}.weight"), &[inputs, N])?.as_chunks().0.to_vec();
        let bias = file.floats(&format!("{name}.bias"), &[N])?;
        Ok(Self { rows, bias: bias.try_into().map_err(|_| "a bias is too short")? })
    }

    /// Adds what inputs say, the first of which is number `from`.
    fn add(&self, from: usize, inputs: &[f32], sums: &mut [f32; N]) {
        add(self.rows.get(from..).unwrap_or_default(), inputs, sums);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
fn add<const N: usize>(rows: &[[f32; N]], inputs: &[f32], sums: &mut [f32; N]) {
    let mut local = *sums;
    for (row, input) in rows.iter().zip(inputs) {
        if *input != 0.0 {
            for (sum, weight) in local.iter_mut().zip(row) {
                *sum += input * weight;
            }
        }
    }
    *sums = local;
}

/// Adds what each way of attending makes of some tokens in a row.
#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
fn attend(tokens: &[Heard], places: &[[f32; HEADS]], sums: &mut [[f32; WIDTH]; HEADS], all: &mut [f32; HEADS]) {
    for (token, place) in tokens.iter().zip(places) {
        for (((sum, all), share), place) in sums.iter_mut().zip(all.iter_mut()).zip(&token.shares).zip(place) {
            let share = share * place;
            *all += share;
            for (sum, number) in sum.iter_mut().zip(&token.whole) {
                *sum += share * number;
            }
        }
    }
}

struct Network {
    vocabulary: Vocabulary,
    words: &'static [i8],
    scale: f32,
    cues: Vec<[f32; WIDTH]>,
    flags: Vec<[f32; WIDTH]>,
    beside: Layer<WIDTH>,
    attention: Layer<HEADS>,
    /// By how much a place counts where it is of a sentence before, and where it is of the same.
    places: [Vec<[f32; HEADS]>; 2],
    hidden: Layer<HIDDEN>,
    answer: Layer<ANSWERS>,
}

impl Network {
    fn load(bytes: &'static [u8]) -> Result<Self, String> {
        let file = Weights::open(bytes)?;
        let vocabulary = encoder::vocabulary()?;
        let places = file.floats("places", &[PLACES, HEADS])?;
        let inside = file.floats("inside", &[HEADS])?;
        let place = |by: f32| {
            let logs = places.iter().zip(inside.iter().cycle()).map(|(place, inside)| place + by * inside);
            logs.map(f32::exp).collect::<Vec<_>>().as_chunks().0.to_vec()
        };
        Ok(Self {
            words: file.small("words", &[vocabulary.size, WIDTH])?,
            scale: file.floats("words.scale", &[1])?.first().copied().unwrap_or_default(),
            cues: file.floats("cues", &[CUES, WIDTH])?.as_chunks().0.to_vec(),
            flags: file.floats("flags", &[FLAGS, WIDTH])?.as_chunks().0.to_vec(),
            beside: Layer::load(&file, "beside", 3 * WIDTH)?,
            attention: Layer::load(&file, "attention", WIDTH)?,
            places: [place(0.0), place(1.0)],
            hidden: Layer::load(&file, "hidden", (HEADS + 2 * NEAR + 2) * WIDTH + SEEN)?,
            answer: Layer::load(&file, "answer", HIDDEN)?,
            vocabulary,
        })
    }

    /// Goes through the first tokens of a sentence: the pieces of each, and what else is known of it.
    fn each(&self, reading: &Reading<'_, '_>, most: usize, mut say: impl FnMut(&[u32], &Known)) {
        let mut pieces = Vec::new();
        for (token, known) in reading.tokens.iter().zip(known(reading, most)) {
            pieces.clear();
            if known.0 != NUMBER || !token.lower.contains(|c: char| c.is_ascii_digit()) {
                self.vocabulary.cut(&token.lower, &mut pieces);
            }
            say(&pieces, &known);
        }
    }
}

/// A token as it is read.
#[derive(Debug)]
struct Heard {
    /// Itself, before its neighbours are heard.
    alone: [f32; WIDTH],
    /// It opens a sentence.
    opens: bool,
    /// Whether a number has asked for it: with its neighbours, and how much each way of attending makes of it.
    asked: bool,
    whole: [f32; WIDTH],
    shares: [f32; HEADS],
}

/// The cue at a token, and what else is known of it.
type Known = (u8, [f32; FLAGS]);

/// A token as the network is told it: its pieces, the cue at it, and what else is known of it.
pub type Token = (Vec<u32>, u8, [f32; FLAGS]);

/// A story as the network is told it, for the trainer.
#[derive(Debug, Default, serde::Serialize)]
pub struct Told {
    /// The first tokens of the headline.
    pub headline: Vec<Token>,
    /// The sentences of the body.
    pub sentences: Vec<Sentence>,
}

/// A sentence as the network is told it.
#[derive(Debug, Default, serde::Serialize)]
pub struct Sentence {
    /// Its tokens.
    pub tokens: Vec<Token>,
    /// Numbers with their first token, the one behind them and what is seen of them.
    pub numbers: Vec<(Span, usize, usize, [f32; SEEN])>,
}

/// What has been read of a body.
#[derive(Default)]
pub(super) struct Text<'t, 'p> {
    /// The last tokens that were heard, in a row.
    tokens: Vec<Heard>,
    /// The sentences behind them, of which nothing has been asked yet: most of a story need not be heard.
    waiting: Vec<Reading<'t, 'p>>,
    /// Where the sentence that is being read begins, once something is asked of it.
    first: Option<usize>,
    /// What has been answered of its numbers.
    answers: HashMap<usize, [f32; ANSWERS]>,
    /// The sum of the headline's tokens, and how many they are.
    headline: ([f32; WIDTH], usize),
    /// How new the numbers sound that were asked about.
    pub(super) newness: HashMap<Span, f32>,
    /// All of it, where the trainer listens.
    pub(super) told: Option<Told>,
}

impl<'t, 'p> Text<'t, 'p> {
    /// Reads the headline.
    pub(super) fn headline(&mut self, reading: &Reading<'_, '_>) {
        let network = &*NETWORK;
        network.each(reading, HEADLINE - self.headline.1, |pieces, known| {
            self.headline.0.iter_mut().zip(alone(network, pieces, known)).for_each(|(sum, number)| *sum += number);
            self.headline.1 += 1;
            self.told.iter_mut().for_each(|all| all.headline.push((pieces.to_vec(), known.0, known.1)));
        });
    }

    /// Takes up a sentence that has been read; its numbers may be figures where it is about the disease.
    pub(super) fn read(&mut self, reading: Reading<'t, 'p>, about: bool) {
        self.answers.clear();
        if let Some(all) = &mut self.told {
            let mut sentence = Sentence::default();
            NETWORK.each(&reading, usize::MAX, |pieces, known| {
                sentence.tokens.push((pieces.to_vec(), known.0, known.1));
            });
            let numbers = reading.numbers.iter().enumerate().filter(|_| about);
            let span = |start, end| Span::new(reading.span.field, start, end);
            sentence.numbers = numbers
                .map(|(n, number)| (span(number.start, number.end), number.first, number.after, seen(&reading, n)))
                .collect();
            all.sentences.push(sentence);
        }
        if self.first.take().is_some() {
            return;
        }
        self.waiting.push(reading);
        // What is further back than any number hears.
        let mut enough = 0;
        let last = self.waiting.iter().rposition(|reading| {
            enough += reading.tokens.len();
            enough > REACH
        });
        if let Some(last) = last {
            self.waiting.drain(..last);
            self.tokens.clear();
        }
    }

    /// Hears the sentence that is being read, and those that wait; where it begins.
    fn begin(&mut self, reading: &Reading<'_, '_>) -> usize {
        if let Some(first) = self.first {
            return first;
        }
        for reading in std::mem::take(&mut self.waiting) {
            self.push(&reading);
        }
        self.tokens.drain(..self.tokens.len().saturating_sub(REACH + 1));
        let first = self.tokens.len();
        self.push(reading);
        self.first = Some(first);
        first
    }

    fn push(&mut self, reading: &Reading<'_, '_>) {
        let network = &*NETWORK;
        let mut opens = true;
        network.each(reading, usize::MAX, |pieces, known| {
            let alone = alone(network, pieces, known);
            let opens = std::mem::take(&mut opens);
            self.tokens.push(Heard { alone, opens, asked: false, whole: [0.0; WIDTH], shares: [0.0; HEADS] });
        });
    }

    /// How likely number `n` of the last sentence counts nothing, and each metric: logarithms.
    pub(super) fn answer(&mut self, reading: &Reading<'_, '_>, n: usize) -> [f32; ANSWERS] {
        if let Some(answer) = self.answers.get(&n) {
            return *answer;
        }
        let network = &*NETWORK;
        let Some(number) = reading.numbers.get(n) else { return [0.0; ANSWERS] };
        let begin = self.begin(reading);
        let (first, after) = (begin + number.first, begin + number.after);
        let (lowest, end) = (first.saturating_sub(REACH), self.tokens.len().min(after + REACH));
        (lowest..=first).chain(after..end).for_each(|at| self.hear(at));
        let mut sums = [[0.0; WIDTH]; HEADS];
        let mut all = [0.0; HEADS];
        let border = begin.max(lowest);
        for (tokens, inside) in [(lowest..border, 0), (border..first + 1, 1), (after..end, 1)] {
            let place = (tokens.start + REACH).saturating_sub(if tokens.start >= after { after - 1 } else { first });
            let places = network.places.get(inside).and_then(|places| places.get(place..)).unwrap_or_default();
            attend(self.tokens.get(tokens).unwrap_or_default(), places, &mut sums, &mut all);
        }
        let mut near = [[0.0; WIDTH]; 2 * NEAR + 1];
        let left = (0..=NEAR).rev().map(|far| first.checked_sub(far));
        let nearest = left.chain((after..after + NEAR).map(|at| Some(at).filter(|at| *at < end)));
        for (slot, at) in near.iter_mut().zip(nearest) {
            *slot = at.and_then(|at| self.tokens.get(at)).map_or([0.0; WIDTH], |token| token.whole);
        }
        let mut hidden = network.hidden.bias;
        for (sum, all) in sums.iter_mut().zip(all) {
            sum.iter_mut().for_each(|sum| *sum /= all);
        }
        network.hidden.add(0, sums.as_flattened(), &mut hidden);
        network.hidden.add(HEADS * WIDTH, near.as_flattened(), &mut hidden);
        let (headline, count) = self.headline;
        network.hidden.add((HEADS + near.len()) * WIDTH, &headline.map(|sum| sum / (count + 1) as f32), &mut hidden);
        network.hidden.add((HEADS + near.len() + 1) * WIDTH, &seen(reading, n), &mut hidden);
        let mut answers = network.answer.bias;
        network.answer.add(0, &hidden.map(|one| one.max(0.0)), &mut answers);
        let (metrics, kinds) = answers.split_at_mut(NEW);
        likely(metrics);
        likely(kinds);
        self.newness.insert(Span::new(reading.span.field, number.start, number.end), newness(&answers));
        self.answers.insert(n, answers);
        answers
    }

    /// Hears a token with its neighbours, once.
    fn hear(&mut self, at: usize) {
        let network = &*NETWORK;
        let Some(token) = self.tokens.get(at).filter(|token| !token.asked) else { return };
        let before = at.checked_sub(1).filter(|_| !token.opens).and_then(|at| self.tokens.get(at));
        let behind = self.tokens.get(at + 1).filter(|behind| !behind.opens);
        let mut sums = network.beside.bias;
        for (nth, one) in [before, Some(token), behind].into_iter().enumerate() {
            one.into_iter().for_each(|one| network.beside.add(nth * WIDTH, &one.alone, &mut sums));
        }
        let mut whole = token.alone;
        whole.iter_mut().zip(sums).for_each(|(whole, sum)| *whole += sum.max(0.0));
        let mut shares = network.attention.bias;
        network.attention.add(0, &whole, &mut shares);
        if let Some(token) = self.tokens.get_mut(at) {
            (token.asked, token.whole, token.shares) = (true, whole, shares.map(f32::exp));
        }
    }
}

/// Makes scores of what excludes one another the logarithms of how likely each is.
fn likely(scores: &mut [f32]) {
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let sum = scores.iter().map(|score| (score - most).exp()).sum::<f32>();
    scores.iter_mut().for_each(|score| *score -= most + sum.ln());
}

/// How much likelier it is by an answer that a number is new than that it is a total: log odds.
pub fn newness(answer: &[f32]) -> f32 {
    let at = |slot: usize| answer.get(slot).copied().unwrap_or_default();
    at(NEW) - at(NEW + 1)
}

/// Whether a metric is likely enough by an answer to be weighed, whatever else is said.
pub fn is_likely(answer: &[f32], metric: Metric) -> bool {
    answer.get(metric as usize + 1).is_some_and(|share| *share >= LIKELY)
}

/// How many scores there are of a metric, and of it in a list.
pub const SCORES: usize = 3;
/// See [`SCORES`].
pub const OF_LIST: usize = 2;

/// How likely a metric is, and nothing, by what is answered of the other items of a list: means of logarithms.
pub fn scores_of_list<'a>(answers: impl Iterator<Item = &'a [f32]>, metric: Metric) -> [f32; OF_LIST] {
    let (mut sums, mut count) = ([0.0; OF_LIST], 0.0);
    for [own, nothing, _] in answers.map(|answer| scores(answer, metric)) {
        // One item that sounds otherwise does not undo what all others say.
        for (sum, share) in sums.iter_mut().zip([own, nothing]) {
            *sum += share.max(LEAST);
        }
        count += 1.0;
    }
    if count == 0.0 { [NOTHING; OF_LIST] } else { sums.map(|sum| sum / count) }
}

/// How likely a metric is by an answer, nothing, and the metric against the best other.
pub fn scores(answer: &[f32], metric: Metric) -> [f32; SCORES] {
    let own = metric as usize + 1;
    let [nothing, own_share] = [0, own].map(|at| answer.get(at).copied().unwrap_or(f32::MIN));
    let others = answer.iter().take(NEW).enumerate().skip(1).filter(|(at, _)| *at != own).map(|(_, share)| *share);
    [own_share, nothing, own_share - others.fold(f32::MIN, f32::max)]
}

/// A token before its neighbours are heard.
#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
fn alone(network: &Network, pieces: &[u32], (cue, flags): &Known) -> [f32; WIDTH] {
    let mut sums = [0.0; WIDTH];
    for piece in pieces {
        let row = network.words.as_chunks().0.get(*piece as usize).unwrap_or(&[0; WIDTH]);
        sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += f32::from(*number));
    }
    let scale = network.scale / pieces.len().max(1) as f32;
    sums.iter_mut().for_each(|sum| *sum *= scale);
    let mut add = |by: f32, row: &[f32; WIDTH]| {
        sums.iter_mut().zip(row).for_each(|(sum, number)| *sum += by * number);
    };
    network.cues.get(usize::from(*cue)).into_iter().for_each(|row| add(1.0, row));
    flags.iter().zip(&network.flags).filter(|(flag, _)| **flag != 0.0).for_each(|(flag, row)| add(*flag, row));
    sums.map(|sum| sum.max(0.0))
}

/// The cue at each of the first tokens, and what else is known of it.
fn known(reading: &Reading<'_, '_>, most: usize) -> Vec<Known> {
    let tokens = reading.tokens.iter().take(most).enumerate();
    let mut known: Vec<Known> =
        tokens.map(|(at, token)| (0, [0.0, 0.0, 0.0, yes(token.capitalised()), yes(at == 0), 0.0, 0.0])).collect();
    let mut mark = |first: usize, after: usize, say: &dyn Fn(usize, &mut Known)| {
        let range = first.min(known.len())..after.min(known.len());
        known.get_mut(range).into_iter().flatten().zip(first..).for_each(|(known, at)| say(at, known));
    };
    // Of phrases that overlap the first counts.
    for (phrase, metric) in reading.marks.iter().rev().filter_map(|mark| Some((mark, mark.cue.metric()?))) {
        mark(phrase.first, phrase.after, &|_, known| known.0 = metric as u8 + 1);
    }
    for spot in &reading.spots {
        mark(spot.first, spot.after, &|_, known| known.1[0] = 1.0);
    }
    for date in &reading.dates {
        mark(date.first, date.after, &|_, known| known.1[1] = 1.0);
    }
    for number in &reading.numbers {
        mark(number.first, number.after, &|at, known| {
            let Some(token) = reading.tokens.get(at) else { return };
            let digits = token.lower.bytes().filter(u8::is_ascii_digit).count();
            known.0 = NUMBER;
            known.1[2] = 1.0;
            known.1[5] = digits.min(9) as f32 / 5.0;
            known.1[6] = yes(token.kind == TokenKind::Number && token.lower.contains('.'));
        });
    }
    known
}

/// Decades.
pub(super) fn size(value: f64) -> f32 {
    value.abs().max(0.1).log10() as f32
}

/// How a number is written, and where.
fn seen(reading: &Reading<'_, '_>, n: usize) -> [f32; SEEN] {
    let Some(number) = reading.numbers.get(n) else { return [0.0; SEEN] };
    [
        size(number.value) / 4.0,
        yes(number.percent),
        yes(number.value.fract() != 0.0),
        yes(number.words),
        yes(number.grouped),
        yes(number.max.is_some()),
        reading.numbers.len().min(10) as f32 / 5.0,
        n.min(10) as f32 / 5.0,
    ]
}

const _: () = assert!(KINDS.len() < NEW && KINDS.len() + 1 < NUMBER as usize);

#[cfg(test)]
mod tests {
    use super::super::tests::article;
    use super::super::{trainer::weigh, weighed};
    use crate::extract::diseases::COVID_19;
    use crate::extract::places::Places;
    use crate::language::pack;
    use crate::model::Metric;

    /// How likely a number of a text is to count nothing, and each metric.
    fn heard(text: &str, number: &str) -> (f32, Vec<(Metric, f32)>) {
        let article =
            article(&serde_json::json!({"text": text, "date": "2020-11-18", "headline": "Coronavirus update"}));
        let asked = weigh(pack("en").unwrap(), &Places::new(), COVID_19, &article);
        let asked = asked.iter().find(|asked| asked.span.of(&article.body) == Some(number)).unwrap();
        let score = |seen: &[f32], at: usize| seen[weighed::HEARD + at].exp();
        let metrics = asked.metrics.iter().map(|(metric, _, seen)| (*metric, score(seen, 0)));
        (score(&asked.metrics[0].2, 1), metrics.collect())
    }

    const FIGURE: &str = "Ohio reported 412 new coronavirus infections on Tuesday and 29 deaths.";
    const NONE: &str = "During the pandemic the museum sold 412 tickets a day at 14 euros, its director said.";

    #[test]
    fn words_say_what_a_number_counts() {
        let (nothing, metrics) = heard(FIGURE, "412");
        assert!((nothing + metrics.iter().map(|(_, share)| share).sum::<f32>() - 1.0).abs() < 0.01);
        let of = |metrics: &[(Metric, f32)], metric| metrics.iter().find(|one| one.0 == metric).unwrap().1;
        assert!(of(&metrics, Metric::Cases) > 0.5);
        assert!(of(&heard(FIGURE, "29").1, Metric::Deaths) > 0.5);
        assert!(heard(NONE, "412").0 > 0.5 && heard(NONE, "14").0 > 0.5);
    }

    #[test]
    fn no_length_of_a_text_turns_it() {
        let among = |times: usize| {
            let tickets = "Tickets were sold at euros. ".repeat(times);
            heard(&format!("Coronavirus news. {tickets}{FIGURE} {tickets}"), "412").1
        };
        assert_eq!(among(40), among(300));
    }
}
