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
    Article, Author, BodyFrom, Completeness, Feed, Hash, Issue, Item, ItemId, LanguageFrom, Observed, Stage, StatedTime,
};
use crate::quirks::canonical_url;
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
        && body.first().is_some_and(|first| metadata::key(first) == metadata::key(headline))
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
        let story = page::read(Some(&page.url), page.content_type.as_deref(), &page.bytes);
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
    finish(article, feed.agency.as_deref(), marks)
}

fn length(paragraphs: &[String]) -> usize {
    paragraphs.iter().map(String::len).sum()
}

/// Everything of an item but its text.
fn head(feed: &Feed, item: &Item, marks: &mut Marks) -> Article {
    let mut article = Article::new(item.id.clone(), item.feed.clone());
    article.feed_title.clone_from(&feed.title);
    article.feed_url = without_secrets(&feed.url);
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

/// The operator is believed first, then the markup.
fn set_language(article: &mut Article, feed: &Feed, markup: Option<&str>) {
    if let Some(language) = &feed.language {
        (article.language, article.language_from) = (Some(language.clone()), Some(LanguageFrom::Feed));
    } else if let Some(language) = markup.and_then(language_tag) {
        (article.language, article.language_from) = (Some(language), Some(LanguageFrom::Markup));
    }
}

/// `en_us` and `EN-US` are `en-US`; what is no tag is none.
fn language_tag(written: &str) -> Option<String> {
    let written = written.split([',', ';']).next()?.trim().replace('_', "-");
    let mut parts = written.split('-');
    let first = parts.next()?.to_ascii_lowercase();
    if !(2..=3).contains(&first.len()) || !first.bytes().all(|byte| byte.is_ascii_lowercase()) || first == "und" {
        return None;
    }
    let region = parts.find(|part| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    Some(region.map_or(first.clone(), |region| format!("{first}-{}", region.to_ascii_uppercase())))
}

/// Addresses are shown without user info, query values and fragments.
fn without_secrets(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.set_query(None);
    url.set_fragment(None);
    Some(url.into())
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
    article.body_from = Some(story.from);
    article.completeness = if story.cut { Completeness::Partial } else { Completeness::Full };
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
    let story = page::read(url, content_type, bytes);
    let address = url.map(str::to_owned).or_else(|| story.metadata.address.clone()).unwrap_or_default();
    let identity = url.and_then(canonical_url).unwrap_or_else(|| Hash::of_bytes(bytes).0);
    let mut article = Article::new(ItemId::new(&feed.id, &identity), feed.id.clone());
    article.feed_title.clone_from(&feed.title);
    article.feed_url = without_secrets(&feed.url);
    article.url = url.map(str::to_owned);
    article.canonical_url = url.and_then(canonical_url);
    set_language(&mut article, feed, None);
    take_page(&mut article, feed, story, &address);
    finish(article, feed.agency.as_deref(), Marks::default())
}

/// Hash of the article text on a page: a change of it is a revision. Surroundings (navigation, related links,
/// counters) do not count.
pub fn page_hash(url: &str, content_type: Option<&str>, bytes: &[u8]) -> Hash {
    let story = page::read(Some(url), content_type, bytes);
    let body = story.paragraphs.join("\n\n");
    if body.is_empty() {
        // Nothing to compare but the page itself.
        return Hash::of_fields("v1:page", [Hash::of_bytes(bytes).0.as_str()]);
    }
    Hash::of_fields("v1:page", [story.headline.as_deref().unwrap_or_default(), body.as_str()])
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
    article.feed_title.clone_from(&feed.title);
    article.feed_url = without_secrets(&feed.url);
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
mod tests {
    use super::*;
    use crate::model::Page;

    /// A page as agencies build them, around a story.
    fn agency_page(story: &[&str]) -> String {
        let [headline, lead, paragraphs @ ..] = story else { panic!("a story has a headline and a lead") };
        let body: String = paragraphs
            .iter()
            .map(|text| {
                if text.len() < 60 {
                    format!("<h2>{text}</h2>")
                } else {
                    format!("<p>{}</p>", text.replace('&', "&amp;"))
                }
            })
            .collect();
        format!(
            "<!doctype html><html lang='en'><head><title>{headline} - Example Wire</title><meta property='og:title' content='{headline}'>\
             <script>var a = '<p>no</p>';</script></head><body><header><a href='/'>Example Wire</a><nav><ul><li><a href='/w'>World</a></li>\
             <li><a href='/e'>Economy</a></li></ul></nav></header><div class='breadcrumbs'><a href='/'>Home</a> / <a href='/w'>World</a></div>\
             <div class='content'><div class='news-header'><h1>{headline}</h1><div class='news-header__lead'>{lead}</div></div>\
             <div class='text-content'>{body}</div><div class='tags'><a href='/t/1'>Tag one</a><a href='/t/2'>Tag two</a></div></div>\
             <div class='related'><h3>Read also</h3><ul><li><a href='/2'>Another story about something else entirely</a></li>\
             <li><a href='/3'>A third story that is not this one</a></li></ul></div>\
             <footer><p>© Example Wire 2020. All rights reserved. Use of materials is allowed only with a link to the source.</p>\
             <a href='/about'>About us</a></footer></body></html>"
        )
    }

    const STORY: [&str; 7] = [
        "Harbour town opens second bridge after years of delay",
        "The crossing shortens the way to the port by half an hour",
        "PORT AMBER, March 3. /EXW/. The harbour town of Port Amber opened its second bridge on Tuesday after eleven years of planning, the mayor's office said in a statement.",
        "\"We waited a long time for this day, and now the lorries no longer pass the school,\" Mayor Ana Lima told reporters at the opening on the northern bank of the river.",
        "The bridge cost 41.5 million crowns, some three million more than planned, and carries four lanes, a railway track and a path for cyclists.",
        "A long history",
        "Plans for the bridge were first drawn in 1987, when the port handled a fifth of the cargo that it handles now, according to the town's archive.",
    ];

    #[track_caller]
    fn check(story: &[&str]) {
        let page = agency_page(story);
        let article = super::page(
            &Feed::new("f", "http://wire.example/"),
            Some("http://wire.example/a?utm_source=x"),
            None,
            page.as_bytes(),
        );
        assert_eq!(article.headline.as_deref(), Some(story[0]));
        let body: Vec<&str> = article.body.split("\n\n").collect();
        let body = if body[0] == story[1] { &body[1..] } else { body.as_slice() };
        assert_eq!(body, &story[2..]);
        assert!(
            article.summary.as_deref() == Some(story[1]) || article.body.starts_with(story[1]),
            "{:?}",
            article.summary
        );
        assert_eq!((article.language.as_deref(), article.completeness), (Some("en"), Completeness::Full));
        assert_eq!(article.canonical_url.as_deref(), Some("http://wire.example/a"));
    }

    #[test]
    fn a_page_gives_the_story_and_nothing_around_it() {
        check(&STORY);
    }

    #[test]
    fn a_short_dispatch_is_not_outweighed_by_its_surroundings() {
        let page = "<html><head><title>Fire at port warehouse put out | Example Wire</title></head><body><ul class='breadcrumb'><li><a href='/'>Home</a></li></ul>\
            <h1>Fire at port warehouse put out</h1><div class='meta'>3 March 2020, 18:05</div><div class='article-text'><p>PORT AMBER, March 3 (EXW) - A fire at a \
            warehouse in the port of Port Amber was put out on Tuesday, officials said.</p><p>Nobody was hurt.</p></div><div class='popular'><h3>Most read</h3>\
            <div><p>Teaser text that runs on for quite some time about a completely different matter, with commas, and more commas, to look like prose.</p></div></div>\
            <div class='footer'>© Example Wire, 2020. All rights are reserved by the agency, its partners, and others, as the law provides for such cases.</div></body></html>";
        let article = super::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
        assert_eq!(
            article.body,
            "PORT AMBER, March 3 (EXW) - A fire at a warehouse in the port of Port Amber was put out on Tuesday, officials said.\n\nNobody was hurt."
        );
    }

    #[test]
    fn the_seed_story_comes_out_of_its_page() {
        let Ok(seed) = std::fs::read_to_string("../shared/seed/tass-2020-09-29.txt") else { return };
        let story: Vec<&str> = seed.trim().split("\n\n").map(str::trim).skip(1).collect();
        check(&story);
    }

    fn observed(summary: &str, page: Option<String>) -> Observed {
        let mut item = Item::new(ItemId("f:1".to_owned()), "f".into());
        item.title = Some(STORY[0].to_owned());
        item.summary = Some(summary.to_owned());
        let page = page.map(|page| Page {
            url: "http://wire.example/a".to_owned(),
            bytes: page.into_bytes(),
            content_type: None,
            hash: Hash(String::new()),
        });
        Observed { hash: item.content_hash(), item, page, page_missing: None, first_sight: None }
    }

    #[test]
    fn the_page_replaces_a_lead_and_never_a_longer_text() {
        let mut feed = Feed::new("f", "http://wire.example/");
        feed.full_text = true;
        let whole = item(&feed, &observed(STORY[1], Some(agency_page(&STORY))));
        assert_eq!((whole.body_from, whole.completeness), (Some(BodyFrom::Page), Completeness::Full));
        assert_eq!(whole.summary.as_deref(), Some(STORY[1]));
        let consent = "<html><body><h1>Before you continue</h1><p>We use cookies.</p></body></html>";
        let kept = item(&feed, &observed(STORY[2], Some(consent.to_owned())));
        assert_eq!((kept.body.as_str(), kept.completeness), (STORY[2], Completeness::Partial));
        assert!(
            kept.issues.iter().any(|issue| issue.code == "page_shorter_than_feed" || issue.code == "no_article"),
            "{:?}",
            kept.issues
        );
        let none = item(&feed, &observed("", None));
        assert_eq!((none.body.as_str(), none.completeness), ("", Completeness::HeadlineOnly));
    }

    #[test]
    fn surroundings_do_not_change_a_pages_hash() {
        let page = agency_page(&STORY);
        let hash = |page: &str| page_hash("http://wire.example/a", None, page.as_bytes());
        assert_eq!(hash(&page), hash(&page.replace("A third story", "A fourth story")));
        assert_ne!(hash(&page), hash(&page.replace("41.5 million", "42.5 million")));
    }

    #[test]
    fn a_callers_text_is_taken_as_it_is() {
        let text = "PARIS, Jan 2 - One  two\nthree.\n\nFour & five.";
        let document = Document {
            id: "d".to_owned(),
            text: Some(text.to_owned()),
            language: Some("en".to_owned()),
            ..Document::default()
        };
        let article = super::document(&Feed::new("f", "http://wire.example/"), document);
        assert_eq!((article.body.as_str(), article.language_from), (text, Some(LanguageFrom::Feed)));
    }

    #[test]
    fn strange_pages_give_an_issue_and_no_panic() {
        let deep = "<div>".repeat(50_000);
        let formatted: String = (0..5_000).map(|n| format!("<font size={n}><p>x")).collect();
        for page in ["", "\u{0}\u{1}", "<html>", "{\"a\":1}", &deep, &formatted] {
            let article = super::page(&Feed::new("f", "http://wire.example/"), None, None, page.as_bytes());
            assert!(!article.body.is_empty() || !article.issues.is_empty());
        }
    }

    /// Real pages, where the machine has them: agreement of words with what a good extractor keeps.
    #[test]
    fn real_pages_agree_with_their_reference() {
        let words = |text: &str| {
            text.split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .map(str::to_lowercase)
                .collect::<Vec<_>>()
        };
        let mut scores = Vec::new();
        for folder in std::fs::read_dir("../shared/data/readability-news-pages").into_iter().flatten().flatten() {
            let read = |name: &str| std::fs::read(folder.path().join(name));
            let (Ok(source), Ok(expected)) = (read("source.html"), read("expected.html")) else { continue };
            let article =
                super::page(&Feed::new("f", "http://wire.example/"), Some("http://wire.example/a"), None, &source);
            assert!(!article.body.is_empty() || !article.issues.is_empty(), "{:?}", folder.path());
            let reference = html::paragraphs(&String::from_utf8_lossy(&expected), &mut Marks::default()).join(" ");
            let mut left = words(&reference);
            let (total, found) = (left.len(), words(&article.body));
            left.sort();
            let mut right = found.clone();
            right.sort();
            let (mut shared, mut at) = (0, 0);
            for word in &right {
                while left.get(at).is_some_and(|known| known < word) {
                    at += 1;
                }
                if left.get(at) == Some(word) {
                    shared += 1;
                    at += 1;
                }
            }
            let f1 = 2.0 * shared as f64 / (total + found.len()).max(1) as f64;
            println!(
                "{f1:.3} {:.3} {:.3} {:?}",
                shared as f64 / found.len().max(1) as f64,
                shared as f64 / total.max(1) as f64,
                folder.file_name()
            );
            scores.push(f1);
        }
        let mean = scores.iter().sum::<f64>() / scores.len().max(1) as f64;
        println!("mean {mean:.4} of {}", scores.len());
        assert!(scores.is_empty() || mean >= 0.9, "{mean}");
    }
}
