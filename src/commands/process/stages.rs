//! One piece of work through the stages: the same calls in the same order as the daemon makes them.
//!
//! Nothing here knows of files, threads or output. What a stage refuses, or where it panics, becomes an error in the
//! place of the document.

use super::{
    document::{self, Stated},
    input::{Piece, Whole},
};
use crate::{
    clean,
    cli::Until,
    config::Config,
    extract,
    model::{Article, Enriched, Feed, Fetched, Hash, Issue, ItemId, LanguageFrom, Observed, Stage, StatedTime},
    parse,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the command line says of every input.
pub(super) struct Terms {
    pub(super) until: Until,
    pub(super) tables: extract::Tables,
    /// Where the feed's settings are looked up.
    pub(super) config: Option<Config>,
    pub(super) feed: Option<String>,
    pub(super) url: Option<String>,
    /// Names in lower case.
    pub(super) headers: Vec<(String, String)>,
    pub(super) language: Option<String>,
    pub(super) published: Option<StatedTime>,
    /// When the run began.
    pub(super) now: Timestamp,
}

/// What became of a document.
pub(super) enum Outcome {
    /// The feed document, where the run ends at `parse`.
    Parsed(Value),
    /// A document that went as far as it should.
    Document(Box<Done>),
    /// What went wrong instead.
    Failed { id: Value, issue: Issue },
}

/// A document after the last stage before `dedup`.
pub(in crate::commands) struct Done {
    /// What the output calls it.
    pub(in crate::commands) id: Value,
    pub(in crate::commands) enriched: Enriched,
    /// Names the content.
    pub(in crate::commands) hash: Hash,
    /// When it was observed, if the caller says so.
    pub(in crate::commands) observed: Option<Timestamp>,
}

/// Runs the stages over one piece of work; a panic is an error of that piece and of nothing else.
pub(super) fn work(terms: &Terms, piece: Piece) -> Vec<Outcome> {
    let name = match &piece {
        Piece::Feed(whole) | Piece::Page(whole) | Piece::Json(whole) => whole.name.clone(),
        Piece::Line { name, .. } | Piece::Failed { name, .. } => name.clone(),
    };
    guarded(name.into(), Stage::Parse, || match piece {
        Piece::Failed { name, issue } => vec![Outcome::Failed { id: name.into(), issue }],
        Piece::Feed(whole) => feed(terms, whole),
        Piece::Page(whole) => vec![page(terms, &whole)],
        Piece::Json(whole) => vec![stated(terms, &whole.bytes, &whole.name)],
        Piece::Line { name, bytes } => vec![stated(terms, &bytes, &name)],
    })
}

fn guarded(id: Value, stage: Stage, run: impl FnOnce() -> Vec<Outcome>) -> Vec<Outcome> {
    caught(stage, run).unwrap_or_else(|issue| vec![Outcome::Failed { id, issue }])
}

/// A panic in a stage is a bug of ours; it costs one document, not the run.
pub(super) fn caught<T>(stage: Stage, run: impl FnOnce() -> T) -> Result<T, Issue> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
        Issue::new(stage, "panic", format!("a bug: {}", said.unwrap_or("the stage gave up without a word")))
    })
}

/// The feed that an input belongs to: as configured, else as the command line describes it.
fn feed_of(terms: &Terms, id: Option<&str>, url: &str) -> Feed {
    let id = id.or(terms.feed.as_deref());
    let configured = id.and_then(|id| terms.config.as_ref()?.feed(&id.into()));
    let mut feed = configured.cloned().unwrap_or_else(|| Feed::new(id.unwrap_or("process"), url));
    if terms.language.is_some() {
        feed.language.clone_from(&terms.language);
    }
    feed
}

impl Terms {
    /// The address that relative links count from.
    fn base(&self, whole: &Whole) -> Option<String> {
        let location = self.header(whole, "content-location");
        self.url.clone().or_else(|| whole.url.clone()).or_else(|| location.map(str::to_owned))
    }

    /// Headers of the command line come before those of the server.
    fn header<'a>(&'a self, whole: &'a Whole, name: &str) -> Option<&'a str> {
        let mut headers = self.headers.iter().chain(&whole.headers);
        headers.find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn feed(terms: &Terms, whole: Whole) -> Vec<Outcome> {
    let base = terms.base(&whole).unwrap_or_default();
    let feed = feed_of(terms, None, &base);
    let mut headers = terms.headers.clone();
    headers.extend(whole.headers);
    let fetched = Fetched {
        feed: feed.id.clone(),
        url: base,
        status: 200,
        headers,
        body: whole.bytes,
        complete: true,
        at: terms.now,
    };
    let parsed = match parse::feed(&feed, &fetched) {
        Ok(parsed) => parsed,
        Err(parse::ParseError(issue)) => return vec![Outcome::Failed { id: whole.name.into(), issue }],
    };
    if terms.until == Until::Parse {
        return vec![Outcome::Parsed(parsed_json(parsed))];
    }
    let title = parsed.head.title;
    let mut outcomes = Vec::new();
    for item in parsed.items {
        let id = item.id.0.clone();
        outcomes.extend(guarded(id.clone().into(), Stage::Clean, || {
            let hash = Observed::hash(&item, None);
            let observed = Observed { item, page: None, page_missing: None, hash, first_sight: None };
            let mut article = clean::item(&feed, &observed);
            article.feed_title = article.feed_title.take().or_else(|| title.clone());
            vec![finish(terms, id.into(), article, Some(observed.hash), None, feed.agency.as_deref())]
        }));
    }
    outcomes
}

fn page(terms: &Terms, whole: &Whole) -> Outcome {
    let url = terms.base(whole);
    let feed = feed_of(terms, None, url.as_deref().unwrap_or_default());
    let mut article = clean::page(&feed, url.as_deref(), terms.header(whole, "content-type"), &whole.bytes);
    article.id = ItemId(whole.name.clone());
    if article.language.is_none()
        && let Some(language) = terms.header(whole, "content-language")
    {
        article.language = language.split(',').next().map(|code| code.trim().to_owned());
        article.language_from = Some(LanguageFrom::Markup);
    }
    let id = whole.name.clone().into();
    finish(terms, id, article, None, None, feed.agency.as_deref())
}

fn stated(terms: &Terms, bytes: &[u8], name: &str) -> Outcome {
    let Stated { id, feed: feed_id, mut document, record, issues, published_raw } = match document::read(bytes, name) {
        Ok(stated) => stated,
        Err(error) => {
            let (id, issue) = *error;
            return Outcome::Failed { id, issue };
        }
    };
    let feed = feed_of(terms, feed_id.as_deref(), document.url.as_deref().unwrap_or_default());
    document.language = document.language.or_else(|| terms.language.clone());
    if published_raw.is_none() {
        document.published = document.published.or(terms.published);
    }
    let agency = document.agency.clone().or_else(|| feed.agency.clone());
    let observed = document.observed;
    // Verdicts name other documents by this id, so it is the caller's own.
    let own_id = ItemId(document.id.clone());
    let mut article = clean::document(&feed, document);
    article.id = own_id;
    article.published_raw = article.published_raw.take().or(published_raw);
    article.summary = article.summary.take().or(record.summary);
    article.updated = article.updated.or(record.updated);
    article.guid = article.guid.take().or(record.guid);
    article.canonical_url = article.canonical_url.take().or(record.canonical_url);
    article.rights = article.rights.take().or(record.rights);
    article.images.extend(record.images);
    article.enclosures.extend(record.enclosures);
    article.categories.extend(record.categories);
    article.authors.extend(record.authors);
    article.issues.extend(issues);
    finish(terms, id, article, None, observed, agency.as_deref())
}

/// The stages from the clean text on.
fn finish(
    terms: &Terms,
    id: Value,
    mut article: Article,
    hash: Option<Hash>,
    observed: Option<Timestamp>,
    agency: Option<&str>,
) -> Outcome {
    if terms.until == Until::Parse {
        let detail = "only feeds are parsed: pages and documents begin at `clean`";
        return Outcome::Failed { id, issue: Issue::new(Stage::Parse, "not_a_feed", detail) };
    }
    if let (None, None, Some(published)) = (article.published, &article.published_raw, terms.published) {
        article.published = Some(published);
        // The year of the dateline comes from the publication, which is only known now.
        clean::wire::structure(&mut article, agency);
    }
    article.observed = article.observed.or(observed);
    let hash = hash.unwrap_or_else(|| {
        let fields = [article.headline.as_deref(), article.summary.as_deref(), Some(article.body.as_str())];
        Hash::of_fields("v1:document", fields.map(Option::unwrap_or_default))
    });
    let enriched =
        if terms.until == Until::Clean { Enriched::bare(article) } else { extract::article(&terms.tables, article) };
    Outcome::Document(Box::new(Done { id, enriched, hash, observed }))
}

/// The line of a feed at `parse`. White space inside items is the publisher's.
fn parsed_json(parsed: parse::Parsed) -> Value {
    let head = parsed.head;
    let items: Vec<Value> = parsed
        .items
        .into_iter()
        .map(|item| {
            json!({
                "id": item.id, "guid": item.guid, "link": item.link, "title": item.title, "summary": item.summary,
                "content": item.content, "authors": item.authors, "published": item.published, "updated": item.updated,
                "published_raw": item.published_raw, "categories": item.categories, "enclosures": item.enclosures,
                "images": item.images, "source": item.source, "language": item.language, "comments": item.comments,
                "rights": item.rights, "issues": item.issues,
            })
        })
        .collect();
    let problems: Vec<Value> =
        parsed.issues.into_iter().map(|issue| json!({"code": issue.code, "detail": issue.detail})).collect();
    json!({
        "feed": {
            "title": head.title, "link": head.link, "description": head.description, "language": head.language,
            "updated": head.updated, "id": head.id,
        },
        "items": items,
        "problems": problems,
    })
}
