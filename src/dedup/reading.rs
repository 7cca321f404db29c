//! An article's words by paragraph, read once for all that is asked of them: which paragraphs stand, what the text is
//! compared by, and what a copy adds.
//!
//! Comes in: an [`Article`]. Goes out: a [`Reading`]. It tells whether a text is the one that was read, so that it can be
//! kept from one question to the next.

use super::{fingerprint, words};
use crate::model::{Article, SectionKind, Span};
use std::{borrow::Cow, ops::Range};

/// The words of a body.
#[derive(Debug, Default)]
pub(super) struct Reading {
    body: String,
    dateline: Option<Span>,
    words: Vec<words::Word>,
    paragraphs: Vec<Paragraph>,
}

/// One paragraph, as it was read.
#[derive(Debug)]
struct Paragraph {
    whole: Span,
    /// Without the dateline.
    span: Span,
    words: Range<usize>,
    /// Hash of what may come again as standing background.
    masked: Option<u32>,
}

/// One paragraph with its words, both without the dateline.
#[derive(Debug, Clone, Copy)]
pub(super) struct Read<'r> {
    pub(super) span: Span,
    pub(super) words: &'r [words::Word],
    pub(super) masked: Option<u32>,
    /// It is neither standing background nor boilerplate.
    pub(super) counts: bool,
}

impl Reading {
    /// Reads an article.
    pub(super) fn of(article: &Article) -> Self {
        let dateline = article.wire.dateline.as_ref().map(|dateline| dateline.span);
        let mut all = Vec::with_capacity(article.body.len() / 6);
        let read = |whole: Span| {
            let mut span = whole;
            if let Some(dateline) = dateline.filter(|dateline| whole.contains(dateline)) {
                span.start = dateline.end;
            }
            let from = all.len();
            words::read(span.of(&article.body).unwrap_or(""), span.start, &mut all);
            let masked = all.get(from..).and_then(fingerprint::masked);
            Paragraph { whole, span, words: from..all.len(), masked }
        };
        let paragraphs = article.paragraphs().into_iter().map(read).collect();
        Self { body: article.body.clone(), dateline, words: all, paragraphs }
    }

    /// Whether this is what would be read of an article.
    pub(super) fn is_of(&self, article: &Article) -> bool {
        self.dateline == article.wire.dateline.as_ref().map(|dateline| dateline.span) && self.body == article.body
    }

    /// All words of the paragraphs.
    pub(super) fn words(&self) -> &[words::Word] {
        &self.words
    }

    /// The words of the paragraphs that count.
    pub(super) fn counting(&self, article: &Article) -> Cow<'_, [words::Word]> {
        if self.paragraphs(article).all(|paragraph| paragraph.counts) {
            return Cow::Borrowed(&self.words);
        }
        let mut counting = Vec::with_capacity(self.words.len());
        for paragraph in self.paragraphs(article).filter(|paragraph| paragraph.counts) {
            counting.extend_from_slice(paragraph.words);
        }
        Cow::Owned(counting)
    }

    /// The paragraphs in text order, and which of them count as the article has its sections now.
    pub(super) fn paragraphs(&self, article: &Article) -> impl Iterator<Item = Read<'_>> {
        // Sections and paragraphs are both in text order, so one pass meets all.
        let mut sections = article.sections.iter().peekable();
        self.paragraphs.iter().map(move |paragraph| {
            let whole = &paragraph.whole;
            while sections.next_if(|section| section.span.end <= whole.start).is_some() {}
            let left_out = sections.peek().is_some_and(|section| {
                matches!(section.kind, SectionKind::Background | SectionKind::Boilerplate)
                    && section.span.overlaps(whole)
            });
            let words = self.words.get(paragraph.words.clone()).unwrap_or_default();
            Read { span: paragraph.span, words, masked: paragraph.masked, counts: !left_out }
        })
    }

    /// The paragraphs from the last to the second, whole, each with the hash of what may stand in it.
    pub(super) fn last_paragraphs(&self) -> impl Iterator<Item = (Span, u32)> {
        self.paragraphs.iter().skip(1).rev().filter_map(|paragraph| {
            let masked = if paragraph.span == paragraph.whole {
                paragraph.masked
            } else {
                fingerprint::masked(&words::words(paragraph.whole.of(&self.body)?))
            };
            Some((paragraph.whole, masked?))
        })
    }
}
