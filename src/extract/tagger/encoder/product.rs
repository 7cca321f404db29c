//! Products of activations with a matrix of weights, in whole numbers.
//!
//! In: rows of activations, written as 16-bit numbers with a scale each ([`Rows`]), and a matrix of 8-bit weights with a
//! scale per output ([`Matrix`]). Out: 32-bit floats. What holds: the sums are exact in 32-bit integers, so that every
//! processor comes to the same result; which instructions are used is found out when the program runs.

use multiversion::{multiversion, target::match_target};

/// Rows of activations that are multiplied together.
const HEIGHT: usize = 12;
/// Outputs that are computed together.
const WIDTH: usize = 32;

/// Weights of [`WIDTH`] outputs for two neighbouring inputs: output by output the pair.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Pairs([[i16; WIDTH]; 2]);

/// One pair of inputs of [`HEIGHT`] rows, each pair in one number: the first input in the low half.
type Column = [u32; HEIGHT];

/// Sums of [`HEIGHT`] rows and [`WIDTH`] outputs.
type Tile = [[i32; WIDTH]; HEIGHT];

/// A matrix of weights with its bias, laid out for the product.
pub(super) struct Matrix {
    inputs: usize,
    outputs: usize,
    /// Panel by panel ([`WIDTH`] outputs), in each all pairs of inputs.
    pairs: Vec<Pairs>,
    scales: Vec<f32>,
    bias: Vec<f32>,
}

impl Matrix {
    /// From rows of weights, one per output; `None` when the lengths do not fit together.
    pub(super) fn new(weights: &[i8], scales: &[f32], bias: &[f32]) -> Option<Self> {
        let outputs = scales.len();
        if outputs == 0 || bias.len() != outputs || !weights.len().is_multiple_of(outputs) {
            return None;
        }
        let inputs = weights.len() / outputs;
        if inputs == 0 {
            return None;
        }
        let panels = outputs.div_ceil(WIDTH);
        let depth = inputs.div_ceil(2);
        let mut pairs = vec![Pairs([[0; WIDTH]; 2]); panels * depth];
        for (panel, group) in pairs.chunks_exact_mut(depth).zip(weights.chunks(inputs * WIDTH)) {
            for (output, row) in group.chunks_exact(inputs).enumerate() {
                for (pair, two) in panel.iter_mut().zip(row.chunks(2)) {
                    let flat = pair.0.as_flattened_mut();
                    for (place, weight) in flat.iter_mut().skip(2 * output).zip(two) {
                        *place = i16::from(*weight);
                    }
                }
            }
        }
        let pad = |values: &[f32]| {
            let mut values = values.to_vec();
            values.resize(panels * WIDTH, 0.0);
            values
        };
        Some(Self { inputs, outputs, pairs, scales: pad(scales), bias: pad(bias) })
    }

    pub(super) fn outputs(&self) -> usize {
        self.outputs
    }
}

/// Activations as 16-bit numbers, laid out for the product.
#[derive(Default)]
pub(super) struct Rows {
    inputs: usize,
    count: usize,
    columns: Vec<Column>,
    scales: Vec<f32>,
}

impl Rows {
    /// Takes the rows of `values`, each of `inputs` numbers.
    pub(super) fn fill(&mut self, values: &[f32], inputs: usize) {
        let inputs = inputs.max(1);
        let depth = inputs.div_ceil(2);
        self.inputs = inputs;
        self.count = values.len() / inputs;
        let blocks = self.count.div_ceil(HEIGHT);
        // What a former fill left in the rows beyond the last one is multiplied and thrown away.
        self.columns.resize(blocks * depth, [0; HEIGHT]);
        self.scales.resize(blocks * HEIGHT, 0.0);
        quantise(values, inputs, ceiling(inputs), &mut self.columns, &mut self.scales);
    }
}

/// The largest activation whose sums of `inputs` products with 8-bit weights stay inside 32 bits.
fn ceiling(inputs: usize) -> f32 {
    let largest = (i32::MAX as usize / 128 / inputs).min(32_767);
    largest as f32
}

#[multiversion(targets("x86_64+avx512f+avx512bw", "x86_64+avx2"))]
fn quantise(values: &[f32], inputs: usize, ceiling: f32, columns: &mut [Column], scales: &mut [f32]) {
    /// Pairs that are turned together.
    const STEP: usize = 16;
    let depth = inputs.div_ceil(2);
    let blocks = columns.chunks_exact_mut(depth).zip(scales.chunks_exact_mut(HEIGHT));
    for ((columns, scales), values) in blocks.zip(values.chunks(inputs * HEIGHT)) {
        let mut rows: [&[f32]; HEIGHT] = [&[]; HEIGHT];
        let mut factors = [0.0; HEIGHT];
        let places = rows.iter_mut().zip(&mut factors).zip(scales);
        for (((place, factor), scale), row) in places.zip(values.chunks_exact(inputs)) {
            let largest = super::layers::largest(row);
            (*factor, *scale) = if largest > 0.0 { (ceiling / largest, largest / ceiling) } else { (0.0, 0.0) };
            *place = row;
        }
        for columns in columns.chunks_mut(STEP) {
            let mut pairs = [[0u32; STEP]; HEIGHT];
            for ((pairs, row), factor) in pairs.iter_mut().zip(&mut rows).zip(factors) {
                let (own, after) = row.split_at(row.len().min(2 * STEP));
                *row = after;
                let mut padded = [0.0; 2 * STEP];
                match own.first_chunk() {
                    Some(own) => padded = *own,
                    None => padded.iter_mut().zip(own).for_each(|(place, value)| *place = *value),
                }
                for (pair, [low, high]) in pairs.iter_mut().zip(padded.as_chunks::<2>().0) {
                    *pair = (whole(low * factor) & 0xffff) | (whole(high * factor) << 16);
                }
            }
            for (number, column) in columns.iter_mut().enumerate() {
                for (place, pairs) in column.iter_mut().zip(&pairs) {
                    *place = pairs.get(number).copied().unwrap_or_default();
                }
            }
        }
    }
}

/// The nearest whole number, as the lower bits of the result; for numbers up to 2²².
#[inline(always)]
fn whole(value: f32) -> u32 {
    // Adding 1.5 * 2^23 leaves the whole number in the lowest bits of the sum.
    const SHIFT: f32 = 12_582_912.0;
    (value + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits())
}

/// What becomes of the results.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// They are stored.
    Store,
    /// They are added to what is there.
    Add,
    /// They are stored after GELU.
    Gelu,
}

/// `out = rows * matrix + bias`, `out` being rows of `matrix.outputs()` numbers.
pub(super) fn product(rows: &Rows, matrix: &Matrix, then: Then, out: &mut [f32]) {
    if rows.inputs == matrix.inputs {
        multiply(rows, matrix, then, out);
    }
}

#[multiversion(targets("x86_64+avx512f+avx512bw+avx512vnni", "x86_64+avx2+avxvnni", "x86_64+avx2", "x86_64+sse4.1"))]
fn multiply(rows: &Rows, matrix: &Matrix, then: Then, out: &mut [f32]) {
    let depth = matrix.inputs.div_ceil(2);
    let panels = matrix.pairs.chunks_exact(depth);
    let widths = matrix.scales.chunks_exact(WIDTH).zip(matrix.bias.chunks_exact(WIDTH));
    for (number, (pairs, (factors, bias))) in panels.zip(widths).enumerate() {
        let blocks = rows.columns.chunks_exact(depth).zip(rows.scales.chunks_exact(HEIGHT));
        for ((columns, scales), out) in blocks.zip(out.chunks_mut(matrix.outputs * HEIGHT)) {
            let mut tile: Tile = [[0; WIDTH]; HEIGHT];
            match_target! {
                "x86_64+avx512vnni" => x86::vnni(columns, pairs, &mut tile),
                "x86_64+avxvnni" => x86::avx_vnni(columns, pairs, &mut tile),
                "x86_64+avx2" => x86::avx2(columns, pairs, &mut tile),
                "x86_64+sse4.1" => x86::sse4(columns, pairs, &mut tile),
                _ => plain(columns, pairs, &mut tile),
            }
            for ((sums, scale), out) in tile.iter().zip(scales).zip(out.chunks_exact_mut(matrix.outputs)) {
                let Some(out) = out.get_mut(number * WIDTH..) else { continue };
                let results = sums.iter().zip(factors).zip(bias).map(|((sum, f), b)| *sum as f32 * (scale * f) + b);
                match then {
                    Then::Store => out.iter_mut().zip(results).for_each(|(out, value)| *out = value),
                    Then::Add => out.iter_mut().zip(results).for_each(|(out, value)| *out += value),
                    Then::Gelu => {
                        out.iter_mut().zip(results).for_each(|(out, value)| *out = super::layers::gelu(value));
                    }
                }
            }
        }
    }
}

/// For processors without a kernel of their own; compilers find the instructions of NEON for it.
#[inline(always)]
fn plain(columns: &[Column], pairs: &[Pairs], tile: &mut Tile) {
    for (row, sums) in tile.iter_mut().enumerate() {
        // Few enough sums to stay in registers.
        for (side, place) in sums.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let mut sums = [0i32; 16];
            for (column, pair) in columns.iter().zip(pairs) {
                let inputs = column.get(row).copied().unwrap_or_default();
                let (low, high) = (i32::from(inputs as i16), i32::from((inputs >> 16) as i16));
                let weights = pair.0.get(side).map(|weights| weights.as_chunks::<2>().0).unwrap_or_default();
                for (sum, [first, second]) in sums.iter_mut().zip(weights) {
                    // As registers do; it only happens to what is no number.
                    *sum = sum.wrapping_add(low * i32::from(*first) + high * i32::from(*second));
                }
            }
            *place = sums;
        }
    }
}

/// One kernel for each family of processors: the inner loop of all that the encoder does.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::{Column, HEIGHT, Pairs, Tile, WIDTH};
    use bytemuck::must_cast;
    use std::arch::x86_64::*;

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    #[inline]
    pub(super) fn vnni(columns: &[Column], pairs: &[Pairs], tile: &mut Tile) {
        let mut sums = [[_mm512_setzero_si512(); 2]; HEIGHT];
        for (column, Pairs([left, right])) in columns.iter().zip(pairs) {
            let (left, right): (__m512i, __m512i) = (must_cast(*left), must_cast(*right));
            for ([first, second], inputs) in sums.iter_mut().zip(column) {
                let inputs = _mm512_set1_epi32(inputs.cast_signed());
                *first = _mm512_dpwssd_epi32(*first, inputs, left);
                *second = _mm512_dpwssd_epi32(*second, inputs, right);
            }
        }
        for (row, sums) in tile.iter_mut().zip(sums) {
            *row = must_cast::<[[i32; 16]; 2], _>(sums.map(must_cast));
        }
    }

    /// With sixteen registers the tile is done in parts: half of the rows and two registers of outputs at a time.
    macro_rules! in_parts {
        ($columns:ident, $pairs:ident, $tile:ident, $lanes:literal, $zero:expr, $same:expr, $dot:expr) => {
            for half in 0..2 {
                for side in 0..WIDTH / $lanes / 2 {
                    let mut sums = [[$zero; 2]; HEIGHT / 2];
                    for (column, Pairs(pairs)) in $columns.iter().zip($pairs) {
                        let weights = pairs.as_flattened().as_chunks::<{ 2 * $lanes }>().0.as_chunks::<2>().0;
                        let halves = column.as_chunks::<{ HEIGHT / 2 }>().0;
                        if let (Some(weights), Some(column)) = (weights.get(side), halves.get(half)) {
                            let [left, right] = weights.map(must_cast);
                            for ([first, second], inputs) in sums.iter_mut().zip(column) {
                                let inputs = $same(inputs.cast_signed());
                                *first = $dot(*first, inputs, left);
                                *second = $dot(*second, inputs, right);
                            }
                        }
                    }
                    let rows = $tile.iter_mut().skip(half * HEIGHT / 2);
                    for (row, sums) in rows.zip(sums) {
                        if let Some(place) = row.as_chunks_mut::<{ 2 * $lanes }>().0.get_mut(side) {
                            *place = must_cast::<[[i32; $lanes]; 2], _>(sums.map(must_cast));
                        }
                    }
                }
            }
        };
    }

    #[target_feature(enable = "avx2,avxvnni")]
    #[inline]
    pub(super) fn avx_vnni(columns: &[Column], pairs: &[Pairs], tile: &mut Tile) {
        let dot = |sum, inputs, weights| _mm256_dpwssd_avx_epi32(sum, inputs, weights);
        in_parts!(columns, pairs, tile, 8, _mm256_setzero_si256(), |inputs| _mm256_set1_epi32(inputs), dot);
    }

    #[target_feature(enable = "avx2")]
    #[inline]
    pub(super) fn avx2(columns: &[Column], pairs: &[Pairs], tile: &mut Tile) {
        let dot = |sum, inputs, weights| _mm256_add_epi32(sum, _mm256_madd_epi16(inputs, weights));
        in_parts!(columns, pairs, tile, 8, _mm256_setzero_si256(), |inputs| _mm256_set1_epi32(inputs), dot);
    }

    /// All x86-64 processors but the first have these.
    #[target_feature(enable = "sse4.1")]
    #[inline]
    pub(super) fn sse4(columns: &[Column], pairs: &[Pairs], tile: &mut Tile) {
        let dot = |sum, inputs, weights| _mm_add_epi32(sum, _mm_madd_epi16(inputs, weights));
        in_parts!(columns, pairs, tile, 4, _mm_setzero_si128(), |inputs| _mm_set1_epi32(inputs), dot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers without order, from -1000 to 999.
    fn numbers(count: usize, seed: u32) -> impl Iterator<Item = i32> {
        let mut state = seed;
        (0..count).map(move |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 12) as i32 % 1000 * if state & 1 << 31 == 0 { 1 } else { -1 }
        })
    }

    #[track_caller]
    fn check(count: usize, inputs: usize, outputs: usize) {
        let weights: Vec<i8> = numbers(inputs * outputs, 1).map(|number| (number % 128) as i8).collect();
        let scales: Vec<f32> = numbers(outputs, 2).map(|number| number as f32 / 1e5).collect();
        let bias: Vec<f32> = numbers(outputs, 3).map(|number| number as f32 / 100.0).collect();
        let values: Vec<f32> = numbers(count * inputs, 4).map(|number| number as f32 / 300.0).collect();
        let matrix = Matrix::new(&weights, &scales, &bias).unwrap();
        let mut rows = Rows::default();
        // What an earlier, larger filling left must not show.
        rows.fill(&vec![7.0; 40 * inputs], inputs);
        rows.fill(&values, inputs);
        for then in [Then::Store, Then::Add, Then::Gelu] {
            let mut out = vec![0.5; count * outputs];
            product(&rows, &matrix, then, &mut out);
            for (row, values) in values.chunks(inputs).enumerate() {
                for output in 0..outputs {
                    let own = &weights[output * inputs..][..inputs];
                    let sum: f64 = values.iter().zip(own).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    let sum = (sum * f64::from(scales[output]) + f64::from(bias[output])) as f32;
                    let expected = match then {
                        Then::Store => sum,
                        Then::Add => sum + 0.5,
                        Then::Gelu => super::super::layers::gelu(sum),
                    };
                    let found = out[row * outputs + output];
                    assert!((found - expected).abs() < 3e-3, "{count} {inputs} {outputs}: {found} {expected}");
                }
            }
        }
    }

    #[test]
    fn products_are_right_in_every_shape() {
        check(1, 1, 1);
        check(12, 64, 32);
        check(13, 65, 33);
        check(7, 384, 19);
        check(25, 31, 70);
    }

    #[test]
    fn kernels_agree_at_the_limits() {
        // Those that this processor has; the others fall back to the plain one.
        macro_rules! only {
            ($name:ident, $target:literal) => {
                #[multiversion(targets($target))]
                fn $name(columns: &[Column], pairs: &[Pairs], tile: &mut Tile) {
                    match_target! {
                        $target => x86::$name(columns, pairs, tile),
                        _ => plain(columns, pairs, tile),
                    }
                }
            };
        }
        only!(vnni, "x86_64+avx512f+avx512bw+avx512vnni");
        only!(avx_vnni, "x86_64+avx2+avxvnni");
        only!(avx2, "x86_64+avx2");
        only!(sse4, "x86_64+sse4.1");
        type Kernel = fn(&[Column], &[Pairs], &mut Tile);
        let kernels: [Kernel; 4] = [vnni, avx_vnni, avx2, sse4];
        for inputs in [2, 384, 1536] {
            let most = ceiling(inputs) as i16;
            let pair = |low: i16, high: i16| u32::from(low as u16) | u32::from(high as u16) << 16;
            let columns: Vec<Column> = (0..inputs / 2)
                .map(|_| std::array::from_fn(|row| pair(most, if row < 6 { most } else { -most })))
                .collect();
            let pairs: Vec<Pairs> = (0..inputs / 2)
                .map(|_| Pairs([std::array::from_fn(|place| if place % 2 == 0 { -128 } else { -127 }), [127; WIDTH]]))
                .collect();
            let mut expected: Tile = [[0; WIDTH]; HEIGHT];
            plain(&columns, &pairs, &mut expected);
            for kernel in kernels {
                let mut found: Tile = [[1; WIDTH]; HEIGHT];
                kernel(&columns, &pairs, &mut found);
                assert_eq!(found, expected);
            }
        }
    }

    #[test]
    fn what_is_no_number_does_no_harm() {
        let matrix = Matrix::new(&[1, 2, 3, 4], &[1.0, 1.0], &[0.0, 0.0]).unwrap();
        let mut rows = Rows::default();
        rows.fill(&[f32::NAN, f32::INFINITY, 1.0, 2.0], 2);
        let mut out = [0.0; 4];
        product(&rows, &matrix, Then::Store, &mut out);
        assert!((out[2] - 5.0).abs() < 1e-3, "{out:?}");
        assert!(Matrix::new(&[1, 2, 3], &[1.0, 1.0], &[0.0, 0.0]).is_none());
        assert!(Matrix::new(&[], &[], &[]).is_none());
    }
}
