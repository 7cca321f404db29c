//! The country of figures that stand where no place is said, in a story that is of one country, and of names that are known only
//! elsewhere.
//!
//! In: what was found in a story, and the story. Out: the same, where a figure of no place has the country of the story. What
//! holds: a figure that has a place keeps it; a story that names no country far more often than all others gives none away, nor
//! does a dateline alone, for it says where a story was written: a ministry that is nobody else's must speak.

use super::Finder;
use super::located::Located;
use super::reading::Reading;
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places};
use crate::language::Cue;
use crate::language::Pack;
use crate::language::pack::Sense;
use crate::model::{Article, Dateline, Observation, PlaceHow, PlaceKind, SourceType, Span};

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

/// Below this many inhabitants a name of another country is a namesake, in a story that does not speak of that country.
const NAMESAKE: u64 = 1_000_000;

impl<'p> Finder<'_, 'p> {
    /// "Hanover" in a story of Ontario and "Meru" in one of Malaysia, where nothing else is of Germany or Kenya, are places of
    /// the story's own country or division that no table knows.
    pub(super) fn bring_home(&self, reading: &mut Reading<'_, 'p>) {
        let Some(home) = reading.country else { return };
        let (places, division) = (self.places, reading.division);
        for spot in reading.spots.iter_mut().filter(|spot| spot.form == PlaceForm::Name && spot.written.is_none()) {
            let place = spot.place;
            let Some(abroad) = place.iso2.as_deref().filter(|iso2| *iso2 != home) else { continue };
            let great = |place: &Place| {
                let wide = matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision);
                place.iso2.as_deref() == Some(abroad) && (wide || place.capital || place.population >= NAMESAKE)
            };
            let is_small = !great(place) && !places.senses(&place.name).any(great);
            let named = || {
                let named = self.nations.get_or_init(|| nations(self.pack, places, self.article));
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

/// The countries of which a story's headline and body name themselves, a people, a division or the capital.
fn nations<'p>(pack: &Pack, places: &'p Places, article: &Article) -> Vec<&'p str> {
    let found = names(pack, places, article, 0).into_iter();
    let speaks = |place: &Place| place.capital || matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision);
    let named = found.filter(|found| found.form != PlaceForm::Name || speaks(found.place()));
    named.filter_map(|found| found.place().iso2.as_deref()).collect()
}

/// The names of places in a story's headline and in its body from a byte on.
fn names<'p>(pack: &Pack, places: &'p Places, article: &Article, from: usize) -> Vec<PlaceMatch<'p>> {
    let texts = [article.headline.as_deref().unwrap_or_default(), article.body.get(from..).unwrap_or_default()];
    texts.into_iter().flat_map(|text| places.possible_in(pack.code, text)).collect()
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
