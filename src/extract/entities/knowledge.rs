//! What is known before a story is read: the tables, compiled for lookup.
//!
//! In: the TSV files under `tables/`. Out: [`Knowledge`], with exact-case phrase lookup over tokens.
//! Names are folded (case, diacritics) for lookup and their capitals are checked afterwards, so that "who" is not the
//! World Health Organization and a headline in capitals still is read.

use super::hash::{self, Filter, Numbered, Numbers, folded, step};
use super::token::{Case, Token};
use crate::extract::gazetteer::Row;
use crate::model::EntityType;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;

/// Of our own tables, or of an operator's.
type Text = Cow<'static, str>;

/// Something that the tables know.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) kind: EntityType,
    pub(super) name: Text,
    pub(super) country: Option<Text>,
    /// A person's office as a role noun.
    pub(super) office: Option<Text>,
    /// GeoNames id, of places.
    pub(super) geonames: Option<Text>,
    /// Wikidata id.
    pub(super) wikidata: Option<Text>,
}

/// One way to write something known.
struct Spelling {
    known: usize,
    /// Which words must have a capital.
    capitals: u32,
    /// An abbreviation: all capitals, exactly.
    exact: Option<Box<str>>,
    /// A part of the name that stands for the whole: "Putin".
    part: bool,
}

/// A phrase found at a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Phrase {
    pub(super) known: usize,
    /// How many tokens.
    pub(super) length: usize,
    pub(super) part: bool,
    pub(super) acronym: bool,
}

/// All tables.
pub(super) struct Knowledge {
    pub(super) known: Vec<Known>,
    /// Folded canonical name to what it is.
    by_name: FxHashMap<Box<str>, Vec<usize>>,
    /// Numbers of the words of a phrase, one after the other.
    phrases: Numbered<Vec<Spelling>>,
    /// First word of a phrase to the longest phrase that starts with it.
    longest: Numbered<usize>,
    /// First words of the names of diseases.
    diseases: Filter,
    titles: Numbers,
    /// First words of titles: no other word is looked at twice.
    first_of_titles: Numbers,
    first_names: Numbers,
    surnames_first: Numbers,
}

/// Lower case without diacritics.
pub(in crate::extract) fn fold(word: &str) -> String {
    let mut folded = String::with_capacity(word.len());
    fold_onto(word, &mut folded);
    folded
}

/// The same, put behind what there is.
pub(super) fn fold_onto(word: &str, out: &mut String) {
    if word.is_ascii() {
        let start = out.len();
        out.push_str(word);
        if let Some(added) = out.get_mut(start..) {
            added.make_ascii_lowercase();
        }
        return;
    }
    let folded = word
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| match c {
            'ł' => 'l',
            'Ł' => 'L',
            'ø' => 'o',
            'Ø' => 'O',
            'ı' => 'i',
            'đ' => 'd',
            'Đ' => 'D',
            '’' | '‘' => '\'',
            '‐' | '‑' => '-',
            c => c,
        })
        .flat_map(char::to_lowercase);
    out.extend(folded);
}

/// The rows of a table, cell by cell.
pub(in crate::extract) fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').map(str::trim).collect())
}

fn filled(cell: Option<&&'static str>) -> Option<&'static str> {
    cell.copied().filter(|cell| !cell.is_empty())
}

fn own(cell: Option<&&'static str>) -> Option<Text> {
    filled(cell).map(Cow::Borrowed)
}

/// Whether an ordinary English word is written like this.
pub(crate) fn is_common_word(word: &str) -> bool {
    static WORDS: LazyLock<Numbers> =
        LazyLock::new(|| words(include_str!("tables/common-words.txt")).map(hash::exact).collect());
    WORDS.contains(&folded(word))
}

/// The words of a list.
pub(in crate::extract) fn words(table: &'static str) -> impl Iterator<Item = &'static str> {
    table.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}

impl Knowledge {
    /// Compiles the tables.
    pub(super) fn new(added: &[Row]) -> Self {
        let mut knowledge = Self {
            known: Vec::new(),
            by_name: FxHashMap::default(),
            phrases: Numbered::default(),
            longest: Numbered::default(),
            diseases: Filter::default(),
            titles: Numbers::default(),
            first_of_titles: Numbers::default(),
            first_names: Numbers::default(),
            surnames_first: Numbers::default(),
        };
        for row in rows(include_str!("tables/persons.tsv")) {
            let known = Known {
                kind: EntityType::Person,
                name: Cow::Borrowed(row.first().copied().unwrap_or_default()),
                country: own(row.get(1)),
                office: own(row.get(2)),
                geonames: None,
                wikidata: None,
            };
            knowledge.add(known, filled(row.get(3)), filled(row.get(4)));
        }
        for row in rows(include_str!("tables/organisations.tsv")) {
            let [name, country, other, wikidata] = [0, 1, 2, 3].map(|n| row.get(n));
            knowledge.add_plain(EntityType::Organisation, [name, country, other], None, wikidata);
        }
        for row in rows(include_str!("tables/places.tsv")) {
            knowledge.add_plain(EntityType::Place, [0, 1, 2].map(|n| row.get(n)), row.get(3), None);
        }
        for row in rows(include_str!("tables/others.tsv")) {
            let kind = match row.first().copied() {
                Some("disease") => EntityType::Disease,
                Some("product") => EntityType::Product,
                Some("event") => EntityType::Event,
                Some("group") => EntityType::Group,
                Some("work") => EntityType::Work,
                Some("facility") => EntityType::Facility,
                _ => continue,
            };
            let [name, country, other] = [1, 2, 3].map(|n| row.get(n));
            knowledge.add_plain(kind, [name, country, other], None, None);
        }
        for row in added.iter().filter(|row| row.kind != EntityType::Place) {
            let cell = |text: &String| Some(text).filter(|text| !text.is_empty()).map(|text| Cow::Owned(text.clone()));
            let known = Known {
                kind: row.kind,
                name: Cow::Owned(row.name.clone()),
                country: cell(&row.country),
                office: cell(&row.office),
                geonames: cell(&row.geonames),
                wikidata: cell(&row.wikidata),
            };
            knowledge.add(known, Some(&row.others.join(";")), None);
        }
        let titles = rows(include_str!("tables/words.tsv")).find(|row| row.first() == Some(&"title"));
        for title in titles.iter().flat_map(|row| row.get(1)).flat_map(|words| words.split('|')) {
            let parts = split(title);
            knowledge.titles.insert(parts.iter().fold(0, |state, part| step(state, part.folded)));
            knowledge.first_of_titles.extend(parts.first().map(|part| part.folded));
        }
        knowledge.first_names = words(include_str!("tables/first-names.txt")).map(folded).collect();
        // Names of Chinese, Koreans and Vietnamese, whose families stand first.
        for line in include_str!("tables/surnames.txt").lines().filter_map(|line| line.strip_prefix("first:")) {
            knowledge.surnames_first.extend(line.split_whitespace().map(folded));
        }
        // Most phrases are spelt in one way.
        knowledge.phrases.values_mut().for_each(Vec::shrink_to_fit);
        knowledge.by_name.values_mut().for_each(Vec::shrink_to_fit);
        knowledge
    }

    /// A row of a name, a country and other names, with its identifiers elsewhere.
    fn add_plain(
        &mut self,
        kind: EntityType,
        [name, country, other]: [Option<&&'static str>; 3],
        geonames: Option<&&'static str>,
        wikidata: Option<&&'static str>,
    ) {
        if let Some(name) = own(name) {
            let (country, geonames, wikidata) = (own(country), own(geonames), own(wikidata));
            self.add(Known { kind, name, country, office: None, geonames, wikidata }, filled(other), None);
        }
    }

    fn add(&mut self, known: Known, other: Option<&str>, parts: Option<&str>) {
        let number = self.known.len();
        self.spell(number, known.kind, &known.name, false);
        for name in other.into_iter().flat_map(|names| names.split(';')) {
            self.spell(number, known.kind, name.trim(), false);
        }
        for part in parts.into_iter().flat_map(|names| names.split(';')) {
            self.spell(number, known.kind, part.trim(), true);
        }
        self.by_name.entry(fold(&known.name).into()).or_default().push(number);
        self.known.push(known);
    }

    fn spell(&mut self, known: usize, kind: EntityType, name: &str, part: bool) {
        let words = split(name);
        let Some(first) = words.first() else { return };
        let key = words.iter().fold(0, |state, word| step(state, word.folded));
        let capitals = words
            .iter()
            .enumerate()
            .filter(|(_, word)| word.text.starts_with(char::is_uppercase))
            .fold(0, |bits, (n, _)| bits | 1u32 << n.min(31));
        let short = words.len() == 1 && name.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
        let longest = self.longest.entry(first.folded).or_insert(0);
        *longest = (*longest).max(words.len());
        if kind == EntityType::Disease {
            self.diseases.add(first.folded);
        }
        let spelling = Spelling { known, capitals, exact: short.then(|| name.into()), part };
        self.phrases.entry(key).or_default().push(spelling);
    }

    /// What the tables have under this folded canonical name and type.
    pub(super) fn named(&self, kind: EntityType, folded: &str) -> Option<&Known> {
        let numbers = self.by_name.get(folded)?;
        numbers.iter().filter_map(|number| self.known.get(*number)).find(|known| known.kind == kind)
    }

    /// Whether it is a first name.
    pub(super) fn is_first_name(&self, word: &str) -> bool {
        self.first_names.contains(&folded(word))
    }

    /// Whether it is a surname that stands first.
    pub(super) fn is_surname_first(&self, word: &str) -> bool {
        self.surnames_first.contains(&folded(word))
    }

    /// Whether it is a word that opens sentences and names nothing.
    pub(super) fn is_common(&self, word: &str) -> bool {
        is_common_word(word)
    }

    /// Whether the name of a disease may begin with this token.
    pub(super) fn may_be_disease(&self, token: &Token<'_>) -> bool {
        self.diseases.may_have(token.folded)
    }

    /// The longest title at token `at`, in tokens. Its dot ("Gen.") counts.
    pub(super) fn title(&self, tokens: &[Token<'_>], at: usize) -> Option<usize> {
        tokens.get(at).filter(|first| first.is_capital() && self.first_of_titles.contains(&first.folded))?;
        let mut key = 0;
        let mut best = None;
        let mut used = 0;
        for _ in 1..=3 {
            let Some(token) = tokens.get(at + used).filter(|token| token.is_capital()) else { break };
            key = step(key, token.folded);
            used += 1;
            let dotted = tokens.get(at + used).is_some_and(|dot| dot.text == "." && !dot.spaced)
                && tokens.get(at + used + 1).is_some_and(|next| next.sentence == token.sentence);
            // "Secretary of State" has a small word inside.
            let small = tokens.get(at + used).filter(|next| next.text == "of");
            let small = small.filter(|_| tokens.get(at + used + 1).is_some_and(Token::is_capital));
            if self.titles.contains(&key) {
                best = Some(used + usize::from(dotted));
            }
            if dotted {
                used += 1;
            } else if let Some(small) = small {
                key = step(key, small.folded);
                used += 1;
            }
        }
        best
    }

    /// What the tables know at token `at`, the longest first; several when the longest name is shared.
    pub(super) fn phrases(&self, tokens: &[Token<'_>], at: usize, shouted: bool) -> Vec<Phrase> {
        let Some(first) = tokens.get(at) else { return Vec::new() };
        let Some(&longest) = self.longest.get(&first.folded) else { return Vec::new() };
        let ahead = tokens.get(at..).unwrap_or_default().iter().take(longest);
        let within = ahead.take_while(|token| token.sentence == first.sentence);
        let (mut key, mut best) = (0, None);
        for (n, token) in within.enumerate() {
            key = step(key, token.folded);
            let Some(spellings) = self.phrases.get(&key) else { continue };
            let Some(words) = tokens.get(at..=at + n) else { break };
            if spellings.iter().any(|spelling| self.fits(spelling, words, shouted)) {
                best = Some((words, spellings));
            }
        }
        let Some((words, spellings)) = best else { return Vec::new() };
        let fitting = spellings.iter().filter(|spelling| self.fits(spelling, words, shouted));
        let phrase = |spelling: &Spelling| Phrase {
            known: spelling.known,
            length: words.len(),
            part: spelling.part,
            acronym: spelling.exact.is_some(),
        };
        fitting.map(phrase).collect()
    }

    /// Whether words are written as a spelling demands.
    fn fits(&self, spelling: &Spelling, words: &[Token<'_>], shouted: bool) -> bool {
        match &spelling.exact {
            Some(exact) => {
                words.first().is_some_and(|word| word.text == &**exact) && !(shouted && self.is_common(exact))
            }
            None => words.iter().enumerate().all(|(n, word)| {
                spelling.capitals & (1 << n.min(31)) == 0 || word.is_capital() || word.case == Case::Number
            }),
        }
    }
}

/// The words of a table's name, cut as the tokens of a text are.
fn split(name: &str) -> Vec<Token<'_>> {
    super::token::tokens(name, crate::model::Field::Body)
}
