//! Which metric a number is a number of, where the topic stands first: "新增确诊病例22例，其中广州17例，死亡1例".
//!
//! In: a sentence that has been read. Out: the [`Attachment`] of a number. What holds: what is counted stands in the
//! number's own clause, right behind it ("22例死亡") or before it ("死亡病例22例"); else the number counts what the
//! number before it counts; else the word that counts ("例") says what is counted most.

use super::attach::{Attachment, Why, core_start, governed, label, own, owns};
use super::columns::column;
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

pub(super) fn one(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    columns: &[Metric],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let left = label(reading, n);
    let behind = own(reading, n);
    // "387名新冠病人": people with the virus are cases only if nothing else is said of them, as "ICU有" does.
    let people = |found: &Attachment| {
        found.metric == Metric::Cases && found.mark.is_some_and(|(_, after)| reading.word(after - 1, Word::Patient))
    };
    let plain = behind.filter(|behind| !people(behind));
    let plain = plain.filter(|plain| left.is_none() || !next_owns(reading, n, plain));
    left.filter(|left| !people(left) || plain.is_none())
        .or(plain)
        .or_else(|| column(reading, n, columns))
        .or_else(|| said_before(reading, n, behind.is_some()))
        .or(behind)
        .or_else(|| governed(reading, n, found, previous))
        .or_else(|| row(reading, n, found))
        .or_else(|| part_of_before(reading, n, found, previous))
        .or_else(|| counted(reading, n))
}

/// "确诊22例死亡3例": the noun behind the number is that of the next one.
fn next_owns(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some((_, after)) = attachment.mark else { return false };
    reading.numbers.get(n + 1).is_some_and(|_| core_start(reading, n + 1) == after)
}

/// "死亡人数周四越过10万", "ICU目前有387名": a noun before the number in its clause that no other number counts.
fn said_before(reading: &Reading<'_, '_>, n: usize, people: bool) -> Option<Attachment> {
    let left = reading.left(n);
    let stretch = left.rev().take_while(|at| !reading.is(*at, ",") && !reading.is(*at, "(")).last()?;
    let end = reading.numbers.get(n)?.first;
    let counts = |mark: &&Mark| {
        matches!(mark.cue, Cue::Noun(_) | Cue::Predicate(_) | Cue::Label(_))
            && mark.cue.metric().is_some_and(|metric| !is_percent(metric) && (!people || metric != Metric::Cases))
            && !(n > 0 && owns(reading, n - 1, mark))
    };
    let mark = reading.marks_in(stretch..end).filter(counts).next_back()?;
    Some(Attachment {
        metric: mark.cue.metric()?,
        why: Why::Governed,
        mark: Some((mark.first, mark.after)),
        per: None,
    })
}

/// "其中广州17例、佛山2例", "累计1618116例": nothing is said of what is counted, so it is what was counted before.
fn row(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    if !bare(reading, n) {
        return None;
    }
    let known = |earlier: usize| found.get(earlier).copied().flatten().map(|attachment| (earlier, attachment));
    let (earlier, attachment) = (0..n).rev().find_map(known)?;
    let same = !is_percent(attachment.metric) && kind_of(attachment.metric).whole;
    // What is said between the two and counted by neither: "死亡病例中，女性3例".
    let limit = reading.numbers.get(earlier).map_or(0, |earlier| earlier.after);
    let free = reading.marks_in(limit..number.first).rev().find(|mark| {
        matches!(mark.cue, Cue::Noun(_) | Cue::Label(_))
            && attachment.mark != Some((mark.first, mark.after))
            && mark.cue.metric().is_some_and(|metric| !is_percent(metric))
    });
    match free {
        Some(mark) => Some(Attachment {
            metric: mark.cue.metric()?,
            why: Why::Governed,
            mark: Some((mark.first, mark.after)),
            per: None,
        }),
        None => same.then_some(Attachment { why: Why::Coordinated(earlier), mark: None, ..attachment }),
    }
}

/// Whether nothing stands behind the number that says of something else what it counts: "60台", "3条".
fn bare(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let counter = number.after.checked_sub(1).is_some_and(|at| reading.word(at, Word::Counter));
    let ends = reading.tokens.get(number.after).is_none_or(|token| token.kind == TokenKind::Mark);
    counter || ends || (number.after..number.after + 1).any(|at| {
        reading.marks.iter().any(|mark| mark.first == at) || reading.spots.iter().any(|spot| spot.first == at)
    })
}

/// "其中莫斯科新增4952例" in a sentence that has counted nothing yet: a part of what the sentence before counted.
fn part_of_before(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let metric = previous.filter(|metric| kind_of(*metric).whole)?;
    let part = reading.has(0..number.first, Sense::Part) && bare(reading, n);
    let first = found.iter().flatten().next().is_none();
    (part && first).then_some(Attachment { metric, why: Why::PartOfBefore, mark: None, per: None })
}

/// "马哈拉施特拉邦新增62,194例": the counting word itself says what is counted, where nothing else does.
fn counted(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let last = number.after.checked_sub(1)?;
    let clause = reading.clause(number.first);
    let metric = if reading.word(last, Word::CaseCounter) {
        Metric::Cases
    } else if reading.word(last, Word::DoseCounter) {
        Metric::DosesAdministered
    } else {
        return None;
    };
    // A noun behind that nobody knows is what is counted: "22例手术".
    let ends = reading.tokens.get(number.after).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.marks.iter().any(|mark| mark.first == number.after);
    let told = [Sense::New, Sense::Total, Sense::Report, Sense::Perfect, Sense::Reaches, Sense::Exact]
        .iter()
        .any(|sense| reading.has(clause.start..number.first, *sense));
    let placed = reading.spots.iter().any(|spot| clause.start <= spot.first && spot.after <= number.first);
    (ends && (told || placed)).then_some(Attachment { metric, why: Why::Noun, mark: None, per: None })
}
