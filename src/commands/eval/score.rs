//! Labelled figures against those that were found, after the rules of the specification.
//!
//! In: a case's labels and the observations of its body. Out: a [`Tally`]. What holds: matching is one to one; a match of
//! metric and value (with `value_max`) is the first level, with kind the second, with place the third; the other fields
//! are counted among matches of the third level, where the label states them. A place agrees as far as the label gives
//! one: its country, then its division; without a country, its name.

use crate::model::{Observation, PlaceKind};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What one case, or many, came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Tally {
    /// Labelled figures.
    pub(super) expected: usize,
    /// Figures found.
    pub(super) found: usize,
    /// Matches by metric and value, also by kind, also by place.
    pub(super) hits: [usize; 3],
    /// Of each field how often it was right, of how many.
    pub(super) fields: BTreeMap<&'static str, (usize, usize)>,
    /// Passages in which nothing is to be found beyond their labels, and what was found there nevertheless.
    pub(super) traps: usize,
    pub(super) caught: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Tally) {
        self.expected += other.expected;
        self.found += other.found;
        self.hits.iter_mut().zip(other.hits).for_each(|(sum, hits)| *sum += hits);
        for (name, (right, all)) in &other.fields {
            let field = self.fields.entry(name).or_default();
            field.0 += right;
            field.1 += all;
        }
        self.traps += other.traps;
        self.caught += other.caught;
    }

    /// What was right at a level, what was expected, what was found.
    pub(super) fn counts(&self, level: usize) -> [usize; 3] {
        [self.hits.get(level).copied().unwrap_or(0), self.expected, self.found]
    }
}

/// Compares one case; says in words what is wrong with it.
pub(super) fn compare(text: &str, labels: &[Value], is_trap: bool, found: &[Observation]) -> (Tally, Vec<String>) {
    let mut tally = Tally { expected: labels.len(), found: found.len(), ..Tally::default() };
    let mut wrong = Vec::new();
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for (l, label) in labels.iter().enumerate() {
        for (n, observation) in found.iter().enumerate().filter(|(_, observation)| same_value(label, observation)) {
            let quality = usize::from(same_kind(label, observation)) * 4
                + usize::from(same_place(label, observation)) * 2
                + usize::from(same_span(text, label, observation));
            pairs.push((quality, l, n));
        }
    }
    pairs.sort_by_key(|(quality, l, n)| (usize::MAX - quality, *l, *n));
    let (mut of_label, mut taken) = (vec![None; labels.len()], vec![false; found.len()]);
    for (_, l, n) in pairs {
        if let (Some(slot @ None), Some(taken @ false)) = (of_label.get_mut(l), taken.get_mut(n)) {
            (*slot, *taken) = (Some(n), true);
        }
    }
    for (label, n) in labels.iter().zip(of_label) {
        let Some(observation) = n.and_then(|n: usize| found.get(n)) else {
            wrong.push(format!("missing {} {}", label["metric"], label["value"]));
            continue;
        };
        let (kind, place) = (same_kind(label, observation), same_place(label, observation));
        for (hits, level) in tally.hits.iter_mut().zip([true, kind, kind && place]) {
            *hits += usize::from(level);
        }
        if !kind {
            wrong.push(format!("{}: kind {:?} by {}", label["value"], observation.kind, observation.rule));
        }
        if !place {
            let found = [&observation.location.name, &observation.location.subdivision].map(|name| name.as_deref());
            wrong.push(format!("{}: place {found:?} {:?}", label["value"], observation.location.how));
        }
        if kind && place {
            fields(label, observation, &mut tally, &mut wrong);
        }
    }
    let extra: Vec<&Observation> =
        found.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(observation, _)| observation).collect();
    if is_trap {
        (tally.traps, tally.caught) = (1, extra.len());
    }
    wrong.extend(extra.iter().map(|extra| format!("extra {:?} {:?} by {}", extra.metric, extra.value, extra.rule)));
    (tally, wrong)
}

fn same_value(label: &Value, observation: &Observation) -> bool {
    json!(observation.metric) == label["metric"]
        && observation.value.map(|value| value.0) == label["value"].as_f64()
        && observation.value_max.map(|value| value.0) == label["value_max"].as_f64()
}

fn same_kind(label: &Value, observation: &Observation) -> bool {
    label["kind"].is_null() || json!(observation.kind) == label["kind"]
}

fn same_place(label: &Value, observation: &Observation) -> bool {
    if label.get("location").is_none() && label.get("iso2").is_none() {
        return true;
    }
    let location = &observation.location;
    let division = label["subdivision"].as_str().is_none_or(|code| location.subdivision.as_deref() == Some(code));
    match label["iso2"].as_str() {
        Some(iso2) => location.iso2.as_deref() == Some(iso2) && division,
        None => {
            location.iso2.is_none()
                && (label["location"].is_null() || location.name.as_deref() == label["location"].as_str())
        }
    }
}

/// Labels count code points.
fn same_span(text: &str, label: &Value, observation: &Observation) -> bool {
    let points = |byte: usize| text.get(..byte).map_or(0, |head| head.chars().count()) as u64;
    observation.spans.value.is_some_and(|span| {
        label["start"].as_u64() == Some(points(span.start)) && label["end"].as_u64() == Some(points(span.end))
    })
}

/// Counts the fields that the label states.
fn fields(label: &Value, observation: &Observation, tally: &mut Tally, wrong: &mut Vec<String>) {
    let subsets = |value: &Value| match value {
        Value::String(_) => json!([value]),
        other => other.clone(),
    };
    // A label of a code and nothing else is of the whole country.
    let whole = label["iso2"].is_string() && label["subdivision"].is_null() && label.get("location").is_none();
    let stated = [
        ("whole_country", json!(whole.then_some(true)), json!(observation.location.kind == PlaceKind::Country)),
        ("qualifier", label["qualifier"].clone(), json!(observation.qualifier)),
        ("period", label["period"].clone(), json!(observation.period)),
        ("as_of", label["as_of"].clone(), json!(observation.as_of.date)),
        ("rank", label["rank"].clone(), json!(observation.rank)),
        ("subset", subsets(&label["subset"]), json!(observation.subset)),
        ("status", label["status"].clone(), json!(observation.status)),
        ("per", label["per"].clone(), json!(observation.per)),
        ("statistic", label["statistic"].clone(), json!(observation.statistic)),
    ];
    for (name, expected, found) in stated {
        if expected.is_null() {
            continue;
        }
        let field = tally.fields.entry(name).or_default();
        field.1 += 1;
        if expected == found {
            field.0 += 1;
        } else {
            wrong.push(format!("{}: {name} {found} is not {expected}", label["value"]));
        }
    }
}
