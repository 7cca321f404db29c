//! The text of a date as numbers, words and signs, whatever alphabet, digits and units it is written in.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::sync::LazyLock;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Piece {
    /// Digits: value, how many, whether white space or nothing stood before them.
    Number(i64, usize),
    Word(String),
    Sign(char),
    Space,
}

/// What is not written as one word, or runs into what stands beside it.
const REWRITTEN: [(&str, &str); 24] = [
    ("a.m.", "am"),
    ("p.m.", "pm"),
    ("a. m.", "am"),
    ("p. m.", "pm"),
    ("π.μ.", "am"),
    ("μ.μ.", "pm"),
    ("eastern standard time", "est"),
    ("eastern daylight time", "edt"),
    ("central standard time", "cst"),
    ("central daylight time", "cdt"),
    ("mountain standard time", "mst"),
    ("mountain daylight time", "mdt"),
    ("pacific standard time", "pst"),
    ("pacific daylight time", "pdt"),
    ("오전", " am "),
    ("오후", " pm "),
    ("上午", " am "),
    ("下午", " pm "),
    ("午前", " am "),
    ("午後", " pm "),
    ("كانون الثاني", "يناير"),
    ("كانون الأول", "ديسمبر"),
    ("تشرين الأول", "أكتوبر"),
    ("تشرين الثاني", "نوفمبر"),
];

/// The zones of places, with all their changes of clocks; those of the machine are not asked.
static PLACES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A text without the place whose zone it names ("Europe/Rome", "[America/New_York]"), and that zone.
pub(super) fn zone_of_place(text: &str) -> Option<(String, TimeZone)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '_' | '-' | '+');
    let mut names = text.split(|c| !is_part(c));
    names.find_map(|name| {
        let is_name = name.contains('/') && name.starts_with(|c: char| c.is_ascii_alphabetic());
        let zone = is_name.then(|| PLACES.get(name).ok()).flatten()?;
        Some((text.replacen(name, " ", 1), zone))
    })
}

/// Takes a text apart.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let lower = text.to_lowercase();
    let mut spelled = String::with_capacity(lower.len() + 8);
    for c in lower.chars() {
        match c {
            // "3시 20분": the blank behind a unit parts nothing.
            c if c.is_whitespace() && spelled.ends_with(':') => {}
            c if c.is_whitespace() => spelled.push(' '),
            // East Asian dates carry their units behind the numbers.
            '年' | '년' | '月' | '월' => spelled.push('-'),
            '日' | '일' | '号' | '號' => spelled.push(' '),
            '時' | '时' | '시' | '点' | '點' | '分' | '분' | '：' => spelled.push(':'),
            '秒' | '초' => spelled.push(' '),
            '−' | '–' => spelled.push('-'),
            // The marks of Arabic vowels, which few write.
            '\u{640}' | '\u{64b}'..='\u{652}' => {}
            '\'' | '’' | '(' | ')' | '\u{200e}' | '\u{200f}' => spelled.push(' '),
            c => spelled.push(
                c.to_digit(10).and_then(|digit| char::from_digit(digit, 10)).or_else(|| eastern_digit(c)).unwrap_or(c),
            ),
        }
    }
    // Of ASCII only these have more than a word.
    let rewritten = !spelled.is_ascii() || spelled.contains("m.") || spelled.contains(" time");
    for (words, one) in REWRITTEN {
        if rewritten && spelled.contains(words) {
            spelled = spelled.replace(words, one);
        }
    }
    let mut pieces = Vec::new();
    let mut rest = spelled.as_str();
    while let Some(c) = rest.chars().next() {
        let end = if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let value = rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(i64::MAX);
            pieces.push(Piece::Number(value, end));
            end
        } else if c.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic() && !is_mark(c)).unwrap_or(rest.len());
            pieces.push(Piece::Word(rest.get(..end).unwrap_or_default().to_owned()));
            end
        } else if c.is_whitespace() {
            pieces.push(Piece::Space);
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else {
            pieces.push(Piece::Sign(c));
            c.len_utf8()
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    pieces
}

/// Digits of Arabic, Persian, Hindi, Bengali and Thai.
fn eastern_digit(c: char) -> Option<char> {
    const ZEROS: [char; 5] = ['٠', '۰', '०', '০', '๐'];
    ZEROS.iter().find_map(|zero| char::from_digit(u32::from(c).checked_sub(u32::from(*zero))?, 10))
}

/// Signs within words that are no letters: accents, and what joins or tones the letters of India and Thailand.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{93c}' | '\u{94d}' | '\u{9bc}' | '\u{9cd}' | '\u{e47}'..='\u{e4e}')
}

/// Minutes east of UTC where a language of one zone is spoken, told by its letters and its words for the halves of a day.
pub(super) fn zone_of_language(text: &str) -> Option<i32> {
    const WORDS: [(&str, i32); 4] = [("午前", 540), ("午後", 540), ("上午", 480), ("下午", 480)];
    if text.contains(|c| matches!(c, '\u{AC00}'..='\u{D7A3}')) {
        return Some(540);
    }
    WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, minutes)| *minutes)
}
