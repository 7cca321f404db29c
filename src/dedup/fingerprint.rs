//! What a text is compared by: its exact identity, the smallest of its shingle hashes, and its figures in their places.
//!
//! Comes in: an [`Article`]. Goes out: a [`Signature`], or none when there is nothing to compare. The dateline, standing
//! background and boilerplate are left out: they are the same in unequal stories and unequal in copies.

use super::words::{Word, words};
use crate::model::{Article, SectionKind, Signature, Span};
use xxhash_rust::xxh3::xxh3_64;

/// Words per shingle. Three keep two thirds of the shingles of a paragraph in which one word of nine was changed;
/// five keep less than half.
const SHINGLE_WORDS: usize = 3;
/// Shingle hashes kept per text. A copy cut to a fifth of any original then still meets it in about `SKETCH / 5` = 26
/// hashes, which puts the standard error of the estimated containment below 0.1.
pub(super) const SKETCH: usize = 128;
/// Texts with fewer distinct shingles are only compared exactly, together with their headline.
pub(super) const SHORT: u32 = 8;
/// Figures kept per text; the first by the hash of their surroundings, so that two versions keep the same ones.
const FIGURES: usize = 64;
/// Shingle hashes are cut to their upper 32 bits: two texts meet by chance in one of them once in ten thousand pairs, and
/// it takes five to count.
const SHINGLE_SHIFT: u32 = 32;

/// The signature of an article; none when it has no words at all.
pub(super) fn signature(article: &Article) -> Option<Signature> {
    let headline = words(article.headline.as_deref().unwrap_or(""));
    let text = compared_text(article);
    if headline.is_empty() && text.is_empty() {
        return None;
    }
    let mut bottom = shingles(&text);
    bottom.sort_unstable();
    bottom.dedup();
    let distinct = u32::try_from(bottom.len()).unwrap_or(u32::MAX);
    bottom.truncate(SKETCH);
    let exact = if distinct < SHORT { hash_all(headline.iter().chain(&text)) } else { hash_all(&text) };
    Some(Signature {
        exact,
        bottom,
        shingles: distinct,
        figures_at: figures_at(&text),
        link: article.canonical_url.as_deref().or(article.url.as_deref()).and_then(link),
        day: article.date(),
    })
}

/// The shingles of a run of words, in text order.
pub(super) fn shingles(words: &[Word]) -> Vec<u32> {
    words.windows(SHINGLE_WORDS).map(|window| (hash_all(window) >> SHINGLE_SHIFT) as u32).collect()
}

/// The words that count: of the story's own paragraphs, else of the whole body, else of the summary.
fn compared_text(article: &Article) -> Vec<Word> {
    let mut text = Vec::new();
    for paragraph in compared_paragraphs(article) {
        text.extend(words(paragraph.of(&article.body).unwrap_or("")));
    }
    if text.is_empty() {
        text = words(&article.body);
    }
    if text.is_empty() {
        text = words(article.summary.as_deref().unwrap_or(""));
    }
    text
}

/// The paragraphs that are neither standing background nor boilerplate, without the dateline.
pub(super) fn compared_paragraphs(article: &Article) -> Vec<Span> {
    // Sections and paragraphs are both in text order, so one pass meets all.
    let mut sections = article.sections.iter().peekable();
    let mut kept = Vec::new();
    for mut paragraph in article.paragraphs() {
        while sections.peek().is_some_and(|section| section.span.end <= paragraph.start) {
            sections.next();
        }
        let left_out = sections.peek().is_some_and(|section| {
            matches!(section.kind, SectionKind::Background | SectionKind::Boilerplate)
                && section.span.overlaps(&paragraph)
        });
        if left_out {
            continue;
        }
        if let Some(dateline) = &article.wire.dateline
            && paragraph.contains(&dateline.span)
        {
            paragraph.start = dateline.span.end;
        }
        kept.push(paragraph);
    }
    kept
}

fn figures_at(text: &[Word]) -> Vec<u64> {
    // Beside another figure the place is named by the fact that there is one.
    let surroundings = |index: Option<usize>| match index.and_then(|index| text.get(index)) {
        Some(word) if word.figure => 1,
        Some(word) => word.hash,
        None => 0,
    };
    let mut figures: Vec<u64> = text
        .iter()
        .enumerate()
        .filter(|(_, word)| word.figure)
        .map(|(index, word)| {
            let before = surroundings(index.checked_sub(1));
            let place = hash_words([before, surroundings(Some(index + 1))]);
            (place & 0xffff_ffff_0000_0000) | (word.hash >> 32)
        })
        .collect();
    figures.sort_unstable();
    figures.dedup();
    figures.truncate(FIGURES);
    figures
}

/// Hash of an address without scheme, `www.`, fragment and closing slash; none for a bare host, which names no article.
fn link(url: &str) -> Option<u64> {
    let (_, address) = url.split_once("://")?;
    let address = address.strip_prefix("www.").unwrap_or(address);
    let address = address.split('#').next().unwrap_or(address).trim_end_matches('/');
    address.contains(['/', '?']).then(|| xxh3_64(address.as_bytes()))
}

fn hash_all<'w>(words: impl IntoIterator<Item = &'w Word>) -> u64 {
    hash_words(words.into_iter().map(|word| word.hash))
}

fn hash_words(hashes: impl IntoIterator<Item = u64>) -> u64 {
    let mut hasher = xxhash_rust::xxh3::Xxh3Default::new();
    for hash in hashes {
        hasher.update(&hash.to_le_bytes());
    }
    hasher.digest()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dateline, FeedId, ItemId, Section};

    fn article(headline: &str, body: &str) -> Article {
        let mut article = Article::new(ItemId("f:1".into()), FeedId("f".into()));
        article.headline = Some(headline.into());
        article.body = body.into();
        article
    }

    const LEAD: &str =
        "The harbour of Port Elling was closed on Friday after a freighter ran aground at 4 in the morning.";

    #[test]
    fn datelines_credits_and_background_do_not_count() {
        let plain = article("Harbour closed", LEAD);
        let body =
            format!("PORT ELLING, March 3 (Norwire) - {LEAD}\n\n(Reporting by A. Ohm)\n\nBackground of 12 years.");
        let mut dressed = article("Freighter aground", &body);
        let dateline_end = body.find("The harbour").unwrap();
        dressed.wire.dateline = Some(Dateline {
            text: body.get(..dateline_end).unwrap().to_owned(),
            span: Span::body(0, dateline_end),
            place: None,
            country: None,
            date: None,
        });
        let lead_end = body.find("\n\n").unwrap();
        let section = |kind, start, end| Section { kind, heading: None, span: Span::body(start, end), template: None };
        let credit_end = body.find("\n\nBackground").unwrap();
        dressed.sections = vec![
            section(SectionKind::Lead, 0, lead_end),
            section(SectionKind::Boilerplate, lead_end + 2, credit_end),
            section(SectionKind::Background, credit_end + 2, body.len()),
        ];
        let (plain, dressed) = (signature(&plain).unwrap(), signature(&dressed).unwrap());
        assert_eq!(plain, dressed);
        assert_eq!(plain.figures_at.len(), 1);
    }

    #[test]
    fn a_short_text_is_known_by_its_headline_too() {
        let exact = |headline, body| signature(&article(headline, body)).unwrap().exact;
        assert_ne!(exact("One", "More follows."), exact("Two", "More follows."));
        assert_eq!(exact("One", LEAD), exact("Two", LEAD));
        assert_eq!(signature(&article("", " — ")), None);
    }

    #[test]
    fn addresses_of_one_page_are_one() {
        assert_eq!(link("https://www.wire.example/a/1/"), link("http://wire.example/a/1#top"));
        assert_ne!(link("https://wire.example/a/1"), link("https://wire.example/a/2"));
        assert_eq!(link("https://wire.example/"), None);
    }
}
