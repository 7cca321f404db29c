//! Sums of money: which currency stands before or after a number.
//!
//! In: the tokens around a number. Out: the ISO 4217 code and the span from symbol to the currency's word. A name that
//! several countries use for their money ("rupees", "¥") is decided by the countries of the story, the dateline's first.

use crate::language::tokens::{Token, TokenKind};
use std::collections::HashMap;
use std::sync::LazyLock;

/// A currency by one of its names.
struct Currency {
    code: &'static str,
    elsewhere: Vec<(&'static str, &'static str)>,
}

static CURRENCIES: LazyLock<HashMap<&'static str, Currency>> = LazyLock::new(|| {
    let mut currencies = HashMap::new();
    for line in include_str!("currencies.tsv").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.split('\t');
        let (Some(name), Some(code)) = (columns.next(), columns.next()) else { continue };
        let elsewhere = columns.next().unwrap_or_default().split(';').filter_map(|pair| pair.split_once('=')).collect();
        currencies.entry(name).or_insert(Currency { code, elsewhere });
    }
    currencies
});

/// Money found around a number: its bytes and its currency.
pub(super) struct Money {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) currency: &'static str,
}

/// The currency before token `first` or from token `after` on.
pub(super) fn around(tokens: &[Token<'_>], first: usize, after: usize, countries: &[String]) -> Option<Money> {
    let start = tokens.get(first)?.start;
    let end = tokens.get(after.checked_sub(1)?)?.end;
    if let Some((at, currency)) = before(tokens, first, countries) {
        return Some(Money { start: tokens.get(at)?.start, end, currency });
    }
    let (last, currency) = behind(tokens, after, countries)?;
    Some(Money { start, end: tokens.get(last)?.end, currency })
}

/// `$`, `US$`, `Rs.`, `USD`: the token at which the symbol starts.
fn before(tokens: &[Token<'_>], first: usize, countries: &[String]) -> Option<(usize, &'static str)> {
    let mut at = first.checked_sub(1)?;
    let mut token = tokens.get(at)?;
    if token.is(".") && at > 0 && tokens.get(at - 1)?.is("rs") {
        at -= 1;
        token = tokens.get(at)?;
    }
    if token.kind == TokenKind::Word {
        // Short codes must be written as codes are: "Rs 500", "EUR 20", but not "real 20".
        let written = token.text.chars().all(char::is_uppercase) && token.text.len() >= 2
            || matches!(token.text, "Rs" | "Tk" | "Rp" | "Ksh" | "Sh");
        return if written && token.text.len() <= 3 {
            decide(&token.lower, countries).map(|code| (at, code))
        } else {
            None
        };
    }
    let symbol = decide(&token.lower, countries)?;
    // "US$", "A$": letters glued to the symbol.
    if let Some(letters) = at.checked_sub(1).and_then(|before| tokens.get(before))
        && letters.end == token.start
        && letters.kind == TokenKind::Word
        && let Some(code) = decide(&format!("{}{}", letters.lower, token.lower), countries)
    {
        return Some((at - 1, code));
    }
    Some((at, symbol))
}

/// "rubles", "US dollars", "€", "EUR": the last token of the currency.
fn behind(tokens: &[Token<'_>], after: usize, countries: &[String]) -> Option<(usize, &'static str)> {
    let mut name = String::new();
    let mut found = None;
    for n in 0..3 {
        let Some(token) = tokens.get(after + n) else { break };
        if n > 0 {
            name.push(' ');
        }
        name.push_str(&token.lower);
        // Words that are also verbs or nouns ("won", "real", "sum") count after a number only in lower case and not before a dash.
        if let Some(code) = decide(&name, countries) {
            let code_like = token.text.len() == 3 && token.text.chars().all(char::is_uppercase);
            let word = token.kind == TokenKind::Word
                && token.text.chars().count() > 2
                && (code_like || !CODES_ONLY_UPPER.contains(&token.lower.as_ref()));
            if word || token.kind == TokenKind::Mark && !token.spaced {
                found = Some((after + n, code));
            }
        }
    }
    found
}

/// Codes and names that are ordinary words when not in capitals.
const CODES_ONLY_UPPER: [&str; 8] = ["all", "try", "cup", "top", "mop", "sos", "sum", "real"];

fn decide(name: &str, countries: &[String]) -> Option<&'static str> {
    let currency = CURRENCIES.get(name)?;
    let elsewhere = countries
        .iter()
        .find_map(|country| currency.elsewhere.iter().find(|(code, _)| code == country).map(|(_, currency)| *currency));
    Some(elsewhere.unwrap_or(currency.code))
}
