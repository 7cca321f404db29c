//! The best row of labels.
//!
//! In: scores of a stretch of words and of the steps between labels. Out: the labels whose sum is highest, among those
//! where a label that goes on follows its own type. Before and behind the stretch stands a word outside of every name.

use super::table::Scores;
use super::{OUTSIDE, may_follow};
use crate::extract::tagger::LABELS;
use multiversion::multiversion;

/// Lower than any sum.
const NEVER: i32 = i32::MIN / 2;

/// How many types of names there are.
const TYPES: usize = LABELS / 2;
/// A word outside and the beginnings of all types, which may stand behind any label; padded to a width that the
/// processor likes.
const OPEN: usize = 12;

/// Scores of the steps from label to label.
#[derive(Debug)]
pub(in crate::extract) struct Steps {
    /// From each label to a word outside and to the beginnings.
    open: [[i32; OPEN]; LABELS],
    /// To what goes on with a name, by type: from its beginning, and from what goes on with it.
    on: [[i32; 2]; TYPES],
    /// From a label to a word outside.
    out: [i32; LABELS],
    /// From a word outside to a label.
    from: [i32; LABELS],
}

/// Buffers that are used again.
#[derive(Debug, Default)]
pub(in crate::extract) struct Lattice {
    back: Vec<Back>,
}

/// The labels before those of a word, in the best rows that end with them.
#[derive(Debug, Clone, Copy)]
struct Back {
    open: [i32; OPEN],
    /// Whether the one that goes on goes on already.
    on: [bool; TYPES],
}

/// The label of the beginning of a name of a type; what goes on with it is the next one.
fn beginning(kind: usize) -> usize {
    2 * kind + 1
}

impl Steps {
    pub(in crate::extract) fn new(transitions: &[[i16; LABELS]; LABELS]) -> Self {
        let mut steps = Self {
            open: [[0; OPEN]; LABELS],
            on: std::array::from_fn(|kind| {
                let on = beginning(kind) + 1;
                [transitions[on - 1][on], transitions[on][on]].map(i32::from)
            }),
            out: std::array::from_fn(|label| i32::from(transitions[label][usize::from(OUTSIDE)])),
            from: [NEVER; LABELS],
        };
        for (open, row) in steps.open.iter_mut().zip(transitions) {
            let labels = std::iter::once(usize::from(OUTSIDE)).chain((0..TYPES).map(beginning));
            for (open, label) in open.iter_mut().zip(labels) {
                *open = i32::from(row[label]);
            }
        }
        let outside = transitions.first().into_iter().flatten();
        for ((label, from), score) in (0u8..).zip(&mut steps.from).zip(outside) {
            if may_follow(OUTSIDE, label) {
                *from = i32::from(*score);
            }
        }
        steps
    }
}

impl Lattice {
    /// Fills `labels` for a stretch of words with these scores.
    pub(in crate::extract) fn best(&mut self, steps: &Steps, scores: &[Scores], labels: &mut [u8]) {
        self.back.clear();
        let Some((first, rest)) = scores.split_first() else { return };
        let sums = forward(steps, first, rest, &mut self.back);
        let (mut label, mut top) = (OUTSIDE, i32::MIN);
        for ((last, sum), out) in (0u8..).zip(sums).zip(steps.out) {
            if sum + out > top {
                (label, top) = (last, sum + out);
            }
        }
        let mut back = self.back.iter().rev();
        for place in labels.iter_mut().rev() {
            *place = label;
            if let Some(back) = back.next() {
                label = back.before(label);
            }
        }
    }
}

/// The sums of the best rows that end with each label, and for all words but the first the labels before.
#[allow(clippy::needless_range_loop, reason = "loops of a known length over arrays become vector instructions")]
#[multiversion(targets("x86_64+avx2"))]
fn forward(steps: &Steps, first: &Scores, rest: &[Scores], back: &mut Vec<Back>) -> [i32; LABELS] {
    let mut sums = [NEVER; LABELS];
    for label in 0..LABELS {
        sums[label] = steps.from[label] + i32::from(first[label]);
    }
    for scores in rest {
        let (mut best, mut open) = ([NEVER; OPEN], [i32::from(OUTSIDE); OPEN]);
        for before in 0..LABELS {
            let (sum, steps) = (sums[before], &steps.open[before]);
            for n in 0..OPEN {
                let sum = sum + steps[n];
                open[n] = if sum > best[n] { before as i32 } else { open[n] };
                best[n] = sum.max(best[n]);
            }
        }
        let mut next = [NEVER; LABELS];
        next[usize::from(OUTSIDE)] = best[0];
        let mut on = [false; TYPES];
        for kind in 0..TYPES {
            let begun = beginning(kind);
            next[begun] = best[kind + 1];
            let [first, again] = steps.on[kind];
            let (first, again) = (sums[begun] + first, sums[begun + 1] + again);
            on[kind] = again > first.max(NEVER);
            next[begun + 1] = first.max(again).max(NEVER);
        }
        for label in 0..LABELS {
            next[label] = (next[label] + i32::from(scores[label])).max(NEVER);
        }
        back.push(Back { open, on });
        sums = next;
    }
    sums
}

impl Back {
    /// The label before this one.
    fn before(&self, label: u8) -> u8 {
        let at = usize::from(label);
        if label == OUTSIDE || label % 2 == 1 {
            self.open.get(at.div_ceil(2)).map_or(OUTSIDE, |before| *before as u8)
        } else if self.on.get(at / 2 - 1) == Some(&true) {
            label
        } else {
            label - 1
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(of: &[(usize, i16)]) -> Scores {
        let mut scores = Scores::default();
        of.iter().for_each(|(label, score)| scores[*label] = *score);
        scores
    }

    #[test]
    fn what_goes_on_follows_its_own_type() {
        let steps = Steps::new(&[[0; LABELS]; LABELS]);
        let mut labels = [9; 3];
        // Alone the second word would go on with an organisation, which none began.
        let words = [scores(&[(1, 10)]), scores(&[(4, 9), (2, 5)]), scores(&[(0, 3)])];
        Lattice::default().best(&steps, &words, &mut labels);
        assert_eq!(labels, [1, 2, 0]);
        let words = [scores(&[(2, 100)]), scores(&[(2, 100)])];
        Lattice::default().best(&steps, &words, &mut labels[..2]);
        assert_eq!(labels[..2], [1, 2]);
    }

    #[test]
    fn it_finds_what_trying_all_finds() {
        let mut transitions = [[0i16; LABELS]; LABELS];
        let mut seed = 7u32;
        let mut draw = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as i16 - 128
        };
        transitions.iter_mut().flatten().for_each(|cell| *cell = draw());
        let words: Vec<Scores> = (0..3).map(|_| std::array::from_fn(|_| draw())).collect();
        let mut best = (i32::MIN, [0; 3]);
        for a in 0..19u8 {
            for b in 0..19u8 {
                for c in 0..19u8 {
                    let row = [0, a, b, c, 0];
                    let allowed = row.windows(2).all(|pair| may_follow(pair[0], pair[1]));
                    let steps: i32 =
                        row.windows(2).map(|pair| i32::from(transitions[pair[0] as usize][pair[1] as usize])).sum();
                    let sum: i32 =
                        words.iter().zip([a, b, c]).map(|(word, label)| i32::from(word[label as usize])).sum();
                    if allowed && sum + steps > best.0 {
                        best = (sum + steps, [a, b, c]);
                    }
                }
            }
        }
        let mut labels = [0; 3];
        Lattice::default().best(&Steps::new(&transitions), &words, &mut labels);
        assert_eq!(labels, best.1);
    }
}
