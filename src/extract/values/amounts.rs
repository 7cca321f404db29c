//! Amounts of time: how many, and of which unit.

use crate::language::tokens::{Token, TokenKind};

/// Units of time, singular, by any of their forms.
const UNITS: [(&str, &str); 25] = [
    ("second", "second"),
    ("seconds", "second"),
    ("minute", "minute"),
    ("minutes", "minute"),
    ("mins", "minute"),
    ("hour", "hour"),
    ("hours", "hour"),
    ("hrs", "hour"),
    ("day", "day"),
    ("days", "day"),
    ("night", "night"),
    ("nights", "night"),
    ("week", "week"),
    ("weeks", "week"),
    ("weekend", "weekend"),
    ("weekends", "weekend"),
    ("fortnight", "fortnight"),
    ("month", "month"),
    ("months", "month"),
    ("year", "year"),
    ("years", "year"),
    ("decade", "decade"),
    ("decades", "decade"),
    ("century", "century"),
    ("centuries", "century"),
];

/// The unit of time at a token, and the token behind it.
pub(super) fn unit(tokens: &[Token<'_>], n: usize) -> Option<(&'static str, usize)> {
    let token = tokens.get(n).filter(|token| token.kind == TokenKind::Word)?;
    UNITS.iter().find(|(form, _)| token.is(form)).map(|(_, unit)| (*unit, n + 1))
}

/// Number words below ten.
pub(super) const ONES: [(&str, f64); 9] = [
    ("one", 1.0),
    ("two", 2.0),
    ("three", 3.0),
    ("four", 4.0),
    ("five", 5.0),
    ("six", 6.0),
    ("seven", 7.0),
    ("eight", 8.0),
    ("nine", 9.0),
];

const NUMBERS: [(&str, f64); 17] = [
    ("ten", 10.0),
    ("eleven", 11.0),
    ("twelve", 12.0),
    ("thirteen", 13.0),
    ("fourteen", 14.0),
    ("fifteen", 15.0),
    ("sixteen", 16.0),
    ("seventeen", 17.0),
    ("eighteen", 18.0),
    ("nineteen", 19.0),
    ("twenty", 20.0),
    ("thirty", 30.0),
    ("forty", 40.0),
    ("fifty", 50.0),
    ("sixty", 60.0),
    ("a", 1.0),
    ("an", 1.0),
];

/// The words that can begin an amount of time or are its unit.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    let numbers = ONES.into_iter().chain(NUMBERS).map(|(word, _)| word).chain(VAGUE).chain(["half"]);
    numbers.chain(UNITS.into_iter().map(|(form, _)| form))
}

/// Words for a number that nobody says.
const VAGUE: [&str; 5] = ["several", "few", "many", "some", "recent"];

/// How many: a number, "a", "several", "a few", "a couple of", "two and a half"; the number is missing where nobody says
/// it. The second is the token behind, a hyphen before the unit left out.
pub(super) fn amount(tokens: &[Token<'_>], n: usize) -> Option<(Option<f64>, usize)> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let token = tokens.get(n)?;
    let (count, mut next) = match (word(n), word(n + 1)) {
        (word, _) if VAGUE.contains(&word) => (None, n + 1),
        ("a", "few") => (None, n + 2),
        ("a", "couple") => (Some(2.0), n + 2 + usize::from(word(n + 2) == "of")),
        ("half", "a" | "an") => (Some(0.5), n + 2),
        ("half", "-") => (Some(0.5), n + 2),
        _ if token.kind == TokenKind::Number => {
            let written: String = token.text.chars().filter(|c| *c != ',').collect();
            let value: f64 = written.parse().ok()?;
            // "5 1/2 years"
            let fraction = word(n + 1) == "1" && word(n + 2) == "/" && word(n + 3) == "2";
            if fraction { (Some(value + 0.5), n + 4) } else { (Some(value), n + 1) }
        }
        (name, _) => {
            let (_, value) = ONES.iter().chain(&NUMBERS).find(|(word, _)| *word == name)?;
            // "twenty-five"
            let ones = (word(n + 1) == "-" && *value >= 20.0)
                .then(|| ONES.iter().find(|(name, _)| *name == word(n + 2)))
                .flatten();
            ones.map_or((Some(*value), n + 1), |(_, ones)| (Some(value + ones), n + 3))
        }
    };
    if let ("and", "a", "half") = (word(next), word(next + 1), word(next + 2)) {
        return Some((count.map(|count| count + 0.5), next + 3));
    }
    if word(next) == "-" && tokens.get(next).is_some_and(|dash| !dash.spaced) {
        if let ("and", "-", "a") = (word(next + 1), word(next + 2), word(next + 3))
            && word(next + 5) == "half"
        {
            return Some((count.map(|count| count + 0.5), next + 6 + usize::from(word(next + 6) == "-")));
        }
        next += 1;
    }
    Some((count, next))
}
