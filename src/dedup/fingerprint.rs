//! What a text is compared by: its exact identity, samples of its runs of words and of its terms, and what stands in the
//! places between the same words.
//!
//! Comes in: an [`Article`]. Goes out: a [`Fingerprint`], or none when there is nothing to compare. The dateline, standing
//! background and boilerplate are left out: they are the same in unequal stories and unequal in copies.

use super::reading::Reading;
use super::words::{Kind, Word, words};
use crate::model::{Article, Signature, Span};
use std::{borrow::Cow, cmp::Reverse};
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
/// Words of the head of a text, which tell more.
const HEAD_WORDS: usize = 60;
/// By how much a name tells more than another word.
pub(super) const NAME: f64 = 2.0;
/// More than twice in the text, or once and in the headline; in halves.
const SAID_AGAIN: u32 = 5;
/// Everyday words, of 255, of a list or a table: hardly any, but for languages whose everyday words are not known.
const TABLE: std::ops::Range<u8> = 5..51;
/// Words of a paragraph that may come again as standing background, at least.
const STANDING_WORDS: usize = 8;

/// A text as it is compared and looked up.
pub(super) struct Fingerprint {
    pub(super) signature: Signature,
    /// Its smallest shingles, ascending: more than the signature keeps.
    pub(super) probe: Vec<u32>,
    /// Its runs of words in text order.
    pub(super) runs: Vec<u32>,
    /// Its words.
    pub(super) reading: Reading,
}

/// The signature of an article with what it is looked up by; none when it has no words at all.
pub(super) fn fingerprint(article: &Article) -> Option<Fingerprint> {
    of_reading(article, Reading::of(article))
}

/// The same of an article that was read before.
pub(super) fn of_reading(article: &Article, reading: Reading) -> Option<Fingerprint> {
    let headline = words(article.headline.as_deref().unwrap_or(""));
    let (text, paragraphs) = compared_text(article, &reading);
    if headline.is_empty() && text.is_empty() {
        return None;
    }
    let runs = shingles(&text);
    let mut probe = runs.clone();
    probe.sort_unstable();
    probe.dedup();
    let distinct = count(probe.len());
    let exact = if distinct < SHORT { hash_all(headline.iter().chain(&*text)) } else { hash_all(&*text) };
    let (terms, keys) = terms_and_keys(&headline, &text);
    let mut slots = slots(&text);
    slots.truncate(Signature::SLOTS);
    let everyday = text.iter().filter(|word| word.kind == Kind::Everyday).count() * 255 / text.len().max(1);
    let signature = Signature {
        exact,
        bottom: probe.iter().take(Signature::BOTTOM).copied().collect(),
        shingles: distinct,
        terms,
        slots,
        everyday: u8::try_from(everyday).unwrap_or(u8::MAX),
        keys,
        form: TABLE.contains(&u8::try_from(everyday).unwrap_or(u8::MAX)),
        headline: of_headline(&headline),
        paragraphs,
        link: article.canonical_url.as_deref().or(article.url.as_deref()).and_then(link),
        guid: article.guid.as_deref().and_then(guid),
        day: article.date(),
    };
    probe.truncate(PROBE);
    Some(Fingerprint { signature, probe, runs, reading })
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The shingles of a run of words, in text order.
pub(super) fn shingles(words: &[Word]) -> Vec<u32> {
    let shingle = |window: &[Word]| match window {
        [one, two, three] => hash_three([one.hash, two.hash, three.hash]),
        _ => hash_all(window),
    };
    words.windows(SHINGLE_WORDS).map(|window| Signature::cut(shingle(window))).collect()
}

/// Of the runs of a text those that stand wholly in so many of its words.
pub(super) fn runs_of(runs: &[u32], from: usize, words: usize) -> &[u32] {
    runs.get(from..(from + words).saturating_sub(SHINGLE_WORDS - 1)).unwrap_or_default()
}

/// What stands between which words, ascending. The place of a figure in a row of figures is the words before the row and
/// its number in it: the row of a table is named by its first cell.
fn slots(text: &[Word]) -> Vec<u32> {
    let every_place = text.len() <= EVERY_PLACE;
    let (mut before, mut last, mut in_row) = (0, 0, 0);
    let mut slots = Vec::new();
    for (at, word) in text.iter().enumerate() {
        if every_place || matches!(word.kind, Kind::Figure | Kind::Telling) {
            let place = match text.get(at + 1) {
                Some(next) if in_row == 0 && !next.is_figure() => hash_three([last, next.stem, 0]),
                _ => hash_three([before, last, in_row + 1]),
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

/// What a text is about, by the beginnings of its words: a sample of its names and rarer words, ascending, each once, and
/// its most telling words with those of its headline, the most telling first. A word tells the more, the more often and
/// the nearer to the head it is said; a name tells twice as much.
fn terms_and_keys(headline: &[Word], text: &[Word]) -> (Vec<u32>, Vec<u32>) {
    const IS_NAME: u64 = 1;
    const IS_CASELESS: u64 = 2;
    const IS_TERM: u64 = 4;
    const PLACE: u32 = 3;
    const TERM: u32 = u64::BITS - Signature::HASH_BITS + 1;
    const KEY: u32 = u64::BITS - Signature::KEY_BITS + 1;
    let mark = |is: bool, mark: u64| if is { mark } else { 0 };
    // Its beginning, where it stands, and the marks in one number: they are sorted in no time.
    let mention = |(word, at): (&Word, u64)| {
        let is_name = word.kind == Kind::Name;
        // A pair of Han characters is a word mostly, and a word of other scripts has some letters.
        let is_term = is_name || word.length >= TERM_LETTERS;
        // The capitals of a headline tell nothing, and it is no part of the sample.
        let marks = if at < text.len() as u64 { mark(is_name, IS_NAME) | mark(is_term, IS_TERM) } else { 0 };
        word.stem >> (TERM - 1) << (TERM - 1) | at << PLACE | marks | mark(word.caseless, IS_CASELESS)
    };
    let mut said = Vec::with_capacity(text.len() + headline.len());
    said.extend(text.iter().chain(headline).zip(0u64..).filter(|(word, _)| is_telling(word)).map(mention));
    said.sort_unstable();
    let place = |mention: u64| (mention << (u64::BITS - TERM + 1) >> (u64::BITS - TERM + 1 + PLACE)) as u32;
    // In halves.
    let worth = |place: u32| match place as usize {
        at if at >= text.len() => 4,
        at if at < HEAD_WORDS => 3,
        _ => 2,
    };
    let mut terms = Vec::with_capacity(Signature::TERMS);
    let mut found: Vec<Telling> = Vec::with_capacity(said.len());
    for said in said.chunk_by(|one, other| one >> KEY == other >> KEY) {
        for same in said.chunk_by(|one, other| one >> TERM == other >> TERM) {
            let marks = same.iter().filter(|mention| *mention & IS_TERM != 0).fold(0, |marks, mention| marks | mention);
            if marks != 0 && terms.len() < Signature::TERMS {
                // What is written with a capital somewhere is a name everywhere.
                terms.push(Signature::term(marks, marks & IS_NAME != 0));
            }
        }
        let Some(first) = said.iter().copied().min_by_key(|mention| place(*mention)) else { continue };
        let worth: u32 = said.iter().map(|mention| worth(place(*mention))).sum();
        // Where there are no capitals, a word that is said again stands for a name.
        let is_name = said.iter().any(|said| said & IS_NAME != 0) || first & IS_CASELESS != 0 && worth > SAID_AGAIN;
        found.push(Telling {
            order: (Reverse(worth * if is_name { NAME as u32 } else { 1 }), place(first)),
            key: Signature::key(first, is_name),
        });
    }
    if found.len() > Signature::KEYS {
        found.select_nth_unstable_by_key(Signature::KEYS, |telling| telling.order);
        found.truncate(Signature::KEYS);
    }
    found.sort_unstable_by_key(|telling| telling.order);
    (terms, found.into_iter().map(|telling| telling.key).collect())
}

/// A word that may say what a text is about.
struct Telling {
    /// How much it tells, and where it stands first.
    order: (Reverse<u32>, u32),
    key: u32,
}

fn is_telling(word: &Word) -> bool {
    match word.kind {
        Kind::Name => word.length > 2,
        Kind::Plain => word.length >= if word.caseless { TERM_LETTERS - 1 } else { TERM_LETTERS } || word.is_pair(),
        Kind::Figure | Kind::Telling | Kind::Everyday => false,
    }
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

/// A paragraph without its figures and days; none when too little is left to stand again and again.
pub(super) fn masked(paragraph: &[Word]) -> Option<u32> {
    const MASK: u64 = 1;
    let hash = |word: &Word| if matches!(word.kind, Kind::Figure | Kind::Telling) { MASK } else { word.hash };
    let left = paragraph.iter().filter(|word| hash(word) != MASK).count();
    (left >= STANDING_WORDS).then(|| Signature::cut(hash_words(paragraph.iter().map(hash))))
}

/// A sample of an article without some of its paragraphs, with its headline.
pub(super) fn sample_without(article: &Article, reading: &Reading, left_out: &[Span]) -> Signature {
    let mut text = Vec::with_capacity(reading.words().len());
    for paragraph in reading.paragraphs(article).filter(|paragraph| paragraph.counts) {
        if !left_out.iter().any(|span| span.contains(&paragraph.span)) {
            text.extend_from_slice(paragraph.words);
        }
    }
    let (mut bottom, (terms, _)) = (shingles(&text), terms_and_keys(&[], &text));
    bottom.sort_unstable();
    bottom.dedup();
    bottom.truncate(Signature::BOTTOM);
    let headline = of_headline(&words(article.headline.as_deref().unwrap_or("")));
    Signature { bottom, terms, headline, ..Signature::default() }
}

/// The words that count: of the story's own paragraphs, else of the whole body, else of the summary. With them the
/// hashes of the last paragraphs, by which standing background is known again; the lead is never any.
fn compared_text<'r>(article: &Article, reading: &'r Reading) -> (Cow<'r, [Word]>, Vec<u32>) {
    let mut standing = Vec::new();
    for (number, paragraph) in reading.paragraphs(article).enumerate() {
        standing.extend(paragraph.masked.filter(|_| number > 0));
    }
    standing.drain(..standing.len().saturating_sub(Signature::PARAGRAPHS));
    standing.sort_unstable();
    standing.dedup();
    let mut text = reading.counting(article);
    if text.is_empty() {
        text = Cow::Owned(words(&article.body));
    }
    if text.is_empty() {
        text = Cow::Owned(words(article.summary.as_deref().unwrap_or("")));
    }
    (text, standing)
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

#[inline]
fn hash_three(hashes: [u64; 3]) -> u64 {
    let [one, two, three] = hashes;
    xxh3_64(bytemuck::bytes_of(&[one.to_le(), two.to_le(), three.to_le()]))
}

fn hash_all<'w>(words: impl IntoIterator<Item = &'w Word>) -> u64 {
    hash_words(words.into_iter().map(|word| word.hash))
}

fn hash_words(hashes: impl Iterator<Item = u64>) -> u64 {
    let hashes: Vec<u64> = hashes.map(u64::to_le).collect();
    xxh3_64(bytemuck::cast_slice(&hashes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Dateline, FeedId, ItemId, Section, SectionKind};

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
        let section = |kind, start, end| {
            let span = Span::body(start, end);
            Section { kind, heading: None, span, template: None, standing: None }
        };
        let credit_end = body.find("\n\nBackground").unwrap();
        dressed.sections = vec![
            section(SectionKind::Lead, 0, lead_end),
            section(SectionKind::Boilerplate, lead_end + 2, credit_end),
            section(SectionKind::Background, credit_end + 2, body.len()),
        ];
        let [plain, mut dressed] = [plain, dressed].map(|article| fingerprint(&article).unwrap().signature);
        dressed.headline.clone_from(&plain.headline);
        dressed.paragraphs.clone_from(&plain.paragraphs);
        dressed.keys.clone_from(&plain.keys);
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
