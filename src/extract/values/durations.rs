//! Lengths of time: "three weeks", "a 14-day ban", "for decades", "two hours and 41 minutes", "the past four years".
//!
//! In: tokens. Out: the length with the tokens it takes, and its number and unit where it has one of each. What holds: a
//! rate is no length ("$10 a day"), nor is a point in time ("two years ago").

use super::amounts::{self, amount, unit};
use crate::language::tokens::{Token, TokenKind};

/// A length of time.
pub(super) struct Duration {
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) count: Option<f64>,
    pub(super) unit: Option<&'static str>,
}

/// Words before "a week" that make a length of it, and no rate.
const BEFORE_ONE: [&str; 34] = [
    "for", "in", "within", "after", "over", "about", "almost", "nearly", "than", "around", "roughly", "lasting",
    "lasted", "took", "take", "takes", "taking", "spent", "spend", "spending", "least", "exactly", "barely", "until",
    "under", "given", "waited", "wait", "just", "only", "quite", "during", "lasts", "last",
];

/// Words before "hours" without a number.
const BEFORE_BARE: [&str; 14] = [
    "for", "after", "within", "in", "took", "take", "taking", "spent", "spend", "spending", "lasted", "of", "over",
    "before",
];

/// Words before "hours before" that have it otherwise: "the days after", "two hours before" is found by its number.
const NOT_BESIDE: [&str; 8] = ["the", "these", "those", "of", "his", "her", "its", "their"];

/// Words between "the" and an amount.
const RELATIVE: [&str; 5] = ["past", "last", "next", "coming", "previous"];

/// The words that can begin a length of time, besides numbers, and "the" before one of them.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    RELATIVE.into_iter().chain(amounts::openers())
}

/// The length of time that begins at token `n`.
pub(super) fn at(tokens: &[Token<'_>], n: usize) -> Option<Duration> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let before = n.checked_sub(1).map_or("", word);
    let glued = |n: usize| tokens.get(n).is_some_and(|token| !token.spaced);
    // "the past three weeks", "the last few years", "the past decade".
    let the = usize::from(word(n) == "the");
    if RELATIVE.contains(&word(n + the)) && tokens.get(n + the + 1).is_some_and(|next| !next.apart) {
        let start = n + the + 1;
        let (count, next) = amount(tokens, start).map_or((None, start), |(count, next)| (count, next));
        if let Some((unit, after)) = unit(tokens, next) {
            let bare = next == start;
            // "last week" is a point; "the past week" is a length.
            if !bare || the == 1 && word(n + the) == "past" || word(next).ends_with('s') {
                let count = if bare && !word(next).ends_with('s') { Some(1.0) } else { count };
                return Some(Duration { first: n, after, count, unit: Some(unit) });
            }
        }
        return None;
    }
    let Some((count, next)) = amount(tokens, n) else {
        // "for decades"; "hour-long".
        let (unit, after) = unit(tokens, n)?;
        let long = word(after) == "-" && matches!(word(after + 1), "long" | "old") && glued(after);
        // "hours before the talks", "weeks after"
        let apart = n.checked_sub(1).and_then(|n| tokens.get(n)).is_none_or(|before| {
            before.kind == TokenKind::Mark || before.kind == TokenKind::Word && !before.capitalised()
        });
        let beside = matches!(word(after), "after" | "before") && apart && !NOT_BESIDE.contains(&before);
        let bare = word(n).ends_with('s')
            && (beside
                || BEFORE_BARE.contains(&before)
                    && !matches!(word(after), "ago" | "of" | "before" | "later" | "earlier"));
        let (count, after) = if long { (Some(1.0), after + 2) } else { (None, after) };
        return (long || bare).then_some(Duration { first: n, after, count, unit: Some(unit) });
    };
    // "12 to 18 months", "two or three days", but "from 12 to 18 months".
    let ranged = || {
        let link = matches!(word(next), "to" | "or" | "-" | "–") && !matches!(before, "from" | "between");
        let (most, behind) = amount(tokens, next + 1).filter(|_| link)?;
        most.filter(|most| count.is_some_and(|count| count < *most))?;
        unit(tokens, behind)
    };
    let (first_unit, mut after) = unit(tokens, next).or_else(ranged)?;
    // "a week later" is a point in time, "six days later" says how long it took.
    let point = matches!(word(n), "a" | "an") && !matches!(first_unit, "second" | "minute" | "hour");
    if matches!(word(after), "ago" | "hence") || point && matches!(word(after), "earlier" | "later") {
        return None;
    }
    let one = matches!(word(n), "a" | "an");
    let beside = matches!(word(after), "after" | "before") && tokens.get(n).is_some_and(|one| one.spaced);
    let lone = !BEFORE_ONE.contains(&before) && !beside;
    if one && next == n + 1 && lone && word(after) != "and" && word(after) != "-" {
        return None;
    }
    // "every few days", "recent weeks" and "some days" are vague enough to be left.
    if matches!(word(n), "recent" | "some") && before != "in" && before != "for" {
        return None;
    }
    if word(after) == "-" && glued(after) && matches!(word(after + 1), "old" | "olds" | "long") {
        after += 2;
    }
    let mut joined = false;
    // "two hours and 41 minutes", "one minute 40 seconds", "an hour and a half".
    loop {
        let mut next = after + usize::from(matches!(word(after), "," | "and"));
        next += usize::from(word(after) == "," && word(next) == "and");
        if word(after) == "and" && word(next) == "a" && word(next + 1) == "half" {
            after = next + 2;
            return Some(Duration { first: n, after, count: count.map(|count| count + 0.5), unit: Some(first_unit) });
        }
        let smaller = amount(tokens, next).and_then(|(_, next)| unit(tokens, next)).filter(|(unit, _)| {
            matches!(
                (first_unit, *unit),
                ("hour", "minute" | "second")
                    | ("minute", "second")
                    | ("year", "month" | "day")
                    | ("day", "hour")
                    | ("week", "day")
                    | ("month", "day")
            )
        });
        let Some((_, end)) = smaller else { break };
        (after, joined) = (end, true);
    }
    // A sum of two units has no one number.
    let (count, unit) = if joined { (None, None) } else { (count, Some(first_unit)) };
    Some(Duration { first: n, after, count, unit })
}
