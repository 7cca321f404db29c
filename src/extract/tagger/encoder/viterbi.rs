//! The best sequence of labels.
//!
//! In: for every word of a sentence a score of every label. Out: the labels whose scores sum highest among the sequences
//! in which a name goes on only behind its own beginning. Labels are as in [`super`]: 0 for none, then for each type one
//! that begins a name and one that goes on with it.

/// The best labels; `scores` holds `labels` numbers a word.
pub(super) fn best(scores: &[f32], labels: usize) -> Vec<u8> {
    let labels = labels.max(1);
    let length = scores.len() / labels;
    // For every word and label, the label before it on the best way there.
    let mut before: Vec<u8> = Vec::with_capacity(scores.len());
    let mut sums: Vec<f64> = Vec::new();
    for row in scores.chunks_exact(labels) {
        let (any, best) = highest(&sums);
        let next = row.iter().enumerate().map(|(label, score)| {
            let (from, sum) = if sums.is_empty() {
                (0, if goes_on(label) { f64::NEG_INFINITY } else { 0.0 })
            } else if goes_on(label) {
                let at = |label: usize| sums.get(label).copied().unwrap_or(f64::NEG_INFINITY);
                if at(label) > at(label - 1) { (label, at(label)) } else { (label - 1, at(label - 1)) }
            } else {
                (any, best)
            };
            before.push(u8::try_from(from).unwrap_or_default());
            // A model gone wrong may say anything; a number that is none counts as a low one.
            sum + if score.is_nan() { -1e9 } else { f64::from(score.clamp(-1e9, 1e9)) }
        });
        sums = next.collect();
    }
    let mut label = u8::try_from(highest(&sums).0).unwrap_or_default();
    let mut out = Vec::with_capacity(length);
    for row in before.chunks_exact(labels).rev() {
        out.push(label);
        label = row.get(usize::from(label)).copied().unwrap_or_default();
    }
    out.reverse();
    out
}

/// Whether the label goes on with a name.
fn goes_on(label: usize) -> bool {
    label > 0 && label.is_multiple_of(2)
}

fn highest(sums: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (label, sum) in sums.iter().enumerate() {
        if *sum > best.1 {
            best = (label, *sum);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rows: &[[f32; 5]], expected: &[u8]) {
        assert_eq!(best(rows.as_flattened(), 5), expected);
    }

    #[test]
    fn a_name_goes_on_only_behind_its_beginning() {
        // None, begins a person, goes on, begins a place, goes on.
        check(&[], &[]);
        check(&[[0., 1., 9., 0., 0.]], &[1]);
        check(&[[0., 5., 0., 4., 0.], [0., 0., 0., 0., 6.]], &[3, 4]);
        check(&[[3., 0., 0., 0., 0.], [0., 2., 4., 0., 0.]], &[0, 1]);
        check(&[[1., 0., 0., 0., 0.], [0., 2., 9., 0., 0.]], &[1, 2]);
        check(&[[0., 3., 0., 0., 0.], [0., 0., 3., 0., 0.], [0., 0., 3., 0., 0.], [4., 0., 3., 0., 0.]], &[1, 2, 2, 0]);
        check(&[[f32::NAN; 5], [f32::INFINITY; 5]], &[0, 0]);
    }

    #[test]
    fn nothing_better_exists() {
        let mut seed = 1u32;
        for _ in 0..200 {
            let mut rows = [[0.0f32; 5]; 4];
            for value in rows.as_flattened_mut() {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *value = (seed >> 16) as f32 / 8192.0;
            }
            let sum =
                |labels: &[u8]| -> f32 { rows.iter().zip(labels).map(|(row, label)| row[usize::from(*label)]).sum() };
            let allowed = |labels: &[u8]| {
                let mut last = 0;
                labels.iter().all(|label| {
                    let fine = !goes_on(usize::from(*label)) || last == *label || last + 1 == *label;
                    last = *label;
                    fine
                })
            };
            let found = best(rows.as_flattened(), 5);
            assert!(allowed(&found), "{found:?}");
            for number in 0..625u32 {
                let labels = [number % 5, number / 5 % 5, number / 25 % 5, number / 125].map(|label| label as u8);
                assert!(!allowed(&labels) || sum(&labels) <= sum(&found) + 1e-4, "{labels:?} {found:?}");
            }
        }
    }
}
