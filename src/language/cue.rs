//! Cue phrases: what words say wherever they stand.
//!
//! In: phrases with what each says. Out: `Phrases`, which finds them all among tokens in one pass, as [`Mark`]s. What
//! holds: phrases match whole tokens in any case; a phrase may give alternatives for a word as `has/have died`, which
//! stand for both.

use super::compounds::Compounds;
use super::pack::Sense;
use super::tokens::{Token, tokenize};
use crate::model::{Metric, SourceType, Subset};
use rustc_hash::FxHashMap;

/// What a phrase says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// A noun that a number counts: "cases".
    Noun(Metric),
    /// What is said of people that are counted: "have died".
    Predicate(Metric),
    /// A verb whose object is counted: "killed".
    Active(Metric),
    /// A noun that governs a number from the left only: "toll".
    Label(Metric),
    /// A part of the population.
    Subset(Subset),
    /// Who says so.
    Source(SourceType),
    /// A body of one country, by its number in [`super::Pack::institutions`].
    Institution(usize),
    /// A disease, by its number in [`super::Pack::diseases`].
    Disease(usize),
    /// Anything else.
    Sense(Sense),
}

impl Cue {
    /// The metric it names.
    #[inline]
    pub fn metric(self) -> Option<Metric> {
        match self {
            Cue::Noun(metric) | Cue::Predicate(metric) | Cue::Active(metric) | Cue::Label(metric) => Some(metric),
            _ => None,
        }
    }
}

/// A cue phrase among tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// First token.
    pub first: usize,
    /// Token after the last.
    pub after: usize,
    /// What it says.
    pub cue: Cue,
}

/// Phrases by their first word.
#[derive(Default)]
pub(super) struct Phrases(FxHashMap<String, Begun>);

/// The phrases that begin with a word: the words behind it, and what the whole says, in the order in which they were added.
///
/// Hundreds begin with "the" or "in", so those that can stand somewhere are chosen by the word behind.
#[derive(Default)]
struct Begun {
    /// Those of one word.
    alone: Vec<(Rest, Cue)>,
    /// By the second word: those that go on with it, and those of one word among them.
    seconds: FxHashMap<Box<str>, Vec<(Rest, Cue)>>,
}

/// The words of a phrase behind its first.
type Rest = Box<[Box<str>]>;

impl Begun {
    fn add(&mut self, rest: Rest, cue: Cue) {
        match rest.first() {
            Some(second) => {
                let alone = &self.alone;
                self.seconds.entry(second.clone()).or_insert_with(|| alone.clone()).push((rest, cue));
            }
            None => {
                self.seconds.values_mut().for_each(|phrases| phrases.push((Rest::default(), cue)));
                self.alone.push((Rest::default(), cue));
            }
        }
    }

    /// Those that can stand before a token.
    fn before(&self, next: Option<&Token<'_>>) -> &[(Rest, Cue)] {
        let next = next.filter(|_| !self.seconds.is_empty());
        next.and_then(|next| self.seconds.get(next.lower.as_ref())).unwrap_or(&self.alone)
    }
}

impl Phrases {
    /// Adds phrases that say the same.
    pub(super) fn add(&mut self, compounds: &Compounds, list: &[String], cue: Cue) {
        for phrase in list.iter().flat_map(|phrase| alternatives(phrase)) {
            let tokens = compounds.split(tokenize(&phrase, 0));
            if let Some((first, rest)) = tokens.split_first() {
                let rest = rest.iter().map(|token| token.lower.as_ref().into()).collect();
                self.0.entry(first.lower.to_string()).or_default().add(rest, cue);
            }
        }
    }

    /// Every cue phrase among the tokens, in order of its first token. Of several phrases that name metrics, the longer
    /// one hides those within it ("active cases" hides "cases").
    pub(super) fn marks(&self, tokens: &[Token<'_>]) -> Vec<Mark> {
        let mut marks: Vec<Mark> = Vec::with_capacity(tokens.len());
        let mut metric_end = 0;
        for (first, token) in tokens.iter().enumerate() {
            let Some(begun) = self.0.get(token.lower.as_ref()) else { continue };
            let mut longest = 0;
            let begins = marks.len();
            for (rest, cue) in begun.before(tokens.get(first + 1)) {
                let after = first + 1 + rest.len();
                let fits = tokens
                    .get(first + 1..after)
                    .is_some_and(|tokens| tokens.iter().zip(rest).all(|(token, word)| token.is(word)));
                if !fits || cue.metric().is_some() && after <= metric_end {
                    continue;
                }
                if cue.metric().is_some() {
                    longest = longest.max(after);
                }
                marks.push(Mark { first, after, cue: *cue });
            }
            if longest > 0 {
                let mut n = begins;
                while let Some(mark) = marks.get(n) {
                    if mark.cue.metric().is_some() && mark.after < longest {
                        marks.remove(n);
                    } else {
                        n += 1;
                    }
                }
                metric_end = metric_end.max(longest);
            }
        }
        marks
    }
}

/// The words of a phrase, in lower case.
pub(super) fn split(phrase: &str) -> Vec<String> {
    tokenize(phrase, 0).iter().map(|token| token.lower.to_string()).collect()
}

/// `has/have died` as `has died` and `have died`.
fn alternatives(phrase: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    for word in phrase.split(' ') {
        let forms: Vec<&str> = word.split('/').collect();
        out = out
            .iter()
            .flat_map(|head| {
                forms
                    .iter()
                    .map(move |form| if head.is_empty() { (*form).to_owned() } else { format!("{head} {form}") })
            })
            .collect();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::pack;

    #[test]
    fn longer_metric_phrases_hide_shorter_ones() {
        let tokens = tokenize("29 active cases", 0);
        let metrics: Vec<_> = pack("en").unwrap().marks(&tokens).iter().filter_map(|mark| mark.cue.metric()).collect();
        assert_eq!(metrics, [Metric::ActiveCases]);
    }
}
