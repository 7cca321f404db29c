//! The tagger's names as candidates, each with what the tables know of it.
//!
//! In: a text and the label of each of its tokens. Out: candidates that do not overlap. What holds: where a name stands
//! and of what type it is, the tagger says; the tables say what it stands for, and add what they alone know: diseases.

use super::knowledge::Knowledge;
use super::propose::{Candidate, Meaning, Text, phrases};
use crate::extract::places::Places;
use crate::extract::tagger::{self, Name};
use crate::model::{EntityType, MentionForm};

/// The types in the order of the labels.
const TYPES: [EntityType; 9] = [
    EntityType::Person,
    EntityType::Organisation,
    EntityType::Place,
    EntityType::Facility,
    EntityType::Group,
    EntityType::Event,
    EntityType::Product,
    EntityType::Disease,
    EntityType::Work,
];

/// How sure a name of the tagger is: less than what the story or the tables say for certain.
const SURENESS: u32 = 4;

/// The names that the labels tell, and diseases that only the tables know.
pub(super) fn candidates<'k>(
    knowledge: &Knowledge,
    places: &'k Places,
    text: &Text<'_>,
    labels: &[u8],
) -> Vec<Candidate<'k>> {
    let mut known = Vec::new();
    phrases(knowledge, text, &mut known);
    let mut found: Vec<Candidate<'k>> =
        tagger::names(labels).iter().filter_map(|name| candidate(knowledge, places, text, &known, name)).collect();
    let named = found.len();
    for candidate in known.into_iter().filter(|candidate| candidate.kind == EntityType::Disease) {
        let free = found.iter().take(named).all(|name| name.end <= candidate.first || candidate.end <= name.first);
        if free {
            found.push(candidate);
        }
    }
    found
}

fn candidate<'k>(
    knowledge: &Knowledge,
    places: &'k Places,
    text: &Text<'_>,
    known: &[Candidate<'k>],
    name: &Name,
) -> Option<Candidate<'k>> {
    let mut kind = *TYPES.get(name.kind)?;
    let tokens = text.tokens.get(name.start..name.end)?;
    let written = text.text.get(tokens.first()?.start..tokens.last()?.end)?;
    let same = |candidate: &&Candidate<'k>| candidate.first == name.start && candidate.end == name.end;
    let row = known.iter().filter(same).find(|candidate| alike(candidate.kind, kind));
    let people = || places.people(written.split(['-', '–']).next().unwrap_or(written));
    let mut form = MentionForm::Name;
    let meaning = match kind {
        // "Dutch" alone is a people, whatever it was taken for.
        EntityType::Person | EntityType::Organisation | EntityType::Place
            if tokens.len() == 1 && row.is_none() && people().is_some() && places.senses(written).next().is_none() =>
        {
            kind = EntityType::Group;
            people().map(Meaning::Demonym)
        }
        EntityType::Group => people().map(Meaning::Demonym),
        EntityType::Place if row.is_none() => places.senses(written).next().map(Meaning::Place),
        _ => None,
    };
    if kind == EntityType::Group {
        form = MentionForm::Demonym;
    }
    let meaning = meaning.or(row.map(|row| row.meaning)).unwrap_or(Meaning::Shape);
    if let Some(row) = row {
        form = row.form;
    }
    let role_from = if kind == EntityType::Person { office(knowledge, text, name.start) } else { None };
    Some(Candidate { first: name.start, end: name.end, kind, form, meaning, sureness: SURENESS, role_from })
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
