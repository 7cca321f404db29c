//! Entities: who and what a story names, and what is known of them.
//!
//! In: an article. Out: its entities with every mention in the headline, the summary and the body. The steps: tokens
//! (`token`), candidates from the tagger with what the tables know of them (`tagged`, `knowledge`) and from the story
//! (`context`), the choice among them (`choose`), which place a name means (`locate`), entities (`gather`), who held which
//! office (`offices`) and offices that stand for persons (`roles`). Mentions of names do not overlap; a mention by office
//! may hold a nationality inside it. Everything is linear in the text. It knows English only and decides nothing about
//! other languages.

mod candidate;
mod choose;
mod context;
mod gather;
pub(in crate::extract) mod hash;
pub(in crate::extract) mod knowledge;
mod locate;
mod offices;
mod places_only;
mod roles;
mod tagged;
pub(in crate::extract) mod token;

pub(crate) use gather::rate;
pub(crate) use knowledge::is_common_word;
pub(crate) use places_only::entities as places_only;

use crate::extract::Tagger as Choice;
use crate::extract::gazetteer::Row;
use crate::extract::places::Places;
use crate::extract::tagger::Tagger;
use crate::model::{Article, Entity, Field};
use candidate::Text;
use knowledge::Knowledge;
use offices::Offices;

/// Its name where only places and nationalities are looked up.
pub(crate) const PLACES_ONLY: &str = "places/1";

/// What finds entities, compiled once.
pub(crate) struct Rules {
    knowledge: Knowledge,
    offices: Offices,
    tagger: Tagger,
}

impl Rules {
    /// Compiles the tables, with what an operator adds.
    pub(crate) fn new(choice: Choice, added: &[Row]) -> Self {
        Self { knowledge: Knowledge::new(added), offices: Offices::new(), tagger: Tagger::new(choice) }
    }

    /// The tagger's name on records.
    pub(crate) fn name(&self) -> &'static str {
        self.tagger.name()
    }

    /// The entities of an article, in order of first mention.
    pub(crate) fn entities(&self, places: &Places, article: &Article) -> Vec<Entity> {
        let fields = [
            (Field::Headline, article.headline.as_deref().unwrap_or_default()),
            (Field::Summary, article.summary.as_deref().unwrap_or_default()),
            (Field::Body, article.body.as_str()),
        ];
        let texts: Vec<Text<'_>> = fields.iter().map(|(field, text)| Text::new(text, *field)).collect();
        let tokens: Vec<&[token::Token<'_>]> = texts.iter().map(|text| text.tokens.as_slice()).collect();
        let read = self.tagger.read(&tokens);
        let mut candidates: Vec<_> = texts
            .iter()
            .zip(&read)
            .map(|(text, read)| tagged::candidates(&self.knowledge, places, text, read))
            .collect();
        for (text, candidates) in texts.iter().zip(&mut candidates) {
            context::coordinated(places, text, candidates);
        }
        if let (Some(body), Some(candidates)) = (texts.last(), candidates.last_mut()) {
            context::dateline(places, article, body, candidates);
        }
        context::halves(places, &texts, &mut candidates);
        let (chosen, learnt) = choose::choose(&self.knowledge, &texts, candidates);
        let fields: Vec<Field> = fields.iter().map(|(field, _)| *field).collect();
        let mut entities = gather::gather(&self.knowledge, places, article, &fields, &texts, &chosen, &learnt);
        let day = article.date();
        self.offices.identify(&mut entities, day);
        let named = entities.len();
        roles::add(&self.knowledge, (&self.offices, day), &fields, &texts, &chosen, &mut entities);
        self.offices.identify(entities.get_mut(named..).unwrap_or_default(), day);
        gather::rate(article, &mut entities);
        entities.sort_by_key(|entity| {
            entity.mentions.first().map(|mention| (roles::order(mention.span.field), mention.span.start))
        });
        for (number, entity) in entities.iter_mut().enumerate() {
            entity.id = format!("e{}", number + 1);
        }
        entities
    }
}
