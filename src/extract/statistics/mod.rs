//! COVID-19 statistics: every reported figure as a checkable claim.
//!
//! In: a language pack, the gazetteer, and a clean article. Out: [`Covid`]. A sentence is read into tokens, cue phrases,
//! numbers, places and dates ([`reading`], [`date_marks`]); numbers in traps are taken out ([`traps`]); the others get a metric
//! ([`attach`]), a kind and period ([`kind`]), a place ([`scope`]), a date ([`date`]), a rank ([`rank`]), and a
//! qualifier, status, subset and source ([`status`]). Repetitions are merged, contradictions named ([`plausibility`]).
//!
//! What holds: every value stands in the text at its span; nothing is computed. An observation's id is derived from its
//! place, metric, kind, period, subset and status alone (`kr-cases-cumulative`), so it survives changes of other figures;
//! a second one of the same description is numbered in text order (`kr-cases-cumulative-2`).

mod attach;
mod calendar;
mod columns;
mod date;
mod date_marks;
mod date_units;
mod disease;
mod governed;
mod header;
mod kind;
mod kinds;
mod leading;
mod lean;
mod mention;
mod merge;
mod period;
mod plausibility;
mod rank;
mod rates;
mod reading;
mod roles;
mod scope;
mod stated;
mod status;
mod tense;
mod text;
mod topic;
mod total;
mod traps;

use crate::extract::LeftOut;
use crate::extract::diseases::Disease;
use crate::extract::places::{PlaceForm, Places};
use crate::extract::sentence::sentences_in;
use crate::language::Pack;
use crate::language::pack::{Sense, Word};
use crate::model::{
    Article, AsOf, AsOfHow, Covid, Field, Kind, Metric, Number, Observation, ObservationSpans, Period, PlaceHow,
    PlaceKind, Qualifier, SectionKind, SentenceRef, Span, Status,
};
use attach::{Attachment, Why};
use columns::{Owner, Row, Table};
use disease::Asked;
use kind::Kinded;
use reading::Reading;
use scope::{Context, Located, Sentence};
use text::{opening_place, pieces};

/// Reads the statistics of a story.
pub(crate) fn find(pack: &Pack, places: &Places, disease: &'static Disease, article: &Article) -> Covid {
    let Some(asked) = Asked::new(pack, disease) else { return Covid::default() };
    let relevance = disease::relevance(&asked, article);
    if !relevance.anywhere {
        return Covid::default();
    }
    read(Finder::new(asked, places, article, relevance.story), &relevance).0
}

/// The same, with every number that is no observation and why.
pub(crate) fn explain(
    pack: &Pack,
    places: &Places,
    disease: &'static Disease,
    article: &Article,
) -> (Covid, Vec<LeftOut>) {
    let Some(asked) = Asked::new(pack, disease) else { return Default::default() };
    let relevance = disease::relevance(&asked, article);
    let mut finder = Finder::new(asked, places, article, relevance.story);
    finder.left_out = Some(Vec::new());
    read(finder, &relevance)
}

fn read(mut finder: Finder<'_, '_>, relevance: &disease::Relevance) -> (Covid, Vec<LeftOut>) {
    let article = finder.article;
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
    plausibility::check(&mut observations, article);
    let covid = Covid { relevant: relevance.story, score: relevance.score, observations };
    (covid, finder.left_out.unwrap_or_default())
}

/// What one pass over a story carries along.
struct Finder<'a, 'p> {
    pack: &'a Pack,
    asked: Asked<'a>,
    places: &'p Places,
    article: &'a Article,
    /// Where the dateline of the body ends.
    dateline_end: usize,
    story: bool,
    context: Context<'p>,
    previous_metric: attach::Previous,
    /// The table that is being read.
    table: Table<'p>,
    previous: Option<Decided<'p>>,
    /// First count of the last sentence that has any.
    lead: Option<Decided<'p>>,
    /// The period that the text last spoke of.
    period: Option<Period>,
    /// The last figure of each metric that counts.
    latest: std::collections::HashMap<Metric, Decided<'p>>,
    /// The last day that has been named.
    named: Option<jiff::civil::Date>,
    other_disease: bool,
    told: bool,
    sentence: usize,
    field: Field,
    found: Vec<Observation>,
    /// Numbers that are no observations, where somebody asks.
    left_out: Option<Vec<LeftOut>>,
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
    fn new(asked: Asked<'a>, places: &'p Places, article: &'a Article, story: bool) -> Self {
        let pack = asked.pack;
        let mut context = Context::default();
        let mut dateline_end = 0;
        let place = match &article.wire.dateline {
            Some(dateline) => {
                dateline_end = dateline.span.end;
                let country = dateline.country.as_deref();
                context.dateline = country.and_then(|country| places.country(country));
                dateline.place.as_deref().and_then(|place| places.resolve_in(pack.code, place, country))
            }
            None => opening_place(places, &article.body).map(|(end, place)| {
                dateline_end = end;
                place
            }),
        };
        if let Some(place) = place {
            let country = place.iso2.as_deref().and_then(|country| places.country(country));
            context.dateline = context.dateline.or(country);
            context.home = place.subdivision.as_deref().and_then(|code| places.by_id(code));
        }
        Self {
            dateline_end,
            pack,
            asked,
            places,
            article,
            story,
            context,
            previous_metric: attach::Previous::default(),
            table: Table::default(),
            previous: None,
            lead: None,
            period: None,
            latest: std::collections::HashMap::new(),
            named: None,
            other_disease: false,
            told: false,
            sentence: 0,
            field: Field::Headline,
            found: Vec::new(),
            left_out: None,
        }
    }

    /// One headline, summary or paragraph, which begins at `base` of its text.
    fn text(&mut self, field: Field, text: &str, base: usize) {
        if field != self.field {
            // The place of a headline serves the body until the body names its own.
            self.field = field;
            self.sentence = 0;
            self.previous_metric = attach::Previous::default();
            self.period = None;
        }
        let named = self.asked.named(text);
        let about = self.story || named;
        if named {
            self.other_disease = false;
        }
        for mut span in
            sentences_in(text, field, &self.pack.abbreviations).into_iter().flat_map(|span| pieces(text, span))
        {
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
        let country = self.context.country.or(self.context.dateline).and_then(|place| place.iso2.as_deref());
        let division = self.context.division.or(self.context.home);
        let today = self.article.date();
        let mut reading = Reading::new(&self.asked, self.places, words, span, index, country, division, today);
        // A dateline says where the story was written.
        reading.spots.retain(|spot| self.field != Field::Body || spot.end > self.dateline_end);
        if self.table.wants_parts(&reading) {
            reading.part_numbers();
        }
        if let Some(place) = reading.dateline {
            self.context.dateline = place.iso2.as_deref().and_then(|iso2| self.places.country(iso2)).or(Some(place));
        }
        self.label(&reading);
        let before = self.context.clone();
        let mentions = mention::mentions(&reading, self.places, &mut self.context);
        let after = std::mem::replace(&mut self.context, before);
        let sentence = Sentence { reading: &reading, mentions, places: self.places };
        let lead = self.lead.as_ref().map(|lead| (lead.attachment.metric, lead.kinded));
        let rows = self.table.line(&reading, self.context.last, lead);
        if about && !reading.numbers.is_empty() {
            self.numbers(&sentence, &rows);
        } else if about {
            self.period = period_of(&reading, &[]).or(self.period);
            self.bare_rank(&reading);
        } else {
            let why = "neither the story nor the paragraph is about the disease";
            (0..reading.numbers.len()).for_each(|n| self.leave_out(&reading, n, why));
        }
        self.named = date::last_day(&reading).or(self.named);
        // "Infections fell to the lowest level in weeks. The number came to 195."
        if !self.told
            && let Some(subject) = subject_metric(&reading)
        {
            self.previous_metric = attach::Previous { lead: subject, last: subject, rate: None };
        }
        // "The 40 new cases were found in:", and a list.
        if reading.is(reading.tokens.len().wrapping_sub(1), ":")
            && !reading.numbers.is_empty()
            && let Some(previous) = &self.previous
        {
            self.table = Table::of(previous.attachment.metric, previous.kinded, self.context.last);
        }
        self.context = Context { last: self.context.last, ..after };
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

    fn numbers(&mut self, sentence: &Sentence<'_, '_, 'p>, rows: &[Row]) {
        let reading = sentence.reading;
        let rank = rank::find(self.pack, reading);
        let attachments = attach::all(reading, self.previous_metric, rows);
        let mut decided: Vec<Option<Decided<'p>>> = Vec::with_capacity(attachments.len());
        for (n, attachment) in attachments.iter().enumerate() {
            let done = attachment
                .as_ref()
                .and_then(|attachment| self.decide(sentence, n, attachment, rank.as_ref(), &decided, rows));
            decided.push(done);
        }
        let metrics: Vec<Option<Metric>> =
            decided.iter().map(|done| done.as_ref().map(|done| done.attachment.metric)).collect();
        let owner = rank.as_ref().and_then(|rank| rank::owner(reading, rank, &metrics));
        self.period = period_of(reading, &decided).or(self.period);
        let told: Vec<Located<'p>> = decided.iter().flatten().flat_map(|done| &done.located).copied().collect();
        let parts = decided.iter().enumerate().filter_map(|(n, done)| Some((n, done.as_ref()?))).all(|(n, done)| {
            let after = reading.numbers.get(n).map_or(0, |number| number.after);
            let broken_down = matches!(done.kinded.rule, "breakdown" | "new_part");
            broken_down
                || reading.word(after, Word::Of) && reading.one_of(after + 1, &[Word::The, Word::Them, Word::Its])
        });
        let last = scope::told_of(self.context.last, &told, parts);
        let mut counted = false;
        for (n, (done, attachment)) in decided.into_iter().zip(&attachments).enumerate() {
            let Some(done) = done else {
                self.leave_out(reading, n, why_not(reading, n, attachment.as_ref()));
                continue;
            };
            for located in &done.located {
                let mut observation = self.observation(reading, n, &done, located);
                if let (Some(rank), true) = (&rank, owner == Some(n)) {
                    observation.rank = Some(rank.rank);
                    observation.rank_scope = Some(rank.scope.clone());
                }
                self.found.push(observation);
            }
            let metric = done.attachment.metric;
            if kinds::kind_of(metric).whole {
                if !std::mem::replace(&mut counted, true) {
                    self.previous_metric.lead = Some(metric);
                    self.lead = Some(done.clone());
                }
                self.previous_metric.last = Some(metric);
                self.previous_metric.rate = None;
            } else {
                self.previous_metric.rate = Some((metric, done.attachment.per));
            }
            if done.kinded.kind != Kind::Current {
                self.latest.insert(metric, done.clone());
            }
            if done.kinded.rule != "compared" {
                self.previous = Some(done);
            }
        }
        self.context.last = last;
        self.told = !told.is_empty();
        if !self.told {
            self.bare_rank(reading);
        }
    }

    /// Notes a number that is no observation, where somebody asks.
    fn leave_out(&mut self, reading: &Reading<'_, 'p>, n: usize, reason: &str) {
        if let (Some(left_out), Some(number)) = (&mut self.left_out, reading.numbers.get(n)) {
            let span = Span::new(reading.span.field, number.start, number.end);
            left_out.push(LeftOut { span, reason: reason.to_owned() });
        }
    }

    fn decide(
        &self,
        sentence: &Sentence<'_, '_, 'p>,
        n: usize,
        attachment: &Attachment,
        rank: Option<&rank::Rank>,
        before: &[Option<Decided<'p>>],
        rows: &[Row],
    ) -> Option<Decided<'p>> {
        let reading = sentence.reading;
        let row = columns::of_number(rows, n);
        if traps::after_metric(reading, n, attachment).is_some() || disease::other(reading, n, self.other_disease) {
            return None;
        }
        if rank.is_some_and(|rank| reading.numbers.get(n).is_some_and(|number| rank.at.contains(&number.first))) {
            return None;
        }
        // What leans on a number in a trap is in it, unless a verb of its own takes it out: "ordered 6 million doses,
        // administered 1.2 million".
        if matches!(attachment.why, Why::Coordinated(earlier) if before.get(earlier).is_some_and(Option::is_none))
            && !reading.has(reading.left(n), Sense::Given)
        {
            return None;
        }
        let whole = match attachment.why {
            Why::Coordinated(earlier) => before.get(earlier).and_then(Option::as_ref),
            Why::PartOfBefore => self.previous.as_ref(),
            Why::Elliptic => self.lead.as_ref(),
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
            .find(|earlier| !reading.pack.topic_first() || earlier.kinded.kind != Kind::Current)
            .or_else(|| self.header_of(sentence, n, attachment.metric));
        // "down from 602", "compared with 7,500": of the kind of what it is compared with.
        let in_row = |n: usize| n > 0 && total::in_row(reading, n);
        let first = (0..n).rev().take_while(|n| in_row(n + 1)).last().unwrap_or(n);
        let compared = (first..=n).any(|n| date::compares(reading, n)).then(|| {
            let same = |done: &&Decided<'p>| done.attachment.metric == attachment.metric;
            let here = before.iter().rev().flatten().find(same).map(|done| done.kinded);
            // "That is up from 8,236": than the sentence before told.
            here.or_else(|| {
                let told =
                    self.found.iter().rev().find(|one| one.metric == attachment.metric && one.field == self.field);
                told.map(|one| Kinded {
                    kind: one.kind,
                    period: one.period,
                    statistic: one.statistic,
                    rule: "compared",
                })
            })
        });
        let mut kinded =
            kind::judge(reading, n, attachment, whole.map(|whole| &whole.kinded), item_before.map(|item| &item.kinded));
        let inherits = whole.and_then(|whole| whole.located.first().copied());
        if let Some((_, told)) = row.and_then(|(_, told)| told) {
            kinded = told;
        }
        let located = match row.and_then(|(row, _)| self.owner(reading, row)) {
            Some(owner) => vec![owner],
            None => scope::locate(sentence, &self.context, n, rank, inherits),
        };
        let status = status::status(reading, n, attachment.metric);
        if status == Status::Forecast && kinded.rule == "simple_past" {
            kinded = Kinded { kind: Kind::Cumulative, period: None, ..kinded };
        }
        if let Some(other) = compared.flatten() {
            kinded = Kinded { rule: "compared", ..other };
        }
        let value = reading.numbers.get(n).map_or(0.0, |number| number.value);
        let broken_down = located.first().and_then(|part| self.broken_down(attachment.metric, part, value));
        if let Some(whole) = broken_down.filter(|_| matches!(kinded.rule, "noun_phrase" | "item")) {
            kinded = Kinded { kind: whole.kind, period: whole.period, rule: "breakdown", ..kinded };
        } else if kinded.kind == Kind::New && kinded.period.is_none() {
            kinded.period = self.period.filter(|period| *period == Period::Day);
        }
        // "Of the new cases 12 were in Goa": the figures of a breakdown are of its day.
        let news_of_whole = matches!(kinded.rule, "breakdown" | "new_part" | "part");
        let points = reading.has(0..reading.tokens.len().min(4), Sense::Pointer) && !reading.word(0, Word::The)
            || reading.word(0, Word::The) && reading.word(1, Word::Figure);
        // "against 2,698 on Tuesday and 3,187 a week earlier" both count from the day of what they are compared with.
        let told = |done: &&Decided<'p>| done.attachment.metric == attachment.metric && done.kinded.rule != "compared";
        let last = before.iter().rev().flatten().find(told).or(before.iter().rev().flatten().next());
        let scope = date::DateScope {
            today: self.article.date(),
            from_dateline: self.article.wire.dateline.as_ref().is_some_and(|dateline| dateline.date.is_some()),
            before: last.map(|last| &last.as_of),
            named: self.named,
            inherited: whole
                .map(|whole| &whole.as_of)
                .or(broken_down.filter(|whole| whole.kind == kinded.kind && news_of_whole).map(|whole| &whole.as_of))
                .or(if points { self.previous.as_ref().map(|previous| &previous.as_of) } else { None }),
            forecast: status == Status::Forecast,
            start_of_change: start_of_change(reading, n),
            monthly: kinded.kind == Kind::New && kinded.period == Some(crate::model::Period::Month),
        };
        let (as_of, _) = date::as_of(reading, n, &scope);
        let mut subset = status::subsets(reading, n, attachment);
        if subset.is_empty() && (matches!(attachment.why, Why::Coordinated(_)) || date::is_part(reading, n)) {
            subset = whole.map(|whole| whole.subset.clone()).unwrap_or_default();
        }
        Some(Decided { attachment: *attachment, kinded, located, as_of, subset })
    }

    /// The place of a row of a table; none where the text around it tells.
    fn owner(&self, reading: &Reading<'_, 'p>, row: &Row) -> Option<Located<'p>> {
        let at = |place, how, span| Located { place, facility: false, how, span, written: None };
        match row.owner? {
            Owner::Place => {
                let spot = reading.spots.get(row.spot?)?;
                let span = Span::new(reading.span.field, spot.start, spot.end);
                Some(at(Some(spot.place), PlaceHow::Explicit, Some(span)))
            }
            Owner::Whole => {
                let country = self.context.country.map(|country| at(Some(country), PlaceHow::Inherited, None));
                country.or(self.table.outer)
            }
            Owner::Unknown => Some(at(None, PlaceHow::None, None)),
        }
    }

    /// The figure before that a part of its place breaks down: of those that can hold it, in the nearest sentence that
    /// has any, the closest. "Kenya recorded 679 cases, 28,104 in all. Nairobi had 396."
    fn broken_down(&self, metric: Metric, part: &Located<'p>, value: f64) -> Option<&Observation> {
        let place = part.place?;
        let inside = |whole: &Observation| {
            let outer = &whole.location;
            match (place.kind, outer.kind) {
                (PlaceKind::City | PlaceKind::Subdivision, PlaceKind::Country) => outer.iso2 == place.iso2,
                (PlaceKind::City, PlaceKind::Subdivision) => {
                    outer.subdivision.is_some()
                        && outer.subdivision == place.subdivision
                        && outer.name.as_ref() != Some(&place.name)
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
        let nearest = self.found.iter().rev().find(holds)?.sentence.index;
        let size = |whole: &&Observation| whole.value.map_or(f64::MAX, |value| value.0);
        let wholes = self.found.iter().filter(holds).filter(|whole| whole.sentence.index == nearest);
        wholes.min_by(|one, other| size(one).total_cmp(&size(other)))
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
        // In a sentence that opens with "其中" the whole is in the one before.
        let whole = before.iter().rev().flatten().next();
        let earlier = if reading.pack.topic_first() { self.previous.as_ref() } else { None };
        whole.or(earlier).filter(|_| part)
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
            named: None,
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
            disease: self.asked.disease.name.to_owned(),
            disease_id: self.asked.disease.id.map(str::to_owned),
            location: located.location(match located.written.map_or(field, |span| span.field) {
                Field::Headline => self.article.headline.as_deref().unwrap_or_default(),
                Field::Summary => self.article.summary.as_deref().unwrap_or_default(),
                _ => &self.article.body,
            }),
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
            written: spot.written,
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

/// Why number `n`, which nothing was decided of, is no observation.
fn why_not(reading: &Reading<'_, '_>, n: usize, attachment: Option<&Attachment>) -> &'static str {
    let trap = traps::before_metric(reading, n).or_else(|| traps::of_clause(reading, n));
    match attachment {
        None => trap.unwrap_or("no word says what it counts"),
        Some(attachment) => {
            traps::after_metric(reading, n, attachment).unwrap_or("another disease, or the rank itself")
        }
    }
}

/// What a sentence without figures speaks of: nothing new, something that is no metric, or a metric.
fn subject_metric(reading: &Reading<'_, '_>) -> Option<Option<Metric>> {
    let metric = reading.marks.iter().find_map(|mark| mark.cue.metric());
    // Of what only stood in traps, the next sentence counts nothing either.
    if header::elsewhere(reading) && (metric.is_some() || reading.tokens.len() <= 12) || !reading.numbers.is_empty() {
        return metric.or((reading.tokens.len() <= 12).then_some(Metric::Cases)).map(|_| None);
    }
    metric.filter(|metric| kinds::kind_of(*metric).whole).map(Some)
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

/// The period that a sentence speaks of: that of its last increment, else a day that it names or counts by.
fn period_of(reading: &Reading<'_, '_>, decided: &[Option<Decided<'_>>]) -> Option<Period> {
    let told = decided.iter().flatten().rev().find_map(|done| done.kinded.period);
    told.or_else(|| {
        let daily = reading.has(0..reading.tokens.len(), Sense::PerDay);
        let day = reading
            .dates
            .iter()
            .any(|mark| matches!(mark.when, date_marks::When::Day(_)) && matches!(mark.role, date_marks::Role::On));
        (daily || day).then_some(Period::Day)
    })
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
