//! Entities: who and what a story names, and what is known of them.
//!
//! In: an article. Out: its entities with every mention in the headline, the summary and the body. The steps: tokens
//! (`token`), candidates from the tagger with what the tables know of them (`tagged`, `knowledge`) and from the story
//! (`context`), the choice among them (`choose`), which place a name means (`locate`), entities (`gather`), who held which
//! office (`offices`) and offices that stand for persons (`roles`). In other languages that the taggers read, candidates
//! come from the tagger and the language's names of places (`foreign`), and offices are not looked up; in the rest there
//! are places and nationalities only (`places_only`). Mentions of names do not overlap; a mention by office may hold a
//! nationality inside it. Everything is linear in the text.

mod candidate;
mod choose;
mod context;
mod foreign;
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

use crate::extract::gazetteer::Row;
use crate::extract::places::Places;
use crate::extract::sentence::sentences_in;
use crate::extract::summary::Repeated;
use crate::extract::tagger::{self, Labels, Tagger};
use crate::extract::{ENGLISH, Tagger as Choice};
use crate::language::Pack;
use crate::model::{Article, Entity, Field, Mention, Span};
use candidate::Text;
use knowledge::Knowledge;
use offices::Offices;

/// Its name where only places and nationalities are looked up.
const PLACES_ONLY: &str = "places/1";

/// What was found in a story.
pub(crate) struct Found<'a> {
    /// In order of first mention.
    pub(crate) entities: Vec<Entity>,
    /// The name of what found them.
    pub(crate) tagger: &'static str,
    /// The words of the body as the tagger reads them; none in a language that it does not read.
    pub(in crate::extract) words: Vec<token::Token<'a>>,
}

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

    /// The entities of an article in the language of a pack; `repeated` is what its summary has of its body, and `sentences`
    /// are those of that. In a language that the taggers do not read only places and nationalities are looked up.
    pub(crate) fn entities<'a>(
        &self,
        places: &Places,
        pack: &Pack,
        article: &'a Article,
        repeated: &Repeated,
        sentences: &[Span],
    ) -> Found<'a> {
        if !tagger::reads(pack.code) {
            let entities = places_only::entities(places, pack.code, article);
            return Found { entities, tagger: PLACES_ONLY, words: Vec::new() };
        }
        let summary = article.summary.as_deref().unwrap_or_default();
        let fields = [
            (Field::Headline, article.headline.as_deref().unwrap_or_default()),
            (Field::Summary, if repeated.is_whole() { "" } else { summary }),
            (Field::Body, article.body.as_str()),
        ];
        let mut texts = Vec::with_capacity(fields.len());
        for (field, text) in fields {
            texts.push(match field {
                Field::Body => Text::new(pack, text, sentences),
                _ => Text::new(pack, text, &sentences_in(text, field, &pack.abbreviations)),
            });
        }
        let fields: Vec<Field> = fields.iter().map(|(field, _)| *field).collect();
        let tokens: Vec<&[token::Token<'_>]> = texts.iter().map(|text| text.tokens.as_slice()).collect();
        let read = self.tagger.read(pack.code, &tokens);
        let mut entities = if pack.code == ENGLISH {
            self.english(places, article, &fields, &texts, &read)
        } else {
            self.foreign(places, pack, article, &fields, &texts, &read)
        };
        for entity in &mut entities {
            repeated.insert(
                &mut entity.mentions,
                |mention| &mention.span,
                |mention, span| Some(Mention { text: span.of(summary)?.to_owned(), span, form: mention.form }),
            );
        }
        gather::rate(article, &mut entities);
        entities.sort_by_key(|entity| {
            entity.mentions.first().map(|mention| (roles::order(mention.span.field), mention.span.start))
        });
        for (number, entity) in entities.iter_mut().enumerate() {
            entity.id = format!("e{}", number + 1);
        }
        let words = texts.pop().map(|body| body.tokens).unwrap_or_default();
        Found { entities, tagger: self.tagger.name(), words }
    }

    fn english(
        &self,
        places: &Places,
        article: &Article,
        fields: &[Field],
        texts: &[Text<'_>],
        read: &[Labels],
    ) -> Vec<Entity> {
        let mut candidates: Vec<_> = texts
            .iter()
            .zip(read)
            .map(|(text, read)| tagged::candidates(&self.knowledge, places, text, read))
            .collect();
        for (text, candidates) in texts.iter().zip(&mut candidates) {
            context::coordinated(places, text, candidates);
        }
        if let (Some(body), Some(candidates)) = (texts.last(), candidates.last_mut()) {
            context::dateline(places, article, body, candidates);
        }
        context::halves(places, texts, &mut candidates);
        let (chosen, learnt) = choose::choose(&self.knowledge, texts, candidates);
        let mut entities = gather::gather(&self.knowledge, places, article, fields, texts, &chosen, &learnt);
        let day = article.date();
        self.offices.identify(&mut entities, day);
        let named = entities.len();
        roles::add(&self.knowledge, (&self.offices, day), fields, texts, &chosen, &mut entities);
        self.offices.identify(entities.get_mut(named..).unwrap_or_default(), day);
        entities
    }

    fn foreign(
        &self,
        places: &Places,
        pack: &Pack,
        article: &Article,
        fields: &[Field],
        texts: &[Text<'_>],
        read: &[Labels],
    ) -> Vec<Entity> {
        let country = article.wire.dateline.as_ref().and_then(|dateline| dateline.country.as_deref());
        let mut candidates: Vec<_> =
            texts.iter().zip(read).map(|(text, read)| foreign::candidates(places, pack, text, country, read)).collect();
        if let (Some(body), Some(candidates)) = (texts.last(), candidates.last_mut()) {
            context::agency(article, body, candidates);
        }
        let (chosen, learnt) = choose::choose(&self.knowledge, texts, candidates);
        let mut entities = gather::gather(&self.knowledge, places, article, fields, texts, &chosen, &learnt);
        foreign::join_inflected(pack, &mut entities);
        entities
    }
}
