//! Counts told apart by sex: "304 men and 257 women", "72 were men and 43 women".
//!
//! In: a sentence, a number, what the numbers before it count and what the sentences before did. Out: its attachment to the
//! whole. What holds: two numbers stand side by side with nothing said of either but the sex, and what is told apart are people.

use super::attach::{Attachment, Previous, Why};
use super::reading::Reading;
use crate::language::pack::Word;
use crate::language::tokens::TokenKind;
use crate::model::Metric;

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
