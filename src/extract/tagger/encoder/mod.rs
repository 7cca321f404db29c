//! The accurate tagger: a small BERT that reads whole sentences.
//!
//! In: sentences of words with what the gazetteer knows about them, and a model file. Out: a label for every word. What
//! holds: it is pure, starts no threads and takes any words; its results are the same to the bit on every processor,
//! because products are summed in whole numbers (`product`) and all else in a fixed order (`layers`). Weights are kept as
//! 16-bit numbers, about twice the size of the model's file.
//!
//! The model is made by `tools/tagger`, whose MODEL.md states the names of the tensors and the forward pass. A story of
//! 400 words takes 45 ms of a core with AVX-512, 80 ms with AVX2, 185 ms without (AMD EPYC of 2024, 6 layers).

#[cfg(test)]
mod tests;

mod layers;
mod product;
mod viterbi;
mod weights;
mod windows;
mod wordpiece;

use super::LABELS;
use crate::extract::entities::token::Token;
use product::{Matrix, Rows, Then, product};
use std::ops::Range;
pub(in crate::extract) use weights::Weights;
use windows::{CASES, Slot, WINDOW, Windows};
pub(in crate::extract) use wordpiece::Vocabulary;

/// Bits of the gazetteer.
const BITS: usize = 63;

/// Types of names, in the order of their labels.
const TYPES: [&str; (LABELS - 1) / 2] =
    ["person", "organisation", "place", "facility", "group", "event", "product", "disease", "work"];

/// Pieces that go through the layers together: enough to use a weight often while it is near, few enough to stay near
/// themselves; between 128 and 1,024 the times differ by a tenth.
const BATCH: usize = 256;

/// A sentence to label.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct Sentence<'t> {
    /// Its words and marks.
    pub(in crate::extract) tokens: &'t [Token<'t>],
    /// What the gazetteer knows about each of them.
    pub(in crate::extract) bits: &'t [u64],
}

/// A table of 8-bit rows.
struct Table {
    width: usize,
    numbers: Vec<i8>,
    scales: Vec<f32>,
}

/// Weight and bias of a layer norm.
struct Norm {
    weight: Vec<f32>,
    bias: Vec<f32>,
}

struct Layer {
    /// Queries, keys and values side by side.
    mix: Matrix,
    out: Matrix,
    out_norm: Norm,
    up: Matrix,
    down: Matrix,
    down_norm: Norm,
}

/// A loaded model.
pub(in crate::extract) struct Encoder {
    vocabulary: Vocabulary,
    width: usize,
    heads: usize,
    epsilon: f32,
    words: Table,
    positions: Table,
    /// A row for each case, one for a word that opens a sentence, and one for each bit of the gazetteer.
    features: Vec<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    label: layers::Scorer,
    /// As `features`, added to the scores; the row for opening is zero.
    label_features: Vec<f32>,
}

/// What the layers work in, kept from batch to batch.
#[derive(Default)]
struct Work {
    stream: Vec<f32>,
    mixed: Vec<f32>,
    context: Vec<f32>,
    raised: Vec<f32>,
    rows: Rows,
    attention: layers::Buffers,
}

/// The model of the program.
const MODEL: &[u8] = include_bytes!("model.safetensors");

/// The pieces of words that the program's model knows.
pub(in crate::extract) fn vocabulary() -> Result<Vocabulary, String> {
    Vocabulary::new(Weights::open(MODEL)?.text("vocabulary")?)
}

impl Encoder {
    /// With the model that the program carries.
    pub(in crate::extract) fn new() -> Self {
        Self::load(MODEL).expect("the model is part of the program and its test reads it")
    }

    /// Reads a model from the bytes of its file.
    pub(in crate::extract) fn load(bytes: &[u8]) -> Result<Self, String> {
        let file = Weights::open(bytes)?;
        let vocabulary = Vocabulary::new(file.text("vocabulary")?)?;
        let shape = file.shape("words")?;
        let width = *shape.get(1).ok_or("the model's words are no table")?;
        let heads: usize = file.setting("heads")?;
        let labels = TYPES.iter().fold("O".to_owned(), |labels, name| format!("{labels} B-{name} I-{name}"));
        for (name, expected) in [("window", WINDOW.to_string()), ("gelu", "tanh".to_owned()), ("labels", labels)] {
            let found: String = file.setting(name)?;
            if found != expected {
                return Err(format!("the model's {name} is {found}, not {expected}"));
            }
        }
        if width == 0 || heads == 0 || !width.is_multiple_of(heads.saturating_mul(layers::LANES)) {
            return Err(format!("{heads} heads do not divide a width of {width}"));
        }
        let mut stack = Vec::new();
        while file.shape(&format!("layers.{}.qkv.weight", stack.len())).is_ok() {
            stack.push(Layer::load(&file, stack.len(), width)?);
        }
        let mut features = file.floats("case", &[CASES, width])?;
        features.extend(file.floats("opens", &[width])?);
        features.extend(file.floats("gazetteer", &[BITS, width])?);
        let mut label_features = file.floats("label_case", &[CASES, LABELS])?;
        label_features.extend([0.0; LABELS]);
        label_features.extend(file.floats("label_gazetteer", &[BITS, LABELS])?);
        Ok(Self {
            words: Table::load(&file, "words", vocabulary.size, width)?,
            positions: Table::load(&file, "positions", WINDOW, width)?,
            features,
            norm: Norm::load(&file, "norm", width)?,
            layers: stack,
            label: layers::Scorer::new(
                &file.floats("label.weight", &[LABELS, width])?,
                &file.floats("label.bias", &[LABELS])?,
            ),
            label_features,
            epsilon: file.setting("epsilon")?,
            vocabulary,
            width,
            heads,
        })
    }

    /// The labels of all words, sentence by sentence, and how likely each is by itself, 0 to 1.
    pub(in crate::extract) fn read(&self, sentences: &[Sentence<'_>]) -> Vec<(Vec<u8>, Vec<f32>)> {
        let scores = self.scores(sentences);
        let mut rest = scores.as_slice();
        let mut read = Vec::with_capacity(sentences.len());
        for sentence in sentences {
            let (own, after) = rest.split_at_checked(sentence.tokens.len() * LABELS).unwrap_or((rest, &[]));
            let labels = viterbi::best(own, LABELS);
            let likely = own.chunks(LABELS).zip(&labels).map(|(row, label)| share(row, usize::from(*label))).collect();
            read.push((labels, likely));
            rest = after;
        }
        read
    }

    /// The labels of all words, sentence by sentence.
    #[cfg(test)]
    pub(in crate::extract) fn label(&self, sentences: &[Sentence<'_>]) -> Vec<Vec<u8>> {
        self.read(sentences).into_iter().map(|(labels, _)| labels).collect()
    }

    /// The scores of every label for every word.
    fn scores(&self, sentences: &[Sentence<'_>]) -> Vec<f32> {
        let windows = windows::pack(sentences, &self.vocabulary);
        let mut scores = Vec::with_capacity(windows.words.len() * LABELS);
        let mut words = windows.words.as_slice();
        let mut work = Work::default();
        for batch in batches(&windows) {
            let end = batch.last().map_or(0, |window| window.end);
            let start = batch.first().map_or(0, |window| window.start);
            let count = words.partition_point(|word| *word < end);
            let (own, after) = words.split_at_checked(count).unwrap_or((words, &[]));
            words = after;
            self.pass(&windows.slots, &batch, &mut work);
            self.score(&windows.slots, start, own, &work, &mut scores);
        }
        scores
    }

    /// From the pieces of some windows to what the last layer says about them, in `work.stream`.
    fn pass(&self, slots: &[Slot], batch: &[Range<usize>], work: &mut Work) {
        let width = self.width;
        let count: usize = batch.iter().map(ExactSizeIterator::len).sum();
        work.stream.clear();
        work.stream.resize(count * width, 0.0);
        let mut rows = work.stream.chunks_exact_mut(width);
        for window in batch {
            let window = slots.get(window.clone()).unwrap_or_default();
            for ((position, slot), row) in window.iter().enumerate().zip(&mut rows) {
                self.words.add(slot.piece as usize, row);
                self.positions.add(position, row);
                for feature in features(slot) {
                    add(&self.features, feature, row);
                }
            }
        }
        self.norm.apply(&mut work.stream, self.epsilon);
        work.mixed.resize(count * 3 * width, 0.0);
        work.context.resize(count * width, 0.0);
        for layer in &self.layers {
            work.rows.fill(&work.stream, width);
            product(&work.rows, &layer.mix, Then::Store, &mut work.mixed);
            let (mut mixed, mut context) = (work.mixed.as_slice(), work.context.as_mut_slice());
            for window in batch {
                let (own, after) = mixed.split_at_checked(window.len() * 3 * width).unwrap_or_default();
                let (out, out_after) = context.split_at_mut_checked(window.len() * width).unwrap_or_default();
                layers::attention(own, width, self.heads, &mut work.attention, out);
                (mixed, context) = (after, out_after);
            }
            work.rows.fill(&work.context, width);
            product(&work.rows, &layer.out, Then::Add, &mut work.stream);
            layer.out_norm.apply(&mut work.stream, self.epsilon);
            work.rows.fill(&work.stream, width);
            work.raised.resize(count * layer.up.outputs(), 0.0);
            product(&work.rows, &layer.up, Then::Gelu, &mut work.raised);
            work.rows.fill(&work.raised, layer.up.outputs());
            product(&work.rows, &layer.down, Then::Add, &mut work.stream);
            layer.down_norm.apply(&mut work.stream, self.epsilon);
        }
    }

    /// Appends the scores of the words that begin at these slots; the slot `start` is the first row of the stream.
    fn score(&self, slots: &[Slot], start: usize, words: &[usize], work: &Work, scores: &mut Vec<f32>) {
        for word in words {
            let row = work.stream.chunks_exact(self.width).nth(word - start).unwrap_or_default();
            let from = scores.len();
            scores.resize(from + LABELS, 0.0);
            let Some(place) = scores.get_mut(from..) else { continue };
            self.label.score(row, place);
            for feature in slots.get(*word).into_iter().flat_map(features) {
                add(&self.label_features, feature, place);
            }
        }
    }
}

/// The softmax of one score among all.
fn share(scores: &[f32], of: usize) -> f32 {
    let score = scores.get(of).copied().unwrap_or(f32::NEG_INFINITY);
    let sum: f32 = scores.iter().map(|other| (other - score).exp()).sum();
    if sum.is_finite() && sum > 0.0 { 1.0 / sum } else { 0.0 }
}

/// Windows of at most [`BATCH`] pieces together.
fn batches(windows: &Windows) -> Vec<Vec<Range<usize>>> {
    let mut batches: Vec<Vec<Range<usize>>> = Vec::new();
    for (number, start) in windows.starts.iter().enumerate() {
        let end = windows.starts.get(number + 1).copied().unwrap_or(windows.slots.len());
        match batches.last_mut() {
            Some(batch) if batch.first().is_some_and(|first| end - first.start <= BATCH) => batch.push(*start..end),
            _ => batches.push(std::iter::once(*start..end).collect()),
        }
    }
    batches
}

/// Rows of the features that a piece has.
fn features(slot: &Slot) -> impl Iterator<Item = usize> {
    let mut bits = slot.bits & ((1 << BITS) - 1);
    let of_word = std::iter::from_fn(move || {
        let bit = (bits != 0).then(|| bits.trailing_zeros() as usize)?;
        bits &= bits - 1;
        Some(CASES + 1 + bit)
    });
    std::iter::once(usize::from(slot.case)).chain(slot.opens.then_some(CASES)).chain(of_word)
}

/// Adds a row of a table to one of the same width.
fn add(table: &[f32], number: usize, row: &mut [f32]) {
    let from = number * row.len();
    let numbers = table.get(from..from + row.len()).unwrap_or_default();
    for (place, number) in row.iter_mut().zip(numbers) {
        *place += number;
    }
}

impl Table {
    fn load(file: &Weights<'_>, name: &str, rows: usize, width: usize) -> Result<Self, String> {
        let scales = file.floats(&format!("{name}.scale"), &[rows])?;
        Ok(Self { width, numbers: file.small(name, &[rows, width])?.to_vec(), scales })
    }

    fn add(&self, number: usize, row: &mut [f32]) {
        let from = number * self.width;
        let numbers = self.numbers.get(from..from + self.width).unwrap_or_default();
        let scale = self.scales.get(number).copied().unwrap_or_default();
        for (place, number) in row.iter_mut().zip(numbers) {
            *place += f32::from(*number) * scale;
        }
    }
}

impl Norm {
    fn load(file: &Weights<'_>, name: &str, width: usize) -> Result<Self, String> {
        let part = |part: &str| file.floats(&format!("{name}.{part}"), &[width]);
        Ok(Self { weight: part("weight")?, bias: part("bias")? })
    }

    fn apply(&self, rows: &mut [f32], epsilon: f32) {
        layers::norm(rows, &self.weight, &self.bias, epsilon);
    }
}

impl Layer {
    fn load(file: &Weights<'_>, number: usize, width: usize) -> Result<Self, String> {
        let name = |part: &str| format!("layers.{number}.{part}");
        let tall = file.shape(&name("up.weight"))?.first().copied().unwrap_or_default();
        Ok(Self {
            mix: matrix(file, &name("qkv"), 3 * width, width)?,
            out: matrix(file, &name("out"), width, width)?,
            out_norm: Norm::load(file, &name("norm1"), width)?,
            up: matrix(file, &name("up"), tall, width)?,
            down: matrix(file, &name("down"), width, tall)?,
            down_norm: Norm::load(file, &name("norm2"), width)?,
        })
    }
}

fn matrix(file: &Weights<'_>, name: &str, outputs: usize, inputs: usize) -> Result<Matrix, String> {
    let weights = file.small(&format!("{name}.weight"), &[outputs, inputs])?;
    let scales = file.floats(&format!("{name}.weight.scale"), &[outputs])?;
    let bias = file.floats(&format!("{name}.bias"), &[outputs])?;
    Matrix::new(weights, &scales, &bias).ok_or_else(|| format!("the model's {name} has no weights"))
}

/// For `cargo bench --bench taggers`: a function that labels a text with an empty gazetteer and counts its pieces.
#[doc(hidden)]
pub fn trial(model: &[u8]) -> Result<impl Fn(&str) -> usize, String> {
    let encoder = Encoder::load(model)?;
    Ok(move |text: &str| {
        let tokens = crate::extract::entities::token::tokens(text, crate::model::Field::Body);
        let sentences = tokens.chunk_by(|one, next| one.sentence == next.sentence);
        let sentences: Vec<_> = sentences.map(|tokens| Sentence { tokens, bits: &[] }).collect();
        std::hint::black_box(encoder.read(&sentences));
        windows::pack(&sentences, &encoder.vocabulary).slots.len()
    })
}
