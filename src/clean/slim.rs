//! A page made small and sound before a tree is built of it.
//!
//! In: a page. Out: balanced HTML of bounded depth that keeps what extraction looks at: elements, `id`, `class`, `role`,
//! links. Two attacks end here: nesting that makes tree walkers recurse, and piles of formatting elements with differing
//! attributes, which the HTML standard tells parsers to repeat in every paragraph.

use crate::markup::tokens::{Tag, Token, Tokens};

/// Deepest nesting that is kept; real pages stay below 60.
const MAX_DEPTH: usize = 120;
/// Larger results are cut: real pages without scripts stay below one megabyte.
const MAX_BYTES: usize = 4 * 1024 * 1024;

const DROPPED: [&str; 19] = [
    "script", "style", "template", "noscript", "svg", "math", "iframe", "object", "embed", "applet", "select",
    "textarea", "button", "canvas", "audio", "video", "map", "dialog", "datalist",
];
const VOID: [&str; 14] =
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"];
/// Elements that HTML repeats in later paragraphs when they are not closed.
const FORMATTING: [&str; 13] =
    ["b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
const KEPT: [&str; 10] =
    ["id", "class", "role", "href", "itemprop", "itemtype", "rel", "hidden", "aria-hidden", "style"];
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

/// Stands for `&` and `<`, from the private use area: a tree builder that meets millions of character references takes
/// time that grows with their square. [`restore`] puts the characters back.
const STAND_INS: [(char, char); 2] = [('&', '\u{F8F0}'), ('<', '\u{F8F1}')];

/// Puts back the characters that [`page`] replaced.
pub(super) fn restore(text: &str) -> String {
    text.chars()
        .map(|c| STAND_INS.iter().find(|(_, stand_in)| *stand_in == c).map_or(c, |(character, _)| *character))
        .collect()
}

fn push_text(text: &str, out: &mut String) {
    out.extend(
        text.chars()
            .map(|c| STAND_INS.iter().find(|(character, _)| *character == c).map_or(c, |(_, stand_in)| *stand_in)),
    );
}

/// Rewrites a page.
pub(super) fn page(markup: &str) -> String {
    let mut tokens = Tokens::new(markup, 0);
    let mut out = String::with_capacity(markup.len().min(MAX_BYTES) / 2);
    let mut open: Vec<String> = Vec::new();
    while let Some(token) = tokens.next() {
        if out.len() >= MAX_BYTES {
            break;
        }
        match token {
            Token::Text(text) => push_text(&text, &mut out),
            Token::Cdata(_) | Token::DocumentType(_) => {}
            Token::Open(tag) => {
                let name = tag.name.to_ascii_lowercase();
                if DROPPED.contains(&name.as_str()) {
                    if !tag.closed {
                        tokens.skip_past_end(tag.name);
                    }
                    continue;
                }
                if VOID.contains(&name.as_str()) {
                    if matches!(name.as_str(), "br" | "hr" | "img") {
                        write_tag(&name, &tag, &mut out);
                    }
                    continue;
                }
                close_implied(&name, &mut open, &mut out);
                if open.len() < MAX_DEPTH {
                    write_tag(&name, &tag, &mut out);
                    open.push(name);
                }
            }
            Token::Close(name) => {
                if let Some(position) = open.iter().rposition(|known| known.eq_ignore_ascii_case(name)) {
                    close_to(position, &mut open, &mut out);
                }
            }
        }
    }
    close_to(0, &mut open, &mut out);
    out
}

fn close_to(position: usize, open: &mut Vec<String>, out: &mut String) {
    while open.len() > position {
        if let Some(name) = open.pop() {
            out.push_str("</");
            out.push_str(&name);
            out.push('>');
        }
    }
}

/// Ends elements whose end tag may be left out.
fn close_implied(name: &str, open: &mut Vec<String>, out: &mut String) {
    let siblings: &[&str] = match name {
        "li" => &["li"],
        "dt" | "dd" => &["dt", "dd"],
        "tr" => &["tr"],
        "td" | "th" => &["td", "th"],
        "option" => &["option"],
        // One link cannot stand in another.
        "a" => &["a"],
        _ if ENDS_PARAGRAPH.contains(&name) => &["p"],
        _ => return,
    };
    let bounds: &[&str] = match name {
        "a" => &[],
        "li" => &["ul", "ol", "menu", "div"],
        _ => &["table", "td", "th", "li", "div", "section", "article", "blockquote", "button"],
    };
    for (position, known) in open.iter().enumerate().rev() {
        if siblings.contains(&known.as_str()) {
            close_to(position, open, out);
            return;
        }
        if bounds.contains(&known.as_str()) {
            return;
        }
    }
}

fn write_tag(name: &str, tag: &Tag<'_>, out: &mut String) {
    out.push('<');
    out.push_str(name);
    if !FORMATTING.contains(&name) {
        for (key, value) in tag.attributes.iter().filter(|(key, _)| KEPT.contains(&key.to_ascii_lowercase().as_str())) {
            out.push(' ');
            out.push_str(key);
            out.push_str("=\"");
            push_text(&value.replace('"', "'"), out);
            out.push('"');
        }
    }
    if name == "img" {
        out.push_str(" src=\"picture\"");
    }
    out.push('>');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markup: &str, expected: &str) {
        assert_eq!(page(markup), expected);
    }

    #[test]
    fn pages_become_balanced() {
        check("<p>One<p>two<ul><li>a<li>b</ul>", "<p>One</p><p>two</p><ul><li>a</li><li>b</li></ul>");
        check("<div onclick=x class='c'><script>1<2</script>R & D</div></div>", "<div class=\"c\">R \u{F8F0} D</div>");
        check("<font size=1>a<br>b", "<font>a<br>b</font>");
        assert!(page(&"<div>".repeat(100_000)).len() < 2_000);
    }
}
