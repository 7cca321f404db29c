//! COVID-19 statistics: one reported value of one metric for one place at one time.

use crate::model::{FeedId, Field, Number, Span, pair};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[allow(missing_docs, reason = "the variants are the words of the field's own vocabulary, defined in docs/RECORD.md")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }
    };
}

words!(
    /// What is counted. Names follow the field; `docs/RECORD.md` gives the terms of Our World in Data and the WHO.
    Metric {
        Cases, CasesSuspected, CasesProbable, Deaths, ExcessDeaths, Recoveries, ActiveCases, Hospitalisations, IcuPatients,
        VentilatedPatients, SevereCases, IcuOccupancy, Tests, PeopleTested, PositivityRate, DosesAdministered, PeopleVaccinated,
        PeopleFullyVaccinated, PeopleBoosted, PeopleVaccinatedShare, PeopleFullyVaccinatedShare, Quarantined, CloseContacts,
        CaseFatalityRate, RecoveryRate, ReproductionNumber, ActiveIncidence, CaseIncidence, DeathRate,
    }
);
words!(
    /// What sort of place it is.
    PlaceKind { World, Region, Country, Subdivision, City, Facility, Unknown }
);
words!(
    /// How the place was found.
    PlaceHow { Explicit, Possessive, Demonym, Anaphora, Source, Dateline, Inherited, None }
);
words!(
    /// What the number is a number of.
    Unit { Count, Percent, PerPopulation, Ratio }
);
words!(
    /// Whether the number is the value or bounds it.
    Qualifier { Exact, MoreThan, AtLeast, Nearly, About, LessThan, AtMost, Between }
);
words!(
    /// Since the beginning, within a period, or now.
    Kind { Cumulative, New, Current }
);
words!(
    /// The period of a `new` figure.
    Period { Day, Week, Fortnight, Month, Year }
);
words!(
    /// Absent for plain values.
    Statistic { Average }
);
words!(
    /// The part of the population that is counted.
    Subset {
        Local, Imported, Symptomatic, Asymptomatic, Hospital, CareHome, HealthWorkers, Children, Adults, Elderly, Prison,
        Vessel, Military, ForeignNationals, UnknownOrigin,
    }
);
words!(
    /// How the date was found.
    AsOfHow { Explicit, Weekday, Relative, Inherited, DatelineDefault, PublishedDefault, None }
);
words!(
    /// Who says so.
    SourceType { HealthMinistry, HealthAgency, TaskForce, Who, JohnsHopkins, NewsTally, LocalGovernment, Research, Official, Other }
);
words!(
    /// Whether the text reports it as a fact.
    Status { Reported, Estimated, Forecast, Hypothetical, Negated, Superseded }
);
words!(
    /// How a claim stands to what was known.
    SeriesRelation { Confirms, Advances, Corrects, Contradicts }
);

/// The place a number belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Location {
    /// Canonical English short name; `World` for global figures; null when the story names none.
    pub name: Option<String>,
    /// What sort of place.
    pub kind: PlaceKind,
    /// ISO 3166-1 alpha-2 of the country the place belongs to.
    pub iso2: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub iso3: Option<String>,
    /// ISO 3166-2 of the first-level division that the place is or lies in.
    pub subdivision: Option<String>,
    /// How it was found.
    pub how: PlaceHow,
}

/// The day a value describes, not the day it was announced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AsOf {
    /// ISO date or ISO month.
    pub date: Option<String>,
    /// How it was found.
    pub how: AsOfHow,
}

/// Who is named as the source of a figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// As written.
    pub name: String,
    /// What sort of source.
    #[serde(rename = "type")]
    pub kind: SourceType,
}

/// The sentence that makes a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SentenceRef {
    /// Its number in its text, from 0.
    pub index: usize,
    /// Where it stands.
    #[serde(flatten)]
    pub span: Span,
}

/// The evidence, piece by piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ObservationSpans {
    /// The number expression.
    #[serde(default, with = "pair")]
    #[schemars(with = "Option<[usize; 2]>")]
    pub value: Option<Span>,
    /// The words that name the metric.
    #[serde(default, with = "pair")]
    #[schemars(with = "Option<[usize; 2]>")]
    pub metric: Option<Span>,
    /// The words that name the place.
    #[serde(default, with = "pair")]
    #[schemars(with = "Option<[usize; 2]>")]
    pub location: Option<Span>,
    /// The words that name the date.
    #[serde(default, with = "pair")]
    #[schemars(with = "Option<[usize; 2]>")]
    pub date: Option<Span>,
}

/// What speaks against a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contradiction {
    /// From the closed list in `docs/RECORD.md`.
    pub code: String,
    /// The other figure: an observation's id within the story, a claim's id beyond it; null when the value alone is at fault.
    pub other: Option<String>,
    /// Where the other figure stands in the story. Absent beyond it, and in retractions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// How a claim stands to an earlier claim.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Series {
    /// The relation.
    pub relation: SeriesRelation,
    /// The other claim's id: `<item>/<observation id>`.
    pub other: String,
    /// The agency that made it.
    pub agency: Option<String>,
    /// The feed that it came from.
    pub feed: FeedId,
    /// The source that it names.
    pub source: Option<String>,
    /// Its value.
    pub value: Number,
    /// Upper end of its value when its `qualifier` is `between`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_max: Option<Number>,
    /// Whether its value is bounded.
    pub qualifier: Qualifier,
    /// The day, or month, that it describes.
    pub as_of: String,
}

/// One reported value of one metric for one place (or none that can be named) at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Observation {
    /// Stable within the item while place, metric, kind, period, subset and status stay the same.
    pub id: String,
    /// `COVID-19`, or another one that was asked for.
    pub disease: String,
    /// The disease in the Human Disease Ontology: `DOID:0080600`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disease_id: Option<String>,
    /// The place.
    pub location: Location,
    /// What is counted.
    pub metric: Metric,
    /// The value; null only for a rank without a number.
    pub value: Option<Number>,
    /// Upper end when `qualifier` is `between`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_max: Option<Number>,
    /// Unit of the value.
    pub unit: Unit,
    /// Population base of a `per_population` value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<u64>,
    /// Whether the value is bounded.
    pub qualifier: Qualifier,
    /// Cumulative, new or current.
    pub kind: Kind,
    /// Period of a `new` value, where the text gives it.
    pub period: Option<Period>,
    /// `average` for means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statistic: Option<Statistic>,
    /// Part of the population; empty for the whole.
    pub subset: Vec<Subset>,
    /// The day it describes.
    pub as_of: AsOf,
    /// "79th".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Among what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rank_scope: Option<String>,
    /// Who says so.
    pub source: Option<Source>,
    /// Reported, estimated and so on.
    pub status: Status,
    /// Which text the sentence and spans point into; absent when it is the body.
    #[serde(rename = "in", default, skip_serializing_if = "Field::is_body")]
    pub field: Field,
    /// The sentence.
    pub sentence: SentenceRef,
    /// The evidence.
    pub spans: ObservationSpans,
    /// 0 to 1.
    pub confidence: f64,
    /// The rule that produced it.
    pub rule: String,
    /// It stands in a standing background paragraph.
    pub in_background: bool,
    /// Further mentions of the same claim in the story.
    pub also_at: Vec<Span>,
    /// What speaks against it.
    pub plausibility: Vec<Contradiction>,
    /// How it stands to what was known.
    pub series: Option<Series>,
}

/// Contradictions that an observation names.
const CONTRADICTIONS: usize = 4;

/// The least confidence that is published by default (`extract.min_confidence`). Contradictions alone leave as much: a reader is to
/// see them.
pub const LEAST_CONFIDENCE: f64 = 0.3;

impl Observation {
    /// Visits every span.
    pub fn each_span(&mut self, visit: &mut impl FnMut(&mut Span)) {
        visit(&mut self.sentence.span);
        let spans = &mut self.spans;
        [&mut spans.value, &mut spans.metric, &mut spans.location, &mut spans.date]
            .into_iter()
            .flatten()
            .for_each(&mut *visit);
        self.also_at.iter_mut().for_each(&mut *visit);
        self.plausibility.iter_mut().filter_map(|against| against.span.as_mut()).for_each(visit);
    }

    /// Names what speaks against it, and is less sure of it. Of many contradictions the first few say enough.
    pub fn doubt(&mut self, code: &str, other: Option<String>, span: Option<Span>) {
        if self.plausibility.len() < CONTRADICTIONS {
            self.plausibility.push(Contradiction { code: code.to_owned(), other, span });
            self.confidence =
                ((self.confidence - 0.1).max(LEAST_CONFIDENCE.min(self.confidence)) * 100.0).round() / 100.0;
        }
    }

    /// Whether two observations say the same, wherever in the text they stand and whatever rule found them: a
    /// consumer of claims needs no new record for the other.
    pub fn same_claim(&self, other: &Observation) -> bool {
        self.location.name == other.location.name
            && self.location.iso2 == other.location.iso2
            && self.location.subdivision == other.location.subdivision
            && self.metric == other.metric
            && self.value == other.value
            && self.value_max == other.value_max
            && self.unit == other.unit
            && self.per == other.per
            && self.qualifier == other.qualifier
            && self.kind == other.kind
            && self.period == other.period
            && self.statistic == other.statistic
            && self.subset == other.subset
            && self.as_of.date == other.as_of.date
            && self.rank == other.rank
            && self.rank_scope == other.rank_scope
            && self.source == other.source
            && self.status == other.status
    }
}

/// What a story says about COVID-19.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Covid {
    /// Whether the story is about it at all.
    pub relevant: bool,
    /// How much, 0 to 1.
    pub score: f64,
    /// In text order.
    pub observations: Vec<Observation>,
}
