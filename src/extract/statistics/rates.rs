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
    previous: Option<Metric>,
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
    // "32 percent of adults have received at least one dose".
    // "Охвачено 19% населения": some languages have a case for "of".
    let of = reading.word(number.after, Word::Of)
        || reading.pack.articles.is_empty() && reading.has_at(number.after, Sense::PopulationBase);
    if of {
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
    // "В Болгарии этот показатель - 4,9%": the figure that the sentence before has told.
    let points = reading.marks_in(clause.start..start).find(|mark| mark.cue == Cue::Sense(Sense::Pointer));
    if let (Some(mark), Some(metric), true) = (points, previous.filter(|metric| is_percent(*metric)), found.is_empty())
        && reading.word(mark.after - 1, Word::Figure)
    {
        return Some(made(metric, Why::Pointer, mark));
    }
    let before = found.last().copied().flatten().filter(|before| is_percent(before.metric))?;
    let listed = reading.one_of(link, &[Word::And, Word::From, Word::To]);
    (listed || reading.has(reading.left(n), Sense::Compare)).then_some(Attachment {
        why: Why::Coordinated(n - 1),
        mark: None,
        ..before
    })
}

/// Turns counts per population into rates, and refuses values that the metric cannot have.
pub(super) fn rated(reading: &Reading<'_, '_>, n: usize, mut attachment: Attachment) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let right = number.after..reading.clause(number.first).end;
    let population =
        |mut range: Range<usize>| range.find_map(|at| base(reading, at + 1).filter(|_| reading.word(at, Word::Per) && is_base(reading, at + 1)));
    let per = population(right.start..right.end.min(right.start + 14));
    // "cases per 100,000" is said of this number only when no other number with a metric of its own stands between.
    let per = per
        .filter(|(_, at)| !reading.numbers.iter().any(|other| other.first > number.first && other.after < *at))
        .map(|(base, _)| base);
    let per = per.or_else(|| {
        let (first, after) = attachment.mark.filter(|(first, _)| *first < number.first)?;
        population(first..after + 6).map(|(base, _)| base)
    });
    // "На 100 тысяч жителей пришлось 141,5 случая": where verbs lead, the base may too.
    let per = per.or_else(|| {
        let before = reading.numbers.get(n.checked_sub(1)?)?;
        let leads = reading.pack.order.verbs_lead
            && reading.word(before.first.wrapping_sub(1), Word::Per)
            && !(before.after..number.first).any(|at| reading.is(at, ","));
        if leads { population(before.first - 1..before.after).map(|(base, _)| base) } else { None }
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

/// Whether the number at a token behind "per" is the base of a rate. Where the word also means "by" ("увеличилось на
/// 651"), only a power of ten is.
pub(super) fn is_base(reading: &Reading<'_, '_>, at: usize) -> bool {
    if !reading.word(at.wrapping_sub(1), Word::By) {
        return true;
    }
    let value = reading.numbers.iter().find(|number| number.first == at).map(|number| number.value);
    value.is_none_or(|value| [1e3, 1e4, 1e5, 1e6].contains(&value))
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
