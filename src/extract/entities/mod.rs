//! Entities by gazetteer and rules: people, organisations, places and what else has a name.
//!
//! In: an article. Out: its entities with every mention in the headline, the summary and the body. The steps: tokens
//! (`token`), candidates from tables (`knowledge`, the place gazetteer), from the shape of names (`propose`, `names`, `persons`) and
//! from the story (`context`), the choice among them (`choose`), entities (`gather`) and offices that stand for persons (`roles`). Mentions of names
//! do not overlap; a mention by office may hold a nationality inside it. Everything is linear in the text. It knows
//! English only and decides nothing about other languages.

mod choose;
mod context;
mod gather;
pub(in crate::extract) mod knowledge;
mod names;
mod persons;
mod places_only;
mod propose;
mod roles;
pub(in crate::extract) mod token;

#[cfg(test)]
mod measure;

pub(crate) use places_only::entities as places_only;

use crate::extract::places::Places;
use crate::model::{Article, Entity, Field};
use knowledge::Knowledge;
use propose::Text;

/// The tagger's name on records.
pub(crate) const NAME: &str = "rules/1";

/// Its name where only places and nationalities are looked up.
pub(crate) const PLACES_ONLY: &str = "places/1";

/// The rules' tagger, compiled once.
pub(crate) struct Rules {
    knowledge: Knowledge,
}

impl Rules {
    /// Compiles the tables.
    pub(crate) fn new() -> Self {
        Self { knowledge: Knowledge::new() }
    }

    /// The entities of an article, in order of first mention.
    pub(crate) fn entities(&self, places: &Places, article: &Article) -> Vec<Entity> {
        let fields = [
            (Field::Headline, article.headline.as_deref().unwrap_or_default()),
            (Field::Summary, article.summary.as_deref().unwrap_or_default()),
            (Field::Body, article.body.as_str()),
        ];
        let texts: Vec<Text<'_>> = fields.iter().map(|(field, text)| Text::new(text, *field)).collect();
        let mut candidates: Vec<_> =
            texts.iter().map(|text| propose::candidates(&self.knowledge, places, text)).collect();
        for (text, candidates) in texts.iter().zip(&mut candidates) {
            context::titles(text, candidates);
        }
        if let (Some(body), Some(candidates)) = (texts.last(), candidates.last_mut()) {
            context::dateline(places, article, body, candidates);
        }
        context::halves(places, &texts, &mut candidates);
        let (chosen, learnt) = choose::choose(&self.knowledge, &texts, candidates);
        let fields: Vec<Field> = fields.iter().map(|(field, _)| *field).collect();
        let mut entities = gather::gather(&self.knowledge, places, article, &fields, &texts, &chosen, &learnt);
        roles::add(&self.knowledge, &fields, &texts, &chosen, &mut entities);
        entities.sort_by_key(|entity| {
            entity.mentions.first().map(|mention| (roles::order(mention.span.field), mention.span.start))
        });
        for (number, entity) in entities.iter_mut().enumerate() {
            entity.id = format!("e{}", number + 1);
        }
        entities
    }
}
