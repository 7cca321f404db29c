//! Periods by their place on the calendar: "last week", "two years ago", "the 1990s", "the third quarter of 2020".
//!
//! In: tokens and the date of the story. Out: the period with the tokens it takes, as its first and last day, month or
//! year. What holds: as in TIMEX3 the determiner belongs to a period ("the third quarter"), a preposition does not;
//! without a story date a relative period is found but not resolved.

use super::amounts::{self, amount, unit};
use super::dates::Found;
use super::quantities::NO_NOUN;
use super::word;
use crate::language::tokens::{Token, TokenKind};
use jiff::civil::Date;
use jiff::{Span, ToSpan as _};

/// First and last day.
fn days(first: Option<Date>, last: Option<Date>) -> (Option<String>, Option<String>) {
    (first.map(|date| date.to_string()), last.map(|date| date.to_string()))
}

/// The period that begins at token `n`.
pub(super) fn at(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    if let Some(found) = edge(tokens, n, story).or_else(|| first_months(tokens, n, story)) {
        return Some(found);
    }
    let core = |n: usize| {
        // "'90s"
        let mark =
            usize::from(matches!(word(tokens, n), "'" | "’") && tokens.get(n + 1).is_some_and(|next| !next.spaced));
        ago(tokens, n, story)
            .or_else(|| named(tokens, n + mark, story))
            .or_else(|| relative(tokens, n, story))
            .or_else(|| of_books(tokens, n))
    };
    let (found, takes_article) = match core(n) {
        None if word(tokens, n) == "the" => (core(n + 1), true),
        found => (found, false),
    };
    found.filter(|found| found.takes_article || !takes_article).map(|period| Found { first: n, ..period.found })
}

/// "by the end of the year", "by year-end", "since mid-year": units whose place is that of the story.
fn edge(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let before = |back: usize| n.checked_sub(back).map_or("", |n| word(tokens, n));
    let of = before(1) == "of" && matches!(before(2), "beginning" | "end" | "middle" | "start") && before(3) == "the";
    if of && word(tokens, n) == "the" && matches!(word(tokens, n + 1), "week" | "month" | "quarter" | "year" | "decade")
    {
        let (date, end) = pointed(word(tokens, n + 1), Some(0), story)?;
        return Some(Found { first: n, after: n + 2, date, end });
    }
    let dash = tokens.get(n + 1).is_some_and(|dash| dash.is("-") && !dash.spaced);
    let month = match (word(tokens, n), word(tokens, n + 2)) {
        ("year", "end") if dash => 12,
        ("mid", "year") if dash => 6,
        _ => return None,
    };
    // "a year-end bonus"
    let alone = tokens
        .get(n + 3)
        .is_none_or(|next| next.kind == TokenKind::Mark && !next.is("-") || NO_NOUN.contains(&next.lower.as_ref()));
    let year = story.map(Date::year);
    alone.then(|| Found { first: n, after: n + 3, date: months(year, month, month).0, end: None })
}

/// "the first seven months of 2020", "the last four months of the year": months of a year, that of the story where none is
/// told; the last ones are a length without it.
fn first_months(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let first = match (word(tokens, n), word(tokens, n + 1)) {
        ("the", "first") => true,
        ("the", "last" | "final") => false,
        _ => return None,
    };
    let (count, next) = amount(tokens, n + 2)?;
    let (_, after) = unit(tokens, next).filter(|(unit, _)| *unit == "month")?;
    let count = count.filter(|count| (2.0..12.0).contains(count))? as i8;
    let year = year_of(tokens, after, story);
    if !first && year.is_none() {
        return None;
    }
    let (year, after) = year.unwrap_or((story.map(Date::year), after));
    let (from, to) = if first { (1, count) } else { (13 - count, 12) };
    let (date, end) = months(year, from, to);
    Some(Found { first: n, after, date, end })
}

/// A period, and whether "the" before it belongs to it.
struct Period {
    found: Found,
    takes_article: bool,
}

fn period(
    first: usize,
    after: usize,
    (date, end): (Option<String>, Option<String>),
    takes_article: bool,
) -> Option<Period> {
    Some(Period { found: Found { first, after, date, end }, takes_article })
}

/// A story's day so much earlier or later, as exactly as the unit says: years as a year, months as a month.
pub(super) fn moved(story: Option<Date>, unit: &str, count: f64, step: i64) -> (Option<String>, Option<String>) {
    // A fraction is left to the unit below. What the calendar does not hold ("65 million years ago") is no day.
    let whole = (count * step as f64).trunc() as i64;
    let months = (count * 12.0 * step as f64).trunc() as i64;
    let span = match unit {
        "second" | "minute" | "hour" => Some(Span::new()),
        "day" | "night" => Span::new().try_days(whole).ok(),
        "weekend" | "week" => Span::new().try_weeks(whole).ok(),
        "fortnight" => Span::new().try_weeks(whole.saturating_mul(2)).ok(),
        "month" => Span::new().try_months(whole).ok(),
        "season" | "year" => Span::new().try_months(months).ok(),
        "decade" => Span::new().try_years(whole.saturating_mul(10)).ok(),
        "century" => Span::new().try_years(whole.saturating_mul(100)).ok(),
        _ => None,
    };
    let date = story.zip(span).and_then(|(story, span)| story.checked_add(span).ok()).filter(|date| date.year() > 0);
    let text = date.map(|date| match unit {
        "season" | "year" | "decade" | "century" => format!("{:04}", date.year()),
        "month" => format!("{:04}-{:02}", date.year(), date.month()),
        _ => date.to_string(),
    });
    (text, None)
}

/// "two years ago", "a week earlier".
fn ago(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Period> {
    let (count, next) = amount(tokens, n)?;
    let (unit, after) = unit(tokens, next)?;
    let step = match word(tokens, after) {
        "ago" | "back" | "earlier" | "before" => -1,
        "later" | "hence" => 1,
        _ => return None,
    };
    // Of "a day earlier" nobody can say which day it goes back from; "before" and "back" need their noun elsewhere.
    let resolved = matches!(word(tokens, after), "ago" | "hence");
    let stops = tokens.get(after + 1).is_none_or(|next| next.apart || matches!(next.text, "." | "," | ";"));
    let long = unit == "year" || unit == "decade";
    if word(tokens, after) == "back" && !long || word(tokens, after) == "before" && !long && !stops {
        return None;
    }
    let date = count.filter(|_| resolved).map_or((None, None), |count| moved(story, unit, count, step));
    period(n, after + 1, date, false)
}

const NUMBERED: [(&str, i16); 8] =
    [("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4)];

const QUARTERS: [&str; 4] = ["q1", "q2", "q3", "q4"];

const DECADES: [(&str, i16); 7] = [
    ("thirties", 1930),
    ("forties", 1940),
    ("fifties", 1950),
    ("sixties", 1960),
    ("seventies", 1970),
    ("eighties", 1980),
    ("nineties", 1990),
];

/// Centuries that are written out.
const CENTURIES: [(&str, i16); 6] = [
    ("sixteenth", 16),
    ("seventeenth", 17),
    ("eighteenth", 18),
    ("nineteenth", 19),
    ("twentieth", 20),
    ("twenty-first", 21),
];

/// Words that point at a week, a month or a season.
const POINTERS: [&str; 11] =
    ["last", "this", "next", "that", "previous", "following", "same", "coming", "preceding", "past", "current"];

/// Years that are not those of the calendar.
const YEARS: [&str; 6] = ["academic", "calendar", "crop", "financial", "fiscal", "school"];

/// Seasons of the northern half, with their months; the winter goes on into the next year.
const SEASONS: [(&str, (i8, i8)); 5] =
    [("spring", (3, 5)), ("summer", (6, 8)), ("autumn", (9, 11)), ("fall", (9, 11)), ("winter", (12, 2))];

/// The words that can begin a period; numbers can besides, and "the" before one of them.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    let named = NUMBERED.into_iter().chain(DECADES).chain(CENTURIES).map(|(word, _)| word).chain(QUARTERS);
    let pointers = POINTERS
        .into_iter()
        .chain(SEASONS.into_iter().map(|(name, _)| name))
        .chain(YEARS)
        .chain(["weekend", "mid", "final"]);
    amounts::openers().chain(named).chain(pointers)
}

/// The year behind a period: "of 2020", "2020", "of the year", "of last year".
fn year_of(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<(Option<i16>, usize)> {
    let of = usize::from(matches!(word(tokens, n), "of" | "in"));
    if let Some(year) = year(tokens, n + of) {
        return Some((Some(year), n + of + 1));
    }
    let story = story.map(Date::year);
    match (of, word(tokens, n + of), word(tokens, n + of + 1)) {
        (_, "this", "year") | (1, "the", "year") => Some((story, n + of + 2)),
        (_, "last", "year") => Some((story.map(|year| year - 1), n + of + 2)),
        (_, "next", "year") => Some((story.map(|year| year + 1), n + of + 2)),
        _ => None,
    }
}

fn year(tokens: &[Token<'_>], n: usize) -> Option<i16> {
    let token = tokens.get(n).filter(|token| token.kind == TokenKind::Number && token.text.len() == 4)?;
    token.text.parse().ok().filter(|year| (1800..=2100).contains(year))
}

/// The months of a part of a year, the first and the last.
pub(super) fn months(year: Option<i16>, first: i8, last: i8) -> (Option<String>, Option<String>) {
    let month = |month: i8| year.map(|year| format!("{year:04}-{month:02}"));
    (month(first), month(last))
}

/// Quarters, halves, decades and centuries.
fn named(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Period> {
    let token = tokens.get(n)?;
    // "1990s", "1930's", "'90s": the number and the letter are two tokens without space.
    if token.kind == TokenKind::Number {
        let mark = usize::from(tokens.get(n + 1).is_some_and(|mark| !mark.spaced && matches!(mark.text, "'" | "’")));
        let plural = tokens.get(n + 1 + mark).is_some_and(|s| !s.spaced && s.is("s"));
        let decade = token.text.parse::<i16>().ok().filter(|number| number % 10 == 0).and_then(|number| {
            match token.text.len() {
                4 => Some(number),
                2 if number >= 20 => Some(1900 + number),
                _ => None,
            }
        });
        if let Some(decade) = decade.filter(|decade| plural && (1000..2100).contains(decade)) {
            let date = (Some(format!("{decade:04}")), Some(format!("{:04}", decade + 9)));
            return period(n, n + 2 + mark, date, true);
        }
    }
    if let Some((_, decade)) = DECADES.iter().find(|(name, _)| token.is(name))
        && n.checked_sub(1).is_some_and(|before| matches!(word(tokens, before), "the" | "late" | "early" | "mid" | "-"))
    {
        return period(n, n + 1, (Some(decade.to_string()), Some((decade + 9).to_string())), true);
    }
    // "Q3 2020", "the third quarter of 2020", "first-half profit".
    let (number, next) = match QUARTERS.iter().zip(1..).find(|(name, _)| token.is(name)) {
        Some((_, number)) => (number, n + 1),
        None => {
            let glued = token.kind == TokenKind::Number;
            let suffix = usize::from(glued && tokens.get(n + 1).is_some_and(|next| !next.spaced));
            let written =
                if suffix == 1 { format!("{}{}", token.text, word(tokens, n + 1)) } else { token.lower.to_string() };
            let century = ordinal(&written);
            let noun = n + 1 + suffix + usize::from(word(tokens, n + 1 + suffix) == "-");
            if let Some(number) = century.filter(|_| matches!(word(tokens, noun), "century" | "centuries")) {
                let first = (number - 1) * 100;
                return period(n, noun + 1, (Some(format!("{first:04}")), Some(format!("{:04}", first + 99))), true);
            }
            let (_, number) = NUMBERED.iter().find(|(name, _)| *name == written)?;
            if !matches!(word(tokens, noun), "quarter" | "half") || tokens.get(noun).is_some_and(Token::capitalised) {
                return None;
            }
            (*number, noun)
        }
    };
    let half = word(tokens, next) == "half";
    let after = if next == n + 1 && token.lower.starts_with('q') { next } else { next + 1 };
    let year = year_of(tokens, after, story);
    // A half without its year is mostly one of a match.
    if half && (number > 2 || year.is_none()) {
        return None;
    }
    let months_of = if half { 6 } else { 3 };
    let last = i8::try_from(number).ok()? * months_of;
    let (year, after) = year.unwrap_or((story.map(|story| latest(story, last)), after));
    period(n, after, months(year, last - months_of + 1, last), true)
}

/// The year of the last such quarter that is over.
pub(super) fn latest(story: Date, last_month: i8) -> i16 {
    if story.month() > last_month { story.year() } else { story.year() - 1 }
}

fn ordinal(written: &str) -> Option<i16> {
    let digits = written.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number = digits.parse().ok().filter(|_| digits.len() < written.len());
    number
        .or_else(|| CENTURIES.iter().find(|(name, _)| *name == written).map(|(_, number)| *number))
        .filter(|number| (1..=30).contains(number))
}

fn season(name: &str) -> Option<(i8, i8)> {
    SEASONS.iter().find(|(season, _)| *season == name).map(|(_, months)| *months)
}

/// "the fiscal year 2019-20", "the financial year 2020".
fn of_books(tokens: &[Token<'_>], n: usize) -> Option<Period> {
    let named = YEARS.contains(&word(tokens, n)) && word(tokens, n + 1) == "year";
    let first = year(tokens, n + 2).filter(|_| named)?;
    let mark = tokens.get(n + 3).is_some_and(|mark| !mark.spaced && matches!(mark.text, "-" | "/"));
    let last = tokens.get(n + 4).filter(|last| mark && !last.spaced && last.kind == TokenKind::Number);
    let last = last.and_then(|last| match last.text.len() {
        2 => Some(first - first % 100 + last.text.parse::<i16>().ok()?),
        _ => year(tokens, n + 4),
    });
    let after = if last.is_some() { n + 5 } else { n + 3 };
    period(n, after, (Some(format!("{first:04}")), last.map(|last| format!("{last:04}"))), true)
}

/// "last week", "this summer", "the previous year", "the weekend", "summer 2020".
fn relative(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Period> {
    let lead = word(tokens, n);
    if let Some((first, last)) = season(lead)
        && let Some((year, after)) = year_of(tokens, n + 1, story)
    {
        let end = if last < first { year.map(|year| year + 1) } else { year };
        return period(n, after, (months(year, first, first).0, months(end, last, last).0), true);
    }
    if lead == "weekend" && n.checked_sub(1).is_some_and(|before| word(tokens, before) == "the") {
        return period(n, n + 1, (None, None), true);
    }
    let step = match lead {
        "last" => Some(-1),
        "this" => Some(0),
        "next" => Some(1),
        pointer if POINTERS.contains(&pointer) => None,
        _ => return None,
    };
    // "the past week" is a length of time, "this past week" a week.
    if lead == "past" || lead == "this" && word(tokens, n + 1) == "past" {
        let next = n + 2;
        let known = lead == "this"
            && matches!(word(tokens, next), "week" | "weekend" | "month" | "year" | "summer" | "winter" | "spring");
        return if known { period(n, next + 1, (None, None), false) } else { None };
    }
    let noun = word(tokens, n + 1);
    let article =
        matches!(lead, "previous" | "following" | "same" | "coming" | "preceding" | "last" | "next" | "current");
    if YEARS.contains(&noun) && word(tokens, n + 2) == "year" {
        return period(n, n + 3, pointed("year", step, story)?, article);
    }
    // "the same quarter of 2019"
    if lead == "same"
        && matches!(noun, "week" | "month" | "quarter" | "season")
        && let Some((year, after)) = year_of(tokens, n + 2, story)
    {
        return period(n, after, (year.map(|year| format!("{year:04}")), None), true);
    }
    if tokens.get(n + 1).is_some_and(Token::capitalised) && lead != "last" {
        return None;
    }
    let known =
        matches!(noun, "day" | "week" | "weekend" | "month" | "quarter" | "year" | "decade" | "century" | "season")
            || season(noun).is_some();
    // "same day", "this season" and "next day" without their article are too loose; "fall" is mostly a verb.
    let loose =
        noun == "fall" && lead == "that" || lead == "this" && noun == "day" || lead == "that" && noun == "quarter";
    if !known || loose {
        return None;
    }
    period(n, n + 2, pointed(noun, step, story)?, article)
}

/// "last week", "this decade": a unit or season by its place beside the story's.
pub(super) fn pointed(noun: &str, step: Option<i64>, story: Option<Date>) -> Option<(Option<String>, Option<String>)> {
    let Some((story, step)) = story.zip(step) else { return Some((None, None)) };
    Some(match noun {
        "day" | "season" => (None, None),
        "week" | "weekend" => {
            let monday = story.checked_sub(i64::from(story.weekday().to_monday_zero_offset()).days()).ok()?;
            let monday = monday.checked_add(step.weeks()).ok()?;
            let (first, last) = if noun == "week" { (0, 6) } else { (5, 6) };
            days(monday.checked_add(first.days()).ok(), monday.checked_add(last.days()).ok())
        }
        "month" => (moved(Some(story), "month", 1.0, step).0, None),
        "quarter" => {
            let then = story.checked_add((step * 3).months()).ok()?;
            let first = (then.month() - 1) / 3 * 3 + 1;
            months(Some(then.year()), first, first + 2)
        }
        "year" => (moved(Some(story), "year", 1.0, step).0, None),
        "decade" => {
            let decade = story.year().div_euclid(10) * 10 + i16::try_from(step).ok()? * 10;
            (Some(format!("{decade:04}")), Some(format!("{:04}", decade + 9)))
        }
        "century" => (None, None),
        name => {
            let (first, last) = season(name)?;
            let year = story.year() + i16::try_from(step).ok()?;
            let end = if last < first { year + 1 } else { year };
            (months(Some(year), first, first).0, months(Some(end), last, last).0)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::tokens::tokenize;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let tokens = tokenize(text, 0);
        // A Thursday.
        let story = Some(jiff::civil::date(2021, 3, 4));
        let found = (0..tokens.len()).find_map(|n| at(&tokens, n, story)).map_or_else(String::new, |found| {
            let written = text.get(tokens[found.first].start..tokens[found.after - 1].end).unwrap();
            format!("{written} = {}/{}", found.date.unwrap_or_default(), found.end.unwrap_or_default())
        });
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn periods_are_found_with_their_days() {
        check("sales fell last week in May", "last week = 2021-02-22/2021-02-28");
        check("in the third quarter of 2020 it", "the third quarter of 2020 = 2020-07/2020-09");
        check("fourth-quarter profit", "fourth-quarter = 2020-10/2020-12");
        check("two years ago he", "two years ago = 2019/");
        check("a few months ago he", "a few months ago = /");
        check("three days ago", "three days ago = 2021-03-01/");
        check("in the 1990s and", "the 1990s = 1990/1999");
        check("the '80s", "the '80s = 1980/1989");
        check("of the 19th century", "the 19th century = 1800/1899");
        check("this summer", "this summer = 2021-06/2021-08");
        check("the winter of 2019", "the winter of 2019 = 2019-12/2020-02");
        check("the following day", "the following day = /");
        check("by the end of the year", "the year = 2021/");
        check("was at year-end.", "year-end = 2021-12/");
        check("in the first seven months of 2020", "the first seven months of 2020 = 2020-01/2020-07");
        check("the last four months of 2020", "the last four months of 2020 = 2020-09/2020-12");
        check("the next fiscal year", "the next fiscal year = 2022/");
        check("the same quarter of 2019", "the same quarter of 2019 = 2019/");
        check("the fiscal year 2019-20", "the fiscal year 2019-20 = 2019/2020");
        check("in the first half of last year", "the first half of last year = 2020-01/2020-06");
    }

    #[test]
    fn what_is_no_period_is_left() {
        for text in [
            "the first half ended 1-0",
            "he took second place",
            "the past week",
            "a week in hospital",
            "the last man",
            "a year-end bonus",
        ] {
            check(text, "");
        }
    }
}
