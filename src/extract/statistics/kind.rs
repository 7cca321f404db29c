//! Whether a number is a total, an increment or a stock, and of which period: the ordered rules.
//!
//! In: a sentence, a number and its attachment. Out: [`Kinded`], with the name of the rule that decided. What
//! states a total is told by [`total`](super::total), what a verb says by [`tense`](super::tense).

use super::again::of_day;
use super::attach::{Attachment, Why, core_start, of_them, passes};
use super::date;
use super::date_marks::{Role, When};
use super::kinds::kind_of;
use super::otherwise::in_english_order;
use super::period::{average, label_period, lasting, lasts, period};
use super::rank;
use super::reading::Reading;
use super::tense::{Verb, labelled, own_verb, tense, told_until, verb_stretch};
use super::told_on::{
    added, dated_item, ends_with_stretch, found_among, had_on_day, is_found, is_summed_up, of_record_day, rises_in,
    since_weekday, sums_up,
};
use super::total::{
    brings_total, brought, first_of_all, in_row, own_total, reaching, stated_total, stated_total_words, taken_in, takes,
};
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{Kind, Metric, Period, Statistic};

/// Kind and period of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kinded {
    pub(super) kind: Kind,
    pub(super) period: Option<Period>,
    pub(super) statistic: Option<Statistic>,
    pub(super) rule: &'static str,
}

/// Judges number `n`. `whole` is the verdict on the number that it is a part of or coordinated with.
pub(super) fn judge(
    reading: &Reading<'_, '_>,
    n: usize,
    attachment: &Attachment,
    whole: Option<&Kinded>,
    item: Option<&Kinded>,
) -> Kinded {
    let statistic = average(reading, n).filter(|_| !brings_total(reading, n));
    let period = period(reading, n);
    let verdict = |kind: Kind, rule: &'static str| {
        let period = if kind == Kind::New { period } else { None };
        Kinded { kind, period, statistic, rule }
    };
    if let Some(fixed) = fixed(reading, n, attachment) {
        let mut verdict = verdict(fixed, "stock");
        if attachment.metric == Metric::CaseIncidence {
            verdict.period = label_period(reading, n, attachment).or(verdict.period);
            verdict.rule = "incidence";
        }
        return verdict;
    }
    if reading.pack.topic_first() {
        return topic_first(reading, n, attachment, whole, item, verdict);
    }
    let novelty = novelty(reading, n, attachment);
    let total = stated_total(reading, n, attachment);
    if let Some(rule) = novelty {
        return verdict(Kind::New, rule);
    }
    if rank::reached(reading, n) {
        return verdict(Kind::Cumulative, "passes");
    }
    // "two thirds of Wednesday's 5,357", "5,398 have been reported since Friday": what a day has, and what has come since one.
    if of_day(reading, core_start(reading, n)) || since_weekday(reading, n) || rises_in(reading, n, attachment) {
        return verdict(Kind::New, "of_day");
    }
    // "nine deaths on Friday, all told 287", "926 in the past day and 307,948 altogether".
    if sums_up(reading, n) || is_summed_up(reading, n) {
        return verdict(Kind::Cumulative, "total");
    }
    // "had its deadliest day of the pandemic, with 1,641 dead".
    if of_record_day(reading, n) {
        return Kinded { period: Some(Period::Day), ..verdict(Kind::New, "of_day") };
    }
    // "the toll passed 300,000, after 2,009 were registered".
    if added(reading, n) {
        return verdict(Kind::New, "added");
    }
    // A part, or a number in one row with another, is of the kind of its whole, unless it says otherwise itself.
    let own_period = own_period(reading, n, attachment);
    // "…; Pune alone saw 1,533": a clause of its own with a verb of its own goes by that.
    let apart = match attachment.why {
        Why::Coordinated(earlier) => {
            let clause = reading.clause(reading.numbers.get(n).map_or(0, |number| number.first));
            reading.numbers.get(earlier).is_some_and(|earlier| earlier.first < clause.start)
                // "Nairobi leads with 444, Mombasa has 118" goes on with the row.
                && !reading.word(core_start(reading, n).wrapping_sub(1), Word::Have)
                && tense(reading, n).is_some_and(|(kind, _)| whole.is_some_and(|whole| whole.kind != kind))
        }
        _ => false,
    };
    // "42.039, tras sumar 435": a verb of its own tells it.
    let start = core_start(reading, n);
    // "Osaka confirmed 104", after a total, too; a "had" tells nothing new of the row.
    let leans = matches!(attachment.why, Why::Coordinated(_) | Why::Elliptic);
    let reports = reading.has_ending(start, Sense::Report);
    let counts = matches!(attachment.why, Why::Elliptic | Why::Continued | Why::Suggested)
        && own_verb(reading, n).is_some_and(|verb| verb.perfect && verb.told);
    let told =
        (reports || counts) && (reading.pack.order.verbs_lead || !reading.word(start.wrapping_sub(1), Word::Have));
    // "307 were found on Monday".
    let found = own_period && is_found(reading, n);
    let retold = leans && (told || found);
    // "39,307 have recovered, including 624 yesterday".
    if whole.is_some_and(|whole| whole.kind == Kind::Cumulative) && date::dates_its_part(reading, n) {
        return verdict(Kind::New, "period");
    }
    if let (Some(whole), false, false) = (whole, total.is_some(), apart || retold) {
        let period = period.or(whole.period);
        let kind = whole.kind;
        return Kinded {
            kind,
            period: if kind == Kind::New { period } else { None },
            statistic: statistic.or(whole.statistic),
            rule: "part",
        };
    }
    if own_period && total != Some("row") {
        // "115,000 cases in 24 hours": no words around contradict that.
        return verdict(Kind::New, if ends_with_stretch(reading, n) { "stretch" } else { "period" });
    }
    // No total is an average.
    if statistic.is_some() {
        return verdict(Kind::New, "average");
    }
    if let Some(rule) = total {
        return verdict(Kind::Cumulative, rule);
    }
    // "The city's 3,322 infections made up two thirds of Wednesday's 5,357".
    let shares = reading.numbers.get(n + 1).is_some() && of_day(reading, core_start(reading, n + 1));
    if owned(reading, n) && shares && in_english_order(reading) {
        return verdict(Kind::New, "period");
    }
    if owned(reading, n) && !reading.has(reading.right(n), Sense::PastDay) {
        return verdict(Kind::Cumulative, "owned");
    }
    if taken_in(reading, n) {
        return verdict(Kind::New, "taken_in");
    }
    // "503,862 deaths reported as of 30 June", "233,500 by Sunday": all of them up to then.
    if date::choose(reading, n).is_some_and(|mark| matches!(mark.role, Role::AsOf | Role::By)) {
        return verdict(Kind::Cumulative, "as_of");
    }
    // "ten cases out of 241 tests": what they were found among is counted over the same time.
    if let Some(item) = item.filter(|_| found_among(reading, n)) {
        return Kinded { rule: "among", ..*item };
    }
    // Items of a list without verbs ("Kenya: 72,686 cases, 50,658 recovered") are of one kind.
    let bare = labelled(reading, n);
    // "Первую прививку сделали 31 млн": without a perfect, the past of people who have been vaccinated is a state.
    let state =
        matches!(attachment.metric, Metric::PeopleVaccinated | Metric::PeopleFullyVaccinated | Metric::PeopleBoosted);
    let contrast = reading.numbers.get(n + 1).is_some() && dated_item(reading, n + 1);
    if reading.pack.order.one_past && (state || contrast) {
        return verdict(Kind::Cumulative, "state");
    }
    if let Some(rule) = standing(reading, n, attachment) {
        return verdict(Kind::Cumulative, rule);
    }
    // "has recorded 1,838 new cases and five deaths": one report of both.
    if let Some(item) = item.filter(|item| item.kind == Kind::New && joins(reading, n)) {
        return Kinded { statistic, rule: "row", ..*item };
    }
    // "541 infections, 329 deaths and 28,626 recovered": a participle that nothing follows is a noun.
    if let Some(item) = item.filter(|_| closes_list(reading, n, attachment)) {
        return Kinded { statistic, rule: "item", ..*item };
    }
    // "has recorded 672 deaths, against 541 the day before": what is compared by the day is counted by the day.
    let next = n + 1;
    let by_day = date::compares(reading, next) && reading.has(reading.right(next), Sense::DayEarlier);
    if by_day && reading.numbers.get(next).is_some() {
        return verdict(Kind::New, "compared_by_day");
    }
    if let Some((kind, rule)) = tense(reading, n).filter(|_| !bare) {
        return verdict(kind, rule);
    }
    match item {
        Some(item) => Kinded { statistic, rule: "item", ..*item },
        None => verdict(Kind::Cumulative, "noun_phrase"),
    }
}

/// The same where the topic stands first: the words of a clause before its number are all said of that number, and of
/// "新增" and "累计" the nearer one decides.
fn topic_first(
    reading: &Reading<'_, '_>,
    n: usize,
    attachment: &Attachment,
    whole: Option<&Kinded>,
    item: Option<&Kinded>,
    verdict: impl Fn(Kind, &'static str) -> Kinded,
) -> Kinded {
    let Some(number) = reading.numbers.get(n) else { return verdict(Kind::Cumulative, "noun_phrase") };
    let left = reading.left(n);
    let last = |senses: &[Sense]| {
        reading
            .marks_in(left.clone())
            .filter(|mark| matches!(mark.cue, Cue::Sense(sense) if senses.contains(&sense)))
            .map(|mark| mark.first)
            .max()
    };
    let (fresh, total) = (last(&[Sense::New, Sense::PerDay, Sense::PerWeek]), last(&[Sense::Total]));
    let noun = attachment.mark.filter(|(first, _)| *first >= number.after);
    let between = noun.is_some_and(|(first, _)| reading.has(number.after..first, Sense::New))
        || number.value == 0.0 && reading.has_at(number.after, Sense::New);
    let cumulative = left.clone().any(|at| reading.word(at, Word::Cumulative));
    if (between || fresh.is_some() && fresh > total) && !cumulative {
        return verdict(Kind::New, "new");
    }
    // "过去14日累计32宗": a total of the period.
    let span = last(&[Sense::PastDay, Sense::PastWeek, Sense::PastFortnight, Sense::PastMonth, Sense::LastWeek]);
    if span.is_some() && total.is_some() {
        return verdict(Kind::New, "period");
    }
    // The day of a statement is no period of what it states; "昨日共报告22例" counts that day.
    let said = date::choose(reading, n).is_some_and(|mark| reading.is_statement(mark.after));
    let period = own_period(reading, n, attachment) && !said;
    if total.is_some() && !cumulative && period {
        return verdict(Kind::New, "period");
    }
    if cumulative || total.is_some() || number.words && reading.word(number.first, Word::First) {
        return verdict(Kind::Cumulative, "total");
    }
    // "增加4193例，达到45525例".
    let dated = |at: usize| reading.dates.iter().any(|mark| mark.first <= at && at < mark.after);
    let reached = |at: usize| reading.word(at, Word::Reached) && !dated(at);
    if reading.phrase(n).any(reached) && fresh.is_none() {
        return verdict(Kind::Cumulative, "reaches");
    }
    if let Some(whole) = whole {
        let named = verdict(whole.kind, "part");
        let period = named.period.or(whole.period).filter(|_| whole.kind == Kind::New);
        return Kinded { period, statistic: named.statistic.or(whole.statistic), ..named };
    }
    let rises = reading.has_ending(core_start(reading, n), Sense::ByWord);
    if rises || reading.is(number.first.wrapping_sub(1), "+") {
        return verdict(Kind::New, "rise_by");
    }
    // "报告逾1.58万例病例": what bounds a number with its noun behind is no verb of its own.
    if passes(reading, n) && noun.is_none()
        || matches!(attachment.why, Why::Governed | Why::Label) && reaching(reading, n)
    {
        return verdict(Kind::Cumulative, "reaches");
    }
    let perfect = reading.has(left.start..reading.right(n).end, Sense::Perfect);
    if period && !perfect {
        return verdict(Kind::New, "period");
    }
    if perfect {
        return verdict(Kind::Cumulative, "perfect");
    }
    if let Some((kind, rule)) = tense(reading, n) {
        return verdict(kind, rule);
    }
    match item {
        Some(item) => Kinded { rule: "item", ..*item },
        // "16人死亡": an event is told with its verb behind, a count with its noun before.
        None if noun.is_some() && number.value > 0.0 && happens(attachment.metric) => verdict(Kind::New, "simple_past"),
        None => verdict(Kind::Cumulative, "noun_phrase"),
    }
}

/// What is told as an event of the day, where nothing says that it is a total.
fn happens(metric: Metric) -> bool {
    matches!(metric, Metric::Cases | Metric::Deaths | Metric::Recoveries)
}

/// Stocks and rates are what they are; admissions and people put into quarantine can be counts.
fn fixed(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<Kind> {
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let words = attachment.mark.map_or(0..0, |(first, after)| first..after);
    // "a further 374,228 are quarantined", "358 are admitted": what they are, they are now.
    let are = attachment.mark.is_some_and(|(first, _)| reading.word(first.wrapping_sub(1), Word::Are));
    let are = are && !own_period(reading, n, attachment) && !lasting(reading, n);
    match attachment.metric {
        Metric::Hospitalisations | Metric::Quarantined | Metric::CloseContacts if are => Some(Kind::Current),
        Metric::Hospitalisations => {
            // "234 on admission" lie there.
            let state = reading.word(words.start, Word::On);
            let plain = !state && words.clone().any(|at| reading.word(at, Word::Admission));
            let admitted = plain || words.clone().any(|at| reading.word(at, Word::PerhapsAdmission));
            let remain =
                reading.has(clause.clone(), Sense::Today) || clause.clone().any(|at| reading.word(at, Word::Remains));
            // "67,096 were hospitalized on Thursday" lay there; "290 were hospitalized in the past day" came.
            let period = plain && own_period(reading, n, attachment) || lasting(reading, n);
            let new = novelty(reading, n, attachment).is_some() || admitted && period;
            Some(if new || plain && !remain { Kind::New } else { Kind::Current })
        }
        Metric::CloseContacts if !clause.clone().any(|at| reading.word(at, Word::Remains)) => None,
        Metric::Quarantined | Metric::CloseContacts => {
            // "已排查到密切接触者56人": contacts once found stay found.
            let found = attachment.metric == Metric::CloseContacts
                && reading.pack.topic_first()
                && reading.has(clause.clone(), Sense::Perfect);
            let total = found || stated_total_words(reading, clause);
            if novelty(reading, n, attachment).is_some() {
                return Some(Kind::New);
            }
            Some(if total { Kind::Cumulative } else { Kind::Current })
        }
        Metric::DeathRate => {
            let period = period(reading, n).is_some() || novelty(reading, n, attachment).is_some();
            Some(if period { Kind::New } else { Kind::Cumulative })
        }
        metric => kind_of(metric).fixed,
    }
}

/// Rule 1: what makes the number itself new.
fn novelty(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<&'static str> {
    let number = reading.numbers.get(n)?;
    let start = core_start(reading, n);
    // "another 603", "a further 19", "an additional 5": before the number.
    for at in [start, number.first] {
        if reading.has_ending(at, Sense::New) {
            return Some("new");
        }
    }
    if (start..number.first).any(|at| reading.has_at(at, Sense::New)) {
        return Some("new");
    }
    // "438 more cases of the new coronavirus, bringing the total to 5,766": the virus is new.
    let fresh_ones = |at: usize| {
        reading.has_at(at, Sense::New) && !(reading.has_at(at + 1, Sense::Covid) && reading.metric_at(at + 2).is_none())
    };
    // "of the new patients 22", "1,436 of the new cases"; "27 more were announced", "1,061 new".
    let of_new = reading.left(n).any(|at| {
        reading.word(at, Word::Of)
            && reading.one_of(at + 1, &[Word::The, Word::Those, Word::Its])
            && (at + 2..at + 4).any(fresh_ones)
    });
    let of_those = reading.word(number.after, Word::Of)
        && reading.one_of(number.after + 1, &[Word::The, Word::Those, Word::Its])
        && (number.after + 2..number.after + 4).any(fresh_ones);
    if of_new || of_those {
        return Some("new_part");
    }
    // "8,044 of them new".
    let closed = |at: usize| reading.tokens.get(at).is_none_or(|token| token.kind == TokenKind::Mark);
    let behind =
        if of_them(reading, number.after) && closed(number.after + 3) { number.after + 2 } else { number.after };
    if reading.has_at(behind, Sense::New) && !reading.has_at(behind, Sense::Overnight) {
        return Some("new");
    }
    // The number is itself the article of "a new case", or the "no" of "no new deaths".
    // "1,812 new cases", "52 more patients": between the number and its noun.
    let (mark_first, mark_after) = attachment.mark.unwrap_or((number.after, number.after));
    if mark_first >= number.after {
        let near = number.after..mark_first.min(number.after + 6);
        let end = near.clone().find(|at| reading.has_at(*at, Sense::Stop) && !reading.word(*at, Word::Of));
        let fresh = reading
            .marks_in(near.start..end.unwrap_or(near.end))
            .any(|mark| mark.cue == Cue::Sense(Sense::New) && !reading.has_at(mark.first, Sense::Overnight));
        let broken = near.clone().any(|at| reading.has_at(at, Sense::Stop) && !reading.word(at, Word::Of));
        let inside = reading.pack.order.verbs_lead && (mark_first..mark_after).any(|at| reading.word(at, Word::New));
        if fresh && !broken || inside || freshened(reading, mark_after.max(number.after)) {
            return Some("new");
        }
    } else if attachment.why != Why::Coordinated(0) {
        // "new infections nil", "the number of new cases stood at N", "the daily toll was N".
        let first = mark_first.saturating_sub(6);
        let fresh = reading.marks_in(first..mark_first).any(|mark| {
            mark.cue == Cue::Sense(Sense::New)
                && (mark.after..mark_first)
                    .all(|at| reading.has_at(at, Sense::Modifier) || reading.has_at(at, Sense::New))
        });
        // "the daily increase in infections fell to N".
        let daily = reading.marks_in(mark_first.saturating_sub(5)..mark_first).any(|mark| {
            reading.word(mark.first, Word::Daily)
                && (mark.after..mark_first).all(|at| reading.word(at, Word::DailyWhat))
        });
        // "infections hit a record N": what breaks records is the count of a day.
        let counted = reading
            .marks
            .iter()
            .any(|mark| mark.first == mark_first && mark.after == mark_after && matches!(mark.cue, Cue::Noun(_)));
        let record = counted && reading.word(number.first.wrapping_sub(1), Word::Record);
        let fresh = fresh || daily || record;
        let inside = (mark_first..mark_after).any(|at| reading.one_of(at, &[Word::New, Word::Daily]));
        let of_day = reading.one_of(mark_after, &[Word::Of, Word::For]) && reading.word(mark_after + 2, Word::Day);
        // "raising the day's tally to 7,244".
        let periodic = reading
            .ending_at(mark_first)
            .any(|mark| matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth)));
        let fresh = fresh || periodic || freshened(reading, mark_after);
        // "the number of new cases rose by 40 to 520": both are new.
        if fresh || inside || of_day {
            return Some("new");
        }
    }
    // "Побили рекорд по приросту: 5 032 заболевших": what breaks records is the count of a day.
    let link = start.wrapping_sub(1);
    let clause = reading.clause(number.first);
    let recorded = || (clause.start..link).any(|at| reading.word(at, Word::Record) || reading.has_at(at, Sense::New));
    if reading.pack.order.verbs_lead && reading.is(link, ":") && recorded() {
        return Some("record");
    }
    // "(+ 1,008)", "+15".
    if reading.is(number.first.wrapping_sub(1), "+") {
        return Some("plus");
    }
    // "climbed by 4,206", "an increase of 40".
    let by = reading
        .ending_at(start)
        .chain(reading.ending_at(number.first))
        .find(|mark| mark.cue == Cue::Sense(Sense::ByWord));
    if let Some(mark) = by {
        let clause = reading.clause(number.first);
        let verb = mark.after > mark.first + 1 || reading.has(clause.start..mark.first, Sense::RiseVerb);
        if verb {
            return Some("rise_by");
        }
    }
    // "Ежедневно умирают около 700".
    let lead = reading.marks_in(reading.left(n)).any(|mark| {
        matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth))
            && reading.has(mark.after..start, Sense::Report)
    });
    if lead && reading.pack.order.verbs_lead {
        return Some("rate");
    }
    // "40,000 a day", "2,000 new cases a day".
    let right = reading.right(n);
    let daily = reading.marks_in(number.after..right.end.min(mark_after.max(number.after) + 7)).any(|mark| {
        matches!(mark.cue, Cue::Sense(Sense::PerDay | Sense::PerWeek | Sense::PerMonth))
            && !reading.one_of(mark.first, &[Word::Alone, Word::This])
            // "infections (daily change 2.0 percent)".
            && !(number.after + 1..mark.first).any(|at| reading.is(at, "("))
            // "111,796 on Wednesday, the largest daily increase to date" speaks of another number.
            && !(number.after..mark.first).any(|at| reading.is(at, ",") && reading.one_of(at + 1, &[Word::The, Word::Article]))
    });
    daily.then_some("rate")
}

/// "1.812 casos nuevos", "52 más": where adjectives follow, what makes a number new may stand behind its noun.
fn freshened(reading: &Reading<'_, '_>, after: usize) -> bool {
    for at in after..after + 3 {
        if reading.has_at(at, Sense::New) {
            // "40 más que ayer" is a difference, "más de 40" begins another number.
            let compares = reading.word(at, Word::More) && (reading.than(at + 1) || reading.word(at + 1, Word::Of));
            return reading.pack.order.adjectives_follow && !compares;
        }
        if !(reading.has_at(at, Sense::Modifier) || reading.has_at(at, Sense::People)) || reading.word(at, Word::And) {
            return false;
        }
    }
    false
}

/// Rule 1, second half: a period on the number's own verb.
fn own_period(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some(number) = reading.numbers.get(n) else { return false };
    if number.words && reading.word(number.first, Word::First) || first_of_all(reading, n) {
        return false;
    }
    // "the toll reached 320 on Monday" dates a total; "in total on Saturday" counts that day.
    let governed = matches!(attachment.why, Why::Governed | Why::Pointer);
    if passes(reading, n) || brought(reading, n) {
        return false;
    }
    let clause = reading.clause(number.first);
    if reading.has(reading.left(n), Sense::Bringing) && !takes(reading, n, attachment) {
        return false;
    }
    if owned(reading, n) && date::choose(reading, n).is_some_and(|mark| !reading.right(n).contains(&mark.first)) {
        return false;
    }
    // "65,751 have recovered, 1,337 in the past day".
    let near = number.after..number.after + 3;
    let aside = n > 0 && reading.is(core_start(reading, n).wrapping_sub(1), ",") && !reading.pack.order.verbs_lead;
    if governed && aside && reading.dates.iter().any(|date| near.contains(&date.first) && lasts(reading, date)) {
        return true;
    }
    if governed && reaching(reading, n) {
        let loose = reading.has_ending(core_start(reading, n), Sense::Reaches)
            && reading.one_of(core_start(reading, n).wrapping_sub(1), &[Word::With, Word::Was])
            && attachment.mark.is_some_and(|(first, _)| counted(reading, first));
        return reading.has(number.after..clause.end.min(number.after + 4), Sense::PerDay)
            || loose && lasting(reading, n);
    }
    let Some(mark) = date::choose(reading, n).filter(|mark| clause.contains(&mark.first)) else { return false };
    if matches!(mark.role, Role::AsOf | Role::By | Role::Since) || matches!(mark.when, When::Year) {
        return false;
    }
    // "over the past day 300 recovered, and 9,000 have recovered in total": the day is the first number's.
    let another = reading.numbers.iter().any(|other| (mark.first..number.first).contains(&other.first));
    let beside = reading.left(n).contains(&mark.first) || reading.right(n).contains(&mark.first);
    if another && reading.has(reading.right(n), Sense::Total) || !beside && own_total(reading, n) {
        return false;
    }
    // "17.402 casos acumulados y 988 en la última semana": the week is the second number's.
    let right = reading.right(n);
    let total = reading.has(right.clone(), Sense::Total) || stated_total_words(reading, reading.left(n));
    if mark.first > right.end && total {
        return false;
    }
    // "so far", "to date", "now" are no period.
    let now = reading.marks.iter().any(|cue| {
        cue.first == mark.first && cue.cue == Cue::Sense(Sense::Today) && !reading.word(cue.first, Word::Today)
    });
    if now {
        return false;
    }
    let month = matches!(mark.when, When::Month(..));
    // "in the whole of April".
    let before = mark.first.wrapping_sub(1);
    let within =
        reading.word(before, Word::Of) && (before.saturating_sub(3)..before).any(|at| reading.word(at, Word::In));
    if month && !reading.word(before, Word::In) && !within && !reading.pack.topic_first() {
        return false;
    }
    // "has 434 cases on Monday" is a state; "has reported 434 cases in the past 24 hours" and "had been recorded on
    // Monday" are counts of the day.
    let period = lasts(reading, mark);
    let near = |verb: &Verb| {
        let opens = mark.first <= clause.start + 2;
        let behind = mark.first > verb.first && (number.after..mark.first).all(|at| !reading.is(at, ","));
        opens || behind
    };
    let perfect = match own_verb(reading, n) {
        Some(verb) => verb.perfect && !(verb.told && near(&verb)) && !had_on_day(reading, n, &verb, mark),
        None => false,
    };
    // "415 have recovered, and 18,757 tests were made in the past day": the day is that of the second verb.
    let next = reading.right(n).end;
    let beyond = perfect
        && mark.first > next
        && [Sense::Report, Sense::Perfect].iter().any(|sense| reading.has(next..mark.first, *sense));
    // "ha administrado 41.302 dosis este martes": where the auxiliary is no verb of having, the day is the report's.
    let stretch = verb_stretch(reading, n);
    let auxiliary = reading.pack.order.perfect_reports
        && reading
            .marks_in(stretch.start..told_until(reading, n).min(stretch.end))
            .all(|cue| cue.cue != Cue::Sense(Sense::Perfect) || reading.word(cue.first, Word::Have));
    // "A enregistré 300 cas mardi": a perfect that tells what happened on a day.
    let told = || {
        let stretch = reading.marks_in(verb_stretch(reading, n));
        let verb = stretch.rev().find(|cue| cue.cue == Cue::Sense(Sense::Perfect));
        verb.is_some_and(|verb| reading.word(verb.first, Word::PastAuxiliary)) && !date::is_statement(reading, mark)
    };
    !beyond && (period || !perfect || auxiliary && matches!(mark.when, When::Day(_)) || told())
}

/// What is a total without a perfect: a number that a count is said to be, a bound, a round number of many digits. Only
/// where one past tense serves for both.
fn standing(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> Option<&'static str> {
    let number = reading.numbers.get(n).filter(|_| reading.pack.order.one_past)?;
    let (first, _) = attachment.mark.unwrap_or((number.after, number.after));
    if first < number.first && (first.saturating_sub(2)..=first).any(|at| reading.word(at, Word::Count)) {
        return Some("count");
    }
    let bounded = [Sense::MoreThan, Sense::Nearly].iter().any(|sense| reading.has_ending(number.first, *sense));
    let large = number.grouped && number.value >= 1e5 && number.value % 1e3 == 0.0;
    ((bounded || large) && date::choose(reading, n).is_none()).then_some("large")
}

/// Whether a number ends a list with a participle for its noun: "and 28,626 recovered".
fn closes_list(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some((number, (first, after))) = reading.numbers.get(n).zip(attachment.mark) else { return false };
    let noun = reading.metric_at(first).is_some_and(|mark| matches!(mark.cue, Cue::Noun(_)));
    let ends = reading.tokens.get(after).is_none_or(|token| matches!(token.text, "." | ";" | ","));
    first == number.after
        && noun
        && reading.has_at(first, Sense::Report)
        && ends
        && attachment.why != Why::Active
        && in_row(reading, n)
}

/// Whether a number goes on with the one before it, as no total does: a larger one may be all that there have been.
fn joins(reading: &Reading<'_, '_>, n: usize) -> bool {
    let before = n.checked_sub(1).and_then(|before| reading.numbers.get(before));
    let smaller = before.zip(reading.numbers.get(n)).is_some_and(|(before, this)| this.value < before.value);
    smaller && in_row(reading, n) && !reading.pack.order.verbs_lead
}

/// "its 30,236 deaths": all that a place has, whatever its sentence tells of.
fn owned(reading: &Reading<'_, '_>, n: usize) -> bool {
    let first = reading.numbers.get(n).map_or(0, |number| number.first);
    // "It's 417" owns nothing.
    reading.one_of(first.wrapping_sub(1), &[Word::Its, Word::Genitive])
        && !reading.pack.order.verbs_lead
        && !reading.has_ending(first, Sense::Reaches)
}

/// Whether a noun that counts one by one begins at a token.
fn counted(reading: &Reading<'_, '_>, first: usize) -> bool {
    reading.marks.iter().any(|mark| mark.first == first && matches!(mark.cue, Cue::Noun(_)))
}
