//! UTF-7: ASCII, with all else as UTF-16 in base64 between `+` and what ends it.
//!
//! It hides markup in harmless letters, so nothing is ever taken for it that does not say that it is.

use base64::{
    Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Bits behind the last whole unit are filling, whatever they are.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// The text; what is no UTF-7 stands as U+FFFD.
pub(super) fn decode(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some((before, tail)) = rest.split_once('+') {
        out.push_str(before);
        let is_coded = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/');
        let (coded, tail) = tail.split_at(tail.find(|c| !is_coded(c)).unwrap_or(tail.len()));
        match tail.strip_prefix('-') {
            Some(_) if coded.is_empty() => out.push('+'),
            _ => push_units(coded, &mut out),
        }
        rest = tail.strip_prefix('-').unwrap_or(tail);
    }
    out.push_str(rest);
    out
}

fn push_units(coded: &str, out: &mut String) {
    let bytes = BASE64.decode(coded).unwrap_or_default();
    if bytes.len() < 2 {
        out.push('\u{FFFD}');
    }
    let units = bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or('\u{FFFD}')));
}
