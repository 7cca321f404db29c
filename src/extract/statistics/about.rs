//! What a story is about: whether it speaks of the disease itself, and from where on.
//!
//! In: an article that names the disease, or need not. Out: the byte of the body from which figures that could be of
//! anything (deaths, patients, tests) may be the disease's. What holds: a mention that only says why something else
//! happened ("because of the pandemic", "the coronavirus curfew") makes no figure, and neither does one in passing;
//! figures that are said to be its make all others of their story possible.

use super::disease::Asked;
use super::{judge, unnamed};
use crate::extract::cut::Cut;
use crate::language::Cue;
use crate::language::names::Signaled;
use crate::language::numbers::{Numeral, numerals};
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::{Token, TokenKind};
use crate::model::{Article, Metric, SourceType, Span};
use std::cell::OnceCell;
use std::ops::{Range, RangeInclusive};

/// First and last year in which stories of the epidemic need not name its disease: WHO's emergency of international concern
/// began on 2020-01-30 and ended on 2023-05-05.
const YEARS: RangeInclusive<i16> = 2020..=2023;

/// Points from which a story that names no disease is one of the epidemic; each mention of another disease takes two more, and
/// what is for courts or died of otherwise one.
const ENOUGH: usize = 5;

/// The same for a story that names the disease, but only as why something else is so.
const ENOUGH_BESIDE: usize = 6;

/// What a sign counts, and an authority that tells of the sick.
const SIGN: usize = 2;

/// Whether a story that names no disease can only be of the epidemic: "Georgia: 622 people tested positive after 18,905 tests,
/// and 689 are in intensive care".
pub(super) fn hinted(asked: &Asked<'_>, article: &Article) -> bool {
    has_points(asked, article, ENOUGH)
}

/// Whether the signs, hints and counts of a story make it one of the epidemic.
fn has_points(asked: &Asked<'_>, article: &Article, enough: usize) -> bool {
    let (pack, body) = (asked.pack, article.body.as_str());
    let signals = &pack.disease.signals;
    if signals.is_empty() || !article.date().is_some_and(|date| YEARS.contains(&date.year())) {
        return false;
    }
    let headline = article.headline.as_deref().unwrap_or_default();
    let Signaled { signs, hints, counts } = signals.within([headline, body]);
    let words = SIGN * signs + hints;
    if words == 0 && !counts {
        return false;
    }
    let sounds = |others| judge::judges(pack.code, asked.disease.name) && unnamed::is_of_epidemic(article, others);
    let own = Cut::new(pack, body);
    let (tokens, numbers) = asked.body.unwrap_or_else(|| (own.tokens(), own.numerals()));
    // Most stories are done with here: what their numbers may count is sought near these alone.
    let told = counted(asked, tokens, numbers, &near_numbers(asked, tokens, numbers));
    let authority = if told > 0 { SIGN } else { 0 };
    if words + told + authority < enough && !sounds(0) {
        return false;
    }
    // "The plague", "flu".
    let other = |mark: &Mark| mark.cue == Cue::Sense(Sense::OtherDisease);
    let marks = asked.marks(tokens);
    let lead = body.find('\n').unwrap_or(body.len());
    let opens = |mark: &Mark| tokens.get(mark.first).is_some_and(|token| token.start < lead);
    if marks.iter().any(|mark| other(mark) && opens(mark))
        || asked.marks(&pack.tokenize(headline, 0, &[])).iter().any(other)
    {
        return false;
    }
    let others = marks.iter().filter(|mark| other(mark)).count();
    let others = others + 2 * usize::from(is_positive_for_another(asked, tokens, &marks));
    let apart = |mark: &&Mark| matches!(mark.cue, Cue::Sense(Sense::OtherCause | Sense::Legal));
    let apart = marks.iter().filter(apart).count();
    let authority = if marks.iter().any(tells_of_the_sick) { authority } else { 0 };
    words + told + authority >= enough + SIGN * others + apart || sounds(others)
}

/// An authority that tells of the sick.
fn tells_of_the_sick(mark: &Mark) -> bool {
    let health = [SourceType::HealthMinistry, SourceType::HealthAgency, SourceType::Who, SourceType::JohnsHopkins];
    matches!(mark.cue, Cue::Source(source) if health.contains(&source))
}

/// Whether something is said to be positive for what is no infection: "positive for growth hormone".
fn is_positive_for_another(asked: &Asked<'_>, tokens: &[Token<'_>], marks: &[Mark]) -> bool {
    let word = |at: usize, class: Word| tokens.get(at).is_some_and(|token| asked.pack.words(&token.lower).has(class));
    let named = |at: usize| marks.iter().any(|mark| mark.first == at && mark.cue == Cue::Sense(Sense::Covid));
    let ours = |at: usize| (at..at + 3).any(|at| word(at, Word::Plague) || named(at));
    (2..tokens.len()).any(|at| word(at - 2, Word::Positive) && word(at - 1, Word::For) && !ours(at))
}

/// The cue phrases near numbers, in order.
fn near_numbers(asked: &Asked<'_>, tokens: &[Token<'_>], numbers: &[Numeral]) -> Vec<Mark> {
    let around = |number: &Numeral| number.first.saturating_sub(NEAR)..tokens.len().min(number.after + NEAR);
    let ranges = numbers.iter().map(around).collect::<Vec<_>>();
    // Those that overlap are one.
    let joined = ranges.chunk_by(|one, next| next.start <= one.end);
    let joined = joined.filter_map(|chunk| Some(chunk.first()?.start..chunk.last()?.end));
    let marks = joined.flat_map(|range| {
        let marks = asked.marks(tokens.get(range.clone()).unwrap_or_default());
        marks.into_iter().map(move |mark| Mark {
            first: range.start + mark.first,
            after: range.start + mark.after,
            cue: mark.cue,
        })
    });
    marks.collect()
}

/// Tokens between a number and the last of what it counts, at most: ten to a predicate, and its words.
const NEAR: usize = 20;

/// Infections, and those who had a vaccine.
const COUNTED: [Metric; 4] =
    [Metric::Cases, Metric::PeopleVaccinated, Metric::PeopleFullyVaccinated, Metric::PeopleBoosted];

/// The cue phrases of metrics that have a number near them.
fn figures<'m>(numbers: &[Numeral], marks: &'m [Mark]) -> Vec<&'m Mark> {
    // "One" is a pronoun as often.
    let number = |at: usize| {
        let last = numbers.partition_point(|number| number.first <= at).checked_sub(1);
        last.and_then(|last| numbers.get(last)).is_some_and(|number| at < number.after && number.value > 1.0)
    };
    // What "infected 200 servers" has behind it is the object of a verb.
    let verb = |mark: &Mark| {
        let from = marks.partition_point(|other| other.first < mark.first);
        let here = marks.get(from..).unwrap_or_default().iter().take_while(|other| other.first == mark.first);
        here.filter(|other| other.after == mark.after).any(|other| matches!(other.cue, Cue::Active(_)))
    };
    let told = |mark: &&Mark| match mark.cue {
        Cue::Noun(_) | Cue::Label(_) => {
            let reach = if verb(mark) { 0 } else { 3 };
            (mark.first.saturating_sub(3)..mark.after + reach).any(number)
        }
        Cue::Predicate(_) => (mark.first.saturating_sub(10)..mark.first).any(number),
        _ => false,
    };
    marks.iter().filter(told).collect()
}

/// What a text says of the epidemic by what it counts: infections, what comes of them, tests, and those who had a vaccine.
fn counted(asked: &Asked<'_>, tokens: &[Token<'_>], numbers: &[Numeral], marks: &[Mark]) -> usize {
    let word = |at: usize, class: Word| tokens.get(at).is_some_and(|token| asked.pack.words(&token.lower).has(class));
    let figures = figures(numbers, marks);
    let any =
        |metrics: &[Metric]| figures.iter().any(|mark| mark.cue.metric().is_some_and(|one| metrics.contains(&one)));
    // "38 cases of broken bones".
    let of_it = |mark: &&&Mark| mark.cue.metric() == Some(Metric::Cases) && !word(mark.after, Word::Of);
    let cases: Vec<&&Mark> = figures.iter().filter(of_it).collect();
    // "1,808 infections", "1,258 confirmed cases", "104 tested positive", "812 new cases".
    let new = |at: usize| marks.iter().any(|mark| mark.cue == Cue::Sense(Sense::New) && mark.after == at);
    let says = |at: usize| word(at, Word::Proven) || word(at, Word::Positive);
    let proven = cases.iter().any(|mark| {
        (mark.first.saturating_sub(1)..mark.after).any(says) || word(mark.after - 1, Word::Infection) || new(mark.first)
    });
    let [_, vaccinated @ ..] = &COUNTED;
    let vaccinated = any(vaccinated);
    if cases.is_empty() && !vaccinated {
        return 0;
    }
    let groups: [&[Metric]; 6] = [
        &[Metric::Tests, Metric::PeopleTested, Metric::PositivityRate],
        &[Metric::Deaths],
        &[Metric::Recoveries],
        &[Metric::ActiveCases],
        &[Metric::Hospitalisations, Metric::IcuPatients, Metric::SevereCases, Metric::VentilatedPatients],
        &[Metric::DosesAdministered],
    ];
    usize::from(!cases.is_empty())
        + usize::from(proven)
        + groups.into_iter().filter(|metrics| any(metrics)).count()
        + SIGN * usize::from(vaccinated)
}

/// Where in the body a story begins to speak of the disease itself; none where it never does.
pub(super) fn begins(asked: &Asked<'_>, article: &Article) -> Option<usize> {
    let pack = asked.pack;
    // A headline speaks for a body that does not name the disease; "Coronavirus update" says nothing of one that does.
    if !pack.lists(Word::Circumstance) || !asked.named(&article.body) && !pack.disease.epidemic.within(&article.body) {
        return Some(0);
    }
    let (mut in_passing, mut new_cases, mut outcomes) = (Vec::new(), false, false);
    for span in article.paragraphs() {
        let paragraph = Paragraph::new(asked, &article.body, span)?;
        if paragraph.counts_infections() {
            return Some(0);
        }
        for mention in paragraph.mentions() {
            match paragraph.weighs(&mention) {
                Weight::Topic => return Some(0),
                Weight::Passing => in_passing.extend(paragraph.tokens.get(mention.start).map(|token| token.start)),
                Weight::Circumstance => {}
            }
        }
        new_cases |= paragraph.has_new_cases();
        outcomes |= paragraph.has_outcomes();
    }
    // "New cases 7,289, new deaths 6", beside no more than a tag.
    if new_cases && outcomes {
        return Some(0);
    }
    // One mention may be of anything.
    let announced = [&article.headline, &article.summary].into_iter().flatten().any(|text| asked.named(text));
    let first = in_passing.iter().min().copied();
    let often = announced || new_cases || pack.disease.one_mention;
    let begins = if often { first.map(|_| 0) } else { first.filter(|_| in_passing.len() > 1) };
    begins.filter(|at| *at == 0).or_else(|| has_points(asked, article, ENOUGH_BESIDE).then_some(0)).or(begins)
}

/// How much a mention says of what its story is about.
enum Weight {
    /// It is what is spoken of.
    Topic,
    /// It is named.
    Passing,
    /// It is why something else is so.
    Circumstance,
}

struct Paragraph<'a> {
    asked: &'a Asked<'a>,
    text: &'a str,
    span: Span,
    tokens: Vec<Token<'a>>,
    marks: Vec<Mark>,
    /// In digits or words, once they are asked for.
    numbers: OnceCell<Vec<Numeral>>,
}

/// Tokens that a text opens with.
const OPENING: usize = 8;

impl<'a> Paragraph<'a> {
    fn new(asked: &'a Asked<'a>, body: &'a str, span: Span) -> Option<Self> {
        let text = span.of(body)?;
        let tokens = asked.tokens(text, &span, &[]);
        let marks = asked.marks(&tokens);
        Some(Self { asked, text, span, tokens, marks, numbers: OnceCell::new() })
    }

    fn word(&self, at: usize, class: Word) -> bool {
        self.tokens.get(at).is_some_and(|token| self.asked.pack.words(&token.lower).has(class))
    }

    fn names_it(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| self.asked.named(&token.lower))
    }

    fn is_number(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.kind == TokenKind::Number)
    }

    /// Whether a number, in digits or words, begins within a range of tokens.
    fn has_number(&self, range: Range<usize>) -> bool {
        let numbers = self.numbers.get_or_init(|| numerals(self.asked.pack, &self.tokens));
        let next = numbers.get(numbers.partition_point(|number| number.first < range.start));
        next.is_some_and(|number| number.first < range.end)
    }

    /// "infected", "Covid patients", "confirmed cases", "excess deaths", where anything is counted.
    fn counts_infections(&self) -> bool {
        let of_it = |mark: &Mark| match mark.cue.metric() {
            Some(Metric::ExcessDeaths | Metric::PositivityRate | Metric::ReproductionNumber) => true,
            Some(metric) => {
                let before = mark.first.wrapping_sub(1);
                let proven = self.word(before, Word::Infectious) || self.word(before, Word::Proven);
                metric == Metric::Cases && proven || (mark.first..mark.after).any(|at| self.names_it(at))
            }
            None => false,
        };
        let all = 0..self.tokens.len();
        all.clone().any(|at| self.word(at, Word::Infection))
            || all.clone().any(|at| self.is_number(at)) && self.marks.iter().any(of_it)
    }

    /// "812 new cases".
    fn has_new_cases(&self) -> bool {
        let new = |mark: &&Mark| mark.cue == Cue::Sense(Sense::New);
        let cases = |at: usize| self.starting(at..at + 1).iter().any(|mark| mark.cue.metric() == Some(Metric::Cases));
        self.marks.iter().filter(new).any(|new| cases(new.after))
    }

    fn has_outcomes(&self) -> bool {
        let outcome = [Metric::Deaths, Metric::Recoveries, Metric::ActiveCases, Metric::IcuPatients];
        self.marks.iter().filter_map(|mark| mark.cue.metric()).any(|metric| outcome.contains(&metric))
    }

    /// The tokens by which the disease or its epidemic is named.
    fn mentions(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let words = &self.asked.pack.disease;
        let others = words.other_epidemic.within(self.text);
        let epidemic = words.epidemic.find(self.text).filter(move |_| !others).map(|at| {
            let first = self.tokens.partition_point(|token| token.end <= self.span.start + at);
            first..first + 2
        });
        // "COVID-19" is "COVID" too, and one mention.
        let whole = |mark: &&Mark| {
            let longer = |other: &Mark| other.cue == mark.cue && other.after > mark.after;
            mark.cue == Cue::Sense(Sense::Covid) && !self.starting(mark.first..mark.first + 1).iter().any(longer)
        };
        let disease = self.marks.iter().filter(whole);
        disease.map(|mark| mark.first..mark.after).chain(epidemic)
    }

    fn weighs(&self, mention: &Range<usize>) -> Weight {
        let Range { start: first, end: after } = *mention;
        let back = |steps: usize| first.wrapping_sub(steps);
        if (first.saturating_sub(3)..first).any(|at| self.word(at, Word::Circumstance)) || self.word(back(1), Word::In)
        {
            return Weight::Circumstance;
        }
        let weakly = (first.saturating_sub(3)..first).any(|at| self.word(at, Word::Weakly));
        // "Today's coronavirus data", "Coronavirus: countries with most deaths".
        if self.span.start == 0 && first < OPENING && !weakly {
            return Weight::Topic;
        }
        // "die Corona-Regeln" are one word too.
        let hyphen = self.tokens.get(after).is_some_and(|token| token.is("-"));
        let behind = after + usize::from(hyphen && self.asked.pack.order.verbs_last);
        if self.word(behind, Word::Aftermath) {
            return Weight::Circumstance;
        }
        // "died of the coronavirus"; "a laboratory for coronavirus tests" says what is done about it, unless that is counted.
        let counted = |mark: &Mark| match mark.cue.metric() {
            Some(metric) if is_measure(metric) => {
                (mark.first.saturating_sub(2)..first.max(mark.first)).any(|at| self.is_number(at))
            }
            metric => metric.is_some() && self.has_number(mark.first.saturating_sub(12)..mark.after + 12),
        };
        // "1,204 people with Covid-19", "28 percent of them with Covid".
        let patients = self.word(back(1), Word::With)
            && (self.word(back(2), Word::Patient) || self.word(back(2), Word::Them))
            && (first.saturating_sub(8)..first).any(|at| self.is_number(at));
        // "an outbreak of the coronavirus", "the worst month of the pandemic"; "a coronavirus cluster".
        let of = (first.saturating_sub(2)..first).rev().find(|at| self.word(*at, Word::Of));
        let outbreak = of.is_some_and(|of| self.word(of.wrapping_sub(1), Word::Plague) || !self.names_it(first));
        // "COVID-19 by county, total positive and total deaths:".
        let heads_list = self.tokens.last().is_some_and(|last| last.is(":"));
        let topic = self.starting(first.saturating_sub(5)..after + 4).iter().any(counted)
            || patients
            || heads_list
            || outbreak
            || self.word(behind, Word::Plague);
        match (topic, weakly) {
            (true, _) => Weight::Topic,
            (false, true) => Weight::Circumstance,
            (false, false) => Weight::Passing,
        }
    }

    /// The cue phrases that start within a range of tokens.
    fn starting(&self, range: Range<usize>) -> &[Mark] {
        let at = |position: usize| self.marks.partition_point(|mark| mark.first < position);
        self.marks.get(at(range.start)..at(range.end)).unwrap_or_default()
    }
}

/// Whether a metric counts what is done about the disease, not who has it.
fn is_measure(metric: Metric) -> bool {
    matches!(
        metric,
        Metric::Tests
            | Metric::PeopleTested
            | Metric::DosesAdministered
            | Metric::PeopleVaccinated
            | Metric::PeopleFullyVaccinated
            | Metric::PeopleBoosted
            | Metric::Quarantined
    )
}
