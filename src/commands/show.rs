//! Records laid out for reading, for `process` on a terminal and for the demo.
//!
//! In comes the JSON of a record (whole or cut off at a stage), out goes text. What is not there is not shown. Text
//! from outside is shown without control characters, whatever a record holds.

use serde_json::Value;
use std::{fmt::Write as _, io::IsTerminal as _};

/// How text may be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    colour: bool,
    width: usize,
}

/// What a stretch of text is, for colouring.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Warn,
    Bad,
    Name,
}

impl Style {
    /// For standard output: colours on a terminal unless `NO_COLOR` says otherwise.
    pub(super) fn of_stdout() -> Self {
        Self::of(std::io::stdout().is_terminal())
    }

    /// The same for standard error.
    pub(super) fn of_stderr() -> Self {
        Self::of(std::io::stderr().is_terminal())
    }

    fn of(terminal: bool) -> Self {
        let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Self { colour: terminal && !refused && !dumb, width: columns.unwrap_or(96).clamp(50, 120) }
    }

    /// Without colours, at a fixed width.
    pub(super) fn plain() -> Self {
        Self { colour: false, width: 96 }
    }

    pub(super) fn paint(self, tone: Tone, text: &str) -> String {
        let text = harmless(text);
        if !self.colour || text.is_empty() || matches!(tone, Tone::Plain) {
            return text;
        }
        let code = match tone {
            Tone::Plain => "0",
            Tone::Strong => "1",
            Tone::Faint => "2",
            Tone::Good => "32",
            Tone::Warn => "33",
            Tone::Bad => "31",
            Tone::Name => "36",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A line across the page with a title at its beginning.
    pub(super) fn rule(self, title: &str) -> String {
        let title = harmless(title);
        let left = self.width.saturating_sub(title.chars().count() + 4);
        format!(
            "{} {} {}",
            self.paint(Tone::Faint, "──"),
            self.paint(Tone::Strong, &title),
            self.paint(Tone::Faint, &"─".repeat(left))
        )
    }
}

/// Text from outside may hold escape sequences, and marks that turn the order of what follows; a terminal must not see
/// them.
pub(super) fn harmless(text: &str) -> String {
    let steers =
        |c: char| c.is_control() && c != '\n' || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

pub(super) fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

pub(super) fn list<'v>(value: &'v Value, pointer: &str) -> &'v [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// An article, from `clean` on.
pub(super) fn article(style: Style, record: &Value) -> String {
    let mut page = Page { style, out: String::new() };
    page.out.push_str(&style.rule(&title_of(record)));
    page.out.push('\n');
    if let Some(headline) = text(record, "/headline") {
        page.paragraph(headline, "", Tone::Strong);
    }
    page.row("dateline", &dateline(record));
    page.row("change", &change(record));
    page.row("relation", &relation(record));
    page.row("text", &shape(record));
    for said in standing(&record["sections"], text(record, "/body").unwrap_or_default()) {
        page.row("standing", &said);
    }
    if record.get("entities").is_none() {
        page.row("begins", &opening(record));
    }
    for (label, kinds) in ENTITY_ROWS {
        page.row(label, &entities(record, kinds));
    }
    page.row("values", &values(record));
    page.quotes(record);
    page.observations(list(record, "/covid/observations"));
    for issue in list(record, "/issues") {
        let code = text(issue, "/code").unwrap_or_default();
        let detail = text(issue, "/detail").unwrap_or_default();
        page.row_in(Tone::Warn, "issue", &format!("{}: {code}: {detail}", text(issue, "/stage").unwrap_or_default()));
    }
    page.out
}

/// A document that could not be handled.
pub(super) fn failure(style: Style, line: &Value) -> String {
    let field = |pointer| text(line, pointer).unwrap_or_default();
    let id = line.get("id").map_or_else(String::new, |id| id.as_str().map_or_else(|| id.to_string(), str::to_owned));
    let said = format!("{id}: {}: {}: {}", field("/error/stage"), field("/error/code"), field("/error/detail"));
    format!("{}\n", style.paint(Tone::Bad, &said))
}

/// A feed document and its items.
pub(super) fn feed(style: Style, line: &Value) -> String {
    let mut page = Page { style, out: String::new() };
    page.out.push_str(&style.rule(text(line, "/feed/title").unwrap_or("a feed without a title")));
    page.out.push('\n');
    for (label, pointer) in [
        ("about", "/feed/description"),
        ("link", "/feed/link"),
        ("language", "/feed/language"),
        ("updated", "/feed/updated"),
    ] {
        page.row(label, text(line, pointer).unwrap_or_default());
    }
    let items = list(line, "/items");
    page.row("items", &items.len().to_string());
    for item in items {
        page.out.push('\n');
        page.paragraph(text(item, "/title").unwrap_or("(no title)"), "", Tone::Strong);
        page.row("link", text(item, "/link").unwrap_or_default());
        page.row("published", text(item, "/published").or_else(|| text(item, "/published_raw")).unwrap_or_default());
        page.row("summary", text(item, "/summary").unwrap_or_default());
        page.row(
            "categories",
            &list(item, "/categories").iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        );
    }
    for problem in list(line, "/problems") {
        let said =
            format!("{}: {}", text(problem, "/code").unwrap_or_default(), text(problem, "/detail").unwrap_or_default());
        page.row_in(Tone::Warn, "problem", &said);
    }
    page.out
}

/// What the entity rows hold, in the order of interest.
const ENTITY_ROWS: [(&str, &[&str]); 5] = [
    ("people", &["person"]),
    ("bodies", &["organisation"]),
    ("places", &["place", "facility"]),
    ("diseases", &["disease"]),
    ("others", &["group", "event", "product", "work"]),
];

/// `TASS · tass-en · 2020-09-29T18:05:00+03:00`.
fn title_of(record: &Value) -> String {
    let parts = ["/wire/agency", "/feed/id", "/published"].map(|pointer| text(record, pointer));
    let mut parts: Vec<&str> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        parts.extend(text(record, "/id"));
    }
    parts.join(" · ")
}

pub(super) fn dateline(record: &Value) -> String {
    let Some(dateline) = record.pointer("/wire/dateline").filter(|value| value.is_object()) else {
        return String::new();
    };
    let mut said = text(dateline, "/text").unwrap_or_default().to_owned();
    let read = ["/place", "/country", "/date"].map(|pointer| text(dateline, pointer));
    let read: Vec<&str> = read.into_iter().flatten().collect();
    if !read.is_empty() {
        let _ = write!(said, "  →  {}", read.join(", "));
    }
    said
}

/// `revision 2 (correction): headline, body`.
pub(super) fn change(record: &Value) -> String {
    let Some(revision) = record.get("revision").and_then(Value::as_u64) else {
        return text(record, "/suppressed").map(|reason| format!("not published: {reason}")).unwrap_or_default();
    };
    let change = text(record, "/change").unwrap_or_default();
    if revision == 1 && change == "new" {
        return String::new();
    }
    let mut fields: Vec<&str> = Vec::new();
    for field in list(record, "/changes").iter().filter_map(|change| text(change, "/field")) {
        let field = if field.starts_with("covid") { "figures" } else { field };
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    format!("revision {revision}, {change}{}{}", if fields.is_empty() { "" } else { ": " }, fields.join(", "))
}

/// What it is a copy of.
pub(super) fn relation(record: &Value) -> String {
    let Some(relation) = text(record, "/duplicate/relation").filter(|relation| *relation != "original") else {
        return String::new();
    };
    let said = match relation {
        "exact" => "the same text as",
        "near" => "nearly the same text as",
        "abridged" => "cut from",
        _ => "a newer version of",
    };
    let of = text(record, "/duplicate/of").unwrap_or("an earlier story");
    let agency = text(record, "/duplicate/origin_agency").map(|agency| format!(" ({agency})")).unwrap_or_default();
    let share = |pointer, word| {
        let share = record.pointer(pointer).and_then(Value::as_f64);
        share.map(|share| format!(", {word} {share:.2}")).unwrap_or_default()
    };
    format!("{said} {of}{agency}{}{}", share("/duplicate/similarity", "similar"), share("/duplicate/shared", "shared"))
}

/// Language, length, completeness.
fn shape(record: &Value) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(text(record, "/language").map(str::to_owned));
    if let Some(body) = text(record, "/body") {
        let paragraphs = body.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()).count();
        parts.push(format!("{paragraphs} {}", if paragraphs == 1 { "paragraph" } else { "paragraphs" }));
    }
    parts.extend(text(record, "/completeness").filter(|how| *how != "full").map(|how| how.replace('_', " ")));
    let background =
        list(record, "/sections").iter().filter(|section| text(section, "/kind") == Some("background")).count();
    if background > 0 {
        parts.push(format!("{background} of standing background"));
    }
    parts.join(" · ")
}

/// Of the sections those that were learnt to be standing background: since when, in how many stories, and how they begin.
pub(super) fn standing(sections: &Value, body: &str) -> Vec<String> {
    let said = |section: &Value| {
        let stories = section.pointer("/standing/stories")?;
        let since = text(section, "/standing/since").map(|day| format!(" since {day}")).unwrap_or_default();
        let start = section["start"].as_u64().and_then(|start| usize::try_from(start).ok())?;
        let beginning: String = body.chars().skip(start).take(60).collect();
        Some(format!("{} in {stories} stories{since}: {beginning} …", text(section, "/template")?))
    };
    sections.as_array().into_iter().flatten().filter_map(said).collect()
}

/// The first words of the body.
fn opening(record: &Value) -> String {
    let body = text(record, "/body").unwrap_or_default();
    let words: Vec<&str> = body.split_whitespace().take(40).collect();
    let more = if body.split_whitespace().nth(40).is_some() { " …" } else { "" };
    format!("{}{more}", words.join(" "))
}

fn entities(record: &Value, kinds: &[&str]) -> String {
    let of_kind = list(record, "/entities")
        .iter()
        .filter(|entity| text(entity, "/type").is_some_and(|kind| kinds.contains(&kind)));
    let shown: Vec<String> = of_kind
        .map(|entity| {
            let mut said = text(entity, "/name").unwrap_or_default().to_owned();
            let extra = ["/role", "/country"].map(|pointer| text(entity, pointer));
            let extra: Vec<&str> = extra.into_iter().flatten().collect();
            if !extra.is_empty() {
                let _ = write!(said, " ({})", extra.join(", "));
            }
            let mentions = list(entity, "/mentions").len();
            if mentions > 1 {
                let _ = write!(said, " ×{mentions}");
            }
            said
        })
        .collect();
    shown.join(" · ")
}

fn values(record: &Value) -> String {
    let kinds = ["money", "percent", "quantity", "date"];
    let of_kind =
        list(record, "/values").iter().filter(|value| text(value, "/type").is_some_and(|kind| kinds.contains(&kind)));
    let mut shown: Vec<&str> = Vec::new();
    for value in of_kind.filter_map(|value| text(value, "/text")) {
        if !shown.contains(&value) {
            shown.push(value);
        }
    }
    let more = shown.len().saturating_sub(10);
    shown.truncate(10);
    let tail = if more > 0 { format!(" · {more} more") } else { String::new() };
    format!("{}{tail}", shown.join(" · "))
}

/// `> 33,000,000`, `≥ 5`, `about 20,000`, `100–200`, `4.2 %`.
pub(super) fn bounded(claim: &Value) -> String {
    let number = |key: &str| claim.get(key).and_then(Value::as_f64).map(grouped);
    let Some(value) = number("value") else { return "—".to_owned() };
    let said = match claim.get("qualifier").and_then(Value::as_str).unwrap_or_default() {
        "more_than" => format!("> {value}"),
        "at_least" => format!("≥ {value}"),
        "nearly" => format!("nearly {value}"),
        "about" => format!("about {value}"),
        "less_than" => format!("< {value}"),
        "at_most" => format!("≤ {value}"),
        "between" => format!("{value}–{}", number("value_max").unwrap_or_default()),
        _ => value,
    };
    match claim.get("unit").and_then(Value::as_str) {
        Some("percent") => format!("{said} %"),
        Some("per_population") => {
            let per = claim.get("per").and_then(Value::as_f64).map(grouped).unwrap_or_default();
            format!("{said} per {per}")
        }
        _ => said,
    }
}

/// Digits in threes.
pub(super) fn grouped(number: f64) -> String {
    let plain = number.to_string();
    let (whole, fraction) =
        plain.split_once('.').map_or((plain.as_str(), None), |(whole, fraction)| (whole, Some(fraction)));
    let digits = whole.chars().filter(char::is_ascii_digit).count();
    let mut out = String::new();
    let mut left = digits;
    for c in whole.chars() {
        if c.is_ascii_digit() {
            if left < digits && left.is_multiple_of(3) {
                out.push(',');
            }
            left -= 1;
        }
        out.push(c);
    }
    if let Some(fraction) = fraction {
        let _ = write!(out, ".{fraction}");
    }
    out
}

/// A row of the table of figures: place, what is counted, how, value, day, note. Takes an observation or a claim record.
pub(super) fn figure(claim: &Value) -> [String; 6] {
    let word = |pointers: [&str; 2]| pointers.iter().find_map(|pointer| text(claim, pointer)).unwrap_or("—").to_owned();
    let subset: Vec<&str> = list(claim, "/subset").iter().filter_map(Value::as_str).collect();
    let mut metric = word(["/metric", "/metric"]).replace('_', " ");
    if !subset.is_empty() {
        let _ = write!(metric, " ({})", subset.join(", ").replace('_', " "));
    }
    let mut kind = word(["/kind", "/kind"]);
    if let Some(period) = text(claim, "/period") {
        let _ = write!(kind, ", {period}");
    }
    let mut notes: Vec<String> = Vec::new();
    notes.extend(text(claim, "/status").filter(|status| *status != "reported").map(str::to_owned));
    if claim.get("in_background").and_then(Value::as_bool) == Some(true) {
        notes.push("background".to_owned());
    }
    notes.extend(claim.get("rank").and_then(Value::as_u64).map(|rank| format!("rank {rank}")));
    let source = text(claim, "/source/name").or_else(|| text(claim, "/source"));
    notes.extend(source.map(|source| format!("says {source}")));
    let as_of = text(claim, "/as_of/date").or_else(|| text(claim, "/as_of")).unwrap_or("—").to_owned();
    [word(["/location/name", "/place"]), metric, kind, bounded(claim), as_of, notes.join(", ")]
}

/// Aligns rows into columns; the fourth is of numbers and is aligned at its right end.
pub(super) fn table(style: Style, head: [&str; 6], rows: &[[String; 6]], indent: &str) -> String {
    let mut widths = head.map(|cell| cell.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count().min(34));
        }
    }
    let mut out = String::new();
    let mut line = |cells: [&str; 6], tones: Option<Tone>| {
        let mut written = indent.to_owned();
        for (n, (cell, width)) in cells.iter().zip(widths).enumerate() {
            let cell = clipped(cell, if n == 5 { 60 } else { width });
            let space = " ".repeat(width.saturating_sub(cell.chars().count()));
            let cell = match (tones, n) {
                (Some(tone), _) => style.paint(tone, &cell),
                (None, 3) => style.paint(Tone::Strong, &cell),
                (None, 0) => style.paint(Tone::Name, &cell),
                (None, 5) => style.paint(Tone::Faint, &cell),
                _ => harmless(&cell),
            };
            let _ = if n == 3 { write!(written, "{space}{cell}  ") } else { write!(written, "{cell}{space}  ") };
        }
        let _ = writeln!(out, "{}", written.trim_end());
    };
    line(head, Some(Tone::Faint));
    for row in rows {
        line([&row[0], &row[1], &row[2], &row[3], &row[4], &row[5]], None);
    }
    out
}

/// The heads of the table of figures.
pub(super) const FIGURES: [&str; 6] = ["place", "metric", "kind", "value", "as of", ""];

fn clipped(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(width.saturating_sub(1)).collect();
    cut.push('…');
    cut
}

struct Page {
    style: Style,
    out: String,
}

/// How far the labels of rows reach.
const LABEL: usize = 10;

impl Page {
    fn row(&mut self, label: &str, said: &str) {
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        if said.is_empty() {
            return;
        }
        let label =
            format!("  {}{}", self.style.paint(Tone::Faint, label), " ".repeat(LABEL.saturating_sub(label.len())));
        for (n, line) in wrapped(&said, self.style.width.saturating_sub(LABEL + 2)).iter().enumerate() {
            let begin = if n == 0 { label.clone() } else { " ".repeat(LABEL + 2) };
            let _ = writeln!(self.out, "{begin}{}", harmless(line));
        }
    }

    fn row_in(&mut self, tone: Tone, label: &str, said: &str) {
        let label = self.style.paint(tone, label) + &" ".repeat(LABEL.saturating_sub(label.len()));
        let lines =
            wrapped(&said.split_whitespace().collect::<Vec<_>>().join(" "), self.style.width.saturating_sub(LABEL + 2));
        let _ = writeln!(self.out, "  {label}{}", harmless(&lines.join(&format!("\n{}", " ".repeat(LABEL + 2)))));
    }

    fn paragraph(&mut self, text: &str, indent: &str, tone: Tone) {
        for line in wrapped(text, self.style.width) {
            let _ = writeln!(self.out, "{indent}{}", self.style.paint(tone, &line));
        }
    }

    /// The longest quotes, with who said them.
    fn quotes(&mut self, record: &Value) {
        let body = text(record, "/body").unwrap_or_default();
        for quote in list(record, "/quotes").iter().take(3) {
            let at = |key: &str| quote.get(key).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
            let (Some(start), Some(end), None) = (at("start"), at("end"), quote.get("in")) else { continue };
            let words: String = body.chars().skip(start).take(end.saturating_sub(start)).collect();
            let speaker = text(quote, "/speaker").map(|speaker| format!(" — {speaker}")).unwrap_or_default();
            self.row("quote", &format!("“{}”{speaker}", clipped(&words, 160)));
        }
    }

    fn observations(&mut self, observations: &[Value]) {
        if observations.is_empty() {
            return;
        }
        let rows: Vec<[String; 6]> = observations.iter().map(figure).collect();
        let _ = writeln!(self.out, "  {}", self.style.paint(Tone::Faint, "COVID-19"));
        self.out.push_str(&table(self.style, FIGURES, &rows, "    "));
    }
}

/// Breaks text at spaces.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push(' ');
                used += 1;
            }
            line.push_str(word);
            used += length;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[track_caller]
    fn check(claim: &Value, shown: &str) {
        assert_eq!(bounded(claim), shown);
    }

    #[test]
    fn figures_are_shown_with_their_bounds() {
        check(&json!({"value": 33_000_000, "qualifier": "more_than", "unit": "count"}), "> 33,000,000");
        check(&json!({"value": 406, "qualifier": "exact", "unit": "count"}), "406");
        check(&json!({"value": 4.25, "qualifier": "about", "unit": "percent"}), "about 4.25 %");
        check(&json!({"value": 100, "value_max": 2000, "qualifier": "between", "unit": "count"}), "100–2,000");
        check(&json!({"value": null, "rank": 3}), "—");
    }

    #[test]
    fn text_from_outside_cannot_steer_the_terminal() {
        let shown =
            article(Style::plain(), &json!({"headline": "a\u{1b}[2Jb\u{202e}", "body": "\u{7}x", "issues": []}));
        assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
    }
}
