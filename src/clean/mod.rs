//! Item to article: plain text, language, resolved links and dates, wire structure.
//!
//! In: an observed revision, a page, or a caller's document. Out: an [`Article`] whose text is final: paragraphs joined
//! by a blank line, NFC, no markup, no control characters. Nothing fails here: what cannot be had is missing, and an
//! issue says why. The order of trust for the body is page, feed's content, feed's summary.

mod boilerplate;
mod html;
mod metadata;
mod page;
mod text;
pub mod wire;

use crate::model::{
    Article, Author, BodyFrom, Completeness, Feed, Hash, Issue, Item, ItemId, LanguageFrom, Notice, Observed, Stage,
    StatedTime, public_address,
};
use crate::quirks::{canonical_url, language_code};
pub use page::Begun;
use page::Story;
use text::Marks;
use url::Url;

/// A summary of this many bytes and this many paragraphs is the story itself.
const FULL_SUMMARY: (usize, usize) = (1_200, 3);

/// Turns one observed revision into an article.
pub fn item(feed: &Feed, observed: &Observed) -> Article {
    let item = &observed.item;
    let mut marks = Marks::default();
    let mut article = head(feed, item, &mut marks);
    let content = item.content.as_deref().map(|markup| html::paragraphs(markup, &mut marks)).unwrap_or_default();
    let summary = item.summary.as_deref().map(|markup| html::paragraphs(markup, &mut marks)).unwrap_or_default();
    let (mut body, is_content) = if length(&content) > 0 && length(&content) >= length(&summary) {
        (content, true)
    } else {
        (summary.clone(), false)
    };
    article.summary = Some(summary.join(" ")).filter(|summary| !summary.is_empty());
    if let Some(headline) = &article.headline
        && body.len() > 1
        && body.first().is_some_and(|first| metadata::letters(first).eq(metadata::letters(headline)))
    {
        body.remove(0);
    }
    let looks_full =
        is_content && !feed.full_text || (length(&body), body.len()) >= FULL_SUMMARY && body.len() >= FULL_SUMMARY.1;
    article.completeness = match body.is_empty() {
        true => Completeness::HeadlineOnly,
        false if looks_full => Completeness::Full,
        false => Completeness::Partial,
    };
    if !body.is_empty() {
        article.body_from = Some(BodyFrom::Feed);
        article.body = body.join("\n\n");
    }
    if let Some(page) = &observed.page {
        let story = page::read_all(page);
        take_page(&mut article, feed, story, &page.url);
    }
    if let Some(missing) = &observed.page_missing {
        article.issues.push(missing.clone());
        if article.completeness == Completeness::Full && !is_content {
            article.completeness = Completeness::Partial;
        }
    }
    // The lead that only repeats the body's beginning is no summary of its own where there is nothing else.
    if article.summary.as_deref() == Some(article.body.as_str()) && article.completeness == Completeness::Full {
        article.summary = None;
    }
    let mut article = finish(article, feed.agency.as_deref(), marks);
    if item.deleted {
        article.wire.notice = Some(Notice::Kill);
    }
    article
}

/// The paragraphs of a piece of HTML, as plain text: what a body is made of before its structure is read.
pub fn paragraphs(markup: &str) -> Vec<String> {
    html::paragraphs(markup, &mut Marks::default())
}

fn length(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(String::len).sum()
}

/// Everything of an item but its text.
fn head(feed: &Feed, item: &Item, marks: &mut Marks) -> Article {
    let mut article = Article::new(item.id.clone(), item.feed.clone());
    set_feed(&mut article, feed);
    article.url.clone_from(&item.link);
    article.guid.clone_from(&item.guid);
    article.canonical_url = item.link.as_deref().and_then(canonical_url);
    article.published = item.published;
    article.updated = item.updated;
    article.published_raw.clone_from(&item.published_raw);
    article.headline = item.title.as_deref().map(|title| text::line(title, marks)).filter(|title| !title.is_empty());
    article.images.clone_from(&item.images);
    article.enclosures.clone_from(&item.enclosures);
    article.categories = item
        .categories
        .iter()
        .map(|category| text::line(category, marks))
        .filter(|category| !category.is_empty())
        .collect();
    article.authors = item
        .authors
        .iter()
        .map(|author| Author { name: author.name.as_deref().map(|name| text::line(name, marks)), ..author.clone() })
        .collect();
    article.rights = item
        .rights
        .as_deref()
        .map(|rights| html::paragraphs(rights, marks).join(" "))
        .filter(|rights| !rights.is_empty());
    set_language(&mut article, feed, item.language.as_deref());
    article.issues.clone_from(&item.issues);
    article
}

/// What the operator says of the feed.
fn set_feed(article: &mut Article, feed: &Feed) {
    article.feed_title.clone_from(&feed.title);
    article.feed_url = public_address(&feed.url);
    article.publisher_country.clone_from(&feed.country);
}

/// The operator is believed first, then the markup.
fn set_language(article: &mut Article, feed: &Feed, markup: Option<&str>) {
    if let Some(language) = &feed.language {
        (article.language, article.language_from) = (Some(language.clone()), Some(LanguageFrom::Feed));
    } else if let Some(language) = markup.and_then(language_tag) {
        (article.language, article.language_from) = (Some(language), Some(LanguageFrom::Markup));
    }
}

/// `en_us` and `EN-US` are `en-US`, "English" is `en`; what is no tag is none.
fn language_tag(written: &str) -> Option<String> {
    let written = written.split([',', ';']).next()?.trim().replace('_', "-");
    let mut parts = written.split('-');
    let first = parts.next()?;
    let first = language_code(first).map_or_else(|| first.to_ascii_lowercase(), str::to_owned);
    if !(2..=3).contains(&first.len()) || !first.bytes().all(|byte| byte.is_ascii_lowercase()) || first == "und" {
        return None;
    }
    let region = parts.find(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    Some(region.map_or(first.clone(), |region| format!("{first}-{}", region.to_ascii_uppercase())))
}

/// Lets the page speak where it says more than the feed.
fn take_page(article: &mut Article, feed: &Feed, story: Story, address: &str) {
    let base = Url::parse(address).ok();
    let absolute = |link: &str| {
        base.as_ref()
            .map_or_else(|| Url::parse(link).ok(), |base| base.join(link).ok())
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .map(String::from)
    };
    let metadata = &story.metadata;
    article.headline = article.headline.take().or(story.headline);
    article.site.clone_from(&metadata.site);
    if article.language.is_none() {
        set_language(article, feed, metadata.language.as_deref());
    }
    if article.authors.is_empty() {
        article.authors =
            metadata.authors.iter().map(|name| Author { name: Some(name.clone()), ..Author::default() }).collect();
    }
    if article.published.is_none() {
        set_published(article, &metadata.published);
    }
    article.updated = article.updated.or(metadata.updated);
    if let Some(canonical) = metadata
        .address
        .as_deref()
        .and_then(absolute)
        .and_then(|link| canonical_url(&link))
        .filter(|link| same_site(link, address))
    {
        article.canonical_url = Some(canonical);
    }
    if let Some(image) = metadata.image.as_deref().and_then(absolute)
        && !article.images.contains(&image)
    {
        article.images.push(image);
    }
    article.issues.extend(story.issues);
    article.issues.extend(story.marks.issues());
    let found = length(&story.paragraphs);
    let from_feed = article.body.len();
    // A page that shows less than the feed is a teaser, a consent form or a pay wall.
    if found == 0 || (found < from_feed && found < 2_000) {
        if found > 0 {
            article.issues.push(Issue::new(
                Stage::Clean,
                "page_shorter_than_feed",
                format!("{found} bytes of text on the page, {from_feed} in the feed; the feed's text is kept"),
            ));
        }
        if article.completeness == Completeness::Full && feed.full_text {
            article.completeness = Completeness::Partial;
        }
        return;
    }
    article.body = story.paragraphs.join("\n\n");
    article.body_from = story.from;
    if let Some(next) = &story.next {
        let detail = format!("the story goes on at {}, which was not read", public_address(next).unwrap_or_default());
        article.issues.push(Issue::new(Stage::Clean, "more_pages", detail));
    }
    let is_open = story.cut || story.next.is_some();
    article.completeness = if is_open { Completeness::Partial } else { Completeness::Full };
    if found < page::SHORTEST {
        // A menu or a notice, or a flash of one line: it is kept, and not called a whole story.
        article.completeness = Completeness::Partial;
        let detail = format!("only {found} bytes of text were found on the page");
        article.issues.push(Issue::new(Stage::Clean, "no_article", detail));
    }
    article.summary = article.summary.take().or(story.lead).filter(|lead| !lead.is_empty());
}

/// The page's time of publication, with what a reader should know of it.
fn set_published(article: &mut Article, published: &metadata::Published) {
    if let Some(read) = published.read {
        article.published = Some(read.time);
        if read.zone_assumed {
            article.issues.push(Issue::new(
                Stage::Clean,
                "date_without_zone",
                format!("the page's date is read as UTC: {}", read.time),
            ));
        }
        if published.is_change {
            let detail = "the page states only when it was last changed";
            article.issues.push(Issue::new(Stage::Clean, "date_of_change", detail));
        }
    } else if let Some(written) = &published.unreadable {
        let written: String = written.chars().filter(|c| !c.is_control()).take(100).collect();
        article.issues.push(Issue::new(Stage::Clean, "date_unreadable", format!("the page's date: {written:?}")));
        article.published_raw = article.published_raw.take().or(Some(written));
    }
}

/// A canonical link is believed only about its own site.
fn same_site(one: &str, other: &str) -> bool {
    let host = |address: &str| {
        Url::parse(address).ok().and_then(|url| url.host_str().map(|host| host.trim_start_matches("www.").to_owned()))
    };
    match (host(one), host(other)) {
        (Some(one), Some(other)) => {
            one == other || one.ends_with(&format!(".{other}")) || other.ends_with(&format!(".{one}"))
        }
        _ => false,
    }
}

/// The last step for every article: what was hidden is said, the wire structure is read.
fn finish(mut article: Article, agency: Option<&str>, marks: Marks) -> Article {
    article.issues.extend(marks.issues());
    if article.body.is_empty() && article.issues.iter().all(|issue| issue.code != "no_article") {
        article.issues.push(Issue::new(Stage::Clean, "no_body", "there is no text beyond the headline"));
    }
    wire::structure(&mut article, agency);
    article
}

/// Turns a web page into an article (`process --from page`).
pub fn page(feed: &Feed, url: Option<&str>, content_type: Option<&str>, bytes: &[u8]) -> Article {
    let story = page::read(None, url, content_type, bytes);
    let address = url.map(str::to_owned).or_else(|| story.metadata.address.clone()).unwrap_or_default();
    let identity = url.and_then(canonical_url).unwrap_or_else(|| Hash::of_bytes(bytes).0);
    let mut article = Article::new(ItemId::new(&feed.id, &identity), feed.id.clone());
    set_feed(&mut article, feed);
    article.url = url.map(str::to_owned);
    article.canonical_url = url.and_then(canonical_url);
    set_language(&mut article, feed, None);
    take_page(&mut article, feed, story, &address);
    finish(article, feed.agency.as_deref(), Marks::default())
}

/// What is to be known of a page when it arrives.
#[derive(Debug)]
pub struct PagePart {
    /// Hash of the article text on it: a change of it is a revision. Surroundings (navigation, related links, counters)
    /// do not count.
    pub hash: Hash,
    /// The page that goes on with the story.
    pub next: Option<String>,
}

/// Looks at a page that was fetched; `begun` says where the story began that it goes on with.
pub fn page_part(begun: Option<Begun<'_>>, url: &str, content_type: Option<&str>, bytes: &[u8]) -> PagePart {
    let story = page::read(begun, Some(url), content_type, bytes);
    let body = story.paragraphs.join("\n\n");
    let hash = if body.is_empty() {
        // Nothing to compare but the page itself.
        Hash::of_fields("v1:page", [Hash::of_bytes(bytes).0.as_str()])
    } else {
        Hash::of_fields("v1:page", [story.headline.as_deref().unwrap_or_default(), body.as_str()])
    };
    PagePart { hash, next: story.next }
}

/// A document as `process --from ndjson` (and, without the text fields, `--from json`) gives it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Document {
    /// The caller's id.
    pub id: String,
    /// Headline, plain text.
    pub headline: Option<String>,
    /// Clean text, taken as it is but for NFC and control characters; paragraphs parted by blank lines.
    pub text: Option<String>,
    /// Markup, where there is no text.
    pub html: Option<String>,
    /// BCP 47.
    pub language: Option<String>,
    /// Publication.
    pub published: Option<StatedTime>,
    /// The document's address.
    pub url: Option<String>,
    /// When it was observed.
    pub observed: Option<jiff::Timestamp>,
    /// Agency, as a hint.
    pub agency: Option<String>,
}

/// Turns a caller's document into an article.
pub fn document(feed: &Feed, document: Document) -> Article {
    let mut marks = Marks::default();
    let mut article = Article::new(ItemId::new(&feed.id, &document.id), feed.id.clone());
    set_feed(&mut article, feed);
    article.guid = Some(document.id);
    article.headline = document
        .headline
        .as_deref()
        .map(|headline| text::line(headline, &mut marks))
        .filter(|headline| !headline.is_empty());
    article.body = match (document.text, document.html) {
        (Some(text), _) => text::verbatim(&text),
        (None, Some(markup)) => html::paragraphs(&markup, &mut marks).join("\n\n"),
        (None, None) => String::new(),
    };
    if !article.body.trim().is_empty() {
        article.body_from = Some(BodyFrom::Feed);
        article.completeness = Completeness::Full;
    }
    article.published = document.published;
    article.observed = document.observed;
    article.canonical_url = document.url.as_deref().and_then(canonical_url);
    article.url = document.url;
    set_language(&mut article, feed, None);
    if let Some(language) = document.language {
        (article.language, article.language_from) = (Some(language), Some(LanguageFrom::Feed));
    }
    let agency = document.agency.as_deref().or(feed.agency.as_deref()).map(str::to_owned);
    finish(article, agency.as_deref(), marks)
}

#[cfg(test)]
mod tests;
