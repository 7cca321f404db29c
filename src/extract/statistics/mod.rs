//! COVID-19 statistics: every reported figure as a checkable claim.
//!
//! In: a language pack, the gazetteer, and a clean article. Out: [`Covid`]. A sentence is read into tokens, cue phrases,
//! numbers, places and dates ([`reading`], [`date_marks`]); what the headings of tables and lists say of their figures is read
//! once ([`table`]); numbers in traps are taken out ([`traps`]); the others get a metric ([`attach`], [`suggestion`]), a kind and period ([`kind`], [`newness`]), a place ([`scope`], [`whose`]), a date ([`date`], [`dated`]), a rank ([`rank`], [`order`]), and a
//! qualifier, status, subset and source ([`status`], [`of_whom`]). All this is put together in [`decide`], written down in
//! [`observation`] and corrected by the whole story in [`whole`]. Repetitions are merged, contradictions named ([`plausibility`]).
//!
//! What holds: every value stands in the text at its span; nothing is computed. An observation's id is derived from its
//! place, metric, kind, period, subset and status alone (`kr-cases-cumulative`), so it survives changes of other figures;
//! a second one of the same description is numbered in text order (`kr-cases-cumulative-2`).

mod about;
mod again;
mod alike;
mod aside;
mod attach;
pub mod beside;
mod broken_down;
mod calendar;
mod continued;
mod counted;
mod date;
mod date_marks;
mod date_units;
pub mod dated;
mod decide;
mod disease;
mod governed;
pub mod hashed;
mod home;
mod items;
pub mod judge;
mod kind;
mod kinds;
mod leading;
mod lean;
mod located;
mod mention;
mod merge;
pub mod network;
pub mod newness;
mod observation;
pub mod of_whom;
mod order;
mod otherwise;
mod parted;
mod patients;
mod period;
mod plausibility;
mod rank;
mod rates;
mod reading;
mod reread;
mod roles;
mod scope;
mod spots;
mod standing;
mod stated;
mod status;
mod subject;
pub mod suggestion;
mod sums;
mod superlatives;
mod table;
mod tense;
mod text;
mod threshold;
mod told_on;
mod topic;
mod total;
pub(crate) mod trainer;
mod traps;
pub mod trees;
pub mod unnamed;
mod vessel;
pub mod weighed;
mod whole;
pub mod whose;

use crate::extract::cut::Cut;
use crate::extract::diseases::Disease;
use crate::extract::places::{Place, PlaceForm, PlaceMatch, Places};
use crate::extract::sentence::sentences_in;
use crate::extract::summary::Repeated;
use crate::extract::{ENGLISH, LeftOut};
use crate::language::Pack;
use crate::language::pack::{Sense, Word};
use crate::language::tokens::TokenKind;
use crate::model::{Article, Covid, Field, Kind, Metric, Observation, Period, PlaceKind, Span};
use decide::Decided;
use disease::Asked;
use located::Located;
use reading::Reading;
use rustc_hash::FxHashSet;
use scope::{Context, Sentence};
use spots::Spoken;
use std::cell::OnceCell;
use subject::{period_of, subject_metric};
use table::{Around, Row, Table};
use text::{bare, goes_on, heads_list, opening_place, pieces, titled};

/// Reads the statistics of a story with this body; `repeated` is what its summary repeats of it.
pub(crate) fn find(
    pack: &Pack,
    places: &Places,
    disease: &'static Disease,
    article: &Article,
    body: &Cut<'_>,
    repeated: &Repeated,
) -> Covid {
    begin(pack, places, disease, article, Some(body))
        .map_or_else(Covid::default, |(finder, relevance)| read(finder, &relevance, repeated).0)
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
    let finder = Finder::new(asked, places, article, relevance.story);
    read(Finder { left_out: Some(Vec::new()), ..finder }, &relevance, &Repeated::new(article))
}

/// What reads a story, where the story names the disease at all.
fn begin<'a, 'p>(
    pack: &'a Pack,
    places: &'p Places,
    disease: &'static Disease,
    article: &'a Article,
    body: Option<&'a Cut<'_>>,
) -> Option<(Finder<'a, 'p>, disease::Relevance)> {
    let asked = Asked::new(pack, disease)?.of(body);
    let relevance = disease::relevance(&asked, article);
    relevance.anywhere.then(|| (Finder::new(asked, places, article, relevance.story), relevance))
}

fn read(mut finder: Finder<'_, '_>, relevance: &disease::Relevance, repeated: &Repeated) -> (Covid, Vec<LeftOut>) {
    let article = finder.article;
    finder.all(repeated);
    finder.settle();
    let mut observations = merge::merge(&mut finder);
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
    /// Where the body begins to speak of the disease itself, not only as the circumstance of something else.
    begins: Option<usize>,
    context: Context<'p>,
    previous_metric: attach::Previous,
    /// The table that is being read.
    table: Table<'p>,
    previous: Option<Decided<'p>>,
    /// First count of the last sentence that has any.
    lead: Option<Decided<'p>>,
    /// The period that the text last spoke of.
    period: Option<Period>,
    /// Where an order of places stood at the end of the sentence before.
    order: Option<order::Order<'p>>,
    /// The last figure of each metric that counts.
    latest: std::collections::HashMap<Metric, Decided<'p>>,
    /// The names of places in headline and body, once they are asked for.
    names: OnceCell<Vec<PlaceMatch<'p>>>,
    /// The countries that the story speaks of, once they are asked for.
    nations: OnceCell<Vec<&'p str>>,
    /// Those that it names themselves or by their people.
    themselves: OnceCell<Vec<std::borrow::Cow<'static, str>>>,
    /// What headline and body name, where the judge is asked.
    spoken: whole::Spoken<'p>,
    /// Names of cities that are said of persons here.
    surnames: FxHashSet<&'a str>,
    /// The last day that has been named.
    named: Option<jiff::civil::Date>,
    other_disease: bool,
    /// Sentences that spoke of another disease, less those of this one.
    others: i32,
    /// The dead of the last sentences died of something else.
    other_cause: bool,
    told: bool,
    sentence: usize,
    field: Field,
    found: Vec<Observation>,
    /// Numbers that have the kind of another, with that.
    follows: Vec<(Span, Span)>,
    /// The headline's words, where the judge is asked, and those of the paragraph, once it has been.
    judged: Option<hashed::Words>,
    around: Option<hashed::Words>,
    /// The judge's scores of the numbers before.
    heard: weighed::Heard,
    /// The words of the body, as the network hears them.
    network: network::Text<'a, 'p>,
    memory: suggestion::Memory,
    paragraph: Span,
    /// Numbers that are no observations, where somebody asks.
    left_out: Option<Vec<LeftOut>>,
}

impl<'a, 'p> Finder<'a, 'p> {
    fn new(asked: Asked<'a>, places: &'p Places, article: &'a Article, story: bool) -> Self {
        let pack = asked.pack;
        let names = OnceCell::new();
        let mostly =
            || home::mostly(pack, places, article, names.get_or_init(|| home::names(pack, places, article, 0)));
        let (mut dateline_end, place) = home::of_dateline(pack, places, article, mostly);
        let mut context = home::context(places, article, place);
        if context.home.is_none() && story && pack.code == ENGLISH {
            context.mostly = mostly();
        }
        // "FIJI, 15/07/21" above a list says whose figures these are.
        if heads_list(&article.body, dateline_end) {
            dateline_end = 0;
        }
        // "QATAR (29/7): new cases 81", "ESTONIA | 16 Oct | tests …" too.
        let dateline = article.body.get(..dateline_end).unwrap_or_default();
        let country = place.filter(|place| place.kind == PlaceKind::Country);
        let rest = article.body.get(dateline_end..).unwrap_or_default();
        let labels = rest.trim_start().starts_with(['|', ':', '•', '/']) || rest.starts_with(" (");
        if dateline.trim_end().ends_with([':', '|']) || labels {
            context.label = country;
        }
        // "Utah - Friday's new cases 500", "SWITZERLAND +5,596 infections": until running text ends its reign.
        let wide = place.filter(|place| matches!(place.kind, PlaceKind::Country | PlaceKind::Subdivision));
        let dashed = dateline.trim_end().ends_with(['-', '–', '—']) || rest.trim_start().starts_with(['-', '–', '—']);
        let bare = !dateline.contains([',', '(']);
        if dashed && bare || rest.trim_start_matches([' ', '+']).starts_with(|c: char| c.is_ascii_digit()) {
            context.label = context.label.or(wide);
        }
        let judged = judge::judges(pack.code, asked.disease.name)
            .then(|| judge::words(article.headline.as_deref().unwrap_or_default(), 0));
        Self {
            dateline_end,
            pack,
            begins: about::begins(&asked, article),
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
            order: None,
            latest: std::collections::HashMap::new(),
            names,
            nations: OnceCell::new(),
            themselves: OnceCell::new(),
            spoken: whole::Spoken::default(),
            surnames: places.surnames(&article.body),
            named: None,
            other_disease: false,
            others: 0,
            other_cause: false,
            told: false,
            sentence: 0,
            field: Field::Headline,
            found: Vec::new(),
            follows: Vec::new(),
            judged,
            around: None,
            heard: weighed::Heard::default(),
            network: network::Text::default(),
            memory: suggestion::Memory::default(),
            paragraph: Span::body(0, 0),
            left_out: None,
        }
    }

    /// Headline, summary unless it repeats the body, and body.
    fn all(&mut self, repeated: &Repeated) {
        let article = self.article;
        let summary = article.summary.as_deref().filter(|_| !repeated.is_whole());
        for (field, text) in [(Field::Headline, article.headline.as_deref()), (Field::Summary, summary)] {
            text.into_iter().for_each(|text| self.text(field, text, 0));
        }
        // The body is read by itself: what the headline names is only where its first sentences look for a place.
        for paragraph in article.paragraphs() {
            if let Some(text) = paragraph.of(&article.body) {
                self.text(Field::Body, text, paragraph.start);
            }
        }
        repeated.note(&mut self.found);
    }

    /// One headline, summary or paragraph, which begins at `base` of its text.
    fn text(&mut self, field: Field, text: &'a str, base: usize) {
        if field != self.field {
            // The place of a headline serves the body until the body names its own.
            self.field = field;
            self.sentence = 0;
            self.previous_metric = attach::Previous::default();
            (self.period, self.order) = (None, None);
            self.table = std::mem::take(&mut self.table).into_body(field);
        }
        self.around = None;
        // A list of its parts over, a country is spoken of again.
        self.context.last = self.context.listed.take().or(self.context.last);
        self.paragraph = Span::new(field, base, base + text.len());
        let named = self.asked.named(text);
        let about = self.story || named;
        // In a story of this disease, another one that a paragraph names is not what the next speaks of.
        self.other_disease &= !self.story || self.others > 0;
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
        let Some(note) = self.article.wire.editors_note.as_deref() else { return false };
        let words = bare(words);
        !words.is_empty() && bare(note).contains(words)
    }

    fn read(&mut self, words: &'a str, span: Span, index: usize, about: bool) {
        let country = self.spoken_of().and_then(|place| place.iso2.as_deref());
        let home = self.context.own();
        let spoken = Spoken { country, division: self.context.division.or(home), home };
        let today = self.article.date();
        let mut reading = Reading::new(&self.asked, self.places, words, span, index, spoken, today);
        self.bring_home(&mut reading);
        // A dateline says where the story was written, and a surname nothing.
        let mut spots = std::mem::take(&mut reading.spots);
        spots.retain(|spot| !self.is_somebodys(&reading, spot));
        spots.retain(|spot| self.field != Field::Body || spot.end > self.dateline_end);
        reading.spots = spots;
        if self.table.wants_parts(&reading) {
            reading.part_numbers();
        }
        if otherwise::in_english_order(&reading) {
            reading.share_numbers(self.previous_metric.rate.is_some_and(|(metric, _)| kinds::is_percent(metric)));
        }
        if let Some(place) = reading.dateline {
            self.context.dateline = place.iso2.as_deref().and_then(|iso2| self.places.country(iso2)).or(Some(place));
        }
        self.label(&reading);
        let before = self.context.clone();
        let mentions = mention::mentions(&reading, self.places, &mut self.context);
        let after = std::mem::replace(&mut self.context, before);
        if self.judged.is_some() && self.field != Field::Summary {
            self.spoken.places.read(&reading, &mentions, self.paragraph.start);
            self.spoken.days.read(&reading);
            self.spoken.parts.read(&reading);
        }
        let sentence = Sentence { reading: &reading, mentions, places: self.places };
        let around = Around {
            label: self.context.label,
            country: self.context.country,
            last: self.context.last,
            lead: self.broken_down_by_rows(&reading),
            sum: self.adds_up(&reading),
        };
        let rows = self.table.line(&reading, &around);
        if self.judged.is_some() && self.field == Field::Headline {
            self.network.headline(&reading);
        }
        if about && !reading.numbers.is_empty() {
            self.numbers(&sentence, &rows);
        } else if about {
            self.period = period_of(&reading, &[]).or(self.period);
            self.order = order::announced(&reading);
            self.bare_rank(&reading);
        } else {
            let why = "neither the story nor the paragraph is about the disease";
            (0..reading.numbers.len()).for_each(|n| self.leave_out(&reading, n, || why.to_owned()));
        }
        self.named = date::last_day(&reading).or(self.named);
        // "Infections fell to the lowest level in weeks. The number came to 195."
        if !self.told
            && let Some(subject) = subject_metric(&reading)
        {
            self.previous_metric = attach::Previous { lead: subject, last: subject, ..Default::default() };
        }
        // "The 40 new cases were found in:", and a list.
        let last = reading.tokens.len().wrapping_sub(1);
        if (reading.is(last, ":") || reading.is(last, ";"))
            && reading.numbers.iter().any(|number| !table::in_heading(&reading, number.first))
            && let Some(previous) = &self.previous
        {
            self.table = Table::of(previous.attachment.metric, previous.kinded, self.context.last);
        }
        self.context = Context { last: self.context.last, listed: self.context.listed, ..after };
        // A sentence with figures leaves its figures' place; one without leaves the place that it opens with.
        if std::mem::take(&mut self.told) {
            self.context.focus = None;
        }
        self.memory.read(&reading);
        let speaks_of = disease::speaks_of(&reading, self.other_disease);
        self.others += speaks_of;
        self.other_disease = speaks_of > 0 || speaks_of == 0 && self.other_disease;
        self.other_cause = disease::other_cause(&reading, self.other_cause);
        if self.judged.is_some() && self.field.is_body() {
            self.network.read(reading, about);
        }
    }

    /// A line without figures that names one place is a heading for the lines below it ("Nepal / 21 October 2020"); running
    /// text ends its reign, and the items of a list do not.
    fn label(&mut self, reading: &Reading<'_, 'p>) {
        let all = 0..reading.tokens.len();
        let dated = |at: &usize| reading.dates.iter().any(|date| (date.first..date.after).contains(at));
        let word = |at: &usize| reading.tokens.get(*at).is_some_and(|token| token.kind == TokenKind::Word);
        let words = all.clone().filter(|at| word(at) && !dated(at)).count();
        // "1410 GMT - Merkel in quarantine" opens an item of its own.
        let timed = reading.dates.first().is_some_and(|date| date.first == 0 && date.when == date_marks::When::Unknown);
        let told = table::told(reading, all.clone());
        let first = reading
            .spots
            .first()
            .filter(|spot| spot.form == PlaceForm::Name && !spot.possessive && roles::usable(reading, spot, None));
        // "Ontario, Canada" is one place.
        let heading = first.filter(|first| {
            let within = |outer: &Place| outer.kind == PlaceKind::Country && outer.iso2 == first.place.iso2;
            let bare = words == first.after - first.first;
            let figures = reading.numbers.iter().any(|number| !table::in_heading(reading, number.first));
            reading.spots.iter().skip(1).all(|spot| within(spot.place))
                && !figures
                && (bare || !told && words <= 14 && !reading.pack.topic_first() && titled(reading))
        });
        // "Globally", above the figures of the world.
        let world = words <= 2 && reading.numbers.is_empty() && reading.has(all.clone(), Sense::World);
        match heading {
            None if world && reading.spots.is_empty() => self.context.label = self.places.world(),
            Some(spot) => self.context.label = Some(spot.place),
            _ if told || timed || words > 14 && reading.numbers.is_empty() => self.context.label = None,
            _ => {}
        }
    }

    fn numbers(&mut self, sentence: &Sentence<'_, '_, 'p>, rows: &[Row]) {
        let reading = sentence.reading;
        let rank = rank::find(self.pack, reading);
        let attachments = attach::all(reading, self.previous_metric, rows);
        let mut decided: Vec<Option<Decided<'p>>> = Vec::with_capacity(attachments.len());
        for n in 0..attachments.len() {
            let done = match self.weighed(reading, n, &attachments, rows) {
                Ok(Some(attachment)) => self
                    .decide(sentence, n, &attachment, rank.as_ref(), &decided, rows)
                    .map_err(|why| self.leave_out(reading, n, || why.to_owned()))
                    .ok(),
                Ok(None) => {
                    self.leave_out(reading, n, || decide::why_not(reading, n).to_owned());
                    None
                }
                Err(odds) => {
                    self.leave_out(reading, n, || format!("{} ({odds:.1})", weighed::REFUSED));
                    None
                }
            };
            self.counted(reading, n, done.as_ref().map(|done| done.attachment.metric));
            decided.push(done);
        }
        let metrics: Vec<Option<Metric>> =
            decided.iter().map(|done| done.as_ref().map(|done| done.attachment.metric)).collect();
        let place = |done: &Decided<'p>| done.located.first().and_then(|one| one.place);
        let counted: Vec<Option<order::Counted<'p>>> = (decided.iter())
            .map(|done| done.as_ref().map(|done| order::Counted { metric: done.attachment.metric, place: place(done) }))
            .collect();
        let ranks = order::ranked(self.pack, reading, rank.as_ref(), &counted, &mut self.order);
        self.period = period_of(reading, &decided).or(self.period);
        // "more than the 38,792 that India announced": what is compared leaves no place behind, unless all is.
        let main = decided.iter().flatten().any(|done| done.kinded.rule != "compared");
        let told = |done: &&Decided<'p>| !main || done.kinded.rule != "compared";
        // The places of rows are not what the text below the table speaks of, only what else stands in their lines.
        let goes_on = rows.len() == 1 && goes_on(self.text_of(self.field), reading.span.end);
        let in_row = |n: usize| !goes_on && table::of_number(rows, n).is_some_and(|(row, _)| row.owner.is_some());
        let places = |done: &Decided<'p>| done.located.clone();
        let spoken = decided.iter().enumerate().filter(|(n, _)| !in_row(*n)).filter_map(|(_, done)| done.as_ref());
        let spoken: Vec<Located<'p>> = spoken.filter(told).flat_map(places).collect();
        let told: Vec<Located<'p>> = decided.iter().flatten().filter(told).flat_map(places).collect();
        let parts = decided.iter().enumerate().filter_map(|(n, done)| Some((n, done.as_ref()?))).all(|(n, done)| {
            let after = reading.numbers.get(n).map_or(0, |number| number.after);
            let broken_down = matches!(done.kinded.rule, "breakdown" | "new_part");
            broken_down
                || reading.word(after, Word::Of) && reading.one_of(after + 1, &[Word::The, Word::Them, Word::Its])
        });
        let last = located::told_of(self.context.last, &spoken, parts);
        let english = otherwise::in_english_order(reading);
        let listed =
            located::listed(self.context.country, &spoken).or_else(|| located::compared(|| self.home(), &spoken));
        let listed = listed.or_else(|| located::of_countries(self.context.last, &spoken));
        let listed = listed.or(self.context.last.filter(|_| goes_on)).filter(|_| english);
        let mut counted = false;
        let lead = self.previous_metric.lead;
        for (n, done) in decided.into_iter().enumerate() {
            let Some(done) = done else { continue };
            self.follows.extend(done.follows.map(|whole| (done.span, whole)));
            for located in &done.located {
                let mut observation = self.observation(reading, n, &done, located);
                if let Some(ranked) = ranks.iter().find(|ranked| ranked.n == n) {
                    observation.rank = Some(ranked.rank);
                    observation.rank_scope = Some(ranked.scope(located.place, self.places));
                }
                self.found.push(observation);
            }
            let metric = done.attachment.metric;
            if kinds::kind_of(metric).whole {
                if !std::mem::replace(&mut counted, true) {
                    self.previous_metric.lead = Some(metric);
                    self.previous_metric.sizes[0] = reading.numbers.get(n).map_or(0.0, |number| number.value);
                    self.lead = Some(done.clone());
                }
                self.previous_metric.last = Some(metric);
                self.previous_metric.sizes[1] = reading.numbers.get(n).map_or(0.0, |number| number.value);
                self.previous_metric.rate = None;
            } else {
                self.previous_metric.rate = Some((metric, done.attachment.per));
            }
            if done.kinded.kind != Kind::Current && done.kinded.rule != "compared" {
                self.latest.insert(metric, done.clone());
            }
            if done.kinded.rule != "compared" {
                self.previous = Some(done);
            }
        }
        // "Cases rose by 20,472. In addition, 157 died": two that "the figures" of the next sentence mean.
        let mut metrics = metrics.into_iter().flatten().filter(|metric| kinds::kind_of(*metric).whole);
        if let Some(first) = metrics.next() {
            if kinds::kind_of(first).fixed.is_none() {
                self.previous_metric.flow = Some(first);
            }
            let pair = metrics.find(|metric| *metric != first).map(|second| [first, second]);
            self.previous_metric.pair = pair.or(lead.filter(|lead| *lead != first).map(|lead| [lead, first]));
        }
        self.context.last = last;
        self.context.listed = listed;
        self.told = !told.is_empty();
        if !self.told {
            self.bare_rank(reading);
        }
    }

    fn text_of(&self, field: Field) -> &'a str {
        match field {
            Field::Headline => self.article.headline.as_deref().unwrap_or_default(),
            Field::Summary => self.article.summary.as_deref().unwrap_or_default(),
            _ => &self.article.body,
        }
    }

    /// Notes a number that is no observation, where somebody asks.
    fn leave_out(&mut self, reading: &Reading<'_, 'p>, n: usize, reason: impl FnOnce() -> String) {
        if let (Some(left_out), Some(number)) = (&mut self.left_out, reading.numbers.get(n)) {
            let span = Span::new(reading.span.field, number.start, number.end);
            left_out.push(LeftOut { span, reason: reason() });
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod tests_parts;
#[cfg(test)]
mod tests_places;
#[cfg(test)]
mod tests_told;
#[cfg(test)]
mod tests_wire;
