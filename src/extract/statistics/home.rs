//! The country of figures that stand where no place is said, in a story that is of one country, and of names that are known only
//! elsewhere.
//!
//! In: what was found in a story, and the story. Out: the same, where a figure of no place has the country of the story. What
//! holds: a figure that has a place keeps it; a story that names no country far more often than all others gives none away, nor
//! does a dateline alone, for it says where a story was written: a ministry that is nobody else's must speak.

use super::Finder;
use super::located::Located;
use super::reading::Reading;
use super::scope::Context;
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
        self.bring_list(reading, home);
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
    /// "Beirut 104, Tripoli 62, Tyre 29": among places of the story's country that have figures, the name of a great one abroad, of
    /// whose country nothing is said, is that of a namesake here.
    fn bring_list(&self, reading: &mut Reading<'_, 'p>, home: &str) {
        let here = |place: &Place| place.kind != PlaceKind::Country && place.iso2.as_deref() == Some(home);
        let listed = reading.numbers.len() > 2 && reading.spots.iter().filter(|spot| here(spot.place)).count() > 1;
        let stray = |spot: &Spot<'p>| {
            let abroad =
                spot.place.iso2.as_deref().is_some_and(|country| country != home && !self.names_nation(country));
            listed && abroad && spot.form == PlaceForm::Name && spot.written.is_none()
        };
        let namesake = |spot: &Spot<'p>| {
            let (name, written) = reading.name_at(spot.first..spot.after)?;
            let known = self.places.senses(&name).find(|place| here(place)).map(|place| (place, None));
            known.or_else(|| Some((self.places.by_id(lies_in(&name, home, &[])?)?, Some(written))))
        };
        let moved: Vec<_> = reading.spots.iter().map(|spot| if stray(spot) { namesake(spot) } else { None }).collect();
        for (spot, moved) in reading.spots.iter_mut().zip(moved) {
            (spot.place, spot.written) = moved.unwrap_or((spot.place, spot.written));
        }
    }

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
        let nearer = |spot: &Spot<'p>| {
            let (name, written) = reading.name_at(spot.first..spot.after)?;
            let of = |name: &str| {
                let code = lies_in(name, home, &codes)?;
                here.iter().find(|division| division.subdivision.as_deref() == Some(code))
            };
            let division = of(&name).or_else(|| of(&format!("{name} County")))?;
            Some((*division, written))
        };
        // In a list of what lies here a great city's namesake is meant, unless its own division bears its name.
        let great = |place: &Place| {
            place.kind == PlaceKind::City
                && place.iso2.as_deref() == Some(home)
                && (place.capital || place.population >= GREAT)
        };
        let lies_here = |spot: &&Spot<'p>| {
            let place = spot.place;
            of_here(place) || place.kind != PlaceKind::Country && !great(place) && nearer(spot).is_some()
        };
        let listed = reading.numbers.len() > 2 && reading.spots.iter().filter(lies_here).count() > 1;
        let divides = |place: &Place| {
            self.places.division(&place.name, home).is_some_and(|division| division.subdivision == place.subdivision)
        };
        let small = |spot: &Spot<'p>| {
            let place = spot.place;
            let lower = place.kind == PlaceKind::City && (!great(place) || listed) && !divides(place)
                || place.kind == PlaceKind::Subdivision && (place.iso2.as_deref() != Some(home) || !whole(&place));
            let abroad = || place.iso2.as_deref().is_some_and(|country| country != home && !self.names_nation(country));
            let elsewhere = !of_here(place) && (place.iso2.as_deref() == Some(home) || abroad());
            spot.form == PlaceForm::Name && spot.written.is_none() && lower && elsewhere
        };
        let moved: Vec<Option<(&'p Place, Span)>> =
            reading.spots.iter().map(|spot| Some(spot).filter(|spot| small(spot)).and_then(nearer)).collect();
        for (spot, moved) in reading.spots.iter_mut().zip(moved) {
            if let Some((division, written)) = moved {
                (spot.place, spot.written) = (division, Some(written));
            }
        }
    }

    /// What the text speaks of so far, else that of the dateline or of most names.
    pub(super) fn spoken_of(&self) -> Option<&'p Place> {
        let mostly = &self.context.mostly;
        let alone = || mostly.division.filter(|_| self.nations_themselves().is_empty());
        self.context.country.or(self.context.dateline).or(mostly.country).or_else(alone)
    }

    /// The division that most of the story's places are of; its country, where a ministry or "the nation" speaks.
    pub(super) fn mostly_of(&self) -> Option<&'p Place> {
        let division = self.context.mostly.division?;
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

/// What most places are of that a story names, where its dateline says nothing.
#[derive(Default, Clone, Copy)]
pub(super) struct Mostly<'p> {
    pub(super) division: Option<&'p Place>,
    pub(super) country: Option<&'p Place>,
}

/// How many names must speak for a country that a story is of.
const SPEAKING: f64 = 2.0;

/// The division and the country of which most places are that headline and body of a story name (`names`).
pub(super) fn mostly<'p>(pack: &Pack, places: &'p Places, article: &Article, names: &[PlaceMatch<'p>]) -> Mostly<'p> {
    let (mut divisions, mut countries) = (Votes::default(), Votes::default());
    let dateline = article.wire.dateline.as_ref().and_then(|dateline| dateline.place.as_deref());
    // Of which namesake a dateline is, is asked.
    let says = |found: &&PlaceMatch<'_>| dateline.is_none_or(|name| !found.place().name.eq_ignore_ascii_case(name));
    for found in names.iter().filter(says) {
        let whole = found.form != PlaceForm::Name || found.place().kind == PlaceKind::Country;
        match found.place().iso2.as_deref().filter(|_| whole) {
            Some(country) => countries.add(vec![country]),
            None => {
                let codes = found.candidates.iter().filter_map(|place| place.subdivision.as_deref());
                divisions.add(codes.take(SEVERAL + 1).collect());
                countries.add(found.candidates.iter().filter_map(|place| place.iso2.as_deref()).collect());
            }
        }
    }
    let texts = [article.headline.as_deref().unwrap_or_default(), article.body.as_str()];
    for name in dateline.into_iter().map(str::to_owned).chain(texts.into_iter().flat_map(counties)) {
        let codes = namesakes(&name);
        countries.add(codes.iter().filter_map(|code| code.split('-').next()).collect());
        divisions.add(codes);
    }
    let country = countries.first().filter(|(_, most)| *most >= SPEAKING && *most > countries.all() / 2.0);
    let division = divisions.first().filter(|(code, most)| {
        let of_country = |other: &&str| other.split('-').next() == code.split('-').next();
        *most >= ENOUGH && *most >= MOSTLY * divisions.of(of_country) && *most > divisions.all() / 2.0
    });
    let place = |code: Option<(&str, f64)>| places.by_id(code?.0);
    let body = || of_institutions(pack, places, article).filter(|_| dateline.is_none());
    Mostly { division: place(division), country: place(country).or_else(body) }
}

/// Where a dateline, or the name that opens a story, ends, and the place that it says.
pub(super) fn of_dateline<'p>(
    pack: &Pack,
    places: &'p Places,
    article: &Article,
    mostly: impl FnOnce() -> Mostly<'p>,
) -> (usize, Option<&'p Place>) {
    let Some(dateline) = &article.wire.dateline else {
        let opening = super::opening_place(places, &article.body);
        return opening.map_or((0, None), |(end, place)| (end, Some(rightly(places, article, place, mostly))));
    };
    let country = dateline.country.as_deref();
    let place = dateline.place.as_deref().and_then(|place| places.resolve_in(pack.code, place, country));
    (dateline.span.end, place.map(|place| rightly(places, article, place, mostly)))
}

/// What a story that was written at a place has said of places before it begins.
pub(super) fn context<'p>(places: &'p Places, article: &Article, place: Option<&'p Place>) -> Context<'p> {
    let dateline = article.wire.dateline.as_ref();
    let said = dateline.and_then(|dateline| dateline.country.as_deref());
    let division = dateline.and_then(|dateline| division_of_dateline(places, dateline));
    // "NEWPORT, Vt." is not that of Wales.
    let written = place.filter(|place| said.is_none() || place.iso2.as_deref() == said).or(division).or(place);
    let country = written.and_then(|place| places.country(place.iso2.as_deref()?));
    Context {
        dateline: country.or_else(|| places.country(said?)),
        home: division.or_else(|| places.by_id(written?.subdivision.as_deref()?)),
        local: division.is_some(),
        ..Context::default()
    }
}

/// "ODESSA —" in a story of Texas is not that of Ukraine: of namesakes that a dateline without a country can mean, the one where
/// most names of the story are.
fn rightly<'p>(
    places: &'p Places,
    article: &Article,
    place: &'p Place,
    mostly: impl FnOnce() -> Mostly<'p>,
) -> &'p Place {
    let bare = article.wire.dateline.as_ref().filter(|dateline| !dateline.text.contains(','));
    let town = place.kind == PlaceKind::City && !place.capital;
    let Some(name) = bare.and_then(|dateline| dateline.place.as_deref()).filter(|_| town) else { return place };
    let elsewhere = |country: Option<&str>| country.is_some() && country != place.iso2.as_deref();
    let several = places.senses(name).any(|other| elsewhere(other.iso2.as_deref()))
        || namesakes(name).iter().any(|code| elsewhere(code.split('-').next()));
    let country = if several { mostly().country.and_then(|country| country.iso2.as_deref()) } else { None };
    let Some(country) = country.filter(|country| elsewhere(Some(country))) else { return place };
    let there = places.senses(name).find(|other| other.iso2.as_deref() == Some(country));
    there.or_else(|| places.by_id(lies_in(name, country, &[])?)).unwrap_or(place)
}

/// For what names speak; one that can mean several speaks for each in part.
#[derive(Default)]
struct Votes<'c>(BTreeMap<&'c str, f64>);

impl<'c> Votes<'c> {
    fn add(&mut self, mut codes: Vec<&'c str>) {
        codes.sort_unstable();
        codes.dedup();
        if codes.len() <= SEVERAL {
            let voice = 1.0 / codes.len() as f64;
            codes.iter().for_each(|code| *self.0.entry(code).or_default() += voice);
        }
    }

    fn first(&self) -> Option<(&'c str, f64)> {
        self.0.iter().map(|(code, votes)| (*code, *votes)).max_by(|one, other| one.1.total_cmp(&other.1))
    }

    fn of(&self, which: impl Fn(&&str) -> bool) -> f64 {
        self.0.iter().filter(|(code, _)| which(code)).map(|(_, votes)| votes).sum()
    }

    fn all(&self) -> f64 {
        self.of(|_| true)
    }
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
    let only = only.or(finder.context.mostly.country.filter(|_| dateline.is_none()));
    for one in lost {
        let ministry = one.source.as_ref().is_some_and(|source| source.kind == SourceType::HealthMinistry);
        if let Some(country) = only.or(dateline.filter(|_| ministry)) {
            let written_there = dateline.is_some_and(|dateline| dateline.id == country.id);
            let how = if written_there { PlaceHow::Dateline } else { PlaceHow::Inherited };
            one.location = Located { how, ..Located::inherited(country) }.location("");
        }
    }
}

impl Finder<'_, '_> {
    /// "Rosa Ibarra … Ibarra's fever": whether a name of a place is the surname of somebody whom the story names in full.
    pub(super) fn is_somebodys(&self, reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
        let named = || reading.tokens.get(spot.first).is_some_and(|name| self.surnames.contains(name.text));
        let there = || {
            reading
                .tokens
                .get(spot.first.wrapping_sub(1))
                .is_some_and(|before| THERE.iter().any(|word| before.is(word)))
        };
        spot.after == spot.first + 1 && spot.form == PlaceForm::Name && named() && !there()
    }
}

/// What stands before places, and hardly before persons.
const THERE: [&str; 5] = ["in", "near", "outside", "across", "around"];

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
    cues(pack, article).any(|cue| matches!(cue, Cue::Source(SourceType::HealthMinistry) | Cue::Sense(Sense::Nation)))
}

/// The country of which all bodies of one country are that a story names: "the Knesset", "the Centre for Health Protection".
fn of_institutions<'p>(pack: &Pack, places: &'p Places, article: &Article) -> Option<&'p Place> {
    let institution = |cue| match cue {
        Cue::Institution(n) => pack.institutions.get(n).and_then(|code| code.split('-').next()),
        _ => None,
    };
    let mut named = cues(pack, article).filter_map(institution);
    let first = named.next()?;
    named.all(|other| other == first).then(|| places.country(first)).flatten()
}

/// What the phrases of a body mean.
fn cues(pack: &Pack, article: &Article) -> impl Iterator<Item = Cue> {
    let tokens = pack.tokenize(&article.body, 0, &[]);
    pack.marks(&tokens).into_iter().map(|mark| mark.cue)
}
