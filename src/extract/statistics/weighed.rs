//! Whether a number is a figure, and of which metric, where the rules and three models are heard together.
//!
//! In: a number of an English story about COVID-19, with what the rules say that it counts, and why; how the judge scores it and
//! the numbers before it; how likely the suggestion and the network hold each metric. Out: the rules' attachment, another one, or
//! none. Boosted trees ([`super::trees`]), learnt by `tools/judge` from every number of the labelled text, look at each metric that
//! the number may count; the best is believed where its log odds are high enough.
//!
//! What holds: what the grammar knows to be something else (under another label, a base, a share again, a cell of no metric) is no
//! figure, whatever the trees say; a number whose column or unit says what it counts counts that or nothing; what is seen of a number is its sentence and what was told before, so that no length of a text turns it.

use super::attach::{Attachment, Why};
use super::beside::{NOTHING, yes};
use super::kinds::KINDS;
use super::network::size;
use super::reading::Reading;
use super::suggestion::{self, Ranked};
use super::table::{self, Row};
use super::trees::Trees;
use super::{Finder, alike, attach, continued, disease, lean, network, rank, threshold, traps};
use crate::language::numbers::Numeral;
use crate::language::pack::{Sense, Word};
use crate::model::{Metric, Span};
use std::sync::LazyLock;

static TREES: LazyLock<Trees> = LazyLock::new(|| Trees::new(include_bytes!("weighed_trees.bin")));

/// Why a number is left out that is refused; the log odds of its best metric stand behind.
pub(super) const REFUSED: &str = "the words around it speak of no figure";

/// Log odds from which a metric is believed: the rules' own, any other, and one of which the rules say themselves that nothing
/// names it.
const OF_RULES: f32 = -0.7;
const OF_OTHERS: f32 = -0.5;
const OF_GUESSES: f32 = 0.8;
/// The rules' own where its noun stands right behind the number ("the claim of 5,000 deaths"), and nothing makes a trap of it.
const OF_PLAIN: f32 = -0.9;
/// The rules' own alone in the bracket behind a place ("third behind the United States (5.9 million) and Brazil (3.8 million)"),
/// of so many more ("154,837 deaths from 5,273,954 cases"), and reached as the Nth ("the second country to pass 20 million infections").
const OF_BRACKET: f32 = -1.5;
/// From where the rules' own is believed behind a noun that the disease's name stands at ("coronavirus cases, which exceed the
/// figure of 23,660") and before the disease that people died of or caught, whatever the rest of the story is about.
const OF_NAMED: f32 = -3.2;

/// Of what is seen of a metric the first are scores of models: those of [`Heard`], then its log share by the suggestion and how
/// much better it is than the best other.
pub const SCORES: usize = 4;

/// From here on those of the network ([`network::scores`]).
pub const HEARD: usize = SCORES + 2;

/// How many numbers are seen of a number, whatever it counts, and of a metric of it.
const OF_NETWORK: usize = network::SCORES + network::OF_LIST;
const OF_NUMBER: usize = 18;
const OF_METRIC: usize = 13;
const SEEN: usize = HEARD + OF_NETWORK + OF_NUMBER + OF_METRIC;

/// What judge and network say of the numbers before.
#[derive(Debug, Default, Clone, Copy)]
pub struct Heard {
    sum: f32,
    count: f32,
    last: Option<f32>,
    nothing: Option<f32>,
}

/// A mean of fewer scores than this counts for less.
const ENOUGH: f32 = 2.0;

impl Heard {
    /// What is seen of a number's score: itself, the mean of those before, and the last; and how likely the network holds it
    /// that the number before counts nothing.
    pub fn seen(&mut self, own: f32, answer: &[f32]) -> [f32; SCORES] {
        let [last, nothing] = [self.last, self.nothing].map(|before| before.unwrap_or(NOTHING));
        let seen = [own, self.sum / (self.count + ENOUGH), last, nothing];
        let nothing = answer.first().copied();
        *self = Self { sum: self.sum + own, count: self.count + 1.0, last: Some(own), nothing };
        seen
    }
}

/// A number of a body that is weighed, for the trainer.
#[derive(Debug)]
pub struct Asked {
    /// The number.
    pub span: Span,
    /// What the rules say that it counts.
    pub found: Option<Metric>,
    /// Where the other items of its list start.
    pub items: Vec<usize>,
    /// Its metrics, where the suggestion is asked, with the buckets of their features; and what is seen of each, where scores are
    /// still to come.
    pub metrics: Vec<(Metric, Option<Vec<u32>>, Vec<f32>)>,
}

impl<'p> Finder<'_, 'p> {
    /// The attachment of number `n` once all are heard; where it is refused, the log odds of the best.
    pub(super) fn weighed(
        &mut self,
        reading: &Reading<'_, 'p>,
        n: usize,
        attachments: &[Option<Attachment>],
        rows: &[Row],
    ) -> Result<Option<Attachment>, f32> {
        let rules = attachments.get(n).and_then(Option::as_ref);
        if self.judged.is_none() || !reading.span.field.is_body() {
            return Ok(rules.copied());
        }
        let cell = table::of_number(rows, n).is_some();
        if rules.is_none() && (cell || suggestion::is_otherwise(reading, n)) {
            return Ok(None);
        }
        let trap = traps::before_metric(reading, n).or_else(|| threshold::of_clause(reading, n));
        let is_trap = trap.is_some();
        let may = suggestion::may_count(reading, n, rules, cell, is_trap);
        let Some(score) = self.score_of(reading, n) else { return Ok(rules.copied()) };
        let answer = self.network.answer(reading, n);
        let scores = self.heard.seen(score, &answer);
        if trap.is_some_and(|trap| traps::CERTAIN.contains(&trap)) {
            return Ok(None);
        }
        let said = rules.filter(|rules| rules.metric == Metric::Cases && rules.why == Why::Predicate);
        let positive = said.is_some_and(|_| lean::positive_tests(reading, n, attach::own(reading, n)).is_some());
        if positive || lean::paired(reading, n, attachments).is_some() {
            return Ok(rules.copied());
        }
        let guessed = continued::guessed(reading, n, attachments);
        let mut ranked = self.ranked(reading, n, rules, may);
        let is_told = self.memory.asked.is_some();
        let is_plain = |rules| suggestion::is_plain(reading, rules, n);
        if rules.is_none_or(|rules| rules.why != Why::Column && (is_told || !is_plain(rules))) {
            let heard = KINDS.iter().map(|row| row.metric).filter(|one| is_told || network::is_likely(&answer, *one));
            let new = heard.filter(|metric| ranked.iter().all(|one| one.metric != *metric));
            ranked.extend(new.map(Ranked::last).collect::<Vec<_>>());
        }
        let items = alike::items(reading, n);
        let answers: Vec<_> = items.iter().map(|item| self.network.answer(reading, *item)).collect();
        let told = items.iter().filter_map(|item| attachments.get(*item)?.as_ref()).map(|rules| rules.metric);
        let told: Vec<Metric> = told.collect();
        let number =
            self.seen_of_number(reading, n, rules, [f32::from(guessed), yes(may), yes(is_trap), items.len() as f32]);
        let mut asked = Vec::new();
        let mut best: Option<(f32, Attachment)> = None;
        for one in &ranked {
            let attachment = rules
                .copied()
                .filter(|rules| rules.metric == one.metric)
                .unwrap_or_else(|| suggestion::suggested(reading, n, one.metric));
            let metric = self.seen_of_metric(reading, n, rules, &attachment, &told);
            let mut seen = [NOTHING; SEEN];
            let heard = network::scores(&answer, one.metric).into_iter();
            let heard = heard.chain(network::scores_of_list(answers.iter().map(|one| &one[..]), one.metric));
            let each = scores.into_iter().chain([one.share, one.margin]).chain(heard).chain(number).chain(metric);
            seen.iter_mut().zip(each).for_each(|(slot, what)| *slot = what);
            let odds = TREES.odds(&seen);
            if self.memory.asked.is_some() {
                asked.push((one.metric, one.features.clone(), seen.to_vec()));
            }
            if best.as_ref().is_none_or(|(most, _)| odds > *most) {
                best = Some((odds, attachment));
            }
        }
        if let (Some(told), Some(number)) = (&mut self.memory.asked, reading.numbers.get(n)) {
            let span = Span::new(reading.span.field, number.start, number.end);
            let found = rules.map(|rules| rules.metric);
            let starts = items.iter().filter_map(|item| Some(reading.numbers.get(*item)?.start));
            told.push(Asked { span, found, items: starts.collect(), metrics: asked });
            // What trees learn from hangs on no trees.
            return Ok(rules.copied());
        }
        let Some((odds, attachment)) = best else { return Ok(None) };
        let killed = || rules.is_some() && disease::killed_by_it(reading, n);
        let first = reading.numbers.get(n).map_or(0, |number| number.first);
        let named = |(from, to): (usize, usize)| {
            to <= first && (from.saturating_sub(1)..to).any(|at| reading.has_at(at, Sense::Covid))
        };
        let stands = || reading.has_ending(attach::core_start(reading, n), Sense::Reaches);
        let is_named = |rules: &Attachment| {
            let befell = || disease::befell(reading, n, rules.metric);
            !is_trap && guessed == 0 && (rules.mark.is_some_and(named) && stands() || befell())
        };
        let is_bracketed = || {
            let placed = |open: usize| reading.is(open, "(") && reading.spots.iter().any(|spot| spot.after == open);
            let alone = |number: &Numeral| reading.is(number.after, ")") && placed(number.first.wrapping_sub(1));
            !is_trap && reading.numbers.get(n).is_some_and(alone)
        };
        // "154,837 deaths from 5,273,954 cases".
        let is_of_more = |rules: &Attachment| {
            let (_, after) = rules.mark.unwrap_or_default();
            let count = |number: &Numeral| number.first == after + 1;
            !is_trap && rules.why == Why::Noun && reading.word(after, Word::From) && reading.numbers.iter().any(count)
        };
        // "The second country to pass 20 million infections".
        let of_disease = |(_, to): (usize, usize)| (first..to).any(|at| reading.has_at(at, Sense::Covid));
        let is_reached = |rules: &Attachment| {
            !is_trap && rules.why == Why::Noun && rules.mark.is_some_and(of_disease) && rank::reached(reading, n)
        };
        let is_set_off = |rules: &Attachment| is_bracketed() || is_of_more(rules) || is_reached(rules);
        let believed = match rules {
            _ if guessed > 1 => OF_GUESSES,
            Some(rules) if rules.metric == attachment.metric && is_set_off(rules) => OF_BRACKET,
            Some(rules) if rules.metric == attachment.metric && is_named(rules) => OF_NAMED,
            Some(rules) if guessed == 0 && rules.metric == attachment.metric => {
                if !is_trap && is_plain(rules) {
                    OF_PLAIN
                } else {
                    OF_RULES
                }
            }
            _ => OF_OTHERS,
        };
        if odds >= believed || killed() { Ok(Some(attachment)) } else { Err(odds) }
    }

    /// What is seen of a number, whatever it counts.
    fn seen_of_number(
        &self,
        reading: &Reading<'_, 'p>,
        n: usize,
        rules: Option<&Attachment>,
        [guessed, may, is_trap, items]: [f32; 4],
    ) -> [f32; OF_NUMBER] {
        let mut seen = [NOTHING; OF_NUMBER];
        let Some(number) = reading.numbers.get(n) else { return seen };
        seen = [
            guessed,
            size(number.value),
            yes(number.value.fract() != 0.0),
            yes(number.percent),
            yes(number.words),
            yes(number.grouped),
            yes(number.max.is_some()),
            n as f32,
            reading.numbers.len() as f32,
            reading.tokens.len() as f32,
            reading.index as f32,
            self.memory.line.as_ref().map_or(0.0, |line| line.cues.len() as f32),
            rules.map_or(0.0, |rules| rank_of(rules.why)),
            rules.and_then(|rules| rules.mark).map_or(NOTHING, |(first, after)| {
                if first >= number.after {
                    (first - number.after) as f32
                } else {
                    -1.0 - number.first.saturating_sub(after) as f32
                }
            }),
            yes(rules.is_some_and(|rules| suggestion::is_plain(reading, rules, n))),
            may,
            is_trap,
            items,
        ];
        seen
    }

    /// What is seen of a number and a metric that it may count.
    fn seen_of_metric(
        &self,
        reading: &Reading<'_, 'p>,
        n: usize,
        rules: Option<&Attachment>,
        attachment: &Attachment,
        items: &[Metric],
    ) -> [f32; OF_METRIC] {
        let metric = attachment.metric;
        let Some(number) = reading.numbers.get(n) else { return [NOTHING; OF_METRIC] };
        let [left, right] = self.memory.line.as_ref().map_or([[NOTHING; 2]; 2], |line| line.named(number, metric));
        let position = |at: Option<usize>| at.map_or(-1.0, |at| at as f32);
        let counted = || self.memory.counted.iter().rev();
        let alike = counted().find(|counted| counted.metric == Some(metric));
        [
            rules.map_or(0.0, |rules| if rules.metric == metric { 1.0 } else { -1.0 }),
            f32::from(metric as u8),
            left[0],
            left[1],
            right[0],
            right[1],
            position(self.memory.sentence.iter().position(|one| *one == metric)),
            yes(self.memory.headline.contains(&metric)),
            position(counted().position(|counted| counted.metric == Some(metric))),
            alike.map_or(NOTHING, |alike| size(number.value) - size(alike.value)),
            yes(traps::after_metric(reading, n, attachment).is_some()),
            yes(disease::other(reading, n, metric, self.other_disease)),
            items.iter().filter(|item| **item == metric).count() as f32 / items.len().max(1) as f32,
        ]
    }
}

/// The rules' reasons by number, for the trees.
fn rank_of(why: Why) -> f32 {
    match why {
        Why::Noun => 1.0,
        Why::Predicate => 2.0,
        Why::Active => 3.0,
        Why::Label => 4.0,
        Why::Column => 5.0,
        Why::Governed => 6.0,
        Why::Coordinated(_) => 7.0,
        Why::Pointer => 8.0,
        Why::PartOfBefore => 9.0,
        Why::Elliptic => 10.0,
        Why::Continued => 11.0,
        Why::Retold => 12.0,
        Why::Suggested => 13.0,
    }
}
