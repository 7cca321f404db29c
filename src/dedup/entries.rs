//! What a form is filled in with: entries that come and go, and values that change places.
//!
//! Comes in: the differences of two whole texts. Goes out: whether they are two fillings of one form. A list of which
//! entries went and to which others came is the next list, however much of it stands; and what stands in one place of one
//! text and in another place of the other was put there by nobody who copied it.

use super::{
    swaps::{Difference, NAME, Stretch},
    whole::Entry,
    words::{Kind, Word},
};

/// Words of an entry at least.
const WORDS: usize = 3;
/// Of so many words of an entry that say something one in common with what stands in its place shows it to be reworded.
const REWORDED: usize = 5;
/// Words of a paragraph that may be an entry of a list, and how many of them in a row make one.
const LINE: usize = 20;
const LIST: usize = 3;
/// Lines that each of two lists has alone.
const OTHER_LINES: usize = 2;

/// Whether entries of the earlier text went and others came, each amid what stands in both texts.
pub(super) fn came_and_went(differences: &[Difference<'_>]) -> bool {
    let went = differences.iter().any(|difference| has_entry(difference.one, difference.other));
    went && differences.iter().any(|difference| has_entry(difference.other, difference.one))
}

/// Whether the lists in two texts have lines in common, and each has others with figures too: nobody rewords a table.
pub(super) fn are_other_lists(differences: &[Difference<'_>]) -> bool {
    let are_lists = differences
        .first()
        .is_some_and(|Difference { one, other }| one.whole.is_of_lines() && other.whole.is_of_lines());
    are_lists && {
        let (ones, others): (Vec<Stretch<'_>>, Vec<Stretch<'_>>) =
            differences.iter().map(|difference| (difference.one, difference.other)).unzip();
        own_lines(&ones, &others) >= OTHER_LINES && own_lines(&others, &ones) >= OTHER_LINES
    }
}

/// Lines with figures of a text's lists that stand nowhere in the other text, within the stretches in which they differ.
fn own_lines(stretches: &[Stretch<'_>], of_other: &[Stretch<'_>]) -> usize {
    let (Some(Stretch { whole, .. }), Some(other)) = (stretches.first(), of_other.first()) else { return 0 };
    let (entries, others) = (whole.entries(), other.whole.entries());
    let is_known = |entry: &Entry| others.iter().any(|other| other.hash == entry.hash);
    let words = |entry: &Entry| whole.words().get(entry.words.clone()).unwrap_or_default();
    let is_own = |entry: &&Entry| {
        entry.is_line
            && words(entry).iter().any(Word::is_figure)
            && !is_known(entry)
            && stretches.iter().any(|stretch| is_most(entry, *stretch))
    };
    let lists = blocks(entries).into_iter().filter(|block| block.len() >= LIST && block.iter().any(is_known));
    lists.map(|list| list.iter().filter(is_own).count()).sum()
}

/// Whether most words of an entry stand in a stretch. Where the entry before ends like this one, the stretch may begin and
/// end that much too early.
fn is_most(entry: &Entry, Stretch { from, to, .. }: Stretch<'_>) -> bool {
    let inside = entry.words.end.min(to).saturating_sub(entry.words.start.max(from));
    inside * 2 > entry.words.len()
}

/// Paragraphs, and the entries of lists whose entries are paragraphs together.
fn blocks(entries: &[Entry]) -> Vec<&[Entry]> {
    let is_line = |paragraph: &[Entry]| paragraph.len() == 1 && paragraph.iter().all(|entry| entry.words.len() <= LINE);
    let paragraphs: Vec<&[Entry]> = entries.chunk_by(|_, next| !next.begins_paragraph).collect();
    let mut from = 0;
    let mut blocks = Vec::new();
    for run in paragraphs.chunk_by(|one, next| is_line(one) && is_line(next)) {
        let to = from + run.iter().map(|paragraph| paragraph.len()).sum::<usize>();
        if run.len() >= LIST {
            blocks.extend(entries.get(from..to));
        } else {
            blocks.extend(run);
        }
        from = to;
    }
    blocks
}

/// Whether what stands in one place of a text stands in another place of the other, in both of which the texts differ.
pub(super) fn changed_places(differences: &[Difference<'_>]) -> bool {
    let exchanged: Vec<&Difference<'_>> = differences.iter().filter(|difference| is_exchange(difference)).collect();
    let is_told = |word: &&Word| !matches!(word.kind, Kind::Everyday | Kind::Figure);
    let has = |stretch: Stretch<'_>, word: &Word| stretch.words().iter().any(|other| other.stem == word.stem);
    exchanged.iter().enumerate().any(|(at, from)| {
        let gone = from.one.words().iter().filter(is_told).filter(|word| !has(from.other, word));
        let mut others = gone.flat_map(|word| exchanged.iter().enumerate().map(move |(other, to)| (word, other, to)));
        others.any(|(word, other, to)| other != at && has(to.other, word) && !has(to.one, word))
    })
}

fn is_exchange(difference: &Difference<'_>) -> bool {
    let is_value = |stretch: Stretch<'_>| (1..=NAME).contains(&stretch.len());
    is_value(difference.one) && is_value(difference.other)
}

/// Whether in a stretch there is a sentence or a line that stands nowhere in the other text and is not what stands in its
/// place in other words, in a paragraph or a list of which something stands in both: what is a paragraph by itself is a
/// caption or a note more often.
fn has_entry(stretch: Stretch<'_>, other: Stretch<'_>) -> bool {
    let Stretch { whole, from, to } = stretch;
    // Of two pieces of one text one begins later, and the other ends sooner.
    if to - from < WORDS || to == whole.words().len() {
        return false;
    }
    let others: Vec<u64> = other.whole.entries().iter().map(|entry| entry.hash).collect();
    let is_meant = |entry: &Entry| entry.words.len() >= WORDS && is_most(entry, stretch);
    let is_reworded = |entry: &Entry| {
        let words = whole.words().get(entry.words.clone()).unwrap_or_default();
        let telling: Vec<&Word> = words.iter().filter(|word| word.kind != Kind::Everyday).collect();
        let has = |word: &Word| other.words().iter().any(|other| other.stem == word.stem);
        let shared = telling.iter().filter(|word| has(word)).count();
        if telling.is_empty() { other.len() > 0 } else { shared * REWORDED > telling.len() }
    };
    blocks(whole.entries()).into_iter().any(|block| {
        let is_known = |entry: &Entry| others.contains(&entry.hash);
        let is_new = |entry: &Entry| is_meant(entry) && !is_known(entry) && !is_reworded(entry);
        // A link between sentences ("Share this article") is none.
        let mut kinds =
            [true, false].into_iter().map(|is_line| block.iter().filter(move |entry| entry.is_line == is_line));
        kinds.any(|kind| kind.clone().any(is_known) && kind.clone().any(is_new))
    })
}
