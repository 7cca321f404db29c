//! What passed, in words: one line, and a few below it where there is more to say.
//!
//! In comes an event as the daemon tells it; what it lacks is not shown.

use crate::commands::show::{self, Style, Tone, list, text};
use serde_json::Value;

/// What is below the head of an event begins here.
const INDENT: &str = "          ";

/// Figures and names of an article that are shown; `--format ndjson` has them all.
const SHOWN: usize = 8;

/// `12:03:04  publish  tass-en  article: Storm closes harbour`, and what belongs to it.
pub(super) fn passed(style: Style, passed: &Value) -> String {
    let field = |pointer| text(passed, pointer).unwrap_or_default();
    let value = &passed["value"];
    let item = field("/item");
    let (headline, below) = match field("/stage") {
        "fetch" => (polled(value), Vec::new()),
        "parse" => (headline(value, "/title", item), vec![text(value, "/link").unwrap_or_default().to_owned()]),
        "intake" => (headline(value, "/item/title", item), vec![page(value)]),
        "clean" => (headline(value, "/headline", item), vec![show::dateline(value)]),
        "extract" => (headline(value, "/headline", item), found(value)),
        "dedup" => judged(value, item),
        _ => published(value, item),
    };
    let at = field("/at").split('T').nth(1).and_then(|time| time.get(..8)).unwrap_or_default();
    let mut out = format!(
        "{}  {:<7}  {}  {}\n",
        style.paint(Tone::Faint, at),
        field("/stage"),
        style.paint(Tone::Name, &in_a_line(field("/feed"))),
        style.paint(Tone::Strong, &in_a_line(&headline))
    );
    for line in below.iter().map(|line| in_a_line(line)).filter(|line| !line.is_empty()) {
        out.push_str(&format!("{INDENT}{}\n", style.paint(Tone::Plain, &line)));
    }
    out
}

fn in_a_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn headline(value: &Value, pointer: &str, item: &str) -> String {
    text(value, pointer).unwrap_or(item).to_owned()
}

/// `failed, backing off, 3 in a row: timeout: no answer within 30 s`.
fn polled(value: &Value) -> String {
    let mut said = text(value, "/outcome").unwrap_or_default().to_owned();
    if let Some(state) = text(value, "/state").filter(|state| *state != "active") {
        said.push_str(&format!(", {}", state.replace('_', " ")));
    }
    if let Some(errors) = value["errors"].as_u64().filter(|errors| *errors > 1) {
        said.push_str(&format!(", {errors} in a row"));
    }
    if let Some(code) = text(value, "/last_error/code") {
        said.push_str(&format!(": {code}: {}", text(value, "/last_error/detail").unwrap_or_default()));
    }
    said
}

fn page(observed: &Value) -> String {
    match (observed["page"].is_object(), text(observed, "/page_missing/code")) {
        (true, _) => "with its page".to_owned(),
        (false, Some(code)) => {
            format!("without its page: {code}: {}", text(observed, "/page_missing/detail").unwrap_or_default())
        }
        (false, None) => String::new(),
    }
}

/// Names and figures, a line each.
fn found(article: &Value) -> Vec<String> {
    let names: Vec<&str> =
        list(article, "/entities").iter().take(SHOWN).filter_map(|entity| text(entity, "/name")).collect();
    let mut lines = vec![names.join(" · ")];
    lines.extend(list(article, "/covid/observations").iter().take(SHOWN).map(figure));
    lines
}

/// `South Korea · deaths · cumulative · 406 · 2020-09-29`.
fn figure(claim: &Value) -> String {
    let cells = show::figure(claim).into_iter().filter(|cell| !cell.is_empty() && cell != "—");
    cells.collect::<Vec<_>>().join(" · ")
}

fn judged(verdict: &Value, item: &str) -> (String, Vec<String>) {
    let said = match text(verdict, "/outcome") {
        Some("suppress") => format!("not published: {}", word(verdict, "/reason")),
        _ => match show::change(verdict) {
            said if said.is_empty() => "new".to_owned(),
            said => said,
        },
    };
    (said, vec![item.to_owned(), show::relation(verdict)])
}

/// A record: its topic, and what it is about.
fn published(record: &Value, item: &str) -> (String, Vec<String>) {
    let topic = text(record, "/topic").and_then(|topic| topic.split('.').next()).unwrap_or_default();
    let value = &record["value"];
    let (said, below) = match topic {
        "articles" => {
            let mut below = vec![show::change(value), show::relation(value)];
            below.extend(found(value));
            (headline(value, "/headline", item), below)
        }
        "covid-stats" => {
            let retracted = if text(value, "/op") == Some("retract") { "retracted: " } else { "" };
            (format!("{retracted}{}", figure(value)), Vec::new())
        }
        "stories" => {
            let told = format!("told by {}", list(value, "/members").len());
            (headline(value, "/headline", item), vec![told])
        }
        _ => (item.to_owned(), Vec::new()),
    };
    (format!("{topic}: {said}"), below)
}

fn word(value: &Value, pointer: &str) -> String {
    match value.pointer(pointer) {
        Some(Value::String(word)) => word.replace('_', " "),
        Some(Value::Object(fields)) => fields.keys().cloned().collect::<Vec<_>>().join(", ").replace('_', " "),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(stage: &str, value: &Value, expected: &str) {
        let event = json!({
            "stage": stage, "at": "2020-10-06T12:03:04.5Z", "feed": "tass-en", "item": "tass-en/1", "value": value,
        });
        assert_eq!(passed(Style::plain(), &event), expected);
    }

    #[test]
    fn each_room_is_told_in_its_own_words() {
        check(
            "fetch",
            &json!({"outcome": "failed", "state": "backing_off", "errors": 3, "last_error": {"code": "timeout", "detail": "no answer"}}),
            "12:03:04  fetch    tass-en  failed, backing off, 3 in a row: timeout: no answer\n",
        );
        check(
            "intake",
            &json!({"item": {"title": "Storm closes\n harbour"}, "page": {"url": "x"}}),
            "12:03:04  intake   tass-en  Storm closes harbour\n          with its page\n",
        );
        check(
            "dedup",
            &json!({"outcome": "suppress", "reason": "too_old"}),
            "12:03:04  dedup    tass-en  not published: too old\n          tass-en/1\n",
        );
        let article = json!({
            "headline": "Cases rise", "revision": 1, "change": "new", "duplicate": {"relation": "exact", "of": "yonhap/7"},
            "entities": [{"name": "South Korea"}, {"name": "Kim"}],
            "covid": {"observations": [
                {"location": {"name": "South Korea"}, "metric": "deaths", "kind": "cumulative", "value": 406, "qualifier": "exact"}
            ]},
        });
        check(
            "publish",
            &json!({"topic": "articles.v1", "value": article}),
            "12:03:04  publish  tass-en  articles: Cases rise\n          the same text as yonhap/7\n          \
             South Korea · Kim\n          South Korea · deaths · cumulative · 406\n",
        );
        check(
            "publish",
            &json!({"topic": "covid-stats.v1", "value": {"op": "retract", "place": "Estonia", "metric": "cases", "kind": "new", "period": "day", "value": 1000}}),
            "12:03:04  publish  tass-en  covid-stats: retracted: Estonia · cases · new, day · 1,000\n",
        );
    }

    #[test]
    fn a_feed_cannot_steer_the_terminal() {
        let title = "a\u{1b}[2J\u{9b}2Jb\u{202e}c\rd";
        check(
            "parse",
            &json!({"title": title, "link": "http://wire.example/\u{7}"}),
            "12:03:04  parse    tass-en  a\u{fffd}[2J\u{fffd}2Jb\u{fffd}c d\n          http://wire.example/\u{fffd}\n",
        );
    }
}
