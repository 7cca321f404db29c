//! Markup to plain paragraphs.
//!
//! In: HTML of any quality. Out: [`Block`]s in document order, each the text of one paragraph, heading, list entry or
//! table row. The walk is over tokens and needs no tree, so nesting costs neither stack nor time. Scripts, styles,
//! templates and controls are dropped, the text of links is kept, pictures leave nothing behind.

use super::text::{self, Marks};
use crate::markup::tokens::{Tag, Token, Tokens};

/// What a block was in the markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Paragraph,
    Heading,
    ListEntry,
    Row,
    Caption,
}

/// One block of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    pub(super) text: String,
    /// Bytes of its text that stand in links.
    pub(super) linked: usize,
    /// It stands in navigation, an aside or a footer.
    pub(super) outside: bool,
    /// The container it stands in: blocks of one container have one number.
    pub(super) container: usize,
}

/// Elements that hold what is not the story. A header may hold headline and lead.
const OUTSIDE: [&str; 5] = ["nav", "aside", "footer", "form", "menu"];

/// Elements whose content is no text of the story.
const DROPPED: [&str; 22] = [
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "embed", "applet", "select",
    "textarea", "button", "canvas", "audio", "video", "map", "head", "dialog", "datalist", "noembed", "noframes",
];

/// Elements that begin and end a paragraph.
const BLOCKS: [&str; 52] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "caption",
    "center",
    "dd",
    "details",
    "dir",
    "div",
    "dl",
    "dt",
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
    "html",
    "legend",
    "li",
    "main",
    "menu",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "section",
    "summary",
    "table",
    "tbody",
    "tfoot",
    "thead",
    "title",
    "tr",
    "ul",
    "xmp",
    "listing",
    "plaintext",
    "amp-ad",
    "picture",
    "search",
];

/// A line of a paragraph that is set with single line breaks must be this long to be a paragraph of its own.
const PARAGRAPH_LINE: usize = 60;

/// The paragraphs of markup.
pub(super) fn paragraphs(markup: &str, marks: &mut Marks) -> Vec<String> {
    blocks(markup, marks).into_iter().map(|block| block.text).collect()
}

/// The blocks of markup.
pub(super) fn blocks(markup: &str, marks: &mut Marks) -> Vec<Block> {
    let mut tokens = Tokens::new(markup, 0);
    let mut walk = Walk { marks: std::mem::take(marks), ..Walk::default() };
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => walk.text(&text),
            Token::Cdata(text) => walk.text(text),
            Token::Open(tag) => {
                let name = tag.name.to_ascii_lowercase();
                if DROPPED.contains(&name.as_str()) {
                    if !tag.closed {
                        tokens.skip_past_end(tag.name);
                    }
                    continue;
                }
                walk.open(&name, &tag);
            }
            Token::Close(name) => walk.close(&name.to_ascii_lowercase()),
            Token::DocumentType(_) => {}
        }
    }
    walk.flush();
    *marks = walk.marks;
    walk.blocks
}

#[derive(Default)]
struct Walk {
    blocks: Vec<Block>,
    marks: Marks,
    /// The paragraph so far; `\n` stands for a line break of the markup.
    line: String,
    linked: usize,
    in_link: bool,
    /// Line breaks since the last text.
    breaks: usize,
    preformatted: bool,
    kind: Option<BlockKind>,
    /// Markup with elements of its own; without any, blank lines part paragraphs.
    structured: bool,
    /// Elements of [`OUTSIDE`] that are open.
    outside: Vec<String>,
    /// Containers that are open: name, number, whether it began an outside by its class.
    containers: Vec<(String, usize, bool)>,
    /// Containers so far.
    counted: usize,
}

/// Elements that hold blocks of one kind; a story's paragraphs are usually in one of them.
const CONTAINERS: [&str; 9] = ["div", "section", "article", "main", "td", "body", "blockquote", "header", "center"];

/// Classes and ids that say what an element holds is not the story. Only whole words count: a page with a sidebar
/// may call its article "with-sidebar".
const OUTSIDE_CLASSES: [&str; 40] = [
    "footer",
    "page-footer",
    "site-footer",
    "copyright",
    "breadcrumb",
    "breadcrumbs",
    "related",
    "related-news",
    "related-articles",
    "related-stories",
    "related-links",
    "related-content",
    "read-also",
    "see-also",
    "popular",
    "most-read",
    "mostread",
    "most-popular",
    "share",
    "sharing",
    "share-buttons",
    "social",
    "social-share",
    "comments",
    "sidebar",
    "menu",
    "main-menu",
    "navigation",
    "nav",
    "tags",
    "tag-list",
    "newsletter",
    "newsletter-signup",
    "recommended",
    "recommendations",
    "promo",
    "advertisement",
    "cookie-banner",
    "cookie-notice",
    "latest-news",
];

fn is_outside_by_class(tag: &Tag<'_>) -> bool {
    let named =
        tag.attributes.iter().filter(|(key, _)| key.eq_ignore_ascii_case("class") || key.eq_ignore_ascii_case("id"));
    named
        .flat_map(|(_, value)| value.split_whitespace())
        .any(|word| OUTSIDE_CLASSES.contains(&word.to_ascii_lowercase().replace('_', "-").as_str()))
}

impl Walk {
    fn text(&mut self, text: &str) {
        if text.trim().is_empty() && (self.structured || !text.contains("\n\n")) {
            if !self.line.is_empty() && !text.is_empty() {
                self.line.push(' ');
            }
            return;
        }
        self.breaks = 0;
        if self.in_link {
            self.linked += text.trim().len();
        }
        for c in text.chars() {
            // Line breaks of the source are white space, unless the markup has no other way to part paragraphs.
            let is_break = c == '\n' || c == '\u{2029}';
            self.line.push(if is_break && self.preformatted {
                '\n'
            } else if is_break && !self.structured {
                '\u{B}'
            } else if is_break {
                ' '
            } else {
                c
            });
        }
    }

    fn open(&mut self, name: &str, tag: &Tag<'_>) {
        match name {
            "br" => {
                self.structured = true;
                self.breaks += 1;
                if self.breaks >= 2 {
                    self.flush();
                } else {
                    self.line.push('\n');
                }
                return;
            }
            "a" => self.in_link = tag.attributes.iter().any(|(key, _)| key.eq_ignore_ascii_case("href")),
            "td" | "th" if !self.line.trim().is_empty() => self.line.push_str(" | "),
            _ => {}
        }
        if BLOCKS.contains(&name) {
            self.structured = true;
            self.flush();
            if OUTSIDE.contains(&name) && !tag.closed && self.outside.len() < 64 {
                self.outside.push(name.to_owned());
            }
            let by_class = is_outside_by_class(tag);
            if (CONTAINERS.contains(&name) || by_class) && !tag.closed && self.containers.len() < 256 {
                self.counted += 1;
                self.containers.push((name.to_owned(), self.counted, by_class));
            }
            self.preformatted |= matches!(name, "pre" | "xmp" | "listing");
            self.kind = match name {
                "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => Some(BlockKind::Heading),
                "li" | "dd" | "dt" => Some(BlockKind::ListEntry),
                "tr" => Some(BlockKind::Row),
                "figcaption" | "caption" => Some(BlockKind::Caption),
                "p" | "div" => self.kind.filter(|kind| *kind != BlockKind::Heading),
                _ => None,
            };
        }
    }

    fn close(&mut self, name: &str) {
        if name == "a" {
            self.in_link = false;
        }
        if BLOCKS.contains(&name) {
            self.flush();
            if let Some(position) = self.outside.iter().rposition(|open| open == name) {
                self.outside.truncate(position);
            }
            if let Some(position) = self.containers.iter().rposition(|(open, ..)| open == name) {
                self.containers.truncate(position);
            }
            self.preformatted &= !matches!(name, "pre" | "xmp" | "listing");
            if !matches!(name, "p" | "div") {
                self.kind = None;
            }
        }
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        let linked = std::mem::take(&mut self.linked);
        self.breaks = 0;
        if line.trim().is_empty() {
            return;
        }
        let kind = self.kind.unwrap_or(BlockKind::Paragraph);
        for piece in pieces(&line) {
            let text = text::line(piece, &mut self.marks);
            let text = text.trim_matches([' ', '|']).to_owned();
            if !text.is_empty() {
                self.blocks.push(Block {
                    kind,
                    linked: linked.min(text.len()),
                    text,
                    outside: !self.outside.is_empty() || self.containers.iter().any(|(.., by_class)| *by_class),
                    container: self.containers.last().map_or(0, |(_, number, _)| *number),
                });
            }
        }
    }
}

/// Parts a block where line breaks stand for paragraphs: blank lines of plain text, and `<br>` after whole sentences.
pub(super) fn pieces(line: &str) -> Vec<&str> {
    if line.contains('\u{B}') {
        let mut pieces = Vec::new();
        let mut rest = line;
        while let Some((before, after)) = split_at_blank_line(rest) {
            pieces.push(before);
            rest = after;
        }
        pieces.push(rest);
        return pieces;
    }
    let lines: Vec<&str> = line.split('\n').filter(|line| !line.trim().is_empty()).collect();
    let ends_sentence = |line: &&str| line.trim_end().ends_with(['.', '!', '?', '"', '”', '»', '…', ':', '。', ')']);
    let are_paragraphs = lines.len() > 1
        && lines.iter().filter(|line| line.len() >= PARAGRAPH_LINE && ends_sentence(line)).count() * 3
            >= lines.len() * 2;
    if are_paragraphs { lines } else { vec![line] }
}

fn split_at_blank_line(text: &str) -> Option<(&str, &str)> {
    for (at, _) in text.match_indices('\u{B}') {
        let (before, after) = text.split_at(at);
        let after = after.get(1..).unwrap_or_default();
        let trimmed = after.trim_start_matches([' ', '\t', '\r', '\u{a0}']);
        if let Some(rest) = trimmed.strip_prefix('\u{B}') {
            return Some((before, rest));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markup: &str, expected: &[&str]) {
        assert_eq!(paragraphs(markup, &mut Marks::default()), expected);
    }

    #[test]
    fn elements_part_paragraphs() {
        check(
            "<p>One <a href='x'>two</a>\n three</p><div>Four<p>Five</div>six",
            &["One two three", "Four", "Five", "six"],
        );
        check("One<br><br>two<br>three", &["One", "two three"]);
        check("<ul><li>a</li><li>b <b>c</b></ul><table><tr><td>x</td><td>1</td></tr></table>", &["a", "b c", "x | 1"]);
        check("<h2>Back<span>ground</span></h2><p>T&amp;C &lt;i&gt; &#8212;</p>", &["Background", "T&C <i> —"]);
        check("a<script>if (a<b) '</p>'</script>b<style>c</style><svg><p>d</p></svg><img alt='e'>", &["ab"]);
    }

    #[test]
    fn plain_text_is_parted_at_blank_lines() {
        check("One\ntwo\n\nthree\n \nfour", &["One two", "three", "four"]);
    }

    #[test]
    fn depth_costs_nothing() {
        let deep = format!("{}x{}", "<div><b>".repeat(200_000), "</b></div>".repeat(200_000));
        check(&deep, &["x"]);
    }
}
