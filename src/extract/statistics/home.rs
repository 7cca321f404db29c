//! The country of figures that stand where no place is said, in a story that is of one country, and of names that are known only
//! elsewhere.
//!
//! In: what was found in a story, and the story. Out: the same, where a figure of no place has the country of the story. What
//! holds: a figure that has a place keeps it; a story that names no country far more often than all others gives none away, nor
//! does a dateline alone, for it says where a story was written: a ministry that is nobody else's must speak.

use super::Finder;
use super::located::Located;
use super::reading::Reading;
use super::spots::{Spot, is_other};
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places, lies_in, namesakes};
use crate::language::Cue;
use crate::language::Pack;
use crate::language::pack::Sense;
use crate::model::{Article, Dateline, Observation, PlaceHow, PlaceKind, SourceType, Span};
use std::collections::BTreeMap;

/// How many times as often as the next a country must be named that a story is of.
const CLEARLY: usize = 2;

impl<'p> Finder<'_, 'p> {
    /// The country of the dateline, once the body has told figures of it.
    pub(super) fn home(&self) -> Option<&'p Place> {
        let home = self.context.dateline?;
        let country = home.iso2.as_deref()?;
        let of_it = |one: &Observation| one.field.is_body() && one.location.iso2.as_deref() == Some(country);
        self.found.iter().any(of_it).then_some(home)
    }
}

/// A city of more inhabitants is meant wherever it is named.
const GREAT: u64 = 300_000;

/// Below this many inhabitants a name of another country is a namesake, in a story that does not speak of that country.
const NAMESAKE: u64 = 1_000_000;
/// The same where only most of its places say of what country a story is.
const TOWN: u64 = 100_000;

impl<'p> Finder<'_, 'p> {
    /// "Hanover" in a story of Ontario and "Meru" in one of Malaysia, where nothing else is of Germany or Kenya, are places of
    /// the story's own country or division that no table knows.
    pub(super) fn bring_home(&self, reading: &mut Reading<'_, 'p>) {
        let Some(home) = reading.country else { return };
        self.bring_nearer(reading, home);
        let told = self.context.country.or(self.context.dateline).is_some();
        let most = if told { NAMESAKE } else { TOWN };
        let (places, division) = (self.places, reading.division);
        for spot in reading.spots.iter_mut().filter(|spot| spot.form == PlaceForm::Name && spot.written.is_none()) {
            let place = spot.place;
            let Some(abroad) = place.iso2.as_deref().filter(|iso2| *iso2 != home) else { continue };
            let great = |place: &Place| {
                let wide = matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision);
                place.iso2.as_deref() == Some(abroad) && (wide || place.capital || place.population >= most)
            };
            let is_small = !great(place) && !places.senses(&place.name).any(great);
            let named = || {
                let named = self.nations.get_or_init(|| nations(self.names()));
                named.contains(&abroad)
            };
            if is_small && !named() {
                let around = division.filter(|division| division.iso2.as_deref() == Some(home));
                if let Some(around) = around.or_else(|| places.country(home)) {
                    spot.written = Some(Span::new(reading.span.field, spot.start, spot.end));
                    spot.place = around;
                }
            }
        }
    }
}

impl<'p> Finder<'_, 'p> {
    /// "Peoria" in a story of Illinois is not that of Arizona: of small namesakes in the story's country that of its division.
    fn bring_nearer(&self, reading: &mut Reading<'_, 'p>, home: &str) {
        let whole = |place: &&'p Place| place.subdivision.as_deref() == Some(place.id.as_str());
        let mut beside: Vec<&Place> = reading.spots.iter().map(|spot| spot.place).filter(whole).collect();
        beside.dedup_by_key(|place| &place.id);
        // In a list of several nobody knows in which a town lies.
        beside.truncate(usize::from(beside.len() == 1));
        let here = beside.into_iter().chain([reading.division, reading.home].into_iter().flatten());
        let here: Vec<&Place> = here.filter(|division| division.iso2.as_deref() == Some(home)).collect();
        let codes: Vec<&str> = here.iter().filter_map(|division| division.subdivision.as_deref()).collect();
        let of_here = |place: &Place| place.subdivision.as_deref().is_some_and(|code| codes.contains(&code));
        // In a list of what lies here a great city's namesake is meant.
        let listed = reading.numbers.len() > 2
            && reading.spots.iter().filter(|spot| spot.place.kind != PlaceKind::Country && of_here(spot.place)).count()
                > 1;
        let small = |spot: &Spot<'p>| {
            let place = spot.place;
            let great = place.iso2.as_deref() == Some(home) && (place.capital || place.population >= GREAT);
            let lower = place.kind == PlaceKind::City && (!great || listed)
                || place.kind == PlaceKind::Subdivision && (place.iso2.as_deref() != Some(home) || !whole(&place));
            let abroad = || place.iso2.as_deref().is_some_and(|country| country != home && !self.names_nation(country));
            let elsewhere = !of_here(place) && (place.iso2.as_deref() == Some(home) || abroad());
            spot.form == PlaceForm::Name && spot.written.is_none() && lower && elsewhere
        };
        let nearer = |spot: &Spot<'p>| {
            let (name, written) = reading.name_at(spot.first..spot.after)?;
            let of = |name: &str| {
                let code = lies_in(name, home, &codes)?;
                here.iter().find(|division| division.subdivision.as_deref() == Some(code))
            };
            let division = of(&name).or_else(|| of(&format!("{name} County")))?;
            Some((*division, written))
        };
        let moved: Vec<Option<(&'p Place, Span)>> =
            reading.spots.iter().map(|spot| Some(spot).filter(|spot| small(spot)).and_then(nearer)).collect();
        for (spot, moved) in reading.spots.iter_mut().zip(moved) {
            if let Some((division, written)) = moved {
                (spot.place, spot.written) = (division, Some(written));
            }
        }
    }

    /// The division that most of the story's places are of; its country, where a ministry or "the nation" speaks.
    pub(super) fn mostly_of(&self) -> Option<&'p Place> {
        let division = self.context.mostly?;
        let nation = speaks_for_a_nation(self.pack, self.article);
        if nation { self.places.country(division.iso2.as_deref()?) } else { Some(division) }
    }

    /// The countries that the story names themselves or by their people (alpha-2).
    pub(super) fn nations_themselves(&self) -> &[std::borrow::Cow<'static, str>] {
        self.themselves.get_or_init(|| {
            let itself =
                |found: &&PlaceMatch<'_>| found.form != PlaceForm::Name || found.place().kind == PlaceKind::Country;
            self.names().iter().filter(itself).filter_map(|found| found.place().iso2.clone()).collect()
        })
    }

    /// The names of places in headline and body.
    fn names(&self) -> &[PlaceMatch<'p>] {
        self.names.get_or_init(|| names(self.pack, self.places, self.article, 0))
    }

    fn names_nation(&self, country: &str) -> bool {
        self.nations_themselves().iter().any(|named| named == country)
    }
}

/// What a division needs of the names of a story that it is the one that the story is of: of what is said of any division of
/// its country, this share, and at least so much.
const MOSTLY: f64 = 0.5;
const ENOUGH: f64 = 1.0;

/// Names that lie in more divisions than these say nothing.
const SEVERAL: usize = 6;

/// The division of which most places are that headline and body of a story name (`names`), where its dateline names none.
pub(super) fn mostly<'p>(places: &'p Places, article: &Article, names: &[PlaceMatch<'p>]) -> Option<&'p Place> {
    let mut votes: BTreeMap<&str, f64> = BTreeMap::new();
    let mut vote = |codes: &[&'p str]| {
        let voice = 1.0 / codes.len() as f64;
        if codes.len() <= SEVERAL {
            codes.iter().for_each(|code| *votes.entry(code).or_default() += voice);
        }
    };
    for found in names {
        let mut codes: Vec<&str> =
            found.candidates.iter().filter_map(|place| place.subdivision.as_deref()).take(SEVERAL + 1).collect();
        codes.sort_unstable();
        codes.dedup();
        let whole = found.form != PlaceForm::Name || found.place().kind == PlaceKind::Country;
        if !whole && !codes.is_empty() {
            vote(&codes);
        }
    }
    let dateline = article.wire.dateline.as_ref().and_then(|dateline| dateline.place.as_deref());
    let texts = [article.headline.as_deref().unwrap_or_default(), article.body.as_str()];
    for name in dateline.into_iter().map(str::to_owned).chain(texts.into_iter().flat_map(counties)) {
        let codes = namesakes(&name);
        if !codes.is_empty() {
            vote(&codes);
        }
    }
    let (code, most) = votes.iter().max_by(|one, other| one.1.total_cmp(other.1))?;
    let country = code.split('-').next()?;
    let of_country = votes.iter().filter(|(code, _)| code.split('-').next() == Some(country));
    let all: f64 = of_country.map(|(_, votes)| votes).sum();
    let world: f64 = votes.values().sum();
    (*most >= ENOUGH && *most >= MOSTLY * all && *most > world / 2.0).then(|| places.by_id(code)).flatten()
}

/// "Linn County", "St. Landry Parish": the names that end so.
fn counties(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for noun in [" County", " Parish", " Borough"] {
        for (at, _) in text.match_indices(noun) {
            let before = text.get(..at).unwrap_or_default();
            let words = before.rsplit(' ').take(3).take_while(|word| word.starts_with(char::is_uppercase));
            let first = words
                .filter(|word| !word.ends_with(','))
                .last()
                .map(|word| word.as_ptr() as usize - text.as_ptr() as usize);
            found.extend(first.and_then(|first| text.get(first..at + noun.len())).map(str::to_owned));
        }
    }
    found
}

/// Gives the figures of no place the country of their story.
pub(super) fn fill(finder: &mut Finder<'_, '_>) {
    let nowhere = |one: &&mut Observation| {
        one.field.is_body() && one.location.name.is_none() && one.location.kind == PlaceKind::Unknown
    };
    let mut lost = finder.found.iter_mut().filter(nowhere).peekable();
    if lost.peek().is_none() {
        return;
    }
    let (pack, places, article) = (finder.pack, finder.places, finder.article);
    let dateline = finder.context.dateline.filter(|place| place.kind == PlaceKind::Country);
    // "MOH has detected 11,278 new cases", in a story without a dateline.
    let publisher =
        || places.country(article.publisher_country.as_deref().filter(|_| article.wire.dateline.is_none())?);
    let named = countries(pack, places, article, finder.dateline_end);
    let only = match named.as_slice() {
        [(times, one), rest @ ..]
            if rest.first().is_none_or(|(next, _)| *times > CLEARLY * next)
                && dateline.is_none_or(|dateline| dateline.iso2.as_deref() == Some(*one)) =>
        {
            places.country(one)
        }
        [] => dateline.or_else(publisher).filter(|_| speaks_for_a_nation(pack, article)),
        _ => None,
    };
    for one in lost {
        let ministry = one.source.as_ref().is_some_and(|source| source.kind == SourceType::HealthMinistry);
        if let Some(country) = only.or(dateline.filter(|_| ministry)) {
            let written_there = dateline.is_some_and(|dateline| dateline.id == country.id);
            let how = if written_there { PlaceHow::Dateline } else { PlaceHow::Inherited };
            one.location = Located { how, ..Located::inherited(country) }.location("");
        }
    }
}

/// "SPRINGFIELD, Ill. (AP)", "PORTLAND, Maine": the division that a dateline names behind its town.
pub(super) fn division_of_dateline<'p>(places: &'p Places, dateline: &Dateline) -> Option<&'p Place> {
    let (_, behind) = dateline.text.split_once(',')?;
    let written = behind.split(['(', ',', '—', '–']).next()?.split(" -").next()?;
    places.behind_town(written.trim(), dateline.country.as_deref()?)
}

/// The countries of which names are themselves, of a people, a division or the capital.
fn nations<'p>(names: &[PlaceMatch<'p>]) -> Vec<&'p str> {
    let found = names.iter();
    let speaks = |place: &Place| place.capital || matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision);
    let named = found.filter(|found| found.form != PlaceForm::Name || speaks(found.place()));
    named.filter_map(|found| found.place().iso2.as_deref()).collect()
}

/// The names of places in a story's headline and in its body from a byte on.
pub(super) fn names<'p>(pack: &Pack, places: &'p Places, article: &Article, from: usize) -> Vec<PlaceMatch<'p>> {
    let texts = [article.headline.as_deref().unwrap_or_default(), article.body.get(from..).unwrap_or_default()];
    let named = |text: &str| {
        let all = places.possible_in(pack.code, text);
        let apart = all.iter().filter(|found| !is_other(&all, found, text, None));
        apart.cloned().collect::<Vec<_>>()
    };
    texts.into_iter().flat_map(named).collect()
}

/// The countries that a story's headline and body name, or places of which they name, the one named most often first.
fn countries<'p>(pack: &Pack, places: &'p Places, article: &Article, dateline_end: usize) -> Vec<(usize, &'p str)> {
    let found = names(pack, places, article, dateline_end);
    let mut named: Vec<&str> = found.iter().filter_map(|found| found.place().iso2.as_deref()).collect();
    named.sort_unstable();
    let mut counts: Vec<(usize, &str)> =
        named.chunk_by(|one, other| one == other).filter_map(|all| Some((all.len(), *all.first()?))).collect();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    counts
}

/// Whether a ministry of health or "the nation" is spoken of.
fn speaks_for_a_nation(pack: &Pack, article: &Article) -> bool {
    let tokens = pack.tokenize(&article.body, 0, &[]);
    let marks = pack.marks(&tokens);
    marks.iter().any(|mark| matches!(mark.cue, Cue::Source(SourceType::HealthMinistry) | Cue::Sense(Sense::Nation)))
}
