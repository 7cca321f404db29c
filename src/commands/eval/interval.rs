//! How sure a rate is: a bootstrap over whole cases, since the figures of one story err together.
//!
//! In: the tallies of the cases. Out: for each level the bounds between which 95 of 100 resamples have their F1. What
//! holds: the same cases give the same bounds; the generator begins at the same number.

use super::score::Tally;

/// Resamples; with a thousand the bounds are steady to about half a point.
const RESAMPLES: usize = 1000;

/// Lower and upper bound of F1 at each level.
pub(super) fn of(cases: &[&Tally]) -> [[f64; 2]; 3] {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    let mut samples: [Vec<f64>; 3] = std::array::from_fn(|_| Vec::with_capacity(RESAMPLES));
    for _ in 0..RESAMPLES {
        let mut sum = Tally::default();
        for _ in 0..cases.len() {
            let case = cases.get(random.below(cases.len()));
            // Fields are not resampled.
            if let Some(case) = case {
                sum.expected += case.expected;
                sum.found += case.found;
                sum.hits.iter_mut().zip(case.hits).for_each(|(sum, hits)| *sum += hits);
            }
        }
        for (level, samples) in samples.iter_mut().enumerate() {
            samples.push(sum.rates(level)[2]);
        }
    }
    samples.map(|mut samples| {
        samples.sort_by(f64::total_cmp);
        let at = |share: usize| samples.get(samples.len() * share / 1000).copied().unwrap_or(1.0);
        [at(25), at(975)]
    })
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
        let case = |hits: usize| Tally { expected: 10, found: 10, hits: [hits; 3], ..Tally::default() };
        let (good, bad) = (case(10), case(5));
        let width = |cases: usize| {
            let cases: Vec<&Tally> = (0..cases).map(|n| if n % 2 == 0 { &good } else { &bad }).collect();
            let [low, high] = of(&cases)[0];
            assert!(low <= 0.75 && 0.75 <= high);
            high - low
        };
        assert!(width(200) < width(20));
        let all: Vec<&Tally> = vec![&good; 20];
        assert_eq!(of(&all)[0], [1.0, 1.0]);
    }
}
