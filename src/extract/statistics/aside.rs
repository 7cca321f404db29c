//! Shares that stand between a count and what is said of it: "25,850, or 1.06 percent, tested positive", "580 (23 per cent) had
//! both".
//!
//! In: a sentence and a number. Out: the token from which what is said of the number goes on. What holds: only a share is stepped
//! over, and only where it stands between commas or in brackets.

use super::reading::Reading;
use crate::language::pack::Word;

/// Where the words behind number `n` go on: behind a share that stands right behind it, else right behind it.
pub(super) fn past_share(reading: &Reading<'_, '_>, n: usize) -> usize {
    let Some(number) = reading.numbers.get(n) else { return 0 };
    let at = number.after;
    let Some(share) = reading.numbers.get(n + 1).filter(|share| share.percent && !number.percent) else { return at };
    let end = reading.right(n).end;
    if reading.is(at, ",") && reading.word(at + 1, Word::Or) && share.first == at + 2 {
        let close = (share.after..end.min(share.after + 8)).find(|at| reading.is(*at, ","));
        return close.map_or(share.after, |close| close + 1);
    }
    let bracketed = reading.is(at, "(") && share.first == at + 1;
    let close = (share.after..end.min(share.after + 8)).find(|at| bracketed && reading.is(*at, ")"));
    close.map_or(at, |close| close + 1)
}

/// The token behind a share that begins at `at`, of a number that is told before it.
pub(super) fn past_percent(reading: &Reading<'_, '_>, at: usize) -> Option<usize> {
    let n = reading.numbers.partition_point(|number| number.first < at);
    reading.numbers.get(n).filter(|share| share.first == at && share.percent).map(|share| share.after)
}
