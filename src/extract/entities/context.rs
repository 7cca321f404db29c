//! Candidates that only the story explains: the dateline's place and agency, and "the South" of Korea.
//!
//! In: an article, its texts and the candidates found so far. Out: more candidates. Here the article as a whole speaks:
//! what stands in a dateline needs no other sign, and a point of the compass is a country where the story named both.

use super::candidate::{CERTAIN, Candidate, Meaning, Text};
use super::token::Token;
use crate::extract::places::{Place, Places};
use crate::model::{Article, EntityType, Field, MentionForm, PlaceKind};

/// Adds the place and the agency of the dateline; they stand in the body, which is the text given.
pub(super) fn dateline<'p>(places: &'p Places, article: &Article, body: &Text<'_>, found: &mut Vec<Candidate<'p>>) {
    let Some(dateline) = &article.wire.dateline else { return };
    let from = body.tokens.partition_point(|token| token.start < dateline.span.start);
    let end = body.tokens.partition_point(|token| token.end <= dateline.span.end);
    if dateline.span.field != Field::Body || from >= end {
        return;
    }
    let tokens = body.tokens.get(from..end).unwrap_or_default();
    if let Some(name) = &dateline.place
        && let Some(first) = tokens.first()
        && let Some(written) = body.text.get(first.start..).and_then(|rest| rest.get(..name.len()))
        && written.to_lowercase() == name.to_lowercase()
    {
        let last = tokens.partition_point(|token| token.end <= first.start + name.len());
        let place = places
            .resolve(name, dateline.country.as_deref())
            .filter(|place| dateline.country.is_none() || place.iso2.as_deref() == dateline.country.as_deref());
        found.push(Candidate {
            first: from,
            end: from + last,
            kind: EntityType::Place,
            form: MentionForm::Name,
            meaning: place.map_or(Meaning::Shape, Meaning::Place),
            // Which of the places of that name, the whole story tells.
            sureness: CERTAIN - 1,
            role_from: None,
        });
    }
    agency(article, body, found);
}

/// Adds the agency of the dateline, which stands in the body, the text given.
pub(super) fn agency(article: &Article, body: &Text<'_>, found: &mut Vec<Candidate<'_>>) {
    let dateline = article.wire.dateline.as_ref().filter(|dateline| dateline.span.field.is_body());
    let Some(dateline) = dateline.filter(|_| article.wire.agency.is_some()) else { return };
    let from = body.tokens.partition_point(|token| token.start < dateline.span.start);
    let end = body.tokens.partition_point(|token| token.end <= dateline.span.end);
    let tokens = body.tokens.get(from..end).unwrap_or_default();
    // "(Lusa)", "/TASS/", "[Agency]": one name between marks.
    let mark = |text: &str| match text {
        "(" => Some(")"),
        "/" => Some("/"),
        "[" => Some("]"),
        _ => None,
    };
    for (n, token) in tokens.iter().enumerate() {
        let Some(closing) = mark(token.text) else { continue };
        let rest = tokens.get(n + 1..).unwrap_or_default();
        let length = rest.iter().take_while(|token| token.is_word() && !starts_with_digit(token.text)).count();
        if (1..=4).contains(&length) && rest.get(length).is_some_and(|token| token.text == closing) {
            let (first, end) = (from + n + 1, from + n + 1 + length);
            // A row of the tables wins; whatever else it was taken for gives way.
            let known = found.iter_mut().find(|candidate| {
                candidate.first == first && candidate.end == end && matches!(candidate.meaning, Meaning::Known(_))
            });
            match known {
                Some(known) => known.sureness = CERTAIN,
                None => found.push(Candidate {
                    first,
                    end,
                    kind: EntityType::Organisation,
                    form: MentionForm::Name,
                    meaning: Meaning::Shape,
                    sureness: CERTAIN,
                    role_from: None,
                }),
            }
            return;
        }
    }
}

fn starts_with_digit(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// "the South" in a story that names South Korea; `opposite` turns one half of a divided country into the other.
pub(super) fn halves<'p>(places: &'p Places, texts: &[Text<'_>], candidates: &mut [Vec<Candidate<'p>>]) {
    let mut halves: Vec<(&'static str, &'p Place)> = Vec::new();
    for candidate in candidates.iter().flatten() {
        let Meaning::Place(place) = candidate.meaning else { continue };
        if place.kind != PlaceKind::Country || halves.iter().any(|(_, known)| known.id == place.id) {
            continue;
        }
        for (direction, opposite) in [("South", "North"), ("North", "South"), ("East", "West"), ("West", "East")] {
            let Some(noun) = place.name.strip_prefix(direction).and_then(|rest| rest.strip_prefix(' ')) else {
                continue;
            };
            let other = places.resolve(&format!("{opposite} {noun}"), None);
            if let Some(other) = other.filter(|other| other.kind == PlaceKind::Country) {
                halves.push((direction, place));
                halves.push((opposite, other));
            }
        }
    }
    if halves.is_empty() {
        return;
    }
    for (text, candidates) in texts.iter().zip(candidates) {
        for (at, token) in text.tokens.iter().enumerate() {
            let Some((_, place)) = halves.iter().find(|(direction, _)| *direction == token.text) else { continue };
            let article = at
                .checked_sub(1)
                .and_then(|before| text.tokens.get(before))
                .is_some_and(|before| before.sentence == token.sentence && matches!(before.text, "the" | "The"));
            let alone = text
                .tokens
                .get(at + 1)
                .is_none_or(|next| next.sentence != token.sentence || !next.is_capital() && next.text != "of");
            if article && alone {
                candidates.push(Candidate {
                    first: at,
                    end: at + 1,
                    kind: EntityType::Place,
                    form: MentionForm::Short,
                    meaning: Meaning::Place(place),
                    sureness: CERTAIN,
                    role_from: None,
                });
            }
        }
    }
}

/// "South and North Koreas", "North and South Korea": the first half borrows its noun from the second.
pub(super) fn coordinated<'k>(places: &'k Places, text: &Text<'_>, found: &mut Vec<Candidate<'k>>) {
    for at in 0..text.tokens.len() {
        let Some([first, joint, second, noun]) = text.tokens.get(at..at + 4) else { break };
        let is_direction = |token: &Token<'_>| matches!(token.text, "South" | "North" | "East" | "West");
        let joined = matches!(joint.text, "and" | "or") && noun.is_capital();
        if !joined || !is_direction(first) || !is_direction(second) {
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
            sureness: CERTAIN,
            role_from: None,
        };
        found.push(mention(at, at + 1, left, MentionForm::Short));
        found.push(mention(at + 2, at + 4, right, MentionForm::Name));
    }
}
