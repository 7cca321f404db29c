//! Days, months, years, weekdays and times of day as they are written: "16 November 2020", "18/11", "Tuesday", "10:30".
//!
//! In: a [`Line`] and a position. Out: the date expression that begins there. What holds: a weekday, or a day without a
//! month, is the latest such day not after the story's.

use super::date_marks::{DateMark, Line, Role, When};
use crate::language::Cue;
use crate::language::pack::{NumberWord, Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::AsOfHow;
use jiff::civil::Date;
use jiff::{Span as Days, ToSpan};

/// "November 16", "16 November 2020", "Nov. 16, 2020", "October", "2020-11-16", "2020".
pub(super) fn calendar(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
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
        if let Some(last) = day_range(line, n, at, day) {
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

/// "21-23", "from November 6 to 12": the figures of a range are those of its last day. It begins with the date at `n`.
fn day_range(line: &Line<'_, '_>, n: usize, at: usize, first: u8) -> Option<u8> {
    let dash = line.token(at).is_some_and(|token| token.is("-") && !token.spaced);
    let said = line.word(at, Word::RangeTo) && line.before(n, Word::RangeLead);
    line.token(at + 1).filter(|_| dash || said).and_then(day_number).filter(|last| dash || *last > first)
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
pub(super) fn day(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
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
pub(super) fn ago(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
    if !(line.word(n + 1, Word::Day) && line.word(n + 2, Word::Ago)) {
        return None;
    }
    let token = line.token(n)?;
    let count = day_number(token).map(f64::from).or(match line.pack.number_word(&token.lower) {
        Some(NumberWord::Unit(count)) => Some(count),
        _ => None,
    })?;
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
pub(super) fn weekday(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
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

/// "10:30", "1840 GMT": no figures.
pub(super) fn clock(tokens: &[Token<'_>], n: usize) -> Option<DateMark> {
    let token = tokens.get(n).filter(|token| token.kind == TokenKind::Number && token.text.len() <= 5)?;
    let made = |after: usize| DateMark {
        first: n,
        after,
        when: When::Unknown,
        how: AsOfHow::None,
        role: Role::Since,
        end_of: false,
    };
    // Four digits are a time before the name of its zone.
    let hours = token.text.parse::<u32>().ok().filter(|time| token.text.len() == 4 && *time < 2400 && time % 100 < 60);
    let zone = |zone: &&Token<'_>| {
        (3..=4).contains(&zone.text.len())
            && zone.text.ends_with(['T', 'C'])
            && zone.text.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    if hours.is_some() && tokens.get(n + 1).filter(zone).is_some() {
        return Some(made(n + 2));
    }
    let colon = tokens.get(n + 1).filter(|token| token.is(":") && !token.spaced)?;
    let minutes =
        tokens.get(n + 2).filter(|token| !token.spaced && token.kind == TokenKind::Number && token.text.len() == 2)?;
    (colon.end == minutes.start && token.text.len() <= 2).then(|| made(n + 3))
}
