//! The words of a sentence that say where: names, and words that point at places named before.
//!
//! In: a sentence and the [`Context`] that the story has built up so far. Out: its [`Mention`]s in order, each with its
//! place, and the context as it stands behind the sentence. What holds: a pointing word means what was named last before
//! it, in its own sentence too ("In Haryana 12 died; the state has …"); what names a source, a body or a part of the
//! population points at nothing.

use super::date;
use super::otherwise::in_english_order;
use super::reading::Reading;
use super::roles::{governs, in_name, nationality, stands_among, usable};
use super::scope::Context;
use super::spots::Spot;
use crate::extract::places::{Place, PlaceForm, Places};
use crate::language::Cue;
use crate::language::numbers::Numeral;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::{PlaceHow, PlaceKind};

/// Words that say where.
#[derive(Clone)]
pub(super) struct Mention<'p> {
    /// Where it stands and what it means.
    pub(super) spot: Spot<'p>,
    pub(super) how: PlaceHow,
    /// It says where without a preposition: "nationwide", "there".
    pub(super) adverb: bool,
}

/// Reads the mentions of a sentence, and lets the context learn from them.
pub(super) fn mentions<'p>(
    reading: &Reading<'_, 'p>,
    places: &'p Places,
    context: &mut Context<'p>,
) -> Vec<Mention<'p>> {
    let mut found: Vec<Mention<'p>> = Vec::new();
    let pointers = pointers(reading);
    // "the South American country" is one mention.
    let free = |spot: &&Spot<'p>| !pointers.iter().any(|whole| whole.first <= spot.first && spot.after <= whole.after);
    let mut names = reading.spots.iter().filter(free).peekable();
    let mut pointers = pointers.iter().peekable();
    let country_named = |spot: &Spot<'_>| spot.place.kind == PlaceKind::Country && !nationality(reading, spot);
    let first_country = reading.spots.iter().find(|spot| country_named(spot)).map(|spot| spot.first);

    loop {
        let name_first = match (names.peek(), pointers.peek()) {
            (Some(spot), Some(mark)) => spot.first <= mark.first,
            (Some(_), None) => true,
            (None, Some(_)) => false,
            (None, None) => break,
        };
        if name_first {
            let Some(spot) = names.next() else { break };
            found.push(Mention { spot: spot.clone(), how: how(spot), adverb: false });
            if usable(reading, spot, None) && !nationality(reading, spot) && !is_beside(reading, spot) {
                context.see(reading, places, spot, first_country);
            }
        } else if let Some(mark) = pointers.next() {
            let subject = found.iter().rev().find(|mention| governs(reading, &mention.spot, None));
            let subject = subject.map(|mention| mention.spot.place);
            if let Some((place, how)) = resolve(reading, places, context, mark, subject) {
                let spot = Spot {
                    first: mark.first,
                    after: mark.after,
                    start: reading.tokens.get(mark.first).map_or(0, |token| token.start),
                    end: reading.tokens.get(mark.after - 1).map_or(0, |token| token.end),
                    place,
                    form: PlaceForm::Name,
                    possessive: reading.one_of(mark.after - 1, &[Word::Genitive, Word::Its]),
                    written: None,
                };
                found.push(Mention { spot, how, adverb: reading.word(mark.first, Word::Everywhere) });
            }
        }
    }
    let opening = found.iter().find(|mention| governs(reading, &mention.spot, None));
    // "Chad and Mali account for half of them": of two neither is what the text goes on with.
    let paired = |mention: &Mention<'p>| {
        let after = mention.spot.after;
        in_english_order(reading)
            && reading.word(after, Word::And)
            && found.iter().any(|other| other.spot.first == after + 1)
            && !reading.numbers.is_empty()
    };
    let opens = |mention: &&Mention<'p>| {
        // "Only Britain has recorded more."
        !reading.word(mention.spot.first.wrapping_sub(1), Word::Only) && mention.spot.first <= 2
            || reading.numbers.is_empty() && reading.spots.len() == 1 && found.len() == 1
    };
    if let Some(mention) = opening.filter(opens).filter(|mention| !paired(mention)) {
        context.focus = Some(mention.spot.place);
    }
    found
}

/// "against 37% in Tokyo": the part of a country that a figure is compared with is not what the text goes on with.
fn is_beside(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    if !matches!(spot.place.kind, PlaceKind::City | PlaceKind::Subdivision) {
        return false;
    }
    let before = reading.numbers.iter().rposition(|number| number.after <= spot.first);
    let near = before.filter(|n| reading.numbers.get(*n).is_some_and(|number| spot.first <= number.after + 2));
    near.is_some_and(|n| date::compares(reading, n))
}

fn how(spot: &Spot<'_>) -> PlaceHow {
    match spot.form {
        PlaceForm::Demonym | PlaceForm::People => PlaceHow::Demonym,
        PlaceForm::Name if spot.possessive => PlaceHow::Possessive,
        PlaceForm::Name => PlaceHow::Explicit,
    }
}

/// Words that point, and at what kinds of places.
struct Pointer {
    first: usize,
    after: usize,
    /// It points at whatever was spoken of last: "its", "there".
    last: bool,
    world: bool,
    here: bool,
    nation: bool,
    division: bool,
    city: bool,
}

impl Pointer {
    fn new(first: usize, after: usize) -> Self {
        Self { first, after, last: false, world: false, here: false, nation: false, division: false, city: false }
    }

    fn add(&mut self, sense: Sense) {
        match sense {
            Sense::World => self.world = true,
            Sense::Here => self.here = true,
            Sense::Nation => self.nation = true,
            Sense::DivisionAnaphor => self.division = true,
            Sense::CityAnaphor => self.city = true,
            _ => {}
        }
    }

    fn points(&self) -> bool {
        self.last || self.world || self.here || self.nation || self.division || self.city
    }
}

/// The pointing words, without those that are a part of something longer: of "the national capital", of "the national task
/// force", of "domestically transmitted".
fn pointers(reading: &Reading<'_, '_>) -> Vec<Pointer> {
    let mut all: Vec<Pointer> = Vec::new();
    for mark in &reading.marks {
        let Cue::Sense(sense) = mark.cue else { continue };
        let mut pointer = Pointer::new(mark.first, mark.after);
        pointer.add(sense);
        // "the world's highest daily tally" is not the world's.
        let stands_out = || {
            let owns = |at: usize| reading.word(at, Word::Genitive);
            let after = mark.after + if owns(mark.after + 1) { 2 } else { 0 };
            owns(after - 1) && (after..after + 3).any(|at| reading.word(at, Word::Superlative))
        };
        // "here are the ten countries with most deaths".
        let presents = mark.first == 0 || reading.is(mark.first - 1, ",");
        if sense == Sense::Here && presents && reading.one_of(mark.after, &[Word::Copula, Word::Was]) {
            continue;
        }
        // "Israel, which leads the world in vaccinating": among all.
        let the = (mark.first.saturating_sub(1)..=mark.first).find(|at| reading.word(*at, Word::The));
        let led = the.is_some_and(|the| reading.word(the.wrapping_sub(1), Word::Lead));
        let among = || stands_among(reading, mark.first);
        if sense == Sense::World && (in_name(reading, mark.first, mark.after) || stands_out() || led || among()) {
            continue;
        }
        match all.iter_mut().find(|known| (known.first, known.after) == (mark.first, mark.after)) {
            Some(known) => known.add(sense),
            None if pointer.points() => all.push(pointer),
            None => {}
        }
    }
    for at in 0..reading.tokens.len() {
        if reading.word(at, Word::Its) || reading.word(at, Word::There) && !existential(reading, at) {
            all.retain(|known| known.first != at || known.after > at + 1);
            all.push(Pointer { last: true, ..Pointer::new(at, at + 1) });
        }
        all.extend(described(reading, at));
        all.extend(worldwide(reading, at));
    }
    let hidden = |pointer: &Pointer| {
        // "the state of Goa", "the state-run broadcaster", "the state television".
        let other = !pointer.last
            && (reading.word(pointer.after, Word::NotWhere)
                || reading.is(pointer.after, "-")
                    && reading.tokens.get(pointer.after).is_some_and(|token| !token.spaced));
        // "of which Manaus is the capital".
        let other = other || pointer.city && reading.word(pointer.first.wrapping_sub(1), Word::Copula);
        // "the National Capital District" is a name.
        let capital = |at: usize| reading.tokens.get(at).is_some_and(Token::capitalised);
        let other = other || capital(pointer.after - 1) && capital(pointer.after);
        let within = |first: usize, after: usize| first <= pointer.first && pointer.after <= after;
        let more = |first: usize, after: usize| after - first > pointer.after - pointer.first;
        other
            || reading.marks.iter().any(|mark| {
                within(mark.first, mark.after)
                    && match mark.cue {
                        Cue::Source(_) | Cue::Institution(_) => {
                            more(mark.first, mark.after) && !reading.word(pointer.first, Word::The)
                        }
                        Cue::Subset(_) => true,
                        _ => false,
                    }
            })
            // "in the country" and "the country" point alike; the preposition is better left outside.
            || all.iter().any(|longer| {
                within(longer.first, longer.after)
                    && more(longer.first, longer.after)
                    && (longer.first == pointer.first || longer.after > pointer.after || reading.word(longer.first, Word::The))
            })
            || all.iter().any(|core| {
                core.after == pointer.after
                    && core.first > pointer.first
                    && !reading.word(pointer.first, Word::The)
            })
    };
    let hidden: Vec<bool> = all.iter().map(hidden).collect();
    let mut found: Vec<Pointer> =
        all.into_iter().zip(hidden).filter_map(|(pointer, hidden)| (!hidden).then_some(pointer)).collect();
    found.sort_by_key(|pointer| (pointer.first, usize::MAX - pointer.after));
    found.dedup_by(|later, earlier| later.first < earlier.after);
    found
}

/// No part of the world has so many countries (Africa 54), so that as many are the world.
const COUNTRIES: f64 = 60.0;

/// "in 196 countries", "since the outbreak emerged in China": what is told of the whole world.
fn worldwide(reading: &Reading<'_, '_>, at: usize) -> Option<Pointer> {
    let many = |number: &&Numeral| number.first == at && number.value >= COUNTRIES && number.value.fract() == 0.0;
    let countries = || {
        let number = reading.numbers.iter().find(many).filter(|number| reading.word(number.after, Word::Country))?;
        reading.has_ending(at, Sense::Locative).then_some(number.after + 1)
    };
    let began = || {
        let verb = (at + 1..at + 7).find(|verb| reading.word(*verb, Word::Emerged))?;
        let elsewhere = |spot: &&Spot<'_>| {
            (verb + 2..verb + 4).contains(&spot.first)
                && reading.word(verb + 1, Word::In)
                && spot.place.iso2.as_deref() != reading.country
        };
        reading.spots.iter().find(elsewhere).map(|spot| spot.after)
    };
    let after = if reading.word(at, Word::Since) { began() } else { countries() }?;
    Some(Pointer { world: true, ..Pointer::new(at, after) })
}

/// "the southeastern city", "the hard-hit northern state": a noun that points, with what describes it.
fn described(reading: &Reading<'_, '_>, at: usize) -> Option<Pointer> {
    let mut pointer = Pointer::new(at, at + 1);
    pointer.nation = reading.word(at, Word::NationNoun);
    pointer.division = reading.word(at, Word::DivisionNoun);
    pointer.city = reading.word(at, Word::CityNoun);
    if !pointer.points() || reading.tokens.get(at)?.capitalised() {
        return None;
    }
    let describes = |at: usize| {
        let word = reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word || token.is("-"));
        let known = reading.has_at(at, Sense::Stop)
            || reading.metric_at(at).is_some()
            || reading.one_of(at, &[Word::Superlative, Word::Singled, Word::LaterOrdinal, Word::Of])
            || reading.spots.iter().any(|spot| spot.first <= at && at < spot.after && spot.form == PlaceForm::Name);
        word && !known
    };
    let mut first = at;
    while first > 0 && first + 5 > at && describes(first - 1) && !reading.word(first - 1, Word::The) {
        first -= 1;
    }
    let the = first.checked_sub(1).filter(|the| reading.one_of(*the, &[Word::The, Word::This]))?;
    if first == at && reading.word(the, Word::The) {
        return None;
    }
    pointer.first = the;
    if reading.word(at + 2, Word::Genitive) && reading.is(at + 1, "'") {
        pointer.after = at + 3;
    }
    Some(pointer)
}

/// "There are 12 cases", "that there were": the word opens a clause and points at nothing.
fn existential(reading: &Reading<'_, '_>, at: usize) -> bool {
    let verb = reading.has_at(at + 1, Sense::Perfect)
        || reading.one_of(at + 1, &[Word::Was, Word::Have, Word::Modal, Word::RankVerb])
        || reading.has_at(at + 1, Sense::Forecast);
    let before = at.checked_sub(1);
    let opens = before.is_none_or(|before| {
        reading.tokens.get(before).is_some_and(|token| token.kind == TokenKind::Mark)
            || reading.has_at(before, Sense::Stop)
            || reading.has_at(before, Sense::Statement)
            || reading.one_of(before, &[Word::And, Word::While, Word::NewClause, Word::When, Word::Because])
            || reading.tokens.get(before).is_some_and(|token| token.capitalised())
            || reading.dates.iter().any(|date| date.after == at)
    });
    verb && opens
}

/// What a pointing word means. Words of several kinds ("the republic", "the island") mean the last of those kinds.
fn resolve<'p>(
    reading: &Reading<'_, 'p>,
    places: &'p Places,
    context: &Context<'p>,
    pointer: &Pointer,
    subject: Option<&'p Place>,
) -> Option<(&'p Place, PlaceHow)> {
    let anaphor = |place: Option<&'p Place>| place.map(|place| (place, PlaceHow::Anaphora));
    if pointer.last {
        let last = subject.or(context.focus).or(context.last.and_then(|last| last.place));
        return anaphor(last.or(context.country));
    }
    if pointer.world {
        return places.world().map(|place| (place, PlaceHow::Explicit));
    }
    if pointer.here {
        return context.dateline.map(|place| (place, PlaceHow::Dateline));
    }
    if usize::from(pointer.nation) + usize::from(pointer.division) + usize::from(pointer.city) > 1 {
        let fits = |place: &&Place| match place.kind {
            PlaceKind::Country => true,
            PlaceKind::City => pointer.city,
            PlaceKind::Subdivision | PlaceKind::Region => pointer.division,
            _ => false,
        };
        let division = if pointer.division { context.division } else { None };
        return anaphor(context.named.filter(fits).or(division).or(context.country));
    }
    if pointer.city {
        let capital = (pointer.first..pointer.after).any(|at| reading.word(at, Word::Capital));
        // "The state admitted 258 patients, 254 of them in the capital": its own.
        let pointed = reading.has(0..pointer.first, Sense::DivisionAnaphor);
        let division = subject.filter(|place| place.kind == PlaceKind::Subdivision && capital && pointed);
        if let Some(division) = division {
            return anaphor(Some(division));
        }
        let seat = || places.capital(context.country.or(context.dateline)?.iso2.as_deref()?);
        let city = if capital { context.capital.or_else(seat) } else { None };
        return anaphor(city.or(context.city).or(context.division));
    }
    if pointer.division {
        if (pointer.first..pointer.after).any(|at| reading.word(at, Word::Continent)) {
            return anaphor(context.continent);
        }
        let region = context.named.filter(|place| place.kind == PlaceKind::Region);
        return anaphor(region.or(context.division).or(context.own()));
    }
    // "The national figure" in a story of Wales.
    let home = context.own();
    let nation = home.filter(|home| NATIONS.contains(&home.id.as_str()));
    match context.country {
        Some(country) if nation.is_some_and(|nation| nation.iso2 == country.iso2) => anaphor(nation),
        Some(country) => anaphor(Some(country)),
        None => context.dateline.map(|place| (place, PlaceHow::Dateline)),
    }
}

/// Divisions that are countries to their own papers; in those of England "the country" may be the whole kingdom.
const NATIONS: [&str; 3] = ["GB-SCT", "GB-WLS", "GB-NIR"];

/// What "the continent" can mean.
const CONTINENTS: [&str; 8] = [
    "region:africa",
    "region:europe",
    "region:asia",
    "region:north-america",
    "region:south-america",
    "region:americas",
    "region:oceania",
    "region:antarctica",
];

impl<'p> Context<'p> {
    /// Learns that a place was named.
    fn see(&mut self, reading: &Reading<'_, 'p>, places: &'p Places, spot: &Spot<'p>, first_country: Option<usize>) {
        let place = spot.place;
        self.named = Some(place);
        self.nation |= place.kind == PlaceKind::Country;
        if CONTINENTS.contains(&place.id.as_str()) {
            self.continent = Some(place);
        }
        let lies_in = || place.subdivision.as_deref().and_then(|code| places.by_id(code));
        match place.kind {
            PlaceKind::City => {
                self.city = Some(place);
                if place.capital {
                    self.capital = Some(place);
                }
                // "Chicago … the state": where the city lies, unless another part of the same country was named.
                let near = self.division.is_some_and(|division| division.iso2 == place.iso2);
                let namesake = lies_in().is_some_and(|division| division.name == place.name);
                if namesake || !near {
                    self.division = lies_in().or(self.division);
                }
            }
            PlaceKind::Subdivision => {
                // A county leaves "the state" to the state that it lies in.
                self.division = if spot.written.is_some() { Some(place) } else { lies_in().or(Some(place)) };
                self.city = self.city.filter(|city| city.subdivision == place.subdivision).or(Some(place));
            }
            _ => {}
        }
        // The country of "the country" is the last in subject position: a country, or that of a place in it when none was
        // named or when that place opens the sentence.
        let before = spot.first.wrapping_sub(1);
        let object = reading.one_of(before, &[Word::From, Word::With, Word::To, Word::Against]);
        // "the shot of China's Sinovac", "on the Russian border".
        let maker = spot.possessive
            && reading.word(before, Word::Of)
            && (spot.after..spot.after + 3).any(|at| reading.tokens.get(at).is_some_and(Token::capitalised));
        let border = spot.form == PlaceForm::Demonym
            && reading.word(before, Word::The)
            && reading.one_of(before.wrapping_sub(1), &[Word::On, Word::From, Word::To, Word::With]);
        // "165 were Indians": who they are, and not where.
        let people = spot.form == PlaceForm::People && self.country.is_some();
        if object || maker || border || people {
            return;
        }
        let inside = || place.iso2.as_deref().and_then(|iso2| places.country(iso2));
        // "Seoul and Wuhan did it" in a story whose other places are of the Philippines.
        let at_home = self.mostly.country.is_none_or(|most| most.iso2 == place.iso2);
        let country = match place.kind {
            PlaceKind::Country => Some(place).filter(|_| first_country == Some(spot.first)),
            PlaceKind::City | PlaceKind::Subdivision
                if self.country.is_none() && at_home || first_country.is_none() && spot.first <= 3 =>
            {
                inside()
            }
            _ => None,
        };
        self.country = country.or(self.country);
    }
}
