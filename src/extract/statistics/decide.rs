//! What is decided of one number: its kind and period, its place, its date and its subset.
//!
//! In: a sentence, a number with its attachment, and what the story has said up to it. Out: [`Decided`]; none for numbers in
//! traps and figures of other diseases. What holds: what a number does not say itself it has from the figure that it is a
//! part of, compared with, or told in a row with.

use super::attach::{Attachment, Why, core_start, of_them, of_total};
use super::items;
use super::kind::Kinded;
use super::lean::end_of_people;
use super::located::Located;
use super::otherwise::in_english_order;
use super::reading::Reading;
use super::scope::Sentence;
use super::spots::Spot;
use super::table::{self, Owner, Row};
use super::traps::{self, Trap};
use super::{Finder, date, disease, kind, rank, scope, status, told_on, total};
use crate::language::pack::{Sense, Word};
use crate::model::{AsOf, Kind, Metric, Observation, Period, PlaceHow, PlaceKind, Span, Status};

/// How many figures before it a figure may lean on: the regions of a country, and then some.
const RECENT: usize = 128;

/// What was decided of one number.
#[derive(Clone)]
pub(super) struct Decided<'p> {
    pub(super) attachment: Attachment,
    pub(super) kinded: Kinded,
    pub(super) located: Vec<Located<'p>>,
    pub(super) as_of: AsOf,
    pub(super) subset: Vec<crate::model::Subset>,
    /// The number.
    pub(super) span: Span,
    /// The number whose kind it has, because it says none itself.
    pub(super) follows: Option<Span>,
}

impl<'p> Finder<'_, 'p> {
    pub(super) fn decide(
        &self,
        sentence: &Sentence<'_, '_, 'p>,
        n: usize,
        attachment: &Attachment,
        rank: Option<&rank::Rank>,
        before: &[Option<Decided<'p>>],
        rows: &[Row],
    ) -> Result<Decided<'p>, Trap> {
        let reading = sentence.reading;
        // "Eighteen doctors and six dentists have died in Rome": the last of a row says when, where and how it happened.
        let behind = |(first, _): &(usize, usize)| reading.numbers.get(n + 1).is_some_and(|next| next.after <= *first);
        let row_end = end_of_people(reading, n);
        let teller = if attachment.mark.as_ref().is_some_and(behind) { row_end } else { n };
        let row = table::of_number(rows, n);
        let column = row.and_then(|(_, told)| told);
        let (day, span) = self.table.caption(reading);
        if let Some(why) = self.refuses(reading, n, attachment, rank, before) {
            return Err(why);
        }
        let alike = |done: &&Decided<'p>| done.attachment.metric == attachment.metric;
        let whole = match attachment.why {
            Why::Coordinated(earlier) => before.get(earlier).and_then(Option::as_ref),
            // "Of those found infected …" may point behind what was told last.
            Why::PartOfBefore => {
                let last = self.previous.as_ref();
                last.filter(alike).or_else(|| self.latest.get(&attachment.metric)).or(last)
            }
            Why::Elliptic => self.lead.as_ref(),
            Why::Continued | Why::Retold | Why::Suggested => {
                before.iter().rev().flatten().find(alike).or_else(|| self.latest.get(&attachment.metric))
            }
            // "Johor had 1,256 of the cases": of those that were counted last.
            Why::Noun if of_the_counted(reading, n, attachment) && before.iter().all(Option::is_none) => {
                self.latest.get(&attachment.metric)
            }
            _ => self.part_of(reading, n, before),
        };
        // The item before in a list; what stands in brackets is an aside.
        let item_before = (0..n)
            .rev()
            .filter(|earlier| {
                !reading.numbers.get(*earlier).is_some_and(|number| {
                    reading.is(number.first.wrapping_sub(1), "(")
                        || reading.is(number.first.wrapping_sub(1), "+")
                        || reading.has(reading.left(*earlier), Sense::Bringing)
                }) && !news(before, *earlier)
            })
            .filter_map(|earlier| before.get(earlier).and_then(Option::as_ref))
            .find(|earlier| earlier.kinded.kind != Kind::Current)
            .or_else(|| self.header_of(sentence, n, attachment.metric));
        // "down from 602", "compared with 7,500": of the kind of what it is compared with.
        let in_row = |n: usize| n > 0 && total::in_row(reading, n);
        let first = (0..n).rev().take_while(|n| in_row(n + 1)).last().unwrap_or(n);
        let compared = (first..=n).any(|n| date::compares(reading, n)).then(|| {
            let same = |done: &&Decided<'p>| done.attachment.metric == attachment.metric;
            let size = |n: usize| reading.numbers.get(n).map_or(1.0, |number| number.value.max(1.0)).ln();
            // "rose by 450 to 129,361, versus 466 a day earlier": with the one that it is nearest to.
            let apart = |earlier: usize| (size(earlier) - size(n)).abs();
            let told = before.iter().enumerate().rev().filter_map(|(n, done)| Some((n, done.as_ref().filter(same)?)));
            let here = told
                .min_by(|one, other| apart(one.0).total_cmp(&apart(other.0)))
                .map(|(_, done)| (done.kinded, Some(done.span), done.located.first().copied()));
            // "That is up from 8,236": than the sentence before told.
            here.or_else(|| {
                let told = self.recent().rev().find(|one| one.metric == attachment.metric && one.field == self.field);
                told.map(|one| {
                    let Observation { kind, period, statistic, .. } = one;
                    let kinded = Kinded { kind: *kind, period: *period, statistic: *statistic, rule: "compared" };
                    (kinded, one.spans.value, None)
                })
            })
        });
        let mut kinded = kind::judge(
            reading,
            teller,
            attachment,
            whole.map(|whole| &whole.kinded),
            item_before.map(|item| &item.kinded),
        );
        // "13,843 new patients, 2,471 of whom have been hospitalized".
        let of_new = whole.filter(|whole| whole.attachment.metric == Metric::Cases && whole.kinded.kind == Kind::New);
        if let Some(whole) = of_new.filter(|_| attachment.metric == Metric::Hospitalisations && kinded.rule == "stock")
        {
            kinded = Kinded { kind: Kind::New, period: whole.kinded.period, rule: "part", ..kinded };
        }
        // "Bihar's caseload jumped by 2,192. Patna has 7,251": no part is larger than its whole.
        if kinded.rule == "part" && kinded.kind == Kind::New && self.outgrows(reading, n, whole) {
            kinded = Kinded { kind: Kind::Cumulative, period: None, statistic: None, rule: "state" };
        }
        let mut follows = match kinded.rule {
            "part" => whole.map(|whole| whole.span),
            "item" | "row" | "among" => item_before.map(|item| item.span),
            _ => None,
        };
        let inherits = whole.and_then(|whole| whole.located.first().copied());
        if let Some(told) = column {
            kinded = told.kinded;
        }
        let located = match row.and_then(|(row, _)| self.owner(sentence, row)) {
            Some(owner) => vec![owner],
            None => {
                // "208,099, the most in Europe, up from 179,807": what is compared is of one place, unless another, or what
                // it counts, is beside it.
                let of_compared = compared.flatten().and_then(|(.., located)| located);
                let first = reading.numbers.get(n).map_or(0, |number| number.first);
                let beside = |spot: &Spot<'_>| (first.saturating_sub(4)..reading.right(n).end).contains(&spot.first);
                let own = attachment.mark.is_some_and(|(mark, _)| mark > first)
                    || sentence.mentions.iter().any(|mention| beside(&mention.spot));
                match of_compared.filter(|_| !own && in_english_order(reading)) {
                    Some(located) => vec![Located { how: PlaceHow::Inherited, span: None, ..located }],
                    None => scope::locate(sentence, &self.context, teller, rank, inherits),
                }
            }
        };
        let status = status::status(reading, n, attachment.metric);
        if status == Status::Forecast && kinded.rule == "simple_past" {
            kinded = Kinded { kind: Kind::Cumulative, period: None, ..kinded };
        }
        if let Some((other, span, _)) = compared.flatten() {
            kinded = Kinded { rule: "compared", ..other };
            follows = span;
        }
        // "confirmed 463 new infections, topping 400 for the first time": what an increment passes is none less.
        let passed =
            n.checked_sub(1).and_then(|earlier| Some((reading.numbers.get(earlier)?, before.get(earlier)?.as_ref()?)));
        if let Some((_, new)) = passed.filter(|(number, new)| {
            kinded.rule == "passes"
                && new.kinded.kind == Kind::New
                && new.attachment.metric == attachment.metric
                && reading.numbers.get(n).is_some_and(|this| this.value <= number.value)
        }) {
            kinded = Kinded { rule: "passes", ..new.kinded };
        }
        let value = reading.numbers.get(n).map_or(0.0, |number| number.value);
        // "1,256 of the cases", "the highest number of cases with 2,835" are told of what was told last that can hold them.
        let of_those = attachment.why == Why::Noun && of_the_counted(reading, n, attachment);
        let broken_down = located
            .first()
            .and_then(|part| self.broken_down(attachment.metric, part, value, of_those || leads(reading, n)));
        let inside =
            matches!(kinded.rule, "noun_phrase" | "item") || of_those && kinded.rule == "part" || leads(reading, n);
        // "Thailand reported 9,635 cases on Monday. Bangkok had 1,843".
        let had = kinded.rule == "perfect" && told_on::had(reading, core_start(reading, n).wrapping_sub(1));
        let inside = inside || had && broken_down.is_some_and(|whole| whole.kind == Kind::New);
        if let Some(whole) = broken_down.filter(|_| inside) {
            kinded = Kinded { kind: whole.kind, period: whole.period, rule: "breakdown", ..kinded };
            follows = whole.spans.value;
        } else if kinded.rule == "noun_phrase" && kinded.kind == Kind::Cumulative && self.table.new_items(reading) {
            kinded = Kinded { kind: Kind::New, period: span, rule: "caption", ..kinded };
        } else if kinded.kind == Kind::New && kinded.period.is_none() {
            let whole = broken_down.filter(|whole| whole.kind == Kind::New).and_then(|whole| whole.period);
            kinded.period = span.or(self.period.filter(|period| *period == Period::Day)).or(whole);
        }
        // "Of the new cases 12 were in Goa": the figures of a breakdown are of its day.
        let news_of_whole = matches!(kinded.rule, "breakdown" | "new_part" | "part");
        let points = reading.has(0..reading.tokens.len().min(4), Sense::Pointer) && !reading.word(0, Word::The)
            || reading.word(0, Word::The) && reading.word(1, Word::Figure);
        // "Of the new cases, 412 were in Nairobi, 126 in Kiambu": the whole sentence breaks down what was told before.
        let opens = reading.word(0, Word::Of) && reading.one_of(1, &[Word::The, Word::Those, Word::Its]);
        let opened = self.latest.get(&attachment.metric).filter(|whole| opens && whole.kinded.kind == kinded.kind);
        // "against 2,698 on Tuesday and 3,187 a week earlier" both count from the day of what they are compared with.
        let told = |done: &&Decided<'p>| done.attachment.metric == attachment.metric && done.kinded.rule != "compared";
        let last = before.iter().rev().flatten().find(told).or(before.iter().rev().flatten().next());
        let scope = date::DateScope {
            today: self.article.date(),
            from_dateline: self.article.wire.dateline.as_ref().is_some_and(|dateline| dateline.date.is_some()),
            before: last.map(|last| &last.as_of),
            named: self.named,
            heading: column.and_then(|told| told.day.as_ref()).or(day),
            inherited: whole
                .map(|whole| &whole.as_of)
                .or(opened.map(|opened| &opened.as_of))
                .or(broken_down.filter(|whole| whole.kind == kinded.kind && news_of_whole).map(|whole| &whole.as_of))
                .or(if points { self.previous.as_ref().map(|previous| &previous.as_of) } else { None }),
            forecast: status == Status::Forecast,
            start_of_change: start_of_change(reading, n),
            monthly: kinded.kind == Kind::New && kinded.period == Some(crate::model::Period::Month),
        };
        let (as_of, _) = date::as_of(reading, teller, &scope);
        let mut subset = status::subsets(reading, n, attachment);
        if subset.is_empty() && (matches!(attachment.why, Why::Coordinated(_)) || date::is_part(reading, n)) {
            subset = whole.map(|whole| whole.subset.clone()).unwrap_or_default();
        }
        if let Some(told) = column {
            subset = told.subset.clone();
        }
        // Neither what is counted nor its kind is said.
        if matches!(attachment.why, Why::Continued | Why::Retold | Why::Suggested)
            && matches!(kinded.rule, "part" | "item" | "row" | "among" | "noun_phrase")
        {
            kinded.rule = "continued";
        }
        let span =
            reading.numbers.get(n).map_or(reading.span, |number| Span::new(self.field, number.start, number.end));
        Ok(Decided { attachment: *attachment, kinded, located, as_of, subset, span, follows })
    }

    /// Why a number that has a metric is no figure of the disease.
    fn refuses(
        &self,
        reading: &Reading<'_, 'p>,
        n: usize,
        attachment: &Attachment,
        rank: Option<&rank::Rank>,
        before: &[Option<Decided<'p>>],
    ) -> Option<Trap> {
        if let Some(trap) = traps::after_metric(reading, n, attachment) {
            return Some(trap);
        }
        if disease::other(reading, n, attachment.metric, self.other_disease) {
            return Some("another disease");
        }
        let infectious = disease::infectious(reading, n, attachment);
        if self.other_cause && attachment.metric == Metric::Deaths && !infectious {
            return Some("another cause of death");
        }
        if !self.about(reading) && !infectious {
            return Some("the story has not come to the disease");
        }
        if rank.is_some_and(|rank| reading.numbers.get(n).is_some_and(|number| rank.at.contains(&number.first))) {
            return Some("the rank itself");
        }
        // What leans on a number in a trap is in it, unless a verb of its own takes it out: "ordered 6 million doses,
        // administered 1.2 million".
        let leans =
            matches!(attachment.why, Why::Coordinated(earlier) if before.get(earlier).is_some_and(Option::is_none));
        (leans && !reading.has(reading.left(n), Sense::Given)).then_some("in a row with what is no figure")
    }

    /// Whether a place "has" more than the figure of an earlier sentence that its number leans on.
    fn outgrows(&self, reading: &Reading<'_, 'p>, n: usize, whole: Option<&Decided<'p>>) -> bool {
        let had = reading.word(core_start(reading, n).wrapping_sub(1), Word::Have) && in_english_order(reading);
        let (Some(whole), Some(number), true) = (whole, reading.numbers.get(n), had) else { return false };
        let told = self.recent().rev().find(|one| one.spans.value == Some(whole.span));
        told.and_then(|one| one.value).is_some_and(|told| told.0 < number.value)
    }

    /// Whether the story has begun to speak of the disease itself; the sentence in which it does is about it from its beginning.
    ///
    /// A figure of the ill that the body has told as the disease's makes those behind it possible.
    pub(super) fn about(&self, reading: &Reading<'_, '_>) -> bool {
        let ill = |one: &Observation| {
            one.field.is_body() && matches!(one.metric, Metric::Cases | Metric::Hospitalisations | Metric::IcuPatients)
        };
        self.begins.is_some_and(|begins| reading.span.end > begins || !reading.span.field.is_body())
            || self.recent().any(ill)
    }

    /// The place of a row of a table; none where the text around it tells.
    fn owner(&self, sentence: &Sentence<'_, '_, 'p>, row: &Row) -> Option<Located<'p>> {
        let reading = sentence.reading;
        let at = |place, how, span| Located { place, facility: false, how, span, written: None };
        let within = row.within.and_then(|spot| reading.spots.get(spot)).map(|spot| spot.place);
        // Names that no table knows lie in the country of those beside them.
        let beside = || {
            let mut all = reading.spots.iter().map(|spot| spot.place);
            let first = all.next().filter(|place| place.kind != PlaceKind::Country)?.iso2.as_deref()?;
            let same = all.all(|place| place.kind != PlaceKind::Country && place.iso2.as_deref() == Some(first));
            sentence.places.country(first).filter(|_| same)
        };
        let whole = within.or(self.table.place).or(self.context.label).or(self.context.country).or_else(beside);
        let whole = whole.or_else(|| self.spoken_of());
        // "By district: Kota Bharu 812; Bachok 188": what lies beside towns of one division lies in it.
        let whole = match whole {
            Some(whole) if whole.kind == PlaceKind::Country => items::division_of(sentence, whole).or(Some(whole)),
            whole => whole,
        };
        let known = |span: Span| {
            let whole = whole?;
            let (country, name) = (whole.iso2.as_deref()?, span.of(self.text_of(span.field))?);
            let inside = whole.subdivision.is_some().then_some(whole);
            let near = inside.or(self.context.division).or(self.context.own());
            let place = items::within(sentence.places, name, country, near, true)
                .or_else(|| Some((sentence.places.part_of(name, country)?, true)))?;
            // "Southern" below "Lusaka" is a province beside it.
            let beside = place.1 && place.0.subdivision.as_deref() == Some(&*place.0.id);
            (inside.is_none() || beside).then_some(place)
        };
        let part = |span: Span| match known(span) {
            Some((place, true)) => at(Some(place), PlaceHow::Explicit, Some(span)),
            known => {
                let around = known.map(|(around, _)| around).or(whole);
                Located { written: Some(span), ..at(around, PlaceHow::Explicit, Some(span)) }
            }
        };
        match row.owner? {
            Owner::Place(spot) => {
                let spot = reading.spots.get(spot?)?;
                let span = Span::new(reading.span.field, spot.start, spot.end);
                // "Western Region" in a table of Ghana is not that of Uganda.
                let lower = matches!(spot.place.kind, PlaceKind::City | PlaceKind::Subdivision);
                let elsewhere = whole.is_some_and(|whole| match whole.kind {
                    PlaceKind::Country => whole.iso2 != spot.place.iso2,
                    PlaceKind::Subdivision => whole.subdivision != spot.place.subdivision,
                    _ => false,
                });
                let apart = lower && elsewhere && row.figures.iter().any(|figure| figure.told.is_some());
                // "Pasco" below "Pinellas" lies in Florida, too, and "Kerala" where it always does.
                let stays = match spot.written {
                    Some(_) => spot.place.kind == PlaceKind::Subdivision && !elsewhere,
                    None => !apart || known(span).is_none(),
                };
                if !stays {
                    return Some(part(span));
                }
                Some(Located { written: spot.written, ..at(Some(spot.place), PlaceHow::Explicit, Some(span)) })
            }
            Owner::Part(span) => Some(part(span)),
            Owner::World => Some(at(sentence.places.world(), PlaceHow::Explicit, None)),
            Owner::Whole => match whole {
                Some(whole) => Some(at(Some(whole), PlaceHow::Inherited, None)),
                None => self.table.outer,
            },
            Owner::Unknown => Some(at(None, PlaceHow::None, None)),
        }
    }

    /// The figure before that a part of its place breaks down: of those that can hold it, in the nearest sentence that
    /// has any, the closest. "Kenya recorded 679 cases, 28,104 in all. Nairobi had 396."
    ///
    /// `same` says that its place may be the same: "Four of the dead were nurses".
    fn broken_down(&self, metric: Metric, part: &Located<'p>, value: f64, same: bool) -> Option<&Observation> {
        let place = part.place?;
        let inside = |whole: &Observation| {
            let outer = &whole.location;
            if same && outer.name.as_deref() == Some(&*place.name) && outer.kind == place.kind {
                return true;
            }
            match (place.kind, outer.kind) {
                (PlaceKind::City | PlaceKind::Subdivision, PlaceKind::Country) => {
                    outer.iso2.as_deref() == place.iso2.as_deref()
                }
                (PlaceKind::City | PlaceKind::Subdivision, PlaceKind::Subdivision) => {
                    outer.subdivision.is_some()
                        && outer.subdivision.as_deref() == place.subdivision.as_deref()
                        && outer.name.as_deref() != Some(&*place.name)
                }
                (PlaceKind::Country, PlaceKind::World | PlaceKind::Region) => outer.iso2.is_none(),
                _ => false,
            }
        };
        let holds = |whole: &&Observation| {
            whole.field == self.field
                && whole.metric == metric
                && whole.status == Status::Reported
                && whole.value.is_some_and(|whole| whole.0 >= value)
                && inside(whole)
        };
        let nearest = self.recent().rev().find(holds)?.sentence.index;
        // What has an article may be what the last sentences told as new, though one of them goes on to the total.
        let nearest = if same { nearest.saturating_sub(1) } else { nearest };
        let size = |whole: &&Observation| whole.value.map_or(f64::MAX, |value| value.0);
        let wholes = self.recent().filter(holds).filter(|whole| whole.sentence.index >= nearest);
        wholes.min_by(|one, other| size(one).total_cmp(&size(other)))
    }

    /// What was found last: a figure leans on nothing that stands farther before it, so that the work on a story grows with
    /// its length and not with its square.
    pub(super) fn recent(&self) -> impl DoubleEndedIterator<Item = &Observation> {
        self.found.get(self.found.len().saturating_sub(RECENT)..).unwrap_or_default().iter()
    }

    /// "本土个案以新北市158例最多": places with figures, and no verb, break down what the sentence before told. Only where
    /// the topic stands first; elsewhere such sentences have verbs.
    fn header_of(&self, sentence: &Sentence<'_, '_, 'p>, n: usize, metric: Metric) -> Option<&Decided<'p>> {
        let placed = sentence.reading.pack.topic_first() && scope::item(sentence, n, None).is_some();
        self.latest.get(&metric).filter(|_| placed)
    }

    /// "1,404 of them in intensive care", "of those 40 died": the number that a part is a part of.
    fn part_of<'d>(
        &'d self,
        reading: &Reading<'_, 'p>,
        n: usize,
        before: &'d [Option<Decided<'p>>],
    ) -> Option<&'d Decided<'p>> {
        let number = reading.numbers.get(n)?;
        let part = reading.has(reading.left(n), Sense::Part)
            && (reading.pack.topic_first()
                || (number.first.saturating_sub(4)..number.first)
                    .any(|at| reading.has_at(at, Sense::Part) && !reading.word(at, Word::With)));
        // In a sentence that opens with "其中" or "of them" the whole is in the one before.
        let whole = before.iter().rev().flatten().next();
        let opens = reading.pack.topic_first() || (0..3).any(|at| of_them(reading, at));
        // "Of the total, 859 were local": no part of who is ill now.
        let stock = |whole: &&Decided<'p>| whole.kinded.kind == Kind::Current;
        let earlier = self.previous.as_ref().filter(|_| opens);
        let earlier = earlier.filter(|whole| !stock(whole) || !(2..5).any(|at| of_total(reading, at)));
        whole.or(earlier).filter(|_| part)
    }
}

/// Whether a number counts some of what is told with an article: "1,256 of the cases".
fn of_the_counted(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let Some((number, (first, _))) = reading.numbers.get(n).zip(attachment.mark) else { return false };
    reading.word(number.after, Word::Of)
        && reading.one_of(number.after + 1, &[Word::The, Word::Those, Word::Its])
        && (number.after + 2..number.after + 5).contains(&first)
}

/// Whether a number is that of the place which stands out: "recorded the highest number of cases with 2,835".
fn leads(reading: &Reading<'_, '_>, n: usize) -> bool {
    let link = core_start(reading, n).wrapping_sub(1);
    let most = |at: usize| {
        let counts = (at + 1..at + 3).any(|at| reading.one_of(at, &[Word::Count, Word::Figure]));
        reading.word(at, Word::Superlative) && (counts || at + 1 == link)
    };
    (reading.one_of(link, &[Word::With, Word::At]) || reading.is(link, ",")) && reading.left(n).any(most)
}

/// Whether a number tells what is new of the total before it, as an aside of its list: "321,103 cases, 1,061 new".
fn news(decided: &[Option<Decided<'_>>], n: usize) -> bool {
    let of = |n: usize| decided.get(n).and_then(Option::as_ref);
    let (Some(aside), Some(total)) = (of(n), n.checked_sub(1).and_then(of)) else { return false };
    aside.kinded.kind == Kind::New
        && aside.kinded.rule == "new"
        && total.kinded.kind == Kind::Cumulative
        && total.attachment.metric == aside.attachment.metric
}

/// "from 8,715 to 9,076 in one day": the first of the two.
fn start_of_change(reading: &Reading<'_, '_>, n: usize) -> bool {
    let (Some(number), Some(next)) = (reading.numbers.get(n), reading.numbers.get(n + 1)) else { return false };
    let pair =
        reading.word(number.first.wrapping_sub(1), Word::From) && reading.word(next.first.wrapping_sub(1), Word::To);
    let day =
        [Sense::PastDay, Sense::PastWeek].iter().any(|sense| reading.has(next.after..reading.tokens.len(), *sense));
    pair && day
}

/// Why number `n`, which has no metric, has none.
pub(super) fn why_not(reading: &Reading<'_, '_>, n: usize) -> &'static str {
    let trap = traps::before_metric(reading, n).or_else(|| super::threshold::of_clause(reading, n));
    trap.unwrap_or("no word says what it counts")
}
