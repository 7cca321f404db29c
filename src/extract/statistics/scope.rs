//! Which place a number belongs to.
//!
//! In: a sentence that has been read, a number, and the [`Context`] that the story has built up so far. Out: a
//! [`Located`]. What holds: a place is never taken from the object of a comparison, a phrase of origin, an exception, a
//! place of statement, or the nationality of patients; a list with an open end names no place.

use super::rank::Rank;
use super::reading::{Reading, Spot};
use super::roles::{foreign_prep, governs, in_name, located, nationality, near_capital_statement, usable};
use crate::extract::places::{Place, PlaceForm, Places};
use crate::language::pack::{Sense, Word};
use crate::language::{Cue, Pack};
use crate::model::{Location, PlaceHow, PlaceKind, Span};

/// What the story has said of places up to here.
#[derive(Default, Clone)]
pub(super) struct Context<'p> {
    /// Last country in subject position.
    pub(super) country: Option<&'p Place>,
    /// Last division named.
    pub(super) division: Option<&'p Place>,
    /// Last city named.
    pub(super) city: Option<&'p Place>,
    /// Place of the last observation.
    pub(super) last: Option<Located<'p>>,
    /// The place that has opened a sentence since the last observation.
    pub(super) focus: Option<&'p Place>,
    /// A heading or label that governs the lines below it.
    pub(super) label: Option<&'p Place>,
    /// Country of the dateline.
    pub(super) dateline: Option<&'p Place>,
}

/// A number's place.
#[derive(Clone, Copy)]
pub(super) struct Located<'p> {
    pub(super) place: Option<&'p Place>,
    /// It is an unnamed ship, home or prison.
    pub(super) facility: bool,
    pub(super) how: PlaceHow,
    pub(super) span: Option<Span>,
}

impl<'p> Located<'p> {
    fn at(reading: &Reading<'_, 'p>, spot: &Spot<'p>, how: PlaceHow) -> Self {
        Self {
            place: Some(spot.place),
            facility: false,
            how,
            span: Some(Span::new(reading.span.field, spot.start, spot.end)),
        }
    }

    fn none() -> Self {
        Self { place: None, facility: false, how: PlaceHow::None, span: None }
    }

    /// As records carry it.
    pub(super) fn location(&self) -> Location {
        match self.place {
            Some(place) => Location {
                name: Some(place.name.clone()),
                kind: place.kind,
                iso2: place.iso2.clone(),
                iso3: place.iso3.clone(),
                subdivision: place.subdivision.clone(),
                how: self.how,
            },
            None => Location {
                name: None,
                kind: if self.facility { PlaceKind::Facility } else { PlaceKind::Unknown },
                iso2: None,
                iso3: None,
                subdivision: None,
                how: self.how,
            },
        }
    }
}

/// The places of number `n`: several only for a distributive "each".
pub(super) fn locate<'p>(
    pack: &Pack,
    reading: &Reading<'_, 'p>,
    places: &'p Places,
    context: &Context<'p>,
    n: usize,
    rank: Option<&Rank>,
    whole: Option<Located<'p>>,
) -> Vec<Located<'p>> {
    let Some(number) = reading.numbers.get(n) else { return vec![Located::none()] };
    let clause = reading.clause(number.first);
    let right = reading.right(n);
    if let Some(spot) = respectively(reading, n) {
        return vec![Located::at(reading, spot, how(spot))];
    }
    // (1) In one bracket or list item with the number.
    if let Some(spot) = item(reading, n, rank) {
        return vec![Located::at(reading, spot, how(spot))];
    }
    if let Some(label) = sentence_label(reading, number.first)
        && !reading.spots.iter().any(|spot| right.contains(&spot.first) && located(reading, spot, rank))
    {
        return vec![Located::at(reading, label, PlaceHow::Explicit)];
    }
    // (3) before (2), because "N cases in P" binds more tightly than the clause's subject.
    let aside = |spot: &Spot<'p>| (number.after..spot.first).any(|at| reading.word(at, Word::Digression));
    let behind: Vec<&Spot<'p>> = reading
        .spots
        .iter()
        .filter(|spot| right.contains(&spot.first) && located(reading, spot, rank) && !aside(spot))
        .collect();
    if reading.has(number.after..clause.end, Sense::OpenEnd) && !behind.is_empty() {
        return vec![Located::none()];
    }
    if reading.has(right.start..right.end.min(number.after + 4), Sense::Each) && behind.len() > 1 {
        return behind.into_iter().map(|spot| Located::at(reading, spot, PlaceHow::Explicit)).collect();
    }
    if let Some(facility) = facility(reading, n, &behind) {
        return vec![facility];
    }
    if let Some(spot) = innermost(reading, &behind) {
        return vec![Located::at(reading, spot, how(spot))];
    }
    let world = |range: std::ops::Range<usize>| {
        reading.marks_in(range).find(|mark| {
            mark.cue == Cue::Sense(Sense::World)
                && !rank.is_some_and(|rank| mark.first >= rank.at.start && mark.first < rank.at.end + 6)
                && !in_name(reading, mark.first, mark.after)
        })
    };
    if let Some(mark) = world(right.clone()).or_else(|| world(reading.left(n))).or_else(|| world(clause.clone())) {
        let closer = reading
            .spots
            .iter()
            .any(|spot| spot.first > mark.first && spot.after <= number.first && governs(reading, spot, rank));
        if !closer && let Some(place) = places.world() {
            return vec![Located {
                place: Some(place),
                facility: false,
                how: PlaceHow::Explicit,
                span: reading.bytes(mark.first, mark.after),
            }];
        }
    }
    // (2) The nearest place before the number that governs the clause.
    if let Some(spot) = subject(reading, clause.start..number.first, rank) {
        return vec![Located::at(reading, spot, how(spot))];
    }
    // A part and a pointing subject belong to the place of what they point to.
    if let Some(whole) = whole.filter(|whole| whole.place.is_some() || whole.facility) {
        return vec![whole];
    }
    let anaphor = |range: std::ops::Range<usize>| anaphor(reading, context, range);
    if let Some(located) = anaphor(clause.clone()) {
        return vec![located];
    }
    // A subject behind the number: "With 8.8 million infections India is …".
    let after = reading.spots.iter().find(|spot| {
        clause.contains(&spot.first)
            && spot.first > number.after
            && governs(reading, spot, rank)
            && !foreign_prep(reading, spot)
    });
    if let Some(spot) = after {
        return vec![Located::at(reading, spot, how(spot))];
    }
    // The rest of the sentence: its subject, when this clause has none.
    if let Some(spot) = subject(reading, 0..clause.start, rank) {
        return vec![Located::at(reading, spot, how(spot))];
    }
    if let Some(located) = anaphor(0..clause.start) {
        return vec![located];
    }
    if let (Some(mark), Some(place)) = (world(0..clause.start), places.world()) {
        let span = reading.bytes(mark.first, mark.after);
        return vec![Located { place: Some(place), facility: false, how: PlaceHow::Explicit, span }];
    }
    // (4) An institution of one country.
    let country = reading.marks.iter().find_map(|mark| match mark.cue {
        Cue::Institution(n) => pack.institutions.get(n),
        _ => None,
    });
    if let Some(place) = country.and_then(|country| places.by_id(country)) {
        return vec![Located { place: Some(place), facility: false, how: PlaceHow::Source, span: None }];
    }
    // (6) The sentence before, while no new place has appeared.
    if let Some(label) = context.label {
        return vec![Located { place: Some(label), facility: false, how: PlaceHow::Inherited, span: None }];
    }
    if let Some(focus) = context.focus {
        return vec![Located { place: Some(focus), facility: false, how: PlaceHow::Inherited, span: None }];
    }
    if let Some(last) = context.last {
        let how = if last.place.is_some() { PlaceHow::Inherited } else { last.how };
        return vec![Located { how, span: None, ..last }];
    }
    if let Some(country) = context.country {
        return vec![Located { place: Some(country), facility: false, how: PlaceHow::Inherited, span: None }];
    }
    vec![Located::none()]
}

/// The place that a sentence with figures leaves to the next: its last, or, where it breaks a country's figures down by
/// its parts ("4,174 in Moscow, 1,966 in St. Petersburg"), the country.
pub(super) fn told_of<'p>(before: Option<Located<'p>>, told: &[Located<'p>]) -> Option<Located<'p>> {
    let Some(last) = told.last() else { return before };
    let is_country = |located: &&Located<'p>| located.place.is_some_and(|place| place.kind == PlaceKind::Country);
    let inside = told.iter().find(is_country);
    let Some(whole) = inside.or(before.as_ref().filter(is_country)) else { return Some(*last) };
    let is_part = |located: &&Located<'p>| {
        located.place.zip(whole.place).is_some_and(|(part, country)| {
            matches!(part.kind, PlaceKind::City | PlaceKind::Subdivision) && part.iso2 == country.iso2
        })
    };
    let breakdown = is_part(&last) && (inside.is_some() || told.iter().filter(is_part).count() > 1);
    Some(if breakdown { *whole } else { *last })
}

fn how(spot: &Spot<'_>) -> PlaceHow {
    match spot.form {
        PlaceForm::Demonym | PlaceForm::People => PlaceHow::Demonym,
        PlaceForm::Name if spot.possessive => PlaceHow::Possessive,
        PlaceForm::Name => PlaceHow::Explicit,
    }
}

/// "Georgia (40)", "(40 in Gori)", "Oman 121,129", "Kerala: 300", "India as a whole 12.74 crore".
fn item<'r, 'p>(reading: &'r Reading<'_, 'p>, n: usize, rank: Option<&Rank>) -> Option<&'r Spot<'p>> {
    let number = reading.numbers.get(n)?;
    let bracket = reading.is(number.first.wrapping_sub(1), "(");
    if bracket && let Some(spot) = reading.spots.iter().find(|spot| spot.after + 1 == number.first) {
        return Some(spot);
    }
    let mut at = super::attach::core_start(reading, n);
    while at > 0 {
        let comma = reading.is(at - 1, ",");
        let mark = comma || ["-", ":", "="].iter().any(|mark| reading.is(at - 1, mark));
        if !(mark || reading.word(at - 1, Word::ItemLink)) || comma && !reading.word(at, Word::With) {
            break;
        }
        at -= 1;
    }
    let spot = reading.spots.iter().find(|spot| spot.after == at)?;
    let fits = usable(reading, spot, rank)
        && spot.form == PlaceForm::Name
        && !spot.possessive
        && !near_capital_statement(reading, spot);
    fits.then_some(spot)
}

/// "Almaty and Astana have 12,000 and 9,000 cases respectively": lists pair by position.
fn respectively<'r, 'p>(reading: &'r Reading<'_, 'p>, n: usize) -> Option<&'r Spot<'p>> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    if !reading.has(clause.clone(), Sense::Respectively) {
        return None;
    }
    let run: Vec<usize> = (0..reading.numbers.len())
        .filter(|other| {
            reading.numbers.get(*other).is_some_and(|other| clause.contains(&other.first))
                && super::traps::before_metric(reading, *other).is_none()
        })
        .collect();
    let spots: Vec<&Spot<'p>> = reading
        .spots
        .iter()
        .filter(|spot| clause.contains(&spot.first) && spot.form == PlaceForm::Name && !spot.possessive)
        .collect();
    let rows = spots.len() > 1 && run.len() == spots.len();
    rows.then(|| run.iter().position(|other| *other == n).and_then(|position| spots.get(position).copied()))?
}

/// "Kenya: 72,686 cases": a label opens the sentence, or an item after a semicolon.
fn sentence_label<'r, 'p>(reading: &'r Reading<'_, 'p>, at: usize) -> Option<&'r Spot<'p>> {
    let start = reading.clause(at).start;
    let before = |start: usize| {
        let bullet = ["-", "•", "*"].iter().any(|mark| reading.is(start, mark));
        bullet || reading.word(start, Word::In) || reading.word(start, Word::The)
    };
    let opens = |spot: &&Spot<'p>, start: usize| {
        spot.first <= start + 1 && (spot.first == start || before(start)) && reading.colon_after(spot.after)
    };
    reading.spots.iter().find(|spot| opens(spot, start)).or_else(|| reading.spots.iter().find(|spot| opens(spot, 0)))
}

/// Of places in a row behind a number the one that says most: "in Riga, Latvia" is Riga.
/// and so is "the Indian state of Kerala" or "India's Kerala" Kerala.
fn innermost<'r, 'p>(reading: &'r Reading<'_, 'p>, behind: &[&'r Spot<'p>]) -> Option<&'r Spot<'p>> {
    let first = *behind.first()?;
    if first.form == PlaceForm::Name && !first.possessive {
        return Some(first);
    }
    let inner = reading.spots.iter().find(|spot| {
        spot.first >= first.after
            && spot.first <= first.after + 4
            && spot.form == PlaceForm::Name
            && spot.place.iso2 == first.place.iso2
    });
    Some(inner.unwrap_or(first))
}

/// The place that governs a stretch before a number: the nearest one, and within a country rather its part.
fn subject<'r, 'p>(
    reading: &'r Reading<'_, 'p>,
    range: std::ops::Range<usize>,
    rank: Option<&Rank>,
) -> Option<&'r Spot<'p>> {
    let candidates: Vec<&Spot<'p>> =
        reading.spots.iter().filter(|spot| range.contains(&spot.first) && governs(reading, spot, rank)).collect();
    // A place that belongs to an earlier number of a list ("402 in Zagreb, 77 …") owns that number only.
    let owned = |spot: &Spot<'p>| {
        reading.numbers.iter().enumerate().any(|(n, number)| {
            number.after <= spot.first
                && spot.after <= range.end
                && reading.right(n).contains(&spot.first)
                && located(reading, spot, rank)
                && {
                    let between = number.after..spot.first;
                    between.len() <= 6 && !reading.has(between, Sense::Perfect)
                }
        })
    };
    let free = candidates.iter().rev().find(|spot| !owned(spot)).copied();
    free.or_else(|| candidates.first().copied())
}

/// An unnamed ship, home or prison that is the place itself: no country is said.
fn facility<'p>(reading: &Reading<'_, 'p>, n: usize, behind: &[&Spot<'p>]) -> Option<Located<'p>> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let mark = reading.first(number.after..clause.end, Sense::Vessel)?;
    let unnamed = (1..=2).any(|back| reading.word(mark.first.wrapping_sub(back), Word::Indefinite));
    let near = reading
        .spots
        .iter()
        .any(|spot| spot.first > mark.after && reading.has(mark.after..spot.first, Sense::NearOnly));
    (unnamed && (near || behind.is_empty())).then(|| Located {
        place: None,
        facility: true,
        how: PlaceHow::Explicit,
        span: reading.bytes(mark.first, mark.after),
    })
}

/// "the country", "nationwide", "the state", "the capital", "here".
fn anaphor<'p>(reading: &Reading<'_, 'p>, context: &Context<'p>, range: std::ops::Range<usize>) -> Option<Located<'p>> {
    let resolved = |place: Option<&'p Place>, mark: &crate::language::pack::Mark, how: PlaceHow| {
        place.map(|place| Located {
            place: Some(place),
            facility: false,
            how,
            span: reading.bytes(mark.first, mark.after),
        })
    };
    for mark in reading.marks_in(range) {
        let found = match mark.cue {
            Cue::Sense(Sense::CityAnaphor) => resolved(context.city.or(context.division), mark, PlaceHow::Anaphora),
            Cue::Sense(Sense::DivisionAnaphor) => resolved(context.division, mark, PlaceHow::Anaphora),
            Cue::Sense(Sense::Nation) => {
                // "its", "the island": whatever was spoken of last.
                if reading.word(mark.first, Word::Its) {
                    match context.last.and_then(|last| last.place) {
                        Some(place) => resolved(Some(place), mark, PlaceHow::Anaphora),
                        None => resolved(context.country, mark, PlaceHow::Anaphora),
                    }
                } else {
                    match context.country {
                        Some(country) => resolved(Some(country), mark, PlaceHow::Anaphora),
                        None => resolved(context.dateline, mark, PlaceHow::Dateline),
                    }
                }
            }
            Cue::Sense(Sense::Here) => resolved(context.dateline, mark, PlaceHow::Dateline),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Learns the places of a sentence for the sentences after it.
pub(super) fn learn<'p>(reading: &Reading<'_, 'p>, places: &'p Places, context: &mut Context<'p>) {
    let opening = reading.spots.iter().find(|spot| governs(reading, spot, None));
    let opens = |spot: &&Spot<'p>| spot.first <= 2 || reading.numbers.is_empty() && reading.spots.len() == 1;
    if let Some(spot) = opening.filter(opens) {
        context.focus = Some(spot.place);
    }
    for spot in &reading.spots {
        if !usable(reading, spot, None) || nationality(reading, spot) {
            continue;
        }
        let place = spot.place;
        match place.kind {
            PlaceKind::City => context.city = Some(place),
            PlaceKind::Subdivision => context.division = Some(place),
            _ => {}
        }
        if place.kind == PlaceKind::City
            && place.subdivision.is_some()
            && place.population > 0
            && place
                .subdivision
                .as_deref()
                .and_then(|code| places.by_id(code))
                .is_some_and(|division| division.name == place.name)
        {
            context.division = Some(place);
        }
        if place.kind == PlaceKind::Subdivision {
            context.city = context.city.filter(|city| city.subdivision == place.subdivision).or(Some(place));
        }
        // The country of "the country" is the last in subject position: a country, or that of a place in it when none was named.
        let object = [Word::From, Word::With, Word::To, Word::Against]
            .iter()
            .any(|word| reading.word(spot.first.wrapping_sub(1), *word))
            && !reading.word(spot.first.wrapping_sub(1), Word::Of);
        if !object {
            let country = match place.kind {
                PlaceKind::Country => Some(place),
                PlaceKind::City | PlaceKind::Subdivision if context.country.is_none() => {
                    place.iso2.as_deref().and_then(|iso2| places.country(iso2))
                }
                _ => None,
            };
            let first = reading
                .spots
                .iter()
                .find(|other| other.place.kind == PlaceKind::Country && !nationality(reading, other))
                .is_none_or(|other| other.first == spot.first);
            if let Some(country) = country.filter(|_| first) {
                context.country = Some(country);
            }
        }
    }
}
