//! Orders: which figures of a sentence have which ranks, stated or by standing behind one that leads.
//!
//! In: what a sentence counts and of which places, the ranks that it states ([`rank`]), and where an order stood at the end
//! of the sentence before. Out: [`Ranked`]. What holds: who follows is of another place, counts the same, and no more.

use super::kinds::kind_of;
use super::rank::{self, Rank};
use super::reading::Reading;
use super::superlatives::{is_word, leader, leads};
use crate::extract::places::{Place, Places};
use crate::language::Pack;
use crate::language::pack::Word;
use crate::language::tokens::TokenKind;
use crate::model::{Metric, PlaceKind};
use std::ops::Range;

/// What a sentence counts with one of its numbers, and of which place.
#[derive(Clone, Copy)]
pub(super) struct Counted<'p> {
    pub(super) metric: Metric,
    pub(super) place: Option<&'p Place>,
}

/// A number with its rank, and among what.
pub(super) struct Ranked {
    pub(super) n: usize,
    pub(super) rank: u32,
    pub(super) scope: Option<String>,
}

impl Ranked {
    /// Among what: as stated, else the country of a part of it, else the world.
    pub(super) fn scope(&self, place: Option<&Place>, places: &Places) -> String {
        let country = || {
            let part = place.filter(|place| matches!(place.kind, PlaceKind::Subdivision | PlaceKind::City))?;
            Some(places.country(part.iso2.as_deref()?)?.name.to_string())
        };
        self.scope.clone().or_else(country).unwrap_or_else(|| "world".to_owned())
    }
}

/// Where an order stands at the end of a sentence, for the one behind it.
pub(super) struct Order<'p> {
    /// The sentence.
    index: usize,
    rank: u32,
    metric: Option<Metric>,
    value: f64,
    place: Option<&'p Place>,
    scope: Option<String>,
    /// It is a list below a line that announces it: "The most were reported from:".
    opens: bool,
}

/// A number that counts something of a place.
#[derive(Clone, Copy)]
pub(super) struct Item<'p> {
    pub(super) n: usize,
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) value: f64,
    pub(super) metric: Metric,
    pub(super) place: Option<&'p Place>,
}

/// The most ranks that a sentence states, and the most words of it that may say who leads.
pub(super) const MOST: usize = 16;
/// Tokens within which a leader is named behind the words that say that it leads.
pub(super) const NEAR: usize = 20;
/// Tokens behind a stated rank within which it leads to its figure.
const LED: usize = 9;
/// Tokens that may stand before the first figure of a sentence that goes on with an order.
const OPENING: usize = 12;

/// The numbers of a sentence that have a rank; `first` is the first that it states, `last` the order of the sentence before.
pub(super) fn ranked<'p>(
    pack: &Pack,
    reading: &Reading<'_, 'p>,
    first: Option<&Rank>,
    counted: &[Option<Counted<'p>>],
    last: &mut Option<Order<'p>>,
) -> Vec<Ranked> {
    let items: Vec<Item<'p>> = (counted.iter().zip(&reading.numbers).enumerate())
        .filter_map(|(n, (one, number))| {
            let Counted { metric, place } = (*one)?;
            Some(Item { n, first: number.first, after: number.after, value: number.value, metric, place })
        })
        .collect();
    let mut all = stated(pack, reading, first, &items);
    let order = last.take().filter(|order| order.index + 1 == reading.index);
    let told = !all.is_empty();
    let mut opens = false;
    if told && !pack.topic_first() && all.iter().all(|one| one.rank > 1) {
        // "San Marino tops the list with 1,351, and Belgium is second with 1,290".
        let above = |one: &Ranked| {
            let of = |n: usize| items.iter().find(|item| item.n == n);
            all.iter().all(|below| {
                of(one.n).zip(of(below.n)).is_some_and(|(one, below)| apart(one, below) && one.value > below.value)
            })
        };
        all.extend(leader(reading, &items).filter(above).into_iter().collect::<Vec<_>>());
    }
    if !told && !pack.topic_first() {
        let first = leader(reading, &items);
        let next = order.as_ref().filter(|_| first.is_none()).and_then(|order| goes_on(reading, &items, order));
        opens = next.is_some() && order.is_some_and(|order| order.opens);
        all.extend(first.or(next));
    }
    all.extend(numbered(reading, &items).filter(|_| all.is_empty()));
    each(reading, &items, &mut all);
    follow(reading, &items, !told, &mut all);
    above(reading, &items, &mut all);
    let lowest =
        all.iter().max_by_key(|one| one.rank).and_then(|one| Some((one, items.iter().find(|item| item.n == one.n)?)));
    *last = lowest.map(|(one, item)| Order {
        index: reading.index,
        rank: one.rank,
        metric: Some(item.metric),
        value: item.value,
        place: item.place,
        scope: one.scope.clone(),
        opens,
    });
    all
}

/// The order that a sentence without figures announces for the lines below it: "The most cases were reported from:".
pub(super) fn announced<'p>(reading: &Reading<'_, 'p>) -> Option<Order<'p>> {
    let last = reading.tokens.len().checked_sub(1).filter(|last| reading.is(*last, ":"))?;
    (0..last).find(|at| leads(reading, *at)).map(|at| Order {
        index: reading.index,
        rank: 0,
        metric: reading.marks_in(at..last).find_map(|mark| mark.cue.metric()),
        value: f64::INFINITY,
        place: None,
        scope: None,
        opens: true,
    })
}

/// The ranks that the sentence states, each with the number that it belongs to.
fn stated<'p>(pack: &Pack, reading: &Reading<'_, 'p>, first: Option<&Rank>, items: &[Item<'p>]) -> Vec<Ranked> {
    let mut all: Vec<Ranked> = Vec::new();
    let mut next = first.cloned();
    for _ in 0..MOST {
        let Some(one) = next else { break };
        let owned = |item: &Item<'p>| all.iter().any(|owned| owned.n == item.n);
        let left: Vec<Item<'p>> = items.iter().filter(|item| one.behind || !owned(item)).copied().collect();
        let owner = owner(reading, &one, &left).filter(|item| !owned(item));
        next = rank::after(pack, reading, one.at.end.max(one.at.start + 1));
        all.extend(owner.map(|item| Ranked { n: item.n, rank: one.rank, scope: one.scope }));
    }
    all
}

/// The number of the sentence that a stated rank belongs to: the one that its own words lead to, else the nearest of the
/// metric that they name, else the nearest before it.
fn owner<'p>(reading: &Reading<'_, 'p>, rank: &Rank, items: &[Item<'p>]) -> Option<Item<'p>> {
    let before = |item: &&Item<'p>| item.first < rank.at.start;
    if reading.pack.topic_first() {
        // "佛罗里达州以1.7万人居首，ICU床位使用率高达94%": the number before the rank, else the one behind it.
        let all = || items.iter().filter(|item| kind_of(item.metric).whole);
        let clause = reading.clause(rank.at.start);
        let inside = |item: &&Item<'p>| clause.contains(&item.first);
        let found = all().filter(before).rfind(inside).or_else(|| all().find(|item| !before(item)));
        return found.or_else(|| all().next_back()).copied();
    }
    let near = |item: &&Item<'p>| item.first.abs_diff(rank.at.start);
    // "Nikšić second (707)", "the US first at 21.1 million", "third in the country with 3,71,639", "the second-highest, 8,189".
    let leads = |item: &&Item<'p>| {
        let Some(lead) = item.first.checked_sub(1) else { return false };
        let with = [lead, lead.saturating_sub(1)].iter().any(|at| reading.one_of(*at, &rank::LEADS));
        let comma = reading.is(rank.at.end, ",") && lead == rank.at.end;
        // "The fifth country to record more than 100,000".
        comma
            || reading.word(rank.at.end - 1, Word::To)
            || (with || reading.is(lead, "("))
                && !(rank.at.end..lead).any(|at| reading.is(at, ",") || reading.is(at, ";"))
    };
    let led_to = items
        .iter()
        .find(|item| item.first >= rank.at.end && item.first < rank.at.end + LED)
        .filter(leads)
        .filter(|_| !rank.behind);
    let named = items.iter().filter(|item| rank.metric == Some(item.metric));
    // "190,000 deaths, second only to Europe, which has 209,365".
    let named = named.filter(|item| !rank.behind || before(item)).min_by_key(near);
    let found = led_to.or(named).or_else(|| items.iter().filter(before).min_by_key(near));
    // "Second, behind Ghana (3,091)".
    let ordinal_between = |item: &Item<'_>| (rank.at.end..item.first).any(|at| reading.ordinal(at).is_some());
    let theirs = |item: &&Item<'_>| rank.behind && reading.is(item.first.wrapping_sub(1), "(") || ordinal_between(item);
    found.or_else(|| items.iter().filter(|item| !theirs(item)).min_by_key(near)).copied()
}

/// "2. Victoria - 20,345": a line of a numbered list of places.
fn numbered(reading: &Reading<'_, '_>, items: &[Item<'_>]) -> Option<Ranked> {
    let rank = reading.tokens.first().filter(|token| token.kind == TokenKind::Number)?.text.parse().ok()?;
    let spot = reading.spots.first().filter(|spot| spot.first == 2 && (reading.is(1, ".") || reading.is(1, ")")))?;
    let item = items.first().filter(|item| {
        same(item.place, Some(spot.place))
            && !(spot.after..item.first).any(|at| is_word(reading, at) && reading.metric_at(at).is_none())
    })?;
    (1..=MOST as u32).contains(&rank).then_some(Ranked { n: item.n, rank, scope: None })
}

/// Whose turn it is where the sentence before left an order: "Then come Brazil with 142,058 and India with 96,318".
fn goes_on<'p>(reading: &Reading<'_, 'p>, items: &[Item<'p>], order: &Order<'p>) -> Option<Ranked> {
    let item = items.iter().find(|item| order.metric.is_none_or(|metric| metric == item.metric))?;
    let opening =
        || (0..item.first).any(|at| next(reading, at)) || (item.after..item.after + 3).any(|at| next(reading, at));
    let follows =
        item.first <= OPENING && item.value <= order.value && item.place.is_some() && !same(item.place, order.place);
    let apart = order.place.is_none() || level(item.place) == level(order.place);
    (follows && apart && (order.opens || opening())).then_some(Ranked {
        n: item.n,
        rank: order.rank + 1,
        scope: order.scope.clone(),
    })
}

/// "France with 463, followed by Italy with 240 and Spain with 112": the next are of other places and count the same.
fn follow(reading: &Reading<'_, '_>, items: &[Item<'_>], listed: bool, all: &mut Vec<Ranked>) {
    // "Harris County has reported the most, 30,476, followed by Dallas County" names the first by its followers.
    if all.is_empty() {
        let first = items.windows(2).find_map(|pair| match pair {
            [one, other] if behind(reading, one, other) => Some((one, other)),
            _ => None,
        });
        let leads = |one: &Item<'_>, other: &Item<'_>| {
            one.place.is_some()
                && !same(one.place, other.place)
                && one.metric == other.metric
                && one.value >= other.value
                && reading.words_of(0..one.first, Word::RankFirst).next().is_some()
        };
        all.extend(first.filter(|(one, other)| leads(one, other)).map(|(one, _)| Ranked {
            n: one.n,
            rank: 1,
            scope: None,
        }));
    }
    let Some(one) = all.iter().max_by_key(|one| one.n) else { return };
    let Some((start, item)) = items.iter().enumerate().find(|(_, item)| item.n == one.n) else { return };
    let (mut rank, scope, mut last) = (one.rank, one.scope.clone(), *item);
    let mut listed = listed || rank == 1;
    for item in items.iter().skip(start + 1).take(MOST) {
        if same(item.place, last.place) && item.metric != last.metric {
            last.after = item.after;
            continue;
        }
        if !apart(&last, item) || item.value > last.value || !linked(reading, &last, item, listed) {
            break;
        }
        listed = true;
        rank += 1;
        all.push(Ranked { n: item.n, rank, scope: scope.clone() });
        last = *item;
    }
}

/// "3.06 million cases and 101,800 deaths, each second in the world": both have the rank.
fn each(reading: &Reading<'_, '_>, items: &[Item<'_>], all: &mut Vec<Ranked>) {
    let [one] = all.as_slice() else { return };
    let Some(index) = items.iter().position(|item| item.n == one.n) else { return };
    let says = |at: usize| reading.one_of(at, &[Word::Both, Word::Every, Word::Each]);
    let near = |at: usize| (at.saturating_sub(1)..at + 4).any(says);
    if one.rank > 1 && (0..reading.tokens.len()).any(|at| reading.ordinal(at) == Some(one.rank) && near(at)) {
        let beside = [index.wrapping_sub(1), index + 1].into_iter().filter_map(|at| items.get(at));
        let mut other = beside.filter(|other| {
            items.get(index).is_some_and(|item| same(other.place, item.place) && other.metric != item.metric)
        });
        let other = other.next().map(|other| Ranked { n: other.n, rank: one.rank, scope: one.scope.clone() });
        all.extend(other);
    }
}

/// "Third, behind the United States (5.9 million) and Brazil (3.8 million)": those are first and second.
fn above(reading: &Reading<'_, '_>, items: &[Item<'_>], all: &mut Vec<Ranked>) {
    let [Ranked { n, rank, scope }] = all.as_slice() else { return };
    let (rank, scope) = (*rank, scope.clone());
    let Some(below) = items.iter().find(|item| item.n == *n).filter(|_| rank > 1) else { return };
    let Some(at) = (below.after..reading.tokens.len()).find(|at| reading.one_of(*at, &[Word::Behind, Word::Only]))
    else {
        return;
    };
    let named: Vec<&Item<'_>> = items
        .iter()
        .filter(|item| item.first > at && item.metric == below.metric && item.value >= below.value)
        .collect();
    if named.len() as u64 + 1 == u64::from(rank)
        && named.windows(2).all(|pair| matches!(pair, [one, other] if one.value >= other.value))
    {
        all.extend(named.iter().zip(1..).map(|(item, rank)| Ranked { n: item.n, rank, scope: scope.clone() }));
    }
}

/// Whether a token says that somebody is next.
fn next(reading: &Reading<'_, '_>, at: usize) -> bool {
    let since = || reading.word(at.wrapping_sub(1), Word::Since);
    reading.word(at, Word::RankNext) && !since()
        || reading.word(at, Word::After) && (reading.word(at + 1, Word::Them) || reading.word(at + 1, Word::It))
}

/// Whether one item follows the other by a word for it.
fn behind(reading: &Reading<'_, '_>, one: &Item<'_>, other: &Item<'_>) -> bool {
    (one.after..other.first).any(|at| next(reading, at))
}

/// Whether one item follows the other: by a word for it, or in a list that has nothing else between them.
pub(super) fn linked(reading: &Reading<'_, '_>, one: &Item<'_>, other: &Item<'_>, listed: bool) -> bool {
    let between: Range<usize> = one.after..other.first;
    if behind(reading, one, other) {
        return true;
    }
    let small = [Word::And, Word::The, Word::With, Word::At, Word::On, Word::Of, Word::In, Word::Have];
    let plain = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| {
            token.kind != TokenKind::Word
                || token.capitalised()
                || reading.one_of(at, &small)
                || reading.spots.iter().any(|spot| (spot.first..spot.after).contains(&at))
                || reading.marks.iter().any(|mark| (mark.first..mark.after).contains(&at))
                || reading.word(at, Word::RankUnit)
        })
    };
    listed
        && between.len() < NEAR
        && !between.clone().any(|at| reading.is(at, "."))
        && between.filter(|at| !plain(*at)).count() <= 1
}

/// Whether both count the same of two places side by side.
pub(super) fn apart(one: &Item<'_>, other: &Item<'_>) -> bool {
    one.metric == other.metric && level(one.place) == level(other.place) && !same(one.place, other.place)
}

/// Whether both are one place.
fn same(one: Option<&Place>, other: Option<&Place>) -> bool {
    one.map(|place| &place.id) == other.map(|place| &place.id)
}

/// Whether a place is a part of a country, a country, or more.
pub(super) fn level(place: Option<&Place>) -> Option<u8> {
    place.map(|place| match place.kind {
        PlaceKind::Subdivision | PlaceKind::City => 0,
        PlaceKind::Country => 1,
        _ => 2,
    })
}
