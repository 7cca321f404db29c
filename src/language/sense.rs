//! What cue phrases say: the headings of the lists under `cues` in a pack.
//!
//! What holds: a [`Sense`] is a fact about meaning, the same in every language; which phrases have it is data.

use serde::Deserialize;

/// What a cue phrase says, apart from naming a metric, a subset or a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each variant is the heading of a commented list in the packs")]
pub enum Sense {
    New,
    Total,
    TotalLabel,
    Reaches,
    Bringing,
    RiseVerb,
    ByWord,
    Report,
    Perfect,
    Average,
    Part,
    Partitive,
    Each,
    Compare,
    Earlier,
    MoreThan,
    AtLeast,
    Nearly,
    About,
    LessThan,
    AtMost,
    Exact,
    Bound,
    PerDay,
    PerWeek,
    PerFortnight,
    PerMonth,
    PerYear,
    Overnight,
    PastDay,
    PastWeek,
    PastFortnight,
    PastMonth,
    LastWeek,
    LastMonth,
    Today,
    Yesterday,
    SameDay,
    DayEarlier,
    WeekEarlier,
    SamePeriod,
    YearEarlier,
    Statement,
    Forecast,
    Hypothetical,
    Negated,
    Estimated,
    Correction,
    NotReported,
    People,
    Modifier,
    Stop,
    World,
    Nation,
    DivisionAnaphor,
    CityAnaphor,
    Here,
    Pointer,
    OpenEnd,
    Exclusion,
    Origin,
    NearOnly,
    Vessel,
    TrapAfter,
    TrapBefore,
    Threshold,
    Legal,
    Covid,
    OtherDisease,
    OtherCause,
    History,
    Capacity,
    Supply,
    Trial,
    Zero,
    Single,
    First,
    PopulationBase,
    Locative,
    Currency,
    Institution,
    Population,
    OrMore,
    OrLess,
    OrSo,
    Respectively,
    Given,
    DateAsOf,
    DateSince,
    DateUntil,
    Condition,
}

/// A set of senses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Senses(u128);

impl Senses {
    /// Whether this one is among them.
    #[inline]
    pub fn has(self, sense: Sense) -> bool {
        self.0 >> (sense as u32) & 1 == 1
    }

    /// The set with this one too.
    #[must_use]
    pub fn with(self, sense: Sense) -> Self {
        Self(self.0 | 1 << (sense as u32))
    }
}
