//! Which vocabulary an element belongs to, whatever its publisher calls it.
//!
//! An address decides; where it is missing or unknown, a well-known prefix does.

/// A vocabulary that feeds use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// No namespace, or one of the many of RSS.
    Rss,
    Atom,
    /// Dublin Core elements and terms.
    Dc,
    DcTerms,
    Content,
    Media,
    Itunes,
    Yandex,
    Rdf,
    Xhtml,
    Xml,
    News,
    Feedburner,
    Georss,
    Prism,
    Slash,
    Thread,
    Syndication,
    /// `at:deleted-entry` (RFC 6721).
    Tombstones,
    Other,
}

/// Vocabulary, usual prefix, beginning of its address without scheme.
const SPACES: [(Space, &str, &str); 34] = [
    (Space::Rss, "rss", "purl.org/rss/1.0/modules/rss091"),
    (Space::Content, "content", "purl.org/rss/1.0/modules/content"),
    (Space::Slash, "slash", "purl.org/rss/1.0/modules/slash"),
    (Space::Syndication, "sy", "purl.org/rss/1.0/modules/syndication"),
    (Space::Atom, "atom", "www.w3.org/2005/atom"),
    (Space::Atom, "a10", "purl.org/atom/ns"),
    (Space::Atom, "atom03", "purl.org/atom/"),
    (Space::Atom, "atom", "purl.org/net/atom"),
    (Space::Atom, "atom", "example.com/newformat"),
    (Space::Atom, "atom", "example.com/necho"),
    (Space::Atom, "atom", "purl.org/echo"),
    (Space::Atom, "atom", "uri/of/echo/namespace"),
    (Space::Atom, "atom", "purl.org/pie"),
    (Space::Tombstones, "at", "purl.org/atompub/tombstones"),
    (Space::DcTerms, "dcterms", "purl.org/dc/terms"),
    (Space::Dc, "dc", "purl.org/dc/elements"),
    (Space::Dc, "dc", "dublincore.org/documents"),
    (Space::Media, "media", "search.yahoo.com/mrss"),
    (Space::Media, "media", "tools.search.yahoo.com/mrss"),
    (Space::Itunes, "itunes", "www.itunes.com"),
    (Space::Itunes, "itunes", "example.com/dtds/podcast"),
    (Space::Yandex, "yandex", "news.yandex.ru"),
    (Space::Rdf, "rdf", "www.w3.org/1999/02/22-rdf-syntax-ns"),
    (Space::Xhtml, "xhtml", "www.w3.org/1999/xhtml"),
    (Space::Xml, "xml", "www.w3.org/xml/1998/namespace"),
    (Space::News, "news", "www.google.com/schemas/sitemap-news"),
    (Space::Feedburner, "feedburner", "rssnamespace.org/feedburner"),
    (Space::Prism, "prism", "prismstandard.org/namespaces"),
    (Space::Georss, "georss", "www.georss.org"),
    (Space::Thread, "thr", "purl.org/syndication/thread"),
    (Space::Rss, "rss", "purl.org/rss/1.0/"),
    (Space::Rss, "rss", "purl.org/net/rss1.1"),
    (Space::Rss, "rss", "my.netscape.com/"),
    (Space::Rss, "rss", "backend.userland.com/"),
];

/// Addresses written for prefixes that were used and never declared.
pub(super) fn address(prefix: &str) -> String {
    match SPACES.iter().find(|(_, usual, _)| usual.eq_ignore_ascii_case(prefix)) {
        Some((Space::Rdf, _, _)) => "http://www.w3.org/1999/02/22-rdf-syntax-ns#".to_owned(),
        Some((Space::Content, _, _)) => "http://purl.org/rss/1.0/modules/content/".to_owned(),
        Some((Space::Atom, _, _)) => "http://www.w3.org/2005/Atom".to_owned(),
        Some((Space::Dc, _, _)) => "http://purl.org/dc/elements/1.1/".to_owned(),
        Some((Space::Media, _, _)) => "http://search.yahoo.com/mrss/".to_owned(),
        Some((Space::Itunes, _, _)) => "http://www.itunes.com/dtds/podcast-1.0.dtd".to_owned(),
        Some((_, _, address)) => format!("http://{address}"),
        None => format!("urn:undeclared:{prefix}"),
    }
}

/// The text behind a beginning in any case.
fn without<'a>(text: &'a str, beginning: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(beginning.len())?;
    head.eq_ignore_ascii_case(beginning).then_some(rest)
}

/// The vocabulary of a prefix and the address it was declared with, if it was.
pub(super) fn space(prefix: &str, declared: Option<&str>) -> Space {
    if let Some(declared) = declared {
        let mut address = declared.trim();
        for scheme in ["http://", "https://"] {
            while let Some(rest) = without(address, scheme) {
                address = rest;
            }
        }
        if address.is_empty() {
            return Space::Rss;
        }
        if let Some((space, _, _)) = SPACES.iter().find(|(_, _, known)| without(address, known).is_some()) {
            return *space;
        }
    }
    if prefix.is_empty() {
        return Space::Rss;
    }
    SPACES.iter().find(|(_, usual, _)| usual.eq_ignore_ascii_case(prefix)).map_or(Space::Other, |(space, _, _)| *space)
}

/// The prefix under which attributes of a vocabulary are kept in the tree.
pub(super) fn usual_prefix(space: Space) -> &'static str {
    SPACES.iter().find(|(known, _, _)| *known == space).map_or("other", |(_, prefix, _)| prefix)
}
