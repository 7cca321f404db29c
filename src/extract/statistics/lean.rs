//! Numbers without a noun of their own, which count what another number does: items of a row ("77 in Split"), later doses
//! of a course ("1.7 million both"), parts ("of these, five were local"), places of a breakdown ("Almaty leads with 703").
//!
//! In: a sentence, a number, and what the numbers before it count. Out: its attachment. What holds: a number that stands
//! before a noun of its own leans on nothing.

use super::again::of_day;
use super::aside::past_share;
use super::attach::{Attachment, Previous, Why, core_start, of_them, own};
use super::governed::counts_another;
use super::kinds::{is_percent, kind_of};
use super::otherwise::in_english_order;
use super::reading::Reading;
use super::spots::Spot;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::{Metric, Subset};

/// How many groups of people a row names at most before it says what became of them.
const MOST_GROUPS: usize = 4;

/// "3.2 mln have had a first dose and 1.7 mln both", "against 14 million for the second": a later dose of the course that
/// the number before counts.
pub(super) fn course(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let counted = found.iter().rev().flatten().find(|last| !is_percent(last.metric));
    let last = counted.map(|last| last.metric).or(previous.last)?;
    if !matches!(last, Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated | Metric::DosesAdministered) {
        return None;
    }
    // "5.2 million have had two": a number word may be the dose.
    let behind = past_share(reading, n);
    let end = reading.clause(number.first).end.min(behind + 7);
    let closed = (behind..end).find(|at| reading.is(*at, ",") || reading.word(*at, Word::And)).unwrap_or(end);
    let at = (behind..closed).find(|at| reading.one_of(*at, &[Word::Second, Word::Third, Word::Both]))?;
    let alone = reading.tokens.get(at + 1).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.has_at(at + 1, Sense::Stop)
        || reading.one_of(at + 1, &[Word::One, Word::And]);
    let metric = if reading.word(at, Word::Third) { Metric::PeopleBoosted } else { Metric::PeopleFullyVaccinated };
    alone.then_some(Attachment::new(metric, Why::Predicate).at(at, at + 1))
}

/// "18,206 tests were done, on 13,522 people", "211,883 specimens from 154,139 people": those whose tests they are.
pub(super) fn sampled(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let link = core_start(reading, n).wrapping_sub(1);
    // "Tests were made on 133,391 people".
    let named = || {
        let noun = |mark: &Mark| mark.cue == Cue::Noun(Metric::Tests);
        let mark = reading.marks_in(reading.left(n)).rfind(|mark| noun(mark))?;
        let made = in_english_order(reading) && reading.word(link, Word::On);
        made.then(|| Attachment::new(Metric::Tests, Why::Governed).by(mark))
    };
    let before = n.checked_sub(1).and_then(|before| found.get(before).copied().flatten());
    let tests = before.or_else(named)?;
    let whose = reading.one_of(link, &[Word::On, Word::From, Word::Among])
        && reading.has_at(number.after, Sense::People)
        && !reading.has_at(number.after, Sense::Stop)
        && !reading.has_at(number.after, Sense::Perfect);
    (whose && tests.metric == Metric::Tests).then_some(Attachment {
        metric: Metric::PeopleTested,
        why: before.map_or(Why::Governed, |_| Why::Coordinated(n - 1)),
        mark: tests.mark.filter(|_| before.is_none()),
        per: None,
    })
}

/// "1,381 inmates had tested positive, and so had 119 members of the staff": what was said of the number before.
pub(super) fn so(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let verb = core_start(reading, n).checked_sub(1)?;
    let again = reading.one_of(verb, &[Word::Auxiliary, Word::Have, Word::Copula])
        && reading.word(verb.wrapping_sub(1), Word::So);
    let (earlier, attachment) =
        found.iter().enumerate().rev().find_map(|(earlier, before)| Some((earlier, (*before)?)))?;
    (again && !is_percent(attachment.metric)).then_some(Attachment {
        why: Why::Coordinated(earlier),
        mark: None,
        ..attachment
    })
}

/// "of the 10,000 dead 7,091 were in hospitals", "500 deaths, including 310 in hospitals": where the dead died.
pub(super) fn among_dead(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let after = reading.numbers.get(n)?.after;
    let lies = own(reading, n)
        .filter(|own| own.metric == Metric::Hospitalisations && own.mark.is_some_and(|(first, _)| first == after))?;
    let part = reading.word(after, Word::In) && reading.has(reading.left(n), Sense::Part);
    let earlier = found.iter().rposition(Option::is_some);
    let dead = earlier.and_then(|earlier| found.get(earlier).copied().flatten());
    let whole = dead.map_or(previous.last, |dead| Some(dead.metric)) == Some(Metric::Deaths);
    let why = earlier.map_or(Why::PartOfBefore, Why::Coordinated);
    (part && whole).then_some(Attachment { metric: Metric::Deaths, why, ..lies })
}

/// "2,112 of the 12,000 inmates have tested positive": the number that a part is taken of, if it is no count itself.
pub(super) fn base_of_part(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some((number, before)) =
        n.checked_sub(1).and_then(|before| Some((reading.numbers.get(n)?, reading.numbers.get(before)?)))
    else {
        return false;
    };
    if part_of_people(reading, n) {
        return true;
    }
    let between = before.after + 1..number.first;
    reading.word(before.after, Word::Of)
        && between.len() <= 5
        && between.clone().any(|at| reading.one_of(at, &[Word::The, Word::Its, Word::Genitive]))
        && between.clone().all(|at| !reading.has_at(at, Sense::Stop) && !reading.is(at, ","))
        && (reading.has_at(number.after, Sense::People) || before.percent)
        && !reading.word(number.after, Word::Copula)
        && own(reading, n).map_or(before.percent, |own| own.why == Why::Predicate)
}

/// "24 tests were positive", "came back positive": tests of which this is said right behind them are cases.
pub(super) fn positive_tests(reading: &Reading<'_, '_>, n: usize, own: Option<Attachment>) -> Option<Attachment> {
    let tests = own.filter(|own| own.metric == Metric::Tests && own.why == Why::Noun)?;
    let (_, after) = tests.mark?;
    let end = reading.right(n).end.min(after + 4);
    let said = reading.marks_in(after..end).find(|mark| {
        mark.cue == Cue::Predicate(Metric::Cases) && (mark.first..mark.after).any(|at| reading.word(at, Word::Positive))
    })?;
    let linked = (after..said.first)
        .all(|at| reading.one_of(at, &[Word::Was, Word::Copula, Word::Have, Word::Auxiliary, Word::Turned]));
    linked.then(|| Attachment::new(Metric::Cases, Why::Predicate).by(said))
}

/// "31 of 54 residents", "2,439 inmates out of 2,500 have had the virus": whether number `n` is so many people, of whom the one
/// before is a part.
fn part_of_people(reading: &Reading<'_, '_>, n: usize) -> bool {
    let pair = n.checked_sub(1).and_then(|part| reading.numbers.get(part).zip(reading.numbers.get(n)));
    let Some((part, whole)) = pair.filter(|(part, whole)| part.value < whole.value && !part.percent) else {
        return false;
    };
    let named = usize::from(reading.has_at(part.after, Sense::People));
    let links = part.after + named..whole.first;
    let people = reading.has_at(whole.after, Sense::People) && !reading.has_at(whole.after, Sense::Stop);
    let out_of = links.len() == 2 && reading.word(links.start + 1, Word::Of);
    (links.len() == 1 || out_of) && reading.word(whole.first - 1, Word::Of) && (people && named == 0 || named == 1)
}

/// "has given at least one shot to 4.1 million people": what was given counts those that it was given to.
pub(super) fn given_to(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let to = core_start(reading, n).checked_sub(1).filter(|to| reading.word(*to, Word::To))?;
    let mark = reading.ending_at(to).find(|mark| {
        matches!(
            mark.cue,
            Cue::Predicate(Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated | Metric::PeopleBoosted)
                | Cue::Noun(Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated | Metric::PeopleBoosted)
        )
    })?;
    Some(Attachment::new(mark.cue.metric()?, Why::Active).by(mark))
}

/// "12,000 and 9,000 cases": the noun stands behind the last number of the row.
pub(super) fn forward(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let mut last = n;
    while let (Some(number), Some(next)) = (reading.numbers.get(last), reading.numbers.get(last + 1)) {
        let linked = (number.after..next.first).all(|at| reading.one_of(at, &[Word::And, Word::Or]));
        let people = if last == n { end_of_people(reading, n) } else { n };
        if people > n {
            return own(reading, people).filter(|own| own.why == Why::Predicate);
        }
        // "3,662 of 11,137 tests came back positive".
        let tests = last == n && reading.word(next.first.wrapping_sub(1), Word::Of) && next.first <= number.after + 2;
        let positive = reading.marks_in(next.after..reading.right(n + 1).end).find(|mark| {
            mark.cue == Cue::Predicate(Metric::Cases)
                && (mark.first..mark.after).any(|at| reading.word(at, Word::Positive))
        });
        if let Some(mark) =
            positive.filter(|_| tests && own(reading, n + 1).is_some_and(|own| own.metric == Metric::Tests))
        {
            return Some(Attachment::new(Metric::Cases, Why::Predicate).by(mark));
        }
        // "488 of the country's 561 new cases".
        // "3,151 patients out of the 9,346 infected".
        let named = usize::from(reading.has_at(number.after, Sense::People));
        let out = named > 0 && reading.word(number.after + named + 1, Word::Of);
        let of = last == n
            && (reading.word(number.after, Word::Of) || out)
            && next.first <= number.after + 8
            && !next.percent;
        let whole = of
            && (number.after + 1..next.first)
                .all(|at| !reading.has_at(at, Sense::Stop) && !reading.is(at, ",") && reading.metric_at(at).is_none())
            && (number.after + 1..next.first).any(|at| reading.one_of(at, &[Word::The, Word::Its, Word::Genitive]));
        // "31 of 54 residents and 12 of 40 staff have tested positive".
        let people = part_of_people(reading, last + 1);
        if people && let Some(own) = own(reading, last + 1) {
            return Some(own);
        }
        if people
            && part_of_people(reading, last + 3)
            && reading.word(reading.right(last + 1).end.wrapping_sub(1), Word::And)
        {
            last += 2;
            continue;
        }
        // "2,112 of the 12,000 inmates have tested positive": what is said, is said of the part.
        if whole {
            let told = own(reading, n + 1);
            // "632 of the 908 infected have recovered": what became of the part is told behind what the whole counts.
            let noun = told.filter(|told| told.why == Why::Noun && told.metric == Metric::Cases);
            let fate = noun.and_then(|noun| noun.mark).and_then(|(_, after)| {
                reading.marks_in(after..reading.right(n + 1).end).find(|mark| {
                    matches!(mark.cue, Cue::Predicate(Metric::Recoveries | Metric::Deaths)) && mark.first <= after + 1
                })
            });
            return fate.and_then(|mark| Some(Attachment::new(mark.cue.metric()?, Why::Predicate).by(mark))).or(told);
        }
        if !linked || next.first == number.after || next.first > number.after + 2 || last > n + 4 {
            break;
        }
        last += 1;
    }
    if last == n {
        return None;
    }
    own(reading, last).filter(|own| own.why == Why::Noun)
}

/// The last number of a row of people of whom one thing is said: "92 residents, 64 staff and a doctor have been infected".
pub(super) fn end_of_people(reading: &Reading<'_, '_>, n: usize) -> usize {
    let goes_on = |n: &usize| {
        let (Some(number), Some(next)) = (reading.numbers.get(*n), reading.numbers.get(n + 1)) else { return false };
        let Some(link) = next.first.checked_sub(1).filter(|link| (1..=2).contains(&link.saturating_sub(number.after)))
        else {
            return false;
        };
        (reading.word(link, Word::And) || reading.is(link, ","))
            && reading.has_at(number.after, Sense::People)
            && !reading.has_at(number.after, Sense::Stop)
            && reading.tokens.get(next.after).is_some_and(|token| token.kind == TokenKind::Word)
            && !reading.has_at(next.after, Sense::Stop)
            && (number.after..link).all(|at| reading.metric_at(at).is_none())
    };
    n + (n..n + MOST_GROUPS).take_while(goes_on).count()
}

/// A number with nothing of its own behind it, in one row with a number or a noun before it: "77 in Split", "(40)",
/// "after 1,103 a day earlier".
pub(super) fn coordinated(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let part = reading.has(reading.left(n), Sense::Part);
    let near = (number.first.saturating_sub(4)..number.first)
        .any(|at| reading.has_at(at, Sense::Part) && !reading.word(at, Word::With));
    // "the records of three statistical offices" are none of the figures.
    let another = number.words && counts_another(reading, number.after);
    if !(says_no_noun(reading, n) || part && near && !another) || !part && said_otherwise(reading, n) {
        return None;
    }
    let start = core_start(reading, n);
    // "Bangladesh had 10 dead and moved 2.4 million": the place has a number of its own.
    let nearest =
        |spot: &Spot<'_>| !reading.numbers.iter().any(|other| spot.after <= other.first && other.after < number.first);
    let placed =
        reading.spots.iter().any(|spot| spot.after <= number.first && number.first - spot.after <= 5 && nearest(spot));
    let located = (number.after..number.after + 3).any(|at| reading.has_at(at, Sense::Locative));
    let compared = reading.has(reading.left(n), Sense::Compare);
    let bracket = reading.is(number.first.wrapping_sub(1), "(") || reading.is(number.first.wrapping_sub(1), "+");
    let link = start.wrapping_sub(1);
    let listed = reading.is(link, ",")
        || reading.is(link, "/")
        || reading.one_of(link, &[Word::And, Word::With, Word::To, Word::From, Word::Or, Word::So]);
    // "puts the number at 2,780; the government acknowledges 157": a clause that counts nothing by name.
    let clause = reading.clause(number.first);
    let reported = (reading.has_ending(start, Sense::Report) || reading.word(link, Word::Lead))
        && !reading.marks_in(clause.start..number.first).any(|mark| mark.cue.metric().is_some());
    let placed = placed || item_name(reading, n).is_some();
    // "35,317 deaths, which is about 1,070 per million".
    let rated = reading.word(link, Word::Copula) && reading.word(number.after, Word::Per);
    if !(placed || located || compared || part || bracket || listed || reported || rated || of_day(reading, start)) {
        return None;
    }
    if let Some(pair) = paired_comparison(reading, n, found) {
        return Some(pair);
    }
    // "a record of 8,099 cases and 91 deaths, above the record of 6,526": of what had the record before.
    let record = |n: usize| reading.left(n).any(|at| reading.word(at, Word::Record));
    if let Some(earlier) = (0..n).rev().filter(|_| record(n)).find(|earlier| record(*earlier))
        && let Some(attachment) = found.get(earlier).copied().flatten()
        && !is_percent(attachment.metric)
    {
        return Some(Attachment { why: Why::Coordinated(earlier), mark: None, ..attachment });
    }
    // The nearest of: a number with a metric, a noun that no number counts.
    let last =
        (0..n).rev().find_map(|earlier| found.get(earlier).copied().flatten().map(|attachment| (earlier, attachment)));
    let limit = last.and_then(|(earlier, _)| reading.numbers.get(earlier)).map_or(0, |number| number.after);
    // What stands in the phrase that an earlier number counts is not free.
    let phrase = last.and_then(|(_, attachment)| attachment.mark).map_or(0, |(_, after)| after);
    let free = reading.marks_in(limit.max(phrase)..start).rev().find(|mark| {
        matches!(mark.cue, Cue::Noun(_) | Cue::Label(_))
            && last.is_none_or(|(_, attachment)| attachment.mark != Some((mark.first, mark.after)))
    });
    if let Some(mark) = free.filter(|mark| mark.cue.metric().is_some_and(|metric| !is_percent(metric))) {
        return Some(Attachment::new(mark.cue.metric()?, Why::Governed).by(mark));
    }
    let (earlier, attachment) = by_place(reading, n, found).or(last)?;
    let same = !is_percent(attachment.metric);
    same.then_some(Attachment { why: Why::Coordinated(earlier), mark: None, ..attachment })
}

/// "Mumbai reported 4,966 cases and 78 deaths, Pune 3,978 and 12": the numbers of a place pair with those of the one before.
fn by_place(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<(usize, Attachment)> {
    let first = |n: usize| reading.numbers.get(n).map(|number| number.first);
    let after = |n: usize| reading.numbers.get(n).map(|number| number.after);
    let places_between = |n: usize| {
        let from = n.checked_sub(1).and_then(after).unwrap_or(0);
        let to = first(n).unwrap_or(0);
        let spot = reading.spots.iter().any(|spot| {
            let between = spot.after..to;
            from <= spot.first
                && spot.after <= to
                && between.len() <= 2
                && !between.clone().any(|at| reading.is(at, ",") || reading.word(at, Word::And))
        });
        spot || item_name(reading, n).is_some()
    };
    let start = (0..=n).rev().find(|n| places_between(*n))?;
    let before = (0..start).rev().find(|n| places_between(*n)).or((start > 0).then_some(0))?;
    let earlier = before + (n - start);
    let attachment = found.get(earlier).copied().flatten()?;
    (earlier < start).then_some((earlier, attachment))
}

/// "…, Kozhikode 5,700 and Thrissur 3,868": a name right before the number, which opens an item of a list.
fn item_name(reading: &Reading<'_, '_>, n: usize) -> Option<usize> {
    // "London: 27; South East: 24".
    let labelled = |n: usize| {
        let colon = core_start(reading, n).checked_sub(1).filter(|at| reading.is(*at, ":"))?;
        name_before(reading, colon)
    };
    let semicolon = |first: usize| first.checked_sub(1).is_some_and(|link| reading.is(link, ";"));
    let in_row = n.checked_sub(1).is_some_and(|before| reading.is(core_start(reading, before).wrapping_sub(1), ":"));
    labelled(n).filter(|first| in_row && semicolon(*first)).or_else(|| name_before(reading, core_start(reading, n)))
}

/// "Oyo had 87, FCT 79": whether a number is that of a name in a list that no table knows, also one tied to it by a hyphen.
pub(super) fn of_unknown_name(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let hyphen = start.wrapping_sub(1);
    let tied = reading.is(hyphen, "-") && reading.tokens.get(hyphen).is_some_and(|token| !token.spaced);
    let end = if tied { hyphen } else { start };
    let known = |first: usize| reading.spots.iter().any(|spot| spot.first < end && first < spot.after);
    let dated = |first: usize| reading.dates.iter().any(|date| date.first < end && first < date.after);
    name_before(reading, end).is_some_and(|first| !known(first) && !dated(first))
}

/// Where a name that ends at a token begins, if it opens an item of a list.
fn name_before(reading: &Reading<'_, '_>, start: usize) -> Option<usize> {
    let name = |at: usize| {
        reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word && token.capitalised())
            && !reading.numbers.iter().any(|number| number.first <= at && at < number.after)
    };
    let first = (0..start).rev().take(4).take_while(|at| name(*at)).last()?;
    let link = first.checked_sub(1)?;
    (reading.is(link, ",") || reading.is(link, ";") || reading.word(link, Word::And)).then_some(first)
}

/// "Italy with 20,465 deaths for 159,516 cases, Spain with 18,056 (172,541) and France with 14,967 (136,779)": a number with
/// another alone in the bracket behind it, and that one, count what the last two did that stood so.
pub(super) fn paired(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = |n: usize| reading.numbers.get(n);
    let bracketed = |n: usize| {
        let (Some(number), Some(next)) = (number(n), number(n + 1)) else { return false };
        reading.is(number.after, "(") && next.first == number.after + 1
    };
    let bare = |n: usize| bracketed(n) && number(n + 1).is_some_and(|next| reading.is(next.after, ")"));
    let for_cases = |n: usize| {
        let (Some(number), Some(next)) = (number(n), number(n + 1)) else { return false };
        (number.after..next.first).len() <= 4
            && reading.one_of(next.first.wrapping_sub(1), &[Word::From, Word::For, Word::Of])
    };
    let first = [Some(n), n.checked_sub(1)].into_iter().flatten().find(|first| bare(*first))?;
    let of = |n: usize| found.get(n).copied().flatten();
    let before = (0..first.checked_sub(1)?).rev().find(|before| {
        let pair = of(*before).zip(of(*before + 1));
        let counts = |one: Attachment| kind_of(one.metric).whole;
        let two = pair.is_some_and(|(one, other)| one.metric != other.metric && counts(one) && counts(other));
        two && (bracketed(*before) || for_cases(*before))
    })?;
    let earlier = before + n - first;
    Some(Attachment { why: Why::Coordinated(earlier), mark: None, ..of(earlier)? })
}

/// "9,000 cases and 200 deaths, compared with 7,500 and 130": the rows pair by position.
fn paired_comparison(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let compare =
        reading.marks_in(clause.start..number.first).rev().find(|mark| mark.cue == Cue::Sense(Sense::Compare))?;
    let before: Vec<usize> = (0..n)
        .filter(|earlier| {
            found.get(*earlier).is_some_and(Option::is_some)
                && reading.numbers.get(*earlier).is_some_and(|earlier| earlier.after <= compare.first)
        })
        .collect();
    let behind: Vec<usize> = (0..reading.numbers.len())
        .filter(|other| {
            reading
                .numbers
                .get(*other)
                .is_some_and(|other| other.first >= compare.after && clause.contains(&other.first))
        })
        .collect();
    if before.len() < 2 || before.len() != behind.len() {
        return None;
    }
    let earlier = *before.get(behind.iter().position(|other| *other == n)?)?;
    let attachment = found.get(earlier).copied().flatten().filter(|attachment| !is_percent(attachment.metric))?;
    Some(Attachment { why: Why::Coordinated(earlier), mark: None, ..attachment })
}

/// "Tokyo had 378 of them", "Of those 40 were in Rome", when the sentence itself has counted nothing yet.
pub(super) fn part_of_before(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    // "530 positives, four deaths and 343 discharges. Of these 519 were autochthonous": where they fell ill is told of cases.
    let origin = reading.marks.iter().any(|mark| {
        (number.after..number.after + 2).contains(&mark.first)
            && matches!(mark.cue, Cue::Subset(Subset::Imported | Subset::Local | Subset::UnknownOrigin))
    });
    let origin = origin && in_english_order(reading) && previous.lead == Some(Metric::Cases);
    // "2,256 cases and 30 deaths. Of these, 2,073 were …": no part is larger than its whole.
    let larger = number.value > previous.sizes[1] && number.value <= previous.sizes[0] && in_english_order(reading);
    let (previous, why) =
        if origin || larger { (previous.lead, Why::Elliptic) } else { (previous.last, Why::PartOfBefore) };
    let points = |at: usize| of_them(reading, at);
    let before = (0..4).any(points) && number.first < 8;
    let metric = previous.filter(|metric| kind_of(*metric).whole)?;
    let counted = found.iter().flatten().any(|earlier| !matches!(earlier.why, Why::PartOfBefore | Why::Elliptic));
    // "Of these, five were local, while 22 were imported".
    let before = before || found.iter().flatten().next().is_some() && says_no_noun(reading, n);
    (!counted && (points(number.after) || before)).then_some(Attachment::new(metric, why))
}

/// "88 have recovered and 4,234 have moved ashore": whether what is said of a number is a verb that no rule knows.
pub(super) fn said_otherwise(reading: &Reading<'_, '_>, n: usize) -> bool {
    let order = reading.pack.order;
    let Some(number) = reading.numbers.get(n) else { return false };
    let auxiliary = |at: &usize| reading.one_of(*at, &[Word::Have, Word::Was, Word::Auxiliary, Word::Copula]);
    let verb = number.after + (number.after..number.after + 3).take_while(auxiliary).count();
    let plain = |token: &Token<'_>| token.kind == TokenKind::Word && !token.capitalised() && token.text.len() > 3;
    let told = |mark: &Mark| mark.first == verb && mark.cue != Cue::Sense(Sense::Statement);
    verb > number.after
        && !(order.verbs_lead || order.adjectives_follow || order.verbs_last || reading.pack.topic_first())
        && reading.tokens.get(verb).is_some_and(plain)
        && !reading.marks.iter().any(told)
        && !reading.one_of(verb, &[Word::And, Word::Or, Word::Everywhere, Word::Remains, Word::Fatal])
        && !reading.dates.iter().any(|date| date.first == verb)
}

/// Whether a number has nothing of its own behind it that it could count.
pub(super) fn says_no_noun(reading: &Reading<'_, '_>, n: usize) -> bool {
    const NOTHING: &[Sense] = &[
        Sense::Stop,
        Sense::Report,
        Sense::DayEarlier,
        Sense::Each,
        Sense::PerDay,
        Sense::PerWeek,
        Sense::PerMonth,
        Sense::Yesterday,
        Sense::Today,
        Sense::Part,
        Sense::WeekEarlier,
        Sense::LastWeek,
        Sense::World,
        Sense::Nation,
        Sense::Here,
        Sense::Overnight,
        Sense::Total,
        Sense::RiseVerb,
        Sense::Respectively,
        Sense::PastDay,
        Sense::Statement,
        Sense::Bound,
        Sense::Compare,
        Sense::Bringing,
        Sense::Exclusion,
        Sense::OrSo,
        Sense::Earlier,
    ];
    const WORDS: &[Word] = &[
        Word::Of,
        Word::And,
        Word::Or,
        Word::Article,
        Word::Respectively,
        Word::Per,
        Word::Remains,
        Word::Alone,
        Word::Overall,
    ];
    let Some(number) = reading.numbers.get(n) else { return false };
    let mut at = number.after;
    // "37 new", "four imported ones", "another 12 more".
    while reading.has_at(at, Sense::New)
        || reading.has_at(at, Sense::OrMore)
        || reading.has_at(at, Sense::OrLess)
        || reading.marks.iter().any(|mark| mark.first == at && matches!(mark.cue, Cue::Subset(_)))
    {
        let longest = reading.marks.iter().filter(|mark| {
            mark.first == at
                && matches!(mark.cue, Cue::Subset(_) | Cue::Sense(Sense::New | Sense::OrMore | Sense::OrLess))
        });
        at = longest.map(|mark| mark.after).max().unwrap_or(at + 1);
    }
    let described = at > number.after;
    if described {
        at += usize::from(reading.word(at, Word::Ones));
        // "78 imported, 12 local": an adjective by itself; "40 nurses in the capital" are counted themselves.
        let adjective = !reading.has_at(number.after, Sense::New) || at > number.after + 1;
        if adjective && reading.has_at(at, Sense::Stop) && !reading.word(at.wrapping_sub(1), Word::Ones) {
            return false;
        }
    }
    // "61 of its 150 employees": what it is a part of has its own noun.
    let of_people = reading.word(at, Word::Of)
        && reading.numbers.get(n + 1).is_some_and(|whole| {
            whole.first > at + 1
                && whole.first <= at + 5
                && reading.one_of(at + 1, &[Word::The, Word::Its, Word::Those])
                && reading.metric_at(whole.after).is_none()
                && reading.tokens.get(whole.after).is_some_and(|token| token.kind == TokenKind::Word)
        });
    // "600 of its staff have been furloughed".
    let of_staff = reading.word(at, Word::Of)
        && reading.one_of(at + 1, &[Word::The, Word::Its])
        && reading.has_at(at + 2, Sense::People)
        && reading.metric_at(at + 2).is_none()
        && !reading.word(at + 2, Word::Patient)
        && !reading.has_at(at + 2, Sense::Stop);
    if of_people || of_staff {
        return false;
    }
    let tight = reading.is(at, "-") && reading.tokens.get(at).is_some_and(|token| !token.spaced);
    reading.tokens.get(at).is_none_or(|token| token.kind == TokenKind::Mark && !tight)
        || NOTHING.iter().any(|sense| reading.has_at(at, *sense))
        || reading.one_of(at, WORDS)
        || reading.dates.iter().any(|date| date.first == at)
        || reading.spots.iter().any(|spot| spot.first == at)
        || reading.metric_at(at).is_some()
        || reading.numbers.iter().any(|number| number.first == at)
}
