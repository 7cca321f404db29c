//! Numbers that are no statistics, whatever metric word stands near: ages, sums, distances, durations, thresholds,
//! capacities, votes, names with digits.
//!
//! In: a sentence that has been read. Out: for each number whether it is in a trap, and why. It does not look at metrics;
//! traps that need to know the metric (doses delivered, legal cases) are asked for once the metric is known.

use super::attach::{Attachment, Why};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::Sense;
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// Why a number is no statistic. The word is for people who look for a missing figure.
pub(super) type Trap = &'static str;

/// The trap that number `n` is in, judged by its neighbourhood alone.
pub(super) fn before_metric(reading: &Reading<'_, '_>, n: usize) -> Option<Trap> {
    let number = reading.numbers.get(n)?;
    let token = |at: usize| reading.tokens.get(at);
    let word = |at: usize| token(at).map(|token| token.lower.as_ref()).unwrap_or_default();
    let before = |back: usize| number.first.checked_sub(back).map(word).unwrap_or_default();
    if number.value < 0.0 || number.value.fract() != 0.0 && number.words {
        return Some("not a count");
    }
    // "COVID-19", "under-12s", "H1N1", "B.1.1.7": a name with digits.
    let tight = token(number.first).is_some_and(|token| !token.spaced);
    if tight && number.first >= 2 && matches!(before(1), "-" | "." | "/") {
        let name = token(number.first - 2).is_some_and(|token| token.kind == TokenKind::Word)
            && token(number.first - 1).is_some_and(|token| !token.spaced);
        if name {
            return Some("name with digits");
        }
    }
    if tight && before(1) == "."
        || reading.tokens.get(number.first).is_some_and(|token| token.text.matches('.').count() > 1) && !number.grouped
    {
        return Some("name with digits");
    }
    if before(1) == "#" || before(1) == "." && matches!(before(2), "no" | "nos" | "nr") {
        return Some("identifier");
    }
    // "24/7", "9/11"; a table writes its slashes with spaces or its numbers with groups.
    let small = |at: usize| token(at).is_some_and(|token| token.text.len() <= 2);
    if !number.grouped && tight && before(1) == "/" && small(number.first)
        || word(number.after) == "/"
            && token(number.after).is_some_and(|token| !token.spaced)
            && small(number.after + 1)
            && small(number.first)
    {
        return Some("date or name");
    }
    if reading.has_ending(number.first, Sense::Currency)
        || matches!(before(1), "$" | "€" | "£" | "¥" | "₹" | "₽")
        || reading.has_at(number.after, Sense::Currency) && word(number.after) != "rs"
    {
        return Some("money");
    }
    // "day 12 of the lockdown" is a trap, "over the past day 11162 patients recovered" is none.
    let period = matches!(before(1), "day" | "week")
        && (number.value > 1_000.0 || matches!(before(2), "past" | "last" | "previous" | "a" | "one" | "single"));
    if reading.has_ending(number.first, Sense::TrapBefore) && !number.grouped && !period {
        return Some("named number");
    }
    // "per 100,000": the base of a rate; "one in five", "3 in 10": a share.
    if before(1) == "per"
        || before(1) == "every"
        || word(number.after) == "in" && reading.numbers.get(n + 1).is_some_and(|next| next.first == number.after + 1)
    {
        return Some("share or base");
    }
    if before(1) == "in"
        && n > 0
        && reading.numbers.get(n - 1).is_some_and(|previous| previous.after == number.first - 1)
    {
        return Some("share or base");
    }
    if before(1) == "of"
        && !(before(2) == "one" && number.value >= 20.0)
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
        match word(at) {
            "more" | "fewer" | "less" | "higher" | "lower" => more = true,
            "than" if more => return Some("difference"),
            "," | ";" | "." | "and" => break,
            _ => {}
        }
    }
    // "up 14 from Tuesday", "down one on the week".
    if matches!(before(1), "up" | "down") && matches!(word(number.after), "from" | "on" | "compared" | "since" | "over")
    {
        return Some("difference");
    }
    if before(1) == "("
        && word(number.after) == ")"
        && number.value < 120.0
        && number.first >= 2
        && n > 0
        && !reading.tokens.get(number.first.wrapping_sub(2)).is_some_and(|token| token.kind == TokenKind::Word)
    {
        return Some("list number");
    }
    // "population of 12,000", "a town of 12,000".
    if before(1) == "of" && reading.has_ending(number.first, Sense::Population)
        || reading.has_at(number.after, Sense::Population)
    {
        return Some("population");
    }
    if matches!(before(1), "aged" | "age")
        || word(number.after) == "-"
            && matches!(
                word(number.after + 1),
                "year"
                    | "month"
                    | "week"
                    | "day"
                    | "hour"
                    | "metre"
                    | "meter"
                    | "seat"
                    | "member"
                    | "bed"
                    | "person"
                    | "minute"
                    | "kilometre"
                    | "mile"
                    | "point"
                    | "strong"
            )
            && !token(number.after).is_some_and(|token| token.spaced)
    {
        return Some("age or measure");
    }
    if word(number.after) == ")"
        && before(1) == "("
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
            && !["a", "the", "this", "that", "each", "every", "on", "of", "or"]
                .iter()
                .any(|word| reading.is(token, word))
            && !reading.is(token, "and")
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
    let unreal = clause.clone().any(|at| reading.is(at, "would") && reading.is(at + 1, "have"));
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
            let given = [
                "administered",
                "given",
                "injected",
                "inoculated",
                "used",
                "jabs into",
                "vaccinated",
                "received their",
                "carried out",
                "delivered into",
            ];
            let given = clause.clone().any(|at| given.iter().any(|word| reading.is(at, word)));
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
            let births = near.clone().any(|at| reading.is(at, "births"));
            births.then_some("births and deaths")
        }
        _ => None,
    }
}
