//! Qualifier, status, subset and source of a number: short questions about the words around it.

use super::attach::{Attachment, core_start};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::model::{Metric, Qualifier, Source, SourceType, Status, Subset};

/// Whether the number is the value or bounds it. The words must stand right at the number: "more than the 792,000" of
/// another place compares and does not qualify.
pub(super) fn qualifier(reading: &Reading<'_, '_>, n: usize) -> Qualifier {
    let Some(number) = reading.numbers.get(n) else { return Qualifier::Exact };
    if number.max.is_some() {
        return Qualifier::Between;
    }
    if number.words && number.value < 2.0 && !number.about {
        return Qualifier::Exact;
    }
    let mut at = number.first;
    // "over a record 5,000": a word that says nothing may stand between; an article that points at another figure may not.
    for _ in 0..2 {
        let marks = reading.ending_at(at);
        let found = marks.iter().find_map(|mark| match mark.cue {
            // "climbed up to 500", "went up to 500": the verb's own word.
            Cue::Sense(Sense::AtMost)
                if reading.has_ending(mark.first, Sense::RiseVerb)
                    || reading.has_at(mark.first.wrapping_sub(1), Sense::RiseVerb) =>
            {
                None
            }
            Cue::Sense(Sense::MoreThan) => Some(Qualifier::MoreThan),
            Cue::Sense(Sense::AtLeast) => Some(Qualifier::AtLeast),
            Cue::Sense(Sense::Nearly) => Some(Qualifier::Nearly),
            Cue::Sense(Sense::LessThan) => Some(Qualifier::LessThan),
            Cue::Sense(Sense::AtMost) => Some(Qualifier::AtMost),
            Cue::Sense(Sense::About) => Some(Qualifier::About),
            _ => None,
        });
        if let Some(found) = found {
            return found;
        }
        let step = marks.iter().find(|mark| {
            mark.cue == Cue::Sense(Sense::Exact)
                && !reading.word(mark.first, Word::The)
                && !reading.word(mark.first, Word::Those)
        });
        match step {
            Some(mark) => at = mark.first,
            None => break,
        }
    }
    let bound = [
        (Sense::OrMore, Qualifier::AtLeast),
        (Sense::OrLess, Qualifier::AtMost),
        (Sense::OrSo, Qualifier::About),
        (Sense::Bound, Qualifier::MoreThan),
    ];
    let bound = bound.iter().find(|(sense, _)| reading.has_at(number.after, *sense)).map(|(_, qualifier)| *qualifier);
    let plus = reading.is(number.after, "+") && !reading.is(number.after + 1, "(");
    let about = number.about.then_some(Qualifier::About);
    bound.or(plus.then_some(Qualifier::MoreThan)).or(about).unwrap_or(Qualifier::Exact)
}

/// Whether the text reports the number as a fact.
pub(super) fn status(reading: &Reading<'_, '_>, n: usize, metric: Metric) -> Status {
    let Some(number) = reading.numbers.get(n) else { return Status::Reported };
    let clause = reading.clause(number.first);
    let before = clause.start..number.first;
    let right = reading.right(n);
    let start = core_start(reading, n);
    if reading.has(before.clone(), Sense::Correction) && reading.word(start.wrapping_sub(1), Word::From) {
        let to = |at: usize| reading.word(at, Word::To);
        let pair = reading.numbers.get(n + 1).is_some_and(|next| (number.after..next.first).any(to));
        if pair {
            return Status::Superseded;
        }
    }
    let whole = clause.start..clause.end;
    let mut modals = whole.clone().filter(|at| reading.word(*at, Word::Modal));
    if reading.has(whole.clone(), Sense::Hypothetical)
        && modals.any(|at| reading.has(before.clone(), Sense::Hypothetical) || reading.word(at + 1, Word::Have))
    {
        return Status::Hypothetical;
    }
    if reading.has(whole.clone(), Sense::Negated) {
        return Status::Negated;
    }
    // A modal governs what follows it; "will be vaccinated", "are expected" may follow the number.
    let modal = |range: std::ops::Range<usize>| {
        reading.marks_in(range).any(|mark| {
            mark.cue == Cue::Sense(Sense::Forecast)
                // "may have been infected" guesses at what is, not at what will be.
                && !reading.word(mark.after, Word::Have) && !reading.has(mark.after..mark.after + 2, Sense::Zero)
        })
    };
    if modal(before.clone()) {
        return Status::Forecast;
    }
    if metric != Metric::ReproductionNumber {
        // "an estimated 500" is both: about 500, by an estimate.
        let an_estimated =
            reading.has_ending(number.first, Sense::Estimated) && reading.has_ending(number.first, Sense::About);
        let official_toll = an_estimated
            && reading
                .ending_at(number.first.wrapping_sub(2))
                .iter()
                .any(|mark| mark.cue == Cue::Label(Metric::Deaths));
        if (an_estimated
            || reading.marks_in(before.clone()).any(|mark| {
                // "an estimated 90,989 are active and 4,761 are in hospital": the word is the first number's own.
                mark.cue == Cue::Sense(Sense::Estimated)
                    && !reading.numbers.iter().any(|other| other.first == mark.after)
            })
            || reading.has(right.clone(), Sense::Estimated))
            && !official_toll
        {
            return Status::Estimated;
        }
    }
    if modal(right) {
        return Status::Forecast;
    }
    Status::Reported
}

/// The parts of the population that the number counts.
pub(super) fn subsets(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Vec<Subset> {
    let Some(number) = reading.numbers.get(n) else { return Vec::new() };
    let right = reading.right(n);
    let end = match attachment.mark {
        Some((_, after)) if after > number.after => right.end.min(after + 8),
        _ => right.end.min(number.after + 8),
    };
    let mut found: Vec<Subset> = Vec::new();
    for mark in reading.marks_in(number.after..end) {
        if let Cue::Subset(subset) = mark.cue {
            // "in hospitals of P and in its prisons": the subset of another thing; a place between cuts it off.
            if !found.contains(&subset) && !institution(reading, mark.first, mark.after, subset) {
                found.push(subset);
            }
        }
    }
    // "Imported cases rose to 40": the subset stands at the noun.
    if let Some((first, after)) = attachment.mark.filter(|(first, _)| *first < number.first) {
        let follow = usize::from(reading.pack.order.adjectives_follow) * 2;
        for mark in reading.marks_in(first.saturating_sub(3)..(after + follow).min(number.first)) {
            if let Cue::Subset(subset) = mark.cue
                && !found.contains(&subset)
                && !institution(reading, mark.first, mark.after, subset)
            {
                found.push(subset);
            }
        }
    }
    // "Среди детей зарегистрировано 1 120 случаев": where verbs lead, so may the part.
    for mark in reading.marks_in(reading.left(n)).filter(|_| reading.pack.order.verbs_lead) {
        if let Cue::Subset(subset) = mark.cue
            && reading.word(mark.first.wrapping_sub(1), Word::Among)
            && !found.contains(&subset)
        {
            found.push(subset);
        }
    }
    found.retain(|subset| !(*subset == Subset::Adults && matches!(attachment.metric, Metric::Cases)));
    found.sort();
    found
}

/// "local authorities", "community hospitals", "doctors said": no part of the counted.
fn institution(reading: &Reading<'_, '_>, first: usize, after: usize, subset: Subset) -> bool {
    let authority = reading.word(after, Word::SubsetHead);
    let speaking = matches!(subset, Subset::HealthWorkers)
        && (reading.has_at(after, Sense::Statement) || reading.word(first.wrapping_sub(1), Word::By));
    let spread = subset == Subset::Local && reading.word(first, Word::Community) && !reading.word(after, Word::Spread);
    authority && subset != Subset::HealthWorkers || speaking || spread
}

/// Who says so.
pub(super) fn source(reading: &Reading<'_, '_>, n: usize) -> Option<Source> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let marks: Vec<_> = reading
        .marks
        .iter()
        .filter_map(|mark| match mark.cue {
            Cue::Source(kind) => Some((mark, kind)),
            _ => None,
        })
        .collect();
    let cited = |mark: &Mark| {
        let after = (mark.after..mark.after + 4)
            .any(|at| reading.has_at(at, Sense::Statement) || reading.has_at(at, Sense::Report));
        let said = (mark.first.saturating_sub(5)..mark.first).any(|at| {
            reading.has_at(at, Sense::Statement)
                || [Word::By, Word::From, Word::To].iter().any(|word| reading.word(at, *word))
        });
        let puts = (mark.after..mark.after + 2).any(|at| reading.word(at, Word::Puts));
        // "told state TV": the hearer, not the speaker.
        if reading.word(mark.first.wrapping_sub(1), Word::Told) {
            return false;
        }
        after || said || puts || reading.word(mark.first, Word::Officially)
    };
    let within = |inside: bool| {
        marks
            .iter()
            .filter(|(mark, _)| clause.contains(&mark.first) == inside)
            .filter(|(mark, _)| cited(mark))
            .max_by_key(|(mark, _)| mark.after - mark.first)
    };
    let (mark, kind) =
        within(true).or_else(|| if reading.tokens.iter().any(|token| token.is(";")) { None } else { within(false) })?;
    // "The French public health agency" is named with its country.
    let spot = reading
        .spots
        .iter()
        .find(|spot| spot.after == mark.first && spot.form != crate::extract::places::PlaceForm::Name);
    let first = spot.map_or(mark.first, |spot| spot.first);
    let mut name = String::new();
    for (n, token) in reading.tokens.get(first..mark.after)?.iter().enumerate() {
        if n > 0 && token.spaced {
            name.push(' ');
        }
        name.push_str(token.text);
    }
    if *kind == SourceType::Official && reading.word(mark.first, Word::Officially) {
        name = "official".to_owned();
    }
    Some(Source { name, kind: *kind })
}
