//! What hangs on an entry: enclosures, Media RSS with its groups, pictures of iTunes and RSS.
//!
//! In: the elements of an entry. Out: [`Enclosure`]s and addresses of pictures in the item, each once, at most 64 of both.

use super::{
    construct::characters,
    entry::Document,
    namespaces::Space::{Atom, Itunes, Media, Other, Rss},
    tree::Node,
};
use crate::model::{Enclosure, Item};

/// Attachments that are kept of one entry.
const MOST: usize = 64;

/// Reads the media of an entry.
pub(super) fn read(document: &Document<'_>, node: Node, item: &mut Item) {
    let tree = document.tree;
    // Groups hold contents, contents hold thumbnails; the tree is at most 64 deep and each element is seen once.
    let mut waiting: Vec<Node> =
        tree.get(node).map(|element| element.children.iter().rev().copied().collect()).unwrap_or_default();
    while let Some(found) = waiting.pop() {
        let Some(child) = tree.get(found) else { continue };
        // RDF has its own spelling of attributes.
        let attribute =
            |name: &str| tree.attribute(found, name).or_else(|| tree.attribute(found, &format!("other:{name}")));
        let address = || {
            let written = ["url", "href", "src", "rdf:resource", "resource"].iter().find_map(|name| attribute(name))?;
            document.base.absolute_at(tree, found, written)
        };
        let media_type = || attribute("type").map(str::to_owned);
        match (child.space, child.name.as_str()) {
            (Rss | Atom | Other, "enclosure") => {
                // Some write the address as text.
                let address = address().or_else(|| document.base.absolute_at(tree, found, &characters(tree, found)?));
                if let Some(address) = address {
                    add_enclosure(item, address, media_type(), attribute("length"));
                }
            }
            (Media, "content") => {
                let medium = tree.attribute(found, "medium").unwrap_or_default();
                let is_picture = match media_type() {
                    Some(kind) => kind.starts_with("image/"),
                    None => address().is_some_and(|address| names_picture(&address)),
                };
                let is_picture = is_picture && medium.is_empty() || medium == "image";
                match address() {
                    Some(address) if is_picture => add_image(item, address),
                    Some(address) => add_enclosure(item, address, media_type(), tree.attribute(found, "filesize")),
                    None => {}
                }
                waiting.extend(child.children.iter().rev());
            }
            (Media, "group") => waiting.extend(child.children.iter().rev()),
            (Media, "thumbnail") | (Itunes, "image") => {
                let written = || document.base.absolute_at(tree, found, &characters(tree, found)?);
                if let Some(address) = address().or_else(written) {
                    add_image(item, address);
                }
            }
            // Sitemaps call the address of a picture its place.
            (Rss | Other, "image") => {
                let address = address().or_else(|| {
                    let place = tree.children(found).find(|(_, child)| matches!(child.name.as_str(), "url" | "loc"));
                    let inner = place.and_then(|(url, _)| characters(tree, url));
                    let inner = inner.or_else(|| child.children.is_empty().then(|| characters(tree, found)).flatten());
                    document.base.absolute_at(tree, found, &inner?)
                });
                if let Some(address) = address {
                    add_image(item, address);
                }
            }
            _ => {}
        }
    }
}

/// Whether an address ends as those of pictures do, for want of a type.
fn names_picture(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif"].iter().any(|ending| path.ends_with(ending))
}

pub(super) fn add_image(item: &mut Item, url: String) {
    if !item.images.contains(&url) && item.images.len() < MOST {
        item.images.push(url);
    }
}

/// What a publisher attaches is kept as attached; a picture is also one of the pictures.
pub(super) fn add_enclosure(item: &mut Item, url: String, media_type: Option<String>, length: Option<&str>) {
    let media_type = media_type.map(|kind| kind.trim().to_owned()).filter(|kind| !kind.is_empty());
    if media_type.as_deref().is_some_and(|kind| kind.starts_with("image/")) {
        add_image(item, url.clone());
    }
    if item.enclosures.iter().all(|known| known.url != url) && item.enclosures.len() < MOST {
        // "1,234" and "1234 bytes" are counts too.
        let digits = |length: &str| -> String {
            length.chars().filter(|c| *c != ',').take_while(char::is_ascii_digit).collect()
        };
        item.enclosures.push(Enclosure {
            url,
            media_type,
            length: length.and_then(|length| digits(length.trim()).parse().ok()),
        });
    }
}
