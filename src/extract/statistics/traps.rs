//! Numbers that are no statistics, whatever metric word stands near: ages, sums, distances, durations, thresholds,
//! capacities, votes, names with digits.
//!
//! In: a sentence that has been read. Out: for each number whether it is in a trap, and why. It does not look at metrics;
//! traps that need to know the metric (doses delivered, legal cases) are asked for once the metric is known.

use super::attach::{Attachment, Why};
use super::rates;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

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
        if name {
            return Some("name with digits");
        }
    }
    if tight && mark_before(".")
        || reading.tokens.get(number.first).is_some_and(|token| token.text.matches('.').count() > 1) && !number.grouped
    {
        return Some("name with digits");
    }
    if mark_before("#") || mark_before(".") && before(2, Word::NumberSign) {
        return Some("identifier");
    }
    // "24/7", "9/11"; a table writes its slashes with spaces or its numbers with groups.
    let small = |at: usize| token(at).is_some_and(|token| token.text.len() <= 2);
    if !number.grouped && tight && mark_before("/") && small(number.first)
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
    let period = before(1, Word::PeriodUnit) && (number.value > 1_000.0 || before(2, Word::PeriodOpener));
    if reading.has_ending(number.first, Sense::TrapBefore) && !number.grouped && !period {
        return Some("named number");
    }
    // "per 100,000": the base of a rate; "one in five", "3 in 10": a share.
    if before(1, Word::Per) && rates::is_base(reading, number.first)
        || before(1, Word::Every)
        || behind(Word::Of) && reading.word(number.after + 1, Word::Every)
        || behind(Word::In) && reading.numbers.get(n + 1).is_some_and(|next| next.first == number.after + 1)
    {
        return Some("share or base");
    }
    if before(1, Word::In)
        && n > 0
        && reading.numbers.get(n - 1).is_some_and(|previous| previous.after == number.first - 1)
    {
        return Some("share or base");
    }
    if before(1, Word::Of)
        && !(before(2, Word::One) && number.value >= 20.0)
        && reading.numbers.get(n.wrapping_sub(1)).is_some_and(|previous| previous.after + 1 == number.first)
    {
        return Some("share or base");
    }
    let unit = unit_behind(reading, number.after);
    if unit {
        return Some("unit");
    }
    // "four more than on Monday", "12 fewer cases than the day before": a difference.
    let mut more = false;
    for at in number.after..number.after + 5 {
        if more && reading.word(at, Word::Than) {
            return Some("difference");
        }
        // "На 300 меньше, чем": some write a comma before their "than".
        let comma = reading.is(at, ",") && reading.word(at + 1, Word::Than);
        let dash = reading.is(at, "-") && token(at).is_some_and(|dash| dash.spaced);
        if !comma && (dash || reading.word(at, Word::And) || [",", ";", "."].iter().any(|mark| reading.is(at, mark))) {
            break;
        }
        more |= reading.word(at, Word::Comparative);
    }
    // "На двоих больше".
    if before(1, Word::By) && behind(Word::Comparative) {
        return Some("difference");
    }
    // "up 14 from Tuesday", "down one on the week".
    if before(1, Word::UpDown) && behind(Word::ChangeFrom) {
        return Some("difference");
    }
    if mark_before("(")
        && reading.is(number.after, ")")
        && number.value < 120.0
        && number.first >= 2
        && n > 0
        && !reading.tokens.get(number.first.wrapping_sub(2)).is_some_and(|token| token.kind == TokenKind::Word)
    {
        return Some("list number");
    }
    // "population of 12,000", "a town of 12,000".
    if before(1, Word::Of) && reading.has_ending(number.first, Sense::Population)
        || reading.has_at(number.after, Sense::Population)
    {
        return Some("population");
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
    }) {
        return Some("identifier");
    }
    None
}

/// A unit of something else right behind, with at most one adjective between: "14 days", "three other countries".
fn unit_behind(reading: &Reading<'_, '_>, after: usize) -> bool {
    let at = |at: usize| {
        let long = reading
            .marks
            .iter()
            .filter(|mark| mark.first == at && mark.cue.metric().is_some())
            .map(|mark| mark.after)
            .max();
        let trap = reading
            .marks
            .iter()
            .filter(|mark| mark.first == at && mark.cue == Cue::Sense(Sense::TrapAfter))
            .map(|mark| mark.after)
            .max();
        // "24 hospital admissions" counts admissions, "24 hospitals" hospitals.
        trap.is_some_and(|trap| long.is_none_or(|long| trap > long))
    };
    if at(after) {
        return true;
    }
    let skip = |token: usize| {
        reading.metric_at(token).is_none()
            && !reading.word(token, Word::UnitStop)
            && !reading.has_at(token, Sense::Stop)
            && !reading.has_at(token, Sense::People)
            && reading.tokens.get(token).is_some_and(|token| token.kind == TokenKind::Word || token.is("-"))
    };
    skip(after) && (at(after + 1) || skip(after + 1) && at(after + 2))
}

/// Traps of the whole clause or sentence: thresholds, trials, capacities.
pub(super) fn of_clause(reading: &Reading<'_, '_>, n: usize) -> Option<Trap> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let everything = 0..reading.tokens.len();
    if reading.has(everything.clone(), Sense::History) {
        return Some("earlier pandemic");
    }
    if reading.has(everything, Sense::Trial) {
        return Some("trial");
    }
    let unreal = clause.clone().any(|at| reading.word(at, Word::Would) && reading.word(at + 1, Word::Have));
    if reading.has(clause.start..number.first, Sense::Threshold) && !unreal {
        return Some("threshold or target");
    }
    None
}

/// Traps that depend on the metric.
pub(super) fn after_metric(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<Trap> {
    let by_noun = matches!(attachment.why, Why::Noun | Why::Label | Why::Governed);
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let near = reading.left(n).start..reading.right(n).end;
    let has = |sense: Sense| reading.has(clause.clone(), sense);
    match attachment.metric {
        Metric::DosesAdministered => {
            let given = has(Sense::Given);
            (!given && has(Sense::Supply) || has(Sense::Capacity)).then_some("doses not given")
        }
        Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated => has(Sense::Capacity).then_some("capacity"),
        Metric::Tests | Metric::PeopleTested | Metric::IcuPatients | Metric::Hospitalisations => {
            has(Sense::Capacity).then_some("capacity")
        }
        Metric::Cases if by_noun => {
            let legal = reading.has(clause.clone(), Sense::Legal);
            let noun = attachment.mark.map_or(number.after, |(first, _)| first);
            let patients = (number.after.min(noun)..noun).any(|at| reading.has_at(at, Sense::Covid));
            (legal && !patients).then_some("legal cases")
        }
        Metric::Deaths => {
            let births = near.clone().any(|at| reading.word(at, Word::Births));
            births.then_some("births and deaths")
        }
        _ => None,
    }
}
