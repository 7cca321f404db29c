//! Qualifier, status, subset and source of a number: short questions about the words around it.

use super::attach::{Attachment, core_start};
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::Sense;
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
            // "went up to 500": the verb's own word.
            Cue::Sense(Sense::AtMost)
                if reading.has_ending(mark.first, Sense::RiseVerb)
                    || reading.is(mark.first.wrapping_sub(1), "went") =>
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
                && !reading.is(mark.first, "the")
                && !reading.is(mark.first, "these")
                && !reading.is(mark.first, "those")
        });
        match step {
            Some(mark) => at = mark.first,
            None => break,
        }
    }
    let word =
        |offset: usize| reading.tokens.get(number.after + offset).map(|token| token.lower.as_ref()).unwrap_or_default();
    match (word(0), word(1)) {
        ("or", "more") | ("or", "above") => Qualifier::AtLeast,
        ("or", "so") => Qualifier::About,
        ("or", "fewer" | "less") => Qualifier::AtMost,
        ("plus", _) | ("-", "plus") => Qualifier::MoreThan,
        ("+", next) if next != "(" => Qualifier::MoreThan,
        _ if number.about => Qualifier::About,
        _ => Qualifier::Exact,
    }
}

/// Whether the text reports the number as a fact.
pub(super) fn status(reading: &Reading<'_, '_>, n: usize, metric: Metric) -> Status {
    let Some(number) = reading.numbers.get(n) else { return Status::Reported };
    let clause = reading.clause(number.first);
    let before = clause.start..number.first;
    let right = reading.right(n);
    let start = core_start(reading, n);
    if reading.has(before.clone(), Sense::Correction) && reading.is(start.wrapping_sub(1), "from") {
        let pair =
            reading.numbers.get(n + 1).is_some_and(|next| (number.after..next.first).any(|at| reading.is(at, "to")));
        if pair {
            return Status::Superseded;
        }
    }
    let whole = clause.start..clause.end;
    if reading.has(whole.clone(), Sense::Hypothetical)
        && (whole.clone().any(|at| {
            (reading.is(at, "would") || reading.is(at, "could") || reading.is(at, "might"))
                && reading.is(at + 1, "have")
        }) || reading.has(before.clone(), Sense::Hypothetical)
            && whole.clone().any(|at| reading.is(at, "would") || reading.is(at, "could")))
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
                && !reading.is(mark.after, "have") && !reading.has(mark.after..mark.after + 2, Sense::Zero)
        })
    };
    if modal(before.clone()) {
        return Status::Forecast;
    }
    if metric != Metric::ReproductionNumber {
        let an_estimated =
            reading.ending_at(number.first).into_iter().any(|mark| reading.is(mark.after - 1, "estimated"));
        let official_toll = an_estimated && reading.is(number.first.wrapping_sub(3), "toll");
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
        for mark in reading.marks_in(first.saturating_sub(3)..after) {
            if let Cue::Subset(subset) = mark.cue
                && !found.contains(&subset)
                && !institution(reading, mark.first, mark.after, subset)
            {
                found.push(subset);
            }
        }
    }
    found.retain(|subset| !(*subset == Subset::Adults && matches!(attachment.metric, Metric::Cases)));
    found.sort();
    found
}

/// "local authorities", "community hospitals", "doctors said": no part of the counted.
fn institution(reading: &Reading<'_, '_>, first: usize, after: usize, subset: Subset) -> bool {
    let word = |at: usize| reading.tokens.get(at).map(|token| token.lower.as_ref()).unwrap_or_default();
    let authority = matches!(
        word(after),
        "authorities"
            | "government"
            | "officials"
            | "media"
            | "time"
            | "council"
            | "health"
            | "hospital"
            | "hospitals"
            | "population"
            | "flights"
            | "said"
            | "tourism"
    );
    let speaking = matches!(subset, Subset::HealthWorkers)
        && (reading.has_at(after, Sense::Statement) || word(first.wrapping_sub(1)) == "by");
    let spread = subset == Subset::Local
        && matches!(word(first), "community")
        && !matches!(word(after), "cases" | "transmission" | "infections" | "case");
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
    let cited = |mark: &crate::language::pack::Mark| {
        let after = (mark.after..mark.after + 4)
            .any(|at| reading.has_at(at, Sense::Statement) || reading.has_at(at, Sense::Report));
        let said = (mark.first.saturating_sub(5)..mark.first).any(|at| {
            reading.has_at(at, Sense::Statement)
                || reading.is(at, "by")
                || reading.is(at, "from")
                || reading.is(at, "to")
        });
        let puts = (mark.after..mark.after + 2).any(|at| {
            reading.is(at, "put")
                || reading.is(at, "counted")
                || reading.is(at, "suggests")
                || reading.is(at, "suggested")
                || reading.is(at, "estimate")
                || reading.is(at, "estimates")
                || reading.is(at, "data")
        });
        // "told state TV": the hearer, not the speaker.
        if reading.is(mark.first.wrapping_sub(1), "told") {
            return false;
        }
        after || said || puts || reading.is(mark.first, "officially")
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
    if *kind == SourceType::Official && reading.is(mark.first, "officially") {
        name = "official".to_owned();
    }
    Some(Source { name, kind: *kind })
}
