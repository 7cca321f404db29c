//! Text to tokens: words, numbers as they are written, and punctuation, each with its byte range.
//!
//! What holds: tokens do not overlap, stand in order, and lie on character boundaries. A hyphen is a token of its own;
//! letters with digits behind them (`Ad26`) are one word, digits with letters behind them (`71k`, `79th`) are two tokens
//! without space between.

use std::borrow::Cow;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// Letters, and digits behind letters.
    Word,
    /// Digits with whatever separates their groups.
    Number,
    /// One character of anything else that is not white space.
    Mark,
}

/// A token.
#[derive(Debug, Clone)]
pub struct Token<'t> {
    /// First byte.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// As written.
    pub text: &'t str,
    /// In lower case, with straight apostrophes, and е for ё, which Russian writes or leaves out as it likes.
    pub lower: Cow<'t, str>,
    /// What it is.
    pub kind: TokenKind,
    /// White space, or the beginning of the text, stands before it.
    pub spaced: bool,
}

impl Token<'_> {
    /// Whether this is that word or mark, given in lower case.
    pub fn is(&self, word: &str) -> bool {
        self.lower == word
    }

    /// Whether it begins with a capital letter.
    pub fn capitalised(&self) -> bool {
        self.text.starts_with(char::is_uppercase)
    }
}

/// The tokens of `text`; positions count from `base`.
pub fn tokenize(text: &str, base: usize) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(text.len() / 5 + 4);
    let mut chars = text.char_indices().peekable();
    let mut spaced = true;
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            spaced = true;
            continue;
        }
        let mut end = start + c.len_utf8();
        let kind = if c.is_ascii_digit() {
            end = number_end(text, start);
            TokenKind::Number
        } else if c.is_alphanumeric() {
            end +=
                text.get(end..).and_then(|rest| rest.find(|c: char| !c.is_alphanumeric())).unwrap_or(text.len() - end);
            TokenKind::Word
        } else {
            TokenKind::Mark
        };
        while chars.next_if(|(position, _)| *position < end).is_some() {}
        let Some(piece) = text.get(start..end) else { continue };
        let lower = match piece {
            "’" | "ʼ" | "‘" => Cow::Borrowed("'"),
            "–" | "—" | "‐" | "‑" | "−" => Cow::Borrowed("-"),
            "“" | "”" | "«" | "»" => Cow::Borrowed("\""),
            piece if piece.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) => Cow::Borrowed(piece),
            piece => Cow::Owned(piece.to_lowercase().replace('ё', "е")),
        };
        tokens.push(Token { start: base + start, end: base + end, text: piece, lower, kind, spaced });
        spaced = false;
    }
    tokens
}

/// Digits, and marks of grouping or decimals with a digit behind them.
fn number_end(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut pending = None;
    for (offset, c) in text.get(start..).unwrap_or_default().char_indices() {
        if c.is_ascii_digit() {
            end = start + offset + 1;
            pending = None;
        } else if matches!(c, ',' | '.' | '\'' | '’') && pending.is_none() {
            pending = Some(c);
        } else {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found: Vec<_> = tokenize(text, 0).iter().map(|token| token.text.to_owned()).collect();
        assert_eq!(found.join("|"), expected);
    }

    #[test]
    fn splits_words_numbers_and_marks() {
        check("India's 1,234.5m, Ad26 79th.", "India|'|s|1,234.5|m|,|Ad26|79|th|.");
        check("2,000-2,500 (+ 15)", "2,000|-|2,500|(|+|15|)");
        check("", "");
    }
}
