//! The safety pass: any markup to a bounded, well-formed document, in one walk and linear time.
//!
//! In: text. Out: a [`Tree`] whose document no parser can choke on, and what had to be done to it. Subtrees deeper than
//! [`MAX_DEPTH`] and elements with too many attributes or namespaces are cut out and reported; the rest is kept. Without
//! this pass 1,000 nested `media:group` overflow the stack of feed-rs and abort the process. What the fields mean is
//! not its business, but for the few names that tell where a forgotten end tag belongs.

use super::{
    namespaces::{self, Space},
    tree::{Element, Tree},
};
use crate::markup::{
    entities::escape_into,
    tokens::{Tag, Token, Tokens, name_at},
};
use crate::model::{Issue, Stage};
use std::collections::BTreeSet;

/// Deepest nesting that is kept.
pub(super) const MAX_DEPTH: usize = 64;
/// Namespaces that one element may declare, and that may be in scope at once.
const MAX_NAMESPACES: usize = 64;
/// Elements of one document: a bound on memory, far above 100,000 entries of ten fields.
const MAX_ELEMENTS: usize = 3_000_000;

/// A document after repair.
pub(super) struct Repaired {
    pub(super) tree: Tree,
    pub(super) issues: Vec<Issue>,
}

/// Repairs the document whose root element begins at byte `root`.
pub(super) fn repair(text: &str, root: usize) -> Repaired {
    let mut tokens = Tokens::new(text, 0);
    let mut builder = Builder::default();
    builder.prologue(&mut tokens, root);
    if entry_boundary(name_at(text.get(root + 1..).unwrap_or_default())) {
        // Entries without anything around them are given a frame.
        let frame = Tag { name: "rss", attributes: Vec::new(), closed: false, too_many_attributes: false };
        builder.start(&frame);
        builder.ended = true;
    }
    while let Some(token) = tokens.next() {
        builder.take(token);
    }
    let overlooked = tokens.overlooked;
    let mut issues = Vec::new();
    let mut note = |count: usize, code: &str, what: &str| {
        if count > 0 {
            issues.push(Issue::new(Stage::Parse, code, format!("{count} × {what}")));
        }
    };
    note(
        builder.cut,
        "markup_cut",
        "subtree deeper than 64 levels, or element with more than 256 attributes or 64 namespaces, cut out",
    );
    let mended = "markup_repaired";
    note(overlooked.bare_ampersands, mended, "& that begins no known reference, taken as text");
    note(overlooked.loose_attributes, mended, "attribute without a value, without quotes or given twice");
    note(builder.other_letters, mended, "end tag in other letters than its start tag");
    note(overlooked.bare_brackets, mended, "< that begins no tag, taken as text");
    note(overlooked.torn_ends, mended, "end tag without its bracket");
    note(overlooked.open_sections, mended, "CDATA section without its end, ended where its element does");
    note(builder.crossed, mended, "element without an end tag, closed where its parent ends");
    note(builder.stray, mended, "end tag without a start tag, ignored");
    note(builder.outside, mended, "text or element outside of the document's own, left out");
    note(builder.undeclared.len(), mended, "namespace prefix that is not declared");
    note(builder.illegal, mended, "text with control characters that XML forbids, removed");
    note(usize::from(builder.doctype), "dtd_ignored", "document type with declarations, not expanded");
    let open = builder.finish();
    if open || overlooked.cut {
        issues.push(Issue::new(Stage::Parse, "truncated", "the document ends before its elements do"));
    }
    Repaired { tree: builder.tree, issues }
}

/// An element whose end has not come.
struct Open {
    /// Its number; the name as written is what its end tag must match.
    node: usize,
    raw_name: String,
    /// Declarations in scope before it.
    scope: usize,
}

#[derive(Default)]
struct Builder {
    tree: Tree,
    open: Vec<Open>,
    /// Declarations in scope: prefix, address.
    scope: Vec<(String, String)>,
    undeclared: BTreeSet<String>,
    /// Elements open inside a subtree that is being cut out.
    skipping: usize,
    cut: usize,
    crossed: usize,
    stray: usize,
    other_letters: usize,
    illegal: usize,
    /// Texts and elements behind the end of the root.
    outside: usize,
    doctype: bool,
    /// Where declarations of undeclared prefixes go: the end of the root's start tag.
    root_tag_end: usize,
    /// The root's end tag has come; only entries are taken from what follows.
    ended: bool,
}

impl Builder {
    /// Passes over what stands before the root: a document type is read, anything that has no place there is noted.
    fn prologue(&mut self, tokens: &mut Tokens<'_>, root: usize) {
        while tokens.at() < root {
            match tokens.next() {
                Some(Token::DocumentType(declares)) => self.doctype |= declares,
                Some(Token::Text(text)) if text.chars().all(|c| c.is_whitespace() || c == '\u{FEFF}') => {}
                // Passing over a comment, the tokenizer comes upon the root itself.
                Some(_) if tokens.at() > root => {}
                Some(_) => self.outside += 1,
                None => break,
            }
        }
        tokens.seek(root);
    }

    fn take(&mut self, token: Token<'_>) {
        match token {
            Token::DocumentType(declares) => self.doctype |= declares,
            Token::Text(text) => self.text(&text),
            Token::Cdata(text) => self.text(text),
            Token::Open(tag) => self.start(&tag),
            Token::Close(name) => self.end(name),
        }
    }

    fn text(&mut self, text: &str) {
        let Some(open) = self.open.last() else { return };
        if self.skipping > 0 || self.is_behind() {
            self.outside += usize::from(self.skipping == 0 && !text.trim().is_empty());
            return;
        }
        if text.contains(|c: char| !c.is_whitespace())
            && let Some(element) = self.tree.elements.get_mut(open.node)
        {
            element.has_text = true;
        }
        self.illegal += usize::from(escape_into(text, &mut self.tree.document));
    }

    fn start(&mut self, tag: &Tag<'_>) {
        let boundary = entry_boundary(tag.name);
        if self.skipping > 0 {
            if !boundary {
                self.skipping += usize::from(!tag.closed);
                return;
            }
            // A new entry begins: whatever the cut subtree was, it is over.
            self.skipping = 0;
        }
        self.close_forgotten(tag.name);
        if self.is_behind() && !boundary {
            self.outside += 1;
            return;
        }
        let declarations = tag.attributes.iter().filter(|(key, _)| key.starts_with("xmlns")).count();
        let hostile = tag.too_many_attributes
            || declarations > MAX_NAMESPACES
            || self.scope.len() + declarations > MAX_NAMESPACES * 2
            || self.open.len() >= MAX_DEPTH
            || self.tree.elements.len() >= MAX_ELEMENTS;
        if hostile {
            self.cut += 1;
            self.skipping = usize::from(!tag.closed);
            return;
        }
        let void = tag.closed || is_void(tag.name);
        self.crossed += usize::from(void && !tag.closed);
        let scope = self.scope.len();
        for (key, value) in &tag.attributes {
            if let Some(prefix) = key.strip_prefix("xmlns") {
                let prefix = prefix.trim_start_matches(':').to_owned();
                self.scope.push((prefix, value.trim().to_owned()));
            }
        }
        let start = self.tree.document.len();
        let (space, name) = self.resolve(tag.name);
        self.tree.document.push('<');
        self.tree.document.push_str(tag.name.trim_matches(':'));
        let mut attributes = Vec::with_capacity(tag.attributes.len());
        for (key, value) in &tag.attributes {
            if !is_sound_name(key) {
                continue;
            }
            self.tree.document.push(' ');
            self.tree.document.push_str(key);
            self.tree.document.push_str("=\"");
            escape_into(value, &mut self.tree.document);
            self.tree.document.push('"');
            if !key.starts_with("xmlns") {
                attributes.push((self.attribute_name(key), value.trim().to_owned()));
            }
        }
        if self.open.is_empty() {
            self.root_tag_end = self.tree.document.len();
        }
        self.tree.document.push('>');
        let node = self.tree.elements.len();
        let parent = self.open.last().map(|open| open.node);
        if let Some(parent) = parent.and_then(|parent| self.tree.elements.get_mut(parent)) {
            parent.children.push(node);
        }
        let inner = self.tree.document.len();
        self.tree.elements.push(Element {
            space,
            name,
            attributes,
            parent,
            children: Vec::new(),
            has_text: false,
            inner: inner..inner,
            start,
            end: inner,
            unfinished: false,
        });
        self.open.push(Open { node, raw_name: tag.name.to_owned(), scope });
        if void {
            self.close_top();
        }
    }

    fn end(&mut self, name: &str) {
        if self.skipping > 0 {
            if !entry_boundary(name) && !is_frame(name) {
                self.skipping -= 1;
                return;
            }
            // The end of the entry itself ends the cut subtree too, however badly that was nested.
            self.skipping = 0;
        }
        let matching = self
            .open
            .iter()
            .rposition(|open| open.raw_name == name)
            .or_else(|| self.open.iter().rposition(|open| open.raw_name.eq_ignore_ascii_case(name)));
        let Some(position) = matching else {
            self.stray += usize::from(!is_void(name) && !self.ended);
            return;
        };
        // An end tag inside an entry never closes what the entry stands in, unless it is the frame's own.
        self.other_letters += usize::from(self.open.get(position).is_some_and(|open| open.raw_name != name));
        let crosses_entry = self.open.iter().skip(position + 1).any(|open| entry_boundary(&open.raw_name));
        if crosses_entry && !is_frame(name) {
            self.stray += 1;
            return;
        }
        while self.open.len() > position + 1 {
            self.crossed += 1;
            self.close_top();
        }
        if position == 0 {
            // Some feeds end early and go on; the root is closed when the text is over.
            self.ended = true;
            return;
        }
        self.close_top();
    }

    /// Behind the root's end tag, and in no entry.
    fn is_behind(&self) -> bool {
        self.ended && self.open.len() == 1
    }

    fn close_top(&mut self) {
        let Some(open) = self.open.pop() else { return };
        if let Some(element) = self.tree.elements.get_mut(open.node) {
            element.inner.end = self.tree.document.len();
            self.tree.document.push_str("</");
            self.tree.document.push_str(open.raw_name.trim_matches(':'));
            self.tree.document.push('>');
            element.end = self.tree.document.len();
        }
        self.scope.truncate(open.scope);
    }

    /// Closes what a new start tag shows to have been forgotten: `<title>One<link>`, `<item>…<item>`.
    fn close_forgotten(&mut self, name: &str) {
        if entry_boundary(name) {
            // Entries stand in frames and lists, never in each other or in anything else that was left open.
            let outside = self.open.iter().position(|open| entry_boundary(&open.raw_name)).unwrap_or(self.open.len());
            let frames = |open: &Open| is_frame(&open.raw_name) || is_list(&open.raw_name);
            let frame = self.open.iter().take(outside).rposition(frames);
            while self.open.len() > frame.unwrap_or(0) + 1 {
                self.crossed += 1;
                self.close_top();
            }
            return;
        }
        let Some(top) = self.open.last() else { return };
        // Paragraphs of unescaped HTML whose end tags HTML lets one leave out.
        if matches!(name, "p" | "li") && top.raw_name == name {
            self.crossed += 1;
            self.close_top();
            return;
        }
        let in_entry = self.open.len() >= 2
            && self
                .open
                .get(self.open.len() - 2)
                .is_some_and(|open| entry_boundary(&open.raw_name) || open.raw_name == "channel");
        // A field inside of a text that is itself a field: the text's end tag was forgotten.
        let is_text = TEXTS.iter().any(|text| text.eq_ignore_ascii_case(&top.raw_name));
        if in_entry
            && is_text
            && !top.raw_name.eq_ignore_ascii_case(name)
            && FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
        {
            self.crossed += 1;
            self.close_top();
            return;
        }
        let leaf = |name: &str| LEAVES.iter().any(|leaf| leaf.eq_ignore_ascii_case(name));
        if in_entry
            && leaf(&top.raw_name)
            && (leaf(name) || name.eq_ignore_ascii_case("description"))
            && !top.raw_name.eq_ignore_ascii_case(name)
        {
            self.crossed += 1;
            self.close_top();
        }
    }

    fn resolve(&mut self, name: &str) -> (Space, String) {
        let name = name.trim_matches(':');
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let declared = self.scope.iter().rev().find(|(known, _)| known == prefix).map(|(_, address)| address.as_str());
        let mut space = namespaces::space(prefix, declared);
        // A default namespace of another vocabulary does not make fields of a feed what they are called there.
        let in_feed = self.open.last().is_none_or(|open| is_frame(&open.raw_name) || entry_boundary(&open.raw_name));
        if space == Space::Xhtml && prefix.is_empty() && in_feed && !["body", "div", "p", "span"].contains(&local) {
            space = Space::Rss;
        }
        if declared.is_none() && !prefix.is_empty() && prefix != "xml" {
            self.undeclared.insert(prefix.to_owned());
        }
        (space, local.to_ascii_lowercase())
    }

    fn attribute_name(&mut self, key: &str) -> String {
        if !key.contains(':') {
            return key.to_ascii_lowercase();
        }
        let (space, local) = self.resolve(key);
        format!("{}:{local}", namespaces::usual_prefix(space))
    }

    /// Closes what is open, declares what was not declared; whether anything was open.
    fn finish(&mut self) -> bool {
        let open = self.open.len() > usize::from(self.ended);
        for open in self.open.iter().skip(usize::from(self.ended)) {
            if let Some(element) = self.tree.elements.get_mut(open.node) {
                element.unfinished = true;
            }
        }
        while !self.open.is_empty() {
            self.close_top();
        }
        let declarations: String = self
            .undeclared
            .iter()
            .take(MAX_NAMESPACES)
            .map(|prefix| format!(" xmlns:{prefix}=\"{}\"", namespaces::address(prefix)))
            .collect();
        if !declarations.is_empty() && self.tree.document.is_char_boundary(self.root_tag_end) {
            self.tree.document.insert_str(self.root_tag_end, &declarations);
            let shift = declarations.len();
            for (index, element) in self.tree.elements.iter_mut().enumerate() {
                element.start += if index == 0 { 0 } else { shift };
                element.end += shift;
                element.inner = element.inner.start + shift..element.inner.end + shift;
            }
        }
        open
    }
}

/// Elements that hold text or a reference only, so that another field inside them means a forgotten end tag.
const LEAVES: [&str; 6] = ["title", "link", "guid", "pubDate", "category", "comments"];
/// Elements that hold text which may be markup, and those inside them that no HTML has.
const TEXTS: [&str; 5] = ["description", "summary", "content", "content:encoded", "fulltext"];
const FIELDS: [&str; 18] = [
    "guid",
    "pubDate",
    "category",
    "comments",
    "description",
    "enclosure",
    "author",
    "content:encoded",
    "dc:creator",
    "dc:date",
    "dc:subject",
    "id",
    "updated",
    "published",
    "issued",
    "modified",
    "media:content",
    "media:thumbnail",
];

/// The element that an entry is.
fn entry_boundary(name: &str) -> bool {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let is_entry = local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry");
    // The module for contents of RSS 1.0 has a `content:item` that is none.
    is_entry && matches!(namespaces::space(prefix, None), Space::Rss | Space::Atom | Space::Other)
}

/// The elements that entries stand in.
fn is_frame(name: &str) -> bool {
    let local = name.rsplit(':').next().unwrap_or(name);
    ["channel", "rss", "feed", "rdf"].iter().any(|frame| frame.eq_ignore_ascii_case(local))
}

/// The elements that some put their entries into.
pub(super) fn is_list(name: &str) -> bool {
    ["items", "entries", "body"].iter().any(|list| list.eq_ignore_ascii_case(name))
}

/// HTML elements that have no end tag, as they stand unescaped in descriptions.
fn is_void(name: &str) -> bool {
    ["br", "hr", "img", "wbr"].iter().any(|void| void.eq_ignore_ascii_case(name))
}

fn is_sound_name(key: &str) -> bool {
    name_at(key) == key && key.matches(':').count() <= 1 && !key.starts_with(':') && !key.ends_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, document: &str, codes: &[&str]) {
        let repaired = repair(text, 0);
        assert_eq!(repaired.tree.document, document);
        let found: Vec<_> = repaired.issues.iter().map(|issue| issue.code.as_str()).collect();
        assert_eq!(found, codes, "{:?}", repaired.issues);
        for element in &repaired.tree.elements {
            let tag = repaired.tree.document.get(element.start..element.inner.start).unwrap();
            assert!(tag.starts_with('<') && tag.ends_with('>'), "{tag}");
        }
    }

    #[test]
    fn broken_markup_becomes_well_formed() {
        check("<rss><a>x &nbsp;y</a></rss> junk", "<rss><a>x \u{a0}y</a></rss>", &["markup_repaired"]);
        check("<rss><a><![CDATA[<b>]]></a></rss>", "<rss><a>&lt;b&gt;</a></rss>", &[]);
        check(
            "<rss><item>a</item></rss><p>x</p><item>b</item> y",
            "<rss><item>a</item><item>b</item></rss>",
            &["markup_repaired"],
        );
        check("<rss><a>R & D</a></rss>", "<rss><a>R &amp; D</a></rss>", &["markup_repaired"]);
        check("<rss><a><b>x</a></i></rss>", "<rss><a><b>x</b></a></rss>", &["markup_repaired", "markup_repaired"]);
        check(
            "<rss><dc:date>x</dc:date></rss>",
            "<rss xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><dc:date>x</dc:date></rss>",
            &["markup_repaired"],
        );
        check(
            "<rss><item><title>x<link>y</link></item><item>z",
            "<rss><item><title>x</title><link>y</link></item><item>z</item></rss>",
            &["markup_repaired", "truncated"],
        );
    }

    #[test]
    fn hostile_nesting_is_cut_and_the_rest_kept() {
        let bomb = format!(
            "<rss><item>{}{}<title>t</title></item><item><title>u</title></item></rss>",
            "<a>".repeat(1000),
            "</a>".repeat(1000)
        );
        let repaired = repair(&bomb, 0);
        assert!(repaired.tree.document.ends_with("<title>t</title></item><item><title>u</title></item></rss>"));
        assert_eq!(repaired.issues.first().map(|issue| issue.code.as_str()), Some("markup_cut"));
        let unclosed = format!("<rss><item>{}</item><item><title>u</title></item></rss>", "<a>".repeat(100_000));
        assert!(repair(&unclosed, 0).tree.document.ends_with("<item><title>u</title></item></rss>"));
    }

    #[test]
    fn hostile_tags_are_cut() {
        let attributes: String = (0..300).map(|n| format!(" a{n}=\"1\"")).collect();
        check(&format!("<rss><a{attributes}>x</a><b>y</b></rss>"), "<rss><b>y</b></rss>", &["markup_cut"]);
        let spaces: String = (0..65).map(|n| format!(" xmlns:a{n}=\"u\"")).collect();
        check(&format!("<rss><a{spaces}/><b>y</b></rss>"), "<rss><b>y</b></rss>", &["markup_cut"]);
    }
}
