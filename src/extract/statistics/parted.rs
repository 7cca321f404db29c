//! Parts of a count that the words around them name: "304 men and 257 women", "Of those found infected today 275 came from
//! outside".
//!
//! In: a sentence, a number, what the numbers before it count and what the sentences before did. Out: its attachment to the
//! whole. What holds: of two sexes nothing more is said, and what is told apart are people.

use super::attach::{Attachment, Previous, Why, core_start};
use super::lean::says_no_noun;
use super::otherwise::in_english_order;
use super::reading::Reading;
use crate::language::Cue;
use crate::language::pack::Word;
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// How many words those take of whom a part is told.
const NAMED: usize = 8;

/// What a number counts that is the men, or the women, of those who were counted before.
pub(super) fn by_sex(
    reading: &Reading<'_, '_>,
    n: usize,
    found: &[Option<Attachment>],
    previous: Previous,
) -> Option<Attachment> {
    told_apart(reading, n)?;
    let beside = n.checked_sub(1).is_some_and(|before| told_apart(reading, before).is_some());
    if !beside && told_apart(reading, n + 1).is_none() {
        return None;
    }
    let whole = found.iter().enumerate().rev().find_map(|(earlier, before)| Some((earlier, (*before)?)));
    if let Some((earlier, attachment)) = whole {
        return are_people(attachment.metric).then_some(Attachment {
            why: Why::Coordinated(earlier),
            mark: None,
            ..attachment
        });
    }
    // "… 41 died, 3,868 in all. Of the dead 21 were men and 20 women": those whom the two make up.
    let other = if beside { n - 1 } else { n + 1 };
    let sum: f64 = [n, other].iter().filter_map(|n| reading.numbers.get(*n)).map(|number| number.value).sum();
    let (metric, why) =
        if sum == previous.sizes[0] { (previous.lead, Why::Elliptic) } else { (previous.last, Why::PartOfBefore) };
    let metric = metric.filter(|metric| reading.index > 0 && are_people(*metric))?;
    Some(Attachment::new(metric, why))
}

/// "Of the diagnosed 2,866 fell ill at home", "Out of those found infected today, 275 came from outside": the first number of a
/// clause that opens with those whose part it is, where only a verb says what they are.
pub(super) fn of_named(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n).filter(|_| in_english_order(reading) && found.iter().all(Option::is_none))?;
    let start = core_start(reading, n);
    let clause = reading.clause(number.first);
    let opens =
        |at: &usize| reading.one_of(*at, &[Word::Of, Word::Among]) && reading.one_of(at + 1, &[Word::The, Word::Those]);
    let of = (clause.start..clause.start + 2).find(opens)?;
    let mark =
        reading.marks_in(of + 2..start.min(of + NAMED)).find(|mark| mark.cue.metric().is_some_and(are_people))?;
    let whole = matches!(mark.cue, Cue::Noun(_) | Cue::Predicate(_) | Cue::Active(_));
    let joined = mark.after == start || (mark.after..start).any(|at| reading.is(at, ","));
    (whole && joined && says_no_noun(reading, n))
        .then(|| Attachment::new(mark.cue.metric().unwrap_or(Metric::Cases), Why::PartOfBefore).by(mark))
}

/// Where the sex stands of which nothing more is said.
fn told_apart(reading: &Reading<'_, '_>, n: usize) -> Option<usize> {
    let number = reading.numbers.get(n).filter(|number| !number.percent)?;
    let at = number.after + usize::from(reading.one_of(number.after, &[Word::Copula, Word::Was]));
    let ends = reading.tokens.get(at + 1).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.one_of(at + 1, &[Word::And, Word::While, Word::From, Word::With]);
    (reading.word(at, Word::Sex) && ends).then_some(at)
}

fn are_people(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Cases
            | Metric::Deaths
            | Metric::Recoveries
            | Metric::ActiveCases
            | Metric::Hospitalisations
            | Metric::IcuPatients
            | Metric::SevereCases
            | Metric::VentilatedPatients
    )
}
