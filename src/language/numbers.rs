//! Number expressions: digits in the world's groupings, scale words, number words, ranges and percentages.
//!
//! In: tokens. Out: [`Numeral`]s in text order that do not overlap. What holds: a numeral's value is the one the text
//! states, never a computed one. It does not know what is counted, so it also finds years, ages and sums of money.

use super::digits::{Style, digits};
use super::number_words::{fraction_words, words};
use super::pack::{NumberWord, Pack, Word};
use super::scales::scaled;
use super::tokens::{Token, TokenKind};

/// A number expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Numeral {
    /// First token.
    pub first: usize,
    /// Token after the last, with its range's upper end and percent sign.
    pub after: usize,
    /// Bytes of the expression, with scale and percent word; of a range, of its first number.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The value.
    pub value: f64,
    /// Upper end of a range.
    pub max: Option<f64>,
    /// Whether a percent sign or word stands behind it.
    pub percent: bool,
    /// Written in words.
    pub words: bool,
    /// A broken grouping was put together.
    pub repaired: bool,
    /// "a dozen" is about twelve.
    pub about: bool,
    /// "sixty-odd": a word within says that it is more.
    pub over: bool,
    /// Written with marks of grouping, or with a scale word: no year, no age.
    pub grouped: bool,
    /// Written with a decimal fraction and without a scale.
    pub decimal: bool,
}

/// A simple number: no range, no percent sign yet.
pub(super) struct Simple {
    pub(super) after: usize,
    pub(super) value: f64,
    pub(super) style: Style,
    pub(super) words: bool,
    pub(super) repaired: bool,
    pub(super) about: bool,
    pub(super) over: bool,
    pub(super) scaled: bool,
}

/// Every number expression among the tokens.
pub fn numerals(pack: &Pack, tokens: &[Token<'_>]) -> Vec<Numeral> {
    let mut found: Vec<Numeral> = Vec::new();
    let mut dot_three = Vec::new();
    let mut dot_decimals = false;
    let mut n = 0;
    while let Some(token) = tokens.get(n) {
        if !may_begin(pack, token) {
            n += 1;
            continue;
        }
        match one(pack, tokens, n) {
            Some((numeral, style)) => {
                if style == Style::DotThree {
                    dot_three.push(found.len());
                }
                dot_decimals |= style == Style::Decimal && !numeral.percent;
                n = numeral.after.max(n + 1);
                found.push(numeral);
            }
            None => n += 1,
        }
    }
    // 8.3 times a million is a whole number, whatever binary fractions make of it.
    for numeral in &mut found {
        let tidy = |value: f64| {
            if value >= 1000.0 && (value - value.round()).abs() < 1e-9 * value { value.round() } else { value }
        };
        if numeral.grouped {
            numeral.value = tidy(numeral.value);
            numeral.max = numeral.max.map(tidy);
        }
    }
    // A dot before three digits groups, unless the other numbers of the text use the dot for decimals.
    for n in dot_three {
        let Some(numeral) = found.get_mut(n) else { continue };
        if (!dot_decimals || pack.order.decimal_comma) && !numeral.percent {
            numeral.value = (numeral.value * 1000.0).round();
            numeral.grouped = true;
            numeral.decimal = false;
        }
    }
    found
}

/// Whether a number may begin with a token, as is plain of most words and marks at the first look.
fn may_begin(pack: &Pack, token: &Token<'_>) -> bool {
    match token.kind {
        _ if pack.unspaced.is_some() => true,
        TokenKind::Number => true,
        TokenKind::Word => pack.opens_number(&token.lower),
        TokenKind::Mark => false,
    }
}

fn one(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(Numeral, Style)> {
    let first = tokens.get(n)?;
    let led = usize::from(pack.percent_before(tokens, n));
    let mut simple = simple(pack, tokens, n + led)?;
    let end_of = |after: usize| tokens.get(after.wrapping_sub(1)).map_or(first.end, |token| token.end);
    let mut after = simple.after;
    let mut max = None;
    let mut value_end = end_of(after);
    if let Some((upper, upper_after)) = range(pack, tokens, n, &simple) {
        // "2 to 3 million": the first number shares the scale of the second.
        if !simple.scaled && upper.scaled {
            let scale = upper.value / unscaled(pack, tokens, upper_after).unwrap_or(upper.value);
            simple.value *= scale;
            simple.scaled = true;
        }
        max = Some(upper.value);
        after = upper.after;
    }
    let tenths = pack.tenths(tokens, after);
    if tenths {
        simple.value *= 10.0;
        max = max.map(|max| max * 10.0);
    }
    let percent = match (led, tenths) {
        (1, _) => Some(after),
        (_, true) => Some(after + 1),
        _ => percent(pack, tokens, after),
    };
    if let Some(percent_after) = percent {
        after = percent_after;
        if max.is_none() {
            value_end = end_of(after);
        }
    } else {
        // A word that only counts belongs to its number: "三名", "12例".
        after += usize::from(tokens.get(after).is_some_and(|token| is(pack, token, Word::Counter)));
    }
    let numeral = Numeral {
        first: n,
        after,
        start: first.start,
        end: value_end,
        value: simple.value,
        max,
        percent: percent.is_some(),
        words: simple.words,
        repaired: simple.repaired,
        about: simple.about,
        over: simple.over,
        grouped: simple.style == Style::Grouped || simple.scaled,
        decimal: matches!(simple.style, Style::Decimal | Style::CommaDecimal | Style::DotThree) && !simple.scaled,
    };
    let style = if simple.scaled { Style::Grouped } else { simple.style };
    Some((numeral, style))
}

/// The token after a percent sign or word.
fn percent(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<usize> {
    let dash = usize::from(tokens.get(n)?.is("-"));
    pack.percent(tokens, n + dash)
}

/// The written number before the scale word, to know the scale.
fn unscaled(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<f64> {
    let token = tokens.get(n)?;
    match token.kind {
        TokenKind::Number => digits(&token.lower).map(|(value, _)| value),
        _ => match pack.number_word(&token.lower) {
            Some(NumberWord::Unit(value)) => Some(value),
            _ => None,
        },
    }
}

/// The upper end of a range that begins with `lower`, and the token where it begins.
fn range(pack: &Pack, tokens: &[Token<'_>], n: usize, lower: &Simple) -> Option<(Simple, usize)> {
    let link = tokens.get(lower.after)?;
    let before = n.checked_sub(1).and_then(|n| tokens.get(n));
    let between = before.is_some_and(|token| pack.range.between.iter().any(|word| token.is(word)));
    let dash = link.is("-") && lower.style != Style::DotThree;
    let to = pack.range.to.iter().any(|word| link.is(word));
    let and = between && pack.range.and.iter().any(|word| link.is(word));
    if !(dash || to || and) {
        return None;
    }
    let upper = simple(pack, tokens, lower.after + 1)?;
    if dash {
        let next = tokens.get(lower.after + 1)?;
        // "2020-21" and "9-11" are no ranges of people; "8 - 12" is.
        if link.spaced != next.spaced || lower.value >= upper.value {
            return None;
        }
        // "Chennai – 592,113 – 7,314 – 46,722": cells of a row.
        let joined = |dash: usize, number: usize| {
            let number = tokens.get(number).is_some_and(|token| token.kind == TokenKind::Number);
            number && tokens.get(dash).is_some_and(|token| ["-", "–", "—"].contains(&token.text))
        };
        if link.spaced && (joined(upper.after, upper.after + 1) || n > 1 && joined(n - 1, n - 2)) {
            return None;
        }
    }
    if to {
        // "climbed by 40 to 520", "from 40 to 52" after a verb of change, "40 to 520,000": two numbers.
        let led = before.is_some_and(|token| pack.range.not_before.iter().any(|word| token.is(word)));
        let changed =
            tokens.iter().take(n).rev().take(8).any(|token| pack.range.change.iter().any(|word| token.is(word)));
        // "fell 2 to 3 percent", "a rise of 0.5 to 1.5 percent" are ranges: to a percentage one rises by as many points.
        let near = upper.value <= 3.0 * lower.value || upper.value - lower.value <= 2.0;
        let of_percent = near && percent(pack, tokens, upper.after).is_some();
        let by = before.is_some_and(|token| pack.range.by.iter().any(|word| token.is(word)));
        if (led || changed) && (!of_percent || led && !by) {
            return None;
        }
    }
    let scale =
        if !lower.scaled && upper.scaled { upper.value / unscaled(pack, tokens, lower.after + 1)? } else { 1.0 };
    let value = lower.value * scale;
    (value < upper.value && upper.value <= value.max(1.0) * 20.0).then_some((upper, lower.after + 1))
}

/// One number without range: digits or words, with their scale.
fn simple(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let token = tokens.get(n)?;
    if let Some(unspaced) = &pack.unspaced {
        return super::unspaced::number(pack, unspaced, tokens, n);
    }
    if token.kind == TokenKind::Number {
        return figures(pack, tokens, n);
    }
    if token.kind != TokenKind::Word
        || !token.spaced && n > 0 && !tokens.get(n - 1).is_some_and(|before| before.kind == TokenKind::Mark)
    {
        return None;
    }
    if !pack.opens_number(&token.lower) {
        return None;
    }
    fraction_words(pack, tokens, n).or_else(|| words(pack, tokens, n))
}

fn figures(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<Simple> {
    let token = tokens.get(n)?;
    let (mut value, mut style) = digits(&token.lower)?;
    let mut after = n + 1;
    // Where the comma makes decimals, a dot before three digits groups.
    if style == Style::DotThree && pack.order.decimal_comma && percent(pack, tokens, after).is_none() {
        value = (value * 1000.0).round();
        style = Style::Grouped;
    }
    let mut repaired = false;
    let dot_groups = style == Style::DotThree && pack.order.decimal_comma;
    // "29 514", "1 204 317": groups of three with single spaces. Behind a month stands a day, and behind a hyphen the end
    // of a name ("COVID-19 322 people").
    let named =
        |before: &Token<'_>| pack.month(&before.lower).is_some() || before.is("-") && !before.spaced && !token.spaced;
    let named = n.checked_sub(1).and_then(|n| tokens.get(n)).is_some_and(named);
    if style == Style::Plain && token.lower.len() <= 3 && !token.lower.starts_with('0') && !named {
        while let Some(group) = tokens.get(after) {
            let single = group.start == tokens.get(after - 1).map_or(0, |before| before.end + 1)
                || group.start > tokens.get(after - 1).map_or(0, |before| before.end)
                    && group.start - tokens.get(after - 1).map_or(0, |before| before.end) <= 3;
            let plain = group.kind == TokenKind::Number
                && group.lower.len() == 3
                && group.lower.bytes().all(|byte| byte.is_ascii_digit());
            if !(plain && group.spaced && single) || group.apart {
                break;
            }
            value = value * 1000.0 + group.lower.parse::<f64>().ok()?;
            style = Style::Grouped;
            after += 1;
        }
    }
    // "1,204. 317" and "1 ,204": a stray space beside a mark of grouping.
    while let (Some(mark), Some(group)) = (tokens.get(after), tokens.get(after + 1)) {
        let plain = group.kind == TokenKind::Number
            && group.lower.len() == 3
            && group.lower.bytes().all(|byte| byte.is_ascii_digit());
        let grouped = style == Style::Grouped || dot_groups || token.lower.len() <= 3 && style == Style::Plain;
        let stray = match mark.text {
            "." => {
                (style == Style::Grouped || dot_groups || grouped && pack.order.decimal_comma)
                    && !mark.spaced
                    && group.spaced
            }
            "," => grouped && mark.spaced && !group.spaced,
            _ => false,
        };
        if !(plain && stray) {
            break;
        }
        // "1.614" alone was read as a decimal.
        let whole = if style == Style::DotThree { (value * 1000.0).round() } else { value };
        value = whole * 1000.0 + group.lower.parse::<f64>().ok()?;
        style = Style::Grouped;
        repaired = true;
        after += 2;
    }
    let mut simple = Simple { after, value, style, words: false, repaired, about: false, over: false, scaled: false };
    scaled(pack, tokens, &mut simple);
    if simple.style == Style::DotThree
        && pack.order.decimal_comma
        && !simple.scaled
        && percent(pack, tokens, simple.after).is_none()
    {
        simple.value = (simple.value * 1000.0).round();
        simple.style = Style::Grouped;
    }
    Some(simple)
}

/// Whether a token is a word of this class.
pub(super) fn is(pack: &Pack, token: &Token<'_>, word: Word) -> bool {
    pack.words(&token.lower).has(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokens::tokenize;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, f64)]) {
        let tokens = tokenize(text, 0);
        let found = numerals(crate::language::pack("en").unwrap(), &tokens);
        let found: Vec<_> =
            found.iter().map(|numeral| (text.get(numeral.start..numeral.end).unwrap(), numeral.value)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn groupings_of_the_world() {
        check(
            "1,234,567 and 12,34,567 then 1'234",
            &[("1,234,567", 1234567.0), ("12,34,567", 1234567.0), ("1'234", 1234.0)],
        );
        check("29 514 cases", &[("29 514", 29514.0)]);
        check("now 216.771 cases", &[("216.771", 216771.0)]);
        check("rose 1.5 to 216.771", &[("1.5", 1.5), ("216.771", 216.771)]);
        check("In all, 1,204. 317 people, 1 ,204 more", &[("1,204. 317", 1204317.0), ("1 ,204", 1204.0)]);
    }

    #[test]
    fn scales_words_and_ranges() {
        check(
            "1.3 mln, 71k, 1.1m, 56.88 lakh",
            &[("1.3 mln", 1.3e6), ("71k", 71e3), ("1.1m", 1.1e6), ("56.88 lakh", 5_688_000.0)],
        );
        check("two lakh 14 thousand 506 people", &[("two lakh 14 thousand 506", 214506.0)]);
        check("Two hundred and six, forty-one", &[("Two hundred and six", 206.0), ("forty-one", 41.0)]);
        check(
            "half a million and one and a half million",
            &[("half a million", 5e5), ("one and a half million", 1.5e6)],
        );
        check("2 to 3 million people", &[("2", 2e6)]);
        check("rose from 40 to 52 and by 7 to 59", &[("40", 40.0), ("52", 52.0), ("7", 7.0), ("59", 59.0)]);
        check("15.6 percent; hundreds, a dozen", &[("15.6 percent", 15.6), ("a dozen", 12.0)]);
    }
}
