//! Mentions to entities: who is the same, what is the full name, which country, how much the story is about it.
//!
//! In: the chosen mentions of every text. Out: entities in order of first mention, each with all its mentions in text
//! order. A nationality is an entity of its own (type `group`) and no mention of its country: "Russian officials" names a
//! people's adjective, "Russia" the place.

use super::candidate::{CERTAIN, Candidate, Meaning, Text};
use super::choose::{Learnt, name_of};
use super::knowledge::{Knowledge, Known, fold};
use super::locate::{Located, locate};
use crate::extract::places::{Place, Places};
use crate::model::{Article, Entity, EntityType, Field, Mention, MentionForm, SectionKind, Span};
use foldhash::HashMap;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

/// Gathers the mentions of all texts; `fields` says where each text stands.
pub(super) fn gather(
    knowledge: &Knowledge,
    places: &Places,
    article: &Article,
    fields: &[Field],
    texts: &[Text<'_>],
    chosen: &[Vec<Candidate<'_>>],
    learnt: &Learnt,
) -> Vec<Entity> {
    let located = locate(knowledge, places, article, texts, chosen);
    let mut entities: Vec<Entity> = Vec::new();
    let mut by_key: HashMap<Key<'_>, usize> = HashMap::default();
    let mut last_person: HashMap<String, String> = HashMap::default();
    for ((field, text), mentions) in fields.iter().zip(texts).zip(chosen) {
        for candidate in mentions {
            let Some(span) = span(text, candidate, *field) else { continue };
            let Some(written) = span.of(text.text) else { continue };
            let identity = place_of_dateline(article, candidate, &span).unwrap_or_else(|| {
                identify(knowledge, places, text, candidate, written, learnt, &mut last_person, &located)
            });
            let number = match by_key.entry(identity.key()) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    entities.push(identity.entity(places, text, candidate, written));
                    *new.insert(entities.len() - 1)
                }
            };
            let Some(entity) = entities.get_mut(number) else { continue };
            if candidate.kind == EntityType::Person {
                add_role(knowledge, text, candidate, mentions, entity);
                prefer_full_name(candidate, written, entity);
            }
            let form = form(candidate, written, entity);
            entity.mentions.push(Mention { span, text: written.to_owned(), form });
        }
    }
    entities
}

fn span(text: &Text<'_>, candidate: &Candidate<'_>, field: Field) -> Option<Span> {
    let start = text.tokens.get(candidate.first)?.start;
    let end = text.tokens.get(candidate.end.checked_sub(1)?)?.end;
    Some(Span::new(field, start, end))
}

pub(super) fn draft(kind: EntityType, name: impl Into<String>, country: Option<&str>) -> Entity {
    Entity {
        id: String::new(),
        kind,
        name: name.into(),
        country: country.map(str::to_owned),
        coordinates: None,
        mentions: Vec::new(),
        links: BTreeMap::new(),
        role: None,
        salience: 0.0,
    }
}

/// What tells entities apart: a name, and of what.
type Key<'a> = (Sort, Cow<'a, str>);

/// What a name that tells entities apart is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sort {
    /// Something of this type, by its folded name.
    Named(EntityType),
    /// A place of the tables, by its number there.
    Place,
    /// The people of a place of the tables.
    People,
}

/// Which entity a mention names.
enum Identity<'a> {
    /// A nationality.
    People(&'a Place),
    /// A place of the gazetteer, and how it is written.
    Place(&'a Place, &'a str),
    /// Something that the tagger's own tables or an operator's know.
    Known(&'a Known),
    /// The place of the dateline that no table has: its name and country are what the dateline says.
    Dateline(&'a str, Option<&'a str>),
    /// A person, by the folded full name.
    Person(Cow<'a, str>, Option<&'a Known>),
    /// What an acronym stands for, by its folded full name.
    Acronym(&'a str, EntityType, Option<&'a Known>),
    /// Something that only the story knows, by its folded name, and what that means where it lies somewhere.
    Told(String, EntityType, Option<&'a Located<'a>>),
}

impl<'a> Identity<'a> {
    /// What tells it from others.
    fn key(&self) -> Key<'a> {
        match self {
            Self::People(place) => (Sort::People, Cow::Borrowed(&*place.id)),
            Self::Place(place, _) => (Sort::Place, Cow::Borrowed(&*place.id)),
            Self::Known(known) if known.kind == EntityType::Place => (Sort::Place, Cow::Owned(fold(&known.name))),
            Self::Known(known) => (Sort::Named(known.kind), Cow::Owned(fold(&known.name))),
            Self::Dateline(name, _) => (Sort::Named(EntityType::Place), Cow::Owned(fold(name))),
            Self::Person(name, _) => (Sort::Named(EntityType::Person), name.clone()),
            Self::Acronym(name, kind, _) => (Sort::Named(*kind), Cow::Borrowed(name)),
            Self::Told(name, kind, _) => (Sort::Named(*kind), Cow::Owned(name.trim_start_matches("the ").to_owned())),
        }
    }

    /// The entity, as its first mention makes it.
    fn entity(&self, places: &Places, text: &Text<'_>, candidate: &Candidate<'_>, written: &str) -> Entity {
        match self {
            Self::People(place) => draft(EntityType::Group, written, place.iso2.as_deref()),
            Self::Place(place, written) => known_place(place, written),
            Self::Known(known) | Self::Person(_, Some(known)) | Self::Acronym(_, _, Some(known)) => of_table(known),
            Self::Dateline(name, country) => draft(EntityType::Place, *name, *country),
            Self::Person(_, None) => draft(EntityType::Person, in_ordinary_case(text, candidate, written), None),
            Self::Acronym(_, kind, None) => draft(*kind, written, None),
            Self::Told(_, kind, meaning) => {
                let of_name = country_of_name(places, *kind, written);
                let around = meaning.filter(|_| of_name.is_none()).and_then(Located::country);
                let name = in_ordinary_case(text, candidate, written);
                let mut entity = draft(*kind, name, of_name.as_deref().or(around));
                match meaning {
                    Some(Located::Town(town)) if *kind == EntityType::Place => {
                        entity.links.insert("geonames".to_owned(), town.geonames.to_owned());
                        entity.coordinates = town.coordinates;
                    }
                    _ if around.is_some() => {
                        entity.links.insert("country_from".to_owned(), "context".to_owned());
                    }
                    _ => {}
                }
                entity
            }
        }
    }
}

/// Which entity a mention names.
#[allow(clippy::too_many_arguments, reason = "identity needs the tables, the story and the mention")]
fn identify<'a>(
    knowledge: &'a Knowledge,
    places: &'a Places,
    text: &Text<'_>,
    candidate: &Candidate<'a>,
    written: &'a str,
    learnt: &'a Learnt,
    last_person: &mut HashMap<String, String>,
    located: &'a HashMap<String, Located<'a>>,
) -> Identity<'a> {
    match candidate.meaning {
        Meaning::Known(known) => {
            if let Some(known) = knowledge.known.get(known) {
                // A place of the gazetteer and its other name in the tagger's own table are one.
                let place = Some(known).filter(|known| known.kind == EntityType::Place);
                let place = place.and_then(|known| place_of_table(places, known));
                return place.map_or(Identity::Known(known), |place| Identity::Place(place, &known.name));
            }
        }
        // "the South", "North and South Korea": what it means is told by more than its name.
        Meaning::Place(place) if candidate.sureness >= CERTAIN => return Identity::Place(place, &place.name),
        Meaning::Place(_) => {}
        Meaning::Demonym(place) => return Identity::People(place),
        Meaning::Shape => {}
    }
    let name = name_of(text, candidate);
    if candidate.kind == EntityType::Person {
        let fulls = learnt.surnames.get(&name);
        let full: Option<Cow<'a, str>> = match fulls.map(Vec::as_slice) {
            Some([only]) => Some(Cow::Borrowed(only)),
            // Two people of one surname: the one named last before this.
            Some([first, ..]) => {
                Some(last_person.get(&name).map_or(Cow::Borrowed(first), |last| Cow::Owned(last.clone())))
            }
            _ => None,
        };
        if let Some((_, last)) = name.rsplit_once(' ')
            && learnt.surnames.contains_key(last)
        {
            last_person.insert(last.to_owned(), name.clone());
        }
        let key = full.unwrap_or(Cow::Owned(name));
        let known = knowledge.named(EntityType::Person, &key);
        return Identity::Person(key, known);
    }
    if let Some((kind, full)) = learnt.acronyms.get(written)
        && *kind == candidate.kind
    {
        return Identity::Acronym(full, *kind, knowledge.named(*kind, full));
    }
    match located.get(&name) {
        Some(Located::Place(place)) if candidate.kind == EntityType::Place => Identity::Place(place, written),
        meaning => Identity::Told(name, candidate.kind, meaning),
    }
}

/// The place of the dateline, where no table has it.
fn place_of_dateline<'a>(article: &'a Article, candidate: &Candidate<'_>, span: &Span) -> Option<Identity<'a>> {
    let dateline = article.wire.dateline.as_ref()?;
    let unknown = matches!(candidate.meaning, Meaning::Shape) && candidate.kind == EntityType::Place;
    let name = dateline.place.as_deref().filter(|_| unknown && dateline.span.contains(span))?;
    Some(Identity::Dateline(name, dateline.country.as_deref()))
}

/// A place of the gazetteer, by its ordinary name.
pub(super) fn known_place(place: &Place, written: &str) -> Entity {
    let name =
        if place.name != written && fold(&place.name) == fold(written) && !written.chars().all(|c| !c.is_lowercase()) {
            written
        } else {
            &place.name
        };
    let mut entity = draft(EntityType::Place, name, place.iso2.as_deref());
    entity.coordinates = place.coordinates();
    if let Some(geonames) = place.geonames {
        entity.links.insert("geonames".to_owned(), geonames.to_string());
    }
    if let Some(country) = place.iso2.as_deref() {
        if place.id == country {
            entity.links.insert("iso3166-1".to_owned(), country.to_owned());
        } else if place.id.starts_with(country) && place.id.contains('-') {
            entity.links.insert("iso3166-2".to_owned(), place.id.clone());
        }
    }
    entity
}

/// Something that the tagger's own tables or an operator's know.
fn of_table(known: &Known) -> Entity {
    let mut entity = draft(known.kind, &*known.name, known.country.as_deref());
    for (name, id) in [("geonames", &known.geonames), ("wikidata", &known.wikidata)] {
        if let Some(id) = id {
            entity.links.insert(name.to_owned(), id.clone().into_owned());
        }
    }
    entity
}

/// The place of the gazetteer that a row of the tables is.
fn place_of_table<'p>(places: &'p Places, known: &Known) -> Option<&'p Place> {
    let country = known.country.as_deref();
    places.resolve(&known.name, country).filter(|place| place.iso2.as_deref() == country)
}

/// The country that stands in a name: "Bank of Japan", "Russian Foreign Ministry"; none where there are two.
pub(super) fn country_of_name(places: &Places, kind: EntityType, written: &str) -> Option<String> {
    if !matches!(kind, EntityType::Organisation | EntityType::Facility) {
        return None;
    }
    let found = places.find(written);
    // "Russian-Korean" belongs to both and so to neither.
    let paired = |at: usize| {
        written.get(..at).is_some_and(|head| head.ends_with('-'))
            || written.get(at..).is_some_and(|rest| rest.starts_with('-'))
    };
    if found.iter().any(|found| paired(found.start) || paired(found.end)) {
        return None;
    }
    let countries: Vec<&str> = found.iter().filter_map(|found| found.place().iso2.as_deref()).collect();
    let first = countries.first().copied()?;
    countries.iter().all(|country| *country == first).then(|| first.to_owned())
}

/// A name met only in capitals is written in ordinary case.
fn in_ordinary_case(text: &Text<'_>, candidate: &Candidate<'_>, written: &str) -> String {
    let tokens = text.tokens.get(candidate.first..candidate.end).unwrap_or_default();
    let shouted = text.is_shouted(candidate.first)
        && tokens.len() >= 2
        && tokens.iter().all(|token| !token.text.chars().any(char::is_lowercase));
    if !shouted {
        return single_spaced(written);
    }
    let mut out = String::with_capacity(written.len());
    let mut capital = true;
    for c in written.to_lowercase().chars() {
        if capital {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        capital = !c.is_alphanumeric();
    }
    out
}

/// The words of a name with one space between.
fn single_spaced(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    for word in written.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether a name has fewer words than another.
fn is_shorter(name: &str, other: &str) -> bool {
    name != other && name.split_whitespace().count() < other.split_whitespace().count()
}

/// A longer form of a person's name replaces a shorter one, unless the tables gave the name.
fn prefer_full_name(candidate: &Candidate<'_>, written: &str, entity: &mut Entity) {
    let told = matches!(candidate.meaning, Meaning::Shape) && entity.country.is_none();
    if told && is_shorter(&entity.name, written) {
        entity.name = single_spaced(written);
    }
}

fn form(candidate: &Candidate<'_>, written: &str, entity: &Entity) -> MentionForm {
    if candidate.form != MentionForm::Name {
        return candidate.form;
    }
    match candidate.kind {
        EntityType::Person if is_shorter(written, &entity.name) => MentionForm::Short,
        EntityType::Organisation | EntityType::Place
            if is_shorter(written, &entity.name)
                && written.chars().nth(1).is_some()
                && written.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase) =>
        {
            MentionForm::Acronym
        }
        _ => MentionForm::Name,
    }
}

/// Titles that are no offices.
const COURTESY: [&str; 12] =
    ["mr", "mrs", "ms", "miss", "dr", "sir", "dame", "lord", "lady", "prof", "professor", "saint"];

/// The office that stands right before a person's name, with the country before it: "Russian Foreign Minister".
fn add_role(
    knowledge: &Knowledge,
    text: &Text<'_>,
    candidate: &Candidate<'_>,
    mentions: &[Candidate<'_>],
    person: &mut Entity,
) {
    if person.role.is_some() {
        return;
    }
    let sentence = text.tokens.get(candidate.first).map(|token| token.sentence);
    let mut from = candidate.role_from.unwrap_or(candidate.first);
    // Lower-case offices: "North Korean leader Kim", "foreign minister Lavrov".
    while let Some(before) = from.checked_sub(1).and_then(|before| text.tokens.get(before)) {
        if Some(before.sentence) != sentence || !super::roles::is_role_word(before) {
            break;
        }
        from -= 1;
    }
    if from == candidate.first {
        return;
    }
    // The country or nationality before the office; the mentions are in text order.
    let inside = mentions.iter().skip(mentions.partition_point(|mention| mention.first < from));
    let mut country = inside.take_while(|mention| mention.end <= candidate.first).find_map(country_of);
    let mut before = from;
    if text.tokens.get(before.wrapping_sub(1)).is_some_and(|token| matches!(token.text, "'s" | "’s")) {
        before -= 1;
    }
    let state = mentions.partition_point(|mention| mention.first < before).checked_sub(1).and_then(|n| mentions.get(n));
    if let Some(state) = state.filter(|state| state.end == before && country_of(state).is_some())
        && text.tokens.get(state.first).map(|token| token.sentence) == sentence
    {
        country = country_of(state);
        from = state.first;
    }
    let (Some(start), Some(end)) =
        (text.tokens.get(from), candidate.first.checked_sub(1).and_then(|last| text.tokens.get(last)))
    else {
        return;
    };
    let Some(role) = text.text.get(start.start..end.end).map(|role| role.trim().trim_end_matches(',').to_owned())
    else {
        return;
    };
    let has_office = knowledge_has_office(knowledge, text, from, candidate.first);
    if COURTESY.contains(&fold(role.trim_end_matches('.')).as_str()) || !has_office || role.chars().count() > 120 {
        return;
    }
    person.role = Some(role);
    if person.country.is_none() {
        person.country = country.map(str::to_owned);
    }
}

fn knowledge_has_office(knowledge: &Knowledge, text: &Text<'_>, from: usize, end: usize) -> bool {
    (from..end).any(|at| {
        knowledge.title(&text.tokens, at).is_some()
            || text.tokens.get(at).is_some_and(|token| super::roles::is_role_noun(token))
    })
}

fn country_of<'p>(mention: &Candidate<'p>) -> Option<&'p str> {
    match mention.meaning {
        Meaning::Place(place) | Meaning::Demonym(place) => place.iso2.as_deref(),
        _ => None,
    }
}

/// Salience: mentions weighted by where they stand, against the most mentioned; the headline and the lead weigh most.
pub(crate) fn rate(article: &Article, entities: &mut [Entity]) {
    let weight = |mention: &Mention| match mention.span.field {
        Field::Headline => 4.0,
        Field::Summary => 2.0,
        Field::Body => match article.section_kind(&mention.span) {
            Some(SectionKind::Lead) => 3.0,
            Some(SectionKind::Background) => 0.3,
            Some(SectionKind::Boilerplate) => 0.0,
            _ => 1.0,
        },
    };
    let in_dateline = |mention: &Mention| {
        article.wire.dateline.as_ref().is_some_and(|dateline| dateline.span.contains(&mention.span))
    };
    let scores: Vec<f64> = entities
        .iter()
        .map(|entity| {
            entity.mentions.iter().map(|mention| if in_dateline(mention) { 0.3 } else { weight(mention) }).sum()
        })
        .collect();
    let top = scores.iter().copied().fold(0.0, f64::max);
    for (entity, score) in entities.iter_mut().zip(scores) {
        entity.salience = if top > 0.0 { (score / top * 1000.0).round() / 1000.0 } else { 0.0 };
    }
}
