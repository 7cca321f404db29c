//! Which metric a number is a number of.
//!
//! In: a sentence that has been read, and the metric of the sentence before. Out: for each number its [`Attachment`].
//! What holds: a number has the metric of its own noun or predicate before that of anything that governs it from the
//! left, and inherits only where nothing of its own stands behind it. It does not decide kind, place or date.

use super::columns::{column, columns, is_row};
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use super::leading::{again, counts_people, led, stock};
use super::{rates, traps};
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// Why a number has its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The noun that it counts.
    Noun,
    /// What is said of the people that it counts.
    Predicate,
    /// A verb before it.
    Active,
    /// A label right before it.
    Label,
    /// The header of its column.
    Column,
    /// A subject or object that governs it: "the toll stands at".
    Governed,
    /// An earlier number of the sentence, by its index.
    Coordinated(usize),
    /// The sentence before.
    Pointer,
    /// A number of the sentence before, of which this is a part: "Tokyo had 378 of them".
    PartOfBefore,
    /// The sentence before, whose figure is told again for another day or place: "A day earlier: 1,178".
    Again,
}

/// A number's metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attachment {
    pub(super) metric: Metric,
    pub(super) why: Why,
    /// The words that say so.
    pub(super) mark: Option<(usize, usize)>,
    /// Population base of a rate.
    pub(super) per: Option<u64>,
}

/// The attachment of each number; none for those in traps or without metric.
pub(super) fn all(reading: &Reading<'_, '_>, previous: Option<Metric>, header: &[Metric]) -> Vec<Option<Attachment>> {
    let mut columns = columns(reading);
    if columns.is_empty() && is_row(reading) {
        columns = header.to_vec();
    }
    let mut found: Vec<Option<Attachment>> = Vec::with_capacity(reading.numbers.len());
    for n in 0..reading.numbers.len() {
        if traps::before_metric(reading, n).is_some() || traps::of_clause(reading, n).is_some() {
            found.push(None);
            continue;
        }
        let attachment = one(reading, n, &found, &columns, previous);
        found.push(attachment.and_then(|attachment| rates::rated(reading, n, attachment)));
    }
    found
}

fn one(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    columns: &[Metric],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    if number.percent {
        return rates::percent(reading, n, found, previous);
    }
    if let Some(deaths) = fatal(reading, n, found) {
        return Some(deaths);
    }
    let own = own(reading, n);
    // "admitted 160 coronavirus patients": the patients are counted for what happened to them.
    let people = own.is_some_and(|own| {
        own.metric == Metric::Cases && own.mark.is_some_and(|(_, after)| reading.word(after - 1, Word::Patient))
    });
    // "has killed 1.1 million and infected 40 million": the verb before the number is nearer than the one behind.
    if own.is_some_and(|own| own.why == Why::Predicate)
        && let Some(verb) = active(reading, n)
    {
        return Some(verb);
    }
    let verb = if people {
        active(reading, n).filter(|verb| verb.metric != Metric::Cases).or_else(|| stock(reading, n))
    } else {
        None
    };
    verb.or(own)
        .or_else(|| label(reading, n))
        .or_else(|| column(reading, n, columns))
        .or_else(|| {
            // "В госпиталях области лечатся 4 356": where they are treated says more than that they are.
            let verb = active(reading, n);
            let place = stock(reading, n).filter(|place| verb.is_none_or(|verb| closer(place.metric) > closer(verb.metric)));
            if verb.is_none_or(|verb| closer(verb.metric) > 0) { place.or(verb) } else { verb }
        })
        .or_else(|| led(reading, n))
        .or_else(|| governed(reading, n, found, previous))
        .or_else(|| forward(reading, n))
        .or_else(|| coordinated(reading, n, found))
        .or_else(|| part_of_before(reading, n, found, previous))
        .or_else(|| again(reading, n, found, previous))
}

/// "nearly 140 of them fatal", "15 of which ended in death": a part that died.
fn fatal(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let part = of_them(reading, number.after);
    let from = if part { number.after + 2 } else { number.after };
    // "Из них 10 112 - летальные".
    let from = from + usize::from(reading.is(from, "-") && reading.tokens.get(from).is_some_and(|dash| dash.spaced));
    let end = reading.right(n).end.min(from + if part { 4 } else { 1 });
    let at = (from..end).find(|at| reading.word(*at, Word::Fatal))?;
    // "140 fatal accidents", "three fatal cases": the noun behind says what they are.
    let closed = reading.tokens.get(at + 1).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.pack.articles.is_empty() && reading.word(at + 1, Word::Patient);
    let earlier = (0..n).rev().find(|earlier| found.get(*earlier).is_some_and(Option::is_some));
    closed.then_some(Attachment {
        metric: Metric::Deaths,
        why: earlier.map_or(Why::Predicate, Why::Coordinated),
        mark: Some((at, at + 1)),
        per: None,
    })
}

/// "of them", "of which".
fn of_them(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.word(at, Word::Of) && reading.word(at + 1, Word::Them)
}

/// "12,000 and 9,000 cases": the noun stands behind the last number of the row.
fn forward(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let mut last = n;
    while let (Some(number), Some(next)) = (reading.numbers.get(last), reading.numbers.get(last + 1)) {
        // "34 внутренних и двух завозных случаях".
        let joint = next.first - 1;
        let qualified = (number.after..joint).all(|at| reading.marks.iter().any(|mark| {
            mark.first <= at && at < mark.after && matches!(mark.cue, Cue::Subset(_) | Cue::Sense(Sense::Modifier))
        }));
        let linked = reading.one_of(joint, &[Word::And, Word::Or])
            && (qualified || (number.after..joint).all(|at| reading.one_of(at, &[Word::And, Word::Or])));
        if !linked || next.first == number.after || next.first > number.after + 3 || last > n + 4 {
            break;
        }
        last += 1;
    }
    if last == n {
        return None;
    }
    own(reading, last).filter(|own| own.why == Why::Noun)
}

/// Predicates that say more than the one before them: "being treated in intensive care".
pub(super) fn closer(metric: Metric) -> u8 {
    match metric {
        Metric::VentilatedPatients => 4,
        Metric::IcuPatients | Metric::SevereCases => 3,
        Metric::Hospitalisations => 2,
        Metric::ActiveCases => 1,
        _ => 0,
    }
}

/// The noun or predicate behind the number.
fn own(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let right = reading.right(n);
    let mut nouns_allowed = true;
    let mut unknown = 0;
    let mut commas = 0;
    let mut best: Option<(Mark, Why)> = None;
    let mut at = number.after;
    // "25,850, or 1.06 percent, tested positive": the share in between says nothing of its own.
    if reading.is(at, ",")
        && reading.word(at + 1, Word::Or)
        && let Some(share) = reading.numbers.get(n + 1).filter(|share| share.percent && share.first == at + 2)
    {
        at = share.after + usize::from(reading.is(share.after, ","));
    }
    // "are now 116,310 and tests conducted are …": what follows is a subject of its own.
    if reading.word(at, Word::And) {
        return None;
    }
    while at < right.end {
        let token = reading.tokens.get(at)?;
        if let Some(mark) = reading.metric_at(at).filter(|mark| mark.after <= right.end + 1) {
            let metric = mark.cue.metric()?;
            let share = is_percent(metric) || metric == Metric::ReproductionNumber;
            let as_noun = matches!(mark.cue, Cue::Noun(_)) && nouns_allowed;
            let both = reading.marks.iter().any(|other| {
                other.first == mark.first && other.after == mark.after && other.cue == Cue::Predicate(metric)
            });
            let as_predicate = matches!(mark.cue, Cue::Predicate(_)) || both;
            match (best, as_noun, as_predicate) {
                _ if share => {}
                (None, true, _) => {
                    best = Some((*mark, Why::Noun));
                    // "6,264 Covid patients are in hospital": people with the virus are cases only if nothing is said of them.
                    if !reading.word(mark.after - 1, Word::Patient) {
                        break;
                    }
                }
                (None, false, true) => best = Some((*mark, Why::Predicate)),
                (Some((earlier, _)), _, true) => {
                    let old = earlier.cue.metric()?;
                    let people = old == Metric::Cases && matches!(earlier.cue, Cue::Noun(_));
                    if closer(metric) > closer(old)
                        && matches!(old, Metric::ActiveCases | Metric::Hospitalisations | Metric::Cases)
                        || people
                    {
                        best = Some((*mark, Why::Predicate));
                    } else {
                        break;
                    }
                }
                _ => {}
            }
            at = mark.after;
            continue;
        }
        match token.text {
            ")" if best.is_none() && !reading.is(number.first.wrapping_sub(1), "(") => return finish(best, reading),
            ";" | ":" | "." | "!" | "?" | "|" | "/" | "•" => break,
            "," | "(" | ")" | "–" | "—" => {
                commas += 1;
                nouns_allowed = false;
                // "15,000 people, most of them elderly, have died".
                if best.is_some() || commas > 2 || at == number.after || !reading.has(number.after..at, Sense::People) {
                    break;
                }
            }
            // "811 - в реанимации".
            "-" if token.spaced && at == number.after && reading.pack.order.verbs_lead => nouns_allowed = false,
            "-" if token.spaced => break,
            _ => {}
        }
        if best.is_some() && (reading.has_at(at, Sense::Compare) || reading.word(at, Word::And)) {
            break;
        }
        let modifier = reading.has_at(at, Sense::Modifier)
            || reading.has_at(at, Sense::New)
            || reading.spots.iter().any(|spot| spot.first <= at && at < spot.after);
        if reading.has_at(at, Sense::Stop) {
            // "people with coronavirus infections", "12 of the cases" go on; a verb or a preposition of place ends the noun phrase.
            let compares = reading.than(at) || reading.one_of(at, &[Word::Against, Word::Per]);
            if compares || reading.one_of(at, &[Word::After, Word::When, Word::Because, Word::While]) {
                break;
            }
            nouns_allowed &= reading.one_of(at, &[Word::With, Word::Of]);
        } else if !modifier && token.kind == TokenKind::Word && !reading.has_at(at, Sense::People) {
            unknown += 1;
            if unknown > 3 {
                nouns_allowed = false;
            }
            if unknown > 9 {
                break;
            }
        }
        at += 1;
    }
    finish(best, reading)
}

fn finish(best: Option<(Mark, Why)>, _reading: &Reading<'_, '_>) -> Option<Attachment> {
    let (mark, why) = best?;
    Some(Attachment { metric: mark.cue.metric()?, why, mark: Some((mark.first, mark.after)), per: None })
}

/// Where the words that only qualify the number begin: "stands at [more than a record] 320".
pub(super) fn core_start(reading: &Reading<'_, '_>, n: usize) -> usize {
    let Some(number) = reading.numbers.get(n) else { return 0 };
    let mut at = number.first;
    for _ in 0..4 {
        let step = reading.ending_at(at).into_iter().find(|mark| {
            // "went up to 500": the verb's own words.
            !(mark.cue == Cue::Sense(Sense::AtMost) && reading.word(mark.first.wrapping_sub(1), Word::Motion))
                && matches!(
                    mark.cue,
                    Cue::Sense(
                        Sense::MoreThan
                            | Sense::AtLeast
                            | Sense::Nearly
                            | Sense::About
                            | Sense::LessThan
                            | Sense::AtMost
                            | Sense::Exact
                    )
                )
                && !(mark.after == mark.first + 1
                    && reading.has_ending(at, Sense::Reaches)
                    && reading.word(mark.first, Word::Total))
        });
        match step {
            // "exceed" both qualifies and governs; it must stay visible as a governor.
            Some(mark)
                if !(reading.has_at(mark.first, Sense::Reaches)
                    && matches!(mark.cue, Cue::Sense(Sense::MoreThan | Sense::Nearly))) =>
            {
                at = mark.first
            }
            _ => break,
        }
    }
    at
}

/// "Cases: 12", "new infections nil", "deaths – 3", "recoveries (12)".
fn label(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let mut at = core_start(reading, n);
    for _ in 0..3 {
        let before = at.checked_sub(1)?;
        let token = reading.tokens.get(before)?;
        if matches!(token.lower.as_ref(), ":" | "-" | "=" | "(" | "+") || reading.word(before, Word::At) {
            at = before;
        } else {
            break;
        }
    }
    let mark = reading
        .marks
        .iter()
        .filter(|mark| mark.after == at && matches!(mark.cue, Cue::Noun(_) | Cue::Label(_)))
        .min_by_key(|mark| mark.first)?;
    let metric = mark.cue.metric()?;
    let number = reading.numbers.get(n)?;
    let taken = n > 0 && owns(reading, n - 1, mark);
    // "72,686 cases (+ 1,008)": the noun is that of the number before, and both count it.
    let bracket = reading.is(number.first.wrapping_sub(1), "(") || reading.is(number.first.wrapping_sub(1), "+");
    (!is_percent(metric) && (!taken || bracket)).then_some(Attachment {
        metric,
        why: Why::Label,
        mark: Some((mark.first, mark.after)),
        per: None,
    })
}

/// "has crossed the 20-lakh mark", "exceeded 300": a verb that both bounds and governs the number.
pub(super) fn passes(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    [core_start(reading, n), number.first].into_iter().any(|at| {
        reading.ending_at(at).into_iter().any(|mark| {
            matches!(mark.cue, Cue::Sense(Sense::MoreThan | Sense::Nearly))
                && reading.has_at(mark.first, Sense::Reaches)
        }) || reading
            .ending_at(at)
            .into_iter()
            .any(|mark| mark.cue == Cue::Sense(Sense::Reaches) && reading.word(mark.first, Word::Reached))
    })
}

/// Whether a predicate says what is numbered: "the number of people who have recovered".
fn numbered(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    (mark.first.saturating_sub(12)..mark.first)
        .any(|at| reading.word(at, Word::Count) && reading.word(at + 1, Word::Of))
        && !reading.numbers.iter().any(|number| number.first < mark.first && number.first + 12 > mark.first)
}

/// Whether the number counts that noun.
fn owns(reading: &Reading<'_, '_>, n: usize, mark: &Mark) -> bool {
    own(reading, n).is_some_and(|attachment| attachment.mark == Some((mark.first, mark.after)))
}

/// "killed 30 people", "tested over 5 lakh", "vaccinated 3 million".
fn active(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let start = core_start(reading, n);
    let mark = reading.marks.iter().find(|mark| mark.after == start && matches!(mark.cue, Cue::Active(_)))?;
    let number = reading.numbers.get(n)?;
    let what = number.after;
    let patients = (what..what + 4).any(|at| reading.word(at, Word::Patient));
    (counts_people(reading, what) || patients).then_some(Attachment {
        metric: mark.cue.metric()?,
        why: Why::Active,
        mark: Some((mark.first, mark.after)),
        per: None,
    })
}

/// "The toll in Ghana stands at N", "cases climbed by N to N", "bringing its tally to N".
fn governed(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    let link = start.checked_sub(1)?;
    let reaches = [start, number.first]
        .into_iter()
        .any(|at| reading.has_ending(at, Sense::Reaches) || reading.has_ending(at, Sense::ByWord));
    let reaches = reaches || passes(reading, n);
    let punctuation =
        matches!(reading.tokens.get(link).map(|token| token.text), Some("," | ":" | "(" | "–" | "—" | "-" | "/" | "+"));
    let paired = reading.one_of(link, &[Word::And, Word::To])
        && n > 0
        && found.get(n - 1).is_some_and(|before| before.is_some_and(|before| before.why == Why::Governed));
    // "Всего их 106 498".
    let pronoun = reading.pack.order.verbs_lead && reading.word(link, Word::It);
    if !(reaches || punctuation || paired || pronoun) {
        return None;
    }
    let clause = reading.clause(number.first);
    // A comparison opens a figure of its own: "…, more than the 792,000".
    let from = clause.start;
    let mark = reading
        .marks_in(from..if reading.word(link, Word::For) { number.first } else { start })
        .filter(|mark| {
            matches!(mark.cue, Cue::Noun(_) | Cue::Label(_) | Cue::Sense(Sense::TotalLabel))
                || matches!(mark.cue, Cue::Predicate(_)) && numbered(reading, mark)
        })
        .filter(|mark| !(mark.cue == Cue::Sense(Sense::TotalLabel) && pointless(reading, mark)))
        // "Смертность достигла 1 725 человек": the same word may name a rate, which this number is not.
        .filter(|mark| !(reading.pack.order.verbs_lead && mark.cue.metric().is_some_and(is_percent)))
        .max_by_key(|mark| (mark.after, mark.cue.metric().is_some()))?;
    // A noun that an earlier number counts governs nothing more, save through "by N to N".
    let owner = (0..n).find(|earlier| owns(reading, *earlier, mark));
    if owner.is_some() && !punctuation_bracket(reading, n) {
        return None;
    }
    let metric = match mark.cue {
        Cue::Noun(metric) => metric,
        // A bare "tally" or "count" is of deaths when the words around it speak of deaths.
        Cue::Label(Metric::Cases)
            if reading
                .marks_in(mark.first.saturating_sub(3)..(mark.after + 4).min(start))
                .any(|near| near.cue == Cue::Noun(Metric::Deaths)) =>
        {
            Metric::Deaths
        }
        Cue::Label(metric) | Cue::Predicate(metric) => metric,
        _ => {
            let pronoun = reading.word(mark.first, Word::It) && reading.pack.order.verbs_lead;
            let earlier: Vec<Metric> = found
                .iter()
                .flatten()
                .filter(|before| pronoun || !matches!(before.why, Why::Governed | Why::Pointer))
                .map(|before| before.metric)
                .collect();
            let position = (0..n)
                .filter(|before| reading.numbers.get(*before).is_some_and(|number| number.first > mark.first))
                .count();
            // "the totals to A and B respectively": by position; "a total of": of what was counted last.
            let plural = reading.word(mark.after - 1, Word::Totals);
            let position = if plural { position } else { usize::MAX };
            return match earlier.get(position).or(earlier.last()) {
                Some(metric) => Some(Attachment {
                    metric: *metric,
                    why: Why::Governed,
                    mark: Some((mark.first, mark.after)),
                    per: None,
                }),
                None => previous.map(|metric| Attachment {
                    metric,
                    why: Why::Pointer,
                    mark: Some((mark.first, mark.after)),
                    per: None,
                }),
            };
        }
    };
    let percent_only = is_percent(metric);
    (!percent_only).then_some(Attachment {
        metric,
        why: Why::Governed,
        mark: Some((mark.first, mark.after)),
        per: None,
    })
}

fn punctuation_bracket(reading: &Reading<'_, '_>, n: usize) -> bool {
    let first = reading.numbers.get(n).map_or(0, |number| number.first);
    reading.is(first.wrapping_sub(1), "(")
}

/// "the number of people who", where something else than a metric is numbered.
fn pointless(reading: &Reading<'_, '_>, mark: &Mark) -> bool {
    let total_of = reading.word(mark.first, Word::Total)
        && reading.word(mark.first.wrapping_sub(1), Word::Article)
        && reading.word(mark.first.wrapping_sub(2), Word::For);
    let number_of = reading.word(mark.after, Word::Of) && !total_of;
    let counted = reading.marks_in(mark.after..mark.after + 8).any(|near| near.cue.metric().is_some());
    number_of && !counted
}

/// A number with nothing of its own behind it, in one row with a number or a noun before it: "77 in Split", "(40)",
/// "after 1,103 a day earlier".
fn coordinated(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let next = reading.tokens.get(number.after);
    // "Three imported", "402 - дети".
    let dash = usize::from(reading.is(number.after, "-") && next.is_some_and(|dash| dash.spaced));
    let subset = reading.marks.iter().any(|mark| {
        mark.first == number.after + dash
            && matches!(mark.cue, Cue::Subset(_))
            && reading.tokens.get(mark.after).is_none_or(|token| token.kind == TokenKind::Mark)
    });
    let bare = next.is_none_or(|token| token.kind == TokenKind::Mark && token.text != "-")
        || reading.pack.order.verbs_lead && subset
        || reading.has_at(number.after, Sense::Stop)
        || reading.has_at(number.after, Sense::Report)
        || reading.has_at(number.after, Sense::DayEarlier)
        || reading.has_at(number.after, Sense::Each)
        || reading.has_at(number.after, Sense::PerDay)
        || reading.has_at(number.after, Sense::Yesterday)
        || reading.has_at(number.after, Sense::Today)
        || reading.has_at(number.after, Sense::New)
        || reading.has_at(number.after, Sense::Part)
        || reading.one_of(number.after, &[Word::Of, Word::And, Word::Article, Word::Respectively])
        || reading.has_at(number.after, Sense::WeekEarlier)
        || reading.has_at(number.after, Sense::LastWeek)
        || reading.has_at(number.after, Sense::World)
        || reading.has_at(number.after, Sense::Nation)
        || reading.dates.iter().any(|date| date.first == number.after)
        || reading.spots.iter().any(|spot| spot.first == number.after);
    if !bare {
        return None;
    }
    let start = core_start(reading, n);
    let placed = reading.spots.iter().any(|spot| spot.after <= number.first && number.first - spot.after <= 5);
    let located = (number.after..number.after + 3).any(|at| reading.has_at(at, Sense::Locative));
    let compared = reading.has(reading.left(n), Sense::Compare);
    let part = reading.has(reading.left(n), Sense::Part);
    let bracket = reading.is(number.first.wrapping_sub(1), "(") || reading.is(number.first.wrapping_sub(1), "+");
    let link = start.wrapping_sub(1);
    let listed = reading.is(link, ",")
        || reading.is(link, "/")
        || reading.one_of(link, &[Word::And, Word::With, Word::To, Word::From]);
    // "Вчера - 319, сегодня - 326".
    let of_subset = |mark: &&Mark| matches!(mark.cue, Cue::Subset(_));
    let dated = reading.is(link, "-")
        && (reading.dates.iter().any(|date| date.after == link) || reading.ending_at(link).iter().any(of_subset));
    // "За сутки прибавилось 214".
    let dated = dated || reading.pack.order.verbs_lead && reading.has_ending(start, Sense::New);
    if !(placed || located || compared || part || bracket || listed || dated) {
        return None;
    }
    if let Some(pair) = paired_comparison(reading, n, found) {
        return Some(pair);
    }
    // The nearest of: a number with a metric, a noun that no number counts.
    let last =
        (0..n).rev().find_map(|earlier| found.get(earlier).copied().flatten().map(|attachment| (earlier, attachment)));
    let limit = last.and_then(|(earlier, _)| reading.numbers.get(earlier)).map_or(0, |number| number.after);
    let free = reading.marks_in(limit..start).rev().find(|mark| {
        matches!(mark.cue, Cue::Noun(_) | Cue::Label(_))
            && last.is_none_or(|(_, attachment)| attachment.mark != Some((mark.first, mark.after)))
    });
    if let Some(mark) = free.filter(|mark| mark.cue.metric().is_some_and(|metric| !is_percent(metric))) {
        return Some(Attachment {
            metric: mark.cue.metric()?,
            why: Why::Governed,
            mark: Some((mark.first, mark.after)),
            per: None,
        });
    }
    let (earlier, attachment) = last?;
    let same = !is_percent(attachment.metric);
    same.then_some(Attachment { why: Why::Coordinated(earlier), mark: None, ..attachment })
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
fn part_of_before(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let points = |at: usize| of_them(reading, at);
    let before = (0..4).any(points) && number.first < 8;
    let metric = previous.filter(|metric| kind_of(*metric).whole)?;
    let counted = found.iter().flatten().next().is_some();
    (!counted && (points(number.after) || before)).then_some(Attachment {
        metric,
        why: Why::PartOfBefore,
        mark: None,
        per: None,
    })
}
