//! What the text says: entities, values, quotes and statistics, each with its evidence.

use crate::model::{Article, Covid, Number, Observation, Span};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;

/// An article with everything that was found in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Enriched {
    /// The clean text.
    pub article: Article,
    /// People, organisations, places and so on, in order of first mention.
    pub entities: Vec<Entity>,
    /// Dates, money, percentages, quantities, in text order.
    pub values: Vec<Value>,
    /// Who said what, in text order.
    pub quotes: Vec<Quote>,
    /// COVID-19 statistics.
    #[serde(deserialize_with = "with_fields")]
    pub covid: Covid,
    /// Which language pack spoke, as `en/1`; none when the language has no pack.
    pub language_pack: Option<String>,
    /// Which tagger spoke, as `rules/1`.
    pub tagger: String,
}

/// The pairs of [`crate::model::ObservationSpans`] do not name their text: it is their observation's.
fn with_fields<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Covid, D::Error> {
    let mut covid = Covid::deserialize(deserializer)?;
    for Observation { field, spans, .. } in &mut covid.observations {
        let spans = [&mut spans.value, &mut spans.metric, &mut spans.location, &mut spans.date];
        spans.into_iter().flatten().for_each(|span| span.field = *field);
    }
    Ok(covid)
}

impl Enriched {
    /// An article in which nothing was found, because nothing was looked for.
    pub fn bare(article: Article) -> Self {
        Self {
            article,
            entities: Vec::new(),
            values: Vec::new(),
            quotes: Vec::new(),
            covid: Covid::default(),
            language_pack: None,
            tagger: String::new(),
        }
    }

    /// Visits every span, so that the encoder can turn bytes into code points.
    pub fn each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        if let Some(dateline) = &mut self.article.wire.dateline {
            visit(&mut dateline.span);
        }
        self.article.sections.iter_mut().for_each(|section| visit(&mut section.span));
        self.entities.iter_mut().flat_map(|entity| &mut entity.mentions).for_each(|mention| visit(&mut mention.span));
        self.values.iter_mut().for_each(|value| visit(&mut value.span));
        self.quotes.iter_mut().for_each(|quote| visit(&mut quote.span));
        self.covid.observations.iter_mut().for_each(|observation| observation.each_span(visit));
    }
}

/// What an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntityType {
    /// A human being.
    Person,
    /// A company, ministry, agency, party, team.
    Organisation,
    /// A country, division, city, region, sea.
    Place,
    /// A building, airport, hospital, ship.
    Facility,
    /// A nationality, religion or political persuasion.
    Group,
    /// A named happening.
    Event,
    /// A named thing that is made.
    Product,
    /// A named illness.
    Disease,
    /// A book, film, law, treaty.
    Work,
}

/// How a mention names its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MentionForm {
    /// The full name.
    Name,
    /// A part of it: "Lavrov".
    Short,
    /// "WHO".
    Acronym,
    /// "Russian".
    Demonym,
    /// "the top Russian diplomat".
    Role,
}

/// One place in the text that names an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// Where.
    #[serde(flatten)]
    pub span: Span,
    /// The text there.
    pub text: String,
    /// How it names it.
    pub form: MentionForm,
}

/// A point on the Earth, in decimal degrees of WGS 84.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coordinates {
    /// North of the equator; south of it below 0.
    pub lat: f64,
    /// East of Greenwich; west of it below 0.
    pub lon: f64,
}

/// Somebody or something that the story names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// `e1`, `e2` … within the article.
    pub id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Canonical full name.
    pub name: String,
    /// ISO 3166-1 alpha-2, where it belongs to one country.
    pub country: Option<String>,
    /// Where a city or town lies, as GeoNames has it.
    pub coordinates: Option<Coordinates>,
    /// Every mention, in text order.
    pub mentions: Vec<Mention>,
    /// Identifiers elsewhere, by source: `geonames`, `wikidata`, `iso3166-1`, `iso3166-2`.
    pub links: BTreeMap<String, String>,
    /// The role the text gives a person: "Russian Foreign Minister".
    pub role: Option<String>,
    /// How much the story is about it, 0 to 1.
    pub salience: f64,
}

/// What a value measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ValueType {
    /// A day, month or year.
    Date,
    /// A time of day.
    Time,
    /// An amount with its currency.
    Money,
    /// A percentage.
    Percent,
    /// A count or measure.
    Quantity,
    /// A length of time.
    Duration,
    /// "79th".
    Ordinal,
}

/// A number or date in the text, normalised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Value {
    /// What it measures.
    #[serde(rename = "type")]
    pub kind: ValueType,
    /// Where it stands: symbol, amount and scale of money, sign or word of a percentage.
    #[serde(flatten)]
    pub span: Span,
    /// The text there.
    pub text: String,
    /// The number.
    pub value: Option<Number>,
    /// The upper end of a range.
    pub value_max: Option<Number>,
    /// Unit as a word: `kilometre`, `day`.
    pub unit: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// ISO date or month, the first of a range.
    pub date: Option<String>,
    /// The last of a range.
    pub date_end: Option<String>,
}

/// A stretch of speech.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quote {
    /// The words, without the marks.
    #[serde(flatten)]
    pub span: Span,
    /// Who said it, as the text calls them or by their full name.
    pub speaker: Option<String>,
    /// The entity that is the speaker.
    pub speaker_entity: Option<String>,
    /// The word that attributes it: "said", "told".
    pub cue: Option<String>,
    /// In quotation marks.
    pub direct: bool,
}
