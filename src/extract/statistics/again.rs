//! Numbers that tell again, of another place or day, what was counted before: "Kelantan followed with 846", "Geneva – 562",
//! "Mali, 2,688 and 125".
//!
//! In: a sentence, a number, what the numbers before it count and what the sentences before did. Out: its attachment. What
//! holds: nothing stands behind such a number that it could count, and a place, a day or a pointing word says whose it is.

use super::attach::{Attachment, Previous, Why, core_start};
use super::kinds::{is_percent, kind_of};
use super::lean::{said_otherwise, says_no_noun};
use super::otherwise::in_english_order;
use super::rates::{base, per_base};
use super::reading::Reading;
use super::spots::Spot;
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// How far the other items of a list are sought.
const LISTED: usize = 2;

/// "there had been 954", "it was 147", "In Mexico it's 161": what was told before, once more.
fn is_again(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    let clause = reading.clause(reading.numbers.get(n).map_or(0, |number| number.first));
    let there = (clause.start..start).rev().take(5).find(|at| reading.one_of(*at, &[Word::There, Word::It]));
    there.is_some_and(|there| {
        let verb = |at: usize| {
            reading.one_of(at, &[Word::Auxiliary, Word::Have, Word::Copula, Word::Genitive]) || reading.is(at, "'")
        };
        there + 1 < start && (there + 1..start).all(verb)
    })
}

/// "44 percent of the patients have it; around Dallas it is 39": again so many percent.
pub(super) fn is_another_share(reading: &Reading<'_, '_>, n: usize) -> bool {
    let before = n.checked_sub(1).and_then(|n| reading.numbers.get(n));
    before.is_some_and(|before| before.percent) && is_again(reading, n)
}

/// "Kelantan followed with 846, Johor 664", "Tatarstan reported 59": places of which nothing is said but a number count
/// what the sentence before did.
pub(super) fn elliptic(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    // "The region has 52,700 active cases. Tbilisi recorded 1,934": nobody records a stock.
    let flows = reading.has_ending(start, Sense::Report) && !reading.word(start.wrapping_sub(1), Word::Have);
    let stock = previous.lead.is_some_and(|lead| lead == Metric::ActiveCases);
    let metric = if flows && stock { previous.flow.or(previous.lead) } else { previous.lead };
    let link = start.wrapping_sub(1);
    let first = previous.lead.is_none() && opens_story(reading, n);
    let metric = metric.or(first.then_some(Metric::Cases)).filter(|metric| kind_of(*metric).whole)?;
    let clause = reading.clause(number.first);
    let told = reading.has_ending(start, Sense::Report)
        || reading.has_ending(start, Sense::Perfect)
        || reading.has_ending(start, Sense::Average)
        || reading.one_of(link, &[Word::With, Word::At, Word::For, Word::And, Word::Lead])
        || reading.is(link, "(")
        || reading.spots.iter().any(|spot| spot.after == start);
    // "On Thursday there had been 954", "Nationally it was 147": the same of another day.
    let again = is_again(reading, n);
    let dated = again
        && reading.dates.iter().any(|date| clause.contains(&date.first) && !reading.has_at(date.first, Sense::Today));
    let told = told || again;
    // "Local: 655", an item below what it is a part of.
    let part = reading.is(link, ":")
        && number.after >= reading.tokens.len()
        && reading.marks.iter().any(|mark| mark.after == link && matches!(mark.cue, Cue::Subset(_)));
    // "Bosnia: 855 (+51)", "Geneva - 562.", "In West Java, 10,444;": an item of a list whose items before said what they count.
    let time = reading.is(link, ":")
        && (reading.dates.iter().any(|date| date.after == link)
            || reading.ending_at(link).any(|mark| mark.cue == Cue::Sense(Sense::Today)));
    // "And now 43,018", "Now 26,867 in a day".
    let now = reading.has_ending(start, Sense::Today) && in_english_order(reading);
    // "On Friday it reported 2,281".
    let reported = reading.has_ending(start, Sense::Report)
        && reading.dates.iter().any(|date| clause.contains(&date.first) && date.after <= start)
        && in_english_order(reading);
    let time = time || now || reported;
    // "fewer than Sunday's 1,763".
    let of_day = of_day(reading, start);
    let of_place = of_place(reading, start);
    let item = reading.is(link, ":") || closes(reading, number.after) && separates(reading, link);
    let named = |spot: &Spot<'_>| spot.after == link && (reading.index > 0 || spot.first > 0 || reading.is(link, ":"));
    let labelled = item && !reading.pack.order.verbs_lead && reading.spots.iter().any(named);
    let subject = subject(reading, n);
    let unknown = unknown_label(reading, n);
    let tied = in_tied_list(reading, n);
    let told = told || part || labelled || unknown || time || of_day || of_place || subject || tied;
    let placed = part
        || tied
        || subject
        || time
        || of_day
        || of_place
        || unknown
        || [Sense::Nation, Sense::DivisionAnaphor, Sense::CityAnaphor]
            .iter()
            .any(|sense| reading.has(clause.start..start, *sense))
        || dated
        || again && (clause.start..start).any(|at| reading.word(at, Word::Everywhere))
        || unknown_name(reading, clause.start, start)
        || reading.spots.iter().any(|spot| clause.contains(&spot.first))
        || reading.has(clause.clone(), Sense::DayEarlier)
        || reading.word(number.after, Word::Respectively)
        || reading.has(clause.clone(), Sense::Respectively);
    let counted = found.iter().flatten().any(|earlier| earlier.why != Why::Elliptic && kind_of(earlier.metric).whole)
        || reading.marks_in(clause.start..reading.right(n).end).any(|mark| mark.cue.metric().is_some());
    (told && placed && !counted && says_no_noun(reading, n) && !said_otherwise(reading, n))
        .then_some(Attachment::new(metric, Why::Elliptic))
}

/// "In Saxony the figure was 397.8", after an incidence.
pub(super) fn rate_again(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    // The rate that the sentence has told already, else that of the one before.
    let told = found.iter().rev().flatten().next().filter(|last| !kind_of(last.metric).whole);
    let told = told.filter(|_| !reading.pack.order.verbs_lead);
    let (metric, per) =
        told.filter(|last| !is_percent(last.metric)).map(|last| (last.metric, last.per)).or(previous.rate)?;
    let start = core_start(reading, n);
    let clause = reading.clause(number.first);
    let pointed = reading.has(clause.start..start, Sense::TotalLabel)
        && [start, number.first].into_iter().any(|at| reading.has_ending(at, Sense::Reaches));
    let again = found.iter().flatten().next_back().is_some_and(|before| before.why == Why::Elliptic)
        && reading.spots.iter().any(|spot| spot.after <= start && spot.after + 2 >= start);
    let counted = reading.marks_in(clause.clone()).any(|mark| mark.cue.metric().is_some());
    // "Navarre has the highest, at 728".
    let before = |spot: &Spot<'_>| clause.contains(&spot.first) && spot.after <= start;
    let at = reading.one_of(start.wrapping_sub(1), &[Word::At, Word::With]) && reading.spots.iter().any(before);
    // "Slovenia with 1,124; Bradford's 52.2; Finland, 55.7; the Czech Republic has fallen to 1,056", in a row of rates.
    let row = told.is_some()
        && (of_place(reading, start)
            || reading.spots.iter().any(|spot| spot.after == start.wrapping_sub(1)) && separates(reading, start - 1)
            || reading.has_ending(start, Sense::Reaches) && reading.spots.iter().any(before));
    let fits = !number.grouped || told.is_some();
    ((pointed || again || at || row) && !counted && fits && says_no_noun(reading, n)).then_some(Attachment {
        metric,
        why: Why::Elliptic,
        mark: None,
        per,
    })
}

/// "307 were found on Monday", "On Monday 877 had been reported", "Another 401 were in Franklin County": what was counted before
/// is the subject.
fn subject(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n).filter(|_| reading.index > 0 && !reading.pack.order.verbs_lead) else {
        return false;
    };
    let opens = |at: usize| {
        reading.has_at(at, Sense::New)
            || reading.one_of(at, &[Word::On, Word::Article])
            || reading.dates.iter().any(|date| date.first <= at && at < date.after)
    };
    let verb = |at: &usize| reading.one_of(*at, &[Word::Was, Word::Have, Word::Auxiliary]);
    let told = number.after + (number.after..number.after + 3).take_while(verb).count();
    let placed = reading.has_at(told, Sense::Locative)
        && reading.spots.iter().any(|spot| reading.right(n).contains(&spot.first));
    told > number.after && (0..core_start(reading, n)).all(opens) && (placed || reading.has_at(told, Sense::Report))
}

/// "PCMC had 1,004": a name that no table knows opens the clause, and has nothing but its verb before the number.
fn unknown_name(reading: &Reading<'_, '_>, first: usize, start: usize) -> bool {
    let name =
        |at: usize| reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word && token.capitalised());
    let verb = start.wrapping_sub(1);
    let named = (first..verb).count();
    reading.one_of(verb, &[Word::Have, Word::Lead]) && (1..=4).contains(&named) && (first..verb).all(name)
}

/// "Lagos-65, Ondo-37, FCT-30": a name tied to its number by a hyphen, in a list of such.
fn in_tied_list(reading: &Reading<'_, '_>, n: usize) -> bool {
    let tied = |n: &usize| {
        let Some(number) = reading.numbers.get(*n) else { return false };
        let Some(hyphen) = number.first.checked_sub(1).filter(|hyphen| *hyphen > 0) else { return false };
        let tight = |at: usize| reading.tokens.get(at).is_some_and(|token| !token.spaced);
        let name = reading.tokens.get(hyphen - 1).filter(|token| token.kind == TokenKind::Word && token.capitalised());
        let apart = hyphen == 1 || separates(reading, hyphen - 2) || name.is_some_and(|name| name.text.len() > 2);
        reading.is(hyphen, "-") && tight(hyphen) && name.is_some() && apart && closes(reading, number.after)
    };
    let near = n.saturating_sub(LISTED)..n + LISTED + 1;
    in_english_order(reading) && tied(&n) && near.filter(tied).count() > 2
}

/// "Broward: 51,103.": a name that no table knows is the label of a sentence that has nothing else.
fn unknown_label(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n).filter(|_| n == 0 && reading.index > 0) else { return false };
    let colon = core_start(reading, n).wrapping_sub(1);
    let name =
        |at: usize| reading.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Word && token.capitalised());
    reading.is(colon, ":")
        && (1..=3).contains(&colon)
        && (0..colon).all(name)
        && closes(reading, number.after)
        && reading.marks_in(0..colon).all(|mark| mark.cue.metric().is_none())
        && in_english_order(reading)
}

/// Whether a mark stands for the verb between a place and its number.
fn separates(reading: &Reading<'_, '_>, at: usize) -> bool {
    let dash = |mark: &str| reading.is(at, mark) && reading.tokens.get(at).is_some_and(|token| token.spaced);
    reading.is(at, ",") || ["-", "–", "—"].into_iter().any(dash)
}

/// Whether a number that ends before `at` has nothing behind it in its item of a list.
fn closes(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.tokens.get(at).is_none_or(|token| matches!(token.text, "." | "," | ";" | ")"))
        || reading.word(at, Word::And)
}

/// "Next door the day was quieter: 603 and 18", "Montenegro: 703, eight": of two numbers without a noun, one each of the two
/// things that were counted last.
pub(super) fn pair(reading: &Reading<'_, '_>, n: usize, previous: Previous) -> Option<Attachment> {
    let pair = previous.pair.filter(|_| !reading.pack.order.verbs_lead)?;
    let linked = |n: usize| {
        let (one, two) = reading.numbers.get(n).zip(reading.numbers.get(n + 1))?;
        let link = two.first.checked_sub(1)?;
        let joins = reading.word(link, Word::And) || [",", "/"].iter().any(|mark| reading.is(link, mark));
        (joins && link == one.after && !one.percent && !two.percent).then_some((one, two))
    };
    let position = usize::from(linked(n).is_none());
    let first = n.checked_sub(position)?;
    let (one, two) = linked(first)?;
    let alone = linked(first + 1).is_none() && (first == 0 || linked(first - 1).is_none());
    // Of the ill some die, and not the other way round.
    let holds = pair != [Metric::Cases, Metric::Deaths] || one.value > two.value;
    let clause = reading.clause(one.first);
    let start = core_start(reading, first);
    let from = reading.left(first).start;
    let placed =
        reading.spots.iter().any(|spot| clause.contains(&spot.first) && spot.first >= from && spot.after <= start);
    let silent = reading.marks_in(clause.start..start).all(|mark| mark.cue.metric().is_none());
    let ends = reading.tokens.get(two.after).is_none_or(|token| matches!(token.text, "." | ";" | ")"));
    let metric = *pair.get(position)?;
    let why = if position == 0 { Why::Elliptic } else { Why::Coordinated(first) };
    (alone && holds && (placed || reading.is(start.wrapping_sub(1), ":")) && silent && ends)
        .then_some(Attachment::new(metric, why))
}

/// "Wednesday's 5,357": a day is the possessor right before a number.
pub(super) fn of_day(reading: &Reading<'_, '_>, start: usize) -> bool {
    let genitive = start.wrapping_sub(1);
    reading.word(genitive, Word::Genitive)
        && reading.dates.iter().any(|date| date.first < genitive && (date.after..=date.after + 1).contains(&genitive))
}

/// "Quebec's 91 is higher": a place is the possessor right before a number.
fn of_place(reading: &Reading<'_, '_>, start: usize) -> bool {
    let genitive = start.wrapping_sub(1);
    reading.word(genitive, Word::Genitive)
        && reading.index > 0
        && reading.spots.iter().any(|spot| spot.first < genitive && spot.after + 1 >= genitive && spot.after <= start)
}

/// "On Friday the region reported 2,281": in a story of the disease what is reported first and has no name is new infections.
fn opens_story(reading: &Reading<'_, '_>, n: usize) -> bool {
    let start = core_start(reading, n);
    in_english_order(reading)
        && reading.numbers.get(n).is_some_and(|number| !number.words && !number.decimal)
        && reading.has_ending(start, Sense::Report)
}

/// "Bolton, 59.1 per 100,000": a rate of what the sentences before have counted.
pub(super) fn per_population(reading: &Reading<'_, '_>, n: usize, previous: Previous) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let (per, _) = base(reading, number.after + 1).filter(|(per, _)| per_base(reading, number.after, *per as f64))?;
    let told = previous.rate.map(|(metric, _)| metric).filter(|metric| !is_percent(*metric)).or(previous.last);
    let metric = told.filter(|told| is_rated(*told)).unwrap_or(Metric::CaseIncidence);
    let placed = reading.spots.iter().any(|spot| reading.left(n).contains(&spot.first));
    let silent = reading.marks_in(reading.clause(number.first)).all(|mark| mark.cue.metric().is_none());
    (placed && silent).then_some(Attachment { metric, why: Why::Elliptic, mark: None, per: Some(per) })
}

/// Whether a metric is told per population, too.
fn is_rated(metric: Metric) -> bool {
    matches!(metric, Metric::Cases | Metric::CaseIncidence | Metric::Deaths | Metric::DeathRate)
}
