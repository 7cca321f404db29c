//! Ranks: "79th among other countries", "the third-highest toll in Europe", "second only to the United States".

use super::kinds::kind_of;
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
    pub(super) scope: String,
    /// Its words.
    pub(super) at: Range<usize>,
    /// The metric that it ranks by, when the sentence says.
    pub(super) metric: Option<Metric>,
}

/// The rank that a sentence states, if it ranks places by a metric.
pub(super) fn find(pack: &Pack, reading: &Reading<'_, '_>) -> Option<Rank> {
    after(pack, reading, 0)
}

/// The first rank that a sentence states from a token on.
fn after(pack: &Pack, reading: &Reading<'_, '_>, from: usize) -> Option<Rank> {
    let metric = reading.marks.iter().find_map(|mark| mark.cue.metric());
    for (at, token) in reading.tokens.iter().enumerate().skip(from) {
        let tight = |at: usize| reading.tokens.get(at).is_some_and(|next| !next.spaced);
        // "5-е место".
        let suffix = at + 1 + usize::from(reading.is(at + 1, "-"));
        let figure = token.kind == TokenKind::Number
            && (at + 1..=suffix).all(tight)
            && reading.word(suffix, Word::OrdinalSuffix);
        let (rank, after) =
            if figure { (token.text.parse().ok(), suffix + 1) } else { (pack.ordinal(&token.lower), at + 1) };
        let led = token.kind == TokenKind::Number && reading.word(at.wrapping_sub(1), Word::RankPrefix);
        let rank = if led { token.lower.parse().ok() } else { rank };
        let Some(rank) = rank else { continue };
        if pack.topic_first() {
            if let Some(at) = topic_first(reading, at, after) {
                let region = reading.spots.iter().rfind(|spot| {
                    at.contains(&spot.first) && matches!(spot.place.kind, PlaceKind::Region | PlaceKind::Country)
                });
                let scope = region.map_or("world".to_owned(), |spot| spot.place.name.to_string());
                return Some(Rank { rank, scope, at, metric });
            }
            continue;
        }
        if let Some(end) = ranks(reading, at, after, figure) {
            let scope = scope(reading, end).unwrap_or_else(|| "world".to_owned());
            return Some(Rank { rank, scope, at: at..end, metric });
        }
    }
    None
}

/// "居世界第四位", "高居第一", "第三高", "亚洲第二": a verb of ranking before the ordinal, a superlative behind it, or what
/// is ranked in right before it. Returns all the ranking words.
fn topic_first(reading: &Reading<'_, '_>, at: usize, after: usize) -> Option<Range<usize>> {
    let start = at - usize::from(reading.word(at.wrapping_sub(1), Word::RankPrefix));
    let verb = (start.saturating_sub(4)..=at).find(|at| reading.word(*at, Word::RankVerb));
    let scope = reading
        .spots
        .iter()
        .find(|spot| spot.after == start && matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World));
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
        // "Its second-highest ever" ranks days.
        return (!word(at.wrapping_sub(1), Word::Its)).then_some(after + dash + 1);
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
    if word(after, Word::Only) && word(after + 1, Word::To) || word(after, Word::Behind) {
        return Some(after);
    }
    let named = |at: usize| {
        let wide = |kind: PlaceKind| matches!(kind, PlaceKind::Region | PlaceKind::World);
        word(at, Word::RankScope) || reading.spots.iter().any(|spot| spot.first == at && wide(spot.place.kind))
    };
    // "208,823 on Wednesday, eighth in the world".
    let led = reading.one_of(at.wrapping_sub(1), &[Word::RankVerb, Word::RankLead]);
    // "Louth is next, and Waterford third on 872.9".
    let of_place = reading.spots.iter().any(|spot| spot.after == at);
    let adverb = figure || led || of_place || reading.is(at.wrapping_sub(1), ",");
    // "Podgorica is first (1,511), Nikšić second (707)", "Egypt is a distant third with 119,702".
    let told = |at: usize| reading.numbers.iter().any(|number| number.first == at);
    let leads = reading.one_of(after, &[Word::With, Word::On, Word::At]);
    let figure_behind =
        reading.is(after, "(") && told(after + 1) || adverb && leads && (after + 1..after + 3).any(told);
    if figure_behind && !figure {
        return Some(after);
    }
    // "In deaths India, at 71,642, is third."
    let ends = after >= reading.tokens.len() || [".", ",", ";", ":"].iter().any(|mark| reading.is(after, mark));
    if led && !figure && !word(at.wrapping_sub(1), Word::The) && (ends || word(after, Word::And)) {
        return Some(after);
    }
    // "Ranking 52nd of 222 territories".
    if word(at.wrapping_sub(1), Word::RankVerb) && figure && word(after, Word::Of) && told(after + 1) {
        return Some(after);
    }
    // "79th among other countries", "35th in the world", "fifth by the number of cases", "third after Brazil and India".
    let among = word(after, Word::Among) || word(after, Word::In);
    if word(after, Word::By) || !figure && word(after, Word::After) || among && (after + 1..after + 5).any(named) {
        return adverb.then_some(after);
    }
    if word(after, Word::RankNoun) {
        return Some(after + 1);
    }
    (word(after, Word::Worldwide) && adverb).then_some(after)
}

/// Among what: a region or a country named behind, else the world.
fn scope(reading: &Reading<'_, '_>, after: usize) -> Option<String> {
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

/// The most ranks that a sentence states.
const MOST: usize = 16;

/// What a sentence counts with its numbers, and of which places.
pub(super) type Counted<'n> = [Option<(Metric, Option<&'n str>)>];

/// The numbers of a sentence that have a rank, with that: `first` and what else it states.
pub(super) fn owned(
    pack: &Pack,
    reading: &Reading<'_, '_>,
    first: Option<&Rank>,
    counted: &Counted<'_>,
) -> Vec<(usize, u32, String)> {
    let metrics: Vec<Option<Metric>> = counted.iter().map(|one| one.map(|(metric, _)| metric)).collect();
    let mut all: Vec<(usize, u32, String)> = Vec::new();
    let mut rank = first.cloned();
    for _ in 0..MOST {
        let Some(one) = rank else { break };
        let free = |n: usize| !all.iter().any(|(owned, ..)| *owned == n);
        let left: Vec<Option<Metric>> =
            metrics.iter().enumerate().map(|(n, metric)| metric.filter(|_| free(n))).collect();
        let owner = owner(reading, &one, &left);
        rank = after(pack, reading, one.at.end.max(one.at.start + 1));
        all.extend(owner.map(|n| (n, one.rank, one.scope)));
    }
    if all.is_empty() {
        all.extend(leading(reading, &metrics));
    }
    followed(reading, counted, &mut all);
    all
}

/// "Peru has the highest number of deaths in the world, 180,764": what a superlative says is the first among.
fn leading(reading: &Reading<'_, '_>, metrics: &[Option<Metric>]) -> Option<(usize, u32, String)> {
    let at = (0..reading.tokens.len()).find(|at| reading.word(*at, Word::RankFirst))?;
    let end = reading.tokens.len().min(at + 14);
    let wide = |at: usize| {
        reading
            .spots
            .iter()
            .find(|spot| spot.first == at && matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World))
    };
    let lead = (at..end).find(|at| {
        reading.word(*at, Word::In) && (at + 1..at + 3).any(|at| reading.word(at, Word::World) || wide(at).is_some())
    })?;
    let scope = (lead + 1..lead + 3).find_map(wide).map_or("world".to_owned(), |spot| spot.place.name.to_string());
    let metric = reading.marks.iter().filter(|mark| mark.first > at).find_map(|mark| mark.cue.metric());
    let rank = Rank { rank: 1, scope, at: at..lead, metric };
    owner(reading, &rank, metrics).map(|n| (n, rank.rank, rank.scope))
}

/// "The most were reported by the United States with 3,071, followed by Brazil with 836 and Mexico with 781": the next are of
/// other places and count the same.
fn followed(reading: &Reading<'_, '_>, counted: &Counted<'_>, all: &mut Vec<(usize, u32, String)>) {
    let Some(at) = (0..reading.tokens.len()).find(|at| reading.word(*at, Word::RankNext)) else { return };
    let first = |n: usize| reading.numbers.get(n).map_or(usize::MAX, |number| number.first);
    let of = |n: usize| counted.get(n).copied().flatten();
    let Some(lead) = (0..counted.len()).rev().find(|n| first(*n) < at && of(*n).is_some()) else { return };
    let superlative = (0..at).any(|at| reading.word(at, Word::RankFirst));
    let known = all.iter().find(|(n, ..)| *n == lead).map(|(_, rank, scope)| (*rank, scope.clone()));
    let Some((mut rank, scope)) = known.or_else(|| superlative.then(|| (1, "world".to_owned()))) else { return };
    if !all.iter().any(|(n, ..)| *n == lead) {
        all.push((lead, rank, scope.clone()));
    }
    let mut last = of(lead);
    for n in (lead + 1..counted.len()).take(MOST) {
        let next = of(n);
        let apart = next.zip(last).is_some_and(|(next, last)| next.0 == last.0 && next.1 != last.1);
        if !apart || all.iter().any(|(owned, ..)| *owned == n) {
            break;
        }
        rank += 1;
        all.push((n, rank, scope.clone()));
        last = next;
    }
}

/// The number of the sentence that the rank belongs to: the nearest with its metric.
fn owner(reading: &Reading<'_, '_>, rank: &Rank, metrics: &[Option<Metric>]) -> Option<usize> {
    let near = |n: &usize| reading.numbers.get(*n).map_or(usize::MAX, |number| number.first.abs_diff(rank.at.start));
    let with = |wanted: Option<Metric>| {
        (0..metrics.len())
            .filter(|n| {
                metrics.get(*n).copied().flatten().is_some_and(|metric| wanted.is_none_or(|wanted| wanted == metric))
            })
            .min_by_key(near)
    };
    if reading.pack.topic_first() {
        // "佛罗里达州以1.7万人居首，ICU床位使用率高达94%": the number before the rank, else the one behind it.
        let ranked = |n: &usize| metrics.get(*n).copied().flatten().is_some_and(|metric| kind_of(metric).whole);
        let before = |n: &usize| reading.numbers.get(*n).is_some_and(|number| number.first < rank.at.start);
        let clause = reading.clause(rank.at.start);
        let inside = |n: &usize| reading.numbers.get(*n).is_some_and(|number| clause.contains(&number.first));
        let all = || (0..metrics.len()).filter(ranked);
        return all().filter(before).rfind(inside).or_else(|| all().find(|n| !before(n))).or_else(|| all().next_back());
    }
    with(rank.metric).or_else(|| with(None))
}
