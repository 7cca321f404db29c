//! The record of a figure: what was decided of a number, with where each part of it stands in the text, and how sure it is.
//!
//! In: a sentence, a number, and what was [`Decided`] of it; or a sentence that states a rank without a figure. Out: an
//! [`Observation`]. What holds: every span lies in the text; metric, kind, place and date are as decided, and only
//! qualifier, status and source are read here.

use super::attach::{Attachment, Why};
use super::decide::Decided;
use super::kind::Kinded;
use super::located::Located;
use super::reading::Reading;
use super::{Finder, date, kinds, rank, status};
use crate::language::pack::Sense;
use crate::model::{
    AsOf, AsOfHow, Field, Kind, Metric, Number, Observation, ObservationSpans, PlaceHow, PlaceKind, Qualifier,
    SentenceRef, Span, Status,
};

impl<'p> Finder<'_, 'p> {
    pub(super) fn observation(
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
            heading: None,
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
        let in_background = field == Field::Body && self.article.is_background(&reading.span);
        let mut subset = done.subset.clone();
        // The subsets that a metric already names are no parts of it.
        subset.retain(|subset| !(metric == Metric::Hospitalisations && *subset == crate::model::Subset::Hospital));
        Observation {
            id: String::new(),
            disease: self.asked.disease.name.to_owned(),
            disease_id: self.asked.disease.id.map(str::to_owned),
            location: located.location(self.text_of(located.written.map_or(field, |span| span.field))),
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
    pub(super) fn bare_rank(&mut self, reading: &Reading<'_, 'p>) {
        let Some(rank) = rank::find(self.pack, reading).filter(|_| self.about(reading)) else { return };
        let said = || reading.marks.iter().find_map(|mark| mark.cue.metric());
        let Some(metric) = rank.metric.or_else(said).filter(|metric| kinds::kind_of(*metric).whole) else { return };
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
        let done = Decided {
            attachment,
            kinded,
            located: vec![located],
            as_of,
            subset: Vec::new(),
            span: reading.span,
            follows: None,
        };
        let mut observation = self.observation(reading, usize::MAX, &done, &located);
        observation.qualifier = Qualifier::Exact;
        observation.status = Status::Reported;
        observation.confidence = 0.4;
        observation.rank = Some(rank.rank);
        observation.rank_scope = Some(rank.scope.unwrap_or_else(|| "world".to_owned()));
        self.found.push(observation);
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
    if matches!(done.attachment.why, Why::Coordinated(_) | Why::Pointer | Why::Continued | Why::Retold | Why::Suggested)
    {
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
