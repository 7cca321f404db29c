//! A tokenizer that takes anything: markup as publishers really send it, in linear time, without a fault.
//!
//! In: text. Out: [`Token`]s that borrow from it. What cannot be markup is text. Comments, declarations, processing
//! instructions and document types are passed over; nothing is expanded but the references that `entities` knows and, up
//! to a bound, short plain texts that the document type names.

use super::entities;
use crate::markup::bytes;
use std::borrow::Cow;

/// An element with more attributes is hostile.
pub const MAX_ATTRIBUTES: usize = 256;

/// A piece of a document.
#[derive(Debug)]
pub enum Token<'a> {
    /// Character data, references decoded.
    Text(Cow<'a, str>),
    /// Character data that stood in a CDATA section.
    Cdata(&'a str),
    /// A start tag.
    Open(Tag<'a>),
    /// An end tag.
    Close(&'a str),
    /// A document type was passed over; `true` when it declared anything that will not be expanded.
    DocumentType(bool),
}

/// A start tag.
#[derive(Debug)]
pub struct Tag<'a> {
    /// The name as written, with its prefix.
    pub name: &'a str,
    /// Names as written and values with their references decoded; of two equal names the first.
    pub attributes: Vec<(&'a str, Cow<'a, str>)>,
    /// It ends itself: `<name/>`.
    pub closed: bool,
    /// It had more attributes than [`MAX_ATTRIBUTES`].
    pub too_many_attributes: bool,
}

/// What the tokenizer had to overlook.
#[derive(Debug, Default, Clone, Copy)]
pub struct Overlooked {
    /// `&` that begins no known reference.
    pub bare_ampersands: usize,
    /// `<` that begins no tag.
    pub bare_brackets: usize,
    /// End tags that lack their bracket.
    pub torn_ends: usize,
    /// CDATA whose end was written in part or not at all.
    pub open_sections: usize,
    /// Attributes without a value or without quotes, and those given twice.
    pub loose_attributes: usize,
    /// A tag, comment or section was open when the text ended.
    pub cut: bool,
}

/// The tokenizer's place in a text.
pub struct Tokens<'a> {
    text: &'a str,
    at: usize,
    /// What had to be overlooked so far.
    pub overlooked: Overlooked,
    /// Strings known not to occur in the rest of the text, so that nothing is searched for twice.
    absent: Vec<&'static str>,
    /// Where the next `]]>` stands, once looked for.
    section_end: usize,
    /// Elements known to have no end tag in the rest of the text.
    without_end: Vec<String>,
    /// A document type was read; a second one is passed over without a look at its inside.
    typed: bool,
    /// Names that the document type declared, and the plain text that they stand for.
    declared: Vec<(&'a str, String)>,
    /// Bytes that these names may still become: a bound on what one document can blow up to.
    expansion_left: usize,
}

/// Bytes that the names of one document may become, all references together.
const MAX_EXPANSION: usize = 64 * 1024;
/// Names and bytes of a text that a document may declare.
const MAX_DECLARED: (usize, usize) = (64, 256);

impl<'a> Tokens<'a> {
    /// Begins at byte `at`.
    pub fn new(text: &'a str, at: usize) -> Self {
        Self {
            text,
            at,
            overlooked: Overlooked::default(),
            absent: Vec::new(),
            section_end: 0,
            without_end: Vec::new(),
            typed: false,
            declared: Vec::new(),
            expansion_left: MAX_EXPANSION,
        }
    }

    /// The place of the next token.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Goes on at byte `at`, with what the document type has declared so far.
    pub fn seek(&mut self, at: usize) {
        self.at = at;
        self.absent.clear();
        self.section_end = 0;
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The distance to `needle`, from `offset` on; a needle that was missed once is not looked for again.
    fn distance(&mut self, offset: usize, needle: &'static str) -> Option<usize> {
        if self.absent.contains(&needle) {
            return None;
        }
        let found = self.rest().get(offset..).and_then(|rest| rest.find(needle));
        if found.is_none() {
            self.absent.push(needle);
        }
        found.map(|distance| distance + offset)
    }

    /// Passes over everything up to the end tag of `name`, which is passed over too: for elements whose content is no
    /// markup. Without such an end tag nothing is passed over.
    pub fn skip_past_end(&mut self, name: &str) -> bool {
        if self.without_end.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return false;
        }
        let rest = self.rest();
        let end = rest
            .match_indices("</")
            .map(|(at, _)| at)
            .find(|at| rest.get(at + 2..).is_some_and(|tail| name_at(tail).eq_ignore_ascii_case(name)));
        let Some(end) = end else {
            self.without_end.push(name.to_owned());
            return false;
        };
        self.at += end;
        let _ = self.next();
        true
    }

    /// The next token; none at the end.
    #[expect(clippy::should_implement_trait, reason = "an iterator could not be asked to skip while it is walked")]
    pub fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            if rest.is_empty() {
                return None;
            }
            if !rest.starts_with('<') {
                let end = bytes::next(rest.as_bytes(), 0, |byte| byte == b'<').unwrap_or(rest.len());
                self.at += end;
                return Some(Token::Text(self.decode(rest.get(..end).unwrap_or_default())));
            }
            if rest.starts_with("<!--") {
                match self.distance(4, "-->") {
                    Some(end) => self.at += end + 3,
                    None => {
                        self.overlooked.cut = true;
                        self.at += 4;
                    }
                }
                continue;
            }
            if starts_ignoring_case(rest, "<![cdata[") {
                return Some(Token::Cdata(self.cdata()));
            }
            if starts_ignoring_case(rest, "<!doctype") {
                return Some(Token::DocumentType(self.document_type()));
            }
            if rest.starts_with("<?") || rest.starts_with("<!") {
                match self.distance(2, ">") {
                    Some(end) => self.at += end + 1,
                    None => {
                        self.overlooked.cut = true;
                        self.at = self.text.len();
                    }
                }
                continue;
            }
            if let Some(name) = rest.strip_prefix("</").map(name_at).filter(|name| !name.is_empty()) {
                // An end tag that is itself cut or malformed still ends its element.
                let after = 2 + name.len();
                let tail = rest.get(after..).unwrap_or_default();
                let end = tail.find(['>', '<']);
                self.at += after
                    + match end {
                        Some(end) if tail.as_bytes().get(end) == Some(&b'>') => end + 1,
                        Some(end) => {
                            self.overlooked.torn_ends += 1;
                            end
                        }
                        None => tail.len(),
                    };
                return Some(Token::Close(name));
            }
            let name = name_at(rest.get(1..).unwrap_or_default());
            // "<desk@wire.example>" and "<http://wire.example/>" are no tags either.
            let after = rest.get(1 + name.len()..).unwrap_or_default();
            if name.is_empty() || after.starts_with('@') || name.ends_with(':') && after.starts_with("//") {
                self.overlooked.bare_brackets += 1;
                self.at += 1;
                return Some(Token::Text(Cow::Borrowed("<")));
            }
            if let Some(tag) = self.tag(name) {
                return Some(Token::Open(tag));
            }
        }
    }

    /// Reads a CDATA section. One that was never closed ends where the next entry or section begins.
    fn cdata(&mut self) -> &'a str {
        const OPEN: usize = "<![CDATA[".len();
        let rest = self.rest();
        let inner = rest.get(OPEN..).unwrap_or_default();
        if self.section_end < self.at + OPEN {
            self.section_end = self.distance(OPEN, "]]>").map_or(usize::MAX, |end| self.at + end);
        }
        let Some(end) = self.section_end.checked_sub(self.at + OPEN).filter(|_| self.section_end != usize::MAX) else {
            self.overlooked.cut = true;
            // Without an end the section would swallow every later entry.
            let bounds_entry = |at: &usize| {
                let rest = inner.get(at + 1..).unwrap_or_default();
                match rest.strip_prefix('/') {
                    Some(rest) => ["item", "entry", "channel", "rss", "feed"].contains(&name_at(rest)),
                    None => ["item", "entry"].contains(&name_at(rest)),
                }
            };
            let end = inner.match_indices('<').map(|(at, _)| at).find(bounds_entry).unwrap_or(inner.len());
            return self.unclosed(OPEN, inner.get(..end).unwrap_or_default());
        };
        let content = inner.get(..end).unwrap_or_default();
        let before_second = content.find("<![CDATA[").and_then(|second| content.get(..second)).filter(|first| {
            let bounds = ["</item>", "</entry>", "<item", "<entry"];
            bounds.iter().any(|bound| first.contains(bound))
        });
        if let Some(first) = before_second {
            return self.unclosed(OPEN, first);
        }
        self.at += OPEN + end + 3;
        content
    }

    /// A section of which only two brackets of its end were written, or nothing: it ends before the end tag of its element.
    fn unclosed(&mut self, open: usize, content: &'a str) -> &'a str {
        const FIELDS: [&str; 10] =
            ["description", "encoded", "summary", "content", "title", "link", "guid", "category", "author", "creator"];
        let ends_field = |(at, _): &(usize, &str)| {
            let name = content.get(at + 2..).map(name_at).unwrap_or_default();
            let local = name.rsplit(':').next().unwrap_or(name);
            let is_behind_brackets = content.get(..*at).is_some_and(|before| before.ends_with("]]"));
            is_behind_brackets || ["item", "entry"].contains(&local) || FIELDS.contains(&local)
        };
        let end = content.match_indices("</").find(ends_field).map_or(content.len(), |(at, _)| at);
        self.overlooked.open_sections += 1;
        self.at += open + end;
        let text = content.get(..end).unwrap_or_default();
        text.strip_suffix("]]").unwrap_or(text)
    }

    /// Passes over a document type with its internal subset.
    fn document_type(&mut self) -> bool {
        let rest = self.rest();
        if std::mem::replace(&mut self.typed, true) {
            self.at += self.distance(2, ">").map_or(rest.len(), |end| end + 1);
            return false;
        }
        let mut quote = None;
        let mut subset = false;
        let mut begin = None;
        for (index, byte) in rest.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), _) if byte == open => quote = None,
                (Some(_), _) => {}
                (None, b'"' | b'\'') => quote = Some(byte),
                (None, b'[') => (subset, begin) = (true, begin.or(Some(index))),
                (None, b']') => subset = false,
                (None, b'>') if !subset => {
                    self.at += index + 1;
                    return begin.is_some_and(|begin| self.declare(rest.get(begin..index).unwrap_or_default()));
                }
                _ => {}
            }
        }
        // An unbalanced quote: give up the subset, not the document.
        self.at += rest.find('>').map_or(rest.len(), |end| end + 1);
        begin.is_some()
    }

    /// Takes the names of an internal subset that stand for short plain text; whether it declares anything else.
    fn declare(&mut self, subset: &'a str) -> bool {
        let mut others = false;
        for declaration in subset.split("<!").skip(1) {
            let plain = declaration.strip_prefix("ENTITY").and_then(|rest| {
                let rest = rest.trim_start();
                let name = name_at(rest);
                let value = rest.get(name.len()..)?.trim_start();
                let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
                let value = value.get(1..)?.split(quote).next()?;
                // A text that names others could grow without end.
                let names_others = value.split('&').skip(1).any(|after| entities::reference(after).is_none());
                let small = value.len() <= MAX_DECLARED.1 && self.declared.len() < MAX_DECLARED.0;
                (small && !name.is_empty() && !names_others && !value.contains('<')).then_some((name, value))
            });
            match plain {
                Some((name, value)) => self.declared.push((name, entities::decode(value))),
                None => others |= !declaration.starts_with("--"),
            }
        }
        others
    }

    /// Reads a start tag; `None` when the text ends inside it.
    fn tag(&mut self, name: &'a str) -> Option<Tag<'a>> {
        let mut tag = Tag { name, attributes: Vec::new(), closed: false, too_many_attributes: false };
        self.at += 1 + name.len();
        let mut count = 0_usize;
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                self.overlooked.cut = true;
                return None;
            };
            match c {
                '>' => {
                    self.at += 1;
                    return Some(tag);
                }
                '/' if rest.starts_with("/>") => {
                    self.at += 2;
                    tag.closed = true;
                    return Some(tag);
                }
                // The tag was never closed, and here the next one begins.
                '<' => return Some(tag),
                _ => {}
            }
            let key_end = rest
                .find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/' | '<'))
                .unwrap_or(rest.len());
            let key = rest.get(..key_end).unwrap_or_default();
            if key.is_empty() {
                self.at += c.len_utf8();
                continue;
            }
            self.at += key_end;
            let tail = self.rest();
            let trimmed = tail.trim_start();
            if !trimmed.starts_with('=') {
                self.overlooked.loose_attributes += 1;
                continue;
            }
            self.at += tail.len() - trimmed.len() + 1;
            let value = self.value();
            count += 1;
            if count > MAX_ATTRIBUTES {
                tag.too_many_attributes = true;
            } else if tag.attributes.iter().all(|(known, _)| *known != key) {
                let value = self.decode(value);
                tag.attributes.push((key, value));
            } else {
                self.overlooked.loose_attributes += 1;
            }
        }
    }

    /// Reads an attribute's value, quoted or not.
    fn value(&mut self) -> &'a str {
        let rest = self.rest();
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        let Some(quote) = trimmed.chars().next().filter(|c| *c == '"' || *c == '\'') else {
            self.overlooked.loose_attributes += 1;
            let end = trimmed.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '<').unwrap_or(trimmed.len());
            let end = if trimmed.get(..end).is_some_and(|value| value.ends_with('/'))
                && trimmed.as_bytes().get(end) == Some(&b'>')
            {
                end - 1
            } else {
                end
            };
            self.at += end;
            return trimmed.get(..end).unwrap_or_default();
        };
        let inner = trimmed.get(1..).unwrap_or_default();
        let stop = inner.find([quote, '<']).unwrap_or(inner.len());
        if inner.as_bytes().get(stop) == Some(&b'<') {
            // A bracket inside the value, or a quote that was never closed: what comes first decides.
            let tail = inner.get(stop..).unwrap_or_default();
            let next = tail.find([quote, '>']).unwrap_or(tail.len());
            if tail.as_bytes().get(next).copied() == u8::try_from(quote).ok() {
                self.at += 1 + stop + next + 1;
                return inner.get(..stop + next).unwrap_or_default();
            }
            let end = inner.get(..stop).and_then(|value| value.find('>')).unwrap_or(stop);
            self.at += 1 + end;
            return inner.get(..end).unwrap_or_default();
        }
        self.at += 1 + stop + usize::from(stop < inner.len());
        inner.get(..stop).unwrap_or_default()
    }

    fn decode(&mut self, text: &'a str) -> Cow<'a, str> {
        let ampersand = |text: &str| bytes::next(text.as_bytes(), 0, |byte| byte == b'&');
        let Some(first) = ampersand(text) else { return Cow::Borrowed(text) };
        let mut out = String::with_capacity(text.len());
        let (mut rest, mut next) = (text, Some(first));
        while let Some(at) = next {
            let (before, piece) = rest.split_at(at);
            let piece = piece.get(1..).unwrap_or_default();
            out.push_str(before);
            let length = if let Some((character, length)) = entities::reference(piece) {
                out.push(character);
                length
            } else if let Some((value, length)) = self.named(piece) {
                out.push_str(&value);
                length
            } else {
                self.overlooked.bare_ampersands += 1;
                out.push('&');
                0
            };
            rest = piece.get(length..).unwrap_or_default();
            next = ampersand(rest);
        }
        out.push_str(rest);
        Cow::Owned(out)
    }

    /// The text that the document declared for the name at the start of `text`, and the bytes that the reference takes.
    fn named(&mut self, text: &str) -> Option<(String, usize)> {
        let name = name_at(text);
        let (_, value) = self.declared.iter().find(|(declared, _)| *declared == name)?.clone();
        if name.is_empty() || text.as_bytes().get(name.len()) != Some(&b';') {
            return None;
        }
        self.expansion_left = self.expansion_left.checked_sub(value.len())?;
        Some((value, name.len() + 1))
    }
}

/// The element name at the start of a text; empty when there is none.
pub fn name_at(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == ':') {
        return "";
    }
    let end = text.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | ':' | '-' | '.'))).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

fn starts_ignoring_case(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let mut tokens = Tokens::new(text, 0);
        let mut out = Vec::new();
        while let Some(token) = tokens.next() {
            out.push(match token {
                Token::Text(text) => format!("{text:?}"),
                Token::Cdata(text) => format!("[{text}]"),
                Token::Open(tag) => {
                    let attributes: String =
                        tag.attributes.iter().map(|(key, value)| format!(" {key}={value}")).collect();
                    format!("<{}{attributes}{}>", tag.name, if tag.closed { "/" } else { "" })
                }
                Token::Close(name) => format!("</{name}>"),
                Token::DocumentType(declares) => format!("!{declares}"),
            });
        }
        assert_eq!(out.join(" "), expected);
    }

    #[test]
    fn sound_markup_is_read_as_it_is() {
        check(
            "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c>'>]><a b=\"1\" c='2'>x &amp; y<d/></a>",
            "!false <a b=1 c=2> \"x & y\" <d/> </a>",
        );
        check("<a><!-- <b> --><![CDATA[<c>&amp;]]></a>", "<a> [<c>&amp;] </a>");
    }

    #[test]
    fn short_texts_of_the_document_type_are_known_and_others_are_not() {
        check(
            "<!DOCTYPE a [<!ENTITY b 'Bo &#38; Co'><!ENTITY c '&b;&b;'><!ENTITY d SYSTEM 'u'>]><a t='&b;'>&b; &c; &d;</a>",
            "!true <a t=Bo & Co> \"Bo & Co &c; &d;\" </a>",
        );
        let text = format!("<!DOCTYPE a [<!ENTITY b '{}'>]><a>{}</a>", "x".repeat(256), "&b;".repeat(100_000));
        let mut tokens = Tokens::new(&text, 0);
        let mut longest = 0;
        while let Some(token) = tokens.next() {
            if let Token::Text(text) = token {
                longest = longest.max(text.len());
            }
        }
        assert!(longest < text.len() + MAX_EXPANSION);
    }

    #[test]
    fn unsound_markup_is_read_as_it_was_meant() {
        check("<a>5 < 6 & 7</a>", "<a> \"5 \" \"<\" \" 6 & 7\" </a>");
        check("<a b=1 c d=\"x>y\"/>", "<a b=1 d=x>y/>");
        check("<a b=\"x<y\">t</a>", "<a b=x<y> \"t\" </a>");
        check("<a b=\"x>t</a>", "<a b=x> \"t\" </a>");
        check("<a><![CDATA[x</item><item>", "<a> [x] </item> <item>");
        check("<a><![CDATA[<p>x</p>]]</a><item>", "<a> [<p>x</p>] </a> <item>");
        check("<title><![CDATA[<p>x</p></title></item><item>", "<title> [<p>x</p>] </title> </item> <item>");
        check("<a><![CDATA[<p>x</p>]]</a></item><item><![CDATA[y]]>", "<a> [<p>x</p>] </a> </item> <item> [y]");
        check("<a <b>t</b", "<a> <b> \"t\" </b>");
        check("<a b=\"", "");
    }
}
