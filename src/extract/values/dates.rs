//! Dates in running text, absolute and relative, single and as ranges.
//!
//! In: tokens and the date of the story. Out: dates with the tokens they take. A missing year is the one that puts the
//! date nearest to the story; a weekday is the last one up to the story's day. Without a story date such a date is found
//! but not resolved.

use crate::language::Pack;
use crate::language::tokens::{Token, TokenKind};
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

/// A date expression.
pub(super) struct Found {
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) date: Option<String>,
    pub(super) end: Option<String>,
}

/// The date expression that begins at token `n`.
pub(super) fn at(pack: &Pack, tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let token = tokens.get(n)?;
    match token.kind {
        TokenKind::Number => iso(tokens, n).or_else(|| day_first(pack, tokens, n, story)).or_else(|| year(tokens, n)),
        TokenKind::Word => month_first(pack, tokens, n, story)
            .or_else(|| weekday(pack, tokens, n, story))
            .or_else(|| relative(tokens, n, story)),
        TokenKind::Mark => None,
    }
}

/// Where a date's expression begins: "late", "early" and "mid" belong to it, "last", "this" and "next" before a bare month or weekday, and the
/// article of a period.
pub(super) fn opening(pack: &Pack, tokens: &[Token<'_>], found: &Found) -> usize {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let before = |n: usize, back: usize| n.checked_sub(back).map_or("", word);
    let mut first = found.first;
    let bare = found.after == first + 1 && (pack.month(word(first)).is_some() || pack.weekday(word(first)).is_some());
    if bare && matches!(before(first, 1), "last" | "this" | "next") {
        first -= 1;
    }
    let number = tokens.get(first).is_some_and(|token| token.kind == TokenKind::Number && token.text.len() < 4);
    let (early, back) = match before(first, 1) {
        "early" | "late" | "mid" if !number => (true, 1),
        "-" if matches!(before(first, 2), "mid" | "end") => (true, 2),
        _ => (false, 0),
    };
    if early {
        first -= back;
        // "the late 1990s"
        if word(found.after.saturating_sub(1)) == "s" && before(first, 1) == "the" {
            first -= 1;
        }
    }
    // "by the end of June"
    let edge = matches!(before(first, 2), "beginning" | "end" | "middle" | "start");
    if before(first, 1) == "of" && edge && before(first, 3) == "the" { first - 3 } else { first }
}

fn number(tokens: &[Token<'_>], n: usize) -> Option<i16> {
    let token = tokens
        .get(n)
        .filter(|token| token.kind == TokenKind::Number && token.text.bytes().all(|byte| byte.is_ascii_digit()))?;
    token.text.parse().ok()
}

fn day_number(tokens: &[Token<'_>], n: usize) -> Option<(i8, usize)> {
    let day = number(tokens, n).filter(|day| (1..=31).contains(day))?;
    if tokens.get(n)?.text.len() > 2 {
        return None;
    }
    let suffix =
        tokens.get(n + 1).is_some_and(|next| !next.spaced && matches!(next.lower.as_ref(), "st" | "nd" | "rd" | "th"));
    // "12 million", "3 percent" and "11.5" are no days.
    let scaled = tokens.get(n + 1 + usize::from(suffix)).is_some_and(|next| {
        matches!(
            next.lower.as_ref(),
            "million" | "billion" | "percent" | "%" | "mln" | "bln" | "thousand" | "times" | "people"
        )
    });
    (!scaled).then_some((i8::try_from(day).ok()?, n + 1 + usize::from(suffix)))
}

fn year_number(tokens: &[Token<'_>], n: usize) -> Option<i16> {
    let year = number(tokens, n)?;
    let glued = tokens.get(n + 1).is_some_and(|next| !next.spaced && (next.kind == TokenKind::Word || next.is("%")));
    (tokens.get(n)?.text.len() == 4 && (1450..=2100).contains(&year) && !glued).then_some(year)
}

fn month_of(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<(i8, usize)> {
    let token = tokens.get(n).filter(|token| token.capitalised())?;
    let month = pack.month(&token.lower)?;
    // "Sept. 29": the dot of the abbreviation belongs to it when something of the date follows.
    let dotted = tokens.get(n + 1).is_some_and(|dot| dot.is(".") && !dot.spaced)
        && token.text.len() <= 4
        && tokens.get(n + 2).is_some_and(|next| next.kind == TokenKind::Number);
    Some((i8::try_from(month).ok()?, n + 1 + usize::from(dotted)))
}

/// The year behind a date, after an optional comma, or its place beside the story's: "July 9 last year".
fn year_after(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<(i16, usize)> {
    let word = |n: usize| tokens.get(n).map_or("", |token| token.lower.as_ref());
    let of = usize::from(word(n) == "of");
    if let Some(story) = story
        && word(n + of + 1) == "year"
        && !tokens.get(n + of).is_some_and(|token| token.apart)
    {
        match word(n + of) {
            "last" => return Some((story.year() - 1, n + of + 2)),
            "this" => return Some((story.year(), n + of + 2)),
            "next" => return Some((story.year() + 1, n + of + 2)),
            _ => {}
        }
    }
    let comma = usize::from(tokens.get(n).is_some_and(|token| token.is(",")));
    let of = usize::from(tokens.get(n).is_some_and(|token| token.is("of")));
    let year = year_number(tokens, n + comma + of)?;
    Some((year, n + comma + of + 1))
}

/// On which side of the story a date without a year lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Past,
    Future,
    Either,
}

/// What the word before a date says of it: "since April", "last April", "next April".
fn side(before: &str) -> Side {
    match before {
        "since" | "last" => Side::Past,
        "next" => Side::Future,
        _ => Side::Either,
    }
}

/// The year that puts a day nearest to the story, on its side.
pub(super) fn nearest(story: Option<Date>, month: i8, day: i8, side: Side) -> Option<Date> {
    let story = story?;
    let years = [story.year() - 1, story.year(), story.year() + 1];
    let lies = |date: &Date| match side {
        Side::Past => (date.year(), date.month()) <= (story.year(), story.month()),
        Side::Future => (date.year(), date.month()) >= (story.year(), story.month()),
        Side::Either => true,
    };
    years
        .into_iter()
        .filter_map(|year| Date::new(year, month, day).ok())
        .filter(lies)
        .min_by_key(|date| (*date - story).get_days().abs())
}

pub(super) fn resolve(year: Option<i16>, month: i8, day: i8, story: Option<Date>) -> Option<Date> {
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => nearest(story, month, day, Side::Either),
    }
}

fn text(date: Option<Date>) -> Option<String> {
    date.map(|date| date.to_string())
}

pub(super) fn month_text(year: Option<i16>, month: i8, story: Option<Date>, side: Side) -> Option<String> {
    let year = year.or_else(|| nearest(story, month, 15, side).map(|date| date.year()))?;
    Some(format!("{year:04}-{month:02}"))
}

/// The second day of a range: "21 and 23", "21-23", "29 to October 2".
fn second_day(pack: &Pack, tokens: &[Token<'_>], n: usize, first: usize) -> Option<(Option<i8>, i8, usize)> {
    let link = tokens.get(n)?;
    let between = first.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| before.is("between"));
    let linked = matches!(link.lower.as_ref(), "-" | "to" | "through" | "until" | "till") || link.is("and") && between;
    if !linked {
        return None;
    }
    if let Some((month, next)) = month_of(pack, tokens, n + 1) {
        // "between Aug. 20 and Aug. 26" are two.
        let (day, after) = day_number(tokens, next).filter(|_| !link.is("and"))?;
        return Some((Some(month), day, after));
    }
    let (day, after) = day_number(tokens, n + 1)?;
    // "June 21 to 500": not a day.
    Some((None, day, after))
}

/// "September 29, 2020", "June 21 and 23, 2018", "December 2019", "June".
fn month_first(pack: &Pack, tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let (month, next) = month_of(pack, tokens, n)?;
    if let Some((day, after_day)) =
        day_number(tokens, next).filter(|_| tokens.get(next).is_some_and(|token| token.spaced))
    {
        let second = second_day(pack, tokens, after_day, n);
        let after = second.map_or(after_day, |(_, _, after)| after);
        let (year, after) = year_after(tokens, after, story).map_or((None, after), |(year, after)| (Some(year), after));
        let date = resolve(year, month, day, story);
        let end = second.and_then(|(second_month, day, _)| {
            resolve(year.or(date.map(|date| date.year())), second_month.unwrap_or(month), day, story)
        });
        return Some(Found {
            first: n,
            after,
            date: text(date),
            end: text(end.filter(|end| date.is_none_or(|date| *end > date))),
        });
    }
    if let Some((year, after)) = year_after(tokens, next, story) {
        return Some(Found { first: n, after, date: month_text(Some(year), month, story, Side::Either), end: None });
    }
    // "January-March", "Jan-June 2020"
    if tokens.get(next).is_some_and(|dash| dash.is("-") && !dash.spaced)
        && let Some((last, behind)) = month_of(pack, tokens, next + 1).filter(|(last, _)| *last > month)
    {
        let (year, after) = year_after(tokens, behind, story).unzip();
        let year = year.or_else(|| nearest(story, last, 15, Side::Past).map(|date| date.year()));
        let text = |month: i8| month_text(year, month, story, Side::Either);
        return Some(Found { first: n, after: after.unwrap_or(behind), date: text(month), end: text(last) });
    }
    is_month(tokens, n).then(|| Found {
        first: n,
        after: n + 1,
        date: month_text(None, month, story, side(lead(tokens, n))),
        end: None,
    })
}

/// The word before a bare month, or before its "late".
fn lead<'t>(tokens: &'t [Token<'_>], n: usize) -> &'t str {
    let before =
        |back: usize| n.checked_sub(back).and_then(|before| tokens.get(before)).map_or("", |t| t.lower.as_ref());
    match before(1) {
        "early" | "late" | "mid" => before(2),
        "-" if before(2) == "mid" => before(3),
        word => word,
    }
}

/// Words before a month that make one of any name of a month.
const LEADS: [&str; 26] = [
    "after", "against", "and", "before", "between", "by", "during", "early", "end", "for", "from", "in", "last",
    "late", "mid", "next", "of", "since", "than", "this", "through", "till", "to", "until", "vs", "-",
];

/// Months that nobody is called by and that are no other word.
const PLAIN: [&str; 7] = ["january", "february", "july", "september", "october", "november", "december"];

/// Words with a capital that may stand before a month without making a name of it.
const SMALL: [&str; 8] = ["every", "for", "in", "its", "last", "next", "since", "the"];

/// Whether a bare name of a month is one: "may" and "march" are verbs, "April" and "June" are women, "Black September" was a
/// group.
fn is_month(tokens: &[Token<'_>], n: usize) -> bool {
    let Some(token) = tokens.get(n).filter(|token| token.text.len() >= 3) else { return false };
    let before = n.checked_sub(1).and_then(|before| tokens.get(before));
    let next = tokens.get(n + 1);
    let word = before.map_or("", |before| before.lower.as_ref());
    if LEADS.contains(&word) {
        return true;
    }
    let name = |token: &Token<'_>| token.kind == TokenKind::Word && token.capitalised();
    let named = next.is_some_and(|next| name(next) && !next.apart)
        || before.is_some_and(|before| name(before) && !token.apart && !SMALL.contains(&word));
    let stops = next.is_none_or(|next| next.apart || next.kind != TokenKind::Word && !next.is("'") && !next.is("’"));
    let noun = next.is_some_and(|next| {
        next.kind == TokenKind::Word
            && !next.capitalised()
            && !super::quantities::NO_NOUN.contains(&next.lower.as_ref())
    });
    let of_table = matches!(word, "(" | ",") && stops;
    if PLAIN.contains(&token.lower.as_ref()) {
        return !named;
    }
    // "the May survey", "Inflation (May)", "retail sales yy Jan 0.4"
    let short =
        token.text.len() <= 4 && before.is_some_and(|before| before.kind == TokenKind::Word && !before.capitalised());
    let row = short && stops && next.is_some_and(|next| next.kind == TokenKind::Number || next.is("-") || next.is("+"));
    !named && (matches!(word, "the" | "a") && noun && token.text.len() > 2 || of_table && token.lower != "jan" || row)
}

/// "29 September 2020", "21-23 June", "the 3rd of May".
fn day_first(pack: &Pack, tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let (day, mut next) = day_number(tokens, n)?;
    let mut second = None;
    if let Some(link) = tokens.get(next)
        && matches!(link.lower.as_ref(), "-" | "to" | "and")
        && let Some((last, after)) = day_number(tokens, next + 1)
    {
        second = Some(last);
        next = after;
    }
    if tokens.get(next).is_some_and(|token| token.is("of")) {
        next += 1;
    }
    let (month, next) = month_of(pack, tokens, next).filter(|_| tokens.get(next).is_some_and(|token| token.spaced))?;
    let (year, after) = year_after(tokens, next, story).map_or((None, next), |(year, after)| (Some(year), after));
    let date = resolve(year, month, day, story);
    let end = second.and_then(|day| resolve(year.or(date.map(|date| date.year())), month, day, story));
    Some(Found { first: n, after, date: text(date), end: text(end) })
}

/// "2020-09-29", "29.09.2020"; of "03/04/2020" nobody can say which is the month.
fn iso(tokens: &[Token<'_>], n: usize) -> Option<Found> {
    let first = tokens.get(n)?;
    if let Some((day, rest)) = first.text.split_once('.')
        && let Some((month, year)) = rest.split_once('.')
        && year.len() == 4
    {
        let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
        return Some(Found { first: n, after: n + 1, date: text(Some(date)), end: None });
    }
    let separator = tokens.get(n + 1).filter(|token| !token.spaced && (token.is("-") || token.is("/")))?;
    tokens.get(n + 3).filter(|token| token.text == separator.text && !token.spaced)?;
    let (a, b, c) = (number(tokens, n)?, number(tokens, n + 2)?, number(tokens, n + 4)?);
    let small = |value: i16| i8::try_from(value).ok();
    let date = if first.text.len() == 4 {
        Date::new(a, small(b)?, small(c)?).ok()
    } else if tokens.get(n + 4)?.text.len() == 4 && b > 12 {
        Date::new(c, small(a)?, small(b)?).ok()
    } else if tokens.get(n + 4)?.text.len() == 4 && a > 12 {
        Date::new(c, small(b)?, small(a)?).ok()
    } else if tokens.get(n + 4)?.text.len() == 4 && (a, b) != (0, 0) && a <= 12 && b <= 12 {
        return Some(Found { first: n, after: n + 5, date: None, end: None });
    } else {
        None
    };
    date.map(|date| Found { first: n, after: n + 5, date: text(Some(date)), end: None })
}

/// A year by itself: "in 2021", "the 2018 World Cup".
fn year(tokens: &[Token<'_>], n: usize) -> Option<Found> {
    let value = year_number(tokens, n)?;
    let before = n.checked_sub(1).and_then(|before| tokens.get(before));
    let before_word = before.map_or("", |before| before.lower.as_ref());
    let next = tokens.get(n + 1);
    // "from 1907 to 1996"
    let goes_to =
        before_word == "to" && n.checked_sub(2).and_then(|n| year_number(tokens, n)).is_some_and(|from| from < value);
    let led = goes_to
        || matches!(
            before_word,
            "in" | "since"
                | "of"
                | "by"
                | "from"
                | "until"
                | "till"
                | "during"
                | "early"
                | "late"
                | "mid"
                | "year"
                | "after"
                | "before"
                | "through"
                | "for"
        );
    // A count has its noun behind it: "2000 people"; a year has a stop, a comma, a capital or a small word.
    let counts = next.is_some_and(|next| {
        next.kind == TokenKind::Word
            && next.spaced
            && !next.capitalised()
            && next.lower.ends_with('s')
            && !matches!(next.lower.as_ref(), "as" | "was" | "is" | "has" | "olympics" | "elections" | "games")
    });
    let symbol = before.is_some_and(|before| {
        before.kind == TokenKind::Mark
            && matches!(before.text, "$" | "€" | "£" | "¥" | "#" | "-" | "–" | "." | "/")
            && !tokens.get(n).is_some_and(|token| token.spaced)
    });
    let free = next.is_none_or(|next| {
        next.kind == TokenKind::Mark && !next.is("-") && !next.is("%")
            || next.capitalised()
            || matches!(
                next.lower.as_ref(),
                "election"
                    | "elections"
                    | "budget"
                    | "season"
                    | "and"
                    | "when"
                    | "to"
                    | "as"
                    | "was"
                    | "will"
                    | "but"
                    | "by"
                    | "presidential"
                    | "census"
                    | "agreement"
                    | "treaty"
                    | "deal"
            )
    });
    // "2020-21", "the 1996/97 season": the second is the next, or written as no month is.
    if let Some(after) = next.filter(|next| !next.spaced && (next.is("-") || next.is("/"))).map(|_| n + 2)
        && let Some(last) = number(tokens, after).filter(|_| tokens.get(after).is_some_and(|last| last.text.len() == 2))
        && !tokens.get(after + 1).is_some_and(|behind| !behind.spaced && matches!(behind.text, "-" | "/"))
        && value >= 1900
        && (last == (value + 1) % 100 || last > 12 && last > value % 100)
        && !symbol
    {
        let end = value - value % 100 + last + if last < value % 100 { 100 } else { 0 };
        return Some(Found {
            first: n,
            after: after + 1,
            date: Some(format!("{value:04}")),
            end: Some(format!("{end:04}")),
        });
    }
    // "the 2019 harvest"
    let dated = matches!(before_word, "the" | "a" | "its" | "their" | "his" | "her")
        && value >= 1950
        && next.is_some_and(|next| next.kind == TokenKind::Word && next.spaced && !next.lower.ends_with('s'));
    let end_of = before_word == "-" && n.checked_sub(2).is_some_and(|n| tokens.get(n).is_some_and(|end| end.is("end")));
    if symbol && !end_of || counts && !led || !(led || dated || free && value >= 1900 || end_of) {
        return None;
    }
    // "2018-2019".
    let end = next
        .filter(|next| (next.is("-") || next.is("/")) && !next.spaced)
        .and_then(|_| year_number(tokens, n + 2))
        .filter(|end| *end > value);
    Some(Found {
        first: n,
        after: n + if end.is_some() { 3 } else { 1 },
        date: Some(format!("{value:04}")),
        end: end.map(|end| format!("{end:04}")),
    })
}

fn weekday(pack: &Pack, tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let token = tokens.get(n).filter(|token| token.capitalised() && token.text.len() > 3)?;
    let weekday = pack.weekday(&token.lower)?;
    let before = n.checked_sub(1).and_then(|before| tokens.get(before)).map_or("", |before| before.lower.as_ref());
    // "Tuesday, September 29": the weekday belongs to the date behind it.
    let comma = usize::from(tokens.get(n + 1).is_some_and(|token| token.is(",")));
    if let Some(found) =
        month_first(pack, tokens, n + 1 + comma, story).or_else(|| day_first(pack, tokens, n + 1 + comma, story))
    {
        return Some(Found { first: n, ..found });
    }
    let date = story.and_then(|story| {
        let wanted = Weekday::from_monday_one_offset(i8::try_from(weekday).ok()?).ok()?;
        let back = i64::from(wanted.until(story.weekday()));
        let last = story.checked_sub(back.days()).ok()?;
        match before {
            "next" | "coming" => last.checked_add(7.days()).ok(),
            "last" if back == 0 => last.checked_sub(7.days()).ok(),
            _ => Some(last),
        }
    });
    Some(Found { first: n, after: n + 1, date: text(date), end: None })
}

/// Days by their place beside the story's.
const DAYS: [&str; 3] = ["today", "yesterday", "tomorrow"];

/// The words that can begin a date; numbers, months and weekdays can besides.
pub(super) fn openers() -> impl Iterator<Item = &'static str> {
    DAYS.into_iter()
}

fn relative(tokens: &[Token<'_>], n: usize, story: Option<Date>) -> Option<Found> {
    let token = tokens.get(n)?;
    let date = match DAYS.iter().position(|day| token.is(day))? {
        0 => story,
        1 => story.and_then(|story| story.yesterday().ok()),
        _ => story.and_then(|story| story.tomorrow().ok()),
    };
    Some(Found { first: n, after: n + 1, date: text(date), end: None })
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn a_month_needs_no_preposition_where_it_is_nothing_else() {
        check(
            "December arabica, the May survey and output (June).",
            &["Date | December | 2020-12", "Date | May | 2021-05", "Date | June | 2021-06"],
        );
        check("May July Jones march? April said so. Black September", &[]);
        check(
            "April-June exports; on July 9 last year, late May 2020",
            &[
                "Date | April-June | 2020-04 | 2020-06",
                "Date | July 9 last year | 2020-07-09",
                "Date | late May 2020 | 2020-05",
            ],
        );
    }

    #[test]
    fn two_years_are_one_date_where_a_dash_makes_them_so() {
        check("the 2020-21 budget", &["Date | 2020-21 | 2020 | 2021"]);
        check("in 1998/99 and in 1851", &["Date | 1998/99 | 1998 | 1999", "Date | 1851 | 1851"]);
        check("from 1907 to 1996", &["Date | 1907 | 1907", "Date | 1996 | 1996"]);
    }

    #[test]
    fn the_edge_of_a_period_belongs_to_it() {
        check("by the end of June and at end-2018", &["Date | the end of June | 2021-06", "Date | end-2018 | 2018"]);
    }
}
