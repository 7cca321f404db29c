//! The language of a text that does not say it.
//!
//! In: text. Out: the code of the pack that reads it. What holds: the commonest words tell English; script and groups of
//! letters tell others, where there is enough of them; what is too short for both ("Kenya: 72,686 cases (+ 1,008)") is
//! told by the pack whose cue phrases cover most of it, if one of them names a metric.

use super::pack::{Pack, pack, packs};
use super::tokens::tokenize;
use whatlang::Lang;

/// Words looked at from the beginning of a text.
const LOOKED_AT: usize = 300;

/// The commonest English words that hardly stand in other languages.
const COMMONEST: [&str; 24] = [
    "the", "of", "and", "to", "in", "that", "for", "with", "on", "was", "is", "by", "from", "said", "at", "has",
    "were", "have", "which", "after", "as", "will", "are", "it",
];

/// The pack whose language the first of the texts is in that tells it.
pub fn told<'t>(texts: impl Iterator<Item = &'t str> + Clone) -> Option<&'static Pack> {
    let mut is_another = false;
    for text in texts.clone() {
        if looks_english(text) {
            return pack("en");
        }
        // English is not among those that letters tell apart from others surely enough.
        let told = whatlang::detect(text).filter(whatlang::Info::is_reliable).map(|found| found.lang());
        match told.map(|lang| (lang, code(lang))) {
            Some((_, Some(code))) => return pack(code),
            Some((lang, None)) => is_another |= lang != Lang::Eng,
            None => {}
        }
    }
    if is_another { None } else { texts.into_iter().find_map(by_cues) }
}

/// Whether one word in eight is one of English's commonest.
fn looks_english(text: &str) -> bool {
    let (mut words, mut common) = (0usize, 0usize);
    for word in text.split_whitespace().take(LOOKED_AT) {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric());
        words += 1;
        common += usize::from(COMMONEST.iter().any(|english| plain.eq_ignore_ascii_case(english)));
    }
    words >= 4 && common * 8 >= words
}

/// The code of a language that its script and its groups of letters tell and that a pack reads.
fn code(lang: Lang) -> Option<&'static str> {
    Some(match lang {
        Lang::Rus => "ru",
        Lang::Spa => "es",
        Lang::Fra => "fr",
        Lang::Deu => "de",
        Lang::Por => "pt",
        Lang::Cmn => "zh",
        _ => return None,
    })
}

/// The pack whose cue phrases cover most words; of several English, then the first.
fn by_cues(text: &str) -> Option<&'static Pack> {
    let mut tokens = tokenize(text, 0);
    tokens.truncate(LOOKED_AT);
    let covered = |pack: &'static Pack| {
        let marks = pack.marks(&tokens);
        let names_metric = marks.iter().any(|mark| mark.cue.metric().is_some());
        let words = (0..tokens.len()).filter(|n| marks.iter().any(|mark| (mark.first..mark.after).contains(n)));
        names_metric.then(|| (words.count(), pack.code == "en", pack))
    };
    let most = packs().filter_map(covered).max_by_key(|(words, english, _)| (*words, *english));
    most.map(|(.., pack)| pack)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_code(text: &str) -> Option<&'static str> {
        told([text].into_iter()).map(|pack| pack.code)
    }

    #[test]
    fn short_notices_are_told_by_what_they_count() {
        for (text, expected) in [
            ("Kenya: 72,686 cases (+ 1,008), 1,302 deaths (+ 15), 50,658 recovered.", Some("en")),
            ("Norway counts 29 514 cases", Some("en")),
            ("Chile: 1.204 casos nuevos, 31 fallecidos", Some("es")),
            ("Bayern: 1.204 Neuinfektionen, 31 Todesfälle", Some("de")),
            ("Москва: 1204 случая заражения, 31 умерший", Some("ru")),
            ("上海新增确诊病例12例", Some("zh")),
            ("12, 15, 18", None),
            (
                "Wordt het morgen weer mooi weer in de straten van Utrecht, of blijft het nog een hele week regenen?",
                None,
            ),
        ] {
            assert_eq!(told_code(text), expected, "{text}");
        }
    }
}
