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

    /// Makes relative addresses in the `href` and `src` attributes of markup absolute; the rest stays as it is.
    pub(super) fn absolute_links(&self, tree: &Tree, node: Node, markup: String) -> String {
        if !markup.contains("href") && !markup.contains("src") {
            return markup;
        }
        let mut out = String::with_capacity(markup.len() + 64);
        let mut rest = markup.as_str();
        let mut in_tag = false;
        while let Some(at) = rest.find(['<', '>', '=']) {
            let (before, after) = rest.split_at(at);
            let name = before.trim_end().rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
            let is_link = in_tag
                && after.starts_with('=')
                && (name.eq_ignore_ascii_case("href") || name.eq_ignore_ascii_case("src"));
            in_tag = match after.as_bytes().first() {
                Some(b'<') => true,
                Some(b'>') => false,
                _ => in_tag,
            };
            out.push_str(before);
            out.extend(after.chars().take(1));
            rest = after.get(1..).unwrap_or_default();
            let Some(quote) = rest.chars().next().filter(|c| is_link && matches!(c, '"' | '\'')) else { continue };
            let inner = rest.get(1..).unwrap_or_default();
            let Some(address) = inner.find([quote, '<', '>']).and_then(|end| inner.get(..end)) else { continue };
            let is_relative = !address.is_empty() && !address.starts_with('#') && Url::parse(address).is_err();
            let absolute =
                if is_relative { self.absolute_at(tree, node, &address.replace("&amp;", "&")) } else { None };
            out.push(quote);
            match absolute {
                Some(absolute) => out.push_str(&absolute.replace('&', "&amp;")),
                None => out.push_str(address),
            }
            rest = inner.get(address.len()..).unwrap_or_default();
        }
        out.push_str(rest);
        out
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
        let tree = Tree::default();
        let markup = "a=b <a class=x href='/s?a=1&amp;b' > <img src=\"p.png\"> <a href='#n'> <a href=\"http://b.example/\"> src='x'";
        let expected = "a=b <a class=x href='http://a.example/s?a=1&amp;b' > <img src=\"http://a.example/d/p.png\"> <a href='#n'> <a href=\"http://b.example/\"> src='x'";
        assert_eq!(Base::new("http://a.example/d/", None).absolute_links(&tree, 0, markup.to_owned()), expected);
        check("file.xml", "mailto:desk@a.example", Some("mailto:desk@a.example"));
    }
}
