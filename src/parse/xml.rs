//! RSS, Atom and news sitemaps to a head and items.
//!
//! In: text and the place of its root element. Out: [`Parsed`], items not yet named. The document goes through `repair`
//! first; then two readers read the same sound XML: ours, which keeps what feed-rs drops (dates as written and in other
//! languages, Dublin Core terms, `<source>`, wrong namespaces), and feed-rs, which fills what ours leaves empty. Where
//! feed-rs refuses a document, ours carries on alone.

use super::{
    MAX_ITEMS, Parsed,
    construct::{self, Text, characters},
    entry::{self, Document},
    link::Base,
    namespaces::Space::{self, Atom, Dc, DcTerms, Itunes, Rss},
    plain, repair, rhythm,
    tree::{Node, Tree},
};
use crate::model::{Author, FeedHead, FeedId, Issue, Item, Stage};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// feed-rs takes nine times the size of a document in memory; larger ones are read by our reader alone.
const SECOND_READER_BYTES: usize = 4 * 1024 * 1024;

/// Reads a document whose root element begins at byte `root`. `complete` is false for a download that was cut.
pub(super) fn read(feed: &FeedId, base: &Base, text: &str, root: usize, complete: bool) -> Parsed {
    let repaired = repair::repair(text, root);
    let tree = &repaired.tree;
    let mut parsed = Parsed { issues: repaired.issues, ..Parsed::default() };
    let (head, entries) = parts(tree);
    parsed.head = read_head(tree, base, head);
    let document = Document { tree, base, feed, language: parsed.head.language.as_deref() };
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
    if items.len() == entries.len() {
        fill_from_feed_rs(&tree.document, &mut parsed.head, &mut items);
    }
    parsed.items = items;
    parsed
}

/// The element that describes the feed, and the entries in document order, wherever they stand.
fn parts(tree: &Tree) -> (Node, Vec<Node>) {
    let mut head = 0;
    let mut entries = Vec::new();
    let is_sitemap = tree.get(0).is_some_and(|root| root.name == "urlset");
    let mut waiting = vec![0];
    while let Some(node) = waiting.pop() {
        for (child, element) in tree.children(node) {
            match element.name.as_str() {
                "item" | "entry" => entries.push(child),
                "url" if is_sitemap => entries.push(child),
                "channel" | "rss" | "feed" | "rdf" => {
                    if head == 0 && element.name != "rss" {
                        head = child;
                    }
                    waiting.push(child);
                }
                // Some put their entries into a list of their own.
                "items" | "entries" | "body" => waiting.push(child),
                _ => {}
            }
        }
    }
    entries.sort_unstable();
    (head, entries)
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
        let default = if tree.get(found)?.space == Atom { Text::Plain as fn(String) -> Text } else { Text::Markup };
        construct::text(tree, found, default)
    };
    let links = || tree.children(node).filter(|(_, child)| child.name == "link");
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
    FeedHead {
        title: text(&[(Rss, "title"), (Atom, "title"), (Dc, "title"), (Itunes, "title")]).and_then(Text::into_line),
        link: stated_link.or_else(alternate),
        description: text(&[
            (Rss, "description"),
            (Atom, "subtitle"),
            (Atom, "tagline"),
            (Dc, "description"),
            (Itunes, "summary"),
            (Rss, "tagline"),
            (Atom, "info"),
        ])
        .and_then(Text::into_markup),
        language: entry::language(tree, node),
        updated: find(&[
            (Atom, "updated"),
            (Atom, "modified"),
            (Rss, "lastbuilddate"),
            (Rss, "pubdate"),
            (DcTerms, "modified"),
            (Dc, "date"),
        ])
        .and_then(|found| entry::stated(tree, found)),
        id: find(&[(Atom, "id"), (Dc, "identifier")])
            .and_then(|found| characters(tree, found))
            .or_else(|| tree.attribute(node, "rdf:about").map(str::to_owned)),
        ttl_minutes: find(&[(Rss, "ttl")]).and_then(|found| characters(tree, found)?.parse().ok()),
        rhythm: rhythm::read(tree, node),
    }
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
    head.description = head.description.take().or_else(|| Some(read.description?.content));
    head.ttl_minutes = head.ttl_minutes.or(read.ttl);
    for (item, second) in items.iter_mut().zip(read.entries) {
        item.title = item.title.take().or_else(|| plain::line(&second.title?.content));
        item.summary = item.summary.take().or_else(|| Some(second.summary?.content));
        item.content = item.content.take().or_else(|| second.content?.body);
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
                entry::add_image(item, thumbnail.image.uri);
            }
        }
        item.images.retain(|url| url.starts_with("http://") || url.starts_with("https://"));
        entry::cut_to_measure(item);
    }
}
