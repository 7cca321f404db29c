//! Standing background: paragraphs that a source carries from story to story, with other figures and days each time.
//!
//! Comes in: an article that is about to be judged. Goes out: its paragraphs that stand, with where that was learnt.
//! Always holds: nothing is kept for it but the signatures of the texts, so that a paragraph is learnt with the stories
//! that hold it and forgotten with them.
//!
//! A paragraph stands when one source told it on two earlier days, each time in a story of its own that is otherwise
//! unlike this one and unlike the other. Its own: copies and newer versions count for the story that they go back to.
//! Earlier days: the versions of one story come within hours, and a day that is not over may bring more. Unlike: in a
//! daily bulletin all paragraphs come again with other figures, and there they are the news. The source is the agency,
//! for two newsrooms may share a turn of phrase; a text that names no agency is its feed's, or a copy from any one agency.

use super::{entry::Entry, fingerprint, reading::Reading, similarity, window::Window};
use crate::model::{Article, Section, SectionKind, Signature, Span, Standing};
use jiff::{Timestamp, civil::Date, tz::Offset};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashSet},
};

/// Days on which a paragraph must have been told before.
const DAYS: usize = 2;
/// Paragraphs of one article that are looked at, from its end: more than a signature holds, for some may be new.
const PARAGRAPHS: usize = 2 * Signature::PARAGRAPHS;
/// Tellings, the newest, that an article is compared with.
const COMPARED: usize = 32;
/// Share of an article's other terms, or of its other runs of words, or of the shorter headline, that stands in the other
/// when both are of one form. With these none of 1,449 invented tables, tallies and notices had a paragraph taken for
/// background, and 41 of 43 that closed unlike stories were found.
const SAME_TERMS: f64 = 0.5;
const SAME_WORDS: f64 = 0.3;
const SAME_HEADLINE: f64 = 0.6;

/// Finds the paragraphs of an article, first seen then, that stand.
pub(super) fn find(window: &Window, article: &Article, reading: &Reading, first_seen: Timestamp) -> Vec<Section> {
    let today = day(first_seen);
    // The first paragraph is the lead whatever it says.
    let masked = reading.last_paragraphs();
    let is_text = |span: &Span| matches!(article.section_kind(span), Some(SectionKind::Body | SectionKind::Background));
    let told = masked.take(PARAGRAPHS).map(|(span, hash)| (span, hash, told(window, article, hash, today)));
    let known: Vec<(Span, u32, Told<'_>)> =
        told.filter(|(span, _, told)| told.is_anywhere() && is_text(span)).collect();
    if known.is_empty() {
        return Vec::new();
    }
    let spans: Vec<Span> = known.iter().map(|(span, ..)| *span).collect();
    let rest = fingerprint::sample_without(article, reading, &spans);
    let stands = |(span, hash, told): &(Span, u32, Told<'_>)| {
        let standing = match told {
            Told::Everywhere(stories) => Standing { stories: *stories, since: None },
            Told::By(tellers) => {
                let tellings = tellers.iter().find(|tellings| told_in_unlike(window, &rest, tellings))?;
                Standing { stories: tellings.len(), since: tellings.last().map(|entry| day(entry.first_seen)) }
            }
        };
        Some(Section {
            kind: SectionKind::Background,
            heading: None,
            span: *span,
            template: Some(format!("p-{hash:07x}")),
            standing: Some(standing),
        })
    };
    known.iter().rev().filter_map(stands).collect()
}

/// Where a paragraph was told before.
enum Told<'w> {
    /// In so many texts that it stands whoever tells it.
    Everywhere(usize),
    /// By teller: the one with the most tellings first, and of each the newest telling first.
    By(Vec<Vec<Entry<'w>>>),
}

impl Told<'_> {
    fn is_anywhere(&self) -> bool {
        match self {
            Told::Everywhere(_) => true,
            Told::By(tellers) => !tellers.is_empty(),
        }
    }
}

fn told<'w>(window: &'w Window, article: &Article, paragraph: u32, today: Date) -> Told<'w> {
    let (number, holders) = window.paragraph_holders(paragraph);
    if number > holders.len() {
        return Told::Everywhere(number);
    }
    let agency = article.wire.agency.as_deref();
    let mut tellers: BTreeMap<(bool, &str), Vec<Entry<'w>>> = BTreeMap::new();
    for entry in holders {
        let is_of_teller = match agency {
            Some(_) => agency == entry.agency,
            None => entry.agency.is_some() || entry.feed == article.feed.0,
        };
        if is_of_teller && entry.of().is_none() && day(entry.first_seen) < today {
            let teller = (entry.agency.is_some(), entry.agency.unwrap_or(entry.feed));
            tellers.entry(teller).or_default().push(entry);
        }
    }
    let mut tellers: Vec<Vec<Entry<'w>>> = tellers.into_values().filter(|tellings| tellings.len() >= DAYS).collect();
    tellers.sort_by_key(|tellings| Reverse(tellings.len()));
    for tellings in &mut tellers {
        tellings.sort_unstable_by(|one, other| other.first_seen.cmp(&one.first_seen).then_with(|| one.cmp_id(other)));
    }
    Told::By(tellers)
}

/// Whether tellings of days enough are otherwise unlike a text, of which this is a sample, and unlike each other.
fn told_in_unlike(window: &Window, rest: &Signature, tellings: &[Entry<'_>]) -> bool {
    let weights = window.weights();
    let mut unlike: Vec<Signature> = Vec::new();
    let mut days = HashSet::new();
    for entry in tellings.iter().take(COMPARED) {
        let Some(telling) = entry.signature() else { continue };
        let comparison = similarity::compare(rest, &telling, |term| weights.of(term));
        let same_text = comparison.terms_shared >= SAME_TERMS || comparison.shared >= SAME_WORDS;
        if same_text || std::iter::once(rest).chain(&unlike).any(|other| same_headline(other, &telling)) {
            continue;
        }
        days.insert(day(entry.first_seen));
        if days.len() >= DAYS {
            return true;
        }
        unlike.push(telling);
    }
    false
}

fn same_headline(one: &Signature, other: &Signature) -> bool {
    let fewer = one.headline.len().min(other.headline.len());
    let shared = one.headline.iter().filter(|word| other.headline.contains(word)).count();
    fewer > 0 && shared as f64 >= SAME_HEADLINE * fewer as f64
}

fn day(time: Timestamp) -> Date {
    Offset::UTC.to_datetime(time).date()
}
