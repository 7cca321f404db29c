//! What was said last of one thing: the claims of a series, as the state remembers them.
//!
//! A series is one disease, place, metric, kind, period and subset. An entry is a function of the claims that stand in it,
//! never of the order in which they came, so that an entry that is made anew from the topics is the same entry.

use crate::model::{
    AsOfHow, FeedId, Number, Observation, PlaceKind, Qualifier, Series, SeriesRelation, StateChange, Statistic, Status,
    state_key,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The claims that an entry remembers at most.
const REMEMBERED: usize = 8;

/// One claim, as far as others are compared with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesClaim {
    /// `<item>/<observation id>`.
    pub id: String,
    /// When the revision that asserts it was observed.
    pub observed: Timestamp,
    /// The day, or month, that it describes.
    pub as_of: String,
    /// The value.
    pub value: Number,
    /// Upper end of a range.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value_max: Option<Number>,
    /// Whether the value is bounded.
    pub qualifier: Qualifier,
    /// The agency that says so.
    pub agency: Option<String>,
    /// The feed that it came from.
    pub feed: FeedId,
    /// The source that it names.
    pub source: Option<String>,
}

impl SeriesClaim {
    /// The claim of this observation; none where it takes part in no series: no report, without value, day or place.
    pub fn of(id: String, observation: &Observation, told: (Option<&str>, &FeedId, Timestamp)) -> Option<Self> {
        let (agency, feed, observed) = told;
        if observation.status != Status::Reported {
            return None;
        }
        Some(Self {
            id,
            observed,
            as_of: observation.day()?.to_owned(),
            value: observation.value?,
            value_max: observation.value_max,
            qualifier: observation.qualifier,
            agency: agency.map(str::to_owned),
            feed: feed.clone(),
            source: observation.source.as_ref().map(|source| source.name.clone()),
        })
    }

    /// The item that makes it.
    pub fn item(&self) -> &str {
        self.id.rsplit_once('/').map_or(self.id.as_str(), |(item, _)| item)
    }

    /// How another claim stands to it.
    pub fn stood_to(&self, relation: SeriesRelation) -> Series {
        Series {
            relation,
            other: self.id.clone(),
            agency: self.agency.clone(),
            feed: self.feed.clone(),
            source: self.source.clone(),
            value: self.value,
            value_max: self.value_max,
            qualifier: self.qualifier,
            as_of: self.as_of.clone(),
        }
    }
}

/// Entry of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeriesState {
    /// Version of this form: 1.
    pub v: u8,
    /// The last claims that stand, at most eight, in the order of their observation.
    pub claims: Vec<SeriesClaim>,
}

impl Default for SeriesState {
    fn default() -> Self {
        Self { v: 1, claims: Vec::new() }
    }
}

impl SeriesState {
    /// The key of the series that an observation is of; none where the story names no place.
    pub fn key(observation: &Observation) -> Option<String> {
        let location = &observation.location;
        let name = location.name.as_deref();
        let place = match location.kind {
            PlaceKind::Country => location.iso2.as_deref().or(name)?.to_owned(),
            PlaceKind::Subdivision => location.subdivision.as_deref().or(name)?.to_owned(),
            PlaceKind::World | PlaceKind::Region => name?.to_owned(),
            PlaceKind::City | PlaceKind::Facility | PlaceKind::Unknown => {
                let within = location.subdivision.as_deref().or(location.iso2.as_deref()).unwrap_or("");
                format!("{within}/{}", name?)
            }
        };
        let mut metric = word(&observation.metric);
        if let Some(per) = observation.per {
            metric.push_str(&format!("/{per}"));
        }
        if observation.statistic == Some(Statistic::Average) {
            metric.push_str("/average");
        }
        let mut subset: Vec<String> = observation.subset.iter().map(word).collect();
        subset.sort_unstable();
        let period = observation.period.as_ref().map(word).unwrap_or_default();
        let parts = [observation.disease.clone(), place, metric, word(&observation.kind), period, subset.join("+")];
        Some(format!("{}{}", state_key::SERIES, parts.map(|part| part.replace('|', "_")).join("|")))
    }

    /// Takes up a claim, in place of what it said before, and forgets what is beyond the bound.
    pub fn join(&mut self, claim: SeriesClaim) {
        self.leave(&claim.id);
        let place = (claim.observed, &claim.id);
        let at = self.claims.partition_point(|known| (known.observed, &known.id) < place);
        self.claims.insert(at, claim);
        let surplus = self.claims.len().saturating_sub(REMEMBERED);
        self.claims.drain(..surplus);
    }

    /// A claim no longer stands.
    pub fn leave(&mut self, id: &str) {
        self.claims.retain(|claim| claim.id != id);
    }

    /// Forgets what was observed before.
    pub fn forget_before(&mut self, oldest: Timestamp) {
        self.claims.retain(|claim| claim.observed >= oldest);
    }

    /// The change of the state that makes this the entry, in place of the one before; none when they are the same.
    pub fn change_from(&self, before: Option<&Self>, key: String) -> Option<StateChange> {
        let same = before.map_or(self.claims.is_empty(), |before| before == self);
        (!same).then(|| self.change(key))
    }

    /// The change of the state that makes this the entry: an empty one is forgotten.
    pub fn change(&self, key: String) -> StateChange {
        if self.claims.is_empty() { StateChange::forget(key) } else { StateChange::set(key, self) }
    }
}

/// Of an entry only when its last claim was observed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct SeriesEnd {
    claims: Vec<Observed>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
struct Observed {
    observed: Timestamp,
}

impl SeriesEnd {
    /// When the last claim was observed.
    pub fn last(&self) -> Timestamp {
        self.claims.last().map_or(Timestamp::MIN, |claim| claim.observed)
    }
}

impl Observation {
    /// The day, or month, that it is known to describe. A figure of a standing paragraph that only takes its story's date
    /// is carried along from earlier stories, and describes nobody knows which day.
    pub fn day(&self) -> Option<&str> {
        let presumed = matches!(self.as_of.how, AsOfHow::DatelineDefault | AsOfHow::PublishedDefault | AsOfHow::None);
        self.as_of.date.as_deref().filter(|_| !(self.in_background && presumed))
    }

    /// Takes up how it stands to what was known; a total that falls is named as implausible too.
    pub fn stand(&mut self, series: Series) {
        let falls = series.relation == SeriesRelation::Contradicts && self.as_of.date.as_ref() != Some(&series.as_of);
        if falls {
            self.doubt("cumulative_falls", Some(series.other.clone()), None);
        }
        self.series = Some(series);
    }
}

/// The word that records write for a value of a closed list; empty for anything else.
pub fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}
