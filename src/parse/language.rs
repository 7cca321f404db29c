//! In which language an entry is, as the markup around and inside of it states it.
//!
//! In: elements of the tree. Out: a language tag. The innermost statement counts; an empty `xml:lang` says that the language
//! is not known, and then none is taken from further out.

use super::{
    construct::characters,
    namespaces::Space::{self, Atom, Content, Dc, DcTerms, News, Rss, Yandex},
    tree::{Node, Tree},
};
use crate::quirks::language_code;

/// Elements that state a language of the one they stand in.
const STATED: [(Space, &str); 4] = [(Dc, "language"), (Rss, "language"), (DcTerms, "language"), (News, "language")];
/// Elements whose own language is that of the entry.
const TEXTS: [(Space, &str); 9] = [
    (Content, "encoded"),
    (Atom, "content"),
    (Yandex, "full-text"),
    (Rss, "fullitem"),
    (Rss, "description"),
    (Atom, "summary"),
    (Rss, "title"),
    (Atom, "title"),
    (Space::Xhtml, "body"),
];

/// Codes that say "not known", "several" and "none".
const NO_LANGUAGE: [&str; 4] = ["und", "mul", "mis", "zxx"];

/// The language of a feed.
pub(super) fn of_feed(tree: &Tree, head: Node) -> Option<String> {
    let fields: Vec<Node> = tree.children(head).map(|(found, _)| found).collect();
    stated(tree, &fields).or_else(|| tree.inherited(head, "xml:lang").and_then(tag))
}

/// The language of an entry; `outer` is that of its feed.
pub(super) fn of_entry(tree: &Tree, fields: &[Node], node: Node, head: Node, outer: Option<&str>) -> Option<String> {
    if let Some(stated) = stated(tree, fields) {
        return Some(stated);
    }
    let of_text = TEXTS.iter().find_map(|(space, name)| {
        let found = |found: &&Node| tree.get(**found).is_some_and(|child| child.space == *space && child.name == *name);
        tree.attribute(*fields.iter().find(found)?, "xml:lang")
    });
    if let Some(written) = of_text {
        return tag(written);
    }
    let mut at = Some(node);
    // What the head states, as an attribute or an element, is in `outer`.
    while let Some(node) = at.filter(|node| *node != head) {
        if let Some(written) = tree.attribute(node, "xml:lang") {
            return if outer.is_some() && node == 0 { outer.map(str::to_owned) } else { tag(written) };
        }
        at = tree.get(node).and_then(|element| element.parent);
    }
    outer.map(str::to_owned)
}

fn stated(tree: &Tree, fields: &[Node]) -> Option<String> {
    STATED.iter().find_map(|(space, name)| {
        let found = |found: &&Node| tree.get(**found).is_some_and(|child| child.space == *space && child.name == *name);
        tag(&characters(tree, *fields.iter().find(found)?)?)
    })
}

/// A language tag in its usual form: `en_US` is `en-US`, "English" is `en`; what is none is dropped. Of several the first
/// counts.
pub(super) fn tag(written: &str) -> Option<String> {
    let written = written.split([',', ';', '.', '@']).next()?.trim().replace('_', "-");
    let (first, rest) = written.split_once('-').unwrap_or((&written, ""));
    let first = language_code(first).map_or_else(|| first.to_ascii_lowercase(), str::to_owned);
    let is_tag = (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_alphabetic())
        && rest.len() <= 32
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if !is_tag || NO_LANGUAGE.contains(&first.as_str()) {
        return None;
    }
    let rest = rest.split('-').filter(|part| !part.is_empty()).map(|part| match part.len() {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_take_their_usual_form() {
        for (written, expected) in [
            ("en_us", Some("en-US")),
            ("ZH-hant-tw", Some("zh-Hant-TW")),
            ("en, fr", Some("en")),
            (" ru_RU.UTF-8", Some("ru-RU")),
            ("", None),
            ("English", Some("en")),
            ("German, Austria", Some("de")),
            ("english-us ", Some("en-US")),
            ("eng", Some("en")),
            ("all of them", None),
            ("und", None),
            ("mul", None),
        ] {
            assert_eq!(tag(written).as_deref(), expected);
        }
    }
}
