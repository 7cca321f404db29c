//! Drawings as SVG that the server makes: they need no script, and each has its numbers beside it as text.

use super::html::{Address, Html, grouped};

/// Width and height of a small drawing, in its own units.
const SMALL: (f64, f64) = (240.0, 48.0);
/// Those of a large one, and the room for its axes at the left and at the bottom.
const LARGE: (f64, f64) = (900.0, 300.0);
const LEFT: f64 = 64.0;
const BOTTOM: f64 = 26.0;
const TOP: f64 = 10.0;
const RIGHT: f64 = 14.0;
/// Lines of the grid at most.
const TICKS: f64 = 5.0;

/// An area over time; `label` says what it is for those who do not see it.
pub(super) fn area(html: &mut Html, values: &[f64], label: &str) {
    let (width, height) = SMALL;
    let most = values.iter().copied().fold(1.0, f64::max);
    let step = width / values.len().max(2).saturating_sub(1) as f64;
    html.raw("<svg class=\"area\" viewBox=\"0 0 240 48\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
        .text(label);
    html.raw("\"><path d=\"M0 48");
    for (index, value) in values.iter().enumerate() {
        html.raw(" L").at(index as f64 * step).raw(" ").at(height - value / most * (height - 2.0));
    }
    html.raw(" L").at((values.len().saturating_sub(1)) as f64 * step).raw(" 48 Z\"/></svg>");
}

/// Bars, for a cell of a table.
pub(super) fn bars(html: &mut Html, values: &[u64], label: &str) {
    let most = values.iter().copied().max().unwrap_or(0).max(1) as f64;
    let step = 96.0 / values.len().max(1) as f64;
    html.raw("<svg class=\"bars\" viewBox=\"0 0 96 20\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"")
        .text(label);
    html.raw("\"><path d=\"");
    for (index, value) in values.iter().enumerate().filter(|(_, value)| **value > 0) {
        let tall = (*value as f64 / most * 19.0).max(1.0);
        html.raw("M").at(index as f64 * step).raw(" 20v").at(-tall).raw("h").at(step * 0.8).raw("V20z");
    }
    html.raw("\"/></svg>");
}

/// A figure at a day.
pub(super) struct Mark {
    /// Days since some day.
    pub(super) day: i64,
    /// Where it stands, or the lower end of a range.
    pub(super) value: f64,
    /// How it is drawn.
    pub(super) class: &'static str,
    /// What it says.
    pub(super) title: String,
    /// Where it leads.
    pub(super) address: Address,
}

/// A range that several sources span on one day.
pub(super) struct Range {
    pub(super) day: i64,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) title: String,
}

/// Figures by day. `name` tells the day of a number.
pub(super) fn days(html: &mut Html, marks: &[Mark], ranges: &[Range], name: impl Fn(i64) -> String, label: &str) {
    let (Some(first), Some(last)) = (marks.iter().map(|mark| mark.day).min(), marks.iter().map(|mark| mark.day).max())
    else {
        return;
    };
    let values = || marks.iter().map(|mark| mark.value).chain(ranges.iter().map(|range| range.high));
    let most = Some(values().fold(0.0, f64::max)).filter(|most| *most > 0.0).unwrap_or(1.0);
    let least = values().fold(f64::INFINITY, f64::min);
    // Figures that are close together, as totals are, would be one line above a base of nought.
    let base = if least > most / 3.0 { least } else { least.min(0.0) };
    let step = nice((most - base).max(most / 1000.0) / TICKS);
    let (floor, ceiling) =
        ((base / step).floor() * step, ((most / step).ceil() * step).max((base / step).floor() * step + step));
    let x = |day: i64| {
        let share = if last > first { (day - first) as f64 / (last - first) as f64 } else { 0.5 };
        LEFT + share * (LARGE.0 - LEFT - RIGHT)
    };
    let y = |value: f64| {
        TOP + (1.0 - (value - floor) / (ceiling - floor).max(f64::MIN_POSITIVE)) * (LARGE.1 - TOP - BOTTOM)
    };

    html.raw("<svg class=\"days\" viewBox=\"0 0 900 300\" role=\"group\" aria-label=\"")
        .text(label)
        .raw("\">\n<g class=\"axis\" aria-hidden=\"true\">");
    let lines = ((ceiling - floor) / step).round() as i64;
    for line in 0..=lines {
        let value = floor + line as f64 * step;
        html.raw("<path d=\"M").at(LEFT).raw(" ").at(y(value)).raw("H").at(LARGE.0 - RIGHT).raw("\"/>");
        html.raw("<text class=\"right\" x=\"")
            .at(LEFT - 8.0)
            .raw("\" y=\"")
            .at(y(value) + 4.0)
            .raw("\">")
            .text(&short(value))
            .raw("</text>");
    }
    let span = last - first;
    let mut named: Vec<i64> = (0..=4).map(|part| first + span * part / 4).collect();
    named.dedup();
    for day in named {
        let class = if day == first && span > 0 {
            ""
        } else if day == last && span > 0 {
            " class=\"right\""
        } else {
            " class=\"middle\""
        };
        html.raw("<text")
            .raw(class)
            .raw(" x=\"")
            .at(x(day))
            .raw("\" y=\"")
            .at(LARGE.1 - 6.0)
            .raw("\">")
            .text(&name(day))
            .raw("</text>");
    }
    html.raw("</g>\n");
    for range in ranges {
        html.raw("<path class=\"range\" d=\"M")
            .at(x(range.day))
            .raw(" ")
            .at(y(range.low))
            .raw("V")
            .at(y(range.high))
            .raw("\"><title>");
        html.text(&range.title).raw("</title></path>\n");
    }
    for mark in marks {
        html.raw("<a href=\"")
            .text(mark.address.as_str())
            .raw("\"><circle class=\"")
            .raw(mark.class)
            .raw("\" cx=\"")
            .at(x(mark.day));
        html.raw("\" cy=\"")
            .at(y(mark.value))
            .raw("\" r=\"5\"><title>")
            .text(&mark.title)
            .raw("</title></circle></a>\n");
    }
    html.raw("</svg>\n");
}

/// 1, 2 or 5 times a power of ten, at least as large.
fn nice(step: f64) -> f64 {
    let power = 10f64.powf(step.max(1e-9).log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|nice| *nice >= step).unwrap_or(10.0 * power)
}

/// `2.5 million` takes too much room beside an axis.
fn short(value: f64) -> String {
    let scaled = |by: f64, unit: &str| {
        let number = format!("{:.1}", value / by);
        format!("{}\u{2009}{unit}", number.trim_end_matches(".0"))
    };
    match value.abs() {
        1e9.. => scaled(1e9, "bn"),
        1e6.. => scaled(1e6, "m"),
        1e4.. => scaled(1e3, "k"),
        _ if value.fract() == 0.0 && value >= 0.0 => grouped(value as u64),
        _ => format!("{value:.1}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers() {
        assert_eq!((nice(0.7), nice(3.0), nice(23_660.0)), (1.0, 5.0, 50_000.0));
        let written = [23_660.0, 950.0, 0.5, 2_500_000.0, -1.5].map(short);
        assert_eq!(written, ["23.7\u{2009}k", "950", "0.5", "2.5\u{2009}m", "-1.5"]);
    }

    #[test]
    fn one_point_and_no_point_are_drawn_too() {
        let mut html = Html::default();
        days(&mut html, &[], &[], |_| String::new(), "nothing");
        assert_eq!(html.0, "");
        let mark =
            Mark { day: 7, value: 0.0, class: "stands", title: "<zero>".to_owned(), address: Address::new("/", &[]) };
        days(&mut html, &[mark], &[], |day| day.to_string(), "one");
        assert!(html.0.contains("&lt;zero&gt;") && !html.0.contains("NaN") && !html.0.contains("inf"), "{}", html.0);
    }
}
