//! Dates whose units stand behind their numbers: "2020年3月18日24时", "18日晚8时", "今（17）日", "12月底".
//!
//! In: a line and a position. Out: the date expression that begins there. What holds: a day without a month is the latest
//! such day not after the story's.

use super::calendar::resolve;
use super::date_marks::{DateMark, Line, Role, When};
use crate::language::pack::Calendar;
use crate::language::tokens::TokenKind;
use crate::model::AsOfHow;
use jiff::Span as Days;
use jiff::civil::Date;

/// The date or time of day that begins at token `n`.
pub(super) fn find(line: &Line<'_, '_>, n: usize) -> Option<DateMark> {
    let calendar = line.pack.calendar()?;
    let reader = Reader { line, calendar };
    if let Some(after) = reader.pointed(n) {
        return Some(made(n, after, reader.day_alone(reader.number(n + 2)?), AsOfHow::Explicit));
    }
    let (mut after, mut when) = reader.day(n).unwrap_or((n, When::Unknown));
    let dated = after > n;
    let part = after + usize::from(dated && reader.unit(after, &calendar.part));
    if let Some(end) = reader.time(part) {
        after = end;
    } else if let Some(end) = dated.then(|| reader.later(part)).flatten() {
        // "5月1日至7日": the figures of a range are those of its last day.
        let later = reader.day(end).unwrap_or((end, when));
        (after, when) = match (when, later.1) {
            // The range goes on in the month that it began in.
            (When::Day(first), When::Day(last)) if reader.unit(end + 1, &calendar.day) => {
                (later.0, first.with().day(last.day()).build().map_or(later.1, When::Day))
            }
            _ => later,
        };
    }
    (after > n).then(|| {
        let end_of = dated && (n..after).any(|at| reader.unit(at, &calendar.end));
        DateMark { end_of, ..made(n, after, when, if dated { AsOfHow::Explicit } else { AsOfHow::None }) }
    })
}

/// What a word behind a date makes of it.
pub(super) fn role(line: &Line<'_, '_>, after: usize) -> Option<Role> {
    let calendar = line.pack.calendar()?;
    let reader = Reader { line, calendar };
    let roles = [(&calendar.since, Role::Since), (&calendar.as_of, Role::AsOf), (&calendar.before, Role::By)];
    roles.into_iter().find(|(list, _)| reader.unit(after, list)).map(|(_, role)| role)
}

fn made(first: usize, after: usize, when: When, how: AsOfHow) -> DateMark {
    DateMark { first, after, when, how, role: if how == AsOfHow::None { Role::Since } else { Role::On }, end_of: false }
}

struct Reader<'a, 't> {
    line: &'a Line<'a, 't>,
    calendar: &'a Calendar,
}

impl Reader<'_, '_> {
    fn unit(&self, at: usize, list: &[String]) -> bool {
        self.line.tokens.get(at).is_some_and(|token| list.iter().any(|word| token.is(word)))
    }

    fn number(&self, at: usize) -> Option<i16> {
        let token = self.line.tokens.get(at).filter(|token| token.kind == TokenKind::Number)?;
        token.lower.parse().ok()
    }

    /// A number with a unit behind it.
    fn counted(&self, at: usize, list: &[String], range: std::ops::RangeInclusive<i16>) -> Option<i16> {
        self.number(at).filter(|number| range.contains(number) && self.unit(at + 1, list))
    }

    /// "今（17）日": the token behind.
    fn pointed(&self, n: usize) -> Option<usize> {
        let at = |at: usize, mark: &str| self.line.tokens.get(at).is_some_and(|token| token.is(mark));
        let pointed = self.unit(n, &self.calendar.pointing)
            && at(n + 1, "(")
            && self.number(n + 2).is_some_and(|day| (1..=31).contains(&day))
            && at(n + 3, ")")
            && self.unit(n + 4, &self.calendar.day);
        pointed.then_some(n + 5)
    }

    /// Year, month and day, each of which may be left out but the last; and the token behind.
    fn day(&self, n: usize) -> Option<(usize, When)> {
        let calendar = self.calendar;
        let mut at = n;
        let word = |at: usize| self.line.tokens.get(at).map(|token| token.lower.as_ref()).unwrap_or_default();
        let today = self.line.today;
        let mut year = self.counted(at, &calendar.year, 1900..=2100);
        if year.is_some() {
            at += 2;
        } else if let Some(back) = calendar.years_back.get(word(at)) {
            year = today.map(|today| today.year() - back);
            at += 1;
        }
        let month = self.counted(at, &calendar.month, 1..=12);
        let mut back = None;
        if month.is_some() {
            at += 2;
        } else if let Some(months) = calendar.months_back.get(word(at)) {
            back = Some(*months);
            at += 1;
        }
        let day = self.counted(at, &calendar.day, 1..=31);
        at += if day.is_some() { 2 } else { 0 };
        let piece = day.is_none() && self.unit(at, &calendar.piece);
        at += usize::from(piece);
        let narrow = |value: i16| u8::try_from(value).ok();
        let when = match (month.and_then(narrow), back, day) {
            (Some(month), _, day) => resolve(year, month, day.and_then(narrow), today),
            (None, Some(months), day) => {
                let shifted =
                    today.and_then(|today| today.first_of_month().checked_sub(Days::new().months(months)).ok());
                let month = shifted.and_then(|first| u8::try_from(first.month()).ok());
                month
                    .map_or(When::Unknown, |month| resolve(shifted.map(Date::year), month, day.and_then(narrow), today))
            }
            (None, None, Some(day)) if year.is_none() => self.day_alone(day),
            _ => When::Year,
        };
        // A year word alone ("this year") is no date of a figure, but it opens none either.
        (at > n).then_some((at, when))
    }

    /// "18日": in this month, or the one before when it is not come to yet.
    fn day_alone(&self, day: i16) -> When {
        let found = (0..12).find_map(|back| {
            let month = self.line.today?.first_of_month().checked_sub(Days::new().months(back)).ok()?;
            let date = Date::new(month.year(), month.month(), i8::try_from(day).ok()?).ok()?;
            (date <= self.line.today?).then_some(date)
        });
        found.map_or(When::Unknown, When::Day)
    }

    /// "24时", "8时30分", "0—24时", "0时至24时", "24:00"; the token behind.
    fn time(&self, n: usize) -> Option<usize> {
        let hour = |at: usize| self.counted(at, &self.calendar.hour, 0..=24).map(|_| at + 2);
        let minute = |at: usize| self.counted(at, &self.calendar.minute, 0..=60).map_or(at, |_| at + 2);
        let link = |at: usize| self.link(at).then_some(at + 1);
        if let Some(after) = hour(n) {
            let after = minute(after);
            let day = |at: usize| self.counted(at, &self.calendar.day, 1..=31).map_or(at, |_| at + 2);
            return Some(link(after).and_then(|at| hour(day(at))).unwrap_or(after));
        }
        self.number(n).filter(|hour| (0..=24).contains(hour))?;
        link(n + 1).and_then(hour)
    }

    fn link(&self, at: usize) -> bool {
        let to = |word: &String| self.line.tokens.get(at).is_some_and(|token| token.is(word));
        self.line.tokens.get(at).is_some_and(|token| token.is("-")) || self.line.pack.range.to.iter().any(to)
    }

    /// Where the later end of a range of days begins.
    fn later(&self, at: usize) -> Option<usize> {
        (self.link(at) && self.day(at + 1).is_some_and(|(_, when)| matches!(when, When::Day(_)))).then_some(at + 1)
    }
}
