//! Two whole texts side by side: whether one has other names and figures in the places of the other's.
//!
//! Comes in: the texts of an article and of an earlier one that its signature makes it a copy of. Goes out: [`Swaps`], what
//! stands in one where the other has something else. Signatures keep samples; here every word is looked at. Who copies a
//! text adds, drops and rewords; another text of one form (another town's notice, another day's list) is the same but for
//! what was put in the place of something else. The work grows with the words of both, however little they share.

use super::words::{self, Kind, Word};
use crate::model::StoredText;
use xxhash_rust::xxh3::xxh3_64;

/// Words of a text that are looked at.
const WORDS: usize = 5_000;
/// A stretch of more words is no name or figure in the place of another, but a passage that was added, dropped or moved.
const PASSAGE: usize = 8;
/// Words of a name, with those around it that changed with it.
const NAME: usize = 4;
/// Letters of a word that may be cut short by a full stop.
const SHORT: usize = 3;
/// Words of a value by which two are told apart, after its label.
const VALUE: usize = 2;
/// A text of which so many words stand in the other is no notice: there one other name is a correction, and a weekday in
/// place of another may be the editor's.
const LONG: usize = 120;
/// Below so many words even one other common word makes another notice, when nothing else differs.
const BRIEF: usize = 80;

/// A text as it is held against others.
pub(super) struct Whole {
    places: Vec<Place>,
    /// Beginnings of the words of its headline.
    headline: Stems,
    /// Those that the text has too, and that say what it is about.
    subject: Vec<u64>,
    /// Those of all its words.
    all: Stems,
}

/// Beginnings of words, ascending, each once.
struct Stems(Vec<u64>);

impl FromIterator<u64> for Stems {
    fn from_iter<I: IntoIterator<Item = u64>>(stems: I) -> Self {
        let mut stems: Vec<u64> = stems.into_iter().collect();
        stems.sort_unstable();
        stems.dedup();
        Self(stems)
    }
}

impl Stems {
    fn contains(&self, stem: u64) -> bool {
        self.0.binary_search(&stem).is_ok()
    }
}

/// One word in its place.
struct Place {
    word: Word,
    /// Hash of its digits: "118m" and "118 million" are one figure.
    digits: u64,
    /// Written with a capital where no sentence begins.
    is_proper: bool,
    /// A colon follows.
    is_label: bool,
}

/// What stands in one text in the place of something else in the other.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Swaps {
    /// Names, and words that the headline has too.
    names: usize,
    figures: usize,
    /// Telling words.
    telling: usize,
    /// Other words.
    common: usize,
    /// Words added, dropped or changed in form.
    edits: usize,
    /// Whole passages.
    passages: usize,
    /// Words in both.
    same: usize,
    /// Labels ("Monday:") in both, and those with another value.
    labels: usize,
    labels_differ: usize,
    /// The headlines are alike, and each has a word of its text that the other text does not have.
    other_subject: bool,
}

impl Whole {
    /// A text of these paragraphs, which are part of a body.
    pub(super) fn new<'t>(headline: Option<&str>, body: &str, paragraphs: impl Iterator<Item = &'t str>) -> Self {
        Self::of(headline, &words::words(body), paragraphs)
    }

    /// A text as the state keeps it, without its dateline.
    pub(super) fn of_stored(text: &StoredText) -> Self {
        let dateline = text.fields.get("wire.dateline");
        let parts = dateline.and_then(|dateline| text.body.split_once(dateline.as_str()));
        let (before, after) = parts.unwrap_or(("", &text.body));
        let dateline = words::words(dateline.map_or("", String::as_str));
        Self::of(text.headline.as_deref(), &dateline, [before, after].into_iter())
    }

    /// A text of these paragraphs that has these words besides.
    fn of<'t>(headline: Option<&str>, more: &[Word], paragraphs: impl Iterator<Item = &'t str>) -> Self {
        let mut places = Vec::new();
        for paragraph in paragraphs {
            read(paragraph, &mut places);
        }
        let stem = |word: &Word| word.stem;
        let text: Stems = places.iter().map(|place| place.word.stem).chain(more.iter().map(stem)).collect();
        let headline = words::words(headline.unwrap_or(""));
        let telling = headline.iter().filter(|word| !matches!(word.kind, Kind::Figure | Kind::Everyday));
        let subject = telling.map(stem).filter(|stem| text.contains(*stem)).collect();
        let headline: Stems = headline.iter().map(stem).collect();
        let all = text.0.into_iter().chain(headline.0.iter().copied()).collect();
        places.truncate(WORDS);
        Self { places, headline, subject, all }
    }

    /// Whether a word may say which of the texts of one form this is.
    fn is_name(&self, place: &Place) -> bool {
        let in_headline = || place.word.kind != Kind::Everyday && self.headline.contains(place.word.stem);
        !place.word.is_figure() && (place.is_proper || in_headline())
    }

    /// Whether its headline and its text speak of something that the other text does not have.
    fn has_other_subject(&self, other: &Self) -> bool {
        self.subject.iter().any(|stem| !other.all.contains(*stem))
    }

    /// Its labels that stand once, ascending, each with the words of what follows it.
    fn labels(&self) -> Vec<(u64, Vec<u64>)> {
        let value = |at: usize| {
            let after = self.places.iter().skip(at + 1).take(VALUE).filter(|place| !place.word.is_figure());
            after.map(|place| place.word.stem).collect()
        };
        let labelled = self.places.iter().enumerate().filter(|(_, place)| place.is_label);
        let mut labels: Vec<(u64, Vec<u64>)> = labelled.map(|(at, place)| (place.word.stem, value(at))).collect();
        labels.sort_unstable();
        let once = labels.chunk_by(|one, other| one.0 == other.0).filter(|chunk| chunk.len() == 1);
        once.flatten().cloned().collect()
    }
}

/// Adds the words of a text with what their places say. What stands between two spaces is read by itself: no word reaches
/// over a space.
fn read(text: &str, places: &mut Vec<Place>) {
    let mut words = Vec::new();
    for line in text.lines() {
        let mut begins = true;
        for token in line.split(' ') {
            words.clear();
            words::read(token, &mut words);
            let (first, last) = (token.chars().find(|c| c.is_alphanumeric()), token.chars().next_back());
            let is_quoted = token.chars().next().is_some_and(|c| !c.is_alphanumeric());
            let is_proper = !begins && !is_quoted && first.is_some_and(char::is_uppercase);
            let digits: String = token.chars().filter(char::is_ascii_digit).collect();
            let n = words.len();
            places.extend(words.drain(..).enumerate().map(|(at, word)| Place {
                digits: if n == 1 { xxh3_64(digits.as_bytes()) } else { word.hash },
                is_proper: is_proper && word.length > 1,
                is_label: at + 1 == n && matches!(last, Some(':' | '：')),
                word,
            }));
            // "Rev." and "St." end no sentence.
            let is_short = token.chars().filter(|c| c.is_alphanumeric()).count() <= SHORT;
            let ends = |c: char| matches!(c, '!' | '?' | '…' | ':' | '。') || c == '.' && !is_short;
            begins = last
                .map_or(begins, |c| ends(c) || !c.is_alphanumeric() && token.chars().rev().nth(1).is_some_and(ends));
        }
    }
}

/// Holds a text against an earlier one.
pub(super) fn between(earlier: &Whole, later: &Whole) -> Swaps {
    let shared = earlier.headline.0.iter().filter(|stem| later.headline.contains(**stem)).count();
    let alike = shared * 3 >= earlier.headline.0.len().min(later.headline.0.len()).max(1);
    let mut swaps = Swaps {
        other_subject: alike && earlier.has_other_subject(later) && later.has_other_subject(earlier),
        ..Swaps::default()
    };
    let labels = later.labels();
    for (label, value) in earlier.labels() {
        if let Ok(at) = labels.binary_search_by_key(&label, |(label, _)| *label) {
            swaps.labels += 1;
            swaps.labels_differ += usize::from(labels.get(at).is_some_and(|(_, other)| *other != value));
        }
    }
    let (mut from, mut other_from) = (0, 0);
    for (at, other_at) in
        common(&earlier.places, &later.places).into_iter().chain([(earlier.places.len(), later.places.len())])
    {
        if at < from || other_at < other_from {
            continue;
        }
        let one = earlier.places.get(from..at).unwrap_or_default();
        let other = later.places.get(other_from..other_at).unwrap_or_default();
        let is_same = |(one, other): &(&Place, &Place)| one.word.hash == other.word.hash;
        let before = one.iter().zip(other).take_while(is_same).count();
        let (one, other) = (one.get(before..).unwrap_or_default(), other.get(before..).unwrap_or_default());
        let after = one.iter().rev().zip(other.iter().rev()).take_while(is_same).count();
        let rest = |side: &'_ [Place]| side.len() - after;
        swaps.same += before + after + 1;
        swaps.count(
            (earlier, one.get(..rest(one)).unwrap_or_default()),
            (later, other.get(..rest(other)).unwrap_or_default()),
        );
        (from, other_from) = (at + 1, other_at + 1);
    }
    // Two characters are a word, and every character begins a pair.
    if later.places.iter().filter(|place| place.word.is_pair()).count() * 2 > later.places.len() {
        swaps.same /= 2;
    }
    swaps
}

/// Places of words that stand once in either text and in one order in both (Cohen's patience diff).
fn common(one: &[Place], other: &[Place]) -> Vec<(usize, usize)> {
    let once = |places: &[Place]| {
        let mut words: Vec<(u64, usize)> = places.iter().map(|place| place.word.hash).zip(0..).collect();
        words.sort_unstable();
        let chunks = words.chunk_by(|one, other| one.0 == other.0);
        chunks.filter_map(|chunk| if let [single] = chunk { Some(*single) } else { None }).collect::<Vec<_>>()
    };
    let others = once(other);
    let in_both = once(one).into_iter().filter_map(|(word, at)| {
        let found = others.binary_search_by_key(&word, |(word, _)| *word).ok()?;
        Some((at, others.get(found)?.1))
    });
    let mut pairs: Vec<(usize, usize)> = in_both.collect();
    pairs.sort_unstable();
    // The longest ascending row: of each length the row that ends first, and of each pair the one before it in its row.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::with_capacity(pairs.len()));
    let place = |at: usize| pairs.get(at).map_or(0, |pair| pair.1);
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| place(*end) < pair.1);
        before.push(length.checked_sub(1).and_then(|shorter| ends.get(shorter).copied()));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut row: Vec<(usize, usize)> =
        std::iter::successors(ends.last().copied(), |at| before.get(*at).copied().flatten())
            .filter_map(|at| pairs.get(at).copied())
            .collect();
    row.reverse();
    row
}

impl Swaps {
    /// Takes up what stands between the same words in either text.
    fn count(&mut self, (earlier, one): (&Whole, &[Place]), (later, other): (&Whole, &[Place])) {
        match (one.len(), other.len()) {
            (0, 0) => {}
            (n, m) if n > PASSAGE || m > PASSAGE => self.passages += 1,
            (0, _) | (_, 0) => self.edits += 1,
            (n, m) => {
                let is_name = n <= NAME && m <= NAME && are_names((earlier, one), (later, other));
                if are_figures((earlier, one), (later, other)) {
                    self.figures += 1;
                } else if are_telling(one, other) && are_telling(other, one) {
                    self.telling += 1;
                } else if is_name {
                    self.names += 1;
                } else if has_own(one, later) && has_own(other, earlier) {
                    self.common += 1;
                } else {
                    self.edits += 1;
                }
            }
        }
    }

    /// Whether this is another text of the form, and no copy. A new version of a story may have other figures, but hardly
    /// other names.
    pub(super) fn make_another(&self, is_version: bool) -> bool {
        let is_long = self.same >= LONG;
        let figures = self.figures + if is_long { 0 } else { self.telling };
        let facts = self.names + if is_version { 0 } else { figures };
        let edits = self.edits + self.common;
        let is_mostly_facts = facts > usize::from(is_long) && facts >= edits;
        let other_subject = self.other_subject && self.names + figures > 0 && (facts >= edits || !is_long);
        let other_list = self.labels_differ >= 2 && self.labels_differ * 3 >= self.labels;
        let one_word = self.common > 0 && self.edits + self.passages == 0 && self.same < BRIEF;
        is_mostly_facts || other_subject || other_list || is_version && self.names >= 2 || !is_version && one_word
    }

    /// All that stands in the place of something else.
    pub(super) fn all(&self) -> usize {
        self.names + self.figures + self.telling + self.common + self.labels_differ
    }
}

/// Whether a stretch has a word of more than form that the other text has nowhere.
fn has_own(stretch: &[Place], other: &Whole) -> bool {
    let is_own =
        |place: &Place| matches!(place.word.kind, Kind::Name | Kind::Plain) && !other.all.contains(place.word.stem);
    stretch.iter().any(is_own)
}

/// Whether either stretch has as many figures of its own as the other, and others.
fn are_figures((earlier, one): (&Whole, &[Place]), (later, other): (&Whole, &[Place])) -> bool {
    let own = |stretch: &[Place], other: &Whole| -> Vec<u64> {
        let own = stretch.iter().filter(|place| place.word.is_figure() && !other.all.contains(place.word.stem));
        own.map(|place| place.digits).collect()
    };
    let (one, other) = (own(one, later), own(other, earlier));
    !one.is_empty() && one.len() == other.len() && one != other
}

/// Whether a stretch is a telling word with hardly anything else, which the other stretch lacks.
fn are_telling(stretch: &[Place], other: &[Place]) -> bool {
    let is_form = |place: &Place| matches!(place.word.kind, Kind::Telling | Kind::Everyday);
    let lacks = |place: &Place| other.iter().all(|other| other.word.hash != place.word.hash);
    stretch.len() <= VALUE
        && stretch.iter().all(is_form)
        && stretch.iter().any(|place| place.word.kind == Kind::Telling && lacks(place))
}

/// Whether both stretches name something, and not the same in other words.
fn are_names((earlier, one): (&Whole, &[Place]), (later, other): (&Whole, &[Place])) -> bool {
    let is_shared = |place: &Place| {
        place.word.kind != Kind::Everyday && other.iter().any(|other| other.word.stem == place.word.stem)
    };
    one.iter().any(|place| earlier.is_name(place))
        && other.iter().any(|place| later.is_name(place))
        && !one.iter().any(is_shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Whole {
        Whole::new(None, text, std::iter::once(text))
    }

    #[track_caller]
    fn check(earlier: &str, later: &str, [names, figures, common, edits]: [usize; 4]) {
        let swaps = between(&whole(earlier), &whole(later));
        assert_eq!(
            [swaps.names, swaps.figures, swaps.common, swaps.edits],
            [names, figures, common, edits],
            "{swaps:?}"
        );
    }

    const TEXT: &str =
        "The mayor of Tarn said on Friday that 118 million crowns were lost when the Rev. Amsel sold the mill.";

    #[test]
    fn what_stands_in_the_place_of_something_else_is_told_from_edits() {
        check(TEXT, TEXT, [0; 4]);
        check(TEXT, &TEXT.replace("Tarn", "Port Elling"), [1, 0, 0, 0]);
        check(TEXT, &TEXT.replace("Amsel", "Harker"), [1, 0, 0, 0]);
        check(TEXT, &TEXT.replace("118", "97"), [0, 1, 0, 0]);
        check(TEXT, &TEXT.replace("118 million", "118m"), [0, 0, 0, 1]);
        check(TEXT, &TEXT.replace("the mill.", "the barn."), [0, 0, 1, 0]);
        check(TEXT, &TEXT.replace("The mayor", "Yesterday the mayor").replace(" on Friday", ""), [0, 0, 0, 2]);
    }

    #[test]
    fn a_passage_that_was_added_or_moved_swaps_nothing() {
        let passage = "Lena Orth, who owns the meadow beside it, told Norwire that she would bid in 1998.";
        check(TEXT, &format!("{passage} {TEXT}"), [0; 4]);
        assert_eq!(between(&whole(TEXT), &whole(&format!("{passage} {TEXT}"))).passages, 1);
        check(&format!("{TEXT} {passage}"), &format!("{passage} {TEXT}"), [0; 4]);
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(one in "[a-cA-C1-3:. \n文字]{0,60}", other in "[a-cA-C1-3:. \n文字]{0,60}") {
            let (one, other) = (whole(&one), whole(&other));
            let [there, back] = [between(&one, &other), between(&other, &one)];
            proptest::prop_assert!(there.same <= one.places.len() + 1 && back.same <= other.places.len() + 1);
            proptest::prop_assert_eq!(between(&one, &one).edits, 0);
        }
    }
}
