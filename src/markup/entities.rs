//! Character references of XML and HTML to characters.
//!
//! Only the predefined entities of XML and the names of HTML that stand for one character exist here; nothing that a
//! document declares is ever expanded. `entities.tsv`, written by `tools/markup/entities.py`, holds name and code point.

use crate::markup::bytes;
use std::{collections::HashMap, sync::LazyLock};

struct Name {
    character: char,
    /// HTML lets it stand without a semicolon.
    alone: bool,
}

static NAMES: LazyLock<HashMap<&'static str, Name>> = LazyLock::new(|| {
    include_str!("entities.tsv")
        .lines()
        .filter_map(|line| {
            let mut parts = line.split('\t');
            let (name, code) = (parts.next()?, parts.next()?);
            let character = char::from_u32(u32::from_str_radix(code, 16).ok()?)?;
            Some((name, Name { character, alone: parts.next().is_some() }))
        })
        .collect()
});

/// The longest name in the table, with room for `#x10FFFF` and leading zeros.
const LONGEST: usize = 31;

/// The character that a reference at the start of `text` (after the `&`) stands for, and the bytes that it takes.
///
/// A name without its semicolon counts where nothing that could belong to a name or a parameter of an address follows.
pub fn reference(text: &str) -> Option<(char, usize)> {
    let end = text.bytes().take(LONGEST + 1).position(|byte| !byte.is_ascii_alphanumeric() && byte != b'#');
    let end = end.unwrap_or_else(|| text.len().min(LONGEST + 1));
    let name = text.get(..end)?;
    let after = text.as_bytes().get(end);
    // Nearly every reference is one of these.
    if after == Some(&b';')
        && let Some(character) = predefined(name)
    {
        return Some((character, end + 1));
    }
    if after != Some(&b';') {
        let known = NAMES.get(name).filter(|known| known.alone && !matches!(after, Some(b'=' | b'_' | b'-')))?;
        return Some((known.character, end));
    }
    let Some(number) = name.strip_prefix('#') else { return Some((NAMES.get(name)?.character, end + 1)) };
    let code = code(number)?;
    // "&#55357;&#56832;": some programs write the two halves that UTF-16 has of a character.
    if let 0xD800..=0xDBFF = code {
        let second = text.get(end + 1..)?.strip_prefix("&#")?;
        let second = second.get(..second.bytes().take(LONGEST).position(|byte| byte == b';')?)?;
        let units = [u16::try_from(code).ok()?, u16::try_from(self::code(second)?).ok()?];
        let character = char::decode_utf16(units).next()?.ok()?;
        return Some((character, end + 1 + "&#;".len() + second.len()));
    }
    Some((numbered(code)?, end + 1))
}

/// The number of a reference, behind its sign.
fn code(number: &str) -> Option<u32> {
    match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    }
}

/// The names that XML itself defines.
fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        _ => return None,
    })
}

/// A numbered character; 128 to 159 mean windows-1252, as every browser reads them.
fn numbered(code: u32) -> Option<char> {
    if let 0x80..=0x9F = code {
        let byte = [u8::try_from(code).ok()?];
        return encoding_rs::WINDOWS_1252.decode_without_bom_handling(&byte).0.chars().next();
    }
    char::from_u32(code).filter(|c| is_allowed(*c))
}

/// Whether XML 1.0 lets the character stand in a document.
pub fn is_allowed(c: char) -> bool {
    !matches!(c, '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{FFFE}' | '\u{FFFF}')
}

/// Replaces every reference once.
pub fn decode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = bytes::next(rest.as_bytes(), 0, |byte| byte == b'&') {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let after = after.get(1..).unwrap_or_default();
        match reference(after) {
            Some((character, length)) => {
                out.push(character);
                rest = after.get(length..).unwrap_or_default();
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Escapes text so that it can stand in a document, as content or as an attribute's value. Whether it had characters that
/// must not stand there, which are left out.
pub fn escape_into(text: &str, out: &mut String) -> bool {
    let mut forbidden = false;
    let mut rest = text;
    out.reserve(text.len());
    while let Some(at) = bytes::next(rest.as_bytes(), 0, is_escaped) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        let mut letters = after.chars();
        match letters.next() {
            Some('&') => out.push_str("&amp;"),
            Some('<') => out.push_str("&lt;"),
            Some('>') => out.push_str("&gt;"),
            Some('"') => out.push_str("&quot;"),
            Some(c) if is_allowed(c) => out.push(c),
            _ => forbidden = true,
        }
        rest = letters.as_str();
    }
    out.push_str(rest);
    forbidden
}

/// Whether text may not be copied as it is at a byte: marks of markup, control characters, and what U+FFFE begins with.
#[inline]
fn is_escaped(byte: u8) -> bool {
    let control = (byte < 0x20) & (byte != 0x09) & (byte != 0x0A) & (byte != 0x0D);
    control | (byte == b'&') | (byte == b'<') | (byte == b'>') | (byte == b'"') | (byte == 0xEF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, decoded: &str) {
        assert_eq!(decode(text), decoded);
    }

    #[test]
    fn references_are_decoded_once_and_what_is_none_stays() {
        check("a &lt;b&gt; &amp;amp; &#233;&#xE9;&eacute;", "a <b> &amp; ééé");
        check("fish & chips &unknown; &; &#; &#xZZ; & &ampx", "fish & chips &unknown; &; &#; &#xZZ; & &ampx");
        check("&copy 2020, caf&eacute &star;", "© 2020, café ☆");
        check("/?a=1&copy=2&reg_x=3&section=4", "/?a=1&copy=2&reg_x=3&section=4");
        check(
            "&#55357;&#56832; &#xD83D;&#xDE00;x &#55357;x &#55357;&#56; &#56832;",
            "😀 😀x &#55357;x &#55357;8 &#56832;",
        );
        check("&#146;tis &#0;&#x110000;", "’tis &#0;&#x110000;");
    }
}
