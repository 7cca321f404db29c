//! One entry of a feed, whatever its vocabulary: a table of fallbacks, read top to bottom.
//!
//! In: an element of the tree. Out: an [`Item`] without its name (`identity` gives it). RSS, Atom and their extensions
//! are read side by side, because feeds mix them; `people`, `times`, `language` and `media` read what needs more than a
//! table. Nothing is invented.

use super::{
    MAX_TEXT,
    construct::{self, Text, characters},
    language,
    link::Base,
    markup_links, media,
    namespaces::Space::{
        self, Atom, Content, Dc, DcTerms, Feedburner, Itunes, Media, News, Other, Prism, Rdf, Rss, Xhtml, Yandex,
    },
    people, plain,
    times::{self, Manner},
    tree::{Node, Tree},
};
use crate::markup::entities;
use crate::model::{Author, FeedId, Issue, Item, ItemId, Stage};

/// What the entries of one document share.
pub(super) struct Document<'a> {
    pub(super) tree: &'a Tree,
    pub(super) base: &'a Base,
    pub(super) feed: &'a FeedId,
    /// The element that describes the feed.
    pub(super) head: Node,
    /// Language of the feed, where an entry states none.
    pub(super) language: Option<&'a str>,
    /// Authors of the feed, where an entry names none.
    pub(super) authors: Vec<Author>,
    /// How dates are meant that leave something open.
    pub(super) manner: Manner,
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
const SUMMARIES: [(Space, &str); 14] = [
    (Rss, "description"),
    (Atom, "summary"),
    (Rss, "summary"),
    (Dc, "description"),
    (DcTerms, "description"),
    (DcTerms, "abstract"),
    (Rss, "abstract"),
    (Atom, "description"),
    (Itunes, "summary"),
    (Itunes, "subtitle"),
    (Prism, "teaser"),
    (Media, "description"),
    (Other, "description"),
    (Other, "summary"),
];
const CONTENTS: [(Space, &str); 14] = [
    (Content, "encoded"),
    (Rdf, "value"),
    (Atom, "content"),
    (Yandex, "full-text"),
    (Rss, "full-text"),
    (Rss, "encoded"),
    (Other, "encoded"),
    (Rss, "fulltext"),
    (Rss, "fullitem"),
    (Other, "full-text"),
    (Xhtml, "body"),
    (Rss, "content"),
    (Rss, "body"),
    (Xhtml, "div"),
];
const GUIDS: [(Space, &str); 5] =
    [(Rss, "guid"), (Atom, "id"), (Rss, "id"), (Dc, "identifier"), (DcTerms, "identifier")];
const SOURCES: [(Space, &str); 5] =
    [(Rss, "source"), (Atom, "source"), (Dc, "source"), (DcTerms, "source"), (News, "publication")];
const RIGHTS: [(Space, &str); 9] = [
    (Atom, "rights"),
    (Dc, "rights"),
    (DcTerms, "rights"),
    (Rss, "rights"),
    (Rss, "copyright"),
    (Prism, "copyright"),
    (DcTerms, "rightsholder"),
    (Atom, "copyright"),
    (Media, "copyright"),
];
const CATEGORIES: [(Space, &str); 7] = [
    (Rss, "category"),
    (Atom, "category"),
    (Dc, "subject"),
    (DcTerms, "subject"),
    (Itunes, "category"),
    (Media, "category"),
    (Prism, "section"),
];
const KEYWORDS: [(Space, &str); 5] =
    [(Itunes, "keywords"), (Media, "keywords"), (News, "keywords"), (Rss, "keywords"), (Prism, "keyword")];
/// Elements that only hold fields of the entry together.
const WRAPPERS: [(Space, &str); 7] = [
    (News, "news"),
    (News, "publication"),
    (Media, "group"),
    (Content, "items"),
    (Content, "item"),
    (Rdf, "bag"),
    (Rdf, "li"),
];
/// Elements of which each may be the summary; a second one with another text is the content, where there is no better.
const SUMMARY_OR_CONTENT: [(Space, &str); 3] = [(Rss, "description"), (Rss, "summary"), (Atom, "summary")];

/// Reads one entry.
pub(super) fn read(document: &Document<'_>, node: Node) -> Item {
    let tree = document.tree;
    let fields = &fields(tree, node);
    let mut item = Item::new(ItemId(String::new()), document.feed.clone());
    item.title =
        first(tree, fields, &TITLES, |found| construct::text(tree, found, default_of(tree, found))?.into_line());
    item.summary = first(tree, fields, &SUMMARIES, |found| markup(document, found));
    item.content = first(tree, fields, &CONTENTS, |found| markup(document, found));
    let texts: Vec<Node> = all(tree, fields, &SUMMARY_OR_CONTENT).collect();
    if item.content.is_none() && texts.len() > 1 {
        let mut texts = texts.into_iter().filter_map(|found| markup(document, found));
        if let (Some(one), Some(other)) = (texts.next(), texts.next())
            && one != other
        {
            (item.summary, item.content) = (Some(one), Some(other));
        }
    }
    // In XHTML nothing is escaped that need not be.
    let is_xhtml = |found| tree.attribute(found, "type").is_some_and(|kind| kind.contains("xhtml"));
    if !all(tree, fields, &[(Atom, "content"), (Atom, "summary")]).any(is_xhtml) {
        undo_double_escaping(&mut item);
    }
    read_guid(document, node, fields, &mut item);
    read_links(document, node, &mut item);
    times::read_entry(tree, node, fields, document.manner, &mut item);
    item.authors = people::of_entry(document, fields, node);
    item.categories = categories(tree, fields);
    item.source = first(tree, fields, &SOURCES, |found| source(tree, found));
    item.rights = first(tree, fields, &RIGHTS, |found| construct::text(tree, found, Text::Plain)?.into_line());
    item.comments = first(tree, fields, &[(Rss, "comments")], |found| {
        document.base.absolute_at(tree, found, &characters(tree, found)?)
    })
    .or(item.comments);
    item.language = language::of_entry(tree, fields, node, document.head, document.language);
    media::read(document, node, &mut item);
    cut_to_measure(&mut item);
    item
}

/// Reads a note that an entry was deleted: its name, when, and what is said of it in place of a headline.
pub(super) fn deletion(tree: &Tree, base: &Base, feed: &FeedId, node: Node) -> Option<Item> {
    let mut item = Item::new(ItemId(String::new()), feed.clone());
    let written = tree.attribute(node, "ref").filter(|written| !written.is_empty())?;
    item.guid = Some(whole(base, tree, node, written)?);
    let comment = tree.child(node, Space::Tombstones, "comment");
    item.title = comment.and_then(|comment| construct::text(tree, comment, Text::Plain)?.into_line());
    item.updated = tree.attribute(node, "when").and_then(|when| times::date_of(when, Manner::default()));
    item.deleted = true;
    cut_to_measure(&mut item);
    Some(item)
}

/// The children of an entry, and behind them those of children that only hold fields together.
fn fields(tree: &Tree, node: Node) -> Vec<Node> {
    let mut fields: Vec<Node> = tree.children(node).map(|(found, _)| found).collect();
    let mut at = 0;
    while let Some(found) = fields.get(at).copied() {
        at += 1;
        if all(tree, &[found], &WRAPPERS).next().is_some() {
            fields.extend(tree.children(found).map(|(inner, _)| inner));
        }
    }
    fields
}

/// The first field, in order of the table, of which `read` makes something.
pub(super) fn first<T>(
    tree: &Tree,
    fields: &[Node],
    table: &[(Space, &str)],
    read: impl Fn(Node) -> Option<T>,
) -> Option<T> {
    table.iter().find_map(|entry| all(tree, fields, std::slice::from_ref(entry)).find_map(&read))
}

/// The fields that stand in the table, in document order.
pub(super) fn all<'a>(tree: &'a Tree, fields: &'a [Node], table: &'a [(Space, &str)]) -> impl Iterator<Item = Node> {
    fields.iter().copied().filter(|found| {
        tree.get(*found)
            .is_some_and(|child| table.iter().any(|(space, name)| child.space == *space && child.name == *name))
    })
}

/// What the text of an element is that does not say what it is: Atom's is plain, RSS is taken for HTML.
pub(super) fn default_of(tree: &Tree, node: Node) -> fn(String) -> Text {
    let is_atom = tree.get(node).is_some_and(|element| element.space == Atom);
    if is_atom { Text::Plain } else { Text::Markup }
}

fn markup(document: &Document<'_>, node: Node) -> Option<String> {
    let tree = document.tree;
    let default = if tree.attribute(node, "mode").is_some() { Text::Markup } else { default_of(tree, node) };
    let markup = construct::text(tree, node, default)?.into_markup()?;
    Some(markup_links::absolute(document.base.at(tree, node), markup))
}

/// "&lt;p&gt;Text&lt;/p&gt;" as the markup of a text is a slip of a publishing system: text without any tag and with several
/// escaped ones, among them such as nobody writes about.
fn undo_double_escaping(item: &mut Item) {
    const SIGNS: [&str; 10] = [
        "&lt;p&gt;",
        "&lt;p ",
        "&lt;/p&gt;",
        "&lt;br",
        "&lt;a href",
        "&lt;/a&gt;",
        "&lt;img ",
        "&lt;div",
        "&lt;/div&gt;",
        "&lt;/em&gt;",
    ];
    let mut undone = 0_usize;
    for text in [&mut item.summary, &mut item.content].into_iter().flatten() {
        // Each of the signs has one of these; most markup has tags, and most plain text no escaped ones.
        if text.contains('<') || !text.contains("&lt;") {
            continue;
        }
        let signs: usize = SIGNS.iter().map(|sign| text.matches(sign).count()).sum();
        if signs >= 2 {
            *text = entities::decode(text);
            undone += 1;
        }
    }
    if undone > 0 {
        item.issues.push(Issue::new(
            Stage::Parse,
            "markup_repaired",
            format!("{undone} × text that was escaped twice"),
        ));
    }
}

/// An identity as written, or made absolute where it is an address and relative.
pub(super) fn id(base: &Base, tree: &Tree, node: Node) -> Option<String> {
    let written = characters(tree, node)?;
    let is_address = tree.get(node)?.space == Atom
        || tree.attribute(node, "ispermalink").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if is_address { whole(base, tree, node, &written) } else { Some(written) }
}

/// An identity that is an address, made absolute where it is relative.
fn whole(base: &Base, tree: &Tree, node: Node, written: &str) -> Option<String> {
    let is_relative = written.contains('/') && !written.contains([':', ' ']);
    if is_relative { base.absolute_at(tree, node, written) } else { Some(written.to_owned()) }
}

fn read_guid(document: &Document<'_>, node: Node, fields: &[Node], item: &mut Item) {
    let tree = document.tree;
    item.guid = first(tree, fields, &GUIDS, |found| id(document.base, tree, found))
        .or_else(|| tree.attribute(node, "rdf:about").map(str::to_owned));
    let Some(guid) = &item.guid else { return };
    // A guid is a permalink unless it says otherwise; many say nothing and are none.
    let flag = tree.child(node, Rss, "guid").map(|found| tree.attribute(found, "ispermalink"));
    let stated = matches!(flag, Some(Some(value)) if value.eq_ignore_ascii_case("true"));
    let permalink = matches!(flag, Some(value) if value.is_none_or(|value| !value.eq_ignore_ascii_case("false")));
    let about = tree.attribute(node, "rdf:about").is_some_and(|about| about == guid);
    if stated || (permalink || about) && (guid.starts_with("http://") || guid.starts_with("https://")) {
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
            "enclosure" => media::add_enclosure(item, address, Some(media_type), tree.attribute(found, "length")),
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

fn categories(tree: &Tree, fields: &[Node]) -> Vec<String> {
    let mut categories: Vec<String> = Vec::new();
    let mut add = |name: Option<String>| {
        if let Some(name) = name.and_then(|name| plain::line(&name)).filter(|name| !categories.contains(name)) {
            categories.push(name);
        }
    };
    for found in all(tree, fields, &CATEGORIES) {
        let stated = |name: &&str| tree.attribute(found, name).filter(|term| !term.is_empty());
        let term = ["term", "text"].iter().find_map(stated).map(str::to_owned);
        add(term.or_else(|| characters(tree, found)).or_else(|| tree.attribute(found, "label").map(str::to_owned)));
    }
    for keywords in all(tree, fields, &KEYWORDS) {
        for keyword in characters(tree, keywords).unwrap_or_default().split([',', ';']) {
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
        .and_then(|text| plain::line(&text))
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
