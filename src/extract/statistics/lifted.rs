//! Figures of a country that stand where the text last spoke of a part of it.
//!
//! In: what was found in a story, and the story. Out: the same, where a figure that only inherited a city or a division has its
//! country instead: "Bangkok has 1,204 of them. Since last year 863,189 people have been infected". Boosted trees
//! ([`super::trees`]), learnt by `tools/judge` from the labelled figures, decide by how far behind the place was named, by how
//! the figures before were told of places, and by sizes.
//!
//! What holds: a figure that has its place from its own words keeps it; nothing but the place changes; what is seen of a story
//! is bounded, so that the work grows with its length and no faster.

use super::beside::{AROUND, NOTHING, Told, yes};
use super::located::Located;
use super::trees::Trees;
use crate::extract::places::Places;
use crate::model::{Article, Location, Observation, PlaceHow, PlaceKind, Span};
use std::collections::HashMap;
use std::sync::LazyLock;

static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::new(include_bytes!("lifted_trees.bin")));

/// Log odds from which the country is believed.
const LIFTS: f32 = 1.5;

/// How many figures before are looked at.
const BEFORE: usize = 6;

/// How many bytes before a figure its place is looked for.
const BEHIND: usize = 16_384;

/// Where a dateline stands.
const OPENING: usize = 60;

/// How many numbers are seen of a figure.
const SEEN: usize = 24;

/// A figure whose place may be its country.
pub struct Asked {
    /// The number.
    pub span: Span,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// What is seen of it.
    pub seen: Vec<f32>,
}

/// Gives figures their country where that is meant.
pub(super) fn correct(found: &mut [Observation], places: &Places, article: &Article) {
    let lifted: HashMap<Span, String> = asked(found, article)
        .into_iter()
        .filter(|asked| TREES.odds(&asked.seen) >= LIFTS)
        .map(|asked| (asked.span, asked.country))
        .collect();
    for one in found.iter_mut().filter(|one| one.field.is_body()) {
        let lift = one.spans.value.and_then(|span| lifted.get(&span));
        if let Some(country) = lift.and_then(|country| places.country(country)) {
            one.location = Located::inherited(country).location("");
            one.spans.location = None;
        }
    }
}

/// The figures that inherited a part of a country.
pub(super) fn asked(found: &[Observation], article: &Article) -> Vec<Asked> {
    let part = |location: &Location| {
        location.how == PlaceHow::Inherited && matches!(location.kind, PlaceKind::City | PlaceKind::Subdivision)
    };
    if !found.iter().any(|one| part(&one.location)) {
        return Vec::new();
    }
    let told = Told::all(found, &HashMap::new());
    let open = told.iter().enumerate().filter(|(_, one)| part(&one.location));
    open.filter_map(|(at, one)| {
        let (country, name) = (one.location.iso2.clone()?, one.location.name.as_deref()?);
        Some(Asked { span: one.span, seen: seen(&told, at, name, article).to_vec(), country })
    })
    .collect()
}

/// 1 for a country, 2 for its divisions, 3 for towns.
fn level(one: &Told) -> f32 {
    match one.location.kind {
        PlaceKind::Country => 1.0,
        PlaceKind::Subdivision => 2.0,
        PlaceKind::City => 3.0,
        _ => 0.0,
    }
}

fn is_named(one: &Told) -> bool {
    matches!(one.location.how, PlaceHow::Explicit | PlaceHow::Possessive)
}

fn distinct<'a>(names: impl Iterator<Item = &'a Told>) -> f32 {
    let mut names: Vec<&str> = names.filter_map(|one| one.location.name.as_deref()).collect();
    names.sort_unstable();
    names.dedup();
    count(names.len())
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn count(number: usize) -> f32 {
    number as f32
}

fn seen(told: &[Told], at: usize, name: &str, article: &Article) -> [f32; SEEN] {
    let Some(this) = told.get(at) else { return [NOTHING; SEEN] };
    let body = |start: usize, end: usize| {
        let start = article.body.ceil_char_boundary(start);
        article.body.get(start..article.body.floor_char_boundary(end).max(start)).unwrap_or_default()
    };
    let near_text = body(this.span.start.saturating_sub(BEHIND), this.span.start);
    let behind = near_text.rfind(name).and_then(|from| near_text.get(from..));
    let opens = body(0, this.span.start.min(OPENING + name.len()));
    let inside = |one: &&Told| one.location.iso2 == this.location.iso2 && level(one) > 1.0;
    let whole = |one: &&Told| one.location.iso2 == this.location.iso2 && level(one) == 1.0;
    let here = |one: &&Told| one.location.name.as_deref() == Some(name);
    let window = || told.iter().enumerate().skip(at.saturating_sub(AROUND)).take(2 * AROUND + 1);
    let before = told.get(at.saturating_sub(AROUND)..at).unwrap_or_default();
    let near = || before.iter().rev().take(BEFORE);
    let last = before.last();
    let of_last = |what: &dyn Fn(&Told) -> f32| last.map_or(NOTHING, what);
    let larger = |which: &dyn Fn(&&Told) -> bool| {
        let alike = window().filter(|(n, one)| *n != at && one.is_like(this)).map(|(_, one)| one);
        alike.filter(which).map(|one| this.size - one.size).reduce(f32::min).unwrap_or(NOTHING)
    };
    [
        f32::from(this.location.kind as u8),
        f32::from(this.metric as u8),
        f32::from(this.kind as u8),
        this.size,
        behind.map_or(NOTHING, |text| count(text.len())),
        behind.map_or(NOTHING, |text| count(text.matches('\n').count())),
        yes(opens.find(name).is_some_and(|at| at < OPENING)),
        yes(article.headline.as_deref().is_some_and(|headline| headline.contains(name))),
        distinct(near().filter(inside)),
        distinct(near().filter(|one| is_named(one))),
        count(near().filter(|one| is_named(one)).count()),
        of_last(&level),
        of_last(&|one| yes(here(&one))),
        of_last(&|one| count(this.span.start - one.span.start)),
        of_last(&|one| yes(is_named(one))),
        count(before.iter().filter(whole).count()),
        count(at),
        larger(&here),
        larger(&whole),
        larger(&|one| inside(one) && !here(one)),
        count(this.nth),
        count(window().filter(|(_, one)| here(one) && is_named(one)).count()),
        told.first().map_or(NOTHING, level),
        distinct(window().map(|(_, one)| one).filter(|one| level(one) > 1.0)),
    ]
}
