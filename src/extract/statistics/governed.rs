//! What governs a number from the left: "The toll in Ghana stands at N", "bringing its tally to N".
//!
//! In: a sentence that has been read, a number, and what the numbers before it count. Out: its attachment to the label,
//! noun or numbered predicate that governs it, or none. What holds: a noun that an earlier number counts governs nothing
//! more, save a number in brackets.

use super::attach::{Attachment, Previous, Why, before_date, core_start, of_them, owns, passes};
use super::date;
use super::kinds::{is_percent, kind_of};
use super::lean::says_no_noun;
use super::reading::Reading;
use super::total::in_row;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::Metric;

/// "The toll in Ghana stands at N", "cases climbed by N to N", "bringing its tally to N".
pub(super) fn governed(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    let link = start.checked_sub(1)?;
    let reaches = [start, number.first, before_date(reading, start)]
        .into_iter()
        .any(|at| reading.has_ending(at, Sense::Reaches) || reading.has_ending(at, Sense::ByWord));
    let reaches = reaches || passes(reading, n);
    let punctuation =
        matches!(reading.tokens.get(link).map(|token| token.text), Some("," | ":" | "(" | "–" | "—" | "-" | "/" | "+"));
    let paired = reading.one_of(link, &[Word::And, Word::To])
        && n > 0
        && found.get(n - 1).is_some_and(|before| {
            before.is_some_and(|one| one.why == Why::Governed || one.why == Why::Elliptic && one.mark.is_some())
        });
    // "Всего их 106 498".
    let pronoun = reading.pack.order.verbs_lead && reading.word(link, Word::It);
    if !(reaches || punctuation || paired || pronoun) {
        return None;
    }
    // A verb governs its number whatever stands behind it; a comma or a preposition only what is bare.
    let weak = punctuation
        || reading.one_of(
            link,
            &[Word::With, Word::From, Word::For, Word::By, Word::Of, Word::Including, Word::And, Word::As],
        );
    if weak && !says_no_noun(reading, n) {
        return None;
    }
    // "patients who had recovered, four of whom lost an eye": a part leans on its whole.
    if reading.is(link, ",") && of_them(reading, number.after) && n > 0 {
        return None;
    }
    if !weak && number.words && counts_another(reading, number.after) {
        return None;
    }
    let clause = reading.clause(number.first);
    // A comparison opens a figure of its own: "…, more than the 792,000".
    let from = clause.start;
    let mark = reading
        .marks_in(from..if reading.word(link, Word::For) { number.first } else { start })
        .filter(|mark| {
            matches!(mark.cue, Cue::Noun(_) | Cue::Label(_) | Cue::Sense(Sense::TotalLabel))
                || matches!(mark.cue, Cue::Predicate(_)) && numbered(reading, mark)
        })
        .filter(|mark| !(mark.cue == Cue::Sense(Sense::TotalLabel) && pointless(reading, mark)))
        // "the number of ICU beds from 200 to 280": the metric only says which.
        .filter(|mark| !reading.has_at(mark.after, Sense::TrapAfter))
        // "a incidência de contágios subiu de 386,5": no fraction counts persons.
        .filter(|mark| number.value.fract() == 0.0 || mark.cue.metric().is_none_or(|metric| !kind_of(metric).whole))
        // "Its total, including 651 probable ones, reached 17,303": the noun of an aside is the aside's.
        .filter(|mark| !(0..n).any(|part| date::is_part(reading, part) && owns(reading, part, mark)))
        .max_by_key(|mark| (mark.after, mark.cue.metric().is_some()))?;
    let mark = numbered_first(reading, mark).unwrap_or(mark);
    // A noun that an earlier number counts governs nothing more, save through "by N to N".
    let owner = (0..n).find(|earlier| owns(reading, *earlier, mark));
    if owner.is_some() && !punctuation_bracket(reading, n) {
        return None;
    }
    let metric = match mark.cue {
        Cue::Noun(metric) => metric,
        // "taking the tallies to 586,867 and 12,412, respectively": one of each of what was counted.
        Cue::Label(Metric::Cases) if reading.word(mark.after - 1, Word::Totals) && counts_of(found) > 1 => {
            return by_position(reading, n, mark, found);
        }
        // A bare "tally" or "count" is of deaths when the words around it speak of deaths.
        Cue::Label(Metric::Cases)
            if reading
                .marks_in(mark.first.saturating_sub(3)..(mark.after + 4).min(start))
                .any(|near| near.cue == Cue::Noun(Metric::Deaths)) =>
        {
            Metric::Deaths
        }
        // "48 more deaths, moving the tally to 1,608": of what alone the sentence has counted.
        Cue::Label(Metric::Cases) if bare_count(reading, mark) && only_deaths(found) => Metric::Deaths,
        Cue::Label(metric) | Cue::Predicate(metric) => metric,
        _ => {
            let pronoun = reading.word(mark.first, Word::It) && reading.pack.order.verbs_lead;
            let earlier: Vec<Metric> = found
                .iter()
                .enumerate()
                // "Its total, including 651 probable ones, reached 17,303".
                .filter(|(part, _)| !date::is_part(reading, *part))
                .filter_map(|(_, before)| *before)
                .filter(|before| pronoun || !matches!(before.why, Why::Governed | Why::Pointer))
                .map(|before| before.metric)
                .collect();
            let position = (0..n)
                .filter(|before| reading.numbers.get(*before).is_some_and(|number| number.first > mark.first))
                .count();
            // "the totals to A and B respectively": by position; "a total of": of what was counted last.
            let plural = reading.word(mark.after - 1, Word::Totals);
            // "A week ago the figures were 16,033 and 207": one of each of what was told last.
            // "In Clark County it's 417 and 33" too.
            let both = plural || reading.word(mark.first, Word::It);
            let pair = previous.pair.filter(|_| both && (position > 0 || in_row(reading, n + 1)));
            if let Some(metric) =
                pair.filter(|_| earlier_before(reading, mark, found) == 0).and_then(|pair| pair.get(position).copied())
            {
                return Some(Attachment::new(metric, Why::Elliptic).by(mark));
            }
            let position = if plural { position } else { usize::MAX };
            let any = found.iter().rev().flatten().map(|before| before.metric).find(|metric| kind_of(*metric).whole);
            return match earlier.get(position).or(earlier.last()).copied().or(any) {
                Some(metric) => Some(Attachment::new(metric, Why::Governed).by(mark)),
                None => {
                    // A total is of what the sentence before counted first, "the figure" of what it counted last.
                    let total = (mark.first..mark.after).any(|at| reading.one_of(at, &[Word::Total, Word::Totals]));
                    let told = if total { previous.lead.or(previous.last) } else { told_last(previous, number.value) };
                    // "The cumulative total is 258,000": of what adds up, not of those who are ill now.
                    let added =
                        (mark.first.saturating_sub(1)..mark.after - 1).any(|at| reading.has_at(at, Sense::Total));
                    let stock = told.is_some_and(|told| kind_of(told).fixed.is_some());
                    let told = if total && added && stock { previous.flow.or(told) } else { told };
                    // "The total is 7,738, of which 883 recovered": what has such parts is cases.
                    let told = if total && has_outcomes(reading, n) { Some(Metric::Cases) } else { told };
                    named_before(reading, mark.first)
                        .or(told)
                        .or_else(|| named_behind(reading, number.after).filter(|_| total))
                        .map(|metric| Attachment::new(metric, Why::Pointer).by(mark))
                }
            };
        }
    };
    let percent_only = is_percent(metric);
    (!percent_only).then_some(Attachment::new(metric, Why::Governed).by(mark))
}

/// What "the figure" is: of what was told last, unless its size is that of what its sentence told first. "912 cases and 14 deaths.
/// In Indiana it was 401."
pub(super) fn told_last(previous: Previous, value: f64) -> Option<Metric> {
    let [first, last] = previous.sizes.map(|size| (size.max(1.0) / value.max(1.0)).ln().abs());
    let like_first = last > 2.0 * first && last > 4_f64.ln();
    previous.lead.filter(|_| like_first).or(previous.last)
}

/// Whether a label is a word for any count: "tally".
fn bare_count(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    mark.after == mark.first + 1 && reading.word(mark.first, Word::Count)
}

fn only_deaths(found: &[Option<Attachment>]) -> bool {
    let mut counts = found.iter().flatten().filter(|one| kind_of(one.metric).whole).peekable();
    counts.peek().is_some() && counts.all(|one| one.metric == Metric::Deaths)
}

/// How many counts stand before the words that govern a number.
fn earlier_before(reading: &Reading<'_, '_>, mark: &Mark, found: &[Option<Attachment>]) -> usize {
    let before = reading.numbers.iter().zip(found).filter(|(number, one)| number.first < mark.first && one.is_some());
    before.count()
}

/// How many counts of different metrics the numbers before are.
fn counts_of(found: &[Option<Attachment>]) -> usize {
    let mut metrics: Vec<Metric> =
        found.iter().flatten().filter(|one| kind_of(one.metric).whole).map(|one| one.metric).collect();
    metrics.dedup();
    metrics.len()
}

/// Of several totals the one in the place of number `n` behind their word.
fn by_position(reading: &Reading<'_, '_>, n: usize, mark: &Mark, found: &[Option<Attachment>]) -> Option<Attachment> {
    let behind = |number: &&crate::language::numbers::Numeral| number.first > mark.first;
    let position = reading.numbers.get(..n)?.iter().filter(behind).count();
    let told: Vec<Metric> = found
        .iter()
        .flatten()
        .filter(|before| !matches!(before.why, Why::Governed | Why::Pointer))
        .map(|before| before.metric)
        .collect();
    let metric = told.get(position).or(told.last())?;
    Some(Attachment::new(*metric, Why::Governed).by(mark))
}

/// "will go back to two shifts": a plain word behind a number in words, which no rule knows, is what it counts.
pub(super) fn counts_another(reading: &Reading<'_, '_>, at: usize) -> bool {
    let plain = |token: &Token<'_>| token.kind == TokenKind::Word && !token.capitalised() && token.text.len() > 3;
    reading.tokens.get(at).is_some_and(plain)
        && !reading.marks.iter().any(|mark| mark.first == at)
        && !reading.dates.iter().any(|date| date.first == at)
        && !reading.one_of(at, &[Word::And, Word::Or, Word::Of, Word::Everywhere, Word::Milestone, Word::Per])
}

/// Whether a number has parts that recovered, died or are ill.
fn has_outcomes(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let end = reading.clause(number.first).end;
    let outcome = |mark: &Mark| {
        matches!(mark.cue.metric(), Some(Metric::ActiveCases | Metric::Recoveries))
            && (matches!(mark.cue, Cue::Predicate(_))
                // "of which 1,632 were recoveries".
                || mark.cue == Cue::Noun(Metric::Recoveries) && reading.word(mark.first.wrapping_sub(1), Word::Was))
    };
    let part = reading.first(number.after..end.min(number.after + 3), Sense::Part);
    part.is_some_and(|part| reading.marks_in(part.after..end).any(outcome))
}

/// The count that a sentence names first behind a token: "the total stands at 150, after six further cases".
fn named_behind(reading: &Reading<'_, '_>, at: usize) -> Option<Metric> {
    let mut named = reading.marks_in(at..reading.tokens.len()).filter(|mark| matches!(mark.cue, Cue::Noun(_)));
    named.find_map(|mark| mark.cue.metric().filter(|metric| kind_of(*metric).whole))
}

/// Whether a predicate says what is numbered: "the number of people who have recovered", "the number in hospital".
fn numbered(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    (mark.first.saturating_sub(12)..mark.first).any(|at| {
        reading.word(at, Word::Count)
            && (reading.one_of(at + 1, &[Word::Of, Word::Relative]) || at + 1 == mark.first)
            && !reading.numbers.iter().any(|number| (at..mark.first).contains(&number.first))
    })
}

/// "the number of people who died with a proven infection": what is numbered stands right behind "number of", and what
/// follows only says more of it.
fn numbered_first<'r>(reading: &'r Reading<'_, '_>, last: &Mark) -> Option<&'r Mark> {
    let of = (last.first.saturating_sub(14)..last.first)
        .rev()
        .find(|at| reading.word(*at, Word::Count) && reading.word(at + 1, Word::Of))?;
    let first = reading
        .marks_in(of + 2..last.first)
        .find(|mark| matches!(mark.cue, Cue::Noun(metric) | Cue::Predicate(metric) if kind_of(metric).whole))?;
    let between = first.after..last.first;
    let closed = between
        .clone()
        .any(|at| reading.is(at, ",") || reading.word(at, Word::And) || reading.has_at(at, Sense::RiseVerb))
        || reading.numbers.iter().any(|number| between.contains(&number.first));
    // "the number of new cases", "the number of deaths": a label's own noun.
    (!closed && first.first < last.first).then_some(first)
}

/// The count that the sentence has named last before a token.
fn named_before(reading: &Reading<'_, '_>, at: usize) -> Option<Metric> {
    let mut named = reading.marks_in(0..at).rev().filter_map(|mark| mark.cue.metric());
    named.find(|metric| kind_of(*metric).whole)
}

fn punctuation_bracket(reading: &Reading<'_, '_>, n: usize) -> bool {
    let first = reading.numbers.get(n).map_or(0, |number| number.first);
    reading.is(first.wrapping_sub(1), "(")
}

/// "the number of people who", where something else than a metric is numbered.
fn pointless(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    let before = mark.first.wrapping_sub(1);
    let total_of = reading.one_of(mark.first, &[Word::Total, Word::Totals])
        && (reading.word(before, Word::For)
            || reading.word(before, Word::Article) && reading.word(before.wrapping_sub(1), Word::For));
    let number_of = reading.word(mark.after, Word::Of) && !total_of;
    let counted = reading.marks_in(mark.after..mark.after + 8).any(|near| near.cue.metric().is_some());
    number_of && !counted
}
