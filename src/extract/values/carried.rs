//! Numbers that are money or a percentage by what stands beside them: "rose to 9 percent from 10.5", "between 300 and 350
//! francs", "the shilling was quoted at 119.30 to the dollar".
//!
//! In: the values of a text so far, in order. Out: the same, with bare counts turned into what they are of. What holds: a
//! number with a noun of its own stays a count; nothing is carried over the end of a sentence or the border of a cell.

use super::money::{self, Story};
use super::quantities::NO_NOUN;
use super::{listed, measures, signed, word, word_before};
use crate::language::tokens::{Token, TokenKind};
use crate::model::{Number, Value, ValueType};

/// Words before a number that stands beside another of its kind.
const LINKS: [&str; 9] = ["from", "to", "at", "against", "vs", "versus", "off", "up", "down"];

/// How many tokens may stand between the two, and how many values back the first may be.
const REACH: usize = 14;
const NEAR: usize = 3;

/// By which words a number is tied to the one beside it.
#[derive(Clone, Copy)]
pub(super) enum Carrier<'a> {
    /// Those of English, with the sentences of exchange rates.
    English,
    /// These links.
    Words(&'a [&'static str]),
}

/// What a number is of.
#[derive(Clone)]
struct Kind {
    kind: ValueType,
    currency: Option<String>,
    parts: f64,
    unit: Option<String>,
}

impl Kind {
    /// A percentage, in basis points where the one beside it is.
    fn percent(unit: Option<&str>) -> Self {
        Self { kind: ValueType::Percent, currency: None, parts: 1.0, unit: unit.map(str::to_owned) }
    }
}

/// Gives bare counts the currency or the percent of the value beside them.
pub(super) fn carry(text: &str, tokens: &[Token<'_>], carrier: Carrier<'_>, story: Story<'_>, values: &mut [Value]) {
    let places: Vec<(usize, usize)> = values.iter().map(|value| place(tokens, value)).collect();
    if matches!(carrier, Carrier::English) {
        lead_up(tokens, values, &places);
        share_out(tokens, values, &places);
    }
    for n in 0..values.len() {
        let Some(kind) = kind_at(tokens, carrier, story, values, &places, n) else { continue };
        let (Some(value), Some((_, after))) = (values.get_mut(n), places.get(n)) else { break };
        value.kind = kind.kind;
        value.currency = kind.currency;
        value.value = value.value.map(|number| Number(number.0 / kind.parts));
        value.value_max = value.value_max.map(|number| Number(number.0 / kind.parts));
        // "1.5 points": the word belongs to the value.
        if let (Some(_), Some(word)) = (value.unit.take(), tokens.get(*after)) {
            value.text = text.get(value.span.start..word.end).unwrap_or_default().to_owned();
            value.span.end = word.end;
        }
        value.unit = kind.unit;
        if value.kind == ValueType::Percent {
            signed::take_minus(text, 0, value);
        }
    }
}

/// Makes percentages of the bare numbers that lead up to one, from the last to the first.
fn lead_up(tokens: &[Token<'_>], values: &mut [Value], places: &[(usize, usize)]) {
    for n in (1..values.len()).rev() {
        let (Some([value, next]), Some([number, percent])) = (values.get_mut(n - 1..=n), places.get(n - 1..=n)) else {
            continue;
        };
        let sizes = value.value.zip(next.value).map(|(one, other)| (one.0, other.0));
        let leads = listed::leads_up(tokens, *number, *percent)
            || listed::in_row(tokens, *number, *percent)
            || sizes.is_some_and(|sizes| listed::are_sides(tokens, (*number, *percent), sizes));
        if next.kind == ValueType::Percent && is_small_count(value) && leads {
            value.kind = ValueType::Percent;
        }
    }
}

/// Makes percentages of the answers of a poll, three or more in a sentence that share a hundred out: "Yes 38, no 55, do not
/// know 7."
fn share_out(tokens: &[Token<'_>], values: &mut [Value], places: &[(usize, usize)]) {
    let mut from = 0;
    while from < values.len() {
        let item = |n: usize| {
            let (value, place) = values.get(n).zip(places.get(n))?;
            let told = value.kind == ValueType::Percent && value.unit.is_none();
            (told || is_small_count(value) && listed::is_answer(tokens, *place)).then_some(*place)
        };
        let mut end = from;
        while item(end).is_some()
            && (end == from
                || places
                    .get(end - 1)
                    .zip(item(end))
                    .is_some_and(|((_, end), (first, _))| first - end <= REACH && !is_parted(tokens, *end, first)))
        {
            end += 1;
        }
        let sum: f64 =
            values.get(from..end).unwrap_or_default().iter().filter_map(|value| value.value).map(|size| size.0).sum();
        let told = || {
            let run = values.get(from..end).unwrap_or_default();
            run.iter().any(|value| value.kind == ValueType::Percent)
        };
        let polled = || told() || places.get(from).is_some_and(|(first, _)| listed::is_polled(tokens, *first));
        if end - from > 2 && (sum - 100.0).abs() < 1.6 && polled() {
            values.iter_mut().take(end).skip(from).for_each(|value| value.kind = ValueType::Percent);
        }
        from = end.max(from + 1);
    }
}

/// A count of nothing that could be a percentage.
fn is_small_count(value: &Value) -> bool {
    value.kind == ValueType::Quantity && value.unit.is_none() && value.value.is_some_and(|size| size.0 <= 100.0)
}

/// What the `n`th value is of where it is one more of the percentages before it.
fn one_more(tokens: &[Token<'_>], values: &[Value], places: &[(usize, usize)], n: usize) -> Option<Kind> {
    let (value, number) = values.get(n).zip(places.get(n)).filter(|(value, _)| is_small_count(value))?;
    let before = values.iter().zip(places).take(n).rev().take(4);
    let (before, percent) = before.into_iter().find(|(before, _)| before.kind == ValueType::Percent)?;
    let sizes = (before.value?.0, value.value?.0);
    let goes_on = listed::goes_on(tokens, *percent, *number)
        || listed::polls_too(tokens, *percent, *number)
        || listed::changes_too(tokens, *percent, *number)
        || listed::is_now(tokens, *percent, *number)
        || listed::are_sides(tokens, (*percent, *number), sizes);
    goes_on.then(|| Kind::percent(before.unit.as_deref()))
}

/// What the `n`th value is of by those beside it, where it is a bare count or one of points.
fn kind_at(
    tokens: &[Token<'_>],
    carrier: Carrier<'_>,
    story: Story<'_>,
    values: &[Value],
    places: &[(usize, usize)],
    n: usize,
) -> Option<Kind> {
    let beside = |other: usize| Some((values.get(other)?, *places.get(other)?));
    let (value, (first, after)) = beside(n).filter(|(value, _)| value.kind == ValueType::Quantity)?;
    let before = match carrier {
        // "6.94 percent this week from 6.92": what is told between of days says nothing of the number.
        Carrier::English => (0..n).rev().take(NEAR).filter_map(beside).find(|(value, _)| !is_of_time(value.kind)),
        Carrier::Words(_) => n.checked_sub(1).and_then(beside),
    };
    // Behind a date only a change goes on: "37 percent as of June 6, down six points".
    let changes = n.checked_sub(1).and_then(beside).is_some_and(|(last, _)| !is_of_time(last.kind))
        || matches!(word_before(tokens, first, 1), "up" | "down" | "by");
    if before.is_some_and(|(before, (_, end))| changes && points(tokens, end, (first, after), before, value))
        || of_vote(tokens, (first, after), value)
    {
        return Some(Kind::percent(Some("percentage point")));
    }
    let next = beside(n + 1);
    // "from 44.9 four years ago"
    let dated = next.is_some_and(|(next, (start, _))| start == after && is_of_time(next.kind));
    let compared = is_small_count(value) && value.text.contains('.') && is_of_notation(tokens, after);
    if compared && matches!(carrier, Carrier::English) {
        return Some(Kind::percent(None));
    }
    let rated = || {
        before.is_some_and(|(value, (start, end))| {
            value.kind == ValueType::Percent && listed::is_rated(tokens, (start, end), (first, after))
        })
    };
    if value.unit.is_some() || !dated && !is_bare(tokens, after) && !rated() {
        return None;
    }
    let linked = match carrier {
        Carrier::English => exchange(tokens, first, after, story)
            .or_else(|| next.and_then(|(next, (start, _))| shared(tokens, first, after, start, next)))
            .or_else(|| before.and_then(|(before, (_, end))| linked(tokens, (before, end), (value, first))))
            .or_else(|| one_more(tokens, values, places, n))
            .or_else(|| {
                // Whether percentages are what the text has just been told in.
                let told =
                    || (0..n).rev().take(4).filter_map(beside).any(|(value, _)| value.kind == ValueType::Percent);
                (is_small_count(value) && measures::is_told(tokens, first, told)).then(|| Kind::percent(None))
            }),
        Carrier::Words(links) => next
            .filter(|(_, (start, _))| links.contains(&word(tokens, after)) && *start == after + 1)
            .and_then(|(next, _)| kind_of(next))
            .or_else(|| near(tokens, links, before?, first)),
    };
    linked.or_else(|| before.and_then(|(before, (_, end))| sized(tokens, (end, first), before, value)))
}

/// What is of the calendar or a rank, and never of what a number is of.
fn is_of_time(kind: ValueType) -> bool {
    matches!(kind, ValueType::Date | ValueType::Time | ValueType::Duration | ValueType::Ordinal)
}

/// The tokens of a value: the first, and the one behind.
fn place(tokens: &[Token<'_>], value: &Value) -> (usize, usize) {
    let first = tokens.partition_point(|token| token.end <= value.span.start);
    let after = tokens.partition_point(|token| token.start < value.span.end);
    (first, after)
}

/// Whether nothing that could be counted stands behind a number.
fn is_bare(tokens: &[Token<'_>], after: usize) -> bool {
    tokens.get(after).is_none_or(|next| {
        if next.kind == TokenKind::Mark {
            return next.spaced || !matches!(next.text, "-" | "/" | "%" | "°" | ":");
        }
        let word = next.lower.as_ref();
        next.kind == TokenKind::Word
            && (next.apart
                || !next.capitalised()
                    && (NO_NOUN.contains(&word)
                        || LINKS.contains(&word)
                        || listed::ends(tokens, (after.saturating_sub(1), after))))
    })
}

/// Whether a sentence or cell ends among these tokens.
fn is_parted(tokens: &[Token<'_>], first: usize, after: usize) -> bool {
    tokens.iter().enumerate().take(after).skip(first).any(|(n, token)| {
        let ends = matches!(token.text, "." | "?" | "!" | ";") && tokens.get(n + 1).is_some_and(|next| next.spaced);
        ends || n > first && token.apart
    })
}

fn kind_of(value: &Value) -> Option<Kind> {
    // Points are no percentages of something.
    let known = matches!(value.kind, ValueType::Money | ValueType::Percent) && value.unit.is_none();
    let minor = |word: &str| value.text.split(' ').next_back() == Some(word);
    let minor = value.kind == ValueType::Money && ["cents", "cent", "pence", "sen", "paise"].into_iter().any(minor);
    let parts = if minor { 100.0 } else { 1.0 };
    known.then(|| Kind { kind: value.kind, currency: value.currency.clone(), parts, unit: None })
}

/// "from 455 to 480 CFA francs": the number shares what the next one is of.
fn shared(tokens: &[Token<'_>], first: usize, after: usize, next: usize, value: &Value) -> Option<Kind> {
    let lead = word_before(tokens, first, 1);
    let link = word(tokens, after);
    let fits = matches!((lead, link), ("from", "to") | ("between", "and")) || matches!(link, "or" | "vs" | "versus");
    (fits && next == after + 1).then(|| kind_of(value))?
}

/// "9 percent from 10.5": the number is of what the one before is of.
fn linked(tokens: &[Token<'_>], (value, end): (&Value, usize), (bare, first): (&Value, usize)) -> Option<Kind> {
    if first < end || first - end > REACH || is_parted(tokens, end, first + 1) {
        return None;
    }
    let lead = word_before(tokens, first, 1);
    let number = tokens.get(first)?;
    let basis = value.unit.as_deref() == Some("basis point");
    let most = if basis && !number.text.contains('.') { 10_000.0 } else { 100.0 };
    if value.kind == ValueType::Percent && bare.value.is_none_or(|size| size.0 > most) {
        return None;
    }
    let led = match value.kind {
        ValueType::Percent => of_percent(tokens, (end, first), value, lead) || is_listed(tokens, end, first),
        _ if lead == "at" => first - end < 4 && (number.text.contains(['.', ',']) || number.text.len() > 2),
        _ => LINKS.contains(&lead),
    };
    if value.kind == ValueType::Percent && lead == "to" && number.text.contains('.') && of_rate(tokens, value) {
        return Some(Kind::percent(None));
    }
    (led || lead == "(" && first == end + 1 || is_bracketed(tokens, value, (end, first)))
        .then(|| kind_of(value).or_else(|| of_basis(value)))?
}

/// "raised its rate by 25 basis points to 5.5", "cut rates by 0.25 percent to 3.75": where a rate went.
fn of_rate(tokens: &[Token<'_>], value: &Value) -> bool {
    let (start, _) = place(tokens, value);
    let by = value.unit.is_some() || word_before(tokens, start, 1) == "by";
    by && (start.saturating_sub(10)..start).any(|n| matches!(word(tokens, n), "rate" | "rates" | "yield" | "yields"))
}

/// A number of basis points beside another; single points may be those of anything.
fn of_basis(value: &Value) -> Option<Kind> {
    value.unit.as_deref().filter(|unit| *unit == "basis point").map(|unit| Kind::percent(Some(unit)))
}

/// "41% (+2)", "2.4 percent (forecast 2.2)", "0.9 pct mth/mth (June 1.4)": a change or another figure in brackets behind a
/// percentage.
fn is_bracketed(tokens: &[Token<'_>], value: &Value, (end, first): (usize, usize)) -> bool {
    let Some(open) = (end..first).find(|n| word(tokens, *n) == "(").filter(|open| open - end <= 6) else {
        return false;
    };
    let inside = tokens.get(open + 1..first).unwrap_or_default();
    let sign = inside.len() == 1 && inside.iter().all(|token| matches!(token.text, "+" | "-" | "−" | "–"));
    let month = |word: &str| MONTHS.iter().any(|month| word.starts_with(month));
    let other =
        |token: &Token<'_>| OTHERS.contains(&token.lower.as_ref()) || token.capitalised() && month(&token.lower);
    let words = inside.len() < 4 && inside.iter().all(other);
    let number = tokens.get(first).filter(|number| number.kind == TokenKind::Number);
    let exact = number.is_some_and(|number| number.text.contains('.'));
    let near = open == end || exact;
    value.kind == ValueType::Percent && near && number.is_some() && word(tokens, first + 1) == ")" && (sign || words)
}

/// What a bracket calls the figure beside one.
const OTHERS: [&str; 27] = [
    "+",
    "-",
    ":",
    "before",
    "change",
    "consensus",
    "down",
    "earlier",
    "end",
    "estimate",
    "expected",
    "fcast",
    "forecast",
    "from",
    "last",
    "poll",
    "prev",
    "previous",
    "previously",
    "prior",
    "revised",
    "up",
    "versus",
    "vs",
    "was",
    "year",
    "−",
];

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// "up 18.0 yr/yr", "rose 2.4 year-on-year": only percentages are told so.
fn is_of_notation(tokens: &[Token<'_>], after: usize) -> bool {
    let unit = |n: usize| SPANS.contains(&word(tokens, n));
    let on = matches!((word(tokens, after + 1), word(tokens, after + 2)), ("-", "on") | ("on", _));
    let base = after + if word(tokens, after + 1) == "-" { 4 } else { 2 };
    matches!(word(tokens, after), "yoy" | "mom" | "qoq" | "saar")
        || unit(after) && word(tokens, after + 1) == "/" && unit(after + 2)
        || unit(after) && on && word(tokens, base) == word(tokens, after)
}

/// The units of time of comparisons.
const SPANS: [&str; 9] = ["y", "yr", "year", "m", "mth", "month", "q", "qtr", "quarter"];

/// "to 9 percent from 10.5", "9 percent against 8", "51 percent, down from 58"; but behind a change in percent stands where
/// an index went: "rose 1.2 percent to 99.2".
fn of_percent(tokens: &[Token<'_>], (end, first): (usize, usize), value: &Value, lead: &str) -> bool {
    let (start, _) = place(tokens, value);
    match lead {
        "from" => word_before(tokens, start, 1) == "to" || matches!(word_before(tokens, first, 2), "up" | "down"),
        "to" => word_before(tokens, start, 1) == "from",
        "with" => word(tokens, end) == ",",
        _ => matches!(lead, "against" | "vs" | "versus"),
    }
}

/// "6.1 percent, retail 4.2", "67 percent in Dhaka, 58 in Sylhet": a list goes on.
fn is_listed(tokens: &[Token<'_>], end: usize, first: usize) -> bool {
    let mark = |n: usize| matches!(word(tokens, n), "," | "and");
    let exact = tokens.get(first).is_some_and(|number| number.text.contains('.'));
    let alike = matches!(word(tokens, end), "in" | "for" | "at") && word(tokens, first + 1) == word(tokens, end);
    let named = tokens.get(first + 2).is_some_and(Token::capitalised);
    exact && mark(end) || alike && named && first > 0 && mark(first - 1)
}

/// "100 million dollars, Brazil 15 million": both are told with a scale.
fn sized(tokens: &[Token<'_>], (end, first): (usize, usize), before: &Value, value: &Value) -> Option<Kind> {
    let scaled =
        |value: &Value| value.text.contains(char::is_alphabetic) && value.value.is_some_and(|number| number.0 >= 1e6);
    let near = first >= end && first - end <= REACH && !is_parted(tokens, end, first + 1);
    (before.kind == ValueType::Money && near && scaled(before) && scaled(value)).then(|| kind_of(before))?
}

/// "29.7 percent, up 1.5 points": points of a percentage, with their word.
fn points(tokens: &[Token<'_>], end: usize, (first, after): (usize, usize), before: &Value, value: &Value) -> bool {
    let lead = word_before(tokens, first, 1);
    value.unit.as_deref() == Some("point")
        && word(tokens, after).starts_with("point")
        && value.value.is_some_and(|number| number.0 <= 30.0)
        && before.kind == ValueType::Percent
        && !matches!(lead, "or" | "scored" | "averaged" | "had" | "has" | "with" | "took" | "taken")
        && word(tokens, after + 1) != "out"
        && first >= end
        && first - end <= REACH
        && !is_parted(tokens, end, first + 1)
}

/// "six points ahead in the poll", "a tax cut by two points": points of votes and of rates are those of a percentage.
fn of_vote(tokens: &[Token<'_>], (first, after): (usize, usize), value: &Value) -> bool {
    let near = |reach: usize, of: &[&str]| {
        tokens.iter().skip(first.saturating_sub(reach)).take(2 * reach).any(|token| of.contains(&token.lower.as_ref()))
    };
    let compared = matches!(word(tokens, after + 1), "ahead" | "behind" | "clear")
        || first.checked_sub(2).is_some_and(|n| matches!((word(tokens, n), word(tokens, n + 1)), ("lead", "of")));
    let moved = matches!(word_before(tokens, first, 1), "lost" | "gained" | "won" | "shed" | "down" | "up" | "by");
    value.unit.as_deref() == Some("point")
        && value.value.is_some_and(|number| number.0 <= 60.0)
        && (compared && near(25, &VOTES) || near(8, &LEVIES) || moved && near(25, &BALLOTS) && !near(25, &INDICES))
}

/// What only votes are spoken of with, and what has points of its own.
const BALLOTS: [&str; 6] = ["coalition", "election", "pollster", "pollsters", "turnout", "voters"];
const INDICES: [&str; 7] = ["average", "dow", "index", "league", "nasdaq", "shares", "stocks"];

pub(super) const VOTES: [&str; 12] = [
    "ballot",
    "ballots",
    "candidate",
    "candidates",
    "election",
    "poll",
    "polls",
    "pollster",
    "pollsters",
    "percent",
    "vote",
    "votes",
];

const LEVIES: [&str; 14] = [
    "approval",
    "duty",
    "error",
    "lead",
    "levy",
    "margin",
    "margins",
    "proportion",
    "rating",
    "support",
    "surcharge",
    "swing",
    "tax",
    "turnout",
];

/// "de 9 % a 10": a number of any other language, close to the one before it.
fn near(
    tokens: &[Token<'_>],
    links: &[&str],
    (value, (_, end)): (&Value, (usize, usize)),
    first: usize,
) -> Option<Kind> {
    let lead = first.checked_sub(1)?;
    let close = first >= end && first - end <= 3 && !is_parted(tokens, end, first + 1);
    let small = value.kind == ValueType::Money || tokens.get(first).is_some_and(|number| number.text.len() < 5);
    (close && small && links.contains(&word(tokens, lead))).then(|| kind_of(value))?
}

/// "the lira eased to 9.93 to the dollar": money of the currency that the sentence is about.
fn exchange(tokens: &[Token<'_>], first: usize, after: usize, story: Story<'_>) -> Option<Kind> {
    let of_another = matches!(word(tokens, after), "to" | "per" | "against" | "for") && {
        let skipped = (1..4).take_while(|n| {
            matches!(word(tokens, after + n), "the" | "a" | "one" | "us" | "u" | "s" | "." | "american")
        });
        let noun = after + 1 + skipped.count();
        tokens.get(noun).is_some_and(|noun| noun.is("greenback")) || money::named(tokens, noun, story).is_some()
    };
    let from = first.saturating_sub(REACH);
    let subject = (from..first).rev().find_map(|n| {
        let found = money::named(tokens, n, story)?;
        let lead = word_before(tokens, n, 1);
        // "the won", "Singapore dollar:"; of "won the race" nobody knows.
        let subject = lead == "the" || tokens.get(n - usize::from(n > 0)).is_some_and(Token::capitalised);
        (subject && !is_parted(tokens, n, first)).then_some(found)
    })?;
    // "The won closed at 1,230."
    let lead = word_before(tokens, first, 1);
    let exact = tokens.get(first).is_some_and(|number| number.text.contains(['.', ',']));
    let quoted = matches!(lead, "at" | "to" | "from" | ":") && exact;
    let (currency, parts) = subject;
    let kind = Kind { kind: ValueType::Money, currency: Some(currency.to_owned()), parts, unit: None };
    (of_another || quoted).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn figures_in_brackets_and_of_rates_are_percentages() {
        check(
            "Red 41% (+2), Blue 38% (-1).",
            &["Percent | 41% | 41", "Percent | 2 | 2", "Percent | 38% | 38", "Percent | -1 | -1"],
        );
        check(
            "It cut its rate by 25 basis points to 5.5; the spread is 40 basis points, from 52.",
            &[
                "Percent | 25 basis points | 25 | basis point",
                "Percent | 5.5 | 5.5",
                "Percent | 40 basis points | 40 | basis point",
                "Percent | 52 | 52 | basis point",
            ],
        );
        check("Output was up 18.0 yr/yr.", &["Percent | 18.0 | 18"]);
    }

    #[test]
    fn answers_that_share_a_hundred_out_are_percentages() {
        check(
            "The poll asked who will win. Red 38, Blue 55, do not know 7.",
            &["Percent | 38 | 38", "Percent | 55 | 55", "Percent | 7 | 7"],
        );
        check(
            "The score: Red 38, Blue 55, Green 7.",
            &["Quantity | 38 | 38", "Quantity | 55 | 55", "Quantity | 7 | 7"],
        );
    }

    #[test]
    fn what_is_told_of_days_parts_no_figures() {
        check(
            "It fell to 6.9 percent this week from 7.1 a year ago.",
            &[
                "Percent | 6.9 percent | 6.9",
                "Date | this week | 2021-03-01 | 2021-03-07",
                "Percent | 7.1 | 7.1",
                "Date | a year ago | 2020",
            ],
        );
    }
}
