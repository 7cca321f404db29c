//! `dateline eval FILE…`: how well labelled text is read, with the number of cases and how sure it is.
//!
//! A file has one case a line: `{"id", "style"?, "part"?, "language"?, "date", "headline"?, "text", "trap"?,
//! "observations": […]}`, as in `tests/corpus`; the fields of a label are those of a record's observation in short. Only
//! figures of the body are compared. Rates are given for all cases, and for each style.

mod interval;
mod score;

use super::exit;
use crate::{
    clean,
    cli::{Eval, ReportFormat},
    extract,
    model::{Feed, Observation, StatedTime},
};
use score::Tally;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{self, Write as _};

/// The levels of a match, in the order of [`Tally::hits`].
const LEVELS: [&str; 3] = ["metric_value", "with_kind", "with_place"];

/// One labelled text.
#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    #[serde(default)]
    style: String,
    part: Option<String>,
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
struct Scored {
    style: String,
    tally: Tally,
    /// What is wrong with it.
    wrong: Vec<String>,
    id: String,
    text: String,
}

/// Runs the verb.
#[expect(clippy::print_stderr, reason = "usage errors are for the person at the terminal")]
pub(super) fn run(given: &Eval) -> u8 {
    let tables = extract::Tables::new(&extract::Options::default());
    let mut scored = Vec::new();
    for file in &given.files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("error: cannot read {}: {error}", file.display());
                return exit::NO_INPUT;
            }
        };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let case: Case = match serde_json::from_str(line) {
                Ok(case) => case,
                Err(error) => {
                    eprintln!("error: {}:{}: {error}", file.display(), number + 1);
                    return exit::BAD_INPUT;
                }
            };
            if given.part.is_none() || given.part == case.part {
                scored.push(score(&tables, case));
            }
        }
    }
    let mut out = io::stdout().lock();
    let written = match given.format {
        ReportFormat::Json => writeln!(out, "{}", report(&scored)),
        ReportFormat::Text => print(&mut out, &scored, given.failures),
    };
    if written.is_ok() { exit::DONE } else { exit::IO }
}

/// Reads a case as the daemon would.
fn score(tables: &extract::Tables, case: Case) -> Scored {
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

fn report(scored: &[Scored]) -> Value {
    let three = |rate: f64| (rate * 1000.0).round() / 1000.0;
    let group = |cases: &[&Tally]| {
        let (sum, bounds) = (sum(cases), interval::of(cases));
        let mut report = json!({
            "cases": cases.len(), "expected": sum.expected, "found": sum.found,
            "traps": {"passages": sum.traps, "false": sum.caught},
            "fields": sum.fields.iter().map(|(name, (right, all))| ((*name).to_owned(), json!({"right": right, "of": all}))).collect::<serde_json::Map<_, _>>(),
        });
        for (n, level) in LEVELS.iter().enumerate() {
            let [precision, recall, f1] = sum.rates(n).map(three);
            let interval = bounds.get(n).copied().unwrap_or_default().map(three);
            report[*level] = json!({"precision": precision, "recall": recall, "f1": f1, "interval": interval});
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

fn print(out: &mut impl io::Write, scored: &[Scored], failures: bool) -> io::Result<()> {
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
        let [low, high] = interval::of(&cases)[0];
        let ([precision, recall, f1], [_, _, kind], [_, _, place]) = (sum.rates(0), sum.rates(1), sum.rates(2));
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
