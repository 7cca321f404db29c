//! One input of `dateline test` through the stages: what `process` prints of it, as one JSON value.

use super::{
    Memory,
    input::{self, Piece, Whole},
    line, silence_panics,
    stages::{self, Outcome, Terms},
};
use crate::{
    cli::{From, Until},
    config::{Case, CaseFrom, CaseUntil, Config},
    dedup, extract,
    model::{Issue, Stage},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The stages, made ready once for all tests.
pub(in crate::commands) struct Bench {
    terms: Terms,
    dedup: dedup::Options,
}

impl Bench {
    pub(in crate::commands) fn new(config: Config) -> Self {
        silence_panics();
        let dedup = config.dedup.clone();
        let tables = extract::Tables::new(&config.extract);
        let terms = Terms {
            until: Until::Dedup,
            tables,
            config: Some(config),
            feed: None,
            url: None,
            headers: Vec::new(),
            language: None,
            published: None,
            now: Timestamp::now(),
        };
        Self { terms, dedup }
    }

    /// What comes out of it: of a page or a record its line, of a feed `{"items": [its lines]}`, and at `parse` the
    /// feed as it was read. The error says which stage refused it.
    pub(in crate::commands) fn run(&mut self, case: &Case, bytes: Vec<u8>) -> Result<Value, String> {
        let terms = &mut self.terms;
        terms.until = match case.until {
            CaseUntil::Parse => Until::Parse,
            CaseUntil::Clean => Until::Clean,
            CaseUntil::Extract => Until::Extract,
            CaseUntil::Dedup => Until::Dedup,
        };
        terms.feed = case.feed.as_ref().map(|feed| feed.0.clone());
        terms.url.clone_from(&case.url);
        terms.language.clone_from(&case.language);
        terms.published = case.published.as_deref().and_then(|text| text.parse().ok());
        let from = case.from.map(|from| match from {
            CaseFrom::Feed => From::Feed,
            CaseFrom::Page => From::Page,
            CaseFrom::Json => From::Json,
        });
        let mut pieces = Vec::new();
        let whole = || Whole { name: case.name.clone(), url: None, headers: Vec::new(), bytes: bytes::Bytes::new() };
        input::document(
            bytes.into(),
            from,
            None,
            &mut |piece| {
                pieces.push(piece);
                true
            },
            whole,
        );
        let is_feed = matches!(pieces.as_slice(), [Piece::Feed(_)]);
        let mut memory = (terms.until == Until::Dedup).then(|| Memory::new(&self.dedup, terms.now));
        let mut lines = Vec::new();
        for outcome in pieces.into_iter().flat_map(|piece| stages::work(terms, piece)) {
            lines.push(match (outcome, &mut memory) {
                (Outcome::Parsed(line), _) => line,
                (Outcome::Failed { issue, .. }, _) => return Err(words(&issue)),
                (Outcome::Document(done), None) => line::article(*done, terms.until, None),
                (Outcome::Document(mut done), Some(memory)) => {
                    let judged = stages::caught(Stage::Dedup, || memory.judge(&mut done)).map_err(|bug| words(&bug))?;
                    line::article(*done, Until::Dedup, Some(&judged.map_err(|error| error.to_string())?))
                }
            });
        }
        match (lines.pop(), lines.is_empty()) {
            (Some(line), true) if !is_feed || terms.until == Until::Parse => Ok(line),
            (last, _) => {
                lines.extend(last);
                Ok(json!({ "items": lines }))
            }
        }
    }
}

fn words(issue: &Issue) -> String {
    format!("{} refuses it: {}: {}", issue.stage.as_str(), issue.code, issue.detail)
}
