//! Whether a number is a total, an increment or a stock, and of which period: the ordered rules.
//!
//! In: a sentence, a number and its attachment. Out: [`Kinded`], with the name of the rule that decided.

use super::attach::{Attachment, Why, core_start, passes};
use super::date::{self, Role, When};
use super::kinds::kind_of;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::{Kind, Metric, Period, Statistic};

/// Kind and period of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kinded {
    pub(super) kind: Kind,
    pub(super) period: Option<Period>,
    pub(super) statistic: Option<Statistic>,
    pub(super) rule: &'static str,
}

/// Judges number `n`. `whole` is the verdict on the number that it is a part of or coordinated with.
pub(super) fn judge(
    reading: &Reading<'_, '_>,
    n: usize,
    attachment: &Attachment,
    whole: Option<&Kinded>,
    item: Option<&Kinded>,
) -> Kinded {
    let statistic = average(reading, n);
    let period = period(reading, n);
    let verdict = |kind: Kind, rule: &'static str| {
        let period = if kind == Kind::New { period } else { None };
        Kinded { kind, period, statistic, rule }
    };
    if let Some(fixed) = fixed(reading, n, attachment) {
        let mut verdict = verdict(fixed, "stock");
        if attachment.metric == Metric::CaseIncidence {
            verdict.period = label_period(reading, n, attachment).or(verdict.period);
            verdict.rule = "incidence";
        }
        return verdict;
    }
    let novelty = novelty(reading, n, attachment);
    let total = stated_total(reading, n, attachment);
    if let Some(rule) = novelty {
        return verdict(Kind::New, rule);
    }
    // A part, or a number in one row with another, is of the kind of its whole, unless it says otherwise itself.
    let own_period = own_period(reading, n, attachment);
    if let (Some(whole), false) = (whole, total.is_some()) {
        if whole.kind == Kind::Cumulative && (date::dates_its_part(reading, n) || dated_item(reading, n)) {
            return verdict(Kind::New, "period");
        }
        let period = period.or(whole.period);
        let kind = whole.kind;
        return Kinded {
            kind,
            period: if kind == Kind::New { period } else { None },
            statistic: statistic.or(whole.statistic),
            rule: "part",
        };
    }
    if own_period {
        return verdict(Kind::New, "period");
    }
    if let Some(rule) = total {
        return verdict(Kind::Cumulative, rule);
    }
    // "503,862 deaths reported as of 30 June": all of them up to then.
    if date::choose(reading, n).is_some_and(|mark| matches!(mark.role, Role::AsOf)) {
        return verdict(Kind::Cumulative, "as_of");
    }
    // "Всего заразились 101 210, выздоровели 42 118, скончались 918": where verbs lead, a total that opens the clause
    // is said of all its numbers.
    if reading.pack.order.verbs_lead && opened_by_total(reading, n) {
        return verdict(Kind::Cumulative, "total_list");
    }
    // Items of a list without verbs ("Kenya: 72,686 cases, 50,658 recovered") are of one kind.
    let bare = labelled(reading, n);
    // "Первую прививку сделали 31 млн": without a perfect, the past of people who have been vaccinated is a state.
    let state = matches!(
        attachment.metric,
        Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated | Metric::PeopleBoosted
    );
    let contrast = reading.numbers.get(n + 1).is_some() && dated_item(reading, n + 1);
    if reading.pack.order.one_past && (state || contrast) {
        return verdict(Kind::Cumulative, "state");
    }
    if let Some(rule) = standing(reading, n, attachment) {
        return verdict(Kind::Cumulative, rule);
    }
    if let Some((kind, rule)) = tense(reading, n).filter(|_| !bare) {
        return verdict(kind, rule);
    }
    match item.filter(|item| item.kind != Kind::Current) {
        Some(item) => Kinded { statistic, rule: "item", ..*item },
        None => verdict(Kind::Cumulative, "noun_phrase"),
    }
}

/// Stocks and rates are what they are; admissions and people put into quarantine can be counts.
fn fixed(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<Kind> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let words = attachment.mark.map_or(0..0, |(first, after)| first..after);
    match attachment.metric {
        Metric::Hospitalisations => {
            let plain = words.clone().any(|at| reading.word(at, Word::Admission));
            let admitted = plain || words.clone().any(|at| reading.word(at, Word::PerhapsAdmission));
            let remain =
                reading.has(clause.clone(), Sense::Today) || clause.clone().any(|at| reading.word(at, Word::Remains));
            let new = novelty(reading, n, attachment).is_some() || admitted && own_period(reading, n, attachment);
            Some(if new || plain && !remain { Kind::New } else { Kind::Current })
        }
        Metric::Quarantined | Metric::CloseContacts => {
            let total = stated_total_words(reading, clause);
            if novelty(reading, n, attachment).is_some() {
                return Some(Kind::New);
            }
            Some(if total { Kind::Cumulative } else { Kind::Current })
        }
        Metric::DeathRate => {
            let period = period(reading, n).is_some();
            Some(if period { Kind::New } else { Kind::Cumulative })
        }
        metric => kind_of(metric).fixed,
    }
}

fn stated_total_words(reading: &Reading<'_, '_>, range: std::ops::Range<usize>) -> bool {
    reading.marks_in(range).any(|mark| {
        // "Больше всего" is a superlative.
        let most = reading.pack.order.verbs_lead && reading.word(mark.first.wrapping_sub(1), Word::Superlative);
        mark.cue == Cue::Sense(Sense::Total) && !reading.one_of(mark.first, &[Word::Already, Word::Overall]) && !most
    })
}

/// Rule 1: what makes the number itself new.
fn novelty(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<&'static str> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    // "another 603", "a further 19", "an additional 5": before the number.
    for at in [start, number.first] {
        if reading.has_ending(at, Sense::New) {
            return Some("new");
        }
    }
    if (start..number.first).any(|at| reading.has_at(at, Sense::New)) {
        return Some("new");
    }
    // The number is itself the article of "a new case", or the "no" of "no new deaths".
    // "1,812 new cases", "52 more patients": between the number and its noun.
    let (mark_first, mark_after) = attachment.mark.unwrap_or((number.after, number.after));
    if mark_first >= number.after {
        let near = number.after..mark_first.min(number.after + 6);
        let fresh = reading
            .marks_in(near.clone())
            .any(|mark| mark.cue == Cue::Sense(Sense::New) && !reading.has_at(mark.first, Sense::Overnight));
        let broken = near.clone().any(|at| reading.has_at(at, Sense::Stop) && !reading.word(at, Word::Of));
        if fresh && !broken || freshened(reading, mark_after.max(number.after)) {
            return Some("new");
        }
    } else if attachment.why != Why::Coordinated(0) {
        // "new infections nil", "the number of new cases stood at N", "the daily toll was N".
        let first = mark_first.saturating_sub(3);
        let fresh = reading.marks_in(first..mark_first).any(|mark| {
            mark.cue == Cue::Sense(Sense::New)
                && (mark.after..mark_first)
                    .all(|at| reading.has_at(at, Sense::Modifier) || reading.has_at(at, Sense::New))
        });
        // "the daily increase in infections fell to N".
        let daily = reading.marks_in(mark_first.saturating_sub(5)..mark_first).any(|mark| {
            reading.word(mark.first, Word::Daily)
                && (mark.after..mark_first).all(|at| reading.word(at, Word::DailyWhat))
        });
        // "infections hit a record N": what breaks records is the count of a day.
        let counted = reading
            .marks
            .iter()
            .any(|mark| mark.first == mark_first && mark.after == mark_after && matches!(mark.cue, Cue::Noun(_)));
        let record = counted && reading.word(number.first.wrapping_sub(1), Word::Record);
        let fresh = fresh || daily || record;
        let inside = (mark_first..mark_after).any(|at| reading.one_of(at, &[Word::New, Word::Daily]));
        let of_day = reading.one_of(mark_after, &[Word::Of, Word::For]) && reading.word(mark_after + 2, Word::Day);
        let fresh = fresh || freshened(reading, mark_after);
        // "the number of new cases rose by 40 to 520": both are new.
        if fresh || inside || of_day {
            return Some("new");
        }
    }
    // "Побили рекорд по приросту: 5 032 заболевших": what breaks records is the count of a day.
    let link = start.wrapping_sub(1);
    let clause = reading.clause(number.first);
    let recorded = || (clause.start..link).any(|at| reading.word(at, Word::Record) || reading.has_at(at, Sense::New));
    if reading.pack.order.verbs_lead && reading.is(link, ":") && recorded() {
        return Some("record");
    }
    // "(+ 1,008)", "+15".
    if reading.is(number.first.wrapping_sub(1), "+") {
        return Some("plus");
    }
    // "climbed by 4,206", "an increase of 40".
    let by = reading
        .ending_at(start)
        .into_iter()
        .chain(reading.ending_at(number.first))
        .find(|mark| mark.cue == Cue::Sense(Sense::ByWord));
    if let Some(mark) = by {
        let clause = reading.clause(number.first);
        let verb = mark.after > mark.first + 1 || reading.has(clause.start..mark.first, Sense::RiseVerb);
        if verb {
            return Some("rise_by");
        }
    }
    // "Ежедневно умирают около 700".
    let lead = reading.marks_in(reading.left(n)).any(|mark| {
        matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth))
            && reading.has(mark.after..start, Sense::Report)
    });
    if lead && reading.pack.order.verbs_lead {
        return Some("rate");
    }
    // "40,000 a day", "2,000 new cases a day".
    let right = reading.right(n);
    let daily = reading.marks_in(number.after..right.end.min(mark_after.max(number.after) + 7)).any(|mark| {
        matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth))
            && !reading.one_of(mark.first, &[Word::Alone, Word::This])
    });
    daily.then_some("rate")
}

/// "1.812 casos nuevos", "52 más": where adjectives follow, what makes a number new may stand behind its noun.
fn freshened(reading: &Reading<'_, '_>, after: usize) -> bool {
    let mut at = after;
    for _ in 0..3 {
        if reading.has_at(at, Sense::New) {
            // "40 más que ayer" is a difference, "más de 40" begins another number.
            let compares = reading.word(at, Word::More)
                && (reading.than(at + 1) || reading.word(at + 1, Word::Of));
            return reading.pack.order.adjectives_follow && !compares;
        }
        if !(reading.has_at(at, Sense::Modifier) || reading.has_at(at, Sense::People)) || reading.word(at, Word::And) {
            return false;
        }
        at += 1;
    }
    false
}

/// Rule 1, second half: a period on the number's own verb.
fn own_period(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    if number.words && reading.word(number.first, Word::First) {
        return false;
    }
    // "the toll reached 320 on Monday" dates a total; "in total on Saturday" counts that day.
    let governed = matches!(attachment.why, Why::Governed | Why::Pointer);
    if passes(reading, n) {
        return false;
    }
    let clause = reading.clause(number.first);
    // "Таких было 546", "жертвами стали 1 027": without a perfect a bare copula tells as any verb does.
    if governed && reaching(reading, n) && !copula(reading, n) {
        return reading.has(number.after..clause.end.min(number.after + 4), Sense::PerDay);
    }
    let Some(mark) = date::choose(reading, n).filter(|mark| clause.contains(&mark.first)) else { return false };
    if matches!(mark.role, Role::AsOf | Role::By | Role::Since) || matches!(mark.when, When::Year) {
        return false;
    }
    // "over the past day 300 recovered, and 9,000 have recovered in total": the day is the first number's.
    let another = reading.numbers.iter().any(|other| (mark.first..number.first).contains(&other.first));
    let beside = reading.left(n).contains(&mark.first) || reading.right(n).contains(&mark.first);
    if another && reading.has(reading.right(n), Sense::Total) || !beside && own_total(reading, n) {
        return false;
    }
    // "so far", "to date", "now" are no period.
    let now = reading.marks.iter().any(|cue| {
        cue.first == mark.first && cue.cue == Cue::Sense(Sense::Today) && !reading.word(cue.first, Word::Today)
    });
    if now {
        return false;
    }
    let month = matches!(mark.when, When::Month(..));
    if month && !in_month(reading, mark.first) {
        return false;
    }
    // "has 434 cases on Monday" is a state; "has reported 434 cases in the past 24 hours" is a count of the day.
    let period = reading.marks.iter().any(|cue| {
        cue.first <= mark.first
            && mark.first < cue.after.max(cue.first + 1)
            && matches!(
                cue.cue,
                Cue::Sense(
                    Sense::PastDay
                        | Sense::PastWeek
                        | Sense::PastFortnight
                        | Sense::PastMonth
                        | Sense::LastWeek
                        | Sense::LastMonth
                        | Sense::Overnight
                        | Sense::Yesterday
                        | Sense::SamePeriod
                )
            )
    });
    let perfect = reading.marks_in(verb_stretch(reading, n)).any(|cue| cue.cue == Cue::Sense(Sense::Perfect));
    // "415 have recovered, and 18,757 tests were made in the past day": the day is that of the second verb.
    let next = reading.right(n).end;
    let beyond = perfect
        && mark.first > next
        && [Sense::Report, Sense::Perfect].iter().any(|sense| reading.has(next..mark.first, *sense));
    !beyond && (period || !perfect)
}

/// "Проведено 58 млн тестов, за сутки - 478 тыс.": an item of a row with a period of its own.
fn dated_item(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(link) = core_start(reading, n).checked_sub(1) else { return false };
    let period = |mark: &crate::language::pack::Mark| {
        matches!(mark.cue, Cue::Sense(Sense::PastDay | Sense::PastWeek | Sense::PastMonth | Sense::LastWeek))
    };
    reading.pack.order.verbs_lead && reading.is(link, "-") && reading.ending_at(link).into_iter().any(period)
}

/// Whether a bare copula leads to the number, in a language with one past tense.
fn copula(reading: &Reading<'_, '_>, n: usize) -> bool {
    reading.pack.order.one_past && reading.word(core_start(reading, n).wrapping_sub(1), Word::Was)
}

/// "А всего - 14 730": a word of a total that leads to this number and no other.
fn own_total(reading: &Reading<'_, '_>, n: usize) -> bool {
    reading.pack.order.verbs_lead && stated_total_words(reading, reading.left(n))
}

/// "In October", "в одном только декабре".
fn in_month(reading: &Reading<'_, '_>, month: usize) -> bool {
    let alone = (month.saturating_sub(2)..month).rev().take_while(|at| reading.word(*at, Word::Alone)).count();
    reading.word(month.wrapping_sub(1 + alone), Word::In)
}

/// Whether the number is what a subject reaches: "stands at 320", "rose to 9,076", "a total of".
fn reaching(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let link = start.wrapping_sub(1);
    reading.has_ending(start, Sense::Reaches) || reading.is(link, ",") || reading.one_of(link, &[Word::And, Word::To])
}

/// Rule 2: a stated total.
fn stated_total(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<&'static str> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    if number.words && reading.one_of(number.first, &[Word::First, Word::Not]) {
        return Some("first_case");
    }
    if passes(reading, n) {
        return Some("passes");
    }
    let left = reading.left(n);
    if attachment.why == Why::Governed && reaching(reading, n) && !copula(reading, n) {
        let second = reading.word(core_start(reading, n).wrapping_sub(1), Word::To)
            && reading.has(clause.start..number.first, Sense::Bringing);
        if second || reading.has(left, Sense::Bringing) {
            return Some("bringing_to");
        }
        // "infections were 12": a plain report; "the toll is 12", "cases rose to 12": a total.
        let label = attachment.mark.is_some_and(|(first, after)| {
            reading.marks.iter().any(|mark| {
                mark.first == first
                    && mark.after == after
                    && matches!(mark.cue, Cue::Label(_) | Cue::Sense(Sense::TotalLabel))
            })
        });
        let strong = reading
            .ending_at(core_start(reading, n))
            .into_iter()
            .any(|mark| mark.cue == Cue::Sense(Sense::Reaches) && !reading.word(mark.first, Word::With));
        if label || strong {
            return Some("reaches");
        }
    }
    // What follows a comma, "raising the total to", is said of the next number.
    let right = reading.right(n);
    let end =
        right.clone().find(|at| reading.is(*at, ",") || reading.has_at(*at, Sense::Bringing)).unwrap_or(right.end);
    let near = reading.left(n).start..end;
    let total = reading
        .marks_in(near)
        .any(|mark| {
            let most = reading.pack.order.verbs_lead && reading.word(mark.first.wrapping_sub(1), Word::Superlative);
            mark.cue == Cue::Sense(Sense::Total) && !reading.word(mark.first, Word::Already) && !most
        });
    if total
        || stated_total_words(reading, clause)
            && reading.numbers.iter().filter(|other| reading.clause(number.first).contains(&other.first)).count() == 1
    {
        return Some("total");
    }
    None
}

/// Where one past tense serves for all: what shows a total although the verb could tell of a day. "Число погибших - 520";
/// "сделали свыше 150 млн тестов", "зафиксировано более 9 тыс." without any date.
fn standing(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<&'static str> {
    let number = reading.numbers.get(n).filter(|_| reading.pack.order.one_past)?;
    let (first, _) = attachment.mark.unwrap_or((number.after, number.after));
    if first < number.first && (first.saturating_sub(2)..=first).any(|at| reading.word(at, Word::Count)) {
        return Some("count");
    }
    let bounded = [Sense::MoreThan, Sense::Nearly].iter().any(|sense| reading.has_ending(number.first, *sense));
    let large = number.grouped && number.value >= 1e5 && number.value % 1e3 == 0.0;
    ((bounded || large) && date::choose(reading, n).is_none()).then_some("large")
}

/// Whether a word of a total stands before the first number of the clause.
fn opened_by_total(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    let first = reading.numbers.iter().find(|other| clause.contains(&other.first)).map_or(number.first, |first| first.first);
    stated_total_words(reading, clause.start..first)
}

/// Where the verb that tells a number can stand: its clause, or from a "with" that opens a new count on.
fn verb_stretch(reading: &Reading<'_, '_>, n: usize) -> std::ops::Range<usize> {
    let Some(number) = reading.numbers.get(n) else { return 0..0 };
    let clause = reading.clause(number.first);
    let opens = reading.left(n).rev().find(|at| n > 0 && reading.one_of(*at, &[Word::With, Word::As]));
    match opens {
        Some(at) => at..reading.right(n).end,
        None => clause,
    }
}

/// Whether the number stands in a list behind a label with a colon, with no verb before it.
fn labelled(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    let colon = (clause.start..number.first).take(12).find(|at| reading.is(*at, ":"));
    colon.is_some_and(|colon| {
        let verb = reading.pack.order.verbs_lead && reading.has(colon..number.first, Sense::Report);
        !verb && !reading.marks_in(colon..number.first).any(|mark| matches!(mark.cue, Cue::Sense(Sense::Perfect)))
    })
}

/// Rule 4: the tense of the verb that tells it.
fn tense(reading: &Reading<'_, '_>, n: usize) -> Option<(Kind, &'static str)> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let left = verb_stretch(reading, n).start.max(clause.start)..number.first;
    let right = reading.right(n);
    let perfect_left =
        reading.marks_in(left.clone()).rev().find(|mark| mark.cue == Cue::Sense(Sense::Perfect)).map(|mark| mark.first);
    let real = |mark: &&crate::language::pack::Mark| !reading.word(mark.after, Word::Would);
    let report_left =
        reading.marks_in(left).rev().filter(real).find(|mark| mark.cue == Cue::Sense(Sense::Report)).map(|mark| mark.first);
    let perfect_right = reading.marks_in(right.clone()).any(|mark| mark.cue == Cue::Sense(Sense::Perfect));
    let report_right = reading.marks_in(right).any(|mark| mark.cue == Cue::Sense(Sense::Report));
    // The verb nearest before the number, else the one behind it. "has registered" holds a report verb within the perfect.
    match (perfect_left, report_left) {
        // "has killed N and infected N": both verbs have the one auxiliary.
        (Some(perfect), Some(report)) if report > perfect + 3 && !reading.word(report.wrapping_sub(1), Word::And) => {
            return Some((Kind::New, "simple_past"));
        }
        (Some(_), _) => return Some((Kind::Cumulative, "perfect")),
        (None, Some(_)) if !perfect_right => return Some((Kind::New, "simple_past")),
        _ => {}
    }
    if perfect_right {
        return Some((Kind::Cumulative, "perfect"));
    }
    if report_right {
        return Some((Kind::New, "simple_past"));
    }
    None
}

/// The period that the words beside the number give.
fn period(reading: &Reading<'_, '_>, n: usize) -> Option<Period> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let of = |sense: Sense| match sense {
        Sense::PerDay | Sense::PastDay | Sense::Overnight | Sense::Yesterday | Sense::DayEarlier => Some(Period::Day),
        Sense::PerWeek | Sense::PastWeek | Sense::LastWeek => Some(Period::Week),
        Sense::PerFortnight | Sense::PastFortnight => Some(Period::Fortnight),
        Sense::PerMonth | Sense::PastMonth | Sense::LastMonth => Some(Period::Month),
        Sense::PerYear => Some(Period::Year),
        _ => None,
    };
    let rate = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find_map(|mark| match mark.cue {
            Cue::Sense(
                sense @ (Sense::PerDay | Sense::PerWeek | Sense::PerMonth | Sense::PerYear | Sense::PerFortnight),
            ) if !reading.word(mark.first, Word::Alone) => of(sense),
            _ => None,
        })
    };
    let any = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find_map(|mark| match mark.cue {
            Cue::Sense(sense) if !reading.word(mark.first, Word::Alone) => of(sense),
            _ => None,
        })
    };
    let right = reading.right(n);
    let left = reading.left(n);
    rate(right.clone())
        .or_else(|| any(right))
        .or_else(|| any(left))
        .or_else(|| {
            let mark = date::choose(reading, n)?;
            if matches!(mark.role, Role::AsOf | Role::By | Role::Since) {
                return None;
            }
            let named =
                reading.marks.iter().filter(|cue| cue.first <= mark.first && mark.first < cue.after).find_map(|cue| {
                    match cue.cue {
                        Cue::Sense(sense) => of(sense),
                        _ => None,
                    }
                });
            let now = reading.marks.iter().any(|cue| {
                cue.first == mark.first
                    && cue.cue == Cue::Sense(Sense::Today)
                    && !reading.one_of(cue.first, &[Word::Today, Word::This])
            });
            match mark.when {
                _ if named.is_some() => named,
                When::Day(last) if span_of_days(reading, mark.first, last).is_some() => {
                    span_of_days(reading, mark.first, last)
                }
                When::Day(_) | When::Before(_) if !now => Some(Period::Day),
                When::Month(..) if in_month(reading, mark.first) || reading.word(mark.first.wrapping_sub(1), Word::Of) => {
                    Some(Period::Month)
                }
                _ => None,
            }
        })
        .or_else(|| any(clause))
}

/// "С 8 по 14 января": a week, by the day that opens it.
fn span_of_days(reading: &Reading<'_, '_>, at: usize, last: jiff::civil::Date) -> Option<Period> {
    let token = reading.tokens.get(at)?;
    let opens = reading.tokens.get(at.checked_sub(2)?).filter(|_| reading.word(at - 1, Word::DayTo))?;
    let day: i8 = opens.text.parse().ok()?;
    let days = last.day() - day + 1;
    match days {
        _ if token.kind != crate::language::tokens::TokenKind::Number => None,
        7 => Some(Period::Week),
        14 => Some(Period::Fortnight),
        28..=31 => Some(Period::Month),
        _ => None,
    }
}

/// The period that a sentence names, whatever it tells of it.
pub(super) fn named_period(reading: &Reading<'_, '_>) -> Option<Period> {
    reading.marks.iter().find_map(|mark| match mark.cue {
        Cue::Sense(Sense::PastDay | Sense::Overnight) => Some(Period::Day),
        Cue::Sense(Sense::PastWeek | Sense::LastWeek) => Some(Period::Week),
        Cue::Sense(Sense::PastFortnight) => Some(Period::Fortnight),
        Cue::Sense(Sense::PastMonth | Sense::LastMonth) => Some(Period::Month),
        _ => None,
    })
}

/// "The seven-day incidence": the period that a rate's own name gives.
fn label_period(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<Period> {
    let number = reading.numbers.get(n)?;
    let (first, after) = attachment.mark.unwrap_or((number.first, number.after));
    let near = first.min(number.first).saturating_sub(5)..after.max(number.after);
    let clause = reading.clause(number.first);
    let find = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find_map(|mark| match mark.cue {
            Cue::Sense(Sense::PerWeek | Sense::PastWeek | Sense::LastWeek) => Some(Period::Week),
            Cue::Sense(Sense::PerFortnight | Sense::PastFortnight) => Some(Period::Fortnight),
            Cue::Sense(Sense::PerDay | Sense::PastDay) => Some(Period::Day),
            _ => None,
        })
    };
    find(near).or_else(|| find(clause))
}

fn average(reading: &Reading<'_, '_>, n: usize) -> Option<Statistic> {
    let near = reading.left(n).start..reading.right(n).end;
    reading.has(near, Sense::Average).then_some(Statistic::Average)
}
