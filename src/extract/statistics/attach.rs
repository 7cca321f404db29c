//! Which metric a number is a number of.
//!
//! In: a sentence that has been read, and the metric of the sentence before. Out: for each number its [`Attachment`].
//! What holds: a number has the metric of its own noun or predicate before that of anything that governs it from the
//! left, and inherits only where nothing of its own stands behind it. It does not decide kind, place or date.

use super::again::{elliptic, is_another_share, pair, per_population, rate_again};
use super::aside::{past_percent, past_share};
use super::continued::continued;
use super::governed::governed;
use super::kinds::is_percent;
use super::leading::{active, befallen, fronted, leading, led};
use super::lean::{
    among_dead, base_of_part, coordinated, course, forward, given_to, paired, part_of_before, positive_tests, sampled,
    so,
};
use super::parted::{by_sex, of_named};
use super::patients::{lying, patients, patients_of};
use super::reading::Reading;
use super::table::{self, Row};
use super::{counted, otherwise, rates, threshold, topic, traps};
use crate::language::Cue;
use crate::language::pack::{Mark, Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::Metric;

/// Why a number has its metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// The noun that it counts.
    Noun,
    /// What is said of the people that it counts.
    Predicate,
    /// A verb before it.
    Active,
    /// A label right before it.
    Label,
    /// The header of its column.
    Column,
    /// A subject or object that governs it: "the toll stands at".
    Governed,
    /// An earlier number of the sentence, by its index.
    Coordinated(usize),
    /// The sentence before.
    Pointer,
    /// A number of the sentence before, of which this is a part: "Tokyo had 378 of them".
    PartOfBefore,
    /// What the sentence before counted: "Tatarstan reported 59".
    Elliptic,
    /// What its own sentence names or counts before it, where nothing links the two.
    Continued,
    /// Cases, where nothing says so and the sentences before counted nothing else.
    Retold,
    /// What the words around it suggest.
    Suggested,
}

/// A number's metric.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attachment {
    pub(super) metric: Metric,
    pub(super) why: Why,
    /// The words that say so.
    pub(super) mark: Option<(usize, usize)>,
    /// Population base of a rate.
    pub(super) per: Option<u64>,
}

impl Attachment {
    /// A metric that no words of its own say.
    pub(super) fn new(metric: Metric, why: Why) -> Self {
        Self { metric, why, mark: None, per: None }
    }

    /// The same, said by the words from `first` up to `after`.
    pub(super) fn at(self, first: usize, after: usize) -> Self {
        Self { mark: Some((first, after)), ..self }
    }

    /// The same, said by a cue phrase.
    pub(super) fn by(self, mark: &Mark) -> Self {
        self.at(mark.first, mark.after)
    }
}

/// The attachment of each number; none for those in traps or without metric. `rows` are those of a table.
pub(super) fn all(reading: &Reading<'_, '_>, previous: Previous, rows: &[Row]) -> Vec<Option<Attachment>> {
    let mut found: Vec<Option<Attachment>> = Vec::with_capacity(reading.numbers.len());
    for n in 0..reading.numbers.len() {
        let attachment = match table::of_number(rows, n) {
            // "Hospitals admitted 633 patients" is no row.
            Some((_, told)) if told.is_some() || active(reading, n).is_none() => told.map(|told| told.attachment),
            _ if traps::before_metric(reading, n).is_some() || threshold::of_clause(reading, n).is_some() => None,
            _ => one(reading, n, &found, previous)
                .filter(|attachment| !otherwise::went_home(reading, attachment))
                .and_then(|attachment| rates::rated(reading, n, attachment)),
        };
        found.push(attachment);
    }
    // A guess is the last resort, so that nothing else leans on one.
    for n in 0..found.len() {
        if found.get(n).is_some_and(Option::is_some) || table::of_number(rows, n).is_some() {
            continue;
        }
        let guess = continued(reading, n, found.get(..n).unwrap_or_default(), previous);
        if let Some(one) = found.get_mut(n) {
            *one = guess;
        }
    }
    found
}

fn one(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>], previous: Previous) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    if number.percent {
        return rates::percent(reading, n, found, previous);
    }
    if reading.pack.topic_first() {
        return topic::one(reading, n, found, previous.last);
    }
    if base_of_part(reading, n) {
        return None;
    }
    if let Some(pair) = paired(reading, n, found) {
        return Some(pair);
    }
    if let Some(occupied) = counted::occupied(reading, n) {
        return Some(occupied);
    }
    if let Some(deaths) = fatal(reading, n, found).or_else(|| among_dead(reading, n, found, previous)) {
        return Some(deaths);
    }
    let own = own(reading, n).filter(|own| own.why != Why::Predicate || !counted::no_subject(reading, n));
    // "An excess mortality of 17,966 deaths": the label says which deaths.
    let link = core_start(reading, n).wrapping_sub(1);
    let excess = reading.ending_at(link).any(|mark| mark.cue == Cue::Label(Metric::ExcessDeaths));
    if let Some(deaths) = own.filter(|own| own.metric == Metric::Deaths && excess) {
        return Some(Attachment { metric: Metric::ExcessDeaths, why: Why::Label, ..deaths });
    }
    // "admitted 160 coronavirus patients": the patients are counted for what happened to them.
    let people =
        own.is_some_and(|own| own.metric == Metric::Cases && own.mark.is_some_and(|mark| patients(reading, mark)));
    // "has killed 1.1 million and infected 40 million": the verb before the number is nearer than the one behind.
    if let Some(own) = own.filter(|own| own.why == Why::Predicate)
        && let Some(verb) = active(reading, n).filter(|verb| closer(verb.metric) >= closer(own.metric))
    {
        return Some(verb);
    }
    if let Some(given) = given_to(reading, n).or_else(|| befallen(reading, n)) {
        return Some(given);
    }
    if let Some(patients) = patients_of(reading, n, own) {
        return Some(patients);
    }
    if let Some(positive) = positive_tests(reading, n, own) {
        return Some(positive);
    }
    // "2.5 crore samples, of which 1.7 lakh were tested": samples still.
    let samples = own.filter(|own| own.metric == Metric::PeopleTested && own.why == Why::Predicate).and_then(|own| {
        let part = reading.has(reading.left(n), Sense::Part);
        let whole = part && found.iter().rev().flatten().next().is_some_and(|last| last.metric == Metric::Tests);
        let of = core_start(reading, n).wrapping_sub(1);
        let named =
            reading.word(of, Word::Of) && reading.ending_at(of).any(|mark| mark.cue == Cue::Noun(Metric::Tests));
        (whole || named).then_some(Attachment { metric: Metric::Tests, ..own })
    });
    if samples.is_some() {
        return samples;
    }
    let verb = if people {
        active(reading, n).or_else(|| led(reading, n)).filter(|verb| verb.metric != Metric::Cases)
    } else {
        None
    };
    // "En las UCI permanecen 118 enfermos graves": where they lie says more than how they are.
    let ill = own.is_some_and(|own| own.metric == Metric::SevereCases && own.why == Why::Noun);
    // "Estando ativos 135.841 casos".
    let ongoing =
        own.filter(|own| own.metric == Metric::Cases && own.why == Why::Noun).and_then(|_| leading(reading, n));
    let start = core_start(reading, n);
    let adjacent = |led: &Attachment| led.metric == Metric::ActiveCases && led.mark.is_some_and(|mark| mark.1 == start);
    if let Some(active) = ongoing.filter(adjacent) {
        return Some(active);
    }
    if people || ill {
        let lies = led(reading, n).filter(|led| closer(led.metric) >= closer(Metric::Hospitalisations));
        if lies.is_some() {
            return lies;
        }
    }
    let said = verb.or(own).or_else(|| label(reading, n)).or_else(|| by_sex(reading, n, found, previous));
    let apart = counted::pronoun(reading, n) || counted::part_of_opening(reading, n, found);
    if said.is_some() || apart || counted::size_of(reading, n) {
        return said;
    }
    if let Some(people) = sampled(reading, n, found) {
        return Some(people);
    }
    let first = so(reading, n, found)
        .or_else(|| active(reading, n))
        .or_else(|| course(reading, n, found, previous))
        .or_else(|| rate_again(reading, n, found, previous));
    if first.is_some() || is_another_share(reading, n) {
        return first;
    }
    led(reading, n)
        .or_else(|| fronted(reading, n))
        .or_else(|| governed(reading, n, found, previous).map(|governed| lying(reading, n, governed)))
        .or_else(|| forward(reading, n))
        .or_else(|| pair(reading, n, previous))
        .or_else(|| coordinated(reading, n, found))
        .or_else(|| of_named(reading, n, found))
        .or_else(|| part_of_before(reading, n, found, previous))
        .or_else(|| per_population(reading, n, previous))
        .or_else(|| elliptic(reading, n, found, previous))
}

/// What the sentences before have counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Previous {
    /// The rate that was told last, if no count has been since, with the population that it is told per.
    pub(super) rate: Option<(Metric, Option<u64>)>,
    /// First of the last sentence that counted something: what its breakdown counts.
    pub(super) lead: Option<Metric>,
    /// Last: what "the figure" is.
    pub(super) last: Option<Metric>,
    /// How large the first and the last were.
    pub(super) sizes: [f64; 2],
    /// The last that counts what happened, and no stock.
    pub(super) flow: Option<Metric>,
    /// The last two: what "the figures" are, where two are told.
    pub(super) pair: Option<[Metric; 2]>,
}

/// "nearly 140 of them fatal", "15 of which ended in death": a part that died.
fn fatal(reading: &Reading<'_, '_>, n: usize, found: &[Option<Attachment>]) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let part = of_them(reading, number.after);
    let from = if part { number.after + 2 } else { number.after };
    // "Из них 10 112 - летальные".
    let from = from + usize::from(reading.is(from, "-") && reading.tokens.get(from).is_some_and(|dash| dash.spaced));
    let end = reading.right(n).end.min(from + if part { 4 } else { 1 });
    let at = (from..end).find(|at| reading.word(*at, Word::Fatal))?;
    // "140 fatal accidents", "three fatal cases": the noun behind says what they are.
    let closed = reading.tokens.get(at + 1).is_none_or(|token| token.kind == TokenKind::Mark)
        || reading.pack.articles.is_empty() && reading.word(at + 1, Word::Patient);
    let earlier = (0..n).rev().find(|earlier| found.get(*earlier).is_some_and(Option::is_some));
    closed.then_some(Attachment::new(Metric::Deaths, earlier.map_or(Why::Predicate, Why::Coordinated)).at(at, at + 1))
}

/// "of them", "of which".
pub(super) fn of_them(reading: &Reading<'_, '_>, at: usize) -> bool {
    reading.word(at, Word::Of) && (reading.word(at + 1, Word::Them) || of_total(reading, at + 2))
}

/// The noun of "Of the total, 859 were local", at which it stands: no total, but what the number before was.
pub(super) fn of_total(reading: &Reading<'_, '_>, at: usize) -> bool {
    let opens = reading.word(at.wrapping_sub(1), Word::The) && reading.word(at.wrapping_sub(2), Word::Of);
    let number = || reading.numbers.iter().any(|number| number.first == at + 1);
    opens && reading.word(at, Word::Total) && (reading.is(at + 1, ",") || number())
}

/// Predicates that say more than the one before them: "being treated in intensive care".
pub(super) fn closer(metric: Metric) -> u8 {
    match metric {
        Metric::VentilatedPatients => 4,
        Metric::IcuPatients | Metric::SevereCases => 3,
        Metric::Hospitalisations => 2,
        Metric::ActiveCases => 1,
        _ => 0,
    }
}

/// The noun or predicate behind the number.
pub(super) fn own(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let number = reading.numbers.get(n)?;
    let right = reading.right(n);
    let mut nouns_allowed = true;
    let mut unknown = 0;
    let mut commas = 0;
    let mut best: Option<(Mark, Why)> = None;
    let mut relative = false;
    let mut people = false;
    let mut opened = false;
    // "25,850, or 1.06 percent, tested positive": the share in between says nothing of its own.
    let mut at = past_share(reading, n);
    // "are now 116,310 and tests conducted are …": what follows is a subject of its own.
    if reading.word(at, Word::And) {
        return None;
    }
    while at < right.end {
        let token = reading.tokens.get(at)?;
        // "14,200 people, or 45 per cent of them, had a first dose".
        if let Some(after) = past_percent(reading, at).filter(|_| people) {
            at = after;
            continue;
        }
        if let Some(mark) = reading.metric_at(at).filter(|mark| mark.after <= right.end + 1) {
            let metric = mark.cue.metric()?;
            let share = is_percent(metric) || metric == Metric::ReproductionNumber;
            // "CASES: 706 DEATHS: 48": a label before it, and the next one behind.
            let labels_next = || {
                let next = reading.is(mark.after, ":") && reading.numbers.iter().any(|one| one.first == mark.after + 1);
                next && reading.is(core_start(reading, n).wrapping_sub(1), ":")
            };
            if counted::describes(reading, mark, number) || otherwise::does_it(reading, mark) || labels_next() {
                break;
            }
            if otherwise::describes_another(reading, mark) {
                at = mark.after;
                continue;
            }
            // "Mantiene en 59 el total de fallecidos": where verbs lead, what is numbered may follow.
            let labelled = matches!(mark.cue, Cue::Label(_))
                && reading.pack.order.verbs_lead
                && at == number.after + 1
                && reading.word(number.after, Word::The);
            // A word may be both, as "dead" is.
            let is = |cue: Cue| {
                mark.cue == cue
                    || reading
                        .marks
                        .iter()
                        .any(|other| (other.first, other.after, other.cue) == (mark.first, mark.after, cue))
            };
            let as_noun = (is(Cue::Noun(metric)) || labelled) && nouns_allowed;
            // "300 son pacientes ingresados": a noun for people in a state describes others as well.
            let described = matches!(mark.cue, Cue::Noun(_))
                && reading.pack.order.adjectives_follow
                && mark.after > mark.first + 1
                && reading.has_at(mark.first, Sense::People);
            // "phoning contacts of the infected": with an article a participle is a noun.
            let articled = mark.after == mark.first + 1
                && is(Cue::Noun(metric))
                && (reading.word(mark.first - 1, Word::The)
                    || reading.has_at(mark.first - 1, Sense::Covid)
                        && reading.word(mark.first.wrapping_sub(2), Word::The));
            // "patients who do not have the virus".
            let denied = reading.word(mark.first.wrapping_sub(1), Word::Not);
            let as_predicate = (is(Cue::Predicate(metric)) && !articled || described) && !denied;
            match (best, as_noun, as_predicate) {
                _ if share => {}
                (None, true, _) => {
                    best = Some((*mark, Why::Noun));
                    // "6,264 Covid patients are in hospital": people with the virus are cases only if nothing is said of them.
                    let infected = reading.pack.topic_first() && metric == Metric::Cases;
                    let people = || (mark.first..mark.after).any(|at| reading.has_at(at, Sense::People));
                    if !infected && !patients(reading, (mark.first, mark.after)) && !people() {
                        break;
                    }
                    // Its last word may open another: "coronavirus patients in intensive care".
                    at = (mark.after - 1).max(at + 1);
                    continue;
                }
                (None, false, true) => {
                    // "74,918 people infected with the coronavirus died": a participle that only says who.
                    relative |= at > number.after && reading.has_at(at - 1, Sense::People);
                    best = Some((*mark, Why::Predicate));
                }
                // "1,124 more patients recovered": what people did is a noun elsewhere.
                (Some((earlier, why)), noun, predicate)
                    if predicate
                        || noun
                            && (closer(metric) > 0 || metric == Metric::Recoveries && mark.first <= earlier.after) =>
                {
                    let old = earlier.cue.metric()?;
                    // "patients who had tested positive have died": the main verb says more than the aside. Where a noun is
                    // a verb too, the last one tells what became of them.
                    let people = old == Metric::Cases
                        && (matches!(earlier.cue, Cue::Noun(_))
                            || relative && why == Why::Predicate
                            || reading.pack.topic_first());
                    if closer(metric) > closer(old)
                        && matches!(old, Metric::ActiveCases | Metric::Hospitalisations | Metric::Cases)
                        || people
                    {
                        best = Some((*mark, Why::Predicate));
                    } else {
                        break;
                    }
                }
                _ => {}
            }
            at = mark.after;
            continue;
        }
        match token.text {
            ")" if best.is_none() && !opened && !reading.is(number.first.wrapping_sub(1), "(") => {
                return finish(best, reading);
            }
            ";" | ":" | "." | "!" | "?" | "|" | "/" | "•" => break,
            "," | "(" | ")" | "–" | "—" => {
                commas += 1;
                opened |= token.text == "(";
                nouns_allowed = false;
                // "15,000 people, most of them elderly, have died".
                if best.is_some() || commas > 2 || at == number.after || !reading.has(number.after..at, Sense::People) {
                    break;
                }
            }
            // "811 - в реанимации".
            "-" if token.spaced && at == number.after && reading.pack.order.verbs_lead => nouns_allowed = false,
            "-" if token.spaced => break,
            _ => {}
        }
        if reading.word(at, Word::Condition) {
            break;
        }
        // "1,800 bodies of Covid victims": the bodies are counted.
        nouns_allowed &= !counted::headed(reading, at, number);
        if best.is_some() && (reading.has_at(at, Sense::Compare) || reading.word(at, Word::And)) {
            break;
        }
        let modifier = reading.has_at(at, Sense::Modifier)
            || reading.has_at(at, Sense::New)
            || reading.spots.iter().any(|spot| spot.first <= at && at < spot.after);
        if reading.has_at(at, Sense::Stop) {
            // "people with coronavirus infections", "12 of the cases" go on; a verb or a preposition of place ends the noun phrase.
            let compares = reading.than(at) || reading.one_of(at, &[Word::Against, Word::Per]);
            let leaves = reading.one_of(at, &[Word::When, Word::Because, Word::While])
                || reading.word(at, Word::Since) && reading.is(at - 1, ",")
                || reading.word(at, Word::After) && !reading.pack.order.verbs_last;
            if compares || leaves {
                break;
            }
            if best.is_none() && reading.word(at, Word::Relative) {
                if counted::said_of_others(reading, at, number) {
                    break;
                }
                relative = true;
            }
            // "of which 96 were first doses": the noun is all that is said of them.
            let nominal = reading.word(at, Word::Copula) && number.after == at && nominal(reading, at + 1);
            nouns_allowed &= nominal || reading.one_of(at, &[Word::With, Word::Of]);
        } else if reading.has_at(at, Sense::People) {
            people = true;
        } else if !modifier && token.kind == TokenKind::Word {
            unknown += 1;
            // "94 million people missed vaccines": what people do something to is not what is counted.
            let done_to = people && !token.capitalised() && !reading.word(at, Word::Everywhere);
            if unknown > 3 || done_to && otherwise::in_english_order(reading) {
                nouns_allowed = false;
            }
            if unknown > 9 {
                break;
            }
        }
        at += 1;
    }
    finish(best, reading)
}

/// Whether words are a noun of a metric with nothing behind it: "first doses", "local infections".
fn nominal(reading: &Reading<'_, '_>, from: usize) -> bool {
    let adjective = |at: &usize| {
        reading.has_at(*at, Sense::Modifier)
            || reading.has_at(*at, Sense::New)
            || reading.marks.iter().any(|mark| mark.first == *at && matches!(mark.cue, Cue::Subset(_)))
    };
    let Some(noun) = (from..from + 4).find(|at| reading.metric_at(*at).is_some()) else { return false };
    let Some(mark) = reading.metric_at(noun).filter(|mark| matches!(mark.cue, Cue::Noun(_))) else { return false };
    (from..noun).all(|at| adjective(&at))
        && reading
            .tokens
            .get(mark.after)
            .is_none_or(|token| token.kind == TokenKind::Mark || reading.word(mark.after, Word::And))
}

fn finish(best: Option<(Mark, Why)>, _reading: &Reading<'_, '_>) -> Option<Attachment> {
    let (mark, why) = best?;
    Some(Attachment::new(mark.cue.metric()?, why).by(&mark))
}

/// Where the words that only qualify the number begin: "stands at [more than a record] 320".
pub(super) fn core_start(reading: &Reading<'_, '_>, n: usize) -> usize {
    let Some(number) = reading.numbers.get(n) else { return 0 };
    let mut at = number.first;
    for _ in 0..4 {
        let step = reading.ending_at(at).find(|mark| {
            // "went up to 500": the verb's own words.
            !(mark.cue == Cue::Sense(Sense::AtMost)
                && (reading.word(mark.first.wrapping_sub(1), Word::Motion) || led_to(reading, n, mark)))
                && matches!(
                    mark.cue,
                    Cue::Sense(
                        Sense::MoreThan
                            | Sense::AtLeast
                            | Sense::Nearly
                            | Sense::About
                            | Sense::LessThan
                            | Sense::AtMost
                            | Sense::Exact
                    )
                )
                && !(mark.after == mark.first + 1
                    && reading.has_ending(at, Sense::Reaches)
                    && reading.word(mark.first, Word::Total))
        });
        match step {
            // "exceed" both qualifies and governs; it must stay visible as a governor.
            Some(mark)
                if !(reading.has_at(mark.first, Sense::Reaches)
                    && matches!(mark.cue, Cue::Sense(Sense::MoreThan | Sense::Nearly))) =>
            {
                at = mark.first
            }
            _ => break,
        }
    }
    at
}

/// "aumentó en 27.354 hasta 1.205.881": right behind another number it tells where that led.
pub(super) fn led_to(reading: &Reading<'_, '_>, n: usize, mark: &Mark) -> bool {
    let before = n.checked_sub(1).and_then(|before| reading.numbers.get(before));
    before.is_some_and(|before| {
        before.after == mark.first || before.after + 1 == mark.first && reading.is(before.after, ",")
    })
}

/// "Cases: 12", "new infections nil", "deaths – 3", "recoveries (12)".
pub(super) fn label(reading: &Reading<'_, '_>, n: usize) -> Option<Attachment> {
    let mut at = core_start(reading, n);
    for _ in 0..3 {
        let before = at.checked_sub(1)?;
        let token = reading.tokens.get(before)?;
        if matches!(token.lower.as_ref(), ":" | "-" | "=" | "(" | "+" | "|") || reading.word(before, Word::At) {
            at = before;
        } else {
            break;
        }
    }
    // "Every fourth has had one dose (2.6 million)".
    let figure = reading.numbers.get(n)?;
    let alone = reading.is(at, "(") && at + 1 == core_start(reading, n) && reading.is(figure.after, ")");
    let mark = reading
        .marks
        .iter()
        .filter(|mark| {
            let colon =
                matches!(mark.cue, Cue::Predicate(_)) && ([":", "|"].iter().any(|sign| reading.is(at, sign)) || alone);
            mark.after == at && (colon || matches!(mark.cue, Cue::Noun(_) | Cue::Label(_)))
        })
        .min_by_key(|mark| mark.first)?;
    // "Activists count 21 dead": a verb, where no colon says otherwise.
    let verb = at == core_start(reading, n)
        && matches!(mark.cue, Cue::Label(_))
        && mark.after == mark.first + 1
        && reading.word(mark.first, Word::Count)
        && !reading.one_of(mark.first.wrapping_sub(1), &[Word::The, Word::Article, Word::Its]);
    if verb {
        return None;
    }
    let metric = mark.cue.metric()?;
    let number = reading.numbers.get(n)?;
    let taken = n > 0 && owns(reading, n - 1, mark);
    // "72,686 cases (+ 1,008)": the noun is that of the number before, and both count it.
    let bracket = reading.is(number.first.wrapping_sub(1), "(") || reading.is(number.first.wrapping_sub(1), "+");
    (!is_percent(metric) && (!taken || bracket)).then_some(Attachment::new(metric, Why::Label).by(mark))
}

/// "has crossed the 20-lakh mark", "exceeded 300": a verb that both bounds and governs the number.
pub(super) fn passes(reading: &Reading<'_, '_>, n: usize) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    let start = core_start(reading, n);
    // "llegó este jueves a 100.104".
    let verb = before_date(reading, start.saturating_sub(1));
    if verb + 1 < start && reading.word(start - 1, Word::To) && reading.word(verb.wrapping_sub(1), Word::Reached) {
        return true;
    }
    [start, number.first, before_date(reading, start)].into_iter().any(|at| {
        reading.ending_at(at).any(|mark| {
            matches!(mark.cue, Cue::Sense(Sense::MoreThan | Sense::Nearly))
                && reading.has_at(mark.first, Sense::Reaches)
        }) || reading
            .ending_at(at)
            .any(|mark| mark.cue == Cue::Sense(Sense::Reaches) && reading.word(mark.first, Word::Reached))
    })
}

/// Where a date that stands right before `at` begins: "alcanzó [el sábado] los 100.240".
pub(super) fn before_date(reading: &Reading<'_, '_>, at: usize) -> usize {
    let Some(date) = reading.dates.iter().find(|date| date.after == at) else { return at };
    let opens = reading.one_of(date.first.wrapping_sub(1), &[Word::The, Word::This]);
    date.first - usize::from(opens)
}

/// Whether the number counts that noun.
pub(super) fn owns(reading: &Reading<'_, '_>, n: usize, mark: &Mark) -> bool {
    own(reading, n).is_some_and(|attachment| attachment.mark == Some((mark.first, mark.after)))
}
