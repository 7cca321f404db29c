//! Which of the places that a story tells of a figure is of, where its own words do not say.
//!
//! In: what was found in a story, and the places that it names. Out: the same, where a figure that only inherited its place, or
//! has none, is of another that the text spoke of: "Bangkok has 1,204 of them. Since last year 863,189 people have been
//! infected", "Montenegro, a third its size, is at 141,000. The total number of deaths is 2,245". Boosted trees
//! ([`super::trees`]), learnt by `tools/judge` from the labelled figures, look at each place that it may be of: where and how
//! the text named it last, what was told of it before, and how the figure compares with that.
//!
//! What holds: a figure that has its place from its own words keeps it; nothing but the place changes; what is seen of a story
//! is bounded, so that the work grows with its length and no faster.

use super::beside::{AROUND, FAR, LONG, NOTHING, Told, count, yes};
use super::located::Located;
use super::mention::Mention;
use super::reading::Reading;
use super::roles::{foreign_prep, governs, usable};
use super::standing::{Lines, in_sentence};
use super::trees::Trees;
use crate::extract::places::{Place, Places};
use crate::model::{Article, Location, Observation, PlaceHow, PlaceKind, Span};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::new(include_bytes!("whose_trees.bin")));

/// How much likelier than the figure's own another place must be, in log odds, and how much the country of that one: to be told
/// too small a place is the lesser fault.
const MARGIN: f32 = 0.25;
const LIFTS: f32 = 1.5;
/// How likely a place must be for a figure that has none.
const SOMEWHERE: f32 = -0.5;

/// The most places that a figure may be of.
const MOST: usize = 16;

/// How many figures before give theirs.
const FIGURES: usize = 8;

/// How many names before a figure are looked at, or of a sentence of the headline, and how many of those before it may be of,
/// within how many bytes.
const NAMES: usize = 64;
const NAMED: usize = 10;
const NEAR: usize = 700;

/// How many of the countries that a story names most often a figure may be of.
const COUNTRIES: usize = 2;

/// How many bytes into a paragraph a name opens it.
const OPENING: usize = 4;

/// How many numbers are seen of a place.
const SEEN: usize = 55;

/// A place that the text names.
pub(super) struct Named<'p> {
    start: usize,
    end: usize,
    place: &'p Place,
    how: PlaceHow,
    /// What part it plays: it governs, stands behind a preposition that is no place's, may own a number, is a label, opens its
    /// paragraph.
    roles: [bool; 5],
}

/// The places that a headline and a body name.
#[derive(Default)]
pub(super) struct Names<'p> {
    headline: Vec<&'p Place>,
    body: Vec<Named<'p>>,
}

impl<'p> Names<'p> {
    /// Takes in the names of a sentence, and where its paragraph begins; words that point at a place are no names.
    pub(super) fn read(&mut self, reading: &Reading<'_, 'p>, mentions: &[Mention<'p>], paragraph: usize) {
        let names = mentions.iter().filter(|mention| mention.how != PlaceHow::Anaphora);
        if !reading.span.field.is_body() {
            self.headline.extend(names.map(|mention| mention.spot.place).take(NAMES));
            return;
        }
        self.body.extend(names.map(|Mention { spot, how, .. }| Named {
            start: spot.start,
            end: spot.end,
            place: spot.place,
            how: *how,
            roles: [
                governs(reading, spot, None),
                foreign_prep(reading, spot),
                usable(reading, spot, None),
                // "FRANCE", alone on its line, or "France - ".
                spot.first == 0 && spot.after == reading.tokens.len()
                    || [":", "-", "–", "—"].iter().any(|mark| reading.is(spot.after, mark)),
                spot.start <= paragraph + OPENING,
            ],
        }));
    }
}

/// A place that a figure may be of.
pub struct Candidate {
    /// What the figure would have.
    pub location: Location,
    /// It is the country of the one that the figure has.
    pub lifts: bool,
    /// What is seen of it.
    pub seen: Vec<f32>,
}

/// A figure that may be of several places.
pub struct Asked {
    /// The number.
    pub span: Span,
    /// The places; the first is the one that it has.
    pub candidates: Vec<Candidate>,
}

/// Gives figures the place that they are of.
pub(super) fn correct(found: &mut [Observation], story: &Story<'_, '_>) {
    let better: HashMap<Span, Location> = story.moved(found, |asked| chosen(asked, |seen| TREES.odds(seen)));
    for one in found.iter_mut().filter(|one| one.field.is_body() && is_open(&one.location)) {
        if let Some(location) = one.spans.value.and_then(|span| better.get(&span)) {
            one.location = location.clone();
            one.spans.location = None;
        }
    }
}

/// The place of several that a figure is of, by how likely each is: the first, unless another is likelier by far enough, and
/// likely enough where the first is none.
pub fn chosen(asked: &Asked, odds: impl Fn(&[f32]) -> f32) -> usize {
    let score = |n: usize, one: &Candidate| match n {
        0 if one.location.name.is_none() => odds(&one.seen).max(SOMEWHERE),
        0 => odds(&one.seen),
        _ if one.lifts => odds(&one.seen) - LIFTS,
        _ => odds(&one.seen) - MARGIN,
    };
    let scores = asked.candidates.iter().enumerate().map(|(n, one)| (n, score(n, one)));
    scores.max_by(|one, other| one.1.total_cmp(&other.1)).map_or(0, |(best, _)| best)
}

/// Whether a figure's own words do not say where; "nationwide" and "the state" do.
fn is_open(location: &Location) -> bool {
    location.kind != PlaceKind::Facility && location.how != PlaceHow::Anaphora && !is_named(location)
}

fn is_named(location: &Location) -> bool {
    matches!(location.how, PlaceHow::Explicit | PlaceHow::Possessive)
}

/// A story, as figures are placed in it.
pub(super) struct Story<'a, 'p> {
    pub(super) article: &'a Article,
    pub(super) places: &'p Places,
    pub(super) names: &'a Names<'p>,
    /// The country of the dateline and its division.
    pub(super) dateline: [Option<&'p Place>; 2],
    /// The dateline is of the seat of that country's government, if there is one, and its division is written behind its town.
    pub(super) seat: Option<bool>,
    pub(super) local: bool,
    /// The country of which most names are.
    pub(super) mostly: Option<&'p Place>,
}

impl<'p> Story<'_, 'p> {
    /// The places of figures that get another than they have. Figures are asked about in order, so that what was told before
    /// is of the places that were chosen.
    pub(super) fn moved(
        &self,
        found: &[Observation],
        mut choose: impl FnMut(&Asked) -> usize,
    ) -> HashMap<Span, Location> {
        let mut better = HashMap::new();
        if !found.iter().any(|one| one.field.is_body() && is_open(&one.location)) {
            return better;
        }
        let mut whole = Whole::new(self, found);
        for at in 0..whole.told.len() {
            let Some(asked) = whole.asked(at) else { continue };
            let best = choose(&asked);
            if let Some(candidate) = asked.candidates.into_iter().nth(best).filter(|_| best > 0) {
                whole.moves(at, &candidate.location);
                better.insert(asked.span, candidate.location);
            }
        }
        better
    }
}

/// What a place is known by: the code of its division, else of its country, else its name.
fn known_by<'s>(country: Option<&'s str>, division: Option<&'s str>, name: Option<&'s str>) -> &'s str {
    division.filter(|_| country.is_some()).or(country).or(name).unwrap_or_default()
}

/// A place of a story.
struct Spoken {
    /// As a figure would have it.
    location: Location,
    /// Its country, by number; itself where it has none.
    country: usize,
    /// 1 for a country, 2 for a part of one, 0 for what lies in none.
    level: f32,
    /// How often it is named; it or a part of it; how many parts of it are.
    named: usize,
    within: usize,
    parts: usize,
    /// How many figures say that they are of it or of a part of it.
    told: usize,
}

/// A story with its places numbered.
struct Whole<'s, 'p> {
    story: &'s Story<'s, 'p>,
    told: Vec<Told>,
    spoken: Vec<Spoken>,
    numbers: HashMap<String, usize>,
    /// The places of the figures, of the names of body and headline, and of the dateline.
    of_told: Vec<usize>,
    of_names: Vec<usize>,
    of_headline: Vec<usize>,
    of_dateline: Vec<usize>,
    /// The countries named most often.
    often: Vec<usize>,
    /// How many countries are named, of how many figures tell themselves, and how many figures those are.
    countries: usize,
    placed_countries: usize,
    placed: usize,
    lines: Lines,
}

impl<'s, 'p> Whole<'s, 'p> {
    fn new(story: &'s Story<'s, 'p>, found: &[Observation]) -> Self {
        let mut whole = Self {
            story,
            told: Vec::new(),
            spoken: Vec::new(),
            numbers: HashMap::new(),
            of_told: Vec::new(),
            of_names: Vec::new(),
            of_headline: Vec::new(),
            of_dateline: Vec::new(),
            often: Vec::new(),
            countries: 0,
            placed_countries: 0,
            placed: 0,
            lines: Lines::new(&story.article.body),
        };
        let told = Told::all(found, &HashMap::new());
        whole.of_told = told.iter().map(|one| whole.of_location(&one.location)).collect();
        whole.told = told;
        whole.of_names = story.names.body.iter().map(|one| whole.of_place(one.place)).collect();
        whole.of_headline = story.names.headline.iter().map(|place| whole.of_place(place)).collect();
        whole.of_dateline = story.dateline.iter().flatten().map(|place| whole.of_place(place)).collect();
        whole.count();
        whole
    }

    /// Counts how often places are named and told of.
    fn count(&mut self) {
        for n in self.of_names.iter().chain(&self.of_headline) {
            let Some(one) = self.spoken.get_mut(*n) else { continue };
            one.named += 1;
            let part = one.country != *n && one.named == 1;
            if let Some(country) = self.spoken.get(*n).map(|one| one.country).and_then(|n| self.spoken.get_mut(n)) {
                country.within += 1;
                country.parts += usize::from(part);
            }
        }
        for (n, _) in self.of_told.iter().zip(&self.told).filter(|(_, told)| is_named(&told.location)) {
            self.placed += 1;
            if let Some(country) = self.spoken.get(*n).map(|one| one.country).and_then(|n| self.spoken.get_mut(n)) {
                country.told += 1;
            }
        }
        let named = |(_, one): &(usize, &Spoken)| one.level == 1.0 && one.within > 0;
        let mut often: Vec<(usize, &Spoken)> = self.spoken.iter().enumerate().filter(named).collect();
        often.sort_by_key(|(n, one)| (std::cmp::Reverse(one.within), *n));
        self.countries = often.len();
        self.often = often.into_iter().map(|(n, _)| n).take(COUNTRIES).collect();
        self.placed_countries = self.spoken.iter().filter(|one| one.told > 0).count();
    }

    fn of_place(&mut self, place: &Place) -> usize {
        let known = known_by(place.iso2.as_deref(), place.subdivision.as_deref(), Some(&place.name));
        match self.numbers.get(known) {
            Some(n) => *n,
            None => self.of_location(&Located::inherited(place).location("")),
        }
    }

    fn of_location(&mut self, location: &Location) -> usize {
        let (country, division) = (location.iso2.as_deref(), location.subdivision.as_deref());
        let known = known_by(country, division, location.name.as_deref());
        if let Some(n) = self.numbers.get(known) {
            return *n;
        }
        let n = self.spoken.len();
        self.numbers.insert(known.to_owned(), n);
        let level = yes(country.is_some()) + yes(country.is_some() && division.is_some());
        // A town of no known division is known by its country, and no figure but its own is given it.
        let town = level == 1.0 && location.kind != PlaceKind::Country;
        let whole = country.filter(|_| town).and_then(|code| self.story.places.country(code));
        let location = match whole {
            Some(country) => Located::inherited(country).location(""),
            None => Location { how: PlaceHow::Inherited, ..location.clone() },
        };
        self.spoken.push(Spoken { location, country: n, level, named: 0, within: 0, parts: 0, told: 0 });
        if level > 1.0
            && let Some(country) = country.and_then(|code| self.story.places.country(code))
        {
            let country = self.of_place(country);
            if let Some(one) = self.spoken.get_mut(n) {
                one.country = country;
            }
        }
        n
    }

    /// The figure `told[at]` is of a place.
    fn moves(&mut self, at: usize, location: &Location) {
        let n = self.of_location(location);
        if let (Some(told), Some(of)) = (self.told.get_mut(at), self.of_told.get_mut(at)) {
            told.location.clone_from(location);
            *of = n;
        }
    }

    fn country(&self, n: usize) -> usize {
        self.spoken.get(n).map_or(n, |one| one.country)
    }

    /// The names before a figure, and those behind it up to the end of its sentence, by their numbers.
    fn around(&self, this: &Told) -> [Range<usize>; 2] {
        let at = |byte: usize| self.story.names.body.partition_point(|one| one.start < byte);
        let (start, end) = (at(this.span.start), at(this.sentence.end));
        [start.saturating_sub(NAMES)..start, start..end.clamp(start, start + NAMES)]
    }

    fn name(&self, at: usize) -> Option<(&Named<'p>, usize)> {
        self.story.names.body.get(at).zip(self.of_names.get(at).copied())
    }

    /// The places that the figure `told[at]` may be of, its own first.
    fn candidates(&self, at: usize, this: &Told, own: usize) -> Vec<usize> {
        let mut all = Vec::with_capacity(MOST);
        let mut add = |n: usize| {
            for n in [n, self.country(n)] {
                if all.len() < MOST && !all.contains(&n) {
                    all.push(n);
                }
            }
        };
        add(own);
        let before = self.of_told.get(at.saturating_sub(FIGURES)..at).unwrap_or_default();
        before.iter().rev().chain(self.of_told.first()).for_each(|n| add(*n));
        self.of_dateline.iter().rev().chain(&self.of_headline).for_each(|n| add(*n));
        let [before, behind] = self.around(this);
        let near = before.rev().take(NAMED).filter_map(|at| self.name(at));
        let near = near.filter(|(one, _)| one.start + NEAR > this.span.start);
        near.chain(behind.filter_map(|at| self.name(at))).for_each(|(_, n)| add(n));
        self.often.iter().for_each(|n| add(*n));
        all
    }

    /// The places that a figure may be of, if its own words do not say where.
    fn asked(&self, at: usize) -> Option<Asked> {
        let this = self.told.get(at).filter(|one| is_open(&one.location))?;
        let own = *self.of_told.get(at)?;
        let candidates = self.candidates(at, this, own);
        if candidates.len() < 2 {
            return None;
        }
        let scene = Scene::new(self, at, this);
        let candidate = |n: &usize| {
            Some(Candidate {
                location: self.spoken.get(*n)?.location.clone(),
                lifts: *n != own && *n == self.country(own),
                seen: scene.seen(*n, own, candidates.len()).to_vec(),
            })
        };
        Some(Asked { span: this.span, candidates: candidates.iter().filter_map(candidate).collect() })
    }
}

/// A figure, with what stands around it.
struct Scene<'w, 's, 'p> {
    whole: &'w Whole<'s, 'p>,
    at: usize,
    this: &'w Told,
    /// Where its paragraph begins.
    paragraph: usize,
    /// The figures before it, and those of its sentence, by their numbers.
    before: Range<usize>,
    sentence: Range<usize>,
    names: [Range<usize>; 2],
}

impl<'w, 's, 'p> Scene<'w, 's, 'p> {
    fn new(whole: &'w Whole<'s, 'p>, at: usize, this: &'w Told) -> Self {
        let sentence = |n: usize| whole.told.get(n).map(|one| one.sentence);
        Self {
            whole,
            at,
            this,
            paragraph: whole.lines.begins(this.span.start),
            before: at.saturating_sub(AROUND)..at,
            sentence: in_sentence(at, AROUND, sentence),
            names: whole.around(this),
        }
    }

    /// The figures of a range with their places.
    fn told(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = (&'w Told, usize)> + ExactSizeIterator + '_ {
        let told = self.whole.told.get(range.clone()).unwrap_or_default();
        told.iter().zip(self.whole.of_told.get(range).unwrap_or_default().iter().copied())
    }

    /// What is seen of the place `here`, one of `many`, where the figure has `own`.
    fn seen(&self, here: usize, own: usize, many: usize) -> [f32; SEEN] {
        let Self { whole, this, .. } = *self;
        let Some(spoken) = whole.spoken.get(here) else { return [NOTHING; SEEN] };
        let (start, sentence) = (this.span.start, this.sentence);
        let lines = |from: usize| whole.lines.before(start) - whole.lines.before(from);
        let before = || self.told(self.before.clone());
        let of_it = || before().filter(|(_, n)| *n == here).map(|(one, _)| one);
        let named = |one: &Told| is_named(&one.location);
        let since = |which: &dyn Fn(&Told) -> bool| {
            before().rev().position(|(one, n)| n == here && which(one)).map_or(LONG, count)
        };
        let [names, behind] = self.names.clone();
        let (mut last, mut newer) = (None, Vec::new());
        for (name, n) in names.rev().filter_map(|at| whole.name(at)) {
            if n == here {
                last = Some(name);
                break;
            }
            if !newer.contains(&n) {
                newer.push(n);
            }
        }
        let next = behind.filter_map(|at| whole.name(at)).find(|(_, n)| *n == here);
        let role = |n: usize| last.map_or(NOTHING, |one| yes(one.roles.get(n).copied().unwrap_or_default()));
        let in_country = |n: &usize| whole.country(*n) == spoken.country;
        let names = count(whole.of_names.len() + whole.of_headline.len()).max(1.0);
        let placed = count(whole.placed).max(1.0);
        let share = |n: usize| whole.spoken.get(whole.country(n)).map_or(0.0, |one| count(one.told) / placed);
        let gap = |one: &Told| this.size - one.size;
        let alike = |one: &&Told| one.is_like(this);
        let totals = of_it().filter(|one| one.metric == this.metric && one.is_total());
        let previous = before().next_back();
        let from = |byte: usize| yes(previous.is_some_and(|(one, _)| one.span.start >= byte));
        [
            f32::from(this.location.how as u8),
            f32::from(this.location.kind as u8),
            f32::from(this.metric as u8),
            this.kind(),
            this.size,
            count(self.sentence.len()),
            count(self.at - self.sentence.start),
            count(self.at),
            count(start.saturating_sub(sentence.start)),
            count(sentence.start.saturating_sub(self.paragraph)),
            count(many),
            count(whole.countries),
            yes(here == own),
            yes(here != own && here == whole.country(own)),
            spoken.level,
            yes(spoken.country == whole.country(own)),
            match whole.of_dateline.as_slice() {
                [] => NOTHING,
                dateline => 2.0 * yes(dateline.contains(&here)) + yes(dateline.iter().any(in_country)),
            },
            count(whole.of_headline.iter().filter(|n| **n == here).count()),
            yes(whole.of_headline.iter().any(in_country)),
            whole.spoken.get(spoken.country).map_or(0.0, |one| count(one.within)) / names,
            count(spoken.named) / names,
            count(of_it().count()),
            count(of_it().filter(|one| named(one)).count()),
            since(&|_| true),
            since(&named),
            count(before().rev().take(3).filter(|(_, n)| *n == here).count()),
            last.map_or(FAR, |one| count(start.saturating_sub(one.end))),
            last.map_or(LONG, |one| count(lines(one.end))),
            last.map_or(NOTHING, |one| f32::from(one.how as u8)),
            role(0),
            role(1),
            role(2),
            role(3),
            role(4),
            next.map_or(FAR, |(one, _)| count(one.start - start)),
            yes(last.is_some_and(|one| one.start >= sentence.start)),
            yes(last.is_some_and(|one| one.start >= self.paragraph)),
            count(newer.len()),
            of_it().filter(alike).map(|one| gap(one).abs()).reduce(f32::min).unwrap_or(NOTHING),
            totals.map(gap).reduce(f32::min).unwrap_or(NOTHING),
            (before().filter(|(one, n)| one.is_like(this) && in_country(n)))
                .map(|(one, _)| gap(one))
                .reduce(f32::min)
                .unwrap_or(NOTHING),
            yes(previous.is_some_and(|(_, n)| n == here)),
            from(sentence.start),
            from(self.paragraph),
            yes(whole.of_told.first() == Some(&here)),
            count(spoken.parts),
            yes(self.told(self.sentence.start..self.at).any(|(one, n)| n == here && named(one))),
            last.map_or(NOTHING, |one| f32::from(one.place.kind as u8)),
            previous.and_then(|(_, n)| whole.spoken.get(n)).map_or(NOTHING, |one| one.level),
            count(whole.placed_countries),
            share(here),
            share(own),
            whole.story.seat.map_or(NOTHING, yes),
            yes(whole.story.local),
            whole.story.mostly.map_or(NOTHING, |most| yes(spoken.location.iso2.as_deref() == most.iso2.as_deref())),
        ]
    }
}
