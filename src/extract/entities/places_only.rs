//! Entities of a language whose rules nobody has written: the places of the gazetteer, and the nationalities.
//!
//! In: an article and its language. Out: places and groups with every mention, in order of first mention. What holds:
//! nothing is guessed; what is no name of the language's table is no entity.

use super::gather::{draft, known_place, rate};
use crate::extract::places::{PlaceForm, Places};
use crate::model::{Article, Entity, EntityType, Field, Mention, MentionForm, Span};
use std::collections::HashMap;

/// The places and nationalities that an article names.
pub(crate) fn entities(places: &Places, language: &str, article: &Article) -> Vec<Entity> {
    let country = article.wire.dateline.as_ref().and_then(|dateline| dateline.country.as_deref());
    let mut entities: Vec<Entity> = Vec::new();
    let mut known: HashMap<(bool, &str), usize> = HashMap::new();
    let fields = [
        (Field::Headline, article.headline.as_deref().unwrap_or_default()),
        (Field::Summary, article.summary.as_deref().unwrap_or_default()),
        (Field::Body, article.body.as_str()),
    ];
    for (field, text) in fields {
        for found in places.find_in(language, text) {
            let place = found.place_in(country);
            let named = found.form == PlaceForm::Name;
            let at = *known.entry((named, place.id.as_str())).or_insert_with(|| {
                entities.push(if named {
                    known_place(place, &place.name)
                } else {
                    draft(EntityType::Group, &*place.name, place.iso2.as_deref())
                });
                entities.len() - 1
            });
            let (Some(entity), Some(words)) = (entities.get_mut(at), text.get(found.start..found.end)) else {
                continue;
            };
            entity.mentions.push(Mention {
                span: Span::new(field, found.start, found.end),
                text: words.to_owned(),
                form: if named { MentionForm::Name } else { MentionForm::Demonym },
            });
        }
    }
    rate(article, &mut entities);
    for (number, entity) in entities.iter_mut().enumerate() {
        entity.id = format!("e{}", number + 1);
    }
    entities
}
