//! Times of day: "10:30 a.m.", "1400 GMT", "six o'clock", "Sunday night", "noon".
//!
//! In: tokens and their text. Out: the time with its bytes.

use crate::language::Pack;
use crate::language::tokens::{Token, TokenKind};
use crate::model::ValueType;
use regex::Regex;
use std::sync::LazyLock;

/// `10:30 a.m.`, `18:05 GMT`, `6 p.m.`, `0001 GMT`.
static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?ix)\b(?:
            (?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?:\s?(?:a\.m\.|p\.m\.|am\b|pm\b))?
          | (?:1[0-2]|0?[1-9])(?:\.[0-5]\d)?\s?(?:a\.m\.|p\.m\.|am\b|pm\b)
          | (?:[01]\d|2[0-3])[0-5]\d(?:\s?(?:hrs|hours)\b|\s(?:GMT|UTC)\b)
        )(?:\s(?:GMT|UTC|MSK|CET|CEST|BST|EST|EDT|ET|PST|PDT|IST|JST|KST|AEST|SAST|EAT|WAT|Moscow\stime|local\stime)\b)?",
    )
    .ok()
});

/// What a clock shows, in order: times of day, and what a runner took ("1:42.37"), which is a duration.
pub(super) fn clock(text: &str) -> Vec<(usize, usize, ValueType)> {
    let found = CLOCK.iter().flat_map(|clock| clock.find_iter(text)).map(|found| (found.start(), found.end()));
    found
        .map(|(start, end)| {
            let digits = text.get(end..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
            let digits = digits.bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 { (start, end + 1 + digits, ValueType::Duration) } else { (start, end, ValueType::Time) }
        })
        .collect()
}

const PARTS: [&str; 7] = ["morning", "afternoon", "evening", "night", "noon", "midday", "midnight"];

/// The time in words that begins at token `n`, and the token behind it.
pub(super) fn words(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<usize> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let token = tokens.get(n).filter(|token| token.kind != TokenKind::Mark)?;
    let lower = !token.capitalised() || n == 0;
    match word(n) {
        "tonight" | "noon" | "midnight" | "midday" | "dusk" | "nightfall" | "overnight" if lower => return Some(n + 1),
        "dawn" | "sunrise" | "sunset"
            if lower
                && n.checked_sub(1).is_some_and(|n| {
                    matches!(word(n), "at" | "before" | "after" | "by" | "from" | "until" | "since" | "to")
                }) =>
        {
            return Some(n + 1);
        }
        _ => {}
    }
    let oclock =
        |n: usize| word(n) == "o'clock" || word(n) == "o" && matches!(word(n + 1), "'" | "’") && word(n + 2) == "clock";
    if oclock(n + 1) {
        return Some(n + 1 + if word(n + 1) == "o'clock" { 1 } else { 3 });
    }
    let lead = matches!(
        word(n),
        "this" | "that" | "yesterday" | "tomorrow" | "last" | "early" | "late" | "next" | "the" | "one"
    ) || token.capitalised() && token.text.len() > 3 && pack.weekday(&token.lower).is_some();
    let middle =
        n + 1 + usize::from(matches!(word(n + 1), "early" | "late" | "following" | "previous" | "next" | "same"));
    let part = PARTS.contains(&word(middle)) && !tokens.get(middle).is_some_and(Token::capitalised);
    // "the night" needs its word between; "that night" does not.
    (lead && part && (word(n) != "the" || middle > n + 1)).then_some(middle + 1)
}
