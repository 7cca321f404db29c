//! A sentence as the grammar sees it: tokens, cue phrases, numbers, places and dates, with the questions that the rules
//! ask of them.
//!
//! What holds: all positions are token indices of this sentence; ranges are half open.

use super::date_marks::{self, DateMark};
use super::disease::Asked;
use super::spots::{Spoken, Spot, is_other, meaning};
use super::text::{name_with_digits, numbers_line, unbracketed};
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places};
use crate::language::numbers::{Numeral, numerals};
use crate::language::pack::{Mark, Sense, Senses, Word, Words};
use crate::language::tokens::{Token, TokenKind};
use crate::language::{Cue, Pack};
use crate::model::{Metric, Span};
use jiff::civil::Date;
use std::cell::OnceCell;
use std::ops::Range;

/// One sentence, read.
pub(super) struct Reading<'t, 'p> {
    pub(super) pack: &'t Pack,
    pub(super) span: Span,
    pub(super) index: usize,
    /// The country that the story speaks of, and the division.
    pub(super) country: Option<&'p str>,
    pub(super) division: Option<&'p Place>,
    /// The division that the story as a whole is of.
    pub(super) home: Option<&'p Place>,
    /// The date that the story is told on.
    pub(super) today: Option<Date>,
    pub(super) tokens: Vec<Token<'t>>,
    /// The classes of each token.
    words: Vec<Words>,
    /// The classes that any token is of.
    listed: Words,
    pub(super) marks: Vec<Mark>,
    /// What any of the phrases says: most of what the rules ask for stands in no phrase at all.
    senses: Senses,
    pub(super) numbers: Vec<Numeral>,
    pub(super) spots: Vec<Spot<'p>>,
    pub(super) dates: Vec<DateMark>,
    /// How many phrases begin before a token.
    begun: Vec<usize>,
    /// Indices of the marks, by the token after each, then by their first token.
    by_end: Vec<usize>,
    /// How many phrases end before a token.
    ended: Vec<usize>,
    /// The tokens behind each number and before it that are its own, once they are asked for.
    pub(super) beside: OnceCell<Vec<(Range<usize>, Range<usize>)>>,
    /// First tokens of clauses, in order; the first is 0.
    clauses: Vec<usize>,
    /// Place of a dateline that the sentence itself begins with.
    pub(super) dateline: Option<&'p Place>,
}

/// How many asides ("or 15 percent", "under 18") may stand between a number and what is said of it.
const MOST_ASIDES: usize = 4;

/// Tokens within which a dateline ends.
const DATELINE: usize = 24;

impl<'t, 'p> Reading<'t, 'p> {
    /// Reads a sentence of a story that speaks of these places; `today` is the date that it is told on.
    #[allow(clippy::too_many_arguments, reason = "what a story has said up to here")]
    pub(super) fn new(
        asked: &Asked<'t>,
        places: &'p Places,
        text: &'t str,
        span: Span,
        index: usize,
        Spoken { country, division, home }: Spoken<'p>,
        today: Option<Date>,
    ) -> Self {
        let pack = asked.pack;
        let found_all = places.possible_in(pack.code, text);
        let names: Vec<Range<usize>> = found_all.iter().map(|found| found.start..found.end).collect();
        let tokens = pack.compounds.split(asked.tokens(text, &span, &names));
        let (tokens, mut marks) = unbracketed(tokens, |tokens| asked.marks(tokens));
        let words: Vec<Words> = tokens.iter().map(|token| pack.words(&token.lower)).collect();
        marks.retain(|mark| holds(&tokens, &words, mark));
        // The "SARS" of "SARS-CoV-2" is no other disease.
        let named: Vec<Mark> = marks.iter().filter(|mark| mark.cue == Cue::Sense(Sense::Covid)).copied().collect();
        if !named.is_empty() {
            marks.retain(|mark| {
                mark.cue != Cue::Sense(Sense::OtherDisease)
                    || !named.iter().any(|name| name.first <= mark.first && mark.after <= name.after)
            });
        }
        // "la primera" is a dose only where no noun follows: "la primera muerte".
        if pack.order.adjectives_follow {
            marks.retain(|mark| {
                let ordinal = || tokens.get(mark.after - 1).is_some_and(|last| pack.ordinal(&last.lower).is_some());
                let next = tokens.get(mark.after).is_some_and(|next| next.kind == TokenKind::Word);
                let noun = next && !is_word(&words, mark.after, Word::And) && !is_word(&words, mark.after, Word::Of);
                !(mark.cue.metric().is_some() && noun && ordinal())
            });
        }
        // "realizará", "receberão": a future by its ending.
        if !pack.future_endings.is_empty() {
            for (first, token) in tokens.iter().enumerate() {
                let ends = pack.future_endings.iter().any(|ending| token.lower.ends_with(ending.as_str()));
                let verb = token.kind == TokenKind::Word && !token.capitalised() && token.text.chars().count() > 3;
                if ends && verb && !is_word(&words, first, Word::NoFuture) {
                    marks.push(Mark { first, after: first + 1, cue: Cue::Sense(Sense::Forecast) });
                }
            }
            marks.sort_by_key(|mark| mark.first);
        }
        // "el país con más casos" has the most of them.
        let new = Cue::Sense(Sense::New);
        marks.retain(|mark| {
            mark.cue != new
                || !(is_word(&words, mark.first, Word::Most) && is_word(&words, mark.first.wrapping_sub(1), Word::With))
        });
        // "más de 300" and "el nuevo coronavirus" are no increment.
        let hidden: Vec<usize> = marks
            .iter()
            .filter(|mark| {
                matches!(mark.cue, Cue::Sense(Sense::MoreThan | Sense::Covid)) && mark.after > mark.first + 1
            })
            .map(|mark| mark.first)
            .collect();
        if !hidden.is_empty() {
            marks.retain(|mark| mark.cue != new || !hidden.contains(&mark.first));
        }
        let mut numbers = numerals(pack, &tokens);
        let dates = date_marks::find(&date_marks::Line { pack, tokens: &tokens, words: &words, marks: &marks, today });
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
                let whole =
                    mark.cue.metric().is_some() && mark.after > mark.first + 1 || mark.cue == Cue::Sense(Sense::Covid);
                whole && mark.first <= number.first && number.after <= mark.after && number.value > 0.0
            }) && !name_with_digits(&tokens, number)
                && !numbers_line(&tokens, number)
        });
        // "seven-day", "past 24 hours": a length of time that is read as a whole.
        numbers.retain(|number| {
            !marks.iter().any(|mark| period(mark) && mark.first <= number.first && number.after <= mark.after)
        });
        let opens = |number: &Numeral| is_word(&words, number.after, Word::DayTo);
        numbers.retain(|number| {
            !dates.iter().any(|mark| {
                number.first < mark.after && mark.first < number.after
                    || opens(number) && number.after + 1 == mark.first
            })
        });
        let at = |position: usize| tokens.partition_point(|token| token.end <= position);
        // A name that a longer word runs into is none: "的日本人" has Japan, "18日本市" has not.
        let whole = |found: &&PlaceMatch<'_>| {
            let (start, end) = (span.start + found.start, span.start + found.end);
            !pack.topic_first() || tokens.get(at(start)).is_some_and(|token| token.start == start && token.end == end)
        };
        let spots: Vec<Spot<'p>> = found_all
            .iter()
            .filter(whole)
            .filter(|found| !is_other(&found_all, found, text, country))
            .map(|found| {
                let (start, end) = (span.start + found.start, span.start + found.end);
                let first = at(start);
                let after = tokens.partition_point(|token| token.start < end);
                Spot {
                    first,
                    after,
                    start,
                    end,
                    place: meaning(&found_all, found, text, country, [division, home]),
                    form: found.form,
                    possessive: found.possessive,
                    written: None,
                }
            })
            .collect();
        // "New Zealanders" are no newcomers, and "Region Four" is a name.
        marks.retain(|mark| mark.cue != new || !spots.iter().any(|spot| spot.covers(mark.first, mark.after)));
        numbers.retain(|one| !spots.iter().any(|spot| spot.first < one.first && spot.covers(one.first, one.after)));
        // The month of Rio de Janeiro is none.
        let named = |mark: &DateMark| spots.iter().any(|spot| spot.first < mark.first && mark.after <= spot.after);
        let dates = dates.into_iter().filter(|mark| !named(mark)).collect();
        let mut by_end: Vec<usize> = (0..marks.len()).collect();
        by_end.sort_by_key(|n| marks.get(*n).map_or((0, 0), |mark| (mark.after, mark.first)));
        let begun = counts(tokens.len(), marks.iter().map(|mark| mark.first));
        let ended = counts(tokens.len(), by_end.iter().filter_map(|n| marks.get(*n)).map(|mark| mark.after));
        let listed = words.iter().fold(Words::default(), |all, words| all.or(*words));
        let senses = marks.iter().fold(Senses::default(), |all, mark| match mark.cue {
            Cue::Sense(sense) => all.with(sense),
            _ => all,
        });
        let mut reading = Self {
            pack,
            span,
            index,
            country,
            division,
            home,
            today,
            tokens,
            words,
            listed,
            marks,
            senses,
            numbers,
            spots,
            dates,
            begun,
            by_end,
            ended,
            beside: OnceCell::new(),
            clauses: vec![0],
            dateline: None,
        };
        reading.take_dateline();
        reading.widen(places);
        reading.divisions(places);
        reading.local(places);
        reading.facilities(places);
        reading.listed(places);
        reading.split_clauses(text);
        reading
    }

    /// "（…北京5月27日电）": what stands before the story says where it was written, and not where anything happened.
    fn take_dateline(&mut self) {
        let ends = |at: &usize| {
            let closed = self.is(at + 1, ")") || self.tokens.get(at + 1).is_none_or(|next| next.spaced);
            self.word(*at, Word::DatelineEnd) && closed
        };
        let Some(end) = (0..self.tokens.len().min(DATELINE)).find(ends) else { return };
        // "【马来西亚新冠疫情速报】" is a heading.
        let story =
            self.marks_in(0..end).any(|mark| mark.cue.metric().is_some() || mark.cue == Cue::Sense(Sense::Covid));
        if story {
            return;
        }
        // A space must close what no bracket does, and characters have none of their own.
        let open = self.is(0, "(");
        let gap = |at: usize| match (self.tokens.get(at), self.tokens.get(at + 1)) {
            (Some(this), Some(next)) => next.start > this.end,
            _ => false,
        };
        if !open && !gap(end) {
            return;
        }
        self.dateline = self.spots.iter().rev().find(|spot| spot.first < end).map(|spot| spot.place);
        self.spots.retain(|spot| spot.first > end);
        self.dates.retain(|mark| mark.first > end);
        self.numbers.retain(|number| number.first > end);
    }

    /// Clauses end at semicolons and bullets, before "while" and "but", and before a place that has its own verb.
    ///
    /// Where the topic stands first, a comma behind a number ends its clause: what comes next tells of the next number.
    /// What has no number yet ("according to the ministry, as of the 18th,") opens the clause of the first.
    fn split_clauses(&mut self, text: &str) {
        let mut starts = vec![0];
        let mut depth = 0_i32;
        for (n, token) in self.tokens.iter().enumerate().skip(1) {
            // "Хотя" opens a clause, "хотя бы" does not.
            let opens = self.word(n, Word::NewClause) && !(self.pack.order.verbs_lead && self.word(n + 1, Word::Would));
            let hard = matches!(token.text, ";" | "•") || opens;
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            let full = || {
                let start = starts.last().copied().unwrap_or(0);
                let enumerates = text.get(token.start - self.span.start..).is_some_and(|rest| rest.starts_with('、'));
                depth <= 0
                    && !enumerates
                    && self.numbers.iter().any(|number| number.first >= start && number.after <= n)
            };
            let hard = hard || self.pack.topic_first() && token.is(",") && full();
            // "…in Ukraine, and Poland reported 12": a place with a verb of its own.
            let link = token.is(",") || self.word(n, Word::And);
            // "Kerala and Tamil Nadu reported": two subjects of one clause.
            let listed = || self.spots.iter().any(|spot| spot.after == n || self.is(n - 1, ",") && spot.after + 1 == n);
            let subject = link && !listed() && self.opens_clause(n + 1);
            if hard || subject {
                starts.push(n + 1);
            }
        }
        self.clauses = starts;
    }

    /// Whether a place that has its own verb stands there: "Poland reported", "the western prefecture of Osaka found".
    fn opens_clause(&self, at: usize) -> bool {
        let limit = self.tokens.len().min(at + 9);
        let verb = (at..limit)
            .find(|at| [Sense::Perfect, Sense::Report, Sense::RiseVerb].iter().any(|sense| self.has_at(*at, *sense)));
        let Some(verb) = verb else { return false };
        let clean = !(at..verb).any(|at| {
            self.is(at, ",")
                || self.one_of(at, &[Word::To, Word::From, Word::With])
                || self.numbers.iter().any(|number| number.first == at)
                || self.has_at(at, Sense::Bringing)
        });
        let subject = self
            .spots
            .iter()
            .any(|spot| spot.first >= at && spot.after <= verb && spot.after + 1 >= verb && !spot.possessive);
        clean && subject
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
        self.beside().get(n).map_or(0..0, |(left, _)| left.clone())
    }

    fn beside(&self) -> &[(Range<usize>, Range<usize>)] {
        self.beside.get_or_init(|| {
            let mut beside: Vec<(Range<usize>, Range<usize>)> = Vec::with_capacity(self.numbers.len());
            for (n, number) in self.numbers.iter().enumerate() {
                let clause = self.clause(number.first);
                let before = beside.last().map_or(0, |(_, before)| {
                    let cut = before.end;
                    let whole = !self.pack.order.verbs_lead || cut == number.first;
                    if whole { self.numbers.get(n - 1).map_or(0, |before| before.after) } else { cut }
                });
                let left = clause.start.max(before).min(number.first)..number.first;
                beside.push((left, self.behind(n, number)));
            }
            beside
        })
    }

    /// Of the tokens before the number those since the last comma or "and".
    pub(super) fn phrase(&self, n: usize) -> Range<usize> {
        let left = self.left(n);
        let breaks = |at: &usize| self.is(*at, ",") || self.is(*at, "(") || self.word(*at, Word::And);
        let start = left.clone().rfind(breaks).map_or(left.start, |at| at + 1);
        start..left.end
    }

    /// Tokens between this number and the next one, within its clause.
    pub(super) fn right(&self, n: usize) -> Range<usize> {
        self.beside().get(n).map_or(0..0, |(_, right)| right.clone())
    }

    fn behind(&self, n: usize, number: &Numeral) -> Range<usize> {
        let clause = self.clause(number.first);
        // A share in brackets or between commas ("or 15 percent of the population") does not end what is said of a count.
        let aside = |next: &&Numeral| {
            let before = next.first.wrapping_sub(1);
            !number.percent && next.percent && (self.word(before, Word::Or) || self.is(before, "("))
        };
        // Nor does a time: "501人在确诊后28天内死亡".
        let time = |next: &&Numeral| self.pack.topic_first() && self.has_at(next.after, Sense::TrapAfter);
        // Nor an age: "800 children under 18 have died".
        let age = |next: &&Numeral| {
            let bound = self
                .ending_at(next.first)
                .filter(|mark| matches!(mark.cue, Cue::Sense(Sense::LessThan | Sense::MoreThan | Sense::AtLeast)));
            let first = bound.map(|mark| mark.first).min();
            let people = |at: usize| self.spots.iter().any(|spot| spot.after == at && spot.form == PlaceForm::People);
            let bearer = |first: usize| {
                (first.saturating_sub(2)..first).any(|at| self.word(at, Word::AgeBearer)) || people(first)
            };
            // "two passengers, a man of 78 and a 71-year-old woman, have died", "residents 12 and up are vaccinated", "two
            // stewards on deck five": ages of those who are counted, and numbers that are names.
            let tight = self.tokens.get(next.after).is_some_and(|dash| dash.is("-") && !dash.spaced);
            // "aged from 44 to 87".
            let from = |first: usize| self.word(first.wrapping_sub(1), Word::From) && first > 1;
            let ranged = |first: usize| from(first) && self.has_ending(first - 1, Sense::TrapBefore);
            let before = self.numbers.iter().rfind(|before| before.after + 1 == next.first);
            let to =
                self.word(next.first.wrapping_sub(1), Word::To) && before.is_some_and(|before| ranged(before.first));
            let aged = self.has_ending(next.first, Sense::TrapBefore)
                || ranged(next.first)
                || to
                || self.word(next.first.wrapping_sub(1), Word::Of)
                    && self.word(next.first.wrapping_sub(2), Word::Person)
                || tight && self.has_at(next.after + 1, Sense::TrapAfter)
                || self.one_of(next.after, &[Word::And, Word::Or]) && self.has_at(next.after, Sense::TrapAfter);
            let small = !next.grouped && !next.percent && next.value < 120.0 && next.max.is_none_or(|max| max < 120.0);
            small && (first.is_some_and(bearer) || aged && !self.pack.topic_first() && !self.pack.order.verbs_lead)
        };
        // Nor what a rate is told per: "34.6 per 100,000 in Denmark and 287".
        let base = |next: &&Numeral| {
            self.word(next.first.wrapping_sub(1), Word::Per) && next.value >= 1e3 && next.value.log10().fract() == 0.0
        };
        let skipped = |next: &&Numeral| aside(next) || time(next) || age(next) || base(next);
        let behind = self.numbers.get(n + 1..).unwrap_or_default();
        let skip = n + 1 + behind.iter().take(MOST_ASIDES).take_while(skipped).count();
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
        let (from, to) = (self.begun_before(range.start), self.begun_before(range.end));
        self.marks.get(from..to.max(from)).unwrap_or_default().iter().filter(move |mark| mark.after <= range.end)
    }

    /// Whether a phrase of this sense lies within a range.
    pub(super) fn has(&self, range: Range<usize>, sense: Sense) -> bool {
        self.senses.has(sense) && self.marks_in(range).any(|mark| mark.cue == Cue::Sense(sense))
    }

    /// The first phrase of this sense within a range.
    pub(super) fn first(&self, range: Range<usize>, sense: Sense) -> Option<&Mark> {
        let range = if self.senses.has(sense) { range } else { 0..0 };
        self.marks_in(range).find(|mark| mark.cue == Cue::Sense(sense))
    }

    /// Whether a phrase of this sense begins at a token.
    pub(super) fn has_at(&self, token: usize, sense: Sense) -> bool {
        self.senses.has(sense) && self.beginning_at(token).any(|mark| mark.cue == Cue::Sense(sense))
    }

    /// How many phrases begin before a token.
    #[inline]
    fn begun_before(&self, token: usize) -> usize {
        self.begun.get(token).copied().unwrap_or(self.marks.len())
    }

    /// Phrases that begin at a token.
    pub(super) fn beginning_at(&self, token: usize) -> impl Iterator<Item = &Mark> {
        self.marks
            .get(self.begun_before(token)..)
            .unwrap_or_default()
            .iter()
            .take_while(move |mark| mark.first == token)
    }

    /// What the phrases within a range say.
    pub(super) fn senses_in(&self, range: Range<usize>) -> Senses {
        self.marks_in(range).fold(Senses::default(), |all, mark| match mark.cue {
            Cue::Sense(sense) => all.with(sense),
            _ => all,
        })
    }

    /// Phrases that end right before a token, the longest first.
    pub(super) fn ending_at(&self, token: usize) -> impl Iterator<Item = &Mark> {
        let from = self.ended.get(token).copied().unwrap_or(self.by_end.len());
        let ends = self.by_end.get(from..).unwrap_or_default();
        ends.iter().filter_map(|n| self.marks.get(*n)).take_while(move |mark| mark.after == token)
    }

    /// Whether a phrase of this sense ends right before a token.
    pub(super) fn has_ending(&self, token: usize, sense: Sense) -> bool {
        self.senses.has(sense) && self.ending_at(token).any(|mark| mark.cue == Cue::Sense(sense))
    }

    /// The longest phrase naming a metric that begins at a token.
    pub(super) fn metric_at(&self, token: usize) -> Option<&Mark> {
        self.beginning_at(token)
            .filter(|mark| mark.cue.metric().is_some())
            .max_by_key(|mark| (mark.after, matches!(mark.cue, Cue::Noun(_))))
    }

    /// Whether a verb of statement begins at a token, or right behind one more word.
    pub(super) fn is_statement(&self, token: usize) -> bool {
        (token..token + 2).any(|at| self.has_at(at, Sense::Statement))
    }

    /// The tokens of a range that are words of this class.
    pub(super) fn words_of(&self, range: Range<usize>, word: Word) -> impl DoubleEndedIterator<Item = usize> {
        let range = if self.listed.has(word) { range } else { 0..0 };
        range.filter(move |at| self.word(*at, word))
    }

    /// Whether the token is a word of this class.
    #[inline]
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

    /// The ordinal at a token: "third".
    pub(super) fn ordinal(&self, token: usize) -> Option<u32> {
        self.pack.ordinal(&self.tokens.get(token)?.lower)
    }

    /// Whether the token is this punctuation mark. Words are asked for by their class: what they are is up to the language.
    #[inline]
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

/// How many of the positions, which are in order, lie before each token.
fn counts(tokens: usize, positions: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut counts = Vec::with_capacity(tokens + 1);
    let mut before = 0;
    for position in positions {
        counts.resize(counts.len().max(position + 1), before);
        before += 1;
    }
    counts.resize(counts.len().max(tokens + 1), before);
    counts
}

/// Whether a phrase of several words tells a length of time.
fn period(mark: &Mark) -> bool {
    const PERIODS: &[Sense] = &[
        Sense::PastDay,
        Sense::PastWeek,
        Sense::PastFortnight,
        Sense::PastMonth,
        Sense::PerDay,
        Sense::PerWeek,
        Sense::PerFortnight,
        Sense::PerMonth,
    ];
    mark.after > mark.first + 1 && PERIODS.iter().any(|sense| mark.cue == Cue::Sense(*sense))
}

/// Whether the token is a word of this class, where there is no [`Reading`] yet.
#[inline]
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
        let ends = matches!(next, ":" | "," | "." | ";" | ")" | "(" | "" | "-") || of(after, Word::And);
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
    !(of(first, Word::SmallOnly) && token.capitalised()
        || of(first, Word::CapitalOnly) && !token.capitalised()
        || of(first, Word::NeverCapitals) && token.text.chars().all(char::is_uppercase))
}
