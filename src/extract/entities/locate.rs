//! Which place a name of a place means, and in which country a place lies that no table knows.
//!
//! In: an article and the chosen mentions of its texts. Out: for each name of a place what it means in this story. One
//! name means one place in a story. What holds: beside a known namesake in a country that the story speaks of, size and
//! rank decide; a place that no table has takes the country of its surroundings and says so, save waters and regions
//! that cross borders.
//!
//! The weights were chosen on the part `development` of `tests/corpus/entities`.

use super::candidate::{Candidate, Meaning, Text};
use super::choose::name_of;
use super::gather::country_of_name;
use super::knowledge::{Knowledge, fold, rows};
use super::token::Token;
use crate::extract::ENGLISH;
use crate::extract::places::{Place, Places, Town, towns};
use crate::language::sieve::Sieved;
use crate::model::{Article, EntityType, PlaceKind};
use foldhash::{HashMap, HashSet};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a name means.
#[derive(Debug, Clone)]
pub(super) enum Located<'p> {
    /// A place of the tables.
    Place(&'p Place),
    /// A town that only its name and country are known of.
    Town(Town),
    /// Unknown, but its country is that of its surroundings, where they have one.
    Within(Option<String>),
}

impl Located<'_> {
    /// ISO 3166-1 alpha-2.
    pub(super) fn country(&self) -> Option<&str> {
        match self {
            Located::Place(place) => place.iso2.as_deref(),
            Located::Town(town) => Some(town.country),
            Located::Within(country) => country.as_deref(),
        }
    }
}

/// How much each country is spoken of.
#[derive(Debug, Default, Clone)]
pub(super) struct Countries(BTreeMap<String, f64>);

impl Countries {
    /// These and the dateline's, which weighs most.
    fn with_dateline(mut self, article: &Article) -> Self {
        if let Some(country) = article.wire.dateline.as_ref().and_then(|dateline| dateline.country.as_deref()) {
            self.add(country, 3.0);
        }
        self
    }

    fn of(evidence: &[Evidence]) -> Self {
        let mut countries = Self::default();
        for told in evidence.iter().filter(|told| !told.again) {
            countries.add(&told.country, told.weight);
        }
        countries
    }

    fn add(&mut self, country: &str, weight: f64) {
        match self.0.get_mut(country) {
            Some(known) => *known += weight,
            None => {
                self.0.insert(country.to_owned(), weight);
            }
        }
    }

    /// 0 to 1: how much of the story's talk of countries is of this one.
    fn share(&self, country: &str) -> f64 {
        let all: f64 = self.0.values().sum();
        self.0.get(country).map_or(0.0, |weight| weight / all)
    }

    fn first(&self) -> Option<&str> {
        self.first_by(|_, weight| weight)
    }

    /// The country of the greatest rank, which is told from its weight here.
    fn first_by(&self, rank: impl Fn(&str, f64) -> f64) -> Option<&str> {
        let ranked = self.0.iter().map(|(country, weight)| (country.as_str(), rank(country, *weight)));
        ranked.max_by(|a, b| a.1.total_cmp(&b.1).then_with(|| b.0.cmp(a.0))).map(|(country, _)| country)
    }
}

/// What a word or a mention says of a country.
#[derive(Debug)]
struct Evidence {
    /// Which text and which of its tokens.
    at: (usize, usize),
    /// ISO 3166-1 alpha-2.
    country: String,
    /// How much it speaks for the country, in the story as a whole.
    weight: f64,
    /// The name of a country or a people, which is said of others too: less of what stands near it lies there.
    by_name: bool,
    /// The same word or name has been heard before; for the story as a whole it counts once.
    again: bool,
}

/// What the mentions and words of a story say of countries, in the order of the texts.
fn evidence(
    knowledge: &Knowledge,
    places: &Places,
    article: &Article,
    texts: &[Text<'_>],
    chosen: &[Vec<Candidate<'_>>],
) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut heard: HashMap<String, BTreeMap<String, f64>> = HashMap::default();
    // The words and the names of bodies are English.
    let english = article.language.as_deref().is_some_and(|language| language.starts_with(ENGLISH));
    let mut words: HashSet<&str> = HashSet::default();
    for (n, (text, mentions)) in texts.iter().zip(chosen).enumerate() {
        let tokens = text.tokens.iter().enumerate().filter(|_| english);
        for (at, word, country) in tokens.filter_map(|(at, token)| Some((at, token.text, hint(token.text)?))) {
            let again = !words.insert(word);
            evidence.push(Evidence { at: (n, at), country: country.to_owned(), weight: HINT, by_name: false, again });
        }
        for candidate in mentions {
            let mut say = |country: Option<&str>, weight: f64, by_name: bool, again: bool| {
                let Some(country) = country else { return };
                let at = (n, candidate.first);
                evidence.push(Evidence { at, country: country.to_owned(), weight, by_name, again });
            };
            match candidate.meaning {
                Meaning::Place(place) if place.kind == PlaceKind::Country => {
                    say(place.iso2.as_deref(), 1.0, true, false);
                }
                Meaning::Demonym(place) => say(place.iso2.as_deref(), 0.5, true, false),
                Meaning::Place(place) if is_certain(candidate) => say(place.iso2.as_deref(), 0.6, false, false),
                Meaning::Known(known) => {
                    let known = knowledge.known.get(known).and_then(|known| known.country.as_deref());
                    say(known, KNOWN, false, false);
                }
                _ => {
                    let name = name_of(text, candidate);
                    let again = heard.contains_key(&name);
                    let voices = heard.entry(name).or_insert_with(|| match candidate.kind {
                        EntityType::Organisation | EntityType::Facility if english => {
                            let named = country_of_name(places, candidate.kind, written(text, candidate));
                            named.into_iter().map(|country| (country, BODY)).collect()
                        }
                        EntityType::Place => voices(places, written(text, candidate)),
                        _ => BTreeMap::new(),
                    });
                    voices.iter().for_each(|(country, weight)| say(Some(country), *weight, false, again));
                }
            }
        }
    }
    evidence.sort_by_key(|told| told.at);
    evidence
}

/// A name that several countries have speaks a little for each of them, the more where a larger place has it: the country
/// that has most of a story's small places is theirs.
fn voices(places: &Places, name: &str) -> BTreeMap<String, f64> {
    let mut voices: BTreeMap<String, f64> = BTreeMap::new();
    let known = places.senses(name).filter_map(|place| Some((place.iso2.as_deref()?, place.population)));
    for (country, people) in known.chain(towns(name).map(|town| (town.country, town.population))) {
        let voice = voices.entry(country.to_owned()).or_default();
        *voice = voice.max(1.0 + size(people));
    }
    let all: f64 = voices.values().sum();
    voices.values_mut().for_each(|voice| *voice *= VOICE / all);
    voices
}

/// Tokens within which the weight of what is said of a country falls to a third, and beyond which nothing is heard.
const FADES: f64 = 30.0;
const HEARD: usize = 120;

/// How much what is said of a country near a name speaks for it, before it and behind it.
const BEFORE: f64 = 2.0;
const BEHIND: f64 = 1.2;

/// What is said of countries near this token, each by its distance.
fn nearby(evidence: &[Evidence], (text, here): (usize, usize)) -> Countries {
    let first = evidence.partition_point(|told| told.at < (text, here.saturating_sub(HEARD)));
    let end = evidence.partition_point(|told| told.at <= (text, here.saturating_add(HEARD)));
    let mut countries = Countries::default();
    for told in evidence.get(first..end).unwrap_or_default().iter().filter(|told| told.at.1 != here) {
        let side = if told.at.1 < here { BEFORE } else { BEHIND };
        let weight = if told.by_name { told.weight / 2.0 } else { told.weight };
        countries.add(&told.country, side * weight * (-(told.at.1.abs_diff(here) as f64) / FADES).exp());
    }
    countries
}

/// How much something known that has a country speaks for it, and a body with a country or a city in its name.
const KNOWN: f64 = 0.4;
const BODY: f64 = 0.9;

/// How much the country where a paper is at home speaks for itself: it is seldom named there.
const PUBLISHER: f64 = 0.6;

/// How much a word that is said of one country speaks for it.
const HINT: f64 = 0.8;

/// The country of which this word is said.
fn hint(word: &str) -> Option<&'static str> {
    static HINTS: LazyLock<Sieved<&'static str>> = LazyLock::new(|| {
        let table = rows(include_str!("tables/hints.tsv"));
        let words = table.filter_map(|row| Some((*row.first()?, *row.get(1)?)));
        words.flat_map(|(country, words)| words.split('|').map(move |word| (word, country))).collect()
    });
    HINTS.get(word).copied()
}

/// What every name of a place, folded as by [`name_of`], means in this story.
pub(super) fn locate<'p>(
    knowledge: &Knowledge,
    places: &'p Places,
    article: &Article,
    texts: &[Text<'_>],
    chosen: &[Vec<Candidate<'p>>],
) -> HashMap<String, Located<'p>> {
    // The dateline's country was told by its name alone, so it says nothing about that name.
    let evidence = evidence(knowledge, places, article, texts, chosen);
    let mut others = Countries::of(&evidence);
    if let Some(country) = &article.publisher_country {
        others.add(country, PUBLISHER);
    }
    let countries = others.clone().with_dateline(article);
    let opening = article.wire.dateline.as_ref().and_then(|dateline| dateline.place.as_deref()).map(fold);
    let mut names: Vec<(String, String)> = Vec::new();
    let mut surroundings: HashMap<String, Surroundings> = HashMap::default();
    for (t, (text, mentions)) in texts.iter().zip(chosen).enumerate() {
        for (n, candidate) in mentions.iter().enumerate() {
            if !matches!(candidate.kind, EntityType::Place | EntityType::Facility) {
                continue;
            }
            let name = name_of(text, candidate);
            let here = Surroundings::of(text, mentions, n);
            match surroundings.get_mut(&name) {
                Some(known) => known.join(here),
                None => {
                    names.push((name.clone(), written(text, candidate).to_owned()));
                    let nearby = nearby(&evidence, (t, candidate.first));
                    surroundings.insert(name, Surroundings { nearby, ..here });
                }
            }
        }
    }
    names
        .into_iter()
        .map(|(name, written)| {
            let around = surroundings.get(&name);
            let countries = if opening.as_ref() == Some(&name) { &others } else { &countries };
            let meaning = mean(places, &written, around, countries);
            (name, meaning)
        })
        .collect()
}

fn written<'t>(text: &Text<'t>, candidate: &Candidate<'_>) -> &'t str {
    let tokens = text.tokens.get(candidate.first..candidate.end).unwrap_or_default();
    let span = tokens.first().zip(tokens.last()).and_then(|(first, last)| text.text.get(first.start..last.end));
    span.unwrap_or_default()
}

/// The most mentions on each side that are looked at, so that one endless sentence costs no more.
const NEIGHBOURS: usize = 100;

/// What stands around a name.
#[derive(Debug, Default)]
struct Surroundings {
    /// The country that a comma, "in" or an adjective binds to it: "Gulu, Uganda", "the Ugandan town of Gulu".
    bound: Option<String>,
    /// The country named or meant nearest before it in its sentence, else nearest behind it.
    near: Option<String>,
    /// What is said of countries around its first mention.
    nearby: Countries,
}

impl Surroundings {
    fn join(&mut self, other: Self) {
        self.bound = self.bound.take().or(other.bound);
        self.near = self.near.take().or(other.near);
    }

    fn of(text: &Text<'_>, mentions: &[Candidate<'_>], n: usize) -> Self {
        let mut around = Self::default();
        let Some(this) = mentions.get(n) else { return around };
        let token = |at: usize| text.tokens.get(at);
        let sentence = |at: usize| token(at).map(|token| token.sentence);
        let here = sentence(this.first);
        let word = |at: usize| token(at).map_or("", |token| token.text);
        let certain = |mention: &&Candidate<'_>| is_certain(mention);
        let behind = mentions.get(n + 1).filter(|next| sentence(next.first) == here);
        let before = n.checked_sub(1).and_then(|n| mentions.get(n)).filter(|before| sentence(before.first) == here);
        if let Some(next) = behind.filter(|next| is_larger(next)) {
            let joint = next.first == this.end + 1 && matches!(word(this.end), "," | "in" | "of" | "(");
            if joint {
                around.bound = country(next);
            }
        }
        if around.bound.is_none()
            && let Some(before) = before.filter(certain)
        {
            // "the Ugandan town of Gulu", "Uganda's Gulu": nothing but small words between.
            let between = text.tokens.get(before.end..this.first).unwrap_or_default();
            let small = between.len() <= 5
                && between.iter().all(|token: &Token<'_>| {
                    matches!(token.text, "'s" | "’s" | "-") || token.is_word() && !token.is_capital()
                });
            let adjective = matches!(before.meaning, Meaning::Demonym(_))
                || between.first().is_some_and(|token| matches!(token.text, "'s" | "’s"));
            let of = between.last().is_none_or(|last| !matches!(last.text, "to" | "from" | "by" | "with"));
            if small && adjective && of {
                around.bound = country(before);
            }
        }
        let in_sentence = |mention: &&Candidate<'_>| sentence(mention.first) == here;
        let left =
            mentions.iter().take(n).rev().take(NEIGHBOURS).take_while(in_sentence).filter(certain).find_map(country);
        let right =
            || mentions.iter().skip(n + 1).take(NEIGHBOURS).take_while(in_sentence).filter(certain).find_map(country);
        around.near = left.or_else(right);
        around
    }
}

/// A country, a division or a nationality: what a smaller place can lie in.
fn is_larger(mention: &Candidate<'_>) -> bool {
    matches!(mention.meaning, Meaning::Place(place) if matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision))
}

/// Whether the name hardly means anything else.
fn is_certain(mention: &Candidate<'_>) -> bool {
    match mention.meaning {
        Meaning::Demonym(_) => true,
        Meaning::Place(place) => {
            place.kind == PlaceKind::Country
                || place.capital
                || place.kind == PlaceKind::Subdivision
                || place.population > 300_000
        }
        _ => false,
    }
}

fn country(mention: &Candidate<'_>) -> Option<String> {
    match mention.meaning {
        Meaning::Place(place) | Meaning::Demonym(place) => place.iso2.as_deref().map(str::to_owned),
        _ => None,
    }
}

/// Codes of the International Olympic Committee and FIFA that are not those of ISO 3166-1.
const SPORT_CODES: [(&str, &str); 58] = [
    ("ALG", "DZ"),
    ("ANG", "AO"),
    ("BAH", "BS"),
    ("BAN", "BD"),
    ("BAR", "BB"),
    ("BHU", "BT"),
    ("BOT", "BW"),
    ("BRN", "BH"),
    ("BUL", "BG"),
    ("BUR", "BF"),
    ("CAM", "KH"),
    ("CHA", "TD"),
    ("CHI", "CL"),
    ("CRC", "CR"),
    ("CRO", "HR"),
    ("DEN", "DK"),
    ("ESA", "SV"),
    ("FIJ", "FJ"),
    ("GAM", "GM"),
    ("GBR", "GB"),
    ("GER", "DE"),
    ("GRE", "GR"),
    ("GRN", "GD"),
    ("GUA", "GT"),
    ("GUI", "GN"),
    ("HAI", "HT"),
    ("HON", "HN"),
    ("INA", "ID"),
    ("IRI", "IR"),
    ("KSA", "SA"),
    ("KUW", "KW"),
    ("LAT", "LV"),
    ("LBA", "LY"),
    ("LES", "LS"),
    ("MAD", "MG"),
    ("MAS", "MY"),
    ("MAW", "MW"),
    ("MGL", "MN"),
    ("MON", "MC"),
    ("MRI", "MU"),
    ("MYA", "MM"),
    ("NED", "NL"),
    ("NEP", "NP"),
    ("NGR", "NG"),
    ("NIG", "NE"),
    ("PAR", "PY"),
    ("PHI", "PH"),
    ("POR", "PT"),
    ("PUR", "PR"),
    ("RSA", "ZA"),
    ("SLO", "SI"),
    ("SRI", "LK"),
    ("SUD", "SD"),
    ("SUI", "CH"),
    ("TAN", "TZ"),
    ("TPE", "TW"),
    ("URU", "UY"),
    ("ZIM", "ZW"),
];

/// The country of a code of three capitals, as tables of sport have it.
fn coded<'p>(places: &'p Places, written: &str) -> Option<&'p Place> {
    if written.len() != 3 || !written.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let sport = SPORT_CODES.iter().find(|(code, _)| *code == written).map(|(_, country)| *country);
    sport.and_then(|country| places.country(country)).or_else(|| places.by_iso3(written))
}

/// How much the name of a place that is not known for certain speaks for the countries that have it, all together.
const VOICE: f64 = 1.0;

/// The magnitude of a place above a thousand inhabitants.
fn size(people: u64) -> f64 {
    (people.max(1_000) as f64).log10() - 3.0
}

/// What a name means, by its namesakes and what is around it.
fn mean<'p>(places: &'p Places, written: &str, around: Option<&Surroundings>, countries: &Countries) -> Located<'p> {
    let bound = around.and_then(|around| around.bound.as_deref());
    let near = around.and_then(|around| around.near.as_deref());
    let nearby = around.map(|around| &around.nearby);
    let first = countries.first();
    let context = |country: Option<&str>| {
        let Some(country) = country else { return 0.0 };
        let share = countries.share(country);
        f64::from(u8::from(bound == Some(country))) * 10.0
            + f64::from(u8::from(near == Some(country)))
            + share * 2.5
            + f64::from(u8::from(first == Some(country)))
            // A country of which nothing is said at all is seldom meant by a small name.
            - if share == 0.0 { 1.0 } else { 0.0 }
    };
    let known = places.senses(written).filter(|place| place.kind != PlaceKind::World).map(|place| {
        let rank = match place.kind {
            PlaceKind::Country => 6.0,
            PlaceKind::Region | PlaceKind::World if place.iso2.is_none() => 5.0,
            PlaceKind::Subdivision => 2.2 + size(place.population) * 0.3,
            PlaceKind::City => {
                size(place.population)
                    + if place.capital { 1.5 } else { 0.0 }
                    + if place.population >= 1_000_000 { 1.5 } else { 0.0 }
            }
            _ => 1.5,
        };
        (rank + context(place.iso2.as_deref()), Located::Place(place))
    });
    let small = towns(written).map(|town| {
        let rank = size(town.population) + context(Some(town.country));
        (rank, places.by_geonames(town.geonames).map_or(Located::Town(town), Located::Place))
    });
    let coded = coded(places, written).map(|place| (3.0 + context(place.iso2.as_deref()), Located::Place(place)));
    let best = known.chain(small).chain(coded).max_by(|a, b| a.0.total_cmp(&b.0));
    let likeliest = || {
        countries.first_by(|country, _| {
            let nearby = nearby.map_or(0.0, |nearby| nearby.0.get(country).copied().unwrap_or_default());
            countries.share(country) * 4.5 + f64::from(u8::from(first == Some(country))) * 0.5 + nearby
        })
    };
    let around = || bound.or_else(likeliest).or(near).map(str::to_owned);
    match best {
        // A namesake far from everything that the story speaks of: rather an unknown place here.
        Some((score, located)) if score >= LEAST || bound.is_none() && countries.0.is_empty() => located,
        _ if is_borderless(written) => Located::Within(None),
        _ => Located::Within(around()),
    }
}

/// A namesake below this is another place of the same name: a town of 60,000 in a country that the story does not speak of.
const LEAST: f64 = 0.8;

/// Waters, mountains and unions belong to no one country by themselves.
fn is_borderless(name: &str) -> bool {
    const NOUNS: [&str; 14] = [
        "sea", "ocean", "gulf", "strait", "straits", "channel", "alps", "desert", "basin", "europe", "asia", "africa",
        "america", "world",
    ];
    name.split_whitespace().any(|word| NOUNS.contains(&word.to_lowercase().as_str()))
}
