//! Whether a story, and a number in it, is about COVID-19.
//!
//! In: a language pack and an article, or a sentence of it. Out: relevance with a score, and for a number whether another
//! disease governs it.

use super::reading::Reading;
use crate::language::pack::Sense;
use crate::language::{Cue, Pack};
use crate::model::Article;

/// How much a story is about the disease.
pub(super) struct Relevance {
    /// Named in the headline, the summary, the lead, or more than once.
    pub(super) story: bool,
    /// Named anywhere.
    pub(super) anywhere: bool,
    /// 0 to 1.
    pub(super) score: f64,
}

/// Judges a story.
pub(super) fn relevance(pack: &Pack, article: &Article) -> Relevance {
    let disease = &pack.disease;
    let mentions = |text: &str| disease.names.count(text);
    let headline = article.headline.as_deref().map_or(0, mentions);
    let summary = article.summary.as_deref().map_or(0, mentions);
    let body = mentions(&article.body);
    let words = (article.body.len() / 6).max(60) as f64;
    let density = (body as f64 / words * 60.0).min(0.6);
    let named = 0.5 * f64::from(u8::from(headline > 0)) + 0.3 * f64::from(u8::from(summary > 0));
    let score = (named + density + if body > 0 { 0.15 } else { 0.0 }).min(1.0);
    // The epidemic is older than its name; before December 2019 nothing can be about it.
    let possible = article.date().is_none_or(|date| date.year() >= 2020 || date.year() == 2019 && date.month() == 12);
    // "The pandemic" names it too, in a story that is dated after its outbreak.
    let pandemic = article.date().is_some()
        && article
            .headline
            .iter()
            .map(String::as_str)
            .chain(article.body.split("\n\n").take(3))
            .any(|text| disease.epidemic.within(text) && !disease.other_epidemic.within(text));
    let lead = article.body.split("\n\n").take(3).any(|paragraph| mentions(paragraph) > 0);
    Relevance {
        story: possible && (headline + summary > 0 || lead || pandemic || body >= 2),
        anywhere: possible && (pandemic || headline + summary + body > 0),
        score: if possible { (score * 100.0).round() / 100.0 } else { 0.0 },
    }
}

/// Whether another disease governs number `n`: the nearest mention before it, else the first of the sentence. `last` is
/// what the sentences before spoke of.
pub(super) fn other(reading: &Reading<'_, '_>, n: usize, last: bool) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let mention = |range: std::ops::Range<usize>, back: bool| {
        let kind = |cue: Cue| match cue {
            Cue::Sense(Sense::Covid) => Some(false),
            Cue::Sense(Sense::OtherDisease) => Some(true),
            _ => None,
        };
        let mut marks = reading.marks_in(range).filter_map(|mark| kind(mark.cue).map(|other| (mark.first, other)));
        let found = if back { marks.next_back() } else { marks.next() };
        found.map(|(_, other)| other)
    };
    // "已有12人死于登革热": what the number itself is told of comes first, where it can only stand behind it.
    let right = reading.right(n);
    if reading.pack.topic_first() && mention(right, false) == Some(true) {
        return true;
    }
    mention(0..number.first, true).or_else(|| mention(number.first..reading.tokens.len(), false)).unwrap_or(last)
}

/// What a sentence speaks of last: another disease, this one, or nothing new.
pub(super) fn last(reading: &Reading<'_, '_>, before: bool) -> bool {
    let last = reading.marks.iter().rev().find_map(|mark| match mark.cue {
        Cue::Sense(Sense::Covid) => Some(false),
        Cue::Sense(Sense::OtherDisease) => Some(true),
        _ => None,
    });
    last.unwrap_or(before)
}
