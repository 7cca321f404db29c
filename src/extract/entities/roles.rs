//! Offices that stand for persons: "the Russian foreign minister", "the top Russian diplomat".
//!
//! In: the entities of a story and its texts. Out: more mentions, of form `role`. A role is given to a person only where
//! its country and its office fit exactly one person of the story, or, where they fit none, the one who held that office
//! on the story's day; else it stays unresolved.

use super::candidate::{Candidate, Meaning, Text};
use super::gather::draft;
use super::knowledge::{Knowledge, fold};
use super::offices::{Offices, Term};
use super::token::{Case, Token};
use crate::model::{Entity, EntityType, Field, Mention, MentionForm, Span};
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::HashMap;

/// Nouns that name an office.
const NOUNS: [&str; 26] = [
    "president",
    "minister",
    "premier",
    "chancellor",
    "spokesman",
    "spokeswoman",
    "spokesperson",
    "leader",
    "diplomat",
    "secretary",
    "ambassador",
    "envoy",
    "governor",
    "mayor",
    "king",
    "queen",
    "emir",
    "sultan",
    "pope",
    "chief",
    "chairman",
    "speaker",
    "secretary-general",
    "director-general",
    "commissioner",
    "prosecutor",
];

/// Words that go before such a noun.
const MODIFIERS: [&str; 40] = [
    "foreign",
    "prime",
    "deputy",
    "vice",
    "health",
    "defense",
    "defence",
    "finance",
    "interior",
    "home",
    "justice",
    "economy",
    "energy",
    "education",
    "transport",
    "trade",
    "environment",
    "agriculture",
    "top",
    "chief",
    "senior",
    "supreme",
    "opposition",
    "former",
    "then",
    "incumbent",
    "acting",
    "outgoing",
    "general",
    "state",
    "first",
    "press",
    "special",
    "central",
    "bank",
    "culture",
    "labor",
    "labour",
    "ex-president",
    "party",
];

/// What an office may also be called: the words of a role, then what must stand in the person's office.
const SYNONYMS: [(&str, &[&str]); 14] = [
    ("diplomat", &["foreign minister", "foreign secretary", "secretary of state"]),
    ("top diplomat", &["foreign minister", "foreign secretary", "secretary of state", "high representative"]),
    ("chief diplomat", &["foreign minister", "foreign secretary", "secretary of state"]),
    ("leader", &["president", "prime minister", "premier", "chancellor", "leader", "king", "emir"]),
    ("supreme leader", &["supreme leader", "leader"]),
    ("premier", &["prime minister", "premier"]),
    ("prime minister", &["prime minister", "premier"]),
    ("president", &["president"]),
    ("chancellor", &["chancellor"]),
    ("secretary", &["secretary of state", "foreign secretary"]),
    ("defence minister", &["defence minister", "defense minister"]),
    ("defense minister", &["defence minister", "defense minister"]),
    ("chief", &["director-general", "secretary-general", "chief"]),
    ("head", &["director-general", "president", "chief"]),
];

/// Whether a lower-case word can be part of an office that stands before a name.
pub(super) fn is_role_word(word: &Token<'_>) -> bool {
    word.case == Case::Lower && (NOUNS.contains(&word.text) || MODIFIERS.contains(&word.text))
}

/// Whether a lower-case word names an office.
pub(super) fn is_role_noun(word: &Token<'_>) -> bool {
    word.case == Case::Lower && NOUNS.contains(&word.text)
}

/// Adds the mentions by office.
pub(super) fn add(
    knowledge: &Knowledge,
    (offices, day): (&Offices, Option<Date>),
    fields: &[Field],
    texts: &[Text<'_>],
    chosen: &[Vec<Candidate<'_>>],
    entities: &mut Vec<Entity>,
) {
    let officials = officials(knowledge, entities);
    for ((field, text), mentions) in fields.iter().zip(texts).zip(chosen) {
        for state in mentions {
            let country = match state.meaning {
                Meaning::Demonym(place) | Meaning::Place(place) => place.iso2.as_deref(),
                _ => None,
            };
            let Some(country) = country else { continue };
            let Some((first, end, office)) = phrase(text, state) else { continue };
            let person = match the_one(&officials, country, &office) {
                Ok(person) => Some(person),
                // "the French president" of a story that does not name him.
                Err(true) => day
                    .and_then(|day| offices.holder(country, day, |held| fits(&office, held)))
                    .map(|term| holder(term, entities)),
                Err(false) => None,
            };
            let Some(person) = person else { continue };
            let (Some(start), Some(last)) =
                (text.tokens.get(first), end.checked_sub(1).and_then(|last| text.tokens.get(last)))
            else {
                continue;
            };
            let span = Span::new(*field, start.start, last.end);
            let Some(written) = span.of(text.text) else { continue };
            if let Some(entity) = entities.get_mut(person) {
                entity.mentions.push(Mention { span, text: written.to_owned(), form: MentionForm::Role });
            }
        }
    }
    for entity in entities.iter_mut() {
        entity.mentions.sort_by_key(|mention| (order(mention.span.field), mention.span.start, mention.span.end));
    }
}

/// Headline, summary, body: the order in which a reader meets them.
pub(super) fn order(field: Field) -> u8 {
    match field {
        Field::Headline => 0,
        Field::Summary => 1,
        Field::Body => 2,
    }
}

/// The noun phrase of an office around a country or nationality: its tokens and the words of the office.
fn phrase(text: &Text<'_>, state: &Candidate<'_>) -> Option<(usize, usize, String)> {
    let sentence = text.tokens.get(state.first)?.sentence;
    let token = |at: usize| text.tokens.get(at).filter(|token| token.sentence == sentence);
    let demonym = matches!(state.meaning, Meaning::Demonym(_));
    let mut end = state.end;
    if !demonym {
        // A country only with its possessive: "South Korea's president".
        if !token(end).is_some_and(|token| matches!(token.text, "'s" | "’s")) {
            return None;
        }
        end += 1;
    }
    let mut words = Vec::new();
    let mut first = state.first;
    // "the top Russian diplomat": a modifier and the article may stand before the nationality.
    if demonym {
        while let Some(before) = first.checked_sub(1).and_then(token).filter(|before| MODIFIERS.contains(&before.text))
            && words.len() < LONGEST_OFFICE
        {
            words.insert(0, before.text);
            first -= 1;
        }
        let article = first.checked_sub(1).and_then(token).is_some_and(|before| matches!(before.text, "the" | "The"));
        // "a Russian diplomat" may be anybody; without an article only a headline says so.
        if article {
            first -= 1;
        } else if first
            .checked_sub(1)
            .and_then(token)
            .is_some_and(|before| matches!(before.text, "a" | "an" | "A" | "An"))
            || words.is_empty() && !token(end).is_some_and(|next| MODIFIERS.contains(&next.text))
        {
            return None;
        }
    }
    let mut office = false;
    while let Some(next) = token(end).filter(|next| is_role_word(next))
        && words.len() < LONGEST_OFFICE
    {
        words.push(next.text);
        office = is_role_noun(next);
        end += 1;
    }
    // The name itself follows, or the office is only the beginning of something else.
    let named = token(end).is_some_and(|next| next.is_capital());
    if !office || named || words.contains(&"former") || words.contains(&"deputy") {
        return None;
    }
    Some((first, end, words.join(" ")))
}

/// The most people of one country that an office is looked for among, so that a text made to hurt costs no more.
const MOST_OFFICIALS: usize = 100;

/// The longest office, in words.
const LONGEST_OFFICE: usize = 8;

/// The people of the story who hold an office, by country.
fn officials(knowledge: &Knowledge, entities: &[Entity]) -> HashMap<String, Vec<(usize, String)>> {
    let mut officials: HashMap<String, Vec<(usize, String)>> = HashMap::new();
    for (number, entity) in entities.iter().enumerate().filter(|(_, entity)| entity.kind == EntityType::Person) {
        let Some(country) = &entity.country else { continue };
        let stated = entity.role.as_deref().map(fold);
        let known = || {
            knowledge
                .named(EntityType::Person, &fold(&entity.name))
                .and_then(|known| known.office.clone())
                .map(Cow::into_owned)
        };
        if let Some(held) = stated.or_else(known) {
            officials.entry(country.clone()).or_default().push((number, held));
        }
    }
    officials
}

/// The only person of the story from that country with that office; else whether it names nobody of the kind.
fn the_one(officials: &HashMap<String, Vec<(usize, String)>>, country: &str, office: &str) -> Result<usize, bool> {
    let Some(officials) = officials.get(country) else { return Err(true) };
    if officials.len() > MOST_OFFICIALS {
        return Err(false);
    }
    let mut fitting = officials.iter().filter(|(_, held)| fits(office, held));
    match (fitting.next(), fitting.next()) {
        (Some((person, _)), None) => Ok(*person),
        (first, _) => Err(first.is_none()),
    }
}

/// The number of an office holder among the entities, where they may not be yet.
fn holder(term: &Term, entities: &mut Vec<Entity>) -> usize {
    let known = |entity: &Entity| entity.kind == EntityType::Person && entity.name == term.name;
    entities.iter().position(known).unwrap_or_else(|| {
        entities.push(draft(EntityType::Person, term.name, Some(term.country)));
        entities.len() - 1
    })
}

fn fits(office: &str, held: &str) -> bool {
    let wanted = office.replace("defence", "defense");
    let held = held.replace("defence", "defense");
    let synonyms = SYNONYMS.iter().find(|(name, _)| *name == wanted).map(|(_, synonyms)| *synonyms);
    match synonyms {
        Some(synonyms) => {
            synonyms.iter().any(|synonym| held.contains(synonym) && !(held.contains("vice") || held.contains("deputy")))
        }
        // "the Russian minister" is no prime minister.
        None => held.contains(&wanted) && !(wanted == "minister" && held.contains("prime")) && !held.contains("deputy"),
    }
}
