//! Kinds that the sizes of figures tell: regions that add up to what a country has new are new themselves, whatever the sentence
//! before them counted.
//!
//! In: what the rules found in a story. Out: the same, where a list of places adds up to a count of the whole, with the kind of
//! that. What holds: no figure is added, lost or computed; only new and cumulative counts change places; a list changes as one,
//! and not against a word of any of its own figures.

use super::newness::{is_count, is_outright};
use crate::model::{Kind, Observation, PlaceKind, Span};

/// Places that make a list.
const PLACES: usize = 3;

/// A list adds up to a whole that is at most so much smaller than its sum (figures are rounded, and lists told a day late), and
/// at most so many times larger (the least places are left out).
const OVER: f64 = 1.005;
const LISTED: f64 = 3.0;

/// So many times as large a total of the same place makes a bare count no total.
const APART: f64 = 3.0;

/// A story states no more totals than this, and lists no more places side by side; only noise does.
const TOTALS: usize = 64;
const MOST_PLACES: usize = 256;

/// "561 deaths", where the toll of the same place and day is 42,616: a bare count beside a stated total is new. `follows` has
/// numbers with the number whose kind they have.
pub(super) fn beside_totals(found: &mut [Observation], follows: &[(Span, Span)]) {
    let stated =
        |one: &&Observation| is_count(one) && one.kind == Kind::Cumulative && is_stated(one) && one.field.is_body();
    let totals: Vec<&Observation> = found.iter().filter(stated).take(TOTALS).collect();
    let is_new = |one: &Observation| {
        bare(one)
            && totals.iter().any(|total| {
                let alike = total.metric == one.metric && total.location.name == one.location.name;
                let whole = alike && total.location.iso2 == one.location.iso2 && total.subset == one.subset;
                let larger = total.value.zip(one.value).is_some_and(|(total, one)| total.0 >= one.0 * APART);
                whole && larger && total.as_of.date == one.as_of.date
            })
    };
    let mut new: Vec<Span> = found.iter().filter(|one| is_new(one)).filter_map(|one| one.spans.value).collect();
    for (part, whole) in follows {
        if new.contains(whole) {
            new.push(*part);
        }
    }
    for one in found.iter_mut().filter(|one| one.spans.value.is_some_and(|span| new.contains(&span))) {
        if is_count(one) && one.kind == Kind::Cumulative && !is_outright(one) {
            one.kind = Kind::New;
            one.rule = format!("{}.beside", super::kinds::kind_of(one.metric).name);
        }
    }
}

/// A count of which no word says whether it is new, where all that it counts is told.
fn bare(one: &Observation) -> bool {
    let plain = ["noun_phrase", "item"].iter().any(|rule| one.rule.ends_with(rule));
    plain && is_count(one) && one.kind == Kind::Cumulative && one.field.is_body() && one.subset.is_empty()
}

/// A total that says so.
fn is_stated(one: &Observation) -> bool {
    one.rule.split('.').next_back().is_some_and(|rule| {
        ["total", "reaches", "brought", "bringing_to", "as_of", "passes", "taken_in"].contains(&rule)
    })
}

/// Gives each list of places the kind of the one count of the whole that it adds up to.
pub(super) fn correct(found: &mut [Observation]) {
    let mut at = 0;
    while at < found.len() {
        let end = list_end(found, at);
        if end - at >= PLACES
            && let Some((kind, whole)) = found.get(at..end).and_then(|list| kind_of_list(found, list))
        {
            let period = found.get(whole).and_then(|whole| whole.period).filter(|_| kind == Kind::New);
            for one in found.get_mut(at..end).into_iter().flatten().filter(|one| one.kind != kind) {
                (one.kind, one.period) = (kind, period);
                one.rule = format!("{}.sum", super::kinds::kind_of(one.metric).name);
            }
        }
        at = end.max(at + 1);
    }
}

/// Where the list of places that begins at `at` ends: counts of one metric in one country or of countries, side by side.
fn list_end(found: &[Observation], at: usize) -> usize {
    let Some(first) = found.get(at).filter(|one| is_item(one)) else { return at };
    let goes_on = |end: &usize| {
        let (Some(one), Some(before)) = (found.get(*end), end.checked_sub(1).and_then(|before| found.get(before)))
        else {
            return false;
        };
        let near = one.sentence.index <= before.sentence.index + 1;
        let alike = one.metric == first.metric
            && (one.location.kind == first.location.kind
                || first.location.kind != PlaceKind::Country && one.location.kind != PlaceKind::Country)
            && (first.location.kind == PlaceKind::Country || one.location.iso2 == first.location.iso2)
            && one.subset == first.subset;
        let another =
            !found.get(at..*end).unwrap_or_default().iter().any(|item| item.location.name == one.location.name);
        is_item(one) && near && alike && another
    };
    (at + 1..found.len().min(at + MOST_PLACES)).take_while(goes_on).last().map_or(at + 1, |last| last + 1)
}

/// Whether a figure may be an item of a list.
fn is_item(one: &Observation) -> bool {
    let placed = matches!(one.location.kind, PlaceKind::Country | PlaceKind::Subdivision | PlaceKind::City)
        && one.location.name.is_some();
    placed && one.field.is_body() && is_count(one) && one.value_max.is_none()
}

/// The kind of a list, and the count of the whole that it has it of; none where its sizes say nothing or a figure of it says
/// otherwise.
fn kind_of_list(found: &[Observation], list: &[Observation]) -> Option<(Kind, usize)> {
    let sum: f64 = list.iter().filter_map(|one| one.value).map(|value| value.0).sum();
    let first = list.first()?;
    let wholes = found.iter().enumerate().filter(|(_, whole)| holds(whole, first) && whole.subset == first.subset);
    let fits = |whole: &Observation| whole.value.is_some_and(|value| sum <= value.0 * OVER && sum * LISTED >= value.0);
    let mut fitting = wholes.clone().filter(|(_, whole)| fits(whole));
    let (at, whole) = fitting.next()?;
    // A count of the other kind that is as near leaves it open.
    let open = fitting.any(|(_, other)| other.kind != whole.kind);
    // A column whose head says nothing of the kind counts as totals by default.
    let by_default = |one: &Observation| {
        one.kind == Kind::Cumulative && [".column", ".unsaid"].iter().any(|rule| one.rule.ends_with(rule))
    };
    let told = list.iter().any(|one| is_outright(one) && !by_default(one) && one.kind != whole.kind);
    (!open && !told && list.iter().any(|one| one.kind != whole.kind)).then_some((whole.kind, at))
}

/// Whether a count is one of what the items of a list lie in.
fn holds(whole: &Observation, item: &Observation) -> bool {
    let place = &whole.location;
    let around = match (item.location.kind, place.kind) {
        (PlaceKind::Country, PlaceKind::World | PlaceKind::Region) => true,
        (PlaceKind::Subdivision | PlaceKind::City, PlaceKind::Country) => place.iso2 == item.location.iso2,
        (PlaceKind::City, PlaceKind::Subdivision) => place.subdivision == item.location.subdivision,
        _ => false,
    };
    around && whole.metric == item.metric && whole.field.is_body() && is_count(whole)
}
