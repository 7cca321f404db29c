//! Values in other languages than English: one grammar of phrases, whose words each language keeps in a file
//! (`words/CODE.tsv`).
//!
//! In: a text of an article with its tokens and numerals. Out: its values in text order. What holds: where several
//! phrases begin at one word the longest is taken; a number that is neither money nor a percentage nor measured is left
//! out, for what it counts cannot be named in the singular here.

mod calendar;
mod phrases;
mod words;

use super::money::{self, Story};
use super::{blank, carried, in_name, sign};
use crate::extract::cut::Cut;
use crate::language::Pack;
use crate::language::numbers::Numeral;
use crate::language::tokens::{Token, TokenKind};
use crate::model::{Field, Number, Value, ValueType};
use jiff::civil::Date;
use phrases::{Capture, Fit};
pub(super) use words::Words;

/// The values of one text.
pub(super) fn in_text(
    cut: &Cut<'_>,
    words: &Words,
    story: Story<'_>,
    day: Option<Date>,
    field: Field,
    values: &mut Vec<Value>,
) {
    let (pack, text, tokens) = (cut.pack(), cut.text(), cut.tokens());
    let numerals = numerals(cut);
    let context = Context { pack, words, tokens, numerals: &numerals, story };
    let before = values.len();
    let mut clocks = words.clocks(text).into_iter().peekable();
    let mut n = 0;
    while let Some(token) = tokens.get(n) {
        while clocks.next_if(|(start, _)| *start < token.start).is_some() {}
        if let Some((start, end)) = clocks.next_if(|(start, _)| *start == token.start) {
            let (kind, end) = context.shown(text, n, end);
            values.extend(blank(field, text, kind, start, end));
            n += tokens.iter().skip(n).take_while(|token| token.start < end).count().max(1);
            continue;
        }
        let amount = context.numeral(n).and_then(|numeral| context.amount(numeral)).or_else(|| context.single(n));
        let found = amount.or_else(|| context.phrase(n, day));
        let Some(found) = found else {
            // A bare number may yet be of what stands beside it.
            let numeral = context.numeral(n).filter(|numeral| !in_name(tokens, numeral));
            if let Some((numeral, last)) = numeral.zip(numeral.and_then(|numeral| tokens.get(numeral.after - 1))) {
                values.extend(blank(field, text, ValueType::Quantity, token.start, last.end).map(|value| Value {
                    value: Some(Number(numeral.value)),
                    value_max: numeral.max.map(Number),
                    ..value
                }));
            }
            n = numeral.map_or(n + 1, |numeral| numeral.after.max(n + 1));
            continue;
        };
        let last = tokens.get(found.after.saturating_sub(1)).filter(|_| !found.skip);
        if let (Some(first), Some(last)) = (tokens.get(found.first), last) {
            values.extend(blank(field, text, found.kind, first.start, last.end).map(|value| Value {
                value: found.value.map(Number),
                value_max: found.max.map(Number),
                unit: found.unit.map(str::to_owned),
                currency: found.currency.map(str::to_owned),
                date: found.date,
                date_end: found.end,
                ..value
            }));
        }
        n = found.after.max(n + 1);
    }
    carried::carry(
        text,
        tokens,
        carried::Carrier::Words(&words.links),
        story,
        values.get_mut(before..).unwrap_or_default(),
    );
    let mut at = 0;
    values.retain(|value| {
        at += 1;
        at <= before || value.kind != ValueType::Quantity || value.unit.is_some()
    });
}

/// The numbers of a text, with those that only sums of money have: rates with four decimals behind a comma, and the
/// thousands of millions of Mexico ("11 mil 892 millones").
fn numerals(cut: &Cut<'_>) -> Vec<Numeral> {
    let tokens = cut.tokens();
    let mut numerals: Vec<Numeral> = Vec::new();
    for numeral in cut.numerals().iter().cloned() {
        let thousands =
            numeral.first.checked_sub(1).and_then(|last| tokens.get(last)).is_some_and(|last| last.is("mil"));
        match numerals.last_mut() {
            Some(before)
                if thousands && before.after == numeral.first && before.value < 1e6 && numeral.value >= 1e6 =>
            {
                (before.value, before.after) = (before.value * 1e6 + numeral.value, numeral.after);
            }
            _ => numerals.push(numeral),
        }
    }
    let decimals = |token: &Token<'_>| token.text.split_once(',').is_some_and(|(_, decimals)| decimals.len() > 3);
    let rates = tokens.iter().enumerate().filter(|(_, token)| token.kind == TokenKind::Number && decimals(token));
    let rates: Vec<Numeral> = rates
        .filter_map(|(n, token)| {
            Some(Numeral {
                first: n,
                after: n + 1,
                start: token.start,
                end: token.end,
                value: token.text.replace(',', ".").parse().ok()?,
                max: None,
                percent: false,
                words: false,
                repaired: false,
                about: false,
                over: false,
                grouped: false,
                decimal: true,
            })
        })
        .collect();
    numerals.extend(rates);
    numerals.sort_by_key(|numeral| numeral.first);
    numerals
}

/// A value and its tokens.
struct Found {
    first: usize,
    after: usize,
    kind: ValueType,
    value: Option<f64>,
    max: Option<f64>,
    unit: Option<&'static str>,
    currency: Option<&'static str>,
    date: Option<String>,
    end: Option<String>,
    /// It only looks like a value.
    skip: bool,
}

impl Found {
    fn new(kind: ValueType, first: usize, after: usize) -> Self {
        Self {
            first,
            after,
            kind,
            value: None,
            max: None,
            unit: None,
            currency: None,
            date: None,
            end: None,
            skip: false,
        }
    }
}

/// What a text is read with.
struct Context<'a, 't> {
    pack: &'a Pack,
    words: &'a Words,
    tokens: &'a [Token<'t>],
    numerals: &'a [Numeral],
    story: Story<'a>,
}

impl Context<'_, '_> {
    /// What a clock shows that begins at token `n`: a time of day, or how long somebody took where seconds, their parts or
    /// a unit of time stand behind ("26:12,4", "4:40 Minuten").
    fn shown(&self, text: &str, n: usize, end: usize) -> (ValueType, usize) {
        let rest = text.get(end..).unwrap_or_default();
        let more = rest.bytes().take_while(|byte| byte.is_ascii_digit() || matches!(byte, b':' | b',' | b'.')).count();
        let more = rest.get(..more).unwrap_or_default().trim_end_matches([':', ',', '.']).len();
        let next = self.tokens.iter().skip(n).find(|token| token.start >= end + more);
        let unit =
            next.filter(|next| matches!(self.words.means(&next.lower, "unit"), Some("minute" | "hour" | "second")));
        match unit {
            Some(unit) => {
                let short = self.words.means(&unit.lower, "short").is_some();
                let dot = text.get(unit.end..).is_some_and(|rest| rest.starts_with('.'));
                (ValueType::Duration, unit.end + usize::from(short && dot))
            }
            None if more > 0 => (ValueType::Duration, end + more),
            None => (ValueType::Time, end),
        }
    }

    fn numeral(&self, n: usize) -> Option<&Numeral> {
        let at = self.numerals.binary_search_by_key(&n, |numeral| numeral.first).ok()?;
        self.numerals.get(at)
    }

    /// The percentage, the money or the measure that a number belongs to.
    fn amount(&self, numeral: &Numeral) -> Option<Found> {
        if in_name(self.tokens, numeral) {
            return None;
        }
        let found = Found {
            value: Some(numeral.value),
            max: numeral.max,
            ..Found::new(ValueType::Quantity, numeral.first, numeral.after)
        };
        if numeral.percent {
            let sign = sign(self.tokens, numeral.first);
            let value = if sign.is_some() { -numeral.value } else { numeral.value };
            let first = numeral.first - usize::from(sign.is_some());
            return Some(Found { first, kind: ValueType::Percent, value: Some(value), ..found });
        }
        if let Some((unit, after)) = self.words.points(self.tokens, numeral.after) {
            return Some(Found { after, kind: ValueType::Percent, unit: Some(unit), ..found });
        }
        let symbol = numeral.first.checked_sub(1).and_then(|before| self.tokens.get(before)).filter(|before| {
            before.kind == TokenKind::Mark || before.text.chars().all(char::is_uppercase) && before.text.len() > 2
        });
        let money = |(currency, parts): (&'static str, f64), first: usize, after: usize| Found {
            value: Some(numeral.value / parts),
            max: numeral.max.map(|max| max / parts),
            currency: Some(currency),
            ..Found::new(ValueType::Money, first, after)
        };
        if symbol.is_some()
            && let Some((first, currency)) = money::before(self.tokens, numeral.first, self.story)
        {
            return Some(money(currency, first, numeral.after));
        }
        if let Some((currency, after)) = self.words.currency(self.pack, self.tokens, numeral.after, self.story) {
            return Some(money(currency, numeral.first, after));
        }
        let dash = usize::from(self.tokens.get(numeral.after).is_some_and(|dash| dash.is("-") && !dash.spaced));
        let of = usize::from(self.tokens.get(numeral.after).is_some_and(|of| self.words.is_of(of)));
        let (unit, after) = self.words.measure(self.tokens, numeral.after + dash + of)?;
        // "2009-м" is no length.
        if dash == 1 && self.tokens.get(after - 1).is_some_and(|unit| unit.text.chars().count() == 1) {
            return None;
        }
        Some(Found { after, unit: Some(unit), ..found })
    }

    /// "un euro": the article is the number.
    fn single(&self, n: usize) -> Option<Found> {
        let token = self.tokens.get(n)?;
        // Not the definite one: "el euro".
        let one = |article: &String| token.is(article) && (article.starts_with("un") || article.starts_with("ein"));
        if !self.pack.articles.iter().any(one) {
            return None;
        }
        let ((currency, parts), after) = self.words.currency(self.pack, self.tokens, n + 1, self.story)?;
        Some(Found { value: Some(1.0 / parts), currency: Some(currency), ..Found::new(ValueType::Money, n, after) })
    }

    /// The longest phrase that begins at token `n`; of two of one length the one that asks for the word before.
    fn phrase(&self, n: usize, day: Option<Date>) -> Option<Found> {
        let mut best: Option<(usize, Fit)> = None;
        for phrase in self.words.candidates(self, n) {
            let Some(fit) = self.fit(phrase, n) else { continue };
            let weight = fit.after * 2 + usize::from(phrase.has_context());
            if best.as_ref().is_none_or(|(known, _)| weight > *known) {
                best = Some((weight, fit));
            }
        }
        let (_, mut fit) = best?;
        let lead = n.checked_sub(1).and_then(|lead| self.tokens.get(lead));
        if let Some(since) = lead.and_then(|lead| self.words.means(&lead.lower, "since")) {
            fit.captures.push(("since", Capture::Text(since)));
        }
        let found = Found::new(fit.kind, n, fit.after);
        Some(match fit.kind {
            ValueType::Date => {
                let (date, end) = calendar::resolve(fit.rule, &fit.captures, day);
                Found { date, end, ..found }
            }
            ValueType::Duration => {
                let (value, unit) = calendar::length(&fit.captures);
                Found { value, unit, ..found }
            }
            ValueType::Ordinal => {
                let number = fit.captures.iter().find_map(|(_, capture)| match capture {
                    Capture::Number(number) => Some(*number),
                    Capture::Text(text) => text.parse().ok(),
                });
                Found { value: number, skip: fit.rule == "skip", ..found }
            }
            _ => found,
        })
    }
}

#[cfg(test)]
mod tests;
