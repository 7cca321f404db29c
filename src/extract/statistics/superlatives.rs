//! Who leads: verbs and superlatives that say that a figure is above those of all others, and among which others.
//!
//! In: a sentence and what its numbers count. Out: the figure that is first ([`leader`]). What holds: nobody leads whom another
//! figure of the sentence surpasses, and a place is never first in itself.

use super::order::{Item, MOST, NEAR, Ranked, apart, level, linked};
use super::rank;
use super::reading::Reading;
use super::spots::Spot;
use crate::extract::places::Place;
use crate::language::pack::Word;
use crate::language::tokens::TokenKind;
use crate::model::PlaceKind;

/// How a word says that somebody leads.
#[derive(Clone, Copy, PartialEq)]
enum Lead {
    /// "led", "tops the list": plainly.
    Top,
    /// "the worst-hit", "the countries with most deaths".
    Unit,
    /// "the highest number of deaths in the world".
    Among(Over),
    /// "more than any other state".
    Than,
    /// "most were found in": only where a list follows.
    Most,
}

/// Among what somebody leads.
#[derive(Clone, Copy, PartialEq)]
enum Over {
    /// The parts of a country.
    Parts,
    /// Countries, or parts of them.
    Countries,
    /// "Of any state".
    All,
}

impl Over {
    /// Whether a place is one of those: a country's highest toll is no rank of the country.
    fn holds(self, place: &Place) -> bool {
        match (self, level(Some(place))) {
            (Self::Parts, level) => level == Some(0),
            (Self::Countries, level) => level < Some(2),
            (Self::All, _) => place.kind != PlaceKind::World,
        }
    }
}

/// Who leads by a verb or a superlative.
pub(super) fn leader(reading: &Reading<'_, '_>, items: &[Item<'_>]) -> Option<Ranked> {
    let leads = (0..reading.tokens.len()).filter_map(|at| Some((at, lead(reading, at)?)));
    leads.take(MOST).find_map(|(at, lead)| {
        let end = reading.tokens.len().min(at + NEAR);
        let end = (at..end).find(|at| reading.is(*at, ";")).unwrap_or(end);
        let said = reading.marks_in(at + 3..end.max(at + 3)).find_map(|mark| mark.cue.metric());
        let fits = |item: &&Item<'_>| said.is_none_or(|metric| metric == item.metric) && item.place.is_some();
        let inside = |item: &&Item<'_>| item.first > at && item.first < end;
        let behind = items.iter().filter(inside).find(fits).or_else(|| items.iter().find(inside));
        // "2,101,000 of them, the highest number in the world, ahead of Japan".
        let comma = at.saturating_sub(1) - usize::from(at > 1 && reading.word(at - 1, Word::The));
        let names = reading.is(comma, ",") && reading.spots.iter().any(|spot| spot.after == comma);
        let apposed = reading.is(comma, ",") && !names;
        let before = items.partition_point(|item| item.first < at);
        let last = before.checked_sub(1);
        let close = |index: &usize| items.get(*index).is_some_and(|item| item.after + CLOSE > at);
        let near = match lead {
            Lead::Unit | Lead::Among(_) => last,
            Lead::Than => last.filter(close),
            Lead::Top => listed(reading, items, before).or(last).filter(|_| behind.is_none()),
            Lead::Most => listed(reading, items, before),
        };
        let near = near.and_then(|index| items.get(index));
        // "Uttar Pradesh, the largest state in the country, reported", but "in Maharashtra, the most of any state".
        let measured = || reading.marks_in(at..at + MEASURED).any(|mark| mark.cue.metric().is_some());
        let described = names && !reading.word(at + 1, Word::Of) || apposed && near.is_none();
        if described && matches!(lead, Lead::Among(_)) && !measured() {
            return None;
        }
        // "848.6 per 100,000, was the highest of any state", but "Nottingham was the highest at 880.4".
        let told = || (at.saturating_sub(3)..at).any(|at| reading.word(at, Word::Copula));
        let led_to = || behind.is_some_and(|item| reading.one_of(item.first - 1, &rank::LEADS));
        // "With a higher rate than any other state, about 99 per 100,000".
        let apposed_behind = || {
            let stop = |at: usize| reading.is(at, ",") || reading.is(at, ":");
            behind
                .is_some_and(|item| item.first < at + CLOSE && (1..3).any(|back| stop(item.first.saturating_sub(back))))
                && !reading.is(at.wrapping_sub(2), ",")
        };
        let first_near = match lead {
            Lead::Than => !apposed_behind(),
            Lead::Most => near.is_some(),
            _ => apposed || told() && !led_to(),
        };
        let over = if let Lead::Among(over) = lead { over } else { Over::All };
        let mut either = if first_near { [near, behind] } else { [behind, near] }.into_iter().flatten();
        either.find_map(|item| {
            let index = items.iter().position(|other| other.n == item.n)?;
            // Who is above is none that another surpasses, and "most" says so only of a list.
            let surpassed = items.iter().any(|other| apart(item, other) && other.value > item.value);
            let list =
                || items.get(index + 1).is_some_and(|next| apart(item, next) && linked(reading, item, next, true));
            let leads =
                item.place.is_some_and(|place| over.holds(place)) && !surpassed && (lead != Lead::Most || list());
            leads.then(|| Ranked { n: item.n, rank: 1 + excepted(reading, at), scope: scope_of(reading, at) })
        })
    })
}

/// Among what a superlative is taken: "the European Union's highest", "the highest in Europe".
fn scope_of(reading: &Reading<'_, '_>, at: usize) -> Option<String> {
    let owned = owner_of(reading, at).map(|spot| spot.place.name.to_string());
    owned.or_else(|| rank::scope(reading, at))
}

/// The place whose superlative it is: "the European Union's highest".
fn owner_of<'r, 'p>(reading: &'r Reading<'_, 'p>, at: usize) -> Option<&'r Spot<'p>> {
    reading.spots.iter().find(|spot| spot.possessive && spot.after + 2 == at)
}

/// "The United States (608,359), Brazil (538,942) and India (412,531) mourn the most": where the list before begins.
fn listed(reading: &Reading<'_, '_>, items: &[Item<'_>], before: usize) -> Option<usize> {
    let list = items.get(..before)?;
    let joined = list.windows(2).rev().take_while(|pair| {
        matches!(pair, [one, other] if apart(one, other) && one.value >= other.value && linked(reading, one, other, true))
    });
    let joined = joined.count();
    (joined > 0).then(|| before - 1 - joined)
}

/// "After the US and Brazil, the hardest-hit countries are India ...": how many are above who leads.
fn excepted(reading: &Reading<'_, '_>, at: usize) -> u32 {
    let above =
        || reading.spots.iter().take_while(|spot| spot.after <= at && level(Some(spot.place)) != Some(2)).count();
    // "More than any country but the United States".
    let but = (at..at + CLOSE).find(|at| reading.word(*at, Word::NewClause) && !reading.is(at - 1, ","));
    let named = |but: usize| {
        let the = usize::from(reading.word(but + 1, Word::The));
        reading.spots.iter().any(|spot| spot.first == but + 1 + the)
    };
    if reading.word(0, Word::After) {
        u32::try_from(above()).unwrap_or(0)
    } else {
        u32::from(reading.word(at, Word::Than) && but.is_some_and(named))
    }
}

/// Whether a token says that somebody leads.
pub(super) fn leads(reading: &Reading<'_, '_>, at: usize) -> bool {
    lead(reading, at).is_some()
}

/// How a token says that somebody leads.
fn lead(reading: &Reading<'_, '_>, at: usize) -> Option<Lead> {
    let word = |at: usize, word: Word| reading.word(at, word);
    let unit = |at: usize| word(at, Word::RankUnit);
    if word(at, Word::RankTop) {
        // "Led to 12 deaths", "topped 8,000", "topped out".
        let told = reading.numbers.iter().any(|number| number.first == at + 1);
        let other = word(at + 1, Word::To) || told || word(at + 1, Word::OutOf);
        // "Which led the service to screen everyone", "who heads an association".
        let listed = |at: usize| reading.one_of(at, &[Word::RankScope, Word::RankUnit, Word::RankTable]);
        let led_to =
            |at: usize| reading.one_of(at, &rank::LEADS) && reading.numbers.iter().any(|number| number.first == at + 1);
        let object = reading.one_of(at + 1, &[Word::The, Word::Indefinite])
            && !(at + 2..at + 5).any(listed)
            && !(at + 2..at + 8).any(led_to);
        return (!other && !object).then_some(Lead::Top);
    }
    // "Selangor remains on top", "at the top of the list".
    if word(at, Word::RankSummit) {
        let stands = (at.saturating_sub(3)..at).any(|at| word(at, Word::RankVerb) && !word(at, Word::The));
        let table = (at + 2..at + 5).any(|at| reading.one_of(at, &[Word::RankScope, Word::RankTable]));
        let noun = is_word(reading, at + 1) && !reading.one_of(at + 1, &[Word::Of, Word::With, Word::In]);
        let of_list = word(at + 1, Word::Of) && table || word(at + 1, Word::With);
        return (!noun && (stands && !word(at + 1, Word::Of) || of_list)).then_some(Lead::Top);
    }
    // "More than any other city".
    if word(at, Word::Than) && word(at + 1, Word::Any) {
        return (at + 2..at + 5).any(unit).then_some(Lead::Than);
    }
    if !word(at, Word::RankFirst) {
        return None;
    }
    let before = |back: usize| at.wrapping_sub(back);
    let ordinal = |at: usize| reading.ordinal(at).is_some_and(|rank| rank > 1);
    let later = ordinal(before(1)) || ordinal(before(2)) && (reading.is(before(1), "-") || reading.is(before(1), "–"));
    // "Its highest ever", "among the worst", "one of the hardest hit".
    let among = (1..4).any(|back| word(before(back), Word::Among))
        || (2..4).any(|back| word(before(back), Word::Of) && word(before(back + 1), Word::One));
    let over = over(reading, at);
    let barred = word(before(1), Word::Its)
        || word(before(1), Word::RankNext)
        || word(at + 1, Word::Of) && over != Some(Over::All);
    if later || among || barred {
        return None;
    }
    let dash = usize::from(reading.is(at + 1, "-"));
    // "The countries with the most deaths", "the hardest-hit of all".
    let with = (1..3).find(|back| word(before(*back), Word::With)).is_some_and(|back| unit(before(back + 1)));
    // "Quezon City had the highest daily average, 1,072", but not "the highest since May".
    let days = || {
        (at..reading.clause(at).end)
            .any(|at| reading.one_of(at, &[Word::Since, Word::Record, Word::Day, Word::Already]))
    };
    let has = (1..3).any(|back| word(before(back), Word::Have)) && over.is_none() && !days();
    if has || with || word(at + 1 + dash, Word::RankHit) {
        return Some(Lead::Unit);
    }
    Some(over.map_or(Lead::Most, Lead::Among))
}

/// Whether a token is a word of running text.
pub(super) fn is_word(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
}

/// Tokens behind a superlative within which it says among what.
const AMONG: usize = 14;

/// Tokens behind a superlative within which it says of what it is one.
const MEASURED: usize = 6;
/// Tokens between a figure and the words that compare it.
const CLOSE: usize = 9;

/// Among what a superlative is taken, where it says.
fn over(reading: &Reading<'_, '_>, at: usize) -> Option<Over> {
    let country_at = |at: usize| {
        let named = |spot: &Spot<'_>| spot.first == at && spot.place.kind == PlaceKind::Country;
        reading.word(at, Word::Country) || reading.spots.iter().any(named)
    };
    let whole = |at: usize| {
        let wide = reading.one_of(at, &[Word::Continent, Word::World]) || rank::wide_at(reading, at);
        if wide { Some(Over::Countries) } else { country_at(at).then_some(Over::Parts) }
    };
    // "The continent's highest incidence".
    let genitive = reading.word(at.wrapping_sub(1), Word::Genitive);
    let owner = owner_of(reading, at).map_or(at.wrapping_sub(3), |spot| spot.first);
    let owned = genitive.then(|| whole(owner)).flatten();
    let end = reading.tokens.len().min(at + AMONG);
    let comma = (at..end).find(|at| reading.is(*at, ",")).unwrap_or(end);
    let within = |at: usize| {
        // "The highest incidence was in Europe".
        let there = reading.word(at - 1, Word::Copula);
        let among = reading.one_of(at, &[Word::In, Word::On, Word::AmongWhat]) && !there;
        among.then(|| (at + 1..at + 3).find_map(whole)).flatten()
    };
    let of_any = |at: usize| {
        reading.one_of(at, &[Word::Of, Word::Among, Word::In])
            && (at + 1..at + 4).any(|at| reading.word(at, Word::RankAll))
            && (at + 2..at + 5).any(|at| reading.word(at, Word::RankUnit))
    };
    let any = || (at..comma).any(of_any).then_some(Over::All);
    let near = || (at + 1..comma).find_map(within);
    let far = || (comma..end).filter_map(within).find(|over| *over == Over::Countries);
    owned.or_else(any).or_else(near).or_else(far)
}
