//! Article to enriched: runs the extractors in a fixed order.
//!
//! In: a clean article. Out: the same article with entities, values, quotations and statistics. What holds: nothing is
//! said in a language without a pack; that is an issue on the record, not a guess by English rules.

pub(crate) mod cut;
pub mod diseases;
pub(crate) mod entities;
pub mod gazetteer;
pub(crate) mod places;
pub(crate) mod quotes;
pub(crate) mod sentence;
pub(crate) mod statistics;
pub(crate) mod summary;
pub mod tagger;
pub(crate) mod values;

pub use statistics::{
    beside, dated, hashed, judge, network, newness, of_whom, suggestion, trees, unnamed, weighed, whose,
};

use self::cut::Cut;
use crate::language::{self, Pack};
use crate::model::{
    Article, Covid, Enriched, Entity, EntityType, Field, Issue, LEAST_CONFIDENCE, LanguageFrom, Section, Span, Stage,
    Subset,
};
use diseases::{Disease, Diseases};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use summary::Repeated;

/// Which entity tagger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Tagger {
    /// A linear model over hashed features: millions of words a second.
    Fast,
    /// A small encoder that reads whole sentences: tens of stories a second.
    Accurate,
}

/// `[extract]`: what is read out of a story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The diseases whose figures are read.
    pub disease: Diseases,
    /// The entity tagger.
    pub entities: Tagger,
    /// Files of names that are known beside our own, as `dateline gazetteer build` writes them.
    pub gazetteer: gazetteer::Gazetteers,
    /// Observations below this confidence are not published, 0 to 1.
    pub min_confidence: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            disease: Diseases::default(),
            entities: Tagger::Fast,
            gazetteer: gazetteer::Gazetteers::default(),
            min_confidence: LEAST_CONFIDENCE,
        }
    }
}

/// Everything that is compiled once: language packs, gazetteers, patterns.
pub struct Tables {
    places: places::Places,
    rules: entities::Rules,
    diseases: Vec<&'static Disease>,
    min_confidence: f64,
}

impl Tables {
    /// The English short name of a country, by its ISO 3166-1 alpha-2 code.
    pub fn country(&self, iso2: &str) -> Option<&str> {
        self.places.country(iso2).map(|country| &*country.name)
    }

    /// Compiles the tables.
    pub fn new(options: &Options) -> Self {
        let rows = options.gazetteer.rows();
        Self {
            places: places::Places::with(&rows),
            rules: entities::Rules::new(options.entities, &rows),
            diseases: options.disease.0.clone(),
            min_confidence: options.min_confidence,
        }
    }
}

/// Only the figures of an article, whose language must have a pack.
pub fn figures(tables: &Tables, article: &Article) -> Covid {
    let pack = article.language.as_deref().and_then(language::pack);
    pack.map_or_else(Covid::default, |pack| {
        read_figures(tables, pack, article, &Cut::new(pack, &article.body), &Repeated::new(article))
    })
}

fn read_figures(tables: &Tables, pack: &Pack, article: &Article, cut: &Cut<'_>, repeated: &Repeated) -> Covid {
    let mut covid = Covid::default();
    for disease in &tables.diseases {
        let Covid { relevant, score, observations } =
            statistics::find(pack, &tables.places, disease, article, cut, repeated);
        covid.relevant |= relevant;
        covid.score = covid.score.max(score);
        covid.observations.extend(observations);
    }
    covid.observations.retain(|observation| observation.confidence >= tables.min_confidence);
    covid
}

/// A number of a story that is no observation.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Where it stands.
    pub span: Span,
    /// Why, in words for a person.
    pub reason: String,
}

/// The numbers of a clean article that are no observations, in text order; those below the least confidence among them.
pub fn left_out(tables: &Tables, article: &Article) -> Vec<LeftOut> {
    let mut article = article.clone();
    let Some(pack) = pack(&mut article) else { return Vec::new() };
    let (mut found, mut left_out) = (Vec::new(), Vec::new());
    for disease in &tables.diseases {
        let (covid, others) = statistics::explain(pack, &tables.places, disease, &article);
        let doubtful = covid.observations.iter().filter(|observation| observation.confidence < tables.min_confidence);
        left_out.extend(doubtful.filter_map(|observation| {
            let reason = format!("confidence {} is below extract.min_confidence", observation.confidence);
            observation.spans.value.map(|span| LeftOut { span, reason })
        }));
        found.extend(covid.observations.iter().filter_map(|observation| observation.spans.value));
        left_out.extend(others);
    }
    // What one disease leaves out another may have taken.
    left_out.retain(|left_out| !found.contains(&left_out.span) || left_out.reason.starts_with("confidence"));
    left_out
}

/// The counts of a clean article about COVID-19 that can be new or totals, before the model that tells them apart is asked.
pub fn counts(tables: &Tables, article: &Article) -> newness::Story {
    let mut article = article.clone();
    let Some(pack) = pack(&mut article) else { return newness::Story::default() };
    statistics::trainer::counts(pack, &tables.places, diseases::COVID_19, &article)
}

/// Asks which of several places each figure of a clean article about COVID-19 is of whose own words do not say where.
pub fn placed(tables: &Tables, article: &Article, choose: impl FnMut(&whose::Asked) -> usize) {
    let mut article = article.clone();
    if let Some(pack) = pack(&mut article) {
        statistics::trainer::placed(pack, &tables.places, diseases::COVID_19, &article, choose);
    }
}

/// Asks which of several days each figure of a clean article about COVID-19 describes.
pub fn day_of(tables: &Tables, article: &Article, choose: impl FnMut(&trees::Asked<dated::Dated>) -> usize) {
    let mut article = article.clone();
    if let Some(pack) = pack(&mut article) {
        statistics::trainer::dated(pack, &tables.places, diseases::COVID_19, &article, choose);
    }
}

/// Asks which of several parts of the population each figure of a clean article about COVID-19 counts.
pub fn part_of(tables: &Tables, article: &Article, choose: impl FnMut(&trees::Asked<Vec<Subset>>) -> usize) {
    let mut article = article.clone();
    if let Some(pack) = pack(&mut article) {
        statistics::trainer::of_whom(pack, &tables.places, diseases::COVID_19, &article, choose);
    }
}

/// The numbers of a clean article about COVID-19 that are weighed, with what the rules and models say of them.
pub fn weigh(tables: &Tables, article: &Article) -> Vec<weighed::Asked> {
    let mut article = article.clone();
    let Some(pack) = pack(&mut article) else { return Vec::new() };
    statistics::trainer::weigh(pack, &tables.places, diseases::COVID_19, &article)
}

/// A clean article about COVID-19, as the network is told it.
pub fn listen(tables: &Tables, article: &Article) -> network::Told {
    let mut article = article.clone();
    let Some(pack) = pack(&mut article) else { return network::Told::default() };
    statistics::trainer::listen(pack, &tables.places, diseases::COVID_19, &article)
}

/// Reads an article.
pub fn article(tables: &Tables, mut article: Article) -> Enriched {
    let Some(pack) = pack(&mut article) else {
        let language = article.language.as_deref().unwrap_or("unknown");
        article.issues.push(Issue::new(
            Stage::Extract,
            "language_unsupported",
            format!("no language pack for {language}: nothing was extracted"),
        ));
        return Enriched { tagger: tables.rules.name().to_owned(), ..Enriched::bare(article) };
    };
    let sentences = sentence::sentences_in(&article.body, Field::Body, &pack.abbreviations);
    let repeated = Repeated::new(&article);
    let found = tables.rules.entities(&tables.places, pack, &article, &repeated, &sentences);
    let quotes = quotes::find(pack, &article, &found, &sentences);
    let entities::Found { entities, tagger, .. } = found;
    locate_dateline(&mut article, &entities);
    let cut = Cut::new(pack, &article.body);
    let values = values::find(&cut, &article, &repeated, &countries(&article, &entities));
    let covid = read_figures(tables, pack, &article, &cut, &repeated);
    drop(cut);
    Enriched {
        article,
        entities,
        values,
        quotes,
        covid,
        language_pack: Some(pack.name.clone()),
        tagger: tagger.to_owned(),
    }
}

/// Takes up paragraphs that turn out to be standing background once the article is seen beside others, in text order:
/// what it says of them is what it would have said had they been known for that when it was read.
pub fn stand(enriched: &mut Enriched, standing: Vec<Section>) {
    if standing.is_empty() {
        return;
    }
    let Enriched { article, entities, covid, .. } = enriched;
    article.stand(standing);
    for observation in covid.observations.iter_mut().filter(|observation| observation.field.is_body()) {
        observation.in_background = article.is_background(&observation.sentence.span);
    }
    entities::rate(article, entities);
}

/// The dateline's country as the whole story tells it: a story of Costa Rica does not begin in San José, California.
fn locate_dateline(article: &mut Article, entities: &[Entity]) {
    let Some(dateline) = &mut article.wire.dateline else { return };
    let opens = |entity: &&Entity| {
        let mention = entity.mentions.iter().find(|mention| mention.span.field.is_body());
        entity.kind == EntityType::Place && mention.is_some_and(|mention| mention.span.start == dateline.span.start)
    };
    let place = entities.iter().find(opens).filter(|place| !place.links.contains_key("country_from"));
    if let Some(country) = place.and_then(|place| place.country.clone()) {
        dateline.country = Some(country);
    }
}

const ENGLISH: &str = "en";

/// The pack of the article's language. The language of an article that does not say it is told by its words.
fn pack(article: &mut Article) -> Option<&'static Pack> {
    if let Some(language) = &article.language {
        return language::pack(language);
    }
    let headline = article.headline.as_deref().unwrap_or_default();
    let pack = language::told([article.body.as_str(), headline].into_iter())?;
    article.language = Some(pack.code.to_owned());
    article.language_from = Some(LanguageFrom::Detected);
    Some(pack)
}

/// The countries of the story, the dateline's first, then by number of mentions; the publisher's last.
fn countries(article: &Article, entities: &[Entity]) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for entity in entities.iter().filter(|entity| matches!(entity.kind, EntityType::Place | EntityType::Group)) {
        if let Some(country) = entity.country.as_deref() {
            *counts.entry(country).or_default() += entity.mentions.len();
        }
    }
    let mut ranked: Vec<(&str, usize)> = counts.into_iter().collect();
    ranked.sort_by_key(|(country, count)| (std::cmp::Reverse(*count), *country));
    let dateline = article.wire.dateline.as_ref().and_then(|dateline| dateline.country.clone());
    let named = ranked.into_iter().map(|(country, _)| country.to_owned());
    dateline.into_iter().chain(named).chain(article.publisher_country.clone()).collect()
}

#[cfg(test)]
mod tests;
