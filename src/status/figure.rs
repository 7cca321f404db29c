//! COVID-19 figures in words for the status page: `≥ 15 400`, `cases, new, day`. Text only; the page escapes it.

use super::html::{grouped, spaced};
use crate::model::{FigureSummary, Number, Qualifier, Status, Unit};
use serde::Serialize;

/// The number with its bound and unit; a figure without a number is a dash.
pub(super) fn value(figure: &FigureSummary) -> String {
    let Some(value) = figure.value.map(number) else { return "–".to_owned() };
    let said = match figure.qualifier {
        Qualifier::Exact => value,
        Qualifier::MoreThan => format!("> {value}"),
        Qualifier::AtLeast => format!("≥ {value}"),
        Qualifier::Nearly => format!("nearly {value}"),
        Qualifier::About => format!("about {value}"),
        Qualifier::LessThan => format!("< {value}"),
        Qualifier::AtMost => format!("≤ {value}"),
        Qualifier::Between => format!("{value}–{}", figure.value_max.map(number).unwrap_or_default()),
    };
    match (figure.unit, figure.per) {
        (Unit::Percent, _) => format!("{said} %"),
        (Unit::PerPopulation, Some(per)) => format!("{said} per {}", grouped(per)),
        _ => said,
    }
}

/// What is counted and where, and whether the text reports it as a fact.
pub(super) fn what(figure: &FigureSummary) -> String {
    let mut said = word(&figure.metric);
    said.push_str(&format!(", {}", word(&figure.kind)));
    if let Some(period) = &figure.period {
        said.push_str(&format!(", {}", word(period)));
    }
    said.push_str(&format!(" · {}", figure.place.as_deref().unwrap_or("place unknown")));
    if figure.status != Status::Reported {
        said.push_str(&format!(" · {}", word(&figure.status)));
    }
    said
}

/// A word of the records' vocabulary, for people.
fn word(value: &impl Serialize) -> String {
    spaced(&crate::model::word(value))
}

fn number(value: Number) -> String {
    if value.0.fract() == 0.0 && (0.0..1e15).contains(&value.0) { grouped(value.0 as u64) } else { value.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Metric, Period};

    #[track_caller]
    fn check(change: impl FnOnce(&mut FigureSummary), expected: &str) {
        let mut figure = FigureSummary {
            place: Some("Estonia".to_owned()),
            metric: Metric::CasesSuspected,
            kind: Kind::New,
            period: Some(Period::Week),
            value: Some(Number(15_400.0)),
            value_max: None,
            unit: Unit::Count,
            per: None,
            qualifier: Qualifier::Exact,
            as_of: None,
            status: Status::Reported,
        };
        change(&mut figure);
        assert_eq!(format!("{} | {}", value(&figure), what(&figure)).replace('\u{2009}', " "), expected);
    }

    #[test]
    fn figures_show_their_bounds_and_what_is_unknown() {
        check(|_| {}, "15 400 | cases suspected, new, week · Estonia");
        check(
            |figure| (figure.qualifier, figure.place) = (Qualifier::AtLeast, None),
            "≥ 15 400 | cases suspected, new, week · place unknown",
        );
        check(
            |figure| {
                (figure.value, figure.unit, figure.period) = (Some(Number(4.2)), Unit::Percent, None);
                figure.status = Status::Forecast;
            },
            "4.2 % | cases suspected, new · Estonia · forecast",
        );
        check(|figure| figure.value = None, "– | cases suspected, new, week · Estonia");
    }
}
