//! The tagger's names as candidates, each with what the tables know of it.
//!
//! In: a text and the label of each of its tokens. Out: candidates that do not overlap. What holds: where a name stands
//! and of what type it is, the tagger says; the tables say what it stands for, and add what they alone know: diseases.

use super::candidate::{Candidate, Meaning, TYPES, Text};
use super::knowledge::{Knowledge, Known, Phrase};
use crate::extract::places::Places;
use crate::extract::tagger::{self, Labels, Name};
use crate::model::{EntityType, MentionForm, PlaceKind};
use std::cell::LazyCell;

/// How sure a name is of which the tagger is: less than what the story or the tables say for certain.
const SURENESS: u32 = 6;

/// How sure a name is by what the tagger says of its first word: its mentions vote on its type, the surer ones with more weight.
pub(super) fn sureness(read: &Labels, name: &Name) -> u32 {
    let likely = read.likely.get(name.start).copied().unwrap_or(1.0);
    (likely * SURENESS as f32).round().max(1.0) as u32
}

/// The names that the labels tell, and diseases that only the tables know.
pub(super) fn candidates<'k>(
    knowledge: &Knowledge,
    places: &'k Places,
    text: &Text<'_>,
    read: &Labels,
) -> Vec<Candidate<'k>> {
    let names = tagger::names(&read.labels);
    let mut found: Vec<Candidate<'k>> = names
        .iter()
        .filter_map(|name| candidate(knowledge, places, text, &with_pair(places, text, name), sureness(read, name)))
        .collect();
    let mut names = names.iter().peekable();
    let mut at = 0;
    while at < text.tokens.len() {
        if let Some(name) = names.next_if(|name| name.start <= at) {
            at = name.end.max(at + 1);
            continue;
        }
        if !text.tokens.get(at).is_some_and(|token| knowledge.may_be_disease(token)) {
            at += 1;
            continue;
        }
        let free = names.peek().map_or(text.tokens.len(), |name| name.start) - at;
        let disease = rows(knowledge, text, at)
            .find(|(phrase, known)| known.kind == EntityType::Disease && phrase.length <= free);
        let Some((phrase, known)) = disease else {
            at += 1;
            continue;
        };
        found.push(Candidate {
            first: at,
            end: at + phrase.length,
            kind: EntityType::Disease,
            form: form(&phrase, known),
            meaning: Meaning::Known(phrase.known),
            sureness: SURENESS,
            role_from: None,
        });
        at += phrase.length;
    }
    found
}

/// The name with the two peoples before it, where it is a body's: "Russian-Korean Interregional Forum" is one name.
fn with_pair(places: &Places, text: &Text<'_>, name: &Name) -> Name {
    let body = TYPES.get(name.kind) == Some(&EntityType::Organisation) && name.end - name.start > 1;
    let pair = name.start.checked_sub(1).filter(|_| body).filter(|at| {
        let (Some(pair), Some(first)) = (text.tokens.get(*at), text.tokens.get(name.start)) else { return false };
        let Some((one, other)) = pair.text.split_once(['-', '–']) else { return false };
        pair.sentence == first.sentence
            && other.starts_with(char::is_uppercase)
            && (places.people(one).is_some() || places.people(other).is_some())
    });
    Name { start: pair.unwrap_or(name.start), ..*name }
}

/// What the tables have at a token.
fn rows<'k>(knowledge: &'k Knowledge, text: &Text<'_>, at: usize) -> impl Iterator<Item = (Phrase, &'k Known)> {
    let phrases = knowledge.phrases(&text.tokens, at, text.is_shouted(at));
    phrases.into_iter().filter_map(|phrase| Some((phrase, knowledge.known.get(phrase.known)?)))
}

fn form(phrase: &Phrase, known: &Known) -> MentionForm {
    match known.kind {
        EntityType::Organisation if phrase.acronym && known.name.contains(' ') => MentionForm::Acronym,
        _ if phrase.part => MentionForm::Short,
        EntityType::Group => MentionForm::Demonym,
        _ => MentionForm::Name,
    }
}

fn candidate<'k>(
    knowledge: &Knowledge,
    places: &'k Places,
    text: &Text<'_>,
    name: &Name,
    sureness: u32,
) -> Option<Candidate<'k>> {
    let mut kind = *TYPES.get(name.kind)?;
    let tokens = text.tokens.get(name.start..name.end)?;
    let written = text.text.get(tokens.first()?.start..tokens.last()?.end)?;
    let row = rows(knowledge, text, name.start)
        .find(|(phrase, known)| phrase.length == tokens.len() && alike(known.kind, kind));
    let named = LazyCell::new(|| places.place_and_people(written));
    let people = || match written.split_once(['-', '–']) {
        Some((first, _)) => places.people(first),
        None => named.1,
    };
    let sense = || named.0;
    let mut form = MentionForm::Name;
    let meaning = match kind {
        // "Dutch" alone is a people, whatever it was taken for.
        EntityType::Person | EntityType::Organisation | EntityType::Place
            if tokens.len() == 1 && row.is_none() && people().is_some() && sense().is_none() =>
        {
            kind = EntityType::Group;
            people().map(Meaning::Demonym)
        }
        // "Ulan Bator" is nobody; a place of one word may be ("Jordan").
        EntityType::Person if tokens.len() > 1 && row.is_none() && sense().is_some() => {
            kind = EntityType::Place;
            sense().map(Meaning::Place)
        }
        // A country is a place also where its team plays or its government speaks.
        EntityType::Organisation if row.is_none() && sense().is_some_and(|place| place.kind == PlaceKind::Country) => {
            kind = EntityType::Place;
            sense().map(Meaning::Place)
        }
        EntityType::Group => people().map(Meaning::Demonym),
        EntityType::Place if row.is_none() => sense().map(Meaning::Place),
        _ => None,
    };
    if kind == EntityType::Group {
        form = MentionForm::Demonym;
    }
    let meaning = meaning.or(row.map(|(phrase, _)| Meaning::Known(phrase.known))).unwrap_or(Meaning::Shape);
    if let Some((phrase, known)) = &row {
        form = self::form(phrase, known);
    }
    let role_from = if kind == EntityType::Person { office(knowledge, text, name.start) } else { None };
    Some(Candidate { first: name.start, end: name.end, kind, form, meaning, sureness, role_from })
}

/// Whether the tables' type and the tagger's are of one sort.
fn alike(table: EntityType, tagged: EntityType) -> bool {
    let place = |kind| matches!(kind, EntityType::Place | EntityType::Facility);
    table == tagged || place(table) && place(tagged)
}

/// The most words of offices before a name.
const LONGEST_OFFICE: usize = 12;

/// Where the offices before a name begin: "Russian Deputy Prime Minister".
fn office(knowledge: &Knowledge, text: &Text<'_>, first: usize) -> Option<usize> {
    let sentence = text.tokens.get(first)?.sentence;
    let mut from = first;
    while first - from < LONGEST_OFFICE {
        let mut starts = (1..=4).rev().filter_map(|length| from.checked_sub(length).map(|start| (start, length)));
        let before = starts.find(|(start, length)| {
            text.tokens.get(*start).is_some_and(|token| token.sentence == sentence)
                && knowledge.title(&text.tokens, *start) == Some(*length)
        });
        match before {
            Some((start, _)) => from = start,
            None => break,
        }
    }
    (from < first).then_some(from)
}
