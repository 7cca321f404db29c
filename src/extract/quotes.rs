//! Who said what: speech with its speaker, quoted and told.
//!
//! In: an article and its entities. Out: quotations in text order, each with the words between its marks, the cue that
//! attributes it and the speaker, resolved to an entity where the text allows. Words in marks that nobody utters (titles,
//! terms, irony) are left out. A quotation that runs over paragraphs is one entry per paragraph, all of one speaker.
//! The clauses that somebody is said to have said are added, by the order of words of English (`indirect`) or of the other
//! languages (`told`). What a language says is its file's (`words/CODE.tsv`); one without a file has no quotations.

mod indirect;
mod marks;
mod parted;
mod pronouns;
mod story;
mod told;
mod words;

use super::ENGLISH;
use super::entities::Found;
use crate::language::Pack;
use crate::model::{Article, Quote, Span};
use marks::{Stretch, stretches};
use story::{Attribution, Story};
use words::Words;

/// The quotations of an article's body, whose entities and words were found.
pub(crate) fn find(pack: &Pack, article: &Article, found: &Found<'_>, sentences: &[Span]) -> Vec<Quote> {
    let entities = found.entities.as_slice();
    let Some(words) = Words::of(pack.code) else { return Vec::new() };
    let stretches = parted::part(words, &article.body, &article.paragraphs(), stretches(article));
    let story = Story::new(words, article, entities);
    let mut quotes: Vec<(Quote, usize)> = Vec::new();
    let mut last: Option<Attribution> = None;
    for (n, stretch) in stretches.iter().enumerate() {
        let before_limit = n
            .checked_sub(1)
            .and_then(|n| stretches.get(n))
            .filter(|other| other.paragraph == stretch.paragraph)
            .map_or(stretch.paragraph.start, |other| other.outer_end);
        let after_limit = stretches
            .get(n + 1)
            .filter(|other| other.paragraph == stretch.paragraph)
            .map_or(stretch.paragraph.end, |other| other.outer_start);
        let own = story.attribution(stretch, before_limit, after_limit, last.as_ref());
        let same_paragraph = quotes.last().filter(|(quote, _)| stretch.paragraph.contains(&quote.span)).is_some();
        let attribution = match own {
            Some(own) => own,
            // "…," she said. "…": the second half of a broken quotation, or the next paragraph of a long one.
            None if stretch.continues || same_paragraph => last.clone().unwrap_or_default(),
            None if is_whole_paragraph(stretch) => {
                last.clone().map(|last| Attribution { cue: None, ..last }).unwrap_or_default()
            }
            None => Attribution::default(),
        };
        let attributed = attribution.entity.is_some() || attribution.speaker.is_some();
        let Some(text) = article.body.get(stretch.start..stretch.end) else { continue };
        if !is_speech(&story, stretch, text, attributed) {
            continue;
        }
        if attributed {
            last = Some(attribution.clone());
        }
        let speaker = attribution.entity.and_then(|n| entities.get(n));
        quotes.push((
            Quote {
                span: Span::body(stretch.start, stretch.end),
                speaker: speaker.map(|speaker| speaker.name.clone()).or(attribution.speaker),
                speaker_entity: speaker.map(|speaker| speaker.id.clone()),
                cue: attribution.cue,
                direct: true,
            },
            n,
        ));
    }
    backfill(&mut quotes, &stretches);
    let mut quotes: Vec<Quote> = quotes.into_iter().map(|(quote, _)| quote).collect();
    let dateline = article.wire.dateline.as_ref().map_or(0, |dateline| dateline.span.end);
    let told = if pack.code == ENGLISH {
        indirect::find(&story, sentences, &found.words, dateline, &quotes)
    } else {
        told::find(&story, sentences, dateline, &quotes)
    };
    quotes.extend(told);
    quotes.sort_by_key(|quote| quote.span.start);
    quotes
}

/// A quotation whose speaker is named only behind the next one of its paragraph: `"No." "Never," Doe said.`
fn backfill(quotes: &mut [(Quote, usize)], stretches: &[Stretch]) {
    for n in (1..quotes.len()).rev() {
        let (left, right) = quotes.split_at_mut(n);
        let (Some((earlier, a)), Some((later, b))) = (left.last_mut(), right.first()) else { continue };
        let same =
            stretches.get(*a).zip(stretches.get(*b)).is_some_and(|(a, b)| a.paragraph == b.paragraph || b.continues);
        if same && earlier.speaker.is_none() && later.speaker.is_some() {
            earlier.speaker = later.speaker.clone();
            earlier.speaker_entity = later.speaker_entity.clone();
        }
    }
}

fn is_whole_paragraph(stretch: &Stretch) -> bool {
    stretch.outer_start <= stretch.paragraph.start && stretch.outer_end + 1 >= stretch.paragraph.end
}

/// Whether the words are uttered, and not a title, a term or irony.
fn is_speech(story: &Story<'_>, stretch: &Stretch, words: &str, attributed: bool) -> bool {
    let count = words.split_whitespace().count();
    if count == 0 {
        return false;
    }
    if stretch.parted {
        return true;
    }
    let before = story.body.get(stretch.paragraph.start..stretch.outer_start).unwrap_or_default().trim_end();
    let behind = story.body.get(stretch.outer_end..stretch.paragraph.end).unwrap_or_default();
    let opens = before.is_empty()
        || before.ends_with([':', ',', '.', '!', '?', '"', '”', '»', '—', '–'])
        || story.words.end_of_cue(before);
    let english = story.words.code == ENGLISH;
    let closed = words.trim_end().ends_with([',', '.', '!', '?', '…', '-', '—']) || !english && behind.starts_with(',');
    let capitals = words.split_whitespace().filter(|word| word.starts_with(char::is_uppercase)).count();
    let capital = words.starts_with(char::is_uppercase);
    let named = if english {
        after_title(story, before) && capital
    } else {
        // A fragment of what somebody says goes on in the sentence, a name has a capital.
        after_title(story, before) && count < 4 || capital && (!story.words.nouns || after_noun(before))
    };
    // Capitals throughout, or an article before the marks: a name of something.
    let title = !opens && (named || capitals * 2 > count && count > 1);
    if title {
        return false;
    }
    match (attributed, count) {
        (true, 1) => opens && closed,
        (true, 2..=3) => opens || closed,
        (true, _) => true,
        (false, 1..=4) => opens && closed && capital,
        (false, _) => opens && capital || count >= 8,
    }
}

/// Whether what stands before the marks says that they hold the name of something.
fn after_title(story: &Story<'_>, before: &str) -> bool {
    let lower = before.rsplit(['.', '\n']).next().unwrap_or_default().to_lowercase();
    story.words.titled.iter().any(|word| {
        let rest = lower.strip_suffix(word);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with([' ', '\u{a0}', '\'', '’']))
    })
}

/// Whether a word with a capital stands before the marks.
fn after_noun(before: &str) -> bool {
    before.split_whitespace().next_back().is_some_and(|word| word.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests;
