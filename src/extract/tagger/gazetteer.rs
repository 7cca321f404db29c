//! What the tables know about the words of a sentence, as bits for the taggers.
//!
//! In: the words of a sentence. Out: for each word three bits a class: alone, begins, inside. What holds: matches of one
//! class do not overlap, the leftmost and then the longest wins, and a match never leaves its sentence. Spellings are
//! folded (case, diacritics); whether a match means what it says is for the tagger to learn, so nothing is guarded here.

use super::TAUGHT;
use crate::extract::ENGLISH;
use crate::extract::entities::hash::{Filter, step};
use crate::extract::entities::knowledge::{rows, words};
use crate::extract::entities::token::{self, Case, Token};
use crate::extract::places::names_of;
use crate::language;
use std::collections::HashMap;
use std::sync::OnceLock;

/// How many classes there are.
pub(in crate::extract) const CLASSES: usize = 21;

/// Number of a class; its bits start at three times that.
pub(in crate::extract) mod class {
    pub(in crate::extract) const COUNTRY: usize = 0;
    pub(in crate::extract) const DEMONYM: usize = 1;
    pub(in crate::extract) const BIG_CITY: usize = 2;
    pub(in crate::extract) const CITY: usize = 3;
    pub(in crate::extract) const TOWN: usize = 4;
    pub(in crate::extract) const REGION: usize = 5;
    pub(in crate::extract) const PERSON: usize = 6;
    pub(in crate::extract) const ORGANISATION: usize = 7;
    pub(in crate::extract) const OTHER: usize = 8;
    pub(in crate::extract) const FIRST_NAME: usize = 9;
    pub(in crate::extract) const SURNAME: usize = 10;
    pub(in crate::extract) const TITLE: usize = 11;
    pub(in crate::extract) const ORGANISATION_WORD: usize = 12;
    pub(in crate::extract) const FACILITY_WORD: usize = 13;
    pub(in crate::extract) const PLACE_WORD: usize = 14;
    pub(in crate::extract) const EVENT_WORD: usize = 15;
    pub(in crate::extract) const ROLE: usize = 16;
    pub(in crate::extract) const MONTH: usize = 17;
    pub(in crate::extract) const OTHER_WORD: usize = 18;
    pub(in crate::extract) const ACRONYM: usize = 19;
    pub(in crate::extract) const COMMON: usize = 20;
}

/// The match is this word alone.
pub(in crate::extract) const SINGLE: u64 = 1;
/// A longer match begins here.
pub(in crate::extract) const BEGIN: u64 = 2;
/// It goes on here.
pub(in crate::extract) const INSIDE: u64 = 4;

/// Classes of names: their first word is never in lower case.
const NAMES: u32 = (1 << class::FIRST_NAME) - 1;
/// The longest phrase that is looked for, in words.
const LONGEST: usize = 6;
/// A city of this size is a big one.
const BIG: u64 = 1_000_000;

/// A phrase, or the beginning of one, by the hash of its words.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    /// 0 when empty.
    key: u64,
    /// Classes that have this phrase.
    ends: u32,
    /// Classes that have a longer one which begins so.
    goes: u32,
}

/// The tables of each language that the taggers read, compiled when they are first asked for.
#[derive(Debug, Default)]
pub(in crate::extract) struct Gazetteers([OnceLock<Gazetteer>; TAUGHT.len()]);

impl Gazetteers {
    /// Those of a language; English ones for one that is not read.
    pub(in crate::extract) fn of(&self, language: &str) -> &Gazetteer {
        let [english, ..] = &self.0;
        let read = TAUGHT.into_iter().zip(&self.0).find(|(taught, _)| *taught == language);
        let (language, tables) = read.unwrap_or((ENGLISH, english));
        tables.get_or_init(|| Gazetteer::new(language))
    }
}

/// The tables of one language, compiled for lookup.
#[derive(Debug)]
pub(in crate::extract) struct Gazetteer {
    /// Open addressing, a power of two long.
    slots: Vec<Slot>,
    /// The first words of classes that take words in lower case: most words are in none.
    lower: Filter,
}

impl Gazetteer {
    /// Compiles the tables, with what is known of the names of a language other than English.
    pub(in crate::extract) fn new(language: &str) -> Self {
        let mut phrases: HashMap<u64, (u32, u32)> = HashMap::with_capacity(60_000);
        let mut lower = Filter::default();
        let mut add = |class: usize, name: &str| {
            let tokens = token::tokens(name, crate::model::Field::Body);
            if tokens.is_empty() || tokens.len() > LONGEST {
                return;
            }
            let mut state = 0;
            for (n, token) in tokens.iter().enumerate() {
                let hash = token.folded;
                state = step(state, hash);
                let (ends, goes) = phrases.entry(state).or_default();
                if n + 1 == tokens.len() {
                    *ends |= 1 << class;
                } else {
                    *goes |= 1 << class;
                }
                if n == 0 && class >= class::FIRST_NAME {
                    lower.add(hash);
                }
            }
        };
        fill(&mut add);
        fill_foreign(language, &mut add);
        let mut gazetteer = Self { slots: vec![Slot::default(); (phrases.len() * 2).next_power_of_two()], lower };
        for (key, (ends, goes)) in phrases {
            gazetteer.insert(Slot { key, ends, goes });
        }
        gazetteer
    }

    fn insert(&mut self, slot: Slot) {
        let mask = self.slots.len() - 1;
        let mut at = home(slot.key) & mask;
        while let Some(place) = self.slots.get_mut(at) {
            if place.key == 0 {
                *place = slot;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// Classes that end and go on after these words.
    fn at(&self, key: u64) -> (u32, u32) {
        let mask = self.slots.len() - 1;
        let mut at = home(key) & mask;
        while let Some(slot) = self.slots.get(at) {
            if slot.key == key {
                return (slot.ends, slot.goes);
            }
            if slot.key == 0 {
                break;
            }
            at = (at + 1) & mask;
        }
        (0, 0)
    }

    /// The bits of each word of one sentence: `bits` is made as long as `words`.
    pub(in crate::extract) fn mark(&self, words: &[Token<'_>], bits: &mut Vec<u64>) {
        bits.clear();
        bits.resize(words.len(), 0);
        // Where the last match of each class ends.
        let mut free = [0usize; CLASSES];
        for (at, word) in words.iter().enumerate() {
            let allowed = if word.case == Case::Lower {
                if !self.lower.may_have(word.folded) {
                    continue;
                }
                !NAMES
            } else {
                u32::MAX
            };
            let mut ends = [0u32; LONGEST];
            let (mut state, mut any, mut longest) = (0, 0, 0);
            for (n, (end, word)) in ends.iter_mut().zip(words.get(at..).unwrap_or_default()).enumerate() {
                state = step(state, word.folded);
                let (found, goes) = self.at(state);
                *end = found & allowed;
                if *end != 0 {
                    any |= *end;
                    longest = n + 1;
                }
                if goes & allowed == 0 {
                    break;
                }
            }
            // Not the classes whose last match reaches over this word.
            any = classes(any).filter(|class| free[*class] <= at).fold(0, |free, class| free | 1 << class);
            for (n, end) in ends.iter().enumerate().take(longest).rev() {
                let here = end & any;
                any &= !here;
                for class in classes(here) {
                    free[class] = at + n + 1;
                    let mut part = if n == 0 { SINGLE } else { BEGIN };
                    for bits in bits.iter_mut().skip(at).take(n + 1) {
                        *bits |= part << (3 * class);
                        part = INSIDE;
                    }
                }
            }
        }
    }

    /// The bits of all tokens of a text.
    pub(in crate::extract) fn bits(&self, tokens: &[Token<'_>]) -> Vec<u64> {
        let mut all = Vec::with_capacity(tokens.len());
        let mut bits = Vec::new();
        for sentence in tokens.chunk_by(|left, right| left.sentence == right.sentence) {
            self.mark(sentence, &mut bits);
            all.extend_from_slice(&bits);
        }
        all
    }
}

/// The numbers of the classes in a set of them.
#[inline]
fn classes(mut set: u32) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let class = set.trailing_zeros() as usize;
        set &= set.wrapping_sub(1);
        (class < CLASSES).then_some(class)
    })
}

fn home(key: u64) -> usize {
    (key >> 20) as usize
}

/// Gives every phrase of every table with its class.
fn fill(give: &mut impl FnMut(usize, &str)) {
    let mut names = |class: usize, row: &[&'static str], columns: &[usize]| {
        let cells = columns.iter().filter_map(|column| row.get(*column));
        for name in cells.flat_map(|cell| cell.split(';')).map(str::trim).filter(|name| !name.is_empty()) {
            give(class, name);
        }
    };
    for row in rows(include_str!("../places/countries.tsv")) {
        names(class::COUNTRY, &row, &[2, 3]);
        names(class::DEMONYM, &row, &[4, 5]);
    }
    for row in rows(include_str!("../places/regions.tsv")).filter(|row| row.get(2) != Some(&"world")) {
        names(class::REGION, &row, &[1, 3]);
        names(class::DEMONYM, &row, &[4, 5]);
    }
    for row in rows(include_str!("../places/subdivisions.tsv")) {
        names(class::REGION, &row, &[1, 2]);
        names(class::DEMONYM, &row, &[3, 4]);
    }
    for row in rows(include_str!("../places/cities.tsv")) {
        names(city(&row), &row, &[1, 8]);
    }
    for row in rows(include_str!("../places/towns.tsv")) {
        names(class::TOWN, &row, &[1, 5]);
    }
    for row in rows(include_str!("../places/areas.tsv")) {
        names(class::REGION, &row, &[0, 2]);
    }
    for row in rows(include_str!("../entities/tables/places.tsv")) {
        names(class::REGION, &row, &[0, 2]);
    }
    for row in rows(include_str!("../entities/tables/persons.tsv")) {
        names(class::PERSON, &row, &[0, 3, 4]);
    }
    for row in rows(include_str!("../entities/tables/organisations.tsv")) {
        names(class::ORGANISATION, &row, &[0, 2]);
    }
    for row in rows(include_str!("../entities/tables/others.tsv")) {
        names(class::OTHER, &row, &[1, 3]);
    }
    // How else the name of a place is written.
    for (table, column, class) in [
        (include_str!("../places/countries.tsv"), 2, Some(class::COUNTRY)),
        (include_str!("../places/subdivisions.tsv"), 1, Some(class::REGION)),
        (include_str!("../places/cities.tsv"), 1, None),
        (include_str!("../places/areas.tsv"), 0, Some(class::REGION)),
    ] {
        for row in rows(table) {
            let name = row.get(column).copied().unwrap_or_default();
            let class = class.unwrap_or_else(|| city(&row));
            if let Some(rest) = name.strip_prefix("Saint ") {
                give(class, &format!("St {rest}"));
            }
            if name.contains(['\'', '’', 'ʻ']) {
                give(class, &name.replace(['\'', '’', 'ʻ'], ""));
            }
        }
    }
    words(include_str!("../entities/tables/first-names.txt")).for_each(|name| give(class::FIRST_NAME, name));
    words(include_str!("../entities/tables/surnames.txt"))
        .filter(|name| *name != "first:")
        .for_each(|name| give(class::SURNAME, name));
    words(include_str!("../entities/tables/common-words.txt")).for_each(|word| give(class::COMMON, word));
    for row in rows(include_str!("../entities/tables/words.tsv")) {
        let [name, words] = row.as_slice() else { continue };
        let class = match *name {
            "title" => class::TITLE,
            "organisation" | "organisation-of" => class::ORGANISATION_WORD,
            "facility" => class::FACILITY_WORD,
            "place" | "place-of" => class::PLACE_WORD,
            "event" | "work" => class::EVENT_WORD,
            "role" | "business" | "employee" => class::ROLE,
            "month" => class::MONTH,
            "other" => class::OTHER_WORD,
            "acronym" => class::ACRONYM,
            _ => continue,
        };
        words.split('|').for_each(|word| give(class, word));
    }
}

/// Gives what a language other than English has of its own: names of places and titles.
fn fill_foreign(language: &str, give: &mut impl FnMut(usize, &str)) {
    for row in names_of(language) {
        let [id, lists @ ..] = row.as_slice() else { continue };
        let place = match id.len() {
            2 => class::COUNTRY,
            _ if id.starts_with("geonames:") => class::CITY,
            _ => class::REGION,
        };
        for (list, class) in lists.iter().zip([place, class::DEMONYM, class::DEMONYM]) {
            list.split(';').map(str::trim).filter(|name| !name.is_empty()).for_each(|name| give(class, name));
        }
    }
    let titles = language::pack(language).filter(|pack| pack.code != ENGLISH).map(|pack| pack.titles.as_slice());
    titles.unwrap_or_default().iter().for_each(|title| give(class::TITLE, title));
}

/// The class of a row of `cities.tsv`.
fn city(row: &[&str]) -> usize {
    let population: u64 = row.get(4).and_then(|cell| cell.parse().ok()).unwrap_or(0);
    if row.get(7) == Some(&"capital") || population >= BIG { class::BIG_CITY } else { class::CITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, class: usize, expected: &[&str]) {
        let tokens = token::tokens(text, crate::model::Field::Body);
        let found: Vec<String> = tokens
            .iter()
            .zip(Gazetteer::new(ENGLISH).bits(&tokens))
            .filter_map(|(token, bits)| {
                let part = bits >> (3 * class) & 7;
                (part != 0).then(|| format!("{}{}", [".", "s", "b", "?", "i"][part as usize % 5], token.text))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_longest_phrase_of_a_class_wins_and_matches_do_not_overlap() {
        check("in New York and NEW YORK City", class::BIG_CITY, &["bNew", "iYork", "bNEW", "iYORK", "iCity"]);
        check("the U.N. Security Council met", class::ORGANISATION, &["bU.N.", "iSecurity", "iCouncil"]);
        check(
            "Prime Minister Deputy Prime Minister",
            class::TITLE,
            &["bPrime", "iMinister", "bDeputy", "iPrime", "iMinister"],
        );
    }

    #[test]
    fn names_need_a_capital_and_words_do_not() {
        check("turkey and Turkey", class::COUNTRY, &["sTurkey"]);
        check("The president met", class::ROLE, &["spresident"]);
        check(
            "São Paulo, SAO PAULO, Sao Paulo",
            class::BIG_CITY,
            &["bSão", "iPaulo", "bSAO", "iPAULO", "bSao", "iPaulo"],
        );
    }

    #[test]
    fn a_match_stays_in_its_sentence() {
        check("He went to South. Africa is big.", class::COUNTRY, &[]);
    }
}
