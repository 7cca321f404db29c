//! Addresses made absolute, or dropped.
//!
//! In: an address as written, and what it is relative to. Out: an absolute http, https or mailto address. Everything
//! else (`javascript:`, `data:`, `file:`) is none.

use super::tree::{Node, Tree};
use url::Url;

/// What a document's addresses are relative to.
pub(super) struct Base {
    document: Option<Url>,
}

impl Base {
    /// `url` is where the document was found; `Content-Location` may move it.
    pub(super) fn new(url: &str, content_location: Option<&str>) -> Self {
        let document = Url::parse(url).ok();
        let moved = content_location.and_then(|location| match &document {
            Some(base) => base.join(location).ok(),
            None => Url::parse(location).ok(),
        });
        Self { document: moved.or(document) }
    }

    /// An address in the document.
    pub(super) fn absolute(&self, address: &str) -> Option<String> {
        join(self.document.as_ref(), address)
    }

    /// An address in an element, where `xml:base` counts.
    pub(super) fn absolute_at(&self, tree: &Tree, node: Node, address: &str) -> Option<String> {
        let mut bases = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at {
            bases.extend(tree.attribute(node, "xml:base"));
            at = tree.get(node).and_then(|element| element.parent);
        }
        if bases.is_empty() {
            return self.absolute(address);
        }
        let mut base = self.document.clone();
        for step in bases.iter().rev() {
            base = match &base {
                Some(outer) => outer.join(step).ok().or(base),
                None => Url::parse(step).ok(),
            };
        }
        join(base.as_ref(), address)
    }
}

fn join(base: Option<&Url>, address: &str) -> Option<String> {
    // Line breaks and blanks inside an address come from wrapped source.
    let address: String = address.trim().chars().filter(|c| !c.is_control()).collect();
    if address.is_empty() {
        return None;
    }
    let url = match Url::parse(&address) {
        Ok(url) => url,
        Err(_) => base?.join(&address).ok()?,
    };
    if !matches!(url.scheme(), "http" | "https" | "mailto") {
        return None;
    }
    // As written where it was absolute: parsing only checks it.
    let is_written_whole = address.contains("://") && !address.contains(' ') && address.is_ascii();
    Some(if is_written_whole { address } else { url.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(base: &str, address: &str, expected: Option<&str>) {
        assert_eq!(Base::new(base, None).absolute(address).as_deref(), expected);
    }

    #[test]
    fn addresses_become_absolute_or_nothing() {
        check("http://a.example/feed/rss.xml", "../story?id=1", Some("http://a.example/story?id=1"));
        check("http://a.example/", "HTTP://b.example", Some("HTTP://b.example"));
        check("http://a.example/", "//b.example/x", Some("http://b.example/x"));
        check("http://a.example/", "javascript:alert(1)", None);
        check("file.xml", "story", None);
        check("file.xml", "mailto:desk@a.example", Some("mailto:desk@a.example"));
    }
}
