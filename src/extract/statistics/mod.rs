//! COVID-19 statistics: every reported figure as a checkable claim.
//!
//! In: a language pack, the gazetteer, and a clean article. Out: [`Covid`]. A sentence is read into tokens, cue phrases,
//! numbers, places and dates ([`reading`]); numbers in traps are taken out ([`traps`]); the others get a metric
//! ([`attach`]), a kind and period ([`kind`]), a place ([`scope`]), a date ([`date`]), a rank ([`rank`]), and a
//! qualifier, status, subset and source ([`status`]). Repetitions are merged, contradictions named ([`plausibility`]).
//!
//! What holds: every value stands in the text at its span; nothing is computed. An observation's id is derived from its
//! place, metric, kind, period, subset and status alone (`kr-cases-cumulative`), so it survives changes of other figures;
//! a second one of the same description is numbered in text order (`kr-cases-cumulative-2`).

mod attach;
mod columns;
mod date;
mod disease;
mod kind;
mod kinds;
mod leading;
mod merge;
mod plausibility;
mod rank;
mod rates;
mod reading;
mod roles;
mod scope;
mod stated;
mod status;
mod traps;

use crate::extract::places::{PlaceForm, Places};
use crate::extract::sentence::sentences_in;
use crate::language::Pack;
use crate::language::pack::{Sense, Word};
use crate::model::{
    Article, AsOf, AsOfHow, Covid, Field, Kind, Metric, Number, Observation, ObservationSpans, Period, PlaceHow, PlaceKind,
    Qualifier, SectionKind, SentenceRef, Span, Status,
};
use attach::{Attachment, Why};
use kind::Kinded;
use reading::Reading;
use scope::{Context, Located};

/// The disease that the figures are about.
const DISEASE: &str = "COVID-19";

/// Reads the statistics of a story.
pub(crate) fn find(pack: &Pack, places: &Places, article: &Article) -> Covid {
    let relevance = disease::relevance(pack, article);
    if !relevance.anywhere {
        return Covid::default();
    }
    let mut finder = Finder::new(pack, places, article, relevance.story);
    for (field, text) in [(Field::Headline, article.headline.as_deref()), (Field::Summary, article.summary.as_deref())]
    {
        if let Some(text) = text {
            finder.text(field, text, 0);
        }
    }
    // The body is read by itself: what the headline names is only where its first sentences look for a place.
    for paragraph in article.paragraphs() {
        if let Some(text) = paragraph.of(&article.body) {
            finder.text(Field::Body, text, paragraph.start);
        }
    }
    let mut observations = merge::merge(finder.found);
    merge::name(&mut observations);
    plausibility::check(&mut observations);
    Covid { relevant: relevance.story, score: relevance.score, observations }
}

/// What one pass over a story carries along.
struct Finder<'a, 'p> {
    pack: &'a Pack,
    places: &'p Places,
    article: &'a Article,
    story: bool,
    context: Context<'p>,
    previous_metric: Option<Metric>,
    /// The last period that was told, which "the same period" means.
    period: Option<Period>,
    /// Metrics of the columns of the table that is being read.
    header: Vec<Metric>,
    previous: Option<Decided<'p>>,
    other_disease: bool,
    told: bool,
    sentence: usize,
    field: Field,
    found: Vec<Observation>,
}

/// What was decided of one number.
#[derive(Clone)]
struct Decided<'p> {
    attachment: Attachment,
    kinded: Kinded,
    located: Vec<Located<'p>>,
    as_of: AsOf,
    subset: Vec<crate::model::Subset>,
}

impl<'a, 'p> Finder<'a, 'p> {
    fn new(pack: &'a Pack, places: &'p Places, article: &'a Article, story: bool) -> Self {
        let mut context = Context::default();
        if let Some(dateline) = &article.wire.dateline {
            let place = dateline.place.as_deref().and_then(|place| places.resolve_in(pack.code, place, dateline.country.as_deref()));
            let country = dateline.country.as_deref().or_else(|| place.and_then(|place| place.iso2.as_deref()));
            context.dateline = country.and_then(|country| places.country(country));
        } else {
            context.dateline = opening_place(places, &article.body);
        }
        Self {
            pack,
            places,
            article,
            story,
            context,
            previous_metric: None,
            period: None,
            header: Vec::new(),
            previous: None,
            other_disease: false,
            told: false,
            sentence: 0,
            field: Field::Headline,
            found: Vec::new(),
        }
    }

    /// One headline, summary or paragraph, which begins at `base` of its text.
    fn text(&mut self, field: Field, text: &str, base: usize) {
        if field != self.field {
            // The place of a headline serves the body until the body names its own.
            self.field = field;
            self.sentence = 0;
            self.previous_metric = None;
        }
        let named = self.pack.disease.names.within(text);
        let about = self.story || named;
        if named {
            self.other_disease = false;
        }
        for mut span in sentences_in(text, field, &self.pack.abbreviations).into_iter().flat_map(|span| pieces(text, span)) {
            let Some(words) = span.of(text) else { continue };
            span.start += base;
            span.end += base;
            let index = self.sentence;
            self.sentence += 1;
            if !self.is_editors_note(words) {
                self.read(words, span, index, about);
            }
        }
    }

    /// What editors tell each other repeats figures, the wrong ones too: "(Corrects number of cases to 40, not 14)".
    fn is_editors_note(&self, words: &str) -> bool {
        let bare = |text: &'a str| text.trim_matches(|c: char| !c.is_alphanumeric());
        let words = words.trim_matches(|c: char| !c.is_alphanumeric());
        !words.is_empty() && self.article.wire.editors_note.as_deref().is_some_and(|note| bare(note).contains(words))
    }

    fn read(&mut self, words: &str, span: Span, index: usize, about: bool) {
        let country = self.context.country.and_then(|place| place.iso2.as_deref());
        let reading = Reading::new(self.pack, self.places, words, span, index, country, self.article.date());
        self.label(&reading);
        let header = columns::header(&reading);
        if !header.is_empty() || reading.tokens.len() > 6 && !columns::is_row(&reading) {
            self.header = header;
        }
        if about && !reading.numbers.is_empty() {
            self.numbers(&reading);
        } else if about {
            self.bare_rank(&reading);
        }
        scope::learn(&reading, self.places, &mut self.context);
        // A sentence with figures leaves its figures' place; one without leaves the place that it opens with.
        if std::mem::take(&mut self.told) {
            self.context.focus = None;
        }
        self.other_disease = disease::last(&reading, self.other_disease);
    }

    /// A line that is nothing but a place is a heading for the lines below it; any other running text ends its reign.
    fn label(&mut self, reading: &Reading<'_, 'p>) {
        let bare = |token: &&crate::language::tokens::Token<'_>| {
            !matches!(token.text, ":" | "-" | "–" | "—" | "•" | "*" | ".")
        };
        let words = reading.tokens.iter().filter(bare).count();
        let heading = reading.spots.first().filter(|spot| {
            words <= 4
                && spot.form == PlaceForm::Name
                && spot.first <= 1
                && spot.after + 1 >= reading.tokens.len().saturating_sub(1)
                && reading.spots.len() == 1
                && reading.numbers.is_empty()
        });
        match heading {
            Some(spot) if words == spot.after - spot.first => self.context.label = Some(spot.place),
            _ if words > 14 || !reading.spots.is_empty() => self.context.label = None,
            _ => {}
        }
    }

    fn numbers(&mut self, reading: &Reading<'_, 'p>) {
        let rank = rank::find(self.pack, reading);
        let attachments = attach::all(reading, self.previous_metric, &self.header);
        let mut decided: Vec<Option<Decided<'p>>> = Vec::with_capacity(attachments.len());
        for (n, attachment) in attachments.iter().enumerate() {
            let done =
                attachment.as_ref().and_then(|attachment| self.decide(reading, n, attachment, rank.as_ref(), &decided));
            decided.push(done);
        }
        let metrics: Vec<Option<Metric>> =
            decided.iter().map(|done| done.as_ref().map(|done| done.attachment.metric)).collect();
        let owner = rank.as_ref().and_then(|rank| rank::owner(reading, rank, &metrics));
        let told: Vec<Located<'p>> = decided.iter().flatten().flat_map(|done| &done.located).copied().collect();
        let last = scope::told_of(self.context.last, &told);
        for (n, done) in decided.into_iter().enumerate() {
            let Some(done) = done else { continue };
            for located in &done.located {
                let mut observation = self.observation(reading, n, &done, located);
                if let (Some(rank), true) = (&rank, owner == Some(n)) {
                    observation.rank = Some(rank.rank);
                    observation.rank_scope = Some(rank.scope.clone());
                }
                self.found.push(observation);
            }
            self.previous_metric = Some(done.attachment.metric);
            self.period = done.kinded.period.or(self.period);
            self.previous = Some(done);
        }
        self.context.last = last;
        self.told = !told.is_empty();
        if !self.told {
            self.period = kind::named_period(reading).or(self.period);
            self.bare_rank(reading);
        }
    }

    fn decide(
        &self,
        reading: &Reading<'_, 'p>,
        n: usize,
        attachment: &Attachment,
        rank: Option<&rank::Rank>,
        before: &[Option<Decided<'p>>],
    ) -> Option<Decided<'p>> {
        if traps::after_metric(reading, n, attachment).is_some() || disease::other(reading, n, self.other_disease) {
            return None;
        }
        if rank.is_some_and(|rank| reading.numbers.get(n).is_some_and(|number| rank.at.contains(&number.first))) {
            return None;
        }
        let whole = match attachment.why {
            Why::Coordinated(earlier) => before.get(earlier).and_then(Option::as_ref),
            Why::PartOfBefore | Why::Again => self.previous.as_ref(),
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
                })
            })
            .find_map(|earlier| before.get(earlier).and_then(Option::as_ref));
        let kinded =
            kind::judge(reading, n, attachment, whole.map(|whole| &whole.kinded), item_before.map(|item| &item.kinded));
        let inherits = whole.and_then(|whole| whole.located.first().copied());
        let located = scope::locate(self.pack, reading, self.places, &self.context, n, rank, inherits);
        let status = status::status(reading, n, attachment.metric);
        let points = reading.has(0..reading.tokens.len().min(4), Sense::Pointer) && !reading.word(0, Word::The)
            || reading.word(0, Word::The) && reading.word(1, Word::Figure);
        let last = before.iter().rev().flatten().next();
        // "За тот же период": the period and the date of the figure before, in this sentence or an earlier one.
        let chosen = date::choose(reading, n);
        let same = chosen.is_some_and(|mark| mark.when == date::When::Same);
        // "Днем раньше таких было 546": a day before that of the figure before.
        let back = chosen.is_some_and(|mark| matches!(mark.when, date::When::Before(_))) && reading.pack.order.verbs_lead;
        let last = last.or(self.previous.as_ref().filter(|_| same || back));
        let mut kinded = kinded;
        // "Днем раньше таких смертей было 546": a figure of the same kind as the one that it is compared with.
        if kinded.kind == Kind::Cumulative && told_again(reading, n, attachment) {
            let alike = |metric: Metric| metric == attachment.metric;
            let here = before.iter().rev().flatten().find(|done| alike(done.attachment.metric));
            let here = here.map(|done| (done.kinded.kind, done.kinded.period));
            let earlier = || self.found.iter().rev().find(|told| alike(told.metric)).map(|told| (told.kind, told.period));
            if let Some((kind, period)) = here.or_else(earlier) {
                kinded = Kinded { kind, period, rule: "again", ..kinded };
            }
        }
        if same && kinded.kind == Kind::New {
            kinded.period = last.and_then(|last| last.kinded.period).or(self.period).or(kinded.period);
        }
        let scope = date::DateScope {
            today: self.article.date(),
            from_dateline: self.article.wire.dateline.as_ref().is_some_and(|dateline| dateline.date.is_some()),
            before: last.map(|last| &last.as_of),
            inherited: whole.map(|whole| &whole.as_of).or(if points {
                self.previous.as_ref().map(|previous| &previous.as_of)
            } else {
                None
            }),
            forecast: status == Status::Forecast,
            start_of_change: start_of_change(reading, n),
            monthly: kinded.kind == Kind::New && kinded.period == Some(crate::model::Period::Month),
        };
        let (as_of, _) = date::as_of(reading, n, &scope);
        let mut subset = status::subsets(reading, n, attachment);
        let inherits = matches!(attachment.why, Why::Coordinated(_)) || reading.pack.order.verbs_lead;
        if subset.is_empty() && inherits {
            subset = whole.map(|whole| whole.subset.clone()).unwrap_or_default();
        }
        Some(Decided { attachment: *attachment, kinded, located, as_of, subset })
    }

    /// "1,404 of them in intensive care", "of those 40 died": the number that a part is a part of.
    fn part_of<'d>(
        &'d self,
        reading: &Reading<'_, 'p>,
        n: usize,
        before: &'d [Option<Decided<'p>>],
    ) -> Option<&'d Decided<'p>> {
        let number = reading.numbers.get(n)?;
        let opens = reading.pack.order.verbs_lead && reading.has(0..4, Sense::Part);
        let part = reading.has(reading.left(n), Sense::Part)
            && (opens
                || (number.first.saturating_sub(4)..number.first)
                    .any(|at| reading.has_at(at, Sense::Part) && !reading.word(at, Word::With)));
        // "В том числе в Риге - 40", "Из них умерли пять": of a figure of the sentence before.
        let whole = before.iter().rev().flatten().next().or(self.previous.as_ref().filter(|_| opens))?;
        part.then_some(whole)
    }

    fn observation(
        &self,
        reading: &Reading<'_, 'p>,
        n: usize,
        done: &Decided<'p>,
        located: &Located<'p>,
    ) -> Observation {
        let number = reading.numbers.get(n);
        let field = reading.span.field;
        let metric = done.attachment.metric;
        let row = kinds::kind_of(metric);
        let scope = date::DateScope {
            today: None,
            from_dateline: false,
            before: None,
            inherited: None,
            forecast: false,
            start_of_change: false,
            monthly: false,
        };
        let (_, date_span) = date::as_of(reading, n, &scope);
        let spans = ObservationSpans {
            value: number.map(|number| Span::new(field, number.start, number.end)),
            metric: done.attachment.mark.and_then(|(first, after)| reading.bytes(first, after)),
            location: located.span.filter(|span| span.field == field),
            date: date_span
                .filter(|_| matches!(done.as_of.how, AsOfHow::Explicit | AsOfHow::Weekday | AsOfHow::Relative)),
        };
        let in_background = field == Field::Body
            && matches!(
                self.article.section_kind(&reading.span),
                Some(SectionKind::Background | SectionKind::Boilerplate)
            );
        let mut subset = done.subset.clone();
        // The subsets that a metric already names are no parts of it.
        subset.retain(|subset| !(metric == Metric::Hospitalisations && *subset == crate::model::Subset::Hospital));
        Observation {
            id: String::new(),
            disease: DISEASE.to_owned(),
            location: located.location(),
            metric,
            value: number.map(|number| Number(number.value)),
            value_max: number.and_then(|number| number.max).map(Number),
            unit: row.unit,
            per: done.attachment.per,
            qualifier: status::qualifier(reading, n),
            kind: done.kinded.kind,
            period: done.kinded.period,
            statistic: done.kinded.statistic,
            subset,
            as_of: done.as_of.clone(),
            rank: None,
            rank_scope: None,
            source: status::source(reading, n),
            status: status::status(reading, n, metric),
            field,
            sentence: SentenceRef { index: reading.index, span: reading.span },
            spans,
            confidence: confidence(reading, n, done, located),
            rule: format!("{}.{}", row.name, done.kinded.rule),
            in_background,
            also_at: Vec::new(),
            plausibility: Vec::new(),
            series: None,
        }
    }

    /// "India is second in the world by the number of cases", without a figure.
    fn bare_rank(&mut self, reading: &Reading<'_, 'p>) {
        let Some(rank) = rank::find(self.pack, reading) else { return };
        let Some(metric) = rank.metric.filter(|metric| kinds::kind_of(*metric).whole) else { return };
        let spot = reading.spots.iter().find(|spot| {
            spot.first < rank.at.start
                && matches!(spot.place.kind, PlaceKind::Country | PlaceKind::Subdivision | PlaceKind::City)
        });
        let Some(spot) = spot else { return };
        let mark = reading.marks.iter().find(|mark| mark.cue.metric() == Some(metric));
        let attachment =
            Attachment { metric, why: Why::Governed, mark: mark.map(|mark| (mark.first, mark.after)), per: None };
        let located = Located {
            place: Some(spot.place),
            facility: false,
            how: PlaceHow::Explicit,
            span: Some(Span::new(reading.span.field, spot.start, spot.end)),
        };
        let today = self.article.date();
        let from_dateline = self.article.wire.dateline.as_ref().is_some_and(|dateline| dateline.date.is_some());
        let how = if from_dateline { AsOfHow::DatelineDefault } else { AsOfHow::PublishedDefault };
        let as_of =
            AsOf { date: today.map(|today| today.to_string()), how: if today.is_some() { how } else { AsOfHow::None } };
        let kinded = Kinded { kind: Kind::Cumulative, period: None, statistic: None, rule: "rank" };
        let done = Decided { attachment, kinded, located: vec![located], as_of, subset: Vec::new() };
        let mut observation = self.observation(reading, usize::MAX, &done, &located);
        observation.qualifier = Qualifier::Exact;
        observation.status = Status::Reported;
        observation.confidence = 0.4;
        observation.rank = Some(rank.rank);
        observation.rank_scope = Some(rank.scope);
        self.found.push(observation);
    }
}

/// Whether a bare "was" tells a number of another day, of what was counted before.
fn told_again(reading: &Reading<'_, '_>, n: usize, attachment: &Attachment) -> bool {
    let link = attach::core_start(reading, n).wrapping_sub(1);
    let pronoun = attachment.mark.is_some_and(|(first, _)| reading.word(first, Word::It));
    let dated = date::choose(reading, n).is_some_and(|mark| {
        reading.left(n).contains(&mark.first)
            && matches!(mark.when, date::When::Before(_) | date::When::Day(_) | date::When::Same)
            && mark.role == date::Role::On
    });
    reading.pack.order.verbs_lead && dated && (reading.word(link, Word::Was) || pronoun)
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

/// No sentence of a person is longer than this, in bytes. What is (a table run together, noise) is read in pieces, so that
/// the work on a story grows with its length and not with its square.
const LONGEST: usize = 1200;

/// Cuts what is too long for a sentence at white space.
fn pieces(text: &str, span: Span) -> Vec<Span> {
    let mut out = Vec::new();
    let mut start = span.start;
    while span.end - start > LONGEST {
        let mut limit = start + LONGEST;
        while !text.is_char_boundary(limit) {
            limit -= 1;
        }
        let window = text.get(start..limit).unwrap_or_default();
        let cut = window
            .rfind(['\n', ';'])
            .filter(|at| *at > LONGEST / 2)
            .or_else(|| window.rfind(char::is_whitespace))
            .filter(|at| *at > 0);
        let end = cut.map_or(limit, |at| {
            start + at + window.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        out.push(Span::new(span.field, start, end));
        start = end;
    }
    out.push(Span::new(span.field, start, span.end));
    out
}

/// The country of a place set in capitals at the very beginning: a dateline that nobody has read.
fn opening_place<'p>(places: &'p Places, body: &str) -> Option<&'p crate::extract::places::Place> {
    let head = body.get(..body.char_indices().nth(60).map_or(body.len(), |(at, _)| at))?;
    let found = places.find(head).into_iter().next().filter(|found| found.start == 0)?;
    let capitals = head.get(found.start..found.end)?.chars().filter(|c| c.is_alphabetic()).all(char::is_uppercase);
    let place = found.place();
    if !capitals || place.kind == PlaceKind::Country && place.name.len() <= 3 {
        None
    } else {
        places.country(place.iso2.as_deref()?)
    }
}

/// Section 8: how sure.
fn confidence(reading: &Reading<'_, '_>, n: usize, done: &Decided<'_>, located: &Located<'_>) -> f64 {
    let mut confidence: f64 = match located.how {
        PlaceHow::Explicit => 0.9,
        PlaceHow::Possessive | PlaceHow::Demonym => 0.8,
        PlaceHow::Anaphora | PlaceHow::Inherited | PlaceHow::Dateline => 0.7,
        PlaceHow::Source => 0.6,
        PlaceHow::None => 0.5,
    };
    if matches!(done.attachment.why, Why::Coordinated(_) | Why::Pointer) {
        confidence -= 0.1;
    }
    if matches!(done.as_of.how, AsOfHow::DatelineDefault | AsOfHow::PublishedDefault | AsOfHow::None) {
        confidence -= 0.1;
    }
    let number = reading.numbers.get(n);
    if number.is_some_and(|number| number.repaired) {
        confidence -= 0.2;
    }
    // "first" and an article are weaker evidence than a figure.
    if number.is_some_and(|number| number.words && number.value == 1.0) {
        confidence -= 0.1;
    }
    if reading.marks.iter().any(|mark| mark.cue == crate::language::Cue::Sense(Sense::OtherDisease)) {
        confidence -= 0.3;
    }
    (confidence.max(0.05) * 100.0).round() / 100.0
}

#[cfg(test)]
mod tests;
