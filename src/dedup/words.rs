//! Text to the words it is compared by: compatibility forms, case, punctuation and white space make no difference.
//!
//! Comes in: any text. Goes out: of each word its hash, that of its beginning, and what kind of word it is. Scripts that
//! put no space between words (Han, Kana, Thai and their neighbours) are read as overlapping pairs of characters.

use std::sync::LazyLock;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
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

    fn has(&self, word: u64) -> bool {
        let from = word as usize & (self.0.len() - 1);
        let (before, after) = self.0.split_at(from.min(self.0.len()));
        let run = after.iter().chain(before).take_while(|taken| **taken != 0);
        run.into_iter().any(|taken| *taken == word)
    }
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut reader = Reader { words: Vec::with_capacity(text.len() / 6), ..Reader::default() };
    if text.is_ascii() {
        reader.read(text.chars());
    } else {
        reader.read(visible(text).nfkc());
    }
    reader.words
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

#[derive(Default)]
struct Reader {
    words: Vec<Word>,
    token: String,
    /// Characters of the token, and where its beginning ends in bytes.
    length: usize,
    stem_end: usize,
    starts_with_capital: bool,
    /// A number that hangs on a word by a hyphen names something ("COVID-19", "F-16") and counts nothing.
    hangs_on_word: bool,
}

impl Reader {
    fn read(&mut self, chars: impl Iterator<Item = char>) {
        let mut chars = chars.peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            if is_unspaced(c) {
                self.finish();
                self.hangs_on_word = false;
                let mut pair = String::from(c);
                pair.extend(next.filter(|next| is_unspaced(*next)));
                let hash = xxh3_64(pair.as_bytes());
                let length = if pair.len() > c.len_utf8() { PAIR } else { 1 };
                self.words.push(Word { hash, stem: hash, caseless: true, kind: Kind::Plain, length });
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
                self.finish();
                self.hangs_on_word = is_minus && after_word;
                if is_minus && stands_alone && !self.hangs_on_word {
                    self.token.push('-');
                }
            }
        }
        self.finish();
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

    fn finish(&mut self) {
        let token = self.token.as_str();
        if !token.is_empty() && token != "-" {
            let is_figure = starts_in_digit(token) && !self.hangs_on_word;
            let hash = if is_figure { hash_of_figure(token) } else { xxh3_64(token.as_bytes()) };
            let beginning = token.get(..self.stem_end).unwrap_or(token);
            let hash_of_beginning = xxh3_64(beginning.as_bytes());
            let stem = stem(token, self.length, beginning);
            let stem_hash = if stem == beginning { hash_of_beginning } else { xxh3_64(stem.as_bytes()) };
            let caseless = !token.is_ascii()
                && token.chars().next().is_some_and(|c| c.is_alphabetic() && c.to_uppercase().next() == Some(c));
            let kind = if is_figure {
                Kind::Figure
            } else if TELLING.has(hash) {
                Kind::Telling
            } else if EVERYDAY.has(hash_of_beginning) {
                Kind::Everyday
            } else if self.starts_with_capital && self.length > 1 {
                Kind::Name
            } else {
                Kind::Plain
            };
            let length = u8::try_from(self.length).unwrap_or(PAIR).min(PAIR - 1);
            self.words.push(Word { hash, stem: stem_hash, caseless, kind, length });
        }
        self.token.clear();
        (self.length, self.stem_end) = (0, 0);
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
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3005}'..='\u{30ff}'
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

    proptest::proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC*") {
            words(&text);
            squeezed(&text);
        }
    }
}
