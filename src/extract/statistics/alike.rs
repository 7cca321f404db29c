//! The other items of a list: "1,401 in Lombardy, 830 in Lazio", "Draa-Tafilalet (six), Marrakech-Safi (two)".
//!
//! In: a sentence and a number. Out: the numbers of it that stand beside a name as this one does. What holds: whether the name
//! is that of a place is not asked, for districts and wards are in no table; that they count one thing is for the trees
//! ([`super::weighed`]) to say, which hear what is said of the others.

use super::attach::core_start;
use super::reading::Reading;
use crate::language::pack::Sense;
use crate::language::tokens::TokenKind;

/// Items to either side that are heard.
const REACH: usize = 8;

/// How a number stands beside the name of its item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands<'t> {
    /// "Souss-Massa (nine)".
    Bracketed,
    /// "830 in Lazio".
    Within,
    /// "Saxony 60.5".
    Behind,
    /// "Denmark, 4.1", "Havana: 828", "Gauteng with 24 377".
    Linked(&'t str),
}

fn stands<'t>(reading: &Reading<'t, '_>, n: usize) -> Option<Stands<'t>> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    let token = |at: usize| reading.tokens.get(at);
    let name = |at: usize| token(at).is_some_and(|token| token.kind == TokenKind::Word && token.capitalised());
    let ends = |at: usize| reading.spots.iter().any(|spot| spot.after == at) || at.checked_sub(1).is_some_and(name);
    let link = start.checked_sub(1)?;
    if ends(start) {
        return Some(Stands::Behind);
    }
    if ends(link) {
        return Some(if reading.is(link, "(") { Stands::Bracketed } else { Stands::Linked(token(link)?.text) });
    }
    let within = reading.has_at(number.after, Sense::Locative)
        && (number.after + 1..number.after + 3).any(|at| name(at) || reading.spots.iter().any(|spot| spot.first == at));
    within.then_some(Stands::Within)
}

/// The numbers near number `n` of its sentence that stand as it does.
pub(super) fn items(reading: &Reading<'_, '_>, n: usize) -> Vec<usize> {
    let Some(own) = stands(reading, n) else { return Vec::new() };
    let near = n.saturating_sub(REACH)..(n + REACH + 1).min(reading.numbers.len());
    near.filter(|other| *other != n && stands(reading, *other) == Some(own)).collect()
}
