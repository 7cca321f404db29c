//! The line of a file that a problem stands in, so that a caret can be put under the place.
//!
//! In comes the text of the file, out go the parts of one line, ready for a terminal and as wide as they look. What may
//! be a secret is replaced, whatever the problem is about: values of secret keys, logins and queries of addresses.

use super::{Place, secret::is_secret};
use regex::Regex;
use std::{ops::Range, sync::LazyLock};

/// A line in three parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The number of the line, from 1.
    pub line: usize,
    /// What stands before the place.
    pub before: String,
    /// What is meant; may be empty.
    pub marked: String,
    /// The rest of the line.
    pub after: String,
}

/// No more characters of a line are shown before a place, and behind where it begins.
const MOST_BEFORE: usize = 70;
const MOST_AFTER: usize = 130;
/// Stands for what is not shown.
const HIDDEN: char = '…';

/// A word where a key may stand, and what parts it from its value: `"sasl.password" = `, also where that is forgotten.
static KEY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?m)(?:^|[{,])[ \t]*([\w.\-"']+)[ \t]*[=:]?[ \t]*"#).ok());
/// The login and the query of an address: `https://`**`user:pw@`**`wire.example/rss?`**`key=1`**.
static ADDRESS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"://(?:([^\s/"'@]+)@)?[^\s"'?]*(?:\?([^\s"']+))?"#).ok());

/// The text of a file, looked through once for all that is to be shown of it.
#[derive(Debug)]
pub struct Source {
    text: String,
    /// Where its lines begin.
    lines: Vec<usize>,
    /// What must not be shown, in bytes.
    secrets: Vec<Range<usize>>,
}

impl Source {
    /// Of the text of a configuration file.
    pub fn new(text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { lines, secrets: secrets(&text), text }
    }

    /// The line that a place is in; none where the place is no stretch of a file.
    pub fn excerpt(&self, place: &Place) -> Option<Excerpt> {
        let Place::File { line, column, width, .. } = *place else { return None };
        let start = *self.lines.get(line.checked_sub(1)?)?;
        let written = self.text.get(start..)?.lines().next()?;
        let secrets = self.secrets.iter().filter(|secret| secret.end > start && secret.start < start + written.len());
        let secrets: Vec<&Range<usize>> = secrets.collect();
        let mut parts = [String::new(), String::new(), String::new()];
        let from = column.saturating_sub(MOST_BEFORE);
        for (n, (at, c)) in written.char_indices().enumerate().skip(from).take(MOST_BEFORE + MOST_AFTER) {
            let n = n + 1;
            let part = &mut parts[usize::from(n >= column) + usize::from(n >= column.saturating_add(width))];
            match secrets.iter().find(|secret| secret.contains(&(start + at))) {
                Some(secret) if secret.start == start + at || at == 0 => part.push(HIDDEN),
                Some(_) => {}
                None if c == '\t' => part.push_str("    "),
                None if c.is_control() => part.push('\u{fffd}'),
                None => part.push(c),
            }
        }
        let [before, marked, after] = parts;
        Some(Excerpt { line, before, marked, after })
    }
}

impl Excerpt {
    /// Blanks and carets that stand under the line, in a font of fixed width.
    pub fn carets(&self) -> String {
        " ".repeat(columns(&self.before)) + &"^".repeat(columns(&self.marked).max(1))
    }
}

fn secrets(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for groups in KEY.iter().flat_map(|key| key.captures_iter(text)) {
        let (Some(whole), Some(key)) = (groups.get(0), groups.get(1)) else { continue };
        if is_secret(&key.as_str().to_lowercase()) {
            let value = text.get(whole.end()..).unwrap_or_default();
            // A string of several lines goes on to its end, everything else to the end of the line.
            let quotes = ["\"\"\"", "'''"].into_iter().find(|quotes| value.starts_with(quotes));
            let end = match quotes {
                Some(quotes) => value.match_indices(quotes).nth(1).map(|(at, _)| at + quotes.len()),
                None => value.find('\n'),
            };
            found.push(whole.end()..end.map_or(text.len(), |end| whole.end() + end));
        }
    }
    for groups in ADDRESS.iter().flat_map(|address| address.captures_iter(text)) {
        found.extend(groups.iter().skip(1).flatten().map(|part| part.range()));
    }
    found
}

/// How wide a text is on a terminal.
fn columns(text: &str) -> usize {
    let width = |c: char| match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200f}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{a4cf}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    };
    text.chars().map(width).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `marked` is the first time these words stand in the text.
    #[track_caller]
    fn check(text: &str, marked: &str, shown: &str, carets: &str) {
        let at = text.find(marked).unwrap();
        let (line, column) = super::super::problem::line_and_column(text, at);
        let place = Place::File { path: "x".into(), line, column, width: marked.chars().count() };
        let excerpt = Source::new(text.to_owned()).excerpt(&place).unwrap();
        let line = format!("{}{}{}", excerpt.before, excerpt.marked, excerpt.after);
        assert_eq!((line.as_str(), excerpt.carets().as_str()), (shown, carets));
    }

    #[test]
    fn carets_stand_under_what_is_meant() {
        check("a = 1\njitter = \"much\" # x\n", "\"much\"", "jitter = \"much\" # x", "         ^^^^^^");
        check("\tjitter = 7", "7", "    jitter = 7", "             ^");
        let carets = format!("{}^", " ".repeat(25));
        check("title = \"新華社🙂e\u{301}\", x = 7", "7", "title = \"新華社🙂e\u{301}\", x = 7", &carets);
        check("a = [\n1,\n2]", "[\n1,\n2]", "a = [", "    ^");
        check("a =", "", "a =", "^");
        let long = format!("a = \"{}\" {}", "x".repeat(300), "y".repeat(300));
        let shown = format!("{}\" {}", "x".repeat(67), "y".repeat(131));
        check(&long, "y", &shown, &format!("{}^", " ".repeat(69)));
        assert_eq!(Source::new(String::new()).excerpt(&Place::Default), None);
        let beyond = Place::File { path: "x".into(), line: 9, column: 9, width: 1 };
        assert_eq!(Source::new("a = 1".to_owned()).excerpt(&beyond), None);
    }

    #[test]
    fn secrets_are_not_shown() {
        check("\"sasl.password\" = 12345", "12345", "\"sasl.password\" = …", "                  ^");
        check("\"sasl.password\" \"hunter2\"", "\"hunter2\"", "\"sasl.password\" …", "                ^");
        check("SASL.PASSWORD=hunter2", "hunter2", "SASL.PASSWORD=…", "              ^");
        check(
            "auth = { username = 1, token = \"s3cret\" }",
            "1",
            "auth = { username = 1, token = …",
            "                    ^",
        );
        check(
            "auth = { bearer_env = \"WIRE\" }",
            "\"WIRE\"",
            "auth = { bearer_env = \"WIRE\" }",
            "                      ^^^^^^",
        );
        check("\"ssl.key.pem\" = \"\"\"\none\ntwo\n\"\"\"\nx = 1", "two", "…", "^");
        check("\"ssl.key.pem\" = '''\none\ntwo\n", "two", "…", "^");
        check("\"ssl.key.pem\" = '''\none'''\nx = 1", "1", "x = 1", "    ^");
        let url = "url = \"https://me:pw@wire.example/rss?key=1&b\" # x";
        check(url, "https", "url = \"https://…@wire.example/rss?…\" # x", "       ^^^^^");
    }
}
