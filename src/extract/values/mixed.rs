//! Numbers with a fraction behind them, or with nothing before their dot: "6 1/2 cents", ".3 percent".
//!
//! In: tokens and a number. Out: the number with its fraction, where it has one.

use crate::language::numbers::Numeral;
use crate::language::tokens::{Token, TokenKind};

/// "6 1/2 cents", "$3-1/4", "two and a half percent": a number and a fraction.
pub(super) fn with_fraction(tokens: &[Token<'_>], numeral: &Numeral) -> Option<Numeral> {
    let digit = |n: usize| tokens.get(n).filter(|token| token.kind == TokenKind::Number && token.text.len() <= 2);
    let stroke = |n: usize| tokens.get(n).filter(|token| token.is("/") && !token.spaced);
    // "$5.71-1/2" is five dollars and 71 and a half cents.
    let cents =
        tokens.get(numeral.first).and_then(|number| number.text.split_once('.')).map_or(0, |(_, part)| part.len());
    let unit = if cents == 2 { 0.01 } else { 1.0 };
    let part = |n: usize| {
        let (above, below) = (digit(n)?.text.parse::<f64>().ok()?, digit(n + 2)?.text.parse::<f64>().ok()?);
        (stroke(n + 1).is_some() && above < below && [2.0, 3.0, 4.0, 8.0, 10.0, 16.0, 32.0].contains(&below))
            .then_some(unit * above / below)
    };
    // ".3 percent"
    if let Some(first) = leading_dot(tokens, numeral) {
        let digits = tokens.get(numeral.first).map_or(0, |number| number.text.len());
        let value = numeral.value / 10f64.powi(i32::try_from(digits).ok()?);
        return Some(Numeral { first, value, ..numeral.clone() });
    }
    let and_a_half = ["and", "a", "half"].iter().enumerate();
    if and_a_half.into_iter().all(|(n, word)| tokens.get(numeral.after + n).is_some_and(|token| token.is(word))) {
        return Some(Numeral { value: numeral.value + 0.5, after: numeral.after + 3, ..numeral.clone() });
    }
    if numeral.words || numeral.percent {
        return None;
    }
    // "3-5/8" was taken for a range.
    if numeral.max.is_some() {
        let part = part(numeral.after.checked_sub(1)?)?;
        return Some(Numeral { value: numeral.value + part, max: None, after: numeral.after + 2, ..numeral.clone() });
    }
    let dash = usize::from(tokens.get(numeral.after).is_some_and(|dash| dash.is("-") && !dash.spaced));
    let part =
        part(numeral.after + dash).filter(|_| dash == 1 || digit(numeral.after).is_some_and(|part| part.spaced))?;
    Some(Numeral { value: numeral.value + part, after: numeral.after + dash + 3, ..numeral.clone() })
}

/// The dot that a number begins with, where nothing stands before it.
fn leading_dot(tokens: &[Token<'_>], numeral: &Numeral) -> Option<usize> {
    let at = numeral.first.checked_sub(1)?;
    let (dot, number) = (tokens.get(at)?, tokens.get(numeral.first)?);
    let digits = !number.text.is_empty() && number.text.bytes().all(|byte| byte.is_ascii_digit());
    (dot.is(".") && dot.spaced && !number.spaced && digits && numeral.max.is_none()).then_some(at)
}
