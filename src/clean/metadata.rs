//! What a page says about itself: `meta`, `link`, `html lang`, headings, JSON-LD.
//!
//! In: the page's markup. Out: [`Metadata`] with plain text in every field. Nothing is judged here but which of several
//! statements is the most trustworthy; what no statement gives is none.

use super::text::{self, Marks};
use crate::markup::{
    entities,
    tokens::{Tag, Token, Tokens},
};
use crate::model::StatedTime;
use crate::quirks::date;
use serde_json::Value;

/// What was found, each list in document order.
#[derive(Debug, Default)]
pub(super) struct Metadata {
    /// Names (lower case) and contents of `meta`.
    meta: Vec<(String, String)>,
    pub(super) canonical: Option<String>,
    pub(super) language: Option<String>,
    title: Option<String>,
    pub(super) headings: Vec<String>,
    /// `datetime` of `time` elements.
    times: Vec<String>,
    /// The article object of JSON-LD.
    linked: Option<Value>,
    /// Names in elements marked as byline.
    bylines: Vec<String>,
}

/// Scripts with more JSON are not read.
const MAX_JSON: usize = 2 * 1024 * 1024;
/// Statements of one kind that are kept.
const MAX_STATEMENTS: usize = 200;

/// Reads a page's statements.
pub(super) fn read(markup: &str) -> Metadata {
    let mut metadata = Metadata::default();
    let mut tokens = Tokens::new(markup, 0);
    // The element whose text is being collected, and the text.
    let mut collecting: Option<(Target, String, String)> = None;
    while let Some(token) = tokens.next() {
        match token {
            Token::Open(tag) => {
                let name = tag.name.to_ascii_lowercase();
                match name.as_str() {
                    "script" => {
                        let start = tokens.at();
                        let is_linked =
                            attribute(&tag, "type").is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
                        if tokens.skip_past_end("script") && is_linked {
                            metadata.take_linked(markup.get(start..tokens.at()).unwrap_or_default());
                        }
                        continue;
                    }
                    "style" | "template" | "svg" | "noscript" | "iframe" => {
                        tokens.skip_past_end(tag.name);
                        continue;
                    }
                    _ => metadata.take_tag(&name, &tag),
                }
                let target = target(&name, &tag);
                if let (Some(target), None) = (target, &collecting) {
                    collecting = Some((target, name, String::new()));
                }
            }
            Token::Text(text) => {
                if let Some((_, _, collected)) = &mut collecting
                    && collected.len() < 2_000
                {
                    collected.push_str(&text);
                }
            }
            Token::Close(name) => {
                if let Some((target, open, collected)) = collecting.take() {
                    if open.eq_ignore_ascii_case(name) {
                        metadata.collect(target, &collected);
                    } else {
                        collecting = Some((target, open, collected + " "));
                    }
                }
            }
            Token::Cdata(_) | Token::DocumentType(_) => {}
        }
    }
    metadata
}

#[derive(Clone, Copy)]
enum Target {
    Title,
    Heading,
    Byline,
}

fn target(name: &str, tag: &Tag<'_>) -> Option<Target> {
    match name {
        "title" => Some(Target::Title),
        "h1" => Some(Target::Heading),
        "a" | "span" | "div" | "p" | "address" | "li" | "em" | "strong" | "h6" | "h5" | "h4" | "b" | "i" => {
            let rel = attribute(tag, "rel").is_some_and(|rel| rel.split_whitespace().any(|word| word == "author"));
            let itemprop = attribute(tag, "itemprop").is_some_and(|prop| prop.contains("author"));
            let class = attribute(tag, "class").is_some_and(|class| class.split_whitespace().any(is_byline_class));
            (rel || itemprop || class).then_some(Target::Byline)
        }
        _ => None,
    }
}

/// `byline`, `pb-byline`, `author-name`, but not what stands beside the name.
fn is_byline_class(class: &str) -> bool {
    let class = class.to_ascii_lowercase();
    let beside = [
        "photo",
        "image",
        "img",
        "avatar",
        "bio",
        "date",
        "time",
        "icon",
        "social",
        "twitter",
        "comment",
        "wrapper-all",
    ];
    let names = class.contains("byline")
        || class == "author"
        || class.starts_with("author-name")
        || class.starts_with("author__name")
        || class.ends_with("__author")
        || class.ends_with("-author");
    names && !beside.iter().any(|word| class.contains(word))
}

fn attribute<'a>(tag: &'a Tag<'_>, name: &str) -> Option<&'a str> {
    tag.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
}

fn clean(text: &str) -> Option<String> {
    Some(text::line(text, &mut Marks::default())).filter(|text| !text.is_empty())
}

impl Metadata {
    fn take_tag(&mut self, name: &str, tag: &Tag<'_>) {
        match name {
            "meta" if self.meta.len() < MAX_STATEMENTS => {
                let key = ["property", "name", "itemprop", "http-equiv"].iter().find_map(|name| attribute(tag, name));
                if let (Some(key), Some(content)) = (key, attribute(tag, "content").and_then(clean)) {
                    self.meta.push((key.trim().to_ascii_lowercase(), content));
                }
            }
            "link" if attribute(tag, "rel").is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) => {
                self.canonical = self.canonical.take().or_else(|| attribute(tag, "href").map(str::to_owned));
            }
            "html" => {
                self.language = ["lang", "xml:lang"].iter().find_map(|name| attribute(tag, name)).map(str::to_owned)
            }
            "time" if self.times.len() < MAX_STATEMENTS => {
                self.times.extend(attribute(tag, "datetime").map(str::to_owned))
            }
            _ => {}
        }
    }

    fn collect(&mut self, target: Target, text: &str) {
        let Some(text) = clean(text) else { return };
        match target {
            Target::Title => self.title = self.title.take().or(Some(text)),
            Target::Heading if self.headings.len() < MAX_STATEMENTS => self.headings.push(text),
            Target::Byline if self.bylines.len() < MAX_STATEMENTS => self.bylines.push(text),
            _ => {}
        }
    }

    fn take_linked(&mut self, script: &str) {
        if self.linked.is_some() || script.len() > MAX_JSON {
            return;
        }
        let end = script.rfind("</").unwrap_or(script.len());
        let json = script
            .get(..end)
            .unwrap_or_default()
            .trim()
            .trim_start_matches("<![CDATA[")
            .trim_start_matches("<!--")
            .trim_end_matches("]]>")
            .trim_end_matches("-->");
        // Raw line breaks inside strings are the commonest fault.
        let value = serde_json::from_str(json)
            .or_else(|_| serde_json::from_str::<Value>(&json.replace(|c: char| c.is_control(), " ")));
        if let Ok(value) = value {
            self.linked = article_of(value);
        }
    }

    /// The content of the first `meta` of one of these names.
    pub(super) fn meta(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.meta.iter().find(|(key, _)| key == name)).map(|(_, content)| content.as_str())
    }

    fn linked_text(&self, name: &str) -> Option<String> {
        text_of(self.linked.as_ref()?.get(name)?)
    }

    /// The headline: the page's only heading where the title confirms it, else what is stated, without the site's name.
    pub(super) fn headline(&self) -> Option<String> {
        let stated =
            self.meta(&["og:title", "twitter:title", "dc.title", "parsely-title", "sailthru.title"]).map(str::to_owned);
        let linked = self.linked_text("headline").and_then(|text| clean(&entities::decode(&text)));
        let title = self.title.as_deref().map(|title| without_site(title, self.site().as_deref()));
        let others = [stated.as_deref(), linked.as_deref(), self.title.as_deref()];
        let confirmed = |heading: &&String| others.iter().flatten().any(|other| agrees(heading, other));
        let heading = self.headings.iter().find(confirmed).or(match self.headings.as_slice() {
            [only] if only.split_whitespace().count() >= 4 => Some(only),
            _ => None,
        });
        heading
            .cloned()
            .or(linked)
            .or_else(|| stated.map(|stated| without_site(&stated, self.site().as_deref())))
            .or(title)
    }

    /// A sentence or two about the story.
    pub(super) fn description(&self) -> Option<String> {
        let stated =
            self.meta(&["og:description", "description", "twitter:description", "dc.description"]).map(str::to_owned);
        stated.or_else(|| clean(&entities::decode(&self.linked_text("description")?)))
    }

    /// The name of the site.
    pub(super) fn site(&self) -> Option<String> {
        let publisher = || clean(&text_of(self.linked.as_ref()?.get("publisher")?.get("name")?)?);
        self.meta(&["og:site_name", "application-name"]).map(str::to_owned).or_else(publisher)
    }

    /// Time of publication, with the text where it cannot be read.
    pub(super) fn published(&self) -> Result<Option<date::Read>, String> {
        let linked = self.linked_text("datePublished");
        let meta = self.meta(&[
            "article:published_time",
            "og:published_time",
            "datepublished",
            "date",
            "pubdate",
            "publishdate",
            "publish-date",
            "parsely-pub-date",
            "sailthru.date",
            "dc.date",
            "dc.date.issued",
            "dcterms.created",
            "ptime",
            "cxenseparse:recs:publishtime",
            "article.published",
            "dcterms.date",
        ]);
        let times = if self.times.len() <= 2 || linked.is_none() && meta.is_none() {
            self.times.first().cloned()
        } else {
            None
        };
        first_date([linked, meta.map(str::to_owned), times])
    }

    /// Time of the last change.
    pub(super) fn updated(&self) -> Option<StatedTime> {
        let meta =
            self.meta(&["article:modified_time", "og:updated_time", "datemodified", "lastmod", "dcterms.modified"]);
        first_date([self.linked_text("dateModified"), meta.map(str::to_owned), None])
            .ok()
            .flatten()
            .map(|read| read.time)
    }

    /// Names of the authors.
    pub(super) fn authors(&self) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(author) = self.linked.as_ref().and_then(|linked| linked.get("author")) {
            let list = author.as_array().map_or_else(|| std::slice::from_ref(author), Vec::as_slice);
            names.extend(
                list.iter()
                    .filter_map(|author| text_of(author).or_else(|| text_of(author.get("name")?)))
                    .filter_map(|name| clean(&entities::decode(&name))),
            );
        }
        if names.is_empty() {
            let stated = self.meta.iter().filter(|(key, _)| {
                matches!(
                    key.as_str(),
                    "author" | "article:author" | "byl" | "dc.creator" | "parsely-author" | "sailthru.author"
                )
            });
            names.extend(stated.map(|(_, name)| name.clone()));
        }
        if names.iter().all(|name| !is_name(name)) {
            names.extend(self.bylines.iter().find(|byline| is_name(&without_by(byline))).cloned());
        }
        let mut authors: Vec<String> = Vec::new();
        for name in names.iter().map(|name| without_by(name)).filter(|name| is_name(name)) {
            // The same name in capitals is the same name.
            if authors.iter().all(|known| key(known) != key(&name)) {
                authors.push(name);
            }
        }
        authors
    }

    /// The story's text in JSON-LD, as it stands there.
    pub(super) fn body(&self) -> Option<String> {
        self.linked_text("articleBody").filter(|body| body.len() >= 200)
    }

    /// The story's language.
    pub(super) fn stated_language(&self) -> Option<String> {
        let stated = self
            .language
            .clone()
            .or_else(|| self.meta(&["content-language", "language", "dc.language"]).map(str::to_owned));
        let locale = || self.meta(&["og:locale"]).map(str::to_owned);
        stated.filter(|language| !language.trim().is_empty()).or_else(|| self.linked_text("inLanguage")).or_else(locale)
    }

    /// The story's picture.
    pub(super) fn image(&self) -> Option<&str> {
        self.meta(&["og:image", "og:image:url", "twitter:image"])
    }

    /// The page's own address for itself.
    pub(super) fn address(&self) -> Option<&str> {
        self.canonical.as_deref().or_else(|| self.meta(&["og:url"]))
    }
}

fn first_date(written: [Option<String>; 3]) -> Result<Option<date::Read>, String> {
    let mut unreadable = None;
    for text in written.into_iter().flatten() {
        match date::read(&text) {
            Some(read) => return Ok(Some(read)),
            None => unreadable = unreadable.or(Some(text)),
        }
    }
    unreadable.map_or(Ok(None), Err)
}

fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.trim().is_empty()),
        Value::Array(values) => values.iter().find_map(|value| value.as_str().map(str::to_owned)),
        _ => None,
    }
}

/// The object that describes the article: at the top, in a list, or in a graph.
fn article_of(value: Value) -> Option<Value> {
    let mut waiting = vec![value];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(values) => waiting.extend(values.into_iter().rev()),
            Value::Object(mut object) => {
                let is_article = object
                    .get("@type")
                    .and_then(text_of)
                    .is_some_and(|kind| kind.contains("Article") || kind.contains("BlogPosting") || kind == "Report");
                if is_article {
                    return Some(Value::Object(object));
                }
                waiting.extend(
                    ["@graph", "mainEntity", "mainEntityOfPage"].iter().filter_map(|name| object.remove(*name)),
                );
            }
            _ => {}
        }
    }
    None
}

/// Letters and digits in lower case.
pub(super) fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a heading and a title say the same: one contains the other, or they share most words.
fn agrees(heading: &str, title: &str) -> bool {
    let (short, long) = (key(heading), key(title));
    if short.len() < 8 || long.len() < 8 {
        return !short.is_empty() && short == long;
    }
    if long.contains(&short) || short.contains(&long) {
        return true;
    }
    let words = |text: &str| text.split_whitespace().map(key).filter(|word| word.len() > 2).collect::<Vec<_>>();
    let (heading, title) = (words(heading), words(title));
    let shared = heading.iter().filter(|word| title.contains(word)).count();
    shared >= 3 && shared * 3 >= heading.len() * 2
}

/// A title without " | Site" or " - Site".
fn without_site(title: &str, site: Option<&str>) -> String {
    for separator in [" | ", " — ", " – ", " - ", " :: ", " » ", " / "] {
        let Some((head, tail)) = title.rsplit_once(separator) else { continue };
        let names_site = site.is_some_and(|site| key(site).contains(&key(tail)) || key(tail).contains(&key(site)));
        let is_short = tail.split_whitespace().count() <= 4 && head.split_whitespace().count() >= 4;
        if names_site || (is_short && separator != " / ") {
            return head.trim().to_owned();
        }
    }
    title.to_owned()
}

/// Words that begin the date behind a name.
const DATE_WORDS: [&str; 32] = [
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "sept",
    "oct",
    "nov",
    "dec",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "published",
    "updated",
    "posted",
];

fn without_by(name: &str) -> String {
    let words = ["by ", "von ", "par ", "por ", "di ", "автор: ", "written by ", "by: ", "author: "];
    let lower = name.to_lowercase();
    let cut =
        words.iter().find(|word| lower.starts_with(**word)).and_then(|word| name.get(word.len()..)).unwrap_or(name);
    // A byline often runs on into a date, a place or a counter.
    let end = cut.find(|c: char| c.is_ascii_digit() || matches!(c, '|' | '•' | '·' | '\n')).unwrap_or(cut.len());
    let name = cut
        .get(..end)
        .unwrap_or_default()
        .split(" - ")
        .next()
        .unwrap_or_default()
        .split(" — ")
        .next()
        .unwrap_or_default();
    let mut words: Vec<&str> = name.split_whitespace().collect();
    while words.last().is_some_and(|word| {
        DATE_WORDS.contains(&word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().as_str())
    }) {
        words.pop();
    }
    words.join(" ").trim_matches([',', ' ', ':', '/']).to_owned()
}

/// A name: a few words, no address, not a whole sentence.
fn is_name(name: &str) -> bool {
    let words = name.split_whitespace().count();
    (1..=8).contains(&words)
        && name.len() <= 120
        && !name.contains("://")
        && !name.contains('@')
        && name.chars().any(char::is_alphabetic)
}
