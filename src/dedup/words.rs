//! Text to the words it is compared by: compatibility forms, case, punctuation and white space make no difference.
//!
//! Comes in: any text. Goes out: of each word its hash, that of its beginning, and what kind of word it is. Scripts that
//! put no space between words (Han, Kana, Thai and their neighbours) are read as overlapping pairs of characters.

use super::hashes::Marked;
use crate::markup::bytes::{self, ascii_word_end, head};
use std::sync::LazyLock;
use unicode_normalization::{IsNormalized, UnicodeNormalization, char::is_combining_mark, is_nfkc_quick};
use xxhash_rust::xxh3::xxh3_64;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Hash of its normalised form.
    pub(super) hash: u64,
    /// Hash of its stem, which the inflected forms of a word mostly share.
    pub(super) stem: u64,
    /// Its script has no capitals.
    pub(super) caseless: bool,
    /// What it is good for in a comparison.
    pub(super) kind: Kind,
    /// Letters or digits.
    pub(super) length: u8,
    /// Where the run without spaces begins that it stands in, in bytes of the text.
    pub(super) run: u32,
}

/// Kinds of words, by what it means when two texts differ in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A number: `406`, `1,000`, `79th`, but not the end of `COVID-19`.
    Figure = 1,
    /// A day, a direction, an outcome: see `telling.txt`.
    Telling = 2,
    /// Written with a capital, and no everyday word.
    Name = 3,
    /// Any other.
    Plain = 4,
    /// Says little of what a text is about: see `everyday.txt`.
    Everyday = 5,
}

impl Word {
    /// Two characters of a script without spaces.
    pub(super) fn is_pair(&self) -> bool {
        self.length == PAIR
    }

    pub(super) fn is_figure(&self) -> bool {
        self.kind == Kind::Figure
    }
}

/// In place of the length of a pair of characters; no word is as long.
const PAIR: u8 = u8::MAX;

/// Letters of the beginning that stands for the word. Six tell most words apart and cut most endings off.
const STEM: usize = 6;

const TELLING: u8 = 1;
const EVERYDAY: u8 = 2;

/// Telling words, and beginnings of everyday words.
static KNOWN: LazyLock<Marked> = LazyLock::new(|| {
    let marked = |table: &'static str, mark: u8| {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        lines.flat_map(str::split_whitespace).map(move |word| (xxh3_64(word.as_bytes()), mark))
    };
    let telling = marked(include_str!("telling.txt"), TELLING);
    Marked::of(&telling.chain(marked(include_str!("everyday.txt"), EVERYDAY)).collect::<Vec<_>>())
});

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6);
    read(text, 0, &mut words);
    words
}

/// Adds the words of a text, which begins there in a longer one, to those of others. Only what stands between two spaces
/// and is not ASCII is normalised: no word and no normal form reaches over a space.
pub(super) fn read(text: &str, from: usize, words: &mut Vec<Word>) {
    let mut lower = String::new();
    let (mut rest, mut from) = (text, from);
    let mut reader = Reader::default();
    while let Some(first) = bytes::next(rest.as_bytes(), 0, |byte| !byte.is_ascii()) {
        let bytes = rest.as_bytes();
        let start = bytes.iter().take(first).rposition(|byte| is_space(*byte)).map_or(0, |space| space + 1);
        let end = bytes.iter().skip(first).position(|byte| is_space(*byte)).map_or(rest.len(), |space| first + space);
        let (Some(before), Some(other), Some(after)) = (rest.get(..start), rest.get(start..end), rest.get(end..))
        else {
            return;
        };
        read_ascii(before, from, &mut lower, words);
        reader.run = (from + start) as u32;
        if is_nfkc_quick(visible(other)) == IsNormalized::Yes {
            reader.read(visible(other), words);
        } else {
            reader.read(visible(other).nfkc(), words);
        }
        (rest, from) = (after, from + end);
    }
    read_ascii(rest, from, &mut lower, words);
}

/// Whether a run ends with this byte.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n')
}

/// Classes of ASCII characters, by what they mean to the word that they stand in.
const LETTER: u8 = 1;
const DIGIT: u8 = 2;
const JOINS_DIGITS: u8 = 4;
const APOSTROPHE: u8 = 8;
const SPACE: u8 = 16;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' => LETTER,
            b'0'..=b'9' => DIGIT,
            b'.' | b',' => JOINS_DIGITS,
            b'\'' => APOSTROPHE,
            b' ' | b'\n' => SPACE,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// The words of ASCII text: what [`Reader`] reads of it, without a look at each character. `lower` is room to write in.
fn read_ascii(text: &str, from: usize, lower: &mut String, words: &mut Vec<Word>) {
    lower.clear();
    lower.push_str(text);
    lower.make_ascii_lowercase();
    let bytes = lower.as_bytes();
    let class = |at: usize| bytes.get(at).map_or(SPACE, |byte| CLASSES[usize::from(*byte)]);
    let (mut at, mut run, mut before): (usize, usize, Option<(usize, bool)>) = (0, 0, None);
    // A word that an apostrophe was taken out of.
    let mut spelt = String::new();
    while at < bytes.len() {
        let first = class(at);
        if first & (LETTER | DIGIT) == 0 {
            at += 1;
            if first == SPACE {
                run = at;
            }
            continue;
        }
        let (start, mut apostrophes) = (at, 0);
        loop {
            at = ascii_word_end(bytes, at + 1);
            let here = class(at);
            if here & (JOINS_DIGITS | APOSTROPHE) == 0 {
                break;
            }
            let after = class(at + 1);
            if here == APOSTROPHE && after & (LETTER | DIGIT) != 0 {
                apostrophes += 1;
            } else if here != JOINS_DIGITS || class(at - 1) & after != DIGIT {
                break;
            }
        }
        let after_minus = first == DIGIT && start > 0 && bytes.get(start - 1) == Some(&b'-');
        // The end of the word before it, where that is all that stands between.
        let joined = before.filter(|(end, _)| after_minus && end + 1 == start);
        let is_negative = after_minus && joined.is_none();
        let hangs_on_word = joined.is_some_and(|(_, is_number)| !is_number);
        before = Some((at, first == DIGIT));
        let word_from = if is_negative { start - 1 } else { start };
        let Some(mut token) = lower.get(word_from..at) else { return };
        if apostrophes > 0 {
            spelt.clear();
            spelt.extend(token.chars().filter(|c| *c != '\''));
            token = &spelt;
        }
        words.push(word(&Token {
            text: token,
            length: at - start - apostrophes,
            stem_end: token.len().min(STEM + usize::from(is_negative)),
            starts_with_capital: text.as_bytes().get(start).is_some_and(u8::is_ascii_uppercase),
            starts_in_digit: first == DIGIT,
            hangs_on_word,
            run: (from + run) as u32,
        }));
    }
}

/// A word as it is written, without its capitals.
struct Token<'t> {
    text: &'t str,
    /// Its characters, and where its beginning ends in bytes.
    length: usize,
    stem_end: usize,
    starts_with_capital: bool,
    starts_in_digit: bool,
    /// A number that hangs on a word by a hyphen names something ("COVID-19", "F-16") and counts nothing.
    hangs_on_word: bool,
    run: u32,
}

#[inline]
fn word(token: &Token<'_>) -> Word {
    let text = token.text;
    let beginning = text.get(..token.stem_end).unwrap_or(text);
    let hash_of_beginning = xxh3_64(beginning.as_bytes());
    let is_figure = token.starts_in_digit && !token.hangs_on_word;
    let hash = if is_figure && text.contains([',', '.']) {
        hash_of_figure(text)
    } else if beginning.len() == text.len() {
        hash_of_beginning
    } else {
        xxh3_64(text.as_bytes())
    };
    let (mut stem_hash, mut caseless) = (hash_of_beginning, false);
    if !text.as_bytes().first().is_none_or(u8::is_ascii)
        && let Some(first) = text.chars().next()
    {
        let stem = stem(text, token.length, beginning);
        if stem != beginning {
            stem_hash = xxh3_64(stem.as_bytes());
        }
        caseless = first.is_alphabetic() && first.to_uppercase().next() == Some(first);
    }
    let of_beginning = KNOWN.marks(hash_of_beginning);
    let of_word = if hash == hash_of_beginning { of_beginning } else { KNOWN.marks(hash) };
    let kind = if is_figure {
        Kind::Figure
    } else if of_word & TELLING != 0 {
        Kind::Telling
    } else if of_beginning & EVERYDAY != 0 {
        Kind::Everyday
    } else if token.starts_with_capital && token.length > 1 {
        Kind::Name
    } else {
        Kind::Plain
    };
    let length = u8::try_from(token.length).unwrap_or(PAIR).min(PAIR - 1);
    Word { hash, stem: stem_hash, caseless, kind, length, run: token.run }
}

/// What is left of a text when typography is taken away: letters, digits, and the signs that change what is said.
pub(super) fn squeezed(text: &str) -> String {
    let normal: String = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        visible(text).nfkc().flat_map(char::to_lowercase).collect()
    };
    let mut out = String::with_capacity(normal.len());
    let mut previous = ' ';
    let mut chars = normal.chars().peekable();
    while let Some(c) = chars.next() {
        let digit_follows = chars.peek().is_some_and(|next| next.is_ascii_digit());
        let says_something = c.is_alphanumeric()
            || is_combining_mark(c)
            || matches!(c, '%' | '‰' | '°' | '?' | '+' | '$' | '€' | '£' | '¥' | '₽' | '₹' | '₩' | '₴' | '₺')
            || (joins_digits(c) && previous.is_ascii_digit() && digit_follows)
            || (matches!(c, '-' | '\u{2212}') && !previous.is_alphanumeric() && digit_follows);
        if says_something {
            out.push(if c == '\u{2212}' { '-' } else { c });
        }
        previous = c;
    }
    out
}

/// Without spaces that only group digits and characters without width.
fn visible(text: &str) -> impl Iterator<Item = char> {
    let mut previous = ' ';
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = chars.next()?;
            let digit_follows = chars.peek().is_some_and(|next| next.is_ascii_digit());
            let groups_digits =
                matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}') && previous.is_ascii_digit() && digit_follows;
            previous = c;
            if !groups_digits && !is_invisible(c) {
                return Some(c);
            }
        }
    })
}

/// The word that is being read.
#[derive(Default)]
struct Reader {
    token: String,
    /// Characters of the token, and where its beginning ends in bytes.
    length: usize,
    stem_end: usize,
    starts_with_capital: bool,
    hangs_on_word: bool,
    /// Where the run begins.
    run: u32,
}

impl Reader {
    fn read(&mut self, chars: impl Iterator<Item = char>, words: &mut Vec<Word>) {
        let mut chars = chars.peekable();
        self.hangs_on_word = false;
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            if is_unspaced(c) {
                words.extend(self.finish());
                self.hangs_on_word = false;
                let mut pair = [0; 8];
                let end = c.encode_utf8(&mut pair).len();
                let next = next.filter(|next| is_unspaced(*next));
                let end_of_next =
                    next.map_or(0, |next| next.encode_utf8(pair.get_mut(end..).unwrap_or_default()).len());
                let hash = xxh3_64(pair.get(..end + end_of_next).unwrap_or_default());
                let length = if next.is_some() { PAIR } else { 1 };
                words.push(Word { hash, stem: hash, caseless: true, kind: Kind::Plain, length, run: self.run });
            } else if c.is_alphanumeric()
                || (!c.is_ascii() && is_combining_mark(c))
                || (joins_digits(c) && ends_in_digit(&self.token) && next.is_some_and(|next| next.is_ascii_digit()))
            {
                self.take(c);
            } else if is_apostrophe(c) && !self.token.is_empty() && next.is_some_and(char::is_alphanumeric) {
                // "Korea's" is one word with either apostrophe, and without one.
            } else {
                let after_word = !self.token.is_empty() && !starts_in_digit(&self.token);
                let is_minus = matches!(c, '-' | '\u{2212}') && next.is_some_and(|next| next.is_ascii_digit());
                let stands_alone = self.token.is_empty();
                words.extend(self.finish());
                self.hangs_on_word = is_minus && after_word;
                if is_minus && stands_alone && !self.hangs_on_word {
                    self.token.push('-');
                }
            }
        }
        words.extend(self.finish());
    }

    fn take(&mut self, c: char) {
        if self.token.is_empty() {
            self.starts_with_capital = c.is_uppercase();
        }
        if c.is_ascii() {
            self.token.push(c.to_ascii_lowercase());
        } else {
            self.token.extend(c.to_lowercase());
        }
        self.length += 1;
        if self.length <= STEM {
            self.stem_end = self.token.len();
        }
    }

    fn finish(&mut self) -> Option<Word> {
        let is_word = !self.token.is_empty() && self.token != "-";
        let word = is_word.then(|| {
            word(&Token {
                text: &self.token,
                length: self.length,
                stem_end: self.stem_end,
                starts_with_capital: self.starts_with_capital,
                starts_in_digit: starts_in_digit(&self.token),
                hangs_on_word: self.hangs_on_word,
                run: self.run,
            })
        });
        self.token.clear();
        (self.length, self.stem_end) = (0, 0);
        word
    }
}

/// What the forms of a word share: its beginning; in Cyrillic without the ending, in Hangul without the particle, in
/// Arabic without the article and what is written together with it.
fn stem<'t>(token: &'t str, length: usize, beginning: &'t str) -> &'t str {
    match token.chars().next() {
        Some('\u{400}'..='\u{4ff}') => head(token, length.saturating_sub(2).clamp(3, STEM)),
        Some('\u{ac00}'..='\u{d7a3}') => head(token, 2),
        Some('\u{600}'..='\u{6ff}') => {
            let bare = |prefix: &str| token.strip_prefix(prefix).filter(|rest| rest.chars().nth(2).is_some());
            head(["وال", "بال", "لل", "ال", "و", "ب", "ل"].into_iter().find_map(bare).unwrap_or(token), 4)
        }
        _ => beginning,
    }
}

/// `1,000` and `1.000` are `1000`; `15,6` is `15.6`: a separator before exactly three digits groups them.
fn hash_of_figure(token: &str) -> u64 {
    if !token.contains([',', '.']) {
        return xxh3_64(token.as_bytes());
    }
    let mut parts = token.split([',', '.']);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.len() != 3 {
            out.push('.');
        }
        out.push_str(part);
    }
    xxh3_64(out.as_bytes())
}

fn starts_in_digit(token: &str) -> bool {
    token.trim_start_matches('-').starts_with(char::is_numeric)
}
fn ends_in_digit(token: &str) -> bool {
    token.ends_with(|c: char| c.is_ascii_digit())
}

fn joins_digits(c: char) -> bool {
    matches!(c, '.' | ',')
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2bc}')
}

/// Soft hyphens, zero-width and direction marks.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Letters of scripts that are written without spaces between words.
fn is_unspaced(c: char) -> bool {
    !c.is_ascii()
        && matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(text: &str) -> Vec<u64> {
        words(text).iter().map(|word| word.hash).collect()
    }

    #[track_caller]
    fn same(left: &str, right: &str) {
        assert_eq!(hashes(left), hashes(right), "{left:?} and {right:?}");
    }

    #[track_caller]
    fn figures(text: &str, expected: usize) {
        assert_eq!(words(text).iter().filter(|word| word.is_figure()).count(), expected, "{text:?}");
    }

    #[test]
    fn typography_makes_no_difference() {
        same("The “Ministry’s” report — final", "the \"ministry's\" report - FINAL");
        same("1,000 cases and 15,6 percent", "1\u{a0}000 cases and 15.6 percent");
        same("co\u{ad}operation ﬁnal", "cooperation final");
        assert_ne!(hashes("rose to 5"), hashes("rose to -5"));
        assert_eq!(squeezed("“It’s 4,5 %,” he said."), squeezed("\"It's 4,5%\", he said"));
        assert_ne!(squeezed("It is over"), squeezed("It is over?"));
        assert_ne!(squeezed("$5"), squeezed("€5"));
    }

    #[test]
    fn numbers_that_name_something_are_no_figures() {
        figures("COVID-19 and the F-16 in 2020: 406 dead, the 79th, -5 degrees, 3-5 days", 6);
        figures("сказали 12 человек", 1);
    }

    #[test]
    fn scripts_without_spaces_have_words_too() {
        assert_eq!(words("韩国新增").len(), 4);
        assert_eq!(words("กรุงเทพ").len(), "กรุงเทพ".chars().count());
    }

    /// The words of a whole text, character by character, which does not say where they stand.
    fn read_slowly(text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        Reader::default().read(visible(text).nfkc(), &mut words);
        words
    }

    #[test]
    fn a_word_knows_the_run_that_it_stands_in() {
        let text = "It's (Jean-Luc) \n«Été-là» 1,5 end";
        let mut found = Vec::new();
        read(text, 100, &mut found);
        let runs =
            found.iter().map(|word| text.get(word.run as usize - 100..).unwrap().split([' ', '\n']).next().unwrap());
        assert_eq!(
            runs.collect::<Vec<_>>(),
            ["It's", "(Jean-Luc)", "(Jean-Luc)", "«Été-là»", "«Été-là»", "1,5", "end"]
        );
    }

    proptest::proptest! {
        #[test]
        fn a_text_that_is_read_in_parts_has_the_words_of_the_whole(
            text in "[a-cA-C0-3'’., \n\u{a0}\u{301}éÉ…\u{ad}Жж中い٣ﬁ-]{0,40}", ascii in "[ -~]{0,60}",
            numbers in "[0-3a'., -]{0,60}",
        ) {
            for text in [text, ascii, numbers] {
                let mut found = words(&text);
                found.iter_mut().for_each(|word| word.run = 0);
                proptest::prop_assert_eq!(found, read_slowly(&text));
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC*") {
            words(&text);
            squeezed(&text);
        }
    }
}
