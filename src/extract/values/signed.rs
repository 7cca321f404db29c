//! The sign right before a number that is a percentage: "-0.6", "(+2)".

use crate::model::{Number, Value};

/// The sign right before a value; `start` is where the text begins in the field.
pub(super) fn sign(text: &str, start: usize, value: &Value) -> Option<char> {
    let before = text.get(..value.span.start.checked_sub(start)?)?;
    let sign = before.chars().next_back().filter(|c| matches!(c, '+' | '-' | '−' | '–'))?;
    let lead = before.strip_suffix(sign)?;
    (lead.is_empty() || lead.ends_with([' ', '\t', '(', '|', ':', '\n'])).then_some(sign)
}

/// Makes the minus before a value, if there is one, a part of it.
pub(super) fn take_minus(text: &str, start: usize, value: &mut Value) {
    let Some(minus) = sign(text, start, value).filter(|sign| *sign != '+') else { return };
    value.span.start -= minus.len_utf8();
    value.text.insert(0, minus);
    value.value = value.value.map(|number| Number(-number.0));
}
