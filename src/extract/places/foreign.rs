//! Names of places in languages other than English.
//!
//! In: text and its language. Out: [`PlaceMatch`]es as from [`Places::find`]. What holds: a name written with a capital in
//! the table needs one in the text, one written without (an adjective, in most languages) holds in both; in languages of
//! the Latin script a city or division that has no name of its own there keeps its English one. A language is a table
//! `names/<code>.tsv`: the place's id, its names, adjectives and peoples, each a list with `;` between, inflected forms
//! included. Chinese is matched by characters, the others by words.

use super::find::{Word, spelled, words};
use super::table::{Sense, fold, fold_phrase, rank, rows, sense};
use super::{Place, PlaceForm, PlaceMatch, Places};
use crate::model::PlaceKind;
use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;
use std::sync::OnceLock;

/// How the words of a language are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    /// By their letters, with English names of cities as a fallback.
    Latin,
    /// By their letters.
    Letters,
    /// There is no space between words.
    Characters,
}

/// A language's table.
pub(super) struct Table {
    code: &'static str,
    script: Script,
    text: &'static str,
    names: OnceLock<Names>,
}

/// The languages there are.
const LANGUAGES: [(&str, Script, &str); 6] = [
    ("de", Script::Latin, include_str!("names/de.tsv")),
    ("es", Script::Latin, include_str!("names/es.tsv")),
    ("fr", Script::Latin, include_str!("names/fr.tsv")),
    ("pt", Script::Latin, include_str!("names/pt.tsv")),
    ("ru", Script::Letters, include_str!("names/ru.tsv")),
    ("zh", Script::Characters, include_str!("names/zh.tsv")),
];

/// Their tables, not yet compiled.
pub(super) fn tables() -> Vec<Table> {
    LANGUAGES.map(|(code, script, text)| Table { code, script, text, names: OnceLock::new() }).into()
}

/// The rows of a language's table: id, names, adjectives, peoples.
pub(in crate::extract) fn names_of(language: &str) -> impl Iterator<Item = Vec<&'static str>> {
    let table = LANGUAGES.iter().find(|(code, _, _)| *code == language);
    table.into_iter().flat_map(|(_, _, text)| rows(text))
}

/// The names of one language, compiled.
#[derive(Default)]
struct Names {
    /// Folded name to what it can mean, likeliest first.
    senses: FxHashMap<Box<str>, Vec<Sense>>,
    /// First word of a name to the most words that a name beginning with it has.
    first_words: FxHashMap<Box<str>, usize>,
    /// All names at once, for scripts without spaces, and what each means.
    characters: Option<(AhoCorasick, Vec<Vec<Sense>>)>,
}

impl Names {
    fn load(places: &Places, table: &Table) -> Self {
        let mut names = Self::default();
        let mut written: Vec<&'static str> = Vec::new();
        for row in rows(table.text) {
            // A test names rows whose place is unknown.
            let Some(place) = row.first().and_then(|id| places.index(id)) else { continue };
            let forms = [PlaceForm::Name, PlaceForm::Demonym, PlaceForm::People];
            for (list, form) in row.iter().skip(1).zip(forms) {
                for name in list.split(';').map(str::trim).filter(|name| !name.is_empty()) {
                    let senses = match table.script {
                        Script::Characters => {
                            written.push(name);
                            names.senses.entry(name.into()).or_default()
                        }
                        _ => {
                            let key = fold_phrase(name);
                            let (first, count) = (key.split(' ').next().unwrap_or_default(), key.split(' ').count());
                            let most = names.first_words.entry(first.into()).or_default();
                            *most = count.max(*most);
                            names.senses.entry(key.into()).or_default()
                        }
                    };
                    // "Тульской" of a list is the region's name, "тульской" its adjective.
                    let new = sense(name, place, form);
                    if senses.iter().all(|sense| sense.place != place || sense.capitals > new.capitals) {
                        senses.push(new);
                    }
                }
            }
        }
        names.senses.values_mut().for_each(|senses| senses.sort_by_key(|sense| rank(places, sense)));
        if table.script == Script::Characters {
            written.sort_unstable();
            written.dedup();
            let automaton = AhoCorasick::new(&written).ok();
            let meanings = written.iter().map(|name| names.senses.get(*name).cloned().unwrap_or_default()).collect();
            names.characters = automaton.map(|automaton| (automaton, meanings));
        }
        names
    }
}

impl Places {
    /// Every place named in a text of this language (`en`, `ru` …), in order.
    pub(crate) fn find_in<'p>(&'p self, language: &str, text: &str) -> Vec<PlaceMatch<'p>> {
        let mut matches = self.possible_in(language, text);
        let mut end = 0;
        matches.retain(|found| {
            let apart = found.start >= end;
            if apart {
                end = found.end;
            }
            apart
        });
        matches
    }

    /// The same, but where there is no space between words also those that begin within another: "其中东京都" has a Middle
    /// East and a Tokyo, of which only who knows where words end can choose.
    pub(crate) fn possible_in<'p>(&'p self, language: &str, text: &str) -> Vec<PlaceMatch<'p>> {
        let Some((table, names)) = self.names_of(language) else { return self.find(text) };
        match &names.characters {
            Some((automaton, meanings)) => {
                let mut matches: Vec<PlaceMatch<'p>> = automaton
                    .find_overlapping_iter(text)
                    .filter_map(|found| {
                        let senses = meanings.get(found.pattern().as_usize())?;
                        self.matched(found.start(), found.end(), senses.iter())
                    })
                    .collect();
                // Of those that begin together the longest.
                matches.sort_by_key(|found| (found.start, usize::MAX - found.end));
                matches.dedup_by_key(|found| found.start);
                matches
            }
            None => {
                let words = words(text);
                let mut matches = Vec::new();
                let mut n = 0;
                while n < words.len() {
                    match self.longest(table, names, text, &words, n) {
                        Some((found, used)) => {
                            matches.push(found);
                            n += used;
                        }
                        None => n += 1,
                    }
                }
                matches
            }
        }
    }

    /// The place that `name` means in this language; `country` (alpha-2) decides between namesakes.
    pub(crate) fn resolve_in(&self, language: &str, name: &str, country: Option<&str>) -> Option<&Place> {
        let own = self
            .names_of(language)
            .and_then(|(_, names)| names.senses.get(name).or_else(|| names.senses.get(fold_phrase(name).as_str())));
        let Some(senses) = own else { return self.resolve(name, country) };
        let places = || senses.iter().filter_map(|sense| self.place(sense));
        country
            .and_then(|country| places().find(|place| place.iso2.as_deref() == Some(country)))
            .or_else(|| places().next())
    }

    fn names_of(&self, language: &str) -> Option<(&Table, &Names)> {
        let table = self.tables.iter().find(|table| table.code == language)?;
        Some((table, table.names.get_or_init(|| Names::load(self, table))))
    }

    fn matched<'p, 's>(
        &'p self,
        start: usize,
        end: usize,
        senses: impl Iterator<Item = &'s Sense>,
    ) -> Option<PlaceMatch<'p>> {
        let mut form = None;
        let candidates: Vec<&Place> = senses
            .filter_map(|sense| {
                form = form.or(Some(sense.form));
                self.place(sense)
            })
            .collect();
        Some(PlaceMatch { start, end, form: form?, possessive: false, candidates })
    }

    /// The longest name that begins with word `n`, and how many words it has.
    fn longest<'p>(
        &'p self,
        table: &Table,
        names: &Names,
        text: &str,
        words: &[Word<'_>],
        n: usize,
    ) -> Option<(PlaceMatch<'p>, usize)> {
        let first = words.get(n)?;
        let mut folded = String::new();
        fold(first.text, &mut folded);
        let own = names.first_words.get(folded.as_str()).copied().unwrap_or(0);
        let english = match table.script {
            Script::Latin => self.first_words.get(folded.as_str()).map_or(0, |most| usize::from(*most)),
            _ => 0,
        };
        let mut ends = vec![folded.len()];
        for step in 1..own.max(english) {
            let (Some(before), Some(word)) = (words.get(n + step - 1), words.get(n + step)) else { break };
            // "EE. UU.", "EE.UU.": dots within an abbreviation only.
            let short = before.text.chars().count() <= 2;
            match text.get(before.end..word.start) {
                Some(" " | "-" | "'" | "’" | "\u{a0}" | "‐" | "–") => {}
                Some("." | ". ") if short => {}
                _ => break,
            }
            folded.push(' ');
            fold(word.text, &mut folded);
            ends.push(folded.len());
        }
        for count in (1..=ends.len()).rev() {
            let Some(name) = ends.get(count - 1).and_then(|end| folded.get(..*end)) else { continue };
            let used = words.get(n..n + count)?;
            let end = used.last()?.end;
            let own = names.senses.get(name).into_iter().flatten().filter(|sense| spelled(sense, used));
            let english = self.names.get(name).filter(|_| count <= english && !self.guarded.contains_key(name));
            let english =
                english.into_iter().flatten().filter(|sense| spelled(sense, used) && self.is_known_abroad(sense));
            let found = self.matched(first.start, end, own).or_else(|| self.matched(first.start, end, english));
            if let Some(found) = found {
                return Some((found, count));
            }
        }
        None
    }

    /// Whether other languages write this English name as it is: cities and divisions, not countries and nationalities.
    fn is_known_abroad(&self, sense: &Sense) -> bool {
        sense.form == PlaceForm::Name
            && self.place(sense).is_some_and(|place| match place.kind {
                PlaceKind::City => place.capital || place.population >= CITY,
                PlaceKind::Subdivision => true,
                _ => false,
            })
    }
}

/// Smaller cities share their names with too many persons and words of other languages.
const CITY: u64 = 150_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(language: &str, text: &str, expected: &[(&str, &str)]) {
        let places = Places::new();
        let found = places.find_in(language, text);
        let found: Vec<_> =
            found.iter().map(|found| (text.get(found.start..found.end).unwrap(), found.place().id.as_str())).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn every_row_names_a_place_that_there_is() {
        let places = Places::new();
        for table in tables() {
            for row in rows(table.text) {
                assert!(places.by_id(row[0]).is_some(), "{}: {row:?}", table.code);
            }
        }
    }

    #[test]
    fn names_adjectives_and_cities_are_found_in_other_languages() {
        check("ru", "Испания помогла", &[("Испания", "ES")]);
        check("es", "entre Francia y Lima", &[("Francia", "FR"), ("Lima", "geonames:3936456")]);
        check("zh", "中国新增", &[("中国", "CN")]);
    }
}
