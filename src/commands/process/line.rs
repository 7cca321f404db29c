//! A document at a stage to its line of output: the article record as far as it is known there.

use super::stages::Done;
use crate::{
    cli::Until,
    model::{Outcome, Verdict},
    publish::encode,
};
use serde_json::{Map, Value};

/// What `dedup` adds.
const JUDGED: [&str; 5] = ["revision", "change", "supersedes", "changes", "duplicate"];
/// What `extract` adds.
const EXTRACTED: [&str; 5] = ["quotes", "entities", "values", "covid", "produced_by"];

/// The line of a document.
pub(super) fn article(done: Done, until: Until, verdict: Option<&Verdict>) -> Value {
    let Done { id, enriched, .. } = done;
    let site = enriched.article.site.clone();
    let record = encode::article_record(enriched, verdict, true, crate::PROGRAM);
    let Ok(Value::Object(record)) = serde_json::to_value(record) else { return Value::Null };
    let suppressed = match verdict {
        Some(Verdict { outcome: Outcome::Suppress(reason), .. }) => Some(*reason),
        _ => None,
    };
    let unknown = |field: &str| {
        (verdict.is_none() && JUDGED.contains(&field))
            || (suppressed.is_some() && JUDGED.contains(&field) && field != "duplicate")
            || (until < Until::Extract && EXTRACTED.contains(&field))
    };
    let mut line: Map<String, Value> = record.into_iter().filter(|(field, _)| !unknown(field)).collect();
    line.insert("id".to_owned(), id);
    // An empty text is a text; only a body that the operator withholds is null, and here nobody does.
    if line.get("body").is_none_or(Value::is_null) {
        line.insert("body".to_owned(), Value::String(String::new()));
    }
    if let Some(site) = site {
        line.insert("site".to_owned(), Value::String(site));
    }
    if let Some(reason) = suppressed {
        line.insert("suppressed".to_owned(), serde_json::to_value(reason).unwrap_or_default());
    }
    Value::Object(line)
}
