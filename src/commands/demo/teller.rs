//! What the demo shows: records as they are committed, in words.

use super::script::Source;
use crate::{
    commands::show::{self, Style, Tone},
    model::{Record, Topic},
    publish::{self, Target},
};
use serde_json::Value;
use std::{collections::HashMap, fmt::Write as _, path::Path, time::Duration};

/// Tells the story and counts.
pub(super) struct Teller {
    style: Style,
    /// The figures that stand, by claim.
    standing: HashMap<String, String>,
    articles: u64,
    revisions: u64,
    copies: u64,
    asserted: u64,
    superseded: u64,
    retracted: u64,
    stories: HashMap<String, usize>,
    /// Lines about claims stand right below their article, and end with an empty line.
    amid_claims: bool,
}

fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Teller {
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            standing: HashMap::new(),
            articles: 0,
            revisions: 0,
            copies: 0,
            asserted: 0,
            superseded: 0,
            retracted: 0,
            stories: HashMap::new(),
            amid_claims: false,
        }
    }

    /// What is about to be seen.
    pub(super) fn introduction(&self, feeds: &[Source], length: Duration, publish: &publish::Options) -> String {
        let mut out = String::new();
        let title = self.style.paint(Tone::Strong, "dateline demo");
        let _ = writeln!(
            out,
            "{title}: {} invented wires on this machine, read by the real daemon for {} seconds.",
            feeds.len(),
            length.as_secs()
        );
        let without = match publish.to {
            Target::Journal => "No network, no broker, no configuration.".to_owned(),
            Target::Kafka => format!(
                "No configuration. The records go to the topics {}.* at {}.",
                publish.topic_prefix, publish.kafka.bootstrap_servers
            ),
        };
        let _ = writeln!(out, "{without} All stories, people and figures are made up.\n");
        for feed in feeds {
            let how = if feed.pages { "leads only: pages are fetched" } else { "" };
            let id = self.style.paint(Tone::Name, &format!("{:<12}", feed.id));
            let _ = writeln!(out, "  {id} {:<5} {:<52} {how}", format!("{:?}", feed.format).to_lowercase(), feed.title);
        }
        out.push('\n');
        out
    }

    /// What just changed at a publisher.
    pub(super) fn note(&mut self, note: &str, at: Duration) -> String {
        let begin = self.paragraph();
        let said = format!("▸ {:>4.1} s  {note}", at.as_secs_f64());
        format!("{begin}{}\n\n", self.style.paint(Tone::Warn, &said))
    }

    /// An empty line, if lines about claims stand above.
    fn paragraph(&mut self) -> &'static str {
        if std::mem::take(&mut self.amid_claims) { "\n" } else { "" }
    }

    /// One committed record.
    pub(super) fn record(&mut self, record: &Record) -> String {
        let Some(value) = record.value.as_deref().and_then(|value| serde_json::from_slice::<Value>(value).ok()) else {
            return String::new();
        };
        if record.topic == Topic::CovidStats {
            let told = self.claim(&value);
            self.amid_claims |= !told.is_empty();
            return told;
        }
        let told = match record.topic {
            Topic::Articles => self.article(value),
            Topic::FeedStatus => self.feed_status(&value),
            Topic::Events => self.event(&value),
            Topic::Stories => {
                let members = value.get("members").and_then(Value::as_array).map_or(0, Vec::len);
                self.stories.insert(text(&value, "/id").to_owned(), members);
                String::new()
            }
            _ => String::new(),
        };
        if told.is_empty() { told } else { format!("{}{told}", self.paragraph()) }
    }

    fn article(&mut self, mut record: Value) -> String {
        self.articles += 1;
        let revision = record.get("revision").and_then(Value::as_u64).unwrap_or(1);
        self.revisions += u64::from(revision > 1);
        let relation = text(&record, "/duplicate/relation");
        let copy = !matches!(relation, "original" | "update" | "");
        self.copies += u64::from(copy);
        // What was shown in full before is not shown in full again.
        if (copy || revision > 1)
            && let Some(fields) = record.as_object_mut()
        {
            for field in ["covid", "quotes", "values"] {
                fields.remove(field);
            }
            fields.insert("entities".to_owned(), Value::Array(Vec::new()));
        }
        let mut out = show::article(self.style, &record);
        if revision > 1 {
            out.push_str(&self.changes(&record));
        }
        out.push('\n');
        out
    }

    /// The headline's change in full, of the text only that it changed: it is in the record.
    fn changes(&self, record: &Value) -> String {
        let changes = record.get("changes").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut out = String::new();
        for change in changes.iter().filter(|change| text(change, "/field") == "headline") {
            let was = self.style.paint(Tone::Bad, &format!("- {}", text(change, "/from")));
            let is = self.style.paint(Tone::Good, &format!("+ {}", text(change, "/to")));
            let _ = writeln!(out, "  {was}\n  {is}");
        }
        out
    }

    /// First claims stand in their article's table; what changes them is told.
    fn claim(&mut self, claim: &Value) -> String {
        let id = text(claim, "/id").to_owned();
        let [place, metric, kind, value, ..] = show::figure(claim);
        let what = format!("{metric}, {kind}, {place}");
        if text(claim, "/op") == "retract" {
            self.retracted += 1;
            let was = self.standing.remove(&id).unwrap_or(value);
            return format!("  {} {what}: {was}\n", self.style.paint(Tone::Bad, "claim retracted "));
        }
        self.asserted += 1;
        let revision = claim.get("revision").and_then(Value::as_u64).unwrap_or(1);
        let was = self.standing.insert(id, value.clone());
        let superseded = claim.get("supersedes").is_some_and(|revision| !revision.is_null());
        if superseded {
            self.superseded += 1;
            let mark = self.style.paint(Tone::Good, "claim superseded");
            return format!(
                "  {mark} {what}: {} → {}\n",
                was.unwrap_or_default(),
                self.style.paint(Tone::Strong, &value)
            );
        }
        if revision > 1 {
            return format!("  {} {what}: {value}\n", self.style.paint(Tone::Good, "claim added     "));
        }
        String::new()
    }

    fn feed_status(&self, status: &Value) -> String {
        let state = text(status, "/state");
        if state == "active" || state == "waiting" {
            return String::new();
        }
        let why = format!("{}: {}", text(status, "/last_error/code"), text(status, "/last_error/detail"));
        let said = format!("! feed {} is {}: {why}", text(status, "/id"), state.replace('_', " "));
        format!("{}\n\n", self.style.paint(Tone::Bad, &said))
    }

    fn event(&self, event: &Value) -> String {
        let said = format!(
            "! feed {}: {} ({})",
            text(event, "/feed"),
            text(event, "/kind").replace('_', " "),
            text(event, "/detail")
        );
        format!("{}\n\n", self.style.paint(Tone::Warn, &said))
    }

    /// What was seen, where it is, and what to try next.
    pub(super) fn conclusion(
        &self,
        directory: &Path,
        publish: &publish::Options,
        (requests, unchanged): (u64, u64),
        commits: u64,
    ) -> String {
        let mut out = format!("\n{}\n", self.style.rule("what happened"));
        let shared = self.stories.values().filter(|members| **members > 1).count();
        let _ = writeln!(
            out,
            "  {requests} requests, {unchanged} of them answered 304, not modified\n  \
             articles: {}, of them later revisions: {}, copies of what another told first: {}\n  \
             claims asserted: {}, of them in place of a corrected one: {}; claims retracted: {}\n  \
             stories told by more than one feed: {shared}; commits, each all or nothing: {commits}",
            self.articles, self.revisions, self.copies, self.asserted, self.superseded, self.retracted
        );
        let next = match publish.to {
            Target::Journal => self.files(&mut out, &directory.join("topics")),
            Target::Kafka => self.broker(&mut out, publish),
        };
        let _ = writeln!(out, "\n{}", self.style.rule("what to try next"));
        let always = [
            ("what the stages make of a page", "dateline process --until extract --format pretty page.html".to_owned()),
            (
                "a real feed",
                "dateline run --feed-url https://news.un.org/feed/subscribe/en/news/all/rss.xml --data-dir ./wire"
                    .to_owned(),
            ),
        ];
        for (what, command) in next.into_iter().chain(always) {
            let _ = writeln!(out, "  {}\n    {command}", self.style.paint(Tone::Faint, what));
        }
        out
    }

    /// Where the files are, with what they hold; and what to do with them.
    fn files(&self, out: &mut String, topics: &Path) -> Vec<(&'static str, String)> {
        let shown = topics.display();
        let _ = writeln!(out, "\n{}\n  {shown}", self.style.rule("where the records are"));
        for name in SHOWN {
            let path = topics.join(format!("wire.{name}.v1.ndjson"));
            if let Ok(lines) = std::fs::read(&path) {
                let n = lines.iter().filter(|byte| **byte == b'\n').count();
                let _ = writeln!(out, "    wire.{name}.v1.ndjson  {n} {}", if n == 1 { "record" } else { "records" });
            }
        }
        vec![
            ("one record, whole", format!("tail -n 1 {shown}/wire.articles.v1.ndjson | python3 -m json.tool")),
            (
                "the figures as a table",
                format!("jq -r '[.op,.place,.metric,.kind,.value,.as_of]|@tsv' {shown}/wire.covid-stats.v1.ndjson"),
            ),
            (
                "the same in SQL",
                format!(
                    "duckdb -c \"select place, metric, value from read_json_auto('{shown}/wire.covid-stats.v1.ndjson')\""
                ),
            ),
        ]
    }

    /// The topics at the broker, and what to do with them.
    fn broker(&self, out: &mut String, publish: &publish::Options) -> Vec<(&'static str, String)> {
        let (servers, prefix) = (&publish.kafka.bootstrap_servers, &publish.topic_prefix);
        let _ = writeln!(out, "\n{}\n  at {servers}", self.style.rule("where the records are"));
        for name in SHOWN {
            let _ = writeln!(out, "    {prefix}.{name}.v1");
        }
        vec![
            ("the claims", format!("kcat -C -b {servers} -t {prefix}.covid-stats.v1 -e -o beginning -f '%s\\n'")),
            (
                "is each there once, and in order",
                format!("dateline audit --bootstrap-servers {servers} --topic-prefix {prefix}"),
            ),
        ]
    }
}

/// The topics that a guest wants to see.
const SHOWN: [&str; 5] = ["articles", "covid-stats", "stories", "feed-status", "events"];
