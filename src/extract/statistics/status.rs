//! Qualifier, status, subset and source of a number: short questions about the words around it.

use super::attach::{Attachment, before_date, core_start, led_to};
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
    for _ in 0..3 {
        let marks = || reading.ending_at(at);
        let found = marks().find_map(|mark| match mark.cue {
            // "climbed up to 500", "went up to 500": the verb's own word.
            Cue::Sense(Sense::AtMost)
                if led_to(reading, n, mark)
                    || governed(reading, n)
                    || reading.has_ending(mark.first, Sense::RiseVerb)
                    || reading.word(mark.first.wrapping_sub(1), Word::Motion)
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
        let step = marks().find(|mark| {
            mark.cue == Cue::Sense(Sense::Exact)
                && !reading.word(mark.first, Word::The)
                && !reading.word(mark.first, Word::Those)
        });
        match step {
            Some(mark) => at = mark.first,
            // "superó este martes el millón".
            None if reading.pack.order.adjectives_follow && before_date(reading, at) < at => {
                at = before_date(reading, at)
            }
            None => break,
        }
    }
    if number.over {
        return Qualifier::MoreThan;
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

/// "Los casos se han duplicado, hasta 12.306": where verbs lead, "up to" behind a subject with no noun of the number's own says
/// where that led.
fn governed(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n).filter(|_| reading.pack.order.verbs_lead) else { return false };
    let named = |mark: &Mark| matches!(mark.cue, Cue::Noun(_) | Cue::Label(_));
    let own = reading.marks_in(reading.right(n)).any(named) || reading.has_at(number.after, Sense::People);
    !own && reading.marks_in(reading.left(n)).any(named)
}

/// Whether the text reports the number as a fact.
pub(super) fn status(reading: &Reading<'_, '_>, n: usize, metric: Metric) -> Status {
    let Some(number) = reading.numbers.get(n) else { return Status::Reported };
    let clause = reading.clause(number.first);
    let before = clause.start..number.first;
    let right = reading.right(n);
    let start = core_start(reading, n);
    let corrected = if reading.pack.topic_first() { clause.clone() } else { before.clone() };
    if reading.has(corrected, Sense::Correction) && reading.word(start.wrapping_sub(1), Word::From) {
        return Status::Superseded;
    }
    // "30宗，应为33宗".
    let next = reading.numbers.get(n + 1).map_or(0, |_| core_start(reading, n + 1));
    let mended = [next, reading.numbers.get(n + 1).map_or(0, |next| next.first)];
    if mended.iter().any(|at| *at > number.first && reading.word(at - 1, Word::Correct)) {
        return Status::Superseded;
    }
    let whole = clause.start..clause.end;
    let mut modals = whole.clone().filter(|at| reading.word(*at, Word::Modal));
    // "could have 5.5 lakh cases by July" foresees; "could have killed 40,000" imagines.
    let imagines = reading.marks_in(whole.clone()).any(|mark| {
        mark.cue == Cue::Sense(Sense::Hypothetical)
            && !(reading.word(mark.after - 1, Word::Have)
                && reading.numbers.iter().any(|number| (mark.after..mark.after + 3).contains(&number.first)))
    });
    if imagines && modals.any(|at| reading.has(before.clone(), Sense::Hypothetical) || reading.word(at + 1, Word::Have))
    {
        return Status::Hypothetical;
    }
    // "Kogi, whose governor denies that the virus exists, has reported five": behind a comma with a verb of its own the
    // denial is over.
    let over = |mark: &Mark| {
        let told = |at: usize| reading.has_at(at, Sense::Perfect) || reading.has_at(at, Sense::Report);
        (mark.after..number.first).any(|at| {
            reading.is(at, ",") && (told(at + 1) || reading.word(at + 1, Word::PlaceRelative) && told(at + 2))
        })
    };
    let topic_first = reading.pack.topic_first();
    if reading
        .marks_in(whole.clone())
        .any(|mark| mark.cue == Cue::Sense(Sense::Negated) && (topic_first || !over(mark)))
    {
        return Status::Negated;
    }
    // "将累计死亡人数修正为N": the same word as that of the future.
    if reading.pack.topic_first() && reading.has(whole, Sense::Correction) {
        return Status::Reported;
    }
    // A modal governs what follows it; "will be vaccinated", "are expected" may follow the number.
    let modal = |range: std::ops::Range<usize>| {
        reading.marks_in(range).any(|mark| {
            mark.cue == Cue::Sense(Sense::Forecast)
                // "may have been infected" guesses at what is, not at what will be.
                && (!reading.word(mark.after, Word::Have)
                    || reading.numbers.iter().any(|number| (mark.after + 1..mark.after + 3).contains(&number.first)))
                && !reading.has(mark.after..mark.after + 2, Sense::Zero)
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
            && reading.ending_at(number.first.wrapping_sub(2)).any(|mark| mark.cue == Cue::Label(Metric::Deaths));
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
    // What follows a comma is said of something else: "119 were infected, warning that the figure could double".
    let end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
    if modal(right.start..end) {
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
            // "no presentan síntomas" holds "presentan síntomas".
            let within = |other: &&Mark| other.first < mark.first && mark.after <= other.after;
            if reading.marks.iter().filter(within).any(|other| matches!(other.cue, Cue::Subset(_))) {
                continue;
            }
            // "in hospitals of P and in its prisons": the subset of another thing; a place between cuts it off.
            if !found.contains(&subset) && !institution(reading, mark.first, mark.after, subset) {
                found.push(subset);
            }
        }
    }
    // "Imported cases rose to 40": the subset stands at the noun.
    if let Some((first, after)) = attachment.mark.filter(|(first, _)| *first < number.first) {
        let follow = usize::from(reading.pack.order.adjectives_follow) * 2;
        // Where the topic stands first, a comma before it ends what is said of it.
        let from = if reading.pack.topic_first() { reading.phrase(n).start.min(first) } else { 0 };
        for mark in reading.marks_in(first.saturating_sub(3).max(from)..(after + follow).min(number.first)) {
            if let Cue::Subset(subset) = mark.cue
                && !found.contains(&subset)
                && !institution(reading, mark.first, mark.after, subset)
            {
                found.push(subset);
            }
        }
    }
    // "In care homes in Wales 460 have died", "Among soldiers 12 fell ill": what opens the clause.
    let clause = reading.clause(number.first);
    for mark in reading.marks_in(clause.start..(clause.start + 4).min(number.first)) {
        if let Cue::Subset(subset) = mark.cue {
            let opens = (clause.start..mark.first)
                .any(|at| reading.one_of(at, &[Word::In, Word::At, Word::Among]) && mark.first <= at + 2);
            if opens && !found.contains(&subset) && !institution(reading, mark.first, mark.after, subset) {
                found.push(subset);
            }
        }
    }
    // Where the topic stands first, what stands before the number is said of it: "本土病例22例", "医护人员中12人".
    if reading.pack.topic_first() {
        let before = if number.percent { reading.left(n) } else { reading.phrase(n) };
        let parts = reading.marks_in(before).filter_map(|mark| match mark.cue {
            Cue::Subset(subset) if !institution(reading, mark.first, mark.after, subset) => Some(subset),
            _ => None,
        });
        parts.for_each(|subset| {
            if !found.contains(&subset) {
                found.push(subset);
            }
        });
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
pub(super) fn institution(reading: &Reading<'_, '_>, first: usize, after: usize, subset: Subset) -> bool {
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
        let gap = reading.tokens.get((first + n).wrapping_sub(1)).is_some_and(|before| before.end < token.start);
        if n > 0 && gap {
            name.push(' ');
        }
        name.push_str(token.text);
    }
    if *kind == SourceType::Official && reading.word(mark.first, Word::Officially) {
        name = "official".to_owned();
    }
    Some(Source { name, kind: *kind })
}
