//! Number words that are tied together: "quatre-vingt-dix-neuf", "zweihundertsechsundfünfzig".
//!
//! In: tokens. Out: the number word that begins at one of them, and the token behind it. What holds: a word that is only
//! in part a number is none.

use super::pack::{NumberWord, Pack};
use super::tokens::Token;

/// The number word that begins at a token: of several tied by hyphens the longest that the pack knows.
pub(super) fn number_at(pack: &Pack, tokens: &[Token<'_>], at: usize) -> Option<(NumberWord, usize)> {
    let token = tokens.get(at)?;
    if let (Some(dash), Some(second)) = (tokens.get(at + 1), tokens.get(at + 2))
        && dash.is("-")
        && !dash.spaced
        && !second.spaced
        && let Some(word) = pack.number_word(&format!("{}-{}", token.lower, second.lower))
    {
        return Some((word, at + 3));
    }
    let word = pack.number_word(&token.lower).or_else(|| {
        let joined = pack.order.numbers_joined.then(|| joined(pack, &token.lower))?;
        joined.map(NumberWord::Unit)
    })?;
    Some((word, at + 1))
}

/// The value of number words written as one, with the units before the tens.
fn joined(pack: &Pack, word: &str) -> Option<f64> {
    match pack.number_word(word) {
        Some(NumberWord::Unit(value) | NumberWord::Ten(value)) => return Some(value),
        Some(_) => return None,
        None => {}
    }
    // The largest scale splits the word: what stands before multiplies it, what stands behind adds to it.
    let cuts = word.char_indices().map(|(at, _)| at).chain([word.len()]);
    let cuts: Vec<usize> = cuts.collect();
    let mut best: Option<(f64, f64)> = None;
    for (n, start) in cuts.iter().enumerate() {
        for end in cuts.get(n + 1..).unwrap_or_default() {
            let scale = match word.get(*start..*end).and_then(|piece| pack.number_word(piece)) {
                Some(NumberWord::Hundred) => 100.0,
                Some(NumberWord::Scale(scale)) => scale,
                _ => continue,
            };
            let before = word.get(..*start).filter(|before| !before.is_empty());
            let behind = word.get(*end..).map(|behind| without_and(pack, behind)).filter(|behind| !behind.is_empty());
            let times = before.map_or(Some(1.0), |before| joined(pack, before)).filter(|times| *times < scale);
            let rest = behind.map_or(Some(0.0), |behind| joined(pack, behind)).filter(|rest| *rest < scale);
            if let (Some(times), Some(rest)) = (times, rest)
                && best.is_none_or(|(known, _)| scale > known)
            {
                best = Some((scale, times * scale + rest));
            }
        }
    }
    best.map(|(_, value)| value).or_else(|| units_and_tens(pack, word))
}

/// "neunundachtzig".
fn units_and_tens(pack: &Pack, word: &str) -> Option<f64> {
    pack.range.and.iter().find_map(|and| {
        word.match_indices(and.as_str()).find_map(|(at, _)| {
            let unit = word.get(..at).and_then(|unit| pack.number_word(unit));
            let ten = word.get(at + and.len()..).and_then(|ten| pack.number_word(ten));
            match (unit, ten) {
                (Some(NumberWord::Unit(unit)), Some(NumberWord::Ten(ten))) if unit < 10.0 => Some(ten + unit),
                _ => None,
            }
        })
    })
}

fn without_and<'w>(pack: &Pack, word: &'w str) -> &'w str {
    let rest = pack.range.and.iter().find_map(|and| word.strip_prefix(and.as_str()));
    rest.filter(|rest| joined(pack, rest).is_some()).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use crate::language::numbers::numerals;
    use crate::language::pack::pack;
    use crate::language::tokens::tokenize;

    #[track_caller]
    fn check(language: &str, text: &str, expected: &[f64]) {
        let found = numerals(pack(language).unwrap(), &tokenize(text, 0));
        assert_eq!(found.iter().map(|numeral| numeral.value).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn german_words_are_written_as_one() {
        check("de", "Zweihundertsechs und neunundachtzig", &[206.0, 89.0]);
        check("de", "fünf, zwölftausenddreihundertfünfundvierzig", &[5.0, 12345.0]);
        check("de", "hunderteins, eine halbe Million, zwei Millionen", &[101.0, 500_000.0, 2_000_000.0]);
        check("de", "ein Hund, Verbundene, Hundertschaft", &[]);
    }

    #[test]
    fn french_counts_in_twenties() {
        check("fr", "quatre-vingt-deux et quatre-vingt-dix-neuf", &[82.0, 99.0]);
        check("fr", "soixante et onze, vingt et un, soixante-dix", &[71.0, 21.0, 70.0]);
        check("fr", "trois cent trente-trois, cent trente-sept, mille", &[333.0, 137.0, 1000.0]);
        check("fr", "Entre 5.000 et 5.200, 12,7 puis 1.390", &[5000.0, 12.7, 1390.0]);
    }
}
