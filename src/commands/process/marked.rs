//! A story with its numbers marked, for reading: the lines of `explain` laid out.

use crate::commands::show::{self, Style, Tone};
use serde_json::Value;
use std::fmt::Write as _;

/// The headline, the texts with a mark before each number, and below what became of each.
pub(super) fn page(style: Style, line: &Value) -> String {
    let numbers = line["numbers"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut out = String::new();
    let title = line["headline"].as_str().or_else(|| line["id"].as_str()).unwrap_or("a story without a headline");
    out.push_str(&style.rule(title));
    out.push('\n');
    for field in ["headline", "summary", "body"] {
        let text = line[field].as_str().unwrap_or_default();
        let of_field = |number: &&Value| number.get("in").and_then(Value::as_str).unwrap_or("body") == field;
        if field == "body" || numbers.iter().any(|number| of_field(&number)) {
            let marks = numbers.iter().zip(1..).filter(|(number, _)| of_field(number));
            out.push_str(&marked(style, text, marks));
            out.push_str("\n\n");
        }
    }
    for (number, mark) in numbers.iter().zip(1..) {
        let text = number["text"].as_str().unwrap_or_default();
        let _ = writeln!(out, "{} {text}: {}", style.paint(Tone::Name, &format!("[{mark}]")), fate(style, number));
    }
    for said in show::standing(&line["standing"], line["body"].as_str().unwrap_or_default()) {
        let _ = writeln!(out, "{} {}", style.paint(Tone::Name, "[¶]"), style.paint(Tone::Plain, &said));
    }
    out
}

fn marked<'n>(style: Style, text: &str, marks: impl Iterator<Item = (&'n Value, usize)>) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    let mut at = 0;
    for (number, mark) in marks {
        let place = |key: &str| number[key].as_u64().and_then(|place| usize::try_from(place).ok()).unwrap_or(0);
        let (start, end) = (place("start"), place("end"));
        let before: String = chars.by_ref().take(start.saturating_sub(at)).collect();
        let figure: String = chars.by_ref().take(end.saturating_sub(start.max(at))).collect();
        at = at.max(end);
        let tone = if number.get("left_out").is_some() { Tone::Faint } else { Tone::Good };
        let mark = style.paint(Tone::Name, &format!("[{mark}]"));
        // White space may stay: it parts the paragraphs.
        let _ = write!(out, "{}{mark} {}", style.paint(Tone::Plain, &before), style.paint(tone, &figure));
    }
    out.push_str(&style.paint(Tone::Plain, &chars.collect::<String>()));
    out
}

/// What became of a number.
fn fate(style: Style, number: &Value) -> String {
    if let Some(reason) = number["left_out"].as_str() {
        return style.paint(Tone::Faint, &format!("left out: {reason}"));
    }
    if let Some(id) = number["repeats"].as_str() {
        return style.paint(Tone::Faint, &format!("again {id}"));
    }
    let observation = &number["observation"];
    let word = |pointer: &str| observation.pointer(pointer).and_then(Value::as_str).unwrap_or("none").to_owned();
    let mut said = vec![
        format!("{} {}", word("/metric"), word("/kind")),
        format!("{} ({})", word("/location/name"), word("/location/how")),
        format!("as of {} ({})", word("/as_of/date"), word("/as_of/how")),
        word("/qualifier"),
        word("/status"),
        format!("confidence {}", observation["confidence"]),
        format!("by {}", word("/rule")),
    ];
    if let Some(period) = observation["period"].as_str() {
        said.insert(1, format!("a {period}"));
    }
    if observation["in_background"] == true {
        said.push("in the background".to_owned());
    }
    for against in observation["plausibility"].as_array().into_iter().flatten() {
        said.push(format!(
            "but {} {}",
            against["code"].as_str().unwrap_or_default(),
            against["other"].as_str().unwrap_or_default()
        ));
    }
    style.paint(Tone::Plain, &said.join(", "))
}
