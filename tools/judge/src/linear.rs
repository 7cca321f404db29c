//! The linear models: what tells right from wrong, and what ranks the metrics of a number.
//!
//! In: examples with hashed features. Out: a weight for each bucket. What holds: the same examples in the same order give the
//! same weights.

use super::{Example, Open};
use dateline::extract::{hashed, suggestion, weighed};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Passes over the examples of what tells right from wrong.
const EPOCHS: usize = 30;

/// Passes over the examples, the step, and what keeps weights small, of the model that ranks metrics.
const RANKED: usize = 8;
const PACE: f32 = 0.3;
const SMOOTH: f32 = 0.002;

/// Does the same for each of several names, on all processors.
pub fn each<T: Send>(names: Vec<String>, work: impl Fn(&String) -> T + Sync) -> Vec<(String, T)> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(name);
                    done.lock().expect("no worker panics").insert(name.clone(), result);
                }
            });
        }
    });
    done.into_inner().expect("no worker panics").into_iter().collect()
}

/// The weights that rank what a number counts: a conditional logit over its metrics, by Adagrad.
pub fn rank(open: &[&Open]) -> Vec<f32> {
    let labelled = open.iter().filter(|open| {
        open.asked.metrics.iter().any(|(metric, features, _)| features.is_some() && Some(*metric) == open.label)
    });
    let mut examples: Vec<&Open> = labelled.copied().collect();
    let mut weights = vec![0.0_f32; 1 << suggestion::BITS];
    let mut slopes = vec![0.0_f32; 1 << suggestion::BITS];
    let mut random = 1_u64;
    for _ in 0..RANKED {
        for at in (1..examples.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            examples.swap(at, (random >> 33) as usize % (at + 1));
        }
        for open in &examples {
            let shares = shares(&weights, &open.asked);
            for ((metric, features, _), share) in open.asked.metrics.iter().zip(shares) {
                let off = share - if Some(*metric) == open.label { 1.0 } else { 0.0 };
                for feature in features.iter().flatten() {
                    let at = *feature as usize;
                    let slope = off + SMOOTH * weights[at];
                    slopes[at] += slope * slope;
                    weights[at] -= PACE * slope / (slopes[at] + 1.0).sqrt();
                }
            }
        }
    }
    weights
}

/// How likely each metric is; nothing where the ranking is not asked.
pub fn shares(weights: &[f32], asked: &weighed::Asked) -> Vec<f32> {
    let score = |features: &[u32]| features.iter().map(|feature| weights[*feature as usize]).sum::<f32>();
    let features = asked.metrics.iter().map(|(_, features, _)| features);
    let scores: Vec<f32> = features.map(|features| features.as_deref().map_or(f32::NEG_INFINITY, score)).collect();
    let most = scores.iter().copied().fold(f32::MIN, f32::max);
    let all: f32 = scores.iter().map(|score| (score - most).exp()).sum();
    scores.iter().map(|score| (score - most).exp() / all).collect()
}

/// The weights that tell the right from the wrong.
pub fn train(examples: &[&Example], most: f64) -> Vec<f32> {
    let mut weights = vec![0.0_f64; 1 << hashed::BITS];
    let mut shares = vec![most / 1000.0; examples.len()];
    let sign = |example: &Example| if example.right { 1.0 } else { -1.0 };
    let add = |weights: &mut [f64], example: &Example, by: f64| {
        example.features.iter().for_each(|feature| weights[*feature as usize] += by * sign(example));
    };
    for (example, share) in examples.iter().zip(&shares) {
        add(&mut weights, example, *share);
    }
    let mut random = 1_u64;
    let mut order: Vec<usize> = (0..examples.len()).collect();
    for _ in 0..EPOCHS {
        for at in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, (random >> 33) as usize % (at + 1));
        }
        for n in &order {
            let (example, share) = (examples[*n], shares[*n]);
            let margin = sign(example) * sum(&weights, example);
            let own = example.features.len() as f64;
            // Where the slope of the dual is zero, which grows with the share.
            let (mut low, mut high) = (0.0, most);
            for _ in 0..40 {
                let middle = f64::midpoint(low, high);
                let slope = own * (middle - share) + margin + (middle / (most - middle)).ln();
                if slope > 0.0 { high = middle } else { low = middle }
            }
            add(&mut weights, example, low - share);
            shares[*n] = low;
        }
    }
    weights.into_iter().map(|weight| weight as f32).collect()
}

pub fn sum<W: Copy + Into<f64>>(weights: &[W], example: &Example) -> f64 {
    example.features.iter().map(|feature| weights[*feature as usize].into()).sum()
}
