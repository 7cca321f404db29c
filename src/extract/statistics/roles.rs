//! What part a named place plays in its sentence: whether it says where, governs, or is only mentioned.
//!
//! In: a sentence and one of its places. Out: yes or no. The refusals of the specification stand here: objects of
//! comparisons, phrases of origin, exceptions, places of statement, nationalities, names of agencies.

use super::rank::Rank;
use super::reading::{Reading, Spot};
use crate::extract::places::PlaceForm;
use crate::language::Cue;
use crate::language::pack::Sense;
use crate::model::PlaceKind;

/// A place behind a number in a phrase of place.
pub(super) fn located(reading: &Reading<'_, '_>, spot: &Spot<'_>, rank: Option<&Rank>) -> bool {
    if !usable(reading, spot, rank) || spot.form == PlaceForm::Demonym && !people_follow_not(reading, spot) {
        return false;
    }
    let mut at = spot.first;
    // "in the western Indian state of Goa", "across northern Italy".
    for _ in 0..5 {
        let before = word(reading, at.wrapping_sub(1));
        // "213 from Goa": in a list of parts "from" says where.
        if before == "from" && reading.numbers.iter().any(|number| number.after + 1 == at) {
            return true;
        }
        if reading.has_ending(at, Sense::Locative) && !matches!(before, "from" | "for")
            || matches!(before, "in" | "across" | "among")
        {
            return before != "of" || of_place(reading, at - 1);
        }
        let steps = matches!(
            before,
            "the"
                | "northern"
                | "southern"
                | "eastern"
                | "western"
                | "central"
                | "state"
                | "city"
                | "province"
                | "region"
                | "neighbouring"
                | "neighboring"
                | "capital"
                | "capital,"
                | "island"
                | "northeastern"
                | "northwestern"
                | "southeastern"
                | "southwestern"
                | "town"
                | "district"
                | "of"
                | "whole"
                | "all"
                | "and"
                | ","
        ) || reading.spots.iter().any(|other| other.after == at && other.first < spot.first);
        if !steps || at == 0 {
            return false;
        }
        at -= 1;
    }
    false
}

/// "residents of Malta", "the state of Goa": a place; "the health ministry of Malta said": a source, and its country too.
pub(super) fn of_place(reading: &Reading<'_, '_>, of: usize) -> bool {
    !matches!(
        word(reading, of.wrapping_sub(1)),
        "instead" | "because" | "ahead" | "outside" | "north" | "south" | "east" | "west"
    )
}

pub(super) fn people_follow_not(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    reading.has_at(spot.after, Sense::Institution)
        || matches!(
            word(reading, spot.after),
            "city"
                | "state"
                | "province"
                | "region"
                | "town"
                | "capital"
                | "territory"
                | "island"
                | "hospitals"
                | "prisons"
                | "soil"
        )
}

/// Whether the place may own a number at all.
pub(super) fn usable(reading: &Reading<'_, '_>, spot: &Spot<'_>, rank: Option<&Rank>) -> bool {
    // "the third-highest toll in Europe", "second only to the United States".
    if rank.is_some_and(|rank| {
        spot.first >= rank.at.end
            && spot.first < rank.at.end + 8
            && (matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World)
                || comparison(reading, rank.at.start, spot.first))
    }) {
        return false;
    }
    // "the most in Southeast Asia", "Europe's highest toll": among what a place stands out, not where.
    let superlative = |at: usize| {
        matches!(
            word(reading, at),
            "most"
                | "highest"
                | "worst"
                | "largest"
                | "biggest"
                | "deadliest"
                | "lowest"
                | "fewest"
                | "hardest"
                | "second"
                | "third"
                | "fourth"
                | "fifth"
                | "heaviest"
                | "greatest"
        )
    };
    let prefixed = matches!(word(reading, spot.first.wrapping_sub(1)), "in" | "across" | "of")
        || word(reading, spot.first.wrapping_sub(1)) == "the";
    let stands_out = prefixed
        && (spot.first.saturating_sub(6)..spot.first).any(|at| {
            superlative(at)
                && reading
                    .marks_in(at..spot.first)
                    .all(|mark| !matches!(mark.cue, Cue::Sense(Sense::Perfect | Sense::Report)))
                && !reading.numbers.iter().any(|number| number.first > at && number.first < spot.first)
        });
    let among = (spot.first.saturating_sub(4)..spot.first)
        .any(|at| matches!(word(reading, at), "country" | "nation" | "countries" | "nations"))
        && matches!(spot.place.kind, PlaceKind::Region | PlaceKind::World)
        && (spot.first.saturating_sub(8)..spot.first).any(|at| {
            matches!(word(reading, at), "first" | "only" | "other" | "another" | "fellow") || superlative(at)
        });
    if among {
        return false;
    }
    if stands_out
        && reading.has(spot.first.saturating_sub(1)..spot.first, Sense::Locative)
        && !spot_subject(reading, spot)
        || spot.possessive && (spot.after..spot.after + 3).any(superlative) && spot.place.kind != PlaceKind::Country
    {
        return false;
    }
    let before = spot.first.saturating_sub(7)..spot.first;
    let phrase = |sense: Sense| {
        reading.marks_in(before.clone()).any(|mark| {
            mark.cue == Cue::Sense(sense)
                && !reading.numbers.iter().any(|number| number.first >= mark.after && number.first < spot.first)
                && (mark.after..spot.first).all(|at| {
                    !matches!(word(reading, at), "," | ";" | ")" | "in" | "were" | "was" | "has" | "had" | "have")
                        && !reading.has_at(at, Sense::Report)
                })
        })
    };
    if phrase(Sense::Exclusion) || phrase(Sense::Origin) {
        return false;
    }
    if phrase(Sense::NearOnly) && !matches!(word(reading, spot.first.wrapping_sub(1)), "in") {
        return false;
    }
    // "overtaking Italy", "more than Italy", "behind Italy": the object of a comparison without a number of its own.
    let compared = matches!(
        word(reading, spot.first.wrapping_sub(1)),
        "overtaking" | "overtook" | "than" | "behind" | "surpassing" | "like" | "unlike" | "versus" | "outpacing"
    ) || word(reading, spot.first.wrapping_sub(1)) == "the"
        && matches!(
            word(reading, spot.first.wrapping_sub(2)),
            "overtaking" | "overtook" | "than" | "behind" | "to" | "surpassing"
        )
        || word(reading, spot.first.wrapping_sub(1)) == "to" && word(reading, spot.first.wrapping_sub(2)) == "only"
        || word(reading, spot.first.wrapping_sub(1)) == "in" && word(reading, spot.first.wrapping_sub(2)) == "than";
    let listed_behind = word(reading, spot.first.wrapping_sub(1)) == "and"
        && (spot.first.saturating_sub(8)..spot.first).any(|at| matches!(word(reading, at), "behind" | "than"));
    if compared || listed_behind {
        return false;
    }
    // Names of agencies, and of things that bear a place's name.
    let next = word(reading, spot.after);
    let agency = matches!(
        next,
        "news" | "times" | "post" | "herald" | "tribune" | "olympics" | "stock" | "airlines" | "airways"
    ) && spot.form == PlaceForm::Name
        || matches!((next, word(reading, spot.after + 1)), ("news", "agency"));
    // "the Indian variant", "the Chinese vaccine", "the Spanish flu".
    let thing = spot.form == PlaceForm::Demonym
        && matches!(
            next,
            "variant"
                | "vaccine"
                | "flu"
                | "strain"
                | "drugmaker"
                | "company"
                | "firm"
                | "vaccines"
                | "university"
                | "researchers"
                | "study"
                | "version"
        );
    !agency && !thing
}

/// "the highest toll in Germany was in Bavaria": nothing to subtract.
pub(super) fn spot_subject(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    spot.first <= 1 || reading.is(spot.first.wrapping_sub(2), "most") && reading.is(spot.first.wrapping_sub(1), "of")
}

pub(super) fn comparison(reading: &Reading<'_, '_>, from: usize, to: usize) -> bool {
    (from..to).any(|at| matches!(word(reading, at), "only" | "behind" | "after"))
}

/// A demonym that says who the people are and not where: "three Indian seamen".
pub(super) fn nationality(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    spot.form == PlaceForm::Demonym && !reading.has_at(spot.after, Sense::Institution) && {
        (spot.after..spot.after + 2).any(|at| {
            reading.has_at(at, Sense::People)
                && !reading.has_at(at, Sense::Perfect)
                && !matches!(
                    word(reading, at),
                    "were" | "are" | "was" | "is" | "officials" | "doctors" | "nurses" | "medics" | "personnel"
                )
        })
    }
}

/// Whether the place can be the subject or possessor of a clause.
pub(super) fn governs(reading: &Reading<'_, '_>, spot: &Spot<'_>, rank: Option<&Rank>) -> bool {
    usable(reading, spot, rank) && !nationality(reading, spot) && !near_capital_statement(reading, spot)
}

/// "the ministry said in Baghdad", "officials told reporters in Rome".
pub(super) fn near_capital_statement(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    word(reading, spot.first.wrapping_sub(1)) == "in"
        && (spot.first.saturating_sub(4)..spot.first).any(|at| {
            matches!(
                word(reading, at),
                "said" | "told" | "reporters" | "says" | "briefing" | "speaking" | "conference" | "journalists"
            )
        })
}

/// A place behind the number in a phrase that makes it no subject.
pub(super) fn foreign_prep(reading: &Reading<'_, '_>, spot: &Spot<'_>) -> bool {
    matches!(
        word(reading, spot.first.wrapping_sub(1)),
        "from" | "to" | "with" | "by" | "against" | "near" | "off" | "for" | "over" | "between"
    ) || (spot.first.saturating_sub(4)..spot.first)
        .any(|at| matches!(word(reading, at), "off" | "near" | "against" | "outside" | "overtaking"))
        || reading.has(spot.first.saturating_sub(5)..spot.first, Sense::Statement)
}

/// "World Health Organization", "World Cup", "Global Times": the word is part of a name.
pub(super) fn in_name(reading: &Reading<'_, '_>, first: usize, after: usize) -> bool {
    let capital = |at: usize| reading.tokens.get(at).is_some_and(|token| token.capitalised());
    let last = after - 1;
    let head = matches!(
        word(reading, after),
        "health"
            | "bank"
            | "cup"
            | "war"
            | "economic"
            | "trade"
            | "food"
            | "times"
            | "leaders"
            | "powers"
            | "number"
            | "record"
            | "pandemic"
            | "spread"
            | "effort"
            | "cases'"
    );
    let largest = (after..after + 3).any(|at| {
        matches!(
            word(reading, at),
            "largest"
                | "highest"
                | "second"
                | "third"
                | "worst"
                | "most"
                | "biggest"
                | "fourth"
                | "fifth"
                | "deadliest"
        )
    });
    (capital(last) && capital(after) && first > 0)
        || head && capital(last)
        || matches!(word(reading, after), "leaders" | "war" | "cup" | "record")
        || largest && word(reading, last) == "s"
}

pub(super) fn word<'r>(reading: &'r Reading<'_, '_>, at: usize) -> &'r str {
    reading.tokens.get(at).map(|token| token.lower.as_ref()).unwrap_or_default()
}
