//! Text to the words it is compared by: compatibility forms, case, punctuation and white space make no difference.
//!
//! Comes in: any text. Goes out: of each word its hash, that of its beginning, and what kind of word it is. Scripts that
//! put no space between words (Han, Kana, Thai and their neighbours) are read as overlapping pairs of characters.

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

/// Beginnings of everyday words.
static EVERYDAY: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(include_str!("everyday.txt")));
/// Telling words.
static TELLING: LazyLock<Lexicon> = LazyLock::new(|| Lexicon::new(include_str!("telling.txt")));

/// Some thousand words by their hashes, each at the place that its hash says, or soon after it. Every word of every text
/// is looked up here.
struct Lexicon(Vec<u64>);

impl Lexicon {
    /// The words of a table; lines that begin with `#` are remarks.
    fn new(table: &str) -> Self {
        let lines = table.lines().filter(|line| !line.starts_with('#'));
        let words: Vec<u64> = lines.flat_map(str::split_whitespace).map(|word| xxh3_64(word.as_bytes())).collect();
        let mut places = vec![0; (words.len() * 4).next_power_of_two()];
        for word in words {
            let mut place = word as usize % places.len();
            while places.get(place).is_some_and(|taken| *taken != 0 && *taken != word) {
                place = (place + 1) % places.len();
            }
            if let Some(free) = places.get_mut(place) {
                *free = word;
            }
        }
        Self(places)
    }

    #[inline]
    fn has(&self, word: u64) -> bool {
        let mut place = word as usize;
        loop {
            match self.0.get(place & (self.0.len() - 1)) {
                Some(taken) if *taken == word => return word != 0,
                None | Some(0) => return false,
                Some(_) => place += 1,
            }
        }
    }
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::with_capacity(text.len() / 6);
    read(text, &mut words);
    words
}

/// Adds the words of a text to those of others. Only what stands between two spaces and is not ASCII is normalised: no
/// word and no normal form reaches over a space.
pub(super) fn read(text: &str, words: &mut Vec<Word>) {
    if text.is_ascii() {
        return read_ascii(text, words);
    }
    let (mut rest, mut reader) = (text, Reader::default());
    while let Some(first) = rest.bytes().position(|byte| !byte.is_ascii()) {
        let bytes = rest.as_bytes();
        let space_before = bytes.iter().take(first).rposition(|byte| *byte == b' ');
        let space_after = bytes.iter().skip(first).position(|byte| *byte == b' ');
        let (start, end) = (space_before.unwrap_or(0), space_after.map_or(rest.len(), |space| first + space));
        let (Some(before), Some(other), Some(after)) = (rest.get(..start), rest.get(start..end), rest.get(end..))
        else {
            return;
        };
        read_ascii(before, words);
        if is_nfkc_quick(visible(other)) == IsNormalized::Yes {
            reader.read(visible(other), words);
        } else {
            reader.read(visible(other).nfkc(), words);
        }
        rest = after;
    }
    read_ascii(rest, words);
}

/// The words of ASCII text: what [`Reader`] reads of it, without a look at each character.
fn read_ascii(text: &str, words: &mut Vec<Word>) {
    let lower = text.to_ascii_lowercase();
    let byte = |at: usize| lower.as_bytes().get(at).copied().unwrap_or(b' ');
    let (mut at, mut before): (usize, Option<(usize, bool)>) = (0, None);
    // A word that an apostrophe was taken out of.
    let mut spelt = String::new();
    while at < lower.len() {
        let first = byte(at);
        if !first.is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        let (start, mut apostrophes) = (at, 0);
        loop {
            at += 1;
            match byte(at) {
                b'a'..=b'z' | b'0'..=b'9' => {}
                b'.' | b',' if byte(at - 1).is_ascii_digit() && byte(at + 1).is_ascii_digit() => {}
                b'\'' if byte(at + 1).is_ascii_alphanumeric() => apostrophes += 1,
                _ => break,
            }
        }
        let after_minus = first.is_ascii_digit() && start > 0 && byte(start - 1) == b'-';
        // The end of the word before it, where that is all that stands between.
        let joined = before.filter(|(end, _)| after_minus && end + 1 == start);
        let is_negative = after_minus && joined.is_none();
        let hangs_on_word = joined.is_some_and(|(_, is_number)| !is_number);
        before = Some((at, first.is_ascii_digit()));
        let from = if is_negative { start - 1 } else { start };
        let Some(mut token) = lower.get(from..at) else { return };
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
            starts_in_digit: first.is_ascii_digit(),
            hangs_on_word,
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
    if let Some(first) = text.chars().next().filter(|first| !first.is_ascii()) {
        let stem = stem(text, token.length, beginning);
        if stem != beginning {
            stem_hash = xxh3_64(stem.as_bytes());
        }
        caseless = first.is_alphabetic() && first.to_uppercase().next() == Some(first);
    }
    let kind = if is_figure {
        Kind::Figure
    } else if TELLING.has(hash) {
        Kind::Telling
    } else if EVERYDAY.has(hash_of_beginning) {
        Kind::Everyday
    } else if token.starts_with_capital && token.length > 1 {
        Kind::Name
    } else {
        Kind::Plain
    };
    let length = u8::try_from(token.length).unwrap_or(PAIR).min(PAIR - 1);
    Word { hash, stem: stem_hash, caseless, kind, length }
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
                words.push(Word { hash, stem: hash, caseless: true, kind: Kind::Plain, length });
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
    let first =
        |text: &'t str, n: usize| text.char_indices().nth(n).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    match token.chars().next() {
        Some('\u{400}'..='\u{4ff}') => first(token, length.saturating_sub(2).clamp(3, STEM)),
        Some('\u{ac00}'..='\u{d7a3}') => first(token, 2),
        Some('\u{600}'..='\u{6ff}') => {
            let bare = |prefix: &str| token.strip_prefix(prefix).filter(|rest| rest.chars().nth(2).is_some());
            first(["وال", "بال", "لل", "ال", "و", "ب", "ل"].into_iter().find_map(bare).unwrap_or(token), 4)
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

    #[track_caller]
    fn same(left: &str, right: &str) {
        let hashes = |text| words(text).iter().map(|word| word.hash).collect::<Vec<u64>>();
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
        assert_ne!(words("rose to 5"), words("rose to -5"));
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

    /// The words of a whole text, character by character.
    fn read_slowly(text: &str) -> Vec<Word> {
        let mut words = Vec::new();
        Reader::default().read(visible(text).nfkc(), &mut words);
        words
    }

    proptest::proptest! {
        #[test]
        fn a_text_that_is_read_in_parts_has_the_words_of_the_whole(
            text in "[a-cA-C0-3'’., \n\u{a0}\u{301}éÉ…\u{ad}Жж中い٣ﬁ-]{0,40}", ascii in "[ -~]{0,60}",
            numbers in "[0-3a'., -]{0,60}",
        ) {
            for text in [text, ascii, numbers] {
                proptest::prop_assert_eq!(words(&text), read_slowly(&text));
            }
        }

        #[test]
        fn any_text_is_read(text in "\\PC*") {
            words(&text);
            squeezed(&text);
        }
    }
}
