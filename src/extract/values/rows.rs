//! Rows whose name says that their figures are in percent: "Unemployment rate 5.2 5.4", "German output m/m +0.5 vs -1.0".
//!
//! In: a line and its values. Out: the same, with its bare numbers turned into percentages. What holds: nothing but dates and
//! a few words stands between the figures and behind them; of an index nothing is in percent.

use super::columns::{Line, is_bare, make, size};
use super::measures::{self, NOTATION};
use crate::model::Value;

/// How else than by [`NOTATION`] the name of a row says that its figures are changes in percent.
const CHANGES: [&str; 10] =
    ["month-on-month", "quarter-on-quarter", "saar", "year-on-year", "yy", "mm", "qq", "m-o-m", "q-o-q", "yr-on-yr"];

/// What a row of figures that are no percentages is of.
const LEVELS: [&str; 15] = [
    "bln",
    "bn",
    "balance",
    "climate",
    "confidence",
    "index",
    "mln",
    "mn",
    "pmi",
    "points",
    "reserves",
    "sentiment",
    "stocks",
    "thousands",
    "tonnes",
];

/// Names of rows that are rates by themselves.
const ALONE: [&str; 16] = [
    "bank rate",
    "base",
    "base rate",
    "call money",
    "discount",
    "fed funds",
    "key rate",
    "lombard",
    "overnight",
    "policy rate",
    "prime",
    "prime rate",
    "repo",
    "repo rate",
    "reverse repo",
    "tax rate",
];

/// Measures of companies and banks in the names of rows.
const RATIOS: [&str; 17] = [
    "capital ratio",
    "cet1",
    "combined ratio",
    "cost ratio",
    "cost-income",
    "cost/income",
    "coverage ratio",
    "ebitda margin",
    "equity ratio",
    "expense ratio",
    "interest margin",
    "loss ratio",
    "npl ratio",
    "operating margin",
    "profit margin",
    "return on",
    "solvency ratio",
];

/// Words between the figures of a row: "4.60 vs 4.71", "2.1 (prev 2.0)".
const BETWEEN: [&str; 20] = [
    "against", "at", "end", "est", "expected", "fcast", "flash", "forecast", "from", "in", "last", "n/a", "on", "poll",
    "prev", "previous", "prior", "revised", "versus", "vs",
];

/// The most words of the name of a row.
const NAME: usize = 9;

/// Makes percentages of the figures of a row whose name is of a measure in percent: "Unemployment rate 5.2 5.4", "German
/// output m/m +0.5 vs -1.0".
pub(super) fn named(line: &Line<'_>, values: &mut [Value]) {
    let bare = |n: &usize| values.get(*n).is_some_and(is_bare);
    // "0930 Output m/m": a time without its zone is no figure.
    let names = |n: &usize| {
        values
            .get(*n)
            .and_then(|value| line.text.get(..value.span.start - line.start))
            .is_some_and(|name| name.contains(char::is_alphabetic))
    };
    let figures: Vec<usize> = (line.values.0..line.values.1).filter(names).filter(bare).collect();
    let Some(first) = figures.first().and_then(|n| values.get(*n)) else { return };
    let name = line.text.get(..first.span.start - line.start).unwrap_or_default().to_lowercase();
    let has = |of: &[&str]| {
        let parts = |c: char| !c.is_alphanumeric() && !matches!(c, '/' | '-');
        name.split(parts).any(|word| of.contains(&word))
    };
    let whole = name.trim_matches(|c: char| !c.is_alphanumeric());
    let exact = figures.iter().all(|n| values.get(*n).is_some_and(|value| value.text.contains('.')));
    let measured = measures::heads(&name)
        || has(&NOTATION)
        || has(&CHANGES)
        || exact && (ALONE.contains(&whole) || RATIOS.iter().any(|ratio| name.contains(ratio)));
    if !measured || name.split_whitespace().count() > NAME || has(&LEVELS) {
        return;
    }
    // Only dates and a few words may stand between and behind the figures.
    let mut from = first.span.start;
    let ends = line.values(values).iter().filter(|value| value.span.start >= from);
    let spans: Vec<(usize, usize)> = ends.map(|value| (value.span.start, value.span.end)).collect();
    let line_end = line.start + line.text.len();
    let mut free = true;
    for (start, end) in spans.into_iter().chain([(line_end, line_end)]) {
        let gap = line.text.get(from.min(start) - line.start..start - line.start).unwrap_or_default().to_lowercase();
        let words =
            gap.split(|c: char| !c.is_alphabetic() && c != '/').filter(|word| word.contains(char::is_alphabetic));
        free = free && words.into_iter().all(|word| BETWEEN.contains(&word));
        from = end;
    }
    let small = figures.iter().all(|n| size(values, *n).is_some_and(|size| size.abs() <= 100.0));
    if small && free && !line.text.trim_end().ends_with('.') {
        figures.iter().for_each(|n| make(line, values, *n));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::check_british as check;

    #[test]
    fn the_name_of_a_row_says_what_its_figures_are() {
        check(
            "Key rate   0.25   0.50\nPMI   47.5   48.1\nOutput m/m +0.5 vs -1.0",
            &[
                "Percent | 0.25 | 0.25",
                "Percent | 0.50 | 0.5",
                "Quantity | 47.5 | 47.5",
                "Quantity | 48.1 | 48.1",
                "Percent | 0.5 | 0.5",
                "Percent | -1.0 | -1",
            ],
        );
    }
}
