//! Whether a story, and a number in it, is about the disease that is asked for.
//!
//! In: a language pack, a disease and an article, or a sentence of it. Out: relevance with a score, and for a number
//! whether another disease governs it. What holds: the rules know one disease and all others; which is the one is settled
//! here, where the cue phrases of a sentence are found.

use super::about;
use super::attach::{Attachment, Why};
use super::kinds::kind_of;
use super::otherwise::is_plague;
use super::reading::Reading;
use crate::extract::cut::Cut;
use crate::extract::diseases::{COVID_19, Disease};
use crate::language::names::Names;
use crate::language::numbers::Numeral;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::{Token, TokenKind, within};
use crate::language::{Cue, Pack};
use crate::model::{Article, Metric, Span};
use std::ops::Range;

/// A disease as a language names it.
pub(super) struct Asked<'a> {
    pub(super) pack: &'a Pack,
    pub(super) disease: &'static Disease,
    names: &'a Names,
    /// Its number among the pack's diseases; none for COVID-19, to which the cue phrases are written.
    number: Option<usize>,
    /// Tokens and numbers of the story's body, where they are at hand.
    pub(super) body: Option<(&'a [Token<'a>], &'a [Numeral])>,
}

impl<'a> Asked<'a> {
    /// None where the language does not name the disease.
    pub(super) fn new(pack: &'a Pack, disease: &'static Disease) -> Option<Self> {
        if disease == COVID_19 {
            return Some(Self { pack, disease, names: &pack.disease.names, number: None, body: None });
        }
        let number = pack.diseases.iter().position(|(name, _)| name == disease.name)?;
        let (_, names) = pack.diseases.get(number)?;
        Some(Self { pack, disease, names, number: Some(number), body: None })
    }

    /// In a story with this body.
    pub(super) fn of(self, body: Option<&'a Cut<'_>>) -> Self {
        Self { body: body.and_then(Cut::at_hand), ..self }
    }

    /// The tokens of a piece of the story, which has these names of places: those of the body, where they are at hand.
    pub(super) fn tokens(&self, text: &'a str, span: &Span, names: &[Range<usize>]) -> Vec<Token<'a>> {
        // Where words have no spaces between them, names of places say where they end.
        let of_body = self.body.filter(|_| span.field.is_body() && !self.pack.topic_first());
        let at_hand = of_body.and_then(|(tokens, _)| within(tokens, span.start, span.end));
        at_hand.unwrap_or_else(|| self.pack.tokenize(text, span.start, names))
    }

    /// Whether this text names the disease.
    pub(super) fn named(&self, text: &str) -> bool {
        self.names.within(text)
    }

    /// The cue phrases among tokens, as they are for this disease.
    pub(super) fn marks(&self, tokens: &[Token<'_>]) -> Vec<Mark> {
        let mut marks = self.pack.marks(tokens);
        // "chronic wasting disease": a disease with a word before it that says which.
        let words = &self.pack.disease;
        let ours = |marks: &[Mark], at: usize| {
            let near =
                marks.partition_point(|mark| mark.first + 8 < at)..marks.partition_point(|mark| mark.first <= at);
            let of_it = |mark: &Mark| mark.cue == Cue::Sense(Sense::Covid) && at < mark.after;
            marks.get(near).is_some_and(|marks| marks.iter().any(of_it))
        };
        let office = |at: usize| tokens.get(at).is_some_and(|token| words.office.iter().any(|word| token.is(word)));
        let others = tokens.windows(2).enumerate().filter(|(first, pair)| {
            let [before, disease] = pair else { return false };
            disease.is(&words.word)
                && !office(first + 2)
                && before.kind == TokenKind::Word
                && !words.behind.iter().any(|word| before.is(word))
                && !ours(&marks, *first)
        });
        let others = others.map(|(first, pair)| {
            let condition = pair.first().is_some_and(|before| words.conditions.iter().any(|word| before.is(word)));
            let sense = if condition { Sense::Condition } else { Sense::OtherDisease };
            Mark { first, after: first + 2, cue: Cue::Sense(sense) }
        });
        let others: Vec<Mark> = others.collect();
        if !others.is_empty() {
            marks.extend(others);
            marks.sort_by_key(|mark| mark.first);
        }
        self.retarget(&mut marks);
        marks
    }

    /// Makes the names of this disease what "coronavirus" is among the cue phrases, and COVID-19 one of the others.
    fn retarget(&self, marks: &mut Vec<Mark>) {
        let Some(number) = self.number else { return };
        let others: Vec<Mark> =
            marks.iter().filter(|mark| mark.cue == Cue::Sense(Sense::OtherDisease)).copied().collect();
        let within = |mark: &Mark, other: &Mark| {
            other.first <= mark.first
                && mark.after <= other.after
                && other.after - other.first > mark.after - mark.first
        };
        // "Bird flu" is not the flu.
        let names: Vec<Mark> = marks
            .iter()
            .filter(|mark| mark.cue == Cue::Disease(number) && !others.iter().any(|other| within(mark, other)))
            .copied()
            .collect();
        let ours = |mark: &Mark| names.iter().any(|name| name.first <= mark.first && mark.after <= name.after);
        marks.retain(|mark| mark.cue != Cue::Sense(Sense::OtherDisease) || !ours(mark));
        for mark in marks.iter_mut().filter(|mark| mark.cue == Cue::Sense(Sense::Covid)) {
            mark.cue = Cue::Sense(Sense::OtherDisease);
        }
        for name in names {
            let as_cue = |sense: Sense| Mark { cue: Cue::Sense(sense), ..name };
            marks.extend([Sense::Covid, Sense::Modifier].map(as_cue));
        }
        marks.sort_by_key(|mark| mark.first);
    }
}

/// How much a story is about the disease.
pub(super) struct Relevance {
    /// Named in the headline, the summary, the lead, or more than once.
    pub(super) story: bool,
    /// Named anywhere.
    pub(super) anywhere: bool,
    /// 0 to 1.
    pub(super) score: f64,
}

/// Judges a story.
pub(super) fn relevance(asked: &Asked<'_>, article: &Article) -> Relevance {
    let disease = &asked.pack.disease;
    let is_covid = asked.disease == COVID_19;
    let mentions = |text: &str| asked.names.count(text);
    let headline = article.headline.as_deref().map_or(0, mentions);
    let summary = article.summary.as_deref().map_or(0, mentions);
    let mut in_body = asked.names.find(&article.body);
    let first = in_body.next();
    let body = usize::from(first.is_some()) + in_body.count();
    let words = (article.body.len() / 6).max(60) as f64;
    let density = (body as f64 / words * 60.0).min(0.6);
    let named = 0.5 * f64::from(u8::from(headline > 0)) + 0.3 * f64::from(u8::from(summary > 0));
    let score = (named + density + if body > 0 { 0.15 } else { 0.0 }).min(1.0);
    // The epidemic is older than its name; before December 2019 nothing can be about it.
    let possible =
        !is_covid || article.date().is_none_or(|date| date.year() >= 2020 || date.year() == 2019 && date.month() == 12);
    let lead_end = article.body.match_indices("\n\n").nth(2).map_or(article.body.len(), |(at, _)| at);
    let lead = first.is_some_and(|first| first < lead_end);
    let story = headline + summary > 0 || lead || body >= 2;
    // "The pandemic" names it too, in a story that is dated after its outbreak.
    let pandemic = || {
        let opening = article.body.get(..lead_end).into_iter().flat_map(|lead| lead.split("\n\n"));
        let names = |text: &str| disease.epidemic.within(text) && !disease.other_epidemic.within(text);
        is_covid && article.date().is_some() && article.headline.as_deref().into_iter().chain(opening).any(names)
    };
    let story = possible && (story || pandemic() || is_covid && about::hinted(asked, article));
    Relevance {
        story,
        anywhere: possible && (story || body > 0),
        score: if possible { (score * 100.0).round() / 100.0 } else { 0.0 },
    }
}

/// "The pandemic has claimed 38,800 lives", "Covid-19 has killed 31".
pub(super) fn killed_by_it(reading: &Reading<'_, '_>, n: usize) -> bool {
    let names = |at: usize| reading.ending_at(at).any(|mark| mark.cue == Cue::Sense(Sense::Covid));
    let plague = |at: usize| {
        reading.word(at, Word::Kills)
            && ((at.saturating_sub(3)..at).any(|at| is_plague(reading, at)) || names(at) || names(at.wrapping_sub(1)))
    };
    reading.clause(reading.numbers.get(n).map_or(0, |number| number.first)).into_iter().any(plague)
}

/// "600 people die of Covid-19 every day", "48 tourists tested positive for the virus": what befell those who are counted is said
/// to be the disease.
pub(super) fn befell(reading: &Reading<'_, '_>, n: usize, metric: Metric) -> bool {
    let ours = |at: usize| reading.has_at(at, Sense::Covid) || is_plague(reading, at);
    let cause = |at: usize| reading.one_of(at, &[Word::Of, Word::From, Word::With, Word::For, Word::By]);
    let right = reading.right(n);
    let said = reading.marks_in(right.clone()).filter(|mark| mark.cue == Cue::Predicate(metric));
    said.map(|mark| mark.after).any(|at| {
        let named = at..(at + 3).min(right.end);
        named.clone().any(ours) && named.take_while(|at| !ours(*at)).all(|near| near > at || cause(near))
    })
}

/// Whether a figure says itself that it is of an infection, or counts what nothing but the disease has.
///
/// Verbs like "claimed" are asked for their subject elsewhere.
pub(super) fn infectious(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let all = 0..reading.tokens.len();
    let ambiguous = matches!(
        attachment.metric,
        Metric::Cases
            | Metric::Deaths
            | Metric::Recoveries
            | Metric::Tests
            | Metric::PeopleTested
            | Metric::Hospitalisations
            | Metric::IcuPatients
            | Metric::SevereCases
            | Metric::VentilatedPatients
    ) || attachment.metric == Metric::DosesAdministered && !reading.has(all, Sense::Given)
        || attachment.metric == Metric::ActiveCases && matches!(attachment.why, Why::Active | Why::Predicate);
    let clause = reading.clause(reading.numbers.get(n).map_or(0, |number| number.first));
    if killed_by_it(reading, n) {
        return true;
    }
    let killing = attachment.why == Why::Active && matches!(attachment.metric, Metric::Deaths | Metric::Cases);
    // "have died in Italy because of Covid-19".
    let of_it = |mark: &Mark| {
        mark.cue == Cue::Sense(Sense::Covid)
            && !reading.word(mark.after, Word::Aftermath)
            && !reading.word(mark.first.wrapping_sub(1), Word::Against)
    };
    !ambiguous
        || killing
        || clause.clone().any(|at| reading.word(at, Word::Infectious))
        // "confirmed cases".
        || clause.clone().any(|at| reading.word(at, Word::Proven) && reading.metric_at(at + 1).is_some())
        || matches!(attachment.metric, Metric::Deaths | Metric::DosesAdministered) && reading.marks_in(clause).any(of_it)
}

/// Whether another disease governs number `n`: the nearest mention before it, else the first of the sentence. `last` is
/// what the sentences before spoke of.
///
/// What else people die of ("the quake killed 40") governs deaths alone, and only in its own sentence, as does what
/// patients may have besides ("12,000 cases of pneumonia") all figures.
pub(super) fn other(reading: &Reading<'_, '_>, n: usize, metric: Metric, last: bool) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let other = |cue: Cue| {
        matches!(cue, Cue::Sense(Sense::OtherDisease | Sense::Condition))
            || metric == Metric::Deaths && cue == Cue::Sense(Sense::OtherCause)
    };
    // "one patient, a resident of Apatity with a chronic heart disease, has died": what somebody has besides.
    let borne = |mark: &Mark| {
        mark.cue == Cue::Sense(Sense::Condition)
            && (mark.first.saturating_sub(3)..mark.first)
                .any(|at| reading.word(at, Word::With) && reading.word(at + 1, Word::Article))
    };
    let mention = |range: std::ops::Range<usize>, back: bool| {
        let kind = |mark: &Mark| match mark.cue {
            _ if borne(mark) => None,
            Cue::Sense(Sense::Covid) => (!beside(reading, mark, last)).then_some(false),
            cue if other(cue) => Some(true),
            _ => None,
        };
        let mut marks = reading.marks_in(range).filter_map(|mark| kind(mark).map(|other| (mark.first, other)));
        let found = if back { marks.next_back() } else { marks.next() };
        found.map(|(_, other)| other)
    };
    // "54 people died of cholera": a cause behind the number is its own.
    let right = reading.right(n);
    let end = right.clone().find(|at| reading.is(*at, ",") || reading.word(*at, Word::And)).unwrap_or(right.end);
    let cause = |at: usize| reading.one_of(at, &[Word::Of, Word::From, Word::In, Word::By, Word::With, Word::For]);
    let ended = |at: usize| reading.one_of(at, &[Word::After, Word::When, Word::While, Word::Because, Word::Since]);
    let caused = reading.marks_in(right.start..end).any(|mark| {
        let led = (right.start..mark.first).rev().take(5).take_while(|at| !ended(*at)).any(cause);
        other(mark.cue) && led
    });
    // "已有12人死于登革热": what the number itself is told of comes first, where it can only stand behind it.
    let behind = reading.pack.topic_first() && mention(right.clone(), false) == Some(true);
    if caused && mention(right.start..end, false) == Some(true) || behind {
        return true;
    }
    // "a storm held up 200,000 doses, 41,900 have died": a cause is that of the number next to it.
    let left = reading.left(n);
    let cause = |mark: &Mark| mark.cue == Cue::Sense(Sense::OtherCause);
    let far = metric == Metric::Deaths
        && !reading.pack.topic_first()
        && reading.marks_in(0..left.start).any(cause)
        && !reading.marks_in(left).any(|mark| other(mark.cue))
        && !reading.marks_in(0..number.first).any(|mark| mark.cue == Cue::Sense(Sense::OtherDisease));
    if far {
        return last;
    }
    mention(0..number.first, true).or_else(|| mention(number.first..reading.tokens.len(), false)).unwrap_or(last)
}

/// "The measles outbreak, which began long before Covid did, has killed 83", "as busy with Covid-19": named beside another
/// disease that the sentence opens with, or the one before spoke of, and not what it speaks of.
fn beside(reading: &Reading<'_, '_>, mark: &Mark, before: bool) -> bool {
    let opening = reading.marks_in(0..mark.first.min(8)).any(|mark| mark.cue == Cue::Sense(Sense::OtherDisease));
    let earlier = reading.marks_in(0..mark.first).any(|mark| mark.cue == Cue::Sense(Sense::OtherDisease));
    let link = || (mark.first.saturating_sub(3)..mark.first).rev().take_while(|at| !reading.is(*at, ","));
    // "infected with the novel coronavirus": what is counted is its.
    let counted = reading.marks_in(mark.first.saturating_sub(6)..mark.first).any(|mark| mark.cue.metric().is_some());
    (opening || before && !counted) && link().any(|at| reading.word(at, Word::Beside))
        || (earlier || before) && link().any(|at| reading.word(at, Word::Circumstance))
}

/// Whether a text goes on to speak of people who died of something else than a disease: one sentence says so ("the quake killed
/// 40"), and none since has named this disease or an infection.
pub(super) fn other_cause(reading: &Reading<'_, '_>, before: bool) -> bool {
    let all = 0..reading.tokens.len();
    // "shelters, each with masks against Covid-19".
    let named = |mark: &Mark| {
        mark.cue == Cue::Sense(Sense::Covid) && !(before && reading.word(mark.first.wrapping_sub(1), Word::Against))
    };
    if reading.pack.topic_first()
        || reading.marks_in(all.clone()).any(named)
        || all.clone().any(|at| reading.word(at, Word::Infectious))
    {
        return false;
    }
    let died = |mark: &Mark| mark.cue.metric() == Some(Metric::Deaths);
    let ill = |mark: &Mark| mark.cue.metric().is_some_and(|metric| kind_of(metric).whole && metric != Metric::Deaths);
    if reading.marks_in(all.clone()).any(ill) {
        return false;
    }
    let caused = reading.has(all.clone(), Sense::OtherCause) || all.clone().any(|at| reading.word(at, Word::Wounded));
    before || caused && reading.marks_in(all).any(died)
}

/// What a sentence speaks of: 1 for another disease, -1 for this one, 0 for none. One that names both leaves it open, and
/// this one is meant.
pub(super) fn speaks_of(reading: &Reading<'_, '_>, before: bool) -> i32 {
    let mut all = reading.marks_in(0..reading.tokens.len());
    let covid = all.any(|mark| mark.cue == Cue::Sense(Sense::Covid) && !beside(reading, mark, before));
    if covid { -1 } else { i32::from(reading.has(0..reading.tokens.len(), Sense::OtherDisease)) }
}
