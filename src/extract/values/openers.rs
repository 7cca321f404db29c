//! Which values can begin at a token: one look at its word, so that the grammars are asked only where it is of use.
//!
//! In: the tokens. Out: [`Openers`], which is false only where the grammar would find nothing. Each grammar says itself
//! what its words are.

use super::{dates, durations, ordinals, parts, periods, times};
use crate::language::Pack;
use crate::language::sieve::Sieved;
use crate::language::tokens::{Token, TokenKind};
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// The values that can begin at a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Openers {
    pub(super) time: bool,
    pub(super) duration: bool,
    pub(super) period: bool,
    pub(super) date: bool,
    pub(super) ordinal: bool,
    pub(super) part: bool,
}

/// By word, in lower case.
static OPENERS: LazyLock<Sieved<Openers>> = LazyLock::new(|| {
    let mut openers: FxHashMap<&'static str, Openers> = FxHashMap::default();
    times::openers().for_each(|word| openers.entry(word).or_default().time = true);
    durations::openers().for_each(|word| openers.entry(word).or_default().duration = true);
    periods::openers().for_each(|word| openers.entry(word).or_default().period = true);
    dates::openers().for_each(|word| openers.entry(word).or_default().date = true);
    parts::openers().for_each(|word| openers.entry(word).or_default().part = true);
    ordinals::openers().for_each(|word| openers.entry(word).or_default().ordinal = true);
    openers.into_iter().collect()
});

impl Openers {
    /// Whether nothing begins at token `n`, as is plain of most words at the first look.
    pub(super) fn none(tokens: &[Token<'_>], n: usize) -> bool {
        let Some(token) = tokens.get(n) else { return true };
        match token.kind {
            TokenKind::Number => false,
            TokenKind::Mark => !token.is("'"),
            TokenKind::Word => {
                token.text.as_bytes().first().is_some_and(u8::is_ascii_lowercase)
                    && !OPENERS.may_have(token.lower.as_bytes())
                    && !token.is("the")
                    && !tokens.get(n + 1).is_some_and(|next| next.is("o"))
            }
        }
    }

    /// What can begin at token `n`.
    pub(super) fn at(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Self {
        let Some(token) = tokens.get(n) else { return Self::default() };
        let next = tokens.get(n + 1);
        let mut openers = match token.kind {
            TokenKind::Number => {
                Self { time: false, duration: true, period: true, date: true, ordinal: true, part: false }
            }
            // "'90s"
            TokenKind::Mark => return Self { period: token.is("'"), ..Self::default() },
            TokenKind::Word if token.is("the") => {
                let behind = next.filter(|next| next.kind != TokenKind::Number).map(Self::word);
                // "the 1990s", "the '80s", "the last few years", "the next morning".
                let any =
                    behind.is_none_or(|behind| behind != Self::default()) || next.is_some_and(|next| next.is("'"));
                Self { time: any, duration: any, period: any, ..Self::default() }
            }
            TokenKind::Word => Self::word(token),
        };
        openers.time |= next.is_some_and(|next| next.is("o"));
        if token.kind == TokenKind::Word && token.capitalised() {
            let weekday = pack.weekday(&token.lower).is_some();
            openers.time |= weekday;
            openers.date |= weekday || pack.month(&token.lower).is_some();
        }
        openers
    }

    fn word(token: &Token<'_>) -> Self {
        OPENERS.get(token.lower.as_ref()).copied().unwrap_or_default()
    }
}
