//! How good labels are: exact span and type on persons, organisations and places (facilities among them).

use crate::data::{Document, Sentence};
use std::collections::{BTreeMap, HashSet};

/// Right, too many, missed.
pub type Counts = [usize; 3];

/// Person 1, organisation 2, place 3, everything else 0.
fn class(label: u8) -> u8 {
    match label {
        1 | 2 => 1,
        3 | 4 => 2,
        5..=8 => 3,
        _ => 0,
    }
}

/// What one word's mask says: its class and whether it begins a name, or nothing when several answers are right.
fn known(allowed: u32) -> Option<(u8, bool)> {
    let mut all = (0..19u8).filter(|label| allowed >> label & 1 == 1).map(|label| {
        let class = class(label);
        (class, class != 0 && label % 2 == 1)
    });
    let first = all.next()?;
    all.all(|other| other == first).then_some(first)
}

fn spans(cells: impl Iterator<Item = (u8, bool)>) -> Vec<(usize, usize, u8)> {
    let mut spans: Vec<(usize, usize, u8)> = Vec::new();
    let mut open = false;
    for (at, (class, begins)) in cells.enumerate() {
        match spans.last_mut() {
            Some(last) if open && class != 0 && !begins && last.2 == class => last.1 = at + 1,
            _ if class != 0 => spans.push((at, at + 1, class)),
            _ => {}
        }
        open = class != 0;
    }
    spans
}

/// Counts of a sentence by class. Words of which several answers are right are left out.
pub fn sentence(sentence: &Sentence, labels: &[u8], counts: &mut [Counts; 4]) {
    let gold: Vec<Option<(u8, bool)>> = sentence.allowed.iter().map(|allowed| known(*allowed)).collect();
    let unknown = |start: usize, end: usize| {
        gold[start..end].iter().any(Option::is_none) || gold.get(end) == Some(&None) && start < end
    };
    let expected: HashSet<_> = spans(gold.iter().map(|cell| cell.unwrap_or((0, false))))
        .into_iter()
        .filter(|(start, end, _)| !(gold.get(*end) == Some(&None) || *start > 0 && gold[start - 1].is_none()))
        .collect();
    let found: HashSet<_> = spans(labels.iter().map(|label| (class(*label), label % 2 == 1))).into_iter().collect();
    for span in &found {
        if expected.contains(span) {
            counts[usize::from(span.2)][0] += 1;
        } else if !(unknown(span.0, span.1) || span.0 > 0 && gold[span.0 - 1].is_none()) {
            counts[usize::from(span.2)][1] += 1;
        }
    }
    for span in expected.difference(&found) {
        counts[usize::from(span.2)][2] += 1;
    }
    if std::env::var_os("ERRORS").is_some() && expected != found {
        let tell = |spans: &HashSet<(usize, usize, u8)>, other: &HashSet<(usize, usize, u8)>| {
            let mut spans: Vec<_> = spans.difference(other).collect();
            spans.sort();
            let tell = |(start, end, class): &(usize, usize, u8)| {
                format!(
                    "{} {}",
                    [".", "person", "organisation", "place"][usize::from(*class)],
                    sentence.tokens[*start..*end].join(" ")
                )
            };
            spans.into_iter().map(tell).collect::<Vec<_>>().join("; ")
        };
        println!(
            "- {} | found {} | missed {}",
            sentence.tokens.join(" "),
            tell(&found, &expected),
            tell(&expected, &found)
        );
    }
}

pub fn f1([right, extra, missed]: Counts) -> (f64, f64, f64) {
    let right = right as f64;
    let precision = right / (right + extra as f64).max(1.0);
    let recall = right / (right + missed as f64).max(1.0);
    (precision, recall, 2.0 * precision * recall / (precision + recall).max(1e-9))
}

/// Prints precision, recall and F1 by corpus; returns the mean of F1 over the corpora.
pub fn print(documents: &[&Document], labels: &[Vec<Vec<u8>>]) -> f64 {
    let mut corpora: BTreeMap<&str, [Counts; 4]> = BTreeMap::new();
    for (document, labels) in documents.iter().zip(labels) {
        for (text, labels) in document.sentences.iter().zip(labels) {
            sentence(text, labels, corpora.entry(&document.corpus).or_default());
        }
    }
    let mut sum = 0.0;
    for (corpus, counts) in &corpora {
        let all = counts.iter().fold([0; 3], |all, one| [all[0] + one[0], all[1] + one[1], all[2] + one[2]]);
        let (precision, recall, f) = f1(all);
        sum += f;
        println!(
            "{corpus:20} {precision:.3}/{recall:.3}/{f:.3} of {:4}  person {:.3} organisation {:.3} place {:.3}",
            all[0] + all[2],
            f1(counts[1]).2,
            f1(counts[2]).2,
            f1(counts[3]).2
        );
    }
    let mean = sum / corpora.len().max(1) as f64;
    println!("mean {mean:.4}");
    mean
}
