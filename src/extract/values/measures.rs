//! Measures that are told in percent without saying so: "unemployment fell to 4.5", "her approval rating stands at 47",
//! "Money market rates:" above a table.
//!
//! In: the tokens of a text. Out: whether a bare number is of such a measure. What holds: the measure and its number stand
//! in one sentence, or the measure heads a line.

use super::{word, word_before};
use crate::language::tokens::{Token, TokenKind};

/// What has a rate of so many in the hundred, before "rate" and "rates".
const RATES: [&str; 79] = [
    "absentee",
    "abstention",
    "acceptance",
    "approval",
    "attendance",
    "bank",
    "base",
    "benchmark",
    "borrowing",
    "call",
    "capacity",
    "cash",
    "churn",
    "clearance",
    "collection",
    "completion",
    "compliance",
    "conviction",
    "corporate",
    "default",
    "delinquency",
    "deposit",
    "detection",
    "discount",
    "dropout",
    "employment",
    "enrollment",
    "enrolment",
    "failure",
    "fatality",
    "funds",
    "graduation",
    "growth",
    "immunisation",
    "immunization",
    "infection",
    "inflation",
    "interbank",
    "interest",
    "jobless",
    "key",
    "lending",
    "libor",
    "literacy",
    "lombard",
    "marginal",
    "market",
    "mortgage",
    "occupancy",
    "overnight",
    "participation",
    "pass",
    "policy",
    "positivity",
    "poverty",
    "prime",
    "recovery",
    "rediscount",
    "refinance",
    "refinancing",
    "repayment",
    "repo",
    "repurchase",
    "response",
    "retention",
    "reverse",
    "saving",
    "savings",
    "success",
    "survival",
    "swap",
    "tax",
    "turnout",
    "unemployment",
    "utilisation",
    "utilization",
    "vacancy",
    "vaccination",
    "vat",
];

/// Measures of one word and of two.
const MEASURES: [&str; 11] = [
    "euribor",
    "inflation",
    "joblessness",
    "kibor",
    "libor",
    "mibor",
    "saibor",
    "sibor",
    "tibor",
    "turnout",
    "unemployment",
];
const PAIRS: [(&str, &str); 19] = [
    ("approval", "rating"),
    ("approval", "ratings"),
    ("call", "money"),
    ("credit", "growth"),
    ("disapproval", "rating"),
    ("economic", "growth"),
    ("export", "growth"),
    ("fed", "funds"),
    ("federal", "funds"),
    ("gdp", "growth"),
    ("loan", "growth"),
    ("market", "share"),
    ("overnight", "money"),
    ("wage", "growth"),
    ("world", "growth"),
    ("vote", "share"),
    ("vote", "shares"),
    ("voting", "intention"),
    ("voting", "intentions"),
];

/// How tables call what is compared with a month, a quarter or a year before, which is told in percent.
pub(super) const NOTATION: [&str; 10] =
    ["m/m", "mom", "mth/mth", "q/q", "qoq", "qtr/qtr", "y/y", "y-o-y", "yoy", "yr/yr"];

/// What yields so many in the hundred; crops do by weight.
const PAPERS: [&str; 13] =
    ["bill", "bills", "bond", "bonds", "bund", "bunds", "debt", "gilt", "gilts", "note", "notes", "treasury", "year"];

/// What is a measure in percent only where percentages have just been told, and of exact numbers: "the figure was 32.2".
const TOLD: [&str; 6] = ["figure", "proportion", "rate", "rates", "ratio", "share"];

/// What has a rate that is a price, or so many of a thousand.
const PRICED: [&str; 12] = [
    "birth",
    "charter",
    "conversion",
    "cross",
    "death",
    "exchange",
    "fare",
    "fertility",
    "freight",
    "hourly",
    "pulse",
    "spot",
];

/// Words between a measure and its number.
const LEADS: [&str; 19] = [
    ":", "at", "averaged", "be", "below", "above", "exceeded", "from", "hit", "is", "near", "of", "reached", "to",
    "touched", "under", "was", "were", "around",
];

/// The most tokens between a measure and its number.
const REACH: usize = 9;

/// Whether the number at token `first` tells a measure of its sentence: "turnout was 61.2". `told` says whether the text
/// has just spoken in percent.
pub(super) fn is_told(tokens: &[Token<'_>], first: usize, told: impl Fn() -> bool) -> bool {
    let led = LEADS.contains(&word_before(tokens, first, 1));
    let before = (first.saturating_sub(REACH)..first).rev();
    // The sentence or cell up to the number, and no other number.
    let mut clause = before.take_while(|n| {
        let ends = |token: &Token<'_>| {
            matches!(token.text, "." | ";" | "?" | "!" | "(" | ")") || token.kind == TokenKind::Number
        };
        let apart = tokens.get(n + 1).is_some_and(|next| next.apart);
        !apart && !tokens.get(*n).is_some_and(ends)
    });
    let exact = tokens.get(first).is_some_and(|number| number.text.contains('.'));
    let per = matches!(word(tokens, first + 1), "per" | "for" | "deaths" | "births");
    let loosely = |n: usize| {
        let measure = word(tokens, n);
        let priced = || measure.starts_with("rate") && PRICED.contains(&word_before(tokens, n, 1));
        // "The August figure was revised to 54.4": of an index as often.
        let figure = measure != "figure" || matches!(word_before(tokens, first, 1), "was" | "is");
        exact && !per && TOLD.contains(&measure) && figure && !priced() && told()
    };
    led && clause.any(|n| is_measure(n, |n| word(tokens, n)) || loosely(n))
}

/// Whether a caption or the head of a column, in lower case, is of such a measure: "unemployment rates in the region:".
pub(super) fn heads(line: &str) -> bool {
    let words: Vec<&str> = line.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    (0..words.len()).any(|n| is_measure(n, |n| words.get(n).copied().unwrap_or_default()))
}

/// Whether the last word of a measure stands at `n`.
fn is_measure<'w>(n: usize, word: impl Fn(usize) -> &'w str) -> bool {
    let before = |back: usize| n.checked_sub(back).map_or("", &word);
    match word(n) {
        "rate" | "rates" => RATES.contains(&before(1)),
        "yield" | "yields" => (1..5).any(|back| PAPERS.contains(&before(back))),
        last => MEASURES.contains(&last) || PAIRS.contains(&(before(1), last)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn a_measure_in_percent_need_not_say_so() {
        check(
            "Her approval rating stands at 47, down from 52. Unemployment in Spain fell to 14.2.",
            &["Percent | 47 | 47", "Percent | 52 | 52", "Percent | 14.2 | 14.2"],
        );
        check("The 10-year yield rose to 1.45.", &["Duration | 10-year | 10 | year", "Percent | 1.45 | 1.45"]);
        check(
            "Rates at the harbour: the room is at 45. Turnout was 300.",
            &["Quantity | 45 | 45", "Quantity | 300 | 300"],
        );
    }

    #[test]
    fn a_table_of_a_measure_is_in_percent() {
        check(
            "Unemployment rates in the south:\nRed 14.2\nBlue 9.8\n\nRoom rates:\nRed 40\nBlue 35",
            &["Percent | 14.2 | 14.2", "Percent | 9.8 | 9.8", "Quantity | 40 | 40", "Quantity | 35 | 35"],
        );
        check(
            "Who would you vote for?\nRed 55 (+2)\nBlue 33 (-1)\nGreen 12",
            &["Percent | 55 | 55", "Percent | 2 | 2", "Percent | 33 | 33", "Percent | -1 | -1", "Percent | 12 | 12"],
        );
    }
}
