//! The words of a language for its values, from its file.
//!
//! In: the file of a language. Out: what each word means in each class, the names of money and measures, the phrases by
//! what they begin with. A file that cannot be read in full keeps what could be; a test reads every line.

use super::Context;
use super::phrases::Phrase;
use crate::extract::places;
use crate::extract::values::money::{self, Currency, Story};
use crate::language::Pack;
use crate::language::source::{self, Source};
use crate::language::tokens::{Token, TokenKind};
use regex::Regex;
use rustc_hash::FxHashMap;

/// One language.
#[derive(Default)]
pub(in crate::extract::values) struct Words {
    /// By word its classes, each with what it means there.
    classes: FxHashMap<&'static str, Vec<(&'static str, &'static str)>>,
    currencies: FxHashMap<&'static str, Currency>,
    /// By adjective the country.
    adjectives: FxHashMap<String, &'static str>,
    measures: FxHashMap<&'static str, &'static str>,
    points: FxHashMap<&'static str, &'static str>,
    /// Words between two values of a kind: "from 3 to 5".
    pub(super) links: Vec<&'static str>,
    of: Vec<&'static str>,
    clock: Option<Regex>,
    phrases: Vec<Phrase>,
    openers: FxHashMap<&'static str, Vec<usize>>,
}

static SOURCES: [Source<Words>; 5] = [
    Source::new("de", include_str!("../words/de.tsv")),
    Source::new("es", include_str!("../words/es.tsv")),
    Source::new("fr", include_str!("../words/fr.tsv")),
    Source::new("pt", include_str!("../words/pt.tsv")),
    Source::new("ru", include_str!("../words/ru.tsv")),
];

/// Most words of a name of money or of a measure.
const LONGEST: usize = 3;

impl Words {
    /// The words of a language, compiled when it is first met.
    pub(in crate::extract::values) fn of(code: &str) -> Option<&'static Self> {
        Some(source::of(&SOURCES, code)?.words(Self::read))
    }

    fn read(code: &str, text: &'static str) -> Self {
        let mut words = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let cells: Vec<&'static str> = line.split('\t').collect();
            words.row(&cells);
        }
        for (n, phrase) in words.phrases.iter().enumerate() {
            for opener in phrase.openers() {
                words.openers.entry(opener.trim_start_matches('+')).or_default().push(n);
            }
        }
        for row in places::names_of(code) {
            let (Some(country), Some(adjectives)) = (row.first().filter(|id| id.len() == 2), row.get(2)) else {
                continue;
            };
            let adjectives = adjectives.split(';').map(|word| word.to_lowercase().replace('ё', "е"));
            words.adjectives.extend(adjectives.map(|word| (word, *country)));
        }
        words
    }

    /// One line; false where it says nothing that is known.
    fn row(&mut self, cells: &[&'static str]) -> bool {
        match cells {
            ["currency", code, forms, rest @ ..] => {
                for form in forms.split(';') {
                    self.currencies.entry(form).or_insert_with(|| Currency::read(code, rest));
                }
            }
            ["measure", unit, forms] => self.measures.extend(forms.split(';').map(|form| (form, *unit))),
            ["points", unit, forms] => self.points.extend(forms.split(';').map(|form| (form, *unit))),
            ["link", _, forms] => self.links.extend(forms.split(';')),
            ["of", _, forms] => self.of.extend(forms.split(';').filter(|form| !form.is_empty())),
            ["clock", _, pattern] => {
                self.clock = Regex::new(pattern).ok();
                return self.clock.is_some();
            }
            [class, meaning, forms] => {
                for form in forms.split(';') {
                    self.classes.entry(form).or_default().push((class, meaning));
                }
            }
            [kind, pattern] => {
                let phrase = Phrase::read(kind, pattern);
                let known = phrase.is_some();
                self.phrases.extend(phrase);
                return known;
            }
            _ => return false,
        }
        true
    }

    /// What a word in lower case means in a class.
    pub(super) fn means(&self, word: &str, class: &str) -> Option<&'static str> {
        // Days by their place beside the story's are a class as well as a unit.
        let class = if class == "day0" { "day" } else { class };
        self.classes.get(word)?.iter().find(|(of, _)| *of == class).map(|(_, meaning)| *meaning)
    }

    /// The phrases that may begin at token `n`.
    pub(super) fn candidates<'w>(&'w self, context: &Context<'_, '_>, n: usize) -> Vec<&'w Phrase> {
        let Some(token) = context.tokens.get(n) else { return Vec::new() };
        let mut keys: Vec<&str> = vec![&token.lower];
        match token.kind {
            TokenKind::Number => keys.extend(["day", "yearnumber", "lateyear", "number", "decade", "hm"]),
            TokenKind::Word => {
                let classes = self.classes.get(token.lower.as_ref()).into_iter().flatten();
                keys.extend(classes.clone().map(|(class, _)| if *class == "day" { "day0" } else { *class }));
                keys.extend(classes.filter(|(class, _)| *class == "unit").map(|_| "span"));
                keys.extend(context.pack.month(&token.lower).into_iter().flat_map(|_| ["month", "monthname"]));
                keys.extend(context.pack.weekday(&token.lower).map(|_| "weekday"));
                keys.extend(context.pack.ordinal(&token.lower).map(|_| "ordinal"));
                keys.extend(token.capitalised().then_some("roman"));
            }
            TokenKind::Mark => {}
        }
        keys.extend(context.numeral(n).map(|_| "n"));
        let found = keys.into_iter().filter_map(|key| self.openers.get(key)).flatten();
        found.filter_map(|n| self.phrases.get(*n)).collect()
    }

    /// Whether a word stands between an amount and what it is of: "millones de euros".
    pub(super) fn is_of(&self, token: &Token<'_>) -> bool {
        self.of.iter().any(|of| token.is(of))
    }

    /// Times of day.
    pub(super) fn clocks(&self, text: &str) -> Vec<(usize, usize)> {
        self.clock.iter().flat_map(|clock| clock.find_iter(text)).map(|found| (found.start(), found.end())).collect()
    }

    pub(super) fn measure(&self, tokens: &[Token<'_>], n: usize) -> Option<(&'static str, usize)> {
        // "m" and "km" are written so, "M" is something else.
        let short = tokens.get(n).is_some_and(|token| token.text.chars().count() == 1 && token.capitalised());
        longest(&self.measures, tokens, n)
            .filter(|(_, after)| !(short && *after == n + 1))
            .map(|(unit, after)| (*unit, after))
    }

    pub(super) fn points(&self, tokens: &[Token<'_>], n: usize) -> Option<(&'static str, usize)> {
        longest(&self.points, tokens, n).map(|(unit, after)| (*unit, after))
    }

    /// The money whose name begins at token `n`, with the token behind it: "de euros", "francs CFA", "coronas suecas",
    /// "канадских долларов", "€".
    pub(super) fn currency(
        &self,
        pack: &Pack,
        tokens: &[Token<'_>],
        n: usize,
        story: Story<'_>,
    ) -> Option<((&'static str, f64), usize)> {
        let word = |n: usize| tokens.get(n).filter(|token| token.kind == TokenKind::Word);
        if let Some(mark) = tokens.get(n).filter(|token| token.kind == TokenKind::Mark) {
            return money::decide(mark.text, story).map(|money| (money, n + 1));
        }
        let mut n = n;
        if self.is_of(word(n)?) {
            n += 1;
            n += usize::from(tokens.get(n).is_some_and(|mark| matches!(mark.text, "'" | "’")));
        }
        let country = |n: usize| self.adjectives.get(word(n)?.lower.as_ref()).copied();
        let first = country(n);
        let at = n + usize::from(first.is_some());
        if let Some((currency, after)) = longest(&self.currencies, tokens, at) {
            let last = if first.is_none() { country(after) } else { None };
            let money = currency.of(first.or(last), story)?;
            let after = after + usize::from(last.is_some());
            let abbreviated = word(after - 1).is_some_and(|word| {
                pack.abbreviations.iter().any(|short| word.is(short)) || self.means(&word.lower, "short").is_some()
            });
            let dot = tokens.get(after).is_some_and(|dot| dot.is(".") && !dot.spaced);
            return Some((money, after + usize::from(abbreviated && dot)));
        }
        let code = word(n).filter(|code| code.text.len() == 3 && code.text.chars().all(char::is_uppercase))?;
        money::decide(&code.lower, story).map(|money| (money, n + 1))
    }
}

/// The longest name in a table that begins at token `n`.
fn longest<'w, T>(table: &'w FxHashMap<&'static str, T>, tokens: &[Token<'_>], n: usize) -> Option<(&'w T, usize)> {
    let mut name = String::new();
    let mut found = None;
    for (count, token) in tokens.iter().skip(n).take(LONGEST).enumerate() {
        if count > 0 {
            name.push(' ');
        }
        name.push_str(&token.lower);
        if let Some(known) = table.get(name.as_str()) {
            found = Some((known, n + count + 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_every_language_is_read() {
        for source in &SOURCES {
            let mut words = Words::default();
            for (n, line) in source.text.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
                let cells: Vec<&'static str> = line.split('\t').collect();
                assert!(words.row(&cells), "{}:{}: {line}", source.code, n + 1);
            }
            assert!(words.currencies.len() > 20 && words.phrases.len() > 30, "{}", source.code);
        }
    }
}
