//! Two signatures side by side: how much of each text stands in the other, and whether their figures agree.
//!
//! Resemblance and containment are estimated from bottom-k sketches (Broder 1997): below the smaller of the two
//! sketches' largest hashes both sketches are complete, and what lies there is a fair sample of both texts.

use crate::model::Signature;

/// How a later text stands to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparison {
    /// Jaccard resemblance of the two.
    pub(super) resemblance: f64,
    /// Share of the later text that stands in the earlier.
    pub(super) shared: f64,
    /// Share of the earlier text that stands in the later.
    pub(super) covered: f64,
    /// Sampled shingles that stand in both: what the three shares rest on.
    pub(super) evidence: usize,
    /// Figures that stand in both texts between the same words.
    pub(super) agreeing: usize,
    /// Places where both texts have a figure between the same words, and not the same.
    pub(super) conflicting: usize,
}

impl Comparison {
    /// Share of the comparable figures that differ.
    pub(super) fn conflict(&self) -> f64 {
        let comparable = self.agreeing + self.conflicting;
        if comparable == 0 { 0.0 } else { self.conflicting as f64 / comparable as f64 }
    }
}

/// Compares two signatures.
pub(super) fn compare(later: &Signature, earlier: &Signature) -> Comparison {
    let threshold = horizon(later).min(horizon(earlier));
    let (later_sample, earlier_sample) = (below(&later.bottom, threshold), below(&earlier.bottom, threshold));
    let evidence = in_both(later_sample, earlier_sample);
    let share = |of: usize| if of == 0 { 0.0 } else { evidence as f64 / of as f64 };
    let (agreeing, conflicting) = figures(&later.figures, &earlier.figures);
    Comparison {
        resemblance: share(later_sample.len() + earlier_sample.len() - evidence),
        shared: share(later_sample.len()),
        covered: share(earlier_sample.len()),
        evidence,
        agreeing,
        conflicting,
    }
}

/// Share of some shingles that stand in a text, where enough of them fall into its sample to say so.
pub(super) fn share_in(shingles: &[u32], text: &Signature, least_sample: usize) -> Option<f64> {
    let threshold = horizon(text);
    let mut sampled = 0usize;
    let mut found = 0usize;
    for shingle in shingles.iter().filter(|shingle| **shingle <= threshold) {
        sampled += 1;
        found += usize::from(text.bottom.binary_search(shingle).is_ok());
    }
    (sampled >= least_sample).then(|| found as f64 / sampled as f64)
}

/// The hash up to which a sketch is complete.
fn horizon(signature: &Signature) -> u32 {
    match signature.bottom.last() {
        Some(last) if signature.bottom.len() >= Signature::BOTTOM => *last,
        _ => u32::MAX,
    }
}

fn below(sorted: &[u32], threshold: u32) -> &[u32] {
    sorted.get(..sorted.partition_point(|hash| *hash <= threshold)).unwrap_or(sorted)
}

fn in_both<T: Ord>(left: &[T], right: &[T]) -> usize {
    let (mut left, mut right) = (left.iter().peekable(), right.iter().peekable());
    let mut found = 0;
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        match l.cmp(r) {
            std::cmp::Ordering::Less => drop(left.next()),
            std::cmp::Ordering::Greater => drop(right.next()),
            std::cmp::Ordering::Equal => {
                found += 1;
                left.next();
                right.next();
            }
        }
    }
    found
}

/// Agreeing figures and conflicting places; see `Signature::figures`.
fn figures(left: &[u32], right: &[u32]) -> (usize, usize) {
    let place = |figure: &u32| figure >> 14;
    let (mut agreeing, mut conflicting) = (0, 0);
    let (mut rest_left, mut rest_right) = (left, right);
    while let (Some(l), Some(r)) = (rest_left.first(), rest_right.first()) {
        let here = place(l).min(place(r));
        let (at_left, after_left) = rest_left.split_at(rest_left.partition_point(|figure| place(figure) <= here));
        let (at_right, after_right) = rest_right.split_at(rest_right.partition_point(|figure| place(figure) <= here));
        let same = in_both(at_left, at_right);
        agreeing += same;
        // A version that has one more figure in the same words than the other has added it, not changed it.
        conflicting += (at_left.len() - same).min(at_right.len() - same);
        (rest_left, rest_right) = (after_left, after_right);
    }
    (agreeing, conflicting)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(range: std::ops::Range<u64>) -> Signature {
        // Numbers spread like hashes.
        let mut bottom: Vec<u32> = range.map(|n| Signature::cut(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        bottom.sort_unstable();
        let shingles = bottom.len() as u32;
        bottom.truncate(Signature::BOTTOM);
        Signature { bottom, shingles, ..Signature::default() }
    }

    #[track_caller]
    fn check(later: std::ops::Range<u64>, earlier: std::ops::Range<u64>, shared: f64, covered: f64) {
        let comparison = compare(&signature(later), &signature(earlier));
        assert!((comparison.shared - shared).abs() < 0.1, "{comparison:?}");
        assert!((comparison.covered - covered).abs() < 0.1, "{comparison:?}");
    }

    #[test]
    fn shares_are_estimated_whatever_the_lengths() {
        check(0..60, 0..60, 1.0, 1.0);
        check(0..400, 0..2000, 1.0, 0.2);
        check(0..2000, 0..400, 0.2, 1.0);
        check(0..1000, 500..1500, 0.5, 0.5);
        check(0..100, 1000..3000, 0.0, 0.0);
        check(0..0, 0..50, 0.0, 0.0);
    }

    #[test]
    fn figures_conflict_only_in_the_same_place() {
        let at = |place: u32, value: u32| place << 14 | value << 1;
        assert_eq!(figures(&[at(1, 5), at(2, 7)], &[at(1, 5), at(2, 8)]), (1, 1));
        assert_eq!(figures(&[at(1, 5), at(1, 6)], &[at(1, 5), at(3, 9)]), (1, 0));
        assert_eq!(figures(&[], &[at(1, 5)]), (0, 0));
    }
}
