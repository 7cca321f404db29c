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
/// Shingles that a text is looked up by, more than its signature keeps.
const PROBE: usize = 512;
/// Texts with fewer distinct shingles are only compared exactly, together with their headline.
pub(super) const SHORT: u32 = 8;

/// The signature of an article; none when it has no words at all.
pub(super) fn signature(article: &Article) -> Option<Signature> {
    signature_and_probe(article).map(|(signature, _)| signature)
}

/// The signature of an article with the shingles that others are looked up by.
pub(super) fn signature_and_probe(article: &Article) -> Option<(Signature, Vec<u32>)> {
    let headline = words(article.headline.as_deref().unwrap_or(""));
    let (text, mut paragraphs) = compared_text(article);
    if headline.is_empty() && text.is_empty() {
        return None;
    }
    let mut probe = shingles(&text);
    let shingles = sorted_out(&mut probe, PROBE);
    let bottom = probe.get(..Signature::BOTTOM).unwrap_or(&probe).to_vec();
    let mut terms: Vec<u32> = text.iter().map(|word| Signature::cut(word.hash) & !1).collect();
    let n_terms = sorted_out(&mut terms, Signature::TERMS);
    let mut figures = figures(&text);
    let n_figures = sorted_out(&mut figures, Signature::FIGURES);
    let mut titled: Vec<u16> = headline.iter().map(|word| (word.hash >> 48) as u16).collect();
    sorted_out(&mut titled, Signature::HEADLINE);
    let exact = if shingles < SHORT { hash_all(headline.iter().chain(&text)) } else { hash_all(&text) };
    sorted_out(&mut paragraphs, Signature::PARAGRAPHS);
    let signature = Signature {
        exact,
        bottom,
        shingles,
        terms,
        n_terms,
        figures,
        n_figures,
        headline: titled,
        paragraphs,
        link: article.canonical_url.as_deref().or(article.url.as_deref()).and_then(link),
        guid: article.guid.as_deref().map(|guid| xxh3_64(guid.as_bytes())),
        day: article.date(),
    };
    Some((signature, probe))
}

/// The smallest of some hashes, each once, and how many distinct ones there were.
fn sorted_out<T: Ord>(hashes: &mut Vec<T>, most: usize) -> u32 {
    hashes.sort_unstable();
    hashes.dedup();
    let distinct = u32::try_from(hashes.len()).unwrap_or(u32::MAX);
    hashes.truncate(most);
    distinct
}

/// The shingles of a run of words, in text order.
pub(super) fn shingles(words: &[Word]) -> Vec<u32> {
    let hash = |window: &[Word]| {
        let mut bytes = [0; SHINGLE_WORDS * 8];
        bytes.chunks_exact_mut(8).zip(window).for_each(|(bytes, word)| bytes.copy_from_slice(&word.hash.to_le_bytes()));
        Signature::cut(xxh3_64(&bytes))
    };
    words.windows(SHINGLE_WORDS).map(hash).collect()
}

/// The words that count, and a hash of each paragraph of them: of the story's own paragraphs, else of the whole body, else of the summary.
fn compared_text(article: &Article) -> (Vec<Word>, Vec<u32>) {
    let (mut text, mut paragraphs) = (Vec::new(), Vec::new());
    for paragraph in compared_paragraphs(article) {
        let words = words(paragraph.of(&article.body).unwrap_or(""));
        paragraphs.push((hash_all(&words) >> 32) as u32);
        text.extend(words);
    }
    if text.is_empty() {
        text = words(&article.body);
    }
    if text.is_empty() {
        text = words(article.summary.as_deref().unwrap_or(""));
    }
    (text, paragraphs)
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

fn figures(text: &[Word]) -> Vec<u32> {
    // Beside another figure the place is named by the fact that there is one.
    let surroundings = |index: Option<usize>| match index.and_then(|index| text.get(index)) {
        Some(word) if word.figure => 1,
        Some(word) => word.hash,
        None => 0,
    };
    text.iter()
        .enumerate()
        .filter(|(_, word)| word.figure)
        .map(|(index, word)| {
            let before = surroundings(index.checked_sub(1));
            let place = hash_words([before, surroundings(Some(index + 1))]);
            (((place >> 46) as u32) << 14) | (((word.hash >> 51) as u32) << 1)
        })
        .collect()
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
        let mut dressed = article("Harbour closed", &body);
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
        assert_eq!(plain.figures.len(), 1);
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
