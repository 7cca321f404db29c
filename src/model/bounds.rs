//! What a figure leaves open: between which values the truth lies when the figure is right.
//!
//! A rounded figure without a qualifier is exact in the records; how far it is rounded is visible from its digits, and
//! whoever compares two figures looks here, so that "more than 5,000" is not held against 5,100, nor 1.2 million against
//! 1,204,317.

use crate::model::{Number, Qualifier, Unit};

/// The values that a figure allows, ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// The least.
    pub least: f64,
    /// The most; infinite for "more than".
    pub most: f64,
}

/// How far "about" and "nearly" reach, as a share of the value.
const ABOUT: f64 = 0.1;

impl Bounds {
    /// The bounds of a figure.
    pub fn of(value: Number, value_max: Option<Number>, qualifier: Qualifier, unit: Unit) -> Self {
        let value = value.0;
        let (least, most) = match qualifier {
            Qualifier::Exact => {
                let slack = slack(value, unit);
                (value - slack, value + slack)
            }
            Qualifier::MoreThan | Qualifier::AtLeast => (value, f64::INFINITY),
            Qualifier::Nearly => (value * (1.0 - ABOUT), value),
            Qualifier::About => (value * (1.0 - ABOUT), value * (1.0 + ABOUT)),
            Qualifier::LessThan | Qualifier::AtMost => (0.0, value),
            Qualifier::Between => (value, value_max.map_or(value, |most| most.0)),
        };
        Self { least, most }
    }

    /// Whether every value that it allows is greater than every value that the other allows.
    pub fn exceed(&self, other: &Bounds) -> bool {
        self.least > other.most
    }
}

/// Half of the last place that a value shows, and never more than a tenth of it: 13,000 may stand for anything from
/// 12,500 to 13,500, and 15.6 percent for anything from 15.55. Counts are taken for rounded only from a thousand and
/// two noughts on: nobody rounds 240.
fn slack(value: f64, unit: Unit) -> f64 {
    if unit == Unit::Count {
        let shown = |place: &f64| value % place == 0.0 && place * 5.0 <= value;
        let places = (2..=12).rev().map(|digits| 10f64.powi(digits));
        return places.filter(|_| value >= 1000.0).find(shown).unwrap_or(0.0) / 2.0;
    }
    let shown = |digits: &i32| (value * 10f64.powi(*digits)).fract().abs() < 1e-6;
    (0..=3).find(shown).map_or(0.0, |digits| 0.5 / 10f64.powi(digits)).min(value / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1 where the first exceeds the second, -1 the other way round, 0 where both can be right.
    #[track_caller]
    fn check(first: (f64, Qualifier), second: (f64, Qualifier), unit: Unit, expected: i8) {
        let [first, second] =
            [first, second].map(|(value, qualifier)| Bounds::of(Number(value), None, qualifier, unit));
        assert_eq!(i8::from(first.exceed(&second)) - i8::from(second.exceed(&first)), expected);
    }

    #[test]
    fn a_figure_excludes_what_neither_its_qualifier_nor_its_rounding_allows() {
        use Qualifier::{About, AtLeast, AtMost, Exact, LessThan, MoreThan, Nearly};
        check((240.0, Exact), (241.0, Exact), Unit::Count, -1);
        check((1_300.0, Exact), (1_312.0, Exact), Unit::Count, 0);
        check((1_310.0, Exact), (1_312.0, Exact), Unit::Count, -1);
        check((1_200_000.0, Exact), (1_204_317.0, Exact), Unit::Count, 0);
        check((10_000_000.0, Exact), (12_000_000.0, Exact), Unit::Count, -1);
        check((5_000.0, MoreThan), (5_100.0, Exact), Unit::Count, 0);
        check((5_000.0, AtLeast), (4_871.0, Exact), Unit::Count, 1);
        check((5_000.0, Nearly), (4_871.0, Exact), Unit::Count, 0);
        check((5_000.0, Nearly), (5_012.0, Exact), Unit::Count, -1);
        check((5_000.0, About), (5_312.0, Exact), Unit::Count, 0);
        check((5_000.0, LessThan), (5_312.0, AtMost), Unit::Count, 0);
        check((16.0, Exact), (15.6, Exact), Unit::Percent, 0);
        check((15.7, Exact), (15.55, Exact), Unit::Percent, 1);
        check((0.0, Exact), (0.0, Exact), Unit::Ratio, 0);
        let range = Bounds::of(Number(40.0), Some(Number(50.0)), Qualifier::Between, Unit::Count);
        assert_eq!((range.least, range.most), (40.0, 50.0));
    }
}
