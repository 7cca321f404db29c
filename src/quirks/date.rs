//! The dates publishers really write, to a [`StatedTime`].
//!
//! In: the text of a date element. Out: a date or an instant with the publisher's offset, and whether a zone had to be
//! assumed; `None` when the text cannot be read or could mean two things. One reader serves RFC 822, 2822 and 850,
//! ISO 8601 and its misuses, W3CDTF, asctime and dates in words: it sorts the pieces by what they are instead of trying
//! format after format. `months.tsv` and `zones.tsv` hold the words.

mod pieces;
mod standard;

use crate::model::StatedTime;
use jiff::{
    ToSpan as _,
    civil::{Date, ISOWeekDate, Time, Weekday},
    tz::{Offset, TimeZone},
};
use pieces::{Piece, pieces, zone_of_language, zone_of_place};
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

/// What is known of how an author writes dates, where they leave something open.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Habit {
    /// Between slashes the day comes first, or the month.
    pub day_first: Option<bool>,
    /// Names of zones that mean another one than usual, and its minutes east of UTC.
    pub zones: &'static [(&'static str, i32)],
}

/// Names that several zones have, by the languages in which they mean another one than the most populous: with its region
/// first, then by itself.
const ZONES_BY_LANGUAGE: [(&str, &[(&str, i32)]); 8] = [
    ("zh", &[("cst", 480)]),
    ("he", &[("ist", 120)]),
    ("ar", &[("ast", 180)]),
    ("bn", &[("bst", 360)]),
    ("hy", &[("amt", 240)]),
    ("ga", &[("ist", 60)]),
    ("en-IE", &[("ist", 60)]),
    ("en-AU", &[("est", 600), ("cst", 570)]),
];

impl Habit {
    /// What those write who write a language. English alone does not say which comes first.
    pub fn of_language(language: &str) -> Self {
        let plain = language.split('-').next().unwrap_or_default();
        let zones = [language, plain]
            .into_iter()
            .find_map(|wanted| ZONES_BY_LANGUAGE.iter().find(|(known, _)| *known == wanted).map(|(_, zones)| *zones));
        let day_first = match language.split_once('-') {
            Some((_, "US")) => Some(false),
            None if language == "en" => None,
            _ => Some(true),
        };
        Self { day_first, zones: zones.unwrap_or_default() }
    }
}

/// Reads a date.
pub fn read(text: &str) -> Option<Read> {
    read_as(text, Habit::default())
}

/// Reads a date of an author whose habit is known.
pub fn read_as(text: &str, habit: Habit) -> Option<Read> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return None;
    }
    standard::read(text).or_else(|| read_any(text, habit))
}

/// Reads a date in whatever form it is.
fn read_any(text: &str, habit: Habit) -> Option<Read> {
    let (text, place) = match zone_of_place(text) {
        Some((rest, place)) => (rest, Some(place)),
        None => (text.to_owned(), None),
    };
    let mut reader = Reader::new(pieces(&text), zone_of_language(&text));
    (reader.place, reader.habit) = (place, habit);
    reader.read()
}

/// Whether a date with slashes shows that its author writes the day first.
pub fn shows_day_first(text: &str) -> Option<bool> {
    if text.len() > LONGEST || !text.contains('/') {
        return None;
    }
    let pieces = pieces(text);
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

/// Reads a date that ends before its day (`2020-09`, `2020`, `-20-09`, `2020-W40`, `September 2020`) as the first day that it means.
pub fn read_begin(text: &str) -> Option<Read> {
    let pieces = pieces(text.trim());
    let (year, month) = match pieces.as_slice() {
        [Piece::Number(year, 4)] => (*year, 1),
        [Piece::Number(year, 4), Piece::Sign('-' | '/'), Piece::Number(month, 1..=2)] => (*year, *month),
        [Piece::Sign('-'), Piece::Number(year, 2), Piece::Sign('-'), Piece::Number(month, 2)] => {
            (full_year(*year), *month)
        }
        [Piece::Sign('-'), Piece::Number(both, 4)] => (full_year(both / 100), both % 100),
        [Piece::Number(year, 4), Piece::Sign('-'), Piece::Word(w), Piece::Number(week, 2)] if w == "w" => {
            return begun(of_week(*year, *week, 1)?);
        }
        [Piece::Word(month), .., Piece::Number(year, 4)] | [Piece::Number(year, 4), .., Piece::Word(month)]
            if pieces.len() <= 4 =>
        {
            (*year, i64::from(*MONTHS.get(month.as_str())?))
        }
        _ => return None,
    };
    begun(civil(year, month, 1)?)
}

fn begun(date: Date) -> Option<Read> {
    Some(Read { time: StatedTime::Date(date), zone_assumed: false, zone_of_language: false })
}

/// Whether a word (in lower case) is a month's name.
pub fn is_month(word: &str) -> bool {
    MONTHS.contains_key(word)
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
    /// The zone of the place that is named, which knows better than a name beside it whether clocks were changed.
    place: Option<TimeZone>,
    /// The zone of the language, for want of another.
    usual_zone: Option<i32>,
    /// A "T" stood before the time: the date is in the order of ISO 8601.
    is_iso: bool,
    habit: Habit,
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
            place: None,
            usual_zone,
            is_iso: false,
            habit: Habit::default(),
            after_date_number: usize::MAX,
        }
    }

    fn peek(&self, ahead: usize) -> Option<&Piece> {
        self.pieces.get(self.at + ahead)
    }

    /// The place ahead, or the one behind white space that stands there.
    fn past_space(&self, ahead: usize) -> usize {
        ahead + usize::from(self.peek(ahead) == Some(&Piece::Space))
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
        // "18h05", "18 h 05"; "6 PM", unless the half of the day belongs to what follows it: "29. 오후 6:05".
        let unit = self.past_space(1);
        let behind = self.past_space(unit + 1);
        if self.time.is_none()
            && length <= 2
            && let Some(Piece::Word(word)) = self.peek(unit)
            && (word == "h" || half_of_day(word).is_some() && self.number(behind).is_none())
        {
            let minute = self.number(behind).filter(|(_, length)| *length == 2);
            self.time = Some((value, minute.map_or(0, |(minute, _)| minute), 0, 0));
            // The half of the day is a word to be read.
            self.at += if minute.is_some() { behind + 1 } else { unit };
            return Some(());
        }
        if length == 4
            && self.numbers.is_empty()
            && let Some((week, day, length)) = self.week()
        {
            let date = of_week(value, week, day)?;
            self.numbers.push((packed(date), 8, None));
            self.at += length;
            return Some(());
        }
        // "20200929 180500" too.
        if after_t || self.time.is_none() && length == 6 && matches!(self.numbers.as_slice(), [(_, 8, _)]) {
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
        if matches!(length, 10 | 13) && self.is_alone() {
            let instant = jiff::Timestamp::from_millisecond(if length == 10 { value * 1000 } else { value }).ok()?;
            let moment = Offset::UTC.to_datetime(instant);
            self.numbers.push((packed(moment.date()), 8, None));
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

    /// Whether a text is one number, bare or in the clothes that .NET gives it: `/Date(1601402700000)/`.
    fn is_alone(&self) -> bool {
        let others = self.pieces.iter().filter(|piece| match piece {
            Piece::Number(..) => true,
            Piece::Word(word) => word != "date",
            Piece::Sign(sign) => !matches!(sign, '/' | '@'),
            Piece::Space => false,
        });
        others.count() == 1
    }

    /// `W40-2` or `W402` behind a year: week, day and how many pieces with the year.
    fn week(&self) -> Option<(i64, i64, usize)> {
        let sign = 1 + usize::from(self.sign(1) == Some('-'));
        if self.peek(sign) != Some(&Piece::Word("w".to_owned())) {
            return None;
        }
        match (self.number(sign + 1)?, self.sign(sign + 2), self.number(sign + 3)) {
            ((both, 3), ..) => Some((both / 10, both % 10, sign + 2)),
            ((week, 2), Some('-'), Some((day, 1))) => Some((week, day, sign + 4)),
            _ => None,
        }
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
        // "Mar, 29 Sep 2020": a Tuesday in Spanish, French and Italian, when another month follows.
        let is_free = self.month.is_none() || self.month == Some((3, 0));
        if let Some(month) = MONTHS.get(plain.as_str()).filter(|_| is_free && self.time_allows_month()) {
            self.month = Some((*month, self.numbers.len()));
            return;
        }
        self.afternoon = half_of_day(&plain).or(self.afternoon);
        // The military letters stand last; anywhere else a letter is a letter.
        let is_letter = matches!(plain.as_str(), "a" | "m" | "n" | "y") && self.peek(0).is_some();
        if self.time.is_some()
            && !self.zone_is_offset
            && !is_letter
            && let Some(minutes) = self.named_zone(&plain)
        {
            self.zone = Some(minutes);
        }
    }

    fn named_zone(&self, name: &str) -> Option<i32> {
        let own = self.habit.zones.iter().find(|(known, _)| *known == name).map(|(_, minutes)| *minutes);
        own.or_else(|| ZONES.get(name).copied())
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
            // "+03:00:00".
            self.at += if self.sign(0) == Some(':') && self.number(1).is_some() { 2 } else { 0 };
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
        let moment = date.to_datetime(time);
        let zone = match self.place.filter(|_| !self.zone_is_offset) {
            // Whole minutes: before there were zones, places had seconds of their own, which no record can show.
            Some(place) => Some(place.to_zoned_datetime(moment).ok()?.offset().seconds() / 60),
            None => self.zone,
        };
        let offset = Offset::from_seconds(zone.or(self.usual_zone).unwrap_or(0) * 60).ok()?;
        Some(Read {
            time: StatedTime::Instant(offset.to_timestamp(moment).ok()?, offset),
            zone_assumed: zone.is_none(),
            zone_of_language: zone.is_none() && self.usual_zone.is_some(),
        })
    }

    fn date(&self) -> Option<Date> {
        let numbers = self.numbers.as_slice();
        // "Mar 29/09/2020" is whole without a month's name.
        if let Some((month, before)) = self.month.filter(|_| numbers.len() < 3) {
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
                day_and_month(*first, *second, *sign, self.habit.day_first.or(self.afternoon.map(|_| false)), year)
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

/// Whether a word says that an hour is of the afternoon, or of the morning.
fn half_of_day(word: &str) -> Option<bool> {
    const WORDS: [(&str, bool); 10] = [
        ("am", false),
        ("pm", true),
        ("öö", false),
        ("ös", true),
        ("πμ", false),
        ("μμ", true),
        ("ص", false),
        ("صباحا", false),
        ("م", true),
        ("مساء", true),
    ];
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, afternoon)| *afternoon)
}

/// A day of a week of ISO 8601; the first is Monday.
fn of_week(year: i64, week: i64, day: i64) -> Option<Date> {
    let day = Weekday::from_monday_one_offset(i8::try_from(day).ok()?).ok()?;
    Some(ISOWeekDate::new(i16::try_from(year).ok()?, i8::try_from(week).ok()?, day).ok()?.date())
}

/// A date as one number of eight digits.
fn packed(date: Date) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month()) * 100 + i64::from(date.day())
}

/// A date between 1900 and 9999; anything else is a slip.
fn civil(year: i64, month: i64, day: i64) -> Option<Date> {
    // Thailand counts the years from 543 before.
    let year = if (2400..2700).contains(&year) { year - 543 } else { year };
    if !(1900..=9999).contains(&year) {
        return None;
    }
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests;
