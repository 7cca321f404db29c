//! What a phrase of the calendar means: its first and last day, month or year; what a length of time measures.
//!
//! In: the rule of the phrase, what its classes stood for and the date of the story. Out: dates as records have them; what
//! the text leaves open is missing.

use super::phrases::{Capture, Captures};
use crate::extract::values::{dates, periods};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

/// The first and the last, as far as they are known.
type Range = (Option<String>, Option<String>);

/// The number of a class, the `at`th of that class.
fn number(captures: &Captures, class: &str, at: usize) -> Option<f64> {
    let found = captures.iter().filter(|(of, _)| *of == class).nth(at)?;
    match found.1 {
        Capture::Number(number) => Some(number),
        Capture::Text(text) => text.parse().ok(),
    }
}

fn text(captures: &Captures, class: &str) -> Option<&'static str> {
    captures.iter().find_map(|(of, capture)| match capture {
        Capture::Text(text) if *of == class => Some(*text),
        _ => None,
    })
}

/// The days of a date.
pub(super) fn resolve(rule: &str, captures: &Captures, story: Option<Date>) -> Range {
    let year = number(captures, "yearnumber", 0).map(|year| year as i16);
    let step = || text(captures, "point").or_else(|| text(captures, "lastpoint")).and_then(|step| step.parse().ok());
    let unit = text(captures, "unit");
    match rule {
        "calendar" => calendar(captures, story),
        "shift" => (shifted(story, number(captures, "day0", 0)).map(|date| date.to_string()), None),
        "year" => {
            let shift = number(captures, "year0", 0).unwrap_or_default() as i16;
            (story.map(|story| format!("{:04}", story.year() + shift)), None)
        }
        "ago" | "hence" => {
            let vague = text(captures, "vague").is_some();
            let count = number(captures, "n", 0).unwrap_or(1.0);
            let step = if rule == "ago" { -1 } else { 1 };
            unit.filter(|_| !vague).map_or((None, None), |unit| periods::moved(story, unit, count, step))
        }
        "point" => {
            if let Some(weekday) = number(captures, "weekday", 0) {
                return (weekday_date(story, weekday, step()).map(|date| date.to_string()), None);
            }
            if let Some(season) = text(captures, "season") {
                let year = story.zip(step()).map(|(story, step)| story.year() + step as i16);
                return year.map_or((None, None), |year| months_of(season, Some(year)));
            }
            unit.and_then(|unit| periods::pointed(unit, step(), story)).unwrap_or((None, None))
        }
        "season" => {
            let season = text(captures, "season").unwrap_or_default();
            let year = year.or_else(|| Some(dates::nearest(story, middle(season)?, 15, dates::Side::Either)?.year()));
            months_of(season, year)
        }
        "quarter" | "half" => {
            let length = if rule == "quarter" { 3 } else { 6 };
            let Some(last) = number(captures, "ordinal", 0).map(|number| number as i8 * length) else {
                return (None, None);
            };
            if !(1..=12).contains(&last) {
                return (None, None);
            }
            let year = year.or_else(|| story.map(|story| periods::latest(story, last)));
            periods::months(year, last - length + 1, last)
        }
        "century" => match number(captures, "roman", 0).or_else(|| number(captures, "day", 0)) {
            Some(century) => {
                (Some(format!("{:04}", (century - 1.0) * 100.0)), Some(format!("{:04}", century * 100.0 - 1.0)))
            }
            None => (None, None),
        },
        "decade" => match number(captures, "decade", 0).or_else(|| number(captures, "tens", 0)) {
            Some(decade) => (Some(format!("{decade:04}")), Some(format!("{:04}", decade + 9.0))),
            None => (None, None),
        },
        _ => (None, None),
    }
}

fn calendar(captures: &Captures, story: Option<Date>) -> Range {
    let whole = |class: &str, at: usize| number(captures, class, at).map(|number| number as i16);
    let small = |class: &str, at: usize| number(captures, class, at).map(|number| number as i8);
    let year = whole("yearnumber", 0).or_else(|| {
        let step: i16 = text(captures, "point")?.parse().ok()?;
        Some(story?.year() + step)
    });
    let day = small("day", 0).or_else(|| small("ordinal", 0));
    match (day, small("month", 0)) {
        (Some(day), Some(month)) => {
            let second = small("day", 1).map(|day| (day, small("month", 1)));
            // "6 to 19 January": the month stands behind both.
            let date = dates::resolve(year, month, day, story);
            let end = second.and_then(|(day, own)| {
                dates::resolve(year.or(date.map(|date| date.year())), own.unwrap_or(month), day, story)
            });
            let end = end.filter(|end| date.is_none_or(|date| *end > date));
            (date.map(|date| date.to_string()), end.map(|date| date.to_string()))
        }
        (Some(day), None) => (near(story, day).map(|date| date.to_string()), None),
        (None, Some(month)) => {
            let since = text(captures, "since").is_some();
            let side = if since { dates::Side::Past } else { dates::Side::Either };
            let first = dates::month_text(year, month, story, side);
            let last = small("month", 1).and_then(|month| dates::month_text(year, month, story, dates::Side::Either));
            (first, last)
        }
        (None, None) => match number(captures, "weekday", 0) {
            Some(weekday) => (weekday_date(story, weekday, None).map(|date| date.to_string()), None),
            None => {
                let last = whole("yearnumber", 1).map(|year| format!("{year:04}"));
                (year.map(|year| format!("{year:04}")), last)
            }
        },
    }
}

fn shifted(story: Option<Date>, days: Option<f64>) -> Option<Date> {
    story?.checked_add((days? as i64).days()).ok()
}

/// The day of that number that lies nearest to the story.
fn near(story: Option<Date>, day: i8) -> Option<Date> {
    let story = story?;
    let months =
        [-1, 0, 1].into_iter().filter_map(|months: i64| story.first_of_month().checked_add(months.months()).ok());
    let days = months.filter_map(|first| Date::new(first.year(), first.month(), day).ok());
    days.min_by_key(|date| (*date - story).get_days().abs())
}

/// The last such weekday up to the story's day, or the one that the word before it points at.
fn weekday_date(story: Option<Date>, weekday: f64, step: Option<i64>) -> Option<Date> {
    let story = story?;
    let (weekday, ahead) = if weekday > 7.0 { (weekday - 7.0, true) } else { (weekday, false) };
    let step = step.or(ahead.then_some(1));
    let wanted = Weekday::from_monday_one_offset(weekday as i8).ok()?;
    let back = i64::from(wanted.until(story.weekday()));
    let last = story.checked_sub(back.days()).ok()?;
    match step {
        Some(1) => last.checked_add(7.days()).ok(),
        Some(-1) if back == 0 => last.checked_sub(7.days()).ok(),
        _ => Some(last),
    }
}

fn season(months: &str) -> Option<(i8, i8)> {
    let (first, last) = months.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

fn middle(months: &str) -> Option<i8> {
    season(months).map(|(first, _)| first % 12 + 1)
}

fn months_of(months: &str, year: Option<i16>) -> Range {
    let Some((first, last)) = season(months) else { return (None, None) };
    let end = if last < first { year.map(|year| year + 1) } else { year };
    (periods::months(year, first, first).0, periods::months(end, last, last).0)
}

/// How many of which unit.
pub(super) fn length(captures: &Captures) -> (Option<f64>, Option<&'static str>) {
    if let Some((count, unit)) = text(captures, "compound").and_then(|whole| whole.split_once(' ')) {
        return (count.parse().ok(), Some(unit));
    }
    // "Four hours and one minute" have no one unit.
    if captures.iter().filter(|(class, _)| *class == "unit").count() > 1 {
        return (None, None);
    }
    let unit = text(captures, "unit").or_else(|| text(captures, "aged"));
    let vague = text(captures, "vague").is_some();
    let count = number(captures, "n", 0).or_else(|| number(captures, "fraction", 0)).or((!vague).then_some(1.0));
    (count.map(|count| count + number(captures, "plus", 0).unwrap_or_default()).filter(|_| unit.is_some()), unit)
}
