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
use std::collections::{BTreeMap, HashMap};

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
    let located = locate(places, article, texts, chosen);
    let mut entities: Vec<Entity> = Vec::new();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    let mut last_person: HashMap<String, String> = HashMap::new();
    for ((field, text), mentions) in fields.iter().zip(texts).zip(chosen) {
        for candidate in mentions {
            let Some(span) = span(text, candidate, *field) else { continue };
            let Some(written) = span.of(text.text) else { continue };
            let (key, entity) = place_of_dateline(article, candidate, &span).unwrap_or_else(|| {
                identify(knowledge, places, text, candidate, written, learnt, &mut last_person, &located)
            });
            let number = *by_key.entry(key).or_insert_with(|| {
                entities.push(entity);
                entities.len() - 1
            });
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

pub(super) fn draft(kind: EntityType, name: &str, country: Option<&str>) -> Entity {
    Entity {
        id: String::new(),
        kind,
        name: name.to_owned(),
        country: country.map(str::to_owned),
        mentions: Vec::new(),
        links: BTreeMap::new(),
        role: None,
        salience: 0.0,
    }
}

/// Which entity a mention names: its key and what a new entity of that key would be.
#[allow(clippy::too_many_arguments, reason = "identity needs the tables, the story and the mention")]
fn identify(
    knowledge: &Knowledge,
    places: &Places,
    text: &Text<'_>,
    candidate: &Candidate<'_>,
    written: &str,
    learnt: &Learnt,
    last_person: &mut HashMap<String, String>,
    located: &HashMap<String, Located<'_>>,
) -> (String, Entity) {
    match candidate.meaning {
        Meaning::Known(known) => {
            if let Some(known) = knowledge.known.get(known) {
                if known.kind == EntityType::Place {
                    // A place of the gazetteer and its other name in the tagger's own table are one.
                    return place_of_table(places, known);
                }
                return (format!("{:?}:{}", known.kind, fold(&known.name)), of_table(known));
            }
        }
        // "the South", "North and South Korea": what it means is told by more than its name.
        Meaning::Place(place) if candidate.sureness >= CERTAIN => return known_place(place, &place.name),
        Meaning::Place(_) => {}
        Meaning::Demonym(place) => {
            return (format!("group:{}", place.id), draft(EntityType::Group, written, place.iso2.as_deref()));
        }
        Meaning::Shape => {}
    }
    let name = name_of(text, candidate);
    if candidate.kind == EntityType::Person {
        let fulls = learnt.surnames.get(&name);
        let full = match fulls.map(Vec::as_slice) {
            Some([only]) => Some(only.clone()),
            // Two people of one surname: the one named last before this.
            Some([first, ..]) => Some(last_person.get(&name).unwrap_or(first).clone()),
            _ => None,
        };
        if let Some(last) = name.split(' ').next_back()
            && learnt.surnames.contains_key(last)
            && name.contains(' ')
        {
            last_person.insert(last.to_owned(), name.clone());
        }
        let key = full.unwrap_or_else(|| name.clone());
        let known = knowledge.named(EntityType::Person, &key);
        let entity = match known {
            Some(known) => of_table(known),
            None => draft(EntityType::Person, &in_ordinary_case(text, candidate, written), None),
        };
        return (format!("{:?}:{key}", EntityType::Person), entity);
    }
    if let Some((kind, full)) = learnt.acronyms.get(written)
        && *kind == candidate.kind
    {
        let known = knowledge.named(*kind, full);
        return (format!("{kind:?}:{full}"), known.map_or_else(|| draft(*kind, written, None), of_table));
    }
    let meaning = located.get(&name);
    if candidate.kind == EntityType::Place
        && let Some(Located::Place(place)) = meaning
    {
        return known_place(place, written);
    }
    let of_name = country_of_name(places, candidate.kind, written);
    let around = meaning.filter(|_| of_name.is_none()).and_then(Located::country);
    let mut entity = draft(candidate.kind, &in_ordinary_case(text, candidate, written), of_name.as_deref().or(around));
    match meaning {
        Some(Located::Town(town)) if candidate.kind == EntityType::Place => {
            entity.links.insert("geonames".to_owned(), town.geonames.to_owned());
        }
        _ if around.is_some() => {
            entity.links.insert("country_from".to_owned(), "context".to_owned());
        }
        _ => {}
    }
    (format!("{:?}:{}", candidate.kind, name.trim_start_matches("the ")), entity)
}

/// A dateline's place that no table has: its name and country are what the dateline says.
fn place_of_dateline(article: &Article, candidate: &Candidate<'_>, span: &Span) -> Option<(String, Entity)> {
    let dateline = article.wire.dateline.as_ref()?;
    let unknown = matches!(candidate.meaning, Meaning::Shape) && candidate.kind == EntityType::Place;
    let name = dateline.place.as_deref().filter(|_| unknown && dateline.span.contains(span))?;
    let country = dateline.country.as_deref();
    Some((format!("{:?}:{}", EntityType::Place, fold(name)), draft(EntityType::Place, name, country)))
}

/// A place of the gazetteer, by its ordinary name.
pub(super) fn known_place(place: &Place, written: &str) -> (String, Entity) {
    let name =
        if fold(&place.name) == fold(written) && place.name != written && !written.chars().all(|c| !c.is_lowercase()) {
            written
        } else {
            &place.name
        };
    let mut entity = draft(EntityType::Place, name, place.iso2.as_deref());
    if let Some(geonames) = place.geonames {
        entity.links.insert("geonames".to_owned(), geonames.to_string());
    }
    if let Some(country) = &place.iso2 {
        if place.id == *country {
            entity.links.insert("iso3166-1".to_owned(), country.clone());
        } else if place.id.starts_with(country.as_str()) && place.id.contains('-') {
            entity.links.insert("iso3166-2".to_owned(), place.id.clone());
        }
    }
    (format!("place:{}", place.id), entity)
}

/// Something that the tagger's own tables or an operator's know.
fn of_table(known: &Known) -> Entity {
    let mut entity = draft(known.kind, &known.name, known.country.as_deref());
    for (name, id) in [("geonames", &known.geonames), ("wikidata", &known.wikidata)] {
        if let Some(id) = id {
            entity.links.insert(name.to_owned(), id.clone().into_owned());
        }
    }
    entity
}

fn place_of_table(places: &Places, known: &Known) -> (String, Entity) {
    let country = known.country.as_deref();
    if let Some(place) = places.resolve(&known.name, country)
        && place.iso2.as_deref() == country
    {
        return known_place(place, &known.name);
    }
    (format!("place:{}", fold(&known.name)), of_table(known))
}

/// The country that stands in a name: "Bank of Japan", "Russian Foreign Ministry"; none where there are two.
fn country_of_name(places: &Places, kind: EntityType, written: &str) -> Option<String> {
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
    let shouted =
        tokens.iter().all(|token| !token.text.chars().any(char::is_lowercase)) && text.is_shouted(candidate.first);
    if !shouted || tokens.len() < 2 {
        return written.split_whitespace().collect::<Vec<_>>().join(" ");
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

/// A longer form of a person's name replaces a shorter one, unless the tables gave the name.
fn prefer_full_name(candidate: &Candidate<'_>, written: &str, entity: &mut Entity) {
    let longer = written.split_whitespace().count() > entity.name.split_whitespace().count();
    if matches!(candidate.meaning, Meaning::Shape) && longer && entity.country.is_none() {
        entity.name = written.split_whitespace().collect::<Vec<_>>().join(" ");
    }
}

fn form(candidate: &Candidate<'_>, written: &str, entity: &Entity) -> MentionForm {
    if candidate.form != MentionForm::Name {
        return candidate.form;
    }
    let shorter = written.split_whitespace().count() < entity.name.split_whitespace().count();
    match candidate.kind {
        EntityType::Person if shorter => MentionForm::Short,
        EntityType::Organisation | EntityType::Place
            if shorter
                && written.chars().count() >= 2
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
        if Some(before.sentence) != sentence || !super::roles::is_role_word(before.text) {
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
            || text.tokens.get(at).is_some_and(|token| super::roles::is_role_noun(token.text))
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
