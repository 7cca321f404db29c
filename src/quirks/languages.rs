//! The codes of languages whose names were written where a code was asked for.
//!
//! In: "English", "Português", "deu", "English (US)". Out: the code that the others use. `languages.tsv` has, behind each
//! code, what else it is written as: names in English and in itself, codes of three letters, old codes, and codes of
//! countries that no language has.

use std::{collections::HashMap, sync::LazyLock};

static CODES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let lines = include_str!("languages.tsv").lines().filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(code, names)| names.split(' ').map(move |name| (name, code))).collect()
});

/// Words of a text that are looked at.
const WORDS: usize = 4;

/// The code of the language that is named. What is short is a code itself, and counts only where nothing else is written.
pub fn language_code(written: &str) -> Option<&'static str> {
    let whole = written.trim().to_lowercase();
    let words = whole.split(|c: char| !c.is_alphanumeric() && !is_mark(c)).filter(|word| word.len() > 3).take(WORDS);
    std::iter::once(whole.as_str()).chain(words).find_map(|word| CODES.get(word).copied())
}

/// Signs within words of India and Thailand, which are no letters.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{e7f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_known_by_name() {
        for (written, expected) in [
            ("English", Some("en")),
            (" GERMAN ", Some("de")),
            ("Português (Brasil)", Some("pt")),
            ("Simplified Chinese", Some("zh")),
            ("简体中文", Some("zh")),
            ("हिन्दी", Some("hi")),
            ("deu", Some("de")),
            ("jp", Some("ja")),
            ("may be any", None),
            ("en", None),
            ("", None),
        ] {
            assert_eq!(language_code(written), expected, "{written}");
        }
    }
}
