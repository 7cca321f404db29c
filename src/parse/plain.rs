//! Markup to one line of plain text, for titles and names.
//!
//! Elements that HTML knows are dropped, references decoded, also those that were escaped twice; white space becomes one
//! blank. A bracket that begins no such element is text.

use crate::markup::{entities, tokens::name_at};
use crate::model::squeeze as squeeze_blanks;

/// HTML elements; anything else between brackets in a title is meant as text.
const ELEMENTS: [&str; 62] = [
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "b",
    "basefont",
    "bdi",
    "bdo",
    "big",
    "blink",
    "blockquote",
    "br",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figure",
    "font",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "iframe",
    "img",
    "ins",
    "kbd",
    "li",
    "mark",
    "nobr",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "svg",
    "table",
    "tt",
    "u",
    "ul",
    "wbr",
];

/// Elements whose tags part words.
const PARTING: [&str; 12] = ["br", "p", "div", "li", "h1", "h2", "h3", "h4", "hr", "td", "tr", "blockquote"];

/// Plain text of markup; none when nothing is left.
pub(super) fn line(markup: &str) -> Option<String> {
    let mut text = entities::decode(&without_tags(markup));
    // "&amp;amp;" and "&amp;#8217;" are slips of a publishing system, never meant.
    for _ in 0..2 {
        if !has_reference(&text) {
            break;
        }
        text = entities::decode(&text);
    }
    squeeze(&text)
}

/// One line of text that is no markup. What `encoding` flags as control characters that no text has stays, to be seen.
pub(super) fn squeeze(text: &str) -> Option<String> {
    let parts = |c: char| c.is_ascii_control() || matches!(c, '\u{2028}' | '\u{2029}');
    let line = if text.contains(|c: char| parts(c) && !c.is_whitespace()) {
        let allowed: String = text.chars().map(|c| if parts(c) { ' ' } else { c }).collect();
        squeeze_blanks(&allowed).into_owned()
    } else {
        squeeze_blanks(text).into_owned()
    };
    Some(line).filter(|line| !line.is_empty())
}

fn without_tags(markup: &str) -> String {
    let mut out = String::with_capacity(markup.len());
    let mut rest = markup;
    // What was looked for in vain is not looked for again, so that nothing is walked twice.
    let (mut no_end, mut no_close) = (false, false);
    while let Some(at) = rest.find('<') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let inside = after.get(1..).unwrap_or_default();
        let name = name_at(inside.strip_prefix('/').unwrap_or(inside)).to_ascii_lowercase();
        let is_tag = ELEMENTS.contains(&name.as_str()) || inside.starts_with("!--");
        let end = if is_tag && !no_end { inside.find('>') } else { None };
        no_end |= is_tag && end.is_none();
        match end {
            // What a script or a style holds is not read by anybody; one that never ends holds nothing.
            Some(end) if matches!(name.as_str(), "script" | "style") && !inside.starts_with('/') && !no_close => {
                let content = inside.get(end + 1..).unwrap_or_default();
                let closes =
                    |at: &usize| content.get(at + 2..).is_some_and(|found| name_at(found).eq_ignore_ascii_case(&name));
                let behind = content.match_indices("</").map(|(at, _)| at).find(closes);
                no_close = behind.is_none();
                rest = behind.and_then(|behind| content.get(behind..)).unwrap_or(content);
            }
            Some(end) => {
                if PARTING.contains(&name.as_str()) {
                    out.push(' ');
                }
                rest = inside.get(end + 1..).unwrap_or_default();
            }
            None => {
                out.push('<');
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

fn has_reference(text: &str) -> bool {
    text.split('&').skip(1).any(|after| entities::reference(after).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markup: &str, expected: Option<&str>) {
        assert_eq!(line(markup).as_deref(), expected);
    }

    #[test]
    fn titles_come_out_plain() {
        check(" Oil <b>falls</b>\n below $40 &amp; gold rises ", Some("Oil falls below $40 & gold rises"));
        check("Minister: it&amp;#8217;s over", Some("Minister: it’s over"));
        check("Growth < 3 % and <unknown> x", Some("Growth < 3 % and <unknown> x"));
        check("a<SCRIPT>x()</script> b <style>p{}</style><script>c", Some("a b c"));
        assert_eq!(line(&"<script>".repeat(200_000)), None);
        check("One<br/>two", Some("One two"));
        check(" &nbsp; ", None);
    }
}
