//! The addresses inside of markup, made absolute; all else stays as it is, byte for byte.
//!
//! In: markup and what its addresses are relative to. Out: the same markup. `xml:base` of an element inside it counts for
//! that element. Time is linear, whatever is unclosed.

use super::link::join;
use crate::markup::bytes;
use crate::markup::{entities, tokens::name_at};
use url::Url;

/// Attributes that hold an address, and the element that they do so in, where another could mean something else by them.
const ADDRESSES: [(&str, &str); 14] = [
    ("href", ""),
    ("xlink:href", ""),
    ("src", ""),
    ("cite", ""),
    ("poster", ""),
    ("longdesc", ""),
    ("background", ""),
    ("action", ""),
    ("formaction", ""),
    ("usemap", ""),
    ("codebase", ""),
    ("data", "object"),
    ("classid", "object"),
    ("profile", "head"),
];

/// An element with a base of its own.
struct Scope<'a> {
    name: &'a str,
    /// Elements of that name open inside it.
    nested: usize,
    base: Url,
}

/// Makes the relative addresses of markup absolute.
pub(super) fn absolute(base: Option<Url>, markup: String) -> String {
    let Some(base) = base.filter(|_| markup.contains('<') && markup.contains('=')) else { return markup };
    let mut scopes: Vec<Scope<'_>> = Vec::new();
    let mut out = String::with_capacity(markup.len() + 64);
    let mut rest = markup.as_str();
    let mut quotes_count = true;
    while let Some(at) = bytes::next(rest.as_bytes(), 0, |byte| byte == b'<') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let Some(end) = tag_end(after, &mut quotes_count) else {
            rest = after;
            break;
        };
        let (tag, tail) = after.split_at(end);
        rest = tail;
        if let Some(name) = tag.strip_prefix("</").map(name_at) {
            if let Some(scope) = scopes.last_mut().filter(|scope| scope.name.eq_ignore_ascii_case(name)) {
                match scope.nested.checked_sub(1) {
                    Some(nested) => scope.nested = nested,
                    None => drop(scopes.pop()),
                }
            }
            out.push_str(tag);
            continue;
        }
        let name = tag.get(1..).map(name_at).unwrap_or_default();
        let is_closed = tag.ends_with("/>");
        if let Some(scope) = scopes.last_mut().filter(|scope| scope.name.eq_ignore_ascii_case(name) && !is_closed) {
            scope.nested += 1;
        }
        if !tag.contains('=') {
            out.push_str(tag);
            continue;
        }
        let outer = scopes.last().map_or(&base, |scope| &scope.base);
        let own = attribute(tag, "xml:base").and_then(|own| outer.join(own).ok());
        push_tag(tag, name, own.as_ref().unwrap_or(outer), &mut out);
        if let Some(own) = own.filter(|_| !is_closed && scopes.len() < 64) {
            scopes.push(Scope { name, nested: 0, base: own });
        }
    }
    out.push_str(rest);
    out
}

/// Where the tag that a text begins with ends; a bracket that begins none is its own end.
fn tag_end(text: &str, quotes_count: &mut bool) -> Option<usize> {
    if !text.get(1..)?.trim_start_matches('/').starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Some(1);
    }
    if *quotes_count {
        let mut quote = None;
        let mut before = b' ';
        for (index, byte) in text.bytes().enumerate() {
            match (quote, byte) {
                (Some(open), _) if byte == open => quote = None,
                (Some(_), _) => {}
                // A quote begins a value only behind its sign.
                (None, b'"' | b'\'') if before == b'=' => quote = Some(byte),
                (None, b'>') => return Some(index + 1),
                _ => {}
            }
            if !byte.is_ascii_whitespace() {
                before = byte;
            }
        }
        // A quote that is never closed: from here on brackets alone count, so that nothing is walked twice.
        *quotes_count = false;
    }
    text.find('>').map(|end| end + 1)
}

/// An attribute of a tag, as written.
fn attribute<'a>(tag: &'a str, wanted: &str) -> Option<&'a str> {
    let tail = tag.get(tag.find(wanted)? + wanted.len()..)?.trim_start().strip_prefix('=')?.trim_start();
    let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    tail.get(1..)?.split(quote).next()
}

fn push_tag(tag: &str, element: &str, base: &Url, out: &mut String) {
    let mut rest = tag;
    while let Some(sign) = rest.find('=') {
        let (before, after) = rest.split_at(sign);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | ':' | '_');
        let name = before.trim_end().rsplit(|c: char| !is_name(c)).next().unwrap_or_default();
        let after = after.get(1..).unwrap_or_default();
        let value = after.trim_start();
        let blanks = after.len() - value.len();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let inner = value.get(usize::from(quote.is_some())..).unwrap_or_default();
        let end = match quote {
            Some(quote) => inner.find(quote),
            None => inner.find(|c: char| c.is_ascii_whitespace() || c == '>'),
        };
        let address = inner.get(..end.unwrap_or(inner.len())).unwrap_or_default();
        out.push_str(before);
        out.push('=');
        let mended = match name.to_ascii_lowercase().as_str() {
            "srcset" | "imagesrcset" => Some(candidates(base, address)),
            name => ADDRESSES
                .iter()
                .any(|(known, only)| *known == name && (only.is_empty() || only.eq_ignore_ascii_case(element)))
                .then(|| absolute_address(base, address))
                .flatten(),
        };
        match (&mended, quote) {
            // A value without quotes gets them, because the new one may hold anything.
            (Some(mended), None) => out.extend(["\"", mended.as_str(), "\""]),
            (mended, _) => {
                out.push_str(after.get(..blanks + usize::from(quote.is_some())).unwrap_or_default());
                out.push_str(mended.as_deref().unwrap_or(address));
            }
        }
        rest = inner.get(address.len()..).unwrap_or_default();
        if let Some(quote) = quote.filter(|quote| rest.starts_with(*quote)) {
            out.push(quote);
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    out.push_str(rest);
}

/// The address, escaped, when it was relative; a place within the text itself is not.
fn absolute_address(base: &Url, written: &str) -> Option<String> {
    let address = entities::decode(written.trim());
    if address.is_empty() || address.starts_with('#') || Url::parse(&address).is_ok() {
        return None;
    }
    let absolute = join(Some(base), &address)?;
    Some(absolute.replace('&', "&amp;").replace('"', "%22").replace('\'', "%27"))
}

/// The candidates of a `srcset`: addresses, which may hold commas but do not end with one, and what they are good for.
fn candidates(base: &Url, written: &str) -> String {
    let mut parts = Vec::new();
    let parts_them = |c: char| c == ',' || c.is_whitespace();
    let mut rest = written.trim_start_matches(parts_them);
    while !rest.is_empty() {
        let (address, tail) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        let (descriptor, tail) = match address.ends_with(',') {
            true => ("", tail),
            false => tail.split_once(',').unwrap_or((tail, "")),
        };
        let address = address.trim_end_matches(',');
        let address = absolute_address(base, address).unwrap_or_else(|| address.to_owned());
        parts.push(format!("{address} {}", descriptor.trim()).trim_end().to_owned());
        rest = tail.trim_start_matches(parts_them);
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(markup: &str, expected: &str) {
        assert_eq!(absolute(Url::parse("http://a.example/d/").ok(), markup.to_owned()), expected);
    }

    #[test]
    fn addresses_are_made_absolute_and_nothing_else_is_touched() {
        check(
            "a=b <a class=x href='/s?a=1&amp;b' > <img src=\"p.png\"> <a href='#n'> <a href=\"http://b.example/\"> src='x'",
            "a=b <a class=x href='http://a.example/s?a=1&amp;b' > <img src=\"http://a.example/d/p.png\"> <a href='#n'> <a href=\"http://b.example/\"> src='x'",
        );
        check("<A HREF=x>y</A>", "<A HREF=\"http://a.example/d/x\">y</A>");
        check("<object data='x'><p data='x'>", "<object data='http://a.example/d/x'><p data='x'>");
        check("<img srcset='a 1x, /b 2x'>", "<img srcset='http://a.example/d/a 1x, http://a.example/b 2x'>");
        check(
            "<img srcset='a,b 1x,c 2x, d,'>",
            "<img srcset='http://a.example/d/a,b 1x, http://a.example/d/c 2x, http://a.example/d/d'>",
        );
        check("<p title=\"href='x'\">1 < 2", "<p title=\"href='x'\">1 < 2");
    }

    #[test]
    fn a_base_inside_of_the_markup_counts_for_its_element() {
        check(
            "<div xml:base='/e/'><div><a href='x'/></div><a href='y'/></div><a href='z'/>",
            "<div xml:base='/e/'><div><a href='http://a.example/e/x'/></div><a href='http://a.example/e/y'/></div><a href='http://a.example/d/z'/>",
        );
    }

    #[test]
    fn what_is_never_closed_takes_no_time() {
        let markup = "<a b=\"".repeat(100_000) + &"<a href='x'".repeat(1000);
        assert!(absolute(Url::parse("http://a.example/").ok(), markup.clone()).len() >= markup.len());
    }
}
