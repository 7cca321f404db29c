//! Numbers that are rates: percentages, and counts per population.
//!
//! In: a sentence and a number. Out: the attachment of a percentage, or what a count becomes when it is told per
//! 100,000. A percent change is no value of any metric and gets none.

use super::attach::{Attachment, Previous, Why, core_start};
use super::kinds::{is_percent, kind_of};
use super::otherwise::in_english_order;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, NumberWord, Sense, Word};
use crate::model::{Metric, Observation, Unit};
use std::ops::Range;

/// How far a share in brackets may be from what its two counts come to: it is rounded.
const ROUNDED: f64 = 0.1;

/// Percentages: a rate that governs it, a share of the population that is vaccinated, beds that are taken.
pub(super) fn percent(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let right = reading.right(n);
    let made = |metric: Metric, why: Why, mark: &Mark| Attachment::new(metric, why).by(mark);
    // "12 percent of ICU beds", "15.6 percent of tests were positive".
    let behind = reading
        .marks_in(number.after..right.end)
        .find(|mark| matches!(mark.cue, Cue::Noun(metric) if is_percent(metric)) && mark.first <= number.after + 1);
    if let Some(mark) = behind {
        return Some(made(mark.cue.metric()?, Why::Noun, mark));
    }
    if reading.pack.topic_first()
        && let Some(mark) = vaccinated_share(reading, n)
    {
        let full = mark.cue.metric() == Some(Metric::PeopleFullyVaccinated);
        return Some(made(
            if full { Metric::PeopleFullyVaccinatedShare } else { Metric::PeopleVaccinatedShare },
            Why::Predicate,
            mark,
        ));
    }
    // "47万人接种了疫苗，占成年人口的93%".
    if reading.pack.topic_first()
        && reading.phrase(n).any(|at| reading.word(at, Word::SetAgainst))
        && reading.phrase(n).any(|at| reading.has_at(at, Sense::PopulationBase) || reading.word(at, Word::Populace))
        && let Some(before) = found.last().copied().flatten()
    {
        let metric = match before.metric {
            Metric::PeopleVaccinated => Some(Metric::PeopleVaccinatedShare),
            Metric::PeopleFullyVaccinated => Some(Metric::PeopleFullyVaccinatedShare),
            _ => None,
        };
        if let Some(metric) = metric {
            return Some(Attachment { metric, why: Why::Predicate, mark: before.mark, per: None });
        }
    }
    // "ICU beds in Manila were 81 percent full".
    if reading.word(number.after, Word::Full)
        && let Some(mark) = reading.marks_in(clause.clone()).find(|mark| mark.cue.metric() == Some(Metric::IcuPatients))
    {
        return Some(made(Metric::IcuOccupancy, Why::Governed, mark));
    }
    // "of 22,133 tests, 20.6 percent came back positive".
    let positive = reading.marks_in(number.after..right.end.min(number.after + 10)).find(|mark| {
        mark.cue.metric() == Some(Metric::Cases) && (mark.first..mark.after).any(|at| reading.word(at, Word::Positive))
    });
    let tested = reading
        .marks_in(clause.start..right.end)
        .any(|mark| matches!(mark.cue.metric(), Some(Metric::Tests | Metric::PeopleTested)));
    if let Some(mark) = positive.filter(|_| tested) {
        return Some(made(Metric::PositivityRate, Why::Predicate, mark));
    }
    // "Around 67 percent have had at least one jab".
    let told = reading
        .marks_in(number.after..right.end.min(number.after + 8))
        .find(|mark| matches!(mark.cue, Cue::Predicate(Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated)));
    if let Some(mark) =
        told.filter(|_| reading.has_at(number.after, Sense::Perfect) || reading.word(number.after, Word::Copula))
    {
        return Some(made(share_of(mark.cue.metric()?)?, Why::Predicate, mark));
    }
    // "21 million people, or 42 percent of the population, have received a dose": the count says of whom.
    if reading.word(core_start(reading, n).wrapping_sub(1), Word::Or)
        && let Some(count) = found.last().copied().flatten()
        && let Some(metric) = share_of(count.metric)
    {
        return Some(Attachment { metric, ..count });
    }
    if let Some(positivity) = of_tested(reading, n, found, previous) {
        return Some(positivity);
    }
    // "14.9 million, or 45 percent of the people, have had a dose and 7.5 million (23 percent) two".
    let bracketed = reading.is(core_start(reading, n).wrapping_sub(1), "(") && reading.is(number.after, ")");
    let shares = found
        .iter()
        .flatten()
        .any(|earlier| matches!(earlier.metric, Metric::PeopleVaccinatedShare | Metric::PeopleFullyVaccinatedShare));
    if bracketed
        && shares
        && let Some(count) = found.last().copied().flatten()
        && let Some(metric) = share_of(count.metric)
    {
        return Some(Attachment { metric, ..count });
    }
    // "32 percent of adults have received at least one dose", "55 percent, or 18 million people, have".
    // "frente al 10,1 % de la semana anterior" is no share of anything.
    let dated = reading.dates.iter().any(|date| (number.after..number.after + 3).contains(&date.first))
        || (number.after..number.after + 2)
            .any(|at| reading.has_at(at, Sense::WeekEarlier) || reading.has_at(at, Sense::DayEarlier));
    if reading.word(number.after, Word::Of) && !dated {
        let aside = reading.numbers.get(n + 1).filter(|next| {
            reading.word(core_start(reading, n + 1).wrapping_sub(1), Word::Or)
                && !next.percent
                && next.first < clause.end
        });
        // "1.7 percent of Japan's 126 million people have received": the number of the population is part of its name.
        let whole = reading.numbers.get(n + 1).filter(|next| {
            next.first <= number.after + 6
                && reading.has_at(next.after, Sense::PopulationBase)
                && !(number.after..next.first).any(|at| reading.is(at, ","))
        });
        let wide = aside.is_some() || whole.is_some();
        let right = right.start..if wide { reading.right(n + 1).end } else { right.end };
        let vaccinated = reading
            .marks_in(right.clone())
            .find(|mark| matches!(mark.cue, Cue::Predicate(Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated)));
        let population = whole.is_some()
            || (number.after..right.end.min(number.after + 6)).any(|at| {
                reading.has_at(at, Sense::PopulationBase)
                    || reading.one_of(at, &[Word::Populace, Word::Those])
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
        // "24.974.520 receberam a primeira dose, o equivalente a 11,8% da população": a share of what was counted last.
        let share = match found.last().copied().flatten() {
            Some(last) if last.metric == Metric::PeopleVaccinated => Some((Metric::PeopleVaccinatedShare, last)),
            Some(last) if last.metric == Metric::PeopleFullyVaccinated => {
                Some((Metric::PeopleFullyVaccinatedShare, last))
            }
            _ => None,
        };
        let counted = !reading.marks_in(right.clone()).any(|mark| mark.cue.metric().is_some());
        let base = (number.after..right.end.min(number.after + 4))
            .any(|at| reading.has_at(at, Sense::PopulationBase) || reading.word(at, Word::Populace));
        if let Some((metric, last)) = share.filter(|_| counted && base) {
            return Some(Attachment { metric, why: Why::Coordinated(n - 1), ..last });
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
    let by = reading.has_ending(verb, Sense::ByWord) && reading.has(verb.saturating_sub(3)..verb, Sense::RiseVerb);
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
    if let Some((metric, per)) = previous.rate.filter(|(metric, _)| is_percent(*metric)) {
        if reading.has(reading.left(n), Sense::Partitive) {
            return Some(Attachment { metric, why: Why::Pointer, mark: None, per });
        }
        if let Some(mark) = pointing {
            return Some(made(metric, Why::Pointer, mark));
        }
        // "Vermont: 70.6 percent."
        let item = reading.is(link, ":") && reading.spots.iter().any(|spot| spot.after == link);
        if item && (reading.tokens.get(number.after).is_none_or(|token| matches!(token.text, "." | "," | ";"))) {
            return Some(Attachment { metric, why: Why::Pointer, mark: None, per });
        }
    }
    let before = found.last().copied().flatten().filter(|before| is_percent(before.metric));
    // "Thuringia (64.6) and Saxony (60.5)", below "in Bremen 83.4 percent are fully vaccinated".
    let named = |at: usize| reading.spots.iter().any(|spot| spot.after == at);
    let beside = named(start) || [",", "("].iter().any(|mark| reading.is(link, mark)) && named(link);
    let Some(before) = before else {
        let silent = beside && n == 0 && !reading.marks_in(clause.start..start).any(|mark| mark.cue.metric().is_some());
        let (metric, per) = previous.rate.filter(|(metric, _)| is_percent(*metric) && silent)?;
        return in_english_order(reading).then_some(Attachment { metric, why: Why::Pointer, mark: None, per });
    };
    // "… y el 48 % tiene ya la pauta completa".
    if matches!(before.metric, Metric::PeopleVaccinatedShare | Metric::PeopleFullyVaccinatedShare) {
        let own = reading.marks_in(right.clone()).find_map(|mark| match mark.cue {
            Cue::Predicate(Metric::PeopleVaccinated) => Some((Metric::PeopleVaccinatedShare, mark)),
            Cue::Predicate(Metric::PeopleFullyVaccinated) => Some((Metric::PeopleFullyVaccinatedShare, mark)),
            _ => None,
        });
        if let Some((metric, mark)) = own {
            return Some(made(metric, Why::Predicate, mark));
        }
    }
    // "in Mississippi it is 34 percent, and Alabama, at 33.9 percent, is last", "in Armenia only 7 percent", "while it was
    // 9.4 percent in the last 14 days".
    let placed = reading.spots.iter().any(|spot| reading.left(n).contains(&spot.first));
    let dated = pointing.is_some() && reading.dates.iter().any(|date| clause.contains(&date.first));
    let again = !reading.pack.order.verbs_lead && (beside || dated)
        || placed && (pointing.is_some() || reading.one_of(link, &[Word::At, Word::With]));
    let listed = again || reading.one_of(link, &[Word::And, Word::From, Word::To]);
    (listed || reading.has(reading.left(n), Sense::Compare)).then_some(Attachment {
        why: Why::Coordinated(n - 1),
        mark: None,
        ..before
    })
}

/// "The infection rate is 25.1 percent", "4,047 positive (32.6 percent)" of 12,401 tests: the share of those tested, in brackets
/// only where it is what the two counts come to.
fn of_tested(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n).filter(|_| in_english_order(reading))?;
    let start = core_start(reading, n);
    let tests = |metric: Metric| matches!(metric, Metric::Tests | Metric::PeopleTested);
    let verb = |at: usize| reading.word(at, Word::Copula) || reading.has_at(at, Sense::Reaches);
    let rate = reading
        .marks_in(reading.left(n).start..start)
        .rfind(|mark| mark.cue == Cue::Label(Metric::CaseIncidence) && (mark.after..start).any(verb));
    if let Some(mark) = rate {
        return Some(Attachment::new(Metric::PositivityRate, Why::Governed).by(mark));
    }
    // "6.7 percent of 99,500 tests coming back positive": what is said of the tests is said of the share.
    if reading.word(number.after, Word::Of)
        && let Some(whole) =
            reading.numbers.get(n + 1).filter(|whole| !whole.percent && whole.first <= number.after + 3)
        && let Some(counted) = super::attach::own(reading, n + 1)
        && tests(counted.metric)
    {
        let behind = reading.right(n + 1);
        let said = reading.marks_in(whole.after..behind.end).find(|mark| {
            mark.cue.metric() == Some(Metric::Cases)
                && (mark.first..mark.after).any(|at| reading.word(at, Word::Positive))
        });
        return said.map(|mark| Attachment::new(Metric::PositivityRate, Why::Predicate).by(mark));
    }
    let bracketed = reading.is(start.wrapping_sub(1), "(");
    let before = n.checked_sub(1).filter(|_| bracketed)?;
    let counts = found.get(before)?.is_some_and(|cases| cases.metric == Metric::Cases);
    let cases = reading.numbers.get(before).filter(|cases| counts && cases.after + 1 >= start.saturating_sub(3))?;
    let here = found.iter().zip(&reading.numbers).rev();
    let here = here.filter(|(found, _)| found.is_some_and(|found| tests(found.metric))).map(|(_, number)| number.value);
    let earlier = [previous.lead, previous.last].into_iter().zip(previous.sizes);
    let earlier = earlier.filter(|(metric, _)| metric.is_some_and(tests)).map(|(_, size)| size);
    let comes_to = |tests: f64| tests > 0.0 && (cases.value / tests * 100.0 - number.value).abs() < ROUNDED;
    here.chain(earlier).any(comes_to).then_some(Attachment::new(Metric::PositivityRate, Why::Coordinated(before)))
}

/// The share that belongs to a count of people.
fn share_of(metric: Metric) -> Option<Metric> {
    match metric {
        Metric::PeopleVaccinated => Some(Metric::PeopleVaccinatedShare),
        Metric::PeopleFullyVaccinated => Some(Metric::PeopleFullyVaccinatedShare),
        _ => None,
    }
}

/// "全国已有83%的人口完成疫苗接种，85%至少接种一剂": what is said of a share of the people. Shares of those who want to be
/// vaccinated, of doses or of anything else are none.
fn vaccinated_share<'r>(reading: &'r Reading<'_, '_>, n: usize) -> Option<&'r Mark> {
    let clause = reading.clause(reading.numbers.get(n)?.first);
    if clause.clone().any(|at| reading.word(at, Word::Unwilling)) {
        return None;
    }
    let vaccinated = |mark: &&Mark| {
        let metric = mark.cue.metric();
        let people = [Metric::PeopleVaccinated, Metric::PeopleFullyVaccinated].map(Some).contains(&metric);
        people && matches!(mark.cue, Cue::Predicate(_) | Cue::Noun(_))
    };
    let behind = reading.marks_in(reading.right(n)).find(vaccinated);
    behind.or_else(|| reading.marks_in(reading.left(n)).rev().find(vaccinated))
}

/// Turns counts per population into rates, and refuses values that the metric cannot have.
pub(super) fn rated(reading: &Reading<'_, '_>, n: usize, mut attachment: Attachment) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let right = number.after..reading.clause(number.first).end;
    let population = |mut range: Range<usize>| {
        range.find_map(|at| base(reading, at + 1).filter(|(base, _)| per_base(reading, at, *base as f64)))
    };
    let per = population(right.start..right.end.min(right.start + 14));
    // "cases per 100,000" is said of this number only when no other number with a metric of its own stands between.
    let per = per
        .filter(|(_, at)| !reading.numbers.iter().any(|other| other.first > number.first && other.after < *at))
        .map(|(base, _)| base);
    let per = per.or(attachment.per).or_else(|| {
        let (first, after) = attachment.mark.filter(|(first, _)| *first < number.first)?;
        population(first..after + 6).map(|(base, _)| base)
    });
    // "每10万人新增453例": the base stands first.
    let per = per.or_else(|| {
        let left = reading.clause(number.first).start..number.first;
        let (base, at) = population(left).filter(|_| reading.pack.topic_first())?;
        let between = |other: &&crate::language::numbers::Numeral| other.first > at && other.first < number.first;
        (!reading.numbers.iter().any(|other| between(&other))).then_some(base)
    });
    // "Per million people, Peru has had 6,400 deaths": what a sentence opens with holds for all of it.
    let per = per.or_else(|| population(0..2).map(|(base, _)| base));
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
            // "160,501 tests, more per million people than any other" tells a rate of its own.
            _ if (number.after..right.end.min(right.start + 14))
                .take_while(|at| !reading.word(*at, Word::Per))
                .any(|at| reading.is(at, ",")) =>
            {
                return Some(attachment);
            }
            _ => return None,
        };
        attachment.per = Some(per);
    } else if matches!(attachment.metric, Metric::DeathRate | Metric::ActiveIncidence) && attachment.per.is_none() {
        return None;
    } else if attachment.metric == Metric::CaseIncidence && attachment.per.is_none() {
        attachment.per = Some(100_000);
    }
    // "la incidencia es de 512 casos".
    let clause = reading.clause(number.first);
    let start = core_start(reading, n);
    let incidence = attachment.metric == Metric::Cases
        && attachment.why == Why::Noun
        && reading.has_ending(start, Sense::Reaches)
        && reading.left(n).start == clause.start
        && reading.marks_in(clause.start..start).any(|mark| mark.cue == Cue::Label(Metric::CaseIncidence));
    if incidence {
        attachment.metric = Metric::CaseIncidence;
        attachment.per = Some(100_000);
    }
    let kind = kind_of(attachment.metric);
    // A mean of many may have a fraction: "an average of 327.6 people a day".
    let fits = number.value <= kind.most
        && !(kind.whole
            && number.value.fract() != 0.0
            && !(number.value >= 10.0 && reading.has(clause, Sense::Average)))
        && (number.percent == is_percent(attachment.metric));
    fits.then_some(attachment)
}

/// Gives rates whose words do not say of how many people they are the base that the story last told of their metric: "880.4 per
/// 100,000 in Nottingham; Knowsley has 668.1". Incidence is of 100,000 where none is told, as the ECDC and the Robert Koch
/// Institute give it.
pub(super) fn carry_bases(found: &mut [Observation]) {
    let mut told: Vec<(Metric, u64)> = vec![(Metric::CaseIncidence, 100_000)];
    for one in found.iter_mut().filter(|one| one.unit == Unit::PerPopulation) {
        let last = told.iter_mut().find(|(metric, _)| *metric == one.metric);
        match (one.per, last) {
            (Some(per), Some(last)) => last.1 = per,
            (Some(per), None) => told.push((one.metric, per)),
            (None, last) => one.per = last.map(|(_, per)| *per),
        }
    }
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
pub(super) fn base(reading: &Reading<'_, '_>, at: usize) -> Option<(u64, usize)> {
    let value = match reading.numbers.iter().find(|number| number.first == at) {
        Some(number) => number.value,
        None => match reading.pack.number_word(&reading.tokens.get(at)?.lower)? {
            NumberWord::Scale(value) => value,
            _ => return None,
        },
    };
    // "por 26,2 mil" is no base.
    let power = 10f64.powi(value.max(1.0).log10().round() as i32) == value;
    (power && (1e3..=1e9).contains(&value)).then_some((value as u64, at))
}
