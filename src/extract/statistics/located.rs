//! A number's place, and what it leaves to the numbers behind.
//!
//! In: a mention, or what the text before speaks of. Out: [`Located`]. What holds: a sentence that breaks a country's figures
//! down by its parts leaves the country, not the last of them.

use super::mention::Mention;
use super::reading::Reading;
use crate::extract::places::Place;
use crate::model::{Location, PlaceHow, PlaceKind, Span};

/// A number's place.
#[derive(Clone, Copy)]
pub(super) struct Located<'p> {
    pub(super) place: Option<&'p Place>,
    /// It is an unnamed ship, home or prison.
    pub(super) facility: bool,
    pub(super) how: PlaceHow,
    pub(super) span: Option<Span>,
    /// Where its name is written, when no table knows it and `place` is what it lies in.
    pub(super) written: Option<Span>,
}

impl<'p> Located<'p> {
    /// What the text before speaks of.
    pub(super) fn inherited(place: &'p Place) -> Self {
        Self { place: Some(place), facility: false, how: PlaceHow::Inherited, span: None, written: None }
    }

    /// Whether another place lies in this one.
    fn holds(&self, part: &Self) -> bool {
        part.place.zip(self.place).is_some_and(|(part, whole)| {
            let lower = matches!(part.kind, PlaceKind::City | PlaceKind::Subdivision);
            match whole.kind {
                PlaceKind::World => part.kind == PlaceKind::Country,
                PlaceKind::Country => lower && part.iso2 == whole.iso2,
                PlaceKind::Subdivision => lower && part.subdivision == whole.subdivision && part.id != whole.id,
                _ => false,
            }
        })
    }

    fn holds_several(&self, told: &[Self]) -> bool {
        told.iter().filter(|part| self.holds(part)).count() > 1
    }

    pub(super) fn at(reading: &Reading<'_, 'p>, mention: &Mention<'p>) -> Self {
        let spot = &mention.spot;
        Self {
            place: Some(spot.place),
            facility: false,
            how: mention.how,
            span: Some(Span::new(reading.span.field, spot.start, spot.end)),
            written: spot.written,
        }
    }

    pub(super) fn none() -> Self {
        Self { place: None, facility: false, how: PlaceHow::None, span: None, written: None }
    }

    /// As records carry it; `text` is that of the field which the place was named in.
    pub(super) fn location(&self, text: &str) -> Location {
        match self.place {
            Some(place) => Location {
                name: Some(match self.written.and_then(|span| span.of(text)) {
                    Some(name) => name.to_owned(),
                    None => place.name.to_string(),
                }),
                kind: if self.written.is_some() { PlaceKind::Subdivision } else { place.kind },
                iso2: place.iso2.as_deref().map(str::to_owned),
                iso3: place.iso3.as_deref().map(str::to_owned),
                subdivision: place.subdivision.as_deref().map(str::to_owned),
                how: self.how,
            },
            None => Location {
                name: self.written.and_then(|span| span.of(text)).map(str::to_owned),
                kind: if self.facility { PlaceKind::Facility } else { PlaceKind::Unknown },
                iso2: None,
                iso3: None,
                subdivision: None,
                how: self.how,
            },
        }
    }
}

/// The place that a sentence with figures leaves to the next: its last, or, where it breaks a country's figures down by
/// its parts ("4,174 in Moscow, 1,966 in St. Petersburg"), the country.
///
/// `parts` says that all were told as parts of a figure before: "Lombardy had 235 of the dead".
pub(super) fn told_of<'p>(before: Option<Located<'p>>, told: &[Located<'p>], parts: bool) -> Option<Located<'p>> {
    let Some(last) = told.last() else { return before };
    let inside = told.iter().find(|whole| whole.holds(last));
    let Some(whole) = inside.or(before.as_ref().filter(|whole| whole.holds(last))) else { return Some(*last) };
    Some(if parts || inside.is_some() || whole.holds_several(told) { *whole } else { *last })
}

/// What a sentence with figures of several countries, but not of that of the story, leaves to the next paragraph: "Next in line
/// was Bahrain with 395; Spain had 229".
pub(super) fn compared<'p>(home: impl FnOnce() -> Option<&'p Place>, told: &[Located<'p>]) -> Option<Located<'p>> {
    let countries = || told.iter().filter_map(|one| one.place?.iso2.as_deref());
    let first = countries().next()?;
    countries().find(|other| *other != first)?;
    let home = home()?;
    countries().all(|country| home.iso2.as_deref() != Some(country)).then(|| Located::inherited(home))
}

/// What a sentence with figures of several countries leaves to the next paragraph: the part of the world, or the world, that
/// was spoken of.
pub(super) fn of_countries<'p>(last: Option<Located<'p>>, told: &[Located<'p>]) -> Option<Located<'p>> {
    let country = |one: &Located<'p>| one.place.filter(|place| place.kind == PlaceKind::Country).map(|place| &place.id);
    let mut named: Vec<_> = told.iter().map(country).collect::<Option<_>>()?;
    named.dedup();
    let wide = |place: &Place| matches!(place.kind, PlaceKind::Region | PlaceKind::World);
    last.filter(|last| named.len() > 2 && last.place.is_some_and(wide))
}

/// What a sentence with figures of several parts of the country that was spoken of, and of nothing else, leaves to the
/// next paragraph.
pub(super) fn listed<'p>(country: Option<&'p Place>, told: &[Located<'p>]) -> Option<Located<'p>> {
    let (first, rest) = told.split_first()?;
    let other = |part: &Located<'p>| part.place.map(|place| &place.id) != first.place.map(|place| &place.id);
    let apart = |part: &Located<'p>| !told.iter().any(|whole| whole.holds(part));
    let whole = country.map(Located::inherited)?;
    (rest.iter().any(other) && told.iter().all(|part| whole.holds(part) && apart(part))).then_some(whole)
}
