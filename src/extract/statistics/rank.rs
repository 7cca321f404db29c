//! Ranks: "79th among other countries", "the third-highest toll in Europe", "second only to the United States".

use super::reading::Reading;
use crate::language::Pack;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{Metric, PlaceKind};
use std::ops::Range;

/// A rank in a sentence.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rank {
    pub(super) rank: u32,
    /// Among what, when it says.
    pub(super) scope: Option<String>,
    /// Its words.
    pub(super) at: Range<usize>,
    /// The metric that it ranks by, when its words say.
    pub(super) metric: Option<Metric>,
    /// It says who is above: "second only to Europe".
    pub(super) behind: bool,
}

/// The rank that a sentence states, if it ranks places by a metric.
pub(super) fn find(pack: &Pack, reading: &Reading<'_, '_>) -> Option<Rank> {
    after(pack, reading, 0)
}

/// The first rank that a sentence states from a token on.
pub(super) fn after(pack: &Pack, reading: &Reading<'_, '_>, from: usize) -> Option<Rank> {
    for (at, token) in reading.tokens.iter().enumerate().skip(from) {
        let tight = |at: usize| reading.tokens.get(at).is_some_and(|next| !next.spaced);
        // "5-е место".
        let suffix = at + 1 + usize::from(reading.is(at + 1, "-"));
        let figure = token.kind == TokenKind::Number
            && (at + 1..=suffix).all(tight)
            && reading.word(suffix, Word::OrdinalSuffix);
        let (rank, after) =
            if figure { (token.text.parse().ok(), suffix + 1) } else { (pack.ordinal(&token.lower), at + 1) };
        let led = reading.word(at.wrapping_sub(1), Word::RankPrefix);
        // "At number three with 12".
        let number = || reading.numbers.iter().find(|number| led && number.first == at && number.value <= 300.0);
        let rank = number().map(|number| number.value as u32).or(rank);
        let Some(rank) = rank else {
            match behind_only(reading, at) {
                Some(rank) => return Some(rank),
                None => continue,
            }
        };
        if pack.topic_first() {
            if let Some(at) = topic_first(reading, at, after) {
                let region = reading.spots.iter().rfind(|spot| {
                    at.contains(&spot.first) && matches!(spot.place.kind, PlaceKind::Region | PlaceKind::Country)
                });
                let scope = region.map(|spot| spot.place.name.to_string());
                let metric = reading.marks.iter().find_map(|mark| mark.cue.metric());
                return Some(Rank { rank, scope, at, metric, behind: false });
            }
            continue;
        }
        if let Some(end) = ranks(reading, at, after, figure) {
            let (scope, metric) = (scope(reading, end), ranked_by(reading, &(at..end)));
            let behind = reading.one_of(after, &[Word::Only, Word::Behind]) || names_above(reading, end);
            return Some(Rank { rank, scope, at: at..end, metric, behind });
        }
    }
    None
}

/// Words that lead from a rank to its figure: "third with 119,702".
pub(super) const LEADS: [Word; 3] = [Word::With, Word::On, Word::At];

/// Whether a place that holds several countries is named at a token.
pub(super) fn wide_at(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.spots.iter().any(|spot| spot.first == at && is_wide(spot.place.kind))
}

fn is_wide(kind: PlaceKind) -> bool {
    matches!(kind, PlaceKind::Region | PlaceKind::World)
}

/// The most places that are named as above another.
const MOST_ABOVE: usize = 8;

/// "797 per 100,000, behind only Czechia", "topped only by Peru's": after those that are named.
fn behind_only(reading: &Reading<'_, '_>, at: usize) -> Option<Rank> {
    let verb = reading.one_of(at.wrapping_sub(1), &[Word::Behind, Word::RankBehind]);
    if !reading.word(at, Word::Only) || !verb || reading.word(at + 1, Word::To) {
        return None;
    }
    let first = at + 1 + usize::from(reading.one_of(at + 1, &[Word::By, Word::After]));
    let mut end = first;
    let mut named = 0;
    let from = reading.spots.partition_point(|spot| spot.first < first);
    for spot in reading.spots.iter().skip(from).take(MOST_ABOVE) {
        let joined = (end..spot.first).all(|at| {
            reading.one_of(at, &[Word::And, Word::The])
                || reading.is(at, ",")
                || reading.is(at, "'")
                || reading.word(at, Word::Genitive)
        });
        if joined && !is_wide(spot.place.kind) {
            named += 1;
            end = spot.after;
        }
    }
    let behind = at - 1..end;
    let (scope, metric) = (scope(reading, end), ranked_by(reading, &(at - 1..at + 1)));
    (named > 0).then_some(Rank { rank: named + 1, scope, at: behind, metric, behind: true })
}

/// "The second highest in the country after Lagos (5,440)": the figure behind is another's.
fn names_above(reading: &Reading<'_, '_>, end: usize) -> bool {
    let stops = |at: &usize| [",", ";", "("].iter().any(|mark| reading.is(*at, mark));
    let told = |at: usize| reading.numbers.iter().any(|number| number.first == at);
    let until = (end..end + BY).find(|at| stops(at) || told(*at)).unwrap_or(end + BY);
    reading.is(until, "(") && (end..until).any(|at| reading.one_of(at, &[Word::Behind, Word::After]))
}

/// What a rank is taken by, where its own words or those behind it name it.
fn ranked_by(reading: &Reading<'_, '_>, at: &Range<usize>) -> Option<Metric> {
    let stops = |at: &usize| [",", ";", "("].iter().any(|mark| reading.is(*at, mark)) || reading.word(*at, Word::And);
    let end = (at.end..at.end + BY).find(stops).unwrap_or(at.end + BY);
    reading.marks_in(at.start..end).find_map(|mark| mark.cue.metric())
}

/// Tokens behind a rank within which it says by what.
const BY: usize = 8;

/// "居世界第四位", "高居第一", "第三高", "亚洲第二": a verb of ranking before the ordinal, a superlative behind it, or what
/// is ranked in right before it. Returns all the ranking words.
fn topic_first(reading: &Reading<'_, '_>, at: usize, after: usize) -> Option<Range<usize>> {
    let start = at - usize::from(reading.word(at.wrapping_sub(1), Word::RankPrefix));
    let verb = (start.saturating_sub(4)..=at).find(|at| reading.word(*at, Word::RankVerb));
    let scope = reading.spots.iter().find(|spot| spot.after == start && is_wide(spot.place.kind));
    let world = reading.word(start.wrapping_sub(1), Word::World).then(|| start - 1);
    let scoped = scope.map(|spot| spot.first).or(world);
    let counted = reading.tokens.get(after).is_some_and(|next| next.kind == TokenKind::Word)
        && !reading.one_of(after, &[Word::Superlative, Word::RankNoun]);
    let superlative = reading.word(after, Word::Superlative).then_some(start);
    let first = verb.or(superlative).or(scoped.filter(|_| !counted))?;
    Some(first..after + usize::from(reading.one_of(after, &[Word::RankNoun, Word::Superlative])))
}

/// Whether an ordinal ranks: what stands behind it says so. Returns where the ranking words end.
fn ranks(reading: &Reading<'_, '_>, at: usize, after: usize, figure: bool) -> Option<usize> {
    let word = |at: usize, word: Word| reading.word(at, word);
    let dash = usize::from(reading.is(after, "-"));
    if word(after + dash, Word::Superlative) {
        let end = after + dash + 1;
        // "Its second-highest ever", "the third-highest since May" rank days, "the third-lowest" from below, and "the sixth-largest city" is a place.
        let low = word(after + dash, Word::RankLast);
        let days = low || word(at.wrapping_sub(1), Word::Its) || ranks_days(reading, end);
        return (!days && !describes(reading, end)).then_some(end);
    }
    // "La tercera cifra más alta", "el segundo país con más casos".
    let most = (after + 1..after + 6)
        .find(|at| word(*at, Word::Most) && !word(at + 1, Word::Of))
        .filter(|at| *at < after + 3 || word(at - 1, Word::With));
    if let Some(most) =
        most.filter(|most| reading.pack.order.adjectives_follow && !reading.has_at(*most, Sense::MoreThan))
    {
        return Some(most + 1);
    }
    // "The fifth country to record more than 100,000".
    if let Some(end) = passes(reading, after) {
        return Some(end);
    }
    // "The second country most hit".
    if word(after, Word::RankUnit) && word(after + 1, Word::Most) && word(after + 2, Word::RankHit) {
        return Some(after + 3);
    }
    if word(after, Word::Only) && word(after + 1, Word::To) || word(after, Word::Behind) {
        return Some(after);
    }
    let of_place = |at: usize| reading.spots.iter().any(|spot| spot.first == at);
    let named = |at: usize| reading.one_of(at, &[Word::RankScope, Word::RankUnit, Word::RankTable]) || of_place(at);
    // "208,823 on Wednesday, eighth in the world".
    let led = reading.one_of(at.wrapping_sub(1), &[Word::RankVerb, Word::RankLead]);
    let led_by_verb = word(at.wrapping_sub(1), Word::RankPrefix) && word(at.wrapping_sub(1), Word::RankVerb);
    // "Louth is next, and Waterford third on 872.9".
    let of_place = reading.spots.iter().any(|spot| spot.after == at);
    // "The state ranks second per capita", "ranks 71/222".
    if led_by_verb {
        return Some(after);
    }
    // "Which keeps it sixth on the list".
    let led = led || reading.one_of(at.wrapping_sub(1), &[Word::It, Word::Them]);
    let adverb =
        figure || led || word(at.wrapping_sub(1), Word::RankPrefix) || of_place || reading.is(at.wrapping_sub(1), ",");
    // "Podgorica is first (1,511), Nikšić second (707)", "Egypt is a distant third with 119,702".
    let told = |at: usize| reading.numbers.iter().any(|number| number.first == at);
    let leads = reading.one_of(after, &LEADS);
    // "The North second with 2,480".
    let name = reading.tokens.get(at.wrapping_sub(1)).is_some_and(|token| token.capitalised());
    let figure_behind =
        reading.is(after, "(") && told(after + 1) || (adverb || name) && leads && (after + 1..after + 3).any(told);
    if figure_behind && !figure {
        return Some(after);
    }
    // "In deaths India, at 71,642, is third."
    let ends = after >= reading.tokens.len() || [".", ",", ";", ":"].iter().any(|mark| reading.is(after, mark));
    if led && !figure && !word(at.wrapping_sub(1), Word::The) && (ends || word(after, Word::And)) {
        return Some(after);
    }
    // "Ranking 52nd of 222 territories", "first of the cities".
    let verb = word(at.wrapping_sub(1), Word::RankVerb) && figure || word(at.wrapping_sub(1), Word::RankPrefix);
    let unit = || (after + 1..after + 4).any(|at| word(at, Word::RankUnit));
    if word(after, Word::Of) && (verb && told(after + 1) || led && !figure && unit()) {
        return Some(after);
    }
    // "The region stands at 24,887 infections, thirteenth, between Krasnoyarsk and Omsk".
    let figure_before = || reading.numbers.iter().any(|number| number.after + 1 == at);
    let counted =
        reading.is(at.wrapping_sub(1), ",") && (reading.metric_at(at.wrapping_sub(2)).is_some() || figure_before());
    if counted && !figure && ends {
        return Some(after);
    }
    // "79th among other countries", "35th in the world", "fifth by the number of cases", "third after Brazil and India".
    let among = reading.one_of(after, &[Word::Among, Word::In, Word::On]);
    // "It is also first in deaths, with 27.9 per million".
    if adverb && !figure && word(after, Word::In) && reading.metric_at(after + 1).is_some() {
        return Some(after);
    }
    // "First among the 27", "second in both columns".
    let all = word(after, Word::Among) && (after + 1..after + 3).any(told)
        || word(after, Word::In) && word(after + 1, Word::Both);
    if word(after, Word::By) || !figure && word(after, Word::After) || all || among && (after + 1..after + 5).any(named)
    {
        return adverb.then_some(after);
    }
    if word(after, Word::RankNoun) {
        return Some(after + 1);
    }
    (word(after, Word::Worldwide) && adverb).then_some(after)
}

/// "The second-highest value since the pandemic started", with nothing that it stands among.
fn ranks_days(reading: &Reading<'_, '_>, end: usize) -> bool {
    let Some(since) = (end..end + DAYS).find(|at| reading.word(*at, Word::Since)) else { return false };
    !(end..since).any(|at| reading.one_of(at, &[Word::RankScope, Word::RankUnit]) || reading.is(at, ","))
        && !reading.spots.iter().any(|spot| (end..since).contains(&spot.first))
}

/// "The sixth-largest city", "the second most populous state".
fn describes(reading: &Reading<'_, '_>, end: usize) -> bool {
    let unit = (end..end + 2).find(|at| reading.word(*at, Word::RankUnit));
    unit.is_some_and(|unit| !(end - 1..unit + 2).any(|at| reading.one_of(at, &[Word::RankHit, Word::With])))
        && reading.metric_at(end).is_none()
}

/// Where what somebody became the Nth to reach begins: "country in the world to record".
fn passes(reading: &Reading<'_, '_>, after: usize) -> Option<usize> {
    let to = (after + 1..after + PASSES).find(|at| reading.word(*at, Word::To))?;
    let told = |at: usize| reading.numbers.iter().any(|number| number.first == at);
    (reading.word(after, Word::RankUnit) && (to + 1..to + PASSES).any(told)).then_some(to + 1)
}

/// Whether a number is what somebody became the Nth to reach, at no more than that: "the first state to report 1,000 in a day".
pub(super) fn reached(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let clause = reading.clause(number.first);
    let ordinal = |at: usize| reading.ordinal(at).is_some();
    let led = |at: usize| ordinal(at) && passes(reading, at + 1).is_some_and(|to| to < number.first);
    let first = number.first.saturating_sub(2 * PASSES);
    let told = n.checked_sub(1).and_then(|before| reading.numbers.get(before)).map_or(first, |before| before.after);
    let daily = (number.after..clause.end).any(|at| reading.word(at, Word::Day));
    (first.max(told)..number.first).any(led) && !daily
}

/// Tokens behind "country" within which it says what was reached, and behind a superlative within which it says since when.
const PASSES: usize = 7;
const DAYS: usize = 7;

/// Among what: a region or a country named behind, where one is.
pub(super) fn scope(reading: &Reading<'_, '_>, after: usize) -> Option<String> {
    let end = (after..reading.tokens.len().min(after + 14))
        .find(|at| reading.tokens.get(*at).is_some_and(|token| token.is(";") || token.is(".")))
        .unwrap_or(reading.tokens.len().min(after + 14));
    reading
        .spots
        .iter()
        .find(|spot| {
            spot.first >= after
                && spot.first < end
                && (reading.word(spot.first - 1, Word::In)
                    || reading.word(spot.first - 1, Word::The) && reading.word(spot.first.wrapping_sub(2), Word::In))
        })
        .map(|spot| spot.place.name.to_string())
}
