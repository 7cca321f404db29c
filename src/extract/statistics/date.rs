//! Dates in a sentence, and which of them a number describes.
//!
//! In: a [`Line`]: tokens, cue phrases and the date that the story is told on. Out: [`DateMark`]s in order, and for a number its
//! [`AsOf`]. What holds: a date without a year is the latest such date not after the story's, save in forecasts; without
//! the story's date nothing relative is resolved.

use super::date_units;
use super::reading::Reading;
use crate::language::pack::{Mark, NumberWord, Sense, Word, Words};
use crate::language::tokens::{Token, TokenKind};
use crate::language::{Cue, Pack};
use crate::model::{AsOf, AsOfHow, Span};
use jiff::civil::{Date, date};
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
    fn token(&self, at: usize) -> Option<&Token<'t>> {
        self.tokens.get(at)
    }

    fn word(&self, at: usize, word: Word) -> bool {
        self.words.get(at).is_some_and(|words| words.has(word))
    }

    /// Whether a word of this class stands right before a token.
    fn before(&self, at: usize, word: Word) -> bool {
        at.checked_sub(1).is_some_and(|at| self.word(at, word))
    }

    fn is(&self, at: usize, mark: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(mark))
    }

    /// The month that a token names: "may" and "march" are other words where months have capitals.
    fn month(&self, at: usize) -> Option<u8> {
        self.token(at).filter(|token| self.may_name(token)).and_then(|token| self.pack.month(&token.lower))
    }

    fn may_name(&self, token: &Token<'_>) -> bool {
        token.kind == TokenKind::Word && (!self.pack.calendar_capitals || token.capitalised())
    }
}

/// Every date expression of the sentence.
pub(super) fn find(line: &Line<'_, '_>) -> Vec<DateMark> {
    let mut found: Vec<DateMark> = Vec::new();
    let mut n = 0;
    while n < line.tokens.len() {
        let written = date_units::find(line, n).or_else(|| calendar(line, n));
        let read = written.or_else(|| weekday(line, n)).or_else(|| day(line, n)).or_else(|| ago(line, n));
        let read = read.or_else(|| clock(line.tokens, n));
        match read {
            Some(mark) => {
                n = mark.after.max(n + 1);
                found.push(mark);
            }
            None => n += 1,
        }
    }
    // Of phrases that begin together the longest says most: "la semana pasada" is not "la semana".
    let mut marks: Vec<&Mark> = line.marks.iter().collect();
    marks.sort_by_key(|mark| (mark.first, usize::MAX - mark.after));
    for mark in marks {
        let Cue::Sense(sense) = mark.cue else { continue };
        let Some(when) = relative(sense, line.today) else { continue };
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
                && !(stretch.after..day.first).any(|at| line.is(at, ",") || line.is(at, "."))
        });
        if let (Some(day), Some(mark)) = (last.copied(), found.get_mut(n)) {
            *mark = DateMark { first: mark.first, ..day };
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
    if line.before(at, Word::On) && since_before(line, at) { Role::Since } else { Role::On }
}

/// "Since the first infection on February 26": the range opens some words before the date.
fn since_before(line: &Line<'_, '_>, at: usize) -> bool {
    let since = (at.saturating_sub(8)..at).rfind(|at| line.word(*at, Word::Since));
    since.is_some_and(|since| !(since..at).any(|at| line.is(at, ",")))
}

/// "November 16", "16 November 2020", "Nov. 16, 2020", "October", "2020-11-16", "2020".
fn calendar(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
    let token = line.token(n)?;
    let made = |after: usize, when: When| DateMark {
        first: n,
        after,
        when,
        how: AsOfHow::Explicit,
        role: Role::On,
        end_of: false,
    };
    if token.kind == TokenKind::Number {
        return numeric(line, n).map(|(after, when)| made(after, when));
    }
    let month = line.month(n)?;
    let mut at = n + 1;
    if line.token(at).is_some_and(|token| token.is(".") && !token.spaced) {
        at += 1;
    }
    // "En enero 14 personas": where the day comes first, only a year shows that a number behind a month is one.
    let dated = |at: usize| !line.pack.order.day_first || year(line, at).1.is_some();
    if let Some(mut day) = line.token(at).and_then(day_number).filter(|_| dated(at + 1)) {
        at += 1;
        at = skip_ordinal(line, at);
        if let Some(last) = day_range(line.tokens, at) {
            day = last;
            at += 2;
        }
        let (at, year) = year(line, at);
        return Some(made(at, resolve(year, month, Some(day), line.today)));
    }
    let (after, year) = year(line, at);
    if line.word(n, Word::Abbreviation) && year.is_none() || line.word(n, Word::MonthHomonym) && n == 0 {
        return None;
    }
    Some(made(after.max(n + 1), resolve(year, month, None, line.today)))
}

fn day_number(token: &Token<'_>) -> Option<u8> {
    (token.kind == TokenKind::Number && token.lower.len() <= 2)
        .then(|| token.lower.parse().ok())?
        .filter(|day| (1..=31).contains(day))
}

/// "79th": letters right behind digits.
fn skip_ordinal(line: &Line<'_, '_>, at: usize) -> usize {
    let tight = line.token(at).is_some_and(|token| !token.spaced);
    at + usize::from(tight && line.word(at, Word::OrdinalSuffix))
}

/// "21-23": the figures of a range are those of its last day.
fn day_range(tokens: &[Token<'_>], at: usize) -> Option<u8> {
    let dash = tokens.get(at).is_some_and(|token| token.is("-") && !token.spaced);
    tokens.get(at + 1).filter(|_| dash).and_then(day_number)
}

/// A year at a token, with or without a comma before it, or behind an "of".
fn year(line: &Line<'_, '_>, at: usize) -> (usize, Option<i16>) {
    let tokens = line.tokens;
    let read = |n: usize| {
        let token = tokens.get(n).filter(|token| token.kind == TokenKind::Number && token.lower.len() == 4)?;
        token.lower.parse::<i16>().ok().filter(|year| (1900..2100).contains(year))
    };
    if let Some(year) = read(at) {
        return (at + 1, Some(year));
    }
    let linked = line.is(at, ",") || line.word(at, Word::Of);
    match read(at + 1) {
        Some(year) if linked => (at + 2, Some(year)),
        _ => (at, None),
    }
}

fn numeric(line: &Line<'_, '_>, n: usize) -> Option<(usize, When)> {
    let token = line.token(n)?;
    // "16 November 2020", "16th of November".
    if let Some(day) = day_number(token) {
        if let Some(found) = day_of_month(line, skip_ordinal(line, n + 1), day) {
            return Some(found);
        }
        // "18/11", "18/11/2020".
        let tight = |offset: usize| line.token(n + offset).filter(|token| !token.spaced);
        let slash = |offset: usize| tight(offset).is_some_and(|token| token.is("/"));
        if line.pack.order.day_first
            && slash(1)
            && let Some(month) = tight(2).and_then(day_number).filter(|month| *month <= 12)
        {
            let year = tight(4).filter(|_| slash(3)).and_then(|token| token.text.parse::<i16>().ok());
            let year = year.map(|year| if year < 100 { year + 2000 } else { year });
            let after = if year.is_some() { n + 5 } else { n + 3 };
            return Some((after, resolve(year, month, Some(day), line.today)));
        }
    }
    // "2020-11-16" and "16.11.2020".
    let parts: Vec<&str> = token.text.split('.').collect();
    if let [day, month, year] = parts.as_slice() {
        let (day, month, year) = (day.parse::<u8>().ok()?, month.parse::<u8>().ok()?, year.parse::<i16>().ok()?);
        return ((1..=12).contains(&month) && (1900..2100).contains(&year))
            .then(|| (n + 1, resolve(Some(year), month, Some(day), line.today)));
    }
    let four = token.text.len() == 4 && token.text.bytes().all(|byte| byte.is_ascii_digit());
    let value = token.text.parse::<i16>().ok()?;
    if four && (1900..2100).contains(&value) {
        let tight = |offset: usize| line.token(n + offset).filter(|token| !token.spaced);
        if let (Some(dash), Some(month), Some(second), Some(day)) = (tight(1), tight(2), tight(3), tight(4))
            && dash.is("-")
            && second.is("-")
            && let (Some(month), Some(day)) = (day_number(month), day_number(day))
        {
            return Some((n + 5, resolve(Some(value), month, Some(day), line.today)));
        }
        let mark_before = |mark: &str| n > 0 && line.is(n - 1, mark);
        let yearly = line.before(n, Word::BeforeYear) || mark_before("-");
        // "2020 cases" are cases; "in 2020 cases rose" is a year.
        let ends = line.word(n + 1, Word::YearEvent)
            || line.token(n + 1).is_none_or(|next| matches!(next.lower.as_ref(), "," | "." | ";" | ")" | "-"));
        let counted = (line.before(n, Word::Of) || line.before(n, Word::By)) && !ends;
        let told = line.before(n, Word::CountLead) || mark_before(":");
        let stated = (1950..2040).contains(&value) && (yearly && !counted || ends && !told);
        return stated.then_some((n + 1, When::Year));
    }
    None
}

/// What stands behind a day, up to its month and year: "(18) de noviembre de 2020", "(1) al 7 de noviembre". Of several days
/// the last is meant, and all are kept out of the pool.
fn day_of_month(line: &Line<'_, '_>, at: usize, day: u8) -> Option<(usize, When)> {
    let (mut at, mut day) = (at, day);
    for _ in 0..3 {
        let linked = line.word(at, Word::Of) || line.is(at, "-");
        let step = usize::from(linked && line.month(at + 1).is_some());
        if let Some(month) = line.month(at + step) {
            let (after, year) = year(line, at + step + 1);
            return Some((after, resolve(year, month, Some(day), line.today)));
        }
        let more = [Word::And, Word::To, Word::DayTo].iter().any(|word| line.word(at, *word));
        if !(more || line.is(at, "-") || line.is(at, ",")) {
            return None;
        }
        let next = at + 1 + usize::from(line.word(at + 1, Word::The));
        day = line.token(next).and_then(day_number)?;
        at = skip_ordinal(line, next + 1);
    }
    None
}

/// "El día 18", "no dia 18": the latest such day, where days are named so.
fn day(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
    let day = line.token(n).and_then(day_number)?;
    let opened = n >= 2
        && line.before(n, Word::Day)
        && (line.word(n - 2, Word::The) || line.word(n - 2, Word::In) || line.word(n - 2, Word::Of));
    if !(line.pack.order.day_first && opened) {
        return None;
    }
    let when = latest(line.today, day);
    Some(DateMark { first: n, after: n + 1, when, how: AsOfHow::Explicit, role: Role::On, end_of: false })
}

/// "Два дня назад": so many days before today.
fn ago(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
    let token = line.token(n)?;
    let count = day_number(token).map(f64::from).or(match line.pack.number_word(&token.lower) {
        Some(NumberWord::Unit(count)) => Some(count),
        _ => None,
    })?;
    if !(line.word(n + 1, Word::Day) && line.word(n + 2, Word::Ago)) {
        return None;
    }
    let day = line.today.and_then(|today| today.checked_sub(Days::new().days(count as i64)).ok());
    let when = day.map_or(When::Unknown, When::Day);
    Some(DateMark { first: n, after: n + 3, when, how: AsOfHow::Relative, role: Role::On, end_of: false })
}

/// The latest day of that number which is not after today.
fn latest(today: Option<Date>, day: u8) -> When {
    let Ok(day) = i8::try_from(day) else { return When::Unknown };
    let found = today.and_then(|today| {
        let of = |month: Date| Date::new(month.year(), month.month(), day).ok();
        let before = today.first_of_month().checked_sub(1.day()).ok();
        of(today).filter(|date| *date <= today).or_else(|| of(before?))
    });
    found.map_or(When::Unknown, When::Day)
}

/// The date that day, month and perhaps year name.
pub(super) fn resolve(year: Option<i16>, month: u8, day: Option<u8>, today: Option<Date>) -> When {
    let month = i8::try_from(month).unwrap_or(1);
    let Some(year) = year.or_else(|| today.map(Date::year)) else { return When::Unknown };
    match day {
        Some(day) => Date::new(year, month, i8::try_from(day).unwrap_or(1)).map_or(When::Unknown, When::Day),
        None => When::Month(year, month),
    }
}

/// "on Tuesday"; the latest such day not after today.
fn weekday(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
    let token = line.token(n).filter(|token| line.may_name(token))?;
    let weekday = line.pack.weekday(&token.lower)?;
    if line.word(n, Word::Abbreviation) && !line.is(n + 1, ".") {
        return None;
    }
    let tail = line.is(n + 1, "-") && line.word(n + 2, Word::WeekdayTail);
    let after = if tail { n + 3 } else { n + 1 };
    // "Na quarta-feira (18)": the day of the month says which.
    let bracket = |at: usize| line.is(at, "(") && line.is(at + 2, ")");
    let day = line.token(after + 1).and_then(day_number).filter(|_| line.pack.order.day_first && bracket(after));
    if line.word(n, Word::WeekdayHomonym) && !tail && day.is_none() && !stands_alone(line, n) {
        return None;
    }
    if let Some(day) = day {
        let when = latest(line.today, day);
        return Some(DateMark {
            first: n,
            after: after + 3,
            when,
            how: AsOfHow::Weekday,
            role: Role::On,
            end_of: false,
        });
    }
    // "desde sexta, 13": a number that the calendar gives to that weekday.
    let comma = line.token(after + 1).and_then(day_number).filter(|_| line.pack.order.day_first && line.is(after, ","));
    if let (Some(day), true) = (comma, line.token(after + 2).is_none_or(|next| next.kind == TokenKind::Mark))
        && let When::Day(date) = latest(line.today, day)
        && date.weekday().to_monday_one_offset() == i8::try_from(weekday).unwrap_or(0)
    {
        let when = When::Day(date);
        return Some(DateMark {
            first: n,
            after: after + 2,
            when,
            how: AsOfHow::Weekday,
            role: Role::On,
            end_of: false,
        });
    }
    // "El miércoles 18 de noviembre": the date says more.
    let next = after + usize::from(line.is(after, ","));
    if let Some(mark) = calendar(line, next).filter(|mark| matches!(mark.when, When::Day(_))) {
        return Some(DateMark { first: n, ..mark });
    }
    let when = line.today.map_or(When::Unknown, |today| {
        let back = (7 + today.weekday().to_monday_one_offset() - i8::try_from(weekday).unwrap_or(1)) % 7;
        today.checked_sub(Days::new().days(i64::from(back))).map_or(When::Unknown, When::Day)
    });
    Some(DateMark { first: n, after, when, how: AsOfHow::Weekday, role: Role::On, end_of: false })
}

/// "Nesta quarta, …", "na quarta o país": an ordinal that is a weekday because no noun follows it.
fn stands_alone(line: &Line<'_, '_>, n: usize) -> bool {
    let opened = line.before(n, Word::In) || line.before(n, Word::This);
    let told = |sense: Sense| line.marks.iter().any(|mark| mark.first == n + 1 && mark.cue == Cue::Sense(sense));
    let free = line.token(n + 1).is_none_or(|next| next.kind != TokenKind::Word)
        || line.word(n + 1, Word::The)
        || [Sense::Report, Sense::Stop, Sense::Perfect, Sense::Statement].into_iter().any(told);
    opened && free
}

/// "10:30", "6 p.m.": no figures.
fn clock(tokens: &[Token<'_>], n: usize) -> Option<DateMark> {
    let token = tokens.get(n).filter(|token| token.kind == TokenKind::Number && token.text.len() <= 5)?;
    let made = |after: usize| DateMark {
        first: n,
        after,
        when: When::Unknown,
        how: AsOfHow::None,
        role: Role::Since,
        end_of: false,
    };
    let colon = tokens.get(n + 1).filter(|token| token.is(":") && !token.spaced)?;
    let minutes =
        tokens.get(n + 2).filter(|token| !token.spaced && token.kind == TokenKind::Number && token.text.len() == 2)?;
    (colon.end == minutes.start && token.text.len() <= 2).then(|| made(n + 3))
}

/// Moves a date without a stated year into the past, or for a forecast into the future.
fn settle(mark: &DateMark, tokens: &[Token<'_>], today: Date, future: bool) -> Option<(String, AsOfHow)> {
    let stated = tokens.get(mark.first..mark.after).is_some_and(|tokens| {
        tokens.iter().any(|token| token.kind == TokenKind::Number && (token.text.len() == 4 || token.text.len() == 10))
    });
    match mark.when {
        When::Day(day) => {
            let shift = match mark.how {
                AsOfHow::Explicit if !stated && !future && day > today => -1,
                AsOfHow::Explicit if !stated && future && day < today => 1,
                _ => 0,
            };
            let day = date(day.year(), day.month(), 1)
                .checked_add(Days::new().years(shift))
                .ok()?
                .with()
                .day(day.day())
                .build()
                .ok()?;
            Some((day.to_string(), mark.how))
        }
        When::Month(year, month) => {
            let first = date(year, month, 1);
            let shift = match () {
                () if stated => 0,
                () if !future && first > today => -1,
                () if future && first.last_of_month() < today => 1,
                () => 0,
            };
            let first = first.checked_add(Days::new().years(shift)).ok()?;
            let text = if mark.end_of {
                first.last_of_month().to_string()
            } else {
                format!("{:04}-{:02}", first.year(), first.month())
            };
            Some((text, mark.how))
        }
        _ => None,
    }
}

/// What is known when a number's date is looked for.
pub(super) struct DateScope<'a> {
    pub(super) today: Option<Date>,
    pub(super) from_dateline: bool,
    /// Date of the figure before in the sentence, which "a day earlier" counts from.
    pub(super) before: Option<&'a AsOf>,
    /// The last day that the sentences before name, which is "the same day" where this one has no date.
    pub(super) named: Option<Date>,
    /// Date of what a part or a pointing subject points to.
    pub(super) inherited: Option<&'a AsOf>,
    pub(super) forecast: bool,
    /// The value is where a change within one day began: "from A to B in one day".
    pub(super) start_of_change: bool,
    /// The value counts a month, so that the month's last day is meant.
    pub(super) monthly: bool,
}

/// The last day that a sentence names, which "the same day" of the next one means.
pub(super) fn last_day(reading: &Reading<'_, '_>) -> Option<Date> {
    // Today is what is meant without a date too, and "last week" is no day.
    let named = |mark: &&DateMark| {
        mark.role != Role::Since
            && (mark.how != AsOfHow::Relative
                || reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::Yesterday)))
    };
    reading.dates.iter().filter(named).rev().find_map(|mark| match mark.when {
        When::Day(day) => Some(day),
        _ => None,
    })
}

/// The date that number `n` describes, and the words that say so.
pub(super) fn as_of(reading: &Reading<'_, '_>, n: usize, scope: &DateScope<'_>) -> (AsOf, Option<Span>) {
    let default = || match scope.today {
        Some(today) => AsOf {
            date: Some(today.to_string()),
            how: if scope.from_dateline { AsOfHow::DatelineDefault } else { AsOfHow::PublishedDefault },
        },
        None => AsOf { date: None, how: AsOfHow::None },
    };
    let Some(mark) = choose(reading, n) else {
        if let Some(inherited) = scope.inherited.filter(|inherited| inherited.date.is_some()) {
            let default = matches!(inherited.how, AsOfHow::DatelineDefault | AsOfHow::PublishedDefault);
            return (
                AsOf { date: inherited.date.clone(), how: if default { inherited.how } else { AsOfHow::Inherited } },
                None,
            );
        }
        return (default(), None);
    };
    let span = reading.bytes(mark.first, mark.after);
    let mut mark = *mark;
    // "Ранее в среду сообщалось о 75 умерших за сутки": a day that only measures follows the date beside it.
    let measures = reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::PastDay));
    let left = reading.left(n);
    let named = reading.dates.iter().rfind(|date| {
        left.contains(&date.first)
            && matches!((date.when, date.how), (When::Day(_), AsOfHow::Explicit | AsOfHow::Weekday))
            && date.role != Role::Since
    });
    if let Some(named) = named.filter(|_| measures && reading.pack.order.verbs_lead) {
        mark = *named;
    }
    mark.end_of |= scope.monthly;
    if let When::Before(days) = mark.when {
        let parsed = |as_of: Option<&AsOf>| as_of?.date.as_deref()?.parse::<Date>().ok();
        // "The same day" is that of the last date before it, here or in the sentence before.
        let same = || {
            let named = reading.dates.iter().filter(|other| other.first < mark.first).rev();
            let mut days = named.filter_map(|other| match other.when {
                When::Day(day) => Some(day),
                _ => None,
            });
            days.next().or_else(|| parsed(scope.before)).or(scope.named)
        };
        let base = if days == 0 { same() } else { parsed(scope.before) };
        let base = base.or(scope.today);
        let day = base.and_then(|base| base.checked_sub(Days::new().days(days)).ok());
        return (AsOf { date: day.map(|day| day.to_string()), how: AsOfHow::Relative }, span);
    }
    if let (true, When::Day(day)) = (scope.start_of_change, mark.when) {
        let back = if reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::PastWeek))
        {
            7
        } else {
            1
        };
        let day = day.checked_sub(Days::new().days(back)).ok();
        return (AsOf { date: day.map(|day| day.to_string()), how: AsOfHow::Relative }, span);
    }
    let settled = match (scope.today, mark.when) {
        (Some(today), _) => settle(&mark, &reading.tokens, today, scope.forecast),
        // Without the story's date only what is written in full can be said.
        (None, When::Day(day)) => Some((day.to_string(), mark.how)),
        (None, _) => None,
    };
    match settled {
        Some((date, how)) => (AsOf { date: Some(date), how }, span),
        None => (default(), None),
    }
}

/// Whether number `n` is told as a part: "14,417 of them", "including 310".
pub(super) fn is_part(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let before = n.checked_sub(1).and_then(|before| reading.numbers.get(before)).map_or(0, |before| before.after);
    let of_them = |at: usize| reading.word(at, Word::Of) && reading.word(at + 1, Word::Them);
    let opens = |at: usize| reading.word(at, Word::Including) || reading.word(at, Word::Among) || of_them(at);
    // "de los cuales 216": behind words that point to the number before.
    let points = n > 0
        && reading.marks_in(number.first.saturating_sub(4).max(before)..number.first).any(|mark| {
            mark.cue == Cue::Sense(Sense::Part)
                && mark.after > mark.first + 1
                && reading.word(mark.after - 1, Word::Them)
        });
    let opened = points || (before..number.first).any(opens);
    opened || of_them(number.after)
}

/// Whether what stands at `at` is said of a later part of number `n`: "749,684 have recovered, 14,417 of them in the
/// past day", "4,641 cases, including 310 on Tuesday".
fn of_a_part(reading: &Reading<'_, '_>, n: usize, at: usize) -> bool {
    let numbers = reading.numbers.iter().enumerate().skip(n + 1);
    numbers
        .take_while(|(_, part)| part.first < at)
        .any(|(other, _)| is_part(reading, other) || compares(reading, other) && reading.right(other).contains(&at))
}

/// Whether number `n` is what another is compared with: "up from 7,900 on Sunday", "against 57 on Monday".
pub(super) fn compares(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = super::attach::core_start(reading, n);
    let number = reading.numbers.get(n).map_or(0, |number| number.first);
    [start, number].into_iter().any(|at| {
        reading.ending_at(at).iter().any(|mark| {
            mark.cue == Cue::Sense(Sense::Compare)
                // "after 322 were added" tells what made the total.
                && !reading.word(mark.first, Word::After)
                && (mark.after > mark.first + 1 || reading.one_of(mark.first, &[Word::From, Word::Against]))
        })
    })
}

/// Whether a part has a date of its own right behind it, as "14,417 of them in the past day" has.
pub(super) fn dates_its_part(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let next = reading.numbers.get(n + 1).map_or(usize::MAX, |next| next.first);
    let own = |mark: &&DateMark| {
        (number.after..next).contains(&mark.first)
            && !matches!(mark.role, Role::AsOf | Role::By | Role::Since)
            && !matches!(mark.when, When::Year | When::Unknown)
    };
    is_part(reading, n) && reading.dates.iter().any(|mark| own(&mark))
}

/// "the ministry said on Wednesday": a verb of speech right before the date, and no number between.
pub(super) fn is_statement(reading: &Reading<'_, '_>, mark: &DateMark) -> bool {
    let near = mark.first.saturating_sub(3)..mark.first;
    near.clone().any(|at| reading.has_at(at, Sense::Statement))
        && !reading.numbers.iter().any(|number| near.contains(&number.first))
        && (0..mark.first).rev().take(10).any(|at| reading.is(at, ","))
}

/// The date expression that governs number `n`: behind it, before it, elsewhere in the sentence; a date of statement last.
pub(super) fn choose<'r>(reading: &'r Reading<'_, '_>, n: usize) -> Option<&'r DateMark> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let usable = |mark: &&DateMark| mark.role != Role::Since && !matches!(mark.when, When::Year | When::Unknown);
    let topic_first = reading.pack.topic_first();
    let statement = |mark: &DateMark| {
        // "卫生部29日报告，": the verb of speech follows its date.
        if topic_first && reading.is_statement(mark.after) {
            return true;
        }
        // "the ministry said on Wednesday": a verb of speech right before the date, and no number between.
        // "were reported on Friday" is none.
        (mark.first.saturating_sub(3)..mark.first)
            .any(|at| reading.has_at(at, Sense::Statement) && !reading.word(at.wrapping_sub(1), Word::Auxiliary))
            && !reading
                .numbers
                .iter()
                .any(|number| number.first >= mark.first.saturating_sub(3) && number.first < mark.first)
            && ((0..mark.first).rev().take(8).any(|at| reading.is(at, ",")) || reading.word(mark.after, Word::That))
    };
    let weak = |mark: &DateMark| {
        reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::Today))
            && mark.after <= mark.first + 2
    };
    // "10,207, breaking a record set on July 23": the day of the record.
    let of_record = |mark: &DateMark| {
        mark.first > number.after
            && (mark.first.saturating_sub(5)..mark.first).any(|at| at >= number.after && reading.word(at, Word::Record))
            && !(mark.first.saturating_sub(2)..mark.first).any(|at| reading.is(at, ","))
    };
    // "611 menos que el sábado": the day of a difference.
    let compared = |mark: &DateMark| {
        let near = (mark.first.saturating_sub(6)..mark.first).rev().take_while(|at| !reading.is(*at, ","));
        near.take_while(|at| !reading.numbers.iter().any(|number| number.first == *at)).any(|at| reading.than(at))
    };
    let own = |mark: &&DateMark| !of_a_part(reading, n, mark.first) && !of_record(mark) && !compared(mark);
    let data: Vec<&DateMark> =
        reading.dates.iter().filter(usable).filter(own).filter(|mark| !statement(mark)).collect();
    let mut right = reading.right(n);
    let strong = data.iter().copied().find(|mark| mark.role == Role::AsOf && clause.contains(&mark.first));
    // "9.7 crore up to Sunday with 10 lakh tested on Monday": a day of its own behind the number is nearer.
    let own_day = data.iter().any(|mark| {
        mark.role == Role::On && matches!(mark.when, When::Day(_)) && !weak(mark) && right.contains(&mark.first)
    });
    if strong.is_some_and(|strong| right.contains(&strong.first) || !own_day) {
        return strong;
    }
    let left = reading.left(n);
    // With one past tense, a date before the number is nearer than one behind a comma.
    if reading.pack.order.one_past && data.iter().any(|mark| left.contains(&mark.first)) {
        right.end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
    }
    let within = |range: std::ops::Range<usize>| move |mark: &&&DateMark| range.contains(&mark.first);
    let compare_end =
        reading.first(number.after..clause.end, Sense::Compare).map_or(clause.end, |mark| mark.first).max(right.end);
    // "52 a day earlier" is said of the number before; "am Vortag waren es 52" of the one behind.
    let leads = |mark: &DateMark| {
        let opening = (0..mark.first).rev().find(|at| {
            reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Mark && !token.is("-"))
                || reading.numbers.iter().any(|number| number.first == *at)
        });
        opening.is_none_or(|at| !reading.numbers.iter().any(|number| number.first == at)) && mark.first < number.first
    };
    let leads = |mark: &DateMark| !reading.pack.topic_first() && reading.pack.order.verbs_lead && leads(mark);
    let day_before = |mark: &&&DateMark| !matches!(mark.when, When::Before(_)) || leads(mark);
    // "…, in der Woche davor waren es 17.294": said of the number that follows it.
    let next = reading.numbers.get(n + 1).map(|next| next.first);
    let next_own = |mark: &DateMark| {
        matches!(mark.when, When::Before(_))
            && next.is_some_and(|next| mark.after <= next && clause.contains(&next))
            && (number.after..mark.first).any(|at| reading.is(at, ","))
    };
    // With one past tense, what stands between the comma and the next number dates that one, and a date that leads to a
    // dash or opens the sentence is the number's own: "сегодня - 326", "днем ранее таких было 546".
    let lead = reading.pack.order.one_past;
    let until = next.unwrap_or(usize::MAX);
    let data: Vec<&DateMark> =
        data.into_iter().filter(|mark| !lead || mark.first < right.end || mark.first > until).collect();
    let link = super::attach::core_start(reading, n).wrapping_sub(1);
    let leading = |mark: &&&DateMark| {
        mark.after == link && reading.is(link, "-") || matches!(mark.when, When::Before(_)) && mark.role == Role::On
    };
    let led = data.iter().filter(within(left.clone())).rfind(leading).filter(|_| lead).copied();
    if led.is_some() && data.iter().all(|mark| !right.contains(&mark.first) || weak(mark)) {
        return led;
    }
    if topic_first {
        // When stands before the number: in its clause, else in the nearest clause before.
        let before = |range: std::ops::Range<usize>| data.iter().rfind(|mark| range.contains(&mark.first)).copied();
        let inside = before(left).or_else(|| data.iter().find(|mark| right.contains(&mark.first)).copied());
        let outside = || {
            let same = |mark: &&&DateMark| !matches!(mark.when, When::Before(1..));
            let strong = data.iter().filter(|mark| mark.first < clause.start).filter(same);
            strong.clone().rfind(|mark| !weak(mark)).or_else(|| strong.clone().next_back()).copied()
        };
        let found = inside.or_else(|| before(clause.start..number.first));
        let said = || reading.dates.iter().filter(usable).rfind(|mark| mark.first < number.first && statement(mark));
        return found.filter(|mark| !weak(mark)).or_else(outside).or(found).or_else(said);
    }
    // "A week earlier there had been 331": what opens the clause is said of its own number.
    let opening = |mark: &&&DateMark| day_before(mark) || mark.first <= clause.start + 1;
    let nearest = data
        .iter()
        .filter(within(right.clone()))
        .find(|mark| !weak(mark) && !next_own(mark))
        .or_else(|| data.iter().filter(within(left.clone())).filter(opening).rfind(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(within(number.after..compare_end)).filter(day_before).find(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(within(clause.start..number.first)).filter(day_before).rfind(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(day_before).find(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(within(clause.clone())).find(day_before))
        .copied();
    nearest.or_else(|| reading.dates.iter().filter(usable).find(|mark| statement(mark)))
}
