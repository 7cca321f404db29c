//! The judge: whether the words around a number speak of a figure of the disease at all.
//!
//! In: the headline, the paragraph, the sentence and the number of an English story about COVID-19. Out: a score, the log
//! odds that a person would call it a figure, which [`super::weighed`] goes by. A linear model over hashed words, learnt by
//! `tools/judge` from every number of the labelled text, those that the rules leave out too. It knows nothing of the rules,
//! so that it doubts them where they have never been tried.
//!
//! What holds: a story of another language or disease is not judged; the score depends on at most 60 words to either side of
//! the number and on the headline, so that no length of a text turns it.

use super::Finder;
use super::hashed::{Features, Model, Words, both, fnv, name};
use super::reading::Reading;
use super::text::pieces;
use crate::extract::sentence::sentences_in;
use crate::language::pack;
use crate::model::{Article, Field, Span};

static MODEL: Model = Model(include_bytes!("judge.bin"));

/// Words of the paragraph that count, to either side.
const AROUND: usize = 60;

/// Words of the sentence that count, to either side; those within [`NEAR`] count as near, and of the nearest
/// [`PLACED`] it counts where they stand.
const SENTENCE: usize = 30;
const NEAR: usize = 8;
const PLACED: usize = 5;

/// Where a word stands, as seen from the number.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
enum At {
    Headline,
    Paragraph,
    Sentence,
    Left,
    Right,
    Behind,
    Before = Self::Behind as u32 + PLACED as u32,
    PairBehind = Self::Before as u32 + PLACED as u32,
    PairBefore,
    Pair,
    Number,
    Word,
    Opening,
}

/// Endings that say nothing of the meaning.
const ENDINGS: [&str; 8] = ["ings", "ing", "ies", "ied", "ed", "es", "s", "ly"];

/// Whether the figures of this disease in this language are judged.
pub(super) fn judges(language: &str, disease: &str) -> bool {
    language == "en" && disease == "COVID-19"
}

/// A word by its stem.
pub(super) fn stem(lower: &[u8], is_name: bool) -> u32 {
    if let Some(name) = name(lower, is_name) {
        return name;
    }
    // Every ending ends with one of these.
    let ends = lower.last().is_some_and(|last| b"sgdy".contains(last));
    let endings = ENDINGS.iter().filter(|_| ends);
    let mut stems = endings.filter_map(|ending| lower.strip_suffix(ending.as_bytes()).filter(|stem| stem.len() >= 3));
    fnv(stems.next().unwrap_or(lower))
}

/// The words of a text that begins at `base` of its field, as the judge reads them.
pub(super) fn words(text: &str, base: usize) -> Words {
    Words::new(text, base, stem)
}

/// Finds the features of a number: what is said of it, each once. `paragraph` has the words around it, `sentence` and `number` are
/// spans of the same field, `written` is the number as it stands there.
fn features(headline: &Words, paragraph: &Words, sentence: Span, number: Span, written: &str, found: impl FnMut(u32)) {
    let (before, behind) = paragraph.beside(number.start, number.end);
    let mut features = Features::new(found);
    let mut say = |at: u32, word: u32| features.say(at, word);
    headline.all().iter().for_each(|word| say(At::Headline as u32, word.hash));
    let around = before.iter().rev().take(AROUND).chain(behind.iter().take(AROUND));
    around.for_each(|word| say(At::Paragraph as u32, word.hash));
    let left: Vec<u32> = before
        .iter()
        .rev()
        .take_while(|word| word.start >= sentence.start)
        .take(SENTENCE)
        .map(|word| word.hash)
        .collect();
    let right: Vec<u32> =
        behind.iter().take_while(|word| word.end <= sentence.end).take(SENTENCE).map(|word| word.hash).collect();
    for (side, near, placed, pair) in
        [(&left, At::Left, At::Before, At::PairBefore), (&right, At::Right, At::Behind, At::PairBehind)]
    {
        side.iter().for_each(|word| say(At::Sentence as u32, *word));
        side.iter().take(NEAR).for_each(|word| say(near as u32, *word));
        (placed as u32..).zip(side.iter().take(PLACED)).for_each(|(at, word)| say(at, *word));
        if let [one, two, ..] = side.as_slice() {
            say(pair as u32, both(*one, *two));
        }
    }
    if let (Some(left), Some(right)) = (left.first(), right.first()) {
        say(At::Pair as u32, both(*left, *right));
    }
    let digits = written.bytes().filter(u8::is_ascii_digit).count();
    let marks = ["%", "per", ".", ","].map(|mark| u32::from(written.contains(mark)));
    say(At::Number as u32, marks.into_iter().fold(digits.min(7).try_into().unwrap_or(7), |all, mark| all << 1 | mark));
    if digits == 0 {
        say(At::Word as u32, fnv(written.to_lowercase().as_bytes()));
    }
    if paragraph.all().first().is_some_and(|word| word.start == 0) {
        say(At::Opening as u32, 0);
    }
}

/// The score of a number; see [`features`].
pub(super) fn score(headline: &Words, paragraph: &Words, sentence: Span, number: Span, written: &str) -> f32 {
    let mut sum = 0;
    features(headline, paragraph, sentence, number, written, |bucket| sum += MODEL.weight(bucket));
    MODEL.odds(sum)
}

impl<'p> Finder<'_, 'p> {
    /// The judge's score of number `n` of the body, where it is asked at all.
    pub(super) fn score_of(&mut self, reading: &Reading<'_, 'p>, n: usize) -> Option<f32> {
        let body = self.text_of(Field::Body);
        let (headline, number) = (self.judged.as_ref()?, reading.numbers.get(n)?);
        let number = Some(Span::new(self.field, number.start, number.end)).filter(|number| number.field.is_body())?;
        let paragraph = self.paragraph;
        let around = self.around.get_or_insert_with(|| words(paragraph.of(body).unwrap_or_default(), paragraph.start));
        Some(score(headline, around, reading.span, number, number.of(body)?))
    }
}

/// The features of a number of a body, for the trainer: buckets below `1 << BITS`, in order.
pub fn features_of(article: &Article, number: Span) -> Vec<u32> {
    let paragraph = article.paragraphs().into_iter().find(|paragraph| number.start < paragraph.end).unwrap_or(number);
    let text = paragraph.of(&article.body).unwrap_or_default();
    let abbreviations = pack("en").map_or(&[][..], |pack| &pack.abbreviations);
    let mut sentences = sentences_in(text, Field::Body, abbreviations).into_iter().flat_map(|span| pieces(text, span));
    let inside = number.start - paragraph.start;
    let sentence = sentences.find(|sentence| inside < sentence.end).unwrap_or(Span::body(0, text.len()));
    let sentence = Span::body(paragraph.start + sentence.start, paragraph.start + sentence.end);
    let headline = words(article.headline.as_deref().unwrap_or_default(), 0);
    let around = words(text, paragraph.start);
    let mut found = Vec::new();
    let written = number.of(&article.body).unwrap_or_default();
    features(&headline, &around, sentence, number, written, |bucket| found.push(bucket));
    found.sort_unstable();
    found
}
