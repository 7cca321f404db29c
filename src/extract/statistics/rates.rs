//! Numbers that are rates: percentages, and counts per population.
//!
//! In: a sentence and a number. Out: the attachment of a percentage, or what a count becomes when it is told per
//! 100,000. A percent change is no value of any metric and gets none.

use super::attach::{Attachment, Why, core_start};
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, NumberWord, Sense, Word};
use crate::model::Metric;
use std::ops::Range;

/// Percentages: a rate that governs it, a share of the population that is vaccinated, beds that are taken.
pub(super) fn percent(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<&Attachment>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let right = reading.right(n);
    let made = |metric: Metric, why: Why, mark: &Mark| Attachment {
        metric,
        why,
        mark: Some((mark.first, mark.after)),
        per: None,
    };
    // "12 percent of ICU beds", "15.6 percent of tests were positive".
    let behind = reading
        .marks_in(number.after..right.end)
        .find(|mark| matches!(mark.cue, Cue::Noun(metric) if is_percent(metric)) && mark.first <= number.after + 1);
    if let Some(mark) = behind {
        return Some(made(mark.cue.metric()?, Why::Noun, mark));
    }
    if let Some(share) = share_of_before(reading, n, found) {
        return Some(share);
    }
    // "29.6 percent are fully vaccinated".
    let vaccinated = |metric: Metric| matches!(metric, Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated);
    let said = reading
        .marks_in(number.after..right.end.min(number.after + 5))
        .find(|mark| matches!(mark.cue, Cue::Predicate(metric) if vaccinated(metric)));
    if let Some(mark) = said.filter(|_| reading.has_at(number.after, Sense::Perfect)) {
        let full = mark.cue == Cue::Predicate(Metric::PeopleFullyVaccinated);
        let metric = if full { Metric::PeopleFullyVaccinatedShare } else { Metric::PeopleVaccinatedShare };
        return Some(made(metric, Why::Predicate, mark));
    }
    // "32 percent of adults have received at least one dose".
    if reading.word(number.after, Word::Of) {
        let vaccinated = reading
            .marks_in(right.clone())
            .find(|mark| matches!(mark.cue, Cue::Predicate(Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated)));
        let population = (number.after..right.end.min(number.after + 6)).any(|at| {
            reading.has_at(at, Sense::PopulationBase)
                || reading.word(at, Word::Populace)
                || reading.marks.iter().any(|mark| mark.first == at && matches!(mark.cue, Cue::Subset(_)))
                || reading.spots.iter().any(|spot| spot.first <= at && at < spot.after)
        });
        if let Some(mark) = vaccinated.filter(|_| population) {
            let full = mark.cue == Cue::Predicate(Metric::PeopleFullyVaccinated);
            return Some(made(
                if full { Metric::PeopleFullyVaccinatedShare } else { Metric::PeopleVaccinatedShare },
                Why::Predicate,
                mark,
            ));
        }
        let verb = reading
            .marks_in(clause.start..number.first)
            .rev()
            .find(|mark| matches!(mark.cue, Cue::Active(Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated)));
        if let Some(mark) = verb.filter(|_| population) {
            let full = mark.cue == Cue::Active(Metric::PeopleFullyVaccinated);
            return Some(made(
                if full { Metric::PeopleFullyVaccinatedShare } else { Metric::PeopleVaccinatedShare },
                Why::Active,
                mark,
            ));
        }
        return None;
    }
    // "fell 12 percent", "up by 3 percent": a change. "rose to 12 percent": a rate.
    let start = core_start(reading, n);
    let link = start.wrapping_sub(1);
    // "subió un 12 %", "creció en el 12 %": a change too.
    let articled = reading.one_of(link, &[Word::Article, Word::The]);
    let verb = start - usize::from(articled && start > 0);
    let by = reading.has_ending(verb, Sense::ByWord)
        && reading.has(verb.saturating_sub(3)..verb, Sense::RiseVerb);
    if reading.word(link, Word::By) || reading.has_ending(verb, Sense::RiseVerb) || by {
        return None;
    }
    let rate = reading
        .marks_in(clause.start..start)
        .rev()
        .find(|mark| matches!(mark.cue, Cue::Label(metric) if is_percent(metric)));
    if let Some(mark) = rate {
        return Some(made(mark.cue.metric()?, Why::Governed, mark));
    }
    // "a 5.8 percent fatality rate"; "from 7.2 percent a day earlier".
    let after = reading
        .marks_in(number.after..right.end.min(number.after + 4))
        .find(|mark| matches!(mark.cue, Cue::Label(metric) if is_percent(metric)));
    if let Some(mark) = after {
        return Some(made(mark.cue.metric()?, Why::Label, mark));
    }
    // "In Israel the figure is 54 percent": what the sentence before has told of another place.
    let pointing = reading
        .marks_in(clause.start..start)
        .rev()
        .find(|mark| mark.cue == Cue::Sense(Sense::TotalLabel) && reading.has_ending(start, Sense::Reaches));
    if let Some(previous) = previous.filter(|previous| is_percent(previous.metric))
        && reading.has(reading.left(n), Sense::Partitive)
    {
        return Some(Attachment { why: Why::Pointer, mark: None, ..*previous });
    }
    if let (Some(mark), Some(previous)) = (pointing, previous.filter(|previous| is_percent(previous.metric))) {
        return Some(made(previous.metric, Why::Pointer, mark));
    }
    let before = found.last().copied().flatten().filter(|before| is_percent(before.metric))?;
    let listed = reading.one_of(link, &[Word::And, Word::From, Word::To]);
    (listed || reading.has(reading.left(n), Sense::Compare)).then_some(Attachment {
        why: Why::Coordinated(n - 1),
        mark: None,
        ..before
    })
}

/// "51.3 million are vaccinated, or 76.1 percent of the population", "40 of 1,200 tests were positive, or 3.3 percent": a share
/// that repeats the counts before it.
fn share_of_before(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    if !reading.word(core_start(reading, n).wrapping_sub(1), Word::Or) {
        return None;
    }
    let before = found.last().copied().flatten()?;
    let population = reading.word(number.after, Word::Of)
        && (number.after + 1..number.after + 4).any(|at| reading.has_at(at, Sense::PopulationBase));
    let metric = match before.metric {
        Metric::PeopleVaccinated if population => Metric::PeopleVaccinatedShare,
        Metric::PeopleFullyVaccinated if population => Metric::PeopleFullyVaccinatedShare,
        Metric::Cases | Metric::Tests if !reading.word(number.after, Word::Of) => {
            let counts = found.get(found.len().checked_sub(2)?)?.map(|count| count.metric)?;
            let pair = matches!((counts, before.metric), (Metric::Cases, Metric::Tests) | (Metric::Tests, Metric::Cases));
            pair.then_some(Metric::PositivityRate)?
        }
        _ => return None,
    };
    Some(Attachment { metric, why: Why::Coordinated(n.checked_sub(1)?), mark: None, per: None })
}

/// Turns counts per population into rates, and refuses values that the metric cannot have.
pub(super) fn rated(reading: &Reading<'_, '_>, n: usize, mut attachment: Attachment) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let right = number.after..reading.clause(number.first).end;
    let population =
        |mut range: Range<usize>| range.find_map(|at| base(reading, at + 1).filter(|(base, _)| per_base(reading, at, *base as f64)));
    let per = population(right.start..right.end.min(right.start + 14));
    // "cases per 100,000" is said of this number only when no other number with a metric of its own stands between.
    let per = per
        .filter(|(_, at)| !reading.numbers.iter().any(|other| other.first > number.first && other.after < *at))
        .map(|(base, _)| base);
    let per = per.or(attachment.per).or_else(|| {
        let (first, after) = attachment.mark.filter(|(first, _)| *first < number.first)?;
        population(first..after + 6).map(|(base, _)| base)
    });
    // "Nineteen countries reported more than 100 cases per 100,000": a bound that each of them passes, not a rate of any.
    let bounded =
        [Sense::MoreThan, Sense::AtLeast, Sense::LessThan].iter().any(|sense| reading.has_ending(number.first, *sense));
    let clause = reading.clause(number.first);
    let counted = (clause.start..number.first).any(|at| reading.word(at, Word::Areas));
    if per.is_some() && bounded && counted {
        return None;
    }
    if let Some(per) = per {
        attachment.metric = match attachment.metric {
            Metric::Cases | Metric::CaseIncidence => Metric::CaseIncidence,
            Metric::Deaths | Metric::DeathRate | Metric::CaseFatalityRate => Metric::DeathRate,
            Metric::ActiveCases | Metric::ActiveIncidence => Metric::ActiveIncidence,
            _ => return None,
        };
        attachment.per = Some(per);
    } else if matches!(attachment.metric, Metric::DeathRate | Metric::ActiveIncidence) {
        return None;
    } else if attachment.metric == Metric::CaseIncidence && attachment.per.is_none() {
        attachment.per = Some(100_000);
    }
    let kind = kind_of(attachment.metric);
    let fits = number.value <= kind.most
        && !(kind.whole && number.value.fract() != 0.0)
        && (number.percent == is_percent(attachment.metric));
    fits.then_some(attachment)
}

/// Whether the word at a token makes a number behind it the base of a rate. Where the word for "per" also means "for", only
/// a round number is one ("252 décès pour 11.720 cas" has none); where it also means "to", only one of people.
pub(super) fn per_base(reading: &Reading<'_, '_>, at: usize, value: f64) -> bool {
    let round = value.max(1.0).log10().fract() == 0.0;
    let people = || {
        let after = reading.numbers.iter().find(|number| number.first == at + 1).map_or(at + 2, |number| number.after);
        reading.has_at(after, Sense::PopulationBase)
    };
    reading.word(at, Word::Per)
        && (!reading.word(at, Word::For) || round)
        && (!reading.word(at, Word::To) || round && people())
}

/// "100,000", "million", "one million" after "per".
fn base(reading: &Reading<'_, '_>, at: usize) -> Option<(u64, usize)> {
    let value = match reading.numbers.iter().find(|number| number.first == at) {
        Some(number) => number.value,
        None => match reading.pack.number_word(&reading.tokens.get(at)?.lower)? {
            NumberWord::Scale(value) => value,
            _ => return None,
        },
    };
    (1e3..=1e9).contains(&value).then_some((value as u64, at))
}
