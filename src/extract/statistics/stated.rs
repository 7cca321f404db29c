//! Zeros and ones that are stated without a figure: "no new deaths", "has not reported a single case", "its first case".
//!
//! In: tokens and cue phrases. Out: numerals to stand beside those that are written.

use super::reading::is_word;
use crate::language::Cue;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Pack, Sense, Word, Words};
use crate::language::tokens::Token;
use crate::model::Metric;

/// How far a noun may stand behind its "no" or "first": "no new locally transmitted coronavirus cases".
const REACH: usize = 7;

/// Every stated zero and one.
pub(super) fn find(pack: &Pack, tokens: &[Token<'_>], words: &[Words], marks: &[Mark]) -> Vec<Numeral> {
    let word = |at: usize, class: Word| is_word(words, at, class);
    let singular = |noun: &Mark| {
        let countable = matches!(noun.cue.metric(), Some(Metric::Cases | Metric::Deaths | Metric::CasesSuspected));
        countable && (noun.first..noun.after).any(|at| word(at, Word::Singular))
    };
    let mut found = Vec::new();
    for mark in marks {
        // "12 contagios y un fallecido", "registró una muerte".
        if pack.order.article_counts && matches!(mark.cue, Cue::Noun(_)) && singular(mark) && mark.first > 1 {
            let (article, link) = (mark.first - 1, mark.first - 2);
            let tells = |told: &&Mark| matches!(told.cue, Cue::Sense(Sense::Report | Sense::Perfect));
            let told = marks.iter().filter(tells).any(|told| told.after == article);
            let joined = word(link, Word::And) && marks.iter().filter(tells).any(|told| told.first < link);
            if word(article, Word::Article) && (told || joined) {
                found.extend(numeral(tokens, article, article + 1, 1.0));
            }
        }
        let Cue::Sense(sense) = mark.cue else { continue };
        // "Nobody has died", "none is in intensive care": what is said of them.
        let said = || {
            let auxiliary =
                |at: &usize| [Word::Have, Word::Was, Word::Auxiliary, Word::Copula].iter().any(|one| word(*at, *one));
            let verb = mark.after + (mark.after..mark.after + 3).take_while(auxiliary).count();
            let behind = |told: &&Mark| (mark.after..=verb).contains(&told.first);
            let predicate = |told: &Mark| matches!(told.cue, Cue::Predicate(_)) && told.cue.metric().is_some();
            marks.iter().filter(behind).any(|told| predicate(told) && counted(told))
        };
        match sense {
            // A zero in words is written like any number.
            Sense::Zero if names_nobody(&word, mark) => {
                found.extend(said().then(|| numeral(tokens, mark.first, mark.after, 0.0)).flatten());
            }
            Sense::Zero if tokens.get(mark.first).is_some_and(|token| pack.number_word(&token.lower).is_none()) => {
                let none = !word(mark.first, Word::No);
                let labelled = none
                    && (noun_before(marks, mark.first)
                        || tokens.get(mark.first.wrapping_sub(1)).is_some_and(|token| token.is(":")));
                // "Limpopo nil", "none of them in intensive care", a cell of a table.
                let next = tokens.get(mark.after);
                let alone = none
                    && mark.first > 0
                    // "with paper masks or none".
                    && !word(mark.first - 1, Word::Or)
                    && (next.is_none_or(|token| matches!(token.text, "," | "." | ";" | ")" | "|") || token.apart)
                        || word(mark.after, Word::Of) && word(mark.after + 1, Word::Them));
                if labelled || alone || none && said() || noun_behind(tokens, marks, mark.after).is_some() {
                    found.extend(numeral(tokens, mark.first, mark.after, 0.0));
                }
            }
            Sense::NotReported => {
                let from = (mark.first..mark.after).find(|at| word(*at, Word::Not)).unwrap_or(mark.first);
                // A phrase within a longer one ("has not reported" and "not reported") says it once.
                if from != mark.first && marks.iter().any(|other| other.cue == mark.cue && other.first == from) {
                    continue;
                }
                let singles = marks.iter().filter(|single| {
                    single.cue == Cue::Sense(Sense::Single) && (mark.after..=mark.after + 1).contains(&single.first)
                });
                // "ni un solo caso" is longer than "ni un".
                let single = singles.max_by_key(|single| single.after);
                let any = word(mark.after, Word::Any).then_some(mark.after + 1);
                let bare = pack.order.bare_none.then_some(mark.after);
                let Some(after) = single.map(|single| single.after).or(any).or(bare) else { continue };
                if noun_behind(tokens, marks, after).is_some() {
                    found.extend(numeral(tokens, from, after, 0.0));
                }
            }
            Sense::First => {
                let since =
                    (mark.first.saturating_sub(2)..mark.first).any(|at| word(at, Word::Since) || word(at, Word::After));
                if !since && noun_behind(tokens, marks, mark.after).is_some_and(singular) {
                    found.extend(numeral(tokens, mark.first, mark.after, 1.0));
                }
            }
            Sense::New => {
                // "A new case was reported", "one more" has its own number word.
                let before = |at: usize| at.checked_sub(1).filter(|at| word(*at, Word::Article));
                let mut article = before(mark.first);
                let another = word(mark.first, Word::Another);
                // "Un caso nuevo".
                let led = || marks.iter().find(|noun| noun.after == mark.first && matches!(noun.cue, Cue::Noun(_)));
                let follows = pack.order.adjectives_follow && article.is_none() && !another;
                let noun = if follows { led() } else { noun_behind(tokens, marks, mark.after) };
                let Some(noun) = noun.filter(|noun| singular(noun)) else { continue };
                article = article.or_else(|| before(noun.first).filter(|_| follows));
                let told = marks.iter().any(|other| {
                    other.cue == Cue::Sense(Sense::Report)
                        && other.first + 12 > noun.first
                        && other.first <= noun.after + 4
                });
                if told && noun.first <= mark.after + 3 && (article.is_some() || another) {
                    let first = article.unwrap_or(mark.first);
                    found.extend(numeral(tokens, first, first + 1, 1.0));
                }
            }
            _ => {}
        }
    }
    found.sort_by_key(|numeral| numeral.first);
    found.dedup_by(|later, earlier| later.first < earlier.after);
    found
}

/// "Nobody", "no one": people, and no number of what stands behind.
fn names_nobody(word: &impl Fn(usize, Word) -> bool, mark: &Mark) -> bool {
    word(mark.first, Word::Nobody) || word(mark.first, Word::No) && word(mark.after - 1, Word::One)
}

/// The noun of a metric right behind, with nothing but modifiers between.
fn noun_behind<'m>(tokens: &[Token<'_>], marks: &'m [Mark], after: usize) -> Option<&'m Mark> {
    let noun = marks
        .iter()
        .find(|mark| mark.first >= after && mark.first < after + REACH && matches!(mark.cue, Cue::Noun(_)))?;
    let bare = (after..noun.first).all(|at| {
        let modifier = marks.iter().any(|mark| {
            mark.first <= at
                && at < mark.after
                && matches!(mark.cue, Cue::Sense(Sense::Modifier | Sense::New) | Cue::Subset(_))
        });
        modifier && !tokens.get(at).is_some_and(|token| token.is("("))
    });
    (bare && counted(noun)).then_some(noun)
}

fn noun_before(marks: &[Mark], at: usize) -> bool {
    marks.iter().any(|mark| mark.after == at && matches!(mark.cue, Cue::Noun(_) | Cue::Label(_)) && counted(mark))
}

fn counted(mark: &Mark) -> bool {
    mark.cue.metric().is_some_and(|metric| {
        super::kinds::kind_of(metric).whole
            // "Nine in ten had no shot": of these a zero is no report.
            && !matches!(metric, Metric::DosesAdministered | Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated)
    })
}

fn numeral(tokens: &[Token<'_>], first: usize, after: usize, value: f64) -> Option<Numeral> {
    let start = tokens.get(first)?.start;
    let end = tokens.get(after.checked_sub(1)?)?.end;
    Some(Numeral {
        first,
        after,
        start,
        end,
        value,
        max: None,
        percent: false,
        words: true,
        repaired: false,
        about: false,
        over: false,
        grouped: false,
        decimal: false,
    })
}
