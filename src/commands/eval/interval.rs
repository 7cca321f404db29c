//! How sure a rate is: a bootstrap over whole cases, since the figures of one story err together.
//!
//! In: what was right, expected and found in each case. Out: the bounds between which 95 of 100 resamples have their F1.
//! What holds: the same cases give the same bounds; the generator begins at the same number.

/// Resamples; with a thousand the bounds are steady to about half a point.
const RESAMPLES: usize = 1000;

/// Precision, recall and F1 of what was right, expected and found.
pub(super) fn rates([hits, expected, found]: [usize; 3]) -> [f64; 3] {
    let of = |all: usize| if all == 0 { 1.0 } else { hits as f64 / all as f64 };
    let both = expected + found;
    [of(found), of(expected), if both == 0 { 1.0 } else { 2.0 * hits as f64 / both as f64 }]
}

/// Lower and upper bound of F1.
pub(super) fn of(cases: &[[usize; 3]]) -> [f64; 2] {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut samples: Vec<f64> = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let mut sum = [0; 3];
        for _ in 0..cases.len() {
            let case = cases.get(random.below(cases.len())).copied().unwrap_or_default();
            sum.iter_mut().zip(case).for_each(|(sum, count)| *sum += count);
        }
        let [_, _, f1] = rates(sum);
        samples.push(f1);
    }
    samples.sort_by(f64::total_cmp);
    let at = |share: usize| samples.get(samples.len() * share / 1000).copied().unwrap_or(1.0);
    [at(25), at(975)]
}

/// Marsaglia's xorshift64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_hold_the_rate_and_narrow_with_more_cases() {
        let (good, bad) = ([10; 3], [5, 10, 10]);
        let width = |cases: usize| {
            let cases: Vec<[usize; 3]> = (0..cases).map(|n| if n % 2 == 0 { good } else { bad }).collect();
            let [low, high] = of(&cases);
            assert!(low <= 0.75 && 0.75 <= high);
            high - low
        };
        assert!(width(200) < width(20));
        assert_eq!(of(&[good; 20]), [1.0, 1.0]);
    }
}
