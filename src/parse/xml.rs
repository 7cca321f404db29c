//! RSS, Atom and news sitemaps to a head and items.
//!
//! In: text and the place of its root element. Out: [`Parsed`], items not yet named. The document goes through `repair`
//! first; then two readers read the same sound XML: ours, which keeps what feed-rs drops (dates as written and in other
//! languages, Dublin Core terms, `<source>`, wrong namespaces), and feed-rs, which fills what ours leaves empty. Where
//! feed-rs refuses a document, ours carries on alone.

use super::{
    MAX_ITEMS, Parsed, Source,
    construct::{self, characters},
    entry::{self, Document, default_of},
    language,
    link::Base,
    markup_links, media,
    namespaces::Space::{self, Atom, Dc, DcTerms, Itunes, Rss, Tombstones},
    people, plain, repair, rhythm, times,
    tree::{Node, Tree},
};
use crate::model::{Author, FeedHead, Issue, Item, Stage};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// feed-rs takes nine times the size of a document in memory; larger ones are read by our reader alone.
const SECOND_READER_BYTES: usize = 4 * 1024 * 1024;

/// Reads a document whose root element begins at byte `root`. A download that was cut is not complete.
pub(super) fn read(source: &Source<'_>, text: &str, root: usize) -> Parsed {
    let Source { feed, base, complete, .. } = *source;
    let repaired = repair::repair(text, root);
    let tree = &repaired.tree;
    let mut parsed = Parsed { issues: repaired.issues, ..Parsed::default() };
    let Parts { head, entries, deleted } = parts(tree);
    if !deleted.is_empty() {
        let detail = format!("{} × entry that the publisher says was deleted", deleted.len());
        parsed.issues.push(Issue::new(Stage::Parse, "entry_deleted", detail));
    }
    let deletions = deleted.iter().take(MAX_ITEMS).filter_map(|node| entry::deletion(tree, base, feed, *node));
    parsed.deleted = deletions.collect();
    parsed.head = read_head(tree, base, head);
    parsed.head.language = parsed.head.language.or_else(|| source.language.clone());
    let language = parsed.head.language.as_deref();
    let manner = times::manner(tree, head, &entries, source.at, language);
    let (updated, unreadable) = times::of_feed(tree, head, manner);
    parsed.head.updated = updated;
    parsed.issues.extend(unreadable);
    let mut document = Document { tree, base, feed, head, language, authors: Vec::new(), manner };
    document.authors = people::of_feed(&document, head);
    let mut items = Vec::with_capacity(entries.len().min(MAX_ITEMS));
    for node in entries.iter().take(MAX_ITEMS) {
        let unfinished = tree.get(*node).is_some_and(|element| element.unfinished);
        if unfinished && !complete {
            parsed.issues.push(Issue::new(
                Stage::Parse,
                "entry_dropped",
                "the download ended inside this entry; the next poll will bring it whole",
            ));
            continue;
        }
        let mut item = entry::read(&document, *node);
        if unfinished {
            item.issues.push(Issue::new(Stage::Parse, "truncated", "the document ends inside this entry"));
        }
        items.push(item);
    }
    if entries.len() > MAX_ITEMS {
        parsed.issues.push(Issue::new(
            Stage::Parse,
            "entries_cut",
            format!("{} entries, the first {MAX_ITEMS} are read", entries.len()),
        ));
    }
    if items.len() == entries.len() && has_more(tree, &parsed.head, &items) {
        fill_from_feed_rs(&tree.document, &mut parsed.head, &mut items);
    }
    parsed.items = items;
    parsed
}

/// What a document consists of.
#[derive(Default)]
struct Parts {
    /// The element that describes the feed.
    head: Node,
    /// The entries in document order, wherever they stand.
    entries: Vec<Node>,
    /// Notes that an entry was deleted (RFC 6721).
    deleted: Vec<Node>,
}

fn parts(tree: &Tree) -> Parts {
    let mut parts = Parts::default();
    let is_sitemap = tree.get(0).is_some_and(|root| root.name == "urlset");
    let is_head = tree.get(0).is_some_and(|root| matches!(root.name.as_str(), "feed" | "channel"));
    let mut waiting = vec![0];
    while let Some(node) = waiting.pop() {
        for (child, element) in tree.children(node) {
            match element.name.as_str() {
                "item" | "entry" => parts.entries.push(child),
                "url" if is_sitemap => parts.entries.push(child),
                "deleted-entry" if element.space == Tombstones => parts.deleted.push(child),
                "channel" | "rss" | "feed" | "rdf" => {
                    if parts.head == 0 && !is_head && element.name != "rss" {
                        parts.head = child;
                    }
                    waiting.push(child);
                }
                name if repair::is_list(name) => waiting.push(child),
                _ => {}
            }
        }
    }
    parts.entries.sort_unstable();
    parts
}

fn read_head(tree: &Tree, base: &Base, node: Node) -> FeedHead {
    let find = |table: &[(Space, &str)]| {
        table.iter().find_map(|(space, name)| {
            let (found, _) = tree.children(node).find(|(_, child)| {
                child.space == *space && child.name == *name && (child.has_text || !child.children.is_empty())
            })?;
            Some(found)
        })
    };
    let text = |table: &[(Space, &str)]| {
        let found = find(table)?;
        Some((found, construct::text(tree, found, default_of(tree, found))?))
    };
    let links = || tree.children(node).filter(|(_, child)| child.name == "link" && child.space != Space::Media);
    let stated_link = links().find_map(|(found, child)| {
        let is_text = child.space != Atom && tree.attribute(found, "href").is_none();
        is_text.then(|| characters(tree, found)).flatten().and_then(|text| base.absolute_at(tree, found, &text))
    });
    let alternate = || {
        links().find_map(|(found, _)| {
            let is_alternate = tree.attribute(found, "rel").is_none_or(|rel| rel == "alternate");
            is_alternate
                .then(|| tree.attribute(found, "href"))
                .flatten()
                .and_then(|href| base.absolute_at(tree, found, href))
        })
    };
    // CDF names the page in the channel's own tag.
    let own = || base.absolute_at(tree, node, tree.attribute(node, "href")?);
    let about = tree.attribute(node, "rdf:about").map(str::to_owned);
    FeedHead {
        title: text(&[(Rss, "title"), (Atom, "title"), (Dc, "title"), (DcTerms, "title"), (Itunes, "title")])
            .and_then(|(_, text)| text.into_line()),
        link: stated_link.or_else(alternate).or_else(own),
        description: text(&[
            (Rss, "description"),
            (Atom, "subtitle"),
            (Atom, "tagline"),
            (Dc, "description"),
            (DcTerms, "description"),
            (DcTerms, "abstract"),
            (Rss, "abstract"),
            (Rss, "subtitle"),
            (Rss, "tagline"),
            (Itunes, "summary"),
            (Itunes, "subtitle"),
            (Atom, "info"),
        ])
        .and_then(|(found, text)| Some(markup_links::absolute(base.at(tree, found), text.into_markup()?))),
        language: language::of_feed(tree, node),
        updated: None,
        id: find(&[(Atom, "id"), (Rss, "guid"), (Rss, "id"), (Dc, "identifier"), (DcTerms, "identifier")])
            .and_then(|found| entry::id(base, tree, found))
            .or(about),
        ttl_minutes: find(&[(Rss, "ttl")]).and_then(|found| characters(tree, found)?.parse().ok()),
        rhythm: rhythm::read(tree, node),
    }
}

/// Whether feed-rs could fill anything: something is missing, and the document has an element from which it would take
/// that, whatever its vocabulary. Pictures it adds to those that we have.
fn has_more(tree: &Tree, head: &FeedHead, items: &[Item]) -> bool {
    let mut wanted: Vec<&str> = vec!["thumbnail", "image"];
    let mut want = |missing: bool, names: &[&'static str]| {
        if missing {
            wanted.extend(names);
        }
    };
    want(head.title.is_none() || items.iter().any(|item| item.title.is_none()), &["title"]);
    want(head.description.is_none(), &["description", "subtitle"]);
    want(head.ttl_minutes.is_none(), &["ttl"]);
    want(items.iter().any(|item| item.summary.is_none()), &["description", "summary"]);
    want(items.iter().any(|item| item.content.is_none()), &["encoded", "content"]);
    want(items.iter().any(|item| item.authors.is_empty()), &["author", "creator"]);
    tree.elements.iter().any(|element| wanted.contains(&element.name.as_str()))
        || items.iter().flat_map(|item| &item.images).any(|url| !is_web(url))
}

fn is_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// Lets feed-rs fill what our reader found empty. It speaks only where it saw the same entries.
fn fill_from_feed_rs(document: &str, head: &mut FeedHead, items: &mut [Item]) {
    if document.len() > SECOND_READER_BYTES {
        return;
    }
    let parser = feed_rs::parser::Builder::new().sanitize_content(false).build();
    // feed-rs has panicked on hostile input before; a panic there must not cost what we have read.
    let Ok(Ok(read)) = catch_unwind(AssertUnwindSafe(|| parser.parse(document.as_bytes()))) else { return };
    if read.entries.len() != items.len() {
        return;
    }
    head.title = head.title.take().or_else(|| plain::line(&read.title?.content));
    let filled = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    head.description = head.description.take().or_else(|| filled(read.description?.content));
    head.ttl_minutes = head.ttl_minutes.or(read.ttl);
    for (item, second) in items.iter_mut().zip(read.entries) {
        item.title = item.title.take().or_else(|| plain::line(&second.title?.content));
        item.summary = item.summary.take().or_else(|| filled(second.summary?.content));
        item.content = item.content.take().or_else(|| filled(second.content?.body?));
        if item.authors.is_empty() {
            item.authors = second
                .authors
                .into_iter()
                .map(|person| Author {
                    name: person.name.as_deref().and_then(plain::line),
                    email: person.email,
                    uri: person.uri,
                })
                .collect();
        }
        for media in second.media {
            for thumbnail in media.thumbnails {
                media::add_image(item, thumbnail.image.uri);
            }
        }
        item.images.retain(|url| is_web(url));
        entry::cut_to_measure(item);
    }
}
