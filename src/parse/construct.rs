//! The text of an element: plain, escaped markup, or markup as it stands, told by the element's type and by its looks.
//!
//! In: an element of the tree. Out: [`Text`], which gives either markup or one line of plain text. Base64 is decoded
//! where a type asks for it.

use super::{
    namespaces::Space,
    plain,
    tree::{Node, Tree},
};
use crate::markup::{entities, tokens::name_at};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Text and what it is.
#[derive(Debug, PartialEq)]
pub(super) enum Text {
    /// No markup.
    Plain(String),
    /// HTML.
    Markup(String),
}

impl Text {
    /// As markup: plain text is escaped where it would be mistaken for markup, and only there.
    pub(super) fn into_markup(self) -> Option<String> {
        let markup = match self {
            Self::Plain(text) if looks_like_markup(&text) => text,
            Self::Plain(text) => escape_where_needed(&text),
            Self::Markup(markup) => markup,
        };
        let trimmed = without_section(&markup);
        if trimmed.len() == markup.len() { Some(markup) } else { Some(trimmed.to_owned()) }
            .filter(|markup| !markup.is_empty())
    }

    /// As one line of plain text.
    pub(super) fn into_line(self) -> Option<String> {
        match self {
            Self::Plain(text) => plain::squeeze(&text),
            Self::Markup(markup) => plain::line(without_section(&markup)),
        }
    }
}

/// Markup without the CDATA section that was escaped along with it.
fn without_section(markup: &str) -> &str {
    let markup = markup.trim();
    let inner = markup.strip_prefix("<![CDATA[").and_then(|inner| inner.strip_suffix("]]>"));
    inner.map_or(markup, str::trim)
}

/// The text of an element whose type attribute (Atom) counts; without one it is what `default` makes of it.
pub(super) fn text(tree: &Tree, node: Node, default: fn(String) -> Text) -> Option<Text> {
    let kind = tree.attribute(node, "type").unwrap_or_default().trim().to_ascii_lowercase();
    // Atom 0.3 may offer the same text in several forms.
    if kind.starts_with("multipart/")
        && let Some(best) = best_of(tree, node)
    {
        return text(tree, best, default);
    }
    let element = tree.get(node)?;
    let mode = tree.attribute(node, "mode").unwrap_or_default();
    if !element.children.is_empty() {
        return Some(Text::Markup(standing_markup(
            tree,
            node,
            kind == "xhtml" || kind.contains("xml") || mode == "xml",
        )));
    }
    if !element.has_text {
        return None;
    }
    let characters = entities::decode(tree.raw(node));
    let is_text = kind.is_empty()
        || kind == "text"
        || kind == "html"
        || kind == "xhtml"
        || kind.starts_with("text/")
        || kind.contains("xml");
    if (mode.eq_ignore_ascii_case("base64") || !is_text)
        && let Some(decoded) = base64(&characters)
    {
        return Some(Text::Markup(decoded));
    }
    Some(match kind.as_str() {
        "text" | "text/plain" => Text::Plain(characters),
        "" => default(characters),
        _ => Text::Markup(characters),
    })
}

/// Of several forms of one text, which are never several themselves, the richest.
fn best_of(tree: &Tree, node: Node) -> Option<Node> {
    let kind = |found: Node| tree.attribute(found, "type").unwrap_or_default().to_ascii_lowercase();
    let forms = || tree.children(node).map(|(found, _)| found).filter(|found| !kind(*found).starts_with("multipart/"));
    forms().find(|found| kind(*found).contains("html")).or_else(|| forms().last())
}

/// Characters of an element and of everything in it, without markup: for links, dates, names.
pub(super) fn characters(tree: &Tree, node: Node) -> Option<String> {
    let raw = tree.raw(node);
    let text = if tree.get(node)?.children.is_empty() { entities::decode(raw) } else { plain::line(raw)? };
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Markup that stands unescaped. In XHTML the characters between the tags are escaped as they must be; elsewhere they
/// are escaped markup of their own, and the `div` that Atom asks for is not part of the content.
fn standing_markup(tree: &Tree, node: Node, is_xhtml: bool) -> String {
    let node = match tree.get(node).map(|element| (element.children.as_slice(), element.has_text)) {
        Some(([only], false))
            if tree.get(*only).is_some_and(|child| child.name == "div") && tree.attribute(*only, "class").is_none() =>
        {
            *only
        }
        _ => node,
    };
    let raw = tree.raw(node);
    let prefixes = prefixes_of_xhtml(tree, node);
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('<') {
        let (characters, tag) = rest.split_at(at);
        push_characters(characters, is_xhtml, &mut out);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let (tag, tail) = tag.split_at(end);
        push_tag(tag, &prefixes, &mut out);
        rest = tail;
    }
    push_characters(rest, is_xhtml, &mut out);
    out
}

fn push_characters(characters: &str, is_xhtml: bool, out: &mut String) {
    if is_xhtml {
        out.push_str(&characters.replace("&quot;", "\""));
    } else {
        out.push_str(&entities::decode(characters));
    }
}

/// The prefixes that elements of XHTML have inside of an element, with their colon.
fn prefixes_of_xhtml(tree: &Tree, node: Node) -> Vec<&str> {
    let Some(outer) = tree.get(node) else { return Vec::new() };
    let inside = tree.elements.iter().skip(node).take_while(|element| element.start < outer.end);
    let mut prefixes: Vec<&str> = Vec::new();
    for element in inside.filter(|element| element.space == Space::Xhtml) {
        let name = tree.document.get(element.start + 1..).map(name_at).unwrap_or_default();
        if let Some(prefix) = name.find(':').and_then(|colon| name.get(..=colon))
            && !prefixes.contains(&prefix)
        {
            prefixes.push(prefix);
        }
    }
    prefixes
}

/// Tags without the prefix that XHTML may have in a feed.
fn push_tag(tag: &str, prefixes: &[&str], out: &mut String) {
    let (open, rest) =
        if let Some(rest) = tag.strip_prefix("</") { ("</", rest) } else { ("<", tag.get(1..).unwrap_or_default()) };
    let rest = prefixes.iter().find_map(|prefix| rest.strip_prefix(prefix)).unwrap_or(rest);
    let is_void = ["br", "hr", "img", "wbr"].contains(&name_at(rest));
    if is_void && open == "</" {
        return;
    }
    out.push_str(open);
    out.push_str(rest);
}

fn base64(characters: &str) -> Option<String> {
    let packed: String = characters.split_whitespace().collect();
    String::from_utf8(STANDARD.decode(packed).ok()?).ok()
}

/// Whether "plain" text is evidently markup: it ends an element that it began, or holds a paragraph or line break.
fn looks_like_markup(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["</p>", "</a>", "<br>", "<br/>", "<br />", "</div>", "</b>", "</i>", "</strong>", "</em>", "</li>", "</span>"]
        .iter()
        .any(|tag| lower.contains(tag))
}

pub(super) fn escape_where_needed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['<', '&']) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let inside = after.get(1..).unwrap_or_default();
        if after.starts_with('<') {
            let begins_tag = inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
            out.push_str(if begins_tag { "&lt;" } else { "<" });
        } else {
            out.push_str(if entities::reference(inside).is_some() { "&amp;" } else { "&" });
        }
        rest = inside;
    }
    out.push_str(rest);
    out
}
