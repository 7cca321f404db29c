//! One entry of a feed, whatever its vocabulary: a table of fallbacks, read top to bottom.
//!
//! In: an element of the tree. Out: an [`Item`] without its name (`identity` gives it). RSS, Atom and their extensions
//! are read side by side, because feeds mix them. Nothing is invented: `updated` never stands in for `published`.

use super::{
    MAX_TEXT,
    construct::{self, Text, characters},
    link::Base,
    namespaces::Space::{
        self, Atom, Content, Dc, DcTerms, Feedburner, Itunes, Media, News, Other, Rdf, Rss, Xhtml, Yandex,
    },
    tree::{Node, Tree},
};
use crate::model::{Author, Enclosure, FeedId, Issue, Item, ItemId, Stage, StatedTime};
use crate::quirks::date;

/// What the entries of one document share.
pub(super) struct Document<'a> {
    pub(super) tree: &'a Tree,
    pub(super) base: &'a Base,
    pub(super) feed: &'a FeedId,
    /// Language of the feed, where an entry states none.
    pub(super) language: Option<&'a str>,
}

const TITLES: [(Space, &str); 8] = [
    (Rss, "title"),
    (Atom, "title"),
    (Dc, "title"),
    (DcTerms, "title"),
    (News, "title"),
    (Media, "title"),
    (Itunes, "title"),
    (Other, "title"),
];
const SUMMARIES: [(Space, &str); 12] = [
    (Rss, "description"),
    (Atom, "summary"),
    (Rss, "summary"),
    (Dc, "description"),
    (DcTerms, "abstract"),
    (Rss, "abstract"),
    (Atom, "description"),
    (Itunes, "summary"),
    (Itunes, "subtitle"),
    (Media, "description"),
    (Other, "description"),
    (Other, "summary"),
];
const CONTENTS: [(Space, &str); 12] = [
    (Content, "encoded"),
    (Atom, "content"),
    (Yandex, "full-text"),
    (Rss, "full-text"),
    (Rss, "encoded"),
    (Other, "encoded"),
    (Rss, "fulltext"),
    (Other, "full-text"),
    (Xhtml, "body"),
    (Rss, "content"),
    (Rss, "body"),
    (Xhtml, "div"),
];
const PUBLISHED: [(Space, &str); 12] = [
    (Rss, "pubdate"),
    (Atom, "published"),
    (Atom, "issued"),
    (DcTerms, "issued"),
    (Dc, "date"),
    (News, "publication_date"),
    (Rss, "published"),
    (Rss, "date"),
    (DcTerms, "created"),
    (Atom, "created"),
    (DcTerms, "date"),
    (Other, "date"),
];
const UPDATED: [(Space, &str); 6] = [
    (Atom, "updated"),
    (Atom, "modified"),
    (DcTerms, "modified"),
    (Rss, "lastmod"),
    (Rss, "updated"),
    (Rss, "lastbuilddate"),
];
const GUIDS: [(Space, &str); 5] =
    [(Rss, "guid"), (Atom, "id"), (Rss, "id"), (Dc, "identifier"), (DcTerms, "identifier")];
const SOURCES: [(Space, &str); 4] = [(Rss, "source"), (Atom, "source"), (Dc, "source"), (News, "publication")];
const RIGHTS: [(Space, &str); 6] = [
    (Atom, "rights"),
    (Dc, "rights"),
    (DcTerms, "rights"),
    (Rss, "copyright"),
    (Atom, "copyright"),
    (Media, "copyright"),
];
const AUTHORS: [(Space, &str); 5] =
    [(Rss, "author"), (Atom, "author"), (Dc, "creator"), (Dc, "author"), (Itunes, "author")];
const CATEGORIES: [(Space, &str); 4] = [(Rss, "category"), (Atom, "category"), (Dc, "subject"), (Itunes, "category")];

/// Reads one entry.
pub(super) fn read(document: &Document<'_>, node: Node) -> Item {
    let tree = document.tree;
    let mut item = Item::new(ItemId(String::new()), document.feed.clone());
    item.title = first(tree, node, &TITLES, |found| {
        let default = if tree.get(found)?.space == Atom { Text::Plain as fn(String) -> Text } else { Text::Markup };
        construct::text(tree, found, default)?.into_line()
    });
    item.summary = first(tree, node, &SUMMARIES, |found| markup(document, found));
    item.content = first(tree, node, &CONTENTS, |found| markup(document, found));
    read_guid(document, node, &mut item);
    read_links(document, node, &mut item);
    read_dates(tree, node, &mut item);
    item.authors = authors(document, node);
    item.categories = categories(tree, node);
    item.source = first(tree, node, &SOURCES, |found| source(tree, found));
    item.rights = first(tree, node, &RIGHTS, |found| construct::text(tree, found, Text::Plain)?.into_line());
    item.comments = child_text(tree, node, Rss, "comments")
        .and_then(|text| document.base.absolute_at(tree, node, &text))
        .or(item.comments);
    item.language = language(tree, node).or_else(|| document.language.map(str::to_owned));
    read_media(document, node, &mut item);
    cut_to_measure(&mut item);
    item
}

/// The first child, in order of the table, of which `read` makes something.
fn first<T>(tree: &Tree, node: Node, table: &[(Space, &str)], read: impl Fn(Node) -> Option<T>) -> Option<T> {
    table.iter().find_map(|(space, name)| {
        tree.children(node)
            .filter(|(_, child)| child.space == *space && child.name == *name)
            .find_map(|(found, _)| read(found))
    })
}

fn all<'a>(tree: &'a Tree, node: Node, table: &'a [(Space, &str)]) -> impl Iterator<Item = Node> + 'a {
    tree.children(node)
        .filter(|(_, child)| table.iter().any(|(space, name)| child.space == *space && child.name == *name))
        .map(|(found, _)| found)
}

fn child_text(tree: &Tree, node: Node, space: Space, name: &str) -> Option<String> {
    characters(tree, tree.child(node, space, name)?)
}

/// Markup of an element; Atom says what it is, RSS is taken for HTML.
fn markup(document: &Document<'_>, node: Node) -> Option<String> {
    let tree = document.tree;
    let default = if tree.get(node)?.space == Atom && tree.attribute(node, "mode").is_none() {
        Text::Plain as fn(String) -> Text
    } else {
        Text::Markup
    };
    let markup = construct::text(tree, node, default)?.into_markup()?;
    Some(document.base.absolute_links(tree, node, markup))
}

fn read_guid(document: &Document<'_>, node: Node, item: &mut Item) {
    let tree = document.tree;
    item.guid = first(tree, node, &GUIDS, |found| characters(tree, found))
        .or_else(|| tree.attribute(node, "rdf:about").map(str::to_owned));
    let Some(guid) = &item.guid else { return };
    // A guid is a permalink unless it says otherwise; many say nothing and are none.
    let permalink = tree.child(node, Rss, "guid").is_some_and(|found| {
        tree.attribute(found, "ispermalink").is_none_or(|value| !value.eq_ignore_ascii_case("false"))
    });
    let about = tree.attribute(node, "rdf:about").is_some_and(|about| about == guid);
    if (permalink || about) && (guid.starts_with("http://") || guid.starts_with("https://")) {
        item.link = document.base.absolute_at(tree, node, guid);
    }
}

fn read_links(document: &Document<'_>, node: Node, item: &mut Item) {
    let tree = document.tree;
    let mut stated = None;
    let mut alternate: Option<(u8, String)> = None;
    for (found, child) in
        tree.children(node).filter(|(_, child)| matches!(child.name.as_str(), "link" | "loc" | "origlink"))
    {
        let written = tree.attribute(found, "href").map(str::to_owned);
        if child.space == Feedburner || child.space == Media {
            continue;
        }
        let Some(written) = written else {
            let text = characters(tree, found).or_else(|| tree.attribute(found, "rdf:resource").map(str::to_owned));
            stated = stated.or_else(|| text.and_then(|text| document.base.absolute_at(tree, found, &text)));
            continue;
        };
        let Some(address) = document.base.absolute_at(tree, found, &written) else { continue };
        let media_type = tree.attribute(found, "type").unwrap_or_default().to_ascii_lowercase();
        match tree.attribute(found, "rel").unwrap_or("alternate").rsplit('/').next().unwrap_or_default() {
            "enclosure" => add_enclosure(item, address, Some(media_type), tree.attribute(found, "length")),
            "replies" => item.comments = item.comments.take().or(Some(address)),
            "alternate" | "" => {
                // Among several, a page is preferred to what readers cannot show.
                let rank = if media_type.is_empty() || media_type.contains("html") { 0 } else { 1 };
                if alternate.as_ref().is_none_or(|(best, _)| rank < *best) {
                    alternate = Some((rank, address));
                }
            }
            _ => {}
        }
    }
    // CDF names the page in the entry's own tag.
    let own = tree.attribute(node, "href").and_then(|href| document.base.absolute_at(tree, node, href));
    item.link = stated.or(own).or(alternate.map(|(_, address)| address)).or(item.link.take()).or_else(|| {
        let content = tree.child(node, Atom, "content")?;
        document.base.absolute_at(tree, content, tree.attribute(content, "src")?)
    });
}

fn read_dates(tree: &Tree, node: Node, item: &mut Item) {
    // A second element may be readable where the first is not.
    item.published = first(tree, node, &PUBLISHED, |found| stated(tree, found));
    let written = first(tree, node, &PUBLISHED, |found| characters(tree, found));
    item.updated = first(tree, node, &UPDATED, |found| stated(tree, found));
    if let Some(written) = written {
        note_date(&written, item.published.is_some(), "published", item);
    }
    let written = first(tree, node, &UPDATED, |found| characters(tree, found));
    if let Some(written) = written {
        note_date(&written, item.updated.is_some(), "updated", item);
    }
}

/// Says what was wrong with a date, and keeps one that cannot be read.
pub(super) fn note_date(written: &str, was_read: bool, which: &str, item: &mut Item) {
    if !was_read {
        item.issues.push(Issue::new(Stage::Parse, "date_unreadable", format!("{which}: {:?}", excerpt(written))));
        if which == "published" {
            item.published_raw = Some(excerpt(written));
        }
    } else if date::read(written).is_some_and(|read| read.zone_assumed) {
        item.issues.push(Issue::new(
            Stage::Parse,
            "date_without_zone",
            format!("{which}: {:?} is read as UTC", excerpt(written)),
        ));
    }
}

fn excerpt(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

/// A date element as a time.
pub(super) fn stated(tree: &Tree, node: Node) -> Option<StatedTime> {
    date::read(&characters(tree, node)?).map(|read| read.time)
}

/// Authors of an entry; of what it was taken from, where it names none.
fn authors(document: &Document<'_>, node: Node) -> Vec<Author> {
    let tree = document.tree;
    let mut authors: Vec<Author> = Vec::new();
    for found in all(tree, node, &AUTHORS) {
        let Some(author) = person(document, found) else { continue };
        // The same person is often named twice, once for each vocabulary.
        let known =
            authors.iter().any(|known| known == &author || (author.name.is_some() && known.name == author.name));
        if !known {
            authors.push(author);
        }
    }
    if authors.is_empty()
        && let Some(source) = tree.child(node, Atom, "source")
    {
        authors = all(tree, source, &AUTHORS).filter_map(|found| person(document, found)).collect();
    }
    authors
}

fn person(document: &Document<'_>, node: Node) -> Option<Author> {
    let tree = document.tree;
    let part = |names: &[&str]| {
        tree.children(node)
            .find(|(_, child)| names.contains(&child.name.as_str()))
            .and_then(|(found, _)| characters(tree, found))
    };
    let author = if tree.get(node)?.children.is_empty() {
        person_in_text(&characters(tree, node)?)
    } else {
        let name = part(&["name"]).and_then(|name| super::plain::line(&name));
        let uri = part(&["uri", "url", "homepage"]).and_then(|uri| document.base.absolute_at(tree, node, &uri));
        let author = Author { name, email: part(&["email"]), uri };
        if author == Author::default() { person_in_text(&characters(tree, node)?) } else { author }
    };
    (author != Author::default()).then_some(author)
}

/// `desk@agency.example (Jane Doe)`, `Jane Doe <desk@agency.example>`, `Jane Doe`.
pub(super) fn person_in_text(text: &str) -> Author {
    let email = text
        .split(|c: char| c.is_whitespace() || "()<>[],;\"".contains(c))
        .map(|word| word.trim_start_matches("mailto:"))
        .find(|word| word.split_once('@').is_some_and(|(user, host)| !user.is_empty() && host.contains('.')));
    let Some(email) = email else {
        return Author { name: super::plain::line(text), ..Author::default() };
    };
    let name = text.replace("mailto:", "").replace(email, "");
    let name = name.trim_matches(|c: char| c.is_whitespace() || "()<>[],;\"".contains(c));
    Author { name: super::plain::line(name), email: Some(email.to_owned()), uri: None }
}

fn categories(tree: &Tree, node: Node) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    let mut add = |name: Option<String>| {
        if let Some(name) = name.and_then(|name| super::plain::line(&name)).filter(|name| !categories.contains(name)) {
            categories.push(name);
        }
    };
    for found in all(tree, node, &CATEGORIES) {
        match ["term", "text", "label"].iter().find_map(|name| tree.attribute(found, name)) {
            Some(term) => add(Some(term.to_owned())),
            None => add(characters(tree, found)),
        }
    }
    for keywords in all(tree, node, &[(Itunes, "keywords"), (Media, "keywords"), (News, "keywords")]) {
        for keyword in characters(tree, keywords).unwrap_or_default().split(',') {
            add(Some(keyword.to_owned()));
        }
    }
    categories
}

/// The name of what an entry was taken from.
fn source(tree: &Tree, node: Node) -> Option<String> {
    let named = ["title", "name"].iter().find_map(|name| {
        let (found, _) = tree.children(node).find(|(_, child)| child.name == *name)?;
        construct::text(tree, found, Text::Markup)?.into_line()
    });
    named
        .or_else(|| tree.get(node)?.children.is_empty().then(|| characters(tree, node)).flatten())
        .or_else(|| tree.attribute(node, "url").map(str::to_owned))
        .and_then(|text| super::plain::line(&text))
}

/// Language as an element or what is around it states it.
pub(super) fn language(tree: &Tree, node: Node) -> Option<String> {
    let stated = child_text(tree, node, Dc, "language").or_else(|| child_text(tree, node, Rss, "language"));
    stated.or_else(|| tree.inherited(node, "xml:lang").map(str::to_owned)).and_then(|language| language_tag(&language))
}

/// A language tag in its usual form: `en_US` is `en-US`; what is none is dropped.
pub(super) fn language_tag(written: &str) -> Option<String> {
    let written = written.trim().replace('_', "-");
    let mut parts = written.split('-');
    let first = parts.next()?.to_ascii_lowercase();
    let is_tag = (2..=3).contains(&first.len())
        && written.len() <= 35
        && written.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_tag || first == "und" {
        return None;
    }
    let rest = parts.map(|part| match part.len() {
        2 => part.to_ascii_uppercase(),
        4 => {
            let lower = part.to_ascii_lowercase();
            let mut letters = lower.chars();
            letters.next().map_or_else(String::new, |head| head.to_ascii_uppercase().to_string() + letters.as_str())
        }
        _ => part.to_ascii_lowercase(),
    });
    Some(std::iter::once(first).chain(rest).collect::<Vec<_>>().join("-"))
}

/// Media: `enclosure`, Media RSS with its groups, pictures of iTunes and RSS.
fn read_media(document: &Document<'_>, node: Node, item: &mut Item) {
    let tree = document.tree;
    // Groups hold contents, contents hold thumbnails; the tree is at most 64 deep and each element is seen once.
    let mut waiting: Vec<Node> =
        tree.get(node).map(|element| element.children.iter().rev().copied().collect()).unwrap_or_default();
    while let Some(found) = waiting.pop() {
        let Some(child) = tree.get(found) else { continue };
        let address = ["url", "href", "src", "rdf:resource", "other:url", "other:resource"]
            .iter()
            .find_map(|name| tree.attribute(found, name));
        let address = address.and_then(|address| document.base.absolute_at(tree, found, address));
        let media_type = tree.attribute(found, "type").map(str::to_owned);
        match (child.space, child.name.as_str()) {
            (Rss | Atom | Other, "enclosure") => {
                if let Some(address) = address {
                    add_enclosure(item, address, media_type, tree.attribute(found, "length"));
                }
            }
            (Media, "content") => {
                let medium = tree.attribute(found, "medium").unwrap_or_default();
                let is_picture =
                    medium == "image" || media_type.as_deref().is_some_and(|kind| kind.starts_with("image/"));
                match address {
                    Some(address) if is_picture => add_image(item, address),
                    Some(address) => add_enclosure(item, address, media_type, tree.attribute(found, "filesize")),
                    None => {}
                }
                waiting.extend(child.children.iter().rev());
            }
            (Media, "group") => waiting.extend(child.children.iter().rev()),
            (Media, "thumbnail") | (Itunes, "image") => item_image(item, address),
            (Rss, "image") => {
                let inner = tree
                    .child(found, Rss, "url")
                    .and_then(|url| characters(tree, url))
                    .or_else(|| characters(tree, found));
                item_image(item, address.or_else(|| document.base.absolute_at(tree, found, &inner?)));
            }
            (Rdf, "li") => {}
            _ => {}
        }
    }
}

fn item_image(item: &mut Item, address: Option<String>) {
    if let Some(address) = address {
        add_image(item, address);
    }
}

pub(super) fn add_image(item: &mut Item, url: String) {
    if !item.images.contains(&url) && item.images.len() < 64 {
        item.images.push(url);
    }
}

/// What a publisher attaches is kept as attached; a picture is also one of the pictures.
pub(super) fn add_enclosure(item: &mut Item, url: String, media_type: Option<String>, length: Option<&str>) {
    let media_type = media_type.map(|kind| kind.trim().to_owned()).filter(|kind| !kind.is_empty());
    if media_type.as_deref().is_some_and(|kind| kind.starts_with("image/")) {
        add_image(item, url.clone());
    }
    if item.enclosures.iter().all(|known| known.url != url) && item.enclosures.len() < 64 {
        item.enclosures.push(Enclosure {
            url,
            media_type,
            length: length.and_then(|length| length.trim().parse().ok()),
        });
    }
}

/// Cuts the texts of an item to the limit and says so.
pub(super) fn cut_to_measure(item: &mut Item) {
    let mut left = MAX_TEXT;
    let mut cut = false;
    for text in [&mut item.title, &mut item.summary, &mut item.content].into_iter().flatten() {
        if text.len() > left {
            let mut end = left;
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            text.truncate(end);
            cut = true;
        }
        left -= text.len();
    }
    if cut {
        item.issues.push(Issue::new(Stage::Parse, "text_cut", format!("more than {MAX_TEXT} bytes of text")));
    }
}
