//! The date expressions of a sentence, and the word that introduces each.
//!
//! In: a [`Line`]: tokens, cue phrases and the date that the story is told on. Out: [`DateMark`]s in text order. What
//! holds: none overlaps another; without the story's date nothing relative is resolved.

use super::calendar::{ago, calendar, clock, day, weekday};
use super::date_units;
use crate::language::pack::{Mark, Sense, Word, Words};
use crate::language::tokens::{Token, TokenKind};
use crate::language::{Cue, Pack};
use crate::model::AsOfHow;
use jiff::civil::Date;
use jiff::{Span as Days, ToSpan};

/// What a date expression names.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    /// A day.
    Day(Date),
    /// A month.
    Month(i16, i8),
    /// A year, which is no date of a figure but must not be read as one.
    Year,
    /// So many days before that of what it is compared with.
    Before(i64),
    /// That of the figure before.
    Same,
    /// A time of day or a date that cannot be resolved.
    Unknown,
}

/// What stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// "on", "in" or nothing.
    On,
    /// "as of", "by".
    AsOf,
    /// "by", "until".
    By,
    /// "since", "from", "after": opens a range.
    Since,
}

/// A date expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DateMark {
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) when: When,
    pub(super) how: AsOfHow,
    pub(super) role: Role,
    /// "by the end of January", "in October alone".
    pub(super) end_of: bool,
}

/// A sentence whose dates are sought, before it is a [`Reading`].
pub(super) struct Line<'a, 't> {
    pub(super) pack: &'a Pack,
    pub(super) tokens: &'a [Token<'t>],
    /// The classes of each token.
    pub(super) words: &'a [Words],
    pub(super) marks: &'a [Mark],
    /// The date that the story is told on.
    pub(super) today: Option<Date>,
}

impl<'t> Line<'_, 't> {
    pub(super) fn token(&self, at: usize) -> Option<&Token<'t>> {
        self.tokens.get(at)
    }

    pub(super) fn word(&self, at: usize, word: Word) -> bool {
        self.words.get(at).is_some_and(|words| words.has(word))
    }

    /// Whether a word of this class stands right before a token.
    pub(super) fn before(&self, at: usize, word: Word) -> bool {
        at.checked_sub(1).is_some_and(|at| self.word(at, word))
    }

    pub(super) fn is(&self, at: usize, mark: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(mark))
    }

    /// The month that a token names: "may" and "march" are other words where months have capitals.
    pub(super) fn month(&self, at: usize) -> Option<u8> {
        self.token(at).filter(|token| self.may_name(token)).and_then(|token| self.pack.month(&token.lower))
    }

    pub(super) fn may_name(&self, token: &Token<'_>) -> bool {
        token.kind == TokenKind::Word && (!self.pack.calendar_capitals || token.capitalised())
    }
}

/// Every date expression of the sentence.
pub(super) fn find(line: &Line<'_, '_>) -> Vec<DateMark> {
    let mut found: Vec<DateMark> = Vec::new();
    let mut n = 0;
    while let Some(token) = line.token(n) {
        let read = if line.pack.calendar().is_some() || token.kind == TokenKind::Number || line.may_name(token) {
            let written = date_units::find(line, n).or_else(|| calendar(line, n));
            let read = written.or_else(|| weekday(line, n)).or_else(|| day(line, n)).or_else(|| ago(line, n));
            read.or_else(|| clock(line.tokens, n))
        } else {
            // No other date begins with a word that is no name.
            ago(line, n)
        };
        match read {
            Some(mark) => {
                n = mark.after.max(n + 1);
                found.push(mark);
            }
            None => n += 1,
        }
    }
    // Of phrases that begin together the longest says most: "la semana pasada" is not "la semana".
    let dated = |mark: &Mark| match mark.cue {
        Cue::Sense(sense) => relative(sense, line.today).map(|when| (*mark, sense, when)),
        _ => None,
    };
    let mut marks: Vec<(Mark, Sense, When)> = line.marks.iter().filter_map(dated).collect();
    marks.sort_by_key(|(mark, ..)| (mark.first, usize::MAX - mark.after));
    for (mark, sense, when) in marks {
        // "the most in one day", "the biggest rise in a single day": what it stands out among is no date.
        let among = (mark.first.saturating_sub(4)..mark.first).any(|at| line.word(at, Word::Superlative));
        if among && matches!(sense, Sense::PastDay | Sense::PastWeek | Sense::PastMonth) {
            continue;
        }
        // "now" and "so far" only say what is true by default; a stronger word in the same place hides them.
        if found.iter().any(|known| known.first < mark.after && mark.first < known.after) {
            continue;
        }
        found.push(DateMark {
            first: mark.first,
            after: mark.after,
            when,
            how: AsOfHow::Relative,
            role: Role::On,
            end_of: false,
        });
    }
    // "С 8 по 14 января": the range ends on the later day.
    for mark in &mut found {
        if line.word(mark.first + 1, Word::DayTo) && mark.first + 2 < mark.after {
            mark.first += 2;
        }
    }
    found.sort_by_key(|mark| (mark.first, usize::MAX - mark.after));
    ends_on(line, &mut found);
    join(line, &mut found);
    found.dedup_by(|later, earlier| later.first < earlier.after);
    for mark in &mut found {
        mark.role = date_units::role(line, mark.after).unwrap_or_else(|| role(line, mark.first, &mut mark.end_of));
    }
    found
}

/// "the week to Thursday", "the 24 hours to 8pm on Sunday": a stretch of time whose last day is named is of that day.
fn ends_on(line: &Line<'_, '_>, found: &mut [DateMark]) {
    for n in 0..found.len() {
        let Some(stretch) = found.get(n).copied().filter(|mark| stretches(line, mark)) else { continue };
        let last = found.iter().rev().find(|day| {
            let near = day.first >= stretch.after && day.first <= stretch.after + 6;
            near && matches!(day.when, When::Day(_))
                && matches!(day.how, AsOfHow::Explicit | AsOfHow::Weekday)
                && (line.word(stretch.after, Word::Ending) || line.word(stretch.after - 1, Word::Ending))
                && !(stretch.after..day.first).any(|at| [",", ".", "|", ";"].iter().any(|mark| line.is(at, mark)))
        });
        if let (Some(day), Some(mark)) = (last.copied(), found.get_mut(n)) {
            *mark = DateMark { first: mark.first, ..day };
        }
    }
}

/// "Feb. 8 to Feb. 14", "between August 30 and September 5": one date, which ends on the later day.
fn join(line: &Line<'_, '_>, found: &mut Vec<DateMark>) {
    let whole = |mark: &DateMark| matches!((mark.when, mark.how), (When::Day(_), AsOfHow::Explicit | AsOfHow::Weekday));
    let mut n = 1;
    while let Some([from, to]) = found.get(n - 1..=n) {
        let linked = to.first == from.after + 1 && line.word(from.after, Word::RangeTo);
        // What begins with "from" or "of" is a range already.
        let between = line.before(from.first, Word::RangeLead) == line.word(from.after, Word::And);
        if linked && whole(from) && whole(to) && between {
            let joined = DateMark { first: from.first, ..*to };
            found.splice(n - 1..=n, [joined]);
        } else {
            n += 1;
        }
    }
}

/// Whether a date is a stretch of time that ends on the day of the story unless it says otherwise.
fn stretches(line: &Line<'_, '_>, date: &DateMark) -> bool {
    line.marks.iter().any(|mark| {
        mark.first == date.first
            && matches!(
                mark.cue,
                Cue::Sense(Sense::PastDay | Sense::PastWeek | Sense::PastFortnight | Sense::PastMonth)
            )
    })
}

fn relative(sense: Sense, today: Option<Date>) -> Option<When> {
    let day = |days: i64| {
        today.and_then(|today| today.checked_sub(Days::new().days(days)).ok()).map_or(When::Unknown, When::Day)
    };
    match sense {
        Sense::Today
        | Sense::PastDay
        | Sense::Overnight
        | Sense::PastWeek
        | Sense::PastFortnight
        | Sense::PastMonth => Some(day(0)),
        Sense::Yesterday => Some(day(1)),
        Sense::SameDay => Some(When::Before(0)),
        Sense::DayEarlier => Some(When::Before(1)),
        Sense::WeekEarlier => Some(When::Before(7)),
        Sense::SamePeriod => Some(When::Same),
        Sense::YearEarlier => {
            Some(today.and_then(|today| today.checked_sub(1.year()).ok()).map_or(When::Unknown, When::Day))
        }
        Sense::LastWeek => {
            // The ISO week before: it ends on the Sunday before today.
            let back = today.map_or(0, |today| i64::from(today.weekday().to_monday_one_offset()));
            Some(day(back))
        }
        Sense::LastMonth => Some(
            today.and_then(|today| today.first_of_month().checked_sub(1.day()).ok()).map_or(When::Unknown, When::Day),
        ),
        _ => None,
    }
}

fn role(line: &Line<'_, '_>, first: usize, end_of: &mut bool) -> Role {
    let mut at = first;
    // "by the end of January", "since early March".
    loop {
        if let Some(role) = line.marks.iter().filter(|mark| mark.after == at).find_map(|mark| match mark.cue {
            Cue::Sense(Sense::DateAsOf) => Some(Role::AsOf),
            // "up from Monday" compares.
            Cue::Sense(Sense::DateSince)
                if line.word(mark.first, Word::From) && line.before(mark.first, Word::UpDown) =>
            {
                None
            }
            Cue::Sense(Sense::DateSince) => Some(Role::Since),
            Cue::Sense(Sense::DateUntil) => Some(Role::By),
            _ => None,
        }) {
            return role;
        }
        if !(line.before(at, Word::DateStep) || at > 0 && line.is(at - 1, "-")) {
            break;
        }
        *end_of |= line.before(at, Word::End);
        at -= 1;
    }
    // "Since the outbreak was first noticed in December".
    let said_of = line.before(at, Word::On) || line.before(at, Word::In) && !line.pack.order.verbs_lead;
    let since = since_before(line, at);
    // "since the outbreak emerged in China last December".
    let began = |since: usize| (since..at).any(|at| line.word(at, Word::Emerged));
    if since.is_some_and(|since| said_of || began(since)) { Role::Since } else { Role::On }
}

/// "Since the first infection on February 26": the range opens some words before the date.
fn since_before(line: &Line<'_, '_>, at: usize) -> Option<usize> {
    let since = (at.saturating_sub(8)..at).rfind(|at| line.word(*at, Word::Since));
    since.filter(|since| !(*since..at).any(|at| line.is(at, ",")))
}
