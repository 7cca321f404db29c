//! The dates publishers really write, to a [`StatedTime`].
//!
//! In: the text of a date element. Out: a date or an instant with the publisher's offset, and whether a zone had to be
//! assumed; `None` when the text cannot be read or could mean two things. One reader serves RFC 822, 2822 and 850,
//! ISO 8601 and its misuses, W3CDTF, asctime and dates in words: it sorts the pieces by what they are instead of trying
//! format after format. `months.tsv` and `zones.tsv` hold the words.

use crate::model::StatedTime;
use jiff::{
    ToSpan as _,
    civil::{Date, Time},
    tz::Offset,
};
use std::{collections::HashMap, sync::LazyLock};

/// A date that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Read {
    /// What it says.
    pub time: StatedTime,
    /// There was a time of day but no zone that is known: read as UTC.
    pub zone_assumed: bool,
    /// The zone that was assumed is the only one of the language that the date is written in.
    pub zone_of_language: bool,
}

static MONTHS: LazyLock<HashMap<&'static str, i8>> = LazyLock::new(|| {
    let lines = include_str!("months.tsv").lines().filter_map(|line| line.split_once('\t'));
    lines.flat_map(|(number, names)| names.split(' ').filter_map(|name| Some((name, number.parse().ok()?)))).collect()
});

/// Minutes east of UTC. Names that mean several zones stand for what RFC 822 says, else for the most populous one.
static ZONES: LazyLock<HashMap<&'static str, i32>> = LazyLock::new(|| {
    let lines = include_str!("zones.tsv").lines().filter_map(|line| line.split_once('\t'));
    lines.filter_map(|(name, minutes)| Some((name, minutes.parse().ok()?))).collect()
});

/// Longer texts are no dates.
const LONGEST: usize = 120;

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// Digits: value, how many, whether white space or nothing stood before them.
    Number(i64, usize),
    Word(String),
    Sign(char),
    Space,
}

/// Reads a date.
pub fn read(text: &str) -> Option<Read> {
    read_ordered(text, None)
}

/// Reads a date whose author is known to write the day first, or the month, where slashes leave it open.
pub fn read_ordered(text: &str, day_first: Option<bool>) -> Option<Read> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    let mut reader = Reader::new(pieces(text), zone_of_language(text));
    reader.day_first = day_first;
    reader.read()
}

/// Whether a date with slashes shows that its author writes the day first.
pub fn shows_day_first(text: &str) -> Option<bool> {
    let pieces = if text.len() <= LONGEST { pieces(text) } else { Vec::new() };
    let slash = Piece::Sign('/');
    pieces.windows(4).find_map(|window| match window {
        [Piece::Number(first, 1..=2), one, Piece::Number(second, 1..=2), other] if *one == slash && *other == slash => {
            match (*first > 12, *second > 12) {
                (true, false) => Some(true),
                (false, true) => Some(false),
                _ => None,
            }
        }
        _ => None,
    })
}

/// Reads a date that ends before its day (`2020-09`, `2020`, `-20-09`, `September 2020`) as the first day that it means.
pub fn read_begin(text: &str) -> Option<Read> {
    let pieces = pieces(text.trim());
    let (year, month) = match pieces.as_slice() {
        [Piece::Number(year, 4)] => (*year, 1),
        [Piece::Number(year, 4), Piece::Sign('-' | '/'), Piece::Number(month, 1..=2)] => (*year, *month),
        [Piece::Sign('-'), Piece::Number(year, 2), Piece::Sign('-'), Piece::Number(month, 2)] => {
            (full_year(*year), *month)
        }
        [Piece::Sign('-'), Piece::Number(both, 4)] => (full_year(both / 100), both % 100),
        [Piece::Word(month), .., Piece::Number(year, 4)] | [Piece::Number(year, 4), .., Piece::Word(month)]
            if pieces.len() <= 4 =>
        {
            (*year, i64::from(*MONTHS.get(month.as_str())?))
        }
        _ => return None,
    };
    let time = StatedTime::Date(civil(year, month, 1)?);
    Some(Read { time, zone_assumed: false, zone_of_language: false })
}

/// Minutes east of UTC where a language of one zone is spoken, told by its letters and its words for the halves of a day.
fn zone_of_language(text: &str) -> Option<i32> {
    const WORDS: [(&str, i32); 4] = [("午前", 540), ("午後", 540), ("上午", 480), ("下午", 480)];
    if text.contains(|c| matches!(c, '\u{AC00}'..='\u{D7A3}')) {
        return Some(540);
    }
    WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, minutes)| *minutes)
}

/// What is not written as one word, or runs into what stands beside it.
const REWRITTEN: [(&str, &str); 13] = [
    ("a.m.", "am"),
    ("p.m.", "pm"),
    ("오전", " am "),
    ("오후", " pm "),
    ("上午", " am "),
    ("下午", " pm "),
    ("午前", " am "),
    ("午後", " pm "),
    ("كانون الثاني", "يناير"),
    ("كانون الأول", "ديسمبر"),
    ("تشرين الأول", "أكتوبر"),
    ("تشرين الثاني", "نوفمبر"),
    ("\u{651}", ""),
];

/// Whether a word (in lower case) is a month's name.
pub fn is_month(word: &str) -> bool {
    MONTHS.contains_key(word)
}

fn pieces(text: &str) -> Vec<Piece> {
    let lower = text.to_lowercase();
    let mut spelled = String::with_capacity(lower.len() + 8);
    for c in lower.chars() {
        match c {
            // East Asian dates carry their units behind the numbers.
            '年' | '년' | '月' | '월' => spelled.push('-'),
            '日' | '일' => spelled.push(' '),
            '時' | '时' | '시' | '点' => spelled.push(':'),
            '分' | '분' => spelled.push(':'),
            '秒' | '초' => spelled.push(' '),
            '−' | '–' => spelled.push('-'),
            '：' => spelled.push(':'),
            '\'' | '’' | '(' | ')' | '\u{200e}' | '\u{200f}' => spelled.push(' '),
            c => spelled.push(
                c.to_digit(10).and_then(|digit| char::from_digit(digit, 10)).or_else(|| eastern_digit(c)).unwrap_or(c),
            ),
        }
    }
    for (words, one) in REWRITTEN {
        if spelled.contains(words) {
            spelled = spelled.replace(words, one);
        }
    }
    let mut pieces = Vec::new();
    let mut rest = spelled.as_str();
    while let Some(c) = rest.chars().next() {
        let end = if c.is_ascii_digit() {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let value = rest.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(i64::MAX);
            pieces.push(Piece::Number(value, end));
            end
        } else if c.is_alphabetic() {
            let end = rest.find(|c: char| !c.is_alphabetic() && c != '\u{301}').unwrap_or(rest.len());
            pieces.push(Piece::Word(rest.get(..end).unwrap_or_default().to_owned()));
            end
        } else if c.is_whitespace() {
            pieces.push(Piece::Space);
            rest.find(|c: char| !c.is_whitespace()).unwrap_or(rest.len())
        } else {
            pieces.push(Piece::Sign(c));
            c.len_utf8()
        };
        rest = rest.get(end..).unwrap_or_default();
    }
    pieces
}

/// Arabic-Indic digits.
fn eastern_digit(c: char) -> Option<char> {
    let value = match c {
        '٠'..='٩' => c as u32 - '٠' as u32,
        '۰'..='۹' => c as u32 - '۰' as u32,
        _ => return None,
    };
    char::from_digit(value, 10)
}

struct Reader {
    pieces: Vec<Piece>,
    at: usize,
    /// Numbers that belong to the date, with their length and the sign after them.
    numbers: Vec<(i64, usize, Option<char>)>,
    /// How many numbers stood before the month's name.
    month: Option<(i8, usize)>,
    time: Option<(i64, i64, i64, i32)>,
    afternoon: Option<bool>,
    zone: Option<i32>,
    /// The zone was written as an offset, which no name beside it overrules.
    zone_is_offset: bool,
    /// The zone of the language, for want of another.
    usual_zone: Option<i32>,
    /// A "T" stood before the time: the date is in the order of ISO 8601.
    is_iso: bool,
    /// What is known of the author's habit, where slashes leave the order open.
    day_first: Option<bool>,
    /// The place right behind the last number of the date.
    after_date_number: usize,
}

impl Reader {
    fn new(pieces: Vec<Piece>, usual_zone: Option<i32>) -> Self {
        Self {
            pieces,
            at: 0,
            numbers: Vec::new(),
            month: None,
            time: None,
            afternoon: None,
            zone: None,
            zone_is_offset: false,
            usual_zone,
            is_iso: false,
            day_first: None,
            after_date_number: usize::MAX,
        }
    }

    fn peek(&self, ahead: usize) -> Option<&Piece> {
        self.pieces.get(self.at + ahead)
    }

    fn number(&self, ahead: usize) -> Option<(i64, usize)> {
        match self.peek(ahead) {
            Some(Piece::Number(value, length)) => Some((*value, *length)),
            _ => None,
        }
    }

    fn sign(&self, ahead: usize) -> Option<char> {
        match self.peek(ahead) {
            Some(Piece::Sign(sign)) => Some(*sign),
            _ => None,
        }
    }

    fn read(mut self) -> Option<Read> {
        while let Some(piece) = self.peek(0).cloned() {
            match piece {
                Piece::Number(value, length) => self.take_number(value, length)?,
                Piece::Word(word) => self.take_word(&word),
                Piece::Sign(sign @ ('+' | '-')) if self.time.is_some() && self.begins_offset() => {
                    self.take_offset(sign)?
                }
                Piece::Sign(_) | Piece::Space => self.at += 1,
            }
        }
        self.finish()
    }

    fn take_number(&mut self, value: i64, length: usize) -> Option<()> {
        let after_t = self.at > 0
            && matches!(self.pieces.get(self.at - 1), Some(Piece::Word(word)) if word == "t")
            && self.time.is_none();
        self.is_iso |= after_t;
        if self.time.is_none()
            && length <= 2
            && self.sign(1) == Some(':')
            && self.number(2).is_some_and(|(_, length)| length <= 2)
        {
            return self.take_clock(value);
        }
        // "29.09.2020 18.05": behind a whole date a dot parts hours from minutes.
        if self.time.is_none()
            && self.numbers.len() + usize::from(self.month.is_some()) == 3
            && length <= 2
            && self.sign(1) == Some('.')
            && self.number(2).is_some_and(|(_, length)| length == 2)
        {
            return self.take_clock(value);
        }
        // "2020-09-29T18:05:00 03:00": the plus of an offset, lost on the way through a form.
        if self.time.is_some()
            && self.zone.is_none()
            && length == 2
            && self.sign(1) == Some(':')
            && let Some((minutes, 2)) = self.number(2)
            && self.peek(3).is_none()
        {
            self.zone = i32::try_from(value * 60 + minutes).ok().filter(|minutes| *minutes <= 14 * 60);
            self.at += 3;
            return self.zone.map(drop);
        }
        // "18h05".
        if self.time.is_none() && length <= 2 && self.peek(1) == Some(&Piece::Word("h".to_owned())) {
            let minute = self.number(2).filter(|(_, length)| *length == 2);
            self.time = Some((value, minute.map_or(0, |(minute, _)| minute), 0, 0));
            self.at += if minute.is_some() { 3 } else { 2 };
            return Some(());
        }
        if after_t {
            self.time = match length {
                6 => Some((value / 10_000, value / 100 % 100, value % 100, 0)),
                4 => Some((value / 100, value % 100, 0, 0)),
                2 => Some((value, 0, 0, 0)),
                _ => return None,
            };
            self.at += 1;
            self.skip_fraction();
            return Some(());
        }
        // Seconds or milliseconds since 1970.
        if self.pieces.len() == 1 && matches!(length, 10 | 13) {
            let instant = jiff::Timestamp::from_millisecond(if length == 10 { value * 1000 } else { value }).ok()?;
            let moment = Offset::UTC.to_datetime(instant);
            let date = i64::from(moment.year()) * 10_000 + i64::from(moment.month()) * 100 + i64::from(moment.day());
            self.numbers.push((date, 8, None));
            let nanosecond = moment.time().subsec_nanosecond();
            self.time =
                Some((i64::from(moment.hour()), i64::from(moment.minute()), i64::from(moment.second()), nanosecond));
            self.zone = Some(0);
            self.at += 1;
            return Some(());
        }
        if length == 14 || length == 12 {
            let value = if length == 12 { value * 100 } else { value };
            self.numbers.push((value / 1_000_000, 8, None));
            self.time = Some((value / 10_000 % 100, value / 100 % 100, value % 100, 0));
        } else {
            self.numbers.push((value, length, self.sign(1)));
            self.after_date_number = self.at + 1;
        }
        self.at += 1;
        (self.numbers.len() <= 4).then_some(())
    }

    /// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fraction`.
    fn take_clock(&mut self, hour: i64) -> Option<()> {
        let (minute, _) = self.number(2)?;
        self.at += 3;
        let mut second = 0;
        if matches!(self.sign(0), Some(':' | '.')) && matches!(self.number(1), Some((_, 1..=2))) {
            self.at += 1;
            if let Some((value, 1..=2)) = self.number(0) {
                second = value;
                self.at += 1;
            }
        }
        self.time = Some((hour, minute, second, 0));
        self.skip_fraction();
        Some(())
    }

    /// Fractions of a second are kept to the nanosecond.
    fn skip_fraction(&mut self) {
        if !matches!(self.sign(0), Some('.' | ',' | ':')) {
            return;
        }
        let Some((value, length)) = self.number(1) else { return };
        let nanoseconds = match u32::try_from(length) {
            Ok(length @ 0..=9) => value.saturating_mul(10_i64.pow(9 - length)),
            _ => 0,
        };
        if let Some(time) = &mut self.time {
            time.3 = i32::try_from(nanoseconds).unwrap_or(0);
        }
        self.at += 2;
    }

    fn take_word(&mut self, word: &str) {
        self.at += 1;
        // "T" parts date from time; a word that runs into a number belongs to it ("1st", "29th").
        let plain: String = word.chars().filter(|c| *c != '\u{301}').collect();
        if let Some(month) = MONTHS.get(plain.as_str()).filter(|_| self.month.is_none() && self.time_allows_month()) {
            self.month = Some((*month, self.numbers.len()));
            return;
        }
        match plain.as_str() {
            "am" | "öö" => self.afternoon = Some(false),
            "pm" => self.afternoon = Some(true),
            _ => {}
        }
        if self.time.is_some()
            && !self.zone_is_offset
            && let Some(minutes) = ZONES.get(plain.as_str())
        {
            self.zone = Some(*minutes);
        }
    }

    /// "MAR" may be a month anywhere, but after a full numeric date it is something else.
    fn time_allows_month(&self) -> bool {
        self.numbers.len() < 3
    }

    /// Whether the sign here begins an offset rather than parting two numbers of a date.
    fn begins_offset(&self) -> bool {
        let Some((_, length)) = self.number(1) else { return false };
        // "18:05 29-09-2020": the last number before the sign is a part of an unfinished date.
        let amid_date = self.after_date_number == self.at && self.numbers.len() < 3 && self.month.is_none();
        matches!(length, 1..=4 | 6) && !amid_date
    }

    fn take_offset(&mut self, sign: char) -> Option<()> {
        let (value, length) = self.number(1)?;
        self.at += 2;
        let mut minutes = if length <= 2 {
            value * 60
        } else if length == 6 {
            value / 10_000 * 60 + value / 100 % 100
        } else {
            value / 100 * 60 + value % 100
        };
        if length <= 2
            && matches!(self.sign(0), Some(':' | '.'))
            && let Some((extra, 2)) = self.number(1)
        {
            minutes += extra;
            self.at += 2;
        }
        // The widest real offsets are -12 and +14 hours.
        let minutes = i32::try_from(minutes).ok().filter(|minutes| *minutes <= 14 * 60)?;
        self.zone = Some(if sign == '-' { -minutes } else { minutes });
        self.zone_is_offset = true;
        Some(())
    }

    fn finish(self) -> Option<Read> {
        let date = self.date()?;
        let Some((hour, minute, second, nanosecond)) = self.time else {
            return Some(Read { time: StatedTime::Date(date), zone_assumed: false, zone_of_language: false });
        };
        let hour = match self.afternoon {
            Some(true) if hour < 12 => hour + 12,
            Some(false) if hour == 12 => 0,
            _ => hour,
        };
        // 24:00 ends the day; a leap second is the second before it.
        let (date, hour) = if hour == 24 && minute == 0 { (date.tomorrow().ok()?, 0) } else { (date, hour) };
        let second = if second == 60 { 59 } else { second };
        let time =
            Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, nanosecond)
                .ok()?;
        let offset = Offset::from_seconds(self.zone.or(self.usual_zone).unwrap_or(0) * 60).ok()?;
        let timestamp = offset.to_timestamp(date.to_datetime(time)).ok()?;
        Some(Read {
            time: StatedTime::Instant(timestamp, offset),
            zone_assumed: self.zone.is_none(),
            zone_of_language: self.zone.is_none() && self.usual_zone.is_some(),
        })
    }

    fn date(&self) -> Option<Date> {
        let numbers = self.numbers.as_slice();
        if let Some((month, before)) = self.month {
            return with_month_name(numbers, month, before);
        }
        match numbers {
            [(value, 8, _), ..] => civil(value / 10_000, value / 100 % 100, value % 100),
            [(value, 6, _)] => civil(full_year(value / 10_000), value / 100 % 100, value % 100),
            [(year, 2, Some('-')), (month, 2, _), (day, 2, _)] if self.is_iso => civil(full_year(*year), *month, *day),
            // Day of the year.
            [(year, 4, Some('-')), (day, 3, _)] => day_of_year(*year, *day),
            [(year, 2, Some('-')), (day, 3, _)] => day_of_year(full_year(*year), *day),
            [(value, 7, _)] => day_of_year(value / 1000, value % 1000),
            [(value, 5, _)] => day_of_year(full_year(value / 1000), value % 1000),
            [(year, 4, _), (month, 1..=2, _), (day, 1..=2, _)] => civil(*year, *month, *day),
            [(first, 1..=2, sign), (second, 1..=2, _), (year, length @ (2 | 4), _)] => {
                let year = if *length == 2 { full_year(*year) } else { *year };
                day_and_month(*first, *second, *sign, self.day_first.or(self.afternoon.map(|_| false)), year)
            }
            _ => None,
        }
    }
}

fn day_of_year(year: i64, day: i64) -> Option<Date> {
    let date = civil(year, 1, 1)?.checked_add((day - 1).days()).ok()?;
    (day > 0 && i64::from(date.year()) == year).then_some(date)
}

/// `29 September 2020`, `September 29, 2020`, `2020 Sep 29`, `2020-július-13`.
fn with_month_name(numbers: &[(i64, usize, Option<char>)], month: i8, before: usize) -> Option<Date> {
    let is_year = |(value, length, _): &(i64, usize, Option<char>)| *length >= 3 || *value > 31;
    let year_at = numbers.iter().position(is_year);
    let ((day, _, _), year) = match (numbers, year_at) {
        ([first, second], Some(at)) => {
            let (year, length, _) = if at == 0 { *first } else { *second };
            let year = match length {
                2 => full_year(year),
                // Year 2000 bug: 100 for 2000.
                3 => 1900 + year,
                _ => year,
            };
            (if at == 0 { second } else { first }, year)
        }
        // Two short numbers: the one before the month is the day, the other a year of two digits.
        ([first, second], None) if before >= 1 || first.1 <= 2 => (first, full_year(second.0)),
        _ => return None,
    };
    civil(year, i64::from(month), *day)
}

/// Dots and hyphens mean that the day comes first; slashes say nothing, so that only clear cases are read.
fn day_and_month(first: i64, second: i64, sign: Option<char>, habit: Option<bool>, year: i64) -> Option<Date> {
    let day_first = match sign {
        Some('.') => true,
        _ if first > 12 => true,
        _ if second > 12 => false,
        _ if first == second => true,
        Some('-') => true,
        // Without another sign of it, a twelve-hour clock beside slashes is American.
        Some('/') => habit?,
        _ => return None,
    };
    if day_first { civil(year, second, first) } else { civil(year, first, second) }
}

/// RFC 2822 §4.3.
fn full_year(year: i64) -> i64 {
    if year < 50 { 2000 + year } else { 1900 + year }
}

/// A date between 1900 and 9999; anything else is a slip.
fn civil(year: i64, month: i64, day: i64) -> Option<Date> {
    if !(1900..=9999).contains(&year) {
        return None;
    }
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests;
