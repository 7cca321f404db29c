//! A linear-chain conditional random field over sparse features, trained by AdaGrad; labels may be known in part.

use dateline::extract::tagger::fast::training::{Kind, LABELS};

/// A stretch of words: before and behind it stand words outside of every name.
#[derive(Debug, Default)]
pub struct Stretch {
    /// For each word the end of its features in `features`.
    pub ends: Vec<u32>,
    /// Number of the feature, its kind in the upper bits.
    pub features: Vec<u32>,
    pub allowed: Vec<u32>,
    /// Scores that stay as they are, one row a word; none at the first look.
    pub scores: Vec<Row>,
    pub weight: f32,
}

/// The lower bits of a feature.
pub const NUMBER: u32 = (1 << 28) - 1;

pub type Row = [f32; LABELS];

/// Weights, with what AdaGrad remembers.
pub struct Model {
    pub weights: Vec<Row>,
    squares: Vec<Row>,
    pub transitions: [Row; LABELS],
    transition_squares: [Row; LABELS],
}

/// How it learns.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    pub rate: f32,
    pub decay: f32,
    /// How often features of a kind are left out, by kind.
    pub dropout: [f32; 5],
}

/// A small generator of random numbers.
pub struct Random(pub u64);

impl Random {
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.0;
        word = (word ^ word >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ word >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ word >> 31
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit.max(1) as u64) as usize
    }

    pub fn chance(&mut self, of: f32) -> bool {
        (self.draw() >> 40) as f32 / (1u32 << 24) as f32 <= of && of > 0.0
    }
}

pub fn kind_number(kind: Kind) -> u32 {
    match kind {
        Kind::Form => 0,
        Kind::Word => 1,
        Kind::Context => 2,
        Kind::Known => 3,
        Kind::Class => 4,
    }
}

/// Labels that may stand before each label.
fn may_follow(before: usize, label: usize) -> bool {
    label == 0 || label % 2 == 1 || before == label || before + 1 == label
}

#[derive(Default)]
struct Work {
    exps: Vec<Row>,
    forward: Vec<Row>,
    backward: Vec<Row>,
    scales: Vec<f32>,
    active: Vec<Vec<u32>>,
    gradient: Vec<Row>,
}

/// Probabilities of labels and steps under a mask; false where no row of labels is allowed.
fn marginals(
    steps: &[Row; LABELS],
    work: &mut Work,
    allowed: Option<&[u32]>,
    sign: f32,
    step_gradient: &mut [Row; LABELS],
) -> bool {
    let count = work.exps.len();
    work.forward.clear();
    work.scales.clear();
    let mask = |at: usize, label: usize| allowed.is_none_or(|allowed| allowed[at] >> label & 1 == 1);
    let mut before = [0.0f32; LABELS];
    before[0] = 1.0;
    for at in 0..count {
        let mut row = [0.0f32; LABELS];
        for from in 0..LABELS {
            if before[from] > 0.0 {
                for to in 0..LABELS {
                    row[to] += before[from] * steps[from][to];
                }
            }
        }
        let mut sum = 0.0;
        for to in 0..LABELS {
            row[to] = if mask(at, to) { row[to] * work.exps[at][to] } else { 0.0 };
            sum += row[to];
        }
        if sum <= 1e-30 {
            return false;
        }
        row.iter_mut().for_each(|cell| *cell /= sum);
        work.scales.push(sum);
        work.forward.push(row);
        before = row;
    }
    let end: f32 = (0..LABELS).map(|from| before[from] * steps[from][0]).sum();
    if end <= 1e-30 {
        return false;
    }
    let mut after: Row = std::array::from_fn(|from| steps[from][0] / end);
    for from in 0..LABELS {
        step_gradient[from][0] += sign * before[from] * after[from];
    }
    work.backward.clear();
    work.backward.resize(count, [0.0; LABELS]);
    for at in (0..count).rev() {
        for label in 0..LABELS {
            work.gradient[at][label] += sign * work.forward[at][label] * after[label];
        }
        // Steps into this word.
        let mut inner = [0.0f32; LABELS];
        for to in 0..LABELS {
            inner[to] = if mask(at, to) { work.exps[at][to] * after[to] / work.scales[at] } else { 0.0 };
        }
        let before: Row =
            if at == 0 { std::array::from_fn(|label| f32::from(u8::from(label == 0))) } else { work.forward[at - 1] };
        let mut next = [0.0f32; LABELS];
        for from in 0..LABELS {
            let mut sum = 0.0;
            for to in 0..LABELS {
                let part = steps[from][to] * inner[to];
                sum += part;
                step_gradient[from][to] += sign * before[from] * part;
            }
            next[from] = sum;
        }
        after = next;
    }
    true
}

impl Model {
    pub fn new(features: usize) -> Self {
        Self {
            weights: vec![[0.0; LABELS]; features],
            squares: vec![[0.0; LABELS]; features],
            transitions: [[0.0; LABELS]; LABELS],
            transition_squares: [[0.0; LABELS]; LABELS],
        }
    }

    /// Adds a share of another model's weights.
    pub fn add(&mut self, other: &Self, share: f32) {
        let rows = self.weights.iter_mut().zip(&other.weights);
        for (row, other) in rows.chain(self.transitions.iter_mut().zip(&other.transitions)) {
            row.iter_mut().zip(other).for_each(|(weight, other)| *weight += share * other);
        }
    }

    /// One pass over the stretches; the rate falls from `rates.0` to `rates.1` times the setting.
    pub fn epoch(&mut self, stretches: &[&Stretch], settings: &Settings, rates: (f32, f32), random: &mut Random) {
        let mut order: Vec<usize> = (0..stretches.len()).collect();
        for at in (1..order.len()).rev() {
            order.swap(at, random.below(at + 1));
        }
        let mut work = Work::default();
        let total = order.len().max(1) as f32;
        for (n, index) in order.into_iter().enumerate() {
            let rate = settings.rate * (rates.0 + (rates.1 - rates.0) * n as f32 / total);
            self.learn(stretches[index], settings, rate, random, &mut work);
        }
    }

    fn learn(&mut self, stretch: &Stretch, settings: &Settings, rate: f32, random: &mut Random, work: &mut Work) {
        let count = stretch.ends.len();
        work.exps.clear();
        work.gradient.clear();
        work.gradient.resize(count, [0.0; LABELS]);
        work.active.resize_with(count.max(work.active.len()), Vec::new);
        let mut start = 0;
        for (at, end) in stretch.ends.iter().enumerate() {
            let mut off = 0u32;
            for (kind, dropout) in settings.dropout.iter().enumerate() {
                off |= u32::from(random.chance(*dropout)) << kind;
            }
            let active = &mut work.active[at];
            active.clear();
            let mut sums = stretch.scores.get(at).copied().unwrap_or([0.0; LABELS]);
            for feature in &stretch.features[start..*end as usize] {
                if off >> (feature >> 28) & 1 == 1 {
                    continue;
                }
                let number = feature & NUMBER;
                active.push(number);
                for (sum, weight) in sums.iter_mut().zip(&self.weights[number as usize]) {
                    *sum += weight;
                }
            }
            start = *end as usize;
            let most = sums.iter().copied().fold(f32::MIN, f32::max);
            work.exps.push(sums.map(|sum| (sum - most).max(-60.0).exp()));
        }
        let steps: [Row; LABELS] = std::array::from_fn(|from| {
            std::array::from_fn(|to| if may_follow(from, to) { self.transitions[from][to].exp() } else { 0.0 })
        });
        let mut step_gradient = [[0.0; LABELS]; LABELS];
        if !marginals(&steps, work, Some(&stretch.allowed), 1.0, &mut step_gradient) {
            return;
        }
        if !marginals(&steps, work, None, -1.0, &mut step_gradient) {
            return;
        }
        for at in 0..count {
            let gradient = work.gradient[at];
            if gradient.iter().all(|cell| cell.abs() < 1e-4) {
                continue;
            }
            for number in &work.active[at] {
                let row = &mut self.weights[*number as usize];
                let squares = &mut self.squares[*number as usize];
                for ((weight, square), gradient) in row.iter_mut().zip(squares).zip(&gradient) {
                    let step = gradient * stretch.weight - settings.decay * *weight;
                    *square += step * step;
                    *weight += rate * step / (square.sqrt() + 1e-3);
                }
            }
        }
        if !stretch.scores.is_empty() {
            return;
        }
        for from in 0..LABELS {
            for to in 0..LABELS {
                let step = step_gradient[from][to] * stretch.weight;
                if step != 0.0 {
                    self.transition_squares[from][to] += step * step;
                    self.transitions[from][to] += rate * step / (self.transition_squares[from][to].sqrt() + 1e-3);
                }
            }
        }
    }
}
