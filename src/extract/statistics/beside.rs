//! How a count compares with the figures that stand beside it.
//!
//! In: the figures of a body, and how new the words of each count sound. Out: the few numbers by which boosted trees
//! ([`super::newness`]) tell a new count from a total. What holds: a figure is compared with 48 others to either side
//! at most; what there is nothing to compare with is [`NOTHING`].

use super::kinds::kind_of;
use super::newness::{is_open, valued};
use crate::model::{Kind, Location, Metric, Observation, Span};
use jiff::civil::Date;
use std::collections::HashMap;

/// How many figures to either side a count is compared with.
pub(super) const AROUND: usize = 48;

/// Where there is no such figure.
pub const NOTHING: f32 = -20.0;

/// How far away is what there is not: bytes, and lines, days or figures.
pub(super) const FAR: f32 = 9999.0;
pub(super) const LONG: f32 = 99.0;

/// How new a count sounds whose own words say what it is.
const OUTRIGHT: f32 = 4.0;

/// How many numbers are seen of a count.
pub const SEEN: usize = 32;

/// A figure of a body.
#[derive(Debug, Clone)]
pub struct Told {
    /// The number.
    pub span: Span,
    /// The rules call it new.
    pub new: bool,
    /// Its kind is open: it can be new or a total, and no word of the number itself decides.
    pub open: bool,
    pub(super) kind: Kind,
    pub(super) metric: Metric,
    pub(super) location: Location,
    pub(super) sentence: Span,
    /// Decades above one.
    pub(super) size: f32,
    /// A verb says how high it stands: "the toll reaches 75".
    pub(super) level: bool,
    /// How new it sounds to the network ([`super::network::newness`]).
    pub heard: f32,
}

impl Told {
    /// The figures of a body that have a value, with how new each sounds to the network.
    pub(super) fn all(found: &[Observation], heard: &HashMap<Span, f32>) -> Vec<Self> {
        let told = valued(found).filter_map(|one| Self::new(one, is_open(one)));
        told.map(|one| Self { heard: heard.get(&one.span).copied().unwrap_or(NOTHING), ..one }).collect()
    }

    fn new(one: &Observation, open: bool) -> Option<Self> {
        Some(Self {
            span: one.spans.value?,
            new: one.kind == Kind::New,
            open,
            kind: one.kind,
            metric: one.metric,
            location: one.location.clone(),
            sentence: one.sentence.span,
            size: decades(one.value?.0),
            level: one.rule.ends_with(".reaches"),
            heard: NOTHING,
        })
    }

    /// How new it sounds by what the rules go by, where its words were not weighed.
    pub fn outright(&self) -> Option<f32> {
        (!self.open && kind_of(self.metric).whole).then_some(match self.kind {
            Kind::New => OUTRIGHT,
            Kind::Cumulative => -OUTRIGHT,
            _ => NOTHING,
        })
    }

    /// Whether it counts the same, in the same way.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.metric == other.metric && self.kind == other.kind
    }

    fn is_of(&self, other: &Self) -> bool {
        let (one, other) = (&self.location, &other.location);
        one.iso2 == other.iso2 && one.subdivision == other.subdivision && one.name == other.name
    }

    pub(super) fn is_total(&self) -> bool {
        self.kind == Kind::Cumulative
    }

    pub(super) fn kind(&self) -> f32 {
        match self.kind {
            Kind::New => 1.0,
            Kind::Cumulative => 2.0,
            _ => 3.0,
        }
    }
}

/// Decades above one.
#[expect(clippy::cast_possible_truncation, reason = "a magnitude")]
pub(super) fn decades(value: f64) -> f32 {
    (value.max(0.0) + 1.0).log10() as f32
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
pub(super) fn count(number: usize) -> f32 {
    number as f32
}

/// One for yes.
pub(super) fn yes(is: bool) -> f32 {
    f32::from(u8::from(is))
}

/// Forms of words that tell a kind, from what stands to what happened.
const FORMS: [&str; 22] = [
    "stock",
    "perfect",
    "reaches",
    "passes",
    "total",
    "as_of",
    "noun_phrase",
    "incidence",
    "unsaid",
    "column",
    "row",
    "item",
    "continued",
    "learnt",
    "part",
    "breakdown",
    "brought",
    "bringing_to",
    "new",
    "period",
    "stretch",
    "simple_past",
];

/// The form of a rule, by number.
pub(super) fn form(rule: &str) -> f32 {
    let form = rule.rsplit('.').next().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "some twenty forms")]
    FORMS.iter().position(|one| *one == form).map_or(NOTHING, |at| at as f32)
}

/// Months since 2020 began.
pub(super) fn when(date: Option<Date>) -> f32 {
    date.map_or(NOTHING, |date| f32::from((date.year() - 2020) * 12 + i16::from(date.month())))
}

/// The mean; nothing where there are none.
fn mean(numbers: impl Iterator<Item = f32>) -> f32 {
    let (sum, count) =
        numbers.filter(|one| *one > NOTHING).fold((0.0, 0.0_f32), |(sum, count), one| (sum + one, count + 1.0));
    if count > 0.0 { sum / count } else { NOTHING }
}

/// What is seen of the figure `told[at]`; `odds` says how new each sounds, and `when` when the story was written.
pub fn seen(told: &[Told], odds: &[f32], at: usize, when: f32) -> [f32; SEEN] {
    let mut all = [NOTHING; SEEN];
    let Some(this) = told.get(at) else { return all };
    let from = at.saturating_sub(AROUND);
    let others = || {
        let near = told.iter().zip(odds).enumerate().skip(from).take(2 * AROUND + 1);
        near.filter(|(n, _)| *n != at).map(|(_, other)| other)
    };
    let mut slots = all.iter_mut();
    let mut say = |what: f32| {
        if let Some(slot) = slots.next() {
            *slot = what;
        }
    };
    say(yes(this.new));
    say(f32::from(this.metric as u8));
    say(odds.get(at).copied().unwrap_or(NOTHING));
    say(this.size);
    say(when);
    say(f32::from(this.location.kind as u8));
    say(this.heard);
    for beside in [at.checked_sub(1), at.checked_add(1)] {
        let beside = beside.and_then(|n| told.get(n).zip(odds.get(n)));
        say(beside.map_or(NOTHING, |(other, _)| other.kind()));
        say(beside.map_or(NOTHING, |(_, odds)| *odds));
        say(beside.map_or(NOTHING, |(other, _)| yes(other.metric == this.metric)));
        say(beside.map_or(NOTHING, |(other, _)| this.size - other.size));
        say(beside.map_or(NOTHING, |(other, _)| other.heard));
    }
    let alike = || {
        let of_metric = |(other, _): &(&Told, &f32)| {
            other.metric == this.metric && matches!(other.kind, Kind::New | Kind::Cumulative)
        };
        others().filter(of_metric)
    };
    let news = |other: &Told| yes(other.new);
    // Of its metric, and of its metric and place.
    for placed in [false, true] {
        let alike = || alike().filter(|(other, _)| !placed || other.is_of(this));
        let above = || alike().filter(|(other, _)| other.size > this.size);
        let below = || alike().filter(|(other, _)| other.size < this.size);
        say(alike().map(|(other, _)| this.size - other.size).reduce(f32::min).unwrap_or(NOTHING));
        say(alike().map(|(other, _)| this.size - other.size).reduce(f32::max).unwrap_or(NOTHING));
        say(mean(above().map(|(_, odds)| *odds)));
        say(mean(below().map(|(_, odds)| *odds)));
        if !placed {
            say(mean(above().map(|(other, _)| news(other))));
            say(mean(below().map(|(other, _)| news(other))));
        }
    }
    let counts = || others().filter(|(other, _)| matches!(other.kind, Kind::New | Kind::Cumulative));
    let here = || counts().filter(|(other, _)| other.sentence == this.sentence);
    say(mean(here().map(|(_, odds)| *odds)));
    say(mean(counts().map(|(_, odds)| *odds)));
    say(mean(here().map(|(other, _)| news(other))));
    say(mean(counts().map(|(other, _)| news(other))));
    say(mean(here().map(|(other, _)| other.heard)));
    all
}
