//! `dateline eval FILE…`: how well labelled text is read, with the number of cases and how sure it is.
//!
//! Three kinds of labels. `figures`: one case a line, the observations expected of a text. `names` and values: text with
//! its names marked inline, or in columns (`marks`). `links`: documents in the order observed, with what each is made
//! from. Rates are given for all cases of a kind, then by style or by type.

mod figures;
mod interval;
mod links;
mod marks;
mod names;
mod score;

use super::{exit, progress::Progress};
use crate::cli::{Eval, ReportFormat};
use crate::extract;
use interval::rates;
use serde_json::{Value, json};
use std::io::{self, Write as _};

/// What was read of one file or of several that are scored together.
#[derive(Default)]
struct Report {
    figures: Vec<figures::Scored>,
    names: Vec<names::Scored>,
    /// Documents of all files, judged by one memory once all are read.
    documents: Vec<links::Case>,
    links: Vec<links::Scored>,
}

/// Runs the verb.
#[expect(clippy::print_stderr, reason = "usage errors are for the person at the terminal")]
pub(super) fn run(given: &Eval) -> u8 {
    let options = extract::Options { entities: given.entities, ..extract::Options::default() };
    let tables = extract::Tables::new(&options);
    let line = Progress::of("cases");
    let mut report = Report::default();
    for file in &given.files {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                line.end();
                eprintln!("error: cannot read {}: {error}", file.display());
                return exit::NO_INPUT;
            }
        };
        if let Err((number, error)) = report.read(&tables, &text, given.part.as_deref(), &line) {
            line.end();
            eprintln!("error: {}:{number}: {error}", file.display());
            return exit::BAD_INPUT;
        }
    }
    line.end();
    match links::score(std::mem::take(&mut report.documents)) {
        Ok(links) => report.links = links,
        Err(error) => {
            eprintln!("error: cannot remember what was judged: {error}");
            return exit::IO;
        }
    }
    let mut out = io::stdout().lock();
    let written = match given.format {
        ReportFormat::Json => writeln!(out, "{}", report.json()),
        ReportFormat::Text => report.print(&mut out, given.failures),
    };
    if written.is_ok() { exit::DONE } else { exit::IO }
}

impl Report {
    /// Reads and scores a file; an error has its line.
    fn read(
        &mut self,
        tables: &extract::Tables,
        text: &str,
        part: Option<&str>,
        line: &Progress,
    ) -> Result<(), (usize, String)> {
        let wanted = |of: Option<&str>| part.is_none() || of == part;
        if let Some(documents) = marks::read(text) {
            let documents = documents?;
            let documents = documents.iter().filter(|document| wanted(document.part.as_deref()));
            let score = |document| {
                line.step();
                names::score(tables, document)
            };
            self.names.extend(documents.map(score));
            return Ok(());
        }
        for (number, case) in text.lines().enumerate().filter(|(_, case)| !case.trim().is_empty()) {
            line.step();
            let wrong = |error: serde_json::Error| (number + 1, error.to_string());
            let labelled: Value = serde_json::from_str(case).map_err(wrong)?;
            if labelled.get("label").is_some() {
                let document: links::Case = serde_json::from_value(labelled).map_err(wrong)?;
                self.documents.extend(wanted(document.part.as_deref()).then_some(document));
            } else {
                let case: figures::Case = serde_json::from_value(labelled).map_err(wrong)?;
                if wanted(case.part.as_deref()) {
                    self.figures.push(figures::score(tables, case));
                }
            }
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let mut report = figures::json(&self.figures);
        if !self.names.is_empty() {
            report["names"] = names::json(&self.names);
        }
        if !self.links.is_empty() {
            report["links"] = links::json(&self.links);
        }
        report
    }

    fn print(&self, out: &mut impl io::Write, failures: bool) -> io::Result<()> {
        if !self.links.is_empty() {
            links::print(out, &self.links, failures)?;
        }
        if !self.figures.is_empty() || self.names.is_empty() && self.links.is_empty() {
            figures::print(out, &self.figures, failures)?;
        }
        if !self.names.is_empty() {
            names::print(out, &self.names, failures)?;
        }
        Ok(())
    }
}

/// Rates to three places, with their interval.
fn told(cases: &[[usize; 3]]) -> Value {
    let three = |rate: f64| (rate * 1000.0).round() / 1000.0;
    let [precision, recall, f1] = rates(sum(cases)).map(three);
    json!({"precision": precision, "recall": recall, "f1": f1, "interval": interval::of(cases).map(three)})
}

fn sum(cases: &[[usize; 3]]) -> [usize; 3] {
    cases.iter().fold([0; 3], |mut sum, case| {
        sum.iter_mut().zip(case).for_each(|(sum, count)| *sum += count);
        sum
    })
}
