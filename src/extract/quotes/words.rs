//! The words of a language for speech, from its file.
//!
//! In: `words/CODE.tsv`, a class of words a line. Out: [`Words`]. What holds: words are in lower case, as tokens read; a
//! phrase is the tokens that it is made of.

use super::indirect;
use crate::extract::entities::hash::{self, Numbers};
use crate::extract::tagger;
use crate::language::sieve::Sieved;
use crate::language::source::{self, Source};
use crate::language::tokens::{Token, tokenize};
use rustc_hash::FxHashSet;

/// One language.
#[derive(Default)]
pub(super) struct Words {
    pub(super) code: &'static str,
    /// Words that attribute speech, also where a clause follows them without marks: "said".
    tell: Sieved<()>,
    /// The numbers of those, and of what else may tell a clause.
    telling: Numbers,
    /// Words that attribute only what stands in marks: "asked".
    quote: FxHashSet<&'static str>,
    he: FxHashSet<&'static str>,
    she: FxHashSet<&'static str>,
    /// What joins a clause to its verb: "that".
    that: FxHashSet<&'static str>,
    /// Before whom a clause comes from: "selon", "по словам".
    pub(super) source: Phrases,
    /// Behind whom it comes from: "zufolge".
    pub(super) behind: Phrases,
    /// The same with who was told of last within: "по его словам".
    pub(super) back: Phrases,
    /// Whom it comes from and the word before in one: "nach Polizeiangaben".
    pub(super) alone: Phrases,
    /// Before a clause that only attributes: "как сообщили в МЧС".
    pub(super) as_: Phrases,
    /// Auxiliaries, pronouns and adverbs that may stand between a clause or a quotation and its verb.
    small: FxHashSet<&'static str>,
    not: FxHashSet<&'static str>,
    /// What makes a participle passive: "été".
    passive: FxHashSet<&'static str>,
    /// Verbs that show speech by themselves: "sei".
    subjunctive: FxHashSet<&'static str>,
    /// Parts of nouns of those who speak and are no names.
    pub(super) speaker: Vec<&'static str>,
    /// Parts of those nouns that speak for a body whose name follows.
    voice: Vec<&'static str>,
    /// Nouns by which a text calls again whoever spoke before.
    epithet: FxHashSet<&'static str>,
    /// Articles of somebody who was not spoken of before.
    some: FxHashSet<&'static str>,
    /// How what is no speaker begins, behind a verb: "en una entrevista".
    pub(super) aside: Phrases,
    /// What ends the stretch that may hold the speaker: "tras reunirse con …".
    pub(super) cut: Phrases,
    /// What stands before the name of a work or a place in marks.
    pub(super) titled: Vec<&'static str>,
    /// Speech is set off by dashes too.
    pub(super) dash: bool,
    /// The author speaks between commas within the marks.
    pub(super) comma: bool,
    /// People are tagged in this language.
    pub(super) tagged: bool,
    /// A verb without a subject goes on with whoever spoke before.
    pub(super) drop: bool,
    /// Nouns are written with a capital.
    pub(super) nouns: bool,
    /// The verb follows the first phrase, without a comma between: "Laut Polizei war niemand verletzt".
    pub(super) verb_second: bool,
}

/// Phrases, each the lower case of its tokens, the longest first.
#[derive(Default)]
pub(super) struct Phrases(Vec<Vec<String>>);

impl Phrases {
    fn of(forms: std::str::Split<'static, char>) -> Self {
        let phrase = |form| tokenize(form, 0).iter().map(|token| token.lower.to_string()).collect();
        let mut phrases: Vec<Vec<String>> = forms.map(phrase).collect();
        phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
        Self(phrases)
    }

    /// How many tokens at `at` are one of them, the longest that fits.
    pub(super) fn length_at(&self, tokens: &[Token<'_>], at: usize) -> Option<usize> {
        let rest = tokens.get(at..)?;
        let fits = |phrase: &&Vec<String>| {
            rest.len() >= phrase.len() && phrase.iter().zip(rest).all(|(word, token)| token.lower == word.as_str())
        };
        self.0.iter().find(fits).map(Vec::len)
    }
}

static SOURCES: [Source<Words>; 6] = [
    Source::new("en", include_str!("words/en.tsv")),
    Source::new("de", include_str!("words/de.tsv")),
    Source::new("es", include_str!("words/es.tsv")),
    Source::new("fr", include_str!("words/fr.tsv")),
    Source::new("pt", include_str!("words/pt.tsv")),
    Source::new("ru", include_str!("words/ru.tsv")),
];

impl Words {
    /// The words of a language, compiled when it is first met.
    pub(super) fn of(code: &str) -> Option<&'static Self> {
        Some(source::of(&SOURCES, code)?.words(Self::read))
    }

    fn read(code: &'static str, text: &'static str) -> Self {
        let mut words = Self { code, tagged: tagger::reads(code), ..Self::default() };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let known = line.split_once('\t').is_some_and(|(class, forms)| words.row(class, forms));
            debug_assert!(known, "{code}: {line}");
        }
        words
    }

    /// Takes up one line; whether its class is known.
    fn row(&mut self, class: &str, forms: &'static str) -> bool {
        let forms = forms.split(';');
        match class {
            "tell" => {
                self.telling = forms.clone().chain(indirect::others()).map(hash::folded).collect();
                self.tell = forms.collect();
            }
            "quote" => self.quote.extend(forms),
            "he" => self.he.extend(forms),
            "she" => self.she.extend(forms),
            "that" => self.that.extend(forms),
            "source" => self.source = Phrases::of(forms),
            "behind" => self.behind = Phrases::of(forms),
            "back" => self.back = Phrases::of(forms),
            "alone" => self.alone = Phrases::of(forms),
            "as" => self.as_ = Phrases::of(forms),
            "small" => self.small.extend(forms.flat_map(str::split_whitespace)),
            "not" => self.not.extend(forms),
            "passive" => self.passive.extend(forms),
            "subjunctive" => self.subjunctive.extend(forms),
            "speaker" => self.speaker.extend(forms),
            "voice" => self.voice.extend(forms),
            "epithet" => self.epithet.extend(forms),
            "some" => self.some.extend(forms),
            "aside" => self.aside = Phrases::of(forms),
            "cut" => self.cut = Phrases::of(forms),
            "titled" => self.titled.extend(forms),
            "style" => {
                for style in forms {
                    match style {
                        "dash" => self.dash = true,
                        "comma" => self.comma = true,
                        "drop" => self.drop = true,
                        "nouns" => self.nouns = true,
                        "verbsecond" => self.verb_second = true,
                        _ => return false,
                    }
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn tells(&self, token: &Token<'_>) -> bool {
        self.tell.contains(token.lower.as_ref())
    }

    /// Whether one of the words of a sentence, by their numbers, does.
    pub(super) fn may_tell(&self, mut words: impl Iterator<Item = u64>) -> bool {
        words.any(|word| self.telling.contains(&word))
    }

    /// Whether a word attributes what stands in marks.
    pub(super) fn is_cue(&self, token: &Token<'_>) -> bool {
        self.tells(token) || self.quote.contains(token.lower.as_ref())
    }

    /// Whether a text ends in a word that attributes, or in one that joins a clause to it.
    pub(super) fn end_of_cue(&self, text: &str) -> bool {
        let word = text.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_lowercase();
        let word = word.as_str();
        self.tell.contains(word) || self.quote.contains(word) || self.that.contains(word)
    }

    pub(super) fn is_that(&self, token: &Token<'_>) -> bool {
        self.that.contains(token.lower.as_ref())
    }

    pub(super) fn is_small(&self, token: &Token<'_>) -> bool {
        self.small.contains(token.lower.as_ref())
    }

    pub(super) fn denies(&self, token: &Token<'_>) -> bool {
        self.not.contains(token.lower.as_ref())
    }

    pub(super) fn is_passive(&self, token: &Token<'_>) -> bool {
        self.passive.contains(token.lower.as_ref())
    }

    pub(super) fn is_subjunctive(&self, token: &Token<'_>) -> bool {
        self.subjunctive.contains(token.lower.as_ref())
    }

    /// Whether a noun calls a speaker again, also as the end of a compound where nouns are compounds.
    pub(super) fn is_epithet(&self, word: &str) -> bool {
        self.epithet.contains(word) || self.nouns && self.epithet.iter().any(|noun| word.ends_with(noun))
    }

    pub(super) fn is_indefinite(&self, word: &str) -> bool {
        self.some.contains(word)
    }

    /// Whether a pronoun means a woman; nothing for other words.
    pub(super) fn woman(&self, token: &Token<'_>) -> Option<bool> {
        let word = token.lower.as_ref();
        self.she.contains(word).then_some(true).or(self.he.contains(word).then_some(false))
    }

    /// Whether a phrase speaks for a body rather than being it.
    pub(super) fn is_voice(&self, phrase: &str) -> bool {
        let lower = phrase.to_lowercase();
        self.voice.iter().any(|voice| lower.contains(voice))
    }

    /// Whether a phrase without a name is somebody who speaks.
    pub(super) fn is_speaker(&self, phrase: &str) -> bool {
        let lower = phrase.to_lowercase();
        let begins = |word: &str| self.speaker.iter().any(|noun| word.starts_with(noun));
        if self.code == crate::extract::ENGLISH || self.nouns {
            // Nouns are compounds: "Verkehrsminister".
            return self.speaker.iter().any(|noun| lower.contains(noun));
        }
        lower.split(|c: char| !c.is_alphanumeric()).any(begins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_file_is_read() {
        for Source { code, text, .. } in &SOURCES {
            let mut words = Words::default();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                let (class, forms) = line.split_once('\t').unwrap();
                assert!(words.row(class, forms), "{code}: {line}");
                assert!(
                    forms.split(';').all(|form| form == form.to_lowercase() && form.trim() == form),
                    "{code}: {line}"
                );
            }
        }
    }
}
