//! One revision with all its stages side by side: what was observed, what is understood of it, the verdict, and what was
//! published. The text has names, figures, quotes and standing background marked.
//!
//! Everything is read from the record's JSON, so that a record of an older program is shown as well: what it lacks is
//! left out.

use super::{Frame, change, relation};
use crate::history::Whole;
use crate::model::ClaimRecord;
use crate::status::figure;
use crate::status::html::{self, Address, Html, spaced};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Marks of one text at most: a hostile article may hold many thousands.
const MARKS: usize = 2_000;
/// How much of a raw text is shown, in characters.
const RAW: usize = 20_000;

/// The page; without a record it says why there is none.
pub(in crate::status) fn render(
    frame: &Frame<'_>,
    item: &str,
    whole: Option<&Whole>,
    claims: &[ClaimRecord],
) -> String {
    let title = whole.and_then(|whole| whole.summary.headline.as_deref()).unwrap_or("A record");
    frame.page("/record", title, |html| {
        let Some(whole) = whole else {
            html.section("record", "Not remembered");
            html.nothing(&format!("{item} is not among the records that this page remembers; the topics have it."));
            html.end();
            return told(html, claims);
        };
        head(html, whole);
        let Some(stages) = &whole.stages else {
            html.nothing("Under heavy load only a part of the records is kept with all stages, and this one is not.");
            return told(html, claims);
        };
        let records: &[Value] = stages["records"].as_array().map_or(&[], Vec::as_slice);
        let article = records.iter().find(|record| record["topic"] == "articles.v1").map(|record| &record["value"]);
        html.raw("<div class=\"stages\">\n");
        observed(html, &stages["item"]);
        if let Some(article) = article {
            understood(html, article);
            verdict(html, article);
        }
        published(html, records);
        html.raw("</div>\n");
    })
}

/// The sentences of an item's figures, where its text is not there.
fn told(html: &mut Html, claims: &[ClaimRecord]) {
    if claims.is_empty() {
        return;
    }
    html.section("claims", "Its figures that stand");
    for claim in claims {
        html.raw("<p class=\"m-sentence\" id=\"")
            .text(claim.observation())
            .raw("\"><b>")
            .text(&figure::value(&claim.into()));
        html.raw("</b> ").text(&figure::what(&claim.into())).raw(" <q>").text(&claim.sentence).raw("</q></p>\n");
    }
    html.end();
}

fn head(html: &mut Html, whole: &Whole) {
    let summary = &whole.summary;
    html.raw("<p class=\"choice\">").text(summary.agency.as_deref().unwrap_or("unknown agency")).raw(" in ");
    html.link(&Address::new("/records", &[("feed", &summary.feed.0)]), &summary.feed.0, false).raw(" · ");
    if let Some(observed) = summary.observed {
        html.raw("observed ").time(observed).raw(" · ");
    }
    html.outside(summary.url.as_deref(), "at the publisher's").raw(" · revision");
    for revision in &whole.revisions {
        html.raw(" ").link(
            &html::record(&summary.id.0, *revision),
            &revision.to_string(),
            *revision == summary.revision,
        );
    }
    html.raw("</p>\n");
}

/// The item as its feed has it.
fn observed(html: &mut Html, observed: &Value) {
    html.section("observed", "Observed");
    if observed.is_null() {
        html.nothing("Not an observation of its own: a notice of another item speaks of it.").end();
        return;
    }
    let item = &observed["item"];
    html.raw("<dl>");
    for (name, key) in [("id", "id"), ("guid", "guid"), ("link", "link"), ("title", "title")] {
        pair(html, name, &item[key]);
    }
    for key in ["published", "updated", "language", "authors", "categories"] {
        pair(html, key, &item[key]);
    }
    pair(html, "page missing", &observed["page_missing"]["detail"]);
    html.raw("</dl>\n");
    for key in ["summary", "content"] {
        raw_text(html, key, &item[key]);
    }
    raw_text(html, "page", &observed["page"]);
    html.end();
}

/// A fact in a list, where it is there.
fn pair(html: &mut Html, name: &'static str, value: &Value) {
    let said = said(value);
    if !said.is_empty() {
        html.raw("<dt>").raw(name).raw("</dt><dd>").text(&said).raw("</dd>");
    }
}

/// A value of JSON for people; empty where there is none.
fn said(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(said).filter(|said| !said.is_empty()).collect::<Vec<_>>().join(", "),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name, said(value)))
            .filter(|(_, said)| !said.is_empty())
            .map(|(name, said)| format!("{} {said}", spaced(name)))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

fn raw_text(html: &mut Html, name: &'static str, value: &Value) {
    let text = match value {
        Value::Object(_) => {
            value["text"].as_str().or_else(|| value["html"].as_str()).map_or_else(|| pretty(value), str::to_owned)
        }
        other => said(other),
    };
    if text.is_empty() {
        return;
    }
    let n = text.chars().count();
    html.raw("<details><summary>").raw(name).raw(" ").quiet(&format!("{n} characters")).raw("</summary><pre>");
    html.text(&text.chars().take(RAW).collect::<String>());
    html.raw(if n > RAW { "…</pre></details>\n" } else { "</pre></details>\n" });
}

/// The article with what it says.
fn understood(html: &mut Html, article: &Value) {
    html.section("understood", "Understood");
    html.raw("<p class=\"legend\"><span class=\"m-name\">name</span> <span class=\"m-figure\">figure</span> ");
    html.raw("<span class=\"m-value\">value</span> <span class=\"m-quote\">quote</span> ");
    html.raw("<span class=\"m-background\">background</span></p>\n");
    for field in ["headline", "summary", "body"] {
        let Some(text) = article[field].as_str() else { continue };
        html.raw("<h3>").raw(field).raw("</h3>\n<div class=\"text\">");
        marked(html, text, &marks(article, field));
        html.raw("</div>\n");
    }
    html.raw("<dl>");
    for (name, value) in article["wire"].as_object().into_iter().flatten() {
        let said = if name == "dateline" { said(&value["text"]) } else { said(value) };
        if !said.is_empty() {
            html.raw("<dt>").text(&spaced(name)).raw("</dt><dd>").text(&said).raw("</dd>");
        }
    }
    for key in ["language", "completeness", "body_from"] {
        pair(html, key, &article[key]);
    }
    html.raw("</dl>\n");
    let issues = article["issues"].as_array().map_or(&[][..], Vec::as_slice);
    for issue in issues {
        html.raw("<p class=\"quiet\"><code>")
            .text(&said(&issue["code"]))
            .raw("</code> ")
            .text(&said(&issue["detail"]))
            .raw("</p>\n");
    }
    html.end();
}

/// A stretch of a text that means something.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Marking {
    /// In code points, end exclusive.
    start: usize,
    end: usize,
    class: &'static str,
    /// What it is.
    title: String,
    /// The observation that begins here, for links.
    id: Option<String>,
}

/// What a field of the record says about the stretches of a text.
fn marks(article: &Value, field: &str) -> Vec<Marking> {
    let mut marks = Vec::new();
    let mut mark = |place: &Value, class: &'static str, title: String, id: Option<&Value>| {
        let of = place["in"].as_str().unwrap_or("body");
        let (Some(start), Some(end)) = (place["start"].as_u64(), place["end"].as_u64()) else { return };
        if of == field && start < end && marks.len() < MARKS {
            let id = id.and_then(Value::as_str).map(str::to_owned);
            marks.push(Marking { start: start as usize, end: end as usize, class, title, id });
        }
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    for observation in list(&article["covid"]["observations"]) {
        let what = ["metric", "kind", "period", "qualifier"].map(|key| spaced(&said(&observation[key])));
        let title = format!(
            "{} {} · {} · {}",
            said(&observation["value"]),
            what.join(" "),
            said(&observation["location"]["name"]),
            said(&observation["as_of"]["date"])
        );
        let place = |start: &Value, end: &Value| json!({ "in": observation["in"], "start": start, "end": end });
        let (sentence, value) = (&observation["sentence"], &observation["spans"]["value"]);
        let whole = place(&sentence["start"], &sentence["end"]);
        mark(&whole, "m-sentence", "the sentence of a figure".to_owned(), Some(&observation["id"]));
        mark(&place(&value[0], &value[1]), "m-figure", title, None);
        for again in list(&observation["also_at"]) {
            mark(&again, "m-figure", "the same figure".to_owned(), None);
        }
    }
    for entity in list(&article["entities"]) {
        for mention in list(&entity["mentions"]) {
            mark(&mention, "m-name", format!("{}: {}", said(&entity["type"]), said(&entity["name"])), None);
        }
    }
    for value in list(&article["values"]) {
        mark(&value, "m-value", format!("{}: {}", said(&value["type"]), said(&value["value"]).as_str()), None);
    }
    for quote in list(&article["quotes"]) {
        mark(&quote, "m-quote", format!("said by {}", said(&quote["speaker"])), None);
    }
    for section in list(&article["sections"]) {
        match section["kind"].as_str() {
            Some("background") => mark(&section, "m-background", "standing background".to_owned(), None),
            Some("boilerplate") => mark(&section, "m-boilerplate", "boilerplate".to_owned(), None),
            _ => {}
        }
    }
    marks
}

/// The text in stretches with the same marks; what marks overlap carries all of them.
fn marked(html: &mut Html, text: &str, marks: &[Marking]) {
    let length = text.chars().count();
    let mut ends: BTreeSet<usize> =
        marks.iter().flat_map(|mark| [mark.start, mark.end]).filter(|end| (1..length).contains(end)).collect();
    ends.insert(length);
    let mut chars = text.chars();
    let mut named = BTreeSet::new();
    let mut begun = 0;
    for end in ends {
        let stretch: String = chars.by_ref().take(end - begun).collect();
        let over: Vec<&Marking> = marks.iter().filter(|mark| mark.start <= begun && end <= mark.end).collect();
        let id = over.iter().filter_map(|mark| mark.id.as_deref()).find(|id| named.insert(id.to_string()));
        if over.is_empty() {
            html.text(&stretch);
        } else {
            html.raw("<span class=\"");
            for (index, class) in over.iter().map(|mark| mark.class).collect::<BTreeSet<_>>().into_iter().enumerate() {
                html.raw(if index > 0 { " " } else { "" }).raw(class);
            }
            let titles: Vec<&str> = over.iter().map(|mark| mark.title.as_str()).collect();
            html.raw("\" title=\"").text(&titles.join("\n"));
            if let Some(id) = id {
                html.raw("\" id=\"").text(id);
            }
            html.raw("\">").text(&stretch).raw("</span>");
        }
        begun = end;
    }
}

/// What it was compared with, and what came of it.
fn verdict(html: &mut Html, article: &Value) {
    html.section("verdict", "Judged");
    let duplicate = &article["duplicate"];
    let word = |value: &Value| serde_json::from_value(value.clone()).ok();
    html.raw("<p>");
    if let Some(known) = word(&duplicate["relation"]) {
        let (class, said) = relation(known);
        html.badge(class, said).raw(" ");
    }
    if let Some(said) = serde_json::from_value(article["change"].clone()).ok().and_then(change) {
        html.badge("warn", said);
    }
    html.raw("</p>\n<dl>");
    if let Some(of) = duplicate["of"].as_str() {
        html.raw("<dt>of</dt><dd>").link(&Address::new("/record", &[("item", of)]), of, false).raw("</dd>");
    }
    for (name, key) in [
        ("reason", "reason"),
        ("similarity", "similarity"),
        ("shared", "shared"),
        ("added paragraphs", "added_paragraphs"),
        ("story", "story"),
        ("told first by", "origin_agency"),
    ] {
        pair(html, name, &duplicate[key]);
    }
    pair(html, "supersedes revision", &article["supersedes"]);
    html.raw("</dl>\n");
    for change in article["changes"].as_array().into_iter().flatten() {
        html.raw("<h3>")
            .text(&spaced(&said(&change["field"])))
            .raw("</h3>\n<p class=\"changed\"><del>")
            .text(&said(&change["from"]));
        html.raw("</del> <ins>").text(&said(&change["to"])).raw("</ins></p>\n");
    }
    html.end();
}

/// The records as readers of the topics have them.
fn published(html: &mut Html, records: &[Value]) {
    html.section("published", "Published");
    for record in records {
        html.raw("<details><summary>")
            .text(&said(&record["topic"]))
            .raw(" ")
            .quiet(&said(&record["key"]))
            .raw("</summary>\n<pre>");
        for header in record["headers"].as_array().into_iter().flatten() {
            html.text(&said(&header[0])).raw(": ").text(&said(&header[1])).raw("\n");
        }
        html.raw("\n").text(&pretty(&record["value"])).raw("</pre></details>\n");
    }
    html.end();
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_marks_share_their_stretches_and_count_code_points() {
        let article = json!({
            "quotes": [{ "start": 0, "end": 9, "speaker": "Ö" }],
            "entities": [{ "type": "place", "name": "Ö", "mentions": [{ "start": 4, "end": 12 }, { "start": 0, "end": 1, "in": "headline" }] }],
            "covid": { "observations": [{ "id": "o1", "sentence": { "start": 0, "end": 99 }, "spans": { "value": [4, 5] } }] },
        });
        let mut html = Html::default();
        marked(&mut html, "üüüü5üüü>rest", &marks(&article, "body"));
        let stretches: Vec<&str> = html.0.split("<span class=\"").skip(1).collect();
        assert_eq!(stretches.len(), 5, "{}", html.0);
        assert!(
            stretches[0].starts_with("m-quote m-sentence\"") && stretches[0].contains("id=\"o1\">üüüü<"),
            "{}",
            html.0
        );
        assert!(stretches[1].starts_with("m-figure m-name m-quote m-sentence\"") && stretches[1].contains(">5<"));
        assert!(stretches[2].contains(">üüü&gt;<") && stretches[4].starts_with("m-sentence\""), "{}", html.0);
        assert_eq!(html.0.matches("id=").count(), 1);
    }

    #[test]
    fn a_record_that_lacks_everything_is_shown_too() {
        let mut html = Html::default();
        for value in [Value::Null, json!({}), json!({ "wire": 3, "quotes": "x", "body": "text" })] {
            observed(&mut html, &value);
            understood(&mut html, &value);
            verdict(&mut html, &value);
            published(&mut html, &[value]);
        }
        assert!(html.0.contains("text"));
    }
}
