//! Addresses made absolute, or dropped and counted.
//!
//! In: an address as written, and what it is relative to: `xml:base`, `Content-Location`, the place of the document. Out:
//! an absolute address of a scheme that only points somewhere. Everything else (`javascript:`, `data:`, `file:`) is none.
//! Where nothing is known that an address could be relative to, it stays as written. Links inside of markup are in
//! `markup_links`.

use super::tree::{Node, Tree};
use std::cell::RefCell;
use url::{ParseError, Url};

/// Schemes of addresses that only point somewhere: following one runs nothing and reads nothing local.
const SCHEMES: [&str; 18] = [
    "http", "https", "mailto", "ftp", "ftps", "sftp", "news", "nntp", "magnet", "rtsp", "rtmp", "mms", "gopher", "tel",
    "xmpp", "irc", "ircs", "feed",
];

/// What a document's addresses are relative to.
pub(super) struct Base {
    document: Option<Url>,
    /// Addresses that were dropped: how many, and the first.
    refused: RefCell<(usize, String)>,
}

impl Base {
    /// `url` is where the document was found; `Content-Location` may move it.
    pub(super) fn new(url: &str, content_location: Option<&str>) -> Self {
        let document = Url::parse(url).ok();
        let moved = content_location.map(str::trim).filter(|location| !location.is_empty());
        let moved = moved.and_then(|location| match &document {
            Some(base) => base.join(location).ok(),
            None => Url::parse(location).ok(),
        });
        Self { document: moved.or(document), refused: RefCell::default() }
    }

    /// How many addresses were dropped, and the first of them.
    pub(super) fn refused(&self) -> (usize, String) {
        self.refused.borrow().clone()
    }

    /// An address in the document.
    pub(super) fn absolute(&self, address: &str) -> Option<String> {
        self.checked(join(self.document.as_ref(), address), address)
    }

    /// An address in an element, where `xml:base` counts.
    pub(super) fn absolute_at(&self, tree: &Tree, node: Node, address: &str) -> Option<String> {
        self.checked(join(self.at(tree, node).as_ref(), address), address)
    }

    fn checked(&self, absolute: Option<String>, address: &str) -> Option<String> {
        if absolute.is_none() && !address.trim().is_empty() {
            let mut refused = self.refused.borrow_mut();
            refused.0 += 1;
            if refused.0 == 1 {
                refused.1 = address.chars().filter(|c| !c.is_control()).take(100).collect();
            }
        }
        absolute
    }

    /// What addresses are relative to where no element says otherwise.
    pub(super) fn outermost(&self) -> Option<Url> {
        self.document.clone()
    }

    /// What addresses in an element are relative to.
    pub(super) fn at(&self, tree: &Tree, node: Node) -> Option<Url> {
        let mut steps = Vec::new();
        let mut at = Some(node);
        while let Some(node) = at {
            let element = tree.get(node);
            // CDF has an attribute of its own for it.
            let own = || element.filter(|element| element.name == "channel").and_then(|_| tree.attribute(node, "base"));
            steps.extend(tree.attribute(node, "xml:base").or_else(own));
            at = element.and_then(|element| element.parent);
        }
        let mut base = self.document.clone();
        for step in steps.iter().rev() {
            // A step that is no address is as good as none.
            base = match &base {
                Some(outer) => outer.join(step).ok().or(base),
                None => Url::parse(step).ok(),
            };
        }
        base
    }
}

/// An address that is relative to `base`; none when it is of a scheme that does more than point, or no address at all.
pub(super) fn join(base: Option<&Url>, address: &str) -> Option<String> {
    // Line breaks inside an address come from wrapped source, and so do the blanks around them.
    let address: String = address.split(['\n', '\r', '\t']).map(str::trim).collect();
    let address: String = address.chars().filter(|c| !c.is_control()).collect();
    if address.is_empty() {
        return None;
    }
    let url = match (Url::parse(&address), base) {
        (Ok(url), _) => url,
        // Nobody has a page of that name; the scheme was forgotten.
        (Err(ParseError::RelativeUrlWithoutBase), _) if address.starts_with("www.") => {
            Url::parse(&format!("http://{address}")).ok()?
        }
        (Err(ParseError::RelativeUrlWithoutBase), None) => return Some(address),
        (Err(_), base) => base?.join(&address).ok()?,
    };
    if !SCHEMES.contains(&url.scheme()) {
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
        check("http://a.example/", "http://b.exa\n   mple/x", Some("http://b.example/x"));
        check("http://a.example/d/", "www.b.example/x", Some("http://www.b.example/x"));
        check("http://a.example/", "javascript:alert(1)", None);
        check("http://a.example/", " data:text/html,x", None);
        check("file.xml", "story", Some("story"));
        check("file.xml", "javascript:alert(1)", None);
        check("file.xml", "mailto:desk@a.example", Some("mailto:desk@a.example"));
        check("file.xml", "ftp://a.example/x", Some("ftp://a.example/x"));
    }

    #[test]
    fn what_is_dropped_is_counted() {
        let base = Base::new("http://a.example/", None);
        assert_eq!((base.absolute("vbscript:x"), base.absolute("file:///x"), base.absolute(" ")), (None, None, None));
        assert_eq!(base.refused(), (2, "vbscript:x".to_owned()));
    }
}
