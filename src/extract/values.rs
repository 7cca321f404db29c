//! Numbers and dates, normalised: dates, times, money, percentages, quantities, durations, ordinals.
//!
//! In: an article in a language with a pack. Out: values in text order that do not overlap, each with its span. What
//! holds: a value is what the text states, never computed from two statements; a date that cannot be resolved is there
//! without its date. Numbers inside names (`COVID-19`, `F-16`) are no values. One pass over the tokens.

mod amounts;
mod carried;
mod changes;
mod columns;
mod dates;
mod durations;
mod foreign;
mod listed;
mod measures;
mod mixed;
mod money;
mod openers;
mod ordinals;
mod parts;
mod periods;
mod quantities;
mod rows;
mod signed;
mod times;

use crate::extract::cut::Cut;
use crate::extract::summary::Repeated;
use crate::language::Pack;
use crate::language::numbers::Numeral;
use crate::language::tokens::{Token, TokenKind};
use crate::model::{Article, Field, Number, Span, Value, ValueType};
use openers::Openers;
use quantities::{counted, measure};

const ENGLISH: &str = "en";

/// The values of an article with this body, whose summary has of that what is `repeated`. `countries` are those of the story, the nearest
/// first, for money that many countries call alike.
pub(crate) fn find<'t>(body: &Cut<'t>, article: &'t Article, repeated: &Repeated, countries: &[String]) -> Vec<Value> {
    let pack = body.pack();
    let mut values = Vec::new();
    for (field, text) in [
        (Field::Headline, article.headline.as_deref()),
        (Field::Summary, article.summary.as_deref().filter(|_| !repeated.is_whole())),
        (Field::Body, Some(article.body.as_str())),
    ] {
        let Some(text) = text else { continue };
        let story = money::Story::of(article, countries);
        let other = Cut::new(pack, text);
        let cut = if field.is_body() { body } else { &other };
        match foreign::Words::of(pack.code) {
            Some(words) => foreign::in_text(cut, words, story, article.date(), field, &mut values),
            None if pack.code == ENGLISH => in_text(cut, article, countries, field, &mut values),
            None => {}
        }
    }
    let summary = article.summary.as_deref().unwrap_or_default();
    let moved = |value: &Value, span: Span| Some(Value { text: span.of(summary)?.to_owned(), span, ..value.clone() });
    repeated.insert(&mut values, |value| &value.span, moved);
    values
}

fn in_text(cut: &Cut<'_>, article: &Article, countries: &[String], field: Field, values: &mut Vec<Value>) {
    let (pack, text, tokens) = (cut.pack(), cut.text(), cut.tokens());
    let times = times::clock(text);
    let place = money::Story::of(article, countries);
    let sums = money::glued(text, place);
    let story = article.date();
    // What is left of each, from the token on that is looked at.
    let (mut numerals, mut times, mut sums) = (cut.numerals(), times.as_slice(), sums.as_slice());
    let before = values.len();
    let mut n = 0;
    let mut value = |kind, start, end| blank(field, text, kind, start, end);
    while let Some(token) = tokens.get(n) {
        let idle = numerals.first().is_none_or(|numeral| numeral.first > n)
            && times.first().is_none_or(|(start, ..)| *start > token.start)
            && sums.first().is_none_or(|(money, _)| money.start > token.start);
        if idle && Openers::none(tokens, n) {
            n += 1;
            continue;
        }
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
        let begin = Openers::at(pack, tokens, n);
        if begin.part
            && let Some(found) = parts::at(pack, tokens, n, place)
            && let (Some(first), Some(last)) = (tokens.get(found.first), tokens.get(found.after - 1))
        {
            let kind = if found.currency.is_some() { ValueType::Money } else { ValueType::Percent };
            values.extend(value(kind, first.start, last.end).map(|value| Value {
                value: found.value.map(Number),
                currency: found.currency.map(str::to_owned),
                unit: found.unit.map(str::to_owned),
                ..value
            }));
            n = found.after;
            continue;
        }
        if begin.time
            && let Some(after) = times::words(pack, tokens, n)
            && let Some(last) = tokens.get(after - 1)
        {
            values.extend(value(ValueType::Time, token.start, last.end));
            n = after;
            continue;
        }
        if begin.duration
            && let Some(found) = durations::at(tokens, n)
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
        let period = if begin.period { periods::at(tokens, n, story) } else { None };
        if let Some(found) = period.or_else(|| if begin.date { dates::at(pack, tokens, n, story) } else { None })
            && let (Some(first), Some(last)) =
                (tokens.get(dates::opening(pack, tokens, &found)), tokens.get(found.after.saturating_sub(1)))
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
            && let Some((number, after)) = ordinals::at(tokens, n)
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
        if in_name(tokens, numeral) {
            continue;
        }
        let told = || {
            values.get(before..).unwrap_or_default().last().is_some_and(|last| {
                let between = tokens.iter().take(numeral.first).rev().take_while(|token| token.start >= last.span.end);
                last.kind == ValueType::Percent && !between.into_iter().any(|token| token.is("."))
            })
        };
        if let Some(ends) = ends_of_between(tokens, numeral, told) {
            values.extend(ends.iter().filter_map(|end| numeral_value(pack, tokens, end, place, &mut value)));
            continue;
        }
        let mixed = mixed::with_fraction(tokens, numeral);
        if let Some(found) = numeral_value(pack, tokens, mixed.as_ref().unwrap_or(numeral), place, &mut value) {
            n = n.max(n + tokens.iter().skip(n).take_while(|token| token.start < found.span.end).count());
            join(text, values.get_mut(before..).unwrap_or_default(), &found).unwrap_or_else(|| values.push(found));
        }
    }
    let values = values.get_mut(before..).unwrap_or_default();
    carried::carry(text, tokens, carried::Carrier::English, place, values);
    columns::read(text, values);
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

/// A token in lower case; empty beyond the ends.
fn word<'t>(tokens: &'t [Token<'_>], n: usize) -> &'t str {
    tokens.get(n).map_or("", |token| token.lower.as_ref())
}

/// The token so many before `n`, in lower case; empty beyond the beginning.
fn word_before<'t>(tokens: &'t [Token<'_>], n: usize, back: usize) -> &'t str {
    n.checked_sub(back).map_or("", |n| word(tokens, n))
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
    if let Some((after, unit)) = parts::percent(pack, tokens, numeral) {
        let end = tokens.get(after - 1).map_or(end, |last| last.end);
        let unit = unit.map(str::to_owned);
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
        && !is_weight(tokens, numeral, story)
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
    // "one" is more often a pronoun than a count; "zero" is where something went.
    let to_zero = numeral.value == 0.0 && word_before(tokens, numeral.first, 1) == "to";
    if numeral.words && numeral.value < 2.0 && !to_zero {
        return None;
    }
    let unit = counted(pack, tokens, numeral.after);
    value(ValueType::Quantity, start, end).map(|value| Value { value: number, value_max: max, unit, ..value })
}

/// "180 pounds" of a man or a load are no money.
fn is_weight(tokens: &[Token<'_>], numeral: &Numeral, story: money::Story<'_>) -> bool {
    let dash = usize::from(tokens.get(numeral.after).is_some_and(|dash| dash.is("-")));
    let word = |n: usize| tokens.get(numeral.after + dash + n).map_or("", |token| token.lower.as_ref());
    if !matches!(word(0), "pounds" | "pound") {
        return false;
    }
    // "40 pounds of pears"; of "pounds" in a story of a country that has dollars.
    let load =
        word(1) == "of" || story.countries.first().is_some_and(|country| matches!(country.as_str(), "US" | "CA"));
    load || tokens.iter().skip(numeral.first.saturating_sub(6)).take(14).any(|near| {
        near.lower.starts_with("weigh")
            || matches!(near.lower.as_ref(), "heavy" | "lb" | "lbs" | "kg" | "kilograms" | "bag")
    })
}

/// Takes "$0.33" into the value before it where both are the ends of a range: "$0.30-$0.33", "60%-65%".
fn join(text: &str, values: &mut [Value], upper: &Value) -> Option<()> {
    let lower = values.last_mut()?;
    let range = matches!(upper.kind, ValueType::Money | ValueType::Percent)
        && (lower.kind, &lower.currency, &lower.unit) == (upper.kind, &upper.currency, &upper.unit)
        && lower.value_max.is_none()
        && lower.value < upper.value;
    let gap = text.get(lower.span.end..upper.span.start)?;
    // "will rise 10 to 15 percent"; behind "from" are two levels.
    let level = || text.get(..lower.span.start).is_some_and(|before| before.trim_end().ends_with("from"));
    let spread = gap == " to "
        && (lower.kind, upper.kind, &lower.unit) == (ValueType::Quantity, ValueType::Percent, &None)
        && upper.value_max.is_none()
        && lower.value.zip(upper.value).is_some_and(|(low, high)| low.0 < high.0 && high.0 <= 2.0 * low.0)
        && !level();
    if !(range && matches!(gap, "-" | "–") || spread) {
        return None;
    }
    lower.kind = upper.kind;
    lower.unit.clone_from(&upper.unit);
    lower.text = text.get(lower.span.start..upper.span.end)?.to_owned();
    lower.span.end = upper.span.end;
    lower.value_max = upper.value_max.or(upper.value);
    Some(())
}

/// Where the minus before a number stands: "minus 8%", "-4.15%", but not "10-15%".
fn sign(tokens: &[Token<'_>], first: usize) -> Option<usize> {
    let at = first.checked_sub(1)?;
    let (sign, number) = (tokens.get(at)?, tokens.get(first)?);
    let opens = sign.spaced || at.checked_sub(1).and_then(|at| tokens.get(at)).is_none_or(|before| before.is("("));
    let mark = matches!(sign.text, "-" | "−" | "–") && opens && sign.end == number.start;
    // "plus or minus 3 points" says how far, not which way.
    let minus = sign.is("minus") && word_before(tokens, at, 1) != "or";
    (mark || minus).then_some(sign.start)
}

/// The numbers of "between 10 and 15 percent", which are two where those of "10 to 15 percent" are one range.
fn ends_of_between(tokens: &[Token<'_>], numeral: &Numeral, told: impl Fn() -> bool) -> Option<[Numeral; 2]> {
    // "between 51 and 53 percent, his rival between 44 and 46"
    let max = numeral.max.filter(|_| numeral.percent || told())?;
    let and = (numeral.first..numeral.after).find(|n| word(tokens, *n) == "and")?;
    let lower = Numeral { after: and, max: None, percent: false, ..numeral.clone() };
    Some([lower, Numeral { first: and + 1, value: max, max: None, ..numeral.clone() }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FeedId, ItemId};

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        check_in("en", "IN", text, expected);
    }

    /// The values of an English text of Britain.
    #[track_caller]
    pub(super) fn check_british(text: &str, expected: &[&str]) {
        check_in("en", "GB", text, expected);
    }

    /// One value as `type text value unit-or-currency date/end`, in a story of this country and of 4 March 2021.
    #[track_caller]
    pub(super) fn check_in(language: &str, country: &str, text: &str, expected: &[&str]) {
        let pack = crate::language::pack(language).unwrap();
        let feed = FeedId::from("test");
        let mut article = Article::new(ItemId::new(&feed, "1"), feed);
        article.body = text.to_owned();
        // A Thursday.
        article.published = "2021-03-04".parse().ok();
        let found: Vec<String> =
            find(&Cut::new(pack, &article.body), &article, &Repeated::default(), &[country.to_owned()])
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
    fn a_bare_dollar_is_that_of_a_paper_at_home() {
        check_in("en", "AU", "a $500 fine, 40 cents", &["Money | $500 | 500 | AUD", "Money | 40 cents | 0.4 | AUD"]);
        check_in("en", "US", "a $500 fine", &["Money | $500 | 500 | USD"]);
        // Who marks the dollars of the country leaves others bare.
        check_in("en", "AU", "$9 or A$13", &["Money | $9 | 9 | USD", "Money | A$13 | 13 | AUD"]);
        check_in("en", "NZ", "$9 or US$6", &["Money | $9 | 9 | NZD", "Money | US$6 | 6 | USD"]);
    }

    #[test]
    fn a_fraction_behind_cents_is_of_a_cent() {
        check_british("wheat at $5.71-1/2", &["Money | $5.71-1/2 | 5.715 | USD"]);
        check_british("oats at $3-1/4", &["Money | $3-1/4 | 3.25 | USD"]);
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
    fn reads_lengths_beside_what_came_before_or_after() {
        check(
            "hours before the vote, a day after it, 12 to 18 months, 11-year-olds, a week later",
            &[
                "Duration | hours | hour",
                "Duration | a day | 1 | day",
                "Duration | 12 to 18 months | 12 | month",
                "Duration | 11-year-olds | 11 | year",
                "Date | a week later",
            ],
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
    fn a_number_is_of_what_stands_beside_it() {
        check(
            "rates rose to 9 percent from 10.5; the index lost 2 percent to 99",
            &["Percent | 9 percent | 9", "Percent | 10.5 | 10.5", "Percent | 2 percent | 2", "Quantity | 99 | 99"],
        );
        check(
            "The rupee closed at 72.95 to the dollar. Tea went from 455 to 480 rupees, and 300 went home.",
            &[
                "Money | 72.95 | 72.95 | INR",
                "Money | 455 | 455 | INR",
                "Money | 480 rupees | 480 | INR",
                "Quantity | 300 | 300",
            ],
        );
    }

    #[test]
    fn reads_parts_and_ranges() {
        check(
            "a 30-million-euro loan at half a percentage point, 6-1/2 cents or a dollar a share, $0.30-$0.33",
            &[
                "Money | 30-million-euro | 30000000 | EUR",
                "Percent | half a percentage point | 0.5 | percentage point",
                "Money | 6-1/2 cents | 0.065 | USD",
                "Money | a dollar | 1 | USD",
                "Money | $0.30-$0.33 | 0.3 | 0.33 | USD",
            ],
        );
        check(
            "tens of millions of dollars, 40 pounds of pears, a 25-basis-point step, a dollar bill",
            &[
                "Money | tens of millions of dollars | USD",
                "Quantity | 40 | 40 | pound",
                "Percent | 25-basis-point | 25 | basis point",
            ],
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
        check("Prices rose .3 percent", &["Percent | .3 percent | 0.3"]);
        check(
            "It will rise 10 to 15 percent, to 3.5 p.c. of it",
            &["Percent | 10 to 15 percent | 10 | 15", "Percent | 3.5 p.c. | 3.5"],
        );
        check("COVID-19 and the F-16 of the G20", &[]);
    }
}
