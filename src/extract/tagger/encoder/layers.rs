//! What lies between the products: layer norm, attention, GELU.
//!
//! In and out: 32-bit floats. What holds: sums are taken in sixteen lanes and always in the same order, and no
//! multiplication is fused with an addition, so that every processor comes to the same bits.

use multiversion::multiversion;

/// Numbers that are computed side by side.
pub(super) const LANES: usize = 16;

/// The largest absolute value.
#[inline(always)]
pub(super) fn largest(row: &[f32]) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = greater(value.abs(), *lane);
        }
    }
    lanes.iter().chain(rest).fold(0.0, |largest, value| greater(value.abs(), largest))
}

/// `a` if it is greater, else `b`; one instruction, unlike `f32::max`.
#[inline(always)]
fn greater(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// The sum, lane by lane and then the lanes.
#[inline(always)]
fn sum(row: &[f32], each: impl Fn(f32) -> f32) -> f32 {
    let (chunks, rest) = row.as_chunks::<LANES>();
    let mut lanes = [0.0f32; LANES];
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += each(*value);
        }
    }
    lanes.iter().sum::<f32>() + rest.iter().map(|value| each(*value)).sum::<f32>()
}

/// Layer norm of every row.
#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
pub(super) fn norm(rows: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32) {
    let width = weight.len().max(1);
    for row in rows.chunks_exact_mut(width) {
        let mean = sum(row, |value| value) / width as f32;
        let variance = sum(row, |value| (value - mean) * (value - mean)) / width as f32;
        let factor = 1.0 / (variance + epsilon).sqrt();
        for ((value, weight), bias) in row.iter_mut().zip(weight).zip(bias) {
            *value = (*value - mean) * factor * weight + bias;
        }
    }
}

/// `e` to the power of a number that is not above zero, to about one unit in the last place.
#[inline(always)]
fn exp(x: f32) -> f32 {
    /// Adding it leaves the whole number in the lowest bits.
    const SHIFT: f32 = 12_582_912.0;
    /// ln 2 in two parts, the first with few digits.
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    let x = greater(x, -87.0);
    let shifted = x * std::f32::consts::LOG2_E + SHIFT;
    let whole = shifted - SHIFT;
    let rest = x - whole * HIGH - whole * LOW;
    let mut power = 1.987_569_2e-4;
    for factor in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        power = power * rest + factor;
    }
    power = power * (rest * rest) + rest + 1.0;
    // The exponent is added to the bits of a number between 0.7 and 1.5; it is at least -126.
    f32::from_bits(power.to_bits().wrapping_add(shifted.to_bits().wrapping_shl(23)))
}

/// x · Φ(x) by the formula with tanh, which the model was trained with: x / (1 + e^-2u).
#[inline(always)]
pub(super) fn gelu(x: f32) -> f32 {
    /// √(2/π).
    const FACTOR: f32 = 0.797_884_6;
    let u = FACTOR * (x + 0.044_715 * (x * x * x));
    let tail = exp(-2.0 * u.abs());
    x * (if u > 0.0 { 1.0 } else { tail }) / (1.0 + tail)
}

/// Queries that are worked on together.
const QUERIES: usize = 4;

/// Buffers of [`attention`], kept from call to call.
#[derive(Default)]
pub(super) struct Buffers {
    /// Sixteen keys at a time, turned: first number of each, second number of each, …
    keys: Vec<[f32; LANES]>,
    /// Weights of all keys for the queries at work.
    weights: [Vec<[f32; LANES]>; QUERIES],
}

/// Attention of one window: `mixed` holds queries, keys and values side by side, `out` the heads side by side.
///
/// `width` is the width of `out`; a head has `width / heads` numbers, a multiple of [`LANES`].
#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
pub(super) fn attention(mixed: &[f32], width: usize, heads: usize, buffers: &mut Buffers, out: &mut [f32]) {
    let size = width / heads.max(1);
    if size == 0 || !size.is_multiple_of(LANES) {
        return;
    }
    let stride = 3 * width;
    let length = out.len() / width;
    let groups = length.div_ceil(LANES);
    let scale = 1.0 / (size as f32).sqrt();
    buffers.keys.resize(groups * size, [0.0; LANES]);
    for weights in &mut buffers.weights {
        weights.resize(groups, [0.0; LANES]);
    }
    for query in (0..heads).map(|head| head * size) {
        let (key, value) = (query + width, query + 2 * width);
        turn(mixed, stride, key, size, &mut buffers.keys);
        for (block, out) in mixed.chunks(stride * QUERIES).zip(out.chunks_mut(width * QUERIES)) {
            // At the end of a window some are empty.
            let mut queries: [&[f32]; QUERIES] = [&[]; QUERIES];
            for (place, row) in queries.iter_mut().zip(block.chunks_exact(stride)) {
                *place = row.get(query..query + size).unwrap_or_default();
            }
            scores(&buffers.keys, queries, size, &mut buffers.weights);
            let mut totals = [1.0; QUERIES];
            for (weights, total) in buffers.weights.iter_mut().zip(&mut totals) {
                *total = soften(weights.as_flattened_mut(), length, scale);
            }
            for start in (0..size).step_by(LANES) {
                let sums = gather(mixed, stride, value + start, &buffers.weights);
                for ((out, sums), total) in out.chunks_exact_mut(width).zip(&sums).zip(totals) {
                    let place = out.get_mut(query + start..).unwrap_or_default();
                    let factor = 1.0 / total;
                    for (out, sum) in place.iter_mut().zip(sums) {
                        *out = sum * factor;
                    }
                }
            }
        }
    }
}

/// Takes the keys of a head out of the rows and turns them.
#[inline(always)]
fn turn(mixed: &[f32], stride: usize, key: usize, size: usize, keys: &mut [[f32; LANES]]) {
    for (keys, rows) in keys.chunks_exact_mut(size).zip(mixed.chunks(stride * LANES)) {
        for (lane, row) in rows.chunks_exact(stride).enumerate() {
            for (turned, number) in keys.iter_mut().zip(row.get(key..).unwrap_or_default()) {
                if let Some(place) = turned.get_mut(lane) {
                    *place = *number;
                }
            }
        }
    }
}

/// Sums of the values by weight: [`LANES`] numbers of them, from `value` of each row on.
#[inline(always)]
fn gather(
    mixed: &[f32],
    stride: usize,
    value: usize,
    weights: &[Vec<[f32; LANES]>; QUERIES],
) -> [[f32; LANES]; QUERIES] {
    let mut sums = [[0.0f32; LANES]; QUERIES];
    let [w0, w1, w2, w3] = weights.each_ref().map(|weights| weights.as_flattened());
    let weights = w0.iter().zip(w1).zip(w2.iter().zip(w3));
    for (row, ((w0, w1), (w2, w3))) in mixed.chunks_exact(stride).zip(weights) {
        let Some(values) = row.get(value..).and_then(|row| row.first_chunk::<LANES>()) else { continue };
        for (sums, weight) in sums.iter_mut().zip([*w0, *w1, *w2, *w3]) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += weight * value;
            }
        }
    }
    sums
}

/// Products of the queries with all keys.
#[inline(always)]
fn scores(keys: &[[f32; LANES]], queries: [&[f32]; QUERIES], size: usize, weights: &mut [Vec<[f32; LANES]>; QUERIES]) {
    // All are of one length, so that the loops need no checks; where a query is empty the first one stands in.
    let [q0, q1, q2, q3] = queries.map(|query| if query.is_empty() { queries[0] } else { query });
    let [w0, w1, w2, w3] = weights;
    let places = w0.iter_mut().zip(w1).zip(w2.iter_mut().zip(w3));
    for (keys, ((w0, w1), (w2, w3))) in keys.chunks_exact(size).zip(places) {
        let mut sums = [[0.0f32; LANES]; QUERIES];
        for (key, ((a, b), (c, d))) in keys.iter().zip(q0.iter().zip(q1).zip(q2.iter().zip(q3))) {
            for (sums, number) in sums.iter_mut().zip([*a, *b, *c, *d]) {
                for (sum, key) in sums.iter_mut().zip(key) {
                    *sum += number * key;
                }
            }
        }
        [*w0, *w1, *w2, *w3] = sums;
    }
}

/// Softmax without the division: weights of the first `length` scores, zero for the rest; returns their sum.
#[inline(always)]
fn soften(scores: &mut [f32], length: usize, scale: f32) -> f32 {
    if let Some(beyond) = scores.get_mut(length..) {
        beyond.fill(f32::MIN);
    }
    let chunks = scores.as_chunks_mut::<LANES>().0;
    let mut lanes = [f32::MIN; LANES];
    for chunk in chunks.iter() {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *lane = greater(*score, *lane);
        }
    }
    let highest = lanes.iter().fold(f32::MIN, |highest, lane| greater(*lane, highest));
    let mut lanes = [0.0f32; LANES];
    for chunk in chunks.iter_mut() {
        for (lane, score) in lanes.iter_mut().zip(chunk) {
            *score = exp((*score - highest) * scale);
            *lane += *score;
        }
    }
    lanes.iter().sum()
}

/// The last layer: floats to the scores of a few labels.
pub(super) struct Scorer {
    /// For each input the weights of all labels.
    weights: Vec<[f32; LABEL_LANES]>,
    bias: Vec<f32>,
}

/// Room for the labels.
const LABEL_LANES: usize = 2 * LANES;

impl Scorer {
    /// From rows of weights, one per label.
    pub(super) fn new(weights: &[f32], bias: &[f32]) -> Self {
        let inputs = weights.len() / bias.len().max(1);
        let mut turned = vec![[0.0; LABEL_LANES]; inputs];
        for (label, row) in weights.chunks_exact(inputs.max(1)).enumerate() {
            for (places, weight) in turned.iter_mut().zip(row) {
                if let Some(place) = places.get_mut(label) {
                    *place = *weight;
                }
            }
        }
        Self { weights: turned, bias: bias.to_vec() }
    }

    /// Stores the scores of the first [`LABEL_LANES`] labels.
    pub(super) fn score(&self, row: &[f32], out: &mut [f32]) {
        let mut sums = [0.0; LABEL_LANES];
        weigh(&self.weights, row, &mut sums);
        for ((out, sum), bias) in out.iter_mut().zip(sums).zip(&self.bias) {
            *out = sum + bias;
        }
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
fn weigh(weights: &[[f32; LABEL_LANES]], row: &[f32], sums: &mut [f32; LABEL_LANES]) {
    let mut local = [0.0f32; LABEL_LANES];
    for (weights, number) in weights.iter().zip(row) {
        for (sum, weight) in local.iter_mut().zip(weights) {
            *sum += weight * number;
        }
    }
    *sums = local;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_and_gelu_are_close() {
        for step in 0..20_000 {
            let x = -(step as f32) / 230.0;
            let exact = f64::from(x).exp();
            assert!((f64::from(exp(x)) - exact).abs() <= 2e-7 * exact + 1e-37, "{x}: {} {exact}", exp(x));
        }
        for step in -2000..2000 {
            let x = step as f32 / 300.0;
            let wide = f64::from(x);
            let exact = 0.5 * wide * (1.0 + (0.797_884_560_8 * (wide + 0.044_715 * wide.powi(3))).tanh());
            assert!((f64::from(gelu(x)) - exact).abs() < 1e-6, "{x}: {} {exact}", gelu(x));
        }
        assert_eq!(gelu(50.0), 50.0);
        assert!(gelu(-50.0).abs() < 1e-20);
    }

    #[test]
    fn attention_is_what_the_formula_says() {
        for length in [1usize, 3, 16, 37] {
            let (width, heads, size) = (64usize, 2usize, 32usize);
            let mixed: Vec<f32> = (0..length * 3 * width).map(|i| ((i * 7919 % 1000) as f32 / 250.0) - 2.0).collect();
            let mut out = vec![0.0; length * width];
            let mut buffers = Buffers::default();
            // What an earlier, longer window left must not show.
            attention(&vec![3.0; 50 * 3 * width], width, heads, &mut buffers, &mut vec![0.0; 50 * width]);
            attention(&mixed, width, heads, &mut buffers, &mut out);
            for head in 0..heads {
                for i in 0..length {
                    let at = |row: usize, which: usize, d: usize| {
                        f64::from(mixed[row * 3 * width + which * width + head * size + d])
                    };
                    let scores: Vec<f64> = (0..length)
                        .map(|j| (0..size).map(|d| at(i, 0, d) * at(j, 1, d)).sum::<f64>() / (size as f64).sqrt())
                        .collect();
                    let highest = scores.iter().copied().fold(f64::MIN, f64::max);
                    let total: f64 = scores.iter().map(|score| (score - highest).exp()).sum();
                    for d in 0..size {
                        let expected: f64 =
                            (0..length).map(|j| (scores[j] - highest).exp() / total * at(j, 2, d)).sum();
                        let found = f64::from(out[i * width + head * size + d]);
                        assert!((found - expected).abs() < 1e-4, "{length} {head} {i} {d}: {found} {expected}");
                    }
                }
            }
        }
    }
}
