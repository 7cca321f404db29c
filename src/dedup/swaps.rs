//! Two whole texts side by side: whether one has other names and figures in the places of the other's.
//!
//! Comes in: the texts of an article and of an earlier one that its signature makes it a copy of. Goes out: [`Swaps`], what
//! stands in one where the other has something else. Signatures keep samples; here every word is looked at. Who copies a
//! text adds, drops and rewords; another text of one form (another town's notice, another day's list) is the same but for
//! what was put in the place of something else. The work grows with the words of both, however little they share.

use super::{
    entries,
    hashes::Places,
    whole::{VALUE, Whole},
    words::{Kind, Word},
};
use std::ops::Range;

/// A stretch of more words is no name or figure in the place of another, but a passage that was added, dropped or moved.
const PASSAGE: usize = 8;
/// Words of a name, with those around it that changed with it.
pub(super) const NAME: usize = 4;
/// A text of which so many words stand in the other is no notice: there one other name is a correction, and a weekday in
/// place of another may be the editor's.
const LONG: usize = 120;
/// So many of a hundred words that stand in both of two short texts make them two fillings of one form, where passages
/// or figures in it are others; so many, where names are.
const FORM: usize = 60;
const NEARLY_ALL: usize = 80;
/// Below so many words even one other common word makes another notice, when nothing else differs.
const BRIEF: usize = 80;

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
    /// Of the edits and passages those that stand in one text alone.
    one_sided: usize,
    /// Of the passages of a text that may be a form those in the place of one with which they have nothing in common.
    replaced: usize,
    /// Words in both.
    same: usize,
    /// Of two short texts of about one length, how many of a hundred words of the shorter stand in both; else none.
    kept: usize,
    /// Labels ("Monday:") in both, and those with another value.
    labels: usize,
    labels_differ: usize,
    /// The headlines are alike, and each has a word of its text that the other text does not have.
    other_subject: bool,
    /// The headlines are one form with other names and figures in it.
    other_headline: bool,
    /// Figures in the places of others that may stand elsewhere in the text too.
    refigured: usize,
    /// Entries went and others came.
    other_entries: bool,
    /// What stands in one place stands in another place of the other.
    changed_places: bool,
}

/// A stretch of a text.
#[derive(Clone, Copy)]
pub(super) struct Stretch<'a> {
    pub(super) whole: &'a Whole<'a>,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'a> Stretch<'a> {
    pub(super) fn words(self) -> &'a [Word] {
        self.whole.words().get(self.from..self.to).unwrap_or_default()
    }

    pub(super) fn len(self) -> usize {
        self.to - self.from
    }

    /// Whether a text that may be a form has words before and after it: what a text begins and ends with is its teller's
    /// more often.
    fn is_inside(self) -> bool {
        let words = self.whole.words().len();
        words < 2 * LONG && self.from > 0 && self.to < words
    }

    /// Its words that say something.
    fn telling(self) -> impl Iterator<Item = &'a Word> {
        self.words().iter().filter(|word| word.kind != Kind::Everyday)
    }

    /// How many of these stand in another stretch too.
    fn shared(self, other: Self) -> usize {
        self.telling().filter(|word| other.words().iter().any(|other| other.stem == word.stem)).count()
    }
}

/// Stretches of two texts between the same words, of which one at least is not empty.
#[derive(Clone, Copy)]
pub(super) struct Difference<'a> {
    pub(super) one: Stretch<'a>,
    pub(super) other: Stretch<'a>,
}

impl Difference<'_> {
    fn is_one_sided(self) -> bool {
        self.one.len() == 0 || self.other.len() == 0
    }

    /// Takes up the next difference, if the two are one thing in the place of another: what was dropped and what was
    /// added are both longer than the words that happen to stand between them, as where an item of a list has moved.
    fn takes(&mut self, next: Self) -> bool {
        let is_drop_and_addition =
            self.is_one_sided() && next.is_one_sided() && (self.one.len() == 0) == (next.other.len() == 0);
        let shorter = (self.one.len() + self.other.len()).min(next.one.len() + next.other.len());
        let is_one = is_drop_and_addition && next.one.from - self.one.to <= shorter;
        if is_one {
            (self.one.to, self.other.to) = (next.one.to, next.other.to);
        }
        is_one
    }
}

/// Holds a text against an earlier one.
pub(super) fn between(earlier: &Whole<'_>, later: &Whole<'_>) -> Swaps {
    let (headline, other_headline) = (earlier.headline(), later.headline());
    let shared = headline.iter().filter(|stem| other_headline.binary_search(stem).is_ok()).count();
    let alike = shared * 3 >= headline.len().min(other_headline.len()).max(1);
    let mut swaps = Swaps {
        other_subject: alike && earlier.has_other_subject(later) && later.has_other_subject(earlier),
        other_headline: is_headline_filled_anew(earlier, later),
        ..Swaps::default()
    };
    let labels = later.labels();
    for (label, value) in earlier.labels() {
        if let Ok(at) = labels.binary_search_by_key(&label, |(label, _)| *label) {
            swaps.labels += 1;
            let differs = |other: &[u64]| value.iter().zip(other).any(|(one, other)| one != other);
            swaps.labels_differ += usize::from(labels.get(at).is_some_and(|(_, other)| differs(other)));
        }
    }
    let (one, other) = (earlier.words(), later.words());
    let (mut from, mut other_from) = (0, 0);
    let mut differences: Vec<Difference<'_>> = Vec::new();
    for (at, other_at) in common(one, other).into_iter().chain([(one.len(), other.len())]) {
        if at < from || other_at < other_from {
            continue;
        }
        if at > from || other_at > other_from {
            let (mut to, mut other_to) = (at, other_at);
            let is_same = |at: usize, other_at: usize| {
                one.get(at).zip(other.get(other_at)).is_some_and(|(one, other)| one.hash == other.hash)
            };
            while from < to && other_from < other_to && is_same(from, other_from) {
                (from, other_from) = (from + 1, other_from + 1);
                swaps.same += 1;
            }
            while from < to && other_from < other_to && is_same(to - 1, other_to - 1) {
                (to, other_to) = (to - 1, other_to - 1);
                swaps.same += 1;
            }
            let next = Difference {
                one: Stretch { whole: earlier, from, to },
                other: Stretch { whole: later, from: other_from, to: other_to },
            };
            let is_taken = to == from && other_to == other_from
                || differences.last_mut().is_some_and(|difference| difference.takes(next));
            if !is_taken {
                differences.push(next);
            }
        }
        swaps.same += 1;
        (from, other_from) = (at + 1, other_at + 1);
    }
    differences.iter().for_each(|difference| swaps.count(difference.one, difference.other));
    let (mut shorter, mut longer) = (one.len().min(other.len()), one.len().max(other.len()));
    // Two characters are a word, and every character begins a pair.
    if other.iter().filter(|word| word.is_pair()).count() * 2 > other.len() {
        (swaps.same, shorter, longer) = (swaps.same / 2, shorter / 2, longer / 2);
    }
    if longer < LONG && shorter * 5 >= longer * 4 {
        swaps.kept = swaps.same * 100 / shorter.max(1);
    }
    swaps.refigured = differences.iter().filter(|difference| is_refigured(difference)).count();
    swaps.other_entries = entries::are_other_lists(&differences);
    if swaps.kept >= FORM {
        swaps.other_entries |= entries::came_and_went(&differences);
        swaps.changed_places = entries::changed_places(&differences);
    }
    swaps
}

/// Places of words that stand once in either text and in one order in both (Cohen's patience diff).
pub(super) fn common(one: &[Word], other: &[Word]) -> Vec<(usize, usize)> {
    let pairs = once_in_both(one, other);
    // The longest ascending row: of each length the row that ends first, and of each pair the one before it in its row.
    let (mut ends, mut before): (Vec<usize>, Vec<Option<usize>>) = (Vec::new(), Vec::with_capacity(pairs.len()));
    let place = |at: usize| pairs.get(at).map_or(0, |pair| pair.1);
    for (at, pair) in pairs.iter().enumerate() {
        let follows = ends.last().is_none_or(|end| place(*end) < pair.1);
        let length = if follows { ends.len() } else { ends.partition_point(|end| place(*end) < pair.1) };
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

/// Where a word stands in either of two texts, if it stands there once.
#[derive(Clone, Copy)]
struct Met {
    word: u64,
    at: u32,
    other_at: u32,
}

const NOWHERE: u32 = u32::MAX;
const MORE_THAN_ONCE: u32 = u32::MAX - 1;

/// Places of words that stand once in either text, in the order of the first.
fn once_in_both(one: &[Word], other: &[Word]) -> Vec<(usize, usize)> {
    let places = Places::new(one.len());
    let mut met = vec![Met { word: 0, at: NOWHERE, other_at: NOWHERE }; places.len()];
    let find = |met: &[Met], word: u64| {
        let mut place = places.wanted(word);
        while met.get(place).is_some_and(|met| met.at != NOWHERE && met.word != word) {
            place = places.next(place);
        }
        place
    };
    let mut found = Vec::with_capacity(one.len());
    for (word, at) in one.iter().zip(0..) {
        let place = find(&met, word.hash);
        found.push(place);
        if let Some(met) = met.get_mut(place) {
            met.at = if met.at == NOWHERE { at } else { MORE_THAN_ONCE };
            met.word = word.hash;
        }
    }
    for (word, at) in other.iter().zip(0..) {
        let place = find(&met, word.hash);
        if let Some(met) = met.get_mut(place).filter(|met| met.at != NOWHERE) {
            met.other_at = if met.other_at == NOWHERE { at } else { MORE_THAN_ONCE };
        }
    }
    let is_once = |at: u32| at < MORE_THAN_ONCE;
    let met = found.into_iter().filter_map(|place| met.get(place));
    let once = met.filter(|met| is_once(met.at) && is_once(met.other_at));
    once.map(|met| (met.at as usize, met.other_at as usize)).collect()
}

impl Swaps {
    /// Takes up what stands between the same words in either text.
    fn count(&mut self, one: Stretch<'_>, other: Stretch<'_>) {
        match (one.len(), other.len()) {
            (n, m) if n > PASSAGE || m > PASSAGE => {
                self.passages += 1;
                self.one_sided += usize::from(n == 0 || m == 0);
                self.replaced += usize::from(one.is_inside() && other.is_inside() && have_nothing_common(one, other));
            }
            (0, _) | (_, 0) => {
                self.edits += 1;
                self.one_sided += 1;
            }
            (n, m) => {
                if are_figures(one, other) {
                    self.figures += 1;
                } else if are_telling(one.words(), other.words()) && are_telling(other.words(), one.words()) {
                    self.telling += 1;
                } else if n <= NAME && m <= NAME && are_names(one, other) {
                    self.names += 1;
                } else if has_own(one, other.whole) && has_own(other, one.whole) {
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
        // Who rewords a text keeps its facts: in a notice with other facts other words are facts too.
        let (others, edits) = if is_long { (0, self.edits + self.common) } else { (self.common, self.edits) };
        let is_mostly_facts = facts > usize::from(is_long) && facts + others >= edits;
        let other_subject = self.other_subject && self.names + figures > 0 && (facts >= edits || !is_long);
        let differences = self.all() - self.labels_differ + self.edits + self.passages;
        // A form is filled in anew: who copies one adds or drops more than he puts in the place of something else.
        let is_exchanged = differences >= 2 * self.one_sided;
        let is_filled_in = self.kept >= FORM && (self.replaced > 0 || figures > 0 && is_exchanged)
            || self.kept >= NEARLY_ALL && self.names > 0 && is_exchanged;
        // Nothing differs but what follows a label.
        let other_entry = !is_long && self.labels_differ > 0 && self.labels_differ >= differences;
        let other_list = self.labels_differ >= 2 && self.labels_differ * 3 >= self.labels;
        let one_word = self.common > 0 && self.edits + self.passages == 0 && self.same < BRIEF;
        is_mostly_facts
            || is_filled_in
            || other_subject
            || other_list
            || other_entry
            || is_version && self.names >= 2
            || !is_version
                && (one_word
                    || self.other_headline
                    || self.other_entries
                    || self.changed_places
                    || self.refigured >= REFIGURED)
    }

    /// Whether these are two fillings of a form, however few words of it they share.
    pub(super) fn fill_in_a_form(&self) -> bool {
        self.kept > 0 && self.names + self.figures + self.telling >= FILLED_IN
    }

    /// All that stands in the place of something else.
    pub(super) fn all(&self) -> usize {
        self.names + self.figures + self.telling + self.common + self.labels_differ
    }
}

/// Names and figures in the places of others, that make a form of what has only passages in common.
const FILLED_IN: usize = 3;
/// Places of a headline in which other names or figures make it that of another text.
const FILLED_ANEW: usize = 2;

/// Whether half of either headline stands in the other too, and in several places between it names and figures that the
/// other text has nowhere: an editor finds other words, or keeps what the text is about.
fn is_headline_filled_anew(earlier: &Whole<'_>, later: &Whole<'_>) -> bool {
    let (one, other) = (earlier.title(), later.title());
    let same = common(one, other);
    // Where most words have a capital, none of them is known for a name.
    let is_sentence = |title: &[Word]| title.iter().filter(|word| word.kind == Kind::Name).count() * 2 <= title.len();
    if same.len() * 2 < one.len().max(other.len()) || !is_sentence(one) || !is_sentence(other) {
        return false;
    }
    let is_own = |word: &Word, text: &Whole<'_>| matches!(word.kind, Kind::Name | Kind::Figure) && !text.has(word.stem);
    let has_own = |title: &[Word], place: Range<usize>, text: &Whole<'_>| {
        title.get(place).is_some_and(|words| words.iter().any(|word| is_own(word, text)))
    };
    let (mut from, mut other_from, mut filled) = (0, 0, 0);
    for (at, other_at) in same.into_iter().chain([(one.len(), other.len())]) {
        filled += usize::from(has_own(one, from..at, later) && has_own(other, other_from..other_at, earlier));
        (from, other_from) = (at + 1, other_at + 1);
    }
    filled >= FILLED_ANEW
}

/// Words that say something, of passages that tell of anything; of so many one in common shows them to be of one thing.
const TELLING: usize = 3;
const OF_ONE_THING: usize = 5;

/// Whether two passages tell of something and share hardly any word that says something.
fn have_nothing_common(one: Stretch<'_>, other: Stretch<'_>) -> bool {
    let fewer = one.telling().count().min(other.telling().count());
    fewer >= TELLING && one.shared(other).max(other.shared(one)) * OF_ONE_THING <= fewer
}

/// Whether a stretch has a word of more than form that the other text has nowhere.
fn has_own(stretch: Stretch<'_>, other: &Whole<'_>) -> bool {
    let is_own = |word: &Word| matches!(word.kind, Kind::Name | Kind::Plain) && !other.has(word.stem);
    stretch.words().iter().any(is_own)
}

/// So many places with other figures and nothing else make another table.
const REFIGURED: usize = 3;

/// Whether the two stretches are the same but for their figures.
fn is_refigured(difference: &Difference<'_>) -> bool {
    let Difference { one, other } = difference;
    let mut differs = 0;
    let is_same = one.len() == other.len()
        && one.words().iter().zip(other.words()).all(|(word, other)| {
            let is_other = word.hash != other.hash;
            differs += usize::from(is_other);
            !is_other || word.is_figure() && other.is_figure()
        });
    is_same && differs > 0
}

/// Whether either stretch has as many figures of its own as the other, and others.
fn are_figures(one: Stretch<'_>, other: Stretch<'_>) -> bool {
    let own = |stretch: Stretch<'_>, other: &Whole<'_>| -> Vec<u64> {
        let words = stretch.words().iter().zip(stretch.from..);
        let own = words.filter(|(word, _)| word.is_figure() && !other.has(word.stem));
        own.map(|(_, at)| stretch.whole.digits(at)).collect()
    };
    let (one, other) = (own(one, other.whole), own(other, one.whole));
    !one.is_empty() && one.len() == other.len() && one != other
}

/// Whether a stretch is a telling word with hardly anything else, which the other stretch lacks.
fn are_telling(stretch: &[Word], other: &[Word]) -> bool {
    let is_form = |word: &Word| matches!(word.kind, Kind::Telling | Kind::Everyday);
    let lacks = |word: &Word| other.iter().all(|other| other.hash != word.hash);
    stretch.len() <= VALUE
        && stretch.iter().all(is_form)
        && stretch.iter().any(|word| word.kind == Kind::Telling && lacks(word))
}

/// Whether both stretches name something, and not the same in other words.
fn are_names(one: Stretch<'_>, other: Stretch<'_>) -> bool {
    let is_shared =
        |word: &Word| word.kind != Kind::Everyday && other.words().iter().any(|other| other.stem == word.stem);
    let is_named = |stretch: Stretch<'_>| (stretch.from..stretch.to).any(|at| stretch.whole.is_name(at));
    !one.words().iter().any(is_shared) && is_named(one) && is_named(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoredText;
    use std::collections::BTreeMap;

    fn whole(text: &str) -> Whole<'static> {
        let body = text.to_owned();
        Whole::of_stored(StoredText { v: 1, headline: None, summary: None, body, fields: BTreeMap::new() })
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

    #[test]
    fn a_headline_with_other_names_and_figures_in_it_is_that_of_another_text() {
        let titled = |headline: &str| {
            let headline = Some(headline.to_owned());
            Whole::of_stored(StoredText { v: 1, headline, summary: None, body: TEXT.into(), fields: BTreeMap::new() })
        };
        let earlier = titled("Nurses in Ostermark call 5-day strike");
        let is_another = |headline: &str| between(&earlier, &titled(headline)).make_another(false);
        assert!(is_another("Ferry crews in Dunsby call 4-day strike"));
        for copied in
            ["Nurses in Ostermark to strike for 5 days", "Nurses in Ostermark call 4-day strike", "Wards stand empty"]
        {
            assert!(!is_another(copied), "{copied}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_two_texts_are_compared(one in "[a-cA-C1-3:. \n文字]{0,60}", other in "[a-cA-C1-3:. \n文字]{0,60}") {
            let (one, other) = (whole(&one), whole(&other));
            let [there, back] = [between(&one, &other), between(&other, &one)];
            proptest::prop_assert!(there.same <= one.words().len() + 1 && back.same <= other.words().len() + 1);
            proptest::prop_assert_eq!(between(&one, &one).edits, 0);
        }
    }
}
