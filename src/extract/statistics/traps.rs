//! Numbers that are no statistics, whatever metric word stands near: ages, sums, distances, durations, thresholds,
//! capacities, votes, names with digits.
//!
//! In: a sentence that has been read. Out: for each number whether it is in a trap, and why. It does not look at metrics;
//! traps that need to know the metric (doses delivered, legal cases) are asked for once the metric is known.

use super::attach::{Attachment, Why, core_start};
use super::counted;
use super::date_marks::DateMark;
use super::governed;
use super::kinds::kind_of;
use super::otherwise;
use super::rates::per_base;
use super::reading::Reading;
use super::text::name_with_digits;
use super::threshold;
use crate::language::Cue;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::Metric;

/// More people than there have been (the UN's estimate is 8.0 thousand million for 2022).
const MOST_PEOPLE: f64 = 8.2e9;

/// The year that COVID-19 has in its name.
const DISCOVERED: f64 = 2019.0;

/// Why a number is no statistic. The word is for people who look for a missing figure.
pub(super) type Trap = &'static str;

/// The trap that number `n` is in, judged by its neighbourhood alone.
pub(super) fn before_metric(reading: &Reading<'_, '_>, n: usize) -> Option<Trap> {
    let number = reading.numbers.get(n)?;
    let token = |at: usize| reading.tokens.get(at);
    let before = |back: usize, word: Word| reading.word(number.first.wrapping_sub(back), word);
    let behind = |word: Word| reading.word(number.after, word);
    let mark_before = |mark: &str| reading.is(number.first.wrapping_sub(1), mark);
    if number.value < 0.0 || number.value.fract() != 0.0 && number.words {
        return Some("not a count");
    }
    // "COVID-19", "under-12s", "H1N1", "B.1.1.7": a name with digits.
    let tight = token(number.first).is_some_and(|token| !token.spaced);
    if tight && number.first >= 2 && ["-", ".", "/"].into_iter().any(mark_before) {
        let name = token(number.first - 2).is_some_and(|token| token.kind == TokenKind::Word)
            && token(number.first - 1).is_some_and(|token| !token.spaced);
        if name && (!mark_before("-") || name_with_digits(&reading.tokens, number)) {
            return Some("name with digits");
        }
    }
    if tight && mark_before(".")
        || reading.tokens.get(number.first).is_some_and(|token| token.text.matches('.').count() > 1) && !number.grouped
    {
        return Some("name with digits");
    }
    // "coronavirus disease 2019", "call 0800 029 999".
    let digits = |text: &str| text.len() > 2 && text.starts_with('0') && text.bytes().all(|byte| byte.is_ascii_digit());
    let dialled = token(number.first).is_some_and(|token| digits(token.text));
    if before(1, Word::Infectious) && number.value == DISCOVERED || dialled {
        return Some(NAMED);
    }
    // "the twenty-third person".
    if number.words && reading.is(number.after, "-") && reading.ordinal(number.after + 1).is_some() {
        return Some("ordinal");
    }
    if mark_before("#") || mark_before(".") && before(2, Word::NumberSign) {
        return Some("identifier");
    }
    // "24/7", "9/11"; a table writes its slashes with spaces or its numbers with groups.
    let small = |at: usize| token(at).is_some_and(|token| token.text.len() <= 2);
    let of_ranks = mark_before("/") && before(3, Word::RankPrefix);
    if of_ranks
        || !number.grouped && tight && mark_before("/") && small(number.first)
        || reading.is(number.after, "/")
            && token(number.after).is_some_and(|token| !token.spaced)
            && small(number.after + 1)
            && small(number.first)
    {
        return Some("date or name");
    }
    if reading.has_ending(number.first, Sense::Currency)
        || reading.has_at(number.after, Sense::Currency) && !behind(Word::PrefixCurrency)
    {
        return Some("money");
    }
    // "day 12 of the lockdown" is a trap, "over the past day 11162 patients recovered" is none.
    let period = before(1, Word::PeriodUnit)
        && (number.value > 1_000.0 || before(2, Word::PeriodOpener) || before(2, Word::The));
    if reading.has_ending(number.first, Sense::TrapBefore) && !number.grouped && !period {
        return Some("named number");
    }
    // "per 100,000": the base of a rate; "one in five", "3 in 10": a share.
    // "por 100 mil habitantes": the base of a rate; where "per" is "by" too, "por 26,2 mil mortes" is none.
    let tens = number.value >= 10.0 && 10f64.powi(number.value.log10().round() as i32) == number.value;
    if per_base(reading, number.first.wrapping_sub(1), number.value) && (tens || !before(1, Word::By))
        || before(1, Word::Every)
        || behind(Word::Of) && reading.word(number.after + 1, Word::Every)
        || behind(Word::In)
            && !behind(Word::To)
            && reading
                .numbers
                .get(n + 1)
                .is_some_and(|next| next.first == number.after + 1 && !counted::unit_behind(reading, next.after))
        || one_noun_in(reading, n)
    {
        return Some(SHARE);
    }
    if before(1, Word::In)
        && !before(1, Word::To)
        && n > 0
        && reading.numbers.get(n - 1).is_some_and(|previous| previous.after == number.first - 1)
    {
        return Some(SHARE);
    }
    // "6.7 percent of 99,500 tests" tells how many tests there were.
    let tested = |previous: &Numeral| {
        let noun = reading.metric_at(number.after).and_then(|mark| mark.cue.metric());
        previous.percent && matches!(noun, Some(Metric::Tests | Metric::PeopleTested))
    };
    if before(1, Word::Of)
        && !(before(2, Word::One) && number.value >= 20.0)
        && reading
            .numbers
            .get(n.wrapping_sub(1))
            .is_some_and(|previous| previous.after + 1 == number.first && !tested(previous))
    {
        return Some(SHARE);
    }
    // "a 7 y 14 días": both have the unit.
    let next = reading.numbers.get(n + 1).filter(|next| next.first == number.after + 1 && !number.grouped);
    let shared = next.filter(|_| reading.one_of(number.after, &[Word::And, Word::Or, Word::To]));
    let dated = reading.dates.iter().any(|date| {
        date.first == number.after + 1 && token(date.first).is_some_and(|token| token.kind == TokenKind::Number)
    });
    let dated = dated && behind(Word::And) && !number.grouped;
    let shared = shared.is_some_and(|next| counted::unit_behind(reading, next.after)) || shares_unit(reading, n);
    let things = counted::unit_behind(reading, number.after) || counted::part_of_things(reading, n);
    let things = things && counted::occupied(reading, n).is_none();
    if things || counted::compound(reading, number.after) || dated || shared {
        return Some("unit");
    }
    // "(-3)".
    if tight && mark_before("-") && reading.is(number.first.wrapping_sub(2), "(") {
        return Some("difference");
    }
    // "y en la UCI, cuatro menos".
    let fewer = behind(Word::Comparative) && !reading.has_at(number.after, Sense::New);
    let closed = token(number.after + 1).is_none_or(|next| next.kind == TokenKind::Mark);
    // "3,000 fewer people died", with and without a "than".
    let order = reading.pack.order;
    if fewer && (closed || !order.verbs_lead && !order.adjectives_follow && !reading.pack.topic_first()) {
        return Some("difference");
    }
    // "one of the world's highest death rates".
    let standing = number.after + 1..number.after + 6;
    if number.words
        && number.value == 1.0
        && behind(Word::Of)
        && standing.clone().any(|at| reading.word(at, Word::Superlative))
    {
        return Some("pronoun");
    }
    // "injured 110 in a hospital", "110 wounded".
    if before(1, Word::Wounded) || behind(Word::Wounded) {
        return Some("wounded");
    }
    // "a woman of 27 who".
    if before(1, Word::Of) && before(2, Word::Person) && !number.grouped && number.value < 120.0 {
        return Some(AGE);
    }
    // "100 Montana Street".
    let street = (number.after + 1..number.after + 4).any(|at| reading.word(at, Word::Street));
    if street && !number.grouped && token(number.after).is_some_and(Token::capitalised) {
        return Some("address");
    }
    if let Some(person) = counted::age_behind_name(reading, n) {
        return Some(if person { AGE } else { AGE_OF_NAME });
    }
    // "aged 44 and 71", "in their 20s to 40s".
    if counted::age_in_list(reading, n) || decade(reading, number) {
        return Some(AGE);
    }
    if aged(reading, n) {
        return Some("age group");
    }
    // "four more than on Monday", "12 fewer cases than the day before": a difference.
    // "28 more patients in intensive care in Sweden than a week ago": what is more is said at once.
    let at_once = (number.after..number.after + 2).any(|at| reading.word(at, Word::Comparative));
    let next = reading.numbers.get(n + 1).map_or(reading.tokens.len(), |next| next.first);
    let reach = if at_once && !reading.pack.topic_first() { next.min(number.after + 16) } else { number.after + 5 };
    let mut more = false;
    for at in number.after..reach {
        if more && reading.word(at, Word::Than) {
            return Some(if at_once { MORE } else { "difference" });
        }
        // "На 300 меньше, чем": some write a comma before their "than".
        let comma = reading.is(at, ",") && reading.word(at + 1, Word::Than);
        let dash = reading.is(at, "-") && token(at).is_some_and(|dash| dash.spaced);
        if !comma && (dash || reading.word(at, Word::And) || [",", ";", "."].iter().any(|mark| reading.is(at, mark))) {
            break;
        }
        more |= reading.word(at, Word::Comparative);
    }
    // "3比1".
    let number_at = |at: usize| reading.numbers.iter().any(|other| other.first == at);
    let number_to = |at: usize| reading.numbers.iter().any(|other| other.after == at);
    if behind(Word::Comparer) && number_at(number.after + 1)
        || before(1, Word::Comparer) && number_to(number.first.wrapping_sub(1))
    {
        return Some("score");
    }
    // "No one who was vaccinated".
    if number.words && number.value == 1.0 && before(1, Word::No) {
        return Some("pronoun");
    }
    // "on Friday (20)".
    let of_month = !number.grouped && !number.words && (1.0..=31.0).contains(&number.value);
    let after_day = number.first.checked_sub(1).is_some_and(|open| reading.dates.iter().any(|date| date.after == open));
    if mark_before("(") && reading.is(number.after, ")") && of_month && after_day {
        return Some(DAY);
    }
    // "between December 17 and 20".
    let day = |date: &DateMark| date.after + 1 == number.first && date.first + 2 >= date.after;
    let another = before(1, Word::And) && number.value <= 31.0 && !number.words && reading.dates.iter().any(day);
    if another && says_nothing(reading, number.after) {
        return Some("date");
    }
    // "falls from 72 to 40 percent": both are shares.
    let percent = reading.numbers.get(n + 1).is_some_and(|next| next.percent && next.first == number.after + 1);
    if percent
        && !number.percent
        && !number.grouped
        && number.value <= 100.0
        && behind(Word::To)
        && before(1, Word::From)
    {
        return Some(SHARE);
    }
    if is_score(reading, n) || n > 0 && is_score(reading, n - 1) {
        return Some("score");
    }
    // "mais 126 do que na segunda-feira".
    if reading.pack.topic_first() && differs(reading, n)
        || before(1, Word::Comparative) && (number.after..number.after + 3).any(|at| reading.than(at))
    {
        return Some("difference");
    }
    // "up 14 from Tuesday", "down one on the week".
    if before(1, Word::UpDown) && behind(Word::ChangeFrom) {
        return Some("difference");
    }
    if mark_before("(")
        && reading.is(number.after, ")")
        && number.value < 120.0
        && !number.percent
        && number.first >= 2
        && n > 0
        && !reading.tokens.get(number.first.wrapping_sub(2)).is_some_and(|token| token.kind == TokenKind::Word)
    {
        return Some("list number");
    }
    if counted::is_population(reading, n) {
        return Some(POPULATION);
    }
    if reading.is(number.after, "-")
        && reading.word(number.after + 1, Word::Measure)
        && !token(number.after).is_some_and(|token| token.spaced)
    {
        return Some("age or measure");
    }
    if reading.is(number.after, ")")
        && mark_before("(")
        && number.value >= 1000.0
        && !number.grouped
        && token(number.first).is_some_and(|token| token.text.starts_with('0'))
    {
        return Some("telephone");
    }
    if token(number.first).is_some_and(|token| {
        token.text.len() > 1
            && token.text.starts_with('0')
            && !token.text.starts_with("0.")
            && !token.text.starts_with("0,")
    }) && reading.metric_at(number.after).is_none()
    {
        return Some("identifier");
    }
    None
}

/// "40s", of people or of a century.
fn decade(reading: &Reading<'_, '_>, number: &Numeral) -> bool {
    let ending = reading.tokens.get(number.after).filter(|ending| ending.is("s") && !ending.spaced);
    ending.is_some() && number.value % 10.0 == 0.0 && !number.grouped
}

/// "lost 3-0 at Union", "a 36-10 win": two small numbers with a hyphen between and nothing behind that they could count.
fn is_score(reading: &Reading<'_, '_>, n: usize) -> bool {
    let (Some(one), Some(other)) = (reading.numbers.get(n), reading.numbers.get(n + 1)) else { return false };
    let small = |number: &Numeral| !number.words && number.value < 200.0 && number.after == number.first + 1;
    let tight = |at: usize| reading.tokens.get(at).is_some_and(|token| !token.spaced);
    let goes_on = (other.after..other.after + 3).any(|at| reading.metric_at(at).is_some())
        || reading.has_at(other.after, Sense::People)
        || reading.is(other.after, "-");
    reading.is(one.after, "-")
        && one.after + 1 == other.first
        && tight(one.after)
        && tight(other.first)
        && small(one)
        && small(other)
        && !reading.is(one.first.wrapping_sub(1), "-")
        && !goes_on
        && (one.value > other.value || reading.metric_at(one.first.wrapping_sub(1)).is_none())
}

/// "较前一日增加16例", "比上周多了约60人": a comparison opens the clause and a word of change stands at the number.
fn differs(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let stretch = reading.left(n).rev().take_while(|at| !reading.is(*at, ",")).last().unwrap_or(start);
    let compared = (stretch..start).any(|at| reading.word(at, Word::Comparer));
    let change = |at: usize| reading.has_at(at, Sense::RiseVerb) || reading.word(at, Word::Comparative);
    compared && (start.saturating_sub(3)..start).any(change) && !reading.has_ending(start, Sense::Reaches)
}

/// What is nothing else, whatever models say: "28 more patients than a week ago", "a town of 12,000".
pub(super) const CERTAIN: [Trap; 5] = [AGE, DAY, MORE, NAMED, POPULATION];

/// How old somebody is; behind a name it may be what a place has.
const AGE: Trap = "age";
const AGE_OF_NAME: Trap = "age behind a name";
const NAMED: Trap = "name or telephone";
/// A day of the month behind its day of the week.
const DAY: Trap = "day of the month";
/// Those who live somewhere.
const POPULATION: Trap = "population";
/// A number that is the base of a share, or the share.
pub(super) const SHARE: Trap = "share or base";
const MORE: Trap = "so many more than before";

/// "one test in five finds the virus", "two patients in three".
fn one_noun_in(reading: &Reading<'_, '_>, n: usize) -> bool {
    let (Some(number), Some(base)) = (reading.numbers.get(n), reading.numbers.get(n + 1)) else { return false };
    let few = number.words && number.value <= 3.0 && base.value > number.value && base.value <= 20.0;
    let joined = reading.word(number.after + 1, Word::In) && base.first == number.after + 2;
    let mark = reading.tokens.get(base.after).is_none_or(|token| token.kind == TokenKind::Mark);
    let verb = reading.one_of(base.after, &[Word::Was, Word::Copula, Word::Have])
        || reading.one_of(base.after + 1, &[Word::The, Word::Article]);
    few && joined && (mark || verb)
}

/// "from 12 weeks to eight": the unit of the number before.
fn shares_unit(reading: &Reading<'_, '_>, n: usize) -> bool {
    let (Some(number), Some(before)) = (reading.numbers.get(n), n.checked_sub(1).and_then(|n| reading.numbers.get(n)))
    else {
        return false;
    };
    let link = number.first.wrapping_sub(1);
    let near = before.after < link && link <= before.after + 2;
    near && reading.one_of(link, &[Word::To, Word::Or])
        && !number.grouped
        && !number.percent
        && number.value < 1000.0
        && counted::unit_behind(reading, before.after)
        && says_nothing(reading, number.after)
}

/// "those over 60", "people between 12 and 17", "the average age of patients is 61".
pub(super) fn aged(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    // "children under 18 have died" says what became of them.
    let said = |mark: &crate::language::pack::Mark| matches!(mark.cue, Cue::Predicate(_) | Cue::Sense(Sense::Perfect));
    let told = reading.marks.iter().any(|mark| mark.first == number.after && said(mark));
    let noun = reading.metric_at(number.after).is_some() && !told;
    if number.grouped || number.percent || number.value > 120.0 || noun {
        return false;
    }
    let bounds = [Sense::MoreThan, Sense::LessThan, Sense::AtLeast];
    let mut first = number.first;
    for sense in bounds {
        let mut ending = reading.ending_at(number.first);
        let mark = ending.find(|mark| mark.cue == Cue::Sense(sense)).map(|mark| mark.first);
        first = mark.map_or(first, |mark| mark.min(first));
    }
    let between = number.max.is_some();
    let bound = first < number.first || between;
    let bearer = (first.saturating_sub(2)..first).any(|at| reading.word(at, Word::AgeBearer))
        || reading.word(first.wrapping_sub(1), Word::Them) && n > 0;
    // "the people were over 60": what is told of them is no age group of theirs.
    let counted = reading.has_at(number.after, Sense::People)
        && !reading.one_of(number.after, &[Word::Copula, Word::Have, Word::Auxiliary]);
    // "66 percent are under 45", "nine in ten were over 60".
    let share = |before: &Numeral| {
        let of = before.first.wrapping_sub(1);
        before.percent || reading.word(of, Word::In) && reading.numbers.iter().any(|number| number.after == of)
    };
    let copula = (first.saturating_sub(2)..first).any(|at| reading.word(at, Word::Copula))
        && (n.checked_sub(1).and_then(|n| reading.numbers.get(n)).is_some_and(share)
            || reading.left(n).any(|at| reading.one_of(at, &[Word::Them, Word::AgeBearer])))
        && says_nothing(reading, number.after);
    let bearer = bearer || copula;
    bound && bearer && !counted && !reading.has_at(number.after, Sense::Modifier)
        || reading.left(n).any(|at| reading.word(at, Word::Age)) && says_nothing(reading, number.after)
}

/// Whether what stands behind a number names nothing that it could count.
pub(super) fn says_nothing(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.has_at(at, Sense::Stop)
        || reading.one_of(at, &[Word::And, Word::Or])
}

/// Whether a word of the clause for what could be done ("can process 22,000 swabs") is said of number `n`, and not of another that
/// is nearer to it: "119,587 tests were done, short of the capacity of 200,000".
fn could_be(reading: &Reading<'_, '_>, n: usize, clause: std::ops::Range<usize>) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let any = |range: std::ops::Range<usize>| reading.numbers.iter().any(|other| range.contains(&other.first));
    let of_next = |mark: &Mark| mark.first > number.after + 3 && any(mark.after..mark.after + 3);
    let of_it = |mark: &Mark| match mark.after <= number.first {
        true => !any(mark.after..number.first),
        false => !any(number.after..mark.first) && !of_next(mark),
    };
    reading.marks_in(clause).any(|mark| mark.cue == Cue::Sense(Sense::Capacity) && of_it(mark))
}

/// Traps that depend on the metric.
pub(super) fn after_metric(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<Trap> {
    let by_noun = matches!(attachment.why, Why::Noun | Why::Label | Why::Governed);
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    // "the number of patients in hospital fell by 12 to 523": what a stock changes by is no stock.
    let stock = kind_of(attachment.metric).fixed.is_some() || attachment.metric == Metric::Hospitalisations;
    let by = matches!(attachment.why, Why::Governed)
        && reading.has_ending(start, Sense::ByWord)
        && !counted::came(reading, n, attachment);
    // "1,204 (-12)", "in intensive care: 310 (+4)".
    let sign = number.first.wrapping_sub(1);
    let signed = reading.is(sign, "-") && reading.is(sign.wrapping_sub(1), "(");
    if signed || stock && (by || reading.is(sign, "+")) {
        return Some("difference");
    }
    if counted::part_of_trap(reading, n, attachment) || counted::stock_of_things(reading, n) {
        return Some("things");
    }
    // "14 billion for the distribution of vaccines", after sums of money.
    if kind_of(attachment.metric).whole && number.value > MOST_PEOPLE && attachment.metric != Metric::DosesAdministered
    {
        return Some("more than there are people");
    }
    if threshold::bounds_rate(reading, n, attachment) {
        return Some("threshold or target");
    }
    if otherwise::said_otherwise(reading, n, attachment) {
        return Some("said of something else");
    }
    let clause = reading.clause(number.first);
    // "Vets took samples from 412 flocks".
    let of_people = |at: usize| {
        reading.word(at, Word::Patient) || reading.has_at(at, Sense::People) && !reading.has_at(at, Sense::Stop)
    };
    let animals = clause.clone().any(|at| reading.word(at, Word::Animal)) && !clause.clone().any(of_people);
    let any_has = kind_of(attachment.metric).whole && attachment.metric != Metric::CloseContacts;
    if animals && any_has {
        return Some("animals");
    }
    let near = reading.left(n).start..reading.right(n).end;
    let head = threshold::head(reading);
    let has = |sense: Sense| reading.has(clause.clone(), sense) || reading.has(head.clone(), sense);
    let able = reading.left(n).any(|at| reading.word(at, Word::Ability));
    let capacity = could_be(reading, n, clause.clone()) || reading.has(head.clone(), Sense::Capacity) || able;
    // "181 million are to be vaccinated".
    let undone =
        attachment.mark.is_some_and(|(first, _)| (number.after..first).any(|at| reading.word(at, Word::Undone)));
    // A word that counts cases of either sort.
    if reading.pack.topic_first() && reading.word(number.after - 1, Word::CaseCounter) && has(Sense::Legal) {
        return Some("legal cases");
    }
    match attachment.metric {
        Metric::DosesAdministered => {
            // The verb right before the number is nearer than others of the clause.
            let left = reading.left(n);
            let near = reading.has(left.clone(), Sense::Given);
            // "ha recibido 1.204.000 dosis, de las que ha administrado 998.412": only the second were given.
            let right = reading.right(n);
            let end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
            let supplied = reading.has(left.clone(), Sense::Supply)
                && end < right.end
                && !reading.has(left.start..end, Sense::Given);
            let given = !supplied && (near || has(Sense::Given) && !reading.has(left, Sense::Supply));
            // "may be used for six doses".
            let purpose = reading.word(start.wrapping_sub(1), Word::For) && !near;
            (purpose || !given && (has(Sense::Supply) || !given_away(reading, n, attachment)) || capacity)
                .then_some("doses not given")
        }
        Metric::PeopleVaccinated
        | Metric::PeopleFullyVaccinated
        | Metric::PeopleBoosted
        | Metric::PeopleVaccinatedShare
        | Metric::PeopleFullyVaccinatedShare => {
            // "56 percent of the patients have not been vaccinated".
            let denied = |(first, _): (usize, usize)| (number.after..first).any(|at| reading.word(at, Word::Not));
            // "61.5 percent have had a third dose": a share that has no name of its own.
            let next = reading.numbers.get(n + 1).map_or(clause.end, |next| next.first.min(clause.end));
            let boosted = number.percent
                && reading.marks_in(number.after..next).any(|mark| mark.cue.metric() == Some(Metric::PeopleBoosted));
            if boosted {
                return Some("share of the boosted");
            }
            (capacity || undone || attachment.mark.is_some_and(denied)).then_some("capacity or target")
        }
        // "sent 3,400 to be tested".
        Metric::PeopleTested if undone || reading.has(number.after..number.after + 2, Sense::Forecast) => {
            Some("capacity or target")
        }
        Metric::Tests if by_noun && counted::cases_of_another(reading, attachment) => Some("tests of something else"),
        Metric::Tests | Metric::PeopleTested | Metric::IcuPatients | Metric::Hospitalisations => {
            let supplied = attachment.metric == Metric::Tests
                && !counted::specimens(reading, attachment)
                && has(Sense::Supply)
                && !has(Sense::Given);
            (capacity || supplied).then_some("capacity")
        }
        Metric::Cases if by_noun => {
            let legal = has(Sense::Legal);
            let noun = attachment.mark.map_or(number.after, |(first, _)| first);
            let said = number.after.min(noun)..clause.end.min(noun + 6);
            let patients =
                said.into_iter().any(|at| reading.has_at(at, Sense::Covid) || reading.word(at, Word::Infection));
            // "remdesivir for 140 patients": what was bought is counted by whom it is for.
            let link = core_start(reading, n).wrapping_sub(1);
            let meant = reading.word(link, Word::For) && has(Sense::Supply);
            let other = counted::cases_of_another(reading, attachment);
            (meant || legal && !patients || other).then_some("other cases or supplies")
        }
        // "recovered 27 antiquities", "discharged 27 people for refusing": what is got back, and who is sent away.
        Metric::Recoveries if matches!(attachment.why, Why::Predicate | Why::Active | Why::Label) => {
            let leads = attachment.mark.is_some_and(|(first, _)| first < number.first);
            let order = reading.pack.order;
            let open = !(order.one_past || order.adjectives_follow || order.verbs_last || reading.pack.topic_first());
            let right = reading.right(n);
            let end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
            let dismissed = (number.after..end.min(number.after + 6)).any(|at| reading.word(at, Word::For));
            let things = !of_people(number.after) && governed::counts_another(reading, number.after);
            (open && leads && (things || dismissed)).then_some("things got back")
        }
        Metric::Deaths => {
            let near = if reading.pack.topic_first() { 0..reading.tokens.len() } else { near.clone() };
            // "14,350 deaths in the week, 2,100 fewer than on average, and 11,900 births".
            let plain = !attachment
                .mark
                .is_some_and(|(first, after)| reading.has(first.saturating_sub(2)..after, Sense::Covid));
            let births = near.clone().any(|at| reading.word(at, Word::Births))
                || plain && clause.clone().any(|at| reading.word(at, Word::Births));
            let otherwise = otherwise::killed_otherwise(reading, n, attachment);
            (births || otherwise).then_some("births and other deaths")
        }
        _ => None,
    }
}

/// Whether doses are told as given without a verb that says so: in a label, a list, a total, a period, a report.
fn given_away(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    if !matches!(attachment.why, Why::Noun | Why::Governed | Why::Predicate) {
        return true;
    }
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    let senses =
        [Sense::Total, Sense::New, Sense::PastDay, Sense::PerDay, Sense::Today, Sense::Yesterday, Sense::Overnight];
    let reported = reading
        .marks_in(clause.clone())
        .any(|mark| mark.cue == Cue::Sense(Sense::Report) && !reading.word(mark.first, Word::Copula));
    // "vaccinations", "inoculations" are what they are; a dose or a vial is a thing.
    let thing = attachment.mark.is_some_and(|(first, after)| (first..after).any(|at| reading.word(at, Word::Thing)));
    !thing || reported || senses.iter().any(|sense| reading.has(clause.clone(), *sense))
}
