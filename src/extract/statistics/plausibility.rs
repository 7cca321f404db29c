//! What speaks against a value: other values of the same story.
//!
//! In: the observations of a story. Out: the same, with contradictions named. Values are never repaired.

use std::collections::HashMap;

use crate::model::{Contradiction, Kind, Metric, Observation, Status};

/// Names contradictions among the observations of one story, and lowers the confidence of those that have any.
pub(super) fn check(observations: &mut [Observation]) {
    let facts: Vec<Fact> = observations.iter().map(Fact::of).collect();
    let mut by_place: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, fact) in facts.iter().enumerate() {
        if let Some(place) = &fact.place {
            by_place.entry(place).or_default().push(n);
        }
    }
    for (n, fact) in facts.iter().enumerate() {
        let Some(value) = fact.value else { continue };
        let here = fact.place.as_deref().and_then(|place| by_place.get(place)).map(Vec::as_slice).unwrap_or_default();
        for (m, other) in
            here.iter().take(MOST).filter_map(|m| facts.get(*m).map(|other| (*m, other))).filter(|(m, _)| *m != n)
        {
            let Some(against) = other.value.filter(|_| fact.comparable(other)) else { continue };
            let code = match (fact.metric, other.metric) {
                (Metric::Deaths, Metric::Cases)
                    if fact.kind == other.kind && fact.kind == Kind::Cumulative && value > against =>
                {
                    "deaths_above_cases"
                }
                (Metric::Recoveries, Metric::Cases)
                    if fact.kind == other.kind && fact.kind == Kind::Cumulative && value > against =>
                {
                    "recoveries_above_cases"
                }
                (Metric::ActiveCases, Metric::Cases) if other.kind == Kind::Cumulative && value > against => {
                    "active_above_cases"
                }
                (a, b) if a == b && fact.kind == Kind::New && other.kind == Kind::Cumulative && value > against => {
                    "new_above_total"
                }
                (Metric::PeopleFullyVaccinated, Metric::PeopleVaccinated)
                    if fact.kind == other.kind && value > against =>
                {
                    "full_above_any_dose"
                }
                _ => continue,
            };
            let Some(id) = observations.get(m).map(|other| other.id.clone()) else { continue };
            if let Some(observation) = observations.get_mut(n) {
                observation.plausibility.push(Contradiction { code: code.to_owned(), other: Some(id) });
                observation.confidence = (observation.confidence - 0.1).max(0.05);
            }
            break;
        }
    }
}

/// How many figures of one place a figure is held against.
const MOST: usize = 64;

struct Fact {
    place: Option<String>,
    metric: Metric,
    kind: Kind,
    value: Option<f64>,
    plain: bool,
}

impl Fact {
    fn of(observation: &Observation) -> Self {
        Self {
            place: observation.location.subdivision.clone().or_else(|| observation.location.name.clone()),
            metric: observation.metric,
            kind: observation.kind,
            value: observation.value.map(|value| value.0),
            plain: observation.subset.is_empty() && observation.status == Status::Reported,
        }
    }

    fn comparable(&self, other: &Fact) -> bool {
        self.plain && other.plain && self.place.is_some() && self.place == other.place
    }
}
