//! A sentence as the grammar sees it: tokens, cue phrases, numbers, places and dates, with the questions that the rules
//! ask of them.
//!
//! What holds: all positions are token indices of this sentence; ranges are half open.

use super::date::{self, DateMark};
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places};
use crate::language::numbers::{Numeral, numerals};
use crate::language::pack::{Mark, Sense, Word, Words};
use crate::language::tokens::{Token, TokenKind, tokenize};
use crate::language::{Cue, Pack};
use crate::model::{Metric, PlaceKind, Span};
use jiff::civil::Date;
use std::ops::Range;

/// A place named in the sentence.
#[derive(Clone)]
pub(super) struct Spot<'p> {
    pub(super) first: usize,
    pub(super) after: usize,
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) place: &'p Place,
    pub(super) form: PlaceForm,
    pub(super) possessive: bool,
}

/// One sentence, read.
pub(super) struct Reading<'t, 'p> {
    pub(super) pack: &'t Pack,
    pub(super) span: Span,
    pub(super) index: usize,
    pub(super) tokens: Vec<Token<'t>>,
    /// The classes of each token.
    words: Vec<Words>,
    pub(super) marks: Vec<Mark>,
    pub(super) numbers: Vec<Numeral>,
    pub(super) spots: Vec<Spot<'p>>,
    pub(super) dates: Vec<DateMark>,
    /// Indices of the marks, by the token after each, then by their first token.
    by_end: Vec<usize>,
    /// First tokens of clauses, in order; the first is 0.
    clauses: Vec<usize>,
}

impl<'t, 'p> Reading<'t, 'p> {
    /// Reads a sentence; `country` is the country that the story speaks of, `today` the date that it is told on.
    pub(super) fn new(
        pack: &'t Pack,
        places: &'p Places,
        text: &'t str,
        span: Span,
        index: usize,
        country: Option<&str>,
        today: Option<Date>,
    ) -> Self {
        let tokens = tokenize(text, span.start);
        let words: Vec<Words> = tokens.iter().map(|token| pack.words(&token.lower)).collect();
        let mut marks = pack.marks(&tokens);
        marks.retain(|mark| holds(&tokens, &words, mark));
        let mut numbers = numerals(pack, &tokens);
        let dates = date::find(&date::Line { pack, tokens: &tokens, words: &words, marks: &marks, today });
        // "Ни одного" is no one.
        numbers.retain(|number| {
            !marks.iter().any(|mark| {
                let none = mark.cue == Cue::Sense(Sense::Zero) && mark.after > mark.first + 1;
                none && number.words && number.value == 1.0 && mark.first <= number.first && number.after <= mark.after
            })
        });
        // Stated zeros and ones stand beside the written numbers, unless one is written in the same place.
        for stated in super::stated::find(pack, &tokens, &words, &marks) {
            if numbers.iter().all(|number| number.after <= stated.first || stated.after <= number.first) {
                numbers.push(stated);
            }
        }
        numbers.sort_by_key(|number| number.first);
        // "at least one dose" and "COVID-19" have their own meaning as a whole.
        numbers.retain(|number| {
            !marks.iter().any(|mark| {
                let whole = mark.cue.metric().is_some() && number.words && mark.after > mark.first + 1
                    || mark.cue == Cue::Sense(Sense::Covid);
                whole && mark.first <= number.first && number.after <= mark.after && number.value > 0.0
            }) && !name_with_digits(&tokens, number)
        });
        let opens = |number: &Numeral| is_word(&words, number.after, Word::DayTo);
        numbers.retain(|number| {
            !dates.iter().any(|mark| {
                number.first < mark.after && mark.first < number.after || opens(number) && number.after + 1 == mark.first
            })
        });
        let at = |position: usize| tokens.partition_point(|token| token.end <= position);
        let found_all = places.find_in(pack.code, text);
        let spots = found_all
            .iter()
            .map(|found| {
                let (start, end) = (span.start + found.start, span.start + found.end);
                let first = at(start);
                let after = tokens.partition_point(|token| token.start < end);
                Spot {
                    first,
                    after,
                    start,
                    end,
                    place: found.place_in(country.or_else(|| neighbour(&found_all, found))),
                    form: found.form,
                    possessive: found.possessive,
                }
            })
            .collect();
        let mut by_end: Vec<usize> = (0..marks.len()).collect();
        by_end.sort_by_key(|n| marks.get(*n).map_or((0, 0), |mark| (mark.after, mark.first)));
        let mut reading =
            Self { pack, span, index, tokens, words, marks, numbers, spots, dates, by_end, clauses: vec![0] };
        reading.split_clauses();
        reading
    }

    /// Clauses end at semicolons and bullets, before "while" and "but", and before a place that has its own verb.
    fn split_clauses(&mut self) {
        let mut starts = vec![0];
        for (n, token) in self.tokens.iter().enumerate().skip(1) {
            // "Хотя" opens a clause, "хотя бы" does not.
            let opens = self.word(n, Word::NewClause) && !(self.pack.order.verbs_lead && self.word(n + 1, Word::Would));
            let hard = matches!(token.text, ";" | "•") || opens;
            // "…in Ukraine, and Poland reported 12": a place with a verb of its own.
            let link = token.is(",") || self.word(n, Word::And);
            let subject = link
                && self.spots.iter().any(|spot| {
                    let joined = spot.first == n + 1
                        || spot.first == n + 2 && self.one_of(n + 1, &[Word::And, Word::In, Word::The]);
                    let verb = (spot.after..spot.after + 2).any(|at| {
                        self.has_at(at, Sense::Perfect)
                            || self.has_at(at, Sense::Report)
                            || self.has_at(at, Sense::RiseVerb)
                    });
                    joined && verb && !spot.possessive
                });
            if hard || subject {
                starts.push(n + 1);
            }
        }
        self.clauses = starts;
    }

    /// The clause that holds a token.
    pub(super) fn clause(&self, token: usize) -> Range<usize> {
        let n = self.clauses.partition_point(|start| *start <= token).saturating_sub(1);
        let start = self.clauses.get(n).copied().unwrap_or(0);
        let end = self.clauses.get(n + 1).copied().unwrap_or(self.tokens.len());
        start..end
    }

    /// Tokens between the number before and this one, within its clause.
    pub(super) fn left(&self, n: usize) -> Range<usize> {
        let Some(number) = self.numbers.get(n) else { return 0..0 };
        let clause = self.clause(number.first);
        let before = n.checked_sub(1).map_or(0, |before| {
            let cut = self.right(before).end;
            let whole = !self.pack.order.verbs_lead || cut == number.first;
            if whole { self.numbers.get(before).map_or(0, |before| before.after) } else { cut }
        });
        clause.start.max(before).min(number.first)..number.first
    }

    /// Tokens between this number and the next one, within its clause.
    pub(super) fn right(&self, n: usize) -> Range<usize> {
        let Some(number) = self.numbers.get(n) else { return 0..0 };
        let clause = self.clause(number.first);
        // A share in brackets or between commas ("or 15 percent of the population") does not end what is said of a count.
        let aside = |next: &&Numeral| {
            let before = next.first.wrapping_sub(1);
            !number.percent && next.percent && (self.word(before, Word::Or) || self.is(before, "("))
        };
        let skip = n + 1 + self.numbers.get(n + 1..).unwrap_or_default().iter().take_while(aside).count();
        let next = self.numbers.get(skip).map_or(self.tokens.len(), |next| next.first);
        let end = clause.end.min(next).max(number.after);
        // "Выявили 20 больных, во вторник в Риге умерли пять": where verbs lead, a comma ends what is said of a number
        // before the next one.
        let comma = (number.after..end).find(|at| self.is(*at, ",") && !self.word(at + 1, Word::Relative));
        let cut = comma.filter(|_| self.pack.order.verbs_lead && end == next && next < self.tokens.len());
        number.after..cut.unwrap_or(end)
    }

    /// Cue phrases that lie within a range.
    pub(super) fn marks_in(&self, range: Range<usize>) -> impl DoubleEndedIterator<Item = &Mark> {
        let from = self.marks.partition_point(|mark| mark.first < range.start);
        let to = self.marks.partition_point(|mark| mark.first < range.end);
        self.marks.get(from..to.max(from)).unwrap_or_default().iter().filter(move |mark| mark.after <= range.end)
    }

    /// Whether a phrase of this sense lies within a range.
    pub(super) fn has(&self, range: Range<usize>, sense: Sense) -> bool {
        self.marks_in(range).any(|mark| mark.cue == Cue::Sense(sense))
    }

    /// The first phrase of this sense within a range.
    pub(super) fn first(&self, range: Range<usize>, sense: Sense) -> Option<&Mark> {
        self.marks_in(range).find(|mark| mark.cue == Cue::Sense(sense))
    }

    /// Whether a phrase of this sense begins at a token.
    pub(super) fn has_at(&self, token: usize, sense: Sense) -> bool {
        let from = self.marks.partition_point(|mark| mark.first < token);
        self.marks.iter().skip(from).take_while(|mark| mark.first == token).any(|mark| mark.cue == Cue::Sense(sense))
    }

    /// Phrases that end right before a token, the longest first.
    pub(super) fn ending_at(&self, token: usize) -> Vec<&Mark> {
        self.enders(token).collect()
    }

    fn enders(&self, token: usize) -> impl Iterator<Item = &Mark> {
        let after = |n: &usize| self.marks.get(*n).map_or(0, |mark| mark.after);
        let from = self.by_end.partition_point(|n| after(n) < token);
        let ends = self.by_end.get(from..).unwrap_or_default();
        ends.iter().filter_map(|n| self.marks.get(*n)).take_while(move |mark| mark.after == token)
    }

    /// Whether a phrase of this sense ends right before a token.
    pub(super) fn has_ending(&self, token: usize, sense: Sense) -> bool {
        self.enders(token).any(|mark| mark.cue == Cue::Sense(sense))
    }

    /// The longest phrase naming a metric that begins at a token.
    pub(super) fn metric_at(&self, token: usize) -> Option<&Mark> {
        let from = self.marks.partition_point(|mark| mark.first < token);
        self.marks
            .iter()
            .skip(from)
            .take_while(|mark| mark.first == token)
            .filter(|mark| mark.cue.metric().is_some())
            .max_by_key(|mark| mark.after)
    }

    /// Whether the token is a word of this class.
    pub(super) fn word(&self, token: usize, word: Word) -> bool {
        is_word(&self.words, token, word)
    }

    /// Whether the token is a "than". A language whose "than" also joins clauses ("que") needs a comparative before it.
    pub(super) fn than(&self, token: usize) -> bool {
        let compares = || (token.saturating_sub(6)..token).any(|at| self.word(at, Word::Comparative));
        self.word(token, Word::Than) && (!self.word(token, Word::Conjunction) || compares())
    }

    /// Whether the token is a word of any of these classes.
    pub(super) fn one_of(&self, token: usize, classes: &[Word]) -> bool {
        self.words.get(token).is_some_and(|words| classes.iter().any(|class| words.has(*class)))
    }

    /// Whether the token is this punctuation mark. Words are asked for by their class: what they are is up to the language.
    pub(super) fn is(&self, token: usize, mark: &str) -> bool {
        self.tokens.get(token).is_some_and(|token| token.is(mark))
    }

    /// Bytes of a range of tokens.
    pub(super) fn bytes(&self, first: usize, after: usize) -> Option<Span> {
        let start = self.tokens.get(first)?.start;
        let end = self.tokens.get(after.checked_sub(1)?)?.end;
        (start <= end).then(|| Span::new(self.span.field, start, end))
    }

    /// Whether the words are a label for what follows: they open the sentence and a colon closes them.
    pub(super) fn colon_after(&self, token: usize) -> bool {
        self.is(token, ":")
    }
}

/// Whether the token is a word of this class, where there is no [`Reading`] yet.
pub(super) fn is_word(words: &[Words], token: usize, word: Word) -> bool {
    words.get(token).is_some_and(|words| words.has(word))
}

/// Words that are cues only when they are written so: the month of May is no forecast, and the letter r no rate.
fn holds(tokens: &[Token<'_>], words: &[Words], mark: &Mark) -> bool {
    let Some(token) = tokens.get(mark.first) else { return false };
    let of = |at: usize, class: Word| is_word(words, at, class);
    let (before, first, after) = (mark.first.wrapping_sub(1), mark.first, mark.after);
    if after != first + 1 {
        // "2,026 people tested positive" counts cases.
        if mark.cue == Cue::Noun(Metric::PeopleTested) && of(after, Word::Positive) {
            return false;
        }
        // "a day earlier" and "in a day" give no rate.
        let rate = matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth | Sense::PerYear));
        return !(rate && of(first, Word::Article) && (of(after, Word::Apart) || of(before, Word::Within)));
    }
    let next = tokens.get(after).map(|token| token.lower.as_ref()).unwrap_or_default();
    // "its confirmed cases", "the reported deaths": an adjective, not the verb that tells the number.
    if mark.cue == Cue::Sense(Sense::Report) && of(after, Word::Reported) {
        return false;
    }
    // "confirmed" counts by itself only in lists: "Confirmed: 300", "72 confirmed, 3 dead".
    if of(first, Word::ListOnly) && mark.cue.metric().is_some() {
        let ends = matches!(next, ":" | "," | "." | ";" | ")" | "" | "-") || of(after, Word::And);
        return ends && !of(before, Word::Auxiliary);
    }
    // "more than" is no increment.
    if of(first, Word::More) && mark.cue == Cue::Sense(Sense::New) && of(after, Word::Than) {
        return false;
    }
    // "no longer", "No. 10".
    if of(first, Word::No) && (next == "." || of(after, Word::NotNone)) {
        return false;
    }
    // May is a month, R a number, WHO and US are names.
    let capitals = token.text.chars().all(char::is_uppercase);
    !(of(first, Word::SmallOnly) && token.capitalised()
        || of(first, Word::CapitalOnly) && !token.capitalised()
        || of(first, Word::NeverCapitals) && capitals)
}

/// The country that another name of the sentence can only mean, if this ambiguous one can lie in it: "Sindh, Punjab".
fn neighbour<'p>(all: &[PlaceMatch<'p>], found: &PlaceMatch<'p>) -> Option<&'p str> {
    if found.candidates.len() < 2 || found.place().kind == PlaceKind::Country {
        return None;
    }
    let only = |other: &PlaceMatch<'p>| {
        let country = other.place().iso2.as_deref()?;
        other.candidates.iter().all(|place| place.iso2.as_deref() == Some(country)).then_some(country)
    };
    let can = |country: &&str| found.candidates.iter().any(|place| place.iso2.as_deref() == Some(*country));
    all.iter().filter_map(only).find(can)
}

/// "COVID-19", "under-12", "H-1": digits that a hyphen ties to a word before them.
fn name_with_digits(tokens: &[Token<'_>], number: &Numeral) -> bool {
    let tight = |at: usize| tokens.get(at).is_some_and(|token| !token.spaced);
    let Some(hyphen) = number.first.checked_sub(1).filter(|at| tokens.get(*at).is_some_and(|token| token.is("-")))
    else {
        return false;
    };
    let word = hyphen.checked_sub(1).and_then(|at| tokens.get(at)).is_some_and(|token| token.kind == TokenKind::Word);
    word && tight(hyphen) && tight(number.first)
}
