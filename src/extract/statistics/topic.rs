//! Which metric a number is a number of, where the topic stands first: "新增确诊病例22例，其中广州17例，死亡1例".
//!
//! In: a sentence that has been read. Out: the [`Attachment`] of a number. What holds: what is counted stands in the
//! number's own clause, right behind it ("22例死亡") or before it ("死亡病例22例"); else the number counts what the
//! number before it counts; else the word that counts ("例") says what is counted most.

use super::attach::{Attachment, Previous, Why, core_start, label, own, owns};
use super::governed::governed;
use super::kinds::{is_percent, kind_of};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// The attachment of number `n`.
pub(super) fn one(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let mut attachment = any(reading, n, found, previous)?;
    // "接种疫苗300万人" counts people, "检测300万人" too.
    let counter = reading.numbers.get(n)?.after - 1;
    let things = [Word::CaseCounter, Word::DoseCounter, Word::ThingCounter];
    if reading.word(counter, Word::Counter) && !reading.one_of(counter, &things) {
        attachment.metric = match attachment.metric {
            Metric::DosesAdministered => Metric::PeopleVaccinated,
            Metric::Tests => Metric::PeopleTested,
            metric => metric,
        };
    }
    // "现有确诊病例732例" are those that are still ill.
    let phrase = reading.phrase(n);
    if attachment.metric == Metric::Cases && phrase.clone().any(|at| reading.word(at, Word::Existing)) {
        attachment.metric = Metric::ActiveCases;
    }
    Some(attachment)
}

fn any(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
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
    left.filter(|left| !people(left))
        .or(plain)
        .or_else(|| said_before(reading, n, true))
        .or(left)
        .or(behind)
        .or_else(|| said_before(reading, n, false))
        .or_else(|| governed(reading, n, found, Previous { lead: previous, last: previous, ..Previous::default() }))
        .or_else(|| row(reading, n, found))
        .or_else(|| said_in_clause(reading, n))
        .or_else(|| continues_before(reading, n, found, previous))
        .or_else(|| counted(reading, n))
}

/// "确诊22例死亡3例": the noun behind the number is that of the next one.
fn next_owns(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some((_, after)) = attachment.mark else { return false };
    reading.numbers.get(n + 1).is_some_and(|_| core_start(reading, n + 1) == after)
}

/// "死亡人数周四越过10万", "ICU目前有387名": a noun before the number in its clause that no other number counts; with `more`
/// one that says more than that people have the virus.
fn said_before(reading: &Reading<'_, '_>, n: usize, more: bool) -> Option<Attachment> {
    let left = reading.left(n);
    let breaks = |at: &usize| reading.is(*at, ",") || reading.is(*at, "(");
    let start = left.clone().rfind(breaks).map_or(left.start, |at| at + 1);
    said(reading, n, start..left.end, more)
}

/// "重症病房连续第四天减少，目前6845人": the same beyond a comma, where the number itself says nothing.
fn said_in_clause(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    if !bare(reading, n) {
        return None;
    }
    said(reading, n, reading.left(n), false)
}

fn said(reading: &Reading<'_, '_>, n: usize, range: std::ops::Range<usize>, more: bool) -> Option<Attachment> {
    let counts = |mark: &&Mark| {
        matches!(mark.cue, Cue::Noun(_) | Cue::Predicate(_) | Cue::Label(_))
            && mark.cue.metric().is_some_and(|metric| !is_percent(metric) && (!more || metric != Metric::Cases))
            && !(n > 0 && owns(reading, n - 1, mark))
    };
    let mark = reading.marks_in(range.clone()).rfind(counts)?;
    // "住院的新冠患者" says more, "死亡病例中确诊者" does not: only people are said more of.
    let nearer = reading.marks_in(mark.after..range.end).rfind(|near| near.cue.metric() == Some(Metric::Cases));
    if more && nearer.is_some_and(|near| !reading.word(near.after - 1, Word::Patient)) {
        return None;
    }
    Some(Attachment::new(mark.cue.metric()?, Why::Governed).by(mark))
}

/// "其中广州17例、佛山2例", "累计1618116例": nothing is said of what is counted, so it is what was counted before.
fn row(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    if !bare(reading, n) {
        return None;
    }
    // What brackets hold is an aside: "香港65例（出院5例，死亡2例），澳门10例".
    let aside = |earlier: usize| {
        let from = reading.numbers.get(earlier).map_or(0, |earlier| earlier.after);
        let closed = |depth: i32, at: usize| depth + i32::from(reading.is(at, "(")) - i32::from(reading.is(at, ")"));
        (from..number.first).fold(0, closed) < 0
    };
    let known = |earlier: usize| {
        let attachment = found.get(earlier).copied().flatten().filter(|_| !aside(earlier));
        attachment.map(|attachment| (earlier, attachment))
    };
    // "雅加达占12,667起", "加州新增7000例": a place with a verb has a share of what the sentence counts first; a part, and
    // what stands in brackets, is a part of what was counted last.
    let start = core_start(reading, n);
    let verb = reading.has_ending(start, Sense::New) || reading.word(start.wrapping_sub(1), Word::ItemLink);
    let phrase = reading.phrase(n);
    let placed = reading.spots.iter().any(|spot| phrase.contains(&spot.first));
    let part = reading.has(phrase, Sense::Part);
    let again = verb && placed && !part && !reading.is(number.first.wrapping_sub(1), "(");
    let counts = |(_, attachment): &(usize, Attachment)| kind_of(attachment.metric).fixed.is_none();
    let first = if again { (0..n).find_map(|n| known(n).filter(counts)) } else { None };
    let (earlier, attachment) = first.or_else(|| (0..n).rev().find_map(known))?;
    // A stock is never "new": "住院9286人；加州新增7000例".
    if reading.has_ending(start, Sense::New) && kind_of(attachment.metric).fixed.is_some() {
        return counted(reading, n);
    }
    // "7天感染率降至11.6，一周前为19.3": a fraction goes on with a rate.
    let same = !is_percent(attachment.metric) && (kind_of(attachment.metric).whole || number.decimal);
    // What is said between the two and counted by neither: "死亡病例中，女性3例".
    let limit = reading.numbers.get(earlier).map_or(0, |earlier| earlier.after);
    let free = reading.marks_in(limit..number.first).rev().find(|mark| {
        matches!(mark.cue, Cue::Noun(_) | Cue::Label(_))
            && !found.iter().flatten().any(|other| other.mark == Some((mark.first, mark.after)))
            && mark.cue.metric().is_some_and(|metric| !is_percent(metric))
    });
    match free.filter(|_| first.is_none()) {
        Some(mark) => Some(Attachment::new(mark.cue.metric()?, Why::Governed).by(mark)),
        None => same.then_some(Attachment { why: Why::Coordinated(earlier), mark: None, ..attachment }),
    }
}

/// Whether nothing stands behind the number that says of something else what it counts: "60台", "400万人等待".
fn bare(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let at = number.after;
    let people = !reading.one_of(at - 1, &[Word::CaseCounter, Word::DoseCounter, Word::ThingCounter]);
    reading.tokens.get(at).is_none_or(|token| token.kind == TokenKind::Mark)
        // "300人被捕": people of whom something else is said.
        || reading.marks.iter().any(|mark| mark.first == at) && !(people && reading.has_at(at, Sense::Stop))
        || reading.spots.iter().any(|spot| spot.first == at)
        || reading.one_of(at, &[Word::RankVerb, Word::Superlative, Word::ItemLink, Word::And])
}

/// In a sentence that has counted nothing yet: "其中莫斯科新增4952例", a part of what the sentence before counted, or
/// "佛罗里达州以1.7万人居首", a place's share in it.
fn continues_before(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Option<Metric>,
) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let metric = previous.filter(|metric| kind_of(*metric).whole)?;
    let first = found.iter().flatten().next().is_none();
    let part = reading.has(0..number.first, Sense::Part);
    let counter = number.after - 1;
    let people = reading.word(counter, Word::Counter)
        && !reading.one_of(counter, &[Word::CaseCounter, Word::DoseCounter])
        && reading.spots.iter().any(|spot| spot.after <= number.first)
        && !reading.marks_in(0..number.first).any(|mark| mark.cue.metric().is_some());
    (first && (part || people) && bare(reading, n)).then_some(Attachment::new(metric, Why::PartOfBefore))
}

/// "马哈拉施特拉邦新增62,194例": the counting word itself says what is counted, where nothing else does.
fn counted(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let last = number.after.checked_sub(1)?;
    let clause = reading.clause(number.first);
    // "今日零新增": none of what is new every day.
    if number.value == 0.0 && number.words && reading.has_at(number.after, Sense::New) {
        return Some(Attachment::new(Metric::Cases, Why::Noun));
    }
    let metric = if reading.word(last, Word::CaseCounter) {
        Metric::Cases
    } else if reading.word(last, Word::DoseCounter) {
        Metric::DosesAdministered
    } else {
        return None;
    };
    // A noun behind that nobody knows is what is counted: "22例手术".
    let ends = bare(reading, n);
    let told = [Sense::New, Sense::Total, Sense::Report, Sense::Perfect, Sense::Reaches, Sense::Exact]
        .iter()
        .any(|sense| reading.has(clause.start..number.first, *sense));
    let placed = reading.spots.iter().any(|spot| clause.start <= spot.first && spot.after <= number.first);
    (ends && (told || placed)).then_some(Attachment::new(metric, Why::Noun))
}
