//! Candidates for mentions: everything in one text that may name something, with how sure it is.
//!
//! In: the tokens of one text. Out: [`Candidate`]s, which may overlap; `choose` picks among them. The tables speak first,
//! then the shape of runs of capitalised words (`names`), so that new names are found too.

use super::knowledge::{Class, Knowledge};
use super::names;
use super::token::{Case, Token};
use crate::extract::places::{Place, PlaceForm, Places};
use crate::model::{EntityType, MentionForm};
use std::collections::HashMap;

/// What a candidate is known to be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning<'k> {
    /// A row of the tagger's own tables.
    Known(usize),
    /// A place of the gazetteer, likeliest first.
    Place(&'k Place),
    /// A nationality.
    Demonym(&'k Place),
    /// Nothing but its shape and surroundings.
    Shape,
}

/// Something that may be a mention.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'k> {
    /// First token.
    pub(super) first: usize,
    /// End, exclusive.
    pub(super) end: usize,
    pub(super) kind: EntityType,
    pub(super) form: MentionForm,
    pub(super) meaning: Meaning<'k>,
    /// 1 (a guess) to 9 (certain).
    pub(super) sureness: u32,
    /// The token after the office that stands before a person, where the office begins.
    pub(super) role_from: Option<usize>,
}

impl Candidate<'_> {
    /// Longer names win over the shorter ones inside them; among equals the surer wins.
    pub(super) fn score(&self) -> u32 {
        let length = u32::try_from(self.end - self.first).unwrap_or(1);
        length * 16 - 10 + self.sureness
    }
}

/// One text on its way through the tagger.
pub(super) struct Text<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token<'t>>,
    /// A headline in Title Case or in capitals, by sentence: capitals say nothing there.
    pub(super) shouted: Vec<bool>,
}

impl<'t> Text<'t> {
    /// Cuts a text into tokens and looks at its use of capitals.
    pub(super) fn new(text: &'t str, field: crate::model::Field) -> Self {
        let tokens = super::token::tokens(text, field);
        let sentences = tokens.last().map_or(0, |token| token.sentence + 1);
        let mut counts = vec![(0usize, 0usize, 0usize); sentences];
        for token in tokens.iter().filter(|token| token.is_word() && token.case != Case::Number) {
            let Some((words, capitals, upper)) = counts.get_mut(token.sentence) else { continue };
            // Short words stay small in Title Case.
            if token.text.chars().count() > 3 {
                *words += 1;
                *capitals += usize::from(token.is_capital());
                *upper += usize::from(token.case == Case::Upper);
            }
        }
        let shouted = counts
            .iter()
            .map(|(words, capitals, upper)| {
                (*words >= 4 && capitals * 10 >= words * 8) || (*words >= 2 && upper * 10 >= words * 9)
            })
            .collect();
        Self { text, tokens, shouted }
    }

    pub(super) fn is_shouted(&self, at: usize) -> bool {
        self.tokens.get(at).and_then(|token| self.shouted.get(token.sentence)).copied().unwrap_or(false)
    }
}

/// Everything that one text may name.
pub(super) fn candidates<'k>(knowledge: &Knowledge, places: &'k Places, text: &Text<'_>) -> Vec<Candidate<'k>> {
    let mut found = Vec::new();
    phrases(knowledge, text, &mut found);
    named_places(knowledge, places, text, &mut found);
    let map = Map::new(text, &found);
    names::runs(knowledge, text, &map, &mut found);
    found
}

/// Which tokens the tables know as places and nationalities, for the rules on shapes.
pub(super) struct Map {
    /// Token to the length of the place or nationality that starts there, and whether it is a nationality.
    starts: HashMap<usize, (usize, bool)>,
    /// Token to the length of any other known phrase, with its type.
    known: HashMap<usize, (usize, EntityType)>,
}

impl Map {
    fn new(text: &Text<'_>, found: &[Candidate<'_>]) -> Self {
        let mut map = Self { starts: HashMap::new(), known: HashMap::new() };
        for candidate in found.iter().filter(|candidate| candidate.end <= text.tokens.len()) {
            let length = candidate.end - candidate.first;
            match candidate.kind {
                EntityType::Place | EntityType::Group => {
                    map.starts.insert(candidate.first, (length, candidate.kind == EntityType::Group));
                }
                kind => {
                    map.known.insert(candidate.first, (length, kind));
                }
            }
        }
        map
    }

    /// The place or nationality at a token: its length, and whether it is a nationality.
    pub(super) fn place(&self, at: usize) -> Option<(usize, bool)> {
        self.starts.get(&at).copied()
    }

    /// Any other thing that the tables know at a token.
    pub(super) fn known(&self, at: usize) -> Option<(usize, EntityType)> {
        self.known.get(&at).copied()
    }
}

pub(super) fn phrases(knowledge: &Knowledge, text: &Text<'_>, found: &mut Vec<Candidate<'_>>) {
    for at in 0..text.tokens.len() {
        for phrase in knowledge.phrases(&text.tokens, at, text.is_shouted(at)) {
            let Some(known) = knowledge.known.get(phrase.known) else { continue };
            let end = at + phrase.length;
            let alone = phrase.length == 1;
            // "Apple" opening a sentence is a company; "Diet" or "Visa" there is a word. "New Diet" is one too.
            let Some(token) = text.tokens.get(at) else { continue };
            let ambiguous =
                alone && (knowledge.is_common(token.text) || token.opens && knowledge.is(token.text, Class::Other));
            if ambiguous && (token.opens || text.is_shouted(at)) && known.kind != EntityType::Disease {
                continue;
            }
            let follows_name = alone
                && known.kind != EntityType::Person
                && known.kind != EntityType::Disease
                && is_inside_name(knowledge, text, at);
            let form = if phrase.acronym && known.kind == EntityType::Organisation && known.name.contains(' ') {
                MentionForm::Acronym
            } else if phrase.part {
                MentionForm::Short
            } else if known.kind == EntityType::Group {
                MentionForm::Demonym
            } else {
                MentionForm::Name
            };
            let sureness = match (alone, phrase.part) {
                _ if follows_name => 1,
                (true, true) => 7,
                (true, false) => 6,
                (false, _) => 9,
            };
            found.push(Candidate {
                first: at,
                end,
                kind: known.kind,
                form,
                meaning: Meaning::Known(phrase.known),
                sureness,
                role_from: None,
            });
        }
    }
}

/// Whether a known word is the surname of somebody else: "Jesse Jackson" is no Jackson, "Henry Ford" no car.
fn is_inside_name(knowledge: &Knowledge, text: &Text<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.tokens.get(before));
    before.is_some_and(|before| {
        before.is_capital()
            && knowledge.is_first_name(before.text)
            && text.tokens.get(at).is_some_and(|token| token.sentence == before.sentence && token.case == Case::Capital)
    })
}

fn named_places<'k>(knowledge: &Knowledge, places: &'k Places, text: &Text<'_>, found: &mut Vec<Candidate<'k>>) {
    let starts: HashMap<usize, usize> = text.tokens.iter().enumerate().map(|(n, token)| (token.start, n)).collect();
    for place in places.find(text.text) {
        let Some(&first) = starts.get(&place.start) else { continue };
        let length = text.tokens.iter().skip(first).take_while(|token| token.start < place.end).count();
        let end = first + length;
        // A name that ends inside a token ("Korea-US") is not cut out of it.
        if text.tokens.get(end.saturating_sub(1)).is_none_or(|token| token.end > place.end + 1) {
            continue;
        }
        // "US troops" and "UK officials" name the country by its abbreviation, though as an adjective.
        let abbreviation = text.tokens.get(first).is_some_and(|token| {
            length == 1 && token.case == Case::Upper && token.text.chars().count() <= 5 && !text.is_shouted(first)
        });
        let (kind, form, meaning) = match place.form {
            PlaceForm::Demonym | PlaceForm::People if abbreviation => {
                (EntityType::Place, MentionForm::Acronym, Meaning::Place(place.place()))
            }
            PlaceForm::Name => (EntityType::Place, MentionForm::Name, Meaning::Place(place.place())),
            PlaceForm::Demonym | PlaceForm::People => {
                (EntityType::Group, MentionForm::Demonym, Meaning::Demonym(place.place()))
            }
        };
        // Organisations that the gazetteer lists as world regions are kept as what they are.
        if place.place().id == "region:eu" || place.place().id == "region:world" {
            continue;
        }
        // In a headline in capitals or Title Case a small town is more likely a word: "READING", "Split".
        let Some(token) = text.tokens.get(first) else { continue };
        let unsure = text.is_shouted(first)
            && length == 1
            && place.place().population < 500_000
            && !place.place().capital
            && knowledge.is_common(token.text);
        let first_name = length == 1
            && kind == EntityType::Place
            && knowledge.is_first_name(token.text)
            && text.tokens.get(end).is_some_and(|next| next.is_capital() && !next.opens);
        if unsure || first_name {
            continue;
        }
        let sureness = if is_inside_name(knowledge, text, first) { 1 } else { 7 };
        found.push(Candidate { first, end, kind, form, meaning, sureness, role_from: None });
    }
    coordinated(places, text, found);
}

/// "South and North Koreas", "North and South Korea": the first half borrows its noun from the second.
fn coordinated<'k>(places: &'k Places, text: &Text<'_>, found: &mut Vec<Candidate<'k>>) {
    for at in 0..text.tokens.len() {
        let Some([first, joint, second, noun]) = text.tokens.get(at..at + 4) else { break };
        let directions = ["South", "North", "East", "West"];
        if !directions.contains(&first.text)
            || !matches!(joint.text, "and" | "or")
            || !directions.contains(&second.text)
            || !noun.is_capital()
        {
            continue;
        }
        let stem = noun.text.strip_suffix('s').unwrap_or(noun.text);
        let place = |direction: &str| {
            places
                .resolve(&format!("{direction} {stem}"), None)
                .or_else(|| places.resolve(&format!("{direction} {}", noun.text), None))
        };
        let (Some(left), Some(right)) = (place(first.text), place(second.text)) else { continue };
        let mention = |first, end, place: &'k Place, form| Candidate {
            first,
            end,
            kind: EntityType::Place,
            form,
            meaning: Meaning::Place(place),
            sureness: 9,
            role_from: None,
        };
        found.push(mention(at, at + 1, left, MentionForm::Short));
        found.push(mention(at + 2, at + 4, right, MentionForm::Name));
    }
}
