//! Scale words and what stands behind them: "1.3 mln", "2 lakh 14 thousand 506", "dos millones y medio".
//!
//! In: tokens and a position. Out: a scale or a part, with the token behind it. What holds: a part is smaller than the scale
//! that it follows.

use super::digits::{Style, digits};
use super::numbers::{Simple, is};
use super::pack::{NumberWord, Pack, Word};
use super::tokens::{Token, TokenKind};

/// A scale word at `n`: "million", "lakh", "k" right behind its digits.
pub(super) fn scale(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let token = tokens.get(n)?;
    let dash = usize::from(token.is("-") && !token.spaced);
    let word = tokens.get(n + dash)?;
    if word.kind != TokenKind::Word {
        return None;
    }
    if let Some(NumberWord::Scale(scale)) = pack.number_word(&word.lower) {
        return Some((scale, n + dash + 1));
    }
    if dash == 1 {
        return None;
    }
    let suffix = pack.scale_suffixes.get(word.lower.as_ref()).copied()?;
    // "900 m" are metres; "1.1m" and "12 mln" are people.
    // "78,2 Mio. Impfungen": the dot of an abbreviation is its own, unless the text ends there.
    let dot = tokens.get(n + 1).is_some_and(|dot| dot.is(".") && !dot.spaced)
        && tokens.get(n + 2).is_some_and(|next| next.spaced)
        && pack.abbreviations.contains(&word.lower.to_string());
    (!word.spaced || word.lower.len() > 1).then_some((suffix, n + 1 + usize::from(dot)))
}

/// Applies the scale words behind a number, and adds the smaller parts of a mixed one: "2 lakh 14 thousand 506".
pub(super) fn scaled(pack: &Pack, tokens: &[Token<'_>], simple: &mut Simple) {
    if let Some((part, after)) = half_before_scale(pack, tokens, simple.after) {
        simple.value += part;
        simple.after = after;
    }
    let Some((mut last, after)) = scale(pack, tokens, simple.after) else { return };
    // Where the comma makes decimals, "1,531 millones" is a million and a half, and "3.000 millones" are thousands of
    // millions; "3,000 millones" is written by those who group with commas.
    if pack.order.decimal_comma && last >= 1e6 {
        let written = tokens.get(simple.after - 1).map(|token| token.text).unwrap_or_default();
        match simple.style {
            Style::DotThree => simple.value *= 1000.0,
            Style::Grouped if written.matches(',').count() == 1 && !written.ends_with("00") => simple.value /= 1000.0,
            _ => {}
        }
    }
    simple.value *= last;
    simple.after = after;
    simple.scaled = true;
    // "2 lakh crore" and "hundred thousand" multiply.
    while let Some((next, after)) = scale(pack, tokens, simple.after) {
        simple.value *= next;
        last *= next;
        simple.after = after;
    }
    if let Some((part, after)) = fraction_behind(pack, tokens, simple.after) {
        simple.value += part * last;
        simple.after = after;
    }
    while let Some((part, part_scale, after)) = smaller_part(pack, tokens, simple.after, last) {
        simple.value += part;
        simple.after = after;
        last = part_scale;
        if last <= 1.0 {
            break;
        }
    }
}

/// "3 с половиной": a half before the scale word; its value and the token after it.
pub(super) fn half_before_scale(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let part = pack.fractions.get(tokens.get(n + 1)?.lower.as_ref())?;
    let joined = is(pack, tokens.get(n)?, Word::With) && pack.articles.is_empty();
    (joined && scale(pack, tokens, n + 2).is_some()).then_some((*part, n + 2))
}

/// "dos millones y medio": a fraction of the scale before it.
pub(super) fn fraction_behind(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(f64, usize)> {
    let part = pack.fractions.get(tokens.get(n + 1)?.lower.as_ref())?;
    (pack.order.joined_by_and && is(pack, tokens.get(n)?, Word::And)).then_some((*part, n + 2))
}

/// "14 thousand", then "506": a part below `limit`; its value, its scale and the token after it.
pub(super) fn smaller_part(pack: &Pack, tokens: &[Token<'_>], n: usize, limit: f64) -> Option<(f64, f64, usize)> {
    let token = tokens.get(n)?;
    let value = match token.kind {
        TokenKind::Number if token.spaced => match digits(&token.lower)? {
            (value, Style::Plain) => value,
            // "1 millón 531.088".
            (value, Style::Grouped) if limit >= 1e6 && value < limit => return Some((value, 1.0, n + 1)),
            (value, Style::DotThree) if limit >= 1e6 => return Some(((value * 1000.0).round(), 1.0, n + 1)),
            _ => return None,
        },
        _ => return None,
    };
    if let Some((next, after)) = scale(pack, tokens, n + 1) {
        return (next < limit && value * next < limit).then_some((value * next, next, after));
    }
    (limit <= 1000.0 && value < limit && value >= 1.0 && token.lower.len() <= 3).then_some((value, 1.0, n + 1))
}
