//! Every number of a story, with what became of it: how a person finds out why a figure is missing.
//!
//! Out: `{"id", "headline", "summary", "body", "language", "relevant", "numbers": [{"in"?, "start", "end", "text",
//! "observation" | "repeats" | "left_out"}], "standing": []}`, in text order; spans are code points. `observation` is the
//! record's, with its rule, spans and confidence; `repeats` is the id of the observation that the number tells again;
//! `left_out` says why the number is none; `standing` has the sections of paragraphs that stand in earlier inputs.

use super::{line, stages::Done};
use crate::{cli::Until, extract::LeftOut, model::Field};
use serde_json::{Value, json};

/// The line of a document.
pub(super) fn document(left_out: Vec<LeftOut>, done: Done) -> Value {
    let record = line::article(done, Until::Extract, None);
    let mut numbers: Vec<Value> = Vec::new();
    for observation in record["covid"]["observations"].as_array().into_iter().flatten() {
        let field = observation.get("in").cloned();
        if let Some([start, end]) = observation["spans"]["value"].as_array().map(Vec::as_slice) {
            numbers.push(number(field, start, end, "observation", observation));
        }
        for again in observation["also_at"].as_array().into_iter().flatten() {
            let field = again.get("in").cloned();
            numbers.push(number(field, &again["start"], &again["end"], "repeats", &observation["id"]));
        }
    }
    for LeftOut { span, reason } in left_out {
        let field = (span.field != Field::Body).then(|| json!(span.field));
        let text = text_of(&record, field.as_ref());
        let points = |byte: usize| json!(text.get(..byte).map_or(0, |head| head.chars().count()));
        numbers.push(number(field.clone(), &points(span.start), &points(span.end), "left_out", &json!(reason)));
    }
    for number in &mut numbers {
        let place = |key: &str| number[key].as_u64().and_then(|place| usize::try_from(place).ok()).unwrap_or(0);
        let (start, end) = (place("start"), place("end"));
        let words: String = text_of(&record, number.get("in")).chars().take(end).skip(start).collect();
        number["text"] = json!(words);
    }
    let order = |number: &Value| {
        let field = match number.get("in").and_then(Value::as_str) {
            Some("headline") => 0,
            Some("summary") => 1,
            _ => 2,
        };
        (field, number["start"].as_u64())
    };
    numbers.sort_by_key(order);
    // The grammar may look at a number twice, and a figure of two places ("each") is two observations of one number.
    numbers.dedup_by(|later, earlier| order(later) == order(earlier) && later.get("left_out").is_some());
    let sections = record["sections"].as_array().into_iter().flatten();
    let standing: Vec<&Value> = sections.filter(|section| section.get("standing").is_some()).collect();
    json!({
        "id": record["id"], "headline": record["headline"], "summary": record["summary"], "body": record["body"],
        "language": record["language"], "relevant": record["covid"]["relevant"], "numbers": numbers,
        "standing": standing,
    })
}

fn text_of<'r>(record: &'r Value, field: Option<&Value>) -> &'r str {
    let name = field.and_then(Value::as_str).unwrap_or("body");
    record[name].as_str().unwrap_or_default()
}

fn number(field: Option<Value>, start: &Value, end: &Value, fate: &str, what: &Value) -> Value {
    let mut number = json!({"start": start, "end": end, fate: what});
    if let Some(field) = field {
        number["in"] = field;
    }
    number
}
