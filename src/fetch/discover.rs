//! Pure: where a site's feeds may be, from its front page and its address.
//!
//! In comes a page as it was fetched; out come candidates, the most trustworthy first: what the headers and the head of
//! the page name as feeds, then what links look like feeds, then the addresses at which such programs as publishers use
//! put them. Whether a candidate is a feed is only known when it was fetched and read.

use super::link;
use crate::{
    markup::{
        encoding,
        tokens::{Tag, Token, Tokens},
    },
    model::{Fetched, Stage},
};
use url::Url;

/// Why an address may be a feed's; the better reasons first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// It was given, and is one.
    Given,
    /// A `Link` header says so.
    Header,
    /// The page's head says so.
    Head,
    /// A link on the page looks like one.
    Link,
    /// Feeds are often there.
    Guess,
}

impl Reason {
    /// In words.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Given => "as given",
            Reason::Header => "Link header",
            Reason::Head => "named by the page",
            Reason::Link => "linked",
            Reason::Guess => "usual place",
        }
    }
}

/// An address that may be a feed's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The address.
    pub url: String,
    /// What the page calls it.
    pub title: Option<String>,
    /// Why.
    pub reason: Reason,
}

/// Links that look like feeds are taken so many at most.
const MOST_LINKS: usize = 12;
/// Feeds that a page names are taken so many at most.
const MOST_NAMED: usize = 12;

/// Media types of feeds in `rel=alternate` links. `text/xml` and the like are named by pages for much else.
const FEED_TYPES: [&str; 6] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/x.atom+xml",
    "application/x-atom+xml",
];
/// JSON and XML that may be feeds or not: only if the address or the title says so as well.
const DOUBTFUL_TYPES: [&str; 3] = ["application/json", "text/xml", "application/xml"];

/// Where feeds are put: WordPress, Drupal, Hugo, Jekyll and Ghost, Movable Type, Blogger, Medium and news systems.
const PLACES: [&str; 12] = [
    "feed",
    "rss",
    "rss.xml",
    "feed.xml",
    "atom.xml",
    "index.xml",
    "feed.json",
    "feeds/posts/default?alt=rss",
    "rss/news",
    "news/rss",
    "feeds",
    "index.rdf",
];

/// What a page names and links, the better reasons first, without repeats.
pub fn candidates(page: &Fetched) -> Vec<Candidate> {
    let Ok(address) = Url::parse(&page.url) else { return Vec::new() };
    let mut found = Vec::new();
    for link in link::of_headers(page) {
        if link.is("alternate") && looks_right(link.media_type.as_deref(), link.target.as_str(), link.title.as_deref())
        {
            found.push(candidate(link.target, link.title, Reason::Header));
        }
    }
    let decoded = encoding::decode(Stage::Fetch, &page.body, page.header("content-type"), &page.url);
    in_page(&decoded.text, address, &mut found);
    let mut kept: Vec<Candidate> = Vec::new();
    found.sort_by_key(|candidate| candidate.reason);
    for candidate in found {
        let most = if candidate.reason == Reason::Link { MOST_LINKS } else { MOST_NAMED };
        let as_many = kept.iter().filter(|known| known.reason == candidate.reason).count();
        if as_many < most && kept.iter().all(|known| known.url != candidate.url) {
            kept.push(candidate);
        }
    }
    kept
}

/// The usual places, beside the page itself and at the root of its site.
pub fn guesses(address: &str) -> Vec<Candidate> {
    let Ok(mut page) = Url::parse(address) else { return Vec::new() };
    page.set_query(None);
    page.set_fragment(None);
    let mut found: Vec<Candidate> = Vec::new();
    let last = page.path().rsplit('/').next().unwrap_or_default();
    let beside = match last {
        "" => page.clone(),
        // "/blog" is a folder as often as a page; "/index.html" is none.
        name if name.contains('.') => page.join(".").unwrap_or(page.clone()),
        _ => {
            let folder = format!("{}/", page.path());
            page.set_path(&folder);
            page.clone()
        }
    };
    let mut bases = vec![beside];
    bases.extend(page.join("/"));
    bases.dedup();
    for base in bases {
        // Beside a page deep in the site only the most usual ones are tried.
        let places = if base.path() == "/" { PLACES.len() } else { 3 };
        let urls = PLACES.iter().take(places).filter_map(|place| base.join(place).ok());
        found.extend(urls.map(|url| candidate(url, None, Reason::Guess)));
    }
    found
}

fn candidate(mut url: Url, title: Option<String>, reason: Reason) -> Candidate {
    url.set_fragment(None);
    let title =
        title.map(|title| title.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|title| !title.is_empty());
    Candidate { url: url.to_string(), title, reason }
}

fn in_page(text: &str, address: Url, found: &mut Vec<Candidate>) {
    let mut base = address;
    let mut tokens = Tokens::new(text, 0);
    // A link whose words are being read.
    let mut open: Option<(Url, String)> = None;
    let close = |open: &mut Option<(Url, String)>, found: &mut Vec<Candidate>| {
        if let Some((url, words)) = open.take()
            && reads_like_a_feed(&url, &words)
        {
            found.push(candidate(url, Some(words), Reason::Link));
        }
    };
    while let Some(token) = tokens.next() {
        let tag = match token {
            Token::Text(words) => {
                if let Some((_, known)) = &mut open
                    && known.len() < 200
                {
                    known.push_str(&words);
                }
                continue;
            }
            Token::Close(name) => {
                if name.eq_ignore_ascii_case("a") {
                    close(&mut open, found);
                }
                continue;
            }
            Token::Open(tag) => tag,
            _ => continue,
        };
        match tag.name.to_ascii_lowercase().as_str() {
            "script" | "style" | "noscript" | "template" => drop(tokens.skip_past_end(tag.name)),
            "base" => {
                if let Some(url) = attribute(&tag, "href").and_then(|href| base.join(href).ok()) {
                    base = url;
                }
            }
            "link" => found.extend(named(&tag, &base)),
            "a" => {
                close(&mut open, found);
                let target = attribute(&tag, "href").and_then(|href| base.join(href).ok());
                let words = attribute(&tag, "title").unwrap_or_default().to_owned() + " ";
                open = target.filter(|url| matches!(url.scheme(), "http" | "https")).map(|url| (url, words));
            }
            // A picture stands for words.
            "img" | "svg" => {
                if let (Some((_, words)), Some(text)) = (&mut open, attribute(&tag, "alt")) {
                    words.push_str(text);
                }
            }
            _ => {}
        }
    }
    close(&mut open, found);
}

fn attribute<'t>(tag: &'t Tag<'_>, name: &str) -> Option<&'t str> {
    tag.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// `<link rel="alternate" type="application/rss+xml" href="…">`, and `rel="feed"` of the early HTML 5.
fn named(tag: &Tag<'_>, base: &Url) -> Option<Candidate> {
    let relations = attribute(tag, "rel")?.to_ascii_lowercase();
    let relations: Vec<&str> = relations.split_ascii_whitespace().collect();
    let url = base.join(attribute(tag, "href")?).ok()?;
    let title = attribute(tag, "title").map(str::to_owned);
    let media_type = attribute(tag, "type").map(str::to_ascii_lowercase);
    let is_feed = relations.contains(&"feed")
        || relations.contains(&"alternate") && looks_right(media_type.as_deref(), url.as_str(), title.as_deref());
    is_feed.then(|| candidate(url, title, Reason::Head))
}

fn looks_right(media_type: Option<&str>, url: &str, title: Option<&str>) -> bool {
    let essence = media_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let says_so = || words_say_so(url) || title.is_some_and(words_say_so);
    FEED_TYPES.contains(&essence)
        // WordPress names its interface as a JSON alternate of every page.
        || DOUBTFUL_TYPES.contains(&essence) && says_so() && !url.contains("/wp-json/") && !url.contains("oembed")
}

/// Whether a text has the word: `/world/rss.xml`, `RSS feeds`, `atom`.
fn words_say_so(text: &str) -> bool {
    let words = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
    words.into_iter().any(|word| {
        matches!(word.as_str(), "rss" | "feed" | "feeds" | "atom" | "rdf" | "syndication" | "rss2" | "xmlfeed")
    })
}

/// A link is worth a request if its address says so, or its words do and the address may be a document's.
fn reads_like_a_feed(url: &Url, words: &str) -> bool {
    let path = url.path().to_ascii_lowercase();
    let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
    let extension = last.rsplit_once('.').map_or("", |(_, extension)| extension);
    if matches!(extension, "html" | "htm" | "png" | "jpg" | "gif" | "svg" | "pdf" | "css" | "js" | "zip") {
        return false;
    }
    let host = url.host_str().unwrap_or_default();
    // Other sites' subscribe buttons carry the word in their addresses.
    if ["feedly.com", "inoreader.com", "facebook.com", "twitter.com", "x.com"].iter().any(|site| host.ends_with(site)) {
        return false;
    }
    let by_address = matches!(extension, "rss" | "atom" | "rdf")
        || words_say_so(&path)
        || url.query().is_some_and(words_say_so)
        || host.split('.').next().is_some_and(|first| matches!(first, "feeds" | "rss"));
    by_address || words_say_so(words) && matches!(extension, "xml" | "json" | "php" | "asp" | "aspx" | "jsp")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, headers: &[&str], body: &str, expected: &[(&str, Reason)]) {
        let fetched = Fetched {
            feed: "a".into(),
            url: url.to_owned(),
            status: 200,
            headers: headers.iter().map(|value| ("link".to_owned(), (*value).to_owned())).collect(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
            complete: true,
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let found = candidates(&fetched);
        let found: Vec<(&str, Reason)> = found.iter().map(|found| (found.url.as_str(), found.reason)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_named_comes_before_what_is_linked() {
        let page = "<!DOCTYPE html><html><head><title>Wire</title>\
            <link rel=\"alternate\" type=\"application/rss+xml\" title=\"World &amp; more\" href=\"/world.xml\">\
            <LINK REL='alternate feed' HREF='atom'><link rel=alternate hreflang=de href=/de/>\
            <link rel=\"alternate\" type=\"application/json\" href=\"/wp-json/wp/v2/pages/7\">\
            <script>var x = '<link rel=\"alternate\" type=\"application/rss+xml\" href=\"/no\">';</script></head>\
            <body><a href=\"/about\">About</a><a href='//feeds.wire.example/sport'>Sport</a><a href=\"/rss/\">RSS</a>\
            <a href=\"/out.xml\"><img alt=\"RSS feed\"></a><a href='https://feedly.com/i/feed/x'>Follow</a>\
            <a href=\"/feeds.html\">Our feeds</a><a href='/world.xml'>RSS</a></body></html>";
        check(
            "https://wire.example/news/",
            &["<https://wire.example/all.atom>; rel=alternate; type=\"application/atom+xml\""],
            page,
            &[
                ("https://wire.example/all.atom", Reason::Header),
                ("https://wire.example/world.xml", Reason::Head),
                ("https://wire.example/news/atom", Reason::Head),
                ("https://feeds.wire.example/sport", Reason::Link),
                ("https://wire.example/rss/", Reason::Link),
                ("https://wire.example/out.xml", Reason::Link),
            ],
        );
        check(
            "https://wire.example/",
            &[],
            "<base href='/deep/'><link rel=feed href=x>",
            &[("https://wire.example/deep/x", Reason::Head)],
        );
    }

    #[test]
    fn usual_places_are_few() {
        let found = guesses("https://wire.example/blog?x=1#y");
        assert_eq!(found.len(), 3 + PLACES.len());
        assert_eq!(
            (found[0].url.as_str(), found[3].url.as_str()),
            ("https://wire.example/blog/feed", "https://wire.example/feed")
        );
        assert_eq!(guesses("https://wire.example").len(), PLACES.len());
    }
}
