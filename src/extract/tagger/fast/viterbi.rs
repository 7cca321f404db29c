//! The best row of labels.
//!
//! In: scores of a stretch of words and of the steps between labels. Out: the labels whose sum is highest, among those
//! where a label that goes on follows its own type. Before and behind the stretch stands a word outside of every name.

use super::table::Scores;
use super::{OUTSIDE, may_follow};
use crate::extract::tagger::LABELS;

/// Lower than any sum.
const NEVER: i32 = i32::MIN / 2;

/// Labels after which another one may stand, with the score of the step.
#[derive(Debug)]
pub(in crate::extract) struct Steps {
    /// For each label: what may stand before it.
    to: [Vec<(usize, i32)>; LABELS],
    /// From a label to a word outside.
    out: [i32; LABELS],
    /// From a word outside to a label.
    from: [i32; LABELS],
}

/// Buffers that are used again.
#[derive(Debug, Default)]
pub(in crate::extract) struct Lattice {
    back: Vec<[u8; LABELS]>,
}

impl Steps {
    pub(in crate::extract) fn new(transitions: &[[i16; LABELS]; LABELS]) -> Self {
        let mut steps = Self { to: Default::default(), out: [0; LABELS], from: [NEVER; LABELS] };
        for (before, row) in (0u8..).zip(transitions) {
            for ((label, to), score) in (0u8..).zip(&mut steps.to).zip(row) {
                if may_follow(before, label) {
                    to.push((usize::from(before), i32::from(*score)));
                }
            }
        }
        let outside = transitions.first().into_iter().flatten();
        for ((label, from), score) in (0u8..).zip(&mut steps.from).zip(outside) {
            if may_follow(OUTSIDE, label) {
                *from = i32::from(*score);
            }
        }
        for (out, row) in steps.out.iter_mut().zip(transitions) {
            *out = row.first().copied().map_or(0, i32::from);
        }
        steps
    }
}

impl Lattice {
    /// Fills `labels` for a stretch of words with these scores.
    pub(in crate::extract) fn best(&mut self, steps: &Steps, scores: &[Scores], labels: &mut [u8]) {
        self.back.clear();
        let Some((first, rest)) = scores.split_first() else { return };
        let mut sums = [NEVER; LABELS];
        for ((sum, from), score) in sums.iter_mut().zip(&steps.from).zip(first) {
            *sum = from + i32::from(*score);
        }
        for scores in rest {
            let mut next = [NEVER; LABELS];
            let mut back = [OUTSIDE; LABELS];
            for (((next, back), to), score) in next.iter_mut().zip(&mut back).zip(&steps.to).zip(scores) {
                for (before, step) in to {
                    let sum = sums.get(*before).map_or(NEVER, |sum| sum + step);
                    if sum > *next {
                        *next = sum;
                        *back = *before as u8;
                    }
                }
                *next = (*next + i32::from(*score)).max(NEVER);
            }
            self.back.push(back);
            sums = next;
        }
        let last = sums.iter().zip(&steps.out).map(|(sum, out)| sum + out);
        let mut label =
            last.zip(0u8..).max_by_key(|(sum, label)| (*sum, u8::MAX - label)).map_or(OUTSIDE, |(_, label)| label);
        let mut back = self.back.iter().rev();
        for place in labels.iter_mut().rev() {
            *place = label;
            if let Some(back) = back.next() {
                label = back.get(usize::from(label)).copied().unwrap_or(OUTSIDE);
            }
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
