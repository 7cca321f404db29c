//! One claim once, and a name for each.
//!
//! In: the observations of a story as they were found. Out: the same without repetitions, which stand in `also_at` of the
//! observation that they repeat, and with their ids.

use super::{Finder, LeftOut, kinds};
use crate::extract::diseases::COVID_19;
use crate::model::{AsOfHow, Field, Kind, Metric, Observation, PlaceKind, Qualifier, Status};
use serde::Serialize;
use std::collections::HashMap;

/// Numbers of a body in which a story would have told what its headline counts.
const ENOUGH: usize = 3;

/// Figures of a headline and a summary that are looked for in the body, at most.
const MOST_HEADED: usize = 64;

/// What a headline or summary counts gives way to the body, which has the words around it: "Two boosters recovered", above
/// a story of rockets, counts nothing, and a number that the body repeats is what it is there.
fn give_way(finder: &mut Finder<'_, '_>) {
    let article = finder.article;
    let (body, rest): (Vec<_>, Vec<_>) = finder.found.drain(..).partition(|one| one.field.is_body());
    let numbers = || article.body.split(|c: char| !c.is_numeric()).filter(|digits| !digits.is_empty());
    let alone = body.is_empty() && !rest.is_empty() && numbers().take(ENOUGH).count() == ENOUGH;
    let told = |one: &Observation| body.iter().any(|other| (other.metric, other.value) == (one.metric, one.value));
    let otherwise = |one: &Observation| {
        let text = if one.field == Field::Headline { &article.headline } else { &article.summary };
        let written = one.spans.value.zip(text.as_deref()).and_then(|(span, text)| span.of(text));
        written.is_some_and(|written| written.len() > 1 && stands_in(&article.body, written)) && !told(one)
    };
    let asked = rest.into_iter().enumerate();
    let (kept, left): (Vec<_>, Vec<_>) = asked.partition(|(n, one)| !alone && (*n >= MOST_HEADED || !otherwise(one)));
    let [kept, left] = [kept, left].map(|some| some.into_iter().map(|(_, one)| one).collect::<Vec<_>>());
    finder.found = body.into_iter().chain(kept).collect();
    if let Some(left_out) = &mut finder.left_out {
        let reason = || "no figure in the body, which has the words around it".to_owned();
        left_out.extend(left.iter().filter_map(|one| Some(LeftOut { span: one.spans.value?, reason: reason() })));
    }
}

/// Whether a number stands in a text as it is written, and not as a part of another.
fn stands_in(text: &str, number: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == ',' || c == '.';
    text.match_indices(number).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let behind = text.get(at + number.len()..).unwrap_or_default();
        let ends = |c: char| !c.is_alphanumeric();
        let grouped =
            behind.starts_with([',', '.']) && behind.get(1..).is_some_and(|c| c.starts_with(|c: char| c.is_numeric()));
        before.is_none_or(|c| !part(c)) && behind.chars().next().is_none_or(ends) && !grouped
    })
}

/// What a description must share before two figures are compared: place, country, metric, kind, status.
type Description = (Option<String>, Option<String>, Metric, Kind, Status);

/// One claim once: the same value of the same description is a further mention, and so is a rounded one.
pub(super) fn merge(finder: &mut Finder<'_, '_>) -> Vec<Observation> {
    give_way(finder);
    let found = std::mem::take(&mut finder.found);
    let mut kept: Vec<Observation> = Vec::with_capacity(found.len());
    let mut alike: HashMap<Description, Vec<usize>> = HashMap::new();
    // Body first: its figures are fuller than the headline's.
    let (body, rest): (Vec<_>, Vec<_>) = found.into_iter().partition(|observation| observation.field == Field::Body);
    for observation in body.into_iter().chain(rest) {
        let location = &observation.location;
        let key =
            (location.name.clone(), location.iso2.clone(), observation.metric, observation.kind, observation.status);
        let places = alike.entry(key).or_default();
        // A story does not tell more figures of one description than this; only noise does.
        let same = places
            .iter()
            .take(MOST_ALIKE)
            .copied()
            .find(|at| kept.get(*at).is_some_and(|earlier| repeats(earlier, &observation)))
            .or_else(|| {
                let headed = !observation.field.is_body();
                headed.then(|| kept.iter().take(MOST_TOLD).position(|earlier| retold(earlier, &observation)))?
            });
        match same.and_then(|at| kept.get_mut(at)) {
            Some(earlier) => {
                earlier.also_at.extend(observation.spans.value);
                if earlier.rank.is_none() {
                    earlier.rank = observation.rank;
                    earlier.rank_scope = observation.rank_scope;
                }
                if earlier.source.is_none() {
                    earlier.source = observation.source;
                }
            }
            None => {
                places.push(kept.len());
                kept.push(observation);
            }
        }
    }
    kept
}

/// How many figures of one place, metric and kind a new one is compared with.
const MOST_ALIKE: usize = 64;

/// How many figures of a story one of its headline is compared with.
const MOST_TOLD: usize = 512;

/// Whether a headline or summary tells what the body does, which says better where and how.
fn retold(earlier: &Observation, later: &Observation) -> bool {
    let same = (earlier.metric, earlier.value, earlier.status) == (later.metric, later.value, later.status);
    same && earlier.field.is_body()
}

fn repeats(earlier: &Observation, later: &Observation) -> bool {
    let place = earlier.location.iso2 == later.location.iso2
        && earlier.location.subdivision == later.location.subdivision
        && (earlier.location.name == later.location.name);
    let description = earlier.metric == later.metric
        && earlier.kind == later.kind
        && earlier.status == later.status
        && earlier.subset == later.subset
        && (earlier.period == later.period || earlier.period.is_none() || later.period.is_none());
    if !place || !description || earlier.spans.value == later.spans.value && earlier.sentence == later.sentence {
        return false;
    }
    // A headline without a day of its own tells the figure of the body, whatever day the body gives.
    let dayless = later.field != Field::Body
        && matches!(later.as_of.how, AsOfHow::DatelineDefault | AsOfHow::PublishedDefault | AsOfHow::None);
    let date = earlier.as_of.date == later.as_of.date || dayless && earlier.field == Field::Body;
    match (earlier.value, later.value) {
        (Some(full), Some(other)) if full == other => date && earlier.value_max == later.value_max,
        (Some(full), Some(other)) => date && rounds(full.0, other.0, later.qualifier),
        _ => false,
    }
}

/// Whether `other` is `full` rounded, as its qualifier says: "more than 13,000" for 13,072.
fn rounds(full: f64, other: f64, qualifier: Qualifier) -> bool {
    let close = full > 0.0 && (full - other).abs() / full < 0.05;
    let round = |value: f64| {
        (1..=6).rev().map(|digits| 10f64.powi(digits)).any(|unit| value % unit == 0.0 && unit >= value / 200.0)
    };
    let direction = match qualifier {
        Qualifier::MoreThan | Qualifier::AtLeast => other <= full,
        Qualifier::Nearly | Qualifier::LessThan | Qualifier::AtMost => other >= full,
        Qualifier::About => true,
        _ => false,
    };
    close && direction && round(other)
}

/// Gives each observation its id.
pub(super) fn name(observations: &mut [Observation]) {
    let mut used: HashMap<String, usize> = HashMap::new();
    for observation in observations {
        let location = &observation.location;
        let place = location
            .subdivision
            .clone()
            .or_else(|| location.iso2.clone().filter(|_| location.kind == PlaceKind::Country))
            .or_else(|| location.name.clone());
        let city = location.name.clone().filter(|_| location.kind == PlaceKind::City);
        let mut parts = Vec::new();
        if observation.disease != COVID_19.name {
            parts.push(observation.disease.clone());
        }
        parts.push(place.unwrap_or_else(|| "none".to_owned()));
        parts.extend(city);
        parts.push(kinds::kind_of(observation.metric).name.to_owned());
        parts.push(word(&observation.kind));
        parts.extend(observation.period.as_ref().map(word));
        parts.extend(observation.statistic.as_ref().map(|_| "average".to_owned()));
        parts.extend(observation.subset.iter().map(word));
        if observation.status != Status::Reported {
            parts.push(word(&observation.status));
        }
        let slug: String = parts
            .join("-")
            .to_lowercase()
            .chars()
            .map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' })
            .collect();
        let count = used.entry(slug.clone()).or_default();
        *count += 1;
        observation.id = if *count == 1 { slug } else { format!("{slug}-{count}") };
    }
}

/// The word that records write for a variant.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
