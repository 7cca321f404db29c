//! What the words of a heading, of a header's cell or of a label say of the figures that they govern.
//!
//! In: a range of a line. Out: its [`Head`]. What holds: a head says only what its own words say, and [`Head::under`] lets
//! the heads around it fill in the rest; words that name something counted beside a metric (beds, doses delivered, a
//! change) make a head whose figures are left alone.

use super::super::attach::{Attachment, Why};
use super::super::kind::Kinded;
use super::super::kinds::{is_percent, kind_of};
use super::super::reading::Reading;
use super::super::{date, rates, status};
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{AsOf, Kind, Metric, Period, Statistic, Subset};
use std::ops::Range;

/// What words say of figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    /// The metric, with the population that it is told per.
    pub(super) metric: Option<(Metric, Option<u64>)>,
    /// That they are new, or totals.
    pub(super) said: Option<Said>,
    pub(super) period: Option<Period>,
    pub(super) statistic: Option<Statistic>,
    /// The day that they describe.
    pub(super) day: Option<AsOf>,
    pub(super) subset: Vec<Subset>,
    /// They count something else.
    pub(super) other: bool,
}

/// Which kind the words of a head speak of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    New,
    Total,
    /// A stock, or a word like "currently".
    Now,
}

/// What a figure is by the heads that govern it.
#[derive(Debug, Clone)]
pub(in crate::extract::statistics) struct Told {
    pub(in crate::extract::statistics) attachment: Attachment,
    pub(in crate::extract::statistics) kinded: Kinded,
    pub(in crate::extract::statistics) subset: Vec<Subset>,
    pub(in crate::extract::statistics) day: Option<AsOf>,
}

/// Periods that words of a head tell; the first that is found counts.
pub(super) const PERIODS: &[(Sense, Option<Period>)] = &[
    (Sense::PastDay, Some(Period::Day)),
    (Sense::PerDay, Some(Period::Day)),
    (Sense::Yesterday, Some(Period::Day)),
    (Sense::Overnight, Some(Period::Day)),
    (Sense::PastWeek, Some(Period::Week)),
    (Sense::PerWeek, Some(Period::Week)),
    (Sense::LastWeek, Some(Period::Week)),
    (Sense::PastFortnight, Some(Period::Fortnight)),
    (Sense::PerFortnight, Some(Period::Fortnight)),
    (Sense::PastMonth, Some(Period::Month)),
    (Sense::PerMonth, Some(Period::Month)),
    (Sense::LastMonth, Some(Period::Month)),
    (Sense::Today, Some(Period::Day)),
    (Sense::New, None),
];

impl Head {
    /// Reads the words of a range.
    pub(super) fn read(reading: &Reading<'_, '_>, range: Range<usize>) -> Self {
        let metric = metric_of(reading, range.clone());
        let (said, period) = kind_and_period(reading, range.clone());
        let averages = said != Some(Said::Total) && reading.has(range.clone(), Sense::Average);
        let subset = reading.marks_in(range.clone()).filter_map(|mark| match mark.cue {
            Cue::Subset(subset) => (!status::institution(reading, mark.first, mark.after, subset)).then_some(subset),
            _ => None,
        });
        let mut subset: Vec<Subset> = subset.collect();
        subset.sort();
        subset.dedup();
        Self {
            metric,
            said: said.or(averages.then_some(Said::New)),
            // "7-day average of new cases": so many a day.
            period: if averages { Some(Period::Day) } else { period },
            statistic: averages.then_some(Statistic::Average),
            day: date::day_of_heading(reading, range.clone()),
            subset,
            other: other_column(reading, range, metric),
        }
    }

    /// A head that counts what has been counted before.
    pub(super) fn counted(metric: Metric, kinded: Kinded) -> Self {
        let said = match kinded.kind {
            Kind::New => Said::New,
            Kind::Cumulative => Said::Total,
            Kind::Current => Said::Now,
        };
        Self {
            metric: Some((metric, None)),
            said: Some(said),
            period: kinded.period,
            statistic: kinded.statistic,
            ..Self::default()
        }
    }

    /// The same, with what it leaves open told by the head around it.
    pub(super) fn under(&self, outer: &Self) -> Self {
        let own = self.metric.is_some();
        // "Cases on Friday" says nothing of the kind of deaths.
        let same = self.metric.zip(outer.metric).is_none_or(|((one, _), (other, _))| one == other);
        Self {
            metric: self.metric.or(outer.metric),
            said: self.said.or(outer.said.filter(|_| same)),
            period: self.period.or(outer.period.filter(|_| same)),
            statistic: self.statistic.or(outer.statistic.filter(|_| same && self.said != Some(Said::Total))),
            day: self.day.clone().or_else(|| outer.day.clone()),
            subset: if self.subset.is_empty() { outer.subset.clone() } else { self.subset.clone() },
            other: self.other || outer.other && !own,
        }
    }

    /// The same without what a title says of itself: a "daily update" counts no days.
    pub(super) fn of_title(reading: &Reading<'_, '_>, range: Range<usize>) -> Self {
        let head = Self { metric: None, other: false, ..Self::read(reading, range.clone()) };
        let measured = reading.marks_in(range.clone()).any(|mark| {
            let itself = reading.marks.iter().any(|other| {
                (other.first, other.after) == (mark.first, mark.after) && other.cue == Cue::Sense(Sense::New)
            });
            let counts = matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth));
            PERIODS.iter().any(|(sense, period)| period.is_some() && mark.cue == Cue::Sense(*sense))
                && !(counts && itself)
        });
        match head.said {
            Some(Said::New) if !measured => Self { said: None, period: None, ..head },
            // "On 21 January:" counts what happened on that day.
            None if on_a_day(reading, range) => Self { said: Some(Said::New), period: Some(Period::Day), ..head },
            _ => head,
        }
    }

    /// Whether it says something of figures without saying what they count.
    pub(super) fn only_modifies(&self) -> bool {
        let says = self.said.is_some() || self.period.is_some() || self.day.is_some() || !self.subset.is_empty();
        self.metric.is_none() && !self.other && says
    }

    /// What a figure below it is; none where it counts something else. A share of people is told in percent.
    pub(super) fn told(&self, percent: bool) -> Option<Told> {
        let (metric, per) = self.metric.filter(|_| !self.other)?;
        let metric = match metric {
            Metric::PeopleVaccinated if percent => Metric::PeopleVaccinatedShare,
            Metric::PeopleFullyVaccinated if percent => Metric::PeopleFullyVaccinatedShare,
            metric => metric,
        };
        let kind = match (kind_of(metric).fixed, metric, self.said) {
            (Some(fixed), _, _) => fixed,
            (None, Metric::Hospitalisations | Metric::Quarantined | Metric::CloseContacts, None | Some(Said::Now)) => {
                Kind::Current
            }
            (None, _, Some(Said::New)) => Kind::New,
            (None, _, _) => Kind::Cumulative,
        };
        let period = self.period.filter(|_| kind == Kind::New);
        let attachment = Attachment { metric, why: Why::Column, mark: None, per };
        let statistic = self.statistic.filter(|_| kind == Kind::New);
        // Nothing says what it counts from.
        let unsaid = self.said.is_none() && kind_of(metric).fixed.is_none() && kind == Kind::Cumulative;
        let kinded = Kinded { kind, period, statistic, rule: if unsaid { "unsaid" } else { "column" } };
        Some(Told { attachment, kinded, subset: self.subset.clone(), day: self.day.clone() })
    }

    /// The head of a number with a plus sign behind one that this one governs.
    pub(super) fn increment(&self) -> Self {
        Self { said: Some(Said::New), period: self.period.filter(|_| self.said == Some(Said::New)), ..self.clone() }
    }
}

/// Whether words tell something, as a header never does; a metric's own words ("died", "tested") tell nothing there.
pub(in crate::extract::statistics) fn told(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    let named = |mark: &Mark| {
        let around = |other: &Mark| other.first <= mark.first && mark.after <= other.after;
        reading.marks.iter().any(|other| around(other) && other.cue.metric().is_some())
    };
    // "Malappuram recorded the highest number of cases", where "recorded" could be a participle.
    let does = |mark: &Mark| {
        reading.spots.iter().any(|spot| spot.after == mark.first)
            && reading.one_of(mark.after, &[Word::The, Word::Article])
    };
    reading.marks_in(range).any(|mark| {
        matches!(mark.cue, Cue::Sense(Sense::Perfect | Sense::Report | Sense::RiseVerb | Sense::Forecast))
            && (!reading.one_of(mark.first, &[Word::UpDown, Word::Daily, Word::Participle]) || does(mark))
            && !named(mark)
    })
}

/// A number that is no figure in a header: "past 24 hours", "per 100,000", "7-day", "week 13".
pub(in crate::extract::statistics) fn in_heading(reading: &Reading<'_, '_>, first: usize) -> bool {
    let Some(n) = reading.numbers.iter().position(|number| number.first == first) else { return false };
    let number = reading.numbers.get(n).map_or(first..first + 1, |number| number.first..number.after);
    let named = reading.marks.iter().any(|mark| {
        let sense = matches!(
            mark.cue,
            Cue::Sense(
                Sense::PastDay
                    | Sense::PastWeek
                    | Sense::PastFortnight
                    | Sense::PastMonth
                    | Sense::PerDay
                    | Sense::PerWeek
                    | Sense::PerFortnight
                    | Sense::PerMonth
            )
        );
        sense && mark.first <= number.start && number.end <= mark.after
    });
    let before = first.wrapping_sub(1);
    let nth = reading.word(before, Word::PeriodUnit)
        && !reading.word(before.wrapping_sub(1), Word::The)
        && !reading.word(before.wrapping_sub(1), Word::PeriodOpener)
        && reading.tokens.get(first).is_some_and(|token| token.text.len() <= 2);
    // "Deaths within 28 days of a positive test".
    let after = reading.numbers.get(n).map_or(first, |number| number.after);
    let within = reading.word(before, Word::Within) && reading.has_at(after, Sense::TrapAfter);
    // "Population (mid-2019)".
    let year = reading
        .tokens
        .get(first)
        .is_some_and(|token| token.text.len() == 4 && token.text.bytes().all(|byte| byte.is_ascii_digit()))
        && (1900.0..2100.0).contains(&reading.numbers.get(n).map_or(0.0, |number| number.value))
        && (0..first)
            .rev()
            .find(|at| reading.is(*at, "(") || reading.is(*at, ")"))
            .is_some_and(|at| reading.is(at, "("))
        && (first..reading.tokens.len()).any(|at| reading.is(at, ")"));
    // "24-hour figures to 8 a.m. Monday".
    let hour = reading.has_at(after, Sense::TrapAfter)
        && reading.tokens.get(first).is_some_and(|token| token.text.len() <= 2)
        && !reading.dates.is_empty()
        && reading.numbers.iter().all(|number| number.value <= 24.0)
        && !(0..first).any(|at| reading.is(at, ":"));
    // "cases per 100,000 (7 days)", "First doses (16+): 91.4%".
    let close = (after..after + 4).find(|at| reading.is(*at, ")"));
    let unit = reading.is(before, "(")
        && close.is_some_and(|close| {
            close == after + 1 && reading.has_at(after, Sense::TrapAfter)
                || reading.is(close + 1, ":")
                || reading.is(close + 1, "|")
        });
    // "The new cases are reported from 21 states:".
    let rows = reading.one_of(after, &[Word::Areas, Word::RowName]) && reading.is(reading.tokens.len() - 1, ":");
    // "In the five largest cities: Kyoto 112": figures of a list are written in digits.
    let word = reading.numbers.get(n).is_some_and(|number| number.words)
        && reading.metric_at(after).is_none()
        && reading.tokens.get(after).is_some_and(|token| token.kind == TokenKind::Word)
        && (after..reading.tokens.len()).any(|at| reading.is(at, ":"));
    named || nth || within || year || hour || unit || rows || word || reading.word(before, Word::Per)
}

/// Whether a line without figures speaks of something that is no metric though a metric's words stand in it: beds, doses
/// delivered, another disease, a target.
pub(in crate::extract::statistics) fn elsewhere(reading: &Reading<'_, '_>) -> bool {
    let all = 0..reading.tokens.len();
    off(reading, all.clone()) || other_column(reading, all.clone(), metric_of(reading, all))
}

/// Targets, trials and other diseases make figures what they are.
pub(super) fn off(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    off_as_a_whole(reading, range.clone()) || reading.has(range, Sense::Threshold)
}

/// Trials and other diseases do so for a whole table; a target may be one column of it.
pub(super) fn off_as_a_whole(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    let senses = [Sense::OtherDisease, Sense::OtherCause, Sense::History, Sense::Trial, Sense::Legal];
    senses.iter().any(|sense| reading.has(range.clone(), *sense))
}

/// The metric that the words of a range name, with the population that it is told per.
pub(super) fn metric_of(reading: &Reading<'_, '_>, range: Range<usize>) -> Option<(Metric, Option<u64>)> {
    let mut named: Vec<Metric> = reading.marks_in(range.clone()).filter_map(|mark| mark.cue.metric()).collect();
    // "Total cases  Total deaths": a phrase that runs over into the next cell hides those of this one.
    let runs_over = |mark: &Mark| mark.first < range.end && mark.after > range.end && mark.cue.metric().is_some();
    if named.is_empty() && reading.marks.iter().any(runs_over) {
        let alone = reading.tokens.get(range.clone()).map(|tokens| reading.pack.marks(tokens)).unwrap_or_default();
        let hidden = |mark: &Mark| {
            let at = range.start + mark.first;
            reading
                .marks
                .iter()
                .any(|other| other.first <= at && other.after > range.end && other.cue.metric().is_some())
        };
        named = alone.into_iter().filter(hidden).filter_map(|mark| mark.cue.metric()).collect();
    }
    // Where people lie says more than that they are cases: "cases in ICU".
    let lying = named.iter().copied().filter(|metric| super::super::attach::closer(*metric) > 1);
    let lying = lying.max_by_key(|metric| super::super::attach::closer(*metric));
    // "Hospital: 525".
    if named.is_empty() && range.len() == 1 && reading.word(range.start, Word::Ward) {
        named.push(Metric::Hospitalisations);
    }
    let metric = if named.contains(&Metric::Deaths) { Metric::Deaths } else { lying.or(named.last().copied())? };
    let percent = range.clone().any(|at| reading.pack.percent(&reading.tokens, at).is_some());
    let base = reading.words_of(range.clone(), Word::Per).find_map(|at| rates::base(reading, at + 1));
    let metric = match (metric, base) {
        (Metric::Cases | Metric::CaseIncidence, Some(_)) => Metric::CaseIncidence,
        (Metric::Deaths | Metric::DeathRate, Some(_)) => Metric::DeathRate,
        (Metric::ActiveCases | Metric::ActiveIncidence, Some(_)) => Metric::ActiveIncidence,
        (_, Some(_)) => return None,
        (Metric::PeopleVaccinated, None) if percent => Metric::PeopleVaccinatedShare,
        (Metric::PeopleFullyVaccinated, None) if percent => Metric::PeopleFullyVaccinatedShare,
        (metric, None) if percent && !is_percent(metric) => return None,
        (metric, None) => metric,
    };
    // "Cases per region", "cases per day": a head of what each has, and no rate.
    let each = base.is_none()
        && reading
            .words_of(range.clone(), Word::Per)
            .any(|at| reading.one_of(at + 1, &[Word::RowName, Word::PeriodUnit]));
    let metric = match metric {
        Metric::CaseIncidence if each => Metric::Cases,
        Metric::DeathRate if each => Metric::Deaths,
        Metric::ActiveIncidence if each => Metric::ActiveCases,
        metric => metric,
    };
    let per = base.map(|(base, _)| base).or((metric == Metric::CaseIncidence).then_some(100_000));
    Some((metric, per))
}

/// Whether a token names what rows are: "Province", but not the "States" of a place.
pub(super) fn names_rows(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.word(at, Word::RowName) && !reading.spots.iter().any(|spot| spot.first <= at && at < spot.after)
}

/// Whether words name something else that is counted: beds, doses delivered, a change, a share, tests per case.
///
/// `metric` is the one that they name.
fn other_column(reading: &Reading<'_, '_>, cell: Range<usize>, metric: Option<(Metric, Option<u64>)>) -> bool {
    // What a rate is told per, and whose share a share is, are no things that are counted.
    let base = reading.words_of(cell.clone(), Word::Per).find(|at| rates::base(reading, at + 1).is_some());
    let counted = cell.start..base.filter(|_| metric.is_some()).unwrap_or(cell.end);
    let share = metric.is_some_and(|(metric, _)| is_percent(metric));
    let within = |at: usize, fits: &dyn Fn(&Cue) -> bool| {
        reading
            .marks
            .iter()
            .any(|mark| mark.first <= at && at < mark.after && mark.after > mark.first + 1 && fits(&mark.cue))
    };
    let covered = |at: usize| {
        in_heading(reading, at.wrapping_sub(1)) || within(at, &|cue| !matches!(cue, Cue::Sense(Sense::TrapAfter)))
    };
    let senses = reading.senses_in(counted.clone());
    let unit = senses.has(Sense::TrapAfter)
        && reading.marks_in(counted.clone()).any(|mark| {
            mark.cue == Cue::Sense(Sense::TrapAfter) && !covered(mark.first) && !reading.word(mark.first, Word::RowName)
        });
    let given = reading.has(cell.clone(), Sense::Given);
    // "new imported cases" are not supplied.
    let subset = |first: usize| {
        reading.marks.iter().any(|mark| matches!(mark.cue, Cue::Subset(_)) && mark.first <= first && first < mark.after)
    };
    let supplied = senses.has(Sense::Population) && !share
        || (senses.has(Sense::Supply) || senses.has(Sense::Capacity))
            && reading
                .marks_in(counted.clone())
                .any(|mark| matches!(mark.cue, Cue::Sense(Sense::Supply | Sense::Capacity)) && !subset(mark.first));
    let ratio = reading.words_of(cell.clone(), Word::Per).any(|at| {
        rates::base(reading, at + 1).is_none()
            && (reading.marks_in(at + 1..at + 4).any(|mark| mark.cue.metric().is_some())
                || reading.numbers.iter().any(|number| number.first == at + 1))
    });
    // "on ventilators" has patients.
    let named = |at: usize| within(at, &|cue| cue.metric().is_some()) || share && reading.word(at, Word::Populace);
    unit || ratio
        || !given && supplied
        || reading
            .words_of(counted.clone(), Word::OtherColumn)
            .any(|at| !(named(at) || share && reading.word(at.wrapping_sub(1), Word::Of)))
}

/// Kind and period that words tell.
fn kind_and_period(reading: &Reading<'_, '_>, range: Range<usize>) -> (Option<Said>, Option<Period>) {
    let senses = reading.senses_in(range.clone());
    // "Now in hospital" is no total.
    let total = senses.has(Sense::Total)
        && reading
            .marks_in(range.clone())
            .any(|mark| mark.cue == Cue::Sense(Sense::Total) && !reading.word(mark.first, Word::Already));
    // "So far" and "currently" speak of today too, and make nothing new.
    let today = || {
        let says = |mark: &Mark| (mark.first..mark.after).any(|at| reading.word(at, Word::Today));
        !total && reading.marks_in(range.clone()).any(|mark| mark.cue == Cue::Sense(Sense::Today) && says(mark))
    };
    let found = |sense: Sense| senses.has(sense) && (sense != Sense::Today || today());
    let periods = PERIODS.iter().filter(|(sense, _)| found(*sense));
    // "New cases in week 13".
    let nth = reading
        .words_of(range.clone(), Word::PeriodUnit)
        .any(|at| !reading.word(at, Word::Day) && in_heading(reading, at + 1));
    let period = periods.clone().find_map(|(_, period)| *period).or(nth.then_some(Period::Week));
    let new = periods.count() > 0
        || nth
        || range.clone().any(|at| reading.is(at, "+") || reading.word(at, Word::Admission))
        || on_a_day(reading, range.clone()) && metric_of(reading, range.clone()).is_some();
    let said = match (new, total, senses.has(Sense::Today)) {
        (true, _, _) => Some(Said::New),
        (false, true, _) => Some(Said::Total),
        (false, false, true) => Some(Said::Now),
        _ => None,
    };
    let day = if said == Some(Said::New) && on_a_day(reading, range) { Some(Period::Day) } else { None };
    (said, period.or(day))
}

/// "Cases by state on Thursday": a day on which they were counted, where "as of" would open a total.
fn on_a_day(reading: &Reading<'_, '_>, range: Range<usize>) -> bool {
    reading
        .words_of(range, Word::On)
        .any(|at| reading.dates.iter().any(|mark| mark.first <= at + 1 && at + 1 < mark.after))
}
