//! Text to the words it is compared by: compatibility forms, case, punctuation and white space make no difference.
//!
//! Comes in: any text. Goes out: one hash per word, with a mark on figures. Scripts that put no space between words
//! (Han, Kana, Thai and their neighbours) are read as overlapping pairs of characters.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
use xxhash_rust::xxh3::xxh3_64;

/// One word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word {
    /// Hash of its normalised form.
    pub(super) hash: u64,
    /// It is a number: `406`, `1,000`, `79th`, but not the end of `COVID-19`.
    pub(super) figure: bool,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let normal = normalised(text);
    let mut words = Vec::with_capacity(normal.len() / 6);
    let mut token = String::new();
    // A number that hangs on a word by a hyphen names something ("COVID-19", "F-16") and counts nothing.
    let mut hangs_on_word = false;
    let mut chars = normal.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied();
        if is_unspaced(c) {
            finish(&mut token, hangs_on_word, &mut words);
            hangs_on_word = false;
            let mut pair = String::from(c);
            pair.extend(next.filter(|next| is_unspaced(*next)));
            words.push(Word { hash: xxh3_64(pair.as_bytes()), figure: false });
        } else if c.is_alphanumeric()
            || is_combining_mark(c)
            || (joins_digits(c) && ends_in_digit(&token) && next.is_some_and(|next| next.is_ascii_digit()))
        {
            token.push(c);
        } else if is_apostrophe(c) && !token.is_empty() && next.is_some_and(char::is_alphanumeric) {
            // "Korea's" is one word with either apostrophe, and without one.
        } else {
            let after_word = !token.is_empty() && !starts_in_digit(&token);
            let is_minus = matches!(c, '-' | '\u{2212}') && next.is_some_and(|next| next.is_ascii_digit());
            let stands_alone = token.is_empty();
            finish(&mut token, hangs_on_word, &mut words);
            hangs_on_word = is_minus && after_word;
            if is_minus && stands_alone && !hangs_on_word {
                token.push('-');
            }
        }
    }
    finish(&mut token, hangs_on_word, &mut words);
    words
}

/// What is left of a text when typography is taken away: letters, digits, and the signs that change what is said.
pub(super) fn squeezed(text: &str) -> String {
    let normal = normalised(text);
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

/// Compatibility composition and lower case; spaces that only group digits and characters without width are gone.
fn normalised(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut kept = String::with_capacity(text.len());
    let mut previous = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let digit_follows = chars.peek().is_some_and(|next| next.is_ascii_digit());
        let groups_digits =
            matches!(c, '\u{a0}' | '\u{202f}' | '\u{2009}') && previous.is_ascii_digit() && digit_follows;
        if !groups_digits && !is_invisible(c) {
            kept.push(c);
        }
        previous = c;
    }
    kept.nfkc().flat_map(char::to_lowercase).collect()
}

fn finish(token: &mut String, hangs_on_word: bool, words: &mut Vec<Word>) {
    if token.is_empty() || token == "-" {
        token.clear();
        return;
    }
    let figure = starts_in_digit(token) && !hangs_on_word;
    let hash = if figure { xxh3_64(ungrouped(token).as_bytes()) } else { xxh3_64(token.as_bytes()) };
    words.push(Word { hash, figure });
    token.clear();
}

/// `1,000` and `1.000` are `1000`; `15,6` is `15.6`: a separator before exactly three digits groups them.
fn ungrouped(token: &str) -> String {
    let mut parts = token.split([',', '.']);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        if part.len() != 3 {
            out.push('.');
        }
        out.push_str(part);
    }
    out
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
        assert_eq!(words(left), words(right), "{left:?} and {right:?}");
    }

    #[track_caller]
    fn figures(text: &str, expected: usize) {
        assert_eq!(words(text).iter().filter(|word| word.figure).count(), expected, "{text:?}");
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
