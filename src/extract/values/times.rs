//! Times of day: "10:30 a.m.", "1400 GMT", "six o'clock", "Sunday night", "noon".
//!
//! In: tokens and their text. Out: the time with its bytes.

use crate::language::Pack;
use crate::language::tokens::{Token, TokenKind};
use crate::markup::bytes;
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
    let Some(clock) = CLOCK.as_ref() else { return Vec::new() };
    let mut times = Vec::new();
    let mut from = 0;
    while let Some(start) = next_hour(text, from) {
        let window = text.get(..text.ceil_char_boundary(start + LONGEST)).unwrap_or(text);
        let Some(end) = clock.find_at(window, start).filter(|found| found.start() == start).map(|found| found.end())
        else {
            from = start + 1;
            continue;
        };
        from = end;
        let digits = text.get(end..).and_then(|rest| rest.strip_prefix('.')).unwrap_or_default();
        let digits = digits.bytes().take_while(u8::is_ascii_digit).count();
        times.push(if digits > 0 {
            (start, end + 1 + digits, ValueType::Duration)
        } else {
            (start, end, ValueType::Time)
        });
    }
    times
}

/// More bytes than the longest time has, with the character behind it: `23:59:59 p.m. Moscow time` in wide spaces.
const LONGEST: usize = 64;

/// Where the next digits stand at or behind `from` that may be an hour by what follows them. The pattern is dear to try
/// at every number of a text, and most of them are no time.
fn next_hour(text: &str, from: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = from;
    loop {
        at = bytes::next(bytes, at, |byte| byte.is_ascii_digit() || !byte.is_ascii())?;
        if !bytes.get(at).is_some_and(u8::is_ascii_digit) {
            // The pattern's digits are those of every script.
            if text.get(at..).is_some_and(|rest| rest.starts_with(char::is_numeric)) {
                return Some(at);
            }
            at += 1;
            continue;
        }
        let digits = bytes.iter().skip(at).take_while(|byte| byte.is_ascii_digit()).count();
        let inside = at.checked_sub(1).and_then(|before| bytes.get(before)).is_some_and(|byte| is_word(*byte));
        if !inside && digits <= 4 && may_be_hour(digits, text.get(at + digits..).unwrap_or_default()) {
            return Some(at);
        }
        at += digits;
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether so many digits with that behind them may be an hour.
fn may_be_hour(digits: usize, rest: &str) -> bool {
    if let Some(rest) = rest.strip_prefix([':', '.']) {
        return digits <= 2 && rest.starts_with(char::is_numeric);
    }
    let letters = rest.strip_prefix(char::is_whitespace).unwrap_or(rest);
    let mut letters = letters.bytes().map(|byte| byte.to_ascii_lowercase());
    match (letters.next(), letters.next()) {
        (Some(b'a' | b'p'), _) => digits <= 2,
        (Some(b'h'), Some(b'r' | b'o')) | (Some(b'g'), Some(b'm')) | (Some(b'u'), Some(b't')) => digits == 4,
        _ => rest.starts_with(char::is_numeric),
    }
}

/// Words that are a time by themselves.
const ALONE: [&str; 7] = ["tonight", "noon", "midnight", "midday", "dusk", "nightfall", "overnight"];

/// Words that are a time behind "at" and its like.
const DAWN: [&str; 3] = ["dawn", "sunrise", "sunset"];

/// Words before a part of the day.
const LEADS: [&str; 10] = ["this", "that", "yesterday", "tomorrow", "last", "early", "late", "next", "the", "one"];

/// The words that can begin a time in words; weekdays can besides, and anything before "o'clock".
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    ALONE.into_iter().chain(DAWN).chain(LEADS)
}

const PARTS: [&str; 7] = ["morning", "afternoon", "evening", "night", "noon", "midday", "midnight"];

/// The time in words that begins at token `n`, and the token behind it.
pub(super) fn words(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<usize> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let token = tokens.get(n).filter(|token| token.kind != TokenKind::Mark)?;
    let lower = !token.capitalised() || n == 0;
    if lower && ALONE.contains(&word(n)) {
        return Some(n + 1);
    }
    if lower
        && DAWN.contains(&word(n))
        && n.checked_sub(1)
            .is_some_and(|n| matches!(word(n), "at" | "before" | "after" | "by" | "from" | "until" | "since" | "to"))
    {
        return Some(n + 1);
    }
    // "o'clock" is three tokens.
    if word(n + 1) == "o" && matches!(word(n + 2), "'" | "’") && word(n + 3) == "clock" {
        return Some(n + 4);
    }
    let lead =
        LEADS.contains(&word(n)) || token.capitalised() && token.text.len() > 3 && pack.weekday(&token.lower).is_some();
    let middle =
        n + 1 + usize::from(matches!(word(n + 1), "early" | "late" | "following" | "previous" | "next" | "same"));
    let part = PARTS.contains(&word(middle)) && !tokens.get(middle).is_some_and(Token::capitalised);
    // "the night" needs its word between; "that night" does not.
    (lead && part && (word(n) != "the" || middle > n + 1)).then_some(middle + 1)
}
