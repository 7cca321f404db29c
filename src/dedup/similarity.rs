//! Two signatures side by side: how much of each text stands in the other, and what differs between the same words.
//!
//! Resemblance and containment are estimated from bottom-k samples (Broder 1997): below the smaller of the two samples'
//! largest hashes both samples are complete, and what lies there is a fair sample of both texts. Terms are weighed by
//! how few texts have them (inverse document frequency, Spärck Jones 1972).

use super::words::Kind;
use crate::model::Signature;

/// How a later text stands to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Comparison {
    /// Jaccard resemblance of the two.
    pub(super) resemblance: f64,
    /// Share of the later text that stands in the earlier.
    pub(super) shared: f64,
    /// Share of the earlier text that stands in the later.
    pub(super) covered: f64,
    /// Sampled shingles that stand in both: what the three shares rest on.
    pub(super) evidence: usize,
    /// Share of the later text's terms that the earlier has, by weight.
    pub(super) terms_shared: f64,
    /// Share of the earlier text's terms that the later has.
    pub(super) terms_covered: f64,
    /// Share of the names that the other text lacks, of the text that lacks fewer.
    pub(super) names_lost: f64,
    /// Names of the text with fewer.
    pub(super) names: usize,
    /// What stands between the same words.
    pub(super) slots: Slots,
}

/// Places that both texts have, by whether the same stands in them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Slots {
    /// Figures and telling words that are the same.
    pub(super) facts_agree: usize,
    /// Those that are not.
    pub(super) facts_differ: usize,
    /// Other words that are the same, everyday words among them.
    words_agree: usize,
    /// Names and rarer words that are not.
    words_differ: usize,
    /// Everyday words that are not.
    everyday_differ: usize,
}

impl Slots {
    /// Differences by what each says: another name may be another form of it, another everyday word is mostly style.
    pub(super) fn differ(&self) -> f64 {
        self.facts_differ as f64 + 0.8 * self.words_differ as f64 + 0.4 * self.everyday_differ as f64
    }

    /// Share of all common places that differ.
    pub(super) fn share(&self) -> f64 {
        let differ = self.differ();
        differ / (differ + (self.facts_agree + self.words_agree) as f64).max(1.0)
    }

    /// Share of the comparable figures and telling words that differ.
    pub(super) fn facts_share(&self) -> f64 {
        let comparable = self.facts_agree + self.facts_differ;
        if comparable == 0 { 0.0 } else { self.facts_differ as f64 / comparable as f64 }
    }
}

/// A later text, made ready to be compared with many.
pub(super) struct Later<'s> {
    pub(super) signature: &'s Signature,
    /// Of each sampled shingle the bit that its last bits name: most of another text's shingles meet none.
    marks: [u64; MARKS / 64],
}

/// Bits that sampled shingles are marked in.
const MARKS: usize = 4_096;

/// How much of either text stands in the other, by runs of words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shares {
    pub(super) resemblance: f64,
    pub(super) shared: f64,
    pub(super) covered: f64,
    pub(super) evidence: usize,
}

impl<'s> Later<'s> {
    pub(super) fn new(signature: &'s Signature) -> Self {
        let mut later = Self { signature, marks: [0; MARKS / 64] };
        for shingle in &signature.bottom {
            let (word, bit) = mark(*shingle);
            later.marks[word] |= bit;
        }
        later
    }

    /// Sampled shingles that stand in both texts.
    fn evidence(&self, earlier: &[u32]) -> usize {
        let is_marked = |shingle: &&u32| {
            let (word, bit) = mark(**shingle);
            self.marks[word] & bit != 0
        };
        let mut before = None;
        // A signature of an earlier form may have a hash twice.
        let marked = earlier.iter().filter(is_marked).filter(|shingle| before.replace(**shingle) != Some(**shingle));
        marked.filter(|shingle| self.signature.bottom.binary_search(shingle).is_ok()).count()
    }

    /// How much of either text stands in the other, by the sampled shingles of the earlier.
    pub(super) fn shares(&self, earlier: &[u32]) -> Shares {
        let later = &self.signature.bottom;
        let threshold = complete_to(later, Signature::BOTTOM).min(complete_to(earlier, Signature::BOTTOM));
        let (later_sample, earlier_sample) = (below(later, threshold), below(earlier, threshold));
        // Above the threshold no hash stands in both.
        let evidence = self.evidence(earlier);
        let share = |of: usize| if of == 0 { 0.0 } else { evidence as f64 / of as f64 };
        Shares {
            resemblance: share(later_sample.len() + earlier_sample.len() - evidence),
            shared: share(later_sample.len()),
            covered: share(earlier_sample.len()),
            evidence,
        }
    }

    /// The whole comparison; `weight` is that of a term.
    pub(super) fn compare(&self, earlier: &Signature, weight: impl Fn(u32) -> f64) -> Comparison {
        let Shares { resemblance, shared, covered, evidence } = self.shares(&earlier.bottom);
        let terms = terms(self.signature, earlier, weight);
        Comparison {
            resemblance,
            shared,
            covered,
            evidence,
            terms_shared: terms.shared.unwrap_or(shared),
            terms_covered: terms.covered.unwrap_or(covered),
            names_lost: terms.names_lost,
            names: terms.names,
            slots: slots(&self.signature.slots, &earlier.slots),
        }
    }
}

/// Which word of the marks a shingle is marked in, and by which bit.
fn mark(shingle: u32) -> (usize, u64) {
    let mark = shingle as usize % MARKS;
    (mark / 64, 1 << (mark % 64))
}

/// Compares two signatures; `weight` is that of a term.
pub(super) fn compare(later: &Signature, earlier: &Signature, weight: impl Fn(u32) -> f64) -> Comparison {
    Later::new(later).compare(earlier, weight)
}

/// Share of some shingles that stand in a text of this sample, where enough of them fall into its sample to say so.
pub(super) fn share_in(shingles: &[u32], text: &[u32], least_sample: usize) -> Option<f64> {
    let threshold = complete_to(text, Signature::BOTTOM);
    let mut sampled = 0usize;
    let mut found = 0usize;
    for shingle in shingles.iter().filter(|shingle| **shingle <= threshold) {
        sampled += 1;
        found += usize::from(text.binary_search(shingle).is_ok());
    }
    (sampled >= least_sample).then(|| found as f64 / sampled as f64)
}

/// The hash up to which a sample of so many is complete.
fn complete_to(sample: &[u32], most: usize) -> u32 {
    match sample.last() {
        Some(last) if sample.len() >= most => *last,
        _ => u32::MAX,
    }
}

fn below(sorted: &[u32], threshold: u32) -> &[u32] {
    sorted.get(..sorted.partition_point(|hash| *hash <= threshold)).unwrap_or(sorted)
}

/// Cuts off what an ascending list begins with that has this key.
fn split_run(list: &[u32], is_of_run: impl Fn(u32) -> bool) -> (&[u32], &[u32]) {
    let run = list.iter().take_while(|hash| is_of_run(**hash)).count();
    list.split_at(run)
}

/// Terms in both samples below which their shares mean nothing.
const LEAST_TERMS: usize = 4;

struct Terms {
    shared: Option<f64>,
    covered: Option<f64>,
    names_lost: f64,
    names: usize,
}

fn terms(later: &Signature, earlier: &Signature, weight: impl Fn(u32) -> f64) -> Terms {
    let threshold = complete_to(&later.terms, Signature::TERMS).min(complete_to(&earlier.terms, Signature::TERMS));
    let (later, earlier) = (below(&later.terms, threshold), below(&earlier.terms, threshold));
    let mut both = 0.0;
    let (mut of_later, mut of_earlier) = (Side::default(), Side::default());
    let (mut rest, mut rest_of_earlier) = (later, earlier);
    loop {
        let next = match (rest.first(), rest_of_earlier.first()) {
            (Some(one), Some(other)) => *one.min(other),
            (Some(one), None) => *one,
            (None, Some(other)) => *other,
            (None, None) => break,
        };
        let is_next = |term| Signature::same_term(term, next);
        let (here, there);
        (here, rest) = split_run(rest, is_next);
        (there, rest_of_earlier) = split_run(rest_of_earlier, is_next);
        let in_both = !here.is_empty() && !there.is_empty();
        let weight = weight(next);
        both += if in_both { weight } else { 0.0 };
        of_later.count(here, weight, in_both);
        of_earlier.count(there, weight, in_both);
    }
    let enough = later.len().min(earlier.len()) >= LEAST_TERMS;
    let share = |side: &Side| enough.then(|| both / side.weight.max(f64::MIN_POSITIVE));
    let lost = |side: &Side| side.lost as f64 / side.names.max(1) as f64;
    Terms {
        shared: share(&of_later),
        covered: share(&of_earlier),
        names_lost: lost(&of_later).min(lost(&of_earlier)),
        names: of_later.names.min(of_earlier.names),
    }
}

#[derive(Default)]
struct Side {
    weight: f64,
    names: usize,
    lost: usize,
}

impl Side {
    fn count(&mut self, term: &[u32], weight: f64, in_both: bool) {
        let Some(term) = term.first() else { return };
        self.weight += weight;
        self.names += (term & 1) as usize;
        self.lost += usize::from(!in_both) * (term & 1) as usize;
    }
}

fn slots(later: &[u32], earlier: &[u32]) -> Slots {
    let threshold = complete_to(later, Signature::SLOTS).min(complete_to(earlier, Signature::SLOTS));
    let (mut later, mut earlier) = (below(later, threshold), below(earlier, threshold));
    let mut slots = Slots::default();
    while let (Some((one, after_one)), Some((other, after_other))) = (later.split_first(), earlier.split_first()) {
        let (place, other_place) = (Signature::place(*one), Signature::place(*other));
        if place == other_place {
            let (here, there);
            (here, later) = split_run(later, |slot| Signature::place(slot) == place);
            (there, earlier) = split_run(earlier, |slot| Signature::place(slot) == place);
            slots.count(here, there);
        } else {
            later = if place < other_place { after_one } else { later };
            earlier = if other_place < place { after_other } else { earlier };
        }
    }
    slots
}

impl Slots {
    /// Takes up what stands in one place of either text.
    fn count(&mut self, here: &[u32], there: &[u32]) {
        for kind in [Kind::Figure, Kind::Telling, Kind::Name, Kind::Plain, Kind::Everyday] {
            let of_kind = |slot: &&u32| Signature::kind(**slot) == kind as u32;
            let (n_here, n_there) = (here.iter().filter(of_kind).count(), there.iter().filter(of_kind).count());
            if n_here == 0 || n_there == 0 {
                continue;
            }
            let same = here.iter().filter(of_kind).filter(|slot| there.contains(slot)).count();
            // A version that has one more figure in the same words than the other has added it, not changed it.
            let differ = (n_here - same).min(n_there - same);
            match kind {
                Kind::Figure | Kind::Telling => {
                    self.facts_agree += same;
                    self.facts_differ += differ;
                }
                Kind::Name | Kind::Plain => {
                    self.words_agree += same;
                    self.words_differ += differ;
                }
                Kind::Everyday => {
                    self.words_agree += same;
                    self.everyday_differ += differ;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signature(range: std::ops::Range<u64>) -> Signature {
        // Numbers spread like hashes.
        let mut bottom: Vec<u32> = range.map(|n| Signature::cut(n.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        bottom.sort_unstable();
        let shingles = bottom.len() as u32;
        bottom.truncate(Signature::BOTTOM);
        Signature { bottom, shingles, ..Signature::default() }
    }

    #[track_caller]
    fn check(later: std::ops::Range<u64>, earlier: std::ops::Range<u64>, shared: f64, covered: f64) {
        let comparison = compare(&signature(later), &signature(earlier), |_| 1.0);
        assert!((comparison.shared - shared).abs() < 0.12, "{comparison:?}");
        assert!((comparison.covered - covered).abs() < 0.12, "{comparison:?}");
    }

    #[test]
    fn shares_are_estimated_whatever_the_lengths() {
        check(0..60, 0..60, 1.0, 1.0);
        check(0..400, 0..2000, 1.0, 0.2);
        check(0..2000, 0..400, 0.2, 1.0);
        check(0..1000, 500..1500, 0.5, 0.5);
        check(0..100, 1000..3000, 0.0, 0.0);
        check(0..0, 0..50, 0.0, 0.0);
    }

    #[test]
    fn facts_differ_only_in_the_same_place() {
        let at = |place: u64, value: u64| Signature::slot(place << 47, value << 52, Kind::Figure as u32);
        let facts = |later: &[u32], earlier: &[u32]| {
            let slots = slots(later, earlier);
            (slots.facts_agree, slots.facts_differ)
        };
        assert_eq!(facts(&[at(1, 5), at(2, 7)], &[at(1, 5), at(2, 8)]), (1, 1));
        assert_eq!(facts(&[at(1, 5), at(1, 6)], &[at(1, 5), at(3, 9)]), (1, 0));
        assert_eq!(facts(&[], &[at(1, 5)]), (0, 0));
    }

    #[test]
    fn rare_terms_weigh_more_and_a_lost_name_counts_once_per_side() {
        let term = |n: u64, is_name| Signature::term(n << 40, is_name);
        let of = |terms: Vec<u32>| Signature { terms, ..Signature::default() };
        let later = of(vec![term(1, true), term(2, false), term(3, false), term(4, true)]);
        let earlier = of(vec![term(1, false), term(2, false), term(3, false), term(5, true)]);
        let comparison =
            compare(&later, &earlier, |found| if Signature::same_term(found, term(1, false)) { 7.0 } else { 1.0 });
        assert!((comparison.terms_shared - 0.9).abs() < 1e-9, "{comparison:?}");
        assert_eq!((comparison.names, comparison.names_lost), (1, 0.5));
    }
}
