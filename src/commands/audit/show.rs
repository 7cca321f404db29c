//! The report of an audit, for people and for programs.

use super::Source;
use crate::audit::{Counts, Report};
use serde_json::json;
use std::fmt::Write as _;

/// Offences that are shown to a person; a program gets all.
const SHOWN: usize = 40;

/// One JSON document.
pub(super) fn json(source: &Source, report: &Report) -> String {
    let document = json!({
        "schema": "audit/1",
        "source": source.whence,
        "prefix": source.prefix,
        "holds": report.holds(),
        "verdict": verdict(report),
        "total": report.total(),
        "feeds": report.feeds,
        "offence_count": report.offence_count,
        "offences": report.offences,
        "notes": report.notes,
        "state_compared": report.state_compared,
        "intake_compared": report.intake_compared,
    });
    format!("{document:#}\n")
}

/// A table by feed, the offences, the notes and the verdict.
pub(super) fn text(source: &Source, report: &Report) -> String {
    let mut out = format!("topics {}.* of {}\n\n", source.prefix, source.whence);
    let mut rows = vec![HEADER.map(str::to_owned)];
    let some_generation = report.feeds.iter().any(|feed| feed.generation > 0);
    for feed in &report.feeds {
        let name = if some_generation { format!("{} ({})", feed.feed, feed.generation) } else { feed.feed.clone() };
        let name = if feed.feed.is_empty() { "(topics)".to_owned() } else { name };
        rows.push(row(&name, &feed.counts));
    }
    rows.push(row("all", &report.total()));
    table(&mut out, &rows);
    let suppressed = report.total().suppressed;
    if !suppressed.is_empty() {
        let reasons: Vec<String> = suppressed.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
        let _ = write!(out, "\njudged and not published: {}\n", reasons.join(", "));
    }
    if !report.offences.is_empty() {
        out.push('\n');
    }
    for offence in report.offences.iter().take(SHOWN) {
        let what = serde_json::to_value(offence.what).ok().and_then(|word| word.as_str().map(str::to_owned));
        let what = what.unwrap_or_default().replace('_', " ");
        let item = offence.item.as_deref().unwrap_or("");
        let rev = offence.rev.map(|rev| format!(" rev {rev}")).unwrap_or_default();
        let generation =
            if offence.generation > 0 { format!(" generation {}", offence.generation) } else { String::new() };
        let place = offence.place.as_ref().map(|place| format!(" at {place}")).unwrap_or_default();
        let topic = &offence.topic;
        let line = format!("{:?} {what}: {topic} {item}{rev}{generation}{place}: {}", offence.promise, offence.detail);
        let _ = writeln!(out, "{}", clean(&line));
    }
    if report.offence_count > SHOWN as u64 {
        let _ = writeln!(out, "… and {} more; --format json has them", report.offence_count - SHOWN as u64);
    }
    if !report.notes.is_empty() {
        out.push('\n');
        report.notes.iter().for_each(|note| {
            let _ = writeln!(out, "note: {}", clean(note));
        });
    }
    let _ = writeln!(out, "\n{}", verdict(report));
    out
}

const HEADER: [&str; 10] =
    ["feed", "items", "revisions", "claims", "missing", "doubled", "out of order", "other", "dead letters", "waiting"];

fn row(name: &str, counts: &Counts) -> [String; 10] {
    let Counts { items, revisions, claims, missing, doubled, out_of_order, other, dead_letters, waiting, .. } = counts;
    let numbers = [items, revisions, claims, missing, doubled, out_of_order, other, dead_letters, waiting];
    let mut cells = [const { String::new() }; 10];
    for (cell, text) in cells.iter_mut().zip([name.to_owned()].into_iter().chain(numbers.map(u64::to_string))) {
        *cell = clean(&text);
    }
    cells
}

fn table(out: &mut String, rows: &[[String; 10]]) {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..10).map(|column| width(column).unwrap_or(0)).collect();
    for row in rows {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = if column == 0 { write!(out, "{cell:<width$}") } else { write!(out, "  {cell:>width$}") };
        }
        out.push('\n');
    }
}

fn verdict(report: &Report) -> String {
    let total = report.total();
    let sums = format!("{} revisions of {} items, {} claims", total.revisions, total.items, total.claims);
    let repeats = if total.repeats > 0 { format!(", {} repeats", total.repeats) } else { String::new() };
    if !report.holds() {
        return format!(
            "BROKEN: {} missing, {} doubled, {} out of order, {} other, in {sums}{repeats}",
            total.missing, total.doubled, total.out_of_order, total.other
        );
    }
    let checked = match (report.state_compared, report.intake_compared) {
        (true, true) => "G1, G2 and G3 hold",
        (true, false) => "G1, G2 and G3 hold against the state; the intake log was not compared",
        _ => "G2 and G3 hold; G1 was not checked, for neither state nor intake was there",
    };
    format!("{checked}: {sums}, nothing missing, doubled or out of order{repeats}")
}

/// What comes from topics may hold anything: control characters have no business on a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
