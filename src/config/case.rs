//! `[[tests]]`: a piece of feed or page and what is to be read in it, so that an operator keeps regression cases beside
//! the feeds. `dateline test` runs them; the daemon does not ask for them.

use super::{FieldPath, Place, Problems};
use crate::model::{FeedId, StatedTime};
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{collections::BTreeMap, path::PathBuf};

/// One `[[tests]]` block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it is called; each test has a name of its own.
    pub name: String,
    /// The feed whose settings apply.
    #[serde(default)]
    pub feed: Option<FeedId>,
    /// What the input is; found out by looking when not told.
    #[serde(default)]
    pub from: Option<CaseFrom>,
    /// The input itself.
    #[serde(default)]
    pub input: Option<String>,
    /// The file that holds the input, relative to the file that this stands in.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// The address that the input came from.
    #[serde(default)]
    pub url: Option<String>,
    /// The language of the text, where it is known.
    #[serde(default)]
    pub language: Option<String>,
    /// When it was published, where the input does not say: RFC 3339, or an ISO date.
    #[serde(default)]
    pub published: Option<String>,
    /// The last stage to run.
    #[serde(default)]
    pub until: CaseUntil,
    /// What stands at a path: `"covid.observations[metric=deaths].value" = 17`.
    #[serde(default)]
    pub expect: BTreeMap<String, Value>,
    /// A regular expression that the text at a path matches.
    #[serde(default)]
    pub matches: BTreeMap<String, String>,
    /// How many there are at a path.
    #[serde(default)]
    pub count: BTreeMap<String, usize>,
    /// Paths at which there is nothing.
    #[serde(default)]
    pub absent: Vec<String>,
}

/// What the input of a test is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseFrom {
    /// RSS, Atom or JSON Feed.
    Feed,
    /// A web page.
    Page,
    /// One article record without the derived fields.
    Json,
}

/// The last stage that a test runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseUntil {
    /// Bytes to items.
    Parse,
    /// Items to clean articles.
    Clean,
    /// Entities, values, quotes, statistics.
    Extract,
    /// Copies and revisions within the input.
    #[default]
    Dedup,
}

/// A test and where its keys were written.
#[derive(Debug, Clone)]
pub(super) struct PlacedCase {
    pub(super) case: Case,
    pub(super) block: Place,
    pub(super) keys: BTreeMap<String, Place>,
}

impl PlacedCase {
    /// The test, with its file where it lies.
    pub(super) fn settled(&self) -> Case {
        let base = match &self.block {
            Place::File { path, .. } => path.parent(),
            _ => None,
        };
        let file = self.case.file.as_ref().map(|file| base.map_or_else(|| file.clone(), |base| base.join(file)));
        Case { file, ..self.case.clone() }
    }

    /// Whether its file is there. Only who runs the tests needs it.
    pub(super) fn look(&self, problems: &mut Problems) {
        if let Some(file) = self.settled().file
            && let Err(error) = std::fs::File::open(&file)
        {
            let message = format!("cannot read the file {}: {error}", file.display());
            let place = self.keys.get("file").unwrap_or(&self.block).clone();
            problems.push(place, format!("test {}: file", self.case.name), message);
        }
    }

    /// Asks the rules of one test. Whether its feed exists is told by `is_feed`.
    pub(super) fn check(&self, is_feed: impl Fn(&FeedId) -> bool, problems: &mut Problems) {
        let case = self.settled();
        let name = &case.name;
        let mut refuse = |key: &str, message: &str| {
            let place = self.keys.get(key).unwrap_or(&self.block).clone();
            problems.push(place, format!("test {name}: {key}"), message);
        };
        if name.trim().is_empty() {
            refuse("name", "empty: say what the test is about");
        }
        if let Some(feed) = case.feed.as_ref().filter(|feed| !is_feed(feed)) {
            refuse("feed", &format!("there is no feed {feed}: name one that is configured"));
        }
        match (&case.input, &case.file) {
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => refuse("input", "missing: give the text as `input` or its name as `file`"),
            (Some(_), Some(_)) => refuse("file", "has no meaning beside `input`: leave one of them out"),
        }
        if let Some(Err(error)) = case.url.as_deref().map(url::Url::parse) {
            refuse("url", &format!("no address ({error}): write one such as \"https://wire.example/1\""));
        }
        if case.language.as_deref().is_some_and(|code| !super::is_language(code)) {
            refuse("language", "no language tag: write one such as \"en\" or \"pt-BR\"");
        }
        if let Some(Err(error)) = case.published.as_deref().map(str::parse::<StatedTime>) {
            refuse("published", &error.to_string());
        }
        if case.until == CaseUntil::Parse && matches!(case.from, Some(CaseFrom::Page | CaseFrom::Json)) {
            refuse("until", "only feeds are parsed: pages and documents begin at \"clean\"");
        }
        let checks = case.expect.len() + case.matches.len() + case.count.len() + case.absent.len();
        if checks == 0 {
            refuse("expect", "missing: say with `expect`, `matches`, `count` or `absent` what is to be found");
        }
        let tables = [
            ("expect", case.expect.keys().collect::<Vec<_>>()),
            ("matches", case.matches.keys().collect()),
            ("count", case.count.keys().collect()),
        ];
        for (table, paths) in tables {
            for path in paths {
                if let Err(problem) = path.parse::<FieldPath>() {
                    refuse(&format!("{table}.{path}"), &problem);
                }
            }
        }
        for problem in case.absent.iter().filter_map(|path| path.parse::<FieldPath>().err()) {
            refuse("absent", &problem);
        }
        for (path, pattern) in &case.matches {
            if let Err(error) = Regex::new(pattern) {
                let said = error.to_string();
                let what = said.lines().last().unwrap_or_default();
                refuse(&format!("matches.{path}"), &format!("no regular expression: {what}"));
            }
        }
    }
}
