//! What a text is compared by: its exact identity, samples of its runs of words and of its terms, and what stands in the
//! places between the same words.
//!
//! Comes in: an [`Article`]. Goes out: a [`Fingerprint`], or none when there is nothing to compare. The dateline, standing
//! background and boilerplate are left out: they are the same in unequal stories and unequal in copies.

use super::words::{Kind, Word, words};
use crate::model::{Article, SectionKind, Signature, Span};
use xxhash_rust::xxh3::xxh3_64;

/// Words per shingle. Three keep two thirds of the shingles of a paragraph in which one word of nine was changed;
/// five keep less than half.
const SHINGLE_WORDS: usize = 3;
/// Texts with fewer distinct shingles are only compared exactly, together with their headline.
pub(super) const SHORT: u32 = 8;
/// Shingles by which a text is looked up, the smallest. A text of a fifth of this one's length, all of which stands in
/// it, then meets it in every shingle that it is found under.
const PROBE: usize = 512;
/// Letters below which a word is no term.
const TERM_LETTERS: u8 = 4;
/// Words up to which every place of a text is kept, and not only those of figures and telling words: in a short notice
/// each word may be what makes it another one.
const EVERY_PLACE: usize = 200;
/// Words of a paragraph that may come again as standing background, at least.
const STANDING_WORDS: usize = 8;

/// A text as it is compared and looked up.
pub(super) struct Fingerprint {
    pub(super) signature: Signature,
    /// Its smallest shingles, ascending: more than the signature keeps.
    pub(super) probe: Vec<u32>,
}

/// The signature of an article with what it is looked up by; none when it has no words at all.
pub(super) fn fingerprint(article: &Article) -> Option<Fingerprint> {
    let headline = words(article.headline.as_deref().unwrap_or(""));
    let text = compared_text(article);
    if headline.is_empty() && text.is_empty() {
        return None;
    }
    let mut probe = shingles(&text);
    probe.sort_unstable();
    probe.dedup();
    let distinct = count(probe.len());
    let exact = if distinct < SHORT { hash_all(headline.iter().chain(&text)) } else { hash_all(&text) };
    let (mut terms, mut slots) = (terms(&text), slots(&text));
    let (n_terms, n_slots) = (count(terms.len()), count(slots.len()));
    terms.truncate(Signature::TERMS);
    slots.truncate(Signature::SLOTS);
    let everyday = text.iter().filter(|word| word.kind == Kind::Everyday).count() * 255 / text.len().max(1);
    let signature = Signature {
        exact,
        bottom: probe.iter().take(Signature::BOTTOM).copied().collect(),
        shingles: distinct,
        terms,
        n_terms,
        slots,
        n_slots,
        everyday: u8::try_from(everyday).unwrap_or(u8::MAX),
        headline: of_headline(&headline),
        paragraphs: standing(article),
        link: article.canonical_url.as_deref().or(article.url.as_deref()).and_then(link),
        guid: article.guid.as_deref().and_then(guid),
        day: article.date(),
    };
    probe.truncate(PROBE);
    Some(Fingerprint { signature, probe })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The shingles of a run of words, in text order.
pub(super) fn shingles(words: &[Word]) -> Vec<u32> {
    words.windows(SHINGLE_WORDS).map(|window| Signature::cut(hash_all(window))).collect()
}

/// The words that a text is about: names and rarer words by their beginnings, ascending, each once.
fn terms(text: &[Word]) -> Vec<u32> {
    let term = |word: &Word| match word.kind {
        Kind::Name if word.length > 2 => Some(Signature::term(word.stem, true)),
        // A pair of Han characters is a word mostly, and a word of other scripts has some letters.
        Kind::Plain if word.length >= TERM_LETTERS || word.is_pair() => Some(Signature::term(word.stem, false)),
        _ => None,
    };
    let mut terms: Vec<u32> = text.iter().filter_map(term).collect();
    terms.sort_unstable();
    // What is written with a capital somewhere is a name everywhere.
    terms.dedup_by(|later, kept| {
        let same = Signature::same_term(*later, *kept);
        if same {
            *kept |= *later;
        }
        same
    });
    terms
}

/// What stands between which words, ascending. The place of a figure in a row of figures is the words before the row and
/// its number in it: the row of a table is named by its first cell.
fn slots(text: &[Word]) -> Vec<u32> {
    let every_place = text.len() <= EVERY_PLACE;
    let (mut before, mut last, mut in_row) = (0, 0, 0);
    let mut slots = Vec::new();
    for (word, next) in text.iter().zip(text.iter().skip(1).map(Some).chain([None])) {
        if every_place || matches!(word.kind, Kind::Figure | Kind::Telling) {
            let place = match next {
                Some(next) if in_row == 0 && !next.is_figure() => hash_words([last, next.stem]),
                _ => hash_words([before, last, in_row + 1]),
            };
            slots.push(Signature::slot(place, word.hash, word.kind as u32));
        }
        if word.is_figure() {
            in_row += 1;
        } else {
            (before, last, in_row) = (last, word.stem, 0);
        }
    }
    slots.sort_unstable();
    slots.dedup();
    slots
}

/// A headline as the signature keeps it.
pub(super) fn headline(text: &str) -> Vec<u16> {
    of_headline(&words(text))
}

fn of_headline(headline: &[Word]) -> Vec<u16> {
    let telling = headline.iter().filter(|word| word.length >= TERM_LETTERS || word.is_figure());
    let mut hashes: Vec<u16> = telling.map(|word| (word.stem >> 48) as u16).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes.truncate(Signature::HEADLINE);
    hashes
}

/// The last paragraphs, by which standing background is known again; the lead is never any.
fn standing(article: &Article) -> Vec<u32> {
    let paragraphs = article.paragraphs();
    let last = paragraphs.iter().skip(1).rev();
    let mut hashes: Vec<u32> = last
        .filter_map(|paragraph| masked(paragraph.of(&article.body).unwrap_or("")))
        .take(Signature::PARAGRAPHS)
        .collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// A paragraph without its figures and days; none when it is too short to stand again and again.
pub(super) fn masked(paragraph: &str) -> Option<u32> {
    let words = words(paragraph);
    let hash = |word: &Word| if matches!(word.kind, Kind::Figure | Kind::Telling) { 1 } else { word.hash };
    (words.len() >= STANDING_WORDS).then(|| Signature::cut(hash_words(words.iter().map(hash))))
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

/// Hash of an address without scheme, `www.`, fragment and closing slash; none for a bare host, which names no article.
fn link(url: &str) -> Option<u64> {
    let (_, address) = url.split_once("://")?;
    let address = address.strip_prefix("www.").unwrap_or(address);
    let address = address.split('#').next().unwrap_or(address).trim_end_matches('/');
    address.contains(['/', '?']).then(|| xxh3_64(address.as_bytes()))
}

/// Hash of a publisher's own name for an item, where it can be no other's: short numbers are counted by every publisher.
fn guid(guid: &str) -> Option<u64> {
    const DISTINCT: usize = 12;
    let guid = guid.trim();
    link(guid).or_else(|| (guid.len() >= DISTINCT).then(|| xxh3_64(guid.as_bytes())))
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
        let [plain, mut dressed] = [plain, dressed].map(|article| fingerprint(&article).unwrap().signature);
        dressed.headline.clone_from(&plain.headline);
        dressed.paragraphs.clone_from(&plain.paragraphs);
        assert_eq!(plain, dressed);
    }

    #[test]
    fn a_short_text_is_known_by_its_headline_too() {
        let exact = |headline, body| fingerprint(&article(headline, body)).unwrap().signature.exact;
        assert_ne!(exact("One", "More follows."), exact("Two", "More follows."));
        assert_eq!(exact("One", LEAD), exact("Two", LEAD));
        assert!(fingerprint(&article("", " — ")).is_none());
    }

    #[test]
    fn addresses_of_one_page_are_one() {
        assert_eq!(link("https://www.wire.example/a/1/"), link("http://wire.example/a/1#top"));
        assert_ne!(link("https://wire.example/a/1"), link("https://wire.example/a/2"));
        assert_eq!(link("https://wire.example/"), None);
    }
}
