//! Words and marks of a text, as the tagger sees them.
//!
//! In: a text. Out: its tokens in order, each with its bytes, its case and its sentence. A hyphenated name, initials
//! with their dots ("U.S.") and inner apostrophes are one token; a possessive ending is a token of its own.

use super::hash;
use crate::extract::sentence;
use crate::language::Pack;
use crate::model::{Field, Span};

/// How a word is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::extract) enum Case {
    /// No capitals.
    Lower,
    /// One capital at the start: `Moscow`, `Jae-in`.
    Capital,
    /// Capitals only, two letters or more.
    Upper,
    /// Capitals inside: `BioNTech`, `al-Assad`.
    Mixed,
    /// A single capital letter.
    Letter,
    /// Starts with a digit.
    Number,
    /// No word.
    Mark,
}

/// A word or a mark.
#[derive(Debug, Clone, Copy)]
pub(in crate::extract) struct Token<'t> {
    pub(in crate::extract) start: usize,
    pub(in crate::extract) end: usize,
    pub(in crate::extract) text: &'t str,
    /// The number of its folded text.
    pub(in crate::extract) folded: u64,
    pub(in crate::extract) case: Case,
    /// It opens a sentence, a quotation or a list item, so that its capital says nothing.
    pub(in crate::extract) opens: bool,
    /// Number of its sentence.
    pub(in crate::extract) sentence: usize,
    /// White space stands before it.
    pub(in crate::extract) spaced: bool,
}

impl Token<'_> {
    /// Whether it is written like a part of a name.
    pub(in crate::extract) fn is_capital(&self) -> bool {
        matches!(self.case, Case::Capital | Case::Upper | Case::Mixed | Case::Letter)
    }

    /// Whether it is a word.
    pub(in crate::extract) fn is_word(&self) -> bool {
        self.case != Case::Mark
    }
}

/// The tokens of an English text.
pub(in crate::extract) fn tokens(text: &str, field: Field) -> Vec<Token<'_>> {
    cut(text, &sentence::sentences(text, field), &[])
}

/// The tokens of a text in the language of a pack, whose sentences are these.
pub(in crate::extract) fn tokens_in<'t>(pack: &Pack, text: &'t str, sentences: &[Span]) -> Vec<Token<'t>> {
    cut(text, sentences, &pack.elided)
}

fn cut<'t>(text: &'t str, sentences: &[Span], elided: &[String]) -> Vec<Token<'t>> {
    let mut tokens: Vec<Token<'_>> = Vec::with_capacity(text.len() / 5 + 1);
    for (number, sentence) in sentences.iter().enumerate() {
        let mut at = sentence.start;
        let mut opens = true;
        while at < sentence.end {
            if text.as_bytes().get(at) == Some(&b' ') {
                at += 1;
                continue;
            }
            let Some(rest) = text.get(at..sentence.end) else { break };
            let (length, case) = match plain(rest) {
                Some(plain) => plain,
                None => {
                    let Some(first) = rest.chars().next() else { break };
                    if first.is_whitespace() {
                        at += first.len_utf8();
                        continue;
                    }
                    let length = if first.is_alphanumeric() {
                        word_length(rest, elided)
                    } else {
                        mark_length(rest, &tokens, at)
                    };
                    let Some(word) = rest.get(..length) else { break };
                    (length, case(word))
                }
            };
            let Some(word) = rest.get(..length) else { break };
            let spaced = tokens.last().is_none_or(|last| last.end < at);
            let folded = hash::folded(word);
            tokens.push(Token {
                start: at,
                end: at + length,
                text: word,
                folded,
                case,
                opens,
                sentence: number,
                spaced,
            });
            at += length;
            // After an opening quotation mark or a colon or dash a capital is again only a beginning.
            opens = case == Case::Mark
                && (opens || matches!(word, "\"" | "“" | "‘" | ":" | "«" | "•" | "—" | "–" | "--" | "]" | ";"));
        }
    }
    tokens
}

/// Length and case of what is told by its bytes alone: a word of plain letters, or a mark that joins nothing.
fn plain(text: &str) -> Option<(usize, Case)> {
    let bytes = text.as_bytes();
    let first = *bytes.first()?;
    if !first.is_ascii_alphabetic() {
        let joins = matches!(first, b'\'' | b'-') || !first.is_ascii_punctuation();
        return (!joins).then_some((1, Case::Mark));
    }
    let small = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        from + rest.iter().position(|byte| !byte.is_ascii_lowercase()).unwrap_or(rest.len())
    };
    // Most words have no capital behind their first letter.
    let mut length = small(1);
    let mut capitals = usize::from(first.is_ascii_uppercase());
    while bytes.get(length).is_some_and(u8::is_ascii_uppercase) {
        capitals += 1;
        length = small(length + 1);
    }
    // What may join it to what follows.
    match bytes.get(length) {
        Some(b'-' | b'\'' | b'&' | b'0'..=b'9' | 0x80..) => return None,
        Some(b'.') if length == 1 => return None,
        _ => {}
    }
    let case = match (first.is_ascii_uppercase(), capitals) {
        (_, 0) => Case::Lower,
        (true, 1) if length == 1 => Case::Letter,
        (true, capitals) if capitals == length => Case::Upper,
        (true, 1) => Case::Capital,
        _ => return None,
    };
    Some((length, case))
}

fn word_length(text: &str, elided: &[String]) -> usize {
    let mut end = 0;
    let mut letters_since_joint = 0;
    let mut dots = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        if c.is_alphanumeric() || is_combining(c) {
            letters_since_joint += 1;
            end = at + c.len_utf8();
            continue;
        }
        let Some(&(_, next)) = characters.peek() else {
            // The last dot of initials: "in the U.S."
            if c == '.' && dots > 0 && letters_since_joint == 1 {
                end = at + 1;
            }
            break;
        };
        let joins = match c {
            '-' | '‐' | '‑' => {
                // "3-Paolo Rossi": the number on a shirt is no part of the name.
                let rest = text.get(at + c.len_utf8()..).unwrap_or_default();
                let number = text.get(..at).is_some_and(|head| head.bytes().all(|byte| byte.is_ascii_digit()));
                let name = next.is_uppercase() && rest.chars().nth(1).is_some_and(char::is_lowercase);
                next.is_alphanumeric() && !(number && name)
            }
            '\'' | '’' if text.get(..at).is_some_and(|word| is_elided(word, elided)) => return at + c.len_utf8(),
            '\'' | '’' => next.is_alphabetic() && !is_possessive(text.get(at + c.len_utf8()..).unwrap_or_default()),
            '.' => {
                let digits = text.get(..at).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()))
                    && next.is_ascii_digit();
                digits
                    || (letters_since_joint == 1
                        && next.is_uppercase()
                        && text.get(at + 1..).is_some_and(|rest| !rest.chars().nth(1).is_some_and(char::is_lowercase)))
            }
            ',' => {
                next.is_ascii_digit() && text.get(..at).is_some_and(|head| head.ends_with(|c: char| c.is_ascii_digit()))
            }
            '&' => next.is_uppercase() && letters_since_joint <= 2,
            '+' => false,
            _ => false,
        };
        if !joins {
            if c == '.' && dots > 0 && letters_since_joint == 1 {
                end = at + 1;
            }
            break;
        }
        if c == '.' {
            dots += 1;
        }
        letters_since_joint = 0;
    }
    end.max(1)
}

fn is_combining(c: char) -> bool {
    !c.is_ascii() && unicode_normalization::char::is_combining_mark(c)
}

/// "l" and "Qu" of French, whose ends are lost before a vowel.
fn is_elided(word: &str, elided: &[String]) -> bool {
    !elided.is_empty() && elided.contains(&word.to_lowercase())
}

/// `s` and `S` after an apostrophe, alone.
fn is_possessive(after: &str) -> bool {
    let mut characters = after.chars();
    matches!(characters.next(), Some('s' | 'S')) && !characters.next().is_some_and(char::is_alphanumeric)
}

fn mark_length(text: &str, before: &[Token<'_>], at: usize) -> usize {
    let first = text.chars().next().map_or(1, char::len_utf8);
    let glued = before.last().is_some_and(|last| last.end == at && last.is_word());
    if glued && text.starts_with(['\'', '’']) && text.get(first..).is_some_and(is_possessive) {
        return first + 1;
    }
    if text.starts_with("--") { 2 } else { first }
}

pub(in crate::extract) fn case(word: &str) -> Case {
    let Some(first) = word.chars().next() else { return Case::Mark };
    if !first.is_alphanumeric() {
        return Case::Mark;
    }
    if first.is_numeric() {
        return Case::Number;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let upper = word.chars().filter(|c| c.is_uppercase()).count();
    let parts_capital = word.split(['-', '‐', '\'', '’']).all(|part| {
        part.chars().next().is_none_or(char::is_uppercase) && !part.chars().skip(1).any(char::is_uppercase)
    });
    match (first.is_uppercase(), upper) {
        (_, 0) => Case::Lower,
        (true, 1) if letters == 1 => Case::Letter,
        (true, _) if upper == letters => Case::Upper,
        (true, 1) => Case::Capital,
        (true, _) if parts_capital => Case::Capital,
        (true, _) => Case::Mixed,
        // "al-Assad", "iPhone"; but not "pro-European" or "non-EU", which are made of a name and a prefix.
        (false, _) => {
            const ARTICLES: [&str; 12] = ["al", "el", "ul", "ar", "as", "ad", "an", "at", "az", "ash", "d", "i"];
            let head: String = word.chars().take_while(|c| c.is_lowercase()).collect();
            if ARTICLES.contains(&head.as_str()) || head.len() == 1 { Case::Mixed } else { Case::Lower }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let found: Vec<_> = tokens(text, Field::Body).iter().map(|token| token.text).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn splits_words_marks_and_possessives() {
        check(
            "South Korea’s Moon Jae-in said: \"No.\"",
            &["South", "Korea", "’s", "Moon", "Jae-in", "said", ":", "\"", "No", ".", "\""],
        );
        check(
            "The U.S. and AT&T paid 1,234.5 for N'Djamena.",
            &["The", "U.S.", "and", "AT&T", "paid", "1,234.5", "for", "N'Djamena", "."],
        );
        check(
            "1-Ann Moll, 19-year-old, a 3-D A320-200",
            &["1", "-", "Ann", "Moll", ",", "19-year-old", ",", "a", "3-D", "A320-200"],
        );
        check("/AGENCY/. É", &["/", "AGENCY", "/", ".", "É"]);
        check("", &[]);
    }

    #[test]
    fn what_is_elided_stands_apart() {
        let text = "L’Algérie et l'Union disent qu'aujourd'hui d'Estaing part.";
        let words = |pack| -> Vec<&str> {
            let pack = crate::language::pack(pack).unwrap();
            let sentences = sentence::sentences_in(text, Field::Body, &pack.abbreviations);
            tokens_in(pack, text, &sentences).iter().map(|token| token.text).collect()
        };
        let french =
            ["L’", "Algérie", "et", "l'", "Union", "disent", "qu'", "aujourd'hui", "d'", "Estaing", "part", "."];
        assert_eq!(words("fr"), french);
        assert_eq!(words("en")[..3], ["L’Algérie", "et", "l'Union"]);
    }

    #[test]
    fn what_its_bytes_tell_of_a_word_is_what_its_characters_tell() {
        let texts =
            "Moscow. a.m U.S. B. AT&T x I A, McDonald word1 A320 don't won’t Jae-in Ünal naïve NATO's ( - -- ' _ ; é";
        for text in texts.split(' ').flat_map(|word| [word.to_owned(), format!("{word} On"), format!("{word},5")]) {
            let Some((length, told)) = plain(&text) else { continue };
            let letter = text.starts_with(char::is_alphanumeric);
            let slow = if letter { word_length(&text, &[]) } else { mark_length(&text, &[], 0) };
            assert_eq!((length, Some(told)), (slow, text.get(..slow).map(case)), "{text}");
        }
        assert_eq!(plain("Moscow."), Some((6, Case::Capital)));
        assert_eq!(plain("U.S."), None);
    }
}
