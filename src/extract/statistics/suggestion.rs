//! What a number counts, as the words around it suggest.
//!
//! In: a sentence of an English story about COVID-19, a number of it, and what was counted before. Out: the metrics that the
//! number may count, and how likely each is; [`super::weighed`] decides. A linear model over the cue phrases
//! beside the number, the metrics of the numbers before it and the words next to it ranks them, learnt by `tools/judge` from
//! every labelled figure. It knows relations ("the first cue behind, no number in between", "what the number before counted, a
//! third of its size") rather than phrases, so that it goes on where a way of telling is new to every rule.
//!
//! What holds: of numbers in traps, cells of tables, rates per population, and what is plain or contested by nothing, no
//! other metric is asked about than the rules' own; scores are of one number's own surroundings and the four numbers before it.

use super::again::is_another_share;
use super::attach::{Attachment, Why};
use super::beside::NOTHING;
use super::continued::another_label;
use super::hashed::{Model, bucket, fnv, name};
use super::kinds::{KINDS, is_percent, kind_of};
use super::lean::base_of_part;
use super::reading::Reading;
use super::weighed::Asked;
use super::{Finder, judge};
use crate::language::Cue;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::Metric;
use std::ops::Range;

static MODEL: Model = Model(include_bytes!("suggestion.bin"));

/// So many bits choose the bucket of a feature.
pub const BITS: u32 = 17;

/// Numbers before one that tell what it may count.
const BEFORE: usize = 4;

/// Tokens to either side in which cue phrases are looked for, and those whose words count.
const REACH: usize = 40;
const WORDS: usize = 6;
const PLACED: usize = 4;

/// Metrics of a smaller share (its logarithm) are left aside, save the best and the rules' own.
const LIKELY: f32 = -4.0;

/// Whether a metric of this share and margin is weighed.
pub fn is_weighed(share: f32, margin: f32, of_rules: bool) -> bool {
    margin >= 0.0 || share >= LIKELY || of_rules
}

/// How much better a metric is that nothing contests.
pub const UNCONTESTED: f32 = 10.0;

/// Share and margin of a metric that nothing suggests.
pub const LAST: [f32; 2] = [NOTHING, -UNCONTESTED];

/// Shares, which any number with a percent sign may be.
const SHARES: [Metric; 6] = [
    Metric::IcuOccupancy,
    Metric::PositivityRate,
    Metric::PeopleVaccinatedShare,
    Metric::PeopleFullyVaccinatedShare,
    Metric::CaseFatalityRate,
    Metric::RecoveryRate,
];

/// What is said of a number and one metric.
#[derive(Debug, Clone, Copy)]
#[repr(u32)]
enum Said {
    Order,
    OrderNumbers,
    OrderWord,
    Distance,
    DistanceWord,
    Cue,
    SentenceBefore,
    Headline,
    Counted,
    CountedSize,
    CountedNear,
    Gap,
    Default,
    Metric,
    Word,
    Left,
    Right,
    PairLeft,
    PairRight,
    Digits,
}

/// A number before, with what it counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    pub(super) metric: Option<Metric>,
    pub(super) value: f64,
    sentence: usize,
    after: usize,
}

/// What the story has counted up to a number.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The last numbers of the body, the latest last.
    pub(super) counted: Vec<Counted>,
    /// The metrics that the sentence before names, in order, and those of the headline.
    pub(super) sentence: Vec<Metric>,
    pub(super) headline: Vec<Metric>,
    /// The sentence that is being read, once something is asked of it.
    pub(super) line: Option<Line>,
    /// What was asked, where the trainer listens.
    pub(super) asked: Option<Vec<Asked>>,
}

/// A sentence as the model sees it.
#[derive(Debug)]
pub(super) struct Line {
    index: usize,
    /// Each token by its stem.
    words: Vec<u32>,
    /// How many commas and the like, and how many numbers, begin before each token.
    commas: Vec<u32>,
    numbers: Vec<u32>,
    /// The cue phrases that name metrics, in order.
    pub(super) cues: Vec<Named>,
}

/// A cue phrase that names a metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    first: usize,
    after: usize,
    metric: Metric,
    cue: u32,
    /// Its words.
    phrase: u32,
}

impl Line {
    fn new(reading: &Reading<'_, '_>) -> Self {
        let mut words: Vec<u32> = (0..reading.tokens.len()).map(|at| word(reading, at)).collect();
        for at in reading.numbers.iter().flat_map(|number| number.first..number.after) {
            if let Some(word) = words.get_mut(at) {
                *word = fnv(b"0");
            }
        }
        let mut numbers = vec![0_u32; reading.tokens.len() + 1];
        for number in &reading.numbers {
            if let Some(count) = numbers.get_mut(number.first + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut numbers {
            sum += *count;
            *count = sum;
        }
        let comma = |token: &Token<'_>| matches!(token.lower.as_ref(), "," | ";" | ":" | "(" | ")" | "–" | "—");
        let mut commas = vec![0_u32];
        commas.extend(reading.tokens.iter().scan(0, |sum, token| {
            *sum += u32::from(comma(token));
            Some(*sum)
        }));
        let cues = reading.marks.iter().filter_map(|mark| {
            let phrase = words.get(mark.first..mark.after)?.iter().fold(1, |all: u32, word| all.rotate_left(5) ^ word);
            let cue = match mark.cue {
                Cue::Noun(_) => 0,
                Cue::Predicate(_) => 1,
                Cue::Active(_) => 2,
                _ => 3,
            };
            Some(Named { first: mark.first, after: mark.after, metric: mark.cue.metric()?, cue, phrase })
        });
        Self { index: reading.index, cues: cues.collect(), words, commas, numbers }
    }

    /// The cue phrases near a number, and some more: phrases are short.
    fn near(&self, number: &Numeral) -> &[Named] {
        let first = self.cues.partition_point(|cue| cue.first + 2 * REACH < number.first);
        let after = self.cues.partition_point(|cue| cue.first < number.after + REACH);
        self.cues.get(first..after).unwrap_or_default()
    }

    /// How far the nearest phrase of a metric stands to the left and to the right of a number, and how many numbers stand
    /// between.
    pub(super) fn named(&self, number: &Numeral, metric: Metric) -> [[f32; 2]; 2] {
        let is = |cue: &&Named| {
            if number.percent { share_of(cue.metric) == Some(metric) } else { cue.metric == metric }
        };
        let near = || self.near(number).iter().filter(is);
        let left = near().filter(|cue| cue.after <= number.first).map(|cue| cue.after..number.first);
        let right = near().filter(|cue| cue.first >= number.after).map(|cue| number.after..cue.first);
        [left.min_by_key(ExactSizeIterator::len), right.min_by_key(ExactSizeIterator::len)].map(|between| {
            between.map_or([NOTHING; 2], |between| [between.len() as f32, Self::within(&self.numbers, between) as f32])
        })
    }

    /// How many of those counted begin within tokens.
    fn within(counts: &[u32], range: Range<usize>) -> u32 {
        let until = |at: usize| counts.get(at).or(counts.last()).copied().unwrap_or(0);
        until(range.end).saturating_sub(until(range.start))
    }
}

/// A metric that a number may count.
#[derive(Debug, Clone)]
pub(super) struct Ranked {
    pub(super) metric: Metric,
    /// Logarithm of its share.
    pub(super) share: f32,
    /// Log odds against the best other.
    pub(super) margin: f32,
    /// Buckets of its features, below `1 << BITS`, where the trainer listens.
    pub(super) features: Option<Vec<u32>>,
}

impl Ranked {
    /// What a number counts that counts nothing else.
    fn only(metric: Metric) -> Self {
        Self { metric, share: 0.0, margin: UNCONTESTED, features: None }
    }

    /// What nothing suggests.
    pub(super) fn last(metric: Metric) -> Self {
        let [share, margin] = LAST;
        Self { metric, share, margin, features: None }
    }
}

impl<'p> Finder<'_, 'p> {
    /// The metrics that number `n` may count; `may` says whether any but the rules' own.
    pub(super) fn ranked(
        &mut self,
        reading: &Reading<'_, 'p>,
        n: usize,
        rules: Option<&Attachment>,
        may: bool,
    ) -> Vec<Ranked> {
        if self.memory.line.as_ref().is_none_or(|line| line.index != reading.index) {
            self.memory.line = Some(Line::new(reading));
        }
        // What is clear without a look at the words.
        if !may && rules.is_none() {
            return Vec::new();
        }
        if let Some(rules) =
            rules.filter(|rules| !may || is_plain(reading, rules, n) || !self.memory.contests(rules.metric))
        {
            return vec![Ranked::only(rules.metric)];
        }
        let mut steps: [Option<i32>; KINDS.len()] = [None; KINDS.len()];
        let mut features: Option<Vec<(Metric, u32)>> = self.memory.asked.is_some().then(Vec::new);
        candidates(reading, n, &self.memory, |metric, feature| {
            if let Some(sum) = steps.get_mut(metric as usize) {
                *sum = Some(sum.unwrap_or(0) + MODEL.weight(feature));
            }
            features.iter_mut().for_each(|all| all.push((metric, feature)));
        });
        let sum_of = |metric: Metric| steps.get(metric as usize).copied().flatten();
        let sums: Vec<(Metric, i32)> = KINDS.iter().filter_map(|row| Some((row.metric, sum_of(row.metric)?))).collect();
        let Some((best, most)) = sums.iter().copied().max_by_key(|(_, sum)| *sum) else { return Vec::new() };
        let second = sums.iter().filter(|(metric, _)| *metric != best).map(|(_, sum)| *sum).max();
        let all = sums.iter().map(|(_, sum)| MODEL.odds(sum - most).exp()).sum::<f32>().ln();
        let mut ranked: Vec<Ranked> = (sums.iter())
            .map(|(metric, sum)| {
                let other = if *metric == best { second } else { Some(most) };
                let margin = other.map_or(UNCONTESTED, |other| MODEL.odds(sum - other));
                let own =
                    |all: &Vec<(Metric, u32)>| all.iter().filter(|one| one.0 == *metric).map(|one| one.1).collect();
                Ranked {
                    metric: *metric,
                    share: MODEL.odds(sum - most) - all,
                    margin: margin.clamp(-UNCONTESTED, UNCONTESTED),
                    features: features.as_ref().map(own),
                }
            })
            .collect();
        let rules = rules.map(|rules| rules.metric);
        if features.is_none() {
            ranked.retain(|one| is_weighed(one.share, one.margin, Some(one.metric) == rules));
        }
        if let Some(metric) = rules.filter(|rules| ranked.iter().all(|one| one.metric != *rules)) {
            ranked.push(Ranked::last(metric));
        }
        ranked
    }

    /// Notes what number `n` was taken for.
    pub(super) fn counted(&mut self, reading: &Reading<'_, '_>, n: usize, metric: Option<Metric>) {
        let Some(number) = reading.numbers.get(n).filter(|_| reading.span.field.is_body()) else { return };
        if self.memory.counted.len() == BEFORE {
            self.memory.counted.remove(0);
        }
        let counted = Counted { metric, value: number.value, sentence: reading.index, after: number.after };
        self.memory.counted.push(counted);
    }
}

impl Memory {
    /// Whether its sentence or the one before names another metric, or a number before counts one.
    fn contests(&self, metric: Metric) -> bool {
        let named = self.line.iter().flat_map(|line| &line.cues).any(|cue| cue.metric != metric);
        let counted = |counted: &Counted| counted.metric.is_some_and(|counted| counted != metric);
        named || self.sentence.iter().any(|one| *one != metric) || self.counted.iter().any(counted)
    }

    /// Notes the metrics that a sentence names.
    pub(super) fn read(&mut self, reading: &Reading<'_, '_>) {
        let metrics = reading.marks.iter().filter_map(|mark| mark.cue.metric());
        if reading.span.field.is_body() {
            self.sentence.clear();
            self.sentence.extend(metrics);
        } else {
            self.headline.extend(metrics);
        }
    }
}

/// Whether number `n` may count something else than the rules say, or something where they say nothing. Of a number that is
/// no cell of a table they say nothing where it is in a trap.
pub(super) fn may_count(
    reading: &Reading<'_, '_>,
    n: usize,
    rules: Option<&Attachment>,
    cell: bool,
    is_trap: bool,
) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let free = match rules {
        Some(rules) => rules.why != Why::Column && may_be(rules.metric, number.percent),
        None => true,
    };
    free && (number.percent || number.value.fract() == 0.0)
        && !per(reading, n)
        && (rules.is_some() && !cell || !is_trap)
}

/// What the grammar knows to be something else: under another label, a base, a share again.
pub(super) fn is_otherwise(reading: &Reading<'_, '_>, n: usize) -> bool {
    another_label(reading, n) || base_of_part(reading, n) || is_another_share(reading, n)
}

/// The attachment of number `n` to a metric that its words suggest.
pub(super) fn suggested(reading: &Reading<'_, '_>, n: usize, metric: Metric) -> Attachment {
    let said = beside(reading, n, metric);
    Attachment { mark: said.map(|mark| (mark.first, mark.after)), ..Attachment::new(metric, Why::Suggested) }
}

/// "412 new cases", "1,124 more patients recovered" say it all.
pub(super) fn is_plain(reading: &Reading<'_, '_>, rules: &Attachment, n: usize) -> bool {
    let Some((number, (first, _))) = reading.numbers.get(n).zip(rules.mark) else { return false };
    let people = |at: usize| reading.has_at(at, Sense::People) || reading.has_at(at, Sense::New);
    let between = first.checked_sub(number.after);
    between.is_some_and(|between| match rules.why {
        Why::Noun => between <= 1,
        Why::Predicate => {
            let ended = matches!(rules.metric, Metric::Deaths | Metric::Recoveries);
            ended && between <= 3 && (number.after..first).all(people)
        }
        _ => false,
    })
}

/// Whether a number, with or without a percent sign, may be of a metric.
fn may_be(metric: Metric, percent: bool) -> bool {
    if percent { is_percent(metric) } else { kind_of(metric).whole }
}

/// The metric of a percentage of what a cue phrase names.
fn share_of(metric: Metric) -> Option<Metric> {
    Some(match metric {
        Metric::Cases | Metric::Tests | Metric::PeopleTested => Metric::PositivityRate,
        Metric::Deaths => Metric::CaseFatalityRate,
        Metric::Recoveries => Metric::RecoveryRate,
        Metric::IcuPatients => Metric::IcuOccupancy,
        Metric::DosesAdministered | Metric::PeopleVaccinated => Metric::PeopleVaccinatedShare,
        Metric::PeopleFullyVaccinated => Metric::PeopleFullyVaccinatedShare,
        share if is_percent(share) => share,
        _ => return None,
    })
}

/// "12 per 100,000", "450 per million".
fn per(reading: &Reading<'_, '_>, n: usize) -> bool {
    let after = reading.numbers.get(n).map_or(0, |number| number.after);
    (after..after + 6)
        .any(|at| reading.word(at, Word::Per) && reading.numbers.iter().any(|number| number.first == at + 1))
}

/// The cue phrase of a metric that is next to a number.
fn beside<'r>(reading: &'r Reading<'_, '_>, n: usize, metric: Metric) -> Option<&'r Mark> {
    let number = reading.numbers.get(n)?;
    let far = |mark: &&Mark| {
        if mark.first >= number.after { mark.first - number.after } else { number.first.saturating_sub(mark.after) }
    };
    reading.marks.iter().filter(|mark| mark.cue.metric() == Some(metric)).min_by_key(far)
}

/// Finds the metrics that number `n` may count, with the features of each.
fn candidates(reading: &Reading<'_, '_>, n: usize, memory: &Memory, mut found: impl FnMut(Metric, u32)) {
    let (Some(number), Some(line)) = (reading.numbers.get(n), &memory.line) else { return };
    let word = |at: usize| line.words.get(at).copied().unwrap_or(0);
    let metric_of =
        |metric: Metric| if number.percent { share_of(metric) } else { Some(metric).filter(|one| kind_of(*one).whole) };
    let mut seen: u32 = 0;
    // A relation counts by itself, and for its metric.
    let mut say = |metric: Metric, said: Said, what: u32| {
        seen |= 1 << metric as u32;
        found(metric, feature(said, what));
        found(metric, feature(said, what ^ own(metric)));
    };
    let mut words: Vec<(Metric, Said, u32)> = Vec::new();
    let near = line.near(number);
    let left = near.iter().filter(|cue| cue.after <= number.first && number.first - cue.after < REACH);
    let mut left: Vec<&Named> = left.collect();
    left.sort_by_key(|cue| usize::MAX - cue.after);
    let right = near.iter().filter(|cue| cue.first >= number.after && cue.first - number.after < REACH);
    for (side, cues) in [(0_u32, left), (1, right.collect())] {
        let (mut order, mut last, mut named) = (0_u32, None, 0_u32);
        for cue in cues {
            let Some(metric) = metric_of(cue.metric) else { continue };
            // The token that is nearest to the number; several phrases may share it.
            let (at, between) = if side == 0 {
                (cue.after - 1, cue.after - 1..number.first)
            } else {
                (cue.first, number.after..cue.first + 1)
            };
            order += u32::from(last.is_some_and(|last| last != at));
            last = Some(at);
            if named >> metric as u32 & 1 == 1 {
                continue;
            }
            named |= 1 << metric as u32;
            let distance = u32::try_from(between.len() - 1).unwrap_or(u32::MAX);
            let numbers = Line::within(&line.numbers, between.clone());
            let commas = Line::within(&line.commas, between);
            let relation = side | order.min(3) << 1 | numbers.min(2) << 3 | commas.min(2) << 5;
            say(metric, Said::OrderNumbers, relation);
            say(metric, Said::Order, side | order.min(3) << 1);
            say(metric, Said::Distance, side | numbers.min(1) << 1 | distance.min(6) << 2);
            say(metric, Said::Cue, side | numbers.min(1) << 1 | cue.cue << 2);
            words.push((metric, Said::OrderWord, cue.phrase ^ relation.wrapping_mul(0x9e37_79b1)));
            let distance = side | distance.min(3) << 1;
            words.push((metric, Said::DistanceWord, cue.phrase ^ distance.wrapping_mul(0x9e37_79b1)));
        }
    }
    for (said, metrics) in [(Said::SentenceBefore, &memory.sentence), (Said::Headline, &memory.headline)] {
        let mut named: u32 = 0;
        for (order, metric) in (0..).zip(metrics.iter().filter_map(|metric| metric_of(*metric))) {
            if named >> metric as u32 & 1 == 0 {
                named |= 1 << metric as u32;
                say(metric, said, if matches!(said, Said::Headline) { 0 } else { u32::min(order, 2) });
            }
        }
    }
    for (back, counted) in (0_u32..).zip(memory.counted.iter().rev()) {
        let Some(metric) = counted.metric.and_then(metric_of) else { continue };
        let same = u32::try_from(reading.index.saturating_sub(counted.sentence)).map_or(2, |apart| apart.min(2));
        let size = ratio(number.value, counted.value);
        say(metric, Said::Counted, back | same << 2);
        say(metric, Said::CountedSize, same | size << 2);
        say(metric, Said::CountedNear, back | same << 2 | size << 4);
        if back == 0 && same == 0 {
            let gap = counted.after.max(number.first.saturating_sub(3))..number.first;
            let gap = gap.fold(7, |all: u32, at| all.rotate_left(5) ^ word(at));
            words.push((metric, Said::Gap, gap));
        }
    }
    let usual: &[Metric] = if number.percent { &SHARES } else { &[Metric::Cases, Metric::Deaths] };
    usual.iter().for_each(|metric| say(*metric, Said::Default, 0));
    words.into_iter().for_each(|(metric, said, what)| found(metric, feature(said, what)));
    // What stands next to the number speaks for each metric in its own way.
    let mut beside: Vec<(Said, u32)> = Vec::with_capacity(4 * WORDS);
    let left: Vec<u32> = (number.first.saturating_sub(WORDS)..number.first).rev().map(word).collect();
    let right: Vec<u32> = (number.after..reading.tokens.len().min(number.after + WORDS)).map(word).collect();
    for (words, side, pair) in [(&left, Said::Left, Said::PairLeft), (&right, Said::Right, Said::PairRight)] {
        for (place, word) in (1..).zip(words) {
            beside.push((side, *word));
            if place <= PLACED {
                beside.push((
                    Said::Word,
                    word.rotate_left(3).wrapping_add(side as u32 | u32::try_from(place).unwrap_or(0) << 8),
                ));
            }
        }
        if let [one, two, ..] = words.as_slice() {
            beside.push((pair, one.rotate_left(7) ^ two));
        }
    }
    let digits = number.value.abs().max(1.0).log10() as u32;
    beside.push((Said::Digits, digits.min(7)));
    beside.push((Said::Metric, 0));
    let named = KINDS.iter().map(|row| row.metric).filter(|metric| seen >> *metric as u32 & 1 == 1);
    for metric in named {
        beside.iter().for_each(|(said, what)| found(metric, feature(*said, what ^ own(metric))));
    }
}

fn feature(said: Said, what: u32) -> u32 {
    bucket(said as u32, what, BITS)
}

/// What makes a feature that of one metric alone.
fn own(metric: Metric) -> u32 {
    (metric as u32 + 1).wrapping_mul(0x0100_0193).rotate_left(11)
}

/// How much larger a number is than another, by half powers of ten, from 0 to 6.
fn ratio(this: f64, that: f64) -> u32 {
    let steps = ((this.max(1.0) / that.max(1.0)).log10() * 2.0).trunc().clamp(-3.0, 3.0);
    (steps + 3.0) as u32
}

/// A token by its stem; names are one word.
fn word(reading: &Reading<'_, '_>, at: usize) -> u32 {
    let Some(token) = reading.tokens.get(at) else { return 0 };
    let lower = token.lower.as_bytes();
    if token.kind == TokenKind::Word {
        judge::stem(lower, token.capitalised() && at > 0)
    } else {
        name(lower, false).unwrap_or_else(|| fnv(lower))
    }
}
