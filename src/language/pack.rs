//! What a language pack provides, and the packs there are.
//!
//! In: the text of `<code>.toml`. Out: a [`Pack`]: word lists, and a [`Pack::marks`] that finds every cue phrase among
//! tokens in one pass. What holds: what a language says is data; the program knows only what classes of words there are.

use super::compounds::Compounds;
pub use super::cue::{Cue, Mark};
use super::cue::{Phrases, split};
use super::names::{DiseaseNames, Names};
pub use super::sense::{Sense, Senses};
use super::sieve::Sieved;
use super::source::{self, Source};
use super::tokens::Token;
pub use super::unspaced::Calendar;
use super::unspaced::{Script, Unspaced};
pub use super::word::{Word, Words};
use crate::model::{Metric, SourceType, Subset};
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a number word does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum NumberWord {
    /// 0 to 19.
    Unit(f64),
    /// 20, 30 … 90.
    Ten(f64),
    /// "hundred".
    Hundred,
    /// 1,000 and more.
    Scale(f64),
    /// 100, 200 … 900, where a language has a word for each.
    Hundreds(f64),
    /// A noun for so many, about: "dozen".
    Collective(f64),
}

/// Words around ranges.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeWords {
    /// "between".
    pub between: Vec<String>,
    /// "and".
    pub and: Vec<String>,
    /// "to".
    pub to: Vec<String>,
    /// Words before a number that make "to" no range: "by 4 to 20".
    pub not_before: Vec<String>,
    /// Those of them that lead in by how much something changed: "a rise of 2 to 3 percent" is a range.
    #[serde(default)]
    pub by: Vec<String>,
    /// Verbs of change, after which "to" leads to the new state.
    pub change: Vec<String>,
}

/// How a language puts words and figures together.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Order {
    /// Adjectives follow their noun: "casos nuevos", "autoridades francesas".
    pub adjectives_follow: bool,
    /// A verb may precede what it tells of: "murieron en Roma 40 personas".
    pub verbs_lead: bool,
    /// A participle stands at the end, behind phrases of every kind: "sind nach einer Infektion gestorben".
    pub verbs_last: bool,
    /// Dates begin with their day, "18/11", and no day stands behind a month.
    pub day_first: bool,
    /// The comma makes decimals: `1,5`, and the dot groups.
    pub decimal_comma: bool,
    /// "And" joins the parts of a number in words: "treinta y dos".
    pub joined_by_and: bool,
    /// The article is the number one: "12 contagios y un fallecido".
    pub article_counts: bool,
    /// The auxiliary of the perfect is no verb of having, so that a day beside it dates the report: "ha registrado hoy".
    pub perfect_reports: bool,
    /// A plural behind a denied report needs no "any": "no se registraron muertes".
    pub bare_none: bool,
    /// Ten to nineteen may follow a ten, with "and" or a hyphen: "soixante et onze".
    pub teens_follow_tens: bool,
    /// Number words are written as one, units before tens: "zweihundertfünfundzwanzig".
    pub numbers_joined: bool,
    /// There is one past tense, which serves as a perfect too: "получили прививку".
    pub one_past: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct MetricWords {
    nouns: Vec<String>,
    predicates: Vec<String>,
    active: Vec<String>,
    labels: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PackFile {
    version: u32,
    calendar_capitals: bool,
    months: Vec<Vec<String>>,
    weekdays: Vec<Vec<String>>,
    units: Vec<Vec<String>>,
    tens: Vec<String>,
    hundred: Vec<String>,
    #[serde(default)]
    hundreds: Vec<Vec<String>>,
    dozen: Vec<String>,
    #[serde(default)]
    collectives: BTreeMap<String, f64>,
    #[serde(default)]
    bare_scales: Vec<String>,
    #[serde(default)]
    order: Order,
    #[serde(default)]
    future_endings: Vec<String>,
    ordinals: Vec<Vec<String>>,
    scales: BTreeMap<String, f64>,
    scale_suffixes: BTreeMap<String, f64>,
    fractions: BTreeMap<String, f64>,
    articles: Vec<String>,
    percent_words: Vec<String>,
    titles: Vec<String>,
    speech_verbs: Vec<String>,
    #[serde(default)]
    abbreviations: Vec<String>,
    #[serde(default)]
    elided: Vec<String>,
    #[serde(default)]
    name_endings: Vec<String>,
    #[serde(default)]
    compound_firsts: Vec<String>,
    #[serde(default)]
    compound_heads: Vec<String>,
    range: RangeWords,
    metrics: BTreeMap<Metric, MetricWords>,
    subsets: BTreeMap<Subset, Vec<String>>,
    sources: BTreeMap<SourceType, Vec<String>>,
    cues: BTreeMap<Sense, Vec<String>>,
    institutions: BTreeMap<String, String>,
    disease: DiseaseNames,
    #[serde(default)]
    diseases: BTreeMap<String, Vec<String>>,
    words: BTreeMap<Word, Vec<String>>,
    unspaced: Option<Script>,
}

impl PackFile {
    /// All words and phrases, as far as they can stand in running text.
    fn vocabulary(&self) -> impl Iterator<Item = &String> {
        let numbers = self.months.iter().chain(&self.weekdays).chain(&self.units).chain(&self.ordinals).flatten();
        let scales = self.scales.keys().chain(self.scale_suffixes.keys()).chain(&self.percent_words);
        let range = [&self.range.between, &self.range.and, &self.range.to, &self.range.not_before, &self.range.change];
        let metrics = self
            .metrics
            .values()
            .flat_map(|words| words.nouns.iter().chain(&words.predicates).chain(&words.active).chain(&words.labels));
        let lists = self.subsets.values().chain(self.sources.values()).chain(self.cues.values()).flatten();
        let people = self.titles.iter().chain(&self.speech_verbs);
        let words = self.words.values().flatten().chain(self.institutions.keys()).chain(people);
        numbers.chain(scales).chain(range.into_iter().flatten()).chain(metrics).chain(lists).chain(words)
    }
}

/// One language.
pub struct Pack {
    /// BCP 47.
    pub code: &'static str,
    /// Name and version as records carry it: `en/1`.
    pub name: String,
    /// Months and weekdays are written with a capital; a word without one is another word.
    pub calendar_capitals: bool,
    /// How it puts words together.
    pub order: Order,
    /// Endings of the future tense: "-rá".
    pub future_endings: Vec<String>,
    /// Scale words that stand without an article: "mil casos".
    pub bare_scales: Vec<String>,
    /// Names of the disease.
    pub disease: DiseaseNames,
    /// Other diseases whose figures can be asked for, by their names in the configuration, with their names here.
    pub diseases: Vec<(String, Names)>,
    /// Countries (ISO 3166-1, or a part of one by ISO 3166-2) of the bodies that [`Cue::Institution`] names.
    pub institutions: Vec<String>,
    /// Indefinite articles.
    pub articles: Vec<String>,
    /// "half", "quarter".
    pub fractions: FxHashMap<String, f64>,
    /// `k`, `mln`: scales that stand behind digits only.
    pub scale_suffixes: FxHashMap<String, f64>,
    /// Words around ranges.
    pub range: RangeWords,
    /// Titles and offices that stand before names of persons, in lower case.
    pub titles: Vec<String>,
    /// Verbs that attribute speech.
    pub speech_verbs: Vec<String>,
    /// Abbreviations after which a dot ends no sentence, in lower case without the dot; English has its own rules.
    pub abbreviations: Vec<String>,
    /// Words that lose their end before a vowel and stand apart from the next word, in lower case without the apostrophe:
    /// "l'Italie".
    pub elided: Vec<String>,
    /// What names of persons and bodies may end in by their case, in lower case.
    pub name_endings: Vec<String>,
    /// Words that are written as one.
    pub compounds: Compounds,
    months: FxHashMap<String, u8>,
    weekdays: FxHashMap<String, u8>,
    ordinals: FxHashMap<String, u32>,
    percent: Vec<Vec<String>>,
    numbers: FxHashMap<String, NumberWord>,
    /// Words that a number in words may begin with.
    number_openers: Sieved<()>,
    words: FxHashMap<String, Words>,
    /// The classes that any word is of.
    listed: Words,
    phrases: Phrases,
    /// How the language is written without spaces.
    pub(super) unspaced: Option<Unspaced>,
}

impl Pack {
    /// The month (1 to 12) that a word in lower case names.
    pub fn month(&self, lower: &str) -> Option<u8> {
        self.months.get(lower).copied()
    }

    /// The weekday (1 is Monday) that a word in lower case names.
    pub fn weekday(&self, lower: &str) -> Option<u8> {
        self.weekdays.get(lower).copied()
    }

    /// The rank that an ordinal word in lower case names.
    pub fn ordinal(&self, lower: &str) -> Option<u32> {
        self.ordinals.get(lower).copied()
    }

    /// Whether any word is of this class.
    pub fn lists(&self, class: Word) -> bool {
        self.listed.has(class)
    }

    /// What a word in lower case does in a number.
    pub fn number_word(&self, lower: &str) -> Option<NumberWord> {
        self.numbers.get(lower).copied()
    }

    /// Whether a number in words may begin with a word in lower case. Where number words are written as one, any may be such
    /// a one.
    pub(super) fn opens_number(&self, lower: &str) -> bool {
        self.order.numbers_joined || self.number_openers.contains(lower)
    }

    /// The token behind a sign or word for percent that begins at `first`: "%", "per cent".
    pub fn percent(&self, tokens: &[Token<'_>], first: usize) -> Option<usize> {
        let fits = |words: &&Vec<String>| {
            words.iter().enumerate().all(|(n, word)| tokens.get(first + n).is_some_and(|token| token.is(word)))
        };
        self.percent.iter().filter(fits).map(|words| first + words.len()).max()
    }

    /// The classes of a word in lower case.
    pub fn words(&self, lower: &str) -> Words {
        self.words.get(lower).copied().unwrap_or_default()
    }

    /// Every cue phrase among the tokens, in order of its first token. Of several phrases that name metrics, the longer
    /// one hides those within it ("active cases" hides "cases").
    pub fn marks(&self, tokens: &[Token<'_>]) -> Vec<Mark> {
        self.phrases.marks(tokens)
    }

    fn compile(code: &'static str, text: &str) -> Result<Self, toml::de::Error> {
        let mut file: PackFile = toml::from_str(text)?;
        let script = file.unspaced.take();
        let unspaced = script.map(|script| Unspaced::new(script, file.units.iter().flatten(), file.vocabulary()));
        let numbered = |lists: Vec<Vec<String>>| -> FxHashMap<String, u8> {
            lists.into_iter().zip(1..).flat_map(|(words, n)| words.into_iter().map(move |word| (word, n))).collect()
        };
        let mut numbers = FxHashMap::default();
        for (n, words) in file.units.into_iter().enumerate() {
            numbers.extend(words.into_iter().map(|word| (word, NumberWord::Unit(n as f64))));
        }
        for (words, n) in file.tens.into_iter().zip(2..) {
            // "huitante/quatre-vingt": a ten may have several words.
            let words = words.split('/').map(str::to_owned);
            numbers.extend(words.map(|word| (word, NumberWord::Ten(f64::from(n) * 10.0))));
        }
        numbers.extend(file.hundred.into_iter().map(|word| (word, NumberWord::Hundred)));
        for (words, n) in file.hundreds.into_iter().zip(1..) {
            numbers.extend(words.into_iter().map(|word| (word, NumberWord::Hundreds(f64::from(n) * 100.0))));
        }
        numbers.extend(file.dozen.into_iter().map(|word| (word, NumberWord::Collective(12.0))));
        numbers.extend(file.collectives.into_iter().map(|(word, count)| (word, NumberWord::Collective(count))));
        numbers.extend(file.scales.into_iter().map(|(word, scale)| (word, NumberWord::Scale(scale))));
        // Of words that a hyphen ties, "quatre-vingt", the first is a token of its own.
        let firsts = numbers.keys().filter_map(|word: &String| word.split('-').next());
        let openers = firsts.chain(file.articles.iter().chain(file.fractions.keys()).map(String::as_str));
        let number_openers = openers.collect();
        let mut words: FxHashMap<String, Words> = FxHashMap::default();
        for (class, list) in file.words {
            list.into_iter().for_each(|word| words.entry(word).or_default().add(class));
        }
        let mut phrases = Phrases::default();
        let heads = file
            .metrics
            .values()
            .flat_map(|words| [&words.nouns, &words.predicates, &words.labels].into_iter().flatten());
        let heads = heads.chain(file.cues.get(&Sense::TotalLabel).into_iter().flatten()).chain(&file.compound_heads);
        let heads = heads.flat_map(|phrase| phrase.split([' ', '/'])).map(str::to_owned).collect();
        let compounds = Compounds::new(file.compound_firsts, heads);
        let mut add = |list: Vec<String>, cue: Cue| phrases.add(&compounds, &list, cue);
        for (metric, words) in file.metrics {
            add(words.nouns, Cue::Noun(metric));
            add(words.predicates, Cue::Predicate(metric));
            add(words.active, Cue::Active(metric));
            add(words.labels, Cue::Label(metric));
        }
        file.subsets.into_iter().for_each(|(subset, list)| add(list, Cue::Subset(subset)));
        file.sources.into_iter().for_each(|(source, list)| add(list, Cue::Source(source)));
        file.cues.into_iter().for_each(|(sense, list)| add(list, Cue::Sense(sense)));
        let mut institutions = Vec::new();
        for (phrase, country) in file.institutions {
            add(vec![phrase], Cue::Institution(institutions.len()));
            institutions.push(country);
        }
        let mut diseases = Vec::new();
        for (name, list) in file.diseases {
            add(list.clone(), Cue::Disease(diseases.len()));
            diseases.push((name, Names::from(list)));
        }
        Ok(Self {
            code,
            name: format!("{code}/{}", file.version),
            calendar_capitals: file.calendar_capitals,
            order: file.order,
            future_endings: file.future_endings,
            bare_scales: file.bare_scales,
            disease: file.disease,
            diseases,
            institutions,
            percent: file.percent_words.iter().map(|phrase| split(phrase)).collect(),
            articles: file.articles,
            fractions: file.fractions.into_iter().collect(),
            scale_suffixes: file.scale_suffixes.into_iter().collect(),
            range: file.range,
            titles: file.titles,
            speech_verbs: file.speech_verbs,
            abbreviations: file.abbreviations,
            elided: file.elided,
            name_endings: file.name_endings,
            compounds,
            months: numbered(file.months),
            weekdays: numbered(file.weekdays),
            ordinals: file
                .ordinals
                .into_iter()
                .zip(1..)
                .flat_map(|(words, n)| words.into_iter().map(move |word| (word, n)))
                .collect(),
            numbers,
            number_openers,
            listed: words.values().fold(Words::default(), |all, words| all.or(*words)),
            words,
            phrases,
            unspaced,
        })
    }
}

/// A pack that cannot be read is a bug of ours, which the test below shows; a program without it still runs.
fn compiled(source: &'static Source<Option<Pack>>) -> Option<&'static Pack> {
    source.words(|code, text| Pack::compile(code, text).ok()).as_ref()
}

static SOURCES: [Source<Option<Pack>>; 7] = [
    Source::new("de", include_str!("de.toml")),
    Source::new("en", include_str!("en.toml")),
    Source::new("es", include_str!("es.toml")),
    Source::new("fr", include_str!("fr.toml")),
    Source::new("pt", include_str!("pt.toml")),
    Source::new("ru", include_str!("ru.toml")),
    Source::new("zh", include_str!("zh.toml")),
];

/// The pack for a BCP 47 tag; `en-GB` is served by `en`.
pub fn pack(code: &str) -> Option<&'static Pack> {
    let primary = code.split(['-', '_']).next().unwrap_or_default();
    source::of(&SOURCES, primary).and_then(compiled)
}

/// Every pack.
pub fn packs() -> impl Iterator<Item = &'static Pack> {
    SOURCES.iter().filter_map(compiled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokens::tokenize;

    #[test]
    fn every_pack_can_be_read() {
        for Source { code, text, .. } in &SOURCES {
            let name = Pack::compile(code, text).map(|pack| pack.name).map_err(|error| error.to_string());
            assert_eq!(name, Ok(format!("{code}/1")));
        }
        assert!(super::pack("en-GB").is_some() && super::pack("xx").is_none());
    }

    #[test]
    fn percent_may_be_two_words() {
        let tokens = tokenize("7 per cent", 0);
        assert_eq!((1..3).map(|at| pack("en").unwrap().percent(&tokens, at)).collect::<Vec<_>>(), [Some(3), None]);
    }
}
