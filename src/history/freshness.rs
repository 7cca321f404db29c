//! How long items take, as a histogram with buckets that grow by an eighth of a doubling, and its percentiles.

use serde::Serialize;
use std::time::Duration;

/// Buckets in a doubling of seconds: a percentile is right to about 9 %.
const PER_DOUBLING: f64 = 8.0;

/// A stretch of an item's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// From the publisher's time of publication to our observation.
    PublishedObserved,
    /// From our observation to the commit.
    ObservedCommitted,
    /// The whole way.
    PublishedCommitted,
}

impl Step {
    /// In the order of the way.
    pub const ALL: [Step; 3] = [Step::PublishedObserved, Step::ObservedCommitted, Step::PublishedCommitted];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Step::PublishedObserved => "published_observed",
            Step::ObservedCommitted => "observed_committed",
            Step::PublishedCommitted => "published_committed",
        }
    }
}

/// How long a step takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Percentiles {
    /// Which.
    pub step: Step,
    /// Items that it is known of.
    pub items: u64,
    /// Seconds: half of the items take no longer.
    pub p50: f64,
    /// Seconds: nine of ten.
    pub p90: f64,
    /// Seconds: 99 of 100.
    pub p99: f64,
}

/// The bucket of a duration.
pub(super) fn bucket(duration: Duration) -> i64 {
    (PER_DOUBLING * (duration.as_secs_f64() + 1.0).log2()).ceil() as i64
}

/// The upper end of a bucket, in seconds.
fn upper(bucket: i64) -> f64 {
    (bucket as f64 / PER_DOUBLING).exp2() - 1.0
}

/// Percentiles of a histogram whose buckets come in rising order; none of an empty one.
pub(super) fn percentiles(step: Step, histogram: &[(i64, u64)]) -> Option<Percentiles> {
    let items: u64 = histogram.iter().map(|(_, items)| items).sum();
    let at = |share: f64| {
        let rank = (share * items as f64).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = histogram.iter().find(|(_, items)| {
            seen += items;
            seen >= rank
        });
        found.map_or(0.0, |(bucket, _)| upper(*bucket))
    };
    (items > 0).then(|| Percentiles { step, items, p50: at(0.5), p90: at(0.9), p99: at(0.99) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_a_tenth() {
        let mut histogram = std::collections::BTreeMap::new();
        for seconds in 1..=1000 {
            *histogram.entry(bucket(Duration::from_secs(seconds))).or_insert(0) += 1;
        }
        let histogram: Vec<(i64, u64)> = histogram.into_iter().collect();
        let found = percentiles(Step::ObservedCommitted, &histogram).unwrap();
        assert_eq!(found.items, 1000);
        for (said, right) in [(found.p50, 500.0), (found.p90, 900.0), (found.p99, 990.0)] {
            assert!((said / right - 1.0).abs() < 0.1, "{said} for {right}");
        }
        assert_eq!(percentiles(Step::ObservedCommitted, &[]), None);
        assert_eq!(bucket(Duration::ZERO), 0);
    }
}
