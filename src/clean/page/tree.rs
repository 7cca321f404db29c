//! A page as a tree that lies in one vector.
//!
//! In: a page's markup, of any quality. Out: its elements and texts in document order, each with its parent and the end
//! of what it holds, so that a subtree is a range and nothing that walks it recurses. Depth and number of nodes are
//! bounded, and building takes linear time: nesting, piles of formatting elements and floods of character references
//! cost nothing here. Scripts, styles and controls are left out; JSON-LD is kept aside.

use crate::markup::tokens::{Tag, Token, Tokens};
use std::borrow::Cow;

/// Deepest nesting that is kept; real pages stay below 60.
const MAX_DEPTH: usize = 150;
/// Nodes that are kept; the largest real pages have some sixty thousand.
const MAX_NODES: usize = 250_000;

/// Elements whose content is no text of the page.
const DROPPED: [&str; 20] = [
    "style", "template", "noscript", "svg", "math", "iframe", "object", "embed", "applet", "select", "textarea",
    "button", "canvas", "audio", "video", "map", "dialog", "datalist", "noembed", "noframes",
];
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that end an open `p`.
const ENDS_PARAGRAPH: [&str; 33] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hgroup",
    "hr",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "ul",
];

/// An element, or a run of text.
#[derive(Debug)]
pub(in crate::clean) struct Node<'a> {
    /// The element's name in lower case; empty for text.
    pub(in crate::clean) name: Cow<'a, str>,
    pub(in crate::clean) attributes: Vec<(&'a str, Cow<'a, str>)>,
    pub(in crate::clean) text: Cow<'a, str>,
    /// The element it stands in; the root stands in itself.
    pub(in crate::clean) parent: usize,
    /// The first node behind everything that it holds.
    pub(in crate::clean) end: usize,
}

impl Node<'_> {
    /// The value of an attribute.
    pub(in crate::clean) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_ref())
    }

    /// Whether it is text.
    pub(in crate::clean) fn is_text(&self) -> bool {
        self.name.is_empty()
    }
}

/// A page.
#[derive(Debug)]
pub(in crate::clean) struct Tree<'a> {
    /// The first is the root, an element without a name of its own.
    pub(in crate::clean) nodes: Vec<Node<'a>>,
    /// The texts of JSON-LD scripts.
    pub(in crate::clean) linked: Vec<&'a str>,
    /// There was more than [`MAX_NODES`].
    pub(in crate::clean) is_cut: bool,
}

impl<'a> Tree<'a> {
    /// Reads markup.
    pub(in crate::clean) fn read(markup: &'a str) -> Self {
        let root = Node {
            name: Cow::Borrowed("root"),
            attributes: Vec::new(),
            text: Cow::Borrowed(""),
            parent: 0,
            end: usize::MAX,
        };
        let mut building = Building { nodes: vec![root], open: vec![0], skipped: 0 };
        let mut linked = Vec::new();
        let mut tokens = Tokens::new(markup, 0);
        let mut is_cut = false;
        while let Some(token) = tokens.next() {
            is_cut = building.nodes.len() >= MAX_NODES;
            if is_cut {
                break;
            }
            match token {
                Token::Text(text) => building.text(text),
                Token::Open(tag) if tag.name.eq_ignore_ascii_case("script") => {
                    let start = tokens.at();
                    let is_linked = tag.attributes.iter().any(|(key, value)| {
                        key.eq_ignore_ascii_case("type") && value.to_ascii_lowercase().contains("ld+json")
                    });
                    if tokens.skip_past_end("script") && is_linked {
                        let script = markup.get(start..tokens.at()).unwrap_or_default();
                        linked.push(script.get(..script.rfind("</").unwrap_or(script.len())).unwrap_or_default());
                    }
                }
                Token::Open(tag) => {
                    let name = lower(tag.name);
                    if DROPPED.contains(&name.as_ref()) {
                        if !tag.closed {
                            tokens.skip_past_end(tag.name);
                        }
                    } else {
                        building.open(name, tag);
                    }
                }
                Token::Close(name) => building.close(name),
                Token::Cdata(_) | Token::DocumentType(_) => {}
            }
        }
        building.close_to(0);
        Self { nodes: building.nodes, linked, is_cut }
    }

    /// The elements and texts that a node holds.
    pub(in crate::clean) fn inside(&self, node: usize) -> std::ops::Range<usize> {
        node + 1..self.nodes.get(node).map_or(node + 1, |known| known.end)
    }

    /// The text of a node, as one line that may have blanks to spare; at most `most` bytes of it.
    pub(in crate::clean) fn text_of(&self, node: usize, most: usize) -> String {
        let mut text = String::new();
        for inner in self.inside(node).filter_map(|at| self.nodes.get(at)) {
            if text.len() >= most {
                break;
            }
            if inner.is_text() {
                text.push_str(&inner.text);
            } else if is_block(&inner.name) || inner.name == "br" {
                text.push(' ');
            }
        }
        text
    }
}

fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether an element begins and ends a paragraph. Elements that HTML does not know are inline, as browsers have it, but
/// those of components (`amp-ad`, `bsp-list`) hold whole parts of a page.
pub(in crate::clean) fn is_block(name: &str) -> bool {
    ENDS_PARAGRAPH.contains(&name)
        || matches!(
            name,
            "body"
                | "html"
                | "head"
                | "title"
                | "caption"
                | "dd"
                | "dt"
                | "legend"
                | "li"
                | "option"
                | "tbody"
                | "tfoot"
                | "thead"
                | "tr"
                | "xmp"
                | "listing"
                | "plaintext"
                | "search"
                | "picture"
                | "root"
        )
        || name.contains('-')
}

struct Building<'a> {
    nodes: Vec<Node<'a>>,
    open: Vec<usize>,
    /// Open elements that were too deep to keep.
    skipped: usize,
}

impl<'a> Building<'a> {
    fn text(&mut self, text: Cow<'a, str>) {
        if !text.is_empty() {
            let end = self.nodes.len() + 1;
            self.push(Cow::Borrowed(""), Vec::new(), text, end);
        }
    }

    fn push(&mut self, name: Cow<'a, str>, attributes: Vec<(&'a str, Cow<'a, str>)>, text: Cow<'a, str>, end: usize) {
        let parent = self.open.last().copied().unwrap_or(0);
        self.nodes.push(Node { name, attributes, text, parent, end });
    }

    fn open(&mut self, name: Cow<'a, str>, tag: Tag<'a>) {
        let here = self.nodes.len();
        if VOID.contains(&name.as_ref()) {
            self.push(name, tag.attributes, Cow::Borrowed(""), here + 1);
            return;
        }
        self.close_implied(&name);
        if self.open.len() >= MAX_DEPTH {
            self.skipped += usize::from(!tag.closed);
            return;
        }
        self.push(name, tag.attributes, Cow::Borrowed(""), usize::MAX);
        self.open.push(here);
    }

    fn name(&self, position: usize) -> &str {
        self.open.get(position).and_then(|at| self.nodes.get(*at)).map_or("", |node| node.name.as_ref())
    }

    fn close(&mut self, name: &str) {
        if self.skipped > 0 {
            self.skipped -= 1;
            return;
        }
        // Text behind the end of the body is still read; a table cell is not left by the end of what is outside of it.
        if name.eq_ignore_ascii_case("body") || name.eq_ignore_ascii_case("html") {
            return;
        }
        let ends_cell =
            ["td", "th", "tr", "tbody", "thead", "tfoot", "table"].iter().any(|cell| name.eq_ignore_ascii_case(cell));
        for position in (1..self.open.len()).rev() {
            let open = self.name(position);
            if open.eq_ignore_ascii_case(name) {
                self.close_to(position);
                return;
            }
            if !ends_cell && matches!(open, "td" | "th") {
                return;
            }
        }
    }

    /// Ends elements whose end tag may be left out.
    fn close_implied(&mut self, name: &str) {
        let siblings: &[&str] = match name {
            "li" => &["li"],
            "dt" | "dd" => &["dt", "dd"],
            "tr" => &["tr"],
            "td" | "th" => &["td", "th"],
            "option" => &["option"],
            // One link cannot stand in another.
            "a" => &["a"],
            "body" => &["head"],
            _ if ENDS_PARAGRAPH.contains(&name) => &["p", "head"],
            _ => return,
        };
        let bounds: &[&str] = match name {
            "a" | "body" => &["table"],
            "li" => &["ul", "ol", "menu", "div"],
            "tr" => &["table"],
            "td" | "th" => &["tr", "table"],
            _ => &["table", "td", "th", "li", "div", "section", "article", "blockquote"],
        };
        for position in (1..self.open.len()).rev() {
            let open = self.name(position);
            if siblings.contains(&open) {
                self.close_to(position);
                return;
            }
            if bounds.contains(&open) {
                return;
            }
        }
    }

    fn close_to(&mut self, position: usize) {
        let end = self.nodes.len();
        while self.open.len() > position {
            if let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at)) {
                node.end = end;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as nested brackets.
    #[track_caller]
    fn check(markup: &str, expected: &str) {
        let tree = Tree::read(markup);
        let mut shown = String::new();
        let mut ends: Vec<usize> = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate().skip(1) {
            while ends.last().is_some_and(|end| *end <= at) {
                ends.pop();
                shown.push(')');
            }
            if node.is_text() {
                shown.push_str(&node.text);
            } else {
                shown.push_str(&node.name);
                shown.push('(');
                ends.push(node.end);
            }
        }
        shown.extend(ends.iter().map(|_| ')'));
        assert_eq!(shown, expected);
    }

    #[test]
    fn end_tags_may_be_left_out() {
        check("<p>One<p>two<ul><li>a<li>b</ul>c", "p(One)p(two)ul(li(a)li(b))c");
        check("<div><script>1<2</script>R &amp; D</div></div>e", "div(R & D)e");
        check("<table><tr><td>a</div><td>b<tr><td>c</table>d", "table(tr(td(a)td(b))tr(td(c)))d");
        check("<a>x<a>y</a>", "a(x)a(y)");
    }

    #[test]
    fn depth_and_number_are_bounded() {
        assert!(Tree::read(&"<div>".repeat(100_000)).nodes.len() <= MAX_DEPTH + 1);
        assert!(Tree::read(&"<br>".repeat(1_000_000)).nodes.len() <= MAX_NODES);
    }

    #[test]
    fn linked_data_is_kept_aside() {
        let tree = Tree::read("<script type='application/ld+json'>{\"a\":\"<p>\"}</script><p>x");
        assert_eq!(tree.linked, ["{\"a\":\"<p>\"}"]);
    }
}
