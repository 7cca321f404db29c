//! Numbers and dates, normalised: dates, times, money, percentages, quantities, durations, ordinals.
//!
//! In: an article in a language with a pack. Out: values in text order that do not overlap, each with its span. What
//! holds: a value is what the text states, never computed from two statements; a date that cannot be resolved is there
//! without its date. Numbers inside names (`COVID-19`, `F-16`) are no values. One pass over the tokens.

mod amounts;
mod dates;
mod durations;
mod money;
mod openers;
mod ordinals;
mod periods;
mod times;

use crate::language::Pack;
use crate::language::numbers::{self, Numeral};
use crate::language::tokens::{self, Token, TokenKind};
use crate::model::{Article, Field, Number, Span, Value, ValueType};
use openers::Openers;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Units of measure, singular, by any of their forms.
static UNITS: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("values/units.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .flat_map(|(unit, forms)| forms.split(';').map(move |form| (form, unit)))
        .collect()
});

/// Words that end the search for what is counted.
const NO_NOUN: [&str; 60] = [
    "of",
    "and",
    "or",
    "to",
    "in",
    "on",
    "at",
    "by",
    "for",
    "from",
    "with",
    "the",
    "a",
    "an",
    "as",
    "is",
    "was",
    "were",
    "are",
    "be",
    "been",
    "have",
    "has",
    "had",
    "that",
    "which",
    "who",
    "when",
    "while",
    "than",
    "but",
    "so",
    "if",
    "since",
    "after",
    "before",
    "during",
    "per",
    "into",
    "over",
    "under",
    "out",
    "up",
    "down",
    "more",
    "less",
    "other",
    "this",
    "last",
    "next",
    "ago",
    "earlier",
    "later",
    "according",
    "percent",
    "because",
    "said",
    "s",
    "it",
    "he",
];

/// The values of an article. `countries` are those of the story, the nearest first, for money that many countries call alike.
pub(crate) fn find(pack: &Pack, article: &Article, countries: &[String]) -> Vec<Value> {
    let mut values = Vec::new();
    for (field, text) in [
        (Field::Headline, article.headline.as_deref()),
        (Field::Summary, article.summary.as_deref()),
        (Field::Body, Some(article.body.as_str())),
    ] {
        if let Some(text) = text {
            in_text(pack, article, countries, field, text, &mut values);
        }
    }
    values
}

fn in_text(pack: &Pack, article: &Article, countries: &[String], field: Field, text: &str, values: &mut Vec<Value>) {
    let tokens = tokens::tokenize(text, 0);
    let numerals = numbers::numerals(pack, &tokens);
    let times = times::clock(text);
    let place = money::Story { countries, year: article.date().map(|date| date.year()) };
    let sums = money::glued(text, place);
    let story = article.date();
    // What is left of each, from the token on that is looked at.
    let (mut numerals, mut times, mut sums) = (numerals.as_slice(), times.as_slice(), sums.as_slice());
    let mut n = 0;
    let mut value = |kind, start, end| blank(field, text, kind, start, end);
    while let Some(token) = tokens.get(n) {
        times = behind(times, |(_, end, _)| *end <= token.start);
        numerals = behind(numerals, |numeral| numeral.first < n);
        if let Some((start, end, kind)) = times.first().copied().filter(|(start, ..)| *start <= token.start) {
            values.extend(value(kind, start, end));
            n += tokens.iter().skip(n).take_while(|token| token.start < end).count().max(1);
            continue;
        }
        sums = behind(sums, |(money, _)| money.end <= token.start);
        if let Some((money, amount)) = sums.first().filter(|(money, _)| money.start <= token.start) {
            values.extend(value(ValueType::Money, money.start, money.end).map(|value| Value {
                value: Some(Number(amount / money.parts)),
                currency: Some(money.currency.to_owned()),
                ..value
            }));
            n += tokens.iter().skip(n).take_while(|token| token.start < money.end).count().max(1);
            continue;
        }
        let begin = Openers::at(pack, &tokens, n);
        if begin.time
            && let Some(after) = times::words(pack, &tokens, n)
            && let Some(last) = tokens.get(after - 1)
        {
            values.extend(value(ValueType::Time, token.start, last.end));
            n = after;
            continue;
        }
        if begin.duration
            && let Some(found) = durations::at(&tokens, n)
            && let (Some(first), Some(last)) = (tokens.get(found.first), tokens.get(found.after.saturating_sub(1)))
        {
            values.extend(value(ValueType::Duration, first.start, last.end).map(|value| Value {
                value: found.count.map(Number),
                unit: found.unit.map(str::to_owned),
                ..value
            }));
            n = found.after.max(n + 1);
            continue;
        }
        let period = if begin.period { periods::at(&tokens, n, story) } else { None };
        if let Some(found) = period.or_else(|| if begin.date { dates::at(pack, &tokens, n, story) } else { None })
            && let (Some(first), Some(last)) =
                (tokens.get(dates::opening(pack, &tokens, &found)), tokens.get(found.after.saturating_sub(1)))
        {
            values.extend(value(ValueType::Date, first.start, last.end).map(|value| Value {
                date: found.date,
                date_end: found.end,
                ..value
            }));
            n = found.after.max(n + 1);
            continue;
        }
        if begin.ordinal
            && let Some((number, after)) = ordinals::at(&tokens, n)
            && let Some(last) = tokens.get(after - 1)
        {
            values.extend(
                value(ValueType::Ordinal, token.start, last.end)
                    .map(|value| Value { value: Some(Number(number)), ..value }),
            );
            n = after;
            continue;
        }
        // The symbol stands before its number: wait for the number.
        let Some(numeral) = numerals.first().filter(|numeral| numeral.first == n) else {
            n += 1;
            continue;
        };
        n = numeral.after.max(n + 1);
        if in_name(&tokens, numeral) {
            continue;
        }
        if let Some(found) = numeral_value(pack, &tokens, numeral, place, &mut value) {
            n = n.max(n + tokens.iter().skip(n).take_while(|token| token.start < found.span.end).count());
            values.push(found);
        }
    }
}

/// What is left of a list behind those at its beginning that are over.
fn behind<T>(list: &[T], is_over: impl Fn(&T) -> bool) -> &[T] {
    let over = list.iter().take_while(|one| is_over(one)).count();
    list.get(over..).unwrap_or_default()
}

fn blank(field: Field, text: &str, kind: ValueType, start: usize, end: usize) -> Option<Value> {
    let written = text.get(start..end)?.to_owned();
    Some(Value {
        kind,
        span: Span::new(field, start, end),
        text: written,
        value: None,
        value_max: None,
        unit: None,
        currency: None,
        date: None,
        date_end: None,
    })
}

/// Whether the number is a part of a name: `COVID-19`, `F-16`, `A320`, `G20`.
fn in_name(tokens: &[Token<'_>], numeral: &Numeral) -> bool {
    let before = numeral.first.checked_sub(1).and_then(|before| tokens.get(before));
    let Some(first) = tokens.get(numeral.first) else { return false };
    let glued = before.is_some_and(|before| {
        before.end == first.start
            && before.kind == TokenKind::Word
            && !matches!(before.lower.as_ref(), "rs" | "us" | "usd" | "eur" | "rm" | "tk")
    });
    let hyphened = before.is_some_and(|before| before.is("-") && !first.spaced)
        && numeral.first.checked_sub(2).and_then(|before| tokens.get(before)).is_some_and(|word| {
            word.kind == TokenKind::Word && word.capitalised() && before.is_some_and(|dash| dash.start == word.end)
        });
    let next = tokens.get(numeral.after);
    let suffixed = next.is_some_and(|next| {
        !next.spaced && next.kind == TokenKind::Word && next.text.chars().count() <= 2 && next.capitalised()
    });
    !numeral.words && (glued || hyphened || suffixed)
}

fn numeral_value(
    pack: &Pack,
    tokens: &[Token<'_>],
    numeral: &Numeral,
    story: money::Story<'_>,
    value: &mut impl FnMut(ValueType, usize, usize) -> Option<Value>,
) -> Option<Value> {
    let number = Some(Number(numeral.value));
    let max = numeral.max.map(Number);
    let start = tokens.get(numeral.first)?.start;
    let last = tokens.get(numeral.after.checked_sub(1)?)?;
    let end = last.end;
    let next = tokens.get(numeral.after);
    // "2 percentage points" is counted in points; a basis point is a hundredth of one.
    let word = |n: usize| tokens.get(numeral.after + n).map_or("", |token| token.lower.as_ref());
    let points = match (numeral.percent, word(0), word(1)) {
        (true, noun, _) if noun.starts_with("point") => Some((0, "percentage point")),
        (false, "percentage", noun) if noun.starts_with("point") => Some((1, "percentage point")),
        (false, "basis", noun) if noun.starts_with("point") => Some((1, "basis point")),
        (true, ..) => None,
        (false, "bp" | "bps", _) => Some((0, "basis point")),
        (false, "pc" | "pct", _) => Some((0, "")),
        _ => Some((usize::MAX, "")),
    };
    if points.is_none_or(|(after, _)| after < usize::MAX) {
        let end = points.and_then(|(after, _)| tokens.get(numeral.after + after)).map_or(end, |last| last.end);
        let unit = points.map(|(_, unit)| unit.to_owned()).filter(|unit| !unit.is_empty());
        let sign = sign(tokens, numeral.first);
        let number = number.map(|number| Number(if sign.is_some() { -number.0 } else { number.0 }));
        return value(ValueType::Percent, sign.unwrap_or(start), end).map(|value| Value {
            value: number,
            value_max: max,
            unit,
            ..value
        });
    }
    if let Some(money) = money::around(tokens, numeral.first, numeral.after, story)
        && !is_weight(tokens, numeral)
    {
        return value(ValueType::Money, money.start, money.end).map(|value| Value {
            value: number.map(|number| Number(number.0 / money.parts)),
            value_max: max.map(|max| Number(max.0 / money.parts)),
            currency: Some(money.currency.to_owned()),
            ..value
        });
    }
    // A hyphen or a space may stand before the unit: "30-km", "30 km".
    let dash = usize::from(next.is_some_and(|next| next.is("-") && !next.spaced));
    if let Some((unit, unit_end)) = measure(tokens, numeral.after + dash) {
        return value(ValueType::Quantity, start, unit_end).map(|value| Value {
            value: number,
            value_max: max,
            unit: Some(unit.to_owned()),
            ..value
        });
    }
    // "one" is more often a pronoun than a count.
    if numeral.words && numeral.value < 2.0 {
        return None;
    }
    let unit = counted(pack, tokens, numeral.after);
    value(ValueType::Quantity, start, end).map(|value| Value { value: number, value_max: max, unit, ..value })
}

/// "180 pounds" of a man or a load are no money.
fn is_weight(tokens: &[Token<'_>], numeral: &Numeral) -> bool {
    let pounds = tokens.get(numeral.after).is_some_and(|next| next.is("pounds") || next.is("pound"));
    pounds
        && tokens.iter().skip(numeral.first.saturating_sub(6)).take(14).any(|near| {
            near.lower.starts_with("weigh")
                || matches!(near.lower.as_ref(), "heavy" | "lb" | "lbs" | "kg" | "kilograms")
        })
}

/// A unit of measure: its name and where it ends.
fn measure(tokens: &[Token<'_>], n: usize) -> Option<(&'static str, usize)> {
    let first = tokens.get(n)?;
    if let Some(second) = tokens.get(n + 1)
        && let Some(unit) = UNITS.get(format!("{} {}", first.lower, second.lower).as_str())
    {
        return Some((unit, second.end));
    }
    if let Some(unit) = UNITS.get(first.text) {
        return Some((unit, first.end));
    }
    UNITS.get(first.lower.as_ref()).filter(|_| first.text.chars().count() > 2).map(|unit| (*unit, first.end))
}

/// The noun that is counted, in the singular: "propaganda leaflets" gives "leaflet".
fn counted(pack: &Pack, tokens: &[Token<'_>], n: usize) -> Option<String> {
    let words: Vec<&str> = tokens
        .iter()
        .skip(n)
        .take(4)
        .take_while(|token| {
            token.kind == TokenKind::Word
                && token.spaced
                && !token.capitalised()
                && !NO_NOUN.contains(&token.lower.as_ref())
                && pack.number_word(&token.lower).is_none()
        })
        .map(|token| token.lower.as_ref())
        .collect();
    let plural = words.iter().find(|word| is_plural(word));
    plural.map(|word| singular(word))
}

fn is_plural(word: &str) -> bool {
    matches!(word, "people" | "children" | "men" | "women" | "police" | "troops" | "personnel")
        || word.len() > 3
            && word.ends_with('s')
            && !word.ends_with("ss")
            && !word.ends_with("us")
            && !word.ends_with("is")
}

fn singular(word: &str) -> String {
    match word {
        "people" => return "person".to_owned(),
        "children" => return "child".to_owned(),
        "men" => return "man".to_owned(),
        "women" => return "woman".to_owned(),
        "troops" | "police" | "personnel" | "news" | "series" => return word.to_owned(),
        _ => {}
    }
    for (ending, replacement) in [
        ("ies", "y"),
        ("sses", "ss"),
        ("shes", "sh"),
        ("ches", "ch"),
        ("xes", "x"),
        ("zes", "z"),
        ("ses", "se"),
        ("s", ""),
    ] {
        if let Some(stem) = word.strip_suffix(ending) {
            return format!("{stem}{replacement}");
        }
    }
    word.to_owned()
}

/// Where the minus before a number stands: "minus 8%", "-4.15%", but not "10-15%".
fn sign(tokens: &[Token<'_>], first: usize) -> Option<usize> {
    let at = first.checked_sub(1)?;
    let (sign, number) = (tokens.get(at)?, tokens.get(first)?);
    let opens = sign.spaced || at.checked_sub(1).and_then(|at| tokens.get(at)).is_none_or(|before| before.is("("));
    let mark = matches!(sign.text, "-" | "−" | "–") && opens && sign.end == number.start;
    (mark || sign.is("minus")).then_some(sign.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedId, ItemId};

    /// One value as `type text value unit-or-currency date/end`.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let pack = crate::language::pack("en").unwrap();
        let feed = FeedId::from("test");
        let mut article = Article::new(ItemId::new(&feed, "1"), feed);
        article.body = text.to_owned();
        // A Thursday.
        article.published = "2021-03-04".parse().ok();
        let found: Vec<String> = find(pack, &article, &["IN".to_owned()])
            .iter()
            .map(|value| {
                assert_eq!(value.span.of(text), Some(value.text.as_str()));
                let mut parts = vec![format!("{:?}", value.kind), value.text.clone()];
                parts.extend(value.value.map(|number| number.to_string()));
                parts.extend(value.value_max.map(|number| number.to_string()));
                parts.extend(value.unit.clone());
                parts.extend(value.currency.clone());
                parts.extend(value.date.clone());
                parts.extend(value.date_end.clone());
                parts.join(" | ")
            })
            .collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn since_looks_back_and_next_ahead() {
        check("the worst flood since July", &["Date | July | 2020-07"]);
        check("the worst since March", &["Date | March | 2021-03"]);
        check("it reopens next August", &["Date | next August | 2021-08"]);
    }

    #[test]
    fn reads_money() {
        check(
            "worth $25 billion and 25 billion rubles",
            &["Money | $25 billion | 25000000000 | USD", "Money | 25 billion rubles | 25000000000 | RUB"],
        );
        check(
            "Rs 5 crore, US$3.5 million, €20, 300 yuan",
            &[
                "Money | Rs 5 crore | 50000000 | INR",
                "Money | US$3.5 million | 3500000 | USD",
                "Money | €20 | 20 | EUR",
                "Money | 300 yuan | 300 | CNY",
            ],
        );
        // In a story of India; a mask and a road are no money.
        check(
            "paid Rs500 crore, 50 cents, 30 million U.S. dollars and RM2.3 million for N95 masks on M4",
            &[
                "Money | Rs500 crore | 5000000000 | INR",
                "Money | 50 cents | 0.5 | USD",
                "Money | 30 million U.S. dollars | 30000000 | USD",
                "Money | RM2.3 million | 2300000 | MYR",
            ],
        );
    }

    #[test]
    fn reads_dates() {
        check("between June 21 and 23, 2018, he came", &["Date | June 21 and 23, 2018 | 2018-06-21 | 2018-06-23"]);
        check("on March 11, 2020 and 5 May", &["Date | March 11, 2020 | 2020-03-11", "Date | 5 May | 2021-05-05"]);
        check(
            "In late December 2019 it began; by 2021 it was over",
            &["Date | late December 2019 | 2019-12", "Date | 2021 | 2021"],
        );
        check("They came 70,000 years ago", &["Date | 70,000 years ago"]);
        check("on Tuesday and on Dec. 30", &["Date | Tuesday | 2021-03-02", "Date | Dec. 30 | 2020-12-30"]);
        check(
            "He said yesterday that in June he may march.",
            &["Date | yesterday | 2021-03-03", "Date | June | 2021-06"],
        );
    }

    #[test]
    fn reads_lengths_and_times() {
        check(
            "for two hours and 41 minutes on Sunday night, $10 a day for the past three weeks, after a week at noon",
            &[
                "Duration | two hours and 41 minutes",
                "Time | Sunday night",
                "Money | $10 | 10 | USD",
                "Duration | the past three weeks | 3 | week",
                "Duration | a week | 1 | week",
                "Time | noon",
            ],
        );
        check(
            "won in 1:42.37 as the 22-year-old waited for decades",
            &["Duration | 1:42.37", "Duration | 22-year-old | 22 | year", "Duration | decades | decade"],
        );
        check(
            "the second of three at first, up 3 basis points",
            &["Ordinal | second | 2", "Quantity | three | 3", "Percent | 3 basis points | 3 | basis point"],
        );
    }

    #[test]
    fn reads_counts_and_measures() {
        check(
            "12 mln leaflets, 79th place, 15.6% of 3,400 people",
            &[
                "Quantity | 12 mln | 12000000 | leaflet",
                "Ordinal | 79th | 79",
                "Percent | 15.6% | 15.6",
                "Quantity | 3,400 | 3400 | person",
            ],
        );
        check(
            "a 14-day ban over 30 kilometers at 10:30 a.m. GMT",
            &["Duration | 14-day | 14 | day", "Quantity | 30 kilometers | 30 | kilometre", "Time | 10:30 a.m. GMT"],
        );
        check(
            "index -4.15%, minus 8 percent, 10-15% and (-2%), up 300 bps",
            &[
                "Percent | -4.15% | -4.15",
                "Percent | minus 8 percent | -8",
                "Percent | 10-15% | 10 | 15",
                "Percent | -2% | -2",
                "Percent | 300 bps | 300 | basis point",
            ],
        );
        check("COVID-19 and the F-16 of the G20", &[]);
    }
}
