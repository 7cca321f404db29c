//! Text to tokens: words, numbers as they are written, and punctuation, each with its byte range.
//!
//! What holds: tokens do not overlap, stand in order, and lie on character boundaries. A hyphen is a token of its own;
//! letters with digits behind them (`Ad26`) are one word, digits with letters behind them (`71k`, `79th`) are two tokens
//! without space between. A run of Chinese characters is one token, which only the words of a language can take apart.
//! Wide digits and marks read as their narrow forms.

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
    /// As written, a wide mark in its narrow form.
    pub text: &'t str,
    /// In lower case, with straight apostrophes, narrow digits, and е for ё, which Russian writes or leaves out as it likes.
    pub lower: Cow<'t, str>,
    /// What it is.
    pub kind: TokenKind,
    /// White space, or the beginning of the text, stands before it, or a border of Chinese characters, which have none.
    pub spaced: bool,
    /// A tab, a line break or a gap stands before it, which part the cells of a table.
    pub apart: bool,
}

impl Token<'_> {
    /// Whether this is that word or mark, given in lower case.
    #[inline]
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
    let bytes = text.as_bytes();
    let mut tokens = Vec::with_capacity(text.len() / 5 + 4);
    let (mut spaced, mut apart, mut spaces, mut after_mark) = (true, false, 0, true);
    // Whether the token before ends with a character beyond ASCII.
    let mut after_wide = false;
    let mut start = 0;
    while let Some(first) = bytes.get(start) {
        // Of a word of ASCII: the classes of its bytes.
        let mut ascii = 0;
        let (kind, end, wide) = match class(*first) {
            Class::Space => {
                apart |= matches!(first, b'\t' | b'\n') || spaces == 1 && !after_mark;
                spaced = true;
                spaces += 1;
                start += 1;
                continue;
            }
            Class::Small | Class::Capital => {
                let rest = bytes.get(start..).unwrap_or_default();
                let (mut length, mut seen) = (0, 0);
                for class in rest.iter().map(|byte| class(*byte) as u8).take_while(|class| class & OF_WORDS != 0) {
                    seen |= class;
                    length += 1;
                }
                let narrow_end = start + length;
                let wide = rest.get(length).is_some_and(|next| !next.is_ascii());
                let end = if wide { word_end(text, narrow_end, false) } else { narrow_end };
                ascii = if end == narrow_end { seen } else { 0 };
                (TokenKind::Word, end, false)
            }
            Class::Digit => (TokenKind::Number, number_end(text, start), false),
            Class::Mark => (TokenKind::Mark, start + 1, false),
            Class::Wide => {
                let Some(c) = text.get(start..).and_then(|rest| rest.chars().next()) else { break };
                let end = start + c.len_utf8();
                if c.is_whitespace() {
                    apart |= spaces == 1 && !after_mark;
                    spaced = true;
                    spaces += 1;
                    start = end;
                    continue;
                }
                if digit(c).is_some() {
                    (TokenKind::Number, number_end(text, start), true)
                } else if c.is_alphanumeric() {
                    (TokenKind::Word, word_end(text, end, is_han(c)), true)
                } else {
                    (TokenKind::Mark, end, true)
                }
            }
        };
        let Some(piece) = text.get(start..end) else { break };
        // Most characters are of ASCII, where nothing is narrow and no border is without a space.
        let (narrow, border) = if wide || after_wide {
            let first = piece.chars().next().unwrap_or(' ');
            let before = text.get(..start).and_then(|before| before.chars().next_back()).unwrap_or(' ');
            let han = is_han(first) || is_han(before);
            let mark = kind == TokenKind::Mark;
            (if mark { narrow(first) } else { None }, !mark && han && before.is_alphanumeric())
        } else {
            (None, false)
        };
        tokens.push(Token {
            start: base + start,
            end: base + end,
            text: narrow.unwrap_or(piece),
            lower: match narrow {
                Some(narrow) => Cow::Borrowed(narrow),
                None if ascii & Class::Capital as u8 != 0 => Cow::Owned(piece.to_ascii_lowercase()),
                None if ascii != 0 => Cow::Borrowed(piece),
                None => lower(piece, kind),
            },
            kind,
            spaced: spaced || border,
            apart,
        });
        (spaced, apart, spaces, after_mark) = (false, false, 0, kind == TokenKind::Mark);
        after_wide = piece.as_bytes().last().is_some_and(|last| !last.is_ascii());
        start = end;
    }
    tokens
}

/// The tokens of a piece of a text, of those of the whole, as they would be cut out of the piece alone without white space
/// around it; none where one of them reaches over its ends.
pub fn within<'t>(tokens: &'t [Token<'t>], start: usize, end: usize) -> Option<Vec<Token<'t>>> {
    let first = tokens.partition_point(|token| token.end <= start);
    let after = first + tokens.get(first..)?.partition_point(|token| token.start < end);
    let piece = tokens.get(first..after)?;
    if piece.first().is_some_and(|token| token.start < start) || piece.last().is_some_and(|token| token.end > end) {
        return None;
    }
    let mut piece: Vec<Token<'t>> =
        piece.iter().map(|token| Token { lower: Cow::Borrowed(&*token.lower), ..*token }).collect();
    if let Some(token) = piece.first_mut() {
        (token.spaced, token.apart) = (true, false);
    }
    Some(piece)
}

/// What a byte of a text begins: a bit each.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Small = 1,
    Capital = 2,
    Digit = 4,
    Space = 8,
    Mark = 16,
    /// A character beyond ASCII.
    Wide = 32,
}

/// What words go on with.
const OF_WORDS: u8 = Class::Small as u8 | Class::Capital as u8 | Class::Digit as u8;

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Wide; 256];
    let mut byte = 0u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b' ' | b'\t'..=b'\r' => Class::Space,
            b'0'..=b'9' => Class::Digit,
            b'a'..=b'z' => Class::Small,
            b'A'..=b'Z' => Class::Capital,
            _ => Class::Mark,
        };
        byte += 1;
    }
    classes
};

#[inline]
fn class(byte: u8) -> Class {
    CLASSES[usize::from(byte)]
}

/// The character that begins at a byte.
fn char_at(text: &str, at: usize) -> Option<char> {
    match text.as_bytes().get(at)? {
        byte if byte.is_ascii() => Some(char::from(*byte)),
        _ => text.get(at..)?.chars().next(),
    }
}

/// The end of a word, of Chinese characters or of others, that goes on at `end`.
fn word_end(text: &str, mut end: usize, of_han: bool) -> usize {
    while let Some(next) = char_at(text, end).filter(|next| next.is_alphanumeric() && is_han(*next) == of_han) {
        end += next.len_utf8();
    }
    end
}

/// What a piece of the text reads as, whatever its case, unless it is a word of ASCII.
#[inline]
fn lower(piece: &str, kind: TokenKind) -> Cow<'_, str> {
    if piece.is_ascii() { Cow::Borrowed(piece) } else { lower_wide(piece, kind) }
}

fn lower_wide(piece: &str, kind: TokenKind) -> Cow<'_, str> {
    match piece {
        "’" | "ʼ" | "‘" => Cow::Borrowed("'"),
        "–" | "—" | "‐" | "‑" | "−" => Cow::Borrowed("-"),
        "“" | "”" | "«" | "»" => Cow::Borrowed("\""),
        _ if kind == TokenKind::Number => Cow::Owned(piece.chars().map(|c| digit(c).unwrap_or(c)).collect()),
        _ => Cow::Owned(piece.to_lowercase().replace('ё', "е")),
    }
}

/// Whether a character is a Chinese one.
#[inline]
pub fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '〇' | '\u{f900}'..='\u{faff}')
}

/// A digit, also a wide one.
fn digit(c: char) -> Option<char> {
    match c {
        '0'..='9' => Some(c),
        '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10),
        _ => None,
    }
}

/// The narrow form of a wide mark.
fn narrow(c: char) -> Option<&'static str> {
    Some(match c {
        '，' | '、' => ",",
        '；' => ";",
        '：' => ":",
        '（' | '【' => "(",
        '）' | '】' => ")",
        '％' => "%",
        '＋' => "+",
        '－' => "-",
        '／' => "/",
        '。' => ".",
        _ => return None,
    })
}

/// Digits, and marks of grouping or decimals with a digit behind them.
fn number_end(text: &str, start: usize) -> usize {
    let mut end = start;
    let mut pending = None;
    for (offset, c) in text.get(start..).unwrap_or_default().char_indices() {
        if digit(c).is_some() {
            end = start + offset + c.len_utf8();
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
    fn a_piece_has_the_tokens_that_it_has_alone() {
        let text = "Cases rose 1,204.\n\tPerú’s 3 deaths; the U.S. had 5 疫情12例，\u{a0}x";
        let all = tokenize(text, 0);
        let mut whole = 0;
        for (start, _) in text.char_indices() {
            for (end, _) in text.char_indices().filter(|(end, _)| *end > start) {
                let alone = tokenize(text.get(start..end).unwrap(), start);
                let Some(piece) = within(&all, start, end) else { continue };
                whole += 1;
                // What only white space stands before has no cell before it.
                let first = alone.first().map_or(0, |token| token.start);
                let alone =
                    alone.iter().map(|token| Token { apart: token.apart && token.start > first, ..token.clone() });
                assert_eq!(format!("{piece:?}"), format!("{:?}", alone.collect::<Vec<_>>()), "{start}..{end}");
            }
        }
        assert!(whole > 300, "{whole}");
        assert!(within(&all, 1, 10).is_none() && within(&all, 0, 13).is_none());
    }

    #[test]
    fn splits_words_numbers_and_marks() {
        check("India's 1,234.5m, Ad26 79th.", "India|'|s|1,234.5|m|,|Ad26|79|th|.");
        check("2,000-2,500 (+ 15)", "2,000|-|2,500|(|+|15|)");
        check("新增１２例，COVID-19疫情", "新增|１２|例|,|COVID|-|19|疫情");
        check("", "");
    }
}
