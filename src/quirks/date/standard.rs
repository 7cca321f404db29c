//! The two forms that nearly every feed writes, `Tue, 29 Sep 2020 18:05:00 +0300` and `2020-09-29T18:05:00+03:00`, by
//! their shape alone.
//!
//! What holds: what is read here the reader of all forms reads in the same way; anything else is left to it.

use super::{Read, civil};
use crate::model::StatedTime;
use jiff::{
    civil::{Date, Time},
    tz::Offset,
};

const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

pub(super) fn read(text: &str) -> Option<Read> {
    let (date, rest) = internet(text).or_else(|| iso(text))?;
    let (hour, rest) = two(rest)?;
    let (minute, rest) = two(rest.strip_prefix(':')?)?;
    let (second, rest) = two(rest.strip_prefix(':')?)?;
    let time = Time::new(i8::try_from(hour).ok()?, i8::try_from(minute).ok()?, i8::try_from(second).ok()?, 0).ok()?;
    let offset = offset(rest)?;
    let instant = offset.to_timestamp(date.to_datetime(time)).ok()?;
    Some(Read { time: StatedTime::Instant(instant, offset), zone_assumed: false, zone_of_language: false })
}

/// `Tue, 29 Sep 2020 `.
fn internet(text: &str) -> Option<(Date, &str)> {
    let (weekday, rest) = text.split_at_checked(3)?;
    let (day, rest) = rest.strip_prefix(", ")?.split_once(' ')?;
    let (month, rest) = rest.split_at_checked(3)?;
    let (year, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let month = 1 + MONTHS.iter().position(|known| *known == month)?;
    let plain = WEEKDAYS.contains(&weekday) && day.len() <= 2 && year.len() == 4;
    let date = civil(number(year)?, i64::try_from(month).ok()?, number(day)?)?;
    plain.then_some((date, rest))
}

/// `2020-09-29T`.
fn iso(text: &str) -> Option<(Date, &str)> {
    let (year, rest) = text.split_at_checked(4)?;
    let (month, rest) = two(rest.strip_prefix('-')?)?;
    let (day, rest) = two(rest.strip_prefix('-')?)?;
    Some((civil(number(year)?, month, day)?, rest.strip_prefix('T')?))
}

/// What a text ends with: `Z`, ` GMT`, ` +0300`, `+03:00`.
fn offset(text: &str) -> Option<Offset> {
    let text = text.strip_prefix(' ').unwrap_or(text);
    if matches!(text, "Z" | "GMT" | "UTC") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = text.split_at_checked(1)?;
    let (hours, rest) = two(rest)?;
    let (minutes, rest) = two(rest.strip_prefix(':').unwrap_or(rest))?;
    let sign = match sign {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let minutes = i32::try_from(hours * 60 + minutes).ok().filter(|minutes| *minutes <= 14 * 60)?;
    rest.is_empty().then(|| Offset::from_seconds(sign * minutes * 60).ok())?
}

/// Two digits, and what is behind them.
fn two(text: &str) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    Some((number(digits)?, rest))
}

fn number(digits: &str) -> Option<i64> {
    if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}
