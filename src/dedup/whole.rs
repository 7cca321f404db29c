//! A whole text as it is held against others: its words in order, and what their places in it say.
//!
//! Comes in: an article that was read, or a text as the state keeps it. Goes out: a [`Whole`]. Its words are read once;
//! what else there is to know of one (is it a name here, is it a label) is looked up in the text when it is asked for,
//! which is seldom: nearly all words of a copy stand where those of its original do.

use super::{
    fingerprint,
    hashes::Hashes,
    reading::Reading,
    words::{self, Kind, Word},
};
use crate::model::{Article, StoredText};
use std::{borrow::Cow, cell::OnceCell, ops::Range};
use xxhash_rust::xxh3::xxh3_64;

/// Words of a text that are looked at.
const WORDS: usize = 5_000;
/// Words of a line in a text that may be a list.
const LINE: usize = 14;
/// Letters of a word that may be cut short by a full stop.
const SHORT: usize = 3;
/// Words of a value by which two are told apart, after its label.
pub(super) const VALUE: usize = 2;

/// A text.
pub(super) struct Whole<'t> {
    body: Cow<'t, str>,
    words: Cow<'t, [Word]>,
    /// Where the text begins after its dateline.
    begins: usize,
    /// Words that it has besides, of its dateline and of what does not count.
    besides: Vec<Word>,
    headline: Vec<Word>,
    /// Beginnings of all its words.
    all: OnceCell<Hashes>,
    /// Its sentences and lines.
    entries: OnceCell<Vec<Entry>>,
}

/// A sentence or a line.
pub(super) struct Entry {
    /// Places of its words.
    pub(super) words: Range<usize>,
    /// Hash of its words in order.
    pub(super) hash: u64,
    /// A paragraph begins with it.
    pub(super) begins_paragraph: bool,
    /// No mark ends it that ends a sentence.
    pub(super) is_line: bool,
}

impl<'t> Whole<'t> {
    /// The text of an article: what counts of it.
    pub(super) fn of_article(article: &'t Article, reading: &'t Reading) -> Self {
        let text = reading.counting(article);
        let dateline = article.wire.dateline.as_ref().and_then(|dateline| dateline.span.of(&article.body));
        let mut besides = words::words(dateline.unwrap_or(""));
        if let Cow::Owned(_) = text {
            besides.extend(reading.words());
        }
        Self {
            body: Cow::Borrowed(&article.body),
            words: text,
            begins: article.wire.dateline.as_ref().map_or(0, |dateline| dateline.span.end),
            besides,
            headline: words::words(article.headline.as_deref().unwrap_or("")),
            all: OnceCell::new(),
            entries: OnceCell::new(),
        }
    }

    /// A text as the state keeps it, without its dateline.
    pub(super) fn of_stored(text: StoredText) -> Self {
        let StoredText { body, headline, mut fields, .. } = text;
        let dateline = fields.remove("wire.dateline").unwrap_or_default();
        let at = if dateline.is_empty() { None } else { body.find(&dateline) };
        let begins = at.map_or(0, |at| at + dateline.len());
        let mut words = Vec::with_capacity(body.len() / 6);
        words::read(at.and_then(|at| body.get(..at)).unwrap_or(""), 0, &mut words);
        words::read(body.get(begins..).unwrap_or(""), begins, &mut words);
        Self {
            words: Cow::Owned(words),
            begins,
            besides: words::words(&dateline),
            headline: words::words(headline.as_deref().unwrap_or("")),
            body: Cow::Owned(body),
            all: OnceCell::new(),
            entries: OnceCell::new(),
        }
    }

    /// Nothing is known of what it said.
    pub(super) fn is_empty(&self) -> bool {
        self.body.is_empty()
    }

    /// The text that its words stand in.
    pub(super) fn body(&self) -> &str {
        &self.body
    }

    /// Its words, as many as are looked at.
    pub(super) fn words(&self) -> &[Word] {
        self.words.get(..WORDS).unwrap_or(&self.words)
    }

    /// All its runs of words, with those of its dateline.
    pub(super) fn shingles(&self) -> Hashes {
        let all: Vec<Word> = self.besides.iter().chain(&*self.words).copied().collect();
        let shingles = fingerprint::shingles(&all);
        Hashes::of(shingles.len(), shingles.into_iter().map(u64::from))
    }

    /// Whether it has a word of this beginning anywhere.
    pub(super) fn has(&self, stem: u64) -> bool {
        let all = self.all.get_or_init(|| {
            let number = self.words.len() + self.besides.len() + self.headline.len();
            let all = self.words.iter().chain(&self.besides).chain(&self.headline);
            Hashes::of(number, all.map(|word| word.stem))
        });
        all.contains(stem)
    }

    /// The words of its headline.
    pub(super) fn title(&self) -> &[Word] {
        &self.headline
    }

    /// The headline's beginnings of words, ascending, each once.
    pub(super) fn headline(&self) -> Vec<u64> {
        let mut stems: Vec<u64> = self.headline.iter().map(|word| word.stem).collect();
        stems.sort_unstable();
        stems.dedup();
        stems
    }

    /// Whether its headline and its text speak of something that the other text does not have.
    pub(super) fn has_other_subject(&self, other: &Self) -> bool {
        let telling = self.headline.iter().filter(|word| !matches!(word.kind, Kind::Figure | Kind::Everyday));
        let mut others = telling.filter(|word| !other.has(word.stem));
        others.any(|word| self.words.iter().chain(&self.besides).any(|own| own.stem == word.stem))
    }

    /// Whether a word may say which of the texts of one form this is: it is written with a capital where no sentence
    /// begins, or the headline has it too.
    pub(super) fn is_name(&self, at: usize) -> bool {
        let Some(word) = self.words.get(at).filter(|word| !word.is_figure()) else { return false };
        let in_headline = || word.kind != Kind::Everyday && self.headline.iter().any(|other| other.stem == word.stem);
        in_headline() || word.length > 1 && self.is_proper(word)
    }

    fn is_proper(&self, word: &Word) -> bool {
        // What begins with a quotation mark may begin a sentence.
        let starts_with_capital = self.run(word).chars().next().is_some_and(char::is_uppercase);
        starts_with_capital && !self.begins_sentence(word)
    }

    /// Whether it has hardly more words than a list with so many ends of lines.
    pub(super) fn is_of_lines(&self) -> bool {
        self.words.len() <= LINE * self.body.bytes().filter(|byte| *byte == b'\n').count()
    }

    /// Its sentences and lines, read when somebody asks.
    pub(super) fn entries(&self) -> &[Entry] {
        self.entries.get_or_init(|| self.read_entries())
    }

    fn read_entries(&self) -> Vec<Entry> {
        let words = self.words();
        let begins = words.iter().enumerate().filter(|(at, word)| *at > 0 && self.begins_sentence(word));
        let ends = begins.map(|(at, _)| at).chain([words.len()]);
        let mut from = 0;
        let entry = |to: usize| {
            let place = std::mem::replace(&mut from, to)..to;
            let words = words.get(place.clone()).unwrap_or_default();
            let before = |at: usize| {
                let end = self.words().get(at).map_or(self.body.len(), |word| word.run as usize);
                self.body.get(..end).unwrap_or("").trim_end_matches(' ')
            };
            let last = before(to).trim_end().chars().next_back();
            Entry {
                words: place.clone(),
                hash: words.iter().fold(0, |hash: u64, word| hash.rotate_left(7) ^ word.hash),
                begins_paragraph: before(place.start).ends_with("\n\n"),
                is_line: !last.is_some_and(|last| matches!(last, '.' | '!' | '?' | '…' | '。' | '"' | '”')),
            }
        };
        ends.map(entry).collect()
    }

    fn begins_sentence(&self, word: &Word) -> bool {
        let run = word.run as usize;
        let from = if run < self.begins { 0 } else { self.begins };
        let before = self.body.get(from..run).unwrap_or("").trim_end_matches(' ');
        before.is_empty() || before.ends_with('\n') || { before.rsplit([' ', '\n']).next().is_some_and(ends_sentence) }
    }

    /// Hash of a word's digits: "118m" and "118 million" are one figure.
    pub(super) fn digits(&self, at: usize) -> u64 {
        let Some(word) = self.words.get(at) else { return 0 };
        let is_beside =
            |at: Option<usize>| at.and_then(|at| self.words.get(at)).is_some_and(|other| other.run == word.run);
        if is_beside(at.checked_sub(1)) || is_beside(at.checked_add(1)) {
            return word.hash;
        }
        let digits: String = self.run(word).chars().filter(char::is_ascii_digit).collect();
        xxh3_64(digits.as_bytes())
    }

    /// The run without spaces that a word stands in.
    fn run(&self, word: &Word) -> &str {
        let rest = self.body.get(word.run as usize..).unwrap_or("");
        rest.split([' ', '\n']).next().unwrap_or(rest)
    }

    /// Its labels ("Monday:") that stand once, ascending, each with the words of what follows it.
    pub(super) fn labels(&self) -> Vec<(u64, Vec<u64>)> {
        let words = self.words();
        // What follows in its line: beyond it another entry begins, or the text was cut.
        let value = |at: usize, colon: usize| {
            let behind = words.get(at + 1 + VALUE).map_or(self.body.len(), |word| word.run as usize);
            let rest = self.body.get(colon..behind).unwrap_or_default();
            let end = rest.find('\n').map_or(behind, |end| colon + end);
            let after = words.iter().skip(at + 1).take(VALUE).take_while(|word| (word.run as usize) < end);
            after.filter(|word| !word.is_figure()).map(|word| word.stem).collect()
        };
        let mut labels: Vec<(u64, Vec<u64>)> = Vec::new();
        for (colon, mark) in self.body.match_indices(':').chain(self.body.match_indices('：')) {
            let ends_run = self.body.as_bytes().get(colon + mark.len()).is_none_or(|byte| words::is_space(*byte));
            let run =
                || self.body.get(..colon).and_then(|before| before.rfind([' ', '\n'])).map_or(0, |space| space + 1);
            if !ends_run || colon < self.begins {
                continue;
            }
            let run = run().max(self.begins) as u32;
            let last = words.partition_point(|word| word.run <= run).checked_sub(1);
            if let Some((at, word)) = last.and_then(|at| Some((at, words.get(at)?)))
                && word.run == run
            {
                labels.push((word.stem, value(at, colon)));
            }
        }
        labels.sort_unstable();
        let once = labels.chunk_by(|one, other| one.0 == other.0).filter(|chunk| chunk.len() == 1);
        once.flatten().cloned().collect()
    }
}

/// Whether a sentence ends with this run. "Rev." and "St." end none.
fn ends_sentence(run: &str) -> bool {
    let is_short = run.chars().filter(|c| c.is_alphanumeric()).count() <= SHORT;
    let ends = |c: char| matches!(c, '!' | '?' | '…' | ':' | '。') || c == '.' && !is_short;
    let mut chars = run.chars().rev();
    chars.next().is_some_and(|last| ends(last) || !last.is_alphanumeric() && chars.next().is_some_and(ends))
}
