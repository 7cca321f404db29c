//! Percentages and points behind a number, and parts of one percent, point or unit of money: "half a percentage point",
//! "three-quarters of one per cent", "a cent", "tens of millions of dollars".
//!
//! In: tokens and a number or a position. Out: what is counted, with the token behind it.

use super::amounts::ONES;
use super::money::{self, Story};
use super::quantities::NO_NOUN;
use super::word;
use crate::language::Pack;
use crate::language::numbers::Numeral;
use crate::language::tokens::{Token, TokenKind};

/// A part or a single one of something.
pub(super) struct Part {
    pub(super) first: usize,
    pub(super) value: Option<f64>,
    pub(super) currency: Option<&'static str>,
    pub(super) unit: Option<&'static str>,
    pub(super) after: usize,
}

const PARTS: [(&str, f64); 10] = [
    ("half", 1.0 / 2.0),
    ("third", 1.0 / 3.0),
    ("thirds", 1.0 / 3.0),
    ("quarter", 1.0 / 4.0),
    ("quarters", 1.0 / 4.0),
    ("fifth", 1.0 / 5.0),
    ("fifths", 1.0 / 5.0),
    ("tenth", 1.0 / 10.0),
    ("tenths", 1.0 / 10.0),
    ("hundredth", 1.0 / 100.0),
];

/// The words that can begin a part.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    let parts = PARTS.into_iter().map(|(word, _)| word);
    parts.chain(ONES.into_iter().map(|(word, _)| word)).chain(money::VAGUE).chain(["a", "an"])
}

/// The part that begins at token `n`.
pub(super) fn at(pack: &Pack, tokens: &[Token<'_>], n: usize, story: Story<'_>) -> Option<Part> {
    if let Some((currency, after)) = money::vague(tokens, n, story) {
        return Some(Part { first: n, value: None, currency: Some(currency), unit: None, after });
    }
    if let Some((value, currency, after)) = money::single(tokens, n, story) {
        return Some(Part { first: n, value: Some(value), currency: Some(currency), unit: None, after });
    }
    // "half of them a point higher", "rose by a point to 15 percent"
    if word(tokens, n) == "a" && word(tokens, n + 1) == "point" {
        let moved = matches!(word(tokens, n + 2), "above" | "ahead" | "behind" | "below" | "higher" | "lower")
            || n > 0 && matches!(word(tokens, n - 1), "by" | "down" | "gained" | "lost" | "shed" | "up");
        return (moved && of_rates(tokens, n)).then_some(Part {
            first: n,
            value: Some(1.0),
            currency: None,
            unit: Some("percentage point"),
            after: n + 2,
        });
    }
    let (value, next) = part(tokens, n)?;
    let (unit, after) = whole(pack, tokens, next)?;
    // "a half-point rise": the article is that of the rise; "by a half-point" has its own.
    let noun = tokens
        .get(after)
        .is_some_and(|next| next.kind == TokenKind::Word && !next.apart && !NO_NOUN.contains(&next.lower.as_ref()));
    let first = n + usize::from(word(tokens, n) == "a" && word(tokens, n + 2) == "-" && noun);
    Some(Part { first, value: Some(value), currency: None, unit, after })
}

/// "half a", "three-quarters of one", "a quarter": how much, and the token behind it.
fn part(tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let named = |n: usize| PARTS.iter().find(|(part, _)| *part == word(tokens, n)).map(|(_, value)| *value);
    let (value, mut next) = match named(n) {
        Some(value) => (value, n + 1),
        None => {
            let (_, count) = ONES.iter().chain(&[("a", 1.0)]).find(|(name, _)| *name == word(tokens, n))?;
            let part = n + 1 + usize::from(word(tokens, n + 1) == "-");
            (count * named(part)?, part + 1)
        }
    };
    next += usize::from(word(tokens, next) == "of");
    next += usize::from(matches!(word(tokens, next), "a" | "one" | "1"));
    next += usize::from(word(tokens, next) == "-");
    Some((value, next))
}

/// "percent", "percentage point", "per cent"; "point" by itself.
fn whole(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(Option<&'static str>, usize)> {
    if let Some(after) = pack.percent(tokens, n) {
        return Some((None, after));
    }
    if word(tokens, n) == "percentage" && word(tokens, n + 1).starts_with("point") {
        return Some((Some("percentage point"), n + 2));
    }
    (word(tokens, n) == "point" && of_rates(tokens, n)).then_some((Some("percentage point"), n + 1))
}

/// Whether points near token `n` are those of rates: "cut the rate by half a point", "28 percent, half a point less"; a player
/// of chess leads by half a point too.
fn of_rates(tokens: &[Token<'_>], n: usize) -> bool {
    let near = |token: &Token<'_>| {
        token.lower.starts_with("rate")
            || matches!(token.lower.as_ref(), "basis" | "yield" | "yields" | "percent" | "%" | "pct")
    };
    tokens.iter().skip(n.saturating_sub(30)).take(36).any(near)
}

/// The token behind what makes a number a percentage, and of which kind: "2 percentage points" is counted in points, a
/// basis point is a hundredth of one.
pub(super) fn percent(pack: &Pack, tokens: &[Token<'_>], numeral: &Numeral) -> Option<(usize, Option<&'static str>)> {
    // "a 25-basis-point step"
    let dash = |n: usize| n + usize::from(tokens.get(n).is_some_and(|dash| dash.is("-") && !dash.spaced));
    let first = dash(numeral.after);
    let second = dash(first + 1);
    let point = |n: usize| word(tokens, n).starts_with("point");
    if numeral.percent {
        return Some(if point(first) { (first + 1, Some("percentage point")) } else { (numeral.after, None) });
    }
    match word(tokens, first) {
        "percentage" if point(second) => Some((second + 1, Some("percentage point"))),
        "basis" if point(second) => Some((second + 1, Some("basis point"))),
        "bp" | "bps" => Some((first + 1, Some("basis point"))),
        "pc" | "pct" if point(second) => Some((second + 1, Some("percentage point"))),
        "pc" | "pct" => Some((first + 1, None)),
        "p" if ["p", ".", "c", "."].iter().enumerate().all(|(n, part)| word(tokens, first + n) == *part) => {
            Some((first + 4, None))
        }
        "of" if !numeral.words || numeral.value < 2.0 => {
            // "0.75 of a percentage point"
            let next = first + 1 + usize::from(matches!(word(tokens, first + 1), "a" | "one"));
            (next > first + 1).then(|| whole(pack, tokens, next)).flatten().map(|(unit, after)| (after, unit))
        }
        // "6 1/2 percent": the fraction kept the word from the number.
        _ => pack.percent(tokens, first).map(|after| (after, None)),
    }
}
