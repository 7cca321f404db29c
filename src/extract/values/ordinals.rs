//! Ranks: "third", "21st", "twenty-first".
//!
//! In: tokens. Out: the number and the token behind it.

use super::quantities::NO_NOUN;
use crate::language::tokens::{Token, TokenKind};

const WORDS: [&str; 20] = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
    "twentieth",
];

/// Tens of "twenty-first".
const TENS: [(&str, usize); 5] = [("twenty", 20), ("thirty", 30), ("forty", 40), ("fifty", 50), ("sixty", 60)];

/// Words before a part of something.
const AMOUNT: [&str; 16] = [
    "about", "almost", "barely", "by", "cut", "down", "fell", "just", "lost", "nearly", "only", "over", "rose", "shed",
    "than", "up",
];

/// The words that can begin a rank; numbers can besides.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    WORDS.into_iter().chain(TENS.into_iter().map(|(name, _)| name))
}

/// The rank that begins at token `n`.
pub(super) fn at(tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let token = tokens.get(n)?;
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    if token.kind == TokenKind::Number {
        let suffix =
            tokens.get(n + 1).filter(|next| !next.spaced && matches!(next.lower.as_ref(), "st" | "nd" | "rd" | "th"));
        let written: String = token.text.chars().filter(|c| *c != ',').collect();
        return suffix.and_then(|_| Some((written.parse().ok()?, n + 2)));
    }
    let place = |n: usize| WORDS.iter().position(|name| *name == word(n)).map(|place| place + 1);
    if let Some((_, tens)) = TENS.iter().find(|(name, _)| *name == word(n))
        && word(n + 1) == "-"
        && let Some(ones) = place(n + 2).filter(|ones| *ones < 10)
    {
        return Some(((tens + ones) as f64, n + 3));
    }
    let number = place(n)?;
    // "at first", "a second" of time, "two thirds", "Fifth Avenue".
    let before = n.checked_sub(1).map_or("", word);
    let part = number > 2 && matches!(before, "a" | "one" | "-");
    // "lost a third and trades", "up by a fifth."; "a third was found" is one more.
    let lead = n.checked_sub(2).map_or("", word);
    let stops = tokens.get(n + 1).is_none_or(|next| next.kind == TokenKind::Mark && !next.is("-") || next.apart);
    let fraction = part
        && (matches!(
            word(n + 1),
            "of" | "less" | "more" | "fewer" | "below" | "above" | "lower" | "higher" | "smaller"
        ) || AMOUNT.contains(&lead) && (stops || NO_NOUN.contains(&word(n + 1)))
            || word(n + 1) == ".")
        || number == 2 && (before == "per" || before == "a" && stops);
    let name = token.capitalised()
        && n > 0
        && tokens.get(n + 1).is_some_and(|next| next.capitalised() && next.kind == TokenKind::Word);
    (!(fraction || name || before == "at" || matches!(word(n + 1), "lady" | "aid"))).then_some((number as f64, n + 1))
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn parts_and_seconds_are_no_ranks() {
        check("It lost a third and 5 tonnes per second, up by a fifth.", &["Quantity | 5 tonnes | 5 | tonne"]);
        check("A third man came second.", &["Ordinal | third | 3", "Ordinal | second | 2"]);
    }
}
