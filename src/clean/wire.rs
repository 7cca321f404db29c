//! Wire structure: dateline, agency, byline, slug, editor's notes, subheads, sections.
//!
//! Comes in: an article whose text is final. Goes out: the same article with `wire` and `sections` filled. The text is
//! never changed: everything found here stays where it was written and is only pointed at. What the text does not say
//! stays `None`; in particular a date without a year and without a publication date has no date.

mod agencies;
mod credits;
mod dateline;
mod gazetteer;
mod marks;
mod sections;

use crate::clean::boilerplate;
use crate::model::{Article, CreditRole, Issue, Span, Stage};

/// What a paragraph before the story is. The furniture of a dispatch stands in its first few paragraphs.
const HEAD_PARAGRAPHS: usize = 8;

/// Fills `wire` and `sections` of an article whose text is final. `agency` is the operator's or caller's hint, used
/// where the text names none. The text itself is not changed: the dateline stays in the body.
pub fn structure(article: &mut Article, agency: Option<&str>) {
    let paragraphs = article.paragraphs();
    let published = article.published_on();
    let texts: Vec<&str> = paragraphs.iter().map(|span| span.of(&article.body).unwrap_or_default()).collect();

    let found = dateline::find(&article.body, &paragraphs, published);
    let mut marks = marks::read(article.headline.as_deref(), &texts, found.as_ref().map(|found| found.paragraph));
    let mut credits = credits::read(&texts, found.as_ref().map(|found| found.paragraph));
    marks.furniture.extend(&credits.lines);
    let story = story_start(&texts, &marks, found.as_ref().map(|found| found.paragraph), article.headline.as_deref());
    marks.byline_without_by(&texts, story);

    credits.open(found.as_ref().and_then(|found| found.agency), texts.get(story));
    for author in &article.authors {
        credits.author(author.name.as_deref().unwrap_or_default());
    }
    article.wire.credits = credits.settle();
    let wrote = article.wire.credits.iter().find(|credit| credit.role == CreditRole::Wrote);
    article.wire.agency = match wrote {
        Some(credit) => Some(credit.agency.clone()),
        // The operator knows better than a name in brackets that no table has.
        None => agency.and_then(agencies::normalise).or_else(|| found.as_ref().and_then(|found| found.unknown.clone())),
    };
    article.sections = sections::divide(
        &paragraphs,
        &texts,
        &sections::Outline {
            story,
            dateline: found.as_ref().map(|found| found.paragraph),
            furniture: &marks.furniture,
            date: found.as_ref().and_then(|found| found.dateline.date).or(published),
        },
    );
    article.wire.dateline = found.map(|found| found.dateline);
    article.wire.byline = marks.byline;
    article.wire.slug = marks.slug;
    article.wire.urgency = marks.urgency;
    article.wire.editors_note = marks.editors_note;
    article.wire.take = marks.take;
    article.wire.notice = marks.notice;
    article.wire.withdraws = marks.withdraws;
    article.wire.embargo_until = marks.embargo.as_ref().and_then(|embargo| embargo.until(published));
    if let Some(embargo) = marks.embargo
        && article.wire.embargo_until.is_none()
    {
        article.issues.push(Issue::new(Stage::Clean, "embargo_unreadable", embargo.text));
    }
}

/// The paragraph in which the story starts: the first that is neither furniture nor a repetition of the headline nor
/// a crumb of the page's navigation.
fn story_start(texts: &[&str], marks: &marks::Marks, dateline: Option<usize>, headline: Option<&str>) -> usize {
    let limit = dateline.unwrap_or(HEAD_PARAGRAPHS).min(texts.len());
    for (index, text) in texts.iter().enumerate().take(limit) {
        let repeats_headline = headline.is_some_and(|headline| headline.trim() == text.trim());
        let is_sentence = text.split_whitespace().nth(5).is_some();
        let passes = || marks.furniture.contains(&index) || repeats_headline || boilerplate::is_boilerplate(text);
        if is_sentence && !passes() {
            return index;
        }
    }
    dateline.unwrap_or(0)
}

/// The part of a paragraph from `start` on, as a span of the body.
fn tail(paragraph: &Span, start: usize) -> Span {
    Span::body(paragraph.start + start, paragraph.end)
}

#[cfg(test)]
mod tests;
