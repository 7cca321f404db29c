//! Which place a number belongs to.
//!
//! In: a sentence that has been read, a number, and the [`Context`] that the story has built up so far. Out: a
//! [`Located`]. What holds: a place is never taken from the object of a comparison, a phrase of origin, an exception, a
//! place of statement, or the nationality of patients; a list with an open end names no place.

use super::home::Mostly;
use super::items::{apposed, closed_by, in_aside};
use super::lean::of_unknown_name;
use super::located::Located;
use super::mention::Mention;
use super::otherwise::in_english_order;
use super::rank::Rank;
use super::reading::Reading;
use super::roles::{foreign_prep, governs, located, near_capital_statement, usable};
use super::spots::Spot;
use super::vessel::{facility, named_vessel};
use crate::extract::places::{Place, PlaceForm, Places};
use crate::language::Cue;
use crate::language::pack::{Sense, Word};
use crate::model::{PlaceHow, PlaceKind};

/// What the story has said of places up to here.
#[derive(Default, Clone)]
pub(super) struct Context<'p> {
    /// Last country in subject position.
    pub(super) country: Option<&'p Place>,
    /// Last division named.
    pub(super) division: Option<&'p Place>,
    /// Last city named.
    pub(super) city: Option<&'p Place>,
    /// Place of the last observation.
    pub(super) last: Option<Located<'p>>,
    /// The country whose parts the last sentence with figures listed.
    pub(super) listed: Option<Located<'p>>,
    /// The place that has opened a sentence since the last observation.
    pub(super) focus: Option<&'p Place>,
    /// A heading or label that governs the lines below it.
    pub(super) label: Option<&'p Place>,
    /// Last capital of a country named.
    pub(super) capital: Option<&'p Place>,
    /// Last continent named.
    pub(super) continent: Option<&'p Place>,
    /// Place named last, of any kind.
    pub(super) named: Option<&'p Place>,
    /// Country of the dateline.
    pub(super) dateline: Option<&'p Place>,
    /// Division of the dateline.
    pub(super) home: Option<&'p Place>,
    /// It is written behind the town ("SIOUX FALLS, S.D."), as papers do that tell of it.
    pub(super) local: bool,
    /// A country was named itself.
    pub(super) nation: bool,
    /// What most places are of that the story names, where the dateline has no division.
    pub(super) mostly: Mostly<'p>,
}

/// A sentence with its places.
pub(super) struct Sentence<'r, 't, 'p> {
    pub(super) reading: &'r Reading<'t, 'p>,
    pub(super) mentions: Vec<Mention<'p>>,
    pub(super) places: &'p Places,
}

/// The places of number `n`: several only for a distributive "each".
pub(super) fn locate<'p>(
    sentence: &Sentence<'_, '_, 'p>,
    context: &Context<'p>,
    n: usize,
    rank: Option<&Rank>,
    whole: Option<Located<'p>>,
) -> Vec<Located<'p>> {
    let reading = sentence.reading;
    let Some(number) = reading.numbers.get(n) else { return vec![Located::none()] };
    let clause = reading.clause(number.first);
    let right = reading.right(n);
    let at = |mention: &Mention<'p>| vec![Located::at(reading, mention)];
    if let Some(mention) = respectively(sentence, n) {
        return at(mention);
    }
    let each = each_of(sentence, n, rank);
    if !each.is_empty() {
        return each.into_iter().map(|mention| Located::at(reading, mention)).collect();
    }
    // "商丘、开封各1例": the places before it have as many each.
    if reading.pack.topic_first() && reading.has_ending(super::attach::core_start(reading, n), Sense::Each) {
        let row = reading.left(n);
        let each = sentence
            .mentions
            .iter()
            .filter(|mention| row.contains(&mention.spot.first) && usable(reading, &mention.spot, rank));
        let each: Vec<_> = each.map(|mention| Located::at(reading, mention)).collect();
        if !each.is_empty() {
            return each;
        }
    }
    if let Some(mention) = teller(sentence, n) {
        return at(mention);
    }
    // "a third of Spain's 525,549 cases", "11,767 South Africans tested positive, most of them in Gauteng".
    if let Some(mention) = owner(sentence, n).or_else(|| people(sentence, n)) {
        return at(mention);
    }
    // (1) In one bracket or list item with the number.
    if let Some(mention) = item(sentence, n, rank) {
        return at(mention);
    }
    if let Some(mention) = closed_by(sentence, n).or_else(|| apposed(sentence, n)) {
        return at(mention);
    }
    // (3) before (2), because "N cases in P" binds more tightly than the clause's subject.
    let behind = behind(sentence, n, rank);
    if let Some(label) = sentence_label(sentence, number.first).filter(|_| behind.is_empty()) {
        return at(label);
    }
    if reading.has(number.after..clause.end, Sense::OpenEnd) && !behind.is_empty() {
        return vec![Located::none()];
    }
    if reading.has(right.start..right.end.min(number.after + 4), Sense::Each) && behind.len() > 1 {
        return behind.into_iter().map(|mention| Located::at(reading, mention)).collect();
    }
    if let Some(facility) = named_vessel(reading, n).or_else(|| facility(reading, n, &behind)) {
        return vec![facility];
    }
    if let Some(mention) = innermost(sentence, &behind) {
        return at(mention);
    }
    // (2) The nearest place before the number that governs the clause.
    if let Some(mention) = subject(sentence, clause.start..number.first, rank) {
        let mention = inner(sentence, mention);
        let place = mention.spot.place;
        if in_english_order(reading) && of_unknown_name(reading, n) && place.kind != PlaceKind::Country {
            return vec![around(sentence, context, place)];
        }
        return at(mention);
    }
    // A part and a pointing subject belong to the place of what they point to.
    if let Some(whole) = whole.filter(|whole| whole.place.is_some() || whole.facility) {
        return vec![whole];
    }
    // A subject behind the number: "With 8.8 million infections India is …".
    let after = sentence.mentions.iter().find(|mention| {
        let spot = &mention.spot;
        clause.contains(&spot.first)
            && spot.first >= number.after
            && governs(reading, spot, rank)
            && (mention.adverb || !foreign_prep(reading, spot))
            // "behind the United States (5.9 million)".
            && !reading.is(spot.after, "(")
            // "98 had died, a toll that Italy reached in a fortnight".
            && !reading.word(spot.first.wrapping_sub(1), Word::Relative)
            && !of_another(reading, n, mention, rank)
            && !of_next(reading, n, spot)
    });
    if let Some(mention) = after {
        return at(mention);
    }
    // The rest of the sentence: its subject, when this clause has none.
    if let Some(mention) = subject(sentence, 0..clause.start, rank) {
        return at(mention);
    }
    // "54,000 more recovered, taking Turkey's total past 3.48 million": whose total takes it in.
    let owner = sentence.mentions.iter().find(|mention| {
        let spot = &mention.spot;
        mention.how == PlaceHow::Possessive
            && spot.first >= number.after
            && reading.has_ending(spot.first, Sense::Bringing)
    });
    if let Some(mention) = owner {
        return at(mention);
    }
    // "Com as 98 novas mortes, o Paraná passa a ter 5.711": the subject opens the next clause.
    let next = reading.clause(clause.end).start.max(clause.end);
    let opener = sentence.mentions.iter().find(|mention| {
        let spot = &mention.spot;
        spot.first >= next && spot.first <= next + 1 && governs(reading, spot, rank) && !foreign_prep(reading, spot)
    });
    if let Some(mention) = opener.filter(|_| clause.start == 0 && clause.end < reading.tokens.len()) {
        return at(mention);
    }
    // (4) An institution of one country.
    let country = reading.marks.iter().find_map(|mark| match mark.cue {
        Cue::Institution(n) => reading.pack.institutions.get(n),
        _ => None,
    });
    if let Some(place) = country.and_then(|country| sentence.places.by_id(country)) {
        return vec![Located { place: Some(place), facility: false, how: PlaceHow::Source, span: None, written: None }];
    }
    // (6) The sentence before, while no new place has appeared.
    let inherited = |place: &'p Place| vec![Located::inherited(place)];
    // "EUROPE", above countries one by one, is not what their figures are of.
    let wide = context.label.filter(|label| matches!(label.kind, PlaceKind::Region | PlaceKind::World));
    let one = |place: &Place| place.iso2.is_some();
    let told =
        wide.is_some() && (context.focus.is_some_and(one) || context.last.and_then(|last| last.place).is_some_and(one));
    if let Some(place) = context.label.filter(|_| !told).or(context.focus) {
        return inherited(place);
    }
    if let Some(last) = context.last {
        let how = if last.place.is_some() { PlaceHow::Inherited } else { last.how };
        return vec![Located { how, span: None, ..last }];
    }
    context.around().map_or_else(|| vec![Located::none()], inherited)
}

impl<'p> Context<'p> {
    /// The division that the story is of: that of the dateline, else that of most names.
    pub(super) fn own(&self) -> Option<&'p Place> {
        self.home.or(self.mostly.division)
    }

    /// What the text is about where it says nothing: the country in subject position; where none was named itself, the division
    /// that was or that the dateline names.
    fn around(&self) -> Option<&'p Place> {
        let of_country = |division: &&Place| self.country.is_none_or(|country| country.iso2 == division.iso2);
        let division = self.division.or(self.home.filter(|_| self.local));
        division.filter(of_country).filter(|_| !self.nation).or(self.country)
    }
}

/// "Kaduna and Ebonyi had 20 each", "Chittoor, West Godavari 10 each": a row of places before a number that each of them has.
fn each_of<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize, rank: Option<&Rank>) -> Vec<&'s Mention<'p>> {
    let reading = sentence.reading;
    let Some(number) = reading.numbers.get(n) else { return Vec::new() };
    // "20 new cases each".
    let each = (number.after..number.after + 4).find(|at| reading.has_at(*at, Sense::Each));
    let noun = |at: usize| {
        reading.metric_at(at).is_some() || reading.has_at(at, Sense::New) || reading.has_at(at, Sense::Modifier)
    };
    if !in_english_order(reading) || !each.is_some_and(|each| (number.after..each).all(noun)) {
        return Vec::new();
    }
    let left = reading.left(n);
    let mut row: Vec<&Mention<'p>> = Vec::new();
    for mention in sentence.mentions.iter().rev() {
        let spot = &mention.spot;
        let next = row.last().map(|next| next.spot.first);
        let link = |at: usize| reading.is(at, ",") || reading.word(at, Word::And);
        let joined = match next {
            Some(next) => spot.after < next && next <= spot.after + 2 && (spot.after..next).all(link),
            None => spot.after <= number.first && number.first <= spot.after + 2,
        };
        if left.contains(&spot.first) && joined && spot.form == PlaceForm::Name && usable(reading, spot, rank) {
            row.push(mention);
        }
    }
    row.reverse();
    if row.len() > 1 { row } else { Vec::new() }
}

/// What an item of a list lies in that stands behind `place` and has a name that no table knows: the division that the text spoke
/// of before, if `place` lies in it, else the country.
fn around<'p>(sentence: &Sentence<'_, '_, 'p>, context: &Context<'p>, place: &'p Place) -> Located<'p> {
    let spoken = context.label.or(context.focus).or(context.last.and_then(|last| last.place));
    let holds = |spoken: &&'p Place| {
        spoken.kind == PlaceKind::Subdivision && spoken.id != place.id && spoken.subdivision == place.subdivision
    };
    let spoken = spoken.filter(holds);
    let country = || place.iso2.as_deref().and_then(|country| sentence.places.country(country));
    spoken.or_else(country).map_or_else(Located::none, Located::inherited)
}

/// The possessor right before a number.
fn owner<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let start = super::attach::core_start(reading, n);
    let owns = |mention: &&Mention<'p>| {
        let spot = &mention.spot;
        mention.how == PlaceHow::Possessive && spot.form == PlaceForm::Name && spot.after == start
    };
    sentence.mentions.iter().find(owns).filter(|_| !reading.pack.topic_first())
}

/// A people that a number counts, or whose cases it counts ("300 American infections"), and behind which its own phrase says no
/// place.
fn people<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let after = reading.numbers.get(n)?.after;
    let describes = |at: usize| reading.has_at(at, Sense::New) || reading.has_at(at, Sense::Modifier);
    let counted = |mention: &&Mention<'p>| {
        let spot = &mention.spot;
        let people = spot.form == PlaceForm::People && spot.first == after;
        let cases = spot.form == PlaceForm::Demonym && reading.metric_at(spot.after).is_some();
        people || cases && (after..after + 3).contains(&spot.first) && (after..spot.first).all(describes)
    };
    let mention = sentence.mentions.iter().find(counted)?;
    // "131 Egyptians and 113 Kuwaitis", in a story of Kuwait: who they are, and not where.
    let spot = &mention.spot;
    let foreign = reading.country.is_some() && spot.place.iso2.as_deref() != reading.country;
    let others = || reading.spots.iter().filter(|other| other.form == PlaceForm::People);
    if spot.form == PlaceForm::People && foreign && others().any(|other| other.place.id != spot.place.id) {
        return None;
    }
    let right = reading.right(n);
    let end = right.clone().find(|at| reading.is(*at, ",")).unwrap_or(right.end);
    let placed = |other: &Mention<'p>| (mention.spot.after..end).contains(&other.spot.first);
    (!sentence.mentions.iter().any(placed)).then_some(mention)
}

/// The places in phrases of place behind a number: "N cases in P", "N nationwide".
fn behind<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize, rank: Option<&Rank>) -> Vec<&'s Mention<'p>> {
    let reading = sentence.reading;
    let Some(number) = reading.numbers.get(n) else { return Vec::new() };
    let right = reading.right(n);
    let aside = |spot: &Spot<'p>| (number.after..spot.first).any(|at| reading.word(at, Word::Digression));
    // "352 of the Kenyan cases": of which whole it is a part.
    let whole = |spot: &Spot<'p>| {
        spot.form == PlaceForm::Demonym && reading.word(number.after, Word::Of) && spot.first <= number.after + 3
    };
    let says_where = |mention: &&Mention<'p>| {
        let spot = &mention.spot;
        right.contains(&spot.first)
            && (mention.adverb && usable(reading, spot, rank) || located(reading, spot, rank))
            && !aside(spot)
            && !whole(spot)
            && !of_next(reading, n, spot)
    };
    sentence.mentions.iter().filter(says_where).collect()
}

/// "more than the 38,792 that India announced": who told of the number stands right behind it.
fn teller<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let number = reading.numbers.get(n)?;
    let relative = (number.after..number.after + 3)
        .find(|at| reading.word(*at, Word::Relative))
        .filter(|relative| (number.after..*relative).all(|at| reading.metric_at(at).is_some()))?;
    sentence.mentions.iter().find(|mention| {
        let told = |at: usize| reading.has_at(at, Sense::Report) || reading.has_at(at, Sense::Perfect);
        mention.spot.first == relative + 1 && mention.spot.form == PlaceForm::Name && told(mention.spot.after)
    })
}

/// Whether a place behind number `n` is where a later number was counted: "Of the 675 cases, 193 were in Dublin".
fn of_another(reading: &Reading<'_, '_>, n: usize, mention: &Mention<'_>, rank: Option<&Rank>) -> bool {
    let spot = &mention.spot;
    let later = reading.numbers.iter().skip(n + 1).any(|number| number.after <= spot.first);
    later && !mention.adverb && located(reading, spot, rank)
}

/// Whether a place opens what is said of the next number: "2.9 million in the country, and in Peru 3.4 million".
fn of_next(reading: &Reading<'_, '_>, n: usize, spot: &Spot<'_>) -> bool {
    // What this one is told per, or a share of it, is not the next.
    let right = reading.right(n);
    let behind = reading.numbers.iter().skip(n + 1).position(|next| next.first >= right.end);
    let later = behind.map_or(n + 1, |steps| n + 1 + steps);
    let Some(next) = reading.numbers.get(later).filter(|next| spot.after <= next.first) else { return false };
    if !right.contains(&spot.first) {
        return false;
    }
    let start = super::attach::core_start(reading, later).max(spot.after);
    // "over half of the national figure of 6,750".
    let counts = reading.one_of(spot.after, &[Word::Figure, Word::Total, Word::Count]);
    if counts && reading.word(spot.after + 1, Word::Of) && start <= spot.after + 3 {
        return true;
    }
    // The phrase of place: its preposition, and what stands between that and the name.
    let mut open = spot.first;
    while open > right.start && reading.word(open - 1, Word::PlaceStep) && !reading.word(open - 1, Word::And) {
        open -= 1;
    }
    let preposed = reading.has_ending(open, Sense::Locative);
    open -= usize::from(preposed);
    let link = |at: usize| reading.is(at, ",") || reading.is(at, ";") || reading.word(at, Word::And);
    // "…, that of Spain to 689".
    if preposed && reading.one_of(open.wrapping_sub(1), &[Word::That, Word::Those]) && link(open.wrapping_sub(2)) {
        open -= 1;
    }
    // "followed by Texas with 28,904", "then Ohio".
    let follows = |at: usize| {
        let next = if reading.word(at, Word::By) { at.wrapping_sub(1) } else { at };
        reading.word(next, Word::RankNext)
    };
    let opens = open > right.start && (link(open - 1) || follows(open - 1));
    // "and in Grenada, which had one, 96": what is said of the place between is an aside.
    let relative = preposed && reading.is(spot.after, ",") && reading.word(spot.after + 1, Word::PlaceRelative);
    // "and St Petersburg for 1,504".
    let carrier = [Word::With, Word::For, Word::At, Word::To];
    let carried = reading.one_of(spot.after, &carrier) && start == spot.after + 1;
    let joined = relative
        || start == spot.after
        || carried
        || preposed && (spot.after..start).all(|at| !link(at)) && start <= spot.after + 4;
    let behind_next = reading.right(later);
    // "Tokyo 12": an item; "in Rome, 5 in Milan" is none, since the next number has a place of its own.
    opens && joined && next.first < behind_next.end.max(next.after)
}

/// "Georgia (40)", "(40 in Gori)", "Oman 121,129", "Kerala: 300", "India as a whole 12.74 crore".
pub(super) fn item<'s, 'p>(
    sentence: &'s Sentence<'_, '_, 'p>,
    n: usize,
    rank: Option<&Rank>,
) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let number = reading.numbers.get(n)?;
    let ending = |at: usize| sentence.mentions.iter().find(|mention| mention.spot.after == at);
    let bracket = reading.is(number.first.wrapping_sub(1), "(");
    if bracket && let Some(mention) = ending(number.first - 1) {
        return Some(mention);
    }
    let mut at = super::attach::core_start(reading, n);
    while at > 0 {
        let comma = reading.is(at - 1, ",");
        let mark = comma || ["-", ":", "="].iter().any(|mark| reading.is(at - 1, mark));
        // "y la provincia de Liaoning, cinco": the comma stands for the verb.
        let elliptic = comma && n > 0 && reading.pack.order.verbs_lead && {
            reading.tokens.get(number.after).is_none_or(|next| matches!(next.text, "." | "," | ";"))
                || reading.word(number.after, Word::And)
        };
        if !(mark || reading.word(at - 1, Word::ItemLink)) || comma && !elliptic && !reading.word(at, Word::With) {
            break;
        }
        at -= 1;
    }
    let mention = ending(at)?;
    let spot = &mention.spot;
    // "TOULON - Fifty sailors …" opens a story.
    let opens = reading.index == 0 && spot.first == 0 && at < number.first && reading.tokens.len() > 8;
    if opens && !reading.is(at, ":") && ["-", "–", "—"].iter().any(|dash| reading.is(at, dash)) {
        return None;
    }
    // The object of a comparison owns its own number: "低于意大利的14.1%".
    let owns = reading.pack.topic_first() && reading.word(spot.after, Word::Genitive);
    let fits = (usable(reading, spot, rank) || owns)
        && spot.form == PlaceForm::Name
        && !spot.possessive
        && !near_capital_statement(reading, spot);
    fits.then_some(mention)
}

/// "Almaty and Astana have 12,000 and 9,000 cases respectively": lists pair by position.
fn respectively<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, n: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let number = reading.numbers.get(n)?;
    let clause = reading.clause(number.first);
    let named = |mention: &Mention<'p>| mention.spot.form == PlaceForm::Name && !mention.spot.possessive;
    if !reading.has(clause.clone(), Sense::Respectively) {
        return in_english_order(reading).then(|| rows(sentence, n, named))?;
    }
    let run = reading.numbers.iter().enumerate().filter(|(_, number)| clause.contains(&number.first));
    let run: Vec<usize> = run.map(|(n, _)| n).filter(|n| super::traps::before_metric(reading, *n).is_none()).collect();
    let row = sentence.mentions.iter().filter(|mention| clause.contains(&mention.spot.first) && named(mention));
    let row: Vec<&Mention<'p>> = row.collect();
    let position = run.iter().position(|other| *other == n).filter(|_| row.len() > 1 && run.len() == row.len());
    row.get(position?).copied()
}

/// "Cluj, Iasi and Prahova had 739, 651 and 594": as many numbers side by side as places before them, and neither place
/// nor number between.
fn rows<'s, 'p>(
    sentence: &'s Sentence<'_, '_, 'p>,
    n: usize,
    named: impl Fn(&Mention<'p>) -> bool,
) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let and = |at: usize| reading.word(at, Word::And);
    let joined =
        |from: usize, to: usize| from < to && to <= from + 2 && (from..to).all(|at| and(at) || reading.is(at, ","));
    let beside = |left: usize| {
        let pair = reading.numbers.get(left..left + 2);
        pair.is_some_and(|pair| matches!(pair, [left, right] if joined(left.after, right.first)))
    };
    let first = (0..n).rev().take_while(|left| beside(*left)).last().unwrap_or(n);
    let last = (n..reading.numbers.len()).take_while(|left| beside(*left)).last().map_or(n, |left| left + 1);
    let count = last - first + 1;
    let begins = reading.numbers.get(first)?.first;
    // The last of a row is joined by a word: "1,040, 29" are a number and another.
    let closed = |from: usize| from.checked_sub(1).is_some_and(and);
    if count < 2 || !closed(reading.numbers.get(last)?.first) {
        return None;
    }
    let before = sentence.mentions.partition_point(|mention| mention.spot.first < begins);
    let row = sentence.mentions.get(before.checked_sub(count)?..before)?;
    let side = |pair: &[Mention<'p>]| matches!(pair, [left, right] if joined(left.spot.after, right.spot.first));
    let outside = before.checked_sub(count + 1).and_then(|other| sentence.mentions.get(other..other + 2));
    let between = row.last()?.spot.after..begins;
    let figures = first.checked_sub(1).and_then(|other| reading.numbers.get(other));
    let apart = figures.is_none_or(|other| !between.contains(&other.first));
    let whole = row.iter().all(&named) && row.windows(2).all(side) && !outside.is_some_and(side);
    (whole && apart && closed(row.last()?.spot.first)).then(|| row.get(n - first))?
}

/// "Kenya: 72,686 cases": a label opens the sentence, or an item after a semicolon.
fn sentence_label<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, at: usize) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let start = reading.clause(at).start;
    let before = |start: usize| {
        let bullet = ["-", "•", "*"].iter().any(|mark| reading.is(start, mark));
        bullet || reading.word(start, Word::In) || reading.word(start, Word::The)
    };
    let opens = |spot: &Spot<'p>, start: usize| {
        spot.first <= start + 1 && (spot.first == start || before(start)) && reading.colon_after(spot.after)
    };
    let label = |start: usize| sentence.mentions.iter().find(|mention| opens(&mention.spot, start));
    label(start).or_else(|| label(0))
}

/// Of places in a row behind a number the one that says most: "in Riga, Latvia" is Riga.
/// and so is "the Indian state of Kerala" or "India's Kerala" Kerala.
fn innermost<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, behind: &[&'s Mention<'p>]) -> Option<&'s Mention<'p>> {
    let first = *behind.first()?;
    let outer = &first.spot;
    if outer.form == PlaceForm::Name && !outer.possessive {
        return Some(first);
    }
    Some(inner(sentence, first))
}

/// "the Indian state of Kerala" and "India's Kerala" are Kerala.
fn inner<'s, 'p>(sentence: &'s Sentence<'_, '_, 'p>, outer: &'s Mention<'p>) -> &'s Mention<'p> {
    let whole = &outer.spot;
    if whole.form == PlaceForm::Name && !whole.possessive {
        return outer;
    }
    let inner = sentence.mentions.iter().find(|mention| {
        let spot = &mention.spot;
        spot.first >= whole.after
            && spot.first <= whole.after + 4
            && spot.form == PlaceForm::Name
            && spot.place.iso2 == whole.place.iso2
    });
    inner.unwrap_or(outer)
}

/// The place that governs a stretch before a number: the nearest one, and within a country rather its part.
fn subject<'s, 'p>(
    sentence: &'s Sentence<'_, '_, 'p>,
    range: std::ops::Range<usize>,
    rank: Option<&Rank>,
) -> Option<&'s Mention<'p>> {
    let reading = sentence.reading;
    let candidates: Vec<&Mention<'p>> = sentence
        .mentions
        .iter()
        .filter(|mention| range.contains(&mention.spot.first) && governs(reading, &mention.spot, rank))
        .filter(|mention| !within_part(reading, &mention.spot, &range) && !in_aside(sentence, &mention.spot, &range))
        .collect();
    // A place that belongs to an earlier number of a list ("402 in Zagreb, 77 …") owns that number only.
    let owned = |mention: &Mention<'p>| {
        let spot = &mention.spot;
        reading.numbers.iter().enumerate().any(|(n, number)| {
            number.after <= spot.first
                && spot.after <= range.end
                && reading.right(n).contains(&spot.first)
                && (mention.adverb || located(reading, spot, rank))
                && !of_next(reading, n, spot)
                && {
                    let between = number.after..spot.first;
                    between.len() <= 6 && !reading.has(between, Sense::Perfect)
                }
        })
    };
    // "Daegu, the centre of the outbreak here, confirmed 447": an aside, unless it opens the clause or stands alone.
    let aside = |mention: &Mention<'p>| mention.adverb && mention.spot.first > range.start + 1;
    // "Lazio, around Rome, had 371": nor does a place that an aside only names.
    let beside = |mention: &Mention<'p>| {
        let spot = &mention.spot;
        candidates.iter().any(|outer| {
            let opens = outer.spot.after;
            let closes = (spot.after..range.end).find(|at| reading.is(*at, ","));
            reading.is(opens, ",")
                && (opens + 1 < spot.first || mention.how == PlaceHow::Possessive)
                && closes.is_some_and(|closes| closes + 3 > range.end || reading.has_at(closes + 1, Sense::Report))
                && (opens + 1..closes.unwrap_or(opens)).all(|at| !reading.is(at, ","))
                // "Kerala, which has 68 per cent of the country's cases, reported": numbers of its own.
                && (reading.word(opens + 1, Word::PlaceRelative)
                    || !reading.numbers.iter().any(|number| (opens..spot.first).contains(&number.first)))
        })
    };
    let free = || candidates.iter().rev().filter(|mention| !owned(mention) && !beside(mention));
    free().find(|mention| !aside(mention)).or_else(|| free().next()).or(candidates.first()).copied()
}

/// "22例（莆田市15例）", "其中广州17例；": a place of a part is none of what follows the part. Asked only where the topic
/// stands first, since elsewhere a part stands behind its number.
fn within_part(reading: &Reading<'_, '_>, spot: &Spot<'_>, range: &std::ops::Range<usize>) -> bool {
    if !reading.pack.topic_first() {
        return false;
    }
    let brackets = |from: usize, to: usize| {
        (from..to).fold(0_i32, |depth, at| depth + i32::from(reading.is(at, "(")) - i32::from(reading.is(at, ")")))
    };
    let closed = brackets(spot.after, range.end) < 0;
    let clause = reading.clause(spot.first);
    let opens = |at: usize| reading.is(at, ";");
    let from = (0..spot.first).rev().find(|at| opens(*at)).map_or(0, |at| at + 1);
    let part = reading.has(from..spot.first, Sense::Part) && range.end > clause.end;
    // A total or an increment after the part counts the whole again.
    let counts_on = reading.numbers.iter().any(|number| spot.after <= number.first && number.after <= range.end);
    closed || part && counts_on
}
