//! Cases of labelled figures.
//!
//! A file has one case a line: `{"id", "style"?, "part"?, "language"?, "date", "headline"?, "text", "trap"?,
//! "observations": […]}`, as in `tests/corpus`; the fields of a label are those of a record's observation in short. Only
//! figures of the body are compared.

use super::score::{self, Tally};
use super::{interval, rates, told};
use crate::model::{Feed, Observation, StatedTime};
use crate::{clean, extract};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;

/// The levels of a match, in the order of `Tally::hits`.
const LEVELS: [&str; 3] = ["metric_value", "with_kind", "with_place"];

/// One labelled text.
#[derive(Debug, Deserialize)]
pub(super) struct Case {
    id: String,
    #[serde(default)]
    style: String,
    pub(super) part: Option<String>,
    language: Option<String>,
    /// The day it was published, read as noon UTC.
    date: String,
    headline: Option<String>,
    text: String,
    #[serde(default)]
    trap: bool,
    observations: Vec<Value>,
}

/// A case that was read.
pub(super) struct Scored {
    style: String,
    tally: Tally,
    /// What is wrong with it.
    wrong: Vec<String>,
    id: String,
    text: String,
}

/// Reads a case as the daemon would.
pub(super) fn score(tables: &extract::Tables, case: Case) -> Scored {
    let document = clean::Document {
        id: case.id.clone(),
        headline: Some(case.headline.unwrap_or_else(|| "Coronavirus update".to_owned())),
        text: Some(case.text),
        language: case.language,
        published: format!("{}T12:00:00Z", case.date).parse::<StatedTime>().ok(),
        ..clean::Document::default()
    };
    let article = clean::document(&Feed::new("eval", ""), document);
    let enriched = extract::article(tables, article);
    let found: Vec<Observation> =
        enriched.covid.observations.into_iter().filter(|observation| observation.field.is_body()).collect();
    let text = enriched.article.body;
    let (tally, wrong) = score::compare(&text, &case.observations, case.trap, &found);
    Scored { style: case.style, tally, wrong, id: case.id, text }
}

/// The cases of each style, and of all.
fn groups(scored: &[Scored]) -> Vec<(&str, Vec<&Tally>)> {
    let mut styles: BTreeMap<&str, Vec<&Tally>> = BTreeMap::new();
    for case in scored {
        styles.entry(&case.style).or_default().push(&case.tally);
    }
    let all = ("all", scored.iter().map(|case| &case.tally).collect());
    std::iter::once(all).chain(styles.into_iter().filter(|(style, _)| !style.is_empty())).collect()
}

fn sum(cases: &[&Tally]) -> Tally {
    let mut sum = Tally::default();
    cases.iter().for_each(|case| sum.add(case));
    sum
}

fn at_level(cases: &[&Tally], level: usize) -> Vec<[usize; 3]> {
    cases.iter().map(|case| case.counts(level)).collect()
}

/// The figures of a report.
pub(super) fn json(scored: &[Scored]) -> Value {
    let group = |cases: &[&Tally]| {
        let sum = sum(cases);
        let mut report = json!({
            "cases": cases.len(), "expected": sum.expected, "found": sum.found,
            "traps": {"passages": sum.traps, "false": sum.caught},
            "fields": sum.fields.iter().map(|(name, (right, all))| ((*name).to_owned(), json!({"right": right, "of": all}))).collect::<serde_json::Map<_, _>>(),
        });
        for (n, level) in LEVELS.iter().enumerate() {
            report[*level] = told(&at_level(cases, n));
        }
        report
    };
    let groups = groups(scored);
    let mut groups = groups.iter();
    let all = groups.next().map(|(_, cases)| group(cases));
    let styles: serde_json::Map<String, Value> =
        groups.map(|(style, cases)| ((*style).to_owned(), group(cases))).collect();
    json!({"all": all, "styles": styles})
}

/// Laid out for reading.
pub(super) fn print(out: &mut impl io::Write, scored: &[Scored], failures: bool) -> io::Result<()> {
    if failures {
        for case in scored.iter().filter(|case| !case.wrong.is_empty()) {
            writeln!(out, "{} {:?}", case.id, case.text)?;
            case.wrong.iter().try_for_each(|wrong| writeln!(out, "    {wrong}"))?;
        }
    }
    let width = scored.iter().map(|case| case.style.len()).max().unwrap_or(0).max(5);
    writeln!(
        out,
        "{:width$}  cases  figures  found   metric+value  P     R     F1             +kind F1  +place F1  false in traps",
        "style"
    )?;
    for (style, cases) in groups(scored) {
        let sum = sum(&cases);
        let [low, high] = interval::of(&at_level(&cases, 0));
        let [[precision, recall, f1], [_, _, kind], [_, _, place]] = [0, 1, 2].map(|level| rates(sum.counts(level)));
        writeln!(
            out,
            "{style:width$}  {:5}  {:7}  {:5}                 {precision:.3} {recall:.3} {f1:.3} ({low:.2}-{high:.2})     {kind:.3}      {place:.3}  {} in {}",
            cases.len(),
            sum.expected,
            sum.found,
            sum.caught,
            sum.traps
        )?;
    }
    let all: Vec<&Tally> = scored.iter().map(|case| &case.tally).collect();
    let fields = sum(&all).fields;
    let shares = fields.iter().map(|(name, (right, of))| format!("{name} {right}/{of}"));
    writeln!(out, "right among matches: {}", shares.collect::<Vec<_>>().join(", "))
}
