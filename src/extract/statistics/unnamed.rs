//! Whether a story that names no disease is of the epidemic, by its words.
//!
//! In: an English story. Out: the log odds that it counts infections, vaccinations or what came of them, by a linear model over
//! hashed words and pairs of neighbours, learnt by `tools/judge` from the labelled stories and from other news. What holds:
//! neither names of the disease nor numbers count, and no more than the headline and the opening of a body are heard.

use super::hashed::{Features, Model, both, fnv};
use super::judge;
use crate::model::Article;

static MODEL: Model = Model(include_bytes!("unnamed.bin"));

/// Log odds from which a story is of the epidemic.
const ENOUGH: f32 = 1.0;

/// How many bytes of a headline, and of a body, are heard: the first paragraphs say what a story is about.
const HEADLINE: usize = 300;
const OPENING: usize = 1_200;

/// Words that name the disease, or nothing else of the time.
const NAMES: [&str; 4] = ["covid", "corona", "sars", "pandemic"];

/// What stands there.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
enum At {
    Word,
    Pair,
    Always,
}

/// Whether its words make a story one of the epidemic, however many of `others` speak of another disease.
pub(super) fn is_of_epidemic(article: &Article, others: usize) -> bool {
    let mut sum = 0;
    features(article, |bucket| sum += MODEL.weight(bucket));
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    let others = others as f32;
    MODEL.odds(sum) >= ENOUGH + others
}

fn features(article: &Article, found: impl FnMut(u32)) {
    let names = NAMES.map(|name| fnv(name.as_bytes()));
    let mut features = Features::new(found);
    features.say(At::Always as u32, 0);
    let headline = article.headline.as_deref().unwrap_or_default();
    for (text, most) in [(headline, HEADLINE), (&article.body, OPENING)] {
        let text = text.get(..text.floor_char_boundary(most)).unwrap_or_default();
        let words = judge::words(text, 0);
        let mut last = None;
        for word in words.all().iter().map(|word| word.hash).filter(|word| !names.contains(word)) {
            features.say(At::Word as u32, word);
            if let Some(last) = last.replace(word) {
                features.say(At::Pair as u32, both(last, word));
            }
        }
    }
}

/// The features of a story, for the trainer: buckets below `1 << BITS`, in order.
pub fn features_of(article: &Article) -> Vec<u32> {
    let mut found = Vec::new();
    features(article, |bucket| found.push(bucket));
    found.sort_unstable();
    found
}
