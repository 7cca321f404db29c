//! Lines of labels and figures: "New cases: 397 (local 387, imported 10)", "positive 251,338 | deceased 7,861",
//! "641: in intensive care".
//!
//! In: a line with figures, and the head of what stands around it. Out: its [`Row`], or none where the line says more than
//! labels do. What holds: each figure has the words between it and the figure before as its label; a label that stands before a
//! colon governs those behind it; what stands in brackets is told of the figure before them.

use super::super::attach::core_start;
use super::super::date_marks::When;
use super::super::reading::Reading;
use super::head::{Head, PERIODS, Said, in_heading, off, told};
use super::header::separator;
use super::row::{self, Figure, Owner, Row};
use crate::language::Cue;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;
use std::ops::Range;

/// No label has more words.
const LONGEST: usize = 14;

/// Reads a line of labels under the head of what stands around it; `before` is that of the label before. The second is the
/// head of its last label that counts a metric.
pub(super) fn labelled(
    reading: &Reading<'_, '_>,
    around: &Head,
    before: Option<&Head>,
) -> Option<(Vec<Row>, Option<Head>)> {
    let end = reading.tokens.len();
    let (mut at, mut row) = opening(reading);
    let begin = at;
    let first = row.figures.len();
    let figure = |number: &Numeral| !in_heading(reading, number.first);
    if let Some(reversed) = reversed(reading, first, at, around) {
        return Some((vec![reversed.0], Some(reversed.1)));
    }
    let (mut group, mut last) = (around.clone(), None::<Head>);
    let mut parts: Vec<Row> = Vec::new();
    for (n, number) in reading.numbers.iter().enumerate().skip(first) {
        if !figure(number) {
            row.figures.push(Figure { n, told: None });
            continue;
        }
        let opens = last.is_none() && !row.figures.iter().any(|figure| figure.told.is_some());
        let start = core_start(reading, n);
        let bracket = (begin..start).rev().find(|at| reading.is(*at, "(") || reading.is(*at, ")"));
        let open = bracket.filter(|at| reading.is(*at, "("));
        let stretch = open.map_or(at, |open| at.max(open + 1))..start;
        // "Deaths 12 (in hospital 3) and 5": what follows brackets opens no label of its own.
        let mut label = stretch.clone();
        let colon = label.clone().rev().skip_while(|at| trailing(reading, *at)).find(|at| reading.is(*at, ":"));
        let strong = label
            .clone()
            .rev()
            .skip_while(|at| trailing(reading, *at))
            .find(|at| separator(reading, *at).is_some_and(|strength| strength > 1));
        if let Some(colon) = colon.filter(|colon| open.is_none() && strong.is_none_or(|strong| strong < *colon)) {
            let prefix = trim(reading, label.start..colon);
            row.owner = row.owner.or(place(reading, prefix.clone()));
            if told(reading, prefix.clone()) {
                return None;
            }
            group = Head::read(reading, prefix).under(around);
            label.start = colon + 1;
        }
        if let Some(strong) = strong.filter(|strong| *strong >= label.start) {
            if opens {
                row.owner = row.owner.or(place(reading, label.start..strong));
            }
            label.start = strong + 1;
        }
        let label = trim(reading, label);
        // "19 of 35".
        if label.len() == 1 && reading.word(label.start, Word::Of) {
            row.figures.push(Figure { n, told: None });
            at = number.after;
            continue;
        }
        let joined = label.end == start;
        if !noun_phrase(reading, label.clone()) || joined && leads_on(reading, label.clone()) {
            return None;
        }
        // "184,320 (Nelson Mandela Bay 52,310; Buffalo City 31,204)": rows that break down the figure before.
        let part = || row::owner(reading, label.clone());
        if let Some(last) = last.as_ref().filter(|_| open.is_some() && !label.is_empty())
            && let owner @ (Owner::Place(_) | Owner::Part(_)) = part()
            && Head::read(reading, label.clone()).metric.is_none()
        {
            let told = last.told(number.percent).filter(|told| super::fits(number, told.attachment.metric));
            parts.push(Row { figures: vec![Figure { n, told }], ..Row::of(Some(owner)) });
            at = number.after;
            continue;
        }
        let mut own = Head::read(reading, label.clone());
        own.other |= off(reading, label.clone());
        let plus = reading.is(number.first.wrapping_sub(1), "+");
        let part = is_part(reading, label.clone());
        let earlier = before.filter(|_| part || !joined && modifies(reading, label.clone()));
        let mut head = match last.as_ref().or(earlier) {
            // "(+ 385)", "(local 387, imported 10)".
            Some(last) if label.is_empty() && plus && open.is_some() => last.increment(),
            Some(last) if own.only_modifies() || part && own.metric.is_none() && !own.other => own.under(last),
            Some(_) if label.is_empty() => Head::default(),
            // "New: 542" below the name of a place.
            None if own.only_modifies() && own.said == Some(Said::New) && !joined && group.metric.is_none() => {
                Head { metric: Some((Metric::Cases, None)), ..own.under(&group) }
            }
            _ => own.under(&group),
        };
        let plain = own.metric.is_some()
            || own.only_modifies()
            || part && !own.other
            || group.metric.is_some() && place(reading, label.clone()).is_some();
        // "Homes with a suspected case: 561" in a list: something else that is counted.
        let listed = !joined && !label.is_empty() && (own.other || before.or(around.metric.map(|_| around)).is_some());
        if opens && !(plain && head.metric.is_some() && !label.is_empty()) && !listed {
            return None;
        }
        if !(plain || label.is_empty() && plus) {
            head.other = true;
        }
        let (after, aside) = trailing_words(reading, number.after, end)?;
        // "32 new, 7,269 total".
        head = match &last {
            Some(last) if label.is_empty() && aside.only_modifies() => aside.under(last),
            _ => aside.under(&head),
        };
        let named = if opens { row.owner } else { place(reading, label) };
        // Several places in one line are the rows of a table.
        if !opens && named.is_some() {
            return None;
        }
        row.owner = row.owner.or(named);
        let told = head.told(number.percent);
        let fitting = told.clone().filter(|told| super::fits(number, told.attachment.metric));
        // "Share of the dead among the infected: 0.7%".
        if told.is_some() && fitting.is_none() {
            return None;
        }
        row.figures.push(Figure { n, told: fitting });
        if open.is_none() && head.metric.is_some() && !head.other {
            last = Some(head);
        }
        at = after;
    }
    let rest = (at..end).any(|at| {
        !matches!(reading.tokens.get(at).map(|token| token.text), Some("." | ")" | "|" | ";" | "," | "\"" | "”" | "*"))
    });
    (!rest && row.figures.len() > first).then(|| {
        row.owner = row.owner.or((!parts.is_empty()).then_some(Owner::Whole));
        parts.insert(0, row);
        (parts, last)
    })
}

/// Where a line begins behind its bullet, number or time.
fn opening(reading: &Reading<'_, '_>) -> (usize, Row) {
    let mut row = Row::of(None);
    let mut at = 0;
    if let Some(number) = reading.numbers.first().filter(|number| number.first == 0 && number.after == 1)
        && (reading.is(1, ")") || reading.is(1, "."))
    {
        row.figures.push(Figure { n: 0, told: None });
        at = number.after + 1;
    }
    if let Some(time) = reading.dates.iter().find(|date| date.first <= at + 1 && date.when == When::Unknown) {
        let dash = time.after
            + usize::from(
                reading
                    .tokens
                    .get(time.after)
                    .is_some_and(|token| token.kind == TokenKind::Word && token.capitalised()),
            );
        if reading.is(dash, "-") || reading.is(dash, ":") {
            at = dash + 1;
        }
    }
    while reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Mark && !token.is("(") && !token.is("\""))
    {
        at += 1;
    }
    (at, row)
}

/// "641: of them in intensive care", "9.1%: test positivity", "71: active cases, 20 of them imported".
fn reversed(reading: &Reading<'_, '_>, n: usize, at: usize, around: &Head) -> Option<(Row, Head)> {
    let number = reading.numbers.get(n).filter(|number| number.first <= at + 1 && core_start(reading, n) == at)?;
    let link = number.after;
    let next = (n + 1..reading.numbers.len())
        .find(|next| reading.numbers.get(*next).is_some_and(|next| !in_heading(reading, next.first)));
    let dash = reading.is(link, "-") && reading.tokens.get(link).is_some_and(|token| token.spaced);
    if !(reading.is(link, ":") || dash && next.is_none()) {
        return None;
    }
    // What stands behind a comma tells of its own number.
    let breaks = |at: &usize| [",", ";", "("].iter().any(|mark| reading.is(*at, mark));
    let end = match next {
        Some(next) => (link + 1..core_start(reading, next)).find(breaks)?,
        None => reading.tokens.len(),
    };
    let label = link + 1..end;
    let head = Head::read(reading, label.clone());
    let running = told(reading, label.clone()) && !(reading.is(link, ":") && head.metric.is_some());
    if running || label.len() > LONGEST + 2 {
        return None;
    }
    let head = if head.metric.is_some() { head.under(around) } else { Head { other: true, ..head } };
    let told = head.told(number.percent).filter(|told| super::fits(number, told.attachment.metric));
    let mut row = Row::of(place(reading, label));
    (0..n).for_each(|n| row.figures.push(Figure { n, told: None }));
    (n..next.unwrap_or(reading.numbers.len()))
        .for_each(|other| row.figures.push(Figure { n: other, told: told.clone().filter(|_| other == n) }));
    Some((row, head))
}

/// Marks and words between a label and its figure.
fn trailing(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Mark && !token.is("(") && !token.is(")"))
}

fn trim(reading: &Reading<'_, '_>, range: Range<usize>) -> Range<usize> {
    let opens = |at: usize| trailing(reading, at) || reading.is(at, ")") || reading.word(at, Word::And);
    let start = range.clone().find(|at| !opens(*at)).unwrap_or(range.end);
    let end = (start..range.end).rev().find(|at| !trailing(reading, *at)).map_or(start, |at| at + 1);
    start..end
}

/// Whether the words are a label and no clause.
fn noun_phrase(reading: &Reading<'_, '_>, label: Range<usize>) -> bool {
    let words =
        label.clone().filter(|at| reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Word)).count();
    let inside = |at: usize| {
        reading.marks.iter().any(|mark| {
            let whole = mark.after > mark.first + 1 || mark.cue.metric().is_some();
            whole
                && !matches!(mark.cue, Cue::Sense(Sense::Statement | Sense::Report | Sense::Perfect))
                && mark.first <= at
                && at < mark.after
        })
    };
    let clause = label.clone().any(|at| {
        let verb = reading.one_of(at, &[Word::Copula, Word::Have, Word::Auxiliary, Word::Modal, Word::It])
            || reading.has_at(at, Sense::Statement) && !reading.word(at, Word::Participle);
        verb && !inside(at)
    });
    // "Infected on the same day - 109": what day that is, only the text before says.
    let points = reading.dates.iter().any(|date| label.contains(&date.first) && matches!(date.when, When::Before(_)));
    let sentence = label.clone().any(|at| {
        reading.is(at, ".") && reading.tokens.get(at + 1).is_some_and(|next| next.spaced && next.capitalised())
    });
    let opens = reading.one_of(label.start, &[Word::The, Word::Article]) && !label.is_empty();
    words <= LONGEST && !clause && !points && !opens && !sentence && !told(reading, label)
}

/// Whether words right before a figure lead to it as running text does: "deaths from 1,945", "infections hit a record 21,629".
fn leads_on(reading: &Reading<'_, '_>, label: Range<usize>) -> bool {
    let Some(last) = label.clone().next_back() else { return false };
    let total = reading.one_of(last, &[Word::Total, Word::Totals, Word::Already]);
    let possessive = reading.spots.iter().any(|spot| spot.possessive && label.contains(&spot.first));
    // Where verbs lead, "умерли 40" tells what happened.
    let leads = reading.pack.order.verbs_lead
        || reading.has_at(last, Sense::Stop)
        || reading.has_ending(last + 1, Sense::Reaches) && !total;
    leads || possessive || label.clone().any(|at| reading.word(at, Word::Record))
}

/// "of which in prisons", "among arrivals".
fn is_part(reading: &Reading<'_, '_>, label: Range<usize>) -> bool {
    let opens = |at: usize, mark: &Mark| mark.after > at + 1 || reading.word(at, Word::Including);
    let mut marks = reading.marks_in(label.clone());
    marks.any(|mark| mark.cue == Cue::Sense(Sense::Part) && opens(mark.first, mark))
        || reading.word(label.start, Word::Among) && reading.has(label, Sense::People)
}

/// Whether every word of a label only says more of what is counted: "Overseas inflow", "New since yesterday", "Cumulative".
fn modifies(reading: &Reading<'_, '_>, label: Range<usize>) -> bool {
    let more = |cue: &Cue| match cue {
        Cue::Subset(_) => true,
        Cue::Sense(sense) => {
            matches!(sense, Sense::New | Sense::Total | Sense::Modifier | Sense::Stop | Sense::Yesterday | Sense::Today)
                || PERIODS.iter().any(|(period, _)| period == sense)
        }
        _ => false,
    };
    let covered = |at: usize| {
        reading.marks.iter().any(|mark| mark.first <= at && at < mark.after && more(&mark.cue))
            || reading.dates.iter().any(|date| date.first <= at && at < date.after)
            || reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Mark)
    };
    Head::read(reading, label.clone()).only_modifies() && label.into_iter().all(covered)
}

/// The place that a label names.
fn place(reading: &Reading<'_, '_>, label: Range<usize>) -> Option<Owner> {
    let mut inside = reading.spots.iter().enumerate().filter(|(_, spot)| label.contains(&spot.first));
    let (n, _) = inside.next()?;
    Some(Owner::Place(Some(n)))
}

/// What stands right behind a figure up to the next mark: nothing, people, or "new", "in total". None where it is more.
fn trailing_words(reading: &Reading<'_, '_>, from: usize, end: usize) -> Option<(usize, Head)> {
    let next = reading.numbers.iter().find(|number| number.first >= from).map_or(end, |number| number.first);
    let stop =
        (from..next).find(|at| trailing(reading, *at) || reading.is(*at, "(") || reading.is(*at, ")")).unwrap_or(next);
    let words = from..stop;
    let label = reading.is(stop, ":") && stop + 1 == next;
    if words.is_empty() || (stop == next || label) && next < end {
        // Nothing parts it from the next label.
        return Some((from, Head::default()));
    }
    let people = words.clone().all(|at| {
        reading.has_at(at, Sense::People) && reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word)
    });
    let head = Head::read(reading, words);
    (people || head.only_modifies()).then(|| (stop, if people { Head::default() } else { head }))
}
