//! Candidates in a language other than English that the taggers read.
//!
//! In: a text, the label of each of its tokens, and the names of places of its language. Out: candidates. What holds: a
//! place or people of the language's table is known by it, whether the tagger saw it or not; where the tagger says that
//! the same words name a person or a body, or that they are part of a longer name, they are no place.

use super::candidate::{CERTAIN, Candidate, Meaning, TYPES, Text};
use super::tagged::sureness;
use crate::extract::places::{PlaceForm, PlaceMatch, Places};
use crate::extract::tagger::{self, Labels, Name};
use crate::language::Pack;
use crate::model::{Entity, EntityType, MentionForm, PlaceKind};
use std::collections::{BTreeMap, HashMap};

/// The names that the labels tell, and the places and peoples of the table.
pub(super) fn candidates<'p>(
    places: &'p Places,
    pack: &Pack,
    text: &Text<'_>,
    country: Option<&str>,
    read: &Labels,
) -> Vec<Candidate<'p>> {
    let mut known = table(places, pack, text, country);
    let mut found: Vec<Candidate<'p>> = Vec::new();
    for name in tagger::names(&read.labels) {
        let Some(kind) = TYPES.get(name.kind).copied() else { continue };
        let words = (name.start, name.end);
        if known.get(&words).is_some_and(|known| is_place(known, &name, kind)) {
            continue;
        }
        // What the tagger says of these very words goes before the table.
        known.remove(&words);
        let form = if kind == EntityType::Group { MentionForm::Demonym } else { MentionForm::Name };
        let role_from = if kind == EntityType::Person { office(pack, text, name.start) } else { None };
        found.push(Candidate {
            first: name.start,
            end: name.end,
            kind,
            form,
            meaning: Meaning::Shape,
            sureness: sureness(read, &name),
            role_from,
        });
    }
    found.extend(known.into_values());
    found
}

/// The places and peoples that the table knows, by their first token and the one behind their last.
fn table<'p>(
    places: &'p Places,
    pack: &Pack,
    text: &Text<'_>,
    country: Option<&str>,
) -> BTreeMap<(usize, usize), Candidate<'p>> {
    let matches = places.find_in(pack.code, text.text);
    let candidate = |found: &PlaceMatch<'p>| {
        let first = text.tokens.partition_point(|token| token.end <= found.start);
        let end = text.tokens.partition_point(|token| token.start < found.end);
        let fits = text.tokens.get(first).is_some_and(|token| token.start == found.start)
            && text.tokens.get(end.checked_sub(1)?).is_some_and(|token| token.end == found.end);
        let place = found.place_in(country);
        let (kind, form, meaning) = match found.form {
            PlaceForm::Name => (EntityType::Place, MentionForm::Name, Meaning::Place(place)),
            _ => (EntityType::Group, MentionForm::Demonym, Meaning::Demonym(place)),
        };
        let candidate = Candidate { first, end, kind, form, meaning, sureness: CERTAIN, role_from: None };
        fits.then_some(((first, end), candidate))
    };
    matches.iter().filter_map(candidate).collect()
}

/// Whether words that the table knows are what it says: "Ulan Bator" is nobody, and a country a place also where its team
/// plays; a town may be a club or a surname.
fn is_place(known: &Candidate<'_>, name: &Name, kind: EntityType) -> bool {
    match (kind, known.meaning) {
        (EntityType::Place | EntityType::Group, _) => true,
        (EntityType::Person, _) => name.end - name.start > 1,
        (EntityType::Organisation, Meaning::Place(place)) => place.kind == PlaceKind::Country,
        _ => false,
    }
}

/// Where the titles before a name begin: "le président français" stands as it is written in the pack, word by word.
fn office(pack: &Pack, text: &Text<'_>, first: usize) -> Option<usize> {
    let sentence = text.tokens.get(first)?.sentence;
    (1..=3).rev().filter_map(|length| first.checked_sub(length)).find(|start| {
        let words = text.tokens.get(*start..first).unwrap_or_default();
        let written: Vec<String> = words.iter().map(|word| word.text.to_lowercase()).collect();
        words.iter().all(|word| word.sentence == sentence && word.is_word()) && pack.titles.contains(&written.join(" "))
    })
}

/// One person or body whose name stands in several cases is one entity: its name is the shortest form, its mentions are
/// those of all.
pub(super) fn join_inflected(pack: &Pack, entities: &mut Vec<Entity>) {
    if pack.name_endings.is_empty() {
        return;
    }
    let mut by_stem: HashMap<(EntityType, String), usize> = HashMap::new();
    let mut joined: Vec<Entity> = Vec::with_capacity(entities.len());
    for entity in entities.drain(..) {
        let named = matches!(entity.kind, EntityType::Place | EntityType::Group) && entity.country.is_some();
        let key = (entity.kind, if named { entity.name.clone() } else { stems(pack, &entity.name) });
        match by_stem.get(&key).and_then(|at| joined.get_mut(*at)) {
            Some(known) => {
                if entity.name.chars().count() < known.name.chars().count() {
                    known.name = entity.name;
                }
                known.role = known.role.take().or(entity.role);
                known.country = known.country.take().or(entity.country);
                known.coordinates = known.coordinates.or(entity.coordinates);
                known.links.extend(entity.links);
                known.mentions.extend(entity.mentions);
                known.mentions.sort_by_key(|mention| (super::roles::order(mention.span.field), mention.span.start));
            }
            None => {
                by_stem.insert(key, joined.len());
                joined.push(entity);
            }
        }
    }
    *entities = joined;
    join_short(pack, entities);
}

/// A person called by surname in another case, or with an initial, is the only one of the story with that surname.
fn join_short(pack: &Pack, entities: &mut Vec<Entity>) {
    let parts = |name: &str| -> Vec<String> {
        let lower = name.to_lowercase();
        lower.split([' ', '.']).filter(|part| !part.is_empty()).map(|part| stem(pack, part).to_owned()).collect()
    };
    let is_short = |parts: &[String]| parts.first().is_none_or(|first| parts.len() == 1 || first.chars().count() == 1);
    let names: Vec<Vec<String>> = entities
        .iter()
        .map(|entity| if entity.kind == EntityType::Person { parts(&entity.name) } else { Vec::new() })
        .collect();
    let mut full_by_surname: HashMap<&str, Vec<usize>> = HashMap::new();
    for (n, parts) in names.iter().enumerate().filter(|(_, parts)| !is_short(parts)) {
        full_by_surname.entry(parts.last().map_or("", String::as_str)).or_default().push(n);
    }
    let full = |short: &[String]| -> Option<usize> {
        let [full] = full_by_surname.get(short.last()?.as_str())?.as_slice() else { return None };
        let initial = short.first().filter(|_| short.len() > 1).and_then(|first| first.chars().next());
        let fits = initial.is_none_or(|initial| {
            names.get(*full).and_then(|parts| parts.first()).is_some_and(|first| first.starts_with(initial))
        });
        fits.then_some(*full)
    };
    let meant: Vec<Option<usize>> =
        names.iter().map(|parts| if is_short(parts) { full(parts) } else { None }).collect();
    for (n, meant) in meant.iter().enumerate() {
        let Some(full) = meant else { continue };
        let mentions = entities.get_mut(n).map(|short| std::mem::take(&mut short.mentions)).unwrap_or_default();
        if let Some(full) = entities.get_mut(*full) {
            full.mentions.extend(mentions);
            full.mentions.sort_by_key(|mention| (super::roles::order(mention.span.field), mention.span.start));
        }
    }
    let mut meant = meant.into_iter();
    entities.retain(|_| meant.next().flatten().is_none());
}

/// The words of a name without their endings.
fn stems(pack: &Pack, name: &str) -> String {
    let lower = name.to_lowercase();
    lower.split_whitespace().map(|word| stem(pack, word)).collect::<Vec<_>>().join(" ")
}

/// A word without its longest ending; three letters stay at least.
fn stem<'w>(pack: &Pack, word: &'w str) -> &'w str {
    let bare = pack.name_endings.iter().filter_map(|ending| word.strip_suffix(ending.as_str()));
    bare.filter(|bare| bare.chars().count() >= 3).min_by_key(|bare| bare.len()).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_several_cases_has_one_stem() {
        let pack = crate::language::pack("ru").unwrap();
        for name in ["Иван Петров", "Ивана Петрова", "Ивану Петрову", "Иваном Петровым", "Иване Петрове"]
        {
            assert_eq!(stems(pack, name), "иван петров", "{name}");
        }
        assert_eq!(stems(crate::language::pack("de").unwrap(), "Merkels"), "merkel");
        assert_eq!(stems(crate::language::pack("es").unwrap(), "Torres"), "torres");
    }
}
