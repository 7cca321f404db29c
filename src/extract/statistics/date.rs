//! Which of the dates in a sentence a number describes.
//!
//! In: a sentence that has been read, a number and what the story has said up to it ([`DateScope`]). Out: its [`AsOf`] and
//! the words that say so. What holds: a date without a year is the latest such date not after the story's, save in
//! forecasts.

use super::attach::of_them;
use super::date_marks::{DateMark, Role, When};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::{AsOf, AsOfHow, Span};
use jiff::Span as Days;
use jiff::civil::{Date, date};

/// Moves a date without a stated year into the past, or for a forecast into the future.
pub(super) fn settle(mark: &DateMark, tokens: &[Token<'_>], today: Date, future: bool) -> Option<(String, AsOfHow)> {
    let stated = tokens.get(mark.first..mark.after).is_some_and(|tokens| {
        tokens.iter().any(|token| token.kind == TokenKind::Number && (token.text.len() == 4 || token.text.len() == 10))
    });
    match mark.when {
        When::Day(day) => {
            let shift = match mark.how {
                AsOfHow::Explicit if !stated && !future && day > today => -1,
                AsOfHow::Explicit if !stated && future && day < today => 1,
                _ => 0,
            };
            let day = date(day.year(), day.month(), 1)
                .checked_add(Days::new().years(shift))
                .ok()?
                .with()
                .day(day.day())
                .build()
                .ok()?;
            Some((day.to_string(), mark.how))
        }
        When::Month(year, month) => {
            let first = date(year, month, 1);
            let shift = match () {
                () if stated => 0,
                () if !future && first > today => -1,
                () if future && first.last_of_month() < today => 1,
                () => 0,
            };
            let first = first.checked_add(Days::new().years(shift)).ok()?;
            let text = if mark.end_of {
                first.last_of_month().to_string()
            } else {
                format!("{:04}-{:02}", first.year(), first.month())
            };
            Some((text, mark.how))
        }
        _ => None,
    }
}

/// What is known when a number's date is looked for.
pub(super) struct DateScope<'a> {
    pub(super) today: Option<Date>,
    pub(super) from_dateline: bool,
    /// Date of the figure before in the sentence, which "a day earlier" counts from.
    pub(super) before: Option<&'a AsOf>,
    /// The last day that the sentences before name, which is "the same day" where this one has no date.
    pub(super) named: Option<Date>,
    /// Date of the heading that the figure stands under.
    pub(super) heading: Option<&'a AsOf>,
    /// Date of what a part or a pointing subject points to.
    pub(super) inherited: Option<&'a AsOf>,
    pub(super) forecast: bool,
    /// The value is where a change within one day began: "from A to B in one day".
    pub(super) start_of_change: bool,
    /// The value counts a month, so that the month's last day is meant.
    pub(super) monthly: bool,
}

/// The last day that a sentence names, which "the same day" of the next one means.
pub(super) fn last_day(reading: &Reading<'_, '_>) -> Option<Date> {
    // Today is what is meant without a date too, and "last week" is no day.
    let named = |mark: &&DateMark| {
        mark.role != Role::Since
            && (mark.how != AsOfHow::Relative
                || reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::Yesterday)))
    };
    reading.dates.iter().filter(named).rev().find_map(|mark| match mark.when {
        When::Day(day) => Some(day),
        _ => None,
    })
}

/// The day that a heading names for the figures below it: "as of 6 December", "week to 8 Nov", "Thursday".
pub(super) fn day_of_heading(reading: &Reading<'_, '_>, range: std::ops::Range<usize>) -> Option<AsOf> {
    let yesterday = |mark: &DateMark| {
        reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::Yesterday))
    };
    let named = |mark: &&DateMark| {
        range.contains(&mark.first)
            && mark.role != Role::Since
            && matches!(mark.when, When::Day(_))
            && (mark.how != AsOfHow::Relative || yesterday(mark))
    };
    let mark = reading.dates.iter().rfind(named)?;
    let (date, how) = settle(mark, &reading.tokens, reading.today?, false)?;
    Some(AsOf { date: Some(date), how })
}

/// The date that number `n` describes, and the words that say so.
pub(super) fn as_of(reading: &Reading<'_, '_>, n: usize, scope: &DateScope<'_>) -> (AsOf, Option<Span>) {
    let default = || match scope.today {
        Some(today) => AsOf {
            date: Some(today.to_string()),
            how: if scope.from_dateline { AsOfHow::DatelineDefault } else { AsOfHow::PublishedDefault },
        },
        None => AsOf { date: None, how: AsOfHow::None },
    };
    // "the line runs until November 30", "wants to test by the end of June": what is to come dates nothing that was counted.
    let to_come = |mark: &&DateMark| {
        let after = |day: Date| scope.today.is_some_and(|today| day > today);
        let ahead = match mark.when {
            When::Day(day) => mark.how == AsOfHow::Explicit && after(day),
            When::Month(year, month) => Date::new(year, month, 1).is_ok_and(after),
            _ => false,
        };
        mark.role == Role::By && ahead && !scope.forecast
    };
    let Some(mark) = choose(reading, n).filter(|mark| !to_come(mark)) else {
        if let Some(inherited) = scope.inherited.filter(|inherited| inherited.date.is_some()) {
            let default = matches!(inherited.how, AsOfHow::DatelineDefault | AsOfHow::PublishedDefault);
            return (
                AsOf { date: inherited.date.clone(), how: if default { inherited.how } else { AsOfHow::Inherited } },
                None,
            );
        }
        let heading = scope.heading.map(|heading| AsOf { how: AsOfHow::Inherited, ..heading.clone() });
        return (heading.unwrap_or_else(default), None);
    };
    let span = reading.bytes(mark.first, mark.after);
    // "In the past 24 hours" below "report of 4 October" counts up to that day.
    if let Some(heading) = scope.heading.filter(|_| {
        mark.how == AsOfHow::Relative
            && matches!(mark.when, When::Day(_))
            && Some(mark.when) == scope.today.map(When::Day)
    }) {
        return (AsOf { how: AsOfHow::Inherited, ..heading.clone() }, span);
    }
    let mut mark = *mark;
    // "Ранее в среду сообщалось о 75 умерших за сутки": a day that only measures follows the date beside it.
    let measures = reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::PastDay));
    let left = reading.left(n);
    let named = reading.dates.iter().rfind(|date| {
        left.contains(&date.first)
            && matches!((date.when, date.how), (When::Day(_), AsOfHow::Explicit | AsOfHow::Weekday))
            && date.role != Role::Since
    });
    if let Some(named) = named.filter(|_| measures && reading.pack.order.verbs_lead) {
        mark = *named;
    }
    mark.end_of |= scope.monthly;
    if let When::Before(days) = mark.when {
        let parsed = |as_of: Option<&AsOf>| as_of?.date.as_deref()?.parse::<Date>().ok();
        // "The same day" is that of the last date before it, here or in the sentence before.
        let same = || {
            let named = reading.dates.iter().filter(|other| other.first < mark.first).rev();
            let mut days = named.filter_map(|other| match other.when {
                When::Day(day) => Some(day),
                _ => None,
            });
            days.next().or_else(|| parsed(scope.before)).or(scope.named)
        };
        let base = if days == 0 { same() } else { parsed(scope.before) };
        let base = base.or(scope.today);
        let day = base.and_then(|base| base.checked_sub(Days::new().days(days)).ok());
        return (AsOf { date: day.map(|day| day.to_string()), how: AsOfHow::Relative }, span);
    }
    if let (true, When::Day(day)) = (scope.start_of_change, mark.when) {
        let back = if reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::PastWeek))
        {
            7
        } else {
            1
        };
        let day = day.checked_sub(Days::new().days(back)).ok();
        return (AsOf { date: day.map(|day| day.to_string()), how: AsOfHow::Relative }, span);
    }
    let settled = match (scope.today, mark.when) {
        (Some(today), _) => settle(&mark, &reading.tokens, today, scope.forecast),
        // Without the story's date only what is written in full can be said.
        (None, When::Day(day)) => Some((day.to_string(), mark.how)),
        (None, _) => None,
    };
    match settled {
        Some((date, how)) => (AsOf { date: Some(date), how }, span),
        None => (default(), None),
    }
}

/// Whether number `n` is told as a part: "14,417 of them", "including 310".
pub(super) fn is_part(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let before = n.checked_sub(1).and_then(|before| reading.numbers.get(before)).map_or(0, |before| before.after);
    let opens = |at: usize| reading.one_of(at, &[Word::Including, Word::Among]) || of_them(reading, at);
    // "de los cuales 216": behind words that point to the number before.
    let points = n > 0
        && reading.marks_in(number.first.saturating_sub(4).max(before)..number.first).any(|mark| {
            mark.cue == Cue::Sense(Sense::Part)
                && mark.after > mark.first + 1
                && reading.word(mark.after - 1, Word::Them)
        });
    let opened = points || (before..number.first).any(opens);
    opened || of_them(reading, number.after)
}

/// Whether what stands at `at` is said of a later part of number `n`: "749,684 have recovered, 14,417 of them in the
/// past day", "4,641 cases, including 310 on Tuesday".
fn of_a_part(reading: &Reading<'_, '_>, n: usize, at: usize) -> bool {
    let numbers = reading.numbers.iter().enumerate().skip(n + 1);
    numbers
        .take_while(|(_, part)| part.first < at)
        .any(|(other, _)| is_part(reading, other) || compares(reading, other) && reading.right(other).contains(&at))
}

/// Whether number `n` is what another is compared with: "up from 7,900 on Sunday", "against 57 on Monday".
pub(super) fn compares(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = super::attach::core_start(reading, n);
    let number = reading.numbers.get(n).map_or(0, |number| number.first);
    // "A week earlier the figure had been 21,693".
    let earlier = |at: usize| reading.has_at(at, Sense::WeekEarlier) || reading.has_at(at, Sense::DayEarlier);
    let opens = reading.clause(number).take(2).any(earlier) && n == 0;
    let after = reading.numbers.get(n).map_or(0, |number| number.after);
    let dated = !reading.pack.topic_first()
        && reading.word(after, Word::On)
        && reading.dates.iter().any(|date| date.first == after + 1);
    let pointed = opens && (0..number).any(|at| reading.one_of(at, &[Word::Figure, Word::It]));
    // "130,396 deaths from 4,282,164 cases" are two counts.
    let metric = |mark: &crate::language::pack::Mark| mark.cue.metric();
    let own = reading.beginning_at(after).find_map(metric);
    let two = |from: usize| {
        let before = reading.ending_at(from).find_map(metric);
        own.zip(before).is_some_and(|(own, before)| own != before)
    };
    pointed
        || [start, number].into_iter().any(|at| {
            reading.ending_at(at).any(|mark| {
                mark.cue == Cue::Sense(Sense::Compare)
                // "after 322 were added" tells what made the total, "after 516 on Sunday" what the day before had.
                && (!reading.word(mark.first, Word::After) || dated)
                && !(reading.word(mark.first, Word::From) && two(mark.first))
                && (mark.after > mark.first + 1
                    || reading.one_of(mark.first, &[Word::From, Word::Against, Word::Likened]))
            })
        })
}

/// Whether a part has a date of its own right behind it, as "14,417 of them in the past day" has.
pub(super) fn dates_its_part(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let next = reading.numbers.get(n + 1).map_or(usize::MAX, |next| next.first);
    let own = |mark: &&DateMark| {
        (number.after..next).contains(&mark.first)
            && !matches!(mark.role, Role::AsOf | Role::By | Role::Since)
            && !matches!(mark.when, When::Year | When::Unknown)
    };
    is_part(reading, n) && reading.dates.iter().any(|mark| own(&mark))
}

/// Tokens from a verb of speech to its date: right before it, and with where it was said.
const NEAR: usize = 3;
const FAR: usize = 7;

/// "the ministry said on Wednesday", "said in its daily report on Monday": the verb of speech before a date, and no number
/// between.
fn speech_before(reading: &Reading<'_, '_>, mark: &DateMark) -> Option<usize> {
    let verb = (mark.first.saturating_sub(FAR)..mark.first).rev().find(|at| reading.has_at(*at, Sense::Statement))?;
    let between = verb + 1..mark.first;
    let where_said = between.len() < NEAR || reading.one_of(verb + 1, &[Word::In, Word::At]);
    let near = between.start.min(mark.first.saturating_sub(NEAR))..mark.first;
    let numbers = reading.numbers.iter().any(|number| near.contains(&number.first));
    let ends = between.len() >= NEAR && between.clone().any(|at| reading.is(at, ",") || reading.word(at, Word::That));
    (where_said && !numbers && !ends).then_some(verb)
}

/// Whether a date is that of a statement, and not of what is stated.
pub(super) fn is_statement(reading: &Reading<'_, '_>, mark: &DateMark) -> bool {
    speech_before(reading, mark).is_some() && (0..mark.first).rev().take(14).any(|at| reading.is(at, ","))
}

/// The date expression that governs number `n`: behind it, before it, elsewhere in the sentence; a date of statement last.
pub(super) fn choose<'r>(reading: &'r Reading<'_, '_>, n: usize) -> Option<&'r DateMark> {
    if reading.dates.is_empty() {
        return None;
    }
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let usable = |mark: &&DateMark| mark.role != Role::Since && !matches!(mark.when, When::Year | When::Unknown);
    let topic_first = reading.pack.topic_first();
    let statement = |mark: &DateMark| {
        // "卫生部29日报告，": the verb of speech follows its date.
        if topic_first && reading.is_statement(mark.after) {
            return true;
        }
        // "were reported on Friday" is none.
        speech_before(reading, mark).is_some_and(|verb| !reading.word(verb.wrapping_sub(1), Word::Auxiliary))
            && ((0..mark.first).rev().take(14).any(|at| reading.is(at, ",")) || reading.word(mark.after, Word::That))
    };
    let weak = |mark: &DateMark| {
        reading.marks.iter().any(|cue| cue.first == mark.first && cue.cue == Cue::Sense(Sense::Today))
            && mark.after <= mark.first + 2
    };
    // "10,207, breaking a record set on July 23": the day of the record.
    let of_record = |mark: &DateMark| {
        mark.first > number.after
            && (mark.first.saturating_sub(5)..mark.first).any(|at| at >= number.after && reading.word(at, Word::Record))
            && !(mark.first.saturating_sub(2)..mark.first).any(|at| reading.is(at, ","))
    };
    // "611 menos que el sábado": the day of a difference.
    let compared = |mark: &DateMark| {
        let near = (mark.first.saturating_sub(6)..mark.first).rev().take_while(|at| !reading.is(*at, ","));
        near.take_while(|at| !reading.numbers.iter().any(|number| number.first == *at)).any(|at| reading.than(at))
    };
    // "The country, which shut its schools in March, has 300": a month is said of what stands beside it, or of all when it
    // opens the clause.
    let elsewhere = |mark: &DateMark| {
        let beside = reading.left(n).contains(&mark.first)
            || reading.right(n).contains(&mark.first) && !(number.after..mark.first).any(|at| reading.is(at, ","));
        matches!(mark.when, When::Month(..)) && mark.role == Role::On && mark.first > clause.start + 2 && !beside
    };
    let elsewhere = |mark: &DateMark| !topic_first && !reading.pack.order.verbs_lead && elsewhere(mark);
    // "22,651 cases, down from 24,405 on Thursday, and 463 deaths": the day of what was compared.
    let of_compared = |mark: &DateMark| {
        let differs = |other: usize| {
            let number = reading.numbers.get(other).map_or(0, |number| number.first);
            reading.word(number.wrapping_sub(1), Word::UpDown)
        };
        let aside =
            |other: usize| (compares(reading, other) || differs(other)) && reading.right(other).contains(&mark.first);
        !compares(reading, n) && (0..n).skip(1).any(aside) && mark.first < number.first
    };
    let of_compared = |mark: &DateMark| !topic_first && !reading.pack.order.verbs_lead && of_compared(mark);
    let own = |mark: &&DateMark| {
        !of_compared(mark)
            && !of_a_part(reading, n, mark.first)
            && !of_record(mark)
            && !compared(mark)
            && !elsewhere(mark)
    };
    let data: Vec<&DateMark> =
        reading.dates.iter().filter(usable).filter(own).filter(|mark| !statement(mark)).collect();
    let mut right = reading.right(n);
    let strong = data.iter().copied().find(|mark| mark.role == Role::AsOf && clause.contains(&mark.first));
    // "9.7 crore up to Sunday with 10 lakh tested on Monday": a day of its own behind the number is nearer.
    let own_day = data.iter().any(|mark| {
        mark.role == Role::On && matches!(mark.when, When::Day(_)) && !weak(mark) && right.contains(&mark.first)
    });
    if strong.is_some_and(|strong| right.contains(&strong.first) || !own_day) {
        return strong;
    }
    let left = reading.left(n);
    // With one past tense, a date before the number is nearer than one behind a comma.
    if reading.pack.order.one_past && data.iter().any(|mark| left.contains(&mark.first)) {
        right.end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
    }
    let within = |range: std::ops::Range<usize>| move |mark: &&&DateMark| range.contains(&mark.first);
    let compare_end =
        reading.first(number.after..clause.end, Sense::Compare).map_or(clause.end, |mark| mark.first).max(right.end);
    // "52 a day earlier" is said of the number before; "am Vortag waren es 52" of the one behind.
    let leads = |mark: &DateMark| {
        let opening = (0..mark.first).rev().find(|at| {
            reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Mark && !token.is("-"))
                || reading.numbers.iter().any(|number| number.first == *at)
        });
        opening.is_none_or(|at| !reading.numbers.iter().any(|number| number.first == at)) && mark.first < number.first
    };
    let leads = |mark: &DateMark| !reading.pack.topic_first() && reading.pack.order.verbs_lead && leads(mark);
    let day_before = |mark: &&&DateMark| !matches!(mark.when, When::Before(_)) || leads(mark);
    // "…, in der Woche davor waren es 17.294": said of the number that follows it.
    let next = reading.numbers.get(n + 1).map(|next| next.first);
    let next_own = |mark: &DateMark| {
        matches!(mark.when, When::Before(_))
            && next.is_some_and(|next| mark.after <= next && clause.contains(&next))
            && (number.after..mark.first).any(|at| reading.is(at, ","))
    };
    // With one past tense, what stands between the comma and the next number dates that one, and a date that leads to a
    // dash or opens the sentence is the number's own: "сегодня - 326", "днем ранее таких было 546".
    let lead = reading.pack.order.one_past;
    let until = next.unwrap_or(usize::MAX);
    let data: Vec<&DateMark> =
        data.into_iter().filter(|mark| !lead || mark.first < right.end || mark.first > until).collect();
    let link = super::attach::core_start(reading, n).wrapping_sub(1);
    let leading = |mark: &&&DateMark| {
        mark.after == link && reading.is(link, "-") || matches!(mark.when, When::Before(_)) && mark.role == Role::On
    };
    let led = data.iter().filter(within(left.clone())).rfind(leading).filter(|_| lead).copied();
    if led.is_some() && data.iter().all(|mark| !right.contains(&mark.first) || weak(mark)) {
        return led;
    }
    if topic_first {
        // When stands before the number: in its clause, else in the nearest clause before.
        let before = |range: std::ops::Range<usize>| data.iter().rfind(|mark| range.contains(&mark.first)).copied();
        let inside = before(left).or_else(|| data.iter().find(|mark| right.contains(&mark.first)).copied());
        let outside = || {
            let same = |mark: &&&DateMark| !matches!(mark.when, When::Before(1..));
            let strong = data.iter().filter(|mark| mark.first < clause.start).filter(same);
            strong.clone().rfind(|mark| !weak(mark)).or_else(|| strong.clone().next_back()).copied()
        };
        let found = inside.or_else(|| before(clause.start..number.first));
        let said = || reading.dates.iter().filter(usable).rfind(|mark| mark.first < number.first && statement(mark));
        return found.filter(|mark| !weak(mark)).or_else(outside).or(found).or_else(said);
    }
    // "A week earlier there had been 331": what opens the clause is said of its own number.
    let opening = |mark: &&&DateMark| day_before(mark) || mark.first <= clause.start + 1;
    let nearest = data
        .iter()
        .filter(within(right.clone()))
        .find(|mark| !weak(mark) && !next_own(mark))
        .or_else(|| data.iter().filter(within(left.clone())).filter(opening).rfind(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(within(number.after..compare_end)).filter(day_before).find(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(within(clause.start..number.first)).filter(day_before).rfind(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(day_before).find(|mark| !weak(mark)))
        .or_else(|| data.iter().filter(within(clause.clone())).find(day_before))
        .copied();
    nearest.or_else(|| reading.dates.iter().filter(usable).find(|mark| statement(mark)))
}
