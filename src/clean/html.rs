//! Markup to plain paragraphs.
//!
//! In: HTML of any quality, as feeds carry it. Out: the paragraphs, headings, list entries and table rows in document
//! order. The walk is over tokens and needs no tree, so nesting costs neither stack nor time. Scripts, styles, templates
//! and controls are dropped, the text of links is kept, pictures leave nothing behind. (`page` reads whole pages.)

use super::text::{self, Marks};
use crate::markup::tokens::{Token, Tokens};
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::sync::LazyLock;

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
    let mut tokens = Tokens::new(markup, 0);
    let mut walk = Walk { marks: std::mem::take(marks), ..Walk::default() };
    while let Some(token) = tokens.next() {
        match token {
            Token::Text(text) => walk.text(&text),
            Token::Cdata(text) => walk.text(text),
            Token::Open(tag) => {
                let name = lower(tag.name);
                if DROPPED.contains(&name.as_ref()) {
                    if !tag.closed {
                        tokens.skip_past_end(tag.name);
                    }
                    continue;
                }
                walk.open(&name);
            }
            Token::Close(name) => walk.close(&lower(name)),
            Token::DocumentType(_) => {}
        }
    }
    walk.flush();
    *marks = walk.marks;
    walk.paragraphs
}

/// A name in lower case, as most are written.
fn lower(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// Whether an element begins and ends a paragraph.
fn is_block(name: &str) -> bool {
    static NAMES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| BLOCKS.into_iter().collect());
    NAMES.contains(name)
}

#[derive(Default)]
struct Walk {
    paragraphs: Vec<String>,
    marks: Marks,
    /// The paragraph so far; `\n` stands for a line break of the markup.
    line: String,
    /// Line breaks since the last text.
    breaks: usize,
    preformatted: bool,
    /// Markup with elements of its own; without any, blank lines part paragraphs.
    structured: bool,
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
        if !text.contains('\n') && !text.contains('\u{2029}') {
            self.line.push_str(text);
            return;
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

    fn open(&mut self, name: &str) {
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
            "td" | "th" if !self.line.trim().is_empty() => self.line.push_str(" | "),
            _ => {}
        }
        if is_block(name) {
            self.structured = true;
            self.flush();
            self.preformatted |= matches!(name, "pre" | "xmp" | "listing");
        }
    }

    fn close(&mut self, name: &str) {
        if is_block(name) {
            self.flush();
            self.preformatted &= !matches!(name, "pre" | "xmp" | "listing");
        }
    }

    fn flush(&mut self) {
        let line = std::mem::take(&mut self.line);
        self.breaks = 0;
        for piece in pieces(&line) {
            let text = text::line(piece, &mut self.marks);
            let text = text.trim_matches([' ', '|']);
            if !text.is_empty() {
                self.paragraphs.push(text.to_owned());
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
